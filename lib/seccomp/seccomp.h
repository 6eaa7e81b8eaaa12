/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef CT_SECCOMP_SECCOMP_H
#define CT_SECCOMP_SECCOMP_H

#include "plan/module.h"

#include <linux/filter.h>
#include <stdint.h>

extern const struct ct_module ct_seccomp_module;
extern const struct ct_op ct_seccomp_ops[];

#define CT_SECCOMP_PROGRAMS 16

/* The default profile's program, made by the first compile that needs it, kept by the spec. */
struct ct_seccomp_kept {
	uint64_t capabilities;
	int mode;
	size_t n;
	struct sock_filter code[];
};

/* The module's part of a spec. */
struct ct_seccomp_part {
	struct ct_seccomp_program {
		struct sock_filter *code;
		size_t n;
		uint32_t flags;
	} program[CT_SECCOMP_PROGRAMS];
	size_t n;
	int mode; /* CONTAIN_SECCOMP_DEFAULT_* */
	struct ct_seccomp_kept **kept; /* written by compiles of a sealed spec, atomically */
};

/* The kernel's rules: 0, or -errno with *ret_why, and object says what it is about. */
int ct_seccomp_check_bytes(const void *program, size_t bytes, const char **ret_why, char *object,
			   size_t size);
/* The likely cause of a failed load, or NULL. */
const char *ct_seccomp_why(int err, uint32_t flags);

/* What the primitive and the step share: seccomp_ops.c. */
int ct_seccomp_load(const struct sock_filter *code, size_t n, uint32_t flags);

/* detail of a failed listener */
enum { CT_SECCOMP_THREAD = 1 };

ct_step_run ct_seccomp_op_load, ct_seccomp_op_listen;

#endif
