/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Commands of the payload that make something else of it, and sums of what it was given. */
#include "payload.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

extern char **environ;

static int failed(const char *what)
{
	fprintf(stderr, "payload: %s: %m\n", what);
	return 125;
}

/* to FD: what follows is printed there, whatever fd 1 is */
int cmd_to(char **arg)
{
	FILE *out = arg[0] ? fdopen(atoi(arg[0]), "w") : NULL;

	if (!out)
		return failed("fdopen");
	stdout = out;
	return 0;
}

/* at FD PATH: what the file below that directory holds, on one line */
int cmd_at(char **arg)
{
	int fd = arg[0] && arg[1] ? openat(atoi(arg[0]), arg[1], O_RDONLY | O_CLOEXEC) : -1;
	char text[4096];
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);

	if (n < 0)
		return failed("at");
	text[n] = 0;
	text[strcspn(text, "\n")] = 0;
	printf("at %s %s\n", arg[1], text);
	close(fd);
	return 0;
}

/* ttl: net.ipv4.ip_default_ttl as the kernel has it, without a proc file system */
int cmd_ttl(char **arg)
{
	int ttl = 0, fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	socklen_t size = sizeof(ttl);

	(void)arg;
	if (fd < 0 || getsockopt(fd, IPPROTO_IP, IP_TTL, &ttl, &size))
		return failed("ttl");
	printf("ttl %d\n", ttl);
	close(fd);
	return 0;
}

/* drop ID: becomes that user and group, without supplementary groups where that is allowed */
int cmd_drop(char **arg)
{
	unsigned int id = arg[0] ? strtoul(arg[0], NULL, 10) : 65534;

	if (setgroups(0, NULL))
		puts("setgroups denied");
	if (setresgid(id, id, id) || setresuid(id, id, id))
		return failed("drop");
	return 0;
}

/* run PROGRAM ARG...: in its place; what follows "--" is lost */
int cmd_run(char **arg)
{
	if (!arg[0])
		return 124;
	fflush(stdout);
	execv(arg[0], arg);
	printf("exec %s\n", strerrorname_np(errno));
	return 0;
}

/* sums [ARG...]: "arg BYTES HASH" of each, "env COUNT BYTES HASH", and "mounts COUNT" by /proc */
int cmd_sums(char **arg)
{
	unsigned long long hash = 0xcbf29ce484222325ULL;
	FILE *mounts = fopen("/proc/self/mountinfo", "re");
	size_t bytes = 0, n = 0;
	char **env;
	int c;

	for (; *arg; arg++) {
		hash = 0xcbf29ce484222325ULL;
		for (bytes = 0; (*arg)[bytes]; bytes++)
			hash = (hash ^ (unsigned char)(*arg)[bytes]) * 0x100000001b3ULL;
		printf("arg %zu %016llx\n", bytes, hash);
	}
	hash = 0xcbf29ce484222325ULL;
	bytes = 0;
	for (env = environ; *env; env++, n++) {
		const char *at = *env;

		do {
			hash = (hash ^ (unsigned char)*at) * 0x100000001b3ULL;
			bytes++;
		} while (*at++);
	}
	printf("env %zu %zu %016llx\n", n, bytes, hash);
	for (n = 0; mounts && (c = getc(mounts)) != EOF;)
		n += c == '\n';
	printf("mounts %zu\n", n);
	return 0;
}

/* connect PATH: to a socket of streams; "connected", or "connect ERRNO" */
int cmd_connect(char **arg)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	if (!arg[0] || fd < 0)
		return 124;
	snprintf(addr.sun_path, sizeof(addr.sun_path), "%s", arg[0]);
	if (connect(fd, (struct sockaddr *)&addr, sizeof(addr)))
		printf("connect %s\n", strerrorname_np(errno));
	else
		puts("connected");
	close(fd);
	return 0;
}
