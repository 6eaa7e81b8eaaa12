/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef CT_CGROUP_CGROUP_H
#define CT_CGROUP_CGROUP_H

#include "limits.h"
#include "plan/module.h"
#include "plan/spec.h"

extern const struct ct_module ct_cgroup_module;

#include <contain/cgroup_devices.h>

/* The module's part of a spec. */
struct ct_cgroup_part {
	struct ct_host_path parent; /* NULL: the default place */
	struct ct_host_path place;  /* the group that it runs in; NULL: one of its own */
	struct contain_limits limits;
	contain_devices *devices; /* NULL: no rules */
	int delegate;
};

/* How `contain` is called: the group that holds root's containers, in v2 and in v1. */
#define CT_GROUP_HOME "contain"

int ct_cgroup_amend(void *part, const void *over, struct ct_compile *c);

/* ops of the parent */
int ct_cgroup_op_create(struct ct_run *r, const struct ct_step *s);
void ct_cgroup_undo_create(struct ct_run *r, const struct ct_step *s);
int ct_cgroup_op_place(struct ct_run *r, const struct ct_step *s);
void ct_cgroup_undo_place(struct ct_run *r, const struct ct_step *s);
int ct_cgroup_op_delegate(struct ct_run *r, const struct ct_step *s);
int ct_cgroup_op_devices(struct ct_run *r, const struct ct_step *s);
int ct_cgroup_op_limit(struct ct_run *r, const struct ct_step *s);
int ct_cgroup_op_v1_create(struct ct_run *r, const struct ct_step *s);
void ct_cgroup_undo_v1_create(struct ct_run *r, const struct ct_step *s);
int ct_cgroup_op_nothing(struct ct_run *r, const struct ct_step *s);

/* ops of the child */
int ct_cgroup_op_attach(struct ct_run *r, const struct ct_step *s);

#endif
