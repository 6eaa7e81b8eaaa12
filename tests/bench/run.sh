#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# run.sh [-r ROUNDS] [-b MIB] [JOB...] - what a start costs beside raw C: times, then system calls
#
# Runs 500 rounds of each job; as root. With -b the parent has touched that much memory. BUILD is
# the build tree (build/dev).
set -eu
top=$(cd "$(dirname "$0")/../.." && pwd -P)
build=${BUILD:-$top/build/dev}/tests/bench
"$build/bench" -r 500 "$@"
echo
echo "System calls of parent and child, from the start to the end of the delete:"
echo
"$build/t_gate" | sed -n 's/^# \(.*raw [0-9].*\)/    \1/p; s/^# \(  .*against raw:.*\)/    \1/p'
