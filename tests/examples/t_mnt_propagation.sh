#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Example 25: which namespace sees which disc, line by line.
set -u
: "${SRC:?}" "${BUILD:?}"
. "$SRC/tests/tap.sh"
ex=$BUILD/examples

row() { # NAME DISC SEEN...: a line of the last run, whatever its columns
    row_name=$1
    shift
    tap_rc=0
    tr -s ' ' <"$tap_out" | sed 's/ $//' | grep -qxF -e "$*" ||
        { tap_rc=1; echo "# expected: $*"; }
    tap_result $tap_rc "$row_name"
}
lesson() { # WHO COMMAND...
    who=$1
    shift
    before=$(cat /proc/self/mountinfo)
    run "$@" "$ex/25_propagation"
    status_is "25 $who" 0
    row "25 $who: what home gets, its group and its slaves see" home home shared slave - -
    row "25 $who: what a peer gets, too" shared home shared slave - -
    row "25 $who: a slave sends nothing" slave - - slave - -
    row "25 $who: private is private" private - - - private -
    row "25 $who: so is unbindable" unbindable - - - - unbindable
    says "25 $who: and is not bound" 'no bind shows it again (EINVAL)'
    check "25 $who: the others are" test "$(grep -c EINVAL "$tap_out")" = 1
    check "25 $who: nothing outside" test "$(cat /proc/self/mountinfo)" = "$before"
}
lesson root env
lesson user as_user
done_testing
