/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cgroup.h"
#include "plan/amend.h"

#include <errno.h>

/* One by one: a limit that the plan has and the overrides leave alone stays. */
int ct_cgroup_amend(void *part, const void *over, struct ct_compile *c)
{
	struct ct_cgroup_part *p = part;
	const struct ct_cgroup_part *o = over;
	struct contain_limits all = { 0 };

	if (o->parent.path)
		p->parent = o->parent;
	if (!o->limits.n)
		return 0;
	all.room = p->limits.n + o->limits.n;
	all.v = ct_amend_alloc(c, all.room * sizeof(*all.v));
	if (!all.v)
		return -ENOMEM;
	ct_limits_merge_shallow(&p->limits, &o->limits, &all);
	p->limits = all;
	return 0;
}
