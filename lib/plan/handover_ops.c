/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "handover.h"
#include "sys/str.h"
#include "sys/sys.h"

int ct_handover_send(struct ct_run *r, enum ct_handover tag, int fd)
{
	union {
		struct cmsghdr head;
		char room[CMSG_SPACE(sizeof(int))];
	} c;
	uint32_t word = (uint32_t)tag;
	struct iovec v = { &word, sizeof(word) };
	struct msghdr m;
	ssize_t n;

	ct_zero(&c, sizeof(c));
	ct_zero(&m, sizeof(m));
	m.msg_iov = &v;
	m.msg_iovlen = 1;
	m.msg_control = &c;
	m.msg_controllen = sizeof(c.room);
	c.head.cmsg_len = CMSG_LEN(sizeof(int));
	c.head.cmsg_level = SOL_SOCKET;
	c.head.cmsg_type = SCM_RIGHTS;
	ct_copy(CMSG_DATA(&c.head), &fd, sizeof(fd));
	do {
		n = ct_sys_sendmsg(r->fd[CT_SLOT_HANDOVER], &m, MSG_NOSIGNAL);
	} while (n == -EINTR);
	return n < 0 ? (int)n : 0;
}
