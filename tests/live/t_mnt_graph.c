/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The propagation graph against the kernel: random trees of shared, slave and private bind mounts;
 * where the graph says that a mount appears, it does, and nowhere else.
 */
#include "t_mnt_look.h"

#define MOUNTS 12

static contain_mount_graph *graph(const contain_mount_table *t)
{
	contain_mount_graph *g = NULL;

	ck_assert_int_eq(contain_mount_graph_new((contain_mount_table *)t, &g, NULL), 0);
	return g;
}

static contain_mount_reach *reach(const contain_mount_graph *g, const char *path)
{
	contain_mount_reach *r = NULL;
	contain_error *e = NULL;

	tn_fine(contain_mount_graph_reach(g, path, &r, &e), e);
	return r;
}

/* The mount of a table that a mount of another one is; both of one namespace. */
static int same_in(const contain_mount_table *t, int i, const contain_mount_table *in)
{
	return contain_mount_table_find_id(in, (uint64_t)contain_mount_table_id(t, i));
}

/* The events that were told are those that came; the mount that was made is undone. */
static int against_kernel(const char *path)
{
	contain_mount_table *before = ml_take(-1, CONTAIN_MOUNT_TABLE_MOUNTINFO), *after;
	contain_mount_graph *g = graph(before);
	contain_mount_reach *r = reach(g, path);
	contain_mount_diff *d = NULL;
	int n = contain_mount_reach_count(r), added = 0;

	ml_mount("event", path, "tmpfs", 0, NULL);
	after = ml_take(-1, CONTAIN_MOUNT_TABLE_MOUNTINFO);
	ck_assert_int_eq(contain_mount_table_diff(before, after, &d, NULL), 0);
	for (int i = 0; i < contain_mount_diff_count(d); i++) {
		int new = contain_mount_diff_new(d, i), k = 0, parent;

		if (contain_mount_diff_change(d, i) != CONTAIN_MOUNT_ADDED)
			continue; /* what lay there is attached to the new one now */
		added++;
		parent = same_in(after, contain_mount_table_parent(after, new), before);
		while (k < n && (contain_mount_reach_mount(r, k) != parent ||
				 strcmp(contain_mount_reach_path(r, k),
					contain_mount_table_target(after, new)) != 0))
			k++;
		T_CHECK(k < n, "%s: not told: %s", path, contain_mount_table_target(after, new));
		ck_assert_int_eq(contain_mount_reach_visible(r, k),
				 contain_mount_table_find_target(
					 after, contain_mount_table_target(after, new)) == new);
	}
	T_CHECK(added == n, "%s: %d told, %d came", path, n, added);
	T_SYS(umount(path));
	contain_mount_diff_free(d);
	contain_mount_reach_free(r);
	contain_mount_graph_free(g);
	contain_mount_table_free(before);
	contain_mount_table_free(after);
	return n;
}

static unsigned int seed = 11;

static unsigned int roll(unsigned int n)
{
	return (unsigned int)rand_r(&seed) % n;
}

static const char *const parts[] = { "", "/a", "/a/b", "/c" };

/* Binds of one file system or the other, or of a part of it, and what each of them is. */
static void make_world(int round)
{
	static const unsigned long what[] = { MS_SHARED, MS_SHARED, MS_SLAVE, MS_PRIVATE,
					      MS_UNBINDABLE };

	for (int i = 0; i < 2; i++) {
		char *fs = ml_tmpfs(t_fmt("r%d_%d", round, i), 0, NULL);

		for (int k = 1; k < 4; k++)
			T_SYS(mkdir(t_fmt("%s%s", fs, parts[k]), 0755));
		ml_set(fs, MS_SHARED);
	}
	for (int i = 2; i < MOUNTS; i++) {
		char *from = ml("r%d_%u%s", round, roll((unsigned)i), parts[roll(4)]);
		char *to = ml_dir(t_fmt("r%d_%d", round, i));

		if (mount(from, to, NULL, MS_BIND, NULL)) {
			ml_mount(ml("r%d_0", round), to, NULL, MS_BIND, NULL);
			ml_set(to, MS_SHARED);
		}
		for (unsigned int k = roll(3); k > 0; k--)
			ml_set(to, what[roll(5)]);
	}
}

static void end_world(int round)
{
	for (int i = MOUNTS - 1; i >= 0; i--)
		umount2(ml("r%d_%d", round, i), MNT_DETACH);
}

TEST_BOTH(random_trees)
{
	int reached = 0, most = 0, tried = 0;

	ml_enter();
	for (int round = 0; round < (int)t_sample(400, 25); round++) {
		make_world(round);
		for (int i = 0; i < MOUNTS; i++) {
			char *path = ml("r%d_%d%s", round, i, parts[roll(4)]);
			int n;

			if (access(path, F_OK) != 0)
				continue;
			n = against_kernel(path);
			tried++;
			reached += n;
			most = n > most ? n : most;
		}
		end_world(round);
	}
	t_note("%d mounts made at %d places, at most %d at once", reached, tried, most);
	T_CHECK(reached > tried && most >= 5);
}

/* Mounts on mounts, so that events come to places that others hide. */
TEST_BOTH(hidden_places)
{
	char *a, *b;

	ml_enter();
	a = ml_tmpfs("a", 0, NULL);
	T_SYS(mkdir(t_fmt("%s/x", a), 0755));
	T_SYS(mkdir(t_fmt("%s/x/y", a), 0755));
	ml_set(a, MS_SHARED);
	b = ml_bind(a, "b");
	ml_set(b, MS_PRIVATE);
	ml_mount("over", t_fmt("%s/x", b), "tmpfs", 0, NULL);
	ck_assert_int_eq(against_kernel(t_fmt("%s/x", a)), 1);
	T_SYS(umount(t_fmt("%s/x", b)));
	T_SYS(umount(b));
	ml_bind(a, "b");
	ml_set(b, MS_SLAVE);
	ml_mount("over", t_fmt("%s/x", b), "tmpfs", 0, NULL);
	T_SYS(mkdir(t_fmt("%s/x/y", b), 0755));
	ck_assert_int_eq(against_kernel(t_fmt("%s/x/y", a)), 2);
	ck_assert_int_eq(against_kernel(t_fmt("%s/x", a)), 2);
	ck_assert_int_eq(against_kernel(t_fmt("%s/x/y", b)), 1);
}

/* The groups are those of the mounts: each by the number that the table tells. */
TEST_BOTH(groups)
{
	contain_mount_table *t;
	contain_mount_graph *g;
	int shared, member = 0, slave = 0;

	ml_enter();
	make_world(0);
	t = ml_take(-1, 0);
	g = graph(t);
	for (int i = 0; i < contain_mount_graph_group_count(g); i++) {
		uint32_t id = contain_mount_graph_group_id(g, i);

		ck_assert_int_eq(contain_mount_graph_find_group(g, id), i);
		for (int k = 0; k < contain_mount_graph_member_count(g, i); k++, member++)
			ck_assert_uint_eq(contain_mount_table_peer_group(
						  t, contain_mount_graph_member(g, i, k)),
					  id);
		for (int k = 0; k < contain_mount_graph_slave_count(g, i); k++, slave++)
			ck_assert_uint_eq(
				contain_mount_table_master(t, contain_mount_graph_slave(g, i, k)),
				id);
	}
	shared = contain_mount_table_count(t);
	for (int i = 0; i < contain_mount_table_count(t); i++) {
		shared -= !contain_mount_table_peer_group(t, i);
		slave -= contain_mount_table_master(t, i) != 0;
	}
	T_CHECK(member == shared && slave == 0 && member > 2, "%d %d %d", member, shared, slave);
	contain_mount_graph_free(g);
	contain_mount_table_free(t);
	end_world(0);
}
