/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Groups with something going on in them, for the tests of statistics and events. */
#ifndef T_CG_WATCH_LIVE_H
#define T_CG_WATCH_LIVE_H

#include "harness.h"

#include "cgroup/events.h"
#include "cgroup/group.h"
#include "cgroup/stats.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/select.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static inline int tw_dir(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	T_CHECK(fd >= 0, "%s: %m", path);
	return fd;
}

static inline const char *tw_sub(const char *parent, const char *name)
{
	const char *path = t_fmt("%s/%s", parent, name);

	T_CHECK(mkdir(path, 0755) == 0, "%s: %m", path);
	return path;
}

/* A fresh v2 group, below one of the test's own, so that it can be removed. */
static inline const char *tw_group(const char *name)
{
	return tw_sub(t_cgroup_make("cgroup2"), name);
}

/* A group that has this controller; skips where v2 does not hold it. */
static inline const char *tw_group_with(const char *controller, const char *name)
{
	const char *parent = t_cgroup_make("cgroup2");
	char text[256] = " ";

	t_read_file(t_fmt("%s/cgroup.controllers", parent), text + 1, sizeof(text) - 2);
	text[strcspn(text, "\n")] = ' ';
	if (!strstr(text, t_fmt(" %s ", controller)))
		t_skip("no controller %s in cgroup v2", controller);
	t_write_file(t_fmt("%s/cgroup.subtree_control", parent), t_fmt("+%s", controller));
	return tw_sub(parent, name);
}

/* A group that has all controllers that there are in v2. */
static inline const char *tw_group_full(const char *name)
{
	const char *parent = t_cgroup_make("cgroup2");
	char text[256], *word, *rest;

	t_read_file(t_fmt("%s/cgroup.controllers", parent), text, sizeof(text));
	text[strcspn(text, "\n")] = 0;
	for (word = strtok_r(text, " ", &rest); word; word = strtok_r(NULL, " ", &rest))
		t_write_file(t_fmt("%s/cgroup.subtree_control", parent), t_fmt("+%s", word));
	return tw_sub(parent, name);
}

static inline void tw_enter(const char *group)
{
	int fd = open(t_fmt("%s/cgroup.procs", group), O_WRONLY | O_CLOEXEC);

	T_CHECK(fd >= 0 && write(fd, "0", 1) == 1, "%s: %m", group);
	close(fd);
}

/* A process in the groups (the second may be NULL) that runs fn: it is in them on return. */
static inline pid_t tw_run(const char *group, const char *second, int (*fn)(long), long arg)
{
	int ready[2];
	char byte;
	pid_t pid;

	T_SYS(pipe2(ready, O_CLOEXEC));
	pid = fork();
	T_SYS(pid);
	if (!pid) {
		tw_enter(group);
		if (second)
			tw_enter(second);
		close(ready[0]);
		close(ready[1]);
		_exit(fn(arg));
	}
	close(ready[1]);
	T_CHECK(read(ready[0], &byte, 1) == 0);
	close(ready[0]);
	return pid;
}

/* It waits in the groups, stopped, until tw_go(). */
static int (*tw_then)(long);
static inline int tw_stopped(long arg)
{
	raise(SIGSTOP);
	return tw_then(arg);
}

static inline pid_t tw_hold(const char *group, const char *second, int (*fn)(long), long arg)
{
	siginfo_t info;
	pid_t pid;

	tw_then = fn;
	pid = tw_run(group, second, tw_stopped, arg);
	T_SYS(waitid(P_PID, (id_t)pid, &info, WSTOPPED));
	return pid;
}

static inline void tw_go(pid_t pid)
{
	T_SYS(kill(pid, SIGCONT));
}

static inline int tw_status(pid_t pid)
{
	int status;

	T_SYS(waitpid(pid, &status, 0));
	return status;
}

static inline void tw_end(pid_t pid)
{
	kill(pid, SIGKILL);
	tw_status(pid);
}

static inline int64_t tw_msec(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* rmdir() of a group whose last process is just ending. */
static inline void tw_rmdir(const char *path)
{
	for (int i = 0; rmdir(path) < 0; i++) {
		T_CHECK(errno == EBUSY && i < 100000, "%s: %m", path);
		usleep(10);
	}
}

/* ---- what runs in them ---- */

static inline int tw_nothing(long arg)
{
	return (int)arg;
}

static inline int tw_sleep(long arg)
{
	(void)arg;
	for (;;)
		pause();
	return 0;
}

/* so many ms of processor time, 0: for ever */
static inline int tw_burn(long msec)
{
	struct timespec t = { 0 };

	while (!msec || (long)t.tv_sec * 1000 + t.tv_nsec / 1000000 < msec)
		clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return 0;
}

/* so many MiB, page by page, and then it sleeps or, with a negative number, ends */
static inline int tw_eat(long mib)
{
	size_t n = (size_t)labs(mib) << 20;
	char *p = mmap(NULL, n, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	for (size_t i = 0; i < n; i += 4096)
		p[i] = 1;
	if (mib < 0)
		return 0;
	return tw_sleep(0);
}

/* so many forks, of which the number that was refused is the exit status */
static inline int tw_forks(long n)
{
	int refused = 0;

	while (n-- > 0) {
		pid_t pid = fork();

		if (pid == 0)
			tw_sleep(0);
		refused += pid < 0 && errno == EAGAIN;
	}
	return refused;
}

/* ---- statistics ---- */

static inline contain_stats *tw_stats(const char *path, uint32_t what)
{
	contain_stats *s = NULL;
	contain_error *e = NULL;
	int fd = tw_dir(path), r = contain_stats_new(fd, what, &s, &e);

	close(fd);
	T_CHECK(r == 0, "%s", contain_error_message(e));
	return s;
}

static inline uint64_t tw_value(const contain_stats *s, int stat)
{
	uint64_t v = 0;
	int r = contain_stats_get(s, stat, &v);

	T_CHECK(r == 0, "%d: %d", stat, r);
	return v;
}

/* ---- events ---- */

static inline contain_events *tw_events(const char *path, uint32_t mask)
{
	contain_events *ev = NULL;
	contain_error *e = NULL;
	int fd = tw_dir(path), r = contain_events_new(fd, mask, &ev, &e);

	close(fd);
	T_CHECK(r == 0, "%s", contain_error_message(e));
	return ev;
}

static inline int tw_readable(const contain_events *e, int msec)
{
	struct pollfd p = { .fd = contain_events_fd(e), .events = POLLIN };
	int r = poll(&p, 1, msec);

	T_SYS(r);
	return r;
}

/* The next event, for which it waits as a caller does, asleep until the fd is readable. */
static inline uint32_t tw_next(contain_events *e, int msec, uint64_t *ret_count, int *ret_trigger)
{
	int64_t until = tw_msec() + (int64_t)msec * t_slow();
	uint32_t type;

	for (;;) {
		int r = contain_events_next(e, &type, ret_count, ret_trigger);
		int64_t left = until - tw_msec();

		T_CHECK(r >= 0, "%d", r);
		if (r == 1)
			return type;
		if (left <= 0 || !tw_readable(e, (int)left))
			return 0;
	}
}

static inline void tw_expect_at(contain_events *e, uint32_t type, int line)
{
	uint64_t count = 0;
	uint32_t got = tw_next(e, 5000, &count, NULL);

	T_CHECK(got == type, "line %d: %s instead of %s", line, got ? contain_event_name(got) : "-",
		contain_event_name(type));
}
#define tw_expect(e, type) tw_expect_at(e, type, __LINE__)

/* Nothing to tell, and the fd says so. */
static inline void tw_quiet_at(contain_events *e, int line)
{
	uint32_t type = tw_next(e, 30, NULL, NULL);

	T_CHECK(!type, "line %d: %s", line, contain_event_name(type));
	T_CHECK(!tw_readable(e, 0), "line %d", line);
}
#define tw_quiet(e) tw_quiet_at(e, __LINE__)

#endif
