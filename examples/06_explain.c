/* SPDX-License-Identifier: MIT-0 */
/*
 * 06: a plan without running it. A spec is compiled to steps before anything happens: here they are
 * printed, those of the parent and those of the child, with their system calls. No process, group
 * or mount is made, and no privilege is needed: the plan is the one that the caller could start.
 *
 *	06_explain ROOT sh -c 'echo hello'
 */
#include <contain/contain.h>

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	const char *const layers[] = { argv[1], NULL };
	container_spec *s = NULL;
	container_plan *p = NULL;
	contain_error *e = NULL;
	int r;

	if (argc < 3) {
		fprintf(stderr, "usage: %s ROOT COMMAND...\n", argv[0]);
		return 2;
	}
	container_spec_new(&s);
	container_spec_set_name(s, "explain");
	container_spec_set_root_overlay(s, AT_FDCWD, layers, 0, 0);
	container_spec_add_bind(s, AT_FDCWD, "/etc/resolv.conf", "/etc/resolv.conf",
				CONTAIN_MOUNT_READONLY | CONTAIN_MOUNT_OPTIONAL);
	container_spec_set_argv(s, (const char *const *)argv + 2);
	for (int fd = 0; fd < 3; fd++)
		container_spec_set_stdio(s, fd, CONTAIN_STDIO_INHERIT);

	r = container_plan_compile(s, &p, &e); /* tells the first setter that failed, too */
	if (r < 0)
		fprintf(stderr, "%s\n", contain_error_message(e));
	else
		r = container_plan_explain(p, STDOUT_FILENO);
	container_plan_free(p);
	container_spec_free(s);
	contain_error_free(e);
	return r < 0;
}
