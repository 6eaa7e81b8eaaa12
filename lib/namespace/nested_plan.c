/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "id_map.h"
#include "limits.h"
#include "namespace.h"
#include "namespace_rows.h"
#include "plan/compile.h"
#include "plan/text.h"

#include <contain/namespace.h>
#include <errno.h>
#include <stdio.h>

#define OP(row) CT_OP(CT_MODULE_NAMESPACE, row)

static uint32_t emit_line(struct ct_compile *c, uint32_t inside, uint32_t outside)
{
	char line[40];

	snprintf(line, sizeof(line), "%u %u 1\n", inside, outside);
	return ct_emit_str(c, line);
}

/* ids: what the child is in the container's own user namespace. */
void ct_namespace_plan_nested(struct ct_compile *c, uint32_t uid, uint32_t gid)
{
	const struct ct_intent *i = &c->intent;
	uint32_t uid_map = emit_line(c, i->payload_uid, uid),
		 gid_map = emit_line(c, i->payload_gid, gid);
	int slot = ct_emit_slot(c);
	struct ct_step *s;
	char name[32];

	if (slot < 0) /* told by then */
		return;
	ct_emit(c, CT_STAGE_TRUSTED, OP(OPEN_PROC), "proc")->slot = (uint8_t)slot;
	snprintf(name, sizeof(name), "%u:%u", i->payload_uid, i->payload_gid);
	s = ct_emit(c, CT_STAGE_NESTED, OP(NESTED), name);
	s->slot = (uint8_t)slot;
	s->str[0] = uid_map;
	s->str[1] = gid_map;
	s->arg[0] = i->payload_uid;
	s->arg[1] = i->payload_gid;
	s->arg[2] = i->init;
}

void ct_namespace_describe_nested(struct ct_text *out, const struct ct_block *b,
				  const struct ct_step *s)
{
	unsigned int inside, uid = 0, gid = 0;

	sscanf(ct_block_str(b, s->str[0]), "%u %u", &inside, &uid);
	sscanf(ct_block_str(b, s->str[1]), "%u %u", &inside, &gid);
	ct_text_printf(out, "in a user namespace of the payload's own: %u:%u of the container's",
		       uid, gid);
}

const char *ct_namespace_hint_nested(const struct ct_run *r, const struct ct_step *s, char *buf,
				     size_t size)
{
	switch (-r->report->err) {
	case ENOSPC:
		return ct_ns_limit_hint(CONTAIN_NS_USER, buf, size);
	case EPERM:
		return r->report->detail ?
			       "the kernel or a security module refuses the id map" :
			       "an id that the container does not map needs a user namespace in "
			       "it, and the kernel or a security module forbids that";
	case ESRCH:
		return "/proc shows another pid namespace: the container needs one of its own "
		       "(CONTAIN_NS_PID), or the caller the /proc of its own";
	case EOVERFLOW:
		return "the id map does not hold what was written";
	}
	return NULL;
}

const char *ct_namespace_hint_open_proc(const struct ct_run *r, const struct ct_step *s, char *buf,
					size_t size)
{
	if (r->report->err == -EXDEV || r->report->err == -ENOENT)
		return "/proc is no procfs here, and the kernel does not give a new one: maps of "
		       "ids are written there";
	return NULL;
}
