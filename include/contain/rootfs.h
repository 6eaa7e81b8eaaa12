/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * contain/rootfs.h - entering a root file system
 *
 * contain_rootfs_pivot_root() is the way that leaves nothing of the old root;
 * contain_rootfs_chroot() is the weaker one. Both act on the caller. A container_spec pivots,
 * unless the flag CONTAIN_ROOT_CHROOT is given with its root.
 *
 * Source: pivot_root(2), chroot(2), mount_namespaces(7), the kernel's
 * Documentation/filesystems/ramfs-rootfs-initramfs.rst.
 */
#ifndef CONTAIN_ROOTFS_H
#define CONTAIN_ROOTFS_H

#include <contain/error.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * A flag of container_spec_set_root_dir(), _overlay() and _host(), contain/spec.h: chroot(2) in
 * place of pivot_root(2), where a filter refuses the latter. Weaker, and explain says so: the
 * mounts of the host stay in the container's mount namespace, covered by the root. A file system
 * that the host unmounts stays in use while the container lives, and only a missing capability
 * keeps the payload from the host's tree. So CAP_SYS_CHROOT, which a payload has by default, and
 * CAP_SYS_ADMIN have to be left out (container_spec_set_capabilities()), or compile fails with
 * -EINVAL. Never chosen by the library itself.
 */
#define CONTAIN_ROOT_CHROOT 0x40000000u

/**
 * contain_rootfs_pivot_root - makes a directory the root of the caller's mount namespace
 * @root_fd: any directory, opened in the caller's mount namespace, or the root of a mount that is
 * attached nowhere (contain_mount_new(), contain_mount_clone())
 * @reterr: may be NULL
 *
 * In place: no directory for the old root is needed, and none has to be a mount point. In this
 * order:
 * 1. all mounts below "/" are made private, as pivot_root(2) takes no shared ones;
 * 2. on the initial ramfs, which cannot be pivoted, a second mount of it is laid on it and becomes
 *    the caller's root: never a silent chroot(2) into the new root itself;
 * 3. root_fd, with all that is mounted below it, is bound on top of "/" (what is attached nowhere
 *    is attached there);
 * 4. pivot_root(2), and the old root is detached with all mounts in it: they are gone from this
 *    mount namespace. The initial ramfs itself stays below the new root, covered: who has
 *    CAP_SYS_ADMIN in the owner of the mount namespace could unmount the root and see it.
 * The working directory is the new root afterwards.
 *
 * Acts on every process of the mount namespace whose root or working directory was the old root (on
 * the initial ramfs: on the calling process alone), and on all threads of the caller. Call it after
 * contain_ns_unshare(CONTAIN_NS_MNT): in the mount namespace of the machine it takes the root away
 * from all. File descriptors that lie in the old root stay open and lead there: close them.
 *
 * Returns 0, or:
 * -EBADF, -ENOTDIR: root_fd is not open, or is no directory;
 * -ENOENT: the directory was removed;
 * -EACCES: the caller may not search the directory, or its own working directory;
 * -EBUSY: root_fd is the caller's root already;
 * -EINVAL: the caller's root is no mount point: it runs in a chroot; or root_fd lies in another
 * mount namespace, or in a mount that is attached nowhere and is not its root;
 * -EPERM: no CAP_SYS_ADMIN in the owner of the mount namespace, on the initial ramfs also
 * CAP_SYS_CHROOT; a filter or a security module refuses;
 * -EOPNOTSUPP: this kernel, or a filter, has no open_tree(2) and move_mount(2) (Linux 5.2), or no
 * pivot_root(2);
 * -ENOMEM, -EMFILE, -ENFILE, -ENOSPC (the limit of mounts, fs.mount-max).
 * After a failure root, working directory and mounts are what they were, but that mounts may be
 * private, and that a mount that was attached nowhere and had been attached cannot be attached
 * again. One exception: the object "old root" says that pivot_root(2) has succeeded and the old
 * root could not be detached; it lies over the new one, and the caller should exit.
 *
 * Since: 0.1. Source: pivot_root(2), "pivot_root(".", ".")".
 */
int contain_rootfs_pivot_root(int root_fd, contain_error **reterr);

/**
 * contain_rootfs_chroot - the weaker way: makes a directory the root of the calling process
 * @root_fd: a directory
 * @reterr: may be NULL
 *
 * Names are resolved below the new root from now on, and that is all: every mount stays, a file
 * descriptor of a directory outside leads out by fchdir(2), and so does a second chroot(2) for who
 * has CAP_SYS_CHROOT, or mount(2) and setns(2) with CAP_SYS_ADMIN. For a payload that is not
 * trusted take contain_rootfs_pivot_root() in a mount namespace. The working directory is the new
 * root afterwards. Acts on all threads of the caller.
 *
 * Returns 0, or:
 * -EBADF, -ENOTDIR: root_fd is not open, or is no directory;
 * -EACCES: the caller may not search the directory;
 * -EPERM: no CAP_SYS_CHROOT in the caller's user namespace; a filter or a security module refuses.
 * After a failure root and working directory are what they were.
 *
 * Since: 0.1. Source: chroot(2).
 */
int contain_rootfs_chroot(int root_fd, contain_error **reterr);

#ifdef __cplusplus
}
#endif

#endif
