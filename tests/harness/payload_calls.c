/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Commands of the payload that make system calls by number: what a filter answers. */
#include "payload.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* call NUMBER [ARG...]: "call NUMBER ERRNO-NAME", or "ok"; an argument is a number */
int cmd_call(char **arg)
{
	long a[7] = { 0 }, r;

	for (int i = 0; i < 7 && arg[i]; i++)
		a[i] = strtol(arg[i], NULL, 0);
	r = syscall(a[0], a[1], a[2], a[3], a[4], a[5], a[6]);
	printf("call %ld %s\n", a[0], r < 0 ? strerrorname_np(errno) : "ok");
	return 0;
}

/* call32 NUMBER [ARG...]: the same by the entry for 32-bit programs; "none" where there is none */
int cmd_call32(char **arg)
{
#ifdef __x86_64__
	long a[4] = { 0 };
	int r;

	for (int i = 0; i < 4 && arg[i]; i++)
		a[i] = strtol(arg[i], NULL, 0);
	fflush(stdout);
	__asm__ volatile("int $0x80"
			 : "=a"(r)
			 : "a"(a[0]), "b"(a[1]), "c"(a[2]), "d"(a[3])
			 : "memory", "r8", "r9", "r10", "r11");
	printf("call32 %ld %s\n", a[0], r < 0 ? strerrorname_np(-r) : "ok");
#else
	printf("call32 %s none\n", arg[0]);
#endif
	return 0;
}

static void put(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		printf("%s %s\n", path, strerrorname_np(errno));
	if (fd >= 0)
		close(fd);
}

/*
 * regroup: with namespaces of its own it mounts the hierarchy of groups once more, where it can be
 * written: "regroup mounted", or what stopped it
 */
int cmd_regroup(char **arg)
{
	char map[32];

	(void)arg;
	snprintf(map, sizeof(map), "0 %u 1", getuid());
	mkdir("/tmp/g", 0755);
	if (unshare(CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWCGROUP)) {
		printf("regroup unshare %s\n", strerrorname_np(errno));
	} else {
		put("/proc/self/uid_map", map);
		if (mount("none", "/tmp/g", "cgroup2", 0, NULL))
			printf("regroup mount %s\n", strerrorname_np(errno));
		else
			puts("regroup mounted");
	}
	return 0;
}
