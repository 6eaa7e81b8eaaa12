/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * contain/cgroup_stats.h - what a group uses: snapshots of its statistics
 *
 * A snapshot is an object that keeps the files of one group open. contain_stats_update() reads
 * them anew, one pread(2) each, and the getters tell what was read then: all that they say belongs
 * to the same update. It costs one fd for each file that the mask asks for and the group has, up
 * to 25, and no memory of the kernel.
 *
 * A group that has no such file, because its controller was not handed down to it or its kernel is
 * older, does not tell that value: -ENODATA, never 0. So a snapshot can be taken of every group,
 * also of a directory of a cgroup v1 hierarchy, which tells what its controllers count, in the
 * units of v2.
 *
 * Source: the kernel's Documentation/admin-guide/cgroup-v2.rst, Documentation/accounting/psi.rst,
 * Documentation/admin-guide/cgroup-v1.
 */
#ifndef CONTAIN_CGROUP_STATS_H
#define CONTAIN_CGROUP_STATS_H

#include <contain/error.h>

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct contain_stats contain_stats;

/** What to read: the mask of contain_stats_new(). */
#define CONTAIN_STATS_CPU 0x01u
#define CONTAIN_STATS_MEMORY 0x02u   /* with memory.stat and swap */
#define CONTAIN_STATS_IO 0x04u
#define CONTAIN_STATS_PIDS 0x08u
#define CONTAIN_STATS_HUGETLB 0x10u
#define CONTAIN_STATS_PRESSURE 0x20u /* how long processes waited for cpu, memory, io, irq */
#define CONTAIN_STATS_GROUP 0x40u    /* state, and groups below */
#define CONTAIN_STATS_ALL 0x7fu

/** Values of contain_stats_get(). The groups below a group count, as the kernel does it. */
#define CONTAIN_STAT_CPU_USAGE_USEC 1  /* cpu.stat usage_usec */
#define CONTAIN_STAT_CPU_USER_USEC 2   /* cpu.stat user_usec */
#define CONTAIN_STAT_CPU_SYSTEM_USEC 3 /* cpu.stat system_usec */
#define CONTAIN_STAT_CPU_NICE_USEC 4   /* cpu.stat nice_usec, Linux 6.13 */
#define CONTAIN_STAT_CPU_PERIODS 5     /* cpu.stat nr_periods: periods of cpu.max in which it ran */
#define CONTAIN_STAT_CPU_THROTTLED 6   /* cpu.stat nr_throttled: of those, throttled */
#define CONTAIN_STAT_CPU_THROTTLED_USEC 7 /* cpu.stat throttled_usec, of all cpus together */
#define CONTAIN_STAT_CPU_BURSTS 8	  /* cpu.stat nr_bursts */
#define CONTAIN_STAT_CPU_BURST_USEC 9	  /* cpu.stat burst_usec */
/* cpu.stat.local throttled_usec: by its own cpu.max alone, Linux 6.6 */
#define CONTAIN_STAT_CPU_LOCAL_THROTTLED_USEC 10

#define CONTAIN_STAT_MEMORY_CURRENT 32 /* memory.current, in bytes as the next four */
#define CONTAIN_STAT_MEMORY_PEAK 33    /* memory.peak, Linux 5.19 */
#define CONTAIN_STAT_SWAP_CURRENT 34   /* memory.swap.current */
#define CONTAIN_STAT_SWAP_PEAK 35      /* memory.swap.peak, Linux 6.5 */
#define CONTAIN_STAT_ZSWAP_CURRENT 36  /* memory.zswap.current */
#define CONTAIN_STAT_MEMORY_LOW 37     /* memory.events low: how often, as the next ones */
#define CONTAIN_STAT_MEMORY_HIGH 38    /* memory.events high */
#define CONTAIN_STAT_MEMORY_MAX 39     /* memory.events max */
#define CONTAIN_STAT_MEMORY_OOM 40     /* memory.events oom */
#define CONTAIN_STAT_OOM_KILL 41       /* memory.events oom_kill: processes */
#define CONTAIN_STAT_OOM_GROUP_KILL 42 /* memory.events oom_group_kill */
#define CONTAIN_STAT_SWAP_HIGH 43      /* memory.swap.events high */
#define CONTAIN_STAT_SWAP_MAX 44       /* memory.swap.events max */
#define CONTAIN_STAT_SWAP_FAIL 45      /* memory.swap.events fail */

/* io.stat, of all devices together, or with contain_stats_io_get() of one */
#define CONTAIN_STAT_IO_READ_BYTES 64	 /* rbytes */
#define CONTAIN_STAT_IO_WRITE_BYTES 65	 /* wbytes */
#define CONTAIN_STAT_IO_DISCARD_BYTES 66 /* dbytes */
#define CONTAIN_STAT_IO_READS 67	 /* rios */
#define CONTAIN_STAT_IO_WRITES 68	 /* wios */
#define CONTAIN_STAT_IO_DISCARDS 69	 /* dios */

#define CONTAIN_STAT_PIDS_CURRENT 96 /* pids.current: processes and threads */
#define CONTAIN_STAT_PIDS_PEAK 97    /* pids.peak, Linux 6.1 */
#define CONTAIN_STAT_PIDS_MAX 98     /* pids.events max: forks that a limit refused */

/* of one page size, with contain_stats_hugetlb_get() */
#define CONTAIN_STAT_HUGETLB_CURRENT 128      /* hugetlb.SIZE.current, in bytes */
#define CONTAIN_STAT_HUGETLB_RSVD_CURRENT 129 /* hugetlb.SIZE.rsvd.current, in bytes */
#define CONTAIN_STAT_HUGETLB_MAX 130	      /* hugetlb.SIZE.events max */

#define CONTAIN_STAT_GROUP_POPULATED 160   /* cgroup.events populated: 1 or 0 */
#define CONTAIN_STAT_GROUP_FROZEN 161	   /* cgroup.events frozen: 1 or 0 */
#define CONTAIN_STAT_GROUP_DESCENDANTS 162 /* cgroup.stat nr_descendants: groups below */
#define CONTAIN_STAT_GROUP_DYING 163 /* cgroup.stat nr_dying_descendants: removed, not yet freed */

/** What is waited for: contain_stats_pressure(), contain_events_add_pressure(). */
#define CONTAIN_PRESSURE_CPU 1
#define CONTAIN_PRESSURE_MEMORY 2
#define CONTAIN_PRESSURE_IO 3
#define CONTAIN_PRESSURE_IRQ 4 /* full alone, where the kernel counts the time of interrupts */

/** Who waits. */
#define CONTAIN_PRESSURE_SOME 1 /* at least one process, while others may run */
#define CONTAIN_PRESSURE_FULL 2 /* all that could run: nobody does anything useful */

/**
 * contain_stats_new - opens the statistics of a group and reads them
 * @group_fd: the group's directory; duplicated
 * @what: CONTAIN_STATS_* joined by |
 * @ret_stats: receives the snapshot; freed with contain_stats_free()
 * @reterr: may be NULL
 *
 * Files that the group gets later, when a controller is handed down to it, are not in it.
 *
 * Returns 0, or with *ret_stats untouched:
 * -EINVAL: what is 0 or has an unknown bit, or ret_stats is NULL;
 * -EBADF, -ENOTDIR: group_fd is not an open directory;
 * -EOPNOTSUPP: it is no directory of a cgroup file system;
 * -ENODEV: the group was removed;
 * -EACCES: a file of it may not be read;
 * -EMFILE, -ENFILE: no fd left: ask for less, or raise RLIMIT_NOFILE;
 * -ENOMEM, -EIO.
 *
 * Since: 0.1. Source: cgroup-v2.rst, "Interface Files".
 */
int contain_stats_new(int group_fd, uint32_t what, contain_stats **ret_stats,
		      contain_error **reterr);

/**
 * contain_stats_update - reads all files of a snapshot anew
 * @stats: the snapshot
 * @reterr: may be NULL
 *
 * Strings that getters returned before are no longer valid.
 *
 * Returns 0, or with the snapshot as it was, so that what a removed group had used last can still
 * be told:
 * -EINVAL: stats is NULL;
 * -ENODEV: the group was removed;
 * -ENOMEM, -EIO.
 *
 * Since: 0.1
 */
int contain_stats_update(contain_stats *stats, contain_error **reterr);

/**
 * contain_stats_free - closes and frees a snapshot
 * @stats: may be NULL
 *
 * Since: 0.1
 */
void contain_stats_free(contain_stats *stats);

/**
 * contain_stats_time_nsec - when it was read last
 * @stats: the snapshot
 *
 * By CLOCK_MONOTONIC: the difference of two is what a rate is divided by. NULL: 0. Since: 0.1
 */
uint64_t contain_stats_time_nsec(const contain_stats *stats);

/**
 * contain_stats_get - one value
 * @stats: the snapshot
 * @stat: CONTAIN_STAT_*, but CONTAIN_STAT_HUGETLB_*
 * @ret_value: receives it
 *
 * CONTAIN_STAT_IO_* are sums over all devices: a device that lies on others, as of a device
 * mapper, may have the same bytes as those.
 *
 * CONTAIN_STAT_PIDS_MAX counts, before Linux 6.11, forks that were refused in this very group by
 * its own limit or one above; since then, refusals by its own limit, here and below.
 *
 * In a group of cgroup v1 CONTAIN_STAT_MEMORY_MAX is memory.failcnt.
 *
 * Returns 0, or with *ret_value untouched:
 * -EINVAL: stats or ret_value is NULL, or stat is none of these;
 * -ENODATA: this group, this kernel or the mask has not told it.
 *
 * Since: 0.1. Source: cgroup-v2.rst.
 */
int contain_stats_get(const contain_stats *stats, int stat, uint64_t *ret_value);

/**
 * contain_stats_memory_count - how many lines memory.stat has
 * @stats: the snapshot
 *
 * They are numbered from 0 in the order of the kernel. Returns 0 where there is none; of NULL: 0.
 * Since: 0.1. Source: cgroup-v2.rst, "memory.stat".
 */
int contain_stats_memory_count(const contain_stats *stats);

/**
 * contain_stats_memory_name - the name of a line of memory.stat
 * @stats: the snapshot
 * @i: its number
 *
 * Returns NULL where there is none. Valid until the next update. Since: 0.1
 */
const char *contain_stats_memory_name(const contain_stats *stats, int i);

/**
 * contain_stats_memory - a value of memory.stat by its name
 * @stats: the snapshot
 * @name: for example "anon", "file", "pgmajfault"
 * @ret_value: receives it: bytes or a count, as the kernel documents the name
 *
 * A group of cgroup v1 takes its own names and those of v2 that have the same meaning there: anon,
 * file, shmem, file_mapped, file_dirty, file_writeback, pgfault, pgmajfault, inactive_anon,
 * active_anon, inactive_file, active_file and unevictable are the total_ values, which count the
 * groups below.
 *
 * Returns 0, or with *ret_value untouched: -EINVAL: NULL; -ENODATA: there is no such line.
 * Since: 0.1. Source: cgroup-v2.rst, "memory.stat".
 */
int contain_stats_memory(const contain_stats *stats, const char *name, uint64_t *ret_value);

/**
 * contain_stats_io_count - how many devices io.stat tells of
 * @stats: the snapshot
 *
 * They are numbered from 0 in the order of the kernel, which may be another after an update.
 * Returns 0 where there is none; of NULL: 0. Since: 0.1. Source: cgroup-v2.rst, "io.stat".
 */
int contain_stats_io_count(const contain_stats *stats);

/**
 * contain_stats_io_device - which device
 * @stats: the snapshot
 * @i: its number
 * @ret_major: receives the major number
 * @ret_minor: receives the minor number
 *
 * Returns 0, or with nothing written: -EINVAL: NULL; -ENODATA: there is no such number.
 * Since: 0.1
 */
int contain_stats_io_device(const contain_stats *stats, int i, uint32_t *ret_major,
			    uint32_t *ret_minor);

/**
 * contain_stats_io_get - what was read from and written to one device
 * @stats: the snapshot
 * @i: number of the device
 * @stat: CONTAIN_STAT_IO_*
 * @ret_value: receives it
 *
 * Returns 0, or with *ret_value untouched: -EINVAL: NULL, or stat is none of these; -ENODATA:
 * there is no such device, or it does not tell this. Since: 0.1
 */
int contain_stats_io_get(const contain_stats *stats, int i, int stat, uint64_t *ret_value);

/**
 * contain_stats_io_key - a value of a line of io.stat by its key
 * @stats: the snapshot
 * @i: number of the device
 * @key: for example "rbytes", "cost.usage"
 * @ret_value: receives it
 *
 * Returns 0, or with *ret_value untouched: -EINVAL: NULL; -ENODATA: there is no such device or
 * key, or its value is not a whole number. Not of cgroup v1. Since: 0.1
 */
int contain_stats_io_key(const contain_stats *stats, int i, const char *key, uint64_t *ret_value);

/**
 * contain_stats_hugetlb_count - how many sizes of huge pages it tells of
 * @stats: the snapshot
 *
 * Returns 0 where there is none; of NULL: 0. Since: 0.1. Source: cgroup-v2.rst, "HugeTLB".
 */
int contain_stats_hugetlb_count(const contain_stats *stats);

/**
 * contain_stats_hugetlb_size - the size of these pages, as in the names of the files
 * @stats: the snapshot
 * @i: from 0
 *
 * Returns "2MB", "1GB" and the like, NULL where there is none. It belongs to the snapshot.
 * Since: 0.1
 */
const char *contain_stats_hugetlb_size(const contain_stats *stats, int i);

/**
 * contain_stats_hugetlb_get - how much of one size is used
 * @stats: the snapshot
 * @i: number of the size
 * @stat: CONTAIN_STAT_HUGETLB_*
 * @ret_value: receives it
 *
 * Returns 0, or with *ret_value untouched: -EINVAL: NULL, or stat is none of these; -ENODATA:
 * there is no such size or value. Since: 0.1
 */
int contain_stats_hugetlb_get(const contain_stats *stats, int i, int stat, uint64_t *ret_value);

/**
 * contain_stats_pressure - how much of the time processes waited for a resource
 * @stats: the snapshot
 * @resource: CONTAIN_PRESSURE_CPU, _MEMORY, _IO or _IRQ
 * @who: CONTAIN_PRESSURE_SOME or _FULL
 * @ret_avg10: receives the share of the last 10 s in hundredths of a percent, or NULL
 * @ret_avg60: of the last 60 s, or NULL
 * @ret_avg300: of the last 300 s, or NULL
 * @ret_total_usec: receives the time in all, or NULL
 *
 * Returns 0, or with nothing written:
 * -EINVAL: stats is NULL, or an unknown resource or who;
 * -ENODATA: not in this group (cgroup.pressure) or kernel (booted with psi=0), or not in the mask.
 *
 * Since: 0.1. Source: psi.rst.
 */
int contain_stats_pressure(const contain_stats *stats, int resource, int who, uint32_t *ret_avg10,
			   uint32_t *ret_avg60, uint32_t *ret_avg300, uint64_t *ret_total_usec);

#ifdef __cplusplus
}
#endif

#endif
