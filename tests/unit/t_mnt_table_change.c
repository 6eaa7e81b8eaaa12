/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Differences of two tables, and the propagation graph, made of text. */
#include "t_mnt_table.h"

/* Belongs to the difference. */
static const contain_mount_table *old_of(const contain_mount_diff *d)
{
	contain_mount_table *t = NULL;

	ck_assert_int_eq(contain_mount_diff_tables(d, &t, NULL), 0);
	contain_mount_table_free(t);
	return t;
}

static const contain_mount_table *new_of(const contain_mount_diff *d)
{
	contain_mount_table *t = NULL;

	ck_assert_int_eq(contain_mount_diff_tables(d, NULL, &t), 0);
	contain_mount_table_free(t);
	return t;
}

static contain_mount_diff *diff_of(const char *old_text, const char *new_text)
{
	contain_mount_table *old = table(old_text), *new = table(new_text);
	contain_mount_diff *d = NULL;

	ck_assert_int_eq(contain_mount_table_diff(old, new, &d, NULL), 0);
	T_CHECK(old_of(d) == old && new_of(d) == new);
	/* they live as long as the difference */
	contain_mount_table_free(old);
	contain_mount_table_free(new);
	return d;
}

static void check(const contain_mount_diff *d, int i, uint32_t change, uint32_t what, int old,
		  int new)
{
	T_CHECK(contain_mount_diff_change(d, i) == change &&
			contain_mount_diff_what(d, i) == what &&
			contain_mount_diff_old(d, i) == old && contain_mount_diff_new(d, i) == new,
		"%d: %x %x %d %d", i, contain_mount_diff_change(d, i),
		contain_mount_diff_what(d, i), contain_mount_diff_old(d, i),
		contain_mount_diff_new(d, i));
}

#define BASE "1 0 0:1 / / rw,relatime shared:1 - t root rw\n"

TEST(nothing_changed)
{
	contain_mount_diff *d = diff_of(BASE, BASE);

	ck_assert_int_eq(contain_mount_diff_count(d), 0);
	check(d, 0, 0, 0, -ENOENT, -ENOENT);
	contain_mount_diff_free(d);
	contain_mount_diff_free(NULL);
	ck_assert_int_eq(contain_mount_diff_count(NULL), 0);
	check(NULL, 0, 0, 0, -ENOENT, -ENOENT);
	ck_assert_int_eq(contain_mount_diff_tables(NULL, NULL, NULL), -EINVAL);
}

TEST(added_and_removed)
{
	contain_mount_diff *d = diff_of(BASE "2 1 0:2 / /a rw - t a rw\n"
					     "3 1 0:2 / /b rw - t b rw\n",
					"3 1 0:2 / /b rw - t b rw\n"
					"4 3 0:3 / /c rw - t c rw\n" BASE);

	ck_assert_int_eq(contain_mount_diff_count(d), 2);
	check(d, 0, CONTAIN_MOUNT_REMOVED, 0, 1, -ENOENT);
	check(d, 1, CONTAIN_MOUNT_ADDED, 0, -ENOENT, 1);
	ck_assert_str_eq(contain_mount_table_target(old_of(d), 1), "/a");
	contain_mount_diff_free(d);
}

/* The id was given to another file system meanwhile: nothing was moved. */
TEST(id_given_again)
{
	contain_mount_diff *d =
		diff_of(BASE "2 1 0:2 / /a rw - t a rw\n", BASE "2 1 0:3 / /b rw - t a rw\n");

	ck_assert_int_eq(contain_mount_diff_count(d), 2);
	check(d, 0, CONTAIN_MOUNT_REMOVED, 0, 1, -ENOENT);
	check(d, 1, CONTAIN_MOUNT_ADDED, 0, -ENOENT, 1);
	contain_mount_diff_free(d);
	d = diff_of(BASE "2 1 0:2 / /a rw - t a rw\n", BASE "2 1 0:2 / /a rw - u a rw\n");
	ck_assert_int_eq(contain_mount_diff_count(d), 2);
	contain_mount_diff_free(d);
}

TEST(one_by_one)
{
	static const struct {
		const char *line;
		uint32_t change, what;
	} now[] = {
		{ "2 1 0:2 / /b rw - t a rw", CONTAIN_MOUNT_MOVED, CONTAIN_MOUNT_DIFF_TARGET },
		{ "2 3 0:2 / /a rw - t a rw", CONTAIN_MOUNT_MOVED, CONTAIN_MOUNT_DIFF_PARENT },
		{ "2 9 0:2 / /a rw - t a rw", CONTAIN_MOUNT_MOVED, CONTAIN_MOUNT_DIFF_PARENT },
		{ "2 1 0:2 / /a ro - t a rw", CONTAIN_MOUNT_CHANGED,
		  CONTAIN_MOUNT_DIFF_ATTRIBUTES },
		{ "2 1 0:2 / /a rw - t a rw,x", CONTAIN_MOUNT_CHANGED,
		  CONTAIN_MOUNT_DIFF_SUPER_OPTIONS },
		{ "2 1 0:2 / /a rw shared:4 - t a rw", CONTAIN_MOUNT_CHANGED,
		  CONTAIN_MOUNT_DIFF_PROPAGATION },
		{ "2 1 0:2 / /a rw unbindable - t a rw", CONTAIN_MOUNT_CHANGED,
		  CONTAIN_MOUNT_DIFF_PROPAGATION },
		{ "2 1 0:2 /r /a rw - t a rw", CONTAIN_MOUNT_CHANGED, CONTAIN_MOUNT_DIFF_ROOT },
		{ "2 1 0:2 / /a rw - t b rw", CONTAIN_MOUNT_CHANGED, CONTAIN_MOUNT_DIFF_SOURCE },
		{ "2 3 0:2 /r /c ro - t a rw,y", CONTAIN_MOUNT_MOVED | CONTAIN_MOUNT_CHANGED,
		  CONTAIN_MOUNT_DIFF_PARENT | CONTAIN_MOUNT_DIFF_TARGET |
			  CONTAIN_MOUNT_DIFF_ROOT | CONTAIN_MOUNT_DIFF_ATTRIBUTES |
			  CONTAIN_MOUNT_DIFF_SUPER_OPTIONS },
	};
	const char *old = BASE "3 1 0:3 / /x rw - t x rw\n2 1 0:2 / /a rw - t a rw";

	for (size_t i = 0; i < sizeof(now) / sizeof(now[0]); i++) {
		contain_mount_diff *d =
			diff_of(old, t_fmt(BASE "%s\n3 1 0:3 / /x rw - t x rw", now[i].line));

		ck_assert_int_eq(contain_mount_diff_count(d), 1);
		check(d, 0, now[i].change, now[i].what, 2, 1);
		contain_mount_diff_free(d);
	}
}

TEST(diff_refuses)
{
	contain_mount_table *t = table(BASE);
	contain_mount_diff *d = NULL;

	ck_assert_int_eq(contain_mount_table_diff(NULL, t, &d, NULL), -EINVAL);
	ck_assert_int_eq(contain_mount_table_diff(t, NULL, &d, NULL), -EINVAL);
	ck_assert_int_eq(contain_mount_table_diff(t, t, NULL, NULL), -EINVAL);
	T_CHECK(!d);
	contain_mount_table_free(t);
}

/* ---- graph ---- */

static contain_mount_graph *graph_of(const char *text)
{
	contain_mount_table *t = table(text);
	contain_mount_graph *g = NULL;

	ck_assert_int_eq(contain_mount_graph_new(t, &g, NULL), 0);
	contain_mount_table_free(t);
	return g;
}

static const char *const shared_text =
	"10 1 8:1 / / rw shared:5 - ext4 d rw\n"
	"11 10 8:1 /srv /peer rw shared:5 - ext4 d rw\n"
	"12 10 8:1 /srv/www /slave rw master:5 - ext4 d rw\n"
	"13 10 8:1 / /both rw shared:9 master:5 - ext4 d rw\n"
	"14 10 8:1 /srv/www /end rw master:9 - ext4 d rw\n"
	"15 10 8:1 / /far rw master:7 propagate_from:9 - ext4 d rw\n"
	"16 10 0:9 / /mine rw - tmpfs x rw\n";

TEST(groups)
{
	contain_mount_graph *g = graph_of(shared_text);

	ck_assert_int_eq(contain_mount_graph_group_count(g), 3);
	ck_assert_uint_eq(contain_mount_graph_group_id(g, 0), 5);
	ck_assert_uint_eq(contain_mount_graph_group_id(g, 1), 7);
	ck_assert_uint_eq(contain_mount_graph_group_id(g, 2), 9);
	ck_assert_uint_eq(contain_mount_graph_group_id(g, 3), 0);
	ck_assert_int_eq(contain_mount_graph_find_group(g, 9), 2);
	ck_assert_int_eq(contain_mount_graph_find_group(g, 6), -ENOENT);
	ck_assert_int_eq(contain_mount_graph_find_group(g, 0), -ENOENT);
	ck_assert_int_eq(contain_mount_graph_member_count(g, 0), 2);
	ck_assert_int_eq(contain_mount_graph_member(g, 0, 0), 0);
	ck_assert_int_eq(contain_mount_graph_member(g, 0, 1), 1);
	ck_assert_int_eq(contain_mount_graph_member(g, 0, 2), -ENOENT);
	ck_assert_int_eq(contain_mount_graph_member(g, 0, -1), -ENOENT);
	ck_assert_int_eq(contain_mount_graph_member_count(g, 1), 0);
	ck_assert_int_eq(contain_mount_graph_slave_count(g, 0), 2);
	ck_assert_int_eq(contain_mount_graph_slave(g, 0, 0), 2);
	ck_assert_int_eq(contain_mount_graph_slave(g, 0, 1), 3);
	ck_assert_int_eq(contain_mount_graph_slave(g, 0, 2), -ENOENT);
	ck_assert_int_eq(contain_mount_graph_slave_count(g, 1), 1);
	ck_assert_int_eq(contain_mount_graph_slave_count(g, 9), 0);
	ck_assert_int_eq(contain_mount_graph_master(g, 0), -ENOENT);
	ck_assert_int_eq(contain_mount_graph_master(g, 1), -ENOENT);
	ck_assert_int_eq(contain_mount_graph_master(g, 2), 0);
	ck_assert_int_eq(contain_mount_graph_master(g, -1), -ENOENT);
	contain_mount_graph_free(g);
	contain_mount_graph_free(NULL);
	ck_assert_int_eq(contain_mount_graph_group_count(NULL), 0);
	ck_assert_int_eq(contain_mount_graph_find_group(NULL, 5), -ENOENT);
}

/* The places, one after the other, as "PATH" or "(PATH)" where it is hidden. */
static const char *reach_of(const contain_mount_graph *g, const char *path)
{
	contain_mount_reach *reach = NULL;
	contain_error *e = NULL;
	char *text = t_fmt("%s", "");
	int r = contain_mount_graph_reach(g, path, &reach, &e);

	T_CHECK(r == 0, "%s", contain_error_message(e));
	for (int i = 0; i < contain_mount_reach_count(reach); i++) {
		const char *at = contain_mount_reach_path(reach, i);

		T_CHECK(contain_mount_reach_mount(reach, i) >= 0);
		text = t_fmt(contain_mount_reach_visible(reach, i) ? "%s %s" : "%s (%s)", text, at);
	}
	ck_assert_int_eq(contain_mount_reach_mount(reach, 99), -ENOENT);
	T_CHECK(!contain_mount_reach_path(reach, -1) && !contain_mount_reach_visible(reach, 99));
	contain_mount_reach_free(reach);
	return text;
}

TEST(reach)
{
	contain_mount_graph *g = graph_of(shared_text);
	contain_mount_reach *r = NULL;

	ck_assert_str_eq(reach_of(g, "/srv/www/x"),
			 " /srv/www/x /peer/www/x /slave/x /both/srv/www/x /end/x /far/srv/www/x");
	ck_assert_str_eq(reach_of(g, "/srv"), " /srv /peer /both/srv /far/srv");
	ck_assert_str_eq(reach_of(g, "/srvx"), " /srvx /both/srvx /far/srvx");
	ck_assert_str_eq(reach_of(g, "//peer/www/"),
			 " /peer/www /srv/www /slave /both/srv/www /end /far/srv/www");
	/* below a slave only what it is the master of */
	ck_assert_str_eq(reach_of(g, "/both/srv/www"), " /both/srv/www /end /far/srv/www");
	ck_assert_str_eq(reach_of(g, "/slave/x"), " /slave/x");
	ck_assert_str_eq(reach_of(g, "/mine/x"), " /mine/x");
	ck_assert_int_eq(contain_mount_graph_reach(g, "x", &r, NULL), -EINVAL);
	ck_assert_int_eq(contain_mount_graph_reach(g, "/..", &r, NULL), -EINVAL);
	ck_assert_int_eq(contain_mount_graph_reach(g, NULL, &r, NULL), -EINVAL);
	ck_assert_int_eq(contain_mount_graph_reach(NULL, "/", &r, NULL), -EINVAL);
	ck_assert_int_eq(contain_mount_graph_reach(g, "/", NULL, NULL), -EINVAL);
	contain_mount_graph_free(g);
	g = graph_of("");
	ck_assert_int_eq(contain_mount_graph_reach(g, "/", &r, NULL), -ENOENT);
	T_CHECK(!r);
	ck_assert_int_eq(contain_mount_reach_count(NULL), 0);
	contain_mount_reach_free(NULL);
	contain_mount_graph_free(g);
}

TEST(hidden_place)
{
	contain_mount_graph *g = graph_of("1 0 8:1 / / rw shared:1 - t d rw\n"
					  "2 1 8:1 / /p rw shared:1 - t d rw\n"
					  "3 2 0:4 / /p/x rw - t other rw\n");

	ck_assert_str_eq(reach_of(g, "/x/y"), " /x/y (/p/x/y)");
	ck_assert_str_eq(reach_of(g, "/x"), " /x (/p/x)");
	ck_assert_str_eq(reach_of(g, "/z"), " /z /p/z");
	contain_mount_graph_free(g);
}

TEST(graph_refuses)
{
	contain_mount_table *t = table(BASE);
	contain_mount_graph *g = NULL;

	ck_assert_int_eq(contain_mount_graph_new(NULL, &g, NULL), -EINVAL);
	ck_assert_int_eq(contain_mount_graph_new(t, NULL, NULL), -EINVAL);
	T_CHECK(!g);
	contain_mount_table_free(t);
}
