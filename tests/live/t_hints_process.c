/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The hints of the steps that make the payload who it is, each provoked by its real cause. */
#include "t_spawn.h"

#include <grp.h>
#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stddef.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

static void drop(int cap)
{
	struct __user_cap_header_struct head = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct data[2];

	if (cap != CAP_SETPCAP)
		T_SYS(prctl(PR_CAPBSET_DROP, cap, 0, 0, 0));
	T_SYS(syscall(SYS_capget, &head, data));
	data[cap / 32].permitted &= ~(1U << (cap % 32));
	data[cap / 32].effective &= ~(1U << (cap % 32));
	T_SYS(syscall(SYS_capset, &head, data));
}

static int no_setpcap(void *arg, void *rec)
{
	struct ts t;

	(void)arg;
	(void)rec;
	drop(CAP_SETPCAP);
	ts_dir(&t, 0);
	container_spec_set_capabilities(t.spec, 1);
	container_spec_set_user(t.spec, 0, 0);
	ts_words(&t, "exit");
	ts_fails(&t, EPERM, CONTAIN_PHASE_CHILD, "bound-capabilities", "", "CAP_SETPCAP");
	return 0;
}

static int no_chown(void *arg, void *rec)
{
	struct ts t;

	(void)arg;
	(void)rec;
	drop(CAP_CHOWN);
	ts_dir(&t, 0);
	container_spec_set_capabilities(t.spec, 2);
	container_spec_set_user(t.spec, 4711, 4711);
	container_spec_set_stdio(t.spec, 1, CONTAIN_STDIO_PIPE);
	ts_words(&t, "exit");
	ts_fails(&t, EPERM, CONTAIN_PHASE_CHILD, "own-stdio", "", "CAP_CHOWN");
	return 0;
}

/* What the caller could when the plan was made, and no longer can. */
static int no_setgid_any_more(void *arg, void *rec)
{
	container_plan *plan = NULL;
	struct ts t;

	(void)arg;
	(void)rec;
	ts_dir(&t, 0);
	container_spec_set_capabilities(t.spec, 1);
	ts_words(&t, "exit");
	ck_assert_int_eq(container_plan_compile(t.spec, &plan, NULL), 0);
	drop(CAP_SETGID);
	ck_assert_int_eq(container_plan_spawn(plan, NULL, &t.c, &t.error), -EPERM);
	ck_assert_str_eq(contain_error_op(t.error), "set-groups");
	T_CHECK(strstr(contain_error_hint(t.error), "CAP_SETGID"), "%s",
		contain_error_message(t.error));
	container_plan_free(plan);
	t_state_free(t.state); /* the capabilities */
	t.state = NULL;
	ts_free(&t);
	return 0;
}

TEST(capabilities_of_the_caller)
{
	t_need_root();
	ck_assert_int_eq(t_child(no_setpcap, NULL, NULL, 0), 0);
	ck_assert_int_eq(t_child(no_chown, NULL, NULL, 0), 0);
	ck_assert_int_eq(t_child(no_setgid_any_more, NULL, NULL, 0), 0);
}

/* The caller is root of a user namespace with few ids, and shares it with the container. */
static int few_ids(void *arg, void *rec)
{
	const uint32_t groups[] = { 0, 5 };
	int ready[2], go[2];
	char byte;
	struct ts t;
	pid_t pid;

	(void)arg;
	(void)rec;
	T_SYS(pipe(ready));
	T_SYS(pipe(go));
	pid = fork();
	if (pid == 0) {
		const char *maps[] = { "uid_map", "gid_map" };

		T_CHECK(read(ready[0], &byte, 1) == 1);
		for (int i = 0; i < 2; i++)
			t_write_file(t_fmt("/proc/%d/%s", getppid(), maps[i]), "0 0 1");
		T_CHECK(write(go[1], "x", 1) == 1);
		_exit(0);
	}
	T_SYS(unshare(CLONE_NEWUSER | CLONE_NEWNS));
	T_CHECK(write(ready[1], "x", 1) == 1 && read(go[0], &byte, 1) == 1);
	waitpid(pid, NULL, 0);
	for (int i = 0; i < 3; i++) {
		ts_dir(&t, 0);
		if (i == 0)
			container_spec_set_groups(t.spec, groups, 2);
		else
			container_spec_set_user(t.spec, i == 1 ? 5 : 0, i == 1 ? 0 : 5);
		ts_words(&t, "ids");
		ts_fails(&t, EINVAL, CONTAIN_PHASE_CHILD, i ? "set-user" : "set-groups", "",
			 i == 0 ? "map every one of these groups" :
			 i == 1 ? "does not map this user id" :
				  "does not map this group id");
	}
	ts_dir(&t, 0);
	container_spec_set_user(t.spec, 0, 0);
	ts_words(&t, "ids");
	ts_run(&t);
	ts_has(&t, "uid 0 0 0\n");
	return 0;
}

TEST(ids_that_the_callers_namespace_does_not_have)
{
	t_need_root();
	t_need_userns();
	ck_assert_int_eq(t_child(few_ids, NULL, NULL, 0), 0);
}

/* A filter that says yes in the kernel's stead: what is not done is found out. */
static void answer_yes(int nr)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)nr, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { sizeof(code) / sizeof(code[0]), code };

	T_SYS(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program));
}

static int faked(void *arg, void *rec)
{
	static const gid_t callers[] = { 20, 27 };
	const uint32_t groups[] = { 5, 6 };
	int nr = *(int *)arg;
	struct ts t;

	(void)rec;
	T_SYS(setgroups(2, callers));
	ts_dir(&t, 0);
	if (nr == SYS_setgroups) { /* as many as the caller has */
		container_spec_set_groups(t.spec, groups, 2);
	} else {
		container_spec_set_user(t.spec, 4711, 4712);
	}
	ts_words(&t, "ids");
	t_state_free(t.state); /* the filter */
	t.state = NULL;
	answer_yes(nr);
	ts_fails(&t, EIO, CONTAIN_PHASE_CHILD, nr == SYS_setgroups ? "set-groups" : "set-user", "",
		 "and does not have them");
	return 0;
}

TEST(an_answer_is_not_taken_for_done)
{
	int calls[] = { SYS_setgroups, SYS_setresgid, SYS_setresuid };

	t_need_root();
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
		ck_assert_int_eq(t_child(faked, &calls[i], NULL, 0), 0);
}

/* ---- the OOM killer's score ---- */

static int in_child_namespace(void *path)
{
	return mount("proc", path, "proc", 0, NULL) ? errno : 0;
}

/* /proc is a procfs, of a pid namespace that has no number for us. */
static int foreign_proc(void *arg, void *rec)
{
	struct ts t;
	pid_t pid;
	int status;

	(void)arg;
	(void)rec;
	T_SYS(unshare(CLONE_NEWNS));
	T_SYS(mount(NULL, "/", NULL, MS_PRIVATE | MS_REC, NULL));
	ts_dir(&t, 0);
	t_state_free(t.state); /* the mounts are our own */
	t.state = NULL;
	container_spec_set_oom_score_adj(t.spec, 700);
	ts_words(&t, "exit");
	pid = (pid_t)syscall(SYS_clone, CLONE_NEWPID | SIGCHLD, NULL, NULL, NULL, NULL);
	T_SYS(pid);
	if (pid == 0)
		_exit(in_child_namespace((void *)"/proc"));
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
	ts_fails(&t, ENOENT, CONTAIN_PHASE_CHILD, "set-oom-score", "oom_score_adj",
		 "another pid namespace's");
	return 0;
}

TEST(oom_score_through_a_foreign_proc)
{
	t_need_root();
	ck_assert_int_eq(t_child(foreign_proc, NULL, NULL, 0), 0);
}

/* A caller that is not dumpable does not own its files in /proc. */
static int not_dumpable(void *arg, void *rec)
{
	struct ts t;

	(void)arg;
	(void)rec;
	ts_dir(&t, 0);
	container_spec_add_uid_range(t.spec, 0, geteuid(), 1);
	container_spec_set_oom_score_adj(t.spec, 700);
	ts_words(&t, "exit");
	t_state_free(t.state);
	t.state = NULL;
	T_SYS(prctl(PR_SET_DUMPABLE, 0));
	ts_fails(&t, EACCES, CONTAIN_PHASE_CHILD, "map-self", "", "PR_SET_DUMPABLE");
	return 0;
}

TEST(a_caller_that_is_not_dumpable)
{
	t_need_userns();
	t_as_user(not_dumpable, NULL);
}
