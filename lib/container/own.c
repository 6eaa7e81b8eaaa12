/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The caller's side of contain-init: what it is given, and how the caller hears of it. */
#include "launch.h"
#include "namespace/namespace.h"
#include "plan/image.h"
#include "sys/clone.h"
#include "sys/fd.h"
#include "sys/helper.h"
#include "sys/pidfd.h"

#include <linux/memfd.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>

#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 0x0008U /* Linux 6.3 */
#endif
#define ALIGN(n) (((n) + 7) & ~(size_t)7)

static size_t strings_size(char *const *v, uint64_t *ret_n)
{
	size_t n = 0, size = 0;

	for (; v[n]; n++)
		size += strlen(v[n]) + 1;
	*ret_n = n;
	return size;
}

static void put_strings(char *to, char *const *v)
{
	for (; *v; v++)
		to = stpcpy(to, *v) + 1;
}

/* Where everything goes; returns the size of all. */
static size_t lay_out(const struct ct_run *r, struct ct_image *im)
{
	size_t argv = strings_size(r->argv, &im->argc), env = strings_size(r->envp, &im->envc);
	size_t end = ALIGN(sizeof(*im));

	im->magic = CT_IMAGE_MAGIC;
	im->plan_at = end;
	end += ALIGN(r->plan->size);
	im->fdmap_at = end;
	end += ALIGN(r->fdmaps * sizeof(*r->fdmap));
	im->argv_room_at = end;
	end += (im->argc + 1) * sizeof(char *);
	im->env_room_at = end;
	end += (im->envc + 1) * sizeof(char *);
	im->argv_at = end;
	im->env_at = im->argv_at + argv;
	im->path_at = im->env_at + env;
	im->cwd_at = im->path_at + strlen(r->path) + 1;
	im->size = im->cwd_at + strlen(r->cwd) + 1;
	im->fdmaps = r->fdmaps;
	im->clone_flags = r->plan->clone_flags;
	return CT_IMAGE_AT + im->size;
}

static void fill(const struct ct_launch *l, const struct ct_image *head)
{
	const struct ct_run *r = &l->run;
	char *im = l->own.image + CT_IMAGE_AT;

	memcpy(im, head, sizeof(*head));
	memcpy(im + head->plan_at, r->plan, r->plan->size);
	memcpy(im + head->fdmap_at, r->fdmap, r->fdmaps * sizeof(*r->fdmap));
	put_strings(im + head->argv_at, r->argv);
	put_strings(im + head->env_at, r->envp);
	strcpy(im + head->path_at, r->path);
	strcpy(im + head->cwd_at, r->cwd);
}

/* From here on the report is in the page that contain-init shares. */
static void share_control(struct ct_launch *l, uint64_t image_size)
{
	struct ct_run *r = &l->run;
	struct ct_control *c = (struct ct_control *)l->own.image;

	_Static_assert(sizeof(*c) <= CT_IMAGE_AT, "the record has to fit into the first page");
	c->report = *r->report;
	c->image_size = image_size;
	c->stays = r->plan->monitor;
	r->control = c;
	r->report = &c->report;
}

static int make_image(struct ct_launch *l)
{
	struct ct_own *o = &l->own;
	struct ct_image im = { .socket = o->socket[1], .seam_fd = -1 };
	int err;

#ifdef CT_SEAM
	im.seam_fd = ct_seam ? ct_seam_fd : -1;
#endif
	memcpy(im.fd, l->run.fd, sizeof(im.fd));
	o->size = lay_out(&l->run, &im);
	o->image_fd = ct_sys_memfd_create("contain-start", MFD_CLOEXEC);
	if (o->image_fd == -EACCES) /* vm.memfd_noexec=2 */
		o->image_fd = ct_sys_memfd_create("contain-start", MFD_CLOEXEC | MFD_NOEXEC_SEAL);
	o->image_fd = ct_fd_up(o->image_fd);
	if (o->image_fd < 0)
		return o->image_fd;
	err = ct_sys_ftruncate(o->image_fd, (int64_t)o->size);
	if (err < 0)
		return err;
	o->image = ct_sys_mmap_fd(o->size, PROT_READ | PROT_WRITE, MAP_SHARED, o->image_fd, 0);
	if (ct_sys_is_err(o->image)) {
		err = (int)(intptr_t)o->image;
		o->image = NULL;
		return err;
	}
	fill(l, &im);
	share_control(l, im.size);
	return 0;
}

static int make_socket(struct ct_own *o)
{
	int err = ct_sys_socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, o->socket);

	if (err < 0) {
		o->socket[0] = o->socket[1] = -1;
		return err;
	}
	for (int i = 0; i < 2; i++) {
		o->socket[i] = ct_fd_up(o->socket[i]);
		if (o->socket[i] < 0)
			return o->socket[i];
	}
	return 0;
}

/*
 * Only where the child has to wait for us, and must not wait for ever when we are killed, or where
 * the monitor has to know of our end.
 */
static int open_caller(struct ct_run *r)
{
	uint32_t i = 0;
	int fd;

	while (ct_block_step(r->plan, i)->stage < CT_STAGE_MAPS)
		i++;
	if (ct_block_step(r->plan, i)->stage != CT_STAGE_MAPS && !r->plan->parent_death)
		return 0;
	fd = ct_fd_up(ct_sys_pidfd_open(ct_sys_getpid(), 0));
	if (fd < 0)
		return fd;
	r->fd[CT_SLOT_CALLER] = fd;
	return 0;
}

static void drop(int *fd)
{
	if (*fd >= 0)
		ct_sys_close(*fd);
	*fd = -1;
}

static int start_helper(struct ct_launch *l)
{
	struct ct_own *o = &l->own;
	struct clone_args *a = &l->args;
	int pid;

	a->flags = CLONE_VM | CLONE_VFORK | CLONE_PIDFD | CLONE_PARENT_SETTID | CLONE_CLEAR_SIGHAND;
	a->pidfd = (uint64_t)(uintptr_t)&o->pidfd;
	a->parent_tid = (uint64_t)(uintptr_t)&o->pid;
	a->stack = (uint64_t)(uintptr_t)ct_launch_child_stack(l);
	a->stack_size = CT_STACK;
	a->exit_signal = 0;
#ifdef CT_SEAM
	ct_seam_stack(CT_SEAM_CHILD, NULL, 0);
	ct_seam_stack(CT_SEAM_INIT, ct_launch_child_stack(l), CT_STACK);
#endif
	pid = ct_clone_run(a, sizeof(*a), ct_own_child, l);
	/* its copies are its own; the numbers are free for the pidfd that it is going to send */
	drop(&o->image_fd);
	drop(&o->socket[1]);
	drop(&l->run.fd[CT_SLOT_CALLER]);
	if (pid < 0) {
		o->pidfd = -1;
		return pid;
	}
	pid = ct_fd_up(o->pidfd); /* it may stay with the handle */
	if (pid >= 0)
		o->pidfd = pid;
	return o->err; /* not the report's: the container's first process may have failed already */
}

/* The one message of contain-init: a pid with its pidfd, or -errno. 1: it came. */
static int receive(struct ct_launch *l, int *ret_result)
{
	union {
		struct cmsghdr head;
		char room[CMSG_SPACE(sizeof(int))];
	} c = { 0 };
	struct iovec v = { ret_result, sizeof(*ret_result) };
	struct msghdr m = {
		.msg_iov = &v, .msg_iovlen = 1, .msg_control = &c, .msg_controllen = sizeof(c)
	};
	ssize_t n;

	do {
		n = ct_sys_recvmsg(l->own.socket[0], &m, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	} while (n == -EINTR);
	if (n == -EAGAIN || n == 0)
		return 0;
	if (n < 0)
		return (int)n;
	if (n != (ssize_t)sizeof(*ret_result))
		return -EPROTO;
	if (*ret_result <= 0)
		return 1;
	if (m.msg_controllen < CMSG_LEN(sizeof(int)) || m.msg_flags & MSG_CTRUNC)
		return -EMFILE;
	memcpy(&l->run.pidfd, CMSG_DATA(&c.head), sizeof(int));
	l->run.pidfd = ct_fd_up(l->run.pidfd);
	return l->run.pidfd < 0 ? l->run.pidfd : 1;
}

/*
 * Until contain-init has made the container's first process. *ret_result: its pid as contain-init
 * sees it, or why there is none.
 */
static int await_first(struct ct_launch *l, int *ret_result)
{
	struct pollfd p[2] = { { .fd = l->own.socket[0], .events = POLLIN },
			       { .fd = l->own.pidfd, .events = POLLIN } };

	for (;;) {
		int r = ct_poll_fds_until(p, 2, l->run.until_nsec);

		if (r == 0) {
			l->timed_out = 1;
			return -ETIMEDOUT;
		}
		if (r < 0)
			return r;
		r = receive(l, ret_result);
		if (r)
			return r < 0 ? r : 0;
		if (p[1].revents) /* it ended, and the message is not there: nobody will send one */
			return -ECANCELED;
	}
}

/* Whether contain-init sees processes by the numbers that we see. */
static int same_pid_namespace(void)
{
	char own[64], next[64];
	ssize_t n = ct_sys_readlinkat(AT_FDCWD, "/proc/self/ns/pid", own, sizeof(own));
	ssize_t m =
		ct_sys_readlinkat(AT_FDCWD, "/proc/self/ns/pid_for_children", next, sizeof(next));

	return n > 0 && n == m && !memcmp(own, next, (size_t)n);
}

/*
 * A process was made and its pidfd did not come, for want of a free fd. It is our child, or that of
 * contain-init, and has not been reaped: the number is still its own.
 */
static void kill_first(struct ct_launch *l)
{
	int pid = l->run.control->first_pid;

	if (pid <= 1 || !same_pid_namespace())
		return;
	ct_sys_kill(pid, SIGKILL);
	if (!l->run.control->stays)
		ct_sys_waitid(P_PID, pid, NULL, WEXITED | __WALL, NULL);
}

static int is_readable(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	const struct timespec now = { 0, 0 };

	return ct_sys_ppoll(&p, 1, &now, NULL, 0) > 0;
}

/* Sleeps until the word changes, at most until the time limit, and never long: then it is 1. */
static int sleep_on(const struct ct_launch *l, uint32_t *word, uint32_t value)
{
	uint64_t nsec = CT_WAKE_NSEC, until = l->timed_out ? 0 : l->run.until_nsec;
	uint64_t now = until ? ct_now_nsec() : 0;
	struct timespec ts;

	if (until && until < now + nsec)
		nsec = until > now ? until - now : 0;
	ts.tv_sec = 0;
	ts.tv_nsec = (long)nsec;
	return ct_sys_futex(word, FUTEX_WAIT, value, &ts) == -ETIMEDOUT;
}

/* Until the first process has executed the payload, its init has, or it has ended. */
static void watch(struct ct_launch *l)
{
	struct ct_run *r = &l->run;
	struct ct_control *c = r->control;
	uint32_t maps = r->plan->first_child &&
			ct_block_step(r->plan, r->plan->first_child - 1)->stage == CT_STAGE_MAPS;

	for (;;) {
		uint32_t life = __atomic_load_n(&c->life, __ATOMIC_SEQ_CST);
		uint32_t hand = __atomic_load_n(&c->handshake, __ATOMIC_SEQ_CST);
		int late = 0;

		if (life & FUTEX_OWNER_DIED)
			return;
		if (!l->timed_out && r->until_nsec && ct_now_nsec() >= r->until_nsec) {
			l->timed_out = 1;
			ct_sys_pidfd_send_signal(r->pidfd, SIGKILL, NULL, 0);
		}
		if (hand == CT_HAND_READY && !l->timed_out)
			ct_launch_serve(l);
		else if (maps && hand == CT_HAND_NONE)
			late = sleep_on(l, &c->handshake, hand);
		else
			late = sleep_on(l, &c->life, life);
		/* what the kernel cannot mark: killed before it had told the kernel which word */
		if (late && is_readable(r->pidfd))
			return;
	}
}

static int prepare(struct ct_launch *l)
{
	int err = ct_exe_open(l->own.exe);

	if (!err)
		err = make_socket(&l->own);
	if (!err)
		err = open_caller(&l->run);
	return err ? err : make_image(l);
}

/* contain-init itself; the status of one that could not tell is an errno. */
static int reap(struct ct_launch *l)
{
	siginfo_t info = { 0 };

	if (l->own.pidfd < 0)
		return 0;
	ct_launch_reap(&l->own.pidfd, &info);
	return info.si_code == CLD_EXITED ? -info.si_status : 0;
}

/* Nothing has come of it: no process may stay. */
static int give_up(struct ct_launch *l, int err)
{
	int status;

	if (l->run.control->first_pid)
		kill_first(l);
	if (err != -ECANCELED)
		ct_sys_pidfd_send_signal(l->own.pidfd, SIGKILL, NULL, 0);
	status = reap(l);
	return err == -ECANCELED && status < 0 && status > -127 ? status : err;
}

int ct_own_start(struct ct_launch *l)
{
	int result = 0, err = prepare(l);

	if (!err)
		err = start_helper(l);
	if (err < 0) {
		reap(l);
		return err;
	}
	err = await_first(l, &result);
	if (err < 0 || result <= 0)
		return give_up(l, err < 0 ? err : result);
	/* contain-init may be in another pid namespace; without /proc its number has to do */
	l->run.pid = ct_pidfd_pid(l->run.pidfd);
	if (l->run.pid <= 0)
		l->run.pid = result;
	watch(l);
	if (!l->run.control->stays)
		reap(l);
	return result;
}

void ct_own_keep(struct ct_launch *l, container *c)
{
	struct ct_own *o = &l->own;

	if (!o->image || (!l->run.plan->init && !l->run.control->stays))
		return;
	c->control = l->run.control;
	c->control_size = o->size;
	c->monitor = o->pidfd;
	o->image = NULL;
	o->pidfd = -1;
}

void ct_own_end(struct ct_launch *l)
{
	struct ct_own *o = &l->own;

	drop(&o->socket[0]);
	drop(&o->socket[1]);
	drop(&o->image_fd);
	drop(&l->run.fd[CT_SLOT_CALLER]);
	drop(&o->pidfd);
	if (o->image)
		ct_sys_munmap(o->image, o->size);
	o->image = NULL;
}
