/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef CT_CGROUP_CGROUP_H
#define CT_CGROUP_CGROUP_H

#include "plan/module.h"
#include "plan/spec.h"

extern const struct ct_module ct_cgroup_module;

/* The module's part of a spec; a limit of 0 was not asked for. */
struct ct_cgroup_part {
	struct ct_host_path parent; /* NULL: the default place */
	uint64_t memory_max, pids_max;
	uint64_t cpu_quota, cpu_period;
};

/* How `contain` is called: the group that holds root's containers, in v2 and in v1. */
#define CT_GROUP_HOME "contain"

int ct_cgroup_amend(void *part, const void *over, struct ct_compile *c);

/* ops of the parent */
int ct_cgroup_op_create(struct ct_run *r, const struct ct_step *s);
void ct_cgroup_undo_create(struct ct_run *r, const struct ct_step *s);
int ct_cgroup_op_limit(struct ct_run *r, const struct ct_step *s);
int ct_cgroup_op_v1_create(struct ct_run *r, const struct ct_step *s);
void ct_cgroup_undo_v1_create(struct ct_run *r, const struct ct_step *s);
int ct_cgroup_op_nothing(struct ct_run *r, const struct ct_step *s);

/* ops of the child */
int ct_cgroup_op_attach(struct ct_run *r, const struct ct_step *s);

#endif
