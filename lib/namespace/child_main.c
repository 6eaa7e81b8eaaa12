/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The processes behind contain_ns_child_start(). They are forked by the C library in a process that
 * may have threads, so they may use all of it. All signals are blocked until fn runs: no handler of
 * the caller's runs in the set-up.
 */
#include "act.h"
#include "child.h"
#include "namespace.h"
#include "sys/fd.h"
#include "sys/fork.h"
#include "sys/sys.h"

#include <linux/prctl.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

int ct_ns_child_send(int sock, char what, int fd)
{
	char control[CMSG_SPACE(sizeof(int))] = { 0 };
	struct iovec iov = { &what, 1 };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1 };
	ssize_t r;

	if (fd >= 0) {
		struct cmsghdr *c;

		m.msg_control = control;
		m.msg_controllen = sizeof(control);
		c = CMSG_FIRSTHDR(&m);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(c), &fd, sizeof(int));
	}
	do {
		r = ct_sys_sendmsg(sock, &m, MSG_NOSIGNAL);
	} while (r == -EINTR);
	return r < 0 ? (int)r : 0;
}

/* The one fd that the kernel has put into our table, or -1. */
static int take_fd(struct msghdr *m)
{
	struct cmsghdr *c = CMSG_FIRSTHDR(m);
	int fd = -1;

	if (c && c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS &&
	    c->cmsg_len == CMSG_LEN(sizeof(int)))
		memcpy(&fd, CMSG_DATA(c), sizeof(int));
	return fd;
}

static int receive(int sock, char *ret_what, int *ret_fd)
{
	char control[CMSG_SPACE(sizeof(int))] = { 0 };
	struct iovec iov = { ret_what, 1 };
	struct msghdr m = { .msg_iov = &iov,
			    .msg_iovlen = 1,
			    .msg_control = control,
			    .msg_controllen = sizeof(control) };
	ssize_t n = ct_sys_recvmsg(sock, &m, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	int fd;

	if (n <= 0)
		return n < 0 ? (int)n : -ECANCELED;
	fd = ct_fd_up(take_fd(&m));
	if (m.msg_flags & MSG_CTRUNC || fd < -1) {
		if (fd >= 0)
			ct_sys_close(fd);
		return -EMFILE;
	}
	if (ret_fd)
		*ret_fd = fd;
	else if (fd >= 0)
		ct_sys_close(fd);
	return 0;
}

/*
 * Never by the end of the stream alone: a fork in another thread of the caller may hold the other
 * end open. The pidfd of who should answer tells that nobody will.
 */
int ct_ns_child_receive(int sock, int other_pidfd, char *ret_what, int *ret_fd)
{
	struct pollfd p[2] = { { .fd = sock, .events = POLLIN },
			       { .fd = other_pidfd, .events = POLLIN } };
	int r;

	for (;;) {
		r = ct_sys_ppoll(p, 2, NULL, NULL, 0);
		if (r == -EINTR)
			continue;
		if (r < 0)
			return r;
		if (p[0].revents) {
			r = receive(sock, ret_what, ret_fd);
			if (r != -EAGAIN && r != -EINTR)
				return r;
		} else if (p[1].revents) {
			return -ECANCELED;
		}
	}
}

/* ---- in the processes ---- */

static void say_failed(struct ct_ns_setup *s, const char *op, int err, const char *object,
		       const char *hint) __attribute__((noreturn));

static void say_failed(struct ct_ns_setup *s, const char *op, int err, const char *object,
		       const char *hint)
{
	struct ct_ns_page *page = s->page;

	snprintf(page->op, sizeof(page->op), "%s", op);
	snprintf(page->object, sizeof(page->object), "%s", object);
	snprintf(page->hint, sizeof(page->hint), "%s", hint ? hint : "");
	__atomic_store_n(&page->err, err, __ATOMIC_RELEASE);
	ct_ns_child_send(s->sock[1], CT_CHILD_FAILED, -1);
	for (;;)
		ct_sys_exit_group(1);
}

static void say_error(struct ct_ns_setup *s, const contain_error *e, int err)
{
	say_failed(s, contain_error_op(e), err, contain_error_object(e), contain_error_hint(e));
}

/* The caller has gone or has given up: nobody asks for a reason. */
static void wait_go(struct ct_ns_setup *s)
{
	char what = 0;
	int r = ct_ns_child_receive(s->sock[1], s->caller, &what, NULL);

	if (r == 0 && what == CT_CHILD_GO)
		return;
	say_failed(s, "child", r < 0 ? r : -ECANCELED, "go", NULL);
}

static void join(struct ct_ns_setup *s)
{
	struct ct_ns_why why;
	size_t joined;

	if (s->joins && ct_ns_join_all(s->join, s->join_type, s->joins, &joined, &why) < 0)
		say_failed(s, "join-namespace", why.err, why.object, why.hint);
}

static void make(struct ct_ns_setup *s)
{
	uint32_t uid = (uint32_t)ct_sys_geteuid(), gid = (uint32_t)ct_sys_getegid();
	contain_error *e = NULL;
	int r;

	if (!s->types)
		return;
	r = contain_ns_unshare(s->types, &e);
	if (r < 0)
		say_error(s, e, r);
	if (!(s->types & CONTAIN_NS_USER))
		return;
	if (!s->caller_maps) {
		r = contain_ns_map_self(0, 0, uid, gid, &e);
		if (r < 0)
			say_error(s, e, r);
		return;
	}
	r = ct_ns_child_send(s->sock[1], CT_CHILD_MAPS, -1);
	if (r < 0)
		say_failed(s, "child", r, "maps", NULL);
	wait_go(s);
}

/* As nsenter(1) does: user 0 of the namespace, where there is one. Ids without mapping: EINVAL. */
static void become_root(struct ct_ns_setup *s)
{
	int gid, uid, groups = 0;

	if (!((s->types | s->joined) & CONTAIN_NS_USER))
		return;
	gid = ct_sys_setresgid(0, 0, 0);
	if (gid == 0)
		groups = ct_sys_setgroups(0, NULL);
	uid = ct_sys_setresuid(0, 0, 0);
	if (gid < 0 && gid != -EINVAL)
		say_failed(s, "become-root", gid, "gid 0", NULL);
	if (groups < 0 && groups != -EPERM) /* denied in this namespace */
		say_failed(s, "become-root", groups, "groups", NULL);
	if (uid < 0 && uid != -EINVAL)
		say_failed(s, "become-root", uid, "uid 0", NULL);
}

/*
 * What is copied from the caller is not for those who are in the joined namespaces already. A user
 * namespace of its own is mapped first: /proc/self is closed to who is not dumpable.
 */
static void protect(struct ct_ns_setup *s, int dumpable)
{
	int shared = !!(s->joined & (CONTAIN_NS_USER | CONTAIN_NS_PID));
	int r = ct_sys_prctl(PR_SET_DUMPABLE, shared ? 0 : dumpable == 1, 0, 0, 0);

	if (r < 0)
		say_failed(s, "child", r, "dumpable", NULL);
}

static void run(struct ct_ns_setup *s) __attribute__((noreturn));

static void run(struct ct_ns_setup *s)
{
	struct ct_ns_page *page = s->page;
	int r;

	wait_go(s);
	r = ct_sys_rt_sigprocmask(SIG_SETMASK, &s->mask, NULL, sizeof(s->mask));
	if (r < 0) /* contain_ns_child_wait() tells */
		say_failed(s, "child", r, "signal mask", NULL);
	ct_sys_close(s->sock[1]);
	ct_sys_close(s->caller);
	page->value = s->fn(s->arg);
	__atomic_store_n(&page->end, CT_CHILD_RETURNED, __ATOMIC_RELEASE);
	for (;;)
		ct_sys_exit_group(0);
}

/* ---- the second process ---- */

static void run_inside(struct ct_ns_setup *s, int first, const unsigned long *chld)
	__attribute__((noreturn));

static void run_inside(struct ct_ns_setup *s, int first, const unsigned long *chld)
{
	const struct timespec now = { 0, 0 };
	struct pollfd p = { .fd = first, .events = POLLIN };
	/* the signal is for what comes, the look for what has been */
	int pidfd, r = ct_sys_prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);

	if (r == 0)
		r = ct_sys_ppoll(&p, 1, &now, NULL, 0);
	if (r != 0)
		say_failed(s, "fork", r < 0 ? r : -ECANCELED, "first process", NULL);
	ct_sys_close(first);
	r = ct_sys_rt_sigaction(SIGCHLD, chld, NULL, sizeof(uint64_t));
	if (r < 0)
		say_failed(s, "fork", r, "SIGCHLD", NULL);
	/* by its own hand: from outside it would be a number */
	pidfd = ct_fd_up(ct_sys_pidfd_open(ct_sys_getpid(), 0));
	r = pidfd < 0 ? pidfd : ct_ns_child_send(s->sock[1], CT_CHILD_READY, pidfd);
	if (r < 0)
		say_failed(s, "fork", r, "pidfd", NULL);
	ct_sys_close(pidfd);
	run(s);
}

/* It holds nothing of the caller's open while it waits. */
static void stay(struct ct_ns_setup *s, int pid) __attribute__((noreturn));

static void stay(struct ct_ns_setup *s, int pid)
{
	struct ct_ns_page *page = s->page;
	siginfo_t info = { 0 };
	int r;

	ct_sys_close_range(0, ~0U, 0);
	do {
		r = ct_sys_waitid(P_PID, pid, &info, WEXITED | __WALL, NULL);
	} while (r == -EINTR);
	if (r < 0) { /* what cannot be: nobody else waits here */
		__atomic_store_n(&page->err, r, __ATOMIC_RELEASE);
	} else if (__atomic_load_n(&page->end, __ATOMIC_ACQUIRE) == CT_CHILD_RUNS) {
		page->value = info.si_status;
		__atomic_store_n(&page->end,
				 info.si_code == CLD_EXITED ? CT_CHILD_EXITED : CT_CHILD_KILLED,
				 __ATOMIC_RELEASE);
	}
	for (;;)
		ct_sys_exit_group(0);
}

static void fork_again(struct ct_ns_setup *s) __attribute__((noreturn));

static void fork_again(struct ct_ns_setup *s)
{
	/* as the kernel has it: handler, flags, restorer, mask */
	unsigned long chld[4] = { 0 }, plain[4] = { 0 };
	int pid, r, first = ct_fd_up(ct_sys_pidfd_open(ct_sys_getpid(), 0));

	if (first < 0)
		say_failed(s, "fork", first, "pidfd", NULL);
	/* ignored, it would let the kernel reap in our place */
	r = ct_sys_rt_sigaction(SIGCHLD, plain, chld, sizeof(uint64_t));
	if (r < 0)
		say_failed(s, "fork", r, "SIGCHLD", NULL);
	pid = ct_fork(CT_FORK_INNER);
	if (pid == 0)
		run_inside(s, first, chld);
	if (pid < 0)
		say_failed(s, "fork", pid, "child",
			   pid == -EAGAIN ? CT_FORK_LIMIT :
			   pid == -ENOMEM ? "no memory, or process 1 of the joined pid namespace "
					    "has ended" :
					    NULL);
	stay(s, pid);
}

void ct_ns_child_main(struct ct_ns_setup *s)
{
	const uint64_t entered = CONTAIN_NS_PID | CONTAIN_NS_TIME;
	int r, dumpable = ct_sys_prctl(PR_GET_DUMPABLE, 0, 0, 0, 0);

	ct_sys_close(s->sock[0]);
	wait_go(s);
	if (!(s->types & CONTAIN_NS_USER))
		protect(s, dumpable);
	join(s);
	make(s);
	become_root(s);
	protect(s, dumpable);
	if (s->types & entered || s->joined & CONTAIN_NS_PID)
		fork_again(s);
	r = ct_ns_child_send(s->sock[1], CT_CHILD_READY, -1);
	if (r < 0)
		say_failed(s, "child", r, "ready", NULL);
	run(s);
}
