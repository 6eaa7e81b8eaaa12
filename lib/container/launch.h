/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The clone, its stacks, and the thread that sleeps in vfork when the caller has to stay awake; or
 * contain-init, where the child needs memory of its own.
 */
#ifndef CT_CONTAINER_LAUNCH_H
#define CT_CONTAINER_LAUNCH_H

#include "container.h"
#include "sys/sys.h"

#define CT_STACK 65536
#define CT_STACK_GUARD 4096
#define CT_STARTER_STACK 16384

/* contain-init of one start, as the caller sees it. */
struct ct_own {
	/* the plan's: contain-init as a sealed memfd, CT_EXE_*; made by the first who needs it */
	int *exe;
	/* the mapping of the memfd that is handed over; its first page is run.control */
	char *image;
	size_t size;
	int image_fd;
	int socket[2]; /* ours, contain-init's */
	int pidfd;     /* contain-init itself, outside of the container */
	int32_t pid;
	int err;     /* why contain-init could not be executed */
	int ambient; /* the caller is not root and holds capabilities: exec has to keep them */
};
enum { CT_EXE_NONE = -1, CT_EXE_BY_PATH = -2 };

/*
 * One start's memory: guard, child's stack, guard and starter's stack if needed, this record,
 * pointer arrays.
 */
struct ct_launch {
	struct ct_run run;
	struct ct_control control;
	size_t size; /* of the whole mapping */
	char *base;
	char *starter_stack; /* NULL: no starter */
	struct clone_args args;
	struct ct_own own;
	int clone_result;
	int timed_out;
	uint32_t failed_step; /* of the steps that the parent runs while the child waits */
	int failed;
	struct {
		int ours, payloads;
	} stdio[3]; /* the ends of pipes that this start has made, or -1 */
	int handover;		    /* our end of the socket pair, plan/handover.h; or -1 */
	int handed[CT_HANDOVERS]; /* what came through it, or -1 */
	char *tail; /* pointer arrays and the fd map */
};

/* Memory for a start with room for tail bytes; from *spare where it fits. 0 or -errno. */
int ct_launch_new(void **spare, size_t tail, int starter, struct ct_launch **ret);
void ct_launch_free(void **spare, struct ct_launch *l);
/* Unmaps what lies in *spare. */
void ct_launch_drop(void **spare);

/* The parent's ops: make the child and wait until it has run its steps. */
int ct_container_op_clone(struct ct_run *r, const struct ct_step *s);
int ct_container_op_own(struct ct_run *r, const struct ct_step *s);
void ct_container_undo_clone(struct ct_run *r, const struct ct_step *s);

/* The same for pipes, stdio.c. */
int ct_container_op_pipes(struct ct_run *r, const struct ct_step *s);
int ct_container_op_pipe_ends(struct ct_run *r, const struct ct_step *s);
void ct_container_undo_pipes(struct ct_run *r, const struct ct_step *s);

/* Shared by both ways of launching, launch.c. */
char *ct_launch_child_stack(struct ct_launch *l);
void ct_launch_serve(struct ct_launch *l);
void ct_launch_reap(int *pidfd, siginfo_t *info);

/*
 * own.c: contain-init. Returns the pid of the container's first process, which has run its steps or
 * ended; or -errno, and there is no process. ct_own_end() takes back what a start has left, and
 * hands out what the container keeps.
 */
int ct_own_start(struct ct_launch *l);
void ct_own_keep(struct ct_launch *l, container *c);
void ct_own_end(struct ct_launch *l);
int ct_exe_open(int *exe); /* exe.c */

/* detail of a failed clone */
enum { CT_LAUNCH_EXE = 1000 };

/* freestanding entries, launch_ops.c and own_ops.c */
int ct_launch_child(void *launch);
int ct_launch_starter(void *launch);
int ct_own_child(void *launch);

#endif
