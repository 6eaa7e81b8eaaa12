/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What one start works on: bound values, slots, and the record through which the child reports.
 * It lies in memory that parent, starter thread and child share.
 */
#ifndef CT_PLAN_RUN_H
#define CT_PLAN_RUN_H

#include "step.h"

struct ct_module;
struct ct_group;
struct ct_run;
struct ct_launch;
struct ct_user_found;

enum ct_state {
	CT_STATE_NONE,	/* the child has not run yet */
	CT_STATE_SETUP, /* it works on step */
	CT_STATE_EXEC,	/* it is at the point of no return */
};

/* The longest sleep in a handshake before the word is looked at again. */
#define CT_WAKE_NSEC 100000000

/* The report record: no pipe, no end-of-file that another thread's fork could delay. */
struct ct_report {
	uint32_t state;
	uint32_t step;	/* index of the step that runs or failed */
	int32_t err;	/* negative errno, 0: none */
	int32_t detail; /* by op: what narrows the cause down, for the hint */
	char log[256];	/* the kernel's own message, terminated */
	char culprit[256]; /* by op: which file or string it was, perhaps cut */
};

/* detail of a step of the child that shares memory and must not: the start is made anew */
#define CT_RUN_NEEDS_OWN (-20000)

/* What the child hands over to the caller, handover.h. */
enum ct_handover {
	CT_HANDOVER_TERMINAL, /* the master of the container's pty */
	CT_HANDOVER_LISTENER, /* of seccomp's user notification */
	CT_HANDOVERS
};

struct ct_fdmap {
	int32_t from;	/* the caller's fd, a duplicate that we own, or CT_FD_NULL / CT_FD_KEEP */
	int32_t to;
	int32_t pipe; /* made by this start */
	int32_t pty;  /* it is the container's terminal */
	int32_t exec;	/* the program itself, and no fd of the payload's */
	int32_t listen; /* in a plan only: of those that sd_listen_fds(3) finds */
};
#define CT_FD_NULL (-1)
#define CT_FD_KEEP (-2)
#define CT_FD_PIPE (-3) /* in a plan only: each start puts the end of a new pipe in its place */
#define CT_FD_PTY (-4)	/* the child puts its terminal in its place */

/* How the payload ended, as contain-init saw it; done is set last, and futex(2) waits for it. */
struct ct_status {
	uint32_t done;
	int32_t code, signal;
	uint64_t maxrss_bytes, cpu_usec;
};

/*
 * What the processes of one start tell one another, in memory that all of them see: the launch
 * record of a child that shares the caller's memory, a page of a memfd for contain-init.
 */
struct ct_control {
	struct ct_report report;
	uint32_t handshake; /* futex word between the child and the thread that writes its maps */
	/* cleared by the kernel when the starter has left its stack, or died */
	int32_t starter_tid;
	/* contain-init only */
	uint64_t image_size; /* of what follows the page of this structure */
	/* robust futex: the kernel says here that set-up is over, one way or the other */
	uint32_t life;
	int32_t first_pid; /* the container's first process, as the process that made it sees it */
	uint32_t stays;	   /* contain-init stays outside, as that process's parent */
	struct ct_status status;
};

/* One function per step that the child runs; lib/<module>/<module>_ops.c has the rows. */
typedef int ct_step_run(struct ct_run *r, const struct ct_step *s);

struct ct_run {
	const struct ct_block *plan;
	const struct ct_module *const *modules; /* in the parent */
	ct_step_run *const *const *runs;	/* in the child: by module and row */
	struct ct_control *control;
	struct ct_report *report; /* control's */
	int32_t fd[CT_SLOTS];

	/* bound values */
	char *const *argv;
	char *const *envp;
	const char *path; /* the PATH that argv[0] is searched in */
	const char *cwd;
	int32_t own; /* in contain-init: memory of its own */
	struct ct_fdmap *fdmap;
	uint32_t fdmaps;
	struct ct_user_found *found; /* in the image, of a user given by name */

	/* the parent's side */
	struct ct_group *group;
	struct ct_launch *launch;
	int32_t pidfd, pid;	/* of the child, written by the kernel before it runs */
	uint64_t until_nsec;	/* CLOCK_MONOTONIC: set-up time limit, 0: none */
	/* a parent's step has found that this start needs contain-init: why */
	const char *own_memory;
};

/* In the child: runs steps [from, to) in order; the first failure stops it. */
int ct_run_steps(struct ct_run *r, uint32_t from, uint32_t to);

/* The same for steps of the parent. */
int ct_run_parent_steps(struct ct_run *r, uint32_t from, uint32_t to);

/* Keeps what the kernel says about a failed file system context call (fsopen(2)). */
void ct_run_fs_log(struct ct_report *rec, int fs_fd);

#endif
