/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Limits as a value, without any group: setters, order, merging, text. */
#include "harness.h"

#include "cgroup/limits.h"
#include "cgroup/limits_parse.h"

#include <contain/cgroup_limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX CONTAIN_LIMIT_MAX

static contain_limits *fresh(void)
{
	contain_limits *l;

	ck_assert_int_eq(contain_limits_new(&l), 0);
	return l;
}

/* "key=value;..." in the order of writing */
static const char *text_of(const contain_limits *l)
{
	static char text[4096];
	size_t at = 0;

	text[0] = 0;
	for (int i = 0; i < contain_limits_count(l); i++)
		at += (size_t)snprintf(text + at, sizeof(text) - at, "%s=%s;",
				       contain_limits_key(l, i), contain_limits_value(l, i));
	return text;
}

/* What was just set, alone in a fresh set. */
static void is(contain_limits *l, int r, const char *expected)
{
	contain_error *err = NULL;

	ck_assert_int_eq(r, 0);
	ck_assert_int_eq(contain_limits_check(l, &err), 0);
	ck_assert_str_eq(text_of(l), expected);
	contain_limits_free(l);
}

/* Refused, kept, and told with the name of the field. */
static void refused(contain_limits *l, int r, const char *field, const char *why)
{
	contain_error *err = NULL;

	ck_assert_int_eq(r, -EINVAL);
	ck_assert_int_eq(contain_limits_count(l), 0);
	ck_assert_int_eq(contain_limits_check(l, &err), -EINVAL);
	ck_assert_int_eq(contain_error_phase(err), CONTAIN_PHASE_SPEC);
	ck_assert_str_eq(contain_error_object(err), field);
	T_CHECK(strstr(contain_error_hint(err), why), "%s", contain_error_hint(err));
	contain_error_free(err);
	contain_limits_free(l);
}

#define IS(call, expected)                          \
	do {                                        \
		contain_limits *l = fresh();        \
		int r_ = contain_limits_set_##call; \
		is(l, r_, expected);                \
	} while (0)
#define REFUSED(call, field, why)                   \
	do {                                        \
		contain_limits *l = fresh();        \
		int r_ = contain_limits_set_##call; \
		refused(l, r_, field, why);         \
	} while (0)

TEST(cpu)
{
	IS(cpu_weight(l, 1), "cpu.weight=1;");
	IS(cpu_weight(l, 10000), "cpu.weight=10000;");
	REFUSED(cpu_weight(l, 0), "cpu_weight", "between 1 and 10000");
	REFUSED(cpu_weight(l, 10001), "cpu_weight", "between 1 and 10000");
	REFUSED(cpu_weight(l, MAX), "cpu_weight", "between 1 and 10000");
	IS(cpu_idle(l, 0), "cpu.idle=0;");
	IS(cpu_idle(l, 1), "cpu.idle=1;");
	REFUSED(cpu_idle(l, 2), "cpu_idle", "neither 0 nor 1");
	REFUSED(cpu_idle(l, -1), "cpu_idle", "neither 0 nor 1");
	IS(cpu_max(l, 1000, 1000), "cpu.max=1000 1000;");
	IS(cpu_max(l, MAX, 100000), "cpu.max=max 100000;");
	IS(cpu_max(l, (1ULL << 44) - 1, 1000000), "cpu.max=17592186044415 1000000;");
	REFUSED(cpu_max(l, 999, 100000), "cpu_max", "quota");
	REFUSED(cpu_max(l, 1ULL << 44, 100000), "cpu_max", "quota");
	REFUSED(cpu_max(l, 1000, 999), "cpu_max", "period");
	REFUSED(cpu_max(l, 1000, 1000001), "cpu_max", "period");
	IS(cpu_max_burst(l, 0), "cpu.max.burst=0;");
	IS(cpu_max_burst(l, 5000), "cpu.max.burst=5000;");
	REFUSED(cpu_max_burst(l, MAX), "cpu_max_burst", "over");
	IS(cpu_uclamp_min(l, 0), "cpu.uclamp.min=0.00;");
	IS(cpu_uclamp_min(l, 1203), "cpu.uclamp.min=12.03;");
	IS(cpu_uclamp_min(l, 10000), "cpu.uclamp.min=100.00;");
	IS(cpu_uclamp_max(l, MAX), "cpu.uclamp.max=max;");
	IS(cpu_uclamp_max(l, 1250), "cpu.uclamp.max=12.50;");
	REFUSED(cpu_uclamp_min(l, 10001), "cpu_uclamp_min", "10000");
	REFUSED(cpu_uclamp_max(l, 10001), "cpu_uclamp_max", "10000");
}

TEST(cpuset)
{
	static const char *const bad[] = {
		"a",   "0-",	  "-1",	 "1-0", ",",	 "0,",
		",0",  "0,,1",	  " 0",	 "0 ",	"0-3-5", "8192",
		"0x1", "0-3:1/2", "all", "0\n", "0;1",	 "99999999999999999999999"
	};

	IS(cpuset_cpus(l, "0"), "cpuset.cpus=0;");
	IS(cpuset_cpus(l, "0-3,8,10-8191"), "cpuset.cpus=0-3,8,10-8191;");
	IS(cpuset_cpus(l, ""), "cpuset.cpus=\n;");
	IS(cpuset_mems(l, "0-1"), "cpuset.mems=0-1;");
	IS(cpuset_mems(l, ""), "cpuset.mems=\n;");
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		REFUSED(cpuset_cpus(l, bad[i]), "cpuset_cpus", "list of processors");
		REFUSED(cpuset_mems(l, bad[i]), "cpuset_mems", "list of memory nodes");
	}
	REFUSED(cpuset_mems(l, "1024"), "cpuset_mems", "list");
	REFUSED(cpuset_cpus(l, NULL), "cpuset_cpus", "NULL");
	REFUSED(cpuset_cpus(l, t_fmt("%04001d", 0)), "cpuset_cpus", "longer");
	IS(cpuset_partition(l, CONTAIN_PARTITION_MEMBER), "cpuset.cpus.partition=member;");
	IS(cpuset_partition(l, CONTAIN_PARTITION_ROOT), "cpuset.cpus.partition=root;");
	IS(cpuset_partition(l, CONTAIN_PARTITION_ISOLATED), "cpuset.cpus.partition=isolated;");
	REFUSED(cpuset_partition(l, 3), "cpuset_partition", "none of");
	REFUSED(cpuset_partition(l, -1), "cpuset_partition", "none of");
}

TEST(memory)
{
	IS(memory_min(l, 4096), "memory.min=4096;");
	IS(memory_low(l, 0), "memory.low=0;");
	IS(memory_high(l, MAX), "memory.high=max;");
	IS(memory_max(l, INT64_MAX), "memory.max=9223372036854775807;");
	IS(memory_swap_high(l, 1), "memory.swap.high=1;");
	IS(memory_swap_max(l, 0), "memory.swap.max=0;");
	IS(memory_zswap_max(l, 0), "memory.zswap.max=0;");
	IS(memory_oom_group(l, 1), "memory.oom.group=1;");
	REFUSED(memory_min(l, 1ULL << 63), "memory_min", "2^63");
	REFUSED(memory_low(l, 1ULL << 63), "memory_low", "2^63");
	REFUSED(memory_high(l, 1ULL << 63), "memory_high", "2^63");
	REFUSED(memory_max(l, MAX - 1), "memory_max", "2^63");
	REFUSED(memory_swap_high(l, MAX - 1), "memory_swap_high", "2^63");
	REFUSED(memory_swap_max(l, MAX - 1), "memory_swap_max", "2^63");
	REFUSED(memory_zswap_max(l, MAX - 1), "memory_zswap_max", "2^63");
	REFUSED(memory_oom_group(l, 2), "memory_oom_group", "neither");
}

TEST(io)
{
	IS(io_weight(l, 1), "io.weight=default 1;");
	REFUSED(io_weight(l, 0), "io_weight", "between");
	REFUSED(io_weight(l, 10001), "io_weight", "between");
	IS(io_device_weight(l, 8, 16, 200), "io.weight=8:16 200;");
	IS(io_device_weight(l, 8, 16, 0), "io.weight=8:16 default;");
	REFUSED(io_device_weight(l, 8, 16, 10001), "io_device_weight", "between");
	REFUSED(io_device_weight(l, 0, 16, 100), "io_device_weight", "major 0");
	IS(io_max(l, 8, 0, CONTAIN_IO_RBPS, 1048576), "io.max=8:0 rbps=1048576;");
	IS(io_max(l, 8, 0, CONTAIN_IO_WBPS, MAX), "io.max=8:0 wbps=max;");
	IS(io_max(l, 4095, 1048575, CONTAIN_IO_RIOPS, 2), "io.max=4095:1048575 riops=2;");
	IS(io_max(l, 8, 0, CONTAIN_IO_WIOPS, 5), "io.max=8:0 wiops=5;");
	REFUSED(io_max(l, 8, 0, 0, 5), "io_max", "CONTAIN_IO");
	REFUSED(io_max(l, 8, 0, 5, 5), "io_max", "CONTAIN_IO");
	REFUSED(io_max(l, 8, 0, CONTAIN_IO_RBPS, 0), "io_max", "under");
	REFUSED(io_max(l, 8, 0, CONTAIN_IO_RBPS, 1), "io_max", "under");
	REFUSED(io_max(l, 4096, 0, CONTAIN_IO_RBPS, 5), "io_max", "4095:1048575");
	REFUSED(io_max(l, 1, 1048576, CONTAIN_IO_RBPS, 5), "io_max", "4095:1048575");
	IS(io_latency(l, 8, 0, 75000), "io.latency=8:0 target=75000;");
	IS(io_latency(l, 8, 0, MAX), "io.latency=8:0 target=max;");
	REFUSED(io_latency(l, 8, 0, 0), "io_latency", "is 0");
	REFUSED(io_latency(l, 8, 0, UINT64_MAX / 1000 + 1), "io_latency", "over");
	REFUSED(io_latency(l, 0, 0, 75000), "io_latency", "major 0");
}

TEST(others)
{
	IS(pids_max(l, 0), "pids.max=0;");
	IS(pids_max(l, 4194304), "pids.max=4194304;");
	IS(pids_max(l, MAX), "pids.max=max;");
	REFUSED(pids_max(l, 4194305), "pids_max", "over");
	IS(hugetlb_max(l, 2 << 20, 4 << 20), "hugetlb.2MB.max=4194304;");
	IS(hugetlb_max(l, 1 << 30, MAX), "hugetlb.1GB.max=max;");
	IS(hugetlb_max(l, 16ULL << 30, 0), "hugetlb.16GB.max=0;");
	IS(hugetlb_max(l, 64 << 10, 0), "hugetlb.64KB.max=0;");
	IS(hugetlb_rsvd_max(l, 2 << 20, 0), "hugetlb.2MB.rsvd.max=0;");
	REFUSED(hugetlb_max(l, 3 << 20, 0), "hugetlb_max", "power of two");
	REFUSED(hugetlb_max(l, 2048, 0), "hugetlb_max", "power of two");
	REFUSED(hugetlb_max(l, 0, 0), "hugetlb_max", "power of two");
	REFUSED(hugetlb_max(l, 2 << 20, MAX - 1), "hugetlb_max", "2^63");
	REFUSED(hugetlb_rsvd_max(l, 5, 0), "hugetlb_rsvd_max", "power of two");
	IS(rdma_max(l, "mlx5_0", "hca_handle", 2), "rdma.max=mlx5_0 hca_handle=2;");
	IS(rdma_max(l, "mlx5_0", "hca_object", MAX), "rdma.max=mlx5_0 hca_object=max;");
	REFUSED(rdma_max(l, "mlx5 0", "hca_handle", 2), "rdma_max", "device");
	REFUSED(rdma_max(l, "", "hca_handle", 2), "rdma_max", "device");
	REFUSED(rdma_max(l, NULL, "hca_handle", 2), "rdma_max", "device");
	REFUSED(rdma_max(l, "m\n", "hca_handle", 2), "rdma_max", "device");
	REFUSED(rdma_max(l, "mlx5_0", "hca", 2), "rdma_max", "resource");
	REFUSED(rdma_max(l, "mlx5_0", NULL, 2), "rdma_max", "resource");
	REFUSED(rdma_max(l, "mlx5_0", "hca_handle", 1ULL << 31), "rdma_max", "2147483647");
	IS(misc_max(l, "sev", 10), "misc.max=sev 10;");
	IS(misc_max(l, "sev_es", MAX), "misc.max=sev_es max;");
	REFUSED(misc_max(l, "sev 1", 10), "misc_max", "resource");
	REFUSED(misc_max(l, NULL, 10), "misc_max", "resource");
	REFUSED(misc_max(l, t_fmt("%070d", 0), 10), "misc_max", "resource");
}

TEST(raw_of_known_files_is_the_same_limit)
{
	IS(raw(l, "memory.max", "64M"), "memory.max=67108864;");
	IS(raw(l, "memory.max", "max"), "memory.max=max;");
	IS(raw(l, "memory.high", "1g"), "memory.high=1073741824;");
	IS(raw(l, "hugetlb.2MB.max", "4M"), "hugetlb.2MB.max=4194304;");
	IS(raw(l, "cpu.max", "max"), "cpu.max=max 100000;");
	IS(raw(l, "cpu.max", "5000 10000"), "cpu.max=5000 10000;");
	IS(raw(l, "cpu.uclamp.min", "5"), "cpu.uclamp.min=5.00;");
	IS(raw(l, "cpu.uclamp.min", "5.5"), "cpu.uclamp.min=5.50;");
	IS(raw(l, "cpuset.cpus", ""), "cpuset.cpus=\n;");
	IS(raw(l, "cpuset.cpus.partition", "isolated"), "cpuset.cpus.partition=isolated;");
	IS(raw(l, "io.weight", "50"), "io.weight=default 50;");
	IS(raw(l, "io.weight", "default 50"), "io.weight=default 50;");
	IS(raw(l, "io.weight", "8:0 50"), "io.weight=8:0 50;");
	IS(raw(l, "io.weight", "8:0 default"), "io.weight=8:0 default;");
	IS(raw(l, "io.max", "8:0 rbps=5 wbps=max"), "io.max=8:0 rbps=5;io.max=8:0 wbps=max;");
	IS(raw(l, "io.latency", "8:0 target=5"), "io.latency=8:0 target=5;");
	IS(raw(l, "rdma.max", "a hca_handle=1 hca_object=max"),
	   "rdma.max=a hca_handle=1;rdma.max=a hca_object=max;");
	IS(raw(l, "misc.max", "sev 3"), "misc.max=sev 3;");
	REFUSED(raw(l, "memory.max", "64X"), "raw", "number of bytes");
	REFUSED(raw(l, "memory.max", "-1"), "raw", "number of bytes");
	REFUSED(raw(l, "memory.max", "M"), "raw", "number of bytes");
	REFUSED(raw(l, "memory.max", "16E"), "raw", "number of bytes");
	REFUSED(raw(l, "memory.max", "8E"), "raw", "2^63");
	REFUSED(raw(l, "memory.max", "maxM"), "raw", "number of bytes");
	REFUSED(raw(l, "memory.max", "18446744073709551615"), "raw", "number of bytes");
	REFUSED(raw(l, "memory.max", "1 2"), "raw", "number of bytes");
	REFUSED(raw(l, "pids.max", "64M"), "raw", "not a number");
	REFUSED(raw(l, "pids.max", ""), "raw", "empty");
	REFUSED(raw(l, "pids.max", "1\n2"), "raw", "newline");
	REFUSED(raw(l, "cpu.weight", "max"), "raw", "not a number");
	REFUSED(raw(l, "cpu.max", "5000 10000 1"), "raw", "QUOTA PERIOD");
	REFUSED(raw(l, "cpu.uclamp.max", "5.555"), "raw", "percentage");
	REFUSED(raw(l, "io.max", "8:0 rbps=5 foo=1"), "raw", "key");
	REFUSED(raw(l, "io.max", "8:0"), "raw", "nothing after");
	REFUSED(raw(l, "io.max", "sda rbps=5"), "raw", "number of a device");
	REFUSED(raw(l, "cpuset.cpus.partition", "root invalid"), "raw", "one word");
}

TEST(raw_of_others)
{
	IS(raw(l, "memory.new", "5 6"), "memory.new=5 6;");
	IS(raw(l, "cgroup.max.depth", "5"), "cgroup.max.depth=5;");
	IS(raw(l, "hugetlb.2MB.new", "5"), "hugetlb.2MB.new=5;");
	REFUSED(raw(l, "cgroup.procs", "5"), "raw", "cgroup.*");
	REFUSED(raw(l, "cgroup.subtree_control", "+cpu"), "raw", "cgroup.*");
	REFUSED(raw(l, "../memory.max", "5"), "raw", "not the name");
	REFUSED(raw(l, "a/memory.max", "5"), "raw", "not the name");
	REFUSED(raw(l, "..", "5"), "raw", "not the name");
	REFUSED(raw(l, ".", "5"), "raw", "not the name");
	REFUSED(raw(l, "", "5"), "raw", "not the name");
	REFUSED(raw(l, NULL, "5"), "raw", "not the name");
	REFUSED(raw(l, "memory\n.max", "5"), "raw", "not the name");
	REFUSED(raw(l, t_fmt("%0300d", 0), "5"), "raw", "not the name");
	REFUSED(raw(l, "memory.new", NULL), "raw", "NULL");
	REFUSED(raw(l, "memory.new", " "), "raw", "empty");
	REFUSED(raw(l, "memory.new", t_fmt("%04001d", 0)), "raw", "longer");
}

/* Several words: told apart by the first one. */
TEST(raw_lines_stand_beside_each_other)
{
	contain_limits *l = fresh();

	ck_assert_int_eq(contain_limits_set_raw(l, "io.new", "8:0 5"), 0);
	ck_assert_int_eq(contain_limits_set_raw(l, "io.new", "8:16 5"), 0);
	ck_assert_int_eq(contain_limits_set_raw(l, "io.new", "8:0 6"), 0);
	ck_assert_int_eq(contain_limits_set_raw(l, "memory.new", "6"), 0);
	ck_assert_int_eq(contain_limits_set_raw(l, "memory.new", "7"), 0);
	ck_assert_int_eq(l->v[0].controller, CT_CONTROLLER_IO);
	ck_assert_int_eq(l->v[2].controller, CT_CONTROLLER_MEMORY);
	is(l, 0, "io.new=8:0 6;io.new=8:16 5;memory.new=7;");
}

/* Set in the worst order, written in the right one; what is set twice is there once. */
TEST(order)
{
	contain_limits *l = fresh();

	contain_limits_set_raw(l, "cgroup.max.depth", "3");
	contain_limits_set_pids_max(l, 5);
	contain_limits_set_io_max(l, 8, 0, CONTAIN_IO_WBPS, 100);
	contain_limits_set_io_max(l, 8, 0, CONTAIN_IO_RBPS, 100);
	contain_limits_set_memory_max(l, 8192);
	contain_limits_set_memory_oom_group(l, 1);
	contain_limits_set_cpu_max_burst(l, 1000);
	contain_limits_set_cpu_max(l, 2000, 2000);
	contain_limits_set_cpu_weight(l, 5);
	contain_limits_set_cpu_idle(l, 0);
	contain_limits_set_cpuset_partition(l, 1);
	contain_limits_set_cpuset_cpus(l, "1");
	contain_limits_set_pids_max(l, 6);
	contain_limits_set_io_max(l, 8, 0, CONTAIN_IO_WBPS, 200);
	is(l, 0,
	   "cpuset.cpus=1;cpuset.cpus.partition=root;cpu.idle=0;cpu.weight=5;cpu.max=2000 2000;"
	   "cpu.max.burst=1000;memory.oom.group=1;memory.max=8192;io.max=8:0 wbps=200;"
	   "io.max=8:0 rbps=100;pids.max=6;cgroup.max.depth=3;");
}

TEST(first_refusal_is_kept)
{
	contain_limits *l = fresh(), *copy, *other = fresh();
	contain_error *err = NULL;

	contain_limits_set_memory_max(l, 4096);
	ck_assert_int_eq(contain_limits_set_cpu_weight(l, 0), -EINVAL);
	ck_assert_int_eq(contain_limits_set_pids_max(l, MAX - 1), -EINVAL);
	ck_assert_int_eq(contain_limits_set_cpu_weight(l, 5), 0);
	ck_assert_int_eq(contain_limits_check(l, &err), -EINVAL);
	ck_assert_str_eq(contain_error_object(err), "cpu_weight");
	contain_error_free(err);
	ck_assert_int_eq(contain_limits_count(l), 2);
	ck_assert_int_eq(contain_limits_copy(l, &copy), 0);
	ck_assert_int_eq(contain_limits_check(copy, NULL), -EINVAL);
	ck_assert_int_eq(contain_limits_merge(other, l), 0);
	ck_assert_int_eq(contain_limits_check(other, NULL), -EINVAL);
	ck_assert_int_eq(contain_limits_apply(l, 0, NULL), -EINVAL);
	contain_limits_free(l);
	contain_limits_free(copy);
	contain_limits_free(other);
}

TEST(copies_and_merges)
{
	contain_limits *a = fresh(), *b = fresh(), *copy;
	contain_limits out = { .v = calloc(16, sizeof(*out.v)), .room = 16 };

	contain_limits_set_memory_max(a, 4096);
	contain_limits_set_io_max(a, 8, 0, CONTAIN_IO_RBPS, 100);
	contain_limits_set_pids_max(a, 5);
	contain_limits_set_cpu_weight(b, 7);
	contain_limits_set_io_max(b, 8, 0, CONTAIN_IO_WBPS, 100);
	contain_limits_set_pids_max(b, 6);
	ck_assert_int_eq(contain_limits_copy(a, &copy), 0);
	contain_limits_set_memory_max(a, 8192);
	ck_assert_str_eq(text_of(copy), "memory.max=4096;io.max=8:0 rbps=100;pids.max=5;");
	ct_limits_merge_shallow(copy, b, &out);
	ck_assert_str_eq(text_of(&out), "cpu.weight=7;memory.max=4096;io.max=8:0 rbps=100;"
					"io.max=8:0 wbps=100;pids.max=6;");
	ck_assert_int_eq(contain_limits_merge(copy, b), 0);
	ck_assert_str_eq(text_of(copy), "cpu.weight=7;memory.max=4096;io.max=8:0 rbps=100;"
					"io.max=8:0 wbps=100;pids.max=6;");
	ck_assert_int_eq(contain_limits_merge(copy, copy), 0);
	ck_assert_int_eq(contain_limits_count(copy), 5);
	ct_limits_merge_shallow(a, &(contain_limits){ 0 }, &out);
	ck_assert_str_eq(text_of(&out), "memory.max=8192;io.max=8:0 rbps=100;pids.max=5;");
	ct_limits_merge_shallow(&(contain_limits){ 0 }, a, &out);
	ck_assert_int_eq(contain_limits_count(&out), 3);
	ct_limits_drop(copy, CT_LIMIT_IO_MAX, "8:0 wbps");
	ct_limits_drop(copy, CT_LIMIT_PIDS_MAX, NULL);
	ck_assert_str_eq(text_of(copy), "cpu.weight=7;memory.max=4096;io.max=8:0 rbps=100;");
	free(out.v);
	contain_limits_free(a);
	contain_limits_free(b);
	contain_limits_free(copy);
}

TEST(nothing_given)
{
	contain_limits *l = fresh();
	contain_error *err = NULL;

	ck_assert_int_eq(contain_limits_new(NULL), -EINVAL);
	ck_assert_int_eq(contain_limits_copy(NULL, &l), -EINVAL);
	ck_assert_int_eq(contain_limits_copy(l, NULL), -EINVAL);
	ck_assert_int_eq(contain_limits_merge(NULL, l), -EINVAL);
	ck_assert_int_eq(contain_limits_merge(l, NULL), -EINVAL);
	ck_assert_int_eq(contain_limits_count(NULL), -EINVAL);
	ck_assert_ptr_null(contain_limits_key(NULL, 0));
	ck_assert_ptr_null(contain_limits_key(l, 0));
	ck_assert_ptr_null(contain_limits_value(l, -1));
	ck_assert_int_eq(contain_limits_check(NULL, &err), -EINVAL);
	ck_assert_str_eq(contain_error_object(err), "limits");
	contain_error_free(err);
	ck_assert_int_eq(contain_limits_set_memory_max(NULL, 1), -EINVAL);
	ck_assert_int_eq(contain_limits_set_raw(NULL, "a", "b"), -EINVAL);
	contain_limits_free(NULL);
	contain_limits_free(l);
}

/* ---- what the kernel writes -------------------------------------- */

static const struct {
	const char *file, *text, *expected;
} kernel[] = {
	{ "cpu.weight", "100\n", "cpu.weight=100;" },
	{ "cpu.weight", "0\n", "" }, /* of an idle group */
	{ "cpu.idle", "1\n", "cpu.idle=1;" },
	{ "cpu.max", "max 100000\n", "cpu.max=max 100000;" },
	{ "cpu.max", "1000 10000\n", "cpu.max=1000 10000;" },
	{ "cpu.uclamp.max", "max\n", "cpu.uclamp.max=max;" },
	{ "cpu.uclamp.min", "0.00\n", "cpu.uclamp.min=0.00;" },
	{ "cpuset.cpus", "\n", "cpuset.cpus=\n;" },
	{ "cpuset.cpus", "0-1\n", "cpuset.cpus=0-1;" },
	{ "cpuset.cpus.partition", "root\n", "cpuset.cpus.partition=root;" },
	{ "cpuset.cpus.partition", "root invalid (Cpu list in cpuset.cpus not exclusive)\n",
	  "cpuset.cpus.partition=root;" },
	{ "memory.max", "max\n", "memory.max=max;" },
	{ "io.weight", "default 100\n8:0 200\n", "io.weight=default 100;io.weight=8:0 200;" },
	{ "io.max", "8:0 rbps=5 wbps=max riops=max new=5 wiops=max\n8:16 rbps=7\n",
	  "io.max=8:0 rbps=5;io.max=8:0 wbps=max;io.max=8:0 riops=max;io.max=8:0 wiops=max;"
	  "io.max=8:16 rbps=7;" },
	{ "io.max", "strange\n8:16 rbps=7\n", "io.max=8:16 rbps=7;" },
	{ "io.latency", "8:0 target=75000\n", "io.latency=8:0 target=75000;" },
	{ "rdma.max", "mlx4_0 hca_handle=2 hca_object=max\nocrdma1 hca_handle=3 new=1\n",
	  "rdma.max=mlx4_0 hca_handle=2;rdma.max=mlx4_0 hca_object=max;"
	  "rdma.max=ocrdma1 hca_handle=3;" },
	{ "misc.max", "sev max\nsev_es 4\n", "misc.max=sev max;misc.max=sev_es 4;" },
	{ "hugetlb.1GB.rsvd.max", "max\n", "hugetlb.1GB.rsvd.max=max;" },
	{ "memory.max", "", "" },
	{ "memory.max", "junk\n", "" },
	{ "memory.max", "99999999999999999999999999\n", "" },
};

TEST(text_of_the_kernel)
{
	const char *why;

	for (size_t i = 0; i < sizeof(kernel) / sizeof(kernel[0]); i++) {
		contain_limits *l = fresh();
		char *text = strdup(kernel[i].text);

		ck_assert_int_eq(ct_limits_parse(l, kernel[i].file, text, 1, &why), 0);
		free(text);
		is(l, 0, kernel[i].expected);
	}
	ck_assert_int_eq(ct_limits_parse(NULL, "memory.new", (char[]){ "" }, 1, &why), -ENOENT);
}

/* ---- a fuzzer ---------------------------------------------------- */

static uint64_t seed = 42;

static uint32_t rnd(uint32_t n)
{
	seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
	return (uint32_t)(seed >> 33) % n;
}

static void mutate(char *text, size_t size)
{
	static const char bytes[] = "0123456789:= \n\t.,-maxKGrbpswio\xff";
	size_t n = strlen(text);

	for (uint32_t i = rnd(4); i > 0; i--) {
		size_t at = n ? rnd((uint32_t)n + 1) : 0;

		switch (rnd(4)) {
		case 0:
			if (n)
				text[at < n ? at : n - 1] = bytes[rnd(sizeof(bytes) - 1)];
			break;
		case 1: /* cut off */
			text[at] = 0;
			break;
		case 2: /* take one out */
			if (at < n)
				memmove(text + at, text + at + 1, n - at);
			break;
		default: /* a part twice */
			if (n + (n - at) + 1 < size)
				memmove(text + n, text + at, n - at + 1);
			text[size - 1] = 0;
		}
		n = strlen(text);
	}
}

/* What was taken, given as text again, is the same limit. */
static void check_round_trip(const contain_limits *l)
{
	for (size_t i = 0; i < l->n; i++) {
		contain_limits *again = fresh();
		const struct ct_limit *a;
		int r = contain_limits_set_raw(again, l->v[i].file,
					       *l->v[i].value == '\n' ? "" : l->v[i].value);

		T_CHECK(!r, "%s=%s", l->v[i].file, l->v[i].value);
		ck_assert_int_eq(contain_limits_count(again), 1);
		a = &again->v[0];
		T_CHECK(!strcmp(a->value, l->v[i].value) && !strcmp(a->sub, l->v[i].sub) &&
				a->num[0] == l->v[i].num[0] && a->num[1] == l->v[i].num[1] &&
				a->what == l->v[i].what && a->row == l->v[i].row,
			"%s=%s", l->v[i].file, l->v[i].value);
		contain_limits_free(again);
	}
}

TEST_LIMIT(fuzz, 120)
{
	long rounds = t_sample(1000000, 30000), taken = 0;
	const size_t n = sizeof(kernel) / sizeof(kernel[0]);

	for (long i = 0; i < rounds; i++) {
		contain_limits *l = fresh();
		const char *file = kernel[rnd((uint32_t)n)].file, *why;
		char text[300], *copy;
		int strict = (int)rnd(2), r;

		/* the text of another file, at times */
		snprintf(text, sizeof(text), "%s",
			 kernel[rnd(8) ? (size_t)(i % (long)n) : rnd((uint32_t)n)].text);
		if (rnd(8))
			file = kernel[i % (long)n].file;
		mutate(text, sizeof(text));
		copy = strdup(text); /* of exactly its size, for the sanitizer */
		r = ct_limits_parse(l, file, copy, !strict, &why);
		T_CHECK(r == 0 || (strict && r == -EINVAL), "%s: %s: %d", file, text, r);
		taken += r == 0 && l->n;
		check_round_trip(l);
		free(copy);
		contain_limits_free(l);
	}
	t_note("%ld of %ld texts said something", taken, rounds);
	T_CHECK(taken > rounds / 10 && taken < rounds);
}
