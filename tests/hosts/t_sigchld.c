/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Hosts that wait for every child they have (A35). exec makes SIGCHLD the signal of a container's
 * end, so such a host may take its status first. Where the pidfd keeps it (Linux 6.15) every status
 * is right all the same; elsewhere what was taken is -ECHILD with a hint, and never a wrong status.
 */
#include "hosts.h"

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define THREADS 4
#define TAKEN 65536

enum mode { PLAIN, HANDLER, IGNORED, NO_WAIT, THREAD };

struct taken {
	int pid, status;
};

struct host {
	enum mode mode;
	int monitor; /* a process outside keeps the status */
	int n, keeps, stop;
	container_plan *own_pids, *shared_pids;
	int right, lost, wrong, lost_but_taken;
	int children, children_right; /* the host's own */
};

/* What the handler, or the thread, got from waitpid(-1). */
static struct taken taken[TAKEN];
static int n_taken;

static void keep(int pid, int status)
{
	int i = __atomic_fetch_add(&n_taken, 1, __ATOMIC_SEQ_CST);

	if (i < TAKEN) {
		__atomic_store_n(&taken[i].status, status, __ATOMIC_SEQ_CST);
		__atomic_store_n(&taken[i].pid, pid, __ATOMIC_SEQ_CST);
	}
}

/* The status of a process that was taken; pids come again: the last one. -1: it was not. */
static int find_taken(int pid)
{
	int n = __atomic_load_n(&n_taken, __ATOMIC_SEQ_CST);

	for (int i = (n < TAKEN ? n : TAKEN) - 1; i >= 0; i--)
		if (__atomic_load_n(&taken[i].pid, __ATOMIC_SEQ_CST) == pid)
			return __atomic_load_n(&taken[i].status, __ATOMIC_SEQ_CST);
	return -1;
}

static void on_sigchld(int number)
{
	int status, pid, saved = errno;

	(void)number;
	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		keep(pid, status);
	errno = saved;
}

static void *wait_for_all(void *arg)
{
	struct host *h = arg;
	int status, pid;

	while (!__atomic_load_n(&h->stop, __ATOMIC_SEQ_CST)) {
		pid = waitpid(-1, &status, 0);
		if (pid > 0)
			keep(pid, status);
		else
			usleep(100); /* none at the moment */
	}
	return NULL;
}

/* It sleeps until a child of the process ends. */
static void end_waiter(pthread_t waiter)
{
	if (fork() == 0)
		_exit(0);
	pthread_join(waiter, NULL);
	while (waitpid(-1, NULL, 0) > 0)
		;
}

/* ---- one container ---- */

struct job {
	int signal, code;
	struct h_argv argv;
};

static const int *deadly(int *ret_n)
{
	static const int list[] = { SIGHUP,  SIGINT,  SIGQUIT,	 SIGILL,  SIGTRAP, SIGABRT,
				    SIGBUS,  SIGFPE,  SIGKILL,	 SIGUSR1, SIGSEGV, SIGUSR2,
				    SIGPIPE, SIGALRM, SIGTERM,	 SIGXCPU, SIGXFSZ, SIGVTALRM,
				    SIGPROF, SIGSYS,  34,	 50,	  64 };

	*ret_n = sizeof(list) / sizeof(list[0]);
	return list;
}

static void make_job(struct job *j, int i)
{
	int n;
	const int *signals = deadly(&n);

	j->signal = i % 4 == 3 ? signals[i / 4 % n] : 0;
	j->code = j->signal ? 128 + j->signal : (i - i / 4) % 256;
	h_argv(&j->argv, j->signal ? "kill" : "exit", j->signal ? j->signal : j->code);
}

static int same_status(const struct job *j, int status)
{
	return j->signal ? WIFSIGNALED(status) && WTERMSIG(status) == j->signal :
			   WIFEXITED(status) && WEXITSTATUS(status) == j->code;
}

/* In one of the ways in which hosts wait. */
static int wait_for(container *c, int way, container_exit **x, contain_error **e)
{
	struct pollfd p = { .fd = container_pidfd(c), .events = POLLIN };

	if (way == 0)
		return container_wait(c, -1, x, e);
	if (way == 1)
		return container_wait(c, 60000 * t_slow(), x, e);
	while (poll(&p, 1, -1) < 0)
		;
	return container_wait(c, 0, x, e);
}

static void count(int *what)
{
	__atomic_fetch_add(what, 1, __ATOMIC_SEQ_CST);
}

/* Whether the host itself takes statuses; the others have the kernel throw them away. */
static int takes(const struct host *h)
{
	return h->mode == HANDLER || h->mode == THREAD;
}

static void one(struct host *h, int i)
{
	container_exit *x = NULL, *again = NULL;
	contain_error *e = NULL;
	container *c = NULL;
	struct job j;
	char why[300];
	int r, pid;

	make_job(&j, i);
	r = h_start(j.signal ? h->shared_pids : h->own_pids, j.argv.argv, &c, why, sizeof(why));
	if (r)
		T_FAIL("start %d: %s", i, why);
	pid = container_pid(c);
	r = wait_for(c, i % 3, &x, &e);
	if (r == 0 && container_exit_code(x) == j.code && container_exit_signal(x) == j.signal) {
		count(&h->right);
	} else if (r == -ECHILD && !x && strstr(contain_error_hint(e), "waitpid(-1)") &&
		   strcmp(contain_error_op(e), "wait") == 0) {
		count(&h->lost);
		/* the host's handler may not have got to its table yet */
		for (int k = 0; k < 1000 && takes(h) && find_taken(pid) == -1; k++)
			usleep(1000);
		if (same_status(&j, find_taken(pid)))
			count(&h->lost_but_taken);
	} else {
		t_note("%d: %d, status %d, signal %d, not %d, %d: %s", i, r, container_exit_code(x),
		       container_exit_signal(x), j.code, j.signal, contain_error_message(e));
		count(&h->wrong);
	}
	/* what was told once is told again */
	if (container_wait(c, 0, &again, NULL) != r ||
	    container_exit_code(again) != container_exit_code(x))
		count(&h->wrong);
	container_exit_free(again);
	container_exit_free(x);
	contain_error_free(e);
	container_free(c);
}

/* The host's own child, which is nobody else's. */
static void own_child(struct host *h, int i)
{
	int status = -1, pid = fork(), r;

	if (pid == 0)
		_exit(i % 256);
	count(&h->children);
	if (h->mode != PLAIN && !takes(h)) {
		while ((r = waitpid(pid, &status, 0)) < 0 && errno == EINTR)
			;
		if (r > 0)
			return; /* that is another kind of host */
		/* the kernel tells it a moment before the process goes */
		for (int k = 0; k < 20000 && kill(pid, 0) == 0; k++)
			usleep(100);
		if (kill(pid, 0) < 0)
			count(&h->children_right);
		return;
	}
	if (h->mode == PLAIN)
		while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
			;
	else
		for (int k = 0; k < 20000 && (status = find_taken(pid)) == -1; k++)
			usleep(1000);
	if (WIFEXITED(status) && WEXITSTATUS(status) == i % 256)
		count(&h->children_right);
}

struct worker {
	struct host *h;
	int index;
};

static void *work(void *arg)
{
	struct worker *w = arg;

	for (int i = w->index; i < w->h->n; i += THREADS) {
		one(w->h, i);
		if (i % 64 < THREADS)
			own_child(w->h, i);
	}
	return NULL;
}

/* ---- a host ---- */

static void set_up(struct host *h, struct sigaction *old)
{
	struct sigaction sa = { .sa_handler = SIG_DFL };

	if (h->mode == HANDLER) {
		sa.sa_handler = on_sigchld;
		sa.sa_flags = SA_NOCLDSTOP; /* and not SA_RESTART */
	} else if (h->mode == IGNORED) {
		sa.sa_handler = SIG_IGN;
	} else if (h->mode == NO_WAIT) {
		sa.sa_flags = SA_NOCLDWAIT;
	}
	T_SYS(sigaction(SIGCHLD, &sa, old));
}

static container_plan *plan_of(const struct host *h, uint64_t namespaces)
{
	container_spec *spec = h_spec(namespaces);

	container_spec_set_monitor(spec, h->monitor);
	return h_plan(spec);
}

static void run_host(struct host *h)
{
	struct worker w[THREADS];
	pthread_t thread[THREADS], waiter;
	struct sigaction old;

	set_up(h, &old);
	/* what compile starts to learn about the kernel ends in such a host, too */
	h->own_pids = plan_of(h, CONTAIN_NS_MNT | CONTAIN_NS_PID);
	h->shared_pids = plan_of(h, CONTAIN_NS_MNT);
	if (h->mode == THREAD)
		T_CHECK(pthread_create(&waiter, NULL, wait_for_all, h) == 0);
	for (int i = 0; i < THREADS; i++) {
		w[i] = (struct worker){ h, i };
		T_CHECK(pthread_create(&thread[i], NULL, work, &w[i]) == 0);
	}
	for (int i = 0; i < THREADS; i++)
		pthread_join(thread[i], NULL);
	if (h->mode == THREAD) {
		__atomic_store_n(&h->stop, 1, __ATOMIC_SEQ_CST);
		end_waiter(waiter);
	}
	container_plan_free(h->own_pids);
	container_plan_free(h->shared_pids);
	T_SYS(sigaction(SIGCHLD, &old, NULL));
}

/* How many statuses a host of this kind gets is certain, but for who is faster. */
static void judge(const struct host *h)
{
	int sure = h->keeps || h->monitor || h->mode == PLAIN, never = !sure && !takes(h);

	t_note("%d right, %d lost (%d of these were taken by the host), %d wrong of %d; own "
	       "children %d of %d; the pidfd %s the status",
	       h->right, h->lost, h->lost_but_taken, h->wrong, h->n, h->children_right, h->children,
	       h->keeps ? "keeps" : "does not keep");
	ck_assert_int_eq(h->wrong, 0);
	ck_assert_int_eq(h->right + h->lost, h->n);
	ck_assert_int_eq(h->children_right, h->children);
	if (sure)
		ck_assert_int_eq(h->lost, 0);
	else if (never)
		ck_assert_int_eq(h->right, 0);
	else
		ck_assert_int_gt(h->lost, 0); /* else this host is none */
	if (!never)
		ck_assert_int_eq(h->lost_but_taken, h->lost);
}

static void sigchld_host(enum mode mode, int monitor)
{
	struct host h = { .mode = mode, .monitor = monitor };
	struct t_state *state;

	t_need_root();
	h.n = monitor ? h_rounds(2000, 200, 30) : h_rounds(10000, 600, 64);
	h.keeps = h_pidfd_keeps_status();
	n_taken = 0;
	state = h_before();
	run_host(&h);
	h_after(state);
	judge(&h);
}

TEST_LIMIT(plain_host, 600)
{
	sigchld_host(PLAIN, 0);
}

TEST_LIMIT(host_with_a_handler, 600)
{
	sigchld_host(HANDLER, 0);
}

TEST_LIMIT(host_that_ignores_sigchld, 600)
{
	sigchld_host(IGNORED, 0);
}

TEST_LIMIT(host_with_sa_nocldwait, 600)
{
	sigchld_host(NO_WAIT, 0);
}

TEST_LIMIT(host_with_a_waiting_thread, 600)
{
	sigchld_host(THREAD, 0);
}

/* With a monitor every status is right, in every host and on every kernel. */
TEST_LIMIT(monitor_in_a_plain_host, 600)
{
	sigchld_host(PLAIN, 1);
}

TEST_LIMIT(monitor_in_a_host_with_a_handler, 600)
{
	sigchld_host(HANDLER, 1);
}

TEST_LIMIT(monitor_in_a_host_that_ignores_sigchld, 600)
{
	sigchld_host(IGNORED, 1);
}

TEST_LIMIT(monitor_in_a_host_with_sa_nocldwait, 600)
{
	sigchld_host(NO_WAIT, 1);
}

TEST_LIMIT(monitor_in_a_host_with_a_waiting_thread, 600)
{
	sigchld_host(THREAD, 1);
}

/* ---- the naive control: the same host, and waitpid(2) by pid ---- */

static void *naive_work(void *arg)
{
	struct host *h = arg;
	int status, pid, r;

	for (int i = 0; i < h->n / THREADS; i++) {
		pid = fork();
		if (pid == 0) {
			usleep(200);
			_exit(7);
		}
		while ((r = waitpid(pid, &status, 0)) < 0 && errno == EINTR)
			;
		r = r == pid && WIFEXITED(status) && WEXITSTATUS(status) == 7;
		count(r ? &h->right : &h->lost);
	}
	return NULL;
}

TEST_LIMIT(naive_control_loses_statuses, 120)
{
	static const enum mode modes[] = { HANDLER, IGNORED, NO_WAIT, THREAD };
	pthread_t thread[THREADS], waiter;

	for (size_t m = 0; m < sizeof(modes) / sizeof(modes[0]); m++) {
		struct host h = { .mode = modes[m], .n = 400 };
		struct sigaction old;

		set_up(&h, &old);
		if (h.mode == THREAD)
			T_CHECK(pthread_create(&waiter, NULL, wait_for_all, &h) == 0);
		for (int i = 0; i < THREADS; i++)
			T_CHECK(pthread_create(&thread[i], NULL, naive_work, &h) == 0);
		for (int i = 0; i < THREADS; i++)
			pthread_join(thread[i], NULL);
		T_SYS(sigaction(SIGCHLD, &old, NULL));
		if (h.mode == THREAD) {
			__atomic_store_n(&h.stop, 1, __ATOMIC_SEQ_CST);
			end_waiter(waiter);
		}
		t_note("mode %d: %d lost of %d", modes[m], h.lost, h.lost + h.right);
		ck_assert_int_gt(h.lost, 0);
	}
}

/* ---- a thread that starts and ends (A34) ---- */

static void *start_and_end(void *plan)
{
	struct h_argv a;
	container *c = NULL;
	char why[300];

	if (h_start(plan, h_argv(&a, "sleep", 0), &c, why, sizeof(why)))
		T_FAIL("%s", why);
	return c;
}

TEST(thread_that_starts_and_ends)
{
	container_plan *plan[2];
	container_spec *spec;
	struct t_state *state;

	t_need_root();
	state = h_before();
	plan[0] = h_plan(h_spec(CONTAIN_NS_MNT | CONTAIN_NS_PID));
	spec = h_spec(CONTAIN_NS_MNT | CONTAIN_NS_PID);
	container_spec_set_setup_timeout(spec, 600000); /* started by a thread of the library */
	plan[1] = h_plan(spec);
	for (int i = 0; i < 20; i++) {
		pthread_t thread;
		void *c;

		T_CHECK(pthread_create(&thread, NULL, start_and_end, plan[i % 2]) == 0);
		T_CHECK(pthread_join(thread, &c) == 0);
		ck_assert_int_eq(container_wait(c, 50, NULL, NULL), -ETIMEDOUT);
		ck_assert_int_eq(container_signal(c, 0, NULL), 0);
		T_CHECK(h_groups() > 0 || !t_cgroup_mount("cgroup2")); /* so they are seen */
		ck_assert_int_eq(container_delete(c, -1, NULL), 0);
		container_free(c);
	}
	container_plan_free(plan[0]);
	container_plan_free(plan[1]);
	h_after(state);
}
