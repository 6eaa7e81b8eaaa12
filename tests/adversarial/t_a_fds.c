/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* File descriptors of the caller: A11 (as a way to the host), A13 (leaked), A37 (closed stdio). */
#include "attack.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <unistd.h>

/* A11: directories of the host stay open in the caller, not close-on-exec, as bugs leave them. */
static void leak_directories(struct h_run *r)
{
	int dir = open(h_tree(r->canary), O_PATH | O_DIRECTORY);

	T_SYS(dir);
	for (int fd = 3; fd <= 200; fd++)
		if (fcntl(fd, F_GETFD) < 0)
			T_SYS(dup2(dir, fd));
}

static void cwd_attack(struct h_run *r, const char *cwd, int host_pids)
{
	struct h_job job = h_job(r, h_hunt(r->canary));

	job.cwd = cwd;
	job.host_pids = host_pids;
	/* without CAP_SYS_PTRACE the links of other processes lead nowhere anyway */
	job.set_caps = host_pids;
	job.caps = ~0ULL >> 24 & ~(1ULL << CAP_SYS_RESOURCE);
	h_spawn(r, &job);
	/* the naive reference has other ways out, too: they prove nothing about this one */
	h_held(r, !strstr(r->text, "found cwd\n"), "cwd %s: %.500s", cwd, r->text);
	h_exact(r, r->err && strcmp(r->op, "chdir") == 0 && strcmp(r->object, cwd) == 0,
		"[%s] cwd %s gave %d: %s", r->how->name, cwd, r->err, r->message);
}

static void cwd_by_leaked_fds(struct h_run *r)
{
	int step = t_long() ? 1 : t_guest() ? 50 : 7;

	leak_directories(r);
	for (int fd = 3; fd <= 200; fd += step)
		cwd_attack(r, t_fmt("/proc/self/fd/%d", fd), 0);
	cwd_attack(r, "/proc/self/fd/9/../..", 0);
	cwd_attack(r, "/proc/thread-self/fd/9", 0);
	cwd_attack(r, "/dev/fd/9", 0);
}
H_CASE(a11_cwd_by_leaked_fds, H_ALL, NULL, cwd_by_leaked_fds)

static void cwd_by_links(struct h_run *r)
{
	static const char *const paths[] = {
		"/proc/self/cwd", "/proc/1/cwd", "/proc/self/cwd/..", "/proc/1/root",
		"/proc/self/root/..", "/proc/self/root/../..",
	};

	T_SYS(chdir(h_tree(r->canary)));
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
		cwd_attack(r, paths[i], 0);
}
H_CASE(a11_cwd_by_proc_links, H_ALL, NULL, cwd_by_links)

/* The caller's processes are visible inside, and so are their links. Root's alone: procfs. */
static void cwd_of_others(struct h_run *r)
{
	T_SYS(chdir(h_tree(r->canary)));
	cwd_attack(r, t_fmt("/proc/%d/cwd", getpid()), 1);
	cwd_attack(r, t_fmt("/proc/%d/root", getpid()), 1);
	cwd_attack(r, "/proc/1/root", 1);
}
H_CASE(a11_cwd_of_other_processes, H_PLAIN, NULL, cwd_of_others)

/* Ordinary working directories, through symlinks of the image too. */
static void lawful_image(struct h_run *r)
{
	T_SYS(mkdir(t_fmt("%s/usr/share", r->root), 0755));
	T_SYS(symlink("usr/share", t_fmt("%s/share", r->root)));
	T_SYS(symlink("/usr/share", t_fmt("%s/absolute", r->root)));
	T_SYS(symlink("../../../usr", t_fmt("%s/var/up", r->root)));
}

static void lawful_cwd(struct h_run *r)
{
	static const char *const paths[][2] = {
		{ "/share", "/usr/share\n" }, { "/absolute", "/usr/share\n" },
		{ "/var/up/share", "/usr/share\n" }, { "/usr/../tmp", "/tmp\n" },
		{ "/proc", "/proc\n" }, { "/", "/\n" }, { "/dev/shm", "/dev/shm\n" },
	};

	leak_directories(r);
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		struct h_job job = h_job(r, "cwd");

		job.cwd = paths[i][0];
		h_spawn(r, &job);
		h_works(r);
		h_exact(r, strcmp(r->text, paths[i][1]) == 0, "%s: %s", paths[i][0], r->text);
	}
}
H_TWIN(a11_twin_ordinary_cwd, H_ALL, lawful_image, lawful_cwd)

/* ---- A13: whatever the caller has open, the payload has what was asked for ---- */

/* One more fd of a kind, none of them close-on-exec; -1: not here, or not for this user. */
static int open_kind(struct h_run *r, int kind)
{
	int two[2];

	switch (kind) {
	case 0: return open("/", O_RDONLY | O_DIRECTORY);
	case 1: return open(h_tree(r->canary), O_PATH);
	case 2: return open("/sys/fs/cgroup/cgroup.procs", O_WRONLY);
	case 3: return open("/sys/fs/cgroup/unified/cgroup.procs", O_WRONLY);
	case 4: return (int)syscall(SYS_pidfd_open, getpid(), 0);
	case 5: return (int)syscall(SYS_open_tree, AT_FDCWD, "/", 1 /* OPEN_TREE_CLONE */);
	case 6: return socket(AF_UNIX, SOCK_DGRAM, 0);
	case 7: return (int)syscall(SYS_memfd_create, "leaked", 0);
	case 8: return eventfd(0, 0);
	case 9: return epoll_create1(0);
	case 10: return inotify_init1(0);
	case 11: return timerfd_create(CLOCK_MONOTONIC, 0);
	case 12: return open("/proc/self/ns/mnt", O_RDONLY);
	case 13: return open("/proc/self/mem", O_RDWR);
	case 14: return open("/dev/ptmx", O_RDWR | O_NOCTTY);
	case 15: return open("/proc/self/fd", O_RDONLY | O_DIRECTORY);
	case 16: return open("/dev/null", O_RDWR);
	default:
		if (pipe(two))
			return -1;
		close(two[1]);
		return two[0];
	}
}

static int open_thousand(struct h_run *r)
{
	struct rlimit limit;
	int n = 0, want = 1000, fd;

	T_SYS(getrlimit(RLIMIT_NOFILE, &limit));
	limit.rlim_cur = limit.rlim_max < 4096 ? limit.rlim_max : 4096;
	T_SYS(setrlimit(RLIMIT_NOFILE, &limit));
	if (limit.rlim_cur < 1200)
		want = (int)limit.rlim_cur - 200;
	for (int kind = 0; n < want; kind = (kind + 1) % 18) {
		fd = open_kind(r, kind);
		if (fd >= 0) /* pidfds and open_tree() give close-on-exec */
			fcntl(fd, F_SETFD, 0);
		/* the largest numbers, too */
		if (fd >= 0 && n % 100 == 99)
			dup2(fd, (int)limit.rlim_cur - 1 - n / 100);
		n += fd >= 0;
	}
	return n;
}

static volatile int stop_opening;

static void *opener(void *arg)
{
	const char *dir = arg;

	while (!stop_opening) {
		int a = open(dir, O_RDONLY | O_DIRECTORY), b = dup(a), c = eventfd(0, 0);

		close(b);
		close(a);
		close(c);
	}
	return NULL;
}

/* "N TYPE DEV:INO " of an fd of ours, as the payload tells its own */
static const char *told(int child_fd, int fd)
{
	struct stat st;

	T_SYS(fstat(fd, &st));
	return t_fmt("%d %o %x:%lu ", child_fd, st.st_mode & S_IFMT, (unsigned int)st.st_dev,
		     st.st_ino);
}

static int lines(const char *text)
{
	int n = 0;

	for (; *text; text++)
		n += *text == '\n';
	return n;
}

static void leaked_fds(struct h_run *r)
{
	long runs = r->how ? (t_guest() ? 5 : t_sample(10000, 100)) : 3;
	int pair[2], file, n;
	pthread_t thread;

	n = open_thousand(r);
	T_CHECK(n > 500, "%d fds only", n);
	T_SYS(pipe2(pair, O_CLOEXEC));
	T_SYS(file = (int)syscall(SYS_memfd_create, "asked", 0));
	r->state &= ~T_FDS;
	T_CHECK(pthread_create(&thread, NULL, opener, (void *)h_tree(r->canary)) == 0);
	for (long i = 0; i < runs; i++) {
		struct h_job job = h_job(r, "fds");

		if (i % 20 == 19)
			r->state = 0; /* nothing between one start and the next */
		h_add_fd(&job, file, 3);
		h_add_fd(&job, pair[0], 9);
		h_add_fd(&job, file, 500);
		h_spawn(r, &job);
		h_works(r);
		h_held(r, lines(r->text) == 6 && strstr(r->text, told(3, file)) &&
				  strstr(r->text, told(9, pair[0])) &&
				  strstr(r->text, told(500, file)),
		       "%d fds: %.600s", lines(r->text), r->text);
	}
	stop_opening = 1;
	pthread_join(thread, NULL);
	h_forget(r->canary);
}
H_CASE_LIMIT(a13_leaked_fds, H_ALL, NULL, leaked_fds, 600)

/* The same fds, tried one by one */
static void leaked_fds_tried(struct h_run *r)
{
	struct h_job job = h_job(r, h_hunt(r->canary));

	open_thousand(r);
	h_forget(r->canary);
	h_spawn(r, &job);
	h_works(r);
	h_held(r, !strstr(r->text, "found fd\n"), "%.500s", r->text);
	h_exact(r, !strstr(r->text, "found"), "%.500s", r->text);
}
H_CASE(a13_leaked_fds_tried, H_ALL, NULL, leaked_fds_tried)

/* Every fd that is asked for arrives, whatever number it has here and there. */
static void many_fds(struct h_run *r)
{
	struct h_job job = h_job(r, "fds");
	int fd[60];

	for (int i = 0; i < 60; i++) {
		T_SYS(fd[i] = (int)syscall(SYS_memfd_create, "asked", 0));
		/* each lies where another one is going to */
		h_add_fd(&job, fd[i], fd[0] + 59 - i);
	}
	h_spawn(r, &job);
	h_works(r);
	h_exact(r, lines(r->text) == 63, "%s", r->text);
	for (int i = 0; i < 60; i++)
		h_exact(r, strstr(r->text, told(fd[0] + 59 - i, fd[i])), "%d: %s", i, r->text);
}
H_TWIN(a13_twin_many_fds, H_ALL, NULL, many_fds)

/* ---- A37: stdio is closed in the caller ---- */

enum { NULLED, INHERITED, MAPPED };

static void stdio_of(container_spec *spec, void *arg)
{
	int fd = *(int *)arg;

	for (int n = 0; n < 3; n++)
		container_spec_set_stdio(spec, n, fd);
}

/* What fd @n of the payload has to be: of a file of ours, of the null device, or not there. */
static void check_stdio(struct h_run *r, int n, int closed, int mode, int given, const int *saved)
{
	char *line = strstr(r->text, t_fmt("\n%d ", n));
	struct stat null;

	T_SYS(stat("/dev/null", &null));
	if (mode == INHERITED && closed >> n & 1)
		h_held(r, !line, "fd %d: %s", n, r->text);
	else if (mode == INHERITED)
		h_held(r, strstr(r->text, t_fmt("\n%s", told(n, saved[n]))), "%d: %s", n, r->text);
	else if (mode == MAPPED)
		h_exact(r, strstr(r->text, t_fmt("\n%s", told(n, given))), "%d: %s", n, r->text);
	else
		h_exact(r, strstr(r->text, t_fmt("\n%d 20000 %x:%lu ", n,
						(unsigned int)null.st_dev, null.st_ino)),
			"%d: %s", n, r->text);
}

static int closed_stdio_one(void *arg, void *rec)
{
	struct h_run *r = arg;
	int way = r->code, closed = way % 8, mode = way / 8, given, saved[3], source;
	struct h_job job = h_job(r, "to 5 -- argv -- argv x -- fds");
	int state = r->state;

	r->verdict = rec;
	r->state = state & ~T_FDS; /* looking has fds, and those would be 0 to 2 */
	for (int n = 0; n < 3; n++)
		T_SYS(saved[n] = fcntl(n, F_DUPFD_CLOEXEC, 100));
	T_SYS(given = fcntl(saved[0], F_DUPFD_CLOEXEC, 200));
	for (int n = 0; n < 3; n++)
		if (closed >> n & 1)
			close(n);
	source = mode == MAPPED ? given : mode == NULLED ? CONTAIN_STDIO_NULL :
							   CONTAIN_STDIO_INHERIT;
	job.out = 5;
	job.more = stdio_of;
	job.arg = &source;
	h_spawn(r, &job);
	h_works(r);
	for (int n = 0; n < 3; n++)
		check_stdio(r, n, closed, mode, given, saved);
	h_exact(r, lines(r->text) == 2 + 3 - (mode == INHERITED ? __builtin_popcount(closed) : 0),
		"closed %d, mode %d: %s", closed, mode, r->text);
	return 0;
}

static void closed_stdio(struct h_run *r)
{
	for (int way = 0; way < (r->how ? 24 : 16); way++) {
		if (h_left_out(r, (size_t)way))
			continue;
		r->code = way;
		ck_assert_int_eq(t_child(closed_stdio_one, r, r->verdict, sizeof(*r->verdict)), 0);
	}
}
H_CASE(a37_closed_stdio, H_ALL, NULL, closed_stdio)
