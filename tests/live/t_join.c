/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A container in namespaces of another one. */
#include "t_join.h"

#include <errno.h>

/* ---- each ---- */

TEST(each_alone)
{
	static const uint64_t each[] = { CONTAIN_NS_UTS, CONTAIN_NS_IPC, CONTAIN_NS_NET,
					 CONTAIN_NS_CGROUP, CONTAIN_NS_PID, CONTAIN_NS_TIME };
	struct ts target, t;

	t_need_root();
	tj_target(&target, TJ_ALL & ~CONTAIN_NS_USER, 0);
	for (size_t i = 0; i < sizeof(each) / sizeof(each[0]); i++) {
		ts_dir(&t, CONTAIN_ROOT_READONLY);
		tj_join(&t, &target, each[i]);
		ts_words(&t, "ns -- session -- fds");
		ts_run(&t);
		tj_check(&t, &target, each[i]);
		ts_has(&t, each[i] == CONTAIN_NS_PID ? "ppid 0\nsid" : "pid 1\nppid 0\n");
		tj_only_stdio(&t);
	}
	tj_end(&target);
}

/* The type is found out; the fd may be closed at once; a later one takes its place. */
TEST(the_fd_is_the_specs_own)
{
	struct ts target, t;
	int fd, own;

	t_need_root();
	tj_target(&target, TJ_ALL & ~CONTAIN_NS_USER, 0);
	ts_dir(&t, 0);
	own = open("/proc/self/ns/uts", O_RDONLY | O_CLOEXEC);
	T_SYS(own);
	ck_assert_int_eq(container_spec_join_namespace(t.spec, 0, own), 0);
	close(own);
	fd = tj_open(&target, "uts");
	ck_assert_int_eq(container_spec_join_namespace(t.spec, 0, fd), 0);
	close(fd);
	ts_words(&t, "ns -- hostname");
	ts_run(&t);
	tj_check(&t, &target, CONTAIN_NS_UTS);
	ts_has(&t, "hostname target\n");
	tj_end(&target);
}

/* ---- together, with the user namespace that owns them ---- */

TEST_BOTH(all_but_the_root)
{
	const uint64_t all = TJ_ALL & ~CONTAIN_NS_MNT;
	struct ts target, t;

	tj_target(&target, TJ_ALL, 0);
	ts_dir(&t, CONTAIN_ROOT_READONLY);
	tj_join(&t, &target, all);
	ts_words(&t, "ns -- session -- ids -- maps -- hostname -- mounts -- fds");
	ts_run(&t);
	tj_check(&t, &target, all);
	ts_has(&t, "ppid 0\n");
	ts_has(&t, "uid 0 0 0\nfsuid 0\ngid 0 0 0\n");
	ts_has(&t, "hostname target\n");
	ts_has(&t, " /proc ");
	ts_has(&t, " - sysfs ");
	ts_has(&t, " - mqueue ");
	tj_only_stdio(&t);
	tj_end(&target);
}

TEST_BOTH(all_with_the_root)
{
	struct ts target, t;

	tj_target(&target, TJ_ALL, 0);
	ts_new(&t);
	tj_join(&t, &target, TJ_ALL);
	ts_words(&t, "fds -- ns -- ids -- read /tmp/mark");
	ts_run(&t);
	tj_check(&t, &target, TJ_ALL);
	ts_has(&t, "uid 0 0 0\nfsuid 0\ngid 0 0 0\n");
	ts_has(&t, "left by the target");
	tj_only_stdio(&t);
	tj_end(&target);
}

/* As root, other ids: 0 inside is 100000 outside, and the host's root is nobody there. */
TEST(other_ids)
{
	struct ts target, t;

	t_need_root();
	tj_target(&target, TJ_ALL, 100000);
	ts_dir(&t, CONTAIN_ROOT_READONLY);
	tj_join(&t, &target, CONTAIN_NS_USER | CONTAIN_NS_IPC);
	container_spec_set_user(t.spec, 7, 8);
	ts_words(&t, "ns -- ids -- maps");
	ts_run(&t);
	tj_check(&t, &target, CONTAIN_NS_USER | CONTAIN_NS_IPC);
	ts_has(&t, "uid 7 7 7\nfsuid 7\ngid 8 8 8\ngroups\n");
	ts_has(&t, "uid          0     100000      65536\n");
	tj_end(&target);
}

/* A map without 0: the payload's own ids do the set-up. */
TEST(no_root_inside)
{
	struct ts target, t;

	t_need_root();
	tj_target(&target, TJ_ALL, -1);
	ts_dir(&t, CONTAIN_ROOT_READONLY);
	tj_join(&t, &target, CONTAIN_NS_USER);
	ts_words(&t, "ids");
	ts_fails(&t, EINVAL, CONTAIN_PHASE_CHILD, "become", "", "id 0 is not mapped");
	ts_new(&t);
	tj_join(&t, &target, TJ_ALL);
	container_spec_set_user(t.spec, 1000, 1000);
	ts_words(&t, "ns -- ids");
	ts_run(&t);
	ts_has(&t, "uid 1000 1000 1000\nfsuid 1000\ngid 1000 1000 1000\n");
	tj_end(&target);
}

/* ---- beside what is new ---- */

TEST(beside_a_new_user_namespace)
{
	struct ts target, t;

	t_need_root();
	tj_target(&target, TJ_ALL & ~CONTAIN_NS_USER, 0);
	ts_dir(&t, CONTAIN_ROOT_READONLY);
	tj_join(&t, &target, CONTAIN_NS_NET | CONTAIN_NS_PID);
	container_spec_set_namespaces(t.spec, TJ_ALL);
	container_spec_set_default_mounts(t.spec, CONTAIN_DEFAULT_ALL & ~CONTAIN_DEFAULT_PROC);
	container_spec_add_bind(t.spec, AT_FDCWD, "/proc", "/proc", 0);
	ts_words(&t, "ids");
	ts_run(&t);
	ts_has(&t, "uid 0 0 0\n");
	tj_end(&target);
}

/* The kernel lets nobody out of his cgroup namespace into a group elsewhere (nsdelegate). */
TEST(a_cgroup_namespace_beside_a_new_user_namespace)
{
	struct ts target, t;
	int r;

	t_need_root();
	tj_target(&target, TJ_ALL & ~CONTAIN_NS_USER, 0);
	ts_dir(&t, CONTAIN_ROOT_READONLY);
	tj_join(&t, &target, CONTAIN_NS_CGROUP);
	container_spec_set_namespaces(t.spec, TJ_ALL);
	ts_words(&t, "ids -- ns");
	r = ts_spawn(&t);
	if (r < 0) {
		T_CHECK(r == -ENOENT, "%s", contain_error_message(t.error));
		T_CHECK(strstr(contain_error_hint(t.error), "(nsdelegate)"), "%s",
			contain_error_message(t.error));
		t_note("refused here");
		ts_free(&t);
	} else {
		ts_end(&t);
		ck_assert_int_eq(t.code, 0);
		ts_has(&t, "uid 0 0 0\n");
		tj_check(&t, &target, CONTAIN_NS_CGROUP);
	}
	tj_end(&target);
}

TEST_BOTH(with_an_init_and_a_monitor)
{
	struct ts target, t;

	tj_target(&target, TJ_ALL, 0);
	ts_dir(&t, CONTAIN_ROOT_READONLY);
	tj_join(&t, &target, TJ_ALL & ~CONTAIN_NS_MNT);
	container_spec_set_init(t.spec, 1);
	container_spec_set_monitor(t.spec, 1);
	ts_words(&t, "ids -- exit 7");
	ts_run_to(&t, 7);
	tj_end(&target);
}

TEST(oom_score_and_limits)
{
	struct ts target, t;

	t_need_root();
	tj_target(&target, TJ_ALL, 100000);
	ts_new(&t);
	tj_join(&t, &target, TJ_ALL);
	container_spec_set_oom_score_adj(t.spec, 500);
	container_spec_set_rlimit(t.spec, 7, 100, 100);
	ts_words(&t, "read /proc/self/oom_score_adj -- limits");
	ts_run(&t);
	ts_has(&t, "500\n");
	ts_has(&t, "7 100 100\n");
	tj_end(&target);
}

/* One plan, several starts; what was joined is as it was. */
TEST_BOTH(many_starts)
{
	struct ts target, t;
	container_plan *plan = NULL;

	tj_target(&target, TJ_ALL, 0);
	ts_dir(&t, 0);
	tj_join(&t, &target, TJ_ALL & ~CONTAIN_NS_MNT);
	ts_words(&t, "exit 3");
	ck_assert_int_eq(container_plan_compile(t.spec, &plan, NULL), 0);
	for (int i = 0; i < ts_rounds(50, 10, 3); i++) {
		container_exit *x = NULL;
		container *c = NULL;
		contain_error *e = NULL;

		T_CHECK(container_plan_spawn(plan, NULL, &c, &e) == 0, "%s",
			contain_error_message(e));
		ck_assert_int_eq(container_wait(c, 10000, &x, NULL), 0);
		ck_assert_int_eq(container_exit_code(x), 3);
		container_exit_free(x);
		ck_assert_int_eq(container_delete(c, 10000, NULL), 0);
		container_free(c);
	}
	container_plan_free(plan);
	ts_free(&t);
	tj_end(&target);
}

/* A pid namespace whose process 1 has ended takes no process; the others outlive it. */
TEST(after_the_end_of_the_other)
{
	int pid, uts, net;
	struct ts target, t;

	t_need_root();
	tj_target(&target, TJ_ALL & ~CONTAIN_NS_USER, 0);
	pid = tj_open(&target, "pid");
	uts = tj_open(&target, "uts");
	net = tj_open(&target, "net");
	ck_assert_int_eq(container_kill(target.c, NULL), 0);
	ck_assert_int_eq(container_wait(target.c, 10000, NULL, NULL), 0);
	ts_dir(&t, 0);
	ck_assert_int_eq(container_spec_join_namespace(t.spec, CONTAIN_NS_PID, pid), 0);
	ts_words(&t, "ids");
	ts_fails(&t, ENOMEM, CONTAIN_PHASE_PARENT, "clone", "", "pid namespace has ended");
	ts_dir(&t, 0);
	ck_assert_int_eq(container_spec_join_namespace(t.spec, CONTAIN_NS_UTS, uts), 0);
	ck_assert_int_eq(container_spec_join_namespace(t.spec, CONTAIN_NS_NET, net), 0);
	ts_words(&t, "hostname");
	ts_run(&t);
	ts_has(&t, "hostname target\n");
	close(pid);
	close(uts);
	close(net);
	tj_end(&target);
}
