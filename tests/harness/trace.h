/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What system calls a program and all its descendants made between two marks, as strace saw them.
 *
 *	T_PROGRAM(one_spawn)
 *	{
 *		trace_begin(0);
 *		spawn();
 *		trace_end(0);
 *		return 0;
 *	}
 *
 *	TEST(spawn_makes_few_calls)
 *	{
 *		struct trace *t = trace_run(t_self("one_spawn", NULL), NULL);
 *		ck_assert_int_eq(t->status, 0);
 *		T_CHECK(trace_count(t, -1, 0) < 40);
 *		trace_free(t);
 *	}
 */
#ifndef T_TRACE_H
#define T_TRACE_H

#include "harness.h"

#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

#define TRACE_MAGIC 0x434e5431

/* prctl() refuses the number without looking at anything: a mark changes nothing, errno neither */
static inline void trace_mark_(unsigned long what, unsigned long region)
{
	int saved = errno;

	syscall(SYS_prctl, (long)TRACE_MAGIC, what, region, 0L, 0L);
	errno = saved;
}

/* One region at a time in the whole process tree; @region tells several apart. */
static inline void trace_begin(unsigned long region)
{
	trace_mark_(1, region);
}

static inline void trace_end(unsigned long region)
{
	trace_mark_(2, region);
}

struct trace_call {
	pid_t tid;
	int proc;		/* index into trace.proc */
	unsigned long region;
	const char *name;
	const char *args;	/* as printed, without the outer parentheses */
	const char *result;	/* as printed: "3", "-1 ENOENT (No such file or directory)", "?" */
	long ret;		/* -1 on error, 0 where the call never returned */
	char error[24];		/* "ENOENT", "" without error */
	int returned;
	int after_exec;		/* its task, or the one that made it, executed since the mark */
};

struct trace_proc {
	pid_t tid;		/* as strace sees it: its own pid namespace */
	int parent;		/* index; -1: the program itself */
	const char *clone;	/* name of the call that made it: "clone3", "vfork", ...; or NULL */
	const char *clone_args;	/* and its arguments: CLONE_THREAD in it is a thread */
	size_t ncall;
	const struct trace_call **call;	/* in order; only calls between marks */
};

struct trace {
	int status;		/* wait status of the program */
	size_t ncall;
	struct trace_call *call;	/* all tasks, by the time the call began */
	size_t nproc;
	struct trace_proc *proc;	/* by first appearance; ncall is 0 outside marks */
	char *text_;
};

/*
 * Runs @argv (a path, no search) below strace and waits for it and all its descendants.
 * @strace_args: more options, NULL-terminated, or NULL. stdin, stdout, stderr are the test's own.
 * Skips where strace is missing.
 */
struct trace *trace_run(char *const argv[], const char *const strace_args[]);
/* Parses a file written by strace -f -o. */
struct trace *trace_parse(const char *path);
void trace_free(struct trace *trace);

/* Calls of a task (index), or of all (-1); calls after an exec only when asked for. */
size_t trace_count(const struct trace *trace, int proc, int with_after_exec);
/* First call of that name at or after @from in the order of time, by @proc or anyone; or -1. */
long trace_find(const struct trace *trace, int proc, const char *name, size_t from);
/* Every call on a line of its own, for failures: "1234 mount(...) = 0". */
void trace_print(const struct trace *trace, FILE *file);

#endif
