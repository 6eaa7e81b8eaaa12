/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who the payload is, and what it may. */
#include "mix.h"

#include <sys/prctl.h>
#include <sys/resource.h>

/* ---- ids, groups, capabilities ---- */

static void choose_ids(struct mix *m)
{
	static const uint32_t some[] = { 0, 1, 2, 33, 1000, 65534, 65535 };
	uint32_t most = m->ids == UINT32_MAX || m->one_id ? 100000 : m->ids;

	m->uid = m->gid = 0;
	if (mix_one_in(m, 2))
		return;
	m->uid = mix_one_in(m, 2) ? some[mix_pick(m, 7)] : mix_pick(m, most);
	m->gid = mix_one_in(m, 2) ? some[mix_pick(m, 7)] : mix_pick(m, most);
	mix_say(m, "user %u:%u", m->uid, m->gid);
	mix_set(m, container_spec_set_user(m->spec, m->uid, m->gid), "user");
}

static void ids(struct mix *m)
{
	struct mix_section *s = mix_section(m, "ids", "ids");
	uint32_t group[16];
	size_t n = 0;

	mix_want(s, "uid %u %u %u\nfsuid %u\ngid %u %u %u\ngroups", m->uid, m->uid, m->uid, m->uid,
		 m->gid, m->gid, m->gid);
	if (!m->as_user && mix_one_in(m, 2)) {
		n = mix_pick(m, 16);
		for (size_t i = 0; i < n; i++)
			group[i] = mix_pick(m, m->ids == UINT32_MAX ? 100000 : m->ids);
		mix_set(m, container_spec_set_groups(m->spec, group, n), "groups");
		/* the kernel sorts them */
		for (size_t i = 0; i < n; i++)
			for (size_t k = i + 1; k < n; k++)
				if (group[k] < group[i]) {
					uint32_t other = group[i];

					group[i] = group[k];
					group[k] = other;
				}
	}
	for (size_t i = 0; i < n; i++)
		mix_want(s, " %u", group[i]);
	mix_want(s, "\n");
}

/* What root holds, or all that there are, in a user namespace. */
static uint64_t possible(const struct mix *m)
{
	char last[16];

	if (!m->has_user_ns)
		return ts_caps();
	T_CHECK(t_read_file("/proc/sys/kernel/cap_last_cap", last, sizeof(last)) > 0);
	return (2ULL << atoi(last)) - 1;
}

struct sets {
	unsigned long long permitted, inheritable, bounding, ambient;
};

/* All five, and what capabilities(7) says of a program without capabilities of its own. */
static void choose_sets(struct mix *m, struct sets *after)
{
	uint64_t bounding = mix_next(m) & possible(m), permitted = mix_next(m) & possible(m);
	uint64_t inheritable = mix_next(m) & bounding;
	uint64_t ambient = mix_next(m) & permitted & inheritable;
	uint64_t effective = mix_next(m) & permitted;

	mix_say(m, "capability sets %llx %llx %llx %llx %llx", (unsigned long long)effective,
		(unsigned long long)permitted, (unsigned long long)inheritable,
		(unsigned long long)bounding, (unsigned long long)ambient);
	mix_set(m, container_spec_set_capability_sets(m->spec, effective, permitted, inheritable,
						      bounding, ambient), "capability_sets");
	after->permitted = m->uid ? ambient : inheritable | bounding;
	/* asked before no_new_privs takes them again */
	m->gains = (after->permitted & ~permitted) != 0;
	if (m->no_new_privs)
		after->permitted &= permitted;
	after->permitted |= ambient;
	after->inheritable = inheritable;
	after->bounding = bounding;
	after->ambient = ambient;
}

/* Ours, which is inherited, or the default one. */
static int filter(struct mix *m)
{
	if (!CT_HAVE_LIBSECCOMP || !mix_one_in(m, 5))
		return prctl(PR_GET_SECCOMP);
	mix_say(m, "the default filter");
	mix_set(m, container_spec_set_seccomp_default(m->spec, CONTAIN_SECCOMP_DEFAULT_ON),
		"seccomp_default");
	return 2;
}

static void capabilities(struct mix *m)
{
	struct mix_section *s = mix_section(m, "caps", "caps");
	struct sets set;

	m->caps = TS_CAPS_DEFAULT & possible(m);
	m->no_new_privs = 1;
	if (mix_one_in(m, 2)) {
		m->caps = mix_next(m) & possible(m);
		if (mix_one_in(m, 4))
			m->caps = 0;
		mix_say(m, "capabilities %llx", (unsigned long long)m->caps);
		mix_set(m, container_spec_set_capabilities(m->spec, m->caps), "capabilities");
	}
	if (mix_one_in(m, 3)) {
		m->no_new_privs = 0;
		mix_set(m, container_spec_set_no_new_privs(m->spec, 0), "no_new_privs");
	}
	/* what execve(2) leaves of it */
	set = (struct sets){ .permitted = m->uid ? 0 : m->caps, .bounding = m->caps };
	if (!m->as_user && mix_one_in(m, 5))
		choose_sets(m, &set);
	mix_want(s, "effective %016llx\npermitted %016llx\ninheritable %016llx\n"
		    "bounding %016llx\nambient %016llx\nnnp %d\nsecurebits 0\nseccomp %d\n",
		 set.permitted, set.permitted, set.inheritable, set.bounding, set.ambient,
		 m->no_new_privs, filter(m));
}

void mix_identity(struct mix *m)
{
	choose_ids(m);
	ids(m);
	capabilities(m);
}

/* ---- the rest ---- */

static void rlimits(struct mix *m)
{
	/* those that a small value of does not hurt the payload; bytes, seconds, counts */
	static const int some[] = { RLIMIT_CORE, RLIMIT_FSIZE, RLIMIT_NOFILE, RLIMIT_MEMLOCK,
				    RLIMIT_SIGPENDING, RLIMIT_MSGQUEUE, RLIMIT_CPU };
	struct mix_section *s = mix_section(m, "limits", "limits");
	struct rlimit limit[RLIM_NLIMITS];

	for (int i = 0; i < RLIM_NLIMITS; i++)
		T_SYS(getrlimit((__rlimit_resource_t)i, &limit[i]));
	for (size_t i = 0; i < sizeof(some) / sizeof(some[0]); i++) {
		struct rlimit *l = &limit[some[i]];
		uint64_t hard = 4000 + mix_pick(m, 100000), soft;

		if (!mix_one_in(m, 5) || (l->rlim_max != RLIM_INFINITY && l->rlim_max < hard))
			continue;
		soft = 2000 + mix_pick(m, 2000);
		if (some[i] == RLIMIT_FSIZE)
			hard = soft = 1 << 24;
		mix_set(m, container_spec_set_rlimit(m->spec, some[i], soft, hard), "rlimit");
		mix_say(m, "rlimit %d %llu %llu", some[i], (unsigned long long)soft,
			(unsigned long long)hard);
		l->rlim_cur = soft;
		l->rlim_max = hard;
	}
	for (int i = 0; i < RLIM_NLIMITS; i++)
		mix_want(s, "%d %lld %lld\n", i, (long long)limit[i].rlim_cur,
			 (long long)limit[i].rlim_max);
}

static void oom_score(struct mix *m)
{
	struct mix_section *s = mix_section(m, "oom", "read /proc/self/oom_score_adj");
	char text[16];
	int score;

	T_CHECK(t_read_file("/proc/self/oom_score_adj", text, sizeof(text)) > 0);
	score = atoi(text);
	if (mix_one_in(m, 3)) {
		score += (int)mix_pick(m, (uint32_t)(1001 - score));
		mix_say(m, "oom_score_adj %d", score);
		mix_set(m, container_spec_set_oom_score_adj(m->spec, score), "oom_score_adj");
	}
	mix_want(s, "%d\n", score);
}

static void check_session(struct mix *m, const struct mix_section *s, const char *text)
{
	int pid, ppid, sid, pgid, own = (int)s->arg[0];

	if (sscanf(text, "pid %d ppid %d sid %d pgid %d", &pid, &ppid, &sid, &pgid) != 4) {
		mix_differs(m, "session: %s", text);
		return;
	}
	if (m->ns_new & CONTAIN_NS_PID && (pid == 1) == m->init)
		mix_differs(m, "session: pid %d, init %d", pid, m->init);
	if (m->ns_new & CONTAIN_NS_PID && ppid != (m->init ? 1 : 0))
		mix_differs(m, "session: ppid %d, init %d", ppid, m->init);
	if (own && (sid != pid || pgid != pid))
		mix_differs(m, "session: pid %d in session %d, group %d, asked its own", pid, sid,
			    pgid);
	/* ours, which has no number in a namespace of its own */
	if (!own && m->ns_new & CONTAIN_NS_PID && sid != 0)
		mix_differs(m, "session: %d, asked ours", sid);
	if (!own && !(m->ns_new & CONTAIN_NS_PID) && sid != getsid(0))
		mix_differs(m, "session: %d, asked ours: %d", sid, getsid(0));
}

static void life(struct mix *m)
{
	struct mix_section *s = mix_section(m, "session", "session");

	s->check = check_session;
	s->arg[0] = 1;
	m->init = mix_one_in(m, 4);
	if (m->init)
		mix_set(m, container_spec_set_init(m->spec, 1), "init");
	if (mix_one_in(m, 5)) {
		mix_say(m, "with a monitor");
		mix_set(m, container_spec_set_monitor(m->spec, 1), "monitor");
	}
	if (mix_one_in(m, 6))
		mix_set(m, container_spec_set_setup_timeout(m->spec, 60000), "timeout");
	if (mix_one_in(m, 4)) {
		mix_say(m, "in our session");
		mix_set(m, container_spec_set_new_session(m->spec, 0), "new_session");
		s->arg[0] = 0;
	}
	mix_say(m, "init %d", m->init);
}

void mix_process(struct mix *m)
{
	uint32_t mask = 022;

	if (mix_one_in(m, 3)) {
		mask = mix_pick(m, 01000);
		mix_set(m, container_spec_set_umask(m->spec, mask), "umask");
	}
	mix_want(mix_section(m, "umask", "umask"), "umask %03o\n", mask);
	mix_want(mix_section(m, "signals", "signals"),
		 "blocked %016x\nignored %016x\ncaught %016x\n", 0, 0, 0);
	rlimits(m);
	oom_score(m);
	life(m);
}
