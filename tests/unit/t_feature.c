/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Delegation in made-up trees, and the facts and the report on a kernel that fakes its answers. */
#include "harness.h"

#include "feature/delegation.h"
#include "feature/feature.h"
#include "sys/sys.h"

#include <contain/feature.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* ---- delegation, in a directory that looks like a hierarchy ---- */

static char *tree;

static void group_make(const char *name, const char *procs)
{
	mkdir(t_fmt("%s%s", tree, name), 0755);
	t_write_file(t_fmt("%s%s/cgroup.procs", tree, name), procs);
	t_write_file(t_fmt("%s%s/cgroup.subtree_control", tree, name), "");
	t_write_file(t_fmt("%s%s/cgroup.controllers", tree, name), "memory pids\n");
	if (*name)
		t_write_file(t_fmt("%s%s/cgroup.type", tree, name), "domain\n");
}

static int delegation_walk(void *arg, void *rec)
{
	struct ct_delegation d;

	(void)arg, (void)rec;
	ct_delegation_find(tree, "/", 0, NULL, &d);
	ck_assert_int_eq(d.state, CT_DELEGATION_ROOT); /* the host's root may have processes */
	ck_assert_str_eq(d.group, "/");
	ct_delegation_find(tree, "/slice/scope", 0, NULL, &d);
	ck_assert_int_eq(d.state, CT_DELEGATION_FOUND);
	ck_assert_str_eq(d.group, "/slice");
	ck_assert_uint_eq(d.controllers, 1u << CT_CONTROLLER_MEMORY | 1u << CT_CONTROLLER_PIDS);
	/* nearest, own first */
	t_write_file(t_fmt("%s/slice/scope/cgroup.procs", tree), "");
	ct_delegation_find(tree, "/slice/scope", 0, NULL, &d);
	ck_assert_str_eq(d.group, "/slice/scope");
	/* a privileged caller: the root */
	ct_delegation_find(tree, "/slice/scope", 1, NULL, &d);
	ck_assert_int_eq(d.state, CT_DELEGATION_ROOT);
	/* a group that is gone: its parent */
	ct_delegation_find(tree, "/slice/gone", 0, NULL, &d);
	ck_assert_str_eq(d.group, "/slice");
	return 0;
}

TEST(delegation_tree)
{
	tree = t_fmt("%s/tree", t_tmpdir());
	mkdir(tree, 0755);
	group_make("", "1\n");
	group_make("/slice", "");
	group_make("/slice/scope", "17\n");
	delegation_walk(NULL, NULL);
}

TEST(delegation_of_a_namespace_root_with_processes)
{
	struct ct_delegation d;

	tree = t_fmt("%s/tree", t_tmpdir());
	mkdir(tree, 0755);
	group_make("", "1\n");
	t_write_file(t_fmt("%s/cgroup.type", tree), "domain\n");
	ct_delegation_find(tree, "/", 1, NULL, &d);
	ck_assert_int_eq(d.state, CT_DELEGATION_BUSY);
	ck_assert_str_eq(d.group, "/");
}

/* What is known is not asked for, and only of the root group. */
TEST(delegation_with_known_controllers)
{
	uint32_t known = 1u << CT_CONTROLLER_CPU;
	struct ct_delegation d;

	tree = t_fmt("%s/tree", t_tmpdir());
	mkdir(tree, 0755);
	group_make("", "");
	group_make("/scope", "");
	ct_delegation_find(tree, "/scope", CT_HOST_ROOT, &known, &d);
	ck_assert_int_eq(d.state, CT_DELEGATION_ROOT);
	ck_assert_uint_eq(d.controllers, known);
	ct_delegation_find(tree, "/scope", 0, &known, &d);
	ck_assert_str_eq(d.group, "/scope");
	ck_assert_uint_eq(d.controllers, 1u << CT_CONTROLLER_MEMORY | 1u << CT_CONTROLLER_PIDS);
}

TEST(delegation_of_nothing)
{
	struct ct_delegation d;

	ct_delegation_find("", "", 1, NULL, &d);
	ck_assert_int_eq(d.state, CT_DELEGATION_NONE);
	ck_assert_str_eq(d.group, "");
	ct_delegation_find("/nowhere", "", 0, NULL, &d);
	ck_assert_int_eq(d.state, CT_DELEGATION_NONE);
	ct_delegation_find("/nowhere", "/x/y", 1, NULL, &d);
	ck_assert_int_eq(d.state, CT_DELEGATION_NOT_WRITABLE);
}

/* ---- facts ---- */

static void *many_facts(void *arg)
{
	struct ct_facts *f = malloc(sizeof(*f));

	for (long i = t_sample(20000, 2000); i; i--) {
		if (ct_facts_get(f) != 0 || strcmp(f->v2_mount, arg) != 0)
			return arg;
		if (i % 64 == 0)
			ct_facts_drop();
	}
	free(f);
	return NULL;
}

/* One pointer, taken and put back: no thread may read what another one frees. */
TEST_LIMIT(facts_of_many_threads, 60)
{
	static struct ct_facts f;
	pthread_t threads[8];
	void *bad;

	ck_assert_int_eq(ct_facts_get(&f), 0);
	for (int i = 0; i < 8; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL, many_facts, f.v2_mount), 0);
	for (int i = 0; i < 8; i++) {
		pthread_join(threads[i], &bad);
		ck_assert_ptr_null(bad);
	}
	ct_facts_drop();
}

#ifdef CT_SEAM

static int without_new_calls(enum ct_seam_who who, long nr, const long *args, long *ret)
{
	(void)who, (void)args;
	switch (nr) {
	case __NR_clone3:
	case __NR_openat2:
	case __NR_fsopen:
	case __NR_statmount:
		*ret = -ENOSYS;
		return 1;
	}
	return 0;
}

static void seam_open(void)
{
	ct_seam = mmap(NULL, sizeof(*ct_seam), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
		       -1, 0);
	T_CHECK(ct_seam != MAP_FAILED);
	ct_seam->nr = -1;
	ct_facts_drop();
}

TEST(facts_of_an_old_kernel)
{
	static struct ct_facts f;

	seam_open();
	ct_seam->fake = without_new_calls;
	ct_seam->on = 1;
	ck_assert_int_eq(ct_facts_get(&f), 0);
	ct_seam->on = 0;
	ck_assert_int_eq(f.clone3, 0);
	ck_assert_int_eq(f.openat2, 0);
	ck_assert_int_eq(f.mount_api, 0);
	ck_assert_int_eq(f.lowerdir_add, 0);
	/* kept until it is dropped */
	ck_assert_int_eq(ct_facts_get(&f), 0);
	ck_assert_int_eq(f.clone3, 0);
	ct_facts_drop();
	ck_assert_int_eq(ct_facts_get(&f), 0);
	ck_assert_int_eq(f.clone3, 1);
}

static long unknown_key; /* what the kernel says to a key that no file system has */

static int two_answers(enum ct_seam_who who, long nr, const long *args, long *ret)
{
	static const char wanted[] = "no-such-key";
	const char *key = (const char *)args[2];

	(void)who;
	if (nr != __NR_fsconfig || args[0] < 0 || !key)
		return 0;
	*ret = strcmp(key, wanted) ? 0 : unknown_key;
	return 1;
}

/* A kernel that keeps any key (6.1) has no "lowerdir+", though it takes the string. */
TEST(facts_of_an_overlay_that_takes_any_key)
{
	static struct ct_facts f;

	t_need_root();
	seam_open();
	ct_seam->fake = two_answers;
	for (int unknown = 0; unknown <= 1; unknown++) {
		unknown_key = unknown ? -EINVAL : 0;
		ct_facts_drop();
		ct_seam->on = 1;
		ck_assert_int_eq(ct_facts_get(&f), 0);
		ct_seam->on = 0;
		if (!f.overlay)
			t_skip("no overlay in this kernel");
		ck_assert_int_eq(f.lowerdir_add, unknown);
	}
	ct_facts_drop();
}

/* The second call and each later one is cheap, and asks for no child. */
TEST(facts_count_calls)
{
	static struct ct_facts f;
	uint32_t n;

	seam_open();
	ck_assert_int_eq(ct_facts_get(&f), 0);
	ct_seam->on = 1;
	ck_assert_int_eq(ct_facts_get(&f), 0);
	ct_seam->on = 0;
	n = ct_seam->count[CT_SEAM_PARENT];
	t_note("%u system calls", n);
	T_CHECK(n <= 20, "%u", n);
	for (uint32_t i = 0; i < ct_seam->logged; i++)
		T_CHECK(ct_seam->log[i].nr != __NR_clone3);
}

/* Closing and reaping cannot be made up for when they fail: those calls are left out. */
static int is_undo(int nr)
{
	return nr == __NR_close || nr == __NR_waitid || nr == __NR_munmap || nr == __NR_exit ||
	       nr == __NR_rt_sigprocmask || nr == __NR_exit_group;
}

/* Each call of a report fails once: still a report, or -ENOMEM, and nothing left behind. */
TEST_LIMIT(report_when_each_call_fails, 240)
{
	static const int errors[] = { -ENOSYS, -EPERM, -EINVAL, -ENOMEM };
	contain_feature_report *report;
	struct t_state *state;
	uint32_t total, step;
	static int16_t nr[CT_SEAM_LOG];
	int r;

	seam_open();
	ct_seam->on = 1;
	ck_assert_int_eq(contain_feature_report_new(&report), 0);
	ct_seam->on = 0;
	contain_feature_report_free(report);
	total = ct_seam->count[CT_SEAM_PARENT];
	ck_assert_uint_eq(total, ct_seam->logged);
	for (uint32_t i = 0; i < total; i++)
		nr[i] = ct_seam->log[i].nr;
	step = (uint32_t)t_sample(1, 3);
	state = t_state_take(T_FDS | T_CHILDREN | T_SIGNALS | T_NS | T_MOUNTS | T_THREADS);
	for (uint32_t k = 0; k < total; k += step) {
		if (is_undo(nr[k]))
			continue;
		ct_facts_drop();
		ct_seam->logged = ct_seam->count[CT_SEAM_PARENT] = 0;
		ct_seam->err = errors[k % 4];
		ct_seam->action = CT_SEAM_FAIL;
		ct_seam->at = k + 1;
		ct_seam->who = CT_SEAM_PARENT;
		ct_seam->on = 1;
		r = contain_feature_report_new(&report);
		ct_seam->on = 0;
		T_CHECK(r == 0 || r == -ENOMEM, "call %u (%d): %d", k, nr[k], r);
		if (r == 0)
			contain_feature_report_free(report);
		char text[512];
		if (t_state_diff(state, text, sizeof(text)))
			T_FAIL("call %u (number %d) failed with %d: %s", k, nr[k], errors[k % 4],
			       text);
	}
	t_state_free(state);
	t_note("%u calls, every %u. failed", total, step);
}

#endif
