/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Mounts are made detached, filled, and attached by fd; no name below the root is trusted. */
#include "device.h"
#include "mount.h"
#include "mount_rows.h"
#include "sys/path.h"
#include "sys/str.h"
#include "sys/sys.h"

int ct_mount_fs(struct ct_report *log, const struct ct_mount_fs *fs)
{
	int err = 0, mnt, fd = ct_sys_fsopen(fs->type, FSOPEN_CLOEXEC);

	if (fd < 0)
		return fd;
	for (const char *const *k = fs->keys; k && k[0] && !err; k += 2)
		err = ct_sys_fsconfig(fd, k[1] ? FSCONFIG_SET_STRING : FSCONFIG_SET_FLAG, k[0],
				      k[1], 0);
	if (!err)
		err = ct_sys_fsconfig(fd, FSCONFIG_CMD_CREATE, NULL, NULL, 0);
	mnt = err ? err : ct_sys_fsmount(fd, FSMOUNT_CLOEXEC, fs->attr);
	if (mnt < 0 && log)
		ct_run_fs_log(log, fd);
	if (!fs->leave)
		ct_sys_close(fd);
	return mnt;
}

static int clone_tree(int dirfd, const char *path, uint32_t flags, uint64_t dev, uint64_t ino)
{
	struct stat st;
	int err, fd = ct_sys_open_tree(dirfd, path,
				       OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | flags |
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

int ct_mount_clone(int dirfd, const char *path, uint64_t dev, uint64_t ino)
{
	return clone_tree(dirfd, path, AT_RECURSIVE, dev, ino);
}

int ct_mount_clone_one(int dirfd, const char *path, uint64_t dev, uint64_t ino)
{
	return clone_tree(dirfd, path, 0, dev, ino);
}

static int setattr(int fd, struct mount_attr *a, int recursive)
{
	return ct_sys_mount_setattr(fd, "", AT_EMPTY_PATH | (recursive ? AT_RECURSIVE : 0), a,
				    sizeof(*a));
}

int ct_mount_change_attr(int fd, uint32_t set, uint32_t clear, int recursive)
{
	struct mount_attr a;

	ct_zero(&a, sizeof(a));
	a.attr_set = set;
	a.attr_clr = clear;
	if ((set | clear) & MOUNT_ATTR__ATIME)
		a.attr_clr |= MOUNT_ATTR__ATIME;
	return setattr(fd, &a, recursive);
}

int ct_mount_set_attr(int fd, uint32_t attr, int recursive)
{
	return ct_mount_change_attr(fd, attr, 0, recursive);
}

int ct_mount_set_propagation(int fd, uint64_t propagation, int recursive)
{
	struct mount_attr a;

	ct_zero(&a, sizeof(a));
	a.propagation = propagation;
	return setattr(fd, &a, recursive);
}

/* "slave,shared" is both, and takes two calls in this order: sharedsubtree.rst, 5d. */
int ct_mount_change(int fd, const struct ct_mount_change *c)
{
	uint32_t both = MS_SLAVE | MS_SHARED;
	int err = 0;

	if (c->rset | c->rclear)
		err = ct_mount_change_attr(fd, c->rset, c->rclear, 1);
	if (!err && c->set | c->clear)
		err = ct_mount_change_attr(fd, c->set, c->clear, 0);
	if (!err && (c->propagation & both) == both)
		err = ct_mount_set_propagation(fd, MS_SLAVE, (int)c->recursive);
	if (!err && c->propagation)
		err = ct_mount_set_propagation(
			fd, (c->propagation & both) == both ? MS_SHARED : c->propagation,
			(int)c->recursive);
	return err;
}

static int move_to_fd(int mount_fd, int target_fd)
{
	return ct_sys_move_mount(mount_fd, "", target_fd, "",
				 MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH);
}

int ct_mount_attach(struct ct_run *r, int mount_fd, int root_fd, const char *path, int leave)
{
	int err, target = ct_make_in_root(root_fd, path, 1);

	if (target < 0) {
		if (r)
			r->report->detail = CT_ATTACH_TARGET;
		return target;
	}
	err = move_to_fd(mount_fd, target);
	if (err < 0 && r)
		r->report->detail = CT_ATTACH_MOVE;
	if (!leave)
		ct_sys_close(target);
	return err;
}

static int make_and_attach(struct ct_run *r, const struct ct_mount_fs *fs, const struct ct_step *s)
{
	int err, fd = ct_mount_fs(r->report, fs);

	if (fd < 0)
		return fd;
	if (s->slot)
		r->fd[s->slot] = fd;
	if (s->arg[3]) /* a name in our own /sys: no image has a say in it */
		return ct_sys_move_mount(fd, "", r->fd[CT_SLOT_SYS],
					 ct_block_str(r->plan, s->str[1]), MOVE_MOUNT_F_EMPTY_PATH);
	err = ct_mount_attach(r, fd, r->fd[CT_SLOT_ROOT], ct_block_str(r->plan, s->object),
			      fs->leave);
	if (!fs->leave)
		ct_sys_close(fd);
	return err;
}

#define KERNEL_FS (MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC)

static void proc_options(struct ct_run *r, const struct ct_step *s, const char **keys)
{
	const char *hidepid = ct_block_str(r->plan, s->str[0]);
	const char *subset = ct_block_str(r->plan, s->str[1]);

	if (*hidepid) {
		*keys++ = "hidepid";
		*keys++ = hidepid;
	}
	if (*subset) {
		*keys++ = "subset";
		*keys++ = subset;
	}
}

int ct_mount_op_fs(struct ct_run *r, const struct ct_step *s)
{
	static const char *const dir_755[] = { "mode", "755", NULL };
	const char *proc[5] = { NULL };
	const char *controller[3] = { ct_block_str(r->plan, s->str[0]), NULL, NULL };
	struct ct_mount_fs fs = { NULL, NULL, KERNEL_FS, 1 };

	switch ((enum ct_mount_fs_id)s->arg[0]) {
	case CT_FS_PROC:
		fs.type = "proc";
		fs.keys = proc;
		proc_options(r, s, proc);
		break;
	case CT_FS_SYSFS:
		fs.type = "sysfs";
		fs.attr |= MOUNT_ATTR_RDONLY;
		break;
	case CT_FS_CGROUP2:
		fs.type = "cgroup2";
		fs.attr |= MOUNT_ATTR_RDONLY;
		break;
	case CT_FS_CGROUP2_WRITABLE:
		fs.type = "cgroup2";
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
	return make_and_attach(r, &fs, s);
}

int ct_mount_op_tmpfs(struct ct_run *r, const struct ct_step *s)
{
	const char *size = ct_block_str(r->plan, s->str[0]),
		   *mode = ct_block_str(r->plan, s->str[1]);
	const char *keys[5] = { NULL };
	const struct ct_mount_fs fs = { "tmpfs", keys, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV,
					!s->arg[2] };
	int n = 0;

	if (*mode) {
		keys[n++] = "mode";
		keys[n++] = mode;
	}
	if (*size) {
		keys[n++] = "size";
		keys[n++] = size;
	}
	return make_and_attach(r, &fs, s);
}

/* An option that the kernel refuses is told by its number, from 1. */
static int configure(struct ct_run *r, int fd, const struct ct_step *s)
{
	const char *key = ct_block_str(r->plan, s->str[0]);
	int err = 0;

	key += ct_len(key) + 1; /* the type */
	for (int64_t i = 0; i < s->arg[0] && !err; i++) {
		const char *value = *key == '=' ? key + ct_len(key) + 1 : NULL;

		r->report->detail = CT_FS_OPTION + (int32_t)i;
		err = ct_sys_fsconfig(fd, value ? FSCONFIG_SET_STRING : FSCONFIG_SET_FLAG, key + 1,
				      value, 0);
		key = value ? value : key;
		key += ct_len(key) + 1;
	}
	if (err)
		return err;
	r->report->detail = 0;
	return ct_sys_fsconfig(fd, FSCONFIG_CMD_CREATE, NULL, NULL, 0);
}

/* arg: 0 options, 1 MOUNT_ATTR_*, 2 calls that change something, 3 copy up, and 2: mode kept */
int ct_mount_op_any(struct ct_run *r, const struct ct_step *s)
{
	const char *target = ct_block_str(r->plan, s->object);
	int err, mnt, fd = ct_sys_fsopen(ct_block_str(r->plan, s->str[0]), FSOPEN_CLOEXEC);

	if (fd < 0)
		return fd;
	err = configure(r, fd, s);
	mnt = err ? err : ct_sys_fsmount(fd, FSMOUNT_CLOEXEC, (uint32_t)s->arg[1]);
	if (mnt < 0)
		ct_run_fs_log(r->report, fd);
	ct_sys_close(fd);
	if (mnt < 0)
		return mnt;
	if (s->arg[3])
		err = ct_mount_copy_up(r, target, mnt, s->arg[3] & 2);
	if (!err && s->arg[2])
		err = ct_mount_change(mnt, (const void *)ct_block_str(r->plan, s->str[1]));
	if (!err)
		err = ct_mount_attach(r, mnt, r->fd[CT_SLOT_ROOT], target, 0);
	if (s->slot && !err)
		r->fd[s->slot] = mnt;
	else
		ct_sys_close(mnt);
	return err;
}

/* The kernel's errno for a missing source is the caller's word that it may be missing. */
static int skipped(int err, const struct ct_step *s)
{
	return s->arg[3] & CT_BIND_OPTIONAL && (err == -ENOENT || err == -ENOTDIR);
}

static const struct ct_mount_change *change_of(struct ct_run *r, const struct ct_step *s)
{
	return (const void *)ct_block_str(r->plan, s->str[1]);
}

static int bind_open(struct ct_run *r, const struct ct_step *s)
{
	const char *source = ct_block_str(r->plan, s->str[0]);
	uint64_t dev = (uint64_t)s->arg[1], ino = (uint64_t)s->arg[2];
	int err = 0, fd = s->arg[3] & CT_BIND_ONE ?
				  ct_mount_clone_one(AT_FDCWD, source, dev, ino) :
				  ct_mount_clone(AT_FDCWD, source, dev, ino);

	if (fd >= 0 && s->arg[0])
		err = ct_mount_change(fd, change_of(r, s));
	if (err < 0) {
		ct_sys_close(fd);
		fd = err;
	}
	if (fd < 0)
		r->report->detail = CT_ATTACH_SOURCE;
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
	dir_fd = ct_open_mount_point(r->fd[CT_SLOT_ROOT], target);
	if (dir_fd == -ENOENT) { /* only then the source's type matters */
		err = ct_sys_newfstatat(fd, "", &st, AT_EMPTY_PATH);
		if (!err)
			dir_fd = ct_make_in_root(r->fd[CT_SLOT_ROOT], target, S_ISDIR(st.st_mode));
	}
	if (!err && dir_fd < 0) {
		r->report->detail = CT_ATTACH_TARGET;
		err = dir_fd;
	}
	if (!err) {
		err = move_to_fd(fd, dir_fd);
		if (err < 0)
			r->report->detail = CT_ATTACH_MOVE;
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
	static const struct ct_mount_fs fs = { "tmpfs", keys, KERNEL_FS | MOUNT_ATTR_RDONLY, 1 };
	int fd = ct_mount_fs(r->report, &fs);

	if (fd < 0)
		return fd;
	r->fd[CT_SLOT_EMPTY] = fd;
	return ct_sys_move_mount(fd, "", AT_FDCWD, "/proc", MOVE_MOUNT_F_EMPTY_PATH);
}

/* Where a mask goes: path below fd, or, when path is "", fd itself. */
struct place {
	int fd;
	const char *path;
};

/*
 * A name in a file system of our own, over which the plan mounts nothing (str[0] in slot), is used
 * as it is; any other path is resolved in the root.
 */
static int find_place(struct ct_run *r, const struct ct_step *s, struct place *p)
{
	p->path = ct_block_str(r->plan, s->str[0]);
	p->fd = r->fd[s->slot];
	if (!s->slot)
		p->fd = ct_open_mount_point(r->fd[CT_SLOT_ROOT], ct_block_str(r->plan, s->object));
	if (p->fd < 0)
		r->report->detail = CT_ATTACH_TARGET;
	return p->fd < 0 ? p->fd : 0;
}

static int cover(int mount_fd, const struct place *p)
{
	return ct_sys_move_mount(mount_fd, "", p->fd, p->path,
				 MOVE_MOUNT_F_EMPTY_PATH |
					 (*p->path ? 0 : MOVE_MOUNT_T_EMPTY_PATH));
}

static int is_missing(int err)
{
	return err == -ENOENT || err == -ENOTDIR;
}

/*
 * Covers the place with a clone of the empty directory, or of the null device. One that found no
 * place is kept for the next mask: to close it would take 200 us. A clone that is attached is the
 * empty directory of the next masks: it is read-only already.
 */
static int hide(struct ct_run *r, const struct ct_step *s, const struct place *p, int dir)
{
	int slot = dir ? CT_SLOT_SPARE_DIR : CT_SLOT_SPARE_FILE, clone = r->fd[slot], err;

	if (clone < 0)
		clone = ct_sys_open_tree(r->fd[dir ? CT_SLOT_EMPTY : CT_SLOT_NULL], "",
					 OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH);
	if (clone < 0)
		return clone;
	err = cover(clone, p);
	r->fd[slot] = err ? clone : -1;
	if (err)
		return s->slot && is_missing(err) ? 0 : err;
	if (dir && r->fd[CT_SLOT_EMPTY] < 0)
		r->fd[CT_SLOT_EMPTY] = clone;
	else if (s->arg[0])
		ct_sys_close(clone);
	return 0;
}

/*
 * Hides what is there. Sources are our own: the verified null device for anything but a
 * directory, an empty tmpfs for those; an image has no say in it (CVE-2025-31133).
 */
int ct_mount_op_mask(struct ct_run *r, const struct ct_step *s)
{
	int err, dir = (int)s->arg[1];
	struct place p;
	struct stat st;

	err = find_place(r, s, &p);
	if (err < 0)
		return is_missing(err) ? 0 : err;
	if (s->arg[0]) { /* what it is, is known for the default paths only */
		err = ct_sys_newfstatat(p.fd, "", &st, AT_EMPTY_PATH);
		dir = S_ISDIR(st.st_mode);
	}
	if (!err)
		err = hide(r, s, &p, dir);
	if (s->arg[0])
		ct_sys_close(p.fd);
	return err;
}

int ct_mount_op_readonly(struct ct_run *r, const struct ct_step *s)
{
	struct place p;
	int err = find_place(r, s, &p), clone;

	if (err < 0)
		return is_missing(err) ? 0 : err;
	clone = ct_sys_open_tree(p.fd, p.path,
				 OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE |
					 (*p.path ? AT_SYMLINK_NOFOLLOW : AT_EMPTY_PATH));
	if (clone < 0)
		return s->slot && is_missing(clone) ? 0 : clone;
	err = ct_mount_set_attr(clone, MOUNT_ATTR_RDONLY, 1);
	if (!err)
		err = cover(clone, &p);
	if (s->arg[0]) {
		ct_sys_close(clone);
		ct_sys_close(p.fd);
	}
	return err;
}

ct_step_run *const ct_mount_runs[ROWS] = {
	[PROC] = ct_mount_op_fs,
	[SYSFS] = ct_mount_op_fs,
	[SYS_BIND] = ct_mount_op_bind,
	[CGROUP2] = ct_mount_op_fs,
	[CGROUP] = ct_mount_op_fs,
	[TMPFS] = ct_mount_op_tmpfs,
	[ANY] = ct_mount_op_any,
	[UNION] = ct_mount_op_union,
	[UNION_SCRATCH] = ct_mount_op_union_scratch,
	[DEV] = ct_mount_op_dev,
	[DEV_NODES] = ct_mount_op_dev_nodes,
	[DEV_BINDS] = ct_mount_op_dev_binds,
	[DEV_FS] = ct_mount_op_dev_fs,
	[BIND_SOURCE] = ct_mount_op_bind_source,
	[BIND_PEER] = ct_mount_op_bind_source,
	[BIND] = ct_mount_op_bind,
	[BIND_LATE] = ct_mount_op_bind,
	[EMPTY_DIR] = ct_mount_op_empty_dir,
	[MASK] = ct_mount_op_mask,
	[READONLY] = ct_mount_op_readonly,
	[FILES] = ct_mount_op_files,
	[ADD_DIR] = ct_mount_op_make_dir,
	[ADD_FILE] = ct_mount_op_make_file,
	[ADD_SYMLINK] = ct_mount_op_make_symlink,
	[MAKE_DEVICE] = ct_mount_op_make_device,
	[BIND_DEVICE] = ct_mount_op_bind_device,
};
