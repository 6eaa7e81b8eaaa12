/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * contain/spec_mount.h - the mounts of a container, before it starts
 *
 * What contain/spec.h has as one call each (binds, tmpfs, files) is here in the words of mount(8)
 * and fstab(5), with propagation, id mapping and unions. Mounts of a container that runs are in
 * contain/container_mount.h.
 *
 * Source: mount(8), mount_namespaces(7), mount_setattr(2), the kernel's
 * Documentation/filesystems/sharedsubtree.rst and overlayfs.rst.
 */
#ifndef CONTAIN_SPEC_MOUNT_H
#define CONTAIN_SPEC_MOUNT_H

#include <contain/mount.h>
#include <contain/spec.h>

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * container_spec_add_mount - a mount in the words of mount(8)
 * @spec: the spec
 * @dirfd: where a relative source starts, or AT_FDCWD; source "" means this fd itself
 * @source: of a bind: a path on the host; else the name or device that the file system is given,
 *          or NULL
 * @target: an absolute path inside; made when it is missing
 * @type: a file system (fstab's third column); "bind" or "rbind"; NULL or "none" where the options
 *        have one of these two words
 * @options: words joined by commas, as contain/mount_options.h describes them; NULL: none
 *
 *	container_spec_add_mount(s, AT_FDCWD, "/srv/data", "/data", NULL, "rbind,rro,nosuid");
 *	container_spec_add_mount(s, AT_FDCWD, NULL, "/run", "tmpfs", "size=8m,mode=755,copyup");
 *	container_spec_add_mount(s, AT_FDCWD, "/media", "/media", NULL, "rbind,rslave");
 *	container_spec_add_mount(s, AT_FDCWD, "/srv/home", "/home", NULL, "rbind,idmap");
 *
 * Mounts are made in the order in which they were added, with those of container_spec_add_bind()
 * and the others. Words without "r" hold for the mount itself, those with "r" for all mounts below
 * it too. What no word speaks of stays as it is on the host; a flag that a user namespace has
 * locked cannot be taken away, and the start fails with -EPERM.
 *
 * A file system that is mounted is nosuid and nodev, unless "suid" or "dev" say other. Which types
 * may be mounted in a user namespace is the kernel's choice. Of an overlay, the options are
 * lowerdir=, upperdir= and workdir=, and without the latter two writes go to memory; with
 * container_spec_add_overlay() no character of a name has a meaning.
 *
 * Propagation: mounts are private when no word says other. "slave" and "shared" ("rslave" and
 * "rshared" for a recursive bind) let a bind keep the peer groups of its source: what is mounted
 * below the source on the host later appears inside, and with "shared" also the other way. In a new
 * user namespace the kernel makes every shared mount a slave of the host's: there "shared" adds a
 * group of the container's own, and nothing travels out. "unbindable" is set on the mount itself.
 *
 * idmap: files show the ids that the container's own maps give them: what user 0 owns on the disk
 * belongs to user 0 inside, without a chown, for many containers with different maps at once.
 * "idmap=RANGES" takes ranges "INSIDE:OUTSIDE:COUNT", joined by blanks: what INSIDE owns on disk is
 * shown as OUTSIDE of the caller's user namespace. "ridmap" maps what is mounted below, too. Needs
 * CAP_SYS_ADMIN over the file system, and one that supports it (CONTAIN_FEATURE_MOUNT_IDMAP).
 *
 * copyup, of a tmpfs: what lay under it (files, directories, symlinks, fifos, with owner, mode and
 * times; no extended attributes; what is mounted there is an empty directory) is copied into it,
 * at most 256 MiB and 128 directories deep, and its root gets owner and mode of what it covers,
 * unless mode= is given.
 *
 * optional, of a bind: nothing is mounted when the source does not exist.
 *
 * Returns 0, or with the spec unchanged: -EINVAL: a path is NULL or empty, target is not absolute
 * or the root itself, a word is refused or does not fit to this mount, there is no type; -ENOMEM;
 * -ENAMETOOLONG: a path, or an option of more than 255 bytes, the kernel's limit; the path errors
 * of container_spec_add_bind(); -EBUSY: the spec was compiled. The start fails with what the kernel
 * says, its own message included, and the option that it does not take. Since: 0.1.
 * Source: mount(8), fsconfig(2), mount_setattr(2).
 */
int container_spec_add_mount(container_spec *spec, int dirfd, const char *source,
			     const char *target, const char *type, const char *options);

/**
 * container_spec_add_overlay - a union of directories of the host
 * @spec: the spec
 * @dirfd: where relative paths start, or AT_FDCWD
 * @lowerdirs: NULL-terminated paths, the topmost first; 1 to 500
 * @upperdir: receives what is written; NULL: writes go to memory and end with the container
 * @workdir: an empty directory on the same mount; NULL exactly when upperdir is
 * @size_bytes: of the upper layer in memory; 0: half of the memory
 * @target: an absolute path inside; made when it is missing
 * @flags: CONTAIN_MOUNT_*, without CONTAIN_MOUNT_OPTIONAL; with CONTAIN_MOUNT_READONLY there is no
 *         upper layer, and lowerdirs are two at least
 *
 * Paths may be of any length and hold any character, on every kernel. The upper layer of a caller
 * is refused while another overlay uses it (-EBUSY by the start), as with
 * container_spec_set_root_upperdir().
 *
 * Returns 0, or with the spec unchanged: -EINVAL (the field says which argument), -E2BIG: more than
 * 500 layers; -ENOMEM; the path errors of container_spec_set_root_overlay(). Since: 0.1.
 * Source: the kernel's Documentation/filesystems/overlayfs.rst.
 */
int container_spec_add_overlay(container_spec *spec, int dirfd, const char *const *lowerdirs,
			       const char *upperdir, const char *workdir, uint64_t size_bytes,
			       const char *target, uint32_t flags);

/**
 * container_spec_set_root_propagation - how mount events reach and leave the container's root
 * @spec: the spec
 * @propagation: CONTAIN_PROPAGATION_PRIVATE, the default: not at all; _SLAVE: what the host mounts
 *               below the root directory later appears inside; _SHARED: the container's mounts are
 *               peer groups of their own, so that mount namespaces made inside get what is mounted;
 *               both of the latter joined by |
 *
 * Nothing that the container mounts reaches the host's root in any case: pivot_root(2) takes no
 * shared mount. A volume that is to work both ways is a bind with "rshared" of
 * container_spec_add_mount(). Only a directory as root hears of the host: a union or tmpfs is new.
 * Binds stay private unless their words say other.
 *
 * Returns 0, or with the spec unchanged -EINVAL: another value; -EBUSY: the spec was compiled.
 * Since: 0.1. Source: mount_namespaces(7), pivot_root(2).
 */
int container_spec_set_root_propagation(container_spec *spec, uint32_t propagation);

#ifdef __cplusplus
}
#endif

#endif
