/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What /proc and /sys of the container are like. */
#include "mount.h"

#include <contain/spec_root.h>
#include <errno.h>

int container_spec_set_proc(container_spec *spec, uint32_t hidepid, int subset_pid)
{
	struct ct_mount_part *p;
	int r = ct_mount_part_of(spec, "proc", &p);

	if (r < 0)
		return r;
	if (hidepid > CONTAIN_PROC_HIDEPID_PTRACEABLE || hidepid == 3)
		return ct_spec_fail(spec, -EINVAL, "proc.hidepid",
				    "%u is none of CONTAIN_PROC_HIDEPID_*", hidepid);
	if (subset_pid & ~1)
		return ct_spec_fail(spec, -EINVAL, "proc.subset_pid", "is %d, not 0 or 1",
				    subset_pid);
	p->hidepid = hidepid;
	p->subset_pid = subset_pid;
	return 0;
}

int container_spec_set_sysfs(container_spec *spec, int mode)
{
	struct ct_mount_part *p;
	int r = ct_mount_part_of(spec, "sysfs", &p);

	if (r < 0)
		return r;
	if (mode < CONTAIN_SYSFS_AUTO || mode > CONTAIN_SYSFS_NONE)
		return ct_spec_fail(spec, -EINVAL, "sysfs", "%d is none of CONTAIN_SYSFS_*", mode);
	p->sysfs = mode;
	return 0;
}
