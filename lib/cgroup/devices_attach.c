/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Programs of a group. Ours are told by their name from those of others; one of ours is replaced
 * by the call that attaches the new one. A link would go with the fd that holds it, and the rules
 * have to stay as long as the group.
 */
#include "devices.h"
#include "plan/error.h"
#include "sys/fd.h"
#include "sys/sys.h"

#include <linux/bpf.h>
#include <linux/magic.h>
#include <stdlib.h>
#include <string.h>

#define NAME "contain_devices"
#define PROGRAMS_MAX 64 /* the kernel's own bound for one group */
#define TRIES 64

static uint64_t pointer(const void *p)
{
	return (uint64_t)(uintptr_t)p;
}

/* What a call does not use has to be 0 in the whole of it. */
static int call(int cmd, union bpf_attr *attr)
{
	return ct_sys_bpf(cmd, attr, sizeof(*attr));
}

static int load(const void *insns, size_t bytes)
{
	union bpf_attr a;

	memset(&a, 0, sizeof(a));
	a.prog_type = BPF_PROG_TYPE_CGROUP_DEVICE;
	a.expected_attach_type = BPF_CGROUP_DEVICE;
	a.insns = pointer(insns);
	a.insn_cnt = (uint32_t)(bytes / sizeof(struct bpf_insn));
	a.license = pointer("LGPL-2.1-or-later");
	memcpy(a.prog_name, NAME, sizeof(NAME));
	return ct_fd_up(call(BPF_PROG_LOAD, &a));
}

static int attach(int group_fd, int program, int old)
{
	union bpf_attr a;

	memset(&a, 0, sizeof(a));
	a.target_fd = (uint32_t)group_fd;
	a.attach_bpf_fd = (uint32_t)program;
	a.attach_type = BPF_CGROUP_DEVICE;
	a.attach_flags = BPF_F_ALLOW_MULTI;
	if (old >= 0) {
		a.attach_flags |= BPF_F_REPLACE;
		a.replace_bpf_fd = (uint32_t)old;
	}
	return call(BPF_PROG_ATTACH, &a);
}

static int detach(int group_fd, int program)
{
	union bpf_attr a;

	memset(&a, 0, sizeof(a));
	a.target_fd = (uint32_t)group_fd;
	a.attach_bpf_fd = (uint32_t)program;
	a.attach_type = BPF_CGROUP_DEVICE;
	return call(BPF_PROG_DETACH, &a);
}

static int open_program(uint32_t id)
{
	union bpf_attr a;

	memset(&a, 0, sizeof(a));
	a.prog_id = id;
	return ct_fd_up(call(BPF_PROG_GET_FD_BY_ID, &a));
}

static int is_ours(int program)
{
	struct bpf_prog_info info;
	union bpf_attr a;
	int r;

	memset(&a, 0, sizeof(a));
	memset(&info, 0, sizeof(info));
	a.info.bpf_fd = (uint32_t)program;
	a.info.info_len = sizeof(info);
	a.info.info = pointer(&info);
	r = call(BPF_OBJ_GET_INFO_BY_FD, &a);
	return r < 0 ? r : !strncmp(info.name, NAME, sizeof(info.name));
}

/* How many programs the group itself has; their ids in the order in which they are run. */
static int query(int group_fd, uint32_t *ids)
{
	union bpf_attr a;
	int r;

	memset(&a, 0, sizeof(a));
	a.query.target_fd = (uint32_t)group_fd;
	a.query.attach_type = BPF_CGROUP_DEVICE;
	a.query.prog_ids = pointer(ids);
	a.query.prog_cnt = PROGRAMS_MAX;
	r = call(BPF_PROG_QUERY, &a);
	if (r == -ENOENT) /* the fd of a group that was removed */
		return -ENODEV;
	return r < 0 ? r : (int)a.query.prog_cnt;
}

/* An fd of the first program of ours in ids from *at on, which goes behind it. -ENOENT: none. */
static int next_ours(const uint32_t *ids, int n, int *at)
{
	while (*at < n) {
		int ours, fd = open_program(ids[(*at)++]);

		if (fd == -ENOENT) /* detached and gone meanwhile */
			continue;
		if (fd < 0)
			return fd;
		ours = is_ours(fd);
		if (ours > 0)
			return fd;
		ct_sys_close(fd);
		if (ours < 0)
			return ours;
	}
	return -ENOENT;
}

/* Two callers that began at the same time may both have attached theirs: the older ones go. */
static int detach_rest(int group_fd, const uint32_t *ids, int n, int at)
{
	int fd, r = 0;

	while (!r && (fd = next_ours(ids, n, &at)) != -ENOENT) {
		if (fd < 0)
			return fd;
		r = detach(group_fd, fd);
		ct_sys_close(fd);
		if (r == -ENOENT)
			r = 0;
	}
	return r;
}

/* -ENOENT: what was to be replaced is gone; look again. */
static int replace(int group_fd, int program, int *ret_why)
{
	uint32_t ids[PROGRAMS_MAX];
	int old, r, at = 0, n;

	*ret_why = CT_DEVICES_LOOK;
	n = query(group_fd, ids);
	if (n < 0)
		return n;
	old = next_ours(ids, n, &at);
	if (old < 0 && old != -ENOENT)
		return old;
	*ret_why = CT_DEVICES_ATTACH;
	r = attach(group_fd, program, old);
	if (old >= 0)
		ct_sys_close(old);
	else if (r == -ENOENT)
		r = -ENODEV;
	if (r < 0)
		return r;
	/* the new rules hold; what is left of older ones denies more, never less */
	detach_rest(group_fd, ids, n, at);
	return 0;
}

int ct_devices_attach_program(int group_fd, const void *insns, size_t bytes, int is_new,
			      int *ret_why)
{
	int program, r = -ENOENT;

	*ret_why = CT_DEVICES_LOAD;
	program = load(insns, bytes);
	if (program < 0)
		return program;
	if (is_new) {
		*ret_why = CT_DEVICES_ATTACH;
		r = attach(group_fd, program, -1);
		if (r == -ENOENT)
			r = -ENODEV;
	}
	for (int i = 0; !is_new && i < TRIES && r == -ENOENT; i++)
		r = replace(group_fd, program, ret_why);
	ct_sys_close(program);
	return r == -ENOENT ? -EBUSY : r;
}

const char *ct_devices_hint(int err, int why)
{
	switch (err) {
	case -EPERM:
		if (why == CT_DEVICES_ATTACH)
			return "CAP_NET_ADMIN is missing, or a program for devices at a group "
			       "above, or at this one, was attached so that no other may be";
		if (why == CT_DEVICES_LOOK)
			return "rules that are attached already are looked at and replaced with "
			       "CAP_NET_ADMIN and CAP_SYS_ADMIN in the initial user namespace";
		return "device programs need CAP_BPF and CAP_NET_ADMIN, or CAP_SYS_ADMIN, in the "
		       "initial user namespace; inside of another user namespace nobody can make "
		       "device nodes, and a /dev without the host's needs no rules";
	case -EINVAL:
		return "this kernel has no programs for devices of groups (CONFIG_CGROUP_BPF)";
	case -ENOSYS:
		return "this kernel has no bpf(2) (CONFIG_BPF_SYSCALL), or a seccomp filter "
		       "hides it";
	case -E2BIG:
	case -ENOSPC:
		return "the group has 64 programs for devices, which is all that the kernel takes";
	case -EBUSY:
		return "other callers replaced the rules of the group all the time meanwhile";
	case -ENODEV:
		return "the group was removed";
	default:
		return NULL;
	}
}

static int fail(contain_error **reterr, int err, const char *op, const char *object,
		const char *hint)
{
	return ct_error_simple(reterr, err, CONTAIN_PHASE_PARENT, op, object, hint);
}

static int check_group(contain_error **reterr, int fd, const char *op)
{
	struct statfs fs;
	int r = ct_sys_fstatfs(fd, &fs);

	if (r == 0 && fs.f_type != CGROUP2_SUPER_MAGIC)
		return fail(reterr, -EOPNOTSUPP, op, "group_fd",
			    "the directory is not on a cgroup2 file system; on cgroup v1, rules "
			    "are set with contain_cgroup_v1_apply_devices()");
	return r < 0 ? fail(reterr, r, op, "group_fd", NULL) : 0;
}

/* The same cause has several numbers: one each for callers. */
static int fold(int err)
{
	if (err == -ENOSPC)
		return -E2BIG;
	return err == -ENOSYS || err == -EINVAL ? -EOPNOTSUPP : err;
}

int contain_devices_attach(const contain_devices *devices, int group_fd, contain_error **reterr)
{
	const char *op = "attach-devices";
	int r, why = CT_DEVICES_LOAD;
	size_t bytes = 0;
	void *insns = NULL;

	if (!devices)
		return fail(reterr, -EINVAL, op, "devices", "is NULL");
	r = check_group(reterr, group_fd, op);
	if (r < 0)
		return r;
	r = ct_devices_program(devices, &insns, &bytes);
	if (!r)
		r = ct_devices_attach_program(group_fd, insns, bytes, 0, &why);
	free(insns);
	return r < 0 ? fail(reterr, fold(r), op, "devices", ct_devices_hint(r, why)) : 0;
}

int contain_devices_detach(int group_fd, contain_error **reterr)
{
	const char *op = "detach-devices";
	uint32_t ids[PROGRAMS_MAX];
	int fd, n, at = 0, r = check_group(reterr, group_fd, op);

	if (r < 0)
		return r;
	n = query(group_fd, ids);
	fd = n < 0 ? n : next_ours(ids, n, &at);
	if (fd == -ENOENT)
		return fail(reterr, -ENOENT, op, "group_fd",
			    "nothing of this library is attached to this very group");
	if (fd < 0)
		return fail(reterr, fold(fd), op, "devices", ct_devices_hint(fd, CT_DEVICES_LOOK));
	r = detach(group_fd, fd);
	ct_sys_close(fd);
	if (!r)
		r = detach_rest(group_fd, ids, n, at);
	return r < 0 ? fail(reterr, fold(r), op, "devices", ct_devices_hint(r, CT_DEVICES_ATTACH)) :
		       0;
}
