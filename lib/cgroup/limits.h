/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Limits as a value: what has to be written to which file of a group, in the order in which it has
 * to be written. Text is what v2 takes; numbers are for who writes it another way (v1).
 */
#ifndef CT_CGROUP_LIMITS_H
#define CT_CGROUP_LIMITS_H

#include "feature/feature.h"

#include <contain/cgroup_limits.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * In the order of writing. Who may run where comes first, and what decides how a breach of the
 * memory limit ends comes before the limit, which may be breached at once.
 */
enum ct_limit_id {
	CT_LIMIT_CPUSET_CPUS,
	CT_LIMIT_CPUSET_MEMS,
	CT_LIMIT_CPUSET_PARTITION,
	CT_LIMIT_CPU_IDLE, /* before the weight, which an idle group refuses */
	CT_LIMIT_CPU_WEIGHT,
	CT_LIMIT_CPU_MAX,
	CT_LIMIT_CPU_MAX_BURST, /* at most the quota: after it, or before one that shrinks */
	CT_LIMIT_CPU_UCLAMP_MIN,
	CT_LIMIT_CPU_UCLAMP_MAX,
	CT_LIMIT_MEMORY_OOM_GROUP,
	CT_LIMIT_MEMORY_MIN,
	CT_LIMIT_MEMORY_LOW,
	CT_LIMIT_MEMORY_ZSWAP_MAX,
	CT_LIMIT_MEMORY_SWAP_HIGH,
	CT_LIMIT_MEMORY_SWAP_MAX,
	CT_LIMIT_MEMORY_HIGH,
	CT_LIMIT_MEMORY_MAX,
	CT_LIMIT_IO_WEIGHT,
	CT_LIMIT_IO_DEVICE_WEIGHT,
	CT_LIMIT_IO_MAX,
	CT_LIMIT_IO_LATENCY,
	CT_LIMIT_PIDS_MAX,
	CT_LIMIT_HUGETLB_MAX,
	CT_LIMIT_HUGETLB_RSVD_MAX,
	CT_LIMIT_RDMA_MAX,
	CT_LIMIT_MISC_MAX,
	CT_LIMIT_RAW,
	CT_LIMITS,
};

struct ct_limit_row {
	const char *field;  /* "memory_max": of its setter */
	const char *file;   /* "memory.max", "hugetlb.*.max"; "": any (raw) */
	uint8_t controller; /* enum ct_controller; CT_CONTROLLERS: none is needed */
	uint8_t id;	    /* enum ct_limit_id: its place in the table */
};

extern const struct ct_limit_row ct_limit_rows[CT_LIMITS];

struct ct_limit {
	const struct ct_limit_row *row; /* never NULL */
	/* one block of memory, which file begins; one limit is one (file, sub) */
	char *file;  /* "memory.max", "hugetlb.2MB.max" */
	char *sub;   /* what of the file: "", "8:0 rbps", "8:0", "default", "mlx5_0 hca_handle" */
	char *value; /* what is written, whole: "8:0 rbps=1048576" */
	uint8_t controller; /* of the row, or, for raw, by the name of the file */
	uint8_t what;	    /* io_max: CONTAIN_IO_* */
	/*
	 * num[0]: the number, UINT64_MAX for "max"; of cpu_max the quota.
	 * num[1]: of cpu_max the period, of io_* the device (major << 32 | minor), of hugetlb_* the
	 * bytes of a page.
	 */
	uint64_t num[2];
};

struct contain_limits {
	struct ct_limit *v; /* sorted by row, in a row by the order of setting */
	size_t n, room;
	/* the first public setter that failed; ct_limits_check() */
	int err;
	const char *field, *why;
};

/* What a limit is made of. */
struct ct_limit_new {
	uint8_t id, what;
	const char *file; /* NULL: the row's */
	const char *sub;  /* NULL: "" */
	const char *value;
	uint64_t num[2];
};

/* Adds a limit, or puts it in the place of the one with this file and sub. 0 or -ENOMEM. */
int ct_limits_put(contain_limits *l, const struct ct_limit_new *new);

/* Takes out all limits of a row; sub NULL: whatever they are of. */
void ct_limits_drop(contain_limits *l, enum ct_limit_id id, const char *sub);

const struct ct_limit *ct_limits_find(const contain_limits *l, const char *file, const char *sub);

/* Frees what it holds, and not the object. */
void ct_limits_clear(contain_limits *l);

/*
 * base with over in place of what both have, into out, whose v has room for base->n + over->n. The
 * strings stay theirs: never ct_limits_clear(out).
 */
void ct_limits_merge_shallow(const contain_limits *base, const contain_limits *over,
			     contain_limits *out);

/*
 * A setter that was refused makes the whole set refused: 0, or its code with *ret_field and
 * *ret_why (static strings). Everything that takes limits asks this before it does anything.
 */
int ct_limits_check(const contain_limits *l, const char **ret_field, const char **ret_why);

/*
 * What the public setters do: 0, or -EINVAL or -ENOMEM with *ret_why (a static string that goes on
 * where the name of the field ends: "is over ..."), the limits as they were, and l->err untouched.
 * UINT64_MAX is "max" where the file knows it.
 */
int ct_limits_put_cpu_weight(contain_limits *l, uint64_t weight, const char **ret_why);
int ct_limits_put_cpu_idle(contain_limits *l, int on, const char **ret_why);
int ct_limits_put_cpu_max(contain_limits *l, uint64_t quota_usec, uint64_t period_usec,
			  const char **ret_why);
int ct_limits_put_cpu_max_burst(contain_limits *l, uint64_t usec, const char **ret_why);
/* id: CT_LIMIT_CPU_UCLAMP_*; in hundredths of a percent */
int ct_limits_put_uclamp(contain_limits *l, enum ct_limit_id id, uint64_t value,
			 const char **ret_why);
/* id: CT_LIMIT_CPUSET_CPUS or _MEMS */
int ct_limits_put_cpuset(contain_limits *l, enum ct_limit_id id, const char *list,
			 const char **ret_why);
int ct_limits_put_cpuset_partition(contain_limits *l, int kind, const char **ret_why);
/* id: one of the CT_LIMIT_MEMORY_* with bytes */
int ct_limits_put_memory(contain_limits *l, enum ct_limit_id id, uint64_t bytes,
			 const char **ret_why);
int ct_limits_put_memory_oom_group(contain_limits *l, int on, const char **ret_why);
int ct_limits_put_io_weight(contain_limits *l, uint64_t weight, const char **ret_why);
int ct_limits_put_io_device_weight(contain_limits *l, uint32_t major, uint32_t minor,
				   uint64_t weight, const char **ret_why);
int ct_limits_put_io_max(contain_limits *l, uint32_t major, uint32_t minor, int what,
			 uint64_t value, const char **ret_why);
int ct_limits_put_io_latency(contain_limits *l, uint32_t major, uint32_t minor,
			     uint64_t target_usec, const char **ret_why);
int ct_limits_put_pids_max(contain_limits *l, uint64_t pids, const char **ret_why);
/* id: CT_LIMIT_HUGETLB_* */
int ct_limits_put_hugetlb(contain_limits *l, enum ct_limit_id id, uint64_t page_bytes,
			  uint64_t bytes, const char **ret_why);
int ct_limits_put_rdma_max(contain_limits *l, const char *device, const char *resource,
			   uint64_t value, const char **ret_why);
int ct_limits_put_misc_max(contain_limits *l, const char *resource, uint64_t value,
			   const char **ret_why);
int ct_limits_put_raw(contain_limits *l, const char *file, const char *value, const char **ret_why);

/* ---- groups: limits_apply.c, limits_hint.c, limits_read.c ---- */

/* One limit into its file, as the kernel has to be asked for it. 0 or -errno. */
int ct_limits_write(int group_fd, const struct ct_limit *limit);

/* In a group that was removed no file is found: -ENODEV instead of -ENOENT. */
int ct_limits_gone(int group_fd, int err);

/* Why that failed, in buf, or NULL. */
const char *ct_limits_hint(int group_fd, const struct ct_limit *limit, int err, char *buf,
			   size_t size);

/*
 * contain_limits_apply() without its checks of the arguments: what failed is in *ret_at (NULL: none
 * of the limits, as with -ENOMEM), why in hint ("": unknown).
 */
int ct_limits_apply(int group_fd, const contain_limits *l, const struct ct_limit **ret_at,
		    char *hint, size_t size);

/* A file of a group, whole, with a terminator; freed with free(). Its length or -errno. */
ssize_t ct_limits_text(int group_fd, const char *file, char **ret_text);

/* What the files of a group say, added to l. 0, -ENOMEM, or -errno with *ret_file. */
int ct_limits_read_group(int group_fd, contain_limits *l, const char **ret_file);

static inline int ct_limits_put_memory_max(contain_limits *l, uint64_t bytes, const char **ret_why)
{
	return ct_limits_put_memory(l, CT_LIMIT_MEMORY_MAX, bytes, ret_why);
}

#endif
