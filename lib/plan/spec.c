/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "spec.h"
#include "sys/sys.h"

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
				    "the spec was compiled; a plan takes overrides, another spec takes setters");
	*(void **)ret_part = spec->part[id];
	return 0;
}

int ct_spec_string(container_spec *spec, const char *field, const char *value, size_t max, char **ret)
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
