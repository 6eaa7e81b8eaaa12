/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef CT_LANDLOCK_LANDLOCK_H
#define CT_LANDLOCK_LANDLOCK_H

#include "plan/module.h"

#include <contain/landlock.h>

extern const struct ct_module ct_landlock_module;
extern const struct ct_op ct_landlock_ops[];

struct contain_landlock {
	uint32_t fs, net, scopes;
	int best_effort;
	struct ct_landlock_rule {
		char *path; /* NULL: a port */
		uint32_t port, access;
	} *rule;
	size_t n;
};

struct ct_landlock_part {
	contain_landlock *set; /* a copy, or NULL */
};

/* What a version of the interface knows. */
struct ct_landlock_known {
	uint32_t fs, net, scopes;
};
struct ct_landlock_known ct_landlock_known(int abi);
/* Why a set cannot be put in force there, in buf; NULL: it can. */
const char *ct_landlock_missing(const contain_landlock *set, int abi, char *buf, size_t size);
int ct_landlock_copy(const contain_landlock *set, contain_landlock **ret);
/* The likely cause of a failure, or NULL. */
const char *ct_landlock_why(int err);

/* What the primitive and the steps share: landlock_ops.c. -errno, or an fd. */
int ct_landlock_create(uint32_t fs, uint32_t net, uint32_t scopes);
int ct_landlock_allow_path(int ruleset, int root_fd, const char *path, uint32_t access);
int ct_landlock_allow_fd(int ruleset, int fd, uint32_t access);
int ct_landlock_allow_port(int ruleset, uint32_t port, uint32_t access);
int ct_landlock_enforce(int ruleset);

ct_step_run ct_landlock_op_create, ct_landlock_op_path, ct_landlock_op_port,
	ct_landlock_op_enforce, ct_landlock_op_none;

#endif
