/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Rules about devices: as values; as eBPF, run here by an interpreter against every use of a small
 * world; and as the words of cgroup v1, held against the kernel's way of reading them.
 */
#include "harness.h"

#include "cgroup/devices.h"

#include <contain/contain.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ALL (CONTAIN_DEVICE_MKNOD | CONTAIN_DEVICE_READ | CONTAIN_DEVICE_WRITE)

static contain_devices *devices_new(void)
{
	contain_devices *d = NULL;

	ck_assert_int_eq(contain_devices_new(&d), 0);
	return d;
}

#define allow(d, type, major, minor, access) \
	ck_assert_int_eq(contain_devices_allow((d), (type), (major), (minor), (access), NULL), 0)
#define deny(d, type, major, minor, access) \
	ck_assert_int_eq(contain_devices_deny((d), (type), (major), (minor), (access), NULL), 0)

/* ---- the value ---- */

TEST(nothing_is_allowed_at_first)
{
	contain_devices *d = devices_new();

	ck_assert_int_eq(contain_devices_count(d), 0);
	ck_assert_int_eq(contain_devices_check(d, 'c', 1, 3, CONTAIN_DEVICE_READ), 0);
	ck_assert_int_eq(contain_devices_check(d, 'b', 8, 0, ALL), 0);
	ck_assert_int_eq(contain_devices_check(d, 'c', 1, 3, 0), 1);
	contain_devices_free(d);
	contain_devices_free(NULL);
}

TEST(defaults_are_what_a_container_needs)
{
	static const uint32_t wanted[][2] = { { 1, 3 }, { 1, 5 }, { 1, 7 },   { 1, 8 },
					      { 1, 9 }, { 5, 0 }, { 5, 2 },   { 136, 0 },
					      { 136, 77 } };
	contain_devices *d = NULL;
	int n = 0;

	ck_assert_int_eq(contain_devices_new_default(&d), 0);
	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
		ck_assert_int_eq(contain_devices_check(d, 'c', wanted[i][0], wanted[i][1], ALL), 1);
		ck_assert_int_eq(contain_devices_check(d, 'b', wanted[i][0], wanted[i][1],
						       CONTAIN_DEVICE_READ), 0);
	}
	for (uint32_t major = 0; major < 300; major++)
		for (uint32_t minor = 0; minor < 300; minor++)
			for (uint32_t bit = 1; bit <= 4; bit *= 2)
				n += contain_devices_check(d, 'c', major, minor, bit);
	ck_assert_int_eq(n, 3 * (7 + 300));
	ck_assert_int_eq(contain_devices_check(d, 'c', 5, 1, CONTAIN_DEVICE_READ), 0); /* console */
	contain_devices_free(d);
}

TEST(later_rules_win_for_each_access)
{
	contain_devices *d = devices_new();

	allow(d, 'c', 1, -1, ALL);
	deny(d, 'c', 1, 3, CONTAIN_DEVICE_WRITE);
	ck_assert_int_eq(contain_devices_check(d, 'c', 1, 3, CONTAIN_DEVICE_READ), 1);
	ck_assert_int_eq(contain_devices_check(d, 'c', 1, 3, CONTAIN_DEVICE_WRITE), 0);
	/* what asks for both asks for what is denied */
	ck_assert_int_eq(contain_devices_check(d, 'c', 1, 3, ALL), 0);
	ck_assert_int_eq(contain_devices_check(d, 'c', 1, 5, ALL), 1);
	allow(d, 'a', -1, 3, CONTAIN_DEVICE_WRITE);
	ck_assert_int_eq(contain_devices_check(d, 'c', 1, 3, ALL), 1);
	ck_assert_int_eq(contain_devices_check(d, 'b', 9, 3, CONTAIN_DEVICE_WRITE), 1);
	deny(d, 'a', -1, -1, ALL);
	ck_assert_int_eq(contain_devices_check(d, 'c', 1, 3, CONTAIN_DEVICE_READ), 0);
	contain_devices_free(d);
}

#define refused(d, type, major, minor, access, object) \
	refused_at((d), (type), (major), (minor), (access), (object), __LINE__)
static void refused_at(contain_devices *d, int type, int64_t major, int64_t minor, uint32_t access,
		       const char *object, int line)
{
	int before = contain_devices_count(d);

	for (int way = 0; way < 2; way++) {
		contain_error *e = NULL;
		int r = (way ? contain_devices_allow : contain_devices_deny)(d, type, major, minor,
									    access, &e);

		T_CHECK(r == -EINVAL && strcmp(contain_error_object(e), object) == 0 &&
				strcmp(contain_error_op(e), "devices") == 0 &&
				*contain_error_hint(e),
			"line %d: %d: %s", line, r, contain_error_message(e));
		contain_error_free(e);
	}
	ck_assert_int_eq(contain_devices_count(d), before);
}

TEST(rules_that_cannot_be)
{
	contain_devices *d = devices_new();

	refused(NULL, 'c', 1, 3, ALL, "devices");
	refused(d, 'x', 1, 3, ALL, "type");
	refused(d, 0, 1, 3, ALL, "type");
	refused(d, 'c', -2, 3, ALL, "major");
	refused(d, 'c', 4096, 3, ALL, "major");
	refused(d, 'c', INT64_MIN, 3, ALL, "major");
	refused(d, 'c', INT64_MAX, 3, ALL, "major");
	refused(d, 'c', 1, -2, ALL, "minor");
	refused(d, 'c', 1, 1048576, ALL, "minor");
	refused(d, 'c', 1, 3, 0, "access");
	refused(d, 'c', 1, 3, 8, "access");
	refused(d, 'c', 1, 3, UINT32_MAX, "access");
	allow(d, 'c', 4095, 1048575, ALL);
	ck_assert_int_eq(contain_devices_check(d, 'c', 4095, 1048575, ALL), 1);
	ck_assert_int_eq(contain_devices_check(NULL, 'c', 1, 3, 1), -EINVAL);
	ck_assert_int_eq(contain_devices_check(d, 'a', 1, 3, 1), -EINVAL);
	ck_assert_int_eq(contain_devices_check(d, 'c', 1, 3, 8), -EINVAL);
	ck_assert_int_eq(contain_devices_count(NULL), -EINVAL);
	ck_assert_int_eq(contain_devices_new(NULL), -EINVAL);
	ck_assert_int_eq(contain_devices_new_default(NULL), -EINVAL);
	contain_devices_free(d);
}

TEST(rules_are_told_and_copied)
{
	contain_devices *d = devices_new(), *copy = NULL;
	int64_t major = 42, minor = 42;
	int is_allow = 42, type = 42;
	uint32_t access = 42;

	ck_assert_int_eq(contain_devices_copy(d, &copy), 0);
	ck_assert_int_eq(contain_devices_count(copy), 0);
	contain_devices_free(copy);
	allow(d, 'c', 1, -1, CONTAIN_DEVICE_READ);
	deny(d, 'a', -1, 7, ALL);
	allow(d, 'b', 8, 0, CONTAIN_DEVICE_MKNOD);
	ck_assert_int_eq(contain_devices_copy(d, &copy), 0);
	allow(copy, 'c', 9, 9, ALL); /* a copy is its own */
	ck_assert_int_eq(contain_devices_count(d), 3);
	contain_devices_free(d);
	ck_assert_int_eq(contain_devices_count(copy), 4);
	ck_assert_int_eq(contain_devices_rule(copy, 4, &is_allow, &type, &major, &minor, &access),
			 -EINVAL);
	ck_assert_int_eq(contain_devices_rule(copy, -1, &is_allow, &type, &major, &minor, &access),
			 -EINVAL);
	ck_assert_int_eq(contain_devices_rule(copy, 0, &is_allow, &type, &major, &minor, NULL),
			 -EINVAL);
	T_CHECK(is_allow == 42 && type == 42 && major == 42 && minor == 42 && access == 42);
	ck_assert_int_eq(contain_devices_rule(copy, 1, &is_allow, &type, &major, &minor, &access),
			 0);
	T_CHECK(!is_allow && type == 'a' && major == -1 && minor == 7 && access == ALL);
	ck_assert_int_eq(contain_devices_rule(copy, 2, &is_allow, &type, &major, &minor, &access),
			 0);
	T_CHECK(is_allow && type == 'b' && major == 8 && minor == 0 &&
		access == CONTAIN_DEVICE_MKNOD);
	contain_devices_free(copy);
	ck_assert_int_eq(contain_devices_copy(NULL, &copy), -EINVAL);
	d = devices_new();
	ck_assert_int_eq(contain_devices_copy(d, NULL), -EINVAL);
	contain_devices_free(d);
}

TEST(too_many_rules)
{
	contain_devices *d = devices_new();
	contain_error *e = NULL;

	for (int i = 0; i < 1024; i++)
		allow(d, 'c', i, i, CONTAIN_DEVICE_READ);
	ck_assert_int_eq(contain_devices_allow(d, 'c', 1, 1, 1, &e), -E2BIG);
	ck_assert_str_eq(contain_error_object(e), "devices");
	contain_error_free(e);
	ck_assert_int_eq(contain_devices_count(d), 1024);
	ck_assert_int_eq(contain_devices_check(d, 'c', 1023, 1023, CONTAIN_DEVICE_READ), 1);
	contain_devices_free(d);
}

/* ---- the program ---- */

struct use {
	uint32_t type, access, major, minor; /* type: BPF_DEVCG_DEV_* */
};

/* What the kernel does with the instructions that the generator uses; anything else fails. */
static int64_t interpret(const struct bpf_insn *v, size_t n, struct use u)
{
	const uint32_t ctx[3] = { u.access << 16 | u.type, u.major, u.minor };
	uint64_t reg[11] = { 0 };

	for (size_t pc = 0, steps = 0; pc < n && steps < 100000; pc++, steps++) {
		const struct bpf_insn *i = &v[pc];
		uint64_t *dst = &reg[i->dst_reg];
		int jump = 0;

		switch (i->code) {
		case BPF_LDX | BPF_MEM | BPF_W:
			T_CHECK(i->src_reg == BPF_REG_1 && i->off >= 0 && i->off <= 8 &&
				i->off % 4 == 0);
			*dst = ctx[i->off / 4];
			break;
		case BPF_ALU | BPF_MOV | BPF_X:
			*dst = (uint32_t)reg[i->src_reg];
			break;
		case BPF_ALU | BPF_RSH | BPF_K:
			*dst = (uint32_t)*dst >> i->imm;
			break;
		case BPF_ALU | BPF_AND | BPF_K:
			*dst = (uint32_t)*dst & (uint32_t)i->imm;
			break;
		case BPF_ALU64 | BPF_MOV | BPF_K:
			*dst = (uint64_t)(int64_t)i->imm;
			break;
		case BPF_JMP32 | BPF_JNE | BPF_K:
			jump = (uint32_t)*dst != (uint32_t)i->imm;
			break;
		case BPF_JMP32 | BPF_JSET | BPF_K:
			jump = ((uint32_t)*dst & (uint32_t)i->imm) != 0;
			break;
		case BPF_JMP | BPF_JA:
			jump = 1;
			break;
		case BPF_JMP | BPF_EXIT:
			return (int64_t)reg[0];
		default:
			T_FAIL("instruction %zu: %#x", pc, i->code);
		}
		if (jump)
			pc += (size_t)i->off;
	}
	return -1;
}

/* What the kernel's verifier asks for first: every instruction can be reached, every jump lands. */
static void check_flow(const struct bpf_insn *v, size_t n)
{
	char *seen = calloc(1, n + 1);

	seen[0] = 1;
	for (size_t i = 0; i < n; i++) {
		int class = v[i].code & 7, op = v[i].code & 0xf0;
		int is_jump = (class == BPF_JMP || class == BPF_JMP32) && op != BPF_EXIT;

		T_CHECK(seen[i], "instruction %zu of %zu is never run", i, n);
		if (is_jump) {
			T_CHECK(v[i].off >= 0 && i + 1 + (size_t)v[i].off < n);
			seen[i + 1 + (size_t)v[i].off] = 1;
		}
		if (op != BPF_EXIT && op != BPF_JA)
			seen[i + 1] = 1;
		else if (class != BPF_JMP)
			seen[i + 1] = 1;
	}
	T_CHECK(!seen[n], "the program runs off its end");
	free(seen);
}

/* The rule of "later wins", the long way: bit by bit, from the first rule on. */
static int model(const contain_devices *d, struct use u)
{
	int ok = 1;

	for (uint32_t bit = 1; bit <= 4; bit *= 2) {
		int is_allowed = 0;

		for (size_t i = 0; i < d->n; i++) {
			const struct ct_device_rule *r = &d->v[i];

			if (r->access & bit && r->type & u.type &&
			    (r->major == -1 || r->major == (int64_t)u.major) &&
			    (r->minor == -1 || r->minor == (int64_t)u.minor))
				is_allowed = r->allow;
		}
		if (u.access & bit && !is_allowed)
			ok = 0;
	}
	return ok;
}

static uint32_t state = 12345;

static uint32_t dice(uint32_t n)
{
	state = state * 1664525 + 1013904223;
	return (state >> 8) % n;
}

static const int64_t numbers[] = { 0, 1, 2, 7, 255, 4095 };
static const uint32_t asked[] = { 0, 1, 2, 3, 7, 255, 4094, 4095, 4096, 65536, 0xffffffff };
#define ASKED (sizeof(asked) / sizeof(asked[0]))

static contain_devices *random_rules(uint32_t most)
{
	contain_devices *d = devices_new();
	uint32_t n = dice(most + 1);

	while (n--) {
		int64_t major = dice(3) ? numbers[dice(6)] : -1;
		int64_t minor = dice(3) ? numbers[dice(6)] : -1;
		int type = "cba"[dice(8) ? dice(2) : 2];

		if (dice(3))
			allow(d, type, major, minor, 1 + dice(7));
		else
			deny(d, type, major, minor, 1 + dice(7));
	}
	return d;
}

typedef int64_t answer(void *arg, struct use u);

/* Every use of the small world; *ret_allowed counts those that are allowed. */
static void hold_against_model(const contain_devices *d, answer *fn, void *arg, long *ret_allowed)
{
	for (uint32_t type = 1; type <= 2; type++)
		for (size_t i = 0; i < ASKED; i++)
			for (size_t k = 0; k < ASKED; k++)
				for (uint32_t access = 0; access < 8; access++) {
					struct use u = { type, access, asked[i], asked[k] };
					int wanted = model(d, u);
					int64_t got = fn(arg, u);

					T_CHECK(got == wanted, "%c %u:%u %u: %lld, not %d",
						"?bc"[type], u.major, u.minor, access,
						(long long)got, wanted);
					ck_assert_int_eq(contain_devices_check(d, "?bc"[type],
									       u.major, u.minor,
									       access),
							 wanted);
					*ret_allowed += wanted;
				}
}

struct program {
	struct bpf_insn *v;
	size_t n;
};

static int64_t run_program(void *arg, struct use u)
{
	const struct program *p = arg;

	return interpret(p->v, p->n, u);
}

static long hold_program(const contain_devices *d)
{
	struct program p = { NULL, 0 };
	void *v = NULL;
	long n = 0;

	ck_assert_int_eq(ct_devices_program(d, &v, &p.n), 0);
	p.v = v;
	ck_assert_uint_eq(p.n % sizeof(*p.v), 0);
	p.n /= sizeof(*p.v);
	check_flow(p.v, p.n);
	hold_against_model(d, run_program, &p, &n);
	free(v);
	return n;
}

TEST_LIMIT(programs_say_what_the_rules_say, 120)
{
	long allowed = 0, rounds = t_sample(20000, 400);
	contain_devices *d = devices_new();

	hold_program(d);
	contain_devices_free(d);
	ck_assert_int_eq(contain_devices_new_default(&d), 0);
	T_CHECK(hold_program(d) > 0);
	contain_devices_free(d);
	for (long i = 0; i < rounds; i++) {
		d = random_rules(i % 10 ? 8 : 60);
		allowed += hold_program(d);
		contain_devices_free(d);
	}
	T_CHECK(allowed > rounds * 50, "%ld of %ld rounds", allowed, rounds);
}

TEST(no_rule_is_looked_at_below_one_that_says_all)
{
	contain_devices *d = devices_new(), *one = devices_new();
	size_t bytes, least;
	void *v, *w;

	allow(d, 'c', 1, 3, ALL);
	deny(d, 'b', 1, -1, CONTAIN_DEVICE_READ);
	allow(d, 'a', -1, -1, ALL);
	allow(one, 'a', -1, -1, ALL);
	ck_assert_int_eq(ct_devices_program(d, &v, &bytes), 0);
	ck_assert_int_eq(ct_devices_program(one, &w, &least), 0);
	ck_assert_uint_eq(bytes, least);
	ck_assert_mem_eq(v, w, bytes); /* pure: the same rules, the same bytes */
	hold_program(d);
	free(v);
	free(w);
	contain_devices_free(d);
	contain_devices_free(one);
}

/* ---- cgroup v1 ---- */

/* security/device_cgroup.c: a behaviour, and a list of exceptions from it. */
struct v1 {
	int allows;
	struct {
		uint32_t type, access;
		int64_t major, minor;
	} v[2048];
	size_t n;
};

static void v1_take(struct v1 *g, int is_allow, const char *rule)
{
	char type, major[16], minor[16], access[8];
	size_t i;

	if (!strcmp(rule, "a")) {
		g->allows = is_allow;
		g->n = 0;
		return;
	}
	T_CHECK(sscanf(rule, "%c %15[^:]:%15s %7s", &type, major, minor, access) == 4, "%s", rule);
	T_CHECK(g->allows != is_allow, "'%s' says nothing", rule);
	i = g->n++;
	T_CHECK(i < 2048);
	g->v[i].type = type == 'b' ? 1 : 2;
	g->v[i].major = *major == '*' ? -1 : atoll(major);
	g->v[i].minor = *minor == '*' ? -1 : atoll(minor);
	g->v[i].access = (strchr(access, 'r') ? 2u : 0) | (strchr(access, 'w') ? 4u : 0) |
			 (strchr(access, 'm') ? 1u : 0);
	T_CHECK(g->v[i].access, "%s", rule);
}

static int64_t v1_answer(void *arg, struct use u)
{
	const struct v1 *g = arg;

	if (!u.access) /* the kernel asks the list, this library does not: access(2) with F_OK */
		return 1;
	for (size_t i = 0; i < g->n; i++) {
		if (g->v[i].type != u.type ||
		    (g->v[i].major >= 0 && g->v[i].major != (int64_t)u.major) ||
		    (g->v[i].minor >= 0 && g->v[i].minor != (int64_t)u.minor))
			continue;
		if (g->allows && g->v[i].access & u.access)
			return 0;
		if (!g->allows && !(u.access & ~g->v[i].access))
			return 1;
	}
	return g->allows;
}

static int hold_v1(const contain_devices *d)
{
	struct v1 *g = calloc(1, sizeof(*g));
	const char *why = NULL;
	char *lines = NULL, *save = NULL;
	int r = ct_devices_v1(d, &lines, &why);
	long n = 0;

	if (r == -EOPNOTSUPP) {
		T_CHECK(why && !lines);
		free(g);
		return 0;
	}
	ck_assert_int_eq(r, 0);
	g->allows = 42;
	for (char *l = strtok_r(lines, "\n", &save); l; l = strtok_r(NULL, "\n", &save)) {
		int is_allow = !strncmp(l, "devices.allow ", 14);

		T_CHECK(is_allow || !strncmp(l, "devices.deny ", 13), "%s", l);
		v1_take(g, is_allow, strchr(l, ' ') + 1);
	}
	hold_against_model(d, v1_answer, g, &n);
	free(lines);
	free(g);
	return 1;
}

TEST_LIMIT(words_of_v1_say_what_the_rules_say, 120)
{
	long said = 0, rounds = t_sample(20000, 600);
	contain_devices *d;

	for (long i = 0; i < rounds; i++) {
		d = random_rules(i % 2 ? 3 : 8);
		said += hold_v1(d);
		contain_devices_free(d);
	}
	T_CHECK(said > rounds / 10 && said < rounds, "%ld of %ld", said, rounds);
}

static char *v1_lines(const contain_devices *d)
{
	const char *why = "";
	char *lines = NULL, *text;

	ck_assert_int_eq(ct_devices_v1(d, &lines, &why), 0);
	text = t_fmt("%s", lines);
	free(lines);
	return text;
}

TEST(words_of_v1)
{
	contain_devices *d = devices_new();
	const char *why = NULL;
	char *lines = NULL;

	ck_assert_str_eq(v1_lines(d), "devices.deny a\n");
	allow(d, 'c', 1, 3, ALL);
	allow(d, 'c', 136, -1, CONTAIN_DEVICE_READ | CONTAIN_DEVICE_WRITE);
	allow(d, 'b', 8, 1, CONTAIN_DEVICE_READ);
	ck_assert_str_eq(v1_lines(d), "devices.deny a\n"
				      "devices.allow c 1:3 rwm\n"
				      "devices.allow c 136:* rw\n"
				      "devices.allow b 8:1 r\n");
	deny(d, 'c', 136, -1, CONTAIN_DEVICE_WRITE); /* a whole one taken back is no hole */
	ck_assert_str_eq(v1_lines(d), "devices.deny a\n"
				      "devices.allow c 1:3 rwm\n"
				      "devices.allow c 136:* r\n"
				      "devices.allow b 8:1 r\n");
	deny(d, 'c', 136, 7, CONTAIN_DEVICE_READ);
	ck_assert_int_eq(ct_devices_v1(d, &lines, &why), -EOPNOTSUPP);
	T_CHECK(!lines && strstr(why, "takes back"));
	contain_devices_free(d);
	d = devices_new();
	allow(d, 'a', -1, -1, ALL);
	deny(d, 'b', 8, -1, CONTAIN_DEVICE_WRITE);
	ck_assert_str_eq(v1_lines(d), "devices.allow a\ndevices.deny b 8:* w\n");
	contain_devices_free(d);
	/* two entries that each give a part give nobody both: the kernel asks one at a time */
	d = devices_new();
	allow(d, 'c', 1, -1, CONTAIN_DEVICE_READ);
	allow(d, 'c', -1, 3, CONTAIN_DEVICE_WRITE);
	ck_assert_str_eq(v1_lines(d), "devices.deny a\n"
				      "devices.allow c 1:3 rw\n"
				      "devices.allow c 1:* r\n"
				      "devices.allow c *:3 w\n");
	contain_devices_free(d);
}
