/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "landlock.h"
#include "landlock_rows.h"
#include "plan/compile.h"
#include "plan/spec.h"
#include "plan/text.h"

#include <contain/spec_security.h>
#include <errno.h>
#include <linux/capability.h>
#include <stdio.h>

#define OP(row) CT_OP(CT_MODULE_LANDLOCK, row)

int container_spec_set_landlock(container_spec *spec, const contain_landlock *landlock)
{
	struct ct_landlock_part *p;
	contain_landlock *copy;
	int r = ct_spec_part(spec, CT_MODULE_LANDLOCK, "landlock", &p);

	if (r < 0)
		return r;
	if (!landlock)
		return ct_spec_fail(spec, -EINVAL, "landlock", "is NULL");
	r = ct_landlock_copy(landlock, &copy);
	if (r < 0)
		return ct_spec_fail(spec, r, "landlock", "out of memory");
	contain_landlock_free(p->set);
	p->set = copy;
	return 0;
}

static void part_free(void *part)
{
	contain_landlock_free(((struct ct_landlock_part *)part)->set);
}

static int check(const contain_landlock *set, struct ct_compile *c)
{
	int admin = c->intent.effective >> CAP_SYS_ADMIN & 1;
	char buf[192];
	const char *why = ct_landlock_missing(set, c->facts->landlock_abi, buf, sizeof(buf));

	if (why && !set->best_effort)
		return ct_compile_fail(c, -EOPNOTSUPP, "landlock", why);
	if (!c->intent.no_new_privs && !admin)
		return ct_compile_fail(c, -EINVAL, "landlock",
				       "the kernel asks for no_new_privs, or for CAP_SYS_ADMIN in "
				       "the container");
	return 0;
}

static void emit_rule(struct ct_compile *c, uint8_t slot, const struct ct_landlock_rule *rule,
		      const struct ct_landlock_known *k)
{
	uint32_t access = rule->access & (rule->path ? k->fs : k->net);
	struct ct_step *s;
	char port[16];

	if (!access)
		return;
	snprintf(port, sizeof(port), "%u", rule->port);
	s = ct_emit(c, CT_STAGE_NO_NEW_PRIVS, OP(rule->path ? PATH : PORT),
		    rule->path ? rule->path : port);
	s->slot = slot;
	s->arg[0] = access;
	s->arg[1] = rule->port;
}

static int plan(const void *part, struct ct_compile *c)
{
	const contain_landlock *set = ((const struct ct_landlock_part *)part)->set;
	struct ct_landlock_known k = ct_landlock_known(c->facts->landlock_abi);
	struct ct_step *s;
	int slot, r = set ? check(set, c) : 0;

	if (!set || r < 0)
		return r;
	k.fs &= set->fs;
	k.net &= set->net;
	k.scopes &= set->scopes;
	if (!(k.fs | k.net | k.scopes)) {
		ct_emit(c, CT_STAGE_LANDLOCK, OP(NONE), NULL);
		return 0;
	}
	slot = ct_emit_slot(c);
	if (slot < 0)
		return slot;
	/* paths are opened while the working directory is the root */
	s = ct_emit(c, CT_STAGE_NO_NEW_PRIVS, OP(CREATE), NULL);
	s->slot = (uint8_t)slot;
	s->arg[0] = k.fs;
	s->arg[1] = k.net;
	s->arg[2] = k.scopes;
	s->arg[3] = (int64_t)(set->fs & ~k.fs) | (int64_t)(set->net & ~k.net) << 32 |
		    (int64_t)(set->scopes & ~k.scopes) << 40;
	for (size_t i = 0; i < set->n; i++)
		emit_rule(c, (uint8_t)slot, &set->rule[i], &k);
	ct_emit(c, CT_STAGE_LANDLOCK, OP(ENFORCE), NULL)->slot = (uint8_t)slot;
	return 0;
}

static void describe_create(struct ct_text *out, const struct ct_block *b, const struct ct_step *s)
{
	ct_text_printf(out, "deny files 0x%x, ports 0x%x, scopes 0x%x", (unsigned)s->arg[0],
		       (unsigned)s->arg[1], (unsigned)s->arg[2]);
	if (s->arg[3])
		ct_text_printf(out,
			       "; left out, as this kernel does not know them: files 0x%x, "
			       "ports 0x%x, scopes 0x%x",
			       (unsigned)s->arg[3], (unsigned)(s->arg[3] >> 32) & 0xff,
			       (unsigned)(s->arg[3] >> 40) & 0xff);
}

static void describe_none(struct ct_text *out, const struct ct_block *b, const struct ct_step *s)
{
	ct_text_add(out, "nothing: this kernel knows none of what it would deny");
}

static void describe_rule(struct ct_text *out, const struct ct_block *b, const struct ct_step *s)
{
	ct_text_printf(out, "0x%x", (unsigned)s->arg[0]);
}

static const char *hint(const struct ct_run *r, const struct ct_step *s, char *buf, size_t size)
{
	return ct_landlock_why(r->report->err);
}

static const char *hint_path(const struct ct_run *r, const struct ct_step *s, char *buf,
			     size_t size)
{
	switch (-r->report->err) {
	case ENOENT:
	case ENOTDIR:
		return "there is no such file in the container's root";
	case EINVAL:
		return ct_landlock_why(-EINVAL);
	default:
		return NULL;
	}
}

const struct ct_op ct_landlock_ops[ROWS] = {
	[CREATE] = { .name = "landlock", .describe = describe_create, .hint = hint,
		     .calls = "landlock_create_ruleset" },
	[PATH] = { .name = "landlock-path", .describe = describe_rule, .hint = hint_path,
		   .calls = "openat2 newfstatat landlock_add_rule close" },
	[PORT] = { .name = "landlock-port", .describe = describe_rule, .hint = hint,
		   .calls = "landlock_add_rule" },
	[ENFORCE] = { .name = "landlock-restrict", .hint = hint,
		      .calls = "landlock_restrict_self close" },
	[NONE] = { .name = "landlock", .describe = describe_none, .calls = "" },
};

const struct ct_module ct_landlock_module = {
	.name = "landlock",
	.part_size = sizeof(struct ct_landlock_part),
	.part_free = part_free,
	.plan = plan,
	.ops = ct_landlock_ops,
	.nops = ROWS,
};
