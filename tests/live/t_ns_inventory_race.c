/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* contain_inventory_take() while processes come and go, and among ten thousand of them. */
#include "t_ns_look.h"

#include <signal.h>
#include <sys/wait.h>
#include <time.h>

#define CHURNERS 3
#define STATIC 3

/* Starts and ends processes as fast as it can, every other one in namespaces of its own. */
static void churn(int types)
{
	for (long i = 0; !tl->stop; i++) {
		pid_t pid = fork();

		if (!pid) {
			if (i & 1)
				unshare(types);
			_exit(0);
		}
		if (pid > 0)
			waitpid(pid, NULL, 0);
		tl->done++;
	}
	_exit(0);
}

static void check_static(const contain_inventory *inv)
{
	for (int n = 0; n < STATIC; n++) {
		int i = tl_at(inv, CONTAIN_NS_UTS, tl_inode(n, CONTAIN_NS_UTS));

		ck_assert_int_eq(contain_inventory_processes(inv, i), 1);
		ck_assert_int_eq(contain_inventory_pid(inv, i), tl->pid[n]);
		ck_assert_uint_eq(contain_inventory_uid(inv, i), geteuid());
		T_CHECK(contain_inventory_command(inv, i)[0]);
		ck_assert_uint_eq(contain_inventory_inode(inv, contain_inventory_owner(inv, i)),
				  tn_own(CONTAIN_NS_USER));
	}
	ck_assert_int_eq(contain_inventory_pid(inv, tl_at(inv, CONTAIN_NS_PID,
							   tn_own(CONTAIN_NS_PID))), 1);
	for (int i = 0; i < contain_inventory_count(inv); i++)
		T_CHECK(!contain_inventory_processes(inv, i) == !contain_inventory_pid(inv, i) &&
			!contain_inventory_pid(inv, i) == !contain_inventory_command(inv, i));
}

static void churn_world(void)
{
	int i, rounds = ts_rounds(2000, 200, 20);

	for (int n = 0; n < STATIC; n++)
		tl_put(n, CLONE_NEWUTS);
	for (int n = 0; n < CHURNERS; n++)
		if (!fork())
			churn(n ? CLONE_NEWUTS | CLONE_NEWIPC : CLONE_NEWNET | CLONE_NEWTIME);
	for (i = 0; i < rounds || tl->done < rounds; i++) {
		contain_inventory *inv = tl_take(0, i & 1 ? CONTAIN_INVENTORY_FDS : 0);

		check_static(inv);
		contain_inventory_free(inv);
	}
	tl->stop = 1;
	t_note("%d snapshots among %ld processes", i, tl->done);
}

TEST_LIMIT(churn_root, 60)
{
	t_need_root();
	tl_world(churn_world);
}

static int churn_as_user(void *arg, void *rec)
{
	(void)arg;
	(void)rec;
	tl_world(churn_world);
	return 0;
}

TEST_LIMIT(churn_user, 60)
{
	t_need_userns();
	t_as_user(churn_as_user, NULL);
}

/*
 * One number for processes of two users in two namespaces, by turns: whoever has it when it is
 * looked at, user and namespace have to belong together.
 */
#define RECYCLED 20

static void recycle(int n, unsigned uid)
{
	T_SYS(unshare(CLONE_NEWUTS));
	tl->inode[n][0] = tn_own(CONTAIN_NS_UTS);
	tl->ready[n] = 1;
	while (!tl->stop) {
		pid_t pid;

		if (tl->turn != n) {
			usleep(20);
			continue;
		}
		t_write_file("/proc/sys/kernel/ns_last_pid", t_fmt("%d", RECYCLED - 1));
		pid = fork();
		if (!pid) {
			if (setresuid(uid, uid, uid) == 0)
				for (int i = 0; i < 100; i++)
					getppid();
			_exit(0);
		}
		if (pid > 0)
			waitpid(pid, NULL, 0);
		tl->done += pid == RECYCLED;
		tl->turn = !n;
	}
	_exit(0);
}

static void recycle_world(void)
{
	static const unsigned uid[2] = { 1001, 1002 };
	int met[2] = { 0, 0 }, as_root = 0, want = ts_rounds(5000, 200, 1);

	/* the parents have higher numbers, so that a child is the first of its namespace */
	t_write_file("/proc/sys/kernel/ns_last_pid", "100");
	tl->turn = -1;
	for (int n = 0; n < 2; n++) {
		if (!fork())
			recycle(n, uid[n]);
		tl_await(n);
	}
	tl->turn = 0;
	for (time_t end = time(NULL) + 40; met[0] < want || met[1] < want;) {
		contain_inventory *inv = tl_take(CONTAIN_NS_UTS, 0);

		for (int n = 0; n < 2; n++) {
			int k = tl_at(inv, CONTAIN_NS_UTS, tl->inode[n][0]);
			unsigned who = contain_inventory_uid(inv, k);

			if (contain_inventory_pid(inv, k) != RECYCLED)
				continue;
			met[n] += who == uid[n];
			as_root += !who;
			T_CHECK(who == uid[n] || who == 0, "user %u in the namespace of %u", who,
				uid[n]);
		}
		contain_inventory_free(inv);
		if (time(NULL) > end)
			break;
	}
	tl->stop = 1;
	t_note("pid %d given %ld times, met %d and %d times, %d times as root",
	       RECYCLED, tl->done, met[0], met[1], as_root);
	T_CHECK(met[0] && met[1]);
}

TEST_LIMIT(recycled_pid, 60)
{
	t_need_root();
	tl_world(recycle_world);
}

/* ---- ten thousand ---- */

static int sleeper(void *arg)
{
	for (;;)
		syscall(SYS_rt_sigsuspend, arg, 8);
	return 0;
}

static double take_time(uint64_t types, int least)
{
	struct timespec a, b;
	contain_inventory *inv;

	clock_gettime(CLOCK_MONOTONIC, &a);
	inv = tl_take(types, 0);
	clock_gettime(CLOCK_MONOTONIC, &b);
	ck_assert_int_ge(contain_inventory_processes(
				 inv, tl_at(inv, CONTAIN_NS_PID, tn_own(CONTAIN_NS_PID))), least);
	contain_inventory_free(inv);
	return (double)(b.tv_sec - a.tv_sec) + (double)(b.tv_nsec - a.tv_nsec) / 1e9;
}

/* They share our memory: what costs is theirs in the kernel. */
static void many_world(void)
{
	int n = t_guest() ? 500 : 10000, size = 4096;
	char *stacks = mmap(NULL, (size_t)n * (size_t)size, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	double first, again = 1e9;
	uint64_t none = 0; /* no signal is blocked */

	T_CHECK(stacks != MAP_FAILED);
	for (int i = 0; i < n; i++)
		T_SYS(clone(sleeper, stacks + (size_t)(i + 1) * (size_t)size,
			    CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | SIGCHLD, &none));
	first = take_time(0, n + 1);
	for (int i = 0; i < 3; i++) {
		double t = take_time(0, n + 1);

		again = t < again ? t : again;
	}
	t_note("%d processes: %.0f ms the first time, %.0f ms again", n + 1, first * 1e3,
	       again * 1e3);
}

TEST_LIMIT(ten_thousand, 120)
{
	t_need_root();
	if (T_SANITIZED)
		t_skip("processes that share memory, without the sanitizer's knowledge");
	tl_world(many_world);
}
