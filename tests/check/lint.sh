#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# What a reader relies on: sizes, license lines, names, who may use what, clean scripts, a README
# that knows every command.
set -u
. "$SRC/tests/tap.sh"
cd "$SRC" || exit 1

# The files of the project, without what a build or an editor leaves.
list() { # PATTERN...: find expressions
    find .ci doc examples include lib tests meson.build meson_options.txt libcontain.pc.in \
        README.md -name __pycache__ -prune -o -type f \( "$@" \) -print | LC_ALL=C sort
}
c_files() { list -name '*.c' -o -name '*.h'; }
scripts() {
    list -name '*.sh' -o -path './.ci/*' -o -path '*.ci/run' -o -path 'tests/vm/*' |
        while read -r f; do
            case $(head -n 1 "$f") in '#!/bin/sh'* | '#!/usr/bin/env bash'*) echo "$f" ;; esac
        done
    echo tests/tap.sh
}
# finds NAME COMMAND...: ok when the command prints nothing
finds() {
    finds_name=$1
    shift
    "$@" >"$tap_out" 2>&1
    tap_rc=0
    [ ! -s "$tap_out" ] || tap_rc=1
    tap_result $tap_rc "$finds_name"
}
# control NAME COMMAND...: ok when it prints something
control() {
    control_name=$1
    shift
    "$@" >"$tap_out" 2>&1
    tap_rc=1
    [ ! -s "$tap_out" ] || tap_rc=0
    tap_result $tap_rc "control: $control_name"
}

code() { # FILE...: without comments, with file and line
    for f; do
        awk -v f="$f" '{
            line = $0; out = ""
            while (line != "") {
                if (inside) {
                    at = index(line, "*/")
                    if (!at) break
                    line = substr(line, at + 2); inside = 0
                } else {
                    at = index(line, "/*")
                    if (!at) { out = out line; break }
                    out = out substr(line, 1, at - 1); line = substr(line, at + 2); inside = 1
                }
            }
            print f ":" NR ":" out
        }' "$f"
    done
}
long_files() { # FILE...
    for f; do
        case $f in
        include/*) code "$f" | grep -v ':$' ;; # what is there besides the manual
        *) cat "$f" ;;
        esac | awk -v f="$f" 'END { if (NR > 600) print f ": " NR " lines" }'
    done
}
# A function begins with "{" alone at the left edge and ends with "}".
long_functions() {
    for f; do
        awk -v f="$f" '/^{$/ { at = NR }
            /^}/ { n = NR - at - 1; if (at && n > 60) print f ":" at ": " n " lines"; at = 0 }' "$f"
    done
}
no_license() {
    for f; do
        case $f in
        examples/*.[ch] | examples/*.sh | examples/*.py) want=MIT-0 ;;
        *) want=LGPL-2.1-or-later ;;
        esac
        head -n 4 "$f" | grep -q "SPDX-License-Identifier: $want" || echo "$f: not $want"
    done
}
untidy() { # ends of lines and files
    grep -nE '[[:blank:]]+$' "$@" /dev/null
    for f; do [ ! -s "$f" ] || [ -z "$(tail -c 1 "$f")" ] || echo "$f: no newline at the end"; done
}
# Lines end before column 101, a tab reaching to the next multiple of 8.
wide_lines() {
    for f; do
        expand -t 8 "$f" | awk -v f="$f" 'length > 100 { print f ":" NR ": " length " columns" }'
    done
}
# Code is indented with tabs; what continues a line may be aligned with spaces.
spaces() { grep -nE '^ {8,}[^ *]' "$@" /dev/null; }
# shellcheck disable=SC2046 # names without spaces
{
    finds 'no file over 600 lines' long_files $(c_files) $(scripts) $(list -name '*.py')
    finds 'no function over 60 lines' long_functions $(c_files)
    finds 'a license line in every file' no_license $(list ! -name '*.pc.in' ! -name '*.md' \
        ! -name '*.txt' ! -name '*.golden' ! -path '*/golden/*' ! -path '*/abi/*') meson_options.txt
    finds 'no blank at the end of a line' untidy $(c_files) $(scripts)
    # The README's tables and generated text are not code.
    finds 'no line over 100 columns' wide_lines $(c_files) $(scripts) \
        $(list -name '*.py' -o -name meson.build) meson_options.txt
    finds 'code is indented with tabs' spaces $(list -path '*lib/*.c' -o -path '*lib/*.h')
}
long_examples() {
    for f; do awk -v f="$f" 'END { if (NR >= 100) print f ": " NR " lines" }' "$f"; done
}
finds 'each example of the ladder has under 100 lines' long_examples examples/0*.c
yes | head -n 601 >"$tap_dir/long.c"
control 'a long example' long_examples "$tap_dir/long.c"
control 'a long file' long_files "$tap_dir/long.c"
{ printf 'int x(void)\n{\n'; yes | head -n 61; echo '}'; } >"$tap_dir/f.c"
control 'a long function' long_functions "$tap_dir/f.c"
control 'no license' no_license "$tap_dir/f.c"
printf 'int x; \n        int y;' >"$tap_dir/g.c"
control 'a blank at the end' untidy "$tap_dir/g.c"
control 'spaces' spaces "$tap_dir/g.c"
printf '\t%093d\n' 0 >"$tap_dir/w.c"
control 'a line of 101 columns, a tab among them' wide_lines "$tap_dir/w.c"
printf '\t%092d\n%0100d\n' 0 0 >"$tap_dir/w.c"
finds 'control: 100 columns are not too many' wide_lines "$tap_dir/w.c"

# --- names ---
# Every name with external linkage; the libraries' own symbols are looked at in symbols.sh.
macros() { # public ones are CONTAIN_*
    grep -nE '^# *define ' "$@" /dev/null | grep -vE '# *define CONTAIN_[A-Z0-9_]+'
}
# shellcheck disable=SC2046
finds 'public constants are CONTAIN_*' macros $(list -path '*include/*.h')
echo '#define SIZE 1' >"$tap_dir/x.h"
control 'another constant' macros "$tap_dir/x.h"
guards() {
    for f; do
        case $f in
        include/*) want=$(echo "${f#include/}" | tr 'a-z/.-' 'A-Z___') ;;
        *) continue ;;
        esac
        [ "$(sed -n 's/^#ifndef //p' "$f" | head -n 1)" = "$want" ] ||
            echo "$f: its guard is not $want"
    done
}
# shellcheck disable=SC2046
finds 'header guards are the path' guards $(list -path '*include/*.h')
odd_names() {
    find examples include lib tests -type f | sed 's|.*/||' | grep -vE '^[A-Za-z0-9._-]+$'
}
finds 'names of files are plain' odd_names
# In a module folder: <module>*.c, *_ops.c, *_plan.c, *_spec.c, as lib/meson.build has them.
misplaced() {
    for f in lib/*/*_ops.c; do
        grep -q "'${f##*/}'" "${f%/*}/meson.build" || echo "$f: is not built"
        sed -nE '/^(ops|seam)_sources/,/\)/p' "${f%/*}/meson.build" | grep -q "'${f##*/}'" ||
            echo "$f: is not built as code of the child"
    done
    for f in lib/*/*.c; do
        case $f in *_ops.c) continue ;; esac
        ! grep -E "^ops_sources" "${f%/*}/meson.build" | grep -q "'${f##*/}'" ||
            echo "$f: is code of the child and is not named *_ops.c"
    done
}
finds 'code of the child is named *_ops.c' misplaced

# --- who may use what ---
numbers() { code "$@" | grep -E '\b(__NR_|SYS_)[a-z]|\bsyscall *\('; }
printers='v?f?printf|puts|putchar|fputs|perror|syslog|exit|_exit|abort|assert|system|popen|atexit'
printing() { code "$@" | grep -E "\\b($printers)\\("; }
# Signals, environment, directories, limits and ids of the host process are the host's own.
changers='sigaction|signal|setenv|putenv|unsetenv|clearenv|chdir|umask|setrlimit|set[er]?[ug]id'
changers="$changers|setlocale|srand|rand"
host_state() { code "$@" | grep -E "\\b($changers)\\(" | grep -v 'ct_'; }
techniques='cgroup mount namespace process rootfs'
includes() { # DIRECTORY: no technique includes another one, nothing includes the facade
    for m in $techniques sys plan feature; do
        for other in $techniques container; do
            [ "$m" = "$other" ] || grep -n "#include \"$other/" "$1/$m"/*.[ch] /dev/null
        done
    done
    grep -nE '#include "(plan|feature)/' "$1"/sys/*.[ch] /dev/null
}
# shellcheck disable=SC2046
{
    finds 'system call numbers are in lib/sys only' numbers \
        $(find lib -name '*.[ch]' ! -path 'lib/sys/*')
    finds 'the library prints nothing and never exits' printing $(find lib -name '*.[ch]')
    finds 'the library leaves the state of the process alone' host_state $(find lib -name '*.[ch]')
    finds 'no technique includes another one' includes lib
}
cat >"$tap_dir/p.c" <<'C'
/* printf(x) */
int f(void)
{
	printf("x");
	chdir("/");
	return SYS_open; /* _exit(1) */
}
C
control 'a number' numbers "$tap_dir/p.c"
control 'printing' printing "$tap_dir/p.c"
control 'a changed working directory' host_state "$tap_dir/p.c"
comments_count() { [ "$(printing "$1" | grep -c .)" = 1 ] || echo "comments are taken for code"; }
finds 'control: comments are not code' comments_count "$tap_dir/p.c"
cp -R lib "$tap_dir/lib"
echo '#include "mount/mount.h"' >>"$tap_dir/lib/rootfs/rootfs.c"
control 'a technique that includes another one' includes "$tap_dir/lib"

# --- scripts ---
if command -v shellcheck >/dev/null; then
    # shellcheck disable=SC2046
    check 'shellcheck' shellcheck -S warning -x $(scripts)
    # shellcheck disable=SC2016
    printf '#!/bin/sh\nrm -rf $1/*\ncd x\n' >"$tap_dir/s.sh"
    run shellcheck -S warning "$tap_dir/s.sh"
    tap_result $((rc == 0)) 'control: shellcheck finds something'
else
    skip shellcheck 'it is not installed'
fi

# --- the README ---
unmentioned() { # README: commands, stages, options, headers, examples
    for s in $(sed -n "s/^stages=['\"]\(\$stages \)*\(.*\)['\"]/\2/p" tests/run.sh); do
        grep -qw -e "$s" "$1" || echo "stage $s"
    done
    for o in $(sed -n "s/^option('\([a-z]*\)'.*/\1/p" meson_options.txt); do
        grep -qF -e "-D$o" "$1" || echo "option -D$o"
    done
    for f in include/contain/*.h; do grep -qF "${f##*/}" "$1" || echo "header ${f##*/}"; done
    for f in examples/0*.c; do f=${f##*/}; grep -qF "${f%.c}" "$1" || echo "example $f"; done
    for c in 'sh examples/quickstart.sh' 'sh tests/run.sh' '--long' 'tests/vm/run'; do
        grep -qF -e "$c" "$1" || echo "command: $c"
    done
}
finds 'the README names every stage, option, header and example' unmentioned README.md
control 'a README that does not' unmentioned /dev/null
# Names of functions and constants in the README are real.
unknown() { # README
    grep -oE '\b(contain|container)_[a-z0-9_]+\b' "$1" | sort -u | while read -r n; do
        grep -rqw -e "$n" include || grep -qE "(^|[^a-z_])$n\*" "$1" || echo "$n"
    done
    grep -oE '\bCONTAIN_[A-Z0-9_]+\b' "$1" | sort -u | while read -r n; do
        grep -rqw -e "$n" include || echo "$n"
    done
    grep -oE '\b(lib|tests|examples|include)/[A-Za-z0-9_./-]*[A-Za-z0-9_]' "$1" | sort -u |
        while read -r n; do [ -e "$n" ] || echo "$n does not exist"; done
}
finds 'what the README names exists' unknown README.md
# The program that newcomers copy is the one that the tests run.
sed -n '/^```c$/,/^```$/p' README.md | sed '1d;$d' >"$tap_dir/first.c"
sed '1,/^ \*\/$/d' examples/02_facade.c >"$tap_dir/facade.c"
check 'the program in the README is examples/02_facade.c' \
    diff -u "$tap_dir/facade.c" "$tap_dir/first.c"
echo 'container_nosuch() CONTAIN_NO lib/nosuch.c' >"$tap_dir/README"
control 'a README that invents' unknown "$tap_dir/README"
done_testing
