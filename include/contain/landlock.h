/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * contain/landlock.h - Landlock: which files and ports a process may use from now on
 *
 * A contain_landlock is a set of rules: all that it handles is denied, but for what its rules
 * allow. It is put on the calling thread by contain_landlock_restrict(), or on a container by
 * container_spec_set_landlock() (contain/spec_security.h). It is never taken off again, children
 * and programs that are executed inherit it, and further ones only restrict more. No privilege is
 * needed. What is allowed still needs the rights that the kernel asks for anyway. Under Landlock
 * nobody mounts.
 *
 * A fresh set handles all access to files that is named here, and nothing of networks; kernels know
 * part of it by the version of their interface, contain_landlock_abi(). What a kernel does not know
 * is an error (-EOPNOTSUPP), until contain_landlock_set_best_effort().
 *
 * Setters return 0, -EINVAL or -ENOMEM, with the set as it was.
 *
 * Source: landlock(7), the kernel's Documentation/userspace-api/landlock.rst.
 */
#ifndef CONTAIN_LANDLOCK_H
#define CONTAIN_LANDLOCK_H

#include <contain/error.h>

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct contain_landlock contain_landlock;

/** Access to files: the kernel's LANDLOCK_ACCESS_FS_*. The ABI that brought it, when not 1. */
#define CONTAIN_LANDLOCK_FS_EXECUTE 0x1u
#define CONTAIN_LANDLOCK_FS_WRITE_FILE 0x2u
#define CONTAIN_LANDLOCK_FS_READ_FILE 0x4u
#define CONTAIN_LANDLOCK_FS_READ_DIR 0x8u
#define CONTAIN_LANDLOCK_FS_REMOVE_DIR 0x10u
#define CONTAIN_LANDLOCK_FS_REMOVE_FILE 0x20u
#define CONTAIN_LANDLOCK_FS_MAKE_CHAR 0x40u
#define CONTAIN_LANDLOCK_FS_MAKE_DIR 0x80u
#define CONTAIN_LANDLOCK_FS_MAKE_REG 0x100u
#define CONTAIN_LANDLOCK_FS_MAKE_SOCK 0x200u
#define CONTAIN_LANDLOCK_FS_MAKE_FIFO 0x400u
#define CONTAIN_LANDLOCK_FS_MAKE_BLOCK 0x800u
#define CONTAIN_LANDLOCK_FS_MAKE_SYM 0x1000u
#define CONTAIN_LANDLOCK_FS_REFER 0x2000u     /* link or rename to another directory; ABI 2 */
#define CONTAIN_LANDLOCK_FS_TRUNCATE 0x4000u  /* ABI 3 */
#define CONTAIN_LANDLOCK_FS_IOCTL_DEV 0x8000u /* ioctl(2) on devices; ABI 5 */
#define CONTAIN_LANDLOCK_FS_ALL 0xffffu
/** Execute, read files and directories. */
#define CONTAIN_LANDLOCK_FS_READ 0xdu
/** All the others but devices: their making, and ioctl(2) on them. */
#define CONTAIN_LANDLOCK_FS_WRITE 0x77b2u

/** TCP ports: the kernel's LANDLOCK_ACCESS_NET_*, ABI 4. */
#define CONTAIN_LANDLOCK_NET_BIND_TCP 0x1u
#define CONTAIN_LANDLOCK_NET_CONNECT_TCP 0x2u

/** What is kept to processes under the same rules: the kernel's LANDLOCK_SCOPE_*, ABI 6. */
#define CONTAIN_LANDLOCK_SCOPE_ABSTRACT_UNIX_SOCKET 0x1u
#define CONTAIN_LANDLOCK_SCOPE_SIGNAL 0x2u

/**
 * contain_landlock_abi - the version of the kernel's Landlock
 *
 * Returns 1 or more, -ENOSYS (this kernel has none), -EOPNOTSUPP (it is not switched on: lsm= of
 * the boot parameters) or what a filter answers. Since: 0.1
 */
int contain_landlock_abi(void);

/**
 * contain_landlock_new - makes a set that handles all access to files and allows none
 * @ret_landlock: receives the set; freed with contain_landlock_free()
 *
 * Returns 0, or, with *ret_landlock untouched, -EINVAL (NULL) or -ENOMEM. Since: 0.1
 */
int contain_landlock_new(contain_landlock **ret_landlock);

/**
 * contain_landlock_free - frees a set; what it was put on keeps its rules
 * @landlock: may be NULL
 *
 * Since: 0.1
 */
void contain_landlock_free(contain_landlock *landlock);

/**
 * contain_landlock_set_handled - sets what is denied but for the rules
 * @landlock: the set
 * @fs: CONTAIN_LANDLOCK_FS_*; at first all of them
 * @net: CONTAIN_LANDLOCK_NET_*; at first none
 * @scopes: CONTAIN_LANDLOCK_SCOPE_*; at first none. They have no rules
 *
 * Returns 0 or -EINVAL (NULL, unknown bits, a rule that was added allows what is not handled).
 * Since: 0.1
 */
int contain_landlock_set_handled(contain_landlock *landlock, uint32_t fs, uint32_t net,
				 uint32_t scopes);

/**
 * contain_landlock_set_best_effort - whether what the kernel does not know is left out
 * @landlock: the set
 * @on: 0 (the default): it is an error; 1: it is left out, and container_plan_explain() says so
 *
 * Returns 0 or -EINVAL (NULL, or neither 0 nor 1). Since: 0.1
 */
int contain_landlock_set_best_effort(contain_landlock *landlock, int on);

/**
 * contain_landlock_add_path - allows access to a file, or to a directory and all below it
 * @landlock: the set
 * @path: absolute; for a container the path inside. It is looked up when the set is put in force,
 *        and the rule is for what was found then, under whatever name
 * @access: CONTAIN_LANDLOCK_FS_*; of those that are for directories alone, a file gets none
 *
 * Returns 0, -EINVAL (NULL, not absolute, longer than 4095 bytes, no access, access that is not
 * handled) or -ENOMEM. Since: 0.1
 */
int contain_landlock_add_path(contain_landlock *landlock, const char *path, uint32_t access);

/**
 * contain_landlock_add_port - allows access to a TCP port
 * @landlock: the set
 * @port: 0 to 65535; 0 is for bind(2): a port that the kernel gives out
 * @access: CONTAIN_LANDLOCK_NET_*, which are handled
 *
 * Returns 0, -EINVAL (NULL, port, access) or -ENOMEM. Since: 0.1
 */
int contain_landlock_add_port(contain_landlock *landlock, int port, uint32_t access);

/**
 * contain_landlock_restrict - puts a set in force in the calling thread, for good
 * @landlock: the set
 * @root_fd: a directory below which paths are looked up as if it were "/", without leaving it, or
 *           -1: the calling thread's own "/"
 * @reterr: may be NULL
 *
 * Other threads are as they were. The thread needs no_new_privs (prctl(2)), or CAP_SYS_ADMIN in its
 * user namespace.
 *
 * Returns 0; or, with nothing in force, -EOPNOTSUPP (the kernel does not know all that is handled,
 * or has no Landlock: the hint says which), -EPERM (neither no_new_privs nor the capability),
 * -E2BIG (16 sets are in force already), -EINVAL (NULL, or a rule allows nothing of a file),
 * -EMFILE, -ENOMEM, and the errors of openat2(2) for a path, which the object names. Since: 0.1.
 * Source: landlock_restrict_self(2).
 */
int contain_landlock_restrict(const contain_landlock *landlock, int root_fd,
			      contain_error **reterr);

#ifdef __cplusplus
}
#endif

#endif
