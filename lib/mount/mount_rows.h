/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The module's rows: of its table of operations, and of its table of functions for the child. */
#ifndef CT_MOUNT_ROWS_H
#define CT_MOUNT_ROWS_H

#include "plan/run.h"

enum {
	CHECK_SOURCE,
	PROC,
	SYSFS,
	SYS_BIND,
	CGROUP2,
	CGROUP,
	TMPFS,
	ANY,
	UNION,
	CHECK_UNION,
	UNION_SCRATCH,
	DEV,
	DEV_NODES,
	DEV_BINDS,
	DEV_FS,
	BIND_SOURCE,
	IDMAP_SOURCE,
	BIND_PEER,
	BIND,
	BIND_LATE,
	EMPTY_DIR,
	MASK,
	READONLY,
	FILES,
	ADD_DIR,
	ADD_FILE,
	ADD_SYMLINK,
	CHECK_DEVICE,
	MAKE_DEVICE,
	BIND_DEVICE,
	ROWS
};

extern ct_step_run *const ct_mount_runs[ROWS];

#endif
