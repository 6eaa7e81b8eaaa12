/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "process.h"
#include "plan/spec.h"
#include "sys/sys.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#define FD_MAX 65535

int ct_process_fd_put(struct ct_process_fd **list, size_t *n, int to, int from)
{
	struct ct_process_fd *p;
	size_t i = 0;

	while (i < *n && (*list)[i].to != to)
		i++;
	if (i == *n) {
		p = reallocarray(*list, *n + 1, sizeof(*p));
		if (!p)
			return -ENOMEM;
		*list = p;
		++*n;
	} else if ((*list)[i].from >= 0) {
		ct_sys_close((*list)[i].from);
	}
	(*list)[i] = (struct ct_process_fd){ .to = to, .from = from };
	return 0;
}

void ct_process_fd_free(struct ct_process_fd *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (list[i].from >= 0)
			ct_sys_close(list[i].from);
	free(list);
}

int container_spec_set_argv(container_spec *spec, const char *const *argv)
{
	struct ct_process_part *p;
	int r = ct_spec_part(spec, CT_MODULE_PROCESS, "argv", &p);

	if (r < 0)
		return r;
	if (argv && (!argv[0] || !*argv[0]))
		return ct_spec_fail(spec, -EINVAL, "argv", "names no program: argv[0] is missing or empty");
	return ct_spec_strings(spec, "argv", argv, &p->argv);
}

int container_spec_set_env(container_spec *spec, const char *const *env)
{
	struct ct_process_part *p;
	int r = ct_spec_part(spec, CT_MODULE_PROCESS, "env", &p);

	if (r < 0)
		return r;
	for (size_t i = 0; env && env[i]; i++)
		if (env[i][0] == '=' || !strchr(env[i], '='))
			return ct_spec_fail(spec, -EINVAL, "env", "entry %zu is not NAME=VALUE", i);
	return ct_spec_strings(spec, "env", env, &p->env);
}

int container_spec_set_cwd(container_spec *spec, const char *path)
{
	struct ct_process_part *p;
	int r = ct_spec_part(spec, CT_MODULE_PROCESS, "cwd", &p);

	if (r < 0)
		return r;
	if (path && *path != '/')
		return ct_spec_fail(spec, -EINVAL, "cwd", "is not an absolute path inside the container");
	return ct_spec_string(spec, "cwd", path, PATH_MAX - 1, &p->cwd);
}

int container_spec_set_stdio(container_spec *spec, int child_fd, int source)
{
	struct ct_process_part *p;
	int from, r = ct_spec_part(spec, CT_MODULE_PROCESS, "stdio", &p);

	if (r < 0)
		return r;
	if (child_fd < 0 || child_fd > 2)
		return ct_spec_fail(spec, -EINVAL, "stdio", "%d is not 0, 1 or 2", child_fd);
	if (source >= 0)
		return container_spec_add_fd(spec, source, child_fd);
	if (source == CONTAIN_STDIO_NULL)
		from = CT_FD_NULL;
	else if (source == CONTAIN_STDIO_INHERIT)
		from = CT_FD_KEEP;
	else
		return ct_spec_fail(spec, -EINVAL, "stdio", "unknown mode %d", source);
	r = ct_process_fd_put(&p->fd, &p->nfds, child_fd, from);
	return r < 0 ? ct_spec_fail(spec, r, "stdio", "out of memory") : 0;
}

int container_spec_add_fd(container_spec *spec, int fd, int child_fd)
{
	struct ct_process_part *p;
	int copy, r = ct_spec_part(spec, CT_MODULE_PROCESS, "fd", &p);

	if (r < 0)
		return r;
	if (child_fd < 0 || child_fd > FD_MAX)
		return ct_spec_fail(spec, -EINVAL, "fd", "%d is not between 0 and %d", child_fd, FD_MAX);
	r = ct_spec_dup_fd(spec, "fd", fd, &copy);
	if (r < 0)
		return r;
	r = ct_process_fd_put(&p->fd, &p->nfds, child_fd, copy);
	if (r < 0) {
		ct_sys_close(copy);
		return ct_spec_fail(spec, r, "fd", "out of memory");
	}
	return 0;
}

static int set_flag(container_spec *spec, const char *field, int value, size_t at)
{
	struct ct_process_part *p;
	int r = ct_spec_part(spec, CT_MODULE_PROCESS, field, &p);

	if (r < 0)
		return r;
	if (value != 0 && value != 1)
		return ct_spec_fail(spec, -EINVAL, field, "is %d, not 0 or 1", value);
	*(int *)((char *)p + at) = value;
	return 0;
}

int container_spec_set_no_new_privs(container_spec *spec, int on)
{
	return set_flag(spec, "no_new_privs", on, offsetof(struct ct_process_part, no_new_privs));
}

int container_spec_set_new_session(container_spec *spec, int on)
{
	return set_flag(spec, "new_session", on, offsetof(struct ct_process_part, new_session));
}

int container_spec_set_capabilities(container_spec *spec, uint64_t capabilities)
{
	struct ct_process_part *p;
	int r = ct_spec_part(spec, CT_MODULE_PROCESS, "capabilities", &p);

	if (r < 0)
		return r;
	p->capabilities = capabilities;
	p->capabilities_set = 1;
	return 0;
}
