/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The module's rows: of its table of operations, and of its table of functions for the child. */
#ifndef CT_LANDLOCK_ROWS_H
#define CT_LANDLOCK_ROWS_H

#include "plan/run.h"

enum { CREATE, PATH, PORT, ENFORCE, NONE, ROWS };

extern ct_step_run *const ct_landlock_runs[ROWS];

#endif
