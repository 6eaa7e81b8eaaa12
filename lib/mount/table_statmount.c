/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Entries by listmount(2) and statmount(2). */
#include "table.h"
#include "sys/statmount.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define IDS 512
#define BUFFER 16384
#define BUFFER_LIMIT (16u << 20)
#define ALL                                                                                        \
	(CT_STATMOUNT_SB_BASIC | CT_STATMOUNT_MNT_BASIC | CT_STATMOUNT_PROPAGATE_FROM |            \
	 CT_STATMOUNT_MNT_ROOT | CT_STATMOUNT_MNT_POINT | CT_STATMOUNT_FS_TYPE |                   \
	 CT_STATMOUNT_MNT_OPTS | CT_STATMOUNT_FS_SUBTYPE | CT_STATMOUNT_SB_SOURCE)

struct answer {
	struct ct_statmount *sm;
	size_t size;
	char *work; /* as large; for strings that are put together */
};

static int grow(struct answer *a)
{
	size_t size = a->size ? a->size * 4 : BUFFER;
	void *sm = size > BUFFER_LIMIT ? NULL : realloc(a->sm, size);
	void *work;

	if (!sm)
		return -ENOMEM;
	a->sm = sm;
	work = realloc(a->work, size);
	if (!work)
		return -ENOMEM;
	a->work = work;
	a->size = size;
	return 0;
}

static void drop(struct answer *a)
{
	free(a->sm);
	free(a->work);
}

static int ask(struct answer *a, uint64_t id, uint64_t ns_id, uint64_t mask)
{
	struct ct_mnt_id_req req = {
		.size = ns_id ? CT_MNT_ID_REQ_SIZE_VER1 : CT_MNT_ID_REQ_SIZE_VER0,
		.mnt_id = id,
		.param = mask,
		.mnt_ns_id = ns_id,
	};
	int r = a->size ? 0 : grow(a);

	while (r == 0) {
		r = (int)ct_sys_statmount(&req, a->sm, a->size, 0);
		if (r != -EOVERFLOW && r != -EINTR)
			break;
		r = r == -EOVERFLOW ? grow(a) : 0;
	}
	return r;
}

/* At most IDS ids behind the one given. How many, or -errno. */
static int list(uint64_t *ids, uint64_t last, uint64_t ns_id)
{
	struct ct_mnt_id_req req = {
		.size = ns_id ? CT_MNT_ID_REQ_SIZE_VER1 : CT_MNT_ID_REQ_SIZE_VER0,
		.mnt_id = CT_LSMT_ROOT,
		.param = last,
		.mnt_ns_id = ns_id,
	};
	int r;

	do {
		r = (int)ct_sys_listmount(&req, ids, IDS, 0);
	} while (r == -EINTR);
	return r;
}

/* ---- one answer into an entry ---- */

static const char *get(const struct answer *a, uint32_t bit, uint32_t offset)
{
	const char *end = (const char *)a->sm + a->size, *s = a->sm->str + offset;

	/* the kernel's own; the seam may say anything */
	return a->sm->mask & bit && offset < a->size && s < end && memchr(s, 0, (size_t)(end - s)) ?
		       s :
		       "";
}

static int set(struct contain_mount_table *t, enum ct_table_text which, const char *s)
{
	return ct_table_text(t, t->count - 1, which, s, strlen(s));
}

static int set_type(struct contain_mount_table *t, struct answer *a)
{
	const char *subtype = get(a, CT_STATMOUNT_FS_SUBTYPE, a->sm->fs_subtype);

	a->work[0] = 0;
	strcat(a->work, get(a, CT_STATMOUNT_FS_TYPE, a->sm->fs_type));
	if (*subtype) {
		strcat(a->work, ".");
		strcat(a->work, subtype);
	}
	return set(t, CT_TABLE_TYPE, a->work);
}

/* The strings are in another buffer that is as large; the header leaves room for the words. */
static int set_super(struct contain_mount_table *t, struct answer *a)
{
	const char *options = get(a, CT_STATMOUNT_MNT_OPTS, a->sm->mnt_opts);
	uint32_t flags = a->sm->sb_flags;

	strcpy(a->work, flags & CT_SB_RDONLY ? "ro" : "rw");
	if (flags & CT_SB_SYNCHRONOUS)
		strcat(a->work, ",sync");
	if (flags & CT_SB_DIRSYNC)
		strcat(a->work, ",dirsync");
	if (flags & CT_SB_LAZYTIME)
		strcat(a->work, ",lazytime");
	if (*options) {
		strcat(a->work, ",");
		strcat(a->work, options);
	}
	ct_table_unescape(a->work);
	return set(t, CT_TABLE_SUPER, a->work);
}

static void set_numbers(struct ct_table_mount *m, const struct ct_statmount *sm)
{
	const uint64_t all = CONTAIN_PROPAGATION_SHARED | CONTAIN_PROPAGATION_SLAVE |
			     CONTAIN_PROPAGATION_UNBINDABLE | CONTAIN_PROPAGATION_PRIVATE;

	m->unique_id = sm->mnt_id;
	m->id = sm->mnt_id_old;
	m->parent_id = sm->mnt_parent_id_old;
	m->major = sm->sb_dev_major;
	m->minor = sm->sb_dev_minor;
	m->attributes = (uint32_t)sm->mnt_attr;
	m->propagation = (uint32_t)(sm->mnt_propagation & all);
	m->peer_group = (uint32_t)sm->mnt_peer_group;
	m->master = (uint32_t)sm->mnt_master;
	/* as mountinfo: where the master itself is seen there is nothing to tell */
	if (sm->propagate_from != sm->mnt_master)
		m->propagate_from = (uint32_t)sm->propagate_from;
}

static int add(struct contain_mount_table *t, struct answer *a)
{
	struct ct_table_mount *m = ct_table_add(t);
	char options[128];
	int r;

	if (!m)
		return -ENOMEM;
	set_numbers(m, a->sm);
	ct_table_options_of(m->attributes, options, sizeof(options));
	r = set(t, CT_TABLE_ROOT, get(a, CT_STATMOUNT_MNT_ROOT, a->sm->mnt_root));
	if (r == 0)
		r = set(t, CT_TABLE_TARGET, get(a, CT_STATMOUNT_MNT_POINT, a->sm->mnt_point));
	if (r == 0)
		r = set_type(t, a);
	if (r == 0)
		r = set(t, CT_TABLE_SOURCE, get(a, CT_STATMOUNT_SB_SOURCE, a->sm->sb_source));
	if (r == 0)
		r = set(t, CT_TABLE_OPTIONS, options);
	return r == 0 ? set_super(t, a) : r;
}

int ct_table_statmount_one(struct contain_mount_table *t, uint64_t unique_id)
{
	struct answer a = { 0 };
	int r = ask(&a, unique_id, 0, ALL);

	if (r == 0 && !(a.sm->mask & CT_STATMOUNT_SB_SOURCE))
		r = -EOPNOTSUPP; /* or a source that is "": mountinfo knows */
	if (r == 0 && !(a.sm->mask & CT_STATMOUNT_MNT_POINT))
		r = -ENOENT;
	if (r == 0)
		r = add(t, &a);
	drop(&a);
	return r;
}

/* ---- all of them ---- */

struct each {
	struct contain_mount_table *t;
	struct answer a;
	uint64_t mask, seen;
	int gone; /* mounts that went meanwhile */
	int (*take)(struct each *e);
};

static int each_mount(struct each *e, uint64_t ns_id)
{
	uint64_t ids[IDS], last = 0;
	int n = IDS, r = 0;

	while (n == IDS && r == 0) {
		n = list(ids, last, ns_id);
		for (int i = 0; i < n && r == 0; i++) {
			r = ask(&e->a, ids[i], ns_id, e->mask);
			if (r == 0)
				r = e->take(e);
			else if (r == -ENOENT) {
				e->gone++;
				r = 0;
			}
		}
		/* ids go up, or this would never end */
		if (n > 0 && ids[n - 1] <= last)
			r = -EIO;
		if (n > 0)
			last = ids[n - 1];
	}
	drop(&e->a);
	return r < 0 ? r : n < 0 ? n : 0;
}

static int take_all(struct each *e)
{
	e->seen |= e->a.sm->mask;
	/* no path: it does not lie below the root directory, and mountinfo has it not either */
	return e->a.sm->mask & CT_STATMOUNT_MNT_POINT ? add(e->t, &e->a) : 0;
}

int ct_table_statmount(struct contain_mount_table *t, uint64_t ns_id)
{
	struct each e = { .t = t, .mask = ALL, .take = take_all };
	int r = each_mount(&e, ns_id);

	/* an older kernel passes over what it does not know; some mount has a source, always */
	if (r == -ENOSYS || (r == 0 && !(e.seen & CT_STATMOUNT_SB_SOURCE)))
		r = -EOPNOTSUPP;
	return r == 0 && e.gone ? -ESTALE : r;
}

/* ---- unique ids of a table that was read from mountinfo ---- */

struct pair {
	uint32_t id;
	uint64_t unique;
};

static int compare(const void *a, const void *b)
{
	const struct pair *x = a, *y = b;

	return x->id < y->id ? -1 : x->id > y->id;
}

struct pairs {
	struct each each; /* the first member */
	struct pair *pair;
	size_t n, room;
};

static int take_pair(struct each *e)
{
	struct pairs *p = (struct pairs *)e;

	if (p->n == p->room) {
		size_t room = p->room ? p->room * 2 : 256;
		struct pair *pair = reallocarray(p->pair, room, sizeof(*pair));

		if (!pair)
			return -ENOMEM;
		p->pair = pair;
		p->room = room;
	}
	p->pair[p->n++] = (struct pair){ e->a.sm->mnt_id_old, e->a.sm->mnt_id };
	return 0;
}

int ct_table_unique_ids(struct contain_mount_table *t, uint64_t ns_id)
{
	struct pairs p = { .each = { .mask = CT_STATMOUNT_MNT_BASIC, .take = take_pair } };
	int r = each_mount(&p.each, ns_id);

	if (r == 0 && p.n)
		qsort(p.pair, p.n, sizeof(*p.pair), compare);
	for (size_t i = 0; i < t->count && r == 0 && p.n; i++) {
		const struct pair key = { .id = t->mount[i].id };
		const struct pair *found = bsearch(&key, p.pair, p.n, sizeof(key), compare);

		if (found)
			t->mount[i].unique_id = found->unique;
	}
	free(p.pair);
	/* without them the table is as good as the kernel lets it be */
	return r == -ENOMEM ? r : 0;
}
