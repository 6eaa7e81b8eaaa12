/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef H_CANARY_PRIV_H
#define H_CANARY_PRIV_H

#include "canary.h"

#include <fcntl.h>
#include <stdio.h>

union h_handle {
	struct file_handle handle;
	unsigned char room[sizeof(struct file_handle) + MAX_HANDLE_SZ];
};

static inline unsigned char *h_handle_bytes(union h_handle *h)
{
	return h->room + sizeof(struct file_handle);
}

struct h_canary {
	const char *host, *tree, *marker;
	char *before;		/* a line for each entry and setting */
	struct h_events *events;
};

void h_events_new(struct h_canary *c);
void h_events_free(struct h_canary *c);
/* @name in @dir is part of the canary. */
void h_events_know(struct h_canary *c, int dir, const char *name);
/* Writes the events that concern the canary; how many. */
int h_events_tell(struct h_canary *c, FILE *out);

#endif
