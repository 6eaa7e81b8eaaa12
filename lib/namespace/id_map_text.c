/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The map as the lines of /proc/PID/uid_map, written and read. */
#include "id_map.h"

#include <errno.h>
#include <stdlib.h>

void ct_id_map_text(struct ct_text *t, const struct ct_id_map *map)
{
	for (size_t i = 0; i < map->n; i++)
		ct_text_printf(t, "%u %u %u\n", map->range[i].inside, map->range[i].outside,
			       map->range[i].count);
}

/* The kernel pads numbers with blanks. */
static const char *number(const char *p, uint32_t *ret)
{
	uint64_t v = 0;
	const char *start;

	while (*p == ' ')
		p++;
	for (start = p; *p >= '0' && *p <= '9'; p++) {
		v = v * 10 + (uint64_t)(*p - '0');
		if (v > UINT32_MAX)
			return NULL;
	}
	*ret = (uint32_t)v;
	return p == start ? NULL : p;
}

static const char *line(const char *p, struct ct_id_range *ret)
{
	p = number(p, &ret->inside);
	if (p)
		p = number(p, &ret->outside);
	if (p)
		p = number(p, &ret->count);
	return p && *p == '\n' ? p + 1 : NULL;
}

int ct_id_map_parse(const char *text, struct ct_id_map *ret)
{
	struct ct_id_map map = { 0 };
	struct ct_id_range r;
	char why[200];
	int err = 0;

	while (!err && *text) {
		text = line(text, &r);
		if (!text)
			err = -EINVAL;
		else if (r.outside == UINT32_MAX) /* the reader's namespace has no such ids */
			err = -EOVERFLOW;
		else
			err = ct_id_map_put(&map, r, why, sizeof(why));
	}
	if (err) {
		free(map.range);
		return err;
	}
	*ret = map;
	return 0;
}

static int by_inside(const void *a, const void *b)
{
	const struct ct_id_range *x = a, *y = b;

	return x->inside < y->inside ? -1 : x->inside > y->inside;
}

/* Sorted, and ranges that continue one another made one. */
static int normal(struct ct_id_map *to, const struct ct_id_map *from)
{
	size_t n = 0;
	int r = ct_id_map_copy(to, from);

	if (r < 0 || !to->n)
		return r;
	qsort(to->range, to->n, sizeof(*to->range), by_inside);
	for (size_t i = 1; i < to->n; i++) {
		struct ct_id_range *last = &to->range[n], *next = &to->range[i];

		if (last->inside + last->count == next->inside &&
		    last->outside + last->count == next->outside)
			last->count += next->count;
		else
			to->range[++n] = *next;
	}
	to->n = n + 1;
	return 0;
}

int ct_id_map_same(const struct ct_id_map *a, const struct ct_id_map *b)
{
	struct ct_id_map x = { 0 }, y = { 0 };
	int r = normal(&x, a);

	if (!r)
		r = normal(&y, b);
	if (!r) {
		r = x.n == y.n;
		for (size_t i = 0; r == 1 && i < x.n; i++)
			r = x.range[i].inside == y.range[i].inside &&
			    x.range[i].outside == y.range[i].outside &&
			    x.range[i].count == y.range[i].count;
	}
	free(x.range);
	free(y.range);
	return r;
}
