/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "identity.h"
#include "process.h"
#include "plan/spec.h"

#include <contain/spec_process.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int identity_of(container_spec *spec, const char *field, struct ct_identity **ret)
{
	struct ct_process_part *p;
	int r = ct_spec_part(spec, CT_MODULE_PROCESS, field, &p);

	if (r >= 0)
		*ret = &p->identity;
	return r;
}

int container_spec_set_user_name(container_spec *spec, const char *user, uint32_t flags)
{
	struct ct_process_part *p;
	struct ct_user_query q;
	const char *why;
	char *copy;
	int r = ct_spec_part(spec, CT_MODULE_PROCESS, "user", &p);

	if (r < 0)
		return r;
	if (!user)
		return ct_spec_fail(spec, -EINVAL, "user", "is NULL");
	if (flags & ~(uint32_t)(CONTAIN_USER_GROUPS | CONTAIN_USER_HOME))
		return ct_spec_fail(spec, -EINVAL, "user", "unknown flags 0x%x", flags);
	why = ct_user_query_parse(user, &q);
	if (why)
		return ct_spec_fail(spec, -EINVAL, "user", "%.80s %s", user, why);
	if (q.uid >= 0 && q.gid >= 0 && !flags) /* nothing to look up */
		return container_spec_set_user(spec, (uint32_t)q.uid, (uint32_t)q.gid);
	copy = strdup(user);
	if (!copy)
		return ct_spec_fail(spec, -ENOMEM, "user", "out of memory");
	ct_identity_no_name(&p->identity);
	p->identity.user_text = copy;
	p->identity.user_groups = !!(flags & CONTAIN_USER_GROUPS);
	p->identity.user_home = !!(flags & CONTAIN_USER_HOME);
	p->user_set = 1;
	p->uid = p->gid = 0;
	return 0;
}

int container_spec_set_capability_sets(container_spec *spec, uint64_t effective,
				       uint64_t permitted, uint64_t inheritable, uint64_t bounding,
				       uint64_t ambient)
{
	struct ct_cap_sets sets = { effective, permitted, inheritable, bounding, ambient };
	const char *set, *why = ct_cap_sets_wrong(&sets, &set);
	struct ct_identity *id;
	int r = identity_of(spec, "capability_sets", &id);

	if (r < 0)
		return r;
	if (why)
		return ct_spec_fail(spec, -EINVAL, "capability_sets", "the %s set %s", set, why);
	id->sets = sets;
	id->sets_given = 1;
	return 0;
}

int container_spec_set_securebits(container_spec *spec, uint32_t securebits)
{
	struct ct_identity *id;
	int r = identity_of(spec, "securebits", &id);

	if (r < 0)
		return r;
	if (securebits & ~0xffU)
		return ct_spec_fail(spec, -EINVAL, "securebits", "0x%x has bits beyond 0xff",
				    securebits);
	if (securebits & CONTAIN_SECBIT_KEEP_CAPS)
		return ct_spec_fail(spec, -EINVAL, "securebits",
				    "SECBIT_KEEP_CAPS is taken away by execve(2)");
	id->bits = securebits;
	id->bits_given = 1;
	return 0;
}

int container_spec_set_keyring(container_spec *spec, int on, const char *name)
{
	const char *why = on == 1 && name ? ct_keyring_wrong(name) : NULL;
	struct ct_identity *id;
	char *copy = NULL;
	int r = identity_of(spec, "keyring", &id);

	if (r < 0)
		return r;
	if (on != 0 && on != 1)
		return ct_spec_fail(spec, -EINVAL, "keyring", "%d is neither 0 nor 1", on);
	if (!on && name)
		return ct_spec_fail(spec, -EINVAL, "keyring", "a name, and no keyring");
	if (why)
		return ct_spec_fail(spec, -EINVAL, "keyring", "the name %s", why);
	if (name) {
		copy = strdup(name);
		if (!copy)
			return ct_spec_fail(spec, -ENOMEM, "keyring", "out of memory");
	}
	free(id->keyring_name);
	id->keyring_name = copy;
	id->keyring = on ? CT_KEYRING_OWN : CT_KEYRING_CALLERS;
	return 0;
}

int container_spec_set_personality(container_spec *spec, const char *personality, int lock)
{
	struct ct_identity *id;
	uint32_t value = 0;
	const char *why;
	int r = identity_of(spec, "personality", &id);

	if (r < 0)
		return r;
	if (!personality)
		return ct_spec_fail(spec, -EINVAL, "personality", "is NULL");
	if (lock != 0 && lock != 1)
		return ct_spec_fail(spec, -EINVAL, "personality.lock", "%d is neither 0 nor 1",
				    lock);
	why = ct_personality_parse(personality, &value);
	if (why)
		return ct_spec_fail(spec, -EINVAL, "personality", "%.60s %s", personality, why);
	id->personality = value;
	id->personality_set = 1;
	id->personality_lock = lock;
	return 0;
}

int container_spec_set_scheduler(container_spec *spec, int policy, int priority)
{
	const char *why = ct_sched_wrong(policy, priority);
	struct ct_identity *id;
	int r = identity_of(spec, "scheduler", &id);

	if (r < 0)
		return r;
	if (why)
		return ct_spec_fail(spec, -EINVAL, "scheduler", "policy %d, priority %d: %s",
				    policy, priority, why);
	id->sched.policy = policy;
	id->sched.priority = priority;
	id->sched.runtime = id->sched.deadline = id->sched.period = 0;
	id->sched_set = 1;
	return 0;
}

int container_spec_set_deadline(container_spec *spec, uint64_t runtime_nsec, uint64_t deadline_nsec,
				uint64_t period_nsec)
{
	const char *field,
		*why = ct_deadline_wrong(runtime_nsec, deadline_nsec, period_nsec, &field);
	struct ct_identity *id;
	int r = identity_of(spec, "deadline", &id);

	if (r < 0)
		return r;
	if (why)
		return ct_spec_fail(spec, -EINVAL, field, "%s", why);
	id->sched.policy = CT_SCHED_DEADLINE;
	id->sched.priority = 0;
	id->sched.runtime = runtime_nsec;
	id->sched.deadline = deadline_nsec;
	id->sched.period = period_nsec;
	id->sched_set = 1;
	return 0;
}

int container_spec_set_nice(container_spec *spec, int nice)
{
	struct ct_identity *id;
	int r = identity_of(spec, "nice", &id);

	if (r < 0)
		return r;
	if (nice < -20 || nice > 19)
		return ct_spec_fail(spec, -EINVAL, "nice", "%d is not -20 to 19", nice);
	id->sched.nice = nice;
	id->sched.nice_set = 1;
	id->sched_set = 1;
	return 0;
}

int container_spec_set_cpu_affinity(container_spec *spec, const char *cpus)
{
	struct ct_identity *id;
	uint32_t *words = NULL;
	size_t n = 0;
	const char *why;
	char *text;
	int r = identity_of(spec, "cpu_affinity", &id);

	if (r < 0)
		return r;
	if (!cpus)
		return ct_spec_fail(spec, -EINVAL, "cpu_affinity", "is NULL");
	why = ct_cpus_parse(cpus, &words, &n);
	if (why)
		return ct_spec_fail(spec, -EINVAL, "cpu_affinity", "%.60s %s", cpus, why);
	text = strndup(cpus, 80);
	if (!text) {
		free(words);
		return ct_spec_fail(spec, -ENOMEM, "cpu_affinity", "out of memory");
	}
	free(id->cpus);
	free(id->cpu_text);
	id->cpus = words;
	id->cpu_words = n;
	id->cpu_text = text;
	return 0;
}

int container_spec_set_io_priority(container_spec *spec, int io_class, int level)
{
	const char *why = ct_ioprio_wrong(io_class, level);
	struct ct_identity *id;
	int r = identity_of(spec, "io_priority", &id);

	if (r < 0)
		return r;
	if (why)
		return ct_spec_fail(spec, -EINVAL, "io_priority", "%s", why);
	id->ioprio = io_class << 13 | level;
	id->ioprio_set = 1;
	return 0;
}

int container_spec_set_parent_death_signal(container_spec *spec, int signal)
{
	struct ct_identity *id;
	int r = identity_of(spec, "parent_death_signal", &id);

	if (r < 0)
		return r;
	if (signal < 0 || signal > 64)
		return ct_spec_fail(spec, -EINVAL, "parent_death_signal", "%d is no signal",
				    signal);
	id->parent_death = signal;
	return 0;
}
