/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Documentation/admin-guide/cgroup-v2.rst: Delegation, No Internal Process Constraint. */
#include "delegation.h"

#include "../sys/sys.h"
#include "files.h"

#include <string.h>
#include <unistd.h>

struct group_path {
	size_t mount; /* length of the v2 mount's path */
	char text[2 * CT_GROUP_MAX + 32];
};

static const char *file_of(struct group_path *p, const char *group, const char *file)
{
	size_t n = strcmp(group, "/") ? strlen(group) : 0;

	memcpy(p->text + p->mount, group, n);
	p->text[p->mount + n] = '/';
	strcpy(p->text + p->mount + n + 1, file);
	return p->text;
}

/* The effective ids count: a set-user-ID program asks for what it may do, not its caller. */
static int may_write(const char *path, int mode)
{
	return ct_sys_faccessat2(AT_FDCWD, path, mode, AT_EACCESS);
}

/* The host's root owns all of them: only a read-only mount can refuse, and refuses each. */
static int is_writable(struct group_path *p, const char *group, int host_root)
{
	int r = host_root ? 0 : may_write(file_of(p, group, "."), W_OK | X_OK);

	if (r == 0 && !host_root)
		r = may_write(file_of(p, group, "cgroup.procs"), W_OK);
	if (r == 0)
		r = may_write(file_of(p, group, "cgroup.subtree_control"), W_OK);
	return r;
}

/*
 * A group with processes cannot hand controllers to its children. The root group of the host can;
 * it is the one group without a cgroup.type. A threaded group refuses the read (EOPNOTSUPP).
 */
static int is_busy(struct group_path *p, const char *group)
{
	char byte[2];

	if (!strcmp(group, "/") &&
	    ct_sys_faccessat2(AT_FDCWD, file_of(p, group, "cgroup.type"), F_OK, 0) == -ENOENT)
		return 0;
	return ct_read_once(file_of(p, group, "cgroup.procs"), byte, sizeof(byte)) != 0;
}

static void offer(struct group_path *p, struct ct_delegation *ret)
{
	char list[512];

	ret->controllers = 0;
	if (ct_read_once(file_of(p, ret->group, "cgroup.controllers"), list, sizeof(list)) > 0)
		ret->controllers = ct_controllers_parse(list, ' ');
}

/* Takes group as the answer if it can be one; else keeps the best word on why not. */
static int try_group(struct group_path *p, const char *group, int host_root,
		     struct ct_delegation *ret)
{
	int r = is_writable(p, group, host_root);

	if (r == -EROFS)
		ret->state = CT_DELEGATION_READ_ONLY;
	if (r < 0)
		return 0;
	if (is_busy(p, group)) {
		if (ret->state != CT_DELEGATION_BUSY)
			strcpy(ret->group, group);
		ret->state = CT_DELEGATION_BUSY;
		return 0;
	}
	if (ret->group != group)
		strcpy(ret->group, group);
	ret->state = strcmp(group, "/") ? CT_DELEGATION_FOUND : CT_DELEGATION_ROOT;
	return 1;
}

/* Cuts off the last component. 0 where group was the root already. */
static int ascend(char *group)
{
	char *slash = strrchr(group, '/');

	if (!strcmp(group, "/"))
		return 0;
	slash[slash == group] = 0;
	return 1;
}

void ct_delegation_find(const char *v2_mount, const char *own, int privileged,
			const uint32_t *root_controllers, struct ct_delegation *ret)
{
	struct group_path path;
	char group[CT_GROUP_MAX];
	int found = 0;

	ret->state = CT_DELEGATION_NONE;
	ret->controllers = 0;
	ret->group[0] = 0;
	if (!*v2_mount)
		return;
	path.mount = strlen(v2_mount);
	memcpy(path.text, v2_mount, path.mount + 1);
	if (*own || privileged)
		ret->state = CT_DELEGATION_NOT_WRITABLE;
	if (privileged)
		found = try_group(&path, "/", privileged == CT_HOST_ROOT, ret);
	if (!found && *own) {
		strcpy(group, own);
		do {
			found = try_group(&path, group, 0, ret);
		} while (!found && ascend(group));
	}
	if (root_controllers && ret->state >= CT_DELEGATION_BUSY && !strcmp(ret->group, "/"))
		ret->controllers = *root_controllers;
	else if (ret->state >= CT_DELEGATION_BUSY)
		offer(&path, ret);
}
