#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# suite.sh SUITE DIRECTORY - a small root file system of another Debian suite
#
# Made of what the suite's base-files (who am I?) and busybox-static hold, fetched by apt from where
# this machine gets its packages, without touching its own lists. The packages are kept in
# ${XDG_CACHE_HOME:-$HOME/.cache}/libcontain/SUITE.
# Exit: 0, or 1 with the reason in one line.
set -u
suite=$1 root=$2
cache=${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/libcontain/$suite
die() { echo "$*"; exit 1; }
command -v apt-get >/dev/null && command -v dpkg-deb >/dev/null || die "this is no Debian"
uri=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 2>/dev/null |
    grep -m 1 '/debian/*$') || die "apt has no source of Debian"

fetch() { # into $1
    mkdir -p "$1/lists/partial" "$1/archives/partial" && : >"$1/status" || return 1
    key=/usr/share/keyrings/debian-archive-keyring.gpg
    echo "deb [signed-by=$key] $uri $suite main" >"$1/sources.list"
    set -- -qq -o Dir::Etc::sourcelist="$1/sources.list" -o Dir::Etc::sourceparts=- \
        -o Dir::State::status="$1/status" -o Dir::State::lists="$1/lists" -o Dir::Cache="$1" \
        -o APT::Sandbox::User=root -o Acquire::Languages=none -o Acquire::Retries=1
    apt-get "$@" update && apt-get "$@" download base-files busybox-static
}
if ! ls "$cache"/*.deb >/dev/null 2>&1; then
    new=$(mktemp -d) || exit 1
    trap 'rm -rf "$new"' EXIT
    trap 'exit 1' INT TERM HUP
    (cd "$new" && fetch "$new") >"$new/log" 2>&1 </dev/null ||
        die "$suite cannot be fetched: $(tail -n 1 "$new/log")"
    mkdir -p "$cache" && cp "$new"/*.deb "$cache" || die "$cache cannot be written"
fi
mkdir -p "$root" || exit 1
for deb in "$cache"/*.deb; do dpkg-deb -x "$deb" "$root" || die "$deb cannot be unpacked"; done
for dir in bin proc sys dev tmp; do [ -e "$root/$dir" ] || mkdir "$root/$dir"; done
for busybox in usr/bin/busybox bin/busybox; do
    [ ! -x "$root/$busybox" ] || [ -e "$root/bin/busybox" ] || ln "$root/$busybox" "$root/bin/"
done
for name in sh cat hostname uname; do ln -sf busybox "$root/bin/$name"; done
