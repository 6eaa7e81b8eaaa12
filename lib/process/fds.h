/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef CT_PROCESS_FDS_H
#define CT_PROCESS_FDS_H

#include "plan/run.h"

/* More numbers are not tried one by one. */
#define CT_FDS_TRIED (1U << 22)

/*
 * Closes every fd that is not the to of an entry of map, nor keep (-1: none). proc: an O_PATH fd of
 * a procfs in which the caller is "self", or -1; it is for kernels and filters without
 * close_range(2), and may be one of those that are closed. -ENOSYS: without it there are too many
 * numbers to try.
 */
int ct_process_close_others(const struct ct_fdmap *map, uint32_t n, int keep, int proc);

/* Every disposition to default. */
int ct_process_default_signals(void);

#endif
