#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# What groups do on another kernel, where all controllers are on cgroup v2.
exec sh "$SRC/tests/examples/t_cg_groups.sh"
