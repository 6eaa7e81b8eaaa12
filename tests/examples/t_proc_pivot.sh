#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Example 31: a plain directory becomes the root; the old one is seen by an open fd only.
set -u
: "${SRC:?}" "${BUILD:?}"
. "$SRC/tests/tap.sh"
ex=$BUILD/examples/31_pivot
for who in root user; do
    as=
    owner=0
    [ $who = root ] || { as=as_user owner=65534; }
    root=$tap_dir/$who
    make_root "$root" $owner
    run $as "$ex" "$root" /bin/sh -c 'echo "process $$ in:"; wc -l </proc/self/mountinfo; id -u'
    status_is "31: $who" 0
    cp "$tap_out" "$tap_dir/shown"
    check "31: $who: many mounts, and the directory" \
        grep -qx "[1-9][0-9]* mounts, and $root is there" "$tap_dir/shown"
    check "31: $who: one with its /proc, and nothing of the old root but by the fd" \
        grep -qx "2 mounts, and $root is not there; the open fd is what was the root" \
        "$tap_dir/shown"
    sed 1,2d "$tap_dir/shown" >"$tap_dir/command"
    check "31: $who: the command" test "$(cat "$tap_dir/command")" = 'process 1 in:
2
0'
done
check '31: nothing is mounted here' test -z "$(grep "$tap_dir" /proc/self/mountinfo)"
run "$ex" "$tap_dir/root" /no/such/program
status_is '31: no such program' 1
says '31: no such program is told' '/no/such/program: No such file'
run "$ex" "$tap_dir/nosuch"
status_is '31: no such directory' 2
run "$ex"
status_is '31: usage' 2
done_testing
