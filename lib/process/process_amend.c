/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "process.h"
#include "plan/amend.h"

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

int ct_process_amend(void *part, const void *over, struct ct_compile *c)
{
	struct ct_values *v = &((struct ct_process_part *)part)->values;
	const struct ct_values *o = &((const struct ct_process_part *)over)->values;

	if (o->argv)
		v->argv = o->argv;
	if (o->env)
		v->env = o->env;
	if (o->cwd)
		v->cwd = o->cwd;
	return o->nfds ? amend_fds(v, o, c) : 0;
}
