/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Mount tables of others, of namespaces by fd, of many mounts, of long names, and while mounts
 * change; and what is refused.
 */
#include "t_mnt_look.h"

#include <sys/resource.h>

/* A child that stays, and says when it is ready. */
struct other {
	pid_t pid;
	int pidfd, ready[2], go[2];
};

static void other_start(struct other *o, void (*prepare)(void))
{
	char c;

	T_SYS(pipe2(o->ready, O_CLOEXEC));
	T_SYS(pipe2(o->go, O_CLOEXEC));
	o->pid = fork();
	T_SYS(o->pid);
	if (!o->pid) {
		prepare();
		T_CHECK(write(o->ready[1], "r", 1) == 1);
		close(o->go[1]);
		T_CHECK(read(o->go[0], &c, 1) == 0);
		_exit(0);
	}
	close(o->ready[1]);
	close(o->go[0]);
	T_CHECK(read(o->ready[0], &c, 1) == 1);
	o->pidfd = tn_pidfd(o->pid);
}

static void other_end(struct other *o)
{
	int status;

	close(o->go[1]);
	close(o->ready[0]);
	T_SYS(waitpid(o->pid, &status, 0));
	ck_assert_int_eq(status, 0);
}

static void own_namespace(void)
{
	T_SYS(unshare(CLONE_NEWNS));
	ml_mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL);
	ml_mount("theirs", ml_dir("theirs"), "tmpfs", 0, NULL);
}

static void own_namespace_and_root(void)
{
	own_namespace();
	T_SYS(mkdir(ml("theirs/in"), 0755));
	ml_mount("deep", ml("theirs/in"), "tmpfs", 0, NULL);
	T_SYS(chroot(ml("theirs")));
	T_SYS(chdir("/"));
}

/* What another process sees, by its pidfd; the whole namespace, by its fd. */
static void check_other(int fd, const char *target, int here)
{
	contain_mount_table *all = ml_take(fd, 0);
	contain_mount_table *info = ml_take(fd, CONTAIN_MOUNT_TABLE_MOUNTINFO);
	int i = ml_at(all, target);

	ck_assert_str_eq(contain_mount_table_source(all, i), here ? "theirs" : "deep");
	ml_same(all, info, "of another");
	t_note("unique ids: %s", contain_mount_table_unique_id(all, i) ? "yes" : "no");
	for (int k = 0; k < contain_mount_table_count(all); k++)
		if (contain_mount_table_unique_id(all, i))
			T_CHECK(contain_mount_table_unique_id(all, k), "%s",
				contain_mount_table_target(all, k));
	contain_mount_table_free(all);
	contain_mount_table_free(info);
}

/* path: NULL: that of the base */
static void of_others(void (*prepare)(void), const char *path)
{
	struct t_state *state;
	struct other o;
	int ns;

	ml_enter();
	other_start(&o, prepare);
	ns = open(t_fmt("/proc/%d/ns/mnt", o.pid), O_RDONLY | O_CLOEXEC);
	T_SYS(ns);
	state = t_state_take(T_ALL & ~(T_PROCS | T_CHILDREN));
	check_other(o.pidfd, path ? path : ml("theirs"), !path);
	check_other(ns, ml("theirs"), 1);
	t_state_check(state);
	close(ns);
	other_end(&o);
	close(o.pidfd);
}

TEST(of_a_process)
{
	t_need_root();
	of_others(own_namespace, NULL);
}

TEST(of_a_process_with_its_own_root)
{
	t_need_root();
	of_others(own_namespace_and_root, "/in");
}

/* A pidfd of a process in the caller's namespace gives the caller's table. */
TEST_BOTH(of_a_neighbour)
{
	contain_mount_table *own, *by_pid, *by_ns, *stat;
	int pidfd, ns;

	ml_enter();
	pidfd = tn_pidfd(getpid());
	ns = tn_open_own("mnt");
	own = ml_take(-1, 0);
	by_pid = ml_take(pidfd, 0);
	by_ns = ml_take(ns, 0);
	ml_same(own, by_pid, "pidfd");
	ml_same(own, by_ns, "namespace");
	stat = contain_mount_table_unique_id(by_ns, 0) ? ml_statmount(ns) : NULL;
	if (stat)
		ml_same(own, stat, "statmount of a namespace");
	contain_mount_table_free(own);
	contain_mount_table_free(by_pid);
	contain_mount_table_free(by_ns);
	contain_mount_table_free(stat);
	close(pidfd);
	close(ns);
}

/* The child that enters the namespace leaves the caller where it is, threads too. */
TEST(caller_stays)
{
	struct t_state *state;
	struct other o;
	struct tn_thread thread;
	contain_mount_table *t;
	int ns;

	t_need_root();
	ml_enter();
	other_start(&o, own_namespace);
	tn_thread_start(&thread);
	ns = open(t_fmt("/proc/%d/ns/mnt", o.pid), O_RDONLY | O_CLOEXEC);
	T_SYS(ns);
	state = t_state_take(T_ALL & ~(T_PROCS | T_CHILDREN));
	T_ERRNO_KEPT(t = ml_take(ns, 0));
	t_state_check(state);
	T_CHECK(contain_mount_table_find_target(t, ml("theirs")) >= 0);
	contain_mount_table_free(t);
	tn_thread_end(&thread);
	close(ns);
	other_end(&o);
	close(o.pidfd);
}

/* Statistics of an nfs mount are text of a server; here it is only that all of it can be read. */
TEST_BOTH(mountstats)
{
	contain_mount_table *t;
	int pidfd;

	ml_enter();
	t = ml_take(-1, CONTAIN_MOUNT_TABLE_STATS);
	for (int i = 0; i < contain_mount_table_count(t); i++)
		if (strncmp(contain_mount_table_type(t, i), "nfs", 3) != 0)
			T_CHECK(!contain_mount_table_stats(t, i));
	contain_mount_table_free(t);
	pidfd = tn_pidfd(getpid());
	t = ml_take(pidfd, CONTAIN_MOUNT_TABLE_STATS);
	contain_mount_table_free(t);
	close(pidfd);
}

/* ---- what is refused, each for its real cause ---- */

static void fails(int fd, uint32_t flags, int err, const char *object, const char *hint)
{
	contain_mount_table *t = NULL;
	contain_error *e = NULL;

	tn_failed(contain_mount_table_take(fd, flags, &t, &e), e, err, "take-mount-table", object,
		  hint);
	T_CHECK(!t);
}

TEST_BOTH(refused)
{
	int dead = tn_dead(1), dir = open("/", O_RDONLY | O_CLOEXEC), uts = tn_open_own("uts"),
	    ns = tn_open_own("mnt");
	contain_error *e = NULL;

	fails(-2, 0, EBADF, "fd", "not open");
	fails(99999, 0, EBADF, "fd", "not open");
	fails(dir, 0, EINVAL, "fd", "neither a pidfd");
	fails(uts, 0, EINVAL, "fd", "another type");
	fails(dead, 0, ESRCH, "fd", "ended");
	fails(-1, 0x80, EINVAL, "flags", "unknown");
	fails(-1, CONTAIN_MOUNT_TABLE_MOUNTINFO | CONTAIN_MOUNT_TABLE_STATMOUNT, EINVAL, "flags",
	      "one of them");
	fails(-1, CONTAIN_MOUNT_TABLE_STATS | CONTAIN_MOUNT_TABLE_STATMOUNT, EINVAL, "flags",
	      "STATS");
	fails(ns, CONTAIN_MOUNT_TABLE_STATS, EINVAL, "flags", "mount namespace");
	tn_failed(contain_mount_table_take(-1, 0, NULL, &e), e, EINVAL, "take-mount-table",
		  "ret_table", "NULL");
	close(dead);
	close(dir);
	close(uts);
	close(ns);
}

/* As an ordinary user: what is open to everybody, what is not, and a namespace of another. */
static int user_looks(void *arg, void *rec)
{
	const int *fds = arg;

	(void)rec;
	contain_mount_table_free(ml_take(fds[0], 0));
	fails(fds[0], CONTAIN_MOUNT_TABLE_STATS, EACCES, "mountstats", "CAP_DAC_OVERRIDE");
	fails(fds[1], 0, EPERM, "fd", "CAP_SYS_CHROOT");
	return 0;
}

TEST(no_right)
{
	struct other o;
	int fds[2];

	t_need_root();
	ml_enter();
	other_start(&o, own_namespace);
	fds[0] = o.pidfd;
	fds[1] = open(t_fmt("/proc/%d/ns/mnt", o.pid), O_RDONLY | O_CLOEXEC);
	T_SYS(fds[1]);
	t_as_user(user_looks, fds);
	close(fds[1]);
	other_end(&o);
	close(o.pidfd);
}

TEST(without_proc)
{
	int ns;

	t_need_root();
	ml_enter();
	ns = tn_open_own("mnt");
	T_SYS(mount("x", "/proc", "tmpfs", 0, NULL));
	fails(-1, 0, ENOENT, "/proc", "procfs");
	fails(ns, 0, ENOENT, "/proc", "procfs");
	T_SYS(umount("/proc"));
	close(ns);
}

/* ---- long lines ---- */

TEST_BOTH(long_lines)
{
	static char x[ML_LINE], text[1 << 20];
	contain_mount_table *t, *stat;
	char name[256];
	int fd, cwd;

	ml_enter();
	cwd = open(".", O_RDONLY | O_CLOEXEC);
	memset(name, ' ', 255);
	name[255] = 0;
	T_SYS(chdir(ml_base));
	/* four bytes for each, root and target */
	for (int i = 0; i < 12; i++) {
		T_SYS(mkdir(name, 0755));
		T_SYS(chdir(name));
	}
	T_SYS(mkdir("in", 0755));
	ml_mount(".", "in", NULL, MS_BIND, NULL);
	fd = open("in", O_PATH | O_CLOEXEC);
	T_SYS(fd);
	T_SYS(fchdir(cwd));
	T_CHECK(t_read_file("/proc/thread-self/mountinfo", text, sizeof(text)) > 20000);
	t = ml_take(-1, 0);
	ml_line(t, contain_mount_table_count(t) - 1, x);
	T_CHECK(strlen(x) > 6000);
	stat = ml_statmount(-1);
	if (stat)
		ml_same(t, stat, "long lines");
	contain_mount_table_free(t);
	contain_mount_table_free(stat);
	close(fd);
	close(cwd);
}

/* ---- many mounts ---- */

static double cpu_msec(void)
{
	struct rusage u;

	T_SYS(getrusage(RUSAGE_SELF, &u));
	return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) * 1e3 +
	       (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e3;
}

/* Everything that a table is for; in user time, the kernel's part is its own. */
static double look(int n)
{
	double start = cpu_msec();
	contain_mount_table *t = ml_take(-1, 0);
	contain_mount_diff *d = NULL;
	contain_mount_graph *g = NULL;
	int sum = 0;

	for (int i = 0; i < contain_mount_table_count(t); i++) {
		for (int k = 0; k < contain_mount_table_child_count(t, i); k++)
			sum += contain_mount_table_child(t, i, k) > 0;
		T_CHECK(contain_mount_table_find_path(t, contain_mount_table_target(t, i)) >= 0);
		T_CHECK(contain_mount_table_find_id(t, (uint64_t)contain_mount_table_id(t, i)) ==
			i);
	}
	ck_assert_int_eq(contain_mount_table_diff(t, t, &d, NULL), 0);
	ck_assert_int_eq(contain_mount_graph_new(t, &g, NULL), 0);
	T_CHECK(sum >= n && contain_mount_diff_count(d) == 0);
	contain_mount_graph_free(g);
	contain_mount_diff_free(d);
	contain_mount_table_free(t);
	return cpu_msec() - start;
}

static double best_of(int n)
{
	double best = 1e9;

	for (int i = 0; i < 5; i++) {
		double msec = look(n);

		best = msec < best ? msec : best;
	}
	return best;
}

TEST_LIMIT(five_thousand, 120)
{
	contain_mount_table *t, *stat;
	double small, large;

	t_need_root();
	ml_enter();
	for (int i = 0; i < 1000; i++)
		ml_bind(ml_base, t_fmt("d%d", i));
	small = best_of(1000);
	for (int i = 1000; i < 5000; i++)
		ml_bind(ml_base, t_fmt("d%d", i));
	large = best_of(5000);
	t = ml_take(-1, 0);
	stat = ml_statmount(-1);
	if (stat)
		ml_same(t, stat, "5000 mounts");
	for (int i = 0; stat && i < contain_mount_table_count(t); i++)
		T_CHECK(contain_mount_table_unique_id(t, i));
	contain_mount_table_free(t);
	contain_mount_table_free(stat);
	t_note("1000 mounts: %.1f ms, 5000: %.1f ms, %.1f times", small, large, large / small);
	T_CHECK(large < small * 5 * (t_guest() || T_SANITIZED ? 4 : 2));
}

/* ---- while mounts change ---- */

/*
 * Two mounts with many between them in mountinfo, so that they are on different pages, go from
 * place to place: the first one, then the second one. At no moment are they more than one apart.
 */
#define PLACES 64

static void step(const char *name, int i)
{
	if (mount(ml("%s%d", name, i), ml("%s%d", name, (i + 1) % PLACES), NULL, MS_MOVE, NULL))
		_exit(1);
}

static void movers(const volatile int *stop)
{
	for (int i = 0; !*stop; i = (i + 1) % PLACES) {
		step("a", i);
		step("b", i);
		usleep(200);
	}
	_exit(0);
}

static int place_of(const char *target, const char *name)
{
	size_t n = strlen(name);
	const char *last = strrchr(target, '/') + 1;

	return strncmp(last, name, n) || last[n] < '0' || last[n] > '9' ? -1 : atoi(last + n);
}

/* How far the first one is before the other one. */
static int apart(const char *a, const char *b)
{
	return (place_of(a, "a") - place_of(b, "b") + PLACES) % PLACES;
}

/* mountinfo as one would read it. */
static int apart_naively(void)
{
	FILE *f = fopen("/proc/thread-self/mountinfo", "re");
	char line[4096], a[4096] = "", b[4096] = "", target[4096];

	while (fgets(line, sizeof(line), f)) {
		sscanf(line, "%*s %*s %*s %*s %s", target);
		if (place_of(target, "a") >= 0)
			strcpy(a, target);
		if (place_of(target, "b") >= 0)
			strcpy(b, target);
	}
	fclose(f);
	return apart(a, b);
}

static int apart_in(const contain_mount_table *t)
{
	const char *a = NULL, *b = NULL;

	for (int i = 0; i < contain_mount_table_count(t); i++) {
		const char *target = contain_mount_table_target(t, i);

		if (place_of(target, "a") >= 0)
			a = target;
		if (place_of(target, "b") >= 0)
			b = target;
	}
	return apart(a, b);
}

static void movers_world(void)
{
	t_need_root();
	ml_enter();
	for (int i = 0; i < PLACES; i++) {
		ml_dir(t_fmt("a%d", i));
		ml_dir(t_fmt("b%d", i));
	}
	ml_mount("a", ml("a0"), "tmpfs", 0, NULL);
	for (int i = 0; i < 400; i++)
		ml_bind(ml_base, t_fmt("d%d", i));
	ml_mount("b", ml("b0"), "tmpfs", 0, NULL);
}

TEST_LIMIT(one_state, 60)
{
	volatile int *stop = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
				  -1, 0);
	int tries = t_guest() ? 20 : (int)t_sample(3000, 300); /* slow readers try 16 times each */
	int taken = 0, again = 0, fell = 0, status;
	pid_t pid;

	movers_world();
	pid = fork();
	T_SYS(pid);
	if (!pid)
		movers(stop);
	for (int i = 0; i < tries; i++) {
		contain_mount_table *t = NULL;
		int r = contain_mount_table_take(-1, i % 2 ? 0 : CONTAIN_MOUNT_TABLE_MOUNTINFO, &t,
						 NULL);

		fell += apart_naively() > 1;
		T_CHECK(r == 0 || r == -EAGAIN, "%d", r);
		again += r != 0;
		if (r < 0)
			continue;
		taken++;
		T_CHECK(apart_in(t) <= 1, "%d apart", apart_in(t));
		contain_mount_table_free(t);
	}
	*stop = 1;
	T_SYS(waitpid(pid, &status, 0));
	ck_assert_int_eq(status, 0);
	t_note("%d tables, %d times the mounts changed all the time; naively %d of %d were of no "
	       "one moment",
	       taken, again, fell, tries);
	T_CHECK(taken + again == tries && (fell > 0 || t_guest()));
}

/* For as long as mounts change all the time it says so. */
static int changes(enum ct_seam_who who, long nr, const long *args, long *ret)
{
	(void)who;
	(void)args;
	if (nr != SYS_ppoll)
		return 0;
	*ret = 1;
	return 1;
}

TEST(never_still)
{
	contain_mount_table *t = NULL;
	contain_error *e = NULL;

	tn_fake(changes);
	tn_failed(contain_mount_table_take(-1, 0, &t, &e), e, EAGAIN, "take-mount-table",
		  "mountinfo", "changed each time");
	tn_fake(NULL);
	T_CHECK(!t);
}
