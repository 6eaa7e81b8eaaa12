/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From a pidfd to the process's directory in /proc, for what has no call that takes a pidfd. */
#ifndef CT_SYS_PIDFD_H
#define CT_SYS_PIDFD_H

#include "sys.h"

/*
 * The process's number in the pid namespace of the caller's /proc. -EBADF: not open, -EINVAL: no
 * pidfd, -ESRCH: the process has ended, or has no number there, -ENOENT: no /proc.
 */
int ct_pidfd_pid(int pidfd);

/* 1: the process has ended, reaped or not; 0: it lives; -errno. */
int ct_pidfd_has_ended(int pidfd);

/*
 * An O_PATH fd above 2 of /proc/PID. That the process lives is asked after the directory was
 * opened: it is then this process's, and stays so, whoever gets the number later. -ESRCH: it has
 * ended; else the errors of openat(2).
 */
int ct_pid_proc(int pid, int pidfd);

#endif
