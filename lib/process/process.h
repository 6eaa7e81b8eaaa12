/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef CT_PROCESS_PROCESS_H
#define CT_PROCESS_PROCESS_H

#include "identity.h"
#include "plan/module.h"
#include "plan/values.h"

#define CT_LIMITS 16 /* RLIMIT_*: RLIM_NLIMITS of the kernel */
#define CT_GROUPS_MAX 65536 /* NGROUPS_MAX */
#define CT_GROUPS_COMPARED 1024 /* longer lists are compared by their number */

extern const struct ct_module ct_process_module;
extern const struct ct_op ct_process_ops[];
extern const char *const ct_process_limit_names[CT_LIMITS];

/* The module's part of a spec. */
struct ct_process_part {
	struct ct_values values;
	int no_new_privs, new_session;
	int stable_image;
	int capabilities_set;
	uint64_t capabilities;
	int user_set, groups_set, umask_set, oom_score_set;
	uint32_t uid, gid;
	uint32_t *groups;
	size_t ngroups;
	uint32_t umask;
	int oom_score_adj;
	uint32_t limits_set; /* bit: resource */
	struct ct_process_limit {
		uint64_t soft, hard;
	} limit[CT_LIMITS];
	struct ct_identity identity;
};

/* What a payload may keep when nobody says otherwise. */
#define CT_CAPABILITIES_DEFAULT                                                                    \
	(1ULL << 0 /* chown */ | 1ULL << 1 /* dac_override */ | 1ULL << 3 /* fowner */ |           \
	 1ULL << 4 /* fsetid */ | 1ULL << 5 /* kill */ | 1ULL << 6 /* setgid */ |                  \
	 1ULL << 7 /* setuid */ | 1ULL << 8 /* setpcap */ | 1ULL << 10 /* net_bind_service */ |    \
	 1ULL << 18 /* sys_chroot */ | 1ULL << 31 /* setfcap */)

int ct_process_amend(void *part, const void *over, struct ct_compile *c);

/* identity_plan.c; capabilities is the step of the bounding set */
int ct_process_intend_identity(const struct ct_process_part *p, struct ct_compile *c);
void ct_process_plan_identity(const struct ct_process_part *p, struct ct_compile *c,
			      const struct ct_step *capabilities);
void ct_process_plan_limits(const struct ct_process_part *p, struct ct_compile *c);

/* exec_plan.c */
void ct_process_intend_exec(const struct ct_process_part *p, struct ct_compile *c);
void ct_process_plan_check(const struct ct_process_part *p, struct ct_compile *c);
void ct_process_plan_exec(const struct ct_process_part *p, struct ct_compile *c);

/* sequences that the primitives and the steps share */
int ct_process_bound_capabilities(uint64_t keep, int cap_last);
int ct_process_set_capabilities(uint64_t keep);
int ct_process_set_no_new_privs(void);

/* ops of the child */
int ct_process_op_session(struct ct_run *r, const struct ct_step *s);
int ct_process_op_umask(struct ct_run *r, const struct ct_step *s);
int ct_process_op_open_null(struct ct_run *r, const struct ct_step *s);
int ct_process_op_check_fds(struct ct_run *r, const struct ct_step *s); /* parent */
int ct_process_op_fds(struct ct_run *r, const struct ct_step *s);
int ct_process_op_signals(struct ct_run *r, const struct ct_step *s);
int ct_process_op_oom_score(struct ct_run *r, const struct ct_step *s);
int ct_process_op_raise_limit(struct ct_run *r, const struct ct_step *s);
int ct_process_op_limit(struct ct_run *r, const struct ct_step *s);
int ct_process_op_bound(struct ct_run *r, const struct ct_step *s);
int ct_process_op_own_stdio(struct ct_run *r, const struct ct_step *s);
int ct_process_op_groups(struct ct_run *r, const struct ct_step *s);
int ct_process_op_user(struct ct_run *r, const struct ct_step *s);
int ct_process_op_capabilities(struct ct_run *r, const struct ct_step *s);
int ct_process_op_no_new_privs(struct ct_run *r, const struct ct_step *s);
int ct_process_op_check_program(struct ct_run *r, const struct ct_step *s);
int ct_process_op_cwd(struct ct_run *r, const struct ct_step *s);
int ct_process_op_listen(struct ct_run *r, const struct ct_step *s);
int ct_process_op_exec(struct ct_run *r, const struct ct_step *s);

/* detail of a failed set-user: 0 is the group id */
enum { CT_USER_UID = 1 };

/* exec_text.c */
const char *ct_process_hint_program(const struct ct_run *r, const struct ct_step *s, char *buf,
				    size_t size);

#endif
