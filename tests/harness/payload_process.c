/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Commands of the payload that make processes. */
#include "payload.h"

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

/*
 * fork N [stay]: that many children at once; "forked K", and "error ERRNO" if it stopped early.
 * Then kills them, or stays with them.
 */
int cmd_fork(char **arg)
{
	static pid_t pids[65536];
	long want = arg[0] ? atol(arg[0]) : 1, i, n;

	for (n = 0; n < want && n < 65536; n++) {
		pids[n] = fork();
		if (pids[n] == 0)
			for (;;)
				pause();
		if (pids[n] < 0)
			break;
	}
	printf("forked %ld\n", n);
	if (n < want)
		printf("error %s\n", strerrorname_np(errno));
	fflush(stdout);
	while (arg[0] && arg[1] && strcmp(arg[1], "stay") == 0)
		pause();
	for (i = 0; i < n; i++)
		kill(pids[i], SIGKILL);
	for (i = 0; i < n; i++)
		waitpid(pids[i], NULL, 0);
	return 0;
}

/* orphans N: children that leave a grandchild, which ends after them; how many zombies are left */
int cmd_orphans(char **arg)
{
	long want = arg[0] ? atol(arg[0]) : 1, zombies = 0;
	struct dirent *e;
	DIR *proc;

	for (long i = 0; i < want; i++) {
		pid_t pid = fork();

		if (pid == 0) {
			if (fork() == 0)
				usleep(100);
			_exit(0);
		}
		if (pid < 0 || waitpid(pid, NULL, 0) != pid)
			return 1;
	}
	for (int tries = 0; tries < 2000; tries++) {
		zombies = 0;
		proc = opendir("/proc");
		while (proc && (e = readdir(proc))) {
			char path[300], line[512] = "", *at;
			FILE *f;

			snprintf(path, sizeof(path), "/proc/%s/stat", e->d_name);
			if (e->d_name[0] < '0' || e->d_name[0] > '9' || !(f = fopen(path, "re")))
				continue;
			at = fgets(line, sizeof(line), f) ? strrchr(line, ')') : NULL;
			zombies += at && at[2] == 'Z';
			fclose(f);
		}
		if (proc)
			closedir(proc);
		if (!zombies)
			break;
		usleep(1000);
	}
	printf("orphans %ld\nzombies %ld\n", want, zombies);
	return 0;
}

/* Whether the program of process @pid can be seen, and is not the payload. */
static int sees_other(const char *pid)
{
	char path[300], link[512];
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/%s/exe", pid);
	n = readlink(path, link, sizeof(link) - 1);
	if (n < 0)
		return 0;
	link[n] = 0;
	return !strstr(link, "payload");
}

/*
 * stalk: for ever looks at every process that comes by, and takes hold of it, while it does not run
 * the payload yet: "caught PID look|hold"
 */
int cmd_stalk(char **arg)
{
	struct dirent *e;
	DIR *proc = opendir("/proc");

	puts("stalking");
	for (;;) {
		fflush(stdout);
		rewinddir(proc);
		while ((e = readdir(proc))) {
			long pid = atol(e->d_name);

			if (pid < 2)
				continue;
			if (sees_other(e->d_name))
				printf("caught %ld look\n", pid);
			if (ptrace(PTRACE_SEIZE, (pid_t)pid, 0, 0))
				continue;
			if (sees_other(e->d_name))
				printf("caught %ld hold\n", pid);
			/* only a process that has stopped can be let go */
			if (!ptrace(PTRACE_INTERRUPT, (pid_t)pid, 0, 0))
				waitpid((pid_t)pid, NULL, __WALL);
			ptrace(PTRACE_DETACH, (pid_t)pid, 0, 0);
		}
	}
}
