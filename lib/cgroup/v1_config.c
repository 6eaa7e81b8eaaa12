/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Files of cgconfig.conf(5). libcgroup's parser prints to stderr, and keeps what it has read in
 * global state: both end with a child. It is forked under the mutex, so that no other thread of
 * ours is inside of libcgroup; a host that uses libcgroup itself may be, therefore the time limit.
 */
#include "sys/fd.h"
#include "sys/fork.h"
#include "sys/helper.h"
#include "v1.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>

#define LIMIT_NSEC 60000000000ULL

/* Shared with the child. */
struct answer {
	int done, code;
	char log[300];
};

struct config {
	const char *path;
	struct answer *answer;
	int out[2];	/* what the parser prints */
	char text[300]; /* the end of it */
};

static int in_child(struct config *c)
{
	struct answer *a = c->answer;

	ct_sys_dup3(c->out[1], 1, 0);
	ct_sys_dup3(c->out[1], 2, 0);
	a->code = ct_v1_lib_load_config(c->path, a->log, sizeof(a->log));
	a->done = 1;
	return ct_sys_exit_group(0);
}

/* The status may be taken by another part of the process: the answer lies in shared memory. */
static int wait_for(int pid)
{
	int r, pidfd = ct_fd_up(ct_sys_pidfd_open(pid, 0));

	if (pidfd == -ESRCH) /* ended, and reaped by somebody */
		return 0;
	r = pidfd < 0 ? pidfd : ct_poll_until(pidfd, POLLIN, ct_now_nsec() + LIMIT_NSEC);
	if (r <= 0)
		ct_sys_kill(pid, SIGKILL);
	while (ct_sys_waitid(P_PID, pid, NULL, WEXITED, NULL) == -EINTR)
		;
	if (pidfd >= 0)
		ct_sys_close(pidfd);
	return r < 0 ? r : r ? 0 : -ETIMEDOUT;
}

static void take_text(struct config *c)
{
	ssize_t n = ct_sys_read(c->out[0], c->text, sizeof(c->text) - 1);

	c->text[n > 0 ? n : 0] = 0;
	c->text[strcspn(c->text, "\n")] = 0;
}

/* With all signals blocked, so that the child runs no handler of the caller's. */
static int fork_child(struct config *c)
{
	const uint64_t all = ~0ULL;
	uint64_t mask;
	int pid, r = ct_sys_rt_sigprocmask(SIG_SETMASK, &all, &mask, sizeof(all));

	if (r < 0)
		return r;
	pid = ct_fork(CT_FORK_OUTER);
	if (!pid)
		in_child(c);
	/* the caller's mask is worth a second try, as nothing else could be done about it */
	if (ct_sys_rt_sigprocmask(SIG_SETMASK, &mask, NULL, sizeof(mask)) < 0)
		ct_sys_rt_sigprocmask(SIG_SETMASK, &mask, NULL, sizeof(mask));
	return pid;
}

static int run(void *arg)
{
	struct config *c = arg;
	int pid, r = ct_sys_pipe2(c->out, O_CLOEXEC | O_NONBLOCK);

	if (r < 0)
		return r;
	pid = fork_child(c);
	r = pid < 0 ? pid : wait_for(pid);
	take_text(c);
	ct_sys_close(c->out[0]);
	ct_sys_close(c->out[1]);
	if (r < 0)
		return r;
	return c->answer->done ? c->answer->code : -EIO;
}

int ct_v1_load_config(const char *path, char *log, size_t size)
{
	struct config c = { .path = path };
	int r;

	c.answer = ct_sys_mmap(sizeof(*c.answer), PROT_READ | PROT_WRITE,
			       MAP_SHARED | MAP_ANONYMOUS);
	if (ct_sys_is_err(c.answer))
		return -ENOMEM;
	r = ct_v1_lib_locked(run, &c);
	snprintf(log, size, "%s%s%s", c.answer->log, *c.answer->log && *c.text ? ": " : "", c.text);
	ct_sys_munmap(c.answer, sizeof(*c.answer));
	return r;
}
