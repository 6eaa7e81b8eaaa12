/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The module's rows: of its table of operations, and of its table of functions for the child. */
#ifndef CT_TERMINAL_ROWS_H
#define CT_TERMINAL_ROWS_H

#include "plan/run.h"

enum {
	TERMINAL,
	CONTROLLING,
	ROWS
};

extern ct_step_run *const ct_terminal_runs[ROWS];

#endif
