/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "union.h"
#include "sys/str.h"
#include "sys/sys.h"

#include <sys/file.h>

int ct_union_option(int fd, const char *key, const char *value)
{
	return ct_sys_fsconfig(fd, value ? FSCONFIG_SET_STRING : FSCONFIG_SET_FLAG, key, value, 0);
}

/* A tmpfs that is not attached; size "": the kernel's default. */
int ct_union_tmpfs(struct ct_run *r, const char *size, const char *mode, uint32_t attr)
{
	int err = 0, mnt, fd = ct_sys_fsopen("tmpfs", FSOPEN_CLOEXEC);

	if (fd < 0)
		return fd;
	if (*size)
		err = ct_union_option(fd, "size", size);
	if (!err && mode)
		err = ct_union_option(fd, "mode", mode);
	if (!err)
		err = ct_sys_fsconfig(fd, FSCONFIG_CMD_CREATE, NULL, NULL, 0);
	mnt = err ? err : ct_sys_fsmount(fd, FSMOUNT_CLOEXEC, attr);
	if (mnt < 0)
		ct_run_fs_log(r->report, fd);
	return mnt; /* fd is closed with all others */
}

int ct_union_scratch(struct ct_run *r, const char *size, int dirs)
{
	int err, mnt = ct_union_tmpfs(r, size, NULL, MOUNT_ATTR_NODEV);

	if (mnt < 0)
		return mnt;
	err = ct_sys_move_mount(mnt, "", AT_FDCWD, "/proc", MOVE_MOUNT_F_EMPTY_PATH);
	if (!err && dirs)
		err = ct_sys_mkdirat(mnt, "upper", 0755);
	if (!err && dirs)
		err = ct_sys_mkdirat(mnt, "work", 0755);
	if (!err)
		err = ct_sys_fchdir(mnt);
	return err ? err : mnt;
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
	err = ct_union_option(fd, "lowerdir", "none");
	if (!err)
		err = ct_union_option(fd, "upperdir", "upper");
	if (!err)
		err = ct_union_option(fd, "workdir", "none");
	if (!err)
		err = ct_union_option(fd, "index", "on");
	if (err)
		return err;
	err = ct_sys_fsconfig(fd, FSCONFIG_CMD_CREATE, NULL, NULL, 0);
	return err == -EINVAL ? 0 : err ? err : -EIO;
}

/*
 * The lock keeps another start out until the kernel knows of this one; its fd is closed with all
 * others, and no process but this child has it.
 */
int ct_union_upper(struct ct_run *r, int scratch, const char *upper, const char *work,
		   const int64_t *pin)
{
	int fd, err = ct_sys_symlinkat(upper, scratch, "upper");

	if (!err)
		err = ct_sys_symlinkat(work, scratch, "work");
	if (err)
		return err;
	r->report->detail = CT_UPPER_UPPER;
	err = is_pinned(scratch, "upper", pin[0], pin[1]);
	if (err)
		return err;
	r->report->detail = CT_UPPER_WORK;
	err = is_pinned(scratch, "work", pin[2], pin[3]);
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

static int configure(int fd, struct ct_run *r, const struct ct_union *u)
{
	const char *layer = u->layer;
	int err = 0;

	for (int64_t i = 0; i < u->layers && !err; i++) {
		r->report->detail = (int32_t)i + 1;
		err = ct_union_option(fd, "lowerdir+", layer);
		layer += ct_len(layer) + 1;
	}
	if (err)
		return err;
	r->report->detail = 0;
	if (u->writable)
		err = ct_union_option(fd, "upperdir", "upper");
	if (!err && u->writable)
		err = ct_union_option(fd, "workdir", "work");
	if (!err && u->userxattr)
		err = ct_union_option(fd, "userxattr", NULL);
	return err ? err : ct_sys_fsconfig(fd, FSCONFIG_CMD_CREATE, NULL, NULL, 0);
}

int ct_union_mount(struct ct_run *r, const struct ct_union *u)
{
	int err, mnt, fd = ct_sys_fsopen("overlay", FSOPEN_CLOEXEC);

	if (fd < 0)
		return fd;
	err = configure(fd, r, u);
	mnt = err ? err : ct_sys_fsmount(fd, FSMOUNT_CLOEXEC, u->attr);
	if (mnt < 0)
		ct_run_fs_log(r->report, fd);
	return mnt; /* fd is closed with all others */
}

/* MS_* of mount(2): the first four are those of MOUNT_ATTR_*. */
static unsigned long ms_flags(uint32_t attr)
{
	return (attr & 15) | (attr & MOUNT_ATTR_NOSYMFOLLOW ? 256 : 0) |
	       (attr & MOUNT_ATTR_NOATIME ? 1024 : 0) | (attr & MOUNT_ATTR_NODIRATIME ? 2048 : 0) |
	       (attr & MOUNT_ATTR_STRICTATIME ? 1 << 24 : 0);
}

/*
 * Below Linux 6.8 all layers have to fit into one page of options, in which ':' and ',' and '\\'
 * mean something. Symlinks with short names carry any path and any number.
 */
int ct_union_mount_string(struct ct_run *r, int scratch, const struct ct_union *u)
{
	const char *layer = u->layer;
	int err = 0;

	for (int64_t i = 0; i < u->layers && !err; i++) {
		char name[24];

		ct_append_u64(name, sizeof(name), 0, (uint64_t)i);
		err = ct_sys_symlinkat(layer, scratch, name);
		layer += ct_len(layer) + 1;
	}
	if (!err)
		err = ct_sys_mkdirat(scratch, "root", 0755);
	if (!err)
		err = ct_sys_mount("overlay", "root", "overlay", ms_flags(u->attr), u->options);
	return err;
}
