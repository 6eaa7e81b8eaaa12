/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * An fd on a mount is a use of it, so what is unmounted by its fd goes lazily. Whether anybody else
 * uses it is asked before, by name and without an fd: MNT_EXPIRE does nothing the first time but to
 * answer. A name that leads elsewhere by then gives a wrong answer at most.
 */
#include "act.h"
#include "apart.h"
#include "feature/kernel.h"
#include "sys/fd.h"
#include "sys/path.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#define TRIES 16

#ifndef MNT_EXPIRE
#define MNT_EXPIRE 4
#endif

/* Lazily the kernel would take it away from under the process, with all that lies on it. */
static int refuse_root(const struct ct_mount_look *l, struct ct_mount_why *why)
{
	struct ct_mount_look root;
	int r = ct_mount_look_at(AT_FDCWD, "/", &root);

	if (r < 0 || root.unique_id != l->unique_id)
		return r;
	ct_mount_say(why, "it is the root of the calling process");
	return -EINVAL;
}

static int open_mount(int root_fd, const char *path, struct ct_mount_look *l,
		      struct ct_mount_why *why)
{
	int r, fd = ct_fd_up(ct_open_in_root(root_fd, path, O_PATH, 0));

	why->err = fd;
	if (fd == -ENOSYS) {
		why->err = -EOPNOTSUPP;
		ct_mount_say(why, "unsupported: openat2: the kernel, or a seccomp filter, does not "
				  "have it");
	}
	if (fd < 0)
		return why->err;
	r = ct_mount_look(fd, l);
	if (r == 0 && !l->is_root) {
		r = -EINVAL;
		ct_mount_say(why, "nothing is mounted there");
	}
	if (r == 0)
		r = refuse_root(l, why);
	if (r == 0)
		return fd;
	ct_sys_close(fd);
	return why->err = r;
}

static void why_no_umount(int fd, struct ct_mount_why *why)
{
	struct ct_mount_found m;
	struct ct_mount_look l;

	if (why->err == -EOPNOTSUPP)
		ct_mount_say(why, "no proc file system can be had, by which a file that is mounted "
				  "on is told to the kernel");
	if (why->err != -EINVAL || ct_mount_look(fd, &l) < 0)
		return;
	if (ct_mount_find(l.id, &m) == 0)
		ct_mount_say(why, "the mount is of another mount namespace, or detached already");
	else
		ct_mount_say(why, "the mount is locked, as a more privileged mount namespace made "
				  "it");
}

static int take_away(int fd, struct ct_mount_why *why)
{
	why->err = ct_mount_umount(fd, MNT_DETACH);
	if (why->err < 0)
		why_no_umount(fd, why);
	return why->err;
}

/* ---- is it used? ---- */

/* The directory of the last name of path, and that name; both as they are now. */
static int open_parent(int root_fd, const char *path, char *name, size_t size)
{
	size_t n = strlen(path), begin;
	char dir[PATH_MAX];

	while (n && path[n - 1] == '/')
		n--;
	for (begin = n; begin && path[begin - 1] != '/'; begin--)
		;
	if (!n || n - begin >= size || begin >= sizeof(dir))
		return !n ? -EBUSY : -ENAMETOOLONG;
	snprintf(name, size, "%.*s", (int)(n - begin), path + begin);
	snprintf(dir, sizeof(dir), "%.*s", (int)begin, path);
	if (!strcmp(name, ".") || !strcmp(name, ".."))
		return -EBUSY;
	return ct_fd_up(ct_open_in_root(root_fd, dir, O_PATH | O_DIRECTORY, 0));
}

/* 0: nobody uses it, 1: it has gone, -EAGAIN: the name led elsewhere, or -errno. */
static int ask(int dir_fd, const char *name, const struct ct_mount_look *l,
	       struct ct_mount_why *why)
{
	struct ct_mount_look now;
	int r = ct_mount_look_at(dir_fd, name, &now); /* a use, too: no older answer counts */

	if (r == 0 && now.unique_id != l->unique_id) {
		struct stat st;

		r = ct_sys_newfstatat(dir_fd, name, &st, AT_SYMLINK_NOFOLLOW);
		if (r == 0 && S_ISLNK(st.st_mode)) {
			ct_mount_say(why, "the last name is a symlink: without "
					  "CONTAIN_DETACH_LAZY name the mount point itself");
			return -ELOOP;
		}
		return r < 0 ? r : -EAGAIN;
	}
	if (r < 0)
		return r == -ENOENT ? -EAGAIN : r;
	r = ct_mount_umount_at(dir_fd, name, MNT_EXPIRE);
	if (r == -EAGAIN) /* its answer for "unused" */
		return 0;
	if (r == -EBUSY)
		ct_mount_why_busy(l, why);
	return r == 0 ? 1 : r;
}

static int detach_unused(int root_fd, const char *path, struct ct_mount_why *why)
{
	struct ct_mount_look l, again;
	char name[NAME_MAX + 1];
	int fd, dir, r = open_mount(root_fd, path, &l, why);

	if (r < 0)
		return r;
	ct_sys_close(r); /* it would be a use */
	dir = open_parent(root_fd, path, name, sizeof(name));
	if (dir < 0) {
		if (dir == -EBUSY)
			ct_mount_say(why, "without a name of its own the mount can be detached "
					  "with CONTAIN_DETACH_LAZY only");
		return why->err = dir;
	}
	r = ask(dir, name, &l, why);
	ct_sys_close(dir);
	why->err = r;
	if (r != 0 && r != 1 && r != -EINVAL)
		return r;
	fd = open_mount(root_fd, path, &again, why);
	if (r == 1 && (fd < 0 || again.unique_id != l.unique_id)) {
		ct_mount_close_path(fd, -1);
		*why->hint = 0;
		return why->err = 0; /* it was asked before, and nobody used it in between */
	}
	if (fd < 0)
		return fd;
	r = r == -EINVAL ? r : again.unique_id != l.unique_id ? -EAGAIN : take_away(fd, why);
	why->err = r;
	if (r == -EINVAL && !*why->hint)
		why_no_umount(fd, why);
	ct_sys_close(fd);
	return r;
}

int contain_mount_detach(int root_fd, const char *path, uint32_t flags, contain_error **reterr)
{
	struct ct_mount_why why = { 0 };
	struct ct_mount_look l;
	int root, fd, r = -EAGAIN;

	if (!path)
		return ct_mount_fail(reterr, -EINVAL, "detach", "path", "is NULL");
	if (flags & ~CONTAIN_DETACH_LAZY)
		return ct_mount_fail(reterr, -EINVAL, "detach", "flags", "an unknown flag");
	root = ct_mount_open_root(root_fd, path);
	if (root < 0 && root != AT_FDCWD)
		return ct_mount_fail(reterr, root, "detach", "root_fd", NULL);
	if (flags) {
		fd = r = open_mount(root, path, &l, &why);
		if (fd >= 0) {
			r = take_away(fd, &why);
			ct_sys_close(fd);
		}
	}
	for (int i = 0; !flags && r == -EAGAIN && i < TRIES; i++)
		r = detach_unused(root, path, &why);
	ct_mount_close_path(root, root_fd);
	return r < 0 ? ct_mount_failed(reterr, "detach", *path ? path : "root_fd", &why) : 0;
}
