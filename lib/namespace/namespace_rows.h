/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The module's rows: of its table of operations, and of its table of functions for the child. */
#ifndef CT_NAMESPACE_ROWS_H
#define CT_NAMESPACE_ROWS_H

#include "plan/run.h"

enum {
	MAP_SELF,
	MAP_WAIT,
	WRITE_MAPS,
	NEWUIDMAP,
	NEWGIDMAP,
	UNSHARE_CGROUP,
	HOSTNAME,
	LOOPBACK,
	TIME,
	HIDE,
	JOIN,
	BECOME,
	DOMAINNAME,
	SYSCTL,
	OPEN_PROC,
	NESTED,
	IDMAP,
	ROWS
};

extern ct_step_run *const ct_namespace_runs[ROWS];

#endif
