/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cgroup.h"
#include "cgroup_rows.h"
#include "sys/sys.h"

/* "0" is the writer itself, whatever its pid is in which namespace. */
int ct_cgroup_op_attach(struct ct_run *r, const struct ct_step *s)
{
	for (int64_t i = 0; i < s->arg[0]; i++) {
		ssize_t n;

		do {
			n = ct_sys_write(r->fd[CT_SLOT_V1 + i], "0", 1);
		} while (n == -EINTR);
		r->report->detail = (int32_t)i;
		if (n < 0)
			return (int)n;
	}
	return 0;
}

ct_step_run *const ct_cgroup_runs[ROWS] = {
	[ATTACH] = ct_cgroup_op_attach,
};
