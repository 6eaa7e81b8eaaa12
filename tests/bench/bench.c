/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * bench [--quick] [-r ROUNDS] [-j JOB]... [SECTION...]
 *
 * What containers cost, as ratios: each section measures its subjects in turns, in one run, so
 * that what the machine does meanwhile is done to all of them. Nothing is judged but by the list
 * of goals at the end, which says met or not met; the exit status does not depend on it.
 */
#include "measure.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

static const struct {
	const char *name;
	void (*run)(struct world *w, const struct options *o);
} sections[] = { { "start", bench_start },
		 { "kinds", bench_kinds },
		 { "parent", bench_parent },
		 { "live", bench_live },
		 { "speed", bench_speed },
		 { "look", bench_look },
		 { "group", bench_group },
		 { "mount", bench_mount },
		 { "seccomp", bench_seccomp } };

#define SECTIONS (int)(sizeof(sections) / sizeof(sections[0]))

static void usage(void)
{
	char name[48];

	fprintf(stderr, "usage: bench [--quick] [-r ROUNDS] [-j JOB]... [SECTION...]\nsections:");
	for (int i = 0; i < SECTIONS; i++)
		fprintf(stderr, " %s", sections[i].name);
	fprintf(stderr, "\njobs of start:");
	for (const unsigned int *job = job_list; *job != JOB_END; job++)
		fprintf(stderr, " %s", job_name(*job, name));
	fprintf(stderr, "\n");
	exit(2);
}

static void options(int argc, char **argv, struct options *o)
{
	static const struct option longs[] = { { "quick", no_argument, NULL, 'q' }, { 0 } };
	int c, jobs = 0;

	*o = (struct options){ .rounds = 500 };
	while ((c = getopt_long(argc, argv, "r:j:", longs, NULL)) != -1) {
		if (c == 'q')
			*o = (struct options){ .rounds = 3, .quick = 1 };
		else if (c == 'r' && atoi(optarg) > 0 && atoi(optarg) <= 10000)
			o->rounds = atoi(optarg);
		else if (c != 'j' || jobs == JOBS_MAX - 1 || !job_of_name(optarg, &o->job[jobs++]))
			usage();
	}
	o->job[jobs] = JOB_END;
	for (int i = optind; i < argc; i++) {
		int known = 0;

		for (int k = 0; k < SECTIONS; k++)
			known |= !strcmp(argv[i], sections[k].name);
		if (!known)
			usage();
	}
}

static int chosen(int argc, char **argv, const char *section)
{
	for (int i = optind; i < argc; i++)
		if (!strcmp(argv[i], section))
			return 1;
	return optind == argc;
}

static struct world w;
static pid_t self;

/* A section that fails leaves nothing either; the processes that it started come by here, too. */
static void clean_up(void)
{
	if (getpid() == self)
		world_end(&w);
}

int main(int argc, char **argv)
{
	struct utsname name;
	struct options o;

	options(argc, argv, &o);
	if (geteuid())
		die("needs root");
	uname(&name);
	self = getpid();
	world_begin(&w, NULL, T_PAYLOAD, B_NOP);
	atexit(clean_up);
	setvbuf(stdout, NULL, _IOLBF, 0);
	printf("Linux %s, %ld processors. Microseconds; trust the ratios.\n\n", name.release,
	       sysconf(_SC_NPROCESSORS_ONLN));
	for (int i = 0; i < SECTIONS; i++)
		if (chosen(argc, argv, sections[i].name))
			sections[i].run(&w, &o);
	goals_print();
	return 0;
}
