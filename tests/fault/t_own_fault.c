/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Every system call of a start by contain-init fails once: in the caller, in contain-init outside,
 * in the container's first process and in the payload below an init. An error, or a start that
 * succeeds for a reason given here; no leak, no hang. LONG=1: every error for each position.
 */
#include "fixture.h"

#include "sys/sys.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define LIMIT_MSEC 2000
#define STATE ((T_ALL | T_MAPS) & ~T_CGROUPS)

static const char *const who_name[] = { "parent", "starter", "child", "contain-init" };
static const char *const action_name[] = { "", "fail", "done-fail", "kill" };

/* Calls whose failure need not fail the start, or cannot be injected, and why. */
static struct {
	int who;	  /* -1: any */
	const char *call; /* NULL: any */
	int err, action;  /* 0: any */
	int skip;	  /* cannot be injected */
	const char *why;
	int used;
} exempts[] = {
	{ -1, "close", 0, CT_SEAM_FAIL, 1, "closes whatever it answers" },
	{ CT_SEAM_PARENT, NULL, 0, CT_SEAM_KILL, 1, "killed parents are a test of their own" },
	{ CT_SEAM_PARENT, "openat", 0, CT_SEAM_DONE_FAIL, 1, "the answer is the only handle" },
	{ CT_SEAM_PARENT, "memfd_create", 0, CT_SEAM_DONE_FAIL, 1,
	  "the answer is the only handle" },
	{ CT_SEAM_PARENT, "socketpair", 0, CT_SEAM_DONE_FAIL, 1, "the answer is the only handle" },
	{ CT_SEAM_PARENT, "pidfd_open", 0, CT_SEAM_DONE_FAIL, 1, "the answer is the only handle" },
	{ CT_SEAM_PARENT, "recvmsg", 0, CT_SEAM_DONE_FAIL, 1, "the answer is the only handle" },
	{ CT_SEAM_PARENT, "mmap", 0, CT_SEAM_DONE_FAIL, 1, "the answer is the only handle" },
	{ CT_SEAM_PARENT, "munmap", 0, CT_SEAM_FAIL, 1,
	  "what the kernel does not take back stays" },
	{ CT_SEAM_PARENT, "clone3", 0, CT_SEAM_DONE_FAIL, 1,
	  "the answer says whether a child exists" },
	{ CT_SEAM_INIT, "clone3", 0, CT_SEAM_DONE_FAIL, 1, "the same" },
	{ CT_SEAM_CHILD, "clone3", 0, CT_SEAM_DONE_FAIL, 1, "the same" },
	{ CT_SEAM_INIT, "execveat", 0, CT_SEAM_DONE_FAIL, 1, "does not come back" },
	{ CT_SEAM_INIT, "exit_group", 0, 0, 1, "has no error, and nobody comes after it" },
	{ CT_SEAM_CHILD, "exit_group", 0, 0, 1, "the same" },
	{ CT_SEAM_CHILD, "exit", 0, 0, 1, "the same" },
	{ -1, "close", 0, CT_SEAM_DONE_FAIL, 0, "it is closed, and never tried again" },
	{ -1, "umask", 0, 0, 0, "has no error in the kernel" },
	{ -1, "getpid", 0, 0, 0, "has no error in the kernel" },
	{ -1, "gettid", 0, 0, 0, "has no error in the kernel" },
	{ -1, "getuid", 0, 0, 0, "has no error in the kernel" },
	{ -1, "getgid", 0, 0, 0, "has no error in the kernel" },
	{ -1, "futex", 0, 0, 0, "a wake that is lost delays, a wait looks at the word again" },
	{ -1, NULL, -EINTR, 0, 0, "EINTR is tried again where the kernel can say so" },
	{ -1, "openat2", -EAGAIN, 0, 0, "a name changed meanwhile: tried again" },
	{ CT_SEAM_CHILD, "openat2", -ELOOP, 0, 0, "resolved again, inside the root" },
	{ CT_SEAM_CHILD, "execve", 0, 0, 0, "the search goes on, or past the point of no return" },
	{ CT_SEAM_CHILD, "mkdirat", -EEXIST, 0, 0, "what is there is as good" },
	{ CT_SEAM_PARENT, "mkdirat", -EEXIST, 0, 0, "another name is taken" },
	{ CT_SEAM_PARENT, "flock", -EAGAIN, 0, 0, "another group is made" },
	{ CT_SEAM_PARENT, "fcntl", -EBADF, 0, 0, "an fd that is closed stays closed inside" },
	{ CT_SEAM_PARENT, "openat", 0, 0, 0, "the pid is known without /proc; the group vanished" },
	{ CT_SEAM_PARENT, "read", 0, 0, 0, "the same" },
	{ CT_SEAM_PARENT, "memfd_create", 0, 0, 0, "contain-init by its path, where it is "
						   "installed" },
	{ CT_SEAM_PARENT, "write", -EPERM, 0, 0, "the same" },
	{ CT_SEAM_PARENT, "write", -ENOSYS, 0, 0, "the same" },
	{ CT_SEAM_PARENT, "fcntl", -EPERM, 0, 0, "the same" },
	{ CT_SEAM_PARENT, "fcntl", -ENOSYS, 0, 0, "the same" },
	{ CT_SEAM_INIT, "execveat", -EPERM, CT_SEAM_FAIL, 0, "the same" },
	{ CT_SEAM_PARENT, "recvmsg", -EAGAIN, 0, 0, "asked again, while contain-init lives" },
	{ CT_SEAM_PARENT, "waitid", 0, 0, 0, "what contain-init kept is as good" },
	{ CT_SEAM_PARENT, "munmap", 0, 0, 0, "freeing tells no error" },
	{ CT_SEAM_PARENT, "unlinkat", 0, 0, 0, "the group stays for container_delete()" },
	{ CT_SEAM_INIT, "setsid", 0, 0, 0, "a monitor that keeps something fails no container" },
	{ CT_SEAM_INIT, "chdir", 0, 0, 0, "the same" },
	{ CT_SEAM_INIT, "close_range", 0, 0, 0, "the same" },
	{ CT_SEAM_CHILD, "close_range", -EPERM, CT_SEAM_FAIL, 0, "fds are listed, or tried each" },
	{ CT_SEAM_CHILD, "close_range", -ENOSYS, CT_SEAM_FAIL, 0, "the same" },
	{ CT_SEAM_INIT, "prctl", 0, 0, 0, "the same" },
	{ CT_SEAM_INIT, "capget", 0, CT_SEAM_KILL, 0,
	  "the payload runs already, and ends with it" },
	{ CT_SEAM_INIT, "capset", 0, CT_SEAM_KILL, 0, "the same" },
	{ CT_SEAM_INIT, "waitid", 0, 0, 0, "the monitor has gone, and says nothing" },
	{ CT_SEAM_INIT, "rt_sigtimedwait", 0, 0, 0, "the init looks again, or dies and takes all "
						    "along" },
	{ CT_SEAM_INIT, "rt_sigaction", 0, 0, 0, "the monitor's SIGCHLD is default here anyway" },
	{ CT_SEAM_INIT, "sendmsg", 0, CT_SEAM_DONE_FAIL, 0, "the message has come" },
};
#define EXEMPTS (sizeof(exempts) / sizeof(exempts[0]))

static int find_exempt(int who, const char *call, int action, int err)
{
	for (size_t i = 0; i < EXEMPTS; i++)
		if ((exempts[i].who < 0 || exempts[i].who == who) &&
		    (!exempts[i].call || !strcmp(exempts[i].call, call)) &&
		    (!exempts[i].action || exempts[i].action == action) &&
		    (!exempts[i].err || exempts[i].err == err))
			return (int)i;
	return -1;
}

static struct {
	const struct fx_plan *plan;
	struct fx_place place;
	struct t_state *before;
	int cases, named, fine;
	char what[200];
} now;

static int64_t now_msec(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000LL + t.tv_nsec / 1000000;
}

/* The k-th call of a task, from 1; futex(2) is made more or less often from run to run. */
static int run_case(int who, uint32_t k, long nr, int action, int err, struct fx_result *r)
{
	fx_seam_reset();
	ct_seam->uncounted = __NR_futex + 1;
	ct_seam->who = (uint8_t)who;
	ct_seam->at = k;
	ct_seam->nr = (int16_t)nr; /* time moves others to its place */
	ct_seam->err = err;
	ct_seam->action = (uint8_t)action;
	fx_run(now.plan, &now.place, FX_SPAWN, r);
	ct_seam->action = 0;
	return (int)ct_seam->hits;
}

static void check_leaks(void)
{
	char diff[4096];

	T_EXPECT(fx_groups(&now.place) == 0, "%s: a group is left", now.what);
	if (!t_state_diff(now.before, diff, sizeof(diff)))
		return;
	T_EXPECT(0, "%s: left behind:\n%s", now.what, diff);
	t_state_free(now.before);
	now.before = t_state_take(STATE);
}

static void one(int who, uint32_t k, long nr, int action, int err)
{
	const char *call = fx_call_name(nr);
	int x = find_exempt(who, call, action, err);
	int64_t start = now_msec(), took;
	struct fx_result r;

	if (x >= 0)
		exempts[x].used++;
	if (x >= 0 && exempts[x].skip)
		return;
	snprintf(now.what, sizeof(now.what), "%s: %s call %u, %s: %s %s", now.plan->name,
		 who_name[who], k, call, action_name[action], err ? fx_errno_name(err) : "");
	if (!run_case(who, k, nr, action, err, &r))
		return; /* calls after the start may come or not */
	took = now_msec() - start;
	now.cases++;
	T_EXPECT(r.err || x >= 0, "%s: it succeeds", now.what);
	if (r.err) {
		int want = action == CT_SEAM_KILL ? -ECANCELED : err;

		now.named++;
		T_EXPECT(r.err == want || x >= 0, "%s: %s: not %s", now.what, r.message,
			 fx_errno_name(want));
	} else {
		now.fine++;
	}
	T_EXPECT(took < LIMIT_MSEC * t_slow(), "%s: took %lld ms", now.what, (long long)took);
	T_EXPECT(r.deleted == 0, "%s: delete: %s", now.what, fx_errno_name(r.deleted));
	check_leaks();
}

static void position(int who, uint32_t k, long nr)
{
	static const int errs[] = { -EPERM, -ENOMEM, -ENOSYS, -EMFILE, -EINVAL, -ENOSPC, -EAGAIN };
	const size_t n = sizeof(errs) / sizeof(errs[0]);

	for (size_t i = 0; i < n; i++)
		if (t_sample(1, 0) || i == k % n)
			one(who, k, nr, CT_SEAM_FAIL, errs[i]);
	if (t_sample(1, 0))
		one(who, k, nr, CT_SEAM_FAIL, -EINTR);
	if (t_sample(1, k % 3 == 0))
		one(who, k, nr, CT_SEAM_DONE_FAIL, -EIO);
	if (t_sample(1, k % 3 == 1))
		one(who, k, nr, CT_SEAM_KILL, 0);
}

/* Which calls a start makes, by task, without those that are not counted. */
static size_t record(int who, int16_t *nr, size_t room)
{
	struct fx_result r;
	size_t n = 0;

	fx_seam_reset();
	fx_run(now.plan, &now.place, FX_SPAWN, &r);
	T_CHECK(r.err == 0 && r.code == 0, "%s: %s, exit code %d", now.plan->name, r.message,
		r.code);
	for (uint32_t i = 0; i < ct_seam->logged && i < CT_SEAM_LOG && n < room; i++)
		if (ct_seam->log[i].who == who && ct_seam->log[i].nr != __NR_futex)
			nr[n++] = ct_seam->log[i].nr;
	return n;
}

static int is_repeated(const int16_t *nr, size_t k, size_t n)
{
	return k > 1 && k + 2 < n && nr[k] == nr[k - 1] && nr[k] == nr[k - 2] && nr[k] == nr[k + 1];
}

static void all_positions(void)
{
	static const int tasks[] = { CT_SEAM_PARENT, CT_SEAM_CHILD, CT_SEAM_INIT };
	static int16_t nr[CT_SEAM_LOG];
	/* bulk counts are the host's; what the plans have in common is failed once */
	size_t total[3], step = t_guest() ? 23 : !strcmp(now.plan->name, "own-init") ? 1 : 2;

	now.cases = now.named = now.fine = 0;
	for (size_t t = 0; t < 3; t++) {
		total[t] = record(tasks[t], nr, CT_SEAM_LOG);
		T_CHECK(total[t] > 3, "%s: %s: %zu calls", now.plan->name, who_name[tasks[t]],
			total[t]);
		now.before = t_state_take(STATE);
		for (size_t k = 0; k < total[t]; k += t_sample(1, step))
			if (t_sample(1, 0) || !is_repeated(nr, k, total[t]))
				position(tasks[t], (uint32_t)k + 1, nr[k]);
		t_state_check(now.before);
	}
	t_note("%s: %zu calls in the caller, %zu in the child, %zu in contain-init; %d cases: %d "
	       "failed, %d fine",
	       now.plan->name, total[0], total[1], total[2], now.cases, now.named, now.fine);
	/* a guest takes a sample of a few */
	T_CHECK(now.named > (t_guest() ? now.cases / 4 : now.cases / 2),
		"most faults should be failures");
}

static void of_plan(const char *name)
{
	struct fx_result r;

	fx_place_make(&now.place);
	fx_seam_open();
	now.plan = fx_plan(name);
	fx_seam_reset();
	fx_run(now.plan, &now.place, FX_NONE, &r); /* the group of groups is there from now on */
	T_CHECK(r.err == 0, "%s", r.message);
	all_positions();
	for (size_t i = 0; i < EXEMPTS; i++)
		if (exempts[i].used)
			t_note("exempt: %s: %s", exempts[i].call ? exempts[i].call : "all",
			       exempts[i].why);
}

TEST_LIMIT(every_call_of_an_init_fails_once, 240)
{
	of_plan("own-init");
}

TEST_LIMIT(every_call_of_a_monitor_fails_once, 240)
{
	of_plan("own-monitor");
}

TEST_LIMIT(every_call_of_another_user_fails_once, 240)
{
	of_plan("own-other");
}

TEST_LIMIT(every_call_of_all_of_it_fails_once, 240)
{
	of_plan("own-all");
}

TEST_LIMIT(every_call_of_joins_fails_once, 240)
{
	of_plan("own-join");
}

TEST_LIMIT(every_call_of_a_joined_root_fails_once, 240)
{
	of_plan("own-join-mnt");
}

TEST_LIMIT(every_call_of_joins_beside_a_new_user_fails_once, 240)
{
	of_plan("own-join-beside");
}

/* Its thread is no task of this test: what it fails at fails the step that waits for it. */
TEST_LIMIT(every_call_of_a_listener_fails_once, 240)
{
	of_plan("own-listener");
}
