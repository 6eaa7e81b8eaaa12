#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Example 35: a supervisor of mounts; and what contain-run says of filters and Landlock.
set -u
: "${SRC:?}" "${BUILD:?}"
. "$SRC/tests/tap.sh"
ex=$BUILD/examples/35_notify
root=$tap_dir/root
make_root "$root" 0
for name in mount sh id unshare cat grep; do ln -sf busybox "$root/bin/$name"; done

run "$ex" "$root" /bin/sh -c 'mount -t tmpfs none /tmp; id; exit 3'
status_is '35: the status of the program' 3
says '35: the supervisor was asked' 'asks for mount: no'
says '35: and the program heard its answer' 'No such device'
says '35: what is not asked about goes on' 'uid=0'
run as_user "$ex" "$root" /bin/sh -c 'mount -t tmpfs none /tmp; id -u'
status_is '35: as an ordinary user' 0
says '35: the user asks, too' 'asks for mount: no'
run "$ex" "$tap_dir/no-such" /bin/sh
status_is '35: no such root' 1
says '35: told' 'No such file or directory'
run "$ex"
status_is '35: usage' 2

cr=$BUILD/examples/run/contain-run
run "$cr" --layer "$root" grep Seccomp: /proc/self/status
says 'contain-run: a filter is the default' 'Seccomp:	2'
run "$cr" --seccomp off --layer "$root" grep Seccomp: /proc/self/status
says 'contain-run --seccomp off' 'Seccomp:	0'
run "$cr" --layer "$root" unshare -U true
status_is 'contain-run: no namespace is made inside' 1
run "$cr" --seccomp log --layer "$root" unshare -U true
status_is 'contain-run --seccomp log: it is made' 0
run "$cr" --seccomp kill --layer "$root" unshare -U true
status_is 'contain-run --seccomp kill: SIGSYS' 159
run "$cr" --seccomp no --layer "$root" true
status_is 'contain-run --seccomp: unknown' 125
says 'contain-run --seccomp: told' 'not off, default, log or kill'
run "$cr" --landlock /:rx --landlock /tmp:rwx --layer "$root" \
    sh -c 'echo written >/tmp/f && cat /tmp/f; echo 2 >/etc/f'
says 'contain-run --landlock: where it may' written
says 'contain-run --landlock: and where not' 'Permission denied'
run "$cr" --landlock /tmp --layer "$root" true
status_is 'contain-run --landlock: no access' 125
run "$cr" --apparmor none-such --layer "$root" true
status_is 'contain-run --apparmor: no such profile, or no AppArmor' 125
says 'contain-run --apparmor: told' 'AppArmor'
run "$cr" --selinux a:b:c:d --layer "$root" true
status_is 'contain-run --selinux: no such label, or no SELinux' 125
says 'contain-run --selinux: told' 'SELinux'
done_testing
