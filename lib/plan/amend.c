/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "amend.h"
#include "compile.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* The paths are the end of the facts, one behind another: three of groups, then those of v1. */
#define PATHS_AT offsetof(struct ct_facts, v2_mount)
#define PATHS (3 + CT_CONTROLLERS)
_Static_assert(offsetof(struct ct_facts, v1_mount) == PATHS_AT + 3 * CT_GROUP_MAX,
	       "v2_mount, own_group, delegated, v1_mount");
_Static_assert(sizeof(struct ct_facts) - PATHS_AT - 3 * CT_GROUP_MAX -
		       CT_CONTROLLERS * CT_V1_MOUNT_MAX < _Alignof(struct ct_facts),
	       "v1_mount is the end");

static size_t path_at(int i)
{
	if (i < 3)
		return PATHS_AT + (size_t)i * CT_GROUP_MAX;
	return PATHS_AT + 3 * CT_GROUP_MAX + (size_t)(i - 3) * CT_V1_MOUNT_MAX;
}

char *ct_facts_keep(const struct ct_facts *facts)
{
	const char *from = (const char *)facts;
	size_t size = PATHS_AT;
	char *kept, *to;

	for (int i = 0; i < PATHS; i++)
		size += strlen(from + path_at(i)) + 1;
	kept = malloc(size);
	if (!kept)
		return NULL;
	memcpy(kept, from, PATHS_AT);
	to = kept + PATHS_AT;
	for (int i = 0; i < PATHS; i++)
		to = stpcpy(to, from + path_at(i)) + 1;
	return kept;
}

void ct_facts_unpack(const char *kept, struct ct_facts *ret)
{
	const char *from = kept + PATHS_AT;

	memcpy(ret, kept, PATHS_AT);
	for (int i = 0; i < PATHS; i++) {
		size_t n = strlen(from) + 1;

		memcpy((char *)ret + path_at(i), from, n);
		from += n;
	}
}

struct ct_amend_room {
	struct ct_amend_room *next;
	max_align_t data[];
};

void *ct_amend_alloc(struct ct_compile *c, size_t size)
{
	struct ct_amend_room *r = malloc(sizeof(*r) + size);

	if (!r)
		return NULL;
	r->next = c->amended->room;
	c->amended->room = r;
	return r->data;
}

void *ct_amend_join(struct ct_compile *c, const void *base, size_t n, const void *over, size_t m,
		    size_t unit)
{
	char *all = ct_amend_alloc(c, (n + m) * unit);

	if (!all)
		return NULL;
	if (n)
		memcpy(all, base, n * unit);
	if (m)
		memcpy(all + n * unit, over, m * unit);
	return all;
}

void ct_amended_free(struct ct_amended *a)
{
	if (!a)
		return;
	for (struct ct_amend_room *r = a->room, *next; r; r = next) {
		next = r->next;
		free(r);
	}
	free(a->block);
	free(a);
}

/* The parts of this start: base's own where a module has nothing to amend, else copies. */
static int amend_parts(struct ct_compile *c, const container_spec *base, const container_spec *over)
{
	for (int i = 0; i < CT_MODULES; i++) {
		const struct ct_module *m = c->modules[i];
		void *copy;
		int r;

		c->amended->part[i] = base->part[i];
		if (!m->amend)
			continue;
		copy = ct_amend_join(c, base->part[i], 1, NULL, 0, m->part_size);
		r = copy ? m->amend(copy, over->part[i], c) : -ENOMEM;
		if (r < 0)
			return ct_compile_fail(c, r, m->name, NULL);
		c->amended->part[i] = copy;
	}
	return 0;
}

int ct_amend(const char *kept_facts, const container_spec *base, const container_spec *over,
	     struct ct_amended **ret, contain_error **reterr)
{
	struct ct_compile c = {
		.op = "overrides", .name = base->name, .modules = base->modules, .reterr = reterr
	};
	struct ct_amended *a = c.amended = calloc(1, sizeof(*a));
	struct ct_facts *facts = malloc(sizeof(*facts));
	int r;

	c.facts = facts;
	if (!a || !facts) {
		r = ct_compile_fail(&c, -ENOMEM, "plan", NULL);
	} else {
		ct_facts_unpack(kept_facts, facts);
		r = amend_parts(&c, base, over);
		if (!r)
			r = ct_compile_parts(&c, a->part, &a->block, &a->values);
	}
	free(facts);
	if (r < 0)
		ct_amended_free(a);
	else
		*ret = a;
	return r;
}
