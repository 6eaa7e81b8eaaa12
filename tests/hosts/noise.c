/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "noise.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

static struct noise *the_noise; /* for the handler */
static struct sigaction old_usr1, old_alrm;

/* A handler of the host that ran in a child would be the host's code in a container. */
static void on_signal(int number)
{
	struct noise *n = the_noise;

	(void)number;
	__atomic_fetch_add(getpid() == n->pid ? &n->handled : &n->handled_elsewhere, 1,
			   __ATOMIC_RELAXED);
}

static int more(struct noise *n)
{
	return !__atomic_load_n(&n->stop, __ATOMIC_RELAXED);
}

static void count(uint64_t *what, uint64_t by)
{
	__atomic_fetch_add(what, by, __ATOMIC_RELAXED);
}

static void must(struct noise *n, int ok, const char *what)
{
	if (!ok)
		h_bad(n->w, "noise: %s: %m", what);
}

/*
 * What the cache of the thread cannot serve, so that the arena's lock is taken; some are mapped,
 * and the arena grows and shrinks.
 */
static void allocate_some(struct noise *n, unsigned int *seed, int rounds)
{
	char *held[32] = { NULL };

	for (int i = 0; i < rounds; i++) {
		int at = rand_r(seed) % 32;
		size_t size = 1100 + (size_t)rand_r(seed) % (i % 64 ? 8000 : 300000);

		if (i % 3 == 0) {
			held[at] = realloc(held[at], size);
		} else {
			free(held[at]);
			held[at] = malloc(size);
		}
		must(n, held[at] != NULL, "malloc");
		if (held[at])
			held[at][0] = held[at][size - 1] = 1;
	}
	for (int i = 0; i < 32; i++)
		free(held[i]);
	count(&n->allocations, (uint64_t)rounds);
}

static void allocate(struct noise *n, struct h_slot *slot, unsigned int *seed)
{
	while (more(n)) {
		allocate_some(n, seed, 1000);
		h_done(slot, "allocates");
	}
}

static void fork_and_exit(struct noise *n, struct h_slot *slot, unsigned int *seed)
{
	int status;
	pid_t pid;

	while (more(n)) {
		allocate_some(n, seed, 100);
		h_done(slot, "forks");
		pid = fork();
		if (pid == 0)
			_exit(42);
		must(n, pid > 0, "fork");
		while (pid > 0 && waitpid(pid, &status, 0) < 0)
			must(n, errno == EINTR, "waitpid");
		must(n, WIFEXITED(status) && WEXITSTATUS(status) == 42, "status of a fork");
		count(&n->forks, 1);
		usleep(500);
	}
}

/* Not close-on-exec: what a payload must never see. */
static void open_and_close(struct noise *n, struct h_slot *slot, unsigned int *seed)
{
	int fd[40], pair[2];

	while (more(n)) {
		allocate_some(n, seed, 100);
		h_done(slot, "opens and closes");
		for (int i = 0; i < 40; i += 4) {
			fd[i] = open("/", O_RDONLY | O_DIRECTORY);
			fd[i + 1] = dup(0);
			must(n, socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0, "socketpair");
			fd[i + 2] = pair[0];
			fd[i + 3] = pair[1];
		}
		for (int i = 0; i < 40; i++)
			must(n, fd[i] > 2 && close(fd[i]) == 0, "close");
		count(&n->fds, 40);
		usleep(200);
	}
}

static void signal_others(struct noise *n, struct h_slot *slot, unsigned int *seed)
{
	while (more(n)) {
		allocate_some(n, seed, 100);
		for (int i = 0; i < n->targets; i++)
			pthread_kill(n->target[i], SIGUSR1);
		count(&n->signals, (uint64_t)n->targets);
		kill(getpid(), SIGUSR1);
		h_done(slot, "sends signals");
		usleep(100);
	}
}

static void load(struct noise *n, struct h_slot *slot, unsigned int *seed)
{
	static const char *const names[] = { "libresolv.so.2", "libthread_db.so.1", "libm.so.6",
					     "libnss_dns.so.2" };
	void *lib;

	for (int i = 0; more(n); i++) {
		allocate_some(n, seed, 100);
		h_done(slot, "loads a library");
		lib = dlopen(names[i % 4], RTLD_NOW | RTLD_LOCAL);
		if (lib)
			dlclose(lib);
		count(&n->libraries, !!lib);
		usleep(300);
	}
}

static void change_environment(struct noise *n, struct h_slot *slot, unsigned int *seed)
{
	char name[32], value[300];

	for (int i = 0; more(n); i++) {
		allocate_some(n, seed, 100);
		h_done(slot, "changes the environment");
		snprintf(name, sizeof(name), "NOISE_%d", i % 50);
		snprintf(value, sizeof(value), "%0*d", i % 250 + 1, i);
		setenv(name, value, 1);
		if (i % 50 == 49)
			for (int k = 0; k < 50; k++) {
				snprintf(name, sizeof(name), "NOISE_%d", k);
				unsetenv(name);
			}
		count(&n->others, 1);
		usleep(50);
	}
	for (int k = 0; k < 50; k++) {
		snprintf(name, sizeof(name), "NOISE_%d", k);
		unsetenv(name);
	}
}

static void map(struct noise *n, struct h_slot *slot, unsigned int *seed)
{
	while (more(n)) {
		allocate_some(n, seed, 100);
		char *at = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE,
				MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		h_done(slot, "maps memory");
		must(n, at != MAP_FAILED, "mmap");
		if (at == MAP_FAILED)
			continue;
		at[0] = at[70000] = 1;
		mprotect(at, 65536, PROT_NONE);
		munmap(at, 1 << 20);
		count(&n->others, 1);
		usleep(100);
	}
}

static void *quick(void *arg)
{
	return malloc(strlen(arg) + 100);
}

static void make_threads(struct noise *n, struct h_slot *slot, unsigned int *seed)
{
	pthread_t t;
	void *p;

	while (more(n)) {
		allocate_some(n, seed, 100);
		h_done(slot, "makes a thread");
		errno = pthread_create(&t, NULL, quick, (void *)"some text");
		must(n, errno == 0, "pthread_create");
		if (errno == 0 && pthread_join(t, &p) == 0)
			free(p);
		count(&n->others, 1);
		usleep(300);
	}
}

/* setuid(2) of libc interrupts every thread to change it, too; here to what it is. */
static void set_ids(struct noise *n, struct h_slot *slot, unsigned int *seed)
{
	while (more(n)) {
		allocate_some(n, seed, 100);
		h_done(slot, "sets its user id");
		must(n, setuid(getuid()) == 0, "setuid");
		must(n, setgid(getgid()) == 0, "setgid");
		count(&n->others, 2);
		usleep(2000);
	}
}

/* The host's own programs, started and waited for by libc. */
static void start_programs(struct noise *n, struct h_slot *slot, unsigned int *seed)
{
	static char *const argv[] = { (char *)H_JOB, (char *)"exit", (char *)"43", NULL };
	int status = 0;
	pid_t pid;

	while (more(n)) {
		allocate_some(n, seed, 100);
		h_done(slot, "starts a program");
		errno = posix_spawn(&pid, H_JOB, NULL, NULL, argv, NULL);
		must(n, errno == 0, "posix_spawn");
		while (waitpid(pid, &status, 0) < 0)
			must(n, errno == EINTR, "waitpid");
		must(n, WIFEXITED(status) && WEXITSTATUS(status) == 43, "status of a program");
		count(&n->others, 1);
		usleep(3000);
	}
}

static const struct body {
	const char *name;
	void (*run)(struct noise *n, struct h_slot *slot, unsigned int *seed);
	int threads;
} bodies[] = {
	{ "allocate", allocate, 5 },	 { "fork", fork_and_exit, 2 },
	{ "fds", open_and_close, 2 },	 { "signals", signal_others, 1 },
	{ "dlopen", load, 1 },		 { "setenv", change_environment, 1 },
	{ "mmap", map, 1 },		 { "threads", make_threads, 1 },
	{ "setuid", set_ids, 1 },	 { "posix_spawn", start_programs, 1 },
};

static void *run_body(void *arg)
{
	struct noise *n = the_noise;
	const struct body *b = arg;
	struct h_slot *slot = h_slot(n->w, 1, b->name);
	unsigned int seed = (unsigned int)slot->tid;

	b->run(n, slot, &seed);
	__atomic_store_n(&slot->watched, 0, __ATOMIC_SEQ_CST);
	return NULL;
}

void noise_start(struct noise *n, struct h_watch *w, const pthread_t *targets, int n_targets)
{
	struct sigaction sa = { .sa_handler = on_signal }; /* without SA_RESTART */
	struct itimerval every = { { 0, 1000 }, { 0, 1000 } };

	*n = (struct noise){ .w = w, .pid = getpid() };
	the_noise = n;
	for (int i = 0; i < n_targets; i++)
		n->target[n->targets++] = targets[i];
	T_SYS(sigaction(SIGUSR1, &sa, &old_usr1));
	T_SYS(sigaction(SIGALRM, &sa, &old_alrm));
	T_SYS(setitimer(ITIMER_REAL, &every, NULL));
	for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++)
		for (int k = 0; k < bodies[i].threads; k++)
			T_CHECK(pthread_create(&n->thread[n->n++], NULL, run_body,
					       (void *)&bodies[i]) == 0);
}

void noise_stop(struct noise *n)
{
	struct itimerval none = { { 0, 0 }, { 0, 0 } };

	__atomic_store_n(&n->stop, 1, __ATOMIC_SEQ_CST);
	for (int i = 0; i < n->n; i++)
		pthread_join(n->thread[i], NULL);
	setitimer(ITIMER_REAL, &none, NULL);
	/* what is pending is delivered before the handlers go */
	usleep(2000);
	sigaction(SIGUSR1, &old_usr1, NULL);
	sigaction(SIGALRM, &old_alrm, NULL);
}
