/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "launch.h"
#include "namespace/namespace.h"
#include "sys/clone.h"
#include "sys/helper.h"

#include <errno.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/wait.h>

#define CHILD_PART (CT_STACK_GUARD + CT_STACK)
#define STARTER_PART (CT_STACK_GUARD + CT_STARTER_STACK)

char *ct_launch_child_stack(struct ct_launch *l)
{
	return l->base + CT_STACK_GUARD;
}

/*
 * A guard page lies below each stack: a step that overran it faults and writes nothing of the
 * host's.
 */
static int map_stacks(size_t size, int starter, char **ret)
{
	char *base = ct_sys_mmap(size, PROT_READ | PROT_WRITE,
				 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE);
	int r;

	if (ct_sys_is_err(base))
		return (int)(intptr_t)base;
	r = ct_sys_mprotect(base, CT_STACK_GUARD, PROT_NONE);
	if (!r && starter)
		r = ct_sys_mprotect(base + CHILD_PART, CT_STACK_GUARD, PROT_NONE);
	if (r < 0) {
		ct_sys_munmap(base, size);
		return r;
	}
	*ret = base;
	return 0;
}

int ct_launch_new(void **spare, size_t tail, int starter, struct ct_launch **ret)
{
	size_t stacks = CHILD_PART + (starter ? STARTER_PART : 0);
	size_t size = (stacks + sizeof(struct ct_launch) + tail + 4095) & ~(size_t)4095;
	struct ct_launch *l = __atomic_exchange_n(spare, NULL, __ATOMIC_ACQ_REL);
	char *base = NULL;
	int r;

	if (l && l->size < size) {
		ct_sys_munmap(l->base, l->size);
		l = NULL;
	}
	if (l) {
		base = l->base;
		size = l->size;
	} else {
		r = map_stacks(size, starter, &base);
		if (r < 0)
			return r;
	}
	l = (struct ct_launch *)(base + stacks);
	*l = (struct ct_launch){ .base = base, .size = size, .tail = (char *)(l + 1) };
	if (starter)
		l->starter_stack = base + CHILD_PART + CT_STACK_GUARD;
	for (int i = 0; i < CT_SLOTS; i++)
		l->run.fd[i] = -1;
	for (int i = 0; i < 3; i++)
		l->stdio[i].ours = l->stdio[i].payloads = -1;
	l->handover = -1;
	for (int i = 0; i < CT_HANDOVERS; i++)
		l->handed[i] = -1;
	l->run.pidfd = -1;
	l->own = (struct ct_own){ .image_fd = -1, .socket = { -1, -1 }, .pidfd = -1 };
	l->run.launch = l;
	l->run.control = &l->control;
	l->run.report = &l->control.report;
#ifdef CT_SEAM
	ct_seam_stack(CT_SEAM_INIT, NULL, 0);
	ct_seam_stack(CT_SEAM_CHILD, ct_launch_child_stack(l), CT_STACK);
	if (starter)
		ct_seam_stack(CT_SEAM_STARTER, l->starter_stack, CT_STARTER_STACK);
#endif
	*ret = l;
	return 0;
}

void ct_launch_free(void **spare, struct ct_launch *l)
{
	void *none = NULL;

	if (!l)
		return;
	ct_own_end(l);
	if (__atomic_compare_exchange_n(spare, &none, l, 0, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED))
		return;
	ct_sys_munmap(l->base, l->size);
}

void ct_launch_drop(void **spare)
{
	struct ct_launch *l = *spare;

	if (l)
		ct_sys_munmap(l->base, l->size);
	*spare = NULL;
}

static void prepare(struct ct_launch *l)
{
	struct ct_run *r = &l->run;
	struct clone_args *a = &l->args;

	a->flags = r->plan->clone_flags | CLONE_VM | CLONE_VFORK | CLONE_PIDFD |
		   CLONE_PARENT_SETTID | CLONE_CLEAR_SIGHAND;
	a->pidfd = (uint64_t)(uintptr_t)&r->pidfd;
	a->parent_tid = (uint64_t)(uintptr_t)&r->pid;
	a->stack = (uint64_t)(uintptr_t)ct_launch_child_stack(l);
	a->stack_size = CT_STACK;
	/* until exec, which sets SIGCHLD: nobody's waitpid(-1) takes it before */
	a->exit_signal = 0;
	if (r->fd[CT_SLOT_GROUP] >= 0) {
		a->flags |= CLONE_INTO_CGROUP;
		a->cgroup = (uint64_t)r->fd[CT_SLOT_GROUP];
	}
}

/* Waits while *word is value, at most until then (0: for ever); -ETIMEDOUT. */
static int wait_word(uint32_t *word, uint32_t value, uint64_t until_nsec)
{
	while (__atomic_load_n(word, __ATOMIC_SEQ_CST) == value) {
		uint64_t nsec = CT_WAKE_NSEC, now = until_nsec ? ct_now_nsec() : 0;
		struct timespec ts;

		if (until_nsec && now >= until_nsec)
			return -ETIMEDOUT;
		if (until_nsec && until_nsec - now < nsec)
			nsec = until_nsec - now;
		ts.tv_sec = 0;
		ts.tv_nsec = (long)nsec;
		/* a wake that was lost, or a wait that failed: the word decides */
		ct_sys_futex(word, FUTEX_WAIT, value, &ts);
	}
	return 0;
}

/* In the caller, while the child waits: the steps that only the outside can do. */
void ct_launch_serve(struct ct_launch *l)
{
	struct ct_run *r = &l->run;
	uint32_t ready = CT_HAND_READY, next = CT_HAND_GO, i = 0;

	while (ct_block_step(r->plan, i)->stage <= CT_STAGE_CLONE)
		i++;
	for (; i < r->plan->first_child && !l->failed; i++) {
		const struct ct_step *s = ct_block_step(r->plan, i);

		/* the report is the child's, whose step this is */
		l->failed = ct_op_of(r->modules, s)->run(r, s);
		l->failed_step = i;
	}
	if (l->failed < 0)
		next = CT_HAND_STOP;
	/* not when the child has died meanwhile and the starter said so */
	if (__atomic_compare_exchange_n(&r->control->handshake, &ready, next, 0, __ATOMIC_SEQ_CST,
					__ATOMIC_SEQ_CST))
		ct_sys_futex(&r->control->handshake, FUTEX_WAKE, 1, NULL);
}

static void kill_child(struct ct_launch *l)
{
	l->timed_out = 1;
	/* no pidfd yet: the clone itself has not returned to the child, and nothing runs in it */
	while (__atomic_load_n(&l->run.pidfd, __ATOMIC_SEQ_CST) < 0 &&
	       __atomic_load_n(&l->run.control->handshake, __ATOMIC_SEQ_CST) != CT_HAND_GONE)
		wait_word(&l->run.control->handshake, CT_HAND_NONE, ct_now_nsec() + 1000000);
	if (l->run.pidfd >= 0)
		ct_sys_pidfd_send_signal(l->run.pidfd, SIGKILL, NULL, 0);
}

static void watch(struct ct_launch *l)
{
	struct ct_run *r = &l->run;
	uint64_t until = r->until_nsec;
	uint32_t now;

	while ((now = __atomic_load_n(&r->control->handshake, __ATOMIC_SEQ_CST)) != CT_HAND_GONE) {
		if (now == CT_HAND_READY && !l->timed_out) {
			ct_launch_serve(l);
		} else if (wait_word(&r->control->handshake, now, until) < 0) {
			kill_child(l);
			until = 0; /* SIGKILL ends it: only the end is awaited now */
		}
	}
}

/* clone3(2) of a thread that sleeps in vfork in the caller's stead. */
static int clone_by_starter(struct ct_launch *l)
{
	struct clone_args a = {
		.flags = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD |
			 CLONE_SYSVSEM | CLONE_PARENT_SETTID | CLONE_CHILD_CLEARTID,
		.parent_tid = (uint64_t)(uintptr_t)&l->run.control->starter_tid,
		.child_tid = (uint64_t)(uintptr_t)&l->run.control->starter_tid,
		.stack = (uint64_t)(uintptr_t)l->starter_stack,
		.stack_size = CT_STARTER_STACK,
	};
	int32_t tid;
	int r = ct_clone_run(&a, sizeof(a), ct_launch_starter, l);

	if (r < 0)
		return r;
	watch(l);
	/* its stack is ours again when the kernel has cleared the word; that wake is not private */
	while ((tid = __atomic_load_n(&l->run.control->starter_tid, __ATOMIC_SEQ_CST)) != 0)
		wait_word((uint32_t *)&l->run.control->starter_tid, (uint32_t)tid, 0);
	return l->clone_result;
}

void ct_launch_reap(int *pidfd, siginfo_t *info)
{
	int err, tries = 0;

	/* ECHILD: the host took it. Nothing else is for ever, and a zombie would be. */
	do {
		err = ct_sys_waitid(CT_P_PIDFD, *pidfd, info, WEXITED | __WALL, NULL);
	} while (err == -EINTR || (err < 0 && err != -ECHILD && !tries++));
	ct_sys_close(*pidfd);
	*pidfd = -1;
}

/* With contain-init as its parent, the child is reaped by that, which ends then. */
static void reap_all(struct ct_launch *l, siginfo_t *info)
{
	ct_launch_reap(&l->run.pidfd, info);
	if (l->own.pidfd >= 0)
		ct_launch_reap(&l->own.pidfd, NULL);
}

/* The child ended before the payload ran; says which step, and why. */
static int child_failed(struct ct_launch *l, uint32_t clone_step)
{
	struct ct_report *rec = l->run.report;
	siginfo_t info = { 0 };

	reap_all(l, &info);
	if (l->failed < 0) { /* a step of the parent, for which the child waited */
		rec->step = l->failed_step;
		rec->err = l->failed;
	}
	if (l->timed_out)
		rec->err = -ETIMEDOUT;
	if (rec->err == 0) { /* killed: it could not tell */
		if (rec->state == CT_STATE_NONE)
			rec->step = clone_step;
		rec->err = -ECANCELED;
		rec->detail = info.si_status;
	}
	return rec->err;
}

static int clone_child(struct ct_launch *l)
{
	prepare(l);
	if (l->starter_stack)
		return clone_by_starter(l);
	return ct_clone_run(&l->args, sizeof(l->args), ct_launch_child, l);
}

/*
 * What the plan could not know: that memory may not be shared here, or that the caller has unshared
 * its pid namespace. It may then make neither threads nor another pid namespace, but contain-init,
 * a process in the new one, may.
 */
static int clone_or_own(struct ct_launch *l)
{
	struct ct_run *r = &l->run;
	int pid;

	if (r->own_memory)
		return ct_own_start(l);
	pid = clone_child(l);
	if (pid != -EINVAL || !(l->starter_stack || r->plan->clone_flags & CLONE_NEWPID))
		return pid;
	r->own_memory = "the caller has unshared its pid namespace";
	return ct_own_start(l);
}

/* The caller's fds 0 to 2 may be closed: the pidfd stays with the handle and must not be one. */
static int move_pidfd(struct ct_run *r)
{
	int up, low = r->pidfd;

	if (low < 0 || low > 2)
		return 0;
	up = ct_sys_fcntl(low, F_DUPFD_CLOEXEC, 3);
	if (up < 0)
		return up;
	ct_sys_close(low);
	r->pidfd = up;
	return 0;
}

static int launch(struct ct_run *r, const struct ct_step *s, int (*make)(struct ct_launch *))
{
	struct ct_launch *l = r->launch;
	uint32_t self = r->report->step;
	uint64_t all = ~0ULL, old = all;
	int pid, err = ct_sys_rt_sigprocmask(SIG_SETMASK, &all, &old, sizeof(all));

	/* no mask holds SIGKILL: another one was stored, so the signals are blocked */
	if (err < 0) {
		if (old != all)
			ct_sys_rt_sigprocmask(SIG_SETMASK, &old, NULL, sizeof(old));
		return err;
	}
	pid = make(l);
	err = ct_sys_rt_sigprocmask(SIG_SETMASK, &old, NULL, sizeof(old));
	if (err < 0) /* a caller whose signals stay blocked is worse than a start that failed */
		ct_sys_rt_sigprocmask(SIG_SETMASK, &old, NULL, sizeof(old));
	if (pid < 0)
		return pid;
	if (!err)
		err = move_pidfd(r);
	if (err < 0) {
		ct_container_undo_clone(r, s);
		r->report->step = self;
		return err;
	}
	if (r->report->state == CT_STATE_EXEC && !r->report->err && !l->timed_out)
		return 0;
	return child_failed(l, self);
}

int ct_container_op_clone(struct ct_run *r, const struct ct_step *s)
{
	return launch(r, s, clone_or_own);
}

int ct_container_op_own(struct ct_run *r, const struct ct_step *s)
{
	return launch(r, s, ct_own_start);
}

void ct_container_undo_clone(struct ct_run *r, const struct ct_step *s)
{
	if (r->pidfd < 0)
		return;
	ct_sys_pidfd_send_signal(r->pidfd, SIGKILL, NULL, 0);
	reap_all(r->launch, NULL);
}
