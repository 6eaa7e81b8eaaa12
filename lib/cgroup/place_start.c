/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Steps of the parent for groups that are not the container's alone, or that it may divide. */
#include "cgroup.h"
#include "cgroup_plan.h"
#include "devices.h"
#include "group_files.h"
#include "tree.h"

#include <contain/cgroup.h>

/* The root group has no such file, and cannot be frozen. */
static int open_events(struct ct_group *g)
{
	struct statfs fs;
	int r = ct_sys_fstatfs(g->fd, &fs);

	if (r < 0)
		return r;
	if (fs.f_type != CGROUP2_SUPER_MAGIC) {
		g->why = CT_WHY_NOT_CGROUP2;
		return -EOPNOTSUPP;
	}
	r = ct_fd_up(ct_sys_openat(g->fd, "cgroup.events", O_RDONLY | O_CLOEXEC | O_NOFOLLOW, 0));
	if (r == -ENOENT)
		return 0;
	if (r < 0)
		return r;
	g->events = r;
	return ct_group_check_frozen(g);
}

/* Linux 6.14 and later kill at birth what is cloned into it. */
static int check_killed(struct ct_group *g)
{
	int r = ct_group_is_killed(g->fd);

	if (r > 0)
		g->why = CT_WHY_KILLED;
	return r > 0 ? -EBUSY : r;
}

int ct_cgroup_op_place(struct ct_run *r, const struct ct_step *s)
{
	struct ct_group *g = r->group;
	int err = ct_group_open(AT_FDCWD, ct_block_str(r->plan, s->object));

	g->why = CT_WHY_NONE;
	if (err < 0)
		return err;
	g->fd = err;
	g->shared = 1;
	g->memory = !!(s->arg[CT_CREATE_FLAGS] & CT_CREATE_MEMORY);
	err = ct_group_check_identity(g, s, "");
	if (!err)
		err = open_events(g);
	if (!err)
		err = check_killed(g);
	if (!err && CT_CREATE_LEVELS(s))
		err = ct_group_look_above(r, 0, CT_CREATE_LEVELS(s) - 1);
	if (err < 0) {
		ct_group_drop(r);
		return err;
	}
	if (g->memory)
		ct_group_oom_kills(g, &g->oom_killed_before);
	r->fd[CT_SLOT_GROUP] = g->fd;
	return 0;
}

void ct_cgroup_undo_place(struct ct_run *r, const struct ct_step *s)
{
	ct_group_drop(r);
}

int ct_cgroup_op_devices(struct ct_run *r, const struct ct_step *s)
{
	return ct_devices_attach_program(r->group->fd, ct_block_str(r->plan, s->str[0]),
					 (size_t)s->arg[0], 1, &r->group->why);
}

int ct_cgroup_op_delegate(struct ct_run *r, const struct ct_step *s)
{
	return contain_cgroup_delegate(r->group->fd, (uint32_t)s->arg[0], (uint32_t)s->arg[1],
				       NULL);
}
