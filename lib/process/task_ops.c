/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Keyring, personality, scheduling: each is set, and then asked for. */
#include "identity.h"
#include "sys/str.h"
#include "sys/sys_task.h"

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/keyctl.h>
#include <linux/seccomp.h>

#define IOPRIO_WHO_PROCESS 1
#define RESET_ON_FORK 1 /* SCHED_FLAG_RESET_ON_FORK */
#define SCHED_NORMAL_ 0
#define SCHED_BATCH_ 3

/*
 * Keys of processes that have ended count until the kernel has collected them (RCU), some 50 ms
 * later: who starts quickly would meet the quota of an ordinary user, 200, from time to time. What
 * is only late is waited for; a quota that stays full is told after these 10
 * seconds: with 18 processes for 2 cpus, 2 were too short.
 */
#define QUOTA_TRIES 200
#define QUOTA_WAIT_NSEC 50000000L

/* Read back where somebody asks for the serial number. */
int ct_process_join_keyring(const char *name, int *ret_serial)
{
	const struct timespec wait = { 0, QUOTA_WAIT_NSEC };
	int got, serial = -EDQUOT;

	for (int i = 0; i < QUOTA_TRIES && serial == -EDQUOT; i++) {
		if (i)
			ct_sys_ppoll(NULL, 0, &wait, NULL, 0);
		serial = ct_sys_keyctl(KEYCTL_JOIN_SESSION_KEYRING, (long)name, 0);
	}
	if (serial < 0 || !ret_serial)
		return serial < 0 ? serial : 0;
	got = ct_sys_keyctl(KEYCTL_GET_KEYRING_ID, KEY_SPEC_SESSION_KEYRING, 0);
	if (got < 0)
		return got;
	*ret_serial = serial;
	return got == serial ? 0 : -EIO;
}

/*
 * By default (arg 0): a kernel without keys, or a filter that refuses keyctl(2) here and so also to
 * the payload, leaves nothing to protect. A spec that names it gets it, or an error.
 */
int ct_process_op_keyring(struct ct_run *r, const struct ct_step *s)
{
	int serial, err = ct_process_join_keyring(
			    s->arg[1] ? ct_block_str(r->plan, s->str[0]) : NULL,
			    s->arg[0] ? &serial : NULL);

	return (err == -ENOSYS || err == -EPERM) && !s->arg[0] ? 0 : err;
}

int ct_process_set_personality(uint32_t persona)
{
	long got = ct_sys_personality(persona);

	if (got < 0)
		return (int)got;
	got = ct_sys_personality(0xffffffffUL);
	return got < 0 ? (int)got : (uint32_t)got == persona ? 0 : -EIO;
}

int ct_process_op_personality(struct ct_run *r, const struct ct_step *s)
{
	return ct_process_set_personality((uint32_t)s->arg[0]);
}

#define LOAD(field) { BPF_LD | BPF_W | BPF_ABS, 0, 0, offsetof(struct seccomp_data, field) }
#define EQUAL(value, yes, no) { BPF_JMP | BPF_JEQ | BPF_K, yes, no, value }
#define RETURN(value) { BPF_RET | BPF_K, 0, 0, value }

/*
 * By every entry that this architecture has: 64 bit, x32 and 32 bit number the call differently.
 * The kernel takes the low 32 bits of the argument; 0xffffffff only asks.
 */
int ct_process_lock_personality(uint32_t persona)
{
	struct sock_filter filter[] = {
#if defined(__x86_64__)
		LOAD(arch),
		EQUAL(AUDIT_ARCH_I386, 0, 2),
		LOAD(nr),
		EQUAL(136, 3, 6),
		LOAD(nr),
		EQUAL(CT_NR_PERSONALITY, 1, 0),
		EQUAL(CT_NR_PERSONALITY | 0x40000000, 0, 3),
#else
		LOAD(arch),
		EQUAL(AUDIT_ARCH_ARM, 0, 2),
		LOAD(nr),
		EQUAL(136, 3, 6),
		LOAD(nr),
		EQUAL(CT_NR_PERSONALITY, 1, 0),
		RETURN(SECCOMP_RET_ALLOW),
#endif
		LOAD(args[0]),
		EQUAL(0xffffffff, 1, 0),
		EQUAL(persona, 0, 1),
		RETURN(SECCOMP_RET_ALLOW),
		RETURN(SECCOMP_RET_ERRNO | EPERM),
	};
	struct sock_fprog program = { sizeof(filter) / sizeof(filter[0]), filter };

	return ct_sys_seccomp(SECCOMP_SET_MODE_FILTER, 0, &program);
}

int ct_process_op_lock_personality(struct ct_run *r, const struct ct_step *s)
{
	return ct_process_lock_personality((uint32_t)s->arg[0]);
}

static int same_sched(const struct ct_sched_attr *got, const struct ct_sched_attr *want)
{
	if (got->policy != want->policy)
		return 0;
	if (want->policy == CT_SCHED_DEADLINE)
		return got->runtime == want->runtime && got->deadline == want->deadline &&
		       got->period == want->period;
	if (want->policy == SCHED_NORMAL_ || want->policy == SCHED_BATCH_)
		return got->nice == want->nice;
	return got->priority == want->priority;
}

int ct_process_set_sched(const struct ct_sched *want)
{
	struct ct_sched_attr a, got;
	int err = ct_sys_sched_getattr(0, &a, sizeof(a));

	if (err < 0)
		return err;
	a.size = sizeof(a);
	a.flags = 0;
	if (want->policy >= 0) {
		a.policy = (uint32_t)want->policy;
		a.priority = (uint32_t)want->priority;
		a.runtime = want->runtime;
		a.deadline = want->deadline;
		a.period = want->period;
		if (want->policy == CT_SCHED_DEADLINE)
			a.flags = RESET_ON_FORK; /* or it could not fork at all */
	}
	if (want->nice_set)
		a.nice = want->nice;
	err = ct_sys_sched_setattr(0, &a);
	if (!err)
		err = ct_sys_sched_getattr(0, &got, sizeof(got));
	return err < 0 ? err : same_sched(&got, &a) ? 0 : -EIO;
}

/* words: policy + 1, priority, nice, whether it is set; runtime, deadline, period: low, high */
int ct_process_op_sched(struct ct_run *r, const struct ct_step *s)
{
	const uint32_t *word = (const uint32_t *)ct_block_str(r->plan, s->str[0]);
	struct ct_sched want;

	want.policy = (int)word[0] - 1;
	want.priority = (int)word[1];
	want.nice = (int)word[2];
	want.nice_set = (int)word[3];
	want.runtime = (uint64_t)word[5] << 32 | word[4];
	want.deadline = (uint64_t)word[7] << 32 | word[6];
	want.period = (uint64_t)word[9] << 32 | word[8];
	return ct_process_set_sched(&want);
}

/* The kernel takes the part of the mask that the process may have, and says nothing. */
int ct_process_set_affinity(const uint32_t *words, size_t n)
{
	uint32_t got[CT_CPUS_MAX / 32];
	int size, err = ct_sys_sched_setaffinity(0, n * 4, words);

	if (err < 0)
		return err;
	size = ct_sys_sched_getaffinity(0, sizeof(got), got); /* bytes that it has */
	if (size < 0)
		return size;
	for (size_t i = 0; i < n || i < (size_t)size / 4; i++) {
		uint32_t has = i < (size_t)size / 4 ? got[i] : 0;

		if (has != (i < n ? words[i] : 0))
			return -ENODEV;
	}
	return 0;
}

int ct_process_op_affinity(struct ct_run *r, const struct ct_step *s)
{
	return ct_process_set_affinity((const uint32_t *)ct_block_str(r->plan, s->str[0]),
				       (size_t)s->arg[0]);
}

int ct_process_set_ioprio(int value)
{
	int got, err = ct_sys_ioprio_set(IOPRIO_WHO_PROCESS, 0, value);

	if (err < 0)
		return err;
	got = ct_sys_ioprio_get(IOPRIO_WHO_PROCESS, 0);
	return got < 0 ? got : got == value ? 0 : -EIO;
}

int ct_process_op_ioprio(struct ct_run *r, const struct ct_step *s)
{
	return ct_process_set_ioprio((int)s->arg[0]);
}
