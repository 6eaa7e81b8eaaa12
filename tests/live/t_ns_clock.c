/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Time namespaces by hand; the root of a cgroup namespace; the loopback of a network namespace. */
#include "t_ns.h"


#include <arpa/inet.h>
#include <contain/namespace.h>
#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

static void enter_user(void)
{
	uint32_t uid = geteuid(), gid = getegid();

	if (ts_is_root())
		return;
	WORKS(contain_ns_unshare(CONTAIN_NS_USER, e));
	WORKS(contain_ns_map_self(0, 0, uid, gid, e));
}

static long long now(clockid_t clock)
{
	struct timespec ts;

	T_SYS(clock_gettime(clock, &ts));
	return (long long)ts.tv_sec;
}

static void shifted(clockid_t clock, long long since, long long by)
{
	long long is = now(clock);

	T_CHECK(is >= since + by && is <= since + by + 60, "clock %d: %lld, not %lld + %lld", clock,
		is, since, by);
}

static void offset_is(int pidfd, int clock, int64_t want_sec, uint32_t want_nsec)
{
	uint32_t nsec = 7;
	int64_t sec = 7;

	WORKS(contain_ns_get_time_offset(pidfd, clock, &sec, &nsec, e));
	T_CHECK(sec == want_sec && nsec == want_nsec, "%lld %u", (long long)sec, nsec);
	WORKS(contain_ns_get_time_offset(pidfd, clock, &sec, NULL, e));
}

static int offsets(void *arg, void *rec)
{
	long long monotonic = now(CLOCK_MONOTONIC), boottime = now(CLOCK_BOOTTIME);
	int status, pidfd, root = ts_is_root();
	pid_t pid;

	enter_user();
	FAILS(root ? EACCES : EPERM, "(CONTAIN_NS_TIME)",
	      contain_ns_set_time_offset(CONTAIN_CLOCK_MONOTONIC, 1, 0, e));
	WORKS(contain_ns_unshare(CONTAIN_NS_TIME, e));
	WORKS(contain_ns_set_time_offset(CONTAIN_CLOCK_MONOTONIC, 86400, 5, e));
	WORKS(contain_ns_set_time_offset(CONTAIN_CLOCK_BOOTTIME, -boottime / 2, 999999999, e));
	FAILS(ERANGE, "less than 0",
	      contain_ns_set_time_offset(CONTAIN_CLOCK_MONOTONIC, -monotonic - 100, 0, e));
	FAILS(ERANGE, "146 years",
	      contain_ns_set_time_offset(CONTAIN_CLOCK_MONOTONIC, INT64_MAX / 1000000000, 0, e));
	offset_is(-1, CONTAIN_CLOCK_MONOTONIC, 86400, 5);
	offset_is(-1, CONTAIN_CLOCK_BOOTTIME, -boottime / 2, 999999999);
	shifted(CLOCK_MONOTONIC, monotonic, 0); /* its children's */
	pid = fork();
	T_SYS(pid);
	if (pid == 0) {
		shifted(CLOCK_MONOTONIC, monotonic, 86400);
		shifted(CLOCK_BOOTTIME, boottime, -boottime / 2);
		WORKS(contain_ns_enter_time(e)); /* it is in it already */
		shifted(CLOCK_MONOTONIC, monotonic, 86400);
		pause();
	}
	pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	T_SYS(pidfd);
	offset_is(pidfd, CONTAIN_CLOCK_MONOTONIC, 86400, 5);
	offset_is(pidfd, CONTAIN_CLOCK_BOOTTIME, -boottime / 2, 999999999);
	FAILS(EACCES, "in the time namespace already",
	      contain_ns_set_time_offset(CONTAIN_CLOCK_MONOTONIC, 1, 0, e));
	offset_is(-1, CONTAIN_CLOCK_MONOTONIC, 86400, 5);
	usleep(20000 * (useconds_t)t_slow());
	T_SYS(kill(pid, SIGKILL));
	T_CHECK(waitpid(pid, &status, 0) == pid && WTERMSIG(status) == SIGKILL, "%x", status);
	FAILS(ESRCH, "ended",
	      contain_ns_get_time_offset(pidfd, CONTAIN_CLOCK_MONOTONIC, &(int64_t){ 0 }, NULL, e));
	return 0;
}

TEST_BOTH(offsets_of_both_clocks)
{
	ck_assert_int_eq(t_child(offsets, NULL, NULL, 0), 0);
}

static void *idle(void *arg)
{
	for (;;)
		pause();
	return arg;
}

static int enter(void *arg, void *rec)
{
	long long boottime = now(CLOCK_BOOTTIME);
	char before[64] = "", after[64] = "";
	pthread_t thread;

	enter_user();
	T_SYS(readlink("/proc/self/ns/time", before, sizeof(before) - 1));
	WORKS(contain_ns_enter_time(e)); /* of nothing unshared: where it is */
	if (arg) /* before: older kernels make no thread that would be in another namespace */
		ck_assert_int_eq(pthread_create(&thread, NULL, idle, NULL), 0);
	WORKS(contain_ns_unshare(CONTAIN_NS_TIME, e));
	WORKS(contain_ns_set_time_offset(CONTAIN_CLOCK_BOOTTIME, 864000, 0, e));
	if (arg) {
		FAILS(EUSERS, "threads", contain_ns_enter_time(e));
		shifted(CLOCK_BOOTTIME, boottime, 0);
		return 0;
	}
	WORKS(contain_ns_enter_time(e));
	T_SYS(readlink("/proc/self/ns/time", after, sizeof(after) - 1));
	T_CHECK(strcmp(before, after) != 0, "%s", after);
	shifted(CLOCK_BOOTTIME, boottime, 864000);
	shifted(CLOCK_REALTIME, now(CLOCK_REALTIME), 0);
	FAILS(EACCES, "itself", contain_ns_set_time_offset(CONTAIN_CLOCK_BOOTTIME, 1, 0, e));
	WORKS(contain_ns_enter_time(e));
	/* what it executes has the clocks on every kernel */
	execl("/bin/busybox", "busybox", "sh", "-c",
	      t_fmt("read up rest </proc/uptime; [ ${up%%.*} -ge %lld ]", boottime + 864000), NULL);
	return 1;
}

TEST_BOTH(entered_by_hand)
{
	int threads = 1;

	t_need_program("/bin/busybox");
	ck_assert_int_eq(t_child(enter, NULL, NULL, 0), 0);
	ck_assert_int_eq(t_child(enter, &threads, NULL, 0), 0);
}

/* Threads: the namespace is the calling thread's own, not that of the first one. */
static void *of_a_thread(void *arg)
{
	WORKS(contain_ns_unshare(CONTAIN_NS_TIME, e));
	WORKS(contain_ns_set_time_offset(CONTAIN_CLOCK_MONOTONIC, 4711, 0, e));
	offset_is(-1, CONTAIN_CLOCK_MONOTONIC, 4711, 0);
	return arg;
}

static int threads(void *arg, void *rec)
{
	pthread_t thread;

	enter_user();
	ck_assert_int_eq(pthread_create(&thread, NULL, of_a_thread, NULL), 0);
	ck_assert_int_eq(pthread_join(thread, NULL), 0);
	offset_is(-1, CONTAIN_CLOCK_MONOTONIC, 0, 0);
	return 0;
}

TEST_BOTH(offsets_of_a_thread)
{
	ck_assert_int_eq(t_child(threads, NULL, NULL, 0), 0);
}

/* ---- kernels and /proc ---- */

static struct ct_seam seam;
static int (*answer)(long nr, const long *args, long *ret);

static int ask(enum ct_seam_who who, long nr, const long *args, long *ret)
{
	return answer(nr, args, ret);
}

static void fake(int (*with)(long, const long *, long *))
{
	memset(&seam, 0, sizeof(seam));
	answer = with;
	seam.fake = ask;
	seam.on = 1;
	ct_seam = &seam;
}

static int ends_with(long text, const char *end)
{
	const char *s = (const char *)text;

	return strlen(s) >= strlen(end) && !strcmp(s + strlen(s) - strlen(end), end);
}

static int no_time(long nr, const long *args, long *ret)
{
	if (!(nr == __NR_openat2 && ends_with(args[1], "timens_offsets")) &&
	    !(nr == __NR_newfstatat && ends_with(args[1], "time_for_children")))
		return 0;
	*ret = -ENOENT;
	return 1;
}

static int swallowed(long nr, const long *args, long *ret)
{
	if (nr != __NR_write)
		return 0;
	*ret = args[2];
	return 1;
}

static int not_entered(long nr, const long *args, long *ret)
{
	if (nr != __NR_setns)
		return 0;
	*ret = 0;
	return 1;
}

static int no_mounts(long nr, const long *args, long *ret)
{
	if (nr != __NR_fsmount)
		return 0;
	*ret = -EPERM;
	return 1;
}

static int lies(void *arg, void *rec)
{
	int64_t sec = -7;

	enter_user();
	WORKS(contain_ns_unshare(CONTAIN_NS_TIME, e));
	fake(no_time);
	FAILS(EOPNOTSUPP, "Linux 5.6", contain_ns_set_time_offset(CONTAIN_CLOCK_BOOTTIME, 1, 0, e));
	FAILS(EOPNOTSUPP, "Linux 5.6",
	      contain_ns_get_time_offset(-1, CONTAIN_CLOCK_BOOTTIME, &sec, NULL, e));
	FAILS(EOPNOTSUPP, "Linux 5.6", contain_ns_enter_time(e));
	fake(swallowed);
	FAILS(EIO, "read back", contain_ns_set_time_offset(CONTAIN_CLOCK_BOOTTIME, 1, 0, e));
	fake(not_entered);
	FAILS(EIO, "says that it is not", contain_ns_enter_time(e));
	fake(no_mounts); /* through /proc itself */
	WORKS(contain_ns_set_time_offset(CONTAIN_CLOCK_BOOTTIME, 2, 0, e));
	offset_is(-1, CONTAIN_CLOCK_BOOTTIME, 2, 0);
	ct_seam = NULL;
	WORKS(contain_ns_enter_time(e));
	offset_is(-1, CONTAIN_CLOCK_BOOTTIME, 2, 0);
	ck_assert_int_eq(sec, -7);
	return 0;
}

TEST_BOTH(kernels_that_lie)
{
	ck_assert_int_eq(t_child(lies, NULL, NULL, 0), 0);
}

/* A09: another file of procfs over the one that is written. */
static int covered(void *arg, void *rec)
{
	int root = ts_is_root();
	char path[64];

	enter_user();
	WORKS(contain_ns_unshare(CONTAIN_NS_TIME | CONTAIN_NS_MNT, e));
	T_SYS(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL));
	snprintf(path, sizeof(path), "/proc/%d/timens_offsets", (int)getpid());
	T_SYS(mount("/proc/self/comm", path, NULL, MS_BIND, NULL));
	fake(no_mounts);
	FAILS(EXDEV, "mounted over", contain_ns_set_time_offset(CONTAIN_CLOCK_BOOTTIME, 2, 0, e));
	ct_seam = NULL;
	if (root) { /* by a procfs of the library's own */
		WORKS(contain_ns_set_time_offset(CONTAIN_CLOCK_BOOTTIME, 3, 0, e));
		offset_is(-1, CONTAIN_CLOCK_BOOTTIME, 3, 0);
	}
	return 0;
}

TEST_BOTH(offsets_that_are_mounted_over)
{
	ck_assert_int_eq(t_child(covered, NULL, NULL, 0), 0);
}

TEST(bad_input)
{
	int64_t sec = -7;
	int fd = memfd_create("x", MFD_CLOEXEC);

	FAILS(EINVAL, "clock", contain_ns_set_time_offset(CLOCK_REALTIME, 1, 0, e));
	FAILS(EINVAL, "nanoseconds",
	      contain_ns_set_time_offset(CONTAIN_CLOCK_BOOTTIME, 1, 1000000000, e));
	FAILS(EINVAL, "clock", contain_ns_get_time_offset(-1, CLOCK_REALTIME, &sec, NULL, e));
	FAILS(EINVAL, "ret_seconds",
	      contain_ns_get_time_offset(-1, CONTAIN_CLOCK_BOOTTIME, NULL, NULL, e));
	FAILS(EINVAL, "no pidfd",
	      contain_ns_get_time_offset(fd, CONTAIN_CLOCK_BOOTTIME, &sec, NULL, e));
	FAILS(EBADF, "no pidfd",
	      contain_ns_get_time_offset(999, CONTAIN_CLOCK_BOOTTIME, &sec, NULL, e));
	ck_assert_int_eq(sec, -7);
}

/* ---- cgroup ---- */

/* The root field of the first mount of cgroup2 whose mount point ends so. */
static const char *root_of(const char *point)
{
	char text[65536], *at, *save = NULL;
	char root[512], where[512];

	T_CHECK(t_read_file("/proc/self/mountinfo", text, sizeof(text)) > 0);
	for (at = strtok_r(text, "\n", &save); at; at = strtok_r(NULL, "\n", &save))
		if (sscanf(at, "%*s %*s %*s %511s %511s", root, where) == 2 &&
		    !strcmp(where, point))
			return t_fmt("%s", root);
	T_FAIL("nothing is mounted at %s", point);
	return "";
}

static const char *own_group(void)
{
	char text[4096], *at;

	T_CHECK(t_read_file("/proc/self/cgroup", text, sizeof(text)) > 0);
	at = strstr(text, "0::");
	T_CHECK(at);
	return t_fmt("%.*s", (int)strcspn(at + 3, "\n"), at + 3);
}

static int group_root(void *arg, void *rec)
{
	const char *group = arg, *mounted = t_cgroup_mount("cgroup2");
	const char *inner = t_fmt("%s/inner", group), *point = t_tmpdir();

	T_SYS(mkdir(inner, 0755));
	t_write_file(t_fmt("%s/cgroup.procs", inner), "0");
	ck_assert_str_eq(own_group(), inner + strlen(mounted));
	WORKS(contain_ns_unshare(CONTAIN_NS_CGROUP | CONTAIN_NS_MNT, e));
	T_SYS(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL));
	ck_assert_str_eq(own_group(), "/");
	/* mounts of before show where the root of the hierarchy is from here */
	T_CHECK(strncmp(root_of(mounted), "/..", 3) == 0, "%s", root_of(mounted));
	T_SYS(mount("cgroup2", point, "cgroup2", 0, NULL));
	ck_assert_str_eq(root_of(point), "/");
	T_SYS(access(t_fmt("%s/cgroup.procs", point), F_OK));
	T_CHECK(access(t_fmt("%s/inner", point), F_OK) < 0, "the group above is seen");
	T_SYS(umount2(point, 0));
	return 0;
}

TEST(root_of_a_cgroup_namespace)
{
	t_need_root();
	ck_assert_int_eq(t_child(group_root, (void *)t_cgroup_make("cgroup2"), NULL, 0), 0);
}

TEST_BOTH(root_of_a_containers_groups)
{
	struct ts t;

	ts_dir(&t, 0);
	ts_words(&t, "read /proc/self/cgroup");
	ts_run(&t);
	ts_has(&t, "0::/\n");
}

/* ---- net ---- */

static int lo_flags(void)
{
	struct ifreq req = { .ifr_name = "lo" };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	T_SYS(fd);
	T_SYS(ioctl(fd, SIOCGIFFLAGS, &req));
	close(fd);
	return req.ifr_flags;
}

static int reach_lo(void)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
				 .sin_port = htons(9) };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), r;

	T_SYS(fd);
	r = sendto(fd, "x", 1, 0, (struct sockaddr *)&a, sizeof(a)) < 0 ? errno : 0;
	close(fd);
	return r;
}

static int loopback(void *arg, void *rec)
{
	enter_user();
	WORKS(contain_ns_unshare(CONTAIN_NS_NET, e));
	T_CHECK(!(lo_flags() & IFF_UP));
	ck_assert_int_eq(reach_lo(), ENETUNREACH);
	WORKS(contain_ns_loopback_up(e));
	T_CHECK(lo_flags() & IFF_UP);
	ck_assert_int_eq(reach_lo(), 0);
	WORKS(contain_ns_loopback_up(e));
	return 0;
}

TEST_BOTH(loopback_goes_up)
{
	ck_assert_int_eq(t_child(loopback, NULL, NULL, 0), 0);
	if (!ts_is_root())
		FAILS(EPERM, "CAP_NET_ADMIN", contain_ns_loopback_up(e));
}
