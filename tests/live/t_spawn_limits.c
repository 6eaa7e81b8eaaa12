/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Limits, and the exit record: the same tests for controllers of cgroup v2 and for those that are
 * bound to v1, which libcgroup sets.
 */
#include "t_group.h"

#include <signal.h>
#include <sys/wait.h>
#include <time.h>

#define MIB (1ULL << 20)

/* Where the container sees its own group of a controller: one tmpfs with v1 in it, or v2. */
static const char *inside(const char *controller)
{
	return is_v1(controller) ? t_fmt("/sys/fs/cgroup/%s", controller) : "/sys/fs/cgroup";
}

TEST(values_read_back)
{
	const char *memory, *pids, *cpu;
	struct ts t;

	ts_need_limits();
	ts_dir(&t, CONTAIN_ROOT_READONLY);
	container_spec_set_name(t.spec, "limits");
	ck_assert_int_eq(container_spec_set_memory_max(t.spec, 64 * MIB), 0);
	ck_assert_int_eq(container_spec_set_pids_max(t.spec, 33), 0);
	ck_assert_int_eq(container_spec_set_cpu_max(t.spec, 30000, 60000), 0);
	ts_words(&t, t_fmt("read %s/%s -- read %s/pids.max -- read %s/%s -- cgroup -- sleep",
			   inside("memory"),
			   is_v1("memory") ? "memory.limit_in_bytes" : "memory.max",
			   inside("pids"), inside("cpu"),
			   is_v1("cpu") ? "cpu.cfs_quota_us" : "cpu.max"));
	ts_start(&t);
	ts_wait_for(&t, "sleeping\n");
	memory = group_of(container_pid(t.c), "memory");
	pids = group_of(container_pid(t.c), "pids");
	cpu = group_of(container_pid(t.c), "cpu");
	ck_assert_str_eq(value_of(memory, is_v1("memory") ? "memory.limit_in_bytes" : "memory.max"),
			 "67108864");
	ck_assert_str_eq(value_of(pids, "pids.max"), "33");
	ck_assert_str_eq(value_of(cpu, is_v1("cpu") ? "cpu.cfs_quota_us" : "cpu.max"),
			 is_v1("cpu") ? "30000" : "30000 60000");
	if (is_v1("cpu"))
		ck_assert_str_eq(value_of(cpu, "cpu.cfs_period_us"), "60000");
	/* it is in there, and in groups of its own name */
	ck_assert_str_eq(value_of(memory, "cgroup.procs"), t_fmt("%d", container_pid(t.c)));
	T_CHECK(strstr(pids, "/contain/limits."), "%s", pids);
	ts_has(&t, "67108864\n33\n%s\n", is_v1("cpu") ? "30000" : "30000 60000");
	ts_kill(&t);
	T_CHECK(access(memory, F_OK) < 0 && access(pids, F_OK) < 0 && access(cpu, F_OK) < 0);
}

/* Each alone: only its own hierarchy is used. */
TEST(one_limit)
{
	struct ts t;

	ts_need_limits();
	for (int i = 0; i < 3; i++) {
		ts_dir(&t, 0);
		if (i == 0)
			container_spec_set_memory_max(t.spec, 64 * MIB);
		else if (i == 1)
			container_spec_set_pids_max(t.spec, 10);
		else
			container_spec_set_cpu_max(t.spec, 50000, 100000);
		ts_words(&t, "sleep");
		ts_start(&t);
		for (int k = 0; k < 3; k++) {
			const char *name = k == 0 ? "memory" : k == 1 ? "pids" : "cpu";

			if (is_v1(name))
				T_CHECK(!strstr(group_of(container_pid(t.c), name), "/contain/") ==
						(i != k),
					"limit %d, %s", i, name);
		}
		ts_kill(&t);
	}
}

TEST(over_the_memory_limit)
{
	struct ts t;

	ts_need_limits();
	ts_dir(&t, 0);
	container_spec_set_memory_max(t.spec, 24 * MIB);
	ts_words(&t, "mem 8");
	ts_run(&t);
	ck_assert_int_eq(t.oom_killed, 0);
	T_CHECK(t.memory_peak_bytes >= 8 * MIB && t.memory_peak_bytes <= 24 * MIB, "%llu",
		(unsigned long long)t.memory_peak_bytes);

	ts_dir(&t, 0);
	container_spec_set_memory_max(t.spec, 24 * MIB);
	ts_words(&t, "mem 100");
	ts_run_to(&t, 128 + SIGKILL);
	ck_assert_int_eq(t.signal, SIGKILL);
	ck_assert_int_eq(t.oom_killed, 1);
	T_CHECK(t.memory_peak_bytes > 20 * MIB && t.memory_peak_bytes <= 24 * MIB, "%llu",
		(unsigned long long)t.memory_peak_bytes);
	ts_has(&t, "15\n");
	ts_hasnt(&t, "25\n");

	/* a child of the payload, which itself lives on */
	ts_dir(&t, 0);
	container_spec_set_memory_max(t.spec, 24 * MIB);
	ts_sh(&t, "payload mem 100; echo after");
	ts_run(&t);
	ts_has(&t, "after\n");
	ck_assert_int_eq(t.oom_killed, 1);
}

/* The files that it writes are its memory too. */
TEST(memory_of_tmpfs)
{
	struct ts t;

	ts_need_limits();
	ts_overlay(&t);
	container_spec_set_memory_max(t.spec, 24 * MIB);
	ts_sh(&t, "dd if=/dev/zero of=/job/x bs=1048576 count=60; true");
	ts_start(&t);
	ts_end(&t);
	ck_assert_int_eq(t.oom_killed, 1);
}

TEST(over_the_pids_limit)
{
	struct ts t;

	ts_need_limits();
	ts_dir(&t, 0);
	container_spec_set_pids_max(t.spec, 6);
	ts_words(&t, "fork 20");
	ts_run(&t);
	ts_is(&t, "forked 5\nerror EAGAIN\n");
	ts_dir(&t, 0);
	container_spec_set_pids_max(t.spec, 21);
	ts_words(&t, "fork 20");
	ts_run(&t);
	ts_is(&t, "forked 20\n");
}

TEST_LIMIT(over_the_cpu_limit, 60)
{
	const char *group, *stat;
	char text[4096], *at;
	struct ts t;

	ts_need_limits();
	ts_dir(&t, 0);
	container_spec_set_cpu_max(t.spec, 10000, 50000);
	ts_sh(&t, t_fmt("i=0; while test $i -lt %d; do i=$((i+1)); done; echo done; "
			"exec payload sleep",
			ts_rounds(40000, 40000, 4000)));
	ts_start(&t);
	ts_wait_for(&t, "done\n");
	group = group_of(container_pid(t.c), "cpu");
	T_CHECK(t_read_file(t_fmt("%s/cpu.stat", group), text, sizeof(text)) > 0);
	at = strstr(text, "nr_throttled ");
	stat = at ? at + 13 : "0";
	T_CHECK(atoi(stat) > 0, "%s", text);
	ts_kill(&t);
	T_CHECK(t.wall_usec > 3 * t.cpu_usec, "%llu us of cpu in %llu us",
		(unsigned long long)t.cpu_usec, (unsigned long long)t.wall_usec);
}

/* ---- the record, with and without limits ---- */

TEST_BOTH(exit_codes)
{
	struct ts t;

	for (int code = 0; code < 256; code += ts_rounds(1, 51, 85)) {
		ts_dir(&t, 0);
		ts_words(&t, t_fmt("exit %d", code));
		ts_run_to(&t, code);
		ck_assert_int_eq(t.signal, 0);
		ck_assert_int_eq(t.oom_killed, 0);
	}
}

TEST_BOTH(exit_signals)
{
	static const int signals[] = { SIGHUP, SIGABRT, SIGKILL, SIGSEGV, SIGTERM, SIGUSR2, 40 };
	struct ts t;

	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]);
	     i += (size_t)ts_rounds(1, 1, 3)) {
		/* process 1 does not die of its own signals: without a pid namespace it is none */
		ts_dir(&t, 0);
		container_spec_set_namespaces(t.spec, CONTAIN_NS_MNT |
							      (ts_is_root() ? 0 : CONTAIN_NS_USER));
		container_spec_set_default_mounts(t.spec, CONTAIN_DEFAULT_DEV);
		ts_words(&t, t_fmt("kill-self %d", signals[i]));
		ts_run_to(&t, 128 + signals[i]);
		ck_assert_int_eq(t.signal, signals[i]);
		ck_assert_int_eq(t.oom_killed, 0);
	}
	/* a code above 128 is not a signal */
	ts_dir(&t, 0);
	ts_words(&t, "exit 137");
	ts_run_to(&t, 137);
	ck_assert_int_eq(t.signal, 0);
}

static int64_t now_usec(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000LL + ts.tv_nsec / 1000;
}

TEST_BOTH(usage)
{
	int64_t begin;
	struct ts t;

	ts_dir(&t, 0);
	ts_sh(&t, t_fmt("payload mem 20 >/dev/null; i=0; while test $i -lt %d; do "
			"i=$((i+1)); done; busybox usleep 200000",
			ts_rounds(20000, 20000, 1000)));
	begin = now_usec();
	ts_run(&t);
	T_CHECK(t.wall_usec >= 200000 && (int64_t)t.wall_usec <= now_usec() - begin, "%llu",
		(unsigned long long)t.wall_usec);
	T_CHECK(t.cpu_usec > 1000 && t.cpu_usec < t.wall_usec * 2 - 200000, "%llu",
		(unsigned long long)t.cpu_usec);
	/* with a group of its own that counts memory: of all; else of the payload alone */
	T_CHECK(t.memory_peak_bytes > 100 << 10, "%llu", (unsigned long long)t.memory_peak_bytes);
	t_note("cpu %llu us, wall %llu us, memory %llu KiB", (unsigned long long)t.cpu_usec,
	       (unsigned long long)t.wall_usec, (unsigned long long)t.memory_peak_bytes >> 10);
}

/* ---- the group, without limits too ---- */

TEST(group_without_limits)
{
	char path[512], link[64];
	ssize_t n;
	struct ts t;

	t_need_root();
	if (!t_cgroup_mount("cgroup2"))
		t_skip("no cgroup2 is mounted");
	ts_dir(&t, 0);
	container_spec_set_name(t.spec, "unlimited");
	ts_words(&t, "sleep");
	ts_start(&t);
	snprintf(link, sizeof(link), "/proc/self/fd/%d", container_cgroup_fd(t.c));
	n = readlink(link, path, sizeof(path) - 1);
	T_SYS(n);
	path[n] = 0;
	T_CHECK(strstr(path, "/contain/unlimited."), "%s", path);
	ck_assert_str_eq(value_of(path, "cgroup.procs"), t_fmt("%d", container_pid(t.c)));
	ts_kill(&t);
	T_CHECK(access(path, F_OK) < 0);
}

/* Below a group of the caller's choice, named in each of the ways. */
TEST(parent_group)
{
	const char *parent = t_cgroup_make("cgroup2"), *v2 = t_cgroup_mount("cgroup2");

	for (int i = 0; i < 3; i++) {
		char text[4096];
		struct ts t;
		int fd = -1;

		ts_dir(&t, 0);
		if (i == 0) {
			ck_assert_int_eq(container_spec_set_cgroup_parent(t.spec, AT_FDCWD, parent),
					 0);
		} else {
			fd = open(i == 1 ? parent : v2, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
			ck_assert_int_eq(container_spec_set_cgroup_parent(
						 t.spec, fd, i == 1 ? "" : parent + strlen(v2) + 1),
					 0);
			close(fd);
		}
		container_spec_set_name(t.spec, "child");
		ts_words(&t, "sleep");
		ts_start(&t);
		T_CHECK(t_read_file(t_fmt("/proc/%d/cgroup", container_pid(t.c)), text,
				    sizeof(text)) > 0);
		T_CHECK(strstr(text, t_fmt("0::%s/child.", parent + strlen(v2))), "%s", text);
		ts_kill(&t);
		ck_assert_int_eq(rmdir(parent), 0); /* nothing is left in it */
		T_SYS(mkdir(parent, 0755));
	}
}
