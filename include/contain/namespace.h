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

#ifdef __cplusplus
}
#endif

#endif
