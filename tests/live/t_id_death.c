/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A container that ends with the caller's process, and not with its thread. */
#include "t_spawn.h"

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

struct host {
	int init, signal, out;
};

static void *start(void *arg)
{
	struct ts *t = arg;

	ts_start(t);
	return NULL;
}

/* A process whose thread starts a container and ends; it tells the container's pid, and stays. */
static void be_host(const struct host *h, int ready)
{
	pthread_t thread;
	struct ts t;
	int pid;

	memset(&t, 0, sizeof(t));
	t.out = h->out;
	if (container_spec_new(&t.spec) < 0)
		_exit(2);
	container_spec_set_root_dir(t.spec, AT_FDCWD, ts_root(), 0);
	container_spec_set_stdio(t.spec, 1, h->out);
	container_spec_set_init(t.spec, h->init);
	container_spec_set_parent_death_signal(t.spec, h->signal);
	ts_sh(&t, "trap 'echo got TERM; exit 0' TERM; echo up; while :; do sleep 0.05; done");
	pthread_create(&thread, NULL, start, &t);
	pthread_join(thread, NULL);
	usleep(200000);
	pid = container_pid(t.c);
	if (write(ready, &pid, sizeof(pid)) != sizeof(pid))
		_exit(3);
	for (;;)
		pause();
}

static int ends_soon(int pidfd, int msec)
{
	struct pollfd p = { .fd = pidfd, .events = POLLIN };

	return poll(&p, 1, msec) == 1;
}

static void one(const struct host *h)
{
	int ready[2], pid = 0, pidfd;
	pid_t host;

	ts_root();
	T_SYS(pipe(ready));
	host = fork();
	T_SYS(host);
	if (host == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		be_host(h, ready[1]);
	}
	T_CHECK(read(ready[0], &pid, sizeof(pid)) == sizeof(pid));
	pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	T_SYS(pidfd);
	/* the thread that started it has ended by now */
	T_CHECK(!ends_soon(pidfd, 300), "it ended with the thread");
	T_SYS(kill(host, SIGKILL));
	T_SYS(waitpid(host, NULL, 0));
	if (!h->signal) {
		T_CHECK(!ends_soon(pidfd, 500), "nobody asked for it");
		T_SYS((int)syscall(SYS_pidfd_send_signal, pidfd, SIGKILL, NULL, 0));
	}
	T_CHECK(ends_soon(pidfd, 5000 * t_slow()), "it lives on");
	close(pidfd);
	close(ready[0]);
	close(ready[1]);
}

TEST_BOTH(killed_with_the_process)
{
	for (int init = 0; init < 2; init++) {
		struct host h = { init, SIGKILL, ts_memfd() };

		one(&h);
		close(h.out);
	}
}

/* Through an init, to a payload with a handler; also as process 1 itself. */
TEST_BOTH(another_signal)
{
	for (int init = 0; init < 2; init++) {
		struct host h = { init, SIGTERM, ts_memfd() };
		char text[256] = "";

		one(&h);
		T_CHECK(pread(h.out, text, sizeof(text) - 1, 0) > 0);
		T_CHECK(strstr(text, "up\ngot TERM\n"), "%s", text);
		close(h.out);
	}
}

TEST(without_it_the_container_lives_on)
{
	struct host h = { 0, 0, ts_memfd() };

	t_need_root();
	one(&h);
	close(h.out);
}

/* PR_SET_PDEATHSIG, the naive way: the end of a thread is enough. */
static void *naive(void *arg)
{
	pid_t *pid = arg;

	*pid = fork();
	if (*pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;)
			pause();
	}
	usleep(100000);
	return NULL;
}

TEST(the_naive_way_ends_with_the_thread)
{
	pthread_t thread;
	int status = 0;
	pid_t pid = 0;

	pthread_create(&thread, NULL, naive, &pid);
	pthread_join(thread, NULL);
	T_SYS(waitpid(pid, &status, 0));
	T_CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

/* The usual life is that of a monitored container. */
TEST_BOTH(status_and_end)
{
	struct ts t;

	ts_dir(&t, 0);
	container_spec_set_parent_death_signal(t.spec, SIGKILL);
	ts_words(&t, "exit 7");
	T_CHECK(strstr(ts_explained(&t), "sends signal 9 when the caller has ended"), "%s",
		ts_explained(&t));
	ts_run_to(&t, 7);
	ts_dir(&t, 0);
	container_spec_set_parent_death_signal(t.spec, SIGKILL);
	container_spec_set_init(t.spec, 1);
	ts_words(&t, "sleep");
	ts_start(&t);
	ts_kill(&t);
}
