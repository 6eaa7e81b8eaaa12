/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * contain/mount_idmap.h - id-mapped mounts from ranges
 *
 * An id-mapped mount shows the files of a file system with other owners, without a chown: many
 * containers with different ids share one layer, and what each writes into a shared volume belongs
 * to the same ids on disk.
 *
 *	contain_id_map_parse("0:100000:65536", &uid, &gid, NULL);
 *	fd = contain_mount_clone(AT_FDCWD, "/srv/layer", 1, 0, NULL);
 *	contain_mount_set_id_maps(fd, uid, gid, 1, NULL);
 *	contain_mount_attach(fd, root_fd, "/data", CONTAIN_ATTACH_CREATE, NULL);
 *
 * The ids inside of the maps are those on disk, the ids outside those that the mount shows. Who is
 * in no range shows as the overflow id, and whose id is not mapped cannot write (-EOVERFLOW).
 *
 * Which file systems take it is a matter of each: since Linux 5.12 ext4, xfs and fat, 5.15 btrfs,
 * 5.16 ntfs3, 5.18 f2fs, 5.19 erofs, 6.2 squashfs, 6.3 tmpfs, 6.7 ceph; overlay takes id-mapped
 * layers since 5.19 and cannot be mapped itself. contain_mount_check_idmap() tries it.
 *
 * Source: mount_setattr(2), "ID-mapped mounts", the kernel's
 * Documentation/filesystems/idmappings.rst.
 */
#ifndef CONTAIN_MOUNT_IDMAP_H
#define CONTAIN_MOUNT_IDMAP_H

#include <contain/error.h>
#include <contain/id_map.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * contain_mount_set_id_maps - maps the ids of a mount's files by ranges
 * @mount_fd: a mount that was never attached, not id-mapped so far
 * @uid_map: its user ids
 * @gid_map: its group ids; NULL: the same ranges as uid_map
 * @recursive: 1: all mounts below it too; 0: this one only
 * @reterr: may be NULL
 *
 * contain_ns_new_user() and contain_mount_set_idmap() in one call.
 *
 * Returns 0, or, with nothing changed, the errors of these two, such as -EPERM: it is id-mapped
 * already. Since: 0.1.
 * Source: mount_setattr(2).
 */
int contain_mount_set_id_maps(int mount_fd, const contain_id_map *uid_map,
			      const contain_id_map *gid_map, int recursive,
			      contain_error **reterr);

/**
 * contain_mount_check_idmap - whether what a path shows can be id-mapped by the caller
 * @dirfd: where a relative path starts, or AT_FDCWD; path "" means this fd itself
 * @path: a file or directory; symlinks are followed
 * @recursive: 1: with all mounts below it; 0: without
 * @reterr: may be NULL; tells why not: the hint names the type of the file system
 *
 * Tries it on a clone that nobody sees.
 *
 * Returns 0: it can; or the errors of contain_mount_clone(), contain_ns_new_user() and
 * contain_mount_set_idmap(); -EINVAL: the file system cannot. Since: 0.1.
 * Source: mount_setattr(2).
 */
int contain_mount_check_idmap(int dirfd, const char *path, int recursive, contain_error **reterr);

#ifdef __cplusplus
}
#endif

#endif
