/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef CT_PROCESS_PROCESS_H
#define CT_PROCESS_PROCESS_H

#include "plan/module.h"
#include "plan/values.h"

extern const struct ct_module ct_process_module;

/* The module's part of a spec. */
struct ct_process_part {
	struct ct_values values;
	int no_new_privs, new_session;
	int capabilities_set;
	uint64_t capabilities;
};

/* What a payload may keep when nobody says otherwise. */
#define CT_CAPABILITIES_DEFAULT                                                                       \
	(1ULL << 0 /* chown */ | 1ULL << 1 /* dac_override */ | 1ULL << 3 /* fowner */ |              \
	 1ULL << 4 /* fsetid */ | 1ULL << 5 /* kill */ | 1ULL << 6 /* setgid */ |                     \
	 1ULL << 7 /* setuid */ | 1ULL << 8 /* setpcap */ | 1ULL << 10 /* net_bind_service */ |       \
	 1ULL << 18 /* sys_chroot */ | 1ULL << 31 /* setfcap */)

int ct_process_amend(void *part, const void *over, struct ct_compile *c);

/* sequences that the primitives and the steps share */
int ct_process_set_capabilities(uint64_t keep, int cap_last);
int ct_process_set_no_new_privs(void);

/* ops of the child */
int ct_process_op_session(struct ct_run *r, const struct ct_step *s);
int ct_process_op_umask(struct ct_run *r, const struct ct_step *s);
int ct_process_op_open_null(struct ct_run *r, const struct ct_step *s);
int ct_process_op_check_fds(struct ct_run *r, const struct ct_step *s); /* parent */
int ct_process_op_fds(struct ct_run *r, const struct ct_step *s);
int ct_process_op_signals(struct ct_run *r, const struct ct_step *s);
int ct_process_op_capabilities(struct ct_run *r, const struct ct_step *s);
int ct_process_op_no_new_privs(struct ct_run *r, const struct ct_step *s);
int ct_process_op_cwd(struct ct_run *r, const struct ct_step *s);
int ct_process_op_exec(struct ct_run *r, const struct ct_step *s);

/* detail of a failed exec */
enum { CT_EXEC_FILE_EXISTS = 1, CT_EXEC_NOT_FOUND_IN_PATH = 2 };

#endif
