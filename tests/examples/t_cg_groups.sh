#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Examples 18 to 23, with their real output: what groups hold back, show, stop and end.
set -u
: "${SRC:?}" "${BUILD:?}"
. "$SRC/tests/tap.sh"
ex=$BUILD/examples
root=$tap_dir/root
make_root "$root" 0
mkdir "$root/job"
for name in dd rm usleep; do ln -s busybox "$root/bin/$name"; done

matches() { # NAME PATTERN: a line of the last run
    tap_rc=0
    grep -qE -e "$2" "$tap_out" || { tap_rc=1; echo "# expected: $2"; }
    tap_result $tap_rc "$1"
}
# between NAME LEAST MOST NUMBER
between() {
    tap_rc=0
    awk -v n="$4" -v a="$2" -v b="$3" 'BEGIN { exit !(n != "" && n >= a && n <= b) }' ||
        { tap_rc=1; echo "# $4 is not between $2 and $3"; }
    tap_result $tap_rc "$1"
}
no_groups() { # what an example made is gone with it
    ! find /sys/fs/cgroup -maxdepth 3 -type d -path '*/contain/*' | grep -qE "/$1\.[0-9]+\."
}

# where a controller can be used: v2, or v1 by libcgroup
v2=$(awk '$3 == "cgroup2" { print $2; exit }' /proc/mounts)
has() {
    grep -qw "$1" "$v2/cgroup.controllers" 2>/dev/null && return 0
    grep -q " cgroup .*[ ,]$1[ ,]" /proc/mounts && grep -q 'HAVE_LIBCGROUP 1' "$BUILD/config.h"
}
if ! has memory || ! has pids || ! has cpu; then
    echo '1..0 # SKIP no controller that can be used here'
    tap_done=1
    exit 77
fi

# ---- 18
run "$ex/18_oom" "$root" 24 awk 'BEGIN { s = "x"; for (;;) s = s s }'
status_is '18: killed' 137
says '18: the record' 'signal 9, killed for lack of memory; at most 24.0 MiB of 25165824 bytes'
if grep -qw memory "$v2/cgroup.controllers" 2>/dev/null; then
    says '18: heard of' 'event: oom_kill, 1 times'
else
    not_says '18: not heard of, from v1' 'event:'
fi
run "$ex/18_oom" "$root" 24 sh -c 'exit 3'
status_is '18: not killed' 3
says '18: not killed, said so' 'exit code 3, signal 0, not killed for memory'
check '18: no group' no_groups oom

# ---- 19: a busy one, and one that is drawn over and over on a terminal
run "$ex/19_top" "$root" sh -c 'exec 2>/dev/null; i=0; while [ $i -lt 30 ]; do i=$((i+1))
    n=0; while [ $n -lt 2000 ]; do n=$((n+1)); done; usleep 50000; done'
status_is '19' 0
matches '19: cpu' '^cpu +[1-9][0-9]*\.[0-9] %'
matches '19: memory' '^memory +[0-9]*[.0-9]*[1-9][.0-9]* MiB'
matches '19: processes' '^pids +[1-9][0-9]*, 0 refused'
check '19: more than one table' test "$(grep -c '^cpu ' "$tap_out")" -gt 1
not_says '19: no terminal, no codes' "$(printf '\033')"
terminal() { script -qec "'$ex/19_top' '$root' sleep 2" /dev/null; }
if command -v script >/dev/null; then
    run terminal
    says '19: on a terminal it is drawn anew' "$(printf '\033[H\033[J')"
fi
check '19: no group' no_groups top

# ---- 20
run "$ex/20_freeze" "$root"
status_is '20' 0
counted() {
    sed -n "s/^$1 *counted from \([0-9]*\) to \([0-9]*\), \([0-9]*\) us.*/\2 \1 \3/p" "$tap_out"
}
moved() { counted "$1" | awk '{ print $1 - $2 }'; }
between '20: runs' 3 100 "$(moved running)"
between '20: stops' 0 0 "$(moved paused)"
between '20: no cpu' 0 300 "$(counted paused | cut -d ' ' -f 3)"
between '20: goes on' 3 100 "$(moved resumed)"
check '20: no group' no_groups freeze

# ---- 21
run "$ex/21_throttle" "$root" 10 50
status_is '21' 0
used() { awk -v p="$1" '$1 == p { sub("%", "", $2); print $2 }' "$tap_out"; }
throttled() { awk -v p="$1" '$1 == p { print $4 }' "$tap_out"; }
between '21: 10 percent' 5 16 "$(used 10)"
between '21: held back' 3 100 "$(throttled 10)"
between '21: 50 percent' 20 58 "$(used 50)"
check '21: no group' no_groups throttle

# ---- 22: a disk of its own is in guests
if [ "${T_GUEST:-}" ] && [ -b /dev/vda ]; then
    mkdir "$tap_dir/disk" && mount /dev/vda "$tap_dir/disk"
    run "$ex/22_io_max" "$root" "$tap_dir/disk" 1024
    status_is '22' 0
    says '22: all of it' 'exit code 0: 2048 KiB written to '
    rate() { sed -n 's/.* s: \([0-9]*\) KiB.s$/\1/p' "$tap_out"; }
    between '22: 1024 KiB per second' 500 1200 "$(rate)"
    run "$ex/22_io_max" "$root" "$tap_dir/disk" 100000
    between '22: 100000 KiB per second' 1300 110000 "$(rate)"
    check '22: the disk is as it was' test ! -e "$tap_dir/disk/22_io_max"
    umount "$tap_dir/disk"
    run "$ex/22_io_max" "$root" /dev/shm 1024
    status_is '22: no disk' 1
    says '22: no disk, said so' 'No such device'
    check '22: no group' no_groups io
else
    skip 22 'needs a disk of its own: in guests'
fi

# ---- 23
run "$ex/23_fork_bomb" "$root" 40
status_is '23' 0
between '23: held' 2 40 "$(sed -n 's/^at most \([0-9]*\) processes.*/\1/p' "$tap_out")"
says '23: refused' 'more were refused'
between '23: all gone' 0 5000 "$(sed -n 's/^all gone after \([0-9]*\) ms/\1/p' "$tap_out")"
check '23: no group' no_groups bomb

for usage in 18_oom 19_top 20_freeze 21_throttle 22_io_max 23_fork_bomb; do
    run "$ex/$usage"
    status_is "${usage%%_*}: usage" 2
done
done_testing
