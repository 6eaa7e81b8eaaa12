#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# The example of id maps: a root without privilege, with one id and with a thousand.
set -u
: "${SRC:?}" "${BUILD:?}"
. "$SRC/tests/tap.sh"
ex=$BUILD/examples/12_rootless_root

output_is() { # NAME TEXT: all of it
    tap_rc=0
    [ "$(cat "$tap_out")" = "$2" ] || { tap_rc=1; printf '# expected:\n%s\n' "$2" | sed 's/^/# /'; }
    tap_result $tap_rc "$1"
}
# A user with ranges, or with none: files of our own over those of the host, in a mount namespace of
# our own.
with_ranges() { # COUNT COMMAND...
    mkdir "$tap_dir/files"
    echo 'runner:x:12345:12345::/:/bin/sh' >"$tap_dir/files/passwd"
    echo 'runner:x:12345:' >"$tap_dir/files/group"
    : >"$tap_dir/files/subuid"
    [ "$1" = 0 ] || printf '%s\n' "runner:200000:$1" "12345:300000:$1" >"$tap_dir/files/subuid"
    cp "$tap_dir/files/subuid" "$tap_dir/files/subgid"
    shift
    for etc in passwd group subuid subgid; do [ -e /etc/$etc ] || return 1; done
    run unshare -m sh -c 'cd "$1" || exit 1
        shift
        for f in *; do mount --bind "$f" "/etc/$f" || exit 1; done
        exec setpriv --reuid=12345 --regid=12345 --clear-groups --inh-caps=-all "$@"' sh \
        "$tap_dir/files" "$@"
    rm -r "$tap_dir/files"
}
mkdir "$tap_dir/user"
chown 12345:12345 "$tap_dir/user"
file=$tap_dir/user/file

with_ranges 0 "$ex" "$file"
status_is '12: one id' 0
output_is '12: one id: the output' "users  0 to 0 inside are 12345 to 12345 outside
groups 0 to 0 inside are 12345 to 12345 outside
inside: user 0, group 0
inside: chown to user 1: Invalid argument
inside: $file belongs to user 0
outside: $file belongs to user 12345"

if command -v newuidmap >/dev/null; then
    with_ranges 1000 "$ex" "$file"
    status_is '12: many ids' 0
    output_is '12: many ids: the output' "users  0 to 0 inside are 12345 to 12345 outside
users  1 to 1000 inside are 200000 to 200999 outside
users  1001 to 2000 inside are 300000 to 300999 outside
groups 0 to 0 inside are 12345 to 12345 outside
groups 1 to 1000 inside are 200000 to 200999 outside
groups 1001 to 2000 inside are 300000 to 300999 outside
inside: user 0, group 0
inside: $file belongs to user 1
outside: $file belongs to user 200000"
    owner_outside() { [ "$(stat -c %u:%g "$file")" = 200000:12345 ]; }
    check '12: many ids: the owner that the host sees' owner_outside
    rm "$file"
    # shellcheck disable=SC2016 # for the shell inside
    with_ranges 1000 "$ex" "$file" sh -c 'echo "$(id -u) $(stat -c %u "$1")"; exit 3' sh "$file"
    says '12: a command as that root' '0 1'
    status_is '12: and how it ended' 1
else
    skip '12: many ids' 'newuidmap is not installed'
fi
run as_user "$ex" "$tap_dir/user/nosuch/file"
status_is '12: no such directory' 2
run "$ex"
status_is '12: usage' 2
done_testing
