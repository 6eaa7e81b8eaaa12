/* SPDX-License-Identifier: MIT-0 */
/*
 * 04: a union as the root. The container sees the directory and may write everywhere in it; what
 * it writes is kept in an upper layer in memory, for this start alone. The directory below is
 * never written, so a thousand containers may share it.
 *
 *	04_overlay ROOT /etc/motd	a program inside adds a line to that file of ROOT
 */
#include <contain/contain.h>

#include <fcntl.h>
#include <stdio.h>

static void print_file(const char *title, const char *root, const char *path)
{
	char name[4096], line[256];
	FILE *file;

	snprintf(name, sizeof(name), "%s/%s", root, path);
	file = fopen(name, "r");
	printf("%s\n", title);
	while (file && fgets(line, sizeof(line), file))
		printf("  %s", line);
	if (file)
		fclose(file);
	else
		perror(name);
	fflush(stdout);
}

static int run(container_spec *s, contain_error **e)
{
	container *c = NULL;
	container_exit *x = NULL;
	int r = container_spawn(s, &c, e);

	if (r == 0)
		r = container_wait(c, -1, &x, e);
	if (r == 0)
		r = container_exit_code(x);
	container_exit_free(x);
	container_delete(c, -1, NULL);
	container_free(c);
	return r;
}

int main(int argc, char **argv)
{
	/* more: the topmost first */
	const char *const layers[] = { argc > 1 ? argv[1] : "", NULL };
	const char *const command[] = { "/bin/sh", "-c",
		"echo 'written inside' >>\"$0\" && while read -r l; do echo \"  $l\"; done <\"$0\"",
		argc > 2 ? argv[2] : "", NULL };
	container_spec *s = NULL;
	contain_error *e = NULL;
	int r;

	if (argc != 3)
		return fprintf(stderr, "usage: %s ROOT FILE\n", argv[0]), 2;
	container_spec_new(&s);
	container_spec_set_name(s, "overlay");
	container_spec_set_root_overlay(s, AT_FDCWD, layers, 16 << 20, 0); /* room for 16 MiB */
	container_spec_set_argv(s, command);
	container_spec_set_stdio(s, 1, CONTAIN_STDIO_INHERIT);
	container_spec_set_stdio(s, 2, CONTAIN_STDIO_INHERIT);

	print_file("outside, before:", argv[1], argv[2]);
	puts("inside:");
	fflush(stdout);
	r = run(s, &e);
	if (r < 0)
		fprintf(stderr, "%s\n", contain_error_message(e));
	print_file("outside, after:", argv[1], argv[2]);
	container_spec_free(s);
	contain_error_free(e);
	return r < 0 ? 1 : r;
}
