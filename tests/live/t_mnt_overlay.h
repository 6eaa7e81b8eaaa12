/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the tests of unions share. */
#ifndef T_MNT_OVERLAY_H
#define T_MNT_OVERLAY_H

#include "sys/seam.h"
#include "sys/sys.h" /* in place of <sys/mount.h>, with which it does not go */
#include "t_ns.h"

#include <contain/overlay.h>
#include <dirent.h>
#include <sys/statfs.h>
#include <sys/sysmacros.h>
#include <sys/utsname.h>
#include <sys/xattr.h>

int mount(const char *source, const char *target, const char *type, unsigned long flags,
	  const void *data);
int umount2(const char *target, int flags);

/* ---- as root, and as root of a user namespace that an ordinary user has made ---- */

static inline int tm_enter(void *arg, void *rec)
{
	uint32_t uid = geteuid(), gid = getegid();
	void (*body)(void) = *(void (**)(void))arg;

	(void)rec;
	T_SYS(unshare(CLONE_NEWUSER | CLONE_NEWNS));
	t_write_file("/proc/self/setgroups", "deny");
	t_write_file("/proc/self/uid_map", t_fmt("0 %u 1", uid));
	t_write_file("/proc/self/gid_map", t_fmt("0 %u 1", gid));
	body();
	return 0;
}

#define TM_BOTH(name_)                                                                             \
	static void tm_both_##name_(void);                                                         \
	TEST_LIMIT(name_##_root, 60)                                                               \
	{                                                                                          \
		t_need_root();                                                                     \
		tm_both_##name_();                                                                 \
	}                                                                                          \
	TEST_LIMIT(name_##_user, 60)                                                               \
	{                                                                                          \
		void (*body)(void) = tm_both_##name_;                                              \
                                                                                                   \
		t_need_userns();                                                                   \
		t_as_user(tm_enter, &body);                                                        \
	}                                                                                          \
	static void tm_both_##name_(void)

static inline int tm_in_userns(void)
{
	return tn_inode_at("/proc/self/ns/user") != 0xEFFFFFFDU;
}

/* A tmpfs cannot be the upper layer of an overlay with user.* attributes before Linux 6.6. */
static inline int tm_tmpfs_has_user_xattr(void)
{
	int major, minor;
	struct utsname name;

	T_SYS(uname(&name));
	ck_assert_int_eq(sscanf(name.release, "%d.%d", &major, &minor), 2);
	return major > 6 || (major == 6 && minor >= 6);
}

static inline void tm_need_xattrs(void)
{
	struct statfs fs;

	T_SYS(statfs(t_tmpdir(), &fs));
	if (tm_in_userns() && fs.f_type == 0x01021994 && !tm_tmpfs_has_user_xattr())
		t_skip("tmpfs without user.* attributes");
}

/* ---- each way to the kernel ---- */

enum tm_way { TM_OWN, TM_NOT_DETACHED, TM_CWD, TM_STRING, TM_WAYS };

static inline int tm_fake(enum ct_seam_who who, long nr, const long *args, long *ret,
			  enum tm_way way)
{
	(void)who;
	if (way == TM_NOT_DETACHED && nr == __NR_open_tree) {
		struct statfs fs; /* of a file system that is attached nowhere: tmpfs, ours */
		const char *path = (const char *)args[1];

		if (!*path && fstatfs((int)args[0], &fs) == 0 && fs.f_type == 0x01021994 &&
		    fs.f_blocks == 64) {
			*ret = -EINVAL;
			return 1;
		}
	}
	if (way >= TM_CWD && nr == __NR_fsconfig && args[1] == FSCONFIG_SET_FD) {
		*ret = -EINVAL;
		return 1;
	}
	if (way == TM_STRING && nr == __NR_fsconfig && args[2] &&
	    !strcmp((const char *)args[2], "lowerdir+")) {
		*ret = -EINVAL;
		return 1;
	}
	return 0;
}

static inline int tm_fake_detached(enum ct_seam_who who, long nr, const long *args, long *ret)
{
	return tm_fake(who, nr, args, ret, TM_NOT_DETACHED);
}

static inline int tm_fake_cwd(enum ct_seam_who who, long nr, const long *args, long *ret)
{
	return tm_fake(who, nr, args, ret, TM_CWD);
}

static inline int tm_fake_string(enum ct_seam_who who, long nr, const long *args, long *ret)
{
	return tm_fake(who, nr, args, ret, TM_STRING);
}

static inline void tm_way(enum tm_way way)
{
	tn_fake(way == TM_OWN	       ? NULL :
		way == TM_NOT_DETACHED ? tm_fake_detached :
		way == TM_CWD	       ? tm_fake_cwd :
					 tm_fake_string);
}

/* Whether the seam has seen this call: that the way was really gone. */
static inline int tm_called(long nr)
{
	for (uint32_t i = 0; ct_seam && i < ct_seam->logged && i < CT_SEAM_LOG; i++)
		if (ct_seam->log[i].nr == nr)
			return 1;
	return 0;
}

/* ---- files ---- */

#define TM_EPHEMERAL (64 * 4096) /* bytes: tm_fake() knows the file system by it */

static inline const char *tm_mkdir(const char *dir, const char *name)
{
	const char *path = t_fmt("%s/%s", dir, name);

	T_CHECK(mkdir(path, 0755) == 0, "%s: %m", path);
	return path;
}

/* Files "who", with the layer's name in it, and one of its own. */
static inline const char *tm_layer(const char *dir, const char *name, const char *text)
{
	const char *path = tm_mkdir(dir, name);

	t_write_file(t_fmt("%s/who", path), text);
	t_write_file(t_fmt("%s/of-%s", path, text), text);
	return path;
}

static inline const char *tm_text(const char *path)
{
	static char text[4096];
	ssize_t n = t_read_file(path, text, sizeof(text));

	if (n < 0)
		snprintf(text, sizeof(text), "%s", strerrorname_np((int)-n));
	return text;
}

static inline int tm_exists(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0;
}

static inline contain_overlay *tm_overlay(void)
{
	contain_overlay *o = NULL;

	ck_assert_int_eq(contain_overlay_new(&o), 0);
	return o;
}

/* Attached on a new directory of the name. */
static inline const char *tm_show(int mnt, const char *dir, const char *name)
{
	const char *path = tm_mkdir(dir, name);

	T_SYS(syscall(SYS_move_mount, mnt, "", AT_FDCWD, path, MOVE_MOUNT_F_EMPTY_PATH));
	close(mnt);
	return path;
}

static inline int tm_mount(contain_overlay *o, uint32_t attributes)
{
	contain_error *e = NULL;
	int mnt = contain_overlay_mount(o, attributes, &e);

	T_CHECK(mnt >= 0, "%d: %s", mnt, contain_error_message(e));
	return mnt;
}

/* Mounted, attached, freed. */
static inline const char *tm_mounted(contain_overlay *o, const char *dir, const char *name)
{
	const char *path = tm_show(tm_mount(o, 0), dir, name);

	contain_overlay_free(o);
	return path;
}

#endif
