/* SPDX-License-Identifier: MIT-0 */
/*
 * 30: mounts of a container that runs. A shell in a container is asked what it sees while a
 * directory of the host comes, becomes writable and goes again. The container itself can do
 * nothing of the kind, and whatever it makes of its file names, nothing lands outside of it.
 *
 *	30_hot_mount ROOT DIR
 */
#include <contain/contain.h>

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Has the shell run a command, and prints what it says. */
static void ask(container *c, const char *command)
{
	FILE *out = fdopen(dup(container_stdio_fd(c, 1)), "r");
	char line[256];

	printf("  $ %s\n", command);
	dprintf(container_stdio_fd(c, 0), "%s\necho .\n", command);
	while (out && fgets(line, sizeof(line), out) && strcmp(line, ".\n"))
		printf("    %s", line);
	if (out)
		fclose(out);
}

static int step(const char *what, int r, contain_error **e)
{
	printf("%s%s%s\n", what, r < 0 ? ": " : "", r < 0 ? contain_error_message(*e) : "");
	contain_error_free(*e);
	*e = NULL;
	return r < 0;
}

static int show(container *c, const char *dir, contain_error **e)
{
	static const char *const options[] = { "size=1m", NULL };
	int failed = 0;

	ask(c, "ls /hot");
	failed |= step("a bind, read-only", container_mount_bind(c, AT_FDCWD, dir, "/hot",
								 CONTAIN_MOUNT_READONLY, e), e);
	ask(c, "ls /hot");
	ask(c, "echo inside >/hot/new");
	failed |= step("made writable", container_mount_set_attributes(c, "/hot", 0,
								CONTAIN_MOUNT_READONLY, 0, e), e);
	ask(c, "echo inside >/hot/new");
	failed |= step("a tmpfs", container_mount_new(c, "tmpfs", options, "/memory",
						      CONTAIN_MOUNT_NOEXEC, e), e);
	ask(c, "cd /memory; mount | grep -c -e /hot -e /memory");
	step("detached, while the shell is in it", container_mount_detach(c, "/memory", 0, e), e);
	ask(c, "cd /");
	failed |= step("detached", container_mount_detach(c, "/memory", 0, e), e);
	failed |= step("detached, too", container_mount_detach(c, "/hot", 0, e), e);
	ask(c, "ls /hot");
	return failed;
}

int main(int argc, char **argv)
{
	static const char *const shell[] = { "sh", "-c", "exec sh 2>&1", NULL };
	const char *const layers[] = { argc > 1 ? argv[1] : "", NULL };
	container_spec *s = NULL;
	container *c = NULL;
	contain_error *e = NULL;
	int failed = 1;

	if (argc != 3)
		return fprintf(stderr, "usage: %s ROOT DIR\n", argv[0]), 2;
	container_spec_new(&s);
	container_spec_set_name(s, "hot");
	container_spec_set_root_overlay(s, AT_FDCWD, layers, 1 << 20, 0);
	container_spec_set_argv(s, shell);
	container_spec_set_stdio(s, 0, CONTAIN_STDIO_PIPE);
	container_spec_set_stdio(s, 1, CONTAIN_STDIO_PIPE);
	container_spec_set_stdio(s, 2, CONTAIN_STDIO_INHERIT);
	if (container_spawn(s, &c, &e) < 0)
		step("container_spawn", -1, &e);
	else
		failed = show(c, argv[2], &e);
	container_delete(c, -1, NULL);
	container_free(c);
	container_spec_free(s);
	return failed;
}
