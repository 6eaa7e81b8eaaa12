/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The environment that sd_listen_fds(3) reads, beside what was set. */
#ifndef CT_CONTAINER_LISTEN_H
#define CT_CONTAINER_LISTEN_H

#include "plan/values.h"

/* How many bytes ct_listen_env() needs, from an address that is aligned for pointers. */
size_t ct_listen_room(const struct ct_values *v, char *const *env);

/* Builds it there; the child writes its pid into LISTEN_PID. */
char **ct_listen_env(char *room, const struct ct_values *v, char *const *env);

#endif
