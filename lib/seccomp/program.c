/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "program.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <stdlib.h>
#include <string.h>

#if defined(__x86_64__)
#define NATIVE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define NATIVE AUDIT_ARCH_AARCH64
#endif

static int bad_at(struct ct_seccomp_bad *bad, size_t at, const char *why)
{
	bad->at = (int)at;
	bad->why = why;
	return -EINVAL;
}

/* ---- the kernel's rules: bpf_check_classic() and seccomp_check_filter() ---- */

static const char *check_load(const struct sock_filter *f)
{
	if (f->k >= sizeof(struct seccomp_data))
		return "loads from beyond struct seccomp_data";
	return f->k & 3 ? "loads from an offset that is no multiple of 4" : NULL;
}

static const char *check_alu(const struct sock_filter *f)
{
	switch (BPF_OP(f->code)) {
	case BPF_DIV:
		return BPF_SRC(f->code) == BPF_K && !f->k ? "divides by 0" : NULL;
	case BPF_LSH:
	case BPF_RSH:
		return BPF_SRC(f->code) == BPF_K && f->k >= 32 ? "shifts by 32 or more" : NULL;
	default:
		return NULL;
	}
}

static const char *check_jump(const struct sock_filter *f, size_t at, size_t n)
{
	size_t rest = n - at - 1;

	if (BPF_OP(f->code) == BPF_JA)
		return f->k >= rest ? "jumps beyond the end" : NULL;
	return f->jt >= rest || f->jf >= rest ? "jumps beyond the end" : NULL;
}

static int known_code(uint16_t code)
{
	switch (code) {
	case BPF_LD | BPF_W | BPF_ABS:
	case BPF_LD | BPF_W | BPF_LEN:
	case BPF_LDX | BPF_W | BPF_LEN:
	case BPF_LD | BPF_IMM:
	case BPF_LDX | BPF_IMM:
	case BPF_LD | BPF_MEM:
	case BPF_LDX | BPF_MEM:
	case BPF_ST:
	case BPF_STX:
	case BPF_MISC | BPF_TAX:
	case BPF_MISC | BPF_TXA:
	case BPF_RET | BPF_K:
	case BPF_RET | BPF_A:
	case BPF_ALU | BPF_NEG:
	case BPF_JMP | BPF_JA:
		return 1;
	default:
		break;
	}
	if (code & ~0xffU)
		return 0;
	if (BPF_CLASS(code) == BPF_ALU)
		return BPF_OP(code) != BPF_MOD && BPF_OP(code) <= BPF_XOR &&
		       BPF_OP(code) != BPF_NEG;
	if (BPF_CLASS(code) == BPF_JMP)
		return BPF_OP(code) >= BPF_JEQ && BPF_OP(code) <= BPF_JSET;
	return 0;
}

static const char *check_one(const struct sock_filter *f, size_t at, size_t n)
{
	if (!known_code(f->code))
		return "is no instruction that seccomp(2) takes";
	switch (BPF_CLASS(f->code)) {
	case BPF_LD:
		if (BPF_MODE(f->code) == BPF_ABS)
			return check_load(f);
		/* fall through */
	case BPF_LDX:
	case BPF_ST:
	case BPF_STX:
		if ((BPF_CLASS(f->code) >= BPF_ST || BPF_MODE(f->code) == BPF_MEM) &&
		    f->k >= BPF_MEMWORDS)
			return "has no such word of memory";
		return NULL;
	case BPF_ALU:
		return check_alu(f);
	case BPF_JMP:
		return check_jump(f, at, n);
	default:
		return NULL;
	}
}

/* No word of memory is read that was not written on every way to it. */
static int check_memory(const struct sock_filter *code, size_t n, struct ct_seccomp_bad *bad)
{
	uint16_t *valid = malloc(n * sizeof(*valid)), now = 0;
	int r = 0;

	if (!valid)
		return -ENOMEM;
	memset(valid, 0xff, n * sizeof(*valid));
	for (size_t i = 0; i < n && !r; i++) {
		const struct sock_filter *f = &code[i];
		int cls = BPF_CLASS(f->code);

		now &= valid[i];
		if (cls == BPF_ST || cls == BPF_STX) {
			now |= (uint16_t)(1U << f->k);
		} else if ((cls == BPF_LD || cls == BPF_LDX) && BPF_MODE(f->code) == BPF_MEM) {
			if (!(now >> f->k & 1))
				r = bad_at(bad, i, "reads memory that was not written");
		} else if (cls == BPF_JMP && BPF_OP(f->code) == BPF_JA) {
			valid[i + 1 + f->k] &= now;
			now = 0xffff;
		} else if (cls == BPF_JMP) {
			valid[i + 1 + f->jt] &= now;
			valid[i + 1 + f->jf] &= now;
			now = 0xffff;
		}
	}
	free(valid);
	return r;
}

int ct_seccomp_check(const struct sock_filter *code, size_t n, struct ct_seccomp_bad *bad)
{
	if (!n)
		return bad_at(bad, (size_t)-1, "has no instruction");
	if (n > CT_SECCOMP_MAX)
		return bad_at(bad, (size_t)-1, "has more than 4096 instructions");
	for (size_t i = 0; i < n; i++) {
		const char *why = check_one(&code[i], i, n);

		if (why)
			return bad_at(bad, i, why);
	}
	if (BPF_CLASS(code[n - 1].code) != BPF_RET)
		return bad_at(bad, n - 1, "is the last one and does not return");
	return check_memory(code, n, bad);
}

/* ---- what it may answer ---- */

struct value {
	uint32_t v;
	uint8_t known;
};

/* What is the same on all ways to an instruction. Jumps lead forward only: one pass does. */
struct state {
	struct value a, x, mem[BPF_MEMWORDS];
	uint8_t reached;
};

/* The word of struct seccomp_data that is looked at, where the question fixes it. */
struct asked {
	int any; /* any call of any architecture */
	uint32_t nr;
};

static void join_value(struct value *into, struct value from)
{
	if (!from.known || into->v != from.v)
		into->known = 0;
}

static void join(struct state *into, const struct state *from)
{
	if (!into->reached) {
		*into = *from;
		into->reached = 1;
		return;
	}
	join_value(&into->a, from->a);
	join_value(&into->x, from->x);
	for (int i = 0; i < BPF_MEMWORDS; i++)
		join_value(&into->mem[i], from->mem[i]);
}

static uint32_t answer_of(uint32_t ret, int *ret_errno)
{
	switch (ret & SECCOMP_RET_ACTION_FULL) {
	case SECCOMP_RET_ALLOW:
	case SECCOMP_RET_LOG:
		return CT_ANSWER_ALLOW;
	case SECCOMP_RET_ERRNO:
		if (ret_errno)
			*ret_errno = (int)(ret & SECCOMP_RET_DATA);
		return CT_ANSWER_ERRNO;
	case SECCOMP_RET_TRACE: /* nobody traces it */
		if (ret_errno)
			*ret_errno = ENOSYS;
		return CT_ANSWER_ERRNO;
	case SECCOMP_RET_TRAP:
		return CT_ANSWER_TRAP;
	case SECCOMP_RET_USER_NOTIF:
		return CT_ANSWER_NOTIFY;
	default: /* unknown actions kill, too */
		return CT_ANSWER_KILL;
	}
}

static struct value data(const struct asked *q, uint32_t at)
{
	struct value v = { 0, !q->any };

	if (at == offsetof(struct seccomp_data, nr))
		v.v = q->nr;
	else if (at == offsetof(struct seccomp_data, arch))
		v.v = NATIVE;
	else
		v.known = 0;
	return v;
}

static struct value alu(uint16_t code, struct value a, struct value b)
{
	struct value r = { 0, a.known && b.known };

	if (!r.known)
		return r;
	switch (BPF_OP(code)) {
	case BPF_ADD: r.v = a.v + b.v; break;
	case BPF_SUB: r.v = a.v - b.v; break;
	case BPF_MUL: r.v = a.v * b.v; break;
	case BPF_DIV: r.v = b.v ? a.v / b.v : 0; break;
	case BPF_AND: r.v = a.v & b.v; break;
	case BPF_OR: r.v = a.v | b.v; break;
	case BPF_XOR: r.v = a.v ^ b.v; break;
	case BPF_LSH: r.v = a.v << (b.v & 31); break;
	case BPF_RSH: r.v = a.v >> (b.v & 31); break;
	default: r.known = 0; break;
	}
	/* the kernel answers 0 to a division by 0 in X, and that is a return of it: not known */
	if (BPF_OP(code) == BPF_DIV && !b.v)
		r.known = 0;
	return r;
}

/* 1: the branch is taken, 0: it is not, -1: either. */
static int test(const struct sock_filter *f, const struct state *s)
{
	struct value b = { f->k, 1 };

	if (BPF_SRC(f->code) == BPF_X)
		b = s->x;
	if (!s->a.known || !b.known)
		return -1;
	switch (BPF_OP(f->code)) {
	case BPF_JEQ:
		return s->a.v == b.v;
	case BPF_JGT:
		return s->a.v > b.v;
	case BPF_JGE:
		return s->a.v >= b.v;
	default:
		return (s->a.v & b.v) != 0;
	}
}

static void step_data(const struct sock_filter *f, const struct asked *q, struct state *s)
{
	const struct value k = { f->k, 1 }, length = { sizeof(struct seccomp_data), 1 };
	struct value *to = BPF_CLASS(f->code) == BPF_LDX ? &s->x : &s->a;

	switch (BPF_CLASS(f->code)) {
	case BPF_LD:
	case BPF_LDX:
		if (BPF_MODE(f->code) == BPF_ABS)
			*to = data(q, f->k);
		else if (BPF_MODE(f->code) == BPF_MEM)
			*to = s->mem[f->k];
		else
			*to = BPF_MODE(f->code) == BPF_LEN ? length : k;
		break;
	case BPF_ST:
		s->mem[f->k] = s->a;
		break;
	case BPF_STX:
		s->mem[f->k] = s->x;
		break;
	case BPF_ALU:
		if (BPF_OP(f->code) == BPF_NEG)
			s->a.v = -s->a.v;
		else
			s->a = alu(f->code, s->a, BPF_SRC(f->code) == BPF_X ? s->x : k);
		break;
	default: /* BPF_MISC */
		if (BPF_MISCOP(f->code) == BPF_TAX)
			s->x = s->a;
		else
			s->a = s->x;
		break;
	}
}

static uint32_t walk(const struct sock_filter *code, size_t n, const struct asked *q,
		     struct state *at, int *ret_errno)
{
	uint32_t answers = 0;

	at[0].reached = at[0].a.known = at[0].x.known = 1;
	for (size_t i = 0; i < n; i++) {
		const struct sock_filter *f = &code[i];
		struct state s = at[i];
		int t;

		if (!s.reached)
			continue;
		switch (BPF_CLASS(f->code)) {
		case BPF_RET:
			if (BPF_RVAL(f->code) == BPF_K)
				answers |= answer_of(f->k, ret_errno);
			else if (s.a.known)
				answers |= answer_of(s.a.v, ret_errno);
			else
				answers |= CT_ANSWER_ALLOW | CT_ANSWER_ERRNO | CT_ANSWER_KILL |
					   CT_ANSWER_TRAP | CT_ANSWER_NOTIFY;
			break;
		case BPF_JMP:
			t = BPF_OP(f->code) == BPF_JA ? 1 : test(f, &s);
			if (t)
				join(&at[i + 1 +
					 (BPF_OP(f->code) == BPF_JA ? f->k : f->jt)], &s);
			if (t <= 0)
				join(&at[i + 1 + f->jf], &s);
			break;
		default:
			/* a division by 0 returns 0, which kills */
			if (BPF_CLASS(f->code) == BPF_ALU && BPF_OP(f->code) == BPF_DIV &&
			    BPF_SRC(f->code) == BPF_X)
				answers |= CT_ANSWER_KILL;
			step_data(f, q, &s);
			join(&at[i + 1], &s);
			break;
		}
	}
	return answers;
}

/* Without memory it may be anything. */
static uint32_t ask(const struct sock_filter *code, size_t n, const struct asked *q, int *ret_errno)
{
	struct state *at = calloc(n, sizeof(*at));
	uint32_t answers = CT_ANSWER_ALLOW | CT_ANSWER_KILL;

	if (at)
		answers = walk(code, n, q, at, ret_errno);
	free(at);
	return answers;
}

uint32_t ct_seccomp_answers(const struct sock_filter *code, size_t n, int nr, int *ret_errno)
{
	const struct asked q = { .nr = (uint32_t)nr };

	return ask(code, n, &q, ret_errno);
}

uint32_t ct_seccomp_all_answers(const struct sock_filter *code, size_t n)
{
	const struct asked q = { .any = 1 };

	return ask(code, n, &q, NULL);
}
