#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# abi.sh [--update] - the binary interface against its record in tests/abi/
#
# libcontain.abi holds the exported functions with their types and versions, as abidw(1) reads them
# from the debug information; constants holds the values that the headers give. Whatever is removed,
# changed or added fails here until it is recorded: --update writes the record anew from the build
# in build/dev (BUILD overrides) and says what has changed. A removal or a change breaks programs
# that are there: after a release it needs another soname (lib/meson.build).
set -u
[ "${SRC:-}" ] || SRC=$(cd "$(dirname "$0")/../.." && pwd -P) || exit 2
BUILD=${BUILD:-$SRC/build/dev}
. "$SRC/tests/tap.sh"

record=$SRC/tests/abi
# No struct is public (types in api.sh), so every struct is private to the library: the headers that
# may define one are in an empty set. The paths of the compiler are cut down to those of this tree.
mkdir "$tap_dir/none"
: >"$tap_dir/none/no-public-struct.h"
dump() { # LIBRARY RESULT
    abidw --no-corpus-path --no-comp-dir-path --no-show-locs --no-elf-needed \
        --exported-interfaces-only --drop-undefined-syms --type-id-style hash \
        --headers-dir "$tap_dir/none" --drop-private-types "$1" >"$2.raw" &&
        sed "s|\(<abi-instr [^>]*path='\)[^']*/\(lib/\)|\1\2|" "$2.raw" >"$2"
}
constants() { python3 "$SRC/tests/check/api.py" "$1" constants >"$2"; }
library=$BUILD/lib/libcontain.so

update() {
    name=lib/libcontain.so.$(sed -n "s/^  version: '\(.*\)',/\1/p" "$SRC/meson.build")
    ninja -C "$BUILD" "$name" >"$tap_out" || { cat "$tap_out"; return 1; }
    dump "$BUILD/$name" "$tap_dir/now" && constants "$SRC/include" "$tap_dir/constants" || return 1
    mkdir -p "$record"
    [ ! -e "$record/libcontain.abi" ] || abidiff "$record/libcontain.abi" "$tap_dir/now"
    [ ! -e "$record/constants" ] || diff -U 0 "$record/constants" "$tap_dir/constants"
    cp "$tap_dir/now" "$record/libcontain.abi" && cp "$tap_dir/constants" "$record/constants" &&
        echo "$record: $(grep -c '<function-decl' "$record/libcontain.abi") functions," \
            "$(wc -l <"$record/constants") constants"
}
if [ "${1:-}" = --update ]; then
    update || tap_failed=1
    tap_done=1
    exit
fi

machine=$(sed -n "s/.*architecture='elf-[a-z]*-\([^']*\)'.*/\1/p" "$record/libcontain.abi")
if [ "$(uname -m)" != "$machine" ]; then
    skip 'the binary interface' "it was recorded on $machine"
    done_testing
fi

hint='# new? sh tests/check/abi.sh --update'
same_abi() { # RECORD DUMP
    abidiff "$1" "$2" || { echo "$hint"; return 1; }
}
same_constants() { diff -U 0 "$1" "$2" || { echo "$hint"; return 1; }; }
check 'the library has debug information and is read' dump "$(realpath "$library")" "$tap_dir/now"
check 'functions, their types and versions are those of the record' \
    same_abi "$record/libcontain.abi" "$tap_dir/now"
constants "$SRC/include" "$tap_dir/constants"
check 'constants and their values, too' same_constants "$record/constants" "$tap_dir/constants"
count() { [ "$(python3 "$SRC/tests/check/api.py" "$SRC/include" names | wc -l)" = \
    "$(grep -c '<function-decl' "$1")" ]; }
check 'the record has the type of every function' count "$record/libcontain.abi"
no_paths() { ! grep -nE "path='([^l]|l[^i])|/(home|root|tmp|usr)/" "$record/libcontain.abi"; }
check 'and no path of the machine that made it' no_paths

# Controls: a library of stubs has the interface that its headers declare. With the headers as they
# are it is the record's; with one change it is not, and the change is named.
stubs() { # TREE: a copy of include/
    python3 "$SRC/tests/check/api.py" "$1" stubs >"$tap_dir/stubs.c" &&
        python3 "$SRC/tests/check/api.py" "$1" map >"$tap_dir/stubs.map" &&
        gcc -g -O0 -w -shared -fPIC -I "$1" "-Wl,--version-script=$tap_dir/stubs.map" \
            -Wl,-soname,libcontain.so.0 -o "$tap_dir/libstubs.so" "$tap_dir/stubs.c" &&
        dump "$tap_dir/libstubs.so" "$tap_dir/stubs.abi"
}
check 'a library of stubs' stubs "$SRC/include"
check 'control: the interface is that of the headers' \
    same_abi "$record/libcontain.abi" "$tap_dir/stubs.abi"
changed() { # WHAT HEADER SED TEXT
    rm -rf "$tap_dir/include"
    cp -R "$SRC/include" "$tap_dir/include"
    sed -i "$3" "$tap_dir/include/contain/$2"
    rc=0
    if cmp -s "$tap_dir/include/contain/$2" "$SRC/include/contain/$2"; then
        echo "# the control changed nothing: $3"
    elif [ "$4" = constants ]; then
        constants "$tap_dir/include" "$tap_dir/constants"
        run same_constants "$record/constants" "$tap_dir/constants"
    else
        run stubs "$tap_dir/include"
        [ $rc = 0 ] || { tap_result 1 "control: $1"; return; }
        run same_abi "$record/libcontain.abi" "$tap_dir/stubs.abi"
    fi
    tap_rc=1
    [ $rc = 0 ] || ! grep -qF -e "$5" "$tap_out" || tap_rc=0
    tap_result $tap_rc "control: $1"
}
changed 'a removed function' error.h '/^int contain_error_steps(/d' abi contain_error_steps
changed 'an added function' error.h \
    's|^typedef struct contain_error .*|&\n/** Since: 0.1 */\nint contain_error_x(void);|' \
    abi contain_error_x
changed 'another name' error.h 's/^int contain_error_steps(/int contain_error_count(/' \
    abi contain_error_steps
changed 'a wider parameter' container.h 's/int signal, contain/int64_t signal, contain/' \
    abi container_signal
changed 'a parameter of another sign' container.h \
    's/\(container_wait(container \*container, \)int64_t/\1uint64_t/' \
    abi container_wait
changed 'one more parameter' container.h \
    's/^int container_kill(container \*container,/& int x,/' abi container_kill
changed 'another handle' container.h \
    's/^int container_kill(container \*/int container_kill(container_exit */' abi container_kill
changed 'another result' container.h 's/^int32_t container_pid(/int64_t container_pid(/' \
    abi container_pid
changed 'another version' error.h '/^ \* contain_error_steps/,/^int/s/Since: 0.1/Since: 0.2/' \
    abi contain_error_steps
changed 'another value' namespace.h 's/^\(#define CONTAIN_NS_MNT\) .*/\1 1u/' \
    constants CONTAIN_NS_MNT
changed 'a removed constant' error.h '/^#define CONTAIN_PHASE_CHILD/d' \
    constants CONTAIN_PHASE_CHILD
changed 'an added constant' error.h \
    's/^#define CONTAIN_PHASE_CHILD.*/&\n#define CONTAIN_PHASE_X 5/' constants CONTAIN_PHASE_X
done_testing
