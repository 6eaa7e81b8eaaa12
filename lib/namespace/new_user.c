/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A user namespace without a process. Only a process can make one, so a child does; the fd that the
 * caller opens keeps the namespace when the child has been killed. The child shares the caller's
 * memory, whatever its size, and never enters another group, so that the limits that it is under
 * are the caller's own.
 */
#include "new_user.h"
#include "act.h"
#include "plan/error.h"
#include "sys/clone.h"
#include "sys/fd.h"
#include "sys/sys.h"

#include <contain/namespace.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>

#define STACK 16384
#define OP "new-user-namespace"

static int fail(contain_error **reterr, int err, const char *object, const char *hint)
{
	return ct_error_simple(reterr, err, CONTAIN_PHASE_PARENT, OP, object, hint);
}

/* ---- a child that waits ---- */

static void end(int pidfd)
{
	siginfo_t info = { 0 };
	int r, tries = 2;

	/* the wait below would not end without it */
	if (ct_sys_pidfd_send_signal(pidfd, SIGKILL, NULL, 0) < 0)
		ct_sys_pidfd_send_signal(pidfd, SIGKILL, NULL, 0);
	do {
		r = ct_sys_waitid(CT_P_PIDFD, pidfd, &info, WEXITED | __WALL, NULL);
	} while (r == -EINTR || (r < 0 && r != -ECHILD && --tries));
	ct_sys_close(pidfd);
}

/* Its stack and the word with the caller's pidfd are in use until it has ended. */
static int start(int *caller, void *stack)
{
	const uint64_t all = ~0ULL;
	int pidfd = -1, r;
	uint64_t mask;
	struct clone_args args = {
		.flags = CLONE_VM | CLONE_PIDFD | CLONE_CLEAR_SIGHAND | CLONE_NEWUSER,
		.pidfd = (uint64_t)(uintptr_t)&pidfd,
		.stack = (uint64_t)(uintptr_t)stack,
		.stack_size = STACK,
	};

#ifdef CT_SEAM
	ct_seam_stack(CT_SEAM_CHILD, stack, STACK);
#endif
	r = ct_sys_rt_sigprocmask(SIG_SETMASK, NULL, &mask, sizeof(mask));
	if (r < 0)
		return r;
	r = ct_sys_rt_sigprocmask(SIG_SETMASK, &all, NULL, sizeof(all));
	if (r == 0)
		r = ct_clone_run(&args, sizeof(args), ct_ns_new_user_child, caller);
	/* worth a second try, as nothing else could be done about it */
	if (ct_sys_rt_sigprocmask(SIG_SETMASK, &mask, NULL, sizeof(mask)) < 0)
		ct_sys_rt_sigprocmask(SIG_SETMASK, &mask, NULL, sizeof(mask));
	return r < 0 ? r : pidfd;
}

/* While the child waits. */
static int map_and_open(int pidfd, const struct contain_id_map *uid,
			const struct contain_id_map *gid, contain_error **reterr)
{
	struct ct_ns_why why = { 0 };
	int r = contain_id_map_write(pidfd, uid, gid, reterr);

	if (r < 0)
		return r;
	r = ct_ns_open_of(pidfd, CONTAIN_NS_USER, &why);
	return r < 0 ? ct_ns_fail(reterr, OP, &why) : r;
}

static int fail_clone(int err, contain_error **reterr)
{
	struct ct_ns_why why = { 0 };

	ct_ns_why_unshare(CONTAIN_NS_USER, err, &why);
	return ct_ns_fail(reterr, OP, &why);
}

/* ---- where there is no clone3(2) ---- */

static int waits(void *arg)
{
	return ct_ns_new_user_child(arg);
}

static int by_fork(int *caller, const struct contain_id_map *uid, const struct contain_id_map *gid,
		   contain_error **reterr)
{
	contain_ns_child *child = NULL;
	struct ct_ns_why why = { 0 };
	int pidfd, fd,
		r = contain_ns_child_start(CONTAIN_NS_USER, NULL, 0, uid, gid, waits, caller,
					   &child, reterr);

	if (r < 0)
		return r;
	pidfd = contain_ns_child_pidfd(child);
	fd = ct_ns_open_of(pidfd, CONTAIN_NS_USER, &why);
	ct_sys_pidfd_send_signal(pidfd, SIGKILL, NULL, 0);
	contain_ns_child_wait(child, -1, NULL, NULL);
	contain_ns_child_free(child);
	return fd < 0 ? ct_ns_fail(reterr, OP, &why) : fd;
}

int ct_ns_new_user(const struct ct_id_map *uid, const struct ct_id_map *gid, contain_error **reterr)
{
	const struct contain_id_map u = { *uid }, g = { *gid };
#ifdef CT_SEAM
	uintptr_t low = ct_seam ? ct_seam->stack[CT_SEAM_CHILD][0] : 0;
	uintptr_t high = ct_seam ? ct_seam->stack[CT_SEAM_CHILD][1] : 0;
#endif
	int pidfd, fd, caller = ct_fd_up(ct_sys_pidfd_open(ct_sys_getpid(), 0));
	void *stack;

	if (caller < 0)
		return fail(reterr, caller, "pidfd", NULL);
	stack = ct_sys_mmap(STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK);
	if (ct_sys_is_err(stack)) {
		ct_sys_close(caller);
		return fail(reterr, (int)(long)stack, "memory", NULL);
	}
	pidfd = start(&caller, stack);
	if (pidfd >= 0) {
		fd = map_and_open(pidfd, &u, &g, reterr);
		end(pidfd);
	} else if (pidfd == -ENOSYS) {
		fd = by_fork(&caller, &u, &g, reterr);
	} else {
		fd = fail_clone(pidfd, reterr);
	}
#ifdef CT_SEAM
	ct_seam_stack(CT_SEAM_CHILD, (void *)low, high - low); /* of a start that this is part of */
#endif
	ct_sys_munmap(stack, STACK);
	ct_sys_close(caller);
	return fd;
}

int contain_ns_new_user(const contain_id_map *uid_map, const contain_id_map *gid_map,
			contain_error **reterr)
{
	if (!uid_map || !uid_map->map.n)
		return fail(reterr, -EINVAL, "uid_map", uid_map ? "has no range" : "is NULL");
	if (gid_map && !gid_map->map.n)
		return fail(reterr, -EINVAL, "gid_map", "has no range");
	return ct_ns_new_user(&uid_map->map, gid_map ? &gid_map->map : &uid_map->map, reterr);
}
