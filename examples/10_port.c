/* SPDX-License-Identifier: MIT-0 */
/*
 * 10: two programs listen on the same port at the same time, because each has a network of its own.
 * A C function runs in new namespaces, in a child: no program to execute, and all of the C library
 * may be used. Any user may do this: with a user namespace come the rights over the network.
 *
 *	10_port [PORT]
 */
#include <contain/namespace.h>

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct server {
	const char *name;
	int port, ready, go; /* ready: to the parent; go: from it */
};

/* In the child. */
static int serve(void *arg)
{
	const struct server *s = arg;
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons((in_port_t)s->port) };
	int listener = socket(AF_INET, SOCK_STREAM, 0), client = socket(AF_INET, SOCK_STREAM, 0);
	char text[32] = "";
	contain_error *e = NULL;
	int server;

	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	/* a new network namespace has one link, and that is down */
	if (contain_ns_loopback_up(&e) < 0)
		return fprintf(stderr, "%s\n", contain_error_message(e)), 1;
	if (bind(listener, (struct sockaddr *)&at, sizeof(at)) < 0 || listen(listener, 1) < 0)
		return perror(s->name), 1;
	printf("%s listens on port %d\n", s->name, s->port);
	fflush(stdout); /* the child ends by _exit(2), which flushes nothing */
	if (write(s->ready, "", 1) != 1 || read(s->go, text, 1) != 1)
		return 1;
	if (connect(client, (struct sockaddr *)&at, sizeof(at)) < 0)
		return perror("connect"), 1;
	server = accept(listener, NULL, NULL);
	if (write(server, s->name, strlen(s->name)) < 0 || read(client, text, sizeof(text) - 1) < 0)
		return 1;
	printf("who is there, asked beside %s: %s\n", s->name, text);
	fflush(stdout);
	return 0;
}

int main(int argc, char **argv)
{
	const uint64_t types = CONTAIN_NS_USER | CONTAIN_NS_NET;
	struct server server[2] = { { .name = "first" }, { .name = "second" } };
	contain_ns_child *child[2] = { NULL, NULL };
	contain_error *e = NULL;
	int ready[2], go[2], value = 1, code = 0;
	char byte;

	if (pipe(ready) < 0 || pipe(go) < 0)
		return perror("pipe"), 1;
	for (int i = 0; i < 2; i++) {
		server[i].port = argc > 1 ? atoi(argv[1]) : 8080;
		server[i].ready = ready[1];
		server[i].go = go[0];
		if (contain_ns_child_start(types, NULL, 0, NULL, NULL, serve, &server[i], &child[i],
					   &e) < 0)
			break;
	}
	close(ready[1]);
	/* both listen by now; one that has failed gives no byte */
	for (int i = 0; !e && i < 2; i++)
		code |= read(ready[0], &byte, 1) != 1;
	close(go[0]);
	for (int i = 0; i < 2 && !code; i++)
		code |= write(go[1], "", 1) != 1;
	close(go[1]);
	for (int i = 0; i < 2; i++) {
		if (child[i] && contain_ns_child_wait(child[i], -1, &value, &e) >= 0)
			code |= value != 0;
		contain_ns_child_free(child[i]);
	}
	if (e)
		fprintf(stderr, "%s\n", contain_error_message(e));
	code |= e != NULL;
	contain_error_free(e);
	return code;
}
