/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Other programs that start containers, each doing the nearest to a job that it can. */
#ifndef B_PEERS_H
#define B_PEERS_H

#include "bench.h"

enum peer {
	PEER_POSIX_SPAWN,
	PEER_UNSHARE,
	PEER_BWRAP,
	PEER_CRUN,
	PEER_RUNC,
	PEER_NSPAWN,
	PEERS
};

extern const char *const peer_name[PEERS];

#define PEER_WHY 160
#define PEER_WORDS 96

struct peer_job {
	char why[PEER_WHY]; /* it cannot be measured because, or "" */
	int relation;	    /* -1: does less than the job, 1: more, 0: about the same */
	int overlay; /* an overlay is mounted for it before and unmounted after, in the time */
	int words;
	int used;
	char *argv[PEER_WORDS + 1];
	char text[4096];
	char dir[128]; /* of the world */
	char lower[144];
};

/* In the process that measures: what peers leave in /run is gone with its mount namespace. */
void peers_begin(void);
/* How peer does job; tries it once. */
void peer_prepare(enum peer peer, unsigned int job, const struct world *w, struct peer_job *ret);
/* Once; how long it took, in microseconds. */
double peer_once(const struct peer_job *j);
/* What is smaller or larger, as a list. */
void peers_notes(void);

/* A bundle of the OCI runtime specification. proc: with /proc, even where the job has none. */
void oci_bundle(unsigned int job, const struct world *w, const char *root, int proc);

#endif
