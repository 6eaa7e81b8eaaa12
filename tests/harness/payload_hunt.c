/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* payload hunt: every known route from inside a container to one file of the host. */
#include "payload.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *host_path;	/* below the host's root, without a leading slash */
static const char *host_name;	/* its last part, which no other file has */
static unsigned long want_dev, want_ino;

/* Says so, and leaves a trace that the host can see. */
static void found(const char *route, int dir, const char *path)
{
	int fd = openat(dir, path, O_WRONLY | O_NONBLOCK | O_CLOEXEC);

	printf("found %s\n", route);
	if (fd >= 0)
		close(fd);
}

static int is_it(const struct stat *st)
{
	return st->st_ino == want_ino && st->st_dev == want_dev;
}

/* A foreign root may give another device number; the name is random and enough. */
static int look(const char *route, int dir, const char *path)
{
	struct stat st;

	if (fstatat(dir, path, &st, AT_SYMLINK_NOFOLLOW) || !S_ISREG(st.st_mode))
		return 0;
	found(route, dir, path);
	return 1;
}

/* From @dir upwards: at every level the host's root may be. */
static void climb(const char *route, int dir)
{
	char up[256] = "";
	int i;

	for (i = 0; i < 40 && !look(route, dir, host_path); i++) {
		char path[4096];

		strcat(up, "../");
		snprintf(path, sizeof(path), "%s%s", up, host_path);
		if (look(route, dir, path))
			break;
	}
}

static int visit(const char *path, const struct stat *st, int type, struct FTW *at)
{
	if (type == FTW_D && (strcmp(path, "/proc") == 0 || strcmp(path, "/sys") == 0))
		return FTW_SKIP_SUBTREE;
	if (is_it(st) || strcmp(path + at->base, host_name) == 0)
		found("walk", AT_FDCWD, path);
	return FTW_CONTINUE;
}

static void by_fds(const char *route, const char *of, int own)
{
	struct dirent *entry;
	struct stat st;
	char path[512];
	DIR *dir = opendir(of);
	int fd;

	while (dir && (entry = readdir(dir))) {
		if (entry->d_name[0] == '.' || (own && atoi(entry->d_name) == dirfd(dir)))
			continue;
		snprintf(path, sizeof(path), "%s/%s", of, entry->d_name);
		if (stat(path, &st))
			continue;
		if (is_it(&st))
			found(route, AT_FDCWD, path);
		fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
		if (fd >= 0) {
			climb(route, fd);
			close(fd);
		}
	}
	if (dir)
		closedir(dir);
}

static void by_proc(void)
{
	static const char *const ways[] = { "root", "cwd" };
	struct dirent *entry;
	char path[512];
	DIR *dir = opendir("/proc");
	size_t i;
	int fd;

	while (dir && (entry = readdir(dir))) {
		if (entry->d_name[0] < '0' || entry->d_name[0] > '9')
			continue;
		for (i = 0; i < 2; i++) {
			snprintf(path, sizeof(path), "/proc/%s/%s", entry->d_name, ways[i]);
			fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
			if (fd >= 0) {
				climb(path, fd);
				close(fd);
			}
		}
		snprintf(path, sizeof(path), "/proc/%s/fd", entry->d_name);
		by_fds(path, path, atoi(entry->d_name) == getpid());
	}
	if (dir)
		closedir(dir);
}

/* Without /proc as well */
static void by_numbers(void)
{
	struct stat st;
	int fd;

	for (fd = 0; fd < 4096; fd++) {
		if (fstat(fd, &st))
			continue;
		if (is_it(&st))
			printf("found fd %d\n", fd);
		if (S_ISDIR(st.st_mode))
			climb("fd", fd);
	}
}

static void by_handle(char *text)
{
	static const char *const mounts[] = { "/", "/dev", "/tmp", "/job", "/mnt", "/bin" };
	union {
		struct file_handle h;
		char room[sizeof(struct file_handle) + MAX_HANDLE_SZ];
	} u;
	unsigned int byte, n = 0;
	size_t i;
	int fd, top;

	u.h.handle_type = atoi(text);
	for (text = strchr(text, ':') + 1; sscanf(text, "%2x", &byte) == 1; text += 2)
		u.h.f_handle[n++] = byte;
	u.h.handle_bytes = n;
	for (i = 0; i < sizeof(mounts) / sizeof(mounts[0]); i++) {
		top = open(mounts[i], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		fd = top < 0 ? -1 : open_by_handle_at(top, &u.h, O_WRONLY | O_CLOEXEC);
		if (fd >= 0) {
			printf("found handle by %s\n", mounts[i]);
			close(fd);
		}
		if (top >= 0)
			close(top);
	}
}

/* The old way out of a chroot: a second one, with a directory above it kept open. Last. */
static void by_chroot(void)
{
	int top = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC), i;

	mkdir("/tmp/pit", 0755);
	if (chroot("/tmp/pit") && chroot("/tmp") && chroot("/bin")) {
		printf("no chroot: %s\n", strerror(errno));
		return;
	}
	if (fchdir(top))
		return;
	climb("double chroot", AT_FDCWD);
	for (i = 0; i < 64 && chdir("..") == 0; i++)
		;
	if (chroot(".") == 0)
		look("double chroot, new root", AT_FDCWD, host_path);
}

/* hunt PATH DEV:INO TYPE:HANDLE, as tests/adversarial/canary.h writes it */
int cmd_hunt(char **arg)
{
	if (!arg[0] || !arg[1] || !arg[2] || !strrchr(arg[0], '/') || !strchr(arg[2], ':') ||
	    sscanf(arg[1], "%lx:%lu", &want_dev, &want_ino) != 2)
		return 124;
	host_path = arg[0];
	host_name = strrchr(host_path, '/') + 1;
	climb("cwd", AT_FDCWD);
	by_numbers();
	by_fds("/proc/self/fd", "/proc/self/fd", 1);
	by_proc();
	by_handle(arg[2]);
	nftw("/", visit, 16, FTW_PHYS | FTW_ACTIONRETVAL);
	by_chroot();
	puts("hunted");
	return 0;
}
