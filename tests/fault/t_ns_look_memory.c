/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Every allocation of an inventory and of the limits fails once: -ENOMEM, and nothing is lost. */
#include "t_malloc.h"

#include "../live/t_ns_look.h"

#include <sys/inotify.h>

static int job_take(contain_error **e)
{
	contain_inventory *inv = NULL;
	int r = contain_inventory_take(0, CONTAIN_INVENTORY_FDS, &inv, e);

	T_CHECK((r == 0) == (inv != NULL));
	T_CHECK(r < 0 || contain_inventory_count(inv) >= 140, "%d", contain_inventory_count(inv));
	contain_inventory_free(inv);
	return r;
}

static int job_limits(contain_error **e)
{
	contain_ns_limits *l = NULL;
	int r = contain_ns_limits_take(&l, e);

	T_CHECK((r == 0) == (l != NULL));
	contain_ns_limits_free(l);
	return r;
}

static void every_allocation(int (*job)(contain_error **), const char *name)
{
	int failed = 0, step = t_guest() ? 5 : 1;
	struct t_state *before;
	long n;

	ck_assert_int_eq(malloc_run(job, 0), 0);
	n = seen;
	T_CHECK(n > 20 && living == 0, "%s: %ld allocations, %ld left", name, n, living);
	before = t_state_take(T_FDS | T_CHILDREN);
	for (long at = 1; at <= n; at += step) {
		int r = malloc_run(job, at);

		/* qsort(3) does without the memory that it asks for */
		T_EXPECT(r == 0 || r == -ENOMEM, "%s: allocation %ld: %d", name, at, r);
		T_EXPECT(living == 0, "%s: allocation %ld: %ld are not freed", name, at, living);
		failed += r < 0;
	}
	t_state_check(before);
	t_note("%s: %ld allocations: %d told -ENOMEM", name, n, failed);
	T_CHECK(failed + 3 >= n / step, "%s: %d of %ld", name, failed, n);
}

static void memory_world(void)
{
	const char *pin = t_fmt("%s/pin", t_tmpdir());

	/* more than one table has room for */
	for (int i = 0; i < 70; i++)
		if (!fork()) {
			T_SYS(unshare(CLONE_NEWUTS | CLONE_NEWIPC));
			tl_stay(0);
		}
	for (int i = 0; i < 2; i++)
		T_SYS(inotify_init1(IN_CLOEXEC));
	t_write_file(pin, "");
	T_SYS(mount("/proc/self/ns/uts", pin, NULL, MS_BIND, NULL));
	for (int i = 0; i < 10000; i++) {
		contain_inventory *inv = tl_take(CONTAIN_NS_IPC, 0);
		int n = contain_inventory_count(inv);

		contain_inventory_free(inv);
		if (n == 71)
			break;
		usleep(1000);
	}
	every_allocation(job_take, "inventory");
	every_allocation(job_limits, "limits");
}

TEST_LIMIT(every_allocation_fails_once, 60)
{
	if (T_SANITIZED)
		t_skip("allocation is the sanitizer's");
	t_need_root();
	tl_world(memory_world);
}
