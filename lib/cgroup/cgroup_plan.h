/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the steps of this module carry, between compile, run, explain and hint. */
#ifndef CT_CGROUP_CGROUP_PLAN_H
#define CT_CGROUP_CGROUP_PLAN_H

#include "plan/module.h"

/* group-create: object the parent's path, str[0] the container's name */
enum {
	CT_CREATE_ABOVE, /* how many groups above are asked for memory.oom.group */
	CT_CREATE_FLAGS,
	CT_CREATE_DEV, /* identity of a pinned parent, inode 0: not pinned */
	CT_CREATE_INO,
};
#define CT_CREATE_HOME 1   /* the parent is "contain": make it when it is missing */
#define CT_CREATE_MEMORY 2 /* the controller memory is in v2 */
#define CT_CREATE_PRIVILEGED 4
#define CT_CREATE_LEVELS(s) ((int)(s)->arg[CT_CREATE_ABOVE])

/* group-limit: object the key, str[0] the value, str[1] the controller; arg[0] how many groups
 * above may be told to hand it down, arg[1] CT_CREATE_* flags */

/* group-v1-create: object the controller, str[0] the mount, str[1] the container's name */
enum {
	CT_V1_MEMORY,
	CT_V1_PIDS,
	CT_V1_QUOTA,
	CT_V1_PERIOD,
	CT_V1_VALUES
};

/* hints and descriptions, cgroup_text.c */
void ct_cgroup_describe_create(struct ct_text *out, const struct ct_block *b,
			       const struct ct_step *s);
void ct_cgroup_describe_limit(struct ct_text *out, const struct ct_block *b,
			      const struct ct_step *s);
void ct_cgroup_describe_v1(struct ct_text *out, const struct ct_block *b, const struct ct_step *s);
void ct_cgroup_describe_attach(struct ct_text *out, const struct ct_block *b,
			       const struct ct_step *s);
void ct_cgroup_describe_none(struct ct_text *out, const struct ct_block *b,
			     const struct ct_step *s);
const char *ct_cgroup_hint_create(const struct ct_run *r, const struct ct_step *s, char *buf,
				  size_t size);
const char *ct_cgroup_hint_limit(const struct ct_run *r, const struct ct_step *s, char *buf,
				 size_t size);
const char *ct_cgroup_hint_v1(const struct ct_run *r, const struct ct_step *s, char *buf,
			      size_t size);
const char *ct_cgroup_hint_attach(const struct ct_run *r, const struct ct_step *s, char *buf,
				  size_t size);

#define CT_HINT_SCOPE                    \
	"run inside a delegated scope, " \
	"for example: systemd-run --user --scope -p Delegate=yes PROGRAM"

#endif
