/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The caller's side of a function in a child: start, wait, free. */
#include "child.h"
#include "act.h"
#include "id_map.h"
#include "plan/error.h"
#include "sys/fd.h"
#include "sys/fork.h"
#include "sys/helper.h"
#include "sys/sys.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>

#define PAGE 4096

struct contain_ns_child {
	struct ct_ns_page *page;
	int outer; /* pidfd of the first process, our child */
	int inner; /* pidfd of the second one, or -1 */
	int pid;
	int reaped, result, value, signal; /* result: of the wait */
};

static int fail(contain_error **reterr, int err, const char *object, const char *hint)
{
	return ct_ns_failed(reterr, "child", err, object, hint);
}

/* ---- start ---- */

static int add_join(struct ct_ns_setup *s, int fd, contain_error **reterr)
{
	struct ct_ns_why why;
	uint64_t type = 0;

	if (ct_ns_check(fd, 0, &type, &why) < 0)
		return fail(reterr, why.err, "ns_fds", why.hint);
	if (s->joined & type)
		return fail(reterr, -EINVAL, "ns_fds", "two of the same type");
	s->join[s->joins] = fd;
	s->join_type[s->joins++] = type;
	s->joined |= type;
	return 0;
}

static int check(struct ct_ns_setup *s, const int *fds, size_t n, const contain_id_map *uid_map,
		 const contain_id_map *gid_map, contain_error **reterr)
{
	const char *map = uid_map ? "uid_map" : "gid_map";

	if (!s->fn)
		return fail(reterr, -EINVAL, "fn", "is NULL");
	if (s->types & ~(uint64_t)CONTAIN_NS_ALL)
		return fail(reterr, -EINVAL, "types", "an unknown type");
	if (n && !fds)
		return fail(reterr, -EINVAL, "ns_fds", "is NULL");
	for (size_t i = 0; i < n; i++) {
		int r = add_join(s, fds[i], reterr);

		if (r < 0)
			return r;
	}
	if (!uid_map && !gid_map)
		return 0;
	s->caller_maps = 1;
	if (!(s->types & CONTAIN_NS_USER))
		return fail(reterr, -EINVAL, map,
			    "a map is of a new user namespace: add "
			    "CONTAIN_NS_USER");
	if (s->joined & CONTAIN_NS_USER)
		return fail(
			reterr, -EINVAL, map,
			"a user namespace inside a joined one has its maps written by a process "
			"in that: give none, and the id that the child has there becomes 0");
	return 0;
}

/* The map that NULL stands for, where the other one is given. */
static int own_map(const contain_id_map *given, int kind, contain_id_map **ret_made,
		   contain_error **reterr)
{
	uint32_t own = (uint32_t)(kind == CONTAIN_ID_GROUP ? ct_sys_getegid() : ct_sys_geteuid());
	int r;

	if (given)
		return 0;
	r = contain_id_map_new(ret_made);
	if (r < 0)
		return fail(reterr, r, ct_id_map_file(kind), NULL);
	return contain_id_map_add(*ret_made, 0, own, 1, reterr);
}

static int write_maps(const contain_ns_child *c, const contain_id_map *uid_map,
		      const contain_id_map *gid_map, contain_error **reterr)
{
	contain_id_map *uid = NULL, *gid = NULL;
	int r = own_map(uid_map, CONTAIN_ID_USER, &uid, reterr);

	if (r >= 0)
		r = own_map(gid_map, CONTAIN_ID_GROUP, &gid, reterr);
	if (r >= 0)
		r = contain_id_map_write(c->outer, uid ? uid : uid_map, gid ? gid : gid_map,
					 reterr);
	contain_id_map_free(uid);
	contain_id_map_free(gid);
	return r;
}

/* What the child wrote before it said so, or ended. */
static int fail_child(const struct ct_ns_page *page, int r, contain_error **reterr)
{
	int err = __atomic_load_n(&page->err, __ATOMIC_ACQUIRE);
	struct ct_error_parts p = { .code = err,
				    .phase = CONTAIN_PHASE_CHILD,
				    .op = page->op,
				    .object = page->object,
				    .hint = page->hint };

	if (err)
		return ct_error_set(reterr, &p);
	return fail(reterr, r, "child",
		    r == -ECANCELED ? "the child was killed while it was set up" : NULL);
}

/* Until the child is ready to run the function. */
static int guide(struct ct_ns_setup *s, contain_ns_child *c, const contain_id_map *uid_map,
		 const contain_id_map *gid_map, contain_error **reterr)
{
	char what = 0;
	int r = ct_ns_child_send(s->sock[0], CT_CHILD_GO, -1);

	while (r == 0) {
		r = ct_ns_child_receive(s->sock[0], c->outer, &what, &c->inner);
		if (r < 0)
			break;
		if (what == CT_CHILD_FAILED)
			return fail_child(c->page, -ECANCELED, reterr);
		if (what == CT_CHILD_MAPS) {
			r = write_maps(c, uid_map, gid_map, reterr);
			if (r < 0)
				return r;
		}
		r = ct_ns_child_send(s->sock[0], CT_CHILD_GO, -1);
		if (r == 0 && what == CT_CHILD_READY)
			return 0;
	}
	return fail_child(c->page, r == -EPIPE ? -ECANCELED : r, reterr);
}

static void reap(const contain_ns_child *c)
{
	siginfo_t info = { 0 };
	int r;

	do {
		r = c->outer >= 0 ?
			    ct_sys_waitid(CT_P_PIDFD, c->outer, &info, WEXITED | __WALL, NULL) :
			    ct_sys_waitid(P_PID, c->pid, &info, WEXITED | __WALL, NULL);
	} while (r == -EINTR);
}

/* Forks with all signals blocked: the first process runs no handler of the caller's. */
static int fork_first(struct ct_ns_setup *s)
{
	const uint64_t all = ~0ULL;
	int pid, r = ct_sys_rt_sigprocmask(SIG_SETMASK, NULL, &s->mask, sizeof(all));

	if (r < 0)
		return r;
	r = ct_sys_rt_sigprocmask(SIG_SETMASK, &all, NULL, sizeof(all));
	pid = r < 0 ? r : ct_fork(CT_FORK_OUTER);
	if (pid == 0)
		ct_ns_child_main(s);
	/* the caller's mask is worth a second try, as nothing else could be done about it */
	if (ct_sys_rt_sigprocmask(SIG_SETMASK, &s->mask, NULL, sizeof(s->mask)) < 0)
		ct_sys_rt_sigprocmask(SIG_SETMASK, &s->mask, NULL, sizeof(s->mask));
	return pid;
}

static const char *why_no_fork(int err)
{
	if (err == -EAGAIN)
		return CT_FORK_LIMIT;
	if (err == -ENOMEM)
		return "no memory, or process 1 of the pid namespace into which the caller's next "
		       "child goes has ended";
	return NULL;
}

static int start(struct ct_ns_setup *s, contain_ns_child *c, const contain_id_map *uid_map,
		 const contain_id_map *gid_map, contain_error **reterr)
{
	int r = c->pid = fork_first(s);

	if (r < 0)
		return fail(reterr, r, "fork", why_no_fork(r));
	r = c->outer = ct_fd_up(ct_sys_pidfd_open(c->pid, 0));
	r = r < 0 ? fail(reterr, r, "pidfd", NULL) : guide(s, c, uid_map, gid_map, reterr);
	if (r == 0)
		return 0;
	/* not waited for, so that the number is its own; a second process dies with it */
	if (c->outer >= 0)
		ct_sys_pidfd_send_signal(c->outer, SIGKILL, NULL, 0);
	else
		ct_sys_kill(c->pid, SIGKILL);
	reap(c);
	c->reaped = 1;
	return r;
}

static int open_ends(struct ct_ns_setup *s)
{
	int r = ct_sys_socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, s->sock);

	if (r < 0) {
		s->sock[0] = s->sock[1] = -1;
		return r;
	}
	s->sock[0] = ct_fd_up(s->sock[0]);
	s->sock[1] = ct_fd_up(s->sock[1]);
	s->caller = ct_fd_up(ct_sys_pidfd_open(ct_sys_getpid(), 0));
	return s->sock[0] < 0 ? s->sock[0] :
	       s->sock[1] < 0 ? s->sock[1] :
	       s->caller < 0  ? s->caller :
				0;
}

static void close_ends(const struct ct_ns_setup *s)
{
	if (s->sock[0] >= 0)
		ct_sys_close(s->sock[0]);
	if (s->sock[1] >= 0)
		ct_sys_close(s->sock[1]);
	if (s->caller >= 0)
		ct_sys_close(s->caller);
}

static int new_child(contain_ns_child **ret)
{
	contain_ns_child *c = calloc(1, sizeof(*c));
	void *page;

	if (!c)
		return -ENOMEM;
	page = ct_sys_mmap(PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS);
	if (ct_sys_is_err(page)) {
		free(c);
		return (int)(long)page;
	}
	c->page = page;
	c->outer = c->inner = -1;
	c->reaped = 1; /* nothing to reap so far */
	*ret = c;
	return 0;
}

int contain_ns_child_start(uint64_t types, const int *ns_fds, size_t ns_fds_count,
			   const contain_id_map *uid_map, const contain_id_map *gid_map,
			   contain_ns_fn fn, void *arg, contain_ns_child **ret_child,
			   contain_error **reterr)
{
	struct ct_ns_setup s = {
		.types = types, .fn = fn, .arg = arg, .sock = { -1, -1 }, .caller = -1
	};
	contain_ns_child *c = NULL;
	int r;

	if (!ret_child)
		return fail(reterr, -EINVAL, "ret_child", "is NULL");
	r = check(&s, ns_fds, ns_fds_count, uid_map, gid_map, reterr);
	if (r < 0)
		return r;
	r = new_child(&c);
	if (r < 0)
		return fail(reterr, r, "memory", NULL);
	s.page = c->page;
	r = open_ends(&s);
	if (r < 0) {
		fail(reterr, r, "socketpair", NULL);
	} else {
		c->reaped = 0;
		r = start(&s, c, uid_map, gid_map, reterr);
	}
	close_ends(&s);
	if (r < 0)
		contain_ns_child_free(c);
	else
		*ret_child = c;
	return r;
}

/* ---- wait ---- */

int contain_ns_child_pidfd(const contain_ns_child *c)
{
	if (!c)
		return -EINVAL;
	return c->inner >= 0 ? c->inner : c->outer;
}

/* What the kernel keeps of a process whose status another part of the program took, Linux 6.15. */
static int status_kept(const contain_ns_child *c, int *ret_status)
{
	struct ct_pidfd_info info = { .mask = CT_PIDFD_INFO_EXIT };

	if (ct_sys_ioctl(c->outer, CT_PIDFD_GET_INFO, &info) < 0 ||
	    !(info.mask & CT_PIDFD_INFO_EXIT))
		return -ECHILD;
	*ret_status = info.exit_code;
	return 0;
}

/* The first process has ended: r and info are what waitid(2) said. */
static void conclude(contain_ns_child *c, int r, const siginfo_t *info)
{
	int status = 0, end = __atomic_load_n(&c->page->end, __ATOMIC_ACQUIRE);

	c->reaped = 1;
	c->value = c->page->value;
	c->result = __atomic_load_n(&c->page->err, __ATOMIC_ACQUIRE);
	if (c->result || end == CT_CHILD_RETURNED || end == CT_CHILD_EXITED)
		return;
	if (end == CT_CHILD_KILLED) {
		c->signal = c->value;
	} else if (r < 0) {
		c->result = status_kept(c, &status);
		c->signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
		c->value = WEXITSTATUS(status);
	} else if (info->si_code == CLD_EXITED) {
		c->value = info->si_status;
	} else {
		c->signal = info->si_status;
	}
}

static int wait_end(contain_ns_child *c, int64_t timeout_msec)
{
	uint64_t until = timeout_msec < 0 || timeout_msec > INT64_MAX / 2000000 ? 0 :
			 timeout_msec == 0 ? 1 /* long past */ :
					     ct_now_nsec() + (uint64_t)timeout_msec * 1000000;
	siginfo_t info = { 0 };
	int r = ct_poll_until(c->outer, POLLIN, until);

	if (r <= 0)
		return r < 0 ? r : -ETIMEDOUT;
	do {
		r = ct_sys_waitid(CT_P_PIDFD, c->outer, &info, WEXITED | __WALL, NULL);
	} while (r == -EINTR);
	if (r < 0 && r != -ECHILD)
		return r; /* nothing is lost, it may be tried again */
	conclude(c, r, &info);
	return 0;
}

int contain_ns_child_wait(contain_ns_child *c, int64_t timeout_msec, int *ret_value,
			  contain_error **reterr)
{
	int r;

	if (!c)
		return ct_ns_failed(reterr, "child-wait", -EINVAL, "child", "is NULL");
	r = c->reaped ? 0 : wait_end(c, timeout_msec);
	if (r == 0)
		r = c->result;
	if (r == -ECHILD)
		return ct_ns_failed(reterr, "child-wait", r, "child",
				    "another part of the program took the status: a waitpid(-1), "
				    "or SIGCHLD is ignored");
	if (r < 0)
		return ct_ns_failed(reterr, "child-wait", r, "child",
				    r == -ETIMEDOUT ? "the function still runs" : NULL);
	if (c->signal)
		return c->signal;
	if (ret_value)
		*ret_value = c->value;
	return 0;
}

void contain_ns_child_free(contain_ns_child *c)
{
	siginfo_t info = { 0 };

	if (!c)
		return;
	if (!c->reaped)
		ct_sys_waitid(CT_P_PIDFD, c->outer, &info, WEXITED | WNOHANG | __WALL, NULL);
	if (c->outer >= 0)
		ct_sys_close(c->outer);
	if (c->inner >= 0)
		ct_sys_close(c->inner);
	ct_sys_munmap(c->page, PAGE);
	free(c);
}

int contain_ns_run(uint64_t types, const int *ns_fds, size_t ns_fds_count,
		   const contain_id_map *uid_map, const contain_id_map *gid_map, contain_ns_fn fn,
		   void *arg, int *ret_value, contain_error **reterr)
{
	contain_ns_child *c = NULL;
	int r = contain_ns_child_start(types, ns_fds, ns_fds_count, uid_map, gid_map, fn, arg, &c,
				       reterr);

	if (r < 0)
		return r;
	r = contain_ns_child_wait(c, -1, ret_value, reterr);
	contain_ns_child_free(c);
	return r;
}
