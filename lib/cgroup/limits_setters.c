/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The public setters: they keep the first refusal, so that no limit is lost without a word. */
#include "limits.h"

#include <errno.h>

static int keep(contain_limits *l, enum ct_limit_id id, int r, const char *why)
{
	if (r < 0 && !l->err) {
		l->err = r;
		l->field = ct_limit_rows[id].field;
		l->why = why;
	}
	return r;
}

int contain_limits_set_cpu_weight(contain_limits *limits, uint64_t weight)
{
	const char *why = "";
	int r = limits ? ct_limits_put_cpu_weight(limits, weight, &why) : -EINVAL;

	return limits ? keep(limits, CT_LIMIT_CPU_WEIGHT, r, why) : r;
}

int contain_limits_set_cpu_idle(contain_limits *limits, int on)
{
	const char *why = "";
	int r = limits ? ct_limits_put_cpu_idle(limits, on, &why) : -EINVAL;

	return limits ? keep(limits, CT_LIMIT_CPU_IDLE, r, why) : r;
}

int contain_limits_set_cpu_max(contain_limits *limits, uint64_t quota_usec, uint64_t period_usec)
{
	const char *why = "";
	int r = limits ? ct_limits_put_cpu_max(limits, quota_usec, period_usec, &why) : -EINVAL;

	return limits ? keep(limits, CT_LIMIT_CPU_MAX, r, why) : r;
}

int contain_limits_set_cpu_max_burst(contain_limits *limits, uint64_t burst_usec)
{
	const char *why = "";
	int r = limits ? ct_limits_put_cpu_max_burst(limits, burst_usec, &why) : -EINVAL;

	return limits ? keep(limits, CT_LIMIT_CPU_MAX_BURST, r, why) : r;
}

int contain_limits_set_cpu_uclamp_min(contain_limits *limits, uint64_t percent_hundredths)
{
	const char *why = "";
	int r = limits ? ct_limits_put_uclamp(limits, CT_LIMIT_CPU_UCLAMP_MIN, percent_hundredths,
					      &why) :
			 -EINVAL;

	return limits ? keep(limits, CT_LIMIT_CPU_UCLAMP_MIN, r, why) : r;
}

int contain_limits_set_cpu_uclamp_max(contain_limits *limits, uint64_t percent_hundredths)
{
	const char *why = "";
	int r = limits ? ct_limits_put_uclamp(limits, CT_LIMIT_CPU_UCLAMP_MAX, percent_hundredths,
					      &why) :
			 -EINVAL;

	return limits ? keep(limits, CT_LIMIT_CPU_UCLAMP_MAX, r, why) : r;
}

int contain_limits_set_cpuset_cpus(contain_limits *limits, const char *list)
{
	const char *why = "";
	int r = limits ? ct_limits_put_cpuset(limits, CT_LIMIT_CPUSET_CPUS, list, &why) : -EINVAL;

	return limits ? keep(limits, CT_LIMIT_CPUSET_CPUS, r, why) : r;
}

int contain_limits_set_cpuset_mems(contain_limits *limits, const char *list)
{
	const char *why = "";
	int r = limits ? ct_limits_put_cpuset(limits, CT_LIMIT_CPUSET_MEMS, list, &why) : -EINVAL;

	return limits ? keep(limits, CT_LIMIT_CPUSET_MEMS, r, why) : r;
}

int contain_limits_set_cpuset_partition(contain_limits *limits, int kind)
{
	const char *why = "";
	int r = limits ? ct_limits_put_cpuset_partition(limits, kind, &why) : -EINVAL;

	return limits ? keep(limits, CT_LIMIT_CPUSET_PARTITION, r, why) : r;
}

int contain_limits_set_memory_min(contain_limits *limits, uint64_t bytes)
{
	const char *why = "";
	int r = limits ? ct_limits_put_memory(limits, CT_LIMIT_MEMORY_MIN, bytes, &why) : -EINVAL;

	return limits ? keep(limits, CT_LIMIT_MEMORY_MIN, r, why) : r;
}

int contain_limits_set_memory_low(contain_limits *limits, uint64_t bytes)
{
	const char *why = "";
	int r = limits ? ct_limits_put_memory(limits, CT_LIMIT_MEMORY_LOW, bytes, &why) : -EINVAL;

	return limits ? keep(limits, CT_LIMIT_MEMORY_LOW, r, why) : r;
}

int contain_limits_set_memory_high(contain_limits *limits, uint64_t bytes)
{
	const char *why = "";
	int r = limits ? ct_limits_put_memory(limits, CT_LIMIT_MEMORY_HIGH, bytes, &why) : -EINVAL;

	return limits ? keep(limits, CT_LIMIT_MEMORY_HIGH, r, why) : r;
}

int contain_limits_set_memory_max(contain_limits *limits, uint64_t bytes)
{
	const char *why = "";
	int r = limits ? ct_limits_put_memory(limits, CT_LIMIT_MEMORY_MAX, bytes, &why) : -EINVAL;

	return limits ? keep(limits, CT_LIMIT_MEMORY_MAX, r, why) : r;
}

int contain_limits_set_memory_swap_high(contain_limits *limits, uint64_t bytes)
{
	const char *why = "";
	int r = limits ? ct_limits_put_memory(limits, CT_LIMIT_MEMORY_SWAP_HIGH, bytes, &why) :
			 -EINVAL;

	return limits ? keep(limits, CT_LIMIT_MEMORY_SWAP_HIGH, r, why) : r;
}

int contain_limits_set_memory_swap_max(contain_limits *limits, uint64_t bytes)
{
	const char *why = "";
	int r = limits ? ct_limits_put_memory(limits, CT_LIMIT_MEMORY_SWAP_MAX, bytes, &why) :
			 -EINVAL;

	return limits ? keep(limits, CT_LIMIT_MEMORY_SWAP_MAX, r, why) : r;
}

int contain_limits_set_memory_zswap_max(contain_limits *limits, uint64_t bytes)
{
	const char *why = "";
	int r = limits ? ct_limits_put_memory(limits, CT_LIMIT_MEMORY_ZSWAP_MAX, bytes, &why) :
			 -EINVAL;

	return limits ? keep(limits, CT_LIMIT_MEMORY_ZSWAP_MAX, r, why) : r;
}

int contain_limits_set_memory_oom_group(contain_limits *limits, int on)
{
	const char *why = "";
	int r = limits ? ct_limits_put_memory_oom_group(limits, on, &why) : -EINVAL;

	return limits ? keep(limits, CT_LIMIT_MEMORY_OOM_GROUP, r, why) : r;
}

int contain_limits_set_io_weight(contain_limits *limits, uint64_t weight)
{
	const char *why = "";
	int r = limits ? ct_limits_put_io_weight(limits, weight, &why) : -EINVAL;

	return limits ? keep(limits, CT_LIMIT_IO_WEIGHT, r, why) : r;
}

int contain_limits_set_io_device_weight(contain_limits *limits, uint32_t major, uint32_t minor,
					uint64_t weight)
{
	const char *why = "";
	int r = limits ? ct_limits_put_io_device_weight(limits, major, minor, weight, &why) :
			 -EINVAL;

	return limits ? keep(limits, CT_LIMIT_IO_DEVICE_WEIGHT, r, why) : r;
}

int contain_limits_set_io_max(contain_limits *limits, uint32_t major, uint32_t minor, int what,
			      uint64_t per_second)
{
	const char *why = "";
	int r = limits ? ct_limits_put_io_max(limits, major, minor, what, per_second, &why) :
			 -EINVAL;

	return limits ? keep(limits, CT_LIMIT_IO_MAX, r, why) : r;
}

int contain_limits_set_io_latency(contain_limits *limits, uint32_t major, uint32_t minor,
				  uint64_t target_usec)
{
	const char *why = "";
	int r = limits ? ct_limits_put_io_latency(limits, major, minor, target_usec, &why) :
			 -EINVAL;

	return limits ? keep(limits, CT_LIMIT_IO_LATENCY, r, why) : r;
}

int contain_limits_set_pids_max(contain_limits *limits, uint64_t pids)
{
	const char *why = "";
	int r = limits ? ct_limits_put_pids_max(limits, pids, &why) : -EINVAL;

	return limits ? keep(limits, CT_LIMIT_PIDS_MAX, r, why) : r;
}

int contain_limits_set_hugetlb_max(contain_limits *limits, uint64_t page_bytes, uint64_t bytes)
{
	const char *why = "";
	int r = limits ? ct_limits_put_hugetlb(limits, CT_LIMIT_HUGETLB_MAX, page_bytes, bytes,
					       &why) :
			 -EINVAL;

	return limits ? keep(limits, CT_LIMIT_HUGETLB_MAX, r, why) : r;
}

int contain_limits_set_hugetlb_rsvd_max(contain_limits *limits, uint64_t page_bytes, uint64_t bytes)
{
	const char *why = "";
	int r = limits ? ct_limits_put_hugetlb(limits, CT_LIMIT_HUGETLB_RSVD_MAX, page_bytes, bytes,
					       &why) :
			 -EINVAL;

	return limits ? keep(limits, CT_LIMIT_HUGETLB_RSVD_MAX, r, why) : r;
}

int contain_limits_set_rdma_max(contain_limits *limits, const char *device, const char *resource,
				uint64_t value)
{
	const char *why = "";
	int r = limits ? ct_limits_put_rdma_max(limits, device, resource, value, &why) : -EINVAL;

	return limits ? keep(limits, CT_LIMIT_RDMA_MAX, r, why) : r;
}

int contain_limits_set_misc_max(contain_limits *limits, const char *resource, uint64_t value)
{
	const char *why = "";
	int r = limits ? ct_limits_put_misc_max(limits, resource, value, &why) : -EINVAL;

	return limits ? keep(limits, CT_LIMIT_MISC_MAX, r, why) : r;
}

int contain_limits_set_raw(contain_limits *limits, const char *file, const char *value)
{
	const char *why = "";
	int r = limits ? ct_limits_put_raw(limits, file, value, &why) : -EINVAL;

	return limits ? keep(limits, CT_LIMIT_RAW, r, why) : r;
}
