/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef CT_PLAN_ERROR_H
#define CT_PLAN_ERROR_H

#include <contain/error.h>

#include <stddef.h>

/* What an error is made of; strings are copied, NULL is "". */
struct ct_error_parts {
	int code; /* negative errno */
	int phase;
	int step, steps; /* from 1; 0: no plan was running */
	const char *op;
	const char *object;
	const char *log;
	const char *hint;
};

/* Fills *reterr (which may be NULL) and returns parts->code. */
int ct_error_set(contain_error **reterr, const struct ct_error_parts *parts);

/* The short form for calls without a plan. hint may be NULL. */
int ct_error_simple(contain_error **reterr, int code, int phase, const char *op, const char *object,
		    const char *hint);

/* The text of an errno, without locale and without a static buffer. */
const char *ct_errno_text(int err);

#endif
