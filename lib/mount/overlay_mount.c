/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The mount itself, in the way that this kernel has. */
#include "feature/feature.h"
#include "feature/try.h"
#include "mount.h"
#include "overlay.h"
#include "plan/error.h"
#include "sys/fd.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>

#define OPTIONS_PAGE 4096

struct job {
	const contain_overlay *o;
	struct ct_overlay_why *why;
	const char *keys[2 * CT_OVERLAY_OPTIONS + 1];
	uint32_t attributes;
	struct ct_overlay_child child;
	char size[24], inodes[24];
	int tmpfs; /* its mount has to live until the kernel has its own clone of it; or -1 */
	int no_fd; /* layers cannot be given by fd */
};

/* Where in the description it failed: by detail of the child, or of ours. */
static int failed_at(struct job *j, int err, int detail)
{
	const contain_overlay *o = j->o;
	struct ct_overlay_why *why = j->why;
	int layers = o->layers - o->data_only;

	if (detail > layers)
		snprintf(why->object, sizeof(why->object), "datadir %d", detail - 1 - layers);
	else if (detail > 0)
		snprintf(why->object, sizeof(why->object), "lowerdir %d", detail - 1);
	else if (detail <= CT_OVERLAY_AT_OPTION)
		snprintf(why->object, sizeof(why->object), "%s",
			 j->keys[CT_OVERLAY_AT_OPTION - detail]);
	else if (detail == CT_OVERLAY_AT_UPPER)
		strcpy(why->object, "upperdir");
	else if (detail == CT_OVERLAY_AT_WORK)
		strcpy(why->object, "workdir");
	else if (detail == CT_OVERLAY_AT_NS)
		strcpy(why->object, "mount namespace");
	else if (detail == CT_OVERLAY_AT_TMPFS)
		strcpy(why->object, "tmpfs");
	if (detail == CT_OVERLAY_AT_NS && err == -EINVAL)
		why->hint = "this kernel needs a mount namespace for it, and the caller's root "
			    "directory is not the root of a mount";
	if (detail == CT_OVERLAY_AT_NS && err == -ENOSPC)
		why->hint = "the limit user.max_mnt_namespaces is reached";
	return err;
}

/* ---- by fd, and by working directory ---- */

static int set_fd(int fs, const char *key, int fd)
{
	return ct_sys_fsconfig(fs, FSCONFIG_SET_FD, key, NULL, fd);
}

static const char *layer_key(const contain_overlay *o, int i)
{
	return i < o->layers - o->data_only ? "lowerdir+" : "datadir+";
}

/* All but the first layer, which was the trial. */
static int set_fds(struct job *j, int fs, int upper, int work)
{
	const contain_overlay *o = j->o;
	int err = 0;

	for (int i = 1; i < o->layers && !err; i++) {
		err = set_fd(fs, layer_key(o, i), o->layer[i]);
		if (err)
			return failed_at(j, err, i + 1);
	}
	if (upper < 0)
		return 0;
	err = set_fd(fs, "upperdir", upper);
	if (err)
		return failed_at(j, err, CT_OVERLAY_AT_UPPER);
	err = set_fd(fs, "workdir", work);
	return err ? failed_at(j, err, CT_OVERLAY_AT_WORK) : 0;
}

static int set_from_child(struct job *j, int fs)
{
	const contain_overlay *o = j->o;
	int r;

	j->child.job = CT_OVERLAY_CWD;
	j->child.fs = fs;
	j->child.layer = o->layer;
	j->child.upper = o->upper;
	j->child.work = o->work;
	r = ct_overlay_run(&j->child);
	return r < 0 ? failed_at(j, r, j->child.detail) : 0;
}

static int finish(struct job *j, int fs)
{
	int r = ct_sys_fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0);

	return r < 0 ? r : ct_fd_up(ct_sys_fsmount(fs, FSMOUNT_CLOEXEC, j->attributes));
}

/* ---- the tmpfs of an ephemeral upper directory ---- */

static int describe_tmpfs(struct job *j)
{
	const contain_overlay *o = j->o;
	struct stat st;
	int err = ct_sys_newfstatat(o->layer[0], "", &st, AT_EMPTY_PATH);

	if (err)
		return failed_at(j, err, 1);
	if (o->size_bytes)
		snprintf(j->size, sizeof(j->size), "%llu", (unsigned long long)o->size_bytes);
	if (o->inodes)
		snprintf(j->inodes, sizeof(j->inodes), "%llu", (unsigned long long)o->inodes);
	j->child.size = j->size;
	j->child.inodes = j->inodes;
	j->child.ephemeral = 1;
	j->child.mode = st.st_mode & 07777;
	j->child.uid = st.st_uid;
	j->child.gid = st.st_gid;
	return 0;
}

/* A detached mount can be cloned since the kernel that takes an upper directory from one: 6.15. */
static int takes_detached(int mnt)
{
	int fd = ct_sys_open_tree(mnt, "", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH);

	if (fd >= 0)
		ct_sys_close(fd);
	return fd >= 0;
}

/* 1: done into fs; 0: not in this kernel. */
static int set_fds_ephemeral(struct job *j, int fs)
{
	const int flags = O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
	int r, upper, work, mnt = ct_overlay_tmpfs(&j->child);

	if (mnt < 0)
		return failed_at(j, mnt, CT_OVERLAY_AT_TMPFS);
	if (!takes_detached(mnt)) {
		ct_sys_close(mnt);
		return 0;
	}
	j->tmpfs = mnt;
	upper = ct_sys_openat(mnt, "upper", flags, 0);
	work = ct_sys_openat(mnt, "work", flags, 0);
	r = upper < 0 ? upper : work < 0 ? work : set_fds(j, fs, upper, work);
	if (upper >= 0)
		ct_sys_close(upper);
	if (work >= 0)
		ct_sys_close(work);
	return r < 0 ? r : 1;
}

/* ---- in a mount namespace of the child's own ---- */

struct base {
	int fd; /* clone */
	char upper[PATH_MAX], work[PATH_MAX];
};

static int name_of(int fd, char *path)
{
	char link[40];
	ssize_t n;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = ct_sys_readlinkat(AT_FDCWD, link, path, PATH_MAX - 1);
	if (n < 0)
		return (int)n;
	path[n] = 0;
	return *path == '/' ? 0 : -ENOENT;
}

/* The length of the directory that both names begin with, without the slash after it. */
static size_t common(const char *a, const char *b)
{
	size_t last = 0;

	for (size_t i = 0; a[i] && a[i] == b[i]; i++)
		if (a[i] == '/')
			last = i;
	return last;
}

/* "b" and what follows the first n bytes. */
static int below_base(char *path, size_t n)
{
	size_t len = strlen(path + n);

	if (len + 2 > PATH_MAX)
		return -ENAMETOOLONG;
	memmove(path + 1, path + n, len + 1);
	*path = 'b';
	return 0;
}

/* From upper up to the directory in which its remaining name begins. */
static int climb(int fd, const char *rest)
{
	int up = ct_sys_openat(fd, "..", O_PATH | O_DIRECTORY | O_CLOEXEC, 0);

	for (rest++; up >= 0 && *rest; rest++)
		if (*rest == '/') {
			fd = up;
			up = ct_sys_openat(fd, "..", O_PATH | O_DIRECTORY | O_CLOEXEC, 0);
			ct_sys_close(fd);
		}
	return up;
}

static int identify(int fd, uint64_t *id)
{
	struct stat st;
	int err = ct_sys_newfstatat(fd, "", &st, AT_EMPTY_PATH);

	id[0] = st.st_dev;
	id[1] = st.st_ino;
	return err;
}

/*
 * Both have to be on one mount there too, so that they are found by name below the clone of the
 * directory that both are in; the child compares what is there with what was pinned.
 */
static int find_base(struct job *j, struct base *b)
{
	const contain_overlay *o = j->o;
	size_t n;
	int fd, err = ct_overlay_one_mount(o->upper, o->work);

	err = err < 0 ? err : err ? identify(o->upper, j->child.upper_id) : -EXDEV;
	if (!err)
		err = identify(o->work, j->child.work_id);
	if (!err)
		err = name_of(o->upper, b->upper);
	if (!err)
		err = name_of(o->work, b->work);
	if (err)
		return err;
	n = common(b->upper, b->work);
	fd = climb(o->upper, b->upper + n);
	if (fd < 0)
		return fd;
	b->fd = ct_sys_open_tree(fd, "", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH);
	ct_sys_close(fd);
	if (b->fd < 0)
		return b->fd;
	err = below_base(b->upper, n);
	return err ? err : below_base(b->work, n);
}

static void put(char *page, size_t *at, const char *text)
{
	*at += (size_t)snprintf(page + *at, OPTIONS_PAGE - *at, "%s", text);
	if (*at >= OPTIONS_PAGE)
		*at = OPTIONS_PAGE - 1;
}

/* 500 layers are 1,889 bytes: all of it fits into the page that mount(2) takes. */
static void write_options(struct job *j, char *page)
{
	char name[24];
	size_t at = 0;

	for (int i = 0; i < j->o->layers; i++) {
		snprintf(name, sizeof(name), "%s%d", i ? ":" : "lowerdir=", i);
		put(page, &at, name);
	}
	if (j->o->kind != CT_UPPER_NONE)
		put(page, &at, ",upperdir=u,workdir=w");
	for (const char *const *k = j->keys; *k; k += 2) {
		put(page, &at, ",");
		put(page, &at, k[0]);
		if (k[1]) {
			put(page, &at, "=");
			put(page, &at, k[1]);
		}
	}
}

static int clone_layers(struct job *j, int *layer)
{
	const contain_overlay *o = j->o;

	for (int i = 0; i < o->layers; i++)
		layer[i] = -1;
	for (int i = 0; i < o->layers; i++) {
		layer[i] = ct_sys_open_tree(o->layer[i], "",
					    OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH);
		if (layer[i] == -EINVAL)
			j->why->hint = "it is on a mount of another mount namespace, detached "
				       "(a layer since Linux 6.15) or unbindable, or has mounts "
				       "below it that this user namespace may not uncover";
		if (layer[i] < 0)
			return failed_at(j, layer[i], i + 1);
	}
	return 0;
}

static int run_in_namespace(struct job *j, int *layer, struct base *base, char *page)
{
	struct ct_overlay_child *c = &j->child;
	int r = clone_layers(j, layer);

	base->fd = -1;
	if (r == 0 && j->o->kind == CT_UPPER_GIVEN) {
		r = find_base(j, base);
		if (r < 0)
			failed_at(j, r, CT_OVERLAY_AT_UPPER);
	}
	if (r < 0)
		return r;
	write_options(j, page);
	c->job = CT_OVERLAY_NS;
	c->layer = layer;
	c->options = page;
	c->base = base->fd;
	c->upper_path = base->upper;
	c->work_path = base->work;
	c->fs = -1;
	r = ct_overlay_run(c);
	if (c->fs >= 0) {
		ct_overlay_log(c->fs, j->why->log, sizeof(j->why->log));
		ct_sys_close(c->fs);
	}
	if (r < 0 && c->mnt >= 0)
		ct_sys_close(c->mnt);
	return r < 0 ? failed_at(j, r, c->detail) : ct_fd_up(c->mnt);
}

static int mount_in_namespace(struct job *j)
{
	const contain_overlay *o = j->o;
	int *layer = malloc(sizeof(*layer) * (size_t)o->layers);
	struct base *base = malloc(sizeof(*base));
	char *page = malloc(OPTIONS_PAGE);
	int r = -ENOMEM;

	if (layer && base && page) {
		r = run_in_namespace(j, layer, base, page);
		for (int i = 0; i < o->layers; i++)
			if (layer[i] >= 0)
				ct_sys_close(layer[i]);
		if (base->fd >= 0)
			ct_sys_close(base->fd);
	}
	free(page);
	free(base);
	free(layer);
	return r;
}

/* ---- which way ---- */

static int takes_lowerdir_add(void)
{
	int r, fs = ct_sys_fsopen("overlay", FSOPEN_CLOEXEC);

	if (fs < 0)
		return fs;
	r = ct_takes_lowerdir_add(fs) == 0;
	ct_sys_close(fs);
	return r;
}

static int mount_elsewhere(struct job *j, int fs, int by_fd)
{
	int r = by_fd ? 1 : takes_lowerdir_add();

	if (r < 0)
		return r;
	j->child.lowerdir_add = r;
	if (!r && j->o->data_only) {
		j->why->hint = "unsupported: layers of data only, Linux 6.8";
		return failed_at(j, -EOPNOTSUPP, j->o->layers - j->o->data_only + 1);
	}
	if (!r || j->o->kind == CT_UPPER_EPHEMERAL)
		return mount_in_namespace(j);
	r = set_from_child(j, fs);
	return r < 0 ? r : finish(j, fs);
}

static int make(struct job *j, int fs)
{
	const contain_overlay *o = j->o;
	int detail = 0, by_fd, r = ct_overlay_apply_options(fs, j->keys, &detail);

	if (r < 0)
		return failed_at(j, r, detail);
	by_fd = !j->no_fd && set_fd(fs, layer_key(o, 0), o->layer[0]) == 0;
	if (o->kind == CT_UPPER_EPHEMERAL) {
		r = describe_tmpfs(j);
		if (r == 0 && by_fd)
			r = set_fds_ephemeral(j, fs);
		if (r < 0)
			return r;
		return r ? finish(j, fs) : mount_elsewhere(j, fs, by_fd);
	}
	if (!by_fd)
		return mount_elsewhere(j, fs, 0);
	r = set_fds(j, fs, o->upper, o->work);
	return r < 0 ? r : finish(j, fs);
}

static int open_and_make(struct job *j)
{
	int r, fs = ct_fd_up(ct_sys_fsopen("overlay", FSOPEN_CLOEXEC));

	if (fs == -ENODEV)
		j->why->hint = "this kernel has no overlay: CONFIG_OVERLAY_FS";
	if (fs < 0)
		return fs;
	r = make(j, fs);
	if (r < 0 && !*j->why->log)
		ct_overlay_log(fs, j->why->log, sizeof(j->why->log));
	if (j->tmpfs >= 0)
		ct_sys_close(j->tmpfs);
	j->tmpfs = -1;
	ct_sys_close(fs);
	return r;
}

/* By fd the kernel finds out the path, which it shows in mountinfo: PATH_MAX bytes at most. */
static int make_anyway(struct job *j)
{
	int r = open_and_make(j);

	if (r != -ENAMETOOLONG || j->no_fd)
		return r;
	*j->why = (struct ct_overlay_why){ .object = "" };
	j->no_fd = 1;
	return open_and_make(j);
}

/* Holds the lock that keeps another start out until the kernel knows of this one. */
static int lock_work(const contain_overlay *o, struct ct_overlay_why *why)
{
	int r, fd = ct_sys_openat(o->work, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);

	if (fd < 0)
		return ct_overlay_fail(why, fd, "workdir", "it may not be read");
	r = ct_sys_flock(fd, LOCK_EX | LOCK_NB);
	r = r == -EAGAIN ? -EBUSY : r;
	if (r < 0)
		ct_overlay_fail(why, r, "workdir", "another mount with it is being made");
	else
		r = ct_overlay_check_use(o, why);
	if (r < 0)
		ct_sys_close(fd);
	return r < 0 ? r : fd;
}

static int mount_now(const contain_overlay *o, uint32_t attributes, struct ct_overlay_why *why)
{
	struct job j = { .o = o, .why = why, .attributes = attributes, .tmpfs = -1 };
	int r, lock = -1;

	j.child.layers = o->layers;
	j.child.data_only = o->data_only;
	j.child.upper = j.child.work = j.child.base = j.child.mnt = -1;
	j.child.keys = j.keys;
	j.child.size = j.child.inodes = "";
	j.child.attributes = attributes;
	ct_overlay_keys(o, j.keys);
	if (o->kind == CT_UPPER_GIVEN) {
		lock = lock_work(o, why);
		if (lock < 0)
			return lock;
	}
	r = make_anyway(&j);
	if (r < 0 && !why->hint)
		r = ct_overlay_explain(o, r, why);
	if (lock >= 0)
		ct_sys_close(lock);
	return r;
}

int contain_overlay_mount(const contain_overlay *o, uint32_t attributes, contain_error **reterr)
{
	struct ct_overlay_why why = { .object = "" };
	struct ct_error_parts p = { .phase = CONTAIN_PHASE_PARENT, .op = "mount-overlay" };
	int r;

	if (!o)
		r = ct_overlay_fail(&why, -EINVAL, "overlay", "is NULL");
	else if (attributes & ~CT_MOUNT_ATTRS)
		r = ct_overlay_fail(&why, -EINVAL, "attributes", "an unknown attribute");
	else
		r = ct_overlay_check_structure(o, &why);
	if (r == 0)
		r = mount_now(o, attributes, &why);
	if (r >= 0)
		return r;
	if (r == -ENOSYS)
		r = ct_overlay_fail(&why, -EOPNOTSUPP, why.object, CT_OVERLAY_UNSUPPORTED);
	p.code = r;
	p.object = why.object;
	p.hint = why.hint;
	p.log = why.log;
	return ct_error_set(reterr, &p);
}
