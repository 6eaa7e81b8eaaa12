/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Directories, files and symlinks that the spec adds. What lies at their place in an image may be
 * anything: it is never opened, and a name is used as one component of a pinned directory only.
 */
#include "mount.h"
#include "sys/path.h"
#include "sys/str.h"
#include "sys/sys.h"

#include <limits.h>

/*
 * Where files lie that are bound over their place, because that belongs to somebody. Attached,
 * because what is detached cannot be cloned; on /proc, because on "/" the pivot would meet it.
 */
int ct_mount_op_files(struct ct_run *r, const struct ct_step *s)
{
	static const char *const keys[] = { "mode", "755", NULL };
	static const struct ct_mount_fs fs = { "tmpfs", keys, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV,
					       1 };
	int fd = ct_mount_fs(r->report, &fs);

	if (fd < 0)
		return fd;
	r->fd[s->slot] = fd;
	return ct_sys_move_mount(fd, "", AT_FDCWD, "/proc", MOVE_MOUNT_F_EMPTY_PATH);
}

/* The directory of path, made where it is missing; the last component is *ret_name. */
static int open_parent(struct ct_run *r, const char *path, const char **ret_name)
{
	char dir[PATH_MAX];
	size_t n = ct_len(path);
	int fd;

	while (n && path[n - 1] != '/')
		n--;
	*ret_name = path + n;
	ct_copy(dir, path, n);
	dir[n] = 0;
	/* not as a mount point: a symlink of the image to its root is a directory like another */
	fd = ct_open_in_root(r->fd[CT_SLOT_ROOT], dir, O_PATH | O_DIRECTORY, 0);
	if (fd == -ENOENT)
		fd = ct_make_in_root(r->fd[CT_SLOT_ROOT], dir, 1);
	if (fd < 0)
		r->report->detail = CT_ATTACH_TARGET;
	return fd;
}

int ct_mount_op_make_dir(struct ct_run *r, const struct ct_step *s)
{
	const char *name, *path = ct_block_str(r->plan, s->object);
	int err, parent, fd = ct_open_in_root(r->fd[CT_SLOT_ROOT], path, O_PATH | O_DIRECTORY, 0);

	if (fd >= 0) {
		ct_sys_close(fd);
		return 0;
	}
	if (fd != -ENOENT)
		return fd;
	parent = open_parent(r, path, &name);
	if (parent < 0)
		return parent;
	err = ct_sys_mkdirat(parent, name, 0700);
	fd = err ? err :
		   ct_sys_openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0);
	ct_sys_close(parent);
	if (fd < 0)
		return fd;
	/* mkdir(2) would let umask, a set-group-ID directory and a default ACL change the mode */
	err = ct_sys_fchmod(fd, (uint32_t)s->arg[0]);
	ct_sys_close(fd);
	return err;
}

static int create(int dir_fd, const char *name)
{
	return ct_sys_openat(dir_fd, name,
			     O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_NOCTTY | O_CLOEXEC, 0600);
}

/* The content, then the mode: a write takes away set-user-ID bits. Closes fd. */
static int fill(int fd, struct ct_run *r, const struct ct_step *s)
{
	const char *content = ct_block_str(r->plan, s->str[0]);
	int64_t left = s->arg[1];
	ssize_t n = 0;
	int err;

	while (left > 0 && (n >= 0 || n == -EINTR)) {
		n = ct_sys_write(fd, content + (s->arg[1] - left), (size_t)left);
		if (n > 0)
			left -= n;
		else if (!n)
			n = -EIO;
	}
	err = n < 0 ? (int)n : ct_sys_fchmod(fd, (uint32_t)s->arg[0]);
	ct_sys_close(fd);
	return err;
}

/*
 * 1: the directory is not in the file system that was expected, by stat(2), and nothing was done.
 */
static int is_elsewhere(int dir_fd, int fs_fd)
{
	struct stat dir, fs;
	int err = ct_sys_newfstatat(dir_fd, "", &dir, AT_EMPTY_PATH);

	if (!err)
		err = ct_sys_newfstatat(fs_fd, "", &fs, AT_EMPTY_PATH);
	return err ? err : dir.st_dev != fs.st_dev;
}

/* An image that is another user's: its directories are not to be changed, but covered. */
static int is_closed(const struct ct_step *s, int err)
{
	return s->arg[3] & CT_FILE_NAME &&
	       (err == -EACCES || err == -EPERM || err == -EOVERFLOW);
}

/* In place of whatever has the name, unless that is a directory. 1: it has to be bound. */
static int make_in_place(struct ct_run *r, const struct ct_step *s)
{
	const char *name;
	int err, fd, parent = open_parent(r, ct_block_str(r->plan, s->object), &name);

	if (parent < 0)
		return parent;
	err = is_elsewhere(parent, r->fd[s->slot]);
	if (!err) {
		fd = create(parent, name);
		if (fd == -EEXIST) {
			err = ct_sys_unlinkat(parent, name, 0);
			fd = err ? err : create(parent, name);
		}
		/* EBUSY: something is mounted there */
		if (fd == -EBUSY || is_closed(s, fd))
			err = 1;
		else
			err = fd < 0 ? fd : fill(fd, r, s);
	}
	ct_sys_close(parent);
	return err;
}

/* The kernel has one word, EINVAL, for all that a file cannot be mounted on. */
static int cover(int clone, int place)
{
	struct stat st;
	int err = ct_sys_move_mount(clone, "", place, "",
				    MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH);

	if (err != -EINVAL && err != -ENOTDIR)
		return err;
	if (ct_sys_newfstatat(place, "", &st, AT_EMPTY_PATH) < 0)
		return err;
	return S_ISDIR(st.st_mode) ? -EISDIR : err;
}

/* What has this name, made when nothing has: symlinks are followed to its directory only. */
static int open_name(struct ct_run *r, const char *path)
{
	const char *name;
	int fd, err, parent = open_parent(r, path, &name);

	if (parent < 0)
		return parent;
	fd = ct_sys_openat(parent, name, O_PATH | O_NOFOLLOW | O_CLOEXEC, 0);
	if (fd == -ENOENT) {
		err = ct_sys_mknodat(parent, name, S_IFREG | 0644, 0);
		fd = err && err != -EEXIST ?
			     err :
			     ct_sys_openat(parent, name, O_PATH | O_NOFOLLOW | O_CLOEXEC, 0);
	}
	ct_sys_close(parent);
	return fd;
}

static int bind_over(struct ct_run *r, const struct ct_step *s)
{
	const char *target = ct_block_str(r->plan, s->object);
	int err, fd, clone, place, files = r->fd[s->arg[2] >> 1];
	char name[24];

	ct_append_u64(name, sizeof(name), 0, r->report->step);
	fd = create(files, name);
	err = fd < 0 ? fd : fill(fd, r, s);
	if (err)
		return err;
	clone = ct_sys_open_tree(files, name,
				 OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_SYMLINK_NOFOLLOW);
	if (clone < 0)
		return clone;
	if (s->arg[3] & CT_FILE_READONLY)
		err = ct_mount_set_attr(clone, MOUNT_ATTR_RDONLY, 0);
	if (!err) {
		place = s->arg[3] & CT_FILE_NAME ?
				open_name(r, target) :
				ct_make_in_root(r->fd[CT_SLOT_ROOT], target, 0);
		r->report->detail = place < 0 ? CT_ATTACH_TARGET : CT_ATTACH_MOVE;
		err = place < 0 ? place : cover(clone, place);
		if (place >= 0)
			ct_sys_close(place);
	}
	ct_sys_close(clone);
	return err;
}

/*
 * What ends with the start is changed; what belongs to somebody, an image or a directory of the
 * caller, is covered. Which of both the place is, is seen from its directory, as symlinks may
 * have led anywhere.
 */
int ct_mount_op_make_file(struct ct_run *r, const struct ct_step *s)
{
	int err = s->arg[2] & 1 ? make_in_place(r, s) : 1;

	return err == 1 ? bind_over(r, s) : err;
}

int ct_mount_op_make_symlink(struct ct_run *r, const struct ct_step *s)
{
	const char *name, *text = ct_block_str(r->plan, s->str[0]);
	int err, parent = open_parent(r, ct_block_str(r->plan, s->object), &name);
	char is[PATH_MAX];
	ssize_t n;

	if (parent < 0)
		return parent;
	err = ct_sys_symlinkat(text, parent, name);
	if (err == -EEXIST) { /* the same one is as good */
		n = ct_sys_readlinkat(parent, name, is, sizeof(is));
		if (n < 0 && n != -EINVAL) /* that says that it is no symlink */
			err = (int)n;
		else if (n == (ssize_t)ct_len(text)) {
			while (n && is[n - 1] == text[n - 1])
				n--;
			err = n ? err : 0;
		}
	}
	ct_sys_close(parent);
	return err;
}
