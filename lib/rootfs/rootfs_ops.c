/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The new root is attached on top of "/": no path of the host is needed for it, and the caller's
 * root stays reachable below it by every absolute path until pivot_root(2). Nothing else may be
 * attached there, or the umount2(2) after the pivot would meet that instead of the old root; what
 * set-up needs besides lies on /proc.
 */
#include "rootfs.h"
#include "rootfs_rows.h"
#include "sys/str.h"
#include "sys/sys.h"

#include <sys/file.h>

int ct_rootfs_op_private(struct ct_run *r, const struct ct_step *s)
{
	return ct_sys_mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL);
}

int ct_rootfs_attach(int fd)
{
	return ct_sys_move_mount(fd, "", AT_FDCWD, "/", MOVE_MOUNT_F_EMPTY_PATH);
}

/* Looked up once; from here on the fd is the root, whatever happens to its name. */
int ct_rootfs_op_dir(struct ct_run *r, const struct ct_step *s)
{
	struct mount_attr attr;
	struct stat st;
	int err = 0, fd = ct_sys_open_tree(AT_FDCWD, ct_block_str(r->plan, s->str[0]),
					   OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE);

	if (fd < 0)
		return fd;
	r->fd[CT_SLOT_ROOT] = fd;
	if (s->arg[2]) {
		err = ct_sys_newfstatat(fd, "", &st, AT_EMPTY_PATH);
		if (!err && (st.st_dev != (uint64_t)s->arg[1] || st.st_ino != (uint64_t)s->arg[2]))
			err = -ESTALE;
	}
	if (!err && s->arg[0]) {
		ct_zero(&attr, sizeof(attr));
		attr.attr_set = (uint64_t)s->arg[0];
		err = ct_sys_mount_setattr(fd, "", AT_EMPTY_PATH | AT_RECURSIVE, &attr,
					   sizeof(attr));
	}
	return err ? err : ct_rootfs_attach(fd);
}

int ct_rootfs_option(int fd, const char *key, const char *value)
{
	return ct_sys_fsconfig(fd, value ? FSCONFIG_SET_STRING : FSCONFIG_SET_FLAG, key, value, 0);
}

/* A tmpfs that is not attached; size "": the kernel's default. */
static int make_tmpfs(struct ct_run *r, const char *size, const char *mode, uint32_t attr)
{
	int err = 0, mnt, fd = ct_sys_fsopen("tmpfs", FSOPEN_CLOEXEC);

	if (fd < 0)
		return fd;
	if (*size)
		err = ct_rootfs_option(fd, "size", size);
	if (!err && mode)
		err = ct_rootfs_option(fd, "mode", mode);
	if (!err)
		err = ct_sys_fsconfig(fd, FSCONFIG_CMD_CREATE, NULL, NULL, 0);
	mnt = err ? err : ct_sys_fsmount(fd, FSMOUNT_CLOEXEC, attr);
	if (mnt < 0)
		ct_run_fs_log(r->report, fd);
	return mnt; /* fd is closed with all others */
}

int ct_rootfs_op_tmpfs(struct ct_run *r, const struct ct_step *s)
{
	int fd = make_tmpfs(r, ct_block_str(r->plan, s->str[0]), "755", MOUNT_ATTR_NODEV);

	if (fd < 0)
		return fd;
	r->fd[CT_SLOT_ROOT] = fd;
	return ct_rootfs_attach(fd);
}

/*
 * Upper and work directory have to lie on one attached mount. Its root is the working directory
 * from here on, so that short relative names reach them however long the host's paths are.
 */
int ct_rootfs_op_scratch(struct ct_run *r, const struct ct_step *s)
{
	int err, mnt = make_tmpfs(r, ct_block_str(r->plan, s->str[0]), NULL, MOUNT_ATTR_NODEV);

	if (mnt < 0)
		return mnt;
	r->fd[CT_SLOT_SCRATCH] = mnt;
	err = ct_sys_move_mount(mnt, "", AT_FDCWD, "/proc", MOVE_MOUNT_F_EMPTY_PATH);
	if (!err && s->arg[0])
		err = ct_sys_mkdirat(mnt, "upper", 0755);
	if (!err && s->arg[0])
		err = ct_sys_mkdirat(mnt, "work", 0755);
	return err ? err : ct_sys_fchdir(mnt);
}

static int is_pinned(int dir_fd, const char *name, int64_t dev, int64_t ino)
{
	struct stat st;
	int err;

	if (!ino)
		return 0;
	err = ct_sys_newfstatat(dir_fd, name, &st, 0);
	return err ? err : st.st_dev == (uint64_t)dev && st.st_ino == (uint64_t)ino ? 0 : -ESTALE;
}

/*
 * The kernel knows whether some overlay has this upper directory, for as long as that is mounted
 * anywhere, and only warns. With index=on it refuses, and looks at that first: what is asked for
 * here cannot be mounted, as the work directory is elsewhere, so that nothing is written.
 */
static int is_in_use(int scratch)
{
	int err = ct_sys_mkdirat(scratch, "none", 0700), fd;

	if (err)
		return err;
	fd = ct_sys_fsopen("overlay", FSOPEN_CLOEXEC);
	if (fd < 0)
		return fd;
	err = ct_rootfs_option(fd, "lowerdir", "none");
	if (!err)
		err = ct_rootfs_option(fd, "upperdir", "upper");
	if (!err)
		err = ct_rootfs_option(fd, "workdir", "none");
	if (!err)
		err = ct_rootfs_option(fd, "index", "on");
	if (err)
		return err;
	err = ct_sys_fsconfig(fd, FSCONFIG_CMD_CREATE, NULL, NULL, 0);
	return err == -EINVAL ? 0 : err ? err : -EIO;
}

/*
 * The caller's upper and work directory, by the names that the overlay's own would have. The lock
 * keeps another start out until the kernel knows of this one; its fd is closed with all others,
 * and no process but this child has it.
 */
int ct_rootfs_op_upper(struct ct_run *r, const struct ct_step *s)
{
	int fd, scratch = r->fd[CT_SLOT_SCRATCH];
	int err = ct_sys_symlinkat(ct_block_str(r->plan, s->str[0]), scratch, "upper");

	if (!err)
		err = ct_sys_symlinkat(ct_block_str(r->plan, s->str[1]), scratch, "work");
	if (err)
		return err;
	r->report->detail = CT_UPPER_UPPER;
	err = is_pinned(scratch, "upper", s->arg[0], s->arg[1]);
	if (err)
		return err;
	r->report->detail = CT_UPPER_WORK;
	err = is_pinned(scratch, "work", s->arg[2], s->arg[3]);
	if (err)
		return err;
	fd = ct_sys_openat(scratch, "work", O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
	if (fd < 0)
		return fd;
	err = ct_sys_flock(fd, LOCK_EX | LOCK_NB);
	if (err)
		return err == -EAGAIN ? -EBUSY : err;
	return is_in_use(scratch);
}

/*
 * arg: 0 number of layers, 1 writable, 2 bit 0 in a user namespace, bit 1 nodev; str[0]: first of
 * the layers
 */
static int configure(int fd, struct ct_run *r, const struct ct_step *s)
{
	const char *layer = ct_block_str(r->plan, s->str[0]);
	int err = 0;

	for (int64_t i = 0; i < s->arg[0] && !err; i++) {
		r->report->detail = (int32_t)i + 1;
		err = ct_rootfs_option(fd, "lowerdir+", layer);
		layer += ct_len(layer) + 1;
	}
	if (err)
		return err;
	r->report->detail = 0;
	if (s->arg[1])
		err = ct_rootfs_option(fd, "upperdir", "upper");
	if (!err && s->arg[1])
		err = ct_rootfs_option(fd, "workdir", "work");
	if (!err && s->arg[2] & 1)
		err = ct_rootfs_option(fd, "userxattr", NULL);
	return err ? err : ct_sys_fsconfig(fd, FSCONFIG_CMD_CREATE, NULL, NULL, 0);
}

int ct_rootfs_op_overlay(struct ct_run *r, const struct ct_step *s)
{
	uint32_t attr =
		(s->arg[1] ? 0 : MOUNT_ATTR_RDONLY) | (s->arg[2] & 2 ? MOUNT_ATTR_NODEV : 0);
	int err, mnt, fd = ct_sys_fsopen("overlay", FSOPEN_CLOEXEC);

	if (fd < 0)
		return fd;
	err = configure(fd, r, s);
	mnt = err ? err : ct_sys_fsmount(fd, FSMOUNT_CLOEXEC, attr);
	if (mnt < 0) {
		ct_run_fs_log(r->report, fd);
		return mnt;
	}
	r->fd[CT_SLOT_ROOT] = mnt;
	return ct_rootfs_attach(mnt);
}

/*
 * Below Linux 6.8 all layers have to fit into one page of options, in which ':' and ',' and '\'
 * mean something. Symlinks with short names, on our own scratch, carry any path and any number.
 */
int ct_rootfs_op_overlay_string(struct ct_run *r, const struct ct_step *s)
{
	const char *layer = ct_block_str(r->plan, s->str[0]);
	int fd, err = 0;

	for (int64_t i = 0; i < s->arg[0] && !err; i++) {
		char name[24];

		ct_append_u64(name, sizeof(name), 0, (uint64_t)i);
		err = ct_sys_symlinkat(layer, r->fd[CT_SLOT_SCRATCH], name);
		layer += ct_len(layer) + 1;
	}
	if (!err)
		err = ct_sys_mkdirat(r->fd[CT_SLOT_SCRATCH], "root", 0755);
	if (!err)
		err = ct_sys_mount("overlay", "root", "overlay",
				   (s->arg[1] ? 0 : MS_RDONLY) | (s->arg[2] & 2 ? MS_NODEV : 0),
				   ct_block_str(r->plan, s->str[1]));
	if (err)
		return err;
	fd = ct_sys_openat(r->fd[CT_SLOT_SCRATCH], "root", O_PATH | O_DIRECTORY | O_CLOEXEC, 0);
	if (fd < 0)
		return fd;
	r->fd[CT_SLOT_ROOT] = fd;
	return 0;
}

/*
 * pivot_root(2), "pivot_root(".", ".")": the old root ends up on top of the new one and is
 * detached with everything that was mounted in it. No directory for the old root is needed.
 */
int ct_rootfs_pivot(int root_fd)
{
	int err = ct_sys_fchdir(root_fd);

	if (!err)
		err = ct_sys_pivot_root(".", ".");
	return err ? err : ct_sys_umount2(".", MNT_DETACH);
}

int ct_rootfs_op_pivot(struct ct_run *r, const struct ct_step *s)
{
	return ct_rootfs_pivot(r->fd[CT_SLOT_ROOT]);
}

ct_step_run *const ct_rootfs_runs[ROWS] = {
	[PRIVATE] = ct_rootfs_op_private,
	[ROOT_DIR] = ct_rootfs_op_dir,
	[SCRATCH] = ct_rootfs_op_scratch,
	[OVERLAY] = ct_rootfs_op_overlay,
	[OVERLAY_STRING] = ct_rootfs_op_overlay_string,
	[PIVOT] = ct_rootfs_op_pivot,
	[ROOT_TMPFS] = ct_rootfs_op_tmpfs,
	[UPPER] = ct_rootfs_op_upper,
	[HOST_ROOT] = ct_rootfs_op_host_root,
	[HOST_LAYER] = ct_rootfs_op_host_layer,
	[HOST_FILE] = ct_rootfs_op_host_file,
	[HOST_DIR] = ct_rootfs_op_host_dir,
	[HOST_LINK] = ct_rootfs_op_host_link,
	[HOST_READONLY] = ct_rootfs_op_host_readonly,
};
