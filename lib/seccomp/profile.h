/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A profile: rules by the numbers of calls, for the machine's own architecture and for that of its
 * 32-bit programs. Names are looked up by libseccomp, in the parent; the program is made here.
 */
#ifndef CT_SECCOMP_PROFILE_H
#define CT_SECCOMP_PROFILE_H

#include "program.h"

#include <contain/seccomp.h>

enum { CT_ARCH_NATIVE, CT_ARCH_COMPAT, CT_ARCHS };

struct ct_seccomp_compare {
	int index, comparison;
	uint64_t value, mask;
};

struct ct_seccomp_rule {
	int32_t nr[CT_ARCHS]; /* -1: there is no such call */
	uint32_t action;
	int n;
	struct ct_seccomp_compare compare[6];
};

struct contain_seccomp {
	uint32_t default_action;
	int compat, log;
	struct ct_seccomp_rule *rule;
	size_t n, room;
	/* the first refusal */
	int err;
	char field[64];
	const char *why;
};

/* AUDIT_ARCH_*; 0: a 64-bit machine without 32-bit programs. */
uint32_t ct_seccomp_arch(int arch);

/*
 * The number of a call, or -1: libseccomp knows none by this name there. -EOPNOTSUPP: the library
 * was built without it.
 */
int ct_seccomp_number(int arch, const char *name);
/* Allocated; NULL: not known. */
char *ct_seccomp_name(uint32_t arch, int nr);
int ct_seccomp_has_names(void);

/* Adds a rule. A name that is not known: -EINVAL, kept in the profile. */
int ct_seccomp_add(contain_seccomp *p, const char *name, uint32_t action);

/* The program of the profile; *ret is freed by free(). -E2BIG, -ENOMEM. */
int ct_seccomp_compile(const contain_seccomp *p, struct sock_filter **ret, size_t *ret_n);

/* The rules of the default profile. */
int ct_seccomp_fill_default(contain_seccomp *p, uint64_t capabilities);

#endif
