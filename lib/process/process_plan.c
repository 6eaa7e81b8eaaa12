/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "process.h"
#include "process_rows.h"
#include "plan/compile.h"
#include "plan/text.h"
#include "sys/sys.h"

#include <errno.h>
#include <limits.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#define OP(row) CT_OP(CT_MODULE_PROCESS, row)
#define SETUP_UMASK 022

static void part_init(void *part)
{
	struct ct_process_part *p = part;

	p->no_new_privs = 1;
	p->new_session = 1;
	p->capabilities = CT_CAPABILITIES_DEFAULT;
	ct_identity_init(&p->identity);
}

static void part_free(void *part)
{
	struct ct_process_part *p = part;

	ct_values_free(&p->values);
	free(p->groups);
	ct_identity_free(&p->identity);
}

static int is_open(const struct ct_fdmap *m)
{
	return m->from >= 0 || m->from == CT_FD_PIPE || m->from == CT_FD_PTY;
}

static int count_fds(const struct ct_values *v, int max, int from)
{
	int n = 0;

	for (size_t i = 0; i < v->nfds; i++)
		if (v->fd[i].to <= max &&
		    (from == INT_MAX ? is_open(&v->fd[i]) : v->fd[i].from == from))
			n++;
	return n;
}

/* In any of the five sets: what is in one of them may come into another by what is executed. */
static uint64_t may_have(const struct ct_process_part *p)
{
	const struct ct_cap_sets *s = &p->identity.sets;

	if (!p->identity.sets_given)
		return p->capabilities;
	return s->effective | s->permitted | s->inheritable | s->bounding | s->ambient;
}

/* The change to another user takes them, unless all sets were given; an image's user may be any. */
static uint64_t will_have(const struct ct_process_part *p)
{
	if (p->identity.sets_given)
		return p->identity.sets.effective;
	return p->identity.user_text || (p->user_set && p->uid) ? 0 : p->capabilities;
}

static int intend(const void *part, struct ct_compile *c)
{
	const struct ct_process_part *p = part;

	c->values = &p->values;
	ct_process_intend_exec(p, c);
	c->intent.new_session = p->new_session;
	c->intent.capabilities = may_have(p);
	c->intent.effective = will_have(p);
	c->intent.no_new_privs = p->no_new_privs;
	return ct_identity_intend(p, c) < 0 ? c->err : ct_process_intend_identity(p, c);
}

/* How many ranges close_range(2) has to close around the fds that stay. */
static int count_gaps(const struct ct_values *v, int exec)
{
	int gaps = 1;

	for (size_t i = 0; i < v->nfds; i++) {
		int to = v->fd[i].to, before = to > 3;

		for (size_t k = 0; k < v->nfds; k++)
			before = before && v->fd[k].to != to - 1;
		gaps += before && to - 1 != exec;
	}
	return gaps;
}

/* As start.c puts it. */
static int exec_number(const struct ct_values *v)
{
	int to = 3;

	for (size_t i = 0; i < v->nfds; i++)
		if (v->fd[i].to == to) {
			to++;
			i = SIZE_MAX; /* from the first again */
		}
	return to;
}

static void plan_fds(const struct ct_values *v, struct ct_compile *c)
{
	int keep = count_fds(v, INT_MAX, CT_FD_KEEP),
	    stdio = count_fds(v, 2, INT_MAX) + count_fds(v, 2, CT_FD_KEEP);
	struct ct_step *s;

	if (keep)
		ct_emit(c, CT_STAGE_SOURCE, OP(CHECK_FDS), NULL)->arg[0] = keep;
	/* an override can only replace the null device, so it is not needed when none has it */
	if (c->intent.null_device || stdio < 3)
		ct_emit(c,
			/* a mount namespace that is joined is another's; else masks clone it */
			c->intent.joined & CLONE_NEWNS ? CT_STAGE_OUTSIDE : CT_STAGE_TRUSTED,
			OP(OPEN_NULL), "/dev/null");
	s = ct_emit(c, CT_STAGE_FDS, OP(FDS), NULL);
	s->arg[0] = keep;
	s->arg[1] = 3 - stdio + count_fds(v, INT_MAX, INT_MAX) + v->has_exec;
	s->arg[2] = count_gaps(v, v->has_exec ? exec_number(v) : -1);
	if (c->intent.handover_late) {
		s->slot = CT_SLOT_HANDOVER;
		s->arg[2]++;
		s->arg[3] = 1;
	}
	s->arg[3] |= v->has_exec;
	/* fds of the start may lie where others are to go, and are moved first */
	for (size_t i = 0; i < v->nfds; i++)
		s->arg[3] |= v->fd[i].to > 2;
}

static int count_bits(uint64_t v)
{
	return __builtin_popcountll(v);
}

/*
 * A user that is not 0 gets no capabilities: execve(2) would take them, and until then the working
 * directory and the program are to be found with the user's own rights.
 */
static int plan_capabilities(const struct ct_process_part *p, struct ct_compile *c)
{
	uint64_t all = (2ULL << c->facts->cap_last) - 1,
		 keep = (p->identity.sets_given ? p->identity.sets.bounding : p->capabilities) &
			all;
	struct ct_step bound = { .arg = { (int64_t)keep, c->facts->cap_last,
					  count_bits(all & ~keep) } };
	struct ct_step *s;

	ct_process_plan_identity(p, c, &bound);
	if (p->identity.sets_given || p->identity.bits_given)
		return ct_identity_plan_sets(p, c);
	s = ct_emit(c, CT_STAGE_CAPABILITIES, OP(CAPABILITIES), NULL);
	s->arg[0] = (int64_t)keep;
	s->arg[1] = p->user_set ? -1 : bound.arg[1]; /* bounded before the user changed */
	s->arg[2] = p->user_set ? 0 : bound.arg[2];  /* calls of prctl(2) */
	s->arg[3] = p->user_set && !p->identity.user_text && p->uid ? 0 : (int64_t)keep;
	return 0;
}

static int plan(const void *part, struct ct_compile *c)
{
	const struct ct_process_part *p = part;
	uint32_t mask = p->umask_set ? p->umask : SETUP_UMASK,
		 setup = c->intent.device_nodes ? 0 : SETUP_UMASK;
	struct ct_step *s;

	if (p->capabilities_set && p->capabilities >> c->facts->cap_last >> 1)
		return ct_compile_fail(c, -EINVAL, "capabilities",
				       "names a capability that this kernel does not have");
	if (p->new_session)
		ct_emit(c, CT_STAGE_SESSION, OP(SESSION), NULL);
	/*
	 * the files that set-up makes get the modes that the plan says; 0755 and 0644 do with this
	 * one
	 */
	ct_emit(c, CT_STAGE_SESSION, OP(UMASK), NULL)->arg[0] = setup;
	if (p->new_session && c->intent.init) /* the init has one, and the payload gets its own */
		ct_emit(c, CT_STAGE_FDS, OP(SESSION), NULL);
	plan_fds(&p->values, c);
	if (mask != setup)
		ct_emit(c, CT_STAGE_SIGNALS, OP(UMASK), NULL)->arg[0] = mask;
	ct_emit(c, CT_STAGE_SIGNALS, OP(SIGNALS), NULL);
	ct_identity_plan(p, c);
	if (plan_capabilities(p, c) < 0)
		return c->err;
	if (p->no_new_privs)
		ct_emit(c, CT_STAGE_NO_NEW_PRIVS, OP(NO_NEW_PRIVS), NULL);
	ct_process_plan_check(p, c);
	s = ct_emit(c, CT_STAGE_CWD, OP(CWD), p->values.cwd ? p->values.cwd : "/");
	s->arg[0] = p->values.cwd && strcmp(p->values.cwd, "/") != 0;
	ct_process_plan_limits(p, c);
	ct_process_plan_exec(p, c);
	return 0;
}

/*
 * Parent: an fd that the caller has closed stays closed inside. It is taken out of the map here,
 * or an fd of the library that got its number would be left open for the payload.
 */
int ct_process_op_check_fds(struct ct_run *r, const struct ct_step *s)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < r->fdmaps; i++) {
		int err = r->fdmap[i].from == CT_FD_KEEP ?
				  ct_sys_fcntl(r->fdmap[i].to, F_GETFD, 0) :
				  0;

		if (err < 0 && err != -EBADF)
			return err;
		if (err >= 0)
			r->fdmap[n++] = r->fdmap[i];
	}
	r->fdmaps = n;
	return 0;
}

const struct ct_module ct_process_module = {
	.name = "process",
	.part_size = sizeof(struct ct_process_part),
	.part_init = part_init,
	.part_free = part_free,
	.intend = intend,
	.plan = plan,
	.amend = ct_process_amend,
	.ops = ct_process_ops,
	.nops = ROWS,
};
