/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef CT_FEATURE_DELEGATION_H
#define CT_FEATURE_DELEGATION_H

#include "feature.h"

/* What keeps the caller from making groups with limits. */
enum ct_delegation_state {
	CT_DELEGATION_NONE,	    /* no v2 mount, or the own group is not below it */
	CT_DELEGATION_READ_ONLY,    /* the v2 mount is read-only */
	CT_DELEGATION_NOT_WRITABLE, /* no group up to the root is the caller's */
	CT_DELEGATION_BUSY, /* `group` is the caller's, but processes in it forbid controllers */
	CT_DELEGATION_ROOT, /* the root group of the mount */
	CT_DELEGATION_FOUND,
};

struct ct_delegation {
	int state;
	uint32_t controllers;	  /* of `group`, bits 1 << enum ct_controller */
	char group[CT_GROUP_MAX]; /* "" for the first three states */
};

#define CT_HOST_ROOT 2

/*
 * Asks the kernel afresh. own: the caller's group below v2_mount, "" where it is not there.
 * privileged: 0, 1 (in the caller's user namespace), CT_HOST_ROOT. root_controllers: what the group
 * at v2_mount has, where that is known, or NULL.
 */
void ct_delegation_find(const char *v2_mount, const char *own, int privileged,
			const uint32_t *root_controllers, struct ct_delegation *ret);

#endif
