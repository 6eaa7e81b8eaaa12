#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# The manual pages that doc/man.py makes of the headers: complete, and without a warning of those
# who format them.
set -u
. "$SRC/tests/tap.sh"
export LC_ALL=C.UTF-8 SOURCE_DATE_EPOCH=0

man=$tap_dir/man
generate() { # INCLUDEDIR MANDIR
    rm -rf "$2"
    python3 "$SRC/doc/man.py" "$1" "$2" 1.2.3
}
begin=$(date +%s%N)
check 'the pages are made' generate "$SRC/include" "$man"
msec=$((($(date +%s%N) - begin) / 1000000))
echo "# $(find "$man" -type f | wc -l) pages in $msec ms"
tap_result $((msec > 5000 * ${T_SLOW:-1})) 'in less than 5 s'
compare() { python3 "$SRC/tests/check/docs.py" "$SRC/include" "$man"; }
check 'a page for every function and header, with all that the comment says' compare
again() { generate "$SRC/include" "$tap_dir/again" && diff -r "$man" "$tap_dir/again"; }
check 'a second run makes the same' again
dated() {
    grep -q '^\.TH container_spawn 3 1970-01-01 "libcontain 1\.2\.3"' "$man/man3/container_spawn.3"
}
check 'date and version are those given' dated

# --- three programs format them ---
quiet() { # COMMAND...: succeeds and prints nothing, or it fails
    "$@" >"$tap_dir/said" 2>&1 && [ ! -s "$tap_dir/said" ] || { cat "$tap_dir/said"; return 1; }
}
lint() { quiet mandoc -T lint -W warning "$man"/man?/*; }
ditroff() { quiet groff -man -ww -z -Kutf8 "$man"/man?/*; }
man_db() { # as a reader sees it, without a warning
    for name in container_spawn container_spec_add_bind libcontain libcontain-feature; do
        MANWIDTH=80 man --warnings=w -l "$man"/man?/"$name".? 2>"$tap_dir/said" >"$tap_dir/page"
        [ ! -s "$tap_dir/said" ] && grep -q '^SEE ALSO' "$tap_dir/page" || {
            cat "$tap_dir/said"
            return 1
        }
    done
}
whatis() { # what mandb(8) takes as name and summary
    lexgrog "$man"/man?/* >"$tap_dir/names" || { cat "$tap_dir/names"; return 1; }
    [ "$(wc -l <"$tap_dir/names")" = "$(find "$man" -type f | wc -l)" ] &&
        grep -q 'container_spawn.3: "container_spawn - compiles' "$tap_dir/names"
}
check 'mandoc has no warning' lint
check 'groff has no warning' ditroff
check 'man has no warning' man_db
check 'each can be found by its summary' whatis
finds_page() { man -M "$man" -w container_spawn | grep -qxF "$man/man3/container_spawn.3"; }
check 'man finds a page below MANPATH' finds_page

# --- controls: one page changed ---
changed() { # WHAT PAGE SED COMMAND TEXT
    page=$man/$2
    cp "$page" "$tap_dir/saved"
    sed -i "$3" "$page"
    if cmp -s "$page" "$tap_dir/saved"; then
        echo "# the control changed nothing: $3"
        rc=0
    else
        run "$4"
    fi
    tap_rc=1
    [ $rc = 0 ] || ! grep -qF -e "$5" "$tap_out" || tap_rc=0
    tap_result $tap_rc "control: $1"
    cp "$tap_dir/saved" "$page"
}
changed 'a parameter that is not described' man3/container_wait.3 '/^\.I timeout_msec/,+1d' \
    compare 'timeout_msec is not described'
changed 'another prototype' man3/container_wait.3 's/int64_t/int32_t/' compare 'SYNOPSIS lacks'
changed 'an error that is not told' man3/container_wait.3 's/-ECHILD/an error/' compare \
    'ECHILD is not told'
changed 'an error that nobody returns' man3/container_wait.3 's/-ECHILD/-EIO/' compare \
    'EIO is told, and not documented'
changed 'a setter without the errors of all setters' man3/container_spec_set_cwd.3 \
    's/EBUSY/EXDEV/' compare 'EBUSY is not told'
changed 'a lost sentence' man3/container_kill.3 's/Does not wait//' compare "'wait' of the comment"
changed 'a reference to nothing' man3/container_kill.3 \
    's/^\.SH SEE.*/&\n.BR container_nosuch (3)/' compare 'container_nosuch(3) has no page'
changed 'a constant that is lost' man7/libcontain-error.7 's/CONTAIN_PHASE_PLAN/PLAN/' compare \
    'CONSTANTS lacks CONTAIN_PHASE_PLAN'
changed 'a function that is lost' man7/libcontain-error.7 's/contain_error_hint/hint/' compare \
    'FUNCTIONS lacks contain_error_hint'
changed 'an unknown macro' man3/container_kill.3 's/^\.SH DESCRIPTION/&\n.XY z/' lint 'XY'
changed 'an unknown macro: groff' man3/container_kill.3 's/^\.SH DESCRIPTION/&\n.XY z/' \
    ditroff 'XY'
changed 'an unknown macro: man' man3/container_spawn.3 's/^\.SH DESCRIPTION/&\n.XY z/' man_db 'XY'
changed 'no summary' man3/container_kill.3 's/^container_kill .*//' whatis 'container_kill.3'
mv "$man/man3/container_kill.3" "$man/man3/container_nosuch.3"
run compare
says 'control: a missing page' 'container_kill.3: no such page'
says 'control: a page of nothing' 'container_nosuch.3: a page of nothing'

# A comment that cannot be taken apart is an error and no page with a hole.
broken() { # WHAT SED TEXT: with this change in container.h nothing is made
    rm -rf "$tap_dir/include"
    cp -R "$SRC/include" "$tap_dir/include"
    sed -i "$2" "$tap_dir/include/contain/container.h"
    run generate "$tap_dir/include" "$tap_dir/broken"
    tap_rc=1
    [ $rc = 0 ] || [ -e "$tap_dir/broken" ] || ! grep -qF -e "$3" "$tap_out" || tap_rc=0
    tap_result $tap_rc "control: $1"
}
broken 'a comment without Since' '/^ \* container_kill/,/^int/s/ Since: .*//' \
    'container_kill(): it does not end with'
broken 'a comment of another name' 's/^ \* container_kill - /* container_end - /' \
    'container_kill():'
broken 'a parameter without a comment' '/^ \* @timeout_msec/d' 'container_wait(): described are'
done_testing
