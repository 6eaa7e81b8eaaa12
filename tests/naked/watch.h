/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A supervisor that sees every call with a path that a program and its descendants make, by a
 * seccomp filter (SECCOMP_RET_USER_NOTIF), lets it pass, and judges those that children of the
 * library make once an untrusted root is open.
 */
#ifndef T_NAKED_WATCH_H
#define T_NAKED_WATCH_H

#include "harness.h"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdint.h>
#include <sys/stat.h>

/* ---- the calls: calls.c ---- */

struct w_call {
	const char *name;
	long nr;
	/*
	 * One letter for each argument that matters: f an fd for a name, p a name, s a string or
	 * NULL, o flags of open(2), a AT_*, t of open_tree(2), m of move_mount(2), M of mount(2),
	 * h struct open_how, x anything else.
	 */
	const char *args;
};

/* NULL: not looked at */
const struct w_call *w_call(long nr);
/* The filter: these calls ask the supervisor. Returns the number of instructions. */
size_t w_filter(struct sock_filter *code, size_t room);
/* The arguments as strace prints them, as far as fx_naked() reads them; -1: the task is gone. */
int w_print(const struct w_call *call, const uint64_t *args, int mem, char *buf, size_t size);
/* A string of the task behind mem, at most size - 1 bytes; -1: it cannot be read. */
int w_string(int mem, uint64_t at, char *buf, size_t size);

/* ---- the tasks: tasks.c ---- */

enum w_role {
	W_HOST,	 /* the test, and what it starts itself */
	W_CHILD, /* of the library, until it executes the payload */
	W_INIT,	 /* contain-init */
	W_OTHER, /* the payload, and what comes of it */
};

struct w_inode {
	dev_t dev;
	ino_t ino;
};

#define W_ROOTS 64

struct w_task {
	int tid, tgid, parent;
	unsigned long long start;
	enum w_role role;
	int executes; /* asked for execve(2): what it is has to be looked up again */
	int attached, pivoted; /* where it is on its way into the root */
	struct w_inode root[W_ROOTS]; /* what is untrusted: roots, layers, sources */
	int roots;
};

/* Who makes this call, or NULL: it is gone. */
struct w_task *w_task(int tid);
/* A call is about to be made: what it tells about tasks to come, and about the root. */
void w_note(struct w_task *task, const struct w_call *call, const uint64_t *args, int mem);
/* Whether a name of the host goes through something untrusted, as the task would resolve it. */
int w_is_through(const struct w_task *task, const char *path);
/* Whether the task is in a tmpfs that is mounted nowhere else: of its own making. */
int w_is_in_own_tmpfs(const struct w_task *task);

/* ---- the whole: watch.c ---- */

struct w_sum {
	long children; /* of the library, whose calls were judged */
	long inits;    /* contain-init, seen */
	long calls;    /* judged */
	long naked;
};

/*
 * Runs argv[0] and lets a line for each naked call go to @report. Returns the wait status of the
 * program.
 */
int w_run(char *const argv[], const char *report, struct w_sum *ret);

#endif
