/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Events that the kernel counts, and pressure. In v2 where it holds the controller, else in v1. */
#include "t_cg_watch.h"

#define MEMORY                                                                      \
	(CONTAIN_EVENT_MEMORY_HIGH | CONTAIN_EVENT_MEMORY_MAX | CONTAIN_EVENT_OOM | \
	 CONTAIN_EVENT_OOM_KILL | CONTAIN_EVENT_OOM_GROUP_KILL)

static void limit(const char *path, const char *file, const char *value)
{
	t_write_file(t_fmt("%s/%s", path, file), value);
}

/* All events until one of these; the counts by bit. */
static uint64_t counts[16];

static void until(contain_events *e, uint32_t type)
{
	uint32_t got;
	uint64_t n;

	memset(counts, 0, sizeof(counts));
	do {
		got = tw_next(e, 10000, &n, NULL);
		T_CHECK(got, "no %s", contain_event_name(type));
		counts[__builtin_ctz(got)] += n;
	} while (got != type);
}

static uint64_t count(uint32_t type)
{
	return counts[__builtin_ctz(type)];
}

/* ---- memory ---- */

TEST(oom_kill_is_told_before_the_end)
{
	const char *path = tw_group_with("memory", "oom");
	contain_events *e = tw_events(path, MEMORY | CT_EVENTS_STATES);
	pid_t pid;

	limit(path, "memory.max", "16M");
	if (access(t_fmt("%s/memory.swap.max", path), F_OK) == 0)
		limit(path, "memory.swap.max", "0");
	until(e, CONTAIN_EVENT_EMPTY);
	for (int i = 0; i < 3; i++) {
		contain_stats *s;
		uint64_t kills;

		pid = tw_hold(path, NULL, tw_eat, -64);
		until(e, CONTAIN_EVENT_POPULATED);
		tw_go(pid);
		/* at once: the kernel holds back the second news of a file, not those of another */
		until(e, CONTAIN_EVENT_EMPTY);
		ck_assert_int_eq(WTERMSIG(tw_status(pid)), SIGKILL);
		ck_assert_uint_eq(count(CONTAIN_EVENT_OOM_KILL), 1);
		T_CHECK(count(CONTAIN_EVENT_OOM) >= 1 && count(CONTAIN_EVENT_MEMORY_MAX) >= 1);
		ck_assert_uint_eq(count(CONTAIN_EVENT_MEMORY_HIGH), 0);
		s = tw_stats(path, CONTAIN_STATS_MEMORY);
		kills = tw_value(s, CONTAIN_STAT_OOM_KILL);
		ck_assert_uint_eq(kills, (uint64_t)i + 1);
		T_CHECK(tw_value(s, CONTAIN_STAT_MEMORY_PEAK) >= 15 << 20);
		contain_stats_free(s);
	}
	tw_quiet(e);
	contain_events_free(e);
}

TEST(group_kill_is_told)
{
	const char *path = tw_group_with("memory", "oomgroup");
	contain_events *e = tw_events(path, MEMORY | CT_EVENTS_STATES);
	contain_stats *s;
	pid_t pid, other;

	until(e, CONTAIN_EVENT_EMPTY);
	limit(path, "memory.max", "16M");
	limit(path, "memory.oom.group", "1");
	if (access(t_fmt("%s/memory.swap.max", path), F_OK) == 0)
		limit(path, "memory.swap.max", "0");
	other = tw_run(path, NULL, tw_sleep, 0);
	until(e, CONTAIN_EVENT_POPULATED);
	pid = tw_run(path, NULL, tw_eat, -64);
	ck_assert_int_eq(WTERMSIG(tw_status(pid)), SIGKILL);
	ck_assert_int_eq(WTERMSIG(tw_status(other)), SIGKILL);
	until(e, CONTAIN_EVENT_EMPTY);
	ck_assert_uint_eq(count(CONTAIN_EVENT_OOM_GROUP_KILL), 1);
	/* the first victim may count twice, as the kernel's choice and as one of the group */
	s = tw_stats(path, CONTAIN_STATS_MEMORY);
	T_CHECK(count(CONTAIN_EVENT_OOM_KILL) >= 2);
	ck_assert_uint_eq(count(CONTAIN_EVENT_OOM_KILL), tw_value(s, CONTAIN_STAT_OOM_KILL));
	contain_stats_free(s);
	contain_events_free(e);
}

/* An OOM kill of one of several: nothing ends, and the news comes all the same. */
TEST(oom_kill_of_one_of_two)
{
	const char *path = tw_group_with("memory", "oomone");
	contain_events *e = tw_events(path, CONTAIN_EVENT_OOM_KILL);
	pid_t other = tw_run(path, NULL, tw_sleep, 0), pid;
	uint64_t n = 0;

	tw_quiet(e);
	limit(path, "memory.max", "16M");
	if (access(t_fmt("%s/memory.swap.max", path), F_OK) == 0)
		limit(path, "memory.swap.max", "0");
	pid = tw_run(path, NULL, tw_eat, -64);
	ck_assert_uint_eq(tw_next(e, 10000, &n, NULL), CONTAIN_EVENT_OOM_KILL);
	ck_assert_uint_eq(n, 1);
	ck_assert_int_eq(WTERMSIG(tw_status(pid)), SIGKILL);
	tw_quiet(e);
	tw_end(other);
	contain_events_free(e);
}

TEST(memory_high_is_told)
{
	const char *path = tw_group_with("memory", "high");
	contain_events *e = tw_events(path, MEMORY);
	pid_t pid;

	limit(path, "memory.high", "8M");
	pid = tw_run(path, NULL, tw_eat, 9);
	until(e, CONTAIN_EVENT_MEMORY_HIGH);
	T_CHECK(count(CONTAIN_EVENT_MEMORY_HIGH) >= 1);
	tw_end(pid);
	contain_events_free(e);
}

TEST(what_was_before)
{
	const char *path = tw_group_with("memory", "before");
	contain_events *e;

	limit(path, "memory.max", "16M");
	if (access(t_fmt("%s/memory.swap.max", path), F_OK) == 0)
		limit(path, "memory.swap.max", "0");
	tw_status(tw_run(path, NULL, tw_eat, -64));
	e = tw_events(path, MEMORY);
	tw_quiet(e);
	contain_events_free(e);
	e = tw_events(path, MEMORY | CONTAIN_EVENTS_HISTORY);
	T_CHECK(tw_readable(e, 0));
	until(e, CONTAIN_EVENT_OOM_KILL);
	ck_assert_uint_eq(count(CONTAIN_EVENT_OOM_KILL), 1);
	tw_quiet(e);
	contain_events_free(e);
}

/* ---- pids ---- */

static void no_fork_is_lost(const char *path, contain_events *e)
{
	int rounds = t_guest() ? 6 : (int)t_sample(100, 20), want = 0;
	uint64_t told = 0, n;
	int64_t end;

	/* the process itself and three more */
	limit(path, "pids.max", "4");
	for (int i = 0; i < rounds; i++) {
		pid_t pid = tw_run(path, NULL, tw_forks, 5);
		int status;

		while (tw_readable(e, 0))
			if (contain_events_next(e, &(uint32_t){ 0 }, &n, NULL) == 1)
				told += n;
		status = tw_status(pid);
		ck_assert_int_eq(WEXITSTATUS(status), 2);
		want += 2;
		limit(path, "cgroup.kill", "1");
		/* a zombie counts too */
		for (char text[16] = "1"; text[0] != '0'; usleep(100))
			t_read_file(t_fmt("%s/pids.current", path), text, sizeof(text));
	}
	end = tw_msec() + 5000 * t_slow();
	while (told < (uint64_t)want && tw_msec() < end)
		if (tw_next(e, 100, &n, NULL) == CONTAIN_EVENT_PIDS_MAX)
			told += n;
	ck_assert_uint_eq(told, (uint64_t)want);
	tw_quiet(e);
}

TEST_LIMIT(refused_forks_are_all_told, 60)
{
	const char *path = tw_group_with("pids", "pids");
	contain_events *e = tw_events(path, CONTAIN_EVENT_PIDS_MAX);

	no_fork_is_lost(path, e);
	contain_events_free(e);
}

TEST(a_controller_that_is_taken_away)
{
	const char *path = tw_group_with("memory", "taken"), *parent = t_fmt("%s/..", path);
	contain_events *e = tw_events(path, MEMORY | CONTAIN_EVENT_EMPTY);
	contain_stats *s = tw_stats(path, CONTAIN_STATS_MEMORY | CONTAIN_STATS_GROUP);
	uint64_t v = 4242;
	pid_t pid;

	until(e, CONTAIN_EVENT_EMPTY);
	T_CHECK(contain_events_watched(e) & CONTAIN_EVENT_OOM_KILL);
	tw_value(s, CONTAIN_STAT_MEMORY_CURRENT);
	limit(parent, "cgroup.subtree_control", "-memory");
	ck_assert_int_eq(contain_stats_update(s, NULL), 0);
	ck_assert_int_eq(contain_stats_get(s, CONTAIN_STAT_MEMORY_CURRENT, &v), -ENODATA);
	tw_value(s, CONTAIN_STAT_GROUP_POPULATED);
	/* a change of state makes it look at all */
	pid = tw_run(path, NULL, tw_nothing, 0);
	tw_status(pid);
	tw_next(e, 100, NULL, NULL);
	tw_quiet(e);
	ck_assert_uint_eq(contain_events_watched(e), CONTAIN_EVENT_EMPTY);
	limit(parent, "cgroup.subtree_control", "+memory");
	ck_assert_int_eq(contain_stats_update(s, NULL), 0);
	tw_value(s, CONTAIN_STAT_MEMORY_CURRENT);
	contain_stats_free(s);
	contain_events_free(e);
}

/* ---- pressure ---- */

static int trigger(contain_events *e, uint64_t stall, uint64_t window, contain_error **error)
{
	return contain_events_add_pressure(e, CONTAIN_PRESSURE_CPU, CONTAIN_PRESSURE_SOME, stall,
					   window, error);
}

static void need_trigger(contain_events *e)
{
	contain_error *error = NULL;
	int r = trigger(e, 100000, 2000000, &error);

	if (r == -ENOENT || r == -EOPNOTSUPP || r == -EPERM)
		t_skip("%s", contain_error_message(error));
	T_CHECK(r == 0, "%s", contain_error_message(error));
}

/*
 * Through every kind of loop, also one that polls the fd by another epoll instance: the kernel
 * takes an answer that a trigger gives to any poll for told.
 */
TEST_LIMIT(pressure_reaches_every_loop, 100)
{
	const char *path = tw_group("psi");
	contain_events *e = tw_events(path, CONTAIN_EVENT_EMPTY | CONTAIN_EVENT_REMOVED);
	int outer = epoll_create1(EPOLL_CLOEXEC), outest = epoll_create1(EPOLL_CLOEXEC), number;
	struct epoll_event ev = { .events = EPOLLIN };
	pid_t pid[8];
	uint64_t n;

	need_trigger(e);
	T_CHECK(contain_events_watched(e) & CONTAIN_EVENT_PRESSURE);
	tw_expect(e, CONTAIN_EVENT_EMPTY);
	T_SYS(epoll_ctl(outer, EPOLL_CTL_ADD, contain_events_fd(e), &ev));
	T_SYS(epoll_ctl(outest, EPOLL_CTL_ADD, outer, &ev));
	for (int i = 0; i < 8; i++)
		pid[i] = tw_run(path, NULL, tw_burn, 0);
	for (int i = 0; i < 4; i++) {
		uint32_t type = 0;
		struct pollfd p = { .fd = i == 2 ? outer : contain_events_fd(e), .events = POLLIN };

		do {
			int r = i < 2 ? poll(&p, 1, 10000 * t_slow()) :
				i < 3 ? poll(&p, 1, 10000 * t_slow()) :
					epoll_wait(outest, &ev, 1, 10000 * t_slow());

			T_CHECK(r == 1, "loop %d: asleep", i);
			/* the fd is polled often, as by a loop with many others */
			for (int k = 0; k < 5; k++)
				tw_readable(e, 0);
		} while (contain_events_next(e, &type, &n, &number) == 0);
		T_CHECK(type == CONTAIN_EVENT_PRESSURE && n == 1 && number == 0, "loop %d: %s", i,
			contain_event_name(type));
		ck_assert_int_eq(contain_events_next(e, &type, &n, &number), 0);
	}
	for (int i = 0; i < 8; i++)
		tw_end(pid[i]);
	while (tw_next(e, 300, NULL, NULL))
		;
	tw_quiet(e);
	tw_rmdir(path);
	tw_expect(e, CONTAIN_EVENT_REMOVED);
	tw_quiet(e);
	close(outer), close(outest);
	contain_events_free(e);
}

/* Without the watch for the removal, too: the trigger itself ends, and nothing spins. */
TEST(pressure_of_a_group_that_is_removed)
{
	const char *path = tw_group("psigone");
	contain_events *e = tw_events(path, CONTAIN_EVENT_EMPTY);
	contain_error *error = NULL;

	need_trigger(e);
	for (int i = 1; i < 5; i++)
		ck_assert_int_eq(trigger(e, 100000, 2000000, &error), i);
	tw_expect(e, CONTAIN_EVENT_EMPTY);
	tw_rmdir(path);
	T_CHECK(tw_readable(e, 5000 * t_slow()));
	tw_quiet(e);
	ck_assert_int_eq(trigger(e, 100000, 2000000, &error), -ENODEV);
	contain_error_free(error);
	contain_events_free(e);
}

TEST(pressure_that_is_switched_off)
{
	const char *path = tw_group("psioff");
	contain_events *e = tw_events(path, 0);
	contain_stats *s = tw_stats(path, CONTAIN_STATS_PRESSURE);
	contain_error *error = NULL;
	uint64_t v;

	if (access(t_fmt("%s/cgroup.pressure", path), F_OK) < 0)
		t_skip("no cgroup.pressure (Linux 6.1)");
	need_trigger(e);
	limit(path, "cgroup.pressure", "0");
	ck_assert_int_eq(contain_stats_update(s, NULL), 0);
	ck_assert_int_eq(contain_stats_pressure(s, 1, 1, NULL, NULL, NULL, &v), -ENODATA);
	tw_quiet(e);
	ck_assert_int_eq(trigger(e, 100000, 2000000, &error), -ENOENT);
	T_CHECK(strstr(contain_error_hint(error), "cgroup.pressure"));
	contain_error_free(error);
	limit(path, "cgroup.pressure", "1");
	ck_assert_int_eq(contain_stats_update(s, NULL), 0);
	ck_assert_int_eq(contain_stats_pressure(s, 1, 1, NULL, NULL, NULL, &v), 0);
	ck_assert_int_eq(trigger(e, 100000, 2000000, NULL), 1);
	tw_quiet(e);
	contain_stats_free(s);
	contain_events_free(e);
}

static void bad(contain_events *e, int resource, int who, uint64_t stall, uint64_t window,
		const char *object)
{
	contain_error *error = NULL;

	T_CHECK(contain_events_add_pressure(e, resource, who, stall, window, &error) == -EINVAL,
		"%d %d %llu %llu", resource, who, (unsigned long long)stall,
		(unsigned long long)window);
	ck_assert_str_eq(contain_error_object(error), object);
	contain_error_free(error);
}

TEST(triggers_that_cannot_be)
{
	contain_events *e = tw_events(tw_group("psibad"), 0);
	contain_error *error = NULL;

	bad(NULL, 1, 1, 1, 2000000, "events");
	bad(e, 0, 1, 1, 2000000, "resource");
	bad(e, 5, 1, 1, 2000000, "resource");
	bad(e, 1, 0, 1, 2000000, "who");
	bad(e, 1, 3, 1, 2000000, "who");
	bad(e, CONTAIN_PRESSURE_IRQ, CONTAIN_PRESSURE_SOME, 1, 2000000, "who");
	bad(e, 1, 1, 1, 499999, "window_usec");
	bad(e, 1, 1, 1, 10000001, "window_usec");
	bad(e, 1, 1, 1, UINT64_MAX, "window_usec");
	bad(e, 1, 1, 0, 2000000, "stall_usec");
	bad(e, 1, 1, 2000001, 2000000, "stall_usec");
	bad(e, 1, 1, UINT64_MAX, 2000000, "stall_usec");
	need_trigger(e);
	for (int i = 1; i < 64; i++)
		ck_assert_int_eq(trigger(e, 100000, 2000000, NULL), i);
	ck_assert_int_eq(trigger(e, 100000, 2000000, &error), -E2BIG);
	contain_error_free(error);
	contain_events_free(e);
}

static int without_right(void *arg, void *rec)
{
	contain_events *e = tw_events(arg, 0);
	contain_error *error = NULL;
	int r = trigger(e, 100000, 1000000, &error);

	(void)rec;
	if (r == -ENOENT || r == -EOPNOTSUPP)
		t_skip("%s", contain_error_message(error));
	T_CHECK(r == -EPERM || r == -EACCES, "%s", contain_error_message(error));
	t_note("%s", contain_error_message(error));
	if (r == -EPERM)
		T_CHECK(strstr(contain_error_hint(error), "CAP_SYS_RESOURCE"));
	contain_error_free(error);
	contain_events_free(e);
	return 0;
}

TEST(windows_that_need_a_right)
{
	const char *path;

	t_need_root();
	path = tw_group("psiright");
	if (access(t_fmt("%s/cpu.pressure", path), F_OK) < 0)
		t_skip("this kernel tells no pressure");
	T_SYS(chown(t_fmt("%s/cpu.pressure", path), T_UID, T_GID));
	t_as_user(without_right, (void *)path);
}

/* ---- v1 ---- */

struct hybrid {
	const char *v2, *v1;
	struct ct_group *g;
};

static struct hybrid hybrid(const char *controller)
{
	struct hybrid h = { .g = ct_group_new() };

	if (!t_cgroup_mount(controller))
		t_skip("no hierarchy of v1 has the controller %s", controller);
	h.v2 = t_cgroup_mount("cgroup2") ? tw_group("hybrid") : NULL;
	h.v1 = tw_sub(t_cgroup_make(controller), "hybrid");
	if (h.v2)
		h.g->fd = tw_dir(h.v2);
	h.g->v1 = 1;
	h.g->v1_dir[0].fd = tw_dir(h.v1);
	return h;
}

static contain_events *events_of(const struct hybrid *h, uint32_t mask)
{
	contain_events *e = NULL;
	contain_error *error = NULL;

	T_CHECK(ct_events_new_of(h->g, mask, &e, &error) == 0, "%s", contain_error_message(error));
	return e;
}

TEST(v1_oom_kill)
{
	struct hybrid h = hybrid("memory");
	struct t_state *before = t_state_take(T_FDS | T_CHILDREN);
	contain_events *e = events_of(&h, MEMORY | CT_EVENTS_STATES | CONTAIN_EVENT_PIDS_MAX);

	T_CHECK(contain_events_watched(e) & CONTAIN_EVENT_OOM_KILL);
	T_CHECK(!(contain_events_watched(e) &
		  (CONTAIN_EVENT_MEMORY_HIGH | CONTAIN_EVENT_PIDS_MAX)));
	if (h.v2)
		until(e, CONTAIN_EVENT_EMPTY);
	limit(h.v1, "memory.limit_in_bytes", "16M");
	for (int i = 0; i < 3; i++) {
		pid_t pid = tw_hold(h.v1, h.v2, tw_eat, -64);

		if (h.v2)
			until(e, CONTAIN_EVENT_POPULATED);
		tw_go(pid);
		until(e, h.v2 ? CONTAIN_EVENT_EMPTY : CONTAIN_EVENT_OOM_KILL);
		ck_assert_int_eq(WTERMSIG(tw_status(pid)), SIGKILL);
		ck_assert_uint_eq(count(CONTAIN_EVENT_OOM_KILL), 1);
		T_CHECK(count(CONTAIN_EVENT_OOM) >= 1);
	}
	tw_quiet(e);
	contain_events_free(e);
	e = events_of(&h, CONTAIN_EVENT_OOM_KILL | CONTAIN_EVENTS_HISTORY);
	until(e, CONTAIN_EVENT_OOM_KILL);
	ck_assert_uint_eq(count(CONTAIN_EVENT_OOM_KILL), 3);
	contain_events_free(e);
	t_state_check(before);
	ct_group_free(h.g);
}

/* Nothing else wakes: the kill is told by v1 alone, although it is counted after it is told of. */
TEST(v1_oom_kill_of_one_of_two)
{
	struct hybrid h = hybrid("memory");
	contain_events *e = events_of(&h, CONTAIN_EVENT_OOM_KILL);
	pid_t other = tw_run(h.v1, h.v2, tw_sleep, 0);
	int n = (int)t_sample(50, 5);
	uint64_t one = 0;

	limit(h.v1, "memory.limit_in_bytes", "16M");
	for (int i = 0; i < n; i++) {
		pid_t pid = tw_run(h.v1, h.v2, tw_eat, -64);

		ck_assert_uint_eq(tw_next(e, 10000, &one, NULL), CONTAIN_EVENT_OOM_KILL);
		ck_assert_uint_eq(one, 1);
		ck_assert_int_eq(WTERMSIG(tw_status(pid)), SIGKILL);
	}
	tw_quiet(e);
	tw_end(other);
	contain_events_free(e);
	ct_group_free(h.g);
}

static int watches_oom(const contain_events *e)
{
	return (contain_events_watched(e) & CONTAIN_EVENT_OOM) != 0;
}

TEST(v1_removed_group_ends)
{
	struct hybrid h = hybrid("memory");
	contain_events *e = events_of(&h, MEMORY | CONTAIN_EVENT_REMOVED);

	tw_quiet(e);
	tw_rmdir(h.v1);
	if (h.v2) {
		/* the controller's group alone: no event, and none that never was */
		uint32_t type;

		tw_quiet(e);
		/* v1 tells of it in its own time */
		for (int i = 0; i < 1000 * t_slow() && watches_oom(e); i++) {
			ck_assert_int_eq(contain_events_next(e, &type, NULL, NULL), 0);
			usleep(1000);
		}
		T_CHECK(!watches_oom(e));
		tw_rmdir(h.v2);
	}
	tw_expect(e, CONTAIN_EVENT_REMOVED);
	tw_quiet(e);
	contain_events_free(e);
	ct_group_free(h.g);
}
