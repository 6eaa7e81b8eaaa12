/* SPDX-License-Identifier: MIT-0 */
/*
 * 19: top for one container: cpu, memory, disks, processes, and how much of the time something had
 * to wait for them. On a terminal the table is drawn anew; else one follows the other.
 *
 *	19_top ROOT COMMAND...
 */
#include <contain/contain.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

static uint64_t value(const contain_stats *stats, int what)
{
	uint64_t n = 0;

	contain_stats_get(stats, what, &n);
	return n;
}

/* A line, and how long was waited, where the kernel tells: cgroup v1 does not. */
static void row(const char *what, const contain_stats *stats, int resource)
{
	uint32_t some, full;

	printf("%-34s", what);
	if (!contain_stats_pressure(stats, resource, CONTAIN_PRESSURE_SOME, &some, 0, 0, 0) &&
	    !contain_stats_pressure(stats, resource, CONTAIN_PRESSURE_FULL, &full, 0, 0, 0))
		printf("some %5.1f %%  full %5.1f %%", some / 100.0, full / 100.0);
	printf("\n");
}

/* Per second since the last time; the group was new, and counted from 0. */
static double rate(const contain_stats *stats, int what, uint64_t *past, double sec)
{
	uint64_t before = *past;

	*past = value(stats, what);
	return (double)(*past - before) / sec;
}

static void draw(const char *name, const contain_stats *stats, uint64_t past[4])
{
	double sec = (double)(contain_stats_time_nsec(stats) - past[3]) / 1e9, mib = 1048576,
	       cpu = rate(stats, CONTAIN_STAT_CPU_USAGE_USEC, &past[0], sec),
	       in = rate(stats, CONTAIN_STAT_IO_READ_BYTES, &past[1], sec),
	       out = rate(stats, CONTAIN_STAT_IO_WRITE_BYTES, &past[2], sec);
	char text[100];

	printf("%s%-34swaited for, last 10 s\n", isatty(1) ? "\033[H\033[J" : "", name);
	snprintf(text, sizeof(text), "cpu     %6.1f %%", cpu / 1e4);
	row(text, stats, CONTAIN_PRESSURE_CPU);
	snprintf(text, sizeof(text), "memory  %6.1f MiB",
		 (double)value(stats, CONTAIN_STAT_MEMORY_CURRENT) / mib);
	row(text, stats, CONTAIN_PRESSURE_MEMORY);
	snprintf(text, sizeof(text), "disks   %6.1f + %.1f MiB/s", in / mib, out / mib);
	row(text, stats, CONTAIN_PRESSURE_IO);
	printf("pids    %6" PRIu64 ", %" PRIu64 " refused\n\n",
	       value(stats, CONTAIN_STAT_PIDS_CURRENT), value(stats, CONTAIN_STAT_PIDS_MAX));
	fflush(stdout);
	past[3] = contain_stats_time_nsec(stats);
}

int main(int argc, char **argv)
{
	container_spec *s = NULL;
	contain_stats *stats = NULL;
	container *c = NULL;
	contain_error *e = NULL;
	uint64_t past[4] = { 0 };
	int r;

	if (argc < 3)
		return fprintf(stderr, "usage: %s ROOT COMMAND...\n", argv[0]), 2;
	container_spec_new(&s);
	container_spec_set_name(s, "top");
	container_spec_set_root_dir(s, AT_FDCWD, argv[1], CONTAIN_ROOT_READONLY);
	container_spec_set_argv(s, (const char *const *)argv + 2);
	container_spec_set_memory_max(s, 256 << 20);
	container_spec_set_pids_max(s, 64);
	container_spec_set_cpu_max(s, 50000, 100000);
	r = container_spawn(s, &c, &e);
	r = r < 0 ? r : container_read_stats(c, CONTAIN_STATS_ALL, &stats, &e);
	past[3] = contain_stats_time_nsec(stats);
	while (r == 0 && (r = container_wait(c, 500, NULL, NULL)) == -ETIMEDOUT)
		if ((r = contain_stats_update(stats, &e)) == 0)
			draw(container_name(c), stats, past);
	if (r < 0)
		fprintf(stderr, "%s\n", contain_error_message(e));
	contain_stats_free(stats);
	container_delete(c, -1, NULL);
	container_free(c);
	container_spec_free(s);
	contain_error_free(e);
	return r != 0;
}
