/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the child can do: the functions of every module, by the rows of its steps. */
#include "plan/module.h"

extern ct_step_run *const ct_namespace_runs[], *const ct_cgroup_runs[], *const ct_rootfs_runs[],
	*const ct_mount_runs[], *const ct_process_runs[], *const ct_terminal_runs[],
	*const ct_seccomp_runs[], *const ct_landlock_runs[], *const ct_label_runs[];
extern ct_step_run *const *const ct_child_runs[CT_MODULES];

ct_step_run *const *const ct_child_runs[CT_MODULES] = {
	[CT_MODULE_NAMESPACE] = ct_namespace_runs, [CT_MODULE_CGROUP] = ct_cgroup_runs,
	[CT_MODULE_ROOTFS] = ct_rootfs_runs,	   [CT_MODULE_MOUNT] = ct_mount_runs,
	[CT_MODULE_PROCESS] = ct_process_runs,	   [CT_MODULE_TERMINAL] = ct_terminal_runs,
	[CT_MODULE_SECCOMP] = ct_seccomp_runs,
	[CT_MODULE_LANDLOCK] = ct_landlock_runs, [CT_MODULE_LABEL] = ct_label_runs,
};
