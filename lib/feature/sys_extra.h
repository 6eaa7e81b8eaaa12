/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* System calls that only the probes make, and uapi that the oldest supported headers lack. */
#ifndef CT_FEATURE_SYS_EXTRA_H
#define CT_FEATURE_SYS_EXTRA_H

#include "../sys/sys.h"

#include <linux/prctl.h>
#include <sys/utsname.h>
#include <unistd.h>

static inline long ct_sys_statmount(const void *request, void *buf, size_t n, uint32_t flags)
{
	return ct_call4(__NR_statmount, request, buf, n, flags);
}

static inline long ct_sys_listmount(const void *request, uint64_t *ids, size_t n, uint32_t flags)
{
	return ct_call4(__NR_listmount, request, ids, n, flags);
}

#endif
