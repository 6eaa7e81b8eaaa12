/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The jobs that are measured, each done twice: by the library (jobs.c) and by hand (raw.c). Both
 * sides must give the payload the same view of everything; t_gate.c checks that they do.
 */
#ifndef B_BENCH_H
#define B_BENCH_H

#include <contain/contain.h>
#include <stdint.h>

/* A job is a base, and what is added to it: BASE_RO | JOB_NET. */
enum base {
	BASE_BARE, /* mnt namespace, directory as root; no mounts, no masks */
	BASE_NS5,  /* mnt pid ipc uts cgroup namespaces, read-only directory; no mounts, no masks */
	BASE_RO,   /* read-only directory with all defaults: proc, sys, dev, tmp, masks */
	BASE_OVERLAY, /* overlay with a writable layer in memory, all defaults */
	BASES
};
#define JOB_BASE 3u
#define JOB_NET 4u   /* a net namespace, lo up */
#define JOB_GROUP 8u /* a cgroup v2 group of its own, with limits where there are controllers */
#define JOB_USER 16u /* a user namespace with a map of one line */
/* By the library only; each needs contain-init. */
#define JOB_ID 32u	 /* the payload is user and group 1000 */
#define JOB_INIT 64u	 /* below an init that reaps */
#define JOB_MONITOR 128u /* watched by a monitor that keeps how it ended */

/* All bases with and without net and group, then one with a user namespace; ends with JOB_END. */
extern const unsigned int job_list[];
#define JOB_END ~0u
#define JOBS_MAX 32

#define MEMORY_MAX (64 << 20)
#define PIDS_MAX 64
#define CPU_QUOTA 200000 /* two processors: no set-up is ever throttled */
#define CPU_PERIOD 100000
/*
 * chown dac_override fowner fsetid kill setgid setuid setpcap net_bind_service sys_chroot setfcap
 */
#define JOB_CAPABILITIES 0x800405fbULL
#define JOB_HOSTNAME "bench"
#define JOB_PATH "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

struct world {
	char dir[128];	 /* temporary */
	int own_dir;	 /* made by world_begin(), removed by world_end() */
	char root[144];	 /* the root file system: programs, mount points */
	char v2[128];	 /* where cgroup v2 is mounted, "": nowhere */
	char group[352]; /* of this world; all other groups are made in it */
	int top;	 /* the root group, as it was found, or -1 */
	int home;	 /* cgroup.procs of the group that the process came from, or -1 */
	int limits;	 /* the root group has memory, pids and cpu to hand down */
	int cap_last;
	int lowerdir_add;  /* overlay takes layers one by one, Linux 6.8 */
	int out;	   /* stdout of the payload, -1: the null device */
	char *const *argv; /* of the payload */
};

/* dir: an empty directory, or NULL: one is made. Ends the program when something is missing. */
void world_begin(struct world *w, const char *dir, const char *payload, const char *nop);
void world_end(struct world *w);
/*
 * What a job needs of the process, once. A job without a group runs where no cgroup is mounted:
 * there the library makes none. One with a group runs where cgroup v2 alone is mounted, and its
 * root is a group of this world (a cgroup namespace): whoever changes the root group changes
 * ours. Enters namespaces, which is not undone; the rest is, by world_leave(), which world_end()
 * calls too.
 */
void world_for(struct world *w, unsigned int job);
void world_leave(struct world *w);
void die(const char *fmt, ...) __attribute__((noreturn, format(printf, 1, 2)));
void copy_file(const char *from, const char *dir, const char *name);

/* "ro+net+group", in buf */
const char *job_name(unsigned int job, char buf[48]);
/* 1, or 0 with no job of that name */
int job_of_name(const char *name, unsigned int *ret);

/* ---- the library's way ---- */

container_spec *job_spec(unsigned int job, const struct world *w);
/* From the plan, or, where it is NULL, from the spec. */
container *lib_start(container_spec *spec, const container_plan *plan);
void lib_end(container *c);

/* ---- by hand: raw.c ---- */

struct raw {
	const struct world *w;
	unsigned int job;
	int pid, pidfd;
	int group; /* fd of the group, or -1 */
	char group_path[384];
	/* where the child got stuck; it shares the memory */
	volatile int line, err;
	/* the exit record */
	int status;
	uint64_t cpu_usec, memory_peak_bytes, oom_killed;
};

void raw_start(struct raw *r, unsigned int job, const struct world *w);
void raw_end(struct raw *r);

#endif
