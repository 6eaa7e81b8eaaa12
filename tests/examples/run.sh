# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=sh
# For the tests of contain-run, after tests/tap.sh: runs it, and looks at output and status.
# shellcheck disable=SC2034,SC2086,SC2154 # $as is a command line; the tests have the others
program=$BUILD/examples/run/contain-run

as='' who=root uid=0
cr() { # OPTION...: as $who
    run $as "$program" --name run-test "$@"
}
gives() { # NAME TEXT: all of the output, and success
    tap_rc=0
    [ "$rc" = 0 ] && [ "$(cat "$tap_out")" = "$2" ] ||
        { tap_rc=1; printf 'status %s, expected:\n%s\n' "$rc" "$2" | sed 's/^/# /'; }
    tap_result $tap_rc "$who: $1"
}
fails() { # NAME STATUS MESSAGE
    tap_rc=0
    [ "$rc" = "$2" ] && grep -qF -e "$3" "$tap_out" ||
        { tap_rc=1; echo "# status $rc, expected $2: $3"; }
    tap_result $tap_rc "$who: $1"
}
