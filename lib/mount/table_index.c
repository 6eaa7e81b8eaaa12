/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The index of a table: by id, by place, children, the tree. All of it is linear. */
#include "table.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* The seed is nothing that a mount can be named by. */
static size_t mix(const contain_mount_table *t, uint64_t v)
{
	v = (v ^ t->seed) * 0x9e3779b97f4a7c15u;
	v = (v ^ v >> 32) * 0xd6e8feb86659fd93u;
	return (size_t)(v ^ v >> 32) & (t->slots - 1);
}

/* A place is the first n bytes of a path, on a mount. */
static size_t mix_place(const contain_mount_table *t, int parent, const char *path, size_t n)
{
	uint64_t v = (uint64_t)parent ^ t->seed;

	for (size_t i = 0; i < n; i++)
		v = (v ^ (unsigned char)path[i]) * 0x100000001b3u;
	return mix(t, v);
}

/* The slot where this id is, or the free one where it belongs. */
static uint32_t *slot_of_id(const contain_mount_table *t, uint64_t id)
{
	size_t i = mix(t, id);

	while (t->by_id[i] && t->mount[t->by_id[i] - 1].id != id)
		i = (i + 1) & (t->slots - 1);
	return &t->by_id[i];
}

static uint32_t *slot_of_unique(const contain_mount_table *t, uint64_t id)
{
	size_t i = mix(t, id);

	while (t->by_unique[i] && t->mount[t->by_unique[i] - 1].unique_id != id)
		i = (i + 1) & (t->slots - 1);
	return &t->by_unique[i];
}

static int is_at(const contain_mount_table *t, int i, int parent, const char *path, size_t n)
{
	const char *target = ct_table_string(t, i, CT_TABLE_TARGET);

	return t->mount[i].parent == parent && !strncmp(target, path, n) && !target[n];
}

static uint32_t *slot_of_place(const contain_mount_table *t, int parent, const char *path, size_t n)
{
	size_t i = mix_place(t, parent, path, n);

	while (t->by_place[i] && !is_at(t, (int)t->by_place[i] - 1, parent, path, n))
		i = (i + 1) & (t->slots - 1);
	return &t->by_place[i];
}

int contain_mount_table_find_id(const contain_mount_table *t, uint64_t id)
{
	uint32_t found = t && t->slots ? *slot_of_id(t, id) : 0;

	return found ? (int)found - 1 : -ENOENT;
}

int contain_mount_table_find_unique_id(const contain_mount_table *t, uint64_t unique_id)
{
	uint32_t found = t && t->slots && unique_id ? *slot_of_unique(t, unique_id) : 0;

	return found ? (int)found - 1 : -ENOENT;
}

/* ---- paths ---- */

static int is_plain_path(const char *path)
{
	if (!path || *path != '/')
		return 0;
	while (*path) {
		size_t n;

		path += strspn(path, "/");
		n = strcspn(path, "/");
		if ((n == 1 && path[0] == '.') || (n == 2 && path[0] == '.' && path[1] == '.'))
			return 0;
		path += n;
	}
	return 1;
}

/* The mount on the place n bytes of path, seen from the mount at; the topmost of several. */
static int cross(const contain_mount_table *t, int at, const char *path, size_t n)
{
	for (;;) {
		uint32_t next = *slot_of_place(t, at, path, n);

		if (!next)
			return at;
		at = (int)next - 1;
	}
}

char *ct_table_tidy(const char *path)
{
	char *out = malloc(strlen(path) + 2), *to = out;

	while (out && *path) {
		size_t n;

		path += strspn(path, "/");
		n = strcspn(path, "/");
		if (n) {
			*to++ = '/';
			memcpy(to, path, n);
			to += n;
			path += n;
		}
	}
	if (out)
		*to = 0;
	return out;
}

/*
 * No mount that is seen lies in a directory that another one hides: as in the kernel, the way from
 * the root on is followed.
 */
static int find(const contain_mount_table *t, const char *path, int exactly)
{
	char *way;
	size_t n = 0;
	int at, before;

	if (!t || !is_plain_path(path))
		return -EINVAL;
	if (!t->count)
		return -ENOENT;
	way = ct_table_tidy(path);
	if (!way)
		return -ENOMEM;
	before = -1;
	at = t->top < 0 ? t->top : cross(t, t->top, "/", 1);
	while (at >= 0 && way[n]) {
		n += 1 + strcspn(way + n + 1, "/");
		before = at;
		at = cross(t, at, way, n);
	}
	free(way);
	return exactly && at == before ? -ENOENT : at;
}

int contain_mount_table_find_path(const contain_mount_table *t, const char *path)
{
	return find(t, path, 0);
}

int contain_mount_table_find_target(const contain_mount_table *t, const char *path)
{
	return find(t, path, 1);
}

/* ---- laying it ---- */

static int allocate(contain_mount_table *t)
{
	size_t n = t->count ? t->count : 1;

	t->slots = 4;
	while (t->slots < n * 2)
		t->slots *= 2;
	t->by_id = calloc(t->slots, sizeof(*t->by_id));
	t->by_unique = calloc(t->slots, sizeof(*t->by_unique));
	t->by_place = calloc(t->slots, sizeof(*t->by_place));
	t->child = calloc(n, sizeof(*t->child));
	t->walk = calloc(n, sizeof(*t->walk));
	t->depth = calloc(n, sizeof(*t->depth));
	return t->by_id && t->by_unique && t->by_place && t->child && t->walk && t->depth ?
		       0 :
		       -ENOMEM;
}

static int index_ids(contain_mount_table *t, int *ret_at)
{
	for (size_t i = 0; i < t->count; i++) {
		uint32_t *id = slot_of_id(t, t->mount[i].id), *unique = NULL;

		if (t->mount[i].unique_id)
			unique = slot_of_unique(t, t->mount[i].unique_id);
		if (*id || (unique && *unique)) {
			*ret_at = (int)i;
			return -EEXIST;
		}
		*id = (uint32_t)i + 1;
		if (unique)
			*unique = (uint32_t)i + 1;
	}
	return 0;
}

/* The children of each mount beside one another, in the order of the table. */
static void index_children(contain_mount_table *t)
{
	int next = 0;

	for (size_t i = 0; i < t->count; i++) {
		struct ct_table_mount *m = &t->mount[i];
		int parent = contain_mount_table_find_id(t, m->parent_id);

		m->parent = parent == (int)i ? -ENOENT : parent;
		if (m->parent >= 0)
			t->mount[parent].children++;
		else if (t->top < 0 && !strcmp(ct_table_string(t, (int)i, CT_TABLE_TARGET), "/"))
			t->top = (int)i;
	}
	for (size_t i = 0; i < t->count; i++) {
		t->mount[i].first = next;
		next += t->mount[i].children;
		t->mount[i].children = 0;
	}
	for (size_t i = 0; i < t->count; i++) {
		struct ct_table_mount *parent;

		if (t->mount[i].parent < 0)
			continue;
		parent = &t->mount[t->mount[i].parent];
		t->child[parent->first + parent->children++] = (int)i;
	}
}

/*
 * Of two on one place the first counts: the kernel has no two, and a text is not to make a lookup
 * depend on anything else.
 */
static void index_places(contain_mount_table *t)
{
	for (size_t i = 0; i < t->count; i++) {
		const char *target = ct_table_string(t, (int)i, CT_TABLE_TARGET);
		uint32_t *place;

		if (t->mount[i].parent < 0)
			continue;
		place = slot_of_place(t, t->mount[i].parent, target, strlen(target));
		if (!*place)
			*place = (uint32_t)i + 1;
	}
}

/* Depth first, without a stack of its own: up by the parents. */
static int index_tree(contain_mount_table *t, int *ret_at)
{
	size_t n = 0;
	int *done = calloc(t->count ? t->count : 1, sizeof(*done));

	if (!done)
		return -ENOMEM;
	for (size_t i = 0; i < t->count; i++) {
		int at = (int)i, depth = 0;

		if (t->mount[i].parent >= 0)
			continue;
		t->walk[n] = at;
		t->depth[n++] = 0;
		while (at >= 0) {
			const struct ct_table_mount *m = &t->mount[at];

			if (done[at] == m->children) {
				at = m->parent;
				depth--;
				continue;
			}
			at = t->child[m->first + done[at]++];
			t->walk[n] = at;
			t->depth[n++] = ++depth;
		}
	}
	for (size_t i = 0; n < t->count && i < t->count; i++)
		if (t->mount[i].parent >= 0 && !done[t->mount[i].parent])
			*ret_at = (int)i;
	free(done);
	return n < t->count ? -ELOOP : 0;
}

int ct_table_finish(contain_mount_table *t, int *ret_at)
{
	int r = allocate(t);

	if (r < 0)
		return r;
	r = index_ids(t, ret_at);
	if (r < 0)
		return r;
	index_children(t);
	index_places(t);
	return index_tree(t, ret_at);
}
