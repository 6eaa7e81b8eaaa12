/* SPDX-License-Identifier: MIT-0 */
/*
 * 13: pid namespaces, nested as deep as the kernel lets them. A process has a number in its own
 * namespace and in each one above it: every level says all of its own, from the outermost on. It
 * is process 1 in the last. After 32 levels there is no deeper one, and the error says so.
 *
 *	13_pids
 */
#include <contain/namespace.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* NSpid in /proc/self/status: whoever reads it, from the pid namespace of /proc downwards. */
static void print_numbers(int level)
{
	FILE *status = fopen("/proc/self/status", "re");
	char line[1024];

	while (status && fgets(line, sizeof(line), status))
		if (!strncmp(line, "NSpid:", 6))
			printf("level %2d:%s", level, line + 6);
	if (status)
		fclose(status);
	fflush(stdout); /* or the child would print it again */
}

static int fail(contain_error *e)
{
	fprintf(stderr, "%s\n", contain_error_message(e));
	contain_error_free(e);
	return 1;
}

/* An ordinary user may make the others in a user namespace, which anybody may make. */
static int become_root_inside(contain_error **e)
{
	uint32_t uid = geteuid(), gid = getegid();
	int r = uid ? contain_ns_unshare(CONTAIN_NS_USER, e) : 0;

	return r < 0 || !uid ? r : contain_ns_map_self(0, 0, uid, gid, e);
}

int main(void)
{
	contain_error *e = NULL;
	int level = 0, status = 0;
	pid_t pid;

	if (become_root_inside(&e) < 0)
		return fail(e);
	print_numbers(0);
	while (contain_ns_unshare(CONTAIN_NS_PID, &e) == 0) {
		pid = fork(); /* the child is the one that the new namespace holds */
		if (pid < 0)
			return perror("fork"), 1;
		if (pid > 0) {
			waitpid(pid, &status, 0);
			return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
		}
		print_numbers(++level);
	}
	if (contain_error_code(e) != -ENOSPC)
		return fail(e);
	printf("level %2d: %s\n", level + 1, contain_error_message(e));
	contain_error_free(e);
	return 0;
}
