/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef CT_FEATURE_REPORT_H
#define CT_FEATURE_REPORT_H

#include "delegation.h"
#include "feature.h"
#include "try.h"

#include <contain/feature.h>

#include <stddef.h>
#include <stdint.h>

#define CT_FEATURES (CONTAIN_FEATURE_PRESSURE + 1)

struct ct_answer {
	int available;
	int has_value;
	int64_t value;
	char *text;
	char *reason;
};

struct contain_feature_report {
	int no_memory;
	struct ct_answer answers[CT_FEATURES];
};

/* What the probes share. */
struct ct_survey {
	struct contain_feature_report *report;
	int is_admin; /* CAP_SYS_ADMIN in the caller's user namespace */
	int program;  /* ct_try_program() */
	struct ct_facts facts;
	struct ct_delegation delegation;
	struct ct_try own;   /* as the caller is; without CAP_SYS_ADMIN, in a user namespace */
	struct ct_try user;  /* in a user namespace */
	struct ct_try plain; /* a user namespace without capabilities */
};

/* Strings are joined up to NULL. Out of memory is kept in the report. */
char *ct_join(struct contain_feature_report *report, const char *first, ...)
	__attribute__((sentinel));
#define ct_why(survey, ...) ct_join((survey)->report, __VA_ARGS__, (char *)NULL)

void ct_available(struct ct_survey *s, uint32_t feature);
void ct_set_value(struct ct_survey *s, uint32_t feature, int64_t value);
void ct_set_text(struct ct_survey *s, uint32_t feature, const char *text);
/* Take over the reason, which ct_join() made. */
void ct_missing(struct ct_survey *s, uint32_t feature, char *reason);
void ct_restricted(struct ct_survey *s, uint32_t feature, char *reason);
/*
 * By the answer of a probe: 0 available; an errno that says "no such thing" names the release
 * that has it; EPERM and EACCES tell of a filter or a security module; others are named.
 */
void ct_by_errno(struct ct_survey *s, uint32_t feature, int err);
/* For what was tried in a child: first whether there was a child, then err. */
void ct_by_try(struct ct_survey *s, const struct ct_try *t, uint32_t feature, int err);

/* "EPERM" of -EPERM; "errno 4711" from buf for numbers without a name here. */
const char *ct_errno_name(int err, char buf[24]);

/* Why a user namespace cannot be made, or gives no capabilities (caps < 0). From ct_join(). */
char *ct_why_no_userns(struct ct_survey *s, int err, int caps);

void ct_probe_namespaces(struct ct_survey *s);
void ct_probe_cgroups(struct ct_survey *s);
void ct_probe_calls(struct ct_survey *s);
void ct_probe_mounts(struct ct_survey *s);
void ct_probe_security(struct ct_survey *s);

#endif
