#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# smoke.sh - the bench runs to its end, prints all of its tables, and leaves nothing. TAP. No time
# is judged here. BUILD is the build tree (build/dev).
set -u
here=$(cd "$(dirname "$0")" && pwd -P) || exit 1
out=$(mktemp) || exit 1
trap 'rm -f "$out" "$out.err"' EXIT
trap 'exit 1' INT TERM HUP
n=0 failed=0

check() { # NAME STATUS
    n=$((n + 1))
    if [ "$2" = 0 ]; then echo "ok $n - $1"; else
        echo "not ok $n - $1"
        failed=1
    fi
}
# What the run could leave; others may run a bench at the same time, so only what is new counts.
left() { ls -d /tmp/bench.* /sys/fs/cgroup/contain/bench.* /sys/fs/cgroup/unified/contain/bench.* \
    /sys/fs/cgroup/memory/bench.* 2>/dev/null; }
# rows TITLE: of the tables below a title, without their headings
rows() {
    awk -v title="## $1" '$0 == title { on = 1; next } /^## / { on = 0 }
        on && /^\|---/ { n--; next } on && /^\|/ { n++ } END { print n + 0 }' "$out"
}

echo 1..11
before=$(left)
sh "$here/run.sh" --quick >"$out" 2>"$out.err"
check "run.sh --quick runs to its end" $?
[ "$failed" = 0 ] || sed 's/^/# /' "$out.err"
jobs=$(rows "A start")
# medians and minima of 9 jobs without a group; of 17 where there is cgroup v2
[ "$jobs" = 18 ] || [ "$jobs" = 34 ]
check "a row for each job ($jobs)" $?
[ "$(rows "The parent")" -ge 4 ]
check "rows of parents" $?
[ "$(rows "Memory of containers that run")" -ge 8 ]
check "rows of containers that run" $?
[ "$(rows "Programs inside")" = 11 ]
check "rows of programs inside" $?
[ "$(rows "Namespaces looked at")" = 2 ]
check "rows of looks at all namespaces" $?
# starts and statistics; without a mount nothing, with controllers groups with limits, too
groups=$(rows Groups)
[ "$groups" = 0 ] || [ "$groups" = 5 ] || [ "$groups" -ge 8 ]
check "rows of groups ($groups)" $?
# unions by hand need Linux 6.8
mounts=$(rows Mounts)
[ "$mounts" = 12 ] || [ "$mounts" = 18 ]
check "rows of mounts ($mounts)" $?
grep -q '^| libcontain.so | [1-9]' "$out"
check "the size of the library" $?
# every goal has its verdict
goals=$(rows Goals) # two of the mount table
[ "$goals" -ge $((groups > 5 ? 16 : groups > 0 ? 15 : 13)) ] &&
    [ "$(grep -c -e '| met in all' -e '| not met in' "$out")" = "$goals" ]
check "goals with their verdict ($goals lines)" $?
after=$(left)
[ "$after" = "$before" ]
check "nothing is left" $?
[ "$after" = "$before" ] || echo "# $after"
[ $failed = 0 ] || sed 's/^/# /' "$out"
exit $failed
