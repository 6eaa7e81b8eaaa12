/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Each allocation of profiles, of sets of Landlock, and of specs and plans with them fails once. */
#include "config.h"
#include "fixture.h"
#include "t_malloc.h"

#include <contain/contain.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>

static int profile(contain_error **e)
{
	contain_seccomp *p = NULL;
	static char code[32768];
	int r = contain_seccomp_new_default(0, &p);

	if (r == -EOPNOTSUPP)
		return 0;
	if (r == 0) {
		contain_seccomp_deny(p, "getppid", 1);
		contain_seccomp_where(p, 0, CONTAIN_SECCOMP_GE, 7, 0);
		r = contain_seccomp_export(p, code, sizeof(code), e);
		r = r > 0 ? 0 : r;
	}
	contain_seccomp_free(p);
	return r;
}

static int landlock(contain_error **e)
{
	contain_landlock *l = NULL;
	int r = contain_landlock_new(&l);

	(void)e;
	if (r == 0)
		r = contain_landlock_add_path(l, "/tmp", CONTAIN_LANDLOCK_FS_ALL);
	if (r == 0)
		r = contain_landlock_add_path(l, "/", CONTAIN_LANDLOCK_FS_READ);
	contain_landlock_free(l);
	return r;
}

/* Setters left unchecked: compile says what was refused. */
static int plan(contain_error **e)
{
	static const struct sock_filter code[] = { BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW) };
	const char *argv[] = { "/bin/true", NULL };
	contain_landlock *l = NULL;
	container_plan *p = NULL;
	container_spec *s = NULL;
	int r = container_spec_new(&s);

	if (r < 0)
		return r;
	r = contain_landlock_new(&l);
	if (r == 0) {
		contain_landlock_set_best_effort(l, 1);
		r = contain_landlock_add_path(l, "/", CONTAIN_LANDLOCK_FS_READ);
	}
	if (r == 0) {
		container_spec_set_argv(s, argv);
		container_spec_set_root_tmpfs(s, 0);
		container_spec_set_landlock(s, l);
		container_spec_add_seccomp_program(s, code, sizeof(code), 0);
		container_spec_set_seccomp_default(s, CT_HAVE_LIBSECCOMP);
		container_spec_set_apparmor_profile(s, "none");
		r = container_plan_compile(s, &p, e);
	}
	container_plan_free(p);
	container_spec_free(s);
	contain_landlock_free(l);
	return r;
}

static void each(const char *name, int (*job)(contain_error **))
{
	ck_assert_int_eq(malloc_run(job, 0), 0);
	ck_assert_int_eq(malloc_run(job, 0), 0);
#if !T_SANITIZED
	long n = seen;

	ck_assert_int_eq(living, 0);
	for (long k = 1; k <= n; k++) {
		int r = malloc_run(job, k);

		T_CHECK(r == 0 || r == -ENOMEM, "%s: allocation %ld: %d", name, k, r);
		T_CHECK(living == 0, "%s: allocation %ld: %ld are left", name, k, living);
	}
	t_note("%s: %ld allocations", name, n);
#else
	(void)name;
#endif
}

TEST(of_values)
{
	each("profile", profile);
	each("landlock", landlock);
}

TEST(of_specs_and_plans)
{
	each("plan", plan);
}
