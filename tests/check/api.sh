#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# The public headers against the rules of the interface (api.py), and read by cffi.
set -u
. "$SRC/tests/tap.sh"

api() { python3 "$SRC/tests/check/api.py" "$@"; }
library=$BUILD/lib/libcontain.so
# Debian's own interpreter has the package where another one comes first in PATH.
cffi() {
    for python in python3 /usr/bin/python3; do
        "$python" -c 'import cffi' 2>/dev/null || continue
        "$python" "$SRC/tests/check/api.py" "$@"
        return
    done
    echo 'no python3 with cffi: package python3-cffi'
    return 1
}

check 'types that every language can call' api "$SRC/include" types
check 'every function is documented' api "$SRC/include" docs
check 'cffi reads the headers and calls the library' cffi "$SRC/include" cffi "$library"

# Controls: one change, and it is found and named.
control() { # WHAT RULE FILE SED TEXT
    rm -rf "$tap_dir/include"
    cp -R "$SRC/include" "$tap_dir/include"
    sed -i "$4" "$tap_dir/include/contain/$3"
    if cmp -s "$tap_dir/include/contain/$3" "$SRC/include/contain/$3"; then
        echo "# the control changed nothing: $4"
        tap_result 1 "control: $1"
        return
    fi
    if [ "$2" = cffi ]; then run cffi "$tap_dir/include" cffi "$library"
    else run api "$tap_dir/include" "$2"
    fi
    tap_rc=0
    { [ "$rc" = 1 ] && grep -qF -e "$5" "$tap_out"; } || tap_rc=1
    tap_result $tap_rc "control: $1"
}
control 'a bool parameter' types container.h \
    's/int32_t container_pid(/bool container_pid(/' "'bool'"
control 'a pid_t' types container.h 's/int signal, /pid_t signal, /' "'pid_t'"
control 'a FILE' types plan.h \
    's/(const container_plan \*plan, int fd)/(const container_plan *plan, FILE *f)/' "'FILE'"
control 'an array of handles' types error.h \
    's/\(void contain_error_free(contain_error \)\*error)/\1**const *error)/' \
    'is not among the types of parameters'
control 'an array without its size' types error.h \
    's/\(void contain_error_free(\)contain_error \*error)/\1const uint32_t *n)/' \
    'is not among the types of parameters'
control 'a result that is not const' types error.h \
    's/^const char \*contain_error_message/char *contain_error_message/' \
    'among the types of results'
control 'a public struct' types error.h \
    's/^typedef struct contain_error contain_error;/struct x { int y; };/' 'a struct with members'
control 'an enum' types error.h \
    's/^typedef struct contain_error contain_error;/&\nenum x { Y };/' "'enum'"
control 'a bit field' types error.h \
    's/^typedef struct contain_error contain_error;/&\nstruct z {\nint a : 1;\n};/' \
    'a struct with members'
control 'an inline function' types error.h 's/^void contain_error_free/static inline &/' "'inline'"
control 'variable arguments' types error.h \
    's/(contain_error \*error);/(contain_error *error, ...);/' 'variable arguments'
control 'a macro like a function' types error.h \
    's/^#define CONTAIN_PHASE_SPEC 1/#define CONTAIN_PHASE(x) x/' 'a macro like a function'
control 'no comment' docs container.h 's/^ \* container_wait - .*/ \* waits/' \
    "does not begin with 'container_wait"
control 'no Since' docs error.h '0,/Since: 0.1/s///' "no 'Since:'"
control 'an undocumented parameter' docs container.h '/@timeout_msec/d' "no '@timeout_msec:'"
control 'a parameter that is none' docs container.h 's/@timeout_msec/@timeout/' \
    "'@timeout:' is no parameter"
control 'no errors' docs namespace.h '/-E[A-Z]/d' 'does not name its errors'
control 'no comment of the header' docs error.h '/contain\/error.h - /d' 'what the header is'
control 'what cffi cannot read' cffi error.h \
    's/^typedef struct contain_error contain_error;/&\n__attribute__((x)) int y(void);/' ''
control 'what the library does not have' cffi error.h \
    's/^void contain_error_free/void contain_error_nosuch(contain_error *error);\n&/' \
    'contain_error_nosuch: not found by cffi'
done_testing
