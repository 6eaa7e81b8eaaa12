/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Triggers of pressure, polled by AIO (events.h says why). */
#include "events.h"
#include "act.h"
#include "group_files.h"
#include "sys/str.h"
#include "sys/sys_watch.h"

#define WINDOW_LEAST 500000
#define WINDOW_MOST 10000000
#define WINDOW_FREE 2000000 /* multiples of it need no CAP_SYS_RESOURCE, since Linux 6.5 */

static const char *const files[] = { "cpu.pressure", "memory.pressure", "io.pressure",
				     "irq.pressure" };

static int fail(contain_error **reterr, int err, const char *object, const char *hint)
{
	return ct_group_fail(reterr, err, "add-pressure-trigger", object, hint);
}

static const char *hint_of(int err, uint64_t window_usec)
{
	switch (-err) {
	case EPERM:
		return window_usec % WINDOW_FREE ?
			       "without CAP_SYS_RESOURCE window_usec is a multiple of 2000000" :
			       "before Linux 6.5 triggers need CAP_SYS_RESOURCE";
	case ENOENT:
		return "the group tells no pressure (cgroup.pressure is 0), or this kernel none of "
		       "this resource";
	case EOPNOTSUPP:
		return "this kernel counts no pressure: it was booted with psi=0, or has to be "
		       "booted with psi=1";
	case ENOSYS:
		return "this kernel has no AIO (io_setup(2)), which keeps what a trigger says";
	case EAGAIN:
		return "fs.aio-max-nr is reached";
	default:
		return ct_group_hint(err);
	}
}

/* "some 150000 1000000" with its terminator, as the kernel wants it. */
static int arm(int fd, int who, uint64_t stall_usec, uint64_t window_usec)
{
	char text[64];
	size_t n =
		ct_append(text, sizeof(text), 0, who == CONTAIN_PRESSURE_SOME ? "some " : "full ");
	ssize_t r;

	n = ct_append_u64(text, sizeof(text), n, stall_usec);
	n = ct_append(text, sizeof(text), n, " ");
	n = ct_append_u64(text, sizeof(text), n, window_usec);
	do {
		r = ct_sys_write(fd, text, n + 1);
	} while (r == -EINTR);
	/* the numbers are right: what is left is a right that the caller has not */
	if (r == -EINVAL && window_usec % WINDOW_FREE)
		return -EPERM;
	return r < 0 ? (int)r : 0;
}

static int submit(contain_events *e, int i)
{
	struct iocb *poll = &e->trigger[i].poll;
	int r;

	*poll = (struct iocb){
		.aio_data = (uint64_t)i,
		.aio_lio_opcode = IOCB_CMD_POLL,
		.aio_fildes = (uint32_t)e->trigger[i].fd,
		.aio_buf = POLLPRI,
		.aio_flags = IOCB_FLAG_RESFD,
		.aio_resfd = (uint32_t)e->fd[CT_EVENTS_PRESSURE],
	};
	r = ct_sys_io_submit(e->aio, 1, &poll);
	return r < 0 ? r : r == 1 ? 0 : -EAGAIN;
}

static int prepare(contain_events *e)
{
	int r = 0;

	if (e->fd[CT_EVENTS_PRESSURE] < 0) {
		r = ct_fd_up(ct_sys_eventfd2(0, EFD_CLOEXEC | EFD_NONBLOCK));
		r = r < 0 ? r : ct_events_add(e, CT_EVENTS_PRESSURE, r, EPOLLIN);
	}
	if (r == 0 && !e->aio)
		r = ct_sys_io_setup(CT_EVENTS_TRIGGERS, &e->aio);
	return r;
}

static int add(contain_events *e, const char *file, int who, uint64_t stall_usec,
	       uint64_t window_usec)
{
	int r, fd = ct_fd_up(ct_sys_openat(e->dir, file,
					   O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0));

	if (fd < 0)
		return fd;
	r = arm(fd, who, stall_usec, window_usec);
	if (r == 0)
		r = prepare(e);
	if (r == 0) {
		e->trigger[e->triggers].fd = fd;
		r = submit(e, e->triggers);
	}
	if (r < 0)
		ct_sys_close(fd);
	return r;
}

int contain_events_add_pressure(contain_events *e, int resource, int who, uint64_t stall_usec,
				uint64_t window_usec, contain_error **reterr)
{
	const char *file;
	int r;

	if (!e)
		return fail(reterr, -EINVAL, "events", "is NULL");
	if (resource < CONTAIN_PRESSURE_CPU || resource > CONTAIN_PRESSURE_IRQ)
		return fail(reterr, -EINVAL, "resource",
			    "is CONTAIN_PRESSURE_CPU, _MEMORY, _IO or "
			    "_IRQ");
	if (who != CONTAIN_PRESSURE_FULL &&
	    (who != CONTAIN_PRESSURE_SOME || resource == CONTAIN_PRESSURE_IRQ))
		return fail(reterr, -EINVAL, "who",
			    "is CONTAIN_PRESSURE_SOME or _FULL; of interrupts _FULL");
	if (window_usec < WINDOW_LEAST || window_usec > WINDOW_MOST)
		return fail(reterr, -EINVAL, "window_usec", "is 500000 to 10000000");
	if (!stall_usec || stall_usec > window_usec)
		return fail(reterr, -EINVAL, "stall_usec", "is 1 to window_usec");
	if (e->triggers == CT_EVENTS_TRIGGERS)
		return fail(reterr, -E2BIG, "events", "has 64 triggers, which is the most");
	if (e->removed)
		return fail(reterr, -ENODEV, "events", ct_group_hint(-ENODEV));
	if (e->v1)
		return fail(reterr, -EOPNOTSUPP, "events", "cgroup v1 tells no pressure");
	file = files[resource - CONTAIN_PRESSURE_CPU];
	r = add(e, file, who, stall_usec, window_usec);
	if (r == -ENOENT && ct_sys_faccessat2(e->dir, "cgroup.procs", F_OK, 0) < 0)
		r = -ENODEV;
	if (r < 0)
		return fail(reterr, r == -ENOSYS ? -EOPNOTSUPP : r, file, hint_of(r, window_usec));
	e->watched |= CONTAIN_EVENT_PRESSURE;
	return e->triggers++;
}

static int submit_again(contain_events *e)
{
	int r = 0;

	for (int i = 0; i < e->triggers && r == 0; i++) {
		if (!(e->unarmed >> i & 1))
			continue;
		r = submit(e, i);
		if (r == 0)
			e->unarmed &= ~(1ULL << i);
	}
	return r;
}

/* What is done after the first read(2) makes the fd ready again. */
static int collect(contain_events *e, int *ret_gone)
{
	struct timespec now = { 0 };
	struct io_event done[8];
	uint64_t count;
	int r = (int)ct_sys_read(e->fd[CT_EVENTS_PRESSURE], &count, sizeof(count));

	if (r < 0 && r != -EAGAIN && r != -EINTR)
		return r;
	while ((r = ct_sys_io_getevents(e->aio, 0, 8, done, &now)) > 0)
		for (int k = 0; k < r; k++) {
			uint64_t bit = 1ULL << done[k].data;

			if (done[k].res < 0 || done[k].res & (POLLERR | POLLHUP)) {
				*ret_gone = 1;
				continue;
			}
			if (done[k].res & POLLPRI)
				e->fired |= bit;
			e->unarmed |= bit;
		}
	if (r < 0 && r != -EINTR)
		return r;
	return submit_again(e);
}

int ct_events_pressure_look(contain_events *e)
{
	uint64_t one = 1;
	int gone = 0, r = collect(e, &gone);

	if (r < 0) { /* something is left to do: the fd has to say so */
		ct_sys_write(e->fd[CT_EVENTS_PRESSURE], &one, sizeof(one));
		return r;
	}
	return gone ? -ENODEV : 0;
}

void ct_events_pressure_free(contain_events *e)
{
	if (e->aio)
		ct_sys_io_destroy(e->aio);
	for (int i = 0; i < e->triggers; i++)
		ct_sys_close(e->trigger[i].fd);
}
