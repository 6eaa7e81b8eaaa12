/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "container.h"
#include "start.h"
#include "plan/amend.h"
#include "plan/compile.h"
#include "plan/error.h"
#include "plan/explain.h"
#include "sys/sys.h"
#include "container/launch.h"

#include <contain/plan.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int compile_on(container_spec *spec, const struct ct_facts *facts, container_plan *p,
		      contain_error **reterr)
{
	const struct ct_container_part *own = spec->part[CT_MODULE_CONTAINER];
	int r = ct_compile(facts, spec->name, ct_modules, spec->part, &p->block, &p->values,
			   reterr);

	if (r < 0)
		return r;
	p->facts = ct_facts_keep(facts);
	if (!p->facts)
		return ct_error_simple(reterr, -ENOMEM, CONTAIN_PHASE_PLAN, "compile", "plan",
				       NULL);
	__atomic_fetch_add(&spec->owners, 1, __ATOMIC_RELAXED);
	p->spec = spec;
	memcpy(p->name, spec->name, sizeof(p->name));
	p->setup_timeout_msec = own->setup_timeout_msec;
	p->ambient = facts->is_privileged && facts->euid != 0;
	return 0;
}

int ct_plan_compile_on(container_spec *spec, const struct ct_facts *facts, container_plan **ret,
		       contain_error **reterr)
{
	container_plan *p;
	int r;

	if (spec->err < 0)
		return ct_error_simple(reterr, spec->err, CONTAIN_PHASE_SPEC, "spec", spec->field,
				       spec->why);
	p = calloc(1, sizeof(*p));
	if (!p)
		return ct_error_simple(reterr, -ENOMEM, CONTAIN_PHASE_PLAN, "compile", "plan",
				       NULL);
	p->exe = CT_EXE_NONE;
	r = compile_on(spec, facts, p, reterr);
	if (r < 0) {
		container_plan_free(p);
		return r;
	}
	spec->sealed = 1;
	*ret = p;
	return 0;
}

int container_plan_compile(container_spec *spec, container_plan **ret_plan, contain_error **reterr)
{
	struct ct_facts *facts;
	int r;

	if (!spec || !ret_plan)
		return ct_error_simple(reterr, -EINVAL, CONTAIN_PHASE_SPEC, "compile",
				       spec ? "ret_plan" : "spec", "is NULL");
	/* some 20 KiB: not on the caller's stack, which may be a small thread's */
	facts = malloc(sizeof(*facts));
	r = facts ? ct_facts_get(facts) : -ENOMEM;
	if (r < 0)
		ct_error_simple(reterr, r, CONTAIN_PHASE_PLAN, "compile", "features", NULL);
	else
		r = ct_plan_compile_on(spec, facts, ret_plan, reterr);
	free(facts);
	return r;
}

void container_plan_free(container_plan *plan)
{
	if (!plan)
		return;
	ct_launch_drop(&plan->spare);
	if (plan->exe >= 0)
		ct_sys_close(plan->exe);
	container_spec_free(plan->spec);
	free(plan->facts);
	free(plan->block);
	free(plan);
}

int container_plan_explain(const container_plan *plan, int fd)
{
	struct ct_explain_start start = {
		.memory = "( mmap mprotect )?",
		.starter = "clone3 futex exit",
		.first = "gettid set_robust_list",
	};
	char init[256];

	if (!plan)
		return -EINVAL;
	snprintf(init, sizeof(init), "fcntl* execveat mmap{2} close getpid %s%sclone3 sendmsg%s "
		 "exit_group?",
		 plan->block->monitor ? "rt_sigaction " : "",
		 plan->block->first_inside > plan->block->first_child ? "[steps] " : "",
		 !plan->block->monitor	    ? "" :
		 plan->block->parent_death ? " setsid? fcntl* dup3* close_range? chdir? prctl? "
					     "ppoll* pidfd_send_signal? waitid?" :
					     " setsid? close_range? chdir? prctl? waitid?");
	start.init = init;
	if (plan->block->starter)
		start.memory = "( mmap mprotect{2} )?";
	return ct_explain(plan->name, plan->block, ct_modules, &start, fd);
}

int container_plan_spawn(const container_plan *plan, const container_overrides *overrides,
			 container **ret_container, contain_error **reterr)
{
	if (!plan || !ret_container)
		return ct_error_simple(reterr, -EINVAL, CONTAIN_PHASE_SPEC, "spawn",
				       plan ? "ret_container" : "plan", "is NULL");
	/* the spare memory is the one thing in a plan that changes, and it changes atomically */
	return ct_start((container_plan *)plan, overrides, ret_container, reterr);
}

int container_spawn(container_spec *spec, container **ret_container, contain_error **reterr)
{
	container_plan *plan = NULL;
	int r;

	if (!spec || !ret_container)
		return ct_error_simple(reterr, -EINVAL, CONTAIN_PHASE_SPEC, "spawn",
				       spec ? "ret_container" : "spec", "is NULL");
	r = container_plan_compile(spec, &plan, reterr);
	if (!r)
		r = container_plan_spawn(plan, NULL, ret_container, reterr);
	container_plan_free(plan);
	return r;
}
