/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * contain/mount.h - mounts as file descriptors, bind mounts, unions and propagation
 *
 * A mount is an fd until it is attached: contain_mount_new() and contain_mount_clone() make one
 * that nobody sees, attributes and an id mapping are set on it, and contain_mount_attach() shows it
 * in one step, below a root directory that may be hostile. An fd that is closed before takes its
 * mount with it. fds are close-on-exec and above 2.
 *
 * The functions act now, in the mount namespace of the calling thread; call
 * contain_ns_unshare(CONTAIN_NS_MNT) first unless the host's own mounts are meant. Every mount is
 * made detached and attached in one step: a failure leaves nothing mounted.
 *
 * Attributes are CONTAIN_MOUNT_* of contain/spec.h, without CONTAIN_MOUNT_OPTIONAL. Of
 * CONTAIN_MOUNT_NOATIME and CONTAIN_MOUNT_STRICTATIME one at most.
 *
 * Where a system call is missing, because a seccomp filter answers ENOSYS for it, what attaches or
 * changes in one step is done by mount(2) on fds that are open already; a function that returns the
 * fd of a mount, or resolves a path in a root, answers -EOPNOTSUPP and names the call.
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

/** Of contain_mount_attach() and contain_mount_move(). */
#define CONTAIN_ATTACH_CREATE 0x1u  /* make a missing mount point, and its parents */
#define CONTAIN_ATTACH_BENEATH 0x2u /* below the topmost mount that is there, Linux 6.5 */

/** Of contain_mount_detach(): what still uses the mount keeps it; the value of MNT_DETACH. */
#define CONTAIN_DETACH_LAZY 0x2u

/** Processes of others in a proc file system: the values of hidepid in proc(5). */
#define CONTAIN_PROC_HIDEPID_OFF 0u	   /* visible */
#define CONTAIN_PROC_HIDEPID_NOACCESS 1u   /* their directories are closed */
#define CONTAIN_PROC_HIDEPID_INVISIBLE 2u  /* they are not seen */
#define CONTAIN_PROC_HIDEPID_PTRACEABLE 4u /* seen are those that the reader may trace */

/* ---- a mount as an fd ---- */

/**
 * contain_mount_new - makes a mount of a new file system, attached nowhere
 * @type: such as "tmpfs", "proc", "sysfs", "devpts", "mqueue", "cgroup2", "ext4"
 * @options: NULL-terminated "key=value" or "key", or NULL; "source=/dev/vda" names a device, "ro"
 *	makes the file system read-only, and the rest is what the file system knows
 * @attributes: CONTAIN_MOUNT_* of the mount
 * @reterr: may be NULL; carries all messages of the kernel about this file system, one per line
 *
 * For an overlay, contain/overlay.h knows what is to be known. A cgroup2 that is made outside of a
 * cgroup namespace sets the options, such as nsdelegate, of all mounts of the hierarchy.
 *
 * Returns an fd, which the caller closes, or, with nothing made: -EINVAL (an option that the file
 * system refuses: it is the error's object; an empty option; a bad argument), -ENAMETOOLONG (a key
 * or value of more than 255 bytes, the kernel's limit), -ENODEV (the kernel has no such type),
 * -EPERM (no CAP_SYS_ADMIN, a type that a user namespace may not mount, or a proc or sysfs while
 * the visible one is covered in part), -ENOTBLK, -ENOENT, -EACCES, -EBUSY, -EROFS (the source),
 * -EOPNOTSUPP (unsupported: fsopen, fsconfig or fsmount), -ENOMEM, -EMFILE, -ENFILE, or what the
 * file system itself answers.
 *
 * Since: 0.1. Source: fsopen(2), fsconfig(2), fsmount(2).
 */
int contain_mount_new(const char *type, const char *const *options, uint32_t attributes,
		      contain_error **reterr);

/**
 * contain_mount_new_tmpfs - makes a file system in memory, attached nowhere
 * @size_bytes: 0: half of the memory
 * @inodes: how many files at most, 0: half of the pages of memory
 * @mode: permissions of its root directory, at most 07777
 * @attributes: CONTAIN_MOUNT_*
 * @reterr: may be NULL
 *
 * Returns an fd, which the caller closes, or, with nothing made: -EINVAL (the mode, an attribute,
 * or a size that this machine cannot have), or the errors of contain_mount_new(). Since: 0.1.
 * Source: tmpfs(5).
 */
int contain_mount_new_tmpfs(uint64_t size_bytes, uint64_t inodes, uint32_t mode,
			    uint32_t attributes, contain_error **reterr);

/**
 * contain_mount_new_proc - makes a proc file system of the caller's pid namespace
 * @hidepid: CONTAIN_PROC_HIDEPID_*
 * @subset_pid: 1: processes only, none of the other files; 0: all
 * @attributes: CONTAIN_MOUNT_*
 * @reterr: may be NULL
 *
 * In a user namespace it needs a proc file system that is visible whole, unless subset_pid.
 *
 * Returns an fd, which the caller closes, or, with nothing made: -EINVAL (another hidepid or
 * subset_pid, an attribute), -EPERM (as of contain_mount_new()), or the other errors of that.
 * Since: 0.1. Source: proc(5); Linux 5.8.
 */
int contain_mount_new_proc(uint32_t hidepid, int subset_pid, uint32_t attributes,
			   contain_error **reterr);

/**
 * contain_mount_clone - makes a second mount of what a path shows, attached nowhere
 * @dirfd: where a relative path starts, or AT_FDCWD; path "" means this fd itself
 * @path: a file or directory; symlinks are followed
 * @recursive: 1: with all mounts below it; 0: without
 * @attributes: CONTAIN_MOUNT_*, added to those that the mounts have
 * @reterr: may be NULL
 *
 * As every bind mount the clone is in the peer group of the mount that it was made of: make it
 * private with contain_mount_set_propagation(fd, "", ...) where that is not wanted.
 *
 * Returns an fd, which the caller closes, or, with nothing made: -EINVAL (a bad argument, a mount
 * of another mount namespace, an unbindable one, one that is detached below Linux 6.15, or, not
 * recursive, mounts below that a user namespace may not uncover), the errors of a path, -EPERM (no
 * CAP_SYS_ADMIN), -ENOSPC (fs.mount-max), -EOPNOTSUPP (unsupported: open_tree or mount_setattr),
 * -ENOMEM, -EMFILE, -ENFILE.
 *
 * Since: 0.1. Source: open_tree(2).
 */
int contain_mount_clone(int dirfd, const char *path, int recursive, uint32_t attributes,
			contain_error **reterr);

/**
 * contain_mount_set_attributes - sets and clears attributes of a mount
 * @dirfd: where a relative path starts, or AT_FDCWD; path "" means this fd itself
 * @path: the root of a mount, attached or not; symlinks are followed
 * @set: CONTAIN_MOUNT_*
 * @clear: CONTAIN_MOUNT_*; of NOATIME and STRICTATIME, either: access times as relatime again
 * @recursive: 1: all mounts below it too, all or none; 0: this one only
 * @reterr: may be NULL
 *
 * What a more privileged mount namespace has set is locked: it cannot be cleared, also not in a
 * clone, and setting another one is possible all the same. Without mount_setattr(2) every mount is
 * changed by itself, each keeping the attributes that it has, and those before a failed one stay
 * changed.
 *
 * Returns 0, or, with nothing changed: -EINVAL (path is no mount's root, or one of another mount
 * namespace; an unknown attribute, the same in set and clear, or none at all), -EPERM (no
 * CAP_SYS_ADMIN, or locked: the hint names the mount and the attributes), -EBUSY (read-only while
 * files are open for writing), the errors of a path, -EOPNOTSUPP (unsupported: mount_setattr, and
 * nothing else can do it).
 *
 * Since: 0.1. Source: mount_setattr(2), mount_namespaces(7) "Restrictions".
 */
int contain_mount_set_attributes(int dirfd, const char *path, uint32_t set, uint32_t clear,
				 int recursive, contain_error **reterr);

/**
 * contain_mount_set_idmap - maps the ids of a mount's files as a user namespace does
 * @mount_fd: a mount that was never attached, not id-mapped so far
 * @userns_fd: a user namespace with its maps, such as of contain_ns_new_user()
 * @recursive: 1: all mounts below it too; 0: this one only
 * @reterr: may be NULL
 *
 * A file of user 0 on disk belongs to the host's id of user 0 of the namespace, and what that one
 * writes belongs to user 0 on disk. Cannot be undone.
 *
 * Returns 0, or, with nothing changed: -EBADF (either), -EINVAL (mount_fd is no mount's root or is
 * attached, userns_fd is no user namespace, or the file system cannot be id-mapped: the hint names
 * its type), -EPERM (id-mapped already, the initial user namespace or the file system's own, or no
 * CAP_SYS_ADMIN where the file system was mounted or in the user namespace), -EOPNOTSUPP
 * (unsupported: mount_setattr).
 *
 * Since: 0.1. Source: mount_setattr(2) "ID-mapped mounts"; Linux 5.12.
 */
int contain_mount_set_idmap(int mount_fd, int userns_fd, int recursive, contain_error **reterr);

/* ---- where it is seen ---- */

/**
 * contain_mount_attach - attaches a mount below a root that may be hostile
 * @mount_fd: the root of a mount: of this header, or one that is attached, which moves
 * @root_fd: a directory that is "/" for path; AT_FDCWD: the caller's own root for an absolute
 *	one, its working directory for another; path "" means this fd itself
 * @path: the mount point; symlinks are followed as in a root of its own, and lead nowhere else;
 *	magic links of proc are refused
 * @flags: CONTAIN_ATTACH_*
 * @reterr: may be NULL
 *
 * The mount point is opened once and the mount attached to what was opened, whatever becomes of the
 * names meanwhile. With CONTAIN_ATTACH_CREATE a missing one is made, as a directory or an empty
 * file, as the mount is, with directories of mode 0755 on the way; what was made stays when
 * attaching fails.
 *
 * Returns 0, or, with nothing attached: -EINVAL (unknown flags, mount_fd is no mount's root or of
 * another mount namespace, a directory on a file or the reverse, a mount that moves away from a
 * shared one; with BENEATH: no mount there, or the root directory), -EAGAIN (names were exchanged
 * all the time), -ELOOP (a symlink that leads to the root itself, a magic link, or a mount below
 * itself), the errors of a path, -EPERM (no CAP_SYS_ADMIN), -ENOSPC (fs.mount-max), -EOPNOTSUPP
 * (unsupported: openat2, move_mount, or BENEATH), -ENOMEM, -EMFILE, -ENFILE.
 *
 * Since: 0.1. Source: move_mount(2), openat2(2).
 */
int contain_mount_attach(int mount_fd, int root_fd, const char *path, uint32_t flags,
			 contain_error **reterr);

/**
 * contain_mount_move - moves an attached mount, with all below it
 * @dirfd: where a relative path starts, or AT_FDCWD; path "" means this fd itself
 * @path: the root of the mount; symlinks are followed
 * @root_fd: a directory that is "/" for target; AT_FDCWD: the caller's own root for an absolute
 *	one, its working directory for another; target "" means this fd itself
 * @target: the new mount point, resolved as by contain_mount_attach()
 * @flags: CONTAIN_ATTACH_*
 * @reterr: may be NULL
 *
 * Returns 0, or, with nothing moved: -EINVAL, -ELOOP, -EPERM and the others of
 * contain_mount_attach(). Since: 0.1. Source: move_mount(2).
 */
int contain_mount_move(int dirfd, const char *path, int root_fd, const char *target, uint32_t flags,
		       contain_error **reterr);

/**
 * contain_mount_detach - takes a mount away from its mount point
 * @root_fd: a directory that is "/" for path; AT_FDCWD: the caller's own root for an absolute one,
 *	its working directory for another; path "" means this fd itself
 * @path: the root of the mount, resolved as by contain_mount_attach(); the topmost one there goes
 * @flags: CONTAIN_DETACH_LAZY, or 0: only a mount that nobody uses
 * @reterr: may be NULL; tells who uses the mount, as far as the caller may see it
 *
 * The mount goes by the fd under which it was found, whatever takes its name meanwhile. With
 * CONTAIN_DETACH_LAZY mounts below it go too, and open files stay usable. Without, the kernel is
 * asked first whether anybody uses it; who begins just then keeps it as with CONTAIN_DETACH_LAZY.
 *
 * Returns 0, or, with nothing detached: -EBUSY (used by a process, or a mount below it; always with
 * path "" and without LAZY, as the fd uses it), -EINVAL (unknown flags, no mount's root, a mount of
 * another mount namespace, one that is locked because a more privileged mount namespace made it,
 * or the root of the caller), -ELOOP (without LAZY: the last name of path is a symlink), -EAGAIN
 * (names were exchanged all the time), the errors of a path, -EPERM (no CAP_SYS_ADMIN), -EOPNOTSUPP
 * (unsupported: openat2; for a file: no proc file system to be had), -ENOMEM, -EMFILE, -ENFILE.
 *
 * Since: 0.1. Source: umount(2).
 */
int contain_mount_detach(int root_fd, const char *path, uint32_t flags, contain_error **reterr);

/* ---- in one step ---- */

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
 * -ENOSPC (fs.mount-max), -ENOMEM, -EMFILE, -ENFILE. Without mount_setattr(2) the attributes come
 * a moment after the mount, which goes again when one of them cannot be had.
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
 * Paths may hold any character and be of any length; nothing in them is taken as an option. In a
 * user namespace extended attributes are kept in user.* (userxattr). More can be said, and asked,
 * with contain/overlay.h.
 *
 * Returns 0, or, with nothing mounted, the errors of contain_overlay_mount() and of
 * contain_mount_attach(), or -EINVAL: no layer, upperdir without workdir or the reverse, or one
 * layer and no upperdir; -E2BIG: more than 500 layers.
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
 * @propagation: one CONTAIN_PROPAGATION_*, or SHARED | SLAVE: it receives from its master, and
 *	shares with a peer group of its own what it receives; from a private mount: SHARED
 * @recursive: 1: all mounts below it too; 0: this one only
 * @reterr: may be NULL
 *
 * A shared mount that has no peer becomes private by SLAVE: there is nobody to receive from. In a
 * new mount namespace the copy of an unbindable mount is unbindable on Linux 6.1 and 6.12, and
 * private on 6.18.
 *
 * Returns 0, or, with nothing changed: -EINVAL (path is no mount's root, or one of another mount
 * namespace; another propagation or recursive value), -EPERM (no CAP_SYS_ADMIN), or the errors of a
 * path. Of SHARED | SLAVE the second half may fail (-ENOMEM): it is a slave then. Since: 0.1.
 * Source: mount_namespaces(7), "Shared subtrees".
 */
int contain_mount_set_propagation(int dirfd, const char *path, uint32_t propagation, int recursive,
				  contain_error **reterr);

#ifdef __cplusplus
}
#endif

#endif
