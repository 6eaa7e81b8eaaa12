/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Five capability sets and the securebits: as the payload has them after execve(2). */
#include "t_spawn.h"

#include <linux/capability.h>

#define BIT(n) (1ULL << (n))

struct sets {
	uint64_t e, p, i, b, a;
};

static void check(struct ts *t, const struct sets *want)
{
	const uint64_t v[] = { want->e, want->p, want->i, want->b, want->a };
	static const char *const name[] = { "effective", "permitted", "inheritable", "bounding",
					    "ambient" };

	for (int i = 0; i < 5; i++)
		ck_assert_str_eq(ts_value(t, name[i]), t_fmt("%016llx", (unsigned long long)v[i]));
}

/* What execve(2) of a program without file capabilities makes of them, capabilities(7). */
static struct sets after(const struct sets *s, int root)
{
	struct sets r = *s;

	/* with no_new_privs never more than before */
	r.p = root ? (s->i | s->b) & s->p : s->a;
	r.e = r.p;
	return r;
}

static void put(struct ts *t, const struct sets *s)
{
	ck_assert_int_eq(container_spec_set_capability_sets(t->spec, s->e, s->p, s->i, s->b, s->a),
			 0);
}

/* A21: eight combinations of the three sets that an exec hands on, for user 0 and another one. */
TEST_BOTH(eight_combinations)
{
	const uint64_t chown = BIT(CAP_CHOWN), raw = BIT(CAP_NET_RAW), all = chown | raw;
	struct ts t;

	for (int user = 0; user < 1 + ts_is_root(); user++)
		for (int i = 0; i < 8; i++) {
			const struct sets s = { i & 1 ? all : raw, all, i & 2 ? all : raw,
						i & 4 ? all | BIT(CAP_KILL) : all,
						i & 2 ? raw | (i & 1 ? chown : 0) : 0 };
			const struct sets want = after(&s, !user);

			ts_dir(&t, 0);
			put(&t, &s);
			if (user)
				container_spec_set_user(t.spec, 1000, 1000);
			ts_words(&t, "caps -- ids");
			ts_run(&t);
			check(&t, &want);
			ts_has(&t, "uid %d %d %d\n", 1000 * user, 1000 * user, 1000 * user);
		}
}

/* A user that is not 0 and keeps one: it works, and what was not asked for does not. */
TEST(another_user_with_a_capability)
{
	const uint64_t bind = BIT(CAP_NET_BIND_SERVICE), chown = BIT(CAP_CHOWN);
	const struct sets one = { bind | chown, bind | chown, bind | chown, bind | chown,
				  bind | chown };
	struct ts t;

	t_need_root();
	ts_overlay(&t);
	put(&t, &one);
	container_spec_set_user(t.spec, 1000, 1000);
	ts_sh(&t, "chown 5:6 /etc/image; stat -c %u:%g /etc/image; kill -0 1; id -u");
	ts_run(&t);
	ts_has(&t, "5:6\n");
	ts_has(&t, "1000\n");
	/* the twin: without ambient the same program cannot */
	ts_overlay(&t);
	ck_assert_int_eq(container_spec_set_capability_sets(t.spec, bind, bind, bind, bind, 0), 0);
	container_spec_set_user(t.spec, 1000, 1000);
	ts_sh(&t, "chown 5:6 /etc/image || echo refused");
	ts_run(&t);
	ts_has(&t, "refused\n");
}

TEST_BOTH(securebits_are_set)
{
	const uint32_t bits = CONTAIN_SECBIT_NOROOT | CONTAIN_SECBIT_NOROOT_LOCKED |
			      CONTAIN_SECBIT_NO_SETUID_FIXUP;
	const struct sets one = { 1, 1, 1, 1, 1 };
	const struct sets none = { 0, 0, 0, TS_CAPS_DEFAULT, 0 };
	struct ts t;

	/* alone: user 0 gains nothing by exec */
	ts_dir(&t, 0);
	ck_assert_int_eq(container_spec_set_securebits(t.spec, bits), 0);
	ts_words(&t, "caps");
	ts_run(&t);
	check(&t, &none);
	ck_assert_str_eq(ts_value(&t, "securebits"), t_fmt("%x", bits));
	/* with sets */
	ts_dir(&t, 0);
	put(&t, &one);
	container_spec_set_securebits(t.spec, bits | CONTAIN_SECBIT_NO_CAP_AMBIENT_RAISE);
	ts_words(&t, "caps");
	ts_run(&t);
	check(&t, &one);
	ck_assert_str_eq(ts_value(&t, "securebits"),
			 t_fmt("%x", bits | CONTAIN_SECBIT_NO_CAP_AMBIENT_RAISE));
}

TEST(securebits_of_another_user)
{
	const struct sets none = { 0, 0, 0, TS_CAPS_DEFAULT, 0 };
	struct ts t;

	t_need_root();
	ts_dir(&t, 0);
	container_spec_set_securebits(t.spec, CONTAIN_SECBIT_NOROOT);
	container_spec_set_user(t.spec, 1000, 1000);
	ts_words(&t, "caps");
	ts_run(&t);
	check(&t, &none);
	ck_assert_str_eq(ts_value(&t, "securebits"), "1");
}

/* The last call counts. */
TEST_BOTH(one_after_the_other)
{
	const struct sets one = { 1, 1, 0, 1, 0 };
	const struct sets two = { 2, 2, 0, 2, 0 };
	struct ts t;

	ts_dir(&t, 0);
	container_spec_set_capabilities(t.spec, 2);
	put(&t, &one);
	ts_words(&t, "caps");
	ts_run(&t);
	check(&t, &one);
	ts_dir(&t, 0);
	put(&t, &one);
	container_spec_set_capabilities(t.spec, 2);
	ts_words(&t, "caps");
	ts_run(&t);
	check(&t, &two);
}

TEST_BOTH(of_an_init)
{
	const struct sets one = { 1, 1, 1, 1, 1 };
	struct ts t;

	ts_dir(&t, 0);
	put(&t, &one);
	container_spec_set_init(t.spec, 1);
	ts_words(&t, "caps");
	ts_run(&t);
	check(&t, &one);
}

static int without_setpcap(void *arg, void *rec)
{
	uint64_t e = 0, p = 0, i = 0, b = 0, a = 0;
	struct ts t;

	(void)arg;
	(void)rec;
	ck_assert_int_eq(contain_process_get_capabilities(&e, &p, &i, &b, &a, NULL), 0);
	p &= ~BIT(CAP_SETPCAP);
	ck_assert_int_eq(contain_process_set_capabilities(p, p, 0, b, 0, NULL), 0);
	ts_dir(&t, 0);
	ck_assert_int_eq(container_spec_set_capability_sets(t.spec, 0, 0, 0, 0, 0), 0);
	ts_words(&t, "caps");
	ts_fails(&t, EPERM, CONTAIN_PHASE_CHILD, "set-capability-sets", "", "CAP_SETPCAP");
	return 0;
}

static int with_locked_bits(void *arg, void *rec)
{
	struct ts t;

	(void)arg;
	(void)rec;
	ck_assert_int_eq(contain_process_set_securebits(
				 CONTAIN_SECBIT_NO_CAP_AMBIENT_RAISE |
					 CONTAIN_SECBIT_NO_CAP_AMBIENT_RAISE_LOCKED |
					 CONTAIN_SECBIT_KEEP_CAPS_LOCKED, NULL),
			 0);
	ts_dir(&t, 0);
	ck_assert_int_eq(container_spec_set_capability_sets(t.spec, 1, 1, 1, 1, 1), 0);
	ts_words(&t, "caps");
	ts_fails(&t, EPERM, CONTAIN_PHASE_CHILD, "set-capability-sets", "",
		 "SECBIT_NO_CAP_AMBIENT_RAISE");
	ts_dir(&t, 0);
	container_spec_set_securebits(t.spec, CONTAIN_SECBIT_NOROOT);
	ts_words(&t, "caps");
	ts_fails(&t, EPERM, CONTAIN_PHASE_CHILD, "set-capability-sets", "", "locked");
	ts_dir(&t, 0);
	ck_assert_int_eq(container_spec_set_capability_sets(t.spec, 1, 1, 0, 1, 0), 0);
	container_spec_set_user(t.spec, 1000, 1000);
	ts_words(&t, "caps");
	ts_fails(&t, EPERM, CONTAIN_PHASE_CHILD, "keep-capabilities", "", "SECBIT_KEEP_CAPS");
	return 0;
}

TEST(hints)
{
	struct ts t;
	uint64_t e, p, i, b, a;

	t_need_root();
	ck_assert_int_eq(t_child(without_setpcap, NULL, NULL, 0), 0);
	ck_assert_int_eq(t_child(with_locked_bits, NULL, NULL, 0), 0);
	ck_assert_int_eq(contain_process_get_capabilities(&e, &p, &i, &b, &a, NULL), 0);
	if (p >> CAP_SYS_RESOURCE & 1)
		return; /* this root holds everything */
	ts_dir(&t, 0);
	p = BIT(CAP_SYS_RESOURCE);
	ck_assert_int_eq(container_spec_set_capability_sets(t.spec, p, p, 0, p, 0), 0);
	ts_words(&t, "caps");
	ts_fails(&t, EPERM, CONTAIN_PHASE_CHILD, "set-capability-sets", "", "does not hold");
}

TEST_BOTH(refused_by_compile)
{
	struct ts t;

	ts_dir(&t, 0);
	ck_assert_int_eq(container_spec_set_capability_sets(t.spec, 0, 0, 0, BIT(63), 0), 0);
	ts_words(&t, "caps");
	ts_fails(&t, EINVAL, CONTAIN_PHASE_PLAN, "", "capability_sets", "this kernel");
	ts_dir(&t, 0);
	container_spec_set_securebits(t.spec, 1);
	container_spec_set_user_name(t.spec, "root", 0);
	ts_words(&t, "caps");
	ts_fails(&t, EINVAL, CONTAIN_PHASE_PLAN, "", "securebits",
		 "container_spec_set_capability_sets()");
}

TEST_BOTH(explained)
{
	struct ts t;
	char *text;

	ts_dir(&t, 0);
	ck_assert_int_eq(container_spec_set_capability_sets(t.spec, 1, 1, 0, 3, 0), 0);
	container_spec_set_securebits(t.spec, 4);
	ts_words(&t, "caps");
	text = ts_explained(&t);
	T_CHECK(strstr(text, "effective chown; permitted chown; inheritable none; bounding "
			     "chown,dac_override; ambient none; securebits 0x4"),
		"%s", text);
	ts_free(&t);
}
