/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The leak oracle's view of mounts, processes, groups and IPC. */
#include "state.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* ---- mounts ---- */

/* Linux 6.8; the same numbers on every architecture. Debian 12's headers do not have them. */
#define NR_STATMOUNT 457
#define NR_LISTMOUNT 458
#define LSMT_ROOT_ 0xffffffffffffffffULL
#define STATMOUNT_WANTED 0x3fULL	/* sb, mnt, propagation, root, mount point, fs type */

struct mnt_id_req_ {
	uint32_t size, spare;
	uint64_t mnt_id, param;
};

struct statmount_ {
	uint32_t size, mnt_opts;
	uint64_t mask;
	uint32_t sb_dev_major, sb_dev_minor;
	uint64_t sb_magic;
	uint32_t sb_flags, fs_type;
	uint64_t mnt_id, mnt_parent_id;
	uint32_t mnt_id_old, mnt_parent_id_old;
	uint64_t mnt_attr, mnt_propagation, mnt_peer_group, mnt_master, propagate_from;
	uint32_t mnt_root, mnt_point;
	uint64_t rest[50];
	char str[8192];
};

_Static_assert(offsetof(struct statmount_, str) == 512, "the strings are at 512");

static void mount_line(struct t_text *text, uint64_t id)
{
	struct mnt_id_req_ req = { 24, 0, id, STATMOUNT_WANTED };
	struct statmount_ sm;

	if (syscall(NR_STATMOUNT, &req, &sm, sizeof(sm), 0)) {
		t_line(text, "mount %llu", (unsigned long long)id);
		return;
	}
	t_line(text,
	       "mount %llu below %llu on %s: %s %u:%u root %s attr %llx propagation %llx/%llu/%llu",
	       (unsigned long long)id, (unsigned long long)sm.mnt_parent_id, sm.str + sm.mnt_point,
	       sm.str + sm.fs_type, sm.sb_dev_major, sm.sb_dev_minor, sm.str + sm.mnt_root,
	       (unsigned long long)sm.mnt_attr, (unsigned long long)sm.mnt_propagation,
	       (unsigned long long)sm.mnt_peer_group, (unsigned long long)sm.mnt_master);
}

/* Below 6.8 an id of mountinfo may be one that was used before: the whole line has to do. */
static void take_mountinfo(struct t_text *text)
{
	FILE *file = fopen("/proc/thread-self/mountinfo", "re");
	char *line = NULL;
	size_t size = 0;
	ssize_t n;

	T_CHECK(file, "mountinfo: %m");
	while ((n = getline(&line, &size, file)) > 0) {
		line[n - 1] = '\0';
		t_line(text, "mount %s", line);
	}
	free(line);
	fclose(file);
}

void t_take_mounts(struct t_text *text)
{
	struct mnt_id_req_ req = { 24, 0, LSMT_ROOT_, 0 };
	uint64_t ids[256];
	long n, i;

	do {
		n = syscall(NR_LISTMOUNT, &req, ids, 256, 0);
		if (n < 0 && req.param == 0) {
			take_mountinfo(text);
			return;
		}
		for (i = 0; i < n; i++)
			mount_line(text, ids[i]);
		if (n > 0)
			req.param = ids[n - 1];
	} while (n == 256);
}

/* ---- processes ---- */

static void process_line(struct t_text *text, const char *kind, int pid)
{
	char path[64], stat[512], *paren;
	int ppid = 0;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	if (t_read_file(path, stat, sizeof(stat)) <= 0)
		return;
	paren = strrchr(stat, ')');
	if (!paren)
		return;
	sscanf(paren + 3, "%d", &ppid);
	/* running or sleeping changes by itself; dead or not does not */
	t_line(text, "%s %.*s parent %d%s", kind, (int)(paren + 1 - stat), stat, ppid,
	       paren[2] == 'Z' || paren[2] == 'X' ? " zombie" : "");
}

static int for_numbers(const char *path, void (*each)(struct t_text *, int), struct t_text *text)
{
	DIR *dir = opendir(path);
	struct dirent *entry;

	if (!dir)
		return -1;
	while ((entry = readdir(dir)))
		if (atoi(entry->d_name) > 0)
			each(text, atoi(entry->d_name));
	closedir(dir);
	return 0;
}

static void children_of_thread(struct t_text *text, int tid)
{
	char path[64], list[16384], *at, *end;
	siginfo_t info = { 0 };
	long pid;

	snprintf(path, sizeof(path), "/proc/self/task/%d/children", tid);
	if (t_read_file(path, list, sizeof(list)) >= 0) {
		for (at = list; (pid = strtol(at, &end, 10)) > 0; at = end)
			process_line(text, "child", pid);
		return;
	}
	/* a kernel without these lists: at least one that is dead and not waited for */
	if (tid == getpid() &&
	    waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT | __WALL) == 0 && info.si_pid)
		process_line(text, "child", info.si_pid);
}

void t_take_children(struct t_text *text)
{
	for_numbers("/proc/self/task", children_of_thread, text);
}

static void other_process(struct t_text *text, int pid)
{
	if (pid != 1 && pid != getpid())
		process_line(text, "process", pid);
}

void t_take_procs(struct t_text *text)
{
	/* elsewhere the processes of the machine come and go */
	if (t_own_pidns)
		for_numbers("/proc", other_process, text);
}

static void thread_line(struct t_text *text, int tid)
{
	t_line(text, "thread %d", tid);
}

void t_take_threads(struct t_text *text)
{
	for_numbers("/proc/self/task", thread_line, text);
}

/* ---- groups ---- */

#define PREFIXES 8
static char prefixes[PREFIXES][64] = { "contain" };
static unsigned int nprefix = 1;

void t_state_cgroup_prefix(const char *prefix)
{
	T_CHECK(nprefix < PREFIXES && strlen(prefix) < sizeof(prefixes[0]), "%s", prefix);
	strcpy(prefixes[nprefix++], prefix);
}

static int has_prefix(const char *name)
{
	unsigned int i;

	for (i = 0; i < nprefix; i++)
		if (strncmp(name, prefixes[i], strlen(prefixes[i])) == 0)
			return 1;
	return 0;
}

/* @all: every directory; otherwise those whose name has a prefix, and all below them */
static void group_lines(struct t_text *text, const char *path, int all)
{
	DIR *dir = opendir(path);
	struct dirent *entry;
	char child[1024];

	if (!dir)
		return;
	while ((entry = readdir(dir))) {
		if (entry->d_type != DT_DIR || entry->d_name[0] == '.' ||
		    (!all && !has_prefix(entry->d_name)) ||
		    (size_t)snprintf(child, sizeof(child), "%s/%s", path, entry->d_name) >=
			    sizeof(child))
			continue;
		t_line(text, "cgroup %s", child);
		group_lines(text, child, 1);
	}
	closedir(dir);
}

/* Without a group of its own to use, a library may have made one below the caller's. */
static void own_group_lines(struct t_text *text, const char *mount)
{
	char list[4096], path[1024], *line, *name, *save = NULL;

	if (t_read_file("/proc/thread-self/cgroup", list, sizeof(list)) <= 0)
		return;
	for (line = strtok_r(list, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		name = strchr(line, '/');
		if (strncmp(line, "0::", 3) != 0 || !name || name[1] == '\0' ||
		    has_prefix(name + 1))
			continue;
		if ((size_t)snprintf(path, sizeof(path), "%s%s", mount, name) < sizeof(path))
			group_lines(text, path, 1);
	}
}

void t_take_cgroups(struct t_text *text)
{
	FILE *file = fopen("/proc/thread-self/mountinfo", "re");
	char line[4096], point[512], type[64], *dash;

	while (file && fgets(line, sizeof(line), file)) {
		dash = strstr(line, " - cgroup");
		if (!dash || sscanf(line, "%*s %*s %*s %*s %511s", point) != 1 ||
		    sscanf(dash, " - %63s", type) != 1)
			continue;
		group_lines(text, point, 0);
		if (strcmp(type, "cgroup2") == 0)
			own_group_lines(text, point);
	}
	if (file)
		fclose(file);
}

/* ---- SysV IPC ---- */

void t_take_ipc(struct t_text *text)
{
	static const char *const names[] = { "shm", "sem", "msg" };
	char path[64], list[16384], *line, *save;
	long key, id;
	size_t i;

	for (i = 0; i < 3; i++) {
		snprintf(path, sizeof(path), "/proc/sysvipc/%s", names[i]);
		if (t_read_file(path, list, sizeof(list)) <= 0)
			continue;
		save = NULL;
		for (line = strtok_r(list, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
			if (sscanf(line, "%ld %ld", &key, &id) == 2)
				t_line(text, "%s id %ld key %ld", names[i], id, key);
	}
}
