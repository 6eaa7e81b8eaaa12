/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Processes and threads go from group to group, and users get groups of their own. */
#include "t_cg_tree.h"

#include "sys/seam.h"
#include "sys/sys.h"
#include "fixture.h"

#include <pthread.h>

/* ---- whose group ------------------------------ */

static int is_same(int a, int b)
{
	struct stat x, y;

	T_SYS(fstat(a, &x));
	T_SYS(fstat(b, &y));
	return x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

TEST(the_group_of_a_process)
{
	int top = cg_top(), a = cg_make(top, "a"), fd = -7;
	contain_error *e = NULL;
	pid_t pid = cg_child(a, NULL);
	int pidfd = cg_pidfd(pid);

	cg_ok(contain_cgroup_open_process(pidfd, &fd, &e), e);
	T_CHECK(is_same(fd, a) && fcntl(fd, F_GETFD) == FD_CLOEXEC && fd > 2);
	cg_end(pid);
	cg_failed(contain_cgroup_open_process(pidfd, &fd, &e), e, ESRCH, "pidfd", "ended");
	cg_failed(contain_cgroup_open_process(top, &fd, &e), e, EINVAL, "pidfd", "no pidfd");
	cg_failed(contain_cgroup_open_process(-1, &fd, &e), e, EBADF, "pidfd", "not an open");
	cg_failed(contain_cgroup_open_process(9999, &fd, &e), e, EBADF, "pidfd", "");
	cg_failed(contain_cgroup_open_process(pidfd, NULL, &e), e, EINVAL, "ret_fd", "");
	cg_failed(contain_cgroup_open_own(NULL, &e), e, EINVAL, "ret_fd", "");
}

static int enter_and_look(void *arg, void *rec)
{
	int fd = -1, a = *(int *)arg;
	contain_error *e = NULL;

	cg_ok(contain_cgroup_enter(a, &e), e);
	T_CHECK(cg_is_in(getpid(), "a"));
	cg_ok(contain_cgroup_open_own(&fd, &e), e);
	T_CHECK(is_same(fd, a));
	/* in a cgroup namespace the group is its root, and the host's mount does not show it */
	T_SYS(unshare(CLONE_NEWCGROUP));
	ck_assert_str_eq(cg_of(getpid()), "/");
	cg_failed(contain_cgroup_open_own(&fd, &e), e, ENOENT, "", "does not show");
	return 0;
}

TEST(a_process_enters)
{
	int top = cg_top(), a = cg_make(top, "a");

	ck_assert_int_eq(t_child(enter_and_look, &a, NULL, 0), 0);
}

/* Nobody has waited for it yet. */
static void ends(void)
{
	_exit(0);
}

TEST(the_group_of_a_dead_process)
{
	int top = cg_top(), a = cg_make(top, "a"), pidfd, fd = -7;
	contain_error *e = NULL;
	pid_t pid = cg_child(a, ends);

	pidfd = cg_pidfd(pid);
	T_CHECK(poll(&(struct pollfd){ .fd = pidfd, .events = POLLIN }, 1, 10000) == 1);
	cg_failed(contain_cgroup_open_process(pidfd, &fd, &e), e, ESRCH, "pidfd", "ended");
	cg_status(pid);
}

/* ---- moved ------------------------------ */

TEST(a_process_is_moved)
{
	int top = cg_top(), a = cg_make(top, "a"), b = cg_make(top, "b");
	contain_error *e = NULL;
	pid_t pid = cg_child(a, NULL);
	int pidfd = cg_pidfd(pid);

	for (int i = 0; i < (int)t_sample(500, 30); i++) {
		cg_ok(contain_cgroup_migrate(i % 2 ? a : b, pidfd, &e), e);
		T_CHECK(cg_is_in(pid, i % 2 ? "a" : "b"));
	}
	cg_end(pid);
	cg_failed(contain_cgroup_migrate(a, pidfd, &e), e, ESRCH, "pidfd", "ended");
	cg_failed(contain_cgroup_migrate(a, top, &e), e, EINVAL, "pidfd", "no pidfd");
	cg_failed(contain_cgroup_migrate(a, -1, &e), e, EBADF, "pidfd", "");
	cg_failed(contain_cgroup_migrate(-1, pidfd, &e), e, EBADF, "group_fd", "");
	cg_failed(contain_cgroup_migrate_thread(a, pidfd, 0, &e), e, EINVAL, "tid", "");
	cg_failed(contain_cgroup_enter(-1, &e), e, EBADF, "group_fd", "");
	T_SYS(unlinkat(top, "a", AT_REMOVEDIR));
	cg_failed(contain_cgroup_enter(a, &e), e, ENODEV, "cgroup.procs", "removed");
}

/* Between the look at the pid and the write it ends: the kernel says so, or the second look. */
static int victim, victim_at;

static int ends_meanwhile(enum ct_seam_who who, long nr, const long *args, long *ret)
{
	(void)who;
	(void)args;
	(void)ret;
	if (nr == (victim_at ? __NR_close : __NR_openat) && victim) {
		if (!victim_at)
			victim = (kill(victim, SIGKILL), cg_status(victim), 0);
	} else if (nr == __NR_write && victim && victim_at) {
		*ret = args[2]; /* moved, and ended right after it */
		kill(victim, SIGKILL);
		cg_status(victim);
		victim = 0;
		return 1;
	}
	return 0;
}

TEST(a_process_that_ends_meanwhile)
{
	int top = cg_top(), a = cg_make(top, "a");
	contain_error *e = NULL;

	fx_seam_open();
	for (victim_at = 0; victim_at < 2; victim_at++) {
		int pidfd;

		fx_seam_reset();
		victim = cg_child(a, NULL);
		pidfd = cg_pidfd(victim);
		ct_seam->fake = ends_meanwhile;
		ct_seam->on = 1;
		T_CHECK(contain_cgroup_migrate(top, pidfd, &e) == -ESRCH, "%d: %s", victim_at,
			contain_error_message(e));
		ct_seam->on = 0;
		contain_error_free(e);
		e = NULL;
	}
}

/* ---- threads ------------------------------ */

static volatile int *tid_of;

static void *tells(void *arg)
{
	tid_of[1] = (int)syscall(SYS_gettid);
	for (;;)
		pause();
	return arg;
}

static void two_threads(void)
{
	pthread_t t;

	pthread_create(&t, NULL, tells, NULL);
	tid_of[0] = (int)syscall(SYS_gettid);
}

static const char *group_of_thread(pid_t pid, int tid)
{
	char text[4096] = "", *at;

	t_read_file(t_fmt("/proc/%d/task/%d/cgroup", pid, tid), text, sizeof(text));
	at = strstr(text, "0::");
	T_CHECK(at);
	at[strcspn(at, "\n")] = 0;
	return t_fmt("%s", strrchr(at, '/') + 1);
}

TEST(threads_are_moved)
{
	int top = cg_top(), a = cg_make(top, "a"), t = cg_make(a, "t"), other = cg_make(top, "b");
	contain_pids *pids = NULL;
	contain_error *e = NULL;
	pid_t pid;
	int pidfd;

	tid_of = cg_shared();
	pid = cg_child(a, two_threads);
	pidfd = cg_pidfd(pid);
	for (int i = 0; i < 5000 && !(tid_of[0] && tid_of[1]); i++)
		usleep(1000);
	ck_assert_int_eq(contain_cgroup_type(a, &e), CONTAIN_CGROUP_DOMAIN);
	cg_ok(contain_cgroup_set_threaded(t, &e), e);
	cg_ok(contain_cgroup_set_threaded(t, &e), e);
	ck_assert_int_eq(contain_cgroup_type(a, &e), CONTAIN_CGROUP_DOMAIN_THREADED);
	ck_assert_int_eq(contain_cgroup_type(t, &e), CONTAIN_CGROUP_THREADED);
	ck_assert_int_eq(contain_cgroup_type(cg_make(a, "i"), &e), CONTAIN_CGROUP_DOMAIN_INVALID);
	cg_ok(contain_cgroup_migrate_thread(t, pidfd, tid_of[1], &e), e);
	ck_assert_str_eq(group_of_thread(pid, tid_of[1]), "t");
	ck_assert_str_eq(group_of_thread(pid, tid_of[0]), "a");
	cg_ok(contain_cgroup_list_threads(t, 0, &pids, &e), e);
	ck_assert_int_eq(contain_pids_count(pids), 1);
	ck_assert_int_eq(contain_pids_at(pids, 0), tid_of[1]);
	contain_pids_free(pids);
	/* as processes both are the domain's */
	cg_failed(contain_cgroup_list_processes(t, 0, &pids, &e), e, EOPNOTSUPP, "cgroup.procs",
		  "threaded");
	cg_ok(contain_cgroup_list_processes(top, CONTAIN_CGROUP_RECURSIVE, &pids, &e), e);
	ck_assert_int_eq(contain_pids_count(pids), 1);
	contain_pids_free(pids);
	cg_failed(contain_cgroup_migrate_thread(other, pidfd, tid_of[1], &e), e, EOPNOTSUPP,
		  "cgroup.threads", "threaded");
	cg_failed(contain_cgroup_migrate_thread(t, pidfd, getpid(), &e), e, ESRCH, "tid",
		  "no such thread");
	cg_failed(contain_cgroup_check_delegated(t, &e), e, EOPNOTSUPP, "cgroup.type", "threads");
	cg_end(pid);
	cg_failed(contain_cgroup_migrate_thread(t, pidfd, tid_of[1], &e), e, ESRCH, "pidfd",
		  "ended");
}

static int thread_enters(void *arg, void *rec)
{
	int *fd = arg;
	contain_error *e = NULL;

	cg_failed(contain_cgroup_enter_thread(fd[1], &e), e, EOPNOTSUPP, "cgroup.threads",
		  "threaded domain of its process");
	cg_failed(contain_cgroup_enter(fd[2], &e), e, EOPNOTSUPP, "cgroup.procs", "domain invalid");
	cg_ok(contain_cgroup_enter(fd[0], &e), e);
	cg_ok(contain_cgroup_enter_thread(fd[1], &e), e);
	ck_assert_str_eq(group_of_thread(getpid(), getpid()), "t");
	/* a whole process goes there from anywhere */
	cg_ok(contain_cgroup_enter(fd[3], &e), e);
	cg_ok(contain_cgroup_enter(fd[1], &e), e);
	return 0;
}

TEST(a_thread_enters)
{
	int top = cg_top(), fd[4] = { cg_make(top, "a"), -1, -1, top };
	contain_error *e = NULL;

	fd[1] = cg_make(fd[0], "t");
	fd[2] = cg_make(fd[0], "invalid");
	cg_ok(contain_cgroup_set_threaded(fd[1], &e), e);
	ck_assert_int_eq(t_child(thread_enters, fd, NULL, 0), 0);
}

TEST(types_that_cannot_be)
{
	int top = cg_top(), a = cg_make(top, "a"), root = openat(top, "..", O_RDONLY | O_DIRECTORY);
	contain_error *e = NULL;
	pid_t pid = cg_child(a, NULL);

	ck_assert_int_eq(contain_cgroup_type(root, &e), CONTAIN_CGROUP_ROOT);
	cg_failed(contain_cgroup_set_threaded(root, &e), e, EOPNOTSUPP, "cgroup.type", "root");
	cg_failed(contain_cgroup_set_threaded(a, &e), e, EOPNOTSUPP, "cgroup.type",
		  "it has processes");
	cg_failed(contain_cgroup_set_threaded(cg_make(top, "b"), &e), e, EOPNOTSUPP, "cgroup.type",
		  "another group below it has processes");
	cg_end(pid);
	cg_failed(contain_cgroup_type(-1, &e), e, EBADF, "group_fd", "");
	T_SYS(unlinkat(top, "a", AT_REMOVEDIR));
	cg_failed(contain_cgroup_type(a, &e), e, ENODEV, "cgroup.type", "removed");
	cg_failed(contain_cgroup_set_threaded(a, &e), e, ENODEV, "cgroup.type", "removed");
}

/* ---- users ------------------------------ */

static int user_divides(void *arg, void *rec)
{
	int *fd = arg, a = fd[0], b = -1, c = -1;
	contain_error *e = NULL;
	char name[CONTAIN_CGROUP_NAME_SIZE];
	pid_t pid;

	T_CHECK(cg_is_in(getpid(), "leaf"));
	cg_ok(contain_cgroup_check_delegated(a, &e), e);
	cg_ok(contain_cgroup_create_path(a, "b/c", &b, &e), e);
	cg_ok(contain_cgroup_create_unique(a, "job", &c, name, sizeof(name), &e), e);
	pid = cg_child(b, NULL);
	cg_ok(contain_cgroup_migrate(c, cg_pidfd(pid), &e), e);
	cg_ok(contain_cgroup_freeze(c, 5000, &e), e);
	cg_ok(contain_cgroup_thaw(c, 5000, &e), e);
	cg_ok(contain_cgroup_remove_tree(a, name, CONTAIN_CGROUP_KILL, 5000, &e), e);
	cg_ok(contain_cgroup_remove_tree(a, "b", 0, 5000, &e), e);
	/* not what lies above it */
	cg_failed(contain_cgroup_create(fd[1], "x", &c, &e), e, EACCES, "x", "delegated");
	cg_failed(contain_cgroup_check_delegated(fd[1], &e), e, EACCES, ".", "user 0");
	cg_failed(contain_cgroup_enter(fd[1], &e), e, EACCES, "cgroup.procs", "needs write");
	cg_failed(contain_cgroup_kill(fd[1], &e), e, EACCES, "cgroup.kill", "delegated");
	ck_assert_int_eq(contain_cgroup_is_killed(fd[1], &e), 0);
	cg_failed(contain_cgroup_freeze(a, 10, &e), e, EACCES, "cgroup.freeze", "delegated");
	cg_failed(contain_cgroup_delegate(a, T_UID, 0, &e), e, EPERM, "cgroup.procs", "");
	return 0;
}

struct user {
	int fd[2];
};

static int as_user(void *arg, void *rec)
{
	struct user *u = arg;
	int leaf = openat(u->fd[0], "leaf", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	contain_error *e = NULL;

	cg_ok(contain_cgroup_enter(leaf, &e), e);
	t_as_user(user_divides, u->fd);
	return 0;
}

TEST(a_user_gets_a_group)
{
	int top = cg_top(), a = cg_make(top, "a"), leaf = cg_make(a, "leaf");
	struct user u = { { a, top } };
	contain_error *e = NULL;
	struct stat st;

	cg_ok(contain_cgroup_delegate(a, T_UID, T_GID, &e), e);
	cg_ok(contain_cgroup_delegate(leaf, T_UID, T_GID, &e), e);
	T_SYS(fstatat(a, "cgroup.procs", &st, 0));
	T_CHECK(st.st_uid == T_UID && st.st_gid == T_GID);
	T_SYS(fstatat(a, "cgroup.freeze", &st, 0));
	ck_assert_uint_eq(st.st_uid, 0);
	T_SYS(fstat(a, &st));
	T_CHECK(st.st_uid == T_UID && st.st_gid == T_GID);
	ck_assert_int_eq(t_child(as_user, &u, NULL, 0), 0);
	/* and gives it back */
	cg_ok(contain_cgroup_delegate(a, 0, 0, &e), e);
	T_SYS(fstat(a, &st));
	ck_assert_uint_eq(st.st_uid, 0);
	T_SYS(fstatat(a, "cgroup.procs", &st, 0));
	ck_assert_uint_eq(st.st_uid, 0);
}

/* The files are those of the kernel's own list; without it, of the list that is built in. */
static int hides_list(enum ct_seam_who who, long nr, const long *args, long *ret)
{
	(void)who;
	*ret = -ENOENT;
	return nr == __NR_openat && !strcmp((const char *)args[1], "/sys/kernel/cgroup/delegate");
}

TEST(the_list_of_files)
{
	int top = cg_top(), fd[2] = { cg_make(top, "a"), cg_make(top, "b") };
	contain_error *e = NULL;
	char list[4096], *at = list, *name;
	int listed = 0;

	if (t_read_file("/sys/kernel/cgroup/delegate", list, sizeof(list)) <= 0)
		t_skip("the kernel has no list");
	t_note("the kernel's list: %s", list);
	cg_ok(contain_cgroup_delegate(fd[0], T_UID, T_GID, &e), e);
	fx_seam_open();
	fx_seam_reset();
	ct_seam->fake = hides_list;
	ct_seam->on = 1;
	cg_ok(contain_cgroup_delegate(fd[1], T_UID, T_GID, &e), e);
	ct_seam->on = 0;
	while ((name = strsep(&at, "\n"))) {
		struct stat st[2];

		if (!*name || fstatat(fd[0], name, &st[0], 0) < 0)
			continue;
		T_SYS(fstatat(fd[1], name, &st[1], 0));
		T_EXPECT(st[0].st_uid == T_UID, "%s", name);
		T_EXPECT(st[1].st_uid == T_UID, "%s is not in the list that is built in", name);
		listed++;
	}
	T_CHECK(listed >= 3, "%d", listed);
}

TEST(what_cannot_be_delegated)
{
	int top = cg_top(), a = cg_make(top, "a"), root = openat(top, "..", O_RDONLY | O_DIRECTORY);
	contain_error *e = NULL;
	pid_t pid;

	cg_failed(contain_cgroup_delegate(a, UINT32_MAX, 0, &e), e, EINVAL, "uid", "");
	cg_failed(contain_cgroup_delegate(a, 0, UINT32_MAX, &e), e, EINVAL, "gid", "");
	cg_failed(contain_cgroup_delegate(root, 1, 1, &e), e, EOPNOTSUPP, "group_fd", "root");
	cg_failed(contain_cgroup_delegate(-1, 1, 1, &e), e, EBADF, "group_fd", "");
	cg_ok(contain_cgroup_check_delegated(a, &e), e);
	cg_ok(contain_cgroup_check_delegated(root, &e), e);
	pid = cg_child(a, NULL);
	cg_failed(contain_cgroup_check_delegated(a, &e), e, EBUSY, "cgroup.procs",
		  t_fmt("(pid %d)", pid));
	cg_end(pid);
	T_SYS(unlinkat(top, "a", AT_REMOVEDIR));
	cg_failed(contain_cgroup_delegate(a, 1, 1, &e), e, ENODEV, "", "removed");
	cg_failed(contain_cgroup_check_delegated(a, &e), e, ENODEV, "cgroup.procs", "removed");
}
