/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A function in a child of difficult hosts: threads, signals, others who wait for children. */
#include "t_ns.h"

#include <sys/resource.h>

static int allocates(void *arg)
{
	long sum = 0;

	for (int i = 0; i < 200; i++) {
		char *p = malloc((size_t)(i * 97 % 5000 + 1));

		memset(p, i, 1);
		sum += p[0];
		free(p);
	}
	return (int)(sum & 0) + *(int *)arg;
}

/* ---- threads ---- */

static int stop;

static void *storm(void *arg)
{
	while (!__atomic_load_n(&stop, __ATOMIC_RELAXED)) {
		void *p[64];

		for (int i = 0; i < 64; i++)
			p[i] = malloc((size_t)(i * 131 % 9000 + 1));
		for (int i = 0; i < 64; i++)
			free(p[i]);
	}
	return arg;
}

TEST_LIMIT(threads_that_allocate, 120)
{
	pthread_t thread[4];
	contain_error *e = NULL;
	long n = t_sample(1000, 40);

	if (T_SANITIZED)
		t_skip("the sanitizer's allocator is not made for fork(2) beside threads");
	t_need_root();
	__atomic_store_n(&stop, 0, __ATOMIC_RELAXED);
	for (int i = 0; i < 4; i++)
		ck_assert_int_eq(pthread_create(&thread[i], NULL, storm, NULL), 0);
	for (int i = 0; i < n; i++) {
		int got = 0, want = i;

		tn_fine(contain_ns_run(i % 2 ? CONTAIN_NS_PID | CONTAIN_NS_UTS : CONTAIN_NS_UTS,
				       NULL, 0, NULL, NULL, allocates, &want, &got, &e),
			e);
		ck_assert_int_eq(got, want);
	}
	__atomic_store_n(&stop, 1, __ATOMIC_RELAXED);
	for (int i = 0; i < 4; i++)
		ck_assert_int_eq(pthread_join(thread[i], NULL), 0);
}

static int lives(void *arg)
{
	usleep(200000);
	return *(int *)arg;
}

static int forty = 40;

static void *starts(void *arg)
{
	contain_error *e = NULL;

	tn_fine(contain_ns_child_start(tn_with(CONTAIN_NS_PID), NULL, 0, NULL, NULL, lives, &forty,
				       arg, &e),
		e);
	return NULL;
}

/* A34: what would die with the thread that made it. */
TEST_BOTH(a34_the_thread_ends_at_once)
{
	contain_ns_child *c[8] = { NULL };
	contain_error *e = NULL;
	pthread_t thread[8];

	for (int i = 0; i < 8; i++)
		ck_assert_int_eq(pthread_create(&thread[i], NULL, starts, &c[i]), 0);
	for (int i = 0; i < 8; i++)
		ck_assert_int_eq(pthread_join(thread[i], NULL), 0);
	for (int i = 0; i < 8; i++) {
		int got = 0;

		tn_fine(contain_ns_child_wait(c[i], -1, &got, &e), e);
		ck_assert_int_eq(got, 40);
		contain_ns_child_free(c[i]);
	}
}

/* ---- signals ---- */

static volatile sig_atomic_t handled;
static pid_t handler_pid;

static void handle(int sig)
{
	(void)sig;
	if (getpid() != handler_pid)
		_exit(99); /* in the child: never before fn */
	handled = handled + 1;
}

static int masks(void *arg)
{
	sigset_t mask;
	struct sigaction now;

	sigprocmask(SIG_SETMASK, NULL, &mask);
	sigaction(SIGCHLD, NULL, &now);
	return sigismember(&mask, SIGUSR2) == 1 && sigismember(&mask, SIGUSR1) == 0 &&
	       now.sa_handler == handle && arg == NULL;
}

static void *fires(void *arg)
{
	while (!__atomic_load_n(&stop, __ATOMIC_RELAXED)) {
		kill(-getpgrp(), SIGUSR1);
		usleep(200);
	}
	return arg;
}

TEST_LIMIT(handlers_do_not_run_in_the_set_up, 60)
{
	struct t_state *state;
	contain_error *e = NULL;
	struct sigaction action = { .sa_handler = handle };
	sigset_t block;
	pthread_t thread;

	t_need_root();
	/* a process group of its own, whose signals reach the child too: it leaves it in fn */
	T_SYS(setpgid(0, 0));
	handler_pid = getpid();
	sigaction(SIGUSR1, &action, NULL);
	sigaction(SIGCHLD, &action, NULL);
	sigemptyset(&block);
	sigaddset(&block, SIGUSR2);
	sigprocmask(SIG_BLOCK, &block, NULL);
	state = t_state_take(T_SIGNALS | T_FDS | T_CHILDREN);
	for (int i = 0; i < 20; i++) {
		int got = 0;

		tn_fine(contain_ns_run(i % 2 ? CONTAIN_NS_PID : 0, NULL, 0, NULL, NULL, masks, NULL,
				       &got, &e),
			e);
		ck_assert_int_eq(got, 1);
	}
	t_state_check(state);
	/* a storm of signals to the group: a handler that runs in the child ends it with 99, which
	   is lawful only once fn has begun */
	__atomic_store_n(&stop, 0, __ATOMIC_RELAXED);
	ck_assert_int_eq(pthread_create(&thread, NULL, fires, NULL), 0);
	for (int i = 0; i < 50; i++) {
		contain_ns_child *c = NULL;

		tn_fine(contain_ns_child_start(i % 2 ? CONTAIN_NS_PID : CONTAIN_NS_NET, NULL, 0,
					       NULL, NULL, masks, NULL, &c, &e),
			e);
		T_CHECK(contain_ns_child_wait(c, -1, NULL, NULL) >= 0);
		contain_ns_child_free(c);
	}
	__atomic_store_n(&stop, 1, __ATOMIC_RELAXED);
	pthread_join(thread, NULL);
	T_CHECK(handled > 0);
}

/* ---- others who take the status ---- */

static int killed(void *arg)
{
	(void)arg;
	kill(getpid(), SIGKILL);
	return 0;
}

static int status_is_told(void)
{
	char text[8192];

	return t_read_file("/proc/sys/kernel/osrelease", text, sizeof(text)) > 0 &&
	       (atoi(text) > 6 || (atoi(text) == 6 && atoi(strchr(text, '.') + 1) >= 15));
}

static int ignores(void *arg, void *rec)
{
	contain_error *e = NULL;
	int v = 11, got = 0, r;

	(void)arg;
	(void)rec;
	signal(SIGCHLD, SIG_IGN);
	/* what fn returns does not go through the status, nor does the end of a second process */
	for (int i = 0; i < 20; i++) {
		got = 0;
		tn_fine(contain_ns_run(i % 2 ? tn_with(CONTAIN_NS_PID) : 0, NULL, 0, NULL, NULL,
				       allocates, &v, &got, &e),
			e);
		ck_assert_int_eq(got, 11);
	}
	signal(SIGCHLD, SIG_IGN);
	r = contain_ns_run(tn_with(CONTAIN_NS_TIME), NULL, 0, NULL, NULL, killed, NULL, &got, &e);
	ck_assert_int_eq(r, SIGKILL);
	r = contain_ns_run(0, NULL, 0, NULL, NULL, killed, NULL, &got, &e);
	if (status_is_told())
		ck_assert_int_eq(r, SIGKILL);
	else
		tn_failed(r, e, ECHILD, "child-wait", "child", "took the status");
	return 0;
}

TEST_BOTH(sigchld_is_ignored)
{
	ck_assert_int_eq(t_child(ignores, NULL, NULL, 0), 0);
}

static int no_info(enum ct_seam_who who, long nr, const long *args, long *ret)
{
	(void)who;
	*ret = -ENOTTY;
	return nr == __NR_ioctl && (unsigned long)args[1] >> 8 != 0xb7;
}

static int ignores_old(void *arg, void *rec)
{
	contain_error *e = NULL;

	(void)arg;
	(void)rec;
	signal(SIGCHLD, SIG_IGN);
	tn_fake(no_info);
	tn_failed(contain_ns_run(0, NULL, 0, NULL, NULL, killed, NULL, NULL, &e), e, ECHILD,
		  "child-wait", "child", "took the status");
	return 0;
}

TEST(status_lost_on_kernels_that_keep_none)
{
	ck_assert_int_eq(t_child(ignores_old, NULL, NULL, 0), 0);
}

static void *reaps(void *arg)
{
	while (!__atomic_load_n(&stop, __ATOMIC_RELAXED))
		if (waitpid(-1, NULL, WNOHANG) <= 0)
			sched_yield();
	return arg;
}

TEST_BOTH(a_thread_that_reaps_everything)
{
	contain_error *e = NULL;
	pthread_t thread;
	int v = 12;

	__atomic_store_n(&stop, 0, __ATOMIC_RELAXED);
	ck_assert_int_eq(pthread_create(&thread, NULL, reaps, NULL), 0);
	for (int i = 0; i < 50; i++) {
		int got = 0;

		tn_fine(contain_ns_run(i % 2 ? tn_with(CONTAIN_NS_PID) : 0, NULL, 0, NULL, NULL,
				       allocates, &v, &got, &e),
			e);
		ck_assert_int_eq(got, 12);
	}
	__atomic_store_n(&stop, 1, __ATOMIC_RELAXED);
	pthread_join(thread, NULL);
}

/* ---- the two processes and each other ---- */

/* The pid of the first process: the only child of this one. */
static pid_t first_of(void)
{
	char text[64] = "";

	T_CHECK(t_read_file(t_fmt("/proc/self/task/%d/children", getpid()), text, sizeof(text)) >
		0);
	return atoi(text);
}

TEST_BOTH(the_first_process_takes_the_second_along)
{
	struct t_state *state = t_state_take(T_ALL);
	contain_ns_child *c = tn_holder(tn_with(CONTAIN_NS_PID));
	struct pollfd p = { .fd = contain_ns_child_pidfd(c), .events = POLLIN };

	ck_assert_int_eq(poll(&p, 1, 0), 0);
	T_SYS(kill(first_of(), SIGKILL));
	ck_assert_int_eq(contain_ns_child_wait(c, 10000, NULL, NULL), SIGKILL);
	ck_assert_int_eq(poll(&p, 1, 5000 * t_slow()), 1);
	contain_ns_child_free(c);
	usleep(10000); /* whoever adopts it reaps it */
	t_state_check(state);
}

/* The end of fn as process 1 takes along what it has left behind. */
static int leaves_orphans(void *arg)
{
	int *fds = arg;

	for (int i = 0; i < 5; i++)
		if (fork() == 0)
			tn_pause(NULL);
	close(fds[1]);
	return 3;
}

TEST_BOTH(process_1_takes_all_along)
{
	contain_error *e = NULL;
	struct pollfd p = { .events = POLLIN };
	int fds[2], got = 0;

	T_SYS(pipe(fds));
	tn_fine(contain_ns_run(tn_with(CONTAIN_NS_PID), NULL, 0, NULL, NULL, leaves_orphans, fds,
			       &got, &e),
		e);
	ck_assert_int_eq(got, 3);
	close(fds[1]);
	p.fd = fds[0];
	ck_assert_int_eq(poll(&p, 1, 5000 * t_slow()), 1); /* no process holds it any more */
	close(fds[0]);
}

/* Stdin, stdout and stderr may be free here: nothing of ours is in their place. */
static int without_stdio(void *arg, void *rec)
{
	int *out = rec, fd;

	(void)arg;
	for (fd = 0; fd < 3; fd++)
		close(fd);
	for (int i = 0; i < 2; i++) {
		contain_ns_child *c = NULL;

		if (contain_ns_child_start(i ? tn_with(CONTAIN_NS_PID) : 0, NULL, 0, NULL, NULL,
					   tn_pause, NULL, &c, NULL) < 0)
			return 1;
		for (fd = 0; fd < 3; fd++)
			if (fcntl(fd, F_GETFD) >= 0)
				out[i]++;
		syscall(SYS_pidfd_send_signal, contain_ns_child_pidfd(c), SIGKILL, NULL, 0);
		if (contain_ns_child_wait(c, -1, NULL, NULL) != SIGKILL)
			return 2;
		contain_ns_child_free(c);
	}
	return 0;
}

TEST_BOTH(stdio_is_closed)
{
	int in_place[2] = { 0, 0 };

	ck_assert_int_eq(t_child(without_stdio, NULL, in_place, sizeof(in_place)), 0);
	T_CHECK(!in_place[0] && !in_place[1]);
}
