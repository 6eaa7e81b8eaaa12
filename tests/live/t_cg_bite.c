/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Limits that bite: memory, processor time, processes. What the payload meets inside is compared
 * with what the container's statistics, events and exit record say, and with the kernel's files.
 */
#include "t_cg_bite.h"

#include <poll.h>
#include <sched.h>

/* ---- memory ---- */

TEST(out_of_memory)
{
	contain_limits *l = tb_limits();
	struct ts t;

	tb_need_one_of_both("memory");
	ck_assert_int_eq(contain_limits_set_memory_max(l, 24 * MIB), 0);
	tb_dir(&t, l);
	ts_sh(&t, "payload mem 100; echo ended $?; exec payload sleep");
	ts_start(&t);
	ts_wait_for(&t, "sleeping\n");
	/* inside: a child was killed when it had most of it, and the payload lives */
	ts_has(&t, "\n15\n");
	ts_hasnt(&t, "\n25\n");
	ts_has(&t, "ended 137\n");
	/* outside */
	T_CHECK(tb_stat(&t, CONTAIN_STATS_MEMORY, CONTAIN_STAT_OOM_KILL) == 1);
	T_CHECK(tb_stat(&t, CONTAIN_STATS_MEMORY, CONTAIN_STAT_MEMORY_PEAK) <= 24 * MIB);
	T_CHECK(tb_stat(&t, CONTAIN_STATS_MEMORY, CONTAIN_STAT_MEMORY_PEAK) > 20 * MIB);
	T_CHECK(tb_stat(&t, CONTAIN_STATS_MEMORY, CONTAIN_STAT_MEMORY_CURRENT) < 16 * MIB);
	if (tb_is_v2("memory"))
		ck_assert_uint_eq(tb_key(&t, "memory.events", "oom_kill"), 1);
	ts_kill(&t);
	ck_assert_int_eq(t.oom_killed, 1);
	contain_limits_free(l);
}

/* All or nobody: the payload goes with its child. */
TEST(out_of_memory_as_a_group)
{
	contain_limits *l = tb_limits();
	struct ts t;

	tb_need_v2("memory");
	contain_limits_set_memory_max(l, 24 * MIB);
	contain_limits_set_memory_oom_group(l, 1);
	tb_dir(&t, l);
	ts_sh(&t, "payload mem 100; echo ended $?");
	ts_run_to(&t, 128 + SIGKILL);
	ts_hasnt(&t, "ended");
	ck_assert_int_eq(t.oom_killed, 1);
	contain_limits_free(l);
}

/* The host hears of it from a plain fd, while it happens. */
TEST(out_of_memory_is_heard)
{
	contain_limits *l = tb_limits();
	contain_events *events = NULL;
	uint32_t type, seen = 0;
	uint64_t count, kills = 0;
	struct ts t;

	tb_need_v2("memory");
	contain_limits_set_memory_max(l, 24 * MIB);
	tb_dir(&t, l);
	ts_sh(&t, "read go; payload mem 100 >/dev/null; payload mem 100 >/dev/null; "
		  "exec payload sleep");
	container_spec_set_stdio(t.spec, 0, CONTAIN_STDIO_PIPE);
	ts_start(&t);
	T_CHECK(container_open_events(t.c, CONTAIN_EVENT_OOM | CONTAIN_EVENT_OOM_KILL |
						   CONTAIN_EVENT_MEMORY_MAX,
				      &events, &t.error) == 0,
		"%s", contain_error_message(t.error));
	T_SYS(write(container_stdio_fd(t.c, 0), "go\n", 3));
	while (kills < 2) {
		struct pollfd p = { .fd = contain_events_fd(events), .events = POLLIN };

		T_CHECK(poll(&p, 1, 10000 * t_slow()) == 1, "nothing was heard");
		while (contain_events_next(events, &type, &count, NULL) == 1) {
			seen |= type;
			kills += type == CONTAIN_EVENT_OOM_KILL ? count : 0;
		}
	}
	ck_assert_uint_eq(seen, CONTAIN_EVENT_OOM | CONTAIN_EVENT_OOM_KILL |
					CONTAIN_EVENT_MEMORY_MAX);
	ck_assert_uint_eq(kills, 2);
	contain_events_free(events);
	ts_wait_for(&t, "sleeping\n");
	ts_kill(&t);
	contain_limits_free(l);
}

/* ---- processor time ---- */

static double inside_percent(struct ts *t)
{
	double used, took;

	T_CHECK(sscanf(ts_value(t, "burned"), "%lf in %lf", &used, &took) == 2, "%s", t->text);
	return 100 * used / took;
}

TEST_LIMIT(a_part_of_a_processor, 60)
{
	contain_limits *l = tb_limits();
	uint64_t used, begin, throttled;
	double inside, outside;
	struct ts t;

	tb_need_one_of_both("cpu");
	contain_limits_set_cpu_max(l, 20000, 100000);
	tb_dir(&t, l);
	ts_sh(&t, "read go; payload burn 1500; exec payload sleep");
	container_spec_set_stdio(t.spec, 0, CONTAIN_STDIO_PIPE);
	ts_start(&t);
	used = tb_stat(&t, CONTAIN_STATS_CPU, CONTAIN_STAT_CPU_USAGE_USEC);
	begin = tb_usec();
	T_SYS(write(container_stdio_fd(t.c, 0), "go\n", 3));
	ts_wait_for(&t, "burned");
	outside = 100.0 *
		  (double)(tb_stat(&t, CONTAIN_STATS_CPU, CONTAIN_STAT_CPU_USAGE_USEC) - used) /
		  (double)(tb_usec() - begin);
	throttled = tb_stat(&t, CONTAIN_STATS_CPU, CONTAIN_STAT_CPU_THROTTLED);
	inside = inside_percent(&t);
	t_note("20 %%: inside %.1f %%, outside %.1f %%, throttled in %llu of %llu periods", inside,
	       outside, (unsigned long long)throttled,
	       (unsigned long long)tb_stat(&t, CONTAIN_STATS_CPU, CONTAIN_STAT_CPU_PERIODS));
	T_CHECK(inside > 5 && inside < 28 && outside > 5 && outside < 28);
	T_CHECK(throttled >= 5 && throttled < 100000);
	T_CHECK(tb_stat(&t, CONTAIN_STATS_CPU, CONTAIN_STAT_CPU_THROTTLED_USEC) > 100000);
	ts_kill(&t);
	contain_limits_free(l);
}

/* More, while it runs: and the kernel says so to both. */
TEST_LIMIT(more_of_a_processor_while_it_runs, 60)
{
	contain_limits *l = tb_limits();
	double before, after;
	struct ts t;

	tb_need_one_of_both("cpu");
	contain_limits_set_cpu_max(l, 10000, 100000);
	tb_dir(&t, l);
	ts_sh(&t, "payload burn 1000; echo next; read go; payload burn 1000; exec payload sleep");
	container_spec_set_stdio(t.spec, 0, CONTAIN_STDIO_PIPE);
	ts_start(&t);
	ts_wait_for(&t, "next\n");
	before = inside_percent(&t);
	contain_limits_set_cpu_max(l, 60000, 100000);
	tb_update(&t, l);
	T_SYS(ftruncate(t.out, 0));
	T_SYS(lseek(t.out, 0, SEEK_SET));
	T_SYS(write(container_stdio_fd(t.c, 0), "go\n", 3));
	ts_wait_for(&t, "sleeping\n");
	after = inside_percent(&t);
	t_note("inside: 10 %%: %.1f %%, 60 %%: %.1f %%", before, after);
	T_CHECK(before < 16 && after > 2 * before && after < 70);
	ts_kill(&t);
	contain_limits_free(l);
}

/* Two that never rest on one processor, and how it is shared out among them: outside's figures. */
static void share(void (*set)(contain_limits *l, int second), double *ret_first, double *ret_both)
{
	uint64_t used[2] = { 0 };
	double took;
	struct ts t[2];

	for (int i = 0; i < 2; i++) {
		contain_limits *l = tb_limits();

		ck_assert_int_eq(contain_limits_set_cpuset_cpus(l, "0"), 0);
		set(l, i);
		tb_dir(&t[i], l);
		/* what the other one makes is no difference between before and after */
		t_state_free(t[i].state);
		t[i].state = NULL;
		ts_words(&t[i], "burn 100000000");
		ts_start(&t[i]);
		contain_limits_free(l);
	}
	usleep(200000);
	for (int i = 0; i < 2; i++)
		used[i] = tb_stat(&t[i], CONTAIN_STATS_CPU, CONTAIN_STAT_CPU_USAGE_USEC);
	took = (double)tb_usec();
	sleep(3);
	for (int i = 0; i < 2; i++)
		used[i] = tb_stat(&t[i], CONTAIN_STATS_CPU, CONTAIN_STAT_CPU_USAGE_USEC) - used[i];
	took = (double)tb_usec() - took;
	*ret_first = (double)used[0] / (double)used[1];
	*ret_both = (double)(used[0] + used[1]) / took;
	ts_kill(&t[0]);
	ts_kill(&t[1]);
}

static void weights(contain_limits *l, int second)
{
	ck_assert_int_eq(contain_limits_set_cpu_weight(l, second ? 100 : 400), 0);
}

TEST_LIMIT(weights_on_one_processor, 60)
{
	double ratio, both;

	tb_need_one_of_both("cpu");
	tb_need_one_of_both("cpuset");
	share(weights, &ratio, &both);
	t_note("weights 400 and 100: %.2f to 1, together %.2f of one processor", ratio, both);
	T_CHECK(ratio > 2.5 && ratio < 6, "%.2f", ratio);
	T_CHECK(both < 1.1, "%.2f", both);
}

static void one_idles(contain_limits *l, int second)
{
	if (second)
		ck_assert_int_eq(contain_limits_set_cpu_idle(l, 1), 0);
}

TEST_LIMIT(an_idle_one_on_one_processor, 60)
{
	double ratio, both;

	tb_need_v2("cpu");
	tb_need_v2("cpuset");
	share(one_idles, &ratio, &both);
	t_note("idle: %.0f to 1, together %.2f of one processor", ratio, both);
	T_CHECK(ratio > 15 && both < 1.1, "%.2f, %.2f", ratio, both);
}

TEST(processors)
{
	contain_limits *l = tb_limits();
	cpu_set_t set;
	struct ts t;

	tb_need_one_of_both("cpuset");
	if (sysconf(_SC_NPROCESSORS_ONLN) < 2)
		t_skip("one processor only");
	ck_assert_int_eq(contain_limits_set_cpuset_cpus(l, "1"), 0);
	tb_dir(&t, l);
	ts_sh(&t, "echo there are $(busybox nproc); grep Cpus_allowed_list /proc/self/status; "
		  "exec payload sleep");
	ts_start(&t);
	ts_wait_for(&t, "sleeping\n");
	ts_has(&t, "there are 1\n");
	ts_has(&t, "Cpus_allowed_list:\t1\n");
	T_SYS(sched_getaffinity(container_pid(t.c), sizeof(set), &set));
	T_CHECK(CPU_COUNT(&set) == 1 && CPU_ISSET(1, &set));
	ts_kill(&t);
	contain_limits_free(l);
}

/* ---- processes ---- */

TEST(no_more_processes)
{
	contain_limits *l = tb_limits();
	contain_events *events = NULL;
	uint32_t type = 0;
	struct ts t;

	tb_need_one_of_both("pids");
	contain_limits_set_pids_max(l, 6);
	tb_dir(&t, l);
	ts_sh(&t, "read go; exec payload fork 20 stay");
	container_spec_set_stdio(t.spec, 0, CONTAIN_STDIO_PIPE);
	ts_start(&t);
	if (tb_is_v2("pids"))
		ck_assert_int_eq(container_open_events(t.c, CONTAIN_EVENT_PIDS_MAX, &events, NULL),
				 0);
	T_SYS(write(container_stdio_fd(t.c, 0), "go\n", 3));
	ts_wait_for(&t, "error EAGAIN\n");
	ts_has(&t, "forked 5\n");
	ck_assert_uint_eq(tb_stat(&t, CONTAIN_STATS_PIDS, CONTAIN_STAT_PIDS_CURRENT), 6);
	ck_assert_uint_eq(tb_stat(&t, CONTAIN_STATS_PIDS, CONTAIN_STAT_PIDS_MAX), 1);
	if (events) {
		struct pollfd p = { .fd = contain_events_fd(events), .events = POLLIN };

		T_CHECK(poll(&p, 1, 5000 * t_slow()) == 1, "nothing was heard");
		ck_assert_int_eq(contain_events_next(events, &type, NULL, NULL), 1);
		ck_assert_uint_eq(type, CONTAIN_EVENT_PIDS_MAX);
	}
	contain_events_free(events);
	ts_kill(&t);
	contain_limits_free(l);
}

/* A limit that cannot be set: nothing runs without it. */
TEST(refused_limits_refuse_the_start)
{
	contain_limits *l = tb_limits();
	struct ts t;

	t_need_root();
	tb_need_v2("io");
	/* no such disk */
	ck_assert_int_eq(contain_limits_set_io_max(l, 4000, 7, CONTAIN_IO_WBPS, MIB), 0);
	contain_limits_set_pids_max(l, 20);
	tb_dir(&t, l);
	ts_sh(&t, "echo it runs");
	ts_fails(&t, ENXIO, CONTAIN_PHASE_PARENT, "", "io.max", "no such disk");
	T_CHECK(!strstr(t.text, "it runs"));
	contain_limits_free(l);
	/* and a setter that was refused is not forgotten */
	l = tb_limits();
	ck_assert_int_eq(contain_limits_set_cpu_weight(l, 0), -EINVAL);
	ts_dir(&t, 0);
	container_spec_set_limits(t.spec, l);
	ts_sh(&t, "echo it runs");
	ts_fails(&t, EINVAL, 0, "", "", "");
	T_CHECK(!strstr(t.text, "it runs"));
	contain_limits_free(l);
}
