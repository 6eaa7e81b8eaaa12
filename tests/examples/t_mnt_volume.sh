#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Example 28: one volume, containers with other ids each, nothing is given away.
set -u
: "${SRC:?}" "${BUILD:?}"
. "$SRC/tests/tap.sh"
ex=$BUILD/examples/28_volume
root=$tap_dir/root dir=$tap_dir/volume
make_root "$root" 0
ln -s busybox "$root/bin/stat"
mkdir "$dir"

run "$ex" "$root" "$dir"
if grep -q 'cannot be id-mapped' "$tap_out"; then
    echo '1..0 # SKIP the file system of the temporary directory knows no id-mapped mounts'
    tap_done=1
    exit 77
fi
status_is '28' 0
cp "$tap_out" "$tap_dir/shown"
cat >"$tap_dir/expected" <<'TEXT'
first, user 0 is 100000 on the host, bind,idmap:
  /volume/first is of 0:0
second, user 0 is 200000 on the host, bind,idmap:
  /volume/first is of 0:0
  /volume/second is of 0:0
third, user 0 is 300000 on the host, bind:
  may not write
  /volume/first is of 65534:65534
  /volume/second is of 65534:65534
on the disk:
  first is of 0:0
  second is of 0:0
TEXT
check '28: who owns what' diff "$tap_dir/expected" "$tap_dir/shown"
check '28: on the disk' test "$(stat -c %u:%g "$dir/first" "$dir/second" "$dir")" = '0:0
0:0
0:0'
check '28: nothing of the third' test ! -e "$dir/third"
run as_user "$ex" "$root" "$dir"
status_is '28: as an ordinary user' 1
run "$ex" "$root"
status_is '28: usage' 2
run "$ex" "$root" "$tap_dir/nosuch"
status_is '28: no such directory' 1
done_testing
