/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The clone, its stacks, and the thread that sleeps in vfork when the caller has to stay awake.
 */
#ifndef CT_CONTAINER_LAUNCH_H
#define CT_CONTAINER_LAUNCH_H

#include "container.h"
#include "sys/sys.h"

#define CT_STACK 65536
#define CT_STACK_GUARD 4096
#define CT_STARTER_STACK 16384

/* One start's memory: guard, child's stack, guard and starter's stack if needed, this record, pointer arrays. */
struct ct_launch {
	struct ct_run run;
	struct ct_control control;
	size_t size; /* of the whole mapping */
	char *base;
	char *starter_stack; /* NULL: no starter */
	struct clone_args args;
	int clone_result;
	int timed_out;
	uint32_t failed_step; /* of the steps that the parent runs while the child waits */
	int failed;
	char *tail; /* pointer arrays and the fd map */
};

/* Memory for a start with room for tail bytes; from *spare where it fits. 0 or -errno. */
int ct_launch_new(void **spare, size_t tail, int starter, struct ct_launch **ret);
void ct_launch_free(void **spare, struct ct_launch *l);
/* Unmaps what lies in *spare. */
void ct_launch_drop(void **spare);

/* The parent's op: makes the child and waits until it has run its steps. */
int ct_container_op_clone(struct ct_run *r, const struct ct_step *s);
void ct_container_undo_clone(struct ct_run *r, const struct ct_step *s);

/* detail of a failed clone */
enum { CT_LAUNCH_STARTER = 1000 };

/* freestanding entries, launch_ops.c */
int ct_launch_child(void *launch);
int ct_launch_starter(void *launch);

#endif
