/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The caller's own root as it is mounted now: which directories a copy-on-write view of it is made
 * of. An overlay shows one file system only, so that each that is mounted below is a layer of its
 * own.
 */
#ifndef CT_FEATURE_HOST_TREE_H
#define CT_FEATURE_HOST_TREE_H

#include <stddef.h>
#include <stdint.h>

enum ct_host_kind {
	CT_HOST_LAYER, /* a directory that an overlay can have as its lower one */
	CT_HOST_FILE,  /* a regular file that is shown by a read-only bind */
	CT_HOST_DIR,   /* a directory that is made, for what lies in it */
	CT_HOST_LINK,  /* a symlink that is made */
};

struct ct_host_entry {
	enum ct_host_kind kind;
	uint32_t attr; /* of the host's mount: MOUNT_ATTR_NOSUID, MOUNT_ATTR_NOEXEC */
	uint32_t mode; /* of a directory that is made */
	char *path;
	char *text; /* what a symlink points to */
};

/* Sorted by path, so that each comes after what it lies in. */
struct ct_host_tree {
	struct ct_host_entry *entry;
	size_t n, room;
};

#define CT_HOST_MAX 4096 /* entries */

/*
 * locked: for a child in another user namespace, to which all mounts are locked together. A
 * directory with mounts below it cannot be a layer then (EINVAL), and is made of what is in it.
 *
 * File systems of the kernel are left out: /proc, /sys and /dev with all below them, others
 * wherever they are mounted. Nothing is mounted by this: automount points are not followed.
 * 0, -E2BIG, or -errno; *ret is freed by ct_host_tree_free() in any case.
 */
int ct_host_tree_find(int locked, struct ct_host_tree *ret);
void ct_host_tree_free(struct ct_host_tree *tree);

/* The mount table that a tree is found from. */
struct ct_host_mount {
	uint64_t id, parent;
	uint32_t attr;
	int kernel; /* a file system of the kernel */
	char *point;
	int visible; /* its path leads to it */
};

struct ct_host_mounts {
	struct ct_host_mount *mount;
	size_t n, room;
};

/* Takes in one line of mountinfo, which is cut up. 0 or -ENOMEM. */
int ct_host_mounts_add(struct ct_host_mounts *mounts, char *line);
/* Sorts them by path and tells which are visible from the mount root_id. */
void ct_host_mounts_look(struct ct_host_mounts *mounts, uint64_t root_id);
void ct_host_mounts_free(struct ct_host_mounts *mounts);

#endif
