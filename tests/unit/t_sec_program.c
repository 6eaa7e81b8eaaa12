/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Filter programs: the rules against the kernel's, answers and profiles against an interpreter. */
#include "harness.h"

#include "seccomp/profile.h"
#include "seccomp/program.h"
#include "sys/call_names.h"

#include <contain/contain.h>
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define S(...) ((struct sock_filter)BPF_STMT(__VA_ARGS__))
#define J(...) ((struct sock_filter)BPF_JUMP(__VA_ARGS__))
#define ALLOW S(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)

static uint64_t seed;

static uint32_t rnd(void)
{
	uint64_t z = (seed += 0x9e3779b97f4a7c15ULL);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
	return (uint32_t)((z ^ (z >> 31)) >> 16);
}

/* ---- what the kernel says ---- */

/* 0 or -errno. What a program that was taken does to the child afterwards may be anything. */
static int kernel_says(const struct sock_filter *code, size_t n, volatile int *shared)
{
	struct sock_fprog p = { (unsigned short)n, (struct sock_filter *)code };
	pid_t pid;

	*shared = 1;
	pid = fork();
	if (pid == 0) {
		prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
		*shared = syscall(__NR_seccomp, SECCOMP_SET_MODE_FILTER, 0, &p) < 0 ? -errno : 0;
		for (;;)
			;
	}
	while (*shared == 1)
		sched_yield();
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	return *shared;
}

static int *shared_int(void)
{
	return mmap(NULL, sizeof(int), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
}

static void same(const struct sock_filter *code, size_t n, int *shared, const char *what)
{
	struct ct_seccomp_bad bad = { -1, "" };
	int ours = ct_seccomp_check(code, n, &bad), kernel = kernel_says(code, n, shared);

	T_CHECK((ours == 0) == (kernel == 0), "%s: %d (%d %s), the kernel says %d", what, ours,
		bad.at, bad.why, kernel);
}

TEST(every_rule_of_the_kernel_is_known)
{
	static const struct {
		const char *why;
		int at;
		size_t n;
		struct sock_filter code[4];
	} cases[] = {
		{ NULL, 0, 1, { BPF_STMT(BPF_RET | BPF_K, 0x7fff0000) } },
		{ "does not return", 0, 1, { BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0) } },
		{ "beyond struct", 0, 2,
		  { BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 64), BPF_STMT(BPF_RET | BPF_K, 0) } },
		{ "multiple of 4", 0, 2,
		  { BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 2), BPF_STMT(BPF_RET | BPF_K, 0) } },
		{ "no instruction that", 0, 2,
		  { BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 0), BPF_STMT(BPF_RET | BPF_K, 0) } },
		{ "no instruction that", 0, 2,
		  { BPF_STMT(BPF_ALU | BPF_MOD | BPF_K, 3), BPF_STMT(BPF_RET | BPF_K, 0) } },
		{ "divides by 0", 0, 2,
		  { BPF_STMT(BPF_ALU | BPF_DIV | BPF_K, 0), BPF_STMT(BPF_RET | BPF_K, 0) } },
		{ "shifts", 0, 2,
		  { BPF_STMT(BPF_ALU | BPF_LSH | BPF_K, 32), BPF_STMT(BPF_RET | BPF_K, 0) } },
		{ "jumps beyond", 0, 2,
		  { BPF_STMT(BPF_JMP | BPF_JA, 1), BPF_STMT(BPF_RET | BPF_K, 0) } },
		{ "jumps beyond", 0, 2,
		  { BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 1), BPF_STMT(BPF_RET | BPF_K, 0) } },
		{ "word of memory", 0, 2,
		  { BPF_STMT(BPF_ST, 16), BPF_STMT(BPF_RET | BPF_K, 0) } },
		{ "not written", 0, 2,
		  { BPF_STMT(BPF_LD | BPF_MEM, 3), BPF_STMT(BPF_RET | BPF_K, 0) } },
		{ NULL, 0, 3,
		  { BPF_STMT(BPF_ST, 3), BPF_STMT(BPF_LD | BPF_MEM, 3),
		    BPF_STMT(BPF_RET | BPF_A, 0) } },
		{ "not written", 2, 4,
		  { BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 1, 0), BPF_STMT(BPF_ST, 3),
		    BPF_STMT(BPF_LDX | BPF_MEM, 3), BPF_STMT(BPF_RET | BPF_K, 0) } },
	};
	struct ct_seccomp_bad bad;
	int *shared = shared_int();

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int r = ct_seccomp_check(cases[i].code, cases[i].n, &bad);

		T_CHECK((r == 0) == !cases[i].why, "case %zu: %d", i, r);
		if (cases[i].why)
			T_CHECK(strstr(bad.why, cases[i].why) && bad.at == cases[i].at,
				"case %zu: %d %s", i, bad.at, bad.why);
		same(cases[i].code, cases[i].n, shared, "case");
	}
	ck_assert_int_eq(ct_seccomp_check(cases[0].code, 0, &bad), -EINVAL);
	ck_assert_int_eq(bad.at, -1);
	T_CHECK(strstr(bad.why, "no instruction"), "%s", bad.why);
}

TEST(as_long_as_the_kernel_takes)
{
	struct sock_filter *code = calloc(CT_SECCOMP_MAX + 1, sizeof(*code));
	struct ct_seccomp_bad bad;

	for (size_t i = 0; i <= CT_SECCOMP_MAX; i++)
		code[i] = ALLOW;
	ck_assert_int_eq(ct_seccomp_check(code, CT_SECCOMP_MAX, &bad), 0);
	ck_assert_int_eq(ct_seccomp_check(code, CT_SECCOMP_MAX + 1, &bad), -EINVAL);
	T_CHECK(strstr(bad.why, "4096"), "%s", bad.why);
	free(code);
}

static struct sock_filter random_instruction(size_t at, size_t n)
{
	static const uint16_t codes[] = {
		BPF_LD | BPF_W | BPF_ABS, BPF_LD | BPF_IMM, BPF_LDX | BPF_IMM, BPF_LD | BPF_MEM,
		BPF_LDX | BPF_MEM, BPF_ST, BPF_STX, BPF_MISC | BPF_TAX, BPF_MISC | BPF_TXA,
		BPF_ALU | BPF_ADD | BPF_K, BPF_ALU | BPF_AND | BPF_K, BPF_ALU | BPF_SUB | BPF_X,
		BPF_ALU | BPF_DIV | BPF_X, BPF_ALU | BPF_NEG, BPF_ALU | BPF_LSH | BPF_K,
		BPF_ALU | BPF_XOR | BPF_X, BPF_LD | BPF_W | BPF_LEN, BPF_RET | BPF_A,
	};
	static const uint32_t answers[] = { SECCOMP_RET_ALLOW, SECCOMP_RET_LOG,
					    SECCOMP_RET_ERRNO | 5, SECCOMP_RET_KILL_PROCESS,
					    SECCOMP_RET_TRAP, SECCOMP_RET_USER_NOTIF };
	size_t rest = n - at - 1;

	if (!rest || rnd() % 8 == 0)
		return S(BPF_RET | BPF_K, answers[rnd() % 6]);
	if (rnd() % 3 == 0)
		return J((uint16_t)(BPF_JMP | (1 + rnd() % 4) << 4 | (rnd() % 4 ? 0 : BPF_X)),
			 rnd() % 2 ? rnd() % 8 : 59, (uint8_t)(rnd() % (rest < 6 ? rest : 6)),
			 (uint8_t)(rnd() % (rest < 6 ? rest : 6)));
	if (rnd() % 4 == 0)
		return S(BPF_LD | BPF_W | BPF_ABS, 4 * (rnd() % 4));
	return S(codes[rnd() % (sizeof(codes) / sizeof(codes[0]))],
		 rnd() % 3 ? rnd() % 16 : 4 * (rnd() % 17));
}

static size_t random_program(struct sock_filter *code, size_t most)
{
	size_t n = 1 + rnd() % most;

	for (size_t i = 0; i < n; i++)
		code[i] = random_instruction(i, n);
	for (int i = 0; i < (int)(rnd() % 3) - 1; i++) /* one in three is damaged besides */
		((uint8_t *)code)[rnd() % (n * sizeof(*code))] ^= (uint8_t)(1 << rnd() % 8);
	return n;
}

TEST_LIMIT(mutated_programs_are_taken_and_refused_as_the_kernel_does, 120)
{
	long n = t_sample(20000, t_guest() ? 300 : 1500), taken = 0;
	int *shared = shared_int();

	seed = 4711;
	for (long i = 0; i < n; i++) {
		struct sock_filter code[12];
		struct ct_seccomp_bad bad;
		size_t len = random_program(code, 12);

		same(code, len, shared, t_fmt("round %ld", i));
		taken += ct_seccomp_check(code, len, &bad) == 0;
	}
	t_note("%ld of %ld are taken", taken, n);
	T_CHECK(taken > n / 10 && taken < n * 9 / 10);
}

/* ---- an interpreter ---- */

static uint32_t run(const struct sock_filter *code, const struct seccomp_data *d)
{
	uint32_t a = 0, x = 0, mem[BPF_MEMWORDS] = { 0 }, word[16];

	memcpy(word, d, sizeof(word));
	for (const struct sock_filter *f = code;; f++) {
		uint32_t b = BPF_SRC(f->code) == BPF_X ? x : f->k, yes;
		uint32_t *to = BPF_CLASS(f->code) == BPF_LDX ? &x : &a;

		switch (BPF_CLASS(f->code)) {
		case BPF_RET:
			return BPF_RVAL(f->code) == BPF_A ? a : f->k;
		case BPF_LD:
		case BPF_LDX:
			*to = BPF_MODE(f->code) == BPF_ABS ? word[f->k / 4] :
			      BPF_MODE(f->code) == BPF_MEM ? mem[f->k] :
			      BPF_MODE(f->code) == BPF_LEN ? 64 :
							     f->k;
			break;
		case BPF_ST:
			mem[f->k] = a;
			break;
		case BPF_STX:
			mem[f->k] = x;
			break;
		case BPF_MISC:
			*(BPF_MISCOP(f->code) == BPF_TAX ? &x : &a) =
				BPF_MISCOP(f->code) == BPF_TAX ? a : x;
			break;
		case BPF_ALU:
			switch (BPF_OP(f->code)) {
			case BPF_ADD: a += b; break;
			case BPF_SUB: a -= b; break;
			case BPF_MUL: a *= b; break;
			case BPF_AND: a &= b; break;
			case BPF_OR: a |= b; break;
			case BPF_XOR: a ^= b; break;
			case BPF_LSH: a <<= b & 31; break;
			case BPF_RSH: a >>= b & 31; break;
			case BPF_NEG: a = -a; break;
			default:
				if (!b)
					return 0;
				a /= b;
				break;
			}
			break;
		default:
			if (BPF_OP(f->code) == BPF_JA) {
				f += f->k;
				break;
			}
			yes = BPF_OP(f->code) == BPF_JEQ ? a == b :
			      BPF_OP(f->code) == BPF_JGT ? a > b :
			      BPF_OP(f->code) == BPF_JGE ? a >= b :
							   (a & b) != 0;
			f += yes ? f->jt : f->jf;
			break;
		}
	}
}

static uint32_t bit_of(uint32_t ret)
{
	switch (ret & SECCOMP_RET_ACTION_FULL) {
	case SECCOMP_RET_ALLOW:
	case SECCOMP_RET_LOG:
		return CT_ANSWER_ALLOW;
	case SECCOMP_RET_ERRNO:
	case SECCOMP_RET_TRACE:
		return CT_ANSWER_ERRNO;
	case SECCOMP_RET_TRAP:
		return CT_ANSWER_TRAP;
	case SECCOMP_RET_USER_NOTIF:
		return CT_ANSWER_NOTIFY;
	default:
		return CT_ANSWER_KILL;
	}
}

TEST_LIMIT(what_a_program_may_answer_holds_what_it_answers, 60)
{
	long n = t_sample(300000, 20000), told = 0, one = 0;

	seed = 99;
	for (long i = 0; i < n; i++) {
		struct sock_filter code[20];
		struct ct_seccomp_bad bad;
		size_t len = random_program(code, 20);
		uint32_t may, all;

		if (ct_seccomp_check(code, len, &bad) < 0)
			continue;
		may = ct_seccomp_answers(code, len, 59, NULL);
		all = ct_seccomp_all_answers(code, len);
		T_CHECK(may && !(may & ~all), "round %ld: %x of %x", i, may, all);
		one += (may & (may - 1)) == 0;
		for (int k = 0; k < 8; k++) {
			struct seccomp_data d = { .nr = 59, .arch = ct_seccomp_arch(0) };

			for (int w = 0; w < 6; w++)
				d.args[w] = rnd() % 2 ? rnd() % 8 : (uint64_t)rnd() << 32 | rnd();
			d.instruction_pointer = rnd();
			T_CHECK(may & bit_of(run(code, &d)), "round %ld: %x without %x", i, may,
				run(code, &d));
			d.nr = (int)rnd();
			d.arch = rnd();
			T_CHECK(all & bit_of(run(code, &d)), "round %ld: %x", i, all);
			told++;
		}
	}
	t_note("%ld answers, of %ld programs one alone", told, one);
	T_CHECK(told > n && one > n / 50);
}

TEST(answers_of_a_plain_filter)
{
	const struct sock_filter code[] = {
		S(BPF_LD | BPF_W | BPF_ABS, 4),
		J(BPF_JMP | BPF_JEQ | BPF_K, ct_seccomp_arch(0), 1, 0),
		S(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
		S(BPF_LD | BPF_W | BPF_ABS, 0),
		J(BPF_JMP | BPF_JEQ | BPF_K, __NR_execve, 0, 1),
		S(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
		S(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	int error = 0;

	ck_assert_int_eq(ct_call_number("execve"), __NR_execve);
	ck_assert_int_eq(ct_call_number("no_such_call"), -1);
	ck_assert_int_eq((int)ct_seccomp_answers(code, 7, __NR_execve, &error), CT_ANSWER_ERRNO);
	ck_assert_int_eq(error, EPERM);
	ck_assert_int_eq((int)ct_seccomp_answers(code, 7, __NR_close, NULL), CT_ANSWER_ALLOW);
	ck_assert_int_eq((int)ct_seccomp_all_answers(code, 7),
			 CT_ANSWER_ALLOW | CT_ANSWER_ERRNO | CT_ANSWER_KILL);
}

/* Two ways lead to the same instruction, with another value each. */
TEST(answers_where_ways_meet)
{
	const struct sock_filter code[] = {
		S(BPF_LD | BPF_W | BPF_ABS, 16),
		J(BPF_JMP | BPF_JEQ | BPF_K, 5, 3, 0),
		S(BPF_LD | BPF_IMM, SECCOMP_RET_ALLOW),
		S(BPF_ST, 2),
		S(BPF_JMP | BPF_JA, 2),
		S(BPF_LD | BPF_IMM, SECCOMP_RET_ERRNO | EPERM),
		S(BPF_ST, 2),
		S(BPF_LD | BPF_MEM, 2),
		S(BPF_RET | BPF_A, 0),
	};
	uint32_t may = ct_seccomp_answers(code, 9, 1, NULL);

	T_CHECK(may & CT_ANSWER_ALLOW && may & CT_ANSWER_ERRNO, "%x", may);
}

/* ---- profiles ---- */

static const char *const names[] = { "read",  "write", "openat", "clone",   "socket", "ioctl",
				     "mount", "prctl", "kexec_load", "personality" };

static int holds(const struct ct_seccomp_compare *c, uint64_t v)
{
	switch (c->comparison) {
	case CONTAIN_SECCOMP_EQ:
		return v == c->value;
	case CONTAIN_SECCOMP_NE:
		return v != c->value;
	case CONTAIN_SECCOMP_LT:
		return v < c->value;
	case CONTAIN_SECCOMP_LE:
		return v <= c->value;
	case CONTAIN_SECCOMP_GT:
		return v > c->value;
	case CONTAIN_SECCOMP_GE:
		return v >= c->value;
	default:
		return (v & c->mask) == c->value;
	}
}

/* What the header says: later rules count. */
static uint32_t wanted(const contain_seccomp *p, const struct seccomp_data *d)
{
	int arch = d->arch == ct_seccomp_arch(CT_ARCH_NATIVE) ? CT_ARCH_NATIVE : CT_ARCH_COMPAT;
	uint32_t action = SECCOMP_RET_ERRNO | ENOSYS;
	size_t i = p->n;

	if (arch == CT_ARCH_NATIVE || (p->compat && d->arch == ct_seccomp_arch(CT_ARCH_COMPAT))) {
		if ((uint32_t)d->nr < 0x40000000)
			action = p->default_action;
		while (i--) {
			const struct ct_seccomp_rule *r = &p->rule[i];
			int all = r->nr[arch] == d->nr && d->nr >= 0;

			for (int k = 0; k < r->n && all; k++)
				all = holds(&r->compare[k], d->args[r->compare[k].index]);
			if (!all)
				continue;
			action = r->action;
			break;
		}
	}
	if (p->log && (action < CONTAIN_SECCOMP_NOTIFY || action == CONTAIN_SECCOMP_KILL_PROCESS))
		return CONTAIN_SECCOMP_LOG;
	return action;
}

static uint64_t some_value(void)
{
	static const uint64_t edges[] = { 0,	      1,	   0xffffffff,
					  0x100000000, 0x1ffffffff, UINT64_MAX };

	return rnd() % 2 ? edges[rnd() % 6] : (uint64_t)(rnd() % 3) << 32 | rnd() % 4;
}

static void random_rules(contain_seccomp *p)
{
	size_t n = rnd() % 30;

	for (size_t i = 0; i < n; i++) {
		const char *name = names[rnd() % 10];
		static int (*const add[])(contain_seccomp *, const char *) = {
			contain_seccomp_allow, contain_seccomp_kill, contain_seccomp_log,
			contain_seccomp_trap, contain_seccomp_notify
		};
		int first = (int)(rnd() % 3), k = (int)(rnd() % 3);

		if (rnd() % 3)
			ck_assert_int_eq(contain_seccomp_deny(p, name, 1 + (int)(rnd() % 30)), 0);
		else
			ck_assert_int_eq(add[rnd() % 5](p, name), 0);
		for (; k > 0; k--) {
			int how = 1 + (int)(rnd() % 7);
			uint64_t v = some_value(), mask = how == 7 ? v | some_value() : 0;

			ck_assert_int_eq(contain_seccomp_where(p, first++, how, v, mask), 0);
		}
	}
	contain_seccomp_set_compat(p, (int)(rnd() % 2));
	contain_seccomp_set_log(p, rnd() % 8 == 0);
}

static void *export(const contain_seccomp *p, size_t *ret_bytes)
{
	int n = contain_seccomp_export(p, NULL, 0, NULL);
	char *program;

	T_CHECK(n > 0, "%d", n);
	program = malloc((size_t)n);
	ck_assert_int_eq(contain_seccomp_export(p, program, (size_t)n - 1, NULL), -ENOSPC);
	ck_assert_int_eq(contain_seccomp_export(p, program, (size_t)n, NULL), n);
	*ret_bytes = (size_t)n;
	return program;
}

static void need_names(void)
{
	if (!ct_seccomp_has_names())
		t_skip("built without libseccomp");
}

static void compare_all(const contain_seccomp *p, const struct sock_filter *code, long round)
{
	for (int k = 0; k < 60; k++) {
		struct seccomp_data d = { 0 };
		int arch = (int)(rnd() % 2);

		d.arch = rnd() % 8 ? ct_seccomp_arch(arch) : rnd();
		d.nr = rnd() % 4 ? ct_seccomp_number(arch, names[rnd() % 10]) : (int)rnd() % 500;
		if (rnd() % 16 == 0)
			d.nr = rnd() % 2 ? -1 : 0x40000000 + (int)(rnd() % 100);
		for (int w = 0; w < 6; w++)
			d.args[w] = some_value();
		T_CHECK(run(code, &d) == wanted(p, &d), "round %ld: call %d of %x: %x, not %x",
			round, d.nr, d.arch, run(code, &d), wanted(p, &d));
	}
}

TEST_LIMIT(a_program_does_what_its_profile_says, 60)
{
	long n = t_sample(100000, 3000);

	need_names();
	seed = 7;
	for (long i = 0; i < n; i++) {
		static const uint32_t actions[] = { CONTAIN_SECCOMP_ALLOW,
						    CONTAIN_SECCOMP_KILL_PROCESS,
						    CONTAIN_SECCOMP_ERRNO | EPERM,
						    CONTAIN_SECCOMP_ERRNO | ENOSYS };
		contain_seccomp *p = NULL;
		struct ct_seccomp_bad bad;
		void *program = NULL;
		size_t bytes = 0;

		ck_assert_int_eq(contain_seccomp_new(actions[rnd() % 4], &p), 0);
		random_rules(p);
		program = export(p, &bytes);
		T_CHECK(ct_seccomp_check(program, bytes / 8, &bad) == 0, "round %ld: %d %s", i,
			bad.at, bad.why);
		compare_all(p, program, i);
		free(program);
		contain_seccomp_free(p);
	}
}

/* Jumps that reach further than a conditional one does. */
TEST(a_long_profile)
{
	contain_seccomp *p = NULL;
	void *program = NULL;
	size_t bytes = 0;

	need_names();
	seed = 12;
	ck_assert_int_eq(contain_seccomp_new(CONTAIN_SECCOMP_KILL_PROCESS, &p), 0);
	for (int i = 0; i < 300; i++) {
		char *name = ct_seccomp_name(ct_seccomp_arch(0), i);

		if (!name)
			continue;
		contain_seccomp_deny(p, name, 1 + i % 40);
		free(name);
	}
	for (int i = 0; i < 100; i++) {
		ck_assert_int_eq(contain_seccomp_deny(p, names[i % 10], 1 + i % 90), 0);
		contain_seccomp_where(p, i % 6, 1 + i % 6, some_value(), 0);
	}
	program = export(p, &bytes);
	t_note("%zu instructions", bytes / 8);
	for (int i = 0; i < 100; i++)
		compare_all(p, program, i);
	free(program);
	for (int i = 0; i < 2000; i++) {
		contain_seccomp_deny(p, names[i % 10], 1 + i % 90);
		contain_seccomp_where(p, i % 6, 1 + i % 6, some_value(), 0);
	}
	ck_assert_int_eq(contain_seccomp_export(p, NULL, 0, NULL), -E2BIG);
	contain_seccomp_free(p);
}
