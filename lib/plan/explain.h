/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef CT_PLAN_EXPLAIN_H
#define CT_PLAN_EXPLAIN_H

#include "module.h"

/* System calls of a start that no step makes. */
struct ct_explain_start {
	const char *memory;  /* of the parent, before the first step */
	const char *starter; /* of the starter thread, where there is one */
	const char *init;    /* of contain-init, until it has made the child */
	const char *first;   /* of the child that it made, before the first step */
};

/* Prints the whole plan to fd; -errno of the write, or -ENOMEM. */
int ct_explain(const char *name, const struct ct_block *b, const struct ct_module *const *modules,
	       const struct ct_explain_start *start, int fd);

/*
 * Appends a step's system calls with its arguments filled in: "name{a2}" becomes name{30}, a
 * count of 1 is left out, a count of 0 leaves the call out; "name{a2&4}" is there when one of the
 * bits is set ({a2&-1}: any), "name{!a2}" when arg[2] is 0. What depends on the start stays a
 * pattern: "name?", "name*", "( ... )?", "( ... )*". "[maps]{2}" stands for the calls of the next
 * two steps that write id maps: they are made meanwhile.
 */
void ct_explain_calls(struct ct_text *out, const char *calls, const struct ct_step *s);

#endif
