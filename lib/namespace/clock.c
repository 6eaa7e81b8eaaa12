/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The clocks of the time namespace for children. */
#include "plan/error.h"
#include "sys/fd.h"
#include "sys/pidfd.h"
#include "sys/proc.h"

#include <contain/namespace.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define OFFSETS "timens_offsets"

static int fail(contain_error **reterr, int err, const char *op, const char *object,
		const char *hint)
{
	return ct_error_simple(reterr, err, CONTAIN_PHASE_PARENT, op, object, hint);
}

static const char *clock_name(int clock)
{
	return clock == CONTAIN_CLOCK_MONOTONIC ? "monotonic" :
	       clock == CONTAIN_CLOCK_BOOTTIME	? "boottime" :
						  NULL;
}

static int bad_clock(contain_error **reterr, const char *op)
{
	return fail(reterr, -EINVAL, op, "clock",
		    "only CONTAIN_CLOCK_MONOTONIC and CONTAIN_CLOCK_BOOTTIME can be shifted");
}

/* "monotonic           0         0" */
static int find_offset(const char *text, const char *name, int64_t *ret_sec, uint32_t *ret_nsec)
{
	size_t n = strlen(name);
	long long sec;
	unsigned int nsec;

	for (const char *p = text; *p; p += strcspn(p, "\n"), p += *p == '\n')
		if (strncmp(p, name, n) == 0 && (p[n] == ' ' || p[n] == '\t') &&
		    sscanf(p + n, "%lld %u", &sec, &nsec) == 2) {
			*ret_sec = sec;
			*ret_nsec = nsec;
			return 0;
		}
	return -EOPNOTSUPP;
}

static int read_offset(int dir_fd, const char *path, const char *name, int64_t *ret_sec,
		       uint32_t *ret_nsec)
{
	char text[256];
	ssize_t n = ct_proc_read(dir_fd, path, text, sizeof(text));

	if (n < 0)
		return n == -ENOENT ? -EOPNOTSUPP : (int)n;
	return find_offset(text, name, ret_sec, ret_nsec);
}

/* In one write(2), and read back: what was written may have gone elsewhere. */
static int write_offset(int proc_fd, const char *path, const char *name, int64_t sec, uint32_t nsec)
{
	char text[64];
	uint32_t got_nsec;
	int64_t got;
	size_t len = (size_t)snprintf(text, sizeof(text), "%s %lld %u\n", name, (long long)sec,
				      nsec);
	ssize_t n;
	int r, fd = ct_proc_file(proc_fd, path, O_WRONLY | O_NOCTTY);

	if (fd < 0)
		return fd == -ENOENT ? -EOPNOTSUPP : fd;
	do {
		n = ct_sys_write(fd, text, len);
	} while (n == -EINTR);
	ct_sys_close(fd);
	if (n < 0)
		return (int)n;
	r = read_offset(proc_fd, path, name, &got, &got_nsec);
	return r < 0 ? r : (size_t)n == len && got == sec && got_nsec == nsec ? 0 : -EIO;
}

static int ns_dir(int proc_fd)
{
	char path[64];
	int r = ct_proc_thread(proc_fd, "ns", path, sizeof(path));

	return r < 0 ? r : ct_proc_file(proc_fd, path, O_PATH | O_DIRECTORY);
}

/* Whether the caller is in its time namespace for children itself: 1, 0, or -errno. */
static int is_entered(int ns_fd)
{
	struct stat now, children;
	int r = ct_sys_newfstatat(ns_fd, "time", &now, 0);

	if (!r)
		r = ct_sys_newfstatat(ns_fd, "time_for_children", &children, 0);
	return r < 0 ? r : now.st_dev == children.st_dev && now.st_ino == children.st_ino;
}

static const char *hint_of_any(int err)
{
	switch (err) {
	case -EOPNOTSUPP:
		return "this kernel has no time namespaces (Linux 5.6, CONFIG_TIME_NS)";
	case -EXDEV:
		return "/proc is not procfs, or something is mounted over a part of it, and "
		       "without CAP_SYS_ADMIN there is no other";
	case -EROFS:
		return "/proc is mounted read-only, and without CAP_SYS_ADMIN there is no other";
	case -ESRCH:
		return "/proc is that of a pid namespace that the caller is not in";
	default:
		return NULL;
	}
}

static int has_entered(int proc_fd)
{
	int r, dir = ns_dir(proc_fd);

	if (dir < 0)
		return 0;
	r = is_entered(dir);
	ct_sys_close(dir);
	return r == 1;
}

static const char *hint_set(int proc_fd, int err)
{
	if ((err == -EACCES || err == -EPERM) && proc_fd >= 0 && has_entered(proc_fd))
		return "the caller is in its time namespace for children itself: call "
		       "contain_ns_unshare(CONTAIN_NS_TIME) first, and set the clocks before "
		       "anybody is in the new one";
	switch (err) {
	case -EACCES:
		return "a process is in the time namespace already, or the caller is not dumpable "
		       "(PR_SET_DUMPABLE)";
	case -EPERM:
		return "needs CAP_SYS_TIME in the user namespace that owns the time namespace";
	case -ERANGE:
		return "the clock would show less than 0, or more than the kernel can count (146 "
		       "years)";
	case -EIO:
		return "it was written without an error, and another offset is read back";
	default:
		return hint_of_any(err);
	}
}

int contain_ns_set_time_offset(int clock, int64_t seconds, uint32_t nanoseconds,
			       contain_error **reterr)
{
	const char *name = clock_name(clock);
	char path[64];
	int proc, r;

	if (!name)
		return bad_clock(reterr, "set-time-offset");
	if (nanoseconds > 999999999)
		return fail(reterr, -EINVAL, "set-time-offset", "nanoseconds",
			    "are a second or more");
	proc = ct_proc_open();
	r = proc < 0 ? proc : ct_proc_thread(proc, OFFSETS, path, sizeof(path));
	if (r >= 0)
		r = write_offset(proc, path, name, seconds, nanoseconds);
	if (r < 0)
		fail(reterr, r, "set-time-offset", name, hint_set(proc, r));
	if (proc >= 0)
		ct_sys_close(proc);
	return r;
}

/* The directory of a process, or, with -1, of the calling thread. */
static int open_process(int pidfd, char *path, size_t size)
{
	int r;

	if (pidfd != -1) {
		r = ct_pidfd_pid(pidfd);
		snprintf(path, size, OFFSETS);
		return r < 0 ? r : ct_pid_proc(r, pidfd);
	}
	r = ct_proc_open();
	if (r >= 0) {
		int err = ct_proc_thread(r, OFFSETS, path, size);

		if (err < 0) {
			ct_sys_close(r);
			return err;
		}
	}
	return r;
}

static const char *hint_get(int pidfd, int err)
{
	if (err == -EBADF || err == -EINVAL)
		return "the fd is no pidfd, nor -1 for the calling thread";
	if (err == -ESRCH && pidfd != -1)
		return "the process has ended, or has no number in the pid namespace of /proc";
	return hint_of_any(err);
}

int contain_ns_get_time_offset(int pidfd, int clock, int64_t *ret_seconds,
			       uint32_t *ret_nanoseconds, contain_error **reterr)
{
	const char *name = clock_name(clock);
	char path[64];
	uint32_t nsec;
	int64_t sec;
	int dir, r;

	if (!name)
		return bad_clock(reterr, "get-time-offset");
	if (!ret_seconds)
		return fail(reterr, -EINVAL, "get-time-offset", "ret_seconds", "is missing");
	dir = open_process(pidfd, path, sizeof(path));
	r = dir < 0 ? dir : read_offset(dir, path, name, &sec, &nsec);
	if (dir >= 0)
		ct_sys_close(dir);
	if (dir >= 0 && r < 0 && pidfd != -1 && ct_pidfd_has_ended(pidfd) == 1)
		r = -ESRCH; /* an open directory of it is empty then */
	if (r < 0)
		return fail(reterr, r, "get-time-offset", name, hint_get(pidfd, r));
	*ret_seconds = sec;
	if (ret_nanoseconds)
		*ret_nanoseconds = nsec;
	return 0;
}

static int enter(int dir)
{
	int r, fd = ct_fd_up(ct_sys_openat(dir, "time_for_children", O_RDONLY | O_CLOEXEC, 0));

	if (fd < 0)
		return fd == -ENOENT ? -EOPNOTSUPP : fd;
	r = ct_sys_setns(fd, CLONE_NEWTIME);
	ct_sys_close(fd);
	if (r < 0)
		return r;
	r = is_entered(dir);
	return r < 0 ? r : r ? 0 : -EIO;
}

static const char *hint_enter(int err)
{
	switch (err) {
	case -EUSERS:
		return "the caller has other threads, or shares its memory with another process "
		       "(vfork(2)): only a process alone in its memory can enter";
	case -EPERM:
		return "needs CAP_SYS_ADMIN in the user namespace that owns the time namespace, "
		       "and in the caller's own";
	case -EIO:
		return "the kernel says that the caller is in it, and /proc says that it is not";
	default:
		return hint_of_any(err);
	}
}

int contain_ns_enter_time(contain_error **reterr)
{
	int r, dir, proc = ct_proc_open();

	dir = proc < 0 ? proc : ns_dir(proc);
	if (proc >= 0)
		ct_sys_close(proc);
	r = dir < 0 ? dir : is_entered(dir);
	if (r == -ENOENT)
		r = -EOPNOTSUPP;
	if (r == 0)
		r = enter(dir);
	if (dir >= 0)
		ct_sys_close(dir);
	return r < 0 ? fail(reterr, r, "enter-time", "time_for_children", hint_enter(r)) : 0;
}
