/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "namespace.h"
#include "namespace_rows.h"
#include "sys/sys.h"

#include <linux/prctl.h>

/*
 * A process of the container could trace the one that enters, or open its fds, before it is as
 * restricted as the payload (CVE-2016-9962). exec makes the payload dumpable again.
 */
int ct_ns_op_hide(struct ct_run *r, const struct ct_step *s)
{
	return ct_sys_prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

int ct_ns_op_join(struct ct_run *r, const struct ct_step *s)
{
	if (s->arg[1]) { /* of the caller; inside they could not be dropped any more */
		int err = ct_sys_setgroups(0, NULL);

		if (err < 0) {
			r->report->detail = CT_JOIN_GROUPS;
			return err;
		}
	}
	return ct_sys_setns(r->fd[s->slot], (int)s->arg[0]);
}

/*
 * In a joined user namespace: set-up makes files, and who has no id there cannot. The payload's
 * own where there is no root.
 */
int ct_ns_op_become(struct ct_run *r, const struct ct_step *s)
{
	uint32_t uid = (uint32_t)s->arg[1], gid = (uint32_t)s->arg[2];
	int err = ct_sys_setresgid(0, 0, 0);

	if (err == -EINVAL && s->arg[0])
		err = ct_sys_setresgid(gid, gid, gid);
	if (!err)
		err = ct_sys_setresuid(0, 0, 0);
	if (err == -EINVAL && s->arg[0])
		err = ct_sys_setresuid(uid, uid, uid);
	return err;
}
