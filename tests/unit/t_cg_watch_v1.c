/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Statistics of groups of cgroup v1, made of ordinary files. */
#include "t_cg_watch.h"

static const char *const v1_cpu[] = {
	"cpu.stat",
	"nr_periods 9\nnr_throttled 8\nthrottled_time 7000000\nnr_bursts 6\nburst_time 5000\n",
	"cpuacct.usage",
	"3000999\n",
	"cpuacct.usage_user",
	"2000000\n",
	"cpuacct.usage_sys",
	"1000000\n",
	NULL,
};
static const char *const v1_memory[] = {
	"memory.usage_in_bytes",
	"81920\n",
	"memory.max_usage_in_bytes",
	"90112\n",
	"memory.failcnt",
	"3\n",
	"memory.oom_control",
	"oom_kill_disable 0\nunder_oom 0\noom_kill 2\n",
	"memory.stat",
	"cache 1\nrss 2\nswap 3\ntotal_cache 10\ntotal_rss 20\ntotal_swap 30\ntotal_shmem 40\n",
	NULL,
};
static const char *const v1_other[] = {
	"pids.current",
	"4\n",
	"pids.events",
	"max 1\n",
	"blkio.throttle.io_service_bytes_recursive",
	"8:1 Read 100\n8:1 Write 200\n8:1 Sync 300\n8:1 Async 0\n8:1 Discard 5\n8:1 Total 305\n"
	"253:1 Read 1000\n253:1 Write 2000\n253:1 Total 3000\nTotal 3305\n",
	"blkio.throttle.io_serviced_recursive",
	"8:1 Read 1\n8:1 Write 2\n8:1 Discard 3\n253:1 Read 10\n253:1 Write 20\nTotal 33\n",
	"hugetlb.2MB.usage_in_bytes",
	"2097152\n",
	"hugetlb.2MB.failcnt",
	"7\n",
	NULL,
};
static const char *const v2_bare[] = {
	"cpu.stat",
	"usage_usec 3001\nuser_usec 2000\nsystem_usec 1000\n",
	"cgroup.events",
	"populated 0\nfrozen 1\n",
	NULL,
};

static int v2_fd;

/* The directory of v2 is the one that is opened first. */
static int hybrid(enum ct_seam_who who, long nr, const long *args, long *ret)
{
	if (nr == SYS_fstatfs) {
		tw_type = v2_fd ? CGROUP_SUPER_MAGIC : CGROUP2_SUPER_MAGIC;
		v2_fd = 1;
	}
	return tw_fake(who, nr, args, ret);
}

static void check_v1(const contain_stats *s)
{
	uint32_t major, minor;
	uint64_t v;

	ck_assert_uint_eq(value(s, CONTAIN_STAT_CPU_PERIODS), 9);
	ck_assert_uint_eq(value(s, CONTAIN_STAT_CPU_THROTTLED), 8);
	ck_assert_uint_eq(value(s, CONTAIN_STAT_CPU_THROTTLED_USEC), 7000);
	ck_assert_uint_eq(value(s, CONTAIN_STAT_CPU_BURSTS), 6);
	ck_assert_uint_eq(value(s, CONTAIN_STAT_CPU_BURST_USEC), 5);
	ck_assert_uint_eq(value(s, CONTAIN_STAT_MEMORY_CURRENT), 81920);
	ck_assert_uint_eq(value(s, CONTAIN_STAT_MEMORY_PEAK), 90112);
	ck_assert_uint_eq(value(s, CONTAIN_STAT_MEMORY_MAX), 3);
	ck_assert_uint_eq(value(s, CONTAIN_STAT_OOM_KILL), 2);
	ck_assert_uint_eq(value(s, CONTAIN_STAT_SWAP_CURRENT), 30);
	ck_assert_uint_eq(value(s, CONTAIN_STAT_PIDS_CURRENT), 4);
	ck_assert_uint_eq(value(s, CONTAIN_STAT_PIDS_MAX), 1);
	no_value(s, CONTAIN_STAT_PIDS_PEAK, -ENODATA);
	no_value(s, CONTAIN_STAT_MEMORY_OOM, -ENODATA);
	ck_assert_int_eq(contain_stats_memory(s, "rss", &v), 0);
	ck_assert_uint_eq(v, 2);
	ck_assert_int_eq(contain_stats_memory(s, "anon", &v), 0);
	ck_assert_uint_eq(v, 20);
	ck_assert_int_eq(contain_stats_memory(s, "shmem", &v), 0);
	ck_assert_uint_eq(v, 40);
	ck_assert_int_eq(contain_stats_memory(s, "pgfault", &v), -ENODATA);
	ck_assert_int_eq(contain_stats_io_count(s), 2);
	ck_assert_int_eq(contain_stats_io_device(s, 1, &major, &minor), 0);
	T_CHECK(major == 253 && minor == 1);
	ck_assert_int_eq(contain_stats_io_get(s, 1, CONTAIN_STAT_IO_WRITES, &v), 0);
	ck_assert_uint_eq(v, 20);
	ck_assert_int_eq(contain_stats_io_get(s, 1, CONTAIN_STAT_IO_DISCARDS, &v), -ENODATA);
	ck_assert_uint_eq(value(s, CONTAIN_STAT_IO_READ_BYTES), 1100);
	ck_assert_uint_eq(value(s, CONTAIN_STAT_IO_DISCARD_BYTES), 5);
	ck_assert_int_eq(contain_stats_hugetlb_count(s), 1);
	ck_assert_int_eq(contain_stats_hugetlb_get(s, 0, CONTAIN_STAT_HUGETLB_MAX, &v), 0);
	ck_assert_uint_eq(v, 7);
}

TEST(groups_of_v1_beside_one_of_v2)
{
	struct ct_group *g = ct_group_new();
	contain_stats *s = NULL;
	contain_error *e = NULL;

	tw_open();
	ct_seam->fake = hybrid;
	g->fd = tw_dir(tw_group(v2_bare));
	g->v1 = 3;
	g->v1_dir[0].fd = tw_dir(tw_group(v1_cpu));
	g->v1_dir[1].fd = tw_dir(tw_group(v1_memory));
	g->v1_dir[2].fd = tw_dir(tw_group(v1_other));
	ck_assert_int_eq(ct_stats_new_of(g, CONTAIN_STATS_ALL, &s, &e), 0);
	ck_assert_uint_eq(value(s, CONTAIN_STAT_CPU_USAGE_USEC), 3001);
	ck_assert_uint_eq(value(s, CONTAIN_STAT_GROUP_FROZEN), 1);
	check_v1(s);
	contain_stats_free(s);
	ct_group_free(g);
}

TEST(groups_of_v1_alone)
{
	struct ct_group *g = ct_group_new();
	contain_stats *s = (void *)1;

	tw_open();
	tw_type = CGROUP_SUPER_MAGIC;
	ck_assert_int_eq(ct_stats_new_of(g, CONTAIN_STATS_ALL, &s, NULL), -EINVAL);
	g->v1 = 3;
	ck_assert_int_eq(ct_stats_new_of(g, CONTAIN_STATS_ALL, &s, NULL), -EINVAL);
	T_CHECK(s == (void *)1);
	g->v1_dir[0].fd = tw_dir(tw_group(v1_cpu));
	g->v1_dir[1].fd = tw_dir(tw_group(v1_memory));
	g->v1_dir[2].fd = tw_dir(tw_group(v1_other));
	ck_assert_int_eq(ct_stats_new_of(g, CONTAIN_STATS_ALL, &s, NULL), 0);
	ck_assert_uint_eq(value(s, CONTAIN_STAT_CPU_USAGE_USEC), 3000);
	ck_assert_uint_eq(value(s, CONTAIN_STAT_CPU_USER_USEC), 2000);
	ck_assert_uint_eq(value(s, CONTAIN_STAT_CPU_SYSTEM_USEC), 1000);
	no_value(s, CONTAIN_STAT_GROUP_FROZEN, -ENODATA);
	check_v1(s);
	contain_stats_free(s);
	ct_group_free(g);
}
