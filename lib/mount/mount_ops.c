/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Mounts are made detached, filled, and attached by fd; no name below the root is trusted. */
#include "mount.h"
#include "sys/path.h"
#include "sys/str.h"
#include "sys/sys.h"

int ct_mount_fs(struct ct_run *log, const struct ct_mount_fs *fs)
{
	int err = 0, mnt, fd = ct_sys_fsopen(fs->type, FSOPEN_CLOEXEC);

	if (fd < 0)
		return fd;
	for (const char *const *k = fs->keys; k && k[0] && !err; k += 2)
		err = ct_sys_fsconfig(fd, k[1] ? FSCONFIG_SET_STRING : FSCONFIG_SET_FLAG, k[0], k[1], 0);
	if (!err)
		err = ct_sys_fsconfig(fd, FSCONFIG_CMD_CREATE, NULL, NULL, 0);
	mnt = err ? err : ct_sys_fsmount(fd, FSMOUNT_CLOEXEC, fs->attr);
	if (mnt < 0 && log)
		ct_run_fs_log(log, fd);
	ct_sys_close(fd);
	return mnt;
}

int ct_mount_clone(int dirfd, const char *path, uint64_t dev, uint64_t ino)
{
	struct stat st;
	int err, fd = ct_sys_open_tree(dirfd, path, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE |
							     (*path ? 0 : AT_EMPTY_PATH));

	if (fd < 0 || !ino)
		return fd;
	err = ct_sys_newfstatat(fd, "", &st, AT_EMPTY_PATH);
	if (!err && (st.st_dev != dev || st.st_ino != ino))
		err = -ESTALE;
	if (err < 0) {
		ct_sys_close(fd);
		return err;
	}
	return fd;
}

static int set_attr(int fd, uint64_t attr, uint64_t propagation, int recursive)
{
	struct mount_attr a;

	a.attr_set = attr;
	a.attr_clr = 0;
	a.propagation = propagation;
	a.userns_fd = 0;
	return ct_sys_mount_setattr(fd, "", AT_EMPTY_PATH | (recursive ? AT_RECURSIVE : 0), &a, sizeof(a));
}

int ct_mount_set_attr(int fd, uint32_t attr, int recursive)
{
	return set_attr(fd, attr, 0, recursive);
}

int ct_mount_set_propagation(int fd, uint64_t propagation, int recursive)
{
	return set_attr(fd, 0, propagation, recursive);
}

static int move_to_fd(int mount_fd, int target_fd)
{
	return ct_sys_move_mount(mount_fd, "", target_fd, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH);
}

int ct_mount_attach(struct ct_run *r, int mount_fd, int root_fd, const char *path, int dir)
{
	int err, target = ct_make_in_root(root_fd, path, dir);

	if (target < 0) {
		if (r)
			r->report.detail = CT_ATTACH_TARGET;
		return target;
	}
	err = move_to_fd(mount_fd, target);
	if (err < 0 && r)
		r->report.detail = CT_ATTACH_MOVE;
	ct_sys_close(target);
	return err;
}

static int make_and_attach(struct ct_run *r, const struct ct_mount_fs *fs, const char *target)
{
	int err, fd = ct_mount_fs(r, fs);

	if (fd < 0)
		return fd;
	err = ct_mount_attach(r, fd, r->fd[CT_SLOT_ROOT], target, 1);
	ct_sys_close(fd);
	return err;
}

#define KERNEL_FS (MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC)

int ct_mount_op_fs(struct ct_run *r, const struct ct_step *s)
{
	static const char *const dir_755[] = { "mode", "755", NULL };
	const char *controller[3] = { ct_block_str(r->plan, s->str[0]), NULL, NULL };
	struct ct_mount_fs fs = { NULL, NULL, KERNEL_FS };

	switch ((enum ct_mount_fs_id)s->arg[0]) {
	case CT_FS_PROC:
		fs.type = "proc";
		break;
	case CT_FS_SYSFS:
		fs.type = "sysfs";
		fs.attr |= MOUNT_ATTR_RDONLY;
		break;
	case CT_FS_CGROUP2:
		fs.type = "cgroup2";
		fs.attr |= MOUNT_ATTR_RDONLY;
		break;
	case CT_FS_CGROUP:
		fs.type = "cgroup";
		fs.keys = controller;
		fs.attr |= MOUNT_ATTR_RDONLY;
		break;
	case CT_FS_CGROUP_TMPFS:
		fs.type = "tmpfs";
		fs.keys = dir_755;
		break;
	default:
		return -EINVAL;
	}
	return make_and_attach(r, &fs, ct_block_str(r->plan, s->object));
}

int ct_mount_op_tmpfs(struct ct_run *r, const struct ct_step *s)
{
	const char *size = ct_block_str(r->plan, s->str[0]);
	const char *keys[] = { "mode", ct_block_str(r->plan, s->str[1]), *size ? "size" : NULL, size, NULL };
	const struct ct_mount_fs fs = { "tmpfs", keys, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV };

	return make_and_attach(r, &fs, ct_block_str(r->plan, s->object));
}

/* The kernel's errno for a missing source is the caller's word that it may be missing. */
static int skipped(int err, const struct ct_step *s)
{
	return s->arg[3] && (err == -ENOENT || err == -ENOTDIR);
}

static int bind_open(struct ct_run *r, const struct ct_step *s)
{
	int fd = ct_mount_clone(AT_FDCWD, ct_block_str(r->plan, s->str[0]), (uint64_t)s->arg[1], (uint64_t)s->arg[2]);
	int err = 0;

	if (fd >= 0 && s->arg[0])
		err = ct_mount_set_attr(fd, (uint32_t)s->arg[0], 1);
	if (err < 0) {
		ct_sys_close(fd);
		fd = err;
	}
	if (fd < 0)
		r->report.detail = CT_ATTACH_SOURCE;
	return fd;
}

/* Before the root is attached: a recursive bind of the host's "/" must not contain it. */
int ct_mount_op_bind_source(struct ct_run *r, const struct ct_step *s)
{
	int fd = bind_open(r, s);

	if (fd < 0 && !skipped(fd, s))
		return fd;
	r->fd[s->slot] = fd;
	return 0;
}

int ct_mount_op_bind(struct ct_run *r, const struct ct_step *s)
{
	const char *target = ct_block_str(r->plan, s->object);
	struct stat st;
	int dir_fd, err = 0, fd = s->slot ? r->fd[s->slot] : bind_open(r, s);

	if (fd < 0)
		return skipped(fd, s) ? 0 : fd;
	dir_fd = ct_open_in_root(r->fd[CT_SLOT_ROOT], target, O_PATH, 0);
	if (dir_fd == -ENOENT) { /* only then the source's type matters */
		err = ct_sys_newfstatat(fd, "", &st, AT_EMPTY_PATH);
		if (!err)
			dir_fd = ct_make_in_root(r->fd[CT_SLOT_ROOT], target, S_ISDIR(st.st_mode));
	}
	if (!err && dir_fd < 0) {
		r->report.detail = CT_ATTACH_TARGET;
		err = dir_fd;
	}
	if (!err) {
		err = move_to_fd(fd, dir_fd);
		if (err < 0)
			r->report.detail = CT_ATTACH_MOVE;
	}
	if (dir_fd >= 0)
		ct_sys_close(dir_fd);
	ct_sys_close(fd);
	return err;
}

/*
 * An empty directory for masks where there is no /dev of our own to take one from. Attached,
 * because what is detached cannot be cloned; on /proc, because on "/" the pivot would meet it.
 */
int ct_mount_op_empty_dir(struct ct_run *r, const struct ct_step *s)
{
	static const char *const keys[] = { "mode", "555", NULL };
	static const struct ct_mount_fs fs = { "tmpfs", keys, KERNEL_FS | MOUNT_ATTR_RDONLY };
	int fd = ct_mount_fs(r, &fs);

	if (fd < 0)
		return fd;
	r->fd[CT_SLOT_EMPTY] = fd;
	return ct_sys_move_mount(fd, "", AT_FDCWD, "/proc", MOVE_MOUNT_F_EMPTY_PATH);
}

/*
 * Hides what is there. Sources are our own: the verified null device for anything but a
 * directory, an empty tmpfs for those; an image has no say in it (CVE-2025-31133).
 */
int ct_mount_op_mask(struct ct_run *r, const struct ct_step *s)
{
	struct stat st;
	int err, clone = -1;
	int target = ct_open_in_root(r->fd[CT_SLOT_ROOT], ct_block_str(r->plan, s->object), O_PATH, 0);

	if (target == -ENOENT || target == -ENOTDIR)
		return 0;
	if (target < 0)
		return target;
	err = ct_sys_newfstatat(target, "", &st, AT_EMPTY_PATH);
	if (!err) {
		int dir = S_ISDIR(st.st_mode);

		clone = ct_sys_open_tree(r->fd[dir ? CT_SLOT_EMPTY : CT_SLOT_NULL], "",
					 OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH);
		err = clone < 0 ? clone : dir ? ct_mount_set_attr(clone, MOUNT_ATTR_RDONLY, 0) : 0;
		if (!err)
			err = move_to_fd(clone, target);
	}
	if (clone >= 0)
		ct_sys_close(clone);
	ct_sys_close(target);
	return err;
}

int ct_mount_op_readonly(struct ct_run *r, const struct ct_step *s)
{
	int err, clone;
	int target = ct_open_in_root(r->fd[CT_SLOT_ROOT], ct_block_str(r->plan, s->object), O_PATH, 0);

	if (target == -ENOENT || target == -ENOTDIR)
		return 0;
	if (target < 0)
		return target;
	clone = ct_mount_clone(target, "", 0, 0);
	err = clone < 0 ? clone : ct_mount_set_attr(clone, MOUNT_ATTR_RDONLY, 1);
	if (!err)
		err = move_to_fd(clone, target);
	if (clone >= 0)
		ct_sys_close(clone);
	ct_sys_close(target);
	return err;
}
