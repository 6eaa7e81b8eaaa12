#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Hosts in Python, over examples/binding.py: asyncio with every child watcher, and threads.
set -u
. "$SRC/tests/tap.sh"
export JOB="$BUILD/tests/hosts/job" ROOT="$tap_dir/root" LD_LIBRARY_PATH="$BUILD/lib"
export PYTHONDONTWRITEBYTECODE=1 PYTHONPATH="$SRC/examples"
mkdir -p "$ROOT/bin"
cp "$JOB" "$ROOT/bin/job"

for host in asyncio_host thread_host; do
    check "$host" python3 -X dev -W ignore::DeprecationWarning "$SRC/tests/hosts/$host.py"
    [ "$rc" != 0 ] || sed 's/^/# /' "$tap_out"
done
done_testing
