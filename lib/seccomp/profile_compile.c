/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * From rules to a program. Numbers of calls that have the same answer are ranges, and the ranges
 * the leaves of a balanced tree: some ten comparisons find any call, in the kernel's look at a
 * new program as well as when it runs. The program is written from its end: then every jump, which
 * leads forward, knows where it goes.
 */
#include "profile.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <stdlib.h>
#include <string.h>

#define REACH 250 /* of a conditional jump, and some instructions may still come between */
#define X32 0x40000000U
#define FINALS 16

struct out {
	struct sock_filter code[CT_SECCOMP_MAX];
	size_t n; /* how many there are, at the end of code */
	int full;
	const contain_seccomp *profile;
	struct {
		uint32_t action;
		size_t at;
	} final[FINALS];
	size_t finals;
};

/* Where an instruction is: how many there are from it to the end. */
static size_t emit(struct out *o, uint16_t code, uint8_t jt, uint8_t jf, uint32_t k)
{
	if (o->n == CT_SECCOMP_MAX) {
		o->full = 1;
		return o->n;
	}
	o->n++;
	o->code[CT_SECCOMP_MAX - o->n] = (struct sock_filter){ code, jt, jf, k };
	return o->n;
}

/* A place from which a conditional jump gets there. */
static size_t near(struct out *o, size_t target)
{
	if (o->n - target <= REACH)
		return target;
	return emit(o, BPF_JMP | BPF_JA, 0, 0, (uint32_t)(o->n - target));
}

static size_t jump(struct out *o, uint16_t test, uint32_t k, size_t yes, size_t no)
{
	yes = near(o, yes);
	no = near(o, no);
	return emit(o, BPF_JMP | test | BPF_K, (uint8_t)(o->n - yes), (uint8_t)(o->n - no), k);
}

static size_t load(struct out *o, uint32_t at)
{
	return emit(o, BPF_LD | BPF_W | BPF_ABS, 0, 0, at);
}

static uint32_t logged(const contain_seccomp *p, uint32_t action)
{
	int stops = action < CONTAIN_SECCOMP_NOTIFY || action == CONTAIN_SECCOMP_KILL_PROCESS;

	return p->log && stops ? CONTAIN_SECCOMP_LOG : action;
}

/* A return of this action: one that is near, or a new one. */
static size_t final(struct out *o, uint32_t action)
{
	size_t i;

	action = logged(o->profile, action);
	for (i = 0; i < o->finals; i++)
		if (o->final[i].action == action)
			break;
	if (i < o->finals && o->n - o->final[i].at <= REACH)
		return o->final[i].at;
	if (i == FINALS)
		return emit(o, BPF_RET | BPF_K, 0, 0, action);
	if (i == o->finals)
		o->finals++;
	o->final[i].action = action;
	o->final[i].at = emit(o, BPF_RET | BPF_K, 0, 0, action);
	return o->final[i].at;
}

/* ---- one rule ---- */

static uint32_t low_of(int index)
{
	return (uint32_t)(offsetof(struct seccomp_data, args) + (size_t)index * 8);
}

static size_t compare_masked(struct out *o, const struct ct_seccomp_compare *c, size_t yes,
			     size_t no)
{
	uint32_t at = low_of(c->index);

	if ((uint32_t)c->mask) {
		yes = jump(o, BPF_JEQ, (uint32_t)c->value, yes, no);
		if ((uint32_t)c->mask != UINT32_MAX)
			emit(o, BPF_ALU | BPF_AND | BPF_K, 0, 0, (uint32_t)c->mask);
		yes = load(o, at);
	}
	if (c->mask >> 32) {
		yes = jump(o, BPF_JEQ, (uint32_t)(c->value >> 32), yes, no);
		if (c->mask >> 32 != UINT32_MAX)
			emit(o, BPF_ALU | BPF_AND | BPF_K, 0, 0, (uint32_t)(c->mask >> 32));
		yes = load(o, at + 4);
	}
	return yes;
}

static size_t compare_order(struct out *o, const struct ct_seccomp_compare *c, uint16_t test,
			    size_t yes, size_t no)
{
	uint32_t high = (uint32_t)(c->value >> 32);
	size_t low, equal;

	jump(o, test, (uint32_t)c->value, yes, no);
	low = load(o, low_of(c->index));
	equal = jump(o, BPF_JEQ, high, low, no);
	jump(o, BPF_JGT, high, yes, equal);
	return load(o, low_of(c->index) + 4);
}

static size_t compare(struct out *o, const struct ct_seccomp_compare *c, size_t yes, size_t no)
{
	struct ct_seccomp_compare all = *c;

	switch (c->comparison) {
	case CONTAIN_SECCOMP_MASKED_EQ:
		return compare_masked(o, c, yes, no);
	case CONTAIN_SECCOMP_EQ:
		all.mask = UINT64_MAX;
		return compare_masked(o, &all, yes, no);
	case CONTAIN_SECCOMP_NE: {
		size_t low;

		jump(o, BPF_JEQ, (uint32_t)c->value, no, yes);
		low = load(o, low_of(c->index));
		jump(o, BPF_JEQ, (uint32_t)(c->value >> 32), low, yes);
		return load(o, low_of(c->index) + 4);
	}
	case CONTAIN_SECCOMP_GT:
		return compare_order(o, c, BPF_JGT, yes, no);
	case CONTAIN_SECCOMP_GE:
		return compare_order(o, c, BPF_JGE, yes, no);
	case CONTAIN_SECCOMP_LT:
		return compare_order(o, c, BPF_JGE, no, yes);
	default: /* CONTAIN_SECCOMP_LE */
		return compare_order(o, c, BPF_JGT, no, yes);
	}
}

/* ---- one architecture ---- */

struct range {
	uint32_t from; /* up to the next range */
	uint32_t action;
	int32_t nr; /* with comparisons: of this call; -1: the action alone */
};

struct list {
	struct range *range;
	size_t n;
};

static int by_number(const void *a, const void *b)
{
	int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;

	return (x > y) - (x < y);
}

static void add_range(struct list *l, uint32_t from, uint32_t action, int32_t nr)
{
	struct range *last = l->n ? &l->range[l->n - 1] : NULL;

	if (last && last->nr < 0 && nr < 0 && last->action == action)
		return;
	l->range[l->n++] = (struct range){ from, action, nr };
}

/* What the rules for one call come to; narrow: some have comparisons. */
static uint32_t action_of(const contain_seccomp *p, int arch, int32_t nr, int *narrow)
{
	*narrow = 0;
	for (size_t i = p->n; i--;) {
		const struct ct_seccomp_rule *rule = &p->rule[i];

		if (rule->nr[arch] != nr)
			continue;
		if (!rule->n)
			return logged(p, rule->action);
		*narrow = 1;
	}
	return logged(p, p->default_action);
}

static int make_list(const contain_seccomp *p, int arch, struct list *l)
{
	uint32_t other = logged(p, p->default_action),
		 none = logged(p, CONTAIN_SECCOMP_ERRNO | ENOSYS);
	int32_t *nr = calloc(p->n + 1, sizeof(*nr));
	size_t n = 0;

	l->n = 0;
	l->range = calloc(2 * p->n + 3, sizeof(*l->range));
	if (!nr || !l->range) {
		free(nr);
		free(l->range);
		return -ENOMEM;
	}
	for (size_t i = 0; i < p->n; i++)
		if (p->rule[i].nr[arch] >= 0)
			nr[n++] = p->rule[i].nr[arch];
	qsort(nr, n, sizeof(*nr), by_number);
	add_range(l, 0, other, -1);
	for (size_t i = 0; i < n; i++) {
		int narrow;
		uint32_t action;

		if (i && nr[i] == nr[i - 1])
			continue;
		action = action_of(p, arch, nr[i], &narrow);
		if (l->range[l->n - 1].from == (uint32_t)nr[i])
			l->n--; /* the gap before it is empty */
		add_range(l, (uint32_t)nr[i], action, narrow ? nr[i] : -1);
		add_range(l, (uint32_t)nr[i] + 1, other, -1);
	}
	add_range(l, X32, none, -1); /* and -1, which a tracer skips calls with */
	free(nr);
	return 0;
}

/* Rules with comparisons: those that were added later first; behind them, what holds always. */
static size_t leaf(struct out *o, int arch, const struct range *r)
{
	const contain_seccomp *p = o->profile;
	size_t at = final(o, r->action), first = p->n;

	if (r->nr < 0)
		return at;
	while (first && (p->rule[first - 1].nr[arch] != r->nr || p->rule[first - 1].n))
		first--;
	for (size_t i = first; i < p->n; i++) {
		const struct ct_seccomp_rule *rule = &p->rule[i];
		size_t yes;

		if (rule->nr[arch] != r->nr)
			continue;
		yes = final(o, rule->action);
		for (int k = 0; k < rule->n; k++)
			yes = compare(o, &rule->compare[k], yes, at);
		at = yes;
	}
	return at;
}

static size_t tree(struct out *o, int arch, const struct range *r, size_t n)
{
	size_t half = n / 2, high, low;

	if (n == 1)
		return leaf(o, arch, r);
	high = tree(o, arch, r + half, n - half);
	low = tree(o, arch, r, half);
	return jump(o, BPF_JGE, r[half].from, high, low);
}

static int add_arch(struct out *o, int arch, size_t *ret_at)
{
	struct list l;
	size_t root;
	int r = make_list(o->profile, arch, &l);

	if (r < 0)
		return r;
	root = tree(o, arch, l.range, l.n);
	if (root != o->n) /* one answer for all, which was there already */
		emit(o, BPF_JMP | BPF_JA, 0, 0, (uint32_t)(o->n - root));
	*ret_at = load(o, offsetof(struct seccomp_data, nr));
	free(l.range);
	return 0;
}

static int write_all(struct out *o)
{
	size_t native, at;
	int r = 0;

	at = final(o, CONTAIN_SECCOMP_ERRNO | ENOSYS);
	if (o->profile->compat) {
		size_t none = at, compat;

		r = add_arch(o, CT_ARCH_COMPAT, &compat);
		if (!r)
			at = jump(o, BPF_JEQ, ct_seccomp_arch(CT_ARCH_COMPAT), compat, none);
	}
	if (!r)
		r = add_arch(o, CT_ARCH_NATIVE, &native);
	if (r < 0)
		return r;
	jump(o, BPF_JEQ, ct_seccomp_arch(CT_ARCH_NATIVE), native, at);
	load(o, offsetof(struct seccomp_data, arch));
	return o->full ? -E2BIG : 0;
}

int ct_seccomp_compile(const contain_seccomp *p, struct sock_filter **ret, size_t *ret_n)
{
	struct out *o = calloc(1, sizeof(*o));
	struct sock_filter *code = NULL;
	int r;

	if (!o)
		return -ENOMEM;
	o->profile = p;
	r = write_all(o);
	if (!r) {
		code = malloc(o->n * sizeof(*code));
		r = code ? 0 : -ENOMEM;
	}
	if (!r) {
		memcpy(code, &o->code[CT_SECCOMP_MAX - o->n], o->n * sizeof(*code));
		*ret = code;
		*ret_n = o->n;
	}
	free(o);
	return r;
}
