/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The text of the files of a group as limits. */
#ifndef CT_CGROUP_LIMITS_PARSE_H
#define CT_CGROUP_LIMITS_PARSE_H

#include "limits.h"

/* The first row whose file this is, or CT_LIMIT_RAW: none knows it. */
enum ct_limit_id ct_limits_row_of(const char *file);

/* "2MB" of "hugetlb.2MB.max" in bytes; 0: it is no such file. */
uint64_t ct_limits_page_bytes(const char *file);

/*
 * Adds what the text of a file says. text is cut up in place. kernel 1: from the kernel, of which
 * what is not understood is skipped; 0: from the caller, who is refused then. 0, -ENOMEM, or
 * -EINVAL with *ret_why, and what stood before the fault may be in l. -ENOENT: no row knows the
 * file.
 */
int ct_limits_parse(contain_limits *l, const char *file, char *text, int kernel,
		    const char **ret_why);

#endif
