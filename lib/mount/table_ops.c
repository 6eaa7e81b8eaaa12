/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Runs in a child that shares memory and fds with the caller, which sleeps meanwhile. */
#include "table.h"
#include "sys/sys.h"

int ct_table_child_run(void *arg)
{
	struct ct_table_child *c = arg;

	c->ret = ct_sys_setns(c->ns_fd, CLONE_NEWNS);
	c->entered = c->ret == 0;
	if (c->entered)
		c->ret = ct_sys_openat(c->proc_fd, c->file, O_RDONLY | O_CLOEXEC, 0);
	return 0;
}
