/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "namespace.h"
#include "id_map.h"
#include "plan/error.h"
#include "sys/sys.h"

#include <contain/namespace.h>
#include <stdio.h>

static int fail(contain_error **reterr, int err, const char *op, const char *object,
		const char *hint)
{
	return ct_error_simple(reterr, err, CONTAIN_PHASE_PARENT, op, object, hint);
}

int contain_ns_loopback_up(contain_error **reterr)
{
	int r = ct_ns_loopback_up();

	if (r >= 0) {
		ct_sys_close(r);
		return 0;
	}
	return fail(reterr, r, "loopback-up", "lo",
		    r == -EPERM ? "needs CAP_NET_ADMIN in this network namespace" : NULL);
}

int contain_ns_map_self(uint32_t uid, uint32_t gid, uint32_t outer_uid, uint32_t outer_gid,
			contain_error **reterr)
{
	char uid_map[48], gid_map[48];
	int fds[CT_OWN_MAPS], at, r;

	if (uid == UINT32_MAX || gid == UINT32_MAX || outer_uid == UINT32_MAX ||
	    outer_gid == UINT32_MAX)
		return fail(reterr, -EINVAL, "map-self", "id", "4294967295 is no id");
	snprintf(uid_map, sizeof(uid_map), "%u %u 1\n", uid, outer_uid);
	snprintf(gid_map, sizeof(gid_map), "%u %u 1\n", gid, outer_gid);
	r = ct_ns_map_own(uid_map, gid_map, fds, &at);
	for (int i = 0; i < CT_OWN_MAPS; i++)
		if (fds[i] >= 0)
			ct_sys_close(fds[i]);
	return r < 0 ? fail(reterr, r, "map-self", ct_ns_own_map_file(at), NULL) : 0;
}
