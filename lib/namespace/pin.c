/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Namespaces that last without a process: bound on a file. */
#include "act.h"
#include "sys/fd.h"
#include "sys/sys.h"

#include <contain/namespace.h>
#include <stdio.h>

#ifndef STATX_ATTR_MOUNT_ROOT
#define STATX_ATTR_MOUNT_ROOT 0x2000
#endif
#ifndef MOVE_MOUNT_F_EMPTY_PATH
#define MOVE_MOUNT_F_EMPTY_PATH 4
#endif
#ifndef MOVE_MOUNT_T_EMPTY_PATH
#define MOVE_MOUNT_T_EMPTY_PATH 0x40
#endif

const char ct_ns_no_mount_rights[] =
	"needs CAP_SYS_ADMIN in the user namespace that owns the caller's mount namespace";

/* The file to bind on: one of our own making, or an empty regular one. */
struct place {
	int fd; /* O_PATH */
	int made;
	struct stat st;
};

static int is_ns(int fd)
{
	struct statfs fs;

	return ct_sys_fstatfs(fd, &fs) == 0 && fs.f_type == CT_NSFS_MAGIC;
}

static int is_mount_point(int fd)
{
	struct statx st;

	return ct_sys_statx(fd, "", AT_EMPTY_PATH, 0, &st) == 0 &&
	       st.stx_attributes & STATX_ATTR_MOUNT_ROOT;
}

static int use_existing(int dirfd, const char *path, struct place *p, struct ct_ns_why *why)
{
	const char *taken = NULL;
	int r;

	p->fd = ct_fd_up(ct_sys_openat(dirfd, path, O_PATH | O_NOFOLLOW | O_CLOEXEC, 0));
	r = p->fd < 0 ? p->fd : ct_sys_newfstatat(p->fd, "", &p->st, AT_EMPTY_PATH);
	if (r < 0) {
		ct_ns_say(why, r, path, "%s", "");
		return r;
	}
	if (S_ISLNK(p->st.st_mode)) {
		ct_ns_say(why, -ELOOP, path, "a symbolic link, which is not followed");
		return -ELOOP;
	}
	if (is_ns(p->fd))
		taken = "a namespace is pinned there already";
	else if (!S_ISREG(p->st.st_mode) || p->st.st_size)
		taken = "what is there is no empty regular file";
	else if (is_mount_point(p->fd))
		taken = "something else is mounted there";
	if (!taken)
		return 0;
	ct_ns_say(why, -EEXIST, path, "%s", taken);
	return -EEXIST;
}

static int take_place(int dirfd, const char *path, struct place *p, struct ct_ns_why *why)
{
	const int flags = O_RDONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
	int r;

	p->fd = ct_fd_up(ct_sys_openat(dirfd, path, flags, 0444));
	p->made = p->fd >= 0;
	if (p->fd == -EEXIST)
		return use_existing(dirfd, path, p, why);
	r = p->fd < 0 ? p->fd : ct_sys_newfstatat(p->fd, "", &p->st, AT_EMPTY_PATH);
	if (r < 0)
		ct_ns_say(why, r, path, "%s", "");
	if (r < 0 && p->made) /* leave_place() would not know it again */
		ct_sys_unlinkat(dirfd, path, 0);
	return r;
}

/* After a failure the name goes again, if it is still the file that was made. */
static void leave_place(int dirfd, const char *path, struct place *p, int failed)
{
	struct stat st;

	if (failed && p->made && ct_sys_newfstatat(dirfd, path, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	    st.st_dev == p->st.st_dev && st.st_ino == p->st.st_ino)
		ct_sys_unlinkat(dirfd, path, 0);
	if (p->fd >= 0)
		ct_sys_close(p->fd);
}

static int attach(int ns_fd, uint64_t type, const struct place *p, const char *path,
		  struct ct_ns_why *why)
{
	const uint32_t by_fd = MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH;
	int r, tree = ct_fd_up(ct_sys_open_tree(
		       ns_fd, "", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH));

	r = tree < 0 ? tree : ct_sys_move_mount(tree, "", p->fd, "", by_fd);
	if (tree >= 0)
		ct_sys_close(tree);
	if (r >= 0)
		return 0;
	if (r == -EPERM)
		ct_ns_say(why, r, path, "%s", ct_ns_no_mount_rights);
	else if ((r == -EINVAL || r == -ELOOP) && type == CONTAIN_NS_MNT)
		ct_ns_say(why, -EINVAL, path,
			  "a mount namespace is pinned in an older one only, and never in itself: "
			  "the kernel allows no loop. On Linux 6.18 one that was made on another "
			  "processor may count as older: make it anew, on the same processor");
	else if (r == -EINVAL)
		ct_ns_say(why, r, path, "the file belongs to another mount namespace");
	else if (r == -ENOSPC)
		ct_ns_say(why, r, path, "the mount namespace is full: fs.mount-max");
	else
		ct_ns_say(why, r, path, "%s", "");
	return why->err;
}

int ct_ns_pin(int ns_fd, uint64_t type, int dirfd, const char *path, struct ct_ns_why *why)
{
	struct place place = { .fd = -1 };
	int r = take_place(dirfd, path, &place, why);

	if (r == 0)
		r = attach(ns_fd, type, &place, path, why);
	leave_place(dirfd, path, &place, r < 0);
	return r;
}

int contain_ns_pin(int ns_fd, int dirfd, const char *path, contain_error **reterr)
{
	struct ct_ns_why why;
	uint64_t type = 0;

	if (!path || !*path)
		return ct_ns_failed(reterr, "pin", -EINVAL, "path", "no path");
	if (ct_ns_check(ns_fd, 0, &type, &why) < 0)
		return ct_ns_fail(reterr, "pin", &why);
	return ct_ns_pin(ns_fd, type, dirfd, path, &why) < 0 ? ct_ns_fail(reterr, "pin", &why) : 0;
}

/*
 * By the fd that was looked at, so that nothing else is unmounted whatever the name becomes
 * meanwhile: the link of procfs leads to that very mount.
 */
static int detach(int fd, const char *path, struct ct_ns_why *why)
{
	char self[48];
	int r;

	snprintf(self, sizeof(self), "/proc/thread-self/fd/%d", fd);
	r = ct_sys_umount2(self, MNT_DETACH);
	if (r < 0)
		ct_ns_say(
			why, r, path, "%s",
			r == -EPERM  ? ct_ns_no_mount_rights :
			r == -ENOENT ? "needs /proc" :
			r == -EINVAL ? "the pin is of another mount namespace, or locked: it came "
				       "from a more privileged one" :
				       "");
	return r;
}

static int remove_name(int dirfd, const char *path, struct ct_ns_why *why)
{
	struct stat st;
	int r = ct_sys_newfstatat(dirfd, path, &st, AT_SYMLINK_NOFOLLOW);

	if (r == -ENOENT)
		return 0;
	if (r == 0 && (!S_ISREG(st.st_mode) || st.st_size))
		return 0; /* not of our making */
	if (r == 0)
		r = ct_sys_unlinkat(dirfd, path, 0);
	if (r == 0 || r == -ENOENT)
		return 0;
	ct_ns_say(why, r, path, "the namespace is not bound there any more, but the file stays%s",
		  r == -EBUSY ? ": something else is mounted on it" : "");
	return r;
}

static int check_pin(int fd, uint64_t type, const char *path, struct ct_ns_why *why)
{
	int r, ns_fd;

	if (!is_ns(fd)) {
		ct_ns_say(why, -EINVAL, path,
			  "this is no pin: nothing but a bound namespace is unmounted");
		return -EINVAL;
	}
	if (!type)
		return 0;
	ns_fd = ct_ns_reopen(fd);
	if (ns_fd < 0) {
		ct_ns_say(why, ns_fd, path, "%s", ns_fd == -ENOENT ? "needs /proc" : "");
		return ns_fd;
	}
	r = ct_ns_check(ns_fd, type, NULL, why);
	why->object = path;
	ct_sys_close(ns_fd);
	return r;
}

int ct_ns_unpin(int dirfd, const char *path, uint64_t type, struct ct_ns_why *why)
{
	int r, fd = ct_fd_up(ct_sys_openat(dirfd, path, O_PATH | O_NOFOLLOW | O_CLOEXEC, 0));

	if (fd < 0) {
		ct_ns_say(why, fd, path, "%s", "");
		return fd;
	}
	r = check_pin(fd, type, path, why);
	if (r == 0)
		r = detach(fd, path, why);
	ct_sys_close(fd);
	return r < 0 ? r : remove_name(dirfd, path, why);
}

int contain_ns_unpin(int dirfd, const char *path, contain_error **reterr)
{
	struct ct_ns_why why;

	if (!path || !*path)
		return ct_ns_failed(reterr, "unpin", -EINVAL, "path", "no path");
	return ct_ns_unpin(dirfd, path, 0, &why) < 0 ? ct_ns_fail(reterr, "unpin", &why) : 0;
}
