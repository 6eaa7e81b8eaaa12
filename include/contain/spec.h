/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * contain/spec.h - what a container is going to be: pure data
 *
 * A spec starts nothing. Its setters look at the host for three things only: fds are duplicated, a
 * host path that is not absolute is pinned, and a device node that is given is looked at.
 * container_spawn() starts a container from a spec; container_plan_compile() makes a plan of it
 * that can be started many times.
 *
 * Every setter returns 0 or a negative errno, and changes nothing when it fails. The first
 * setter that fails is kept in the spec with its field, and container_plan_compile() and
 * container_spawn() return it: a program may leave setters unchecked. The errors that every
 * setter can return are:
 * -EINVAL: spec is NULL, a required argument is NULL or empty, or a value that cannot be;
 * -ENAMETOOLONG: a name or path is too long;
 * -EBUSY: the spec was compiled before, or spawned, and can no longer change;
 * -ENOMEM: out of memory.
 * What a setter returns besides, its own comment says.
 *
 * Strings and arrays are copied and fds duplicated; the caller keeps its own.
 *
 * A fresh spec means: new mnt, pid, ipc, uts, net and cgroup namespaces, and a user namespace
 * where the caller is unprivileged; /proc, /sys, /dev and /tmp of the container's own; masked and
 * read-only kernel paths; no_new_privs and a small set of capabilities; stdio on the null device,
 * all other fds closed; a new session; default signals; an environment that holds only PATH.
 * Root and argv have no default.
 *
 * A spec may be used by one thread at a time.
 */
#ifndef CONTAIN_SPEC_H
#define CONTAIN_SPEC_H

#include <contain/id_map.h>
#include <contain/namespace.h>

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct container_spec container_spec;

/**
 * container_spec_new - makes a spec with the defaults above
 * @ret_spec: receives the spec; freed with container_spec_free()
 *
 * Returns 0, -EINVAL (ret_spec is NULL) or -ENOMEM; *ret_spec is untouched then. Since: 0.1
 */
int container_spec_new(container_spec **ret_spec);

/**
 * container_spec_free - frees a spec
 * @spec: may be NULL
 *
 * Plans and containers made of it live on. Since: 0.1
 */
void container_spec_free(container_spec *spec);

/**
 * container_spec_set_name - names the container
 * @spec: the spec
 * @name: 1 to 64 bytes of letters, digits, '-', '_' and '.', not starting with '.' or '-'
 *
 * The name becomes the host name, the first part of the cgroup's name, and stands in messages.
 * Several containers may have the same name. Default: "container".
 *
 * Returns 0, -EINVAL (another character) or -ENAMETOOLONG (over 64 bytes). Since: 0.1
 */
int container_spec_set_name(container_spec *spec, const char *name);

/* ---- root file system: exactly one is required --------------------------------------------- */

/*
 * With the default /dev (CONTAIN_DEFAULT_DEV) the root is mounted nodev: a device node of an image,
 * of a disk perhaps, cannot be opened.
 */

#define CONTAIN_ROOT_READONLY 0x1u /* MOUNT_ATTR_RDONLY: for a directory with all mounts below it */

/**
 * container_spec_set_root_dir - a directory of the host is the root
 * @spec: the spec
 * @dirfd: where a relative path starts, or AT_FDCWD; path "" means this directory itself
 * @path: a directory on the host; symlinks in it are followed, it is the caller's own
 * @flags: 0 or CONTAIN_ROOT_READONLY
 *
 * Writes go to the directory, unless it is read-only. Mount points that are missing in it (/proc,
 * /sys, /dev, /tmp, targets) are made, unless it is read-only: then they have to exist.
 *
 * Here and in every setter that takes a host path: an absolute path is looked up once at every
 * start. Any other is pinned now, and a start fails with -ESTALE when something else has taken its
 * place, with -ENOENT when it was moved.
 *
 * Returns also -EBADF: dirfd is not open; for a path that is not absolute -ENOENT, -ENOTDIR,
 * -EACCES, -ELOOP. Since: 0.1
 */
int container_spec_set_root_dir(container_spec *spec, int dirfd, const char *path, uint32_t flags);

/**
 * container_spec_set_root_overlay - a union of directories is the root
 * @spec: the spec
 * @dirfd: where relative paths start, or AT_FDCWD
 * @lowerdirs: NULL-terminated array of 1 to 500 directories, the topmost first
 * @size_bytes: room for what the container writes, 0: half of the memory
 * @flags: 0, or CONTAIN_ROOT_READONLY: the union is read-only (two layers at least)
 *
 * The lower directories are never written. Writes go to an upper layer in memory (tmpfs) that is
 * the start's own and ends with it; what is kept there counts as the container's memory.
 *
 * Returns also -E2BIG: more than 500 layers; and the path errors of
 * container_spec_set_root_dir(). Since: 0.1.
 * Source: the kernel's Documentation/filesystems/overlayfs.rst.
 */
int container_spec_set_root_overlay(container_spec *spec, int dirfd, const char *const *lowerdirs,
				    uint64_t size_bytes, uint32_t flags);

/**
 * container_spec_set_root_upperdir - the upper layer is a directory of the host, and stays
 * @spec: the spec, after container_spec_set_root_overlay() with size_bytes 0 and without flags
 * @dirfd: where relative paths start, or AT_FDCWD
 * @upperdir: a directory that the container writes to
 * @workdir: an empty directory on the same mount, for the kernel's own use
 *
 * What the container wrote is there for the next start with the same layers. Both directories have
 * to be the caller's to write, outside of each other and of all lower directories, on a file
 * system that can carry an upper layer (ext4, XFS, btrfs, tmpfs; not NFS, and not an overlay). In
 * a user namespace its marks are user.* attributes, else trusted.*: an upper layer of the one is
 * no upper layer of the other.
 *
 * Nothing of it is removed by the library. The kernel leaves a directory "work" in workdir, with
 * mode 0. One upperdir is for one container at a time: a start fails with -EBUSY while an overlay
 * with this upperdir or workdir is mounted anywhere, also one of another program or of a
 * container whose handle is long freed. To find that out makes the kernel log one line
 * "workdir and upperdir must reside under the same mount".
 *
 * A start fails, before anything is made, with -EINVAL when upperdir and workdir are one or lie in
 * each other, or a layer is one of them or lies in one (they may lie in a layer), with -EXDEV when
 * both are not on one mount, with -EACCES or -EROFS when the caller may not write one. Returns also
 * the path errors of container_spec_set_root_dir(). Since: 0.1.
 * Source: the kernel's Documentation/filesystems/overlayfs.rst.
 */
int container_spec_set_root_upperdir(container_spec *spec, int dirfd, const char *upperdir,
				     const char *workdir);

/**
 * container_spec_set_root_tmpfs - an empty directory in memory is the root
 * @spec: the spec
 * @size_bytes: its size, 0: half of the memory; what is in it counts as the container's memory
 *
 * The root is the start's own and ends with it. It is filled by binds and by
 * container_spec_add_dir(), container_spec_add_file() and container_spec_add_symlink(). Mode 0755,
 * nodev.
 *
 * Since: 0.1. Source: tmpfs(5).
 */
int container_spec_set_root_tmpfs(container_spec *spec, uint64_t size_bytes);

/**
 * container_spec_set_root_host - a copy-on-write view of the caller's own root
 * @spec: the spec
 * @size_bytes: room for what the container writes, 0: half of the memory
 * @flags: 0, or CONTAIN_ROOT_READONLY: nothing can be written
 *
 * The container sees the files of the host under their own names, with all that is mounted below
 * "/" when the plan is compiled; what is mounted later is not seen. What it writes, removes and
 * renames ends with it. Each mounted file system is a union with an upper layer in memory. Shown
 * read-only are files that are mounted on files, and file systems that cannot be a lower layer
 * (vfat, for example). What cannot be opened is not shown.
 *
 * Left out are file systems of the kernel: /proc, /sys and /dev, for which there are the default
 * mounts, and others wherever they are mounted; automount points are not followed. Sockets and
 * fifos of the host are seen but lead nowhere; device nodes cannot be opened. Permissions are those
 * of the host: mask what the payload may not read (container_spec_add_masked_path()).
 *
 * In a user namespace mounts are locked together, and a directory with mounts below it, "/" at
 * least, is made of what is in it when the plan is compiled: its directories as above, its regular
 * files read-only, its symlinks. Such a directory is owned by user 0 inside. Only ids that are
 * mapped can write, as ever; and below a directory whose owner is not mapped, unless that is one of
 * "/" itself, a change may be refused: a copy could not have that owner (EOVERFLOW; seen on 6.18,
 * not on 6.1 and 6.12).
 *
 * The kernel leaves undefined what a container sees of a file that the host changes meanwhile.
 *
 * Compile fails with -E2BIG when more than 4096 directories, files and symlinks would be needed,
 * with -EOPNOTSUPP without overlay in the kernel. Since: 0.1.
 * Source: the kernel's Documentation/filesystems/overlayfs.rst, mount_namespaces(7).
 */
int container_spec_set_root_host(container_spec *spec, uint64_t size_bytes, uint32_t flags);

/* ---- mounts -------------------------------------------------------------------------------- */

/**
 * Attributes of mounts; the values of MOUNT_ATTR_* in mount_setattr(2). Of NOATIME and STRICTATIME
 * one at most; without either, access times are updated as relatime says.
 */
#define CONTAIN_MOUNT_READONLY 0x1u
#define CONTAIN_MOUNT_NOSUID 0x2u
#define CONTAIN_MOUNT_NODEV 0x4u
#define CONTAIN_MOUNT_NOEXEC 0x8u
#define CONTAIN_MOUNT_NOATIME 0x10u
#define CONTAIN_MOUNT_STRICTATIME 0x20u
#define CONTAIN_MOUNT_NODIRATIME 0x80u
#define CONTAIN_MOUNT_NOSYMFOLLOW 0x200000u
/** Skip the mount when its source does not exist at the start. */
#define CONTAIN_MOUNT_OPTIONAL 0x80000000u

/** Default mounts: container_spec_set_default_mounts(). */
#define CONTAIN_DEFAULT_PROC 0x1u
#define CONTAIN_DEFAULT_SYS 0x2u
#define CONTAIN_DEFAULT_DEV 0x4u
#define CONTAIN_DEFAULT_TMP 0x8u
#define CONTAIN_DEFAULT_ALL 0xfu

/**
 * container_spec_set_default_mounts - which of /proc, /sys, /dev and /tmp are made
 * @spec: the spec
 * @mounts: CONTAIN_DEFAULT_*, joined by |; 0: none
 *
 * Default: all. They are mounted before those that the spec adds. Since: 0.1
 */
int container_spec_set_default_mounts(container_spec *spec, uint32_t mounts);

/**
 * container_spec_add_bind - shows a file or directory of the host inside
 * @spec: the spec
 * @dirfd: where a relative source starts, or AT_FDCWD; source "" means this fd itself
 * @source: the path on the host; symlinks in it are followed
 * @target: an absolute path inside; resolved so that no symlink leads outside of the root
 * @flags: CONTAIN_MOUNT_*
 *
 * The mount is recursive and private, and the attributes hold for all mounts in it. A missing
 * target is made, as a directory or an empty file like the source. Mounts are made in the order
 * in which they were added, after the defaults.
 *
 * Returns also the path errors of container_spec_set_root_dir(). Since: 0.1.
 * Source: open_tree(2), move_mount(2).
 */
int container_spec_add_bind(container_spec *spec, int dirfd, const char *source, const char *target,
			    uint32_t flags);

/**
 * container_spec_add_tmpfs - a file system in memory
 * @spec: the spec
 * @target: an absolute path inside
 * @size_bytes: its size, 0: half of the memory; what is in it counts as the container's memory
 * @mode: permissions of its root directory, at most 07777
 *
 * nosuid and nodev. Since: 0.1. Source: tmpfs(5).
 */
int container_spec_add_tmpfs(container_spec *spec, const char *target, uint64_t size_bytes,
			     uint32_t mode);

/*
 * Directories, files and symlinks are made where they are asked for when that place ends with the
 * start: in a root in memory, in a union whose upper layer is in memory, in a copy-on-write view of
 * the host, in a tmpfs of this spec. Elsewhere (a directory as root, an upper layer that the caller
 * gave, a bind) what is there stays as it is; what is missing is made there, as mount points are.
 * Parents that are missing are made with mode 0755. The owner is user and group 0 inside. Symlinks
 * on the way are followed as the container would follow them, and never lead outside of the root.
 */

/**
 * container_spec_add_dir - makes sure that there is a directory
 * @spec: the spec
 * @target: an absolute path inside that ends with a name
 * @mode: its permissions when it is made, at most 07777; the umask has no say
 *
 * A directory that is there stays as it is, whatever its mode. A start fails with -ENOTDIR when
 * something else is there, with -EROFS when it is missing in a read-only root. Since: 0.1.
 * Source: mkdir(2).
 */
int container_spec_add_dir(container_spec *spec, const char *target, uint32_t mode);

/**
 * container_spec_add_file - makes a file with a given content
 * @spec: the spec
 * @target: an absolute path inside that ends with a name
 * @content: any bytes, copied; may be NULL when size_bytes is 0
 * @size_bytes: at most 16 MiB; the files of a spec together at most 256 MiB
 * @mode: its permissions, at most 07777; the umask has no say
 *
 * Where the place ends with the start, the file takes the place of whatever has its name, a
 * symlink, fifo or device too; that is never opened or followed. Elsewhere the file lies in a
 * private tmpfs and is mounted over its place, as a bind is: a file of an image is covered, never
 * written, and a missing one is made as an empty file first. There a symlink is followed, inside
 * the root; one that leads nowhere is covered itself. In a read-only root the file is read-only,
 * and something has to be there.
 *
 * A start fails with -EISDIR when a directory is there, with -ENOSPC when the content does not
 * fit. Returns also -E2BIG: the content is too large. Since: 0.1.
 * Source: open(2), open_tree(2).
 */
int container_spec_add_file(container_spec *spec, const char *target, const void *content,
			    size_t size_bytes, uint32_t mode);

/**
 * container_spec_add_symlink - makes a symlink
 * @spec: the spec
 * @link_target: its text, of any form; it is not looked up
 * @path: an absolute path inside that ends with a name: where the symlink is
 *
 * The order is that of ln -s and symlink(2). A start fails with -EEXIST when something is there
 * that is not this very symlink, with -EROFS when it is missing in a read-only root. Since: 0.1.
 * Source: symlink(2).
 */
int container_spec_add_symlink(container_spec *spec, const char *link_target, const char *path);

/**
 * container_spec_add_masked_path - hides a path
 * @spec: the spec
 * @path: an absolute path inside
 *
 * A file reads as empty (the null device is bound over it), a directory as an empty read-only
 * directory. A path that does not exist is skipped. Since: 0.1
 */
int container_spec_add_masked_path(container_spec *spec, const char *path);

/**
 * container_spec_add_readonly_path - makes a path with all below it read-only
 * @spec: the spec
 * @path: an absolute path inside; for the root itself there is CONTAIN_ROOT_READONLY
 *
 * A path that does not exist is skipped. Since: 0.1
 */
int container_spec_add_readonly_path(container_spec *spec, const char *path);

/**
 * container_spec_clear_paths - drops all masked and read-only paths, the default ones too
 * @spec: the spec
 *
 * The defaults hide what procfs and sysfs tell about the machine and keep the kernel's switches
 * from being written. Without them rely on capabilities alone. Since: 0.1
 */
int container_spec_clear_paths(container_spec *spec);

/* ---- namespaces ---------------------------------------------------------------------------- */

/**
 * container_spec_set_namespaces - which namespaces are new; the others are shared with the caller
 * @spec: the spec
 * @types: CONTAIN_NS_* of contain/namespace.h, joined by |; CONTAIN_NS_MNT is always needed
 *
 * Default: mnt, pid, ipc, uts, net, cgroup, and user where the caller is unprivileged or id ranges
 * were added; never time. With this call exactly the given ones. A type that is joined is not new,
 * given here or not; a joined mount namespace does in place of a new one when it was set before.
 * Since: 0.1. Source: namespaces(7).
 */
int container_spec_set_namespaces(container_spec *spec, uint64_t types);

/**
 * container_spec_join_namespace - puts the container into a namespace that exists
 * @spec: the spec
 * @type: the CONTAIN_NS_* that it is, or 0: whichever
 * @ns_fd: the namespace: /proc/PID/ns/TYPE, a pinned one, or contain_ns_open()
 *
 * The fd is duplicated: the namespace lives as long as the spec and its plans. One of each type;
 * another call with the same type takes its place. contain-init joins them before it makes the
 * container's first process, and cannot be traced meanwhile. The order is found from their owners:
 * those that the joined user namespace owns come after it, with the rights that it gives; all
 * others before it, with the caller's. container_plan_explain() tells it.
 *
 * What it means for the rest of the spec:
 * user: its maps are what they are; set-up and payload run as its id 0, or as the ids of
 * container_spec_set_user() where 0 is not mapped; the caller's supplementary groups are dropped
 * before where the caller may do so;
 * mnt: the root is that of the namespace; neither a root nor mounts may be set, and what the spec
 * says about default mounts and paths is of no effect;
 * pid: the payload is a child in it, not process 1; container_kill() reaches what it left there
 * only through the container's group;
 * cgroup: joined after the container has entered its group, which may lie anywhere; but beside a
 * new user namespace before that, which the kernel then refuses where the cgroup2 file system is
 * mounted with nsdelegate, as it mostly is (-ENOENT by the step "clone");
 * uts, net, time: they keep their name, interfaces and offsets.
 *
 * Refused at compile: id ranges with a joined user namespace, a host name with a joined uts
 * namespace, a root or mounts with a joined mount namespace (-EINVAL); without CAP_SYS_ADMIN a
 * namespace that the joined user namespace does not own (-EPERM). Refused at the start, by the step
 * "join": namespaces that the caller has no right to (-EPERM), a user namespace that the caller is
 * in, or a pid namespace that is not below the caller's (-EINVAL).
 *
 * Returns 0, -EBADF (not open), -EINVAL (no namespace, of another type, an unknown type), -EMFILE.
 * Since: 0.1. Source: setns(2), ioctl_ns(2).
 */
int container_spec_join_namespace(container_spec *spec, uint64_t type, int ns_fd);

/**
 * container_spec_set_time_offset - shifts a clock inside the container
 * @spec: the spec
 * @clock: CONTAIN_CLOCK_*
 * @seconds: added to what the caller's clock shows; may be negative
 * @nanoseconds: added too, 0 to 999999999
 *
 * Needs CONTAIN_NS_TIME among the namespaces. A sum below 0 or too large is refused by the kernel
 * at the start (-ERANGE). The real-time clock cannot be shifted. Since: 0.1.
 * Source: time_namespaces(7).
 */
int container_spec_set_time_offset(container_spec *spec, int clock, int64_t seconds,
				   uint32_t nanoseconds);

/**
 * container_spec_set_hostname - the host name inside
 * @spec: the spec
 * @hostname: 1 to 64 bytes
 *
 * Default: the container's name. Needs a new uts namespace. Since: 0.1. Source: sethostname(2).
 */
int container_spec_set_hostname(container_spec *spec, const char *hostname);

/**
 * container_spec_set_domainname - the NIS domain name inside
 * @spec: the spec
 * @domainname: 1 to 64 bytes
 *
 * Default: the caller's. It has nothing to do with DNS. Needs a new uts namespace. Since: 0.1.
 * Source: setdomainname(2).
 */
int container_spec_set_domainname(container_spec *spec, const char *domainname);

/**
 * container_spec_add_sysctl - sets a kernel parameter of the container's ipc or network namespace
 * @spec: the spec
 * @name: as contain_ns_set_sysctl() takes it: "net.ipv4.ip_forward"
 * @value: as contain_ns_set_sysctl() takes it; a second call for a name replaces the first
 *
 * Only what these namespaces have for themselves. Compile refuses it with -EINVAL, "sysctl", when
 * the container has no such namespace, new or joined: the host's would change. It is set through
 * the container's own /proc before a part of that becomes read-only, and read back; what the kernel
 * makes something else of fails the start (-EIO). Sysctls of ipc need root of the host before Linux
 * 6.10 (-EACCES in a user namespace). In a joined namespace they stay as they are set.
 *
 * Returns also -EINVAL: no sysctl of such a namespace, or a value that none can have. Since: 0.1.
 * Source: sysctl(8), ipc_namespaces(7), network_namespaces(7).
 */
int container_spec_add_sysctl(container_spec *spec, const char *name, const char *value);

/**
 * container_spec_add_uid_range - maps user ids between inside and outside
 * @spec: the spec
 * @inside: the first id in the container
 * @outside: the first id in the caller's user namespace
 * @count: how many ids, at least 1
 *
 * Up to 340 ranges that neither overlap nor wrap. The caller's own id has to be in one of them:
 * the payload runs as it, with the id that it has inside. Without any range the caller's own id
 * becomes 0. One's own id alone is mapped by everybody; more need privilege or newuidmap(1) and
 * /etc/subuid.
 *
 * -EINVAL names the index of the bad range. Since: 0.1. Source: user_namespaces(7).
 */
int container_spec_add_uid_range(container_spec *spec, uint32_t inside, uint32_t outside,
				 uint32_t count);

/**
 * container_spec_add_gid_range - the same for group ids, newgidmap(1) and /etc/subgid
 * @spec: the spec
 * @inside: the first id in the container
 * @outside: the first id in the caller's user namespace
 * @count: how many ids, at least 1
 *
 * Since: 0.1. Source: user_namespaces(7).
 */
int container_spec_add_gid_range(container_spec *spec, uint32_t inside, uint32_t outside,
				 uint32_t count);

/**
 * container_spec_set_id_maps - maps user and group ids as whole maps say
 * @spec: the spec
 * @uid_map: a map with at least one range, copied; NULL: user ids stay as they are in the spec
 * @gid_map: the same for group ids
 *
 * The ranges of the spec, if any were added before, are replaced; container_spec_add_uid_range()
 * adds to them. contain_id_map_root() and contain_id_map_keep() make maps of what the caller may
 * map.
 *
 * Returns also -EINVAL: a map has no range. Since: 0.1. Source: user_namespaces(7).
 */
int container_spec_set_id_maps(container_spec *spec, const contain_id_map *uid_map,
			       const contain_id_map *gid_map);

/* ---- resources ----------------------------------------------------------------------------- */

/**
 * container_spec_set_cgroup_parent - below which cgroup v2 group the container's own is made
 * @spec: the spec
 * @dirfd: a group's directory (path ""), or where a relative path starts, or AT_FDCWD
 * @path: a directory on a cgroup2 file system, for example of a delegated systemd scope
 *
 * Default: the group "contain" below the root group for root; for others the nearest group above
 * their own that they may write and that holds no process.
 *
 * Returns also -EBADF: dirfd is not open. Since: 0.1.
 * Source: the kernel's Documentation/admin-guide/cgroup-v2.rst, "Delegation".
 */
int container_spec_set_cgroup_parent(container_spec *spec, int dirfd, const char *path);

/**
 * container_spec_set_memory_max - the most memory that the container may use
 * @spec: the spec
 * @bytes: at least 1; rounded down to pages by the kernel
 *
 * Over it, the kernel reclaims, and kills in the container when that does not help. memory.max,
 * or memory.limit_in_bytes where the controller is bound to cgroup v1. Swap is not bounded by it:
 * memory.swap.max stays as the kernel has it (contain_limits_set_memory_swap_max() and
 * container_spec_set_limits() bound it). A spec with a limit that cannot be set does not start.
 * Since: 0.1
 */
int container_spec_set_memory_max(container_spec *spec, uint64_t bytes);

/**
 * container_spec_set_pids_max - the most processes and threads in the container
 * @spec: the spec
 * @pids: at least 1
 *
 * Over it, fork(2) and clone(2) in the container fail with EAGAIN. pids.max. Since: 0.1
 */
int container_spec_set_pids_max(container_spec *spec, uint64_t pids);

/**
 * container_spec_set_cpu_max - how much cpu time the container may use
 * @spec: the spec
 * @quota_usec: microseconds of cpu time per period, at least 1000; 200000 of 100000 is two cpus
 * @period_usec: 1000 to 1000000
 *
 * cpu.max, or cpu.cfs_quota_us and cpu.cfs_period_us on cgroup v1. Since: 0.1
 */
int container_spec_set_cpu_max(container_spec *spec, uint64_t quota_usec, uint64_t period_usec);

/* ---- the process --------------------------------------------------------------------------- */

/**
 * container_spec_set_argv - the program and its arguments
 * @spec: the spec
 * @argv: NULL-terminated; argv[0] is a path inside, or a name that is searched in the PATH of the
 *        container's environment
 *
 * Since: 0.1. Source: execve(2).
 */
int container_spec_set_argv(container_spec *spec, const char *const *argv);

/**
 * container_spec_set_env - the environment, all of it
 * @spec: the spec
 * @env: NULL-terminated NAME=VALUE strings; may hold none
 *
 * Default: PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin alone. Nothing of the
 * caller's environment is handed on. Since: 0.1
 */
int container_spec_set_env(container_spec *spec, const char *const *env);

/**
 * container_spec_set_cwd - the working directory
 * @spec: the spec
 * @path: absolute, inside; default "/"
 *
 * Since: 0.1
 */
int container_spec_set_cwd(container_spec *spec, const char *path);

/** Sources for container_spec_set_stdio(); fds are 0 and above. */
#define CONTAIN_STDIO_NULL (-1)    /* the null device */
#define CONTAIN_STDIO_INHERIT (-2) /* the caller's own fd of the same number, when it starts */
#define CONTAIN_STDIO_PIPE (-3)    /* a new pipe at each start: container_stdio_fd() */

/**
 * container_spec_set_stdio - what stdin, stdout or stderr of the payload is
 * @spec: the spec
 * @child_fd: 0, 1 or 2
 * @source: CONTAIN_STDIO_NULL, CONTAIN_STDIO_INHERIT, CONTAIN_STDIO_PIPE, CONTAIN_STDIO_PTY of
 *          contain/terminal.h, or an open fd, which is duplicated
 *
 * Default: null. Of a pipe, the payload reads (0) or writes (1, 2) one end, and the handle has the
 * other. Writing into a pipe that nobody reads any more raises SIGPIPE, which is the caller's
 * business: the library changes no disposition. With container_spec_set_user() pipes become that
 * user's, so that it can open /dev/stdout; fds that the caller gives stay as they are.
 *
 * A terminal that is inherited stays the caller's: the payload is in another session and cannot
 * take it over, but a payload with CAP_SYS_ADMIN on the host can push input into it (TIOCSTI). An
 * fd that the caller has closed when it starts stays closed.
 *
 * Returns also -EBADF: source is not open. Since: 0.1
 */
int container_spec_set_stdio(container_spec *spec, int child_fd, int source);

/**
 * container_spec_add_fd - hands an open fd to the payload
 * @spec: the spec
 * @fd: the caller's fd, duplicated now
 * @child_fd: its number in the payload, 0 to 65535; a second call for a number replaces the first
 *
 * Returns also -EBADF: fd is not open. Since: 0.1
 */
int container_spec_add_fd(container_spec *spec, int fd, int child_fd);

/**
 * container_spec_set_no_new_privs - whether execve(2) can give privileges
 * @spec: the spec
 * @on: 1 (default): set-user-id programs and file capabilities have no effect; 0: they have
 *
 * Since: 0.1. Source: PR_SET_NO_NEW_PRIVS in prctl(2).
 */
int container_spec_set_no_new_privs(container_spec *spec, int on);

/**
 * container_spec_set_capabilities - the capabilities that the payload keeps
 * @spec: the spec
 * @capabilities: bit N is capability number N of linux/capability.h
 *
 * The bounding, permitted and effective sets; the inheritable and ambient sets are emptied. A
 * payload that is not user 0 inside loses them at execve(2). Default: chown, dac_override, fowner,
 * fsetid, kill, setgid, setuid, setpcap, net_bind_service, sys_chroot, setfcap.
 *
 * A capability that the kernel does not know is refused by compile. Since: 0.1.
 * Source: capabilities(7).
 */
int container_spec_set_capabilities(container_spec *spec, uint64_t capabilities);

/**
 * container_spec_set_user - the user and group that the payload runs as
 * @spec: the spec
 * @uid: its user id inside: real, effective, saved and file system
 * @gid: its group id inside: the same four
 *
 * Default: the caller's own ids, as they are mapped inside. The change is made after mounts, root
 * and fds, so set-up has the rights that it needs. A user other than 0 starts with no capabilities
 * (execve(2) would take them), whatever SECBIT_* flags the caller has set;
 * container_spec_set_capabilities() then bounds what a set-user-id program can give back where
 * no_new_privs is off. Working directory and program are looked up with the new user's rights.
 *
 * In a user namespace of the container's own, both ids have to be in its ranges: compile refuses
 * others with -EINVAL, "user.uid" or "user.gid". A container that has one user id and one group id,
 * as that of an ordinary user by default, can have no other one: there the payload gets a user
 * namespace of its own inside, once set-up is over, in which that one id has the number that is
 * asked for. What it makes belongs to the one id all the same, and what capabilities it keeps hold
 * in its own namespace alone: mounts, host name and network of the container are out of its reach.
 * It counts in user.max_user_namespaces. A container that joins namespaces has none of it.
 *
 * Another id of the host is taken on in memory of the child's own only, and explain says so.
 * container_signal() needs CAP_KILL where the payload runs as another user of the host.
 *
 * Returns also -EINVAL: uid or gid is 4294967295, which is no id. Since: 0.1.
 * Source: setresuid(2), setresgid(2), credentials(7), capabilities(7).
 */
int container_spec_set_user(container_spec *spec, uint32_t uid, uint32_t gid);

/**
 * container_spec_set_groups - the payload's supplementary groups, all of them
 * @spec: the spec
 * @gids: group ids inside; may be NULL when n is 0
 * @n: how many, 0 to 65536
 *
 * Default: none. Where setgroups(2) is denied the caller's groups stay: in a user namespace that
 * maps the caller's own id only (the default of a caller without privilege), since dropping a
 * group could open what is denied to it (CVE-2014-8989), below such a one, and for a caller without
 * CAP_SETGID. There this call is refused by compile: -EPERM, "groups". Ids that the container does
 * not map are refused with -EINVAL, "groups".
 *
 * Returns also -EINVAL: n is above 65536, or an id is 4294967295. Since: 0.1.
 * Source: setgroups(2), user_namespaces(7).
 */
int container_spec_set_groups(container_spec *spec, const uint32_t *gids, size_t n);

/**
 * container_spec_set_rlimit - a resource limit of the payload
 * @spec: the spec
 * @resource: RLIMIT_* of sys/resource.h, 0 to 15; a second call for one replaces the first
 * @soft: the limit that holds, in the resource's own unit; UINT64_MAX: no limit
 * @hard: up to where the payload may raise it; at least soft
 *
 * Default: the caller's limits, which never change. Set last, right before the program runs, as a
 * small limit would stop the set-up: from there on, RLIMIT_STACK bounds arguments and environment
 * (E2BIG), RLIMIT_AS and RLIMIT_DATA may end the program by a signal while it is loaded, and
 * RLIMIT_NPROC counts all processes of the user on the host. RLIMIT_NOFILE does not close fds
 * above it.
 *
 * A hard limit above the caller's needs CAP_SYS_RESOURCE on the host; without it, and always in a
 * user namespace of the container's own, the start fails with -EPERM in the step raise-limit.
 *
 * Returns also -EINVAL: an unknown resource, or soft above hard. Since: 0.1.
 * Source: getrlimit(2), prlimit(2).
 */
int container_spec_set_rlimit(container_spec *spec, int resource, uint64_t soft, uint64_t hard);

/**
 * container_spec_set_umask - the payload's file mode creation mask
 * @spec: the spec
 * @mask: 0 to 0777; default 022
 *
 * The caller's own does not matter. Returns also -EINVAL: bits beyond 0777. Since: 0.1.
 * Source: umask(2).
 */
int container_spec_set_umask(container_spec *spec, uint32_t mask);

/**
 * container_spec_set_oom_score_adj - how likely the OOM killer takes the payload
 * @spec: the spec
 * @score: -1000 (never) to 1000 (first)
 *
 * Default: the caller's, which never changes. A value below the caller's needs CAP_SYS_RESOURCE on
 * the host; without it, and always in a user namespace of the container's own, the start fails with
 * -EACCES in the step set-oom-score.
 *
 * Returns also -EINVAL: score is out of range. Since: 0.1.
 * Source: /proc/PID/oom_score_adj in proc(5).
 */
int container_spec_set_oom_score_adj(container_spec *spec, int score);

/**
 * container_spec_set_new_session - whether the payload leads a session of its own
 * @spec: the spec
 * @on: 1 (default) or 0
 *
 * With 0 the payload stays in the caller's session and can push input into its terminal.
 * Since: 0.1. Source: setsid(2).
 */
int container_spec_set_new_session(container_spec *spec, int on);

/**
 * container_spec_set_init - whether an init process stays in the container
 * @spec: the spec
 * @on: 1 or 0 (default)
 *
 * With 1 a small static program, contain-init, is process 1 inside, and the payload its child. It
 * reaps orphans, forwards every signal that it gets to the payload, and ends with it, and so does
 * the pid namespace; container_signal() therefore reaches a payload that has no handler too. It is
 * not dumpable, holds no fd and no capability but CAP_KILL. The exit record is the payload's.
 * Without a pid namespace of its own the container's orphans go to it as well
 * (PR_SET_CHILD_SUBREAPER), but those that outlive the payload live on.
 *
 * With 0 the payload is process 1: signals for which it has no handler do not reach it, and it has
 * to reap orphans itself. Since: 0.1. Source: pid_namespaces(7).
 */
int container_spec_set_init(container_spec *spec, int on);

/**
 * container_spec_set_monitor - whether a process outside keeps the exit status
 * @spec: the spec
 * @on: 1 or 0 (default)
 *
 * With 1 contain-init stays outside of the container and its group, as the payload's parent, and
 * keeps how the payload ended. The status is then found by container_wait() on every kernel, also
 * in a process that ignores SIGCHLD or waits for every child. Without it such a process needs Linux
 * 6.15. The monitor ends with the payload. Since: 0.1. Source: waitid(2).
 */
int container_spec_set_monitor(container_spec *spec, int on);

/**
 * container_spec_set_setup_timeout - the longest time that a start may take
 * @spec: the spec
 * @timeout_msec: at least 1; 0 (default): no limit
 *
 * From container_spawn() until the payload runs. When it is over, the child is killed, everything
 * is taken back, and the start fails with -ETIMEDOUT. Costs a thread for the time of the start.
 * Since: 0.1
 */
int container_spec_set_setup_timeout(container_spec *spec, int64_t timeout_msec);

#ifdef __cplusplus
}
#endif

#endif
