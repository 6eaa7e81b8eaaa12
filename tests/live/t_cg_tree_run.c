/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Groups are frozen, thawed and killed, with processes that do not hold still. */
#include "t_cg_tree.h"

#include "sys/seam.h"
#include "sys/sys.h"
#include "fixture.h"

#include <linux/userfaultfd.h>
#include <sys/ioctl.h>
#include <sys/xattr.h>

/* ---- frozen ------------------------------ */

static volatile uint64_t *counter;

static void counts(void)
{
	for (;;)
		__atomic_add_fetch(counter, 1, __ATOMIC_SEQ_CST);
}

static int is_counting(void)
{
	uint64_t before = *counter;

	for (int i = 0; i < 200 * t_slow() && *counter == before; i++)
		usleep(1000);
	return *counter != before;
}

/* It does not count, for a while in which it would have. */
static int is_still(void)
{
	uint64_t before = *counter;

	usleep(20000 * (unsigned)t_slow());
	return *counter == before;
}

TEST(frozen_is_still_and_goes_on)
{
	int top = cg_top(), a = cg_make(top, "a");
	contain_error *e = NULL;
	pid_t pid;

	counter = cg_shared();
	pid = cg_child(a, counts);
	for (int i = 0; i < (int)t_sample(100, 10); i++) {
		T_CHECK(is_counting());
		cg_ok(contain_cgroup_freeze(top, 5000 * t_slow(), &e), e);
		T_CHECK(is_still());
		ck_assert_str_eq(cg_text(top, "cgroup.freeze"), "1");
		cg_ok(contain_cgroup_freeze(top, 5000, &e), e); /* once more */
		cg_ok(contain_cgroup_thaw(top, 5000 * t_slow(), &e), e);
	}
	T_CHECK(is_counting());
	cg_ok(contain_cgroup_thaw(top, 5000, &e), e);
	/* without waiting it is asked for */
	cg_ok(contain_cgroup_freeze(a, 0, &e), e);
	ck_assert_str_eq(cg_text(a, "cgroup.freeze"), "1");
	cg_ok(contain_cgroup_thaw(a, 0, &e), e);
	T_CHECK(is_counting());
	cg_end(pid);
}

TEST(empty_groups_freeze_too)
{
	int top = cg_top();
	contain_error *e = NULL;

	cg_ok(contain_cgroup_freeze(top, 5000, &e), e);
	cg_ok(contain_cgroup_thaw(top, INT64_MAX, &e), e);
}

TEST(a_frozen_group_above_holds_it)
{
	int top = cg_top(), a = cg_make(top, "a"), b = cg_make(a, "b");
	contain_error *e = NULL;
	pid_t pid;
	int64_t begin;

	counter = cg_shared();
	pid = cg_child(b, counts);
	cg_ok(contain_cgroup_freeze(b, 5000, &e), e);
	cg_ok(contain_cgroup_freeze(top, 5000, &e), e);
	begin = cg_now_msec();
	cg_failed(contain_cgroup_thaw(b, 20000, &e), e, EBUSY, "cgroup.freeze", "a group above");
	T_CHECK(cg_now_msec() - begin < 5000);
	T_CHECK(is_still());
	cg_ok(contain_cgroup_thaw(top, 5000, &e), e); /* and with it what was asked for below */
	T_CHECK(is_counting());
	cg_end(pid);
}

/* A process that sleeps in a page fault of the kernel, which only the holder of the fd ends. */
static void faults(void)
{
	int fd = (int)syscall(SYS_userfaultfd, O_CLOEXEC), pipes[2];
	struct uffdio_api api = { .api = UFFD_API };
	char *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct uffdio_register reg = { .range = { (uintptr_t)page, 4096 },
				       .mode = UFFDIO_REGISTER_MODE_MISSING };

	if (fd < 0 || ioctl(fd, UFFDIO_API, &api) || ioctl(fd, UFFDIO_REGISTER, &reg)) {
		*counter = 1;
		return;
	}
	T_SYS(pipe(pipes));
	T_SYS(write(pipes[1], "x", 1));
	*counter = 2;
	T_SYS(read(pipes[0], page, 1));
}

TEST(what_does_not_stop_in_time)
{
	int top = cg_top(), a = cg_make(top, "a");
	contain_error *e = NULL;
	pid_t pid;
	int64_t begin;

	counter = cg_shared();
	pid = cg_child(a, faults);
	for (int i = 0; i < 5000 && !*counter; i++)
		usleep(1000);
	if (*counter != 2)
		t_skip("no userfaultfd(2) here");
	usleep(50000 * (unsigned)t_slow());
	begin = cg_now_msec();
	cg_failed(contain_cgroup_freeze(a, 100, &e), e, ETIMEDOUT, "cgroup.freeze", "state D");
	T_CHECK(cg_now_msec() - begin >= 100 && cg_now_msec() - begin < 5000 * t_slow());
	ck_assert_str_eq(cg_text(a, "cgroup.freeze"), "0");
	cg_end(pid);
}

TEST(what_cannot_be_frozen)
{
	int top = cg_top(), a = cg_make(top, "a"), root = openat(top, "..", O_RDONLY | O_DIRECTORY);
	contain_error *e = NULL;

	cg_failed(contain_cgroup_freeze(a, -1, &e), e, EINVAL, "timeout_msec", "negative");
	cg_failed(contain_cgroup_thaw(a, INT64_MIN, &e), e, EINVAL, "timeout_msec", "negative");
	cg_failed(contain_cgroup_freeze(root, 10, &e), e, EOPNOTSUPP, "cgroup.freeze", "root");
	cg_failed(contain_cgroup_freeze(-1, 10, &e), e, EBADF, "group_fd", "");
	T_SYS(unlinkat(top, "a", AT_REMOVEDIR));
	cg_failed(contain_cgroup_freeze(a, 10, &e), e, ENODEV, "cgroup.freeze", "removed");
}

/* ---- killed ------------------------------ */

/* One that is never the same: each goes on in a child and ends. */
static void runs_away(void)
{
	for (;;) {
		pid_t pid = fork();

		if (pid > 0)
			_exit(0);
		if (pid < 0)
			usleep(100);
	}
}

static void sits_in(int group_fd, int n)
{
	for (int i = 0; i < n; i++)
		cg_child(group_fd, runs_away);
}

/* Everyone in it is dead: now, and some time later. */
static void is_dead(int fd)
{
	for (int i = 0; i < 5000 && cg_populated(fd); i++)
		usleep(1000 * (unsigned)t_slow());
	T_CHECK(!cg_populated(fd));
	usleep(20000);
	T_CHECK(!cg_populated(fd));
	while (waitpid(-1, NULL, WNOHANG) > 0)
		;
}

TEST(killed_is_total_and_remembered)
{
	int top = cg_top(), a = cg_make(top, "a"), b = cg_make(a, "b"), c = cg_make(top, "c");
	contain_error *e = NULL;
	char value[8];

	ck_assert_int_eq(contain_cgroup_is_killed(a, &e), 0);
	sits_in(a, 3);
	sits_in(b, 3);
	usleep(5000);
	cg_ok(contain_cgroup_kill(a, &e), e);
	is_dead(a);
	ck_assert_int_eq(contain_cgroup_is_killed(a, &e), 1);
	ck_assert_int_eq(contain_cgroup_is_killed(b, &e), 1);
	ck_assert_int_eq(contain_cgroup_is_killed(c, &e), 0);
	ck_assert_int_eq(contain_cgroup_is_killed(top, &e), 0);
	ck_assert_int_eq(fgetxattr(a, "user.contain.killed", value, sizeof(value)), 1);
	/* a new one below it was not killed */
	ck_assert_int_eq(contain_cgroup_is_killed(cg_make(a, "n"), &e), 0);
	/* by an fd that only names it */
	ck_assert_int_eq(contain_cgroup_is_killed(openat(top, "a", O_PATH), &e), 1);
	cg_ok(contain_cgroup_kill(openat(top, "c", O_PATH | O_DIRECTORY), &e), e);
	ck_assert_int_eq(contain_cgroup_is_killed(c, &e), 1);
}

TEST(what_cannot_be_killed)
{
	int top = cg_top(), a = cg_make(top, "a"), t = cg_make(a, "t");
	int root = openat(top, "..", O_RDONLY | O_DIRECTORY);
	contain_error *e = NULL;

	cg_failed(contain_cgroup_kill(root, &e), e, EOPNOTSUPP, "cgroup.kill", "root");
	cg_failed(contain_cgroup_kill(-1, &e), e, EBADF, "group_fd", "");
	cg_ok(contain_cgroup_set_threaded(t, &e), e);
	cg_failed(contain_cgroup_kill(t, &e), e, EOPNOTSUPP, "cgroup.kill", "threaded");
	/* it was not killed, and is not said to be */
	ck_assert_int_eq(contain_cgroup_is_killed(t, &e), 0);
	T_SYS(unlinkat(a, "t", AT_REMOVEDIR));
	cg_failed(contain_cgroup_kill(t, &e), e, ENODEV, "cgroup.kill", "removed");
	cg_failed(contain_cgroup_is_killed(t, &e), e, ENODEV, "", "removed");
}

/* ---- before Linux 5.14, and before 5.2 ------------------------------ */

static int no_freezer, killed_fd = -1, killed_frozen, killed_thawed;

static int old_kernel(enum ct_seam_who who, long nr, const long *args, long *ret)
{
	const char *path = (const char *)args[1];

	(void)who;
	*ret = -ENOENT;
	if (nr == __NR_pidfd_send_signal && killed_fd >= 0)
		++*(strcmp(cg_text(killed_fd, "cgroup.freeze"), "1") ? &killed_thawed :
								       &killed_frozen);
	if (nr != __NR_openat && nr != __NR_faccessat2)
		return 0;
	return !strcmp(path, "cgroup.kill") || (no_freezer && !strcmp(path, "cgroup.freeze"));
}

static void be_old(int without_freezer)
{
	fx_seam_open();
	fx_seam_reset();
	no_freezer = without_freezer;
	ct_seam->fake = old_kernel;
	ct_seam->on = 1;
}

static void killed_one_by_one(int without_freezer, int runners)
{
	for (int i = 0; i < (int)t_sample(50, 8); i++) {
		int top = cg_top(), a = cg_make(top, "a"), b = cg_make(a, "b");
		contain_error *e = NULL;
		pid_t pid = cg_child(b, NULL);

		for (int k = 0; k < 150; k++)
			cg_child(a, NULL);
		sits_in(a, runners);
		sits_in(b, runners);
		usleep(3000);
		be_old(without_freezer);
		killed_fd = a;
		cg_ok(contain_cgroup_kill(a, &e), e);
		ct_seam->on = 0;
		T_CHECK(without_freezer ? killed_thawed && !killed_frozen :
					  killed_frozen && !killed_thawed);
		ck_assert_int_eq(WTERMSIG(cg_status(pid)), SIGKILL);
		is_dead(a);
		ck_assert_str_eq(cg_text(a, "cgroup.freeze"), "0");
		ck_assert_int_eq(contain_cgroup_is_killed(a, &e), 1);
		cg_ok(contain_cgroup_remove_tree(top, "a", 0, 1000, &e), e);
	}
}

TEST_LIMIT(killed_one_by_one_while_frozen, 60)
{
	killed_one_by_one(0, 5);
}

/* Without any freezer those that fork all the time may be faster, and that is said. */
TEST_LIMIT(killed_one_by_one, 60)
{
	killed_one_by_one(1, 0);
}

TEST(frozen_before_is_frozen_afterwards)
{
	int top = cg_top(), a = cg_make(top, "a");
	contain_error *e = NULL;
	pid_t pid = cg_child(a, NULL);

	cg_ok(contain_cgroup_freeze(a, 5000, &e), e);
	be_old(0);
	cg_ok(contain_cgroup_kill(a, &e), e);
	ct_seam->on = 0;
	ck_assert_int_eq(WTERMSIG(cg_status(pid)), SIGKILL);
	ck_assert_str_eq(cg_text(a, "cgroup.freeze"), "1");
}

static int kill_from_inside(void *arg)
{
	contain_error *e = NULL;

	be_old(0);
	cg_failed(contain_cgroup_kill(*(int *)arg, &e), e, EBUSY, "cgroup.kill", "no number");
	return 5;
}

TEST(processes_without_a_number_are_not_killed)
{
	int top = cg_top(), a = cg_make(top, "a"), value = 0;
	contain_error *e = NULL;
	pid_t pid = cg_child(a, NULL);

	cg_ok(contain_ns_run(CONTAIN_NS_PID, NULL, 0, NULL, NULL, kill_from_inside, &a, &value, &e),
	      e);
	ck_assert_int_eq(value, 5);
	ck_assert_int_eq(kill(pid, 0), 0);
	cg_end(pid);
}

/* ---- a tree that is full of life ------------------------------ */

TEST_LIMIT(removed_with_all_that_forks, 60)
{
	for (int i = 0; i < (int)t_sample(100, 10); i++) {
		int top = cg_top(), a = cg_make(top, "a");
		contain_error *e = NULL;

		for (int k = 0; k < 10; k++)
			sits_in(cg_make(a, t_fmt("g%d", k)), 1);
		sits_in(a, 2);
		cg_ok(contain_cgroup_remove_tree(top, "a", CONTAIN_CGROUP_KILL, 10000 * t_slow(),
						 &e),
		      e);
		ck_assert_int_eq(cg_below(top), 0);
		while (waitpid(-1, NULL, WNOHANG) > 0)
			;
	}
}

/* Others put processes into it while it is removed. */
TEST(removed_while_others_move_in)
{
	int top = cg_top(), a = cg_make(top, "a"), n = 0;
	contain_error *e = NULL;
	pid_t mover;

	mover = fork();
	if (!mover) {
		for (int i = 0; i < 30; i++) {
			pid_t pid = fork();
			int to = openat(a, "cgroup.procs", O_WRONLY);

			if (!pid)
				for (;;)
					pause();
			if (to < 0 || dprintf(to, "%d", pid) < 0) {
				cg_end(pid);
				_exit(i);
			}
			close(to);
			usleep(2000);
		}
		_exit(99);
	}
	usleep(10000);
	cg_ok(contain_cgroup_remove_tree(top, "a", CONTAIN_CGROUP_KILL, 20000 * t_slow(), &e), e);
	n = WEXITSTATUS(cg_status(mover));
	t_note("removed after %d had come", n);
	ck_assert_int_eq(cg_below(top), 0);
}

/* One that comes right after all were killed is killed too, and not waited for. */
static pid_t late;
static int late_fd;

static int comes_late(enum ct_seam_who who, long nr, const long *args, long *ret)
{
	(void)who;
	(void)ret;
	/* the removal from inside comes after the kill */
	if (nr == __NR_unlinkat && late > 0 && *(const char *)args[1] == '.') {
		cg_write(late_fd, "cgroup.procs", t_fmt("%d", late));
		late = -late;
	}
	return 0;
}

TEST(removed_with_one_that_comes_late)
{
	int top = cg_top(), a = cg_make(top, "a");
	contain_error *e = NULL;
	pid_t early;

	late_fd = a;
	late = cg_child(top, NULL);
	early = cg_child(a, NULL);
	fx_seam_open();
	fx_seam_reset();
	ct_seam->fake = comes_late;
	ct_seam->on = 1;
	cg_ok(contain_cgroup_remove_tree(top, "a", CONTAIN_CGROUP_KILL, 3000 * t_slow(), &e), e);
	ct_seam->on = 0;
	T_CHECK(late < 0);
	ck_assert_int_eq(WTERMSIG(cg_status(-late)), SIGKILL);
	ck_assert_int_eq(WTERMSIG(cg_status(early)), SIGKILL);
	ck_assert_int_eq(cg_below(top), 0);
}
