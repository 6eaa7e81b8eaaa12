/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A function in the namespaces of a container that runs, and that may be hostile. The child that
 * runs it is not the container's: it stays in the caller's group, so that a frozen container cannot
 * hold it, is not dumpable, so that nobody inside may look into it, and has nothing open but what
 * the function needs, before it joins anything. It has a time limit, as what it meets inside may
 * never answer.
 *
 *	caller		child			second child, where a pid namespace is joined
 *	GO	->
 *		<-	READY			(shows whose the pidfd is)
 *	GO	->
 *			joins, runs, or ---->	runs
 *		<-	ends			the caller reads the page
 */
#ifndef CT_CONTAINER_INSIDE_H
#define CT_CONTAINER_INSIDE_H

#include "container.h"

/*
 * In the container. root_fd: its root directory, O_PATH. What it returns, and the error, are what
 * the caller gets; the fds of the jobs have the numbers that they have in the caller.
 */
typedef int ct_inside_fn(void *arg, int root_fd, contain_error **reterr);

struct ct_inside {
	const char *op;
	uint64_t types; /* to join beside mount and user: CONTAIN_NS_* */
	int fd[4];	/* of the job, -1: none */
	ct_inside_fn *run;
	/* once the user namespace is joined, in a copy of the caller's mount namespace; or NULL */
	int (*before)(void *arg, contain_error **reterr);
	void *arg;
};

/*
 * 0 or more: what run returned. -EINVAL: c is NULL, or the container has the caller's mount
 * namespace; -ESRCH: it has ended; -EBUSY: it is paused; -ETIMEDOUT; -ECANCELED: the child was
 * killed; the errors of joining; what run failed with.
 */
int ct_inside_run(container *c, const struct ct_inside *job, contain_error **reterr);

#endif
