/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The same starts from parents of different sizes, in turns: each parent is a process of its own
 * that waits until it is asked for one start. fork(2) is the control: it has to become slower.
 */
#include "measure.h"

#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static const struct subject {
	const char *name;
	unsigned int job;
	enum {
		PLAN,
		POSIX_SPAWN,
		FORK
	} how;
	int every; /* it is its turn in every n-th round */
} subjects[] = {
	{ "bare, a plan started again", BASE_BARE, PLAN, 1 },
	{ "overlay+net, a plan started again", BASE_OVERLAY | JOB_NET, PLAN, 1 },
	{ "ns5, again by contain-init", BASE_NS5 | JOB_ID, PLAN, 1 },
	{ "posix_spawn, no container", 0, POSIX_SPAWN, 1 },
	{ "control: fork and exec, no container", 0, FORK, 25 },
};

#define SUBJECTS (int)(sizeof(subjects) / sizeof(subjects[0]))
#define WORKERS 4
#define ROUNDS_MAX 10000

struct worker {
	int mib, threads;
	int ask, answer; /* fds */
	pid_t pid;
};

/* ---- the parent that is measured ---- */

static void fill(int mib)
{
	size_t size = (size_t)mib << 20;
	char *at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (at == MAP_FAILED)
		die("%d MiB: %m", mib);
	madvise(at, size,
		MADV_NOHUGEPAGE); /* a page table entry for each 4 KiB, as in an old heap */
	memset(at, 1, size);
}

static void *idle(void *arg)
{
	while (pause() < 0)
		;
	return arg;
}

static void start_threads(int n)
{
	pthread_t thread;

	for (int i = 1; i < n; i++)
		if (pthread_create(&thread, NULL, idle, NULL))
			die("thread %d", i);
}

static void outside(const struct world *w, int by_fork)
{
	char path[160], *argv[] = { path, NULL };
	int status;
	pid_t pid;

	snprintf(path, sizeof(path), "%s/nop", w->root);
	if (by_fork) {
		pid = fork();
		if (pid == 0) {
			execv(path, argv);
			_exit(127);
		}
	} else if (posix_spawn(&pid, path, NULL, NULL, argv, environ)) {
		pid = -1;
	}
	if (pid < 0 || waitpid(pid, &status, 0) < 0 || status)
		die("%s: %m", path);
}

static double once(int i, const struct world *w, container_plan *const *plan)
{
	double begin = now_usec();

	if (subjects[i].how == PLAN)
		lib_end(lib_start(NULL, plan[i]));
	else
		outside(w, subjects[i].how == FORK);
	return now_usec() - begin;
}

static void serve(struct worker *me, struct world *w)
{
	container_plan *plan[SUBJECTS] = { NULL };
	unsigned char i;
	double took;

	world_for(w, 0);
	for (int k = 0; k < SUBJECTS; k++) {
		container_spec *spec = job_spec(subjects[k].job, w);

		if (subjects[k].how == PLAN && container_plan_compile(spec, &plan[k], NULL) < 0)
			die("%s", subjects[k].name);
		container_spec_free(spec);
	}
	fill(me->mib);
	start_threads(me->threads);
	while (read(me->ask, &i, 1) == 1) {
		took = once(i, w, plan);
		if (write(me->answer, &took, sizeof(took)) != sizeof(took))
			break;
	}
	_exit(0);
}

/* ---- who asks ---- */

static void hire(struct worker *workers, int n, struct world *w)
{
	struct worker *me = &workers[n];
	int ask[2], answer[2];

	if (pipe(ask) < 0 || pipe(answer) < 0)
		die("pipe: %m");
	fflush(NULL);
	me->pid = fork();
	if (me->pid < 0)
		die("fork: %m");
	if (me->pid == 0) {
		for (int i = 0; i < n; i++) { /* or the others would never see the end */
			close(workers[i].ask);
			close(workers[i].answer);
		}
		close(ask[1]);
		close(answer[0]);
		me->ask = ask[0];
		me->answer = answer[1];
		serve(me, w);
	}
	close(ask[0]);
	close(answer[1]);
	me->ask = ask[1];
	me->answer = answer[0];
}

static double ask(const struct worker *of, int subject)
{
	unsigned char byte = (unsigned char)subject;
	double took;

	if (write(of->ask, &byte, 1) != 1 || read(of->answer, &took, sizeof(took)) != sizeof(took))
		die("the parent of %d MiB with %d threads died", of->mib, of->threads);
	return took;
}

static void dismiss(struct worker *workers)
{
	int status;

	for (int i = 0; i < WORKERS; i++) {
		close(workers[i].ask);
		close(workers[i].answer);
		waitpid(workers[i].pid, &status, 0);
	}
}

static void print_row(int subject, double (*took)[ROUNDS_MAX], int n, const struct worker *workers)
{
	double median[WORKERS];

	for (int i = 0; i < WORKERS; i++)
		median[i] = median_of(took[i], n);
	printf("| %s | %.0f us |", subjects[subject].name, median[0]);
	for (int i = 1; i < WORKERS; i++) {
		printf(" %.2f |", median[i] / median[0]);
		if (subjects[subject].how == PLAN)
			goal_row(GOAL_PARENT, median[i] / median[0], "%s, %d MiB, %d threads",
				 subjects[subject].name, workers[i].mib, workers[i].threads);
	}
	for (int i = 0; i < WORKERS; i++)
		printf(i ? " %.2f |" : " %.0f us |", i ? took[i][0] / took[0][0] : took[0][0]);
	printf("\n");
}

void bench_parent(struct world *w, const struct options *o)
{
	static double took[SUBJECTS][WORKERS][ROUNDS_MAX];
	int large = o->quick ? 64 : 2048, n[SUBJECTS] = { 0 };
	struct worker workers[WORKERS] = { { 10, 1 }, { 10, 32 }, { large, 1 }, { large, 32 } };

	if (sysconf(_SC_AVPHYS_PAGES) / 256 < 2L * large + 512) {
		fprintf(stderr, "bench: parent: less than %d MiB of memory are free\n",
			2 * large + 512);
		return;
	}
	for (int i = 0; i < WORKERS; i++)
		hire(workers, i, w);
	for (int round = -1; round < o->rounds; round++)
		for (int s = 0; s < SUBJECTS; s++) {
			if (round % subjects[s].every && round >= 0)
				continue;
			for (int k = 0; k < WORKERS; k++) {
				int i = (k + round + 1) % WORKERS; /* nobody is always the first */
				double t = ask(&workers[i], s);

				if (round >= 0)
					took[s][i][n[s]] = t;
			}
			n[s] += round >= 0;
		}
	dismiss(workers);
	printf("## The parent\n\n"
	       "One start from parents of different sizes (memory in pages of 4 KiB, touched;\n"
	       "threads that sleep), %d rounds in turns; ratios to the small parent.\n\n"
	       "| | 10 MiB, 1 thread | 10 MiB, 32 | %d MiB, 1 | %d MiB, 32 "
	       "| minima: small | 10 MiB, 32 | %d MiB, 1 | %d MiB, 32 |\n"
	       "|---|---:|---:|---:|---:|---:|---:|---:|---:|\n",
	       o->rounds, large, large, large, large);
	for (int s = 0; s < SUBJECTS; s++)
		print_row(s, took[s], n[s], workers);
	printf("\n");
}
