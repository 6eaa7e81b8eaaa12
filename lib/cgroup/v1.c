/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Settings of a group in a v1 hierarchy: made with the group, or changed as a whole. */
#include "v1_lines.h"
#include "group_files.h"
#include "sys/path.h"
#include "sys/str.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#define PASSES 4 /* three files bound one another at most */

static const char *v1_name(const char *controller)
{
	return strcmp(controller, "io") ? controller : "blkio";
}

/* What of the group above a new group of cpuset lacks. */
static int inherit(const char *mount, const char *name, const char *file)
{
	char path[PATH_MAX], text[CT_V1_VALUE_MAX], up[32] = "../";
	ssize_t n;
	int fd, r = ct_v1_path(path, sizeof(path), mount, name, "");

	if (r < 0)
		return r;
	fd = ct_group_open(AT_FDCWD, path);
	if (fd < 0)
		return fd;
	ct_append(up, sizeof(up), 3, file);
	n = ct_group_read(fd, file, text, sizeof(text));
	if (n > 0 && *text == '\n') {
		n = ct_group_read(fd, up, text, sizeof(text));
		if (n > 0)
			n = ct_write_at(fd, file, text, (size_t)n);
	}
	ct_sys_close(fd);
	return n < 0 ? (int)n : 0;
}

/* From the top down: a group may have at most what the group above it has. */
static int inherit_all(const char *mount, const char *name)
{
	char path[PATH_MAX];
	size_t n = strlen(name);
	int r = 0;

	if (n >= sizeof(path))
		return -ENAMETOOLONG;
	for (size_t i = 1; i <= n && !r; i++) {
		if (name[i] && name[i] != '/')
			continue;
		memcpy(path, name, i);
		path[i] = 0;
		r = inherit(mount, path, "cpuset.cpus");
		if (!r)
			r = inherit(mount, path, "cpuset.mems");
	}
	return r;
}

/*
 * Why libcgroup did not find a file: gc removed an empty group meanwhile, there is no such file, or
 * it is not writable. -EIO: all is there, and libcgroup failed for a reason of its own.
 */
static int why_missing(const char *mount, const char *name, const char *file)
{
	char path[PATH_MAX];
	int r = ct_v1_path(path, sizeof(path), mount, name, "");

	if (!r && ct_sys_faccessat2(AT_FDCWD, path, F_OK, 0) == -ENOENT)
		return -ENODEV;
	if (!r)
		r = ct_v1_path(path, sizeof(path), mount, name, file);
	if (!r)
		r = ct_sys_faccessat2(AT_FDCWD, path, W_OK, AT_EACCESS);
	return r ? r : -EIO;
}

static int write_line(const char *mount, const char *name, const struct ct_v1_line *l)
{
	int r = ct_v1_lib_write(mount, l->controller, name, l->file, l->value);

	return r == -ENOENT ? why_missing(mount, name, l->file) : r;
}

/* Whether a refusal may be one of the old value of another file, which is written after this. */
static int may_pass_later(const struct ct_v1_line *l, int err)
{
	return (err == -EINVAL || err == -EBUSY) && strcmp(l->controller, "devices") != 0;
}

/* One pass from *at on. *ret_again: the first line that may pass later, or NULL. */
static int write_pass(const char *mount, const char *name, const char **at, const char **ret_again,
		      int *ret_err)
{
	struct ct_v1_line l;
	int r;

	*ret_again = NULL;
	while ((r = ct_v1_next_line(at, &l)) > 0) {
		r = write_line(mount, name, &l);
		if (r < 0 && !may_pass_later(&l, r))
			break;
		if (r < 0 && !*ret_again) {
			*ret_again = l.at;
			*ret_err = r;
		}
	}
	if (r < 0)
		*at = l.at;
	return r;
}

/*
 * Files bound one another (memory and memory with swap; period, quota and burst), so that which
 * goes first depends on what is there: what is refused is tried again behind the others.
 */
static int write_all(const char *mount, const char *name, const char *settings, const char **ret_at)
{
	const char *at = settings, *again = settings;
	int r = 0, err = 0;

	for (int i = 0; i < PASSES && again && !r; i++) {
		at = again;
		r = write_pass(mount, name, &at, &again, &err);
	}
	if (!r && again) {
		r = err;
		at = again;
	}
	if (r < 0 && ret_at)
		*ret_at = at;
	return r;
}

int ct_v1_create(const char *mount, const char *controller, const char *name, const char *settings,
		 const char **ret_at)
{
	int r;

	if (ret_at)
		*ret_at = NULL;
	controller = v1_name(controller);
	r = ct_v1_lib_create(mount, controller, name);
	if (r == -ENOENT) /* gc removed an empty group under its hands */
		return -ENODEV;
	if (!r && !strcmp(controller, "cpuset")) {
		r = inherit_all(mount, name);
		if (r == -ENOENT)
			r = -ENODEV;
	}
	return r < 0 ? r : write_all(mount, name, settings, ret_at);
}

int ct_v1_set(const char *mount, const char *controller, const char *name, const char *settings,
	      char **ret_old, const char **ret_at)
{
	char *old = NULL, *all = NULL;
	const char *at = NULL;
	int r;

	if (ret_at)
		*ret_at = NULL;
	r = ct_v1_with_swap(mount, name, settings, &all);
	if (!r)
		r = ct_v1_old(mount, name, all, &old);
	if (!r) {
		r = write_all(mount, name, all, &at);
		if (r < 0)
			write_all(mount, name, old, NULL);
	}
	/* a line of ours behind theirs stands for memory.limit_in_bytes */
	if (at && ret_at && at - all < (ptrdiff_t)strlen(settings))
		*ret_at = settings + (at - all);
	free(all);
	if (r < 0 || !ret_old)
		free(old);
	else
		*ret_old = old;
	return r;
}
