/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * contain/overlay.h - unions of directories
 *
 * A contain_overlay says which directories are stacked: it pins them when they are added, by fd,
 * so that no name counts afterwards, and any byte may be in names of any length. It is checked
 * and mounted, as often as wanted; a mount is an fd of a detached mount, which is attached with
 * contain_mount_attach() or vanishes when it is closed.
 *
 * A setter returns 0 or a negative errno with the object as it was. The first refusal is kept, and
 * contain_overlay_check() and contain_overlay_mount() return it with the name of the field: a
 * program may leave setters unchecked.
 *
 * contain/layer.h tells what changed in an upper directory, and makes a layer of it.
 *
 * Layers are given by fd since Linux 6.13. Below, /proc/self/mountinfo does not show their paths.
 * Kernels before 6.15 make the mount in a child with a mount namespace of its own where the upper
 * directory is ephemeral; so do those before 6.8 always.
 *
 * Source: the kernel's Documentation/filesystems/overlayfs.rst, fsconfig(2), open_tree(2).
 */
#ifndef CONTAIN_OVERLAY_H
#define CONTAIN_OVERLAY_H

#include <contain/error.h>

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct contain_overlay contain_overlay;

/** The most layers below the upper one, with those of data only; the kernel's OVL_MAX_STACK. */
#define CONTAIN_OVERLAY_LAYERS_MAX 500

/** Options: contain_overlay_set_option(). Each has the kernel's own name. */
#define CONTAIN_OVERLAY_USERXATTR 1    /* user.overlay.* in place of trusted.overlay.* */
#define CONTAIN_OVERLAY_VOLATILE 2     /* nothing is synced; the upper layer is for one mount */
#define CONTAIN_OVERLAY_METACOPY 3     /* chmod and chown copy up no data */
#define CONTAIN_OVERLAY_REDIRECT_DIR 4 /* directories of lower layers can be renamed */
#define CONTAIN_OVERLAY_INDEX 5	       /* hard links stay hard links when they are copied up */
#define CONTAIN_OVERLAY_XINO 6	       /* inode numbers are unique across layers */
#define CONTAIN_OVERLAY_NFS_EXPORT 7   /* file handles stay valid */

/** Values of options. */
#define CONTAIN_OVERLAY_OFF 0
#define CONTAIN_OVERLAY_ON 1
#define CONTAIN_OVERLAY_AUTO 2	   /* of CONTAIN_OVERLAY_XINO */
#define CONTAIN_OVERLAY_FOLLOW 3   /* of _REDIRECT_DIR: those that are there, no new ones */
#define CONTAIN_OVERLAY_NOFOLLOW 4 /* of _REDIRECT_DIR: neither */

/**
 * contain_overlay_new - begins the description of a union
 * @ret_overlay: receives the object; freed with contain_overlay_free()
 *
 * Returns 0, -EINVAL (ret_overlay is NULL) or -ENOMEM; *ret_overlay is untouched then. Since: 0.1
 */
int contain_overlay_new(contain_overlay **ret_overlay);

/**
 * contain_overlay_free - frees it, and closes what it has pinned
 * @overlay: may be NULL
 *
 * Mounts that were made stay. Since: 0.1
 */
void contain_overlay_free(contain_overlay *overlay);

/**
 * contain_overlay_add_lower - adds a read-only layer below those that are there
 * @overlay: the object
 * @dirfd: where a relative path starts, or AT_FDCWD
 * @path: a directory; "" means dirfd itself. It is opened now
 *
 * So the first one is the topmost. Since Linux 6.15 a layer may be on a detached mount.
 *
 * Returns 0, or: -EINVAL (a NULL), -E2BIG (more than CONTAIN_OVERLAY_LAYERS_MAX), -EBUSY (a layer
 * of data only was added before: those are the lowest), -ENOENT, -ENOTDIR, -EACCES, -ELOOP,
 * -ENAMETOOLONG, -EBADF (the path), -EMFILE, -ENFILE, -ENOMEM. Since: 0.1
 */
int contain_overlay_add_lower(contain_overlay *overlay, int dirfd, const char *path);

/**
 * contain_overlay_add_data_only - adds a layer whose files are seen only where a file above points
 *                                 to their data
 * @overlay: the object
 * @dirfd: where a relative path starts, or AT_FDCWD
 * @path: a directory; "" means dirfd itself
 *
 * Below all layers of contain_overlay_add_lower(). Needs Linux 6.8, and turns on
 * CONTAIN_OVERLAY_METACOPY unless that is set.
 *
 * Returns 0, or the errors of contain_overlay_add_lower(). Since: 0.1. Source: overlayfs.rst,
 * "Data-only lower layers".
 */
int contain_overlay_add_data_only(contain_overlay *overlay, int dirfd, const char *path);

/**
 * contain_overlay_set_upper - what is written goes into a directory of the caller's
 * @overlay: the object
 * @dirfd: where relative paths start, or AT_FDCWD
 * @upperdir: the upper directory
 * @workdir: an empty directory on the same mount, neither in upperdir nor around it
 *
 * An upper directory belongs to one mount at a time; contain_overlay_mount() refuses one that is
 * in use. Replaces what contain_overlay_set_ephemeral() has set.
 *
 * Returns 0, or -EINVAL (a NULL), or the errors of a path of contain_overlay_add_lower().
 * Since: 0.1
 */
int contain_overlay_set_upper(contain_overlay *overlay, int dirfd, const char *upperdir,
			      const char *workdir);

/**
 * contain_overlay_set_ephemeral - what is written goes into memory, and ends with the mount
 * @overlay: the object
 * @size_bytes: the most, data and names; 0: half of the memory
 * @inodes: the most files and directories; 0: the kernel's default
 *
 * Each mount gets a tmpfs of its own. Its root directory has mode and owner of the topmost layer's.
 * In a user namespace before Linux 6.6 a tmpfs has no user.* attributes: directories of lower
 * layers cannot be removed or renamed there.
 *
 * Replaces what contain_overlay_set_upper() has set.
 *
 * Returns 0 or -EINVAL (NULL). Since: 0.1. Source: tmpfs(5).
 */
int contain_overlay_set_ephemeral(contain_overlay *overlay, uint64_t size_bytes, uint64_t inodes);

/**
 * contain_overlay_set_option - sets an option of the file system
 * @overlay: the object
 * @option: CONTAIN_OVERLAY_USERXATTR .. _NFS_EXPORT
 * @value: CONTAIN_OVERLAY_OFF or _ON; _AUTO of _XINO, _FOLLOW and _NOFOLLOW of _REDIRECT_DIR
 *
 * Without it the kernel's own default holds, but for CONTAIN_OVERLAY_USERXATTR: on in a user
 * namespace, where trusted.* attributes cannot be written. With it no directory of a lower layer
 * can be renamed, and METACOPY and REDIRECT_DIR are refused by contain_overlay_mount(); so are
 * INDEX and NFS_EXPORT in a user namespace, which has no file handles.
 *
 * Returns 0 or -EINVAL: a NULL, an unknown option, or a value that it does not have. Since: 0.1.
 * Source: overlayfs.rst.
 */
int contain_overlay_set_option(contain_overlay *overlay, int option, int value);

/**
 * contain_overlay_check - tells what the kernel would refuse, and why
 * @overlay: the object
 * @reterr: may be NULL; the object of the error is the field: "lowerdir", "lowerdir 3",
 *          "upperdir", "workdir", or the option
 *
 * Mounts nothing and changes nothing. What only the kernel knows may still be refused by
 * contain_overlay_mount(); it looks the same way where the kernel's answer is -EINVAL.
 *
 * Returns 0, or: what a refused setter returned;
 * -EINVAL: no layer, one layer and no upper one, upperdir and workdir one or one in the other,
 *  options that exclude each other, an upper directory on a file system that cannot be one, or a
 *  layer with mounts below it in a user namespace;
 * -EXDEV: upperdir and workdir on different mounts; -EROFS: upperdir on a read-only mount;
 * -ELOOP: a layer is, or lies in, upperdir, workdir or another layer;
 * -EBUSY: upperdir or workdir is in use by another mount;
 * -ESTALE: workdir is left from a volatile mount that did not end well;
 * -EACCES: upperdir or workdir may not be written; -EPERM: no CAP_SYS_ADMIN;
 * -EMFILE, -ENFILE, -ENOMEM, -EAGAIN, -EOPNOTSUPP (no overlay in this kernel). Since: 0.1
 */
int contain_overlay_check(const contain_overlay *overlay, contain_error **reterr);

/**
 * contain_overlay_mount - makes a mount of the union
 * @overlay: the object; stays as it is, and may be mounted again where no upperdir is set
 * @attributes: CONTAIN_MOUNT_* of contain/spec.h, without CONTAIN_MOUNT_OPTIONAL
 * @reterr: may be NULL; has the kernel's own message where the kernel gives one
 *
 * The directories must be on mounts of the calling thread's mount namespace. In a user namespace a
 * layer may have no mounts below it that came from outside.
 *
 * Returns the fd of a detached mount, or, with nothing mounted, the errors of
 * contain_overlay_check(), -EINVAL for what only the kernel knows, -ENODEV (no overlay in this
 * kernel), -ESTALE (an upper directory with another set of layers), -ENOSPC, -EIO. Since: 0.1.
 * Source: overlayfs.rst, fsmount(2).
 */
int contain_overlay_mount(const contain_overlay *overlay, uint32_t attributes,
			  contain_error **reterr);

#ifdef __cplusplus
}
#endif

#endif
