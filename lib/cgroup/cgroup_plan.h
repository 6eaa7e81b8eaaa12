/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the steps of this module carry, between compile, run, explain and hint. */
#ifndef CT_CGROUP_CGROUP_PLAN_H
#define CT_CGROUP_CGROUP_PLAN_H

#include "cgroup.h"

/* group-create: object the parent's path, str[0] the container's name
 * group-place: object the group's path */
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

/* group-delegate: object the group below it, arg[0] uid, arg[1] gid
 *
 * group-devices: str[0] the program, arg[0] its bytes
 *
 * group-limit: object the key, str[0] the value, str[1] the controller; arg[0] how many groups
 * above may be told to hand it down, arg[1] CT_CREATE_* flags */

/* group-v1-create: object the controller, str[0] the mount, str[1] the container's name, arg[0] the
 * string with the settings: lines "FILE VALUE" */

struct ct_intent;

/* What the plan is made from, plan_check.c and plan_v1.c. */
int ct_cgroup_intend(const void *part, struct ct_compile *c);
int ct_cgroup_is_v1(const struct ct_limit *l, const struct ct_facts *f);
uint32_t ct_cgroup_v1_of(struct ct_intent *i, const struct ct_facts *f, unsigned controller);
/* Whether v1 has equals of the limits of a controller. */
int ct_cgroup_v1_check(const contain_limits *limits, unsigned controller, struct ct_compile *c);
/* The rules that a container starts with; freed by contain_devices_free(). */
int ct_cgroup_rules(const struct ct_cgroup_part *p, const struct ct_intent *i,
		    contain_devices **ret);
int ct_cgroup_plan_v1(const struct ct_cgroup_part *p, struct ct_compile *c);

/* dir/name; -ENAMETOOLONG */
int ct_group_path_of(char *buf, size_t size, const char *dir, const char *name);

/* Closes the v2 group of a start, and removes nothing. */
void ct_group_drop(struct ct_run *r);

/*
 * -ESTALE with the cause in g->why when what is at path from the group, "" itself, is not the one
 * that the step was pinned to.
 */
int ct_group_check_identity(struct ct_group *g, const struct ct_step *s, const char *path);

/* -EBUSY with the cause in g->why when the group or one above it is frozen. */
int ct_group_check_frozen(struct ct_group *g);

/*
 * Whether a group from the from-th above g's up to the levels-th has memory.oom.group: then this
 * start needs contain-init, which r is told. 0 or -errno.
 */
int ct_group_look_above(struct ct_run *r, int from, int levels);

/* hints and descriptions, cgroup_text.c */
void ct_cgroup_describe_create(struct ct_text *out, const struct ct_block *b,
			       const struct ct_step *s);
void ct_cgroup_describe_place(struct ct_text *out, const struct ct_block *b,
			      const struct ct_step *s);
void ct_cgroup_describe_devices(struct ct_text *out, const struct ct_block *b,
				const struct ct_step *s);
void ct_cgroup_describe_delegate(struct ct_text *out, const struct ct_block *b,
				 const struct ct_step *s);
const char *ct_cgroup_hint_devices(const struct ct_run *r, const struct ct_step *s, char *buf,
				   size_t size);
const char *ct_cgroup_hint_delegate(const struct ct_run *r, const struct ct_step *s, char *buf,
				    size_t size);
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
