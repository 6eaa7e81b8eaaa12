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

int contain_limits_set_cpu_max(contain_limits *limits, uint64_t quota_usec, uint64_t period_usec)
{
	const char *why = "";

	if (!limits)
		return -EINVAL;
	return keep(limits, CT_LIMIT_CPU_MAX,
		    ct_limits_put_cpu_max(limits, quota_usec, period_usec, &why), why);
}

int contain_limits_set_memory_max(contain_limits *limits, uint64_t bytes)
{
	const char *why = "";

	if (!limits)
		return -EINVAL;
	return keep(limits, CT_LIMIT_MEMORY_MAX,
		    ct_limits_put_memory(limits, CT_LIMIT_MEMORY_MAX, bytes, &why), why);
}

int contain_limits_set_pids_max(contain_limits *limits, uint64_t pids)
{
	const char *why = "";

	if (!limits)
		return -EINVAL;
	return keep(limits, CT_LIMIT_PIDS_MAX, ct_limits_put_pids_max(limits, pids, &why), why);
}
