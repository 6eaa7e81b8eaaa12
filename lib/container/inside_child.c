/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The child's side. It is forked by the C library in a process that may have threads, so it may use
 * all of it. All signals are blocked: no handler of the caller's runs here.
 */
#include "inside_child.h"
#include "namespace/act.h"
#include "plan/error.h"
#include "sys/fd.h"
#include "sys/fork.h"
#include "sys/helper.h"
#include "sys/sys.h"

#include <linux/prctl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>

const char ct_inside_late[] =
	"something in the container does not answer, such as a FUSE file system whose server has "
	"stopped: given up after 10 seconds; whether it was done is not known";

const char ct_inside_unsupported[] =
	"unsupported: the kernel, or a seccomp filter, does not have this call";

static void end(struct ct_inside_child *ch, int result) __attribute__((noreturn));

static void end(struct ct_inside_child *ch, int result)
{
	ch->page->result = result;
	__atomic_store_n(&ch->page->done, 1, __ATOMIC_RELEASE);
	for (;;)
		ct_sys_exit_group(0);
}

static void end_failed(struct ct_inside_child *ch, int err, const char *op, const char *object,
		       const char *hint) __attribute__((noreturn));

static void end_failed(struct ct_inside_child *ch, int err, const char *op, const char *object,
		       const char *hint)
{
	struct ct_inside_page *page = ch->page;

	snprintf(page->op, sizeof(page->op), "%s", op);
	snprintf(page->object, sizeof(page->object), "%s", object);
	if (err == -ENOSYS) {
		err = -EOPNOTSUPP;
		hint = ct_inside_unsupported;
	}
	snprintf(page->hint, sizeof(page->hint), "%s", hint ? hint : "");
	end(ch, err);
}

/* As a primitive ended: its error, word for word. */
static void end_as(struct ct_inside_child *ch, int r, const contain_error *e)
	__attribute__((noreturn));

static void end_as(struct ct_inside_child *ch, int r, const contain_error *e)
{
	if (r >= 0)
		end(ch, r);
	snprintf(ch->page->log, sizeof(ch->page->log), "%s", e ? contain_error_log(e) : "");
	end_failed(ch, r, e ? contain_error_op(e) : ch->job->op,
		   e ? contain_error_object(e) : "memory", e ? contain_error_hint(e) : NULL);
}

/* ---- before anything is joined ---- */

static int by_number(const void *a, const void *b)
{
	return *(const int *)a < *(const int *)b ? -1 : *(const int *)a > *(const int *)b;
}

/* All but what is needed inside. */
static int close_others(struct ct_inside_child *ch)
{
	int keep[CT_NS_TYPES + 6], r = 0;
	size_t n = 0;
	unsigned from = 0;

	for (size_t i = 0; i < ch->n; i++)
		keep[n++] = ch->ns[i];
	for (size_t i = 0; i < 4; i++)
		if (ch->job->fd[i] >= 0)
			keep[n++] = ch->job->fd[i];
	keep[n++] = ch->caller;
	keep[n++] = ch->sock[1];
	qsort(keep, n, sizeof(*keep), by_number);
	for (size_t i = 0; i < n && r == 0; i++) {
		if ((unsigned)keep[i] > from)
			r = ct_sys_close_range(from, (unsigned)keep[i] - 1, 0);
		from = (unsigned)keep[i] + 1;
	}
	return r < 0 ? r : ct_sys_close_range(from, ~0U, 0);
}

/* The answer shows that the caller's pidfd is of this process; what is done comes after that. */
static void greet(struct ct_inside_child *ch)
{
	char what = 0;
	int r = ct_ns_child_receive(ch->sock[1], ch->caller, &what, NULL);

	if (r == 0)
		r = ct_ns_child_send(ch->sock[1], CT_CHILD_READY, -1);
	if (r == 0)
		r = ct_ns_child_receive(ch->sock[1], ch->caller, &what, NULL);
	if (r < 0)
		end_failed(ch, r, ch->job->op, "child", NULL);
}

static void prepare(struct ct_inside_child *ch)
{
	int r = ct_sys_prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);

	if (r < 0)
		end_failed(ch, r, ch->job->op, "dumpable", NULL);
	r = close_others(ch);
	if (r < 0)
		end_failed(ch, r, ch->job->op, "close_range", NULL);
	greet(ch);
	ct_sys_close(ch->sock[1]);
}

/* ---- inside ---- */

/* User 0 of the joined namespace, where there is one. Ids without mapping: EINVAL. */
static void become_root(struct ct_inside_child *ch)
{
	int gid = ct_sys_setresgid(0, 0, 0), groups = 0, uid, r;

	if (gid == 0)
		groups = ct_sys_setgroups(0, NULL);
	uid = ct_sys_setresuid(0, 0, 0);
	if ((gid < 0 && gid != -EINVAL) || (uid < 0 && uid != -EINVAL))
		end_failed(ch, gid < 0 ? gid : uid, ch->job->op, "become root", NULL);
	if (groups < 0 && groups != -EPERM) /* denied in this namespace */
		end_failed(ch, groups, ch->job->op, "groups", NULL);
	r = ct_sys_prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	if (r < 0)
		end_failed(ch, r, ch->job->op, "dumpable", NULL);
}

static int joins(const struct ct_inside_child *ch, uint64_t type)
{
	for (size_t i = 0; i < ch->n; i++)
		if (ch->type[i] == type)
			return 1;
	return 0;
}

static void join(struct ct_inside_child *ch, uint64_t only, uint64_t without)
{
	uint64_t types[CT_NS_TYPES];
	int fds[CT_NS_TYPES];
	struct ct_ns_why why;
	size_t n = 0, joined;

	for (size_t i = 0; i < ch->n; i++) {
		if ((only && ch->type[i] != only) || ch->type[i] == without)
			continue;
		types[n] = ch->type[i];
		fds[n++] = ch->ns[i];
	}
	if (n && ct_ns_join_all(fds, types, n, &joined, &why) < 0)
		end_failed(ch, why.err, "join-namespace", why.object, why.hint);
}

/* In a copy of the caller's mounts, with the rights of the container's user namespace. */
static void run_before(struct ct_inside_child *ch)
{
	contain_error *e = NULL;
	int r;

	join(ch, CONTAIN_NS_USER, 0);
	r = ct_sys_unshare(CLONE_NEWNS);
	if (r < 0)
		end_failed(ch, r, ch->job->op, "mount namespace", NULL);
	r = ch->job->before(ch->job->arg, &e);
	if (r < 0)
		end_as(ch, r, e);
	join(ch, 0, CONTAIN_NS_USER);
}

/* parent: a pidfd of who waits for this process, with which it ends. */
static void run(struct ct_inside_child *ch, int parent) __attribute__((noreturn));

static void run(struct ct_inside_child *ch, int parent)
{
	const struct timespec now = { 0, 0 };
	struct pollfd p = { .fd = parent, .events = POLLIN };
	contain_error *e = NULL;
	int root, r;

	/* the signal, which a change of ids cancels, is for what comes, the look for what was */
	r = ct_sys_prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	if (r == 0)
		r = ct_sys_ppoll(&p, 1, &now, NULL, 0);
	if (r != 0)
		end_failed(ch, r < 0 ? r : -ECANCELED, ch->job->op, "child", NULL);
	root = ct_sys_openat(AT_FDCWD, "/", O_PATH | O_DIRECTORY | O_CLOEXEC, 0);
	if (root < 0)
		end_failed(ch, root, ch->job->op, "/", NULL);
	ct_sys_umask(022); /* of the mount points that are made */
	r = ch->job->run(ch->job->arg, root, &e);
	end_as(ch, r, e);
}

/* ---- where a pid namespace is joined: the next child is in it ---- */

/* Outside of the pid namespace: nobody inside can stop or kill this one. */
static void watch(struct ct_inside_child *ch, int pid) __attribute__((noreturn));

static void watch(struct ct_inside_child *ch, int pid)
{
	struct pollfd p[2] = { { .fd = ct_sys_pidfd_open(pid, 0), .events = POLLIN },
			       { .fd = ch->caller, .events = POLLIN } };
	siginfo_t info = { 0 };
	int r = p[0].fd < 0 ? p[0].fd : ct_poll_fds_until(p, 2, ch->until_nsec);
	int ended = r > 0 && p[0].revents;

	if (!ended) {
		ct_sys_kill(pid, SIGKILL);
		if (p[0].fd >= 0)
			ended = ct_poll_until(p[0].fd, POLLIN, ct_now_nsec() + 1000000000ULL) > 0;
	}
	if (ended)
		ct_sys_waitid(P_PID, pid, &info, WEXITED | __WALL, NULL);
	if (__atomic_load_n(&ch->page->done, __ATOMIC_ACQUIRE))
		for (;;)
			ct_sys_exit_group(0);
	if (r == 0)
		end_failed(ch, -ETIMEDOUT, ch->job->op, "container", ct_inside_late);
	end_failed(ch, r < 0 ? r : -ECANCELED, ch->job->op, "child",
		   "the child that works in the container was killed");
}

static void fork_again(struct ct_inside_child *ch) __attribute__((noreturn));

static void fork_again(struct ct_inside_child *ch)
{
	/* as the kernel has it: handler, flags, restorer, mask; ignored, it would reap for us */
	unsigned long plain[4] = { 0 };
	int pid, first = ct_sys_pidfd_open(ct_sys_getpid(), 0);
	int r = ct_sys_rt_sigaction(SIGCHLD, plain, NULL, sizeof(uint64_t));

	if (first < 0 || r < 0)
		end_failed(ch, first < 0 ? first : r, ch->job->op, "fork", NULL);
	pid = ct_fork(CT_FORK_INNER);
	if (pid == 0)
		run(ch, first);
	if (pid < 0)
		end_failed(ch, pid, ch->job->op, "fork",
			   pid == -EAGAIN ? CT_FORK_LIMIT :
			   pid == -ENOMEM ? "no memory, or process 1 of the container has ended" :
					    NULL);
	ct_sys_close(first);
	watch(ch, pid);
}

void ct_inside_child_main(struct ct_inside_child *ch)
{
	prepare(ch);
	if (ch->job->before)
		run_before(ch);
	else
		join(ch, 0, 0);
	if (joins(ch, CONTAIN_NS_USER))
		become_root(ch);
	if (joins(ch, CONTAIN_NS_PID))
		fork_again(ch);
	run(ch, ch->caller);
}
