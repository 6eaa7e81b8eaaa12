/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Unions of a container: its root, and container_spec_add_overlay(). The payload changes files in
 * every way, the upper layer is looked at from outside, the next start goes on from there, and the
 * lower layers are what they were, byte by byte.
 */
#include "t_spawn.h"

#include <contain/feature.h>
#include <contain/spec_mount.h>
#include <dirent.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>

/* One line for every file: what it is and what is in it. */
static char *listing(const char *dir)
{
	static const char each[] = "find . -printf '%p %y %m %U %G %n %i %T@ %l\\n' | sort; "
				   "find . -type f | sort | xargs -d '\\n' md5sum";
	FILE *p = popen(t_fmt("cd '%s' && (%s)", dir, each), "r");
	char *text = calloc(1, 1 << 18);
	size_t n;

	T_CHECK(p && text);
	n = fread(text, 1, (1 << 18) - 1, p);
	T_CHECK(n > 0 && pclose(p) == 0);
	return text;
}

static const char *content(const char *path)
{
	char buf[4096];
	ssize_t n = t_read_file(path, buf, sizeof(buf));

	return n < 0 ? "(none)" : t_fmt("%s", buf);
}

static int is_whiteout(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0 && S_ISCHR(st.st_mode) && st.st_rdev == 0;
}

static int is_opaque(const char *path)
{
	char value = 0;

	return (lgetxattr(path, "trusted.overlay.opaque", &value, 1) == 1 ||
		lgetxattr(path, "user.overlay.opaque", &value, 1) == 1) && value == 'y';
}

static void need_marks(void)
{
	contain_feature_report *report = NULL;
	int works;

	ck_assert_int_eq(contain_feature_report_new(&report), 0);
	works = ts_is_root() || contain_feature_available(report, CONTAIN_FEATURE_TMPFS_USER_XATTR);
	contain_feature_report_free(report);
	if (!works)
		t_skip("this kernel's tmpfs has no user.* attributes");
}

/* Below dir: what the script works on. */
static void fill(const char *dir)
{
	T_SYS(mkdir(t_fmt("%s/d", dir), 0755));
	T_SYS(mkdir(t_fmt("%s/d/sub", dir), 0755));
	T_SYS(mkdir(t_fmt("%s/gone", dir), 0755));
	T_SYS(mkdir(t_fmt("%s/again", dir), 0755));
	t_write_file(t_fmt("%s/d/file", dir), "below\n");
	t_write_file(t_fmt("%s/d/sub/deep", dir), "deep\n");
	t_write_file(t_fmt("%s/gone/file", dir), "x\n");
	t_write_file(t_fmt("%s/again/old", dir), "x\n");
	t_write_file(t_fmt("%s/chmod", dir), "mode\n");
	t_write_file(t_fmt("%s/moved", dir), "moved\n");
	t_write_file(t_fmt("%s/removed", dir), "x\n");
	t_write_file(t_fmt("%s/one", dir), "links\n");
	T_SYS(link(t_fmt("%s/one", dir), t_fmt("%s/two", dir)));
	T_SYS(symlink("d/file", t_fmt("%s/link", dir)));
	T_SYS(mkfifo(t_fmt("%s/fifo", dir), 0600));
}

static const char change[] =
	"cd %s; echo above >>d/file; chmod 600 chmod; mv moved to; rm removed; rm -r gone; "
	"rm -r again; mkdir again; echo new >again/new; echo more >>one; cat two; "
	"mv d/sub d/other && cat d/other/deep; rm link; ln -s chmod link; chmod 640 fifo; "
	"mkdir made && touch made/file && rmdir made 2>/dev/null; mkdir -p p/q/r && rmdir p/q/r";

static const char look[] =
	"cd %s; cat d/file chmod to one d/other/deep link again/*; ls again; "
	"ls -d removed moved gone d/sub 2>/dev/null; test -p fifo && echo fifo; ls p; ls made";

static void check_look(struct ts *t)
{
	ts_is(t, "below\nabove\nmode\nmoved\nlinks\nmore\ndeep\nmode\nnew\nnew\nfifo\nq\nfile\n");
}

static void check_upper(const char *upper)
{
	struct stat st;

	ck_assert_str_eq(content(t_fmt("%s/d/file", upper)), "below\nabove\n");
	T_CHECK(is_whiteout(t_fmt("%s/removed", upper)) && is_whiteout(t_fmt("%s/moved", upper)) &&
		is_whiteout(t_fmt("%s/gone", upper)) && is_whiteout(t_fmt("%s/d/sub", upper)));
	T_CHECK(is_opaque(t_fmt("%s/again", upper)));
	T_CHECK(!is_opaque(t_fmt("%s/d", upper)) && !is_opaque(t_fmt("%s/d/other", upper)));
	T_SYS(lstat(t_fmt("%s/two", upper), &st) < 0 ? 0 : -1);
	T_SYS(lstat(t_fmt("%s/fifo", upper), &st));
	T_CHECK(S_ISFIFO(st.st_mode) && (st.st_mode & 07777) == 0640);
	T_SYS(lstat(t_fmt("%s/chmod", upper), &st));
	ck_assert_uint_eq(st.st_mode & 07777, 0600);
}

enum place { ROOT, ADDED };

struct layers {
	const char *dir, *lower, *upper, *work;
};

static struct layers layers_make(void)
{
	const char *dir = t_tmpdir();
	struct layers l = { dir, t_fmt("%s/lower", dir), t_fmt("%s/upper", dir),
			    t_fmt("%s/work", dir) };

	T_SYS(mkdir(l.lower, 0755));
	T_SYS(mkdir(l.upper, 0755));
	T_SYS(mkdir(l.work, 0755));
	return l;
}

static void start(struct ts *t, enum place place, const struct layers *l, int keep)
{
	const char *below[] = { l->lower, ts_root(), NULL };

	int r = 0;

	if (place == ROOT) {
		ts_new(t);
		r = container_spec_set_root_overlay(t->spec, AT_FDCWD, below, 0, 0);
		if (keep && !r)
			r = container_spec_set_root_upperdir(t->spec, AT_FDCWD, l->upper, l->work);
	} else {
		ts_dir(t, 0);
		below[1] = NULL;
		r = container_spec_add_overlay(t->spec, AT_FDCWD, below, keep ? l->upper : NULL,
					       keep ? l->work : NULL, 0, "/mnt", 0);
	}
	ck_assert_int_eq(r, 0);
}

/* Twice, with what the first start has written, or without. */
static void changes(enum place place, int keep)
{
	const char *at = place == ROOT ? "/work-here" : "/mnt";
	struct layers l = layers_make();
	const char *in_layer = place == ROOT ? t_fmt("%s/work-here", l.lower) : l.lower;
	const char *in_upper = place == ROOT ? t_fmt("%s/work-here", l.upper) : l.upper;
	char *before, *after;
	struct ts t;

	need_marks();
	if (place == ROOT)
		T_SYS(mkdir(in_layer, 0755));
	fill(in_layer);
	before = listing(l.lower);
	start(&t, place, &l, keep);
	ts_sh(&t, t_fmt("(%s); %s", t_fmt(change, at), t_fmt(look, at)));
	ts_run(&t);
	/* a hard link of the lower layer is broken by the copy */
	T_CHECK(!strncmp(t.text, "links\ndeep\n", 11), "%s", t.text);
	memmove(t.text, t.text + 11, strlen(t.text + 11) + 1);
	check_look(&t);
	start(&t, place, &l, keep);
	ts_sh(&t, t_fmt(look, at));
	if (keep) {
		check_upper(in_upper);
		ts_run(&t);
		check_look(&t);
	} else {
		ts_run_to(&t, 1); /* nothing is left of it */
		ts_has(&t, "below\nmode\n");
		ts_hasnt(&t, "above");
		ts_has(&t, "removed\n");
	}
	after = listing(l.lower);
	T_CHECK(!strcmp(before, after), "a lower layer has changed:\n%s\n%s", before, after);
	free(before);
	free(after);
}

TEST_BOTH(root_with_upperdir)
{
	changes(ROOT, 1);
}

TEST_BOTH(root_in_memory)
{
	changes(ROOT, 0);
}

TEST_BOTH(added_with_upperdir)
{
	changes(ADDED, 1);
}

TEST_BOTH(added_in_memory)
{
	changes(ADDED, 0);
}
