/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Limits as v1 takes them: other files, other units, sums where v2 has parts; and what v1 has no
 * equivalent for, with the reason. A limit of v2 that is nothing but its default asks for nothing.
 * Source: cgroup-v1/memory.rst, cpusets.rst, blkio-controller.rst, scheduler/sched-bwc.rst.
 */
#include "v1_lines.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX UINT64_MAX

struct map {
	const contain_limits *limits;
	char *text;
	const char *why;
};

static int put(struct map *m, const char *file, const char *value)
{
	return ct_v1_add_line(&m->text, file, value);
}

static int put_number(struct map *m, const char *file, uint64_t v)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRIu64, v);
	return put(m, file, text);
}

/* "max" of v2 is -1 here. */
static int put_or_minus(struct map *m, const char *file, uint64_t v)
{
	return v == MAX ? put(m, file, "-1") : put_number(m, file, v);
}

static int refuse(struct map *m, const char *why)
{
	m->why = why;
	return -EOPNOTSUPP;
}

static const struct ct_limit *find(const contain_limits *l, enum ct_limit_id id)
{
	for (size_t i = 0; i < l->n; i++)
		if (l->v[i].row->id == id)
			return &l->v[i];
	return NULL;
}

/* The kernel keeps a weight of v2 as these shares too: 100 is 1024. */
static int map_cpu_weight(struct map *m, const struct ct_limit *l)
{
	return put_number(m, "cpu.shares", (l->num[0] * 1024 + 50) / 100);
}

static int map_cpu_max(struct map *m, const struct ct_limit *l)
{
	int r = put_number(m, "cpu.cfs_period_us", l->num[1]);

	return r ? r : put_or_minus(m, "cpu.cfs_quota_us", l->num[0]);
}

static int map_burst(struct map *m, const struct ct_limit *l)
{
	return put_number(m, "cpu.cfs_burst_us", l->num[0]);
}

static int map_same(struct map *m, const struct ct_limit *l)
{
	return put(m, l->file, l->value);
}

static int map_partition(struct map *m, const struct ct_limit *l)
{
	return l->num[0] == CONTAIN_PARTITION_MEMBER ?
		       0 :
		       refuse(m, "cgroup v1 has no partitions of processors");
}

static int map_oom_group(struct map *m, const struct ct_limit *l)
{
	return l->num[0] ? refuse(m, "the OOM killer takes one process at a time in cgroup v1") : 0;
}

static int map_protection(struct map *m, const struct ct_limit *l)
{
	return l->num[0] ? refuse(m, "cgroup v1 protects no memory of a group: "
				     "memory.soft_limit_in_bytes only says what is taken first") :
			   0;
}

static int map_memory_high(struct map *m, const struct ct_limit *l)
{
	return l->num[0] != MAX ? refuse(m, "cgroup v1 slows no group down at a limit: it has "
					    "memory_max alone") :
				  0;
}

static int map_swap_high(struct map *m, const struct ct_limit *l)
{
	return l->num[0] != MAX ? refuse(m, "cgroup v1 has no such limit of swap") : 0;
}

static int map_zswap(struct map *m, const struct ct_limit *l)
{
	return l->num[0] != MAX ? refuse(m, "cgroup v1 does not limit compressed swap") : 0;
}

/* On v1 what is limited is the sum; memory_max, which is of a later row, says the other part. */
static int map_swap_max(struct map *m, const struct ct_limit *l)
{
	if (find(m->limits, CT_LIMIT_MEMORY_MAX))
		return 0;
	if (l->num[0] == MAX)
		return put(m, "memory.memsw.limit_in_bytes", "-1");
	m->why = "cgroup v1 limits the sum of memory and swap: set memory_max too";
	return -EINVAL;
}

static int map_memory_max(struct map *m, const struct ct_limit *l)
{
	const struct ct_limit *swap = find(m->limits, CT_LIMIT_MEMORY_SWAP_MAX);
	int r = put_or_minus(m, "memory.limit_in_bytes", l->num[0]);

	if (r || !swap)
		return r;
	if (swap->num[0] == MAX)
		return put(m, "memory.memsw.limit_in_bytes", "-1");
	if (l->num[0] == MAX || swap->num[0] > MAX - l->num[0])
		return refuse(m, "cgroup v1 limits the sum of memory and swap: swap cannot have "
				 "a limit where memory has none");
	return put_number(m, "memory.memsw.limit_in_bytes", l->num[0] + swap->num[0]);
}

static int map_weight(struct map *m, const struct ct_limit *l, const char *file, const char *before)
{
	char text[64];

	if (l->num[0] > 1000)
		return refuse(m, "is over 1000, the highest weight in cgroup v1");
	snprintf(text, sizeof(text), "%s%" PRIu64, before, l->num[0]);
	return put(m, file, text);
}

static int map_io_weight(struct map *m, const struct ct_limit *l)
{
	return map_weight(m, l, "blkio.bfq.weight", "");
}

static int map_io_device_weight(struct map *m, const struct ct_limit *l)
{
	char device[32];

	snprintf(device, sizeof(device), "%u:%u ", (unsigned)(l->num[1] >> 32),
		 (unsigned)l->num[1]);
	return map_weight(m, l, "blkio.bfq.weight_device", device);
}

static int map_io_max(struct map *m, const struct ct_limit *l)
{
	static const char *const files[] = {
		[CONTAIN_IO_RBPS] = "blkio.throttle.read_bps_device",
		[CONTAIN_IO_WBPS] = "blkio.throttle.write_bps_device",
		[CONTAIN_IO_RIOPS] = "blkio.throttle.read_iops_device",
		[CONTAIN_IO_WIOPS] = "blkio.throttle.write_iops_device",
	};
	char text[64];

	snprintf(text, sizeof(text), "%u:%u %" PRIu64, (unsigned)(l->num[1] >> 32),
		 (unsigned)l->num[1], l->num[0] == MAX ? 0 : l->num[0]);
	return put(m, files[l->what], text);
}

static int map_io_latency(struct map *m, const struct ct_limit *l)
{
	return l->num[0] ? refuse(m, "cgroup v1 has no latency target for disks") : 0;
}

/* hugetlb.2MB.max, hugetlb.2MB.rsvd.max */
static int map_hugetlb(struct map *m, const struct ct_limit *l)
{
	char file[CT_V1_FILE_MAX];

	snprintf(file, sizeof(file), "%.*s.limit_in_bytes", (int)(strlen(l->file) - 4), l->file);
	return put_or_minus(m, file, l->num[0]);
}

typedef int mapper(struct map *m, const struct ct_limit *l);

static mapper *const mappers[CT_LIMITS] = {
	[CT_LIMIT_CPUSET_CPUS] = map_same,
	[CT_LIMIT_CPUSET_MEMS] = map_same,
	[CT_LIMIT_CPUSET_PARTITION] = map_partition,
	[CT_LIMIT_CPU_IDLE] = map_same,
	[CT_LIMIT_CPU_WEIGHT] = map_cpu_weight,
	[CT_LIMIT_CPU_MAX] = map_cpu_max,
	[CT_LIMIT_CPU_MAX_BURST] = map_burst,
	[CT_LIMIT_CPU_UCLAMP_MIN] = map_same,
	[CT_LIMIT_CPU_UCLAMP_MAX] = map_same,
	[CT_LIMIT_MEMORY_OOM_GROUP] = map_oom_group,
	[CT_LIMIT_MEMORY_MIN] = map_protection,
	[CT_LIMIT_MEMORY_LOW] = map_protection,
	[CT_LIMIT_MEMORY_ZSWAP_MAX] = map_zswap,
	[CT_LIMIT_MEMORY_SWAP_HIGH] = map_swap_high,
	[CT_LIMIT_MEMORY_SWAP_MAX] = map_swap_max,
	[CT_LIMIT_MEMORY_HIGH] = map_memory_high,
	[CT_LIMIT_MEMORY_MAX] = map_memory_max,
	[CT_LIMIT_IO_WEIGHT] = map_io_weight,
	[CT_LIMIT_IO_DEVICE_WEIGHT] = map_io_device_weight,
	[CT_LIMIT_IO_MAX] = map_io_max,
	[CT_LIMIT_IO_LATENCY] = map_io_latency,
	[CT_LIMIT_PIDS_MAX] = map_same,
	[CT_LIMIT_HUGETLB_MAX] = map_hugetlb,
	[CT_LIMIT_HUGETLB_RSVD_MAX] = map_hugetlb,
	[CT_LIMIT_RDMA_MAX] = map_same,
	[CT_LIMIT_MISC_MAX] = map_same,
	[CT_LIMIT_RAW] = map_same, /* who names a file knows which hierarchy it is of */
};

/* io is blkio here, and who names a file of it calls it so. */
static int is_of(unsigned of, enum ct_controller controller)
{
	return of == controller ||
	       (controller == CT_CONTROLLER_IO && of == CT_CONTROLLER_BLKIO);
}

int ct_limits_v1(const contain_limits *limits, enum ct_controller controller, char **ret_settings,
		 const struct ct_limit **ret_bad, const char **ret_why)
{
	struct map m = { .limits = limits };
	int r = 0;

	for (size_t i = 0; i < limits->n && !r; i++) {
		const struct ct_limit *l = &limits->v[i];

		if (!is_of(l->controller, controller))
			continue;
		r = mappers[l->row->id](&m, l);
		if (r < 0)
			*ret_bad = l;
	}
	if (!r && !m.text) {
		m.text = calloc(1, 1);
		r = m.text ? 0 : -ENOMEM;
	}
	if (r < 0) {
		free(m.text);
		*ret_why = m.why ? m.why : "";
		return r;
	}
	*ret_settings = m.text;
	return 0;
}
