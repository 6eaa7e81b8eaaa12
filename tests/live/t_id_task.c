/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Keyring, personality, scheduling, cpus: what the payload has, and what it costs. */
#include "t_spawn.h"

#include <linux/keyctl.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>

static long join(void)
{
	return syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL);
}

static void need_keys(void)
{
	if (syscall(SYS_keyctl, KEYCTL_GET_KEYRING_ID, KEY_SPEC_SESSION_KEYRING, 0) < 0)
		t_skip("keyctl: %s", strerror(errno));
}

/* The last number of the line of /proc/self/stat: field N, from 1. */
static long stat_field(const char *text, int n)
{
	const char *at = strrchr(text, ')');

	for (int i = 2; at && i < n; i++)
		at = strchr(at + 1, ' ');
	return at ? strtol(at, NULL, 10) : -12345;
}

/* Of the payload, not of its init: the first line of two. */
static const char *first_line(struct ts *t)
{
	return t_fmt("%.*s", (int)strcspn(t->text, "\n"), t->text);
}

/* A key of the caller's session: the payload must not read it. */
static int secret(void *arg, void *rec)
{
	const char *key;
	struct ts t;
	long id;
	int on = *(int *)arg;

	(void)rec;
	T_CHECK(join() > 0);
	id = syscall(SYS_add_key, "user", "secret", "shh", 3, KEY_SPEC_SESSION_KEYRING);
	T_CHECK(id > 0, "%m");
	key = t_fmt("call %ld %d %ld 0 0", (long)SYS_keyctl, KEYCTL_READ, id);
	ts_dir(&t, 0);
	if (on >= 0)
		container_spec_set_keyring(t.spec, on, on == 1 ? "mine" : NULL);
	ts_words(&t, t_fmt("%s -- call %ld %d %d 0", key, (long)SYS_keyctl, KEYCTL_GET_KEYRING_ID,
			   KEY_SPEC_SESSION_KEYRING));
	ts_run(&t);
	if (on == 0) /* the control: asked for by name */
		ts_has(&t, "call %ld ok\ncall", (long)SYS_keyctl);
	else
		ts_has(&t, "call %ld EACCES\ncall", (long)SYS_keyctl);
	return 0;
}

TEST_BOTH(keys_of_the_caller)
{
	need_keys();
	for (int on = -1; on <= 1; on++)
		ck_assert_int_eq(t_child(secret, &on, NULL, 0), 0);
}

#define HOLDERS 400

/* Processes that hold a keyring each, until the quota of this user is full. How many there are. */
static int fill_quota(pid_t *pid)
{
	for (int n = 0; n < HOLDERS; n++) {
		int ready[2];
		char c = 0;

		T_SYS(pipe(ready));
		pid[n] = fork();
		T_SYS(pid[n]);
		if (pid[n] == 0) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			c = join() < 0 && errno == EDQUOT ? 'f' : 'k';
			if (write(ready[1], &c, 1) == 1 && c == 'k')
				for (;;)
					pause();
			_exit(0);
		}
		T_CHECK(read(ready[0], &c, 1) == 1);
		close(ready[0]);
		close(ready[1]);
		if (c == 'k')
			continue;
		T_SYS(waitpid(pid[n], NULL, 0));
		return n;
	}
	T_FAIL("the quota holds more than %d keys", HOLDERS);
	return 0;
}

static void let_go(const pid_t *pid, int from, int to)
{
	for (int i = from; i < to; i++) {
		T_SYS(kill(pid[i], SIGKILL));
		T_SYS(waitpid(pid[i], NULL, 0));
	}
}

/* Starts that follow one another at once, with @arg[1] keys that are free for them. */
static int quick_starts(void *arg, void *rec)
{
	int rounds = ((int *)arg)[0], spare = ((int *)arg)[1], held = 0;
	container_plan *plan = NULL;
	pid_t pid[HOLDERS];
	struct ts t;

	(void)rec;
	if (spare) {
		held = fill_quota(pid);
		let_go(pid, held - spare, held);
		held -= spare;
	}
	ts_dir(&t, 0);
	ts_words(&t, "exit 0");
	container_spec_set_keyring(t.spec, 1, NULL);
	ck_assert_int_eq(container_plan_compile(t.spec, &plan, NULL), 0);
	for (int i = 0; i < rounds; i++) {
		container *c = NULL;
		contain_error *e = NULL;
		int r = container_plan_spawn(plan, NULL, &c, &e);

		T_CHECK(r == 0, "start %d: %s", i, contain_error_message(e));
		ck_assert_int_eq(container_wait(c, 10000 * t_slow(), NULL, NULL), 0);
		container_delete(c, 1000, NULL);
		container_free(c);
	}
	container_plan_free(plan);
	ts_free(&t);
	let_go(pid, 0, held);
	return 0;
}

/*
 * An ordinary user may have 200 keys, and the kernel collects those of ended containers late: no
 * start may fail for that, with all of them free, or with three.
 */
TEST_LIMIT(quota_of_quick_starts, 300)
{
	int many[] = { ts_rounds(2000, 200, 100), 0 }, few[] = { 200, 3 };

	t_need_userns();
	need_keys();
	t_as_user(quick_starts, many);
	if (t_sample(1, 0)) /* else others of this user may want these three */
		t_as_user(quick_starts, few);
}

static int full_quota(void *arg, void *rec)
{
	pid_t pid[HOLDERS];
	struct ts t;
	int n;

	(void)arg;
	(void)rec;
	n = fill_quota(pid);
	ts_dir(&t, 0);
	ts_words(&t, "exit 0");
	ts_fails(&t, EDQUOT, CONTAIN_PHASE_CHILD, "join-keyring", "", "kernel.keys.maxkeys");
	ts_dir(&t, 0);
	container_spec_set_keyring(t.spec, 0, NULL);
	ts_words(&t, "exit 0");
	ts_run(&t);
	let_go(pid, 0, n);
	return 0;
}

TEST_LIMIT(a_full_quota_is_told, 60)
{
	if (!t_sample(1, 0) && !t_guest())
		t_skip("LONG=1: fills the quota of the tests' user, which others may need");
	t_need_userns();
	need_keys();
	t_as_user(full_quota, NULL);
}

TEST_BOTH(personality_of_the_payload)
{
	struct ts t;

	ts_dir(&t, 0);
	ck_assert_int_eq(container_spec_set_personality(t.spec, "linux,addr_no_randomize", 0), 0);
	ts_words(&t, t_fmt("read /proc/self/personality -- call %ld 0", (long)SYS_personality));
	ts_run(&t);
	ts_has(&t, "00040000\n");
	ts_has(&t, "call %ld ok\n", (long)SYS_personality);
	/* locked, by both entries of the kernel; asking and setting the same go on */
	ts_dir(&t, 0);
	ck_assert_int_eq(container_spec_set_personality(t.spec, "0x40000", 1), 0);
	ts_words(&t, t_fmt("read /proc/self/personality -- call %1$ld 0 -- call %1$ld 0x40000 -- "
			   "call %1$ld 0xffffffff -- call32 136 0 -- call32 136 0x40000",
			   (long)SYS_personality));
	ts_run(&t);
	ts_has(&t, "00040000\ncall %1$ld EPERM\ncall %1$ld ok\ncall %1$ld ok\n",
	       (long)SYS_personality);
	ts_hasnt(&t, "call32 136 ok\ncall32");
#ifdef __x86_64__
	ts_has(&t, "call32 136 EPERM\ncall32 136 ok\n");
#endif
	ts_dir(&t, 0);
	container_spec_set_personality(t.spec, "linux", 1);
	container_spec_set_no_new_privs(t.spec, 0);
	ts_words(&t, "exit 0");
	ts_fails(&t, EINVAL, CONTAIN_PHASE_PLAN, "", "personality.lock", "no_new_privs");
}

static int with_a_filter(void *arg, void *rec)
{
	struct ts t;

	(void)arg;
	(void)rec;
	ck_assert_int_eq(contain_process_set_no_new_privs(NULL), 0);
	ck_assert_int_eq(contain_process_set_personality("linux", 1, NULL), 0);
	ts_dir(&t, 0);
	container_spec_set_personality(t.spec, "addr_no_randomize", 0);
	ts_words(&t, "exit 0");
	ts_fails(&t, EPERM, CONTAIN_PHASE_CHILD, "set-personality", "0x40000", "filter");
	return 0;
}

TEST(a_personality_that_is_refused)
{
	t_need_root();
	ck_assert_int_eq(t_child(with_a_filter, NULL, NULL, 0), 0);
}

TEST_BOTH(nice_and_policy)
{
	struct ts t;

	ts_dir(&t, 0);
	ck_assert_int_eq(container_spec_set_nice(t.spec, 7), 0);
	ts_words(&t, "read /proc/self/stat");
	ts_run(&t);
	ck_assert_int_eq(stat_field(t.text, 19), 7);
	ts_dir(&t, 0);
	ck_assert_int_eq(container_spec_set_scheduler(t.spec, CONTAIN_SCHED_BATCH, 0), 0);
	container_spec_set_nice(t.spec, 5);
	container_spec_set_init(t.spec, 1);
	ts_words(&t, "read /proc/self/stat -- read /proc/1/stat");
	ts_run(&t);
	ck_assert_int_eq(stat_field(first_line(&t), 41), SCHED_BATCH);
	ck_assert_int_eq(stat_field(first_line(&t), 19), 5);
	ck_assert_int_eq(stat_field(t.text, 41), SCHED_OTHER); /* the last line: the init's */
	ts_has(&t, "(payload)");
}

TEST(realtime_and_deadline)
{
	struct ts t;

	t_need_root();
	ts_dir(&t, 0);
	ck_assert_int_eq(container_spec_set_scheduler(t.spec, CONTAIN_SCHED_RR, 7), 0);
	ts_words(&t, "read /proc/self/stat");
	if (ts_spawn(&t) < 0) { /* a group without realtime budget */
		T_CHECK(strstr(contain_error_hint(t.error), "realtime budget"), "%s",
			contain_error_message(t.error));
		ts_free(&t);
		t_skip("no realtime budget here");
	}
	ts_end(&t);
	ck_assert_int_eq(stat_field(first_line(&t), 41), SCHED_RR);
	ck_assert_int_eq(stat_field(first_line(&t), 40), 7);
	ts_dir(&t, 0);
	ck_assert_int_eq(container_spec_set_deadline(t.spec, 2000000, 50000000, 100000000), 0);
	ts_words(&t, "read /proc/self/stat -- fork exit 0");
	if (ts_spawn(&t) < 0) {
		T_CHECK(contain_error_code(t.error) == -EPERM ||
				contain_error_code(t.error) == -EBUSY,
			"%s", contain_error_message(t.error));
		ts_free(&t);
		return;
	}
	ts_end(&t);
	ck_assert_int_eq(stat_field(first_line(&t), 41), 6);
}

TEST(priorities_that_are_refused)
{
	struct ts t;

	t_need_userns();
	t_need_root();
	T_CHECK(system(t_fmt("chown -R 100000:100000 %s", ts_root())) == 0);
	ts_dir(&t, 0); /* root of a user namespace has none of it on the host */
	container_spec_add_uid_range(t.spec, 0, 100000, 1000);
	container_spec_add_gid_range(t.spec, 0, 100000, 1000);
	container_spec_set_nice(t.spec, -5);
	ts_words(&t, "exit 0");
	ts_fails(&t, EPERM, CONTAIN_PHASE_CHILD, "set-scheduler", "", "CAP_SYS_NICE");
	ts_dir(&t, 0);
	container_spec_add_uid_range(t.spec, 0, 100000, 1000);
	container_spec_add_gid_range(t.spec, 0, 100000, 1000);
	container_spec_set_io_priority(t.spec, 1, 0);
	ts_words(&t, "exit 0");
	ts_fails(&t, EPERM, CONTAIN_PHASE_CHILD, "set-io-priority", "", "realtime class");
}

TEST_BOTH(io_priority)
{
	struct ts t;

	ts_dir(&t, 0);
	ck_assert_int_eq(container_spec_set_io_priority(t.spec, 3, 0), 0);
	ts_words(&t, "exit 0");
	T_CHECK(strstr(ts_explained(&t), "class 3, level 0"), "%s", ts_explained(&t));
	ts_run(&t); /* it was read back, or this would have failed */
}

TEST_BOTH(cpus)
{
	cpu_set_t own;
	struct ts t;
	int cpu = 0;

	T_SYS(sched_getaffinity(0, sizeof(own), &own));
	while (!CPU_ISSET(cpu, &own))
		cpu++;
	ts_dir(&t, 0);
	ck_assert_int_eq(container_spec_set_cpu_affinity(t.spec, t_fmt("%d", cpu)), 0);
	ts_words(&t, "read /proc/self/status");
	ts_run(&t);
	ts_has(&t, "Cpus_allowed_list:\t%d\n", cpu);
	/* the kernel would take the part that is there, and say nothing */
	ts_dir(&t, 0);
	container_spec_set_cpu_affinity(t.spec, t_fmt("%d,4095", cpu));
	ts_words(&t, "exit 0");
	ts_fails(&t, ENODEV, CONTAIN_PHASE_CHILD, "set-cpu-affinity", t_fmt("%d,4095", cpu),
		 "offline");
	ts_dir(&t, 0);
	container_spec_set_cpu_affinity(t.spec, "4095");
	ts_words(&t, "exit 0");
	ts_fails(&t, EINVAL, CONTAIN_PHASE_CHILD, "set-cpu-affinity", "4095", "cpuset");
}
