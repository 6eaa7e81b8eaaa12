#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# A scope that systemd delegates: it is process 1 of a pid namespace there.
exec sh "$SRC/tests/examples/t_cg_scope.sh"
