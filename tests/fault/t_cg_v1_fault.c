/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Every system call of the functions for cgroup v1 that passes the seam fails once (libcgroup's own
 * do not; it is met by what the kernel refuses, in tests/live/t_cg_v1), and every allocation, those
 * in libcgroup too. Limits and rules are as they were then, and nothing is left behind.
 */
#include "t_malloc.h"

#include "../live/t_cg_v1.h"
#include "feature/feature.h"
#include "fixture.h"
#include "sys/sys.h"

#include <sys/syscall.h>

#define STATE (T_FDS | T_CGROUPS | T_CHILDREN | T_SIGNALS | T_SELF)

static const char *name, *made, *config;
static contain_limits *set, *was;
static contain_devices *rules;
static contain_error *error;
static int freezer, victim = -1;

/* ---- which call fails ---- */

/*
 * How often a path waits differs from run to run: what is made is counted without sleeping, and
 * without closing and waiting for a child, which do what they do whatever they answer; and what was
 * met is asked afterwards.
 */
static struct {
	uint32_t at, place;
	long err, met;
} fault;

static int fake(enum ct_seam_who who, long nr, const long *args, long *ret)
{
	(void)args;
	if (who != CT_SEAM_PARENT || nr == __NR_close || nr == __NR_munmap || nr == __NR_ppoll ||
	    nr == __NR_waitid || nr == __NR_getpid || nr == __NR_exit_group ||
	    ++fault.place != fault.at)
		return 0;
	fault.met = nr;
	*ret = fault.err;
	return 1;
}

/* ---- the paths: what is done, and what is then ---- */

static int run_create(void)
{
	int fd = -7, r = contain_cgroup_v1_create("cpuset", made, &fd, &error);

	armed = ct_seam->on = 0;
	if (r < 0) {
		T_EXPECT(fd == -7);
		v1_remove_below(v1_path("cpuset", made, "")); /* half made: the caller sees it */
		return r;
	}
	close(fd);
	T_EXPECT(*v1_text("cpuset", made, "cpuset.cpus"));
	T_EXPECT(*v1_text("cpuset", made, "cpuset.mems"));
	v1_remove("cpuset", made);
	return r;
}

static const char *limits_now(void)
{
	return t_fmt("%s %s %s %s", v1_text("memory", name, "memory.limit_in_bytes"),
		     v1_text("memory", name, "memory.memsw.limit_in_bytes"),
		     v1_text("pids", name, "pids.max"), v1_text("cpu", name, "cpu.cfs_quota_us"));
}

static int run_apply(void)
{
	int r = contain_cgroup_v1_apply(set, name, &error);
	const char *now;

	armed = ct_seam->on = 0;
	now = limits_now();
	T_EXPECT(!strcmp(now, r ? "33554432 41943040 30 20000" : "16777216 25165824 20 10000"),
		 "%d: %s", r, now);
	v1_apply(was, name);
	return r;
}

static int run_devices(void)
{
	int r = contain_cgroup_v1_apply_devices(rules, name, &error);
	const char *now;

	armed = ct_seam->on = 0;
	now = v1_text("devices", name, "devices.list");
	T_EXPECT(!strcmp(now, r ? "a *:* rwm" : "c 1:3 rwm"), "%d: %s", r, now);
	t_write_file(v1_path("devices", name, "devices.allow"), "a");
	return r;
}

static int run_import(void)
{
	contain_limits *l = NULL;
	int fd = -7, r = contain_cgroup_v1_import("memory", name, &fd, &l, &error);

	armed = ct_seam->on = 0;
	if (r < 0) {
		T_EXPECT(fd == -7 && !l);
		return r;
	}
	close(fd);
	contain_limits_free(l);
	return r;
}

static int run_freeze(void)
{
	int r = contain_cgroup_v1_freeze(freezer, 1000, &error);
	const char *now;

	ct_seam->on = 0;
	now = v1_text("freezer", name, "freezer.state");
	T_EXPECT(!strcmp(now, r ? "THAWED" : "FROZEN"), "%d: %s", r, now);
	t_write_file(v1_path("freezer", name, "freezer.state"), "THAWED");
	return r;
}

static int run_thaw(void)
{
	int r;

	ct_seam->on = 0;
	t_write_file(v1_path("freezer", name, "freezer.state"), "FROZEN");
	ct_seam->on = 1;
	r = contain_cgroup_v1_thaw(freezer, 1000, &error);
	ct_seam->on = 0;
	if (!r)
		ck_assert_str_eq(v1_text("freezer", name, "freezer.state"), "THAWED");
	t_write_file(v1_path("freezer", name, "freezer.state"), "THAWED");
	return r;
}

static int run_kill(void)
{
	int r, in[2];
	pid_t pid;
	char byte;

	ct_seam->on = 0;
	T_SYS(pipe(in));
	pid = fork();
	if (pid == 0) {
		T_CHECK(contain_cgroup_v1_enter(freezer, NULL) == 0);
		T_SYS(write(in[1], "x", 1));
		pause();
		_exit(0);
	}
	T_SYS(read(in[0], &byte, 1)); /* it has entered, and sleeps where it can be frozen */
	close(in[0]);
	close(in[1]);
	usleep(1000);
	ct_seam->on = 1;
	r = contain_cgroup_v1_kill(freezer, &error);
	armed = ct_seam->on = 0;
	for (int i = 0; r == 0 && i < 2000 && waitpid(pid, NULL, WNOHANG) == 0; i++)
		usleep(1000);
	/* -ENODEV: of a group that was removed, which has nobody in it */
	if (kill(pid, 0) == 0) {
		T_EXPECT(r < 0 || fault.err == -ENODEV, "it lives on");
		t_write_file(v1_path("freezer", name, "freezer.state"), "THAWED");
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
	}
	return r;
}

static int run_remove(void)
{
	int fd = -1, r;

	armed = ct_seam->on = 0;
	ck_assert_int_eq(contain_cgroup_v1_create("pids", made, &fd, NULL), 0);
	close(fd);
	ct_seam->on = 1;
	r = contain_cgroup_v1_remove("pids", made, 0, &error);
	ct_seam->on = 0;
	rmdir(v1_path("pids", made, ""));
	return r;
}

static int run_config(void)
{
	int r = contain_cgroup_v1_load_config(config, &error);

	armed = ct_seam->on = 0;
	if (!r)
		ck_assert_str_eq(v1_text("pids", made, "pids.max"), "9");
	rmdir(v1_path("pids", made, ""));
	return r;
}

static int run_move(void)
{
	int r = contain_cgroup_v1_migrate(freezer, victim, &error);

	ct_seam->on = 0;
	t_write_file(v1_path("freezer", "", "cgroup.procs"), v1_text("freezer", name,
								     "cgroup.procs"));
	return r;
}

static const struct path {
	const char *name;
	int (*run)(void);
	int memory; /* it takes memory too */
	uint32_t facts; /* how often it asks what is mounted, first: those calls are theirs */
	/* calls that may fail without a word, and why */
	const char *fine, *why;
} paths[] = {
	{ "create", run_create, 1, 1, "faccessat2 unlinkat",
	  "whether it is there is seen again when it is made" },
	{ "apply", run_apply, 1, 3, "faccessat2", "only says which one is missing" },
	{ "devices", run_devices, 1, 1, "faccessat2", "the same" },
	{ "import", run_import, 1, 1, "openat read", "a file that cannot be read is left out" },
	{ "freeze", run_freeze, 0, 0, "ppoll", "it is looked at again" },
	{ "thaw", run_thaw, 0, 0, "ppoll openat read close",
	  "whether a group above is frozen: it is waited for then" },
	{ "kill", run_kill, 0, 0, "ppoll openat write close read faccessat2 pidfd_open",
	  "the freezer only helps, and who has ended is not killed" },
	{ "remove", run_remove, 0, 1, "newfstatat", "" },
	{ "config", run_config, 0, 0,
	  "pidfd_open close read waitid ppoll faccessat2 fcntl rt_sigprocmask",
	  "the answer lies in shared memory, and the mask comes back at the second try" },
	{ "move", run_move, 0, 0, "close", "it has moved" },
};
#define PATHS (sizeof(paths) / sizeof(paths[0]))

static uint32_t facts; /* how many calls ct_facts_get() makes */

static int is_fine(const struct path *p)
{
	/* the group was removed: nobody is in it */
	if (p->run == run_kill && fault.err == -ENODEV)
		return 1;
	/* gone already; or a process is in it still: tried again */
	if (p->run == run_remove && fault.met == __NR_unlinkat &&
	    (fault.err == -ENODEV || fault.err == -EBUSY))
		return 1;
	return !fault.met || fault.at <= p->facts * facts ||
	       strstr(p->fine, fx_call_name(fault.met));
}

static int run_with(const struct path *p, uint32_t at, long err)
{
	int r;

	fx_seam_reset();
	memset(&fault, 0, sizeof(fault));
	fault.at = at;
	fault.err = err;
	ct_seam->fake = fake;
	ct_seam->on = 1;
	r = p->run();
	ct_seam->on = 0;
	ct_seam->fake = NULL;
	return r;
}

static void one(const struct path *p, uint32_t at, int err, int *ret_failed)
{
	struct t_state *state = t_state_take(STATE);
	int r = run_with(p, at, err);
	const char *what = t_fmt("%s: call %u, %s: %s", p->name, at, fx_call_name(fault.met),
				 fx_errno_name(err));
	char diff[2000];

	T_EXPECT(r < 0 || is_fine(p), "%s: nothing was said", what);
	T_EXPECT(r == contain_error_code(error), "%s: %d, %s", what, r,
		 contain_error_message(error));
	*ret_failed += r != 0;
	contain_error_free(error);
	error = NULL;
	T_EXPECT(!t_state_diff(state, diff, sizeof(diff)), "%s: left behind:\n%s", what, diff);
	t_state_free(state);
}

static void all_positions(const struct path *p)
{
	static const int errs[] = { -ENOMEM, -EMFILE, -EACCES, -EIO, -ENODEV, -EBUSY };
	int cases = 0, failed = 0;
	uint32_t calls;

	ck_assert_int_eq(run_with(p, 0, 0), 0);
	calls = fault.place;
	for (uint32_t at = 1; at <= calls; at++)
		for (size_t i = 0; i < 6; i++)
			if (t_sample(1, 0) || i == 0 || i == 1 + at % 5) {
				one(p, at, errs[i], &failed);
				cases++;
			}
	t_note("%s: %u calls, %d cases: %d failed", p->name, calls, cases, failed);
	T_CHECK(failed > 0);
}

static uint32_t count_facts(void)
{
	struct ct_facts *f = malloc(sizeof(*f));

	ck_assert_int_eq(ct_facts_get(f), 0);
	fx_seam_reset();
	memset(&fault, 0, sizeof(fault));
	ct_seam->fake = fake;
	ct_seam->on = 1;
	ck_assert_int_eq(ct_facts_get(f), 0);
	ct_seam->on = 0;
	ct_seam->fake = NULL;
	free(f);
	return fault.place;
}

static void prepare(void)
{
	/* libcgroup 2.0 without memory makes "(null)NAME" where it is */
	T_SYS(chdir(t_tmpdir()));
	name = v1_name();
	made = t_fmt("%s-made", name);
	config = t_fmt("%s/cgconfig", t_tmpdir());
	t_write_file(config, t_fmt("group %s {\n\tpids {\n\t\tpids.max = 9;\n\t}\n}\n", made));
	close(v1_create("memory", name));
	close(v1_create("pids", name));
	close(v1_create("cpu", name));
	close(v1_create("devices", name));
	freezer = v1_create("freezer", name);
	set = limits_new();
	SET(set, memory_max, 16 * MIB); /* swap moves along: one file more */
	SET(set, pids_max, 20);
	SET(set, cpu_max, 10000, 20000);
	was = limits_new();
	SET(was, memory_max, 32 * MIB);
	SET(was, memory_swap_max, 8 * MIB);
	SET(was, pids_max, 30);
	SET(was, cpu_max, 20000, 40000);
	v1_apply(was, name);
	ck_assert_int_eq(contain_devices_new(&rules), 0);
	ck_assert_int_eq(contain_devices_allow(rules, 'c', 1, 3, 7, NULL), 0);
}

static void finish(void)
{
	static const char *const all[] = { "memory", "pids", "cpu", "devices", "freezer" };

	close(freezer);
	for (int i = 0; i < 5; i++)
		v1_remove(all[i], name);
	v1_sweep();
	contain_limits_free(set);
	contain_limits_free(was);
	contain_devices_free(rules);
}

TEST_LIMIT(every_call_fails_once, 240)
{
	pid_t pid;

	prepare();
	pid = fork();
	if (pid == 0) {
		pause();
		_exit(0);
	}
	victim = (int)syscall(SYS_pidfd_open, pid, 0);
	fx_seam_open();
	facts = count_facts();
	for (size_t i = 0; i < PATHS; i++)
		all_positions(&paths[i]);
	close(victim);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	finish();
}

TEST_LIMIT(every_allocation_fails_once, 240)
{
	if (T_SANITIZED)
		t_skip("allocation is the sanitizer's");
	prepare();
	fx_seam_open();
	for (size_t i = 0; i < PATHS; i++) {
		const struct path *p = &paths[i];
		long n = 1, plain = 0;

		for (; p->memory && n < 5000; n++) {
			int r;

			fx_seam_reset();
			seen = 0;
			fail_at = n;
			armed = 1;
			r = p->run();
			armed = 0;
			contain_error_free(error);
			error = NULL;
			if (r == 0 && seen < n)
				break;
			/* libcgroup does not hand on why it failed, in some of its own */
			T_EXPECT(r == -ENOMEM || r == 0 || r == -EIO || r == -ENODEV,
				 "%s, %ld: %d", p->name, n, r);
			plain += r == -ENOMEM;
		}
		if (p->memory)
			t_note("%s: %ld allocations", p->name, n - 1);
		T_CHECK(!p->memory || (n > 3 && n < 5000 && plain > n / 2), "%ld, %ld", n, plain);
	}
	finish();
}
