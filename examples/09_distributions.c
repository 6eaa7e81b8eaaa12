/* SPDX-License-Identifier: MIT-0 */
/*
 * 09: one image and many containers, many distributions and one kernel. The first image is used by
 * two containers at once: each has an upper layer of its own and sees its own writes only. The
 * others each have one. All of them are alive, and have written the same file, before one reads.
 *
 *	09_distributions / IMAGE...	the host's own distribution, and others
 */
#include <contain/contain.h>

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#define MOST 8

/* Writes, tells so on fd 3, waits until all have, and shows what it sees. */
static const char *const argv_inside[] = { "/bin/sh", "-c",
	"me=$(hostname); echo $me >/etc/who; echo >&3; exec 3>&-; read -r _;"
	". /etc/os-release; echo \"$me: $PRETTY_NAME, Linux $(uname -r), written: $(cat "
	"/etc/who)\"",
	NULL };

static int start(const char *image, int n, int go, int ready, container **c, contain_error **e)
{
	const char *const layers[] = { image, NULL };
	container_spec *s = NULL;
	char name[32];
	int r;

	snprintf(name, sizeof(name), "container-%d", n);
	container_spec_new(&s);
	container_spec_set_name(s, name);
	container_spec_set_root_overlay(s, AT_FDCWD, layers, 16 << 20, 0);
	container_spec_set_argv(s, argv_inside);
	container_spec_add_fd(s, go, 0);
	container_spec_set_stdio(s, 1, CONTAIN_STDIO_INHERIT);
	container_spec_set_stdio(s, 2, CONTAIN_STDIO_INHERIT);
	container_spec_add_fd(s, ready, 3);
	r = container_spawn(s, c, e);
	container_spec_free(s);
	return r;
}

int main(int argc, char **argv)
{
	container *c[MOST] = { NULL };
	container_exit *x = NULL;
	contain_error *e = NULL;
	int go[2], ready[2], n, started = 0, failed = 0;
	char byte;

	if (argc < 2 || argc > MOST)
		return fprintf(stderr, "usage: %s IMAGE...\n", argv[0]), 2;
	if (pipe2(go, O_CLOEXEC) < 0 || pipe2(ready, O_CLOEXEC) < 0)
		return perror("pipe"), 1;
	for (n = 0; n < argc && !failed; n++) { /* argv[1], argv[1], argv[2], ... */
		failed = start(argv[n ? n : 1], n + 1, go[0], ready[1], &c[n], &e) < 0;
		started += !failed;
	}
	close(ready[1]);
	for (n = 0; n < started; n++)
		failed |= read(ready[0], &byte, 1) != 1;
	close(go[1]); /* all are alive and have written: now they read */
	for (n = 0; n < started; n++) {
		failed |= !e && container_wait(c[n], -1, &x, &e) < 0;
		failed |= container_exit_code(x) != 0;
		container_exit_free(x);
		x = NULL;
		container_delete(c[n], -1, NULL);
		container_free(c[n]);
	}
	if (e)
		fprintf(stderr, "%s\n", contain_error_message(e));
	contain_error_free(e);
	return failed;
}
