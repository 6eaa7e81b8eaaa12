/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A32: names of layers that mean something in a string of options: ':' and ',' and '\' and newline,
 * as one layer, two, 100 and 500. Each has to be seen, and nothing else. The naive union, which
 * joins names to a string, mounts another directory, or writes where the name says.
 */
#include "t_mnt_overlay.h"

#include <contain/layer.h>

/* What a name can say to a kernel that takes it for options; CANARY is an absolute path. */
static const char *const names[] = {
	"a:b",
	"a\\:b",
	"tail\\",
	"\\",
	":",
	"::",
	"a::b",
	",",
	"a,userxattr",
	"a,upperdir=UP,workdir=WORK",
	"new\nline",
	"lowerdir=x",
	"a\\,b",
	"%s\t ",
	"\001\177\377",
	"-o",
};
#define NAMES ((int)(sizeof(names) / sizeof(names[0])))

struct scene {
	const char *dir, *canary;
	int n;
	const char **path;
};

/* n layers with these names in turn; "a" and "b" are what a name would be cut to. */
static void lay(struct scene *s, int n)
{
	memset(s, 0, sizeof(*s));
	s->dir = t_tmpdir();
	s->canary = tm_mkdir(s->dir, "canary");
	s->n = n;
	s->path = calloc((size_t)n, sizeof(*s->path));
	tm_layer(s->dir, "a", "cut-a");
	tm_layer(s->dir, "b", "cut-b");
	for (int i = 0; i < n; i++) {
		const char *at = t_fmt("%s/%d", s->dir, i / NAMES);

		if (i % NAMES == 0)
			T_SYS(mkdir(at, 0755));
		s->path[i] = tm_layer(at, names[i % NAMES], t_fmt("%d", i));
	}
}

static int whole(const struct scene *s, const char *at)
{
	int seen = 0;
	DIR *dir = opendir(at);
	struct dirent *de;

	T_CHECK(dir != NULL, "%s: %m", at);
	while ((de = readdir(dir)))
		seen += !strncmp(de->d_name, "of-", 3);
	closedir(dir);
	for (int i = 0; i < s->n; i++)
		if (strcmp(tm_text(t_fmt("%s/of-%d", at, i)), t_fmt("%d", i)) != 0)
			return 0;
	return seen == s->n && !strcmp(tm_text(t_fmt("%s/who", at)), "0");
}

static void with_library(struct scene *s, int way, int upper)
{
	contain_overlay *o = tm_overlay();
	const char *at;

	for (int i = 0; i < s->n; i++)
		ck_assert_int_eq(contain_overlay_add_lower(o, AT_FDCWD, s->path[i]), 0);
	if (upper) {
		const char *up = tm_mkdir(s->dir, t_fmt("up,lowerdir=%d:\\", way));

		tm_mkdir(s->dir, t_fmt("work,\n%d", way));
		ck_assert_int_eq(contain_overlay_set_upper(o, AT_FDCWD, up,
							   t_fmt("%s/work,\n%d", s->dir, way)), 0);
	}
	if (!upper && s->n == 1)
		ck_assert_int_eq(contain_overlay_set_ephemeral(o, TM_EPHEMERAL, 0), 0);
	tm_way(way);
	at = tm_mounted(o, s->dir, t_fmt("at-%d-%d", way, upper));
	tm_way(TM_OWN);
	T_CHECK(whole(s, at), "way %d, %d layers", way, s->n);
	if (upper) {
		t_write_file(t_fmt("%s/written", at), "x");
		T_CHECK(tm_exists(t_fmt("%s/up,lowerdir=%d:\\/written", s->dir, way)));
	}
	T_CHECK(rmdir(s->canary) == 0 && mkdir(s->canary, 0755) == 0, "the canary: %m");
	T_SYS(umount2(at, MNT_DETACH));
}

static void all_ways(int n)
{
	struct scene s;

	lay(&s, n);
	for (int way = 0; way < TM_WAYS; way++) {
		with_library(&s, way, 0);
		with_library(&s, way, 1);
	}
	free(s.path);
}

TM_BOTH(one_layer)
{
	all_ways(1);
}

TM_BOTH(two_layers)
{
	all_ways(2);
}

TM_BOTH(hundred_layers)
{
	all_ways(100);
}

TM_BOTH(five_hundred_layers)
{
	all_ways(500);
}

/* Every name as the only one, so that none hides behind another. */
TM_BOTH(each_name)
{
	for (int i = 0; i < NAMES; i++) {
		const char *dir = t_tmpdir();
		struct scene s = { .dir = dir, .canary = tm_mkdir(dir, "canary"), .n = 1 };
		const char *path[1] = { tm_layer(dir, names[i], "0") };

		s.path = path;
		with_library(&s, TM_OWN, 1);
		with_library(&s, TM_STRING, 1);
	}
}

/* ---- the naive union ---- */

/* Joins the names, as a shell script does. 1: exactly what was asked for is there. */
static int naive(struct scene *s, const char *at)
{
	char options[4096] = "lowerdir=";
	int r;

	for (int i = 0; i < s->n; i++) {
		const char *name = strrchr(s->path[i], '/') + 1;

		if (i)
			strcat(options, ":");
		strcat(options, name);
	}
	if (tm_in_userns())
		strcat(options, ",userxattr");
	T_SYS(chdir(s->dir));
	r = mount("overlay", at, "overlay", 0, options);
	if (r < 0)
		return 0;
	r = whole(s, at);
	return r;
}

static int naive_with(const char *one, const char *two, int *ret_writes)
{
	struct scene s;
	const char *path[2], *at;
	int good;

	memset(&s, 0, sizeof(s));
	s.dir = t_tmpdir();
	s.n = 2;
	s.path = path;
	tm_layer(s.dir, "a", "cut");
	s.canary = tm_mkdir(s.dir, "UP");
	tm_mkdir(s.dir, "WORK");
	path[0] = tm_layer(s.dir, one, "0");
	path[1] = tm_layer(s.dir, two, "1");
	at = tm_mkdir(s.dir, "at");
	good = naive(&s, at);
	*ret_writes = mkdir(t_fmt("%s/written", at), 0755) == 0 &&
		      tm_exists(t_fmt("%s/UP/written", s.dir));
	umount2(at, MNT_DETACH);
	return good;
}

TM_BOTH(naive_falls)
{
	int writes, fell = 0;

	for (int i = 0; i < NAMES; i++)
		if (!strchr(names[i], ':') || names[i][0] != ':')
			fell += !naive_with(names[i], "plain", &writes);
	T_CHECK(fell >= 3, "%d", fell);
	/* a layer's name makes the union writable, in directories of the image's choice */
	naive_with("plain", "a,upperdir=UP,workdir=WORK", &writes);
	T_CHECK(writes, "the naive union did not write where the name said");
	/* the twin: ordinary names work */
	T_CHECK(naive_with("plain", "other", &writes) && !writes);
}

/* ---- what a container writes for whoever reads its layer ---- */

/*
 * Users of a union may write the other family of attributes: an opaque directory, a redirect and a
 * whiteout of a user's making must not hide what is there.
 */
TEST(forged_attributes)
{
	const char *dir = t_tmpdir(), *at;
	contain_overlay *o = tm_overlay();
	contain_layer_diff *d = NULL;
	int up, low, n = 0, r;

	t_need_root();
	tm_layer(dir, "low", "low");
	tm_mkdir(dir, "low/d");
	t_write_file(t_fmt("%s/low/d/f", dir), "f");
	tm_mkdir(dir, "up");
	tm_mkdir(dir, "work");
	contain_overlay_add_lower(o, AT_FDCWD, t_fmt("%s/low", dir));
	contain_overlay_set_upper(o, AT_FDCWD, t_fmt("%s/up", dir), t_fmt("%s/work", dir));
	at = tm_mounted(o, dir, "at");
	if (setxattr(t_fmt("%s/d", at), "user.overlay.opaque", "y", 1, 0) < 0)
		t_skip("no user.* attributes in this file system");
	T_SYS(setxattr(t_fmt("%s/d", at), "user.overlay.redirect", "/../../..", 9, 0));
	T_SYS(setxattr(t_fmt("%s/who", at), "user.overlay.whiteout", "", 0, 0));
	T_SYS(umount2(at, 0));
	up = open(t_fmt("%s/up", dir), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	low = open(t_fmt("%s/low", dir), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	ck_assert_int_eq(contain_layer_diff_open(up, &low, 1, 0, &d, NULL), 0);
	while ((r = contain_layer_diff_next(d)) == 1) {
		T_CHECK(contain_layer_diff_change(d) == CONTAIN_LAYER_METADATA, "%s %s",
			contain_layer_change_name(contain_layer_diff_change(d)),
			contain_layer_diff_path(d));
		n++;
	}
	ck_assert_int_eq(r, 0);
	T_CHECK(n <= 2, "%d", n);
	contain_layer_diff_free(d);
	/* the same attributes, taken for the overlay's own, do hide it: the naive reader */
	ck_assert_int_eq(contain_layer_diff_open(up, &low, 1, CONTAIN_LAYER_USERXATTR, &d, NULL),
			 0);
	n = 0;
	while ((r = contain_layer_diff_next(d)) != 0)
		n += r < 0 || contain_layer_diff_change(d) == CONTAIN_LAYER_OPAQUE;
	T_CHECK(n > 0);
	contain_layer_diff_free(d);
	close(up);
	close(low);
}
