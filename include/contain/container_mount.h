/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * contain/container_mount.h - mounts of a container that runs
 *
 * What is mounted here is seen by the processes of the container at once, and by nobody else. The
 * container may be hostile: it may rename, replace and mount what it likes meanwhile.
 *
 *  - A child of the caller joins the container's mount namespace and the user namespace that owns
 *    it. It is not dumpable, has nothing open but what it needs, and stays in the caller's control
 *    group.
 *  - Targets are resolved below the container's root, as by a process inside, but no magic link of
 *    proc is followed. The mount point is opened once, and used by its fd.
 *  - Nothing waits for the container: what does not answer, such as a FUSE file system of it, is
 *    given up after 10 seconds (-ETIMEDOUT).
 *
 * The child is made by fork(3), so a call takes longer from a process with much memory, and SIGCHLD
 * comes to the program, as of contain_ns_child_start(). The caller needs CAP_SYS_ADMIN in the user
 * namespace that owns the container's mount namespace, as who has started it has.
 *
 * What is attached is not locked: a container with CAP_SYS_ADMIN of its own can detach it and clear
 * its attributes. By default it has not.
 *
 * Every function also returns: -EINVAL: container or another pointer is NULL, or the container has
 * the caller's own mount namespace; -ESRCH: it has ended; -EBUSY: it is paused; -ETIMEDOUT:
 * as above; -ECANCELED: the child was killed, and as after -ETIMEDOUT it is not known whether it
 * was done; -EPERM: no
 * rights over the container's namespaces; -EAGAIN: no further process may be made, or, for a
 * target, names were exchanged all the time; -EOPNOTSUPP: a call is missing, because a seccomp
 * filter answers ENOSYS for it; -ENOMEM, -EMFILE, -ENFILE.
 *
 * Source: setns(2), move_mount(2), mount_setattr(2), openat2(2).
 */
#ifndef CONTAIN_CONTAINER_MOUNT_H
#define CONTAIN_CONTAINER_MOUNT_H

#include <contain/container.h>
#include <contain/error.h>
#include <contain/mount.h>

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * container_mount_attach - attaches a mount of the caller's in a container that runs
 * @container: the container
 * @mount_fd: a detached mount, such as of contain_mount_new() or contain_mount_clone(); stays the
 *	caller's to close
 * @target: the mount point in the container
 * @flags: CONTAIN_ATTACH_*
 * @reterr: may be NULL
 *
 * What is shared in it with a peer group, as the clone of a shared mount is, becomes a slave of
 * that: what is mounted in the container never comes out. That is done first, and stays so when
 * attaching fails.
 *
 * Returns 0, or, with nothing attached, the errors above and those of contain_mount_attach();
 * -EBADF: mount_fd is not open. Since: 0.1. Source: move_mount(2).
 */
int container_mount_attach(container *container, int mount_fd, const char *target, uint32_t flags,
			   contain_error **reterr);

/**
 * container_mount_bind - shows a file or directory of the caller's, with all mounts below it
 * @container: the container
 * @dirfd: where a relative source starts, or AT_FDCWD; source "" means this fd itself
 * @source: what is shown; symlinks are followed
 * @target: where, in the container; made when missing, as a directory or an empty file
 * @attributes: CONTAIN_MOUNT_*, for all mounts of the tree; without CONTAIN_MOUNT_OPTIONAL
 * @reterr: may be NULL
 *
 * The mounts are private. A caller without CAP_SYS_ADMIN of its own, whose container has a user
 * namespace, binds with the rights of that: the mounts that it then copies are locked as they are.
 *
 * Returns 0, or, with nothing attached, the errors above, those of contain_mount_clone() for the
 * source and of contain_mount_attach() for the target; -ESTALE: source was replaced meanwhile.
 * Since: 0.1. Source: open_tree(2).
 */
int container_mount_bind(container *container, int dirfd, const char *source, const char *target,
			 uint32_t attributes, contain_error **reterr);

/**
 * container_mount_new - mounts a new file system in a container that runs
 * @container: the container
 * @type: such as "tmpfs", "proc", "mqueue"
 * @options: as for contain_mount_new(); may be NULL
 * @target: where, in the container; made when missing
 * @attributes: CONTAIN_MOUNT_*
 * @reterr: may be NULL; carries all messages of the kernel about this file system
 *
 * It is made by a process in all namespaces of the container, so that proc shows its processes and
 * sysfs its network devices, and with the rights that it has: types that a user namespace may not
 * mount are refused (-EPERM).
 *
 * Returns 0, or, with nothing attached, the errors above and those of contain_mount_new() and
 * contain_mount_attach(). Since: 0.1. Source: fsopen(2).
 */
int container_mount_new(container *container, const char *type, const char *const *options,
			const char *target, uint32_t attributes, contain_error **reterr);

/**
 * container_mount_set_attributes - sets and clears attributes of a mount in a container that runs
 * @container: the container
 * @target: the root of a mount in the container; "/" is one
 * @set: CONTAIN_MOUNT_*
 * @clear: CONTAIN_MOUNT_*
 * @recursive: 1: all mounts below it too, all or none; 0: this one only
 * @reterr: may be NULL
 *
 * Returns 0, or, with nothing changed, the errors above and those of
 * contain_mount_set_attributes(), such as -EINVAL: target is no mount's root. Since: 0.1.
 * Source: mount_setattr(2).
 */
int container_mount_set_attributes(container *container, const char *target, uint32_t set,
				   uint32_t clear, int recursive, contain_error **reterr);

/**
 * container_mount_detach - takes a mount away from a container that runs
 * @container: the container
 * @target: the root of the mount; the topmost one there goes
 * @flags: CONTAIN_DETACH_LAZY, or 0: only a mount that nobody uses
 * @reterr: may be NULL; tells who uses the mount, as far as it is seen
 *
 * Returns 0, or, with nothing detached, the errors above and those of contain_mount_detach().
 * -EBUSY is then: used by a process, or a mount below it. Since: 0.1. Source: umount(2).
 */
int container_mount_detach(container *container, const char *target, uint32_t flags,
			   contain_error **reterr);

#ifdef __cplusplus
}
#endif

#endif
