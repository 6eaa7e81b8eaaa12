#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# A real root file system: Debian, whose /bin, /lib and /var/run are symlinks, and whose package
# manager runs inside, as root and in a user namespace with a range of ids.
# shellcheck disable=SC2016 # what runs inside is in single quotes
set -u
: "${SRC:?}" "${BUILD:?}"
. "$SRC/tests/tap.sh"
run_program=$BUILD/examples/run/contain-run
if ! root=$("$SRC/tests/roots/debian.sh" 2>"$tap_dir/why"); then
    echo "1..0 # SKIP $(tail -n 1 "$tap_dir/why")"
    tap_done=1
    exit 77
fi

# A package with a file, a maintainer script and a user.
pkg=$tap_dir/pkg
mkdir -p "$pkg/DEBIAN" "$pkg/usr/bin" "$pkg/etc"
cat >"$pkg/DEBIAN/control" <<'TEXT'
Package: contain-hello
Version: 1.0
Architecture: all
Maintainer: nobody <nobody@localhost>
Depends: libc6
Description: a file and a script
TEXT
printf '#!/bin/sh\necho "hello from $(id -u) in $(hostname)"\n' >"$pkg/usr/bin/contain-hello"
cat >"$pkg/DEBIAN/postinst" <<'TEXT'
#!/bin/sh
set -e
useradd --system hello
echo configured >/etc/hello.conf
chown hello:hello /etc/hello.conf
TEXT
chmod 755 "$pkg/DEBIAN/postinst" "$pkg/usr/bin/contain-hello"
mkdir "$tap_dir/in"
dpkg-deb --root-owner-group -b "$pkg" "$tap_dir/in/hello.deb" >"$tap_out" || exit 1
state() { # of a tree: every name, owner, mode, size and time
    (cd "$1" && find . -printf '%p %U:%G %m %s %T@ %l\n' | sort | sha256sum)
}

install='set -e
cp /in/hello.deb /tmp/ && cd /tmp
apt-get -qq -o Dpkg::Use-Pty=0 install ./hello.deb </dev/null
contain-hello
dpkg-query -W -f "\${db:Status-Abbrev}\${Version}\n" contain-hello
stat -c %U:%a /etc/hello.conf
dpkg -V contain-hello && echo verified
apt-get -qq -o Dpkg::Use-Pty=0 --purge remove contain-hello </dev/null
test ! -e /usr/bin/contain-hello && echo removed'

debian() { # WHO TREE OPTION...
    who=$1 tree=$2
    shift 2
    before=$(state "$tree")
    cr() { run "$run_program" --layer "$tree" --hostname box "$@"; }
    cr "$@" -- /bin/sh -c 'readlink /bin /lib64 /var/run; id -u
        test /bin/sh -ef /usr/bin/sh && perl -e "print 6 * 7, qq(\n)"
        awk "\$2 == \"/\" { print \$3 }" /proc/mounts'
    gives "$who: programs below symlinked directories" 'usr/bin
usr/lib64
/run
0
42
overlay'
    # both lead below /run, one by an absolute symlink of the image
    echo planted >"$tap_dir/in/planted"
    cr "$@" --ro-bind "$tap_dir/in" /var/run/in --file "$tap_dir/in/planted" /var/lock/planted \
        --tmpfs /lib/modules -- /bin/sh -c 'cat /run/in/planted /run/lock/planted
        awk "\$2 ~ /^.(run|usr)/ { print \$2, \$3 }" /proc/mounts | sort'
    says "$who: a bind through an absolute symlink" 'planted
planted'
    says "$who: a mount through a relative symlink" '/usr/lib/modules tmpfs'
    cr "$@" --ro-bind "$tap_dir/in" /in -- /bin/sh -c "$install"
    gives_tail "$who: a package is installed and removed" 'hello from 0 in box
ii 1.0
hello:644
verified
removed'
    cr "$@" -- /bin/sh -c 'ls /usr/bin/contain-hello /etc/hello.conf'
    says "$who: the next start has nothing of it" 'No such file'
    run "$run_program" --root "$tree" --read-only --ro-bind "$tap_dir/in" /mnt "$@" -- \
        dpkg -i /mnt/hello.deb
    says "$who: not on a read-only root" 'ead-only file system'
    check "$who: the tree is as it was" test "$(state "$tree")" = "$before"
}
gives() { # NAME TEXT: status 0 and this output
    tap_rc=0
    [ "$rc" = 0 ] && [ "$(cat "$tap_out")" = "$2" ] || tap_rc=1
    tap_result $tap_rc "$1"
}
gives_tail() { # the same of what is left when the package manager's own lines are not counted
    tap_rc=0
    [ "$rc" = 0 ] || tap_rc=1
    grep -E '^(hello from|ii |hello:|verified|removed)' "$tap_out" >"$tap_dir/tail"
    [ "$(cat "$tap_dir/tail")" = "$2" ] || tap_rc=1
    tap_result $tap_rc "$1"
}

debian root "$root"

# What a user namespace shows as ids 0 to 65535 is on the disk from 200000 on.
shifted=$tap_dir/shifted
cp -a "$root" "$shifted"
"$SRC/tests/roots/shift.py" "$shifted" 200000
debian 'user namespace' "$shifted" --uid-map 0:200000:65536 --gid-map 0:200000:65536

# In a directory what is installed stays, with the owners of the namespace.
run "$run_program" --root "$shifted" --hostname box --uid-map 0:200000:65536 \
    --gid-map 0:200000:65536 --ro-bind "$tap_dir/in" /in -- dpkg -i /in/hello.deb
check 'a directory: installed' test "$rc" = 0
check 'a directory: what was installed stays' test -x "$shifted/usr/bin/contain-hello"
check 'a directory: its owner' test "$(stat -c %u:%g "$shifted/usr/bin/contain-hello")" = \
    200000:200000
check 'a directory: the owner that the package made' \
    test "$(stat -c %u "$shifted/etc/hello.conf")" -gt 200000
done_testing
