/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The harness can fail: every case of cases.c is run as a program and its TAP is read. */
#include "harness.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static char out[65536];

/* The exit status of the cases run with these words as shell text; its stdout is in @out. */
static int run_cases(const char *words)
{
	FILE *pipe = popen(t_fmt("%s %s 2>/dev/null", T_CASES, words), "r");
	size_t n;
	int status;

	T_CHECK(pipe, "%m");
	n = fread(out, 1, sizeof(out) - 1, pipe);
	out[n] = '\0';
	status = pclose(pipe);
	T_CHECK(WIFEXITED(status), "status %x: %s", status, out);
	return WEXITSTATUS(status);
}

static void expect_text(const char *text)
{
	T_CHECK(strstr(out, text), "no '%s' in:\n%s", text, out);
}

static void must_fail(const char *name, const char *text)
{
	int status = run_cases(name);

	T_CHECK(status == 1, "%s exits %d:\n%s", name, status, out);
	expect_text("1..1\n");
	expect_text(t_fmt("not ok 1 - %s\n", name));
	expect_text(text);
}

static void must_pass(const char *name)
{
	int status = run_cases(name);

	T_CHECK(status == 0, "%s exits %d:\n%s", name, status, out);
	expect_text(t_fmt("\nok 1 - %s\n", name));
}

/* ---- the leak oracle ---- */

TEST(no_false_alarm)
{
	must_pass("nothing");
}

TEST(finds_fds)
{
	must_fail("leaked_fd", "-> /dev/null");
	must_fail("replaced_fd", "file descriptors differ:");
}

TEST(finds_mounts)
{
	t_need_root();
	must_fail("leaked_mount", "tmpfs");
	if (run_cases("replaced_mount") == 1)
		expect_text("mounts differ:");
	else
		expect_text("ok 1 - replaced_mount # SKIP no unique mount ids before");
}

TEST(finds_processes)
{
	must_fail("leaked_child", "children differ:");
	must_fail("leaked_zombie", "zombie");
	must_fail("leaked_thread", "threads differ:");
}

TEST(finds_orphans)
{
	t_need_root();
	must_fail("leaked_orphan", "processes differ:");
}

static void group_case(const char *name, const char *which)
{
	const char *at, *end;

	t_need_root();
	if (!t_cgroup_mount(which))
		t_skip("no cgroup hierarchy %s", which);
	must_fail(name, "cgroups differ:");
	/* the runner removed what the test left */
	at = strstr(out, t_cgroup_mount(which));
	T_CHECK(at, "%s", out);
	end = strstr(at, "/lost");
	T_CHECK(end, "%s", out);
	T_CHECK(access(t_fmt("%.*s", (int)(end - at), at), F_OK) != 0, "%s is still there", at);
}

TEST(finds_groups)
{
	group_case("leaked_group", "cgroup2");
}

TEST(finds_groups_v1)
{
	group_case("leaked_group_v1", "pids");
}

TEST(finds_ipc_and_maps)
{
	must_fail("leaked_shm", "SysV IPC differ:");
	if (!T_SANITIZED)
		must_fail("leaked_map", "anonymous mappings differ:");
}

TEST(finds_changed_state)
{
	must_fail("changed_umask", "+ Umask:");
	must_fail("changed_mask", "signal mask 0000000000000200");
	must_fail("changed_disposition", "signal 64 handler 0x1");
	must_fail("changed_cwd", "+ cwd /proc");
	must_fail("changed_env", "+ env HOME=/elsewhere");
	must_fail("changed_rlimit", "rlimit 7 soft");
	must_fail("changed_errno", "errno became 9");
}

TEST(finds_changed_namespace)
{
	t_need_root();
	must_fail("changed_ns", "+ uts is");
}

/* In a mount namespace with a /dev of its own, whose nodes nobody else has. */
TEST(finds_changed_node)
{
	const char *log = t_fmt("%s/out", t_tmpdir());
	int status;

	t_need_root();
	status = system(t_fmt("exec unshare -m sh -c 'exec >%s; mount -t tmpfs dev /dev && "
			      "cd /dev && mknod -m 666 null c 1 3 && mknod -m 666 full c 1 7 && "
			      "%s changed_node; r=$?; stat -c \"then %%u:%%g\" full; exit $r'",
			      log, T_CASES));
	T_CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 1, "%x", status);
	T_CHECK(t_read_file(log, out, sizeof(out)) > 0);
	expect_text("/dev/full of the machine was changed: 4711:4712 20666, not 0:0 20666");
	expect_text("then 0:0");
}

static double microseconds(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1e6 + ts.tv_nsec / 1e3;
}

TEST(oracle_is_fast_and_leaves_nothing)
{
	struct t_state *before = t_state_take(T_ALL | T_MAPS), *state;
	double start, took, best = 1e9;
	int i;

	for (i = 0; i < 500; i++) {
		start = microseconds();
		state = t_state_take(T_ALL);
		took = microseconds() - start;
		t_state_free(state);
		best = took < best ? took : best;
	}
	t_state_check(before);
	t_note("a state of every kind takes %.0f us", best);
	T_CHECK(best < 2000 * t_slow(), "%.0f us", best);
}

/* ---- verdicts ---- */

TEST(finds_failures_in_children)
{
	must_fail("check_in_child", "'1 + 1 == 3' is false: it is 2 (in child");
	T_CHECK(!strstr(out, "never here"), "%s", out);
	must_fail("assert_in_grandchild", "6 * 7 == 42, 41 == 41 (in child");
	T_CHECK(!strstr(out, "never here"), "%s", out);
	must_fail("assert_in_forgotten_child", "\"one\" == \"two\"");
	must_fail("check_as_user", "it is 2");
	must_fail("status_as_user", "exit status 3");
	must_fail("expect_twice", "cases.c");
	expect_text("'1 == 2' is false\n");
	expect_text("two is 2\n");
}

TEST(skips_with_a_reason)
{
	unsetenv("T_TAP");
	ck_assert_int_eq(run_cases("skip"), 77);
	expect_text("ok 1 - skip # SKIP not on a Sunday\n");
	ck_assert_int_eq(run_cases("skip_in_child"), 77);
	expect_text("ok 1 - skip_in_child # SKIP not on a Monday\n");
	ck_assert_int_eq(run_cases("skip nothing"), 0);
	expect_text("1..2\n");
	must_fail("failed_then_skipped", "first");
	setenv("T_TAP", "1", 1);
	ck_assert_int_eq(run_cases("skip"), 0);
}

TEST_LIMIT(ends_what_hangs, 30)
{
	setenv("T_SLOW", "2", 1);
	must_fail("hang", "timeout expired");
	must_fail("hang_elsewhere", "cases.c");
}

TEST(survives_bad_ends)
{
	must_fail("crash", "Received signal 9");
	expect_text("last check that held");
	must_fail("early_exit", "return value 5");
	must_pass("closed_everything");
}

TEST(refuses_unknown_names)
{
	ck_assert_int_eq(run_cases("no_such_test"), 2);
	ck_assert_int_eq(run_cases("-l"), 0);
	expect_text("leaked_fd\n");
}

static int directories_left(void)
{
	struct dirent *entry;
	DIR *dir = opendir(getenv("T_TMP"));
	int n = 0;

	T_CHECK(dir, "%m");
	while ((entry = readdir(dir)))
		n += strncmp(entry->d_name, "contain-t.", 10) == 0;
	closedir(dir);
	return n;
}

TEST(nothing_outlives_a_program)
{
	struct t_state *before;
	pid_t pid;

	setenv("T_TMP", t_tmpdir(), 1);
	before = t_state_take(T_ALL);
	ck_assert_int_eq(run_cases("outlived replaced_fd"), 1);
	expect_text("outlived its test: process");
	ck_assert_int_eq(directories_left(), 0);
	t_state_check(before);

	/* interrupted in the middle of a test */
	before = t_state_take(T_ALL);
	pid = fork();
	T_SYS(pid);
	if (pid == 0) {
		T_SYS(dup2(open("/dev/null", O_WRONLY), 1));
		/* check signals its whole process group before it dies */
		setpgid(0, 0);
		execl(T_CASES, T_CASES, "hang", NULL);
		_exit(127);
	}
	usleep(200000);
	T_SYS(kill(pid, SIGTERM));
	T_SYS(waitpid(pid, NULL, 0));
	ck_assert_int_eq(directories_left(), 0);
	t_state_check(before);
}
