/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "namespace.h"
#include "plan/spec.h"

#include <contain/namespace.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

int container_spec_set_namespaces(container_spec *spec, uint64_t types)
{
	const uint64_t known = CONTAIN_NS_MNT | CONTAIN_NS_UTS | CONTAIN_NS_IPC | CONTAIN_NS_PID |
			       CONTAIN_NS_NET | CONTAIN_NS_USER | CONTAIN_NS_CGROUP |
			       CONTAIN_NS_TIME;
	struct ct_namespace_part *p;
	int r = ct_spec_part(spec, CT_MODULE_NAMESPACE, "namespaces", &p);

	if (r < 0)
		return r;
	if (types & ~known)
		return ct_spec_fail(spec, -EINVAL, "namespaces", "unknown type 0x%llx",
				    (unsigned long long)(types & ~known));
	if (!(types & CONTAIN_NS_MNT))
		return ct_spec_fail(spec, -EINVAL, "namespaces",
				    "a container always has a mount namespace of its own");
	p->types = types;
	p->types_set = 1;
	return 0;
}

int container_spec_set_hostname(container_spec *spec, const char *hostname)
{
	struct ct_namespace_part *p;
	int r = ct_spec_part(spec, CT_MODULE_NAMESPACE, "hostname", &p);

	return r < 0 ? r : ct_spec_string(spec, "hostname", hostname, CT_NAME_MAX, &p->hostname);
}

static int overlaps(uint32_t a, uint32_t n, uint32_t b, uint32_t m)
{
	return (uint64_t)a < (uint64_t)b + m && (uint64_t)b < (uint64_t)a + n;
}

static int add_range(container_spec *spec, const char *field, struct ct_id_map *map,
		     struct ct_id_range new)
{
	struct ct_id_range *p;

	if (!new.count)
		return ct_spec_fail(spec, -EINVAL, field, "range %zu is empty", map->n);
	/* the last id, (uint32_t)-1, means "no change" to the kernel and is never mapped */
	if ((uint64_t) new.inside + new.count > UINT32_MAX ||
	    (uint64_t) new.outside + new.count > UINT32_MAX)
		return ct_spec_fail(spec, -EINVAL, field, "range %zu wraps around the end of the "
							  "ids", map->n);
	for (size_t i = 0; i < map->n; i++) {
		const struct ct_id_range *old = &map->range[i];

		if (overlaps(old->inside, old->count, new.inside, new.count))
			return ct_spec_fail(spec, -EINVAL, field,
					    "range %zu overlaps range %zu inside", map->n, i);
		if (overlaps(old->outside, old->count, new.outside, new.count))
			return ct_spec_fail(spec, -EINVAL, field,
					    "range %zu overlaps range %zu outside", map->n, i);
	}
	if (map->n >= CT_ID_RANGES_MAX)
		return ct_spec_fail(spec, -EINVAL, field, "range %zu is more than the kernel's %d",
				    map->n, CT_ID_RANGES_MAX);
	p = reallocarray(map->range, map->n + 1, sizeof(*p));
	if (!p)
		return ct_spec_fail(spec, -ENOMEM, field, "out of memory");
	map->range = p;
	p[map->n++] = new;
	return 0;
}

int container_spec_add_uid_range(container_spec *spec, uint32_t inside, uint32_t outside,
				 uint32_t count)
{
	struct ct_namespace_part *p;
	int r = ct_spec_part(spec, CT_MODULE_NAMESPACE, "uid_map", &p);

	return r < 0 ? r :
		       add_range(spec, "uid_map", &p->uid,
				 (struct ct_id_range){ inside, outside, count });
}

int container_spec_add_gid_range(container_spec *spec, uint32_t inside, uint32_t outside,
				 uint32_t count)
{
	struct ct_namespace_part *p;
	int r = ct_spec_part(spec, CT_MODULE_NAMESPACE, "gid_map", &p);

	return r < 0 ? r :
		       add_range(spec, "gid_map", &p->gid,
				 (struct ct_id_range){ inside, outside, count });
}

int container_spec_set_time_offset(container_spec *spec, int clock, int64_t seconds,
				   uint32_t nanoseconds)
{
	struct ct_namespace_part *p;
	int i, r = ct_spec_part(spec, CT_MODULE_NAMESPACE, "time_offset", &p);

	if (r < 0)
		return r;
	if (clock != CONTAIN_CLOCK_MONOTONIC && clock != CONTAIN_CLOCK_BOOTTIME)
		return ct_spec_fail(spec, -EINVAL, "time_offset",
				    "clock %d is neither monotonic (1) nor boottime (7)", clock);
	if (nanoseconds > 999999999)
		return ct_spec_fail(spec, -EINVAL, "time_offset",
				    "%u nanoseconds are a second or more", nanoseconds);
	i = clock == CONTAIN_CLOCK_MONOTONIC ? CT_CLOCK_MONOTONIC : CT_CLOCK_BOOTTIME;
	p->time[i] = (struct ct_time_offset){ 1, seconds, nanoseconds };
	return 0;
}
