/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The seam: in a build with CT_SEAM every kernel entry of the library, in the parent, in the
 * starter thread and in the child, passes ct_seam_call(), where tests count it, fake its answer
 * or fail it. The shipped library has no such build and calls the kernel in line.
 */
#ifndef CT_SYS_SEAM_H
#define CT_SYS_SEAM_H

#include "arch.h"

#include <stddef.h>
#include <stdint.h>

#ifdef CT_SEAM

/* INIT: contain-init outside of the container, and inside once the payload runs. */
enum ct_seam_who { CT_SEAM_PARENT, CT_SEAM_STARTER, CT_SEAM_CHILD, CT_SEAM_INIT, CT_SEAM_WHO };

/* What a rule does with the call that it meets. */
enum ct_seam_action {
	CT_SEAM_FAIL = 1, /* answer err without the call */
	CT_SEAM_DONE_FAIL, /* make the call, then answer err: done, but reported failed */
	CT_SEAM_KILL, /* SIGKILL to the caller itself */
};

struct ct_seam_entry {
	uint8_t who;
	uint8_t injected;
	int16_t nr;
	int64_t ret;
};

#define CT_SEAM_LOG 8192

/*
 * One record, in memory that parent and child share. Rules: the at-th call (from 1) of who, or,
 * with at 0, every call whose number is nr. Calls that are made more or less often from run to run
 * can be left out of at: uncounted is 1 + their number. fake, where set, answers a call and returns
 * 1. seen, where set, is told of every call before it is made, by whom it is made: in the child
 * too.
 */
struct ct_seam {
	int on;
	uint8_t who;
	uint8_t action;
	int16_t nr; /* -1: any */
	uint32_t at;
	uint16_t uncounted;
	long err;
	uint32_t hits;
	uint32_t count[CT_SEAM_WHO]; /* of all calls */
	uint32_t place[CT_SEAM_WHO]; /* of those that at counts */
	uint32_t logged;
	struct ct_seam_entry log[CT_SEAM_LOG];
	uintptr_t stack[CT_SEAM_WHO][2]; /* who runs on which stack, set by launch */
	void (*seen)(enum ct_seam_who who, long nr);
	int (*fake)(enum ct_seam_who who, long nr, const long *args, long *ret);
};

extern struct ct_seam *ct_seam; /* NULL: every call goes straight to the kernel */
extern int ct_seam_fd; /* the memfd in which it lies, so that contain-init can map it; or -1 */
extern int ct_seam_self; /* in contain-init and in what was forked: who it is; else -1 */
void ct_seam_stack(enum ct_seam_who who, void *low, size_t size);
/* On the way to contain-init: the fd stays open over exec, and is mapped there. Not counted. */
void ct_seam_keep(void);
void ct_seam_map(int fd);
long ct_seam_call(long nr, long a, long b, long c, long d, long e, long f);

/* The two halves of ct_seam_call(), for the one call that returns twice. */
struct ct_seam_visit {
	enum ct_seam_who who;
	uint32_t slot;
	int hit;
};
int ct_seam_before(struct ct_seam_visit *v, long nr); /* 1: answered, do not make the call */
long ct_seam_after(const struct ct_seam_visit *v, long ret);
#define ct_call6 ct_seam_call

#else
#define ct_call6 ct_raw6
#endif

#define ct_call5(n, a, b, c, d, e) \
	ct_call6(n, (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), 0)
#define ct_call4(n, a, b, c, d) ct_call5(n, a, b, c, d, 0)
#define ct_call3(n, a, b, c) ct_call4(n, a, b, c, 0)
#define ct_call2(n, a, b) ct_call3(n, a, b, 0)
#define ct_call1(n, a) ct_call2(n, a, 0)
#define ct_call0(n) ct_call1(n, 0)

#endif
