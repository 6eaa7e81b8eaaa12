/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A process that does everything at once that a spawn could stumble over. */
#ifndef T_NOISE_H
#define T_NOISE_H

#include "hosts.h"

#include <pthread.h>

#define NOISE_THREADS 16

struct noise {
	struct h_watch *w;
	int stop, n;
	int pid; /* of the host: its handlers run nowhere else */
	pthread_t thread[NOISE_THREADS];
	pthread_t target[8]; /* other threads that get the signals */
	int targets;
	uint64_t allocations, forks, fds, signals, libraries, others; /* what was done */
	uint64_t handled, handled_elsewhere;
};

void noise_start(struct noise *n, struct h_watch *w, const pthread_t *targets, int n_targets);
/* Ends it, and gives back what it has changed. */
void noise_stop(struct noise *n);

#endif
