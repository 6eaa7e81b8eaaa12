/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Paths below an untrusted root. No name below such a root is resolved by any other code
 * (design: the untrusted root).
 */
#ifndef CT_SYS_PATH_H
#define CT_SYS_PATH_H

#include "sys.h"

/* How often a resolution that met a concurrent rename (EAGAIN) is tried: 5 % of tries fail under
 * the worst attack that was measured, so 64 in a row mean that something else is wrong. */
#define CT_RESOLVE_TRIES 64

/*
 * Opens path as if root_fd were "/": symlinks, absolute ones too, stay inside, magic links are
 * refused. An empty path or "/" is the root itself. -EAGAIN after CT_RESOLVE_TRIES.
 */
int ct_open_in_root(int root_fd, const char *path, uint64_t flags, uint64_t mode);

/* The same, but only on the mount that root_fd is on: else -EXDEV. */
int ct_open_in_mount(int root_fd, const char *path, uint64_t flags);

/*
 * ct_open_in_root() with O_PATH, for a place that something is mounted on. The root itself is
 * none: what is mounted on it is not seen by the payload, so that a symlink of the image to "/"
 * would undo a mask without a word. -ELOOP.
 */
int ct_open_mount_point(int root_fd, const char *path);

/*
 * Makes sure that path exists below root_fd, as a directory or (dir 0) as something else, and
 * opens it with O_PATH. Missing parts are made one component at a time on directory fds, so that
 * a symlink planted half-way cannot lead outside.
 */
int ct_make_in_root(int root_fd, const char *path, int dir);

/* Reads at most size - 1 bytes of a small file (procfs, cgroupfs) and terminates them. */
ssize_t ct_read_at(int dirfd, const char *path, char *buf, size_t size);

/*
 * The same in one read(2), which the kernel's small files fill; flags are added to those of open.
 */
ssize_t ct_read_once_at(int dirfd, const char *path, int flags, char *buf, size_t size);

/* Writes text in a single write(2) to an existing file: the kernel's files want it whole. */
int ct_write_at(int dirfd, const char *path, const char *text, size_t n);

/* The same, and the fd stays open: it is returned. */
int ct_write_open(int dirfd, const char *path, const char *text, size_t n);

#endif
