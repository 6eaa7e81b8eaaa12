/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The handle of a container: waiting, signals, killing, deleting, from several threads too. */
#include "t_spawn.h"

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <time.h>

static int64_t now_msec(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000LL + ts.tv_nsec / 1000000;
}

/* A first thread changes signals of the process for good: before the state is taken. */
static void *nothing(void *arg)
{
	return arg;
}

static void have_threads(void)
{
	pthread_t thread;

	ck_assert_int_eq(pthread_create(&thread, NULL, nothing, NULL), 0);
	ck_assert_int_eq(pthread_join(thread, NULL), 0);
}

static void sleeping(struct ts *t)
{
	ts_dir(t, CONTAIN_ROOT_READONLY);
	ts_words(t, "sleep");
	ts_start(t);
	ts_wait_for(t, "sleeping\n");
}

TEST_BOTH(getters)
{
	struct ts t;
	int fd;

	sleeping(&t);
	ck_assert_str_eq(container_name(t.c), "container");
	ck_assert_int_gt(container_pid(t.c), 0);
	ck_assert_int_eq(kill(container_pid(t.c), 0), 0);
	fd = container_cgroup_fd(t.c);
	T_CHECK(fd > 2 || fd == -ENOENT, "%d", fd);
	T_CHECK(!ts_is_root() || fd > 2 || !t_cgroup_mount("cgroup2"), "%d", fd);
	T_CHECK(container_pidfd(t.c) > 2);
	T_CHECK(fcntl(container_pidfd(t.c), F_GETFD) == FD_CLOEXEC);
	T_CHECK(fd < 0 || fcntl(fd, F_GETFD) == FD_CLOEXEC);
	ts_kill(&t);
}

TEST(null_handles)
{
	contain_error *e = NULL;

	ck_assert_int_eq(container_pidfd(NULL), -EINVAL);
	ck_assert_int_eq(container_pid(NULL), -EINVAL);
	ck_assert_int_eq(container_cgroup_fd(NULL), -EINVAL);
	ck_assert_str_eq(container_name(NULL), "");
	ck_assert_int_eq(container_wait(NULL, 0, NULL, NULL), -EINVAL);
	ck_assert_int_eq(container_signal(NULL, 0, NULL), -EINVAL);
	ck_assert_int_eq(container_kill(NULL, NULL), -EINVAL);
	ck_assert_int_eq(container_delete(NULL, 0, &e), -EINVAL);
	ck_assert_int_eq(contain_error_code(e), -EINVAL);
	ck_assert_str_eq(contain_error_op(e), "delete");
	contain_error_free(e);
	container_free(NULL);
	ck_assert_int_eq(container_exit_code(NULL), -EINVAL);
	ck_assert_int_eq(container_exit_signal(NULL), -EINVAL);
	ck_assert_int_eq(container_exit_oom_killed(NULL), -EINVAL);
	T_CHECK(container_exit_memory_peak_bytes(NULL) == 0);
	T_CHECK(container_exit_cpu_usec(NULL) == 0);
	T_CHECK(container_exit_wall_usec(NULL) == 0);
	container_exit_free(NULL);
	ck_assert_int_eq(container_spawn(NULL, NULL, NULL), -EINVAL);
}

TEST_BOTH(pidfd_in_poll)
{
	struct pollfd p = { .events = POLLIN };
	struct ts t;

	sleeping(&t);
	p.fd = container_pidfd(t.c);
	ck_assert_int_eq(poll(&p, 1, 20), 0);
	ck_assert_int_eq(container_kill(t.c, NULL), 0);
	ck_assert_int_eq(poll(&p, 1, 5000 * t_slow()), 1);
	T_CHECK(p.revents & POLLIN);
	/* the end was told, the status not yet taken */
	ck_assert_int_eq(container_wait(t.c, 0, NULL, NULL), 0);
	ck_assert_int_eq(poll(&p, 1, 0), 1);
	ts_end(&t);
	ck_assert_int_eq(t.signal, SIGKILL);
}

TEST_BOTH(wait_with_time_limits)
{
	container_exit *x = NULL;
	contain_error *e = NULL;
	int64_t begin, took;
	struct ts t;

	sleeping(&t);
	begin = now_msec();
	ck_assert_int_eq(container_wait(t.c, 0, &x, NULL), -ETIMEDOUT);
	T_CHECK(now_msec() - begin < 50 * t_slow());
	begin = now_msec();
	ck_assert_int_eq(container_wait(t.c, 60, &x, &e), -ETIMEDOUT);
	took = now_msec() - begin;
	T_CHECK(took >= 60 && took < 60 + 1000 * t_slow(), "%lld ms", (long long)took);
	ck_assert_ptr_null(x);
	ck_assert_str_eq(contain_error_op(e), "wait");
	T_CHECK(strstr(contain_error_message(e), "still runs"), "%s", contain_error_message(e));
	contain_error_free(e);
	ts_kill(&t);

	ts_dir(&t, 0);
	ts_sh(&t, "busybox usleep 50000; exit 3");
	ts_start(&t);
	ck_assert_int_eq(container_wait(t.c, -1, &x, NULL), 0);
	ck_assert_int_eq(container_exit_code(x), 3);
	container_exit_free(x);
	ts_end(&t);
	/* asked again, after the group has gone too: the same record */
	ck_assert_int_eq(t.code, 3);
}

TEST_BOTH(the_same_record_again)
{
	container_exit *x[3] = { NULL };
	struct ts t;

	ts_dir(&t, 0);
	ts_sh(&t, "i=0; while test $i -lt 2000; do i=$((i+1)); done; exit 9");
	ts_start(&t);
	for (int i = 0; i < 3; i++) {
		ck_assert_int_eq(container_wait(t.c, i ? 0 : -1, &x[i], NULL), 0);
		if (i == 1)
			ck_assert_int_eq(container_delete(t.c, 0, NULL), 0);
		usleep(2000);
	}
	for (int i = 0; i < 3; i++) {
		ck_assert_int_eq(container_exit_code(x[i]), 9);
		ck_assert_uint_eq(container_exit_wall_usec(x[i]), container_exit_wall_usec(x[0]));
		ck_assert_uint_eq(container_exit_cpu_usec(x[i]), container_exit_cpu_usec(x[0]));
		ck_assert_uint_eq(container_exit_memory_peak_bytes(x[i]),
				  container_exit_memory_peak_bytes(x[0]));
	}
	for (int i = 0; i < 3; i++)
		container_exit_free(x[i]);
	ts_end(&t);
}

TEST_BOTH(signals)
{
	contain_error *e = NULL;
	struct ts t;

	ts_dir(&t, 0);
	ts_sh(&t, "trap 'echo caught; exit 7' TERM; trap 'echo one' USR1; echo ready; "
		  "while :; do busybox usleep 2000; done");
	ts_start(&t);
	ts_wait_for(&t, "ready\n");
	ck_assert_int_eq(container_signal(t.c, 0, NULL), 0);
	ck_assert_int_eq(container_signal(t.c, SIGUSR1, NULL), 0);
	ts_wait_for(&t, "one\n");
	ck_assert_int_eq(container_signal(t.c, 4711, &e), -EINVAL);
	T_CHECK(strstr(contain_error_hint(e), "no such signal"));
	contain_error_free(e);
	e = NULL;
	ck_assert_int_eq(container_signal(t.c, SIGTERM, NULL), 0);
	ck_assert_int_eq(container_wait(t.c, -1, NULL, NULL), 0);
	ck_assert_int_eq(container_signal(t.c, 0, NULL), -ESRCH);
	ck_assert_int_eq(container_signal(t.c, SIGTERM, &e), -ESRCH);
	T_CHECK(strstr(contain_error_hint(e), "has ended"));
	contain_error_free(e);
	ts_end(&t);
	ck_assert_int_eq(t.code, 7);
	ts_has(&t, "caught\n");

	/* process 1 without a handler does not see it */
	sleeping(&t);
	ck_assert_int_eq(container_signal(t.c, SIGTERM, NULL), 0);
	ck_assert_int_eq(container_wait(t.c, 30, NULL, NULL), -ETIMEDOUT);
	ck_assert_int_eq(container_signal(t.c, SIGKILL, NULL), 0);
	ts_end(&t);
	ck_assert_int_eq(t.signal, SIGKILL);
	ck_assert_int_eq(t.code, 128 + SIGKILL);
}

TEST_BOTH(kill_and_delete_again_and_again)
{
	struct ts t;

	for (int order = 0; order < 3; order++) {
		sleeping(&t);
		for (int i = 0; i < 3; i++)
			ck_assert_int_eq(container_kill(t.c, NULL), 0);
		if (order == 1)
			ck_assert_int_eq(container_wait(t.c, -1, NULL, NULL), 0);
		for (int i = 0; i < 3; i++)
			ck_assert_int_eq(container_delete(t.c, order == 2 ? 20000 : -1, NULL), 0);
		ck_assert_int_eq(container_kill(t.c, NULL), 0);
		ts_end(&t);
		ck_assert_int_eq(t.signal, SIGKILL);
	}
	/* what still runs is killed by it */
	sleeping(&t);
	ck_assert_int_eq(container_delete(t.c, -1, NULL), 0);
	ts_end(&t);
}

TEST_BOTH(all_of_a_container_dies)
{
	struct ts t;

	/* with its init, however many they are and whatever they ignore */
	ts_dir(&t, 0);
	ts_sh(&t, "trap '' TERM HUP INT; for i in 1 2 3; do payload fork 10 stay & done; "
		  "setsid payload sleep & payload sleep");
	ts_start(&t);
	ts_wait_for(&t, "forked 10\n");
	ts_kill(&t);
}

/* Without a pid namespace the group is what holds them together. */
TEST(all_of_a_group_dies)
{
	struct ts t;

	t_need_root();
	if (!t_cgroup_mount("cgroup2"))
		t_skip("no cgroup2 is mounted");
	for (int limited = 0; limited <= ts_can_limit(); limited++) {
		ts_dir(&t, 0);
		container_spec_set_namespaces(t.spec, CONTAIN_NS_MNT);
		if (limited)
			container_spec_set_pids_max(t.spec, 50);
		ts_sh(&t, "payload fork 10 stay & setsid payload sleep & busybox usleep 50000; "
			  "exit 5");
		ts_start(&t);
		ck_assert_int_eq(container_wait(t.c, -1, NULL, NULL), 0);
		ts_wait_for(&t, "forked 10\n");
		/* the payload has ended; the others have not, and so the group is there */
		T_CHECK(faccessat(container_cgroup_fd(t.c), "cgroup.procs", F_OK, 0) == 0);
		ck_assert_int_eq(container_delete(t.c, 10000, NULL), 0);
		ts_end(&t);
		ck_assert_int_eq(t.code, 5);
	}
}

/* ---- threads ---- */

static void *wait_for_end(void *arg)
{
	container_exit *x = NULL;
	intptr_t code = -1;

	if (container_wait(arg, -1, &x, NULL) == 0)
		code = container_exit_code(x);
	container_exit_free(x);
	return (void *)code;
}

TEST_BOTH(wait_while_another_kills)
{
	pthread_t threads[4];
	struct ts t;
	void *code;

	have_threads();
	for (long round = ts_rounds(200, 10, 3); round > 0; round--) {
		sleeping(&t);
		for (int i = 0; i < 4; i++)
			pthread_create(&threads[i], NULL, wait_for_end, t.c);
		if (round % 2)
			usleep(5000);
		ck_assert_int_eq(container_signal(t.c, 0, NULL), 0);
		ck_assert_int_eq(container_kill(t.c, NULL), 0);
		for (int i = 0; i < 4; i++) {
			pthread_join(threads[i], &code);
			ck_assert_int_eq((intptr_t)code, 128 + SIGKILL);
		}
		ts_end(&t);
	}
}

static void *delete_it(void *arg)
{
	return (void *)(intptr_t)container_delete(arg, -1, NULL);
}

TEST_BOTH(delete_while_another_waits)
{
	pthread_t waiter, killer;
	struct ts t;
	void *r;

	have_threads();
	for (long round = ts_rounds(200, 10, 3); round > 0; round--) {
		sleeping(&t);
		pthread_create(&waiter, NULL, wait_for_end, t.c);
		pthread_create(&killer, NULL, delete_it, t.c);
		pthread_join(killer, &r);
		ck_assert_int_eq((intptr_t)r, 0);
		pthread_join(waiter, &r);
		ck_assert_int_eq((intptr_t)r, 128 + SIGKILL);
		ts_end(&t);
	}
}

struct many {
	container_plan *plan;
	int rounds, bad;
};

static void *start_many(void *arg)
{
	struct many *m = arg;

	for (int i = 0; i < m->rounds; i++) {
		const char *argv[] = { "/bin/payload", "exit", t_guest() ? "4" : "5", NULL };
		container_overrides *o = NULL;
		container_exit *x = NULL;
		container *c = NULL;

		if (container_overrides_new(&o) || container_overrides_set_argv(o, argv) ||
		    container_plan_spawn(m->plan, o, &c, NULL) ||
		    container_wait(c, -1, &x, NULL) ||
		    container_exit_code(x) != (t_guest() ? 4 : 5))
			__atomic_fetch_add(&m->bad, 1, __ATOMIC_SEQ_CST);
		container_exit_free(x);
		container_free(c);
		container_overrides_free(o);
	}
	return NULL;
}

/* One plan, four threads; limits too, as they go through libcgroup. */
TEST_BOTH(starts_from_many_threads)
{
	struct many m = { .rounds = ts_rounds(500, 15, 3) };
	pthread_t threads[4];
	struct ts t;

	have_threads();
	ts_overlay(&t);
	if (ts_can_limit()) {
		container_spec_set_memory_max(t.spec, 256 << 20);
		container_spec_set_pids_max(t.spec, 50);
	}
	ck_assert_int_eq(container_plan_compile(t.spec, &m.plan, NULL), 0);
	for (int i = 0; i < 4; i++)
		pthread_create(&threads[i], NULL, start_many, &m);
	for (int i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
	container_plan_free(m.plan);
	ck_assert_int_eq(m.bad, 0);
	ts_free(&t);
}
