/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef CT_CONTAINER_INSIDE_CHILD_H
#define CT_CONTAINER_INSIDE_CHILD_H

#include "inside.h"
#include "namespace/child.h"

/* Shared by the caller and the children; what is cut was too long to be read anyway. */
struct ct_inside_page {
	int done; /* written last */
	int result;
	char op[32], object[4096], hint[512], log[3000];
};

struct ct_inside_child {
	const struct ct_inside *job;
	struct ct_inside_page *page;
	size_t n; /* namespaces to join; the mount namespace is the first */
	int ns[CT_NS_TYPES];
	uint64_t type[CT_NS_TYPES];
	int sock[2]; /* the caller's end, the child's end */
	int caller;  /* pidfd */
	uint64_t until_nsec;
};

extern const char ct_inside_late[], ct_inside_unsupported[];

/* In the child: does not return. */
void ct_inside_child_main(struct ct_inside_child *ch) __attribute__((noreturn));

#endif
