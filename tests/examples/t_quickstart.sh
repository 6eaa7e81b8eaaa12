#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# The quickstart as a newcomer runs it: built from nothing, twice, and with each isolation broken.
set -u
: "${SRC:?}" "${BUILD:?}"
. "$SRC/tests/tap.sh"

# shellcheck disable=SC2120
quickstart() { sh "$SRC/examples/quickstart.sh" "$@"; }
export TMPDIR="$tap_dir/tmp" BUILD_DIR="$tap_dir/build"
mkdir -m 1777 "$TMPDIR"
# A guest has no time to build it.
[ ! "${T_GUEST:-}" ] || export QUICKSTART_PROGRAM="$BUILD/examples/quickstart"

row() { # NAME WHAT INSIDE [OUTSIDE]: a line of the table; the texts are regular expressions
    tap_rc=0
    grep -qE "^$2 +$3( {2,}|\$)${4-}" "$tap_out" || tap_rc=1
    tap_result $tap_rc "$1"
}
# What $BROKEN says of the row $1 must be "FAILED"; nothing is shown behind a broken table.
broken() { # WHAT MESSAGE...
    QUICKSTART_BREAK=$1
    export QUICKSTART_BREAK
    run quickstart
    unset QUICKSTART_BREAK
    status_is "without $1 it fails" 1
    what=$1
    shift
    for message; do says "without $what it says: $message" "FAILED: $message"; done
    not_says "without $what it does not go on to the start time" 'medians of'
}
same_host() { [ "$(hostname)" = "$host" ]; }
nothing_left() {
    [ ! "$(ls -A "$TMPDIR")" ] || { ls -A "$TMPDIR"; return 1; }
    ! find /sys/fs/cgroup -maxdepth 4 -type d -name 'quickstart.*' | grep .
}
fits() { # 45 lines of at most 100 columns
    awk 'length($0) > 100 { wide++ }
        END { print NR " lines, " wide + 0 " wide"; exit NR > 45 || wide }' \
        "$tap_dir/first"
}

host=$(hostname)
run quickstart
status_is 'builds from nothing and succeeds' 0
row 'host name' 'host name' quickstart "$host"
row 'process 1' 'process id' 1 '[0-9]{2,}'
row 'mounts' 'number of mounts' '[0-9]+' "$(grep -c . /proc/self/mountinfo)\$"
row 'network links' 'network links' lo "$(cd /sys/class/net && printf '%s ' * | sed 's/ $//')\$"
row 'user map' 'user map' '0->0 \(1\), 1->100000 \(65535\)' '0->0 '
row 'ipc' 'ipc namespace' 'ipc:\[[0-9]+\]' "$(readlink /proc/self/ns/ipc | sed 's/[][]/\\&/g')"
row 'cgroup' 'cgroup namespace' 'cgroup:\[[0-9]+\]' \
    "$(readlink /proc/self/ns/cgroup | sed 's/[][]/\\&/g')"
row 'copy on write' 'text of a file' 'changed inside' 'as it was$'
row 'memory limit' 'memory limit' '33554432 bytes' 'none$'
row 'killed over the limit' 'over the limit' 'killed by signal 9, out of memory: yes, .* 32\.0 MiB'
row 'the time of a start' 'start' '[0-9]+\.[0-9] ms until the program runs, .*: medians of 51'
says 'the plan: clone' ' clone "quickstart" new user mnt pid uts ipc net'
says 'the plan: exec' ' exec "/bin/sh"'
says 'how to see all of it' 'sh examples/quickstart.sh --explain'

quickstart >"$tap_dir/first" 2>"$tap_dir/err"
check 'the second time is quiet but for the result' test ! -s "$tap_dir/err"
check 'a screenful' fits

run quickstart --explain
status_is '--explain succeeds' 0
says '--explain prints the whole plan' ' mask "/proc/kcore"'
# The lines of a plan in the README: operation and object are real, numbers and paths may differ.
steps_of_readme() { # FIRST LINE
    sed -n "/^    $1/,/^\$/p" "$SRC/README.md" |
        grep -oE '^ {6,}[0-9]+ [a-z-]+( "[^"]*"| *\|)' | sed 's/^ *[0-9]*//; s/ *|//'
}
are_real() { # NAME PLAN AT-LEAST: those in $tap_dir/readme
    tap_rc=0
    [ "$(grep -c . "$tap_dir/readme")" -ge "$3" ] || tap_rc=1
    while read -r line; do
        grep -qF -e " $line" "$2" || { echo "# not in the plan: $line"; tap_rc=1; }
    done <"$tap_dir/readme"
    tap_result $tap_rc "$1"
}
steps_of_readme 'plan "quickstart"' >"$tap_dir/readme"
are_real 'the lines of it in the README are real' "$tap_out" 8
steps_of_readme 'contain-init, before' >"$tap_dir/readme"
are_real 'those that join, too' "$SRC/tests/plan/golden/root-pod-of-user.txt" 4
run quickstart --nonsense
status_is 'bad usage' 2

broken net "network links: the program is in the host's own net:"
broken cow 'text of a file: what was done inside is seen outside'
broken oom 'memory limit: a program took 256 MiB and was not killed'
broken chroot "host name: the program is in the host's own uts:" \
    "process id: the program is in the host's own pid:" \
    "number of mounts: the program is in the host's own mnt:" \
    "network links: the program is in the host's own net:" \
    "user map: the program is in the host's own user:" \
    "ipc namespace: the program is in the host's own ipc:" \
    "cgroup namespace: the program is in the host's own cgroup:" \
    'text of a file: what was done inside is seen outside'
if [ ! "${T_GUEST:-}" ]; then # the checks are the same everywhere
    broken uts "host name: the program is in the host's own uts:" 'host name: not what it has to be'
    broken pid "process id: the program is in the host's own pid:" 'process id: not what it has to'
    broken mnt 'spec on "namespaces": Invalid argument'
    broken user "user map: the program is in the host's own user:" 'user map: not what it has to be'
    broken ipc "ipc namespace: the program is in the host's own ipc:"
    broken cgroup "cgroup namespace: the program is in the host's own cgroup:"
    broken memory 'memory limit: not what it has to be inside'
fi

check 'the host name is what it was' same_host
run as_user sh "$SRC/examples/quickstart.sh"
status_is 'an ordinary user is told' 1
says 'an ordinary user is told why' 'quickstart: needs root'
check 'no file and no group is left' nothing_left
done_testing
