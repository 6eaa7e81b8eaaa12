/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Every allocation of spec, setters, compile, spawn, wait and delete fails once: -ENOMEM or a run
 * that did not need it, no leak, and everything can be done again. The program's own malloc()
 * takes the place of libc's, for libcgroup and for libc itself too.
 */
#include "fixture.h"
#include "t_malloc.h"

#include "feature/feature.h"

#include <contain/plan.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define STATE ((T_ALL | T_MAPS) & ~T_CGROUPS)

static struct fx_place place;

/* A second value takes the place of the first; a root is given once. */
static void fill_twice(container_spec *s, const struct fx_place *p)
{
	static const char *const argv[] = { "/bin/sh", "-c", "exit 0", NULL };

	fx_plan("mounts")->fill(s, p);
	container_spec_set_argv(s, argv);
	container_spec_set_env(s, (const char *const[]){ "A=b", "C=d", NULL });
	container_spec_set_cwd(s, "/tmp");
	container_spec_add_dir(s, "/made/", 0700);
	container_spec_add_file(s, "/made/file", "text", 4, 0600);
	container_spec_add_symlink(s, "file", "/made/link");
	container_spec_add_fd(s, 2, 7);
	container_spec_add_fd(s, 2, 8);
	container_spec_set_stdio(s, 1, 2);
	container_spec_set_stdio(s, 2, CONTAIN_STDIO_PIPE);
	container_spec_set_groups(s, (const uint32_t[]){ 0 }, 1);
	container_spec_set_user(s, 0, 0);
	container_spec_set_rlimit(s, 7, 100, 100);
	container_spec_set_hostname(s, "one");
	container_spec_set_hostname(s, "two");
	container_spec_set_domainname(s, "example");
	container_spec_add_sysctl(s, "net.ipv4.ip_default_ttl", "65");
	container_spec_add_sysctl(s, "net.ipv4.ip_default_ttl", "66");
	container_spec_add_uid_range(s, 0, 0, 1);
	container_spec_add_uid_range(s, 1, 100000, 1000);
	container_spec_add_gid_range(s, 0, 0, 1);
	if (p->parent[0])
		container_spec_set_cgroup_parent(s, AT_FDCWD, p->parent);
	container_spec_clear_paths(s);
	container_spec_add_masked_path(s, "/etc/passwd");
	container_spec_add_readonly_path(s, "/usr");
}

/* Each of explain's and the overrides' allocations, too. */
static int explain_and_override(const struct fx_plan *plan)
{
	static const char *const argv[] = { "/bin/true", "x", NULL };
	static const char *const env[] = { "A=b", NULL };
	container_overrides *o = NULL;
	container_spec *s = NULL;
	container_plan *p = NULL;
	container *c = NULL;
	contain_error *e = NULL;
	int r = container_spec_new(&s), fd = memfd_create("explain", MFD_CLOEXEC);

	if (!r)
		fx_stable(s), plan->fill(s, &place);
	if (!r)
		r = container_plan_compile(s, &p, &e);
	if (!r)
		r = container_plan_explain(p, fd);
	if (!r)
		r = container_overrides_new(&o);
	if (!r)
		r = container_overrides_set_argv(o, argv);
	if (!r)
		r = container_overrides_set_env(o, env);
	if (!r)
		r = container_overrides_set_cwd(o, "/");
	if (!r)
		r = container_overrides_add_fd(o, fd, 5);
	if (!r)
		r = container_plan_spawn(p, o, &c, &e);
	if (c) {
		container_delete(c, 20000, NULL);
		container_free(c);
	}
	contain_error_free(e);
	container_overrides_free(o);
	container_plan_free(p);
	container_spec_free(s);
	close(fd);
	return r;
}

static int run(const struct fx_plan *plan, int overrides, struct fx_result *r)
{
	memset(r, 0, sizeof(*r));
	ct_facts_drop(); /* found out anew, so that it fails too */
	living = seen = 0;
	armed = 1;
	if (overrides)
		r->err = explain_and_override(plan);
	else
		fx_run(plan, &place, FX_NONE, r);
	ct_facts_drop();
	armed = 0;
	return r->err;
}

static void all(const struct fx_plan *plan, int overrides)
{
	struct t_state *before;
	struct fx_result r;
	int failed = 0, fine = 0;
	long n;
	char diff[4096];

	fail_at = 0;
	T_CHECK(run(plan, overrides, &r) == 0, "%s: %s", plan->name, r.message);
	T_CHECK(run(plan, overrides, &r) == 0, "%s: %s", plan->name, r.message);
	n = seen;
	T_CHECK(n > 20, "%ld allocations are too few to be all", n);
	T_CHECK(living == 0, "%s: %ld allocations are not freed", plan->name, living);
	before = t_state_take(STATE);
	for (long k = 1; k <= n; k += t_guest() ? 5 : 1) {
		fail_at = k;
		run(plan, overrides, &r);
		/* libcgroup does not hand on why it failed, in one of its allocations */
		T_EXPECT(r.err == 0 || r.err == -ENOMEM ||
			 (plan->libcgroup && r.err == -EIO && !strcmp(r.op, "group-v1-create")),
			 "%s: allocation %ld: %s in %s: %s", plan->name, k, fx_errno_name(r.err),
			 fx_phase_name[r.phase], r.message);
		T_EXPECT(overrides || !r.err || r.message[0] || r.phase < FX_COMPILE,
			 "%s: allocation %ld: no message", plan->name, k);
		T_EXPECT(living == 0, "%s: allocation %ld: %ld are not freed", plan->name, k,
			 living);
		T_EXPECT(r.deleted == 0 && fx_groups(&place) == 0, "%s: allocation %ld: a group",
			 plan->name, k);
		T_EXPECT(!t_state_diff(before, diff, sizeof(diff)), "%s: allocation %ld left:\n%s",
			 plan->name, k, diff);
		failed += r.err != 0;
		fine += r.err == 0;
	}
	t_state_check(before);
	t_note("%s%s: %ld allocations: %d told -ENOMEM, %d were not needed", plan->name,
	       overrides ? " with overrides" : "", n, failed, fine);
	T_CHECK(failed > fine, "hardly any allocation matters");
}

TEST_LIMIT(every_allocation_fails_once, 90)
{
	const struct fx_plan twice = { .name = "all setters", .fill = fill_twice, .starter = 1 };

	if (T_SANITIZED)
		t_skip("allocation is the sanitizer's");
	fx_place_make(&place);
	/* libcgroup 2.0 without memory makes "(null)contain" where it is */
	T_SYS(chdir(t_tmpdir()));
	all(fx_plan("overlay"), 0);
	all(&twice, 0);
	all(fx_plan("timeout"), 1);
	all(fx_plan("overrides"), 0);
	all(fx_plan("words"), 0);
	all(fx_plan("union"), 0);
	all(fx_plan("exec-fd"), 1);
	all(fx_plan(t_cgroup_mount("memory") ? "limits-v1" : "limits-v2"), 0);
}
