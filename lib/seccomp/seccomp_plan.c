/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "seccomp.h"
#include "profile.h"
#include "program.h"
#include "seccomp_rows.h"
#include "plan/compile.h"
#include "plan/explain.h"
#include "plan/text.h"
#include "sys/call_names.h"

#include <contain/spec_security.h>
#include <errno.h>
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define OP(row) CT_OP(CT_MODULE_SECCOMP, row)

static void part_free(void *part)
{
	struct ct_seccomp_part *p = part;

	for (size_t i = 0; i < p->n; i++)
		free(p->program[i].code);
	if (p->kept)
		free(*p->kept);
	free(p->kept);
}

/* ---- the default profile ---- */

static int apply_mode(contain_seccomp *p, int mode)
{
	if (mode == CONTAIN_SECCOMP_DEFAULT_LOG)
		return contain_seccomp_set_log(p, 1);
	/* what is not known stays ENOSYS: programs ask whether it is there */
	for (size_t i = 0; i < p->n && mode == CONTAIN_SECCOMP_DEFAULT_KILL; i++)
		if (p->rule[i].action == (CONTAIN_SECCOMP_ERRNO | EPERM))
			p->rule[i].action = CONTAIN_SECCOMP_KILL_PROCESS;
	return 0;
}

static int make_default(uint64_t capabilities, int mode, struct ct_seccomp_kept **ret)
{
	contain_seccomp *p = NULL;
	struct sock_filter *code = NULL;
	struct ct_seccomp_kept *k = NULL;
	size_t n = 0;
	int r = contain_seccomp_new_default(capabilities, &p);

	if (!r)
		r = apply_mode(p, mode);
	if (!r)
		r = ct_seccomp_compile(p, &code, &n);
	contain_seccomp_free(p);
	if (!r) {
		k = malloc(sizeof(*k) + n * sizeof(*code));
		r = k ? 0 : -ENOMEM;
	}
	if (!r) {
		*k = (struct ct_seccomp_kept){ .capabilities = capabilities, .mode = mode, .n = n };
		memcpy(k->code, code, n * sizeof(*code));
		*ret = k;
	}
	free(code);
	return r;
}

/*
 * Starts with overrides compile the spec again, from several threads at once: they find what the
 * first compile has kept. For other capabilities it is made anew; *ret_own then.
 */
static int get_default(const struct ct_seccomp_part *p, uint64_t capabilities,
		       const struct ct_seccomp_kept **ret, struct ct_seccomp_kept **ret_own)
{
	struct ct_seccomp_kept *k = __atomic_load_n(p->kept, __ATOMIC_ACQUIRE), *none = NULL;
	int r;

	*ret_own = NULL;
	if (k && k->capabilities == capabilities && k->mode == p->mode) {
		*ret = k;
		return 0;
	}
	r = make_default(capabilities, p->mode, &k);
	if (r < 0)
		return r;
	*ret = k;
	if (!__atomic_compare_exchange_n(p->kept, &none, k, 0, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED))
		*ret_own = k;
	return 0;
}

/* ---- what set-up still calls when a program is loaded ---- */

/* A word of a step's calls, as explain expands them; optional unless it stands alone. */
static int next_call(const char **at, char *name, size_t size, int *depth, int *ret_optional)
{
	size_t n = 0;

	for (; **at && !((**at >= 'a' && **at <= 'z') || **at == '_'); (*at)++)
		*depth += (**at == '(') - (**at == ')');
	for (; (**at >= 'a' && **at <= 'z') || **at == '_' || (n && **at >= '0' && **at <= '9');
	     (*at)++)
		if (n + 1 < size)
			name[n++] = **at;
	name[n] = 0;
	*ret_optional = *depth > 0 || **at == '?' || **at == '*';
	*at += strcspn(*at, " ");
	return n > 0;
}

static int refuse(struct ct_compile *c, const char *field, const char *call, const char *why)
{
	char hint[200];

	snprintf(hint, sizeof(hint), "%s of %s(2), which starting the container's program takes",
		 why, call);
	return ct_compile_fail(c, -EINVAL, field, hint);
}

struct loaded {
	const struct sock_filter *code;
	size_t n;
	const char *field;
	int mortal; /* it may kill the child that has loaded it */
};

static int check_call(struct ct_compile *c, struct loaded *l, const char *call, int optional)
{
	int nr = ct_call_number(call), error = 0;
	uint32_t answers = nr < 0 ? ct_seccomp_all_answers(l->code, l->n) :
				    ct_seccomp_answers(l->code, l->n, nr, &error);

	if (nr >= 0 && answers & CT_ANSWER_NOTIFY)
		return refuse(c, l->field, call,
			      "the listener's holder would be asked, while it still waits for the "
			      "start,");
	if (answers & (CT_ANSWER_KILL | CT_ANSWER_TRAP))
		l->mortal = 1;
	if (nr < 0 || optional || answers & CT_ANSWER_ALLOW)
		return 0;
	return refuse(c, l->field, call,
		      answers & CT_ANSWER_ERRNO ? "the program refuses every call" :
						  "the program kills at every call");
}

static int check_step(struct ct_compile *c, struct loaded *l, const struct ct_step *s)
{
	const char *calls = ct_op_of(c->modules, s)->calls, *at;
	struct ct_text text = { 0 };
	int depth = 0, optional, r = 0;
	char name[40];

	if (calls)
		ct_explain_calls(&text, calls, s);
	at = text.buf;
	while (!r && at && !text.oom && next_call(&at, name, sizeof(name), &depth, &optional))
		r = check_call(c, l, name, optional);
	if (text.oom)
		r = ct_compile_fail(c, -ENOMEM, "plan", NULL);
	ct_text_free(&text);
	return r;
}

/* Against the steps behind it: the process's, which are planned by now, and other programs. */
static int check_after(struct ct_compile *c, struct loaded *l, enum ct_stage stage, int others)
{
	int r = others ? check_call(c, l, "seccomp", 0) : 0;

	for (size_t i = 0; i < c->nsteps && !r; i++)
		if (c->steps[i].stage > stage)
			r = check_step(c, l, &c->steps[i]);
	/* a start that fails for another reason has to end */
	if (!r)
		r = check_call(c, l, "exit_group", 1);
	if (!r && !(ct_seccomp_answers(l->code, l->n, ct_call_number("exit_group"), NULL) &
		    (CT_ANSWER_ALLOW | CT_ANSWER_KILL)))
		l->mortal = 1;
	return r;
}

/* ---- both passes ---- */

static int has_listener(const struct ct_seccomp_part *p)
{
	for (size_t i = 0; i < p->n; i++)
		if (p->program[i].flags & CONTAIN_SECCOMP_FLAG_NEW_LISTENER)
			return 1;
	return 0;
}

static void need_own(struct ct_compile *c, const char *why)
{
	if (!c->intent.own_memory)
		c->intent.own_memory = why;
}

static int intend(const void *part, struct ct_compile *c)
{
	const struct ct_seccomp_part *p = part;

	if (has_listener(p)) {
		c->intent.handover |= 1U << CT_HANDOVER_LISTENER;
		c->intent.handover_late = 1;
		need_own(c, "the listener of the system call filter is handed over before exec");
	}
	return 0;
}

static int emit(struct ct_compile *c, struct loaded *l, enum ct_stage stage, uint32_t flags,
		int others)
{
	int r = check_after(c, l, stage, others);
	int listens = !!(flags & CONTAIN_SECCOMP_FLAG_NEW_LISTENER);
	struct ct_step *s;
	uint32_t at;

	if (r < 0)
		return r;
	/*
	 * a child that is killed by SIGSYS may leave its memory in a core file, and a kernel before
	 * 5.16 kills all that share it: not for the caller's
	 */
	if (l->mortal)
		need_own(c, "the system call filter may kill before exec");
	at = ct_emit_words(c, (const uint32_t *)l->code,
			   l->n * sizeof(*l->code) / sizeof(uint32_t));
	s = ct_emit(c, stage, OP(listens ? LISTEN : LOAD), l->field);
	s->str[0] = at;
	s->arg[0] = (int64_t)l->n;
	s->arg[1] = flags;
	return 0;
}

/* Without no_new_privs the kernel asks for CAP_SYS_ADMIN, which goes with the identity. */
static enum ct_stage stage_of(const struct ct_compile *c)
{
	if (c->intent.no_new_privs || c->intent.effective >> CAP_SYS_ADMIN & 1)
		return CT_STAGE_SECCOMP;
	return CT_STAGE_SECCOMP_EARLY;
}

static int plan_default(const struct ct_seccomp_part *p, struct ct_compile *c, enum ct_stage stage)
{
	const struct ct_seccomp_kept *k;
	struct ct_seccomp_kept *own;
	struct loaded l = { .field = "default profile" };
	int r = get_default(p, c->intent.capabilities, &k, &own);

	if (r < 0)
		return ct_compile_fail(c, r, "seccomp_default", NULL);
	l.code = k->code;
	l.n = k->n;
	r = emit(c, &l, stage, 0, p->n > (size_t)has_listener(p));
	free(own);
	return r;
}

static int plan_programs(const struct ct_seccomp_part *p, struct ct_compile *c,
			 enum ct_stage stage, uint32_t listener)
{
	int r = 0, last = 0;

	for (size_t i = 0; i < p->n; i++)
		if ((p->program[i].flags & CONTAIN_SECCOMP_FLAG_NEW_LISTENER) == listener)
			last = (int)i;
	for (size_t i = 0; i < p->n && !r; i++) {
		struct loaded l = { p->program[i].code, p->program[i].n, "program", 0 };

		if ((p->program[i].flags & CONTAIN_SECCOMP_FLAG_NEW_LISTENER) == listener)
			r = emit(c, &l, stage, p->program[i].flags,
				 (int)i < last || (listener && (p->n > 1 || p->mode)));
	}
	return r;
}

/* The one with a listener first: the thread that hands it over is made before any filter. */
static int plan(const void *part, struct ct_compile *c)
{
	const struct ct_seccomp_part *p = part;
	enum ct_stage stage = stage_of(c);
	int r = plan_programs(p, c, stage, CONTAIN_SECCOMP_FLAG_NEW_LISTENER);

	if (!r && p->mode)
		r = plan_default(p, c, stage);
	return r ? r : plan_programs(p, c, stage, 0);
}

const struct ct_module ct_seccomp_module = {
	.name = "seccomp",
	.part_size = sizeof(struct ct_seccomp_part),
	.part_free = part_free,
	.intend = intend,
	.plan = plan,
	.ops = ct_seccomp_ops,
	.nops = ROWS,
};
