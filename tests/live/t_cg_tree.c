/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Groups are made, opened, listed and removed: all with the controllers that are nowhere needed. */
#include "t_cg_tree.h"

#include <pthread.h>
#include <sys/mount.h>

/* ---- paths ------------------------------ */

TEST(a_path_is_made_and_opened)
{
	int top = cg_top(), fd = -7, again = -7;
	contain_error *e = NULL;
	const char *tmp = t_tmpdir();
	struct stat a, b;

	ck_assert_int_eq(contain_cgroup_create_path(top, "a/b/c", &fd, &e), 3);
	ck_assert_int_eq(contain_cgroup_create_path(top, "a/b/c", &again, &e), 0);
	T_SYS(fstat(fd, &a));
	T_SYS(fstat(again, &b));
	T_CHECK(a.st_ino == b.st_ino && fcntl(fd, F_GETFD) == FD_CLOEXEC && fd > 2);
	ck_assert_int_eq(contain_cgroup_create_path(top, "a/x//y/", &again, &e), 2);
	ck_assert_int_eq(contain_cgroup_open(top, "a/b/c", &again, &e), 0);
	T_SYS(fstat(again, &b));
	ck_assert_uint_eq(a.st_ino, b.st_ino);
	ck_assert_int_eq(contain_cgroup_open(top, ".", &again, &e), 0);
	T_SYS(fstat(top, &a));
	T_SYS(fstat(again, &b));
	ck_assert_uint_eq(a.st_ino, b.st_ino);
	T_SYS(unlinkat(top, "a/x/y", AT_REMOVEDIR));
	cg_failed(contain_cgroup_open(top, "a/x/y", &again, &e), e, ENOENT, "a/x/y", "");
	cg_failed(contain_cgroup_open(top, "cgroup.procs", &again, &e), e, ENOTDIR, "cgroup.procs",
		  "");
	cg_failed(contain_cgroup_open(top, "a/..", &again, &e), e, EINVAL, "path", "..");
	cg_failed(contain_cgroup_open(top, "/a", &again, &e), e, EINVAL, "path", "relative");
	cg_failed(contain_cgroup_open(top, "", &again, &e), e, EINVAL, "path", "");
	cg_failed(contain_cgroup_open(9999, "a", &again, &e), e, EBADF, "parent_fd", "not an open");
	cg_failed(contain_cgroup_open(AT_FDCWD, tmp, &again, &e), e, EOPNOTSUPP, tmp,
		  "not on a cgroup2");
	cg_failed(contain_cgroup_create_path(top, "a/../b", &again, &e), e, EINVAL, "path", "");
	cg_failed(contain_cgroup_create_path(top, "a/cgroup.x", &again, &e), e, EINVAL, "path", "");
	cg_failed(contain_cgroup_create_path(top, "//", &again, &e), e, EINVAL, "path", "");
	cg_failed(contain_cgroup_create_path(top, "", &again, &e), e, EINVAL, "path", "");
	ck_assert_int_eq(cg_below(top), 1);
}

TEST(by_an_absolute_path)
{
	const char *path = t_cgroup_make("cgroup2");
	contain_error *e = NULL;
	int fd = -1;

	cg_ok(contain_cgroup_open(AT_FDCWD, path, &fd, &e), e);
	ck_assert_int_eq(contain_cgroup_create_path(AT_FDCWD, "x", &fd, &e), -EBADF);
	contain_error_free(e);
}

/* What was made before the failure goes again, what was there stays. */
TEST(a_path_that_cannot_be_made_leaves_nothing)
{
	int top = cg_top(), fd = -7;
	contain_error *e = NULL;

	close(cg_make(top, "there"));
	cg_write(top, "cgroup.max.depth", "3");
	cg_failed(contain_cgroup_create_path(top, "there/b/c/d/e", &fd, &e), e, EAGAIN,
		  "there/b/c/d", "cgroup.max.depth");
	ck_assert_int_eq(fd, -7);
	ck_assert_int_eq(faccessat(top, "there", F_OK, 0), 0);
	ck_assert_int_eq(faccessat(top, "there/b", F_OK, 0), -1);
	cg_write(top, "cgroup.max.descendants", "3");
	cg_failed(contain_cgroup_create_path(top, "x/y/z", &fd, &e), e, EAGAIN, "x/y/z",
		  "cgroup.max.descendants");
	ck_assert_int_eq(cg_below(top), 1);
}

/* A mount on the way hides the group: it is not entered. */
TEST(a_mount_on_the_way)
{
	const char *path = t_cgroup_make("cgroup2");
	int top = cg_open(path), fd = -7;
	contain_error *e = NULL;

	close(cg_make(cg_make(top, "a"), "b"));
	T_SYS(mount("x", t_fmt("%s/a", path), "tmpfs", 0, NULL));
	T_SYS(mkdirat(top, "a/b", 0755));
	cg_failed(contain_cgroup_open(top, "a/b", &fd, &e), e, EXDEV, "a/b", "mounted");
	cg_failed(contain_cgroup_create_path(top, "a/c", &fd, &e), e, EXDEV, "a", "");
	/* a bind mount of a group is another mount too */
	T_SYS(umount2(t_fmt("%s/a", path), MNT_DETACH));
	T_SYS(mount(path, t_fmt("%s/a", path), NULL, MS_BIND, NULL));
	cg_failed(contain_cgroup_open(top, "a", &fd, &e), e, EXDEV, "a", "mounted");
	T_SYS(umount2(t_fmt("%s/a", path), MNT_DETACH));
	cg_ok(contain_cgroup_open(top, "a/b", &fd, &e), e);
}

/* ---- names of their own ------------------------------ */

#define THREADS 8

struct names {
	int top, n;
	char name[200][CONTAIN_CGROUP_NAME_SIZE];
	int fd[200];
};

static void *make_names(void *arg)
{
	struct names *n = arg;

	for (int i = 0; i < n->n; i++) {
		contain_error *e = NULL;

		cg_ok(contain_cgroup_create_unique(n->top, "job", &n->fd[i], n->name[i],
						   sizeof(n->name[i]), &e),
		      e);
	}
	return NULL;
}

TEST(names_that_no_other_has)
{
	struct names *n = calloc(THREADS, sizeof(*n));
	int top = cg_top(), each = (int)t_sample(200, 20), taken = 0;
	contain_error *e = NULL;
	pthread_t thread[THREADS];

	for (int i = 0; i < THREADS; i++) {
		n[i].top = top;
		n[i].n = each;
		ck_assert_int_eq(pthread_create(&thread[i], NULL, make_names, &n[i]), 0);
	}
	/* beside them somebody takes away what is dead, or made and not locked yet */
	for (int i = 0; i < 20; i++)
		taken += contain_cgroup_gc(top, "job", &e);
	t_note("%d were taken before they were locked, and made anew", taken);
	for (int i = 0; i < THREADS; i++)
		pthread_join(thread[i], NULL);
	ck_assert_int_eq(cg_below(top), THREADS * each);
	ck_assert_int_eq(contain_cgroup_gc(top, NULL, &e), 0);
	for (int i = 0; i < THREADS * each; i++)
		close(n[i / each].fd[i % each]);
	ck_assert_int_eq(contain_cgroup_gc(top, "jo", &e), 0);
	ck_assert_int_eq(contain_cgroup_gc(top, "job", &e), THREADS * each);
	ck_assert_int_eq(cg_below(top), 0);
	free(n);
}

TEST(names_that_cannot_be)
{
	int top = cg_top(), fd = -7;
	contain_error *e = NULL;
	char name[CONTAIN_CGROUP_NAME_SIZE] = "kept", longest[66];

	memset(longest, 'x', 65);
	longest[65] = 0;
	cg_failed(contain_cgroup_create_unique(top, longest, &fd, name, sizeof(name), &e), e,
		  EINVAL, "prefix", "64");
	cg_failed(contain_cgroup_create_unique(top, "a/b", &fd, name, sizeof(name), &e), e, EINVAL,
		  "prefix", "");
	cg_failed(contain_cgroup_create_unique(top, "a", &fd, name, 20, &e), e, ERANGE, "ret_name",
		  "");
	cg_failed(contain_cgroup_create_unique(top, "a", &fd, NULL, 200, &e), e, EINVAL, "ret_name",
		  "");
	cg_failed(contain_cgroup_create_unique(top, "a", NULL, name, 96, &e), e, EINVAL, "ret_fd",
		  "");
	cg_failed(contain_cgroup_gc(top, "a/b", &e), e, EINVAL, "prefix", "");
	ck_assert_str_eq(name, "kept");
	ck_assert_int_eq(fd, -7);
	longest[64] = 0;
	cg_ok(contain_cgroup_create_unique(top, longest, &fd, name, sizeof(name), &e), e);
	close(fd);
	ck_assert_int_eq(contain_cgroup_gc(top, longest, &e), 1);
}

/* Dead is: nobody's, and empty. A prefix is the whole of what stands before the pid. */
TEST(gc_takes_the_dead_of_a_prefix)
{
	int top = cg_top(), fd[4];
	contain_error *e = NULL;
	char name[4][CONTAIN_CGROUP_NAME_SIZE];
	pid_t pid;

	cg_ok(contain_cgroup_create_unique(top, "a", &fd[0], name[0], 96, &e), e); /* kept open */
	cg_ok(contain_cgroup_create_unique(top, "a", &fd[1], name[1], 96, &e), e); /* runs */
	cg_ok(contain_cgroup_create_unique(top, "a.b", &fd[2], name[2], 96, &e), e);
	cg_ok(contain_cgroup_create_unique(top, "a", &fd[3], name[3], 96, &e), e); /* dead */
	close(cg_make(cg_make(fd[3], "below"), "more"));
	pid = cg_child(fd[1], NULL);
	for (int i = 1; i < 4; i++)
		close(fd[i]);
	/* the child has copies of the fds, and with them the locks */
	ck_assert_int_eq(contain_cgroup_gc(top, "a", &e), 0);
	ck_assert_int_eq(cg_below(top), 4);
	cg_end(pid);
	fd[1] = openat(top, name[1], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	close(fd[0]);
	pid = cg_child(fd[1], NULL);
	close(fd[1]);
	fd[0] = openat(top, name[0], O_RDONLY | O_DIRECTORY | O_CLOEXEC); /* no lock of mine */
	ck_assert_int_eq(contain_cgroup_gc(top, "a", &e), 2);
	ck_assert_int_eq(faccessat(top, name[1], F_OK, 0), 0);
	ck_assert_int_eq(faccessat(top, name[2], F_OK, 0), 0);
	cg_end(pid);
	ck_assert_int_eq(contain_cgroup_gc(top, "a.b", &e), 1);
	ck_assert_int_eq(contain_cgroup_gc(top, "a", &e), 1);
	ck_assert_int_eq(cg_below(top), 0);
}

/* ---- lists ------------------------------ */

static int has(const contain_pids *pids, pid_t pid)
{
	for (int i = 0; i < contain_pids_count(pids); i++)
		if (contain_pids_at(pids, i) == pid)
			return 1;
	return 0;
}

static contain_pids *processes(int fd, uint32_t flags)
{
	contain_pids *pids = NULL;
	contain_error *e = NULL;

	cg_ok(contain_cgroup_list_processes(fd, flags, &pids, &e), e);
	return pids;
}

TEST(processes_of_a_tree)
{
	int top = cg_top(), a = cg_make(top, "a"), b = cg_make(a, "b"), c = cg_make(top, "c");
	pid_t pid[3] = { cg_child(a, NULL), cg_child(b, NULL), cg_child(c, NULL) };
	contain_pids *pids = processes(top, 0);

	ck_assert_int_eq(contain_pids_count(pids), 0);
	ck_assert_int_eq(contain_pids_at(pids, 0), -EINVAL);
	contain_pids_free(pids);
	pids = processes(top, CONTAIN_CGROUP_RECURSIVE);
	ck_assert_int_eq(contain_pids_count(pids), 3);
	for (int i = 0; i < 3; i++)
		T_CHECK(has(pids, pid[i]));
	T_CHECK(contain_pids_at(pids, 0) < contain_pids_at(pids, 1));
	ck_assert_int_eq(contain_pids_at(pids, 3), -EINVAL);
	ck_assert_int_eq(contain_pids_at(pids, -1), -EINVAL);
	ck_assert_int_eq(contain_pids_outside(pids), 0);
	contain_pids_free(pids);
	pids = processes(a, 0);
	T_CHECK(contain_pids_count(pids) == 1 && has(pids, pid[0]));
	contain_pids_free(pids);
	for (int i = 0; i < 3; i++)
		cg_end(pid[i]);
}

static void *sleeps(void *arg)
{
	for (;;)
		pause();
	return arg;
}

static void four_threads(void)
{
	pthread_t t;

	for (int i = 0; i < 3; i++)
		pthread_create(&t, NULL, sleeps, NULL);
}

TEST(threads_of_a_group)
{
	int top = cg_top(), a = cg_make(top, "a"), n = 0;
	pid_t pid = cg_child(a, four_threads);
	contain_pids *pids = NULL;
	contain_error *e = NULL;

	for (int i = 0; i < 5000 && n != 4; i++) {
		cg_ok(contain_cgroup_list_threads(top, CONTAIN_CGROUP_RECURSIVE, &pids, &e), e);
		n = contain_pids_count(pids);
		T_CHECK(n == 0 || has(pids, pid));
		contain_pids_free(pids);
		usleep(1000);
	}
	ck_assert_int_eq(n, 4);
	cg_end(pid);
}

/* More than one read(2) gives, and each once. */
TEST(many_processes)
{
	int top = cg_top(), a = cg_make(top, "a"), n = (int)t_sample(3000, 1500);
	pid_t *pid = calloc((size_t)n, sizeof(*pid));
	contain_pids *pids;

	for (int i = 0; i < n; i++)
		pid[i] = cg_child(a, NULL);
	pids = processes(a, 0);
	ck_assert_int_eq(contain_pids_count(pids), n);
	for (int i = 1; i < n; i++)
		T_CHECK(contain_pids_at(pids, i - 1) < contain_pids_at(pids, i));
	contain_pids_free(pids);
	cg_ok(contain_cgroup_kill(a, NULL), (contain_error *)NULL);
	for (int i = 0; i < n; i++)
		ck_assert_int_eq(WTERMSIG(cg_status(pid[i])), SIGKILL);
	pids = processes(top, CONTAIN_CGROUP_RECURSIVE);
	ck_assert_int_eq(contain_pids_count(pids), 0);
	contain_pids_free(pids);
	free(pid);
}

/* Deeper than there are descriptors, and than a path can be long. */
TEST(a_deep_tree)
{
	int top = cg_top(), fd = dup(top), n = (int)t_sample(400, 100);
	char name[200];
	contain_pids *pids;
	contain_error *e = NULL;
	struct rlimit limit;
	pid_t pid;

	memset(name, 'n', 199);
	name[199] = 0;
	for (int i = 0; i < n; i++) {
		int next = cg_make(fd, name);

		close(fd);
		fd = next;
	}
	pid = cg_child(fd, NULL);
	T_SYS(getrlimit(RLIMIT_NOFILE, &limit));
	limit.rlim_cur = 40;
	T_SYS(setrlimit(RLIMIT_NOFILE, &limit));
	pids = processes(top, CONTAIN_CGROUP_RECURSIVE);
	T_CHECK(contain_pids_count(pids) == 1 && has(pids, pid));
	contain_pids_free(pids);
	cg_failed(contain_cgroup_remove_tree(top, name, 0, 20, &e), e, EBUSY, name,
		  t_fmt("%d", pid));
	cg_ok(contain_cgroup_remove_tree(top, name, CONTAIN_CGROUP_KILL, 60000, &e), e);
	ck_assert_int_eq(cg_below(top), 0);
	ck_assert_int_eq(WTERMSIG(cg_status(pid)), SIGKILL);
}

static int list_outside(void *arg)
{
	contain_pids *pids = processes(*(int *)arg, CONTAIN_CGROUP_RECURSIVE);
	int n = contain_pids_count(pids), outside = contain_pids_outside(pids);

	contain_pids_free(pids);
	return n * 100 + outside;
}

TEST(processes_of_another_pid_namespace)
{
	int top = cg_top(), a = cg_make(top, "a"), value = -1;
	pid_t pid[2] = { cg_child(a, NULL), cg_child(a, NULL) };
	contain_error *e = NULL;

	cg_ok(contain_ns_run(CONTAIN_NS_PID, NULL, 0, NULL, NULL, list_outside, &a, &value, &e), e);
	ck_assert_int_eq(value, 2);
	cg_end(pid[0]);
	cg_end(pid[1]);
}

TEST(lists_that_cannot_be)
{
	int top = cg_top(), a = cg_make(top, "a");
	contain_pids *pids = (contain_pids *)&top;
	contain_error *e = NULL;

	cg_failed(contain_cgroup_list_processes(a, 0x1, &pids, &e), e, EINVAL, "flags", "");
	cg_failed(contain_cgroup_list_processes(a, 0, NULL, &e), e, EINVAL, "ret_pids", "");
	cg_failed(contain_cgroup_list_threads(-1, 0, &pids, &e), e, EBADF, "group_fd", "");
	cg_failed(contain_cgroup_list_processes(open("/dev/null", O_RDONLY), 0, &pids, &e), e,
		  EOPNOTSUPP, "group_fd", "not on a cgroup2");
	T_SYS(unlinkat(top, "a", AT_REMOVEDIR));
	cg_failed(contain_cgroup_list_processes(a, 0, &pids, &e), e, ENODEV, "cgroup.procs",
		  "removed");
	cg_failed(contain_cgroup_list_threads(a, CONTAIN_CGROUP_RECURSIVE, &pids, &e), e, ENODEV,
		  "cgroup.threads", "removed");
	ck_assert_ptr_eq(pids, (contain_pids *)&top);
	contain_pids_free(NULL);
	ck_assert_int_eq(contain_pids_count(NULL) | contain_pids_outside(NULL), 0);
	ck_assert_int_eq(contain_pids_at(NULL, 0), -EINVAL);
}

/* ---- removal ------------------------------ */

TEST(a_wide_tree_goes_without_waiting)
{
	int top = cg_top(), a = cg_make(top, "a"), n = (int)t_sample(2000, 300);
	contain_error *e = NULL;

	for (int i = 0; i < n; i++)
		close(cg_make(a, t_fmt("g%d", i)));
	cg_ok(contain_cgroup_remove(top, "a", 0, &e), e);
	ck_assert_int_eq(cg_below(top), 0);
}

TEST(trees_that_cannot_be_removed)
{
	int top = cg_top(), a = cg_make(top, "a"), b = cg_make(a, "b");
	contain_error *e = NULL;
	pid_t pid = cg_child(b, NULL);
	int64_t begin = cg_now_msec();

	cg_failed(contain_cgroup_remove_tree(top, "a", 0, 50, &e), e, EBUSY, "a",
		  t_fmt("%d; contain_cgroup_kill()", pid));
	T_CHECK(cg_now_msec() - begin >= 50);
	ck_assert_int_eq(kill(pid, 0), 0);
	cg_failed(contain_cgroup_remove_tree(top, "a", 1, 50, &e), e, EINVAL, "flags", "");
	cg_failed(contain_cgroup_remove_tree(top, "a/b", 0, 50, &e), e, EINVAL, "name", "");
	cg_failed(contain_cgroup_remove_tree(top, NULL, 0, 50, &e), e, EINVAL, "name", "NULL");
	cg_failed(contain_cgroup_remove_tree(top, "a", 0, -1, &e), e, EINVAL, "timeout_msec", "");
	cg_failed(contain_cgroup_remove_tree(top, "none", 4, 50, &e), e, ENOENT, "none", "");
	cg_ok(contain_cgroup_remove_tree(top, "a", CONTAIN_CGROUP_KILL, INT64_MAX, &e), e);
	ck_assert_int_eq(WTERMSIG(cg_status(pid)), SIGKILL);
	ck_assert_int_eq(cg_below(top), 0);
}
