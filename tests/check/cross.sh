#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# The whole library compiles for aarch64, with its own flags, and what runs in the child names no
# symbol of libc there either. Nothing is linked or run: Debian 12 has no libmount for it here.
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
done | sed 's|.*/||' | LC_ALL=C sort -u >"$tap_dir/objects"
check 'no source is left out' diff -u "$tap_dir/sources" "$tap_dir/objects"
machine() {
    aarch64-linux-gnu-readelf -h "$tree/lib/libcontain.a" | sed -n 's/.*Machine: *//p' | sort -u
}
check 'all objects are for aarch64' [ "$(machine)" = AArch64 ]
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
