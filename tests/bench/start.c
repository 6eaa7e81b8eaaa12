/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a start costs, from the start to the end of the delete: raw C, the library from the first
 * setter on, a plan that is started again, and the peers, in turns in one process for each job.
 */
#include "measure.h"
#include "peers.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* CONTROL is raw C once more: what its ratio is off 1 is the noise of this run. */
enum {
	RAW,
	SPAWN,
	PLAN,
	CONTROL,
	OURS,
	SUBJECTS = OURS + PEERS
};

#define WARM_UP 5
#define ROUNDS_MAX 10000

/* Shared with the process that measures. */
struct result {
	int rounds;
	unsigned int job;
	struct world *w;
	int n[SUBJECTS];
	double took[SUBJECTS][ROUNDS_MAX];
	struct peer_job peer[PEERS];
};

static double once(int side, const struct result *r, const container_plan *plan)
{
	double begin = now_usec();
	container_spec *spec;
	struct raw raw;
	char name[48];

	if (side == RAW || side == CONTROL) {
		raw_start(&raw, r->job, r->w);
		raw_end(&raw);
		if (raw.status)
			die("raw: %s: status %x", job_name(r->job, name), (unsigned int)raw.status);
	} else if (side == SPAWN) {
		spec = job_spec(r->job, r->w);
		lib_end(lib_start(spec, NULL));
		container_spec_free(spec);
	} else {
		lib_end(lib_start(NULL, plan));
	}
	return now_usec() - begin;
}

static void note(struct result *r, int side, double took)
{
	r->took[side][r->n[side]++] = took;
}

/* Every tenth round, slow ones every twentieth; nobody is measured right behind a peer. */
static void peers_round(struct result *r, int round)
{
	int any = 0;

	for (int p = 0; p < PEERS; p++) {
		int every = r->rounds < 20 ? 1 : p >= PEER_RUNC ? 20 : 10;

		if (r->peer[p].why[0] || round % every)
			continue;
		note(r, OURS + p, peer_once(&r->peer[p]));
		any = 1;
	}
	if (any) {
		usleep(5000); /* what was left to kernel threads */
		once(RAW, r, NULL);
	}
}

static void run(void *arg)
{
	struct result *r = arg;
	container_plan *plan = NULL;
	contain_error *e = NULL;
	container_spec *spec;

	world_for(r->w, r->job);
	spec = job_spec(r->job, r->w);
	if (container_plan_compile(spec, &plan, &e) < 0)
		die("%s", contain_error_message(e));
	peers_begin();
	for (int p = 0; p < PEERS; p++)
		peer_prepare((enum peer)p, r->job, r->w, &r->peer[p]);
	for (int i = -WARM_UP; i < r->rounds; i++) {
		for (int k = 0; k < OURS; k++) {
			int side = (k + i + WARM_UP) % OURS; /* nobody is always the first */
			double took = once(side, r, plan);

			if (i >= 0)
				note(r, side, took);
		}
		if (i >= 0)
			peers_round(r, i);
	}
	container_plan_free(plan);
	container_spec_free(spec);
	world_leave(r->w);
}

/* ---- the tables ---- */

struct row {
	unsigned int job;
	double median[SUBJECTS], least[SUBJECTS]; /* 0: not measured */
	signed char relation[PEERS];
};

static void cell(double value, double raw, int relation)
{
	static const char *const marks[] = { "<", "", ">" };

	if (value == 0)
		printf(" - |");
	else
		printf(" %s%.2f |", marks[relation + 1], value / raw);
}

static void table(const char *what, const struct row *rows, int n, int least)
{
	char name[48];

	printf("%s:\n\n| job | raw C | spawn | plan | raw C again |", what);
	for (int p = 0; p < PEERS; p++)
		printf(" %s |", peer_name[p]);
	printf("\n|---|---:|---:|---:|---:|");
	for (int p = 0; p < PEERS; p++)
		printf("---:|");
	printf("\n");
	for (int i = 0; i < n; i++) {
		const double *value = least ? rows[i].least : rows[i].median;

		printf("| %s | %.0f us |", job_name(rows[i].job, name), value[RAW]);
		for (int side = SPAWN; side < SUBJECTS; side++)
			cell(value[side], value[RAW],
			     side < OURS ? 0 : rows[i].relation[side - OURS]);
		printf("\n");
	}
	printf("\n");
}

static void goals_of(const struct row *row)
{
	char name[48];

	job_name(row->job, name);
	goal_row(GOAL_PLAN_MEDIAN, row->median[PLAN] / row->median[RAW], "%s", name);
	goal_row(GOAL_PLAN_LEAST, row->least[PLAN] / row->least[RAW], "%s", name);
	goal_row(GOAL_SPAWN_MEDIAN, row->median[SPAWN] / row->median[RAW], "%s", name);
	goal_row(GOAL_SPAWN_LEAST, row->least[SPAWN] / row->least[RAW], "%s", name);
	for (int p = 0; p < PEERS; p++)
		if (row->median[OURS + p] != 0 && row->relation[p] >= 0)
			goal_row(GOAL_PEERS, row->median[OURS + p] / row->median[SPAWN], "%s of %s",
				 peer_name[p], name);
}

static void measure(struct result *r, struct row *row)
{
	char name[48];

	memset(r->n, 0, sizeof(r->n));
	memset(row, 0, sizeof(*row));
	in_process(run, r, job_name(r->job, name));
	row->job = r->job;
	for (int side = 0; side < SUBJECTS; side++) {
		if (!r->n[side])
			continue;
		row->median[side] = median_of(r->took[side], r->n[side]);
		row->least[side] = r->took[side][0];
	}
	for (int p = 0; p < PEERS; p++)
		row->relation[p] = (signed char)r->peer[p].relation;
	goals_of(row);
}

/* Why a peer is not in a row; what holds for all rows is said once. */
static void tell_skipped(const struct result *r, char said[PEERS][PEER_WHY])
{
	char name[48];

	for (int p = 0; p < PEERS; p++)
		if (strcmp(r->peer[p].why, said[p]) != 0) {
			if (r->peer[p].why[0])
				fprintf(stderr, "bench: %s: %s: %s\n", job_name(r->job, name),
					peer_name[p], r->peer[p].why);
			strcpy(said[p], r->peer[p].why);
		}
}

void bench_start(struct world *w, const struct options *o)
{
	const unsigned int *list = o->job[0] == JOB_END ? job_list : o->job;
	struct result *r = shared_memory(sizeof(*r));
	char said[PEERS][PEER_WHY] = { "" };
	struct row rows[JOBS_MAX];
	int n = 0;

	r->w = w;
	r->rounds = o->rounds;
	for (; *list != JOB_END; list++) {
		if (*list & JOB_GROUP && !*w->v2)
			continue;
		r->job = *list;
		measure(r, &rows[n++]);
		tell_skipped(r, said);
	}
	printf("## A start\n\n"
	       "From the start to the end of the delete, %d rounds in turns (peers: fewer), a\n"
	       "static program that only exits; everything as a ratio to raw C of the same job.\n"
	       "\"<\": the peer's job is smaller, \">\": it is larger, \"-\": it cannot do it, or\n"
	       "is not installed. How far \"raw C again\" is off 1.00 is the noise of this "
	       "run.\n\n",
	       o->rounds);
	table("Medians", rows, n, 0);
	table("Minima", rows, n, 1);
	printf("- bare: new mnt namespace, a directory as root\n"
	       "- ns5: mnt, pid, ipc, uts and cgroup namespaces, a read-only directory as root\n"
	       "- ro: the same with /proc /sys /dev /tmp, masks and read-only paths\n"
	       "- overlay: the same on an overlay that can be written, its upper layer in memory\n"
	       "- +net: a net namespace, lo up; +user: a user namespace, one line of map\n"
	       "- +group: a cgroup v2 group, removed at the end%s\n",
	       !*w->v2	 ? ": not measured, none is mounted" :
	       w->limits ? "; memory, pids and cpu limits" :
			   "");
	peers_notes();
	printf("\n");
}
