/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* contain-init where it stays: as the container's process 1, or outside as its monitor. */
#include "init.h"
#include "process/fds.h"
#include "process/process.h"
#include "sys/str.h"
#include "sys/sys.h"

#include <linux/prctl.h>
#include <sched.h>
#include <sys/wait.h>

#define CAP_KILL_MASK (1U << CAP_KILL)

/* With SIGCHLD ignored, as a host may hand it down, children would end unseen. */
int ct_init_default_sigchld(void)
{
	uint64_t act[4];

	ct_zero(act, sizeof(act));
	return ct_sys_rt_sigaction(SIGCHLD, act, NULL, sizeof(uint64_t));
}

static int code_of(const siginfo_t *info)
{
	return info->si_code == CLD_EXITED ? info->si_status : 128 + info->si_status;
}

static void keep(struct ct_control *control, const siginfo_t *info, const struct rusage *ru)
{
	struct ct_status *s = &control->status;

	if (s->done)
		return;
	s->code = code_of(info);
	s->signal = info->si_code == CLD_EXITED ? 0 : info->si_status;
	s->maxrss_bytes = (uint64_t)ru->ru_maxrss * 1024;
	s->cpu_usec = (uint64_t)(ru->ru_utime.tv_sec + ru->ru_stime.tv_sec) * 1000000ULL +
		      (uint64_t)(ru->ru_utime.tv_usec + ru->ru_stime.tv_usec);
	__atomic_store_n(&s->done, 1, __ATOMIC_RELEASE);
}

/*
 * Every child that has ended: orphans come to process 1. Exits with the payload, also when its
 * status was lost. Returns whether it has to be tried again.
 */
static int reap(struct ct_control *control, int payload)
{
	for (;;) {
		struct rusage ru;
		siginfo_t info;
		int err;

		info.si_pid = 0;
		err = ct_sys_waitid(P_ALL, 0, &info, WEXITED | WNOHANG | __WALL, &ru);
		if (err == -ECHILD)
			ct_sys_exit_group(255);
		if (err < 0 || !info.si_pid)
			return err < 0;
		if (info.si_pid == payload) {
			keep(control, &info, &ru);
			ct_sys_exit_group(code_of(&info));
		}
	}
}

/* All an init needs is to signal a payload that may be another user. */
static int harden(void)
{
	struct __user_cap_header_struct head = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct has[2], data[2];
	int err = ct_process_close_others(NULL, 0, -1, -1);

	if (!err)
		err = ct_sys_capget(&head, has);
	ct_zero(data, sizeof(data));
	data[0].permitted = data[0].effective = has[0].permitted & CAP_KILL_MASK;
	if (!err)
		err = ct_sys_capset(&head, data);
	return err ? err : ct_process_set_no_new_privs();
}

static void stay(struct ct_run *r, int payload)
{
	const struct timespec soon = { 0, 10000000 };
	uint64_t all = ~0ULL;
	int again = 0;

	for (;;) {
		siginfo_t info;
		int sig = ct_sys_rt_sigtimedwait(&all, &info, again ? &soon : NULL, sizeof(all));

		again = 0;
		if (sig == SIGCHLD || sig < 0)
			again = reap(r->control, payload);
		else if (sig > 0)
			/* our child, not reaped: the number is its own */
			ct_sys_kill(payload, sig);
	}
}

/*
 * Forks the payload and sleeps until it has executed its program or failed. Not dumpable before: no
 * process of the container may trace or read its init; exec makes the payload dumpable again.
 */
int ct_init_op_payload(struct ct_run *r, const struct ct_step *s)
{
	struct clone_args args;
	int pid, err = ct_sys_prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);

	/* no pid namespace of its own: orphans would go to the host's init */
	if (!err && s->arg[0])
		err = ct_sys_prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
	if (!err)
		err = ct_init_default_sigchld();
	if (err < 0)
		return err;
	ct_zero(&args, sizeof(args));
	args.flags = CLONE_VFORK;
	args.exit_signal = SIGCHLD;
	pid = ct_sys_clone3(&args, sizeof(args));
	if (pid <= 0)
		return pid;
	if (r->report->state != CT_STATE_EXEC || r->report->err < 0)
		ct_sys_exit_group(127);
	ct_init_seam_who(CT_SEAM_INIT);
	err = harden();
	if (err < 0) {
		r->report->err = err;
		ct_sys_kill(pid, SIGKILL);
		ct_sys_exit_group(127);
	}
	__atomic_store_n(&r->control->life, CT_LIFE_DONE, __ATOMIC_SEQ_CST);
	ct_sys_futex(&r->control->life, FUTEX_WAKE, 1, NULL);
	stay(r, pid);
	return 0;
}

/* They become fds 0 and 1, and all others are closed; without room for that all stay open. */
static void keep_two(int *a, int *b)
{
	int up_a = ct_sys_fcntl(*a, F_DUPFD, 3), up_b = ct_sys_fcntl(*b, F_DUPFD, 3);

	if (up_a < 0 || up_b < 0)
		return;
	*a = up_a;
	*b = up_b;
	if (ct_sys_dup3(up_a, 0, 0) < 0 || ct_sys_dup3(up_b, 1, 0) < 0)
		return;
	*a = 0;
	*b = 1;
	ct_sys_close_range(2, ~0U, 0);
}

/* A pidfd is readable when the whole process has ended, and not when one of its threads has. */
static void watch_caller(int caller, int pidfd, int sig)
{
	struct pollfd p[2] = { { .fd = caller, .events = POLLIN },
			       { .fd = pidfd, .events = POLLIN } };
	int n;

	do {
		n = ct_sys_ppoll(p, 2, NULL, NULL, 0);
	} while (n == -EINTR || n == -EAGAIN || n == -ENOMEM);
	if (p[0].revents && !p[1].revents)
		ct_sys_pidfd_send_signal(pidfd, sig, NULL, 0);
}

void ct_init_monitor(struct ct_run *r, int pid, int pidfd)
{
	int caller = r->fd[CT_SLOT_CALLER], sig = (int)r->plan->parent_death;
	struct ct_control *control = r->control;
	struct rusage ru;
	siginfo_t info;
	int err;

	/* what keeps it from holding anything of the caller's; none of it may fail the container */
	ct_sys_setsid();
	if (sig)
		keep_two(&caller, &pidfd);
	else
		ct_process_close_others(NULL, 0, -1, -1);
	ct_sys_chdir("/");
	ct_sys_prctl(PR_SET_NAME, (unsigned long)"contain-init", 0, 0, 0);
	if (sig)
		watch_caller(caller, pidfd, sig);
	do {
		err = ct_sys_waitid(P_PID, pid, &info, WEXITED | __WALL, &ru);
	} while (err == -EINTR);
	if (!err)
		keep(control, &info, &ru);
	ct_sys_exit_group(0);
}
