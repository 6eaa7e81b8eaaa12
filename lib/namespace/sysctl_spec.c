/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A spec's sysctls and domain name. */
#include "namespace.h"
#include "sysctl.h"
#include "plan/spec.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int container_spec_set_domainname(container_spec *spec, const char *domainname)
{
	struct ct_namespace_part *p;
	int r = ct_spec_part(spec, CT_MODULE_NAMESPACE, "domainname", &p);

	return r < 0 ? r :
		       ct_spec_string(spec, "domainname", domainname, CT_NAME_MAX, &p->domainname);
}

static void free_one(struct ct_sysctl *s)
{
	free(s->name);
	free(s->path);
	free(s->value);
}

static int put(struct ct_sysctls *list, const struct ct_sysctl *new)
{
	struct ct_sysctl *p;

	for (size_t i = 0; i < list->n; i++)
		if (strcmp(list->item[i].path, new->path) == 0) {
			free_one(&list->item[i]);
			list->item[i] = *new;
			return 0;
		}
	p = reallocarray(list->item, list->n + 1, sizeof(*p));
	if (!p)
		return -ENOMEM;
	list->item = p;
	p[list->n++] = *new;
	return 0;
}

int container_spec_add_sysctl(container_spec *spec, const char *name, const char *value)
{
	const char *why, *bad = ct_sysctl_bad_value(value);
	struct ct_sysctl new = { 0 };
	struct ct_namespace_part *p;
	char path[CT_SYSCTL_NAME];
	int r = ct_spec_part(spec, CT_MODULE_NAMESPACE, "sysctl", &p);

	if (r < 0)
		return r;
	r = ct_sysctl_parse(name, path, &new.type, &why);
	if (r < 0)
		return ct_spec_fail(spec, r, "sysctl", "%.100s: %s", name ? name : "the name", why);
	if (bad)
		return ct_spec_fail(spec, -EINVAL, "sysctl", "%.100s: %s", name, bad);
	new.name = strdup(name);
	new.path = strdup(path);
	new.value = strdup(value);
	if (!new.name || !new.path || !new.value || put(&p->sysctls, &new) < 0) {
		free_one(&new);
		return ct_spec_fail(spec, -ENOMEM, "sysctl", "out of memory");
	}
	return 0;
}

void ct_namespace_free_sysctls(struct ct_namespace_part *p)
{
	for (size_t i = 0; i < p->sysctls.n; i++)
		free_one(&p->sysctls.item[i]);
	free(p->sysctls.item);
	free(p->domainname);
}
