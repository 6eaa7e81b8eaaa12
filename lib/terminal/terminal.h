/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef CT_TERMINAL_TERMINAL_H
#define CT_TERMINAL_TERMINAL_H

#include "plan/module.h"

#include <stdint.h>

extern const struct ct_module ct_terminal_module;

#define CT_TERMINAL_MAX 65535 /* rows and columns: two bytes each in the kernel */

/* The module's part of a spec. */
struct ct_terminal_part {
	int set;
	uint32_t rows, columns; /* 0: not told */
};

/* What a pty's failure was at: detail of the report, for the hint. */
enum ct_terminal_at {
	CT_TERMINAL_PTMX = 1,
	CT_TERMINAL_UNLOCK,
	CT_TERMINAL_PEER,
	CT_TERMINAL_SIZE,
	CT_TERMINAL_CONSOLE,
	CT_TERMINAL_HAND,
};

/*
 * A master of the devpts whose "ptmx" is name below dirfd, and its other side. Shared by the
 * primitive and the step. *ret_at says what failed.
 */
int ct_terminal_open(int dirfd, const char *name, int flags, int *ret_master, int *ret_peer,
		     int32_t *ret_at);
int ct_terminal_resize(int fd, uint32_t rows, uint32_t columns);

#endif
