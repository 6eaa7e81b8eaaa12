/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Limits in the words of cgroup v1, and the settings that bring back what was before. */
#include "harness.h"

#include "cgroup/v1_lines.h"

#include <contain/contain.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MIB (1024ULL * 1024)

static contain_limits *limits_new(void)
{
	contain_limits *l = NULL;

	ck_assert_int_eq(contain_limits_new(&l), 0);
	return l;
}

/* What the limits of a controller are; "FIELD: WHY" when they are refused. Frees the limits. */
static const char *settings_of(contain_limits *l, enum ct_controller controller)
{
	const struct ct_limit *bad = NULL;
	const char *why = NULL, *text;
	char *settings = NULL;
	int r;

	ck_assert_int_eq(contain_limits_check(l, NULL), 0);
	r = ct_limits_v1(l, controller, &settings, &bad, &why);
	if (r < 0) {
		T_CHECK(bad && why && *why && !settings);
		text = t_fmt("%s: %d: %s", bad->row->field, r, why);
	} else {
		text = t_fmt("%s", settings);
	}
	free(settings);
	contain_limits_free(l);
	return text;
}

#define SET(l, field, ...) ck_assert_int_eq(contain_limits_set_##field((l), __VA_ARGS__), 0)

/* One setter, and what becomes of it. */
#define IS(controller, wanted, field, ...)                                                  \
	do {                                                                                \
		contain_limits *l_ = limits_new();                                          \
		SET(l_, field, __VA_ARGS__);                                                \
		ck_assert_str_eq(settings_of(l_, CT_CONTROLLER_##controller), wanted);      \
	} while (0)

/* The same for one that v1 cannot have: the field, and a part of why. */
#define NOT(controller, err, part, field, ...)                                                   \
	do {                                                                                     \
		contain_limits *l_ = limits_new();                                               \
		const char *is_;                                                                 \
		SET(l_, field, __VA_ARGS__);                                                     \
		is_ = settings_of(l_, CT_CONTROLLER_##controller);                               \
		T_CHECK(!strncmp(is_, t_fmt("%s: %d: ", #field, -(err)),                         \
				 strlen(#field) + 5) && strstr(is_, part), "%s", is_);           \
	} while (0)

TEST(cpu)
{
	contain_limits *l = limits_new();

	IS(CPU, "cpu.shares 1024\n", cpu_weight, 100);
	IS(CPU, "cpu.shares 10\n", cpu_weight, 1);
	IS(CPU, "cpu.shares 102400\n", cpu_weight, 10000);
	IS(CPU, "cpu.shares 20\n", cpu_weight, 2); /* 20.48 */
	IS(CPU, "cpu.idle 1\n", cpu_idle, 1);
	IS(CPU, "cpu.cfs_period_us 100000\ncpu.cfs_quota_us 50000\n", cpu_max, 50000, 100000);
	IS(CPU, "cpu.cfs_period_us 20000\ncpu.cfs_quota_us -1\n", cpu_max, CONTAIN_LIMIT_MAX,
	   20000);
	IS(CPU, "cpu.cfs_burst_us 1000\n", cpu_max_burst, 1000);
	IS(CPU, "cpu.uclamp.min 12.50\n", cpu_uclamp_min, 1250);
	SET(l, cpu_max_burst, 1000);
	SET(l, cpu_max, 50000, 100000);
	SET(l, memory_max, MIB); /* of another controller */
	ck_assert_str_eq(settings_of(l, CT_CONTROLLER_CPU),
			 "cpu.cfs_period_us 100000\ncpu.cfs_quota_us 50000\n"
			 "cpu.cfs_burst_us 1000\n");
}

TEST(cpuset)
{
	IS(CPUSET, "cpuset.cpus 0-1\n", cpuset_cpus, "0-1");
	IS(CPUSET, "cpuset.mems 0\n", cpuset_mems, "0");
	IS(CPUSET, "", cpuset_partition, CONTAIN_PARTITION_MEMBER);
	NOT(CPUSET, EOPNOTSUPP, "no partitions", cpuset_partition, CONTAIN_PARTITION_ROOT);
}

TEST(memory)
{
	contain_limits *l = limits_new();

	IS(MEMORY, "memory.limit_in_bytes 1048576\n", memory_max, MIB);
	IS(MEMORY, "memory.limit_in_bytes -1\n", memory_max, CONTAIN_LIMIT_MAX);
	/* what asks for nothing is no limit; what asks for something has no equivalent */
	IS(MEMORY, "", memory_min, 0);
	IS(MEMORY, "", memory_low, 0);
	IS(MEMORY, "", memory_high, CONTAIN_LIMIT_MAX);
	IS(MEMORY, "", memory_swap_high, CONTAIN_LIMIT_MAX);
	IS(MEMORY, "", memory_zswap_max, CONTAIN_LIMIT_MAX);
	IS(MEMORY, "", memory_oom_group, 0);
	NOT(MEMORY, EOPNOTSUPP, "protects", memory_min, MIB);
	NOT(MEMORY, EOPNOTSUPP, "protects", memory_low, MIB);
	NOT(MEMORY, EOPNOTSUPP, "slows", memory_high, MIB);
	NOT(MEMORY, EOPNOTSUPP, "swap", memory_swap_high, MIB);
	NOT(MEMORY, EOPNOTSUPP, "compressed", memory_zswap_max, 0);
	NOT(MEMORY, EOPNOTSUPP, "one process", memory_oom_group, 1);
	/* swap is a part of a sum */
	NOT(MEMORY, EINVAL, "set memory_max too", memory_swap_max, 0);
	IS(MEMORY, "memory.memsw.limit_in_bytes -1\n", memory_swap_max, CONTAIN_LIMIT_MAX);
	SET(l, memory_swap_max, 2 * MIB);
	SET(l, memory_max, MIB);
	ck_assert_str_eq(settings_of(l, CT_CONTROLLER_MEMORY),
			 "memory.limit_in_bytes 1048576\nmemory.memsw.limit_in_bytes 3145728\n");
	l = limits_new();
	SET(l, memory_swap_max, 0);
	SET(l, memory_max, MIB);
	ck_assert_str_eq(settings_of(l, CT_CONTROLLER_MEMORY),
			 "memory.limit_in_bytes 1048576\nmemory.memsw.limit_in_bytes 1048576\n");
	l = limits_new();
	SET(l, memory_swap_max, CONTAIN_LIMIT_MAX);
	SET(l, memory_max, MIB);
	ck_assert_str_eq(settings_of(l, CT_CONTROLLER_MEMORY),
			 "memory.limit_in_bytes 1048576\nmemory.memsw.limit_in_bytes -1\n");
	l = limits_new();
	SET(l, memory_swap_max, MIB);
	SET(l, memory_max, CONTAIN_LIMIT_MAX);
	T_CHECK(strstr(settings_of(l, CT_CONTROLLER_MEMORY), "memory_max: -95: "));
}

TEST(io)
{
	IS(IO, "blkio.throttle.read_bps_device 8:0 1000\n", io_max, 8, 0, CONTAIN_IO_RBPS, 1000);
	IS(IO, "blkio.throttle.write_bps_device 8:0 1000\n", io_max, 8, 0, CONTAIN_IO_WBPS, 1000);
	IS(IO, "blkio.throttle.read_iops_device 8:0 1000\n", io_max, 8, 0, CONTAIN_IO_RIOPS, 1000);
	IS(IO, "blkio.throttle.write_iops_device 253:1048575 0\n", io_max, 253, 1048575,
	   CONTAIN_IO_WIOPS, CONTAIN_LIMIT_MAX);
	IS(IO, "blkio.bfq.weight 100\n", io_weight, 100);
	NOT(IO, EOPNOTSUPP, "1000", io_weight, 1001);
	IS(IO, "blkio.bfq.weight_device 8:0 200\n", io_device_weight, 8, 0, 200);
	NOT(IO, EOPNOTSUPP, "1000", io_device_weight, 8, 0, 10000);
	NOT(IO, EOPNOTSUPP, "latency", io_latency, 8, 0, 1000);
}

TEST(others)
{
	contain_limits *l = limits_new();

	IS(PIDS, "pids.max 12\n", pids_max, 12);
	IS(PIDS, "pids.max max\n", pids_max, CONTAIN_LIMIT_MAX);
	IS(HUGETLB, "hugetlb.2MB.limit_in_bytes 4194304\n", hugetlb_max, 2 * MIB, 4 * MIB);
	IS(HUGETLB, "hugetlb.1GB.rsvd.limit_in_bytes -1\n", hugetlb_rsvd_max, 1024 * MIB,
	   CONTAIN_LIMIT_MAX);
	IS(RDMA, "rdma.max mlx5_0 hca_handle=2\n", rdma_max, "mlx5_0", "hca_handle", 2);
	IS(MISC, "misc.max sev 5\n", misc_max, "sev", 5);
	/* who names a file names it as its hierarchy has it */
	IS(MEMORY, "memory.swappiness 10\n", raw, "memory.swappiness", "10");
	IS(IO, "blkio.bfq.weight 500\n", raw, "blkio.bfq.weight", "500");
	ck_assert_str_eq(settings_of(l, CT_CONTROLLER_MEMORY), "");
}

/* ---- lines ---- */

TEST(lines_are_taken_apart)
{
	static const char *const bad[] = {
		"pids.max 12",	    "pids.max\n",  "pids.max", " 1\n",	 "max 12\n", "\n",
		"pids max.12\nx\n", "x.y\n1 2\n",
	};
	const char *text = "pids.max 12\nblkio.throttle.read_bps_device 8:0 1\ncpu.x \n";
	const char *at = text;
	struct ct_v1_line l;

	ck_assert_int_eq(ct_v1_next_line(&at, &l), 1);
	ck_assert_str_eq(l.controller, "pids");
	ck_assert_str_eq(l.file, "pids.max");
	ck_assert_str_eq(l.value, "12");
	T_CHECK(l.at == text);
	ck_assert_int_eq(ct_v1_next_line(&at, &l), 1);
	ck_assert_str_eq(l.controller, "blkio");
	ck_assert_str_eq(l.value, "8:0 1");
	ck_assert_int_eq(ct_v1_next_line(&at, &l), 1);
	ck_assert_str_eq(l.value, "");
	ck_assert_int_eq(ct_v1_next_line(&at, &l), 0);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		at = bad[i];
		T_CHECK(ct_v1_next_line(&at, &l) == -EINVAL, "'%s'", bad[i]);
	}
	at = t_fmt("pids.max %05000d\n", 1);
	ck_assert_int_eq(ct_v1_next_line(&at, &l), -EINVAL);
	at = t_fmt("pids.%0200d 1\n", 1);
	ck_assert_int_eq(ct_v1_next_line(&at, &l), -EINVAL);
}

/* The settings of settings, when each file says what is in texts. */
static const char *old_of(const char *settings, const char *const *texts)
{
	char *old = calloc(1, 1);
	struct ct_v1_line l;
	const char *text;

	while (ct_v1_next_line(&settings, &l) > 0)
		ck_assert_int_eq(ct_v1_old_of(&l, *texts++, &old), 0);
	text = t_fmt("%s", old);
	free(old);
	return text;
}
#define OLD(settings, ...) old_of((settings), (const char *const[]){ __VA_ARGS__ })

TEST(what_was_before)
{
	const char *list = "c 1:3 rwm\nb *:* m\n";

	ck_assert_str_eq(OLD("pids.max 1\n", "max\n"), "pids.max max\n");
	/* what was changed last is brought back first */
	ck_assert_str_eq(OLD("cpu.cfs_period_us 1\ncpu.cfs_quota_us 2\n", "100000\n", "-1\n"),
			 "cpu.cfs_quota_us -1\ncpu.cfs_period_us 100000\n");
	/* tables: the device's line, or that it had none */
	ck_assert_str_eq(OLD("blkio.throttle.read_bps_device 8:0 5\n", "8:16 7\n8:0 9\n"),
			 "blkio.throttle.read_bps_device 8:0 9\n");
	ck_assert_str_eq(OLD("blkio.throttle.read_bps_device 8:0 5\n", "8:01 7\n18:0 9\n"),
			 "blkio.throttle.read_bps_device 8:0 0\n");
	ck_assert_str_eq(OLD("rdma.max m0 hca_handle=2\n", "m0 hca_handle=7 hca_object=max\n"),
			 "rdma.max m0 hca_handle=7 hca_object=max\n");
	/* an empty cpuset cannot be had back by writing, and is no limit */
	ck_assert_str_eq(OLD("cpuset.cpus 0\n", "\n"), "");
	/* rules of devices: all of them at once, in their order */
	ck_assert_str_eq(OLD("devices.deny a\ndevices.allow c 1:5 r\n", list, list),
			 "devices.deny a\ndevices.allow c 1:3 rwm\ndevices.allow b *:* m\n");
	ck_assert_str_eq(OLD("pids.max 1\ndevices.deny a\n", "5\n", "a *:* rwm\n"),
			 "devices.allow a\npids.max 5\n");
}

/* ---- mutations: no crash, no endless loop, and what comes out is settings again ---- */

static uint32_t state = 4711;

static uint32_t dice(uint32_t n)
{
	state = state * 1664525 + 1013904223;
	return (state >> 8) % n;
}

static void mutate(char *s, size_t size)
{
	static const char bytes[] = "\n\n  ::..a*09-mrw\xff";

	for (uint32_t i = dice(4); i; i--) {
		size_t n = strlen(s), at = dice((uint32_t)n + 1);

		switch (dice(3)) {
		case 0:
			if (n + 1 < size) {
				memmove(s + at + 1, s + at, n - at + 1);
				s[at] = bytes[dice(sizeof(bytes) - 1)];
			}
			break;
		case 1:
			if (at < n)
				memmove(s + at, s + at + 1, n - at);
			break;
		case 2:
			if (at < n)
				s[at] = bytes[dice(sizeof(bytes) - 1)];
			break;
		}
	}
}

TEST_LIMIT(mutated_texts, 60)
{
	static const char *const settings[] = {
		"pids.max 12\n", "devices.deny a\ndevices.allow c 1:3 rwm\n",
		"blkio.throttle.read_bps_device 8:0 5\nblkio.bfq.weight 5\n",
		"cpuset.cpus 0-1\ncpuset.mems 0\n",
	};
	static const char *const files[] = { "12\n", "a *:* rwm\n", "c 1:3 rwm\nb *:* m\n",
					     "8:0 9\n8:16 1\n", "", "\n" };
	long rounds = t_sample(500000, 20000), lines = 0, olds = 0;

	for (long i = 0; i < rounds; i++) {
		char text[200], file[200], *old = calloc(1, 1);
		struct ct_v1_line l;
		const char *at = text;
		int n = 0, r;

		strcpy(text, settings[dice(4)]);
		strcpy(file, files[dice(6)]);
		mutate(text, sizeof(text));
		mutate(file, sizeof(file));
		while ((r = ct_v1_next_line(&at, &l)) > 0 && n++ < 1000) {
			lines++;
			ck_assert_int_eq(ct_v1_old_of(&l, file, &old), 0);
		}
		T_CHECK(n < 1000 && (r == 0 || r == -EINVAL));
		at = old;
		while ((r = ct_v1_next_line(&at, &l)) > 0)
			olds++;
		T_CHECK(r == 0, "'%s' of '%s' and '%s'", old, text, file);
		free(old);
	}
	T_CHECK(lines > rounds / 2 && olds > rounds / 2, "%ld lines, %ld back", lines, olds);
}
