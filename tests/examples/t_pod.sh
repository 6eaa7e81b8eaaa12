#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# 17_pod, as root and as an ordinary user, with its real output.
set -u
: "${SRC:?}" "${BUILD:?}"
. "$SRC/tests/tap.sh"
ex=$BUILD/examples

pod() { # WHO ROOT COMMAND...
    who=$1 root=$2
    shift 2
    for name in nc ps grep sed sleep; do ln -sf busybox "$root/bin/$name"; done
    run "$@" "$ex/17_pod" "$root"
    status_is "17 $who" 0
    says "17 $who: one loopback, one host name" 'client on server: over the loopback'
    says "17 $who: files apart" 'client: no file of the server'
    says "17 $who: processes apart" 'client: 0 processes of the server'
    says "17 $who: all joined" 'inside on server: written by the server, process '
    check "17 $who: nothing outside" test ! -e /tmp/note
    check "17 $who: the root is as it was" test ! -e "$root/tmp/note"
}

make_root "$tap_dir/root" 0
pod root "$tap_dir/root" env
make_root "$tap_dir/root-user" 12345
pod user "$tap_dir/root-user" as_user
run "$ex/17_pod"
status_is '17: usage' 2
run "$ex/17_pod" "$tap_dir/nosuch"
status_is '17: no such root' 1
says '17: no such root, said so' 'No such file or directory (hint: '
done_testing
