/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the live tests of limits have in common. */
#ifndef T_CG_LIMITS_H
#define T_CG_LIMITS_H

#include "harness.h"

#include "cgroup/limits.h"
#include "sys/sys.h"

#include <contain/cgroup.h>
#include <contain/cgroup_io.h>
#include <contain/cgroup_limits.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#define MAX CONTAIN_LIMIT_MAX

static inline int open_dir(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	T_CHECK(fd >= 0, "%s: %m", path);
	return fd;
}

static inline contain_limits *fresh(void)
{
	contain_limits *l;

	ck_assert_int_eq(contain_limits_new(&l), 0);
	return l;
}

static inline void need_controllers(const char *group)
{
	if (access(t_fmt("%s/memory.max", group), F_OK))
		t_skip("the controllers are not in cgroup v2");
}

/* The first line of a file of a group. */
static inline const char *line(const char *group, const char *file)
{
	static char text[4096];

	T_CHECK(t_read_file(t_fmt("%s/%s", group, file), text, sizeof(text)) >= 0, "%s/%s", group,
		file);
	text[strcspn(text, "\n")] = 0;
	return text;
}

static inline int has(const char *group, const char *file)
{
	return access(t_fmt("%s/%s", group, file), F_OK) == 0;
}

static inline void ok(int r, contain_error **err)
{
	T_CHECK(r == 0, "%s", contain_error_message(*err));
}

static inline void told(int r, int code, contain_error **err, const char *object, const char *hint)
{
	T_CHECK(r == code, "%d: %s", r, contain_error_message(*err));
	T_CHECK(!strcmp(contain_error_object(*err), object) &&
			strstr(contain_error_hint(*err), hint),
		"%s", contain_error_message(*err));
	contain_error_free(*err);
	*err = NULL;
}

/* A disk of the guest that the tests may use. */
static inline void disk(uint32_t *major, uint32_t *minor)
{
	contain_error *err = NULL;

	if (!t_guest())
		t_skip("the host's disks are not the tests'");
	ok(contain_block_device(AT_FDCWD, "/dev/vda", major, minor, &err), &err);
}

static inline pid_t sleeper(const char *group)
{
	pid_t pid = fork();

	if (!pid)
		for (;;)
			pause();
	t_write_file(t_fmt("%s/cgroup.procs", group), t_fmt("%d", pid));
	return pid;
}

static inline void stop(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

/* A group with all controllers, below one that hands them down. */
static inline const char *group_with(const char *parent)
{
	need_controllers(parent);
	t_write_file(t_fmt("%s/cgroup.subtree_control", parent), "+cpu +cpuset +io +memory +pids");
	T_SYS(mkdir(t_fmt("%s/g", parent), 0755));
	return t_fmt("%s/g", parent);
}

static inline const char *value(const contain_limits *l, const char *file, const char *sub)
{
	const struct ct_limit *f = ct_limits_find(l, file, sub);

	return f ? f->value : "none";
}

#endif
