/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The difference of two tables. */
#include "table.h"
#include "plan/error.h"

#include <contain/mount_change.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct change {
	uint32_t change, what;
	int old, new; /* indices, or -ENOENT */
};

struct contain_mount_diff {
	contain_mount_table *old, *new;
	struct change *change;
	size_t count;
};

/* ---- which is which ---- */

/* Without a unique id on both sides the id is all that there is: the kernel gives it again. */
static int is_same(const struct ct_table_mount *a, const struct ct_table_mount *b,
		   const char *a_type, const char *b_type)
{
	if (a->unique_id && b->unique_id)
		return a->unique_id == b->unique_id;
	return a->id == b->id && a->major == b->major && a->minor == b->minor &&
	       !strcmp(a_type, b_type);
}

static int same_in(const contain_mount_table *t, const contain_mount_table *in, int i)
{
	const struct ct_table_mount *m = &t->mount[i];
	int found = contain_mount_table_find_unique_id(in, m->unique_id);

	if (found >= 0)
		return found;
	found = contain_mount_table_find_id(in, m->id);
	if (found < 0 ||
	    !is_same(m, &in->mount[found], contain_mount_table_type(t, i),
		     contain_mount_table_type(in, found)))
		return -ENOENT;
	return found;
}

static int differ(const struct contain_mount_diff *d, int a, int b, enum ct_table_text which)
{
	return strcmp(ct_table_string(d->old, a, which), ct_table_string(d->new, b, which)) != 0;
}

/* old_of: by index in the new table, the index in the old one */
static uint32_t what(const struct contain_mount_diff *d, const int *old_of, int a, int b)
{
	const struct ct_table_mount *x = &d->old->mount[a], *y = &d->new->mount[b];
	uint32_t bits = 0;

	if (y->parent >= 0 ? old_of[y->parent] != x->parent :
			     x->parent >= 0 || x->parent_id != y->parent_id)
		bits |= CONTAIN_MOUNT_DIFF_PARENT;
	if (differ(d, a, b, CT_TABLE_TARGET))
		bits |= CONTAIN_MOUNT_DIFF_TARGET;
	if (x->attributes != y->attributes)
		bits |= CONTAIN_MOUNT_DIFF_ATTRIBUTES;
	if (differ(d, a, b, CT_TABLE_SUPER))
		bits |= CONTAIN_MOUNT_DIFF_SUPER_OPTIONS;
	if (x->propagation != y->propagation || x->peer_group != y->peer_group ||
	    x->master != y->master || x->propagate_from != y->propagate_from)
		bits |= CONTAIN_MOUNT_DIFF_PROPAGATION;
	if (differ(d, a, b, CT_TABLE_ROOT))
		bits |= CONTAIN_MOUNT_DIFF_ROOT;
	if (differ(d, a, b, CT_TABLE_SOURCE))
		bits |= CONTAIN_MOUNT_DIFF_SOURCE;
	return bits;
}

/* ---- making ---- */

static void put(struct contain_mount_diff *d, uint32_t change, uint32_t bits, int old, int new)
{
	d->change[d->count++] = (struct change){ change, bits, old, new };
}

static void compare(struct contain_mount_diff *d, int *old_of, char *kept)
{
	for (size_t i = 0; i < d->new->count; i++) {
		int old = same_in(d->new, d->old, (int)i);

		old_of[i] = old >= 0 && kept[old] ? -ENOENT : old;
		if (old_of[i] >= 0)
			kept[old] = 1;
	}
	for (size_t i = 0; i < d->old->count; i++)
		if (!kept[i])
			put(d, CONTAIN_MOUNT_REMOVED, 0, (int)i, -ENOENT);
	for (size_t i = 0; i < d->new->count; i++) {
		const uint32_t moves = CONTAIN_MOUNT_DIFF_PARENT | CONTAIN_MOUNT_DIFF_TARGET;
		uint32_t bits;

		if (old_of[i] < 0) {
			put(d, CONTAIN_MOUNT_ADDED, 0, -ENOENT, (int)i);
			continue;
		}
		bits = what(d, old_of, old_of[i], (int)i);
		if (bits)
			put(d,
			    (bits & moves ? CONTAIN_MOUNT_MOVED : 0) |
				    (bits & ~moves ? CONTAIN_MOUNT_CHANGED : 0),
			    bits, old_of[i], (int)i);
	}
}

static contain_mount_diff *make(contain_mount_table *old, contain_mount_table *new)
{
	contain_mount_diff *d = calloc(1, sizeof(*d));
	int *old_of = calloc(new->count + 1, sizeof(*old_of));
	char *kept = calloc(old->count + 1, 1);

	if (d)
		d->change = calloc(old->count + new->count + 1, sizeof(*d->change));
	if (d && d->change && old_of && kept) {
		d->old = ct_table_ref(old);
		d->new = ct_table_ref(new);
		compare(d, old_of, kept);
	} else {
		contain_mount_diff_free(d);
		d = NULL;
	}
	free(old_of);
	free(kept);
	return d;
}

static int fail(contain_error **reterr, int err, const char *object, const char *hint)
{
	return ct_error_simple(reterr, err, CONTAIN_PHASE_PARENT, "compare-mount-tables", object,
			       hint);
}

int contain_mount_table_diff(contain_mount_table *old_table, contain_mount_table *new_table,
			     contain_mount_diff **ret_diff, contain_error **reterr)
{
	contain_mount_diff *d;

	if (!old_table || !new_table)
		return fail(reterr, -EINVAL, old_table ? "new_table" : "old_table", "is NULL");
	if (!ret_diff)
		return fail(reterr, -EINVAL, "ret_diff", "is NULL");
	d = make(old_table, new_table);
	if (!d)
		return fail(reterr, -ENOMEM, "", NULL);
	*ret_diff = d;
	return 0;
}

void contain_mount_diff_free(contain_mount_diff *d)
{
	if (!d)
		return;
	contain_mount_table_free(d->old);
	contain_mount_table_free(d->new);
	free(d->change);
	free(d);
}

/* ---- getters ---- */

static const struct change none = { .old = -ENOENT, .new = -ENOENT };

static const struct change *at(const contain_mount_diff *d, int i)
{
	return d && i >= 0 && (size_t)i < d->count ? &d->change[i] : &none;
}

int contain_mount_diff_count(const contain_mount_diff *d)
{
	return d ? (int)d->count : 0;
}

uint32_t contain_mount_diff_change(const contain_mount_diff *d, int i)
{
	return at(d, i)->change;
}

uint32_t contain_mount_diff_what(const contain_mount_diff *d, int i)
{
	return at(d, i)->what;
}

int contain_mount_diff_old(const contain_mount_diff *d, int i)
{
	return at(d, i)->old;
}

int contain_mount_diff_new(const contain_mount_diff *d, int i)
{
	return at(d, i)->new;
}

int contain_mount_diff_tables(const contain_mount_diff *d, contain_mount_table **ret_old,
			      contain_mount_table **ret_new)
{
	if (!d)
		return -EINVAL;
	if (ret_old)
		*ret_old = ct_table_ref(d->old);
	if (ret_new)
		*ret_new = ct_table_ref(d->new);
	return 0;
}
