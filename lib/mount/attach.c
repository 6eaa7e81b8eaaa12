/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Mounts are attached to what was opened below a root, never to a name. */
#include "act.h"
#include "apart.h"
#include "feature/kernel.h"
#include "sys/fd.h"
#include "sys/path.h"

#include <stdio.h>

#define ATTACH_FLAGS (CONTAIN_ATTACH_CREATE | CONTAIN_ATTACH_BENEATH)

#ifndef MS_MOVE
#define MS_MOVE 8192
#endif

/* ---- why not ---- */

static void why_invalid(int mount_fd, int target_fd, uint32_t flags, struct ct_mount_why *why)
{
	struct ct_mount_look mount, target;
	struct ct_mount_found at = { 0 }, from = { 0 }, over = { 0 };
	int attached;

	if (ct_mount_look(mount_fd, &mount) < 0 || ct_mount_look(target_fd, &target) < 0)
		return;
	attached = ct_mount_find(mount.id, &from) == 1;
	if (!mount.is_root)
		ct_mount_say(why, "mount_fd is not the root of a mount");
	else if (mount.is_dir != target.is_dir)
		ct_mount_say(why, "mount and mount point have to be both directories or both not");
	else if (ct_mount_find(target.id, &at) == 0)
		ct_mount_say(why, "the mount point is in another mount namespace, or in a mount "
				  "that is detached");
	else if (attached && ct_mount_find(from.parent, &over) == 1 && over.shared)
		ct_mount_say(why,
			     "the mount lies on %s, which is shared: what lies there does not "
			     "move; make that one private first",
			     over.point);
	else if (flags & CONTAIN_ATTACH_BENEATH && !target.is_root)
		ct_mount_say(why, "nothing is mounted there, beneath which it could be");
	else if (flags & CONTAIN_ATTACH_BENEATH)
		ct_mount_say(why, "what is mounted there is the root, or locked, or propagation "
				  "would bring the mount there once more");
	else if (attached && from.unbindable && at.shared)
		ct_mount_say(why, "an unbindable mount does not go where mounts are shared");
	else if (attached)
		ct_mount_say(why,
			     "the mount is locked, as a more privileged mount namespace made "
			     "it, or an unbindable one is below it and %s is shared",
			     at.point);
	else
		ct_mount_say(why, "mount_fd is of another mount namespace, or was detached");
}

static void why_no_move(int mount_fd, int target_fd, uint32_t flags, struct ct_mount_why *why)
{
	if (why->err == -EINVAL || why->err == -ENOTDIR)
		why_invalid(mount_fd, target_fd, flags, why);
	else if (why->err == -ELOOP)
		ct_mount_say(why, "the mount point lies in the mount itself");
	else if (why->err == -ENOENT)
		ct_mount_say(why, "the mount point was removed meanwhile");
}

/* Unknown flags are refused before any fd is looked at. */
static int has_beneath(void)
{
	return ct_sys_move_mount(-1, "", -1, "",
				 MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH |
					 MOVE_MOUNT_BENEATH) != -EINVAL;
}

int ct_mount_move_to(int mount_fd, int target_fd, uint32_t flags, struct ct_mount_why *why)
{
	const uint32_t by_fd = MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH;
	int beneath = (flags & CONTAIN_ATTACH_BENEATH) != 0;

	why->err = ct_sys_move_mount(mount_fd, "", target_fd, "",
				     by_fd | (beneath ? MOVE_MOUNT_BENEATH : 0));
	if (why->err == -ENOSYS) {
		ct_mount_say(why, "unsupported: move_mount: the kernel, or a seccomp filter, does "
				  "not have it");
	} else if (why->err == -EINVAL && beneath && !has_beneath()) {
		why->err = -EOPNOTSUPP;
		ct_mount_say(why, "unsupported: attaching beneath a mount, which needs Linux 6.5");
	} else if (why->err < 0) {
		why_no_move(mount_fd, target_fd, flags, why);
	}
	return why->err;
}

/* ---- the mount point ---- */

int ct_mount_open_root(int root_fd, const char *path)
{
	if (root_fd != AT_FDCWD || *path != '/')
		return root_fd;
	return ct_fd_up(ct_sys_openat(AT_FDCWD, "/", O_PATH | O_DIRECTORY | O_CLOEXEC, 0));
}

static int open_place(int root_fd, const char *path, int create, int is_dir,
		      struct ct_mount_why *why)
{
	int root = ct_mount_open_root(root_fd, path), fd = root;

	if (root >= 0 || root == AT_FDCWD)
		fd = ct_fd_up(create ? ct_make_in_root(root, path, is_dir) :
				       ct_open_mount_point(root, path));
	ct_mount_close_path(root, root_fd);
	why->err = fd;
	if (fd == -ENOSYS) {
		why->err = -EOPNOTSUPP;
		ct_mount_say(why, "unsupported: openat2: the kernel, or a seccomp filter, does not "
				  "have it");
	} else if (fd == -ELOOP) {
		ct_mount_say(why, "symlinks turn round, lead to the root itself, or are magic "
				  "links of proc, which are not followed");
	} else if (fd == -ENOENT && !create) {
		ct_mount_say(why, "there is no such mount point: see CONTAIN_ATTACH_CREATE");
	} else if (fd == -ENOENT) {
		ct_mount_say(why, "the mount point cannot be made: a directory was removed");
	} else if (fd == -ENOTDIR) {
		ct_mount_say(why, "a file is on the way, or a symlink that leads to nothing");
	} else if (fd == -EROFS) {
		ct_mount_say(why, "the mount point is missing, and the file system is read-only");
	} else if (fd == -EXDEV) {
		ct_mount_say(why, "the path leaves the root");
	}
	return fd;
}

static int attach(const char *op, int mount_fd, int root_fd, const char *path, uint32_t flags,
		  int classic, contain_error **reterr)
{
	struct ct_mount_why why = { 0 };
	struct ct_mount_look l;
	int fd, r = ct_mount_look(mount_fd, &l);

	if (r < 0)
		return ct_mount_fail(reterr, r, op, "mount_fd", NULL);
	if (!l.is_root)
		return ct_mount_fail(reterr, -EINVAL, op, "mount_fd", "is not the root of a mount");
	fd = open_place(root_fd, path, flags & CONTAIN_ATTACH_CREATE, l.is_dir, &why);
	if (fd < 0)
		return ct_mount_failed(reterr, op, *path ? path : "root_fd", &why);
	r = ct_mount_move_to(mount_fd, fd, flags, &why);
	if (r == -ENOSYS && classic && !(flags & CONTAIN_ATTACH_BENEATH)) {
		*why.hint = 0;
		why.err = r = ct_mount_classic(mount_fd, NULL, fd, NULL, MS_MOVE, NULL);
		if (r < 0)
			why_no_move(mount_fd, fd, flags, &why);
	}
	ct_sys_close(fd);
	if (r == -ENOSYS)
		why.err = -EOPNOTSUPP;
	return r < 0 ? ct_mount_failed(reterr, op, *path ? path : "root_fd", &why) : 0;
}

int contain_mount_attach(int mount_fd, int root_fd, const char *path, uint32_t flags,
			 contain_error **reterr)
{
	if (!path)
		return ct_mount_fail(reterr, -EINVAL, "attach", "path", "is NULL");
	if (flags & ~ATTACH_FLAGS)
		return ct_mount_fail(reterr, -EINVAL, "attach", "flags", "an unknown flag");
	return attach("attach", mount_fd, root_fd, path, flags, 0, reterr);
}

int contain_mount_move(int dirfd, const char *path, int root_fd, const char *target, uint32_t flags,
		       contain_error **reterr)
{
	int r, fd;

	if (!path || !target)
		return ct_mount_fail(reterr, -EINVAL, "move", path ? "target" : "path", "is NULL");
	if (flags & ~ATTACH_FLAGS)
		return ct_mount_fail(reterr, -EINVAL, "move", "flags", "an unknown flag");
	fd = ct_mount_open_path(dirfd, path);
	if (fd < 0)
		return ct_mount_fail(reterr, fd, "move", *path ? path : "dirfd", NULL);
	r = attach("move", fd, root_fd, target, flags, 1, reterr);
	ct_mount_close_path(fd, dirfd);
	return r;
}
