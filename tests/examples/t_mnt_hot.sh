#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Example 30: mounts come to a container that runs, and go, as root and as an ordinary user.
set -u
: "${SRC:?}" "${BUILD:?}"
. "$SRC/tests/tap.sh"
ex=$BUILD/examples/30_hot_mount

hot() { # WHO UID COMMAND...
    who=$1 root=$tap_dir/root-$1 dir=$tap_dir/dir-$1
    make_root "$root" "$2"
    ln -s busybox "$root/bin/mount"
    mkdir "$dir" && echo old >"$dir/file" && chown -R "$2:$2" "$dir"
    shift 2
    before=$(cat /proc/self/mountinfo)
    run "$@" timeout 60 "$ex" "$root" "$dir"
    status_is "30 $who" 0
    cat >"$tap_dir/expected" <<'TEXT'
  $ ls /hot
    ls: /hot: No such file or directory
a bind, read-only
  $ ls /hot
    file
  $ echo inside >/hot/new
    sh: can't create /hot/new: Read-only file system
made writable
  $ echo inside >/hot/new
a tmpfs
  $ cd /memory; mount | grep -c -e /hot -e /memory
    2
detached, while the shell is in it: Device or resource busy
  $ cd /
detached
detached, too
  $ ls /hot
TEXT
    sed -E 's/(is in it): [^:]*: (Device or resource busy) \(hint: in use by .*/\1: \2/' \
        "$tap_out" >"$tap_dir/shown"
    check "30 $who: step by step" diff "$tap_dir/expected" "$tap_dir/shown"
    check "30 $who: what was written is there" grep -qx inside "$dir/new"
    check "30 $who: and nothing else" test "$(ls -A "$dir")" = "$(printf 'file\nnew')"
    check "30 $who: the root is as it was" test ! -e "$root/hot" -a ! -e "$root/memory"
    check "30 $who: no mount outside" test "$(cat /proc/self/mountinfo)" = "$before"
}
hot root 0 env
hot user 12345 as_user

run timeout 60 "$ex" "$tap_dir/root-root" "$tap_dir/nosuch"
status_is '30: no such directory' 1
says '30: no such directory, said so' 'No such file or directory'
run timeout 60 "$ex" "$tap_dir/nosuch" "$tap_dir"
status_is '30: no such root' 1
run "$ex"
status_is '30: usage' 2
done_testing
