#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# run.sh [--peers] [--fifo] [--quick] [-r ROUNDS] [-j JOB]... [SECTION...]
# What containers cost, in ratios.
#
#   --peers    first installs what else starts containers: crun, runc, bubblewrap, unshare,
#              systemd-nspawn (group bench of tests/packages); what is not there is left out
#   --fifo     under SCHED_FIFO (chrt -f), so that what else runs on the machine does not disturb
#   --quick    a few rounds, to see that all of it works
#   -r ROUNDS  of the quickest subjects (500); -j JOB: of the section start, only this
#   SECTION    start kinds parent live speed look group mount seccomp size calls (all)
#
# As root, some minutes. BUILD is the build tree (build/dev). Says for each goal whether it is met,
# and exits 0 all the same: no time is a reason to fail.
set -eu
export LC_ALL=C
PATH=$PATH:/usr/sbin:/sbin
top=$(cd "$(dirname "$0")/../.." && pwd -P)
build=${BUILD:-$top/build/dev}
usage() { sed -n '4,13s/^# \{0,3\}//p' "$0"; }

peers='' fifo='' quick='' sections='' options=''
while [ $# -gt 0 ]; do
    case $1 in
    --peers) peers=1 ;;
    --fifo) fifo='chrt -f 10' ;;
    --quick) quick=1 options="$options --quick" ;;
    -r | -j)
        [ $# -gt 1 ] || { usage >&2; exit 2; }
        options="$options $1 $2"
        shift
        ;;
    -h | --help) usage; exit 0 ;;
    start | kinds | parent | live | speed | look | group | mount | seccomp | size | calls)
      sections="$sections $1" ;;
    *) usage >&2; exit 2 ;;
    esac
    shift
done
[ "$sections" ] || sections='start kinds parent live speed look group mount seccomp size calls'
has() { case " $sections " in *" $1 "*) return 0 ;; esac; return 1; }

[ ! "$peers" ] || sh "$top/tests/install-packages.sh" bench
[ -x "$build/tests/bench/bench" ] || {
    echo "run.sh: $build has no bench: sh tests/run.sh build" >&2
    exit 1
}

# text and data of a program or library, without symbols
size_of() { # LABEL FILE
    [ -e "$2" ] || return 0
    strip -o "$tmp" "$2"
    # shellcheck disable=SC2046 # three numbers
    set -- "$1" $(size "$tmp" | awk 'NR == 2 { print $1, $2, $3 }') "$(wc -c <"$tmp")"
    echo "| $1 | $2 | $3 | $4 | $5 |"
}
sizes() {
    tmp=$(mktemp)
    trap 'rm -f "$tmp"' EXIT
    trap 'exit 1' INT TERM HUP
    echo "## Size"
    echo
    echo "Bytes, stripped; contain-init is inside of the library."
    echo
    echo "| | text | data | bss | file |"
    echo "|---|---:|---:|---:|---:|"
    size_of libcontain.so "$build/lib/libcontain.so"
    size_of contain-init "$build/lib/init/contain-init"
    echo
}

calls() {
    echo "## System calls"
    echo
    echo "Of parent and child, from the start to the end of the delete; a plan and"
    echo "container_spawn(), each against raw C. The tests hold the plan to 1.05 times"
    echo "raw C, without those that ask about the group above (tests/bench/gate.sh)."
    echo
    log=$(mktemp)
    trap 'rm -f "$log"' EXIT
    trap 'exit 1' INT TERM HUP
    "$build/tests/bench/t_gate" >"$log" 2>/dev/null || :
    sed -n 's/^# \(.*raw [0-9].*\)/    \1/p; s/^# \(  .*against raw:.*\)/    \1/p' "$log"
    echo
    awk '/_makes_as_few_calls/ { if (/^ok/) if (/# SKIP/) skipped++; else met++; else missed++ }
        END {
            printf "At most 1.05 times: met in %d, not met in %d, not measured %d.\n\n",
                met, missed, skipped
        }' "$log"
}

run=''
for section in start kinds parent live speed look group mount seccomp; do
    ! has $section || run="$run $section"
done
# shellcheck disable=SC2086 # lists of words
[ ! "$run" ] || $fifo "$build/tests/bench/bench" $options $run
! has size || sizes
if has calls; then
    if [ "$quick" ]; then echo "system calls: tests/bench/gate.sh"; else calls; fi
fi
