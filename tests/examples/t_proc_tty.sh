#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# contain-run --tty: a shell at a terminal, as root and as an ordinary user.
set -u
: "${SRC:?}" "${BUILD:?}"
. "$SRC/tests/tap.sh"
. "$SRC/tests/examples/run.sh"
at_terminal() { # CASE
    run $as timeout $((100 * ${T_SLOW:-1})) \
        python3 "$SRC/tests/examples/t_proc_tty.py" "$program" "$root" "$1"
    tap_result "$rc" "$who: $1"
}

for uid in 0 12345; do
    root=$tap_dir/root-$uid
    make_root "$root" "$uid"
    for name in stty tty; do ln -s busybox "$root/bin/$name"; done
    for case in $(python3 "$SRC/tests/examples/t_proc_tty.py" x x list); do
        at_terminal "$case"
    done
    as='setpriv --reuid=12345 --regid=12345 --clear-groups --inh-caps=-all --bounding-set=-all'
    who=user
done
done_testing
