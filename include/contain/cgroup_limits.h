/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * contain/cgroup_limits.h - limits of a group: a value, applied to groups as a whole
 *
 * A contain_limits says what the files of a group shall hold: it is made without touching any
 * group, copied, merged, and applied to a group that is new (contain_cgroup_create_limited()) or
 * running (contain_limits_apply()).
 *
 * A setter checks what it is given and returns 0, or -EINVAL or -ENOMEM with that limit as it was.
 * The first refusal is kept: a set with a refused setter is refused by everything that takes
 * limits, with the name of the field, so that a program may leave setters unchecked and no limit
 * is lost without a word. contain_limits_check() tells it at once.
 *
 * A limits object may be read by several threads at once as long as nobody changes it.
 *
 * Source: the kernel's Documentation/admin-guide/cgroup-v2.rst, cgroups(7).
 */
#ifndef CONTAIN_CGROUP_LIMITS_H
#define CONTAIN_CGROUP_LIMITS_H

#include <contain/error.h>

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct contain_limits contain_limits;

/** What the kernel writes as "max": no limit. */
#define CONTAIN_LIMIT_MAX UINT64_MAX

/** What a group is in the partitions of processors: contain_limits_set_cpuset_partition(). */
#define CONTAIN_PARTITION_MEMBER 0   /* of its parent's */
#define CONTAIN_PARTITION_ROOT 1     /* the root of a partition of its own */
#define CONTAIN_PARTITION_ISOLATED 2 /* the same, without balancing of load */

/** Which limit of a block device: contain_limits_set_io_max(). */
#define CONTAIN_IO_RBPS 1  /* bytes read per second */
#define CONTAIN_IO_WBPS 2  /* bytes written per second */
#define CONTAIN_IO_RIOPS 3 /* reads per second */
#define CONTAIN_IO_WIOPS 4 /* writes per second */

/* ---- the value ---- */

/**
 * contain_limits_new - makes a set without any limit
 * @ret_limits: receives the set; freed with contain_limits_free()
 *
 * Returns 0, -EINVAL (ret_limits is NULL) or -ENOMEM; *ret_limits is untouched then. Since: 0.1
 */
int contain_limits_new(contain_limits **ret_limits);

/**
 * contain_limits_copy - makes a copy of a set
 * @limits: the set; its kept refusal is copied too
 * @ret_limits: receives the copy; freed with contain_limits_free()
 *
 * Returns 0, -EINVAL (NULL) or -ENOMEM; *ret_limits is untouched then. Since: 0.1
 */
int contain_limits_copy(const contain_limits *limits, contain_limits **ret_limits);

/**
 * contain_limits_free - frees a set
 * @limits: may be NULL
 *
 * Since: 0.1
 */
void contain_limits_free(contain_limits *limits);

/**
 * contain_limits_check - tells the first setter that was refused
 * @limits: the set
 * @reterr: may be NULL; the object of the error is the field, such as "memory_max"
 *
 * Returns 0, or what that setter returned, or -EINVAL (NULL). Since: 0.1
 */
int contain_limits_check(const contain_limits *limits, contain_error **reterr);

/**
 * contain_limits_count - how many limits a set has
 * @limits: the set
 *
 * Returns 0 or more, or -EINVAL (NULL). Since: 0.1
 */
int contain_limits_count(const contain_limits *limits);

/**
 * contain_limits_key - the file of a limit, such as "memory.max"
 * @limits: the set
 * @index: from 0, in the order in which they are written; a file with several devices or resources
 *         comes several times
 *
 * Returns a string that lives until the set is changed or freed, or NULL: there is no such limit.
 * Since: 0.1
 */
const char *contain_limits_key(const contain_limits *limits, int index);

/**
 * contain_limits_value - what is written for a limit, such as "1048576" or "8:0 rbps=1048576"
 * @limits: the set
 * @index: as for contain_limits_key()
 *
 * Returns a string that lives until the set is changed or freed, or NULL: there is no such limit.
 * Since: 0.1
 */
const char *contain_limits_value(const contain_limits *limits, int index);

/**
 * contain_limits_merge - adds the limits of another set; what both have is taken from that one
 * @into: the set that is changed; a refusal that only the other one keeps is kept here then
 * @from: the other one
 *
 * Returns 0, or, with nothing changed, -EINVAL (NULL) or -ENOMEM. Since: 0.1
 */
int contain_limits_merge(contain_limits *into, const contain_limits *from);

/* ---- cpu ---- */

/**
 * contain_limits_set_cpu_weight - cpu.weight: its share of the processors among its siblings
 * @limits: the set
 * @weight: 1 to 10000; 100 is the default
 *
 * The kernel refuses it (-EINVAL) where cpu.idle is 1.
 *
 * Returns 0, -EINVAL (out of range, or limits is NULL) or -ENOMEM.
 * Since: 0.1. Source: cgroup-v2.rst, "CPU Interface Files".
 */
int contain_limits_set_cpu_weight(contain_limits *limits, uint64_t weight);

/**
 * contain_limits_set_cpu_idle - cpu.idle: it runs only when nobody else wants to (SCHED_IDLE)
 * @limits: the set
 * @on: 0 or 1
 *
 * Since Linux 5.15. Going back to 0 makes the weight 100 again.
 *
 * Returns 0, -EINVAL (neither 0 nor 1, or limits is NULL) or -ENOMEM.
 * Since: 0.1. Source: cgroup-v2.rst, "CPU Interface Files".
 */
int contain_limits_set_cpu_idle(contain_limits *limits, int on);

/**
 * contain_limits_set_cpu_max - cpu.max: the processor time that the group may use per period
 * @limits: the set
 * @quota_usec: microseconds per period, of all processors together: 1000 to 2^44 - 1, or
 *              CONTAIN_LIMIT_MAX
 * @period_usec: 1000 to 1000000; the kernel's own is 100000
 *
 * Returns 0, -EINVAL (out of range, or limits is NULL) or -ENOMEM.
 * Since: 0.1. Source: cgroup-v2.rst, "CPU Interface Files".
 */
int contain_limits_set_cpu_max(contain_limits *limits, uint64_t quota_usec, uint64_t period_usec);

/**
 * contain_limits_set_cpu_max_burst - cpu.max.burst: what it may save up in periods
 * @limits: the set
 * @burst_usec: at most the quota of cpu.max; 0 is the default
 *
 * Since Linux 5.15. The kernel refuses it (-EINVAL) where it is over the quota.
 *
 * Returns 0, -EINVAL (over 2^44 - 1, or limits is NULL) or -ENOMEM.
 * Since: 0.1. Source: cgroup-v2.rst, "CPU Interface Files".
 */
int contain_limits_set_cpu_max_burst(contain_limits *limits, uint64_t burst_usec);

/**
 * contain_limits_set_cpu_uclamp_min - cpu.uclamp.min: the least utilization of its tasks
 * @limits: the set
 * @percent_hundredths: hundredths of a percent: 0 to 10000, or CONTAIN_LIMIT_MAX
 *
 * For the choice of frequency and of a processor. Only in kernels with CONFIG_UCLAMP_TASK_GROUP.
 *
 * Returns 0, -EINVAL (over 10000, or limits is NULL) or -ENOMEM.
 * Since: 0.1. Source: cgroup-v2.rst, "CPU Interface Files".
 */
int contain_limits_set_cpu_uclamp_min(contain_limits *limits, uint64_t percent_hundredths);

/**
 * contain_limits_set_cpu_uclamp_max - cpu.uclamp.max: the most utilization of its tasks
 * @limits: the set
 * @percent_hundredths: as for contain_limits_set_cpu_uclamp_min()
 *
 * Returns 0, -EINVAL (over 10000, or limits is NULL) or -ENOMEM.
 * Since: 0.1. Source: cgroup-v2.rst, "CPU Interface Files".
 */
int contain_limits_set_cpu_uclamp_max(contain_limits *limits, uint64_t percent_hundredths);

/* ---- cpuset ---- */

/**
 * contain_limits_set_cpuset_cpus - cpuset.cpus: the processors that it may run on
 * @limits: the set
 * @list: such as "0-3,8"; "" is what the group above has
 *
 * What the group above does not have is left out by the kernel without an error:
 * contain_limits_effective() tells what holds.
 *
 * Returns 0, -EINVAL (NULL, no such list, or over 8191, or limits is NULL) or -ENOMEM.
 * Since: 0.1. Source: cgroup-v2.rst, "Cpuset Interface Files".
 */
int contain_limits_set_cpuset_cpus(contain_limits *limits, const char *list);

/**
 * contain_limits_set_cpuset_mems - cpuset.mems: the memory nodes that it may allocate from
 * @limits: the set
 * @list: such as "0-1,3"; "" is what the group above has
 *
 * Memory that the tasks have already is moved.
 *
 * Returns 0, -EINVAL (NULL, no such list, or over 1023, or limits is NULL) or -ENOMEM.
 * Since: 0.1. Source: cgroup-v2.rst, "Cpuset Interface Files".
 */
int contain_limits_set_cpuset_mems(contain_limits *limits, const char *list);

/**
 * contain_limits_set_cpuset_partition - cpuset.cpus.partition: whether its processors are its own
 * @limits: the set
 * @kind: CONTAIN_PARTITION_*
 *
 * A root of a partition has its processors for itself; those that are taken from its parent have to
 * be in cpuset.cpus. The kernel may take the word and make the partition invalid: here that is a
 * failure, with the reason of the kernel as the hint.
 *
 * Returns 0, -EINVAL (none of them, or limits is NULL) or -ENOMEM.
 * Since: 0.1. Source: cgroup-v2.rst, "Cpuset Interface Files".
 */
int contain_limits_set_cpuset_partition(contain_limits *limits, int kind);

/* ---- memory ---- */

/**
 * contain_limits_set_memory_min - memory.min: memory that is never reclaimed from it
 * @limits: the set
 * @bytes: as for contain_limits_set_memory_max()
 *
 * Protection: when nothing else is left to reclaim, the OOM killer comes. It is cut by that of the
 * groups above, which are asked for it too.
 *
 * Returns 0, -EINVAL (out of range, or limits is NULL) or -ENOMEM.
 * Since: 0.1. Source: cgroup-v2.rst, "Memory Interface Files".
 */
int contain_limits_set_memory_min(contain_limits *limits, uint64_t bytes);

/**
 * contain_limits_set_memory_low - memory.low: memory that is reclaimed from it last
 * @limits: the set
 * @bytes: as for contain_limits_set_memory_max()
 *
 * Returns 0, -EINVAL (out of range, or limits is NULL) or -ENOMEM.
 * Since: 0.1. Source: cgroup-v2.rst, "Memory Interface Files".
 */
int contain_limits_set_memory_low(contain_limits *limits, uint64_t bytes);

/**
 * contain_limits_set_memory_high - memory.high: over this it is slowed down and reclaimed from
 * @limits: the set
 * @bytes: as for contain_limits_set_memory_max()
 *
 * Never kills.
 *
 * Returns 0, -EINVAL (out of range, or limits is NULL) or -ENOMEM.
 * Since: 0.1. Source: cgroup-v2.rst, "Memory Interface Files".
 */
int contain_limits_set_memory_high(contain_limits *limits, uint64_t bytes);

/**
 * contain_limits_set_memory_max - memory.max: the most memory that the group may use
 * @limits: the set
 * @bytes: rounded down to whole pages by the kernel; at most 2^63 - 1, or CONTAIN_LIMIT_MAX
 *
 * Over it the kernel reclaims, and kills in the group when that does not help. With 0 nothing that
 * needs memory can live in the group.
 *
 * Returns 0, -EINVAL (out of range, or limits is NULL) or -ENOMEM.
 * Since: 0.1. Source: cgroup-v2.rst, "Memory Interface Files".
 */
int contain_limits_set_memory_max(contain_limits *limits, uint64_t bytes);

/**
 * contain_limits_set_memory_swap_high - memory.swap.high: over this swapping slows it down
 * @limits: the set
 * @bytes: as for contain_limits_set_memory_max()
 *
 * Returns 0, -EINVAL (out of range, or limits is NULL) or -ENOMEM.
 * Since: 0.1. Source: cgroup-v2.rst, "Memory Interface Files".
 */
int contain_limits_set_memory_swap_high(contain_limits *limits, uint64_t bytes);

/**
 * contain_limits_set_memory_swap_max - memory.swap.max: the most swap, memory not included
 * @limits: the set
 * @bytes: as for contain_limits_set_memory_max()
 *
 * Returns 0, -EINVAL (out of range, or limits is NULL) or -ENOMEM.
 * Since: 0.1. Source: cgroup-v2.rst, "Memory Interface Files".
 */
int contain_limits_set_memory_swap_max(contain_limits *limits, uint64_t bytes);

/**
 * contain_limits_set_memory_zswap_max - memory.zswap.max: the most compressed swap in memory
 * @limits: the set
 * @bytes: as for contain_limits_set_memory_max()
 *
 * Since Linux 5.19, in kernels with CONFIG_ZSWAP.
 *
 * Returns 0, -EINVAL (out of range, or limits is NULL) or -ENOMEM.
 * Since: 0.1. Source: cgroup-v2.rst, "Memory Interface Files".
 */
int contain_limits_set_memory_zswap_max(contain_limits *limits, uint64_t bytes);

/**
 * contain_limits_set_memory_oom_group - memory.oom.group: the OOM killer takes all or nobody
 * @limits: the set
 * @on: 0 or 1
 *
 * Processes with an oom_score_adj of -1000 are left alive. It holds for the groups below too.
 *
 * Returns 0, -EINVAL (neither 0 nor 1, or limits is NULL) or -ENOMEM.
 * Since: 0.1. Source: cgroup-v2.rst, "Memory Interface Files".
 */
int contain_limits_set_memory_oom_group(contain_limits *limits, int on);

/* ---- io ---- */

/**
 * contain_limits_set_io_weight - io.weight: its share of every disk among its siblings
 * @limits: the set
 * @weight: 1 to 10000; 100 is the default
 *
 * It acts where the disk is ruled by io.cost (contain_cgroup_set_io_cost_qos()).
 *
 * Returns 0, -EINVAL (out of range, or limits is NULL) or -ENOMEM.
 * Since: 0.1. Source: cgroup-v2.rst, "IO Interface Files".
 */
int contain_limits_set_io_weight(contain_limits *limits, uint64_t weight);

/**
 * contain_limits_set_io_device_weight - io.weight: its share of one disk
 * @limits: the set
 * @major: of the disk, not of a partition: contain_block_device() finds it
 * @minor: of the disk
 * @weight: 1 to 10000, or 0: that of contain_limits_set_io_weight() again
 *
 * Returns 0, -EINVAL (out of range, or limits is NULL) or -ENOMEM.
 * Since: 0.1. Source: cgroup-v2.rst, "IO Interface Files".
 */
int contain_limits_set_io_device_weight(contain_limits *limits, uint32_t major, uint32_t minor,
					uint64_t weight);

/**
 * contain_limits_set_io_max - io.max: how much of a disk it may use
 * @limits: the set
 * @major: of the disk, not of a partition: contain_block_device() finds it
 * @minor: of the disk
 * @what: CONTAIN_IO_*; one call for each
 * @per_second: bytes or operations, from 2, or CONTAIN_LIMIT_MAX
 *
 * Written data is counted where it is written by the group itself, or, on file systems that know
 * of groups (ext4, btrfs, xfs, f2fs), written back for it.
 *
 * Returns 0, -EINVAL (out of range, or limits is NULL) or -ENOMEM.
 * Since: 0.1. Source: cgroup-v2.rst, "IO Interface Files".
 */
int contain_limits_set_io_max(contain_limits *limits, uint32_t major, uint32_t minor, int what,
			      uint64_t per_second);

/**
 * contain_limits_set_io_latency - io.latency: over it on a disk others are slowed down
 * @limits: the set
 * @major: of the disk, not of a partition: contain_block_device() finds it
 * @minor: of the disk
 * @target_usec: microseconds, from 1, or CONTAIN_LIMIT_MAX: no target
 *
 * Only in kernels with CONFIG_BLK_CGROUP_IOLATENCY.
 *
 * Returns 0, -EINVAL (out of range, or limits is NULL) or -ENOMEM.
 * Since: 0.1. Source: cgroup-v2.rst, "IO Latency".
 */
int contain_limits_set_io_latency(contain_limits *limits, uint32_t major, uint32_t minor,
				  uint64_t target_usec);

/* ---- pids, hugetlb, rdma, misc ---- */

/**
 * contain_limits_set_pids_max - pids.max: how many tasks (threads) the group may have
 * @limits: the set
 * @pids: 0 to 4194304, or CONTAIN_LIMIT_MAX; with 0 nothing can be forked in the group
 *
 * Returns 0, -EINVAL (out of range, or limits is NULL) or -ENOMEM.
 * Since: 0.1. Source: cgroup-v2.rst, "PID Interface Files".
 */
int contain_limits_set_pids_max(contain_limits *limits, uint64_t pids);

/**
 * contain_limits_set_hugetlb_max - hugetlb.SIZE.max: the most huge pages that it may use
 * @limits: the set
 * @page_bytes: a size of huge pages that the kernel has: 2097152 is hugetlb.2MB.max
 * @bytes: at most 2^63 - 1, or CONTAIN_LIMIT_MAX
 *
 * A process that touches one more gets SIGBUS.
 *
 * Returns 0, -EINVAL (out of range, or limits is NULL) or -ENOMEM.
 * Since: 0.1. Source: cgroup-v2.rst, "HugeTLB Interface Files".
 */
int contain_limits_set_hugetlb_max(contain_limits *limits, uint64_t page_bytes, uint64_t bytes);

/**
 * contain_limits_set_hugetlb_rsvd_max - hugetlb.SIZE.rsvd.max: the most that it may reserve
 * @limits: the set
 * @page_bytes: a size of huge pages that the kernel has: 2097152 is hugetlb.2MB.max
 * @bytes: at most 2^63 - 1, or CONTAIN_LIMIT_MAX
 *
 * One more is refused by mmap(2), with ENOMEM: the limit for programs that are to live.
 *
 * Returns 0, -EINVAL (out of range, or limits is NULL) or -ENOMEM.
 * Since: 0.1. Source: cgroup-v2.rst, "HugeTLB Interface Files".
 */
int contain_limits_set_hugetlb_rsvd_max(contain_limits *limits, uint64_t page_bytes,
					uint64_t bytes);

/**
 * contain_limits_set_rdma_max - rdma.max: what it may use of an RDMA device
 * @limits: the set
 * @device: its name, such as "mlx5_0"
 * @resource: "hca_handle" or "hca_object"
 * @value: at most 2147483647, or CONTAIN_LIMIT_MAX
 *
 * Returns 0, -EINVAL (a bad name, or out of range, or limits is NULL) or -ENOMEM.
 * Since: 0.1. Source: cgroup-v2.rst, "RDMA Interface Files".
 */
int contain_limits_set_rdma_max(contain_limits *limits, const char *device, const char *resource,
				uint64_t value);

/**
 * contain_limits_set_misc_max - misc.max: what it may use of a counted resource ("sev")
 * @limits: the set
 * @resource: a name of misc.capacity
 * @value: or CONTAIN_LIMIT_MAX
 *
 * Returns 0, -EINVAL (a bad name, or limits is NULL) or -ENOMEM.
 * Since: 0.1. Source: cgroup-v2.rst, "Misc Interface Files".
 */
int contain_limits_set_misc_max(contain_limits *limits, const char *resource, uint64_t value);

/* ---- anything else ---- */

/**
 * contain_limits_set_raw - any file of a group, as text
 * @limits: the set
 * @file: such as "memory.max"; of the files that rule the group itself only cgroup.max.depth,
 *        cgroup.max.descendants and cgroup.pressure
 * @value: one line, as the file takes it; "8:0 rbps=1048576 wbps=max"
 *
 * A file that a setter here knows is checked as that one does, and is the same limit: memory and
 * hugetlb take the suffixes K, M, G, T, P, E too. Of others only the form is checked, and the
 * kernel judges; a value of several words is told apart from others of the file by its first word.
 *
 * Returns 0, -EINVAL (a bad name or text, or limits is NULL) or -ENOMEM.
 * Since: 0.1. Source: cgroup-v2.rst, "Interface Files".
 */
int contain_limits_set_raw(contain_limits *limits, const char *file, const char *value);

/* ---- groups ---- */

/**
 * contain_limits_apply - applies limits to a running group: all of them or none
 * @limits: the set
 * @group_fd: the group's directory
 * @reterr: may be NULL; the object of the error is the file, such as "memory.max", or the field of
 *          a setter that was refused
 *
 * What the files hold is read first. Each limit that is another one is written, in the order of
 * contain_limits_key(), but cpu.max.burst before cpu.max where both shrink. When one fails, those
 * that were written are set back. The hint names what could not be set back: a file of
 * contain_limits_set_raw() that cannot be read, and cpuset.cpus and cpuset.mems of a group with
 * processes that were empty, which the kernel refuses; they are then the list that held. What was
 * done to the processes meanwhile stays done: a memory.max that was too low may have killed.
 *
 * Controllers are not enabled: contain_cgroup_enable(), contain_cgroup_create_limited().
 *
 * Returns 0, or, with the limits as they were, but for what the hint names:
 * -EINVAL: limits is NULL or a setter was refused; or the kernel does not take the value:
 * cpu.weight of an idle group, a burst over the quota, processors that are not there, a partition
 * that cannot be made;
 * -ENOENT: the group has no such file: the hint says which hierarchy holds the controller, that the
 * parent has to hand it down, or that this kernel lacks it;
 * -ENODEV: there is no such disk or device, or the group was removed; -EBUSY: more is in use;
 * -ENOSPC: its processes would have no processor or memory node left; -ERANGE, -EOPNOTSUPP;
 * -EACCES, -EPERM, -EROFS: the group was not delegated to the caller, or is read-only;
 * -EBADF, -ENOTDIR, -EOPNOTSUPP: group_fd is no open directory, or not of cgroup2;
 * -EMFILE, -ENFILE, -ENOMEM.
 *
 * Since: 0.1. Source: cgroup-v2.rst.
 */
int contain_limits_apply(const contain_limits *limits, int group_fd, contain_error **reterr);

/**
 * contain_cgroup_create_limited - makes a group with limits and opens it
 * @parent_fd: the directory of a group
 * @name: as for contain_cgroup_create()
 * @limits: the set
 * @ret_fd: receives an fd of the new directory, close-on-exec; closed by close(2)
 * @reterr: may be NULL; its object is the argument, the name, or the file of the limit
 *
 * A controller is enabled in the parent where a file is missing, and only there; it stays enabled
 * when the call fails, since another group may use it by then.
 *
 * Returns 0, or, with no group made: what contain_cgroup_create() and contain_limits_apply()
 * return, and -EBUSY: the parent has processes of its own and so cannot hand down a controller; the
 * hint names them (no-internal-process rule).
 *
 * Since: 0.1. Source: mkdir(2), cgroup-v2.rst.
 */
int contain_cgroup_create_limited(int parent_fd, const char *name, const contain_limits *limits,
				  int *ret_fd, contain_error **reterr);

/**
 * contain_limits_read - reads the limits that a group has
 * @group_fd: the group's directory
 * @ret_limits: receives the set; freed with contain_limits_free()
 * @reterr: may be NULL
 *
 * All files that setters here know, with those that are at their defaults. Devices and resources
 * are those that the kernel lists. What a newer kernel says in another way is left out.
 *
 * Returns 0, or: -EINVAL: ret_limits is NULL; -EBADF, -ENOTDIR, -EOPNOTSUPP: group_fd is no open
 * directory, or not of cgroup2; -ENODEV: the group was removed; -EACCES, -EMFILE,
 * -ENFILE, -ENOMEM. *ret_limits is untouched then.
 *
 * Since: 0.1. Source: cgroup-v2.rst, "Interface Files".
 */
int contain_limits_read(int group_fd, contain_limits **ret_limits, contain_error **reterr);

/**
 * contain_limits_effective - reads the limits that hold for a group, those above it counted
 * @group_fd: the group's directory
 * @ret_limits: receives the set; freed with contain_limits_free()
 * @reterr: may be NULL
 *
 * Of what the groups above limit too it is the lowest, also where the group itself has no such
 * file; of cpu.max the lowest part of the time. cpuset.cpus and cpuset.mems are what the kernel
 * says is left of them; a partition that is invalid is "member". Weights, cpu.idle, burst, latency
 * and memory.oom.group are the group's own. Groups above the one that the mount shows cannot be
 * seen.
 *
 * Returns 0, or: -EINVAL: ret_limits is NULL; -EBADF, -ENOTDIR, -EOPNOTSUPP: group_fd is no open
 * directory, or not of cgroup2; -ENODEV: the group was removed; -EACCES, -EMFILE, -ENFILE, -ENOMEM.
 * *ret_limits is untouched then.
 *
 * Since: 0.1. Source: cgroup-v2.rst, "Limits", "Protections", "Cpuset Interface Files".
 */
int contain_limits_effective(int group_fd, contain_limits **ret_limits, contain_error **reterr);

/**
 * contain_cgroup_reclaim - asks the kernel to take memory back from a group now
 * @group_fd: the group's directory
 * @bytes: how much, at least 1
 * @reterr: may be NULL
 *
 * Since Linux 5.19.
 *
 * Returns 0, or: -EINVAL: no bytes, or over 2^63 - 1; -EAGAIN: less could be taken;
 * -EINTR: a signal came;
 * -ENOENT: the group has no memory.reclaim: the hint says why; -ENODEV: the group was removed;
 * -EACCES, -EPERM, -EROFS: the group was not delegated to the caller, or is read-only;
 * -EBADF, -ENOTDIR, -EOPNOTSUPP: group_fd is no open directory, or not of cgroup2;
 * -EMFILE, -ENFILE, -ENOMEM.
 *
 * Since: 0.1. Source: cgroup-v2.rst, "memory.reclaim".
 */
int contain_cgroup_reclaim(int group_fd, uint64_t bytes, contain_error **reterr);

#ifdef __cplusplus
}
#endif

#endif
