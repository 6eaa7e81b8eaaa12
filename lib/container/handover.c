/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "handover.h"
#include "launch.h"
#include "sys/fd.h"

#include <errno.h>
#include <string.h>

static void drop(int *fd)
{
	if (*fd >= 0)
		ct_sys_close(*fd);
	*fd = -1;
}

void ct_container_undo_handover(struct ct_run *r, const struct ct_step *s)
{
	drop(&r->launch->handover);
	drop(&r->fd[CT_SLOT_HANDOVER]);
	for (int i = 0; i < CT_HANDOVERS; i++)
		drop(&r->launch->handed[i]);
}

int ct_container_op_handover(struct ct_run *r, const struct ct_step *s)
{
	int ends[2] = { -1, -1 };
	int err = ct_sys_socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends);

	if (err < 0)
		return err;
	r->launch->handover = ct_fd_up(ends[0]);
	r->fd[CT_SLOT_HANDOVER] = ct_fd_up(ends[1]);
	err = r->launch->handover < 0 ? r->launch->handover : r->fd[CT_SLOT_HANDOVER];
	if (err < 0)
		ct_container_undo_handover(r, s);
	return err < 0 ? err : 0;
}

/* One message: a tag with one fd. Nothing is waited for: who sends has executed the payload. */
static int receive(struct ct_launch *l)
{
	union {
		struct cmsghdr head;
		char room[CMSG_SPACE(sizeof(int))];
	} c = { 0 };
	uint32_t tag = CT_HANDOVERS;
	struct iovec v = { &tag, sizeof(tag) };
	struct msghdr m = {
		.msg_iov = &v, .msg_iovlen = 1, .msg_control = &c, .msg_controllen = sizeof(c)
	};
	ssize_t n;
	int fd;

	do {
		n = ct_sys_recvmsg(l->handover, &m, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	} while (n == -EINTR);
	if (n < 0)
		return n == -EAGAIN ? -EPROTO : (int)n;
	if (m.msg_controllen < CMSG_LEN(sizeof(int)))
		return m.msg_flags & MSG_CTRUNC ? -EMFILE : -EPROTO;
	memcpy(&fd, CMSG_DATA(&c.head), sizeof(fd));
	fd = ct_fd_up(fd);
	if (fd < 0)
		return fd;
	if (n != (ssize_t)sizeof(tag) || tag >= CT_HANDOVERS || l->handed[tag] >= 0) {
		ct_sys_close(fd);
		return -EPROTO;
	}
	l->handed[tag] = fd;
	return 0;
}

int ct_container_op_handed(struct ct_run *r, const struct ct_step *s)
{
	int err = 0;

	drop(&r->fd[CT_SLOT_HANDOVER]); /* the child's end */
	for (int64_t i = 0; i < s->arg[1] && !err; i++)
		err = receive(r->launch);
	drop(&r->launch->handover);
	return err;
}

int ct_handed_fd(const container *c, enum ct_handover tag)
{
	int fd;

	if (!c)
		return -EINVAL;
	fd = __atomic_load_n(&c->handed[tag], __ATOMIC_ACQUIRE);
	return fd < 0 ? -ENOENT : fd;
}

int ct_handed_take(container *c, enum ct_handover tag)
{
	int fd;

	if (!c)
		return -EINVAL;
	fd = __atomic_exchange_n(&c->handed[tag], -1, __ATOMIC_ACQ_REL);
	return fd < 0 ? -ENOENT : fd;
}
