/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "landlock.h"
#include "landlock_rows.h"
#include "sys/fd.h"
#include "sys/path.h"
#include "sys/sys.h"

#define FOR_FILES                                                                                  \
	(CONTAIN_LANDLOCK_FS_EXECUTE | CONTAIN_LANDLOCK_FS_WRITE_FILE |                            \
	 CONTAIN_LANDLOCK_FS_READ_FILE | CONTAIN_LANDLOCK_FS_TRUNCATE |                            \
	 CONTAIN_LANDLOCK_FS_IOCTL_DEV)

int ct_landlock_create(uint32_t fs, uint32_t net, uint32_t scopes)
{
	const struct ct_landlock_attr attr = { .fs = fs, .net = net, .scopes = scopes };
	size_t size = scopes ? sizeof(attr) : net ? 16 : 8; /* as older kernels know it */

	return ct_fd_up(ct_sys_landlock_create_ruleset(&attr, size, 0));
}

int ct_landlock_allow_fd(int ruleset, int fd, uint32_t access)
{
	struct ct_landlock_path rule;
	struct stat st;
	int err = ct_sys_newfstatat(fd, "", &st, AT_EMPTY_PATH);

	if (err < 0)
		return err;
	rule.access = S_ISDIR(st.st_mode) ? access : access & FOR_FILES;
	rule.fd = fd;
	if (!rule.access)
		return -EINVAL;
	return ct_sys_landlock_add_rule(ruleset, CT_LANDLOCK_RULE_PATH, &rule, 0);
}

int ct_landlock_allow_path(int ruleset, int root_fd, const char *path, uint32_t access)
{
	int err, fd = ct_open_in_root(root_fd, path, O_PATH, 0);

	if (fd < 0)
		return fd;
	err = ct_landlock_allow_fd(ruleset, fd, access);
	ct_sys_close(fd);
	return err;
}

int ct_landlock_allow_port(int ruleset, uint32_t port, uint32_t access)
{
	const struct ct_landlock_port rule = { .access = access, .port = port };

	return ct_sys_landlock_add_rule(ruleset, CT_LANDLOCK_RULE_PORT, &rule, 0);
}

int ct_landlock_enforce(int ruleset)
{
	return ct_sys_landlock_restrict_self(ruleset, 0);
}

int ct_landlock_op_create(struct ct_run *r, const struct ct_step *s)
{
	int fd = ct_landlock_create((uint32_t)s->arg[0], (uint32_t)s->arg[1], (uint32_t)s->arg[2]);

	if (fd < 0)
		return fd;
	r->fd[s->slot] = fd;
	return 0;
}

/* The working directory is the new root here: relative to it, and never above it. */
int ct_landlock_op_path(struct ct_run *r, const struct ct_step *s)
{
	return ct_landlock_allow_path(r->fd[s->slot], AT_FDCWD, ct_block_str(r->plan, s->object),
				      (uint32_t)s->arg[0]);
}

int ct_landlock_op_port(struct ct_run *r, const struct ct_step *s)
{
	return ct_landlock_allow_port(r->fd[s->slot], (uint32_t)s->arg[1], (uint32_t)s->arg[0]);
}

int ct_landlock_op_enforce(struct ct_run *r, const struct ct_step *s)
{
	int err = ct_landlock_enforce(r->fd[s->slot]);

	ct_sys_close(r->fd[s->slot]);
	return err;
}

int ct_landlock_op_none(struct ct_run *r, const struct ct_step *s)
{
	return 0;
}

ct_step_run *const ct_landlock_runs[ROWS] = {
	[CREATE] = ct_landlock_op_create,   [PATH] = ct_landlock_op_path,
	[PORT] = ct_landlock_op_port,	    [ENFORCE] = ct_landlock_op_enforce,
	[NONE] = ct_landlock_op_none,
};
