/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "container.h"
#include "namespace/namespace.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int container_spec_new(container_spec **ret_spec)
{
	container_spec *s;

	if (!ret_spec)
		return -EINVAL;
	s = calloc(1, sizeof(*s));
	if (!s)
		return -ENOMEM;
	s->modules = ct_modules;
	s->owners = 1;
	strcpy(s->name, "container");
	for (int i = 0; i < CT_MODULES; i++) {
		s->part[i] = calloc(1, ct_modules[i]->part_size);
		if (!s->part[i]) {
			container_spec_free(s);
			return -ENOMEM;
		}
		if (ct_modules[i]->part_init)
			ct_modules[i]->part_init(s->part[i]);
	}
	*ret_spec = s;
	return 0;
}

void container_spec_free(container_spec *spec)
{
	if (!spec || __atomic_fetch_sub(&spec->owners, 1, __ATOMIC_ACQ_REL) > 1)
		return;
	for (int i = 0; i < CT_MODULES; i++) {
		if (spec->part[i] && spec->modules[i]->part_free)
			spec->modules[i]->part_free(spec->part[i]);
		free(spec->part[i]);
	}
	free(spec);
}

int container_spec_set_name(container_spec *spec, const char *name)
{
	static const char letters[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";
	struct ct_container_part *p;
	char *copy = NULL;
	int r = ct_spec_part(spec, CT_MODULE_CONTAINER, "name", &p);

	if (!r)
		r = ct_spec_string(spec, "name", name, CT_NAME_MAX, &copy);
	if (r < 0)
		return r;
	if (copy[strspn(copy, letters)] || *copy == '.' || *copy == '-')
		r = ct_spec_fail(spec, -EINVAL, "name",
				 "holds something else than letters, digits, '-', '_' and '.', or "
				 "starts with '-' or '.'");
	else
		strcpy(spec->name, copy);
	free(copy);
	return r;
}

int container_spec_set_init(container_spec *spec, int on)
{
	return ct_spec_flag(spec, CT_MODULE_CONTAINER, "init", on,
			    offsetof(struct ct_container_part, init));
}

int container_spec_set_monitor(container_spec *spec, int on)
{
	return ct_spec_flag(spec, CT_MODULE_CONTAINER, "monitor", on,
			    offsetof(struct ct_container_part, monitor));
}

int container_spec_join_container(container_spec *spec, const container *other, uint64_t types)
{
	static const char field[] = "join_container";
	void *unused;
	int r = ct_spec_part(spec, CT_MODULE_CONTAINER, field, &unused);

	if (r < 0)
		return r;
	if (!other)
		return ct_spec_fail(spec, -EINVAL, field, "the container is NULL");
	return ct_namespace_join_process(spec, field, other->pidfd, types);
}

int container_spec_set_setup_timeout(container_spec *spec, int64_t timeout_msec)
{
	struct ct_container_part *p;
	int r = ct_spec_part(spec, CT_MODULE_CONTAINER, "setup_timeout_msec", &p);

	if (r < 0)
		return r;
	if (timeout_msec < 0 || timeout_msec > INT64_MAX / 1000000)
		return ct_spec_fail(spec, -EINVAL, "setup_timeout_msec",
				    "%lld is no length of time", (long long)timeout_msec);
	p->setup_timeout_msec = timeout_msec;
	return 0;
}
