/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The library may take 1.05 times the system calls of raw C, and the payload sees the same. Both
 * sides are looked at in the same way: the payload's own view, and strace of parent and child.
 */
#include "harness.h"
#include "bench.h"
#include "trace.h"
#include "view.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LIMIT 1.05
#define FEW 4 /* of the smallest job one call is two of a hundred */

static void begin(struct world *w, unsigned int job)
{
	t_need_root();
	world_begin(w, t_tmpdir(), T_PAYLOAD, B_NOP);
	if (job & JOB_GROUP && !*w->v2) {
		world_end(w);
		t_skip("no cgroup v2 is mounted");
	}
	world_for(w, job);
	/* what no payload may inherit */
	umask(077);
	signal(SIGPIPE, SIG_IGN);
	T_SYS(open("/dev/zero", O_RDONLY));
}

/* ---- the same view ---- */

static char *view_by_library(unsigned int job, struct world *w)
{
	container_spec *spec;
	container *c;
	char *view;

	w->out = open(t_fmt("%s/out", t_tmpdir()), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
	w->argv = view_argv(job);
	spec = job_spec(job, w);
	c = lib_start(spec, NULL);
	view = view_take(container_pid(c), w->out);
	container_kill(c, NULL);
	lib_end(c);
	container_spec_free(spec);
	close(w->out);
	return view;
}

static char *view_by_hand(unsigned int job, struct world *w)
{
	struct raw r;
	char *view;

	w->out = open(t_fmt("%s/out", t_tmpdir()), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
	w->argv = view_argv(job);
	raw_start(&r, job, w);
	view = view_take(r.pid, w->out);
	kill(r.pid, SIGKILL);
	raw_end(&r);
	close(w->out);
	return view;
}

/* Lines of a that b lacks. */
static int missing(const char *side, const char *a, const char *b)
{
	char *copy = strdup(a), *line, *save = NULL;
	int n = 0;

	for (line = strtok_r(copy, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
		if (!strstr(b, t_fmt("%s\n", line))) {
			t_note("%s: %s", side, line);
			n++;
		}
	free(copy);
	return n;
}

static void check_same(unsigned int job)
{
	struct world w;
	char *lib, *raw, name[48];
	int differ;

	begin(&w, job);
	lib = view_by_library(job, &w);
	raw = view_by_hand(job, &w);
	differ = missing("only the library", lib, raw) + missing("only raw C", raw, lib);
	world_end(&w);
	T_CHECK(strlen(lib) > 1000);
	T_CHECK(!differ && !strcmp(lib, raw), "%s: %d lines differ", job_name(job, name), differ);
	free(lib);
	free(raw);
}

/* A comparison that finds nothing different between different jobs would find nothing at all. */
TEST(views_tell_jobs_apart)
{
	struct world w;
	char *a, *b;

	begin(&w, BASE_RO | JOB_NET);
	a = view_by_hand(BASE_RO | JOB_NET, &w);
	b = view_by_hand(BASE_RO | JOB_NET | JOB_USER, &w);
	world_end(&w);
	T_CHECK(strstr(a, "ns user shared\n") && strstr(b, "ns user new\n"));
	T_CHECK(strcmp(a, b));
	free(a);
	free(b);
}

/* ---- as few calls ---- */

enum side {
	RAW,
	PLAN,
	SPAWN,
	SIDES
};

/* Each side once outside of the marks: what is found once per process is known then. */
T_PROGRAM(starts)
{
	unsigned int job = (unsigned int)atoi(argv[1]);
	container_plan *plan = NULL;
	container_spec *spec;
	struct world w;
	struct raw r;

	begin(&w, job);
	spec = job_spec(job, &w);
	lib_end(lib_start(spec, NULL));
	if (container_plan_compile(spec, &plan, NULL) < 0)
		die("compile");
	for (unsigned long side = RAW; side < SIDES; side++)
		for (int measured = 0; measured < 2; measured++) {
			if (measured)
				trace_begin(side);
			if (side == RAW) {
				raw_start(&r, job, &w);
				raw_end(&r);
			} else {
				lib_end(lib_start(spec, side == PLAN ? plan : NULL));
			}
			if (measured)
				trace_end(side);
		}
	container_plan_free(plan);
	container_spec_free(spec);
	world_end(&w);
	return 0;
}

/*
 * asks: calls to look whether the group above is frozen or killed as a whole (cgroup.events,
 * memory.oom.group): raw C made the group above and knows.
 */
struct count {
	int all, parent, signals, asks;
};

static struct count count_side(const struct trace *t, enum side side)
{
	struct count n = { 0 };

	for (size_t i = 0; i < t->ncall; i++) {
		const struct trace_call *c = &t->call[i];

		if (c->region != side || c->after_exec)
			continue;
		n.all++;
		n.parent += t->proc[c->proc].parent < 0;
		n.signals += !strcmp(c->name, "rt_sigaction");
		n.asks += strstr(c->args, "memory.oom.group") || strstr(c->args, "cgroup.events") ?
				  3 :
				  0;
	}
	return n;
}

static int count_name(const struct trace *t, enum side side, const char *name)
{
	int n = 0;

	for (size_t i = 0; i < t->ncall; i++)
		n += t->call[i].region == side && !t->call[i].after_exec &&
		     !strcmp(t->call[i].name, name);
	return n;
}

/* Which calls make the difference: "openat2 +15, ...". */
static void note_difference(const struct trace *t, enum side side, const char *what)
{
	char text[2048] = "";
	size_t n = 0;

	for (size_t i = 0; i < t->ncall; i++) {
		const char *name = t->call[i].name;
		int first = 1, more;

		for (size_t k = 0; k < i && first; k++)
			first = strcmp(t->call[k].name, name) != 0;
		if (!first)
			continue;
		more = count_name(t, side, name) - count_name(t, RAW, name);
		if (more)
			n += (size_t)snprintf(text + n, sizeof(text) - n, " %s %+d", name, more);
	}
	t_note("  %s against raw:%s", what, n ? text : " the same");
}

static void check_calls(unsigned int job)
{
	struct trace *t = trace_run(t_self("starts", t_fmt("%d", job), NULL), NULL);
	struct count raw = count_side(t, RAW), plan = count_side(t, PLAN),
		     spawn = count_side(t, SPAWN);
	char name[48];
	double most;

	if (t->status)
		trace_print(t, stderr);
	T_CHECK(t->status == 0, "status %x", t->status);
	T_CHECK(raw.all > 60 && raw.signals == 62, "raw: %d calls, %d rt_sigaction", raw.all,
		raw.signals);
	t_note("%-8s raw %d (parent %d), plan %d (parent %d) = %.3f, "
	       "without rt_sigaction %d, %d = %.3f; container_spawn %d (parent %d) = %.3f",
	       job_name(job, name), raw.all, raw.parent, plan.all, plan.parent,
	       (double)plan.all / raw.all, raw.all - raw.signals, plan.all - plan.signals,
	       (double)(plan.all - plan.signals) / (raw.all - raw.signals), spawn.all, spawn.parent,
	       (double)spawn.all / raw.all);
	note_difference(t, PLAN, "plan");
	note_difference(t, SPAWN, "container_spawn");
	if (getenv("BENCH_TRACE"))
		trace_print(t, stderr);
	most = LIMIT * (raw.all - raw.signals);
	if (most < raw.all - raw.signals + FEW)
		most = raw.all - raw.signals + FEW;
	T_EXPECT(plan.all - plan.asks <= LIMIT * raw.all,
		 "%s: %d calls, %d of them ask about the group above, against %d", name, plan.all,
		 plan.asks, raw.all);
	T_EXPECT(plan.all - plan.signals - plan.asks <= most,
		 "%s without rt_sigaction: %d calls, %d ask about the group above, against %d",
		 name, plan.all - plan.signals, plan.asks, raw.all - raw.signals);
	trace_free(t);
}

/* ---- every job ---- */

#define TESTS(name, job)                \
	TEST(name##_looks_the_same)     \
	{                               \
		check_same(job);        \
	}                               \
	TEST(name##_makes_as_few_calls) \
	{                               \
		check_calls(job);       \
	}

TESTS(bare, BASE_BARE)
TESTS(bare_net, BASE_BARE | JOB_NET)
TESTS(bare_group, BASE_BARE | JOB_GROUP)
TESTS(bare_net_group, BASE_BARE | JOB_NET | JOB_GROUP)
TESTS(ns5, BASE_NS5)
TESTS(ns5_net, BASE_NS5 | JOB_NET)
TESTS(ns5_group, BASE_NS5 | JOB_GROUP)
TESTS(ns5_net_group, BASE_NS5 | JOB_NET | JOB_GROUP)
TESTS(ro, BASE_RO)
TESTS(ro_net, BASE_RO | JOB_NET)
TESTS(ro_group, BASE_RO | JOB_GROUP)
TESTS(ro_net_group, BASE_RO | JOB_NET | JOB_GROUP)
TESTS(overlay, BASE_OVERLAY)
TESTS(overlay_net, BASE_OVERLAY | JOB_NET)
TESTS(overlay_group, BASE_OVERLAY | JOB_GROUP)
TESTS(overlay_net_group, BASE_OVERLAY | JOB_NET | JOB_GROUP)
TESTS(overlay_net_user, BASE_OVERLAY | JOB_NET | JOB_USER)
