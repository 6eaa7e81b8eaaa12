/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * contain/process_fds.h - what a process hands on over execve(2): its fds, its signals
 *
 * Primitives for a program that is about to execute another one. They act on the calling process,
 * at once; container_spawn() does the same in its child, by itself.
 *
 * Source: close_range(2), sigaction(2), signal(7), execve(2).
 */
#ifndef CONTAIN_PROCESS_FDS_H
#define CONTAIN_PROCESS_FDS_H

#include <contain/error.h>

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * contain_process_close_fds - closes every fd of the process but some
 * @keep: n numbers that stay open, in any order; a number that is not open is no mistake
 * @n: how many, at most 65536; 0 closes all
 * @reterr: receives what failed, on which thing and why; may be NULL; freed by
 *          contain_error_free()
 *
 * Also 0, 1 and 2, unless they are listed. The fds of all threads are closed, as threads share
 * them; one that another thread opens meanwhile may stay or go. Where close_range(2) is missing
 * (before Linux 5.9) or refused by a filter, /proc/self/fd is read, and without that every number
 * up to RLIMIT_NOFILE is tried.
 *
 * Returns -EINVAL: keep is NULL with n, n is too large, or a number is negative: nothing was
 * closed; -ENOSYS: no way to find the open fds (some may have been closed); -ENOMEM. Since: 0.1.
 * Source: close_range(2).
 */
int contain_process_close_fds(const int *keep, size_t n, contain_error **reterr);

/**
 * contain_process_reset_signals - the signals as a program expects them
 * @reterr: receives what failed and why; may be NULL; freed by contain_error_free()
 *
 * Sets every disposition of the process to default, also of those that are ignored, which execve(2)
 * would hand on, and of the real-time signals that the C library keeps for itself; and empties the
 * signal mask of the calling thread. A signal that was blocked and is pending is delivered, with
 * its default action, before the function returns. For a process that is going to execute another
 * program: the handlers of this one are gone.
 *
 * Returns -EPERM, or what else a system call filter answers in place of rt_sigaction(2) and
 * rt_sigprocmask(2): dispositions up to the one that failed are changed then, and the mask is not.
 * Since: 0.1. Source: sigaction(2).
 */
int contain_process_reset_signals(contain_error **reterr);

#ifdef __cplusplus
}
#endif

#endif
