/* SPDX-License-Identifier: MIT-0 */
/*
 * 22: a disk shared fairly. The container may write so much per second to the disk that holds a
 * directory, however it is partitioned, and no more; reads, and other disks, are not held back.
 *
 *	22_io_max ROOT DIRECTORY KIB-PER-SECOND [KIB]
 */
#include <contain/contain.h>

#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>

/* What its group wrote to this disk, as the kernel counted it. */
static uint64_t written(contain_stats *stats, uint32_t major, uint32_t minor)
{
	uint64_t bytes = 0;
	uint32_t a, b;

	for (int i = 0; contain_stats_io_device(stats, i, &a, &b) == 0; i++)
		if (a == major && b == minor)
			contain_stats_io_get(stats, i, CONTAIN_STAT_IO_WRITE_BYTES, &bytes);
	return bytes;
}

/* The group goes with container_wait(): its statistics are read between the end and that. */
static int report(container *c, uint32_t major, uint32_t minor, contain_error **e)
{
	struct pollfd end = { .fd = container_pidfd(c), .events = POLLIN };
	contain_stats *stats = NULL;
	container_exit *x = NULL;
	uint64_t bytes = 0;
	double sec;
	int r;

	poll(&end, 1, -1);
	r = container_read_stats(c, CONTAIN_STATS_IO, &stats, e);
	if (r == 0) {
		bytes = written(stats, major, minor);
		r = container_wait(c, -1, &x, e);
	}
	contain_stats_free(stats);
	if (r < 0)
		return r;
	sec = (double)container_exit_wall_usec(x) / 1e6;
	printf("exit code %d: %" PRIu64 " KiB written to %" PRIu32 ":%" PRIu32 " in %.1f s: "
	       "%.0f KiB/s\n", container_exit_code(x), bytes >> 10, major, minor, sec,
	       (double)(bytes >> 10) / sec);
	container_exit_free(x);
	return 0;
}

int main(int argc, char **argv)
{
	char script[140];
	const char *const command[] = { "sh", "-c", script, NULL };
	container_spec *s = NULL;
	contain_limits *l = NULL;
	container *c = NULL;
	contain_error *e = NULL;
	uint32_t major, minor;
	int r;

	if (argc < 4)
		return fprintf(stderr, "usage: %s ROOT DIRECTORY KIB-PER-SECOND [KIB]\n", argv[0]),
		       2;
	snprintf(script, sizeof(script), "dd if=/dev/zero of=/job/22_io_max bs=65536 count=%ld "
		 "conv=fsync 2>/dev/null; rm /job/22_io_max",
		 (argc > 4 ? atol(argv[4]) : 2048) / 64);
	r = contain_block_device(AT_FDCWD, argv[2], &major, &minor, &e);
	contain_limits_new(&l);
	if (r == 0)
		contain_limits_set_io_max(l, major, minor, CONTAIN_IO_WBPS,
					  strtoull(argv[3], NULL, 10) << 10);
	container_spec_new(&s);
	container_spec_set_name(s, "io");
	container_spec_set_root_dir(s, AT_FDCWD, argv[1], CONTAIN_ROOT_READONLY);
	container_spec_add_bind(s, AT_FDCWD, argv[2], "/job", 0);
	container_spec_set_argv(s, command);
	container_spec_set_stdio(s, 2, CONTAIN_STDIO_INHERIT);
	container_spec_set_limits(s, l);
	r = r < 0 ? r : container_spawn(s, &c, &e);
	r = r < 0 ? r : report(c, major, minor, &e);
	if (r < 0)
		fprintf(stderr, "%s\n", contain_error_message(e));
	container_delete(c, -1, NULL);
	container_free(c);
	container_spec_free(s);
	contain_limits_free(l);
	contain_error_free(e);
	return r != 0;
}
