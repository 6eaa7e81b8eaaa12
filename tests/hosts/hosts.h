/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the host programs share. They link the shared library, as their users do, and nothing of
 * its inside.
 */
#ifndef T_HOSTS_H
#define T_HOSTS_H

#include "harness.h"

#include <contain/contain.h>

/* How often: with LONG=1, as a sample, in a virtual machine, under ThreadSanitizer. */
int h_rounds(long full, long sample, long guest);

/* A root file system that holds /bin/job and empty mount points; as long as the test. */
const char *h_root(void);

/* A spec of a small job in it: read-only, few namespaces, no mounts of its own. */
container_spec *h_spec(uint64_t namespaces);
container_plan *h_plan(container_spec *spec); /* frees the spec */

/* argv of /bin/job; @word and @number as job.c has them. */
struct h_argv {
	char number[12];
	const char *argv[4];
};
const char *const *h_argv(struct h_argv *a, const char *word, int number);

/* Starts it from the plan with other arguments; 0 or the error, told in @why. */
int h_start(const container_plan *plan, const char *const *argv, container **ret, char *why,
	    size_t size);

/*
 * The state of the process, and that no group of its containers is left. A first thread and a first
 * handler change signals for good: h_before() has both made.
 */
struct t_state *h_before(void);
void h_after(struct t_state *before);
int h_groups(void); /* of the containers of this process */
/* Whether a pidfd keeps the status that somebody else took (PIDFD_GET_INFO, Linux 6.15). */
int h_pidfd_keeps_status(void);
uint64_t h_now_msec(void);

/* ---- the watchdog ---- */

#define H_SLOTS 32

/*
 * In memory that watchdog and host share. Each thread of the host has a slot and counts what it
 * has done; a thread that is watched and does not count any more hangs.
 */
struct h_watch {
	uint32_t slots;
	struct h_slot {
		char name[16];
		int tid, watched;
		uint64_t count;
		const char *doing; /* a string constant: the same address in both processes */
		uint64_t seen, seen_msec; /* the watchdog's */
	} slot[H_SLOTS];
	uint32_t bad;
	char what[8][400];   /* the first that went wrong */
	char hung[16];	     /* the thread that hung, "" */
	char dump[6000];     /* where all threads and children were then */
	unsigned char own[]; /* the host's own record */
};

struct h_watch *h_watch_new(size_t own);
void h_watch_free(struct h_watch *w, size_t own);

/*
 * Runs the host in a process of its own until it ends, or until one of its watched threads has not
 * counted for @limit_msec: then it fills hung and dump, and kills it. Returns the wait status.
 */
int h_watch_run(struct h_watch *w, int (*host)(struct h_watch *w, void *arg), void *arg,
		int limit_msec);

/* In the host's threads. */
struct h_slot *h_slot(struct h_watch *w, int watched, const char *name);
void h_done(struct h_slot *s, const char *next);
void h_bad(struct h_watch *w, const char *fmt, ...) T_PRINTF(2, 3);

#endif
