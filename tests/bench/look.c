/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a look at all namespaces costs, by how many processes there are: by the library, by lsns(8),
 * and by the system calls alone that read the links of /proc/PID/ns. In a pid namespace with a
 * procfs of its own, so that nothing else is there.
 */
#include "measure.h"

#include <dirent.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define LSNS "/usr/bin/lsns"
#define ROUNDS_MAX 50
#define STACK 4096
#define BLOCK 32768

enum { RAW, TAKE, TAKE_FDS, LSNS_8, SUBJECTS };

struct look {
	int processes, rounds;
	double usec[SUBJECTS][ROUNDS_MAX];
};

static int sleeps(void *arg)
{
	for (;;)
		syscall(SYS_rt_sigsuspend, arg, 8);
	return 0;
}

/* They share our memory: 10,000 of them cost what they cost the kernel. */
static void start_sleepers(int n)
{
	static uint64_t none; /* no signal is blocked */
	char *stacks = mmap(NULL, (size_t)n * STACK, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (stacks == MAP_FAILED)
		die("%d stacks: %m", n);
	for (int i = 0; i < n; i++)
		if (clone(sleeps, stacks + (size_t)(i + 1) * STACK,
			  CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | SIGCHLD, &none) < 0)
			die("process %d: %m", i);
}

static void raw_process(int proc, const char *pid)
{
	static const char *const names[] = { "user", "mnt", "pid",    "uts",
					     "ipc",  "net", "cgroup", "time" };
	char path[300], text[64];
	int dir;

	snprintf(path, sizeof(path), "%s/ns", pid);
	dir = openat(proc, path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (readlinkat(dir, names[i], text, sizeof(text)) < 0)
			die("%s/ns/%s: %m", pid, names[i]);
	close(dir);
}

static void raw_look(void)
{
	static char buf[BLOCK] __attribute__((aligned(8)));
	int proc = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	long n;

	while ((n = syscall(SYS_getdents64, proc, buf, sizeof(buf))) > 0)
		for (char *at = buf; at < buf + n;) {
			const struct dirent64 *d = (const void *)at;

			at += d->d_reclen;
			if (*d->d_name >= '1' && *d->d_name <= '9')
				raw_process(proc, d->d_name);
		}
	close(proc);
}

static void take(uint32_t flags)
{
	contain_inventory *inv = NULL;
	contain_error *e = NULL;

	if (contain_inventory_take(0, flags, &inv, &e) < 0)
		die("%s", contain_error_message(e));
	contain_inventory_free(inv);
}

static void lsns(void)
{
	int status;
	pid_t pid = vfork();

	if (!pid) {
		int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

		dup2(null, 1);
		execl(LSNS, "lsns", "-l", NULL);
		_exit(127);
	}
	if (pid < 0 || waitpid(pid, &status, 0) < 0 || status)
		die(LSNS " failed");
}

static void once(int subject)
{
	switch (subject) {
	case RAW:
		raw_look();
		break;
	case TAKE:
		take(0);
		break;
	case TAKE_FDS:
		take(CONTAIN_INVENTORY_FDS);
		break;
	default:
		lsns();
	}
}

static void measure(struct look *l)
{
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
	    mount("proc", "/proc", "proc", 0, NULL))
		die("/proc: %m");
	start_sleepers(l->processes);
	for (int i = -1; i < l->rounds; i++) /* the first one fills the kernel's caches */
		for (int s = 0; s < SUBJECTS; s++) {
			double start = now_usec();

			if (s == LSNS_8 && access(LSNS, X_OK) < 0)
				continue;
			once(s);
			if (i >= 0)
				l->usec[s][i] = now_usec() - start;
		}
}

static void run(void *arg)
{
	int status;
	pid_t pid;

	if (unshare(CLONE_NEWPID | CLONE_NEWNS))
		die("unshare: %m");
	pid = fork();
	if (!pid) { /* all others go with it */
		measure(arg);
		_exit(0);
	}
	if (pid < 0 || waitpid(pid, &status, 0) < 0 || status)
		die("look failed");
}

static void row(struct look *l)
{
	double median[SUBJECTS];

	in_process(run, l, "look");
	for (int s = 0; s < SUBJECTS; s++)
		median[s] = median_of(l->usec[s], l->rounds);
	printf("| %d | %.0f | %.0f | %.2f | %.0f | ", l->processes, median[RAW], median[TAKE],
	       median[TAKE] / median[RAW], median[TAKE_FDS]);
	if (median[LSNS_8] > 0) {
		printf("%.0f | %.2f |\n", median[LSNS_8], median[LSNS_8] / median[TAKE]);
		goal_row(GOAL_LOOK, median[LSNS_8] / median[TAKE], "%d processes", l->processes);
	} else {
		printf("? | ? |\n");
	}
}

void bench_look(struct world *w, const struct options *o)
{
	static const int many[] = { 100, 1000, 10000 };
	struct look *l = shared_memory(sizeof(*l));

	(void)w;
	l->rounds = o->quick ? 1 : o->rounds / 20 < 5 ? 5 :
		    o->rounds / 20 < ROUNDS_MAX	      ? o->rounds / 20 :
							ROUNDS_MAX;
	printf("## Namespaces looked at\n\n"
	       "All namespaces of the system. Raw: only the links of /proc/PID/ns are read.\n"
	       "lsns(8) is a program, which is started; it reads the same links.\n\n"
	       "| processes | raw | the library | / raw | with fds | lsns(8) "
	       "| lsns / the library |\n"
	       "|---:|---:|---:|---:|---:|---:|---:|\n");
	for (size_t i = 0; i < sizeof(many) / sizeof(many[0]) - (o->quick != 0); i++) {
		l->processes = many[i];
		row(l);
	}
	printf("\n");
}
