#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# install-packages.sh [GROUP...] - install what is missing of the groups in tests/packages
#
# Without arguments: build, test, guest. Says nothing when nothing is missing.
# Exit: 0 all there, 1 something could not be installed, 2 bad usage.
set -u
export LC_ALL=C DEBIAN_FRONTEND=noninteractive
PATH=$PATH:/usr/sbin:/sbin
here=$(cd "$(dirname "$0")" && pwd) || exit 2
case ${1-} in -h | --help) sed -n '4,7s/^# \{0,1\}//p' "$0"; exit 0 ;; esac
[ $# -gt 0 ] || set -- build test guest

die() { echo "install-packages: $*" >&2; exit 1; }

# packages_of GROUP: its packages; fails when there is no such group
packages_of() {
    in=0 found=1
    while read -r word _; do
        case $word in
        '' | '#'*) ;;
        "[$1]") in=1 found=0 ;;
        '['*) in=0 ;;
        *) [ $in = 0 ] || echo "$word" ;;
        esac
    done <"$here/packages"
    return $found
}

want=
for group; do
    names=$(packages_of "$group") || {
        echo "install-packages: no group '$group' in tests/packages" >&2
        exit 2
    }
    want="$want $names"
done
command -v dpkg-query >/dev/null ||
    die "this is no Debian; install the like of these by hand:$want"

# One dpkg-query for all: it is called at each start of the tests.
# shellcheck disable=SC2086 # a list of names
have=$(dpkg-query -W -f '${db:Status-Status} ${Package}\n' $want 2>/dev/null)
missing=
for name in $want; do
    case "
$have
" in *"
installed $name
"*) ;; *) case " $missing " in *" $name "*) ;; *) missing="$missing $name" ;; esac ;; esac
done
[ "$missing" ] || exit 0
[ "$(id -u)" = 0 ] || die "not root, and these packages are missing:$missing
  as root: apt-get install --no-install-recommends$missing"

log=$(mktemp) || exit 1
trap 'rm -f "$log"' EXIT
trap 'exit 1' INT TERM HUP

updated=
update() {
    [ ! "$updated" ] || return 0
    updated=1
    # A broken third-party source makes this fail while Debian's own lists are fine: the
    # installation decides.
    apt-get -q -o Acquire::Retries=3 update >>"$log" 2>&1 || :
}
install() {
    # shellcheck disable=SC2086
    apt-get -q -y -o Acquire::Retries=3 -o DPkg::Lock::Timeout=300 \
        install --no-install-recommends $missing >>"$log" 2>&1
}

# A package without a candidate: the lists were never fetched. An installation that fails: they may
# be older than the archive.
for name in $missing; do
    [ "$(apt-cache --no-all-versions show "$name" 2>/dev/null)" ] || { update; break; }
done
if ! install && { [ "$updated" ] || { update; ! install; }; }; then
    tail -n 25 "$log" >&2
    die "could not install:$missing (above: the end of apt's output)"
fi
echo "install-packages: installed$missing"
