/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A plan with the overrides of one start. The spec, as it was sealed, is compiled once more with
 * what the overrides set in it, against the facts that the plan was compiled with: so an override
 * passes the same checks as a setter and has the same effect on steps of other modules, and the
 * kernel is not asked again. Plan and overrides are only read.
 */
#ifndef CT_PLAN_AMEND_H
#define CT_PLAN_AMEND_H

#include "feature/feature.h"
#include "spec.h"
#include "values.h"

struct ct_compile;

/*
 * The facts of a compile without the room that their paths leave; freed by free(). NULL: no memory.
 */
char *ct_facts_keep(const struct ct_facts *facts);
void ct_facts_unpack(const char *kept, struct ct_facts *ret);

struct ct_amended {
	struct ct_block *block;
	const struct ct_values *values; /* those of the plan and of the overrides */
	struct ct_amend_room *room;	/* what the modules' parts of this start are made of */
	void *part[CT_MODULES];
};

/* over holds what the overrides set; its modules are base's. Freed by ct_amended_free(). */
int ct_amend(const char *kept_facts, const container_spec *base, const container_spec *over,
	     struct ct_amended **ret, contain_error **reterr);
void ct_amended_free(struct ct_amended *a);

/* For a module's amend(): memory that lasts as long as the start; NULL: none. */
void *ct_amend_alloc(struct ct_compile *c, size_t size);

/* base with over behind it, for amend() of lists: NULL when there is no memory. */
void *ct_amend_join(struct ct_compile *c, const void *base, size_t n, const void *over, size_t m,
		    size_t unit);

#endif
