/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "namespace.h"
#include "namespace_rows.h"
#include "sysctl.h"
#include "plan/compile.h"
#include "plan/text.h"

#include <contain/namespace.h>
#include <errno.h>
#include <stdio.h>

#define OP(row) CT_OP(CT_MODULE_NAMESPACE, row)

int ct_namespace_intend_sysctls(const struct ct_namespace_part *p, struct ct_compile *c)
{
	uint64_t there = c->intent.namespaces | p->joined;

	if (p->domainname && !(c->intent.namespaces & CONTAIN_NS_UTS))
		return ct_compile_fail(c, -EINVAL, "domainname",
				       p->joined & CONTAIN_NS_UTS ?
					       "the uts namespace that is joined has its name" :
					       "the host's own name would change: add "
					       "CONTAIN_NS_UTS");
	for (size_t i = 0; i < p->sysctls.n; i++) {
		const struct ct_sysctl *s = &p->sysctls.item[i];
		char hint[400];

		if (there & s->type)
			continue;
		snprintf(hint, sizeof(hint), "%.250s would change on the host: add %s", s->name,
			 s->type == CONTAIN_NS_IPC ? "CONTAIN_NS_IPC" : "CONTAIN_NS_NET");
		return ct_compile_fail(c, -EINVAL, "sysctl", hint);
	}
	return 0;
}

/*
 * Through the container's own procfs, before anything that the spec mounts can lie over it and
 * before a part of it becomes read-only. Without one, or with one of processes alone, the first
 * step makes one that is mounted nowhere.
 */
void ct_namespace_plan_sysctls(const struct ct_namespace_part *p, struct ct_compile *c)
{
	if (p->domainname)
		ct_emit(c, CT_STAGE_SYSTEM, OP(DOMAINNAME), p->domainname);
	for (size_t i = 0; i < p->sysctls.n; i++) {
		const struct ct_sysctl *item = &p->sysctls.item[i];
		uint32_t path = ct_emit_str(c, item->path), value = ct_emit_str(c, item->value);
		struct ct_step *s = ct_emit(c, CT_STAGE_MOUNT, OP(SYSCTL), item->name);

		s->slot = CT_SLOT_PROC;
		s->str[0] = path;
		s->str[1] = value;
		s->arg[0] = !i && (!c->intent.own_proc || c->intent.proc_subset);
	}
}

void ct_namespace_describe_sysctl(struct ct_text *out, const struct ct_block *b,
				  const struct ct_step *s)
{
	ct_text_quoted(out, ct_block_str(b, s->str[1]));
	if (s->arg[0])
		ct_text_add(out, ", by a procfs that is mounted nowhere");
}

const char *ct_namespace_hint_sysctl(const struct ct_run *r, const struct ct_step *s, char *buf,
				     size_t size)
{
	if (r->report->detail == CT_SYSCTL_PROC)
		return "neither can a procfs be made, nor can /proc be believed: something is "
		       "mounted over it";
	return ct_sysctl_hint(ct_block_str(r->plan, s->str[0]), r->report->err, r->report->log,
			      buf, size);
}
