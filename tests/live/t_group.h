/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where a process is in the hierarchies, and what their files say. */
#ifndef T_GROUP_H
#define T_GROUP_H

#include "t_spawn.h"

/* The group of a process in the hierarchy that holds a controller, as a path of the host's. */
static inline const char *group_of(int pid, const char *controller)
{
	const char *mount = t_cgroup_mount(controller);
	char text[4096], *line, *save = NULL;

	T_CHECK(t_read_file(t_fmt("/proc/%d/cgroup", pid), text, sizeof(text)) > 0);
	for (line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		char *path = strchr(line, '/');

		if (mount && strstr(line, t_fmt(":%s:/", controller)))
			return t_fmt("%s%s", mount, path);
		if (!mount && strncmp(line, "0::/", 4) == 0)
			return t_fmt("%s%s", t_cgroup_mount("cgroup2"), path);
	}
	T_FAIL("%d is in no group of %s", pid, controller);
	return "";
}

/* One number or word of a group's file. */
static inline const char *value_of(const char *group, const char *file)
{
	char text[4096];

	T_CHECK(t_read_file(t_fmt("%s/%s", group, file), text, sizeof(text)) > 0, "%s/%s", group,
		file);
	return t_fmt("%.*s", (int)strcspn(text, "\n"), text);
}

static inline int is_v1(const char *controller)
{
	return t_cgroup_mount(controller) != NULL;
}

#endif
