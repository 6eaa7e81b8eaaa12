#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# The examples, as root and as an ordinary user, with their real output.
set -u
: "${SRC:?}" "${BUILD:?}"
. "$SRC/tests/tap.sh"
ex=$BUILD/examples

unchanged() { [ "$(cat "$root/etc/motd")" = 'as it was' ]; }
same_host() { [ "$(hostname)" = "$host" ]; }
output_is() { # NAME TEXT: all of it
    tap_rc=0
    [ "$(cat "$tap_out")" = "$2" ] || { tap_rc=1; printf '# expected:\n%s\n' "$2" | sed 's/^/# /'; }
    tap_result $tap_rc "$1"
}
host=$(hostname)
links=$(ls /sys/class/net | wc -l)

namespace_by_hand() { # WHO UID COMMAND...
    who=$1 uid=$2
    shift 2
    run "$@" "$ex/01_namespace" /bin/sh -c 'echo "user $(id -u)" on "$(hostname)"'
    status_is "01 $who" 0
    output_is "01 $who: the output" "$(
        printf '%-14s %-20s %s\n' '' before now
        printf '%-14s %-20s %s\n' 'user id' "$uid" 0 'host name' "$host" inside
        printf '%-14s %-20s %s\n' 'network links' "$links" 1
        echo 'user 0 on inside'
    )"
    run "$@" "$ex/01_namespace" /nonexistent
    status_is "01 $who: no such command" 127
    check "01 $who: the host name outside" same_host
}

facade() { # WHO COMMAND...
    who=$1
    shift
    run "$@" "$ex/02_facade" "$root" \
        sh -c 'hostname; echo $$; id -u; ls /proc | grep -c "^[0-9]"; exit 7'
    status_is "02 $who: the exit code" 7
    run "$@" "$ex/02_facade" "$root" sh -c 'hostname; echo $$; id -u'
    output_is "02 $who: first container" 'first
1
0'
    run "$@" "$ex/02_facade" "$root" sh -c 'kill -9 $$; echo alive >/etc/motd || exit 3'
    status_is "02 $who: the root is read-only" 3
    run "$@" "$ex/02_facade" "$root" nosuch
    status_is "02 $who: no such program" 1
    says "02 $who: no such program, said so" 'exec on "nosuch": No such file or directory (hint: '
    run "$@" "$ex/02_facade" "$tap_dir/nosuch" sh
    status_is "02 $who: no such root" 1
    says "02 $who: no such root, said so" 'check-dir on "'"$tap_dir"'/nosuch": No such file'
    run "$@" "$ex/02_facade"
    status_is "02 $who: usage" 2
}

overlay() { # WHO COMMAND...
    who=$1
    shift
    run "$@" "$ex/04_overlay" "$root" /etc/motd
    status_is "04 $who" 0
    output_is "04 $who: copy on write" 'outside, before:
  as it was
inside:
  as it was
  written inside
outside, after:
  as it was'
    check "04 $who: the file" unchanged
    run "$@" "$ex/04_overlay" "$tap_dir/nosuch" /etc/motd
    status_is "04 $who: no such layer" 1
    says "04 $who: no such layer, said so" 'No such file or directory (hint: '
}

limits() {
    run "$ex/03_limits" "$root" awk 'BEGIN { s = "x"; for (;;) s = s s }'
    status_is '03: over the memory limit' 137
    says '03: signal' 'signal         9'
    says '03: out of memory' 'out of memory  yes'
    says '03: peak' 'memory peak    32.0 of 32.0 MiB'
    run "$ex/03_limits" "$root" sh -c \
        'for f in memory.max memory/memory.limit_in_bytes pids.max pids/pids.max cpu.max \
            cpu/cpu.cfs_quota_us; do
            [ ! -e /sys/fs/cgroup/$f ] || echo "$f: $(cat /sys/fs/cgroup/$f)"
        done'
    status_is '03: within the limits' 0
    says '03: not out of memory' 'out of memory  no'
    tap_rc=0
    grep -qE '^memory(.max|/memory.limit_in_bytes): 33554432$' "$tap_out" &&
        grep -qE '^(pids/)?pids.max: 16$' "$tap_out" &&
        grep -qE '^(cpu.max: 50000 100000|cpu/cpu.cfs_quota_us: 50000)$' "$tap_out" || tap_rc=1
    tap_result $tap_rc '03: the limits, read from inside'
    # shellcheck disable=SC2016
    run "$ex/03_limits" "$root" sh -c 'i=0; while [ $i -lt 40 ]; do sleep 3 & i=$((i + 1)); done'
    says '03: the limit of processes' "can't fork"
    # shellcheck disable=SC2016
    run "$ex/03_limits" "$root" sh -c 'i=0; while [ $i -lt "$0" ]; do i=$((i + 1)); done' \
        $((300000 / ${T_SLOW:-1}))
    tap_rc=0
    awk '/^cpu time/ { c = $3 } /^wall time/ { w = $3 }
        END { print "# cpu " c " s, wall " w " s"; exit !(c > 0.1 && w > 1.5 * c) }' \
        "$tap_out" || tap_rc=1
    tap_result $tap_rc '03: half of a cpu'
    run as_user "$ex/03_limits" "$root" true
    status_is '03 user: without a delegated group' 1
    says '03 user: which limit it is' 'compile on "cpu_max": Permission denied (hint: '
}

features() { # WHO COMMAND...
    who=$1
    shift
    run "$@" "$ex/05_features" --json
    cp "$tap_out" "$tap_dir/features.json"
    check "05 $who: JSON" python3 -c 'import json, sys
report = json.load(open(sys.argv[1]))
assert report["openat2"]["available"] is True, report["openat2"]
mode = report["cgroup-mode"]
assert mode["text"] in ("hybrid", "unified", "legacy", "none"), mode
assert len(report) > 60, len(report)' "$tap_dir/features.json"
    run "$@" "$ex/05_features"
    says "05 $who: text" 'namespace-user'
    run "$@" "$ex/05_features" openat2
    output_is "05 $who: one feature" 'openat2: yes'
    run "$@" "$ex/05_features" nosuch
    status_is "05 $who: an unknown one" 1
}

explain() { # WHO COMMAND...
    who=$1
    shift
    run "$@" "$ex/06_explain" "$root" sh -c 'echo hello'
    status_is "06 $who" 0
    says "06 $who: what it is" 'plan "explain": '
    says "06 $who: a step of the parent" 'check-dir "'"$root"'" '
    says "06 $who: a step of the child, and its calls" '| fchdir pivot_root umount2'
    says "06 $who: the last one" 'exec "sh" '
    not_says "06 $who: nothing ran" hello
    run "$@" "$ex/06_explain" relative/nosuch sh
    status_is "06 $who: no such root" 1
    says "06 $who: no such root, said so" 'spec on "root.lowerdirs": No such file'
    run "$@" "$ex/06_explain" "$tap_dir"
    status_is "06 $who: usage" 2
}

job() { # NAME SCRIPT
    mkdir -p "$tap_dir/jobs/$1"
    echo "$2" >"$tap_dir/jobs/$1/job"
    chown -R 12345 "$tap_dir/jobs"
}
overrides() { # WHO COMMAND...
    who=$1
    shift
    # shellcheck disable=SC2016 # expanded inside
    job one 'echo "$1 on $(hostname) in $(pwd)" >said; ls / | grep -c "^job$" >>said'
    job two '[ ! -e ../job/said ] && echo "two, not $1" | sed s/not/and/ >said; exit 6'
    run "$@" "$ex/07_overrides" "$root" "$tap_dir/jobs/one" "$tap_dir/jobs/two"
    status_is "07 $who: one job failed" 1
    says "07 $who: the first" "$tap_dir/jobs/one: exit code 0"
    says "07 $who: the second" "$tap_dir/jobs/two: exit code 6"
    tap_rc=0
    [ "$(cat "$tap_dir/jobs/one/said" "$tap_dir/jobs/two/said")" = 'one on one in /job
1
two, and two' ] || { tap_rc=1; sed 's/^/# /' "$tap_dir"/jobs/*/said; }
    tap_result $tap_rc "07 $who: what each wrote into its own directory"
    run "$@" "$ex/07_overrides" "$root" "$tap_dir/jobs/one" "$tap_dir/jobs/nosuch"
    status_is "07 $who: no such directory" 1
    says "07 $who: no such directory, said so" 'check-source on "'"$tap_dir"'/jobs/nosuch": No such'
    says "07 $who: no such directory, and the other job ran" "$tap_dir/jobs/one: exit code 0"
    rm -r "$tap_dir/jobs"
}
overrides_limit() {
    job small 'awk "BEGIN { s = \"x\"; while (length(s) < 33554432) s = s s }" && exit 3'
    cp -r "$tap_dir/jobs/small" "$tap_dir/jobs/large"
    run "$ex/07_overrides" "$root" "$tap_dir/jobs/small:16" "$tap_dir/jobs/large:256"
    says '07: out of a memory of its own' "$tap_dir/jobs/small: exit code 137, out of memory at 16"
    says '07: the same job with more' "$tap_dir/jobs/large: exit code 3, "
    not_says '07: the same job with more: it was enough' 'large: exit code 3, out'
    run as_user "$ex/07_overrides" "$tap_dir/root-user" "$tap_dir/jobs/large:16"
    status_is '07 user: a limit without a delegated group' 1
    says '07 user: which override it is' 'overrides on "memory_max": Permission denied (hint: '
    rm -r "$tap_dir/jobs"
}

ids='cat /proc/self/uid_map /proc/self/gid_map | awk "{ print \$1, \$2, \$3 }"'
rootless() { # as an ordinary user who is in no file of the host
    run as_user "$ex/08_rootless" "$root" sh -c "hostname; id -u; $ids"
    status_is '08: one id' 0
    tap_rc=0
    [ "$(tail -n 4 "$tap_out")" = 'rootless
0
0 12345 1
0 12345 1' ] || tap_rc=1
    tap_result $tap_rc '08: one id: it is user 0 inside'
    run as_user "$ex/08_rootless" "$root" sh -c 'echo inside >/etc/motd && cat /etc/motd; exit 5'
    status_is '08: the exit code' 5
    check '08: copy on write' unchanged
    run as_user "$ex/08_rootless" "$tap_dir/nosuch" sh
    status_is '08: no such root' 1
    says '08: no such root, said so' 'nosuch": No such file or directory (hint: '
}
# A user with ranges: files of our own over those of the host, in a mount namespace of our own.
with_ranges() { # OPTION-OF-SETPRIV COMMAND...
    mkdir "$tap_dir/files"
    echo 'runner:x:12345:12345::/:/bin/sh' >"$tap_dir/files/passwd"
    echo 'runner:x:12345:' >"$tap_dir/files/group"
    echo 'runner:200000:1000' >"$tap_dir/files/subuid"
    echo '12345:300000:2000' >"$tap_dir/files/subgid"
    for file in passwd group subuid subgid; do [ -e /etc/$file ] || return 1; done
    run unshare -m sh -c 'cd "$1" || exit 1
        shift
        for f in *; do mount --bind "$f" "/etc/$f" || exit 1; done
        exec setpriv --reuid=12345 --regid=12345 --clear-groups "$@"' sh \
        "$tap_dir/files" "$@"
    rm -r "$tap_dir/files"
}
rootless_ids() {
    if ! command -v newuidmap >/dev/null; then
        skip '08: more ids' 'newuidmap is not installed'
        return
    fi
    with_ranges --inh-caps=-all "$ex/08_rootless" "$root" sh -c "$ids"
    status_is '08: more ids' 0
    tap_rc=0
    [ "$(tail -n 4 "$tap_out")" = '0 12345 1
1 200000 1000
0 12345 1
1 300000 2000' ] || tap_rc=1
    tap_result $tap_rc '08: more ids: by the ranges'
    # where there are ranges, but newuidmap may not write them
    with_ranges --bounding-set=-all "$ex/08_rootless" "$root" sh -c "$ids"
    status_is '08: ranges without privilege for newuidmap' 0
    says '08: ranges without privilege for newuidmap: it says so' 'not there: step'
    says '08: ranges without privilege for newuidmap: it goes on' '0 12345 1'
}
rootless_limit() {
    if ! grep -qw memory /sys/fs/cgroup/cgroup.controllers 2>/dev/null; then
        run as_user "$ex/08_rootless" "$root" true
        says '08: no limit: it says so' 'not there: compile on "memory_max": '
        skip '08: a limit' 'the memory controller is not on cgroup v2 here'
        return
    fi
    group=/sys/fs/cgroup/t-ladder.$$
    echo +memory >/sys/fs/cgroup/cgroup.subtree_control
    mkdir "$group" "$group/self"
    chown 12345 "$group" "$group/self" "$group"/cgroup.* "$group"/self/cgroup.*
    run sh -c 'echo 0 >"$1/cgroup.procs"; shift
        exec setpriv --reuid=12345 --regid=12345 --clear-groups --inh-caps=-all \
            --bounding-set=-all "$@"' sh "$group/self" \
        "$ex/08_rootless" "$root" cat /sys/fs/cgroup/memory.max
    rmdir "$group/self" "$group"
    status_is '08: a limit in a delegated group, and nothing is left in it' 0
    says '08: a limit' 67108864
    not_says '08: a limit: nothing is missing' 'not there'
}

distributions() { # NAME COMMAND IMAGE... -- EXPECTED-LINE...
    name=$1 as=$2
    shift 2
    images=
    while [ "$1" != -- ]; do images="$images $1"; shift; done
    shift
    # shellcheck disable=SC2086 # several
    run $as "$ex/09_distributions" $images
    status_is "09 $name" 0
    n=0
    for line; do
        n=$((n + 1))
        says "09 $name: $line" "container-$n: $line, Linux $(uname -r), written: container-$n"
    done
    tap_rc=0
    [ "$(grep -c . "$tap_out")" = $n ] || tap_rc=1
    tap_result $tap_rc "09 $name: $n containers"
}
image() { # DIRECTORY OWNER NAME
    make_root "$1" "$2"
    echo "PRETTY_NAME=\"$3\"" >"$1/etc/os-release"
}
many() {
    image "$tap_dir/image-a" 12345 'Image A'
    image "$tap_dir/image-b" 12345 'Image B'
    host_name=$(. /etc/os-release && echo "$PRETTY_NAME")
    distributions root env / "$tap_dir/image-a" -- "$host_name" "$host_name" 'Image A'
    distributions user as_user "$tap_dir/image-a" "$tap_dir/image-b" -- \
        'Image A' 'Image A' 'Image B'
    tap_rc=0
    [ ! -e "$tap_dir/image-a/etc/who" ] && [ ! -e /etc/who ] || tap_rc=1
    tap_result $tap_rc '09: the images are as they were'
    run "$ex/09_distributions" "$tap_dir/image-a" "$tap_dir/nosuch"
    status_is '09: no such image' 1
    says '09: no such image, said so' 'nosuch": No such file or directory (hint: '
    if reason=$(sh "$SRC/tests/examples/suite.sh" trixie "$tap_dir/trixie"); then
        distributions 'two of Debian and another' env / "$tap_dir/image-a" "$tap_dir/trixie" -- \
            "$host_name" "$host_name" 'Image A' 'Debian GNU/Linux 13 (trixie)'
    else
        skip '09 two of Debian' "$reason"
    fi
}

# What others left is not ours to judge.
groups() {
    find /sys/fs/cgroup -maxdepth 4 -type d \
        \( -name "first.*" -o -name "limits.*" -o -name "overlay.*" -o -name "rootless.*" \
            -o -name "container-[0-9].*" -o -name "judge.*" -o -name "job.*" \
            -o -name "t-ladder.*" \) | sort
}
groups >"$tap_dir/groups-before"
namespace_by_hand root 0 env
namespace_by_hand user 12345 as_user
root=$tap_dir/root
make_root "$root" 0
facade root env
overlay root env
limits
features root env
explain root env
overrides root env
root=$tap_dir/root-user
make_root "$root" 12345
facade user as_user
overlay user as_user
features user as_user
explain user as_user
overrides user as_user
root=$tap_dir/root
overrides_limit
root=$tap_dir/root-user
rootless
rootless_ids
rootless_limit
many
groups >"$tap_dir/groups-after"
check 'no group is left' diff "$tap_dir/groups-before" "$tap_dir/groups-after"
done_testing
