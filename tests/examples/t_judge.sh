#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# examples/judge.c: every verdict, by programs that earn it.
# shellcheck disable=SC2016 # what runs inside is in single quotes
set -u
: "${SRC:?}" "${BUILD:?}"
. "$SRC/tests/tap.sh"
judge=$BUILD/examples/judge

job() { # NAME LINE...: of a script
    mkdir "$tap_dir/$1"
    name=$1
    shift
    { echo '#!/bin/sh'; for line; do echo "$line"; done; } >"$tap_dir/$name/prog"
    chmod 755 "$tap_dir/$name/prog"
    chmod 777 "$tap_dir/$name"
}
verdict() { # NAME VERDICT
    tap_rc=0
    grep -qxF "$1: $2" "$tap_out" || tap_rc=1
    tap_result $tap_rc "$1: $2"
}
is() { # NAME FILE TEXT
    tap_rc=0
    [ "$(cat "$2" 2>&1)" = "$3" ] || { tap_rc=1; sed 's/^/# /' "$2"; }
    tap_result $tap_rc "$1"
}
groups() { find /sys/fs/cgroup -maxdepth 4 -type d -name 'judge.*' | sort; }

cd "$tap_dir" || exit 1
job ok '[ "$(cat input)" = 7 ] && echo 42 >output'
echo 7 >ok/input
job wrong '[ "$(cat input)" = 7 ]'
echo 8 >wrong/input
job crashed 'exec perl -e "kill 11, \$\$; sleep 9"'
job aborted 'kill -ABRT $$' 'sleep 9'
job slow 'while :; do :; done'
job deaf 'trap "" TERM INT HUP' 'sleep 60 & sleep 60 & wait'
job greedy 'exec perl -e "\$x = q(x) x (128 << 20); print length \$x"'
job hoarder 'i=0; while :; do i=$((i + 1)); head -c 4M /dev/zero >/tmp/$i || exit 3; done'
job bomb 'exec 2>errors' 'i=0; while [ $i -lt 100 ]; do sleep 1 & i=$((i + 1)); done; wait'
job curious 'exec >seen 2>&1; id -u; id -g; pwd; echo $$; env | sort' \
    'ls /; ls /home; ls /dev/sd*' 'touch /usr/x /etc/passwd /x' 'grep -c : /proc/net/dev' 'exit 0'
long='hoarder bomb'
[ ! "${T_GUEST:-}" ] || long=
groups >before
# shellcheck disable=SC2086 # a list; what takes its time is not for a guest, where it is too much
run "$judge" ok wrong crashed aborted slow deaf greedy curious $long
status_is 'the judge itself' 0
verdict ok ok
is 'ok: its output' ok/output 42
verdict wrong wrong
verdict crashed crashed
verdict aborted crashed
verdict slow 'time limit'
verdict deaf 'time limit'
verdict greedy 'memory limit'
if [ "$long" ]; then
    verdict hoarder wrong # /tmp is full before the memory is
    verdict bomb wrong
    tap_rc=0
    grep -qi 'fork' bomb/errors || { tap_rc=1; sed 's/^/# /' bomb/errors; }
    tap_result $tap_rc 'bomb: is stopped by the limit of processes'
fi
verdict curious ok
is 'curious: what a program sees' curious/seen '1000
1000
/job
2
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
PWD=/job
bin
dev
etc
job
lib
lib64
proc
sys
tmp
usr
ls: cannot access '"'/home'"': No such file or directory
ls: cannot access '"'/dev/sd*'"': No such file or directory
touch: cannot touch '"'/usr/x'"': Read-only file system
touch: cannot touch '"'/etc/passwd'"': Permission denied
touch: cannot touch '"'/x'"': Permission denied
1'
run "$judge" ok nosuch wrong
status_is 'no such job' 1
says 'no such job: said so' 'judge: '
says 'no such job: which' nosuch
verdict ok ok
run as_user "$judge" ok
status_is 'an ordinary user without a group' 1
says 'an ordinary user without a group: said so' '(hint: '
groups >after
check 'no group is left' diff before after
left() { ps -eo args | grep -F "/job/prog" | grep -v grep; }
none_left() { ! left; }
check 'no process is left' none_left
cd / || exit 1
done_testing
