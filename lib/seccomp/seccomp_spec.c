/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "seccomp.h"
#include "profile.h"
#include "plan/spec.h"

#include <contain/spec_security.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define FLAGS                                                                                      \
	(CONTAIN_SECCOMP_FLAG_LOG | CONTAIN_SECCOMP_FLAG_SPEC_ALLOW |                              \
	 CONTAIN_SECCOMP_FLAG_NEW_LISTENER | CONTAIN_SECCOMP_FLAG_WAIT_KILLABLE)

static int has_listener(const struct ct_seccomp_part *p)
{
	for (size_t i = 0; i < p->n; i++)
		if (p->program[i].flags & CONTAIN_SECCOMP_FLAG_NEW_LISTENER)
			return 1;
	return 0;
}

static int check_flags(container_spec *spec, const struct ct_seccomp_part *p, uint32_t flags)
{
	int listener = !!(flags & CONTAIN_SECCOMP_FLAG_NEW_LISTENER);

	if (flags & ~FLAGS)
		return ct_spec_fail(spec, -EINVAL, "seccomp.flags", "unknown bits 0x%x",
				    flags & ~FLAGS);
	if (flags & CONTAIN_SECCOMP_FLAG_WAIT_KILLABLE && !listener)
		return ct_spec_fail(spec, -EINVAL, "seccomp.flags",
				    "CONTAIN_SECCOMP_FLAG_WAIT_KILLABLE needs a listener");
	if (listener && has_listener(p))
		return ct_spec_fail(spec, -EINVAL, "seccomp.flags",
				    "there is a listener already, and one is the most");
	if (p->n == CT_SECCOMP_PROGRAMS)
		return ct_spec_fail(spec, -E2BIG, "seccomp", "more than %d programs",
				    CT_SECCOMP_PROGRAMS);
	return 0;
}

/* Takes the code, which free() frees, on success. */
static void add(struct ct_seccomp_part *p, struct sock_filter *code, size_t n, uint32_t flags)
{
	p->program[p->n++] = (struct ct_seccomp_program){ code, n, flags };
}

int container_spec_add_seccomp_program(container_spec *spec, const void *program, size_t bytes,
				       uint32_t flags)
{
	struct ct_seccomp_part *p;
	char object[32];
	const char *why;
	void *copy;
	int r = ct_spec_part(spec, CT_MODULE_SECCOMP, "seccomp_program", &p);

	if (r < 0)
		return r;
	r = ct_seccomp_check_bytes(program, bytes, &why, object, sizeof(object));
	if (r == -ENOMEM)
		return ct_spec_fail(spec, r, "seccomp_program", "out of memory");
	if (r < 0)
		return ct_spec_fail(spec, r, "seccomp_program", "%s %s", object, why);
	r = check_flags(spec, p, flags);
	if (r < 0)
		return r;
	copy = malloc(bytes);
	if (!copy)
		return ct_spec_fail(spec, -ENOMEM, "seccomp_program", "out of memory");
	memcpy(copy, program, bytes);
	add(p, copy, bytes / sizeof(struct sock_filter), flags);
	return 0;
}

static int has_notify(const contain_seccomp *profile)
{
	for (size_t i = 0; i < profile->n; i++)
		if (profile->rule[i].action == CONTAIN_SECCOMP_NOTIFY)
			return 1;
	return profile->default_action == CONTAIN_SECCOMP_NOTIFY;
}

int container_spec_add_seccomp(container_spec *spec, const contain_seccomp *profile, uint32_t flags)
{
	struct ct_seccomp_part *p;
	struct sock_filter *code;
	size_t n;
	int r = ct_spec_part(spec, CT_MODULE_SECCOMP, "seccomp", &p);

	if (r < 0)
		return r;
	if (!profile)
		return ct_spec_fail(spec, -EINVAL, "seccomp", "is NULL");
	if (profile->err)
		return ct_spec_fail(spec, profile->err, "seccomp", "%s %s", profile->field,
				    profile->why);
	if (has_notify(profile))
		flags |= CONTAIN_SECCOMP_FLAG_NEW_LISTENER;
	r = check_flags(spec, p, flags);
	if (r < 0)
		return r;
	r = ct_seccomp_compile(profile, &code, &n);
	if (r < 0)
		return ct_spec_fail(spec, r, "seccomp", "%s",
				    r == -E2BIG ? "its program has more than 4096 instructions" :
						  "out of memory");
	add(p, code, n, flags);
	return 0;
}

int container_spec_set_seccomp_default(container_spec *spec, int mode)
{
	struct ct_seccomp_part *p;
	int r = ct_spec_part(spec, CT_MODULE_SECCOMP, "seccomp_default", &p);

	if (r < 0)
		return r;
	if (mode < CONTAIN_SECCOMP_DEFAULT_OFF || mode > CONTAIN_SECCOMP_DEFAULT_KILL)
		return ct_spec_fail(spec, -EINVAL, "seccomp_default", "unknown mode %d", mode);
	if (mode && !ct_seccomp_has_names())
		return ct_spec_fail(spec, -EOPNOTSUPP, "seccomp_default",
				    "the library was built without libseccomp");
	if (mode && !p->kept) {
		p->kept = calloc(1, sizeof(*p->kept));
		if (!p->kept)
			return ct_spec_fail(spec, -ENOMEM, "seccomp_default", "out of memory");
	}
	p->mode = mode;
	return 0;
}
