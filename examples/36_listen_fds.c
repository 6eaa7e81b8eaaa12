/* SPDX-License-Identifier: MIT-0 */
/*
 * 36: socket activation. The caller listens; each connection gets a container of its own, which
 * finds it as sd_listen_fds(3) says: fd 3, and LISTEN_PID, LISTEN_FDS and LISTEN_FDNAMES in its
 * environment. One plan for all: the connection is what differs from start to start. The container
 * has a network of its own without an interface, and talks to its client all the same.
 *
 *	36_listen_fds ROOT SOCKET CONNECTIONS PROGRAM [ARG...]
 */
#include <contain/contain.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static int listen_on(const char *path)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(a.sun_path, sizeof(a.sun_path), "%s", path);
	if (fd < 0 || bind(fd, (struct sockaddr *)&a, sizeof(a)) < 0 || listen(fd, 16) < 0)
		return -1;
	return fd;
}

static int compile(char **argv, int listener, container_plan **plan, contain_error **e)
{
	static const char *const names[] = { "connection" };
	container_spec *s = NULL;
	int r = container_spec_new(&s);

	if (r < 0)
		return r;
	container_spec_set_name(s, "activated");
	container_spec_set_root_dir(s, AT_FDCWD, argv[1], CONTAIN_ROOT_READONLY);
	container_spec_set_argv(s, (const char *const *)argv + 4);
	container_spec_set_stdio(s, 2, CONTAIN_STDIO_INHERIT);
	/* its number is fixed here; which socket it is, at each start */
	container_spec_set_listen_fds(s, &listener, 1, names);
	r = container_plan_compile(s, plan, e);
	container_spec_free(s);
	return r;
}

static int serve(container_plan *plan, int connection, contain_error **e)
{
	container_overrides *o = NULL;
	container_exit *x = NULL;
	container *c = NULL;
	int r = container_overrides_new(&o);

	if (r == 0)
		r = container_overrides_add_fd(o, connection, 3);
	if (r == 0)
		r = container_plan_spawn(plan, o, &c, e);
	close(connection);
	container_overrides_free(o);
	if (r == 0)
		r = container_wait(c, -1, &x, e);
	if (r == 0)
		printf("served, exit %d\n", container_exit_code(x));
	container_exit_free(x);
	container_free(c);
	return r;
}

int main(int argc, char **argv)
{
	contain_error *e = NULL;
	container_plan *plan = NULL;
	int listener, r;

	if (argc < 5) {
		fprintf(stderr, "usage: 36_listen_fds ROOT SOCKET CONNECTIONS PROGRAM [ARG...]\n");
		return 2;
	}
	listener = listen_on(argv[2]);
	if (listener < 0) {
		perror(argv[2]);
		return 1;
	}
	r = compile(argv, listener, &plan, &e);
	for (int n = atoi(argv[3]); r == 0 && n > 0; n--)
		r = serve(plan, accept4(listener, NULL, NULL, SOCK_CLOEXEC), &e);
	if (r < 0)
		fprintf(stderr, "36_listen_fds: %s\n",
			e ? contain_error_message(e) : strerror(-r));
	contain_error_free(e);
	container_plan_free(plan);
	unlink(argv[2]);
	return r < 0;
}
