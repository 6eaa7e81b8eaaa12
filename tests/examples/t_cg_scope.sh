#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Example 24 with a real systemd: process 1 of a pid namespace in a guest, with a part of the tree
# of groups for itself; for root, and for an ordinary user, who has a systemd --user of its own.
set -u
: "${SRC:?}" "${BUILD:?}"
. "$SRC/tests/tap.sh"
nothing() { echo "1..0 # SKIP $1"; tap_done=1; exit 77; }
[ "${T_GUEST:-}" ] || nothing 'starts a systemd: in guests only'
systemd=/lib/systemd/systemd
[ -x $systemd ] || nothing 'no systemd is installed'
ex=$BUILD/examples/24_scope
root=$tap_dir/root
make_root "$root" 0
mkdir "$root/job"
units=$tap_dir/units
mkdir "$units"
for unit in basic sysinit shutdown exit umount final; do
    cp "/lib/systemd/system/$unit.target" "$units/"
done
cp /lib/systemd/system/systemd-exit.service "$units/"
printf '[Unit]\nWants=job.service user.service\n' >"$units/default.target"

# what root does, and then the user; each leaves its output and "status N"
cat >"$tap_dir/job" <<'JOB'
try() { # NAME COMMAND...
    name=$1
    shift
    "$@" >"$out/$name" 2>&1 </dev/null
    echo "status $?" >>"$out/$name"
}
try "$who" "$ex" "$root" sh -c 'cat /proc/self/cgroup /sys/fs/cgroup/memory.max; echo $$'
try "$who-oom" "$ex" "$root" awk 'BEGIN { s = "x"; for (;;) s = s s }'
: >"$out/$who-done"
JOB
mkdir -m 777 "$tap_dir/out"
service() { # NAME USER OPTIONS SCRIPT
    printf '[Unit]\nDefaultDependencies=no\n[Service]\n%s\nEnvironment=%s\n%s\n' "$3" \
        "who=$2 out=$tap_dir/out ex=$ex root=$root" "ExecStart=/bin/sh $4" >"$units/$1.service"
}
service job root 'Type=oneshot' "$tap_dir/start"
# as user@.service is: a part of the tree that the user's systemd divides
service user user 'User=12345
Group=12345
Delegate=yes
Environment=XDG_RUNTIME_DIR=/run/user-12345 HOME=/tmp SYSTEMD_UNIT_PATH=/run/user-12345/units
ExecStartPre=+/bin/mkdir -p /run/user-12345/units
ExecStartPre=+/bin/chown -R 12345 /run/user-12345' "$tap_dir/user"
cat >"$tap_dir/user" <<'USER'
printf '[Unit]\nDescription=none\n' >/run/user-12345/units/default.target
cp /lib/systemd/user/basic.target /lib/systemd/user/shutdown.target \
    /lib/systemd/user/exit.target /lib/systemd/user/systemd-exit.service \
    /run/user-12345/units/ 2>/dev/null
/lib/systemd/systemd --user >"$out/user-systemd" 2>&1 &
i=0
until [ -S /run/user-12345/systemd/private ] || [ $i = 300 ]; do i=$((i + 1)); sleep 0.1; done
. "$(dirname "$0")/job"
wait
USER
# root waits for the user, and ends all of it
cat >"$tap_dir/start" <<START
. $tap_dir/job
i=0
until [ -e $tap_dir/out/user-done ] || [ \$i = 600 ]; do i=\$((i + 1)); sleep 0.1; done
systemctl exit 7
START
{ cat /etc/passwd && echo 'scope:x:12345:12345::/tmp:/bin/sh'; } >"$tap_dir/passwd"
{ cat /etc/group && echo 'scope:x:12345:'; } >"$tap_dir/group"
cat >"$tap_dir/first" <<FIRST
mount --bind $tap_dir/passwd /etc/passwd && mount --bind $tap_dir/group /etc/group
umount -R /sys/fs/cgroup
mount -t cgroup2 -o nsdelegate cgroup2 /sys/fs/cgroup && mount -t tmpfs -o mode=755 run /run &&
    SYSTEMD_UNIT_PATH=$units container=other exec $systemd --system
FIRST
group=/sys/fs/cgroup/scope-test
run_systemd() {
    mkdir "$group" || return 1
    # its own group holds nobody but it when its cgroup namespace begins there
    timeout -s KILL "$((20 * ${T_SLOW:-1}))" unshare --pid --ipc --uts --fork --kill-child sh -c \
        "echo 0 >$group/cgroup.procs; exec unshare --cgroup --mount --mount-proc sh $tap_dir/first"
}
run run_systemd
status_is 'systemd ran, and ended as it was told' 7
[ "$rc" = 7 ] || find "$tap_dir/out" -type f -exec tail -n 20 {} + | sed 's/^/# /'

show() { run cat "$tap_dir/out/$1"; }
for who in root user; do
    show $who
    says "$who: in a scope, below the group for containers" 'status 0'
    says "$who: its own root of groups" '0::/'
    says "$who: the limit" 33554432
    not_says "$who: nothing failed" 'hint:'
    show $who-oom
    says "$who: out of memory" 'killed for lack of memory'
    says "$who: out of memory, status" 'status 137'
done
check 'no scope is left' test ! -e "$group/system.slice"/run-*.scope
clean() { find "$group" -depth -type d -exec rmdir {} + ; }
check 'all groups are empty' clean
done_testing
