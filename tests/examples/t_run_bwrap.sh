#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Lines of bubblewrap's manual and examples, and the same by contain-run: the same result.
# shellcheck disable=SC2016,SC2086 # what runs inside is in single quotes; $as is a command line
set -u
: "${SRC:?}" "${BUILD:?}"
. "$SRC/tests/tap.sh"
run=$BUILD/examples/run/contain-run
if ! command -v bwrap >/dev/null; then
    echo '1..0 # SKIP bwrap is not installed'
    tap_done=1
    exit 77
fi

as='' who=root uid=0
script=$tap_dir/script # what runs inside
export PATH=/usr/sbin:/usr/bin:/sbin:/bin

inside() { for line; do echo "$line"; done >"$script"; }
# by_bwrap OPTION... and by_run OPTION...: both run $script
by_bwrap() {
    rc_bwrap=0
    $as bwrap "$@" sh -c "$(cat "$script")" >"$tap_dir/bwrap" 2>&1 || rc_bwrap=$?
}
by_run() {
    rc=0
    $as "$run" "$@" sh -c "$(cat "$script")" >"$tap_out" 2>&1 || rc=$?
}
same() { # NAME [STATUS]
    tap_rc=0
    [ $rc = "${2:-0}" ] && [ $rc_bwrap = $rc ] && [ -s "$tap_out" ] &&
        cmp -s "$tap_out" "$tap_dir/bwrap" || tap_rc=1
    if [ $tap_rc = 1 ]; then
        echo "# status $rc, of bwrap $rc_bwrap"
        diff "$tap_dir/bwrap" "$tap_out" | sed 's/^/# /'
    fi
    tap_result $tap_rc "$who: $1"
}
usr='--ro-bind /usr /usr --symlink usr/bin /bin --symlink usr/lib /lib --symlink usr/lib64 /lib64'

lines() {
    # README.md: "a quick start"
    inside 'ls / | grep -vE "^(sys|tmp)$"' 'touch /usr/x 2>&1' 'readlink /lib64' \
        'ls -d /proc/self/root/usr'
    by_bwrap $usr --proc /proc --dev /dev --unshare-pid
    by_run --tmpfs-root $usr
    same 'usr alone, read-only'

    # examples/bubblewrap-shell.sh
    inside 'ls / | grep -vE "^sys$"' 'cat /etc/passwd /etc/group' 'ls -d /run/user/*' \
        'readlink /var/tmp; pwd; echo "$XDG_RUNTIME_DIR $PS1"' \
        'cmp /etc/resolv.conf /run/host && echo the same' 'touch /etc/resolv.conf 2>&1' \
        'touch /tmp/x && ls /tmp' 'readlink /proc/self/ns/net; grep -c . /proc/net/dev'
    getent passwd 0 65534 >"$tap_dir/passwd"
    getent group 0 65534 >"$tap_dir/group"
    by_bwrap --ro-bind /usr /usr --dir /tmp --dir /var --symlink ../tmp var/tmp --proc /proc \
        --dev /dev --ro-bind /etc/resolv.conf /etc/resolv.conf \
        --ro-bind /etc/resolv.conf /run/host \
        --symlink usr/lib /lib --symlink usr/lib64 /lib64 --symlink usr/bin /bin \
        --symlink usr/sbin /sbin --chdir / --unshare-all --share-net --die-with-parent \
        --dir /run/user/$uid --setenv XDG_RUNTIME_DIR "/run/user/$uid" --setenv PS1 'demo$ ' \
        --file 8 /etc/passwd --file 9 /etc/group 8<"$tap_dir/passwd" 9<"$tap_dir/group"
    by_run --ro-bind /usr /usr --symlink ../tmp /var/tmp \
        --ro-bind /etc/resolv.conf /etc/resolv.conf \
        --ro-bind /etc/resolv.conf /run/host \
        --symlink usr/lib /lib --symlink usr/lib64 /lib64 --symlink usr/bin /bin \
        --symlink usr/sbin /sbin --share net --tmpfs-root \
        --dir /run/user/$uid --env XDG_RUNTIME_DIR="/run/user/$uid" --env PS1='demo$ ' \
        --file /dev/fd/8 /etc/passwd --file "$tap_dir/group" /etc/group 8<"$tap_dir/passwd"
    same 'the shell of its examples'

    inside hostname 'env | grep -E "^[AB]="' pwd 'stat -c %a /d /t /f' \
        'df -k --output=size /t | tail -n 1' 'cat /f'
    echo 'of a file' >"$tap_dir/content"
    chmod 644 "$tap_dir/content"
    A=of-caller by_bwrap $usr --proc /proc --unshare-all --hostname other --clearenv \
        --setenv PATH "$PATH" --setenv A 1 --setenv B 'two words' --perms 0700 --dir /d \
        --size 1048576 --perms 1777 --tmpfs /t --perms 0640 --file 9 /f \
        --chdir /d 9<"$tap_dir/content"
    A=of-caller by_run --tmpfs-root $usr --hostname other --clear-env --env PATH \
        --env A=1 --env B='two words' --perms 0700 --dir /d --size 1M --perms 1777 --tmpfs /t \
        --perms 0640 --file "$tap_dir/content" /f --chdir /d
    same 'host name, environment, sizes and permissions'

    mkdir "$tap_dir/rw-$who"
    [ $uid = 0 ] || chown $uid:$uid "$tap_dir/rw-$who"
    inside 'echo by-$0 >>/data/log' 'cat /data/log' 'ls /optional /dev/null' \
        'cat /data/null 2>&1'
    by_bwrap $usr --dev /dev --bind "$tap_dir/rw-$who" /data --bind-try /nosuch /optional \
        --ro-bind-try /etc/hostname /host --bind /dev/null /data/null
    by_run $usr --tmpfs-root --bind-try /nosuch /optional --ro-bind-try /etc/hostname /host \
        --bind "$tap_dir/rw-$who" /data --bind /dev/null /data/null
    sed -i '/^by-sh$/d' "$tap_dir/bwrap" "$tap_out"
    same 'binds, one of them missing' 1

    inside 'id -u; id -g' 'sed -n "s/^CapEff.//p" /proc/self/status' \
        'grep NoNewPrivs /proc/self/status' 'read -r a b c </proc/self/uid_map; echo "$a $b $c"'
    by_bwrap $usr --proc /proc --unshare-user --uid 1000 --gid 100
    by_run --tmpfs-root $usr --uid-map 1000:$uid:1 --gid-map 100:$uid:1 --cap-drop all
    same 'another user, no capability'

    inside 'echo out; exit 7'
    by_bwrap $usr
    by_run --tmpfs-root $usr
    same 'the exit status' 7
    inside 'echo out; kill -9 $$'
    by_bwrap $usr
    by_run --tmpfs-root $usr
    same 'the signal' 137
}

# The host's own root, read-only, with a /tmp of its own.
whole() {
    inside 'ls /' 'touch /etc/x 2>&1' 'touch /tmp/x && ls /tmp' 'cat /etc/hostname' \
        'find /usr/bin | wc -l'
    by_bwrap --ro-bind / / --dev /dev --proc /proc --tmpfs /tmp --unshare-all
    by_run --root / --read-only
    same 'the host, read-only'
}

# The README's own lines, as they are, but for where its volume is; a shell at the end gets
# something to do.
readme() {
    inside 'id -u; cat /etc/motd 2>/dev/null; ls / | grep -vE "^sys$"' \
        'sed -n "s/^CapEff.//p" /proc/self/status'
    mkdir "$tap_dir/path"
    ln -s "$run" "$tap_dir/path/contain-run"
    make_root "$tap_dir/ROOT" 0
    ln -s busybox "$tap_dir/ROOT/bin/sed"
    mkdir "$tap_dir/data"
    sed -e ':a' -e '/\\$/{N;s/\\\n *//;ta' -e '}' "$SRC/README.md" |
        sed "s,/srv/data /data,$tap_dir/data /data," |
        sed -n 's/^    \(\(bwrap\|contain-run\) .*\)/\1/p' >"$tap_dir/readme"
    n=0
    while read -r line; do
        n=$((n + 1))
        # shellcheck disable=SC2089
        case $line in *' sh') line="$line -c '$(cat "$script")'" ;; esac
        rc=0
        (cd "$tap_dir" && PATH=$tap_dir/path:$PATH && eval "$line") >"$tap_out" 2>&1 || rc=$?
        cp "$tap_out" "$tap_dir/readme-$n"
        case $line in *'exit 3'*) status_is "README: ${line%%\'*}" 3 ;;
        *) status_is "README: ${line%%\'*}" 0 ;;
        esac
    done <"$tap_dir/readme"
    check 'README: seven lines' test $n = 7
    check 'README: the first reads the layer' grep -qx 'as it was' "$tap_dir/readme-1"
    check 'README: JSON' grep -q '^{.*"status":3,.*}$' "$tap_dir/readme-3"
    check 'README: the volume' grep -qx data "$tap_dir/readme-4"
    check 'README: a plan' grep -q '^plan "container": ' "$tap_dir/readme-5"
    check 'README: the line of bwrap and the one below it' \
        diff "$tap_dir/readme-6" "$tap_dir/readme-7"
    check 'README: no capability' grep -q '^.0000000000000000$' "$tap_dir/readme-7"
}
lines
whole
readme
as='setpriv --reuid=12345 --regid=12345 --clear-groups --inh-caps=-all --bounding-set=-all'
who=user uid=12345
lines
done_testing
