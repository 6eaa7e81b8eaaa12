/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The monitor. A file mountinfo forgets that the mounts have changed as soon as anybody polls it,
 * also the kernel for the sake of an outer epoll instance: a loop would miss changes. So it is
 * polled once, by AIO, whose eventfd keeps the answer. Reading has an fd of its own, which finds
 * out by polling whether what was read is one state.
 */
#include "table.h"
#include "plan/error.h"
#include "sys/fd.h"
#include "sys/sys_probe.h"
#include "sys/sys_watch.h"

#include <contain/mount_change.h>
#include <stdlib.h>

struct contain_mount_monitor {
	struct ct_table_where where;
	int event, watch, look; /* fds: what is told, what is polled, what is read */
	aio_context_t aio;
	struct iocb poll;
	int armed;
	int due; /* something was told that is not in the table yet */
	contain_mount_table *table;
};

static int fail(contain_error **reterr, int err, const char *object, const char *hint)
{
	return ct_error_simple(reterr, err, CONTAIN_PHASE_PARENT, "monitor-mounts", object, hint);
}

static int arm(contain_mount_monitor *m)
{
	struct iocb *poll = &m->poll;
	uint64_t count;
	int r;

	if (m->armed)
		return 0;
	/* what it says of the last time; from here to the submit nothing speaks */
	ct_sys_read(m->event, &count, sizeof(count));
	m->poll = (struct iocb){
		.aio_lio_opcode = IOCB_CMD_POLL,
		.aio_fildes = (uint32_t)m->watch,
		.aio_buf = POLLPRI,
		.aio_flags = IOCB_FLAG_RESFD,
		.aio_resfd = (uint32_t)m->event,
	};
	r = ct_sys_io_submit(m->aio, 1, &poll);
	m->armed = r == 1;
	return m->armed ? 0 : r < 0 ? r : -EAGAIN;
}

/* Whether it was told that something changed. */
static int told(contain_mount_monitor *m)
{
	const struct timespec none = { 0 };
	struct timespec now = none;
	struct io_event event;
	int r;

	do {
		r = ct_sys_io_getevents(m->aio, 0, 1, &event, &now);
	} while (r == -EINTR);
	if (r > 0) {
		m->armed = 0;
		m->due = 1;
	}
	return r < 0 ? r : 0;
}

/*
 * From here on what changes is told. What was there before is read in any case: that it was not
 * told yet is no reason to wake the caller once more.
 */
static int arm_anew(contain_mount_monitor *m)
{
	int r = arm(m);

	for (int i = 0; i < 4 && r == 0; i++) {
		r = told(m);
		if (r < 0 || m->armed)
			break;
		r = arm(m);
	}
	return r;
}

/* The caller's loop comes again. */
static void tell_again(const contain_mount_monitor *m)
{
	const uint64_t one = 1;

	ct_sys_write(m->event, &one, sizeof(one));
}

/* Armed first: what changes while the table is read is told afterwards. */
static int look(contain_mount_monitor *m, contain_mount_diff **ret_diff, contain_error **reterr)
{
	contain_mount_diff *diff = NULL;
	contain_mount_table *t = NULL;
	int r = arm_anew(m);

	m->where.object = r < 0 ? "io_submit" : NULL;
	m->where.hint = NULL;
	if (r == 0)
		r = ct_table_take(&m->where, 0, m->look, -1, &t);
	if (r < 0)
		fail(reterr, r, m->where.object ? m->where.object : "mountinfo", m->where.hint);
	else
		r = contain_mount_table_diff(m->table, t, &diff, reterr);
	if (r < 0) {
		contain_mount_table_free(t);
		m->due = 1;
		tell_again(m);
		return r;
	}
	m->due = 0;
	contain_mount_table_free(m->table);
	m->table = t;
	if (contain_mount_diff_count(diff)) {
		*ret_diff = diff;
		return 1;
	}
	contain_mount_diff_free(diff);
	return 0;
}

static int next(contain_mount_monitor *m, int always, contain_mount_diff **ret_diff,
		contain_error **reterr)
{
	int r;

	if (!m || !ret_diff)
		return fail(reterr, -EINVAL, m ? "ret_diff" : "monitor", "is NULL");
	r = told(m);
	if (r < 0)
		return fail(reterr, r, "io_getevents", NULL);
	return always || m->due ? look(m, ret_diff, reterr) : 0;
}

int contain_mount_monitor_next(contain_mount_monitor *m, contain_mount_diff **ret_diff,
			       contain_error **reterr)
{
	return next(m, 0, ret_diff, reterr);
}

int contain_mount_monitor_look(contain_mount_monitor *m, contain_mount_diff **ret_diff,
			       contain_error **reterr)
{
	return next(m, 1, ret_diff, reterr);
}

int contain_mount_monitor_fd(const contain_mount_monitor *m)
{
	return m ? m->event : -EINVAL;
}

int contain_mount_monitor_table(const contain_mount_monitor *m, contain_mount_table **ret_table)
{
	if (!m || !ret_table)
		return -EINVAL;
	*ret_table = ct_table_ref(m->table);
	return 0;
}

/* ---- making ---- */

/*
 * The namespace by its number: the monitor may be asked by a thread in another one. Where that is
 * not to be had, tables have no unique ids.
 */
static void name_own(struct ct_table_where *w)
{
	struct ct_table_where own;
	int fd = ct_fd_up(
		ct_sys_openat(AT_FDCWD, "/proc/thread-self/ns/mnt", O_RDONLY | O_CLOEXEC, 0));

	w->no_ids = 1;
	if (fd < 0)
		return;
	if (ct_table_where(fd, &own) == 0) {
		w->no_ids = own.no_ids;
		w->ns_id = own.ns_id;
	}
	ct_sys_close(fd);
}

/* Says in w what has failed. */
static int prepare(contain_mount_monitor *m, int fd)
{
	struct ct_table_where *w = &m->where;
	int r = ct_table_where(fd, w);

	if (r == 0 && fd == -1)
		name_own(w);
	if (r == 0)
		r = m->watch = ct_table_open(w, "mountinfo");
	if (r >= 0)
		r = m->look = ct_table_open(w, "mountinfo");
	if (r < 0)
		return r;
	w->fd = -1; /* the caller's; not needed any more */
	w->object = "eventfd";
	r = m->event = ct_fd_up(ct_sys_eventfd2(0, EFD_CLOEXEC | EFD_NONBLOCK));
	if (r < 0)
		return r;
	w->object = "io_setup";
	r = ct_sys_io_setup(1, &m->aio);
	if (r == -EAGAIN)
		w->hint = "fs.aio-max-nr is reached";
	if (r == -ENOSYS)
		w->hint = "this kernel has no AIO, which keeps what the mount table says";
	if (r == 0) {
		w->object = "io_submit";
		r = arm(m);
	}
	if (r < 0)
		return r;
	w->object = w->hint = NULL;
	return ct_table_take(w, 0, m->look, -1, &m->table);
}

int contain_mount_monitor_new(int fd, contain_mount_monitor **ret_monitor, contain_error **reterr)
{
	contain_mount_monitor *m;
	int r;

	if (!ret_monitor)
		return fail(reterr, -EINVAL, "ret_monitor", "is NULL");
	if (fd < -1)
		return fail(reterr, -EBADF, "fd", "is not open");
	m = calloc(1, sizeof(*m));
	if (!m)
		return fail(reterr, -ENOMEM, "", NULL);
	m->event = m->watch = m->look = -1;
	r = prepare(m, fd);
	if (r < 0) {
		r = fail(reterr, r, m->where.object ? m->where.object : "mountinfo", m->where.hint);
		contain_mount_monitor_free(m);
		return r;
	}
	*ret_monitor = m;
	return 0;
}

void contain_mount_monitor_free(contain_mount_monitor *m)
{
	if (!m)
		return;
	if (m->aio)
		ct_sys_io_destroy(m->aio);
	if (m->event >= 0)
		ct_sys_close(m->event);
	if (m->watch >= 0)
		ct_sys_close(m->watch);
	if (m->look >= 0)
		ct_sys_close(m->look);
	contain_mount_table_free(m->table);
	free(m);
}
