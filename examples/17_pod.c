/* SPDX-License-Identifier: MIT-0 */
/*
 * 17: two containers that share a network, a host name and an ipc namespace, and nothing else: a
 * pod. The second joins what the first one has, by its handle, and speaks to it on 127.0.0.1; the
 * files and processes of the one are not there for the other. Then a third program runs inside of
 * the first container, with its root too.
 *
 *	17_pod ROOT		a root file system with sh, nc, hostname, ps, sed and cat (busybox)
 */
#include <contain/contain.h>

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#define PORT "4321"

static const char *const serve[] = { "/bin/sh", "-c",
	"echo 'written by the server' >/tmp/note; nc -l -p " PORT " -e cat & echo >&3; sleep 60",
	NULL };

static const char *const ask[] = { "/bin/sh", "-c",
	"echo \"client on $(hostname):\""
	" \"$(for i in 1 2 3 4 5 6 7 8 9; do echo over the loopback | nc 127.0.0.1 " PORT
	" && break; sleep 0.1; done)\"; [ -e /tmp/note ] || echo 'client: no file of the server'; "
	"echo client: $(ps | grep -c '[n]c -l') processes of the server", NULL };

static const char *const look[] = { "/bin/sh", "-c",
	"echo \"inside on $(hostname): $(cat /tmp/note), process $$ beside 1\"", NULL };

/* types: what it shares with other; 0 and an other: everything, the root too */
static int start(const char *root, const char *const *argv, int ready, const container *other,
		 uint64_t types, container **c, contain_error **e)
{
	const char *const layers[] = { root, NULL };
	container_spec *s = NULL;
	int r;

	container_spec_new(&s);
	container_spec_set_name(s, other ? "client" : "server");
	if (other)
		container_spec_join_container(s, other, types);
	if (!other || types)
		container_spec_set_root_overlay(s, AT_FDCWD, layers, 16 << 20, 0);
	container_spec_set_argv(s, argv);
	container_spec_set_stdio(s, 1, CONTAIN_STDIO_INHERIT);
	container_spec_set_stdio(s, 2, CONTAIN_STDIO_INHERIT);
	if (ready >= 0)
		container_spec_add_fd(s, ready, 3);
	r = container_spawn(s, c, e);
	container_spec_free(s);
	return r;
}

/* 0 when it exited with 0. */
static int end(container *c, contain_error **e)
{
	container_exit *x = NULL;
	int r = container_wait(c, -1, &x, e), code = container_exit_code(x);

	container_exit_free(x);
	container_delete(c, -1, NULL);
	container_free(c);
	return r < 0 || code;
}

int main(int argc, char **argv)
{
	const uint64_t shared = CONTAIN_NS_NET | CONTAIN_NS_UTS | CONTAIN_NS_IPC | CONTAIN_NS_USER;
	container *server = NULL, *c = NULL;
	contain_error *e = NULL;
	int ready[2], failed = 1;
	char byte;

	if (argc != 2)
		return fprintf(stderr, "usage: %s ROOT\n", argv[0]), 2;
	if (pipe2(ready, O_CLOEXEC) < 0)
		return perror("pipe"), 1;
	if (start(argv[1], serve, ready[1], NULL, 0, &server, &e) == 0) {
		close(ready[1]);
		failed = read(ready[0], &byte, 1) != 1 ||
			 start(argv[1], ask, -1, server, shared, &c, &e) < 0 || end(c, &e) ||
			 start(argv[1], look, -1, server, 0, &c, &e) < 0 || end(c, &e);
		container_kill(server, NULL);
		end(server, NULL);
	}
	if (e)
		fprintf(stderr, "%s\n", contain_error_message(e));
	contain_error_free(e);
	return failed;
}
