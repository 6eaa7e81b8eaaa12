/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * contain/container.h - start a container, wait for it, end it
 *
 * A handle may be used by several threads at once: one may wait while others send signals or kill.
 * Only container_free() excludes every other call. What container_spawn() promises about the
 * caller: no thread of it ends up in another namespace; umask, working directory, environment,
 * signal dispositions and limits stay as they are; nothing is written to stdio; no handler is
 * installed; the library never exits the process.
 */
#ifndef CONTAIN_CONTAINER_H
#define CONTAIN_CONTAINER_H

#include <contain/error.h>
#include <contain/spec.h>

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct container container;
typedef struct container_exit container_exit;

/**
 * container_spawn - compiles a spec and starts a container from it
 * @spec: the spec; it can be spawned again, but no longer changed
 * @ret_container: receives the running container; freed with container_free()
 * @reterr: may be NULL
 *
 * container_plan_compile() and container_plan_spawn() in one call, with their errors.
 *
 * Returns 0, or a negative errno with *ret_container untouched and nothing left behind. Since: 0.1
 */
int container_spawn(container_spec *spec, container **ret_container, contain_error **reterr);

/**
 * container_spec_join_container - puts a container into namespaces of one that runs
 * @spec: the spec of the new one
 * @container: the one that runs
 * @types: CONTAIN_NS_*, joined by |, or 0: all that it has of its own, its root among them
 *
 * As container_spec_join_namespace() for each of the types. A type that the running container
 * shares with the caller is then shared with the new one too, and not new. With all of them the
 * payload is one more process of the container, below its own limits. The spec holds the
 * namespaces: they do not end with the container, but a pid namespace takes no process then.
 *
 * Returns 0, or with the spec unchanged: -EINVAL (NULL, an unknown type), -ESRCH (it has ended),
 * -EACCES (the caller may not look at its processes), -EOPNOTSUPP (a type that this kernel does not
 * have), -EMFILE. Since: 0.1. Source: setns(2), pidfd_open(2).
 */
int container_spec_join_container(container_spec *spec, const container *container, uint64_t types);

/**
 * container_pidfd - the payload as a pidfd, for poll(2) and every event loop
 * @container: the container
 *
 * Readable when the payload has ended. It belongs to the handle: do not close it.
 *
 * Returns the fd, or -EINVAL (NULL). Since: 0.1. Source: pidfd_open(2).
 */
int container_pidfd(const container *container);

/**
 * container_pid - the payload's process id in the caller's pid namespace
 * @container: the container
 *
 * For information: when the payload was reaped, the number may belong to another process.
 *
 * Returns the id, or -EINVAL (NULL). Since: 0.1
 */
int32_t container_pid(const container *container);

/**
 * container_cgroup_fd - the container's cgroup v2 directory
 * @container: the container
 *
 * It belongs to the handle: do not close it.
 *
 * Returns the fd, -EINVAL (NULL), or -ENOENT: it has none. Since: 0.1
 */
int container_cgroup_fd(const container *container);

/**
 * container_stdio_fd - the caller's end of a pipe that is the payload's stdio
 * @container: the container
 * @child_fd: 0: what is written here, the payload reads; 1 and 2: what it writes is read here
 *
 * There for what was set to CONTAIN_STDIO_PIPE. Blocking, close-on-exec, never below 3. It belongs
 * to the handle: do not close it, container_free() does. The payload sees the end of its stdin when
 * this end is closed, for which a caller takes it.
 *
 * Returns the fd, -EINVAL (NULL, or child_fd is not 0, 1 or 2), or -ENOENT: no pipe was asked for,
 * or it was taken. Since: 0.1. Source: pipe(7).
 */
int container_stdio_fd(const container *container, int child_fd);

/**
 * container_stdio_take - the same end, which from now on is the caller's to close
 * @container: the container
 * @child_fd: 0, 1 or 2
 *
 * For event loops, which close what they watch, and to tell the payload the end of its stdin.
 *
 * Returns the fd, -EINVAL (NULL, or child_fd is not 0, 1 or 2), or -ENOENT: no pipe was asked for,
 * or it was taken before. Since: 0.1
 */
int container_stdio_take(container *container, int child_fd);

/**
 * container_name - the name from the spec
 * @container: may be NULL: ""
 *
 * It belongs to the handle. Since: 0.1
 */
const char *container_name(const container *container);

/**
 * container_wait - waits for the end of the payload, reaps it and removes its group
 * @container: the container
 * @timeout_msec: milliseconds; 0: look only; negative: for ever
 * @ret_exit: receives the exit record, freed with container_exit_free(); may be NULL
 * @reterr: may be NULL
 *
 * Usage is read before the group is removed. Processes that are left in the group, where the
 * container has no pid namespace of its own, stay, and so does the group, until
 * container_delete(). May be called again: the same record comes back.
 *
 * Returns 0, or with *ret_exit untouched: -EINVAL (NULL), -ETIMEDOUT (it still runs), -ECHILD
 * (another part of the process took the exit status and the kernel is older than 6.15), -ENOMEM.
 * Since: 0.1
 */
int container_wait(container *container, int64_t timeout_msec, container_exit **ret_exit,
		   contain_error **reterr);

/**
 * container_signal - sends a signal to the payload
 * @container: the container
 * @signal: its number; 0 only asks whether the payload lives
 * @reterr: may be NULL
 *
 * The payload is process 1 of its pid namespace: signals for which it has no handler do not reach
 * it, but for SIGKILL and SIGSTOP (pid_namespaces(7)).
 *
 * Returns 0, -EINVAL (NULL, or no such signal), -ESRCH (it has ended), -EPERM. Since: 0.1
 */
int container_signal(container *container, int signal, contain_error **reterr);

/**
 * container_kill - SIGKILL to every process of the container
 * @container: the container
 * @reterr: may be NULL
 *
 * By the end of the pid namespace, or by the group where it has none of its own. Does not wait.
 *
 * Returns 0, also when it has ended before; -EINVAL (NULL), -EPERM. Since: 0.1
 */
int container_kill(container *container, contain_error **reterr);

/**
 * container_delete - kills what is left, reaps, and removes the group
 * @container: the container
 * @timeout_msec: how long to wait for the end; negative: for ever
 * @reterr: may be NULL
 *
 * May be called again, and before or after container_wait(). The handle stays until
 * container_free().
 *
 * Returns 0, -EINVAL (NULL), -ETIMEDOUT (killed but not ended yet), -EBUSY (the group still holds
 * processes or groups), -EPERM. Since: 0.1
 */
int container_delete(container *container, int64_t timeout_msec, contain_error **reterr);

/**
 * container_free - closes the handle
 * @container: may be NULL
 *
 * Kills and removes nothing: a container that runs goes on, and its group is left to
 * container_gc(). Since: 0.1
 */
void container_free(container *container);

/**
 * container_gc - removes groups of containers that are gone
 * @cgroup_parent_fd: the group below which to look, or -1: the default places of the caller
 * @reterr: may be NULL
 *
 * A group goes when its name is one that the library gives, no process is in it, and no handle in
 * any process holds it. One that lives is never removed.
 *
 * Returns how many groups were removed, or a negative errno: -EBADF, -ENOTDIR, -EACCES, -ENOMEM.
 * Since: 0.1
 */
int container_gc(int cgroup_parent_fd, contain_error **reterr);

/**
 * container_exit_code - the exit code, or 128 + the signal that ended the payload
 * @exit: the record
 *
 * Returns 0 to 255, or -EINVAL (NULL). Since: 0.1
 */
int container_exit_code(const container_exit *exit);

/**
 * container_exit_signal - the signal that ended the payload
 * @exit: the record
 *
 * Returns its number, 0: it exited by itself, or -EINVAL (NULL). Since: 0.1
 */
int container_exit_signal(const container_exit *exit);

/**
 * container_exit_oom_killed - whether the OOM killer took a process of the container
 * @exit: the record
 *
 * Returns 1, 0 (no, or the container had no group with the memory controller), -EINVAL (NULL).
 * Since: 0.1. Source: oom_kill in memory.events.
 */
int container_exit_oom_killed(const container_exit *exit);

/**
 * container_exit_memory_peak_bytes - the most memory that was charged to the container
 * @exit: the record; NULL: 0
 *
 * memory.peak of its group (Linux 5.19; memory.max_usage_in_bytes on v1), else the largest
 * resident set of its payload (ru_maxrss), which is 0 where another part of the process took the
 * exit status, and the usage with it. Since: 0.1
 */
uint64_t container_exit_memory_peak_bytes(const container_exit *exit);

/**
 * container_exit_cpu_usec - cpu time in microseconds, user and system
 * @exit: the record; NULL: 0
 *
 * Of its group (cpu.stat), else of the payload and the children that it waited for; 0 where another
 * part of the process took the exit status, and the usage with it. Since: 0.1
 */
uint64_t container_exit_cpu_usec(const container_exit *exit);

/**
 * container_exit_wall_usec - microseconds from the start to the time when its end was seen
 * @exit: the record; NULL: 0
 *
 * Since: 0.1
 */
uint64_t container_exit_wall_usec(const container_exit *exit);

/**
 * container_exit_free - frees a record
 * @exit: may be NULL
 *
 * Since: 0.1
 */
void container_exit_free(container_exit *exit);

#ifdef __cplusplus
}
#endif

#endif
