/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * contain/rootfs.h - entering a root file system
 *
 * Source: pivot_root(2), mount_namespaces(7).
 */
#ifndef CONTAIN_ROOTFS_H
#define CONTAIN_ROOTFS_H

#include <contain/error.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * contain_rootfs_pivot_root - makes a mount the root of the caller's mount namespace
 * @root_fd: a directory that is the root of a mount, in the caller's mount namespace
 * @reterr: may be NULL
 *
 * The old root and all mounts in it are detached: they are gone from this mount namespace. The
 * working directory is the new root afterwards. Acts on every process of the mount namespace whose
 * root was the old one; call it after contain_ns_unshare(CONTAIN_NS_MNT) and with propagation set
 * to private (contain/mount.h).
 *
 * Returns 0, or:
 * -EBADF, -ENOTDIR: root_fd is not open or no directory;
 * -EINVAL: root_fd is no mount's root, or the parent mount of it or of the old root is shared, or
 * the old root is no mount point (chroot) or the initial ramfs;
 * -EBUSY: root_fd is on the old root's own mount;
 * -EPERM: no CAP_SYS_ADMIN in the mount namespace's owner.
 * After a failure the working directory may be root_fd; nothing else has changed.
 *
 * Since: 0.1. Source: pivot_root(2), "pivot_root(".", ".")".
 */
int contain_rootfs_pivot_root(int root_fd, contain_error **reterr);

#ifdef __cplusplus
}
#endif

#endif
