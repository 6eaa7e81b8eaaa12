/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What differs in one start. It is kept in a spec of which only what was set counts, so that
 * setters, their checks and their first failure are those of a spec.
 */
#include "container.h"
#include "process/process.h"

#include <contain/plan.h>
#include <contain/resources.h>
#include <contain/terminal.h>
#include <errno.h>
#include <stdlib.h>

static size_t aligned(size_t n)
{
	const size_t unit = _Alignof(max_align_t);

	return (n + unit - 1) / unit * unit;
}

int container_overrides_new(container_overrides **ret_overrides)
{
	size_t size = aligned(sizeof(container_overrides));
	container_overrides *o;
	char *at;

	if (!ret_overrides)
		return -EINVAL;
	for (int i = 0; i < CT_MODULES; i++)
		size += aligned(ct_modules[i]->part_size);
	o = calloc(1, size);
	if (!o)
		return -ENOMEM;
	o->spec.modules = ct_modules;
	at = (char *)o + aligned(sizeof(*o));
	for (int i = 0; i < CT_MODULES; i++) {
		o->spec.part[i] = at;
		at += aligned(ct_modules[i]->part_size);
	}
	o->values = &((struct ct_process_part *)o->spec.part[CT_MODULE_PROCESS])->values;
	*ret_overrides = o;
	return 0;
}

void container_overrides_free(container_overrides *overrides)
{
	if (!overrides)
		return;
	for (int i = 0; i < CT_MODULES; i++)
		if (ct_modules[i]->part_free)
			ct_modules[i]->part_free(overrides->spec.part[i]);
	free(overrides);
}

static container_spec *spec_of(container_overrides *o)
{
	return o ? &o->spec : NULL;
}

/* r is what the setter of a thing returned that changes steps, not values alone. */
static int steps_too(container_overrides *o, int r)
{
	if (o && !r)
		o->steps = 1;
	return r;
}

int container_overrides_set_argv(container_overrides *overrides, const char *const *argv)
{
	return container_spec_set_argv(spec_of(overrides), argv);
}

int container_overrides_set_env(container_overrides *overrides, const char *const *env)
{
	return container_spec_set_env(spec_of(overrides), env);
}

int container_overrides_set_cwd(container_overrides *overrides, const char *path)
{
	return container_spec_set_cwd(spec_of(overrides), path);
}

int container_overrides_add_fd(container_overrides *overrides, int fd, int child_fd)
{
	return container_spec_add_fd(spec_of(overrides), fd, child_fd);
}

int container_overrides_set_stdio(container_overrides *overrides, int child_fd, int source)
{
	int r = container_spec_set_stdio(spec_of(overrides), child_fd, source);

	return source < 0 ? steps_too(overrides, r) : r;
}

int container_overrides_set_terminal(container_overrides *overrides, uint32_t rows,
				     uint32_t columns)
{
	return steps_too(overrides,
			 container_spec_set_terminal(spec_of(overrides), rows, columns));
}

int container_overrides_add_bind(container_overrides *overrides, int dirfd, const char *source,
				 const char *target, uint32_t flags)
{
	return steps_too(overrides,
			 container_spec_add_bind(spec_of(overrides), dirfd, source, target, flags));
}

int container_overrides_set_hostname(container_overrides *overrides, const char *hostname)
{
	return steps_too(overrides, container_spec_set_hostname(spec_of(overrides), hostname));
}

int container_overrides_set_memory_max(container_overrides *overrides, uint64_t bytes)
{
	return steps_too(overrides, container_spec_set_memory_max(spec_of(overrides), bytes));
}

int container_overrides_set_pids_max(container_overrides *overrides, uint64_t pids)
{
	return steps_too(overrides, container_spec_set_pids_max(spec_of(overrides), pids));
}

int container_overrides_set_cpu_max(container_overrides *overrides, uint64_t quota_usec,
				    uint64_t period_usec)
{
	return steps_too(overrides,
			 container_spec_set_cpu_max(spec_of(overrides), quota_usec, period_usec));
}

int container_overrides_set_limits(container_overrides *overrides, const contain_limits *limits)
{
	return steps_too(overrides, container_spec_set_limits(spec_of(overrides), limits));
}

int container_overrides_set_cgroup_parent(container_overrides *overrides, int dirfd,
					  const char *path)
{
	return steps_too(overrides,
			 container_spec_set_cgroup_parent(spec_of(overrides), dirfd, path));
}

int container_overrides_set_user(container_overrides *overrides, uint32_t uid, uint32_t gid)
{
	return steps_too(overrides, container_spec_set_user(spec_of(overrides), uid, gid));
}

int container_overrides_add_uid_range(container_overrides *overrides, uint32_t inside,
				      uint32_t outside, uint32_t count)
{
	return steps_too(overrides,
			 container_spec_add_uid_range(spec_of(overrides), inside, outside, count));
}

int container_overrides_add_gid_range(container_overrides *overrides, uint32_t inside,
				      uint32_t outside, uint32_t count)
{
	return steps_too(overrides,
			 container_spec_add_gid_range(spec_of(overrides), inside, outside, count));
}
