/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Joining by handle; what is refused; and what the others in there can do about it. */
#include "fixture.h"
#include "t_join.h"

#include <errno.h>
#include <sched.h>
#include <sys/syscall.h>
#include <sys/wait.h>

/* ---- by handle ---- */

TEST_BOTH(a_pod)
{
	const uint64_t shared = CONTAIN_NS_NET | CONTAIN_NS_IPC | CONTAIN_NS_UTS | CONTAIN_NS_USER;
	struct ts target, t;

	tj_target(&target, TJ_ALL, 0);
	ts_dir(&t, CONTAIN_ROOT_READONLY);
	ck_assert_int_eq(container_spec_join_container(t.spec, target.c, shared), 0);
	ts_words(&t, "ns -- hostname -- session -- fds");
	ts_run(&t);
	tj_check(&t, &target, shared);
	ts_has(&t, "hostname target\n");
	ts_has(&t, "pid 1\nppid 0\n");
	tj_only_stdio(&t);
	tj_end(&target);
}

TEST_BOTH(one_more_process_of_it)
{
	struct ts target, t;

	tj_target(&target, TS_NS_ALL & ~CONTAIN_NS_IPC, 0);
	ts_new(&t);
	ck_assert_int_eq(container_spec_join_container(t.spec, target.c, 0), 0);
	ts_words(&t, "ns -- read /tmp/mark");
	ts_run(&t);
	tj_check(&t, &target, TJ_ALL);
	/* what it shares with the caller, as the time is here, is shared again, and not new */
	ck_assert_str_eq(ts_value(&t, "ipc"), tj_link(getpid(), "ipc"));
	ck_assert_str_eq(ts_value(&t, "time"), tj_link(getpid(), "time"));
	ts_has(&t, "left by the target");
	tj_end(&target);
}

/* ---- refused ---- */

static void refused(int err, int r, struct ts *t, const char *hint)
{
	ck_assert_int_eq(r, -err);
	ts_words(t, "ids");
	ts_fails(t, err, CONTAIN_PHASE_SPEC, "spec", "", hint);
}

TEST(bad_input)
{
	int file = open("/proc/self/status", O_RDONLY | O_CLOEXEC);
	int uts = open("/proc/self/ns/uts", O_RDONLY | O_CLOEXEC);
	int path = open("/proc/self/ns/uts", O_PATH | O_CLOEXEC);
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	container *gone;
	struct ts t;

	T_CHECK(file >= 0 && uts >= 0 && null >= 0 && path >= 0);
	ts_dir(&t, 0);
	refused(EBADF, container_spec_join_namespace(t.spec, 0, 9999), &t, "not open");
	ts_dir(&t, 0);
	refused(EINVAL, container_spec_join_namespace(t.spec, 0, file), &t, "no namespace");
	ts_dir(&t, 0);
	refused(EINVAL, container_spec_join_namespace(t.spec, CONTAIN_NS_UTS, null), &t,
		"no namespace");
	ts_dir(&t, 0);
	refused(EINVAL, container_spec_join_namespace(t.spec, CONTAIN_NS_NET, uts), &t,
		"is a uts namespace, not a net namespace");
	ts_dir(&t, 0);
	refused(EINVAL, container_spec_join_namespace(t.spec, 0x1, uts), &t, "0x1 is not one");
	ts_dir(&t, 0);
	refused(EINVAL, container_spec_join_namespace(t.spec, CONTAIN_NS_UTS | CONTAIN_NS_NET, uts),
		&t, "is not one known type");
	ck_assert_int_eq(container_spec_join_namespace(NULL, 0, uts), -EINVAL);
	ts_dir(&t, 0);
	refused(EINVAL, container_spec_join_container(t.spec, NULL, 0), &t, "NULL");
	ck_assert_int_eq(container_spec_join_container(NULL, NULL, 0), -EINVAL);
	ts_dir(&t, 0);
	ts_words(&t, "exit");
	ts_start(&t);
	gone = t.c;
	ck_assert_int_eq(container_wait(gone, 10000, NULL, NULL), 0);
	{
		container_spec *s = NULL;

		ck_assert_int_eq(container_spec_new(&s), 0);
		ck_assert_int_eq(container_spec_join_container(s, gone, 0), -ESRCH);
		container_spec_free(s);
		ck_assert_int_eq(container_spec_new(&s), 0);
		ck_assert_int_eq(container_spec_join_container(s, gone, 1), -EINVAL);
		container_spec_free(s);
	}
	ts_end(&t);
	close(file);
	close(uts);
	close(null);
	close(path);
}

/* What only the start can tell. */
TEST_BOTH(no_right_to_join)
{
	int net = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	int user = open("/proc/self/ns/user", O_RDONLY | O_CLOEXEC);
	struct ts t;

	ts_dir(&t, 0);
	container_spec_join_namespace(t.spec, 0, user);
	ts_words(&t, "ids");
	ts_fails(&t, EINVAL, CONTAIN_PHASE_CHILD, "join", "user", "in this user namespace already");
	if (!ts_is_root()) {
		ts_dir(&t, 0);
		container_spec_join_namespace(t.spec, 0, net);
		ts_words(&t, "ids");
		ts_fails(&t, EPERM, CONTAIN_PHASE_PLAN, "compile", "join_namespace",
			 "together with the user namespace that owns it");
	}
	close(net);
	close(user);
}

/* Upwards there is no way. */
static int from_below(void *arg, void *rec)
{
	int above = *(int *)arg;
	struct ts t;
	pid_t pid;
	int status;

	T_SYS(unshare(CLONE_NEWPID));
	pid = fork();
	if (pid) {
		T_SYS(waitpid(pid, &status, 0));
		return status;
	}
	ts_new(&t);
	t_state_free(t.state); /* /proc is of the namespace above */
	t.state = NULL;
	container_spec_set_root_dir(t.spec, AT_FDCWD, "/", 0);
	container_spec_join_namespace(t.spec, 0, above);
	ts_argv(&t, "/bin/true");
	ts_fails(&t, EINVAL, CONTAIN_PHASE_CHILD, "join", "pid", "those below it");
	_exit(0);
}

TEST(no_way_up)
{
	int above = open("/proc/self/ns/pid", O_RDONLY | O_CLOEXEC);

	t_need_root();
	T_SYS(above);
	ck_assert_int_eq(t_child(from_below, &above, NULL, 0), 0);
	close(above);
}

/* ---- those who are in there ---- */

/*
 * A process of the container that has all rights there stalks who joins; how many it has caught
 * before they ran the payload. hide: contain-init hides, as it does.
 */
static int caught(int hide, int rounds)
{
	struct ts target, t;
	container_plan *plan = NULL;
	int n = 0;

	ts_dir(&target, 0);
	t_state_free(target.state); /* a process that is traced looks another one */
	target.state = NULL;
	container_spec_set_namespaces(target.spec, TS_NS_ALL);
	container_spec_set_capabilities(target.spec, ts_caps());
	ts_words(&target, "stalk");
	ts_start(&target);
	ts_wait_for(&target, "stalking\n");
	ts_new(&t);
	t_state_free(t.state);
	t.state = NULL;
	ck_assert_int_eq(container_spec_join_container(t.spec, target.c, 0), 0);
	ts_words(&t, "exit");
	ck_assert_int_eq(container_plan_compile(t.spec, &plan, NULL), 0);
	for (int i = 0; i < rounds; i++) {
		container *c = NULL;

		fx_seam_reset();
		ct_seam->on = 1;
		if (!hide) { /* the kernel says yes and does not do it */
			ct_seam->who = CT_SEAM_INIT;
			ct_seam->nr = __NR_prctl;
			ct_seam->action = CT_SEAM_FAIL;
		}
		ck_assert_int_eq(container_plan_spawn(plan, NULL, &c, NULL), 0);
		ct_seam->on = 0;
		ck_assert_int_eq(container_wait(c, 20000, NULL, NULL), 0);
		ck_assert_int_eq(container_delete(c, 20000, NULL), 0);
		container_free(c);
	}
	container_plan_free(plan);
	ts_free(&t);
	for (const char *at = ts_text(&target); (at = strstr(at, "caught")); at++)
		n++;
	ts_kill(&target);
	return n;
}

TEST_LIMIT(nobody_in_there_can_look, 120)
{
	int rounds = ts_rounds(10000, 400, 40), careless;

	t_need_root();
	fx_seam_open();
	careless = caught(0, rounds / 4);
	T_CHECK(careless > 0, "nobody is caught who does not hide: this proves nothing");
	ck_assert_int_eq(caught(1, rounds), 0);
	t_note("%d starts: none caught; without hiding %d in %d", rounds, careless, rounds / 4);
}
