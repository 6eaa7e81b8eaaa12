/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* System calls of those that wait for something to happen: epoll, inotify, eventfd, AIO, timers. */
#ifndef CT_SYS_SYS_WATCH_H
#define CT_SYS_SYS_WATCH_H

#include "sys.h"

#include <linux/aio_abi.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/timerfd.h>

static inline int ct_sys_epoll_create1(int flags)
{
	return (int)ct_call1(__NR_epoll_create1, flags);
}

static inline int ct_sys_epoll_ctl(int ep, int op, int fd, struct epoll_event *event)
{
	return (int)ct_call4(__NR_epoll_ctl, ep, op, fd, event);
}

/* Does not wait. */
static inline int ct_sys_epoll_look(int ep, struct epoll_event *events, int n)
{
	return (int)ct_call6(__NR_epoll_pwait, ep, (long)events, n, 0, 0, 0);
}

static inline int ct_sys_inotify_init1(int flags)
{
	return (int)ct_call1(__NR_inotify_init1, flags);
}

static inline int ct_sys_inotify_add_watch(int fd, const char *path, uint32_t mask)
{
	return (int)ct_call3(__NR_inotify_add_watch, fd, path, mask);
}

static inline int ct_sys_eventfd2(unsigned count, int flags)
{
	return (int)ct_call2(__NR_eventfd2, count, flags);
}

static inline int ct_sys_timerfd_create(int clock, int flags)
{
	return (int)ct_call2(__NR_timerfd_create, clock, flags);
}

static inline int ct_sys_timerfd_settime(int fd, int flags, const struct itimerspec *value)
{
	return (int)ct_call4(__NR_timerfd_settime, fd, flags, value, NULL);
}

static inline int ct_sys_io_setup(unsigned n, aio_context_t *context)
{
	return (int)ct_call2(__NR_io_setup, n, context);
}

static inline int ct_sys_io_destroy(aio_context_t context)
{
	return (int)ct_call1(__NR_io_destroy, context);
}

static inline int ct_sys_io_submit(aio_context_t context, long n, struct iocb **iocbs)
{
	return (int)ct_call3(__NR_io_submit, context, n, iocbs);
}

static inline int ct_sys_io_getevents(aio_context_t context, long least, long most,
				      struct io_event *events, struct timespec *timeout)
{
	return (int)ct_call5(__NR_io_getevents, context, least, most, events, timeout);
}

#endif
