/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Events. The files of the group are in an epoll instance, whose fd the caller waits for; what
 * changed is read from them. Two things make no file ready and come in by other fds:
 *
 * - the removal of a group: an inotify watch on its parent's directory. One on the group itself
 *   would speak only when the last fd of its files is closed;
 * - pressure: a trigger forgets that it has fired as soon as anybody polls it, also the kernel for
 *   the sake of an outer epoll instance. So it is polled once, by AIO, which keeps the answer.
 */
#ifndef CT_CGROUP_EVENTS_H
#define CT_CGROUP_EVENTS_H

#include <contain/cgroup_events.h>
#include <linux/aio_abi.h>
#include <stdint.h>
#include <sys/types.h>

struct ct_group;

/* What is in the epoll instance. */
enum ct_events_source {
	CT_EVENTS_STATE,  /* cgroup.events */
	CT_EVENTS_MEMORY, /* those with counters: the order of the table in events.c */
	CT_EVENTS_SWAP,
	CT_EVENTS_PIDS,
	CT_EVENTS_V1_TOLD,  /* eventfd of memory.oom_control in v1 */
	CT_EVENTS_V1_TIMER, /* and a timer: the kernel counts the kill after it has told of it */
	CT_EVENTS_REMOVED,  /* inotify */
	CT_EVENTS_PRESSURE, /* eventfd of AIO */
	CT_EVENTS_SOURCES,
};

#define CT_EVENTS_TYPES 15
#define CT_EVENTS_TRIGGERS 64
#define CT_EVENTS_STATES                                                        \
	(CONTAIN_EVENT_POPULATED | CONTAIN_EVENT_EMPTY | CONTAIN_EVENT_FROZEN | \
	 CONTAIN_EVENT_THAWED)

struct contain_events {
	uint32_t mask, watched;
	int ep;
	int dir;	  /* of the group */
	int v1;		  /* that is of v1: there is none of v2 */
	int v1_oom;	  /* memory.oom_control; -1: none */
	unsigned v1_wait; /* looks still to come, in case that the kill is not counted yet */
	int removed;
	int fd[CT_EVENTS_SOURCES];
	int populated, frozen;		   /* -1: not known yet */
	uint64_t last[CT_EVENTS_TYPES];	   /* of counters, by bit of the type */
	uint64_t pending[CT_EVENTS_TYPES]; /* found and not yet told */
	uint64_t fired, unarmed;	   /* triggers, by bit */
	int triggers;
	aio_context_t aio;
	struct {
		int fd;
		struct iocb poll;
	} trigger[CT_EVENTS_TRIGGERS];
};

/*
 * Events of a container's groups: v2, and, where the controller memory is bound to v1, OOM kills
 * there. As contain_events_new(), but that -EINVAL is no group at all.
 */
int ct_events_new_of(const struct ct_group *g, uint32_t mask, contain_events **ret,
		     contain_error **reterr);

/* Puts an fd into the epoll instance as one source, which owns it; on failure it is closed. */
int ct_events_add(contain_events *e, int source, int fd, uint32_t events);
/* Takes it out, and closes it. */
void ct_events_drop(contain_events *e, int source);

/* Adds a count of this type to what is to be told, if the mask has it. */
void ct_events_found(contain_events *e, uint32_t type, uint64_t count);
/* The files of one directory of v1: those that nothing of v2 tells. */
int ct_events_v1_open(contain_events *e, int dir);
/* told: the kernel has said something, or the timer. */
int ct_events_v1_look(contain_events *e);

/* Which triggers have fired: into e->fired. -ENODEV: one says that the group is gone. */
int ct_events_pressure_look(contain_events *e);
void ct_events_pressure_free(contain_events *e);

#endif
