/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef CT_CONTAINER_CONTAINER_H
#define CT_CONTAINER_CONTAINER_H

#include "cgroup/group.h"
#include "plan/module.h"
#include "plan/spec.h"
#include "plan/values.h"

#include <contain/container.h>
#include <contain/plan.h>
#include <pthread.h>

extern const struct ct_module *const ct_modules[CT_MODULES];
extern const struct ct_module ct_container_module;
extern ct_step_run *const *const ct_child_runs[CT_MODULES];

/* The facade's own part of a spec. */
struct ct_container_part {
	int64_t setup_timeout_msec;
	int init, monitor;
};

struct container_plan {
	char name[CT_NAME_MAX + 1];
	struct ct_block *block;
	const struct ct_values *values; /* of the spec */
	container_spec *spec; /* and the facts that it was compiled with: for overrides */
	char *facts;
	int64_t setup_timeout_msec;
	int exe;     /* contain-init, struct ct_own */
	uint32_t kills; /* of struct ct_group, that did for the last start; atomic */
	int needs_own; /* a start has found that it needs contain-init; atomic */
	int ambient; /* the caller is not root and has capabilities */
	void *spare; /* the memory of the last start, kept for the next; taken and put atomically */
};

struct container_overrides {
	container_spec spec;
	const struct ct_values *values; /* in it */
	int steps; /* more than values was set: the plan's block does not do */
};

struct container_exit {
	int code, signal, oom_killed;
	uint64_t memory_peak_bytes, cpu_usec, wall_usec;
};

struct container {
	char name[CT_NAME_MAX + 1];
	int pidfd;
	int stdio[3]; /* our ends of pipes, -1: none, or taken */
	int handed[CT_HANDOVERS]; /* what the child has handed over; -1: nothing, or taken */
	int32_t pid;
	/* where contain-init keeps how the payload ended; NULL: nowhere */
	struct ct_control *control;
	size_t control_size;
	int monitor; /* contain-init outside, the payload's parent: its pidfd, or -1 */
	int own_pids; /* a pid namespace of its own: the end of its init is the end of all */
	struct ct_group *group;
	uint64_t start_nsec;
	pthread_mutex_t lock; /* for what follows */
	pthread_cond_t taken; /* waiting is 0 again */
	int waiting;	      /* a thread sleeps in waitid(2) and will set what follows */
	int reaped, removed;
	struct container_exit exit;
	int exit_error; /* the status was lost: -ECHILD */
};

/* container_plan_compile() against facts of one's own: for golden plans. */
struct ct_facts;
int ct_plan_compile_on(container_spec *spec, const struct ct_facts *facts, container_plan **ret,
		       contain_error **reterr);

#endif
