/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * contain/cgroup_io.h - disks, as the limits of io name them
 *
 * The kernel knows a disk by its two numbers: contain_limits_set_io_max() and its like take them.
 * contain_block_device() finds them. What io.weight rules is set for each disk in the root group.
 *
 * Source: the kernel's Documentation/admin-guide/cgroup-v2.rst, "IO".
 */
#ifndef CONTAIN_CGROUP_IO_H
#define CONTAIN_CGROUP_IO_H

#include <contain/error.h>

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * contain_block_device - finds the disk on which a file lies, for the limits of io
 * @dirfd: the directory that a relative path starts from, or AT_FDCWD
 * @path: the node of a disk or partition, or any file or directory; symlinks are followed
 * @ret_major: receives the major number
 * @ret_minor: receives the minor number
 * @reterr: may be NULL
 *
 * A partition is answered with its whole disk, which is what io.max takes. A device of the device
 * mapper (LVM, LUKS) is a disk of its own. Of a btrfs on several disks it is the first. Needs sysfs
 * on /sys.
 *
 * Returns 0, or, with nothing stored:
 * -EINVAL: NULL or an empty path; -EBADF: dirfd; -ENOENT, -ENOTDIR, -EACCES, -ELOOP, -ENAMETOOLONG:
 * the path; -ENODEV: it lies on no disk (tmpfs, an overlay, a network file system: the hint says
 * what), or the disk is gone; -EMFILE, -ENFILE, -ENOMEM.
 *
 * Since: 0.1. Source: sysfs(5), proc_pid_mountinfo(5).
 */
int contain_block_device(int dirfd, const char *path, uint32_t *ret_major, uint32_t *ret_minor,
			 contain_error **reterr);

/**
 * contain_cgroup_set_io_cost_qos - io.cost.qos: when a disk is too slow, and io.weight acts
 * @root_fd: the directory of the root group
 * @major: of the disk
 * @minor: of the disk
 * @settings: NULL-terminated: "enable=0" or 1; "ctrl=auto" or user; "rpct=95.00" and "wpct="
 *            percent of requests; "rlat=5000" and "wlat=" their latency in microseconds;
 *            "min=50.00" and "max=150" percent of the speed
 * @reterr: may be NULL
 *
 * Returns 0, or, with nothing changed: -EINVAL: NULL, no setting, or one that is none; -ENOENT: it
 * is not the root group, or the kernel has no CONFIG_BLK_CGROUP_IOCOST; -ENODEV: no such disk;
 * -EOPNOTSUPP: the disk has no queue for it (device mapper), or root_fd is not of cgroup2;
 * -EACCES, -EPERM, -EROFS, -EBADF, -ENOTDIR, -EMFILE, -ENFILE, -ENOMEM.
 *
 * Since: 0.1. Source: cgroup-v2.rst, "io.cost.qos".
 */
int contain_cgroup_set_io_cost_qos(int root_fd, uint32_t major, uint32_t minor,
				   const char *const *settings, contain_error **reterr);

/**
 * contain_cgroup_set_io_cost_model - io.cost.model: what operations of a disk cost
 * @root_fd: the directory of the root group
 * @major: of the disk
 * @minor: of the disk
 * @settings: NULL-terminated: "ctrl=auto" or user; "model=linear"; "rbps=" and "wbps=" bytes a
 *            second; "rseqiops=", "rrandiops=", "wseqiops=", "wrandiops=" operations a second
 * @reterr: may be NULL
 *
 * Returns 0, or, with nothing changed: -EINVAL: NULL, no setting, or one that is none; -ENOENT: it
 * is not the root group, or the kernel has no CONFIG_BLK_CGROUP_IOCOST; -ENODEV: no such disk;
 * -EOPNOTSUPP: the disk has no queue for it (device mapper), or root_fd is not of cgroup2;
 * -EACCES, -EPERM, -EROFS, -EBADF, -ENOTDIR, -EMFILE, -ENFILE, -ENOMEM.
 *
 * Since: 0.1. Source: cgroup-v2.rst, "io.cost.model".
 */
int contain_cgroup_set_io_cost_model(int root_fd, uint32_t major, uint32_t minor,
				     const char *const *settings, contain_error **reterr);

#ifdef __cplusplus
}
#endif

#endif
