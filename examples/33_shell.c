/* SPDX-License-Identifier: MIT-0 */
/*
 * 33: a shell at a terminal. The container has a terminal of its own, and this program sits between
 * it and the caller's: raw, so that every key goes inside, and of the same size. contain-run --tty
 * does the same with less left out (a stopped job, pipes in place of a terminal).
 *
 *	33_shell ROOT [COMMAND...]
 */
#include <contain/contain.h>

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static volatile sig_atomic_t resized = 1, ended;

static void note(int sig)
{
	if (sig == SIGWINCH)
		resized = 1;
	else
		ended = 1;
}

static int copy(int from, int to)
{
	char buf[4096];
	ssize_t n = read(from, buf, sizeof(buf)), done = 0, w = 0;

	while (done < n && (w = write(to, buf + done, (size_t)(n - done))) > 0)
		done += w;
	return n > 0 && w > 0;
}

/* Until nobody has the container's terminal open, or somebody asks for the end. */
static void sit(container *c)
{
	int inside = container_terminal_fd(c);
	struct pollfd p[] = { { 0, POLLIN, 0 }, { inside, POLLIN, 0 } };
	uint32_t rows, columns;

	while (!ended) {
		if (resized && !contain_terminal_get_size(0, &rows, &columns, NULL))
			container_terminal_resize(c, rows, columns);
		resized = 0;
		if (poll(p, 2, -1) < 0)
			continue; /* a signal */
		if (p[0].revents && !copy(0, inside))
			return;
		if (p[1].revents && !copy(inside, 1))
			return;
	}
}

int main(int argc, char **argv)
{
	static const char *const shell[] = { "/bin/sh", NULL };
	const char *env[] = { "PATH=/usr/bin:/bin:/usr/sbin:/sbin", "TERM=dumb", NULL };
	contain_terminal_modes *modes = NULL;
	container_spec *spec = NULL;
	container_exit *end = NULL;
	contain_error *e = NULL;
	container *c = NULL;
	char term[64];
	int code = 125;

	if (argc < 2)
		return fprintf(stderr, "usage: 33_shell ROOT [COMMAND...]\n"), 2;
	if (getenv("TERM") && snprintf(term, sizeof(term), "TERM=%s", getenv("TERM")) < 64)
		env[1] = term;
	for (int i = 0; i < 4; i++)
		signal((int[]){ SIGWINCH, SIGTERM, SIGHUP, SIGINT }[i], note);
	container_spec_new(&spec);
	container_spec_set_root_dir(spec, AT_FDCWD, argv[1], 0);
	container_spec_set_argv(spec, argc > 2 ? (const char *const *)argv + 2 : shell);
	container_spec_set_env(spec, env);
	container_spec_set_init(spec, 1); /* reaps what the shell leaves behind */
	container_spec_set_terminal(spec, 0, 0);
	if (contain_terminal_raw(0, &modes, &e) == 0 && container_spawn(spec, &c, &e) == 0) {
		sit(c);
		close(container_terminal_take(c)); /* hangs up on who is still there */
		if (container_wait(c, 2000, &end, &e) == 0)
			code = container_exit_code(end);
	}
	if (modes)
		contain_terminal_restore(0, modes);
	if (e)
		fprintf(stderr, "%s\n", contain_error_message(e));
	container_delete(c, -1, NULL);
	contain_terminal_modes_free(modes);
	contain_error_free(e);
	container_exit_free(end);
	container_free(c);
	container_spec_free(spec);
	return code;
}
