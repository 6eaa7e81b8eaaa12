#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Example 29: two users, each with a view of its own; what root mounts meanwhile is seen by both.
set -u
: "${SRC:?}" "${BUILD:?}"
. "$SRC/tests/tap.sh"
ex=$BUILD/examples/29_views
dir=$tap_dir/views
mkdir "$dir" "$tap_dir/disc"
chmod 711 "$dir"
in_tmp() { echo "/tmp/note.$$.$1"; }

before=$(cat /proc/self/mountinfo)
run "$ex" "$dir" 1001 sh -c "id -u; echo first >$(in_tmp a); echo too >/var/tmp/more; ls /tmp"
status_is '29: the first user' 0
says '29: is this user' 1001
says '29: /var/tmp is the same' more
run "$ex" "$dir" 1002 sh -c "ls -A /tmp; echo second >$(in_tmp a); cat $(in_tmp a)"
status_is '29: the second user' 0
says '29: has a file of that name, too' second
not_says '29: does not see those of the first' more
run "$ex" "$dir" 1001 cat "$(in_tmp a)"
says '29: what the first one wrote, lasts' first
check '29: nobody else sees it' test ! -e "$(in_tmp a)"
run "$ex" "$dir" 1001 sh -c 'ls /usr; stat -c %u:%a /tmp'
says '29: all else is there' bin
says '29: its own directory' 1001:700
run "$ex" "$dir" 1001 touch /etc/note
status_is '29: no more rights than the user has' 1
check '29: nothing outside' test "$(cat /proc/self/mountinfo)" = "$before"

# the views are slaves: what comes in later is seen, what is mounted inside is not
later() {
    timeout 60 unshare --mount --propagation private sh -c '
        mount -t tmpfs hold /mnt && mount --make-shared /mnt && mkdir /mnt/disc
        mkfifo -m 666 /mnt/there /mnt/go
        "$1" "$2" 1001 sh -c "echo >/mnt/there; read -r go </mnt/go; cat /mnt/disc/label" &
        read -r there </mnt/there
        mount -t tmpfs disc /mnt/disc && echo seen >/mnt/disc/label
        echo go >/mnt/go
        wait $!' sh "$ex" "$dir"
}
run later
status_is '29: a disc that comes later' 0
says '29: is seen' seen

ln -s /etc "$dir/1003"
run "$ex" "$dir" 1003 true
status_is '29: a symlink is not followed' 1
mkdir "$dir/1004"
run "$ex" "$dir" 1004 true
status_is '29: a directory of somebody else is not taken' 1
says '29: and it says so' 'File exists'
run "$ex" "$dir" 0 true
status_is '29: root has no view' 2
run "$ex" "$dir" nobody true
status_is '29: no number' 2
run "$ex" "$dir" 1001 /nosuch
status_is '29: no such program' 127
run as_user "$ex" "$dir" 1001 true
status_is '29: as an ordinary user' 1
says '29: as an ordinary user, said so' 'Operation not permitted'
done_testing
