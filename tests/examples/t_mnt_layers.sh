#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Example 26: three containers of one image, as root and as an ordinary user.
set -u
: "${SRC:?}" "${BUILD:?}"
. "$SRC/tests/tap.sh"
ex=$BUILD/examples/26_layers

user_attributes() { # DIRECTORY
    python3 -c 'import os, sys; os.setxattr(sys.argv[1], "user.test", b"1")' "$1" 2>/dev/null
}
layers() { # WHO UID COMMAND...
    who=$1 root=$tap_dir/root-$1 dir=$tap_dir/dir-$1
    make_root "$root" "$2"
    mkdir "$root/home" "$dir"
    echo old >"$root/home/old"
    echo hosts >"$root/etc/hosts"
    chown -R "$2:$2" "$root" "$dir"
    (cd "$root" && find . -type f -exec sha256sum {} + | sort) >"$tap_dir/before"
    shift 2
    run "$@" timeout 60 "$ex" "$root" "$dir"
    status_is "26 $who" 0
    # a directory has its names in any order
    awk '/has changed/ { n++ } n { print n, $0 }' "$tap_out" | sort >"$tap_dir/shown"
    # one of three has a third of what all have, and the few pages that are its own
    shared() {
        cat "$tap_dir/head"
        awk '/^container/ { n++; part = $(NF - 1) * 3 / $3; if (part < 0.9 || part > 1.4) odd = 1 }
            END { exit odd || n != 3 }' "$tap_dir/head"
    }
    grep '^container' "$tap_out" >"$tap_dir/head"
    sort >"$tap_dir/expected" <<'TEXT'
1 what 1 has changed:
1   modified  etc/motd
1   added     srv
1   added     srv/file
2 what 2 has changed:
2   deleted   etc/motd
2   metadata  etc/hosts
3 what 3 has changed:
3   opaque    home
3   added     home/file
TEXT
    # without attributes of users (tmpfs before Linux 6.6) a directory of a lower layer stays
    if grep -q 'deleted   home/old' "$tap_dir/shown" && ! user_attributes "$dir"; then
        skip "26 $who: the changes of each" 'no user.* attributes on this file system'
    else
        check "26 $who: the changes of each" diff "$tap_dir/expected" "$tap_dir/shown"
    fi
    check "26 $who: programs are in memory once" shared
    check "26 $who: an upper directory stays" grep -qx more "$dir/upper1/etc/motd"
    unchanged() {
        (cd "$root" && find . -type f -exec sha256sum {} + | sort) | diff "$tap_dir/before" -
    }
    check "26 $who: the image is as it was" unchanged
}
layers root 0 env
layers user 12345 as_user
check '26: a second time, the upper directories are there' "$ex" "$tap_dir/root-root" \
    "$tap_dir/dir-root"
run "$ex"
status_is '26: usage' 2
run "$ex" "$tap_dir/root-root" "$tap_dir/nosuch"
status_is '26: no such directory' 2
done_testing
