/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Functions of a test program that run as programs of their own. */
#include "priv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define ARGS 64

static struct t_program *programs;

void t_register_program(struct t_program *program)
{
	program->next = programs;
	programs = program;
}

void t_make_record(void)
{
	t_sh = mmap(NULL, sizeof(*t_sh), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (t_sh == MAP_FAILED) {
		printf("Bail out! mmap: %m\n");
		exit(1);
	}
}

char **t_self(const char *name, ...)
{
	static char exe[4096], option[] = "--program";
	static char *argv[ARGS + 4];
	struct t_program *program;
	int n = 3;
	va_list ap;

	for (program = programs; program && strcmp(program->name, name) != 0;
	     program = program->next)
		;
	T_CHECK(program, "no T_PROGRAM(%s)", name);
	T_SYS(readlink("/proc/self/exe", exe, sizeof(exe) - 1));
	argv[0] = exe;
	argv[1] = option;
	argv[2] = (char *)program->name;
	va_start(ap, name);
	while (n < ARGS + 3 && (argv[n] = va_arg(ap, char *)))
		n++;
	va_end(ap);
	argv[n] = NULL;
	return argv;
}

int t_run_program(char **argv)
{
	const char *base = getenv("T_BASE");
	struct t_program *program;
	int argc = 0, status;

	t_make_record();
	t_sh->alone = 1;
	t_sh->test_pid = getpid();
	/* a directory of the test that started it, which is removed with the test */
	snprintf(t_base, sizeof(t_base), "%s", base ? base : "/tmp");
	while (argv[argc])
		argc++;
	for (program = programs; program; program = program->next) {
		if (!argv[0] || strcmp(program->name, argv[0]) != 0)
			continue;
		status = program->run(argc, argv);
		return t_sh->nfail ? T_EXIT_FAILED : status;
	}
	fprintf(stderr, "no program named %s\n", argv[0] ? argv[0] : "");
	return 2;
}
