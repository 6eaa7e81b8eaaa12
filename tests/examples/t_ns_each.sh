#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# 13_pids, 14_clock and 15_name_tag, as root and as an ordinary user.
set -u
: "${SRC:?}" "${BUILD:?}"
. "$SRC/tests/tap.sh"
ex=$BUILD/examples
host=$(hostname)

same_host() { [ "$(hostname)" = "$host" ]; }

# Level N has N + 1 numbers, the last of which is 1; a shell in the initial namespace gets to 32.
levels() { awk -v most="$most" '
    /^level +[0-9]+:\t/ {
        n++
        if ($2 != n - 1 ":" || NF != n + 2 + offset || (n > 1 && $NF != 1)) bad = 1
        next
    }
    /^level +[0-9]+: / { last = $2 }
    END {
        if (bad || n < 2 || last != n ":" || (most && n != 33)) exit 1
    }' offset="$1" "$tap_out"; }
pids() { # WHO COMMAND...
    who=$1
    shift
    above=$(($(awk '/^NSpid:/ { print NF }' /proc/self/status) - 2))
    most=
    [ "$(readlink /proc/self/ns/pid)" != 'pid:[4026531836]' ] || most=1
    run "$@" "$ex/13_pids"
    status_is "13 $who" 0
    says "13 $who: one more is refused" 'No space left on device (hint: '
    says "13 $who: and why" 'nested'
    [ ! "$most" ] || says "13 $who: the kernel has 32 levels" '32 levels'
    tap_rc=0
    levels "$above" || tap_rc=1
    tap_result $tap_rc "13 $who: a number more at each level, and 1 in the last"
}

# The first words are "outside up DAYS days"; a day more inside, unless midnight comes between.
days() { # OFFSET
    awk -v by="$1" '$1 == "outside" { o = $3 * 1440 + substr($5, 1, 2) * 60 + substr($5, 4, 2) }
        $1 == "inside" { i = $3 * 1440 + substr($5, 1, 2) * 60 + substr($5, 4, 2) }
        END { d = i - o - by * 1440; exit !(d == 0 || d == 1) }' "$tap_out"
}
clock() { # WHO COMMAND...
    who=$1
    shift
    run "$@" "$ex/14_clock" 1
    status_is "14 $who" 0
    tap_rc=0
    days 1 || tap_rc=1
    tap_result $tap_rc "14 $who: a day more inside"
    run "$@" "$ex/14_clock" 100 sh -c 'read -r up rest </proc/uptime; echo "uptime ${up%%.*}"'
    status_is "14 $who: a command" 0
    tap_rc=0
    [ "$(awk '$1 == "uptime" { print $2 }' "$tap_out")" -ge 8640000 ] || tap_rc=1
    tap_result $tap_rc "14 $who: a command that it executes has the clock too"
    run "$@" "$ex/14_clock" -100000
    status_is "14 $who: before the start of the machine" 1
    says "14 $who: said so" 'Numerical result out of range (hint: the clock would show less than 0'
    run "$@" "$ex/14_clock" 1x
    status_is "14 $who: usage" 2
}

name_tag() { # WHO ROOT COMMAND...
    who=$1 root=$2
    shift 2
    run "$@" "$ex/15_name_tag" "$root"
    status_is "15 $who" 0
    sort "$tap_out" >"$tap_dir/sorted"
    tap_rc=0
    [ "$(cat "$tap_dir/sorted")" = 'root@blue.example:/# ttl 42
root@green.example:/# ttl 42
root@red.example:/# ttl 42' ] || tap_rc=1
    tap_result $tap_rc "15 $who: three names, one plan"
    check "15 $who: the host name outside" same_host
    run "$@" "$ex/15_name_tag" "$tap_dir/nosuch"
    status_is "15 $who: no such root" 1
    says "15 $who: no such root, said so" 'No such file'
    run "$@" "$ex/15_name_tag"
    status_is "15 $who: usage" 2
}

if [ "$(id -u)" != 0 ]; then
    skip 'as root' 'needs root'
    done_testing
fi
pids root
pids user as_user
clock root
clock user as_user
if command -v busybox >/dev/null; then
    make_root "$tap_dir/root" 0
    make_root "$tap_dir/user" 12345
    name_tag root "$tap_dir/root"
    name_tag user "$tap_dir/user" as_user
else
    skip '15' 'busybox is missing'
fi
done_testing
