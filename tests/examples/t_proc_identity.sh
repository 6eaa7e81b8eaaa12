#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Example 34: a user of the image, with one capability. contain-run --user NAME, lists of names.
set -u
: "${SRC:?}" "${BUILD:?}"
. "$SRC/tests/tap.sh"
ex=$BUILD/examples/34_identity
run_it=$BUILD/examples/run/contain-run

tab=$(printf '\t')
root=$tap_dir/root
make_root "$root" 0
for name in id grep sed cat; do ln -sf busybox "$root/bin/$name"; done
mkdir -p "$root/etc"
printf 'root:x:0:0::/root:/bin/sh\nalice:x:1000:100::/home/alice:/bin/sh\n' >"$root/etc/passwd"
printf 'root:x:0:\nusers:x:100:\nwheel:x:10:alice\n' >"$root/etc/group"

run timeout 60 "$ex" "$root" alice:users
status_is '34' 0
says '34: its user, group and groups of the image' \
    'uid=1000(alice) gid=100(users) groups=10(wheel)'
says '34: its home' 'HOME=/home/alice'
says '34: one capability' "CapEff:${tab}0000000000000400"
says '34: and no other in reach' "CapBnd:${tab}0000000000000400"
says '34: one cpu' "cpu:${tab}0"
says '34: nicer' 'nice: 10'
run timeout 60 "$ex" "$root" nobody
status_is '34: no such user' 1
says '34: no such user, said so' 'no such entry in /etc/passwd'

run timeout 60 "$run_it" --root "$root" --user alice:wheel -- sh -c 'id -u; id -g; echo $HOME'
status_is 'contain-run --user NAME' 0
check 'contain-run: ids and home of the image' test "$(tr '\n' ' ' <"$tap_out")" = \
    '1000 10 /home/alice '
run timeout 60 "$run_it" --root "$root" --user carl -- true
status_is 'contain-run: no such user' 125
says 'contain-run: no such user, said so' 'no such entry in /etc/passwd'
run timeout 60 "$run_it" --root "$root" --cap-drop all --cap-add kill,net_raw -- \
    grep CapEff /proc/self/status
status_is 'contain-run: a list of capabilities' 0
says 'contain-run: a list of capabilities, both' "CapEff:${tab}0000000000002020"
run timeout 60 "$run_it" --root "$root" --cap-add kill,fly -- true
status_is 'contain-run: no capability' 125
run "$ex"
status_is '34: usage' 2
done_testing
