/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* cgroups(7), Documentation/admin-guide/cgroup-v2.rst */
#include "report.h"

#include "files.h"
#include "kernel.h"

#include <dirent.h>
#include <linux/bpf.h>
#include <string.h>

static void probe_mode(struct ct_survey *s)
{
	static const char *const modes[] = { "none", "legacy", "hybrid", "unified" };
	const struct ct_facts *f = &s->facts;
	uint32_t mode = CONTAIN_FEATURE_CGROUP_MODE, v2 = CONTAIN_FEATURE_CGROUP_V2;

	ct_set_value(s, mode, f->cgroup_mode);
	ct_set_text(s, mode, modes[f->cgroup_mode]);
	ct_available(s, mode);
	if (f->cgroup_mode == CT_CGROUP_NONE)
		ct_missing(s, mode,
			   ct_why(s, "no file system of type cgroup or cgroup2 is "
				     "mounted here"));
	else if (f->cgroup_mode == CT_CGROUP_LEGACY)
		ct_restricted(s, mode, ct_why(s, "only cgroup v1 is mounted here"));
	else if (f->cgroup_mode == CT_CGROUP_HYBRID)
		ct_restricted(s, mode, ct_why(s, "cgroup v1 hierarchies hold controllers"));
	if (*f->v2_mount) {
		ct_available(s, v2);
		ct_set_text(s, v2, f->v2_mount);
	} else {
		ct_missing(s, v2, ct_why(s, "no file system of type cgroup2 is mounted here"));
	}
}

static void probe_controllers(struct ct_survey *s)
{
	/* what v2 has in place of the controllers that only v1 knows */
	static const char *const instead[CT_CONTROLLERS] = {
		[CT_CONTROLLER_FREEZER] = "every v2 group has cgroup.freeze",
		[CT_CONTROLLER_DEVICES] = "v2 groups take BPF programs of type cgroup_device",
		[CT_CONTROLLER_BLKIO] = "v2 calls it io",
		[CT_CONTROLLER_CPUACCT] = "every v2 group has cpu.stat",
	};
	const struct ct_facts *f = &s->facts;

	for (unsigned i = 0; i < CT_CONTROLLERS; i++) {
		uint32_t feature = CONTAIN_FEATURE_CGROUP_CONTROLLER_CPU + i;

		if (f->held[i] == CT_HELD_V2) {
			ct_available(s, feature);
			ct_set_value(s, feature, 2);
			ct_set_text(s, feature, f->v2_mount);
		} else if (f->held[i] == CT_HELD_V1) {
			ct_set_value(s, feature, 1);
			ct_set_text(s, feature, f->v1_mount[i]);
			ct_restricted(s, feature,
				      ct_why(s, "cgroup v1 hierarchy ", f->v1_mount[i],
					     " holds it"));
		} else {
			ct_missing(s, feature,
				   ct_why(s, "no mounted hierarchy holds it",
					  instead[i] ? ": " : "", instead[i] ? instead[i] : ""));
		}
	}
}

static void probe_own_group(struct ct_survey *s)
{
	uint32_t feature = CONTAIN_FEATURE_CGROUP_OWN_GROUP;

	if (*s->facts.own_group) {
		ct_available(s, feature);
		ct_set_text(s, feature, s->facts.own_group);
	} else {
		ct_missing(s, feature,
			   ct_why(s, *s->facts.v2_mount ?
					     "the caller's group is not below the cgroup2 mount" :
					     "no file system of type cgroup2 is mounted here"));
	}
}

static void list_controllers(struct ct_survey *s, uint32_t feature, uint32_t bits)
{
	char list[256] = "";

	for (unsigned i = 0; i < CT_CONTROLLERS; i++) {
		if (!(bits & 1u << i))
			continue;
		if (*list)
			strcat(list, " ");
		strcat(list, ct_controller_name(i));
	}
	if (*list) {
		ct_available(s, feature);
		ct_set_text(s, feature, list);
	} else {
		ct_missing(s, feature, ct_why(s, "the group has no v2 controllers to hand out"));
	}
}

static void probe_delegation(struct ct_survey *s)
{
	const struct ct_delegation *d = &s->delegation;
	uint32_t feature = CONTAIN_FEATURE_CGROUP_DELEGATION;
	uint32_t offers = CONTAIN_FEATURE_CGROUP_DELEGATED_CONTROLLERS;

	if (d->state >= CT_DELEGATION_ROOT) {
		ct_available(s, feature);
		ct_set_text(s, feature, d->group);
		list_controllers(s, offers, d->controllers);
		return;
	}
	ct_missing(s, offers, ct_why(s, "no group is delegated to the caller"));
	if (d->state == CT_DELEGATION_BUSY)
		ct_missing(s, feature,
			   ct_why(s, "the caller may write the group ", d->group,
				  ", but it has processes of its own (or is threaded), so "
				  "it cannot hand controllers to groups below it; start in "
				  "a scope with Delegate=yes and move the processes to a "
				  "group below it"));
	else if (d->state == CT_DELEGATION_READ_ONLY)
		ct_missing(s, feature, ct_why(s, s->facts.v2_mount, " is mounted read-only"));
	else if (d->state == CT_DELEGATION_NOT_WRITABLE)
		ct_missing(s, feature,
			   ct_why(s, "neither the caller's group ", s->facts.own_group,
				  " nor one above it is writable for "
				  "the caller (directory, cgroup.procs, "
				  "cgroup.subtree_control); a scope with Delegate=yes is"));
	else
		ct_missing(s, feature,
			   ct_why(s, *s->facts.v2_mount ?
					     "the caller's group is not below the cgroup2 mount" :
					     "no file system of type cgroup2 is mounted here"));
}

struct entry {
	uint64_t ino;
	int64_t off;
	uint16_t reclen;
	uint8_t type;
	char name[];
};

/* Some directory in dir_fd. 0, or -ENOENT. */
static int first_directory(int dir_fd, char *ret_name, size_t size)
{
	_Alignas(struct entry) char buf[4096];
	const struct entry *e;
	ssize_t n, at;

	while ((n = ct_sys_getdents64(dir_fd, buf, sizeof(buf))) > 0) {
		for (at = 0; at < n; at += e->reclen) {
			e = (const struct entry *)(const void *)(buf + at);
			if (e->type != DT_DIR || e->name[0] == '.' || strlen(e->name) >= size)
				continue;
			strcpy(ret_name, e->name);
			return 0;
		}
	}
	return -ENOENT;
}

/* A group that is not the root, as a path: the caller's own, or the first one there is. */
static int some_group(const struct ct_facts *f, char *path)
{
	char name[256];
	int fd, r;

	strcpy(path, f->v2_mount);
	if (*f->own_group && strcmp(f->own_group, "/") != 0) {
		strcat(path, f->own_group);
		return 0;
	}
	fd = ct_sys_openat(AT_FDCWD, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
	if (fd < 0)
		return fd;
	r = first_directory(fd, name, sizeof(name));
	ct_sys_close(fd);
	if (r == 0) {
		strcat(path, "/");
		strcat(path, name);
	}
	return r;
}

/*
 * The root group has no cgroup.kill, every other has it or none. Where there is no other group at
 * all the release has to do: no group is made for the question.
 */
static int has_cgroup_kill(const struct ct_facts *f)
{
	char path[2 * CT_GROUP_MAX + 32];
	int r = some_group(f, path);

	if (r == -ENOENT)
		return ct_kernel_release() >= 5014 ? 0 : -ENOSYS;
	if (r < 0)
		return r;
	strcat(path, "/cgroup.kill");
	r = ct_sys_faccessat2(AT_FDCWD, path, F_OK, 0);
	return r == -ENOENT ? -ENOSYS : r;
}

static void probe_kill(struct ct_survey *s)
{
	uint32_t feature = CONTAIN_FEATURE_CGROUP_KILL;

	if (*s->facts.v2_mount)
		ct_by_errno(s, feature, has_cgroup_kill(&s->facts));
	else
		ct_missing(s, feature, ct_why(s, "no file system of type cgroup2 is mounted here"));
}

/* The shortest program: what is not attached to a group decides nothing. */
static void probe_devices(struct ct_survey *s)
{
	static const struct bpf_insn allow[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = 1 },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	uint32_t feature = CONTAIN_FEATURE_CGROUP_DEVICES;
	union bpf_attr attr;
	int fd;

	memset(&attr, 0, sizeof(attr));
	attr.prog_type = BPF_PROG_TYPE_CGROUP_DEVICE;
	attr.insns = (uint64_t)(uintptr_t)allow;
	attr.insn_cnt = sizeof(allow) / sizeof(allow[0]);
	attr.license = (uint64_t)(uintptr_t)"";
	fd = ct_sys_bpf(BPF_PROG_LOAD, &attr, sizeof(attr));
	if (fd >= 0)
		ct_sys_close(fd);
	if (!*s->facts.v2_mount)
		ct_missing(s, feature, ct_why(s, "no file system of type cgroup2 is mounted here"));
	else if (fd == -EPERM)
		ct_missing(s, feature,
			   ct_why(s, "loading a program needs CAP_BPF and CAP_NET_ADMIN on the "
				     "host, not in a user namespace"));
	else
		ct_by_errno(s, feature, fd == -EINVAL ? -ENOSYS : fd < 0 ? fd : 0);
}

static void probe_pressure(struct ct_survey *s)
{
	uint32_t feature = CONTAIN_FEATURE_PRESSURE;
	char text[256];
	ssize_t n = ct_read_once("/proc/pressure/cpu", text, sizeof(text));

	if (n == -EOPNOTSUPP)
		ct_missing(s, feature,
			   ct_why(s, "in this kernel, but not switched on: boot with psi=1"));
	else
		ct_by_errno(s, feature, n == -ENOENT ? -ENOSYS : n < 0 ? (int)n : 0);
}

void ct_probe_cgroups(struct ct_survey *s)
{
	probe_mode(s);
	probe_controllers(s);
	probe_own_group(s);
	probe_delegation(s);
	probe_kill(s);
	probe_devices(s);
	probe_pressure(s);
}
