/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The leak oracle's view of the process and of the calling thread. */
#include "state.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

extern char **environ;

void t_take_fds(struct t_text *text)
{
	DIR *dir = opendir("/proc/thread-self/fd");
	char path[64], target[512];
	struct dirent *entry;
	struct stat st;
	int fd;

	T_CHECK(dir, "/proc/thread-self/fd: %m");
	while ((entry = readdir(dir))) {
		fd = atoi(entry->d_name);
		if (entry->d_name[0] == '.' || fd == dirfd(dir))
			continue;
		if (fstat(fd, &st))
			memset(&st, 0, sizeof(st));
		snprintf(path, sizeof(path), "/proc/thread-self/fd/%d", fd);
		t_line(text, "fd %d -> %s (%x:%lu) flags %x%s", fd,
		       t_link(path, target, sizeof(target)), (unsigned int)st.st_dev, st.st_ino,
		       fcntl(fd, F_GETFL), fcntl(fd, F_GETFD) & FD_CLOEXEC ? " cloexec" : "");
	}
	closedir(dir);
}

/* ---- signals ---- */

static void take_timers(struct t_text *text)
{
	static const char *const names[] = { "real", "virtual", "prof" };
	struct itimerval timer;
	int which;

	/* what is left of a running timer changes by itself */
	for (which = 0; which < 3; which++)
		if (getitimer(which, &timer) == 0)
			t_line(text, "itimer %s %s interval %ld.%06ld", names[which],
			       timer.it_value.tv_sec || timer.it_value.tv_usec ? "armed" : "off",
			       timer.it_interval.tv_sec, timer.it_interval.tv_usec);
}

void t_take_signals(struct t_text *text)
{
	/* the kernel's struct sigaction and its 64 signals: libc keeps two for itself */
	struct { void *handler; unsigned long flags; void *restorer; unsigned long mask; } action;
	unsigned long mask = 0;
	stack_t alt;
	int sig;

	syscall(SYS_rt_sigprocmask, SIG_BLOCK, NULL, &mask, 8);
	t_line(text, "signal mask %016lx", mask);
	for (sig = 1; sig <= 64; sig++) {
		memset(&action, 0, sizeof(action));
		if (syscall(SYS_rt_sigaction, sig, NULL, &action, 8) == 0 &&
		    (action.handler || action.flags || action.mask))
			t_line(text, "signal %d handler %p flags %lx mask %lx", sig, action.handler,
			       action.flags, action.mask);
	}
	if (sigaltstack(NULL, &alt) == 0)
		t_line(text, "alternate stack %p size %zu flags %x", alt.ss_sp, alt.ss_size,
		       (unsigned int)alt.ss_flags);
	take_timers(text);
}

/* ---- the rest of the process ---- */

static void take_status(struct t_text *text, const char *const *keys)
{
	char status[8192], *line, *save = NULL;
	size_t i, len;

	T_CHECK(t_read_file("/proc/thread-self/status", status, sizeof(status)) > 0, "status");
	for (line = strtok_r(status, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		for (i = 0; keys[i]; i++) {
			len = strlen(keys[i]);
			if (strncmp(line, keys[i], len) == 0 && line[len] == ':')
				t_line(text, "%s", line);
		}
	}
}

static void take_rlimits(struct t_text *text)
{
	struct rlimit limit;
	int i;

	for (i = 0; i < RLIM_NLIMITS; i++)
		if (getrlimit(i, &limit) == 0)
			t_line(text, "rlimit %d soft %lld hard %lld", i, (long long)limit.rlim_cur,
			       (long long)limit.rlim_max);
}

static void take_environ(struct t_text *text)
{
	const unsigned char *at;
	unsigned int hash, n = 0;
	char **env;

	for (env = environ; env && *env; env++, n++) {
		hash = 2166136261u;
		for (at = (const unsigned char *)*env; *at; at++)
			hash = (hash ^ *at) * 16777619u;
		t_line(text, "env %.40s (hash %08x)", *env, hash);
	}
	t_line(text, "env %u variables", n);
}

static void take_prctl(struct t_text *text)
{
	int subreaper = -1, death = -1;
	char name[16] = "";

	prctl(PR_GET_CHILD_SUBREAPER, &subreaper, 0, 0, 0);
	prctl(PR_GET_PDEATHSIG, &death, 0, 0, 0);
	prctl(PR_GET_NAME, name, 0, 0, 0);
	t_line(text, "dumpable %d", prctl(PR_GET_DUMPABLE, 0, 0, 0, 0));
	t_line(text, "no_new_privs %d", prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0));
	t_line(text, "keepcaps %d", prctl(PR_GET_KEEPCAPS, 0, 0, 0, 0));
	t_line(text, "timerslack %d", prctl(PR_GET_TIMERSLACK, 0, 0, 0, 0));
	t_line(text, "child subreaper %d", subreaper);
	t_line(text, "parent death signal %d", death);
	t_line(text, "thread name %s", name);
}

void t_take_self(struct t_text *text)
{
	static const char *const keys[] = { "Umask", "Seccomp", "Seccomp_filters", "Cpus_allowed",
					    "TracerPid", NULL };
	char link[1024], adj[32] = "?";
	struct stat st;

	take_status(text, keys);
	t_line(text, "cwd %s", t_link("/proc/thread-self/cwd", link, sizeof(link)));
	if (stat(".", &st) == 0)
		t_line(text, "cwd inode %x:%lu", (unsigned int)st.st_dev, st.st_ino);
	t_line(text, "root %s", t_link("/proc/thread-self/root", link, sizeof(link)));
	if (stat("/", &st) == 0)
		t_line(text, "root inode %x:%lu", (unsigned int)st.st_dev, st.st_ino);
	t_read_file("/proc/thread-self/oom_score_adj", adj, sizeof(adj));
	adj[strcspn(adj, "\n")] = '\0';
	t_line(text, "oom_score_adj %s", adj);
	t_line(text, "personality %x", (unsigned int)personality(0xffffffff));
	t_line(text, "sid %d pgid %d", getsid(0), getpgid(0));
	t_line(text, "nice %d", getpriority(PRIO_PROCESS, 0));
	take_prctl(text);
	take_rlimits(text);
	take_environ(text);
}

void t_take_creds(struct t_text *text)
{
	static const char *const keys[] = { "Uid", "Gid", "Groups", "CapInh", "CapPrm", "CapEff",
					    "CapBnd", "CapAmb", NULL };

	take_status(text, keys);
	t_line(text, "securebits %x", (unsigned int)prctl(PR_GET_SECUREBITS, 0, 0, 0, 0));
}

void t_take_ns(struct t_text *text)
{
	static const char *const names[] = { "cgroup", "ipc", "mnt", "net", "pid",
					     "pid_for_children", "time", "time_for_children",
					     "user", "uts" };
	char path[64], target[64];
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(path, sizeof(path), "/proc/thread-self/ns/%s", names[i]);
		t_line(text, "%s is %s", names[i], t_link(path, target, sizeof(target)));
	}
}

void t_take_maps(struct t_text *text)
{
	FILE *file = fopen("/proc/thread-self/maps", "re");
	char line[4352], perms[8];
	unsigned long start, end, inode;
	int name;

	T_CHECK(file, "maps: %m");
	/* a sanitizer maps memory whenever it likes */
	while (!T_SANITIZED && fgets(line, sizeof(line), file)) {
		name = 0;
		if (sscanf(line, "%lx-%lx %7s %*s %*s %lu %n", &start, &end, perms, &inode,
			   &name) < 4)
			continue;
		if (inode == 0 && (line[name] == '\0' || strncmp(line + name, "[anon", 5) == 0))
			t_line(text, "map %lx-%lx %s", start, end, perms);
	}
	fclose(file);
}
