#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Each public header alone, twice, as C99, C11, C++17 and for other machines, all warnings on.
set -u
. "$SRC/tests/tap.sh"

warnings='-Wall -Wextra -Wshadow -Wundef -Wconversion -Werror -pedantic-errors'
c_only='-Wstrict-prototypes -Wmissing-prototypes -Wc++-compat'

# compile INCLUDE HEADER COMPILER...
compile() {
    include=$1 header=$2
    shift 2
    printf '#include <contain/%s>\n' "$header" "$header" |
        sed '$a extern int nothing;' |
        "$@" -I "$include" -fsyntax-only -
}

for path in "$SRC"/include/contain/*.h; do
    h=${path##*/}
    # shellcheck disable=SC2086 # lists of options
    {
        check "$h: C99" compile "$SRC/include" "$h" gcc -x c -std=c99 $warnings $c_only
        check "$h: C11" compile "$SRC/include" "$h" gcc -x c -std=c11 $warnings $c_only
        check "$h: C++17" compile "$SRC/include" "$h" g++ -x c++ -std=c++17 $warnings
        check "$h: aarch64" compile "$SRC/include" "$h" aarch64-linux-gnu-gcc -x c -std=c99 \
            $warnings
    }
done

# The umbrella has all of them, and all of them are installed.
for path in "$SRC"/include/contain/*.h; do
    h=${path##*/}
    [ "$h" = contain.h ] || check "contain.h includes $h" \
        grep -qxF "#include <contain/$h>" "$SRC/include/contain/contain.h"
    check "$h is installed" grep -qF "'contain/$h'" "$SRC/include/meson.build"
done

# Controls: what must not pass.
cp -R "$SRC/include" "$tap_dir/include"
broken() { # NAME LINE COMPILER...: with this line in a header it does not compile
    name=$1 line=$2
    shift 2
    sed "s|^typedef struct contain_error contain_error;|&\n$line|" "$SRC/include/contain/error.h" \
        >"$tap_dir/include/contain/error.h"
    # shellcheck disable=SC2086
    run compile "$tap_dir/include" error.h "$@" $warnings
    tap_result $((rc == 0)) "control: $name is found"
}
broken 'a // comment' x gcc -x c -std=c99
broken 'a bool' 'int x(bool b);' gcc -x c -std=c99
broken 'a word of C++' 'int x(int class);' g++ -x c++ -std=c++17
broken 'a missing header' 'int x(size_t n);' gcc -x c -std=c99
done_testing
