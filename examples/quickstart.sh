#!/bin/sh
# SPDX-License-Identifier: MIT-0
#
# quickstart.sh [--explain] - build libcontain, start a program in a container, show what it sees
#
#   --explain   print the whole plan of that container instead
#
# For root on Debian 12. Installs the Debian packages that are missing, builds in build/quickstart
# (BUILD_DIR overrides build), makes a root file system of busybox in a temporary directory, which
# is removed at the end. Exit: 0 every isolation holds, 1 one does not or something failed, 2 bad
# usage. QUICKSTART_BREAK=net takes one isolation away, to see that it is noticed (quickstart.c);
# QUICKSTART_PROGRAM=FILE is a quickstart that was built before: then nothing is installed or built.
set -u
umask 022
export LC_ALL=C.UTF-8
PATH=$PATH:/usr/sbin:/sbin
usage() { echo "usage: sh examples/quickstart.sh [--explain]" >&2; exit 2; }
give_up() { echo "quickstart: $*" >&2; exit 1; }

case $#,${1-} in 0, | 1,--explain) ;; *) usage ;; esac
src=$(cd "$(dirname "$0")/.." && pwd -P) || exit 1
[ "$(id -u)" = 0 ] || give_up "needs root, to install packages and to map a range of user ids"
build=${BUILD_DIR:-$src/build}/quickstart
program=${QUICKSTART_PROGRAM:-$build/examples/quickstart}

build() {
    [ -x "$program" ] || echo "installs what is missing and builds, for about a minute ..." >&2
    sh "$src/tests/install-packages.sh" build quickstart >&2 || give_up "packages are missing"
    mkdir -p "$build" || exit 1
    {
        if [ ! -e "$build/build.ninja" ]; then
            meson setup "$build" "$src" -Dtests=disabled -Dexamples=enabled
        fi && ninja -C "$build"
    } >"$build/log.txt" 2>&1 && return
    tail -n 30 "$build/log.txt" >&2
    give_up "the build failed: $build/log.txt"
}
[ "${QUICKSTART_PROGRAM:-}" ] || build

root=$(mktemp -d) || exit 1
trap 'rm -rf "$root"' EXIT
trap 'exit 1' INT TERM HUP
(
    cd "$root" && mkdir bin etc && cp "$(command -v busybox)" bin/busybox &&
        ln -s busybox bin/sh && echo 'as it was' >etc/motd
) || give_up "cannot make a root file system in $root"

# The program: a line for each row of the table in quickstart.c. "$1" is "inside", or on the host
# the path of the root file system.
cat >"$root/bin/probe" <<'PROBE'
run() { $busybox "$@"; }
busybox=/bin/busybox top=
[ "$1" = inside ] || busybox=$1/bin/busybox top=$1
run hostname
echo $$
run wc -l </proc/self/mountinfo
echo $(run ls /sys/class/net)
run awk '{ printf "%s%s->%s (%s)", (NR > 1) ? ", " : "", $1, $2, $3 } END { print "" }' \
    /proc/self/uid_map
run readlink /proc/self/ns/ipc
run readlink /proc/self/ns/cgroup
[ "$1" != inside ] || echo 'changed inside' >/etc/motd
run cat "$top/etc/motd"
limit=$(run cat /sys/fs/cgroup/memory.max /sys/fs/cgroup/memory/memory.limit_in_bytes 2>/dev/null)
case $limit in '' | max | ????????????????*) echo none ;; *) echo "$limit bytes" ;; esac
[ "$1" != inside ] || read -r _ # until the other side has looked
exit 0
PROBE

"$program" "$@" "$root"
