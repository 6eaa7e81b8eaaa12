/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The module's rows: of its table of operations, and of its table of functions for the child. */
#ifndef CT_CGROUP_ROWS_H
#define CT_CGROUP_ROWS_H

#include "plan/run.h"

enum {
	CREATE,
	PLACE,
	LIMIT,
	DEVICES,
	DELEGATE,
	V1_CREATE,
	ATTACH,
	NONE,
	ROWS
};

extern ct_step_run *const ct_cgroup_runs[ROWS];

#endif
