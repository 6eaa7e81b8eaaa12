/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A host with one event loop: many containers at once, watched by their pidfds in epoll, started
 * from the loop itself, beside a timer that ticks, a thread that computes and programs of its own.
 */
#include "hosts.h"

#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <unistd.h>

#define AT_ONCE 32

struct one {
	container *c;
	int expected, pid, fd; /* of a program of the host's own, when c is NULL */
};

struct loop {
	int epoll, timer, n, started, ended, own_started, own_ended;
	struct one one[AT_ONCE];
	container_plan *plan;
	uint64_t ticks, last_msec, gap_msec;
	int stop;
	uint64_t computed;
};

static void *compute(void *arg)
{
	struct loop *l = arg;
	uint64_t x = 1;

	while (!__atomic_load_n(&l->stop, __ATOMIC_SEQ_CST)) {
		for (int i = 0; i < 100000; i++)
			x = x * 6364136223846793005ULL + 1442695040888963407ULL;
		__atomic_fetch_add(&l->computed, 1 + (x == 0), __ATOMIC_SEQ_CST);
	}
	return NULL;
}

static void watch(struct loop *l, int fd, int index)
{
	struct epoll_event e = { .events = EPOLLIN, .data.u32 = (uint32_t)index };

	T_SYS(epoll_ctl(l->epoll, EPOLL_CTL_ADD, fd, &e));
}

/* The next one, into this place: a container, or now and then a program of the host's own. */
static void begin(struct loop *l, int index)
{
	struct one *o = &l->one[index];
	struct h_argv a;
	char why[300];
	int i = l->started++;

	*o = (struct one){ .expected = i * 11 % 256, .fd = -1 };
	h_argv(&a, "exit", o->expected);
	if (i % 8 == 4) {
		o->expected = i % 8;
		h_argv(&a, "exit", o->expected);
		T_CHECK(posix_spawn(&o->pid, H_JOB, NULL, NULL, (char **)a.argv, NULL) == 0);
		o->fd = (int)syscall(SYS_pidfd_open, o->pid, 0);
		T_SYS(o->fd);
		watch(l, o->fd, index);
		l->own_started++;
		return;
	}
	if (i % 16 == 3) {
		o->expected = 128 + SIGKILL;
		h_argv(&a, "sleep", 0);
	}
	T_CHECK(h_start(l->plan, a.argv, &o->c, why, sizeof(why)) == 0, "%s", why);
	watch(l, container_pidfd(o->c), index);
	if (i % 16 == 3)
		ck_assert_int_eq(container_kill(o->c, NULL), 0);
}

static void end(struct loop *l, int index)
{
	struct one *o = &l->one[index];
	container_exit *x = NULL;
	contain_error *e = NULL;
	int status;

	l->ended++;
	if (!o->c) {
		ck_assert_int_eq(waitpid(o->pid, &status, 0), o->pid);
		T_CHECK(WIFEXITED(status) && WEXITSTATUS(status) == o->expected, "%x",
			(unsigned int)status);
		close(o->fd);
		l->own_ended++;
		return;
	}
	T_SYS(epoll_ctl(l->epoll, EPOLL_CTL_DEL, container_pidfd(o->c), NULL));
	T_CHECK(container_wait(o->c, 0, &x, &e) == 0, "%s", contain_error_message(e));
	ck_assert_int_eq(container_exit_code(x), o->expected);
	container_exit_free(x);
	container_free(o->c);
}

static void tick(struct loop *l)
{
	uint64_t now = h_now_msec(), n;

	T_CHECK(read(l->timer, &n, sizeof(n)) == sizeof(n));
	if (l->last_msec && now - l->last_msec > l->gap_msec)
		l->gap_msec = now - l->last_msec;
	l->last_msec = now;
	l->ticks++;
}

static void run_loop(struct loop *l)
{
	struct itimerspec every = { { 0, 2000000 }, { 0, 2000000 } };
	struct epoll_event events[AT_ONCE + 1];
	pthread_t thread;

	l->epoll = epoll_create1(EPOLL_CLOEXEC);
	l->timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
	T_SYS(l->epoll);
	T_SYS(timerfd_settime(l->timer, 0, &every, NULL));
	watch(l, l->timer, AT_ONCE);
	T_CHECK(pthread_create(&thread, NULL, compute, l) == 0);
	for (int i = 0; i < AT_ONCE && l->started < l->n; i++)
		begin(l, i);
	while (l->ended < l->n) {
		int n = epoll_wait(l->epoll, events, AT_ONCE + 1, 20000 * t_slow());

		T_CHECK(n > 0, "nothing ended: %d", n);
		for (int i = 0; i < n; i++) {
			if (events[i].data.u32 == AT_ONCE) {
				tick(l);
				continue;
			}
			end(l, (int)events[i].data.u32);
			if (l->started < l->n)
				begin(l, (int)events[i].data.u32);
		}
	}
	__atomic_store_n(&l->stop, 1, __ATOMIC_SEQ_CST);
	pthread_join(thread, NULL);
	close(l->timer);
	close(l->epoll);
}

TEST_LIMIT(event_loop, 300)
{
	struct loop l = { .n = h_rounds(1000, 400, 80) };
	struct t_state *state;

	t_need_root();
	state = h_before();
	l.plan = h_plan(h_spec(CONTAIN_NS_MNT | CONTAIN_NS_PID));
	run_loop(&l);
	container_plan_free(l.plan);
	h_after(state);
	t_note("%d containers, %d programs, %llu ticks of 2 ms, longest gap %llu ms, computed %llu",
	       l.ended - l.own_ended, l.own_ended, (unsigned long long)l.ticks,
	       (unsigned long long)l.gap_msec, (unsigned long long)l.computed);
	T_CHECK(l.ended == l.n && l.own_ended == l.own_started && l.own_ended > 0);
	T_CHECK(l.ticks > 1 && l.computed > 5);
}
