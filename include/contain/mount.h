/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * contain/mount.h - bind mounts, tmpfs, unions and propagation
 *
 * The functions act now, in the mount namespace of the calling thread; call
 * contain_ns_unshare(CONTAIN_NS_MNT) first unless the host's own mounts are meant. Every mount is
 * made detached and attached in one step: a failure leaves nothing mounted.
 *
 * Attributes are CONTAIN_MOUNT_READONLY, _NOSUID, _NODEV and _NOEXEC of contain/spec.h.
 *
 * Source: mount(2), fsopen(2), open_tree(2), move_mount(2), mount_setattr(2), mount_namespaces(7).
 */
#ifndef CONTAIN_MOUNT_H
#define CONTAIN_MOUNT_H

#include <contain/error.h>
#include <contain/spec.h>

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Propagation types; the values of MS_* in mount(2). */
#define CONTAIN_PROPAGATION_UNBINDABLE 0x20000u
#define CONTAIN_PROPAGATION_PRIVATE 0x40000u
#define CONTAIN_PROPAGATION_SLAVE 0x80000u
#define CONTAIN_PROPAGATION_SHARED 0x100000u

/**
 * contain_mount_bind - shows a file or directory, with all mounts below it, at another place
 * @source_dirfd: where a relative source starts, or AT_FDCWD; source "" means this fd itself
 * @source: what is shown
 * @target_dirfd: where a relative target starts, or AT_FDCWD; target "" means this fd itself
 * @target: where; it has to exist, a directory for a directory, else a file
 * @attributes: CONTAIN_MOUNT_*, for all mounts of the tree; without CONTAIN_MOUNT_OPTIONAL
 * @reterr: may be NULL
 *
 * Returns 0, or, with nothing mounted: -EINVAL (an unknown attribute, or an fd of another mount
 * namespace), -ENOENT, -ENOTDIR, -EACCES, -ELOOP (a path), -EBADF, -EPERM (no CAP_SYS_ADMIN),
 * -ENOSPC (fs.mount-max), -ENOMEM, -EMFILE, -ENFILE.
 *
 * Since: 0.1. Source: open_tree(2), mount_setattr(2).
 */
int contain_mount_bind(int source_dirfd, const char *source, int target_dirfd, const char *target,
		       uint32_t attributes, contain_error **reterr);

/**
 * contain_mount_tmpfs - mounts an empty file system in memory
 * @dirfd: where a relative target starts, or AT_FDCWD; target "" means this fd itself
 * @target: an existing directory
 * @size_bytes: 0: half of the memory
 * @mode: permissions of its root directory, at most 07777
 * @attributes: CONTAIN_MOUNT_*, without CONTAIN_MOUNT_OPTIONAL
 * @reterr: may be NULL
 *
 * Returns 0, or, with nothing mounted, the errors of contain_mount_bind(). Since: 0.1.
 * Source: tmpfs(5).
 */
int contain_mount_tmpfs(int dirfd, const char *target, uint64_t size_bytes, uint32_t mode,
			uint32_t attributes, contain_error **reterr);

/**
 * contain_mount_overlay - mounts a union of directories
 * @dirfd: where a relative target starts, or AT_FDCWD; target "" means this fd itself
 * @target: an existing directory
 * @lowerdirs: NULL-terminated paths, the topmost first
 * @upperdir: the directory that receives what is written, or NULL: the union is read-only
 * @workdir: an empty directory on the file system of upperdir; NULL exactly when upperdir is
 * @attributes: CONTAIN_MOUNT_*, without CONTAIN_MOUNT_OPTIONAL
 * @reterr: may be NULL; carries the kernel's own message where the kernel has one (Linux 6.5)
 *
 * Paths may hold any character; nothing in them is taken as an option. Needs Linux 6.8 for that:
 * below, -EOPNOTSUPP. In a user namespace extended attributes are kept in user.* (userxattr).
 *
 * Returns 0, or, with nothing mounted, the errors of contain_mount_bind(), or -EINVAL: no layer,
 * upperdir without workdir or the reverse, or one layer and no upperdir; -E2BIG: more than 500
 * layers; -ENAMETOOLONG: a path of more than 255 bytes, the kernel's limit for it.
 *
 * Since: 0.1. Source: the kernel's Documentation/filesystems/overlayfs.rst.
 */
int contain_mount_overlay(int dirfd, const char *target, const char *const *lowerdirs,
			  const char *upperdir, const char *workdir, uint32_t attributes,
			  contain_error **reterr);

/**
 * contain_mount_set_propagation - sets how mount events travel to and from a mount
 * @dirfd: where a relative path starts, or AT_FDCWD; path "" means this fd itself
 * @path: the root of a mount
 * @propagation: one CONTAIN_PROPAGATION_*
 * @recursive: 1: all mounts below it too; 0: this one only
 * @reterr: may be NULL
 *
 * Returns 0, or, with nothing changed: -EINVAL (path is no mount's root, another propagation or
 * recursive value), -EPERM (no CAP_SYS_ADMIN), or the errors of a path. Since: 0.1.
 * Source: mount_namespaces(7), "Shared subtrees".
 */
int contain_mount_set_propagation(int dirfd, const char *path, uint32_t propagation, int recursive,
				  contain_error **reterr);

#ifdef __cplusplus
}
#endif

#endif
