#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# tests/roots/debian.sh - prints where a Debian root file system is, and makes it the first time
#
# debootstrap's smallest, of the release and from the archive that this machine's apt uses, without
# a network of its own needed later. It lies below
# ${XDG_CACHE_HOME:-$HOME/.cache}/libcontain/debian (DEBIAN_CACHE overrides) and is nobody's to
# write: take it as a layer, or copy it.
# Exit: 0, or 77 with the reason on stderr where it cannot be made here.
set -u
export LC_ALL=C
PATH=$PATH:/usr/sbin:/sbin
cache=${DEBIAN_CACHE:-${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/libcontain/debian}
no() { echo "$*" >&2; exit 77; }

[ "$(id -u)" = 0 ] || no 'needs root: the files of a Debian have several owners'
# shellcheck source=/dev/null
release=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")
tree=$cache/$release
if [ ! -e "$tree/ok" ]; then
    command -v debootstrap >/dev/null || no 'debootstrap is missing: sh tests/install-packages.sh'
    # shellcheck disable=SC2016 # apt's own variables
    site=$(apt-get indextargets --format '$(SITE) $(CODENAME)' 'Created-By: Packages' 2>/dev/null |
        awk -v r="$release" '$2 == r { print $1; exit }')
    [ "$release" ] && [ "$site" ] || no "apt has no archive of the release '$release'"
    mkdir -p "$cache" || no "cannot make $cache"
    # Two at once must not unpack into each other; one that was interrupted must not look complete.
    exec 9>"$cache/lock"
    flock 9
    if [ ! -e "$tree/ok" ]; then
        rm -rf "$cache/new" "$tree"
        mkdir "$cache/new"
        timeout 240 debootstrap --variant=minbase "$release" "$cache/new/root" "$site" \
            >"$cache/log" 2>&1 || no "debootstrap: $(tail -n 1 "$cache/log")"
        rm -rf "$cache/new/root/var/cache/apt/archives" "$cache/new/root/var/lib/apt/lists"
        mkdir -p "$cache/new/root/var/cache/apt/archives/partial" \
            "$cache/new/root/var/lib/apt/lists/partial"
        : >"$cache/new/ok"
        mv "$cache/new" "$tree"
    fi
    exec 9>&-
fi
echo "$tree/root"
