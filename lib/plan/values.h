/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a spec sets and one start may override: arguments, environment, directory, fds. */
#ifndef CT_PLAN_VALUES_H
#define CT_PLAN_VALUES_H

#include "run.h"

#include <contain/spec.h>

#include <stddef.h>

struct ct_values {
	char **argv, **env;
	char *cwd;
	struct ct_fdmap *fd; /* at most one entry for each number inside; real fds are ours */
	size_t nfds;
	int has_exec, exec_fd; /* a file to execute in place of a path; ours */
	size_t nlisten;	       /* of fd: passed as sd_listen_fds(3) expects them */
	char *listen_names;    /* "a:b", or NULL */
};

/* The child puts its pid in place of the digits. */
#define CT_LISTEN_PID "LISTEN_PID=0000000000"

/* The setters of spec and overrides share these; spec may be NULL. */
int ct_values_set_argv(struct ct_values *v, container_spec *spec, const char *const *argv);
int ct_values_set_env(struct ct_values *v, container_spec *spec, const char *const *env);
int ct_values_set_cwd(struct ct_values *v, container_spec *spec, const char *path);
int ct_values_add_fd(struct ct_values *v, container_spec *spec, int fd, int child_fd);

/* Sets the rule for one number inside; an fd that it replaces is closed. */
int ct_values_put_fd(struct ct_values *v, int to, int from);

void ct_values_free(struct ct_values *v);

#endif
