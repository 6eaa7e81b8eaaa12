/* SPDX-License-Identifier: MIT-0 */
/*
 * 24: where systemd owns the tree of groups, it is asked for a part of it: a scope that is
 * delegated to this program. There the program goes to a group at the side, since a group that
 * hands controllers down has no processes of its own, and the container gets its limits beside it.
 *
 *	24_scope ROOT COMMAND...
 *
 * For root and for ordinary users, who have a systemd of their own. Nothing but systemd-run(1) is
 * asked: its scope is this very process, and it ends with its last process.
 */
#include <contain/contain.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* The same program once more, in a scope. */
static int ask_systemd(int argc, char **argv)
{
	const char *words[32] = { "systemd-run", "--quiet", "--scope", "--property=Delegate=yes" };
	int n = 4;

	if (geteuid() != 0)
		words[n++] = "--user";
	words[n++] = "--";
	for (int i = 0; i < argc && n < 31; i++)
		words[n++] = argv[i];
	setenv("IN_SCOPE", "1", 1);
	execvp(words[0], (char *const *)words);
	perror(words[0]);
	return 1;
}

/* An fd of the group below which containers are made. */
static int divide_scope(contain_error **e)
{
	int scope, parent, r = contain_cgroup_open_own(&scope, e);

	if (r < 0)
		return r;
	r = contain_cgroup_create(scope, "containers", &parent, e);
	if (r == 0) {
		r = contain_cgroup_enable_below(scope, "containers", "memory pids",
						CONTAIN_CGROUP_MOVE_PROCESSES, "self", e);
		if (r < 0)
			close(parent);
	}
	close(scope);
	return r < 0 ? r : parent;
}

static int run(container_spec *s, contain_error **e)
{
	container *c = NULL;
	container_exit *x = NULL;
	int code = 1;

	if (container_spawn(s, &c, e) == 0 && container_wait(c, -1, &x, e) == 0) {
		code = container_exit_code(x);
		if (container_exit_oom_killed(x))
			fprintf(stderr, "killed for lack of memory\n");
	}
	container_exit_free(x);
	container_delete(c, -1, NULL);
	container_free(c);
	return code;
}

int main(int argc, char **argv)
{
	container_spec *s = NULL;
	contain_error *e = NULL;
	int parent, code = 1;

	if (argc < 3)
		return fprintf(stderr, "usage: %s ROOT COMMAND...\n", argv[0]), 2;
	if (!getenv("IN_SCOPE"))
		return ask_systemd(argc, argv);
	parent = divide_scope(&e);
	if (parent >= 0) {
		container_spec_new(&s);
		container_spec_set_root_dir(s, AT_FDCWD, argv[1], CONTAIN_ROOT_READONLY);
		container_spec_set_argv(s, (const char *const *)argv + 2);
		for (int fd = 0; fd < 3; fd++)
			container_spec_set_stdio(s, fd, CONTAIN_STDIO_INHERIT);
		container_spec_set_cgroup_parent(s, parent, "");
		container_spec_set_memory_max(s, 32 << 20);
		container_spec_set_pids_max(s, 16);
		code = run(s, &e);
		container_spec_free(s);
		close(parent);
	}
	if (e)
		fprintf(stderr, "%s\n", contain_error_message(e));
	contain_error_free(e);
	return code;
}
