/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "process.h"
#include "plan/amend.h"
#include "plan/compile.h"

#include <errno.h>

/* The plan's rules for other numbers, then those of the overrides. */
static int amend_fds(struct ct_values *v, const struct ct_values *o, struct ct_compile *c)
{
	struct ct_fdmap *all = ct_amend_join(c, v->fd, v->nfds, o->fd, o->nfds, sizeof(*all));
	size_t n = 0;

	if (!all)
		return -ENOMEM;
	for (size_t i = 0; i < v->nfds + o->nfds; i++) {
		int replaced = 0;

		for (size_t k = 0; i < v->nfds && k < o->nfds; k++)
			replaced |= o->fd[k].to == all[i].to;
		if (!replaced)
			all[n++] = all[i];
	}
	v->fd = all;
	v->nfds = n;
	return 0;
}

static int amend_values(struct ct_values *v, const struct ct_values *o, struct ct_compile *c)
{
	if (o->argv)
		v->argv = o->argv;
	if (o->env)
		v->env = o->env;
	if (o->cwd)
		v->cwd = o->cwd;
	return o->nfds ? amend_fds(v, o, c) : 0;
}

int ct_process_amend(void *part, const void *over, struct ct_compile *c)
{
	struct ct_process_part *p = part;
	const struct ct_process_part *o = over;

	if (o->user_set && !p->user_set)
		return ct_compile_fail(c, -EINVAL, "user",
				       "the plan runs its payload as the caller: call "
				       "container_spec_set_user() "
				       "before it is compiled");
	if (o->user_set) {
		p->uid = o->uid;
		p->gid = o->gid;
		p->identity.user_text = NULL; /* the plan's own string */
		p->identity.user_groups = p->identity.user_home = 0;
	}
	return amend_values(&p->values, &o->values, c);
}
