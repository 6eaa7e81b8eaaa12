/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The child that makes a mount, and what the kernel says about it. */
#include "overlay.h"
#include "sys/clone.h"

#include <sched.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>

#define STACK 32768
#define GUARD 4096

/*
 * It shares memory and fds, not the working directory; the calling thread sleeps until it has
 * ended, so that its record is the only report that is needed.
 */
static int clone_and_wait(struct ct_overlay_child *c, char *stack)
{
	int pidfd = -1, pid, r, tries = 0;
	siginfo_t info;
	struct clone_args args = {
		.flags = CLONE_VM | CLONE_VFORK | CLONE_FILES | CLONE_PIDFD | CLONE_CLEAR_SIGHAND,
		.pidfd = (uint64_t)(uintptr_t)&pidfd,
		.stack = (uint64_t)(uintptr_t)stack + GUARD,
		.stack_size = STACK,
	};

	pid = ct_clone_run(&args, sizeof(args), ct_overlay_child_main, c);
	if (pid < 0)
		return pid;
	/* somebody else may have taken the status, which nobody needs; else once more */
	do {
		r = ct_sys_waitid(CT_P_PIDFD, pidfd, &info, WEXITED | __WALL, NULL);
	} while (r == -EINTR || (r < 0 && r != -ECHILD && !tries++));
	ct_sys_close(pidfd);
	return 0;
}

int ct_overlay_run(struct ct_overlay_child *c)
{
	const uint64_t all = ~0ULL;
	uint64_t mask;
	char *stack = ct_sys_mmap(GUARD + STACK, PROT_READ | PROT_WRITE,
				  MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK);
	int r;

	if (ct_sys_is_err(stack))
		return (int)(long)stack;
	c->err = -ECANCELED; /* what stays when it is killed */
	c->mnt = -1;
	r = ct_sys_mprotect(stack, GUARD, PROT_NONE);
	if (r >= 0)
		r = ct_sys_rt_sigprocmask(SIG_SETMASK, &all, &mask, sizeof(mask));
	if (r >= 0) {
		r = clone_and_wait(c, stack);
		/* the caller's mask is worth a second try: nothing else could be done */
		if (ct_sys_rt_sigprocmask(SIG_SETMASK, &mask, NULL, sizeof(mask)) < 0)
			ct_sys_rt_sigprocmask(SIG_SETMASK, &mask, NULL, sizeof(mask));
	}
	ct_sys_munmap(stack, GUARD + STACK);
	return r < 0 ? r : c->err;
}

int ct_overlay_in_use(int dir_fd)
{
	struct ct_overlay_child c = { .job = CT_OVERLAY_PROBE, .upper = dir_fd };

	return ct_overlay_run(&c);
}

void ct_overlay_log(int fs_fd, char *log, size_t size)
{
	char line[512];
	size_t at = 0;
	ssize_t n;

	log[0] = 0;
	while ((n = ct_sys_read(fs_fd, line, sizeof(line) - 1)) > 0) {
		size_t len, room;

		while (n && (line[n - 1] == '\n' || line[n - 1] == ' '))
			n--;
		line[n] = 0;
		len = (size_t)n;
		if (at && at + 2 < size) {
			memcpy(log + at, "; ", 3);
			at += 2;
		}
		room = size - 1 - at;
		if (len > room)
			len = room;
		memcpy(log + at, line, len);
		at += len;
		log[at] = 0;
	}
}
