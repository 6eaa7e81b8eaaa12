/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * contain/plan.h - a spec compiled to steps: explain it, start it many times
 *
 * A plan never changes. It may be started from many threads at once and outlives its spec. What
 * differs in one start is given by overrides: one plan, many jobs.
 */
#ifndef CONTAIN_PLAN_H
#define CONTAIN_PLAN_H

#include <contain/container.h>
#include <contain/error.h>
#include <contain/spec.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct container_plan container_plan;
typedef struct container_overrides container_overrides;

/**
 * container_plan_compile - checks a spec and makes a plan of it
 * @spec: the spec; it can be compiled again, but no longer changed
 * @ret_plan: receives the plan; freed with container_plan_free()
 * @reterr: may be NULL
 *
 * Chooses by what this kernel offers (contain/feature.h). Makes no process and no directory.
 *
 * Returns 0, or, with *ret_plan untouched:
 * the error of the first setter that failed (phase spec, the object is its field);
 * -EINVAL: an argument is NULL, no root was set, or settings contradict;
 * -EPERM: the caller is unprivileged and no user namespace is allowed by the spec;
 * -EACCES: limits were asked for and there is no group that the caller may use;
 * -EOPNOTSUPP: this kernel, or this version of the library, lacks what the spec needs, and the hint
 * names it;
 * -E2BIG: the plan would be too large; -ENOMEM.
 *
 * Since: 0.1
 */
int container_plan_compile(container_spec *spec, container_plan **ret_plan, contain_error **reterr);

/**
 * container_plan_free - frees a plan
 * @plan: may be NULL
 *
 * Its containers live on. No start of it may be under way. Since: 0.1
 */
void container_plan_free(container_plan *plan);

/**
 * container_plan_explain - prints every step of parent and child
 * @plan: the plan
 * @fd: where the text is written
 *
 * One line a step: number, operation, object, arguments, then behind "|" the system calls, and the
 * undo of a parent's step behind "undo:". name{3} is a call that is made three times, name? one
 * that may be left out, name* one that may repeat, ( ) a group, [next]{2} the calls of the two
 * steps below, which are made meanwhile. For people; the text may change between versions.
 *
 * Returns 0, -EINVAL (plan is NULL), -ENOMEM or the errors of write(2). Since: 0.1
 */
int container_plan_explain(const container_plan *plan, int fd);

/**
 * container_plan_spawn - starts a container from a plan
 * @plan: the plan
 * @overrides: what differs in this start, or NULL
 * @ret_container: receives the running container; freed with container_free()
 * @reterr: may be NULL
 *
 * Returns when the payload runs, that is after a successful execve(2), or when the start has
 * failed; then nothing is left of it: no process, group, mount or fd. The calling thread sleeps
 * meanwhile. The thread's signal mask is blocked and restored; nothing else of the process changes.
 *
 * Returns 0, or a negative errno with *ret_container untouched: -EINVAL (an argument is NULL, or
 * no argv was given), the error of the first setter of the overrides that failed (phase spec), what
 * container_plan_compile() would say to the overrides (phase plan), -ETIMEDOUT (the set-up time
 * limit), -ECANCELED (the child was killed), -ENOMEM, or what the kernel said to the step that the
 * error names. With overrides that change steps, the numbers are those of this start's steps.
 *
 * Since: 0.1
 */
int container_plan_spawn(const container_plan *plan, const container_overrides *overrides,
			 container **ret_container, contain_error **reterr);

/* ---- overrides ------------------------------------------------------------------------------ */

/**
 * container_overrides_new - makes a set of overrides that overrides nothing
 * @ret_overrides: receives it; freed with container_overrides_free()
 *
 * What was not overridden is as the plan has it. Overrides may be used for any number of starts of
 * any plans, also from several threads at once while nobody changes them: a start only reads them.
 * What was added cannot be taken back; make new ones, which costs no system call.
 *
 * Every setter returns 0 or a negative errno, and changes nothing when it fails. The first setter
 * that fails is kept with its field, and container_plan_spawn() returns it (phase spec): a program
 * may leave setters unchecked. Each checks its arguments as the setter of the spec does, and has
 * its errors.
 *
 * argv, env, cwd and fds cost a start nothing. With any other override the steps of this start are
 * worked out anew, in memory and without asking the kernel, from the plan's spec and what the
 * compile saw: 2 to 20 microseconds. So an override is checked like a setting of the spec:
 * container_plan_spawn() returns what container_plan_compile() would (phase plan, operation
 * "overrides"), and nothing was started then.
 *
 * Returns 0, -EINVAL (ret_overrides is NULL) or -ENOMEM. Since: 0.1
 */
int container_overrides_new(container_overrides **ret_overrides);

/**
 * container_overrides_free - frees overrides
 * @overrides: may be NULL
 *
 * Since: 0.1
 */
void container_overrides_free(container_overrides *overrides);

/**
 * container_overrides_set_argv - another program or other arguments in this start
 * @overrides: the overrides
 * @argv: as in container_spec_set_argv()
 *
 * Returns 0, -EINVAL (NULL, or no program) or -ENOMEM. Since: 0.1
 */
int container_overrides_set_argv(container_overrides *overrides, const char *const *argv);

/**
 * container_overrides_set_env - another environment in this start
 * @overrides: the overrides
 * @env: as in container_spec_set_env()
 *
 * Returns 0, -EINVAL (NULL, or an entry that is not NAME=VALUE) or -ENOMEM. Since: 0.1
 */
int container_overrides_set_env(container_overrides *overrides, const char *const *env);

/**
 * container_overrides_set_cwd - another working directory in this start
 * @overrides: the overrides
 * @path: as in container_spec_set_cwd()
 *
 * Returns 0, -EINVAL (NULL, empty or relative), -ENAMETOOLONG or -ENOMEM. Since: 0.1
 */
int container_overrides_set_cwd(container_overrides *overrides, const char *path);

/**
 * container_overrides_add_fd - hands an fd to the payload of this start
 * @overrides: the overrides
 * @fd: the caller's fd, duplicated now
 * @child_fd: its number in the payload, 0 to 65535; replaces what the plan has there
 *
 * Returns 0, -EINVAL (child_fd), -EBADF (fd is not open), -EMFILE or -ENOMEM. Since: 0.1
 */
int container_overrides_add_fd(container_overrides *overrides, int fd, int child_fd);

/**
 * container_overrides_set_stdio - another stdin, stdout or stderr in this start
 * @overrides: the overrides
 * @child_fd: 0, 1 or 2
 * @source: as in container_spec_set_stdio(); an fd is duplicated now
 *
 * Returns 0, -EINVAL (child_fd, or an unknown mode), -EBADF (source is not open), -EMFILE or
 * -ENOMEM. Since: 0.1
 */
int container_overrides_set_stdio(container_overrides *overrides, int child_fd, int source);

/**
 * container_overrides_add_bind - shows a file or directory of the host inside, in this start
 * @overrides: the overrides
 * @dirfd: where a relative source starts, or AT_FDCWD; source "" means this fd itself
 * @source: the path on the host; symlinks in it are followed
 * @target: an absolute path inside
 * @flags: CONTAIN_MOUNT_*
 *
 * As container_spec_add_bind(). Mounted after the plan's own mounts, in the order added: over one
 * of them where the targets are the same. Masked and read-only paths lie over it.
 *
 * Returns 0, -EINVAL, -ENAMETOOLONG, -ENOMEM, or the path errors of container_spec_set_root_dir().
 * Since: 0.1
 */
int container_overrides_add_bind(container_overrides *overrides, int dirfd, const char *source,
				 const char *target, uint32_t flags);

/**
 * container_overrides_set_hostname - another host name in this start
 * @overrides: the overrides
 * @hostname: 1 to 64 bytes
 *
 * The container's name and its group's stay as they are. The plan needs a new uts namespace, or
 * the start fails with -EINVAL.
 *
 * Returns 0, -EINVAL (NULL or empty), -ENAMETOOLONG or -ENOMEM. Since: 0.1
 */
int container_overrides_set_hostname(container_overrides *overrides, const char *hostname);

/**
 * container_overrides_set_memory_max - another limit of memory in this start
 * @overrides: the overrides
 * @bytes: as in container_spec_set_memory_max(), more or less than the plan's
 *
 * A limit that the plan does not have is added. It is set or the start fails, as in
 * container_plan_compile(): -EOPNOTSUPP or -EACCES, and the hint says who holds the controller.
 *
 * Returns 0 or -EINVAL (0, or over 2^63 - 1). Since: 0.1
 */
int container_overrides_set_memory_max(container_overrides *overrides, uint64_t bytes);

/**
 * container_overrides_set_pids_max - another limit of processes and threads in this start
 * @overrides: the overrides
 * @pids: as in container_spec_set_pids_max()
 *
 * As container_overrides_set_memory_max().
 *
 * Returns 0 or -EINVAL (0, or over 4194304). Since: 0.1
 */
int container_overrides_set_pids_max(container_overrides *overrides, uint64_t pids);

/**
 * container_overrides_set_cpu_max - another limit of processor time in this start
 * @overrides: the overrides
 * @quota_usec: as in container_spec_set_cpu_max()
 * @period_usec: as there; the plan's own period is not kept
 *
 * As container_overrides_set_memory_max().
 *
 * Returns 0 or -EINVAL (one of them is out of its bounds). Since: 0.1
 */
int container_overrides_set_cpu_max(container_overrides *overrides, uint64_t quota_usec,
				    uint64_t period_usec);

/**
 * container_overrides_set_cgroup_parent - another group to make the container's group in
 * @overrides: the overrides
 * @dirfd: as in container_spec_set_cgroup_parent()
 * @path: as there
 *
 * The start fails as a compile with this parent would, and as a start does when it is frozen, not
 * writable, removed or another one now.
 *
 * Returns 0, -EINVAL, -EBADF, -ENAMETOOLONG or -ENOMEM. Since: 0.1
 */
int container_overrides_set_cgroup_parent(container_overrides *overrides, int dirfd,
					  const char *path);

/**
 * container_overrides_set_user - another user and group of the payload in this start
 * @overrides: the overrides
 * @uid: as in container_spec_set_user()
 * @gid: as there
 *
 * A plan whose spec did not set a user runs its payload as the caller, and keeps to that: the start
 * fails with -EINVAL. Supplementary groups stay as the plan has them.
 *
 * Returns 0 or -EINVAL (4294967295 is no id). Since: 0.1
 */
int container_overrides_set_user(container_overrides *overrides, uint32_t uid, uint32_t gid);

/**
 * container_overrides_add_uid_range - maps user ids in this start
 * @overrides: the overrides
 * @inside: the first id in the container
 * @outside: the first id in the caller's user namespace
 * @count: how many ids, at least 1
 *
 * As container_spec_add_uid_range(). With the first range the plan's ranges of user ids no longer
 * count: so one plan serves containers that each have ids of their own outside. A plan without
 * ranges of user ids is not given any: the start fails with -EINVAL.
 *
 * Returns 0, -EINVAL (a bad range, whose index the error names) or -ENOMEM. Since: 0.1
 */
int container_overrides_add_uid_range(container_overrides *overrides, uint32_t inside,
				      uint32_t outside, uint32_t count);

/**
 * container_overrides_add_gid_range - the same for group ids
 * @overrides: the overrides
 * @inside: the first id in the container
 * @outside: the first id in the caller's user namespace
 * @count: how many ids, at least 1
 *
 * Returns what container_overrides_add_uid_range() returns. Since: 0.1
 */
int container_overrides_add_gid_range(container_overrides *overrides, uint32_t inside,
				      uint32_t outside, uint32_t count);

#ifdef __cplusplus
}
#endif

#endif
