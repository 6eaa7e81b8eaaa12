/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the primitives that act now have in common: looking at a mount, and why a call failed. */
#ifndef CT_MOUNT_ACT_H
#define CT_MOUNT_ACT_H

#include "plan/error.h"
#include "sys/sys.h"

#include <contain/mount.h>
#include <stddef.h>
#include <stdint.h>

/* The cause of a failure, in words. */
struct ct_mount_why {
	int err;
	char object[256]; /* "": what the caller of the primitive named */
	char hint[512];
};

void ct_mount_say(struct ct_mount_why *why, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
int ct_mount_failed(contain_error **reterr, const char *op, const char *object,
		    const struct ct_mount_why *why);
/* What err means whoever gets it, or what a missing call is: hint NULL. */
int ct_mount_fail(contain_error **reterr, int err, const char *op, const char *object,
		  const char *hint);
/* A call that this kernel, or a filter, has not: -EOPNOTSUPP "unsupported: CALL". */
int ct_mount_unsupported(contain_error **reterr, const char *op, const char *object,
			 const char *call);

extern const char ct_mount_no_rights[];

/* NULL, or what is wrong with attributes that are set. */
const char *ct_mount_bad_attributes(uint32_t attributes);
/* "readonly, nosuid" */
void ct_mount_attribute_names(uint32_t attributes, char *buf, size_t size);

/* An fd of the caller (path "": not ours to close), or one of our own. Symlinks are followed. */
int ct_mount_open_path(int dirfd, const char *path);
void ct_mount_close_path(int fd, int dirfd);

/* The root of a path that is resolved in one: of AT_FDCWD "/" where the path is absolute. */
int ct_mount_open_root(int root_fd, const char *path);

struct ct_mount_look {
	uint64_t id;	    /* as in mountinfo; 0: not told */
	uint64_t unique_id; /* never used again, Linux 6.8; below: id */
	int is_root;	    /* of the mount */
	int is_dir;
	uint32_t major, minor;
};
int ct_mount_look(int fd, struct ct_mount_look *ret);
/* The same of a name in a directory, not following a symlink. */
int ct_mount_look_at(int dir_fd, const char *name, struct ct_mount_look *ret);

/* A mount of the calling thread's namespace, as mountinfo has it. */
struct ct_mount_line {
	uint64_t id, parent;
	uint32_t major, minor;
	int shared, unbindable;
	const char *point, *options, *type;
};
/* Tells fn of every mount until it returns 1. 1 then, 0, or -errno. */
int ct_mount_each_line(int (*fn)(const struct ct_mount_line *m, void *arg), void *arg);

/* A copy of one line; *point is cut to its size. 1: found, 0: no such mount here, -errno. */
struct ct_mount_found {
	uint64_t parent;
	int shared, unbindable;
	char point[512], type[64];
};
int ct_mount_find(uint64_t id, struct ct_mount_found *ret);

/* Attributes, CONTAIN_MOUNT_*, of the mount that an fd is on. */
int ct_mount_attributes_of(int fd, uint32_t *ret);

/* Who uses a mount: mounts below it, processes. 0 with a hint, or nothing found out. */
void ct_mount_why_busy(const struct ct_mount_look *mount, struct ct_mount_why *why);

/* Attaches mount_fd to target_fd; says why not. */
int ct_mount_move_to(int mount_fd, int target_fd, uint32_t flags, struct ct_mount_why *why);

/* ---- classic.c: with mount(2), where newer calls are missing ---- */

/* MS_* of attributes. */
unsigned long ct_mount_classic_flags(uint32_t attributes);
/* source_fd is shown at target_fd, whose path the caller trusts. */
int ct_mount_classic_bind(int source_fd, int target_fd, uint32_t attributes,
			  struct ct_mount_why *why);
int ct_mount_classic_change(int fd, uint32_t set, uint32_t clear, int recursive,
			    struct ct_mount_why *why);

#endif
