/* SPDX-License-Identifier: MIT-0 */
/*
 * 21: processor time. A container that never rests gets a part of a processor, and its own
 * statistics tell how often it was held back, and for how long; then it gets more while it runs.
 *
 *	21_throttle ROOT [PERCENT...]	of one processor, one after the other (10 50)
 */
#include <contain/contain.h>

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define PERIOD_USEC 100000

static uint64_t now_usec(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

/* What a second brings; a statistic that a kernel does not have counts 0. */
static int look(container *c, const char *limit, contain_error **e)
{
	static const int what[] = { CONTAIN_STAT_CPU_USAGE_USEC, CONTAIN_STAT_CPU_PERIODS,
				    CONTAIN_STAT_CPU_THROTTLED,
				    CONTAIN_STAT_CPU_THROTTLED_USEC };
	uint64_t value[2][4] = { { 0 } }, begin = 0, took;
	contain_stats *stats = NULL;
	int r = container_read_stats(c, CONTAIN_STATS_CPU, &stats, e);

	for (int turn = 0; turn < 2 && r == 0; turn++) {
		for (int i = 0; i < 4; i++)
			contain_stats_get(stats, what[i], &value[turn][i]);
		if (turn == 0) {
			begin = now_usec();
			sleep(1);
			r = contain_stats_update(stats, e);
		}
	}
	took = now_usec() - begin;
	contain_stats_free(stats);
	if (r == 0)
		printf("%7s  %4.1f%% used  %3" PRIu64 " of %3" PRIu64 " periods throttled, "
		       "%" PRIu64 " ms\n", limit,
		       100.0 * (double)(value[1][0] - value[0][0]) / (double)took,
		       value[1][2] - value[0][2], value[1][1] - value[0][1],
		       (value[1][3] - value[0][3]) / 1000);
	return r;
}

/* CONTAIN_LIMIT_MAX, or so much of one processor */
static void set_percent(contain_limits *l, const char *percent)
{
	contain_limits_set_cpu_max(l, strtoull(percent, NULL, 10) * PERIOD_USEC / 100, PERIOD_USEC);
}

int main(int argc, char **argv)
{
	static const char *const busy[] = { "sh", "-c", "while :; do :; done", NULL };
	char *few[] = { (char *)"10", (char *)"50" }, **percent = argc > 2 ? argv + 2 : few;
	int n = argc > 2 ? argc - 2 : 2, r;
	contain_limits *l = NULL;
	container_spec *s = NULL;
	container *c = NULL;
	contain_error *e = NULL;

	if (argc < 2)
		return fprintf(stderr, "usage: %s ROOT [PERCENT...]\n", argv[0]), 2;
	contain_limits_new(&l);
	set_percent(l, percent[0]);
	container_spec_new(&s);
	container_spec_set_name(s, "throttle");
	container_spec_set_root_dir(s, AT_FDCWD, argv[1], CONTAIN_ROOT_READONLY);
	container_spec_set_argv(s, busy);
	container_spec_set_limits(s, l);
	r = container_spawn(s, &c, &e);
	for (int i = 0; i < n && r == 0; i++) {
		set_percent(l, percent[i]);
		r = container_update(c, l, &e);
		if (r == 0)
			r = look(c, percent[i], &e);
	}
	if (r < 0)
		fprintf(stderr, "%s\n", contain_error_message(e));
	container_delete(c, -1, NULL);
	container_free(c);
	container_spec_free(s);
	contain_limits_free(l);
	contain_error_free(e);
	return r != 0;
}
