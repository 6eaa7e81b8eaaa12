/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What pivot_root(2) asks of the root of the calling thread. */
#ifndef CT_FEATURE_ROOT_H
#define CT_FEATURE_ROOT_H

enum ct_root_place {
	CT_ROOT_UNKNOWN, /* neither statmount(2) nor /proc tells */
	CT_ROOT_MOUNTED, /* the root of a mount that lies on another */
	/* of the first mount of the namespace, which lies on nothing: the initial ramfs */
	CT_ROOT_FIRST,
	CT_ROOT_CHROOT, /* of no mount */
};

/* Never fails: what could not be asked is CT_ROOT_UNKNOWN. */
enum ct_root_place ct_root_place(void);

/*
 * Whether "/" is the initial ramfs. One call where its file system says already that it is none.
 */
int ct_root_is_initial(void);

#endif
