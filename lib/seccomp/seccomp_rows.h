/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The module's rows: of its table of operations, and of its table of functions for the child. */
#ifndef CT_SECCOMP_ROWS_H
#define CT_SECCOMP_ROWS_H

#include "plan/run.h"

enum { LOAD, LISTEN, ROWS };

extern ct_step_run *const ct_seccomp_runs[ROWS];

#endif
