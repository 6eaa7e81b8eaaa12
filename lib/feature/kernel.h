/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Cheap questions to the kernel: calls that it must refuse before it does anything. */
#ifndef CT_FEATURE_KERNEL_H
#define CT_FEATURE_KERNEL_H

#include <stdint.h>

struct ct_kernel {
	int lowerdir_add, overlay, clone3, openat2, mount_api;
	int unsure; /* a question failed for a reason that may be gone the next time */
	uint32_t cap_last;
	int landlock_abi; /* 0: none */
};

void ct_kernel_probe(struct ct_kernel *ret);

/* 0 where the call is there, else what the kernel, or a seccomp filter, said: -ENOSYS, -EPERM. */
int ct_probe_clone3(void);
int ct_probe_openat2(void);
int ct_probe_fsopen(void);
int ct_probe_fsconfig(void);
int ct_probe_fsmount(void);
int ct_probe_open_tree(void);
int ct_probe_move_mount(void);
int ct_probe_mount_setattr(void);
int ct_probe_open_tree_attr(void);
int ct_probe_statmount(void);
int ct_probe_listmount(void);

/* Effective capability of the calling thread in its user namespace. */
int ct_has_capability(unsigned cap);

/* Thousand times the major and once the minor number of the release, 6012 for "6.12.3"; or 0. */
unsigned ct_kernel_release(void);

/* 1 where /proc/filesystems lists it. */
int ct_filesystem_listed(const char *type);

#endif
