/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The steps of the parent for groups of cgroup v1. */
#include "cgroup.h"
#include "cgroup_plan.h"
#include "group_files.h"
#include "group_update.h"
#include "sys/path.h"
#include "v1.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

static int v1_open(struct ct_run *r, uint32_t i, const char *path)
{
	struct ct_group *g = r->group;
	struct ct_group_v1 *v = &g->v1_dir[i];
	int err;

	err = ct_group_open(AT_FDCWD, path);
	if (err < 0) {
		ct_sys_unlinkat(AT_FDCWD, path, AT_REMOVEDIR); /* undo has no fd to do it by */
		return err == -ENOENT ? -ENODEV : err;
	}
	v->fd = err;
	g->v1 = i + 1;
	err = ct_sys_flock(v->fd, LOCK_SH | LOCK_NB);
	if (err < 0)
		return err == -EAGAIN ? -ENODEV : err;
	v->procs = ct_fd_up(
		ct_sys_openat(v->fd, "cgroup.procs", O_WRONLY | O_CLOEXEC | O_NOFOLLOW, 0));
	if (v->procs < 0)
		return v->procs == -ENOENT ? -ENODEV : v->procs;
	r->fd[CT_SLOT_V1 + i] = v->procs;
	return 0;
}

static int create(struct ct_run *r, const struct ct_step *s, const char *mount, const char *name)
{
	const char *at = NULL;
	int err = ct_v1_create(mount, ct_block_str(r->plan, s->object), name,
			       ct_block_str(r->plan, (uint32_t)s->arg[0]), &at);

	if (at) {
		r->group->why = CT_WHY_SETTING;
		snprintf(r->group->note, sizeof(r->group->note), "%.*s", (int)strcspn(at, "\n"),
			 at);
	}
	return err;
}

int ct_cgroup_op_v1_create(struct ct_run *r, const struct ct_step *s)
{
	struct ct_group *g = r->group;
	uint32_t i = (uint32_t)(s->slot - CT_SLOT_V1);
	const char *mount = ct_block_str(r->plan, s->str[0]);
	char name[CT_GROUP_V1_NAME], path[PATH_MAX];
	int err;

	g->why = CT_WHY_NONE;
	if (!g->name[0]) /* no v2 here that would have given one */
		ct_group_name_new(g->name, ct_block_str(r->plan, s->str[1]));
	ct_group_v1_name(g, name);
	err = ct_group_path_of(path, sizeof(path), mount, name);
	if (!err)
		err = create(r, s, mount, name);
	if (err == -ESTALE)
		g->why = CT_WHY_V1_MOVED;
	if (!err)
		err = v1_open(r, i, path);
	else
		ct_sys_unlinkat(AT_FDCWD, path, AT_REMOVEDIR); /* libcgroup leaves it half made */
	if (err < 0)
		ct_cgroup_undo_v1_create(r, s);
	return err;
}

void ct_cgroup_undo_v1_create(struct ct_run *r, const struct ct_step *s)
{
	struct ct_group *g = r->group;
	uint32_t i = (uint32_t)(s->slot - CT_SLOT_V1);
	struct ct_group_v1 *v;

	if (!g || g->v1_dir[i].fd < 0)
		return;
	v = &g->v1_dir[i];
	for (int n = 0; n < 200 && ct_group_rmdir(v->fd, g->name) == -EBUSY; n++) {
		struct timespec t = { 0, 1000000 };

		ct_group_kill(g);
		ct_sys_ppoll(NULL, 0, &t, NULL, 0);
	}
	ct_group_rmdir(v->fd, "../" CT_GROUP_HOME); /* stays while others are in it */
	if (v->procs >= 0)
		ct_sys_close(v->procs);
	ct_sys_close(v->fd);
	v->fd = v->procs = r->fd[CT_SLOT_V1 + i] = -1;
	if (g->v1 == i + 1)
		g->v1 = i;
	if (!g->v1 && g->fd < 0)
		g->name[0] = 0;
}
