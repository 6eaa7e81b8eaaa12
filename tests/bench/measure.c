/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "measure.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

double now_usec(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

double value_at(double *values, int n, double part)
{
	qsort(values, (size_t)n, sizeof(double), by_size);
	return values[(int)((n - 1) * part)];
}

void *shared_memory(size_t size)
{
	void *at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (at == MAP_FAILED)
		die("%zu bytes: %m", size);
	return at;
}

void in_process(void (*fn)(void *), void *arg, const char *what)
{
	int status;
	pid_t pid;

	fflush(NULL);
	pid = fork();
	if (pid == 0) {
		fn(arg);
		_exit(0);
	}
	if (pid < 0 || waitpid(pid, &status, 0) < 0 || status)
		die("%s failed", what);
}

/* ---- goals ---- */

static struct {
	const char *const text;
	const double bound;
	int at_least; /* the ratio has to be above the bound */
	int rows, missed;
	double worst;
	char where[96], list[512]; /* of the worst row, and of those that missed it */
} goals[GOALS] = {
	[GOAL_PLAN_MEDIAN] = { "a plan started again / raw C, medians", 1.10 },
	[GOAL_PLAN_LEAST] = { "a plan started again / raw C, minima", 1.10 },
	[GOAL_SPAWN_MEDIAN] = { "spec, compile and container_spawn() / raw C, medians", 1.25 },
	[GOAL_SPAWN_LEAST] = { "spec, compile and container_spawn() / raw C, minima", 1.25 },
	[GOAL_PEERS] = { "every peer with the same job or a larger one / container_spawn()", 1.0,
			 1 },
	[GOAL_PARENT] = { "from a parent of 2 GiB or with 32 threads / from a small one", 1.30 },
	[GOAL_SPEED] = { "cpu and system calls, inside / outside", 1.05 },
	[GOAL_SPEED_BIND] = { "files on a bind, inside / outside", 1.05 },
	[GOAL_SPEED_UNION] = { "files on the overlay, inside / on an overlay outside", 1.05 },
	[GOAL_SPEED_OVERLAY] = { "files on the overlay, inside / on a tmpfs outside", 1.05 },
	[GOAL_LOOK] = { "lsns(8) / contain_inventory_take()", 1.0, 1 },
	[GOAL_GROUP] = { "a group with four limits, made and removed / raw C", 1.10 },
	[GOAL_LIBCGROUP] = { "libcgroup / a group with four limits, made and removed", 4.0, 1 },
	[GOAL_GROUP_START] = { "a plan started with a group of its own / raw C", 1.10 },
	[GOAL_SNAPSHOT] = { "statistics of a thousand groups / their files by pread(2)", 1.25 },
	[GOAL_OVERLAY] = { "a read-only union of 2, 20 and 200 layers / raw C", 1.10 },
	[GOAL_TABLE] = { "one mount in a table of 5000 / in one of 1000", 1.30 },
	[GOAL_TABLE_PEERS] = { "libmount and findmnt(8) with a tree / contain_mount_table_take()",
			       1.0, 1 },
	[GOAL_SECCOMP] = { "load of the default profile / of a linear list of its rules", 0.25 },
};

void goal_row(enum goal goal, double ratio, const char *fmt, ...)
{
	char where[96];
	va_list ap;
	int worse, missed;

	va_start(ap, fmt);
	vsnprintf(where, sizeof(where), fmt, ap);
	va_end(ap);
	worse = goals[goal].at_least ? ratio < goals[goal].worst : ratio > goals[goal].worst;
	missed = goals[goal].at_least ? ratio <= goals[goal].bound : ratio > goals[goal].bound;
	if (!goals[goal].rows++ || worse) {
		goals[goal].worst = ratio;
		strcpy(goals[goal].where, where);
	}
	if (missed) {
		size_t at = strlen(goals[goal].list);

		snprintf(goals[goal].list + at, sizeof(goals[goal].list) - at, "%s%s %.2f",
			 goals[goal].missed ? ", " : "", where, ratio);
		goals[goal].missed++;
	}
}

void goals_print(void)
{
	printf("## Goals\n\n| goal | bound | | worst row |\n|---|---:|---|---|\n");
	for (int i = 0; i < GOALS; i++) {
		if (!goals[i].rows)
			continue;
		printf("| %s | %s %.2f | ", goals[i].text,
		       goals[i].at_least ? ">" : "<=", goals[i].bound);
		if (goals[i].missed)
			printf("not met in %d of %d | %s |\n", goals[i].missed, goals[i].rows,
			       goals[i].list);
		else
			printf("met in all %d | %.2f, %s |\n", goals[i].rows, goals[i].worst,
			       goals[i].where);
	}
	printf("\n");
}
