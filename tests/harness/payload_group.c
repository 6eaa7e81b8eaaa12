/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Commands of the payload that use up what a group limits, and that try to lift its limits. */
#include "payload.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static long long now_usec(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000LL + t.tv_nsec / 1000;
}

static long long used_usec(void)
{
	struct rusage u;

	getrusage(RUSAGE_SELF, &u);
	return (u.ru_utime.tv_sec + u.ru_stime.tv_sec) * 1000000LL + u.ru_utime.tv_usec +
	       u.ru_stime.tv_usec;
}

/* burn MSEC: never rests for so long; "burned CPU-USEC in USEC" */
int cmd_burn(char **arg)
{
	long long begin = now_usec(), used = used_usec();
	long long until = begin + (arg[0] ? atoll(arg[0]) : 100) * 1000;

	while (now_usec() < until)
		;
	printf("burned %lld in %lld\n", used_usec() - used, now_usec() - begin);
	return 0;
}

/* disk FILE KIB [direct]: writes so much, down to the disk; "disk KIB in USEC" */
int cmd_disk(char **arg)
{
	long kib = arg[0] && arg[1] ? atol(arg[1]) : 64, done = 0;
	int direct = arg[0] && arg[1] && arg[2];
	static char block[65536] __attribute__((aligned(4096)));
	long long begin = now_usec();
	int fd = open(arg[0] ? arg[0] : "", O_WRONLY | O_CREAT | O_TRUNC | (direct ? O_DIRECT : 0),
		      0644);

	for (; fd >= 0 && done < kib && write(fd, block, sizeof(block)) == sizeof(block);)
		done += 64;
	if (fd < 0 || fsync(fd) || done < kib)
		printf("error %s\n", strerrorname_np(errno));
	printf("disk %ld in %lld\n", done, now_usec() - begin);
	return 0;
}

/* huge N: as many huge pages, one by one; "huge K" after each, SIGBUS over the limit */
int cmd_huge(char **arg)
{
	size_t size = 2 << 20;
	long n = arg[0] ? atol(arg[0]) : 1;
	char *at;

	for (long i = 1; i <= n; i++) {
		at = mmap(NULL, size, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB | MAP_NORESERVE, -1, 0);
		if (at == MAP_FAILED) {
			printf("error %s\n", strerrorname_np(errno));
			return 0;
		}
		*at = 1;
		printf("huge %ld\n", i);
		fflush(stdout);
	}
	return 0;
}

/* One that forks for ever: its children are orphans at once, and do the same. */
static void multiply(void)
{
	for (;;) {
		pid_t pid = fork();

		if (pid < 0)
			sched_yield();
		else if (pid > 0 && fork() > 0)
			_exit(0);
	}
}

/*
 * bomb N: N processes that stay, each an orphan, "bombed N" when they are there; without N they
 * fork and end for ever, so that no process lives long
 */
int cmd_bomb(char **arg)
{
	long n = arg[0] ? atol(arg[0]) : 0, made = 0;

	if (!n) {
		puts("multiplying");
		fflush(stdout);
		if (fork() == 0)
			multiply();
		for (;;)
			while (waitpid(-1, NULL, 0) < 0)
				pause();
	}
	for (; made < n; made++) {
		pid_t pid = fork();

		if (pid == 0) {
			pid = fork();
			if (pid == 0)
				for (;;)
					pause();
			_exit(pid < 0);
		}
		if (pid < 0) {
			printf("error %s\n", strerrorname_np(errno));
			break;
		}
		if (waitpid(pid, NULL, 0) < 0)
			break;
	}
	printf("bombed %ld\n", made);
	fflush(stdout);
	for (;;)
		pause();
}

/* ---- limits ---- */

/* What would lift a limit, or leave the group; NULL: opening for writing says enough. */
static const struct {
	const char *file, *value;
} tries[] = {
	{ "cgroup.kill", NULL },
	{ "cgroup.procs", "0" },
	{ "cgroup.threads", "0" },
	{ "cgroup.freeze", "0" },
	{ "cgroup.type", "threaded" },
	{ "cgroup.subtree_control", "+pids" },
	{ "cgroup.pressure", NULL },
	{ "cpu.pressure", NULL },
	{ "io.pressure", NULL },
	{ "irq.pressure", NULL },
	{ "memory.pressure", NULL },
	{ "memory.reclaim", NULL },
	{ "cgroup.clone_children", "1" },
	{ "notify_on_release", "1" },
	{ "release_agent", "/seized" },
	{ "tasks", "0" },
	{ "devices.allow", "a" },
	{ "freezer.state", "THAWED" },
	{ "memory.limit_in_bytes", "-1" },
	{ "memory.memsw.limit_in_bytes", "-1" },
	{ "cpu.cfs_quota_us", "-1" },
	{ "cpu.weight", "10000" },
	{ "cpu.shares", "10000" },
	{ "pids.max", "max" },
};

/* A new file, so that what is above stays as it was, and only what is tried counts. */
static void seize_file(int dir, const char *path, const char *name)
{
	int fd = openat(dir, name, O_WRONLY | O_NOFOLLOW | O_CLOEXEC);
	const char *value = "max";

	if (fd < 0)
		return;
	for (size_t i = 0; i < sizeof(tries) / sizeof(tries[0]); i++)
		if (!strcmp(name, tries[i].file))
			value = tries[i].value;
	if (value && write(fd, value, strlen(value)) > 0)
		printf("seized %s/%s %s\n", path, name, value);
	else
		printf("opened %s/%s\n", path, name);
	close(fd);
}

/* seize DIRECTORY: tries to write every file below it, as deep as it goes; how many were there */
static int seize(const char *path)
{
	int n = 0, dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = dir < 0 ? NULL : fdopendir(dir);
	struct dirent *entry;
	char below[1024];

	while (d && (entry = readdir(d))) {
		if (*entry->d_name == '.')
			continue;
		if (entry->d_type == DT_DIR) {
			snprintf(below, sizeof(below), "%.500s/%.500s", path, entry->d_name);
			n += seize(below);
			continue;
		}
		seize_file(dir, path, entry->d_name);
		n++;
	}
	if (d && mkdirat(dir, "seized", 0755) == 0)
		printf("made %s/seized\n", path);
	if (d)
		closedir(d);
	return n;
}

int cmd_seize(char **arg)
{
	printf("tried %d files\n", seize(arg[0] ? arg[0] : "/sys/fs/cgroup"));
	return 0;
}

/*
 * Where the container has no group of its own in a v1 hierarchy it is in the host's root group, and
 * what it would write there is the machine's: that one is left alone.
 */
static int is_hosts_root(const char *dir)
{
	char path[300];

	snprintf(path, sizeof(path), "%s/cgroup.sane_behavior", dir);
	return access(path, F_OK) == 0;
}

static void mount_at(const char *type, const char *options, const char *dir)
{
	if (mount(type, dir, type, 0, options))
		return;
	printf("mounted %s %s\n", type, options ? options : "");
	if (is_hosts_root(dir))
		puts("the host's root group");
	else
		printf("tried %d files\n", seize(dir));
	fflush(stdout);
	umount2(dir, MNT_DETACH);
}

static void mount_all(const char *dir)
{
	static const char *const v1[] = { "memory", "pids", "cpu", "cpuset", "devices", "freezer",
					  "blkio" };

	mount_at("cgroup2", NULL, dir);
	for (size_t i = 0; i < sizeof(v1) / sizeof(v1[0]); i++)
		mount_at("cgroup", v1[i], dir);
}

/* The border of a cgroup namespace is its root: who goes below it can have a new root there. */
static void seize_from_below(const char *dir)
{
	char below[300];
	int fd;

	if (mount("cgroup2", dir, "cgroup2", 0, NULL))
		return;
	snprintf(below, sizeof(below), "%s/below", dir);
	mkdir(below, 0755);
	strcat(below, "/cgroup.procs");
	fd = open(below, O_WRONLY | O_CLOEXEC);
	if (fd >= 0 && write(fd, "0", 1) == 1 && unshare(CLONE_NEWCGROUP) == 0) {
		puts("below");
		printf("tried %d files\n", seize(dir));
	}
	fflush(stdout);
	umount2(dir, MNT_DETACH);
}

static void map_own_ids(unsigned int uid, unsigned int gid)
{
	static const char *const files[] = { "/proc/self/setgroups", "/proc/self/uid_map",
					     "/proc/self/gid_map" };
	char map[64];

	for (int i = 0; i < 3; i++) {
		int fd = open(files[i], O_WRONLY | O_CLOEXEC);

		snprintf(map, sizeof(map), "0 %u 1", i == 1 ? uid : gid);
		if (fd < 0 || write(fd, i ? map : "deny", strlen(i ? map : "deny")) < 0)
			printf("map %s\n", strerrorname_np(errno));
		close(fd);
	}
}

/*
 * usurp DIRECTORY: mounts cgroup file systems there and seizes them: as it is; then as root of a
 * user namespace of its own, with a cgroup namespace, and from a group below its own
 */
int cmd_usurp(char **arg)
{
	const char *dir = arg[0] ? arg[0] : "/tmp";
	unsigned int uid = getuid(), gid = getgid();

	mount_all(dir);
	if (unshare(CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWCGROUP)) {
		printf("unshare %s\n", strerrorname_np(errno));
		return 0;
	}
	map_own_ids(uid, gid);
	puts("unshared");
	fflush(stdout);
	if (fork() == 0) {
		seize_from_below(dir);
		_exit(0);
	}
	wait(NULL);
	mount_all(dir);
	return 0;
}
