/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "path.h"
#include "fd.h"
#include "str.h"

#include <limits.h>

#define IN_ROOT (RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS)

static const char *relative(const char *path)
{
	while (*path == '/')
		path++;
	return *path ? path : ".";
}

static int resolve(int root_fd, const char *path, uint64_t flags, uint64_t mode, uint64_t how_to)
{
	struct open_how how;
	int fd = -EAGAIN;

	how.flags = flags | O_CLOEXEC;
	how.mode = mode;
	how.resolve = how_to;
	path = relative(path);
	for (int i = 0; i < CT_RESOLVE_TRIES && (fd == -EAGAIN || fd == -EINTR); i++)
		fd = ct_sys_openat2(root_fd, path, &how, sizeof(how));
	return fd;
}

int ct_open_in_root(int root_fd, const char *path, uint64_t flags, uint64_t mode)
{
	return resolve(root_fd, path, flags, mode, IN_ROOT);
}

int ct_open_in_mount(int root_fd, const char *path, uint64_t flags)
{
	return resolve(root_fd, path, flags, 0, IN_ROOT | RESOLVE_NO_XDEV);
}

int ct_open_mount_point(int root_fd, const char *path)
{
	struct stat root, st;
	int err, fd = resolve(root_fd, path, O_PATH, 0, IN_ROOT | RESOLVE_NO_SYMLINKS);

	if (fd != -ELOOP)
		return fd;
	fd = ct_open_in_root(root_fd, path, O_PATH, 0);
	if (fd < 0)
		return fd;
	err = ct_sys_newfstatat(fd, "", &st, AT_EMPTY_PATH);
	if (!err)
		err = ct_sys_newfstatat(root_fd, "", &root, AT_EMPTY_PATH);
	if (!err && st.st_dev == root.st_dev && st.st_ino == root.st_ino)
		err = -ELOOP;
	if (!err)
		return fd;
	ct_sys_close(fd);
	return err;
}

/* Makes name in the directory dir_fd; one that is there already is as good. */
static int make_one(int dir_fd, const char *name, int dir)
{
	int r;

	if (dir)
		r = ct_sys_mkdirat(dir_fd, name, 0755);
	else
		r = ct_sys_mknodat(dir_fd, name, S_IFREG | 0644, 0);
	return r == -EEXIST ? 0 : r;
}

/*
 * Opens the longest leading part of path that exists. Returns an O_PATH fd of it and the length
 * of that part (without the slash after it). Each prefix is resolved from the root anew, so that
 * a symlink in it is followed as the container would see it.
 */
static int open_prefix(int root_fd, const char *path, size_t len, char *buf, size_t *ret_len)
{
	int fd;

	for (;;) {
		while (len && path[len - 1] != '/')
			len--;
		while (len && path[len - 1] == '/')
			len--;
		ct_copy(buf, path, len);
		buf[len] = 0;
		fd = ct_open_in_root(root_fd, buf, O_PATH | O_DIRECTORY, 0);
		if (fd != -ENOENT || !len) {
			*ret_len = len;
			return fd;
		}
	}
}

int ct_make_in_root(int root_fd, const char *path, int dir)
{
	char buf[PATH_MAX];
	size_t total, at, end;
	int fd, next, r;

	fd = ct_open_mount_point(root_fd, path);
	if (fd != -ENOENT)
		return fd;
	path = relative(path);
	total = ct_len(path);
	while (total && path[total - 1] == '/')
		total--;
	if (total >= sizeof(buf))
		return -ENAMETOOLONG;
	fd = open_prefix(root_fd, path, total, buf, &at);
	while (fd >= 0 && at < total) {
		while (path[at] == '/')
			at++;
		for (end = at; end < total && path[end] != '/'; end++)
			;
		if (end - at > NAME_MAX) {
			ct_sys_close(fd);
			return -ENAMETOOLONG;
		}
		ct_copy(buf, path + at, end - at);
		buf[end - at] = 0;
		r = make_one(fd, buf, dir || end < total);
		/* one component on a pinned directory: a symlink that was put there is refused */
		next = r < 0 ? r : ct_sys_openat(fd, buf, O_PATH | O_NOFOLLOW | O_CLOEXEC, 0);
		ct_sys_close(fd);
		fd = next;
		at = end;
	}
	return fd;
}

ssize_t ct_read_at(int dirfd, const char *path, char *buf, size_t size)
{
	size_t at = 0;
	ssize_t n = 0;
	int fd = ct_fd_up(ct_sys_openat(dirfd, path, O_RDONLY | O_CLOEXEC | O_NOCTTY, 0));

	if (fd < 0)
		return fd;
	while (at + 1 < size) {
		n = ct_sys_read(fd, buf + at, size - 1 - at);
		if (n == -EINTR)
			continue;
		if (n <= 0)
			break;
		at += (size_t)n;
	}
	ct_sys_close(fd);
	buf[at] = 0;
	return n < 0 ? n : (ssize_t)at;
}

int ct_write_open(int dirfd, const char *path, const char *text, size_t n)
{
	ssize_t r;
	int fd = ct_fd_up(ct_sys_openat(dirfd, path, O_WRONLY | O_CLOEXEC | O_NOCTTY, 0));

	if (fd < 0)
		return fd;
	do {
		r = ct_sys_write(fd, text, n);
	} while (r == -EINTR);
	if ((size_t)r == n)
		return fd;
	ct_sys_close(fd);
	return r < 0 ? (int)r : -EIO;
}

ssize_t ct_read_once_at(int dirfd, const char *path, int flags, char *buf, size_t size)
{
	ssize_t n;
	int fd = ct_fd_up(ct_sys_openat(dirfd, path, O_RDONLY | O_CLOEXEC | O_NOCTTY | flags, 0));

	if (fd < 0)
		return fd;
	do {
		n = ct_sys_read(fd, buf, size - 1);
	} while (n == -EINTR);
	ct_sys_close(fd);
	buf[n < 0 ? 0 : n] = 0;
	return n;
}

int ct_write_at(int dirfd, const char *path, const char *text, size_t n)
{
	int fd = ct_write_open(dirfd, path, text, n);

	if (fd < 0)
		return fd;
	ct_sys_close(fd);
	return 0;
}
