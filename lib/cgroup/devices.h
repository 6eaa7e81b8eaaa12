/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Rules about devices, the program that the kernel takes on v2, and the words that v1 takes. */
#ifndef CT_CGROUP_DEVICES_H
#define CT_CGROUP_DEVICES_H

#include <contain/cgroup_devices.h>
#include <stddef.h>
#include <stdint.h>

/* The verifier of the kernel follows 8192 jumps that it has not looked at; a rule has up to 4. */
#define CT_DEVICES_MAX 1024
#define CT_DEVICES_MAJOR_MAX 4095    /* the kernel's dev_t: 12 bits and 20 */
#define CT_DEVICES_MINOR_MAX 1048575

/* The kernel's numbers (BPF_DEVCG_DEV_*), as bits of a rule. */
#define CT_DEVICE_BLOCK 1
#define CT_DEVICE_CHAR 2

struct ct_device_rule {
	int32_t major, minor; /* -1: any */
	uint8_t allow;
	uint8_t type;	/* CT_DEVICE_*, one or both */
	uint8_t access; /* CONTAIN_DEVICE_* */
};

struct contain_devices {
	struct ct_device_rule *v;
	size_t n, room;
};

/* Adds a rule that was found good. -E2BIG, -ENOMEM. */
int ct_devices_add(struct contain_devices *devices, struct ct_device_rule rule);

/*
 * The rules as eBPF instructions for BPF_PROG_TYPE_CGROUP_DEVICE; freed with free(3). Pure: the
 * same rules give the same bytes. 0 or -ENOMEM.
 */
int ct_devices_program(const struct contain_devices *devices, void **ret_insns, size_t *ret_bytes);

/* The call that failed, for the hint. */
enum ct_devices_why {
	CT_DEVICES_LOAD = 1,
	CT_DEVICES_LOOK, /* which programs are attached */
	CT_DEVICES_ATTACH,
};

/*
 * Loads a program and attaches it to the v2 group. Where is_new is 0, one of ours that is attached
 * already is replaced in the same call that attaches; a group that was made just now has none, and
 * is not asked. *ret_why: enum ct_devices_why, after a failure.
 */
int ct_devices_attach_program(int group_fd, const void *insns, size_t bytes, int is_new,
			      int *ret_why);

/* Why, for people, or NULL. */
const char *ct_devices_hint(int err, int why);

/* Its system calls, as explain prints them: for a new group, and for one that may have rules. */
#define CT_DEVICES_CALLS_NEW "bpf bpf close"
#define CT_DEVICES_CALLS "bpf ( bpf ( bpf bpf close? )* bpf close? )* ( bpf close )* close"

/*
 * The same for v1: lines "devices.deny a" and "devices.allow c 1:3 rwm", which hold in this order
 * in a group without groups below it; freed with free(3). -EOPNOTSUPP: v1 cannot say it, *ret_why
 * why; -ENOMEM.
 */
int ct_devices_v1(const struct contain_devices *devices, char **ret_lines, const char **ret_why);

#endif
