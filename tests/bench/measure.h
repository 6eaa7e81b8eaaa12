/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Time, the middle and the least of many times, and what was hoped for. */
#ifndef B_MEASURE_H
#define B_MEASURE_H

#include "bench.h"

double now_usec(void);

/* Of n values, at least one; they are sorted. part: 0 the least, 0.5 the median. */
double value_at(double *values, int n, double part);
#define median_of(values, n) value_at(values, n, 0.5)

/* Memory that the processes of the bench share. */
void *shared_memory(size_t size);

/*
 * Runs fn in a process of its own, which ends with it: what a job does to a process is gone then.
 */
void in_process(void (*fn)(void *), void *arg, const char *what);

/* What the bench is run for. Each is a bound on a ratio that many rows have. */
enum goal {
	GOAL_PLAN_MEDIAN,
	GOAL_PLAN_LEAST,
	GOAL_SPAWN_MEDIAN,
	GOAL_SPAWN_LEAST,
	GOAL_PEERS,
	GOAL_PARENT,
	GOAL_SPEED,
	GOAL_SPEED_BIND,
	GOAL_SPEED_UNION,
	GOAL_SPEED_OVERLAY,
	GOAL_LOOK,
	GOAL_GROUP,
	GOAL_LIBCGROUP,
	GOAL_GROUP_START,
	GOAL_SNAPSHOT,
	GOAL_OVERLAY,
	GOAL_TABLE,
	GOAL_TABLE_PEERS,
	GOAL_SECCOMP,
	GOALS
};

/* One row's ratio. A goal is met when all of its rows are within the bound. */
void goal_row(enum goal goal, double ratio, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* "met" or "not met" for each goal with rows, and the rows that are nearest to the bound. */
void goals_print(void);

/* ---- the sections ---- */

struct options {
	int rounds;		    /* of a section's quickest subject */
	int quick;		    /* just enough to see that it works */
	unsigned int job[JOBS_MAX]; /* ends with JOB_END; empty: all */
};

void bench_start(struct world *w, const struct options *o);  /* what a start costs */
void bench_kinds(struct world *w, const struct options *o);  /* of child */
void bench_parent(struct world *w, const struct options *o); /* from a large and threaded parent */
void bench_live(struct world *w, const struct options *o);   /* memory of containers that run */
void bench_speed(struct world *w, const struct options *o);  /* of programs inside */
void bench_look(struct world *w, const struct options *o);   /* at all namespaces */
void bench_group(struct world *w, const struct options *o);  /* groups, and what they tell */
void bench_mount(struct world *w, const struct options *o);  /* mounts, and the table of them */
void bench_seccomp(struct world *w, const struct options *o); /* filters of system calls */
void bench_mount_table(struct world *w, const struct options *o);

#endif
