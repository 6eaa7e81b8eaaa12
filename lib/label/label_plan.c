/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "label.h"
#include "label_rows.h"
#include "plan/compile.h"
#include "plan/spec.h"
#include "plan/text.h"
#include "sys/path.h"

#include <contain/spec_security.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define OP(row) CT_OP(CT_MODULE_LABEL, row)
#define LABEL_MOST 4095

static int set_label(container_spec *spec, const char *field, const char *label, int selinux)
{
	struct ct_label_part *p;
	int r = ct_spec_part(spec, CT_MODULE_LABEL, field, &p);

	if (r < 0)
		return r;
	for (const char *at = label; at && *at; at++)
		if ((unsigned char)*at < ' ')
			return ct_spec_fail(spec, -EINVAL, field, "has a control character");
	return ct_spec_string(spec, field, label, LABEL_MOST,
			      selinux ? &p->selinux : &p->apparmor);
}

int container_spec_set_apparmor_profile(container_spec *spec, const char *profile)
{
	return set_label(spec, "apparmor_profile", profile, 0);
}

int container_spec_set_selinux_label(container_spec *spec, const char *label)
{
	return set_label(spec, "selinux_label", label, 1);
}

static void part_free(void *part)
{
	struct ct_label_part *p = part;

	free(p->apparmor);
	free(p->selinux);
}

static void emit(struct ct_compile *c, const char *label, int which)
{
	ct_emit(c, CT_STAGE_SOURCE, OP(CHECK), label)->arg[0] = which;
	ct_emit(c, CT_STAGE_LABEL, OP(WRITE), label)->arg[0] = which;
}

static int plan(const void *part, struct ct_compile *c)
{
	const struct ct_label_part *p = part;
	const char *field = p->apparmor ? "apparmor_profile" : "selinux_label";

	if (!p->apparmor && !p->selinux)
		return 0;
	if (!c->intent.own_proc)
		return ct_compile_fail(c, -EINVAL, field,
				       "it is set through a /proc of the container's own: leave "
				       "CONTAIN_DEFAULT_PROC in, and join no mount namespace");
	if (p->apparmor)
		emit(c, p->apparmor, CT_LABEL_APPARMOR);
	if (p->selinux)
		emit(c, p->selinux, CT_LABEL_SELINUX);
	return 0;
}

/* Whether the module is switched on: its files may be there without it. */
int ct_label_op_check(struct ct_run *r, const struct ct_step *s)
{
	char text[16];
	ssize_t n;

	if (s->arg[0] == CT_LABEL_APPARMOR)
		n = ct_read_once_at(AT_FDCWD, "/sys/module/apparmor/parameters/enabled", 0, text,
				    sizeof(text));
	else
		n = ct_read_once_at(AT_FDCWD, "/sys/fs/selinux/enforce", 0, text, sizeof(text));
	if (n == -ENOENT || (n >= 0 && s->arg[0] == CT_LABEL_APPARMOR && text[0] != 'Y'))
		return -EOPNOTSUPP;
	return n < 0 ? (int)n : 0;
}

static void describe(struct ct_text *out, const struct ct_block *b, const struct ct_step *s)
{
	ct_text_add(out, s->arg[0] == CT_LABEL_APPARMOR ? "AppArmor" : "SELinux");
}

static const char *hint_check(const struct ct_run *r, const struct ct_step *s, char *buf,
			      size_t size)
{
	if (r->report->err != -EOPNOTSUPP)
		return NULL;
	return s->arg[0] == CT_LABEL_APPARMOR ?
		       "AppArmor is not in this kernel, or not switched on (lsm= of the boot "
		       "parameters), or /sys is not mounted" :
		       "SELinux is not in this kernel, or not switched on, or /sys/fs/selinux is "
		       "not mounted";
}

static const char *hint_write(const struct ct_run *r, const struct ct_step *s, char *buf,
			      size_t size)
{
	switch (-r->report->err) {
	case ENOENT:
		return s->arg[0] == CT_LABEL_APPARMOR ? "no profile of this name is loaded" : NULL;
	case EINVAL:
		return "the policy that is loaded does not know it";
	case EACCES:
	case EPERM:
		return "the policy, or the caller's own confinement, does not allow the change";
	case EXDEV:
		return "something is mounted over the file in the container's /proc: nothing was "
		       "written";
	case EIO:
		return "the kernel took the label and does not have it";
	default:
		return NULL;
	}
}

const struct ct_op ct_label_ops[ROWS] = {
	[CHECK] = { .name = "check-label", .run = ct_label_op_check, .describe = describe,
		    .hint = hint_check, .calls = "openat read close" },
	[WRITE] = { .name = "set-label", .describe = describe, .hint = hint_write,
		    .calls = "openat2 readlinkat close openat2 write pread64 close" },
};

const struct ct_module ct_label_module = {
	.name = "label",
	.part_size = sizeof(struct ct_label_part),
	.part_free = part_free,
	.plan = plan,
	.ops = ct_label_ops,
	.nops = ROWS,
};
