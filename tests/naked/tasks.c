/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which task is which, from /proc, and how far a child of the library has come. */
#include "watch.h"

#include "sys/uapi.h"

#include <fcntl.h>
#include <linux/kcmp.h>
#include <linux/sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#define TASKS 4096

static struct w_task tasks[TASKS];
static size_t ntasks;
/* Processes that have asked for a child as the library makes one: the last ones. */
static int cloned[256];
static size_t nclones;

/* ---- what /proc says ---- */

static unsigned long long start_of(int tid)
{
	char path[64], line[1024];
	unsigned long long start = 0;
	char *at;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/stat", tid);
	f = fopen(path, "re");
	if (!f)
		return 0;
	at = fgets(line, sizeof(line), f) ? strrchr(line, ')') : NULL;
	fclose(f);
	/* field 22; what follows the name is field 3 */
	for (int i = 2; at && i < 22; i++)
		at = strchr(at + 1, ' ');
	if (at)
		start = strtoull(at + 1, NULL, 10);
	return start;
}

static void read_ids(struct w_task *t)
{
	char path[64], line[256];
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/status", t->tid);
	f = fopen(path, "re");
	while (f && fgets(line, sizeof(line), f)) {
		sscanf(line, "Tgid: %d", &t->tgid);
		sscanf(line, "PPid: %d", &t->parent);
	}
	if (f)
		fclose(f);
}

static int is_contain_init(int tid)
{
	char path[64], exe[512];
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/%d/exe", tid);
	n = readlink(path, exe, sizeof(exe) - 1);
	if (n < 0)
		return 0;
	exe[n] = 0;
	return strstr(exe, "contain-init") != NULL;
}

static int shares_memory(int a, int b)
{
	return syscall(SYS_kcmp, a, b, KCMP_VM, 0L, 0L) == 0;
}

/* ---- roles ---- */

static int has_cloned(int tgid)
{
	for (size_t i = 0; i < sizeof(cloned) / sizeof(cloned[0]); i++)
		if (cloned[i] == tgid)
			return 1;
	return 0;
}

static struct w_task *find(int tid)
{
	for (size_t i = ntasks; i-- > 0;)
		if (tasks[i].tid == tid)
			return &tasks[i];
	return NULL;
}

static void decide(struct w_task *t)
{
	struct w_task *parent;

	read_ids(t);
	parent = find(t->parent);
	t->executes = 0;
	if (t->tid != t->tgid)
		t->role = W_HOST;
	else if (is_contain_init(t->tid))
		/* which is the child that the library makes, with memory of its own, as well */
		t->role = W_INIT;
	else if (t->parent && shares_memory(t->tid, t->parent) && has_cloned(t->parent))
		t->role = W_CHILD;
	else if (parent && parent->role != W_HOST)
		t->role = W_OTHER;
	else
		t->role = W_HOST;
	/* the payload of an init begins in the root that the init is in */
	if (t->role == W_INIT && parent && parent->role == W_INIT && !t->attached) {
		t->attached = parent->attached;
		t->pivoted = parent->pivoted;
		t->roots = parent->roots;
		memcpy(t->root, parent->root, sizeof(t->root));
	}
}

struct w_task *w_task(int tid)
{
	unsigned long long start = start_of(tid);
	struct w_task *t = find(tid);

	if (!start)
		return NULL;
	if (t && t->start == start && !t->executes)
		return t;
	if (!t) {
		/* the oldest ones are the least likely to call again */
		if (ntasks == TASKS)
			memmove(tasks, tasks + 1, --ntasks * sizeof(*tasks));
		t = &tasks[ntasks++];
	}
	if (t->start != start || t->tid != tid)
		*t = (struct w_task){ .tid = tid, .start = start };
	decide(t);
	return t;
}

/* ---- the way into the root ---- */

static void add_root(struct w_task *t, const struct stat *st)
{
	struct stat host;

	/* what the caller shows of its own root is under names of its own */
	if (stat("/", &host) == 0 && host.st_dev == st->st_dev && host.st_ino == st->st_ino)
		return;
	if (t->roots < W_ROOTS && S_ISDIR(st->st_mode))
		t->root[t->roots++] = (struct w_inode){ st->st_dev, st->st_ino };
}

static void add_fd(struct w_task *t, int fd)
{
	char path[64];
	struct stat st;

	snprintf(path, sizeof(path), "/proc/%d/fd/%d", t->tid, fd);
	if (stat(path, &st) == 0)
		add_root(t, &st);
}

static void add_name(struct w_task *t, const char *name)
{
	char path[4200];
	struct stat st;

	snprintf(path, sizeof(path), "/proc/%d/root%s", t->tid, name);
	if (*name == '/' && stat(path, &st) == 0)
		add_root(t, &st);
}

static void note_clone(struct w_task *t, uint64_t at, int mem)
{
	struct clone_args a = { 0 };

	/* the library's are SIGCHLD's only after exec; those of libc always */
	if (pread(mem, &a, CLONE_ARGS_SIZE_VER0, (off_t)at) == CLONE_ARGS_SIZE_VER0 &&
	    a.flags & CLONE_VM && !(a.flags & CLONE_THREAD) && a.exit_signal == 0)
		cloned[nclones++ % (sizeof(cloned) / sizeof(cloned[0]))] = t->tgid;
}

static void note_layer(struct w_task *t, const uint64_t *args, int mem)
{
	char key[64], value[4096];

	if ((int)args[1] == FSCONFIG_SET_STRING && w_string(mem, args[2], key, sizeof(key)) == 0 &&
	    strstr(key, "dir") && w_string(mem, args[3], value, sizeof(value)) == 0)
		add_name(t, value);
}

void w_note(struct w_task *t, const struct w_call *call, const uint64_t *args, int mem)
{
	char name[4096];

	if (!strcmp(call->name, "clone3"))
		note_clone(t, args[0], mem);
	if (!strncmp(call->name, "execve", 6))
		t->executes = 1;
	if (t->role == W_HOST || t->role == W_OTHER)
		return;
	if (!strcmp(call->name, "setns") && !t->attached)
		/* the root of others, from its first moment on */
		t->attached = t->pivoted = (int)args[1] == CLONE_NEWNS;
	else if (!strcmp(call->name, "pivot_root") || !strcmp(call->name, "chroot"))
		t->attached = t->pivoted = 1;
	else if (!strcmp(call->name, "fsconfig"))
		note_layer(t, args, mem);
	else if (!strcmp(call->name, "open_tree") &&
		 w_string(mem, args[1], name, sizeof(name)) == 0 && *name == '/')
		add_name(t, name);
	else if (!strcmp(call->name, "move_mount") && (int)args[2] == AT_FDCWD &&
		 w_string(mem, args[3], name, sizeof(name)) == 0 && !strcmp(name, "/")) {
		t->attached = 1;
		add_fd(t, (int)args[0]);
	}
}

static int is_untrusted(const struct w_task *t, const struct stat *st)
{
	for (int i = 0; i < t->roots; i++)
		if (t->root[i].dev == st->st_dev && t->root[i].ino == st->st_ino)
			return 1;
	return 0;
}

/* Symlinks on the way are the host's: the walk follows each prefix as the task would. */
int w_is_through(const struct w_task *t, const char *path)
{
	char prefix[4200];
	int base = snprintf(prefix, sizeof(prefix), "/proc/%d/root", t->tid);

	for (const char *at = path; (at = strchr(at + 1, '/'));) {
		struct stat st;

		if (!at[1])
			break;
		snprintf(prefix + base, sizeof(prefix) - (size_t)base, "%.*s", (int)(at - path),
			 path);
		if (stat(prefix, &st) == 0 && is_untrusted(t, &st))
			return 1;
	}
	return 0;
}

static int is_mounted_here(dev_t dev)
{
	FILE *f = fopen("/proc/self/mountinfo", "re");
	unsigned int major_no, minor_no;
	char line[8192];
	int found = 0;

	while (f && !found && fgets(line, sizeof(line), f))
		found = sscanf(line, "%*d %*d %u:%u", &major_no, &minor_no) == 2 &&
			makedev(major_no, minor_no) == dev;
	if (f)
		fclose(f);
	return found;
}

int w_is_in_own_tmpfs(const struct w_task *t)
{
	char path[64];
	struct statfs fs;
	struct stat st;

	snprintf(path, sizeof(path), "/proc/%d/cwd", t->tid);
	return statfs(path, &fs) == 0 && fs.f_type == 0x1021994 && stat(path, &st) == 0 &&
	       !is_mounted_here(st.st_dev);
}
