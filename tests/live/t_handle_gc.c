/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What becomes of a container whose handle is closed, and what container_gc() may remove; whose
 * exit status somebody else has taken.
 */
#include "t_spawn.h"

#include <dirent.h>
#include <pthread.h>
#include <signal.h>
#include <sys/syscall.h>

/* ---- gc ---- */

/* How many groups of containers are below @parent. */
static int groups_below(const char *parent)
{
	DIR *dir = opendir(parent);
	struct dirent *entry;
	int n = 0;

	while (dir && (entry = readdir(dir)))
		n += entry->d_type == DT_DIR && entry->d_name[0] != '.';
	if (dir)
		closedir(dir);
	return n;
}

/* A container that sleeps, in a group below @parent (or the default), as a handle. */
static void sleeping_below(struct ts *t, const char *parent)
{
	ts_dir(t, CONTAIN_ROOT_READONLY);
	if (parent)
		container_spec_set_cgroup_parent(t->spec, AT_FDCWD, parent);
	ts_words(t, "sleep");
	ts_start(t);
	ts_wait_for(t, "sleeping\n");
}

static void reap(int pid)
{
	siginfo_t info;

	T_SYS(waitid(P_PID, pid, &info, WEXITED | __WALL));
	ck_assert_int_eq(info.si_status, SIGKILL);
}

TEST(gc_of_a_freed_handle)
{
	const char *parent = t_cgroup_make("cgroup2");
	int fd = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC), pid;
	struct ts t;

	sleeping_below(&t, parent);
	pid = container_pid(t.c);
	/* the handle holds it */
	ck_assert_int_eq(container_gc(fd, NULL), 0);
	container_free(t.c);
	t.c = NULL;
	/* nobody holds it, and it lives: free kills nothing, gc removes nothing that lives */
	usleep(20000);
	ck_assert_int_eq(kill(pid, 0), 0);
	ck_assert_int_eq(container_gc(fd, NULL), 0);
	ck_assert_int_eq(groups_below(parent), 1);
	ck_assert_int_eq(kill(pid, 0), 0);

	T_SYS(kill(pid, SIGKILL));
	reap(pid);
	ck_assert_int_eq(container_gc(fd, NULL), 1);
	ck_assert_int_eq(groups_below(parent), 0);
	ck_assert_int_eq(container_gc(fd, NULL), 0);
	ts_free(&t);
	close(fd);
}

/* An ended container whose handle is still open: it may yet be asked what it used. */
TEST(gc_leaves_what_a_handle_holds)
{
	const char *parent = t_cgroup_make("cgroup2");
	int fd = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct ts t;

	sleeping_below(&t, parent);
	ck_assert_int_eq(container_kill(t.c, NULL), 0);
	usleep(50000);
	ck_assert_int_eq(container_gc(fd, NULL), 0);
	ck_assert_int_eq(groups_below(parent), 1);
	ck_assert_int_eq(container_wait(t.c, -1, NULL, NULL), 0);
	ck_assert_int_eq(groups_below(parent), 0);
	ts_end(&t);
	close(fd);
}

/* Names that the library does not give are somebody else's. */
TEST(gc_leaves_other_groups)
{
	const char *parent = t_cgroup_make("cgroup2");
	static const char *const names[] = { "other", "container", "c.1.0123456789abcdez",
					     "c.x.0123456789abcdef",
					     "c.12345678901.0123456789abcdef" };
	int fd = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	for (size_t i = 0; i < 5; i++)
		T_SYS(mkdir(t_fmt("%s/%s", parent, names[i]), 0755));
	ck_assert_int_eq(container_gc(fd, NULL), 0);
	ck_assert_int_eq(groups_below(parent), 5);
	T_SYS(mkdir(t_fmt("%s/c.1.0123456789abcdef", parent), 0755));
	T_SYS(mkdir(t_fmt("%s/c.1.0123456789abcdef/below", parent), 0755));
	ck_assert_int_eq(container_gc(fd, NULL), 1);
	ck_assert_int_eq(groups_below(parent), 5);
	close(fd);
	ck_assert_int_eq(container_gc(4711, NULL), -EBADF);
}

static int start_and_die(void *arg, void *rec)
{
	struct ts t;

	(void)arg;
	ts_dir(&t, CONTAIN_ROOT_READONLY);
	container_spec_set_pids_max(t.spec, 20);
	container_spec_set_memory_max(t.spec, 64 << 20);
	ts_words(&t, "sleep");
	ts_start(&t);
	ts_wait_for(&t, "sleeping\n");
	*(int *)rec = container_pid(t.c);
	_exit(0);
}

/* The program has ended without a word; its container runs on, in groups of every hierarchy. */
TEST(gc_after_the_end_of_the_program)
{
	struct t_state *before;
	int pid = 0;

	ts_need_limits();
	ts_remove_homes();
	ck_assert_int_ge(container_gc(-1, NULL), 0);
	before = t_state_take(T_ALL);
	ck_assert_int_eq(t_child(start_and_die, NULL, &pid, sizeof(pid)), 0);
	ck_assert_int_gt(pid, 0);
	ck_assert_int_eq(container_gc(-1, NULL), 0);
	ck_assert_int_eq(kill(pid, 0), 0);
	T_SYS(kill(pid, SIGKILL));
	for (int i = 0; i < 5000 && kill(pid, 0) == 0; i++)
		usleep(1000);
	/* as many as there are hierarchies: v2, and v1's */
	ck_assert_int_eq(container_gc(-1, NULL),
			 !!t_cgroup_mount("cgroup2") + !!t_cgroup_mount("pids") +
				 !!t_cgroup_mount("memory"));
	t_state_check(before);
}

/* ---- the status that somebody else took ---- */

static int pidfd_keeps_the_status(void)
{
	contain_feature_report *report = NULL;
	int r;

	ck_assert_int_eq(contain_feature_report_new(&report), 0);
	r = contain_feature_available(report, CONTAIN_FEATURE_PIDFD_INFO_EXIT);
	contain_feature_report_free(report);
	return r;
}

/* Right where the kernel keeps it; -ECHILD with a hint where it does not. Never a wrong one. */
static void check_lost(struct ts *t, int code, int may_be_found)
{
	container_exit *x = NULL;
	contain_error *e = NULL;
	int r = container_wait(t->c, -1, &x, &e);

	if (r == 0) {
		ck_assert_int_eq(container_exit_code(x), code);
		T_CHECK(may_be_found || pidfd_keeps_the_status(), "where does it come from?");
	} else {
		T_CHECK(!pidfd_keeps_the_status(), "%s", contain_error_message(e));
		ck_assert_int_eq(r, -ECHILD);
		T_CHECK(strstr(contain_error_hint(e), "another part of the process took"), "%s",
			contain_error_message(e));
	}
	container_exit_free(x);
	contain_error_free(e);
	/* and the container is gone, with its group */
	ck_assert_int_eq(container_delete(t->c, -1, NULL), 0);
}

TEST_BOTH(status_with_sigchld_ignored)
{
	static const int codes[] = { 0, 1, 42, 255 };
	struct ts t;

	signal(SIGCHLD, SIG_IGN);
	for (size_t i = 0; i < 4; i++) {
		ts_dir(&t, 0);
		ts_words(&t, t_fmt("exit %d", codes[i]));
		ts_start(&t);
		check_lost(&t, codes[i], 0);
		ts_free(&t);
	}
	ts_dir(&t, 0);
	ts_words(&t, "sleep");
	ts_start(&t);
	ck_assert_int_eq(container_kill(t.c, NULL), 0);
	check_lost(&t, 128 + SIGKILL, 0);
	ts_free(&t);
}

static int stop;

static void *thief(void *arg)
{
	int *taken = arg, status;

	while (!__atomic_load_n(&stop, __ATOMIC_SEQ_CST)) {
		if (waitpid(-1, &status, WNOHANG) > 0)
			__atomic_fetch_add(taken, 1, __ATOMIC_SEQ_CST);
		else
			usleep(50);
	}
	return NULL;
}

/* F11, A35: a host with a loop that reaps whatever it finds. */
TEST_BOTH(status_with_a_reaping_loop)
{
	int n = ts_rounds(2000, 40, 12), taken = 0;
	pthread_t thread;
	struct ts t;

	ck_assert_int_eq(pthread_create(&thread, NULL, thief, &taken), 0);
	/* the loop may take none of a few */
	for (int i = 0; i < n || (!taken && i < 20 * n); i++) {
		ts_dir(&t, 0);
		ts_words(&t, t_fmt("exit %d", i * 7 % 256));
		ts_start(&t);
		check_lost(&t, i * 7 % 256, 1);
		ts_free(&t);
	}
	__atomic_store_n(&stop, 1, __ATOMIC_SEQ_CST);
	pthread_join(thread, NULL);
	T_CHECK(taken > 0, "the loop took none: the test shows nothing");
	t_note("%d of %d taken", taken, n);
}

static int handled;

static void on_child(int sig)
{
	(void)sig;
	handled++;
}

/* With a handler that does not reap nothing is lost, and a failed start makes no SIGCHLD. */
TEST_BOTH(status_with_a_handler)
{
	struct sigaction action = { .sa_handler = on_child, .sa_flags = SA_RESTART };
	struct ts t;

	T_SYS(sigaction(SIGCHLD, &action, NULL));
	ts_dir(&t, 0);
	container_spec_set_cwd(t.spec, "/not/there");
	ts_words(&t, "exit");
	ts_fails(&t, ENOENT, CONTAIN_PHASE_CHILD, "chdir", "", "");
	ck_assert_int_eq(handled, 0);
	ts_dir(&t, 0);
	ts_words(&t, "exit 17");
	ts_run_to(&t, 17);
}
