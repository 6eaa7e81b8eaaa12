/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "act.h"
#include "group_files.h"
#include "sys/helper.h"
#include "sys/path.h"

#include <contain/cgroup.h>
#include <string.h>

#define LEVELS 64 /* how many groups above are asked whether they are frozen */

/* 1 or 0: all processes of the group have stopped. events: its open cgroup.events. */
static int is_frozen(int events)
{
	return ct_group_event(events, "frozen");
}

/*
 * The kernel tells each change of cgroup.events, but within 10 ms of the last notice late: so it is
 * looked at now and then too. A read arms the next notice.
 */
static int wait_for(int events, int state, uint64_t until_nsec)
{
	for (;;) {
		uint64_t now, slice;
		int r = is_frozen(events);

		if (r < 0 || r == state)
			return r < 0 ? r : 0;
		now = ct_now_nsec();
		if (now >= until_nsec)
			return -ETIMEDOUT;
		slice = until_nsec - now < 2000000 ? until_nsec - now : 2000000;
		r = ct_poll_until(events, POLLPRI, now + slice);
		if (r < 0 && r != -EINTR)
			return r;
	}
}

/* Whether a group above wants it frozen. What cannot be looked at is not counted. */
static int is_held_above(int fd)
{
	char path[3 * LEVELS + 20], text[8];
	size_t up = 0;

	for (int i = 0; i < LEVELS; i++) {
		ssize_t n;

		memcpy(path + up, "../", 4);
		up += 3;
		strcpy(path + up, "cgroup.freeze");
		n = ct_group_read(fd, path, text, sizeof(text));
		if (n == -ENOENT) /* the root group */
			return 0;
		if (n > 0 && *text == '1')
			return 1;
	}
	return 0;
}

static int set_state(int fd, int state, uint64_t until_nsec)
{
	char was[8] = "";
	int r, events = ct_fd_up(
		       ct_sys_openat(fd, "cgroup.events", O_RDONLY | O_CLOEXEC | O_NOFOLLOW, 0));

	if (events < 0)
		return events;
	r = (int)ct_group_read(fd, "cgroup.freeze", was, sizeof(was));
	if (r >= 0)
		r = ct_write_at(fd, "cgroup.freeze", state ? "1" : "0", 1);
	if (r >= 0 && until_nsec) {
		if (!state && is_frozen(events) == 1 && is_held_above(fd))
			r = -EBUSY;
		else
			r = wait_for(events, state, until_nsec);
	}
	/* also where the write is said to have failed: nobody would thaw it */
	if (r < 0 && state && *was == '0')
		ct_write_at(fd, "cgroup.freeze", "0", 1);
	ct_sys_close(events);
	return r < 0 ? r : 0;
}

static int change(int group_fd, int state, int64_t timeout_msec, const char *op,
		  contain_error **reterr)
{
	const char *hint;
	int r;

	if (timeout_msec < 0)
		return ct_group_fail(reterr, -EINVAL, op, "timeout_msec", "is negative");
	r = ct_group_check_arg(reterr, op, "group_fd", group_fd);
	if (r < 0)
		return r;
	r = set_state(group_fd, state, ct_group_until(timeout_msec));
	if (r == 0)
		return 0;
	if (r == -ENOENT) {
		r = -EOPNOTSUPP;
		if (ct_sys_faccessat2(group_fd, "cgroup.procs", F_OK, 0) == -ENOENT)
			r = -ENODEV;
	}
	hint = ct_group_hint(r);
	if (r == -EOPNOTSUPP)
		hint = "the root group cannot be frozen";
	else if (r == -EBUSY)
		hint = "a group above it is frozen (cgroup.freeze), and so all below that";
	else if (r == -ETIMEDOUT && state)
		hint = "a process in it does not stop: one that waits for a device or another "
		       "machine (state D in ps(1)) stops when that has answered";
	return ct_group_fail(reterr, r, op, "cgroup.freeze", hint);
}

int contain_cgroup_freeze(int group_fd, int64_t timeout_msec, contain_error **reterr)
{
	return change(group_fd, 1, timeout_msec, "freeze-group", reterr);
}

int contain_cgroup_thaw(int group_fd, int64_t timeout_msec, contain_error **reterr)
{
	return change(group_fd, 0, timeout_msec, "thaw-group", reterr);
}
