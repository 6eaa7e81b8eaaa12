/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is wrong with a union, told before and after the kernel says EINVAL. */
#include "t_mnt_overlay.h"

#define P(name) t_fmt("%s/%s", dir, name)

static contain_overlay *one_layer(const char *dir)
{
	contain_overlay *o = tm_overlay();

	if (!tm_exists(P("low")))
		tm_layer(dir, "low", "low");
	ck_assert_int_eq(contain_overlay_add_lower(o, AT_FDCWD, P("low")), 0);
	return o;
}

static contain_overlay *with_upper(const char *dir, const char *upper, const char *work)
{
	contain_overlay *o = one_layer(dir);

	ck_assert_int_eq(contain_overlay_set_upper(o, AT_FDCWD, upper, work), 0);
	return o;
}

/* Both have to say it; the kernel has refused it by itself. */
static void refused(contain_overlay *o, int err, const char *object, const char *hint)
{
	for (int way = 0; way < TM_WAYS; way++) {
		contain_error *e = NULL;
		int r;

		tm_way(way);
		r = contain_overlay_check(o, &e);
		tm_way(TM_OWN);
		tn_failed(r, e, err, "check-overlay", object, hint);
		tm_way(way);
		r = contain_overlay_mount(o, 0, &e);
		tm_way(TM_OWN);
		T_CHECK(r == -err, "%s, way %d: %d: %s", hint, way, r, contain_error_message(e));
		tn_failed(r, e, err, "mount-overlay", object, hint);
	}
	contain_overlay_free(o);
}

/* ---- upper and work directory ---- */

TM_BOTH(same_and_nested)
{
	const char *dir = t_tmpdir();

	tm_mkdir(dir, "up");
	tm_mkdir(dir, "up/in");
	tm_mkdir(dir, "up/in/deep");
	tm_mkdir(dir, "work");
	refused(with_upper(dir, P("up"), P("up")), EINVAL, "workdir", "one lies in the other");
	refused(with_upper(dir, P("up"), P("up/in/deep")), EINVAL, "workdir",
		"one lies in the other");
	refused(with_upper(dir, P("up/in/deep"), P("up")), EINVAL, "workdir",
		"one lies in the other");
	/* names that only begin alike are two directories */
	tm_mkdir(dir, "up2");
	{
		contain_overlay *o = with_upper(dir, P("up2"), P("work"));

		WORKS(contain_overlay_check(o, e));
		close(tm_mount(o, 0));
		contain_overlay_free(o);
	}
}

TM_BOTH(different_mounts)
{
	const char *dir = t_tmpdir();

	tm_mkdir(dir, "up");
	tm_mkdir(dir, "work");
	tm_mkdir(dir, "other");
	T_SYS(mount("none", P("other"), "tmpfs", 0, NULL));
	tm_mkdir(dir, "other/work");
	refused(with_upper(dir, P("up"), P("other/work")), EXDEV, "workdir",
		"on the mount of upperdir");
	/* one file system, two mounts */
	T_SYS(mount(P("work"), P("work"), NULL, 4096 /* MS_BIND */, NULL));
	refused(with_upper(dir, P("up"), P("work")), EXDEV, "workdir", "on the mount of upperdir");
}

TM_BOTH(read_only_upper)
{
	const char *dir = t_tmpdir();

	tm_mkdir(dir, "m");
	T_SYS(mount("none", P("m"), "tmpfs", 0, NULL));
	tm_mkdir(dir, "m/up");
	tm_mkdir(dir, "m/work");
	T_SYS(mount(NULL, P("m"), NULL, MS_RDONLY | 32 /* MS_REMOUNT */, NULL));
	refused(with_upper(dir, P("m/up"), P("m/work")), EROFS, "upperdir", "read-only");
}

/* Where the upper directory may be mounted nosuid, it is no reason: it works. */
TM_BOTH(nosuid_upper)
{
	const char *dir = t_tmpdir(), *at;
	contain_overlay *o;

	if (tm_in_userns() && !tm_tmpfs_has_user_xattr())
		t_skip("tmpfs without user.* attributes");
	tm_mkdir(dir, "m");
	T_SYS(mount("none", P("m"), "tmpfs", 2 | 4 | 8 /* MS_NOSUID NODEV NOEXEC */, NULL));
	tm_mkdir(dir, "m/up");
	tm_mkdir(dir, "m/work");
	o = with_upper(dir, P("m/up"), P("m/work"));
	WORKS(contain_overlay_check(o, e));
	at = tm_mounted(o, dir, "at");
	t_write_file(t_fmt("%s/x", at), "x");
	T_SYS(unlink(t_fmt("%s/who", at)));
	T_SYS(umount2(at, 0));
}

static int as_other(void *arg, void *rec)
{
	const char *dir = arg;
	contain_overlay *o = with_upper(dir, P("up"), P("work"));
	contain_error *e = NULL;

	(void)rec;
	T_SYS(unshare(CLONE_NEWUSER | CLONE_NEWNS));
	tn_failed(contain_overlay_check(o, &e), e, EACCES, "check-overlay", "upperdir",
		  "may not be written");
	contain_overlay_free(o);
	return 0;
}

TEST(not_writable)
{
	const char *dir = t_tmpdir();

	t_need_root();
	t_need_userns();
	tm_layer(dir, "low", "low");
	tm_mkdir(dir, "up");
	tm_mkdir(dir, "work");
	t_as_user(as_other, (void *)dir);
}

static int without_privilege(void *arg, void *rec)
{
	const char *dir = t_tmpdir();
	contain_overlay *o = one_layer(dir);
	contain_error *e = NULL;

	(void)arg;
	(void)rec;
	tm_layer(dir, "b", "b");
	contain_overlay_add_lower(o, AT_FDCWD, P("b"));
	tn_failed(contain_overlay_check(o, &e), e, EPERM, "check-overlay", "mount namespace",
		  "needs CAP_SYS_ADMIN");
	tn_failed(contain_overlay_mount(o, 0, &e), e, EPERM, "mount-overlay", "mount namespace",
		  "needs CAP_SYS_ADMIN");
	contain_overlay_free(o);
	return 0;
}

TEST(no_privilege)
{
	t_as_user(without_privilege, NULL);
}

TEST(unsuitable_upper)
{
	const char *dir = t_tmpdir(), *at;
	contain_overlay *o;

	t_need_root();
	o = one_layer(dir);
	contain_overlay_set_ephemeral(o, TM_EPHEMERAL, 0);
	at = tm_mounted(o, dir, "at");
	tm_mkdir(at, "up");
	tm_mkdir(at, "work");
	o = tm_overlay();
	tm_layer(dir, "b", "b");
	contain_overlay_add_lower(o, AT_FDCWD, P("b"));
	contain_overlay_set_upper(o, AT_FDCWD, P("at/up"), P("at/work"));
	refused(o, EINVAL, "upperdir", "cannot be the upper layer of another one");
	o = tm_overlay();
	contain_overlay_add_lower(o, AT_FDCWD, P("b"));
	contain_overlay_set_upper(o, AT_FDCWD, "/proc/self", "/proc/self/task");
	FAILS(EINVAL, "", contain_overlay_check(o, e));
	contain_overlay_free(o);
	T_SYS(umount2(at, 0));
}

/* ---- layers ---- */

TM_BOTH(overlapping_layers)
{
	const char *dir = t_tmpdir();
	contain_overlay *o;

	tm_layer(dir, "low", "low");
	tm_mkdir(dir, "low/in");
	tm_mkdir(dir, "low/in/er");
	tm_layer(dir, "b", "b");
	tm_mkdir(dir, "up");
	tm_mkdir(dir, "work");
	o = one_layer(dir);
	contain_overlay_add_lower(o, AT_FDCWD, P("b"));
	contain_overlay_add_lower(o, AT_FDCWD, P("low"));
	refused(o, ELOOP, "lowerdir 2", "twice");
	o = one_layer(dir);
	contain_overlay_add_lower(o, AT_FDCWD, P("b"));
	contain_overlay_add_lower(o, AT_FDCWD, P("low/in/er"));
	refused(o, ELOOP, "lowerdir 2", "lies in another layer");
	o = tm_overlay();
	tm_mkdir(dir, "up/in");
	contain_overlay_add_lower(o, AT_FDCWD, P("b"));
	contain_overlay_add_lower(o, AT_FDCWD, P("up/in"));
	contain_overlay_set_upper(o, AT_FDCWD, P("up"), P("work"));
	refused(o, ELOOP, "lowerdir 1", "upperdir or workdir");
	o = tm_overlay();
	contain_overlay_add_lower(o, AT_FDCWD, P("b"));
	contain_overlay_add_lower(o, AT_FDCWD, P("up"));
	contain_overlay_set_upper(o, AT_FDCWD, P("up"), P("work"));
	refused(o, ELOOP, "lowerdir 1", "upperdir or workdir");
}

/* The twin: what is written may lie below what is shown. */
TM_BOTH(upper_below_a_layer)
{
	const char *dir = t_tmpdir(), *at;

	tm_layer(dir, "low", "low");
	tm_mkdir(dir, "low/up");
	tm_mkdir(dir, "low/work");
	for (int way = 0; way < TM_WAYS; way++) {
		contain_overlay *o = with_upper(dir, P("low/up"), P("low/work"));

		WORKS(contain_overlay_check(o, e));
		tm_way(way);
		at = tm_mounted(o, dir, t_fmt("at-%d", way));
		tm_way(TM_OWN);
		t_write_file(t_fmt("%s/who", at), "changed");
		ck_assert_str_eq(tm_text(P("low/up/who")), "changed");
		T_SYS(umount2(at, 0));
	}
}

/* Two of them, and no more. */
TM_BOTH(nested_too_deep)
{
	const char *dir = t_tmpdir();
	struct statfs fs;
	int depth = 0;

	T_SYS(statfs(dir, &fs));
	depth = fs.f_type == 0x794c7630; /* the guest's root is one */
	tm_layer(dir, "b", "b");
	for (int i = depth; i < 4; i++) {
		contain_overlay *o = tm_overlay();
		const char *below = i == depth ? P("b") : P(t_fmt("at-%d", i - 1));

		contain_overlay_add_lower(o, AT_FDCWD, tm_layer(dir, t_fmt("l%d", i), "l"));
		contain_overlay_add_lower(o, AT_FDCWD, below);
		if (i >= 2) {
			FAILS(EINVAL, "the kernel stacks two", contain_overlay_mount(o, 0, e));
			contain_overlay_free(o);
			return;
		}
		tm_mounted(o, dir, t_fmt("at-%d", i));
	}
	T_FAIL("three overlays on one another");
}

/* A mount that came from outside may not be uncovered. */
static int covered(void *arg, void *rec)
{
	const char *dir = arg;
	contain_overlay *o;

	(void)rec;
	T_SYS(unshare(CLONE_NEWUSER | CLONE_NEWNS));
	o = one_layer(dir);
	contain_overlay_add_lower(o, AT_FDCWD, P("b"));
	refused(o, EINVAL, "lowerdir 0", "may not uncover");
	return 0;
}

TEST(submounts_in_a_user_namespace)
{
	const char *dir = t_tmpdir();

	t_need_root();
	t_need_userns();
	tm_layer(dir, "low", "low");
	tm_mkdir(dir, "low/mnt");
	tm_layer(dir, "b", "b");
	T_SYS(mount("none", P("low/mnt"), "tmpfs", 0, NULL));
	T_CHECK(WEXITSTATUS(t_child(covered, (void *)dir, NULL, 0)) == 0);
	{ /* root of the namespace may: it is its own */
		contain_overlay *o = one_layer(dir);
		const char *at;

		contain_overlay_add_lower(o, AT_FDCWD, P("b"));
		WORKS(contain_overlay_check(o, e));
		at = tm_mounted(o, dir, "at");
		ck_assert_str_eq(tm_text(t_fmt("%s/who", at)), "low");
		T_SYS(umount2(at, 0));
	}
	T_SYS(umount2(P("low/mnt"), 0));
}

/* ---- options ---- */

struct pair {
	int option, value;
};

static void options(const char *object, const char *hint, struct pair a, struct pair b, int upper)
{
	const char *dir = t_tmpdir();
	contain_overlay *o = one_layer(dir);

	tm_layer(dir, "b", "b");
	contain_overlay_add_lower(o, AT_FDCWD, P("b"));
	if (upper)
		contain_overlay_set_ephemeral(o, TM_EPHEMERAL, 0);
	ck_assert_int_eq(contain_overlay_set_option(o, a.option, a.value), 0);
	if (b.option)
		ck_assert_int_eq(contain_overlay_set_option(o, b.option, b.value), 0);
	FAILS(EINVAL, object, contain_overlay_check(o, e));
	FAILS(EINVAL, hint, contain_overlay_mount(o, 0, e));
	contain_overlay_free(o);
}

#define ON(o) ((struct pair){ CONTAIN_OVERLAY_##o, CONTAIN_OVERLAY_ON })
#define OFF(o) ((struct pair){ CONTAIN_OVERLAY_##o, CONTAIN_OVERLAY_OFF })
#define NONE ((struct pair){ 0, 0 })

TM_BOTH(options_that_exclude_each_other)
{
	const struct pair follow = { CONTAIN_OVERLAY_REDIRECT_DIR, CONTAIN_OVERLAY_FOLLOW };

	options("redirect_dir", "userxattr", ON(REDIRECT_DIR), ON(USERXATTR), 1);
	options("redirect_dir", "userxattr", follow, ON(USERXATTR), 1);
	options("metacopy", "userxattr", ON(METACOPY), ON(USERXATTR), 1);
	options("volatile", "there is none", ON(VOLATILE), NONE, 0);
	if (tm_in_userns()) { /* userxattr is the default */
		options("metacopy", "userxattr", ON(METACOPY), NONE, 1);
		options("redirect_dir", "userxattr", ON(REDIRECT_DIR), NONE, 1);
		return;
	}
	options("metacopy", "redirect_dir=on", ON(METACOPY), OFF(REDIRECT_DIR), 1);
	options("nfs_export", "metacopy", ON(NFS_EXPORT), ON(METACOPY), 1);
	options("nfs_export", "index=on", ON(NFS_EXPORT), OFF(INDEX), 1);
}

/* The kernel has taken them: it shows what is not its default. */
static void shown(struct pair p, const char *text)
{
	const char *dir = t_tmpdir(), *at;
	static char table[65536];
	contain_overlay *o = one_layer(dir);
	char *line;

	contain_overlay_set_ephemeral(o, TM_EPHEMERAL, 0);
	ck_assert_int_eq(contain_overlay_set_option(o, p.option, p.value), 0);
	at = tm_mounted(o, dir, "at");
	T_CHECK(t_read_file("/proc/self/mountinfo", table, sizeof(table)) > 0);
	line = strstr(table, at);
	T_CHECK(line != NULL);
	line[strcspn(line, "\n")] = 0;
	T_CHECK(strstr(line, text), "%s: %s", text, line);
	T_SYS(umount2(at, 0));
}

TEST(options_are_set)
{
	const struct pair auto_xino = { CONTAIN_OVERLAY_XINO, CONTAIN_OVERLAY_AUTO };

	t_need_root();
	shown(ON(USERXATTR), "userxattr");
	shown(ON(VOLATILE), "volatile");
	shown(ON(METACOPY), "metacopy=on");
	shown(ON(REDIRECT_DIR), "redirect_dir=on");
	shown(ON(INDEX), "index=on");
	shown(ON(XINO), "xino=on");
	shown(auto_xino, "rw");
	shown(ON(NFS_EXPORT), "nfs_export=on");
}

/* ---- layers of data only ---- */

TEST(data_only)
{
	const char *dir = t_tmpdir(), *at;
	contain_overlay *o = tm_overlay();
	struct utsname name;
	int major = 0, minor = 0;

	t_need_root();
	T_SYS(uname(&name));
	sscanf(name.release, "%d.%d", &major, &minor);
	tm_mkdir(dir, "meta");
	tm_mkdir(dir, "data");
	t_write_file(P("data/blob"), "content of the blob");
	t_write_file(P("meta/file"), "");
	T_SYS(truncate(P("meta/file"), (off_t)strlen("content of the blob")));
	T_SYS(setxattr(P("meta/file"), "trusted.overlay.metacopy", "", 0, 0));
	T_SYS(setxattr(P("meta/file"), "trusted.overlay.redirect", "/blob", 5, 0));
	ck_assert_int_eq(contain_overlay_add_lower(o, AT_FDCWD, P("meta")), 0);
	ck_assert_int_eq(contain_overlay_add_data_only(o, AT_FDCWD, P("data")), 0);
	tm_way(TM_STRING);
	FAILS(EOPNOTSUPP, "datadir 0", contain_overlay_mount(o, 0, e));
	FAILS(EOPNOTSUPP, "Linux 6.8", contain_overlay_mount(o, 0, e));
	tm_way(TM_OWN);
	for (int way = 0; way < TM_STRING && (major > 6 || (major == 6 && minor >= 8)); way++) {
		tm_way(way);
		at = tm_show(tm_mount(o, 0), dir, t_fmt("at-%d", way));
		tm_way(TM_OWN);
		ck_assert_str_eq(tm_text(t_fmt("%s/file", at)), "content of the blob");
		T_CHECK(!tm_exists(t_fmt("%s/blob", at)));
		T_SYS(umount2(at, 0));
	}
	contain_overlay_free(o);
}

/* ---- setters ---- */

static void kept(contain_overlay *o, int r, int err, const char *field)
{
	contain_error *e = NULL;

	ck_assert_int_eq(r, -err);
	r = contain_overlay_check(o, &e);
	T_CHECK(r == -err && !strcmp(contain_error_object(e), field), "%d %s", r,
		contain_error_message(e));
	contain_error_free(e);
	e = NULL;
	r = contain_overlay_mount(o, 0, &e);
	T_CHECK(r == -err && !strcmp(contain_error_object(e), field), "%d %s", r,
		contain_error_message(e));
	contain_error_free(e);
	contain_overlay_free(o);
}

#define KEPT(err, field, call)                                 \
	do {                                                   \
		contain_overlay *o = one_layer(dir);           \
		struct t_state *state = t_state_take(T_FDS);   \
		int r_ = call;                                 \
                                                               \
		t_state_check(state);                          \
		kept(o, r_, err, field);                       \
	} while (0)

TM_BOTH(bad_setters)
{
	const char *dir = t_tmpdir();
	int file;

	t_write_file(P("file"), "");
	file = open(P("file"), O_RDONLY | O_CLOEXEC);
	T_SYS(file);
	KEPT(EINVAL, "lowerdir 1", contain_overlay_add_lower(o, AT_FDCWD, NULL));
	KEPT(ENOENT, "lowerdir 1", contain_overlay_add_lower(o, AT_FDCWD, P("none")));
	KEPT(ENOTDIR, "lowerdir 1", contain_overlay_add_lower(o, AT_FDCWD, P("file")));
	KEPT(ENOTDIR, "lowerdir 1", contain_overlay_add_lower(o, file, ""));
	KEPT(EBADF, "lowerdir 1", contain_overlay_add_lower(o, -1, "x"));
	KEPT(EBADF, "lowerdir 1", contain_overlay_add_lower(o, -1, ""));
	KEPT(ENOENT, "datadir 0", contain_overlay_add_data_only(o, AT_FDCWD, P("none")));
	KEPT(EINVAL, "upperdir", contain_overlay_set_upper(o, AT_FDCWD, NULL, P("low")));
	KEPT(EINVAL, "workdir", contain_overlay_set_upper(o, AT_FDCWD, P("low"), NULL));
	KEPT(ENOENT, "upperdir", contain_overlay_set_upper(o, AT_FDCWD, P("none"), P("low")));
	KEPT(ENOENT, "workdir", contain_overlay_set_upper(o, AT_FDCWD, P("low"), P("none")));
	KEPT(EINVAL, "option 0", contain_overlay_set_option(o, 0, 1));
	KEPT(EINVAL, "option 8", contain_overlay_set_option(o, 8, 1));
	KEPT(EINVAL, "metacopy", contain_overlay_set_option(o, CONTAIN_OVERLAY_METACOPY, 2));
	KEPT(EINVAL, "xino", contain_overlay_set_option(o, CONTAIN_OVERLAY_XINO, 3));
	KEPT(EINVAL, "redirect_dir", contain_overlay_set_option(o, 4, 5));
	close(file);
}

TM_BOTH(too_little)
{
	const char *dir = t_tmpdir();
	contain_overlay *o = tm_overlay();

	tm_layer(dir, "low", "low");
	FAILS(EINVAL, "there is no layer", contain_overlay_check(o, e));
	FAILS(EINVAL, "there is no layer", contain_overlay_mount(o, 0, e));
	contain_overlay_add_lower(o, AT_FDCWD, P("low"));
	FAILS(EINVAL, "two layers", contain_overlay_mount(o, 0, e));
	FAILS(EINVAL, "attributes", contain_overlay_mount(o, 0x40000000, e));
	FAILS(EINVAL, "overlay", contain_overlay_mount(NULL, 0, e));
	FAILS(EINVAL, "overlay", contain_overlay_check(NULL, e));
	/* the lowest stay the lowest */
	ck_assert_int_eq(contain_overlay_add_data_only(o, AT_FDCWD, P("low")), 0);
	ck_assert_int_eq(contain_overlay_add_lower(o, AT_FDCWD, P("low")), -EBUSY);
	contain_overlay_free(o);
	contain_overlay_free(NULL);
	ck_assert_int_eq(contain_overlay_new(NULL), -EINVAL);
	ck_assert_int_eq(contain_overlay_add_lower(NULL, AT_FDCWD, "/"), -EINVAL);
	ck_assert_int_eq(contain_overlay_add_data_only(NULL, AT_FDCWD, "/"), -EINVAL);
	ck_assert_int_eq(contain_overlay_set_upper(NULL, AT_FDCWD, "/", "/"), -EINVAL);
	ck_assert_int_eq(contain_overlay_set_ephemeral(NULL, 0, 0), -EINVAL);
	ck_assert_int_eq(contain_overlay_set_option(NULL, 1, 1), -EINVAL);
}

TM_BOTH(too_many_layers)
{
	const char *dir = t_tmpdir();
	contain_overlay *o = tm_overlay();

	for (int i = 0; i < 500; i++)
		ck_assert_int_eq(contain_overlay_add_lower(o, AT_FDCWD, dir), 0);
	kept(o, contain_overlay_add_lower(o, AT_FDCWD, dir), E2BIG, "lowerdir 500");
}
