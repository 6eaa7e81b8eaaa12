/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "process.h"
#include "plan/spec.h"

#include <errno.h>

int container_spec_set_argv(container_spec *spec, const char *const *argv)
{
	struct ct_process_part *p;
	int r = ct_spec_part(spec, CT_MODULE_PROCESS, "argv", &p);

	return r < 0 ? r : ct_values_set_argv(&p->values, spec, argv);
}

int container_spec_set_env(container_spec *spec, const char *const *env)
{
	struct ct_process_part *p;
	int r = ct_spec_part(spec, CT_MODULE_PROCESS, "env", &p);

	return r < 0 ? r : ct_values_set_env(&p->values, spec, env);
}

int container_spec_set_cwd(container_spec *spec, const char *path)
{
	struct ct_process_part *p;
	int r = ct_spec_part(spec, CT_MODULE_PROCESS, "cwd", &p);

	return r < 0 ? r : ct_values_set_cwd(&p->values, spec, path);
}

int container_spec_add_fd(container_spec *spec, int fd, int child_fd)
{
	struct ct_process_part *p;
	int r = ct_spec_part(spec, CT_MODULE_PROCESS, "fd", &p);

	return r < 0 ? r : ct_values_add_fd(&p->values, spec, fd, child_fd);
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
	r = ct_values_put_fd(&p->values, child_fd, from);
	return r < 0 ? ct_spec_fail(spec, r, "stdio", "out of memory") : 0;
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
