/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* System calls that only the probes make, and uapi that the oldest supported headers lack. */
#ifndef CT_SYS_SYS_PROBE_H
#define CT_SYS_SYS_PROBE_H

#include "sys.h"

#include <linux/prctl.h>
#include <linux/seccomp.h>
#include <linux/utsname.h>
#include <linux/wait.h>

static inline long ct_sys_statmount(const void *request, void *buf, size_t n, uint32_t flags)
{
	return ct_call4(__NR_statmount, request, buf, n, flags);
}

static inline long ct_sys_listmount(const void *request, uint64_t *ids, size_t n, uint32_t flags)
{
	return ct_call4(__NR_listmount, request, ids, n, flags);
}

static inline long ct_sys_open_tree_attr(int dirfd, const char *path, uint32_t flags,
					 struct mount_attr *attr, size_t size)
{
	return ct_call5(__NR_open_tree_attr, dirfd, path, flags, attr, size);
}

static inline ssize_t ct_sys_getxattr(const char *path, const char *name, void *value, size_t n)
{
	return (ssize_t)ct_call4(__NR_getxattr, path, name, value, n);
}

static inline int ct_sys_uname(struct new_utsname *name)
{
	return (int)ct_call1(__NR_uname, name);
}

#ifndef MOVE_MOUNT_F_EMPTY_PATH
#define MOVE_MOUNT_F_EMPTY_PATH 4
#endif
#ifndef MOVE_MOUNT_T_EMPTY_PATH
#define MOVE_MOUNT_T_EMPTY_PATH 0x40
#endif
#ifndef MOUNT_ATTR_IDMAP
#define MOUNT_ATTR_IDMAP 0x00100000
#endif
#ifndef MFD_CLOEXEC
#define MFD_CLOEXEC 1u
#endif
#ifndef MFD_EXEC
#define MFD_EXEC 0x10u
#endif
#define CT_PIDFD_GET_MNT_NAMESPACE 0xff03UL /* _IO(0xFF, 3), linux/pidfd.h of Linux 6.11 */

#endif
