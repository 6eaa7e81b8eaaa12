/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Killing groups, where the kernel has a call for it and where not, and remembering it. */
#include "act.h"
#include "group_files.h"
#include "sys/path.h"
#include "tree.h"

#include <contain/cgroup.h>
#include <linux/xattr.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#define ROUNDS 200
#define BATCH 128
#define PAUSE_NSEC 200000

#define KILLED "user.contain.killed"

/*
 * A pid that was read may be another process' a moment later: it is pinned first, and killed only
 * when the group still names it afterwards.
 */
static int kill_some(int fd, const char *file, const int32_t *pid, size_t n)
{
	struct contain_pids now = { 0 };
	int pidfd[BATCH], r;

	for (size_t i = 0; i < n; i++)
		pidfd[i] = ct_sys_pidfd_open(pid[i], 0);
	r = ct_pids_read_below(fd, file, &now);
	if (r == 0)
		ct_pids_sort(&now);
	for (size_t i = 0; i < n; i++) {
		int err = pidfd[i];

		if (r == 0 && pidfd[i] >= 0 && ct_pids_has(&now, pid[i]))
			err = ct_sys_pidfd_send_signal(pidfd[i], SIGKILL, NULL, 0);
		if (r == 0 && err < 0 && err != -ESRCH)
			r = err;
		if (pidfd[i] >= 0)
			ct_sys_close(pidfd[i]);
	}
	ct_pids_drop(&now);
	return r;
}

static int is_subset(const struct contain_pids *a, const struct contain_pids *b)
{
	for (size_t i = 0; i < a->n; i++)
		if (!ct_pids_has(b, a->v[i]))
			return 0;
	return 1;
}

/* 1: all that there is was killed before, and is on its way out; 0: go on. */
static int kill_round(int fd, struct contain_pids *seen)
{
	struct contain_pids now = { 0 };
	int r = ct_pids_read_below(fd, "cgroup.procs", &now), done;

	if (r < 0) {
		ct_pids_drop(&now);
		return r == -ENOENT || r == -ENODEV ? 1 : r;
	}
	ct_pids_sort(&now);
	done = is_subset(&now, seen);
	for (size_t i = 0; i < now.n && r == 0; i += BATCH)
		r = kill_some(fd, "cgroup.procs", now.v + i, now.n - i < BATCH ? now.n - i : BATCH);
	if (r == 0 && done && now.outside)
		r = -EBUSY;
	ct_pids_drop(seen);
	*seen = now;
	return r < 0 ? r : done;
}

/* While it is frozen nobody in it can fork; SIGKILL works on frozen processes too. */
int ct_group_kill_each(int fd)
{
	const struct timespec pause = { 0, PAUSE_NSEC };
	struct contain_pids seen = { 0 };
	char was[8] = "";
	int frozen = 0, r = 0;

	if (ct_group_read(fd, "cgroup.freeze", was, sizeof(was)) > 0 && *was == '0')
		frozen = ct_write_at(fd, "cgroup.freeze", "1", 1) == 0;
	for (int round = 0; round < ROUNDS && r == 0; round++) {
		if (round)
			ct_sys_ppoll(NULL, 0, &pause, NULL, 0);
		r = kill_round(fd, &seen);
	}
	if (frozen)
		ct_write_at(fd, "cgroup.freeze", "0", 1);
	ct_pids_drop(&seen);
	return r < 0 ? r : r ? 0 : -EBUSY;
}

/* ---- what is remembered ------------------------------ */

static int mark_one(void *arg, int fd, size_t depth)
{
	int r = ct_sys_fsetxattr(fd, KILLED, "1", 1, XATTR_CREATE);

	if (!depth)
		*(int *)arg = r;
	return 0;
}

static int unmark_one(void *arg, int fd, size_t depth)
{
	(void)arg;
	(void)depth;
	ct_sys_fremovexattr(fd, KILLED);
	return 0;
}

int ct_group_mark_killed(int fd)
{
	int first = -ENODEV;

	ct_group_walk(fd, mark_one, &first);
	return first;
}

static void unmark(int fd)
{
	ct_group_walk(fd, unmark_one, NULL);
}

int ct_group_is_killed(int fd)
{
	char byte[4];
	ssize_t n;
	int own = ct_group_open(fd, "."); /* an O_PATH fd has no attributes */

	if (own < 0)
		return own;
	n = ct_sys_fgetxattr(own, KILLED, byte, sizeof(byte));
	if (n >= 0 || n == -ERANGE)
		n = 1;
	else if (n == -ENODATA || n == -EOPNOTSUPP)
		n = 0;
	if (n >= 0 && ct_sys_faccessat2(own, "cgroup.procs", F_OK, 0) == -ENOENT)
		n = -ENODEV;
	ct_sys_close(own);
	return (int)n;
}

/*
 * Marked before it is killed, so that nobody who looks meanwhile starts a process in it; killed
 * also where that fails.
 */
int ct_group_kill_tree(int fd)
{
	int marked, r = ct_sys_faccessat2(fd, "cgroup.kill", W_OK, AT_EACCESS);

	if (r < 0 && r != -ENOENT)
		return r;
	marked = ct_group_mark_killed(fd);
	if (r == 0)
		r = ct_write_at(fd, "cgroup.kill", "1", 1);
	else
		r = ct_group_kill_each(fd); /* before Linux 5.14 */
	if (r < 0 && r != -EBUSY && marked == 0)
		unmark(fd);
	return r;
}

int contain_cgroup_kill(int group_fd, contain_error **reterr)
{
	const char *op = "kill-group", *hint;
	int r = ct_group_check_arg(reterr, op, "group_fd", group_fd);

	if (r < 0)
		return r;
	if (ct_sys_faccessat2(group_fd, "cgroup.procs", F_OK, 0) == -ENOENT)
		return ct_group_fail(reterr, -ENODEV, op, "cgroup.kill", ct_group_hint(-ENODEV));
	if (ct_sys_faccessat2(group_fd, "cgroup.type", F_OK, 0) == -ENOENT)
		return ct_group_fail(reterr, -EOPNOTSUPP, op, "cgroup.kill",
				     "the root group cannot be killed");
	r = ct_group_kill_tree(group_fd);
	if (r >= 0)
		return 0;
	hint = ct_group_hint(r);
	if (r == -EOPNOTSUPP)
		hint = "the group is threaded: the root of its threaded subtree can be killed";
	else if (r == -EBUSY)
		hint = "processes in it have no number in this pid namespace, or new ones come "
		       "faster than they can be killed one by one (no cgroup.kill before Linux "
		       "5.14)";
	return ct_group_fail(reterr, r, op, "cgroup.kill", hint);
}

int contain_cgroup_is_killed(int group_fd, contain_error **reterr)
{
	const char *op = "look-killed";
	int r = ct_group_check_arg(reterr, op, "group_fd", group_fd);

	if (r < 0)
		return r;
	r = ct_group_is_killed(group_fd);
	return r < 0 ? ct_group_fail(reterr, r, op, "", ct_group_hint(r)) : r;
}
