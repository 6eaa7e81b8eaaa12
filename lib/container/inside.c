/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The caller's side: what is joined, the child, its time, and what it said. */
#include "inside.h"
#include "inside_child.h"
#include "cgroup/group_update.h"
#include "namespace/act.h"
#include "plan/error.h"
#include "sys/fd.h"
#include "sys/fork.h"
#include "sys/helper.h"
#include "sys/path.h"
#include "sys/pidfd.h"
#include "sys/sys.h"

#include <contain/namespace.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>

#define LIMIT_NSEC 10000000000ULL
#define KILLED_NSEC 1000000000ULL /* for the kernel to end what was killed */

static int fail(const struct ct_inside *job, int err, const char *object, const char *hint,
		contain_error **reterr)
{
	if (err == -ENOSYS) {
		err = -EOPNOTSUPP;
		hint = ct_inside_unsupported;
	}
	return ct_error_simple(reterr, err, CONTAIN_PHASE_PARENT, job->op, object, hint);
}

/* ---- the container ---- */

static int is_paused(const struct ct_group *g)
{
	char text[256];
	int fd = ct_group_freezer(g);

	if (g->fd >= 0 && ct_read_once_at(g->fd, "cgroup.events", 0, text, sizeof(text)) > 0 &&
	    strstr(text, "frozen 1"))
		return 1;
	return fd >= 0 && ct_read_once_at(fd, "freezer.state", 0, text, sizeof(text)) > 0 &&
	       strncmp(text, "THAWED", 6) != 0;
}

static int check_state(const container *c, const struct ct_inside *job, contain_error **reterr)
{
	if (!c)
		return fail(job, -EINVAL, "container", "is NULL", reterr);
	if (ct_pidfd_has_ended(c->pidfd) != 0)
		return fail(job, -ESRCH, c->name, "the container has ended", reterr);
	if (is_paused(c->group))
		return fail(job, -EBUSY, c->name,
			    "the container is paused: container_resume() first", reterr);
	return 0;
}

/* ---- the namespaces ---- */

static int shares(uint64_t type, int fd)
{
	int own = ct_ns_open_own(ct_ns_name(type)), same;

	if (own < 0)
		return own;
	same = ct_ns_same(own, fd);
	ct_sys_close(own);
	return same;
}

/* The fd is the child's to join, unless the caller is in that namespace already: 0 then. */
static int add(struct ct_inside_child *ch, uint64_t type, int fd)
{
	int r = shares(type, fd);

	if (r != 0) {
		ct_sys_close(fd);
		return r < 0 ? r : 0;
	}
	ch->ns[ch->n] = fd;
	ch->type[ch->n++] = type;
	return 1;
}

static int open_one(const container *c, struct ct_inside_child *ch, uint64_t type,
		    contain_error **reterr)
{
	struct ct_ns_why why = { 0 };
	int r, fd = ct_ns_open_of(c->pidfd, type, &why);

	if (fd < 0)
		return ct_ns_fail(reterr, ch->job->op, &why);
	r = add(ch, type, fd);
	return r < 0 ? fail(ch->job, r, ct_ns_name(type), NULL, reterr) : r;
}

/*
 * The rights come from the owner of the mount namespace: the payload may have gone on into another
 * user namespace, which has none over it.
 */
static int open_all(const container *c, struct ct_inside_child *ch, contain_error **reterr)
{
	int owner, r = open_one(c, ch, CONTAIN_NS_MNT, reterr);

	if (r == 0)
		return fail(ch->job, -EINVAL, c->name,
			    "the container has the caller's own mount namespace: contain/mount.h "
			    "acts there",
			    reterr);
	if (r < 0)
		return r;
	owner = contain_ns_owner(ch->ns[0], reterr);
	if (owner < 0)
		return owner;
	r = add(ch, CONTAIN_NS_USER, owner);
	if (r < 0)
		return fail(ch->job, r, "user", NULL, reterr);
	for (int i = 0; i < CT_NS_TYPES && r >= 0; i++)
		if (ch->job->types & ct_ns_types[i].type)
			r = open_one(c, ch, ct_ns_types[i].type, reterr);
	return r < 0 ? r : 0;
}

/* ---- the child ---- */

/* With all signals blocked: the child runs no handler of the caller's. */
static int fork_blocked(struct ct_inside_child *ch)
{
	const uint64_t all = ~0ULL;
	uint64_t mask;
	int pid, r = ct_sys_rt_sigprocmask(SIG_SETMASK, NULL, &mask, sizeof(mask));

	if (r < 0)
		return r;
	r = ct_sys_rt_sigprocmask(SIG_SETMASK, &all, NULL, sizeof(all));
	pid = r < 0 ? r : ct_fork(CT_FORK_OUTER);
	if (pid == 0)
		ct_inside_child_main(ch);
	/* worth a second try, as nothing else could be done about it */
	if (ct_sys_rt_sigprocmask(SIG_SETMASK, &mask, NULL, sizeof(mask)) < 0)
		ct_sys_rt_sigprocmask(SIG_SETMASK, &mask, NULL, sizeof(mask));
	return pid;
}

/* ECHILD: another part of the program has. */
static void reap(int type, int id)
{
	siginfo_t info = { 0 };
	int r, tries = 2;

	do {
		r = ct_sys_waitid(type, id, &info, WEXITED | __WALL, NULL);
	} while (r == -EINTR || (r < 0 && r != -ECHILD && --tries));
}

/* What does not end although it was killed is left to end when it can. */
static void kill_child(int pidfd)
{
	ct_sys_pidfd_send_signal(pidfd, SIGKILL, NULL, 0);
	if (ct_poll_until(pidfd, POLLIN, ct_now_nsec() + KILLED_NSEC) > 0)
		reap(CT_P_PIDFD, pidfd);
}

/* 0: it has ended by itself. */
static int wait_child(struct ct_inside_child *ch, int pidfd)
{
	/* what the child starts itself has the same limit, and it waits for that */
	const uint64_t until = ch->until_nsec + (ch->job->types ? 2 * KILLED_NSEC : 0);
	char what = 0;
	int r = ct_ns_child_send(ch->sock[0], CT_CHILD_GO, -1);

	if (r == 0)
		r = ct_ns_child_receive(ch->sock[0], pidfd, &what, NULL);
	if (r == 0) /* from here on it acts */
		r = ct_ns_child_send(ch->sock[0], CT_CHILD_GO, -1);
	if (r == 0) {
		r = ct_poll_until(pidfd, POLLIN, until);
		r = r > 0 ? 0 : r < 0 ? r : -ETIMEDOUT;
	}
	/* without an answer that has come from it the pidfd may be another's: it is not killed */
	if (r == 0 || r == -ECANCELED || r == -EPIPE)
		reap(CT_P_PIDFD, pidfd);
	else
		kill_child(pidfd);
	return r == -EPIPE ? -ECANCELED : r;
}

static int say(const container *c, const struct ct_inside_child *ch, int r, contain_error **reterr)
{
	const struct ct_inside_page *page = ch->page;
	struct ct_error_parts p = { .phase = CONTAIN_PHASE_CHILD,
				    .op = page->op,
				    .object = page->object,
				    .log = page->log,
				    .hint = page->hint };

	if (__atomic_load_n(&page->done, __ATOMIC_ACQUIRE)) {
		p.code = page->result;
		if (p.code >= 0)
			return p.code;
		if (ct_pidfd_has_ended(c->pidfd) == 0 || p.code == -ETIMEDOUT)
			return ct_error_set(reterr, &p);
	}
	if (ct_pidfd_has_ended(c->pidfd) != 0)
		return fail(ch->job, -ESRCH, c->name, "the container has ended meanwhile", reterr);
	if (r == -ETIMEDOUT)
		return fail(ch->job, r, c->name, ct_inside_late, reterr);
	if (r < 0 && r != -ECANCELED)
		return fail(ch->job, r, "child", NULL, reterr);
	return fail(ch->job, -ECANCELED, "child",
		    "the child that works in the container was killed", reterr);
}

static const char *why_no_fork(int err)
{
	return err == -EAGAIN ? CT_FORK_LIMIT : NULL;
}

static int run_child(const container *c, struct ct_inside_child *ch, contain_error **reterr)
{
	int pidfd, r, pid = fork_blocked(ch);

	if (pid < 0)
		return fail(ch->job, pid, "fork", why_no_fork(pid), reterr);
	pidfd = ct_fd_up(ct_sys_pidfd_open(pid, 0));
	if (pidfd < 0) {
		/* not waited for, so that the number is its own */
		ct_sys_kill(pid, SIGKILL);
		reap(P_PID, pid);
		return fail(ch->job, pidfd, "pidfd_open", NULL, reterr);
	}
	r = wait_child(ch, pidfd);
	ct_sys_close(pidfd);
	return say(c, ch, r, reterr);
}

static int open_ends(struct ct_inside_child *ch)
{
	int r = ct_sys_socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ch->sock);
	void *page;

	if (r < 0) {
		ch->sock[0] = ch->sock[1] = -1;
		return r;
	}
	for (int i = 0; i < 2; i++) {
		r = ch->sock[i] = ct_fd_up(ch->sock[i]);
		if (r < 0)
			return r;
	}
	r = ch->caller = ct_fd_up(ct_sys_pidfd_open(ct_sys_getpid(), 0));
	if (r < 0)
		return r;
	page = ct_sys_mmap(sizeof(*ch->page), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS);
	if (ct_sys_is_err(page))
		return (int)(long)page;
	ch->page = page;
	return 0;
}

static void close_all(struct ct_inside_child *ch)
{
	for (size_t i = 0; i < ch->n; i++)
		ct_sys_close(ch->ns[i]);
	for (int i = 0; i < 2; i++)
		if (ch->sock[i] >= 0)
			ct_sys_close(ch->sock[i]);
	if (ch->caller >= 0)
		ct_sys_close(ch->caller);
	if (ch->page)
		ct_sys_munmap(ch->page, sizeof(*ch->page));
}

int ct_inside_run(container *c, const struct ct_inside *job, contain_error **reterr)
{
	struct ct_inside_child ch = { .job = job, .sock = { -1, -1 }, .caller = -1 };
	int r = check_state(c, job, reterr);

	if (r < 0)
		return r;
	r = open_all(c, &ch, reterr);
	if (r == 0) {
		r = open_ends(&ch);
		ch.until_nsec = ct_now_nsec() + LIMIT_NSEC;
		r = r < 0 ? fail(job, r, "child", NULL, reterr) : run_child(c, &ch, reterr);
	}
	close_all(&ch);
	return r;
}
