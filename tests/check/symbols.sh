#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# What the libraries export, and what runs between clone and exec: no libc in it.
set -u
. "$SRC/tests/tap.sh"
lib=$BUILD/lib

same() { # WANTED FOUND: files with a name on each line
    diff -u "$1" "$2"
}
python3 "$SRC/tests/check/api.py" "$SRC/include" names >"$tap_dir/names"
python3 "$SRC/tests/check/api.py" "$SRC/include" map >"$tap_dir/map"

# --- the map, the headers and the shared library are the same set ---
check 'lib/libcontain.map is what the headers declare' same "$tap_dir/map" "$SRC/lib/libcontain.map"
nm -D --defined-only "$lib/libcontain.so" | awk '$2 != "A" { sub(/@.*/, "", $3); print $3 }' |
    sort >"$tap_dir/exported"
check 'the shared library exports what the headers declare' \
    same "$tap_dir/names" "$tap_dir/exported"
versions() {
    nm -D --defined-only "$lib/libcontain.so" | awk '$2 != "A"' | grep -v '@@CONTAIN_0\.'
}
tap_rc=0
versions >"$tap_out" && tap_rc=1
tap_result $tap_rc 'every symbol has its release as version'
check 'the name of the shared library' sh -c \
    "readelf -d '$lib/libcontain.so' | grep -q 'SONAME.*\[libcontain.so.0\]'"
check 'no executable stack, no writable code, bound at load' sh -c \
    "readelf -lWd '$lib/libcontain.so' >'$tap_dir/elf' &&
     grep -q 'GNU_STACK.* RW ' '$tap_dir/elf' &&
     grep -q GNU_RELRO '$tap_dir/elf' && grep -q 'BIND_NOW\|FLAGS_1.* NOW' '$tap_dir/elf' &&
     ! grep -q TEXTREL '$tap_dir/elf'"
needed() { readelf -d "$lib/libcontain.so" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p' | sort; }
known='libc\.so\.6|libmount\.so\.1|libcgroup\.so\.[0-9]+|libseccomp\.so\.2|ld-linux.*'
only_known_libraries() { needed | grep -vxE "$known"; }
tap_rc=0
only_known_libraries >"$tap_out" && tap_rc=1
tap_result $tap_rc 'it needs libc, libmount, libcgroup and libseccomp only'
# A constructor or a destructor would run in every host at load: crtstuff's own is all there is.
entries() {
    readelf -SW "$1" | awk -v s="$2" '{ for (i = 1; i < NF; i++) if ($i == s) print $(i + 4) }'
}
tap_rc=0
for s in .init_array .fini_array; do
    size=$(entries "$lib/libcontain.so" $s)
    [ "$size" = 000008 ] || { tap_rc=1; echo "# $s has size $size"; }
done
tap_result $tap_rc 'no constructor and no destructor'

# --- the static library: nothing outside of our names ---
foreign() {
    nm -g --defined-only "$1" | awk 'NF == 3 { print $3 }' | grep -vE '^(contain|container|ct)_'
}
static_is_ours() { # ARCHIVE
    nm -g --defined-only "$1" | awk 'NF == 3 { print $3 }' | grep -qx container_spawn || return 1
    ! foreign "$1"
}
check 'the static library defines contain_*, container_* and ct_* only' \
    static_is_ours "$lib/libcontain.a"
printf 'int container_spawn(void) { return 0; }\nint helper(void) { return 1; }\n' >"$tap_dir/x.c"
gcc -c -o "$tap_dir/x.o" "$tap_dir/x.c" && ar cr "$tap_dir/x.a" "$tap_dir/x.o"
run static_is_ours "$tap_dir/x.a"
tap_result $((rc == 0)) 'control: another global name is found'

# --- what the library asks of libc: memory, strings, locks, the clock. The kernel is reached by
# ct_sys_*() alone, so that the tests see and fail every call; nothing prints or exits. fork(3) is
# for the functions of contain_ns_run(), which may use libc. libmount reads the text of mountinfo
# from a stream: one of memory.
allowed='free|[cm]alloc|realloc(array)?|st[pr]cpy|mem(cpy|set|cmp|move|chr)|v?snprintf|qsort'
allowed="$allowed|str(n?cmp|n?cpy|n?len|r?chr|c?spn|pbrk|str|n?dup|toll?|toull?|tok_r|cat)"
allowed="$allowed|strn?casecmp|strerrordesc_np|fork|fmemopen|fclose"
allowed="$allowed|pthread_(mutex|cond|condattr)_.*|clock_gettime|__popcountdi2|__stack_chk_fail"
allowed="$allowed|__errno_location|__isoc99_sscanf|_GLOBAL_OFFSET_TABLE_|__tls_get_addr"
asks_of_libc() { # ARCHIVE
    nm -u "$1" | awk 'NF == 2 { print $2 }' | sort -u | sed -E 's/^__(.*)_chk$/\1/' |
        grep -vE "^((ct|contain|container|cgroup|mnt|seccomp)_.*|$allowed)\$"
}
asks_no_more() { ! asks_of_libc "$1"; }
check 'the library asks of libc memory, strings, locks and the clock only' \
    asks_no_more "$lib/libcontain.a"
printf 'int mkdir(const char *, int);\nvoid ct_x(void) { mkdir("x", 0); }\n' >"$tap_dir/x.c"
gcc -c -o "$tap_dir/x.o" "$tap_dir/x.c"
run asks_no_more "$tap_dir/x.o"
tap_result $((rc == 0)) 'control: a system call of libc is found'

# --- the child: freestanding objects that call nothing but each other ---
libc_names() {
    nm -u "$@" | awk 'NF == 2 && ($1 == "U" || $1 == "w") { print $2 }' | grep -v '^ct_'
}
no_libc_names() { ! libc_names "$@"; }
ar t "$lib/libcontain_ops.a" | sed 's|.*/||' | sort >"$tap_dir/members"
for f in "$SRC"/lib/*/*_ops.c; do
    module=$(basename "$(dirname "$f")")
    echo "${module}_$(basename "$f").o"
done | sort >"$tap_dir/ops"
check 'every lib/*/*_ops.c of the child is in the object set' sh -c \
    "grep -vx 'sys_seam_ops.c.o' '$tap_dir/ops' | diff - '$tap_dir/members'"
check 'the objects of the child name no symbol of libc' no_libc_names "$lib/libcontain_ops.a"
printf 'void *memset(void *, int, unsigned long);\nvoid ct_x(char *p) { memset(p, 0, 9); }\n' \
    >"$tap_dir/y.c"
gcc -O0 -ffreestanding -c -o "$tap_dir/y.o" "$tap_dir/y.c"
run no_libc_names "$tap_dir/y.o"
tap_result $((rc == 0)) 'control: a call of memset is found'
has_guard() { objdump -d "$1" | grep -E '%fs:|__(stack_chk|asan|ubsan|tsan|sanitizer)|mrs.*tpidr'; }
no_guard() { ! has_guard "$@"; }
check 'and use no thread-local storage, stack protector or sanitizer' \
    no_guard "$lib/libcontain_ops.a"
printf 'void x(char *);\nvoid ct_x(void) { char b[64]; x(b); }\n' >"$tap_dir/y.c"
gcc -fstack-protector-all -c -o "$tap_dir/y.o" "$tap_dir/y.c"
run no_guard "$tap_dir/y.o"
tap_result $((rc == 0)) 'control: a stack protector is found'
# Writable data would be shared by every start of every thread. (.data.rel.ro is constant.)
data() {
    objdump -h "$1" | awk '$2 ~ /^\.(data|bss|tdata|tbss)/ && $2 !~ /^\.data\.rel\.ro/ &&
        $3 ~ /[1-9a-f]/ { print }'
}
no_data() { ! data "$1" | grep .; }
check 'and have no data of their own' no_data "$lib/libcontain_ops.a"
printf 'int ct_x;\n' >"$tap_dir/y.c"
gcc -c -o "$tap_dir/y.o" "$tap_dir/y.c"
run no_data "$tap_dir/y.o"
tap_result $((rc == 0)) 'control: a variable is found'

# The same set in a build with sanitizers.
sanitized() {
    meson setup "$tap_dir/asan" "$SRC" -Db_sanitize=address,undefined -Db_lundef=false \
        -Dtests=disabled -Dexamples=disabled && ninja -C "$tap_dir/asan" lib/libcontain_ops.a
}
check 'a build with sanitizers' sanitized
check 'there too they name no symbol of libc or of a sanitizer' \
    no_libc_names "$tap_dir/asan/lib/libcontain_ops.a"
done_testing
