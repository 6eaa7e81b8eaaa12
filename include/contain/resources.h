/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * contain/resources.h - the group of a container: limits, devices, delegation, pause, statistics
 *
 * What contain/spec.h has as one call each (memory_max, pids_max, cpu_max, cgroup_parent) is here
 * for every limit, and for containers that run. A limit goes to the hierarchy that holds its
 * controller: to the container's cgroup v2 group, or through libcgroup to a group of cgroup v1
 * where the controller is bound to that. One that cannot be set is an error: a container does not
 * start without a limit that was asked for.
 *
 * Source: the kernel's Documentation/admin-guide/cgroup-v2.rst, cgroups(7).
 */
#ifndef CONTAIN_RESOURCES_H
#define CONTAIN_RESOURCES_H

#include <contain/cgroup_devices.h>
#include <contain/cgroup_events.h>
#include <contain/cgroup_limits.h>
#include <contain/cgroup_stats.h>
#include <contain/container.h>
#include <contain/error.h>
#include <contain/plan.h>
#include <contain/spec.h>

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- before the start ------------------------------------------------------------------------ */

/**
 * container_spec_set_limits - limits of the container's group
 * @spec: the spec
 * @limits: copied; one that the spec has already is replaced, others are kept
 *
 * container_spec_set_memory_max(), _pids_max() and _cpu_max() set into the same set.
 *
 * Returns 0, or with the spec unchanged -EINVAL (NULL), -ENOMEM, or -EBUSY (the spec was compiled).
 * What this machine cannot set is told by container_plan_compile(): -EOPNOTSUPP or -EACCES, with
 * the limit's field and a hint that names who holds the controller. Since: 0.1
 */
int container_spec_set_limits(container_spec *spec, const contain_limits *limits);

/**
 * container_overrides_set_limits - other limits in this start
 * @overrides: the overrides
 * @limits: copied; each takes the place of the plan's or is added to them
 *
 * Returns 0, -EINVAL (NULL) or -ENOMEM. Since: 0.1
 */
int container_overrides_set_limits(container_overrides *overrides, const contain_limits *limits);

/**
 * container_spec_set_cgroup - runs the container in a group that exists, without one of its own
 * @spec: the spec
 * @dirfd: the group's directory (path ""), or where a relative path starts, or AT_FDCWD
 * @path: a directory on a cgroup2 file system
 *
 * The group and its limits stay the caller's: the library removes, pauses and updates nothing
 * there. So it goes with no limits, no device rules, no cgroup parent and no delegation in the
 * same spec, and only with a pid namespace of the container's own, by which all of its processes
 * end. Such a container has no memory peak and no cpu time of its group in its exit record, but
 * those of its payload. Never name a group on which cgroup.kill was used: Linux 6.18 kills what is
 * started in it.
 *
 * Returns what container_spec_set_cgroup_parent() returns; container_plan_compile() says -EINVAL
 * where it goes with nothing of the above. Since: 0.1. Source: clone3(2), CLONE_INTO_CGROUP.
 */
int container_spec_set_cgroup(container_spec *spec, int dirfd, const char *path);

/**
 * container_spec_set_cgroup_delegate - lets the container divide its own group
 * @spec: the spec
 * @on: 1 or 0 (default)
 *
 * Inside, /sys/fs/cgroup is writable, and the files that the kernel names for delegation
 * (cgroup.procs, cgroup.threads, cgroup.subtree_control) are given to the user that is root
 * inside; the files of limits are not. As everywhere, processes of the top group have to move to a
 * group below it before it hands down controllers.
 *
 * Needs a cgroup namespace of the container's own and a group in cgroup v2. The limits are the
 * caller's. Where the caller's id is none of those inside (id ranges of others), the container
 * cannot lift them. Else, and always without a user namespace, the kernel keeps it from them only
 * on a cgroup2 file system that is mounted with nsdelegate, and only as long as it makes no cgroup
 * namespace below its own; where it is not mounted so, that is refused.
 *
 * Returns 0, or with the spec unchanged -EINVAL (on is neither). container_plan_compile() says
 * -EINVAL or -EOPNOTSUPP where it cannot be. Since: 0.1. Source: cgroup-v2.rst, "Delegation".
 */
int container_spec_set_cgroup_delegate(container_spec *spec, int on);

/**
 * container_spec_set_devices - which devices the container's processes may open and make
 * @spec: the spec
 * @devices: rules, copied; NULL: no rules (default)
 *
 * An eBPF program on the container's group, attached before anything runs in it. Without a v2
 * group the rules go to the devices controller of cgroup v1. Without rules, file permissions, the
 * /dev of the container's own and mounts with nodev are what holds: a container without CAP_MKNOD
 * has no way to other nodes. The null device may always be used, and where the start makes a /dev
 * its nodes may be made, which does not open them: the set-up runs below the rules too.
 *
 * Returns 0, or with the spec unchanged -ENOMEM or -EBUSY (the spec was compiled).
 * container_plan_compile() says -EACCES or -EOPNOTSUPP where no group can be had, and the start
 * fails with the step group-devices where the kernel refuses the program. Since: 0.1.
 * Source: cgroup-v2.rst, "Device controller"; bpf(2).
 */
int container_spec_set_devices(container_spec *spec, const contain_devices *devices);

/* ---- while it runs --------------------------------------------------------------------------- */

/**
 * container_update - other limits for a container that runs
 * @container: the container
 * @limits: those to set; others stay
 * @reterr: may be NULL; its object is the file of the limit that failed
 *
 * All or none: after a failure the limits that were changed are back at what they were.
 *
 * Returns 0, or -EINVAL (NULL, or a value that the kernel does not take), -EBUSY (a limit below
 * what is used, for example of cpuset), -EOPNOTSUPP (the controller is nowhere, was not handed
 * down, or is bound to a hierarchy of cgroup v1 in which the container has no group: give a limit
 * of it when it starts), -ENOENT (it has no group of its own, or this kernel has no such limit),
 * -ENODEV (there is no such disk or device), -ESRCH (the group was removed: it ended), -EACCES,
 * -EPERM, -EROFS, -ENOMEM, -EMFILE, -ENFILE. Since: 0.1
 */
int container_update(container *container, const contain_limits *limits, contain_error **reterr);

/**
 * container_update_devices - other device rules for a container that runs
 * @container: the container
 * @devices: the rules that hold from now on; open files stay open
 * @reterr: may be NULL
 *
 * The kernel exchanges the program in one step: at no time do no rules hold.
 *
 * Returns 0, or with the old rules in force what contain_devices_attach() returns, -ENOENT (it has
 * no group of its own) or -ESRCH (it ended). Since: 0.1
 */
int container_update_devices(container *container, const contain_devices *devices,
			     contain_error **reterr);

/**
 * container_read_stats - what a container uses
 * @container: the container
 * @what: CONTAIN_STATS_*, joined by |
 * @ret_stats: receives the snapshot, freed by contain_stats_free(); contain_stats_update() reads it
 * anew, for as long as the group is there, without the handle
 * @reterr: may be NULL
 *
 * Of its group in cgroup v2 and of its groups in cgroup v1, where controllers are bound to that.
 *
 * Returns 0, or with *ret_stats untouched: -EINVAL (NULL, or an unknown bit), -ENOENT (it has no
 * group), -ESRCH (it ended and the group was removed: the exit record has its usage), -ENOMEM,
 * -EMFILE, -ENFILE. Since: 0.1
 */
int container_read_stats(container *container, uint32_t what, contain_stats **ret_stats,
			 contain_error **reterr);

/**
 * container_open_events - what happens to a container, as a plain fd
 * @container: the container
 * @mask: CONTAIN_EVENT_* joined by |, as for contain_events_new()
 * @ret_events: receives them, freed by contain_events_free()
 * @reterr: may be NULL
 *
 * Of its group in cgroup v2. The end of the payload is told by container_pidfd().
 *
 * Returns 0, or with *ret_events untouched: -EINVAL, -ENOENT (it has no v2 group), -ESRCH (it
 * ended), or what contain_events_new() returns. Since: 0.1
 */
int container_open_events(container *container, uint32_t mask, contain_events **ret_events,
			  contain_error **reterr);

/**
 * container_pause - stops all processes of a container, and waits until they have stopped
 * @container: the container
 * @timeout_msec: how long to wait; 0: not at all; negative: for ever
 * @reterr: may be NULL
 *
 * By the freezer: the processes see nothing of it, and SIGKILL, container_kill() and
 * container_delete() still end them. Pausing a paused container is no error. A start by
 * container_spec_join_container() into a paused one would sleep with it.
 *
 * Returns 0; -EINVAL (NULL); -ENOENT (it has no group of its own); -ESRCH (it ended); -ETIMEDOUT:
 * not all have stopped yet, and it was resumed; -EACCES, -EPERM, -EROFS, -EMFILE, -ENFILE, and it
 * runs on. Since: 0.1. Source: cgroup-v2.rst, "cgroup.freeze".
 */
int container_pause(container *container, int64_t timeout_msec, contain_error **reterr);

/**
 * container_resume - lets a paused container run on, and waits until it does
 * @container: the container
 * @timeout_msec: how long to wait; 0: not at all; negative: for ever
 * @reterr: may be NULL
 *
 * Resuming a container that runs is no error.
 *
 * Returns 0; -EINVAL, -ENOENT, -ESRCH as above; -EBUSY: a group above it is frozen, and it runs
 * when that is thawed; -ETIMEDOUT: asked for, not seen in time. Since: 0.1
 */
int container_resume(container *container, int64_t timeout_msec, contain_error **reterr);

#ifdef __cplusplus
}
#endif

#endif
