/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the primitives that act now have in common: looking at an fd, and why a call failed. */
#ifndef CT_NAMESPACE_ACT_H
#define CT_NAMESPACE_ACT_H

#include "types.h"

#include <contain/error.h>
#include <stddef.h>
#include <stdint.h>

/* The cause of a failure, in words; object stays valid for ever. */
struct ct_ns_why {
	int err;
	const char *object;
	char hint[320];
};

int ct_ns_fail(contain_error **reterr, const char *op, const struct ct_ns_why *why);
int ct_ns_failed(contain_error **reterr, const char *op, int err, const char *object,
		 const char *hint);
void ct_ns_say(struct ct_ns_why *why, int err, const char *object, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/* The type of a namespace; -EBADF, -EINVAL for what is none, -EOPNOTSUPP. No side effect. */
int ct_ns_type_of(int fd, uint64_t *ret_type);
/* The same, and it has to be this type (0: any); says why not. */
int ct_ns_check(int fd, uint64_t type, uint64_t *ret_type, struct ct_ns_why *why);
/* Whether two fds are the same namespace: 0 or 1. */
int ct_ns_same(int a, int b);
/* Opens one of the calling thread's own: "user", "pid_for_children". */
int ct_ns_open_own(const char *name);
/* From an O_PATH fd of one to an fd to use. */
int ct_ns_reopen(int path_fd);
/* As contain_ns_parent(), and contain_ns_open(). */
int ct_ns_parent_of(int ns_fd);
int ct_ns_open_of(int pidfd, uint64_t type, struct ct_ns_why *why);

/* 0 or one type; more is -EINVAL. */
int ct_ns_is_type(uint64_t type);
const char *ct_ns_name(uint64_t type);
/* The first of the types that this kernel has not, or 0. */
uint64_t ct_ns_missing(uint64_t types);
/* Of this process; 0 where /proc does not say. */
int ct_ns_threads(void);
/* Whether the thread has the capability effective in its user namespace. */
int ct_ns_has_cap(unsigned cap);
/* Why unshare(2) or setns(2) answered err. */
void ct_ns_why_unshare(uint64_t types, int err, struct ct_ns_why *why);
void ct_ns_why_join(int ns_fd, uint64_t type, int err, struct ct_ns_why *why);

/*
 * Joins n namespaces of one type each, the user namespace first or last by the caller's rights.
 * *ret_joined: how many are joined already when one fails.
 */
int ct_ns_join_all(const int *fds, const uint64_t *types, size_t n, size_t *ret_joined,
		   struct ct_ns_why *why);

/* As contain_ns_pin() and contain_ns_unpin(), of one type (0: any). */
int ct_ns_pin(int ns_fd, uint64_t type, int dirfd, const char *path, struct ct_ns_why *why);
int ct_ns_unpin(int dirfd, const char *path, uint64_t type, struct ct_ns_why *why);
extern const char ct_ns_no_mount_rights[];

#define CT_NSFS_MAGIC 0x6e736673 /* linux/magic.h */

#endif
