/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Groups in cgroup v1 hierarchies. What is set there is text, in the order in which it has to be
 * written, one line "FILE VALUE" for each, such as "memory.limit_in_bytes 1048576": settings.
 * ct_limits_v1() and ct_devices_v1() make it of limits and rules. A name is the group's path below
 * the mount, without a '/' at its beginning; a controller is called as v2 or v1 calls it.
 */
#ifndef CT_CGROUP_V1_H
#define CT_CGROUP_V1_H

#include "limits.h"

#include <stddef.h>
#include <stdint.h>

/*
 * Makes the group (with the groups above it) in the hierarchy at mount and writes the settings
 * ("": none). In a hierarchy of cpuset, groups that are made or found with no processor or memory
 * node get those of the group above, or nobody could enter them. When it fails the group may be
 * there half made; *ret_at (may be NULL) is the line of settings that was refused, or NULL.
 * -ESTALE: libcgroup finds the controller at another place; -ENODEV: the group above vanished
 * meanwhile; -EOPNOTSUPP: built without libcgroup; -ENOENT: no such file in this kernel.
 */
int ct_v1_create(const char *mount, const char *controller, const char *name, const char *settings,
		 const char **ret_at);

/*
 * Writes the settings to a group that is there. *ret_old (may be NULL) receives the settings that
 * bring back what was before; freed with free(3). When it fails that has been done already,
 * *ret_old is untouched, and *ret_at as above.
 */
int ct_v1_set(const char *mount, const char *controller, const char *name, const char *settings,
	      char **ret_old, const char **ret_at);

/*
 * Its system calls, as explain prints them: the table of mounts at the first use, then the look at
 * the mounts, the path from "/" down, in cpuset for each group on the path and each of two files
 * what it has and what the group above has, and for each value one more look and one write.
 */
#define CT_V1_CALLS                                                                      \
	"( openat newfstatat read* ( openat newfstatat read* close? read* )* close* )? " \
	"openat newfstatat read* close mkdir* "                                          \
	"( openat openat read close ( openat read close openat write close )? close )* " \
	"( ( openat newfstatat read* close )? openat write close )*"

/*
 * The settings that stand for the limits of one controller, when that is bound to v1: *ret_settings
 * is "" when there are none, and freed with free(3). Limits that ask for what v1 does anyway (no
 * limit of a kind that it does not know) need none. -EOPNOTSUPP: *ret_bad has no equivalent in v1;
 * -EINVAL: it has one only together with another limit; *ret_why says it and goes on where the
 * name of the field ends. -ENOMEM.
 */
int ct_limits_v1(const contain_limits *limits, enum ct_controller controller, char **ret_settings,
		 const struct ct_limit **ret_bad, const char **ret_why);

/* ---- v1_libcgroup.c: the one door to libcgroup, behind one mutex ---- */

/* mkdir -p. */
int ct_v1_lib_create(const char *mount, const char *controller, const char *name);

/* Writes one file of a group. */
int ct_v1_lib_write(const char *mount, const char *controller, const char *name, const char *file,
		    const char *value);

/* fn under the mutex; -EOPNOTSUPP: built without libcgroup. */
int ct_v1_lib_locked(int (*fn)(void *arg), void *arg);

/* -EINVAL: malformed. log receives what libcgroup said. Called under the mutex. */
int ct_v1_lib_load_config(const char *path, char *log, size_t size);

/* v1_config.c: the same in a process of its own. */
int ct_v1_load_config(const char *path, char *log, size_t size);

#endif
