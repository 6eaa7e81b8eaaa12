/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Where memory is bound to cgroup v1: an eventfd that memory.oom_control tells of. pids.events is
 * in v1 too, but nobody who polls it there is woken (Linux 6.18), so it is left out.
 */
#include "events.h"
#include "group_files.h"
#include "sys/path.h"
#include "sys/str.h"
#include "sys/sys_watch.h"

#define WAITS 8 /* after 1, 2, 4, ... ms */
#define OOM_KILL (__builtin_ctz(CONTAIN_EVENT_OOM_KILL))

static int read_kills(const contain_events *e, uint64_t *ret)
{
	char text[256];
	ssize_t n;

	do {
		n = ct_sys_pread64(e->v1_oom, text, sizeof(text) - 1, 0);
	} while (n == -EINTR);
	if (n < 0)
		return (int)n;
	text[n] = 0;
	return ct_group_key(text, "oom_kill", ret); /* since Linux 4.13 */
}

static int look_in(const contain_events *e, long nsec)
{
	struct itimerspec t = { .it_value.tv_nsec = nsec };

	return ct_sys_timerfd_settime(e->fd[CT_EVENTS_V1_TIMER], 0, &t);
}

/* "EVENTFD FILE" to cgroup.event_control. */
static int tell(int dir, int event, int file)
{
	char text[32];
	size_t n = ct_append_u64(text, sizeof(text), 0, (uint64_t)event);

	n = ct_append(text, sizeof(text), n, " ");
	n = ct_append_u64(text, sizeof(text), n, (uint64_t)file);
	return ct_write_at(dir, "cgroup.event_control", text, n);
}

static int open_oom(contain_events *e, int dir)
{
	int r, fd, file;

	file = ct_fd_up(
		ct_sys_openat(dir, "memory.oom_control", O_RDONLY | O_NOFOLLOW | O_CLOEXEC, 0));
	if (file == -ENOENT)
		return 0;
	if (file < 0)
		return file;
	e->v1_oom = file;
	fd = ct_fd_up(ct_sys_timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK));
	r = fd < 0 ? fd : ct_events_add(e, CT_EVENTS_V1_TIMER, fd, EPOLLIN);
	if (r < 0)
		return r;
	fd = ct_fd_up(ct_sys_eventfd2(0, EFD_CLOEXEC | EFD_NONBLOCK));
	r = fd < 0 ? fd : tell(dir, fd, file);
	if (r < 0) {
		if (fd >= 0)
			ct_sys_close(fd);
		return r;
	}
	r = ct_events_add(e, CT_EVENTS_V1_TOLD, fd, EPOLLIN);
	if (r < 0)
		return r;
	if (e->mask & CONTAIN_EVENTS_HISTORY)
		r = look_in(e, 1);
	else
		r = read_kills(e, &e->last[OOM_KILL]);
	e->watched |= e->mask & (CONTAIN_EVENT_OOM | CONTAIN_EVENT_OOM_KILL);
	return r < 0 ? r : 0;
}

int ct_events_v1_open(contain_events *e, int dir)
{
	if (e->fd[CT_EVENTS_MEMORY] >= 0 || e->v1_oom >= 0 ||
	    !(e->mask & (CONTAIN_EVENT_OOM | CONTAIN_EVENT_OOM_KILL)))
		return 0;
	return open_oom(e, dir);
}

int ct_events_v1_look(contain_events *e)
{
	uint64_t count = 0, kills = 0, n = 0;
	int r;

	if (e->v1_oom < 0)
		return 0;
	r = read_kills(e, &kills);
	if (r < 0 && r != -ENODEV)
		return r;
	if (r < 0) { /* removed, which the eventfd tells of, too */
		ct_events_drop(e, CT_EVENTS_V1_TOLD);
		ct_events_drop(e, CT_EVENTS_V1_TIMER);
		ct_sys_close(e->v1_oom);
		e->v1_oom = -1;
		e->watched &= ~(uint32_t)(CONTAIN_EVENT_OOM | CONTAIN_EVENT_OOM_KILL);
		return 0;
	}
	ct_sys_read(e->fd[CT_EVENTS_V1_TIMER], &count, sizeof(count));
	if (r == 1 && kills > e->last[OOM_KILL])
		n = kills - e->last[OOM_KILL];
	if (ct_sys_read(e->fd[CT_EVENTS_V1_TOLD], &count, sizeof(count)) > 0) {
		ct_events_found(e, CONTAIN_EVENT_OOM, count);
		e->v1_wait = WAITS;
	}
	if (n) {
		ct_events_found(e, CONTAIN_EVENT_OOM_KILL, n);
		e->last[OOM_KILL] = kills;
		e->v1_wait = 0;
	} else if (e->v1_wait) {
		return look_in(e, 1000000L << (WAITS - e->v1_wait--));
	}
	return 0;
}
