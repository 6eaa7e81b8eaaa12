#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# contain-run: mounts in the words of mount(8), as root and as an ordinary user.
# shellcheck disable=SC2016 # what runs inside is in single quotes
set -u
: "${SRC:?}" "${BUILD:?}"
. "$SRC/tests/tap.sh"
. "$SRC/tests/examples/run.sh"

mounts() {
    cr --layer "$root" --mount "$dir/src /m" sh -c 'echo 1 >/m/new; cat /m/file'
    gives '--mount: two fields are a bind' 'in src'
    check "$who: --mount: what was written is there" test -e "$dir/src/new"
    cr --layer "$root" --mount "$dir/src	/m  none	bind,ro,nosuid" sh -c \
        'echo 1 >/m/new2; cat /m/file; grep " /m " /proc/self/mounts'
    says "$who: --mount: ro" 'Read-only file system'
    says "$who: --mount: is there" 'in src'
    says "$who: --mount: nosuid" 'ro,nosuid'
    mkdir -p "$dir/a b,c"
    echo odd >"$dir/a b,c/file"
    cr --layer "$root" --mount "$dir/a\\040b,c /with\\040\\133blank" cat '/with [blank/file'
    gives '--mount: escapes of fstab(5)' odd
    cr --layer "$root" --mount 'none /t tmpfs size=1m,mode=0750,noexec' sh -c \
        'busybox stat -c %a /t; grep " /t " /proc/self/mounts'
    says "$who: --mount of tmpfs: mode" 750
    says "$who: --mount of tmpfs: noexec" ',noexec'
    says "$who: --mount of tmpfs: size" size=1024k
    cr --layer "$root" --mount 'none /etc tmpfs copyup' sh -c \
        'cat /etc/motd; echo 1 >/etc/more; grep -c " /etc " /proc/self/mounts'
    gives '--mount: copyup' 'as it was
1'
    cr --layer "$root" --mount "$dir/nosuch /m none bind,optional" true
    tap_result "$rc" "$who: --mount: optional"
    cr --layer "$root" --mount "none /u overlay lowerdir=$dir/src:$root/etc" sh -c \
        'cat /u/file /u/motd; echo 1 >/u/motd'
    gives '--mount: a union' 'in src
as it was'
    cr --layer "$root" --mount "$dir/nosuch /m" true
    fails '--mount: no such source' 125 "$dir/nosuch\": No such file or directory"
    cr --layer "$root" --mount 'none /t tmpfs size=all' true
    fails '--mount: an option that the kernel refuses' 125 'size'
    cr --layer "$root" --mount 'none /t tmpfs loop' true
    fails '--mount: a word that is refused' 125 'loop'
    for line in '' / '/a  ' '/a /b none bind 0' ; do
        cr --layer "$root" --mount "$line" true
        fails "--mount '$line'" 125 'not SOURCE TARGET [TYPE [OPTIONS]], as in fstab(5)'
    done

    cr --root "$root" --root-propagation slave,shared sh -c \
        'busybox awk "\$5 == \"/\"" /proc/self/mountinfo
        grep -c " shared:[0-9]* " /proc/self/mountinfo'
    tap_result $((rc != 0)) "$who: --root-propagation"
    says "$who: --root-propagation slave,shared" ' shared:'
    cr --root "$root" sh -c 'busybox awk "\$5 == \"/\"" /proc/self/mountinfo'
    not_says "$who: private otherwise" ' shared:'
    cr --root "$root" --root-propagation both true
    fails '--root-propagation: another word' 125 'not private, slave, shared, or slave,shared'
    cr --root "$root" --root-propagation private,shared true
    fails '--root-propagation: two at once' 125 '--root-propagation: '
}
idmap() { # user 0 inside, another one on the host, owns what user 0 owns on the disk
    for option in bind bind,idmap; do
        cr --layer "$root" --uid-map 0:300000:65536 --gid-map 0:300000:65536 \
            --mount "$dir/src /m none $option" busybox stat -c %u:%g /m/file
        if [ $option != bind ] && grep -q 'cannot be id-mapped' "$tap_out"; then
            skip "$who: --mount: idmap" 'this file system knows no id-mapped mounts'
            continue
        fi
        case $option in
        bind) gives '--mount: without idmap' 65534:65534 ;;
        *) gives '--mount: idmap' 0:0 ;;
        esac
    done
}

for who in root user; do
    case $who in
    root) as='' uid=0 ;;
    user) as=as_user uid=12345 ;;
    esac
    root=$tap_dir/root-$who dir=$tap_dir/dir-$who
    make_root "$root" $uid
    mkdir -p "$dir/src"
    echo 'in src' >"$dir/src/file"
    chown -R $uid:$uid "$dir"
    mounts
    [ $who = user ] || idmap
done
done_testing
