/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A limit given as text: of a file that the library knows it is checked as the setter does. */
#include "limits_parse.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define VALUE_MAX 4000 /* the kernel takes less than a page in one write */

static int refuse(const char **ret_why, const char *why)
{
	*ret_why = why;
	return -EINVAL;
}

/* Of the files that rule the group itself only those that are limits. */
static int is_file(const char *file)
{
	if (!file || !*file || strlen(file) > 255 || !strcmp(file, ".") || !strcmp(file, ".."))
		return 0;
	for (const char *p = file; *p; p++)
		if (*p <= ' ' || *p > '~' || *p == '/')
			return 0;
	return strncmp(file, "cgroup.", 7) || !strcmp(file, "cgroup.max.depth") ||
	       !strcmp(file, "cgroup.max.descendants") || !strcmp(file, "cgroup.pressure");
}

static int put_known(contain_limits *l, const char *file, const char *value, const char **ret_why)
{
	contain_limits new = { 0 };
	char *text = strdup(value);
	int r = -ENOMEM;

	if (text)
		r = ct_limits_parse(&new, file, text, 0, ret_why);
	if (!r)
		r = contain_limits_merge(l, &new);
	free(text);
	ct_limits_clear(&new);
	if (r == -ENOMEM)
		*ret_why = "out of memory";
	return r;
}

/* What is told apart by its first word (a device, a resource) stands beside others of the file. */
static int put_unknown(contain_limits *l, const char *file, const char *value, const char **ret_why)
{
	size_t n = strcspn(value, " ");
	char *sub = strndup(value, value[n] ? n : 0);
	int r = -ENOMEM;

	if (sub)
		r = ct_limits_put(
			l, &(struct ct_limit_new){
				   .id = CT_LIMIT_RAW, .file = file, .sub = sub, .value = value });
	free(sub);
	if (r < 0)
		*ret_why = "out of memory";
	return r;
}

int ct_limits_put_raw(contain_limits *l, const char *file, const char *value, const char **ret_why)
{
	enum ct_limit_id id;

	if (!is_file(file))
		return refuse(ret_why,
			      "the file is not the name of one limit: no '/', no blank, "
			      "not \".\" or \"..\", not one of the group itself (cgroup.*)");
	if (!value)
		return refuse(ret_why, "the value is NULL");
	if (strlen(value) > VALUE_MAX)
		return refuse(ret_why, "the value is longer than the kernel reads");
	if (strchr(value, '\n'))
		return refuse(ret_why, "the value holds a newline");
	id = ct_limits_row_of(file);
	if (id == CT_LIMIT_CPUSET_CPUS || id == CT_LIMIT_CPUSET_MEMS)
		return ct_limits_put_cpuset(l, id, value, ret_why);
	if (!value[strspn(value, " \t")])
		return refuse(ret_why, "the value is empty");
	if (id != CT_LIMIT_RAW)
		return put_known(l, file, value, ret_why);
	return put_unknown(l, file, value, ret_why);
}
