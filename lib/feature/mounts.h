/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Readers of /proc/<pid>/mountinfo, /proc/<pid>/cgroup and the like. Text in, facts out: the
 * parsers make no system call, so tests feed them the nastiest lines.
 */
#ifndef CT_FEATURE_MOUNTS_H
#define CT_FEATURE_MOUNTS_H

#include "feature.h"

#include <stddef.h>
#include <stdint.h>

/* Lines of a file of any length, a NUL in place of the newline. Zero it, set fd, free buf. */
struct ct_lines {
	int fd;
	int eof;
	char *buf;
	size_t size, at, end;
};

/* 1 with *ret_line, which lives until the next call; 0 at the end; -ENOMEM or what read(2) said. */
int ct_lines_next(struct ct_lines *lines, char **ret_line);

/* One line of mountinfo. The strings point into the line, octal escapes already undone. */
struct ct_mount {
	uint64_t id, parent;
	char *root;
	char *point;
	char *options; /* of this mount */
	char *type;
	char *super; /* options of the filesystem; not unescaped, so that "," stays a separator */
};

/* Cuts up the line in place. 0, or -EINVAL for a line that is none of mountinfo's. */
int ct_mount_parse(char *line, struct ct_mount *m);

/* 1 where the comma-separated list has exactly this item. */
int ct_has_item(const char *list, char separator, const char *item);

/* Bits 1 << enum ct_controller of the names in a list: cgroup.controllers, v1 mount options. */
uint32_t ct_controllers_parse(const char *list, char separator);

/* What the mount table says about cgroups. */
struct ct_cgroup_mounts {
	uint64_t v2_id; /* mount id, 0: no v2 mount */
	int v2_nsdelegate;
	int v1;		/* some v1 hierarchy is there, perhaps only a named one */
	int unsure;	/* of a mount it could not be found out whether it is visible */
	char v2_mount[CT_GROUP_MAX];
	char v2_root
		[CT_GROUP_MAX]; /* the group that v2_mount shows, seen from the cgroup namespace */
	char v1_mount[CT_CONTROLLERS][CT_V1_MOUNT_MAX];
};

/*
 * Takes in one mount. visible: whether its path leads to it (nothing is mounted over it), -1: that
 * could not be found out.
 */
void ct_cgroup_mounts_add(struct ct_cgroup_mounts *mounts, const struct ct_mount *m,
			  int (*visible)(const struct ct_mount *m));

/* The mounts of the calling thread's mount namespace. 0 or -errno. */
int ct_cgroup_mounts_read(struct ct_cgroup_mounts *mounts);

/* Mount id of what path leads to, or 0. */
uint64_t ct_mount_id(const char *path);

/*
 * The caller's v2 group from the text of /proc/<pid>/cgroup, below the mount whose root is given,
 * "" where there is none or where the mount does not show it. 0, -ENOENT, or -ENAMETOOLONG.
 */
int ct_own_group_parse(const char *text, const char *mount_root, char *ret_group, size_t size);

#endif
