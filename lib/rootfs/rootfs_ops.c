/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The new root is attached on top of "/": no path of the host is needed for it, and the caller's
 * root stays reachable below it by every absolute path until pivot_root(2). Nothing else may be
 * attached there, or the umount2(2) after the pivot would meet that instead of the old root; what
 * set-up needs besides lies on /proc.
 */
#include "rootfs.h"
#include "rootfs_rows.h"
#include "plan/union.h"
#include "sys/str.h"
#include "sys/sys.h"

/* arg: 0 MS_PRIVATE, or MS_SLAVE where events of the host are to arrive */
int ct_rootfs_op_private(struct ct_run *r, const struct ct_step *s)
{
	return ct_sys_mount(NULL, "/", NULL, MS_REC | (unsigned long)s->arg[0], NULL);
}

/* After the pivot, which no shared mount may take part in. */
int ct_rootfs_op_share(struct ct_run *r, const struct ct_step *s)
{
	return ct_sys_mount(NULL, "/", NULL, MS_REC | MS_SHARED, NULL);
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

int ct_rootfs_op_tmpfs(struct ct_run *r, const struct ct_step *s)
{
	int fd = ct_union_tmpfs(r, ct_block_str(r->plan, s->str[0]), "755", MOUNT_ATTR_NODEV);

	if (fd < 0)
		return fd;
	r->fd[CT_SLOT_ROOT] = fd;
	return ct_rootfs_attach(fd);
}

int ct_rootfs_op_scratch(struct ct_run *r, const struct ct_step *s)
{
	int fd = ct_union_scratch(r, ct_block_str(r->plan, s->str[0]), (int)s->arg[0]);

	if (fd < 0)
		return fd;
	r->fd[CT_SLOT_SCRATCH] = fd;
	return 0;
}

int ct_rootfs_op_upper(struct ct_run *r, const struct ct_step *s)
{
	return ct_union_upper(r, r->fd[CT_SLOT_SCRATCH], ct_block_str(r->plan, s->str[0]),
			      ct_block_str(r->plan, s->str[1]), s->arg);
}

/*
 * arg: 0 number of layers, 1 writable, 2 bit 0 in a user namespace, bit 1 nodev; str[0]: first of
 * the layers
 */
static void describe(struct ct_run *r, const struct ct_step *s, struct ct_union *u)
{
	u->layer = ct_block_str(r->plan, s->str[0]);
	u->layers = s->arg[0];
	u->writable = (int)s->arg[1];
	u->userxattr = (int)(s->arg[2] & 1);
	u->attr = (s->arg[1] ? 0 : MOUNT_ATTR_RDONLY) | (s->arg[2] & 2 ? MOUNT_ATTR_NODEV : 0);
	u->options = ct_block_str(r->plan, s->str[1]);
}

int ct_rootfs_op_overlay(struct ct_run *r, const struct ct_step *s)
{
	struct ct_union u;
	int mnt;

	describe(r, s, &u);
	mnt = ct_union_mount(r, &u);
	if (mnt < 0)
		return mnt;
	r->fd[CT_SLOT_ROOT] = mnt;
	return ct_rootfs_attach(mnt);
}

/* Its directory on the scratch is the root: it need not be attached again. */
int ct_rootfs_op_overlay_string(struct ct_run *r, const struct ct_step *s)
{
	int fd, scratch = r->fd[CT_SLOT_SCRATCH], err;
	struct ct_union u;

	describe(r, s, &u);
	err = ct_union_mount_string(r, scratch, &u);
	if (err)
		return err;
	fd = ct_sys_openat(scratch, "root", O_PATH | O_DIRECTORY | O_CLOEXEC, 0);
	if (fd < 0)
		return fd;
	r->fd[CT_SLOT_ROOT] = fd;
	return 0;
}

ct_step_run *const ct_rootfs_runs[ROWS] = {
	[SHARE] = ct_rootfs_op_share,
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
	[INITIAL] = ct_rootfs_op_initial,
	[CHROOT] = ct_rootfs_op_chroot,
};
