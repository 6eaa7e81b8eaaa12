/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * contain/namespace.h - Linux namespaces
 *
 * What unshare(1), nsenter(1) and ip-netns(8) do, as calls. The functions act now, in the calling
 * thread; contain_ns_child_start() runs a function of yours in a child. A whole container is made
 * by contain/container.h.
 *
 * Source: namespaces(7), unshare(2), setns(2), user_namespaces(7).
 */
#ifndef CONTAIN_NAMESPACE_H
#define CONTAIN_NAMESPACE_H

#include <contain/error.h>
#include <contain/id_map.h>

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
 * needs a process with one thread; a thread that pthread_join(3) has waited for may count for a
 * moment longer. Nothing takes it back: call it in a program of your own or in a child, such as
 * contain_ns_child_start() makes.
 *
 * Returns 0, or, with nothing changed:
 * -EINVAL: no type or an unknown one; a user namespace in a process with several threads, or that
 * shares memory with another one; a pid namespace where the next child goes into another than the
 * caller's own already;
 * -EOPNOTSUPP: this kernel has no namespaces of one of the types;
 * -EPERM: no CAP_SYS_ADMIN; or unprivileged user namespaces are forbidden here, the caller runs in
 * a chroot, or its ids have no mapping in its own user namespace;
 * -ENOSPC: a limit in /proc/sys/user/max_*_namespaces, or more than 32 nested levels;
 * -EUSERS: the same on kernels that say so;
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
 * A pid namespace is entered by the next child, a time namespace at once. With a mount namespace
 * the caller's root and working directory become the root of that. The fd stays open.
 *
 * Returns 0, or, with nothing changed:
 * -EBADF: ns_fd is not open;
 * -EINVAL: ns_fd is no namespace or not of this type, or type is unknown; a user namespace is
 * joined by a process with several threads, or is the caller's own; a mount or user namespace is
 * joined by a thread that shares its root and working directory with another one (as all threads of
 * a process do); a pid namespace is neither the caller's own nor below it;
 * -EUSERS: a time namespace is joined by a process with several threads;
 * -EPERM: no CAP_SYS_ADMIN in the namespace's owner or in the caller's own user namespace, or, for
 * a mount namespace, no CAP_SYS_CHROOT there;
 * -ENOMEM: the kernel's memory.
 *
 * Since: 0.1. Source: setns(2).
 */
int contain_ns_join(int ns_fd, uint64_t type, contain_error **reterr);

/**
 * contain_ns_join_path - moves the calling thread into the namespace that a file is
 * @dirfd: what path is relative to, or AT_FDCWD
 * @path: a /proc/PID/ns/TYPE, or where contain_ns_pin() or ip-netns(8) has bound one
 * @type: the one CONTAIN_NS_* that it has to be, or 0 for any
 * @reterr: may be NULL
 *
 * Returns 0, or, with nothing changed, one of the errors of contain_ns_open_path() and
 * contain_ns_join(). Since: 0.1. Source: setns(2).
 */
int contain_ns_join_path(int dirfd, const char *path, uint64_t type, contain_error **reterr);

/**
 * contain_ns_join_process - moves the calling thread into namespaces of another process
 * @pidfd: of the process: pidfd_open(2), container_pidfd()
 * @types: CONTAIN_NS_*, joined by |
 * @reterr: may be NULL
 *
 * All at once, or, where the kernel refuses, none. The pid namespace is that of the process, and
 * the next child enters it. A user namespace that is the caller's own already is left out when
 * other types are asked for, so that CONTAIN_NS_ALL fits every process.
 *
 * On a kernel whose setns(2) takes no pidfd (before Linux 5.8, or behind a filter that says so) the
 * namespaces are opened first and joined one after the other: the user namespace last where the
 * caller has CAP_SYS_ADMIN, else first, since it is then what gives the rights. Only there can an
 * error leave some joined, and its hint says so.
 *
 * Returns 0, or:
 * -EINVAL: no type or an unknown one; pidfd is no pidfd; or as contain_ns_join();
 * -EBADF: pidfd is not open;
 * -ESRCH: the process has ended;
 * -EOPNOTSUPP: this kernel has no namespaces of one of the types;
 * -EACCES, -EPERM: the caller may not look at the process (PTRACE_MODE_READ, see ptrace(2)), or as
 * contain_ns_join();
 * -EUSERS, -ENOMEM: as contain_ns_join();
 * -EMFILE, -ENFILE: no fd is left;
 * -ENOENT: no /proc, on a kernel without the newer calls.
 *
 * Since: 0.1. Source: setns(2), nsenter(1).
 */
int contain_ns_join_process(int pidfd, uint64_t types, contain_error **reterr);

/**
 * contain_ns_open - opens a namespace of a process
 * @pidfd: of the process: pidfd_open(2), container_pidfd()
 * @type: one CONTAIN_NS_*
 * @reterr: may be NULL
 *
 * Asks the pidfd itself (Linux 6.11), or else goes through the directory of the process in /proc,
 * and makes sure after opening it that the process has not ended, so that its pid cannot be
 * another's. The fd keeps the namespace in being; close it with close(2). It is close-on-exec and
 * above 2.
 *
 * Returns the fd, or:
 * -EINVAL: type is not one known type, or pidfd is no pidfd;
 * -EBADF: pidfd is not open;
 * -ESRCH: the process has ended, or lies outside the pid namespace of /proc;
 * -EACCES: the caller may not look at the process (PTRACE_MODE_READ, see ptrace(2));
 * -EOPNOTSUPP: this kernel has no namespaces of this type;
 * -ENOENT: no /proc, on a kernel before 6.11;
 * -EMFILE, -ENFILE, -ENOMEM.
 *
 * Since: 0.1. Source: namespaces(7), pidfd_open(2).
 */
int contain_ns_open(int pidfd, uint64_t type, contain_error **reterr);

/**
 * contain_ns_open_path - opens the namespace that a file is
 * @dirfd: what path is relative to, or AT_FDCWD
 * @path: a /proc/PID/ns/TYPE, or where contain_ns_pin() or ip-netns(8) has bound one
 * @type: the one CONTAIN_NS_* that it has to be, or 0 for any
 * @reterr: may be NULL
 *
 * What is no namespace is never opened, so that no FIFO makes the caller wait and no device acts.
 * Symbolic links are followed. The fd is close-on-exec and above 2.
 *
 * Returns the fd, or:
 * -EINVAL: path is NULL or empty; type is unknown; what is there is no namespace, or not of this
 * type;
 * -ENOENT: there is nothing, or no /proc;
 * -EBADF, -ENOTDIR, -EACCES, -ELOOP, -ENAMETOOLONG: path cannot be resolved, see openat(2);
 * -EMFILE, -ENFILE, -ENOMEM.
 *
 * Since: 0.1. Source: namespaces(7).
 */
int contain_ns_open_path(int dirfd, const char *path, uint64_t type, contain_error **reterr);

/**
 * contain_ns_type - which type of namespace an fd is
 * @ns_fd: of a namespace
 * @ret_type: one CONTAIN_NS_*
 * @reterr: may be NULL
 *
 * Returns 0, -EBADF (not open), -EINVAL (no namespace, or ret_type is NULL), -EOPNOTSUPP (a type
 * newer than this library). Since: 0.1. Source: ioctl_ns(2).
 */
int contain_ns_type(int ns_fd, uint64_t *ret_type, contain_error **reterr);

/**
 * contain_ns_inode - the inode number of a namespace, as /proc/PID/ns shows it
 * @ns_fd: of a namespace
 * @ret_inode: the number; no other namespace has it while this one exists
 * @reterr: may be NULL
 *
 * Returns 0, -EBADF (not open), -EINVAL (no namespace, or ret_inode is NULL). Since: 0.1. Source:
 * namespaces(7).
 */
int contain_ns_inode(int ns_fd, uint64_t *ret_inode, contain_error **reterr);

/**
 * contain_ns_owner - opens the user namespace that owns a namespace
 * @ns_fd: of a namespace of any type; that of a user namespace is its parent
 * @reterr: may be NULL
 *
 * Who has a capability in the owner has it over the namespace.
 *
 * Returns the fd, close-on-exec and above 2, or -EBADF (not open), -EINVAL (no namespace), -EPERM
 * (the owner lies outside the caller's own user namespace; so it does for the initial user
 * namespace), -EMFILE, -ENFILE, -ENOMEM.
 *
 * Since: 0.1. Source: ioctl_ns(2).
 */
int contain_ns_owner(int ns_fd, contain_error **reterr);

/**
 * contain_ns_parent - opens the parent of a pid or user namespace
 * @ns_fd: of a pid or user namespace
 * @reterr: may be NULL
 *
 * Returns the fd, close-on-exec and above 2, or -EBADF (not open), -EINVAL (no namespace, or of
 * another type: only these two are nested), -EPERM (the parent lies outside the caller's own
 * namespace of the type, or there is none), -EMFILE, -ENFILE, -ENOMEM.
 *
 * Since: 0.1. Source: ioctl_ns(2).
 */
int contain_ns_parent(int ns_fd, contain_error **reterr);

/**
 * contain_ns_owner_uid - the user who has made a user namespace
 * @ns_fd: of a user namespace
 * @ret_uid: as the caller's own user namespace shows the id; 65534 where it has no mapping for it
 * @reterr: may be NULL
 *
 * Returns 0, -EBADF (not open), -EINVAL (no user namespace, or ret_uid is NULL). Since: 0.1.
 * Source: ioctl_ns(2).
 */
int contain_ns_owner_uid(int ns_fd, uint32_t *ret_uid, contain_error **reterr);

/**
 * contain_ns_type_name - the name of a type, as in /proc/PID/ns
 * @type: one CONTAIN_NS_*
 *
 * Returns "mnt", "pid", ..., or "" for anything but one known type; never NULL. Since: 0.1.
 */
const char *contain_ns_type_name(uint64_t type);

/* ---- a function in other namespaces ---- */

typedef int (*contain_ns_fn)(void *arg);
typedef struct contain_ns_child contain_ns_child;

/**
 * contain_ns_child_start - runs a C function in new and joined namespaces, in a child
 * @types: CONTAIN_NS_* to make new, joined by |; 0 for none
 * @ns_fds: namespaces to join, at most one of each type; may be NULL
 * @ns_fds_count: how many these are
 * @uid_map: of a new user namespace; NULL: the caller's effective user id becomes 0 there
 * @gid_map: the same for group ids
 * @fn: runs in the child; what it returns is what contain_ns_child_wait() gives
 * @arg: for fn
 * @ret_child: the child; freed with contain_ns_child_free()
 * @reterr: may be NULL
 *
 * The child is made by the fork(3) of the C library, so that fn may allocate memory and use stdio.
 * It begins as every forked child: with a copy of the caller's memory, with its fds, signal mask
 * and dispositions, and with the calling thread alone. In a program with threads, what POSIX says
 * of fork holds: locks of other libraries may be held by threads that are not there. The copy costs
 * time by the size of the caller (about 50 ms for each GiB). For programs, for large callers, and
 * for anything that has to be contained, use container_spawn() instead. The child ends by _exit(2)
 * when fn returns: no exit handler of the caller runs, and stdio is not flushed.
 *
 * First the namespaces are joined: that of type user last where the caller has CAP_SYS_ADMIN, else
 * first. Then new ones are made, then ids are mapped. Where the maps have a 0, the child becomes
 * user and group 0, without supplementary groups where it may drop them. With a map by NULL,
 * setgroups(2) is denied in the namespace. Maps that the caller may not write go through
 * newuidmap(1) and newgidmap(1).
 *
 * A pid or time namespace, new or joined, has really been entered when fn runs: a second process is
 * forked for it. In a new pid namespace fn is process 1: signals without a handler do not reach it
 * (SIGKILL from outside does), orphans become its children, and when it returns the kernel kills
 * what is left in the namespace. The first process waits outside and ends after it; if that is
 * killed, so is the one that runs fn. With a joined pid or user namespace the child is made not
 * dumpable (PR_SET_DUMPABLE), since its memory is the caller's and the namespace may have others
 * in it.
 *
 * Does not return before the set-up has succeeded or failed; after a failure no process is left and
 * fn has not run. The caller itself stays in its namespaces. SIGCHLD comes when the child ends, as
 * with fork(2).
 *
 * Returns 0, or:
 * -EINVAL: fn or ret_child is NULL; an unknown type; an fd that is no namespace, or two of the same
 * type; a map without CONTAIN_NS_USER;
 * -EBADF: one of ns_fds is not open;
 * -EAGAIN: RLIMIT_NPROC, or pids.max of the caller's group;
 * -ECANCELED: the child was killed while it was set up;
 * -ENOMEM: memory; or process 1 of a pid namespace that the caller has unshared or joined, and into
 * which its children go, has ended;
 * -EMFILE, -ENFILE;
 * or with the phase CONTAIN_PHASE_CHILD, one of the errors of contain_ns_join(),
 * contain_ns_unshare() and contain_ns_map_self(), or of writing the maps.
 *
 * Since: 0.1. Source: fork(2), pid_namespaces(7).
 */
int contain_ns_child_start(uint64_t types, const int *ns_fds, size_t ns_fds_count,
			   const contain_id_map *uid_map, const contain_id_map *gid_map,
			   contain_ns_fn fn, void *arg, contain_ns_child **ret_child,
			   contain_error **reterr);

/**
 * contain_ns_child_pidfd - a pidfd of the process that runs the function
 * @child: may be NULL
 *
 * Readable when it has ended (poll(2)); pidfd_send_signal(2) reaches it. It belongs to the child
 * object: do not close it.
 *
 * Returns the fd, or -EINVAL (child is NULL). Since: 0.1
 */
int contain_ns_child_pidfd(const contain_ns_child *child);

/**
 * contain_ns_child_wait - waits for the end of the function and reaps the child
 * @child: from contain_ns_child_start()
 * @timeout_msec: how long at most; negative: no limit, 0: only look
 * @ret_value: what fn has returned, all 32 bits; or the exit status, where the child has ended by
 * exit(3), _exit(2) or in a program that it became by execve(2); may be NULL
 * @reterr: may be NULL
 *
 * May be called again, with the same answer, after the end.
 *
 * Returns 0; or the number of the signal that has killed the child, which is positive, with
 * ret_value untouched; or:
 * -EINVAL: child is NULL;
 * -ETIMEDOUT: fn still runs;
 * -ECHILD: it has ended, but another part of the program took the status: a waitpid(-1) elsewhere,
 * or an ignored SIGCHLD. Only where fn did not return.
 *
 * Since: 0.1
 */
int contain_ns_child_wait(contain_ns_child *child, int64_t timeout_msec, int *ret_value,
			  contain_error **reterr);

/**
 * contain_ns_child_free - frees the object; the child goes on if it has not ended
 * @child: may be NULL
 *
 * Kills nothing. A child that has ended is reaped. One that still runs becomes a zombie of the
 * calling process at its end, until the program waits for its children or ends: kill it by its
 * pidfd and wait for it first, where that matters.
 *
 * Since: 0.1
 */
void contain_ns_child_free(contain_ns_child *child);

/**
 * contain_ns_run - contain_ns_child_start(), contain_ns_child_wait() and contain_ns_child_free()
 * @types: CONTAIN_NS_* to make new, joined by |; 0 for none
 * @ns_fds: namespaces to join, at most one of each type; may be NULL
 * @ns_fds_count: how many these are
 * @uid_map: of a new user namespace, or NULL
 * @gid_map: of a new user namespace, or NULL
 * @fn: runs in the child
 * @arg: for fn
 * @ret_value: what fn has returned; may be NULL
 * @reterr: may be NULL
 *
 * Returns 0; or the number of the signal that has killed the child; or, with ret_value untouched,
 * one of the errors of contain_ns_child_start() and contain_ns_child_wait(). Since: 0.1
 */
int contain_ns_run(uint64_t types, const int *ns_fds, size_t ns_fds_count,
		   const contain_id_map *uid_map, const contain_id_map *gid_map, contain_ns_fn fn,
		   void *arg, int *ret_value, contain_error **reterr);

/* ---- namespaces that last ---- */

/**
 * contain_ns_pin - binds a namespace on a file, which keeps it in being without a process
 * @ns_fd: of a namespace
 * @dirfd: what path is relative to, or AT_FDCWD
 * @path: the file; made if it does not exist, else an empty regular file
 * @reterr: may be NULL
 *
 * The pin is a mount of the calling thread's mount namespace, and of those to which that
 * propagates. The last component of path is never followed. contain_ns_open_path() opens the
 * namespace again, contain_ns_unpin() takes the pin off.
 *
 * Returns 0, or, with nothing changed:
 * -EINVAL: ns_fd is no namespace; path is NULL or empty; a mount namespace that is the caller's own
 * or older (the kernel allows no loop), or one in which the file's directory cannot be mounted on:
 * dirfd belongs to another mount namespace;
 * -EEXIST: something else is there: no empty regular file, a mount point, or a pin already;
 * -ELOOP: it is a symbolic link;
 * -EPERM: no CAP_SYS_ADMIN in the owner of the caller's mount namespace;
 * -EBADF: ns_fd or dirfd is not open;
 * -ENOENT, -ENOTDIR, -EACCES, -EROFS, -ENOSPC, -EDQUOT, -ENAMETOOLONG: the file cannot be made, see
 * openat(2); -ENOSPC also for fs.mount-max;
 * -EMFILE, -ENFILE, -ENOMEM.
 *
 * Since: 0.1. Source: namespaces(7), mount(2).
 */
int contain_ns_pin(int ns_fd, int dirfd, const char *path, contain_error **reterr);

/**
 * contain_ns_unpin - takes a pin off and removes its file
 * @dirfd: what path is relative to, or AT_FDCWD
 * @path: what contain_ns_pin() was given
 * @reterr: may be NULL
 *
 * The namespace ends when no process, fd or other pin holds it.
 *
 * Returns 0, or, with nothing changed:
 * -EINVAL: path is NULL or empty, or what is there is no pin: nothing but a bound namespace is ever
 * unmounted;
 * -EPERM: no CAP_SYS_ADMIN in the owner of the caller's mount namespace;
 * -ENOENT, -ENOTDIR, -EACCES, -EBADF, -ELOOP, -ENAMETOOLONG: path cannot be resolved, or no /proc;
 * -EMFILE, -ENFILE, -ENOMEM;
 * or with the pin gone and the file there: -EBUSY (something else was mounted below it), -EACCES,
 * -EPERM, -EROFS (it cannot be removed).
 *
 * Since: 0.1. Source: umount(2).
 */
int contain_ns_unpin(int dirfd, const char *path, contain_error **reterr);

/**
 * contain_ns_pin_net - gives a network namespace a name, as ip-netns(8) does
 * @ns_fd: of a network namespace
 * @name: a file name
 * @reterr: may be NULL
 *
 * Pins it as /run/netns/NAME. The directory is made if it does not exist (0755), and made a shared
 * mount, so that other mount namespaces see the name come and go. "ip netns list", "exec" and
 * "delete" know the name; names that ip has made are opened by contain_ns_open_path().
 *
 * Returns 0, or, with no name made:
 * -EINVAL: ns_fd is no network namespace; name is NULL, empty, "." or "..", or has a "/";
 * -ENAMETOOLONG: name is longer than 255 bytes;
 * -EEXIST: the name is taken;
 * -EAGAIN: another program has held the lock of /run/netns for 5 seconds;
 * and the errors of contain_ns_pin().
 *
 * Since: 0.1. Source: ip-netns(8).
 */
int contain_ns_pin_net(int ns_fd, const char *name, contain_error **reterr);

/**
 * contain_ns_unpin_net - takes the name of a network namespace away
 * @name: as for contain_ns_pin_net(); one that ip-netns(8) has made too
 * @reterr: may be NULL
 *
 * Returns 0, -EINVAL (not a name, see contain_ns_pin_net(), or no network namespace is bound
 * there), or one of the errors of contain_ns_unpin(). Since: 0.1. Source: ip-netns(8).
 */
int contain_ns_unpin_net(const char *name, contain_error **reterr);

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
 * It has nothing to do with DNS. A new namespace has its maker's.
 *
 * Returns 0, or, with nothing changed: -EINVAL (NULL or empty), -ENAMETOOLONG (over 64 bytes),
 * -EPERM (no CAP_SYS_ADMIN in the namespace's owner). Since: 0.1.
 * Source: setdomainname(2), uts_namespaces(7).
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
 * namespaces are nested. The offset is read back. On Linux 6.1 a process starts no thread while its
 * children would be in another time namespace than itself (clone(2): EINVAL).
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
