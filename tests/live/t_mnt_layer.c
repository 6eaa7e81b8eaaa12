/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What an upper directory changes: by hand, and by random work in a union against two pictures. */
#include "t_mnt_layer.h"

#include <sys/resource.h>
#include <sys/time.h>

#define DIFF(upper, lowers, flags, expected) \
	ck_assert_str_eq(tl_diff((upper), (lowers), (flags)), (expected))

/* A union of two layers, with an upper directory. */
struct world {
	const char *dir, *upper, *at;
	const char *lower[3];
	contain_overlay *o;
};

static void fill(const char *a, const char *b)
{
	for (int i = 0; i < 2; i++) {
		const char *l = i ? b : a;

		tm_mkdir(l, "both");
		t_write_file(t_fmt("%s/both/same", l), i ? "low" : "top");
		tm_mkdir(l, i ? "low" : "top");
		tm_mkdir(l, i ? "low/deep" : "top/deep");
		t_write_file(t_fmt("%s/both/only-%d", l, i), "x");
		t_write_file(t_fmt("%s/%s/deep/file", l, i ? "low" : "top"), "deep");
		t_write_file(t_fmt("%s/%s/file", l, i ? "low" : "top"), "file");
		t_write_file(t_fmt("%s/file-%d", l, i), "file");
		T_SYS(symlink("file", t_fmt("%s/link-%d", l, i)));
		T_SYS(mkfifo(t_fmt("%s/fifo-%d", l, i), 0644));
	}
}

static void begin(struct world *w)
{
	memset(w, 0, sizeof(*w));
	w->dir = t_tmpdir();
	w->lower[0] = tm_mkdir(w->dir, "a");
	w->lower[1] = tm_mkdir(w->dir, "b");
	fill(w->lower[0], w->lower[1]);
	w->upper = tm_mkdir(w->dir, "upper");
	tm_mkdir(w->dir, "work");
	w->o = tm_overlay();
	for (int i = 0; i < 2; i++)
		ck_assert_int_eq(contain_overlay_add_lower(w->o, AT_FDCWD, w->lower[i]), 0);
	ck_assert_int_eq(contain_overlay_set_upper(w->o, AT_FDCWD, w->upper,
						   t_fmt("%s/work", w->dir)), 0);
}

static const char *in(struct world *w, const char *path)
{
	return t_fmt("%s/%s", w->at, path);
}

static void show(struct world *w)
{
	w->at = tm_show(tm_mount(w->o, 0), w->dir, "at");
}

static void end(struct world *w)
{
	T_SYS(umount2(w->at, 0));
	T_SYS(rmdir(w->at));
}

TM_BOTH(by_hand)
{
	struct world w;

	tm_need_xattrs();
	begin(&w);
	show(&w);
	t_write_file(in(&w, "new"), "new");
	tm_mkdir(w.at, "newdir");
	t_write_file(in(&w, "newdir/in"), "in");
	t_write_file(in(&w, "both/same"), "changed");
	T_SYS(chmod(in(&w, "file-1"), 0600));
	T_SYS(unlink(in(&w, "both/only-1")));
	T_SYS(unlink(in(&w, "link-0")));
	T_SYS(symlink("else", in(&w, "link-0")));
	T_SYS(chmod(in(&w, "low"), 0700));
	T_SYS(system(t_fmt("rm -r %s", in(&w, "top"))));
	tm_mkdir(w.at, "top");
	t_write_file(in(&w, "top/file"), "another");
	T_SYS(system(t_fmt("rm -r %s", in(&w, "low/deep"))));
	T_SYS(unlink(in(&w, "fifo-0")));
	T_SYS(mkdir(in(&w, "fifo-0"), 0755));
	T_SYS(unlink(in(&w, "fifo-1")));
	{ /* opened for writing, and left as it was */
		int fd = open(in(&w, "file-0"), O_RDWR | O_CLOEXEC);

		T_SYS(fd);
		close(fd);
	}
	end(&w);
	DIFF(w.upper, w.lower, 0,
	     "A new\nA newdir\nA newdir/in\nA top/file\nD both/only-1\nD fifo-1\nD low/deep\n"
	     "M both/same\nM fifo-0\nM link-0\nO top\nT file-1\nT low\n");
	/* the upper directory alone says less */
	DIFF(w.upper, NULL, 0,
	     "A link-0\nA new\nA newdir\nA newdir/in\nA top/file\nD both/only-1\nD fifo-1\n"
	     "D low/deep\n"
	     "M both/same\nM file-0\nM file-1\nO fifo-0\nO top\n");
	contain_overlay_free(w.o);
}

/* The same, by the tree as it is seen. */
static uint64_t state;

static uint64_t roll(uint64_t n)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state % n;
}

static const char *const names[] = { "both", "low",    "top",	"file-0", "file-1", "same", "file",
				     "deep", "link-0", "new",	"fifo-0", "a,b:c",  "n\nl",
				     "only-0", "only-1" };
#define NAMES (sizeof(names) / sizeof(names[0]))

static const char *some_path(struct world *w)
{
	const char *p = t_fmt("%s/%s", w->at, names[roll(NAMES)]);

	for (uint64_t n = roll(3); n; n--)
		p = t_fmt("%s/%s", p, names[roll(NAMES)]);
	return p;
}

/* Nothing of it has to work. */
static void work(struct world *w)
{
	const char *p = some_path(w), *q;
	int fd;

	switch (roll(12)) {
	case 0:
		mkdir(p, 0755);
		break;
	case 1:
	case 2:
		fd = open(p, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC,
			  0644);
		if (fd >= 0) {
			T_EXPECT(write(fd, &state, sizeof(state)) > 0);
			close(fd);
		}
		break;
	case 3:
	case 4:
		remove(p);
		break;
	case 5:
		T_EXPECT(system(t_fmt("rm -rf '%s'", p)) >= 0);
		break;
	case 6:
		q = some_path(w);
		rename(p, q);
		break;
	case 7:
		chmod(p, 0700 | (mode_t)roll(64));
		break;
	case 8:
		T_EXPECT(symlink(names[roll(NAMES)], p) <= 0);
		break;
	case 9:
		T_EXPECT(link(p, some_path(w)) <= 0);
		break;
	case 10:
		truncate(p, (off_t)roll(20));
		break;
	case 11:
		utimensat(AT_FDCWD, p, NULL, AT_SYMLINK_NOFOLLOW);
		break;
	}
}

static void random_work(uint32_t flags)
{
	long rounds = t_sample(200, t_guest() ? 4 : 15);
	long changes = 0;

	state = 0x9e3779b97f4a7c15u;
	for (long i = 0; i < rounds; i++) {
		struct tl_picture before, after;
		struct world w;

		begin(&w);
		show(&w);
		before = tl_picture(w.at);
		for (uint64_t n = 20 + roll(150); n; n--)
			work(&w);
		end(&w);
		show(&w); /* as the next one sees it */
		after = tl_picture(w.at);
		end(&w);
		changes += tl_prove(&before, &after, w.upper, w.lower, flags);
		contain_overlay_free(w.o);
		T_SYS(system(t_fmt("rm -rf %s/*", w.dir)));
	}
	t_note("%ld unions, %ld changes", rounds, changes);
	T_CHECK(changes > rounds);
}

TM_BOTH(random_work)
{
	tm_need_xattrs();
	random_work(0);
}

/* ---- what overlay writes for renames and for metadata alone ---- */

TEST(moved_and_metacopy)
{
	struct world w;

	t_need_root();
	begin(&w);
	contain_overlay_set_option(w.o, CONTAIN_OVERLAY_REDIRECT_DIR, CONTAIN_OVERLAY_ON);
	contain_overlay_set_option(w.o, CONTAIN_OVERLAY_METACOPY, CONTAIN_OVERLAY_ON);
	show(&w);
	T_SYS(rename(in(&w, "low"), in(&w, "moved")));
	t_write_file(in(&w, "moved/deep/file"), "changed");
	T_SYS(rename(in(&w, "top"), in(&w, "both/top")));
	T_SYS(unlink(in(&w, "both/top/file")));
	T_SYS(chmod(in(&w, "both/only-1"), 0600));
	T_SYS(chmod(in(&w, "file-1"), 0600));
	T_SYS(rename(in(&w, "file-1"), in(&w, "file-moved")));
	end(&w);
	DIFF(w.upper, w.lower, 0,
	     "D both/top/file\nD file-1\nD low\nD top\nM moved/deep/file\nT both/only-1\n"
	     "V both/top < top\nV file-moved < file-1\nV moved < low\n");
	contain_overlay_free(w.o);
}

/* A layer that is an upper directory of before: its whiteouts and redirects count. */
TEST(stacked)
{
	struct world w;
	const char *lowers[4];
	contain_overlay *o;

	t_need_root();
	begin(&w);
	contain_overlay_set_option(w.o, CONTAIN_OVERLAY_REDIRECT_DIR, CONTAIN_OVERLAY_ON);
	show(&w);
	T_SYS(rename(in(&w, "low"), in(&w, "both/was-low")));
	T_SYS(unlink(in(&w, "file-1")));
	end(&w);
	lowers[0] = w.upper;
	lowers[1] = w.lower[0];
	lowers[2] = w.lower[1];
	lowers[3] = NULL;
	contain_overlay_free(w.o);
	o = tm_overlay();
	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(contain_overlay_add_lower(o, AT_FDCWD, lowers[i]), 0);
	tm_mkdir(w.dir, "up2");
	tm_mkdir(w.dir, "work2");
	ck_assert_int_eq(contain_overlay_set_upper(o, AT_FDCWD, t_fmt("%s/up2", w.dir),
						   t_fmt("%s/work2", w.dir)), 0);
	contain_overlay_set_option(o, CONTAIN_OVERLAY_REDIRECT_DIR, CONTAIN_OVERLAY_ON);
	w.o = o;
	show(&w);
	ck_assert_str_eq(tm_text(in(&w, "both/was-low/deep/file")), "deep");
	t_write_file(in(&w, "both/was-low/deep/file"), "new");
	t_write_file(in(&w, "file-1"), "added again");
	tm_mkdir(w.at, "low");
	T_SYS(unlink(in(&w, "both/was-low/file")));
	end(&w);
	DIFF(t_fmt("%s/up2", w.dir), lowers, 0,
	     "A file-1\nA low\nD both/was-low/file\nM both/was-low/deep/file\n");
	contain_overlay_free(o);
}

/* ---- forms of whiteouts ---- */

static void forms(uint32_t flags, const char *prefix)
{
	const char *dir = t_tmpdir(), *up = tm_mkdir(dir, "up"), *low = tm_mkdir(dir, "low");
	const char *lowers[] = { low, NULL };

	for (int i = 0; i < 4; i++) {
		tm_mkdir(low, t_fmt("d%d", i));
		t_write_file(t_fmt("%s/d%d/gone", low, i), "x");
		t_write_file(t_fmt("%s/d%d/here", low, i), "x");
		tm_mkdir(up, t_fmt("d%d", i));
	}
	/* an attribute on an empty file, where the directory is marked for it */
	t_write_file(t_fmt("%s/d0/gone", up), "");
	T_SYS(setxattr(t_fmt("%s/d0/gone", up), t_fmt("%swhiteout", prefix), "", 0, 0));
	T_SYS(setxattr(t_fmt("%s/d0", up), t_fmt("%sopaque", prefix), "x", 1, 0));
	/* the same without the mark: a file */
	t_write_file(t_fmt("%s/d1/gone", up), "");
	T_SYS(setxattr(t_fmt("%s/d1/gone", up), t_fmt("%swhiteout", prefix), "", 0, 0));
	/* names */
	t_write_file(t_fmt("%s/d2/.wh.gone", up), "");
	t_write_file(t_fmt("%s/d2/.wh.never", up), "");
	t_write_file(t_fmt("%s/d2/.wh..wh.plnk", up), "");
	t_write_file(t_fmt("%s/d3/.wh..wh..opq", up), "");
	t_write_file(t_fmt("%s/d3/here", up), "y");
	DIFF(up, lowers, flags | CONTAIN_LAYER_WH_NAMES,
	     "A d3/here\nD d0/gone\nD d2/gone\nM d1/gone\nO d3\n");
	DIFF(up, lowers, flags,
	     "A d2/.wh..wh.plnk\nA d2/.wh.gone\nA d2/.wh.never\nA d3/.wh..wh..opq\nD d0/gone\n"
	     "M d1/gone\nM d3/here\n");
}

TEST(forms_trusted)
{
	t_need_root();
	forms(CONTAIN_LAYER_TRUSTED, "trusted.overlay.");
	forms(0, "trusted.overlay.");
}

/* Attributes of the other family are a user's own, and say nothing. */
TEST(the_other_family)
{
	const char *dir = t_tmpdir(), *up = tm_mkdir(dir, "up"), *low = tm_mkdir(dir, "low");
	const char *lowers[] = { low, NULL };

	t_need_root();
	tm_mkdir(low, "d");
	t_write_file(t_fmt("%s/d/x", low), "x");
	tm_mkdir(up, "d");
	if (setxattr(t_fmt("%s/d", up), "user.overlay.opaque", "y", 1, 0) < 0)
		t_skip("no user.* attributes in this file system");
	T_SYS(setxattr(t_fmt("%s/d", up), "user.overlay.redirect", "/../../etc", 10, 0));
	DIFF(up, lowers, CONTAIN_LAYER_TRUSTED, "");
	T_SYS(removexattr(t_fmt("%s/d", up), "user.overlay.redirect"));
	DIFF(up, lowers, CONTAIN_LAYER_USERXATTR, "O d\n");
}

/* ---- hostile trees ---- */

/* Redirects that lead nowhere: an error that names the directory, and the walk goes on. */
TEST(bad_redirects)
{
	static const char *const bad[] = { "/../x", "..", ".", "/", "//a", "a/b", "/a//b", "/a/./b",
					   "/a/" };
	const char *dir = t_tmpdir(), *up = tm_mkdir(dir, "up"), *low = tm_mkdir(dir, "low");
	int fd, lower, errors = 0, changes = 0, r;
	contain_layer_diff *d = NULL;

	t_need_root();
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		const char *one = tm_mkdir(up, t_fmt("d%zu", i));

		T_SYS(setxattr(one, "trusted.overlay.redirect", bad[i], strlen(bad[i]), 0));
		t_write_file(t_fmt("%s/in", one), "");
	}
	t_write_file(t_fmt("%s/fine", up), "");
	fd = tl_open(up);
	lower = tl_open(low);
	ck_assert_int_eq(contain_layer_diff_open(fd, &lower, 1, 0, &d, NULL), 0);
	while ((r = contain_layer_diff_next(d)) != 0) {
		if (r < 0) {
			ck_assert_int_eq(r, -EINVAL);
			ck_assert_int_eq(contain_layer_diff_path(d)[0], 'd');
			ck_assert_int_eq(contain_layer_diff_change(d), 0);
			errors++;
		} else {
			ck_assert_str_eq(contain_layer_diff_path(d), "fine");
			changes++;
		}
	}
	ck_assert_int_eq(errors, sizeof(bad) / sizeof(bad[0]));
	ck_assert_int_eq(changes, 1);
	contain_layer_diff_free(d);
	close(fd);
	close(lower);
}

static void put_file(int dirfd, const char *name)
{
	int fd = openat(dirfd, name, O_CREAT | O_WRONLY | O_CLOEXEC, 0644);

	T_SYS(fd);
	close(fd);
}

/* Deeper than any path, with siblings at each level, in few fds and little memory. */
TM_BOTH(deep)
{
	const char *dir = t_tmpdir(), *up = tm_mkdir(dir, "up"), *low = tm_mkdir(dir, "low");
	int levels = (int)t_sample(20000, 3000), fd = tl_open(up), lower = tl_open(low), n = 0, r;
	struct rlimit few = { 128, 128 };
	contain_layer_diff *d = NULL;
	int below = dup(lower);

	for (int i = 0; i < levels; i++) {
		int next;

		T_SYS(mkdirat(fd, "some-longer-name", 0755));
		T_SYS(mkdirat(fd, "z", 0755));
		put_file(fd, "file");
		if (i < 100) { /* the first hundred are merged */
			T_SYS(mkdirat(below, "some-longer-name", 0755));
			next = openat(below, "some-longer-name", O_RDONLY | O_CLOEXEC);
			T_SYS(next);
			close(below);
			below = next;
		}
		next = openat(fd, "some-longer-name", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		T_SYS(next);
		close(fd);
		fd = next;
	}
	close(fd);
	close(below);
	fd = tl_open(up);
	T_SYS(setrlimit(RLIMIT_NOFILE, &few));
	ck_assert_int_eq(contain_layer_diff_open(fd, &lower, 1, 0, &d, NULL), 0);
	while ((r = contain_layer_diff_next(d)) == 1) {
		ck_assert_int_eq(contain_layer_diff_change(d), CONTAIN_LAYER_ADDED);
		n++;
	}
	T_CHECK(r == 0, "%d after %d", r, n);
	ck_assert_int_eq(n, 3 * levels - 100);
	contain_layer_diff_free(d);
	close(fd);
	close(lower);
}

/* A mount in the tree is not entered, and named. */
TEST(mounts_are_not_entered)
{
	const char *dir = t_tmpdir(), *up = tm_mkdir(dir, "up");
	contain_layer_diff *d = NULL;
	int fd, errors = 0, r;

	t_need_root();
	tm_mkdir(up, "mnt");
	t_write_file(t_fmt("%s/file", up), "");
	T_SYS(mount("none", t_fmt("%s/mnt", up), "tmpfs", 0, NULL));
	t_write_file(t_fmt("%s/mnt/secret", up), "");
	fd = tl_open(up);
	ck_assert_int_eq(contain_layer_diff_open(fd, NULL, 0, 0, &d, NULL), 0);
	while ((r = contain_layer_diff_next(d)) != 0) {
		if (r < 0) {
			ck_assert_int_eq(r, -EXDEV);
			ck_assert_str_eq(contain_layer_diff_path(d), "mnt");
			errors++;
		} else {
			ck_assert_str_eq(contain_layer_diff_path(d), "file");
		}
	}
	ck_assert_int_eq(errors, 1);
	contain_layer_diff_free(d);
	close(fd);
	T_SYS(umount2(t_fmt("%s/mnt", up), 0));
}

/* Times can be faked: content is compared, unless it is said that times do. */
TM_BOTH(faked_times)
{
	const char *dir = t_tmpdir(), *up = tm_mkdir(dir, "up"), *low = tm_mkdir(dir, "low");
	const char *lowers[] = { low, NULL };
	struct timespec ts[2] = { { 1, 2 }, { 3, 4 } };

	t_write_file(t_fmt("%s/f", up), "evil");
	t_write_file(t_fmt("%s/f", low), "good");
	T_SYS(utimensat(AT_FDCWD, t_fmt("%s/f", up), ts, 0));
	T_SYS(utimensat(AT_FDCWD, t_fmt("%s/f", low), ts, 0));
	DIFF(up, lowers, 0, "M f\n");
	DIFF(up, lowers, CONTAIN_LAYER_TRUST_TIMES, "");
	T_SYS(chmod(t_fmt("%s/f", up), 0600));
	DIFF(up, lowers, CONTAIN_LAYER_TRUST_TIMES, "T f\n");
}

TEST(bad_arguments)
{
	contain_layer_diff *d = NULL;
	int fd = tl_open(t_tmpdir()), file, many[501];

	for (int i = 0; i < 501; i++)
		many[i] = fd;
	FAILS(EINVAL, "ret_diff", contain_layer_diff_open(fd, NULL, 0, 0, NULL, e));
	FAILS(EINVAL, "unknown flag", contain_layer_diff_open(fd, NULL, 0, 0x100, &d, e));
	FAILS(EINVAL, "exclude each other", contain_layer_diff_open(fd, NULL, 0, 3, &d, e));
	FAILS(EINVAL, "lower_fds", contain_layer_diff_open(fd, NULL, 1, 0, &d, e));
	FAILS(EINVAL, "500", contain_layer_diff_open(fd, many, 501, 0, &d, e));
	FAILS(EBADF, "upper_fd", contain_layer_diff_open(-1, NULL, 0, 0, &d, e));
	file = open("/proc/self/status", O_RDONLY | O_CLOEXEC);
	FAILS(ENOTDIR, "upper_fd", contain_layer_diff_open(file, NULL, 0, 0, &d, e));
	FAILS(ENOTDIR, "lower_fds", contain_layer_diff_open(fd, &file, 1, 0, &d, e));
	ck_assert_ptr_null(d);
	ck_assert_int_eq(contain_layer_diff_next(NULL), -EINVAL);
	ck_assert_str_eq(contain_layer_diff_path(NULL), "");
	ck_assert_str_eq(contain_layer_diff_from(NULL), "");
	ck_assert_int_eq(contain_layer_diff_change(NULL), 0);
	ck_assert_uint_eq(contain_layer_diff_type(NULL), 0);
	contain_layer_diff_free(NULL);
	ck_assert_str_eq(contain_layer_change_name(CONTAIN_LAYER_MOVED), "moved");
	ck_assert_ptr_null(contain_layer_change_name(0));
	ck_assert_ptr_null(contain_layer_change_name(7));
	close(file);
	close(fd);
}
