#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Example 32: a device of the host, and files of /etc.
set -u
: "${SRC:?}" "${BUILD:?}"
. "$SRC/tests/tap.sh"
ex=$BUILD/examples/32_device
root=$tap_dir/root
make_root "$root" 0
for name in head sed; do ln -sf busybox "$root/bin/$name"; done
echo '127.0.0.1 image' >"$root/etc/hosts"
ln -sf /run/systemd/resolve/stub-resolv.conf "$root/etc/resolv.conf"

text() {
    cat <<TEXT
/dev/zero in a container:
  read_one given -> works
  write_one given -> $1
  read_one full -> $1
  127.0.0.1 localhost web
  nameserver 192.0.2.53
TEXT
}

run "$ex" "$root" /dev/zero
status_is '32: as root' 0
cp "$tap_out" "$tap_dir/shown"
text refused >"$tap_dir/expected"
check '32: the given device alone, for reading' diff "$tap_dir/expected" "$tap_dir/shown"
check '32: the symlink of the image is as it was' test -L "$root/etc/resolv.conf"
run as_user "$ex" "$root" /dev/zero
status_is '32: as an ordinary user' 0
cp "$tap_out" "$tap_dir/shown"
text works >"$tap_dir/expected"
check '32: no rules, the same node and files' diff "$tap_dir/expected" "$tap_dir/shown"

run "$ex" "$root" /etc/passwd
status_is '32: no device' 1
says '32: no device, told' 'is no device node'
run "$ex" "$root" /dev/no-such
status_is '32: no such file' 1
run "$ex" "$root"
status_is '32: usage' 2
done_testing
