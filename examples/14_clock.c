/* SPDX-License-Identifier: MIT-0 */
/*
 * 14: a clock moved by days. A time namespace has clocks of its own for the time since the machine
 * was started: inside, it runs for DAYS more (or less, when it has run that long), and the real
 * time is what it is outside.
 *
 *	14_clock DAYS [COMMAND...]	the command, if any, runs there: 14_clock 1 uptime
 */
#include <contain/namespace.h>

#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static void print_clocks(const char *where)
{
	struct timespec up, now;
	char date[40];

	clock_gettime(CLOCK_BOOTTIME, &up);
	clock_gettime(CLOCK_REALTIME, &now);
	strftime(date, sizeof(date), "%Y-%m-%d %H:%M", gmtime(&now.tv_sec));
	printf("%-8s up %4lld days %02lld:%02lld, and it is %s\n", where,
	       (long long)up.tv_sec / 86400, (long long)up.tv_sec / 3600 % 24,
	       (long long)up.tv_sec / 60 % 60, date);
}

static int enter(int64_t seconds, contain_error **e)
{
	uint32_t uid = geteuid(), gid = getegid();
	int r = contain_ns_unshare(CONTAIN_NS_TIME | (uid ? CONTAIN_NS_USER : 0), e);

	if (r == 0 && uid)
		r = contain_ns_map_self(0, 0, uid, gid, e);
	if (r == 0) /* while nobody is in it */
		r = contain_ns_set_time_offset(CONTAIN_CLOCK_BOOTTIME, seconds, 0, e);
	if (r == 0)
		r = contain_ns_set_time_offset(CONTAIN_CLOCK_MONOTONIC, seconds, 0, e);
	if (r == 0) /* so far it is for children; on Linux 6.1 it stays so when we exec */
		r = contain_ns_enter_time(e);
	return r;
}

int main(int argc, char **argv)
{
	contain_error *e = NULL;
	char *end = NULL;
	long days = argc > 1 ? strtol(argv[1], &end, 10) : 0;

	if (argc < 2 || end == argv[1] || *end) {
		fprintf(stderr, "usage: %s DAYS [COMMAND...]\n", argv[0]);
		return 2;
	}
	print_clocks("outside");
	if (enter((int64_t)days * 86400, &e) < 0) {
		fprintf(stderr, "%s\n", contain_error_message(e));
		contain_error_free(e);
		return 1;
	}
	print_clocks("inside");
	if (argc > 2) {
		fflush(stdout);
		execvp(argv[2], argv + 2);
		return perror(argv[2]), 127;
	}
	return 0;
}
