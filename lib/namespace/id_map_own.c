/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Maps of what the caller may map: its own id and its subordinate ids. */
#include "id_map.h"
#include "subid.h"
#include "plan/error.h"
#include "sys/sys.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define OP "id-map"

struct build {
	contain_id_map *map;
	uint32_t own, own_inside;
	uint32_t left;	 /* subordinate ids that are still wanted */
	uint32_t inside; /* the next id inside */
	int own_added;
	int joins; /* the last range is of subordinate ids, and may go on */
	char why[200];
};

static int add(struct build *b, uint32_t inside, uint32_t outside, uint32_t count)
{
	return ct_id_map_append(&b->map->map, (struct ct_id_range){ inside, outside, count },
				b->why, sizeof(b->why));
}

static int add_own(struct build *b)
{
	b->own_added = 1;
	b->joins = 0; /* newuidmap(1) takes no range that is half the one's own, half subordinate */
	return add(b, b->own_inside, b->own, 1);
}

static int add_piece(struct build *b, uint32_t outside, uint32_t count)
{
	struct ct_id_map *m = &b->map->map;
	struct ct_id_range *last = m->n ? &m->range[m->n - 1] : NULL;

	if (b->joins && last->inside + last->count == b->inside &&
	    last->outside + last->count == outside) {
		last->count += count;
	} else {
		int r = add(b, b->inside, outside, count);

		if (r < 0)
			return r;
	}
	b->joins = 1;
	b->inside += count;
	b->left -= count;
	return 0;
}

/* A range that does not hold the own id outside, cut where the own id lies inside. */
static int add_range(struct build *b, uint32_t outside, uint32_t count)
{
	int r = 0;

	while (!r && count && b->left) {
		uint32_t n = count < b->left ? count : b->left;

		if (b->inside == b->own_inside) {
			r = b->own_added ? 0 : add_own(b);
			b->inside++;
			continue;
		}
		if (b->inside < b->own_inside && n > b->own_inside - b->inside)
			n = b->own_inside - b->inside;
		r = add_piece(b, outside, n);
		outside += n;
		count -= n;
	}
	return r;
}

/* The own id may stand in the file too, as root's does where ranges begin with 0. */
static int add_subids(struct build *b, const contain_subids *s)
{
	int r = 0;

	for (size_t i = 0; s && i < s->n && !r; i++) {
		uint32_t first = s->range[i].first, count = s->range[i].count;
		uint32_t before = b->own - first;

		if (before >= count) {
			r = add_range(b, first, count);
			continue;
		}
		r = add_range(b, first, before);
		if (!r)
			r = add_range(b, b->own + 1, count - before - 1);
	}
	return r;
}

static uint64_t total(const contain_subids *s, uint32_t own)
{
	uint64_t n = 0;

	for (size_t i = 0; s && i < s->n; i++)
		n += s->range[i].count - (own - s->range[i].first < s->range[i].count);
	return n;
}

static int too_few(int kind, uint64_t have, uint32_t need, contain_error **reterr)
{
	char hint[160];

	snprintf(hint, sizeof(hint),
		 "%u ids are wanted besides the caller's own, and its lines give %llu", need,
		 (unsigned long long)have);
	return ct_error_simple(reterr, -ERANGE, CONTAIN_PHASE_PARENT, OP, ct_subids_path(kind),
			       hint);
}

static int build(struct build *b, int kind, uint32_t n_ids, const contain_subids *s,
		 contain_error **reterr)
{
	uint64_t have = total(s, b->own);
	int r;

	b->left = n_ids ? n_ids - 1 : (uint32_t)have;
	if (b->left > have)
		return too_few(kind, have, b->left, reterr);
	r = b->own_inside ? 0 : add_own(b);
	b->inside = b->own_inside ? 0 : 1;
	if (!r)
		r = add_subids(b, s);
	if (!r && !b->own_added)
		r = add_own(b);
	if (r < 0)
		return ct_error_simple(reterr, r, CONTAIN_PHASE_PARENT, OP, "map", b->why);
	return 0;
}

/* n_ids 0: as many as there are, and that may be the own id alone. */
static int read_subids(int kind, uint32_t n_ids, contain_subids **ret, contain_error **reterr)
{
	contain_error *e = NULL;
	int r;

	if (n_ids == 1)
		return 0;
	r = contain_subids_read(kind, (uint32_t)ct_sys_geteuid(), ret, &e);
	if (r == -ENOENT && !n_ids)
		r = 0;
	if (r < 0 && reterr)
		*reterr = e;
	else
		contain_error_free(e);
	return r;
}

static int own_map(int kind, uint32_t n_ids, int keep, contain_id_map **ret_map,
		   contain_error **reterr)
{
	struct build b = { 0 };
	contain_subids *s = NULL;
	int r;

	if (!ct_id_kind_known(kind) || !ret_map)
		return ct_error_simple(reterr, -EINVAL, CONTAIN_PHASE_SPEC, OP,
				       ret_map ? "kind" : "ret_map",
				       ret_map ? "is neither CONTAIN_ID_USER nor CONTAIN_ID_GROUP" :
						 "is NULL");
	b.own = (uint32_t)(kind == CONTAIN_ID_USER ? ct_sys_geteuid() : ct_sys_getegid());
	b.own_inside = keep ? b.own : 0;
	r = read_subids(kind, n_ids, &s, reterr);
	if (r < 0)
		return r;
	r = contain_id_map_new(&b.map);
	if (r < 0)
		r = ct_error_simple(reterr, r, CONTAIN_PHASE_PARENT, OP, "map", NULL);
	else
		r = build(&b, kind, n_ids, s, reterr);
	contain_subids_free(s);
	if (r < 0)
		contain_id_map_free(b.map);
	else
		*ret_map = b.map;
	return r;
}

int contain_id_map_root(int kind, uint32_t n_ids, contain_id_map **ret_map, contain_error **reterr)
{
	return own_map(kind, n_ids, 0, ret_map, reterr);
}

int contain_id_map_keep(int kind, uint32_t n_ids, contain_id_map **ret_map, contain_error **reterr)
{
	return own_map(kind, n_ids, 1, ret_map, reterr);
}
