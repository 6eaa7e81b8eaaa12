/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A start as contain-init finds it: one memfd, whose first page is the struct ct_control that it
 * shares with the caller, and whose rest it maps for itself. Nothing in it is a pointer.
 */
#ifndef CT_PLAN_IMAGE_H
#define CT_PLAN_IMAGE_H

#include "run.h"

#define CT_IMAGE_AT 4096 /* struct ct_control before it */

/* A contain-init found by path may be another version's: layouts differ, so do these. */
#define CT_IMAGE_MAGIC                                                       \
	(0x636f6e7461696e00ULL ^ ((uint64_t)sizeof(struct ct_image) << 32) ^ \
	 sizeof(struct ct_control))

struct ct_image {
	uint64_t magic;
	uint64_t size; /* of this and all that follows */
	/* offsets from this structure */
	uint64_t plan_at;
	/* strings in a row; room for as many pointers and NULL */
	uint64_t argv_at, argc, argv_room_at;
	uint64_t env_at, envc, env_room_at;
	uint64_t path_at, cwd_at;
	uint64_t fdmap_at;
	uint64_t clone_flags; /* of the container's first process */
	uint32_t fdmaps;
	int32_t socket; /* takes the pidfd of that process */
	int32_t seam_fd; /* in builds with CT_SEAM */
	int32_t fd[CT_SLOTS];
};

/* life, once the payload runs below an init that stays; otherwise the kernel marks the word */
#define CT_LIFE_DONE FUTEX_OWNER_DIED

#endif
