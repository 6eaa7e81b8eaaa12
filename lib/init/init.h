/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * contain-init: the child in memory of its own. A child that shares the caller's memory executes
 * it; it makes the container's first process from outside of the container's group and namespaces,
 * and that process runs the steps of the plan. Freestanding and static: nothing of the host's
 * libraries, locale or environment has a say in it.
 */
#ifndef CT_INIT_INIT_H
#define CT_INIT_INIT_H

#include "plan/image.h"
#include "sys/seam.h"

void ct_init_main(const long *stack);

/* The step of an init: forks the payload, which goes on with the steps behind, and stays. */
ct_step_run ct_init_op_payload;

/*
 * Waits for process pid, keeps how it ended, and exits. With the plan's parent_death, pidfd gets
 * that signal when the caller has ended.
 */
void ct_init_monitor(struct ct_run *r, int pid, int pidfd);

int ct_init_default_sigchld(void);

/* In builds with CT_SEAM the record of the tests is mapped here too. */
#ifdef CT_SEAM
void ct_init_seam_open(const struct ct_image *im);
void ct_init_seam_who(enum ct_seam_who who);
#else
#define ct_init_seam_open(im) ((void)(im))
#define ct_init_seam_who(who) ((void)0)
#endif

#endif
