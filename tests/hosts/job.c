/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The payload of the hosts' containers: small, static, and its exit status tells what it found.
 *
 *	job exit N	exits N
 *	job kill SIGNAL	dies of it, where a process may: not as process 1 of a pid namespace
 *	job check N	exits N when it got what was promised, else 200 + what is wrong
 *	job sleep	until it is killed
 */
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#define FDS 2048 /* above what any host of the tests has open */

static int die_of(int signal)
{
	struct rlimit none = { 0, 0 };
	sigset_t all;

	setrlimit(RLIMIT_CORE, &none);
	sigfillset(&all);
	sigprocmask(SIG_UNBLOCK, &all, NULL);
	kill(getpid(), signal);
	return 199;
}

static int wrong(void)
{
	struct sigaction sa;
	sigset_t mask;

	for (int fd = 0; fd < FDS; fd++)
		if ((fcntl(fd, F_GETFD) >= 0) != (fd < 3))
			return fd < 3 ? 200 : 201;
	if (sigprocmask(SIG_BLOCK, NULL, &mask))
		return 202;
	for (int i = 1; i <= SIGRTMAX; i++) {
		if (sigismember(&mask, i) == 1)
			return 203;
		if (sigaction(i, NULL, &sa) == 0 && sa.sa_handler != SIG_DFL)
			return 204;
	}
	return 0;
}

int main(int argc, char **argv)
{
	int n = argc > 2 ? atoi(argv[2]) : 0;

	if (argc < 2)
		return 198;
	if (!strcmp(argv[1], "exit"))
		return n;
	if (!strcmp(argv[1], "kill"))
		return die_of(n);
	if (!strcmp(argv[1], "check")) {
		int bad = wrong();

		return bad ? bad : n;
	}
	if (!strcmp(argv[1], "sleep"))
		for (;;)
			pause();
	return 198;
}
