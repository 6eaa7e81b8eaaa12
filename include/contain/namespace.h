/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * contain/namespace.h - Linux namespaces
 *
 * The functions act now, in the calling thread. A whole container is made by contain/container.h.
 *
 * Source: namespaces(7), unshare(2), setns(2), user_namespaces(7).
 */
#ifndef CONTAIN_NAMESPACE_H
#define CONTAIN_NAMESPACE_H

#include <contain/error.h>

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Types of namespaces; the values of CLONE_NEW* in clone(2). */
#define CONTAIN_NS_TIME 0x00000080u
#define CONTAIN_NS_MNT 0x00020000u
#define CONTAIN_NS_CGROUP 0x02000000u
#define CONTAIN_NS_UTS 0x04000000u
#define CONTAIN_NS_IPC 0x08000000u
#define CONTAIN_NS_USER 0x10000000u
#define CONTAIN_NS_PID 0x20000000u
#define CONTAIN_NS_NET 0x40000000u
/** All of them. */
#define CONTAIN_NS_ALL 0x7e020080u

/**
 * contain_ns_unshare - moves the calling thread into new namespaces
 * @types: CONTAIN_NS_*, joined by |
 * @reterr: may be NULL
 *
 * A new pid or time namespace is entered by the next child, not by the caller. A user namespace
 * needs a process with one thread. Nothing takes it back: call it in a program of your own or in a
 * child.
 *
 * Returns 0, or, with nothing changed:
 * -EINVAL: no type or an unknown one, or a user namespace in a process with several threads;
 * -EPERM: no CAP_SYS_ADMIN, or unprivileged user namespaces are forbidden here;
 * -ENOSPC: a limit in /proc/sys/user/max_*_namespaces, or more than 32 nested levels;
 * -ENOMEM: the kernel's memory.
 *
 * Since: 0.1. Source: unshare(2).
 */
int contain_ns_unshare(uint64_t types, contain_error **reterr);

/**
 * contain_ns_join - moves the calling thread into an existing namespace
 * @ns_fd: an open /proc/PID/ns/TYPE
 * @type: the one CONTAIN_NS_* that ns_fd has to be, or 0 for any
 * @reterr: may be NULL
 *
 * A pid namespace is entered by the next child. The fd stays open.
 *
 * Returns 0, or, with nothing changed:
 * -EBADF: ns_fd is not open;
 * -EINVAL: ns_fd is no namespace or not of this type, or a mount or user namespace is joined by a
 * process with several threads, or type is unknown;
 * -EPERM: no CAP_SYS_ADMIN in the namespace's owner, or in the caller's own user namespace.
 *
 * Since: 0.1. Source: setns(2).
 */
int contain_ns_join(int ns_fd, uint64_t type, contain_error **reterr);

/* ---- one by one ---- */

/**
 * contain_ns_loopback_up - sets the interface lo of the calling thread's network namespace up
 * @reterr: may be NULL
 *
 * Returns 0, or -EPERM (no CAP_NET_ADMIN in the namespace's owner), -EMFILE, -ENFILE, -ENOMEM,
 * with nothing changed. Since: 0.1. Source: netdevice(7).
 */
int contain_ns_loopback_up(contain_error **reterr);

/**
 * contain_ns_map_self - maps the caller's own user and group id in its new user namespace
 * @uid: the user id that the caller's former effective user id is inside
 * @gid: the same for the group id
 * @outer_uid: the caller's effective user id before contain_ns_unshare()
 * @outer_gid: the caller's effective group id before contain_ns_unshare()
 * @reterr: may be NULL
 *
 * Denies setgroups(2) first, as the kernel demands of a caller without privilege.
 *
 * Returns 0, or -EPERM (the map was written before, outer ids are not the caller's own, or a
 * security module refuses), -EINVAL (an id is 4294967295), -EACCES (the process is not dumpable),
 * -ENOENT (no /proc). After a failure a part may have been written; use the namespace no more.
 *
 * Since: 0.1. Source: user_namespaces(7).
 */
int contain_ns_map_self(uint32_t uid, uint32_t gid, uint32_t outer_uid, uint32_t outer_gid,
			contain_error **reterr);

/**
 * contain_ns_depth - how deep a pid or user namespace is nested below the caller's own
 * @ns_fd: a pid or user namespace
 * @ret_depth: receives the number of namespaces above it that the caller can see
 * @reterr: may be NULL
 *
 * 0 is the caller's own namespace, 1 one that was made in it, and so on. What lies above the
 * caller's own is not seen: 0 is also the answer for a namespace that is not below it (one above,
 * or one of another branch). The kernel nests 32 levels below the initial namespace, counted from
 * there and not from the caller's.
 *
 * Returns 0, or, with *ret_depth untouched:
 * -EBADF: ns_fd is not open;
 * -EINVAL: ns_fd is no namespace, or of another type, or ret_depth is NULL;
 * -EMFILE, -ENFILE, -ENOMEM: the parents cannot be opened.
 *
 * Since: 0.1. Source: NS_GET_PARENT in ioctl_ns(2), pid_namespaces(7).
 */
int contain_ns_depth(int ns_fd, int *ret_depth, contain_error **reterr);

/**
 * contain_ns_pid_in - the number that a process has in another pid namespace
 * @ns_fd: a pid namespace
 * @pid: the process's number in the caller's own pid namespace; a thread's stands for its process
 * @ret_pid: receives its number there
 * @reterr: may be NULL
 *
 * A process has a number in its own pid namespace and in each above it. Who gives numbers has to
 * know that they are not recycled meanwhile: with a pidfd there is contain_ns_pidfd_in().
 *
 * Before Linux 6.11 it is read from /proc, for namespaces that are the caller's own or below it.
 *
 * Returns 0, or, with *ret_pid untouched:
 * -EBADF: ns_fd is not open;
 * -EINVAL: ns_fd is no pid namespace, pid is less than 1, or ret_pid is NULL;
 * -ESRCH: there is no such process, or it is not seen in that namespace;
 * before Linux 6.11 also -EOPNOTSUPP (the namespace is not below the caller's own, or /proc is of
 * another pid namespace), -EACCES (the process is not the caller's to trace), -EXDEV (/proc is no
 * procfs, or covered in part), -EMFILE, -ENFILE, -ENOMEM.
 *
 * Since: 0.1. Source: NS_GET_TGID_IN_PIDNS in ioctl_nsfs(2), NStgid in proc_pid_status(5).
 */
int contain_ns_pid_in(int ns_fd, int32_t pid, int32_t *ret_pid, contain_error **reterr);

/**
 * contain_ns_pid_from - the caller's number of a process that another pid namespace shows
 * @ns_fd: a pid namespace
 * @pid_in_ns: the process's number there
 * @ret_pid: receives its number in the caller's own pid namespace
 * @reterr: may be NULL
 *
 * The other way round: what a process inside calls 7. To do something with it, take
 * contain_ns_pidfd_from(). Before Linux 6.11 all of /proc is read.
 *
 * Returns 0, or the errors of contain_ns_pid_in(), with *ret_pid untouched; -ESRCH also when the
 * process is above the caller's own namespace or in another branch. Since: 0.1.
 * Source: NS_GET_TGID_FROM_PIDNS in ioctl_nsfs(2).
 */
int contain_ns_pid_from(int ns_fd, int32_t pid_in_ns, int32_t *ret_pid, contain_error **reterr);

/**
 * contain_ns_pidfd_in - contain_ns_pid_in() for a process that a pidfd names
 * @ns_fd: a pid namespace
 * @pidfd: the process
 * @ret_pid: receives its number there
 * @reterr: may be NULL
 *
 * It cannot answer for another process that has got the number meanwhile. A process that has ended
 * and was not waited for has its numbers still.
 *
 * Returns 0, or the errors of contain_ns_pid_in(), with *ret_pid untouched: -EBADF or -EINVAL also
 * for pidfd, -ESRCH also when the process is gone, -ENOENT without /proc. Since: 0.1.
 * Source: as contain_ns_pid_in(), and pidfd_open(2).
 */
int contain_ns_pidfd_in(int ns_fd, int pidfd, int32_t *ret_pid, contain_error **reterr);

/**
 * contain_ns_pidfd_from - opens a process by the number that it has in another pid namespace
 * @ns_fd: a pid namespace
 * @pid_in_ns: the process's number there
 * @reterr: may be NULL
 *
 * Returns a pidfd, the caller's to close, which is the process of that number there for sure, or
 * the errors of contain_ns_pidfd_in() and contain_ns_pid_from(). Since: 0.1.
 * Source: as contain_ns_pid_from(), and pidfd_open(2).
 */
int contain_ns_pidfd_from(int ns_fd, int32_t pid_in_ns, contain_error **reterr);

/**
 * contain_ns_set_hostname - sets the host name of the calling thread's uts namespace
 * @name: 1 to 64 bytes of any kind
 * @reterr: may be NULL
 *
 * Without a uts namespace of its own that is the host's name.
 *
 * Returns 0, or, with nothing changed: -EINVAL (NULL or empty), -ENAMETOOLONG (over 64 bytes),
 * -EPERM (no CAP_SYS_ADMIN in the namespace's owner). Since: 0.1.
 * Source: sethostname(2), uts_namespaces(7).
 */
int contain_ns_set_hostname(const char *name, contain_error **reterr);

/**
 * contain_ns_set_domainname - sets the NIS domain name of the calling thread's uts namespace
 * @name: 1 to 64 bytes of any kind
 * @reterr: may be NULL
 *
 * It has nothing to do with DNS. A new namespace has its maker's. Returns as
 * contain_ns_set_hostname(). Since: 0.1. Source: setdomainname(2), uts_namespaces(7).
 */
int contain_ns_set_domainname(const char *name, contain_error **reterr);

/** Clocks that a time namespace shifts; the values of CLOCK_* in clock_gettime(2). */
#define CONTAIN_CLOCK_MONOTONIC 1
#define CONTAIN_CLOCK_BOOTTIME 7

/**
 * contain_ns_set_time_offset - shifts a clock of the calling thread's time namespace for children
 * @clock: CONTAIN_CLOCK_*
 * @seconds: what is added to the host's clock, negative too
 * @nanoseconds: 0 to 999999999, added to that
 * @reterr: may be NULL
 *
 * After contain_ns_unshare(CONTAIN_NS_TIME), which makes such a namespace, and before anybody is in
 * it. Children are in it from their start; the caller with contain_ns_enter_time(), and a program
 * that it executes on newer kernels. Offsets count from the host's clock also where time
 * namespaces are nested. The offset is read back.
 *
 * Returns 0, or, with nothing changed:
 * -EINVAL: another clock, or a second of nanoseconds or more;
 * -ERANGE: the clock would show less than 0, or more than half of what the kernel can count;
 * -EACCES: a process is in the namespace already; the caller itself, when it has not unshared one;
 * -EPERM: no CAP_SYS_TIME in the namespace's owner;
 * -EOPNOTSUPP: this kernel has no time namespaces;
 * -EXDEV, -EROFS, -ESRCH, -ENOENT: /proc is no procfs, covered in part, read-only or of another pid
 * namespace, and the caller may not make one;
 * -EMFILE, -ENFILE, -ENOMEM; and -EIO: another offset is read back, and what holds is not known.
 *
 * Since: 0.1. Source: time_namespaces(7).
 */
int contain_ns_set_time_offset(int clock, int64_t seconds, uint32_t nanoseconds,
			       contain_error **reterr);

/**
 * contain_ns_get_time_offset - how far a clock is shifted for a process's children
 * @pidfd: the process, or -1: the calling thread
 * @clock: CONTAIN_CLOCK_*
 * @ret_seconds: receives the seconds
 * @ret_nanoseconds: receives 0 to 999999999, to be added; may be NULL
 * @reterr: may be NULL
 *
 * Of the process's time namespace for children, which is the one that it is in unless it has
 * unshared another one since.
 *
 * Returns 0, or, with nothing stored: -EINVAL (another clock, no pidfd, ret_seconds is NULL),
 * -EBADF, -ESRCH (the process has ended), -EACCES (it is not the caller's to look at),
 * -EOPNOTSUPP (this kernel has no time namespaces), -ENOENT, -EXDEV (no /proc, or it is covered),
 * -EMFILE, -ENFILE, -ENOMEM. Since: 0.1. Source: /proc/PID/timens_offsets in time_namespaces(7).
 */
int contain_ns_get_time_offset(int pidfd, int clock, int64_t *ret_seconds,
			       uint32_t *ret_nanoseconds, contain_error **reterr);

/**
 * contain_ns_enter_time - moves the calling process into its time namespace for children
 * @reterr: may be NULL
 *
 * execve(2) does that on newer kernels; on Linux 6.1 it does not, though it says nothing. That the
 * process is in it is read back. A process that is in it already is left as it is: also a child
 * made after contain_ns_unshare(). From then on the offsets are fixed.
 *
 * Returns 0, or, with nothing changed:
 * -EUSERS: the process has other threads, or shares its memory with another one (vfork(2));
 * -EPERM: no CAP_SYS_ADMIN in the namespace's owner, or in the caller's own user namespace;
 * -EOPNOTSUPP: this kernel has no time namespaces;
 * -EIO: the kernel says that it is done, and it is not;
 * and the errors of contain_ns_set_time_offset() about /proc.
 *
 * Since: 0.1. Source: setns(2), time_namespaces(7).
 */
int contain_ns_enter_time(contain_error **reterr);

/**
 * contain_ns_set_sysctl - sets a kernel parameter of the calling thread's ipc or network namespace
 * @name: as sysctl(8) writes it: "net.ipv4.ip_forward"; "net.ipv4.conf.eth0/1.forwarding" or
 *        "net/ipv4/conf/eth0.1/forwarding" for an interface with a dot in its name
 * @value: the text, of all its numbers where there are several
 * @reterr: may be NULL
 *
 * Only what a namespace has for itself: kernel.msg*, kernel.sem*, kernel.shm* and fs.mqueue.* (ipc)
 * and net.* but for those that the kernel has once for the whole machine, such as
 * net.core.rmem_max. Those of user.* are limits, and the names of the uts namespace have their own
 * functions. A thread that is not in a namespace of its own changes the host's.
 *
 * It is written through a procfs of the library's own, or, where the caller may not mount one,
 * through /proc, on which nothing may be mounted over the file or a directory above it. The value
 * is read back and compared as numbers, lists or words; one that the kernel rounds, or takes in
 * part, is an error (-EIO) and stays. A file that cannot be read, such as net.ipv4.route.flush, is
 * not read back.
 *
 * Returns 0, or, with nothing changed but for -EIO:
 * -EINVAL: name is no sysctl of an ipc or network namespace, or has an empty component or "..", or
 * the kernel does not take the value;
 * -ENAMETOOLONG: name is longer than 251 bytes;
 * -ENOENT: this namespace does not have it: see the hint;
 * -EACCES: it is read-only here: one of the whole machine, or no CAP_NET_ADMIN, or, of an ipc
 * namespace before Linux 6.10, not root of the host;
 * -EPERM: no CAP_NET_ADMIN, or, for some names of ipc, no CAP_CHECKPOINT_RESTORE;
 * -EXDEV: /proc is no procfs, or covered at this place, and the caller may not mount one;
 * -EROFS: the same for a /proc that is read-only;
 * -EIO: the kernel has made another value of it, which the hint tells;
 * -EMFILE, -ENFILE, -ENOMEM, and what the kernel says to this value.
 *
 * Since: 0.1. Source: sysctl(8), proc_sys_net(5), ipc_namespaces(7), network_namespaces(7).
 */
int contain_ns_set_sysctl(const char *name, const char *value, contain_error **reterr);

/**
 * contain_ns_get_sysctl - reads a kernel parameter of the calling thread's namespace
 * @name: as contain_ns_set_sysctl()
 * @buf: receives the value, without the newline at its end; several numbers as the kernel separates
 *       them, by tabs mostly
 * @size: the room in buf
 * @reterr: may be NULL
 *
 * The same names, through the same procfs.
 *
 * Returns the length, or, with buf untouched: -EINVAL (also buf is NULL or size 0), -ENAMETOOLONG,
 * -ENOENT, -EACCES (only root reads it, or nobody), -EXDEV, -ERANGE (it does not fit), -EMFILE,
 * -ENFILE, -ENOMEM, and what the kernel says. Since: 0.1. Source: as contain_ns_set_sysctl().
 */
int contain_ns_get_sysctl(const char *name, char *buf, size_t size, contain_error **reterr);

#ifdef __cplusplus
}
#endif

#endif
