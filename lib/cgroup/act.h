/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the primitives that act now have in common: looking at an fd, and why a call failed. */
#ifndef CT_CGROUP_ACT_H
#define CT_CGROUP_ACT_H

#include <contain/error.h>
#include <stddef.h>
#include <stdint.h>

/* Fills *reterr (may be NULL) and returns err; object and hint may be NULL. */
int ct_group_fail(contain_error **reterr, int err, const char *op, const char *object,
		  const char *hint);

/* 0: a directory on cgroup2; -EOPNOTSUPP: not on cgroup2; -ENOTDIR; -EBADF. */
int ct_group_check(int fd);

/* The same, and the failure is told with the name of the argument. */
int ct_group_check_arg(contain_error **reterr, const char *op, const char *field, int fd);

/* Checks, and makes the group: its fd, or -errno. ret_fd is only looked at. */
int ct_group_create(const char *op, int parent_fd, const char *name, const int *ret_fd,
		    contain_error **reterr);

/* Causes that all calls on groups have in common, or NULL. */
const char *ct_group_hint(int err);

/*
 * Why a group has no file of the controller that name begins with (n bytes of it), or cannot hand
 * it down: where it is instead. In buf, or NULL.
 */
const char *ct_group_hint_controller(const char *name, size_t n, char *buf, size_t size);

/* A failure of the file `key` of a group, such as "memory.max". */
int ct_group_fail_file(contain_error **reterr, int err, const char *op, const char *key);

/* One name of a file. */
int ct_group_is_key(const char *key);

/* Nanoseconds of CLOCK_MONOTONIC after which a time limit is over; 0 for the limit 0. */
uint64_t ct_group_until(int64_t timeout_msec);

extern const char ct_group_bad_name[];

#endif
