/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Limits and the parent group of one start: controllers of cgroup v2, and those bound to v1. */
#include "t_group.h"
#include "t_overrides.h"

#define MIB (1ULL << 20)

/* memory, processes and quota of the running container; "none" for a limit that nobody set */
static const char *limits_of(const container *c)
{
	static const struct {
		const char *controller, *v1, *v2;
	} files[] = {
		{ "memory", "memory.limit_in_bytes", "memory.max" },
		{ "pids", "pids.max", "pids.max" },
		{ "cpu", "cpu.cfs_quota_us", "cpu.max" },
	};
	const char *all = "";

	for (int i = 0; i < 3; i++) {
		int v1 = is_v1(files[i].controller);
		const char *group = group_of(container_pid(c), files[i].controller);
		char text[100] = "max";

		/* v1: the group above is the caller's; v2: the controller is not in use, or max */
		if (!v1 || strstr(group, "/contain/"))
			t_read_file(t_fmt("%s/%s", group, v1 ? files[i].v1 : files[i].v2), text,
				    sizeof(text));
		text[strcspn(text, " \n")] = 0;
		all = t_fmt("%s%s%s", all, i ? " " : "", strcmp(text, "max") ? text : "none");
	}
	return all;
}

static const char *limits_with(struct tp *p, const container_overrides *o)
{
	const char *now;

	tp_start(p, o);
	now = limits_of(p->t.c);
	T_CHECK(container_kill(p->t.c, NULL) == 0);
	tp_end(p, 128 + 9);
	return now;
}

TEST(limits_of_starts)
{
	container_overrides *less, *more, *added;
	struct tp p;

	ts_need_limits();
	tp_new(&p);
	container_spec_set_root_dir(p.t.spec, AT_FDCWD, ts_root(), CONTAIN_ROOT_READONLY);
	container_spec_set_memory_max(p.t.spec, 64 * MIB);
	container_spec_set_pids_max(p.t.spec, 33);
	ts_words(&p.t, "sleep");
	tp_compile(&p);
	less = tp_overrides(&p);
	ck_assert_int_eq(container_overrides_set_memory_max(less, 16 * MIB), 0);
	more = tp_overrides(&p);
	ck_assert_int_eq(container_overrides_set_memory_max(more, MIB), 0);
	ck_assert_int_eq(container_overrides_set_memory_max(more, 128 * MIB), 0);
	ck_assert_int_eq(container_overrides_set_pids_max(more, 44), 0);
	/* which the plan does not have */
	added = tp_overrides(&p);
	ck_assert_int_eq(container_overrides_set_cpu_max(added, 50000, 100000), 0);
	for (int i = 0; i < 2; i++) {
		ck_assert_str_eq(limits_with(&p, less), "16777216 33 none");
		ck_assert_str_eq(limits_with(&p, more), "134217728 44 none");
		ck_assert_str_eq(limits_with(&p, added), "67108864 33 50000");
		ck_assert_str_eq(limits_with(&p, NULL), "67108864 33 none");
	}
	tp_free(&p);
}

/* A plan without any limit: groups that only this start has, and what is seen of them inside. */
TEST(limits_of_a_plan_without)
{
	container_overrides *o;
	struct tp p;

	ts_need_limits();
	tp_dir(&p, "sleep");
	o = tp_overrides(&p);
	container_overrides_set_pids_max(o, 7);
	ck_assert_str_eq(limits_with(&p, NULL), "none none none");
	ck_assert_str_eq(limits_with(&p, o), "none 7 none");
	ck_assert_str_eq(limits_with(&p, NULL), "none none none");
	tp_free(&p);
	tp_dir(&p, "mem 60");
	o = tp_overrides(&p);
	container_overrides_set_memory_max(o, 24 * MIB);
	tp_run(&p, NULL, 0);
	ck_assert_int_eq(p.t.oom_killed, 0);
	tp_run(&p, o, 128 + 9);
	ck_assert_int_eq(p.t.oom_killed, 1);
	tp_free(&p);
}

/*
 * Without a group that it may divide, an ordinary user is told at the start what a compile tells.
 */
static int limits_as_user(void *arg, void *rec)
{
	container_overrides *o;
	struct tp p;

	(void)arg;
	(void)rec;
	tp_dir(&p, "exit 0");
	o = tp_overrides(&p);
	container_overrides_set_memory_max(o, 64 * MIB);
	tp_fails(&p, o, EACCES, CONTAIN_PHASE_PLAN, "overrides", "memory_max",
		 is_v1("memory") ? "cgroup v1" : "systemd-run");
	tp_run(&p, NULL, 0);
	tp_free(&p);
	return 0;
}

TEST(limits_of_an_ordinary_user)
{
	t_need_root();
	t_need_userns();
	t_as_user(limits_as_user, NULL);
}

/* ---- the parent ---- */

static const char *v2_group_with(struct tp *p, const container_overrides *o)
{
	char text[4096], *line, *save = NULL;
	const char *group = NULL;

	tp_start(p, o);
	T_CHECK(t_read_file(t_fmt("/proc/%d/cgroup", container_pid(p->t.c)), text, sizeof(text)) >
		0);
	for (line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
		if (!strncmp(line, "0::", 3))
			group = t_fmt("%s", line + 3);
	T_CHECK(container_kill(p->t.c, NULL) == 0);
	tp_end(p, 128 + 9);
	T_CHECK(group);
	return group;
}

TEST(parents_of_starts)
{
	const char *one, *two, *mount;
	container_overrides *a, *b;
	struct tp p;
	int fd;

	t_need_root();
	one = t_cgroup_make("cgroup2");
	two = t_cgroup_make("cgroup2");
	mount = t_cgroup_mount("cgroup2");
	tp_dir(&p, "sleep");
	a = tp_overrides(&p);
	ck_assert_int_eq(container_overrides_set_cgroup_parent(a, AT_FDCWD, one), 0);
	fd = open(two, O_PATH | O_DIRECTORY | O_CLOEXEC);
	b = tp_overrides(&p);
	ck_assert_int_eq(container_overrides_set_cgroup_parent(b, AT_FDCWD, one), 0);
	ck_assert_int_eq(container_overrides_set_cgroup_parent(b, fd, ""), 0);
	close(fd);
	for (int i = 0; i < 2; i++) {
		const char *group = v2_group_with(&p, a);
		size_t n = strlen(one) - strlen(mount);

		T_CHECK(!strncmp(group, one + strlen(mount), n) && group[n] == '/', "%s", group);
		group = v2_group_with(&p, b);
		n = strlen(two) - strlen(mount);
		T_CHECK(!strncmp(group, two + strlen(mount), n) && group[n] == '/', "%s", group);
		group = v2_group_with(&p, NULL);
		T_CHECK(!strncmp(group, "/contain/", 9), "%s", group);
	}
	T_SYS(rmdir(one));
	tp_fails(&p, a, ENOENT, CONTAIN_PHASE_PARENT, "group-create", one, "");
	T_SYS(mkdir(one, 0755));
	tp_free(&p);
}
