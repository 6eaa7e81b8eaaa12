/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A function in a child. The first process sets up: it joins, makes and maps. Where a pid or time
 * namespace is to be entered it forks a second one, waits for that and tells how it ended.
 *
 *	caller          first process          second process
 *	GO      ->
 *	        <-      MAPS                          (maps that the caller has to write)
 *	GO      ->
 *	        <-      READY, or  <-------------     READY with its own pidfd
 *	GO      ->      runs fn, or ------------>     runs fn
 *
 * The first GO comes after the caller has its pidfd, so that an answer to it shows whose the pidfd
 * is: the number alone could be another's. An error is in the page, and FAILED says so.
 */
#ifndef CT_NAMESPACE_CHILD_H
#define CT_NAMESPACE_CHILD_H

#include "types.h"

#define CT_FORK_LIMIT "a limit of processes is reached: RLIMIT_NPROC, or pids.max of the group"

#include <contain/namespace.h>
#include <stddef.h>
#include <stdint.h>

enum { CT_CHILD_GO = 'g', CT_CHILD_MAPS = 'm', CT_CHILD_READY = 'r', CT_CHILD_FAILED = 'f' };

/* How the function ended, as far as a process of ours saw it. */
enum { CT_CHILD_RUNS, CT_CHILD_RETURNED, CT_CHILD_EXITED, CT_CHILD_KILLED };

/* Shared by all three. */
struct ct_ns_page {
	int end; /* CT_CHILD_*, written last */
	int value; /* of fn; exit status; signal */
	int err;   /* of the set-up, written last */
	char op[32], object[64], hint[320];
};

struct ct_ns_setup {
	uint64_t types;
	int join[CT_NS_TYPES];
	uint64_t join_type[CT_NS_TYPES];
	size_t joins;
	uint64_t joined; /* join_type together */
	int caller_maps; /* the caller writes the maps */
	contain_ns_fn fn;
	void *arg;
	struct ct_ns_page *page;
	int sock[2]; /* the caller's end, the child's end */
	int caller;  /* pidfd */
	uint64_t mask; /* of signals, of the calling thread */
};

/* In the first process: does not return. */
void ct_ns_child_main(struct ct_ns_setup *s) __attribute__((noreturn));

int ct_ns_child_send(int sock, char what, int fd);
/* 0, -errno, -ECANCELED when the other side has gone. *ret_fd: one that came along, or -1. */
int ct_ns_child_receive(int sock, int other_pidfd, char *ret_what, int *ret_fd);

#endif
