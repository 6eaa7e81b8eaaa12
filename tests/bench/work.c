/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * work DIRECTORY... - does a bit of work when it is asked to: reads two bytes, what and in which
 * directory, and writes how long it took (a double, in microseconds). Runs inside and outside.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define BLOCK 65536
#define BLOCKS \
	4 /* of a file: few enough for the processor's cache, or it is memory that is measured */

static char block[BLOCK];

static void must(int ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "work: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void compute(void)
{
	static volatile uint64_t sink;
	uint64_t x = sink | 1;

	for (int i = 0; i < 1000000; i++) {
		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
	}
	sink = x;
}

static void call_getppid(void)
{
	for (int i = 0; i < 10000; i++)
		syscall(SYS_getppid);
}

static void call_read(int dir)
{
	int fd = openat(dir, "data", O_RDWR | O_CREAT, 0644);

	must(fd >= 0 && write(fd, block, 1) == 1, "data");
	for (int i = 0; i < 5000; i++)
		must(pread(fd, block, 1, 0) == 1, "pread");
	close(fd);
}

/* Over what is there: what a file system does to find room is not what is asked for. */
static void write_file(int dir)
{
	int fd = openat(dir, "data", O_WRONLY | O_CREAT, 0644);

	must(fd >= 0, "data");
	for (int i = 0; i < 64; i++)
		must(pwrite(fd, block, BLOCK, i % BLOCKS * BLOCK) == BLOCK, "write");
	close(fd);
}

static void read_file(int dir)
{
	int fd = openat(dir, "data", O_RDONLY);

	must(fd >= 0, "data");
	for (int i = 0; i < 128; i++)
		must(pread(fd, block, BLOCK, i % BLOCKS * BLOCK) == BLOCK, "read");
	close(fd);
}

static void open_file(int dir)
{
	for (int i = 0; i < 500; i++) {
		int fd = openat(dir, "data", O_RDONLY);

		must(fd >= 0, "data");
		close(fd);
	}
}

static void create_files(int dir)
{
	char name[16];

	for (int i = 0; i < 100; i++) {
		int fd;

		snprintf(name, sizeof(name), "new.%d", i);
		fd = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL, 0644);
		must(fd >= 0, name);
		must(write(fd, "x", 1) == 1, name);
		close(fd);
	}
	for (int i = 0; i < 100; i++) {
		snprintf(name, sizeof(name), "new.%d", i);
		must(unlinkat(dir, name, 0) == 0, name);
	}
}

static double timed(char what, int dir)
{
	struct timespec a, b;

	clock_gettime(CLOCK_MONOTONIC, &a);
	switch (what) {
	case 'c':
		compute();
		break;
	case 's':
		call_getppid();
		break;
	case 'p':
		call_read(dir);
		break;
	case 'w':
		write_file(dir);
		break;
	case 'r':
		read_file(dir);
		break;
	case 'o':
		open_file(dir);
		break;
	default:
		create_files(dir);
		break;
	}
	clock_gettime(CLOCK_MONOTONIC, &b);
	return (double)(b.tv_sec - a.tv_sec) * 1e6 + (double)(b.tv_nsec - a.tv_nsec) / 1e3;
}

int main(int argc, char **argv)
{
	unsigned char ask[2];
	int dir[8] = { -1 };
	double took;

	for (int i = 1; i < argc && i <= 8; i++) {
		dir[i - 1] = open(argv[i], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		must(dir[i - 1] >= 0, argv[i]);
	}
	while (read(0, ask, 2) == 2) {
		took = timed((char)ask[0], dir[ask[1] & 7]);
		must(write(1, &took, sizeof(took)) == sizeof(took), "answer");
	}
	return 0;
}
