/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Specs that a generator mixes from a seed, each with what the payload has to see then. The
 * payload, a static program, says what it sees in sections; the test compares them.
 *
 *	T_SEED=N t_mix NAME	the one spec of that seed again, with all that was chosen
 */
#ifndef T_MIX_H
#define T_MIX_H

#include "fixture.h"
#include "t_spawn.h"

#include <contain/contain.h>
#include <stdint.h>

#define MIX_SECTIONS 96
#define MIX_FDS 24
#define MIX_TEXT 16384

struct mix;

struct mix_section {
	char name[32];
	char command[1024];
	char want[4096]; /* the whole text, when there is no check */
	void (*check)(struct mix *m, const struct mix_section *s, const char *text);
	uint64_t arg[4];
};

struct mix_fd {
	int number;
	int kind; /* MIX_NULL and so on */
	struct stat st;
};
enum { MIX_FD_NULL, MIX_FD_PIPE, MIX_FD_SAME };

struct mix {
	uint64_t seed, state;
	const struct fx_place *place;
	container_spec *spec;
	container_overrides *over; /* NULL: none */
	int out;		   /* memfd: stdout of the payload */
	int as_user;

	/* what was chosen, for what is chosen after it */
	int own_root;	 /* missing mount points are made */
	int payload_bind; /* the image has no payload */
	int has_user_ns, one_id, shifted; /* shifted: no id inside is root's outside */
	uint64_t ns_new, ns_joined;
	uint32_t ids;	 /* that the container has: 0 to ids - 1 */
	uint32_t uid, gid;
	uint64_t caps;
	int init, no_new_privs;
	int gains;	 /* execve(2) gives it capabilities that it had not */
	int targets;	/* of mounts, given out so far */
	int limits;
	uint64_t memory_max, pids_max, cpu_quota;
	struct mix_fd fd[MIX_FDS];
	int fds;
	int keep[64], keeps; /* fds of ours, closed at the end */

	struct mix_section section[MIX_SECTIONS];
	int sections;
	size_t text_len, diff_len;
	char text[MIX_TEXT]; /* what was chosen, a line each */
	char diff[MIX_TEXT]; /* what differs */
	char said[1 << 18];  /* by the payload */
};

/* ---- numbers ---- */

uint64_t mix_next(struct mix *m);
uint32_t mix_pick(struct mix *m, uint32_t n); /* 0 to n - 1 */
int mix_one_in(struct mix *m, uint32_t n);

/* ---- building ---- */

void mix_say(struct mix *m, const char *fmt, ...) T_PRINTF(2, 3);
void mix_differs(struct mix *m, const char *fmt, ...) T_PRINTF(2, 3);
/* A setter has to succeed: what is generated is right. */
void mix_set(struct mix *m, int r, const char *what);
/* @command of the payload says exactly what is printed into want; or check says what it thinks */
struct mix_section *mix_section(struct mix *m, const char *name, const char *command);
void mix_want(struct mix_section *s, const char *fmt, ...) T_PRINTF(2, 3);
int mix_keep(struct mix *m, int fd);

void mix_root(struct mix *m);	    /* root.c: the root */
void mix_mounts(struct mix *m);	    /* root.c: what is mounted in it */
void mix_namespaces(struct mix *m); /* space.c */
void mix_identity(struct mix *m);   /* who.c: ids, groups, capabilities */
void mix_process(struct mix *m);    /* who.c: the rest of the process */
void mix_more(struct mix *m);	    /* more.c: scheduling, files in /etc, and others */
void mix_fds(struct mix *m);	    /* fds.c: also stdio */
void mix_words(struct mix *m);	    /* fds.c: environment, working directory */
void mix_limits(struct mix *m);	    /* space.c: limits of the group */
/* From outside, while the payload runs. */
void mix_check_limits(struct mix *m, const container *c);

/* Makes the spec of a seed, starts it, compares; the test fails where anything differs. */
void mix_one(uint64_t seed, const struct fx_place *place);

#endif
