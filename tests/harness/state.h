/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Between the files of the leak oracle. */
#ifndef T_STATE_H
#define T_STATE_H

#include "priv.h"

struct t_text {
	char *buf;
	size_t len, cap;
};

/* Adds one line (no newline in @fmt). */
void t_line(struct t_text *text, const char *fmt, ...) T_PRINTF(2, 3);
/* The link's target in @buf, "?" when unreadable. */
const char *t_link(const char *path, char *buf, size_t size);

/* state_self.c: the process and the calling thread */
void t_take_fds(struct t_text *text);
void t_take_signals(struct t_text *text);
void t_take_self(struct t_text *text);
void t_take_creds(struct t_text *text);
void t_take_ns(struct t_text *text);
void t_take_maps(struct t_text *text);

/* state_kernel.c: what the kernel keeps for it */
void t_take_mounts(struct t_text *text);
void t_take_children(struct t_text *text);
void t_take_procs(struct t_text *text);
void t_take_threads(struct t_text *text);
void t_take_cgroups(struct t_text *text);
void t_take_ipc(struct t_text *text);

#endif
