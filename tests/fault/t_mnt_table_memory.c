/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Every allocation of tables, differences, graphs and monitors fails once, those of libmount too:
 * -ENOMEM, or all of it; never a part.
 */
#include "t_malloc.h"

#include "../live/t_mnt_look.h"

static contain_mount_table *whole;

static int job_take(contain_error **e)
{
	contain_mount_table *t = NULL;
	int r = contain_mount_table_take(-1, 0, &t, e);

	T_CHECK((r == 0) == (t != NULL));
	if (r == 0)
		ml_same(t, whole, "what is there");
	contain_mount_table_free(t);
	return r;
}

static int job_statmount(contain_error **e)
{
	contain_mount_table *t = NULL;
	int r = contain_mount_table_take(-1, CONTAIN_MOUNT_TABLE_STATMOUNT, &t, e);

	T_CHECK((r == 0) == (t != NULL));
	T_CHECK(r < 0 || contain_mount_table_count(t) == contain_mount_table_count(whole));
	contain_mount_table_free(t);
	return r == -EOPNOTSUPP ? 0 : r;
}

static int job_get(contain_error **e)
{
	contain_mount_table *t = NULL;
	int r = contain_mount_get(AT_FDCWD, ml_base, &t, e);

	T_CHECK((r == 0) == (t != NULL));
	contain_mount_table_free(t);
	return r;
}

static int job_graph(contain_error **e)
{
	contain_mount_graph *g = NULL;
	contain_mount_reach *reach = NULL;
	int r = contain_mount_graph_new(whole, &g, e);

	if (r == 0)
		r = contain_mount_graph_reach(g, "/", &reach, e);
	T_CHECK((r == 0) == (reach != NULL));
	contain_mount_reach_free(reach);
	contain_mount_graph_free(g);
	return r;
}

static int job_diff(contain_error **e)
{
	contain_mount_diff *d = NULL;
	int r = contain_mount_table_diff(whole, whole, &d, e);

	T_CHECK((r == 0) == (d != NULL));
	contain_mount_diff_free(d);
	return r;
}

static int job_monitor(contain_error **e)
{
	contain_mount_monitor *m = NULL;
	contain_mount_diff *d = NULL;
	int r = contain_mount_monitor_new(-1, &m, e);

	T_CHECK((r == 0) == (m != NULL));
	if (r == 0)
		r = contain_mount_monitor_look(m, &d, e);
	T_CHECK(!d);
	contain_mount_monitor_free(m);
	return r;
}

static void every_allocation(int (*job)(contain_error **), const char *name, int least)
{
	int failed = 0, step = t_guest() ? 7 : 1;
	struct t_state *before;
	long n;

	ck_assert_int_eq(malloc_run(job, 0), 0);
	ck_assert_int_eq(malloc_run(job, 0), 0);
	n = seen;
	T_CHECK(n >= least && living == 0, "%s: %ld allocations, %ld left", name, n, living);
	before = t_state_take(T_FDS | T_CHILDREN);
	for (long at = 1; at <= n; at += step) {
		int r = malloc_run(job, at);

		T_EXPECT(r == 0 || r == -ENOMEM, "%s: allocation %ld: %d", name, at, r);
		T_EXPECT(living == 0, "%s: allocation %ld: %ld are not freed", name, at, living);
		failed += r < 0;
	}
	t_state_check(before);
	t_note("%s: %ld allocations: %d told -ENOMEM", name, n, failed);
	/* qsort(3) and the like do without */
	T_CHECK((failed + 5) * step >= n * 9 / 10, "%s: %d of %ld", name, failed, n);
}

TEST_LIMIT(every_allocation_fails_once, 60)
{
	if (T_SANITIZED)
		t_skip("allocation is the sanitizer's");
	t_need_root();
	ml_enter();
	for (int i = 0; i < 20; i++)
		ml_tmpfs(t_fmt("d%d", i), 0, NULL);
	whole = ml_take(-1, 0);
	every_allocation(job_take, "take", 20);
	every_allocation(job_statmount, "statmount", 0);
	every_allocation(job_get, "get", 4);
	every_allocation(job_graph, "graph", 5);
	every_allocation(job_diff, "diff", 4);
	every_allocation(job_monitor, "monitor", 20);
	contain_mount_table_free(whole);
}
