/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The jobs that are measured, each done twice: by the library (jobs.c) and by hand (raw.c). Both
 * sides must give the payload the same view of everything; t_gate.c checks that they do.
 */
#ifndef B_BENCH_H
#define B_BENCH_H

#include <contain/contain.h>
#include <stdint.h>

enum job {
	JOB_BARE,    /* mount namespace, directory as root; no mounts, no masks */
	JOB_NS,	     /* all default namespaces, read-only directory; no mounts, no masks */
	JOB_DIR,     /* read-only directory with all defaults: proc, sys, dev, tmp, masks */
	JOB_OVERLAY, /* overlay with a writable layer in memory, all defaults */
	JOB_USER,    /* that, and a user namespace with a map of one line */
	JOB_GROUP,   /* the overlay job, and a cgroup v2 group of its own, with limits where it has them */
	JOBS
};

extern const char *const job_name[JOBS];
extern const char *const job_text[JOBS];

#define MEMORY_MAX (64 << 20)
#define PIDS_MAX 64
#define CPU_QUOTA 200000 /* two processors: no set-up is ever throttled */
#define CPU_PERIOD 100000
/* chown dac_override fowner fsetid kill setgid setuid setpcap net_bind_service sys_chroot setfcap */
#define JOB_CAPABILITIES 0x800405fbULL
#define JOB_HOSTNAME "bench"
#define JOB_PATH "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

struct world {
	char dir[128];	   /* temporary */
	int own_dir;	   /* made by world_begin(), removed by world_end() */
	char root[144];	   /* the root file system: payload, nop, mount points */
	char v2[128];	   /* where cgroup v2 is mounted, "": nowhere */
	int keeper;	   /* the group's parent is held */
	int limits;	   /* its root has memory, pids and cpu to hand down */
	int cap_last;
	int lowerdir_add; /* overlay takes layers one by one, Linux 6.8 */
	int out;	   /* stdout of the payload, -1: the null device */
	char *const *argv; /* of the payload */
};

/* dir: an empty directory, or NULL: one is made. Ends the program when something is missing. */
void world_begin(struct world *w, const char *dir, const char *payload, const char *nop);
void world_end(struct world *w);
/*
 * What a job needs of the process, once. All but JOB_GROUP run where no cgroup v2 is mounted:
 * there the library makes no group. Enters a mount namespace, which is not undone; the rest is, by
 * world_leave(), which world_end() calls too.
 */
void world_for(struct world *w, enum job job);
void world_leave(struct world *w);
void die(const char *fmt, ...) __attribute__((noreturn, format(printf, 1, 2)));

/* ---- the library's way ---- */

container_spec *job_spec(enum job job, const struct world *w);
/* From the plan, or, where it is NULL, from the spec. */
container *lib_start(container_spec *spec, const container_plan *plan);
void lib_end(container *c);

/* ---- by hand: raw.c ---- */

struct raw {
	const struct world *w;
	enum job job;
	int pid;
	int group;	    /* fd of the group, or -1 */
	char group_path[256];
	/* where the child got stuck; it shares the memory */
	volatile int line, err;
	/* the exit record */
	int status;
	uint64_t cpu_usec, memory_peak_bytes, oom_killed;
};

void raw_start(struct raw *r, enum job job, const struct world *w);
void raw_end(struct raw *r);

#endif
