/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Groups of one name in several v1 hierarchies, for tests. */
#ifndef T_CG_V1_H
#define T_CG_V1_H

#include "config.h"
#include "harness.h"

#include <contain/contain.h>
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MIB (1024ULL * 1024)
#define PREFIX "t-v1-"

static const char *const v1_controllers[] = { "memory", "cpu",	   "cpuset",  "pids",
					      "io",	"devices", "freezer", NULL };

static inline const char *v1_mount(const char *controller)
{
	const char *mount = t_cgroup_mount(strcmp(controller, "io") ? controller : "blkio");

	if (!mount)
		t_skip("the controller %s is not bound to cgroup v1 here", controller);
	return mount;
}

static inline char *v1_path(const char *controller, const char *name, const char *file)
{
	return t_fmt("%s/%s/%s", v1_mount(controller), name, file);
}

static inline void v1_remove_below(const char *dir)
{
	struct dirent *e;
	DIR *d = opendir(dir);

	while (d && (e = readdir(d)))
		if (e->d_type == DT_DIR && *e->d_name != '.')
			v1_remove_below(t_fmt("%s/%s", dir, e->d_name));
	if (d)
		closedir(d);
	rmdir(dir);
}

/* What an earlier test left behind that failed half-way: a group with nobody in it. */
static inline void v1_sweep(void)
{
	for (int i = 0; v1_controllers[i]; i++) {
		DIR *d = opendir(v1_mount(v1_controllers[i]));
		struct dirent *e;

		while (d && (e = readdir(d)))
			if (!strncmp(e->d_name, PREFIX, strlen(PREFIX)))
				v1_remove_below(v1_path(v1_controllers[i], e->d_name, ""));
		if (d)
			closedir(d);
	}
}

/* A name that no group has. */
static inline const char *v1_free_name(void)
{
	const char *p;
	char *name;

	t_need_root();
	v1_sweep();
	t_state_cgroup_prefix(PREFIX);
	name = t_fmt(PREFIX "%s", t_tmpdir() + 1);
	for (p = name; (p = strchr(p, '/')); p++)
		name[p - name] = '-';
	return name;
}

/* The same for tests that make groups. */
static inline const char *v1_name(void)
{
	if (!CT_HAVE_LIBCGROUP)
		t_skip("built without libcgroup");
	return v1_free_name();
}

static inline int v1_create(const char *controller, const char *name)
{
	contain_error *e = NULL;
	int fd = -1, r = contain_cgroup_v1_create(controller, name, &fd, &e);

	T_CHECK(r == 0 && fd >= 0, "%s: %s", controller, contain_error_message(e));
	T_CHECK(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	return fd;
}

static inline void v1_remove(const char *controller, const char *name)
{
	contain_error *e = NULL;
	int r = contain_cgroup_v1_remove(controller, name, 5000, &e);

	T_CHECK(r == 0, "%s: %s", controller, contain_error_message(e));
}

/* The file's first line; "" when it is empty. */
static inline const char *v1_text(const char *controller, const char *name, const char *file)
{
	char text[4096];
	const char *path = v1_path(controller, name, file);

	T_CHECK(t_read_file(path, text, sizeof(text)) >= 0, "%s: %m", path);
	text[strcspn(text, "\n")] = 0;
	return t_fmt("%s", text);
}

static inline contain_limits *limits_new(void)
{
	contain_limits *l = NULL;

	ck_assert_int_eq(contain_limits_new(&l), 0);
	return l;
}

#define SET(l, field, ...) ck_assert_int_eq(contain_limits_set_##field((l), __VA_ARGS__), 0)

static inline void v1_apply(const contain_limits *l, const char *name)
{
	contain_error *e = NULL;
	int r = contain_cgroup_v1_apply(l, name, &e);

	T_CHECK(r == 0, "%s", contain_error_message(e));
}

/* "key value" lines of limits, of those that have this key, or of all. */
static inline const char *limits_text(const contain_limits *l, const char *key)
{
	const char *text = "";

	for (int i = 0; i < contain_limits_count(l); i++)
		if (!key || !strcmp(contain_limits_key(l, i), key))
			text = t_fmt("%s%s %s\n", text, contain_limits_key(l, i),
				     contain_limits_value(l, i));
	return text;
}

#endif
