/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The starter thread: the set-up time limit, what blocks a set-up, and where there is no thread. */
#include "t_spawn.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <time.h>

static int64_t now_msec(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000LL + ts.tv_nsec / 1000000;
}

/* A limit that is not reached changes nothing but the thread that sleeps. */
TEST_BOTH(limit_that_is_not_reached)
{
	struct ts t;

	for (int i = 0; i < 3; i++) {
		if (i < 2)
			ts_dir(&t, 0);
		else
			ts_overlay(&t);
		ck_assert_int_eq(container_spec_set_setup_timeout(t.spec, i ? 600000 : 5000), 0);
		ts_words(&t, "session -- signals -- fds -- sleep 0 -- exit 6");
		ts_run_to(&t, 6);
		ts_has(&t, "pid 1\nppid 0\nsid 1\npgid 1\n");
		ts_has(&t, "blocked 0000000000000000\nignored 0000000000000000\n");
	}
	/* a failure before the limit is told as what it is */
	ts_dir(&t, 0);
	container_spec_set_setup_timeout(t.spec, 60000);
	ts_argv(&t, "/not/there");
	ts_fails(&t, ENOENT, CONTAIN_PHASE_CHILD, "exec", "/not/there", "no such file");
}

/*
 * A set-up that really blocks: the child is in a group that may use 1 ms of cpu in 100. Neither
 * a signal nor time helps but the limit.
 */
TEST_LIMIT(throttled_set_up, 60)
{
	int64_t begin, took;
	struct ts t;

	ts_need_limits();
	ts_dir(&t, 0);
	container_spec_set_cpu_max(t.spec, 1000, 100000);
	for (int i = 0; i < ts_rounds(200, 200, 60); i++) /* some work */
		container_spec_add_tmpfs(t.spec, t_fmt("/job/%d", i), 0, 0755);
	container_spec_set_setup_timeout(t.spec, 100);
	ts_words(&t, "sleep 100000"); /* what comes after the limit never runs */
	begin = now_msec();
	/* in a step of the child's, or before its first one */
	ts_fails(&t, ETIMEDOUT, 0, "", "", "set-up time limit is over");
	took = now_msec() - begin;
	T_CHECK(took >= 100 && took < 100 + 5000 * t_slow(), "%lld ms", (long long)took);
	t_note("took %lld ms", (long long)took);
}

static int wait_for_newuidmap(void *arg, void *rec)
{
	int64_t begin, took;
	struct ts t;

	(void)arg;
	(void)rec;
	ts_dir(&t, 0);
	container_spec_add_uid_range(t.spec, 0, geteuid(), 1);
	container_spec_add_uid_range(t.spec, 1, 100000, 10);
	container_spec_set_setup_timeout(t.spec, 200);
	ts_words(&t, "exit");
	begin = now_msec();
	ts_fails(&t, ETIMEDOUT, CONTAIN_PHASE_PARENT, "newuidmap", "newuidmap",
		 "set-up time limit is over, and the program has not ended");
	took = now_msec() - begin;
	T_CHECK(took >= 200 && took < 200 + 2000 * t_slow(), "%lld ms", (long long)took);
	return 0;
}

/* The helper program hangs: it is killed with the child that waits for it. */
TEST(hanging_newuidmap)
{
	const char *script = t_fmt("%s/newuidmap", t_tmpdir());

	t_need_root();
	t_need_userns();
	t_need_program("/usr/bin/newuidmap");
	t_write_file(script, "#!/bin/sh\nexec sleep 1000\n");
	T_SYS(chmod(script, 0755));
	T_SYS(mount(script, "/usr/bin/newuidmap", NULL, MS_BIND, NULL));
	t_as_user(wait_for_newuidmap, NULL);
	T_SYS(umount("/usr/bin/newuidmap"));
}

static int stopped_child(void *arg, void *rec)
{
	struct ts t;

	(void)arg;
	(void)rec;
	ts_dir(&t, 0);
	container_spec_add_uid_range(t.spec, 0, geteuid(), 1);
	container_spec_add_uid_range(t.spec, 1, 100000, 10);
	ts_words(&t, "exit");
	ts_fails(&t, ECANCELED, CONTAIN_PHASE_CHILD, "map-wait", "", "killed in this step");
	return 0;
}

/* The child is killed while it waits for its map: by newuidmap's stand-in, which knows its pid. */
TEST(killed_while_it_waits)
{
	const char *script = t_fmt("%s/newuidmap", t_tmpdir());

	t_need_root();
	t_need_userns();
	t_need_program("/usr/bin/newuidmap");
	t_write_file(script, "#!/bin/sh\nkill -9 $1\n");
	T_SYS(chmod(script, 0755));
	T_SYS(mount(script, "/usr/bin/newuidmap", NULL, MS_BIND, NULL));
	T_SYS(mount(script, "/usr/bin/newgidmap", NULL, MS_BIND, NULL));
	t_as_user(stopped_child, NULL);
	T_SYS(umount("/usr/bin/newuidmap"));
	T_SYS(umount("/usr/bin/newgidmap"));
}

static int without_own_pids(void *arg, void *rec)
{
	struct ts t;

	(void)rec;
	T_SYS(unshare(CLONE_NEWPID));
	/*
	 * A thread would be in another pid namespace than its process, and nobody makes a pid
	 * namespace from outside: the kernel refuses both. contain-init is process 1 of what the
	 * caller has made.
	 */
	ts_dir(&t, 0);
	switch (*(int *)arg) {
	case 0:
		container_spec_set_setup_timeout(t.spec, 10000 * t_slow());
		break;
	case 1:
		container_spec_add_uid_range(t.spec, 0, 0, 1);
		break;
	}
	ts_words(&t, "session");
	/* /proc/self/ns/pid_for_children can be read from now on, and differs in that */
	t_state_free(t.state);
	t.state = NULL;
	ts_run(&t);
	ts_has(&t, "pid 1\n");
	/* it went with its container: the namespace is dead */
	ts_dir(&t, 0);
	ts_words(&t, "session");
	ts_fails(&t, ENOMEM, CONTAIN_PHASE_PARENT, "clone", "container",
		 "init of the caller's new pid namespace has ended");
	return 0;
}

static int without_pids_inside(void *arg, void *rec)
{
	struct ts t;

	(void)arg;
	(void)rec;
	T_SYS(unshare(CLONE_NEWPID));
	/* without one it goes, once: the payload is process 1 of what the caller has made */
	ts_dir(&t, 0);
	container_spec_set_namespaces(t.spec, TS_NS_ALL & ~CONTAIN_NS_PID & ~CONTAIN_NS_USER);
	ts_words(&t, "session");
	/* /proc/self/ns/pid_for_children can be read from now on, and differs in that */
	t_state_free(t.state);
	t.state = NULL;
	ts_run(&t);
	ts_has(&t, "pid 1\n");
	ts_dir(&t, 0);
	container_spec_set_namespaces(t.spec, TS_NS_ALL & ~CONTAIN_NS_PID & ~CONTAIN_NS_USER);
	ts_words(&t, "session");
	ts_fails(&t, ENOMEM, CONTAIN_PHASE_PARENT, "clone", "container",
		 "init of the caller's new pid namespace has ended");
	return 0;
}

TEST(caller_with_a_new_pid_namespace)
{
	t_need_root();
	for (int how = 0; how < 3; how++)
		ck_assert_int_eq(t_child(without_own_pids, &how, NULL, 0), 0);
	ck_assert_int_eq(t_child(without_pids_inside, NULL, NULL, 0), 0);
}

/* ---- many at once, while other threads allocate ---- */

static int stop;

static void *allocate(void *arg)
{
	while (!__atomic_load_n(&stop, __ATOMIC_SEQ_CST)) {
		void *p = malloc(100 + (size_t)(uintptr_t)arg);

		memset(p, 1, 100);
		free(p);
	}
	return NULL;
}

static void *spawn_many(void *plan)
{
	intptr_t bad = 0;

	for (long i = ts_rounds(500, 25, 4); i > 0; i--) {
		container *c = NULL;

		if (container_plan_spawn(plan, NULL, &c, NULL) ||
		    container_wait(c, -1, NULL, NULL))
			bad++;
		container_free(c);
	}
	return (void *)bad;
}

/* F13: maps from outside and a time limit, from four threads. */
TEST_LIMIT(starters_of_many_threads, 60)
{
	pthread_t noise[2], spawners[4];
	container_plan *plan = NULL;
	struct ts t;
	void *bad;

	t_need_root();
	/* the first thread of a process changes its signals */
	stop = 1;
	pthread_create(&noise[0], NULL, allocate, NULL);
	pthread_join(noise[0], NULL);
	stop = 0;
	ts_dir(&t, 0);
	container_spec_add_uid_range(t.spec, 0, 0, 1);
	container_spec_add_uid_range(t.spec, 1, 100000, 1000);
	container_spec_add_gid_range(t.spec, 0, 0, 1);
	container_spec_set_setup_timeout(t.spec, 600000);
	ts_words(&t, "exit");
	ck_assert_int_eq(container_plan_compile(t.spec, &plan, NULL), 0);
	for (int i = 0; i < 2; i++)
		pthread_create(&noise[i], NULL, allocate, (void *)(uintptr_t)(i * 5000));
	for (int i = 0; i < 4; i++)
		pthread_create(&spawners[i], NULL, spawn_many, plan);
	for (int i = 0; i < 4; i++) {
		pthread_join(spawners[i], &bad);
		ck_assert_int_eq((intptr_t)bad, 0);
	}
	__atomic_store_n(&stop, 1, __ATOMIC_SEQ_CST);
	for (int i = 0; i < 2; i++)
		pthread_join(noise[i], NULL);
	container_plan_free(plan);
	ts_free(&t);
}
