/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The public primitives: what the steps do, one at a time, in the caller. */
#include "act.h"
#include "cgroup.h"
#include "cgroup_plan.h"
#include "feature/feature.h"
#include "group_files.h"
#include "sys/helper.h"
#include "sys/path.h"
#include "sys/str.h"

#include <contain/cgroup.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int ct_group_create(const char *op, int parent_fd, const char *name, const int *ret_fd,
		    contain_error **reterr)
{
	int r;

	if (!ret_fd)
		return ct_group_fail(reterr, -EINVAL, op, "ret_fd", "is NULL");
	if (!name || !ct_group_name_ok(name))
		return ct_group_fail(reterr, -EINVAL, op, "name",
				     name ? ct_group_bad_name : "is NULL");
	r = ct_group_check_arg(reterr, op, "parent_fd", parent_fd);
	if (r < 0)
		return r;
	r = ct_group_make(parent_fd, name);
	return r < 0 ? ct_group_fail(reterr, r, op, name, ct_group_hint(r)) : r;
}

int contain_cgroup_create(int parent_fd, const char *name, int *ret_fd, contain_error **reterr)
{
	int r = ct_group_create("create-group", parent_fd, name, ret_fd, reterr);

	if (r < 0)
		return r;
	*ret_fd = r;
	return 0;
}

int contain_cgroup_write(int group_fd, const char *key, const char *value, contain_error **reterr)
{
	const char *op = "write-group";
	int r;

	if (!ct_group_is_key(key))
		return ct_group_fail(reterr, -EINVAL, op, "key",
				     "is the name of one file of the group");
	if (!value)
		return ct_group_fail(reterr, -EINVAL, op, "value", "is NULL");
	r = ct_group_check_arg(reterr, op, "group_fd", group_fd);
	if (r < 0)
		return r;
	r = ct_write_at(group_fd, key, value, strlen(value));
	return r < 0 ? ct_group_fail_file(reterr, r, op, key) : 0;
}

int contain_cgroup_read(int group_fd, const char *key, char *buf, size_t size,
			contain_error **reterr)
{
	const char *op = "read-group";
	ssize_t n = 1;
	size_t at = 0;
	int fd;

	if (!ct_group_is_key(key))
		return ct_group_fail(reterr, -EINVAL, op, "key",
				     "is the name of one file of the group");
	if (!buf || !size)
		return ct_group_fail(reterr, -EINVAL, op, "buf", "has no room");
	fd = ct_group_check_arg(reterr, op, "group_fd", group_fd);
	if (fd < 0)
		return fd;
	fd = ct_fd_up(ct_sys_openat(group_fd, key, O_RDONLY | O_CLOEXEC | O_NOFOLLOW, 0));
	if (fd < 0)
		return ct_group_fail_file(reterr, fd, op, key);
	while (n && at < size) {
		n = ct_sys_read(fd, buf + at, size - at);
		if (n == -EINTR)
			continue;
		if (n < 0)
			break;
		at += (size_t)n;
	}
	ct_sys_close(fd);
	if (n < 0)
		return ct_group_fail_file(reterr, (int)n, op, key);
	if (at >= size || at > INT_MAX)
		return ct_group_fail(reterr, -ERANGE, op, key,
				     "the text is larger than the buffer");
	buf[at] = 0;
	return (int)at;
}

static int fail_enable(contain_error **reterr, int err, const char *controller, const char *pids)
{
	char buf[400];
	const char *hint = ct_group_hint(err);

	if (err == -EBUSY) {
		snprintf(buf, sizeof(buf),
			 "no-internal-process rule: a group with processes of its own (pid %s) "
			 "cannot hand controllers down; move them to a group below it",
			 pids);
		hint = buf;
	} else if (err == -ENOENT) {
		hint = ct_group_hint_controller(controller, strlen(controller), buf, sizeof(buf));
	}
	return ct_group_fail(reterr, err, "enable-controller", controller, hint);
}

static int is_controller(const char *name)
{
	for (unsigned i = 0; ct_controller_name(i); i++)
		if (!strcmp(ct_controller_name(i), name))
			return 1;
	return 0;
}

int contain_cgroup_enable(int group_fd, const char *controller, contain_error **reterr)
{
	const char *op = "enable-controller";
	struct ct_group seen = { .fd = -1 };
	int r;

	if (!controller || !*controller || strlen(controller) > 32 ||
	    strspn(controller, "abcdefghijklmnopqrstuvwxyz_") != strlen(controller))
		return ct_group_fail(reterr, -EINVAL, op, "controller",
				     "is the name of one controller");
	r = ct_group_check_arg(reterr, op, "group_fd", group_fd);
	if (r < 0)
		return r;
	r = ct_group_enable(group_fd, 0, controller, &seen);
	/* to the kernel a controller that is switched off is no controller (EINVAL) */
	if (r == -EINVAL && is_controller(controller))
		r = -ENOENT;
	return r < 0 ? fail_enable(reterr, r, controller, seen.note) : 0;
}

/* Below the group that the caller may divide; root's has a home of its own. */
static int open_default(const struct ct_facts *f)
{
	const char *base = strcmp(f->delegated, "/") ? f->delegated : "";
	char path[PATH_MAX];
	size_t at = ct_append(path, sizeof(path), 0, f->v2_mount);
	int r;

	at = ct_append(path, sizeof(path), at, base);
	if (f->is_privileged)
		at = ct_append(path, sizeof(path), at, "/" CT_GROUP_HOME);
	if (at + 1 >= sizeof(path))
		return -ENAMETOOLONG;
	r = ct_group_open(AT_FDCWD, path);
	if (r != -ENOENT || !f->is_privileged)
		return r;
	r = ct_group_make(AT_FDCWD, path);
	return r == -EEXIST ? ct_group_open(AT_FDCWD, path) : r;
}

int contain_cgroup_open_default_parent(int *ret_fd, contain_error **reterr)
{
	const char *op = "open-default-parent";
	struct ct_facts *f;
	int r;

	if (!ret_fd)
		return ct_group_fail(reterr, -EINVAL, op, "ret_fd", "is NULL");
	f = malloc(sizeof(*f));
	r = f ? ct_facts_get(f) : -ENOMEM;
	if (!r && !*f->v2_mount)
		r = ct_group_fail(reterr, -EOPNOTSUPP, op, "",
				  "no cgroup2 file system is mounted here");
	else if (!r && !*f->delegated)
		r = ct_group_fail(reterr, -EACCES, op, "",
				  "the caller has no cgroup that it may divide: " CT_HINT_SCOPE);
	else if (!r) {
		r = open_default(f);
		if (r >= 0)
			*ret_fd = r;
		else
			r = ct_group_fail(reterr, r, op, f->delegated, ct_group_hint(r));
	} else {
		r = ct_group_fail(reterr, r, op, "", NULL);
	}
	free(f);
	return r < 0 ? r : 0;
}
