/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the primitives on groups of v1 have in common. */
#ifndef CT_CGROUP_V1_ACT_H
#define CT_CGROUP_V1_ACT_H

#include "act.h"
#include "v1.h"

#define CT_V1_MOUNT_SIZE 256

/* Where a controller is bound to v1, and how v1 calls it. */
struct ct_v1_place {
	enum ct_controller controller;
	const char *name;
	char mount[CT_V1_MOUNT_SIZE];
};

/* -EINVAL: no controller; -EOPNOTSUPP: not bound to v1, the hint says where it is. */
int ct_v1_place_of(const char *controller, struct ct_v1_place *ret, const char *op,
		   contain_error **reterr);

/* -EINVAL: no path of a group. */
int ct_v1_check_name(const char *name, const char *op, contain_error **reterr);

/* Opens MOUNT/NAME; -ENOENT with a hint. */
int ct_v1_open(const struct ct_v1_place *place, const char *name, const char *op,
	       contain_error **reterr);

/* 0: fd is a directory of cgroup v1. */
int ct_v1_check_fd(int fd, const char *op, contain_error **reterr);

/* Causes that all calls on groups of v1 have in common, or NULL. */
const char *ct_v1_hint(int err);

/* The limits that the group at fd has. 0 or -errno. */
int ct_v1_read_limits(int fd, contain_limits *limits);

/* The same from the text of one file; freed texts and directories are the caller's. For tests. */
int ct_v1_read_file(contain_limits *limits, const char *file, char *text);

#endif
