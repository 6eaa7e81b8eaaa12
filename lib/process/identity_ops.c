/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who the payload is: groups, ids, and the files that become its own. */
#include "identity.h"
#include "process.h"
#include "sys/sys.h"

/* What the kernel says it did is not taken for done: a filter may answer in its place. */
static int check_groups(const uint32_t *want, size_t n)
{
	uint32_t got[CT_GROUPS_COMPARED];
	int count = ct_sys_getgroups(0, NULL);

	if (count < 0 || (size_t)count != n)
		return count < 0 ? count : -EIO;
	if (!n || n > CT_GROUPS_COMPARED)
		return 0;
	count = ct_sys_getgroups(n, got);
	if (count < 0)
		return count;
	for (size_t i = 0; i < n; i++) {
		size_t k = 0;

		while (k < n && got[k] != want[i])
			k++;
		if (k == n)
			return -EIO;
	}
	return 0;
}

int ct_process_put_groups(const uint32_t *groups, size_t n)
{
	int err = ct_sys_setgroups(n, groups);

	return err < 0 ? err : check_groups(groups, n);
}

int ct_process_op_groups(struct ct_run *r, const struct ct_step *s)
{
	const uint32_t *groups = (const uint32_t *)ct_block_str(r->plan, s->str[0]);
	size_t n = (size_t)s->arg[0];

	if (s->arg[2]) { /* the image has told them */
		groups = r->found->groups;
		n = r->found->ngroups;
	}
	return ct_process_put_groups(groups, n);
}

static int check_ids(const uint32_t *ids, uint32_t want)
{
	return ids[0] == want && ids[1] == want && ids[2] == want ? 0 : -EIO;
}

/* The file system ids follow the effective ones, credentials(7). */
int ct_process_op_user(struct ct_run *r, const struct ct_step *s)
{
	uint32_t uid = r->found ? r->found->uid : (uint32_t)s->arg[0];
	uint32_t gid = r->found ? r->found->gid : (uint32_t)s->arg[1];
	uint32_t ids[3];
	int err = ct_sys_setresgid(gid, gid, gid);

	if (!err)
		err = ct_sys_getresgid(&ids[0], &ids[1], &ids[2]);
	if (!err)
		err = check_ids(ids, gid);
	if (err < 0)
		return err;
	r->report->detail = CT_USER_UID;
	err = ct_sys_setresuid(uid, uid, uid);
	if (!err)
		err = ct_sys_getresuid(&ids[0], &ids[1], &ids[2]);
	return err < 0 ? err : check_ids(ids, uid);
}

/* The pipes of this start, or the payload could not open /dev/stdout, which is opened anew. */
int ct_process_op_own_stdio(struct ct_run *r, const struct ct_step *s)
{
	uint32_t uid = r->found ? r->found->uid : (uint32_t)s->arg[2];
	uint32_t gid = r->found ? r->found->gid : (uint32_t)s->arg[3];
	int err = 0;

	for (uint32_t i = 0; i < r->fdmaps && err >= 0; i++)
		/* an fd of this start's overrides may have taken its place */
		if (r->fdmap[i].pipe || r->fdmap[i].pty)
			err = ct_sys_fchown(r->fdmap[i].to, uid,
					    /* a terminal stays that of the group tty */
					    r->fdmap[i].pty ? UINT32_MAX : gid);
	return err;
}
