/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What filters cost: the default profile against the same rules as a linear list, which many
 * programs load: loading, a start, and each call. A filter is in force for good: every try is a
 * process of its own.
 */
#include "measure.h"

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#if defined(__x86_64__)
#define NATIVE AUDIT_ARCH_X86_64
#else
#define NATIVE AUDIT_ARCH_AARCH64
#endif
#define CALLS 470	/* of one architecture, as many as there are now */
#define TIMES 20000	/* of a call that is measured */

struct program {
	struct sock_filter *code;
	size_t bytes;
	const char *name;
};

/* The answer of a program to a call with arguments of 0: an interpreter of what profiles have. */
static uint32_t answer(const struct sock_filter *f, uint32_t nr)
{
	struct seccomp_data d = { .nr = (int)nr, .arch = NATIVE };
	uint32_t a = 0, word[16];

	memcpy(word, &d, sizeof(word));
	for (;; f++) {
		switch (BPF_CLASS(f->code)) {
		case BPF_RET:
			return f->k;
		case BPF_LD:
			a = word[f->k / 4];
			break;
		case BPF_ALU:
			a &= f->k;
			break;
		default:
			if (BPF_OP(f->code) == BPF_JA)
				f += f->k;
			else if (BPF_OP(f->code) == BPF_JEQ)
				f += a == f->k ? f->jt : f->jf;
			else if (BPF_OP(f->code) == BPF_JGE)
				f += a >= f->k ? f->jt : f->jf;
			else
				f += a > f->k ? f->jt : f->jf;
		}
	}
}

/* One comparison and one answer for each call: what a list of rules is without a tree. */
static struct program linear(const struct program *from)
{
	struct program p = { calloc(2 * CALLS + 3, sizeof(struct sock_filter)), 0, "linear list" };
	size_t n = 0;

	if (!p.code)
		die("no memory");
	p.code[n++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0);
	for (uint32_t nr = 0; nr < CALLS; nr++) {
		p.code[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, nr, 0, 1);
		p.code[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K,
							   answer(from->code, nr));
	}
	p.code[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | 38);
	p.bytes = n * sizeof(*p.code);
	return p;
}

struct shared {
	double load_usec, call_usec;
	const struct program *p;
};

static double time_calls(void)
{
	double start = now_usec();

	/* its number alone decides; getppid(2) itself takes next to no time */
	for (int i = 0; i < TIMES; i++)
		syscall(__NR_getppid);
	return (now_usec() - start) / TIMES;
}

static void try_one(void *arg)
{
	struct shared *s = arg;
	double start;

	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	if (s->p->bytes) {
		start = now_usec();
		if (contain_seccomp_load(s->p->code, s->p->bytes, 0, NULL) < 0)
			die("%s: not loaded", s->p->name);
		s->load_usec = now_usec() - start;
	}
	s->call_usec = time_calls();
}

static void measure(const struct program *p, int n, double *ret_load, double *ret_call)
{
	struct shared *s = shared_memory(sizeof(*s));
	double *load = calloc((size_t)n * 2, sizeof(*load)), *call = load + n;

	if (!load)
		die("no memory");
	s->p = p;
	for (int i = 0; i < n; i++) {
		in_process(try_one, s, p->name);
		load[i] = s->load_usec;
		call[i] = s->call_usec;
	}
	*ret_load = median_of(load, n);
	*ret_call = median_of(call, n);
	free(load);
}

/* A start of the same container without a filter, with the default one, with the list. */
static container_plan *plan(const struct world *w, int mode, const struct program *p)
{
	container_plan *ret = NULL;
	container_spec *s = NULL;
	contain_error *e = NULL;

	container_spec_new(&s);
	container_spec_set_name(s, "bench");
	container_spec_set_argv(s, (const char *const *)w->argv);
	container_spec_set_root_dir(s, -100, w->root, CONTAIN_ROOT_READONLY);
	container_spec_set_seccomp_default(s, mode);
	if (p)
		container_spec_add_seccomp_program(s, p->code, p->bytes, 0);
	if (container_plan_compile(s, &ret, &e) < 0)
		die("%s", contain_error_message(e));
	container_spec_free(s);
	return ret;
}

static void start_once(const container_plan *p)
{
	contain_error *e = NULL;
	container *c = NULL;

	if (container_plan_spawn(p, NULL, &c, &e) < 0 || container_wait(c, -1, NULL, &e) < 0)
		die("%s", contain_error_message(e));
	container_free(c);
}

static void starts(struct world *w, const struct program *list, int n)
{
	static const char *const names[] = { "none", "default profile", "linear list" };
	container_plan *p[3] = { plan(w, 0, NULL), plan(w, 1, NULL), plan(w, 0, list) };
	double *t = calloc((size_t)n * 3, sizeof(*t));

	if (!t)
		die("no memory");
	for (int i = 0; i < n; i++)
		for (int k = 0; k < 3; k++) {
			double start = now_usec();

			start_once(p[k]);
			t[k * n + i] = now_usec() - start;
		}
	printf("\n| a start with filter | us |\n|---|---:|\n");
	for (int k = 0; k < 3; k++) {
		printf("| %s | %.0f |\n", names[k], median_of(t + k * n, n));
		container_plan_free(p[k]);
	}
	free(t);
}

void bench_seccomp(struct world *w, const struct options *o)
{
	int n = o->quick ? 3 : o->rounds < 300 ? o->rounds : 300;
	struct program p[3] = { { NULL, 0, "none" }, { NULL, 0, "default profile" } };
	double load[3], call[3];
	contain_seccomp *profile = NULL;
	contain_error *e = NULL;
	static _Alignas(8) char code[32768]; /* 4096 instructions, the most */
	int bytes;

	printf("\n## Filters of system calls\n\n");
	if (contain_seccomp_new_default(JOB_CAPABILITIES, &profile) < 0) {
		printf("Built without libseccomp.\n");
		return;
	}
	bytes = contain_seccomp_export(profile, code, sizeof(code), &e);
	if (bytes < 0)
		die("%s", contain_error_message(e));
	contain_seccomp_free(profile);
	p[1].code = (struct sock_filter *)code;
	p[1].bytes = (size_t)bytes;
	p[2] = linear(&p[1]);
	printf("| filter | instructions | load (us) | a call (ns) |\n|---|---:|---:|---:|\n");
	for (int i = 0; i < 3; i++) {
		measure(&p[i], n, &load[i], &call[i]);
		printf("| %s | %zu | %.1f | %.0f |\n", p[i].name,
		       p[i].bytes / sizeof(struct sock_filter), load[i], call[i] * 1000);
	}
	goal_row(GOAL_SECCOMP, load[1] / load[2], "default profile");
	starts(w, &p[2], n);
	free(p[2].code);
}
