/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Opening namespaces and asking what they are. Nothing here changes the caller. */
#include "act.h"
#include "sys/fd.h"
#include "sys/pidfd.h"
#include "sys/sys.h"

#include <contain/namespace.h>
#include <stdio.h>

/* linux/nsfs.h, linux/magic.h, linux/pidfd.h */
#define PIDFS_MAGIC 0x50494446
#define NS_GET_USERNS 0xb701UL
#define NS_GET_PARENT 0xb702UL
#define NS_GET_NSTYPE 0xb703UL
#define NS_GET_OWNER_UID 0xb704UL
#define PIDFD_GET(n) (0xff00UL + (n)) /* Linux 6.11 */

int ct_ns_type_of(int fd, uint64_t *ret_type)
{
	struct statfs fs;
	int r = ct_sys_fstatfs(fd, &fs);

	if (r < 0)
		return r == -EBADF ? r : -EINVAL;
	if (fs.f_type != CT_NSFS_MAGIC)
		return -EINVAL;
	r = ct_sys_ioctl(fd, NS_GET_NSTYPE, NULL);
	if (r < 0)
		return r;
	if (ct_ns_index((uint64_t)(uint32_t)r) < 0)
		return -EOPNOTSUPP;
	*ret_type = (uint32_t)r;
	return 0;
}

int ct_ns_check(int fd, uint64_t type, uint64_t *ret_type, struct ct_ns_why *why)
{
	uint64_t is = 0;
	int r = ct_ns_type_of(fd, &is);

	if (r == -EBADF)
		ct_ns_say(why, r, "ns_fd", "the fd is not open, or opened with O_PATH");
	else if (r == -EOPNOTSUPP)
		ct_ns_say(why, r, "ns_fd", "a namespace of a type that this library does not know");
	else if (r == -EINVAL)
		ct_ns_say(why, r, "ns_fd",
			  "the fd is no namespace: open a /proc/PID/ns/TYPE, or use "
			  "contain_ns_open() with a pidfd");
	else if (r < 0)
		ct_ns_say(why, r, "ns_fd", "%s", "");
	else if (type && is != type)
		ct_ns_say(why, r = -EINVAL, "ns_fd", "the fd is a %s namespace, not a %s namespace",
			  ct_ns_name(is), ct_ns_name(type));
	else if (ret_type)
		*ret_type = is;
	return r;
}

int ct_ns_same(int a, int b)
{
	struct stat x, y;

	return ct_sys_newfstatat(a, "", &x, AT_EMPTY_PATH) == 0 &&
	       ct_sys_newfstatat(b, "", &y, AT_EMPTY_PATH) == 0 && x.st_dev == y.st_dev &&
	       x.st_ino == y.st_ino;
}

int ct_ns_open_own(const char *name)
{
	char path[48];

	snprintf(path, sizeof(path), "/proc/thread-self/ns/%s", name);
	return ct_fd_up(ct_sys_openat(AT_FDCWD, path, O_RDONLY | O_CLOEXEC, 0));
}

static int ended(struct ct_ns_why *why)
{
	ct_ns_say(why, -ESRCH, "pidfd",
		  "the process has ended, and its namespaces with it, unless "
		  "something else holds them: open them while it runs");
	return -ESRCH;
}

/* The directory of the process, or why there is none. */
static int open_proc(int pidfd, struct ct_ns_why *why)
{
	int fd, pid = ct_pidfd_pid(pidfd);

	if (pid == -EINVAL)
		ct_ns_say(why, pid, "pidfd", "the fd is no pidfd: see pidfd_open(2)");
	else if (pid == -ESRCH)
		ct_ns_say(why, pid, "pidfd",
			  "the process has ended, or lies outside the pid "
			  "namespace whose /proc is mounted here");
	else if (pid == -ENOENT)
		ct_ns_say(why, pid, "/proc", "needs /proc on a kernel before Linux 6.11");
	else if (pid < 0)
		ct_ns_say(why, pid, "pidfd", "%s", "");
	if (pid < 0)
		return pid;
	fd = ct_pid_proc(pid, pidfd);
	if (fd == -ESRCH)
		return ended(why);
	if (fd < 0)
		ct_ns_say(why, fd, "/proc", "%s",
			  fd == -ENOENT ? "/proc hides the process (hidepid)" : "");
	return fd;
}

static int by_proc(int pidfd, uint64_t type, struct ct_ns_why *why)
{
	char path[24];
	int fd, r, dir = open_proc(pidfd, why);

	if (dir < 0)
		return dir;
	snprintf(path, sizeof(path), "ns/%s", ct_ns_name(type));
	fd = ct_fd_up(ct_sys_openat(dir, path, O_RDONLY | O_CLOEXEC, 0));
	ct_sys_close(dir);
	if (fd < 0) {
		ct_ns_say(why, fd, ct_ns_name(type), "%s", "");
		return fd;
	}
	r = ct_ns_check(fd, type, NULL, why);
	if (r < 0) {
		ct_sys_close(fd);
		return r;
	}
	return fd;
}

static int by_pidfd(int pidfd, uint64_t type)
{
	static const unsigned char number[CT_NS_TYPES] = {
		[CT_NS_CGROUP] = 1, [CT_NS_IPC] = 2,  [CT_NS_MNT] = 3,	[CT_NS_NET] = 4,
		[CT_NS_PID] = 5,    [CT_NS_TIME] = 7, [CT_NS_USER] = 9, [CT_NS_UTS] = 10,
	};
	struct statfs fs;
	int r = ct_sys_fstatfs(pidfd, &fs);

	/* before 6.9 a pidfd is one of many anonymous inodes; a device might act */
	if (r < 0)
		return r;
	if (fs.f_type != PIDFS_MAGIC)
		return -ENOTTY;
	return ct_fd_up(ct_sys_ioctl(pidfd, PIDFD_GET(number[ct_ns_index(type)]), NULL));
}

int ct_ns_open_of(int pidfd, uint64_t type, struct ct_ns_why *why)
{
	int r = by_pidfd(pidfd, type);

	if (r == -ENOTTY || r == -EINVAL || r == -ENOSYS)
		r = by_proc(pidfd, type, why);
	else if (r < 0)
		ct_ns_say(why, r, r == -EBADF ? "pidfd" : ct_ns_name(type), "%s", "");
	if (r >= 0)
		return r;
	if ((r == -ENOENT || r == -EACCES || r == -ESRCH) && ct_pidfd_has_ended(pidfd) > 0)
		return ended(why);
	if (r == -EACCES)
		ct_ns_say(why, r, why->object,
			  "the caller may not look at this process (PTRACE_MODE_READ): it is "
			  "another user's or has more capabilities, is not dumpable, or is in "
			  "another user namespace");
	if ((r == -ENOENT || r == -EOPNOTSUPP) && ct_ns_missing(type))
		ct_ns_say(why, -EOPNOTSUPP, ct_ns_name(type),
			  "this kernel has no namespaces of this type");
	return why->err;
}

int contain_ns_open(int pidfd, uint64_t type, contain_error **reterr)
{
	struct ct_ns_why why;
	int r;

	if (!type || !ct_ns_is_type(type))
		return ct_ns_failed(reterr, "open-namespace", -EINVAL, "type",
				    "has to be one known type");
	r = ct_ns_open_of(pidfd, type, &why);
	return r < 0 ? ct_ns_fail(reterr, "open-namespace", &why) : r;
}

static const char *what_it_is(const struct stat *st)
{
	if (S_ISREG(st->st_mode))
		return "a regular file with no namespace bound on it: was the pin made in another "
		       "mount namespace, or taken off?";
	if (S_ISDIR(st->st_mode))
		return "a directory is no namespace";
	return "this file is no namespace";
}

int ct_ns_reopen(int path_fd)
{
	char self[48];

	snprintf(self, sizeof(self), "/proc/thread-self/fd/%d", path_fd);
	return ct_fd_up(ct_sys_openat(AT_FDCWD, self, O_RDONLY | O_CLOEXEC, 0));
}

/* With O_PATH nothing acts, whatever it is; only what is on nsfs is then opened for good. */
static int open_path(int dirfd, const char *path, struct ct_ns_why *why)
{
	struct statfs fs;
	struct stat st;
	int r, fd = -1, at = ct_fd_up(ct_sys_openat(dirfd, path, O_PATH | O_CLOEXEC, 0));

	if (at < 0) {
		ct_ns_say(why, at, "", "%s", "");
		return at;
	}
	r = ct_sys_fstatfs(at, &fs);
	if (r == 0 && fs.f_type != CT_NSFS_MAGIC) {
		r = ct_sys_newfstatat(at, "", &st, AT_EMPTY_PATH);
		ct_ns_say(why, r < 0 ? r : -EINVAL, "", "%s", r < 0 ? "" : what_it_is(&st));
	} else if (r == 0) {
		fd = ct_ns_reopen(at);
		ct_ns_say(why, fd, "", "%s", fd == -ENOENT ? "this needs /proc" : "");
	} else {
		ct_ns_say(why, r, "", "%s", "");
	}
	ct_sys_close(at);
	return fd < 0 ? why->err : fd;
}

int contain_ns_open_path(int dirfd, const char *path, uint64_t type, contain_error **reterr)
{
	struct ct_ns_why why;
	int fd, r;

	if (!path || !*path)
		return ct_ns_failed(reterr, "open-namespace", -EINVAL, "path", "no path");
	if (!ct_ns_is_type(type))
		return ct_ns_failed(reterr, "open-namespace", -EINVAL, "type",
				    "has to be one known type, or 0");
	fd = open_path(dirfd, path, &why);
	if (fd < 0)
		return ct_ns_failed(reterr, "open-namespace", fd, path, why.hint);
	r = ct_ns_check(fd, type, NULL, &why);
	if (r < 0) {
		ct_sys_close(fd);
		return ct_ns_failed(reterr, "open-namespace", r, path, why.hint);
	}
	return fd;
}

int contain_ns_type(int ns_fd, uint64_t *ret_type, contain_error **reterr)
{
	struct ct_ns_why why;

	if (!ret_type)
		return ct_ns_failed(reterr, "namespace-type", -EINVAL, "ret_type", "is NULL");
	if (ct_ns_check(ns_fd, 0, ret_type, &why) < 0)
		return ct_ns_fail(reterr, "namespace-type", &why);
	return 0;
}

int contain_ns_inode(int ns_fd, uint64_t *ret_inode, contain_error **reterr)
{
	struct ct_ns_why why;
	struct stat st;
	int r;

	if (!ret_inode)
		return ct_ns_failed(reterr, "namespace-inode", -EINVAL, "ret_inode", "is NULL");
	r = ct_ns_check(ns_fd, 0, NULL, &why);
	if (r < 0 && r != -EOPNOTSUPP)
		return ct_ns_fail(reterr, "namespace-inode", &why);
	r = ct_sys_newfstatat(ns_fd, "", &st, AT_EMPTY_PATH);
	if (r < 0)
		return ct_ns_failed(reterr, "namespace-inode", r, "ns_fd", NULL);
	*ret_inode = st.st_ino;
	return 0;
}

int contain_ns_owner(int ns_fd, contain_error **reterr)
{
	struct ct_ns_why why;
	int r = ct_ns_check(ns_fd, 0, NULL, &why);

	if (r < 0)
		return ct_ns_fail(reterr, "namespace-owner", &why);
	r = ct_fd_up(ct_sys_ioctl(ns_fd, NS_GET_USERNS, NULL));
	if (r >= 0)
		return r;
	return ct_ns_failed(reterr, "namespace-owner", r, "ns_fd",
			    r == -EPERM ? "the owner lies outside the caller's own user namespace" :
					  NULL);
}

int ct_ns_parent_of(int ns_fd)
{
	return ct_fd_up(ct_sys_ioctl(ns_fd, NS_GET_PARENT, NULL));
}

int contain_ns_parent(int ns_fd, contain_error **reterr)
{
	struct ct_ns_why why;
	uint64_t type = 0;
	int r = ct_ns_check(ns_fd, 0, &type, &why);

	if (r < 0)
		return ct_ns_fail(reterr, "namespace-parent", &why);
	if (type != CONTAIN_NS_PID && type != CONTAIN_NS_USER) {
		ct_ns_say(&why, -EINVAL, "ns_fd",
			  "a %s namespace has no parent: only pid and user namespaces are nested",
			  ct_ns_name(type));
		return ct_ns_fail(reterr, "namespace-parent", &why);
	}
	r = ct_ns_parent_of(ns_fd);
	if (r >= 0)
		return r;
	ct_ns_say(&why, r, "ns_fd",
		  r == -EPERM ? "there is no parent, or it lies outside the caller's own %s "
				"namespace" :
				"the parent of the %s namespace",
		  ct_ns_name(type));
	return ct_ns_fail(reterr, "namespace-parent", &why);
}

int contain_ns_owner_uid(int ns_fd, uint32_t *ret_uid, contain_error **reterr)
{
	struct ct_ns_why why;
	uint32_t uid = 0;
	int r;

	if (!ret_uid)
		return ct_ns_failed(reterr, "namespace-owner-uid", -EINVAL, "ret_uid", "is NULL");
	if (ct_ns_check(ns_fd, CONTAIN_NS_USER, NULL, &why) < 0)
		return ct_ns_fail(reterr, "namespace-owner-uid", &why);
	r = ct_sys_ioctl(ns_fd, NS_GET_OWNER_UID, &uid);
	if (r < 0)
		return ct_ns_failed(reterr, "namespace-owner-uid", r, "ns_fd", NULL);
	*ret_uid = uid;
	return 0;
}

const char *contain_ns_type_name(uint64_t type)
{
	return type ? ct_ns_name(type) : "";
}
