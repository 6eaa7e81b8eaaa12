#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# examples/binding.py, as root and as an ordinary user, and that it stays as short as it promises.
set -u
: "${SRC:?}" "${BUILD:?}"
. "$SRC/tests/tap.sh"

short() { [ "$(wc -l <"$SRC/examples/binding.py")" -le 36 ]; }
binding() { # WHO COMMAND...
    who=$1
    shift
    check "$who" "$@" env LD_LIBRARY_PATH="$BUILD/lib" PYTHONDONTWRITEBYTECODE=1 \
        PYTHONPATH="$SRC/examples" ROOT="$root" python3 -X dev "$SRC/tests/examples/t_binding.py"
}
check 'it is short' short
root=$tap_dir/root
make_root "$root" 0
binding root env
root=$tap_dir/root-user
make_root "$root" 12345
binding user as_user
done_testing
