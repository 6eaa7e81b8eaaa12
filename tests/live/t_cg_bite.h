/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Containers with limits, looked at from inside, by what they say, and from outside. */
#ifndef T_CG_BITE_H
#define T_CG_BITE_H

#include "t_spawn.h"

#include <contain/resources.h>
#include <signal.h>
#include <sys/mount.h>
#include <time.h>

#define MIB (1ULL << 20)

static inline uint64_t tb_usec(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

/* v2 holds it, or, without it, skips. */
static inline int tb_is_v2(const char *controller)
{
	const char *v2 = t_cgroup_mount("cgroup2");
	char text[512] = "";

	if (v2)
		t_read_file(t_fmt("%s/cgroup.controllers", v2), text, sizeof(text));
	text[strcspn(text, "\n")] = ' ';
	return strstr(t_fmt(" %s", text), t_fmt(" %s ", controller)) != NULL;
}

static inline void tb_need_v2(const char *controller)
{
	t_need_root();
	if (!tb_is_v2(controller))
		t_skip("needs the controller %s in cgroup v2: in guests", controller);
}

static inline void tb_need_one_of_both(const char *controller)
{
	t_need_root();
	if (!tb_is_v2(controller) && (!CT_HAVE_LIBCGROUP || !t_cgroup_mount(controller)))
		t_skip("no hierarchy that can be used has the controller %s", controller);
}

static inline contain_limits *tb_limits(void)
{
	contain_limits *l = NULL;

	ck_assert_int_eq(contain_limits_new(&l), 0);
	return l;
}

static inline void tb_dir(struct ts *t, const contain_limits *l)
{
	ts_dir(t, 0);
	ck_assert_int_eq(container_spec_set_limits(t->spec, l), 0);
}

static inline void tb_update(struct ts *t, const contain_limits *l)
{
	int r = container_update(t->c, l, &t->error);

	T_CHECK(r == 0, "container_update: %d: %s", r, contain_error_message(t->error));
}

/* What its groups say of themselves, now; UINT64_MAX: nothing. */
static inline uint64_t tb_stat(struct ts *t, uint32_t what, int stat)
{
	contain_stats *stats = NULL;
	uint64_t value = UINT64_MAX;
	int r = container_read_stats(t->c, what, &stats, &t->error);

	T_CHECK(r == 0, "container_read_stats: %d: %s", r, contain_error_message(t->error));
	contain_stats_get(stats, stat, &value);
	contain_stats_free(stats);
	return value;
}

/* A file of its v2 group, or "". */
static inline const char *tb_file(struct ts *t, const char *file)
{
	static char text[8192];
	int fd = openat(container_cgroup_fd(t->c), file, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);

	text[n > 0 ? n : 0] = 0;
	if (fd >= 0)
		close(fd);
	return text;
}

/* The number behind a key in such a file; UINT64_MAX: there is no such line. */
static inline uint64_t tb_key(struct ts *t, const char *file, const char *key)
{
	const char *at = tb_file(t, file);
	size_t n = strlen(key);

	for (; *at; at += strcspn(at, "\n"), at += *at == '\n')
		if (!strncmp(at, key, n) && at[n] == ' ')
			return strtoull(at + n, NULL, 10);
	return UINT64_MAX;
}

/* The disk of a guest, mounted in this test's own namespace. */
static inline const char *tb_disk(void)
{
	const char *dir = t_fmt("%s/disk", t_tmpdir());

	if (!t_guest())
		t_skip("needs a disk of its own: in guests");
	T_SYS(mkdir(dir, 0755));
	T_CHECK(mount("/dev/vda", dir, "ext4", 0, NULL) == 0, "/dev/vda: %m");
	return dir;
}

#endif
