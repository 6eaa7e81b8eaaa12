#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# The whole library compiles for aarch64, with its own flags, and what runs in the child names no
# symbol of libc there either. The library is not linked: Debian 12 has no libmount for it here.
# contain-init needs nothing: it is linked, and qemu runs it.
set -u
. "$SRC/tests/tap.sh"

cat >"$tap_dir/aarch64.ini" <<'INI'
[binaries]
c = 'aarch64-linux-gnu-gcc'
ar = 'aarch64-linux-gnu-gcc-ar'
strip = 'aarch64-linux-gnu-strip'
# The headers of the other libraries are the same on every machine.
pkgconfig = 'pkg-config'
[properties]
needs_exe_wrapper = true
[host_machine]
system = 'linux'
cpu_family = 'aarch64'
cpu = 'aarch64'
endian = 'little'
INI
tree=$tap_dir/build
configure() {
    meson setup "$tree" "$SRC" --cross-file "$tap_dir/aarch64.ini" -Dwerror=true -Dtests=disabled \
        -Dexamples=disabled -Ddefault_library=static -Dlibcgroup=enabled
}
check 'configure for aarch64' configure
check 'every file compiles, warnings are errors' ninja -C "$tree" lib/libcontain.a
check 'with the seam of the tests, too' ninja -C "$tree" lib/libcontain_seam.a

# Nothing was left out: an object for each source, in the library or in the one with the seam.
(cd "$SRC/lib" && echo */*.c | tr ' ' '\n' | sed 's|/|_|; s|$|.o|' | LC_ALL=C sort) \
    >"$tap_dir/sources"
for a in libcontain libcontain_ops libcontain_seam libcontain_ops_seam; do
    aarch64-linux-gnu-ar t "$tree/lib/$a.a" 2>/dev/null
done | sed 's|.*/||' >"$tap_dir/objects"
find "$tree/lib/init" -name '*.o' | sed 's|.*/|init_|' >>"$tap_dir/objects"
LC_ALL=C sort -u -o "$tap_dir/objects" "$tap_dir/objects"
check 'no source is left out' diff -u "$tap_dir/sources" "$tap_dir/objects"
machine() {
    aarch64-linux-gnu-readelf -h "$tree/lib/libcontain.a" | sed -n 's/.*Machine: *//p' | sort -u
}
check 'all objects are for aarch64' [ "$(machine)" = AArch64 ]
tls() { aarch64-linux-gnu-readelf -lW "$1" | grep -E 'INTERP|DYNAMIC|TLS|RWE'; }
whole() { # PROGRAM: of aarch64, static, without thread-local storage and writable code
    aarch64-linux-gnu-readelf -h "$1" >"$tap_dir/elf" &&
        grep -q 'Machine: *AArch64' "$tap_dir/elf" && ! tls "$1"
}
init=$tree/lib/init/contain-init
check 'contain-init is a static program' whole "$init"
echo 'int main(void) { return 0; }' | aarch64-linux-gnu-gcc -x c - -o "$tap_dir/dynamic"
run whole "$tap_dir/dynamic"
tap_result $((rc == 0)) 'control: a program that is not static is found'
# It finds its arguments and calls the kernel: the status is the errno of mapping that descriptor.
# shellcheck disable=SC2016
emulated() { sh -c 'exec 5</dev/null 6<&-; exec qemu-aarch64 "$@"' sh "$init" "$@"; }
run emulated
status_is 'it runs: standard input, which it may not write (EACCES)' 13
run emulated 5
status_is 'descriptor 5 may not be written (EACCES)' 13
run emulated 6
status_is 'descriptor 6 is closed (EBADF)' 9
foreign() {
    aarch64-linux-gnu-nm -u "$tree/lib/libcontain_ops.a" | awk 'NF == 2 { print $2 }' |
        grep -v '^ct_'
}
no_foreign() { ! foreign; }
check 'the objects of the child name no symbol of libc or libgcc' no_foreign
guards() {
    aarch64-linux-gnu-objdump -d "$tree/lib/libcontain_ops.a" | grep -E 'tpidr_el0|__stack_chk'
}
no_guards() { ! guards; }
check 'and use no thread-local storage' no_guards
done_testing
