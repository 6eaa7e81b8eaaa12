/* SPDX-License-Identifier: MIT-0 */
/*
 * 23: a fork bomb, held by pids.max: it fills its own group, every further fork(2) fails there, and
 * one call ends all of it.
 *
 *	23_fork_bomb ROOT PIDS
 */
#include <contain/contain.h>

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static double now_msec(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

/* A second of it or more, until it is refused another one: the most that it ever had. */
static int look(container *c, contain_error **e)
{
	uint64_t now = 0, most = 0, refused = 0;
	contain_stats *stats = NULL;
	int r = container_read_stats(c, CONTAIN_STATS_PIDS, &stats, e);

	for (int i = 0; (i < 20 || !refused) && i < 400 && r == 0; i++) {
		usleep(50000);
		r = contain_stats_update(stats, e);
		contain_stats_get(stats, CONTAIN_STAT_PIDS_CURRENT, &now);
		contain_stats_get(stats, CONTAIN_STAT_PIDS_MAX, &refused);
		most = now > most ? now : most;
	}
	contain_stats_free(stats);
	if (r == 0)
		printf("at most %" PRIu64 " processes, %s refused\n", most,
		       refused ? "more were" : "none was");
	return r;
}

int main(int argc, char **argv)
{
	/* awk(1) goes on where a fork fails; a shell would end */
	static const char bomb_awk[] = "BEGIN { for (;;) system(\"sleep 60 &\") }";
	static const char *const bomb[] = { "awk", bomb_awk, NULL };
	contain_limits *l = NULL;
	container_spec *s = NULL;
	container *c = NULL;
	contain_error *e = NULL;
	double begin;
	int r;

	if (argc != 3)
		return fprintf(stderr, "usage: %s ROOT PIDS\n", argv[0]), 2;
	contain_limits_new(&l);
	contain_limits_set_pids_max(l, strtoull(argv[2], NULL, 10));
	contain_limits_set_cpu_max(l, 50000, 100000); /* it never rests */
	container_spec_new(&s);
	container_spec_set_name(s, "bomb");
	container_spec_set_root_dir(s, AT_FDCWD, argv[1], CONTAIN_ROOT_READONLY);
	container_spec_set_argv(s, bomb);
	container_spec_set_limits(s, l);
	r = container_spawn(s, &c, &e);
	r = r < 0 ? r : look(c, &e);
	begin = now_msec();
	r = r < 0 ? r : container_delete(c, 10000, &e);
	if (r == 0)
		printf("all gone after %.0f ms\n", now_msec() - begin);
	else
		fprintf(stderr, "%s\n", contain_error_message(e));
	container_delete(c, -1, NULL);
	container_free(c);
	container_spec_free(s);
	contain_limits_free(l);
	contain_error_free(e);
	return r != 0;
}
