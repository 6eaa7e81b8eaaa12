/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * contain/spec_root.h - what the root of a container has beside the image: devices, /proc, /sys,
 * files of /etc
 *
 * The default /dev (CONTAIN_DEFAULT_DEV) is a tmpfs of the container's own with null, zero, full,
 * random, urandom and tty; fd, stdin, stdout and stderr, which lead to /proc/self/fd; ptmx and pts
 * of a devpts of its own; shm, and mqueue with an ipc namespace of its own. There is no /dev/core:
 * /proc/kcore is masked. Nothing of it is taken from the image, and what the image has at /dev is
 * covered, never opened.
 *
 * Setters as in contain/spec.h: 0 or a negative errno, the spec unchanged, and the first failure
 * kept; the errors that every setter can return are told there.
 */
#ifndef CONTAIN_SPEC_ROOT_H
#define CONTAIN_SPEC_ROOT_H

#include <contain/cgroup_devices.h>
#include <contain/mount.h>
#include <contain/spec.h>

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * container_spec_add_device - gives the container a device of the host
 * @spec: the spec
 * @dirfd: where a relative path starts, or AT_FDCWD; path "" means this fd itself
 * @path: the device node on the host; symlinks in it are followed
 * @target: where it is inside, an absolute path without ".."; NULL: the node's path on the host
 * @flags: what rules of the container's group are to allow: CONTAIN_DEVICE_READ,
 *         CONTAIN_DEVICE_WRITE and CONTAIN_DEVICE_MKNOD of contain/cgroup_devices.h, 0: reading
 *         and writing; CONTAIN_MOUNT_OPTIONAL: nothing is added when there is no such node now
 *
 *	container_spec_add_device(spec, AT_FDCWD, "/dev/fuse", NULL, 0);
 *	container_spec_add_device(spec, AT_FDCWD, "/dev/disk/by-label/data", "/dev/data",
 *				  CONTAIN_DEVICE_READ);
 *
 * The node is looked at now, by stat(2): it is not opened. Its type and number are what is given,
 * and a start fails with -ESTALE by the step check-device when the path leads to another device
 * by then, with -ENOENT when it is gone.
 *
 * In the container's own /dev, where the caller is root and the container has no user namespace,
 * the start makes a node of the same type and number with mknod(2), with the owner and the mode
 * that the host's has. Everywhere else, a user namespace above all, which may make no device node,
 * the host's node is bound, verified by its type and number: owner and mode are the host's, as the
 * container's ids see them, and a chmod(2) inside reaches the host where the ids allow it. Missing
 * directories are made, with mode 0755. In /dev devices come before what the spec mounts, elsewhere
 * after it.
 *
 * Rules: those that the spec has (container_spec_set_devices()) allow the device by themselves, by
 * a rule behind all others. The start asks the kernel, by access(2), whether the device may be used
 * as flags say, and fails with -EPERM by the step make-device or bind-device where the rules of a
 * group do not allow it (of the group of container_spec_set_cgroup(), of one above it, of a service
 * of systemd), with -EACCES where the node's permissions do not, or where the file system that the
 * node is on is mounted nodev. So a device that was given is there and can be opened, or the start
 * tells why not. Permissions are not asked for where container_spec_set_user() is to be somebody
 * else. Rules that container_update_devices() sets later have to name the device.
 *
 * Returns also -ENODEV: path is no device node; -EINVAL: another flag, target holds ".." or is that
 * of another device, or is the root; -EBADF: dirfd is not open; -ENOENT, -ENOTDIR, -EACCES, -ELOOP:
 * path. Compile fails with -EEXIST when the default /dev has something of that name.
 *
 * Since: 0.1. Source: mknod(2), open_tree(2); the OCI runtime specification, "Devices".
 */
int container_spec_add_device(container_spec *spec, int dirfd, const char *path,
			      const char *target, uint32_t flags);

/**
 * container_spec_set_proc - what the container's /proc shows
 * @spec: the spec
 * @hidepid: CONTAIN_PROC_HIDEPID_* of contain/mount.h: processes of other users
 * @subset_pid: 1: processes only, none of the other files (/proc/sys, /proc/meminfo, /proc/mounts
 *              and all); 0: everything but what is masked
 *
 * Default: CONTAIN_PROC_HIDEPID_OFF, 0. Of the /proc of CONTAIN_DEFAULT_PROC; without that it is of
 * no effect. With subset_pid there is nothing to mask in /proc, and sysctls are set by a proc file
 * system that is mounted nowhere. Many programs want /proc/meminfo or /proc/cpuinfo.
 *
 * Returns also -EINVAL: another hidepid, or subset_pid is neither 0 nor 1. Since: 0.1.
 * Source: proc(5), mount options; Linux 5.8.
 */
int container_spec_set_proc(container_spec *spec, uint32_t hidepid, int subset_pid);

/** Which /sys: container_spec_set_sysfs(). */
#define CONTAIN_SYSFS_AUTO 0 /* its own, or else the caller's, bound; read-only either way */
#define CONTAIN_SYSFS_OWN 1  /* its own, or the spec is refused */
#define CONTAIN_SYSFS_NONE 2 /* none */

/**
 * container_spec_set_sysfs - which /sys the container has
 * @spec: the spec
 * @mode: CONTAIN_SYSFS_*
 *
 * A sysfs shows the devices of one network namespace, that of who mounts it, and the kernel lets
 * a container mount one only when it has the rights over that namespace: a new one, or one that is
 * joined with the user namespace that owns it. Root without a user namespace always may, and with
 * the host's network namespace sees the host's interfaces then. Where it may not, _AUTO binds
 * the caller's /sys with everything that is mounted below it, read-only: explain says "bind-sys" in
 * place of "mount-sysfs". _OWN refuses that at compile, with -EINVAL. With _NONE nothing is mounted
 * there, and no cgroup file system either: what the image has at /sys stays. Of the /sys of
 * CONTAIN_DEFAULT_SYS; without that it is of no effect. Default: _AUTO.
 *
 * Groups are shown below /sys/fs/cgroup when the container has a cgroup namespace, read-only but
 * for container_spec_set_cgroup_delegate().
 *
 * Returns also -EINVAL: another mode. Since: 0.1. Source: sysfs(5), network_namespaces(7).
 */
int container_spec_set_sysfs(container_spec *spec, int mode);

/*
 * Three files that depend on where a container runs, and not on its image. Given bytes are put at
 * this very name, whatever the image has there: a file, a device, a symlink that leads anywhere or
 * nowhere, as /etc/resolv.conf does in an image with systemd. Neither is it followed or opened.
 *
 * Where /etc ends with the start (a root in memory, a union whose upper layer is in memory, a view
 * of the host) a file takes its place, mode 0644, and the container may change it. Elsewhere, and
 * in an image of another user that the container may not change, a file of the start's own is
 * mounted over it, read-only: the image is not changed, but that a missing
 * /etc or file is made, as mount points are. In a read-only root they have to be there (-EROFS). A
 * directory of that name fails the start with -EISDIR. This comes after all mounts of the spec, so
 * that none covers it.
 */

/**
 * container_spec_set_hosts - the content of /etc/hosts
 * @spec: the spec
 * @content: any bytes, copied; NULL: what the image has (default)
 * @size_bytes: at most 1 MiB; 0 when content is NULL
 *
 * Returns also -E2BIG: more than 1 MiB; -EINVAL: bytes without content. Since: 0.1.
 * Source: hosts(5).
 */
int container_spec_set_hosts(container_spec *spec, const void *content, size_t size_bytes);

/**
 * container_spec_set_resolv_conf - the content of /etc/resolv.conf
 * @spec: the spec
 * @content: any bytes, copied; NULL: what the image has (default)
 * @size_bytes: at most 1 MiB; 0 when content is NULL
 *
 * Returns what container_spec_set_hosts() does. Since: 0.1. Source: resolv.conf(5).
 */
int container_spec_set_resolv_conf(container_spec *spec, const void *content, size_t size_bytes);

/**
 * container_spec_set_hostname_file - the content of /etc/hostname
 * @spec: the spec
 * @content: any bytes, copied; NULL: what the image has (default)
 * @size_bytes: at most 1 MiB; 0 when content is NULL
 *
 * The kernel's own host name is container_spec_set_hostname(); neither sets the other.
 *
 * Returns what container_spec_set_hosts() does. Since: 0.1. Source: hostname(5).
 */
int container_spec_set_hostname_file(container_spec *spec, const void *content, size_t size_bytes);

#ifdef __cplusplus
}
#endif

#endif
