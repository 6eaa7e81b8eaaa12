/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Programs of classic BPF as seccomp(2) takes them: the kernel's own rules, so that a bad one is
 * refused by name before anything runs, and what a program may answer to one call.
 */
#ifndef CT_SECCOMP_PROGRAM_H
#define CT_SECCOMP_PROGRAM_H

#include <linux/filter.h>
#include <stddef.h>
#include <stdint.h>

#define CT_SECCOMP_MAX 4096 /* instructions, BPF_MAXINSNS */

/* The instruction that the kernel would refuse, and why; a program as a whole: -1. */
struct ct_seccomp_bad {
	int at;
	const char *why;
};

/* 0, or -EINVAL with *bad. */
int ct_seccomp_check(const struct sock_filter *code, size_t n, struct ct_seccomp_bad *bad);

/* Bits of what a program may answer, by seccomp(2). */
enum {
	CT_ANSWER_ALLOW = 1, /* or log, and go on */
	CT_ANSWER_ERRNO = 2, /* or a tracer's, that is not there */
	CT_ANSWER_KILL = 4,
	CT_ANSWER_TRAP = 8,
	CT_ANSWER_NOTIFY = 16,
};

/*
 * All that a checked program may answer to call nr of this machine's own architecture, whatever its
 * arguments are. ret_errno (may be NULL) is one of the errors, where there is one.
 */
uint32_t ct_seccomp_answers(const struct sock_filter *code, size_t n, int nr, int *ret_errno);

/* All that it may answer to any call. */
uint32_t ct_seccomp_all_answers(const struct sock_filter *code, size_t n);

#endif
