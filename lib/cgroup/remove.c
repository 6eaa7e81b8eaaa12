/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "act.h"
#include "group_files.h"
#include "sys/helper.h"
#include "tree.h"

#include <contain/cgroup.h>
#include <stdio.h>
#include <string.h>

#define SLICE_NSEC 100000000ULL /* who comes while it waits is killed that often */

/* Who is in the way, for the hint. */
static void tell_pids(int fd, char *buf, size_t size)
{
	struct contain_pids pids = { 0 };

	ct_pids_read_below(fd, "cgroup.procs", &pids);
	ct_pids_sort(&pids);
	ct_pids_text(&pids, buf, size);
	ct_pids_drop(&pids);
}

static int kill_and_remove(int fd, int events, const char *name, uint64_t until_nsec)
{
	int r;

	do {
		uint64_t now = ct_now_nsec(), until = until_nsec;

		r = ct_group_kill_tree(fd);
		if (r < 0 && r != -ENOENT && r != -ENODEV && r != -EBUSY)
			return r;
		if (until_nsec && until_nsec - now > SLICE_NSEC && until_nsec > now)
			until = now + SLICE_NSEC;
		r = ct_group_remove_dir(fd, &events, name, until);
	} while (r == -EBUSY && until_nsec && ct_now_nsec() < until_nsec);
	return r;
}

static int remove_named(int parent_fd, const char *name, uint32_t flags, uint64_t until_nsec,
			char *pids, size_t size)
{
	int r, events, fd = ct_group_open(parent_fd, name);

	*pids = 0;
	if (fd < 0)
		return fd;
	r = events =
		ct_fd_up(ct_sys_openat(fd, "cgroup.events", O_RDONLY | O_CLOEXEC | O_NOFOLLOW, 0));
	if (events >= 0) {
		if (flags & CONTAIN_CGROUP_KILL)
			r = kill_and_remove(fd, events, name, until_nsec);
		else
			r = ct_group_remove_dir(fd, &events, name, until_nsec);
		ct_sys_close(events);
	}
	if (r == -EBUSY)
		tell_pids(fd, pids, size);
	ct_sys_close(fd);
	return r;
}

int contain_cgroup_remove_tree(int parent_fd, const char *name, uint32_t flags,
			       int64_t timeout_msec, contain_error **reterr)
{
	const char *op = "remove-group", *hint;
	char pids[120], buf[240];
	int r;

	if (flags & ~CONTAIN_CGROUP_KILL)
		return ct_group_fail(reterr, -EINVAL, op, "flags", "has an unknown flag");
	if (!name || !ct_group_name_ok(name))
		return ct_group_fail(reterr, -EINVAL, op, "name",
				     name ? ct_group_bad_name : "is NULL");
	if (timeout_msec < 0)
		return ct_group_fail(reterr, -EINVAL, op, "timeout_msec", "is negative");
	r = ct_group_check_arg(reterr, op, "parent_fd", parent_fd);
	if (r < 0)
		return r;
	/* an empty one goes in one call */
	if (ct_sys_unlinkat(parent_fd, name, AT_REMOVEDIR) == 0)
		return 0;
	r = remove_named(parent_fd, name, flags, ct_group_until(timeout_msec), pids, sizeof(pids));
	if (r >= 0)
		return 0;
	hint = ct_group_hint(r);
	if (r == -EBUSY) {
		if (*pids)
			snprintf(buf, sizeof(buf), "it has processes: %s; %s", pids,
				 flags & CONTAIN_CGROUP_KILL ? "they are killed and still ending" :
							       "contain_cgroup_kill() ends them");
		else
			snprintf(buf, sizeof(buf),
				 "groups below it are in the way: others make them, or it takes "
				 "longer to remove them all");
		hint = buf;
	}
	return ct_group_fail(reterr, r, op, name, hint);
}

int contain_cgroup_remove(int parent_fd, const char *name, int64_t timeout_msec,
			  contain_error **reterr)
{
	return contain_cgroup_remove_tree(parent_fd, name, 0, timeout_msec, reterr);
}

int contain_cgroup_gc(int parent_fd, const char *prefix, contain_error **reterr)
{
	const char *op = "collect-groups";
	int r;

	if (prefix && (!ct_group_name_ok(prefix) || strlen(prefix) > CT_GROUP_PREFIX_MAX))
		return ct_group_fail(reterr, -EINVAL, op, "prefix",
				     "is one name of at most 64 bytes, or NULL");
	r = ct_group_check_arg(reterr, op, "parent_fd", parent_fd);
	if (r < 0)
		return r;
	r = ct_group_gc_below(parent_fd, prefix);
	return r < 0 ? ct_group_fail(reterr, r, op, "", ct_group_hint(r)) : r;
}
