/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Pid namespaces: how deep they nest, who sees whom, and the numbers of one process. */
#include "t_ns.h"


#include <contain/namespace.h>
#include <dirent.h>
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#define DEEP 6 /* processes at depths 0 to 5 */

static int own_ns(pid_t pid)
{
	int fd = open(t_fmt("/proc/%d/ns/pid", (int)pid), O_RDONLY | O_CLOEXEC);

	T_CHECK(fd >= 0, "/proc/%d/ns/pid: %m", (int)pid);
	return fd;
}

/* An ordinary user needs a user namespace, once. */
static void may_unshare(void)
{
	uint32_t uid = geteuid(), gid = getegid();

	if (ts_is_root())
		return;
	ck_assert_int_eq(contain_ns_unshare(CONTAIN_NS_USER, NULL), 0);
	ck_assert_int_eq(contain_ns_map_self(0, 0, uid, gid, NULL), 0);
}

struct nest {
	int levels, err;
	char hint[512];
};

/* A process per level; the last one says why it could not go on. */
static int nest(void *arg, void *rec_)
{
	contain_error *e = NULL;
	struct nest *rec = rec_;
	int status;
	pid_t pid;

	may_unshare();
	while ((rec->err = contain_ns_unshare(CONTAIN_NS_PID, &e)) == 0) {
		pid = fork();
		T_SYS(pid);
		if (pid) {
			T_CHECK(waitpid(pid, &status, 0) == pid && status == 0, "%x", status);
			_exit(0);
		}
		T_CHECK(getpid() == 1 && getppid() == 0);
		rec->levels++;
	}
	snprintf(rec->hint, sizeof(rec->hint), "%s", contain_error_hint(e));
	contain_error_free(e);
	return 0;
}

/* Whether the kernel's own count starts here. */
static int in_initial_namespace(void)
{
	char link[64] = "";

	T_SYS(readlink("/proc/self/ns/pid", link, sizeof(link) - 1));
	return strcmp(link, "pid:[4026531836]") == 0;
}

TEST_BOTH(thirty_two_levels)
{
	struct nest *rec = mmap(NULL, sizeof(*rec), PROT_READ | PROT_WRITE,
				MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int at_top = in_initial_namespace();

	ck_assert_int_eq(t_child(nest, NULL, rec, sizeof(*rec)), 0);
	t_note("%d levels below %s: %s", rec->levels,
	       at_top ? "the initial namespace" : "the test's own", rec->hint);
	ck_assert_int_eq(rec->err, -ENOSPC);
	T_CHECK(strstr(rec->hint, "32"), "%s", rec->hint);
	if (at_top)
		ck_assert_int_eq(rec->levels, 32);
	else /* the runner's own is one of them; what lies above that is not seen */
		T_CHECK(rec->levels <= 31 && rec->levels >= 24, "%d", rec->levels);
}

/* ---- a chain of processes, each in a pid namespace below the one before ---- */

struct chain {
	pid_t inside[DEEP]; /* by getpid() */
	pid_t pid[DEEP];    /* as the test counts */
	int ns[DEEP], up[2];
};

static void links(struct chain *c)
{
	int level = 0;

	may_unshare();
	for (;;) {
		T_SYS(prctl(PR_SET_PDEATHSIG, SIGKILL));
		c->inside[level] = getpid();
		if (level + 1 == DEEP)
			break;
		for (int i = 0; level && i <= level; i++) { /* the next has another number */
			if (fork() == 0)
				_exit(0);
			wait(NULL);
		}
		ck_assert_int_eq(contain_ns_unshare(CONTAIN_NS_PID, NULL), 0);
		if (fork() != 0)
			break;
		level++;
	}
	if (level + 1 == DEEP)
		T_CHECK(write(c->up[1], "x", 1) == 1);
	for (;;)
		pause();
}

/* The child whose pid namespace is another one. */
static pid_t child_of(pid_t parent)
{
	char text[4096];
	int pid = 0;

	T_CHECK(t_read_file(t_fmt("/proc/%d/task/%d/children", (int)parent, (int)parent), text,
			    sizeof(text)) > 0);
	T_CHECK(sscanf(text, "%d", &pid) == 1);
	return pid;
}

static struct chain *chain_start(void)
{
	struct chain *c = mmap(NULL, sizeof(*c), PROT_READ | PROT_WRITE,
			       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid_t first;
	char x;

	T_SYS(pipe2(c->up, O_CLOEXEC));
	first = fork();
	T_SYS(first);
	if (first == 0)
		links(c);
	c->pid[0] = first;
	T_CHECK(read(c->up[0], &x, 1) == 1);
	for (int i = 0; i < DEEP; i++) {
		if (i)
			c->pid[i] = child_of(c->pid[i - 1]);
		c->ns[i] = own_ns(c->pid[i]);
	}
	return c;
}

static void chain_end(struct chain *c)
{
	for (int i = DEEP - 1; i >= 0; i--)
		T_SYS(kill(c->pid[i], SIGKILL));
	T_SYS(waitpid(c->pid[0], NULL, 0));
	for (int i = 0; i < DEEP; i++) {
		close(c->ns[i]);
		for (int tries = 0; tries < 1000 * t_slow() && kill(c->pid[i], 0) == 0; tries++)
			usleep(1000);
	}
	close(c->up[0]);
	close(c->up[1]);
	munmap(c, sizeof(*c));
}

/* The numbers of NSpid in /proc/PID/status: an oracle of its own. */
static int nspid(pid_t pid, int *ret)
{
	char text[8192], *at;
	int n = 0, used;

	T_CHECK(t_read_file(t_fmt("/proc/%d/status", (int)pid), text, sizeof(text)) > 0);
	at = strstr(text, "\nNSpid:");
	T_CHECK(at);
	for (at += 7; n < 34 && *at != '\n' && sscanf(at, "%d%n", &ret[n], &used) == 1; at += used)
		n++;
	return n;
}

static void check_numbers(struct chain *c, int level, int process)
{
	int pid[40], n = nspid(c->pid[process], pid), pidfd, fd;
	int32_t got = -7, back = -7;
	int r = contain_ns_pid_in(c->ns[level], c->pid[process], &got, NULL);

	pidfd = (int)syscall(SYS_pidfd_open, c->pid[process], 0);
	T_SYS(pidfd);
	ck_assert_int_eq(n, process + 1);
	ck_assert_int_eq(pid[n - 1], c->inside[process]);
	if (level > process) {
		T_CHECK(r == -ESRCH && got == -7, "%d sees %d: %d, %d", level, process, r, got);
		ck_assert_int_eq(contain_ns_pidfd_in(c->ns[level], pidfd, &got, NULL), -ESRCH);
	} else {
		T_CHECK(r == 0 && got == pid[level], "%d in %d: %d, %d, not %d", process, level, r,
			got, pid[level]);
		ck_assert_int_eq(contain_ns_pid_from(c->ns[level], got, &back, NULL), 0);
		ck_assert_int_eq(back, c->pid[process]);
		ck_assert_int_eq(contain_ns_pidfd_in(c->ns[level], pidfd, &got, NULL), 0);
		ck_assert_int_eq(got, pid[level]);
		fd = contain_ns_pidfd_from(c->ns[level], got, NULL);
		T_CHECK(fd >= 0);
		ck_assert_int_eq(contain_ns_pidfd_in(c->ns[0], fd, &back, NULL), 0);
		ck_assert_int_eq(back, c->pid[process]);
		close(fd);
	}
	close(pidfd);
}

/* As on a kernel before 6.11. */
static int faked;
static int no_ioctl(enum ct_seam_who who, long nr, const long *args, long *ret)
{
	if (nr != __NR_ioctl || (args[1] & 0xffffff00) != 0x8004b700)
		return 0;
	faked++;
	*ret = -ENOTTY;
	return 1;
}

static void without_ioctl(struct ct_seam *seam)
{
	memset(seam, 0, sizeof(*seam));
	seam->fake = no_ioctl;
	seam->on = 1;
	ct_seam = seam;
}

TEST_BOTH(numbers_at_every_depth)
{
	struct t_state *state = t_state_take(T_ALL & ~(T_CGROUPS | T_MAPS));
	static struct ct_seam seam;
	struct chain *c = chain_start();

	for (int old = 0; old < 2; old++) {
		if (old)
			without_ioctl(&seam);
		for (int level = 0; level < DEEP; level++)
			for (int process = 0; process < DEEP; process++)
				check_numbers(c, level, process);
		ct_seam = NULL;
	}
	T_CHECK(faked > DEEP * DEEP, "%d", faked);
	for (int level = 0; level < DEEP; level++) {
		int depth = -1;

		ck_assert_int_eq(contain_ns_depth(c->ns[level], &depth, NULL), 0);
		ck_assert_int_eq(depth, level);
	}
	chain_end(c);
	t_state_check(state);
}

/* The same numbers are others' in the next branch. */
TEST_BOTH(a_branch_does_not_see_the_other)
{
	struct chain *one = chain_start(), *two = chain_start();
	static struct ct_seam seam;
	contain_error *e = NULL;
	int32_t got;

	for (int old = 0; old < 2; old++) {
		if (old)
			without_ioctl(&seam);
		for (int i = 1; i < DEEP; i++) {
			got = -7;
			ck_assert_int_eq(contain_ns_pid_in(one->ns[1], two->pid[i], &got, &e),
					 -ESRCH);
			T_CHECK(got == -7 && strstr(contain_error_hint(e), "does not show it"));
			contain_error_free(e);
			e = NULL;
			ck_assert_int_eq(contain_ns_pid_in(two->ns[1], two->pid[i], &got, NULL), 0);
			ck_assert_int_eq(contain_ns_pid_from(two->ns[1], got, &got, NULL), 0);
			ck_assert_int_eq(got, two->pid[i]);
			ck_assert_int_eq(contain_ns_pid_from(one->ns[1], one->inside[1], &got,
							     NULL), 0);
			ck_assert_int_eq(got, one->pid[1]);
		}
		ct_seam = NULL;
	}
	chain_end(one);
	chain_end(two);
}

/* Between two calls the number has become another process's: nobody else's fd is handed out. */
static pid_t other;
static int recycled(enum ct_seam_who who, long nr, const long *args, long *ret)
{
	if (nr != __NR_ioctl || (args[1] & 0xffffffff) != 0x8004b707)
		return 0;
	*ret = other;
	return 1;
}

TEST(a_number_that_is_recycled)
{
	static struct ct_seam seam = { .fake = recycled };
	struct t_state *state;
	contain_error *e = NULL;
	struct chain *c;
	int r;

	t_need_root();
	c = chain_start();
	other = c->pid[3];
	state = t_state_take(T_FDS);
	seam.on = 1;
	ct_seam = &seam;
	r = contain_ns_pidfd_from(c->ns[1], 1, &e);
	ct_seam = NULL;
	T_CHECK(r == -ESRCH && strstr(contain_error_hint(e), "meanwhile"), "%d: %s", r,
		contain_error_message(e));
	contain_error_free(e);
	t_state_check(state);
	chain_end(c);
}

/* ---- who sees whom ---- */

struct sight {
	pid_t outside, sibling;
	int seen, strangers, parent, other;
};

/* In a procfs of its own: what is there, and whether signals reach the parent or the sibling. */
static int look(void *arg, void *rec)
{
	struct sight *s = rec;
	struct dirent *e;
	pid_t child;
	DIR *proc;

	ck_assert_int_eq(contain_ns_unshare(CONTAIN_NS_MNT, NULL), 0);
	T_SYS(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL));
	T_SYS(mount("proc", "/proc", "proc", 0, NULL));
	child = fork();
	if (child == 0)
		for (;;)
			pause();
	proc = opendir("/proc");
	T_CHECK(proc != NULL);
	while ((e = readdir(proc))) {
		int pid = atoi(e->d_name);

		s->seen += pid == getpid() || pid == child;
		s->strangers += pid > 0 && pid != getpid() && pid != child;
	}
	closedir(proc);
	s->parent = kill(s->outside, 0) < 0 ? errno : 0;
	s->other = kill(s->sibling, 0) < 0 ? errno : 0;
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	return 0;
}

static int sight(void *arg, void *rec)
{
	struct sight *s = rec, *shared = mmap(NULL, sizeof(*s), PROT_READ | PROT_WRITE,
					      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid_t filler[8], pid;
	int status;

	may_unshare();
	for (int i = 0; i < 8; i++) { /* numbers that the new namespaces do not come to */
		filler[i] = fork();
		if (filler[i] == 0)
			_exit(0);
		waitpid(filler[i], NULL, 0);
	}
	ck_assert_int_eq(contain_ns_unshare(CONTAIN_NS_PID, NULL), 0);
	*shared = *s;
	shared->outside = getpid();
	shared->sibling = filler[7];
	pid = fork();
	if (pid == 0)
		_exit(look(NULL, shared));
	T_CHECK(kill(pid, 0) == 0, "the parent does not see its child");
	T_CHECK(waitpid(pid, &status, 0) == pid && status == 0, "status %x", status);
	*s = *shared;
	return 0;
}

TEST_BOTH(a_child_sees_neither_parent_nor_siblings)
{
	struct sight s = { 0 };

	ck_assert_int_eq(t_child(sight, NULL, &s, sizeof(s)), 0);
	ck_assert_int_eq(s.seen, 2);
	ck_assert_int_eq(s.strangers, 0);
	ck_assert_int_eq(s.parent, ESRCH);
	ck_assert_int_eq(s.other, ESRCH);
}

TEST_BOTH(a_parent_sees_all_descendants)
{
	struct chain *c = chain_start();

	for (int i = 0; i < DEEP; i++) {
		T_SYS(kill(c->pid[i], 0));
		T_SYS(access(t_fmt("/proc/%d/stat", (int)c->pid[i]), F_OK));
	}
	chain_end(c);
}

/* ---- bad input ---- */

TEST(bad_input)
{
	int ns = open("/proc/self/ns/pid", O_RDONLY | O_CLOEXEC), depth = -7, fd, pidfd;
	int uts = open("/proc/self/ns/uts", O_RDONLY | O_CLOEXEC);
	int32_t got = -7;
	pid_t pid;

	fd = memfd_create("x", MFD_CLOEXEC);
	FAILS(EBADF, "ns_fd", contain_ns_depth(-1, &depth, e));
	FAILS(EINVAL, "no namespace", contain_ns_depth(fd, &depth, e));
	FAILS(EINVAL, "nested", contain_ns_depth(uts, &depth, e));
	FAILS(EINVAL, "ret_depth", contain_ns_depth(ns, NULL, e));
	FAILS(EBADF, "ns_fd", contain_ns_pid_in(-1, 1, &got, e));
	FAILS(EINVAL, "no pid namespace", contain_ns_pid_in(fd, 1, &got, e));
	FAILS(EINVAL, "no pid namespace", contain_ns_pid_from(uts, 1, &got, e));
	FAILS(EINVAL, "above 0", contain_ns_pid_in(ns, 0, &got, e));
	FAILS(EINVAL, "above 0", contain_ns_pid_from(ns, -1, &got, e));
	FAILS(EINVAL, "ret_pid", contain_ns_pid_in(ns, 1, NULL, e));
	FAILS(ESRCH, "no such process", contain_ns_pid_in(ns, 2000000000, &got, e));
	FAILS(ESRCH, "no such process", contain_ns_pid_from(ns, 2000000000, &got, e));
	FAILS(ESRCH, "no such process", contain_ns_pidfd_from(ns, 2000000000, e));
	FAILS(EBADF, "pidfd", contain_ns_pidfd_in(ns, -1, &got, e));
	FAILS(EINVAL, "no pidfd", contain_ns_pidfd_in(ns, fd, &got, e));
	FAILS(EINVAL, "no pid namespace", contain_ns_pidfd_in(fd, fd, &got, e));
	FAILS(EINVAL, "ret_pid", contain_ns_pidfd_in(ns, fd, NULL, e));
	pid = fork();
	if (pid == 0)
		_exit(0);
	pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	T_SYS(pidfd);
	T_SYS(waitid(P_PID, (id_t)pid, &(siginfo_t){ 0 }, WEXITED | WNOWAIT));
	ck_assert_int_eq(contain_ns_pidfd_in(ns, pidfd, &got, NULL), 0); /* a zombie has them */
	ck_assert_int_eq(got, pid);
	got = -7;
	T_SYS(waitpid(pid, NULL, 0));
	FAILS(ESRCH, "no such process", contain_ns_pidfd_in(ns, pidfd, &got, e));
	T_CHECK(got == -7 && depth == -7);
	ck_assert_int_eq(contain_ns_depth(ns, &depth, NULL), 0);
	ck_assert_int_eq(depth, 0);
}

static int user_depth(void *arg, void *rec)
{
	int fd, depth = -7, outer = open("/proc/self/ns/user", O_RDONLY | O_CLOEXEC);
	uint32_t uid = geteuid(), gid = getegid();

	ck_assert_int_eq(contain_ns_unshare(CONTAIN_NS_USER, NULL), 0);
	ck_assert_int_eq(contain_ns_map_self(0, 0, uid, gid, NULL), 0);
	fd = open("/proc/self/ns/user", O_RDONLY | O_CLOEXEC);
	*(int *)rec = fd;
	ck_assert_int_eq(contain_ns_depth(fd, &depth, NULL), 0);
	ck_assert_int_eq(depth, 0); /* its own */
	ck_assert_int_eq(contain_ns_depth(outer, &depth, NULL), 0);
	ck_assert_int_eq(depth, 0); /* above it: not seen */
	return 0;
}

TEST_BOTH(depth_of_user_namespaces)
{
	int rec = -1;

	ck_assert_int_eq(t_child(user_depth, NULL, &rec, sizeof(rec)), 0);
	T_CHECK(rec >= 0);
}

/* ---- contain-init as process 1 ---- */

/* All of them are reaped, and the status is the payload's own, in the ordinary run too. */
TEST_LIMIT(ten_thousand_orphans, 120)
{
	int n = t_guest() ? 500 : 10000;
	struct ts t;

	t_need_root();
	ts_dir(&t, 0);
	container_spec_set_init(t.spec, 1);
	ts_words(&t, t_fmt("orphans %d -- exit 77", n));
	ts_run_to(&t, 77);
	ts_has(&t, "orphans %d\nzombies 0\n", n);
}

/* A payload that dies by a signal below an init: as such, and not as the init's own end. */
TEST_BOTH(signal_death_is_handed_on)
{
	const int signals[] = { SIGSEGV, SIGABRT, SIGKILL, SIGTERM, SIGXCPU };

	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
		struct ts t;

		ts_dir(&t, 0);
		container_spec_set_init(t.spec, 1);
		ts_words(&t, t_fmt("kill-self %d", signals[i]));
		ts_start(&t);
		ts_end(&t);
		ck_assert_int_eq(t.signal, signals[i]);
		ck_assert_int_eq(t.code, 128 + signals[i]);
	}
}
