/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "values.h"
#include "spec.h"
#include "sys/sys.h"

#include <stdlib.h>
#include <string.h>

#define FD_MAX 65535

int ct_values_set_argv(struct ct_values *v, container_spec *spec, const char *const *argv)
{
	if (argv && (!argv[0] || !*argv[0]))
		return ct_spec_fail(spec, -EINVAL, "argv", "names no program: argv[0] is missing "
							   "or empty");
	return ct_spec_strings(spec, "argv", argv, &v->argv);
}

int ct_values_set_env(struct ct_values *v, container_spec *spec, const char *const *env)
{
	for (size_t i = 0; env && env[i]; i++)
		if (env[i][0] == '=' || !strchr(env[i], '='))
			return ct_spec_fail(spec, -EINVAL, "env", "entry %zu is not NAME=VALUE", i);
	return ct_spec_strings(spec, "env", env, &v->env);
}

int ct_values_set_cwd(struct ct_values *v, container_spec *spec, const char *path)
{
	return ct_spec_inner_path(spec, "cwd", path, &v->cwd);
}

int ct_values_put_fd(struct ct_values *v, int to, int from)
{
	struct ct_fdmap *p;
	size_t i = 0;

	while (i < v->nfds && v->fd[i].to != to)
		i++;
	if (i == v->nfds) {
		p = reallocarray(v->fd, v->nfds + 1, sizeof(*p));
		if (!p)
			return -ENOMEM;
		v->fd = p;
		v->nfds++;
	} else if (v->fd[i].from >= 0) {
		ct_sys_close(v->fd[i].from);
	}
	v->fd[i] = (struct ct_fdmap){ .from = from, .to = to };
	return 0;
}

int ct_values_add_fd(struct ct_values *v, container_spec *spec, int fd, int child_fd)
{
	int copy, r;

	if (child_fd < 0 || child_fd > FD_MAX)
		return ct_spec_fail(spec, -EINVAL, "fd", "%d is not between 0 and %d", child_fd,
				    FD_MAX);
	for (size_t i = 0; i < v->nfds; i++)
		if (v->fd[i].to == child_fd && v->fd[i].listen)
			return ct_spec_fail(spec, -EEXIST, "fd",
					    "%d is one of container_spec_set_listen_fds()",
					    child_fd);
	r = ct_spec_dup_fd(spec, "fd", fd, &copy);
	if (r < 0)
		return r;
	r = ct_values_put_fd(v, child_fd, copy);
	if (r < 0) {
		ct_sys_close(copy);
		return ct_spec_fail(spec, r, "fd", "out of memory");
	}
	return 0;
}

void ct_values_free(struct ct_values *v)
{
	free(v->argv);
	free(v->env);
	free(v->cwd);
	for (size_t i = 0; i < v->nfds; i++)
		if (v->fd[i].from >= 0)
			ct_sys_close(v->fd[i].from);
	if (v->has_exec)
		ct_sys_close(v->exec_fd);
	free(v->listen_names);
	free(v->fd);
	*v = (struct ct_values){ 0 };
}
