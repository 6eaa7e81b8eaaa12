/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A monitor tells of every change that lasts, to any loop, and to whoever looks late. */
#include "t_mnt_look.h"

#include <sys/epoll.h>

static contain_mount_monitor *monitor(int fd)
{
	contain_mount_monitor *m = NULL;
	contain_error *e = NULL;

	tn_fine(contain_mount_monitor_new(fd, &m, &e), e);
	return m;
}

/* They belong to the difference, and to the monitor. */
static const contain_mount_table *old_of(const contain_mount_diff *d)
{
	contain_mount_table *t = NULL;

	ck_assert_int_eq(contain_mount_diff_tables(d, &t, NULL), 0);
	contain_mount_table_free(t);
	return t;
}

static const contain_mount_table *new_of(const contain_mount_diff *d)
{
	contain_mount_table *t = NULL;

	ck_assert_int_eq(contain_mount_diff_tables(d, NULL, &t), 0);
	contain_mount_table_free(t);
	return t;
}

static const contain_mount_table *last(const contain_mount_monitor *m)
{
	contain_mount_table *t = NULL;

	ck_assert_int_eq(contain_mount_monitor_table(m, &t), 0);
	contain_mount_table_free(t);
	return t;
}

static int readable(int fd, int msec)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	return poll(&p, 1, msec * t_slow());
}

/* The next difference, which has to be there. */
static contain_mount_diff *next(contain_mount_monitor *m)
{
	contain_mount_diff *d = NULL;
	contain_error *e = NULL;
	int r;

	ck_assert_int_eq(readable(contain_mount_monitor_fd(m), 2000), 1);
	r = contain_mount_monitor_next(m, &d, &e);
	T_CHECK(r == 1 && d, "%d %s", r, contain_error_message(e));
	return d;
}

/* Nothing, and nothing to come. */
static void quiet(contain_mount_monitor *m)
{
	contain_mount_diff *d = NULL;
	contain_error *e = NULL;

	ck_assert_int_eq(readable(contain_mount_monitor_fd(m), 0), 0);
	ck_assert_int_eq(contain_mount_monitor_next(m, &d, &e), 0);
	T_CHECK(!d && !e);
}

/* One difference with one mount: what, and what of it. */
static void one(contain_mount_monitor *m, uint32_t change, uint32_t what, const char *target)
{
	contain_mount_diff *d = next(m);
	int i = contain_mount_diff_new(d, 0);
	const contain_mount_table *t = new_of(d);

	T_CHECK(t == last(m));
	if (change == CONTAIN_MOUNT_REMOVED) {
		i = contain_mount_diff_old(d, 0);
		t = old_of(d);
	}
	T_CHECK(contain_mount_diff_count(d) == 1 && contain_mount_diff_change(d, 0) == change &&
			contain_mount_diff_what(d, 0) == what,
		"%d: %x %x", contain_mount_diff_count(d), contain_mount_diff_change(d, 0),
		contain_mount_diff_what(d, 0));
	ck_assert_str_eq(contain_mount_table_target(t, i), target);
	contain_mount_diff_free(d);
}

TEST_BOTH(each_change)
{
	struct mount_attr ro = { .attr_set = 1 }, slave = { .propagation = MS_PRIVATE };
	contain_mount_monitor *m;
	struct t_state *state;
	char *a, *b;

	ml_enter();
	a = ml_dir("a");
	b = ml_dir("b");
	state = t_state_take(T_ALL & ~T_MOUNTS);
	m = monitor(-1);
	quiet(m);
	ml_mount("x", a, "tmpfs", 0, NULL);
	one(m, CONTAIN_MOUNT_ADDED, 0, a);
	quiet(m);
	ml_mount(NULL, a, NULL, MS_REMOUNT | MS_BIND | MS_NOSUID, NULL);
	one(m, CONTAIN_MOUNT_CHANGED, CONTAIN_MOUNT_DIFF_ATTRIBUTES, a);
	ml_mount(NULL, a, NULL, MS_REMOUNT | MS_NOSUID, "size=1m");
	one(m, CONTAIN_MOUNT_CHANGED, CONTAIN_MOUNT_DIFF_SUPER_OPTIONS, a);
	T_SYS(syscall(442, AT_FDCWD, a, 0, &ro, sizeof(ro)));
	one(m, CONTAIN_MOUNT_CHANGED, CONTAIN_MOUNT_DIFF_ATTRIBUTES, a);
	ml_mount(a, b, NULL, MS_MOVE, NULL);
	one(m, CONTAIN_MOUNT_MOVED, CONTAIN_MOUNT_DIFF_TARGET, b);
	/* told by nobody: it is found by looking, or comes with the next change */
	ml_set(b, MS_SHARED);
	T_SYS(syscall(442, AT_FDCWD, b, 0, &slave, sizeof(slave)));
	ck_assert_int_eq(readable(contain_mount_monitor_fd(m), 2000), 1);
	ml_set(b, MS_SHARED);
	one(m, CONTAIN_MOUNT_CHANGED, CONTAIN_MOUNT_DIFF_PROPAGATION, b);
	T_SYS(umount(b));
	one(m, CONTAIN_MOUNT_REMOVED, 0, b);
	quiet(m);
	contain_mount_monitor_free(m);
	t_state_check(state);
	contain_mount_monitor_free(NULL);
}

TEST_BOTH(look)
{
	contain_mount_monitor *m;
	contain_mount_diff *d = NULL;
	char *a;

	ml_enter();
	ml_dir("up");
	a = ml_tmpfs("up/a", 0, NULL);
	m = monitor(-1);
	ck_assert_int_eq(contain_mount_monitor_look(m, &d, NULL), 0);
	ml_set(a, MS_SHARED);
	quiet(m);
	ck_assert_int_eq(contain_mount_monitor_look(m, &d, NULL), 1);
	T_CHECK(contain_mount_diff_count(d) == 1 &&
		contain_mount_diff_what(d, 0) == CONTAIN_MOUNT_DIFF_PROPAGATION);
	contain_mount_diff_free(d);
	d = NULL;
	/* the name of a directory above: nobody tells */
	T_SYS(rename(ml("up"), ml("other")));
	ck_assert_int_eq(contain_mount_monitor_look(m, &d, NULL), 1);
	T_CHECK(contain_mount_diff_what(d, 0) == CONTAIN_MOUNT_DIFF_TARGET);
	contain_mount_diff_free(d);
	quiet(m);
	contain_mount_monitor_free(m);
}

/* Asked again and again, by all the ways, and it stays readable until it was looked at. */
TEST_BOTH(any_loop)
{
	struct epoll_event event = { .events = EPOLLIN }, got;
	contain_mount_monitor *m;
	int fd, inner, outer, late;
	fd_set set;
	char *a;

	ml_enter();
	a = ml_dir("a");
	m = monitor(-1);
	fd = contain_mount_monitor_fd(m);
	inner = epoll_create1(EPOLL_CLOEXEC);
	outer = epoll_create1(EPOLL_CLOEXEC);
	late = epoll_create1(EPOLL_CLOEXEC);
	T_SYS(epoll_ctl(inner, EPOLL_CTL_ADD, fd, &event));
	T_SYS(epoll_ctl(outer, EPOLL_CTL_ADD, inner, &event));
	ml_mount("x", a, "tmpfs", 0, NULL);
	ck_assert_int_eq(readable(fd, 2000), 1);
	/* one that begins to wait after the change */
	T_SYS(epoll_ctl(late, EPOLL_CTL_ADD, fd, &event));
	for (int i = 0; i < 3; i++) {
		ck_assert_int_eq(readable(fd, 0), 1);
		ck_assert_int_eq(readable(outer, 0), 1);
		ck_assert_int_eq(epoll_wait(inner, &got, 1, 0), 1);
		ck_assert_int_eq(epoll_wait(outer, &got, 1, 0), 1);
		ck_assert_int_eq(epoll_wait(late, &got, 1, 0), 1);
		FD_ZERO(&set);
		FD_SET(fd, &set);
		ck_assert_int_eq(select(fd + 1, &set, NULL, NULL, &(struct timeval){ 0 }), 1);
	}
	one(m, CONTAIN_MOUNT_ADDED, 0, a);
	ck_assert_int_eq(epoll_wait(late, &got, 1, 0), 0);
	ck_assert_int_eq(epoll_wait(outer, &got, 1, 0), 0);
	contain_mount_monitor_free(m);
	close(inner);
	close(outer);
	close(late);
}

/* Control: the file itself in an epoll instance, which is what one would do, loses a change. */
TEST(naive_loses)
{
	struct epoll_event event = { .events = EPOLLPRI }, got;
	int fd, ep;

	t_need_root();
	ml_enter();
	fd = open("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC);
	ep = epoll_create1(EPOLL_CLOEXEC);
	ml_tmpfs("a", 0, NULL);
	T_SYS(epoll_ctl(ep, EPOLL_CTL_ADD, fd, &event));
	ck_assert_int_eq(epoll_wait(ep, &got, 1, 0), 0);
	close(fd);
	close(ep);
}

TEST_BOTH(undone)
{
	contain_mount_monitor *m;
	contain_mount_diff *d = NULL;
	char *a;

	ml_enter();
	a = ml_dir("a");
	m = monitor(-1);
	ml_mount("x", a, "tmpfs", 0, NULL);
	T_SYS(umount(a));
	/* at first of the one, perhaps then of the other */
	for (int i = 0; i < 3 && readable(contain_mount_monitor_fd(m), 500); i++)
		ck_assert_int_eq(contain_mount_monitor_next(m, &d, NULL), 0);
	T_CHECK(!d);
	quiet(m);
	contain_mount_monitor_free(m);
}

/* Of two monitors none takes away from the other. */
TEST_BOTH(two)
{
	contain_mount_monitor *m, *n;
	char *a;

	ml_enter();
	a = ml_dir("a");
	m = monitor(-1);
	n = monitor(-1);
	ml_mount("x", a, "tmpfs", 0, NULL);
	one(m, CONTAIN_MOUNT_ADDED, 0, a);
	one(n, CONTAIN_MOUNT_ADDED, 0, a);
	contain_mount_monitor_free(m);
	quiet(n);
	contain_mount_monitor_free(n);
}

/* ---- others ---- */

/* Makes mounts in a namespace of its own, one for each byte that it reads. */
static pid_t other(int *ret_go, int *ret_done)
{
	int go[2], done[2];
	pid_t pid;
	char c;

	T_SYS(pipe2(go, O_CLOEXEC));
	T_SYS(pipe2(done, O_CLOEXEC));
	pid = fork();
	T_SYS(pid);
	if (pid) {
		close(go[0]);
		close(done[1]);
		*ret_go = go[1];
		*ret_done = done[0];
		T_CHECK(read(done[0], &c, 1) == 1);
		return pid;
	}
	close(go[1]);
	T_SYS(unshare(CLONE_NEWNS));
	ml_mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL);
	T_CHECK(write(done[1], "r", 1) == 1);
	while (read(go[0], &c, 1) == 1) {
		if (c == 'm')
			ml_mount("theirs", ml("a"), "tmpfs", 0, NULL);
		else
			T_SYS(umount(ml("a")));
		T_CHECK(write(done[1], "d", 1) == 1);
	}
	_exit(0);
}

static void tell(int go, int done, const char *what)
{
	char c;

	T_CHECK(write(go, what, 1) == 1 && read(done, &c, 1) == 1);
}

TEST(of_others)
{
	contain_mount_monitor *by_pid, *by_ns, *own;
	int go, done, pidfd, ns;
	contain_mount_diff *d = NULL;
	pid_t pid;

	t_need_root();
	ml_enter();
	ml_dir("a");
	pid = other(&go, &done);
	pidfd = tn_pidfd(pid);
	ns = open(t_fmt("/proc/%d/ns/mnt", pid), O_RDONLY | O_CLOEXEC);
	T_SYS(ns);
	own = monitor(-1);
	by_pid = monitor(pidfd);
	by_ns = monitor(ns);
	close(ns);
	tell(go, done, "m");
	one(by_pid, CONTAIN_MOUNT_ADDED, 0, ml("a"));
	one(by_ns, CONTAIN_MOUNT_ADDED, 0, ml("a"));
	quiet(own);
	tell(go, done, "u");
	one(by_pid, CONTAIN_MOUNT_REMOVED, 0, ml("a"));
	/* the process ends: its namespace stays as long as somebody watches it */
	close(go);
	T_SYS(waitpid(pid, NULL, 0));
	one(by_ns, CONTAIN_MOUNT_REMOVED, 0, ml("a"));
	close(pidfd);
	ck_assert_int_eq(contain_mount_monitor_look(by_pid, &d, NULL), 0);
	ck_assert_int_eq(contain_mount_monitor_look(by_ns, &d, NULL), 0);
	T_CHECK(contain_mount_table_count(last(by_pid)) ==
		contain_mount_table_count(last(own)));
	contain_mount_monitor_free(by_pid);
	contain_mount_monitor_free(by_ns);
	contain_mount_monitor_free(own);
	close(done);
}

/* A thread that has gone elsewhere asks: the monitor tells of where it was made. */
static void *elsewhere(void *arg)
{
	contain_mount_monitor *m = arg;
	contain_mount_diff *d = NULL;
	int r;

	if (unshare(CLONE_NEWNS) || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
	    mount("mine", ml_base, "tmpfs", 0, NULL))
		return NULL;
	r = contain_mount_monitor_look(m, &d, NULL);
	return r == 1 ? d : NULL;
}

TEST(in_another_thread)
{
	contain_mount_monitor *m;
	contain_mount_table *t;
	contain_mount_diff *d;
	pthread_t thread;
	void *value;

	t_need_root();
	ml_enter();
	m = monitor(-1);
	ml_tmpfs("a", 0, NULL);
	ck_assert_int_eq(pthread_create(&thread, NULL, elsewhere, m), 0);
	ck_assert_int_eq(pthread_join(thread, &value), 0);
	d = value;
	T_CHECK(d && contain_mount_diff_count(d) == 1 &&
		contain_mount_diff_change(d, 0) == CONTAIN_MOUNT_ADDED);
	t = ml_take(-1, 0);
	ml_same(t, last(m), "monitor");
	/* 6.12 does not tell those of another mount namespace */
	if (!t_guest())
		T_CHECK(!contain_mount_table_unique_id(old_of(d), 0) ==
			!contain_mount_table_unique_id(new_of(d), 0));
	contain_mount_table_free(t);
	contain_mount_diff_free(d);
	contain_mount_monitor_free(m);
}

/* ---- no change is lost ---- */

#define PLACES 8

#define ENOUGH 200 /* changes that were told while others were made */

/* At least so many changes, and on until enough of them were told to a reader that may be slow. */
static void storm(unsigned int seed, int changes, const int *told)
{
	int is[PLACES] = { 0 };

	for (int i = 0; i < changes || (__atomic_load_n(told, __ATOMIC_SEQ_CST) <= ENOUGH &&
					i < 1000 * changes);
	     i++) {
		int k = (int)((unsigned)rand_r(&seed) % PLACES);
		const char *at = ml("p%d", k);

		if (is[k] ? umount2(at, MNT_DETACH) : mount("s", at, "tmpfs", 0, NULL))
			_exit(1);
		is[k] = !is[k];
		if (rand_r(&seed) % 4 == 0)
			usleep(100);
	}
	_exit(0);
}

static int *place_of(const contain_mount_table *t, int i, int *is)
{
	return &is[atoi(strrchr(contain_mount_table_target(t, i), '/') + 2)];
}

/*
 * Without unique ids a mount that was made just when another one went may be taken for that one:
 * moved.
 */
static void count(const contain_mount_diff *d, int i, int *is)
{
	const contain_mount_table *old = old_of(d);
	const contain_mount_table *new = new_of(d);
	uint32_t change = contain_mount_diff_change(d, i);

	T_CHECK(change == CONTAIN_MOUNT_ADDED || change == CONTAIN_MOUNT_REMOVED ||
			!contain_mount_table_unique_id(new, 0),
		"%x", change);
	if (change != CONTAIN_MOUNT_ADDED)
		--*place_of(old, contain_mount_diff_old(d, i), is);
	if (change != CONTAIN_MOUNT_REMOVED)
		++*place_of(new, contain_mount_diff_new(d, i), is);
}

/* What the differences say, one after the other, is what is there in the end. */
TEST_LIMIT(storm, 120)
{
	int changes = (int)t_sample(20000, 2000), is[PLACES] = { 0 }, ended = 0, status;
	int *told = mmap(NULL, sizeof(*told), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
			 -1, 0);
	contain_mount_monitor *m;
	contain_mount_table *t;
	pid_t pid;

	t_need_root();
	T_CHECK(told != MAP_FAILED, "%m");
	ml_enter();
	for (int i = 0; i < PLACES; i++)
		ml_dir(t_fmt("p%d", i));
	m = monitor(-1);
	pid = fork();
	T_SYS(pid);
	if (!pid)
		storm(5, changes, told);
	while (!ended || readable(contain_mount_monitor_fd(m), 100)) {
		contain_mount_diff *d = NULL;
		int r;

		readable(contain_mount_monitor_fd(m), 20);
		r = contain_mount_monitor_next(m, &d, NULL);
		T_CHECK(r >= 0 || r == -EAGAIN, "%d", r);
		for (int i = 0; r == 1 && i < contain_mount_diff_count(d); i++) {
			count(d, i, is);
			__atomic_add_fetch(told, 1, __ATOMIC_SEQ_CST);
		}
		contain_mount_diff_free(d);
		if (!ended && waitpid(pid, &status, WNOHANG) == pid)
			ended = 1;
	}
	ck_assert_int_eq(status, 0);
	t = ml_take(-1, 0);
	ml_same(t, last(m), "in the end");
	for (int i = 0; i < PLACES; i++)
		ck_assert_int_eq(is[i], contain_mount_table_find_target(t, ml("p%d", i)) >= 0);
	t_note("at least %d changes, %d told", changes, *told);
	T_CHECK(*told > ENOUGH);
	munmap(told, sizeof(*told));
	contain_mount_table_free(t);
	contain_mount_monitor_free(m);
}

TEST_BOTH(refused)
{
	contain_mount_monitor *m = NULL, *good;
	contain_mount_diff *d = NULL;
	contain_error *e = NULL;
	int dead = tn_dead(1), dir = open("/", O_RDONLY | O_CLOEXEC);

	tn_failed(contain_mount_monitor_new(dead, &m, &e), e, ESRCH, "monitor-mounts", "fd",
		  "ended");
	tn_failed(contain_mount_monitor_new(dir, &m, &e), e, EINVAL, "monitor-mounts", "fd",
		  "neither");
	tn_failed(contain_mount_monitor_new(-2, &m, &e), e, EBADF, "monitor-mounts", "fd", "open");
	tn_failed(contain_mount_monitor_new(-1, NULL, &e), e, EINVAL, "monitor-mounts",
		  "ret_monitor", "NULL");
	tn_failed(contain_mount_monitor_next(NULL, &d, &e), e, EINVAL, "monitor-mounts", "monitor",
		  "NULL");
	T_CHECK(!m && !d && contain_mount_monitor_table(NULL, NULL) == -EINVAL);
	ck_assert_int_eq(contain_mount_monitor_fd(NULL), -EINVAL);
	good = monitor(-1);
	tn_failed(contain_mount_monitor_look(good, NULL, &e), e, EINVAL, "monitor-mounts",
		  "ret_diff", "NULL");
	contain_mount_monitor_free(good);
	close(dead);
	close(dir);
}

/* Where AIO is missing, or used up, that is said; the table is there without it. */
static long io_setup_answer;

static int no_aio(enum ct_seam_who who, long nr, const long *args, long *ret)
{
	(void)who;
	(void)args;
	if (nr != SYS_io_setup)
		return 0;
	*ret = io_setup_answer;
	return 1;
}

TEST(without_aio)
{
	contain_mount_monitor *m = NULL;
	contain_error *e = NULL;
	struct t_state *state = t_state_take(T_ALL);

	tn_fake(no_aio);
	io_setup_answer = -ENOSYS;
	tn_failed(contain_mount_monitor_new(-1, &m, &e), e, ENOSYS, "monitor-mounts", "io_setup",
		  "no AIO");
	io_setup_answer = -EAGAIN;
	tn_failed(contain_mount_monitor_new(-1, &m, &e), e, EAGAIN, "monitor-mounts", "io_setup",
		  "fs.aio-max-nr");
	tn_fake(NULL);
	T_CHECK(!m);
	t_state_check(state);
}
