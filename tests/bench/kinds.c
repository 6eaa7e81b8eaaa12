/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the kinds of child cost: the same job by a child that shares the caller's memory, and by
 * contain-init in memory of its own, for each of the reasons to need it.
 */
#include "measure.h"

#include <stdio.h>
#include <string.h>

static const struct {
	const char *name;
	unsigned int job; /* added to the base */
} kinds[] = {
	{ "shares the caller's memory", 0 },
	{ "contain-init: another user id", JOB_ID },
	{ "contain-init: an init that stays", JOB_INIT },
	{ "contain-init: a monitor that stays", JOB_MONITOR },
};

#define KINDS (int)(sizeof(kinds) / sizeof(kinds[0]))
#define RAW KINDS
#define ROUNDS_MAX 10000

struct result {
	struct world *w;
	unsigned int base;
	int rounds;
	double took[KINDS + 1][ROUNDS_MAX];
};

static double once(const struct result *r, int kind, container_plan *const *plan)
{
	double begin = now_usec();
	struct raw raw;

	if (kind == RAW) {
		raw_start(&raw, r->base, r->w);
		raw_end(&raw);
	} else {
		lib_end(lib_start(NULL, plan[kind]));
	}
	return now_usec() - begin;
}

static void run(void *arg)
{
	struct result *r = arg;
	container_plan *plan[KINDS] = { NULL };
	contain_error *e = NULL;

	world_for(r->w, r->base);
	for (int k = 0; k < KINDS; k++) {
		container_spec *spec = job_spec(r->base | kinds[k].job, r->w);

		if (container_plan_compile(spec, &plan[k], &e) < 0)
			die("%s", contain_error_message(e));
		container_spec_free(spec);
	}
	for (int i = -5; i < r->rounds; i++)
		for (int k = 0; k <= KINDS; k++) {
			int kind = (k + i + 5) % (KINDS + 1);
			double took = once(r, kind, plan);

			if (i >= 0)
				r->took[kind][i] = took;
		}
}

void bench_kinds(struct world *w, const struct options *o)
{
	static const unsigned int bases[] = { BASE_NS5, BASE_OVERLAY | JOB_NET };
	struct result *r = shared_memory(sizeof(*r));
	char name[48];

	r->w = w;
	r->rounds = o->rounds;
	printf("## Kinds of child\n\n"
	       "A plan started again, %d rounds in turns; ratios to raw C of the job, which\n"
	       "shares memory, and what that is in microseconds. Raw C neither changes the user\n"
	       "id nor has an init: those jobs are larger.\n\n"
	       "| job | child | median | / raw C | more than raw C | minimum | / raw C |\n"
	       "|---|---|---:|---:|---:|---:|---:|\n",
	       o->rounds);
	for (size_t b = 0; b < sizeof(bases) / sizeof(bases[0]); b++) {
		double raw;

		r->base = bases[b];
		in_process(run, r, "kinds");
		raw = median_of(r->took[RAW], r->rounds);
		for (int k = 0; k < KINDS; k++) {
			double median = median_of(r->took[k], r->rounds);

			printf("| %s | %s | %.0f us | %.2f | %+.0f us | %.0f us | %.2f |\n",
			       job_name(r->base, name), kinds[k].name, median, median / raw,
			       median - raw, r->took[k][0], r->took[k][0] / r->took[RAW][0]);
		}
	}
	printf("\n");
}
