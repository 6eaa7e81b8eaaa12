/* SPDX-License-Identifier: MIT-0 */
/*
 * 03: limits, and what the end of a container tells: how it ended, what it used, and whether the
 * kernel killed it because it took too much memory.
 *
 *	03_limits ROOT sh -c 'cat /sys/fs/cgroup/memory.max'
 *	03_limits ROOT awk 'BEGIN { s = "x"; for (;;) s = s s }'
 *
 * Root gets a group of its own below the root group. Others need a group that was delegated to
 * them: systemd-run --user --scope -p Delegate=yes 03_limits ...; the error says so.
 */
#include <contain/contain.h>

#include <fcntl.h>
#include <stdio.h>

#define MEMORY_BYTES (32u << 20)

static void report(const container_exit *x)
{
	printf("exit code      %d\n", container_exit_code(x));
	printf("signal         %d\n", container_exit_signal(x));
	printf("out of memory  %s\n", container_exit_oom_killed(x) ? "yes" : "no");
	printf("memory peak    %.1f of %.1f MiB\n",
	       (double)container_exit_memory_peak_bytes(x) / 1048576, MEMORY_BYTES / 1048576.0);
	printf("cpu time       %.3f s\n", (double)container_exit_cpu_usec(x) / 1e6);
	printf("wall time      %.3f s\n", (double)container_exit_wall_usec(x) / 1e6);
}

int main(int argc, char **argv)
{
	container_spec *s = NULL;
	container *c = NULL;
	container_exit *x = NULL;
	contain_error *e = NULL;
	int code = 1;

	if (argc < 3)
		return fprintf(stderr, "usage: %s ROOT COMMAND...\n", argv[0]), 2;
	container_spec_new(&s);
	container_spec_set_name(s, "limits");
	container_spec_set_root_dir(s, AT_FDCWD, argv[1], CONTAIN_ROOT_READONLY);
	container_spec_set_argv(s, (const char *const *)argv + 2);
	for (int fd = 0; fd < 3; fd++)
		container_spec_set_stdio(s, fd, CONTAIN_STDIO_INHERIT);
	container_spec_set_memory_max(s, MEMORY_BYTES);
	container_spec_set_pids_max(s, 16);
	container_spec_set_cpu_max(s, 50000, 100000); /* half of one cpu */

	if (container_spawn(s, &c, &e) < 0) {
		fprintf(stderr, "%s\n", contain_error_message(e));
	} else {
		/* no setter for it: the group's own file. Where there is no swap, no file. */
		contain_cgroup_write(container_cgroup_fd(c), "memory.swap.max", "0", NULL);
		if (container_wait(c, -1, &x, &e) < 0) {
			fprintf(stderr, "%s\n", contain_error_message(e));
		} else {
			fflush(stdout);
			report(x);
			code = container_exit_code(x);
		}
	}
	container_exit_free(x);
	container_delete(c, -1, NULL);
	container_free(c);
	container_spec_free(s);
	contain_error_free(e);
	return code;
}
