/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The map as a value: what may be in it, and both directions of translation. */
#include "id_map.h"
#include "plan/error.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAP_TEXT 4096

static int fail(contain_error **reterr, int err, const char *object, const char *hint)
{
	return ct_error_simple(reterr, err, CONTAIN_PHASE_SPEC, "id-map", object, hint);
}

static int overlaps(uint32_t a, uint32_t n, uint32_t b, uint32_t m)
{
	return (uint64_t)a < (uint64_t)b + m && (uint64_t)b < (uint64_t)a + n;
}

static size_t text_length(struct ct_id_range r)
{
	return (size_t)snprintf(NULL, 0, "%u %u %u\n", r.inside, r.outside, r.count);
}

/* The kernel reads a map in one write of less than a page; pages may be larger elsewhere. */
static int fits(const struct ct_id_map *map, struct ct_id_range new)
{
	size_t n = text_length(new);

	for (size_t i = 0; i < map->n; i++)
		n += text_length(map->range[i]);
	return n < MAP_TEXT;
}

static int refuse(const struct ct_id_map *map, struct ct_id_range new, char *why, size_t size)
{
	size_t at = map->n;

	if (!new.count)
		return snprintf(why, size, "range %zu is empty", at);
	/* the last id, (uint32_t)-1, means "no change" to the kernel and is never mapped */
	if ((uint64_t)new.inside + new.count > UINT32_MAX ||
	    (uint64_t)new.outside + new.count > UINT32_MAX)
		return snprintf(why, size, "range %zu wraps around the end of the ids", at);
	for (size_t i = 0; i < map->n; i++) {
		const struct ct_id_range *old = &map->range[i];

		if (overlaps(old->inside, old->count, new.inside, new.count))
			return snprintf(why, size, "range %zu overlaps range %zu inside", at, i);
		if (overlaps(old->outside, old->count, new.outside, new.count))
			return snprintf(why, size, "range %zu overlaps range %zu outside", at, i);
	}
	if (at >= CT_ID_RANGES_MAX)
		return snprintf(why, size, "range %zu is more than the kernel's %d", at,
				CT_ID_RANGES_MAX);
	return 0;
}

int ct_id_map_append(struct ct_id_map *map, struct ct_id_range range, char *why, size_t size)
{
	if (refuse(map, range, why, size))
		return -EINVAL;
	if (!fits(map, range)) {
		snprintf(why, size,
			 "with range %zu the text of the map is longer than a page, which is all "
			 "that the kernel takes: join ranges, or use fewer",
			 map->n);
		return -EINVAL;
	}
	return ct_id_map_put(map, range, why, size);
}

int ct_id_map_put(struct ct_id_map *map, struct ct_id_range range, char *why, size_t size)
{
	struct ct_id_range *p;

	if (refuse(map, range, why, size))
		return -EINVAL;
	p = reallocarray(map->range, map->n + 1, sizeof(*p));
	if (!p) {
		snprintf(why, size, "out of memory");
		return -ENOMEM;
	}
	map->range = p;
	p[map->n++] = range;
	return 0;
}

int ct_id_map_copy(struct ct_id_map *to, const struct ct_id_map *from)
{
	struct ct_id_range *p = NULL;

	if (from->n) {
		p = reallocarray(NULL, from->n, sizeof(*p));
		if (!p)
			return -ENOMEM;
		memcpy(p, from->range, from->n * sizeof(*p));
	}
	free(to->range);
	to->range = p;
	to->n = from->n;
	return 0;
}

int contain_id_map_new(contain_id_map **ret_map)
{
	contain_id_map *m;

	if (!ret_map)
		return -EINVAL;
	m = calloc(1, sizeof(*m));
	if (!m)
		return -ENOMEM;
	*ret_map = m;
	return 0;
}

void contain_id_map_free(contain_id_map *map)
{
	if (!map)
		return;
	free(map->map.range);
	free(map);
}

int contain_id_map_add(contain_id_map *map, uint32_t inside, uint32_t outside, uint32_t count,
		       contain_error **reterr)
{
	char why[200];
	int r;

	if (!map)
		return fail(reterr, -EINVAL, "map", "is NULL");
	r = ct_id_map_append(&map->map, (struct ct_id_range){ inside, outside, count }, why,
			     sizeof(why));
	return r < 0 ? fail(reterr, r, "map", why) : 0;
}

int contain_id_map_count(const contain_id_map *map)
{
	return map ? (int)map->map.n : -EINVAL;
}

int contain_id_map_range(const contain_id_map *map, int index, uint32_t *ret_inside,
			 uint32_t *ret_outside, uint32_t *ret_count)
{
	const struct ct_id_range *r;

	if (!map || !ret_inside || !ret_outside || !ret_count || index < 0 ||
	    (size_t)index >= map->map.n)
		return -EINVAL;
	r = &map->map.range[index];
	*ret_inside = r->inside;
	*ret_outside = r->outside;
	*ret_count = r->count;
	return 0;
}

typedef int64_t direction(const struct ct_id_map *map, uint32_t id);

static int translate(const contain_id_map *map, uint32_t id, direction *way, const char *where,
		     uint32_t *ret, contain_error **reterr)
{
	char hint[100];
	int64_t found;

	if (!map || !ret)
		return fail(reterr, -EINVAL, map ? "ret" : "map", "is NULL");
	found = way(&map->map, id);
	if (found < 0) {
		snprintf(hint, sizeof(hint), "no range of the map holds %u %s", id, where);
		return fail(reterr, -ENOENT, "map", hint);
	}
	*ret = (uint32_t)found;
	return 0;
}

int contain_id_map_inside(const contain_id_map *map, uint32_t outside, uint32_t *ret_inside,
			  contain_error **reterr)
{
	return translate(map, outside, ct_id_inside, "outside", ret_inside, reterr);
}

int contain_id_map_outside(const contain_id_map *map, uint32_t inside, uint32_t *ret_outside,
			   contain_error **reterr)
{
	return translate(map, inside, ct_id_outside, "inside", ret_outside, reterr);
}
