#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# A host in Node. Debian 12 has no package with an ffi for it: koffi comes by npm, once, and lies
# outside of the tree then. Without Node, npm or a network there is no such test.
set -u
. "$SRC/tests/tap.sh"
version=3.3.4
modules=${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/libcontain/node/koffi-$version

none() {
    skip 'node' "$1"
    done_testing
}
command -v node >/dev/null || none 'no node: sh tests/install-packages.sh node'
if [ ! -d "$modules/node_modules/koffi" ]; then
    command -v npm >/dev/null || none 'no npm: sh tests/install-packages.sh node'
    mkdir -p "$modules.new" || none "cannot make $modules"
    # prebuilt: no script of a package runs here
    run timeout 60 npm install --prefix "$modules.new" --ignore-scripts --no-audit --no-fund \
        --no-save "koffi@$version"
    [ "$rc" = 0 ] || {
        sed 's/^/# /' "$tap_out"
        rm -rf "$modules.new"
        none 'npm cannot fetch koffi'
    }
    rm -rf "$modules"
    mv "$modules.new" "$modules"
fi
export JOB="$BUILD/tests/hosts/job" ROOT="$tap_dir/root" LIBRARY="$BUILD/lib/libcontain.so.0"
export NODE_PATH="$modules/node_modules"
run node -e "require('koffi')"
[ "$rc" = 0 ] || none "koffi $version does not load in node $(node --version)"
mkdir -p "$ROOT/bin"
cp "$JOB" "$ROOT/bin/job"
check "node $(node --version), koffi $version" node "$SRC/tests/hosts/node_host.cjs"
[ "$rc" != 0 ] || sed 's/^/# /' "$tap_out"
done_testing
