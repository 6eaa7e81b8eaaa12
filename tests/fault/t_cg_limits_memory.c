/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Every allocation of the functions for limits fails once: -ENOMEM, nothing changed or lost. */
#include "t_malloc.h"

#include "cgroup/limits.h"

#include <contain/cgroup.h>
#include <contain/cgroup_limits.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static int group_fd;
static const char *group, *depth;
static int has_hugetlb, has_memory;

/* The first refusal is kept: who asked no setter is told here. */
static int fill(contain_limits *l)
{
	for (int i = 0; i < 10; i++)
		contain_limits_set_misc_max(l, (char[]){ (char)('a' + i), 0 }, (uint64_t)i);
	contain_limits_set_cpu_weight(l, 5);
	contain_limits_set_cpu_max(l, 5000, 10000);
	contain_limits_set_cpu_uclamp_min(l, 5);
	contain_limits_set_cpuset_cpus(l, "0");
	contain_limits_set_cpuset_partition(l, 1);
	contain_limits_set_memory_max(l, 4096);
	contain_limits_set_io_weight(l, 5);
	contain_limits_set_io_device_weight(l, 8, 0, 5);
	contain_limits_set_io_max(l, 8, 0, CONTAIN_IO_RBPS, 5);
	contain_limits_set_io_latency(l, 8, 0, 5);
	contain_limits_set_hugetlb_max(l, 2 << 20, 0);
	contain_limits_set_rdma_max(l, "a", "hca_handle", 0);
	contain_limits_set_raw(l, "memory.high", "64M");
	contain_limits_set_raw(l, "io.max", "8:0 wbps=7 riops=9");
	contain_limits_set_raw(l, "memory.new", "7 8");
	return contain_limits_check(l, NULL);
}

static int job_value(contain_error **e)
{
	contain_limits *l = NULL, *copy = NULL;
	int before, r = contain_limits_new(&l);

	if (r < 0)
		return r;
	r = fill(l);
	if (!r)
		r = contain_limits_copy(l, &copy);
	if (!r) {
		ct_limits_drop(copy, CT_LIMIT_MISC_MAX, NULL);
		before = contain_limits_count(copy);
		r = contain_limits_merge(copy, l);
		T_CHECK(contain_limits_count(copy) == (r ? before : before + 10));
	}
	contain_limits_free(copy);
	contain_limits_free(l);
	return r;
}

static int job_apply(contain_error **e)
{
	contain_limits *l = NULL;
	char text[32];
	int r = contain_limits_new(&l);

	if (r < 0)
		return r;
	contain_limits_set_raw(l, "cgroup.max.depth", "5");
	contain_limits_set_raw(l, "cgroup.max.descendants", "6");
	if (has_hugetlb)
		contain_limits_set_hugetlb_max(l, 2 << 20, 0);
	if (has_memory) {
		contain_limits_set_cpu_idle(l, 1);
		contain_limits_set_memory_max(l, 8192);
	}
	r = contain_limits_apply(l, group_fd, e);
	contain_limits_free(l);
	t_read_file(depth, text, sizeof(text));
	ck_assert_str_eq(text, r ? "max\n" : "5\n");
	t_write_file(depth, "max");
	return r;
}

static int job_read(contain_error **e)
{
	contain_limits *l = NULL;
	int r = contain_limits_read(group_fd, &l, e);

	T_CHECK((r == 0) == (l != NULL));
	contain_limits_free(l);
	return r;
}

static int job_effective(contain_error **e)
{
	contain_limits *l = NULL;
	int r = contain_limits_effective(group_fd, &l, e);

	T_CHECK((r == 0) == (l != NULL));
	contain_limits_free(l);
	return r;
}

static void every_allocation(int (*job)(contain_error **), const char *name)
{
	struct t_state *before;
	int failed = 0;
	long n;

	malloc_run(job, 0); /* what is made once and kept */
	ck_assert_int_eq(malloc_run(job, 0), 0);
	n = seen;
	T_CHECK(n > 0 && living == 0, "%s: %ld allocations, %ld left", name, n, living);
	before = t_state_take(T_FDS | T_CGROUPS);
	for (long at = 1; at <= n; at++) {
		int r = malloc_run(job, at);

		T_EXPECT(r == -ENOMEM || (r == 0 && job == job_apply), "%s: allocation %ld: %d",
			 name, at, r);
		T_EXPECT(living == 0, "%s: allocation %ld: %ld are not freed", name, at, living);
		failed += r < 0;
	}
	t_state_check(before);
	t_note("%s: %ld allocations: %d told -ENOMEM", name, n, failed);
	T_CHECK(failed > 0);
}

TEST_LIMIT(every_allocation_fails_once, 60)
{
	if (T_SANITIZED)
		t_skip("allocation is the sanitizer's");
	group = t_cgroup_make("cgroup2");
	depth = t_fmt("%s/cgroup.max.depth", group);
	has_hugetlb = !access(t_fmt("%s/hugetlb.2MB.max", group), F_OK);
	has_memory = !access(t_fmt("%s/memory.max", group), F_OK);
	group_fd = open(group, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	every_allocation(job_value, "value");
	every_allocation(job_apply, "apply");
	every_allocation(job_read, "read");
	every_allocation(job_effective, "effective");
}
