/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * contain/cgroup_v1.h - groups in hierarchies of cgroup v1
 *
 * On a hybrid host some controllers are bound to hierarchies of cgroup v1 and cannot be had in v2.
 * The same limits and device rules are set there as on v2, as far as v1 has an equivalent; what it
 * has none for is refused by name. A container's groups are made by contain/container.h in both;
 * the functions here are for a group alone, and act now.
 *
 * A controller is called as v2 or as v1 calls it ("io" is "blkio"). A group is named by its path
 * below the place where the hierarchy of the controller is mounted, such as "contain/web": names
 * separated by one '/' each, none at the beginning or end. On v1 a container or service has one
 * group of this name in each hierarchy.
 *
 * What makes groups and sets them goes through libcgroup, one call at a time in the process. Where
 * the library is built without it (-Dlibcgroup=disabled), these functions answer -EOPNOTSUPP and
 * say so; opening, reading, entering, freezing, killing and removing groups works without it.
 *
 * Source: the kernel's Documentation/admin-guide/cgroup-v1/, cgroups(7), cgconfig.conf(5).
 */
#ifndef CONTAIN_CGROUP_V1_H
#define CONTAIN_CGROUP_V1_H

#include <contain/cgroup_devices.h>
#include <contain/cgroup_limits.h>
#include <contain/error.h>

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * contain_cgroup_v1_create - makes a group in the hierarchy of a controller
 * @controller: for example "memory"
 * @name: the group's path below the mount; groups on the way are made when they are missing
 * @ret_fd: receives an fd of the directory, close-on-exec; closed by close(2)
 * @reterr: may be NULL
 *
 * In the hierarchy of cpuset, the new groups get the processors and memory nodes of the group
 * above: without any, no process could enter.
 *
 * Returns 0, or, with no group of that name made: -EINVAL: no controller or no name of a group, or
 * NULL; -EEXIST: there is such a group; -EOPNOTSUPP: the controller is not bound to v1, or built
 * without libcgroup; -EACCES: only root makes groups on v1; -ESTALE: libcgroup finds the hierarchy
 * at another place; -ENODEV: a group above vanished meanwhile; -ENOMEM, -EMFILE, -ENFILE, -EIO.
 * Groups on the way may have been made. Since: 0.1. Source: cgroup-v1/cgroups.rst, cpusets.rst.
 */
int contain_cgroup_v1_create(const char *controller, const char *name, int *ret_fd,
			     contain_error **reterr);

/**
 * contain_cgroup_v1_import - opens a group that is there, and reads its limits
 * @controller: for example "memory"
 * @name: the group's path below the mount, as cgcreate(1) takes it
 * @ret_fd: receives an fd of the directory, close-on-exec; closed by close(2); may be NULL
 * @ret_limits: receives the limits that it has, in the units of v2; freed with
 * contain_limits_free(); may be NULL
 * @reterr: may be NULL
 *
 * The limits are those of all controllers of the hierarchy that a setter of contain_limits exists
 * for. cpu_weight is that of cpu.shares, rounded; memory_swap_max what memory.memsw leaves over.
 *
 * Returns 0, or, with nothing stored: -EINVAL: no controller or no name of a group, or NULL;
 * -ENOENT: no such group; -EOPNOTSUPP: the controller is not bound to v1; -ENODEV: the group was
 * removed meanwhile; -EACCES, -ENOMEM, -EMFILE, -ENFILE. Since: 0.1. Source: cgcreate(1).
 */
int contain_cgroup_v1_import(const char *controller, const char *name, int *ret_fd,
			     contain_limits **ret_limits, contain_error **reterr);

/**
 * contain_cgroup_v1_apply - sets limits of a group that is there
 * @limits: the limits, all of controllers that are bound to v1
 * @name: the group's path, in the hierarchy of each controller that limits are of
 * @reterr: may be NULL; the object is the limit, such as "memory.high", or the file of v1, such as
 * "memory.limit_in_bytes", that was refused
 *
 * memory_max alone leaves the limit of swap as it is: the sum that v1 knows (memory.memsw) moves
 * along.
 *
 * Returns 0, or, with the limits as they were: -EINVAL: limits is NULL or holds a refused setter,
 * no name of a group, memory_swap_max without memory_max, or a value that the kernel does not take;
 * -ERANGE: a processor that the machine cannot have, or a number too large; -ENOENT: no such group
 * in a hierarchy, or no such file in this kernel; -EOPNOTSUPP: a controller is not bound to v1
 * (contain_limits_apply() is for v2), v1 has no equivalent of a limit, or built without libcgroup;
 * -EBUSY: a limit below what is used; -EACCES, -EPERM; -ESTALE as contain_cgroup_v1_create();
 * -ENODEV: the group was removed meanwhile; -ENOMEM, -EMFILE, -ENFILE, -EIO. Since: 0.1.
 * Source: cgroup-v1/memory.rst, cpusets.rst, blkio-controller.rst.
 */
int contain_cgroup_v1_apply(const contain_limits *limits, const char *name, contain_error **reterr);

/**
 * contain_cgroup_v1_apply_devices - sets the device rules of a group that is there
 * @devices: the rules
 * @name: the group's path in the hierarchy of the controller devices
 * @reterr: may be NULL
 *
 * Not in one moment, as contain_devices_attach(): while it is done, less is allowed than before
 * and after, never more.
 *
 * v1 keeps no order of rules: a group denies all but a list, or allows all but a list. Rules of
 * which one takes back a part of an earlier one (all of 1:*, but not 1:3) are refused, where they
 * cannot be said in one of these ways.
 *
 * Returns 0, or, with the rules as they were: -EINVAL: devices is NULL, no name of a group, or the
 * group has groups below it; -EOPNOTSUPP: the controller is not bound to v1, the rules cannot be
 * said, or built without libcgroup; -ENOENT: no such group; -EPERM: the group above denies what
 * would be allowed here, or no CAP_SYS_ADMIN; -ESTALE, -ENODEV, -EACCES, -ENOMEM, -EMFILE, -ENFILE,
 * -EIO. Since: 0.1. Source: cgroup-v1/devices.rst.
 */
int contain_cgroup_v1_apply_devices(const contain_devices *devices, const char *name,
				    contain_error **reterr);

/**
 * contain_cgroup_v1_load_config - applies a file as cgconfigparser(8) does
 * @path: the file, in the format of cgconfig.conf(5)
 * @reterr: may be NULL; the log is what libcgroup said
 *
 * An administrative call: it makes the groups that the file names, sets them, and mounts what it
 * says to mount. It trusts the file. Nothing that was done is undone when a later line fails.
 *
 * As libcgroup prints to stderr where a file is malformed, it works in a child by fork(3) of its
 * own, for which the call waits, and no more than a minute: the time and memory of a fork, and a
 * SIGCHLD.
 *
 * Returns 0, or: -EINVAL: path is NULL or empty, or the file is malformed; -ENOENT, -EACCES, ...:
 * it cannot be read; -EOPNOTSUPP: built without libcgroup; -EIO: libcgroup failed, the log says
 * where; -ETIMEDOUT: it has not ended; -EAGAIN: no process can be made; and the errors of
 * contain_cgroup_v1_create(). Since: 0.1. Source: cgconfig.conf(5).
 */
int contain_cgroup_v1_load_config(const char *path, contain_error **reterr);

/**
 * contain_cgroup_v1_enter - moves the calling process into a group
 * @group_fd: the group's directory
 * @reterr: may be NULL
 *
 * In one hierarchy; the process stays where it is in the others.
 *
 * Returns 0, or, with nothing changed: -EBADF: group_fd is not open; -EOPNOTSUPP: it is no
 * directory of cgroup v1; -ENOSPC: a group of cpuset without processors or memory nodes;
 * -ENODEV: the group was removed; -EACCES, -EPERM, -EINVAL, -ENOMEM, -EMFILE, -ENFILE. Since: 0.1.
 * Source: cgroup-v1/cgroups.rst.
 */
int contain_cgroup_v1_enter(int group_fd, contain_error **reterr);

/**
 * contain_cgroup_v1_migrate - moves a process, with all its threads, into a group
 * @group_fd: the group's directory
 * @pidfd: of the process
 * @reterr: may be NULL
 *
 * Returns 0, or, with nothing changed: -EINVAL: pidfd is no pidfd, or as contain_cgroup_v1_enter();
 * -EBADF: an fd is not open; -ESRCH: the process has ended; or one of the other errors of
 * contain_cgroup_v1_enter(). Since: 0.1. Source: cgroup-v1/cgroups.rst.
 */
int contain_cgroup_v1_migrate(int group_fd, int pidfd, contain_error **reterr);

/**
 * contain_cgroup_v1_freeze - stops every process in a group and below it
 * @group_fd: the group's directory in the hierarchy of the controller freezer
 * @timeout_msec: how long to wait until all have stopped; 0: not at all
 * @reterr: may be NULL
 *
 * On v1 a frozen process cannot be killed before it is thawed: contain_cgroup_v1_kill() does both.
 *
 * Returns 0, or, with the group thawed again where it was: -EINVAL: a negative time;
 * -EBADF: group_fd is not open; -EOPNOTSUPP: it is no group of the freezer, or its root group;
 * -ETIMEDOUT: a process has not stopped; -ENODEV: the group was removed; -EACCES, -EMFILE, -ENFILE.
 * Since: 0.1. Source: cgroup-v1/freezer-subsystem.rst.
 */
int contain_cgroup_v1_freeze(int group_fd, int64_t timeout_msec, contain_error **reterr);

/**
 * contain_cgroup_v1_thaw - lets every process in a group and below it go on
 * @group_fd: the group's directory in the hierarchy of the controller freezer
 * @timeout_msec: how long to wait until they are thawed; 0: not at all
 * @reterr: may be NULL
 *
 * Returns 0, or the errors of contain_cgroup_v1_freeze(), and -EBUSY: a group above is frozen, and
 * so stays all below it. Since: 0.1. Source: cgroup-v1/freezer-subsystem.rst.
 */
int contain_cgroup_v1_thaw(int group_fd, int64_t timeout_msec, contain_error **reterr);

/**
 * contain_cgroup_v1_kill - sends SIGKILL to every process in a group and below it
 * @group_fd: the group's directory, in any hierarchy
 * @reterr: may be NULL
 *
 * v1 has no call for it: the processes are read and killed, each pinned by a pidfd first, until no
 * new ones are found. In the hierarchy of the freezer the group is frozen first, so that nobody
 * forks meanwhile, and thawed afterwards. The processes may still be ending when the call returns.
 *
 * Returns 0, or: -EBADF: group_fd is not open; -EOPNOTSUPP: it is no directory of cgroup v1, or a
 * root group; -EBUSY: processes in it lie outside the caller's pid namespace, or new ones come
 * faster than they are killed; -EPERM: a process of another user; -ENODEV: the group was removed;
 * -ENOMEM, -EMFILE, -ENFILE. Since: 0.1. Source: kill(2), cgroup-v1/freezer-subsystem.rst.
 */
int contain_cgroup_v1_kill(int group_fd, contain_error **reterr);

/**
 * contain_cgroup_v1_remove - removes a group, with empty groups below it, in one hierarchy
 * @controller: for example "memory"
 * @name: the group's path below the mount
 * @timeout_msec: how long to wait for its processes to end; 0: not at all
 * @reterr: may be NULL
 *
 * Kills nothing, and moves nothing: a process never gets out of its limits by this. (cgdelete(1)
 * moves the processes to the group above.)
 *
 * Returns 0, or: -EINVAL: no controller or no name of a group, NULL, or a negative time;
 * -ENOENT: no such group; -EBUSY: it still has processes, which the hint names, or groups with
 * processes below it; -EOPNOTSUPP: the controller is not bound to v1; -EACCES, -EPERM, -ENOMEM,
 * -EMFILE, -ENFILE. Since: 0.1. Source: rmdir(2).
 */
int contain_cgroup_v1_remove(const char *controller, const char *name, int64_t timeout_msec,
			     contain_error **reterr);

#ifdef __cplusplus
}
#endif

#endif
