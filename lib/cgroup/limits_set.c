/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What may be a limit of cpu, cpuset, memory and pids: the kernel's own ranges. */
#include "limits.h"
#include "sys/str.h"

#include <errno.h>
#include <string.h>

#define QUOTA_MOST ((1ULL << 44) - 1) /* of the kernel's scheduler */
#define CPU_LEAST 1000
#define PERIOD_MOST 1000000
#define PIDS_MOST (4ULL << 20) /* PID_MAX_LIMIT of a 64-bit kernel */
#define CPUS_MOST 8191	       /* NR_CPUS - 1 of the largest kernels */
#define NODES_MOST 1023	       /* MAX_NUMNODES - 1 */
#define LIST_MAX 4000	       /* the kernel takes less than a page in one write */

static int put_u64(contain_limits *l, enum ct_limit_id id, uint64_t v, const char **ret_why)
{
	char text[24];
	int r;

	if (v == CONTAIN_LIMIT_MAX)
		ct_append(text, sizeof(text), 0, "max");
	else
		ct_append_u64(text, sizeof(text), 0, v);
	r = ct_limits_put(l,
			  &(struct ct_limit_new){ .id = (uint8_t)id, .value = text, .num = { v } });
	if (r < 0)
		*ret_why = "out of memory";
	return r;
}

static int refuse(const char **ret_why, const char *why)
{
	*ret_why = why;
	return -EINVAL;
}

int ct_limits_put_cpu_weight(contain_limits *l, uint64_t weight, const char **ret_why)
{
	if (weight < 1 || weight > 10000)
		return refuse(ret_why, "is not between 1 and 10000");
	return put_u64(l, CT_LIMIT_CPU_WEIGHT, weight, ret_why);
}

int ct_limits_put_cpu_idle(contain_limits *l, int on, const char **ret_why)
{
	if (on != 0 && on != 1)
		return refuse(ret_why, "is neither 0 nor 1");
	return put_u64(l, CT_LIMIT_CPU_IDLE, (uint64_t)on, ret_why);
}

int ct_limits_put_cpu_max(contain_limits *l, uint64_t quota_usec, uint64_t period_usec,
			  const char **ret_why)
{
	struct ct_limit_new new = { .id = CT_LIMIT_CPU_MAX, .num = { quota_usec, period_usec } };
	char text[64];
	size_t at;
	int r;

	if (period_usec < CPU_LEAST || period_usec > PERIOD_MOST)
		return refuse(ret_why, "the period is not between 1000 and 1000000 microseconds");
	if (quota_usec != CONTAIN_LIMIT_MAX && (quota_usec < CPU_LEAST || quota_usec > QUOTA_MOST))
		return refuse(ret_why,
			      "the quota is not between 1000 and 17592186044415 microseconds");
	if (quota_usec == CONTAIN_LIMIT_MAX)
		at = ct_append(text, sizeof(text), 0, "max");
	else
		at = ct_append_u64(text, sizeof(text), 0, quota_usec);
	at = ct_append(text, sizeof(text), at, " ");
	ct_append_u64(text, sizeof(text), at, period_usec);
	new.value = text;
	r = ct_limits_put(l, &new);
	if (r < 0)
		*ret_why = "out of memory";
	return r;
}

int ct_limits_put_cpu_max_burst(contain_limits *l, uint64_t usec, const char **ret_why)
{
	if (usec > QUOTA_MOST)
		return refuse(ret_why, "is over the kernel's 17592186044415 microseconds");
	return put_u64(l, CT_LIMIT_CPU_MAX_BURST, usec, ret_why);
}

/* "12.34", as the kernel writes it, or "max" */
int ct_limits_put_uclamp(contain_limits *l, enum ct_limit_id id, uint64_t value,
			 const char **ret_why)
{
	char text[24];
	size_t at;
	int r;

	if (value == CONTAIN_LIMIT_MAX)
		return put_u64(l, id, value, ret_why);
	if (value > 10000)
		return refuse(ret_why, "is over 10000 hundredths of a percent");
	at = ct_append_u64(text, sizeof(text), 0, value / 100);
	at = ct_append(text, sizeof(text), at, value % 100 < 10 ? ".0" : ".");
	ct_append_u64(text, sizeof(text), at, value % 100);
	r = ct_limits_put(
		l, &(struct ct_limit_new){ .id = (uint8_t)id, .value = text, .num = { value } });
	if (r < 0)
		*ret_why = "out of memory";
	return r;
}

/* A decimal number of at most most, or NULL. */
static const char *list_number(const char *p, uint64_t most, uint64_t *ret)
{
	uint64_t v = 0;

	if (*p < '0' || *p > '9')
		return NULL;
	for (; *p >= '0' && *p <= '9'; p++) {
		v = 10 * v + (uint64_t)(*p - '0');
		if (v > most)
			return NULL;
	}
	*ret = v;
	return p;
}

/* "0-3,8,10-15": what bitmap_parselist() of the kernel takes, without its rarer forms. */
static int is_list(const char *list, uint64_t most)
{
	uint64_t from, to;

	for (;; list++) {
		list = list_number(list, most, &from);
		if (!list)
			return 0;
		if (*list == '-') {
			list = list_number(list + 1, most, &to);
			if (!list || to < from)
				return 0;
		}
		if (!*list)
			return 1;
		if (*list != ',')
			return 0;
	}
}

int ct_limits_put_cpuset(contain_limits *l, enum ct_limit_id id, const char *list,
			 const char **ret_why)
{
	int r;

	if (!list)
		return refuse(ret_why, "is NULL");
	if (strlen(list) > LIST_MAX)
		return refuse(ret_why, "is longer than the kernel reads");
	if (*list && !is_list(list, id == CT_LIMIT_CPUSET_CPUS ? CPUS_MOST : NODES_MOST))
		return refuse(ret_why, id == CT_LIMIT_CPUSET_CPUS ?
					       "is not a list of processors, such as \"0-3,8\"" :
					       "is not a list of memory nodes, such as \"0-1,3\"");
	/* a write of no bytes does nothing: the kernel reads "" from an empty line */
	r = ct_limits_put(l, &(struct ct_limit_new){ .id = (uint8_t)id,
						     .value = *list ? list : "\n" });
	if (r < 0)
		*ret_why = "out of memory";
	return r;
}

int ct_limits_put_cpuset_partition(contain_limits *l, int kind, const char **ret_why)
{
	static const char *const names[] = {
		[CONTAIN_PARTITION_MEMBER] = "member",
		[CONTAIN_PARTITION_ROOT] = "root",
		[CONTAIN_PARTITION_ISOLATED] = "isolated",
	};
	int r;

	if (kind < CONTAIN_PARTITION_MEMBER || kind > CONTAIN_PARTITION_ISOLATED)
		return refuse(ret_why, "is none of CONTAIN_PARTITION_*");
	r = ct_limits_put(l, &(struct ct_limit_new){ .id = CT_LIMIT_CPUSET_PARTITION,
						     .value = names[kind],
						     .num = { (uint64_t)kind } });
	if (r < 0)
		*ret_why = "out of memory";
	return r;
}

int ct_limits_put_memory(contain_limits *l, enum ct_limit_id id, uint64_t bytes,
			 const char **ret_why)
{
	if (bytes != CONTAIN_LIMIT_MAX && bytes > INT64_MAX)
		return refuse(ret_why, "is over the kernel's 2^63 - 1");
	return put_u64(l, id, bytes, ret_why);
}

int ct_limits_put_memory_oom_group(contain_limits *l, int on, const char **ret_why)
{
	if (on != 0 && on != 1)
		return refuse(ret_why, "is neither 0 nor 1");
	return put_u64(l, CT_LIMIT_MEMORY_OOM_GROUP, (uint64_t)on, ret_why);
}

int ct_limits_put_pids_max(contain_limits *l, uint64_t pids, const char **ret_why)
{
	if (pids != CONTAIN_LIMIT_MAX && pids > PIDS_MOST)
		return refuse(ret_why, "is over the kernel's 4194304");
	return put_u64(l, CT_LIMIT_PIDS_MAX, pids, ret_why);
}
