/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The default profile: what it stops, by capability, and what goes on as before. */
#include "t_sec.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <linux/sched.h>

#ifndef __NR_clone3
#define __NR_clone3 435
#endif
#define NO_CALL 4000 /* which no kernel has */

static void ts_default(struct ts *t, int mode)
{
	sec_need_names();
	ts_dir(t, 0);
	ck_assert_int_eq(container_spec_set_seccomp_default(t->spec, mode), 0);
}

static void calls(struct ts *t)
{
	ts_words(t, t_fmt("caps -- call %d 0 0 0 0 0 -- call %d %d -- call %d 0 0 -- "
			  "call %d %d 0 -- call %d -- call %d 0 0 0 -- call %d 40 1 0 -- "
			  "call %d 1 0 0 -- call %d 0 0x5412 0 -- call %d 0 0x100005412 0 -- "
			  "call %d 0x40 -- call %d 0xffffffff -- call %d",
			  __NR_mount, __NR_unshare, CLONE_NEWUSER, __NR_clone3,
			  __NR_clone, CLONE_NEWUSER | SIGCHLD, NO_CALL, __NR_keyctl,
			  __NR_socket, __NR_socket, __NR_ioctl, __NR_ioctl, __NR_personality,
			  __NR_personality, __NR_getppid));
}

TEST_BOTH(what_it_stops)
{
	struct ts t;

	ts_default(&t, CONTAIN_SECCOMP_DEFAULT_ON);
	calls(&t);
	ts_run(&t);
	ts_has(&t, "seccomp 2\n");
	ts_has(&t, "call %d EPERM\n", __NR_mount);
	ts_has(&t, "call %d EPERM\n", __NR_unshare);
	ts_has(&t, "call %d ENOSYS\n", __NR_clone3);
	ts_has(&t, "call %d EPERM\n", __NR_clone);
	ts_has(&t, "call %d ENOSYS\n", NO_CALL);
	ts_has(&t, "call %d EPERM\n", __NR_keyctl);
	/* of AF_VSOCK, and of AF_UNIX with a type that there is not */
	ts_has(&t, "call %d EPERM\ncall %d ESOCKTNOSUPPORT\n", __NR_socket, __NR_socket);
	ts_has(&t, "call %d EPERM\ncall %d EPERM\n", __NR_ioctl, __NR_ioctl);
	ts_has(&t, "call %d EPERM\ncall %d ok\n", __NR_personality, __NR_personality);
	ts_has(&t, "call %d ok\n", __NR_getppid);
}

/* The same calls without it: so the profile it is that stops them. */
TEST_BOTH(what_goes_without_it)
{
	struct ts t;

	ts_default(&t, CONTAIN_SECCOMP_DEFAULT_OFF);
	calls(&t);
	ts_run(&t);
	ts_has(&t, "seccomp 0\n");
	ts_has(&t, "call %d ok\n", __NR_unshare);
	ts_has(&t, "call %d EINVAL\n", __NR_clone3);
	ts_has(&t, "call %d ok\ncall %d ok\n", __NR_personality, __NR_personality);
}

/* It is loaded, nothing is stopped. */
TEST_BOTH(log_mode)
{
	struct ts t;

	ts_default(&t, CONTAIN_SECCOMP_DEFAULT_LOG);
	calls(&t);
	ts_run(&t);
	ts_has(&t, "seccomp 2\n");
	ts_has(&t, "call %d ok\n", __NR_unshare);
	ts_has(&t, "call %d EINVAL\n", __NR_clone3);
}

TEST_BOTH(kill_mode)
{
	struct ts t;

	ts_default(&t, CONTAIN_SECCOMP_DEFAULT_KILL);
	ts_words(&t, t_fmt("call %d -- call %d", NO_CALL, __NR_clone3));
	ts_run(&t);
	ts_has(&t, "call %d ENOSYS\ncall %d ENOSYS\n", NO_CALL, __NR_clone3);
	ts_default(&t, CONTAIN_SECCOMP_DEFAULT_KILL);
	ts_words(&t, t_fmt("call %d %d", __NR_unshare, CLONE_NEWUSER));
	ts_start(&t);
	ts_end(&t);
	ck_assert_int_eq(t.signal, SIGSYS);
}

TEST_BOTH(by_capability)
{
	static const struct {
		int cap, call;
		const char *arguments;
	} cases[] = {
		{ CAP_SYS_ADMIN, __NR_mount, "0 0 0 0 0" },
		{ CAP_SYS_ADMIN, __NR_clone3, "0 0" },
		{ CAP_SYS_CHROOT, __NR_chroot, "0" },
		{ CAP_SYS_ADMIN, __NR_fsopen, "0 0" },
		{ CAP_SYS_NICE, __NR_mbind, "0 0 100" },
	};
	const uint64_t all = ts_caps();
	struct ts t;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		for (int has = 0; has < 2; has++) {
			uint64_t one = 1ULL << cases[i].cap;

			if (!(all & one))
				continue;
			ts_default(&t, CONTAIN_SECCOMP_DEFAULT_ON);
			container_spec_set_capabilities(t.spec, has ? one : all & ~one);
			ts_words(&t, t_fmt("call %d %s", cases[i].call, cases[i].arguments));
			ts_run(&t);
			T_CHECK((strstr(ts_text(&t), "EPERM") || strstr(ts_text(&t), "ENOSYS")) ==
					!has,
				"case %zu, %d: %s", i, has, ts_text(&t));
		}
}

/* What people do in containers. */
TEST_BOTH(what_goes_on)
{
	struct ts t;

	ts_default(&t, CONTAIN_SECCOMP_DEFAULT_ON);
	ts_sh(&t, "set -e; cd /tmp; echo a >f; ln -s f l; ln f h; mkfifo p; chmod 600 f; "
		  "mv h g; tar cf t.tar f g l; rm f; tar xf t.tar; test -L l; ps >/dev/null; "
		  "sleep 0.01 & wait; (sleep 5 & kill $!); ulimit -n 100; "
		  "dd if=/dev/zero of=z bs=4k count=3 2>/dev/null; uname; date >/dev/null; "
		  "df / >/dev/null; touch -d '2001-01-01 00:00' f; sync; "
		  "ifconfig lo >/dev/null; chroot / true; echo fine");
	ts_run(&t);
	ts_has(&t, "fine\n");
}

/* Calls by the entry for 32-bit programs pass the same rules. */
TEST_BOTH(programs_of_32_bits)
{
#ifdef __x86_64__
	struct ts t;

	ts_default(&t, CONTAIN_SECCOMP_DEFAULT_OFF);
	ts_words(&t, "call32 20"); /* getpid */
	ts_start(&t);
	ts_end(&t);
	if (t.signal)
		t_skip("this kernel runs no 32-bit programs");
	ts_has(&t, "call32 20 ok\n");
	ts_default(&t, CONTAIN_SECCOMP_DEFAULT_ON);
	/* getpid, mount, unshare, socket(AF_VSOCK) */
	ts_words(&t, "call32 20 -- call32 21 -- call32 310 0 -- call32 359 40 1 0");
	ts_run(&t);
	ts_is(&t, "call32 20 ok\ncall32 21 EPERM\ncall32 310 EPERM\ncall32 359 EPERM\n");
#else
	t_skip("x86 only");
#endif
}

/* A group is limited from outside; another mount of the hierarchy would be a way to write there. */
TEST(no_new_mount_of_the_hierarchy)
{
	struct ts t;

	t_need_root();
	if (!t_cgroup_mount("cgroup2"))
		t_skip("no cgroup v2 is mounted");
	ts_default(&t, CONTAIN_SECCOMP_DEFAULT_OFF);
	ts_words(&t, "regroup");
	ts_run(&t);
	ts_is(&t, "regroup mounted\n");
	ts_default(&t, CONTAIN_SECCOMP_DEFAULT_ON);
	ts_words(&t, "regroup");
	ts_run(&t);
	ts_is(&t, "regroup unshare EPERM\n");
}

TEST(bad_modes)
{
	struct ts t;

	ts_default(&t, 0);
	ck_assert_int_eq(container_spec_set_seccomp_default(t.spec, 4), -EINVAL);
	ts_words(&t, "exit");
	ts_fails(&t, EINVAL, CONTAIN_PHASE_SPEC, "spec", "seccomp_default", "4");
	ck_assert_int_eq(container_spec_set_seccomp_default(NULL, 1), -EINVAL);
}

/* Filters behind it; one plan and overrides, which compile again. */
TEST_BOTH(with_others_and_again)
{
	const char *argv[] = { "/bin/payload", "call", t_fmt("%d", __NR_getppid), NULL };
	container_overrides *over = NULL;
	container_plan *plan = NULL;
	struct ts t;

	ts_default(&t, CONTAIN_SECCOMP_DEFAULT_ON);
	ck_assert_int_eq(sec_add(t.spec, __NR_getppid, SECCOMP_RET_ERRNO | ENOTBLK), 0);
	ts_words(&t, "exit 1");
	ck_assert_int_eq(container_plan_compile(t.spec, &plan, NULL), 0);
	ck_assert_int_eq(container_overrides_new(&over), 0);
	ck_assert_int_eq(container_overrides_set_argv(over, argv), 0);
	ck_assert_int_eq(container_overrides_set_hostname(over, "other"), 0);
	for (int i = 0; i < 3; i++) {
		ck_assert_int_eq(container_plan_spawn(plan, over, &t.c, &t.error), 0);
		ck_assert_int_eq(container_wait(t.c, 10000 * t_slow(), NULL, NULL), 0);
		ck_assert_int_eq(container_delete(t.c, 10000 * t_slow(), NULL), 0);
		container_free(t.c);
		t.c = NULL;
	}
	ts_text(&t);
	ts_has(&t, "call %d ENOTBLK\n", __NR_getppid);
	container_overrides_free(over);
	container_plan_free(plan);
	ts_free(&t);
}
