/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Processes in groups of v1: entering, stopping, killing, and the end of a group. */
#include "group_files.h"
#include "sys/helper.h"
#include "sys/path.h"
#include "sys/pidfd.h"
#include "tree.h"
#include "v1_act.h"

#include <contain/cgroup_v1.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STATE "freezer.state"
#define SLICE_NSEC 500000
#define KILL_NSEC 1000000000ULL /* for the freezer, so that nobody forks meanwhile */

static int failed(contain_error **reterr, int err, const char *op, int group_fd, const char *object)
{
	const char *hint;

	if (err == -ENOENT && ct_sys_faccessat2(group_fd, "cgroup.procs", F_OK, 0) == -ENOENT)
		err = -ENODEV;
	hint = ct_v1_hint(err);
	if (err == -ESRCH)
		hint = "the process has ended, or has no number in the pid namespace of /proc";
	return ct_group_fail(reterr, err, op, object, hint);
}

int contain_cgroup_v1_enter(int group_fd, contain_error **reterr)
{
	const char *op = "enter-v1-group";
	int r = ct_v1_check_fd(group_fd, op, reterr);

	if (r < 0)
		return r;
	r = ct_write_at(group_fd, "cgroup.procs", "0", 1);
	return r < 0 ? failed(reterr, r, op, group_fd, "cgroup.procs") : 0;
}

int contain_cgroup_v1_migrate(int group_fd, int pidfd, contain_error **reterr)
{
	const char *op = "migrate-v1-process";
	int pid, r = ct_v1_check_fd(group_fd, op, reterr);

	if (r < 0)
		return r;
	pid = pidfd < 0 ? -EBADF : ct_pidfd_pid(pidfd);
	if (pid < 0)
		return failed(reterr, pid, op, group_fd, "pidfd");
	r = ct_group_move(group_fd, pid, pidfd);
	return r < 0 ? failed(reterr, r, op, group_fd, "cgroup.procs") : 0;
}

/* ---- the freezer ---- */

static int has_state(int fd, const char *wanted)
{
	char text[32];
	ssize_t n = ct_group_read(fd, STATE, text, sizeof(text));

	return n < 0 ? (int)n : !strncmp(text, wanted, strlen(wanted));
}

static int write_state(int fd, const char *state)
{
	return ct_write_at(fd, STATE, state, strlen(state));
}

/* v1 tells nobody: the file is looked at, which also moves FREEZING on to FROZEN. */
static int wait_state(int fd, const char *wanted, uint64_t until_nsec)
{
	const struct timespec slice = { 0, SLICE_NSEC };
	int r;

	while ((r = has_state(fd, wanted)) == 0) {
		if (ct_now_nsec() >= until_nsec)
			return -ETIMEDOUT;
		ct_sys_ppoll(NULL, 0, &slice, NULL, 0);
	}
	return r < 0 ? r : 0;
}

static int is_held_above(int fd)
{
	char text[8];

	return ct_group_read(fd, "freezer.parent_freezing", text, sizeof(text)) > 0 &&
	       *text == '1';
}

static int freeze(int fd, uint64_t until_nsec)
{
	int was = has_state(fd, "THAWED"), r;

	if (was < 0)
		return was;
	r = write_state(fd, "FROZEN");
	if (!r && until_nsec)
		r = wait_state(fd, "FROZEN", until_nsec);
	if (r < 0 && was)
		write_state(fd, "THAWED");
	return r;
}

static int thaw(int fd, uint64_t until_nsec)
{
	int r = write_state(fd, "THAWED");

	if (r < 0 || !until_nsec)
		return r;
	return is_held_above(fd) ? -EBUSY : wait_state(fd, "THAWED", until_nsec);
}

static int change(int group_fd, int frozen, int64_t timeout_msec, const char *op,
		  contain_error **reterr)
{
	int r;

	if (timeout_msec < 0)
		return ct_group_fail(reterr, -EINVAL, op, "timeout_msec", "is negative");
	r = ct_v1_check_fd(group_fd, op, reterr);
	if (r < 0)
		return r;
	r = (frozen ? freeze : thaw)(group_fd, ct_group_until(timeout_msec));
	if (!r)
		return 0;
	if (r == -ENOENT && ct_sys_faccessat2(group_fd, "cgroup.procs", F_OK, 0) == 0)
		return ct_group_fail(reterr, -EOPNOTSUPP, op, STATE,
				     "only groups in the hierarchy of the controller freezer are "
				     "frozen, and not its root group");
	if (r == -EBUSY)
		return ct_group_fail(reterr, r, op, STATE,
				     "a group above it is frozen, and so all below that");
	if (r == -ETIMEDOUT)
		return ct_group_fail(reterr, r, op, STATE,
				     "a process in it does not stop: one that waits for a device "
				     "or another machine (state D in ps(1)) stops when that has "
				     "answered");
	return failed(reterr, r, op, group_fd, STATE);
}

int contain_cgroup_v1_freeze(int group_fd, int64_t timeout_msec, contain_error **reterr)
{
	return change(group_fd, 1, timeout_msec, "freeze-v1-group", reterr);
}

int contain_cgroup_v1_thaw(int group_fd, int64_t timeout_msec, contain_error **reterr)
{
	return change(group_fd, 0, timeout_msec, "thaw-v1-group", reterr);
}

/* ---- the end ---- */

int contain_cgroup_v1_kill(int group_fd, contain_error **reterr)
{
	const char *op = "kill-v1-group";
	int has_freezer, thawed, r = ct_v1_check_fd(group_fd, op, reterr);

	if (r < 0)
		return r;
	if (ct_sys_faccessat2(group_fd, "cgroup.sane_behavior", F_OK, 0) == 0)
		return ct_group_fail(reterr, -EOPNOTSUPP, op, "cgroup.procs",
				     "the root group cannot be killed");
	/* also one that does not stop in time: it is killed as any other group */
	has_freezer = ct_sys_faccessat2(group_fd, STATE, F_OK, 0) == 0;
	if (has_freezer)
		freeze(group_fd, ct_now_nsec() + KILL_NSEC);
	r = ct_group_kill_each(group_fd);
	/* a frozen process does not die before */
	thawed = has_freezer ? write_state(group_fd, "THAWED") : 0;
	if (!r)
		r = thawed;
	if (r == -EBUSY)
		return ct_group_fail(reterr, r, op, "cgroup.procs",
				     "processes in it have no number in this pid namespace, or new "
				     "ones come faster than they can be killed one by one: the "
				     "group of the controller freezer can be stopped first");
	return r < 0 ? failed(reterr, r, op, group_fd, "cgroup.procs") : 0;
}

int contain_cgroup_v1_remove(const char *controller, const char *name, int64_t timeout_msec,
			     contain_error **reterr)
{
	const char *op = "remove-v1-group", *last;
	char pids[96], hint[200];
	struct ct_v1_place at;
	const int none = -1;
	int fd, r;

	if (timeout_msec < 0)
		return ct_group_fail(reterr, -EINVAL, op, "timeout_msec", "is negative");
	r = ct_v1_check_name(name, op, reterr);
	if (!r)
		r = ct_v1_place_of(controller, &at, op, reterr);
	if (r < 0)
		return r;
	fd = ct_v1_open(&at, name, op, reterr);
	if (fd < 0)
		return fd;
	last = strrchr(name, '/');
	r = ct_group_remove_dir(fd, &none, last ? last + 1 : name, ct_group_until(timeout_msec));
	if (r < 0) {
		ct_group_pids(fd, "cgroup.procs", pids, sizeof(pids));
		snprintf(hint, sizeof(hint), *pids ? "processes in it: %s" :
						     "groups below it have processes%s", pids);
		r = ct_group_fail(reterr, r, op, name, r == -EBUSY ? hint : ct_v1_hint(r));
	}
	ct_sys_close(fd);
	return r;
}
