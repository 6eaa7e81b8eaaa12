/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "process.h"
#include "plan/spec.h"

#include <contain/terminal.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

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
	else if (source == CONTAIN_STDIO_PIPE)
		from = CT_FD_PIPE;
	else if (source == CONTAIN_STDIO_PTY)
		from = CT_FD_PTY;
	else
		return ct_spec_fail(spec, -EINVAL, "stdio", "unknown mode %d", source);
	r = ct_values_put_fd(&p->values, child_fd, from);
	return r < 0 ? ct_spec_fail(spec, r, "stdio", "out of memory") : 0;
}

int container_spec_set_no_new_privs(container_spec *spec, int on)
{
	return ct_spec_flag(spec, CT_MODULE_PROCESS, "no_new_privs", on,
			    offsetof(struct ct_process_part, no_new_privs));
}

int container_spec_set_new_session(container_spec *spec, int on)
{
	return ct_spec_flag(spec, CT_MODULE_PROCESS, "new_session", on,
			    offsetof(struct ct_process_part, new_session));
}

int container_spec_set_capabilities(container_spec *spec, uint64_t capabilities)
{
	struct ct_process_part *p;
	int r = ct_spec_part(spec, CT_MODULE_PROCESS, "capabilities", &p);

	if (r < 0)
		return r;
	p->capabilities = capabilities;
	p->capabilities_set = 1;
	p->identity.sets_given = 0;
	return 0;
}

int container_spec_set_user(container_spec *spec, uint32_t uid, uint32_t gid)
{
	struct ct_process_part *p;
	int r = ct_spec_part(spec, CT_MODULE_PROCESS, "user", &p);

	if (r < 0)
		return r;
	if (uid == UINT32_MAX || gid == UINT32_MAX)
		return ct_spec_fail(spec, -EINVAL, uid == UINT32_MAX ? "user.uid" : "user.gid",
				    "4294967295 is no id");
	p->uid = uid;
	p->gid = gid;
	p->user_set = 1;
	ct_identity_no_name(&p->identity);
	return 0;
}

int container_spec_set_groups(container_spec *spec, const uint32_t *gids, size_t n)
{
	struct ct_process_part *p;
	uint32_t *copy;
	int r = ct_spec_part(spec, CT_MODULE_PROCESS, "groups", &p);

	if (r < 0)
		return r;
	if (!gids && n)
		return ct_spec_fail(spec, -EINVAL, "groups", "is NULL");
	if (n > CT_GROUPS_MAX)
		return ct_spec_fail(spec, -EINVAL, "groups", "%zu are more than the kernel's %d", n,
				    CT_GROUPS_MAX);
	for (size_t i = 0; i < n; i++)
		if (gids[i] == UINT32_MAX)
			return ct_spec_fail(spec, -EINVAL, "groups", "4294967295 at %zu is no id",
					    i);
	copy = malloc(n ? n * sizeof(*copy) : 1);
	if (!copy)
		return ct_spec_fail(spec, -ENOMEM, "groups", "out of memory");
	if (n)
		memcpy(copy, gids, n * sizeof(*copy));
	free(p->groups);
	p->groups = copy;
	p->ngroups = n;
	p->groups_set = 1;
	return 0;
}

int container_spec_set_rlimit(container_spec *spec, int resource, uint64_t soft, uint64_t hard)
{
	struct ct_process_part *p;
	int r = ct_spec_part(spec, CT_MODULE_PROCESS, "rlimit", &p);

	if (r < 0)
		return r;
	if (resource < 0 || resource >= CT_LIMITS)
		return ct_spec_fail(spec, -EINVAL, "rlimit", "unknown resource %d", resource);
	if (soft > hard)
		return ct_spec_fail(spec, -EINVAL, "rlimit", "%s: the soft limit is above the hard "
							     "one",
				    ct_process_limit_names[resource]);
	p->limit[resource] = (struct ct_process_limit){ soft, hard };
	p->limits_set |= 1U << resource;
	return 0;
}

int container_spec_set_umask(container_spec *spec, uint32_t mask)
{
	struct ct_process_part *p;
	int r = ct_spec_part(spec, CT_MODULE_PROCESS, "umask", &p);

	if (r < 0)
		return r;
	if (mask > 0777)
		return ct_spec_fail(spec, -EINVAL, "umask", "0%o has bits beyond 0777", mask);
	p->umask = mask;
	p->umask_set = 1;
	return 0;
}

int container_spec_set_oom_score_adj(container_spec *spec, int score)
{
	struct ct_process_part *p;
	int r = ct_spec_part(spec, CT_MODULE_PROCESS, "oom_score_adj", &p);

	if (r < 0)
		return r;
	if (score < -1000 || score > 1000)
		return ct_spec_fail(spec, -EINVAL, "oom_score_adj",
				    "%d is not between -1000 and 1000", score);
	p->oom_score_adj = score;
	p->oom_score_set = 1;
	return 0;
}
