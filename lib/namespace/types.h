/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The eight types of namespaces(7), by flag and by their name in /proc/PID/ns. */
#ifndef CT_NAMESPACE_TYPES_H
#define CT_NAMESPACE_TYPES_H

#include <stdint.h>

enum ct_ns_index {
	CT_NS_USER,
	CT_NS_MNT,
	CT_NS_PID,
	CT_NS_UTS,
	CT_NS_IPC,
	CT_NS_NET,
	CT_NS_CGROUP,
	CT_NS_TIME,
	CT_NS_TYPES,
};

struct ct_ns_type {
	uint64_t type; /* CONTAIN_NS_* */
	const char *name;
};

/* In the order in which they are told to people. */
extern const struct ct_ns_type ct_ns_types[CT_NS_TYPES];

/* The index of one type, or -1. */
int ct_ns_index(uint64_t type);

#endif
