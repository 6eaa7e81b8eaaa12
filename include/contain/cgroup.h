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

/**
 * contain_cgroup_kill - sends SIGKILL to every process in a group and below it
 * @group_fd: the group's directory, not the root group
 * @reterr: may be NULL
 *
 * Total: a process that is forking meanwhile does not escape, and a frozen one dies too. The
 * processes may still be ending when the call returns. Do not start new ones in a group that was
 * killed: Linux 6.18 kills what CLONE_INTO_CGROUP puts there.
 *
 * Returns 0, or, with nothing changed:
 * -EBADF, -ENOTDIR: group_fd is not an open directory;
 * -EOPNOTSUPP: it is no group or the root group, or the kernel is older than 5.14;
 * -EACCES, -EPERM, -EROFS: the group was not delegated to the caller, or is read-only;
 * -ENODEV: the group was removed; -EMFILE, -ENFILE, -ENOMEM.
 *
 * Since: 0.1. Source: cgroup-v2.rst, "cgroup.kill".
 */
int contain_cgroup_kill(int group_fd, contain_error **reterr);

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

#ifdef __cplusplus
}
#endif

#endif
