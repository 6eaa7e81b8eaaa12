/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Capability sets, a user by name, keyring, personality, scheduling: checks, and their steps. */
#include "identity.h"
#include "process.h"
#include "process_rows.h"
#include "plan/compile.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define OP(row) CT_OP(CT_MODULE_PROCESS, row)

void ct_identity_init(struct ct_identity *id)
{
	id->sched.policy = -1;
}

void ct_identity_free(struct ct_identity *id)
{
	free(id->user_text);
	free(id->keyring_name);
	free(id->cpus);
	free(id->cpu_text);
}

void ct_identity_no_name(struct ct_identity *id)
{
	free(id->user_text);
	id->user_text = NULL;
	id->user_groups = id->user_home = 0;
}

int ct_identity_intend(const struct ct_process_part *p, struct ct_compile *c)
{
	const struct ct_identity *id = &p->identity;

	c->intent.parent_death = id->parent_death;
	if (id->parent_death)
		c->intent.monitor = 1;
	if (id->parent_death && !c->intent.own_memory)
		c->intent.own_memory = "a monitor stays outside and sends a signal when the caller "
				       "has ended";
	if (id->user_text && !c->intent.own_memory)
		c->intent.own_memory = "the payload's user is looked up in the image";
	if (id->user_groups && p->groups_set)
		return ct_compile_fail(c, -EINVAL, "groups",
				       "container_spec_set_groups() and CONTAIN_USER_GROUPS both "
				       "say what they are");
	if (id->user_groups && c->intent.no_setgroups)
		return ct_compile_fail(c, -EPERM, "groups", c->intent.no_setgroups);
	if (id->personality_lock && !p->no_new_privs)
		return ct_compile_fail(c, -EINVAL, "personality.lock",
				       "needs no_new_privs, without which a filter takes "
				       "CAP_SYS_ADMIN");
	return 0;
}

static void halves(uint32_t *word, uint64_t v)
{
	word[0] = (uint32_t)v;
	word[1] = (uint32_t)(v >> 32);
}

static void plan_sched(const struct ct_sched *sched, struct ct_compile *c)
{
	uint32_t word[10] = { (uint32_t)(sched->policy + 1), (uint32_t)sched->priority,
			      (uint32_t)sched->nice, (uint32_t)sched->nice_set };
	struct ct_step *s;
	uint32_t at;

	halves(word + 4, sched->runtime);
	halves(word + 6, sched->deadline);
	halves(word + 8, sched->period);
	at = ct_emit_words(c, word, 10);
	s = ct_emit(c, CT_STAGE_IDENTITY, OP(SCHED), NULL);
	s->str[0] = at;
	s->arg[0] = sched->policy;
}

static void plan_keyring(const struct ct_identity *id, struct ct_compile *c)
{
	uint32_t at = ct_emit_str(c, id->keyring_name);
	struct ct_step *s = ct_emit(c, CT_STAGE_KEYRING, OP(KEYRING), id->keyring_name);

	s->str[0] = at;
	s->arg[0] = id->keyring == CT_KEYRING_OWN;
	s->arg[1] = id->keyring_name != NULL;
}

/* What needs CAP_SYS_NICE or CAP_SYS_ADMIN comes before the user changes. */
int ct_identity_plan(const struct ct_process_part *p, struct ct_compile *c)
{
	const struct ct_identity *id = &p->identity;
	char name[48];
	struct ct_step *s;
	uint32_t at;

	if (id->keyring != CT_KEYRING_CALLERS)
		plan_keyring(id, c);
	if (id->cpus) {
		at = ct_emit_words(c, id->cpus, id->cpu_words);
		s = ct_emit(c, CT_STAGE_IDENTITY, OP(AFFINITY), id->cpu_text);
		s->str[0] = at;
		s->arg[0] = (int64_t)id->cpu_words;
	}
	if (id->ioprio_set) {
		snprintf(name, sizeof(name), "class %d, level %d", id->ioprio >> 13,
			 id->ioprio & 0x1fff);
		ct_emit(c, CT_STAGE_IDENTITY, OP(IOPRIO), name)->arg[0] = id->ioprio;
	}
	if (id->sched_set)
		plan_sched(&id->sched, c);
	if (!id->personality_set)
		return 0;
	snprintf(name, sizeof(name), "0x%x", id->personality);
	/* before a filter that has to be loaded early: the default one allows few */
	ct_emit(c, CT_STAGE_SIGNALS, OP(PERSONALITY), name)->arg[0] = id->personality;
	if (id->personality_lock)
		ct_emit(c, CT_STAGE_LIMITS, OP(LOCK_PERSONALITY), name)->arg[0] = id->personality;
	return 0;
}

/* Securebits alone: the sets are those of a spec without them. */
static struct ct_cap_sets sets_of(const struct ct_process_part *p)
{
	uint64_t held = p->user_set && p->uid ? 0 : p->capabilities;

	if (p->identity.sets_given)
		return p->identity.sets;
	return (struct ct_cap_sets){ held, held, 0, p->capabilities, 0 };
}

/* Where the user is changed first, the bounding set has its own step before that. */
int ct_identity_plan_sets(const struct ct_process_part *p, struct ct_compile *c)
{
	const struct ct_cap_sets set = sets_of(p), *k = &set;
	uint64_t all = (2ULL << c->facts->cap_last) - 1,
		 beyond = (k->effective | k->permitted | k->inheritable | k->bounding |
			   k->ambient) & ~all;
	int last = c->facts->cap_last, bits = p->identity.bits_given;
	uint32_t at, word[13] = { 0 };
	struct ct_step *s;

	if (!p->identity.sets_given && p->identity.user_text)
		return ct_compile_fail(c, -EINVAL, "securebits",
				       "with a user by name they need "
				       "container_spec_set_capability_sets(): what that user "
				       "keeps is not known here");
	if (p->identity.sets_given && beyond)
		return ct_compile_fail(c, -EINVAL, "capability_sets",
				       "names a capability that this kernel does not have");
	halves(word, k->effective & all);
	halves(word + 2, k->permitted & all);
	halves(word + 4, k->inheritable);
	halves(word + 6, k->bounding & all);
	halves(word + 8, k->ambient);
	word[10] = p->identity.bits;
	word[11] = (uint32_t)bits;
	word[12] = (uint32_t)last;
	at = ct_emit_words(c, word, 13);
	s = ct_emit(c, CT_STAGE_CAPABILITIES, OP(SETS), NULL);
	s->str[0] = at;
	s->arg[0] = 1 + __builtin_popcountll(k->ambient) + bits; /* calls of prctl(2) */
	s->arg[1] = 2 * (last + 1) + bits;
	s->arg[2] = p->user_set ? 0 : __builtin_popcountll(all & ~k->bounding);
	return 0;
}

void ct_identity_plan_user(const struct ct_process_part *p, struct ct_compile *c)
{
	const struct ct_identity *id = &p->identity;
	char name[CT_USER_NAME_MAX + 1] = "", group[CT_USER_NAME_MAX + 1] = "";
	struct ct_user_query q;
	uint32_t user_at, group_at;
	struct ct_step *s;

	ct_user_query_parse(id->user_text, &q); /* as the setter did */
	if (q.user)
		memcpy(name, q.user, q.user_len);
	if (q.group)
		memcpy(group, q.group, q.group_len);
	user_at = ct_emit_str(c, name);
	group_at = ct_emit_str(c, group);
	s = ct_emit(c, CT_STAGE_IDENTITY, OP(FIND_USER), id->user_text);
	s->str[0] = user_at;
	s->str[1] = group_at;
	s->arg[0] = q.uid;
	s->arg[1] = q.gid;
	s->arg[2] = id->user_groups | id->user_home << 1;
}
