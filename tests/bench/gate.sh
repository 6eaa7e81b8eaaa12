#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# gate.sh - the library makes at most 1.05 times the system calls of raw C, without those that
# ask about the group above, and the payload sees the same. Counts only: no time makes it fail.
# TAP. BUILD is the build tree (build/dev).
top=$(cd "$(dirname "$0")/../.." && pwd -P) || exit 1
exec "${BUILD:-$top/build/dev}/tests/bench/t_gate" "$@"
