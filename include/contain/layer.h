/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * contain/layer.h - what changed in the upper directory of a union, and what becomes of it
 *
 * The trees may be hostile: any name, any depth, any attribute. Nothing in them is followed or
 * run, devices and pipes are not opened, and mounts are not entered. They should not be mounted as
 * a union meanwhile: what changes during the walk may be told or not.
 *
 * Source: the kernel's Documentation/filesystems/overlayfs.rst; the image specification of OCI,
 * layer.md, for ".wh." names.
 */
#ifndef CONTAIN_LAYER_H
#define CONTAIN_LAYER_H

#include <contain/error.h>

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct contain_layer_diff contain_layer_diff;

/** Changes: contain_layer_diff_change(). */
#define CONTAIN_LAYER_ADDED 1	 /* there was nothing of this name */
#define CONTAIN_LAYER_MODIFIED 2 /* its content, or what it is, is another */
#define CONTAIN_LAYER_DELETED 3	 /* it is gone, with all that was in it */
#define CONTAIN_LAYER_OPAQUE 4	 /* a directory in place of another one, of which nothing is left */
#define CONTAIN_LAYER_METADATA 5 /* mode, owner, times or extended attributes alone */
#define CONTAIN_LAYER_MOVED 6	 /* a directory or file that was elsewhere, with what is in it */

/** Flags: contain_layer_diff_open(). */
#define CONTAIN_LAYER_USERXATTR 0x1u /* attributes of overlays are those in user.overlay. */
#define CONTAIN_LAYER_TRUSTED 0x2u   /* those in trusted.overlay. */
#define CONTAIN_LAYER_WH_NAMES 0x4u  /* ".wh.NAME" and ".wh..wh..opq" are whiteouts, too */
/* files of one size and one time of modification have one content: faster, and can be faked */
#define CONTAIN_LAYER_TRUST_TIMES 0x8u

/**
 * contain_layer_diff_open - begins to tell what an upper directory changes
 * @upper_fd: the directory; stays the caller's
 * @lower_fds: the directories below it, topmost first, which stay open until
 *             contain_layer_diff_free() and stay the caller's
 * @lower_count: how many; 0: what can be told from the upper directory alone. Then MODIFIED is
 *               what overlay has marked as copied up, and all other files are ADDED
 * @flags: CONTAIN_LAYER_USERXATTR, _TRUSTED, _WH_NAMES, _TRUST_TIMES; with neither of the first
 *         two, USERXATTR in a user namespace and TRUSTED elsewhere
 * @ret_diff: receives the object
 * @reterr: may be NULL
 *
 * Only the attributes of one family count, since users of a union may write those of the other.
 *
 * Returns 0, or with *ret_diff untouched: -EINVAL (an unknown flag, both families, NULL with a
 * count, more than 500 directories), -EBADF, -ENOTDIR, -EACCES (an fd; a directory that cannot be
 * read), -EMFILE, -ENFILE, -ENOMEM. Since: 0.1
 */
int contain_layer_diff_open(int upper_fd, const int *lower_fds, size_t lower_count, uint32_t flags,
			    contain_layer_diff **ret_diff, contain_error **reterr);

/**
 * contain_layer_diff_free - ends it
 * @diff: may be NULL
 *
 * Since: 0.1
 */
void contain_layer_diff_free(contain_layer_diff *diff);

/**
 * contain_layer_diff_next - goes to the next change
 * @diff: the object
 *
 * A directory comes before what is in it. What is in a directory that is ADDED or OPAQUE is
 * ADDED; what is in one that is DELETED is not told. A directory or file that was copied up and is
 * what it was is no change. The old place of what has MOVED comes as DELETED.
 *
 * Memory grows with the depth of the tree alone.
 *
 * Returns 1: the getters tell it; 0: that was all; or a negative errno, of what
 * contain_layer_diff_path() names; the next call goes on behind it: -EINVAL (diff is NULL, or an
 * attribute of the overlay that the kernel would refuse), -EACCES, -EXDEV (a mount lies on it),
 * -ESTALE (a directory was moved meanwhile: nothing follows), -EOPNOTSUPP (no openat2(2)), -EIO,
 * -EMFILE, -ENFILE, -ENOMEM. Since: 0.1
 */
int contain_layer_diff_next(contain_layer_diff *diff);

/**
 * contain_layer_diff_path - where, from the top of the upper directory
 * @diff: the object
 *
 * Without a leading "/"; "" is the top itself. It may be longer than PATH_MAX. Names can have any
 * byte but "/" and NUL: they are not fit to be printed as they are.
 *
 * Returns a string that lives until the next call of contain_layer_diff_next(), or "" for NULL.
 * Since: 0.1
 */
const char *contain_layer_diff_path(const contain_layer_diff *diff);

/**
 * contain_layer_diff_change - what
 * @diff: the object
 *
 * Returns CONTAIN_LAYER_ADDED .. _MOVED, or 0 where contain_layer_diff_next() did not return 1,
 * and of NULL: 0. Since: 0.1
 */
int contain_layer_diff_change(const contain_layer_diff *diff);

/**
 * contain_layer_diff_type - the type of file that is there now, or was, for DELETED
 * @diff: the object
 *
 * Returns the bits of S_IFMT in stat(2), or 0: not known. Since: 0.1. Source: inode(7).
 */
uint32_t contain_layer_diff_type(const contain_layer_diff *diff);

/**
 * contain_layer_diff_from - where that was which has MOVED
 * @diff: the object
 *
 * Returns a path as contain_layer_diff_path() does, or "" for other changes. Since: 0.1
 */
const char *contain_layer_diff_from(const contain_layer_diff *diff);

/**
 * contain_layer_change_name - the name of a change, such as "modified"
 * @change: CONTAIN_LAYER_ADDED .. _MOVED
 *
 * Returns it, or NULL. Since: 0.1
 */
const char *contain_layer_change_name(int change);

/** Flags: contain_layer_commit(). */
#define CONTAIN_LAYER_KEEP 0x10u	 /* a copy is made; upper and work directory stay */
#define CONTAIN_LAYER_TO_USERXATTR 0x20u /* trusted.overlay.* become user.overlay.*, in a copy */
#define CONTAIN_LAYER_TO_TRUSTED 0x40u	 /* the reverse */

/**
 * contain_layer_commit - makes a lower layer of an upper directory
 * @dirfd: where relative paths of upper and work start, or AT_FDCWD
 * @upper: the upper directory
 * @work: its work directory, or NULL
 * @to_dirfd: where a relative path of to starts, or AT_FDCWD
 * @to: the new layer; it must not exist
 * @flags: 0, or CONTAIN_LAYER_KEEP, _TO_USERXATTR, _TO_TRUSTED
 * @reterr: may be NULL; the object of the error is the path that failed
 *
 * By rename(2) where that can be, else a copy with owners, modes, times, extended attributes, hard
 * links, holes and whiteouts, which gets its name when it is complete and on disk. It is written
 * to a directory of the name of to with ".new" behind it, which is removed after a failure. Then
 * upper and work are removed, unless CONTAIN_LAYER_KEEP is given.
 *
 * That upper is in use is known to callers with CAP_SYS_ADMIN only. Attributes of the user's own
 * in the family that is converted to are left out, since they would become the overlay's.
 *
 * Returns 0, or, with upper and work as they were:
 * -EINVAL: a NULL, an unknown flag, both conversions, or a path that ends in "/", "." or "..";
 * -EEXIST: to exists, or a ".new" of an interrupted commit does;
 * -EBUSY: upper or work is in use by a mount;
 * -ESTALE: work is left from a volatile mount that did not end well; or a file was exchanged;
 * -EOPNOTSUPP: a redirect or metacopy attribute, which means nothing in user.overlay.*, or the
 *  file system of to has no such attributes; -EXDEV: a mount lies in upper;
 * -ENOENT, -ENOTDIR, -ELOOP, -ENAMETOOLONG, -EACCES, -EPERM, -EROFS, -ENOSPC, -EDQUOT, -EIO,
 * -EMFILE, -ENFILE, -ENOMEM.
 * What fails after the new layer has its name is an error of contain_layer_discard(), and the new
 * layer is there. Since: 0.1
 */
int contain_layer_commit(int dirfd, const char *upper, const char *work, int to_dirfd,
			 const char *to, uint32_t flags, contain_error **reterr);

/**
 * contain_layer_discard - removes an upper directory and its work directory
 * @dirfd: where relative paths start, or AT_FDCWD
 * @upper: the upper directory, or NULL
 * @work: the work directory, or NULL
 * @reterr: may be NULL; the object of the error is the path that failed
 *
 * All that is in them is removed, whatever its names, depth and modes; no symlink is followed, and
 * no mount entered. What does not exist is no error. What cannot be removed stays, the rest goes,
 * and the first failure is returned: the call may be repeated.
 *
 * Returns 0, or: -EINVAL (both are NULL, or a path ends in "/", "." or ".."), -EBUSY (in use by a
 * mount, which callers with CAP_SYS_ADMIN know, or a mount lies in it), -ENOTDIR, -ELOOP,
 * -ENAMETOOLONG, -EXDEV (a mount lies in it), -EACCES, -EPERM (a right; an immutable file),
 * -EOPNOTSUPP (no openat2(2)), -EROFS, -ESTALE (a directory was exchanged meanwhile),
 * -ENOTEMPTY (somebody writes to it), -EIO, -EMFILE, -ENFILE, -ENOMEM. Since: 0.1
 */
int contain_layer_discard(int dirfd, const char *upper, const char *work, contain_error **reterr);

#ifdef __cplusplus
}
#endif

#endif
