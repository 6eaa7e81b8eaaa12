/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "types.h"

#include <contain/namespace.h>

const struct ct_ns_type ct_ns_types[CT_NS_TYPES] = {
	[CT_NS_USER] = { CONTAIN_NS_USER, "user" },
	[CT_NS_MNT] = { CONTAIN_NS_MNT, "mnt" },
	[CT_NS_PID] = { CONTAIN_NS_PID, "pid" },
	[CT_NS_UTS] = { CONTAIN_NS_UTS, "uts" },
	[CT_NS_IPC] = { CONTAIN_NS_IPC, "ipc" },
	[CT_NS_NET] = { CONTAIN_NS_NET, "net" },
	[CT_NS_CGROUP] = { CONTAIN_NS_CGROUP, "cgroup" },
	[CT_NS_TIME] = { CONTAIN_NS_TIME, "time" },
};

int ct_ns_index(uint64_t type)
{
	for (int i = 0; i < CT_NS_TYPES; i++)
		if (ct_ns_types[i].type == type)
			return i;
	return -1;
}
