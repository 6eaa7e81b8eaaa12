/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef CT_SYS_HELPER_H
#define CT_SYS_HELPER_H

#include "sys.h"

/*
 * Runs a trusted helper program of the host (newuidmap) in a memory-sharing child and waits.
 * paths: NULL-terminated candidates, the first that can be executed wins. What it writes to
 * stdout and stderr goes to out, terminated and cut. until_nsec: CLOCK_MONOTONIC, 0: no limit;
 * then the helper is killed.
 *
 * Returns the exit code (128 + signal when killed by one), or -errno: -ENOENT no candidate
 * exists, -ETIMEDOUT, -ECHILD another part of the process took the status.
 */
int ct_helper_run(const char *const *paths, char *const *argv, char *out, size_t size,
		  uint64_t until_nsec);

uint64_t ct_now_nsec(void);

/* Waits for events on one fd until then (0: for ever); 1 ready, 0 time is up, -errno. */
int ct_poll_until(int fd, short events, uint64_t until_nsec);
int ct_poll_fds_until(struct pollfd *fds, unsigned n, uint64_t until_nsec);

/* internal: what the helper's child gets */
struct ct_helper_child {
	const char *const *paths;
	char *const *argv;
	int out_fd;
	int err;
};
int ct_helper_child(void *arg);

#endif
