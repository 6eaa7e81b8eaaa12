/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * contain/cgroup_devices.h - which devices the processes of a group may use
 *
 * A set of rules is a value: made, filled, asked, and attached to a group, or given to a spec with
 * container_spec_set_devices(). On cgroup v2 the kernel takes the rules as an eBPF program, which
 * is written here, from the rules, without a compiler or another library. On cgroup v1 they are
 * the lines of devices.allow and devices.deny.
 *
 * Rules are about opening a device node, and making one with mknod(2). What a process has open
 * already stays open, and stat(2) and chmod(2) of a node are no use of its device.
 *
 * Source: the kernel's Documentation/admin-guide/cgroup-v2.rst, "Device controller";
 * cgroup-v1/devices.rst; bpf(2); the OCI runtime specification, "Allowed Device list".
 */
#ifndef CONTAIN_CGROUP_DEVICES_H
#define CONTAIN_CGROUP_DEVICES_H

#include <contain/error.h>

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct contain_devices contain_devices;

/** What is done with a device; several are or-ed. */
#define CONTAIN_DEVICE_MKNOD 1 /* mknod(2) */
#define CONTAIN_DEVICE_READ 2  /* open(2) for reading */
#define CONTAIN_DEVICE_WRITE 4 /* open(2) for writing */

/**
 * contain_devices_new - makes rules that allow no device
 * @ret_devices: receives the rules; freed with contain_devices_free()
 *
 * A set may be used by several threads at once as long as nobody adds to it.
 *
 * Returns 0, -EINVAL (ret_devices is NULL) or -ENOMEM; *ret_devices is untouched then. Since: 0.1
 */
int contain_devices_new(contain_devices **ret_devices);

/**
 * contain_devices_new_default - makes the rules that a container needs
 * @ret_devices: receives the rules; freed with contain_devices_free()
 *
 * Reading, writing and making of null (1:3), zero (1:5), full (1:7), random (1:8), urandom (1:9),
 * tty (5:0) and ptmx (5:2), and of all pseudo-terminals (136:*); nothing else. OCI runtimes allow
 * mknod(2) of every device on top of that: contain_devices_allow(devices, 'a', -1, -1,
 * CONTAIN_DEVICE_MKNOD, NULL). /dev/console of a container is a pseudo-terminal; the system's
 * (5:1) is not allowed.
 *
 * Returns 0, -EINVAL (ret_devices is NULL) or -ENOMEM; *ret_devices is untouched then. Since: 0.1.
 * Source: the OCI runtime specification, "Default Devices".
 */
int contain_devices_new_default(contain_devices **ret_devices);

/**
 * contain_devices_copy - copies rules
 * @devices: the rules
 * @ret_devices: receives the copy; freed with contain_devices_free()
 *
 * Returns 0, -EINVAL (an argument is NULL) or -ENOMEM; *ret_devices is untouched then. Since: 0.1
 */
int contain_devices_copy(const contain_devices *devices, contain_devices **ret_devices);

/**
 * contain_devices_free - frees rules
 * @devices: may be NULL
 *
 * What they were attached to keeps them. Since: 0.1
 */
void contain_devices_free(contain_devices *devices);

/**
 * contain_devices_allow - adds a rule that allows
 * @devices: the rules
 * @type: 'c': character devices, 'b': block devices, 'a': both
 * @major: 0 to 4095, or -1: any
 * @minor: 0 to 1048575, or -1: any
 * @access: CONTAIN_DEVICE_*, at least one
 * @reterr: may be NULL
 *
 * Later rules win over earlier ones, for each kind of access alone: a use is allowed when for
 * everything that it asks for (opening for reading and writing asks for both) the last rule that
 * speaks of it and of the device allows it. Where no rule speaks, it is denied.
 *
 * Returns 0, or, with the rules as they were: -EINVAL: devices is NULL, or type, major, minor or
 * access is not one of those; -E2BIG: it would be the 1025th rule; -ENOMEM. Since: 0.1.
 * Source: the OCI runtime specification, "Allowed Device list".
 */
int contain_devices_allow(contain_devices *devices, int type, int64_t major, int64_t minor,
			  uint32_t access, contain_error **reterr);

/**
 * contain_devices_deny - adds a rule that denies
 * @devices: the rules
 * @type: as for contain_devices_allow()
 * @major: as there
 * @minor: as there
 * @access: as there
 * @reterr: may be NULL
 *
 * Returns what contain_devices_allow() does. Since: 0.1
 */
int contain_devices_deny(contain_devices *devices, int type, int64_t major, int64_t minor,
			 uint32_t access, contain_error **reterr);

/**
 * contain_devices_count - how many rules there are
 * @devices: the rules
 *
 * Returns 0 to 1024, or -EINVAL (NULL). Since: 0.1
 */
int contain_devices_count(const contain_devices *devices);

/**
 * contain_devices_rule - one of the rules
 * @devices: the rules
 * @index: from 0, in the order in which they were added
 * @ret_allow: receives 1: it allows, or 0: it denies
 * @ret_type: receives 'c', 'b' or 'a'
 * @ret_major: receives the number, or -1: any
 * @ret_minor: receives the number, or -1: any
 * @ret_access: receives CONTAIN_DEVICE_*
 *
 * Returns 0, or -EINVAL: an argument is NULL, or there is no such rule; nothing is stored then.
 * Since: 0.1
 */
int contain_devices_rule(const contain_devices *devices, int index, int *ret_allow, int *ret_type,
			 int64_t *ret_major, int64_t *ret_minor, uint32_t *ret_access);

/**
 * contain_devices_check - whether rules allow a use
 * @devices: the rules
 * @type: 'c' or 'b'
 * @major: of the device
 * @minor: of the device
 * @access: CONTAIN_DEVICE_*, or 0, which is always allowed: access(2) with F_OK asks for nothing
 *
 * Asks the rules, not the kernel: programs that others have attached to the group or above it, and
 * the permissions of the node, may deny what is allowed here.
 *
 * Returns 1: allowed, 0: denied, or -EINVAL: devices is NULL, or another type or access.
 * Since: 0.1
 */
int contain_devices_check(const contain_devices *devices, int type, uint32_t major, uint32_t minor,
			  uint32_t access);

/**
 * contain_devices_attach - makes rules hold for a group and the groups below it
 * @devices: the rules
 * @group_fd: the group's directory, on cgroup2
 * @reterr: may be NULL
 *
 * Acts now, on processes that are in the group too. Rules that were attached to the group before
 * by this library are replaced, in one moment: there is none without rules. Programs of others
 * (systemd's DevicePolicy=, another runtime) stay, and what any one of them denies, in the group or
 * above it, is denied.
 *
 * Returns 0, or, with the old rules holding on: -EINVAL: devices is NULL;
 * -EBADF: group_fd is not open; -EOPNOTSUPP: it is no directory of cgroup2, or the kernel is built
 * without such programs; -EPERM: no CAP_BPF and CAP_NET_ADMIN, or, to replace, CAP_SYS_ADMIN, in
 * the initial user namespace, or a program above does not let others be attached; -E2BIG: 64
 * programs are attached already; -ENODEV: the group was removed; -EBUSY: other callers replaced the
 * rules all the time meanwhile; -ENOMEM, -EMFILE, -ENFILE. Since: 0.1. Source: bpf(2).
 */
int contain_devices_attach(const contain_devices *devices, int group_fd, contain_error **reterr);

/**
 * contain_devices_detach - takes the rules away from a group
 * @group_fd: the group's directory, on cgroup2
 * @reterr: may be NULL
 *
 * Only what this library has attached to this very group.
 *
 * Returns 0, or -ENOENT: it has none; and the errors of contain_devices_attach(). Since: 0.1
 */
int contain_devices_detach(int group_fd, contain_error **reterr);

#ifdef __cplusplus
}
#endif

#endif
