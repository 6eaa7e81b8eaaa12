/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Resource limits, umask and the OOM score of the payload; the caller's stay as they are. */
#include "fixture.h"
#include "t_spawn.h"

#include <linux/capability.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/resource.h>

static struct rlimit own(int resource)
{
	struct rlimit limit;

	T_SYS(getrlimit(resource, &limit));
	return limit;
}

static void check_limit(struct ts *t, int resource, int64_t soft, int64_t hard)
{
	ck_assert_str_eq(ts_value(t, t_fmt("%d", resource)),
			 t_fmt("%lld %lld", (long long)soft, (long long)hard));
}

/* Each of them, one after the other: lowered, and nothing else changes. */
TEST_BOTH(each_limit)
{
	struct ts t;

	for (int i = 0; i < RLIM_NLIMITS; i++) {
		struct rlimit was = own(i);
		uint64_t hard = was.rlim_max == RLIM_INFINITY ? 1ULL << 33 : was.rlim_max;
		uint64_t soft = hard / 2;

		ts_dir(&t, 0);
		/* the last counts */
		ck_assert_int_eq(container_spec_set_rlimit(t.spec, i, 1, 2), 0);
		ck_assert_int_eq(container_spec_set_rlimit(t.spec, i, soft, hard), 0);
		ts_words(&t, "limits");
		ts_run(&t);
		for (int k = 0; k < RLIM_NLIMITS; k++)
			if (k == i)
				check_limit(&t, k, (int64_t)soft, (int64_t)hard);
			else
				check_limit(&t, k, (int64_t)own(k).rlim_cur,
					    (int64_t)own(k).rlim_max);
		ck_assert_uint_eq(own(i).rlim_cur, was.rlim_cur);
		ck_assert_uint_eq(own(i).rlim_max, was.rlim_max);
	}
}

TEST_BOTH(infinity_is_the_largest_number)
{
	struct rlimit core = own(RLIMIT_CORE);
	struct ts t;

	if (core.rlim_max != RLIM_INFINITY)
		t_skip("RLIMIT_CORE is bounded here");
	core.rlim_cur = 0;
	T_SYS(setrlimit(RLIMIT_CORE, &core));
	ts_dir(&t, 0);
	container_spec_set_rlimit(t.spec, RLIMIT_CORE, UINT64_MAX, UINT64_MAX);
	ts_words(&t, "limits");
	ts_run(&t);
	check_limit(&t, RLIMIT_CORE, -1, -1);
}

/* Above the caller's own hard limit: with CAP_SYS_RESOURCE on the host only. */
static int raised(void *arg, void *rec)
{
	struct __user_cap_header_struct head = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct data[2];
	const struct rlimit low = { 100, 200 };
	uint64_t caps = ts_caps();
	int resource = RLIMIT_NOFILE;
	struct ts t;

	(void)rec;
	T_SYS(setrlimit(resource, &low));
	if (*(int *)arg) { /* without the capability, whoever started us */
		T_SYS(syscall(SYS_capget, &head, data));
		data[0].permitted &= ~(1U << CAP_SYS_RESOURCE);
		data[0].effective &= ~(1U << CAP_SYS_RESOURCE);
		T_SYS(syscall(SYS_capset, &head, data));
		caps &= ~(1ULL << CAP_SYS_RESOURCE);
	}
	ts_dir(&t, 0);
	container_spec_set_rlimit(t.spec, resource, 300, 300);
	ts_words(&t, "limits");
	if (ts_is_root() && caps >> CAP_SYS_RESOURCE & 1) {
		ts_run(&t);
		check_limit(&t, resource, 300, 300);
		/* in a user namespace of the container's own it is lost */
		ts_dir(&t, 0);
		container_spec_set_rlimit(t.spec, resource, 300, 300);
		container_spec_set_namespaces(t.spec, TS_NS_ALL);
		ts_words(&t, "limits");
	}
	ts_fails(&t, EPERM, CONTAIN_PHASE_CHILD, "raise-limit", "nofile",
		 "the caller's hard limit is 200: a higher one needs CAP_SYS_RESOURCE");
	/* up to it everybody may */
	ts_dir(&t, 0);
	container_spec_set_rlimit(t.spec, resource, 200, 200);
	ts_words(&t, "limits");
	ts_run(&t);
	check_limit(&t, resource, 200, 200);
	return 0;
}

TEST_BOTH(above_the_callers)
{
	for (int dropped = 0; dropped < 1 + ts_is_root(); dropped++)
		ck_assert_int_eq(t_child(raised, &dropped, NULL, 0), 0);
}

/* No caller, whatever it may do, gets more files than the kernel gives. */
TEST(above_the_kernels)
{
	char text[32];
	struct ts t;

	t_need_root();
	T_CHECK(t_read_file("/proc/sys/fs/nr_open", text, sizeof(text)) > 0);
	text[strcspn(text, "\n")] = 0;
	ts_dir(&t, 0);
	container_spec_set_rlimit(t.spec, RLIMIT_NOFILE, 100, UINT64_MAX);
	ts_words(&t, "exit");
	ts_fails(&t, EPERM, CONTAIN_PHASE_CHILD, "raise-limit", "nofile",
		 t_fmt("fs.nr_open is %s, and no limit is higher", text));
}

/*
 * Limits so small that set-up itself could not live with them: they hold from the program on.
 * What they do to it then is the program's own affair.
 */
TEST_BOTH(smaller_than_set_up_needs)
{
	static const int resources[] = { RLIMIT_NOFILE, RLIMIT_FSIZE, RLIMIT_NPROC, RLIMIT_MEMLOCK,
					 RLIMIT_SIGPENDING, RLIMIT_CORE, RLIMIT_MSGQUEUE };
	struct ts t;

	for (size_t i = 0; i < sizeof(resources) / sizeof(resources[0]); i++) {
		ts_dir(&t, 0);
		container_spec_set_stdio(t.spec, 1, CONTAIN_STDIO_PIPE);
		container_spec_set_rlimit(t.spec, resources[i], 0, 0);
		container_spec_set_cwd(t.spec, "/tmp");
		container_spec_add_tmpfs(t.spec, "/new/place", 0, 0755);
		ts_words(&t, "cwd");
		ts_start(&t);
		ck_assert_int_eq(container_wait(t.c, -1, NULL, NULL), 0);
		t.text[0] = 0;
		T_CHECK(read(container_stdio_fd(t.c, 1), t.text, 100) > 0, "resource %d",
			resources[i]);
		T_CHECK(!strncmp(t.text, "/tmp\n", 5), "%s", t.text);
		ts_end(&t);
	}
	/* the program finds all that it has, and opens nothing */
	ts_dir(&t, 0);
	container_spec_set_rlimit(t.spec, RLIMIT_NOFILE, 3, 3);
	container_spec_set_cwd(t.spec, "/tmp");
	ts_words(&t, "cwd -- read /etc/passwd");
	ts_run_to(&t, 125);
	ts_has(&t, "/tmp\n");
	ts_has(&t, "/etc/passwd: Too many open files\n");
}

/* A file that is too large, a fork too many. */
TEST_BOTH(limits_bite)
{
	struct ts t;

	ts_dir(&t, 0);
	container_spec_set_rlimit(t.spec, RLIMIT_FSIZE, 1024, 1024);
	ts_sh(&t, "dd if=/dev/zero of=/tmp/f bs=512 count=4 2>/dev/null; stat -c %s /tmp/f");
	ts_run(&t);
	ts_has(&t, "1024\n");
	ts_dir(&t, 0);
	container_spec_set_rlimit(t.spec, RLIMIT_CPU, 1, 1);
	ts_sh(&t, "while :; do :; done");
	ts_run_to(&t, 128 + SIGKILL);
	ts_dir(&t, 0);
	container_spec_set_rlimit(t.spec, RLIMIT_STACK, 65536, 65536);
	ts_sh(&t, "ulimit -s");
	ts_run(&t);
	ts_is(&t, "64\n");
}

/* The address space does not hold the program: seen while it is loaded, by its end. */
TEST_BOTH(too_small_for_the_program)
{
	struct ts t;

	ts_dir(&t, 0);
	container_spec_set_rlimit(t.spec, RLIMIT_AS, 65536, 65536);
	ts_words(&t, "exit");
	if (ts_spawn(&t) < 0) {
		ck_assert_str_eq(contain_error_op(t.error), "exec");
		T_CHECK(strstr(contain_error_hint(t.error), "RLIMIT_AS"), "%s",
			contain_error_message(t.error));
		t_note("the start says it: %s", contain_error_message(t.error));
		ts_free(&t);
	} else {
		ts_end(&t);
		T_CHECK(t.signal == SIGSEGV || t.signal == SIGKILL, "signal %d", t.signal);
		t_note("the program ends by signal %d", t.signal);
	}
	/* arguments and environment may take a quarter of the stack, and 128 KiB always */
	ts_dir(&t, 0);
	container_spec_set_rlimit(t.spec, RLIMIT_STACK, 8192, 8192);
	ts_words(&t, "exit");
	if (ts_spawn(&t) < 0) {
		ck_assert_str_eq(contain_error_op(t.error), "exec");
		T_CHECK(strstr(contain_error_hint(t.error), "RLIMIT_STACK"), "%s",
			contain_error_message(t.error));
		ts_free(&t);
	} else {
		ts_end(&t);
	}
}

/* The kernel looks at it when the user changes, and says it at exec. */
static int too_many(void *arg, void *rec)
{
	const struct rlimit few = { 2, 2 };
	struct ts t;
	pid_t pid[3];

	(void)arg;
	(void)rec;
	for (int i = 0; i < 3; i++) {
		pid[i] = fork();
		if (pid[i] == 0) {
			T_SYS(setresuid(4711, 4711, 4711));
			for (;;)
				pause();
		}
	}
	for (int i = 0; i < 3; i++)
		while (1) {
			char status[4096];

			T_CHECK(t_read_file(t_fmt("/proc/%d/status", pid[i]), status,
					    sizeof(status)) > 0);
			if (strstr(status, "Uid:\t4711"))
				break;
			usleep(1000);
		}
	T_SYS(setrlimit(RLIMIT_NPROC, &few));
	ts_dir(&t, 0);
	container_spec_set_user(t.spec, 4711, 4711);
	ts_words(&t, "exit");
	ts_fails(&t, EAGAIN, CONTAIN_PHASE_CHILD, "exec", "/bin/payload",
		 "the user has more processes than RLIMIT_NPROC");
	for (int i = 0; i < 3; i++) {
		kill(pid[i], SIGKILL);
		waitpid(pid[i], NULL, 0);
	}
	ts_dir(&t, 0);
	container_spec_set_user(t.spec, 4711, 4711);
	ts_words(&t, "exit");
	ts_run(&t);
	return 0;
}

TEST(a_user_with_too_many_processes)
{
	t_need_root();
	ck_assert_int_eq(t_child(too_many, NULL, NULL, 0), 0);
}

/* ---- umask ---- */

TEST_BOTH(umask_of_the_payload)
{
	static const uint32_t masks[] = { 0, 022, 027, 077, 0777 };
	struct ts t;

	for (size_t i = 0; i < sizeof(masks) / sizeof(masks[0]); i++) {
		umask(013);
		ts_overlay(&t);
		ck_assert_int_eq(container_spec_set_umask(t.spec, masks[i]), 0);
		container_spec_add_tmpfs(t.spec, "/a/b", 0, 0755);
		ts_sh(&t, "payload umask; stat -c %a /a /a/b /dev/null /tmp");
		ts_run(&t);
		/* what set-up makes does not depend on it */
		ts_is(&t, "umask %03o\n755\n755\n666\n1777\n", masks[i]);
		ck_assert_int_eq(umask(013), 013);
	}
	umask(022);
}

/* ---- the OOM killer's score ---- */

static int score(void)
{
	char text[16];

	T_CHECK(t_read_file("/proc/self/oom_score_adj", text, sizeof(text)) > 0);
	return atoi(text);
}

TEST_BOTH(oom_score)
{
	static const int scores[] = { 0, 1, 17, 999, 1000 };
	int was = score();
	struct ts t;

	for (size_t i = 0; i < sizeof(scores) / sizeof(scores[0]); i++) {
		if (scores[i] < was)
			continue;
		ts_dir(&t, 0);
		ck_assert_int_eq(container_spec_set_oom_score_adj(t.spec, scores[i]), 0);
		ts_words(&t, "read /proc/self/oom_score_adj");
		ts_run(&t);
		ts_is(&t, "%d\n", scores[i]);
		ck_assert_int_eq(score(), was);
	}
	/* with a child in memory of its own */
	ts_dir(&t, 0);
	container_spec_set_init(t.spec, 1);
	container_spec_set_oom_score_adj(t.spec, 555);
	ts_words(&t, "read /proc/self/oom_score_adj");
	ts_run(&t);
	ts_is(&t, "555\n");
	ck_assert_int_eq(score(), was);
}

/* oom_score_adj_min is what a process without the capability cannot go below. */
static int lower(void *arg, void *rec)
{
	struct ts t;

	(void)rec;
	ts_dir(&t, 0);
	container_spec_set_oom_score_adj(t.spec, -500);
	if (*(int *)arg)
		container_spec_set_namespaces(t.spec, TS_NS_ALL);
	ts_words(&t, "read /proc/self/oom_score_adj");
	if (ts_is_root() && ts_caps() >> CAP_SYS_RESOURCE & 1 && !*(int *)arg) {
		ts_run(&t);
		ts_is(&t, "-500\n");
		return 0;
	}
	ts_fails(&t, EACCES, CONTAIN_PHASE_CHILD, "set-oom-score", "oom_score_adj",
		 "below the caller's own needs CAP_SYS_RESOURCE");
	return 0;
}

TEST_BOTH(oom_score_below_the_callers)
{
	for (int userns = 0; userns < 2; userns++)
		ck_assert_int_eq(t_child(lower, &userns, NULL, 0), 0);
}

/* A09, R6: another file of procfs lies over the one that is meant, or over /proc. */
static int covered(void *arg, void *rec)
{
	const char *what = arg;
	struct ts t;

	(void)rec;
	T_SYS(unshare(CLONE_NEWNS));
	T_SYS(mount(NULL, "/", NULL, MS_PRIVATE | MS_REC, NULL));
	ts_dir(&t, 0);
	t_state_free(t.state); /* the mounts are our own */
	t.state = NULL;
	container_spec_set_oom_score_adj(t.spec, 700);
	ts_words(&t, "read /proc/self/oom_score_adj");
	if (!strcmp(what, "/proc"))
		T_SYS(mount("tmpfs", "/proc", "tmpfs", 0, NULL));
	else if (!strcmp(what, "subdirectory"))
		T_SYS(mount("/proc/self", "/proc", NULL, MS_BIND, NULL));
	ts_fails(&t, EXDEV, CONTAIN_PHASE_CHILD, "set-oom-score", "oom_score_adj",
		 "nothing was written");
	return 0;
}

static void cover(void)
{
	ct_raw6(SYS_mount, (long)"/proc/self/sched", (long)"/proc/self/oom_score_adj", 0, MS_BIND,
		0, 0);
}

/* In the child, after it has opened /proc: the only one who calls this here is the step. */
static void cover_in_child(enum ct_seam_who who, long nr)
{
	if (who == CT_SEAM_CHILD && nr == SYS_fstatfs)
		cover();
}

static int covered_file(void *arg, void *rec)
{
	int was = score(), fd;
	struct ts t;

	(void)rec;
	T_SYS(unshare(CLONE_NEWNS));
	T_SYS(mount(NULL, "/", NULL, MS_PRIVATE | MS_REC, NULL));
	/* what has to fall: a write that says it was done */
	if (arg) {
		cover();
		fd = open("/proc/self/oom_score_adj", O_RDWR);
		T_SYS(fd);
		ck_assert_int_eq(write(fd, "700\n", 4), 4);
		close(fd);
		T_SYS(umount2("/proc/self/oom_score_adj", 0));
		ck_assert_int_eq(score(), was);
		return 0;
	}
	ts_dir(&t, 0);
	container_spec_set_oom_score_adj(t.spec, 700);
	ts_words(&t, "read /proc/self/oom_score_adj");
	fx_seam_open();
	ct_seam->seen = cover_in_child;
	ct_seam->on = 1;
	t_state_free(t.state); /* the seam's memory */
	t.state = NULL;
	ts_fails(&t, EXDEV, CONTAIN_PHASE_CHILD, "set-oom-score", "oom_score_adj",
		 "nothing was written");
	ct_seam->on = 0;
	return 0;
}

TEST(oom_score_with_another_file_over_it)
{
	t_need_root();
	ck_assert_int_eq(t_child(covered_file, (void *)"naive", NULL, 0), 0);
	ck_assert_int_eq(t_child(covered_file, NULL, NULL, 0), 0);
}

TEST(oom_score_through_a_false_proc)
{
	t_need_root();
	ck_assert_int_eq(t_child(covered, (void *)"/proc", NULL, 0), 0);
	ck_assert_int_eq(t_child(covered, (void *)"subdirectory", NULL, 0), 0);
}
