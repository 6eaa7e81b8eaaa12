/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Controllers along a path: real ones, which are in guests, and what stands in their way. */
#include "t_cg_tree.h"

#include "fixture.h"
#include "sys/seam.h"
#include "sys/sys.h"

#define MOVE CONTAIN_CGROUP_MOVE_PROCESSES

/* Below it groups have no controller yet. */
static int plain_top(void)
{
	int top = cg_with("memory pids");

	ck_assert_str_eq(cg_text(top, "cgroup.subtree_control"), "");
	return top;
}

static int has_files(int fd, const char *path)
{
	return faccessat(fd, t_fmt("%s/memory.max", path), F_OK, 0) == 0 &&
	       faccessat(fd, t_fmt("%s/pids.max", path), F_OK, 0) == 0;
}

TEST(the_end_of_the_path_has_them)
{
	int top = plain_top(), fd = -1;
	contain_error *e = NULL;

	ck_assert_int_eq(contain_cgroup_create_path(top, "a/b/c/d", &fd, &e), 4);
	cg_ok(contain_cgroup_enable_below(top, "a/b/c", "memory  pids ", 0, NULL, &e), e);
	T_CHECK(has_files(top, "a/b/c") && !has_files(top, "a/b/c/d"));
	ck_assert_str_eq(cg_text(top, "cgroup.subtree_control"), "memory pids");
	ck_assert_str_eq(cg_text(top, "a/b/cgroup.subtree_control"), "memory pids");
	ck_assert_str_eq(cg_text(top, "a/b/c/cgroup.subtree_control"), "");
	cg_ok(contain_cgroup_enable_below(top, "a/b/c/d", "pids memory", 0, NULL, &e), e);
	T_CHECK(has_files(top, "a/b/c/d"));
	ck_assert_int_eq(contain_cgroup_open(top, "a/b", &fd, &e), 0);
	cg_ok(contain_cgroup_enable_below(fd, "c", "memory", 0, NULL, &e), e);
}

/* Where all is enabled nothing is written: it works where the caller may not write. */
static int only_looks(void *arg, void *rec)
{
	contain_error *e = NULL;

	cg_ok(contain_cgroup_enable_below(*(int *)arg, "a/b", "memory", 0, NULL, &e), e);
	cg_failed(contain_cgroup_enable_below(*(int *)arg, "a/b", "memory pids", 0, NULL, &e), e,
		  EACCES, ".", "delegated");
	return 0;
}

TEST(only_where_it_is_missing)
{
	int top = plain_top(), fd = -1;
	contain_error *e = NULL;

	cg_ok(contain_cgroup_create_path(top, "a/b", &fd, &e), e);
	cg_ok(contain_cgroup_enable_below(top, "a/b", "memory", 0, NULL, &e), e);
	t_as_user(only_looks, &top);
}

TEST(processes_in_the_way_are_named)
{
	int top = plain_top(), a = cg_make(top, "a"), b = cg_make(a, "b");
	contain_error *e = NULL;
	pid_t pid[2] = { cg_child(a, NULL), cg_child(b, NULL) };

	/* at the end of the path processes are no matter */
	cg_ok(contain_cgroup_enable_below(top, "a", "memory", 0, NULL, &e), e);
	cg_failed(contain_cgroup_enable_below(top, "a/b", "memory", 0, NULL, &e), e, EBUSY, "a",
		  t_fmt("(pid %d)", pid[0]));
	/* what the kernel would do: the groups below would take threads only, and no process */
	cg_end(pid[1]);
	cg_failed(contain_cgroup_enable_below(top, "a/b", "pids", 0, NULL, &e), e, EBUSY, "a",
		  "CONTAIN_CGROUP_MOVE_PROCESSES");
	ck_assert_str_eq(cg_text(a, "cgroup.type"), "domain");
	cg_end(pid[0]);
	cg_ok(contain_cgroup_enable_below(top, "a/b", "memory pids", 0, NULL, &e), e);
}

static void forks_and_ends(void)
{
	for (;;) {
		pid_t pid = fork();

		if (pid > 0)
			_exit(0);
		usleep(2000); /* who is faster than that gets EBUSY */
	}
}

static int moves_itself(void *arg, void *rec)
{
	int top = *(int *)arg, a = openat(top, "a", O_RDONLY | O_DIRECTORY);
	contain_error *e = NULL;
	pid_t pid[3];

	cg_ok(contain_cgroup_enter(a, &e), e);
	for (int i = 0; i < 3; i++)
		pid[i] = cg_child(a, i ? NULL : forks_and_ends);
	cg_ok(contain_cgroup_enable_below(top, "a/b", "memory pids", MOVE, "rest", &e), e);
	T_CHECK(cg_is_in(getpid(), "a/rest") && cg_is_in(pid[1], "a/rest") &&
		cg_is_in(pid[2], "a/rest"));
	T_CHECK(has_files(top, "a/b") && has_files(top, "a/rest"));
	ck_assert_str_eq(cg_text(a, "cgroup.procs"), "");
	/* again: nothing to do */
	cg_ok(contain_cgroup_enable_below(top, "a/b", "memory pids", MOVE, "other", &e), e);
	ck_assert_int_eq(faccessat(a, "other", F_OK, 0), -1);
	return 0;
}

TEST(processes_are_moved_when_it_is_asked_for)
{
	for (int i = 0; i < (int)t_sample(20, 3); i++) {
		int top = plain_top();

		close(cg_make(cg_make(top, "a"), "b"));
		ck_assert_int_eq(t_child(moves_itself, &top, NULL, 0), 0);
		cg_ok(contain_cgroup_remove_tree(top, "a", CONTAIN_CGROUP_KILL, 20000, NULL),
		      (contain_error *)NULL);
	}
}

TEST(many_processes_are_moved)
{
	int top = plain_top(), a = cg_make(top, "a"), n = (int)t_sample(1000, 150);
	pid_t *pid = calloc((size_t)n, sizeof(*pid));
	contain_error *e = NULL;

	close(cg_make(a, "b"));
	for (int i = 0; i < n; i++)
		pid[i] = cg_child(a, NULL);
	cg_ok(contain_cgroup_enable_below(top, "a/b", "memory", MOVE, "rest", &e), e);
	for (int i = 0; i < n; i++)
		T_CHECK(cg_is_in(pid[i], "a/rest"));
	cg_ok(contain_cgroup_kill(a, &e), e);
	for (int i = 0; i < n; i++)
		ck_assert_int_eq(WTERMSIG(cg_status(pid[i])), SIGKILL);
	free(pid);
}

/* The kernel refuses after they were moved. */
static int refuses(enum ct_seam_who who, long nr, const long *args, long *ret)
{
	(void)who;
	*ret = -ENOMEM;
	return nr == __NR_write && *(const char *)args[1] == '+';
}

static void refused(int top, int err)
{
	contain_error *e = NULL;
	int r;

	fx_seam_open();
	fx_seam_reset();
	ct_seam->fake = refuses;
	ct_seam->on = 1;
	r = contain_cgroup_enable_below(top, "a/b", "memory", MOVE, "rest", &e);
	ct_seam->on = 0;
	cg_failed(r, e, err, "a", "");
}

TEST(moved_back_when_it_fails)
{
	int top = plain_top(), a = cg_make(top, "a"), b = cg_make(a, "b"), rest;
	contain_error *e = NULL;
	pid_t pid[2] = { cg_child(a, NULL), cg_child(a, NULL) };

	(void)b;
	cg_ok(contain_cgroup_enable_below(top, "a", "memory", 0, NULL, &e), e);
	refused(top, ENOMEM);
	T_CHECK(cg_is_in(pid[0], "a") && cg_is_in(pid[1], "a"));
	ck_assert_int_eq(faccessat(a, "rest", F_OK, 0), -1);
	/* a leaf that was there before keeps them: nobody knows whose are whose */
	rest = cg_make(a, "rest");
	refused(top, ENOMEM);
	T_CHECK(cg_is_in(pid[0], "rest") && cg_is_in(pid[1], "rest"));
	ck_assert_int_eq(cg_populated(rest), 1);
	cg_end(pid[0]);
	cg_end(pid[1]);
}

static int moves_from_inside(void *arg)
{
	contain_error *e = NULL;

	cg_failed(contain_cgroup_enable_below(*(int *)arg, "a/b", "memory", MOVE, "rest", &e), e,
		  EBUSY, "a", "1 outside this pid namespace");
	return 6;
}

TEST(processes_without_a_number_cannot_be_moved)
{
	int top = plain_top(), a = cg_make(top, "a"), value = 0;
	contain_error *e = NULL;
	pid_t pid = cg_child(a, NULL);

	close(cg_make(a, "b"));
	cg_ok(contain_ns_run(CONTAIN_NS_PID, NULL, 0, NULL, NULL, moves_from_inside, &top, &value,
			     &e),
	      e);
	ck_assert_int_eq(value, 6);
	T_CHECK(cg_is_in(pid, "a"));
	ck_assert_int_eq(faccessat(a, "rest", F_OK, 0), -1);
	cg_end(pid);
}

/* ---- an ordinary user, in a group that was given away with a process in it ---- */

static int user_divides(void *arg, void *rec)
{
	int a = *(int *)arg, job = -1;
	contain_error *e = NULL;
	contain_pids *pids = NULL;
	pid_t pid;

	cg_failed(contain_cgroup_check_delegated(a, &e), e, EBUSY, "cgroup.procs",
		  t_fmt("%d", getpid()));
	cg_ok(contain_cgroup_create_path(a, "jobs/one", &job, &e), e);
	cg_failed(contain_cgroup_enable_below(a, "jobs/one", "memory pids", 0, NULL, &e), e, EBUSY,
		  ".", t_fmt("%d", getpid()));
	cg_ok(contain_cgroup_enable_below(a, "jobs/one", "memory pids", MOVE, "self", &e), e);
	T_CHECK(cg_is_in(getpid(), "a/self"));
	cg_ok(contain_cgroup_check_delegated(a, &e), e);
	cg_ok(contain_cgroup_write(job, "pids.max", "1", &e), e);
	pid = cg_child(job, NULL);
	T_CHECK(cg_is_in(pid, "a/jobs/one"));
	cg_ok(contain_cgroup_list_processes(a, CONTAIN_CGROUP_RECURSIVE, &pids, &e), e);
	T_CHECK(contain_pids_count(pids) >= 2 && contain_pids_outside(pids) == 0);
	contain_pids_free(pids);
	/* its own limits it cannot lift, those below it it can */
	cg_failed(contain_cgroup_write(a, "pids.max", "max", &e), e, EACCES, "pids.max",
		  "delegated");
	cg_ok(contain_cgroup_remove_tree(a, "jobs", CONTAIN_CGROUP_KILL, 20000, &e), e);
	ck_assert_int_eq(WTERMSIG(cg_status(pid)), SIGKILL);
	return 0;
}

static int as_user(void *arg, void *rec)
{
	contain_error *e = NULL;

	cg_ok(contain_cgroup_enter(*(int *)arg, &e), e);
	t_as_user(user_divides, arg);
	return 0;
}

TEST(a_user_divides_a_group)
{
	int top = plain_top(), a = cg_make(top, "a");
	contain_error *e = NULL;

	cg_ok(contain_cgroup_enable_below(top, "a", "memory pids", 0, NULL, &e), e);
	cg_ok(contain_cgroup_delegate(a, T_UID, T_GID, &e), e);
	ck_assert_int_eq(t_child(as_user, &a, NULL, 0), 0);
}

/* The root of a threaded subtree hands cpu and pids down beside its processes. */
TEST(threaded_groups_below)
{
	int top = cg_with("cpu pids"), a = cg_make(top, "a"), t = cg_make(a, "t");
	contain_error *e = NULL;
	pid_t pid;

	cg_ok(contain_cgroup_enable(top, "pids", &e), e);
	pid = cg_child(a, NULL);
	cg_ok(contain_cgroup_set_threaded(t, &e), e);
	cg_ok(contain_cgroup_enable_below(top, "a/t", "pids", 0, NULL, &e), e);
	ck_assert_int_eq(faccessat(t, "pids.max", F_OK, 0), 0);
	cg_ok(contain_cgroup_enable(top, "memory", &e), e);
	cg_failed(contain_cgroup_enable_below(top, "a/t", "memory", 0, NULL, &e), e, EOPNOTSUPP,
		  "a", "threaded");
	cg_end(pid);
}

TEST(domain_controllers_forbid_threads)
{
	int top = plain_top(), a = cg_make(top, "a");
	contain_error *e = NULL;

	cg_ok(contain_cgroup_enable(top, "memory", &e), e);
	cg_failed(contain_cgroup_set_threaded(a, &e), e, EOPNOTSUPP, "cgroup.type",
		  "the group above hands down");
}

/* ---- what cannot be, on every machine ------------------------------ */

TEST(controllers_that_are_not_here)
{
	int top = cg_top();
	contain_error *e = NULL;

	close(cg_make(top, "a"));
	cg_failed(contain_cgroup_enable_below(top, "a", "nosuch", 0, NULL, &e), e, ENOENT, "nosuch",
		  "no controller of that name");
	if (t_cgroup_mount("memory"))
		cg_failed(contain_cgroup_enable_below(top, "a", "memory", 0, NULL, &e), e, ENOENT,
			  "memory", "bound to cgroup v1");
	else
		cg_failed(contain_cgroup_enable_below(top, "a/b", "memory", 0, NULL, &e), e, ENOENT,
			  "a/b", "no such group");
}

TEST(bad_arguments)
{
	static const char *const lists[] = {
		"",
		" ",
		"mem/ory",
		"Memory",
		"a b c d e f g h i j k l m n o p q",
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
	};
	int top = cg_top();
	contain_error *e = NULL;

	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
		cg_failed(contain_cgroup_enable_below(top, "a", lists[i], 0, NULL, &e), e, EINVAL,
			  "controllers", "names");
	cg_failed(contain_cgroup_enable_below(top, "a", NULL, 0, NULL, &e), e, EINVAL,
		  "controllers", "NULL");
	cg_failed(contain_cgroup_enable_below(top, "", "pids", 0, NULL, &e), e, EINVAL, "path", "");
	cg_failed(contain_cgroup_enable_below(top, "..", "pids", 0, NULL, &e), e, EINVAL, "path",
		  "");
	cg_failed(contain_cgroup_enable_below(top, "/a", "pids", 0, NULL, &e), e, EINVAL, "path",
		  "");
	cg_failed(contain_cgroup_enable_below(top, NULL, "pids", 0, NULL, &e), e, EINVAL, "path",
		  "NULL");
	cg_failed(contain_cgroup_enable_below(top, "a", "pids", 2, "b", &e), e, EINVAL, "flags",
		  "");
	cg_failed(contain_cgroup_enable_below(top, "a", "pids", MOVE, NULL, &e), e, EINVAL, "leaf",
		  "needs one");
	cg_failed(contain_cgroup_enable_below(top, "a", "pids", 0, "b", &e), e, EINVAL, "leaf",
		  "only");
	cg_failed(contain_cgroup_enable_below(top, "a/b", "pids", MOVE, "b", &e), e, EINVAL, "leaf",
		  "on the path");
	cg_failed(contain_cgroup_enable_below(top, "a/b", "pids", MOVE, "x/y", &e), e, EINVAL,
		  "leaf", "one name");
	cg_failed(contain_cgroup_enable_below(-1, "a", "pids", 0, NULL, &e), e, EBADF, "group_fd",
		  "");
}
