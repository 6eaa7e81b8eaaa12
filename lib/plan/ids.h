/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Ranges of ids of a user namespace, user_namespaces(7). */
#ifndef CT_PLAN_IDS_H
#define CT_PLAN_IDS_H

#include <stddef.h>
#include <stdint.h>

struct ct_id_range {
	uint32_t inside, outside, count;
};

struct ct_id_map {
	struct ct_id_range *range;
	size_t n;
};

/* The id outside that one inside stands for, or -1. */
static inline int64_t ct_id_outside(const struct ct_id_map *m, uint32_t inside)
{
	for (size_t i = 0; i < m->n; i++)
		if (inside - m->range[i].inside < m->range[i].count)
			return (int64_t)m->range[i].outside + (inside - m->range[i].inside);
	return -1;
}

/* The other way. */
static inline int64_t ct_id_inside(const struct ct_id_map *m, uint32_t outside)
{
	for (size_t i = 0; i < m->n; i++)
		if (outside - m->range[i].outside < m->range[i].count)
			return (int64_t)m->range[i].inside + (outside - m->range[i].outside);
	return -1;
}

#endif
