/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef CT_CGROUP_DELEGATE_H
#define CT_CGROUP_DELEGATE_H

#include <stddef.h>
#include <stdint.h>

#define CT_DELEGATE_MAX 64

/* The files of a group that its user gets, and whose they were; name "": the directory. */
struct ct_delegate {
	size_t n;
	struct ct_delegate_file {
		char name[64];
		int changed;
		uint32_t uid, gid;
	} file[CT_DELEGATE_MAX + 1];
};

/* One name a line; room for one more is left. -EINVAL: no name, too many, or none at all. */
int ct_delegate_parse(const char *text, struct ct_delegate *ret);

#endif
