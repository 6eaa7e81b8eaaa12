/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Pipes for stdio: one end becomes the payload's, the other belongs to the handle. */
#include "launch.h"
#include "sys/fd.h"

#include <errno.h>

static void drop(int *fd)
{
	if (*fd >= 0)
		ct_sys_close(*fd);
	*fd = -1;
}

/* Both ends above 2: a host that has closed its stdio keeps it closed. */
static int make_pipe(int *ends)
{
	int r;

	ends[0] = ends[1] = -1;
	r = ct_sys_pipe2(ends, O_CLOEXEC);
	if (r < 0) {
		drop(&ends[0]);
		drop(&ends[1]);
		return r;
	}
	ends[0] = ct_fd_up(ends[0]);
	ends[1] = ct_fd_up(ends[1]);
	return ends[0] < 0 ? ends[0] : ends[1] < 0 ? ends[1] : 0;
}

void ct_container_undo_pipes(struct ct_run *r, const struct ct_step *s)
{
	for (int fd = 0; fd < 3; fd++) {
		drop(&r->launch->stdio[fd].ours);
		drop(&r->launch->stdio[fd].payloads);
	}
}

int ct_container_op_pipes(struct ct_run *r, const struct ct_step *s)
{
	for (uint32_t i = 0; i < r->fdmaps; i++) {
		struct ct_fdmap *m = &r->fdmap[i];
		int ends[2], err;

		if (m->from != CT_FD_PIPE)
			continue;
		err = make_pipe(ends);
		r->launch->stdio[m->to].ours = ends[m->to == 0];
		r->launch->stdio[m->to].payloads = ends[m->to != 0];
		if (!err && s->arg[2])
			err = ct_sys_fchown(ends[m->to != 0], (uint32_t)s->arg[3],
					    (uint32_t)(s->arg[3] >> 32));
		if (err < 0) {
			ct_container_undo_pipes(r, s);
			return err;
		}
		m->from = ends[m->to != 0];
		m->pipe = !s->arg[2]; /* else it is the payload's own by now */
	}
	return 0;
}

/* The payload runs: as long as its ends were open here too, nobody would see it close them. */
int ct_container_op_pipe_ends(struct ct_run *r, const struct ct_step *s)
{
	for (int fd = 0; fd < 3; fd++)
		drop(&r->launch->stdio[fd].payloads);
	return 0;
}

int container_stdio_fd(const container *c, int child_fd)
{
	int fd;

	if (!c || child_fd < 0 || child_fd > 2)
		return -EINVAL;
	fd = __atomic_load_n(&c->stdio[child_fd], __ATOMIC_ACQUIRE);
	return fd < 0 ? -ENOENT : fd;
}

int container_stdio_take(container *c, int child_fd)
{
	int fd;

	if (!c || child_fd < 0 || child_fd > 2)
		return -EINVAL;
	fd = __atomic_exchange_n(&c->stdio[child_fd], -1, __ATOMIC_ACQ_REL);
	return fd < 0 ? -ENOENT : fd;
}
