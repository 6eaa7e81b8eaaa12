/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Groups in cgroup v1 hierarchies: the one door to libcgroup. */
#ifndef CT_CGROUP_V1_H
#define CT_CGROUP_V1_H

#include <stdint.h>

/*
 * Makes the group `name` (with the groups above it) in the hierarchy at mount and sets the values
 * that are not 0: CT_V1_* of cgroup_plan.h. When it fails the group may be there half made.
 * -ESTALE: libcgroup finds the controller at another place; -ENODEV: the group above vanished
 * meanwhile; -EOPNOTSUPP: built without libcgroup.
 */
/*
 * Its system calls, as explain prints them: the table of mounts at the first use, then the look at
 * the mounts, the path from "/" down, and for each value one more look and one write.
 */
#define CT_V1_CALLS                                                                      \
	"( openat newfstatat read* ( openat newfstatat read* close? read* )* close* )? " \
	"openat newfstatat read* close mkdir* "                                          \
	"( ( openat newfstatat read* close )? openat write close )*"

int ct_v1_create(const char *mount, const char *name, const int64_t *values);

#endif
