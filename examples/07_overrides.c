/* SPDX-License-Identifier: MIT-0 */
/*
 * 07: one plan, many jobs. The plan is compiled once; each start overrides what is the job's own:
 * its directory, its arguments, its host name and, where one is given, its limit of memory. All
 * jobs run at the same time, and none sees another one.
 *
 *	07_overrides ROOT DIR[:MIB]...		runs "sh ./job NAME" in each directory
 *	07_overrides / jobs/one jobs/two:64
 */
#include <contain/contain.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define JOBS 64

static container_plan *compile(const char *root, contain_error **e)
{
	const char *const layers[] = { root, NULL };
	container_spec *s = NULL;
	container_plan *p = NULL;

	container_spec_new(&s);
	container_spec_set_name(s, "job");
	container_spec_set_root_overlay(s, AT_FDCWD, layers, 0, 0);
	container_spec_set_cwd(s, "/job");
	for (int fd = 0; fd < 3; fd++)
		container_spec_set_stdio(s, fd, CONTAIN_STDIO_INHERIT);
	container_plan_compile(s, &p, e);
	container_spec_free(s); /* the plan keeps what it needs */
	return p;
}

static container *start(const container_plan *p, char *job, contain_error **e)
{
	char *limit = strchr(job, ':'), *name;
	const char *argv[] = { "sh", "./job", NULL, NULL };
	container_overrides *o = NULL;
	container *c = NULL;

	if (limit)
		*limit++ = 0;
	name = strrchr(job, '/') ? strrchr(job, '/') + 1 : job;
	argv[2] = name;
	container_overrides_new(&o); /* setters may go unchecked here, too */
	container_overrides_set_argv(o, argv);
	container_overrides_set_hostname(o, name);
	container_overrides_add_bind(o, AT_FDCWD, job, "/job", 0);
	if (limit)
		container_overrides_set_memory_max(o, strtoull(limit, NULL, 10) << 20);
	container_plan_spawn(p, o, &c, e);
	container_overrides_free(o);
	return c;
}

static int end(container *c, const char *job)
{
	container_exit *x = NULL;
	contain_error *e = NULL;
	int failed = container_wait(c, -1, &x, &e) < 0 || container_exit_code(x) != 0;

	if (e)
		fprintf(stderr, "%s: %s\n", job, contain_error_message(e));
	else
		printf("%s: exit code %d, %s%.1f MiB\n", job, container_exit_code(x),
		       container_exit_oom_killed(x) ? "out of memory at " : "",
		       (double)container_exit_memory_peak_bytes(x) / (1 << 20));
	container_exit_free(x);
	contain_error_free(e);
	container_delete(c, -1, NULL);
	container_free(c);
	return failed;
}

int main(int argc, char **argv)
{
	container *c[JOBS] = { NULL };
	contain_error *e = NULL;
	container_plan *p;
	int failed = 0;

	if (argc < 3 || argc > 2 + JOBS) {
		fprintf(stderr, "usage: %s ROOT DIR[:MIB]...\n", argv[0]);
		return 2;
	}
	p = compile(argv[1], &e);
	for (int i = 2; p && i < argc && !e; i++)
		c[i - 2] = start(p, argv[i], &e);
	if (e)
		fprintf(stderr, "%s\n", contain_error_message(e));
	for (int i = 0; i < argc - 2; i++)
		failed += c[i] && end(c[i], argv[i + 2]);
	failed += e != NULL;
	container_plan_free(p);
	contain_error_free(e);
	return failed != 0;
}
