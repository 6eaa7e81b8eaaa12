/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef CT_NAMESPACE_LIMITS_H
#define CT_NAMESPACE_LIMITS_H

#include <stddef.h>
#include <stdint.h>

/*
 * Why clone3(2) or unshare(2) of these CONTAIN_NS_* types said ENOSPC: the limit that is at fault,
 * or all that may be, with their values. Never NULL; in buf, or a constant.
 */
const char *ct_ns_limit_hint(uint64_t types, char *buf, size_t size);

/* Which of the kernel's limits a name stands for: what is counted, and how. */
enum ct_limit_kind {
	CT_LIMIT_OTHER,
	CT_LIMIT_NAMESPACE,
	CT_LIMIT_INOTIFY_INSTANCES,
	CT_LIMIT_INOTIFY_WATCHES,
	CT_LIMIT_FANOTIFY_GROUPS,
	CT_LIMIT_FANOTIFY_MARKS,
};
#define CT_LIMIT_NAME 64

/* Whether a name is one that a file of /proc/sys/user may have. */
int ct_limit_is_name(const char *name);
/* *ret_type: the type of namespace, as enum ct_ns_index. */
enum ct_limit_kind ct_limit_kind(const char *name, int *ret_type);
/* Reads one of this procfs. 0 or -errno. */
int ct_limit_read(int proc, const char *name, int64_t *ret_value);
const char *ct_limit_read_hint(int err);

#endif
