/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The calls that work on whole trees of files; see sys.h. */
#ifndef CT_SYS_SYS_FILE_H
#define CT_SYS_SYS_FILE_H

#include "sys.h"

static inline ssize_t ct_sys_flistxattr(int fd, char *list, size_t n)
{
	return (ssize_t)ct_call3(__NR_flistxattr, fd, list, n);
}

static inline ssize_t ct_sys_listxattr(const char *path, char *list, size_t n)
{
	return (ssize_t)ct_call3(__NR_listxattr, path, list, n);
}

static inline int ct_sys_setxattr(const char *path, const char *name, const void *value, size_t n)
{
	return (int)ct_call5(__NR_setxattr, path, name, value, n, 0);
}

static inline int ct_sys_linkat(int from_fd, const char *from, int to_fd, const char *to, int flags)
{
	return (int)ct_call5(__NR_linkat, from_fd, from, to_fd, to, flags);
}

static inline int ct_sys_renameat2(int from_fd, const char *from, int to_fd, const char *to,
				   uint32_t flags)
{
	return (int)ct_call5(__NR_renameat2, from_fd, from, to_fd, to, flags);
}

static inline ssize_t ct_sys_copy_file_range(int in, int out, size_t n)
{
	return (ssize_t)ct_call6(__NR_copy_file_range, in, 0, out, 0, (long)n, 0);
}

static inline int ct_sys_fsync(int fd)
{
	return (int)ct_call1(__NR_fsync, fd);
}

static inline int ct_sys_syncfs(int fd)
{
	return (int)ct_call1(__NR_syncfs, fd);
}

#endif
