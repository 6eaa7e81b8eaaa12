/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * bench [-r ROUNDS] [-b MIB] [JOB...]: raw C, container_spawn() and a plan that is started again and
 * again, in turns in one process, wait and delete included. Prints medians and minima in
 * microseconds and their ratio to raw C; the ratios are what counts, the machine is noisy. -b touches
 * that much memory first: what is started must not depend on it.
 */
#include "bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { RAW, SPAWN, PLAN, SIDES };

#define WARM_UP 5
#define ROUNDS_MAX 100000

static double now_usec(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static double once(int side, enum job job, const struct world *w, container_spec *spec, const container_plan *plan)
{
	double begin = now_usec();
	struct raw r;

	if (side == RAW) {
		raw_start(&r, job, w);
		raw_end(&r);
		if (r.status)
			die("raw: %s: status %x", job_name[job], (unsigned int)r.status);
	} else {
		lib_end(lib_start(spec, side == PLAN ? plan : NULL));
	}
	return now_usec() - begin;
}

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* In a process of its own: what a job does to the process is gone after it. */
static void run(enum job job, struct world *w, int rounds, double (*took)[ROUNDS_MAX])
{
	container_plan *plan = NULL;
	contain_error *e = NULL;
	container_spec *spec;

	world_for(w, job);
	spec = job_spec(job, w);
	if (container_plan_compile(spec, &plan, &e) < 0)
		die("%s", contain_error_message(e));
	for (int i = -WARM_UP; i < rounds; i++)
		for (int k = 0; k < SIDES; k++) {
			int side = (k + i + WARM_UP) % SIDES; /* nobody is always the first */
			double t = once(side, job, w, spec, plan);

			if (i >= 0)
				took[side][i] = t;
		}
	world_leave(w);
	_exit(0);
}

static void measure(enum job job, struct world *w, int rounds, double (*took)[ROUNDS_MAX])
{
	double median[SIDES], least[SIDES];
	int status;
	pid_t pid;

	fflush(NULL);
	pid = fork();
	if (pid == 0)
		run(job, w, rounds, took);
	if (pid < 0 || waitpid(pid, &status, 0) < 0 || status)
		die("%s failed", job_name[job]);
	for (int side = 0; side < SIDES; side++) {
		qsort(took[side], (size_t)rounds, sizeof(double), by_size);
		median[side] = took[side][rounds / 2];
		least[side] = took[side][0];
	}
	printf("| %s | %.0f | %.0f | %.0f | **%.2f** | **%.2f** | %.0f | %.0f | %.0f | **%.2f** | **%.2f** |\n",
	       job_name[job], median[RAW], median[SPAWN], median[PLAN], median[SPAWN] / median[RAW],
	       median[PLAN] / median[RAW], least[RAW], least[SPAWN], least[PLAN], least[SPAWN] / least[RAW],
	       least[PLAN] / least[RAW]);
}

static void ballast(long mib)
{
	char *at;

	if (!mib)
		return;
	at = mmap(NULL, (size_t)mib << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (at == MAP_FAILED)
		die("%ld MiB: %m", mib);
	memset(at, 1, (size_t)mib << 20);
}

static int chosen(int argc, char **argv, enum job job)
{
	for (int i = optind; i < argc; i++)
		if (!strcmp(argv[i], job_name[job]))
			return 1;
	return optind == argc;
}

int main(int argc, char **argv)
{
	double (*took)[ROUNDS_MAX] = mmap(NULL, sizeof(double[SIDES][ROUNDS_MAX]), PROT_READ | PROT_WRITE,
					  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	long rounds = 300, mib = 0;
	struct world w;
	int o;

	while ((o = getopt(argc, argv, "r:b:")) != -1) {
		if (o != 'r' && o != 'b')
			return 2;
		*(o == 'r' ? &rounds : &mib) = atol(optarg);
	}
	if (rounds < 1 || rounds > ROUNDS_MAX || mib < 0 || took == MAP_FAILED)
		die("usage: bench [-r ROUNDS] [-b MIB] [JOB...]");
	world_begin(&w, NULL, T_PAYLOAD, B_NOP);
	ballast(mib);
	printf("Microseconds from start to delete, %ld rounds in turns, a static program that only exits%s.\n\n",
	       rounds, mib ? ", ballast in the parent" : "");
	printf("| job | raw | spawn | plan | spawn/raw | plan/raw | raw min | spawn min | plan min | spawn/raw | plan/raw |\n"
	       "|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|\n");
	for (int job = 0; job < JOBS; job++)
		if (chosen(argc, argv, (enum job)job) && (job != JOB_GROUP || *w.v2))
			measure((enum job)job, &w, (int)rounds, took);
	printf("\n");
	for (int job = 0; job < JOBS; job++)
		printf("- %s: %s%s\n", job_name[job], job_text[job],
		       job != JOB_GROUP ? "" : w.limits ? ", memory, pids and cpu limits" : ", no controllers here");
	world_end(&w);
	return 0;
}
