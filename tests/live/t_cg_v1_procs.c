/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Processes in groups of cgroup v1: limits that bite, device rules, freezing, killing, removing. */
#include "t_cg_v1.h"

#include <sched.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <time.h>

#define ALL (CONTAIN_DEVICE_MKNOD | CONTAIN_DEVICE_READ | CONTAIN_DEVICE_WRITE)

static void enter(int fd)
{
	contain_error *e = NULL;

	T_CHECK(contain_cgroup_v1_enter(fd, &e) == 0, "%s", contain_error_message(e));
}

/* A child in the group that counts. */
static pid_t counter(int fd, volatile long *n)
{
	pid_t pid = fork();

	if (pid == 0) {
		enter(fd);
		for (;;) {
			n[0]++;
			usleep(50);
		}
	}
	T_CHECK(pid > 0, "%m");
	while (!n[0])
		usleep(100);
	return pid;
}

static long *shared(void)
{
	long *n = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	T_CHECK(n != MAP_FAILED, "%m");
	return n;
}

static int is_moving(volatile long *n)
{
	long before = n[0];

	for (int i = 0; i < 100; i++) {
		usleep(1000);
		if (n[0] != before)
			return 1;
	}
	return 0;
}

static int status_of(pid_t pid)
{
	int status = -1;

	T_SYS(waitpid(pid, &status, 0));
	return status;
}

/*
 * A frozen process dies of nothing, and the harness would wait for it for ever: should a test not
 * come to its end, the group is thawed by this child.
 */
static pid_t watchdog(const char *name)
{
	const char *state = v1_path("freezer", name, "freezer.state");
	pid_t pid = fork();

	if (pid == 0) {
		int fd;

		sleep(10 * (unsigned)t_slow());
		fd = open(state, O_WRONLY | O_CLOEXEC);
		_exit(fd >= 0 && write(fd, "THAWED", 6) == 6 ? 0 : 1);
	}
	T_CHECK(pid > 0, "%m");
	return pid;
}

static void call_off(pid_t dog)
{
	kill(dog, SIGKILL);
	waitpid(dog, NULL, 0);
}

/* ---- limits that bite ---- */

static int fn_pids(void *arg, void *rec)
{
	pid_t pid[50];
	int n = 0;

	enter(*(int *)arg);
	for (; n < 50; n++) {
		pid[n] = fork();
		if (pid[n] == 0) {
			pause();
			_exit(0);
		}
		if (pid[n] < 0)
			break;
	}
	T_CHECK(errno == EAGAIN, "%m");
	for (int i = 0; i < n; i++) {
		kill(pid[i], SIGKILL);
		waitpid(pid[i], NULL, 0);
	}
	return n;
}

static int fn_memory(void *arg, void *rec)
{
	enter(*(int *)arg);
	for (size_t i = 0; i < 64; i++) {
		char *p = mmap(NULL, MIB, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
			       0);

		memset(p, 1, MIB);
	}
	return 0;
}

static int fn_cpu(void *arg, void *rec)
{
	struct timespec from, now;

	enter(*(int *)arg);
	clock_gettime(CLOCK_MONOTONIC, &from);
	do {
		clock_gettime(CLOCK_MONOTONIC, &now);
	} while ((now.tv_sec - from.tv_sec) * 1000 + (now.tv_nsec - from.tv_nsec) / 1000000 < 300);
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, (struct timespec *)rec);
	return 0;
}

TEST_LIMIT(limits_bite, 60)
{
	const char *name = v1_name();
	contain_limits *l = limits_new();
	struct timespec used;
	int pids, memory, cpu, status;

	pids = v1_create("pids", name);
	memory = v1_create("memory", name);
	cpu = v1_create("cpu", name);
	/* the positive twin: nothing is limited yet */
	ck_assert_int_eq(t_child(fn_memory, &memory, NULL, 0), 0);
	SET(l, pids_max, 5);
	SET(l, memory_max, 16 * MIB);
	SET(l, memory_swap_max, 0);
	SET(l, cpu_max, 10000, 100000);
	v1_apply(l, name);
	status = t_child(fn_pids, &pids, NULL, 0);
	T_CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 4, "%#x", status);
	status = t_child(fn_memory, &memory, NULL, 0);
	T_CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL, "%#x", status);
	ck_assert_int_eq(t_child(fn_cpu, &cpu, &used, sizeof(used)), 0);
	T_CHECK(used.tv_sec == 0 && used.tv_nsec < 150000000, "%ld ns of 300 ms", used.tv_nsec);
	ck_assert_str_eq(v1_text("memory", name, "memory.oom_control"), "oom_kill_disable 0");
	contain_limits_free(l);
	close(pids);
	close(memory);
	close(cpu);
	v1_remove("pids", name);
	v1_remove("memory", name);
	v1_remove("cpu", name);
}

/* ---- devices ---- */

static const unsigned numbers[][2] = { { 1, 3 }, { 1, 5 }, { 1, 7 }, { 3, 5 }, { 3, 3 } };

struct world {
	int fd;
	const contain_devices *d;
	const char *dir;
	long allowed;
};

static int kernel_says(const char *node, int flags)
{
	int fd = open(node, flags | O_CLOEXEC | O_NONBLOCK);

	T_CHECK(fd >= 0 || errno == EPERM || errno == ENXIO || errno == ENODEV, "%s: %m", node);
	if (fd >= 0)
		close(fd);
	return fd >= 0 || errno != EPERM;
}

static int fn_hold(void *arg, void *rec)
{
	static const int flags[] = { [2] = O_RDONLY, [4] = O_WRONLY, [6] = O_RDWR };
	struct world *w = arg;

	enter(w->fd);
	for (size_t i = 0; i < 5; i++)
		for (int block = 0; block < 2; block++) {
			unsigned a = numbers[i][0], b = numbers[i][1];
			const char *node = t_fmt("%s/%c%zu", w->dir, "cb"[block], i);
			const char *made = t_fmt("%s/made", w->dir);
			int r;

			for (uint32_t access = 2; access <= 6; access += 2) {
				int wanted = contain_devices_check(w->d, "cb"[block], a, b, access);

				T_CHECK(kernel_says(node, flags[access]) == wanted, "%s %u", node,
					access);
				*(long *)rec += wanted;
			}
			r = mknod(made, (block ? S_IFBLK : S_IFCHR) | 0600, makedev(a, b));
			T_CHECK((r == 0) == contain_devices_check(w->d, "cb"[block], a, b,
								  CONTAIN_DEVICE_MKNOD),
				"mknod %s", node);
			unlink(made);
		}
	return 0;
}

static contain_devices *some_rules(unsigned *state)
{
	contain_devices *d = NULL;

	ck_assert_int_eq(contain_devices_new(&d), 0);
	for (int n = 0; n < 4; n++) {
		unsigned v = *state = *state * 1664525 + 1013904223;
		const unsigned *number = numbers[(v >> 8) % 5];

		ck_assert_int_eq(((v >> 12) % 4 ? contain_devices_allow : contain_devices_deny)(
					 d, "cba"[(v >> 16) % 3],
					 (v >> 18) % 3 ? (int64_t)number[0] : -1,
					 (v >> 20) % 3 ? (int64_t)number[1] : -1,
					 1 + (v >> 24) % 7, NULL),
				 0);
	}
	return d;
}

/* In a group where all was allowed, one set of rules after the other. */
TEST_LIMIT(device_rules_hold, 60)
{
	const char *name = v1_name();
	struct world w = { .fd = v1_create("devices", name), .dir = t_tmpdir() };
	int said = 0, rounds = (int)t_sample(400, 60);
	unsigned state = 1;
	long allowed = 0;

	for (size_t i = 0; i < 5; i++)
		for (int block = 0; block < 2; block++)
			T_SYS(mknod(t_fmt("%s/%c%zu", w.dir, "cb"[block], i),
				    (block ? S_IFBLK : S_IFCHR) | 0600,
				    makedev(numbers[i][0], numbers[i][1])));
	for (int i = 0; i < rounds; i++) {
		contain_devices *d = some_rules(&state);
		contain_error *e = NULL;
		const char *before = v1_text("devices", name, "devices.list");
		int r = contain_cgroup_v1_apply_devices(d, name, &e);

		w.d = d;
		if (r == 0) {
			long n = 0;

			ck_assert_int_eq(t_child(fn_hold, &w, &n, sizeof(n)), 0);
			allowed += n;
			said++;
		} else {
			T_CHECK(r == -EOPNOTSUPP && strstr(contain_error_hint(e), "order of rules"),
				"%s", contain_error_message(e));
			ck_assert_str_eq(v1_text("devices", name, "devices.list"), before);
		}
		contain_error_free(e);
		contain_devices_free(d);
	}
	T_CHECK(said > rounds / 4 && allowed > said, "%d of %d, %ld", said, rounds, allowed);
	close(w.fd);
	v1_remove("devices", name);
}

/* A group below cannot have more, and the rules that it had are there again. */
TEST(refused_device_rules_are_brought_back)
{
	const char *name = v1_name(), *child = t_fmt("%s/child", name);
	contain_devices *some = NULL, *more = NULL;
	contain_error *e = NULL;
	char before[4096], after[4096];
	int fd = v1_create("devices", name), r;

	ck_assert_int_eq(contain_devices_new_default(&some), 0);
	ck_assert_int_eq(contain_devices_new(&more), 0);
	ck_assert_int_eq(contain_devices_allow(more, 'c', 1, 5, ALL, NULL), 0);
	ck_assert_int_eq(contain_devices_allow(more, 'b', 8, 0, ALL, NULL), 0);
	ck_assert_int_eq(contain_cgroup_v1_apply_devices(some, name, NULL), 0);
	close(fd);
	close(v1_create("devices", child));
	T_CHECK(t_read_file(v1_path("devices", child, "devices.list"), before, 4096) > 20);
	r = contain_cgroup_v1_apply_devices(more, child, &e);
	T_CHECK(r == -EPERM && strcmp(contain_error_object(e), "devices.allow") == 0, "%s",
		contain_error_message(e));
	contain_error_free(e);
	e = NULL;
	t_read_file(v1_path("devices", child, "devices.list"), after, 4096);
	ck_assert_str_eq(before, after);
	/* with a group below it, v1 lets nobody begin anew */
	r = contain_cgroup_v1_apply_devices(more, name, &e);
	T_CHECK(r == -EINVAL && strstr(contain_error_hint(e), "groups below"), "%s",
		contain_error_message(e));
	contain_error_free(e);
	t_read_file(v1_path("devices", name, "devices.list"), after, 4096);
	T_CHECK(strstr(after, "c 1:3 rwm"), "%s", after);
	contain_devices_free(some);
	contain_devices_free(more);
	v1_remove("devices", child);
	v1_remove("devices", name);
}

/* ---- the freezer ---- */

TEST(freeze_and_thaw)
{
	const char *name = v1_name(), *child = t_fmt("%s/child", name);
	int fd = v1_create("freezer", name), below = v1_create("freezer", child), other;
	long *n = shared();
	pid_t dog = watchdog(name), pid = counter(below, n);
	contain_error *e = NULL;

	T_CHECK(is_moving(n));
	ck_assert_int_eq(contain_cgroup_v1_freeze(fd, 5000, NULL), 0);
	T_CHECK(!is_moving(n));
	ck_assert_int_eq(contain_cgroup_v1_freeze(fd, 5000, NULL), 0);
	ck_assert_int_eq(contain_cgroup_v1_thaw(below, 100, &e), -EBUSY);
	T_CHECK(strstr(contain_error_hint(e), "above"));
	contain_error_free(e);
	e = NULL;
	ck_assert_int_eq(contain_cgroup_v1_thaw(fd, 5000, NULL), 0);
	T_CHECK(is_moving(n));
	ck_assert_int_eq(contain_cgroup_v1_freeze(fd, -1, NULL), -EINVAL);
	other = v1_create("pids", name);
	ck_assert_int_eq(contain_cgroup_v1_freeze(other, 0, &e), -EOPNOTSUPP);
	contain_error_free(e);
	ck_assert_int_eq(contain_cgroup_v1_freeze(-1, 0, NULL), -EBADF);
	call_off(dog);
	close(other);
	v1_remove("pids", name);
	kill(pid, SIGKILL);
	status_of(pid);
	v1_remove("freezer", child);
	v1_remove("freezer", name);
	ck_assert_int_eq(contain_cgroup_v1_freeze(fd, 0, NULL), -ENODEV);
	close(fd);
	close(below);
}

/*
 * Kernels differ in whether a process that sleeps in vfork() stops. Where it does not, the group is
 * thawed again, and it is said.
 */
TEST(who_sleeps_in_vfork)
{
	const char *name = v1_name();
	int fd = v1_create("freezer", name), r;
	long *n = shared();
	pid_t pid, dog = watchdog(name), child = counter(fd, n);
	contain_error *e = NULL;
	int hold[2];

	T_SYS(pipe(hold));
	pid = fork();
	if (pid == 0) {
		enter(fd);
		if (vfork() == 0) {
			char byte;

			/* out of the group, so that it goes on while the other one waits for it */
			write(open(v1_path("freezer", "", "cgroup.procs"), O_WRONLY), "0", 1);
			n[1] = 1;
			read(hold[0], &byte, 1);
			_exit(0);
		}
		_exit(0);
	}
	while (!((volatile long *)n)[1])
		usleep(100);
	r = contain_cgroup_v1_freeze(fd, 100, &e);
	if (r == 0) {
		ck_assert_int_eq(contain_cgroup_v1_thaw(fd, 1000, NULL), 0);
		t_note("this kernel freezes who sleeps in vfork");
	} else {
		T_CHECK(r == -ETIMEDOUT && *contain_error_hint(e), "%d: %s", r,
			contain_error_message(e));
		ck_assert_str_eq(v1_text("freezer", name, "freezer.state"), "THAWED");
	}
	T_CHECK(is_moving(n));
	call_off(dog);
	contain_error_free(e);
	T_SYS(write(hold[1], "x", 1));
	kill(child, SIGKILL);
	status_of(child);
	status_of(pid);
	close(fd);
	v1_remove("freezer", name);
}

/* ---- the end ---- */

static int fn_bomb(void *arg, void *rec)
{
	enter(*(int *)arg);
	for (;;) {
		if (fork() < 0)
			usleep(100);
		signal(SIGCHLD, SIG_IGN);
	}
	return 0;
}

static int count_procs(const char *controller, const char *name)
{
	char text[65536];
	int n = 0;

	t_read_file(v1_path(controller, name, "cgroup.procs"), text, sizeof(text));
	for (const char *p = text; (p = strchr(p, '\n')); p++)
		n++;
	return n;
}

/* Held by pids.max, all the time forking, half of them frozen; none is left. */
TEST_LIMIT(kill_what_forks, 60)
{
	const char *name = v1_name();
	int pids = v1_create("pids", name), freezer = v1_create("freezer", name);
	contain_limits *l = limits_new();
	pid_t dog = watchdog(name);

	SET(l, pids_max, 200);
	v1_apply(l, name);
	for (int round = 0; round < 4; round++) {
		contain_error *e = NULL;
		pid_t pid = fork();
		int r;

		if (pid == 0) {
			enter(freezer);
			_exit(fn_bomb(&pids, NULL));
		}
		while (count_procs("pids", name) < 150)
			usleep(1000);
		if (round % 2)
			ck_assert_int_eq(contain_cgroup_v1_freeze(freezer, 5000, NULL), 0);
		r = contain_cgroup_v1_kill(freezer, &e);
		T_CHECK(r == 0, "%s", contain_error_message(e));
		ck_assert_int_eq(WTERMSIG(status_of(pid)), SIGKILL);
		for (int i = 0; count_procs("pids", name) && i < 1000; i++)
			usleep(1000);
		ck_assert_int_eq(count_procs("pids", name), 0);
		ck_assert_str_eq(v1_text("freezer", name, "freezer.state"), "THAWED");
	}
	call_off(dog);
	contain_limits_free(l);
	close(pids);
	close(freezer);
	v1_remove("pids", name);
	v1_remove("freezer", name);
}

/* libcgroup's own removal would move the process to the group above, out of its limits. */
TEST(removal_moves_nobody)
{
	const char *name = v1_name(), *child = t_fmt("%s/child", name);
	int fd = v1_create("pids", name), below = v1_create("pids", child);
	long *n = shared();
	pid_t pid = counter(below, n);
	contain_error *e = NULL;

	ck_assert_int_eq(contain_cgroup_v1_remove("pids", child, 0, &e), -EBUSY);
	T_CHECK(strstr(contain_error_hint(e), t_fmt("%d", pid)), "%s", contain_error_message(e));
	contain_error_free(e);
	e = NULL;
	ck_assert_int_eq(contain_cgroup_v1_remove("pids", name, 50, &e), -EBUSY);
	T_CHECK(strstr(contain_error_hint(e), "below"), "%s", contain_error_message(e));
	contain_error_free(e);
	ck_assert_int_eq(atoi(v1_text("pids", child, "cgroup.procs")), pid);
	T_CHECK(is_moving(n));
	ck_assert_int_eq(contain_cgroup_v1_kill(fd, NULL), 0);
	ck_assert_int_eq(WTERMSIG(status_of(pid)), SIGKILL);
	v1_remove("pids", name);
	ck_assert_int_eq(contain_cgroup_v1_kill(fd, NULL), 0);
	ck_assert_int_eq(contain_cgroup_v1_enter(fd, NULL), -ENODEV);
	close(fd);
	close(below);
	ck_assert_int_eq(contain_cgroup_v1_kill(-1, NULL), -EBADF);
}

TEST(moving_a_process)
{
	const char *name = v1_name();
	int fd = v1_create("pids", name), tmp = open("/tmp", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int root = open(v1_mount("pids"), O_RDONLY | O_DIRECTORY | O_CLOEXEC), pidfd, r;
	contain_error *e = NULL;
	pid_t pid = fork();

	if (pid == 0) {
		pause();
		_exit(0);
	}
	pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	ck_assert_int_eq(contain_cgroup_v1_migrate(fd, pidfd, NULL), 0);
	ck_assert_int_eq(atoi(v1_text("pids", name, "cgroup.procs")), pid);
	ck_assert_int_eq(contain_cgroup_v1_migrate(tmp, pidfd, NULL), -EOPNOTSUPP);
	ck_assert_int_eq(contain_cgroup_v1_migrate(-1, pidfd, NULL), -EBADF);
	ck_assert_int_eq(contain_cgroup_v1_migrate(fd, -1, NULL), -EBADF);
	ck_assert_int_eq(contain_cgroup_v1_migrate(fd, tmp, NULL), -EINVAL);
	r = contain_cgroup_v1_kill(root, &e);
	T_CHECK(r == -EOPNOTSUPP && strstr(contain_error_hint(e), "root group"), "%d: %s", r,
		contain_error_message(e));
	contain_error_free(e);
	kill(pid, SIGKILL);
	status_of(pid);
	ck_assert_int_eq(contain_cgroup_v1_migrate(fd, pidfd, NULL), -ESRCH);
	close(pidfd);
	close(fd);
	close(root);
	close(tmp);
	v1_remove("pids", name);
}
