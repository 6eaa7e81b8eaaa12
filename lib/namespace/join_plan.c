/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * In which order namespaces are joined, and by whom. contain-init does it before it makes the
 * container's first process: new namespaces are then owned by the joined user namespace, and a
 * joined pid namespace is entered by that process.
 */
#include "namespace.h"
#include "namespace_rows.h"
#include "types.h"
#include "plan/compile.h"
#include "plan/text.h"

#include <contain/namespace.h>
#include <errno.h>

#define OP(row) CT_OP(CT_MODULE_NAMESPACE, row)

/* The mount namespace last: with it the root and the working directory are another's. */
static const uint8_t order[] = { CT_NS_CGROUP, CT_NS_IPC, CT_NS_UTS, CT_NS_NET,
				 CT_NS_TIME,   CT_NS_PID, CT_NS_MNT };

/* Whoever is in them may look at the process that enters, or trace it. */
#define OBSERVED (CONTAIN_NS_USER | CONTAIN_NS_PID | CONTAIN_NS_MNT)

int ct_ns_is_join(const struct ct_step *s)
{
	return s->op == OP(JOIN);
}

int ct_ns_joins_outside(const struct ct_block *b, uint64_t type)
{
	for (uint32_t i = b->first_child; i < b->first_inside; i++)
		if (ct_ns_is_join(ct_block_step(b, i)) &&
		    ct_block_step(b, i)->arg[0] == (int64_t)type)
			return 1;
	return 0;
}

static int check_rights(const struct ct_namespace_part *p, struct ct_compile *c)
{
	uint64_t rest = p->joined & ~(p->after_user | (uint64_t)CONTAIN_NS_USER);

	if (c->facts->is_privileged)
		return 0;
	for (int i = 0; i < CT_NS_TYPES; i++)
		if (rest & ct_ns_types[i].type)
			return ct_compile_fail(c, -EPERM, "join_namespace",
					       p->joined & CONTAIN_NS_USER ?
						       "a namespace that the joined user "
						       "namespace does not own is joined "
						       "with CAP_SYS_ADMIN only" :
						       "without CAP_SYS_ADMIN a namespace is "
						       "joined together with the user "
						       "namespace that owns it");
	return 0;
}

int ct_namespace_intend_joins(const struct ct_namespace_part *p, struct ct_compile *c)
{
	struct ct_intent *i = &c->intent;
	int r = check_rights(p, c);

	i->joined = p->joined;
	i->owned = i->namespaces;
	if (!p->joined || r < 0)
		return r;
	if (p->joined & CONTAIN_NS_USER && (p->uid.n || p->gid.n))
		return ct_compile_fail(c, -EINVAL, p->uid.n ? "uid_map" : "gid_map",
				       "the user namespace that is joined has its maps already");
	if (p->joined & CONTAIN_NS_USER && i->namespaces & CONTAIN_NS_TIME &&
	    (p->time[0].set || p->time[1].set))
		return ct_compile_fail(c, -EOPNOTSUPP, "time_offset",
				       "in a joined user namespace the offsets of a new time "
				       "namespace cannot be set: join a time namespace too");
	/* with the rights of root every one is as good as one's own */
	i->owned |= p->joined & CONTAIN_NS_USER ? p->after_user : i->user ? 0 : p->joined;
	i->own_memory = "it joins namespaces in which there may be other processes";
	if (p->joined & CONTAIN_NS_USER) {
		i->privileged = 0;
		i->user_xattr = 1;
		i->no_setgroups = NULL;
		i->groups_dropped = 1;
	}
	for (int k = 0; k < CT_NS_TYPES && r >= 0; k++)
		if (p->joined & ct_ns_types[k].type)
			r = ct_emit_slot(c);
	return r < 0 ? r : 0;
}

/* Slots are given out in the order of the types. */
static uint8_t slot_of(const struct ct_namespace_part *p, int index)
{
	uint8_t slot = CT_SLOT_FREE;

	for (int k = 0; k < index; k++)
		slot += !!(p->joined & ct_ns_types[k].type);
	return slot;
}

static void emit_join(const struct ct_namespace_part *p, struct ct_compile *c, int index,
		      enum ct_stage stage)
{
	struct ct_step *s = ct_emit(c, stage, OP(JOIN), ct_ns_types[index].name);

	s->slot = slot_of(p, index);
	s->arg[0] = (int64_t)ct_ns_types[index].type;
	s->arg[1] = index == CT_NS_USER && c->facts->is_privileged && !c->facts->no_setgid &&
		    !c->facts->no_setgroups;
	s->arg[2] = !!(p->after_user & ct_ns_types[index].type);
}

/*
 * The kernel lets a process move between groups inside the root of its cgroup namespace only
 * (nsdelegate): the clone into the group comes first, where the rights last until then.
 */
static enum ct_stage stage_of(const struct ct_namespace_part *p, const struct ct_compile *c,
			      int index)
{
	if (index != CT_NS_CGROUP || c->intent.user)
		return CT_STAGE_JOIN;
	if (p->joined & CONTAIN_NS_USER && !(p->after_user & CONTAIN_NS_CGROUP))
		return CT_STAGE_JOIN;
	return CT_STAGE_CGROUP_NS;
}

static void emit_joins(const struct ct_namespace_part *p, struct ct_compile *c, uint64_t types)
{
	for (size_t i = 0; i < sizeof(order); i++)
		if (types & ct_ns_types[order[i]].type)
			emit_join(p, c, order[i], stage_of(p, c, order[i]));
}

void ct_namespace_plan_joins(const struct ct_namespace_part *p, struct ct_compile *c)
{
	struct ct_step *s;

	if (p->joined & OBSERVED)
		ct_emit(c, CT_STAGE_JOIN, OP(HIDE), NULL);
	emit_joins(p, c, p->joined & ~(p->after_user | (uint64_t)CONTAIN_NS_USER));
	if (!(p->joined & CONTAIN_NS_USER))
		return;
	emit_join(p, c, CT_NS_USER, CT_STAGE_JOIN);
	emit_joins(p, c, p->after_user);
	s = ct_emit(c, CT_STAGE_IDMAP, OP(BECOME), NULL);
	s->arg[0] = c->intent.has_payload_user;
	s->arg[1] = c->intent.payload_uid;
	s->arg[2] = c->intent.payload_gid;
}

void ct_namespace_describe_join(struct ct_text *out, const struct ct_block *b,
				const struct ct_step *s)
{
	if (s->arg[1])
		ct_text_add(out, "without supplementary groups");
	else if (s->arg[2])
		ct_text_add(out, "after the user namespace that owns it");
	else if (s->arg[0] != CONTAIN_NS_USER)
		ct_text_add(out, "with the caller's own rights");
}

void ct_namespace_describe_become(struct ct_text *out, const struct ct_block *b,
				  const struct ct_step *s)
{
	ct_text_add(out, "0:0");
	if (s->arg[0])
		ct_text_printf(out, ", or %u:%u where 0 has no id outside", (uint32_t)s->arg[1],
			       (uint32_t)s->arg[2]);
}

const char *ct_namespace_hint_join(const struct ct_run *r, const struct ct_step *s, char *buf,
				   size_t size)
{
	switch (-r->report->err) {
	case EPERM:
		if (r->report->detail == CT_JOIN_GROUPS)
			return "supplementary groups cannot be dropped: setgroups(2) is denied";
		return "joining needs CAP_SYS_ADMIN in the user namespace that owns it, and in the "
		       "caller's own: join its user namespace too";
	case EINVAL:
		if (s->arg[0] == CONTAIN_NS_USER)
			return "the caller is in this user namespace already: leave it out";
		if (s->arg[0] == CONTAIN_NS_PID)
			return "only the caller's own pid namespace and those below it can be "
			       "joined";
		return NULL;
	case ENOENT:
		return "the group of the container is not below the root of this cgroup namespace";
	default:
		return NULL;
	}
}

const char *ct_namespace_hint_become(const struct ct_run *r, const struct ct_step *s, char *buf,
				     size_t size)
{
	if (r->report->err != -EINVAL)
		return NULL;
	return s->arg[0] ? "neither 0 nor the payload's own ids are mapped in the joined user "
			   "namespace" :
			   "id 0 is not mapped in the joined user namespace: call "
			   "container_spec_set_user() with ids that are";
}
