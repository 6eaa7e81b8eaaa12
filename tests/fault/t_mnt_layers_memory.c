/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Every allocation of unions and layers fails once: -ENOMEM, and nothing is lost. */
#include "t_malloc.h"

#include "t_mnt_layers.h"

static int job_mount(contain_error **e)
{
	return tf_mount(e, 0);
}

static int job_check(contain_error **e)
{
	return tf_check(e);
}

static int job_diff(contain_error **e)
{
	return tf_diff(e);
}

static int job_commit(contain_error **e)
{
	return tf_commit(e, CONTAIN_LAYER_KEEP);
}

static int job_discard(contain_error **e)
{
	return tf_discard(e);
}

static void every_allocation(int (*job)(contain_error **), const char *name, int upper)
{
	struct t_state *before;
	int failed = 0;
	long n;

	if (upper)
		tf_upper();
	ck_assert_int_eq(malloc_run(job, 0), 0);
	n = seen;
	before = t_state_take(T_FDS | T_CHILDREN);
	for (long at = 1; at <= n; at++) {
		int r;

		if (upper)
			tf_upper();
		r = malloc_run(job, at);
		T_EXPECT(r == 0 || r == -ENOMEM, "%s: allocation %ld: %d", name, at, r);
		T_EXPECT(living == 0, "%s: allocation %ld: %ld are not freed", name, at, living);
		failed += r < 0;
	}
	t_state_check(before);
	t_note("%s: %ld allocations: %d told -ENOMEM", name, n, failed);
	T_CHECK(failed > 0, "%s", name);
}

TEST_LIMIT(every_allocation_fails, 120)
{
	t_need_root();
	if (T_SANITIZED)
		t_skip("allocation is the sanitizer's");
	tf_world();
	tm_way(TM_STRING);
	every_allocation(job_mount, "mount", 0);
	tm_way(TM_OWN);
	every_allocation(job_check, "check", 1);
	every_allocation(job_diff, "diff", 1);
	every_allocation(job_commit, "commit", 1);
	every_allocation(job_discard, "discard", 1);
}
