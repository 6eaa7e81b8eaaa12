/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A union under test: layers in a mount namespace of the test's own, looked at from both sides.
 *
 *	UNION(name)			as root, and as an ordinary user
 *	{
 *		mu_write("lower/file", "text");
 *		mu_mount(0, 0);		at m: lower, lower2 (when it is there), upper
 *		...			mw_path("m/file"), mw_path("upper/file")
 *	}				no lower layer has changed in anything
 */
#ifndef T_MNT_UNION_H
#define T_MNT_UNION_H

#include "t_mnt_world.h"

#include <contain/overlay.h>
#include <dirent.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>

#define MU_LAYERS 3

static const char *const mu_layer[MU_LAYERS] = { "lower", "lower2", "lower3" };

/* ---- files ---- */

static inline void mu_write(const char *name, const char *text)
{
	t_write_file(mw_path(name), text);
}

static inline const char *mu_read(const char *name)
{
	char buf[4096];
	ssize_t n = t_read_file(mw_path(name), buf, sizeof(buf));

	return n < 0 ? t_fmt("(%s)", strerrorname_np((int)-n)) : t_fmt("%s", buf);
}

static inline struct stat mu_stat(const char *name)
{
	struct stat st;

	T_CHECK(lstat(mw_path(name), &st) == 0, "%s: %m", name);
	return st;
}

static inline int mu_exists(const char *name)
{
	struct stat st;

	return lstat(mw_path(name), &st) == 0;
}

/* "trusted.overlay.opaque", or user.* for an ordinary user. NULL: it has none. */
static inline const char *mu_mark(const char *name, const char *mark)
{
	char value[512];
	ssize_t n = lgetxattr(mw_path(name),
			      t_fmt("%s.overlay.%s", ts_is_root() && !getenv("MU_USER") ?
							     "trusted" : "user", mark),
			      value, sizeof(value) - 1);

	return n < 0 ? NULL : t_fmt("%.*s", (int)n, value);
}

static inline int mu_is_whiteout(const char *name)
{
	struct stat st;

	return lstat(mw_path(name), &st) == 0 && S_ISCHR(st.st_mode) && st.st_rdev == 0;
}

static inline int mu_by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Sorted names, each behind a space. */
static inline const char *mu_list(const char *name)
{
	DIR *dir = opendir(mw_path(name));
	const char *found[512];
	char *text = t_fmt("%s", "");
	struct dirent *e;
	int n = 0;

	T_CHECK(dir, "%s: %m", name);
	while ((e = readdir(dir)))
		if (strcmp(e->d_name, ".") && strcmp(e->d_name, "..") && n < 512)
			found[n++] = t_fmt("%s", e->d_name);
	closedir(dir);
	qsort(found, (size_t)n, sizeof(*found), mu_by_name);
	for (int i = 0; i < n; i++)
		text = t_fmt("%s %s", text, found[i]);
	return text;
}

/* ---- everything about a tree in one number ---- */

static inline uint64_t mu_mix(uint64_t h, const void *data, size_t n)
{
	const unsigned char *at = data;

	while (n--)
		h = (h ^ *at++) * 0x100000001b3ULL;
	return h;
}

static inline uint64_t mu_hash_file(const char *path, uint64_t h)
{
	char buf[65536];
	struct stat st;
	ssize_t n = -1;

	T_SYS(lstat(path, &st));
	h = mu_mix(h, path, strlen(path));
	h = mu_mix(h, &st.st_mode, sizeof(st.st_mode));
	h = mu_mix(h, &st.st_uid, sizeof(st.st_uid));
	h = mu_mix(h, &st.st_gid, sizeof(st.st_gid));
	h = mu_mix(h, &st.st_nlink, sizeof(st.st_nlink));
	h = mu_mix(h, &st.st_ino, sizeof(st.st_ino));
	h = mu_mix(h, &st.st_rdev, sizeof(st.st_rdev));
	h = mu_mix(h, &st.st_mtim, sizeof(st.st_mtim));
	h = mu_mix(h, &st.st_ctim, sizeof(st.st_ctim));
	if (S_ISLNK(st.st_mode))
		n = readlink(path, buf, sizeof(buf));
	else if (S_ISREG(st.st_mode))
		n = t_read_file(path, buf, sizeof(buf));
	h = n > 0 ? mu_mix(h, buf, (size_t)n) : h;
	n = llistxattr(path, buf, sizeof(buf));
	return n > 0 ? mu_mix(h, buf, (size_t)n) : h;
}

static inline uint64_t mu_hash(const char *path, uint64_t h)
{
	DIR *dir;
	struct dirent *e;
	uint64_t sum = 0;

	h = mu_hash_file(path, h);
	dir = opendir(path);
	while (dir && (e = readdir(dir))) {
		const char *below = t_fmt("%s/%s", path, e->d_name);
		struct stat st;

		if (!strcmp(e->d_name, ".") || !strcmp(e->d_name, ".."))
			continue;
		T_SYS(lstat(below, &st));
		/* in whatever order the names come */
		sum += S_ISDIR(st.st_mode) ? mu_hash(below, 1) : mu_hash_file(below, 2);
	}
	if (dir)
		closedir(dir);
	return mu_mix(h, &sum, sizeof(sum));
}

/* ---- the union ---- */

static uint64_t mu_before[MU_LAYERS];
static int mu_mounted;

static inline void mu_check_lower(void)
{
	for (int i = 0; i < MU_LAYERS && mu_mounted; i++)
		T_CHECK(!mu_exists(mu_layer[i]) || mu_hash(mw_path(mu_layer[i]), 0) == mu_before[i],
			"the layer %s has changed", mu_layer[i]);
}

/* Of the layers that there are; with an upper directory unless upper is NULL. */
static inline contain_overlay *mu_describe(const char *upper)
{
	contain_overlay *o = NULL;

	ck_assert_int_eq(contain_overlay_new(&o), 0);
	for (int i = 0; i < MU_LAYERS; i++)
		if (mu_exists(mu_layer[i])) {
			ck_assert_int_eq(contain_overlay_add_lower(o, AT_FDCWD,
								   mw_path(mu_layer[i])), 0);
			mu_before[i] = mu_hash(mw_path(mu_layer[i]), 0);
		}
	mu_mounted = 1;
	if (upper) {
		mw_mkdir(upper);
		mw_mkdir("work");
		ck_assert_int_eq(contain_overlay_set_upper(o, AT_FDCWD, mw_path(upper),
							   mw_path("work")), 0);
	}
	return o;
}

/* At m, by the library. */
static inline int mu_try(contain_overlay *o, contain_error **reterr)
{
	int r, fd = contain_overlay_mount(o, 0, reterr);

	contain_overlay_free(o);
	if (fd < 0)
		return fd;
	mw_mkdir("m");
	r = contain_mount_attach(fd, AT_FDCWD, mw_path("m"), 0, reterr);
	close(fd);
	return r;
}

/* With up to one option that is not the default. */
static inline void mu_mount(int option, int value)
{
	contain_overlay *o = mu_describe("upper");
	contain_error *e = NULL;

	if (option)
		ck_assert_int_eq(contain_overlay_set_option(o, option, value), 0);
	tn_fine(mu_try(o, &e), e);
}

static inline void mu_umount(void)
{
	mw_umount("m");
}

/* Also where something of it is mapped or open. */
static inline void mu_umount_lazily(void)
{
	T_SYS(umount2(mw_path("m"), MNT_DETACH));
}

/* The upper layer's file system has to take user.* attributes for the marks of a user. */
static inline void mu_need_marks(void)
{
	mw_mkdir("upper");
	if (!ts_is_root() || getenv("MU_USER"))
		if (setxattr(mw_path("upper"), "user.try", "", 0, 0))
			t_skip("tmpfs has no user.* attributes here (before Linux 6.6)");
	removexattr(mw_path("upper"), "user.try");
}

static inline void mu_enter(void)
{
	/* who is root in a user namespace looks like root: said before that */
	if (!ts_is_root())
		setenv("MU_USER", "1", 1);
	mw_enter();
	mw_mkdir("lower");
	umask(0);
}

#define UNION(name_)                                                           \
	static void mu_union_##name_(void);                                    \
	static int mu_apart_##name_(void *arg, void *rec)                      \
	{                                                                      \
		(void)arg;                                                     \
		(void)rec;                                                     \
		mu_enter();                                                    \
		mu_union_##name_();                                            \
		mu_check_lower();                                              \
		return 0;                                                      \
	}                                                                      \
	TEST_BOTH(name_)                                                       \
	{                                                                      \
		int status = t_child(mu_apart_##name_, NULL, NULL, 0);         \
                                                                               \
		T_CHECK(status == 0, "wait status %x", (unsigned int)status);  \
	}                                                                      \
	static void mu_union_##name_(void)

static inline int mu_is_user(void)
{
	return getenv("MU_USER") != NULL;
}

#endif
