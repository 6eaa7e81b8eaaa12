/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The module's rows: of its table of operations, and of its table of functions for the child. */
#ifndef CT_PROCESS_ROWS_H
#define CT_PROCESS_ROWS_H

#include "plan/run.h"

enum {
	CHECK_FDS,
	SESSION,
	UMASK,
	OPEN_NULL,
	FDS,
	SIGNALS,
	OOM_SCORE,
	RAISE_LIMIT,
	BOUND,
	OWN_STDIO,
	GROUPS,
	USER,
	CAPABILITIES,
	NO_NEW_PRIVS,
	LISTEN,
	CHECK_PROGRAM,
	CWD,
	LIMIT,
	EXEC,
	SETS,
	FIND_USER,
	KEEP_CAPABILITIES,
	KEYRING,
	PERSONALITY,
	LOCK_PERSONALITY,
	SCHED,
	AFFINITY,
	IOPRIO,
	ROWS
};

extern ct_step_run *const ct_process_runs[ROWS];

#endif
