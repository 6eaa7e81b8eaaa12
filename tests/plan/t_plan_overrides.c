/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The steps of a start with overrides are byte for byte those of a spec that says the same, and
 * what one refuses, the other refuses with the same words: on every machine, for every plan.
 */
#include "machines.h"

#include "container/container.h"
#include "plan/amend.h"
#include "sys/sys.h"

#include <contain/namespace.h>
#include <fcntl.h>
#include <malloc.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static void (*const machines[])(struct ct_facts *) = {
	modern_root, hybrid_root, old_root, bare_root, plain_user, delegated_user, old_user,
};

/* ---- specs; said: what the overrides say takes the place of what is not said then ---- */

static void dir(container_spec *s, int said)
{
	container_spec_set_root_dir(s, AT_FDCWD, "/srv/root", CONTAIN_ROOT_READONLY);
}

static void overlay(container_spec *s, int said)
{
	static const char *const layers[] = { "/srv/app", "/srv/base", NULL };

	container_spec_set_root_overlay(s, AT_FDCWD, layers, 0, 0);
	container_spec_add_bind(s, AT_FDCWD, "/srv/data", "/data", 0);
	container_spec_add_tmpfs(s, "/run", 0, 0755);
	container_spec_add_masked_path(s, "/data/secret");
	container_spec_set_hostname(s, "of-the-plan");
	container_spec_set_cwd(s, "/data");
	container_spec_set_env(s, (const char *const[]){ "PATH=/bin", "A=1", NULL });
	container_spec_add_fd(s, 2, 9);
	container_spec_set_stdio(s, 1, CONTAIN_STDIO_INHERIT);
}

static void limits(container_spec *s, int said)
{
	dir(s, said);
	container_spec_set_memory_max(s, 64 << 20);
	container_spec_set_cpu_max(s, 50000, 100000);
}

static void ids(container_spec *s, int said)
{
	dir(s, said);
	container_spec_set_user(s, 0, 0);
	if (said)
		return;
	container_spec_add_uid_range(s, 0, 0, 2000);
	container_spec_add_gid_range(s, 0, 0, 2000);
}

static void bare(container_spec *s, int said)
{
	container_spec_set_root_dir(s, AT_FDCWD, "/srv/root", 0);
	container_spec_set_namespaces(s, CONTAIN_NS_MNT | CONTAIN_NS_USER);
	container_spec_set_default_mounts(s, 0);
	container_spec_clear_paths(s);
	for (int fd = 0; fd < 3; fd++)
		container_spec_set_stdio(s, fd, CONTAIN_STDIO_INHERIT);
}

static void (*const specs[])(container_spec *, int) = { dir, overlay, limits, ids, bare };

/* ---- overrides: said to the one or to the other ---- */

struct ear {
	container_spec *s;
	container_overrides *o;
};
#define SAY(what, ...)                                                                             \
	T_CHECK((e->o ? container_overrides_##what(e->o, __VA_ARGS__) :                            \
			container_spec_##what(e->s, __VA_ARGS__)) == 0, #what)

static void say_binds(struct ear *e)
{
	SAY(add_bind, AT_FDCWD, "/srv/job", "/job", CONTAIN_MOUNT_NOEXEC);
	SAY(add_bind, AT_FDCWD, "/srv/proc", "/proc/sub", CONTAIN_MOUNT_OPTIONAL);
}

static void say_hostname(struct ear *e)
{
	SAY(set_hostname, "other");
}

static void say_limits(struct ear *e)
{
	SAY(set_memory_max, 32 << 20);
	SAY(set_pids_max, 7);
}

static void say_quota(struct ear *e)
{
	SAY(set_cpu_max, 20000, 40000);
}

static void say_parent(struct ear *e)
{
	SAY(set_cgroup_parent, AT_FDCWD, "/sys/fs/cgroup/batch.slice/queue");
}

static void say_ids(struct ear *e)
{
	SAY(add_uid_range, 0, 0, 1);
	SAY(add_uid_range, 1, 100000, 2000);
	SAY(add_gid_range, 0, 0, 1);
	SAY(add_gid_range, 1, 200000, 10);
	SAY(set_user, 3, 4);
}

static void say_values(struct ear *e)
{
	SAY(set_hostname, "with-values");
	SAY(set_argv, (const char *const[]){ "tool", "-v", NULL });
	SAY(set_env, (const char *const[]){ "B=2", NULL });
	SAY(set_cwd, "/");
	SAY(add_fd, 2, 9);
	SAY(add_fd, 2, 0);
	SAY(add_fd, 1, 4);
}

static void say_all(struct ear *e)
{
	say_values(e);
	say_binds(e);
	say_limits(e);
	say_quota(e);
	say_parent(e);
}

static void (*const overrides[])(struct ear *) = {
	say_binds, say_hostname, say_limits, say_quota, say_parent, say_values, say_all, say_ids,
};

/* ---- both ways ---- */

struct way {
	container_plan *plan;
	container_overrides *o;
	struct ct_amended *amended;
	int r;
	contain_error *e;
	const struct ct_block *block;
	const struct ct_values *values;
};

static container_spec *spec_of(void (*fill)(container_spec *, int), int said)
{
	container_spec *s = NULL;

	T_CHECK(container_spec_new(&s) == 0);
	container_spec_set_argv(s, (const char *const[]){ "/bin/sh", "-c", "true", NULL });
	fill(s, said);
	return s;
}

static void by_spec(struct way *w, const struct ct_facts *facts,
		    void (*fill)(container_spec *, int), void (*say)(struct ear *))
{
	struct ear ear = { spec_of(fill, say == say_ids), NULL };

	memset(w, 0, sizeof(*w));
	say(&ear);
	w->r = ct_plan_compile_on(ear.s, facts, &w->plan, &w->e);
	container_spec_free(ear.s);
	if (w->r)
		return;
	w->block = w->plan->block;
	w->values = w->plan->values;
}

/* 0: the plan without overrides is refused already */
static int by_overrides(struct way *w, const struct ct_facts *facts,
			void (*fill)(container_spec *, int), void (*say)(struct ear *))
{
	container_spec *s = spec_of(fill, 0);
	struct ear ear = { NULL, NULL };

	memset(w, 0, sizeof(*w));
	w->r = ct_plan_compile_on(s, facts, &w->plan, &w->e);
	container_spec_free(s);
	if (w->r)
		return 0;
	T_CHECK(container_overrides_new(&w->o) == 0);
	ear.o = w->o;
	say(&ear);
	T_CHECK(w->o->steps, "no step is overridden");
	w->r = ct_amend(w->plan->facts, w->plan->spec, &w->o->spec, &w->amended, &w->e);
	if (!w->r) {
		w->block = w->amended->block;
		w->values = w->amended->values;
	}
	return 1;
}

static void way_free(struct way *w)
{
	ct_amended_free(w->amended);
	container_overrides_free(w->o);
	container_plan_free(w->plan);
	contain_error_free(w->e);
}

static int same_strings(char **a, char **b)
{
	size_t i = 0;

	if (!a || !b)
		return a == b;
	while (a[i] && b[i] && !strcmp(a[i], b[i]))
		i++;
	return !a[i] && !b[i];
}

static int same_values(const struct ct_values *a, const struct ct_values *b)
{
	size_t found = 0;

	for (size_t i = 0; i < a->nfds; i++)
		for (size_t k = 0; k < b->nfds; k++)
			found += a->fd[i].to == b->fd[k].to && (a->fd[i].from < 0 ?
				 a->fd[i].from == b->fd[k].from : b->fd[k].from >= 0);
	return found == a->nfds && found == b->nfds && same_strings(a->argv, b->argv) &&
	       same_strings(a->env, b->env) &&
	       !strcmp(a->cwd ? a->cwd : "-", b->cwd ? b->cwd : "-");
}

/* An error without the word that says what was asked for. */
static const char *words_of(const contain_error *e)
{
	const char *message = contain_error_message(e);

	return strstr(message, " on ") ? strstr(message, " on ") : message;
}

/* A plan that has no ranges, or no user, is not given any: no spec would be refused that. */
static int refused_by_name(const struct way *w)
{
	const char *field = contain_error_object(w->e);

	return w->r == -EINVAL && (!strcmp(field, "uid_map") || !strcmp(field, "gid_map") ||
				   !strcmp(field, "user"));
}

static void compare(const char *where, const struct way *spec, const struct way *over, int *same,
		    int *no)
{
	if (refused_by_name(over)) {
		(*no)++;
		return;
	}
	T_CHECK(spec->r == over->r, "%s: %d by the spec, %d by overrides: %s", where, spec->r,
		over->r, contain_error_message(over->e));
	if (over->r) {
		T_CHECK(!strcmp(contain_error_op(over->e), "overrides") &&
			contain_error_phase(over->e) == CONTAIN_PHASE_PLAN, "%s", where);
		ck_assert_str_eq(words_of(over->e), words_of(spec->e));
		(*no)++;
		return;
	}
	T_CHECK(spec->block->size == over->block->size, "%s: %u bytes by the spec, %u by overrides",
		where, spec->block->size, over->block->size);
	for (uint32_t i = 0; i < spec->block->size; i++)
		T_CHECK(((const char *)spec->block)[i] == ((const char *)over->block)[i],
			"%s: byte %u of %u", where, i, spec->block->size);
	T_CHECK(same_values(spec->values, over->values), "%s: values", where);
	(*same)++;
}

TEST(overrides_are_a_spec_that_says_the_same)
{
	static struct ct_facts facts;
	int same = 0, no = 0, plans = 0;

	mallopt(M_PERTURB, 0xa5);
	for (size_t m = 0; m < COUNT(machines); m++)
		for (size_t s = 0; s < COUNT(specs); s++)
			for (size_t o = 0; o < COUNT(overrides); o++) {
				struct way spec, over;

				memset(&facts, 0, sizeof(facts));
				machines[m](&facts);
				by_spec(&spec, &facts, specs[s], overrides[o]);
				if (by_overrides(&over, &facts, specs[s], overrides[o])) {
					compare(t_fmt("machine %zu, spec %zu, overrides %zu", m, s,
						      o),
						&spec, &over, &same, &no);
					plans++;
				}
				way_free(&spec);
				way_free(&over);
			}
	t_note("%d starts: %d with the same bytes, %d refused", plans, same, no);
	T_CHECK(same > 100 && no > 20);
}

/* Neither the plan nor the overrides are touched, and no byte comes from somewhere else. */
TEST(plan_and_overrides_stay)
{
	static struct ct_facts facts;
	struct way a, b;
	char *before, *after;

	modern_root(&facts);
	mallopt(M_PERTURB, 0xa5);
	T_CHECK(by_overrides(&a, &facts, overlay, say_all) && !a.r, "%s",
		contain_error_message(a.e));
	before = fx_explain_text(a.plan);
	b = a;
	mallopt(M_PERTURB, 0x3c);
	T_CHECK(ct_amend(a.plan->facts, a.plan->spec, &a.o->spec, &b.amended, &b.e) == 0);
	b.block = b.amended->block;
	T_CHECK(a.block->size == b.block->size && !memcmp(a.block, b.block, a.block->size));
	ct_amended_free(b.amended);
	after = fx_explain_text(a.plan);
	ck_assert_str_eq(before, after);
	free(before);
	free(after);
	way_free(&a);
}

TEST(explain_of_a_start_is_what_it_was)
{
	static struct ct_facts facts;
	struct way w;
	char *text;

	modern_root(&facts);
	T_CHECK(by_overrides(&w, &facts, overlay, say_all) && !w.r);
	text = fx_explain_overridden(w.plan, w.o);
	hold_against("overridden", text);
	free(text);
	way_free(&w);
}

/* No look at the kernel: what the compile saw is kept with the plan. */
TEST(amending_asks_no_kernel)
{
	static struct ct_facts facts;
	static struct ct_seam seam;
	struct ct_amended *again;
	struct way w;

	modern_root(&facts);
	T_CHECK(by_overrides(&w, &facts, overlay, say_all) && !w.r);
	seam.nr = -1;
	ct_seam = &seam;
	seam.on = 1;
	T_CHECK(ct_amend(w.plan->facts, w.plan->spec, &w.o->spec, &again, NULL) == 0);
	seam.on = 0;
	ct_seam = NULL;
	ck_assert_uint_eq(seam.logged, 0);
	ct_amended_free(again);
	way_free(&w);
}

/* Every path at its full length, and every number. */
TEST(facts_are_kept)
{
	static struct ct_facts facts, back;
	char *kept;

	for (size_t i = 0; i < sizeof(facts); i++)
		((char *)&facts)[i] = (char)(i % 251 + 1);
	for (int empty = 0; empty < 2; empty++) {
		facts.v2_mount[empty ? 0 : CT_GROUP_MAX - 1] = 0;
		facts.own_group[CT_GROUP_MAX - 1] = 0;
		facts.delegated[empty ? 5 : CT_GROUP_MAX - 1] = 0;
		for (int i = 0; i < CT_CONTROLLERS; i++)
			facts.v1_mount[i][empty && i % 2 ? 0 : CT_V1_MOUNT_MAX - 1] = 0;
		memset(&back, 0x5a, sizeof(back));
		kept = ct_facts_keep(&facts);
		T_CHECK(kept);
		ct_facts_unpack(kept, &back);
		free(kept);
		T_CHECK(!memcmp(&facts, &back, offsetof(struct ct_facts, v2_mount)));
		ck_assert_str_eq(back.v2_mount, facts.v2_mount);
		ck_assert_str_eq(back.own_group, facts.own_group);
		ck_assert_str_eq(back.delegated, facts.delegated);
		for (int i = 0; i < CT_CONTROLLERS; i++)
			ck_assert_str_eq(back.v1_mount[i], facts.v1_mount[i]);
	}
}
