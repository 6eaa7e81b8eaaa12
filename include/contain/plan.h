/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * contain/plan.h - a spec compiled to steps: explain it, start it many times
 *
 * A plan never changes. It may be started from many threads at once and outlives its spec. What
 * differs in one start is given by overrides.
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
 * no argv was given), -ETIMEDOUT (the set-up time limit), -ECANCELED (the child was killed), or
 * what the kernel said to the step that the error names.
 *
 * Since: 0.1
 */
int container_plan_spawn(const container_plan *plan, const container_overrides *overrides,
			 container **ret_container, contain_error **reterr);

/**
 * container_overrides_new - makes a set of overrides that overrides nothing
 * @ret_overrides: receives it; freed with container_overrides_free()
 *
 * May be used for any number of starts, by one thread at a time while it is changed.
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
 * Returns 0, -EINVAL (NULL, or no program) or -ENOMEM; nothing changes then. Since: 0.1
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

#ifdef __cplusplus
}
#endif

#endif
