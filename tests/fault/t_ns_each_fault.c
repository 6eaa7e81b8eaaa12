/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Every system call of the functions for single types of namespaces fails once: numbers of
 * processes, names, clocks, sysctls. They answer the injected error, or succeed for a reason given
 * here; nothing is left open, and outputs are untouched.
 */
#include "fixture.h"

#include "sys/seam.h"
#include "sys/sys.h"

#include <contain/namespace.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#define STATE (T_FDS | T_MOUNTS | T_CHILDREN | T_THREADS | T_SIGNALS | T_SELF | T_CREDS | T_MAPS)

static struct {
	int ns, pidfd;
	pid_t inside;
} it;

/* Each returns what the call returned, and checks that a failure left its output alone. */
#define OUTPUT(type, call)                                                                         \
	type out = (type)-7;                                                                       \
	int r = call;                                                                              \
	T_CHECK((r < 0) == (out == (type)-7), "%d, and the output is %lld", r, (long long)out);    \
	return r

static int depth(contain_error **e)
{
	OUTPUT(int, contain_ns_depth(it.ns, &out, e));
}

static int pid_in(contain_error **e)
{
	OUTPUT(int32_t, contain_ns_pid_in(it.ns, it.inside, &out, e));
}

static int pid_from(contain_error **e)
{
	OUTPUT(int32_t, contain_ns_pid_from(it.ns, 1, &out, e));
}

static int pidfd_in(contain_error **e)
{
	OUTPUT(int32_t, contain_ns_pidfd_in(it.ns, it.pidfd, &out, e));
}

static int pidfd_from(contain_error **e)
{
	int fd = contain_ns_pidfd_from(it.ns, 1, e);

	if (fd >= 0)
		close(fd);
	return fd < 0 ? fd : 0;
}

static int hostname(contain_error **e)
{
	return contain_ns_set_hostname("one", e);
}

static int domainname(contain_error **e)
{
	return contain_ns_set_domainname("one", e);
}

static int set_time(contain_error **e)
{
	return contain_ns_set_time_offset(CONTAIN_CLOCK_BOOTTIME, 11, 0, e);
}

static int get_time(contain_error **e)
{
	OUTPUT(int64_t, contain_ns_get_time_offset(-1, CONTAIN_CLOCK_BOOTTIME, &out, NULL, e));
}

static int get_time_of(contain_error **e)
{
	OUTPUT(int64_t,
	       contain_ns_get_time_offset(it.pidfd, CONTAIN_CLOCK_BOOTTIME, &out, NULL, e));
}

static int enter_time(contain_error **e)
{
	return contain_ns_enter_time(e);
}

static int set_sysctl(contain_error **e)
{
	return contain_ns_set_sysctl("net.ipv4.ip_default_ttl", "65", e);
}

static int flush(contain_error **e)
{
	return contain_ns_set_sysctl("net.ipv4.route.flush", "1", e);
}

static int get_sysctl(contain_error **e)
{
	char buf[16] = "old";
	int r = contain_ns_get_sysctl("net.ipv4.ip_default_ttl", buf, sizeof(buf), e);

	T_CHECK((r < 0) == !strcmp(buf, "old"), "%d, and the output is %s", r, buf);
	return r < 0 ? r : 0;
}

static const struct job {
	const char *name;
	int (*run)(contain_error **e);
	int new_time; /* a time namespace that nobody is in */
} jobs[] = {
	{ "depth", depth, 0 },		    { "pid-in", pid_in, 0 },
	{ "pid-from", pid_from, 0 },	    { "pidfd-in", pidfd_in, 0 },
	{ "pidfd-from", pidfd_from, 0 },    { "set-hostname", hostname, 0 },
	{ "set-domainname", domainname, 0 }, { "set-time-offset", set_time, 1 },
	{ "get-time-offset", get_time, 0 }, { "get-time-offset of a process", get_time_of, 0 },
	{ "enter-time", enter_time, 1 },    { "set-sysctl", set_sysctl, 0 },
	{ "set-sysctl, no reading", flush, 0 },	    { "get-sysctl", get_sysctl, 0 },
};

/* Calls whose failure is another answer, and why; call NULL and err 0: any. */
static struct {
	const char *call;
	int err, action;
	int answer; /* 0: it succeeds; 1: it may */
	const char *why;
	int used;
} exempts[] = {
	{ "close", 0, CT_SEAM_FAIL, 2, "closes whatever it answers: not injected" },
	{ "close", 0, CT_SEAM_DONE_FAIL, 0, "it is closed, and never tried again" },
	{ "openat", 0, CT_SEAM_DONE_FAIL, 2, "the answer is the only handle on the new fd" },
	{ "openat2", 0, CT_SEAM_DONE_FAIL, 2, "the same" },
	{ "fsopen", 0, CT_SEAM_DONE_FAIL, 2, "the same" },
	{ "fsmount", 0, CT_SEAM_DONE_FAIL, 2, "the same" },
	{ "pidfd_open", 0, CT_SEAM_DONE_FAIL, 2, "the same" },
	{ "ioctl", 0, CT_SEAM_DONE_FAIL, 2, "the same, of a parent" },
	{ "fsopen", -EPERM, CT_SEAM_FAIL, 0, "/proc is taken" },
	{ "fsconfig", -EPERM, CT_SEAM_FAIL, 0, "/proc is taken" },
	{ "fsmount", -EPERM, CT_SEAM_FAIL, 0, "/proc is taken" },
	{ "fsopen", -ENOSYS, CT_SEAM_FAIL, 0, "/proc is taken" },
	{ "fsconfig", -ENOSYS, CT_SEAM_FAIL, 0, "/proc is taken" },
	{ "fsmount", -ENOSYS, CT_SEAM_FAIL, 0, "/proc is taken" },
	{ "openat2", -EINTR, CT_SEAM_FAIL, 0, "EINTR is tried again" },
	{ "read", -EINTR, CT_SEAM_FAIL, 0, "EINTR is tried again" },
	{ "write", -EINTR, CT_SEAM_FAIL, 0, "EINTR is tried again" },
	{ "pread64", -EINTR, 0, 0, "EINTR is tried again" },
	{ "ioctl", -EPERM, CT_SEAM_FAIL, 1, "what lies above a namespace is not seen" },
	{ "pidfd_send_signal", -EPERM, CT_SEAM_FAIL, 0, "it is there, and not the caller's" },
	{ "openat2", -EPERM, CT_SEAM_FAIL, 1, "processes that may not be looked at are left out" },
	{ "openat", -EPERM, CT_SEAM_FAIL, 1, "the same" },
	{ "newfstatat", -EPERM, CT_SEAM_FAIL, 1, "the same" },
	{ "read", -EPERM, CT_SEAM_FAIL, 1, "the same" },
};
#define EXEMPTS (sizeof(exempts) / sizeof(exempts[0]))

static int find_exempt(const char *call, int action, int err)
{
	for (size_t i = 0; i < EXEMPTS; i++)
		if (!strcmp(exempts[i].call, call) &&
		    (!exempts[i].err || exempts[i].err == err) &&
		    (!exempts[i].action || exempts[i].action == action))
			return (int)i;
	return -1;
}

static int no_ioctl(enum ct_seam_who who, long nr, const long *args, long *ret)
{
	if (nr != __NR_ioctl || (args[1] & 0xffffff00) != 0x8004b700)
		return 0;
	*ret = -ENOTTY;
	return 1;
}

static int no_mounts(enum ct_seam_who who, long nr, const long *args, long *ret)
{
	if (nr == __NR_fsmount)
		*ret = -EPERM;
	return nr == __NR_fsmount || no_ioctl(who, nr, args, ret);
}

static int (*const ways[])(enum ct_seam_who, long, const long *, long *) = {
	NULL, no_ioctl, no_mounts,
};

static int run(const struct job *j, int way, uint32_t at, int action, int err, contain_error **e)
{
	int r;

	if (j->new_time)
		T_SYS(unshare(CLONE_NEWTIME));
	fx_seam_reset();
	ct_seam->fake = ways[way];
	ct_seam->who = CT_SEAM_PARENT;
	ct_seam->at = at;
	ct_seam->action = (uint8_t)action;
	ct_seam->nr = -1;
	ct_seam->err = err;
	ct_seam->on = 1;
	r = j->run(e);
	ct_seam->on = 0;
	ct_seam->action = 0;
	return r;
}

static int cases, told;

static void one(const struct job *j, int way, uint32_t at, long nr, int action, int err)
{
	const char *call = fx_call_name(nr);
	int x = find_exempt(call, action, err), r;
	contain_error *e = NULL;

	if (x >= 0)
		exempts[x].used++;
	if (x >= 0 && exempts[x].answer == 2)
		return;
	r = run(j, way, at, action, err, &e);
	cases++;
	told += r < 0;
	T_EXPECT(ct_seam->hits == 1, "%s, way %d: call %u was not made", j->name, way, at);
	T_EXPECT((x >= 0 && r == 0) || r == err || (x >= 0 && exempts[x].answer == 1),
		 "%s, way %d: call %u, %s: %s %s: %d %s", j->name, way, at, call,
		 action == CT_SEAM_FAIL ? "fails" : "done, reported failed", fx_errno_name(err), r,
		 contain_error_message(e));
	T_EXPECT(contain_error_code(e) == r, "%s: %d", j->name, contain_error_code(e));
	contain_error_free(e);
}

static void every_call(const struct job *j, int way)
{
	static const int errs[] = { -ENOMEM, -EPERM, -EMFILE, -EIO, -ENOSYS, -EINTR };
	struct t_state *before;
	int16_t nr[512];
	uint32_t n;
	int r = run(j, way, 0, 0, 0, NULL);

	T_CHECK(r == 0, "%s, way %d: %d", j->name, way, r);
	before = t_state_take(STATE);
	n = ct_seam->logged;
	T_CHECK(n > 0 && n < 512, "%s: %u calls", j->name, n);
	for (uint32_t k = 0; k < n; k++)
		nr[k] = ct_seam->log[k].nr;
	for (uint32_t k = 0; k < n; k++) {
		for (size_t i = 0; i < sizeof(errs) / sizeof(errs[0]); i++)
			if (errs[i] != -EINTR || find_exempt(fx_call_name(nr[k]), CT_SEAM_FAIL,
							      -EINTR) >= 0)
				one(j, way, k + 1, nr[k], CT_SEAM_FAIL, errs[i]);
		one(j, way, k + 1, nr[k], CT_SEAM_DONE_FAIL, -EIO);
	}
	t_state_check(before);
	t_note("%s, way %d: %u calls", j->name, way, n);
}

/* A process in a pid namespace below, where it is process 1. */
static void make_process(void)
{
	T_SYS(unshare(CLONE_NEWPID));
	it.inside = fork();
	T_SYS(it.inside);
	if (it.inside == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;)
			pause();
	}
	it.ns = open(t_fmt("/proc/%d/ns/pid", (int)it.inside), O_RDONLY | O_CLOEXEC);
	T_SYS(it.ns);
	it.pidfd = (int)syscall(__NR_pidfd_open, it.inside, 0);
	T_SYS(it.pidfd);
}

static int all(void *arg, void *rec)
{
	fx_seam_open();
	make_process();
	T_SYS(unshare(CLONE_NEWNET | CLONE_NEWUTS | CLONE_NEWTIME));
	for (size_t j = 0; j < sizeof(jobs) / sizeof(jobs[0]); j++)
		for (int way = 0; way < 3; way++)
			every_call(&jobs[j], way);
	kill(it.inside, SIGKILL);
	t_note("%d cases, %d told", cases, told);
	T_CHECK(told > cases / 2);
	for (size_t i = 0; i < EXEMPTS; i++)
		if (!exempts[i].used)
			t_note("exempt (unused): %s: %s", exempts[i].call, exempts[i].why);
	return 0;
}

TEST_LIMIT(every_call_fails_once, 120)
{
	t_need_root();
	ck_assert_int_eq(t_child(all, NULL, NULL, 0), 0);
}
