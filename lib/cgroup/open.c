/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Opening and making groups by paths. No name is resolved twice: the fds are what counts. */
#include "act.h"
#include "feature/mounts.h"
#include "group_files.h"
#include "sys/path.h"
#include "sys/pidfd.h"
#include "sys/str.h"
#include "tree.h"

#include <contain/cgroup.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#define TRIES 16

#define BENEATH (RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_XDEV)

static const char bad_path[] = "is names with '/' between them, each as contain_cgroup_create() "
			       "takes them";

const char *ct_group_next_name(const char *path, size_t *ret_n)
{
	while (*path == '/')
		path++;
	*ret_n = strcspn(path, "/");
	return *ret_n ? path : NULL;
}

int ct_group_path_ok(const char *path)
{
	char name[NAME_MAX + 1];
	const char *at = path;
	size_t n, count = 0;

	if (*path == '/' || strlen(path) >= PATH_MAX)
		return 0;
	while ((at = ct_group_next_name(at, &n)) != NULL) {
		if (n > NAME_MAX)
			return 0;
		memcpy(name, at, n);
		name[n] = 0;
		if (!ct_group_name_ok(name))
			return 0;
		at += n;
		count++;
	}
	return count > 0;
}

static int open_as(int dirfd, const char *path, uint64_t resolve)
{
	struct open_how how = { 0 };
	int fd = -EAGAIN;

	how.flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
	how.resolve = resolve;
	for (int i = 0; i < CT_RESOLVE_TRIES && (fd == -EAGAIN || fd == -EINTR); i++)
		fd = ct_sys_openat2(dirfd, path, &how, sizeof(how));
	return ct_fd_up(fd);
}

int ct_group_open_below(int fd, const char *path)
{
	return open_as(fd, path, BENEATH);
}

static int has_dots(const char *path)
{
	size_t n;

	while ((path = ct_group_next_name(path, &n)) != NULL) {
		if (n == 2 && !memcmp(path, "..", 2))
			return 1;
		path += n;
	}
	return 0;
}

/* What is found at the end of a path may be a directory of any file system. */
static int opened(int fd, const char *op, const char *path, int *ret_fd, contain_error **reterr)
{
	int r = fd < 0 ? fd : ct_group_check(fd);

	if (r == 0) {
		*ret_fd = fd;
		return 0;
	}
	if (fd >= 0)
		ct_sys_close(fd);
	return ct_group_fail(reterr, r, op, path,
			     r == -EOPNOTSUPP ? "it is not on a cgroup2 file system" :
			     r == -EXDEV      ? "something is mounted on the way to it" :
			     r == -EACCES     ? "no permission to open it" :
						ct_group_hint(r));
}

int contain_cgroup_open(int parent_fd, const char *path, int *ret_fd, contain_error **reterr)
{
	const char *op = "open-group";
	int r;

	if (!ret_fd)
		return ct_group_fail(reterr, -EINVAL, op, "ret_fd", "is NULL");
	if (!path || !*path || strchr(path, '\n') || has_dots(path))
		return ct_group_fail(reterr, -EINVAL, op, "path",
				     "is a path without \"..\" and newline");
	if (parent_fd == AT_FDCWD)
		return opened(open_as(AT_FDCWD, path, RESOLVE_NO_MAGICLINKS), op, path, ret_fd,
			      reterr);
	if (*path == '/')
		return ct_group_fail(reterr, -EINVAL, op, "path", "is relative to parent_fd");
	r = ct_group_check_arg(reterr, op, "parent_fd", parent_fd);
	if (r < 0)
		return r;
	return opened(ct_group_open_below(parent_fd, path), op, path, ret_fd, reterr);
}

/* ---- whose group ------------------------------ */

/* The group that a file /proc/PID/cgroup at dirfd tells, opened below the v2 mount. */
static int open_told(const struct ct_cgroup_mounts *m, int dirfd, const char *file, char *path,
		     size_t size)
{
	struct ct_lines lines = { 0 };
	char *line, group[CT_GROUP_MAX] = "";
	size_t at;
	int r;

	lines.fd = ct_fd_up(ct_sys_openat(dirfd, file, O_RDONLY | O_CLOEXEC, 0));
	if (lines.fd < 0)
		return lines.fd;
	while ((r = ct_lines_next(&lines, &line)) > 0)
		if (ct_own_group_parse(line, m->v2_root, group, sizeof(group)) == 0)
			break;
	ct_sys_close(lines.fd);
	free(lines.buf);
	if (r < 0)
		return r;
	if (!*group)
		return -ENOENT;
	at = ct_append(path, size, 0, m->v2_mount);
	at = ct_append(path, size, at, group);
	if (at + 1 >= size)
		return -ENAMETOOLONG;
	return ct_group_open(AT_FDCWD, path);
}

static const char *hint_told(int err)
{
	switch (-err) {
	case ENOENT:
		return "the cgroup2 mount here does not show the group: it lies outside of the "
		       "caller's cgroup namespace, or there is no /proc";
	case ESRCH:
		return "the process has ended, or has no number in the pid namespace of /proc";
	case EINVAL:
		return "is no pidfd";
	case EACCES:
		return "no permission to open it";
	default:
		return ct_group_hint(err);
	}
}

static int open_process(const struct ct_cgroup_mounts *m, int pidfd, char *path, size_t size)
{
	int proc, r, pid = ct_pidfd_pid(pidfd);

	if (pid < 0)
		return pid;
	proc = ct_pid_proc(pid, pidfd);
	if (proc < 0)
		return proc == -ENOENT ? -ESRCH : proc;
	r = open_told(m, proc, "cgroup", path, size);
	ct_sys_close(proc);
	/* it ended meanwhile, and its group is gone with it */
	return r < 0 && ct_pidfd_has_ended(pidfd) > 0 ? -ESRCH : r;
}

/* pidfd -1: the calling thread */
static int open_of(int pidfd, const char *op, int *ret_fd, contain_error **reterr)
{
	char path[2 * CT_GROUP_MAX] = "";
	struct ct_cgroup_mounts *m;
	int r;

	if (!ret_fd)
		return ct_group_fail(reterr, -EINVAL, op, "ret_fd", "is NULL");
	m = malloc(sizeof(*m));
	if (!m)
		return ct_group_fail(reterr, -ENOMEM, op, "", NULL);
	r = ct_cgroup_mounts_read(m);
	if (r >= 0 && !m->v2_id) {
		free(m);
		return ct_group_fail(reterr, -EOPNOTSUPP, op, "",
				     "no cgroup2 file system is mounted here");
	}
	if (r >= 0 && pidfd < 0)
		r = open_told(m, AT_FDCWD, "/proc/thread-self/cgroup", path, sizeof(path));
	else if (r >= 0)
		r = open_process(m, pidfd, path, sizeof(path));
	free(m);
	if (r < 0)
		return ct_group_fail(reterr, r, op,
				     *path	? path :
				     pidfd >= 0 ? "pidfd" :
						  "",
				     hint_told(r));
	*ret_fd = r;
	return 0;
}

int contain_cgroup_open_own(int *ret_fd, contain_error **reterr)
{
	return open_of(-1, "open-own-group", ret_fd, reterr);
}

int contain_cgroup_open_process(int pidfd, int *ret_fd, contain_error **reterr)
{
	const char *op = "open-group-of-process";

	if (pidfd < 0)
		return ct_group_fail(reterr, -EBADF, op, "pidfd", "is not an open fd");
	return open_of(pidfd, op, ret_fd, reterr);
}

/* ---- making ------------------------------ */

/*
 * One name further: the group is opened, or made. Returns its fd, *ret_made 1 when it was made.
 * Who removes it meanwhile is told after some tries: -ENODEV.
 */
static int make_one(int dirfd, const char *name, int *ret_made)
{
	int fd = -ENOENT;

	*ret_made = 0;
	for (int i = 0; i < TRIES; i++) {
		fd = ct_group_open_below(dirfd, name);
		if (fd != -ENOENT)
			return fd;
		fd = ct_group_make(dirfd, name);
		if (fd >= 0)
			*ret_made = 1;
		if (fd != -EEXIST && fd != -ENODEV)
			return fd;
	}
	return -ENODEV;
}

/* Removes the last n names of path[0..end), deepest first. */
static void unmake(int parent_fd, char *path, int n)
{
	while (n-- > 0) {
		char *slash = strrchr(path, '/');

		ct_sys_unlinkat(parent_fd, path, AT_REMOVEDIR);
		if (!slash)
			return;
		*slash = 0;
	}
}

int contain_cgroup_create_path(int parent_fd, const char *path, int *ret_fd, contain_error **reterr)
{
	const char *op = "create-group", *at = path;
	char done[PATH_MAX] = "";
	int r, made, total = 0, run = 0, fd = -1;
	size_t n, end = 0;

	if (!ret_fd)
		return ct_group_fail(reterr, -EINVAL, op, "ret_fd", "is NULL");
	if (!path || !ct_group_path_ok(path))
		return ct_group_fail(reterr, -EINVAL, op, "path", path ? bad_path : "is NULL");
	r = ct_group_check_arg(reterr, op, "parent_fd", parent_fd);
	while (r >= 0 && (at = ct_group_next_name(at, &n)) != NULL) {
		size_t before = end;

		if (end)
			done[end++] = '/';
		memcpy(done + end, at, n);
		done[end + n] = 0;
		r = make_one(fd < 0 ? parent_fd : fd, done + end, &made);
		end += n;
		at += n;
		if (fd >= 0)
			ct_sys_close(fd);
		fd = r;
		total += r >= 0 && made;
		/* what another has made on the way is left, and what lies above it */
		run = r < 0 ? run : made ? run + 1 : 0;
		if (r < 0) {
			ct_group_fail(reterr, r, op, done, ct_group_hint(r));
			done[before] = 0;
			unmake(parent_fd, done, run);
		}
	}
	if (r < 0)
		return r;
	*ret_fd = fd;
	return total;
}

/* Made, locked and still there: 0; -ENODEV: gc was faster, try another name. */
static int own(int fd)
{
	int r = ct_sys_flock(fd, LOCK_SH | LOCK_NB);

	if (r < 0)
		return r == -EAGAIN ? -ENODEV : r;
	r = ct_sys_faccessat2(fd, "cgroup.procs", F_OK, 0);
	return r == -ENOENT ? -ENODEV : r;
}

int contain_cgroup_create_unique(int parent_fd, const char *prefix, int *ret_fd, char *ret_name,
				 size_t size, contain_error **reterr)
{
	const char *op = "create-group";
	char name[CT_GROUP_NAME_MAX + 1];
	int r = -ENODEV, fd = -1;

	if (!ret_fd || !ret_name)
		return ct_group_fail(reterr, -EINVAL, op, ret_fd ? "ret_name" : "ret_fd",
				     "is NULL");
	if (!prefix || !ct_group_name_ok(prefix) || strlen(prefix) > CT_GROUP_PREFIX_MAX)
		return ct_group_fail(reterr, -EINVAL, op, "prefix",
				     prefix ? "is one name of at most 64 bytes, not beginning "
					      "with \"cgroup.\"" :
					      "is NULL");
	if (size < CONTAIN_CGROUP_NAME_SIZE)
		return ct_group_fail(reterr, -ERANGE, op, "ret_name",
				     "has room for less than CONTAIN_CGROUP_NAME_SIZE bytes");
	r = ct_group_check_arg(reterr, op, "parent_fd", parent_fd);
	if (r < 0)
		return r;
	r = -ENODEV;
	for (int i = 0; i < TRIES && (r == -ENODEV || r == -EEXIST); i++) {
		ct_group_name_new(name, prefix);
		r = fd = ct_group_make(parent_fd, name);
		if (fd < 0)
			continue;
		r = own(fd);
		if (r == 0)
			break;
		ct_sys_unlinkat(parent_fd, name, AT_REMOVEDIR);
		ct_sys_close(fd);
	}
	if (r < 0)
		return ct_group_fail(reterr, r, op, name, ct_group_hint(r));
	memcpy(ret_name, name, strlen(name) + 1);
	*ret_fd = fd;
	return 0;
}
