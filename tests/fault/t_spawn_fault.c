/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Every system call of a start, its wait and its end fails once, in the parent, in the starter
 * thread and in the child: an error that names the step, or a start that succeeds for a reason
 * given here; no leak, no hang.
 *
 * Positions are counted per task and come from a recorded run. LONG=1: every error for each
 * position. Otherwise one that is plausible for the call, and EINTR; long runs of the same call
 * in one step (signals, capabilities) are sampled then.
 */
#include "fixture.h"

#include "sys/sys.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#define LIMIT_MSEC 2000
#define ANY (-1)
/* groups are looked for by name: others may have theirs in the same place */
#define STATE ((T_ALL | T_MAPS) & ~T_CGROUPS)

/* ---- what may be another answer than the injected error ---- */

enum outcome {
	FINE = 1, /* the start succeeds, or the container ends as it should */
	EITHER,	  /* it succeeds or tells the injected error: what it depends on is said */
	OTHER,	  /* it or another error, in the same step */
	NOT_HERE, /* cannot be injected: it would prove nothing */
};

static struct exempt {
	int who;
	const char *call;
	int err, action; /* 0: any, but for kill */
	int phase;	 /* 0: any */
	enum outcome outcome;
	int other;
	const char *why;
	const char *op; /* NULL: in any step */
	int used;
} exempts[] = {
	/* cannot be injected */
	{ ANY, "close", 0, CT_SEAM_FAIL, 0, NOT_HERE, 0,
	  "closes on Linux whatever it answers: done, but reported failed, is the only failure" },
	{ CT_SEAM_PARENT, "openat", 0, CT_SEAM_DONE_FAIL, 0, NOT_HERE, 0,
	  "the answer is the only handle on the new fd" },
	{ CT_SEAM_PARENT, "bpf", 0, CT_SEAM_DONE_FAIL, 0, NOT_HERE, 0, "the same" },
	{ CT_SEAM_PARENT, "socketpair", 0, CT_SEAM_DONE_FAIL, 0, NOT_HERE, 0, "the same" },
	{ CT_SEAM_PARENT, "recvmsg", 0, CT_SEAM_DONE_FAIL, 0, NOT_HERE, 0, "the same" },
	{ CT_SEAM_PARENT, "mmap", 0, CT_SEAM_DONE_FAIL, 0, NOT_HERE, 0,
	  "the answer is the only handle on the mapping" },
	{ CT_SEAM_PARENT, "munmap", 0, CT_SEAM_FAIL, 0, NOT_HERE, 0,
	  "what the kernel does not take back stays, whoever asks" },
	{ CT_SEAM_PARENT, "clone3", 0, CT_SEAM_DONE_FAIL, 0, NOT_HERE, 0,
	  "the answer alone says whether a child exists: a clone that fails late has written pid "
	  "and pidfd as well" },
	{ CT_SEAM_STARTER, "clone3", 0, CT_SEAM_DONE_FAIL, 0, NOT_HERE, 0, "the same" },
	{ CT_SEAM_STARTER, NULL, 0, CT_SEAM_KILL, 0, NOT_HERE, 0,
	  "a thread dies with its process: killed parents are a test of their own" },
	{ CT_SEAM_PARENT, NULL, 0, CT_SEAM_KILL, 0, NOT_HERE, 0, "the same" },
	/* no failure of the start */
	{ ANY, "close", 0, CT_SEAM_DONE_FAIL, 0, FINE, 0, "it is closed, and never tried again" },
	{ CT_SEAM_PARENT, "clone3", -EINVAL, CT_SEAM_FAIL, FX_SPAWN, FINE, 0,
	  "what a caller gets that has unshared its pid namespace: contain-init is taken" },
	{ CT_SEAM_STARTER, "clone3", -EINVAL, CT_SEAM_FAIL, FX_SPAWN, FINE, 0, "the same" },
	{ ANY, "umask", 0, 0, 0, FINE, 0, "has no error in the kernel" },
	{ ANY, "getpid", 0, 0, 0, FINE, 0, "has no error in the kernel" },
	{ ANY, "getuid", 0, 0, 0, OTHER, -EOVERFLOW,
	  "has no error in the kernel; any other id than the map's is EOVERFLOW" },
	{ ANY, "getgid", 0, 0, 0, OTHER, -EOVERFLOW, "the same" },
	{ ANY, "exit", 0, 0, 0, FINE, 0, "has no error in the kernel, and is made again" },
	{ CT_SEAM_PARENT, "futex", 0, 0, 0, FINE, 0, "a wait looks at the word again" },
	{ CT_SEAM_STARTER, "futex", 0, 0, 0, FINE, 0, "a wake that is lost delays, no more" },
	{ CT_SEAM_CHILD, "futex", 0, 0, 0, EITHER, 0,
	  "a wake that is lost delays, and a wait that fails is no wait" },
	{ CT_SEAM_CHILD, "openat2", 0, 0, 0, EITHER, 0,
	  "what execve(2) fails with as well is left to it, what cannot be seen to contain-init",
	  "check-program" },
	{ CT_SEAM_CHILD, "newfstatat", -EACCES, 0, 0, EITHER, 0, "the same", "check-program" },
	{ CT_SEAM_CHILD, "pread64", -EACCES, 0, 0, EITHER, 0, "the same", "check-program" },
	{ CT_SEAM_CHILD, "pread64", -EBADF, 0, 0, EITHER, 0, "the same", "check-program" },
	{ ANY, "close_range", -ENOSYS, CT_SEAM_FAIL, 0, FINE, 0, "they are listed, or tried each" },
	{ ANY, "close_range", -EPERM, CT_SEAM_FAIL, 0, FINE, 0, "the same" },
	{ CT_SEAM_CHILD, "execve", 0, CT_SEAM_DONE_FAIL, 0, EITHER, 0,
	  "does not come back, but from a candidate in PATH that is not there" },
	{ CT_SEAM_CHILD, "execve", 0, CT_SEAM_KILL, 0, FINE, 0,
	  "past the point of no return: a payload that was killed, and so says its exit record" },
	{ CT_SEAM_CHILD, "execve", -ENOENT, 0, 0, EITHER, 0, "the search in PATH goes on" },
	{ CT_SEAM_CHILD, "execve", -EACCES, 0, 0, EITHER, 0, "the search in PATH goes on" },
	{ CT_SEAM_CHILD, "keyctl", -EPERM, 0, 0, EITHER, 0,
	  "who may not call it has no keyring to protect; one that was asked for is an error" },
	{ CT_SEAM_CHILD, "keyctl", -ENOSYS, 0, 0, EITHER, 0, "the same" },
	/* tried again */
	{ CT_SEAM_CHILD, "keyctl", -EDQUOT, 0, 0, EITHER, 0,
	  "keys of the dead are collected late: joined again, and then told its number" },
	{ ANY, "openat2", -EINTR, CT_SEAM_FAIL, 0, FINE, 0, "EINTR is tried again" },
	{ ANY, "openat2", -EAGAIN, 0, 0, FINE, 0, "a name changed meanwhile: tried again" },
	{ CT_SEAM_CHILD, "openat2", -ELOOP, 0, 0, EITHER, 0,
	  "a symlink on the way to a mount point: resolved again, inside the root" },
	{ ANY, "read", -EINTR, CT_SEAM_FAIL, 0, FINE, 0, "EINTR is tried again" },
	{ ANY, "pread64", -EINTR, 0, 0, FINE, 0, "EINTR is tried again" },
	{ ANY, "write", -EINTR, CT_SEAM_FAIL, 0, FINE, 0, "EINTR is tried again" },
	{ ANY, "sendfile", -EINTR, CT_SEAM_FAIL, 0, FINE, 0, "EINTR is tried again" },
	{ ANY, "waitid", -EINTR, CT_SEAM_FAIL, 0, FINE, 0, "EINTR is tried again" },
	{ ANY, "sendmsg", -EINTR, 0, 0, FINE, 0, "EINTR is tried again; the first one counts" },
	{ ANY, "recvmsg", -EINTR, CT_SEAM_FAIL, 0, FINE, 0, "EINTR is tried again" },
	{ CT_SEAM_PARENT, "recvmsg", -EAGAIN, CT_SEAM_FAIL, 0, OTHER, -EPROTO,
	  "nothing has come, and nothing will" },
	{ ANY, "ppoll", -EINTR, 0, 0, FINE, 0, "EINTR is tried again" },
	{ CT_SEAM_PARENT, "flock", -EAGAIN, 0, 0, FINE, 0,
	  "a collector has the group in hand: another one is made" },
	{ CT_SEAM_PARENT, "mkdirat", -EEXIST, 0, 0, FINE, 0, "another name is taken" },
	{ CT_SEAM_CHILD, "mkdirat", -EEXIST, 0, 0, OTHER, -ENOENT,
	  "what is there is as good as what is made, and is opened next" },
	{ CT_SEAM_CHILD, "flock", -EAGAIN, 0, 0, OTHER, -EBUSY,
	  "somebody else starts on this upper directory" },
	{ CT_SEAM_CHILD, "fsconfig", -EINVAL, 0, 0, EITHER, 0,
	  "what is asked for to see whether an upper directory is in use cannot be mounted",
	  .op = "name-upper" },
	{ CT_SEAM_CHILD, "newfstatat", -ENOENT, CT_SEAM_FAIL, 0, EITHER, 0,
	  "what is gone from the host is not shown; \"/\" itself has to be there",
	  .op = "layer-host" },
	{ CT_SEAM_CHILD, "newfstatat", -EACCES, CT_SEAM_FAIL, 0, EITHER, 0, "the same",
	  .op = "layer-host" },
	{ CT_SEAM_CHILD, "fchown", -EPERM, 0, 0, EITHER, 0,
	  "a copy whose owner is not mapped here is user 0's", .op = "mount-fs" },
	{ CT_SEAM_CHILD, "fchownat", -EPERM, 0, 0, EITHER, 0, "the same", .op = "mount-fs" },
	{ CT_SEAM_CHILD, "fsconfig", -EINVAL, 0, 0, EITHER, 0,
	  "what cannot be a layer is shown read-only; \"/\" itself has to be one",
	  .op = "layer-host" },
	{ CT_SEAM_CHILD, "openat", -EACCES, 0, 0, EITHER, 0,
	  "a file of /etc that may not be made is covered", .op = "make-file" },
	{ CT_SEAM_CHILD, "unlinkat", -EACCES, 0, 0, EITHER, 0, "the same", .op = "make-file" },
	{ CT_SEAM_CHILD, "fsopen", 0, 0, 0, EITHER, 0,
	  "where no procfs can be made /proc is taken, when nothing lies over it",
	  .op = "set-sysctl" },
	{ CT_SEAM_CHILD, "fsconfig", 0, 0, 0, EITHER, 0, "the same", .op = "set-sysctl" },
	{ CT_SEAM_CHILD, "fsmount", 0, 0, 0, EITHER, 0, "the same", .op = "set-sysctl" },
	{ CT_SEAM_CHILD, "fsopen", 0, 0, 0, EITHER, 0,
	  "where no procfs of one's own is to be had, /proc is looked at", .op = "open-proc" },
	{ CT_SEAM_CHILD, "fsconfig", 0, 0, 0, EITHER, 0, "the same", .op = "open-proc" },
	{ CT_SEAM_CHILD, "fsmount", 0, 0, 0, EITHER, 0, "the same", .op = "open-proc" },
	{ CT_SEAM_CHILD, "readlinkat", -ENOENT, 0, 0, OTHER, -ESRCH,
	  "the process has no number in this procfs", .op = "nested-user" },
	{ CT_SEAM_CHILD, "unlinkat", -EBUSY, 0, 0, FINE, 0,
	  "something is mounted there, and the file is mounted over it" },
	{ CT_SEAM_PARENT, "fcntl", -EBADF, 0, 0, FINE, 0,
	  "an fd that is closed stays closed inside" },
	{ CT_SEAM_PARENT, "openat", -ENOENT, 0, FX_SPAWN, EITHER, 0,
	  "the group vanished meanwhile: another one is made" },
	{ CT_SEAM_PARENT, "faccessat2", 0, 0, 0, FINE, 0,
	  "whether a group that was not killed is there still, the clone tells",
	  .op = "group-place" },
	/* the end */
	{ CT_SEAM_PARENT, "openat", 0, 0, FX_WAIT, FINE, 0,
	  "usage that cannot be read is unknown" },
	{ CT_SEAM_PARENT, "read", 0, 0, FX_WAIT, FINE, 0, "usage that cannot be read is unknown" },
	{ CT_SEAM_PARENT, "unlinkat", 0, 0, FX_WAIT, FINE, 0,
	  "the group stays for container_delete()" },
	{ CT_SEAM_PARENT, "munmap", 0, 0, FX_FREE, FINE, 0, "freeing tells no error" },
};
#define EXEMPTS (sizeof(exempts) / sizeof(exempts[0]))

static const char *op_of(const struct fx_call *c);

static struct exempt *find_exempt(int who, const struct fx_call *c, int action, int err)
{
	const char *call = fx_call_name(c->nr), *op = op_of(c);
	int phase = c->phase;

	for (size_t i = 0; i < EXEMPTS; i++) {
		struct exempt *x = &exempts[i];

		if ((x->who == ANY || x->who == who) && (!x->call || !strcmp(x->call, call)) &&
		    (x->action ? x->action == action : action != CT_SEAM_KILL) &&
		    (!x->err || x->err == err) && (!x->phase || x->phase == phase) &&
		    (!x->op || (op && !strcmp(x->op, op))))
			return x;
	}
	return NULL;
}

/* ---- errors ---- */

/* Besides EPERM, ENOMEM and ENOSYS, which every call may answer. */
static const struct {
	const char *call;
	int err[4];
} plausible[] = {
	{ "openat", { -EMFILE, -EACCES, -ENOENT } }, { "openat2", { -ELOOP, -EAGAIN, -EMFILE } },
	{ "mkdirat", { -ENOSPC, -EROFS, -EEXIST } }, { "mknodat", { -ENOSPC, -EROFS } },
	{ "symlinkat", { -ENOSPC, -EROFS } },	     { "write", { -EIO, -ENOSPC, -EBUSY } },
	{ "read", { -EIO } },			     { "clone3", { -EAGAIN, -ENOSPC, -EINVAL } },
	{ "execve", { -EACCES, -ENOENT, -ENOEXEC, -E2BIG } },
	{ "flock", { -EAGAIN, -ENOLCK } },	     { "mount", { -EINVAL, -EBUSY } },
	{ "move_mount", { -EINVAL, -ENOSPC } },	     { "open_tree", { -EINVAL, -EMFILE } },
	{ "fsopen", { -ENODEV, -EMFILE } },	     { "fsmount", { -EBUSY, -EMFILE } },
	{ "fsconfig", { -EINVAL, -ENOSPC } },	     { "socket", { -EAFNOSUPPORT, -EMFILE } },
	{ "pivot_root", { -EINVAL, -EBUSY } },	     { "mount_setattr", { -EINVAL } },
	{ "unshare", { -ENOSPC } },		     { "fcntl", { -EMFILE, -EBADF } },
	{ "dup3", { -EMFILE, -EBADF } },	     { "unlinkat", { -EBUSY } },
	{ "recvmsg", { -EAGAIN } },
	{ "keyctl", { -EDQUOT } },		     { "ioprio_set", { -EINVAL } },
	{ "sched_setattr", { -EBUSY } },	     { "sched_setaffinity", { -EINVAL } },
	{ "waitid", { -ESRCH } },		     { "newfstatat", { -EACCES, -ENOENT } },
};

static int errors_of(const char *call, int *err)
{
	int n = 0;

	for (size_t i = 0; i < sizeof(plausible) / sizeof(plausible[0]); i++)
		for (int k = 0; !strcmp(plausible[i].call, call) && k < 4; k++)
			if (plausible[i].err[k])
				err[n++] = plausible[i].err[k];
	err[n++] = -EPERM;
	err[n++] = -ENOMEM;
	err[n++] = -ENOSYS;
	return n;
}

/* ---- one case ---- */

static struct {
	const struct fx_plan *plan;
	struct fx_place place;
	struct fx_record rec;
	struct fx_explain *explain;
	struct t_state *before;
	int groups, cases, named, fine;
} now;

static const char *const who_name[] = { "parent", "starter", "child" };
static const char *const action_name[] = { "", "fail", "done-fail", "kill" };

/* What runs, for the watcher: a hang is told by somebody who does not sleep. */
static struct watched {
	char what[160];
	int64_t since;
} *watched;

static int64_t now_msec(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000LL + t.tv_nsec / 1000000;
}

/* A hang of the test itself, which sleeps in the clone: says in which case, and ends it. */
static pid_t watch(void)
{
	pid_t pid, test = getpid();
	struct timespec t = { 0, 50000000 };

	watched = mmap(NULL, sizeof(*watched), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
		       -1, 0);
	T_CHECK(watched != MAP_FAILED, "%m");
	pid = fork();
	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (;;) {
		int64_t since = watched->since;

		nanosleep(&t, NULL);
		if (!since || now_msec() - since < 4 * LIMIT_MSEC * t_slow() ||
		    since != watched->since)
			continue;
		T_EXPECT(0, "%s: hangs", watched->what);
		kill(test, SIGKILL);
		_exit(1);
	}
}

/* Every case is judged: some of those that are wrong stand in the result, all in stderr. */
#define CHECK(cond, ...)                                                                           \
	do {                                                                                       \
		if (!(cond)) {                                                                     \
			fprintf(stderr, "WRONG: " __VA_ARGS__);                                    \
			fputc('\n', stderr);                                                       \
			T_EXPECT(0, __VA_ARGS__);                                                  \
		}                                                                                  \
	} while (0)

/*
 * The k-th call of a task. In a start with a starter thread everybody sleeps a different number of
 * times in each run: then futex(2) is left out of the count, and all of its calls fail at once.
 */
static void set_rule(int who, uint32_t k, int action, int err)
{
	uint32_t at = 1;

	fx_seam_reset();
	for (uint32_t i = 0; i < k; i++)
		at += now.rec.call[who][i].nr != __NR_futex;
	ct_seam->uncounted = __NR_futex + 1;
	ct_seam->at = at;
	if (now.rec.call[who][k].nr == __NR_futex) {
		ct_seam->at = 0;
		ct_seam->nr = __NR_futex;
	}
	ct_seam->who = (uint8_t)who;
	ct_seam->err = err;
	ct_seam->action = (uint8_t)action;
}

static const char *op_of(const struct fx_call *c)
{
	return c->phase == FX_SPAWN ? fx_explain_op(now.explain, c->step + 1) :
				      fx_phase_name[c->phase];
}

static void judge(const struct fx_call *c, int who, int action, int err, const struct fx_result *r)
{
	struct exempt *x = find_exempt(who, c, action, err);
	const char *op = op_of(c);
	int want = action == CT_SEAM_KILL ? -ECANCELED : err;

	if (x)
		x->used++;
	if (!r->err) {
		now.fine++;
		CHECK(c->phase == FX_FREE || (x && (x->outcome == FINE || x->outcome == EITHER)),
			"%s: it succeeds", watched->what);
		return;
	}
	now.named++;
	CHECK(!x || x->outcome != FINE, "%s: %s", watched->what, r->message);
	if (x && x->outcome == OTHER && r->err != err)
		want = x->other;
	CHECK(r->err == want, "%s: %s: not %s", watched->what, r->message, fx_errno_name(want));
	CHECK(r->phase == (enum fx_phase)c->phase, "%s: failed in %s", watched->what,
		fx_phase_name[r->phase]);
	CHECK(!strcmp(r->op, op ? op : "spawn"), "%s: %s: should name %s", watched->what,
		r->message, op ? op : "spawn");
	CHECK(c->phase != FX_SPAWN || r->step == c->step + 1, "%s: %s: should name step %d",
		watched->what, r->message, c->step + 1);
}

/* What was left is told once. */
static void check_leaks(void)
{
	int groups = fx_groups(&now.place);
	char diff[4096];

	CHECK(groups <= now.groups, "%s: a group is left", watched->what);
	now.groups = groups;
	if (!t_state_diff(now.before, diff, sizeof(diff)))
		return;
	CHECK(0, "%s: left behind:\n%s", watched->what, diff);
	t_state_free(now.before);
	now.before = t_state_take(STATE);
}

static void one(int who, uint32_t k, int action, int err)
{
	const struct fx_call *c = &now.rec.call[who][k];
	const struct exempt *x = find_exempt(who, c, action, err);
	struct fx_result r;
	int64_t start, took;

	if (x && x->outcome == NOT_HERE) {
		((struct exempt *)x)->used++;
		return;
	}
	snprintf(watched->what, sizeof(watched->what), "%s: %s call %u, %s in %s, step %d: %s %s",
		 now.plan->name, who_name[who], k + 1, fx_call_name(c->nr), fx_phase_name[c->phase],
		 c->step + 1, action_name[action], err ? fx_errno_name(err) : "");
	set_rule(who, k, action, err);
	watched->since = start = now_msec();
	fx_run(now.plan, &now.place, FX_SPAWN, &r);
	took = now_msec() - start;
	watched->since = 0;
	ct_seam->action = 0;
	now.cases++;
	/* nobody had to sleep this time */
	CHECK(ct_seam->hits || c->nr == __NR_futex, "%s: it was not made", watched->what);
	if (ct_seam->hits || r.err)
		judge(c, who, action, err, &r);
	CHECK(took < LIMIT_MSEC * t_slow(), "%s: took %lld ms", watched->what, (long long)took);
	CHECK(r.code == 0 || (c->nr == __NR_execve && action == CT_SEAM_KILL),
	      "%s: the payload ended with %d", watched->what, r.code);
	CHECK(r.deleted == 0, "%s: delete: %s", watched->what, fx_errno_name(r.deleted));
	check_leaks();
}

/* ---- all cases ---- */

/* The k-th call is one of a long row of the same in one step, and neither of its ends. */
static int is_repeated(int who, uint32_t k)
{
	const struct fx_call *c = &now.rec.call[who][k];

	return k > 1 && k + 2 < now.rec.n[who] && !memcmp(c, c - 1, sizeof(*c)) &&
	       !memcmp(c, c - 2, sizeof(*c)) && !memcmp(c, c + 1, sizeof(*c));
}

static void position(int who, uint32_t k)
{
	int err[8], n = errors_of(fx_call_name(now.rec.call[who][k].nr), err);

	for (int i = 0; i < n; i++)
		if (t_sample(1, 0) || i == (int)(k % (uint32_t)n))
			one(who, k, CT_SEAM_FAIL, err[i]);
	one(who, k, CT_SEAM_FAIL, -EINTR);
	one(who, k, CT_SEAM_DONE_FAIL, -EIO);
	one(who, k, CT_SEAM_KILL, 0);
}

/*
 * Bulk counts are the host's, and there the ordinary run fails every call of two plans that have
 * most steps, and a sample of the others, which have them too.
 */
static uint32_t stride(const char *plan, uint32_t calls)
{
	if (t_guest())
		return 37;
	if (!strcmp(plan, "overlay") || !strcmp(plan, "maps"))
		return 1;
	return (uint32_t)t_sample(1, calls / 40 + 1);
}

static void all_positions(const char *plan)
{
	now.plan = fx_plan(plan);
	now.cases = now.named = now.fine = 0;
	fx_record(now.plan, &now.place, FX_SPAWN, &now.rec);
	now.explain = fx_explain_of(now.plan, &now.place);
	now.before = t_state_take(STATE);
	for (int who = 0; who < CT_SEAM_WHO; who++)
		for (uint32_t k = 0; k < now.rec.n[who]; k += stride(plan, now.rec.n[who]))
			if (t_sample(1, 0) || !is_repeated(who, k))
				position(who, k);
	t_state_check(now.before);
	fx_explain_free(now.explain);
	t_note("%s: %u calls in the parent, %u in the starter, %u in the child; %d cases: %d named "
	       "the step, %d fine",
	       plan, now.rec.n[0], now.rec.n[1], now.rec.n[2], now.cases, now.named, now.fine);
	T_CHECK(now.named > now.cases / 2, "most faults should be failures");
}

TEST_LIMIT(every_call_fails_once, 900)
{
	pid_t watcher;

	fx_place_make(&now.place);
	fx_seam_open();
	watcher = watch();
	for (const struct fx_plan *const *p = fx_plans(); *p; p++)
		all_positions((*p)->name);
	kill(watcher, SIGKILL);
	waitpid(watcher, NULL, 0);
	for (size_t i = 0; i < EXEMPTS; i++)
		t_note("exempt%s: %s %s: %s", exempts[i].used ? "" : " (unused)",
		       exempts[i].who == ANY ? "all" : who_name[exempts[i].who],
		       exempts[i].call ? exempts[i].call : "calls", exempts[i].why);
}
