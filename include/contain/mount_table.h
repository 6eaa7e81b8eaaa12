/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * contain/mount_table.h - which mounts there are
 *
 * A table is a snapshot of the mounts of one mount namespace, as /proc/PID/mountinfo tells of them,
 * with an index of parents, children, ids and paths, so that no lookup reads the table over and
 * over. Its mounts are numbered from 0, in the kernel's order. To a number that is none, a getter
 * says what it says of "none". A table never changes; any number of threads may read it.
 *
 * What changed between two tables, and when, is told by contain/mount_change.h; where mount events
 * travel, by contain/mount_graph.h.
 *
 * Source: proc(5), mount_namespaces(7), statmount(2), listmount(2).
 */
#ifndef CONTAIN_MOUNT_TABLE_H
#define CONTAIN_MOUNT_TABLE_H

#include <contain/error.h>
#include <contain/mount.h>

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct contain_mount_table contain_mount_table;

/** Flags of contain_mount_table_take(): only one way is taken, instead of the best one. */
#define CONTAIN_MOUNT_TABLE_MOUNTINFO 0x1u
#define CONTAIN_MOUNT_TABLE_STATMOUNT 0x2u
/** Flag of contain_mount_table_take(): read /proc/PID/mountstats too. */
#define CONTAIN_MOUNT_TABLE_STATS 0x4u

/** Attribute of mounts that is told, and not set by contain_mount_set_attributes(). */
#define CONTAIN_MOUNT_IDMAPPED 0x100000u

/* ---- taking ---------------------------------------------------------------------------------- */

/**
 * contain_mount_table_take - takes a snapshot of the mounts of a mount namespace
 * @fd: a pidfd: what this process sees; the fd of a mount namespace: all that is in it; or -1: what
 *	the calling thread sees
 * @flags: 0, or CONTAIN_MOUNT_TABLE_*, joined by |
 * @ret_table: receives it; freed with contain_mount_table_free()
 * @reterr: may be NULL
 *
 * A process sees the mounts below its root directory; paths are relative to that. Mounts that are
 * hidden below others are in the table too.
 *
 * The table is read from mountinfo, and unique ids from listmount(2) and statmount(2) where the
 * kernel has them (Linux 6.8) and allows it: in a foreign mount namespace it needs CAP_SYS_ADMIN
 * there, and a later kernel (6.12 does not tell them, 6.18 does). With
 * CONTAIN_MOUNT_TABLE_MOUNTINFO there are no unique ids. With CONTAIN_MOUNT_TABLE_STATMOUNT nothing
 * but these two calls is used (Linux 6.13), and with a pidfd paths are relative to the root of the
 * namespace. All ways give the same table.
 *
 * When mounts change while they are read they are read again, so that the table shows one state:
 * at most 16 times.
 *
 * An fd of a mount namespace needs the rights of setns(2): CAP_SYS_ADMIN over it, CAP_SYS_CHROOT
 * and CAP_SYS_ADMIN of the caller. A child of a moment enters it; the caller never does.
 *
 * Returns 0, or with *ret_table untouched:
 * -EINVAL: an fd that is neither, an unknown flag, both ways at once, STATS together with
 * STATMOUNT or with a mount namespace, or ret_table is NULL;
 * -EBADF: fd is not open;
 * -ESRCH: the process has ended, or is not seen in /proc;
 * -EACCES, -EPERM: the mountstats of the process, or the namespace, may not be looked into;
 * -EAGAIN: the mounts changed all the time;
 * -EOPNOTSUPP: CONTAIN_MOUNT_TABLE_STATMOUNT, and the kernel cannot;
 * -ENOENT: procfs is not mounted on /proc;
 * -EMFILE, -ENFILE, -ENOMEM: no fd, file or memory left; or what read(2) answers.
 *
 * Since: 0.1. Source: proc(5), statmount(2), listmount(2), setns(2).
 */
int contain_mount_table_take(int fd, uint32_t flags, contain_mount_table **ret_table,
			     contain_error **reterr);

/**
 * contain_mount_table_parse - a table of a text in the form of mountinfo
 * @text: lines as in /proc/PID/mountinfo
 * @ret_table: receives it; freed with contain_mount_table_free()
 * @reterr: may be NULL; its object is the line by its number, from 1
 *
 * For tables that were kept in files or come from another machine. Nothing of the system is asked.
 *
 * Returns 0, or with *ret_table untouched: -EINVAL: a line that is not of this form, an id twice,
 * or parents that go round in a circle; text or ret_table is NULL; -ENOMEM.
 *
 * Since: 0.1. Source: proc(5).
 */
int contain_mount_table_parse(const char *text, contain_mount_table **ret_table,
			      contain_error **reterr);

/**
 * contain_mount_get - tells of the one mount that a path lies on
 * @dirfd: where a relative path starts, or AT_FDCWD; path "" means this fd itself
 * @path: any path; symlinks are followed
 * @ret_table: receives a table with this mount as number 0 and no other
 * @reterr: may be NULL
 *
 * Costs one statx(2) and one statmount(2) from Linux 6.13 on, else a reading of mountinfo.
 *
 * Returns 0, or with *ret_table untouched:
 * -ENOENT: nothing at the path, or a mount that is not in the calling thread's mount namespace or
 * root directory: detached, or another namespace's;
 * -EINVAL: an argument that is NULL;
 * -EBADF, -ENOTDIR, -ELOOP, -EACCES, -ENAMETOOLONG: the path; or the errors of
 * contain_mount_table_take().
 *
 * Since: 0.1. Source: statx(2), statmount(2).
 */
int contain_mount_get(int dirfd, const char *path, contain_mount_table **ret_table,
		      contain_error **reterr);

/**
 * contain_mount_table_free - frees a table
 * @table: may be NULL
 *
 * Differences and graphs made of it stay as they are. Since: 0.1
 */
void contain_mount_table_free(contain_mount_table *table);

/* ---- finding --------------------------------------------------------------------------------- */

/**
 * contain_mount_table_count - how many mounts are in it
 * @table: the table
 *
 * NULL: 0. Since: 0.1
 */
int contain_mount_table_count(const contain_mount_table *table);

/**
 * contain_mount_table_find_id - the number of a mount, by its id
 * @table: the table
 * @id: as in mountinfo; the kernel gives it to another mount when this one is gone
 *
 * Returns it, or -ENOENT. Since: 0.1
 */
int contain_mount_table_find_id(const contain_mount_table *table, uint64_t id);

/**
 * contain_mount_table_find_unique_id - the number of a mount, by its unique id
 * @table: the table
 * @unique_id: as of statmount(2) and statx(2); never given twice while the system runs
 *
 * Returns it, or -ENOENT. Since: 0.1
 */
int contain_mount_table_find_unique_id(const contain_mount_table *table, uint64_t unique_id);

/**
 * contain_mount_table_find_path - the mount that a path lies on
 * @table: the table
 * @path: absolute, without "." and ".."; symlinks are taken as names
 *
 * It follows the mounts from the root on as the kernel does: the last one that was mounted on a
 * place counts, and what lies hidden below it does not.
 *
 * Returns its number, -ENOENT: no mount is there, -EINVAL: another path. Since: 0.1
 */
int contain_mount_table_find_path(const contain_mount_table *table, const char *path);

/**
 * contain_mount_table_find_target - the topmost mount that is attached at a path
 * @table: the table
 * @path: as contain_mount_table_find_path()
 *
 * Returns its number, -ENOENT: the path is no mount point that is seen, -EINVAL. Since: 0.1
 */
int contain_mount_table_find_target(const contain_mount_table *table, const char *path);

/**
 * contain_mount_table_child_count - how many mounts are attached to a mount
 * @table: the table
 * @i: number of the mount
 *
 * Another number, or NULL: 0. Since: 0.1
 */
int contain_mount_table_child_count(const contain_mount_table *table, int i);

/**
 * contain_mount_table_child - a mount that is attached to a mount
 * @table: the table
 * @i: number of the mount
 * @n: which of its children, from 0, in the order of the table
 *
 * Returns its number, or -ENOENT. Since: 0.1
 */
int contain_mount_table_child(const contain_mount_table *table, int i, int n);

/**
 * contain_mount_table_walk - the mounts as a tree, depth first
 * @table: the table
 * @n: place in the tree, from 0 to count - 1
 * @ret_index: receives the number of the mount; may be NULL
 * @ret_depth: receives its depth: 0 for a root, 1 for its children; may be NULL
 *
 * A child follows its parent, children in the order of the table.
 *
 * Returns 0, or with the outputs untouched: -ENOENT: behind the last one; -EINVAL: no table.
 * Since: 0.1
 */
int contain_mount_table_walk(const contain_mount_table *table, int n, int *ret_index,
			     int *ret_depth);

/* ---- one mount ------------------------------------------------------------------------------- */

/**
 * contain_mount_table_id - the id of a mount
 * @table: the table
 * @i: its number
 *
 * Returns it, or -ENOENT. Since: 0.1
 */
int contain_mount_table_id(const contain_mount_table *table, int i);

/**
 * contain_mount_table_unique_id - the unique id of a mount
 * @table: the table
 * @i: its number
 *
 * Returns 0 where it is not known. Since: 0.1
 */
uint64_t contain_mount_table_unique_id(const contain_mount_table *table, int i);

/**
 * contain_mount_table_parent - the mount that a mount is attached to
 * @table: the table
 * @i: its number
 *
 * Returns its number, or -ENOENT: it is not in the table, as that of the root. Since: 0.1
 */
int contain_mount_table_parent(const contain_mount_table *table, int i);

/**
 * contain_mount_table_parent_id - the id of the mount that a mount is attached to
 * @table: the table
 * @i: its number
 *
 * Of the root of a namespace its own or that of a mount that nobody sees.
 *
 * Returns it, or -ENOENT. Since: 0.1
 */
int contain_mount_table_parent_id(const contain_mount_table *table, int i);

/**
 * contain_mount_table_root - which directory or file of the file system the mount shows
 * @table: the table
 * @i: its number
 *
 * A path inside the file system, "/" for all of it; of a file that was removed it ends with
 * "//deleted"; what is no tree of files has names of its own, as "net:[4026531840]".
 *
 * Returns NULL for none. Strings belong to the table, any bytes but NUL, nothing escaped.
 * Since: 0.1
 */
const char *contain_mount_table_root(const contain_mount_table *table, int i);

/**
 * contain_mount_table_target - where a mount is attached
 * @table: the table
 * @i: its number
 *
 * The path below the root directory of the process. Returns NULL for none. Since: 0.1
 */
const char *contain_mount_table_target(const contain_mount_table *table, int i);

/**
 * contain_mount_table_type - the type of the file system
 * @table: the table
 * @i: its number
 *
 * With the subtype: "fuse.sshfs". Returns NULL for none. Since: 0.1
 */
const char *contain_mount_table_type(const contain_mount_table *table, int i);

/**
 * contain_mount_table_source - what was named as source when the file system was mounted
 * @table: the table
 * @i: its number
 *
 * A device, or any text, also "". Returns NULL for none. Since: 0.1
 */
const char *contain_mount_table_source(const contain_mount_table *table, int i);

/**
 * contain_mount_table_options - the options of the mount itself
 * @table: the table
 * @i: its number
 *
 * As mountinfo has them: "rw,nosuid,relatime". Returns NULL for none. Since: 0.1
 */
const char *contain_mount_table_options(const contain_mount_table *table, int i);

/**
 * contain_mount_table_super_options - the options of the file system, all its mounts have the same
 * @table: the table
 * @i: its number
 *
 * As mountinfo has them, nothing escaped: "rw,size=1024k". Returns NULL for none. Since: 0.1
 */
const char *contain_mount_table_super_options(const contain_mount_table *table, int i);

/**
 * contain_mount_table_attributes - the attributes of the mount itself
 * @table: the table
 * @i: its number
 *
 * Returns CONTAIN_MOUNT_READONLY and the like joined by |, and CONTAIN_MOUNT_IDMAPPED; 0 for none.
 * relatime is 0. Since: 0.1
 */
uint32_t contain_mount_table_attributes(const contain_mount_table *table, int i);

/**
 * contain_mount_table_device - the device number of the file system, as of stat(2) of its files
 * @table: the table
 * @i: its number
 * @ret_major: receives the major number; may be NULL
 * @ret_minor: receives the minor number; may be NULL
 *
 * Returns 0, or -ENOENT with the outputs untouched. Since: 0.1
 */
int contain_mount_table_device(const contain_mount_table *table, int i, uint32_t *ret_major,
			       uint32_t *ret_minor);

/**
 * contain_mount_table_propagation - how mount events travel to and from a mount
 * @table: the table
 * @i: its number
 *
 * Returns CONTAIN_PROPAGATION_SHARED, _SLAVE or both joined by |, _UNBINDABLE, or _PRIVATE; 0 for
 * none. Since: 0.1
 */
uint32_t contain_mount_table_propagation(const contain_mount_table *table, int i);

/**
 * contain_mount_table_peer_group - the number of the peer group of a shared mount
 * @table: the table
 * @i: its number
 *
 * Returns 0 where it is not shared. Since: 0.1
 */
uint32_t contain_mount_table_peer_group(const contain_mount_table *table, int i);

/**
 * contain_mount_table_master - the number of the peer group that a slave receives events from
 * @table: the table
 * @i: its number
 *
 * The mounts of that group may all lie in other mount namespaces. Returns 0 where it is no slave.
 * Since: 0.1
 */
uint32_t contain_mount_table_master(const contain_mount_table *table, int i);

/**
 * contain_mount_table_propagate_from - the nearest group above a slave that the process sees
 * @table: the table
 * @i: its number
 *
 * Told where the master has no mount below the root directory of the process, but a master of the
 * master has. Returns 0 where it is not told. Since: 0.1
 */
uint32_t contain_mount_table_propagate_from(const contain_mount_table *table, int i);

/**
 * contain_mount_table_stats - what /proc/PID/mountstats says of the file system
 * @table: taken with CONTAIN_MOUNT_TABLE_STATS
 * @i: number of the mount
 *
 * The text behind "with fstype TYPE", lines as the file system writes them; only nfs has any.
 *
 * Returns NULL where there is nothing. Since: 0.1. Source: proc(5).
 */
const char *contain_mount_table_stats(const contain_mount_table *table, int i);

#ifdef __cplusplus
}
#endif

#endif
