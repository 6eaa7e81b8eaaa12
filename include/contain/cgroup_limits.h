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
 *	comes several times
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
 * contain_limits_set_cpu_max - cpu.max: the processor time that the group may use per period
 * @limits: the set
 * @quota_usec: microseconds per period, of all processors together: 1000 to 2^44 - 1, or
 *	CONTAIN_LIMIT_MAX
 * @period_usec: 1000 to 1000000; the kernel's own is 100000
 *
 * Returns 0, -EINVAL (out of range, or limits is NULL) or -ENOMEM.
 * Since: 0.1. Source: cgroup-v2.rst, "CPU Interface Files".
 */
int contain_limits_set_cpu_max(contain_limits *limits, uint64_t quota_usec, uint64_t period_usec);

/* ---- memory ---- */

/**
 * contain_limits_set_memory_max - memory.max: the most memory that the group may use
 * @limits: the set
 * @bytes: rounded down to whole pages by the kernel; at most 2^63 - 1, or CONTAIN_LIMIT_MAX
 *
 * Over it the kernel reclaims, and kills in the group when that does not help.
 *
 * Returns 0, -EINVAL (out of range, or limits is NULL) or -ENOMEM.
 * Since: 0.1. Source: cgroup-v2.rst, "Memory Interface Files".
 */
int contain_limits_set_memory_max(contain_limits *limits, uint64_t bytes);

/* ---- pids ---- */

/**
 * contain_limits_set_pids_max - pids.max: how many tasks (threads) the group may have
 * @limits: the set
 * @pids: 0 to 4194304, or CONTAIN_LIMIT_MAX; with 0 nothing can be forked in the group
 *
 * Returns 0, -EINVAL (out of range, or limits is NULL) or -ENOMEM.
 * Since: 0.1. Source: cgroup-v2.rst, "PID Interface Files".
 */
int contain_limits_set_pids_max(contain_limits *limits, uint64_t pids);

#ifdef __cplusplus
}
#endif

#endif
