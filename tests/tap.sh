# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=sh
#
# For test scripts: `. "$SRC/tests/tap.sh"`, then check NAME COMMAND...; the end is automatic.
#
#   check NAME COMMAND...    ok when the command succeeds; its output is shown when it does not
#   says NAME TEXT           ok when the output of the last `run` holds TEXT; not_says the reverse
#   run COMMAND...           keeps the output (stdout and stderr) in $tap_out, its status in $rc
#   skip NAME REASON         a skip
#   make_root DIRECTORY OWNER
#   as_user COMMAND...       as an ordinary user without any privilege
# $tap_dir is a temporary directory that everybody can read; it is removed at the end.
: "${SRC:?}" "${BUILD:?}"
LONG=${LONG:-0}
tap_n=0 tap_failed=0 rc=0
tap_dir=$(mktemp -d) || exit 1
chmod 755 "$tap_dir"
tap_out=$tap_dir/.out
tap_end() {
    status=$?
    trap - EXIT
    rm -rf "$tap_dir"
    # the group below which containers were, when it is empty
    rmdir /sys/fs/cgroup/contain /sys/fs/cgroup/*/contain 2>/dev/null
    # A script that stops early has no plan, and run-tap.sh calls that a failure.
    [ "${tap_done:-}" ] || { echo "Bail out! ended early, status $status"; exit 1; }
    exit $tap_failed
}
trap tap_end EXIT
trap 'exit 1' INT TERM HUP

tap_result() { # 0|1 NAME: with the output of the last command behind a failure
    tap_n=$((tap_n + 1))
    if [ "$1" = 0 ]; then
        echo "ok $tap_n - $2"
    else
        echo "not ok $tap_n - $2"
        [ ! -e "$tap_out" ] || tail -n 40 "$tap_out" | sed 's/^/# /'
        tap_failed=1
    fi
}
run() {
    rc=0
    "$@" >"$tap_out" 2>&1 </dev/null || rc=$?
}
check() {
    tap_name=$1
    shift
    run "$@"
    tap_result $((rc != 0)) "$tap_name"
}
says() {
    tap_rc=0
    grep -qF -e "$2" "$tap_out" || tap_rc=1
    [ $tap_rc = 0 ] || echo "# expected: $2"
    tap_result $tap_rc "$1"
}
not_says() {
    tap_rc=0
    ! grep -qF -e "$2" "$tap_out" || tap_rc=1
    [ $tap_rc = 0 ] || echo "# not expected: $2"
    tap_result $tap_rc "$1"
}
status_is() { # NAME STATUS: of the last run
    [ "$rc" = "$2" ] || echo "# status $rc, expected $2"
    tap_result $((rc != $2)) "$1"
}
skip() {
    tap_n=$((tap_n + 1))
    echo "ok $tap_n - $1 # SKIP $2"
}
# make_root DIRECTORY OWNER: a root file system of busybox, which this user owns
make_root() {
    mkdir "$1" || return 1
    for tap_name in bin etc proc sys dev tmp; do mkdir "$1/$tap_name"; done
    cp "$(command -v busybox)" "$1/bin/busybox"
    for tap_name in sh awk cat hostname id true ls grep sleep uname; do
        ln -s busybox "$1/bin/$tap_name"
    done
    echo 'as it was' >"$1/etc/motd"
    chown -R "$2:$2" "$1"
}
as_user() {
    setpriv --reuid=12345 --regid=12345 --clear-groups --inh-caps=-all --bounding-set=-all "$@"
}
done_testing() { # the last line of every script
    echo "1..$tap_n"
    tap_done=1
    exit $tap_failed
}
