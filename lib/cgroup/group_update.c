/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "group_update.h"
#include "act.h"
#include "cgroup.h"
#include "cgroup_plan.h"
#include "group_files.h"
#include "plan/error.h"
#include "v1.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What was changed in v1, to be brought back when something else fails. */
struct undo {
	unsigned controller;
	const char *mount;
	char *old;
};

struct update {
	struct ct_group *g;
	const struct ct_facts *facts;
	const contain_limits *limits;
	contain_error **reterr;
	struct undo undo[CT_CONTROLLERS];
	unsigned undos;
	char name[CT_GROUP_V1_NAME];
};

static const char op[] = "update";

/* Whether the container has a group in the hierarchy: by the device that a hierarchy is. */
static int is_in(const struct ct_group *g, const char *mount)
{
	struct stat there, st;

	if (ct_sys_newfstatat(AT_FDCWD, mount, &there, 0) < 0)
		return 0;
	for (uint32_t i = 0; i < g->v1; i++)
		if (ct_sys_newfstatat(g->v1_dir[i].fd, "", &st, AT_EMPTY_PATH) == 0 &&
		    st.st_dev == there.st_dev)
			return 1;
	return 0;
}

static int fail_v1(struct update *u, int err, unsigned controller, const char *at)
{
	char line[96], hint[300];

	snprintf(line, sizeof(line), "%.*s", at ? (int)strcspn(at, " \n") : 0, at ? at : "");
	if (err == -ESTALE)
		snprintf(hint, sizeof(hint), "libcgroup does not find the controller %s at %.180s",
			 ct_controller_name(controller), u->facts->v1_mount[controller]);
	else
		snprintf(hint, sizeof(hint), "the controller %s is bound to cgroup v1%s",
			 ct_controller_name(controller),
			 err == -ENOENT	 ? ", which does not have this file in this kernel" :
			 err == -EINVAL	 ? ", which does not take this value" :
			 err == -EBUSY ? ", and more is used already" :
					   "");
	return ct_group_fail(u->reterr, err == -ENOENT ? -EOPNOTSUPP : err, op, line, hint);
}

static int set_v1(struct update *u, unsigned controller)
{
	const char *why = NULL, *at = NULL, *mount = u->facts->v1_mount[controller];
	const struct ct_limit *bad = NULL;
	char *settings, *old;
	int r = ct_limits_v1(u->limits, controller, &settings, &bad, &why);

	if (r < 0)
		return ct_group_fail(u->reterr, r, op, bad ? bad->row->field : "limits", why);
	if (*settings && !is_in(u->g, mount))
		r = ct_group_fail(u->reterr, -EOPNOTSUPP, op, ct_controller_name(controller),
				  "the controller is bound to cgroup v1, and the container has no "
				  "group there: only one that starts with a limit of it has");
	if (*settings && !r) {
		r = ct_v1_set(mount, ct_controller_name(controller), u->name, settings, &old, &at);
		if (r < 0)
			r = fail_v1(u, r, controller, at);
		else
			u->undo[u->undos++] = (struct undo){ controller, mount, old };
	}
	free(settings);
	return r;
}

static int is_controller_of(const struct update *u, unsigned controller)
{
	for (size_t i = 0; i < u->limits->n; i++)
		if (u->limits->v[i].controller == controller)
			return 1;
	return 0;
}

void ct_group_v1_name(const struct ct_group *g, char *buf)
{
	snprintf(buf, CT_GROUP_V1_NAME, "%s/%s", CT_GROUP_HOME, g->name);
}

int ct_group_freezer(const struct ct_group *g)
{
	for (uint32_t i = 0; i < g->v1; i++)
		if (ct_sys_faccessat2(g->v1_dir[i].fd, "freezer.state", F_OK, 0) == 0)
			return g->v1_dir[i].fd;
	return -1;
}

static int set_all_v1(struct update *u)
{
	int r = 0;

	ct_group_v1_name(u->g, u->name);
	for (unsigned i = 0; i < CT_CONTROLLERS && !r; i++)
		if (u->facts->held[i] == CT_HELD_V1 && is_controller_of(u, i))
			r = set_v1(u, i);
	return r;
}

static void bring_back(struct update *u)
{
	while (u->undos--) {
		struct undo *done = &u->undo[u->undos];

		ct_v1_set(done->mount, ct_controller_name(done->controller), u->name, done->old,
			  NULL, NULL);
		free(done->old);
	}
}

/* The file of a limit is missing where no container had a limit of the controller so far. */
static int hand_down(struct update *u, const struct ct_limit *l)
{
	struct ct_group seen = { .fd = -1 };
	char hint[300];
	int r;

	if (l->controller >= CT_CONTROLLERS || u->facts->held[l->controller] != CT_HELD_V2 ||
	    ct_sys_faccessat2(u->g->fd, l->file, F_OK, 0) != -ENOENT)
		return 0;
	r = ct_group_enable(u->g->fd, u->g->levels, ct_controller_name(l->controller), &seen);
	if (!r || r == -ENODEV)
		return r;
	snprintf(hint, sizeof(hint), "the groups above do not hand down the controller %s%s%s",
		 ct_controller_name(l->controller),
		 *seen.note ? ": processes are in the way: " : "",
		 seen.note);
	return ct_group_fail(u->reterr, -EOPNOTSUPP, op, l->file, hint);
}

/* The limits that v2 takes; the strings stay those of u->limits. */
static int set_v2(struct update *u)
{
	struct contain_limits some = { .room = u->limits->n };
	int r = 0;

	some.v = malloc((some.room + 1) * sizeof(*some.v));
	if (!some.v)
		return ct_group_fail(u->reterr, -ENOMEM, op, "limits", NULL);
	for (size_t i = 0; i < u->limits->n && !r; i++) {
		const struct ct_limit *l = &u->limits->v[i];

		if (ct_cgroup_is_v1(l, u->facts))
			continue;
		some.v[some.n++] = *l;
		r = u->g->fd < 0 ? ct_group_fail(u->reterr, -EOPNOTSUPP, op, l->file,
						 "the container has no group in cgroup v2") :
				   hand_down(u, l);
	}
	if (!r && some.n)
		r = contain_limits_apply(&some, u->g->fd, u->reterr);
	free(some.v);
	return r;
}

int ct_group_update(struct ct_group *g, const struct ct_facts *facts, const contain_limits *limits,
		    contain_error **reterr)
{
	struct update u = { .g = g, .facts = facts, .limits = limits, .reterr = reterr };
	int r = set_all_v1(&u);

	if (!r)
		r = set_v2(&u);
	if (r < 0)
		bring_back(&u);
	else
		while (u.undos--)
			free(u.undo[u.undos].old);
	return r;
}
