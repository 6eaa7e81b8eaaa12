/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef CT_PLAN_EXPLAIN_H
#define CT_PLAN_EXPLAIN_H

#include "module.h"

/* Prints the whole plan to fd; -errno of the write, or -ENOMEM. */
int ct_explain(const char *name, const struct ct_block *b, const struct ct_module *const *modules, int fd);

/*
 * Appends a step's system calls with its arguments filled in: "name{a2}" becomes name{30}, a
 * count of 1 is left out, a count of 0 leaves the call out. What depends on the start stays a
 * pattern: "name?", "name*", "( ... )?", "( ... )*".
 */
void ct_explain_calls(struct ct_text *out, const char *calls, const struct ct_step *s);

#endif
