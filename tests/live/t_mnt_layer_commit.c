/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Upper directories that become lower layers, or are thrown away. */
#include "t_mnt_layer.h"

#include <sys/resource.h>

#define P(name) t_fmt("%s/%s", dir, name)

/* Changes of all kinds in a union over low; the picture of it, in upper, work and low of dir. */
static struct tl_picture make(const char *dir, int options)
{
	const char *low = tm_mkdir(dir, "low"), *at;
	contain_overlay *o = tm_overlay();
	struct tl_picture p;
	int fd;

	tm_mkdir(low, "keep");
	tm_mkdir(low, "gone");
	tm_mkdir(low, "again");
	t_write_file(t_fmt("%s/keep/file", low), "file");
	t_write_file(t_fmt("%s/keep/gone", low), "gone");
	t_write_file(t_fmt("%s/again/old", low), "old");
	t_write_file(t_fmt("%s/move", low), "move");
	tm_mkdir(dir, "up");
	tm_mkdir(dir, "work");
	contain_overlay_add_lower(o, AT_FDCWD, low);
	contain_overlay_set_upper(o, AT_FDCWD, P("up"), P("work"));
	if (options)
		contain_overlay_set_option(o, CONTAIN_OVERLAY_REDIRECT_DIR, CONTAIN_OVERLAY_ON);
	at = tm_mounted(o, dir, "at");
	t_write_file(t_fmt("%s/keep/file", at), "changed");
	T_SYS(unlink(t_fmt("%s/keep/gone", at)));
	T_SYS(rmdir(t_fmt("%s/gone", at)));
	T_SYS(system(t_fmt("rm -r %s/again && mkdir %s/again", at, at)));
	t_write_file(t_fmt("%s/again/new", at), "new");
	T_SYS(link(t_fmt("%s/again/new", at), t_fmt("%s/keep/hard", at)));
	T_SYS(symlink("/etc/passwd", t_fmt("%s/again/link", at)));
	T_SYS(mkfifo(t_fmt("%s/fifo", at), 0640));
	if (options)
		T_SYS(rename(t_fmt("%s/keep", at), t_fmt("%s/kept", at)));
	fd = open(t_fmt("%s/sparse", at), O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
	T_SYS(fd);
	T_SYS(ftruncate(fd, 1LL << 40));
	T_CHECK(pwrite(fd, "middle", 6, 1LL << 39) == 6);
	T_SYS(ftruncate(fd, (1LL << 39) + 100));
	close(fd);
	T_SYS(chmod(t_fmt("%s/again", at), 01750));
	p = tl_picture(t_fmt("%s/again", at));
	T_SYS(umount2(at, 0));
	T_SYS(rmdir(at));
	return p;
}

static void look_at(const char *dir, const char *layer, int userxattr)
{
	contain_overlay *o = tm_overlay();
	const char *at;
	struct stat a, b;

	contain_overlay_add_lower(o, AT_FDCWD, P(layer));
	contain_overlay_add_lower(o, AT_FDCWD, P("low"));
	if (userxattr)
		contain_overlay_set_option(o, CONTAIN_OVERLAY_USERXATTR, CONTAIN_OVERLAY_ON);
	at = tm_mounted(o, dir, "look");
	ck_assert_str_eq(tm_text(t_fmt("%s/keep/file", at)), "changed");
	T_CHECK(!tm_exists(t_fmt("%s/keep/gone", at)) && !tm_exists(t_fmt("%s/gone", at)));
	T_CHECK(!tm_exists(t_fmt("%s/again/old", at)));
	ck_assert_str_eq(tm_text(t_fmt("%s/again/new", at)), "new");
	T_SYS(lstat(t_fmt("%s/%s/again/new", dir, layer), &a));
	T_SYS(lstat(t_fmt("%s/%s/keep/hard", dir, layer), &b));
	T_CHECK(a.st_ino == b.st_ino && a.st_nlink == 2, "%d links", (int)a.st_nlink);
	T_SYS(lstat(t_fmt("%s/again", at), &a));
	ck_assert_uint_eq(a.st_mode, S_IFDIR | 01750);
	T_SYS(lstat(t_fmt("%s/fifo", at), &a));
	ck_assert_uint_eq(a.st_mode, S_IFIFO | 0640);
	T_SYS(lstat(t_fmt("%s/%s/sparse", dir, layer), &a));
	T_CHECK(a.st_size == (1LL << 39) + 100 && a.st_blocks < 4096, "%lld blocks",
		(long long)a.st_blocks);
	T_SYS(umount2(at, 0));
	T_SYS(rmdir(at));
}

static void compare(const char *dir, struct tl_picture *p, const char *layer)
{
	struct tl_picture now = tl_picture(t_fmt("%s/%s/again", dir, layer));

	tl_equal(p, &now);
	tl_equal(&now, p);
	free(now.entry);
}

static void on_tmpfs(const char *dir)
{
	T_SYS(mount("none", dir, "tmpfs", 0, "size=4m"));
}

TM_BOTH(by_rename)
{
	const char *dir = t_tmpdir();
	struct stat before, after;
	struct tl_picture p;

	tm_need_xattrs();
	p = make(dir, 0);

	T_SYS(stat(P("up"), &before));
	WORKS(contain_layer_commit(AT_FDCWD, P("up"), P("work"), AT_FDCWD, P("layer"), 0, e));
	T_SYS(stat(P("layer"), &after));
	ck_assert_uint_eq(before.st_ino, after.st_ino);
	T_CHECK(!tm_exists(P("up")) && !tm_exists(P("work")));
	compare(dir, &p, "layer");
	look_at(dir, "layer", tm_in_userns());
	free(p.entry);
}

static void by_copy(const char *dir, const char *to, int other_fs)
{
	struct tl_picture p = make(dir, 0);
	uint32_t flags = other_fs ? 0 : CONTAIN_LAYER_KEEP;
	struct t_state *state;

	T_SYS(setxattr(P("up/again/new"), tm_in_userns() ? "user.mine" : "trusted.mine", "v", 1,
		       0));
	state = t_state_take(T_FDS | T_CHILDREN | T_SIGNALS | T_SELF);
	WORKS(contain_layer_commit(AT_FDCWD, P("up"), P("work"), AT_FDCWD, P(to), flags, e));
	t_state_check(state);
	T_CHECK(tm_exists(P("up")) == !other_fs && tm_exists(P("work")) == !other_fs);
	T_CHECK(!tm_exists(P(t_fmt("%s.new", to))) && !tm_exists(P(t_fmt("%s.new.links", to))));
	compare(dir, &p, to);
	look_at(dir, to, tm_in_userns());
	{
		char v[4] = "";

		T_CHECK(getxattr(t_fmt("%s/%s/again/new", dir, to),
				 tm_in_userns() ? "user.mine" : "trusted.mine", v, 4) == 1);
	}
	free(p.entry);
}

TM_BOTH(by_copy)
{
	tm_need_xattrs();
	by_copy(t_tmpdir(), "layer", 0);
}

TM_BOTH(to_another_file_system)
{
	const char *dir = t_tmpdir();

	if (tm_in_userns() && !tm_tmpfs_has_user_xattr())
		t_skip("tmpfs without user.* attributes");
	tm_mkdir(dir, "other");
	on_tmpfs(P("other"));
	by_copy(dir, "other/layer", 1);
	T_SYS(umount2(P("other"), 0));
}

/* ---- the family of attributes ---- */

TEST(converted)
{
	const char *dir = t_tmpdir();
	struct tl_picture p;
	char v[8] = "";

	t_need_root();
	p = make(dir, 0);
	free(p.entry);
	if (setxattr(P("up/keep"), "user.overlay.opaque", "y", 1, 0) < 0)
		t_skip("no user.* attributes in this file system");
	WORKS(contain_layer_commit(AT_FDCWD, P("up"), NULL, AT_FDCWD, P("layer"),
				   CONTAIN_LAYER_KEEP | CONTAIN_LAYER_TO_USERXATTR, e));
	look_at(dir, "layer", 1);
	ck_assert_int_eq(getxattr(P("layer/again"), "user.overlay.opaque", v, 8), 1);
	ck_assert_int_eq(getxattr(P("layer/again"), "trusted.overlay.opaque", v, 8), -1);
	ck_assert_int_eq(getxattr(P("layer/keep"), "user.overlay.opaque", v, 8), -1);
	/* and back */
	WORKS(contain_layer_commit(AT_FDCWD, P("layer"), NULL, AT_FDCWD, P("back"),
				   CONTAIN_LAYER_TO_TRUSTED, e));
	look_at(dir, "back", 0);
	T_CHECK(!tm_exists(P("layer")));
}

TEST(redirects_are_not_converted)
{
	const char *dir = t_tmpdir();
	struct tl_picture p;

	t_need_root();
	p = make(dir, 1);
	free(p.entry);
	FAILS(EOPNOTSUPP, "/kept\"",
	      contain_layer_commit(AT_FDCWD, P("up"), NULL, AT_FDCWD, P("layer"),
				   CONTAIN_LAYER_TO_USERXATTR, e));
	T_CHECK(!tm_exists(P("layer")) && !tm_exists(P("layer.new")) && tm_exists(P("up/kept")));
	WORKS(contain_layer_commit(AT_FDCWD, P("up"), NULL, AT_FDCWD, P("layer"),
				   CONTAIN_LAYER_KEEP, e));
	{
		char v[16] = "";

		T_CHECK(getxattr(P("layer/kept"), "trusted.overlay.redirect", v, 16) > 0);
	}
}

/* ---- refused ---- */

static contain_overlay *with_upper(const char *dir)
{
	contain_overlay *o = tm_overlay();

	tm_mkdir(dir, "low");
	tm_mkdir(dir, "up");
	tm_mkdir(dir, "work");
	contain_overlay_add_lower(o, AT_FDCWD, P("low"));
	contain_overlay_set_upper(o, AT_FDCWD, P("up"), P("work"));
	return o;
}

TM_BOTH(in_use)
{
	const char *dir = t_tmpdir();
	contain_overlay *o = with_upper(dir);
	int mnt = tm_mount(o, 0);

	contain_overlay_free(o);
	FAILS(EBUSY, "unmount", contain_layer_commit(AT_FDCWD, P("up"), P("work"), AT_FDCWD,
						     P("layer"), 0, e));
	FAILS(EBUSY, "unmount", contain_layer_discard(AT_FDCWD, P("up"), NULL, e));
	FAILS(EBUSY, "unmount", contain_layer_discard(AT_FDCWD, NULL, P("work"), e));
	T_CHECK(tm_exists(P("up")) && tm_exists(P("work/work")));
	close(mnt);
	WORKS(contain_layer_discard(AT_FDCWD, P("up"), P("work"), e));
	T_CHECK(!tm_exists(P("up")) && !tm_exists(P("work")));
}

TM_BOTH(volatile_left)
{
	const char *dir = t_tmpdir();
	contain_overlay *o = with_upper(dir);

	contain_overlay_set_option(o, CONTAIN_OVERLAY_VOLATILE, CONTAIN_OVERLAY_ON);
	close(tm_mount(o, 0));
	FAILS(ESTALE, "a volatile mount has left it",
	      contain_layer_commit(AT_FDCWD, P("up"), P("work"), AT_FDCWD, P("layer"), 0, e));
	FAILS(ESTALE, "a volatile mount has left it", contain_overlay_check(o, e));
	FAILS(ESTALE, "a volatile mount has left it", contain_overlay_mount(o, 0, e));
	contain_overlay_free(o);
	WORKS(contain_layer_discard(AT_FDCWD, P("up"), P("work"), e));
	T_CHECK(!tm_exists(P("work")));
}

TM_BOTH(bad_commits)
{
	const char *dir = t_tmpdir(), *up = P("up");

	tm_mkdir(dir, "up");
	tm_mkdir(dir, "layer");
	t_write_file(P("file"), "");
	T_SYS(symlink("up", P("link")));
	FAILS(EINVAL, "\"upper\"", contain_layer_commit(AT_FDCWD, NULL, NULL, AT_FDCWD, up, 0, e));
	FAILS(EINVAL, "\"to\"", contain_layer_commit(AT_FDCWD, up, NULL, AT_FDCWD, NULL, 0, e));
	FAILS(EINVAL, "flags", contain_layer_commit(AT_FDCWD, up, NULL, AT_FDCWD, up, 1, e));
	FAILS(EINVAL, "exclude each other",
	      contain_layer_commit(AT_FDCWD, up, NULL, AT_FDCWD, up, 0x60, e));
	FAILS(EINVAL, "directory's name",
	      contain_layer_commit(AT_FDCWD, P("up/"), NULL, AT_FDCWD, P("x"), 0, e));
	FAILS(EINVAL, "directory's name",
	      contain_layer_commit(AT_FDCWD, up, NULL, AT_FDCWD, P("x/.."), 0, e));
	FAILS(ENOENT, "not",
	      contain_layer_commit(AT_FDCWD, P("not"), NULL, AT_FDCWD, P("x"), 0, e));
	FAILS(ENOTDIR, "file",
	      contain_layer_commit(AT_FDCWD, P("file"), NULL, AT_FDCWD, P("x"), 0, e));
	FAILS(ENOTDIR, "link",
	      contain_layer_commit(AT_FDCWD, P("link"), NULL, AT_FDCWD, P("x"), 0, e));
	FAILS(EEXIST, "layer",
	      contain_layer_commit(AT_FDCWD, up, NULL, AT_FDCWD, P("layer"), 0, e));
	tm_mkdir(dir, "y.new");
	FAILS(EEXIST, "interrupted", contain_layer_commit(AT_FDCWD, up, NULL, AT_FDCWD, P("y"),
							  CONTAIN_LAYER_KEEP, e));
	FAILS(EINVAL, "NULL", contain_layer_discard(AT_FDCWD, NULL, NULL, e));
	FAILS(EINVAL, "directory's name", contain_layer_discard(AT_FDCWD, "..", NULL, e));
	FAILS(ENOTDIR, "link", contain_layer_discard(AT_FDCWD, P("link"), NULL, e));
	WORKS(contain_layer_discard(AT_FDCWD, P("none"), P("nor-this"), e));
	T_CHECK(tm_exists(up) && tm_exists(P("layer")));
}

/* ---- hostile trees are removed, and copied ---- */

static void hostile(const char *dir, int levels)
{
	int fd;

	tm_mkdir(dir, "up");
	tm_mkdir(dir, "up/closed");
	t_write_file(P("up/closed/file"), "");
	T_SYS(symlink("/", P("up/root")));
	T_SYS(symlink("../canary", P("up/closed/out")));
	T_SYS(mkfifo(P("up/fifo"), 0));
	t_write_file(P("up/a:b,c\n"), "");
	fd = tl_open(P("up"));
	for (int i = 0; i < levels; i++) {
		int next;

		T_SYS(mkdirat(fd, "some-longer-name", 0755));
		T_SYS(symlinkat("..", fd, "z"));
		T_SYS(mkdirat(fd, "empty", 0));
		next = openat(fd, "some-longer-name", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		T_SYS(next);
		close(fd);
		fd = next;
	}
	close(fd);
	T_SYS(chmod(P("up/closed"), 0));
}

TM_BOTH(hostile_tree)
{
	const char *dir = t_tmpdir();
	struct rlimit few = { 128, 128 };
	int levels = (int)t_sample(5000, 600);

	tm_mkdir(dir, "canary");
	t_write_file(P("canary/file"), "alive");
	hostile(dir, levels);
	T_SYS(setrlimit(RLIMIT_NOFILE, &few));
	WORKS(contain_layer_commit(AT_FDCWD, P("up"), NULL, AT_FDCWD, P("layer"),
				   CONTAIN_LAYER_KEEP, e));
	{
		contain_layer_diff *d = NULL;
		int fd = tl_open(P("layer")), lower = tl_open(P("up")), r;

		ck_assert_int_eq(contain_layer_diff_open(fd, &lower, 1, 0, &d, NULL), 0);
		r = contain_layer_diff_next(d);
		T_CHECK(r == 0, "%d %s", r, contain_layer_diff_path(d));
		contain_layer_diff_free(d);
		close(fd);
		close(lower);
	}
	WORKS(contain_layer_discard(AT_FDCWD, P("up"), P("layer"), e));
	T_CHECK(!tm_exists(P("up")) && !tm_exists(P("layer")));
	ck_assert_str_eq(tm_text(P("canary/file")), "alive");
}

static int discard_as_owner(void *arg, void *rec)
{
	const char *dir = t_tmpdir();

	(void)arg;
	(void)rec;
	hostile(dir, 5);
	tm_mkdir(dir, "work");
	tm_mkdir(dir, "work/work");
	T_SYS(chmod(P("work/work"), 0));
	WORKS(contain_layer_discard(AT_FDCWD, P("up"), P("work"), e));
	T_CHECK(!tm_exists(P("up")) && !tm_exists(P("work")));
	return 0;
}

TEST(discard_without_privilege)
{
	t_as_user(discard_as_owner, NULL);
}

TEST(mounts_are_kept)
{
	const char *dir = t_tmpdir();

	t_need_root();
	tm_mkdir(dir, "up");
	tm_mkdir(dir, "up/mnt");
	t_write_file(P("up/file"), "");
	T_SYS(mount("none", P("up/mnt"), "tmpfs", 0, NULL));
	t_write_file(P("up/mnt/data"), "alive");
	FAILS(EXDEV, "up/mnt", contain_layer_discard(AT_FDCWD, P("up"), NULL, e));
	FAILS(EXDEV, "up/mnt", contain_layer_commit(AT_FDCWD, P("up"), NULL, AT_FDCWD, P("layer"),
						    CONTAIN_LAYER_KEEP, e));
	ck_assert_str_eq(tm_text(P("up/mnt/data")), "alive");
	T_CHECK(!tm_exists(P("layer")) && !tm_exists(P("layer.new")));
	T_SYS(umount2(P("up/mnt"), 0));
	WORKS(contain_layer_discard(AT_FDCWD, P("up"), NULL, e));
}

/* A directory with more names than one getdents64(2) tells. */
TM_BOTH(wide)
{
	const char *dir = t_tmpdir();
	int n = (int)t_sample(20000, 3000);

	tm_mkdir(dir, "up");
	for (int i = 0; i < n; i++)
		if (i % 3)
			t_write_file(t_fmt("%s/up/file-%d", dir, i), "");
		else
			T_SYS(mkdir(t_fmt("%s/up/dir-%d", dir, i), 0755));
	WORKS(contain_layer_commit(AT_FDCWD, P("up"), NULL, AT_FDCWD, P("layer"),
				   CONTAIN_LAYER_KEEP, e));
	WORKS(contain_layer_discard(AT_FDCWD, P("up"), P("layer"), e));
	T_CHECK(!tm_exists(P("up")) && !tm_exists(P("layer")));
}
