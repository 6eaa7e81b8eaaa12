/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cgroup.h"

/* One by one: a limit that the plan has and the overrides leave alone stays. */
int ct_cgroup_amend(void *part, const void *over, struct ct_compile *c)
{
	struct ct_cgroup_part *p = part;
	const struct ct_cgroup_part *o = over;

	if (o->parent.path)
		p->parent = o->parent;
	if (o->memory_max)
		p->memory_max = o->memory_max;
	if (o->pids_max)
		p->pids_max = o->pids_max;
	if (o->cpu_quota) {
		p->cpu_quota = o->cpu_quota;
		p->cpu_period = o->cpu_period;
	}
	return 0;
}
