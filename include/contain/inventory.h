/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * contain/inventory.h - which namespaces there are, and how many there may be
 *
 * An inventory is a snapshot of all namespaces that the caller can see, as lsns(8) shows them: by
 * the processes in /proc, by the files that namespaces are pinned to, and by the kernel's answers
 * about parents and owners. Limits are the files of /proc/sys/user with what is seen in use.
 *
 * Source: namespaces(7), ioctl_ns(2), lsns(8), proc(5).
 */
#ifndef CONTAIN_INVENTORY_H
#define CONTAIN_INVENTORY_H

#include <contain/error.h>
#include <contain/namespace.h>

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- inventory ------------------------------------------------------------------------------ */

typedef struct contain_inventory contain_inventory;

/** Flag of contain_inventory_take(): look at open file descriptors too. */
#define CONTAIN_INVENTORY_FDS 0x1u

/** Trees of contain_inventory_walk(): by parent (pid and user namespaces), by owner (all). */
#define CONTAIN_TREE_PARENT 1
#define CONTAIN_TREE_OWNER 2

/**
 * contain_inventory_take - takes a snapshot of the namespaces that are there
 * @types: CONTAIN_NS_* to look for, joined by |, or 0 for all
 * @flags: 0 or CONTAIN_INVENTORY_FDS
 * @ret_inventory: receives it; freed with contain_inventory_free()
 * @reterr: may be NULL
 *
 * A namespace is in it when
 * - a process is in it, of those that the caller's /proc shows; of a process with threads in
 *   different namespaces the first thread's count;
 * - the future children of a process will be in it (pid_for_children, time_for_children);
 * - it is pinned: bind-mounted on a file of the calling thread's mount namespace;
 * - another one has it as parent or owner, also when no process is in it;
 * - with CONTAIN_INVENTORY_FDS, a process has /proc/PID/ns/TYPE open, or had when it sent the fd to
 *   one that has it. This looks at every fd of every process. An fd that was opened from the file
 *   of a pin is not seen, but the pin is. lsns(8) of util-linux 2.38 does not look at fds.
 *
 * A namespace that has none of these is not seen: one held only by an fd on its way in a socket, by
 * a mount in another mount namespace, by a socket (net) or by a thread that is not the first.
 *
 * The system goes on while the snapshot is taken. A process that ends meanwhile is left out, and
 * the number of a process that another one gets is never mixed up with it: all that is told of a
 * process is read through one directory that the kernel ties to that process. A namespace that
 * ends, and another one that gets its inode number at once, may count as one.
 *
 * The owners of namespaces are told where CONTAIN_NS_USER is among the types.
 *
 * Processes of other users are not readable without CAP_SYS_PTRACE; contain_inventory_unreadable()
 * counts them. Nothing is changed, and no process is stopped.
 *
 * Returns 0, or with *ret_inventory untouched:
 * -EINVAL: an unknown type or flag, or ret_inventory is NULL;
 * -ENOENT: procfs is not mounted on /proc;
 * -EMFILE, -ENFILE, -ENOMEM: no fd, file or memory left.
 *
 * Since: 0.1. Source: namespaces(7), ioctl_ns(2).
 */
int contain_inventory_take(uint64_t types, uint32_t flags, contain_inventory **ret_inventory,
			   contain_error **reterr);

/**
 * contain_inventory_free - frees a snapshot
 * @inv: may be NULL
 *
 * Since: 0.1
 */
void contain_inventory_free(contain_inventory *inv);

/**
 * contain_inventory_count - how many namespaces are in it
 * @inv: the snapshot
 *
 * They are numbered from 0, ascending by inode. The functions below take these numbers; to any
 * other number they say what each says of "none". NULL: 0. Since: 0.1
 */
int contain_inventory_count(const contain_inventory *inv);

/**
 * contain_inventory_unreadable - how many processes were there but not readable for the caller
 * @inv: the snapshot
 *
 * NULL: 0. Since: 0.1
 */
int contain_inventory_unreadable(const contain_inventory *inv);

/**
 * contain_inventory_find - the number of a namespace
 * @inv: the snapshot
 * @type: one CONTAIN_NS_*
 * @inode: as in the link /proc/PID/ns/TYPE
 *
 * Returns it, or -ENOENT. Since: 0.1
 */
int contain_inventory_find(const contain_inventory *inv, uint64_t type, uint64_t inode);

/**
 * contain_inventory_type - the type of a namespace
 * @inv: the snapshot
 * @i: its number
 *
 * Returns one CONTAIN_NS_*, 0: none. Since: 0.1
 */
uint64_t contain_inventory_type(const contain_inventory *inv, int i);

/**
 * contain_inventory_inode - the inode number of a namespace
 * @inv: the snapshot
 * @i: its number
 *
 * All namespaces of a system are on one device, so that no other number is needed to know it.
 * Returns 0 for none. Since: 0.1
 */
uint64_t contain_inventory_inode(const contain_inventory *inv, int i);

/**
 * contain_inventory_processes - how many processes are in a namespace
 * @inv: the snapshot
 * @i: its number
 *
 * In this one itself: processes of a child pid or user namespace are not counted.
 * Returns 0 where none was seen; of NULL: 0. Since: 0.1
 */
int contain_inventory_processes(const contain_inventory *inv, int i);

/**
 * contain_inventory_pid - the lowest pid in a namespace
 * @inv: the snapshot
 * @i: its number
 *
 * As the procfs on /proc counts. The process may have ended since. Returns 0 where there is none;
 * of NULL: 0. Since: 0.1
 */
int contain_inventory_pid(const contain_inventory *inv, int i);

/**
 * contain_inventory_uid - the effective user id of that process
 * @inv: the snapshot
 * @i: number of the namespace
 *
 * As the caller's user namespace counts. Returns 4294967295, which is no id, where there is no
 * process. Since: 0.1
 */
uint32_t contain_inventory_uid(const contain_inventory *inv, int i);

/**
 * contain_inventory_command - the command line of that process
 * @inv: the snapshot
 * @i: number of the namespace
 *
 * Its arguments joined by spaces, at most 4095 bytes, or the name of the program in brackets where
 * it has no arguments, as kernel threads. The process itself says what they are: any bytes but NUL.
 *
 * Returns NULL where there is no process. It belongs to the snapshot. Since: 0.1
 */
const char *contain_inventory_command(const contain_inventory *inv, int i);

/**
 * contain_inventory_holder - a process that keeps a namespace without being in it
 * @inv: the snapshot
 * @i: number of the namespace
 *
 * The lowest pid whose future children will be in it, or, with CONTAIN_INVENTORY_FDS, that has it
 * open. Returns 0 where none was seen; of NULL: 0. Since: 0.1
 */
int contain_inventory_holder(const contain_inventory *inv, int i);

/**
 * contain_inventory_parent - the parent of a pid or user namespace
 * @inv: the snapshot
 * @i: number of the namespace
 *
 * Returns its number, or -ENOENT: another type, or it cannot be seen from the caller's own pid or
 * user namespace. Since: 0.1. Source: ioctl_ns(2).
 */
int contain_inventory_parent(const contain_inventory *inv, int i);

/**
 * contain_inventory_owner - the user namespace that owns a namespace
 * @inv: the snapshot
 * @i: number of the namespace
 *
 * The owner of a user namespace is its parent. Returns its number, or -ENOENT: it cannot be seen
 * from the caller's own user namespace, or user namespaces were not asked for.
 * Since: 0.1. Source: ioctl_ns(2).
 */
int contain_inventory_owner(const contain_inventory *inv, int i);

/**
 * contain_inventory_owner_uid - the user id that made a user namespace
 * @inv: the snapshot
 * @i: number of the namespace
 *
 * Of another type: the one that made its owner. As the caller's user namespace counts, 65534 or
 * what /proc/sys/kernel/overflowuid says where the id is not mapped there.
 *
 * Returns 4294967295, which is no id, where it cannot be seen. Since: 0.1. Source: ioctl_ns(2).
 */
uint32_t contain_inventory_owner_uid(const contain_inventory *inv, int i);

/**
 * contain_inventory_pin - a file that a namespace is pinned to
 * @inv: the snapshot
 * @i: number of the namespace
 * @n: from 0: which of them, in the order of the mount table
 *
 * Returns the path as the calling thread's mount table has it, or NULL after the last. It belongs
 * to the snapshot. Since: 0.1
 */
const char *contain_inventory_pin(const contain_inventory *inv, int i, int n);

/**
 * contain_inventory_walk - the namespaces in the order of a tree
 * @inv: the snapshot
 * @tree: CONTAIN_TREE_PARENT or CONTAIN_TREE_OWNER
 * @n: from 0 to the count
 * @ret_index: receives the number of the nth, or NULL
 * @ret_depth: receives how deep it lies, 0 without a parent or owner, or NULL
 *
 * By parent, children follow the one that they are in; types other than pid and user have no
 * parents. By owner, what a user namespace owns follows it. Every namespace comes once; children of
 * one are in the order of their numbers.
 *
 * Returns 0, -ENOENT (after the last) or -EINVAL (an unknown tree), with nothing written then.
 * Since: 0.1
 */
int contain_inventory_walk(const contain_inventory *inv, int tree, int n, int *ret_index,
			   int *ret_depth);

/* ---- limits --------------------------------------------------------------------------------- */

/**
 * contain_ns_limit_get - reads a limit of the caller's user namespace
 * @name: a file of /proc/sys/user: "max_uts_namespaces", "max_inotify_watches", ...
 * @ret_value: receives it
 * @reterr: may be NULL
 *
 * A limit holds for each user id alone, at every level: what is made in a user namespace counts
 * there for who makes it, and in each outer one for the owner of the next inner one. So less than
 * the limit may be left. A new user namespace starts with 2147483647, which limits nothing.
 *
 * Returns 0, or with *ret_value untouched:
 * -EINVAL: name is none of a limit ("max_" and a-z, 0-9 and _), or ret_value is NULL;
 * -ENOENT: this kernel has no such limit, or procfs is not mounted on /proc;
 * -EXDEV: something is mounted over the file, or /proc is no procfs;
 * -EMFILE, -ENFILE, -ENOMEM.
 *
 * Since: 0.1. Source: namespaces(7), inotify(7), fanotify(7).
 */
int contain_ns_limit_get(const char *name, int64_t *ret_value, contain_error **reterr);

/**
 * contain_ns_limit_set - sets a limit of the caller's user namespace
 * @name: as in contain_ns_limit_get()
 * @value: 0 to 2147483647
 * @reterr: may be NULL
 *
 * It is written through a procfs over which nothing is mounted, and read back. What is there
 * already stays, also beyond the new limit.
 *
 * Returns 0, or with nothing changed:
 * -EINVAL: name is none of a limit, or value is out of range;
 * -EACCES: no CAP_SYS_RESOURCE in the caller's user namespace, so that in the initial one it is
 * root's alone; root of a nested user namespace has it there;
 * -ENOENT, -EXDEV, -EROFS, -EMFILE, -ENFILE, -ENOMEM: as above; /proc is read-only;
 * -EIO: the kernel took it and shows another value.
 *
 * Since: 0.1. Source: namespaces(7).
 */
int contain_ns_limit_set(const char *name, int64_t value, contain_error **reterr);

typedef struct contain_ns_limits contain_ns_limits;

/**
 * contain_ns_limits_take - all limits of the caller's user namespace, and what is seen in use
 * @ret_limits: receives them; freed with contain_ns_limits_free()
 * @reterr: may be NULL
 *
 * The use is counted from an inventory with CONTAIN_INVENTORY_FDS, and, for inotify and fanotify,
 * from the fds of the same processes. It is a lower bound: what the caller cannot see is not in it,
 * nor what the kernel still has to free.
 *
 * Returns 0, or the errors of contain_inventory_take() and contain_ns_limit_get() with *ret_limits
 * untouched. Since: 0.1
 */
int contain_ns_limits_take(contain_ns_limits **ret_limits, contain_error **reterr);

/**
 * contain_ns_limits_free - frees them
 * @limits: may be NULL
 *
 * Since: 0.1
 */
void contain_ns_limits_free(contain_ns_limits *limits);

/**
 * contain_ns_limits_count - how many limits this kernel has
 * @limits: the limits
 *
 * They are numbered from 0, in the order of their names. NULL: 0. Since: 0.1
 */
int contain_ns_limits_count(const contain_ns_limits *limits);

/**
 * contain_ns_limits_name - the name of a limit, as contain_ns_limit_set() takes it
 * @limits: the limits
 * @i: number of the limit
 *
 * Returns NULL where there is none. It belongs to the limits. Since: 0.1
 */
const char *contain_ns_limits_name(const contain_ns_limits *limits, int i);

/**
 * contain_ns_limits_value - the value of a limit
 * @limits: the limits
 * @i: number of the limit
 *
 * Returns -ENOENT where there is none. Since: 0.1
 */
int64_t contain_ns_limits_value(const contain_ns_limits *limits, int i);

/**
 * contain_ns_limits_used - what is seen of that kind, of all users together
 * @limits: the limits
 * @i: number of the limit
 *
 * All that counts in the caller's user namespace: what was made in it and in those inside. The
 * first namespaces of the system count nowhere.
 *
 * Returns it, or -ENOENT where there is no such limit, where it is not known how to count this
 * kind (inotify and fanotify: where the kernel has no kcmp(2) for the caller), or where /proc does
 * not show the caller.
 * Since: 0.1
 */
int64_t contain_ns_limits_used(const contain_ns_limits *limits, int i);

/**
 * contain_ns_limits_used_by - the same of one user
 * @limits: the limits
 * @i: number of the limit
 * @uid: as the caller's user namespace counts
 *
 * The kernel tells who made a user namespace, and so for whom all inside of it counts. What was
 * made in the caller's user namespace itself, and is of another type, is taken to be of the user of
 * its first process; without a process it is nobody's.
 *
 * Returns it, or -ENOENT as above. Since: 0.1
 */
int64_t contain_ns_limits_used_by(const contain_ns_limits *limits, int i, uint32_t uid);

#ifdef __cplusplus
}
#endif

#endif
