/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What overlay writes into layers, read from trees that nobody vouches for. */
#ifndef CT_MOUNT_LAYER_H
#define CT_MOUNT_LAYER_H

#include "layer_walk.h"

#include <contain/layer.h>

#define CT_XATTR_MAX 65536 /* a value's most, and a list's: the kernel's */

/* Which of the two families of attributes counts: "trusted.overlay." or "user.overlay.". */
const char *ct_layer_prefix(uint32_t flags);

/* The attribute of an overlay, such as "opaque": its length, terminated in buf, 0: none, -errno. */
int ct_layer_xattr(int fd, const char *prefix, const char *name, char *buf, size_t size);

/* Whether it is there, whatever its value: 1, 0, -errno. */
int ct_layer_has(int fd, const char *prefix, const char *name);

/*
 * A regular file that was seen as st is opened for reading: -ESTALE where the name is another's
 * by then. Nothing hangs on what may be there instead.
 */
int ct_layer_open_file(int dir_fd, const char *name, const struct stat *st);

/* A value of "redirect" that names something: components, no "." and "..", absolute or one. */
int ct_layer_redirect_ok(const char *redirect);

/* S_IFCHR 0:0, or, where the directory is marked for it, an empty file with the attribute. */
int ct_layer_is_whiteout(int dir_fd, const char *name, const struct stat *st, const char *prefix,
			 int marked);

/* Whether two regular files, open for reading, have the same content: 1, 0, -errno. */
int ct_layer_same_data(int a, int b);
/* The same for extended attributes, without those of overlays. */
int ct_layer_same_xattrs(int a, int b);

/* ---- whole trees ---- */

/* A directory by the name that it has in its parent. */
struct ct_layer_place {
	int parent;	  /* fd, or -1 */
	int dir;	  /* O_PATH, or -1 */
	const char *name; /* the end of the caller's path */
};

/* -EINVAL: the path has no last name. need_dir 0: only the parent. */
int ct_layer_place(int dirfd, const char *path, int need_dir, struct ct_layer_place *ret);
void ct_layer_place_end(struct ct_layer_place *p);

/* Some overlay has it: -EBUSY. 0 too where the caller may not ask. */
int ct_layer_check_use(int dir_fd);

/* Removes it with all that is in it. ret_path: of the first failure, malloced; may stay NULL. */
int ct_layer_remove(const struct ct_layer_place *p, char **ret_path);

/* The content of one directory into another; links: an empty directory in that file system. */
struct ct_layer_copy {
	int links;
	uint32_t flags; /* CONTAIN_LAYER_TO_* */
	const char *to; /* prefix of overlays' attributes there, NULL: as they are */
	const char *from;
	char *buf; /* two of CT_XATTR_MAX */
};
int ct_layer_copy(struct ct_layer_copy *c, int from_fd, int to_fd, char **ret_path);

/* ---- the view that lower layers give together ---- */

struct ct_lower_dir {
	int fd;	   /* O_RDONLY */
	int layer; /* index */
};

/* The directories that are merged at one place, topmost first. */
struct ct_lower_set {
	struct ct_lower_dir *dir;
	int n;
};

struct ct_lower {
	const int *root;
	int layers;
	const char *prefix;
};

struct ct_lower_found {
	int is_there;
	struct stat st;
	int fd; /* of what is no directory: of a file open for reading where that is allowed */
	struct ct_lower_set set; /* of a directory */
};

/* name: one component below the set, or, with a leading "/", a path from the roots. 0 or -errno. */
int ct_lower_find(const struct ct_lower *l, const struct ct_lower_set *in, const char *name,
		  struct ct_lower_found *ret);
int ct_lower_top(const struct ct_lower *l, struct ct_lower_set *ret);
void ct_lower_set_end(struct ct_lower_set *set);
void ct_lower_found_end(struct ct_lower_found *f);

#endif
