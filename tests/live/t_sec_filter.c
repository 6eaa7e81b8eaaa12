/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Raw programs: in force for the payload, never in the way of its start without a word. */
#include "t_sec.h"

#include <contain/namespace.h>
#include <fcntl.h>
#include <linux/capability.h>

TEST_BOTH(a_program_is_in_force)
{
	struct ts t;

	for (int init = 0; init < 2; init++) {
		ts_dir(&t, 0);
		ck_assert_int_eq(sec_add(t.spec, __NR_getppid, SECCOMP_RET_ERRNO | ENOTBLK), 0);
		container_spec_set_init(t.spec, init);
		ts_words(&t, t_fmt("caps -- call %d -- call %d", __NR_getppid, __NR_getpid));
		T_CHECK(!!strstr(ts_explained(&t), "start-payload") == init, "%s",
			ts_explained(&t));
		ts_run(&t);
		ts_has(&t, "seccomp 2\n");
		ts_has(&t, "nnp 1\n");
		ts_has(&t, "call %d ENOTBLK\n", __NR_getppid);
		ts_has(&t, "call %d ok\n", __NR_getpid);
	}
}

/* The strictest counts; up to 16, in order; flags are the kernel's. */
TEST_BOTH(several_programs)
{
	struct sock_filter code[8];
	size_t bytes = sec_filter(code, __NR_getppid, SECCOMP_RET_ERRNO | ENOTBLK, -1, 0);
	struct ts t;

	ts_dir(&t, 0);
	for (int i = 0; i < 15; i++)
		ck_assert_int_eq(container_spec_add_seccomp_program(
					 t.spec, code, bytes,
					 i % 2 ? CONTAIN_SECCOMP_FLAG_LOG :
						 CONTAIN_SECCOMP_FLAG_SPEC_ALLOW),
				 0);
	ck_assert_int_eq(sec_add(t.spec, __NR_getpid, SECCOMP_RET_ERRNO | ENODEV), 0);
	ts_words(&t, t_fmt("call %d -- call %d", __NR_getppid, __NR_getpid));
	ts_run(&t);
	ts_has(&t, "call %d ENOTBLK\n", __NR_getppid);
	ts_has(&t, "call %d ENODEV\n", __NR_getpid);
}

/* Nothing is changed by a setter that fails, and the start says which it was. */
TEST_BOTH(bad_programs)
{
	static const struct {
		size_t bytes;
		uint32_t flags;
		const char *field, *hint;
	} cases[] = {
		{ 0, 0, "seccomp_program", "has no instruction" },
		{ 7, 0, "seccomp_program", "multiple of 8" },
		{ 8, 0, "seccomp_program", "instruction 0 is the last" },
		{ 32, 0x10, "seccomp.flags", "unknown bits 0x10" },
		{ 32, CONTAIN_SECCOMP_FLAG_TSYNC, "seccomp.flags", "unknown bits 0x1" },
		{ 32, CONTAIN_SECCOMP_FLAG_WAIT_KILLABLE, "seccomp.flags", "needs a listener" },
	};
	struct sock_filter code[8];
	struct ts t;

	sec_filter(code, __NR_getppid, SECCOMP_RET_ERRNO | EPERM, -1, 0);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		ts_dir(&t, 0);
		ck_assert_int_eq(container_spec_add_seccomp_program(t.spec, code, cases[i].bytes,
								    cases[i].flags),
				 -EINVAL);
		ts_words(&t, "exit");
		ts_fails(&t, EINVAL, CONTAIN_PHASE_SPEC, "spec", cases[i].field, cases[i].hint);
	}
	ts_dir(&t, 0);
	ck_assert_int_eq(container_spec_add_seccomp_program(t.spec, NULL, 8, 0), -EINVAL);
	ts_words(&t, "exit");
	ts_fails(&t, EINVAL, CONTAIN_PHASE_SPEC, "spec", "seccomp_program", "is NULL");
	ck_assert_int_eq(container_spec_add_seccomp_program(NULL, code, 32, 0), -EINVAL);
	ts_dir(&t, 0);
	for (int i = 0; i < 16; i++)
		ck_assert_int_eq(sec_add(t.spec, __NR_getppid, SECCOMP_RET_ALLOW), 0);
	ck_assert_int_eq(sec_add(t.spec, __NR_getppid, SECCOMP_RET_ALLOW), -E2BIG);
	ts_words(&t, "exit");
	ts_fails(&t, E2BIG, CONTAIN_PHASE_SPEC, "spec", "seccomp", "16");
}

/* What could never start, or only by an answer of who waits for the start, is refused before. */
TEST_BOTH(programs_that_stop_the_start)
{
	static const struct {
		int call;
		uint32_t answer;
		const char *hint;
	} cases[] = {
		{ __NR_execve, SECCOMP_RET_KILL_PROCESS, "kills at every call of execve(2)" },
		{ __NR_execve, SECCOMP_RET_TRAP, "kills at every call of execve(2)" },
		{ __NR_execve, SECCOMP_RET_ERRNO | EPERM, "refuses every call of execve(2)" },
		{ __NR_execve, SECCOMP_RET_TRACE, "refuses every call of execve(2)" },
		{ __NR_execve, SECCOMP_RET_USER_NOTIF, "waits for the start" },
		{ __NR_rt_sigprocmask, SECCOMP_RET_ERRNO | EPERM,
		  "refuses every call of rt_sigprocmask(2)" },
	};
	struct ts t;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		ts_dir(&t, 0);
		ck_assert_int_eq(sec_add(t.spec, cases[i].call, cases[i].answer), 0);
		ts_words(&t, "exit");
		ts_fails(&t, EINVAL, CONTAIN_PHASE_PLAN, "compile", "program", cases[i].hint);
	}
	/* the second one would not be loaded any more */
	ts_dir(&t, 0);
	ck_assert_int_eq(sec_add(t.spec, __NR_seccomp, SECCOMP_RET_ERRNO | EPERM), 0);
	ck_assert_int_eq(sec_add(t.spec, __NR_getppid, SECCOMP_RET_ERRNO | EPERM), 0);
	ts_words(&t, "exit");
	ts_fails(&t, EINVAL, CONTAIN_PHASE_PLAN, "compile", "program", "seccomp(2)");
	/* as the last one it may */
	ts_dir(&t, 0);
	ck_assert_int_eq(sec_add(t.spec, __NR_getppid, SECCOMP_RET_ERRNO | ENODEV), 0);
	ck_assert_int_eq(sec_add(t.spec, __NR_seccomp, SECCOMP_RET_ERRNO | EPERM), 0);
	ts_words(&t, t_fmt("call %d -- call %d", __NR_seccomp, __NR_getppid));
	ts_run(&t);
	ts_has(&t, "call %d EPERM\n", __NR_seccomp);
	ts_has(&t, "call %d ENODEV\n", __NR_getppid);
}

/* @answer to execve and execveat, unless their third argument is 1, which it never is */
static void add_narrow(container_spec *spec, uint32_t answer)
{
	const struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_execve, 1, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_execveat, 0, 2),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[2])),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 1, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
		BPF_STMT(BPF_RET | BPF_K, answer),
	};

	ck_assert_int_eq(container_spec_add_seccomp_program(spec, code, sizeof(code), 0), 0);
}

/* Killed in memory of its own: no core file of the caller, and the caller lives. */
TEST_BOTH(a_program_that_kills_by_arguments)
{
	struct ts t;

	ts_dir(&t, 0);
	add_narrow(t.spec, SECCOMP_RET_KILL_PROCESS);
	ts_words(&t, "exit");
	T_CHECK(strstr(ts_explained(&t), "may kill before exec"), "%s", ts_explained(&t));
	/* in execve(2) or behind it: the kernel does not say */
	ts_start(&t);
	ts_end(&t);
	ck_assert_int_eq(t.signal, SIGSYS);
	ts_dir(&t, 0);
	add_narrow(t.spec, SECCOMP_RET_ERRNO | EPERM);
	ts_words(&t, "exit");
	ts_fails(&t, EPERM, CONTAIN_PHASE_CHILD, "exec", "/bin/payload", "system call filter");
}

/* What it kills later is the payload's end, and nobody else's. */
TEST_BOTH(killed_later)
{
	struct ts t;

	ts_dir(&t, 0);
	ck_assert_int_eq(sec_add(t.spec, __NR_getppid, SECCOMP_RET_KILL_PROCESS), 0);
	ts_words(&t, t_fmt("call %d", __NR_getppid));
	T_CHECK(!strstr(ts_explained(&t), "may kill"), "%s", ts_explained(&t));
	ts_start(&t);
	ts_end(&t);
	ck_assert_int_eq(t.signal, SIGSYS);
}

/* Before the identity changes, and set-up passes it. */
TEST_BOTH(without_no_new_privs)
{
	struct ts t;

	for (int user = 0; user < 2; user++) {
		ts_dir(&t, 0);
		container_spec_set_no_new_privs(t.spec, 0);
		if (user)
			container_spec_set_user(t.spec, 1000, 1000);
		ck_assert_int_eq(sec_add(t.spec, __NR_getppid, SECCOMP_RET_ERRNO | ENOTBLK), 0);
		ts_words(&t, t_fmt("caps -- ids -- call %d", __NR_getppid));
		T_CHECK(strstr(ts_explained(&t), "before the identity changes"), "%s",
			ts_explained(&t));
		ts_run(&t);
		ts_has(&t, "nnp 0\n");
		ts_has(&t, "seccomp 2\n");
		ts_has(&t, "uid %d %d %d\n", user * 1000, user * 1000, user * 1000);
		ts_has(&t, "call %d ENOTBLK\n", __NR_getppid);
	}
	/* which such a program may not stop */
	ts_dir(&t, 0);
	container_spec_set_no_new_privs(t.spec, 0);
	ck_assert_int_eq(sec_add(t.spec, __NR_capset, SECCOMP_RET_ERRNO | EPERM), 0);
	ts_words(&t, "exit");
	ts_fails(&t, EINVAL, CONTAIN_PHASE_PLAN, "compile", "program", "capset(2)");
	/* with no_new_privs it comes later, and may */
	ts_dir(&t, 0);
	ck_assert_int_eq(sec_add(t.spec, __NR_capset, SECCOMP_RET_ERRNO | EPERM), 0);
	ts_words(&t, "exit");
	ts_run(&t);
	/* and with the capability that the kernel asks for */
	ts_dir(&t, 0);
	container_spec_set_no_new_privs(t.spec, 0);
	container_spec_set_capabilities(t.spec, 1ULL << CAP_SYS_ADMIN);
	ck_assert_int_eq(sec_add(t.spec, __NR_capset, SECCOMP_RET_ERRNO | EPERM), 0);
	ts_words(&t, "caps");
	ts_run(&t);
	ts_has(&t, "seccomp 2\n");
}

/* One plan, started again and with overrides, in all kinds of containers. */
TEST_BOTH(started_again)
{
	const char *argv[] = { "/bin/payload", "caps", NULL };
	container_overrides *over = NULL;
	container_plan *plan = NULL;
	struct ts t;

	ts_dir(&t, 0);
	ck_assert_int_eq(sec_add(t.spec, __NR_getppid, SECCOMP_RET_ERRNO | ENOTBLK), 0);
	ts_words(&t, "exit 1");
	ck_assert_int_eq(container_plan_compile(t.spec, &plan, NULL), 0);
	ck_assert_int_eq(sec_add(t.spec, __NR_getpid, SECCOMP_RET_ALLOW), -EBUSY);
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
	ts_has(&t, "seccomp 2\n");
	container_overrides_free(over);
	container_plan_free(plan);
	ts_free(&t);
}
