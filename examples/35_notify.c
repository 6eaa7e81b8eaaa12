/* SPDX-License-Identifier: MIT-0 */
/*
 * 35: a supervisor. The program inside may not mount and is told so by the kernel, but here each of
 * its mount(2) calls is shown to the caller first, who answers in the kernel's place. Everything
 * else is held to the default profile.
 *
 *	35_notify ROOT PROGRAM [ARG...]
 */
#include <contain/contain.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

/* 0, or the errno of what could not be done; *e tells. */
static int start(char **argv, container **c, contain_error **e)
{
	contain_seccomp *profile = NULL;
	container_spec *s = NULL;
	int r = container_spec_new(&s);

	if (r == 0)
		r = contain_seccomp_new(CONTAIN_SECCOMP_ALLOW, &profile);
	if (r == 0) {
		contain_seccomp_notify(profile, "mount");
		contain_seccomp_notify(profile, "fsopen");
		container_spec_set_name(s, "supervised");
		container_spec_set_root_dir(s, AT_FDCWD, argv[1], 0);
		container_spec_set_argv(s, (const char *const *)&argv[2]);
		/* the filter asks; with the capability the kernel would let it go on, too */
		container_spec_set_capabilities(s, 1u << 21 /* CAP_SYS_ADMIN */);
		container_spec_set_seccomp_default(s, CONTAIN_SECCOMP_DEFAULT_ON);
		container_spec_add_seccomp(s, profile, 0);
		for (int fd = 0; fd < 3; fd++)
			container_spec_set_stdio(s, fd, CONTAIN_STDIO_INHERIT);
		r = container_spawn(s, c, e);
	}
	contain_seccomp_free(profile);
	container_spec_free(s);
	return r;
}

/* What its pointers point to is the program's to change at any time: nothing is decided by it. */
static void answer(int listener, const contain_seccomp_request *q)
{
	const char *name = contain_seccomp_request_name(q);

	fprintf(stderr, "process %d asks for %s: no\n", contain_seccomp_request_pid(q),
		name ? name : "?");
	contain_seccomp_notify_respond(listener, contain_seccomp_request_id(q), ENODEV, 0, 0);
}

int main(int argc, char **argv)
{
	contain_seccomp_request *q = NULL;
	container_exit *x = NULL;
	contain_error *e = NULL;
	container *c = NULL;
	int r, code = 1;

	if (argc < 3) {
		fprintf(stderr, "usage: 35_notify ROOT PROGRAM [ARG...]\n");
		return 2;
	}
	r = start(argv, &c, &e);
	while (r == 0) { /* until no process with the filter is left, or, before 6.11, it ended */
		r = contain_seccomp_notify_receive(container_seccomp_fd(c), 100, &q, NULL);
		if (r == 0)
			answer(container_seccomp_fd(c), q);
		else if (r == -ETIMEDOUT && container_wait(c, 0, NULL, NULL) == -ETIMEDOUT)
			r = 0;
		contain_seccomp_request_free(q);
		q = NULL;
	}
	if (c && container_wait(c, -1, &x, &e) == 0)
		code = container_exit_code(x);
	if (!c || !x)
		fprintf(stderr, "35_notify: %s\n", e ? contain_error_message(e) : strerror(-r));
	contain_error_free(e);
	container_exit_free(x);
	container_free(c);
	return code;
}
