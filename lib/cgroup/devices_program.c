/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Rules to eBPF. The program holds what is asked for and not decided yet in one register and goes
 * through the rules from the last to the first: a rule that denies any of it ends it, one that
 * allows takes its part away, and when nothing is left the use is allowed. Every jump stays inside
 * its rule, so that the number of rules is not bounded by the reach of a jump.
 */
#include "devices.h"

#include <errno.h>
#include <linux/bpf.h>
#include <stdlib.h>
#include <string.h>

#define HEAD 9	   /* instructions before the first rule */
#define PER_RULE 7 /* at most */
#define TAIL 2

#define PENDING BPF_REG_3
#define TYPE BPF_REG_2
#define MAJOR BPF_REG_4
#define MINOR BPF_REG_5

#define ACCESS_ALL (CONTAIN_DEVICE_MKNOD | CONTAIN_DEVICE_READ | CONTAIN_DEVICE_WRITE)

struct writer {
	struct bpf_insn *v;
	size_t n;
};

static void put(struct writer *w, int code, int dst, int src, int off, int32_t imm)
{
	w->v[w->n++] = (struct bpf_insn){ .code = (uint8_t)code,
					  .dst_reg = (uint8_t)dst & 15,
					  .src_reg = (uint8_t)src & 15,
					  .off = (int16_t)off,
					  .imm = imm };
}

static void put_load(struct writer *w, int reg, size_t offset)
{
	put(w, BPF_LDX | BPF_MEM | BPF_W, reg, BPF_REG_1, (int)offset, 0);
}

static void put_unless(struct writer *w, int reg, int32_t value, size_t skip)
{
	put(w, BPF_JMP32 | BPF_JNE | BPF_K, reg, 0, (int)skip, value);
}

static void put_end(struct writer *w, int allow)
{
	put(w, BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_0, 0, 0, allow);
	put(w, BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
}

static void put_head(struct writer *w)
{
	put_load(w, TYPE, offsetof(struct bpf_cgroup_dev_ctx, access_type));
	put(w, BPF_ALU | BPF_MOV | BPF_X, PENDING, TYPE, 0, 0);
	put(w, BPF_ALU | BPF_RSH | BPF_K, PENDING, 0, 0, 16);
	put(w, BPF_ALU | BPF_AND | BPF_K, TYPE, 0, 0, 0xffff);
	put_load(w, MAJOR, offsetof(struct bpf_cgroup_dev_ctx, major));
	put_load(w, MINOR, offsetof(struct bpf_cgroup_dev_ctx, minor));
	put_unless(w, PENDING, 0, 2);
	put_end(w, 1);
}

/* What is done for a device that the rule speaks of. */
static void put_action(struct writer *w, const struct ct_device_rule *r)
{
	if (r->access == ACCESS_ALL) {
		put_end(w, r->allow);
	} else if (r->allow) {
		put(w, BPF_ALU | BPF_AND | BPF_K, PENDING, 0, 0, ~(int32_t)r->access);
		put_unless(w, PENDING, 0, 2);
		put_end(w, 1);
	} else {
		put(w, BPF_JMP32 | BPF_JSET | BPF_K, PENDING, 0, 1, r->access);
		put(w, BPF_JMP | BPF_JA, 0, 0, 2, 0);
		put_end(w, 0);
	}
}

static void put_rule(struct writer *w, const struct ct_device_rule *r)
{
	size_t tests = (r->type != (CT_DEVICE_BLOCK | CT_DEVICE_CHAR)) + (r->major >= 0) +
		       (r->minor >= 0);
	size_t skip = tests + (r->access == ACCESS_ALL ? 2 : 4);

	if (r->type != (CT_DEVICE_BLOCK | CT_DEVICE_CHAR))
		put_unless(w, TYPE, r->type, --skip);
	if (r->major >= 0)
		put_unless(w, MAJOR, r->major, --skip);
	if (r->minor >= 0)
		put_unless(w, MINOR, r->minor, --skip);
	put_action(w, r);
}

/* Nothing is looked at below it, and the kernel refuses a program with code that is never run. */
static int is_last_word(const struct ct_device_rule *r)
{
	return r->access == ACCESS_ALL && r->major < 0 && r->minor < 0 &&
	       r->type == (CT_DEVICE_BLOCK | CT_DEVICE_CHAR);
}

int ct_devices_program(const struct contain_devices *devices, void **ret_insns, size_t *ret_bytes)
{
	struct writer w = { 0 };
	int closed = 0;

	w.v = reallocarray(NULL, HEAD + TAIL + devices->n * PER_RULE, sizeof(*w.v));
	if (!w.v)
		return -ENOMEM;
	put_head(&w);
	for (size_t i = devices->n; i-- && !closed;) {
		put_rule(&w, &devices->v[i]);
		closed = is_last_word(&devices->v[i]);
	}
	if (!closed)
		put_end(&w, 0);
	*ret_insns = w.v;
	*ret_bytes = w.n * sizeof(*w.v);
	return 0;
}
