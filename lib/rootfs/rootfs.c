/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rootfs.h"
#include "plan/error.h"

#include <contain/rootfs.h>
#include <errno.h>

int contain_rootfs_pivot_root(int root_fd, contain_error **reterr)
{
	const char *hint = NULL;
	int r = ct_rootfs_pivot(root_fd);

	if (r == 0)
		return 0;
	if (r == -EINVAL)
		hint = "the new root has to be a mount, and neither its parent mount nor the old "
		       "root's may be shared: "
		       "contain_mount_set_propagation() makes them private";
	else if (r == -EPERM)
		hint = "needs CAP_SYS_ADMIN in the owner of the mount namespace";
	return ct_error_simple(reterr, r, CONTAIN_PHASE_PARENT, "pivot-root", "root_fd", hint);
}
