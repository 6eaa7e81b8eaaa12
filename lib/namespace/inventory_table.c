/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The table of namespaces, by inode, and its trees. No system call in this file. */
#include "inventory.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int ct_inv_grow(void *array, size_t count, size_t *room, size_t element)
{
	void **at = array, *bigger;
	size_t next = *room ? *room * 2 : 64;

	if (count < *room)
		return 0;
	bigger = reallocarray(*at, next, element);
	if (!bigger)
		return -ENOMEM;
	*at = bigger;
	*room = next;
	return 0;
}

/* Where an entry is, or would be. There is always a free slot. */
static uint32_t *slot_of(const struct contain_inventory *inv, int type, uint64_t inode)
{
	size_t i = (size_t)(inode * 0x9E3779B97F4A7C15ULL >> 32) & (inv->slots - 1);

	for (; inv->slot[i]; i = (i + 1) & (inv->slots - 1)) {
		const struct ct_inv_ns *ns = &inv->ns[inv->slot[i] - 1];

		if (ns->inode == inode && ns->type == type)
			break;
	}
	return &inv->slot[i];
}

static int hash_all(struct contain_inventory *inv, size_t slots)
{
	uint32_t *slot = calloc(slots, sizeof(*slot));

	if (!slot)
		return -ENOMEM;
	free(inv->slot);
	inv->slot = slot;
	inv->slots = slots;
	for (size_t i = 0; i < inv->count; i++)
		*slot_of(inv, inv->ns[i].type, inv->ns[i].inode) = (uint32_t)i + 1;
	return 0;
}

int ct_inv_find(const struct contain_inventory *inv, int type, uint64_t inode)
{
	return inv->slots ? (int)*slot_of(inv, type, inode) - 1 : -1;
}

int ct_inv_get(struct contain_inventory *inv, int type, uint64_t inode)
{
	int at = ct_inv_find(inv, type, inode);

	if (at >= 0)
		return at;
	if (inv->count * 2 >= inv->slots && hash_all(inv, inv->slots ? inv->slots * 2 : 128) < 0)
		return -ENOMEM;
	if (ct_inv_grow(&inv->ns, inv->count, &inv->room, sizeof(*inv->ns)) < 0)
		return -ENOMEM;
	inv->ns[inv->count] = (struct ct_inv_ns){
		.inode = inode, .type = type, .uid = UINT32_MAX, .owner_uid = UINT32_MAX
	};
	*slot_of(inv, type, inode) = (uint32_t)++inv->count;
	return (int)inv->count - 1;
}

static int by_inode(const void *a, const void *b)
{
	const struct ct_inv_ns *x = a, *y = b;

	if (x->inode != y->inode)
		return x->inode < y->inode ? -1 : 1;
	return x->type - y->type;
}

static int index_of(const struct contain_inventory *inv, int type, uint64_t inode)
{
	int at = inode ? ct_inv_find(inv, type, inode) : -1;

	return at < 0 ? -ENOENT : at;
}

static void resolve(struct contain_inventory *inv)
{
	for (size_t i = 0; i < inv->count; i++) {
		struct ct_inv_ns *ns = &inv->ns[i];

		ns->parent = index_of(inv, ns->type, ns->parent_inode);
		ns->owner = index_of(inv, CT_NS_USER, ns->owner_inode);
	}
	for (size_t i = 0; i < inv->count; i++)
		if (inv->ns[i].type != CT_NS_USER && inv->ns[i].owner >= 0)
			inv->ns[i].owner_uid = inv->ns[inv->ns[i].owner].owner_uid;
}

static int above(const struct contain_inventory *inv, int tree, size_t i)
{
	return tree == CT_INV_PARENT ? inv->ns[i].parent : inv->ns[i].owner;
}

struct layout {
	int *first, *next; /* child of a namespace, next child of the same; -1: none */
	char *placed;
	int *index, *depth;
	size_t at;
};

/* One namespace and all below it, in depth-first order. */
static void place(const struct contain_inventory *inv, int tree, struct layout *l, int top)
{
	int i = top, depth = 0;

	for (;;) {
		if (!l->placed[i]) {
			l->placed[i] = 1;
			l->index[l->at] = i;
			l->depth[l->at++] = depth;
		}
		if (l->first[i] >= 0) { /* down, and never a second time */
			int child = l->first[i];

			l->first[i] = l->next[child];
			if (!l->placed[child]) {
				i = child;
				depth++;
			}
		} else if (i == top) {
			return;
		} else {
			i = above(inv, tree, (size_t)i);
			depth--;
		}
	}
}

static int lay_out(struct contain_inventory *inv, int tree)
{
	size_t n = inv->count + 1;
	struct layout l = { .first = malloc(n * sizeof(int)), .next = malloc(n * sizeof(int)),
			    .placed = calloc(n, 1) };
	int r = -ENOMEM;

	l.index = inv->tree[tree].index = malloc(n * sizeof(int));
	l.depth = inv->tree[tree].depth = malloc(n * sizeof(int));
	if (l.first && l.next && l.placed && l.index && l.depth) {
		memset(l.first, 0xff, n * sizeof(int));
		for (size_t i = inv->count; i-- > 0;) {
			int up = above(inv, tree, i);

			if (up < 0)
				continue;
			l.next[i] = l.first[up];
			l.first[up] = (int)i;
		}
		for (size_t i = 0; i < inv->count; i++)
			if (above(inv, tree, i) < 0)
				place(inv, tree, &l, (int)i);
		/*
		 * No namespace is its own ancestor; but numbers that were given away twice while
		 * the snapshot was taken can look so.
		 */
		for (size_t i = 0; i < inv->count; i++)
			if (!l.placed[i])
				place(inv, tree, &l, (int)i);
		r = 0;
	}
	free(l.first);
	free(l.next);
	free(l.placed);
	return r;
}

int ct_inv_finish(struct contain_inventory *inv)
{
	int r;

	if (inv->count)
		qsort(inv->ns, inv->count, sizeof(*inv->ns), by_inode);
	r = hash_all(inv, inv->slots ? inv->slots : 128);
	if (r < 0)
		return r;
	resolve(inv);
	r = lay_out(inv, CT_INV_PARENT);
	return r < 0 ? r : lay_out(inv, CT_INV_OWNER);
}
