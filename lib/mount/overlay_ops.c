/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "overlay.h"
#include "sys/str.h"

static int set(int fs, const char *key, const char *value)
{
	return ct_sys_fsconfig(fs, value ? FSCONFIG_SET_STRING : FSCONFIG_SET_FLAG, key, value, 0);
}

static int create(int fs)
{
	return ct_sys_fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0);
}

int ct_overlay_apply_options(int fs, const char *const *keys, int *ret_detail)
{
	int err = 0;

	for (int i = 0; keys[i] && !err; i += 2) {
		err = set(fs, keys[i], keys[i + 1]);
		if (err)
			*ret_detail = CT_OVERLAY_AT_OPTION - i;
	}
	return err;
}

/* ---- by working directory ---- */

static int set_here(int fs, int dir_fd, const char *key)
{
	int err = ct_sys_fchdir(dir_fd);

	return err ? err : set(fs, key, ".");
}

static int by_cwd(struct ct_overlay_child *c)
{
	int err = 0;

	for (int i = 0; i < c->layers && !err; i++) {
		c->detail = i + 1;
		err = set_here(c->fs, c->layer[i],
			       i < c->layers - c->data_only ? "lowerdir+" : "datadir+");
	}
	if (err || c->upper < 0)
		return err;
	c->detail = CT_OVERLAY_AT_UPPER;
	err = set_here(c->fs, c->upper, "upperdir");
	if (err)
		return err;
	c->detail = CT_OVERLAY_AT_WORK;
	return set_here(c->fs, c->work, "workdir");
}

/*
 * The kernel knows whether some overlay has this directory, for as long as that is mounted
 * anywhere, and only warns. With index=on it refuses, and looks at that first: what is asked for
 * here cannot be mounted, as a directory is not its own work directory, so that nothing is written.
 */
static int probe(struct ct_overlay_child *c)
{
	int fs, err = ct_sys_fchdir(c->upper);

	if (err)
		return err;
	fs = ct_sys_fsopen("overlay", FSOPEN_CLOEXEC);
	if (fs < 0)
		return fs;
	err = set(fs, "lowerdir", ".");
	if (!err)
		err = set(fs, "upperdir", ".");
	if (!err)
		err = set(fs, "workdir", ".");
	if (!err)
		err = set(fs, "index", "on");
	if (!err)
		err = create(fs) ?: -EIO;
	ct_sys_close(fs);
	/* also when the directory cannot be an upper one at all: nobody has it then */
	return err == -EINVAL ? 0 : err;
}

/* ---- in a mount namespace of its own ---- */

static int tmpfs(const char *size, const char *inodes)
{
	int err = 0, mnt, fs = ct_sys_fsopen("tmpfs", FSOPEN_CLOEXEC);

	if (fs < 0)
		return fs;
	if (*size)
		err = set(fs, "size", size);
	if (!err && *inodes)
		err = set(fs, "nr_inodes", inodes);
	if (!err)
		err = set(fs, "mode", "700");
	if (!err)
		err = create(fs);
	mnt = err ? err : ct_sys_fsmount(fs, FSMOUNT_CLOEXEC, MOUNT_ATTR_NODEV);
	ct_sys_close(fs);
	return mnt;
}

/* Mode and owner of the union's root are those of the upper directory. */
static int make_upper(int mnt, const struct ct_overlay_child *c)
{
	int fd, err = ct_sys_mkdirat(mnt, "upper", 0755);

	if (err)
		return err;
	fd = ct_sys_openat(mnt, "upper", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0);
	if (fd < 0)
		return fd;
	/* an owner without an id in this user namespace cannot be given: it stays the caller's */
	err = ct_sys_fchown(fd, c->uid, c->gid);
	if (err == -EINVAL || err == -EPERM)
		err = 0;
	if (!err)
		err = ct_sys_fchmod(fd, c->mode);
	ct_sys_close(fd);
	return err ? err : ct_sys_mkdirat(mnt, "work", 0700);
}

int ct_overlay_tmpfs(const struct ct_overlay_child *c)
{
	int err, mnt = tmpfs(c->size, c->inodes);

	if (mnt < 0)
		return mnt;
	err = make_upper(mnt, c);
	if (!err)
		return mnt;
	ct_sys_close(mnt);
	return err;
}

static int attach(int mnt, int dir_fd, const char *name)
{
	return ct_sys_move_mount(mnt, "", dir_fd, name, MOVE_MOUNT_F_EMPTY_PATH);
}

/* A mount on a new directory of the tmpfs of names, which is the working directory. */
static int attach_new(int mnt, const char *name)
{
	int err = ct_sys_mkdirat(AT_FDCWD, name, 0700);

	return err ? err : attach(mnt, AT_FDCWD, name);
}

static int is_there(const char *name, const uint64_t *id)
{
	struct stat st;
	int err = ct_sys_newfstatat(AT_FDCWD, name, &st, 0);

	return err ? err : st.st_dev == id[0] && st.st_ino == id[1] ? 0 : -ESTALE;
}

static int link_upper(struct ct_overlay_child *c)
{
	int err;

	c->detail = CT_OVERLAY_AT_UPPER;
	err = ct_sys_symlinkat(c->upper_path, AT_FDCWD, "u");
	if (!err)
		err = is_there("u", c->upper_id);
	if (err)
		return err;
	c->detail = CT_OVERLAY_AT_WORK;
	err = ct_sys_symlinkat(c->work_path, AT_FDCWD, "w");
	return err ? err : is_there("w", c->work_id);
}

/* The names: "u" and "w", and each layer's number. */
static int arrange(struct ct_overlay_child *c)
{
	char name[24];
	int err = 0, base = c->base;

	if (c->ephemeral) {
		c->detail = CT_OVERLAY_AT_TMPFS;
		base = ct_overlay_tmpfs(c);
		err = base < 0 ? base : 0;
	}
	if (!err && base >= 0)
		err = attach_new(base, "b");
	if (c->ephemeral && base >= 0)
		ct_sys_close(base);
	if (!err && c->ephemeral) {
		err = ct_sys_symlinkat("b/upper", AT_FDCWD, "u");
		if (!err)
			err = ct_sys_symlinkat("b/work", AT_FDCWD, "w");
	} else if (!err && base >= 0) {
		err = link_upper(c);
	}
	for (int i = 0; i < c->layers && !err; i++) {
		c->detail = i + 1;
		ct_append_u64(name, sizeof(name), 0, (uint64_t)i);
		err = attach_new(c->layer[i], name);
	}
	return err;
}

static int set_names(struct ct_overlay_child *c, int fs)
{
	char name[24];
	int err = 0;

	for (int i = 0; i < c->layers && !err; i++) {
		c->detail = i + 1;
		ct_append_u64(name, sizeof(name), 0, (uint64_t)i);
		err = set(fs, i < c->layers - c->data_only ? "lowerdir+" : "datadir+", name);
	}
	if (err || (!c->ephemeral && c->base < 0))
		return err;
	c->detail = CT_OVERLAY_AT_UPPER;
	err = set(fs, "upperdir", "u");
	if (err)
		return err;
	c->detail = CT_OVERLAY_AT_WORK;
	return set(fs, "workdir", "w");
}

static int mount_by_names(struct ct_overlay_child *c)
{
	int err, fs = ct_sys_fsopen("overlay", FSOPEN_CLOEXEC);

	if (fs < 0)
		return fs;
	c->fs = fs; /* the caller reads its log, and closes it */
	err = ct_overlay_apply_options(fs, c->keys, &c->detail);
	if (!err)
		err = set_names(c, fs);
	if (err)
		return err;
	c->detail = 0;
	err = create(fs);
	if (!err)
		c->mnt = ct_sys_fsmount(fs, FSMOUNT_CLOEXEC, c->attributes);
	return err ? err : c->mnt < 0 ? c->mnt : 0;
}

/* mount(2) attaches what it makes; a clone of that survives the namespace. */
static int mount_by_string(struct ct_overlay_child *c)
{
	struct mount_attr attr;
	int err, mnt;

	c->detail = 0;
	err = ct_sys_mkdirat(AT_FDCWD, "r", 0700);
	if (!err)
		err = ct_sys_mount("overlay", "r", "overlay", 0, c->options);
	if (err)
		return err;
	mnt = ct_sys_open_tree(AT_FDCWD, "r", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	if (mnt < 0)
		return mnt;
	c->mnt = mnt;
	if (!c->attributes)
		return 0;
	ct_zero(&attr, sizeof(attr));
	attr.attr_set = c->attributes;
	if (c->attributes & MOUNT_ATTR__ATIME)
		attr.attr_clr = MOUNT_ATTR__ATIME;
	return ct_sys_mount_setattr(mnt, "", AT_EMPTY_PATH, &attr, sizeof(attr));
}

/*
 * The tmpfs of names lies on "/", which nothing of the child's looks up any more; all of it ends
 * with the child.
 */
static int in_own_namespace(struct ct_overlay_child *c)
{
	int err, names;

	c->detail = CT_OVERLAY_AT_NS;
	err = ct_sys_unshare(CLONE_NEWNS);
	if (!err)
		err = ct_sys_mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL);
	if (err)
		return err;
	c->detail = CT_OVERLAY_AT_TMPFS;
	names = tmpfs("", "");
	if (names < 0)
		return names;
	err = attach(names, AT_FDCWD, "/");
	if (!err)
		err = ct_sys_fchdir(names);
	ct_sys_close(names);
	if (!err)
		err = arrange(c);
	if (err)
		return err;
	return c->lowerdir_add ? mount_by_names(c) : mount_by_string(c);
}

int ct_overlay_child_main(void *arg)
{
	struct ct_overlay_child *c = arg;

	c->err = c->job == CT_OVERLAY_CWD ? by_cwd(c) :
		 c->job == CT_OVERLAY_NS  ? in_own_namespace(c) :
					    probe(c);
	return 0;
}
