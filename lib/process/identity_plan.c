/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who the payload is going to be, and its limits: checks, and the steps in their order. */
#include "process.h"
#include "process_rows.h"
#include "plan/compile.h"
#include "plan/text.h"

#include <errno.h>
#include <stdio.h>

#define OP(row) CT_OP(CT_MODULE_PROCESS, row)
#define GROUPS_SHOWN 16

const char *const ct_process_limit_names[CT_LIMITS] = {
	"cpu",	   "fsize",  "data",	"stack", "core",       "rss",	   "nproc", "nofile",
	"memlock", "as",     "locks",	"sigpending", "msgqueue", "nice", "rtprio", "rttime",
};

/* The id outside of what has to be mapped, or why not. */
static int outside(struct ct_compile *c, const struct ct_id_map *map, const char *field,
		   uint32_t id, uint32_t *ret)
{
	int64_t found = map->n ? ct_id_outside(map, id) : (int64_t)id;
	char hint[160];

	if (found < 0) {
		snprintf(hint, sizeof(hint),
			 "no range of the container maps %u: add one, or leave the ranges out", id);
		return ct_compile_fail(c, -EINVAL, field, hint);
	}
	*ret = (uint32_t)found;
	return 0;
}

static int check_groups(const struct ct_process_part *p, struct ct_compile *c)
{
	uint32_t unused;
	int r = 0;

	if (c->intent.no_setgroups)
		return ct_compile_fail(c, -EPERM, "groups", c->intent.no_setgroups);
	for (size_t i = 0; i < p->ngroups && !r; i++)
		r = outside(c, &c->intent.gid_map, "groups", p->groups[i], &unused);
	return r;
}

/*
 * A container of one id, the default of an ordinary user, has no other one to be. A user namespace
 * inside of its own can give that id another number.
 */
static int needs_nested(const struct ct_process_part *p, const struct ct_intent *i)
{
	const struct ct_id_map *u = &i->uid_map, *g = &i->gid_map;

	if (i->joined || u->n != 1 || g->n != 1 || u->range->count != 1 || g->range->count != 1)
		return 0;
	return p->uid != u->range->inside || p->gid != g->range->inside;
}

/*
 * Another id on the host, in memory that is shared with the caller, would take the caller's
 * dumpable flag with it.
 */
int ct_process_intend_identity(const struct ct_process_part *p, struct ct_compile *c)
{
	uint32_t uid = 0, gid = 0;
	int r = 0;

	if (p->identity.user_text) /* told by the image, when it is there */
		return p->groups_set ? check_groups(p, c) : 0;
	c->intent.has_payload_user = p->user_set;
	c->intent.payload_uid = p->uid;
	c->intent.payload_gid = p->gid;
	if (p->user_set && needs_nested(p, &c->intent)) {
		c->intent.nested = 1;
	} else if (p->user_set) {
		r = outside(c, &c->intent.uid_map, "user.uid", p->uid, &uid);
		if (!r)
			r = outside(c, &c->intent.gid_map, "user.gid", p->gid, &gid);
		if (!r && (uid != c->facts->euid || gid != c->facts->egid) && !c->intent.own_memory)
			c->intent.own_memory = "the payload runs as another user of the host";
	}
	if (!r && p->groups_set)
		r = check_groups(p, c);
	return r;
}

static void plan_groups(const struct ct_process_part *p, struct ct_compile *c)
{
	uint32_t at = ct_emit_words(c, p->groups, p->ngroups);
	struct ct_text t = { 0 };
	struct ct_step *s;

	for (size_t i = 0; i < p->ngroups && i < GROUPS_SHOWN; i++)
		ct_text_printf(&t, "%s%u", i ? " " : "", p->groups[i]);
	if (p->ngroups > GROUPS_SHOWN)
		ct_text_printf(&t, " and %zu more", p->ngroups - GROUPS_SHOWN);
	c->oom |= t.oom;
	s = ct_emit(c, c->intent.nested ? CT_STAGE_OUTER : CT_STAGE_IDENTITY, OP(GROUPS),
		    p->identity.user_groups ? "as in the image" : p->ngroups ? t.buf : "none");
	s->str[0] = at;
	s->arg[0] = (int64_t)p->ngroups;
	s->arg[2] = p->identity.user_groups;
	s->arg[1] = p->ngroups && p->ngroups <= CT_GROUPS_COMPARED;
	ct_text_free(&t);
}

/* What becomes the payload's own: the pipes, which the caller has made as itself; the terminal. */
static void plan_own_stdio(const struct ct_process_part *p, struct ct_compile *c)
{
	int64_t mask = 0;
	struct ct_step *s;

	for (size_t i = 0; i < p->values.nfds; i++)
		if ((p->values.fd[i].from == CT_FD_PIPE && !ct_pipes_given_outside(c)) ||
		    p->values.fd[i].from == CT_FD_PTY)
			mask |= 1 << p->values.fd[i].to;
	if (!mask)
		return;
	s = ct_emit(c, CT_STAGE_IDENTITY, OP(OWN_STDIO), NULL);
	s->arg[0] = mask;
	s->arg[1] = __builtin_popcount((unsigned)mask);
	s->arg[2] = p->uid;
	s->arg[3] = p->gid;
}

/*
 * In this order, as each takes away what the one before it needs: CAP_SYS_RESOURCE for limits,
 * CAP_SETPCAP for the bounding set, CAP_CHOWN, CAP_SETGID, and CAP_SETUID.
 */
void ct_process_plan_identity(const struct ct_process_part *p, struct ct_compile *c,
			      const struct ct_step *capabilities)
{
	char name[32];
	struct ct_step *s;

	for (int i = 0; i < CT_LIMITS; i++)
		if (p->limits_set >> i & 1) {
			s = ct_emit(c, CT_STAGE_IDENTITY, OP(RAISE_LIMIT),
				    ct_process_limit_names[i]);
			s->arg[0] = i;
			s->arg[2] = (int64_t)p->limit[i].hard;
		}
	if (p->identity.user_text)
		ct_identity_plan_user(p, c);
	if (p->user_set) {
		s = ct_emit(c, CT_STAGE_IDENTITY, OP(BOUND), NULL);
		for (int i = 0; i < 3; i++)
			s->arg[i] = capabilities->arg[i];
		if (!c->intent.nested) /* the pipes are the one id's */
			plan_own_stdio(p, c);
	}
	if (p->groups_set || (!c->intent.no_setgroups && !c->intent.groups_dropped))
		plan_groups(p, c);
	if (!p->user_set)
		return;
	if (p->identity.sets_given || p->identity.bits_given)
		ct_emit(c, CT_STAGE_IDENTITY, OP(KEEP_CAPABILITIES), NULL);
	snprintf(name, sizeof(name), "%u:%u", p->uid, p->gid);
	s = ct_emit(c, CT_STAGE_IDENTITY, OP(USER),
		    p->identity.user_text ? p->identity.user_text : name);
	s->arg[0] = p->uid;
	s->arg[1] = p->gid;
}

void ct_process_plan_limits(const struct ct_process_part *p, struct ct_compile *c)
{
	struct ct_step *s;

	for (int i = 0; i < CT_LIMITS; i++)
		if (p->limits_set >> i & 1) {
			s = ct_emit(c, CT_STAGE_LIMITS, OP(LIMIT), ct_process_limit_names[i]);
			s->arg[0] = i;
			s->arg[1] = (int64_t)p->limit[i].soft;
			s->arg[2] = (int64_t)p->limit[i].hard;
		}
	if (p->oom_score_set)
		/* another's mounts may hide /proc, and who has joined others may not write there */
		ct_emit(c, c->intent.joined ? CT_STAGE_OUTSIDE : CT_STAGE_TRUSTED, OP(OOM_SCORE),
			"oom_score_adj")->arg[0] = p->oom_score_adj;
}
