/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Why the kernel did not take a limit. */
#include "act.h"
#include "group_files.h"
#include "limits.h"

#include <stdio.h>
#include <string.h>

static int has(int group_fd, const char *file)
{
	return ct_sys_faccessat2(group_fd, file, F_OK, 0) == 0;
}

int ct_limits_gone(int group_fd, int err)
{
	return err == -ENOENT && !has(group_fd, "cgroup.procs") ? -ENODEV : err;
}

/* What a kernel needs for the file, where a kernel with the controller may lack it. */
static const char *needs(enum ct_limit_id id)
{
	switch (id) {
	case CT_LIMIT_CPU_IDLE:
		return "Linux 5.15";
	case CT_LIMIT_CPU_MAX:
		return "CONFIG_CFS_BANDWIDTH";
	case CT_LIMIT_CPU_MAX_BURST:
		return "Linux 5.15 and CONFIG_CFS_BANDWIDTH";
	case CT_LIMIT_CPU_UCLAMP_MIN:
	case CT_LIMIT_CPU_UCLAMP_MAX:
		return "CONFIG_UCLAMP_TASK_GROUP";
	case CT_LIMIT_MEMORY_SWAP_HIGH:
	case CT_LIMIT_MEMORY_SWAP_MAX:
		return "CONFIG_SWAP";
	case CT_LIMIT_MEMORY_ZSWAP_MAX:
		return "Linux 5.19 and CONFIG_ZSWAP";
	case CT_LIMIT_IO_WEIGHT:
	case CT_LIMIT_IO_DEVICE_WEIGHT:
		return "CONFIG_BLK_CGROUP_IOCOST";
	case CT_LIMIT_IO_MAX:
		return "CONFIG_BLK_DEV_THROTTLING";
	case CT_LIMIT_IO_LATENCY:
		return "CONFIG_BLK_CGROUP_IOLATENCY";
	case CT_LIMIT_HUGETLB_MAX:
	case CT_LIMIT_HUGETLB_RSVD_MAX:
		return "huge pages of this size (/sys/kernel/mm/hugepages)";
	default:
		return NULL;
	}
}

static int has_controller(int group_fd, const char *name)
{
	char text[512], *at = text;
	size_t n = strlen(name);

	if (ct_group_read(group_fd, "cgroup.controllers", text, sizeof(text)) <= 0)
		return 0;
	for (; *at; at += strspn(at, " \n")) {
		size_t len = strcspn(at, " \n");

		if (len == n && !memcmp(at, name, n))
			return 1;
		at += len;
	}
	return 0;
}

static int is_threaded(int group_fd)
{
	char type[64];

	return ct_group_read(group_fd, "cgroup.type", type, sizeof(type)) > 0 &&
	       !strcmp(type, "threaded\n");
}

static const char *hint_missing(int group_fd, const struct ct_limit *l, char *buf, size_t size)
{
	const char *name, *need = needs(l->row->id);

	if (!has(group_fd, "cgroup.type"))
		return "the root group has no limits";
	if (l->controller >= CT_CONTROLLERS)
		return "the group has no such file";
	name = ct_controller_name(l->controller);
	if (is_threaded(group_fd)) {
		snprintf(buf, size, "a threaded group has no limits of the controller %s", name);
		return buf;
	}
	if (!has_controller(group_fd, name))
		return ct_group_hint_controller(name, strlen(name), buf, size);
	snprintf(buf, size, "the group has the controller %s, but this kernel not this file%s%s",
		 name, need ? ": it needs " : "", need ? need : "");
	return buf;
}

/* "root invalid (Cpu list in cpuset.cpus not exclusive)" */
static const char *hint_partition(int group_fd, char *buf, size_t size)
{
	char text[200];

	if (ct_group_read(group_fd, "cpuset.cpus.partition", text, sizeof(text)) <= 0)
		return NULL;
	text[strcspn(text, "\n")] = 0;
	snprintf(buf, size, "the kernel cannot make this partition: %s", text);
	return buf;
}

static const char *hint_value(int group_fd, const struct ct_limit *l, char *buf, size_t size)
{
	switch (l->row->id) {
	case CT_LIMIT_CPU_WEIGHT:
		return "an idle group (cpu.idle is 1) has no weight";
	case CT_LIMIT_CPU_MAX:
		return "cpu.max.burst of the group is over this quota: set it too";
	case CT_LIMIT_CPU_MAX_BURST:
		return "it is over the quota of cpu.max, or with it over what the kernel counts";
	case CT_LIMIT_CPUSET_CPUS:
		return "the machine does not have all of these processors, or another partition "
		       "has them";
	case CT_LIMIT_CPUSET_MEMS:
		return "the machine does not have all of these memory nodes";
	case CT_LIMIT_CPUSET_PARTITION:
		return hint_partition(group_fd, buf, size);
	case CT_LIMIT_IO_MAX:
	case CT_LIMIT_IO_LATENCY:
		return "it is under the least or over the most that the kernel takes";
	case CT_LIMIT_RDMA_MAX:
		return "the resource is none of rdma.max";
	case CT_LIMIT_MISC_MAX:
		return "this machine has no such resource (misc.capacity of the root group)";
	default:
		return "the kernel does not take this value";
	}
}

static const char *hint_device(int group_fd, const struct ct_limit *l)
{
	if (!has(group_fd, "cgroup.procs"))
		return "the group was removed";
	if (l->row->id == CT_LIMIT_RDMA_MAX)
		return "there is no RDMA device of this name";
	if (l->controller == CT_CONTROLLER_IO)
		return "there is no disk of this number; a partition has no limits of its own: "
		       "contain_block_device() finds the disk";
	return NULL;
}

const char *ct_limits_hint(int group_fd, const struct ct_limit *l, int err, char *buf, size_t size)
{
	switch (-err) {
	case ENOENT:
		return hint_missing(group_fd, l, buf, size);
	case ENODEV:
	case ENXIO:
		return hint_device(group_fd, l);
	case EINVAL:
	case ERANGE:
		return hint_value(group_fd, l, buf, size);
	case EBUSY:
		return l->controller == CT_CONTROLLER_HUGETLB ?
			       "more is in use than this limit" :
			       "it is in use: by a group below or beside it, or by its processes";
	case ENOSPC:
		return "the processes of the group would have no processor or memory node left";
	case EOPNOTSUPP:
		if (l->controller == CT_CONTROLLER_IO)
			return "the disk does not support it";
		return ct_group_hint(err);
	case EAGAIN:
		return NULL;
	default:
		return ct_group_hint(err);
	}
}
