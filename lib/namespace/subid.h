/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Subordinate ids, as the files of subuid(5) and subgid(5) give them. */
#ifndef CT_NAMESPACE_SUBID_H
#define CT_NAMESPACE_SUBID_H

#include <contain/error.h>
#include <contain/id_map.h>
#include <stddef.h>
#include <stdint.h>

struct ct_subid_range {
	uint32_t first, count;
};

struct contain_subids {
	struct ct_subid_range *range;
	size_t n;
};

/* The file of CONTAIN_ID_*. */
const char *ct_subids_path(int kind);

#endif
