/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* contain-init: as process 1 of a container, as its monitor, and on the way to another identity. */
#include "t_spawn.h"

#include "sys/seam.h"

#include <dirent.h>
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

static void with_init(struct ts *t)
{
	ts_dir(t, 0);
	T_CHECK(container_spec_set_init(t->spec, 1) == 0);
}

static void with_monitor(struct ts *t)
{
	ts_dir(t, 0);
	T_CHECK(container_spec_set_monitor(t->spec, 1) == 0);
}

TEST_BOTH(payload_below_an_init)
{
	struct ts t;

	with_init(&t);
	ts_words(&t, "session -- read /proc/1/cmdline");
	ts_run(&t);
	ts_has(&t, "pid 2\nppid 1\nsid 2\npgid 2\n");
	ts_has(&t, "contain-init");
}

static const char *field_of(pid_t pid, const char *key)
{
	char text[8192], *at;

	T_CHECK(t_read_file(t_fmt("/proc/%d/status", (int)pid), text, sizeof(text)) > 0);
	at = strstr(t_fmt("\n%s", text), t_fmt("\n%s:\t", key));
	T_CHECK(at, "no %s in the status of %d", key, (int)pid);
	at += strlen(key) + 3;
	return t_fmt("%.*s", (int)strcspn(at, "\n"), at);
}

static int count_fds(const char *path)
{
	DIR *d = opendir(path);
	struct dirent *e;
	int n = 0;

	T_CHECK(d, "%s", path);
	while ((e = readdir(d)))
		n += e->d_name[0] != '.';
	closedir(d);
	return n;
}

/* Seen from outside: nothing that the payload could take from its init. */
TEST(an_init_holds_nothing)
{
	struct ts t;
	pid_t pid;

	t_need_root();
	with_init(&t);
	ts_words(&t, "sleep");
	ts_start(&t);
	ts_wait_for(&t, "sleeping");
	pid = container_pid(t.c);
	ck_assert_str_eq(field_of(pid, "CapEff"), "0000000000000020");
	ck_assert_str_eq(field_of(pid, "CapPrm"), "0000000000000020");
	ck_assert_str_eq(field_of(pid, "CapInh"), "0000000000000000");
	ck_assert_str_eq(field_of(pid, "CapAmb"), "0000000000000000");
	ck_assert_str_eq(field_of(pid, "NoNewPrivs"), "1");
	ck_assert_str_eq(field_of(pid, "Threads"), "1");
	T_CHECK(count_fds(t_fmt("/proc/%d/fd", (int)pid)) == 0);
	ts_kill(&t);
	ck_assert_int_eq(t.signal, SIGKILL);
}

/* Its own payload, user 0 like itself, may not read it. */
TEST(an_init_is_not_dumpable)
{
	struct ts t;

	t_need_root();
	with_init(&t);
	ts_words(&t, "read /proc/1/maps");
	ts_start(&t);
	ts_end(&t);
	T_CHECK(!strstr(t.text, "contain-init"), "%s", t.text);
	/* the twin: one's own is open */
	with_init(&t);
	ts_words(&t, "read /proc/self/maps");
	ts_run(&t);
	ts_has(&t, "/bin/payload");
}

TEST_BOTH(an_init_reaps_orphans)
{
	int n = ts_rounds(10000, 500, 100);
	struct ts t;

	with_init(&t);
	ts_words(&t, t_fmt("orphans %d", n));
	ts_run(&t);
	T_CHECK(strstr(t.text, t_fmt("orphans %d\nzombies 0\n", n)), "%s", t.text);
	/* the naive way: nobody reaps for a payload that is process 1 */
	ts_dir(&t, 0);
	ts_words(&t, "orphans 5");
	ts_run(&t);
	ts_has(&t, "orphans 5\nzombies 5\n");
}

TEST_BOTH(an_init_forwards_signals)
{
	const int signals[] = { SIGTERM, SIGHUP, SIGINT, SIGUSR1, SIGQUIT, SIGALRM, SIGRTMIN + 3 };

	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
		struct ts t;

		with_init(&t);
		ts_words(&t, "sleep");
		ts_start(&t);
		ts_wait_for(&t, "sleeping");
		ck_assert_int_eq(container_signal(t.c, signals[i], NULL), 0);
		ts_end(&t);
		ck_assert_int_eq(t.signal, signals[i]);
		ck_assert_int_eq(t.code, 128 + signals[i]);
	}
}

/* The twin: process 1 without a handler does not see them. */
TEST_BOTH(without_an_init_signals_are_lost)
{
	struct ts t;

	ts_dir(&t, 0);
	ts_words(&t, "sleep");
	ts_start(&t);
	ts_wait_for(&t, "sleeping");
	ck_assert_int_eq(container_signal(t.c, SIGTERM, NULL), 0);
	ck_assert_int_eq(container_wait(t.c, 100, NULL, NULL), -ETIMEDOUT);
	ts_kill(&t);
	ck_assert_int_eq(t.signal, SIGKILL);
}

TEST_BOTH(statuses_through_init_and_monitor)
{
	for (int i = 0; i < 8; i++) {
		struct ts t;

		ts_dir(&t, 0);
		container_spec_set_init(t.spec, i & 1);
		container_spec_set_monitor(t.spec, i >> 1 & 1);
		ts_words(&t, i & 4 ? "kill-self 11" : "exit 77");
		ts_start(&t);
		ts_end(&t);
		/* a process 1 cannot end itself by a signal */
		if (i == 4 || i == 6)
			continue;
		ck_assert_int_eq(t.signal, i & 4 ? SIGSEGV : 0);
		ck_assert_int_eq(t.code, i & 4 ? 128 + SIGSEGV : 77);
		ck_assert_uint_gt(t.memory_peak_bytes, 0);
	}
}

/* Without a pid namespace orphans come to the init too, and those that are left live on. */
TEST(an_init_without_a_pid_namespace)
{
	struct ts t;

	t_need_root();
	with_init(&t);
	container_spec_set_namespaces(t.spec, TS_NS_ALL & ~CONTAIN_NS_USER & ~CONTAIN_NS_PID);
	ts_words(&t, "orphans 20");
	ts_run(&t);
	ts_has(&t, "orphans 20\n");
}

static void ignore_children(void)
{
	struct sigaction act = { .sa_handler = SIG_IGN };

	T_SYS(sigaction(SIGCHLD, &act, NULL));
}

/* A host that throws its children's statuses away. */
TEST_BOTH(a_monitor_keeps_the_status)
{
	struct ts t;

	ignore_children();
	with_monitor(&t);
	ts_words(&t, "exit 33");
	ts_run_to(&t, 33);
	with_monitor(&t);
	ts_words(&t, "sleep");
	ts_start(&t);
	ts_kill(&t);
	ck_assert_int_eq(t.signal, SIGKILL);
}

static pid_t monitor_of(const container *c)
{
	return atoi(field_of(container_pid(c), "PPid"));
}

TEST(a_monitor_stays_outside)
{
	char own[64], its[64], inside[64];
	struct ts t;
	pid_t pid;

	t_need_root();
	with_monitor(&t);
	ts_words(&t, "sleep");
	ts_start(&t);
	ts_wait_for(&t, "sleeping");
	pid = monitor_of(t.c);
	T_CHECK(pid != getpid());
	/* it gives itself the name after it has told that the container runs */
	for (int i = 0; i < 5000 && strcmp(field_of(pid, "Name"), "contain-init") != 0; i++)
		usleep(1000);
	ck_assert_str_eq(field_of(pid, "Name"), "contain-init");
	T_SYS(readlink("/proc/self/ns/pid", own, sizeof(own)));
	T_SYS(readlink(t_fmt("/proc/%d/ns/pid", (int)pid), its, sizeof(its)));
	T_SYS(readlink(t_fmt("/proc/%d/ns/pid", (int)container_pid(t.c)), inside, sizeof(inside)));
	T_CHECK(!memcmp(own, its, 12) && memcmp(own, inside, 18), "%.20s %.20s %.20s", own, its,
		inside);
	T_CHECK(count_fds(t_fmt("/proc/%d/fd", (int)pid)) == 0);
	ts_kill(&t);
}

TEST(a_monitor_that_was_killed)
{
	contain_error *e = NULL;
	struct ts t;

	t_need_root();
	with_monitor(&t);
	ts_words(&t, "sleep");
	ts_start(&t);
	ts_wait_for(&t, "sleeping");
	T_SYS(kill(monitor_of(t.c), SIGKILL));
	ck_assert_int_eq(container_wait(t.c, 200, NULL, NULL), -ETIMEDOUT);
	ck_assert_int_eq(container_kill(t.c, NULL), 0);
	ck_assert_int_eq(container_wait(t.c, 10000 * t_slow(), NULL, &e), -ECHILD);
	contain_error_free(e);
	ck_assert_int_eq(container_delete(t.c, 10000, NULL), 0);
	ts_free(&t);
}

/* The whole map is another user's: neither the child's files nor its processes are the caller's. */
TEST(another_user_of_the_host)
{
	struct ts t;
	pid_t pid;

	t_need_root();
	for (int init = 0; init < 2; init++) {
		ts_dir(&t, 0);
		container_spec_set_init(t.spec, init);
		container_spec_add_uid_range(t.spec, 0, 100000, 1000);
		container_spec_add_gid_range(t.spec, 0, 200000, 1000);
		ts_words(&t, "ids -- maps -- sleep");
		ts_start(&t);
		ts_wait_for(&t, "sleeping");
		pid = container_pid(t.c);
		ck_assert_str_eq(field_of(pid, "Uid"), "100000\t100000\t100000\t100000");
		ck_assert_str_eq(field_of(pid, "Gid"), "200000\t200000\t200000\t200000");
		/* the caller stays what it is: /proc/self would be root's and closed else */
		ck_assert_int_eq(prctl(PR_GET_DUMPABLE), 1);
		ts_kill(&t);
		ts_has(&t, "uid 0 0 0\n");
	}
}

/* A map without 0: the first id of the first range. */
TEST(another_user_who_is_not_root)
{
	struct ts t;

	t_need_root();
	ts_dir(&t, CONTAIN_ROOT_READONLY);
	container_spec_add_uid_range(t.spec, 500, 100000, 10);
	container_spec_add_gid_range(t.spec, 600, 100000, 10);
	ts_words(&t, "ids");
	ts_run(&t);
	ts_has(&t, "uid 500 500 500\n");
}

/* What fails in memory of its own is told as elsewhere, and nothing stays. */
TEST_BOTH(a_failed_step_below_an_init)
{
	struct ts t;

	for (int i = 0; i < 4; i++) {
		ts_dir(&t, 0);
		container_spec_set_init(t.spec, i & 1);
		container_spec_set_monitor(t.spec, i != 1);
		ts_words(&t, "exit");
		if (i < 2) {
			const char *const no[] = { "/no/such/program", NULL };

			container_spec_set_argv(t.spec, no);
			ts_fails(&t, ENOENT, CONTAIN_PHASE_CHILD, "exec", "/no/such/program",
				 "no such file");
		} else {
			container_spec_set_cwd(t.spec, "/no/such/directory");
			ts_fails(&t, ENOENT, CONTAIN_PHASE_CHILD, "chdir", "/no/such/directory",
				 "");
		}
	}
}

/* As on a machine with vm.memfd_noexec=2: without a contain-init on disk it is said why not. */
static int no_exec_memfd(enum ct_seam_who who, long nr, const long *args, long *ret)
{
	if (nr != __NR_memfd_create || strcmp((const char *)args[0], "contain-init") != 0)
		return 0;
	*ret = -EACCES;
	return 1;
}

TEST(no_memfd_may_be_executed)
{
	static struct ct_seam seam;
	struct ts t;

	t_need_root();
	if (!access(CT_INIT_PATH, F_OK))
		t_skip("contain-init is installed at " CT_INIT_PATH);
	with_init(&t);
	ts_words(&t, "exit");
	seam.fake = no_exec_memfd;
	seam.on = 1;
	ct_seam = &seam;
	ts_fails(&t, ENOENT, CONTAIN_PHASE_PARENT, "clone", "container", CT_INIT_PATH);
	ct_seam = NULL;
}

/* With it the way by path is as good. */
TEST(contain_init_by_path)
{
	static struct ct_seam seam;
	struct ts t;

	t_need_root();
	if (!t_guest())
		t_skip("installs a file at " CT_INIT_PATH ": in guests only");
	T_CHECK(system(t_fmt("mkdir -p $(dirname %s) && cp %s/lib/init/contain-init-seam %s",
			     CT_INIT_PATH, getenv("BUILD"), CT_INIT_PATH)) == 0);
	with_init(&t);
	ts_words(&t, "session");
	seam.fake = no_exec_memfd;
	seam.on = 1;
	ct_seam = &seam;
	ts_run(&t);
	ct_seam = NULL;
	ts_has(&t, "pid 2\nppid 1\n");
	T_SYS(unlink(CT_INIT_PATH));
}

static int memfds;

static void count_memfds(enum ct_seam_who who, long nr)
{
	memfds += nr == __NR_memfd_create;
}

/*
 * The OOM killer of a group above takes every process that shares the child's memory, the caller
 * first. Found at the start, and the child gets memory of its own; without it the plan does as
 * ever.
 */
TEST(a_group_above_with_oom_group)
{
	const char *top = t_cgroup_make("cgroup2"), *mid = t_fmt("%s/mid", top);
	static struct ct_seam seam;
	struct ts t;

	t_need_root();
	if (t_cgroup_mount("memory"))
		t_skip("memory is not in v2 here");
	T_SYS(mkdir(mid, 0755));
	seam.seen = count_memfds;
	for (int on = 0; on < 2; on++) {
		t_write_file(t_fmt("%s/memory.oom.group", top), on ? "1" : "0");
		ts_dir(&t, 0);
		container_spec_set_cgroup_parent(t.spec, AT_FDCWD, mid);
		ts_words(&t, "session");
		memfds = 0;
		seam.on = 1;
		ct_seam = &seam;
		ts_run(&t);
		ct_seam = NULL;
		T_CHECK(!memfds == !on, "%d memfds, memory.oom.group %d", memfds, on);
		ts_has(&t, "pid 1\n");
	}
	T_SYS(rmdir(mid));
}
