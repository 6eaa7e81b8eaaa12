/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Every allocation of the primitives on groups fails once: -ENOMEM, and nothing is lost. */
#include "t_malloc.h"

#include "../live/t_cg_tree.h"
#include "feature/feature.h"

static int top;

static int job_discover(contain_error **e)
{
	contain_cgroup_info *info = NULL;
	int r = contain_cgroup_discover(&info, e);

	T_CHECK((r == 0) == (info != NULL));
	contain_cgroup_info_free(info);
	return r;
}

static int job_own(contain_error **e)
{
	int fd = -1, r = contain_cgroup_open_own(&fd, e);

	if (fd >= 0)
		close(fd);
	return r;
}

static int job_list(contain_error **e)
{
	contain_pids *pids = NULL;
	int r = contain_cgroup_list_processes(top, CONTAIN_CGROUP_RECURSIVE, &pids, e);

	T_CHECK((r == 0) == (pids != NULL));
	contain_pids_free(pids);
	return r;
}

static int job_delegate(contain_error **e)
{
	return contain_cgroup_delegate(top, 0, 0, e);
}

/* Killed though it cannot be remembered of the groups below. */
static int job_kill(contain_error **e)
{
	return contain_cgroup_kill(top, e);
}

static int job_missing(contain_error **e)
{
	int r = contain_cgroup_enable_below(top, "a", "nosuch", 0, NULL, e);

	return r == -ENOENT ? 0 : r;
}

static int run(int (*job)(contain_error **), long at)
{
	contain_error *e = NULL;
	int r;

	ct_facts_drop();
	fail_at = at;
	living = seen = 0;
	armed = 1;
	r = job(&e);
	contain_error_free(e);
	ct_facts_drop();
	armed = 0;
	return r;
}

static void every_allocation(int (*job)(contain_error **), const char *name, int may_pass)
{
	struct t_state *before;
	int failed = 0;
	long n;

	ck_assert_int_eq(run(job, 0), 0);
	n = seen;
	T_CHECK(n > 0 && living == 0, "%s: %ld allocations, %ld left", name, n, living);
	before = t_state_take(T_FDS); /* children are killed by one of them */
	for (long at = 1; at <= n; at++) {
		int r = run(job, at);

		T_EXPECT(r == -ENOMEM || (r == 0 && may_pass), "%s: allocation %ld: %d", name, at,
			 r);
		T_EXPECT(living == 0, "%s: allocation %ld: %ld are not freed", name, at, living);
		failed += r < 0;
	}
	t_state_check(before);
	t_note("%s: %ld allocations: %d told -ENOMEM", name, n, failed);
}

TEST_LIMIT(every_allocation_fails_once, 60)
{
	int a;

	if (T_SANITIZED)
		t_skip("allocation is the sanitizer's");
	top = cg_top();
	a = cg_make(top, "a");
	close(cg_make(a, "b"));
	for (int i = 0; i < 100; i++) /* more than one table has room for */
		cg_child(a, NULL);
	for (int i = 0; i < 40; i++)
		close(cg_make(top, t_fmt("%0100d", i)));
	/* without the mount table, or a hint, the answer is a poorer one */
	every_allocation(job_discover, "discover", 1);
	every_allocation(job_own, "own", 0);
	every_allocation(job_list, "list", 1); /* qsort(3) does without what it asks for */
	every_allocation(job_delegate, "delegate", 0);
	every_allocation(job_missing, "missing", 1);
	every_allocation(job_kill, "kill", 1);
	while (waitpid(-1, NULL, 0) > 0)
		;
}
