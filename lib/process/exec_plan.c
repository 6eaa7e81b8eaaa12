/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "exec.h"
#include "process_rows.h"
#include "plan/compile.h"

#include <string.h>

#define OP(row) CT_OP(CT_MODULE_PROCESS, row)

/*
 * Who shares the caller's memory has the caller's program as /proc/self/exe until it executes
 * another; what was looked at has to be what is executed.
 */
void ct_process_intend_exec(const struct ct_process_part *p, struct ct_compile *c)
{
	if (!p->stable_image && c->intent.image_changes && !c->intent.own_memory)
		c->intent.own_memory = c->intent.image_changes;
}

void ct_process_plan_check(const struct ct_process_part *p, struct ct_compile *c)
{
	const struct ct_values *v = &p->values;
	struct ct_step *s;

	if (v->nlisten)
		ct_emit(c, CT_STAGE_FDS, OP(LISTEN), NULL);
	s = ct_emit(c, CT_STAGE_PROGRAM, OP(CHECK_PROGRAM), v->argv ? v->argv[0] : NULL);
	s->arg[0] = p->stable_image;
	s->arg[1] = v->has_exec;
}

void ct_process_plan_exec(const struct ct_process_part *p, struct ct_compile *c)
{
	const struct ct_values *v = &p->values;
	struct ct_step *s = ct_emit(c, CT_STAGE_EXEC, OP(EXEC), v->argv ? v->argv[0] : NULL);

	/* not searched in PATH */
	s->arg[0] = v->has_exec || (v->argv && strchr(v->argv[0], '/'));
	s->arg[1] = v->has_exec;
}
