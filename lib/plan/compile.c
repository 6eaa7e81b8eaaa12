/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "compile.h"
#include "error.h"

#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

static int grow(void **p, size_t *room, size_t need, size_t unit)
{
	size_t n = *room ? *room : 32;
	void *q;

	while (n < need)
		n *= 2;
	if (n == *room)
		return 0;
	q = reallocarray(*p, n, unit);
	if (!q)
		return -ENOMEM;
	*p = q;
	*room = n;
	return 0;
}

uint32_t ct_emit_str(struct ct_compile *c, const char *s)
{
	size_t n, at = c->strings_len;

	if (!s || !*s)
		return 0;
	n = strlen(s) + 1;
	if (n > INT32_MAX / 2 || at + n > INT32_MAX / 2 ||
	    grow((void **)&c->strings, &c->strings_room, at + n, 1) < 0) {
		c->oom = 1;
		return 0;
	}
	memcpy(c->strings + at, s, n);
	c->strings_len += n;
	return (uint32_t)at;
}

uint32_t ct_emit_words(struct ct_compile *c, const uint32_t *words, size_t n)
{
	size_t at = (c->strings_len + 3) & ~(size_t)3, bytes = n * sizeof(*words);

	/* with a 0 behind, which a block ends with */
	if (at + bytes + 1 > INT32_MAX / 2 ||
	    grow((void **)&c->strings, &c->strings_room, at + bytes + 1, 1) < 0) {
		c->oom = 1;
		return 0;
	}
	memset(c->strings + c->strings_len, 0, at - c->strings_len);
	if (n)
		memcpy(c->strings + at, words, bytes);
	c->strings[at + bytes] = 0;
	c->strings_len = at + bytes + 1;
	return (uint32_t)at;
}

uint32_t ct_emit_bytes(struct ct_compile *c, const void *bytes, size_t n)
{
	size_t at = c->strings_len;

	if (!n)
		return 0;
	if (n > INT32_MAX / 2 || at + n + 1 > INT32_MAX / 2 ||
	    grow((void **)&c->strings, &c->strings_room, at + n + 1, 1) < 0) {
		c->oom = 1;
		return 0;
	}
	memcpy(c->strings + at, bytes, n);
	c->strings[at + n] = 0;
	c->strings_len += n + 1;
	return (uint32_t)at;
}

struct ct_step *ct_emit(struct ct_compile *c, enum ct_stage stage, uint16_t op, const char *object)
{
	static _Thread_local struct ct_step scratch;
	struct ct_step *s = &scratch;
	uint32_t at = ct_emit_str(c, object);

	if (grow((void **)&c->steps, &c->steps_room, c->nsteps + 1, sizeof(*s)) < 0)
		c->oom = 1;
	else
		s = &c->steps[c->nsteps++];
	memset(s, 0, sizeof(*s));
	s->stage = (uint8_t)stage;
	s->op = op;
	s->object = at;
	return s;
}

int ct_emit_slot(struct ct_compile *c)
{
	if (c->next_slot >= CT_SLOTS)
		return ct_compile_fail(c, -E2BIG, "slots", "the plan needs more open files than a "
							   "plan holds");
	return (int)c->next_slot++;
}

int ct_compile_fail(struct ct_compile *c, int err, const char *field, const char *hint)
{
	if (!c->err) {
		c->err = err;
		ct_error_simple(c->reterr, err, CONTAIN_PHASE_PLAN, c->op, field, hint);
	}
	return c->err;
}

static int pass(struct ct_compile *c, void *const *parts, int second)
{
	for (int i = 0; i < CT_MODULES; i++) {
		const struct ct_module *m = c->modules[i];
		int (*fn)(const void *, struct ct_compile *) = second ? m->plan : m->intend;
		int r = fn ? fn(parts[i], c) : 0;

		if (r < 0)
			return c->err ? c->err : ct_compile_fail(c, r, m->name, NULL);
	}
	return 0;
}

/* Stable: steps of one stage keep their order. Insertion, as plans are short and nearly sorted. */
static void sort_by_stage(struct ct_step *steps, size_t n)
{
	for (size_t i = 1; i < n; i++) {
		struct ct_step s = steps[i];
		size_t k = i;

		for (; k && steps[k - 1].stage > s.stage; k--)
			steps[k] = steps[k - 1];
		steps[k] = s;
	}
}

static struct ct_block *layout(const struct ct_compile *c)
{
	size_t steps = c->nsteps * sizeof(struct ct_step);
	size_t size = sizeof(struct ct_block) + steps + c->strings_len;
	struct ct_block *b = calloc(1, size);

	if (!b)
		return NULL;
	b->size = (uint32_t)size;
	b->steps = (uint32_t)c->nsteps;
	b->steps_at = sizeof(*b);
	b->strings_at = (uint32_t)(sizeof(*b) + steps);
	memcpy((char *)b + b->steps_at, c->steps, steps);
	memcpy((char *)b + b->strings_at, c->strings, c->strings_len);
	while (b->first_child < b->steps && c->steps[b->first_child].stage <= CT_STAGE_MAPS)
		b->first_child++;
	b->first_inside = b->first_child;
	while (b->first_inside < b->steps && c->steps[b->first_inside].stage <= CT_STAGE_JOIN)
		b->first_inside++;
	b->clone_flags = c->intent.namespaces & ~(uint64_t)CLONE_NEWTIME; /* a step of its own */
	/*
	 * the cgroup namespace is unshared after the groups are entered, or its root is the
	 * caller's
	 */
	if (c->intent.group || c->intent.v1)
		b->clone_flags &= ~(uint64_t)CLONE_NEWCGROUP;
	b->kind = c->intent.own_memory ? CT_KIND_OWN : CT_KIND_SHARED;
	b->monitor = (uint32_t)c->intent.monitor;
	b->parent_death = (uint32_t)c->intent.parent_death;
	b->init = (uint32_t)c->intent.init;
	/* with memory of its own the child leaves the caller awake */
	b->starter = c->intent.starter && !c->intent.own_memory;
	return b;
}

int ct_compile_parts(struct ct_compile *c, void *const *parts, struct ct_block **ret,
		     const struct ct_values **ret_values)
{
	struct ct_block *b = NULL;
	uint32_t why = 0, kind_why = 0;
	int r;

	c->next_slot = CT_SLOT_FREE;
	/* offset 0 is the empty string */
	if (grow((void **)&c->strings, &c->strings_room, 1, 1) < 0)
		return ct_compile_fail(c, -ENOMEM, "plan", NULL);
	c->strings[c->strings_len++] = 0;
	r = pass(c, parts, 0);
	if (!r)
		r = pass(c, parts, 1);
	if (!r)
		why = ct_emit_str(c, c->intent.starter);
	if (!r)
		kind_why = ct_emit_str(c, c->intent.own_memory);
	if (!r && !c->oom) {
		sort_by_stage(c->steps, c->nsteps);
		b = layout(c);
	}
	if (b) {
		b->starter_why = why;
		b->kind_why = kind_why;
		*ret = b;
		*ret_values = c->values;
	} else if (!r) {
		r = ct_compile_fail(c, -ENOMEM, "plan", NULL);
	}
	free(c->steps);
	free(c->strings);
	return r;
}

int ct_compile(const struct ct_facts *facts, const char *name,
	       const struct ct_module *const *modules, void *const *parts, struct ct_block **ret,
	       const struct ct_values **ret_values, contain_error **reterr)
{
	struct ct_compile c = {
		.op = "compile", .facts = facts, .name = name, .modules = modules, .reterr = reterr
	};

	return ct_compile_parts(&c, parts, ret, ret_values);
}
