/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What groups cost: one that is made with four limits and removed, by system calls, by the library
 * and by libcgroup; a start with a group of its own; and the statistics of a thousand groups.
 */
#include "measure.h"

#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#if CT_HAVE_LIBCGROUP
#include <libcgroup.h>
#endif

#define ROUNDS_MAX 10000
#define JOB (BASE_BARE | JOB_GROUP)

/* CONTROL is by hand once more: what its ratio is off 1 is the noise of this run. */
enum { RAW, LIB, LIBCGROUP, CONTROL, START_RAW, START_PLAN, SUBJECTS };

struct result {
	struct world *w;
	int rounds;
	double took[SUBJECTS][ROUNDS_MAX];
	int n[SUBJECTS];
};

/* ---- one group ---- */

static const struct {
	const char *controller, *file, *value;
} four[] = {
	{ "memory", "memory.max", "67108864" },
	{ "memory", "memory.high", "33554432" },
	{ "pids", "pids.max", "64" },
	{ "cpu", "cpu.max", "200000 100000" },
};

#define FOUR (int)(sizeof(four) / sizeof(four[0]))

static void by_hand(int parent, const char *name)
{
	int group;

	if (mkdirat(parent, name, 0755) < 0)
		die("%s: %m", name);
	group = openat(parent, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	for (int i = 0; i < FOUR; i++) {
		int fd = openat(group, four[i].file, O_WRONLY | O_CLOEXEC);

		if (fd < 0 || write(fd, four[i].value, strlen(four[i].value)) < 0)
			die("%s: %m", four[i].file);
		close(fd);
	}
	if (unlinkat(parent, name, AT_REMOVEDIR) < 0)
		die("%s: %m", name);
	close(group);
}

static contain_limits *limits;

static void by_library(int parent, const char *name)
{
	contain_error *e = NULL;
	int group;

	if (contain_cgroup_create_limited(parent, name, limits, &group, &e) < 0 ||
	    contain_cgroup_remove(parent, name, 0, &e) < 0)
		die("%s", contain_error_message(e));
	close(group);
}

static void new_limits(void)
{
	if (contain_limits_new(&limits) < 0 ||
	    contain_limits_set_memory_max(limits, 67108864) < 0 ||
	    contain_limits_set_memory_high(limits, 33554432) < 0 ||
	    contain_limits_set_pids_max(limits, 64) < 0 ||
	    contain_limits_set_cpu_max(limits, 200000, 100000) < 0)
		die("limits");
}

#if CT_HAVE_LIBCGROUP
static void no_log(void *data, int level, const char *fmt, va_list ap)
{
	(void)data;
	(void)level;
	(void)fmt;
	(void)ap;
}

/* Its table of mounts is read once, outside of the time. */
static int libcgroup_begin(void)
{
	cgroup_set_logger(no_log, CGROUP_LOG_ERROR, NULL);
	return cgroup_init() == 0;
}

static void by_libcgroup(const char *name)
{
	struct cgroup *g = cgroup_new_cgroup(name);
	int r = 0;

	for (int i = 0; i < FOUR; i++) {
		struct cgroup_controller *c = cgroup_get_controller(g, four[i].controller);

		if (!c)
			c = cgroup_add_controller(g, four[i].controller);
		r |= cgroup_add_value_string(c, four[i].file, four[i].value);
	}
	r = r ? r : cgroup_create_cgroup(g, 1);
	/* it deletes the one group for each of its controllers: ENOENT from the second on */
	if (!r && cgroup_delete_cgroup(g, 1) && cgroup_get_last_errno() != ENOENT)
		r = ECGOTHER;
	if (r)
		die("libcgroup: %s: %s", name, cgroup_strerror(r));
	cgroup_free(&g);
}
#else
static int libcgroup_begin(void)
{
	return 0;
}

static void by_libcgroup(const char *name)
{
	(void)name;
}
#endif

static void once(struct result *r, int side, int parent, container_plan *plan)
{
	static unsigned int count;
	struct raw raw;
	char name[32];

	snprintf(name, sizeof(name), "bench.%u", count++);
	switch (side) {
	case RAW:
	case CONTROL:
		by_hand(parent, name);
		break;
	case LIB:
		by_library(parent, name);
		break;
	case LIBCGROUP:
		by_libcgroup(name);
		break;
	case START_RAW:
		raw_start(&raw, JOB, r->w);
		raw_end(&raw);
		break;
	default:
		lib_end(lib_start(NULL, plan));
	}
}

static void timed(struct result *r, int side, int round, int parent, container_plan *plan)
{
	double begin = now_usec();

	once(r, side, parent, plan);
	if (round >= 0)
		r->took[side][r->n[side]++] = now_usec() - begin;
}

static void run(void *arg)
{
	static const int groups[] = { RAW, LIB, CONTROL };
	struct result *r = arg;
	container_plan *plan = NULL;
	contain_error *e = NULL;
	container_spec *spec;
	int parent, with_libcgroup;

	world_for(r->w, JOB);
	/* libcgroup makes no nested ones in v2: below the root, which is a group of this world */
	parent = open(r->w->v2, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	spec = job_spec(JOB, r->w);
	if (container_plan_compile(spec, &plan, &e) < 0)
		die("%s", contain_error_message(e));
	new_limits();
	with_libcgroup = r->w->limits && libcgroup_begin();
	for (int i = -5; i < r->rounds; i++) {
		for (int k = 0; k < 3 && r->w->limits; k++)
			timed(r, groups[(k + i + 5) % 3], i, parent, plan);
		for (int k = 0; k < 2; k++)
			timed(r, START_RAW + (k + i + 5) % 2, i, parent, plan);
		/* slow, and leaves the others cold */
		if (with_libcgroup && i % 10 == 0)
			timed(r, LIBCGROUP, i, parent, plan);
		if (r->w->limits)
			once(r, RAW, parent, plan);
	}
	contain_limits_free(limits);
	container_plan_free(plan);
	container_spec_free(spec);
	close(parent);
	world_leave(r->w);
}

/* ---- the statistics of many ---- */

#define GROUPS 1000
#define TURNS_MAX 100
#define ROOM 60000 /* fds */

struct many {
	struct world *w;
	int groups, turns, files; /* files: of one group */
	double raw[TURNS_MAX], lib[TURNS_MAX], first[TURNS_MAX];
};

static const struct {
	const char *name;
	uint32_t mask;
} sets[] = {
	{ "cpu", CONTAIN_STATS_CPU },
	{ "cpu, memory, pids", CONTAIN_STATS_CPU | CONTAIN_STATS_MEMORY | CONTAIN_STATS_PIDS },
	{ "all", CONTAIN_STATS_ALL },
};

static int fds[65536], nfds;

/* The files that the library holds open: what is read by hand are these very files. */
static void find_fds(int from)
{
	struct rlimit room;
	struct stat st;

	getrlimit(RLIMIT_NOFILE, &room);
	nfds = 0;
	for (int fd = from; fd < (int)room.rlim_cur && nfds < 65536; fd++)
		if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
		    (fcntl(fd, F_GETFL) & O_ACCMODE) == O_RDONLY)
			fds[nfds++] = fd;
}

static void read_by_hand(void)
{
	static char text[16384];

	for (int i = 0; i < nfds; i++)
		if (pread(fds[i], text, sizeof(text), 0) < 0)
			die("pread: %m");
}

static void read_by_library(contain_stats **stats, int n)
{
	contain_error *e = NULL;

	for (int i = 0; i < n; i++)
		if (contain_stats_update(stats[i], &e) < 0)
			die("%s", contain_error_message(e));
}

static void make_many(struct many *m, int parent, uint32_t mask, contain_stats **stats)
{
	contain_error *e = NULL;

	for (int i = 0; i < m->groups; i++) {
		char name[32];
		int fd;

		snprintf(name, sizeof(name), "many.%d", i);
		if (contain_cgroup_create(parent, name, &fd, &e) < 0 ||
		    contain_stats_new(fd, mask, &stats[i], &e) < 0)
			die("%s", contain_error_message(e));
		close(fd);
	}
}

static void remove_many(struct many *m, int parent, contain_stats **stats)
{
	for (int i = 0; i < m->groups; i++) {
		char name[32];

		snprintf(name, sizeof(name), "many.%d", i);
		contain_stats_free(stats[i]);
		if (unlinkat(parent, name, AT_REMOVEDIR) < 0)
			die("%s: %m", name);
	}
}

struct many_arg {
	struct many *m;
	uint32_t mask;
};

static void run_many(void *arg)
{
	struct many *m = ((struct many_arg *)arg)->m;
	static contain_stats *stats[GROUPS];
	struct rlimit room;
	char path[192];
	int parent;

	getrlimit(RLIMIT_NOFILE, &room);
	room.rlim_cur = room.rlim_max;
	if (room.rlim_max < ROOM)
		room.rlim_cur = room.rlim_max = ROOM;
	if (setrlimit(RLIMIT_NOFILE, &room) < 0) { /* more needs CAP_SYS_RESOURCE */
		getrlimit(RLIMIT_NOFILE, &room);
		room.rlim_cur = room.rlim_max;
		setrlimit(RLIMIT_NOFILE, &room);
	}
	world_for(m->w, JOB);
	snprintf(path, sizeof(path), "%s/contain", m->w->v2);
	parent = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	make_many(m, parent, ((struct many_arg *)arg)->mask, stats);
	find_fds(parent + 1);
	m->files = nfds / m->groups;
	for (int i = -1; i < m->turns; i++)
		for (int k = 0; k < 2; k++) {
			double begin = now_usec();

			if ((k + i + 1) % 2) {
				read_by_hand();
				if (i >= 0)
					m->raw[i] = now_usec() - begin;
			} else {
				read_by_library(stats, m->groups);
				if (i >= 0)
					m->lib[i] = now_usec() - begin;
			}
		}
	remove_many(m, parent, stats);
	close(parent);
	world_leave(m->w);
}

static void table_of_many(struct world *w, const struct options *o)
{
	struct many *m = shared_memory(sizeof(*m));
	struct many_arg arg = { .m = m };

	m->w = w;
	m->groups = o->quick ? 50 : GROUPS;
	m->turns = o->quick ? 3 : o->rounds / 20 < 5 ? 5 : o->rounds / 20;
	m->turns = m->turns < TURNS_MAX ? m->turns : TURNS_MAX;
	printf("Statistics of %d groups read anew, %d rounds in turns; raw: the same files by\n"
	       "pread(2), whose text is thrown away.\n\n"
	       "| what | files of a group | raw | the library | / raw | minima |\n"
	       "|---|---:|---:|---:|---:|---:|\n",
	       m->groups, m->turns);
	for (size_t i = 0; i < sizeof(sets) / sizeof(sets[0]); i++) {
		double raw, lib;

		arg.mask = sets[i].mask;
		in_process(run_many, &arg, "statistics of many");
		raw = median_of(m->raw, m->turns);
		lib = median_of(m->lib, m->turns);
		printf("| %s | %d | %.0f us | %.0f us | %.2f | %.2f |\n", sets[i].name, m->files,
		       raw, lib, lib / raw, m->lib[0] / m->raw[0]);
		goal_row(GOAL_SNAPSHOT, lib / raw, "%s", sets[i].name);
	}
	printf("\n");
}

/* ---- the tables ---- */

static void row(struct result *r, const char *name, int side, int to)
{
	double value = median_of(r->took[side], r->n[side]);
	double base = median_of(r->took[to], r->n[to]);

	printf("| %s | %.0f us | %.2f | %.0f us | %.2f |\n", name, value, value / base,
	       r->took[side][0], r->took[side][0] / r->took[to][0]);
}

static void goals_of(struct result *r)
{
	double lib;

	goal_row(GOAL_GROUP_START, median_of(r->took[START_PLAN], r->n[START_PLAN]) /
					   median_of(r->took[START_RAW], r->n[START_RAW]),
		 "medians");
	if (!r->n[LIB])
		return;
	lib = median_of(r->took[LIB], r->n[LIB]);
	goal_row(GOAL_GROUP, lib / median_of(r->took[RAW], r->n[RAW]), "medians");
	goal_row(GOAL_GROUP, r->took[LIB][0] / r->took[RAW][0], "minima");
	if (r->n[LIBCGROUP])
		goal_row(GOAL_LIBCGROUP, median_of(r->took[LIBCGROUP], r->n[LIBCGROUP]) / lib,
			 "medians");
}

void bench_group(struct world *w, const struct options *o)
{
	struct result *r = shared_memory(sizeof(*r));

	r->w = w;
	r->rounds = o->rounds;
	printf("## Groups\n\n");
	if (!*w->v2) {
		printf("Not measured: no cgroup v2 is mounted.\n\n");
		return;
	}
	in_process(run, r, "groups");
	printf("A group made, with four limits where there are controllers, and removed; a start\n"
	       "of a static program with a group of its own. %d rounds in turns.%s\n\n"
	       "| | median | / raw | minimum | / raw |\n|---|---:|---:|---:|---:|\n",
	       r->rounds,
	       w->limits ? "" : " No controllers here: limits are not\nmeasured.");
	if (r->n[LIB]) {
		row(r, "raw: mkdir, 4 times open write close, rmdir", RAW, RAW);
		row(r, "contain_cgroup_create_limited(), _remove()", LIB, RAW);
		if (r->n[LIBCGROUP])
			row(r, "libcgroup: create, delete", LIBCGROUP, RAW);
		row(r, "raw again", CONTROL, RAW);
	}
	row(r, "a start with a group: raw", START_RAW, START_RAW);
	row(r, "a start with a group: a plan", START_PLAN, START_RAW);
	printf("\n");
	goals_of(r);
	table_of_many(w, o);
}
