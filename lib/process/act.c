/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Capabilities, ids and keyring of the calling thread. */
#include "act.h"
#include "identity.h"
#include "process.h"
#include "sys/path.h"

#include <errno.h>
#include <linux/prctl.h>
#include <stdio.h>
#include <stdlib.h>

#define GROUPS_MAX 65536

int ct_process_failed(contain_error **reterr, int err, const char *op, const char *object,
		      const char *hint)
{
	if (!hint && err == -ENOSYS)
		hint = "this kernel, or a filter, does not have the call";
	if (!hint && err == -EIO)
		hint = "the kernel took the value and has another one";
	return ct_error_simple(reterr, err, CONTAIN_PHASE_PARENT, op, object, hint);
}

int ct_process_refused(contain_error **reterr, const char *op, const char *object, const char *why)
{
	return ct_error_simple(reterr, -EINVAL, CONTAIN_PHASE_PARENT, op, object, why);
}

/* The last capability that the kernel knows: others are -EINVAL. */
static int last_capability(void)
{
	int cap = CT_CAPABILITIES, r = -EINVAL;

	while (r == -EINVAL && cap-- > 0)
		r = ct_sys_prctl(PR_CAPBSET_READ, (unsigned long)cap, 0, 0, 0);
	return r < 0 ? r : cap;
}

int contain_process_get_capabilities(uint64_t *ret_effective, uint64_t *ret_permitted,
				     uint64_t *ret_inheritable, uint64_t *ret_bounding,
				     uint64_t *ret_ambient, contain_error **reterr)
{
	struct ct_cap_sets has;
	int last = last_capability(), r = last < 0 ? last : ct_process_get_sets(&has, last);

	if (r < 0)
		return ct_process_failed(reterr, r, "get-capabilities", "capabilities", NULL);
	if (ret_effective)
		*ret_effective = has.effective;
	if (ret_permitted)
		*ret_permitted = has.permitted;
	if (ret_inheritable)
		*ret_inheritable = has.inheritable;
	if (ret_bounding)
		*ret_bounding = has.bounding;
	if (ret_ambient)
		*ret_ambient = has.ambient;
	return 0;
}

/* Only what is in it and has to go, so that who keeps all of it needs no right to. */
static int bound(uint64_t has, uint64_t keep)
{
	int r = 0;

	if (keep & ~has)
		return -EPERM;
	for (unsigned long cap = 0; cap < CT_CAPABILITIES && !r; cap++)
		if ((has & ~keep) >> cap & 1)
			r = ct_sys_prctl(PR_CAPBSET_DROP, cap, 0, 0, 0);
	return r;
}

int contain_process_set_capabilities(uint64_t effective, uint64_t permitted, uint64_t inheritable,
				     uint64_t bounding, uint64_t ambient, contain_error **reterr)
{
	const char *const op = "set-capabilities";
	struct ct_cap_sets want = { effective, permitted, inheritable, bounding, ambient }, has;
	int at = 0, last = last_capability();
	const char *set, *why = ct_cap_sets_wrong(&want, &set);
	uint64_t all = last < 0 ? 0 : (2ULL << last) - 1;
	int r;

	if (why)
		return ct_process_refused(reterr, op, set, why);
	if (last < 0)
		return ct_process_failed(reterr, last, op, "capabilities", NULL);
	if ((permitted | bounding) & ~all)
		return ct_process_refused(reterr, op, "capabilities",
					  "has a capability that this kernel does not have");
	r = ct_process_get_sets(&has, last);
	if (!r)
		r = bound(has.bounding, bounding);
	if (r < 0)
		return ct_process_failed(reterr, r, op, "bounding",
					 r == -EPERM ? "a smaller bounding set needs CAP_SETPCAP, "
						       "and what it has lost cannot come back" :
						       NULL);
	r = ct_process_put_sets(&want, 0, 0, &at);
	if (!r) {
		at = CT_SETS_CHECK;
		r = ct_process_check_sets(&want, last, 0, 0);
	}
	return r < 0 ? ct_process_failed(reterr, r, op, "capabilities",
					 ct_process_why_sets(r, at)) :
		       0;
}

int contain_process_set_no_new_privs(contain_error **reterr)
{
	int r = ct_process_set_no_new_privs();

	if (!r)
		r = ct_sys_prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0);
	if (r == 1)
		return 0;
	return ct_process_failed(reterr, r < 0 ? r : -EIO, "set-no-new-privs", "no_new_privs",
				 r == -EPERM ? "a filter refuses prctl(2)" : NULL);
}

int contain_process_set_securebits(uint32_t securebits, contain_error **reterr)
{
	int r;

	if (securebits & ~0xffU)
		return ct_process_refused(reterr, "set-securebits", "securebits",
					  "has bits beyond 0xff");
	r = ct_sys_prctl(PR_SET_SECUREBITS, securebits, 0, 0, 0);
	if (!r)
		r = ct_sys_prctl(PR_GET_SECUREBITS, 0, 0, 0, 0);
	if (r >= 0 && (uint32_t)r == securebits)
		return 0;
	return ct_process_failed(reterr, r < 0 ? r : -EIO, "set-securebits", "securebits",
				 r == -EPERM ? "needs CAP_SETPCAP, and a bit that is locked "
					       "cannot change" :
					       NULL);
}

int contain_process_get_securebits(uint32_t *ret, contain_error **reterr)
{
	int r;

	if (!ret)
		return ct_process_refused(reterr, "get-securebits", "ret", "is NULL");
	r = ct_sys_prctl(PR_GET_SECUREBITS, 0, 0, 0, 0);
	if (r < 0)
		return ct_process_failed(reterr, r, "get-securebits", "securebits", NULL);
	*ret = (uint32_t)r;
	return 0;
}

static int put_ids(struct ct_run *run, uint32_t uid, uint32_t gid, const uint32_t *gids, size_t n,
		   const char **ret_object)
{
	struct ct_step s = { .arg = { uid, gid } };
	int r = ct_process_put_groups(gids, n);

	*ret_object = "groups";
	if (r < 0)
		return r;
	r = ct_process_op_user(run, &s);
	*ret_object = run->report->detail == CT_USER_UID ? "uid" : "gid";
	return r;
}

int contain_process_set_ids(uint32_t uid, uint32_t gid, const uint32_t *gids, size_t n,
			    contain_error **reterr)
{
	struct ct_report report = { 0 };
	struct ct_run run = { .report = &report };
	const char *object, *hint = NULL, *const op = "set-ids";
	int r;

	if (uid == UINT32_MAX || gid == UINT32_MAX)
		return ct_process_refused(reterr, op, uid == UINT32_MAX ? "uid" : "gid",
					  "4294967295 is no id");
	if ((!gids && n) || n > GROUPS_MAX)
		return ct_process_refused(reterr, op, "groups",
					  gids ? "are more than 65536" : "is NULL");
	for (size_t i = 0; i < n; i++)
		if (gids[i] == UINT32_MAX)
			return ct_process_refused(reterr, op, "groups", "4294967295 is no id");
	r = put_ids(&run, uid, gid, gids, n, &object);
	if (!r)
		return 0;
	if (r == -EPERM)
		hint = *object == 'u' ? "needs CAP_SETUID" :
		       *object == 'g' && object[1] == 'i' ?
					"needs CAP_SETGID" :
					"needs CAP_SETGID, and setgroups(2) is denied in a user "
					"namespace that an ordinary user has mapped alone";
	else if (r == -EINVAL)
		hint = "the user namespace does not map this id";
	else if (r == -EAGAIN)
		hint = "the user has more processes than RLIMIT_NPROC lets it have";
	return ct_process_failed(reterr, r, op, object, hint);
}

static int find(int root_fd, const struct ct_user_query *q, struct ct_user_found *found,
		const char *user, contain_error **reterr)
{
	char hint[256];
	int why, r = ct_user_find(root_fd, q, found, &why);

	return r < 0 ? ct_process_failed(reterr, r, "find-user", user,
					 ct_user_why_text(r, why, hint, sizeof(hint))) :
		       0;
}

int contain_process_find_user(int root_fd, const char *user, uint32_t *ret_uid, uint32_t *ret_gid,
			      uint32_t *ret_gids, size_t room, size_t *ret_n,
			      contain_error **reterr)
{
	const char *const op = "find-user";
	struct ct_user_found *found;
	struct ct_user_query q;
	const char *why;
	int r;

	if (!user || !ret_uid || !ret_gid || (!ret_gids && room))
		return ct_process_refused(reterr, op, user ? "ret" : "user", "is NULL");
	why = ct_user_query_parse(user, &q);
	if (why)
		return ct_process_refused(reterr, op, user, why);
	found = calloc(1, sizeof(*found));
	if (found && ret_n && room)
		found->groups = calloc(room, sizeof(*found->groups));
	if (!found || (ret_n && room && !found->groups)) {
		free(found);
		return ct_process_failed(reterr, -ENOMEM, op, user, NULL);
	}
	found->groups_room = room > UINT32_MAX ? UINT32_MAX : (uint32_t)room;
	q.groups = ret_n != NULL;
	r = find(root_fd, &q, found, user, reterr);
	if (!r) {
		*ret_uid = found->uid;
		*ret_gid = found->gid;
		for (uint32_t i = 0; i < found->ngroups; i++)
			ret_gids[i] = found->groups[i];
		if (ret_n)
			*ret_n = found->ngroups;
	}
	free(found->groups);
	free(found);
	return r;
}

int contain_process_join_keyring(const char *name, contain_error **reterr)
{
	const char *why = name ? ct_keyring_wrong(name) : NULL;
	int serial = 0, r;

	if (why)
		return ct_process_refused(reterr, "join-keyring", "name", why);
	r = ct_process_join_keyring(name, &serial);
	return r < 0 ? ct_process_failed(reterr, r, "join-keyring", name ? name : "keyring",
					 ct_process_why_keyring(r)) :
		       serial;
}
