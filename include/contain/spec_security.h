/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * contain/spec_security.h - what a container's processes may ask the kernel for
 *
 * Setters as in contain/spec.h. A fresh spec has no filter of system calls: a library that was
 * built without libseccomp could not have the same, and would differ without a word. One line gives
 * it the default profile: container_spec_set_seccomp_default(). Filters are loaded last, right
 * before the program is executed. With no_new_privs off, and a container that does not keep
 * CAP_SYS_ADMIN, they are loaded before the identity changes, and set-up has to pass them, too.
 *
 * Source: seccomp(2), landlock(7).
 */
#ifndef CONTAIN_SPEC_SECURITY_H
#define CONTAIN_SPEC_SECURITY_H

#include <contain/container.h>
#include <contain/landlock.h>
#include <contain/seccomp.h>
#include <contain/spec.h>

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * container_spec_add_seccomp_program - adds a filter: a raw program
 * @spec: the spec
 * @program: an array of struct sock_filter (linux/filter.h), copied
 * @bytes: its size, 8 for each instruction, at most 4096 of them
 * @flags: CONTAIN_SECCOMP_FLAG_LOG, _SPEC_ALLOW, _NEW_LISTENER, _WAIT_KILLABLE, or 0
 *
 * Several are loaded in the order added, but one with a listener first, at most 16. A program has
 * to let set-up execute the container's program: one that refuses, kills or notifies execve(2), or
 * another call that is made after it is loaded, whatever the arguments, is refused by
 * container_plan_compile(). One that may kill by arguments gets a child with memory of its own, by
 * contain-init; when it does kill, that is how the container ends: container_exit_signal() is
 * SIGSYS.
 *
 * With CONTAIN_SECCOMP_FLAG_NEW_LISTENER, once in a spec, container_seccomp_fd() is the listener.
 *
 * Returns also -EINVAL: the kernel would refuse the program, unknown flags, a second listener;
 * -E2BIG: more than 16 programs. Since: 0.1
 */
int container_spec_add_seccomp_program(container_spec *spec, const void *program, size_t bytes,
				       uint32_t flags);

/**
 * container_spec_add_seccomp - adds a filter: a profile
 * @spec: the spec
 * @profile: compiled now; it stays the caller's
 * @flags: as for container_spec_add_seccomp_program(); where the profile has rules by a supervisor,
 *         CONTAIN_SECCOMP_FLAG_NEW_LISTENER goes without saying
 *
 * Returns also what contain_seccomp_export() returns: -EINVAL for a rule that was refused, -E2BIG.
 * Since: 0.1
 */
int container_spec_add_seccomp(container_spec *spec, const contain_seccomp *profile,
			       uint32_t flags);

/** For container_spec_set_seccomp_default(). */
#define CONTAIN_SECCOMP_DEFAULT_OFF 0 /* no default filter */
#define CONTAIN_SECCOMP_DEFAULT_ON 1  /* what the profile does not allow fails */
#define CONTAIN_SECCOMP_DEFAULT_LOG 2 /* it is made, and logged */
#define CONTAIN_SECCOMP_DEFAULT_KILL 3 /* it ends the process; but calls that are not known fail */

/**
 * container_spec_set_seccomp_default - the default profile, for the capabilities of the container
 * @spec: the spec
 * @mode: CONTAIN_SECCOMP_DEFAULT_*
 *
 * It is that of contain_seccomp_new_default(), for the capabilities that programs in the container
 * can have, and is loaded before filters that were added without a listener. It is compiled once
 * for a spec, whatever is started of it.
 *
 * Returns also -EOPNOTSUPP: the library was built without libseccomp; -EINVAL: no such mode.
 * Since: 0.1
 */
int container_spec_set_seccomp_default(container_spec *spec, int mode);

/**
 * container_seccomp_fd - the listener of the container's filter
 * @container: the container
 *
 * The handle keeps and closes it: contain_seccomp_notify_receive() takes it. It is there when
 * container_spawn() returns; calls of the program that were made meanwhile wait. When it is closed
 * they fail with ENOSYS.
 *
 * Returns the fd, -ENOENT (no filter with a listener, or taken) or -EINVAL (NULL). Since: 0.1
 */
int container_seccomp_fd(const container *container);

/**
 * container_seccomp_take - takes the listener out of the handle
 * @container: the container
 *
 * Returns the fd, which the caller closes, -ENOENT or -EINVAL, as container_seccomp_fd().
 * Since: 0.1
 */
int container_seccomp_take(container *container);

/**
 * container_spec_set_landlock - puts a set of rules on the container's program
 * @spec: the spec
 * @landlock: copied; its paths are looked up inside the container, at every start
 *
 * It is in force when the program is executed: a rule has to allow to execute and to read the
 * program, its interpreter and its libraries. Without no_new_privs the container has to keep
 * CAP_SYS_ADMIN; container_plan_compile() says so (-EINVAL), and what the kernel does not know
 * (-EOPNOTSUPP), unless the set is for best effort.
 *
 * Since: 0.1. Source: landlock(7).
 */
int container_spec_set_landlock(container_spec *spec, const contain_landlock *landlock);

/**
 * container_spec_set_apparmor_profile - the program is executed under this AppArmor profile
 * @spec: the spec
 * @profile: the name of a profile that is loaded, at most 4095 bytes, without control characters
 *
 * It is written to the container's own procfs and read back. A start fails with -EOPNOTSUPP where
 * AppArmor is not switched on, with -ENOENT where no such profile is loaded. The container needs a
 * /proc of its own (CONTAIN_DEFAULT_PROC).
 *
 * Since: 0.1. Source: apparmor(7), aa_change_onexec of aa_change_profile(2).
 */
int container_spec_set_apparmor_profile(container_spec *spec, const char *profile);

/**
 * container_spec_set_selinux_label - the program is executed under this SELinux context
 * @spec: the spec
 * @label: "user:role:type:level", at most 4095 bytes, without control characters
 *
 * As with container_spec_set_apparmor_profile(); -EOPNOTSUPP where SELinux is not switched on,
 * -EINVAL where the policy does not know the context.
 *
 * Since: 0.1. Source: setexeccon(3).
 */
int container_spec_set_selinux_label(container_spec *spec, const char *label);

#ifdef __cplusplus
}
#endif

#endif
