/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "group_files.h"
#include "sys/helper.h"
#include "sys/path.h"
#include "tree.h"

#include <stdlib.h>
#include <string.h>

#define MSEC 1000000ULL

struct ct_group *ct_group_new(void)
{
	struct ct_group *g = calloc(1, sizeof(*g));

	if (!g)
		return NULL;
	g->fd = g->events = -1;
	for (int i = 0; i < CT_V1_MAX; i++)
		g->v1_dir[i].fd = g->v1_dir[i].procs = -1;
	return g;
}

void ct_group_free(struct ct_group *g)
{
	if (!g)
		return;
	for (uint32_t i = 0; i < g->v1; i++) {
		if (g->v1_dir[i].procs >= 0)
			ct_sys_close(g->v1_dir[i].procs);
		if (g->v1_dir[i].fd >= 0)
			ct_sys_close(g->v1_dir[i].fd);
	}
	if (g->events >= 0)
		ct_sys_close(g->events);
	if (g->fd >= 0)
		ct_sys_close(g->fd);
	free(g);
}

int ct_group_fd(const struct ct_group *g)
{
	return g ? g->fd : -1;
}

int ct_group_gone(const struct ct_group *g)
{
	int fd = g->fd >= 0 ? g->fd : g->v1 ? g->v1_dir[0].fd : -1;

	return fd < 0 || ct_sys_faccessat2(fd, "cgroup.procs", F_OK, 0) == -ENOENT;
}

static int read_key(int fd, const char *file, const char *key, uint64_t *ret)
{
	char text[1024];

	return ct_group_read(fd, file, text, sizeof(text)) > 0 && ct_group_key(text, key, ret);
}

static int read_number(int fd, const char *file, uint64_t *ret)
{
	char text[64];

	return ct_group_read(fd, file, text, sizeof(text)) > 0 && ct_group_number(text, ret);
}

int ct_group_oom_kills(const struct ct_group *g, uint64_t *ret)
{
	return read_key(g->fd, "memory.events", "oom_kill", ret);
}

int ct_group_usage(const struct ct_group *g, struct ct_group_usage *out)
{
	struct ct_group_usage u = { 0 };
	uint64_t nsec;

	if (g->shared) { /* what is counted there is not of this container alone */
		u.has_oom_killed = g->memory && ct_group_oom_kills(g, &u.oom_killed);
		u.oom_killed -= u.has_oom_killed ? g->oom_killed_before : 0;
		*out = u;
		return 0;
	}
	if (g->fd >= 0 && g->memory) {
		u.has_oom_killed = ct_group_oom_kills(g, &u.oom_killed);
		/* since Linux 5.19 */
		u.has_memory_peak = read_number(g->fd, "memory.peak", &u.memory_peak_bytes);
	}
	if (g->fd >= 0) /* counted in v2 also where the controller cpu is bound to v1 */
		u.has_cpu = read_key(g->fd, "cpu.stat", "usage_usec", &u.cpu_usec);
	for (uint32_t i = 0; i < g->v1; i++) {
		int fd = g->v1_dir[i].fd;

		if (!u.has_oom_killed)
			u.has_oom_killed =
				read_key(fd, "memory.oom_control", "oom_kill", &u.oom_killed);
		if (!u.has_memory_peak)
			u.has_memory_peak =
				read_number(fd, "memory.max_usage_in_bytes", &u.memory_peak_bytes);
		if (!u.has_cpu && read_number(fd, "cpuacct.usage", &nsec)) {
			u.has_cpu = 1;
			u.cpu_usec = nsec / 1000;
		}
	}
	*out = u;
	return 0;
}

int ct_group_kill(struct ct_group *g)
{
	int r, reserve;

	if (g->fd < 0)
		return g->v1 ? ct_group_kill_each(g->v1_dir[0].fd) : 0;
	r = ct_write_at(g->fd, "cgroup.kill", "1", 1);
	if (r == -EMFILE || r == -ENFILE) {
		/* killing has to work in a process that ran out of fds */
		reserve = __atomic_exchange_n(&g->events, -1, __ATOMIC_ACQ_REL);
		if (reserve >= 0) {
			ct_sys_close(reserve);
			r = ct_write_at(g->fd, "cgroup.kill", "1", 1);
		}
	}
	if (r == -ENOENT && ct_sys_faccessat2(g->fd, "cgroup.procs", F_OK, 0) == 0)
		return ct_group_kill_each(g->fd); /* before Linux 5.14 */
	return r == -ENODEV || r == -ENOENT ? 0 : r;
}

/*
 * Sleeps until cgroup.events changes, a while at most: the kernel holds notices back for up to
 * 10 ms after the last one, and entering the group was one.
 */
static void pause_until(int events, uint64_t until_nsec, uint64_t *slice)
{
	uint64_t now = ct_now_nsec(), at = now + *slice;
	struct timespec t;

	if (at > until_nsec)
		at = until_nsec;
	if (*slice < 32 * MSEC)
		*slice *= 2;
	if (events >= 0) {
		ct_poll_until(events, POLLPRI, at);
		return;
	}
	/* v1 tells nobody when a group becomes empty */
	now = ct_now_nsec();
	t.tv_sec = 0;
	t.tv_nsec = at > now ? (long)(at - now) : 0;
	ct_sys_ppoll(NULL, 0, &t, NULL, 0);
}

static int is_empty(int fd, int events)
{
	char byte[2];

	if (events >= 0)
		return ct_group_populated(events) == 0;
	return ct_group_read(fd, "cgroup.procs", byte, sizeof(byte)) == 0; /* v1 */
}

/* The first try succeeds when all its processes have been waited for. */
int ct_group_remove_dir(int fd, const int *keep, const char *name, uint64_t until_nsec)
{
	uint64_t slice = MSEC / 8;

	for (;;) {
		int events =
			__atomic_load_n(keep, __ATOMIC_ACQUIRE); /* ct_group_kill() may take it */
		int r = ct_group_rmdir(fd, name);

		if (r == 0 || r == -ENOENT || r == -ENODEV)
			return 0;
		if (r != -EBUSY && r != -ENOTEMPTY && r != -EINTR)
			return r;
		if (is_empty(fd, events)) {
			/* nobody in it: groups that the container made are in the way */
			ct_group_prune(fd, until_nsec);
			r = ct_group_rmdir(fd, name);
			if (r == 0 || r == -ENOENT)
				return 0;
		}
		if (!until_nsec || ct_now_nsec() >= until_nsec)
			return -EBUSY;
		pause_until(events, until_nsec, &slice);
	}
}

int ct_group_remove(struct ct_group *g, uint64_t until_nsec)
{
	const int none = -1;
	int err = 0, r;

	if (!g->name[0])
		return 0;
	if (g->fd >= 0)
		err = ct_group_remove_dir(g->fd, &g->events, g->name, until_nsec);
	for (uint32_t i = 0; i < g->v1; i++) {
		if (g->v1_dir[i].fd < 0)
			continue;
		r = ct_group_remove_dir(g->v1_dir[i].fd, &none, g->name, until_nsec);
		if (r < 0 && !err)
			err = r;
	}
	if (!err)
		g->name[0] = 0;
	return err;
}

const char *ct_group_clone_hint(int err)
{
	switch (-err) {
	case EACCES:
		return "entering the group needs write access to cgroup.procs of the group that "
		       "both the caller "
		       "and the container's group lie in: start the caller inside the delegated "
		       "group";
	case ENODEV:
		return "the container's group was removed by somebody else";
	case EBUSY:
		return "the container's group hands controllers to children and so takes no "
		       "process";
	case EOPNOTSUPP:
		return "the container's group lies in a threaded subtree, which takes threads and "
		       "no processes; a group above that has processes and hands down cpu or pids "
		       "makes one";
	default:
		return NULL;
	}
}
