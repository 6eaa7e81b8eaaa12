/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Limits as a value: a sorted array of what has to be written. */
#include "limits.h"
#include "plan/error.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

int contain_limits_new(contain_limits **ret_limits)
{
	contain_limits *l;

	if (!ret_limits)
		return -EINVAL;
	l = calloc(1, sizeof(*l));
	if (!l)
		return -ENOMEM;
	*ret_limits = l;
	return 0;
}

void ct_limits_clear(contain_limits *l)
{
	for (size_t i = 0; i < l->n; i++)
		free(l->v[i].file);
	free(l->v);
	l->v = NULL;
	l->n = l->room = 0;
}

void contain_limits_free(contain_limits *limits)
{
	if (!limits)
		return;
	ct_limits_clear(limits);
	free(limits);
}

static int same(const struct ct_limit *a, const char *file, const char *sub)
{
	return !strcmp(a->file, file) && !strcmp(a->sub, sub);
}

/* The controller by the name of a file: "memory.max". */
static uint8_t controller_of(const char *file)
{
	size_t n = strcspn(file, ".");
	unsigned i = 0;

	for (; ct_controller_name(i); i++)
		if (strlen(ct_controller_name(i)) == n && !memcmp(ct_controller_name(i), file, n))
			break;
	return i < CT_CONTROLLERS ? (uint8_t)i : CT_CONTROLLERS;
}

static int grow(contain_limits *l)
{
	size_t room = l->room ? 2 * l->room : 8;
	struct ct_limit *v;

	if (l->n < l->room)
		return 0;
	v = realloc(l->v, room * sizeof(*v));
	if (!v)
		return -ENOMEM;
	l->v = v;
	l->room = room;
	return 0;
}

static int fill(struct ct_limit *to, const struct ct_limit_new *new)
{
	const char *file, *sub = new->sub ? new->sub : "";

	*to = (struct ct_limit){ .row = &ct_limit_rows[new->id], .what = new->what };
	file = new->file ? new->file : to->row->file;
	to->num[0] = new->num[0];
	to->num[1] = new->num[1];
	to->controller = new->id == CT_LIMIT_RAW ? controller_of(file) : to->row->controller;
	to->file = malloc(strlen(file) + strlen(sub) + strlen(new->value) + 3);
	if (!to->file)
		return -ENOMEM;
	to->sub = stpcpy(to->file, file) + 1;
	to->value = stpcpy(to->sub, sub) + 1;
	strcpy(to->value, new->value);
	return 0;
}

static void insert(contain_limits *l, const struct ct_limit *limit)
{
	size_t at = l->n;

	while (at && l->v[at - 1].row->id > limit->row->id)
		at--;
	memmove(l->v + at + 1, l->v + at, (l->n - at) * sizeof(*l->v));
	l->v[at] = *limit;
	l->n++;
}

int ct_limits_put(contain_limits *l, const struct ct_limit_new *new)
{
	struct ct_limit limit;
	int r = grow(l);

	if (r < 0)
		return r;
	r = fill(&limit, new);
	if (r < 0)
		return r;
	for (size_t i = 0; i < l->n; i++) {
		if (!same(&l->v[i], limit.file, limit.sub))
			continue;
		free(l->v[i].file);
		l->v[i] = limit;
		return 0;
	}
	insert(l, &limit);
	return 0;
}

const struct ct_limit *ct_limits_find(const contain_limits *l, const char *file, const char *sub)
{
	for (size_t i = 0; i < l->n; i++)
		if (same(&l->v[i], file, sub))
			return &l->v[i];
	return NULL;
}

void ct_limits_drop(contain_limits *l, enum ct_limit_id id, const char *sub)
{
	size_t kept = 0;

	for (size_t i = 0; i < l->n; i++) {
		if (l->v[i].row->id == id && (!sub || !strcmp(l->v[i].sub, sub)))
			free(l->v[i].file);
		else
			l->v[kept++] = l->v[i];
	}
	l->n = kept;
}

void ct_limits_merge_shallow(const contain_limits *base, const contain_limits *over,
			     contain_limits *out)
{
	size_t b = 0, o = 0;

	out->n = 0;
	while (b < base->n || o < over->n) {
		/* in one row those of the base come first, as when they had been set one by one */
		if (b == base->n || (o < over->n && over->v[o].row->id < base->v[b].row->id)) {
			if (!ct_limits_find(base, over->v[o].file, over->v[o].sub))
				out->v[out->n++] = over->v[o];
			o++;
		} else {
			const struct ct_limit *l =
				ct_limits_find(over, base->v[b].file, base->v[b].sub);

			out->v[out->n++] = l ? *l : base->v[b];
			b++;
		}
	}
}

static int copy_into(contain_limits *to, const contain_limits *from)
{
	int r = 0;

	for (size_t i = 0; i < from->n && !r; i++) {
		const struct ct_limit *f = &from->v[i];

		r = ct_limits_put(to, &(struct ct_limit_new){ .id = f->row->id,
							      .what = f->what,
							      .file = f->file,
							      .sub = f->sub,
							      .value = f->value,
							      .num = { f->num[0], f->num[1] } });
	}
	return r;
}

int contain_limits_copy(const contain_limits *limits, contain_limits **ret_limits)
{
	contain_limits *l;
	int r;

	if (!limits || !ret_limits)
		return -EINVAL;
	r = contain_limits_new(&l);
	if (r < 0)
		return r;
	r = copy_into(l, limits);
	if (r < 0) {
		contain_limits_free(l);
		return r;
	}
	l->err = limits->err;
	l->field = limits->field;
	l->why = limits->why;
	*ret_limits = l;
	return 0;
}

/* Into a new array: when memory runs out the old one is as it was. */
int contain_limits_merge(contain_limits *into, const contain_limits *from)
{
	contain_limits all = { 0 }, old;
	int r;

	if (!into || !from)
		return -EINVAL;
	if (into == from)
		return 0;
	r = copy_into(&all, into);
	if (!r)
		r = copy_into(&all, from);
	if (r < 0) {
		ct_limits_clear(&all);
		return r;
	}
	old = *into;
	into->v = all.v;
	into->n = all.n;
	into->room = all.room;
	ct_limits_clear(&old);
	if (!into->err) {
		into->err = from->err;
		into->field = from->field;
		into->why = from->why;
	}
	return 0;
}

int contain_limits_count(const contain_limits *limits)
{
	if (!limits)
		return -EINVAL;
	return limits->n < INT_MAX ? (int)limits->n : INT_MAX;
}

static const struct ct_limit *at(const contain_limits *limits, int index)
{
	if (!limits || index < 0 || (size_t)index >= limits->n)
		return NULL;
	return &limits->v[index];
}

const char *contain_limits_key(const contain_limits *limits, int index)
{
	const struct ct_limit *l = at(limits, index);

	return l ? l->file : NULL;
}

const char *contain_limits_value(const contain_limits *limits, int index)
{
	const struct ct_limit *l = at(limits, index);

	return l ? l->value : NULL;
}

int ct_limits_check(const contain_limits *l, const char **ret_field, const char **ret_why)
{
	if (!l->err)
		return 0;
	*ret_field = l->field;
	*ret_why = l->why;
	return l->err;
}

int contain_limits_check(const contain_limits *limits, contain_error **reterr)
{
	const char *field = "limits", *why = "is NULL";
	int r = limits ? ct_limits_check(limits, &field, &why) : -EINVAL;

	return r < 0 ? ct_error_simple(reterr, r, CONTAIN_PHASE_SPEC, "set-limit", field, why) : 0;
}
