/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "namespace.h"
#include "id_map.h"
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
	if (!(types & CONTAIN_NS_MNT) && !(p->joined & CONTAIN_NS_MNT))
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

static int add_range(container_spec *spec, const char *field, struct ct_id_map *map,
		     struct ct_id_range range)
{
	char why[200];
	int r = ct_id_map_append(map, range, why, sizeof(why));

	return r < 0 ? ct_spec_fail(spec, r, field, "%s", why) : 0;
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

static int check_map(container_spec *spec, const char *field, const contain_id_map *map)
{
	if (map && !map->map.n)
		return ct_spec_fail(spec, -EINVAL, field, "the map has no range");
	return 0;
}

int container_spec_set_id_maps(container_spec *spec, const contain_id_map *uid_map,
			       const contain_id_map *gid_map)
{
	struct ct_id_map uid = { 0 }, gid = { 0 };
	struct ct_namespace_part *p;
	int r = ct_spec_part(spec, CT_MODULE_NAMESPACE, "uid_map", &p);

	if (!r)
		r = check_map(spec, "uid_map", uid_map);
	if (!r)
		r = check_map(spec, "gid_map", gid_map);
	if (r < 0)
		return r;
	if (uid_map)
		r = ct_id_map_copy(&uid, &uid_map->map);
	if (!r && gid_map)
		r = ct_id_map_copy(&gid, &gid_map->map);
	if (r < 0) {
		free(uid.range);
		return ct_spec_fail(spec, r, "uid_map", "out of memory");
	}
	if (uid_map) {
		free(p->uid.range);
		p->uid = uid;
	}
	if (gid_map) {
		free(p->gid.range);
		p->gid = gid;
	}
	return 0;
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
