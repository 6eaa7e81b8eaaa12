/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The same from NStgid of /proc/PID/status, which has a number for each level from the pid
 * namespace of the procfs down to the process's own.
 */
#include "pid.h"
#include "sys/fd.h"
#include "sys/proc.h"

#include <errno.h>
#include <linux/nsfs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STATUS 8192

/* How many numbers, and those; -EINVAL: the file says none. */
static int numbers(int dir, const char *path, int *pid)
{
	char text[STATUS], *at, *end;
	ssize_t len = ct_proc_read(dir, path, text, sizeof(text));
	int n = 0;

	if (len < 0)
		return len == -ENOENT ? -ESRCH : (int)len;
	at = strstr(text, "\nNStgid:");
	if (!at)
		return -EOPNOTSUPP;
	for (at += 8; n < CT_NS_LEVELS; at = end) {
		pid[n] = (int)strtol(at, &end, 10);
		if (end == at || memchr(at, '\n', (size_t)(end - at)))
			break;
		n++;
	}
	return n ? n : -EOPNOTSUPP;
}

struct target {
	int proc;     /* a procfs of the caller's own pid namespace */
	int level;    /* below that namespace */
	struct stat st; /* of the namespace that is asked about */
};

static int same(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

/* The caller's own: the chain of parents that it may see ends there, when ns_fd is below it. */
static int is_own(int proc, int fd, struct stat *st)
{
	struct stat own;
	char path[64];
	int dir, err = ct_proc_thread(proc, "ns", path, sizeof(path));

	if (err < 0)
		return err;
	dir = ct_proc_file(proc, path, O_PATH | O_DIRECTORY);
	if (dir < 0)
		return dir;
	err = ct_sys_newfstatat(dir, "pid", &own, 0);
	if (!err)
		err = ct_sys_newfstatat(fd, "", st, AT_EMPTY_PATH);
	ct_sys_close(dir);
	return err < 0 ? err : same(&own, st);
}

static int open_target(struct target *t, int ns_fd)
{
	int top = ns_fd, pid[CT_NS_LEVELS], r;
	char path[64];

	t->proc = ct_proc_open();
	if (t->proc < 0)
		return t->proc;
	r = ct_proc_thread(t->proc, "status", path, sizeof(path));
	if (!r)
		r = numbers(t->proc, path, pid);
	if (r >= 0 && r != 1) /* /proc of a pid namespace above: numbers are not the caller's */
		r = -EOPNOTSUPP;
	if (r >= 0)
		r = t->level = ct_ns_parents(ns_fd, CT_NS_LEVELS, &top);
	if (r >= 0)
		r = is_own(t->proc, top, &t->st);
	if (r == 0) /* above the caller's own, or beside it */
		r = -EOPNOTSUPP;
	if (top != ns_fd)
		ct_sys_close(top);
	if (r >= 0)
		r = ct_sys_newfstatat(ns_fd, "", &t->st, AT_EMPTY_PATH);
	if (r < 0)
		ct_sys_close(t->proc);
	return r < 0 ? r : 0;
}

/* Whether the ancestor of the process's own namespace at this level is the one; 1, 0, -errno. */
static int is_below(const struct target *t, int dir, int levels)
{
	struct stat st;
	int up, r, fd, ns = ct_proc_file(dir, "ns", O_PATH | O_DIRECTORY);

	if (ns < 0)
		return ns;
	fd = ct_fd_up(ct_sys_openat(ns, "pid", O_RDONLY | O_CLOEXEC, 0));
	ct_sys_close(ns);
	if (fd < 0)
		return fd;
	up = fd;
	r = ct_ns_parents(fd, levels - 1 - t->level, &up);
	if (r >= 0)
		r = ct_sys_newfstatat(up, "", &st, AT_EMPTY_PATH);
	if (up != fd)
		ct_sys_close(up);
	ct_sys_close(fd);
	return r < 0 ? r : same(&st, &t->st);
}

/* The number that the process of this directory has there; wanted: ask no further for others. */
static int number_in(const struct target *t, const char *name, int wanted)
{
	int pid[CT_NS_LEVELS], n, r;
	int dir = ct_proc_file(t->proc, name, O_PATH | O_DIRECTORY);

	if (dir < 0)
		return dir == -ENOENT ? -ESRCH : dir;
	n = numbers(dir, "status", pid);
	r = n < 0 ? n : n <= t->level || (wanted && pid[t->level] != wanted) ? -ESRCH : 1;
	/* another namespace of the same level has the same numbers */
	if (r > 0 && t->level)
		r = is_below(t, dir, n);
	ct_sys_close(dir);
	if (r == 0 || r == -ENOENT)
		return -ESRCH;
	return r < 0 ? r : pid[t->level];
}

int ct_pid_in_by_proc(int ns_fd, int pid)
{
	struct target t;
	char name[16];
	int r = open_target(&t, ns_fd);

	if (r < 0)
		return r;
	snprintf(name, sizeof(name), "%d", pid);
	r = number_in(&t, name, 0);
	ct_sys_close(t.proc);
	return r;
}

struct entry { /* linux_dirent64 */
	uint64_t ino;
	int64_t next;
	uint16_t len;
	uint8_t type;
	char name[];
};

/* Of all processes in this part of the directory. -EACCES when one that may be it is closed. */
static int search(const struct target *t, const char *buf, size_t n, int wanted, int *closed)
{
	for (size_t at = 0; at < n;) {
		const struct entry *e = (const struct entry *)(buf + at);
		int r;

		at += e->len;
		if (e->name[0] < '1' || e->name[0] > '9')
			continue;
		r = number_in(t, e->name, wanted);
		if (r > 0)
			return atoi(e->name);
		if (r == -EACCES || r == -EPERM)
			*closed = r;
		else if (r != -ESRCH)
			return r;
	}
	return 0;
}

int ct_pid_from_by_proc(int ns_fd, int pid_in_ns)
{
	uint64_t buf[2048];
	struct target t;
	int closed = 0, dir, r = open_target(&t, ns_fd);
	ssize_t n = 1;

	if (r < 0)
		return r;
	dir = ct_proc_file(t.proc, ".", O_RDONLY | O_DIRECTORY);
	r = dir < 0 ? dir : 0;
	while (!r && n > 0) {
		n = ct_sys_getdents64(dir, buf, sizeof(buf));
		r = n < 0 ? (int)n : search(&t, (const char *)buf, (size_t)n, pid_in_ns, &closed);
	}
	if (dir >= 0)
		ct_sys_close(dir);
	ct_sys_close(t.proc);
	return r ? r : closed ? closed : -ESRCH;
}
