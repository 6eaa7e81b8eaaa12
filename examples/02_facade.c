/* SPDX-License-Identifier: MIT-0 */
/*
 * 02: a first container. Setters may go unchecked: the first failure is kept and told by spawn.
 */
#include <contain/contain.h>
#include <fcntl.h>
#include <stdio.h>

int main(int argc, char **argv)
{
	container_spec *s = NULL; container *c = NULL;
	container_exit *x = NULL; contain_error *e = NULL;
	int code = 1;

	if (argc < 3) return fprintf(stderr, "usage: %s ROOT COMMAND...\n", argv[0]), 2;
	container_spec_new(&s);
	container_spec_set_name(s, "first");                     /* hostname and cgroup name */
	container_spec_set_root_dir(s, AT_FDCWD, argv[1], CONTAIN_ROOT_READONLY);
	container_spec_set_argv(s, (const char *const *)argv + 2);
	for (int fd = 0; fd < 3; fd++) container_spec_set_stdio(s, fd, CONTAIN_STDIO_INHERIT);
	if (container_spawn(s, &c, &e) < 0 || container_wait(c, -1, &x, &e) < 0)
		fprintf(stderr, "%s\n", contain_error_message(e));
	else
		code = container_exit_code(x);
	container_exit_free(x); container_delete(c, -1, NULL); container_free(c);
	container_spec_free(s); contain_error_free(e);
	return code;
}
