/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a union does with what is written to it: copy-up of data, owner, mode, times and extended
 * attributes, whiteouts, opaque directories, renames, hard links. As root and in a user namespace;
 * the lower layers are compared, all of them, after each.
 */
#include "t_mnt_union.h"

/* What a user namespace has not is refused by name, and not left out. */
static void refused(int option, const char *name)
{
	contain_overlay *o = mu_describe("upper");
	contain_error *e = NULL;

	ck_assert_int_eq(contain_overlay_set_option(o, option, CONTAIN_OVERLAY_ON), 0);
	tn_failed(mu_try(o, &e), e, EINVAL, "mount-overlay", name, "user");
}

/* ---- copy-up ---- */

/* A tmpfs has user.* attributes since Linux 6.6, trusted.* always: those are root's. */
static const char *key(const char *name)
{
	return t_fmt("%s.%s", mu_is_user() ? "user" : "trusted", name);
}

/* A file three directories deep, none of them with ordinary permissions. */
static void deep_file(void)
{
	static const struct timespec old[2] = { { 1000000000, 5 }, { 1000000001, 7 } };

	mw_mkdir("lower/a");
	mw_mkdir("lower/a/b");
	mu_write("lower/a/b/file", "of the lower layer");
	T_SYS(setxattr(mw_path("lower/a/b/file"), key("of"), "lower", 5, 0));
	T_SYS(setxattr(mw_path("lower/a/b"), key("dir"), "too", 3, 0));
	if (!mu_is_user())
		T_SYS(chown(mw_path("lower/a/b/file"), 1234, 5678));
	T_SYS(chmod(mw_path("lower/a/b/file"), 0751));
	T_SYS(chmod(mw_path("lower/a/b"), 03771));
	T_SYS(utimensat(AT_FDCWD, mw_path("lower/a/b/file"), old, 0));
	T_SYS(utimensat(AT_FDCWD, mw_path("lower/a/b"), old, 0));
}

enum changed { DATA = 1, MODE = 2, OWNER = 4, TIMES = 8, XATTR = 16, LINKS = 32 };

static void append(const char *path)
{
	int fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);

	T_SYS(fd);
	T_CHECK(write(fd, "!", 1) == 1);
	close(fd);
}

static void change_mode(const char *path)
{
	T_SYS(chmod(path, 0600));
}

static void change_owner(const char *path)
{
	T_SYS(chown(path, 0, 0));
}

static void change_times(const char *path)
{
	static const struct timespec t[2] = { { 2000000000, 1 }, { 2000000000, 2 } };

	T_SYS(utimensat(AT_FDCWD, path, t, 0));
}

static void change_xattr(const char *path)
{
	T_SYS(setxattr(path, key("more"), "x", 1, 0));
}

static void cut(const char *path)
{
	T_SYS(truncate(path, 3));
}

static void add_link(const char *path)
{
	T_SYS(link(path, t_fmt("%s.link", path)));
}

static void map(const char *path)
{
	int fd = open(path, O_RDWR | O_CLOEXEC);
	char *at = mmap(NULL, 18, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	T_CHECK(fd >= 0 && at != MAP_FAILED, "%m");
	at[0] = 'O';
	T_SYS(munmap(at, 18));
	close(fd);
}

static const struct {
	const char *name;
	void (*change)(const char *path);
	int changed;
	const char *text;
} changes[] = {
	{ "append", append, DATA | TIMES, "of the lower layer!" },
	{ "chmod", change_mode, MODE, "of the lower layer" },
	{ "chown", change_owner, OWNER, "of the lower layer" },
	{ "utimensat", change_times, TIMES, "of the lower layer" },
	{ "setxattr", change_xattr, XATTR, "of the lower layer" },
	{ "truncate", cut, DATA | TIMES, "of " },
	{ "link", add_link, LINKS, "of the lower layer" },
	{ "mmap", map, DATA | TIMES, "Of the lower layer" },
};

static int same_time(const struct stat *a, const struct stat *b)
{
	return a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

static const char *xattr(const char *name, const char *key)
{
	char buf[64];
	ssize_t n = lgetxattr(mw_path(name), key, buf, sizeof(buf) - 1);

	return n < 0 ? "(none)" : t_fmt("%.*s", (int)n, buf);
}

/* In the union and in the upper layer: all but what was changed is as it was below. */
static void check_copy(const char *name, const struct stat *old, int changed, const char *what)
{
	static const char *const sides[] = { "m", "upper" };

	for (int i = 0; i < 2; i++) {
		const char *path = t_fmt("%s/%s", sides[i], name);
		struct stat st = mu_stat(path);

		T_CHECK((st.st_mode == old->st_mode) == !(changed & MODE), "%s: mode %o", what,
			st.st_mode);
		T_CHECK(changed & OWNER ||
				(st.st_uid == old->st_uid && st.st_gid == old->st_gid),
			"%s: owner %u:%u", what, st.st_uid, st.st_gid);
		T_CHECK(same_time(&st, old) == !(changed & TIMES), "%s: %ld.%09ld", what,
			st.st_mtim.tv_sec, st.st_mtim.tv_nsec);
		T_CHECK(!strcmp(xattr(path, key("of")), "lower"), "%s: %s", what,
			xattr(path, key("of")));
		T_CHECK(!strcmp(xattr(path, key("more")), changed & XATTR ? "x" : "(none)"));
		ck_assert_uint_eq(st.st_nlink, changed & LINKS ? 2 : 1);
	}
}

static void copy_up_by(size_t i)
{
	struct stat old, dir;

	deep_file();
	old = mu_stat("lower/a/b/file");
	dir = mu_stat("lower/a/b");
	mu_mount(CONTAIN_OVERLAY_METACOPY, CONTAIN_OVERLAY_OFF);
	ck_assert_str_eq(mu_list("upper"), "");
	changes[i].change(mw_path("m/a/b/file"));
	check_copy("a/b/file", &old, changes[i].changed, changes[i].name);
	ck_assert_str_eq(mu_read("m/a/b/file"), changes[i].text);
	ck_assert_str_eq(mu_read("upper/a/b/file"), changes[i].text);
	/* the directories on the way, with all that they are */
	for (int side = 0; side < 2; side++) {
		const char *path = side ? "m/a/b" : "upper/a/b";
		struct stat st = mu_stat(path);

		T_CHECK(st.st_mode == dir.st_mode && st.st_uid == dir.st_uid &&
				(same_time(&st, &dir) || changes[i].changed & LINKS),
			"%s: mode %o", changes[i].name, st.st_mode);
		ck_assert_str_eq(xattr(path, key("dir")), "too");
	}
}

static int copy_up_apart(void *arg, void *rec)
{
	(void)rec;
	mu_enter();
	mu_need_marks();
	copy_up_by(*(size_t *)arg);
	mu_check_lower();
	return 0;
}

TEST_BOTH(copy_up)
{
	for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++)
		ck_assert_int_eq(t_child(copy_up_apart, &i, NULL, 0), 0);
}

/* Looking copies nothing. */
UNION(no_copy_for_readers)
{
	char buf[64];
	int fd;

	mu_need_marks();
	deep_file();
	T_SYS(symlink("a/b/file", mw_path("lower/link")));
	mu_mount(0, 0);
	T_SYS(fd = open(mw_path("m/a/b/file"), O_RDONLY | O_CLOEXEC));
	T_CHECK(read(fd, buf, sizeof(buf)) == 18);
	T_CHECK(mmap(NULL, 18, PROT_READ, MAP_SHARED, fd, 0) != MAP_FAILED);
	T_CHECK(mmap(NULL, 18, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0) != MAP_FAILED);
	close(fd);
	T_SYS(fd = open(mw_path("m/a/b/file"), O_PATH | O_CLOEXEC));
	close(fd);
	mu_stat("m/a/b");
	T_SYS(access(mw_path("m/a/b/file"), R_OK | W_OK | X_OK));
	ck_assert_str_eq(mu_list("m/a/b"), " file");
	ck_assert_str_eq(xattr("m/a/b/file", key("of")), "lower");
	ck_assert_str_eq(mu_read("m/link"), "of the lower layer");
	T_CHECK(open(mw_path("m/a/b/file"), O_WRONLY | O_CREAT | O_EXCL, 0600) < 0);
	ck_assert_str_eq(mu_list("upper"), "");
	/* opening for writing does, without a byte written */
	T_SYS(fd = open(mw_path("m/a/b/file"), O_WRONLY | O_CLOEXEC));
	close(fd);
	ck_assert_str_eq(mu_list("upper/a/b"), " file");
}

/* ---- removal ---- */

UNION(whiteouts)
{
	mu_need_marks();
	mu_write("lower/file", "below");
	mu_write("lower/again", "below");
	mu_mount(0, 0);
	T_SYS(unlink(mw_path("m/file")));
	T_SYS(unlink(mw_path("m/again")));
	T_CHECK(!mu_exists("m/file") && mu_is_whiteout("upper/file"));
	ck_assert_str_eq(mu_list("m"), "");
	T_CHECK(open(mw_path("m/file"), O_RDONLY | O_CLOEXEC) < 0 && errno == ENOENT);
	/* made again it is another file, and its removal leaves the whiteout */
	mu_write("m/again", "new");
	ck_assert_str_eq(mu_read("m/again"), "new");
	ck_assert_str_eq(mu_read("upper/again"), "new");
	ck_assert_uint_eq(mu_stat("m/again").st_size, 3);
	ck_assert_str_eq(mu_list("m"), " again");
	T_SYS(unlink(mw_path("m/again")));
	T_CHECK(mu_is_whiteout("upper/again"));
	/* what was only in the upper layer leaves nothing */
	mu_write("m/own", "own");
	T_SYS(unlink(mw_path("m/own")));
	ck_assert_str_eq(mu_list("upper"), " again file");
	/* a directory and a file change places */
	T_SYS(mkdir(mw_path("m/file"), 0700));
	ck_assert_str_eq(mu_list("m/file"), "");
	T_CHECK(S_ISDIR(mu_stat("upper/file").st_mode));
	/* a whiteout cannot be made by hand */
	if (!mu_is_user())
		T_CHECK(mknod(mw_path("m/white"), S_IFCHR | 0600, 0) < 0 && errno == EPERM);
}

UNION(opaque_directories)
{
	mu_need_marks();
	mw_mkdir("lower/dir");
	mw_mkdir("lower/dir/sub");
	mu_write("lower/dir/file", "below");
	mu_write("lower/dir/sub/file", "below");
	mu_mount(0, 0);
	T_CHECK(rmdir(mw_path("m/dir")) < 0 && errno == ENOTEMPTY);
	T_SYS(unlink(mw_path("m/dir/file")));
	T_CHECK(rmdir(mw_path("m/dir")) < 0 && errno == ENOTEMPTY);
	T_SYS(unlink(mw_path("m/dir/sub/file")));
	T_SYS(rmdir(mw_path("m/dir/sub")));
	/* merged and empty now, but for whiteouts */
	T_SYS(rmdir(mw_path("m/dir")));
	T_CHECK(mu_is_whiteout("upper/dir") && !mu_exists("m/dir"));
	T_SYS(mkdir(mw_path("m/dir"), 0750));
	ck_assert_str_eq(mu_list("m/dir"), "");
	T_CHECK(mu_mark("upper/dir", "opaque") && !strcmp(mu_mark("upper/dir", "opaque"), "y"));
	ck_assert_uint_eq(mu_stat("m/dir").st_mode & 07777, 0750);
	mu_write("m/dir/file", "above");
	ck_assert_str_eq(mu_list("m/dir"), " file");
	/* the marks are not seen from inside */
	T_CHECK(!mu_mark("m/dir", "opaque"));
	/* and hold in the next mount */
	mu_umount();
	mu_mount(0, 0);
	ck_assert_str_eq(mu_list("m/dir"), " file");
	ck_assert_str_eq(mu_read("m/dir/file"), "above");
}

/* ---- renames ---- */

UNION(renamed_files)
{
	mu_need_marks();
	mu_write("lower/one", "1");
	mu_write("lower/two", "2");
	mu_write("lower/three", "3");
	mu_mount(0, 0);
	T_SYS(rename(mw_path("m/one"), mw_path("m/moved")));
	T_CHECK(mu_is_whiteout("upper/one") && !mu_exists("m/one"));
	ck_assert_str_eq(mu_read("m/moved"), "1");
	T_SYS(rename(mw_path("m/two"), mw_path("m/three")));
	ck_assert_str_eq(mu_read("m/three"), "2");
	ck_assert_str_eq(mu_list("m"), " moved three");
	T_CHECK(renameat2(AT_FDCWD, mw_path("m/moved"), AT_FDCWD, mw_path("m/three"),
			  RENAME_NOREPLACE) < 0 && errno == EEXIST);
	T_SYS(renameat2(AT_FDCWD, mw_path("m/moved"), AT_FDCWD, mw_path("m/three"),
			RENAME_EXCHANGE));
	ck_assert_str_eq(mu_read("m/three"), "1");
	ck_assert_str_eq(mu_read("m/moved"), "2");
	/* back to where it was */
	T_SYS(rename(mw_path("m/three"), mw_path("m/one")));
	ck_assert_str_eq(mu_read("m/one"), "1");
	ck_assert_str_eq(mu_list("m"), " moved one");
}

static void directory_below(void)
{
	mw_mkdir("lower/dir");
	mw_mkdir("lower/to");
	mu_write("lower/dir/file", "below");
}

/* A directory of a lower layer, a merged one and one of the upper layer. */
UNION(directories_without_redirect)
{
	mu_need_marks();
	directory_below();
	mu_mount(CONTAIN_OVERLAY_REDIRECT_DIR, CONTAIN_OVERLAY_OFF);
	T_CHECK(rename(mw_path("m/dir"), mw_path("m/moved")) < 0 && errno == EXDEV);
	mu_write("m/dir/more", "above");
	T_CHECK(rename(mw_path("m/dir"), mw_path("m/moved")) < 0 && errno == EXDEV);
	ck_assert_str_eq(mu_list("m/dir"), " file more");
	T_SYS(mkdir(mw_path("m/own"), 0755));
	mu_write("m/own/file", "own");
	T_SYS(rename(mw_path("m/own"), mw_path("m/to/own")));
	ck_assert_str_eq(mu_read("m/to/own/file"), "own");
	/* as mv(1) does then: copy and remove */
	T_SYS(mkdir(mw_path("m/moved"), 0755));
	T_SYS(rename(mw_path("m/dir/file"), mw_path("m/moved/file")));
	T_SYS(rename(mw_path("m/dir/more"), mw_path("m/moved/more")));
	T_SYS(rmdir(mw_path("m/dir")));
	ck_assert_str_eq(mu_list("m/moved"), " file more");
	ck_assert_str_eq(mu_list("m"), " moved to");
}

UNION(directories_with_redirect)
{
	mu_need_marks();
	directory_below();
	if (mu_is_user()) { /* trusted.* only: an attacker could write user.* ones */
		refused(CONTAIN_OVERLAY_REDIRECT_DIR, "redirect_dir");
		refused(CONTAIN_OVERLAY_METACOPY, "metacopy");
		return;
	}
	mu_mount(CONTAIN_OVERLAY_REDIRECT_DIR, CONTAIN_OVERLAY_ON);
	T_SYS(rename(mw_path("m/dir"), mw_path("m/to/moved")));
	ck_assert_str_eq(mu_read("m/to/moved/file"), "below");
	T_CHECK(mu_is_whiteout("upper/dir"));
	ck_assert_str_eq(mu_mark("upper/to/moved", "redirect"), "/dir");
	ck_assert_str_eq(mu_list("upper/to/moved"), ""); /* nothing was copied */
	mu_write("m/to/moved/more", "above");
	/* what takes the old name has nothing of it */
	T_SYS(mkdir(mw_path("m/dir"), 0755));
	ck_assert_str_eq(mu_list("m/dir"), "");
	mu_umount();
	mu_mount(CONTAIN_OVERLAY_REDIRECT_DIR, CONTAIN_OVERLAY_ON);
	ck_assert_str_eq(mu_list("m/to/moved"), " file more");
	ck_assert_str_eq(mu_list("m/dir"), "");
	mu_umount();
	mu_mount(CONTAIN_OVERLAY_REDIRECT_DIR, CONTAIN_OVERLAY_NOFOLLOW);
	/* a mark that is not to be followed: the directory cannot be told from another */
	T_CHECK(!opendir(mw_path("m/to/moved")) && errno == EPERM, "%m");
}

/* ---- hard links ---- */

static void linked(void)
{
	mw_mkdir("lower/x");
	mw_mkdir("lower/y");
	mu_write("lower/x/a", "both");
	T_SYS(link(mw_path("lower/x/a"), mw_path("lower/y/b")));
}

UNION(hard_links_are_broken)
{
	mu_need_marks();
	linked();
	mu_mount(CONTAIN_OVERLAY_INDEX, CONTAIN_OVERLAY_OFF);
	ck_assert_uint_eq(mu_stat("m/x/a").st_nlink, 2);
	append(mw_path("m/x/a"));
	ck_assert_str_eq(mu_read("m/x/a"), "both!");
	ck_assert_str_eq(mu_read("m/y/b"), "both");
	ck_assert_uint_eq(mu_stat("m/x/a").st_nlink, 1);
	/* those made in the union stay one */
	T_SYS(link(mw_path("m/x/a"), mw_path("m/x/c")));
	append(mw_path("m/x/c"));
	ck_assert_str_eq(mu_read("m/x/a"), "both!!");
	ck_assert_uint_eq(mu_stat("m/x/a").st_ino, mu_stat("m/x/c").st_ino);
}

UNION(hard_links_are_kept_by_index)
{
	struct stat before;

	mu_need_marks();
	linked();
	if (mu_is_user()) {
		refused(CONTAIN_OVERLAY_INDEX, "index");
		refused(CONTAIN_OVERLAY_NFS_EXPORT, "nfs_export");
		return;
	}
	mu_mount(CONTAIN_OVERLAY_INDEX, CONTAIN_OVERLAY_ON);
	before = mu_stat("m/x/a");
	append(mw_path("m/x/a"));
	ck_assert_str_eq(mu_read("m/x/a"), "both!");
	ck_assert_str_eq(mu_read("m/y/b"), "both!");
	ck_assert_uint_eq(mu_stat("m/x/a").st_nlink, 2);
	ck_assert_uint_eq(mu_stat("m/x/a").st_ino, before.st_ino);
	ck_assert_uint_eq(mu_stat("m/y/b").st_ino, before.st_ino);
	T_SYS(unlink(mw_path("m/x/a")));
	ck_assert_uint_eq(mu_stat("m/y/b").st_nlink, 1);
	ck_assert_str_eq(mu_read("m/y/b"), "both!");
	mu_umount();
	mu_mount(CONTAIN_OVERLAY_INDEX, CONTAIN_OVERLAY_ON);
	ck_assert_str_eq(mu_read("m/y/b"), "both!");
	T_CHECK(!mu_exists("m/x/a"));
}
