/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What contain/resources.h does to the group of a container: on every host, in v2 or v1. */
#include "t_group.h"

#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>

#define MIB (1ULL << 20)

static void need_v2(void)
{
	t_need_root();
	if (!t_cgroup_mount("cgroup2"))
		t_skip("no cgroup2 file system is mounted");
}

static contain_limits *limits_new(void)
{
	contain_limits *l = NULL;

	ck_assert_int_eq(contain_limits_new(&l), 0);
	return l;
}

/* Kernel text without its newline at the end. */
static int is_frozen(const char *group)
{
	char text[256];

	T_CHECK(t_read_file(t_fmt("%s/cgroup.events", group), text, sizeof(text)) > 0);
	return strstr(text, "frozen 1") != NULL;
}

static int has_text(const char *path, const char *what)
{
	char text[4096];

	T_CHECK(t_read_file(path, text, sizeof(text)) > 0, "%s", path);
	return strstr(text, what) != NULL;
}

static uint64_t used(container *c)
{
	contain_stats *s = NULL;
	uint64_t v = 0;

	ck_assert_int_eq(container_read_stats(c, CONTAIN_STATS_CPU, &s, NULL), 0);
	ck_assert_int_eq(contain_stats_get(s, CONTAIN_STAT_CPU_USAGE_USEC, &v), 0);
	contain_stats_free(s);
	return v;
}

/* ---- pause ---- */

TEST(pause_and_resume)
{
	const char *group;
	uint64_t before, after;
	struct ts t;

	need_v2();
	ts_dir(&t, CONTAIN_ROOT_READONLY);
	ts_words(&t, "burn 100000000");
	ts_start(&t);
	group = group_of(container_pid(t.c), "none");
	for (int i = 0; i < 3; i++) {
		ck_assert_int_eq(container_pause(t.c, 10000 * t_slow(), NULL), 0);
		ck_assert_int_eq(container_pause(t.c, -1, NULL), 0);
		ck_assert_int_eq(is_frozen(group), 1);
		before = used(t.c);
		usleep(50000);
		after = used(t.c);
		T_CHECK(after == before, "it used %llu us while paused",
			(unsigned long long)(after - before));
		ck_assert_int_eq(container_resume(t.c, 10000 * t_slow(), NULL), 0);
		ck_assert_int_eq(container_resume(t.c, 0, NULL), 0);
		ck_assert_int_eq(is_frozen(group), 0);
		for (int k = 0; k < 1000 * t_slow() && used(t.c) == after; k++)
			usleep(1000);
		T_CHECK(used(t.c) > after, "it does not run on");
	}
	/* SIGKILL ends a paused one */
	ck_assert_int_eq(container_pause(t.c, -1, NULL), 0);
	ts_kill(&t);
	ck_assert_int_eq(t.signal, SIGKILL);
}

/* The v2 mount is hidden in a mount namespace: what is left is cgroup v1 alone. */
static int on_v1_alone(void *arg, void *rec)
{
	contain_devices *d = NULL;
	contain_limits *l = limits_new();
	const char *group;
	struct ts t;

	(void)arg;
	(void)rec;
	T_SYS(unshare(CLONE_NEWNS));
	T_SYS(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL));
	T_SYS(umount2(t_cgroup_mount("cgroup2"), MNT_DETACH));
	ct_facts_drop();
	ts_dir(&t, CONTAIN_ROOT_READONLY);
	contain_limits_set_pids_max(l, 20);
	container_spec_set_limits(t.spec, l);
	ck_assert_int_eq(contain_devices_new_default(&d), 0);
	container_spec_set_devices(t.spec, d);
	ts_words(&t, "sleep");
	ts_start(&t);
	T_CHECK(container_cgroup_fd(t.c) == -ENOENT);
	group = group_of(container_pid(t.c), "freezer");
	ck_assert_int_eq(container_pause(t.c, 10000 * t_slow(), NULL), 0);
	ck_assert_str_eq(value_of(group, "freezer.state"), "FROZEN");
	ck_assert_int_eq(container_resume(t.c, 10000 * t_slow(), NULL), 0);
	ck_assert_str_eq(value_of(group, "freezer.state"), "THAWED");
	contain_limits_set_pids_max(l, 30);
	ck_assert_int_eq(container_update(t.c, l, NULL), 0);
	ck_assert_str_eq(value_of(group_of(container_pid(t.c), "pids"), "pids.max"), "30");
	ck_assert_int_eq(contain_devices_deny(d, 'c', 1, 7, CONTAIN_DEVICE_WRITE, NULL), 0);
	ck_assert_int_eq(container_update_devices(t.c, d, NULL), 0);
	group = t_fmt("%s/devices.list", group_of(container_pid(t.c), "devices"));
	T_CHECK(has_text(group, "c 1:3 rwm") && !has_text(group, "c 1:7 rwm"));
	contain_devices_free(d);
	contain_limits_free(l);
	/* a frozen one is killed all the same */
	ck_assert_int_eq(container_pause(t.c, -1, NULL), 0);
	ts_kill(&t);
	ck_assert_int_eq(t.signal, SIGKILL);
	return 0;
}

TEST(without_cgroup_v2)
{
	ts_need_limits();
	if (!t_cgroup_mount("freezer") || !t_cgroup_mount("devices") || !CT_HAVE_LIBCGROUP)
		t_skip("freezer and devices are not bound to cgroup v1 here");
	ck_assert_int_eq(t_child(on_v1_alone, NULL, NULL, 0), 0);
}

TEST(below_a_frozen_group)
{
	contain_error *e = NULL;
	const char *parent;
	struct ts t;

	need_v2();
	parent = t_cgroup_make("cgroup2");
	ts_dir(&t, CONTAIN_ROOT_READONLY);
	container_spec_set_cgroup_parent(t.spec, AT_FDCWD, parent);
	ts_words(&t, "sleep");
	ts_start(&t);
	t_write_file(t_fmt("%s/cgroup.freeze", parent), "1");
	for (int i = 0; i < 10000 * t_slow() && !is_frozen(parent); i++)
		usleep(1000);
	ck_assert_int_eq(container_resume(t.c, 1000, &e), -EBUSY);
	T_CHECK(strstr(contain_error_message(e), "above"), "%s", contain_error_message(e));
	contain_error_free(e);
	t_write_file(t_fmt("%s/cgroup.freeze", parent), "0");
	ck_assert_int_eq(container_resume(t.c, 10000 * t_slow(), NULL), 0);
	ts_kill(&t);
}

/* ---- limits while it runs ---- */

static const char *memory_file(void)
{
	return is_v1("memory") ? "memory.limit_in_bytes" : "memory.max";
}

TEST(update)
{
	contain_limits *l = limits_new();
	const char *memory, *pids;
	contain_error *e = NULL;
	struct ts t;

	ts_need_limits();
	ts_dir(&t, CONTAIN_ROOT_READONLY);
	contain_limits_set_memory_max(l, 64 * MIB);
	contain_limits_set_pids_max(l, 20);
	ck_assert_int_eq(container_spec_set_limits(t.spec, l), 0);
	contain_limits_free(l);
	ts_words(&t, "sleep");
	ts_start(&t);
	memory = group_of(container_pid(t.c), "memory");
	pids = group_of(container_pid(t.c), "pids");
	ck_assert_str_eq(value_of(memory, memory_file()), "67108864");
	ck_assert_str_eq(value_of(pids, "pids.max"), "20");
	l = limits_new();
	contain_limits_set_memory_max(l, 32 * MIB);
	contain_limits_set_pids_max(l, CONTAIN_LIMIT_MAX);
	T_CHECK(container_update(t.c, l, &e) == 0, "%s", contain_error_message(e));
	ck_assert_str_eq(value_of(memory, memory_file()), "33554432");
	ck_assert_str_eq(value_of(pids, "pids.max"), "max");
	/* one that the kernel does not take: those before it are brought back */
	contain_limits_set_memory_max(l, 16 * MIB);
	contain_limits_set_pids_max(l, 7);
	contain_limits_set_raw(l, "cgroup.max.descendants", "many");
	ck_assert_int_eq(container_update(t.c, l, &e), -EINVAL);
	ck_assert_str_eq(contain_error_object(e), "cgroup.max.descendants");
	contain_error_free(e);
	ck_assert_str_eq(value_of(memory, memory_file()), "33554432");
	ck_assert_str_eq(value_of(pids, "pids.max"), "max");
	contain_limits_free(l);
	ts_kill(&t);
}

/* A hierarchy of v1 that the container is not in; in v2 a controller that was not asked for. */
TEST(update_of_another_controller)
{
	contain_limits *l = limits_new();
	contain_error *e = NULL;
	const char *memory;
	struct ts t;

	ts_need_limits();
	ts_dir(&t, CONTAIN_ROOT_READONLY);
	container_spec_set_memory_max(t.spec, 64 * MIB);
	ts_words(&t, "sleep");
	ts_start(&t);
	memory = group_of(container_pid(t.c), "memory");
	contain_limits_set_memory_max(l, 32 * MIB);
	contain_limits_set_pids_max(l, 9);
	if (is_v1("pids")) {
		ck_assert_int_eq(container_update(t.c, l, &e), -EOPNOTSUPP);
		T_CHECK(strstr(contain_error_message(e), "bound to cgroup v1"), "%s",
			contain_error_message(e));
		contain_error_free(e);
		ck_assert_str_eq(value_of(memory, memory_file()), "67108864");
	} else {
		T_CHECK(container_update(t.c, l, &e) == 0, "%s", contain_error_message(e));
		ck_assert_str_eq(value_of(memory, memory_file()), "33554432");
		ck_assert_str_eq(value_of(group_of(container_pid(t.c), "pids"), "pids.max"), "9");
	}
	contain_limits_free(l);
	ts_kill(&t);
}

/* That there is no such disk does not say that the container ended. */
TEST(update_with_a_disk_that_is_not_there)
{
	contain_limits *l = limits_new();
	contain_error *e = NULL;
	struct ts t;

	need_v2();
	if (is_v1("blkio"))
		t_skip("io is bound to cgroup v1");
	contain_limits_set_io_max(l, 99, 9, CONTAIN_IO_RBPS, 100);
	ts_dir(&t, CONTAIN_ROOT_READONLY);
	container_spec_set_memory_max(t.spec, 64 * MIB);
	ts_words(&t, "sleep");
	ts_start(&t);
	ck_assert_int_eq(container_update(t.c, l, &e), -ENODEV);
	ck_assert_str_eq(contain_error_object(e), "io.max");
	T_CHECK(strstr(contain_error_hint(e), "no disk"), "%s", contain_error_message(e));
	contain_error_free(e);
	contain_limits_free(l);
	ts_kill(&t);
}

/* ---- what it uses, what happens ---- */

TEST(statistics)
{
	contain_stats *s = NULL;
	uint64_t cpu = 0, memory = 0, pids = 0;
	struct ts t;

	ts_need_limits();
	ts_dir(&t, CONTAIN_ROOT_READONLY);
	container_spec_set_memory_max(t.spec, 64 * MIB);
	container_spec_set_pids_max(t.spec, 20);
	ts_words(&t, "burn 30 -- sleep");
	ts_start(&t);
	ts_wait_for(&t, "sleeping\n");
	ck_assert_int_eq(container_read_stats(t.c, CONTAIN_STATS_ALL, &s, NULL), 0);
	ck_assert_int_eq(contain_stats_get(s, CONTAIN_STAT_CPU_USAGE_USEC, &cpu), 0);
	ck_assert_int_eq(contain_stats_get(s, CONTAIN_STAT_MEMORY_CURRENT, &memory), 0);
	ck_assert_int_eq(contain_stats_get(s, CONTAIN_STAT_PIDS_CURRENT, &pids), 0);
	T_CHECK(cpu >= 20000, "%llu", (unsigned long long)cpu);
	T_CHECK(memory > 4096 && memory < 64 * MIB, "%llu", (unsigned long long)memory);
	ck_assert_uint_eq(pids, 1);
	contain_stats_free(s);
	ts_kill(&t);
}

TEST(events)
{
	uint32_t type, seen = 0;
	contain_events *ev = NULL;
	struct pollfd p;
	struct ts t;

	need_v2();
	ts_dir(&t, CONTAIN_ROOT_READONLY);
	ts_words(&t, "sleep");
	ts_start(&t);
	ck_assert_int_eq(container_open_events(t.c,
					       CONTAIN_EVENT_EMPTY | CONTAIN_EVENT_FROZEN |
						       CONTAIN_EVENT_THAWED,
					       &ev, NULL),
			 0);
	ck_assert_int_eq(container_pause(t.c, -1, NULL), 0);
	ck_assert_int_eq(container_resume(t.c, -1, NULL), 0);
	ck_assert_int_eq(container_pause(t.c, -1, NULL), 0);
	ck_assert_int_eq(container_kill(t.c, NULL), 0);
	p = (struct pollfd){ .fd = contain_events_fd(ev), .events = POLLIN };
	for (int i = 0; i < 100 && !(seen & CONTAIN_EVENT_EMPTY); i++) {
		ck_assert_int_eq(poll(&p, 1, 10000 * t_slow()), 1);
		while (contain_events_next(ev, &type, NULL, NULL) > 0)
			seen |= type;
	}
	T_CHECK(seen & CONTAIN_EVENT_FROZEN, "%x", seen);
	T_CHECK(seen & CONTAIN_EVENT_EMPTY, "%x", seen);
	contain_events_free(ev);
	ts_end(&t);
}

/* ---- a group that is there ---- */

TEST(in_a_group_of_the_callers)
{
	contain_limits *l = limits_new();
	contain_stats *s = NULL;
	contain_error *e = NULL;
	const char *group;
	struct ts t;

	need_v2();
	group = t_cgroup_make("cgroup2");
	ts_dir(&t, CONTAIN_ROOT_READONLY);
	ck_assert_int_eq(container_spec_set_cgroup(t.spec, AT_FDCWD, group), 0);
	ts_words(&t, "sleep");
	ts_start(&t);
	ck_assert_str_eq(group_of(container_pid(t.c), "none"), group);
	/* what others may be in is not paused or bounded for this one */
	contain_limits_set_pids_max(l, 5);
	ck_assert_int_eq(container_update(t.c, l, &e), -ENOENT);
	T_CHECK(strstr(contain_error_message(e), "container_spec_set_cgroup"), "%s",
		contain_error_message(e));
	contain_error_free(e);
	contain_limits_free(l);
	ck_assert_int_eq(container_pause(t.c, 0, NULL), -ENOENT);
	ck_assert_int_eq(container_resume(t.c, 0, NULL), -ENOENT);
	ck_assert_int_eq(container_read_stats(t.c, CONTAIN_STATS_CPU, &s, NULL), 0);
	contain_stats_free(s);
	ck_assert_int_eq(container_kill(t.c, NULL), 0);
	ck_assert_int_eq(container_wait(t.c, 10000 * t_slow(), NULL, NULL), 0);
	ck_assert_int_eq(container_delete(t.c, 10000 * t_slow(), NULL), 0);
	ck_assert_int_eq(access(group, F_OK), 0);
	ts_free(&t);
}

TEST(in_a_group_that_will_not_do)
{
	const char *group, *inner;
	struct ts t;
	int fd;

	need_v2();
	group = t_cgroup_make("cgroup2");
	ts_dir(&t, CONTAIN_ROOT_READONLY);
	container_spec_set_cgroup(t.spec, AT_FDCWD, t_fmt("%s/none", group));
	ts_words(&t, "sleep");
	ts_fails(&t, ENOENT, CONTAIN_PHASE_PARENT, "group-place", "", "does not exist");
	ts_dir(&t, CONTAIN_ROOT_READONLY);
	container_spec_set_cgroup(t.spec, AT_FDCWD, "/tmp");
	ts_words(&t, "sleep");
	ts_fails(&t, EOPNOTSUPP, CONTAIN_PHASE_PARENT, "group-place", "/tmp", "not on a cgroup2");
	t_write_file(t_fmt("%s/cgroup.freeze", group), "1");
	ts_dir(&t, CONTAIN_ROOT_READONLY);
	container_spec_set_cgroup(t.spec, AT_FDCWD, group);
	ts_words(&t, "sleep");
	ts_fails(&t, EBUSY, CONTAIN_PHASE_PARENT, "group-place", group, "frozen");
	t_write_file(t_fmt("%s/cgroup.freeze", group), "0");
	/* pinned by an fd, and another one when it starts */
	inner = t_fmt("%s/inner", group);
	T_SYS(mkdir(inner, 0755));
	ts_dir(&t, CONTAIN_ROOT_READONLY);
	fd = open(inner, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	container_spec_set_cgroup(t.spec, fd, "");
	close(fd);
	ts_words(&t, "sleep");
	T_SYS(rmdir(inner));
	T_SYS(mkdir(inner, 0755));
	ts_fails(&t, ESTALE, CONTAIN_PHASE_PARENT, "group-place", inner, "another");
	/* killed once: what is started in it would be killed at birth */
	fd = open(inner, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	ck_assert_int_eq(contain_cgroup_kill(fd, NULL), 0);
	close(fd);
	ts_dir(&t, CONTAIN_ROOT_READONLY);
	container_spec_set_cgroup(t.spec, AT_FDCWD, inner);
	ts_words(&t, "sleep");
	ts_fails(&t, EBUSY, CONTAIN_PHASE_PARENT, "group-place", inner, "killed");
	T_SYS(rmdir(inner));
}

/*
 * Linux 6.14 and later compare how often the group of the caller and the new one were killed, and
 * kill at birth when that differs.
 */
static int start_below_a_killed_group(void *arg, void *rec)
{
	container_plan *plan = NULL;
	struct ts t;

	(void)rec;
	t_write_file(t_fmt("%s/cgroup.procs", (const char *)arg), "0");
	ts_dir(&t, CONTAIN_ROOT_READONLY);
	ts_words(&t, "ids");
	ts_run(&t);
	/* a plan remembers, and finds again when the caller has moved */
	ts_dir(&t, CONTAIN_ROOT_READONLY);
	ts_words(&t, "ids");
	ck_assert_int_eq(container_plan_compile(t.spec, &plan, NULL), 0);
	for (int i = 0; i < 4; i++) {
		container *c = NULL;
		contain_error *e = NULL;

		if (i == 2)
			t_write_file(t_fmt("%s/cgroup.procs", t_cgroup_mount("cgroup2")), "0");
		T_CHECK(container_plan_spawn(plan, NULL, &c, &e) == 0, "%s",
			contain_error_message(e));
		ck_assert_int_eq(container_wait(c, 10000 * t_slow(), NULL, NULL), 0);
		ck_assert_int_eq(container_delete(c, 10000 * t_slow(), NULL), 0);
		container_free(c);
	}
	container_plan_free(plan);
	ts_free(&t);
	return 0;
}

TEST(from_a_group_that_was_killed)
{
	const char *group;

	need_v2();
	group = t_cgroup_make("cgroup2");
	for (int i = 0; i < 3; i++)
		t_write_file(t_fmt("%s/cgroup.kill", group), "1");
	ck_assert_int_eq(t_child(start_below_a_killed_group, (void *)group, NULL, 0), 0);
}

/* ---- bad input ---- */

TEST(calls_that_cannot_be)
{
	contain_limits *l = limits_new(), *bad = limits_new();
	contain_devices *d = NULL;
	contain_stats *s = NULL;
	contain_events *ev = NULL;
	contain_error *e = NULL;
	struct ts t;

	need_v2();
	contain_limits_set_pids_max(l, 5);
	ck_assert_int_eq(contain_devices_new(&d), 0);
	ck_assert_int_eq(container_update(NULL, l, NULL), -EINVAL);
	ck_assert_int_eq(container_update_devices(NULL, d, NULL), -EINVAL);
	ck_assert_int_eq(container_read_stats(NULL, CONTAIN_STATS_ALL, &s, NULL), -EINVAL);
	ck_assert_int_eq(container_open_events(NULL, CONTAIN_EVENT_EMPTY, &ev, NULL), -EINVAL);
	ck_assert_int_eq(container_pause(NULL, 0, NULL), -EINVAL);
	ck_assert_int_eq(container_resume(NULL, 0, NULL), -EINVAL);
	ck_assert_int_eq(container_spec_set_limits(NULL, l), -EINVAL);
	ck_assert_int_eq(container_overrides_set_limits(NULL, l), -EINVAL);
	ts_dir(&t, CONTAIN_ROOT_READONLY);
	contain_limits_set_cpu_weight(bad, 0);
	ts_words(&t, "sleep");
	ts_start(&t);
	ck_assert_int_eq(container_update(t.c, NULL, &e), -EINVAL);
	contain_error_free(e);
	e = NULL;
	ck_assert_int_eq(container_update(t.c, bad, &e), -EINVAL);
	ck_assert_str_eq(contain_error_object(e), "cpu_weight");
	contain_error_free(e);
	ck_assert_int_eq(container_update_devices(t.c, NULL, NULL), -EINVAL);
	ck_assert_int_eq(container_read_stats(t.c, 0x80000000u, &s, NULL), -EINVAL);
	ck_assert_int_eq(container_read_stats(t.c, CONTAIN_STATS_ALL, NULL, NULL), -EINVAL);
	ck_assert_int_eq(container_open_events(t.c, CONTAIN_EVENT_EMPTY, NULL, NULL), -EINVAL);
	ck_assert_int_eq(container_kill(t.c, NULL), 0);
	ck_assert_int_eq(container_wait(t.c, 10000 * t_slow(), NULL, NULL), 0);
	/* ended */
	ck_assert_int_eq(container_update(t.c, l, NULL), -ESRCH);
	ck_assert_int_eq(container_update_devices(t.c, d, NULL), -ESRCH);
	ck_assert_int_eq(container_read_stats(t.c, CONTAIN_STATS_ALL, &s, NULL), -ESRCH);
	ck_assert_int_eq(container_open_events(t.c, CONTAIN_EVENT_EMPTY, &ev, NULL), -ESRCH);
	ck_assert_int_eq(container_pause(t.c, 0, NULL), -ESRCH);
	ck_assert_int_eq(container_resume(t.c, 0, NULL), -ESRCH);
	T_CHECK(!s && !ev);
	contain_devices_free(d);
	contain_limits_free(l);
	contain_limits_free(bad);
	ts_end(&t);
}
