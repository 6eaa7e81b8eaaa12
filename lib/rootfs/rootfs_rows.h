/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The module's rows: of its table of operations, and of its table of functions for the child. */
#ifndef CT_ROOTFS_ROWS_H
#define CT_ROOTFS_ROWS_H

#include "plan/run.h"

enum {
	CHECK_DIR,
	PRIVATE,
	ROOT_DIR,
	SCRATCH,
	OVERLAY,
	OVERLAY_STRING,
	PIVOT,
	ROOT_TMPFS,
	CHECK_UPPER,
	UPPER,
	HOST_ROOT,
	HOST_LAYER,
	HOST_FILE,
	HOST_DIR,
	HOST_LINK,
	HOST_READONLY,
	SHARE,
	INITIAL,
	CHROOT,
	ROWS
};

extern ct_step_run *const ct_rootfs_runs[ROWS];

#endif
