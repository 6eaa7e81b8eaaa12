/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The groups of one start: the v2 group that clone3(2) enters, and those of v1 hierarchies.
 *
 * The launcher allocates one per start, before the first step, and keeps it in struct ct_run and
 * then in the handle. The steps fill it; their undo empties it again, so that a start that met
 * -ENODEV can run its steps once more on the same object. A group that was killed is never used
 * for another start (Linux 6.18 kills what is cloned into it).
 *
 * All fds here, and so those in CT_SLOT_GROUP and CT_SLOT_V1, are the group's: ct_group_free()
 * closes them, the launcher does not. No call on one group may run beside ct_group_free(); usage
 * and kill may run beside one another and beside remove.
 */
#ifndef CT_CGROUP_GROUP_H
#define CT_CGROUP_GROUP_H

#include "plan/step.h"

#include <stddef.h>
#include <stdint.h>

struct ct_facts;

/* container name, '.', pid, '.', time in hex */
#define CT_GROUP_NAME_MAX (64 + 1 + 10 + 1 + 16)

struct ct_group_v1 {
	int fd;	   /* the group's directory, locked (LOCK_SH); -1: none */
	int procs; /* its cgroup.procs, open for writing: what the child enters by */
};

struct ct_group {
	char name[CT_GROUP_NAME_MAX + 1]; /* "": no group exists */
	int fd; /* the v2 group's directory, locked (LOCK_SH): alive for ct_group_gc(); -1: none */
	int events; /* its cgroup.events; also the reserve when a process has no fd left */
	int shared; /* the caller's group, in which the container runs: only looked at */
	int levels; /* how many groups above may be told to hand controllers down */
	/*
	 * How often cgroup.kill is used on the new group while it is empty. Linux 6.14 counts these
	 * for each group and kills at birth what is cloned from a group with one count into a group
	 * with another: a caller in a group that was killed once could start nothing.
	 */
	uint32_t kills, kill_tries;
	uint64_t oom_killed_before; /* by others, in a shared one */
	int made_home;		    /* this start made "contain" */
	int memory;		    /* memory.* files are here and not in v1 */
	uint32_t v1;
	struct ct_group_v1 v1_dir[CT_V1_MAX];
	/* why a step failed, for its hint */
	int why;       /* enum ct_group_why in group_files.h */
	char note[96]; /* process ids in the way, the name of an ancestor */
};

struct ct_group_usage {
	/* 1: the number beside it is known */
	int has_oom_killed, has_memory_peak, has_cpu;
	uint64_t oom_killed;	    /* processes that the OOM killer took in the group */
	uint64_t memory_peak_bytes; /* the most memory that was ever charged to it */
	uint64_t cpu_usec;
};

/* NULL: out of memory. */
struct ct_group *ct_group_new(void);

/* Closes, and removes or kills nothing; NULL is accepted. Gives up the lock: gc may remove. */
void ct_group_free(struct ct_group *g);

/* The v2 directory, for clone3(2), pause and the like; -1: no v2 group. */
int ct_group_fd(const struct ct_group *g);

/* 1: the group was removed, by somebody. */
int ct_group_gone(const struct ct_group *g);

/* oom_kill of its memory.events: 1 and *ret, or 0. */
int ct_group_oom_kills(const struct ct_group *g, uint64_t *ret);

/* What the kernel counted; read it before ct_group_remove(). 0 always: what is unknown says so. */
int ct_group_usage(const struct ct_group *g, struct ct_group_usage *out);

/*
 * SIGKILL to every process in the groups, frozen ones too. Needs no free fd. 0, also when there
 * is no group or nobody in it; -errno.
 */
int ct_group_kill(struct ct_group *g);

/*
 * Waits until the groups have no process and removes them. until_nsec: CLOCK_MONOTONIC, 0: one
 * try. Idempotent. 0, or -EBUSY: processes or groups are in it still, and it stays.
 */
int ct_group_remove(struct ct_group *g, uint64_t until_nsec);

/*
 * Removes groups that nobody owns any more: name of our form, no process in it, not locked by a
 * living owner. Below parent_fd, or, when it is -1, in all default places of the caller (v2, and
 * "contain" of every v1 hierarchy for a privileged caller); an empty "contain" goes too. Returns
 * how many container groups were removed, or -errno of the first place that could not be read.
 */
int ct_group_gc(const struct ct_facts *facts, int parent_fd);

/* For the launcher: why clone3(2) with CLONE_INTO_CGROUP failed, or NULL. */
const char *ct_group_clone_hint(int err);

#endif
