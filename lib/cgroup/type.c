/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Domains of processes and groups of threads: cgroup-v2.rst, "Threads". */
#include "act.h"
#include "feature/mounts.h"
#include "group_files.h"
#include "sys/path.h"

#include <contain/cgroup.h>
#include <string.h>

static int type_of(int fd)
{
	static const char *const names[] = { "domain\n", "domain threaded\n", "domain invalid\n",
					     "threaded\n" };
	char text[64];
	ssize_t n = ct_group_read(fd, "cgroup.type", text, sizeof(text));

	if (n == -ENOENT)
		return ct_sys_faccessat2(fd, "cgroup.procs", F_OK, 0) == 0 ? CONTAIN_CGROUP_ROOT :
									     -ENODEV;
	if (n < 0)
		return (int)n;
	for (int i = 0; i < 4; i++)
		if (!strcmp(text, names[i]))
			return i;
	return -EOPNOTSUPP;
}

int contain_cgroup_type(int group_fd, contain_error **reterr)
{
	const char *op = "look-type";
	int r = ct_group_check_arg(reterr, op, "group_fd", group_fd);

	if (r < 0)
		return r;
	r = type_of(group_fd);
	if (r < 0)
		return ct_group_fail(reterr, r, op, "cgroup.type",
				     r == -EOPNOTSUPP ? "a type newer than this library" :
							ct_group_hint(r));
	return r;
}

/* Whether the group at path hands down what cannot be divided among threads. */
static int has_domain_controllers(int fd, const char *path)
{
	static const char *const threaded[] = { "cpu", "cpuset", "perf_event", "pids" };
	char text[512], *name, *rest = text;

	if (ct_group_read(fd, path, text, sizeof(text)) <= 0)
		return 0;
	while ((name = strtok_r(rest, " \n", &rest)) != NULL) {
		size_t i = 0;

		while (i < 4 && strcmp(name, threaded[i]))
			i++;
		if (i == 4)
			return 1;
	}
	return 0;
}

static const char *hint_threaded(int fd)
{
	char byte[2];

	if (type_of(fd) == CONTAIN_CGROUP_ROOT)
		return "the root group is a domain";
	if (has_domain_controllers(fd, "cgroup.subtree_control"))
		return "it hands down a controller that knows no threads (cgroup.subtree_control)";
	if (has_domain_controllers(fd, "../cgroup.subtree_control"))
		return "the group above hands down a controller that knows no threads "
		       "(cgroup.subtree_control)";
	if (ct_group_read(fd, "cgroup.procs", byte, sizeof(byte)) > 0)
		return "it has processes";
	return "the group above cannot be the root of a threaded subtree: another group below it "
	       "has processes, or it lies in such a subtree itself and is not threaded";
}

int contain_cgroup_set_threaded(int group_fd, contain_error **reterr)
{
	const char *op = "set-threaded", *hint;
	int r = ct_group_check_arg(reterr, op, "group_fd", group_fd);

	if (r < 0)
		return r;
	r = type_of(group_fd);
	if (r == CONTAIN_CGROUP_THREADED)
		return 0;
	if (r == CONTAIN_CGROUP_ROOT)
		r = -EOPNOTSUPP;
	else if (r >= 0)
		r = ct_write_at(group_fd, "cgroup.type", "threaded", 8);
	if (r == 0)
		return 0;
	if (r == -EBUSY) /* some kernels, of processes and controllers */
		r = -EOPNOTSUPP;
	if (r == -ENOENT)
		r = -ENODEV;
	hint = r == -EOPNOTSUPP ? hint_threaded(group_fd) : ct_group_hint(r);
	return ct_group_fail(reterr, r, op, "cgroup.type", hint);
}
