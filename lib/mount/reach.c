/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Where a mount appears: from the mount that the path lies on to its peers, to their slaves, and
 * on from each of these, whether it shows the directory or not; told are those that show it.
 */
#include "graph.h"
#include "table.h"
#include "plan/error.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct place {
	int mount, visible;
	char *path;
};

struct contain_mount_reach {
	struct place *place;
	size_t count;
};

static int fail(contain_error **reterr, int err, const char *object, const char *hint)
{
	return ct_error_simple(reterr, err, CONTAIN_PHASE_PARENT, "follow-mount-event", object,
			       hint);
}

/* A walk over the mounts that receive. */
struct walk {
	const contain_mount_graph *g;
	int *queue;
	size_t n, done;
	char *met; /* mounts, then groups */
};

static void meet(struct walk *w, int mount)
{
	if (w->met[mount])
		return;
	w->met[mount] = 1;
	w->queue[w->n++] = mount;
}

static void follow(struct walk *w)
{
	const contain_mount_graph *g = w->g;

	while (w->done < w->n) {
		const struct ct_table_mount *m = &g->table->mount[w->queue[w->done++]];
		int group = ct_graph_find(g, m->peer_group);

		if (group < 0 || w->met[g->table->count + (size_t)group])
			continue;
		w->met[g->table->count + (size_t)group] = 1;
		for (int list = 0; list < CT_GRAPH_LISTS; list++) {
			const struct ct_graph_part *part = &g->group[group].list[list];

			for (int i = 0; i < part->count; i++)
				meet(w, g->mount[list][part->first + i]);
		}
	}
}

/* Whether path is base or lies below it: what follows base in *ret_rest, "" or "/...". */
static int is_below(const char *path, const char *base, const char **ret_rest)
{
	size_t n = strcmp(base, "/") ? strlen(base) : 0;

	if (strncmp(path, base, n) != 0 || (path[n] && path[n] != '/'))
		return 0;
	*ret_rest = strcmp(path + n, "/") ? path + n : "";
	return 1;
}

/* "/" + "/x" -> "/x", "/a" + "" -> "/a" */
static char *join(const char *base, const char *rest)
{
	size_t n = strlen(base) + strlen(rest) + 1;
	char *s = malloc(n);

	if (s) {
		strcpy(s, *rest && !strcmp(base, "/") ? "" : base);
		strcat(s, rest);
	}
	return s;
}

/* inside: the place in the file system, which all that receive have in common */
static int add_place(struct contain_mount_reach *reach, const contain_mount_table *t, int mount,
		     const char *inside)
{
	struct place *p = &reach->place[reach->count];
	const char *rest;

	if (!is_below(inside, contain_mount_table_root(t, mount), &rest))
		return 0;
	p->path = join(contain_mount_table_target(t, mount), rest);
	if (!p->path)
		return -ENOMEM;
	p->mount = mount;
	p->visible = contain_mount_table_find_path(t, p->path) == mount;
	reach->count++;
	return 0;
}

static int collect(struct walk *w, struct contain_mount_reach *reach, int mount, const char *path)
{
	const contain_mount_table *t = w->g->table;
	const char *rest = "";
	char *inside;
	int r = 0;

	/* it is: this mount was found by the path */
	is_below(path, contain_mount_table_target(t, mount), &rest);
	inside = join(contain_mount_table_root(t, mount), rest);
	if (!inside)
		return -ENOMEM;
	meet(w, mount);
	follow(w);
	reach->place = calloc(w->n, sizeof(*reach->place));
	if (!reach->place)
		r = -ENOMEM;
	for (size_t i = 0; i < w->n && r == 0; i++)
		r = add_place(reach, t, w->queue[i], inside);
	free(inside);
	return r;
}

static int find(const contain_mount_graph *g, int mount, const char *path,
		contain_mount_reach **ret_reach)
{
	const size_t n = g->table->count;
	struct walk w = { .g = g };
	contain_mount_reach *reach = calloc(1, sizeof(*reach));
	char *way = ct_table_tidy(path);
	int r = -ENOMEM;

	w.queue = calloc(n, sizeof(*w.queue));
	w.met = calloc(n + g->groups, 1);
	if (reach && way && w.queue && w.met)
		r = collect(&w, reach, mount, way);
	free(way);
	free(w.queue);
	free(w.met);
	if (r == 0)
		*ret_reach = reach;
	else
		contain_mount_reach_free(reach);
	return r;
}

int contain_mount_graph_reach(const contain_mount_graph *g, const char *path,
			      contain_mount_reach **ret_reach, contain_error **reterr)
{
	int mount, r;

	if (!g || !ret_reach)
		return fail(reterr, -EINVAL, g ? "ret_reach" : "graph", "is NULL");
	if (!path)
		return fail(reterr, -EINVAL, "path", "is NULL");
	mount = contain_mount_table_find_path(g->table, path);
	if (mount == -EINVAL)
		return fail(reterr, mount, path, "is not absolute, or has \".\" or \"..\" in it");
	if (mount < 0)
		return fail(reterr, mount, path,
			    mount == -ENOENT ? "no mount of the table is there" : NULL);
	r = find(g, mount, path, ret_reach);
	return r < 0 ? fail(reterr, r, path, NULL) : 0;
}

void contain_mount_reach_free(contain_mount_reach *reach)
{
	if (!reach)
		return;
	for (size_t i = 0; i < reach->count; i++)
		free(reach->place[i].path);
	free(reach->place);
	free(reach);
}

/* ---- getters ---- */

static const struct place none = { .mount = -ENOENT };

static const struct place *at(const contain_mount_reach *reach, int i)
{
	return reach && i >= 0 && (size_t)i < reach->count ? &reach->place[i] : &none;
}

int contain_mount_reach_count(const contain_mount_reach *reach)
{
	return reach ? (int)reach->count : 0;
}

int contain_mount_reach_mount(const contain_mount_reach *reach, int i)
{
	return at(reach, i)->mount;
}

const char *contain_mount_reach_path(const contain_mount_reach *reach, int i)
{
	return at(reach, i)->path;
}

int contain_mount_reach_visible(const contain_mount_reach *reach, int i)
{
	return at(reach, i)->visible;
}
