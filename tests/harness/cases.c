/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tests that leak, hang, crash and lie. t_harness runs them one by one and reads the verdicts. */
#include "harness.h"

#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* ---- leaks ---- */

TEST(nothing)
{
	struct t_state *before = t_state_take(T_ALL | T_MAPS);

	close(open("/dev/null", O_RDONLY));
	t_state_check(before);
}

TEST(leaked_fd)
{
	struct t_state *before = t_state_take(T_ALL);

	T_SYS(open("/dev/null", O_RDONLY));
	t_state_check(before);
}

/* The number is the same and so is the name: only the inode tells. */
TEST(replaced_fd)
{
	const char *dir = t_tmpdir();
	int fd = open(t_fmt("%s/a", dir), O_RDWR | O_CREAT, 0600);
	struct t_state *before = t_state_take(T_ALL);

	T_SYS(fd);
	close(fd);
	/* while the old inode still has a name, or its number would be used again */
	T_SYS(rename(t_fmt("%s/a", dir), t_fmt("%s/b", dir)));
	ck_assert_int_eq(open(t_fmt("%s/a", dir), O_RDWR | O_CREAT, 0600), fd);
	t_state_check(before);
}

TEST(leaked_mount)
{
	const char *dir = t_tmpdir();
	struct t_state *before = t_state_take(T_ALL);

	t_need_root();
	T_SYS(mount("none", dir, "tmpfs", 0, NULL));
	t_state_check(before);
}

/*
 * The number of mounts, the mount point and the kind are the same, and, without listmount(2), which
 * gives ids that are never used again, the id is too.
 */
TEST(replaced_mount)
{
	const char *dir = t_tmpdir();
	struct t_state *before;

	t_need_root();
	if (syscall(458, NULL, NULL, 0, 0) < 0 && errno == ENOSYS)
		t_skip("no unique mount ids before Linux 6.8");
	T_SYS(mount("none", dir, "tmpfs", 0, NULL));
	before = t_state_take(T_ALL);
	T_SYS(umount(dir));
	T_SYS(mount("none", dir, "tmpfs", 0, NULL));
	t_state_check(before);
}

TEST(leaked_child)
{
	struct t_state *before = t_state_take(T_ALL);
	pid_t pid = fork();

	if (pid == 0) {
		pause();
		_exit(0);
	}
	t_state_check(before);
}

TEST(leaked_zombie)
{
	struct t_state *before = t_state_take(T_ALL);
	siginfo_t info;
	pid_t pid = fork();

	if (pid == 0)
		_exit(0);
	T_SYS(waitid(P_PID, pid, &info, WEXITED | WNOWAIT));
	t_state_check(before);
}

static int make_orphan(void *arg, void *rec)
{
	(void)arg;
	(void)rec;
	if (fork() == 0) {
		setsid();
		pause();
	}
	return 0;
}

TEST(leaked_orphan)
{
	struct t_state *before = t_state_take(T_PROCS);

	t_need_root();
	ck_assert_int_eq(t_child(make_orphan, NULL, NULL, 0), 0);
	t_state_check(before);
}

static void *sleeper(void *arg)
{
	pause();
	return arg;
}

TEST(leaked_thread)
{
	struct t_state *before = t_state_take(T_ALL);
	pthread_t thread;

	ck_assert_int_eq(pthread_create(&thread, NULL, sleeper, NULL), 0);
	t_state_check(before);
}

TEST(leaked_group)
{
	const char *group = t_cgroup_make("cgroup2");
	struct t_state *before;

	t_state_cgroup_prefix(strrchr(group, '/') + 1);
	before = t_state_take(T_ALL);
	T_SYS(mkdir(t_fmt("%s/lost", group), 0755));
	t_state_check(before);
}

TEST(leaked_group_v1)
{
	const char *group = t_cgroup_make("pids");
	struct t_state *before;

	t_state_cgroup_prefix(strrchr(group, '/') + 1);
	before = t_state_take(T_ALL);
	T_SYS(mkdir(t_fmt("%s/lost", group), 0755));
	t_state_check(before);
}

TEST(leaked_shm)
{
	struct t_state *before = t_state_take(T_ALL);
	int id = shmget(IPC_PRIVATE, 4096, 0600), n;
	char text[512];

	T_SYS(id);
	n = t_state_diff(before, text, sizeof(text));
	T_SYS(shmctl(id, IPC_RMID, NULL));
	t_state_free(before);
	T_CHECK(n == 0, "%s", text);
}

TEST(leaked_map)
{
	struct t_state *before = t_state_take(T_ALL | T_MAPS);

	T_CHECK(mmap(NULL, 65536, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED);
	t_state_check(before);
}

/* ---- changed state ---- */

/* Only where /dev/full is somebody's own: see who runs it. */
TEST(changed_node)
{
	T_SYS(chown("/dev/full", 4711, 4712));
}

TEST(changed_umask)
{
	struct t_state *before = t_state_take(T_ALL);

	umask(077);
	t_state_check(before);
}

TEST(changed_mask)
{
	struct t_state *before = t_state_take(T_ALL);
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	t_state_check(before);
}

TEST(changed_disposition)
{
	struct t_state *before = t_state_take(T_ALL);

	signal(SIGRTMAX, SIG_IGN);
	t_state_check(before);
}

TEST(changed_cwd)
{
	struct t_state *before = t_state_take(T_ALL);

	T_SYS(chdir("/proc"));
	t_state_check(before);
}

TEST(changed_env)
{
	struct t_state *before = t_state_take(T_ALL);

	setenv("HOME", "/elsewhere", 1);
	t_state_check(before);
}

TEST(changed_rlimit)
{
	struct t_state *before = t_state_take(T_ALL);
	struct rlimit limit;

	T_SYS(getrlimit(RLIMIT_NOFILE, &limit));
	limit.rlim_cur--;
	T_SYS(setrlimit(RLIMIT_NOFILE, &limit));
	t_state_check(before);
}

TEST(changed_ns)
{
	struct t_state *before = t_state_take(T_ALL);

	t_need_root();
	T_SYS(unshare(CLONE_NEWUTS));
	t_state_check(before);
}

TEST(changed_errno)
{
	T_ERRNO_KEPT(close(-1));
}

/* ---- failures in other processes ---- */

static int fails_check(void *arg, void *rec)
{
	(void)arg;
	(void)rec;
	T_CHECK(1 + 1 == 3, "it is %d", 1 + 1);
	return 0;
}

static int fails_assert(void *arg, void *rec)
{
	(void)arg;
	(void)rec;
	ck_assert_int_eq(6 * 7, 41);
	return 0;
}

static int in_another(void *arg, void *rec)
{
	(void)rec;
	return t_child(*(t_fn *)arg, NULL, NULL, 0);
}

TEST(check_in_child)
{
	t_child(fails_check, NULL, NULL, 0);
	t_note("never here");
}

TEST(assert_in_grandchild)
{
	t_fn fn = fails_assert;

	t_child(in_another, &fn, NULL, 0);
	t_note("never here");
}

/* Nobody looks at the status. */
TEST(assert_in_forgotten_child)
{
	pid_t pid = fork();

	if (pid == 0)
		ck_assert_str_eq("one", "two");
	waitpid(pid, NULL, 0);
}

TEST(check_as_user)
{
	t_as_user(fails_check, NULL);
}

static int returns_3(void *arg, void *rec)
{
	(void)arg;
	(void)rec;
	return 3;
}

TEST(status_as_user)
{
	t_as_user(returns_3, NULL);
}

TEST(expect_twice)
{
	T_EXPECT(1 == 2);
	T_EXPECT(2 == 3, "two is %d", 2);
}

static int skips(void *arg, void *rec)
{
	(void)arg;
	(void)rec;
	t_skip("not on a %s", "Monday");
}

TEST(skip)
{
	t_skip("not on a Sunday");
}

TEST(skip_in_child)
{
	t_child(skips, NULL, NULL, 0);
	T_FAIL("never here");
}

TEST(failed_then_skipped)
{
	T_EXPECT(0, "first");
	t_skip("then");
}

/* ---- bad ends ---- */

TEST_LIMIT(hang, 1)
{
	pause();
}

/* check kills the process group that it made; this one is not in it any more */
TEST_LIMIT(hang_elsewhere, 1)
{
	T_SYS(setpgid(0, getppid()));
	for (;;)
		pause();
}

TEST(crash)
{
	ck_assert_int_eq(1, 1);
	raise(SIGKILL);
}

TEST(early_exit)
{
	exit(5);
}

TEST(closed_everything)
{
	int fd;

	for (fd = 0; fd < 1024; fd++)
		close(fd);
	ck_assert_int_eq(1, 1);
}

TEST(outlived)
{
	int ready[2];
	char c;

	T_SYS(pipe(ready));
	if (fork() == 0) {
		/* out of the process group that check kills */
		setsid();
		T_SYS(write(ready[1], "", 1));
		pause();
	}
	T_SYS(read(ready[0], &c, 1));
}
