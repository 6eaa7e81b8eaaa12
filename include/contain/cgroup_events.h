/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * contain/cgroup_events.h - what happens in a group, as one fd for any event loop
 *
 * contain_events_fd() is plainly readable when something may have happened: select(2), poll(2),
 * epoll(7), libuv and asyncio can all wait for it. contain_events_next() then tells one event
 * after the other until it returns 0, and the fd is quiet again: a loop waits for the fd, calls it
 * as long as it returns 1, and waits again. There is no thread and no callback, and an event that
 * comes between the last call and the wait is not lost.
 *
 * Events that the kernel counts come with how often they happened since the last one. Populated
 * and frozen are states: what changes twice between two looks is as it was.
 *
 * An object belongs to the process that made it: not to its children.
 *
 * Source: the kernel's Documentation/admin-guide/cgroup-v2.rst, Documentation/accounting/psi.rst.
 */
#ifndef CONTAIN_CGROUP_EVENTS_H
#define CONTAIN_CGROUP_EVENTS_H

#include <contain/cgroup_stats.h>
#include <contain/error.h>

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct contain_events contain_events;

/** Types of events, and bits of the mask of contain_events_new(). */
#define CONTAIN_EVENT_POPULATED 0x0001u /* processes in it or below it, where there were none */
#define CONTAIN_EVENT_EMPTY 0x0002u	/* the last process has ended or left */
#define CONTAIN_EVENT_FROZEN 0x0004u	/* all processes are frozen */
#define CONTAIN_EVENT_THAWED 0x0008u	/* no longer */
#define CONTAIN_EVENT_MEMORY_LOW 0x0010u     /* memory.events low */
#define CONTAIN_EVENT_MEMORY_HIGH 0x0020u    /* memory.events high */
#define CONTAIN_EVENT_MEMORY_MAX 0x0040u     /* memory.events max */
#define CONTAIN_EVENT_OOM 0x0080u	     /* memory.events oom: an allocation about to fail */
#define CONTAIN_EVENT_OOM_KILL 0x0100u	     /* memory.events oom_kill: processes */
#define CONTAIN_EVENT_OOM_GROUP_KILL 0x0200u /* memory.events oom_group_kill, Linux 5.17 */
#define CONTAIN_EVENT_SWAP_MAX 0x0400u	     /* memory.swap.events max */
#define CONTAIN_EVENT_SWAP_FAIL 0x0800u	     /* memory.swap.events fail */
#define CONTAIN_EVENT_PIDS_MAX 0x1000u	     /* pids.events max: a limit refused a fork */
#define CONTAIN_EVENT_PRESSURE 0x2000u /* never asked for: contain_events_add_pressure() does */
#define CONTAIN_EVENT_REMOVED 0x4000u  /* the group is gone; nothing follows */
#define CONTAIN_EVENT_ALL 0x5fffu      /* all but CONTAIN_EVENT_PRESSURE */

/** In the mask too: what the kernel counted before contain_events_new() is told first. */
#define CONTAIN_EVENTS_HISTORY 0x80000000u

/**
 * contain_events_new - begins to watch a group
 * @group_fd: the directory of a group on cgroup2, not the root group; duplicated
 * @mask: CONTAIN_EVENT_* joined by |, and CONTAIN_EVENTS_HISTORY or not; 0 for pressure alone
 * @ret_events: receives the object; freed with contain_events_free()
 * @reterr: may be NULL
 *
 * The first events tell the state that was found, as far as the mask has it: POPULATED or EMPTY,
 * and FROZEN where it is. So a process that ended before is not waited for.
 *
 * Events of a controller that the group does not have never come; contain_events_watched() says
 * which do. Counts include the groups below. CONTAIN_EVENT_PIDS_MAX is told, before Linux 6.11,
 * of the very group in which a fork was refused, by its own limit or one above.
 *
 * It takes an epoll instance and an fd for each file. CONTAIN_EVENT_REMOVED takes an inotify
 * instance too, of which a user has few (fs.inotify.max_user_instances), and wakes with every
 * group that is removed beside this one. Without it the removal of a group by somebody else may
 * pass without a wake-up, also the EMPTY of less than 10 ms before it.
 *
 * Returns 0, or with *ret_events untouched:
 * -EINVAL: an unknown bit in mask, or ret_events is NULL;
 * -EBADF, -ENOTDIR: group_fd is not an open directory;
 * -EOPNOTSUPP: it is not on a cgroup2 file system, or is the root group and mask asks for states;
 * -ENODEV: the group was removed;
 * -EACCES: a file of it may not be read;
 * -EMFILE: no fd left, or no inotify instance; the hint says which; -ENOSPC: no inotify watch;
 * -ENOENT: CONTAIN_EVENT_REMOVED, and procfs is not mounted on /proc;
 * -ENFILE, -ENOMEM, -EIO.
 *
 * Since: 0.1. Source: cgroup-v2.rst, "[Un]populated Notification", "memory.events".
 */
int contain_events_new(int group_fd, uint32_t mask, contain_events **ret_events,
		       contain_error **reterr);

/**
 * contain_events_free - ends the watch
 * @events: may be NULL
 *
 * With pressure in it this takes some 30 ms: the kernel waits until nobody looks at the trigger.
 * Since: 0.1
 */
void contain_events_free(contain_events *events);

/**
 * contain_events_fd - the fd to wait for
 * @events: the object
 *
 * Readable (POLLIN, EPOLLIN) when contain_events_next() may have something to tell. It is only
 * waited for, never read, and stays the object's: do not close it.
 *
 * Returns it, or -EINVAL: events is NULL. Since: 0.1. Source: epoll(7).
 */
int contain_events_fd(const contain_events *events);

/**
 * contain_events_watched - which events can come
 * @events: the object
 *
 * Returns the bits of the mask whose files the group has, and CONTAIN_EVENT_PRESSURE where a
 * trigger was added; of NULL: 0. Since: 0.1
 */
uint32_t contain_events_watched(const contain_events *events);

/**
 * contain_events_add_pressure - adds a trigger: processes wait too long for a resource
 * @events: the object
 * @resource: CONTAIN_PRESSURE_CPU, _MEMORY, _IO or _IRQ
 * @who: CONTAIN_PRESSURE_SOME or _FULL
 * @stall_usec: how long in one window, 1 to window_usec
 * @window_usec: 500000 to 10000000; without CAP_SYS_RESOURCE multiples of 2000000
 * @reterr: may be NULL
 *
 * The event CONTAIN_EVENT_PRESSURE comes at most once per window, at the earliest in the window
 * after this call, and stays away while nobody waits. It needs no right but that to write the file.
 *
 * Returns the number of the trigger, from 0 in the order of the calls, or, with nothing added:
 * -EINVAL: events is NULL, an unknown resource or who, or a time out of range;
 * -EPERM: the window needs CAP_SYS_RESOURCE, or, before Linux 6.5, every trigger does;
 * -ENOENT: this group tells no pressure (cgroup.pressure is 0) or this kernel not of this
 * resource; -EOPNOTSUPP: the kernel counts none (booted with psi=0), has no AIO, or events are
 * those of a group that has none;
 * -EACCES, -EROFS: the file may not be written; -ENODEV: the group was removed;
 * -EAGAIN: fs.aio-max-nr is reached; -E2BIG: 64 triggers are there;
 * -EMFILE, -ENFILE, -ENOMEM.
 *
 * Since: 0.1. Source: psi.rst, "Monitoring for pressure thresholds".
 */
int contain_events_add_pressure(contain_events *events, int resource, int who, uint64_t stall_usec,
				uint64_t window_usec, contain_error **reterr);

/**
 * contain_events_next - the next event
 * @events: the object
 * @ret_type: receives one CONTAIN_EVENT_*
 * @ret_count: receives how often since the last event of this type, at least 1, or NULL
 * @ret_trigger: receives the number of the trigger of CONTAIN_EVENT_PRESSURE, else -1, or NULL
 *
 * Never waits. Of what is found at once, kills and other counts come before EMPTY, and REMOVED is
 * the last. A group that was removed with the mask having EMPTY gives EMPTY first, where it was not
 * told before. What happened in a group between the last call and its removal by somebody else is
 * not known any more.
 *
 * Returns 1: an event; 0: none left, with nothing written; or, with nothing written and nothing
 * lost:
 * -EINVAL: events or ret_type is NULL;
 * -ENOMEM, -EIO: a file could not be read.
 *
 * Since: 0.1
 */
int contain_events_next(contain_events *events, uint32_t *ret_type, uint64_t *ret_count,
			int *ret_trigger);

/**
 * contain_event_name - the name of a type of events
 * @type: one CONTAIN_EVENT_*
 *
 * Returns "populated", "oom_kill" and the like, NULL of anything else. Since: 0.1
 */
const char *contain_event_name(uint32_t type);

#ifdef __cplusplus
}
#endif

#endif
