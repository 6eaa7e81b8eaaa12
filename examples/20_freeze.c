/* SPDX-License-Identifier: MIT-0 */
/*
 * 20: freeze and thaw. A container that counts is paused: its processes stop where they are, see
 * nothing of it, and use no processor time until they go on.
 *
 *	20_freeze ROOT
 */
#include <contain/contain.h>

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* The last number that it has written: each is a line. */
static long last_number(int fd)
{
	char text[65536];
	ssize_t n = pread(fd, text, sizeof(text) - 1, 0);
	long last = 0;

	text[n > 0 ? n : 0] = 0;
	for (char *p = text; *p; p++)
		if (p == text || p[-1] == '\n')
			last = strtol(p, NULL, 10);
	return last;
}

static uint64_t cpu_usec(container *c)
{
	contain_stats *stats = NULL;
	uint64_t usec = 0;

	if (container_read_stats(c, CONTAIN_STATS_CPU, &stats, NULL) == 0)
		contain_stats_get(stats, CONTAIN_STAT_CPU_USAGE_USEC, &usec);
	contain_stats_free(stats);
	return usec;
}

/* What half a second brings. */
static void look(container *c, const char *what, int fd)
{
	long from = last_number(fd);
	uint64_t used = cpu_usec(c);

	usleep(500000);
	printf("%-8s counted from %ld to %ld, %" PRIu64 " us of cpu\n", what, from, last_number(fd),
	       cpu_usec(c) - used);
}

int main(int argc, char **argv)
{
	static const char script[] = "n=0; while [ $n -lt 2000 ]; do n=$((n+1)); echo $n; "
				     "usleep 20000; done";
	static const char *const command[] = { "sh", "-c", script, NULL };
	char name[] = "/tmp/20_freeze.XXXXXX";
	container_spec *s = NULL;
	container *c = NULL;
	contain_error *e = NULL;
	int out, r;

	if (argc != 2)
		return fprintf(stderr, "usage: %s ROOT\n", argv[0]), 2;
	out = mkostemp(name, O_CLOEXEC | O_APPEND);
	unlink(name);
	container_spec_new(&s);
	container_spec_set_name(s, "freeze");
	container_spec_set_root_dir(s, AT_FDCWD, argv[1], CONTAIN_ROOT_READONLY);
	container_spec_set_argv(s, command);
	container_spec_set_stdio(s, 1, out);
	container_spec_set_stdio(s, 2, CONTAIN_STDIO_INHERIT);
	r = container_spawn(s, &c, &e);
	if (r == 0) {
		look(c, "running", out);
		r = container_pause(c, 5000, &e);
	}
	if (r == 0) {
		look(c, "paused", out);
		r = container_resume(c, 5000, &e);
	}
	if (r == 0)
		look(c, "resumed", out);
	else
		fprintf(stderr, "%s\n", contain_error_message(e));
	container_delete(c, -1, NULL);
	container_free(c);
	container_spec_free(s);
	contain_error_free(e);
	close(out);
	return r != 0;
}
