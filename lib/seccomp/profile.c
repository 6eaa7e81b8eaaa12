/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "profile.h"
#include "plan/error.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ERRNO_MOST 4095
#define RULES_MOST 4096

static int is_action(uint32_t action)
{
	switch (action) {
	case CONTAIN_SECCOMP_KILL_PROCESS:
	case CONTAIN_SECCOMP_KILL_THREAD:
	case CONTAIN_SECCOMP_TRAP:
	case CONTAIN_SECCOMP_NOTIFY:
	case CONTAIN_SECCOMP_LOG:
	case CONTAIN_SECCOMP_ALLOW:
		return 1;
	default:
		return action > CONTAIN_SECCOMP_ERRNO &&
		       action <= CONTAIN_SECCOMP_ERRNO + ERRNO_MOST;
	}
}

static int refuse(contain_seccomp *p, int err, const char *field, const char *why)
{
	if (p && !p->err) {
		p->err = err;
		snprintf(p->field, sizeof(p->field), "%s", field ? field : "NULL");
		p->why = why;
	}
	return err;
}

int contain_seccomp_new(uint32_t default_action, contain_seccomp **ret_profile)
{
	contain_seccomp *p;

	if (!ret_profile || !is_action(default_action))
		return -EINVAL;
	if (!ct_seccomp_has_names())
		return -EOPNOTSUPP;
	p = calloc(1, sizeof(*p));
	if (!p)
		return -ENOMEM;
	p->default_action = default_action;
	*ret_profile = p;
	return 0;
}

int contain_seccomp_new_default(uint64_t capabilities, contain_seccomp **ret_profile)
{
	contain_seccomp *p;
	int r;

	if (!ret_profile)
		return -EINVAL;
	r = contain_seccomp_new(CONTAIN_SECCOMP_ERRNO | ENOSYS, &p);
	if (r < 0)
		return r;
	r = ct_seccomp_fill_default(p, capabilities);
	if (r < 0) {
		contain_seccomp_free(p);
		return r;
	}
	*ret_profile = p;
	return 0;
}

void contain_seccomp_free(contain_seccomp *profile)
{
	if (!profile)
		return;
	free(profile->rule);
	free(profile);
}

int contain_seccomp_check(const contain_seccomp *profile, contain_error **reterr)
{
	if (!profile)
		return ct_error_simple(reterr, -EINVAL, CONTAIN_PHASE_SPEC, "seccomp", "profile",
				       "is NULL");
	if (!profile->err)
		return 0;
	return ct_error_simple(reterr, profile->err, CONTAIN_PHASE_SPEC, "seccomp", profile->field,
			       profile->why);
}

static struct ct_seccomp_rule *new_rule(contain_seccomp *p)
{
	struct ct_seccomp_rule *more;
	size_t room = p->room ? p->room * 2 : 64;

	if (p->n == p->room) {
		more = reallocarray(p->rule, room, sizeof(*more));
		if (!more)
			return NULL;
		p->rule = more;
		p->room = room;
	}
	memset(&p->rule[p->n], 0, sizeof(*p->rule));
	return &p->rule[p->n++];
}

int ct_seccomp_add(contain_seccomp *p, const char *name, uint32_t action)
{
	struct ct_seccomp_rule *rule;
	int32_t nr[CT_ARCHS];
	int known = 0;

	if (!p || !name)
		return refuse(p, -EINVAL, "name", "is NULL");
	if (p->n >= RULES_MOST)
		return refuse(p, -EINVAL, name, "is one rule too many: 4096 are the most");
	for (int i = 0; i < CT_ARCHS; i++) {
		nr[i] = ct_seccomp_number(i, name);
		known |= nr[i] >= 0;
	}
	if (!known)
		return refuse(p, -EINVAL, name,
			      "is no system call that this machine's libseccomp knows");
	rule = new_rule(p);
	if (!rule)
		return refuse(p, -ENOMEM, name, "out of memory");
	memcpy(rule->nr, nr, sizeof(nr));
	rule->action = action;
	return 0;
}

int contain_seccomp_allow(contain_seccomp *profile, const char *name)
{
	return ct_seccomp_add(profile, name, CONTAIN_SECCOMP_ALLOW);
}

int contain_seccomp_deny(contain_seccomp *profile, const char *name, int error)
{
	if (error < 1 || error > ERRNO_MOST)
		return refuse(profile, -EINVAL, name, "the errno is not between 1 and 4095");
	return ct_seccomp_add(profile, name, CONTAIN_SECCOMP_ERRNO | (uint32_t)error);
}

int contain_seccomp_kill(contain_seccomp *profile, const char *name)
{
	return ct_seccomp_add(profile, name, CONTAIN_SECCOMP_KILL_PROCESS);
}

int contain_seccomp_log(contain_seccomp *profile, const char *name)
{
	return ct_seccomp_add(profile, name, CONTAIN_SECCOMP_LOG);
}

int contain_seccomp_trap(contain_seccomp *profile, const char *name)
{
	return ct_seccomp_add(profile, name, CONTAIN_SECCOMP_TRAP);
}

int contain_seccomp_notify(contain_seccomp *profile, const char *name)
{
	return ct_seccomp_add(profile, name, CONTAIN_SECCOMP_NOTIFY);
}

int contain_seccomp_where(contain_seccomp *profile, int index, int comparison, uint64_t value,
			  uint64_t mask)
{
	struct ct_seccomp_rule *rule;
	int masked = comparison == CONTAIN_SECCOMP_MASKED_EQ;

	if (!profile)
		return -EINVAL;
	if (!profile->n)
		return refuse(profile, -EINVAL, "where", "there is no rule to be narrowed");
	rule = &profile->rule[profile->n - 1];
	if (index < 0 || index > 5)
		return refuse(profile, -EINVAL, "where.index", "is not between 0 and 5");
	if (comparison < CONTAIN_SECCOMP_EQ || comparison > CONTAIN_SECCOMP_MASKED_EQ)
		return refuse(profile, -EINVAL, "where.comparison", "is unknown");
	if ((!masked && mask) || (masked && (value & ~mask)))
		return refuse(profile, -EINVAL, "where.mask",
			      masked ? "does not hold all bits of the value" :
				       "is for CONTAIN_SECCOMP_MASKED_EQ");
	for (int i = 0; i < rule->n; i++)
		if (rule->compare[i].index == index)
			return refuse(profile, -EINVAL, "where.index",
				      "was compared by this rule before");
	rule->compare[rule->n++] =
		(struct ct_seccomp_compare){ index, comparison, value, mask };
	return 0;
}

static int set_flag(contain_seccomp *p, int *flag, int on, const char *field)
{
	if (on != 0 && on != 1)
		return refuse(p, -EINVAL, field, "is neither 0 nor 1");
	*flag = on;
	return 0;
}

int contain_seccomp_set_compat(contain_seccomp *profile, int on)
{
	return profile ? set_flag(profile, &profile->compat, on, "compat") : -EINVAL;
}

int contain_seccomp_set_log(contain_seccomp *profile, int on)
{
	return profile ? set_flag(profile, &profile->log, on, "log") : -EINVAL;
}

int contain_seccomp_export(const contain_seccomp *profile, char *program, size_t size,
			   contain_error **reterr)
{
	struct sock_filter *code = NULL;
	size_t n = 0, bytes;
	int r = contain_seccomp_check(profile, reterr);

	if (r < 0)
		return r;
	if (!program && size)
		return ct_error_simple(reterr, -EINVAL, CONTAIN_PHASE_SPEC, "seccomp", "program",
				       "is NULL");
	r = ct_seccomp_compile(profile, &code, &n);
	bytes = n * sizeof(*code);
	if (!r && program && size < bytes)
		r = -ENOSPC;
	if (r < 0)
		ct_error_simple(reterr, r, CONTAIN_PHASE_SPEC, "seccomp", "profile",
				r == -E2BIG  ? "its program has more than 4096 instructions" :
				r == -ENOSPC ? "there is no room for its program" :
					       NULL);
	else if (program)
		memcpy(program, code, bytes);
	free(code);
	return r < 0 ? r : (int)bytes;
}
