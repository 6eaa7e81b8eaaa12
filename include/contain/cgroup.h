/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * contain/cgroup.h - groups of processes with limits: cgroup v2
 *
 * A group is a directory on a cgroup2 file system and is named by an fd of it, here as in
 * clone3(2) with CLONE_INTO_CGROUP. The functions act now. A whole container, with its group, is
 * made by contain/container.h, which also sets limits of controllers that are bound to cgroup v1.
 *
 * Source: the kernel's Documentation/admin-guide/cgroup-v2.rst, cgroups(7).
 */
#ifndef CONTAIN_CGROUP_H
#define CONTAIN_CGROUP_H

#include <contain/error.h>

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- what is mounted here, and what the caller may do ---- */

typedef struct contain_cgroup_info contain_cgroup_info;

/**
 * contain_cgroup_discover - looks which hierarchies there are and what the caller may divide
 * @ret_info: what was found; freed with contain_cgroup_info_free()
 * @reterr: may be NULL
 *
 * Goes by the types of what is mounted in the calling thread's mount namespace, never by the names
 * of directories. It is a snapshot: others change groups and mounts meanwhile. What cannot be found
 * out, for example without /proc, is told as not there.
 *
 * Returns 0, or, with nothing changed, -EINVAL (ret_info is NULL) or -ENOMEM.
 *
 * Since: 0.1. Source: cgroup-v2.rst, proc_pid_mountinfo(5), proc_pid_cgroup(5).
 */
int contain_cgroup_discover(contain_cgroup_info **ret_info, contain_error **reterr);

/**
 * contain_cgroup_info_free - frees what contain_cgroup_discover() found
 * @info: may be NULL
 *
 * Since: 0.1
 */
void contain_cgroup_info_free(contain_cgroup_info *info);

/**
 * contain_cgroup_info_mode - which versions of cgroup are mounted and hold controllers
 * @info: from contain_cgroup_discover(); NULL: 0
 *
 * Returns one CONTAIN_CGROUP_MODE_* of contain/feature.h. Since: 0.1
 */
int contain_cgroup_info_mode(const contain_cgroup_info *info);

/**
 * contain_cgroup_info_mount - where cgroup v2 is mounted
 * @info: from contain_cgroup_discover()
 *
 * Returns the path, valid until info is freed; "" where it is mounted nowhere, never NULL.
 * Since: 0.1
 */
const char *contain_cgroup_info_mount(const contain_cgroup_info *info);

/**
 * contain_cgroup_info_own_group - the group of the calling thread
 * @info: from contain_cgroup_discover()
 *
 * Returns its path below contain_cgroup_info_mount(), "/" for the mount itself; "" where the mount
 * does not show it; never NULL, valid until info is freed. Since: 0.1
 */
const char *contain_cgroup_info_own_group(const contain_cgroup_info *info);

/**
 * contain_cgroup_info_held - which version of cgroup holds a controller
 * @info: from contain_cgroup_discover()
 * @controller: for example "memory"; "freezer", "devices", "blkio" and "cpuacct" are names of v1
 *
 * Returns 2, 1, or 0: no hierarchy that is mounted here has it; -EINVAL: NULL, or no controller
 * that this library knows. Since: 0.1
 */
int contain_cgroup_info_held(const contain_cgroup_info *info, const char *controller);

/**
 * contain_cgroup_info_controller_mount - where the hierarchy that holds a controller is mounted
 * @info: from contain_cgroup_discover()
 * @controller: as for contain_cgroup_info_held()
 *
 * Returns the path, valid until info is freed; "" where contain_cgroup_info_held() is not positive;
 * never NULL. Since: 0.1
 */
const char *contain_cgroup_info_controller_mount(const contain_cgroup_info *info,
						 const char *controller);

/**
 * contain_cgroup_info_delegated_group - the group below which the caller may make groups
 * @info: from contain_cgroup_discover()
 *
 * The root group for the host's root; else the nearest group, the caller's own or above, that the
 * caller may write (the directory, cgroup.procs, cgroup.subtree_control) and that holds no process.
 *
 * Returns its path below contain_cgroup_info_mount(); "" where there is none; never NULL, valid
 * until info is freed. Since: 0.1. Source: cgroup-v2.rst, "Delegation".
 */
const char *contain_cgroup_info_delegated_group(const contain_cgroup_info *info);

/**
 * contain_cgroup_info_delegated_controllers - what that group can hand down to groups below it
 * @info: from contain_cgroup_discover()
 *
 * Returns names with spaces between them, for example "cpu memory pids", valid until info is freed;
 * "" for none; never NULL. Since: 0.1. Source: cgroup-v2.rst, "cgroup.controllers".
 */
const char *contain_cgroup_info_delegated_controllers(const contain_cgroup_info *info);

/**
 * contain_cgroup_info_why - why the caller has no group that it may divide
 * @info: from contain_cgroup_discover()
 *
 * Returns a sentence, with the owner of the caller's group or the processes in the way, valid until
 * info is freed; "" where there is such a group; never NULL. Since: 0.1
 */
const char *contain_cgroup_info_why(const contain_cgroup_info *info);

/**
 * contain_cgroup_info_nsdelegate - whether cgroup namespaces are borders of delegation
 * @info: from contain_cgroup_discover()
 *
 * With the mount option nsdelegate the limits of a cgroup namespace's root group cannot be written
 * from within it, and no process is moved across its border.
 *
 * Returns 1, or 0: not, there is no v2 mount, or info is NULL: 0. Since: 0.1. Source:
 * cgroup-v2.rst, "Mounting".
 */
int contain_cgroup_info_nsdelegate(const contain_cgroup_info *info);

/**
 * contain_cgroup_info_in_namespace - whether the caller's cgroup namespace is not the host's
 * @info: from contain_cgroup_discover()
 *
 * Returns 1, or 0: it is not, or /proc does not say, or info is NULL: 0. Since: 0.1. Source:
 * cgroup_namespaces(7).
 */
int contain_cgroup_info_in_namespace(const contain_cgroup_info *info);

/**
 * contain_cgroup_info_is_namespace_root - whether the caller's group is its cgroup namespace's root
 * @info: from contain_cgroup_discover()
 *
 * Returns 1: /proc/self/cgroup shows "/"; on the host that is the root group; or 0, or info is
 * NULL: 0. Since: 0.1. Source: cgroup_namespaces(7).
 */
int contain_cgroup_info_is_namespace_root(const contain_cgroup_info *info);

/**
 * contain_cgroup_check_delegated - whether the caller may divide a group
 * @group_fd: the group's directory, for example one that systemd has made or that another process
 * has passed as an fd
 * @reterr: may be NULL
 *
 * Returns 0: the caller may make groups below it that have limits and processes; or:
 * -EBADF, -ENOTDIR: group_fd is not an open directory;
 * -EACCES: the directory, cgroup.procs or cgroup.subtree_control (the error's object) is not
 * writable for the caller; the hint names the owner;
 * -EROFS: it is mounted read-only;
 * -EBUSY: it has processes of its own, which the hint names (no-internal-process rule):
 * contain_cgroup_enable_below() can move them;
 * -EOPNOTSUPP: it is no group, or is threaded, so that groups below it take threads only;
 * -ENODEV: it was removed; -EMFILE, -ENFILE, -ENOMEM.
 *
 * Since: 0.1. Source: cgroup-v2.rst, "Delegation", "No Internal Process Constraint".
 */
int contain_cgroup_check_delegated(int group_fd, contain_error **reterr);

/* ---- opening and making groups ---- */

/**
 * contain_cgroup_open_own - opens the group of the calling thread
 * @ret_fd: receives an fd of the directory, close-on-exec; closed by close(2)
 * @reterr: may be NULL
 *
 * Returns 0, or, with nothing changed:
 * -EINVAL: ret_fd is NULL;
 * -EOPNOTSUPP: no cgroup2 file system is mounted;
 * -ENOENT: the mount does not show the group: it lies outside of the caller's cgroup namespace, or
 * only a part of the tree is mounted; or there is no /proc;
 * -ENODEV: the group was removed; -EACCES, -EMFILE, -ENFILE, -ENOMEM.
 *
 * Since: 0.1. Source: proc_pid_cgroup(5).
 */
int contain_cgroup_open_own(int *ret_fd, contain_error **reterr);

/**
 * contain_cgroup_open_process - opens the group of a process
 * @pidfd: of the process: pidfd_open(2), container_pidfd()
 * @ret_fd: receives an fd of the directory, close-on-exec; closed by close(2)
 * @reterr: may be NULL
 *
 * The group that its first thread was in at the time of the call. That the process had not ended by
 * then is made sure of, so that it is no other one with the same pid.
 *
 * Returns 0, or, with nothing changed:
 * -EINVAL: ret_fd is NULL, or pidfd is no pidfd; -EBADF: pidfd is not open;
 * -ESRCH: the process has ended, or lies outside the pid namespace of /proc;
 * -EOPNOTSUPP, -ENOENT, -ENODEV, -EACCES, -EMFILE, -ENFILE, -ENOMEM: as contain_cgroup_open_own().
 *
 * Since: 0.1. Source: proc_pid_cgroup(5).
 */
int contain_cgroup_open_process(int pidfd, int *ret_fd, contain_error **reterr);

/**
 * contain_cgroup_open - opens a group by its path
 * @parent_fd: the directory of a group that the path begins at, or AT_FDCWD
 * @path: names with '/' between them, none of them ".."; relative to parent_fd and below it, "."
 * for the same group once more; with AT_FDCWD also absolute, as "/sys/fs/cgroup/x"
 * @ret_fd: receives an fd of the directory, close-on-exec; closed by close(2)
 * @reterr: may be NULL
 *
 * With a parent_fd nothing that is mounted on a directory on the way is entered.
 *
 * Returns 0, or, with nothing changed:
 * -EINVAL: NULL, a name that cannot be a group's, or an absolute path with a parent_fd;
 * -EBADF: parent_fd is not open; -ENOTDIR: it or a name on the way is no directory;
 * -EOPNOTSUPP: parent_fd, or the path, is not on a cgroup2 file system;
 * -ENOENT: there is no such group; -EXDEV: something is mounted on the way;
 * -ENODEV: it was removed; -ENAMETOOLONG, -EACCES, -ELOOP, -EMFILE, -ENFILE, -ENOMEM.
 *
 * Since: 0.1. Source: openat2(2).
 */
int contain_cgroup_open(int parent_fd, const char *path, int *ret_fd, contain_error **reterr);

/**
 * contain_cgroup_open_default_parent - opens the group below which containers get theirs
 * @ret_fd: receives an fd of the directory, close-on-exec; closed by close(2)
 * @reterr: may be NULL
 *
 * For root this is the group "contain" below the root group, made when it is missing. For others
 * it is the nearest group, their own or above, that they may divide (delegation) and that holds
 * no process.
 *
 * Returns 0, or, with nothing changed:
 * -EINVAL: ret_fd is NULL;
 * -EOPNOTSUPP: no cgroup2 file system is mounted;
 * -EACCES: the caller has no group that it may divide;
 * -EROFS, -EMFILE, -ENFILE, -ENOMEM.
 *
 * Since: 0.1. Source: cgroup-v2.rst, "Delegation".
 */
int contain_cgroup_open_default_parent(int *ret_fd, contain_error **reterr);

/**
 * contain_cgroup_create - makes a group and opens it
 * @parent_fd: the directory of a group
 * @name: one name: no '/' and no newline, not "." or "..", not beginning with "cgroup."
 * @ret_fd: receives an fd of the new directory, close-on-exec; closed by close(2)
 * @reterr: may be NULL
 *
 * The group stays until contain_cgroup_remove().
 *
 * Returns 0, or, with nothing changed:
 * -EINVAL: a bad name, or NULL;
 * -EBADF, -ENOTDIR: parent_fd is not an open directory;
 * -EOPNOTSUPP: parent_fd is not on a cgroup2 file system;
 * -EEXIST: there is such a group;
 * -EACCES, -EPERM, -EROFS: the parent was not delegated to the caller, or is read-only;
 * -EAGAIN: cgroup.max.descendants or cgroup.max.depth of a group above is reached;
 * -ENODEV, -ENOENT: the parent was removed;
 * -EMFILE, -ENFILE, -ENOMEM.
 *
 * Since: 0.1. Source: mkdir(2), cgroup-v2.rst.
 */
int contain_cgroup_create(int parent_fd, const char *name, int *ret_fd, contain_error **reterr);

/**
 * contain_cgroup_create_path - makes a group with the groups on the way to it, and opens it
 * @parent_fd: the directory of a group
 * @path: names with '/' between them, each as for contain_cgroup_create()
 * @ret_fd: receives an fd of the last directory, close-on-exec; closed by close(2)
 * @reterr: may be NULL
 *
 * What is there already is used. No controller is enabled: contain_cgroup_enable_below() does that.
 *
 * Returns how many groups were made, 0 when all were there; or, with nothing changed (what was made
 * on the way is removed again): -EINVAL: a bad name, or NULL; or one of the other errors of
 * contain_cgroup_open() and contain_cgroup_create() but -EEXIST.
 *
 * Since: 0.1. Source: mkdir(2), openat2(2).
 */
int contain_cgroup_create_path(int parent_fd, const char *path, int *ret_fd,
			       contain_error **reterr);

/** Room for every name that contain_cgroup_create_unique() makes, with its null byte. */
#define CONTAIN_CGROUP_NAME_SIZE 96

/**
 * contain_cgroup_create_unique - makes a group with a name that no other has, and opens it
 * @parent_fd: the directory of a group
 * @prefix: what the name begins with, as for contain_cgroup_create(), at most 64 bytes
 * @ret_fd: receives an fd of the new directory, close-on-exec; closed by close(2)
 * @ret_name: receives the name, PREFIX.PID.TIME; untouched after a failure
 * @size: of ret_name, at least CONTAIN_CGROUP_NAME_SIZE
 * @reterr: may be NULL
 *
 * The directory is locked (flock(2), LOCK_SH) by ret_fd and what is duplicated from it: while one
 * of these fds is open, contain_cgroup_gc() leaves the group alone.
 *
 * Returns 0, or, with nothing changed: -EINVAL: a bad prefix, or NULL; -ERANGE: ret_name is too
 * small; or one of the other errors of contain_cgroup_create().
 *
 * Since: 0.1. Source: mkdir(2), flock(2).
 */
int contain_cgroup_create_unique(int parent_fd, const char *prefix, int *ret_fd, char *ret_name,
				 size_t size, contain_error **reterr);

/* ---- files and controllers ---- */

/**
 * contain_cgroup_write - writes a file of a group, in one piece
 * @group_fd: the group's directory
 * @key: the file, for example "memory.max"; one name
 * @value: what to write, for example "1048576" or "max"
 * @reterr: may be NULL
 *
 * Returns 0, or, with nothing changed:
 * -EINVAL: a bad key, NULL, or a value that the kernel does not take; -ERANGE: a number too large;
 * -EBADF, -ENOTDIR: group_fd is not an open directory;
 * -ENOENT: the group has no such file: the hint says which hierarchy holds the controller, or that
 * the parent has to hand it down (contain_cgroup_enable());
 * -EACCES, -EPERM, -EROFS: the group was not delegated to the caller, or is read-only;
 * -EBUSY: the no-internal-process rule, or a limit below what is used;
 * -EOPNOTSUPP: the group is threaded, or group_fd is no group; -ESRCH: no such process;
 * -ENODEV: the group was removed;
 * -EAGAIN, -EMFILE, -ENFILE, -ENOMEM.
 *
 * Since: 0.1. Source: cgroup-v2.rst, "Interface Files".
 */
int contain_cgroup_write(int group_fd, const char *key, const char *value, contain_error **reterr);

/**
 * contain_cgroup_read - reads a file of a group
 * @group_fd: the group's directory
 * @key: the file, for example "memory.current"; one name
 * @buf: receives the text with a terminating null byte; undefined after a failure
 * @size: of buf, at least 1
 * @reterr: may be NULL
 *
 * Returns the length of the text, or:
 * -EINVAL: a bad key, NULL or no size; -ERANGE: the text does not fit;
 * -EBADF, -ENOTDIR: group_fd is not an open directory; -ENOENT: as for contain_cgroup_write();
 * -EACCES, -EPERM; -EOPNOTSUPP: the group is threaded, or group_fd is no group;
 * -ENODEV: the group was removed;
 * -EMFILE, -ENFILE, -ENOMEM.
 *
 * Since: 0.1. Source: cgroup-v2.rst, "Interface Files".
 */
int contain_cgroup_read(int group_fd, const char *key, char *buf, size_t size,
			contain_error **reterr);

/**
 * contain_cgroup_enable - hands a controller down to the groups below a group
 * @group_fd: the group's directory
 * @controller: for example "memory"
 * @reterr: may be NULL
 *
 * Returns 0, also when it was enabled before, or, with nothing changed:
 * -EINVAL: no name of a controller, or NULL;
 * -EBADF, -ENOTDIR: group_fd is not an open directory;
 * -ENOENT: the group itself does not have it: bound to cgroup v1, not handed down by the group
 * above, or not in this kernel; the hint says which;
 * -EBUSY: the group has processes of its own, which the hint names (no-internal-process rule);
 * -EACCES, -EPERM, -EROFS: the group was not delegated to the caller, or is read-only;
 * -EOPNOTSUPP: the group is threaded, or group_fd is no group; -ENODEV: it was removed;
 * -EMFILE, -ENFILE, -ENOMEM.
 *
 * Since: 0.1. Source: cgroup-v2.rst, "Enabling and Disabling", "No Internal Process Constraint".
 */
int contain_cgroup_enable(int group_fd, const char *controller, contain_error **reterr);

/** For contain_cgroup_enable_below(): processes that are in the way are moved to a leaf. */
#define CONTAIN_CGROUP_MOVE_PROCESSES 0x1u

/**
 * contain_cgroup_enable_below - hands controllers down along a path, so that its end has them
 * @group_fd: the directory of the group that the path begins at
 * @path: to the group that gets the controllers: names with '/' between them, at least one
 * @controllers: names with spaces between them, for example "memory pids"
 * @flags: 0, or CONTAIN_CGROUP_MOVE_PROCESSES
 * @leaf: with that flag, the name of the group that takes the processes; else NULL
 * @reterr: may be NULL
 *
 * Enables in group_fd and in each group on the way, not in the last one, what is not enabled there
 * yet; where all is, nothing is written. The files of the controllers are then in the group at the
 * end of path, which can be given limits.
 *
 * A group that hands controllers down may not have processes of its own (no-internal-process rule;
 * the host's root group may). By default processes in the way are an error. With
 * CONTAIN_CGROUP_MOVE_PROCESSES the processes of each group that is in the way are moved to the
 * group `leaf` below it, which is made when it is missing; the caller is moved with them where it
 * is one of them. What they have used so far (memory) stays charged to the group above the leaf,
 * whose limits go on holding for them.
 *
 * Returns 0, also when all was enabled before, or:
 * -EINVAL: a bad path, list, flag or leaf, NULL, a leaf that is on the path or without the flag;
 * -EBADF, -ENOTDIR: group_fd is not an open directory;
 * -ENOENT: there is no such group on the way; or group_fd has not the controller (the error's
 * object): bound to cgroup v1, not handed down by the group above, or not in this kernel; the hint
 * says which;
 * -EBUSY: a group on the way (the error's object) has processes, which the hint names; with
 * CONTAIN_CGROUP_MOVE_PROCESSES: they are of other pid namespaces and have no number here, or new
 * ones come faster than they can be moved;
 * -EACCES, -EPERM, -EROFS: a group was not delegated to the caller, or is read-only;
 * -EOPNOTSUPP: a group on the way is threaded, or group_fd is no group; -ENODEV: one was removed;
 * -EAGAIN: cgroup.max.descendants or cgroup.max.depth forbids the leaf;
 * -EXDEV, -EMFILE, -ENFILE, -ENOMEM.
 * After a failure the groups before the one that failed keep what was enabled in them: others may
 * use it by then. In the one that failed, processes that were moved to a leaf made by this call are
 * moved back and the leaf is removed; with a leaf that was there before they stay in it.
 *
 * Since: 0.1. Source: cgroup-v2.rst, "Enabling and Disabling", "No Internal Process Constraint".
 */
int contain_cgroup_enable_below(int group_fd, const char *path, const char *controllers,
				uint32_t flags, const char *leaf, contain_error **reterr);

/** Types of groups, as cgroup.type tells: contain_cgroup_type(). */
#define CONTAIN_CGROUP_DOMAIN 0
/** The root of a threaded subtree. */
#define CONTAIN_CGROUP_DOMAIN_THREADED 1
/** Below such a root, and not threaded itself: takes neither processes nor controllers. */
#define CONTAIN_CGROUP_DOMAIN_INVALID 2
/** Takes single threads of the processes of its threaded domain. */
#define CONTAIN_CGROUP_THREADED 3
/** The host's root group, which has no type. */
#define CONTAIN_CGROUP_ROOT 4

/**
 * contain_cgroup_type - whether a group takes processes or threads
 * @group_fd: the group's directory
 * @reterr: may be NULL
 *
 * Returns one CONTAIN_CGROUP_DOMAIN, _DOMAIN_THREADED, _DOMAIN_INVALID, _THREADED or _ROOT, or:
 * -EBADF, -ENOTDIR: group_fd is not an open directory; -EOPNOTSUPP: it is no group, or of a type
 * newer than this library; -ENODEV: it was removed; -EACCES, -EMFILE, -ENFILE, -ENOMEM.
 *
 * Since: 0.1. Source: cgroup-v2.rst, "Threads".
 */
int contain_cgroup_type(int group_fd, contain_error **reterr);

/**
 * contain_cgroup_set_threaded - makes a group threaded
 * @group_fd: the group's directory
 * @reterr: may be NULL
 *
 * The group above becomes the root of a threaded subtree (CONTAIN_CGROUP_DOMAIN_THREADED) if it is
 * not in one, and may have processes and hand down cpu, cpuset and pids, but no other controller.
 * contain_cgroup_migrate_thread() puts threads into the group. Nothing makes it a domain again.
 *
 * Returns 0, also when it was threaded before, or, with nothing changed:
 * -EBADF, -ENOTDIR: group_fd is not an open directory;
 * -EOPNOTSUPP: it is no group or the root group; it, or another group beside it, has processes; or
 * it or the group above hands down a controller that knows no threads (memory, io, ...); the hint
 * says which of these;
 * -EACCES, -EPERM, -EROFS: the group was not delegated to the caller, or is read-only;
 * -ENODEV: it was removed; -EMFILE, -ENFILE, -ENOMEM.
 *
 * Since: 0.1. Source: cgroup-v2.rst, "Threads".
 */
int contain_cgroup_set_threaded(int group_fd, contain_error **reterr);

/**
 * contain_cgroup_delegate - gives a group to a user, who may then divide it
 * @group_fd: the group's directory, not the host's root group
 * @uid: as the caller's user namespace shows it; becomes the owner
 * @gid: the same for the group of users
 * @reterr: may be NULL
 *
 * Changes the owner of the directory and of the files that the kernel lists for this in
 * /sys/kernel/cgroup/delegate (cgroup.procs, cgroup.threads, cgroup.subtree_control, ...), as far
 * as the group has them; without that list, of those that Linux 6.12 has in it. The files with
 * limits stay the caller's, so that the user cannot raise them. Groups below it stay as they are.
 * With the caller's own ids it is taken back.
 *
 * Who moves a process into the group needs write access to cgroup.procs of the group that this one
 * and the process's own lie in, too: start the user's first process in it (contain_cgroup_enter(),
 * CLONE_INTO_CGROUP).
 *
 * Returns 0, or, with nothing changed:
 * -EINVAL: an id of 4294967295, or one that is not mapped in the caller's user namespace;
 * -EBADF, -ENOTDIR: group_fd is not an open directory;
 * -EOPNOTSUPP: it is no group, or the root group;
 * -EPERM: no CAP_CHOWN; -EROFS: mounted read-only; -ENODEV: it was removed;
 * -EMFILE, -ENFILE, -ENOMEM.
 *
 * Since: 0.1. Source: cgroup-v2.rst, "Delegation".
 */
int contain_cgroup_delegate(int group_fd, uint32_t uid, uint32_t gid, contain_error **reterr);

/* ---- processes in groups ---- */

/**
 * contain_cgroup_enter - moves the calling process, with all its threads, into a group
 * @group_fd: the group's directory
 * @reterr: may be NULL
 *
 * A child of fork(2), or the function of contain_ns_child_start(), can call it first of all. It is
 * slow (several milliseconds) against a birth in the group: clone3(2) with CLONE_INTO_CGROUP takes
 * a group_fd as it is, and so do containers (contain/container.h). Memory that the process has used
 * stays charged to the group that it leaves.
 *
 * Returns 0, or, with nothing changed:
 * -EBADF, -ENOTDIR: group_fd is not an open directory;
 * -EACCES, -EPERM: cgroup.procs of the group, or of the group that it and the caller's own lie in,
 * is not writable for the caller; -EROFS: mounted read-only;
 * -EBUSY: the group hands controllers down and so takes no process (no-internal-process rule);
 * -EOPNOTSUPP: it is no group, or is CONTAIN_CGROUP_DOMAIN_INVALID;
 * -ENOENT: the move crosses the border of a cgroup namespace (nsdelegate); -ENODEV: removed;
 * -EINVAL: a realtime process, and the group has no realtime time (CONFIG_RT_GROUP_SCHED);
 * -EAGAIN, -EMFILE, -ENFILE, -ENOMEM.
 *
 * Since: 0.1. Source: cgroup-v2.rst, "Processes".
 */
int contain_cgroup_enter(int group_fd, contain_error **reterr);

/**
 * contain_cgroup_enter_thread - moves the calling thread into a threaded group
 * @group_fd: the group's directory
 * @reterr: may be NULL
 *
 * Returns 0, or, with nothing changed, one of the errors of contain_cgroup_migrate_thread() but
 * -ESRCH. Since: 0.1. Source: cgroup-v2.rst, "Threads".
 */
int contain_cgroup_enter_thread(int group_fd, contain_error **reterr);

/**
 * contain_cgroup_migrate - moves a process, with all its threads, into a group
 * @group_fd: the group's directory
 * @pidfd: of the process: pidfd_open(2), container_pidfd()
 * @reterr: may be NULL
 *
 * The kernel takes a pid here, which can become another process's as soon as the process was waited
 * for. That it has not ended is looked at right before and after the move.
 *
 * Returns 0, or, with nothing changed:
 * -EINVAL: pidfd is no pidfd; a thread of the kernel; or as contain_cgroup_enter();
 * -EBADF: group_fd or pidfd is not open; -ENOTDIR: group_fd is no directory;
 * -ESRCH: the process has ended, or lies outside the pid namespace of /proc;
 * or one of the other errors of contain_cgroup_enter(), where -ENOENT is also: no /proc.
 *
 * Since: 0.1. Source: cgroup-v2.rst, "Processes".
 */
int contain_cgroup_migrate(int group_fd, int pidfd, contain_error **reterr);

/**
 * contain_cgroup_migrate_thread - moves one thread of a process into a threaded group
 * @group_fd: the group's directory
 * @pidfd: of the process
 * @tid: the thread's number, as /proc/PID/task shows it
 * @reterr: may be NULL
 *
 * The group has to lie in the threaded domain that the process is in.
 *
 * Returns 0, or, with nothing changed:
 * -EINVAL: pidfd is no pidfd, or tid is not positive;
 * -ESRCH: the process has ended or has no such thread; or it lies outside the pid namespace of
 * /proc;
 * -EOPNOTSUPP: group_fd is no group, or is not in the threaded domain of the process;
 * or one of the other errors of contain_cgroup_migrate().
 *
 * Since: 0.1. Source: cgroup-v2.rst, "Threads".
 */
int contain_cgroup_migrate_thread(int group_fd, int pidfd, int32_t tid, contain_error **reterr);

typedef struct contain_pids contain_pids;

/** For the lists: of the groups below it too. */
#define CONTAIN_CGROUP_RECURSIVE 0x2u

/**
 * contain_cgroup_list_processes - the processes in a group
 * @group_fd: the group's directory
 * @flags: 0, or CONTAIN_CGROUP_RECURSIVE
 * @ret_pids: each once, by number; freed with contain_pids_free()
 * @reterr: may be NULL
 *
 * As they are now: processes start, end and move meanwhile, and a number can become another
 * process's. Open a pidfd and list once more before you act on one. Processes of threaded groups
 * are those of the root of the threaded subtree.
 *
 * Returns 0, or, with nothing changed:
 * -EINVAL: ret_pids is NULL, or a flag is unknown; -EBADF, -ENOTDIR: group_fd is not an open
 * directory;
 * -EOPNOTSUPP: it is no group, or a threaded one: contain_cgroup_list_threads();
 * -ENODEV: it was removed; -EACCES, -EMFILE, -ENFILE, -ENOMEM.
 *
 * Since: 0.1. Source: cgroup-v2.rst, "cgroup.procs".
 */
int contain_cgroup_list_processes(int group_fd, uint32_t flags, contain_pids **ret_pids,
				  contain_error **reterr);

/**
 * contain_cgroup_list_threads - the threads in a group
 * @group_fd: the group's directory
 * @flags: 0, or CONTAIN_CGROUP_RECURSIVE
 * @ret_pids: numbers of threads; freed with contain_pids_free()
 * @reterr: may be NULL
 *
 * As contain_cgroup_list_processes(), with the errors of contain_cgroup_list_processes(), of which
 * a threaded group is none. Since: 0.1. Source: cgroup-v2.rst, "cgroup.threads".
 */
int contain_cgroup_list_threads(int group_fd, uint32_t flags, contain_pids **ret_pids,
				contain_error **reterr);

/**
 * contain_pids_count - how many numbers are in a list
 * @pids: from contain_cgroup_list_processes() or contain_cgroup_list_threads(); NULL: 0
 *
 * Since: 0.1
 */
int contain_pids_count(const contain_pids *pids);

/**
 * contain_pids_at - one number of a list
 * @pids: the list
 * @i: from 0
 *
 * Returns it, or -EINVAL: pids is NULL or has no such place. Since: 0.1
 */
int contain_pids_at(const contain_pids *pids, int i);

/**
 * contain_pids_outside - how many there are that have no number in the caller's pid namespace
 * @pids: the list; NULL: 0
 *
 * Since: 0.1. Source: cgroups(7).
 */
int contain_pids_outside(const contain_pids *pids);

/**
 * contain_pids_free - frees a list
 * @pids: may be NULL
 *
 * Since: 0.1
 */
void contain_pids_free(contain_pids *pids);

/**
 * contain_cgroup_kill - sends SIGKILL to every process in a group and below it
 * @group_fd: the group's directory, not the root group
 * @reterr: may be NULL
 *
 * Total: a process that is forking meanwhile does not escape, and a frozen one dies too. The
 * processes may still be ending when the call returns.
 *
 * Do not start new ones in a group that was killed: Linux 6.18 kills what CLONE_INTO_CGROUP puts
 * there. So that nobody does, the group, with those below it, gets the extended attribute
 * user.contain.killed, which contain_cgroup_is_killed() looks for. Where it cannot be set (before
 * Linux 5.7) the group is killed nevertheless.
 *
 * On a kernel without cgroup.kill (before Linux 5.14) the group is frozen, where it can be, while
 * its processes are killed one after the other.
 *
 * Returns 0, or, with nothing changed but where it is said:
 * -EBADF, -ENOTDIR: group_fd is not an open directory;
 * -EOPNOTSUPP: it is no group or the root group, or threaded: only a whole process can be killed;
 * -EACCES, -EPERM, -EROFS: the group was not delegated to the caller, or is read-only;
 * -EBUSY: without cgroup.kill only: some processes are killed, but others have no number in the
 * caller's pid namespace, or new ones come faster than they can be killed;
 * -ENODEV: the group was removed; -EMFILE, -ENFILE, -ENOMEM.
 *
 * Since: 0.1. Source: cgroup-v2.rst, "cgroup.kill".
 */
int contain_cgroup_kill(int group_fd, contain_error **reterr);

/**
 * contain_cgroup_is_killed - whether contain_cgroup_kill() was used on a group
 * @group_fd: the group's directory
 * @reterr: may be NULL
 *
 * Look before you start a process in a group that you did not make. What was killed by others than
 * this library (a write to cgroup.kill) is not known.
 *
 * Returns 1, 0, or: -EBADF, -ENOTDIR: group_fd is not an open directory; -EOPNOTSUPP: it is no
 * group; -ENODEV: it was removed; -EACCES, -EMFILE, -ENFILE, -ENOMEM.
 *
 * Since: 0.1. Source: xattr(7).
 */
int contain_cgroup_is_killed(int group_fd, contain_error **reterr);

/**
 * contain_cgroup_freeze - stops every process in a group and below it, and waits until all have
 * @group_fd: the group's directory, not the root group
 * @timeout_msec: how long to wait for it; 0: not at all
 * @reterr: may be NULL
 *
 * A frozen process runs no instruction until contain_cgroup_thaw(); it can be killed and moved, and
 * its memory stays.
 *
 * Returns 0: frozen, or, with timeout_msec 0, asked for; or, with nothing changed:
 * -EINVAL: a negative time; -EBADF, -ENOTDIR: group_fd is not an open directory;
 * -EOPNOTSUPP: it is no group or the root group;
 * -ETIMEDOUT: a process did not stop in time, for example one that waits for a device; the group is
 * as it was;
 * -EACCES, -EPERM, -EROFS: the group was not delegated to the caller, or is read-only;
 * -ENODEV: it was removed; -EMFILE, -ENFILE, -ENOMEM.
 *
 * Since: 0.1. Source: cgroup-v2.rst, "cgroup.freeze".
 */
int contain_cgroup_freeze(int group_fd, int64_t timeout_msec, contain_error **reterr);

/**
 * contain_cgroup_thaw - lets the processes of a frozen group go on, and waits until it runs
 * @group_fd: the group's directory, not the root group
 * @timeout_msec: how long to wait for it; 0: not at all
 * @reterr: may be NULL
 *
 * Groups below it that were frozen themselves stay so.
 *
 * Returns 0: not frozen, also when it was not before, or, with timeout_msec 0, asked for; or:
 * -EBUSY: a group above is frozen, which holds this one too; it is thawed with that one;
 * -ETIMEDOUT: it is thawed, but was not seen to run in time;
 * or, with nothing changed, one of the other errors of contain_cgroup_freeze().
 *
 * Since: 0.1. Source: cgroup-v2.rst, "cgroup.freeze".
 */
int contain_cgroup_thaw(int group_fd, int64_t timeout_msec, contain_error **reterr);

/**
 * contain_cgroup_remove - removes a group, with empty groups below it, when its processes are gone
 * @parent_fd: the directory that it lies in
 * @name: as for contain_cgroup_create()
 * @timeout_msec: how long to wait for its processes to end; 0: not at all
 * @reterr: may be NULL
 *
 * Kills nothing and moves nothing.
 *
 * Returns 0, or:
 * -EINVAL: a bad name, NULL, or a negative time;
 * -EBADF, -ENOTDIR: parent_fd is not an open directory, or the name is not one;
 * -EOPNOTSUPP: not a cgroup2 file system; -ENOENT: no such group;
 * -EBUSY: it still has processes, which the hint names; empty groups below it may be gone;
 * -EACCES, -EPERM, -EROFS: the parent was not delegated to the caller, or is read-only;
 * -EMFILE, -ENFILE, -ENOMEM.
 *
 * Since: 0.1. Source: rmdir(2), cgroup-v2.rst, "cgroup.events".
 */
int contain_cgroup_remove(int parent_fd, const char *name, int64_t timeout_msec,
			  contain_error **reterr);

/** For contain_cgroup_remove_tree(): kills what is in it, and what comes while it waits. */
#define CONTAIN_CGROUP_KILL 0x4u

/**
 * contain_cgroup_remove_tree - removes a group with all groups below it
 * @parent_fd: the directory that it lies in
 * @name: as for contain_cgroup_create()
 * @flags: 0, or CONTAIN_CGROUP_KILL
 * @timeout_msec: how long to wait for its processes to end; 0: not at all
 * @reterr: may be NULL
 *
 * With CONTAIN_CGROUP_KILL all processes in it and below it are killed first. Without, it is
 * contain_cgroup_remove(). No process is ever moved.
 *
 * Returns 0, or one of the errors of contain_cgroup_remove() and contain_cgroup_kill(), or -EINVAL
 * (an unknown flag). After -EBUSY empty groups below it may be gone, and with CONTAIN_CGROUP_KILL
 * processes are killed.
 *
 * Since: 0.1. Source: rmdir(2), cgroup-v2.rst, "cgroup.kill".
 */
int contain_cgroup_remove_tree(int parent_fd, const char *name, uint32_t flags,
			       int64_t timeout_msec, contain_error **reterr);

/**
 * contain_cgroup_gc - removes groups that crashed programs have left
 * @parent_fd: the directory that they lie in
 * @prefix: what contain_cgroup_create_unique() was given; NULL: any
 * @reterr: may be NULL
 *
 * Removed is a group with a name of the form PREFIX.PID.TIME that is empty (no process in it or
 * below it) and whose directory nobody has locked: contain_cgroup_create_unique() and containers
 * lock theirs, and a lock goes with the last fd of its owner. Groups below it go with it. A group
 * that runs something is never touched.
 *
 * Returns how many were removed, or:
 * -EINVAL: a bad prefix; -EBADF, -ENOTDIR: parent_fd is not an open directory;
 * -EOPNOTSUPP: it is not on a cgroup2 file system;
 * -ENOENT, -ENODEV: it was removed; -EACCES, -EMFILE, -ENFILE, -ENOMEM.
 *
 * Since: 0.1. Source: flock(2), rmdir(2).
 */
int contain_cgroup_gc(int parent_fd, const char *prefix, contain_error **reterr);

#ifdef __cplusplus
}
#endif

#endif
