/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How a root becomes "/"; what the primitives and the steps share. */
#include "rootfs.h"
#include "sys/sys.h"

int ct_rootfs_attach(int fd)
{
	return ct_sys_move_mount(fd, "", AT_FDCWD, "/", MOVE_MOUNT_F_EMPTY_PATH);
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

int ct_rootfs_chroot(int root_fd)
{
	int err = ct_sys_fchdir(root_fd);

	return err ? err : ct_sys_chroot(".");
}

/*
 * The first mount of a namespace, the initial ramfs, lies on nothing, and pivot_root(2) wants a
 * root that does. A second mount of the same tree is laid on it, to be taken as the root: that one
 * is pivoted away then. Returns its fd.
 */
int ct_rootfs_lay_again(void)
{
	int err, fd = ct_sys_open_tree(AT_FDCWD, "/",
				       OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE);

	if (fd < 0)
		return fd;
	err = ct_rootfs_attach(fd);
	if (err)
		ct_sys_close(fd);
	return err ? err : fd;
}

int ct_rootfs_op_initial(struct ct_run *r, const struct ct_step *s)
{
	int err, fd = ct_rootfs_lay_again();

	if (fd < 0)
		return fd;
	err = ct_rootfs_chroot(fd);
	ct_sys_close(fd);
	return err;
}

int ct_rootfs_op_pivot(struct ct_run *r, const struct ct_step *s)
{
	return ct_rootfs_pivot(r->fd[CT_SLOT_ROOT]);
}

int ct_rootfs_op_chroot(struct ct_run *r, const struct ct_step *s)
{
	return ct_rootfs_chroot(r->fd[CT_SLOT_ROOT]);
}
