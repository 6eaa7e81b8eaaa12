#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# contain-run: every option seen working, as root and as an ordinary user.
# shellcheck disable=SC2016,SC2086 # what runs inside is in single quotes; $as is a command line
set -u
: "${SRC:?}" "${BUILD:?}"
. "$SRC/tests/tap.sh"
. "$SRC/tests/examples/run.sh"
file_is() { # NAME FILE TEXT
    tap_rc=0
    [ "$(cat "$2" 2>&1)" = "$3" ] || tap_rc=1
    tap_result $tap_rc "$who: $1"
}
on_host() { readlink "/proc/self/ns/$1"; }

# --- roots ---
roots() {
    cr --root "$root" -- sh -c 'echo written >/etc/new; cat /etc/new'
    gives '--root' written
    file_is '--root: writes stay' "$root/etc/new" written
    rm -f "$root/etc/new"
    cr "--root=$root" --read-only sh -c 'echo 1 >/etc/new || cat /etc/motd'
    says "$who: --read-only" 'Read-only file system'
    says "$who: --read-only: can be read" 'as it was'

    top="$dir/a layer:with,odd=\\names"
    mkdir -p "$top/etc"
    echo 'from the top' >"$top/etc/motd"
    chown -R "$uid:$uid" "$top"
    cr --layer "$top" --layer "$root" sh -c 'cat /etc/motd; echo 1 >/etc/motd; cat /etc/motd'
    gives '--layer: the topmost first, any name' "from the top
1"
    file_is '--layer: the layer is as it was' "$top/etc/motd" 'from the top'
    cr --layer "$top" --layer "$root" --read-only sh -c 'echo 1 >/etc/motd || cat /etc/motd'
    says "$who: --layer --read-only" 'Read-only file system'
    upper=$dir/upper work=$dir/work
    mkdir "$upper" "$work"
    chown "$uid:$uid" "$upper" "$work"
    cr --layer "$root" --upper "$upper" --work "$work" sh -c 'echo kept >/etc/motd'
    tap_result "$rc" "$who: --upper"
    file_is '--upper: what was written is there' "$upper/etc/motd" kept
    file_is '--upper: the layer is as it was' "$root/etc/motd" 'as it was'
    cr --layer "$root" --upper "$upper" --work "$work" cat /etc/motd
    gives '--upper: and is there again' kept
    cr --layer "$root" --upper "$upper" --work "$dir/nosuch" true
    fails '--work: no such directory' 125 "$dir/nosuch\": No such file or directory"
    cr --layer "$top" --layer "$root" --read-only --upper "$upper" --work "$work" true
    fails '--upper and --read-only' 125 '--upper, --work: spec on '
    cr --layer "$root" --read-only true
    fails '--layer --read-only with one layer' 125 '--layer: spec on "root.lowerdirs": '
    name=run-test-new.$$
    cr --host-root sh -c "echo 1 >/$name && cat /$name /etc/debian_version; id -u; pwd"
    gives '--host-root' "1
$(cat /etc/debian_version)
0
/"
    tap_rc=0
    [ ! -e /$name ] || { tap_rc=1; rm /$name; }
    tap_result $tap_rc "$who: --host-root: the host's files are as they were"
    cr --host-root --read-only sh -c "ls -d /usr; echo 1 >/$name"
    says "$who: --host-root --read-only: can be read" /usr
    says "$who: --host-root --read-only: no write" 'Read-only file system'
    cr --size 1M --host-root busybox dd if=/dev/zero of=/$name bs=64k count=17
    fails '--size of --host-root' 1 'No space left'
    cr --tmpfs-root --dir /x --ro-bind "$root/bin" /bin sh -c \
        'ls /; echo 1 >/new && cat /new; echo 1 >/bin/x'
    fails '--tmpfs-root' 1 'Read-only file system'
    tap_rc=0
    [ "$(head -n 7 "$tap_out" | tr '\n' ' ')" = 'bin dev proc sys tmp x 1 ' ] || tap_rc=1
    tap_result $tap_rc "$who: --tmpfs-root: what is in it"
    cr --size 1M --tmpfs-root --ro-bind "$root/bin" /bin busybox dd if=/dev/zero of=/big bs=64k \
        count=17
    fails '--size of --tmpfs-root' 1 'No space left'
    cr --size 1M --layer "$root" busybox dd if=/dev/zero of=/etc/big bs=64k count=17
    fails '--size of a root' 1 'No space left'
    cr --size 2M --layer "$root" busybox dd if=/dev/zero of=/etc/big bs=64k count=17
    tap_result "$rc" "$who: --size of a root that is larger"
}

# --- mounts ---
mounts() {
    mkdir "$dir/src"
    echo 'of the host' >"$dir/src/file"
    chown -R "$uid:$uid" "$dir/src"
    for option in --bind --bind-try --dev-bind --dev-bind-try; do
        cr --layer "$root" $option "$dir/src" /mnt sh -c \
            'cat /mnt/file; echo "by '$option'" >/mnt/new'
        gives "$option" 'of the host'
        file_is "$option: writes go through" "$dir/src/new" "by $option"
    done
    for option in --ro-bind --ro-bind-try; do
        cr --layer "$root" $option "$dir/src/file" /etc/file sh -c \
            'cat /etc/file; echo 1 >/etc/file'
        fails "$option: content" 1 'of the host'
        says "$who: $option: no write" 'Read-only file system'
    done
    for option in --bind --ro-bind --dev-bind; do
        cr --layer "$root" $option "$dir/nosuch" /mnt true
        fails "$option: no source" 125 "$dir/nosuch\": No such file or directory (hint: "
        cr --layer "$root" $option-try "$dir/nosuch" /mnt sh -c 'ls -d /mnt; :'
        fails "$option-try: no source" 0 'No such file'
    done
    cr --layer "$root" --dev-bind /dev/zero /dev-x sh -c 'busybox head -c 3 /dev-x | busybox wc -c'
    gives '--dev-bind: a device' 3
    cr --layer "$root" --bind /dev/zero /dev-x sh -c 'busybox head -c 3 /dev-x'
    fails '--bind: no device' 1 'Permission denied'
    cr --layer "$root" --bind "$dir/src" /m sh -c 'grep " /m " /proc/self/mounts'
    says "$who: --bind: nosuid" 'nosuid,nodev'
    cr --layer "$root" --dev-bind "$dir/src" /m sh -c 'grep " /m " /proc/self/mounts'
    says "$who: --dev-bind: nosuid" 'nosuid'
    not_says "$who: --dev-bind: devices" 'nodev'

    cr --layer "$root" --size=1M --perms 0700 --tmpfs /t=1 sh -c \
        'busybox stat -c %a /t=1; grep -q "/t=1 tmpfs.* size=[0-9]*k" /proc/self/mounts &&
        busybox dd if=/dev/zero of=/t=1/big bs=64k count=17 2>/dev/null || echo full'
    gives '--tmpfs with --size and --perms' '700
full'
    cr --layer "$root" --tmpfs /t sh -c 'busybox stat -c %a /t; echo 1 >/t/x'
    gives '--tmpfs' 755
    cr --layer "$root" --bind "$dir/src" /m --tmpfs /m ls /m
    gives 'mounts are made in the order given' ''
    printf 'line\000\377' >"$dir/content"
    cr --layer "$root" --dir /new/dir --perms 0700 --dir /closed --file "$dir/content" '/a,b:c' \
        --perms=0600 --file /dev/fd/0 /etc/motd --symlink "a target" /new/link sh -c \
        'busybox stat -c "%a %u %n" /new /new/dir /closed /a,b:c /etc/motd
        busybox od -An -c /a,b:c; busybox readlink /new/link'
    gives '--dir, --file, --symlink, --perms' "755 0 /new
755 0 /new/dir
700 0 /closed
644 0 /a,b:c
600 0 /etc/motd
   l   i   n   e  \\0 377
a target"
    cr --layer "$root" --file "$dir/nosuch" /f true
    fails '--file: no such file' 125 "--file \"$dir/nosuch\": No such file or directory"
    cr --layer "$root" --file "$dir" /f true
    fails '--file: a directory' 125 "--file \"$dir\": Is a directory"
    busybox truncate -s $((16 * 1048576 + 1)) "$dir/large"
    cr --layer "$root" --file "$dir/large" /f true
    fails '--file: too large' 125 '--file: spec on "file.size_bytes": Argument list too long'
    cr --layer "$root" --symlink x /etc true
    fails '--symlink: something is there' 125 '"/etc": File exists'
    cr --layer "$root" --dir /etc/motd true
    fails '--dir: something is there' 125 '"/etc/motd": Not a directory'
    cr --layer "$root" --mask /etc sh -c 'ls /etc; echo 1 >/etc/x || echo refused'
    says "$who: --mask a directory" refused
    cr --layer "$root" --mask /etc/motd cat /etc/motd
    gives '--mask a file' ''
    cr --layer "$root" --readonly-path /etc sh -c 'cat /etc/motd; echo 1 >/etc/motd'
    fails '--readonly-path' 1 'Read-only file system'
    says "$who: --readonly-path: can be read" 'as it was'
    cr --layer "$root" sh -c 'grep -c /proc/ /proc/self/mounts'
    before=$(cat "$tap_out")
    cr --layer "$root" --clear-paths --mask /etc/motd sh -c \
        'grep -c /proc/ /proc/self/mounts; cat /etc/motd'
    gives "--clear-paths: none of $before, and what comes after it" 0
    cr --layer "$root" --default-mounts none sh -c 'ls /proc /sys /dev /tmp'
    gives '--default-mounts none' '/dev:

/proc:

/sys:

/tmp:'
    cr --layer "$root" --default-mounts proc,dev sh -c \
        'while read -r _ d t _; do [ "$t" = overlay ] || echo "$d"; done </proc/self/mounts |
        grep -E "^/(proc|sys|dev|tmp)$"'
    gives '--default-mounts proc,dev' '/proc
/dev'
}

# --- limits, as they are seen in the group ---
show_limits='for f in memory.max memory/memory.limit_in_bytes pids.max pids/pids.max cpu.max \
    cpu/cpu.cfs_quota_us; do
    [ ! -e /sys/fs/cgroup/$f ] || echo "$f: $(cat /sys/fs/cgroup/$f)"; done'
limit() { # NAME PATTERN
    tap_rc=0
    grep -qE "^($2)$" "$tap_out" || tap_rc=1
    tap_result $tap_rc "$who: $1"
}
limits() {
    cr --root "$root" --memory 48M --pids 20 --cpus 0.25 sh -c "$show_limits"
    limit --memory '(memory.max|memory/memory.limit_in_bytes): 50331648'
    limit --pids '(pids/)?pids.max: 20'
    limit --cpus 'cpu.max: 25000 100000|cpu/cpu.cfs_quota_us: 25000'
    cr --root "$root" --memory 16M --json 1 awk 'BEGIN { s = "x"; for (;;) s = s s }'
    fails '--memory: too much' 137 '"status":137,"exit_code":137,"signal":9'
    says "$who: --json: out of memory" '"oom_killed":true'
    cr --root "$root" --pids 3 sh -c 'for i in 1 2 3 4 5; do sleep 1 & done'
    says "$who: --pids: too many" "can't fork"

    cr --root "$root" --limit memory.max=50331648 --limit pids.max=20 sh -c "$show_limits"
    limit --limit '(memory.max|memory/memory.limit_in_bytes): 50331648'
    limit '--limit again' '(pids/)?pids.max: 20'
    cr --root "$root" --limit no.such.file=1 true
    fails '--limit: no such file' 125 'this kernel has no such file in a group'
    cr --root "$root" --default-devices sh -c 'cat </dev/null && head -c 1 /dev/zero | wc -c'
    gives --default-devices 1

    v2=$(awk '$3 == "cgroup2" { print $2; exit }' /proc/self/mounts)
    parent=$v2/run-test-parent.$$
    mkdir "$parent"
    cr --root "$root" --share cgroup --cgroup "$parent" cat /proc/self/cgroup
    says "$who: --cgroup" "0::/run-test-parent.$$"
    cr --root "$root" --cgroup "$parent" --pids 5 true
    fails '--cgroup with a limit' 125 'a group that exists stays as it is'
    cr --root "$root" --delegate --uid-map 0:100000:65536 --gid-map 0:100000:65536 \
        sh -c 'mkdir "$(dirname "$(find /sys/fs/cgroup -name cgroup.procs)")/sub" && echo made'
    gives --delegate made
    cr --root "$root" --share cgroup --cgroup-parent "$parent" cat /proc/self/cgroup
    says "$who: --cgroup-parent" "0::/run-test-parent.$$/run-test."
    rmdir "$parent"
    tap_result $? "$who: --cgroup-parent: nothing is left in it"
    cr --root "$root" --cgroup-parent "$dir" true
    fails '--cgroup-parent: no group' 125 'the parent is not on a cgroup2 file system'
}
no_limits() { # an ordinary user without a delegated group
    cr --root "$root" --memory 48M true
    fails '--memory without a group' 125 'compile on "memory_max": Permission denied (hint: '
}

# --- namespaces ---
# A container that sleeps, and another one in its namespaces.
joins() {
    $as "$program" --name joined --root "$root" --no-init sh -c \
        'echo 1 >/tmp/mark; exec sleep 100' >/dev/null 2>&1 &
    starter=$!
    other=
    for _ in 1 2 3 4 5 6 7 8 9 10; do
        other=$(pgrep -P "$starter" | head -n 1)
        [ -z "$other" ] || [ "$(cat "/proc/$other/comm" 2>/dev/null)" != sleep ] || break
        sleep 0.3
    done
    user_too=
    [ "$(readlink "/proc/$other/ns/user")" = "$(on_host user)" ] ||
        user_too="--join /proc/$other/ns/user"
    for ns in uts net; do
        cr --root "$root" $user_too --join "/proc/$other/ns/$ns" \
            busybox readlink "/proc/self/ns/$ns"
        gives "--join $ns" "$(readlink "/proc/$other/ns/$ns")"
    done
    cr $user_too --join "/proc/$other/ns/mnt" --join "/proc/$other/ns/pid" \
        sh -c 'cat /tmp/mark; [ $$ != 1 ] && echo not the first'
    gives '--join mnt and pid' '1
not the first'
    cr --root "$root" $user_too --join "/proc/$other/ns/mnt" true
    fails '--join mnt beside a root' 125 'the root is that of the mount namespace that is joined'
    cr --root "$root" --join "$root" true
    fails '--join of no namespace' 125 "--join \"$root\": "
    kill -KILL "$other"
    wait "$starter"
}
namespaces() {
    for ns in mnt pid ipc uts net cgroup; do
        cr --root "$root" busybox readlink "/proc/self/ns/$ns"
        tap_rc=0
        [ "$rc" = 0 ] && [ "$(cat "$tap_out")" != "$(on_host $ns)" ] || tap_rc=1
        tap_result $tap_rc "$who: $ns is new"
    done
    for ns in ipc uts net; do
        cr --root "$root" --share $ns busybox readlink "/proc/self/ns/$ns"
        gives "--share $ns" "$(on_host $ns)"
    done
    cr --root "$root" --share ipc,uts,net --share cgroup sh -c \
        'for n in ipc uts net cgroup; do busybox readlink /proc/self/ns/$n; done'
    gives '--share, several' "$(for n in ipc uts net cgroup; do on_host $n; done)"
    cr --root "$root" --unshare user sh -c 'busybox readlink /proc/self/ns/user; id -u'
    tap_rc=0
    [ "$rc" = 0 ] && ! grep -qF "$(on_host user)" "$tap_out" && grep -qx 0 "$tap_out" || tap_rc=1
    tap_result $tap_rc "$who: --unshare user"
    cr --root "$root" --unshare time busybox readlink /proc/self/ns/time
    tap_rc=0
    [ "$rc" = 0 ] && [ "$(cat "$tap_out")" != "$(on_host time)" ] || tap_rc=1
    tap_result $tap_rc "$who: --unshare time"
    cr --root "$root" busybox readlink /proc/self/ns/time
    gives 'time is not new' "$(on_host time)"
    cr --root "$root" --share mnt true
    fails '--share mnt' 125 '--share: spec on "namespaces": Invalid argument'
    cr --root "$root" --share net --unshare net true
    fails '--share and --unshare the same' 125 '--share and --unshare name the same namespace'
    cr --root "$root" hostname
    gives '--name is the host name' run-test
    joins
    cr --root "$root" --hostname other.example hostname
    gives '--hostname' other.example
    cr --root "$root" --uid-map "7:$uid:1" --gid-map "8:$uid:1" sh -c 'id -u; id -g'
    gives '--uid-map, --gid-map' '7
8'
}
namespaces_of_root() {
    cr --root "$root" --share pid busybox readlink /proc/1/ns/pid
    cr --root "$root" busybox readlink /proc/self/ns/user
    gives 'user is not new' "$(on_host user)"
    cr --root "$root" --share pid --default-mounts none --ro-bind /proc /proc \
        busybox readlink /proc/self/ns/pid
    gives '--share pid' "$(on_host pid)"
    cr --root "$root" --uid-map 0:0:1 --uid-map 1:100000:9 --gid-map 0:0:5 sh -c \
        'busybox awk "{ print \$1, \$2, \$3 }" /proc/self/uid_map /proc/self/gid_map'
    gives '--uid-map, two ranges' '0 0 1
1 100000 9
0 0 5'
}

# --- the process ---
status_line() { # FIELD: of /proc/self/status
    echo "while read -r a b; do [ \"\$a\" != $1: ] || echo \"\$b\"; done </proc/self/status"
}
process() {
    cr --root "$root" sh -c "$(status_line CapBnd)"
    gives 'capabilities' 00000000800405fb
    cr --root "$root" --cap-drop all --cap-add CAP_CHOWN --cap-add kill --cap-add Net_Raw \
        sh -c "$(status_line CapEff)"
    gives '--cap-drop all, --cap-add' 0000000000002021
    cr --root "$root" --cap-drop chown --cap-add net_admin sh -c "$(status_line CapBnd)"
    gives '--cap-drop one, --cap-add' 00000000800415fa
    cr --root "$root" sh -c "$(status_line NoNewPrivs)"
    gives 'no_new_privs' 1
    cr --root "$root" --new-privs sh -c "$(status_line NoNewPrivs)"
    gives '--new-privs' 0

    cr --root "$root" --umask 027 sh -c umask
    gives '--umask' 0027
    cr --root "$root" --oom-score-adj 500 cat /proc/self/oom_score_adj
    gives '--oom-score-adj' 500
    cr --root "$root" --rlimit nofile=100:200 --rlimit fsize=1M --rlimit stack=4M:unlimited sh -c \
        'ulimit -n; ulimit -Hn; ulimit -f; ulimit -s; ulimit -Hs'
    gives '--rlimit' '100
200
2048
4096
unlimited'
    cr --root "$root" --rlimit core=0 --rlimit nofile=64 sh -c 'ulimit -Hc; ulimit -Hn'
    gives '--rlimit: hard as soft' '0
64'
    cr --root "$root" sh -c '[ $$ != 1 ] && grep -c contain-init /proc/1/cmdline'
    gives 'an init' 1
    cr --root "$root" --no-init sh -c 'echo $$'
    gives '--no-init' 1

    export TERM=xterm-test RUN_TEST='a value' RUN_OTHER=1
    path=PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
    cr --root "$root" busybox env
    gives 'the environment' "$path
HOME=/root
TERM=xterm-test"
    cr --root "$root" --env RUN_TEST --env HOME=/x --env=A=1=2 --env E= --env A=3 --env NOSUCH \
        busybox env
    gives '--env' "$path
HOME=/x
TERM=xterm-test
RUN_TEST=a value
A=3
E="
    cr --root "$root" --env A=1 --clear-env --env B=2 /bin/busybox env
    gives '--clear-env' B=2
    cr --root "$root" --chdir /etc sh -c 'pwd; cat motd'
    gives '--chdir' '/etc
as it was'
    cr --root "$root" --chdir /nosuch true
    fails '--chdir: no such directory' 125 'on "/nosuch": No such file or directory'
    echo 'by descriptor' >"$dir/fd"
    run sh -c '"$@" 9<'"$dir/fd 8<&9" sh $as "$program" --root "$root" --fd 9 sh -c \
        'cat <&9; [ ! -e /proc/self/fd/8 ] && echo "no other"'
    gives '--fd' 'by descriptor
no other'
    echo 'from the caller' >"$dir/in"
    rc=0
    $as "$program" --root "$root" sh -c 'cat; echo error >&2' <"$dir/in" >"$tap_out" \
        2>"$dir/err" || rc=$?
    gives 'stdin and stdout are inherited' 'from the caller'
    file_is 'stderr is inherited' "$dir/err" error
}

process_of_root() {
    cr --root "$root" --user 1000:7 sh -c 'id; echo $HOME'
    gives '--user UID:GID' 'uid=1000 gid=7
/'
    cr --root "$root" --user 1000 --groups 5,6 id
    gives '--user UID, --groups' 'uid=1000 gid=1000 groups=5,6'
    cr --root "$root" --groups none --user=0:0 sh -c "$(status_line Groups)"
    gives '--groups none' ''
}
process_of_user() {
    cr --layer / true
    fails '--layer with mounts below it' 125 \
        'mount-overlay on "/": Invalid argument (hint: a layer cannot be one: it has mounts below'
    cr --root "$root" --user 7 id
    gives '--user, another one where one id is mapped' 'uid=7 gid=7'
    cr --root "$root" --uid-map 7:12345:1 --gid-map 8:12345:1 --user 7:8 id
    gives '--user that is mapped' 'uid=7 gid=8'
    cr --root "$root" --groups 5 true
    fails '--groups' 125 'on "groups": '
}

# --- ends ---
json() { # NAME EXPRESSION on r, the record in $tap_out
    tap_rc=0
    python3 -c 'import json, sys
lines = open(sys.argv[1]).read().splitlines()
assert len(lines) == 1, lines
r = json.loads(lines[0])
assert eval("(" + sys.argv[2] + ")"), r' "$tap_out" "$2" >"$dir/json" 2>&1 ||
        { tap_rc=1; sed 's/^/# /' "$dir/json"; }
    tap_result $tap_rc "$who: $1"
}
ends() {
    cr --root "$root" sh -c 'exit 7'
    status_is "$who: the command's exit status" 7
    cr --root "$root" sh -c 'sh -c "kill -TERM \$\$"; exit $?'
    status_is "$who: its child's signal" 143
    cr --root "$root" nosuch
    fails 'no such command' 127 'exec on "nosuch": No such file or directory (hint: '
    cr --root "$root" /etc
    fails 'a directory as the command' 126 'exec on "/etc": Permission denied'
    cr --root "$root" /etc/motd
    status_is "$who: a file that cannot be executed" 126
    cr --root "$dir/nosuch" true
    fails 'a failed start' 125 "contain-run: step "
    says "$who: a failed start: the library's message" "\"$dir/nosuch\": No such file"
    cr --root "$root" --timeout 0.3 sleep 20
    status_is "$who: --timeout" 124
    cr --root "$root" --timeout 20 sh -c 'exit 3'
    status_is "$who: --timeout that is not reached" 3
    # many mounts take longer than a millisecond
    n=0
    set --
    while [ $n -lt 200 ]; do set -- "$@" --tmpfs /tmp/$n; n=$((n + 1)); done
    cr --root "$root" "$@" --setup-timeout 0.001 true
    fails '--setup-timeout' 125 'Connection timed out'
    cr --root "$root" "$@" --setup-timeout=100 true
    tap_result "$rc" "$who: --setup-timeout that is not reached"

    cr --root "$root" --json 1 sh -c 'exit 3'
    json '--json' 'r["name"] == "run-test" and r["status"] == r["exit_code"] == 3 and
        r["signal"] == 0 and not r["timed_out"] and not r["oom_killed"] and r["pid"] > 1 and
        r["wall_usec"] > 0 and r["memory_peak_bytes"] > 0 and r["cpu_usec"] >= 0'
    cr --root "$root" --timeout 0.3 --json 2 sleep 20
    json '--json: killed' 'r["status"] == 124 and r["exit_code"] == 137 and r["signal"] == 9 and
        r["timed_out"] and 250000 < r["wall_usec"] < 15000000'
    rc=0
    $as "$program" --root "$root" --json 3 'no"such\' 3>&1 >"$dir/out" 2>"$dir/err" >"$tap_out" ||
        rc=$?
    $as "$program" --root "$root" --json 3 'no"such\' 3>"$dir/record" 2>"$dir/err"
    cp "$dir/record" "$tap_out"
    json '--json: a failure' 'r["status"] == 127 and r["error"]["errno"] == 2 and
        r["error"]["op"] == "exec" and r["error"]["object"] == "no\"such\\" and
        r["error"]["phase"] == "child" and r["error"]["step"] == r["error"]["steps"] > 20 and
        "PATH" in r["error"]["hint"] and r["error"]["message"].startswith("step ")'
    $as "$program" --root "$root" --json 3 "$(printf 'x\377\303\251\001')" 3>"$dir/record" \
        2>"$dir/err"
    cp "$dir/record" "$tap_out"
    json '--json: bytes' 'r["error"]["object"] == "x\ufffd\u00e9\u0001"'
}

ready() { # until the command in the background has said so, or is gone
    n=0
    until grep -q ready "$tap_out" || [ $n = 600 ] || ! kill -0 $!; do
        sleep 0.05
        n=$((n + 1))
    done
}
# A signal that contain-run gets reaches the command.
signals() {
    several='INT HUP QUIT USR1 USR2 WINCH'
    [ ! "${T_GUEST:-}" ] || several=
    for s in TERM $several; do
        : >"$tap_out"
        # a shell ignores SIGINT and SIGQUIT in what runs in the background
        env --default-signal=INT,QUIT $as "$program" --root "$root" sh -c \
            "trap 'echo got $s; exit 9' $s; echo ready; while :; do sleep 0.1; done" \
            >"$tap_out" 2>&1 &
        ready
        kill -"$s" $!
        rc=0
        wait $! || rc=$?
        fails "SIG$s is handed on" 9 "got $s"
    done
    $as "$program" --root "$root" sh -c 'echo ready; exec sleep 20' >"$tap_out" 2>&1 &
    ready
    kill -TERM $!
    rc=0
    wait $! || rc=$?
    status_is "$who: a command without a handler ends by the signal" 143
    : >"$tap_out"
    env --default-signal=INT,QUIT --ignore-signal=HUP $as "$program" --root "$root" sh -c \
        "trap 'echo got HUP' HUP; trap 'exit 9' TERM; echo ready; while :; do sleep 0.1; done" \
        >"$tap_out" 2>&1 &
    ready
    kill -HUP $!
    sleep 0.2
    kill -TERM $!
    rc=0
    wait $! || rc=$?
    status_is "$who: below nohup(1) it lives on" 9
    not_says "$who: below nohup(1) SIGHUP is not handed on" 'got HUP'
}

left() { # what a container could leave
    find /sys/fs/cgroup -maxdepth 4 -type d -name 'run-test.*'
    find /proc/sys/fs/binfmt_misc -maxdepth 0 >/dev/null
    grep -F "$tap_dir" /proc/self/mountinfo
    find "$root" -newer "$tap_dir/begin" -type f
}
nothing_left() { [ ! "$(left)" ] || { left; return 1; }; }

every() {
    roots
    namespaces
    process
    [ ! "${T_GUEST:-}" ] || [ $who = root ] || return # enough: a start takes its time in a guest
    mounts
    ends
    signals
}
for who in root user; do
    root=$tap_dir/root-$who dir=$tap_dir/dir-$who
    mkdir "$dir"
    if [ $who = root ]; then
        make_root "$root" 0
        touch "$tap_dir/begin"
        limits
        namespaces_of_root
        process_of_root
    else
        as='setpriv --reuid=12345 --regid=12345 --clear-groups --inh-caps=-all --bounding-set=-all'
        uid=12345
        make_root "$root" 12345
        chown 12345 "$dir"
        touch "$tap_dir/begin"
        [ "${T_GUEST:-}" ] || no_limits
        process_of_user
    fi
    every
    check "$who: nothing is left" nothing_left
done
done_testing
