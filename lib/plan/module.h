/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A technique is one const row here and one const table of operations. The facade, the compiler,
 * explain and the runner go through these tables and know no technique by name.
 */
#ifndef CT_PLAN_MODULE_H
#define CT_PLAN_MODULE_H

#include "run.h"

#include <stddef.h>
#include <stdint.h>

struct ct_text;
struct ct_compile;

struct ct_op {
	const char *name;
	/* in the parent; NULL for a step of the child, whose function is in ct_child_runs */
	ct_step_run *run;
	/* parent only: takes back what run did; must not fail */
	void (*undo)(struct ct_run *r, const struct ct_step *s);
	/* parent only: gives back what this start alone needed, however it went; must not fail */
	void (*release)(struct ct_run *r, const struct ct_step *s);
	/* prints the arguments, for explain; NULL: the object alone says it */
	void (*describe)(struct ct_text *out, const struct ct_block *b, const struct ct_step *s);
	/* in the parent after a failure: the likely cause, or NULL; may print into buf */
	const char *(*hint)(const struct ct_run *r, const struct ct_step *s, char *buf,
			    size_t size);
	/*
	 * The system calls of a run that succeeds, in order, as explain expands them. "name?" may
	 * be left out, "name*" repeats, "( ... )*" groups. A test holds it against traces.
	 */
	const char *calls;
	const char *undo_says; /* what undo does, for explain */
};

enum ct_module_id {
	CT_MODULE_NAMESPACE,
	CT_MODULE_CGROUP,
	CT_MODULE_ROOTFS,
	CT_MODULE_MOUNT,
	CT_MODULE_PROCESS,
	CT_MODULE_LANDLOCK,
	CT_MODULE_LABEL,
	CT_MODULE_SECCOMP, /* behind process: its steps have to pass the filter */
	CT_MODULE_TERMINAL, /* after process, which has the fds */
	CT_MODULE_CONTAINER,
	CT_MODULES,
};

struct ct_module {
	const char *name;
	size_t part_size;		/* its part of a spec */
	void (*part_init)(void *part);
	void (*part_free)(void *part);
	/* first pass: tell the others what is going to be (struct ct_intent) */
	int (*intend)(const void *part, struct ct_compile *c);
	/* second pass: check, and emit steps */
	int (*plan)(const void *part, struct ct_compile *c);
	/*
	 * The part of one start: `part` is a copy of the plan's, whose pointers are still the
	 * plan's own; it takes what the overrides set in `over`, a part with all of it 0 that only
	 * setters have changed. Memory from ct_amend_alloc(). NULL: nothing can be overridden.
	 */
	int (*amend)(void *part, const void *over, struct ct_compile *c);
	/* Puts fds of the part, which keeps them, into the slots of a start. NULL: it has none. */
	void (*bind)(const void *part, struct ct_run *r);
	const struct ct_op *ops;
	uint16_t nops;
};

static inline const struct ct_op *ct_op_of(const struct ct_module *const *modules,
					   const struct ct_step *s)
{
	return &modules[s->op >> 8]->ops[s->op & 0xff];
}

#endif
