/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "feature.h"

#include "../sys/sys.h"
#include "delegation.h"
#include "files.h"
#include "host_tree.h"
#include "kernel.h"
#include "root.h"

#include <stdlib.h>
#include <string.h>

/* What does not depend on who asks. */
struct kept {
	int unsure; /* something failed that may work the next time: not to be kept */
	struct ct_kernel kernel;
	uint32_t v2_controllers;
	uint64_t mnt_ns; /* inode of the mount namespace */
	struct ct_cgroup_mounts mounts;
};

/*
 * Who uses it takes it out and puts it back, so that nobody reads what another thread frees, and
 * without a lock that a fork could leave taken. A thread that finds it taken asks the kernel.
 */
static struct kept *cache;

static struct kept *take(void)
{
	return __atomic_exchange_n(&cache, NULL, __ATOMIC_ACQ_REL);
}

static void put(struct kept *k)
{
	free(__atomic_exchange_n(&cache, k, __ATOMIC_ACQ_REL));
}

void ct_facts_drop(void)
{
	free(take());
}

static const char *const names[CT_CONTROLLERS] = {
	"cpu",	"cpuset", "io",	     "memory",	"hugetlb", "pids",
	"rdma", "misc",	  "freezer", "devices", "blkio",   "cpuacct",
};

const char *ct_controller_name(unsigned controller)
{
	return controller < CT_CONTROLLERS ? names[controller] : NULL;
}

static uint64_t mount_namespace(void)
{
	struct stat st;

	if (ct_sys_newfstatat(AT_FDCWD, "/proc/thread-self/ns/mnt", &st, 0) < 0)
		return 0;
	return st.st_ino;
}

/* One call: either the v2 mount is the very one that was found, or none was found here. */
static int is_current(const struct kept *k)
{
	if (k->mounts.v2_id)
		return ct_mount_id(k->mounts.v2_mount) == k->mounts.v2_id;
	return k->mnt_ns == mount_namespace();
}

static void find(struct kept *k)
{
	char path[CT_GROUP_MAX + 32], list[512];
	int r;

	ct_kernel_probe(&k->kernel);
	k->unsure = k->kernel.unsure;
	k->mnt_ns = mount_namespace();
	k->v2_controllers = 0;
	/* without /proc there is nothing to say about cgroups, and that is what it says */
	r = ct_cgroup_mounts_read(&k->mounts);
	if (r < 0)
		memset(&k->mounts, 0, sizeof(k->mounts));
	k->unsure |= k->mounts.unsure || !k->mnt_ns || (r < 0 && r != -ENOENT && r != -EACCES);
	if (!k->mounts.v2_id)
		return;
	strcpy(path, k->mounts.v2_mount);
	strcat(path, "/cgroup.controllers");
	r = (int)ct_read_once(path, list, sizeof(list));
	if (r > 0)
		k->v2_controllers = ct_controllers_parse(list, ' ');
	k->unsure |= r < 0;
}

static void tell_cgroups(struct ct_facts *out, const struct kept *k)
{
	const struct ct_cgroup_mounts *m = &k->mounts;
	int on_v1 = 0;

	for (int i = 0; i < CT_CONTROLLERS; i++) {
		strcpy(out->v1_mount[i], m->v1_mount[i]);
		out->held[i] = CT_HELD_NONE;
		if (k->v2_controllers & 1u << i)
			out->held[i] = CT_HELD_V2;
		else if (*m->v1_mount[i])
			out->held[i] = CT_HELD_V1;
		on_v1 |= *m->v1_mount[i] != 0;
	}
	strcpy(out->v2_mount, m->v2_mount);
	out->v2_nsdelegate = m->v2_nsdelegate != 0;
	if (!m->v2_id)
		out->cgroup_mode = m->v1 ? CT_CGROUP_LEGACY : CT_CGROUP_NONE;
	else
		out->cgroup_mode = on_v1 ? CT_CGROUP_HYBRID : CT_CGROUP_UNIFIED;
}

static void tell_kernel(struct ct_facts *out, const struct ct_kernel *k)
{
	out->lowerdir_add = k->lowerdir_add;
	out->overlay = k->overlay;
	out->clone3 = k->clone3;
	out->openat2 = k->openat2;
	out->mount_api = k->mount_api;
	out->cap_last = k->cap_last;
	out->landlock_abi = k->landlock_abi;
}

static uint64_t effective_capabilities(void)
{
	struct __user_cap_header_struct header = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct data[2];

	if (ct_sys_capget(&header, data) < 0)
		return 0;
	return (uint64_t)data[1].effective << 32 | data[0].effective;
}

int ct_has_capability(unsigned cap)
{
	return effective_capabilities() >> cap & 1;
}

static void own_group(const char *v2_root, char *ret_group)
{
	struct ct_lines lines = { 0 };
	char *line;

	*ret_group = 0;
	lines.fd = ct_sys_openat(AT_FDCWD, "/proc/thread-self/cgroup", O_RDONLY | O_CLOEXEC, 0);
	if (lines.fd < 0)
		return;
	while (ct_lines_next(&lines, &line) > 0)
		if (ct_own_group_parse(line, v2_root, ret_group, CT_GROUP_MAX) == 0)
			break;
	ct_sys_close(lines.fd);
	free(lines.buf);
}

/* The initial user namespace's inode has a fixed number: PROC_USER_INIT_INO of linux/proc_ns.h. */
int ct_in_user_ns(void)
{
	struct stat st;

	if (ct_sys_newfstatat(AT_FDCWD, "/proc/self/ns/user", &st, 0) < 0)
		return 0;
	return st.st_ino != 0xEFFFFFFDU;
}

static int setgroups_denied(void)
{
	char text[16];

	return ct_read_once("/proc/self/setgroups", text, sizeof(text)) > 0 &&
	       !strncmp(text, "deny", 4);
}

int ct_facts_get(struct ct_facts *out)
{
	struct ct_delegation delegation;
	char v2_root[CT_GROUP_MAX];
	struct kept *k = take();
	uint32_t controllers;
	uint64_t caps;

	if (!k || !is_current(k)) {
		free(k);
		k = malloc(sizeof(*k));
		if (!k)
			return -ENOMEM;
		find(k);
		if (k->unsure) /* once more; who is still unsure then asks again the next time */
			find(k);
	}
	tell_kernel(out, &k->kernel);
	tell_cgroups(out, k);
	strcpy(v2_root, k->mounts.v2_root);
	controllers = k->v2_controllers;
	if (k->unsure)
		free(k);
	else
		put(k);

	out->host_tree = ct_host_tree_find;
	out->initial_root = ct_root_is_initial();
	out->euid = (uint32_t)ct_sys_geteuid();
	out->egid = (uint32_t)ct_sys_getegid();
	caps = effective_capabilities();
	out->is_privileged = out->euid == 0 && caps >> CAP_SYS_ADMIN & 1;
	out->user_ns = out->is_privileged && ct_in_user_ns();
	out->no_setgroups = out->user_ns && setgroups_denied();
	out->no_setgid = out->is_privileged && !(caps >> CAP_SETGID & 1);
	out->own_group[0] = 0;
	if (*out->v2_mount)
		own_group(v2_root, out->own_group);
	ct_delegation_find(out->v2_mount, out->own_group,
			   out->is_privileged && !out->user_ns ? CT_HOST_ROOT : out->is_privileged,
			   &controllers, &delegation);
	out->delegated[0] = 0;
	out->delegated_controllers = 0;
	if (delegation.state >= CT_DELEGATION_ROOT) {
		strcpy(out->delegated, delegation.group);
		out->delegated_controllers = delegation.controllers;
	}
	return 0;
}
