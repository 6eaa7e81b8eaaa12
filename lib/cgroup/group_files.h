/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Names and files of groups: what steps, handle, gc and primitives share. */
#ifndef CT_CGROUP_GROUP_FILES_H
#define CT_CGROUP_GROUP_FILES_H

#include "group.h"
#include "sys/fd.h"
#include "sys/sys.h"

#include <linux/magic.h>
#include <sys/file.h>

/* Why a step of this module failed, where the errno alone does not say it. */
enum ct_group_why {
	CT_WHY_NONE,
	CT_WHY_FROZEN,
	CT_WHY_NOT_CGROUP2,
	CT_WHY_REPLACED,      /* the pinned parent is another one now */
	CT_WHY_NO_CONTROLLER, /* the parent does not have it to hand it down */
	CT_WHY_PROCESSES,     /* note: the pids in the way */
	CT_WHY_NO_DELEGATION, /* cgroup.subtree_control is not writable */
	CT_WHY_THREADED,
	CT_WHY_KILLED,
	CT_WHY_SETTING,	 /* note: the line that v1 refused */
	CT_WHY_V1_MOVED, /* the hierarchy is not where the plan saw it */
};

/* getdents64(2) */
struct ct_dirent {
	uint64_t ino;
	int64_t off;
	uint16_t reclen;
	uint8_t type;
	char name[];
};
#define CT_DT_DIR 4

/* A single name that can be a group's: no '/' or newline, not "." or "..", not "cgroup.*". */
int ct_group_name_ok(const char *name);

/* NAME.PID.HEX, as ct_group_name_new() makes them. */
int ct_group_name_ours(const char *name);

/* The same with this prefix, NULL: any. */
int ct_group_name_has(const char *name, const char *prefix);

/* buf has room for CT_GROUP_NAME_MAX + 1; of prefix as much is used as CT_GROUP_PREFIX_MAX. */
#define CT_GROUP_PREFIX_MAX 64
void ct_group_name_new(char *buf, const char *prefix);

/* The number behind a key in the lines of a flat keyed file. 1 and *ret, or 0: no such key. */
int ct_group_key(const char *text, const char *key, uint64_t *ret);

/* The decimal number that s begins with: what is behind it, or NULL: none, or too large. */
const char *ct_group_digits(const char *s, uint64_t *ret);

/* A decimal number alone in the text. 1 and *ret, or 0. */
int ct_group_number(const char *text, uint64_t *ret);

/* One open, one read, one close, and a terminator: cgroupfs hands out a small file whole. */
ssize_t ct_group_read(int dirfd, const char *file, char *buf, size_t size);

/* Opens a group's directory so that it can be locked. */
int ct_group_open(int dirfd, const char *path);

/* mkdirat() and ct_group_open(); a group that could not be opened is removed again. */
int ct_group_make(int dirfd, const char *path);

/* rmdir of the group behind fd by its name, from inside: no fd of the parent is needed. */
int ct_group_rmdir(int fd, const char *name);

/* Removes the groups below fd, deepest first, as far as they are empty. until as in remove. */
void ct_group_prune(int fd, uint64_t until_nsec);

/*
 * ct_group_remove() for one directory. events: where its open cgroup.events is, -1 in v1; another
 * thread may set it to -1 meanwhile.
 */
int ct_group_remove_dir(int fd, const int *events, const char *name, uint64_t until_nsec);

/* A state in an open cgroup.events: 1, 0, -errno; -EOPNOTSUPP: it is not told. */
int ct_group_event(int events, const char *key);

/* 1: processes in it or below it; 0: none; -errno. events: an open cgroup.events. */
int ct_group_populated(int events);

/*
 * Hands a controller down to the group at fd: writes to cgroup.subtree_control of the groups
 * above it, from the levels-th down to the first. levels 0: of the group itself, for its children.
 */
int ct_group_enable(int fd, int levels, const char *controller, struct ct_group *g);

/* "12, 15, ..." from cgroup.procs at path below fd. */
void ct_group_pids(int fd, const char *path, char *buf, size_t size);

#endif
