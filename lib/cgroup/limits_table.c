/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The table of limits: cgroup-v2.rst, in the order in which they are written. */
#include "limits.h"

#define ROW(ID, FIELD, FILE, CONTROLLER) \
	[CT_LIMIT_##ID] = { FIELD, FILE, CT_CONTROLLER_##CONTROLLER, CT_LIMIT_##ID }

const struct ct_limit_row ct_limit_rows[CT_LIMITS] = {
	ROW(CPUSET_CPUS, "cpuset_cpus", "cpuset.cpus", CPUSET),
	ROW(CPUSET_MEMS, "cpuset_mems", "cpuset.mems", CPUSET),
	ROW(CPUSET_PARTITION, "cpuset_partition", "cpuset.cpus.partition", CPUSET),
	ROW(CPU_IDLE, "cpu_idle", "cpu.idle", CPU),
	ROW(CPU_WEIGHT, "cpu_weight", "cpu.weight", CPU),
	ROW(CPU_MAX, "cpu_max", "cpu.max", CPU),
	ROW(CPU_MAX_BURST, "cpu_max_burst", "cpu.max.burst", CPU),
	ROW(CPU_UCLAMP_MIN, "cpu_uclamp_min", "cpu.uclamp.min", CPU),
	ROW(CPU_UCLAMP_MAX, "cpu_uclamp_max", "cpu.uclamp.max", CPU),
	ROW(MEMORY_OOM_GROUP, "memory_oom_group", "memory.oom.group", MEMORY),
	ROW(MEMORY_MIN, "memory_min", "memory.min", MEMORY),
	ROW(MEMORY_LOW, "memory_low", "memory.low", MEMORY),
	ROW(MEMORY_ZSWAP_MAX, "memory_zswap_max", "memory.zswap.max", MEMORY),
	ROW(MEMORY_SWAP_HIGH, "memory_swap_high", "memory.swap.high", MEMORY),
	ROW(MEMORY_SWAP_MAX, "memory_swap_max", "memory.swap.max", MEMORY),
	ROW(MEMORY_HIGH, "memory_high", "memory.high", MEMORY),
	ROW(MEMORY_MAX, "memory_max", "memory.max", MEMORY),
	ROW(IO_WEIGHT, "io_weight", "io.weight", IO),
	ROW(IO_DEVICE_WEIGHT, "io_device_weight", "io.weight", IO),
	ROW(IO_MAX, "io_max", "io.max", IO),
	ROW(IO_LATENCY, "io_latency", "io.latency", IO),
	ROW(PIDS_MAX, "pids_max", "pids.max", PIDS),
	ROW(HUGETLB_MAX, "hugetlb_max", "hugetlb.*.max", HUGETLB),
	ROW(HUGETLB_RSVD_MAX, "hugetlb_rsvd_max", "hugetlb.*.rsvd.max", HUGETLB),
	ROW(RDMA_MAX, "rdma_max", "rdma.max", RDMA),
	ROW(MISC_MAX, "misc_max", "misc.max", MISC),
	[CT_LIMIT_RAW] = { "raw", "", CT_CONTROLLERS, CT_LIMIT_RAW },
};
