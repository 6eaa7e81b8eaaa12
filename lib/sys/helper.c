/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "helper.h"
#include "clone.h"

#include <sched.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>

#define STACK 32768

uint64_t ct_now_nsec(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts); /* answered by the vDSO: no system call */
	return (uint64_t)ts.tv_sec * 1000000000ULL + (uint64_t)ts.tv_nsec;
}

int ct_poll_fds_until(struct pollfd *fds, unsigned n_fds, uint64_t until_nsec)
{
	for (;;) {
		struct timespec ts, *limit = NULL;
		uint64_t now = until_nsec ? ct_now_nsec() : 0;
		uint64_t left = now < until_nsec ? until_nsec - now : 0;
		int n;

		if (until_nsec) {
			ts.tv_sec = (time_t)(left / 1000000000ULL);
			ts.tv_nsec = (long)(left % 1000000000ULL);
			limit = &ts;
		}
		n = ct_sys_ppoll(fds, n_fds, limit, NULL, sizeof(uint64_t));
		if (n != -EINTR)
			return n;
	}
}

int ct_poll_until(int fd, short events, uint64_t until_nsec)
{
	struct pollfd p = { .fd = fd, .events = events };

	return ct_poll_fds_until(&p, 1, until_nsec);
}

static int finish(int pidfd, uint64_t until_nsec)
{
	siginfo_t info = { 0 };
	int r = ct_poll_until(pidfd, POLLIN, until_nsec);
	int late = r == 0;

	if (late)
		ct_sys_pidfd_send_signal(pidfd, SIGKILL, NULL, 0);
	do {
		r = ct_sys_waitid(CT_P_PIDFD, pidfd, &info, WEXITED | __WALL, NULL);
	} while (r == -EINTR);
	if (late)
		return -ETIMEDOUT;
	if (r < 0)
		return r;
	return info.si_code == CLD_EXITED ? info.si_status : 128 + info.si_status;
}

static void collect(int fd, char *out, size_t size)
{
	size_t at = 0;
	ssize_t n;

	/* never until end-of-file: another thread's fork may hold the other end open */
	while (at + 1 < size && (n = ct_sys_read(fd, out + at, size - 1 - at)) > 0)
		at += (size_t)n;
	while (at && (out[at - 1] == '\n' || out[at - 1] == ' '))
		at--;
	out[at] = 0;
}

int ct_helper_run(const char *const *paths, char *const *argv, char *out, size_t size,
		  uint64_t until_nsec)
{
	struct ct_helper_child h = { .paths = paths, .argv = argv };
	/* the helper unblocks its signals in memory that is ours: none may run a handler of ours */
	struct clone_args args = {
		.flags = CLONE_VM | CLONE_VFORK | CLONE_PIDFD | CLONE_CLEAR_SIGHAND,
	};
	int fds[2], pidfd = -1, r;
	void *stack;

	out[0] = 0;
	r = ct_sys_pipe2(fds, O_CLOEXEC | O_NONBLOCK);
	if (r < 0)
		return r;
	/* 1 and 2 may be free in this process */
	h.out_fd = ct_sys_fcntl(fds[1], F_DUPFD_CLOEXEC, 3);
	stack = ct_sys_mmap(STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK);
	if (h.out_fd < 0 || ct_sys_is_err(stack)) {
		r = h.out_fd < 0 ? h.out_fd : -ENOMEM;
		goto out;
	}
	args.pidfd = (uint64_t)(uintptr_t)&pidfd;
	args.stack = (uint64_t)(uintptr_t)stack;
	args.stack_size = STACK;
	r = ct_clone_run(&args, sizeof(args), ct_helper_child, &h);
	if (r > 0) {
		r = finish(pidfd, until_nsec);
		ct_sys_close(pidfd);
		if (h.err < 0)
			r = h.err;
		else
			collect(fds[0], out, size);
	}
out:
	if (!ct_sys_is_err(stack))
		ct_sys_munmap(stack, STACK);
	if (h.out_fd >= 0)
		ct_sys_close(h.out_fd);
	ct_sys_close(fds[0]);
	ct_sys_close(fds[1]);
	return r;
}
