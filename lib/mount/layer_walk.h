/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A tree that nobody vouches for, walked without recursion and without a path: each name is one
 * component on the fd of its directory, no symlink is followed, no mount is entered, and depth is
 * bounded only by memory: some bytes for each level and its name. Few fds are open at a time; what
 * was closed is opened again by "..", and has to be the directory that it was.
 */
#ifndef CT_MOUNT_LAYER_WALK_H
#define CT_MOUNT_LAYER_WALK_H

#include "sys/sys_file.h"

#define CT_WALK_OPEN 16 /* levels that stay open */

struct ct_walk_level {
	int fd; /* -1: closed for now */
	uint64_t dev, ino;
	size_t path_len; /* of the directory's own path */
	int64_t next;	 /* where getdents64(2) goes on after what was told */
	char *buf;
	int at, end, eof;
};

struct ct_walk {
	struct ct_walk_level *level;
	int depth, room; /* levels in use */
	char *path;	 /* of the current entry, from the top, terminated */
	size_t path_room;
	/* the current entry */
	int leaving;	  /* a directory that was entered, all of it done */
	int dir_fd;	  /* in which it is; the walk's */
	const char *name; /* the end of path */
	uint8_t type;	  /* DT_*, as the directory says */
};

/* One component, pinned with O_PATH: -EXDEV what is mounted there. More flags, such as O_RDONLY. */
int ct_walk_pin(int dir_fd, const char *name, int flags);

/* From a directory, whose fd stays the caller's. */
int ct_walk_begin(struct ct_walk *w, int fd);
void ct_walk_end(struct ct_walk *w);

/* 1: an entry; 0: the end; -errno: of the directory that the path names, which is left then. */
int ct_walk_next(struct ct_walk *w);

/* Goes into the current entry, of which fd is open for reading; fd is the walk's then, always. */
int ct_walk_enter(struct ct_walk *w, int fd);

#endif
