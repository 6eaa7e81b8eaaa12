/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * procfs that can be believed. On /proc of a host or a container anything may lie over a file or
 * directory, another file of procfs too: what is written there reaches nobody, and the write
 * succeeds. Files of these handles are opened so that nothing lies over them.
 */
#ifndef CT_SYS_PROC_H
#define CT_SYS_PROC_H

#include "sys.h"

/* A new procfs that is mounted nowhere: nobody else can reach it. -errno of fsopen to fsmount. */
int ct_proc_private(void);

/*
 * The same, or, where the kernel does not allow that (-EPERM without CAP_SYS_ADMIN over the mount
 * namespace), /proc, when it is the root of a procfs: -EXDEV when it is something else.
 */
int ct_proc_open(void);

/*
 * Opens path below a directory of procfs. -EXDEV: something is mounted on it or on a directory in
 * between; -ELOOP: a symlink. "self" and "thread-self" are symlinks: ct_proc_thread().
 */
int ct_proc_file(int dir_fd, const char *path, uint64_t flags);

/*
 * Prints "TID/file", the calling thread as this procfs counts. -ESRCH: it has no number there, as
 * the procfs shows a pid namespace that the thread is not in.
 */
int ct_proc_thread(int proc_fd, const char *file, char *buf, size_t size);

/* Reads a small file whole, at most size - 1 bytes, with a terminator. Its length, or -errno. */
ssize_t ct_proc_read(int dir_fd, const char *path, char *buf, size_t size);

#endif
