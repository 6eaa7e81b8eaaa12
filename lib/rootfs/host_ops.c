/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A copy-on-write view of the caller's own root. Upper layers lie side by side on the scratch,
 * which is the working directory, so that the names given to overlay are short and relative. What
 * lies on the host is looked up by its absolute path: the caller's root is reachable until the
 * pivot.
 */
#include "rootfs.h"
#include "sys/path.h"
#include "sys/str.h"
#include "sys/sys.h"

#include <limits.h>

/* "l7", "u7", "w7" */
static void name_of(char *name, size_t size, char what, int64_t i)
{
	name[0] = what;
	ct_append_u64(name, size, 1, (uint64_t)i);
}

/* What a caller cannot open on the host, or what is gone, is not shown. */
#define NOT_SHOWN 1
static int not_shown(int err)
{
	if (err == -ENOENT || err == -ENOTDIR || err == -EACCES || err == -ENOTCONN ||
	    err == -ESTALE || err == -EHOSTDOWN)
		return NOT_SHOWN;
	return err;
}

/* The directory of a path that is made in the tree; the last component is *ret_name. */
static int open_parent(struct ct_run *r, const char *path, const char **ret_name)
{
	char dir[PATH_MAX];
	size_t n = ct_len(path);

	while (n && path[n - 1] != '/')
		n--;
	*ret_name = path + n;
	ct_copy(dir, path, n);
	dir[n] = 0;
	return ct_open_in_root(r->fd[CT_SLOT_ROOT], dir, O_PATH | O_DIRECTORY, 0);
}

static int make_dir(int dir_fd, const char *name, uint32_t mode)
{
	int err = ct_sys_mkdirat(dir_fd, name, 0700);

	return err ? err : ct_sys_fchmodat(dir_fd, name, mode); /* nobody else has been there */
}

/* arg: 0 mode, 1 it is the root: a directory of the scratch */
int ct_rootfs_op_host_dir(struct ct_run *r, const struct ct_step *s)
{
	const char *name, *path = ct_block_str(r->plan, s->object);
	int err, fd, scratch = r->fd[CT_SLOT_SCRATCH];

	if (!s->arg[1]) {
		fd = open_parent(r, path, &name);
		if (fd < 0)
			return fd;
		err = make_dir(fd, name, (uint32_t)s->arg[0]);
		ct_sys_close(fd);
		return err;
	}
	err = make_dir(scratch, "root", (uint32_t)s->arg[0]);
	if (err)
		return err;
	fd = ct_sys_open_tree(scratch, "root",
			      OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_SYMLINK_NOFOLLOW);
	if (fd < 0)
		return fd;
	r->fd[CT_SLOT_ROOT] = fd;
	return ct_rootfs_attach(fd);
}

int ct_rootfs_op_host_link(struct ct_run *r, const struct ct_step *s)
{
	const char *name;
	int err, fd = open_parent(r, ct_block_str(r->plan, s->object), &name);

	if (fd < 0)
		return fd;
	err = ct_sys_symlinkat(ct_block_str(r->plan, s->str[0]), fd, name);
	ct_sys_close(fd);
	return err;
}

/* Closes mnt. */
static int attach(struct ct_run *r, int mnt, const char *path, int dir)
{
	int err, place = ct_make_in_root(r->fd[CT_SLOT_ROOT], path, dir);

	err = place < 0 ? place :
			  ct_sys_move_mount(mnt, "", place, "",
					    MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH);
	if (place >= 0)
		ct_sys_close(place);
	ct_sys_close(mnt);
	return err;
}

/* A clone of this mount alone, read-only; what is mounted below it comes by itself. */
static int clone_readonly(const char *path, uint64_t attr, int *ret_fd)
{
	struct mount_attr a;
	int err, fd = ct_sys_open_tree(AT_FDCWD, path, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);

	if (fd < 0)
		return not_shown(fd);
	ct_zero(&a, sizeof(a));
	a.attr_set = attr | MOUNT_ATTR_RDONLY | MOUNT_ATTR_NODEV;
	err = ct_sys_mount_setattr(fd, "", AT_EMPTY_PATH, &a, sizeof(a));
	if (err)
		ct_sys_close(fd);
	*ret_fd = fd;
	return err;
}

int ct_rootfs_op_host_file(struct ct_run *r, const struct ct_step *s)
{
	const char *path = ct_block_str(r->plan, s->object);
	int fd, err = clone_readonly(path, (uint64_t)s->arg[1], &fd);

	if (err)
		return err == NOT_SHOWN ? 0 : err;
	return attach(r, fd, path, 0);
}

/*
 * The root of an overlay is its upper directory: that has to have the owner and the mode of what
 * it covers. An owner that is not mapped here cannot be given; it stays user 0.
 */
static int make_upper(int scratch, const char *upper, const struct stat *st)
{
	int err = ct_sys_mkdirat(scratch, upper, 0700);

	if (!err && (st->st_uid || st->st_gid)) {
		err = ct_sys_fchownat(scratch, upper, st->st_uid, st->st_gid, AT_SYMLINK_NOFOLLOW);
		if (err == -EINVAL || err == -EPERM)
			err = 0;
	}
	return err ? err : ct_sys_fchmodat(scratch, upper, st->st_mode & 07777);
}

/*
 * One option per call also before Linux 6.8. EINVAL to what asks about the layer says that its
 * file system cannot be one: NO_LAYER. arg: 0 index, 2 in a user namespace.
 */
#define NO_LAYER 2
static int configure(int fd, const struct ct_step *s)
{
	char lower[24], upper[24], work[24];
	int err;

	name_of(lower, sizeof(lower), 'l', s->arg[0]);
	name_of(upper, sizeof(upper), 'u', s->arg[0]);
	name_of(work, sizeof(work), 'w', s->arg[0]);
	err = ct_union_option(fd, "upperdir", upper);
	if (!err)
		err = ct_union_option(fd, "workdir", work);
	if (!err && s->arg[2])
		err = ct_union_option(fd, "userxattr", NULL);
	if (err)
		return err;
	err = ct_union_option(fd, "lowerdir", lower);
	if (!err)
		err = ct_sys_fsconfig(fd, FSCONFIG_CMD_CREATE, NULL, NULL, 0);
	return err == -EINVAL ? NO_LAYER : not_shown(err);
}

/* arg: 1 MOUNT_ATTR_* */
static int union_of(struct ct_run *r, const struct ct_step *s, int *ret_fd)
{
	int err, mnt = -1, fd = ct_sys_fsopen("overlay", FSOPEN_CLOEXEC);

	if (fd < 0)
		return fd;
	err = configure(fd, s);
	if (err && s->slot)
		ct_run_fs_log(r->report, fd);
	if (!err) {
		mnt = ct_sys_fsmount(fd, FSMOUNT_CLOEXEC, (uint32_t)s->arg[1] | MOUNT_ATTR_NODEV);
		err = mnt < 0 ? mnt : 0;
	}
	ct_sys_close(fd);
	*ret_fd = mnt;
	return err;
}

static int make_names(int scratch, const char *path, const struct stat *st, int64_t i)
{
	char name[24];
	int err;

	name_of(name, sizeof(name), 'l', i);
	err = ct_sys_symlinkat(path, scratch, name);
	if (err)
		return err;
	name_of(name, sizeof(name), 'w', i);
	err = ct_sys_mkdirat(scratch, name, 0700);
	name_of(name, sizeof(name), 'u', i);
	return err ? err : make_upper(scratch, name, st);
}

/* "/" itself has to be a layer. */
int ct_rootfs_op_host_root(struct ct_run *r, const struct ct_step *s)
{
	const char *path = ct_block_str(r->plan, s->object);
	struct stat st;
	int mnt, err = ct_sys_newfstatat(AT_FDCWD, path, &st, 0);

	if (!err)
		err = make_names(r->fd[CT_SLOT_SCRATCH], path, &st, s->arg[0]);
	if (!err)
		err = union_of(r, s, &mnt);
	if (err)
		return err > 0 ? -EINVAL : err;
	r->fd[CT_SLOT_ROOT] = mnt;
	return ct_rootfs_attach(mnt);
}

int ct_rootfs_op_host_layer(struct ct_run *r, const struct ct_step *s)
{
	const char *path = ct_block_str(r->plan, s->object);
	struct stat st;
	int mnt, err = not_shown(ct_sys_newfstatat(AT_FDCWD, path, &st, 0));

	if (!err)
		err = make_names(r->fd[CT_SLOT_SCRATCH], path, &st, s->arg[0]);
	if (!err)
		err = union_of(r, s, &mnt);
	if (err == NO_LAYER)
		err = clone_readonly(path, (uint64_t)s->arg[1], &mnt);
	if (err)
		return err == NOT_SHOWN ? 0 : err;
	return attach(r, mnt, path, 1);
}

int ct_rootfs_op_host_readonly(struct ct_run *r, const struct ct_step *s)
{
	struct mount_attr a;

	ct_zero(&a, sizeof(a));
	a.attr_set = MOUNT_ATTR_RDONLY;
	return ct_sys_mount_setattr(r->fd[CT_SLOT_ROOT], "", AT_EMPTY_PATH | AT_RECURSIVE, &a,
				    sizeof(a));
}
