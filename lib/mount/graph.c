/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Peer groups and who receives from them. */
#include "graph.h"
#include "table.h"
#include "plan/error.h"

#include <errno.h>
#include <stdlib.h>

static int fail(contain_error **reterr, int err, const char *object, const char *hint)
{
	return ct_error_simple(reterr, err, CONTAIN_PHASE_PARENT, "make-mount-graph", object, hint);
}

/* ---- making ---- */

static int compare(const void *a, const void *b)
{
	const struct ct_graph_group *x = a, *y = b;

	return x->id < y->id ? -1 : x->id > y->id;
}

static void add_group(contain_mount_graph *g, uint32_t id)
{
	if (id)
		g->group[g->groups++] = (struct ct_graph_group){ .id = id, .master = -ENOENT };
}

static void add_groups(contain_mount_graph *g)
{
	const contain_mount_table *t = g->table;
	size_t n = 0;

	for (size_t i = 0; i < t->count; i++) {
		add_group(g, t->mount[i].peer_group);
		add_group(g, t->mount[i].master);
		add_group(g, t->mount[i].propagate_from);
	}
	if (g->groups)
		qsort(g->group, g->groups, sizeof(*g->group), compare);
	for (size_t i = 0; i < g->groups; i++)
		if (!n || g->group[n - 1].id != g->group[i].id)
			g->group[n++] = g->group[i];
	g->groups = n;
}

static uint32_t id_of(const struct ct_table_mount *m, enum ct_graph_list list)
{
	return list == CT_GRAPH_MEMBERS ? m->peer_group :
	       list == CT_GRAPH_SLAVES	? m->master :
					  m->propagate_from;
}

/* Counted, then laid beside one another: in the order of the table, and linear. */
static void add_mounts(contain_mount_graph *g, enum ct_graph_list list)
{
	const contain_mount_table *t = g->table;
	int next = 0;

	for (size_t i = 0; i < t->count; i++) {
		int at = ct_graph_find(g, id_of(&t->mount[i], list));

		if (at >= 0)
			g->group[at].list[list].count++;
	}
	for (size_t i = 0; i < g->groups; i++) {
		g->group[i].list[list].first = next;
		next += g->group[i].list[list].count;
		g->group[i].list[list].count = 0;
	}
	for (size_t i = 0; i < t->count; i++) {
		int at = ct_graph_find(g, id_of(&t->mount[i], list));
		struct ct_graph_part *part;

		if (at < 0)
			continue;
		part = &g->group[at].list[list];
		g->mount[list][part->first + part->count++] = (int)i;
	}
}

static void add_masters(contain_mount_graph *g)
{
	for (size_t i = 0; i < g->groups; i++) {
		const struct ct_graph_part *members = &g->group[i].list[CT_GRAPH_MEMBERS];
		int member;

		if (!members->count)
			continue;
		member = g->mount[CT_GRAPH_MEMBERS][members->first];
		/* those of one group have one master */
		g->group[i].master = ct_graph_find(g, g->table->mount[member].master);
	}
}

int contain_mount_graph_new(contain_mount_table *table, contain_mount_graph **ret_graph,
			    contain_error **reterr)
{
	contain_mount_graph *g;
	int full = 1;

	if (!table)
		return fail(reterr, -EINVAL, "table", "is NULL");
	if (!ret_graph)
		return fail(reterr, -EINVAL, "ret_graph", "is NULL");
	g = calloc(1, sizeof(*g));
	if (!g)
		return fail(reterr, -ENOMEM, "", NULL);
	g->table = ct_table_ref(table);
	g->group = calloc(table->count * 3 + 1, sizeof(*g->group));
	for (int i = 0; i < CT_GRAPH_LISTS; i++) {
		g->mount[i] = calloc(table->count + 1, sizeof(*g->mount[i]));
		full &= g->mount[i] != NULL;
	}
	if (!g->group || !full) {
		contain_mount_graph_free(g);
		return fail(reterr, -ENOMEM, "", NULL);
	}
	add_groups(g);
	for (int i = 0; i < CT_GRAPH_LISTS; i++)
		add_mounts(g, (enum ct_graph_list)i);
	add_masters(g);
	*ret_graph = g;
	return 0;
}

void contain_mount_graph_free(contain_mount_graph *g)
{
	if (!g)
		return;
	for (int i = 0; i < CT_GRAPH_LISTS; i++)
		free(g->mount[i]);
	free(g->group);
	contain_mount_table_free(g->table);
	free(g);
}

/* ---- getters ---- */

static const struct ct_graph_group none = { .master = -ENOENT };

static const struct ct_graph_group *at(const contain_mount_graph *g, int i)
{
	return g && i >= 0 && (size_t)i < g->groups ? &g->group[i] : &none;
}

int ct_graph_find(const contain_mount_graph *g, uint32_t id)
{
	const struct ct_graph_group key = { .id = id };
	const struct ct_graph_group *found =
		id && g->groups ? bsearch(&key, g->group, g->groups, sizeof(key), compare) : NULL;

	return found ? (int)(found - g->group) : -ENOENT;
}

int contain_mount_graph_find_group(const contain_mount_graph *g, uint32_t id)
{
	return g ? ct_graph_find(g, id) : -ENOENT;
}

int contain_mount_graph_group_count(const contain_mount_graph *g)
{
	return g ? (int)g->groups : 0;
}

uint32_t contain_mount_graph_group_id(const contain_mount_graph *g, int group)
{
	return at(g, group)->id;
}

static int mount_at(const contain_mount_graph *g, int group, enum ct_graph_list list, int n)
{
	const struct ct_graph_part *part = &at(g, group)->list[list];

	return n < 0 || n >= part->count ? -ENOENT : g->mount[list][part->first + n];
}

int contain_mount_graph_member_count(const contain_mount_graph *g, int group)
{
	return at(g, group)->list[CT_GRAPH_MEMBERS].count;
}

int contain_mount_graph_member(const contain_mount_graph *g, int group, int n)
{
	return mount_at(g, group, CT_GRAPH_MEMBERS, n);
}

int contain_mount_graph_slave_count(const contain_mount_graph *g, int group)
{
	return at(g, group)->list[CT_GRAPH_SLAVES].count;
}

int contain_mount_graph_slave(const contain_mount_graph *g, int group, int n)
{
	return mount_at(g, group, CT_GRAPH_SLAVES, n);
}

int contain_mount_graph_master(const contain_mount_graph *g, int group)
{
	return at(g, group)->master;
}
