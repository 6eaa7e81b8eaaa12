/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "init.h"
#include "container/container_rows.h"
#include "namespace/namespace.h"
#include "plan/module.h"
#include "sys/str.h"
#include "sys/sys.h"

#include <sched.h>
#include <sys/mman.h>
#include <sys/wait.h>

extern ct_step_run *const *const ct_child_runs[CT_MODULES];
static ct_step_run *const payload_runs[ROWS] = { [PAYLOAD] = ct_init_op_payload };

/* What the kernel walks when the process executes the payload or ends (set_robust_list(2)). */
struct life {
	struct robust_list_head head;
	struct robust_list node;
};

static int number(const char *s)
{
	int n = 0;

	for (; s && *s >= '0' && *s <= '9'; s++)
		n = n * 10 + (*s - '0');
	return n;
}

static void *at(struct ct_image *im, uint64_t offset)
{
	return (char *)im + offset;
}

/* The image has no pointers: those to its strings are made here, in the room left for them. */
static char **pointers(struct ct_image *im, uint64_t strings, uint64_t n, uint64_t room)
{
	char **v = at(im, room), *s = at(im, strings);

	for (uint64_t i = 0; i < n; i++) {
		v[i] = s;
		s += ct_len(s) + 1;
	}
	v[n] = NULL;
	return v;
}

static void unpack(struct ct_run *r, ct_step_run *const **runs, struct ct_control *control,
		   struct ct_image *im)
{
	ct_copy(runs, ct_child_runs, sizeof(ct_child_runs));
	runs[CT_MODULE_CONTAINER] = payload_runs;
	ct_zero(r, sizeof(*r));
	r->control = control;
	r->report = &control->report;
	r->own = 1;
	r->runs = runs;
	r->plan = at(im, im->plan_at);
	r->argv = pointers(im, im->argv_at, im->argc, im->argv_room_at);
	r->envp = pointers(im, im->env_at, im->envc, im->env_room_at);
	r->path = at(im, im->path_at);
	r->cwd = at(im, im->cwd_at);
	r->fdmap = at(im, im->fdmap_at);
	r->fdmaps = im->fdmaps;
	ct_copy(r->fd, im->fd, sizeof(r->fd));
}

/*
 * From here on the kernel marks control->life and wakes who waits for it when this process executes
 * the payload or dies, whichever way: no pipe whose end another process could hold open.
 */
static int watch_life(struct ct_control *control, struct life *life)
{
	uint32_t tid;

	life->head.list.next = &life->node;
	life->node.next = &life->head.list;
	life->head.list_op_pending = NULL;
	life->head.futex_offset = (char *)&control->life - (char *)&life->node;
	/* its other bits mean something else */
	tid = (uint32_t)ct_sys_gettid() & FUTEX_TID_MASK;
	__atomic_store_n(&control->life, tid | FUTEX_WAITERS, __ATOMIC_SEQ_CST);
	return ct_sys_set_robust_list(&life->head, sizeof(life->head));
}

/* The container's first process. The steps end in exec, or in an init that stays. */
static void first(struct ct_run *r)
{
	struct ct_control *control = r->control;
	uint32_t none = 0; /* CT_HAND_NONE */
	struct life life;
	int err = watch_life(control, &life);

	control->report.state = CT_STATE_SETUP;
	if (!err)
		err = ct_run_steps(r, r->plan->first_inside, r->plan->steps);
	control->report.err = err;
	/* who waits for maps to write is told; anybody else hears it from the kernel */
	if (__atomic_compare_exchange_n(&control->handshake, &none, CT_HAND_GONE, 0,
					__ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
		ct_sys_futex(&control->handshake, FUTEX_WAKE, 1, NULL);
	ct_sys_exit_group(127);
}

/* What happened, and the new process as a pidfd: a number could be another's by now. */
static int tell(int socket, int result, int pidfd)
{
	union {
		struct cmsghdr head;
		char room[CMSG_SPACE(sizeof(int))];
	} c;
	struct iovec v = { &result, sizeof(result) };
	struct msghdr m;
	ssize_t n;

	ct_zero(&m, sizeof(m));
	m.msg_iov = &v;
	m.msg_iovlen = 1;
	if (result > 0) {
		m.msg_control = &c;
		m.msg_controllen = sizeof(c.room);
		c.head.cmsg_len = CMSG_LEN(sizeof(int));
		c.head.cmsg_level = SOL_SOCKET;
		c.head.cmsg_type = SCM_RIGHTS;
		ct_copy(CMSG_DATA(&c.head), &pidfd, sizeof(pidfd));
	}
	do {
		n = ct_sys_sendmsg(socket, &m, MSG_NOSIGNAL);
	} while (n == -EINTR);
	return n < 0 ? (int)n : 0;
}

/* From outside of everything that it is going to be in; it has a copy of our small memory. */
static int make_first(struct ct_run *r, const struct ct_image *im, int *ret_pidfd)
{
	struct ct_control *control = r->control;
	int pid, err, pidfd = -1;
	struct clone_args args;

	ct_zero(&args, sizeof(args));
	args.flags = im->clone_flags | CLONE_PIDFD | CLONE_PARENT_SETTID;
	args.pidfd = (uint64_t)(uintptr_t)&pidfd;
	args.parent_tid = (uint64_t)(uintptr_t)&control->first_pid;
	if (im->fd[CT_SLOT_GROUP] >= 0) {
		args.flags |= CLONE_INTO_CGROUP;
		args.cgroup = (uint64_t)im->fd[CT_SLOT_GROUP];
	}
	if (control->stays)
		args.exit_signal = SIGCHLD;
	else
		args.flags |= CLONE_PARENT; /* the caller is the one that waits for it */
	pid = ct_sys_clone3(&args, sizeof(args));
	if (pid == 0) {
		ct_init_seam_who(CT_SEAM_CHILD);
		first(r);
	}
	err = tell(im->socket, pid, pidfd);
	*ret_pidfd = pidfd;
	if (pid < 0 || !err)
		return pid;
	/* nobody would know of it */
	ct_sys_pidfd_send_signal(pidfd, SIGKILL, NULL, 0);
	if (control->stays)
		ct_sys_waitid(P_PID, pid, NULL, WEXITED | __WALL, NULL);
	return err;
}

/* The steps before the clone, after which it is the clone again that may fail. */
static int join(struct ct_run *r)
{
	uint32_t clone = r->report->step;
	int err = ct_run_steps(r, r->plan->first_child, r->plan->first_inside);

	if (!err)
		r->report->step = clone;
	return err;
}

void ct_init_main(const long *stack)
{
	int pid, err, pidfd = -1, fd = number(stack[0] == 2 ? (const char *)stack[2] : NULL);
	ct_step_run *const *runs[CT_MODULES];
	struct ct_control *control;
	struct ct_image *im;
	struct ct_run r;

	control = ct_sys_mmap_fd(CT_IMAGE_AT, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (ct_sys_is_err(control)) /* the status is all that can be told: an errno */
		ct_sys_exit_group(-(int)(intptr_t)control);
	im = ct_sys_mmap_fd(control->image_size, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd,
			    CT_IMAGE_AT);
	if (ct_sys_is_err(im))
		ct_sys_exit_group(-(int)(intptr_t)im);
	if (im->magic != CT_IMAGE_MAGIC) /* found by path, and of another version */
		ct_sys_exit_group(ENOEXEC);
	ct_init_seam_open(im);
	ct_sys_close(fd);
	/* process 1 of a pid namespace that the caller has unshared ends all in it when it goes */
	if (ct_sys_getpid() == 1)
		control->stays = 1;
	if (control->stays)
		ct_init_default_sigchld();
	unpack(&r, runs, control, im);
	err = join(&r);
	if (err < 0)
		tell(im->socket, err, -1);
	pid = err < 0 ? err : make_first(&r, im, &pidfd);
	if (pid < 0)
		ct_sys_exit_group(-pid);
	if (control->stays)
		ct_init_monitor(&r, pid, pidfd);
	ct_sys_exit_group(0);
}
