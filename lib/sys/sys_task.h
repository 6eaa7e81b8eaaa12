/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The calls about scheduling, keyrings and personality; see sys.h. */
#ifndef CT_SYS_SYS_TASK_H
#define CT_SYS_SYS_TASK_H

#include "sys.h"

/* struct sched_attr of linux/sched/types.h, as of Linux 3.14: its header and libc's do not mix */
struct ct_sched_attr {
	uint32_t size, policy;
	uint64_t flags;
	int32_t nice;
	uint32_t priority;
	uint64_t runtime, deadline, period;
};

static inline int ct_sys_sched_setattr(int pid, struct ct_sched_attr *attr)
{
	return (int)ct_call3(__NR_sched_setattr, pid, attr, 0);
}

static inline int ct_sys_sched_getattr(int pid, struct ct_sched_attr *attr, size_t size)
{
	return (int)ct_call4(__NR_sched_getattr, pid, attr, size, 0);
}

static inline int ct_sys_sched_setaffinity(int pid, size_t size, const void *mask)
{
	return (int)ct_call3(__NR_sched_setaffinity, pid, size, mask);
}

static inline int ct_sys_sched_getaffinity(int pid, size_t size, void *mask)
{
	return (int)ct_call3(__NR_sched_getaffinity, pid, size, mask);
}

static inline int ct_sys_ioprio_set(int which, int who, int value)
{
	return (int)ct_call3(__NR_ioprio_set, which, who, value);
}

static inline int ct_sys_ioprio_get(int which, int who)
{
	return (int)ct_call2(__NR_ioprio_get, which, who);
}

static inline long ct_sys_personality(unsigned long persona)
{
	return ct_call1(__NR_personality, persona);
}

static inline int ct_sys_keyctl(int op, long a, long b)
{
	return (int)ct_call3(__NR_keyctl, op, a, b);
}

#endif
