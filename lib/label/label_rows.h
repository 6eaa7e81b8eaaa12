/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The module's rows: of its table of operations, and of its table of functions for the child. */
#ifndef CT_LABEL_ROWS_H
#define CT_LABEL_ROWS_H

#include "plan/run.h"

enum { CHECK, WRITE, ROWS };

extern ct_step_run *const ct_label_runs[ROWS];

#endif
