/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The watchdog: a hang becomes a failure that tells which thread hangs, and where. */
#include "hosts.h"

#include <dirent.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define LOOK_MSEC 50

struct h_watch *h_watch_new(size_t own)
{
	struct h_watch *w = mmap(NULL, sizeof(*w) + own, PROT_READ | PROT_WRITE,
				 MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	T_CHECK(w != MAP_FAILED, "%m");
	return w;
}

void h_watch_free(struct h_watch *w, size_t own)
{
	munmap(w, sizeof(*w) + own);
}

/* ---- in the host ---- */

struct h_slot *h_slot(struct h_watch *w, int watched, const char *name)
{
	struct h_slot *s = &w->slot[__atomic_fetch_add(&w->slots, 1, __ATOMIC_SEQ_CST)];

	snprintf(s->name, sizeof(s->name), "%s", name);
	prctl(PR_SET_NAME, name); /* of this thread: what ps and the dump say */
	s->tid = (int)syscall(SYS_gettid);
	h_done(s, "begins");
	__atomic_store_n(&s->watched, watched, __ATOMIC_SEQ_CST);
	return s;
}

void h_done(struct h_slot *s, const char *next)
{
	__atomic_store_n(&s->doing, next, __ATOMIC_RELAXED);
	__atomic_fetch_add(&s->count, 1, __ATOMIC_RELAXED);
}

void h_bad(struct h_watch *w, const char *fmt, ...)
{
	uint32_t i = __atomic_fetch_add(&w->bad, 1, __ATOMIC_SEQ_CST);
	va_list ap;

	if (i >= sizeof(w->what) / sizeof(w->what[0]))
		return;
	va_start(ap, fmt);
	vsnprintf(w->what[i], sizeof(w->what[i]), fmt, ap);
	va_end(ap);
}

/* ---- in the watchdog ---- */

static T_PRINTF(2, 3) void say(struct h_watch *w, const char *fmt, ...)
{
	size_t len = strlen(w->dump);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(w->dump + len, sizeof(w->dump) - len, fmt, ap);
	va_end(ap);
}

/* One line of a file below /proc/@pid/, without its newline. */
static const char *line_of(char *buf, size_t size, const char *dir, const char *file)
{
	char path[300];
	ssize_t n;

	snprintf(path, sizeof(path), "%s/%s", dir, file);
	n = t_read_file(path, buf, size);
	if (n < 0)
		return "?";
	buf[strcspn(buf, "\n")] = 0;
	return buf;
}

/* "do_futex < futex_wait" of /proc/PID/stack, for root */
static void say_stack(struct h_watch *w, const char *dir)
{
	char path[300], text[2000], *save = NULL, *at;
	int n = 0;

	snprintf(path, sizeof(path), "%s/stack", dir);
	if (t_read_file(path, text, sizeof(text)) < 0)
		return;
	for (char *l = strtok_r(text, "\n", &save); l && n < 4; l = strtok_r(NULL, "\n", &save)) {
		at = strchr(l, ']');
		if (at) {
			at[1 + strcspn(at + 1, "+")] = 0;
			say(w, "%s%s", n++ ? " <" : ", in", at + 1);
		}
	}
}

static void say_task(struct h_watch *w, const char *dir, int tid)
{
	char name[64], call[64];

	for (uint32_t i = 0; i < w->slots; i++)
		if (w->slot[i].tid == tid)
			say(w, "%s ", __atomic_load_n(&w->slot[i].doing, __ATOMIC_RELAXED));
	line_of(call, sizeof(call), dir, "syscall");
	call[strcspn(call, " ")] = 0;
	say(w, "[%s] system call %s", line_of(name, sizeof(name), dir, "comm"), call);
	say_stack(w, dir);
	say(w, "\n");
}

static int parent_of(const char *dir)
{
	char stat[512], *at;

	line_of(stat, sizeof(stat), dir, "stat");
	at = strrchr(stat, ')');
	return at ? (int)strtol(at + 4, NULL, 10) : -1;
}

/* All threads of the host, then its children. */
static void dump(struct h_watch *w, int pid)
{
	char dir[280];
	struct dirent *e;
	DIR *d;

	snprintf(dir, sizeof(dir), "/proc/%d/task", pid);
	d = opendir(dir);
	while (d && (e = readdir(d)))
		if (e->d_name[0] != '.') {
			snprintf(dir, sizeof(dir), "/proc/%d/task/%s", pid, e->d_name);
			say(w, "  thread %s: ", e->d_name);
			say_task(w, dir, atoi(e->d_name));
		}
	if (d)
		closedir(d);
	d = opendir("/proc");
	while (d && (e = readdir(d))) {
		snprintf(dir, sizeof(dir), "/proc/%s", e->d_name);
		if (atoi(e->d_name) > 0 && parent_of(dir) == pid) {
			say(w, "  child %s: ", e->d_name);
			say_task(w, dir, atoi(e->d_name));
		}
	}
	if (d)
		closedir(d);
}

/* The slot that has not counted for too long. */
static struct h_slot *stuck(struct h_watch *w, int limit_msec)
{
	uint64_t now = h_now_msec();

	for (uint32_t i = 0; i < __atomic_load_n(&w->slots, __ATOMIC_SEQ_CST); i++) {
		struct h_slot *s = &w->slot[i];
		uint64_t count = __atomic_load_n(&s->count, __ATOMIC_RELAXED);

		if (!__atomic_load_n(&s->watched, __ATOMIC_SEQ_CST))
			continue;
		if (count != s->seen || !s->seen_msec) {
			s->seen = count;
			s->seen_msec = now;
		} else if (now - s->seen_msec > (uint64_t)limit_msec) {
			return s;
		}
	}
	return NULL;
}

static void kill_with_children(int pid)
{
	char dir[280];
	struct dirent *e;
	DIR *d = opendir("/proc");

	while (d && (e = readdir(d))) {
		snprintf(dir, sizeof(dir), "/proc/%s", e->d_name);
		if (atoi(e->d_name) > 1 && parent_of(dir) == pid)
			kill(atoi(e->d_name), SIGKILL);
	}
	if (d)
		closedir(d);
	kill(pid, SIGKILL);
}

int h_watch_run(struct h_watch *w, int (*host)(struct h_watch *w, void *arg), void *arg,
		int limit_msec)
{
	int status, pid, r;

	fflush(NULL);
	pid = fork();
	T_SYS(pid);
	if (pid == 0)
		_exit(host(w, arg));
	while ((r = waitpid(pid, &status, WNOHANG)) == 0) {
		struct h_slot *s = w->hung[0] ? NULL : stuck(w, limit_msec);

		if (s) {
			memcpy(w->hung, s->name, sizeof(w->hung));
			dump(w, pid);
			kill(pid, SIGSTOP); /* no more children */
			kill_with_children(pid);
		}
		usleep(LOOK_MSEC * 1000);
	}
	T_CHECK(r == pid, "waitpid: %m");
	return status;
}
