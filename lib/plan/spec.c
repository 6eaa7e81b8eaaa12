/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "spec.h"
#include "sys/sys.h"

#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int ct_spec_fail(container_spec *spec, int err, const char *field, const char *fmt, ...)
{
	va_list ap;

	if (!spec || spec->err)
		return err;
	spec->err = err;
	snprintf(spec->field, sizeof(spec->field), "%s", field);
	va_start(ap, fmt);
	vsnprintf(spec->why, sizeof(spec->why), fmt, ap);
	va_end(ap);
	return err;
}

int ct_spec_part(container_spec *spec, enum ct_module_id id, const char *field, void *ret_part)
{
	if (!spec)
		return -EINVAL;
	if (spec->sealed)
		return ct_spec_fail(spec, -EBUSY, field,
				    "the spec was compiled; a plan takes overrides, another spec "
				    "takes setters");
	*(void **)ret_part = spec->part[id];
	return 0;
}

int ct_spec_string(container_spec *spec, const char *field, const char *value, size_t max,
		   char **ret)
{
	char *copy;

	if (!value || !*value)
		return ct_spec_fail(spec, -EINVAL, field, "is %s", value ? "empty" : "NULL");
	if (strlen(value) > max)
		return ct_spec_fail(spec, -ENAMETOOLONG, field, "is longer than %zu bytes", max);
	copy = strdup(value);
	if (!copy)
		return ct_spec_fail(spec, -ENOMEM, field, "out of memory");
	free(*ret);
	*ret = copy;
	return 0;
}

int ct_spec_strings(container_spec *spec, const char *field, const char *const *values, char ***ret)
{
	size_t n = 0, bytes = 0;
	char **copy, *at;

	if (!values)
		return ct_spec_fail(spec, -EINVAL, field, "is NULL");
	for (; values[n]; n++)
		bytes += strlen(values[n]) + 1;
	copy = malloc((n + 1) * sizeof(*copy) + bytes);
	if (!copy)
		return ct_spec_fail(spec, -ENOMEM, field, "out of memory");
	at = (char *)(copy + n + 1);
	for (size_t i = 0; i < n; i++) {
		copy[i] = at;
		at = stpcpy(at, values[i]) + 1;
	}
	copy[n] = NULL;
	free(*ret);
	*ret = copy;
	return 0;
}

static int pin(int fd, struct ct_host_path *ret)
{
	char link[40], path[PATH_MAX];
	struct stat st;
	ssize_t n;
	int r = ct_sys_newfstatat(fd, "", &st, AT_EMPTY_PATH);

	if (r < 0)
		return r;
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = ct_sys_readlinkat(AT_FDCWD, link, path, sizeof(path) - 1);
	if (n < 0)
		return (int)n;
	path[n] = 0;
	if (path[0] != '/') /* a pipe or socket, or a mount that is attached nowhere */
		return -ENOENT;
	ret->path = strdup(path);
	if (!ret->path)
		return -ENOMEM;
	ret->dev = st.st_dev;
	ret->ino = st.st_ino;
	return 0;
}

int ct_spec_host_path(container_spec *spec, const char *field, int dirfd, const char *path,
		      struct ct_host_path *ret)
{
	int fd, r;

	if (!path)
		return ct_spec_fail(spec, -EINVAL, field, "is NULL");
	if (strlen(path) >= PATH_MAX)
		return ct_spec_fail(spec, -ENAMETOOLONG, field, "is longer than %d bytes",
				    PATH_MAX - 1);
	if (path[0] == '/') {
		ret->dev = ret->ino = 0;
		ret->path = strdup(path);
		return ret->path ? 0 : ct_spec_fail(spec, -ENOMEM, field, "out of memory");
	}
	if (!*path && dirfd < 0)
		return ct_spec_fail(spec, -EINVAL, field, "is empty");
	if (*path)
		fd = ct_sys_openat(dirfd, path, O_PATH | O_CLOEXEC, 0);
	else
		fd = ct_sys_fcntl(dirfd, F_DUPFD_CLOEXEC, 3);
	if (fd < 0)
		return ct_spec_fail(spec, fd, field, "%s",
				    fd == -EBADF ? "its directory fd is not open" : path);
	r = pin(fd, ret);
	ct_sys_close(fd);
	return r < 0 ? ct_spec_fail(spec, r, field, "its path could not be found out") : 0;
}

int ct_spec_inner_path(container_spec *spec, const char *field, const char *path, char **ret)
{
	if (path && *path && *path != '/')
		return ct_spec_fail(spec, -EINVAL, field, "\"%.100s\" is not an absolute path "
							  "inside the container",
				    path);
	return ct_spec_string(spec, field, path, PATH_MAX - 1, ret);
}

int ct_spec_flag(container_spec *spec, enum ct_module_id id, const char *field, int on, size_t at)
{
	char *part = NULL;
	int r = ct_spec_part(spec, id, field, &part);

	if (r < 0)
		return r;
	if (on != 0 && on != 1)
		return ct_spec_fail(spec, -EINVAL, field, "is %d, not 0 or 1", on);
	*(int *)(part + at) = on;
	return 0;
}

int ct_spec_dup_fd(container_spec *spec, const char *field, int fd, int *ret)
{
	int copy = ct_sys_fcntl(fd, F_DUPFD_CLOEXEC, 3);

	if (copy == -EBADF)
		return ct_spec_fail(spec, -EBADF, field, "%d is not an open file descriptor", fd);
	if (copy < 0)
		return ct_spec_fail(spec, copy, field, "fd %d could not be duplicated", fd);
	*ret = copy;
	return 0;
}
