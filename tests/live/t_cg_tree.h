/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the tests of the primitives on groups share. */
#ifndef T_CG_TREE_H
#define T_CG_TREE_H

#include "harness.h"

#include <contain/contain.h>

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define cg_failed(r, e, err, object, hint) \
	cg_failed_at((r), &(e), (err), (object), (hint), __FILE__, __LINE__)

/* The last call has failed so; the error is freed. */
static inline void cg_failed_at(int r, contain_error **e, int err, const char *object,
				const char *hint, const char *file, int line)
{
	if (r != -err || contain_error_code(*e) != -err ||
	    strcmp(contain_error_object(*e), object) != 0 || !strstr(contain_error_hint(*e), hint))
		t_failed(file, line, 1, "is not the failure", " %d: %s; not on \"%s\": %s (%s)", r,
			 contain_error_message(*e), object, strerrorname_np(err), hint);
	contain_error_free(*e);
	*e = NULL;
}

#define cg_ok(r, e) T_CHECK((r) >= 0, "%s", contain_error_message(e))

static inline int cg_open(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	T_CHECK(fd >= 0, "%s: %m", path);
	return fd;
}

/* A fresh group of v2 below the root, as an fd. */
static inline int cg_top(void)
{
	t_need_root();
	return cg_open(t_cgroup_make("cgroup2"));
}

static inline int cg_make(int dirfd, const char *name)
{
	int fd;

	T_CHECK(mkdirat(dirfd, name, 0755) == 0, "%s: %m", name);
	fd = openat(dirfd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	T_SYS(fd);
	return fd;
}

/* The first line; it holds until there are as many others. */
static inline const char *cg_text(int fd, const char *file)
{
	static char texts[64][4096];
	static unsigned int next;
	char *text = texts[next++ % 64];
	int from = openat(fd, file, O_RDONLY | O_CLOEXEC);
	ssize_t n = from < 0 ? -1 : read(from, text, sizeof(texts[0]) - 1);

	if (n < 0)
		n = snprintf(text, sizeof(texts[0]), "%s", strerrorname_np(errno));
	text[n] = 0;
	if (from >= 0)
		close(from);
	text[strcspn(text, "\n")] = 0;
	return text;
}

static inline void cg_write(int fd, const char *file, const char *text)
{
	int to = openat(fd, file, O_WRONLY | O_CLOEXEC);

	T_CHECK(to >= 0 && write(to, text, strlen(text)) == (ssize_t)strlen(text), "%s to %s: %m",
		text, file);
	close(to);
}

/* How many groups are in one. */
static inline int cg_below(int fd)
{
	struct stat st;

	T_SYS(fstat(fd, &st));
	return (int)st.st_nlink - 2;
}

static inline int cg_populated(int fd)
{
	return !strcmp(cg_text(fd, "cgroup.events"), "populated 1");
}

static inline int cg_pidfd(pid_t pid)
{
	int fd = (int)syscall(SYS_pidfd_open, pid, 0);

	T_SYS(fd);
	return fd;
}

/* A child that is born in the group and runs fn; without fn it sleeps. */
static inline pid_t cg_child(int group_fd, void (*fn)(void))
{
	struct {
		uint64_t flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls,
			set_tid, set_tid_size, cgroup;
	} args = { .exit_signal = SIGCHLD };
	pid_t pid;

	if (group_fd >= 0) {
		args.flags = 0x200000000ULL; /* CLONE_INTO_CGROUP */
		args.cgroup = (uint64_t)group_fd;
	}
	pid = (pid_t)syscall(SYS_clone3, &args, sizeof(args));
	T_SYS(pid);
	if (pid)
		return pid;
	if (fn)
		fn();
	for (;;)
		pause();
}

static inline int cg_status(pid_t pid)
{
	int status = -1;

	T_SYS(waitpid(pid, &status, 0));
	return status;
}

static inline void cg_end(pid_t pid)
{
	kill(pid, SIGKILL);
	cg_status(pid);
}

/* Where a process is, as /proc tells of v2. */
static inline const char *cg_of(pid_t pid)
{
	char text[4096], *at;

	if (t_read_file(t_fmt("/proc/%d/cgroup", pid), text, sizeof(text)) <= 0)
		return "";
	at = strstr(text, "0::");
	if (!at)
		return "";
	at[strcspn(at, "\n")] = 0;
	return t_fmt("%s", at + 3);
}

static inline int cg_is_in(pid_t pid, const char *end)
{
	const char *group = cg_of(pid);
	size_t n = strlen(group), m = strlen(end);

	return n > m && group[n - m - 1] == '/' && !strcmp(group + n - m, end);
}

static inline int64_t cg_now_msec(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000LL + t.tv_nsec / 1000000;
}

/* Memory that children share. */
static inline void *cg_shared(void)
{
	void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	T_CHECK(p != MAP_FAILED);
	return p;
}

/* A group with these controllers for the groups below it, or skips: v2 has them in guests. */
static inline int cg_with(const char *controllers)
{
	char *list = t_fmt("%s", controllers), *name;
	int top = cg_top();

	while ((name = strsep(&list, " "))) {
		const char *have = t_fmt(" %s ", cg_text(top, "cgroup.controllers"));

		if (!strstr(have, t_fmt(" %s ", name)))
			t_skip("%s is not in cgroup v2 here: in guests it is", name);
	}
	return top;
}

#endif
