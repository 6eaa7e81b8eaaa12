/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "launch.h"
#include "namespace/namespace.h"
#include "sys/clone.h"

/* In the child, on its own stack, in the caller's memory: raw system calls only. */
int ct_launch_child(void *launch)
{
	struct ct_run *r = &((struct ct_launch *)launch)->run;

	r->report->state = CT_STATE_SETUP;
	ct_run_steps(r, r->plan->first_child, r->plan->steps);
	ct_sys_exit_group(127); /* only after a failure; exec does not come back */
	return 127;
}

/*
 * The starter thread sleeps in vfork, so that the caller can write id maps and watch the time. It
 * has the caller's thread-local storage and must not touch it.
 */
int ct_launch_starter(void *launch)
{
	struct ct_launch *l = launch;
	uint32_t *word = &l->run.control->handshake;

	l->clone_result = ct_clone_run(&l->args, sizeof(l->args), ct_launch_child, l);
	__atomic_store_n(word, CT_HAND_GONE, __ATOMIC_SEQ_CST);
	ct_sys_futex(word, FUTEX_WAKE, 1, NULL);
	ct_sys_exit(0);
	return 0;
}
