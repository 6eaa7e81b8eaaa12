/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Small files of procfs and cgroupfs, read with as few calls as the kernel allows. */
#ifndef CT_FEATURE_FILES_H
#define CT_FEATURE_FILES_H

#include "mounts.h"

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * One open, one read, one close, and a terminator: procfs and cgroupfs hand out a small file
 * whole. Returns the length, at most size - 1, or -errno.
 */
ssize_t ct_read_once(const char *path, char *buf, size_t size);

/* The decimal number that the file begins with. 0, -errno, or -EINVAL for other content. */
int ct_read_number(const char *path, int64_t *ret);

#endif
