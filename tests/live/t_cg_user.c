/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * An ordinary user in a part of the tree that was delegated to it: limits that bite, statistics,
 * events, other limits while the container runs, pause and resume, many starts; and the borders.
 */
#include "t_cg_bite.h"

#include <contain/cgroup.h>
#include <poll.h>

/* What root gives: mid with its controllers, and the group the user's process is in. */
static const char *delegated(void)
{
	const char *top = t_cgroup_make("cgroup2"), *mid = t_fmt("%s/mid", top);
	contain_error *e = NULL;
	int fd, r;

	t_write_file(t_fmt("%s/cgroup.subtree_control", top), "+memory +pids +cpu +io");
	T_SYS(mkdir(mid, 0755));
	fd = open(mid, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	T_SYS(fd);
	r = contain_cgroup_delegate(fd, T_UID, T_GID, &e);
	T_CHECK(r == 0, "%s", contain_error_message(e));
	close(fd);
	T_SYS(mkdir(t_fmt("%s/leaf", mid), 0755));
	return mid;
}

struct user {
	const char *mid, *root;
	t_fn body;
};

static int enter_and_be(void *arg, void *rec)
{
	const struct user *u = arg;

	(void)rec;
	t_write_file(t_fmt("%s/leaf/cgroup.procs", u->mid), "0");
	t_as_user(u->body, arg);
	return 0;
}

static void as_delegate(t_fn body)
{
	struct user u = { .body = body };

	tb_need_v2("memory");
	t_need_userns();
	u.root = ts_root();
	T_CHECK(system(t_fmt("chown -Rh %d:%d %s", T_UID, T_GID, u.root)) == 0);
	u.mid = delegated();
	ck_assert_int_eq(t_child(enter_and_be, &u, NULL, 0), 0);
}

static void user_dir(struct ts *t, const struct user *u, const contain_limits *l)
{
	ts_new(t);
	ck_assert_int_eq(container_spec_set_root_dir(t->spec, AT_FDCWD, u->root, 0), 0);
	ck_assert_int_eq(container_spec_set_limits(t->spec, l), 0);
}

static int limits_bite(void *arg, void *rec)
{
	contain_limits *l = tb_limits();
	struct ts t;

	(void)rec;
	contain_limits_set_memory_max(l, 24 * MIB);
	contain_limits_set_pids_max(l, 9);
	contain_limits_set_cpu_max(l, 40000, 100000);
	user_dir(&t, arg, l);
	ts_sh(&t, "payload mem 100 >/dev/null; echo ended $?; payload fork 20; payload burn 800; "
		  "exec payload sleep");
	ts_start(&t);
	ts_wait_for(&t, "sleeping\n");
	ts_has(&t, "ended 137\n");
	ts_has(&t, "forked 7\nerror EAGAIN\n");
	ck_assert_uint_eq(tb_stat(&t, CONTAIN_STATS_MEMORY, CONTAIN_STAT_OOM_KILL), 1);
	T_CHECK(tb_stat(&t, CONTAIN_STATS_PIDS, CONTAIN_STAT_PIDS_MAX) >= 1);
	T_CHECK(tb_stat(&t, CONTAIN_STATS_CPU, CONTAIN_STAT_CPU_THROTTLED) >= 2);
	ts_kill(&t);
	ck_assert_int_eq(t.oom_killed, 1);
	contain_limits_free(l);
	return 0;
}

TEST_LIMIT(limits_of_a_user, 60)
{
	as_delegate(limits_bite);
}

static int runs_on(void *arg, void *rec)
{
	contain_limits *l = tb_limits();
	contain_events *events = NULL;
	uint32_t type = 0, seen = 0;
	uint64_t used;
	struct ts t;

	(void)rec;
	contain_limits_set_pids_max(l, 3);
	contain_limits_set_memory_max(l, 64 * MIB);
	user_dir(&t, arg, l);
	ts_sh(&t, "payload fork 9; read go; payload fork 9; exec payload burn 1000000");
	container_spec_set_stdio(t.spec, 0, CONTAIN_STDIO_PIPE);
	ts_start(&t);
	ts_wait_for(&t, "forked 1\nerror EAGAIN\n");
	contain_limits_set_pids_max(l, 30);
	tb_update(&t, l);
	T_SYS(write(container_stdio_fd(t.c, 0), "go\n", 3));
	ts_wait_for(&t, "forked 9\n");
	T_CHECK(container_open_events(t.c, CONTAIN_EVENT_FROZEN | CONTAIN_EVENT_THAWED, &events,
				      &t.error) == 0,
		"%s", contain_error_message(t.error));
	ck_assert_int_eq(container_pause(t.c, 5000 * t_slow(), NULL), 0);
	used = tb_stat(&t, CONTAIN_STATS_CPU, CONTAIN_STAT_CPU_USAGE_USEC);
	usleep(100000);
	T_CHECK(tb_stat(&t, CONTAIN_STATS_CPU, CONTAIN_STAT_CPU_USAGE_USEC) - used < 2000);
	while (contain_events_next(events, &type, NULL, NULL) == 1)
		seen |= type;
	ck_assert_int_eq(container_resume(t.c, 5000 * t_slow(), NULL), 0);
	for (int i = 0; i < 100 && !(seen & CONTAIN_EVENT_THAWED); i++) {
		poll(&(struct pollfd){ .fd = contain_events_fd(events), .events = POLLIN }, 1, 100);
		while (contain_events_next(events, &type, NULL, NULL) == 1)
			seen |= type;
	}
	ck_assert_uint_eq(seen, CONTAIN_EVENT_FROZEN | CONTAIN_EVENT_THAWED);
	contain_events_free(events);
	ts_kill(&t);
	contain_limits_free(l);
	return 0;
}

TEST_LIMIT(running_container_of_a_user, 60)
{
	as_delegate(runs_on);
}

/* What is above the border is not the user's: its limits, its processes, groups beside it. */
static int at_the_border(void *arg, void *rec)
{
	const struct user *u = arg;
	int top = open(t_fmt("%s/..", u->mid), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int mid = open(u->mid, O_RDONLY | O_DIRECTORY | O_CLOEXEC), fd;
	contain_limits *l = tb_limits();
	contain_error *e = NULL;

	(void)rec;
	T_SYS(top);
	T_SYS(mid);
	contain_limits_set_memory_max(l, 64 * MIB);
	ck_assert_int_eq(contain_limits_apply(l, mid, &e), -EACCES);
	T_CHECK(!strcmp(contain_error_object(e), "memory.max"), "%s", contain_error_message(e));
	contain_error_free(e);
	ck_assert_int_eq(contain_cgroup_create(top, "beside", &fd, NULL), -EACCES);
	ck_assert_int_eq(contain_cgroup_freeze(mid, 100, NULL), -EACCES);
	ck_assert_int_eq(contain_cgroup_kill(mid, NULL), -EACCES);
	T_CHECK(contain_cgroup_enable(top, "cpuset", NULL) < 0);
	T_CHECK(contain_cgroup_enter(top, NULL) < 0);
	/* below it all of that is */
	ck_assert_int_eq(contain_cgroup_enable(mid, "memory", NULL), 0);
	ck_assert_int_eq(contain_cgroup_create_limited(mid, "own", l, &fd, NULL), 0);
	ck_assert_int_eq(contain_cgroup_freeze(fd, 1000, NULL), 0);
	ck_assert_int_eq(contain_cgroup_thaw(fd, 1000, NULL), 0);
	close(fd);
	ck_assert_int_eq(contain_cgroup_remove(mid, "own", 0, NULL), 0);
	contain_limits_free(l);
	close(mid);
	close(top);
	return 0;
}

TEST(border_of_a_user)
{
	as_delegate(at_the_border);
}

/* One after the other, and nothing is left in between. */
static int in_bulk(void *arg, void *rec)
{
	contain_limits *l = tb_limits();
	int n = ts_rounds(100, 20, 8);
	struct ts t;

	(void)rec;
	contain_limits_set_pids_max(l, 20);
	for (int i = 0; i < n; i++) {
		user_dir(&t, arg, l);
		ts_words(&t, "exit 3");
		ts_run_to(&t, 3);
	}
	contain_limits_free(l);
	return 0;
}

TEST_LIMIT(many_containers_of_a_user, 60)
{
	as_delegate(in_bulk);
}
