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

#endif
