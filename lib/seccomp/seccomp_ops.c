/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "seccomp.h"
#include "seccomp_rows.h"
#include "plan/handover.h"
#include "sys/clone.h"
#include "sys/sys.h"

#include <linux/seccomp.h>

#define STACK 4096
#define LOOK_NSEC 50000

int ct_seccomp_load(const struct sock_filter *code, size_t n, uint32_t flags)
{
	struct sock_fprog program;

	program.len = (unsigned short)n;
	program.filter = (struct sock_filter *)code;
	return ct_sys_seccomp(SECCOMP_SET_MODE_FILTER, flags, &program);
}

static int load(struct ct_run *r, const struct ct_step *s)
{
	return ct_seccomp_load((const struct sock_filter *)ct_block_str(r->plan, s->str[0]),
			       (size_t)s->arg[0], (uint32_t)s->arg[1]);
}

int ct_seccomp_op_load(struct ct_run *r, const struct ct_step *s)
{
	return load(r, s);
}

/* What the thread that hands the listener over works on. */
struct hand {
	struct ct_run *r;
	uint32_t ready;
	int32_t tid; /* cleared by the kernel when the thread has left its stack */
	int listener, err;
};

/* No filter is in force here, nor can the one that is loaded meanwhile stop it. */
static int hand_over(void *arg)
{
	struct hand *h = arg;
	struct timespec look;

	look.tv_sec = 0;
	look.tv_nsec = LOOK_NSEC;
	while (!__atomic_load_n(&h->ready, __ATOMIC_SEQ_CST))
		ct_sys_futex(&h->ready, FUTEX_WAIT, 0, &look); /* nobody can wake it */
	if (h->listener >= 0)
		h->err = ct_handover_send(h->r, CT_HANDOVER_LISTENER, h->listener);
	ct_sys_exit(0);
	return 0;
}

/*
 * Once the filter is loaded, this thread may have no call left that a supervisor does not have to
 * answer first, who does not have the listener yet. So another thread, from before, sends it, and
 * this one waits for that without any call. execve(2) ends that thread, and closes the fd here.
 */
int ct_seccomp_op_listen(struct ct_run *r, const struct ct_step *s)
{
	_Alignas(16) char stack[STACK];
	struct clone_args args = {
		.flags = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD |
			 CLONE_SYSVSEM | CLONE_PARENT_SETTID | CLONE_CHILD_CLEARTID,
		.stack_size = STACK,
	};
	struct hand h = { .r = r };
	int pid;

	args.stack = (uint64_t)(uintptr_t)stack;
	args.parent_tid = args.child_tid = (uint64_t)(uintptr_t)&h.tid;
	pid = ct_clone_run(&args, sizeof(args), hand_over, &h);
	if (pid < 0) {
		r->report->detail = CT_SECCOMP_THREAD;
		return pid;
	}
	h.listener = load(r, s);
	__atomic_store_n(&h.ready, 1, __ATOMIC_SEQ_CST);
	while (__atomic_load_n(&h.tid, __ATOMIC_SEQ_CST))
		;
	return h.listener < 0 ? h.listener : h.err;
}

ct_step_run *const ct_seccomp_runs[ROWS] = {
	[LOAD] = ct_seccomp_op_load,
	[LISTEN] = ct_seccomp_op_listen,
};
