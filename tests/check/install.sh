#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# What somebody gets who installs or embeds the library: files, pkg-config, static and shared
# programs, C++, a Python binding, a meson subproject, and a build with every option off.
set -u
. "$SRC/tests/tap.sh"

# Empty flags of the caller would hide what the project sets itself.
unset CFLAGS CPPFLAGS LDFLAGS PKG_CONFIG_PATH PKG_CONFIG_LIBDIR PKG_CONFIG_SYSROOT_DIR DESTDIR || :
root=$tap_dir/root
make_root "$root" 0
multiarch=$(gcc -print-multiarch) # meson would take another one where dpkg-dev is missing
version=$(sed -n "s/^  version: '\(.*\)',/\1/p" "$SRC/meson.build")
echo "# version $version, $multiarch"

build() { # TREE OPTION...: a release build of the library alone, warnings are errors
    tree=$1
    shift
    meson setup "$tree" "$SRC" --buildtype=release "--libdir=lib/$multiarch" -Dwerror=true \
        -Dtests=disabled -Dexamples=disabled "$@" && ninja -C "$tree"
}
files_below() { (cd "$1" && find . ! -type d | sed 's|^\./||' | LC_ALL=C sort); }

# --- installed below DESTDIR, as a package is made ---
dest=$tap_dir/dest
check 'a release build' build "$tap_dir/build" --prefix=/usr -Ddocs=enabled
[ $rc = 0 ] || done_testing # it would fail in fifty other ways
check 'is installed below DESTDIR' \
    env DESTDIR="$dest" meson install -C "$tap_dir/build" --no-rebuild
{
    for h in "$SRC"/include/contain/*.h; do echo "usr/include/contain/${h##*/}"; done
    for f in a so so.0 "so.$version"; do echo "usr/lib/$multiarch/libcontain.$f"; done
    echo "usr/lib/$multiarch/pkgconfig/libcontain.pc"
    for f in README.md LICENSE; do echo "usr/share/doc/libcontain/$f"; done
    echo usr/bin/contain-run
    [ ! -e "$SRC/lib/init/meson.build" ] || echo usr/libexec/contain-init
    python3 "$SRC/tests/check/api.py" "$SRC/include" names | sed 's|.*|usr/share/man/man3/&.3|'
    for h in "$SRC"/include/contain/*.h; do
        h=${h##*/}
        echo "usr/share/man/man7/libcontain-${h%.h}.7"
    done | sed 's/-contain\.7/.7/'
} | LC_ALL=C sort >"$tap_dir/wanted"
files_below "$dest" >"$tap_dir/found"
check 'these files and no others' diff -u "$tap_dir/wanted" "$tap_dir/found"
odd_modes() { find "$dest" ! -type l \( -perm /6022 -o ! -user 0 -o ! -group 0 \) | grep .; }
no_odd_modes() { ! odd_modes; }
check 'no set-user-id, set-group-id or writable file' no_odd_modes
chmod u+s "$dest/usr/lib/$multiarch/libcontain.a"
run no_odd_modes
tap_result $((rc == 0)) 'control: a set-user-id file is found'
chmod u-s "$dest/usr/lib/$multiarch/libcontain.a"

no_interpreter() { readelf -lW "$1" >"$tap_dir/elf" && ! grep -E 'INTERP|DYNAMIC' "$tap_dir/elf"; }
program() { [ -x "$1" ] && [ "$(stat -c %a "$1")" = 755 ]; }
if [ -e "$SRC/lib/init/meson.build" ]; then
    check 'contain-init can be executed' program "$dest/usr/libexec/contain-init"
    check 'and is static' no_interpreter "$dest/usr/libexec/contain-init"
    run sh -c 'exec 5</dev/null 6<&-; exec "$1" 5' sh "$dest/usr/libexec/contain-init"
    status_is 'it maps what it is given, and may not write it (EACCES)' 13
    run sh -c 'exec 5</dev/null 6<&-; exec "$1" 6' sh "$dest/usr/libexec/contain-init"
    status_is 'and says why it cannot (EBADF)' 9
fi
run no_interpreter "$dest/usr/bin/contain-run"
tap_result $((rc == 0)) 'control: a program that is not static is found'
shows() { man -M "$dest/usr/share/man" -P cat "$@" | grep -q '^ERRORS'; }
check 'man finds an installed page' shows 3 container_plan_compile

# --- a program elsewhere, by pkg-config ---
pc() { # DESTDIR PREFIX ARGUMENT...
    sysroot=$1 prefix=$2
    shift 2
    PKG_CONFIG_SYSROOT_DIR=$sysroot \
        PKG_CONFIG_PATH=$sysroot$prefix/lib/$multiarch/pkgconfig:${archives-} \
        pkg-config "$@" libcontain
}
installed() { pc "$dest" /usr "$@"; }
check 'libcontain.pc is valid' installed --validate
run installed --modversion
says 'the version in libcontain.pc' "$version"
cp "$SRC/examples/02_facade.c" "$tap_dir/program.c"
compile() { # COMPILER PROGRAM SOURCE FLAGS...
    compiler=$1 program=$2 source=$3
    shift 3
    # shellcheck disable=SC2086 # may hold options
    $compiler -Wall -Wextra -Werror -o "$program" "$source" "$@"
}
# shellcheck disable=SC2046 # flags
{
    check 'a program is built by pkg-config' compile gcc "$tap_dir/shared" "$tap_dir/program.c" \
        $(installed --cflags --libs)
    sed 's/argc < 3) return .*/argc < 3) return 2;/' "$tap_dir/program.c" >"$tap_dir/program.cc"
    check 'a program in C++ is built by pkg-config' compile 'g++ -std=c++17' "$tap_dir/cxx" \
        "$tap_dir/program.cc" $(installed --cflags --libs)
}
libs=$dest/usr/lib/$multiarch
for p in shared cxx; do
    run env LD_LIBRARY_PATH="$libs" "$tap_dir/$p" "$root" sh -c 'hostname; exit 5'
    status_is "$p: the container's exit code" 5
    says "$p: the container's output" first
done
uses_shared() { ldd "$1" | grep -q 'libcontain\.so\.0'; }
check 'it uses the shared library by its soname' uses_shared "$tap_dir/shared"

check 'a binding in Python by ctypes' \
    python3 "$SRC/tests/check/binding.py" "$libs/libcontain.so.0" "$root"
run env LD_LIBRARY_PATH="$libs" \
    sh -c '"$1" "$2" sh -c "exit 9" <&- >&- 2>&-' sh "$tap_dir/shared" "$root"
status_is 'a host with closed stdio' 9

# --- the static library ---
check 'a static build' \
    build "$tap_dir/build-static" --prefix="$tap_dir/static" -Ddefault_library=static
check 'is installed in its prefix' meson install -C "$tap_dir/build-static" --no-rebuild
no_shared() { [ ! -e "$tap_dir/static/lib/$multiarch/libcontain.so" ]; }
check 'without a shared library' no_shared
# shellcheck disable=SC2046 # flags
check 'a program is built by pkg-config --static' compile gcc "$tap_dir/static-program" \
    "$tap_dir/program.c" $(pc '' "$tap_dir/static" --static --cflags --libs)
no_libcontain() { ! uses_shared "$1"; }
check 'it needs no libcontain.so' no_libcontain "$tap_dir/static-program"
run "$tap_dir/static-program" "$root" sh -c 'hostname; exit 6'
status_is 'static: exit code' 6
says 'static: output' first

# --- a program that needs no shared library at all. glibc warns that functions of libcgroup which
# nobody calls would load one (getpwnam(3)). Debian, for one, has no libmount.a: one that holds
# nothing but the names stands in for it, as these programs call none of them. ---
mount_archive() { # DIRECTORY
    mkdir "$1" && nm -u "$tap_dir/static/lib/$multiarch/libcontain.a" |
        sed -n 's/^ *U \(mnt_.*\)/long \1(void); long \1(void) { return 0; }/p' |
        LC_ALL=C sort -u >"$1/mount.c" && [ -s "$1/mount.c" ] &&
        gcc -c -o "$1/mount.o" "$1/mount.c" && ar rcs "$1/libmount.a" "$1/mount.o" &&
        cat >"$1/mount.pc" <<PC
Name: mount
Description: names only
Version: 2.38
Cflags: -I/usr/include/libmount
Libs: -L$1 -lmount
PC
}
check 'an archive with the names of libmount' mount_archive "$tap_dir/mount"
# shellcheck disable=SC2046 # flags
fully_static() { # PREFIX PROGRAM
    compile gcc "$2" "$tap_dir/program.c" -static \
        $(archives=$tap_dir/mount && pc '' "$1" --static --cflags --libs)
}
check 'a fully static program is built by pkg-config --static' \
    fully_static "$tap_dir/static" "$tap_dir/fully-static"
check 'it is static' no_interpreter "$tap_dir/fully-static"
run "$tap_dir/fully-static" "$root" sh -c 'hostname; exit 3'
status_is 'fully static: exit code' 3
says 'fully static: output' first
run as_user "$tap_dir/fully-static" "$root" sh -c 'hostname; exit 2'
status_is 'fully static, an ordinary user: exit code' 2
# What libcontain.pc asks for is what the archive uses.
asks_and_uses() { # PREFIX
    for p in mount:mnt_ libcgroup:cgroup_; do
        asks=0 uses=0
        grep "^Requires.private:.*${p%:*}" "$1/lib/$multiarch/pkgconfig/libcontain.pc" || asks=$?
        nm -u "$1/lib/$multiarch/libcontain.a" | grep -E " U ${p#*:}" || uses=$?
        [ $asks = $uses ] || { echo "${p%:*}: asked for $asks, used $uses (0 is yes)"; return 1; }
    done
}
check 'libcontain.pc asks for the libraries that are used' asks_and_uses "$tap_dir/static"
mv "$tap_dir/mount" "$tap_dir/no-mount"
run fully_static "$tap_dir/static" "$tap_dir/no-program"
tap_result $((rc == 0)) 'control: with one that has no archive nothing is linked'
mv "$tap_dir/no-mount" "$tap_dir/mount"
sed -i '/^Requires.private:/s/mount,* *//' "$tap_dir/static/lib/$multiarch/pkgconfig/libcontain.pc"
run asks_and_uses "$tap_dir/static"
says 'control: and it is named' 'mount: asked for 1, used 0'

# --- embedded: a meson subproject ---
subproject() { # DIRECTORY shared|static PREFER_STATIC
    mkdir -p "$1/subprojects" && ln -s "$SRC" "$1/subprojects/libcontain" &&
        cp "$tap_dir/program.c" "$1/program.c" &&
        cat >"$1/meson.build" <<MESON || return 1
project('embedder', 'c', meson_version: '>= 1.0.0',
  default_options: ['werror=true', 'warning_level=3', 'prefer_static=$3'])
dep = dependency('libcontain', version: '>= 0.1', fallback: 'libcontain',
  default_options: ['default_library=$2'])
executable('program', 'program.c', dependencies: dep)
if '$2' == 'static'
  executable('whole', 'program.c', dependencies: dep, link_args: '-static')
endif
MESON
    [ "$2" = shared ] || export PKG_CONFIG_PATH="$tap_dir/mount"
    meson setup "$1/build" "$1" --wrap-mode=forcefallback && ninja -C "$1/build" || return 1
    unset PKG_CONFIG_PATH
    ! find "$1/build" -name '02_facade*' -o -name 't_*' | grep .
}
for kind in shared static; do
    prefer=false
    [ $kind = shared ] || prefer=true # for libcgroup
    check "a meson subproject, $kind, without examples and tests" \
        subproject "$tap_dir/sub-$kind" $kind $prefer
    run "$tap_dir/sub-$kind/build/program" "$root" sh -c 'hostname; exit 8'
    status_is "$kind subproject: exit code" 8
    says "$kind subproject: output" first
done
check 'the shared subproject is shared' uses_shared "$tap_dir/sub-shared/build/program"
check 'the static subproject is not' no_libcontain "$tap_dir/sub-static/build/program"

check 'and a program without any shared library' \
    no_interpreter "$tap_dir/sub-static/build/whole"
run "$tap_dir/sub-static/build/whole" "$root" sh -c 'hostname; exit 8'
status_is 'fully static subproject: exit code' 8

# --- every option off ---
check 'a build with every option off' build "$tap_dir/build-off" --prefix="$tap_dir/off" \
    -Dlibcgroup=disabled -Dlibseccomp=disabled -Ddocs=disabled -Drun=disabled
check 'is installed' meson install -C "$tap_dir/build-off" --no-rebuild
without() { for f; do [ ! -e "$f" ] || { echo "there is $f"; return 1; }; done; }
check 'without documents and programs' without "$tap_dir/off/share" "$tap_dir/off/bin"
check 'manual pages only when they are asked for' without "$tap_dir/static/share/man"
run without "$dest/usr/share/man"
tap_result $((rc == 0)) 'control: pages that are there are found'
run readelf -d "$tap_dir/off/lib/$multiarch/libcontain.so"
not_says 'does not need libcgroup' libcgroup
run pc '' "$tap_dir/off" --static --libs
not_says 'nor does its libcontain.pc' cgroup
# shellcheck disable=SC2046 # flags
check 'a program is built' compile gcc "$tap_dir/off-program" "$tap_dir/program.c" \
    $(pc '' "$tap_dir/off" --cflags --libs) "-Wl,-rpath,$tap_dir/off/lib/$multiarch"
silent() { fully_static "$1" "$2" >"$tap_dir/said" 2>&1 && [ ! -s "$tap_dir/said" ]; }
check 'a fully static one without a warning' silent "$tap_dir/off" "$tap_dir/off-static"
run "$tap_dir/off-static" "$root" sh -c 'hostname; exit 4'
status_is 'every option off, fully static: exit code' 4
run "$tap_dir/off-program" "$root" sh -c 'hostname; exit 4'
status_is 'every option off: exit code' 4
says 'every option off: output' first
if grep -q ' - cgroup .*[ ,]memory' /proc/self/mountinfo; then
    # shellcheck disable=SC2046 # flags
    check 'a program with limits is built' compile gcc "$tap_dir/off-limits" \
        "$SRC/examples/03_limits.c" $(pc '' "$tap_dir/off" --cflags --libs) \
        "-Wl,-rpath,$tap_dir/off/lib/$multiarch"
    run "$tap_dir/off-limits" "$root" true
    status_is 'without libcgroup a limit on cgroup v1 is refused' 1
    says 'and the error says why' 'built without libcgroup'
else
    skip 'without libcgroup a limit on cgroup v1 is refused' \
        'the memory controller is not bound to v1 here'
fi

# --- both kinds of options that need something ---
check 'tests and examples off or on by option' meson setup "$tap_dir/build-on" "$SRC" \
    -Dtests=enabled -Dexamples=enabled -Dlibcgroup=enabled -Dlibseccomp=enabled -Ddocs=enabled
done_testing
