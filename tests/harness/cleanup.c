/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the runner does after each test: nothing that a test made is there for the next one. */
#include "priv.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

extern char **environ;

/* ---- processes ---- */

static void note_process(int pid)
{
	char path[64], comm[64] = "";

	snprintf(path, sizeof(path), "/proc/%d/comm", pid);
	if (t_read_file(path, comm, sizeof(comm)) > 0)
		t_note("outlived its test: process %d %.*s", pid, (int)strcspn(comm, "\n"), comm);
}

static int is_zombie(int pid)
{
	char path[64], stat[256], *paren;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	if (t_read_file(path, stat, sizeof(stat)) <= 0)
		return 1;
	paren = strrchr(stat, ')');
	return !paren || paren[1] == '\0' || paren[2] == 'Z' || paren[2] == 'X';
}

/* Below a pid namespace of our own everything but process 1 and the runner is the test's. */
static void kill_namespace(void)
{
	int64_t until = t_now_ms() + 5000 * t_slow();
	struct dirent *entry;
	DIR *dir = opendir("/proc");

	while (dir && (entry = readdir(dir))) {
		int pid = atoi(entry->d_name);

		if (pid > 1 && pid != getpid() && !is_zombie(pid))
			note_process(pid);
	}
	if (dir)
		closedir(dir);
	while (kill(-1, SIGKILL) == 0 && t_now_ms() < until)
		usleep(200);
}

/* Otherwise the runner is a subreaper: orphans become its children, generation by generation. */
static void kill_children(void)
{
	int64_t until = t_now_ms() + 5000 * t_slow();
	char path[64], list[4096], *at, *end;
	pid_t pid;

	snprintf(path, sizeof(path), "/proc/self/task/%d/children", getpid());
	while (t_now_ms() < until) {
		if (t_read_file(path, list, sizeof(list)) <= 0)
			return;
		for (at = list; (pid = strtol(at, &end, 10)) > 0; at = end) {
			if (!is_zombie(pid)) {
				note_process(pid);
				kill(pid, SIGKILL);
			}
			waitpid(pid, NULL, 0);
		}
	}
}

void t_kill_leftovers(void)
{
	if (t_own_pidns)
		kill_namespace();
	else
		kill_children();
}

/* ---- groups ---- */

static void kill_group(const char *path)
{
	char procs[512], list[8192], *at, *end;
	pid_t pid;

	snprintf(procs, sizeof(procs), "%s/cgroup.procs", path);
	if (t_read_file(procs, list, sizeof(list)) <= 0)
		return;
	/* 0 is a process of another pid namespace: not one of ours */
	for (at = list; (pid = strtol(at, &end, 10)) > 0 || end != at; at = end)
		if (pid > 1 && pid != getpid())
			kill(pid, SIGKILL);
}

static void remove_group(const char *path)
{
	int64_t until = t_now_ms() + 2000 * t_slow();
	struct dirent *entry;
	char child[512];
	DIR *dir;

	dir = opendir(path);
	while (dir && (entry = readdir(dir))) {
		if (entry->d_type != DT_DIR || entry->d_name[0] == '.')
			continue;
		if ((size_t)snprintf(child, sizeof(child), "%s/%s", path, entry->d_name) <
		    sizeof(child))
			remove_group(child);
	}
	if (dir)
		closedir(dir);
	while (rmdir(path) && errno == EBUSY) {
		if (t_now_ms() > until) {
			t_note("cannot remove group %s", path);
			return;
		}
		kill_group(path);
		usleep(500);
	}
}

void t_remove_groups(void)
{
	unsigned int i;

	for (i = 0; i < t_sh->ngroup && i < T_GROUPS; i++)
		remove_group(t_sh->group[i]);
	t_sh->ngroup = 0;
}

/* ---- files ---- */

static int is_empty(const char *path)
{
	struct dirent *entry;
	DIR *dir = opendir(path);
	int n = 0;

	while (dir && (entry = readdir(dir)))
		n += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
	if (dir)
		closedir(dir);
	return n == 0;
}

/*
 * What tests usually leave: a few levels, nothing mounted. In a virtual machine that is ten times
 * as fast as programs are started. What it leaves, the caller gives to rm(1).
 */
static void remove_shallow(int parent, const char *name, dev_t dev, int levels)
{
	int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct dirent *entry;
	struct stat st;
	DIR *dir;

	dir = fd >= 0 && fstat(fd, &st) == 0 && st.st_dev == dev && levels ? fdopendir(fd) : NULL;
	if (!dir) {
		if (fd >= 0)
			close(fd);
		return;
	}
	while ((entry = readdir(dir))) {
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0 ||
		    unlinkat(fd, entry->d_name, 0) == 0)
			continue;
		remove_shallow(fd, entry->d_name, dev, levels - 1);
		unlinkat(fd, entry->d_name, AT_REMOVEDIR);
	}
	closedir(dir);
}

static void run(const char *command)
{
	const char *argv[] = { "sh", "-c", command, NULL };
	pid_t pid;

	/* rm(1) and not a walk of our own: tests make trees deeper than any table of descriptors */
	if (posix_spawn(&pid, "/bin/sh", NULL, NULL, (char *const *)argv, environ) == 0)
		waitpid(pid, NULL, 0);
}

void t_remove_tmp(int base_too)
{
	struct stat st;

	if (getenv("T_KEEP"))
		return;
	if (stat(t_base, &st) == 0)
		remove_shallow(AT_FDCWD, t_base, st.st_dev, 12);
	if (!is_empty(t_base))
		run("find \"$T_BASE\" -mindepth 1 -maxdepth 1 "
		    "-exec rm -rf --one-file-system -- {} + 2>/dev/null");
	if (!is_empty(t_base))
		run("chmod -R u+rwx \"$T_BASE\" 2>/dev/null; find \"$T_BASE\" -mindepth 1 "
		    "-maxdepth 1 -exec rm -rf --one-file-system -- {} +");
	if (base_too && rmdir(t_base))
		fprintf(stderr, "cannot remove %s: %m\n", t_base);
}
