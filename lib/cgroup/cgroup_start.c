/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The steps that the parent takes before the clone. */
#include "cgroup.h"
#include "cgroup_plan.h"
#include "group_files.h"
#include "sys/helper.h"
#include "sys/path.h"
#include "sys/str.h"

#include <limits.h>
#include <string.h>

#define TRIES 16
#define UNDO_NSEC 2000000000ULL

int ct_group_path_of(char *buf, size_t size, const char *dir, const char *name)
{
	size_t at = ct_append(buf, size, 0, dir);

	at = ct_append(buf, size, at, "/");
	at = ct_append(buf, size, at, name);
	return at + 1 < size ? 0 : -ENAMETOOLONG;
}

/*
 * The kernel kills every process in a group with memory.oom.group when one in it runs out of
 * memory, and with the child, which shares the caller's memory until it executes the payload, the
 * caller. Groups that hold the caller itself anyway are not looked at.
 */
static int check_oom_group(struct ct_group *g, int from, int levels)
{
	char path[3 * 64 + 20], text[16];
	size_t up = 0;

	for (int level = from; level <= levels && level < 64; level++) {
		ssize_t n;

		up = ct_append(path, sizeof(path), up, level ? "../" : "");
		ct_append(path, sizeof(path), up, "memory.oom.group");
		n = ct_group_read(g->fd, path, text, sizeof(text));
		path[up] = 0;
		if (n == -ENOENT) /* the controller is not enabled there */
			continue;
		if (n < 0)
			return (int)n;
		if (text[0] == '1')
			return 1;
	}
	return 0;
}

/* Then the child gets memory of its own; a plan whose child has that anyway does not ask. */
int ct_group_look_above(struct ct_run *r, int from, int levels)
{
	int found = check_oom_group(r->group, from, levels);

	if (found > 0)
		r->own_memory = "memory.oom.group is 1 in a group above";
	return found < 0 ? found : 0;
}

int ct_group_check_frozen(struct ct_group *g)
{
	int r = ct_group_event(g->events, "frozen");

	if (r == -EOPNOTSUPP) /* before Linux 5.2 nothing is frozen */
		return 0;
	if (r > 0)
		g->why = CT_WHY_FROZEN;
	return r > 0 ? -EBUSY : r;
}

static int is_cgroup2(int fd)
{
	struct statfs fs;

	return ct_sys_fstatfs(fd, &fs) == 0 && fs.f_type == CGROUP2_SUPER_MAGIC;
}

int ct_group_check_identity(struct ct_group *g, const struct ct_step *s, const char *path)
{
	struct stat st;
	int r;

	if (!s->arg[CT_CREATE_INO])
		return 0;
	r = ct_sys_newfstatat(g->fd, path, &st, AT_EMPTY_PATH);
	if (r < 0)
		return r;
	if (st.st_dev == (uint64_t)s->arg[CT_CREATE_DEV] &&
	    st.st_ino == (uint64_t)s->arg[CT_CREATE_INO])
		return 0;
	g->why = CT_WHY_REPLACED;
	return -ESTALE;
}

/* Makes the group ours: from the lock on, gc lets it live. -ENODEV: it came too late. */
static int own(struct ct_group *g, const struct ct_step *s)
{
	int r = ct_sys_flock(g->fd, LOCK_SH | LOCK_NB);

	if (r < 0)
		return r == -EAGAIN ? -ENODEV : r; /* gc has it in hand */
	g->events = ct_fd_up(
		ct_sys_openat(g->fd, "cgroup.events", O_RDONLY | O_CLOEXEC | O_NOFOLLOW, 0));
	if (g->events == -ENOENT && !is_cgroup2(g->fd)) {
		g->why = CT_WHY_NOT_CGROUP2;
		return -EOPNOTSUPP;
	}
	if (g->events < 0)
		return g->events == -ENOENT ? -ENODEV : g->events;
	r = ct_group_check_frozen(g);
	return r ? r : ct_group_check_identity(g, s, "..");
}

/* Closes the v2 group's fds; what has no name left is forgotten. */
void ct_group_drop(struct ct_run *r)
{
	struct ct_group *g = r->group;

	if (g->events >= 0)
		ct_sys_close(g->events);
	if (g->fd >= 0)
		ct_sys_close(g->fd);
	g->fd = g->events = r->fd[CT_SLOT_GROUP] = -1;
}

static int create(struct ct_run *r, const struct ct_step *s)
{
	struct ct_group *g = r->group;
	const char *parent = ct_block_str(r->plan, s->object);
	char path[PATH_MAX];
	int err;

	ct_group_name_new(g->name, ct_block_str(r->plan, s->str[0]));
	err = ct_group_path_of(path, sizeof(path), parent, g->name);
	if (!err)
		err = ct_group_make(AT_FDCWD, path);
	if (err == -ENOENT && s->arg[CT_CREATE_FLAGS] & CT_CREATE_HOME) {
		/* the first container of this machine, or gc removed the empty group just now */
		err = ct_sys_mkdirat(AT_FDCWD, parent, 0755);
		g->made_home |= err == 0;
		if (!err || err == -EEXIST)
			err = ct_group_make(AT_FDCWD, path);
		if (err == -ENOENT)
			err = -ENODEV;
	}
	if (err < 0) {
		g->name[0] = 0;
		return err;
	}
	g->fd = err;
	err = own(g, s);
	for (uint32_t i = 0; i < g->kills && !err; i++)
		err = ct_write_at(g->fd, "cgroup.kill", "1", 1);
	if (!err)
		err = ct_group_look_above(r, 1, CT_CREATE_LEVELS(s));
	if (err < 0) {
		ct_group_rmdir(g->fd, g->name);
		g->name[0] = 0;
		ct_group_drop(r);
	}
	return err;
}

int ct_cgroup_op_create(struct ct_run *r, const struct ct_step *s)
{
	struct ct_group *g = r->group;
	int err = -ENODEV;

	g->why = CT_WHY_NONE;
	g->made_home = 0;
	g->levels = s->arg[CT_CREATE_FLAGS] & CT_CREATE_HOME ? 2 : 1;
	g->memory = !!(s->arg[CT_CREATE_FLAGS] & CT_CREATE_MEMORY);
	for (int i = 0; i < TRIES && (err == -ENODEV || err == -EEXIST); i++)
		err = create(r, s);
	if (err < 0)
		return err;
	r->fd[CT_SLOT_GROUP] = g->fd;
	return 0;
}

/* The launcher has waited for the child; what it left in the group is not to survive it. */
static void remove_failed(struct ct_group *g)
{
	if (ct_group_remove(g, 0) == 0)
		return;
	ct_group_kill(g);
	ct_group_remove(g, ct_now_nsec() + UNDO_NSEC);
	g->name[0] = 0; /* what stays is for gc */
}

void ct_cgroup_undo_create(struct ct_run *r, const struct ct_step *s)
{
	struct ct_group *g = r->group;

	if (!g || g->fd < 0)
		return;
	remove_failed(g);
	if (g->made_home)
		ct_group_rmdir(g->fd, "../" CT_GROUP_HOME);
	g->made_home = 0;
	ct_group_drop(r);
}

/* The kernel says ENODEV of a disk that it does not know, too; the group is there then. */
static int which_is_gone(const struct ct_group *g, int err)
{
	if (err == -ENODEV && ct_sys_faccessat2(g->fd, "cgroup.procs", F_OK, 0) == 0)
		return -ENXIO;
	return err;
}

int ct_cgroup_op_limit(struct ct_run *r, const struct ct_step *s)
{
	struct ct_group *g = r->group;
	const char *key = ct_block_str(r->plan, s->object);
	const char *value = ct_block_str(r->plan, s->str[0]);
	size_t n = strlen(value);
	int err = ct_write_at(g->fd, key, value, n);

	if (err != -ENOENT)
		return which_is_gone(g, err);
	if (!*ct_block_str(r->plan, s->str[1])) /* no controller's: this kernel does not have it */
		return -EOPNOTSUPP;
	/* not handed down yet: the first container with this limit, or gc took the home away */
	g->why = CT_WHY_NONE;
	err = ct_group_enable(g->fd, (int)s->arg[0], ct_block_str(r->plan, s->str[1]), g);
	if (!err)
		err = ct_write_at(g->fd, key, value, n);
	if (g->why == CT_WHY_NO_CONTROLLER)
		return -EOPNOTSUPP;
	return err == -ENOENT ? -ENODEV : which_is_gone(g, err);
}

int ct_cgroup_op_nothing(struct ct_run *r, const struct ct_step *s)
{
	return 0;
}
