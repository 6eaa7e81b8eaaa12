/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Statistics and events of a group while one system call or one allocation fails: an error with
 * that errno or none, outputs untouched, nothing left. What an update or a look could not read is
 * there the next time. LONG=1: every error at each position.
 */
#include "t_malloc.h"

#include "../live/t_cg_watch.h"
#include "fixture.h"
#include "sys/sys.h"

#define STATE (T_FDS | T_CHILDREN | T_MOUNTS | T_SIGNALS | T_SELF)

static const char *path;
static struct ct_group *both; /* groups of v2 and v1 */
static contain_error *error;

/* ---- what is run ---- */

static int with_stats(int r, contain_stats *s, const char *what)
{
	T_CHECK(r == 0 || s == (void *)1, "%s: %d", what, r);
	if (r == 0)
		contain_stats_free(s);
	return r;
}

static int run_stats(const char *what)
{
	contain_stats *s = (void *)1;
	int fd = both->fd >= 0 ? both->fd : both->v1_dir[0].fd;
	int r = contain_stats_new(fd, CONTAIN_STATS_ALL, &s, &error);

	return with_stats(r, s, what);
}

static int run_stats_of(const char *what)
{
	contain_stats *s = (void *)1;
	int r = ct_stats_new_of(both, CONTAIN_STATS_ALL, &s, &error);

	return with_stats(r, s, what);
}

static int run_update(const char *what)
{
	int on = ct_seam->on, was_armed = armed, r;
	contain_stats *s;
	uint64_t before;

	ct_seam->on = armed = 0;
	s = tw_stats(path, CONTAIN_STATS_ALL);
	before = contain_stats_time_nsec(s);
	ct_seam->on = on;
	armed = was_armed;
	r = contain_stats_update(s, &error);
	ct_seam->on = armed = 0;
	T_CHECK((r < 0) == (contain_stats_time_nsec(s) == before), "%s: %d", what, r);
	ck_assert_int_eq(contain_stats_update(s, NULL), 0);
	tw_value(s, CONTAIN_STAT_CPU_USAGE_USEC);
	tw_value(s, CONTAIN_STAT_GROUP_DESCENDANTS);
	contain_stats_free(s);
	return r;
}

static int with_events(int r, contain_events *e, const char *what)
{
	T_CHECK(r == 0 || e == (void *)1, "%s: %d", what, r);
	if (r == 0)
		contain_events_free(e);
	return r;
}

static int run_events(const char *what)
{
	contain_events *e = (void *)1;
	int r = contain_events_new(both->fd, CONTAIN_EVENT_ALL, &e, &error);

	return with_events(r, e, what);
}

static int run_events_of(const char *what)
{
	contain_events *e = (void *)1;
	uint32_t mask = CONTAIN_EVENT_OOM | CONTAIN_EVENT_OOM_KILL | CONTAIN_EVENTS_HISTORY;
	int r = ct_events_new_of(both, mask, &e, &error);

	return with_events(r, e, what);
}

/* A trigger is added or not; the object is of use after it. */
static int run_pressure(const char *what)
{
	int on = ct_seam->on, r, was_armed = armed;
	contain_events *e;

	ct_seam->on = armed = 0;
	e = tw_events(path, CONTAIN_EVENT_EMPTY);
	ct_seam->on = on;
	armed = was_armed;
	r = contain_events_add_pressure(e, CONTAIN_PRESSURE_CPU, CONTAIN_PRESSURE_SOME, 100000,
					2000000, &error);
	ct_seam->on = armed = 0;
	T_CHECK(r >= 0 || !(contain_events_watched(e) & CONTAIN_EVENT_PRESSURE), "%s", what);
	ck_assert_int_eq(contain_events_add_pressure(e, CONTAIN_PRESSURE_CPU, CONTAIN_PRESSURE_SOME,
						     100000, 2000000, NULL),
			 r >= 0 ? 1 : 0);
	tw_expect(e, CONTAIN_EVENT_EMPTY);
	contain_events_free(e);
	return r;
}

/* A process comes and goes: what one look fails to read, the next ones tell. */
static int run_next(const char *what)
{
	uint32_t mask = CONTAIN_EVENT_POPULATED | CONTAIN_EVENT_EMPTY, type, found = 0;
	int on = ct_seam->on, was_armed = armed, r;
	contain_events *e;
	pid_t pid;

	ct_seam->on = armed = 0;
	e = tw_events(path, mask | CONTAIN_EVENT_REMOVED);
	tw_expect(e, CONTAIN_EVENT_EMPTY);
	pid = tw_run(path, NULL, tw_sleep, 0);
	T_CHECK(tw_readable(e, 5000 * t_slow()));
	ct_seam->on = on;
	armed = was_armed;
	r = contain_events_next(e, &type, NULL, NULL);
	ct_seam->on = armed = 0;
	if (r == 1)
		found = type;
	T_CHECK(r != 1 || type == CONTAIN_EVENT_POPULATED, "%s", what);
	if (!found)
		tw_expect(e, CONTAIN_EVENT_POPULATED);
	tw_end(pid);
	tw_expect(e, CONTAIN_EVENT_EMPTY);
	contain_events_free(e);
	return r < 0 ? r : 0;
}

static const struct job {
	const char *name;
	int (*run)(const char *what);
	int tells; /* with an error object */
	int v1;	   /* only where there are groups of v1 */
} jobs[] = {
	{ "stats-new", run_stats, 1 },
	{ "stats-new-of", run_stats_of, 1 },
	{ "stats-update", run_update, 1 },
	{ "events-new", run_events, 1 },
	{ "events-new-of", run_events_of, 1, 1 },
	{ "add-pressure", run_pressure, 1 },
	{ "next", run_next, 0 },
};
#define JOBS (sizeof(jobs) / sizeof(jobs[0]))

static void prepare(void)
{
	t_need_root();
	fx_seam_open();
	fx_seam_reset();
	path = tw_group_full("fault");
	both = ct_group_new();
	both->fd = tw_dir(path);
	if (t_cgroup_mount("memory")) {
		both->v1 = 1;
		both->v1_dir[0].fd = tw_dir(tw_sub(t_cgroup_make("memory"), "fault"));
	}
}

static int can_run(const struct job *job)
{
	if (job->v1 && !both->v1)
		return 0;
	if (job->run == run_pressure && run_pressure("without a fault") < 0) {
		t_note("no pressure: %s", contain_error_message(error));
		contain_error_free(error);
		error = NULL;
		return 0;
	}
	return 1;
}

/* ---- system calls ---- */

static int is_grave(int err)
{
	return err == -ENOMEM || err == -EMFILE || err == -ENFILE;
}

/* Closing, and questions whose failure is an answer. */
static int says_nothing(const char *call)
{
	return !strcmp(call, "close") || !strcmp(call, "faccessat2") || !strcmp(call, "io_destroy");
}

static void one(const struct job *job, uint32_t k, long nr, int err, int *ret_failed)
{
	const char *call = fx_call_name(nr);
	const char *what = t_fmt("%s: call %u, %s: %s", job->name, k, call, fx_errno_name(err));
	struct t_state *state;
	char diff[2000];
	int r;

	if (!strcmp(call, "close")) /* it is closed, whatever it answers */
		return;
	if (job->run == run_next && err == -ENODEV) /* an answer: the file is gone for ever */
		return;
	state = t_state_take(STATE);
	fx_seam_reset();
	ct_seam->who = CT_SEAM_PARENT;
	ct_seam->at = k;
	ct_seam->err = err;
	ct_seam->action = CT_SEAM_FAIL;
	ct_seam->on = 1;
	r = job->run(what);
	ct_seam->on = 0;
	T_EXPECT(!is_grave(err) || says_nothing(call) || r == err, "%s: %d", what, r);
	T_EXPECT(r < 0 ? r == contain_error_code(error) || !job->tells : !error, "%s: %d, %s", what,
		 r, contain_error_message(error));
	T_EXPECT(r >= 0 || !job->tells || *contain_error_object(error), "%s: no object", what);
	*ret_failed += r < 0;
	contain_error_free(error);
	error = NULL;
	T_EXPECT(!t_state_diff(state, diff, sizeof(diff)), "%s: left behind:\n%s", what, diff);
	t_state_free(state);
}

static void all_positions(const struct job *job)
{
	static const int errs[] = { -ENOMEM, -EMFILE, -ENFILE, -EACCES, -EPERM, -ENOENT,
				    -ENODEV, -EIO,    -EINTR,  -ENOSYS, -EBADF };
	const size_t n = sizeof(errs) / sizeof(errs[0]);
	static int16_t nr[CT_SEAM_LOG];
	int cases = 0, failed = 0;
	uint32_t calls;

	if (!can_run(job))
		return;
	fx_seam_reset();
	ct_seam->on = 1;
	T_CHECK(job->run("without a fault") >= 0, "%s", contain_error_message(error));
	ct_seam->on = 0;
	calls = ct_seam->logged < CT_SEAM_LOG ? ct_seam->logged : CT_SEAM_LOG;
	for (uint32_t i = 0; i < calls; i++)
		nr[i] = ct_seam->log[i].nr;
	for (uint32_t k = 0; k < calls; k += t_guest() ? 5 : 1)
		for (size_t i = 0; i < n; i++)
			if (t_sample(1, 0) || i == 0 || i == 1 + k % (n - 1)) {
				one(job, k + 1, nr[k], errs[i], &failed);
				cases++;
			}
	t_note("%s: %u calls, %d cases: %d failed", job->name, calls, cases, failed);
	T_CHECK(failed > 0);
}

TEST_LIMIT(every_system_call_fails_once, 280)
{
	prepare();
	for (size_t i = 0; i < JOBS; i++)
		all_positions(&jobs[i]);
}

/* A trigger has fired, and whichever call of the look fails: it is told once, and fires again. */
TEST_LIMIT(pressure_is_told_after_a_look_that_failed, 120)
{
	contain_events *e;
	uint32_t type = 0;
	pid_t pid[4];
	int failed = 0;

	prepare();
	if (!can_run(&jobs[5]))
		t_skip("no pressure here");
	fx_seam_reset();
	e = tw_events(path, 0);
	ck_assert_int_eq(contain_events_add_pressure(e, CONTAIN_PRESSURE_CPU, CONTAIN_PRESSURE_SOME,
						     20000, 2000000, NULL),
			 0);
	for (int i = 0; i < 4; i++)
		pid[i] = tw_run(path, NULL, tw_burn, 0);
	for (uint32_t k = 1; k <= 5; k++) {
		int r;

		T_CHECK(tw_readable(e, 10000 * t_slow()), "call %u: asleep", k);
		fx_seam_reset();
		ct_seam->who = CT_SEAM_PARENT;
		ct_seam->at = k;
		ct_seam->err = -ENOMEM;
		ct_seam->action = CT_SEAM_FAIL;
		ct_seam->on = 1;
		r = contain_events_next(e, &type, NULL, NULL);
		ct_seam->on = 0;
		failed += r < 0;
		T_CHECK(r == -ENOMEM || r == 1, "call %u: %d", k, r);
		if (r < 0) {
			T_CHECK(tw_readable(e, 0), "call %u", k);
			ck_assert_int_eq(contain_events_next(e, &type, NULL, NULL), 1);
		}
		ck_assert_uint_eq(type, CONTAIN_EVENT_PRESSURE);
		while (contain_events_next(e, &type, NULL, NULL) == 1)
			;
	}
	T_CHECK(failed >= 3, "%d", failed);
	for (int i = 0; i < 4; i++)
		tw_end(pid[i]);
	contain_events_free(e);
}

/* ---- memory ---- */

static int run(const struct job *job, long at)
{
	int r;

	fail_at = at;
	living = seen = 0;
	armed = 1;
	r = job->run("memory");
	armed = 0;
	return r;
}

TEST_LIMIT(every_allocation_fails_once, 100)
{
	if (T_SANITIZED)
		t_skip("allocation is the sanitizer's");
	prepare();
	for (size_t i = 0; i < JOBS; i++) {
		struct t_state *before;
		int failed = 0;
		long n;

		if (!can_run(&jobs[i]))
			continue;
		T_CHECK(run(&jobs[i], 0) >= 0);
		n = seen;
		before = t_state_take(T_FDS | T_CHILDREN);
		for (long at = 1; at <= n; at++) {
			int r = run(&jobs[i], at);

			T_EXPECT(r >= 0 || r == -ENOMEM, "%s: allocation %ld: %d", jobs[i].name, at,
				 r);
			T_EXPECT(r >= 0 || !jobs[i].tells || contain_error_code(error) == -ENOMEM,
				 "%s: allocation %ld", jobs[i].name, at);
			contain_error_free(error);
			error = NULL;
			failed += r < 0;
		}
		t_state_check(before);
		t_note("%s: %ld allocations: %d told -ENOMEM", jobs[i].name, n, failed);
		T_CHECK(failed > 0 || n == 0);
	}
}

/* ---- the group goes at any moment ---- */

static long gone_at;
static const char *victim;

static int removes(enum ct_seam_who who, long nr, const long *args, long *ret)
{
	(void)who, (void)nr, (void)args, (void)ret;
	if (gone_at-- == 0)
		T_CHECK(rmdir(victim) == 0, "%s: %m", victim);
	return 0;
}

/* -ENODEV or all of it; and an object that was made says that it is removed. */
static int vanishes(int events, long at)
{
	const char *group = tw_sub(path, t_fmt("v%ld", at));
	int fd = tw_dir(group), r;
	contain_stats *s = (void *)1;
	contain_events *e = (void *)1;

	fx_seam_reset();
	victim = group;
	gone_at = at;
	ct_seam->fake = removes;
	ct_seam->on = 1;
	r = events ? contain_events_new(fd, CT_EVENTS_STATES | CONTAIN_EVENT_REMOVED, &e, &error) :
		     contain_stats_new(fd, CONTAIN_STATS_ALL, &s, &error);
	ct_seam->on = 0;
	ct_seam->fake = NULL;
	T_CHECK(r == 0 || r == -ENODEV, "call %ld: %s", at, contain_error_message(error));
	T_CHECK(r == 0 || (e == (void *)1 && s == (void *)1));
	contain_error_free(error);
	error = NULL;
	if (gone_at >= 0)
		rmdir(group);
	if (r == 0 && events) {
		uint32_t type = tw_next(e, 2000, NULL, NULL);

		if (type == CONTAIN_EVENT_EMPTY)
			type = tw_next(e, 2000, NULL, NULL);
		T_CHECK(type == CONTAIN_EVENT_REMOVED, "call %ld: %x", at, type);
		contain_events_free(e);
	} else if (r == 0) {
		T_CHECK(contain_stats_update(s, NULL) == -ENODEV, "call %ld", at);
		contain_stats_free(s);
	}
	close(fd);
	return gone_at < 0;
}

TEST_LIMIT(the_group_is_removed_at_every_call, 100)
{
	struct t_state *before;
	long n = 0;

	prepare();
	before = t_state_take(T_FDS);
	while (vanishes(0, n))
		n++;
	t_note("statistics: removed before each of %ld calls", n);
	T_CHECK(n > 10);
	for (n = 0; vanishes(1, n);)
		n++;
	t_note("events: removed before each of %ld calls", n);
	T_CHECK(n > 10);
	t_state_check(before);
}
