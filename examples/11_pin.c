/* SPDX-License-Identifier: MIT-0 */
/*
 * 11: a namespace that lasts. A host name of its own, bound on a file: no process lives in it, and
 * any program can enter it until the pin is taken off.
 *
 *	11_pin make FILE NAME	a new uts namespace with this host name, pinned on FILE
 *	11_pin look FILE	what the host name is inside
 *	11_pin drop FILE	takes the pin off
 *
 * For root: the pin is a mount. nsenter --uts=FILE hostname(1) sees the same.
 */
#include <contain/namespace.h>

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int name_it(void *arg)
{
	return sethostname(arg, strlen(arg)) < 0 ? 1 : 0;
}

static int look(void *arg)
{
	char name[65] = "";

	(void)arg;
	gethostname(name, sizeof(name) - 1);
	printf("%s\n", name);
	fflush(stdout);
	return 0;
}

/* The function has ended, and the fd alone keeps the namespace until it is pinned. */
static int make(const char *file, char *name, contain_error **e)
{
	int fd, r = contain_ns_unshare(CONTAIN_NS_UTS, e);

	if (r < 0)
		return r;
	fd = r = contain_ns_open_path(AT_FDCWD, "/proc/thread-self/ns/uts", CONTAIN_NS_UTS, e);
	if (r < 0)
		return r;
	r = contain_ns_run(0, &fd, 1, NULL, NULL, name_it, name, NULL, e);
	if (r == 0)
		r = contain_ns_pin(fd, AT_FDCWD, file, e);
	close(fd);
	return r;
}

static int enter(const char *file, contain_error **e)
{
	int r, fd = contain_ns_open_path(AT_FDCWD, file, CONTAIN_NS_UTS, e);

	if (fd < 0)
		return fd;
	r = contain_ns_run(0, &fd, 1, NULL, NULL, look, NULL, NULL, e);
	close(fd);
	return r;
}

int main(int argc, char **argv)
{
	contain_error *e = NULL;
	int r;

	if (argc == 4 && !strcmp(argv[1], "make"))
		r = make(argv[2], argv[3], &e);
	else if (argc == 3 && !strcmp(argv[1], "look"))
		r = enter(argv[2], &e);
	else if (argc == 3 && !strcmp(argv[1], "drop"))
		r = contain_ns_unpin(AT_FDCWD, argv[2], &e);
	else
		return fprintf(stderr, "usage: %s make FILE NAME | look FILE | drop FILE\n",
			       argv[0]), 2;
	if (r < 0)
		fprintf(stderr, "%s\n", contain_error_message(e));
	contain_error_free(e);
	return r != 0;
}
