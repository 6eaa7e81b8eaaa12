/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Namespaces opened by pidfd and by path, asked what they are, and joined all together. */
#include "t_ns.h"

#include <sched.h>
#include <sys/eventfd.h>
#include <sys/mount.h>
#include <sys/sysmacros.h>

/* ---- kernels without the newer calls ---- */

/* Before Linux 6.11 a pidfd opens no namespace. */
static int without_ioctl(enum ct_seam_who who, long nr, const long *args, long *ret)
{
	(void)who;
	*ret = -ENOTTY;
	return nr == __NR_ioctl && (unsigned long)args[1] >> 8 == 0xff;
}

/* Before Linux 5.8 setns(2) takes no pidfd; here any fd that is no namespace. */
static char setns_order[200];
static int without_setns(enum ct_seam_who who, long nr, const long *args, long *ret)
{
	char link[64] = "";

	if (without_ioctl(who, nr, args, ret))
		return 1;
	if (nr != __NR_setns)
		return 0;
	*ret = -EINVAL;
	T_SYS(readlink(t_fmt("/proc/thread-self/fd/%ld", args[0]), link, sizeof(link) - 1));
	if (strstr(link, "pidfd"))
		return 1;
	link[strcspn(link, ":")] = 0;
	strcat(setns_order, link);
	strcat(setns_order, " ");
	return 0;
}

/* ---- open ---- */

static void open_all(void)
{
	contain_ns_child *c = tn_holder(tn_with(CONTAIN_NS_ALL));
	contain_error *e = NULL;
	int pid = 0;
	FILE *f = fopen(t_fmt("/proc/self/fdinfo/%d", contain_ns_child_pidfd(c)), "re");
	char line[256];

	while (f && fgets(line, sizeof(line), f))
		sscanf(line, "Pid: %d", &pid);
	fclose(f);
	T_CHECK(pid > 0);
	for (int i = 0; i < TN_TYPES; i++) {
		const char *name = contain_ns_type_name(tn_type[i]);
		int fd = contain_ns_open(contain_ns_child_pidfd(c), tn_type[i], &e);
		uint64_t inode = 0, type = 0;

		tn_fine(fd, e);
		T_CHECK(fd > 2 && fcntl(fd, F_GETFD) == FD_CLOEXEC);
		tn_fine(contain_ns_inode(fd, &inode, &e), e);
		tn_fine(contain_ns_type(fd, &type, &e), e);
		T_CHECK(type == tn_type[i], "%s", name);
		T_CHECK(inode == tn_inode_at(t_fmt("/proc/%d/ns/%s", pid, name)), "%s", name);
		T_CHECK(inode != tn_own(tn_type[i]), "%s", name);
		close(fd);
	}
	tn_end(c);
}

TEST_BOTH(every_type_by_pidfd)
{
	struct t_state *state = t_state_take(T_ALL);

	open_all();
	tn_fake(without_ioctl);
	open_all();
	tn_fake(NULL);
	t_state_check(state);
}

/* By the ioctl and without it: the same errors. */
static void both_ways(void (*fn)(void))
{
	fn();
	tn_fake(without_ioctl);
	fn();
	tn_fake(NULL);
}

static void not_opened(void)
{
	contain_error *e = NULL;
	int event = eventfd(0, EFD_CLOEXEC), closed = dup(event), self = tn_pidfd(getpid());
	int file = open("/proc/self/status", O_RDONLY | O_CLOEXEC);

	close(closed);
	tn_failed(contain_ns_open(closed, CONTAIN_NS_UTS, &e), e, EBADF, "open-namespace", "pidfd",
		  "");
	tn_failed(contain_ns_open(event, CONTAIN_NS_UTS, &e), e, EINVAL, "open-namespace", "pidfd",
		  "no pidfd");
	tn_failed(contain_ns_open(file, CONTAIN_NS_UTS, &e), e, EINVAL, "open-namespace", "pidfd",
		  "no pidfd");
	tn_failed(contain_ns_open(self, 0, &e), e, EINVAL, "open-namespace", "type", "one known");
	tn_failed(contain_ns_open(self, 1, &e), e, EINVAL, "open-namespace", "type", "one known");
	tn_failed(contain_ns_open(self, CONTAIN_NS_ALL, &e), e, EINVAL, "open-namespace", "type",
		  "one known");
	close(event);
	close(file);
	close(self);
	for (int reaped = 0; reaped < 2; reaped++) {
		int dead = tn_dead(reaped);

		for (int i = 0; i < TN_TYPES; i++)
			tn_failed(contain_ns_open(dead, tn_type[i], &e), e, ESRCH, "open-namespace",
				  "pidfd", "has ended");
		tn_failed(contain_ns_join_process(dead, CONTAIN_NS_UTS, &e), e, ESRCH,
			  "join-process", "pidfd", "has ended");
		close(dead);
	}
	while (waitpid(-1, NULL, WNOHANG) > 0)
		;
}

TEST_BOTH(what_is_not_opened)
{
	struct t_state *state = t_state_take(T_ALL);

	both_ways(not_opened);
	t_state_check(state);
}

static int no_right_to_look(void *arg, void *rec)
{
	contain_error *e = NULL;
	int fd;

	(void)rec;
	for (int i = 0; i < 2; i++) {
		tn_fake(i ? without_ioctl : NULL);
		tn_failed(contain_ns_open(*(int *)arg, CONTAIN_NS_UTS, &e), e, EACCES,
			  "open-namespace", "uts", "PTRACE_MODE_READ");
		fd = contain_ns_join_process(*(int *)arg, CONTAIN_NS_UTS, &e);
		tn_failed(fd, e, i ? EACCES : EACCES, "join-process", "uts", "PTRACE_MODE_READ");
	}
	tn_fake(NULL);
	return 0;
}

TEST(users_may_not_look_at_root)
{
	int self;

	t_need_root();
	self = tn_pidfd(getpid());
	t_as_user(no_right_to_look, &self);
	close(self);
}

static int outside_of_proc(void *arg)
{
	contain_error *e = NULL;

	T_SYS(mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL));
	T_SYS(mount("proc", "/proc", "proc", 0, NULL));
	tn_fake(without_ioctl);
	tn_failed(contain_ns_open(*(int *)arg, CONTAIN_NS_UTS, &e), e, ESRCH, "open-namespace",
		  "pidfd", "outside the pid namespace");
	T_SYS(umount2("/proc", MNT_DETACH));
	T_SYS(mount("tmpfs", "/proc", "tmpfs", 0, NULL));
	tn_failed(contain_ns_open(*(int *)arg, CONTAIN_NS_UTS, &e), e, ENOENT, "open-namespace",
		  "/proc", "needs /proc");
	return 5;
}

TEST(processes_outside_of_proc)
{
	contain_error *e = NULL;
	int self, value = 0;

	t_need_root();
	self = tn_pidfd(getpid());
	tn_fine(contain_ns_run(CONTAIN_NS_PID | CONTAIN_NS_MNT, NULL, 0, NULL, NULL,
			       outside_of_proc, &self, &value, &e),
		e);
	ck_assert_int_eq(value, 5);
	close(self);
}

/* ---- A25: the number is another process's by the time it is looked up ---- */

static struct {
	pid_t victim, racer;
	char path[32];
	int fired;
} race;

/* With a new uts namespace, so that it can be told from the victim. */
static pid_t forked(void)
{
	pid_t pid = fork();

	T_SYS(pid);
	if (!pid) {
		T_SYS(unshare(CLONE_NEWUTS));
		for (;;)
			pause();
	}
	return pid;
}

/* The next process gets this number: root's, in a pid namespace of its own. */
static void recycle(void)
{
	T_SYS(kill(race.victim, SIGKILL));
	T_SYS(waitpid(race.victim, NULL, 0));
	for (int i = 0; i < 100 && race.racer != race.victim; i++) {
		if (race.racer)
			T_CHECK(kill(race.racer, SIGKILL) == 0 &&
				waitpid(race.racer, NULL, 0) == race.racer);
		t_write_file("/proc/sys/kernel/ns_last_pid", t_fmt("%d", race.victim - 1));
		race.racer = forked();
	}
	ck_assert_int_eq(race.racer, race.victim);
}

/* The number has been read, the directory has not been opened. */
static int race_at_open(enum ct_seam_who who, long nr, const long *args, long *ret)
{
	if (without_ioctl(who, nr, args, ret))
		return 1;
	if (nr == __NR_openat && !race.fired && !strcmp((const char *)args[1], race.path)) {
		race.fired = 1;
		recycle();
	}
	return 0;
}

static int recycled(void *arg)
{
	contain_error *e = NULL;
	int pidfd, fd;

	(void)arg;
	T_SYS(mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL));
	T_SYS(mount("proc", "/proc", "proc", 0, NULL));
	race.victim = forked();
	snprintf(race.path, sizeof(race.path), "/proc/%d", race.victim);
	pidfd = tn_pidfd(race.victim);
	tn_fake(race_at_open);
	tn_failed(contain_ns_open(pidfd, CONTAIN_NS_UTS, &e), e, ESRCH, "open-namespace", "pidfd",
		  "has ended");
	ck_assert_int_eq(race.fired, 1);
	tn_fake(NULL);
	/* who goes by the number alone is in the racer's */
	fd = open(t_fmt("%s/ns/uts", race.path), O_RDONLY | O_CLOEXEC);
	T_SYS(fd);
	close(fd);
	tn_failed(contain_ns_open(pidfd, CONTAIN_NS_UTS, &e), e, ESRCH, "open-namespace", "pidfd",
		  "has ended");
	return 25;
}

TEST(a25_the_pid_is_anothers)
{
	contain_error *e = NULL;
	int value = 0;

	t_need_root();
	tn_fine(contain_ns_run(CONTAIN_NS_PID | CONTAIN_NS_MNT, NULL, 0, NULL, NULL, recycled, NULL,
			       &value, &e),
		e);
	ck_assert_int_eq(value, 25);
}

/* ---- by path ---- */

static void no_path(const char *path, uint64_t type, int err, const char *hint)
{
	contain_error *e = NULL;

	tn_failed(contain_ns_open_path(AT_FDCWD, path, type, &e), e, err, "open-namespace", path,
		  hint);
	tn_failed(contain_ns_join_path(AT_FDCWD, path, type, &e), e, err, "open-namespace", path,
		  hint);
}

TEST_BOTH(files_that_are_no_namespaces)
{
	const char *dir = t_tmpdir();
	struct t_state *state = t_state_take(T_ALL);
	contain_error *e = NULL;

	t_write_file(t_fmt("%s/empty", dir), "");
	T_SYS(mkfifo(t_fmt("%s/fifo", dir), 0600));
	T_SYS(symlink("loop", t_fmt("%s/loop", dir)));
	no_path(t_fmt("%s/empty", dir), 0, EINVAL, "no namespace bound");
	no_path(t_fmt("%s/fifo", dir), 0, EINVAL, "no namespace"); /* nobody waits for a writer */
	no_path(t_fmt("%s/loop", dir), 0, ELOOP, "");
	no_path(t_fmt("%s/nosuch", dir), 0, ENOENT, "");
	no_path(t_fmt("%s/empty/x", dir), 0, ENOTDIR, "");
	no_path(dir, 0, EINVAL, "a directory");
	no_path("/dev/null", 0, EINVAL, "no namespace");
	no_path("/proc/self/status", 0, EINVAL, "regular file");
	no_path("/proc/self/ns/uts", CONTAIN_NS_NET, EINVAL, "is a uts namespace, not a net");
	tn_failed(contain_ns_open_path(AT_FDCWD, "", 0, &e), e, EINVAL, "open-namespace", "path",
		  "no path");
	tn_failed(contain_ns_open_path(AT_FDCWD, "/proc/self/ns/uts", 1, &e), e, EINVAL,
		  "open-namespace", "type", "one known");
	tn_failed(contain_ns_open_path(-1, "ns", 0, &e), e, EBADF, "open-namespace", "ns", "");
	t_state_check(state);
}

/* Nothing is opened that acts when it is opened: a master of a terminal makes a terminal. */
TEST(no_device_is_opened)
{
	const char *dir = t_tmpdir();
	struct t_state *state;

	t_need_root();
	T_SYS(mknod(t_fmt("%s/ptmx", dir), S_IFCHR | 0666, makedev(5, 2)));
	state = t_state_take(T_ALL);
	no_path(t_fmt("%s/ptmx", dir), 0, EINVAL, "no namespace");
	t_state_check(state);
}

TEST_BOTH(files_that_are)
{
	const char *dir = t_tmpdir();
	int dirfd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC), fd;
	contain_error *e = NULL;
	uint64_t inode = 0;

	T_SYS(symlink("/proc/self/ns/ipc", t_fmt("%s/link", dir)));
	fd = contain_ns_open_path(dirfd, "link", CONTAIN_NS_IPC, &e);
	tn_fine(fd, e);
	T_CHECK(fd > 2 && fcntl(fd, F_GETFD) == FD_CLOEXEC);
	tn_fine(contain_ns_inode(fd, &inode, &e), e);
	ck_assert_uint_eq(inode, tn_own(CONTAIN_NS_IPC));
	close(fd);
	close(dirfd);
}

/* ---- what they are ---- */

TEST_BOTH(owners_and_parents)
{
	contain_ns_child *c = tn_holder(CONTAIN_NS_USER | CONTAIN_NS_PID | CONTAIN_NS_NET);
	int pidfd = contain_ns_child_pidfd(c), net, user, pid, fd;
	contain_error *e = NULL;
	uint64_t a = 0, b = 0;
	uint32_t uid = 1;

	net = contain_ns_open(pidfd, CONTAIN_NS_NET, &e);
	user = contain_ns_open(pidfd, CONTAIN_NS_USER, &e);
	pid = contain_ns_open(pidfd, CONTAIN_NS_PID, &e);
	T_CHECK(net > 2 && user > 2 && pid > 2);

	fd = contain_ns_owner(net, &e);
	tn_fine(fd, e);
	tn_fine(contain_ns_inode(fd, &a, &e), e);
	tn_fine(contain_ns_inode(user, &b, &e), e);
	ck_assert_uint_eq(a, b);
	close(fd);
	fd = contain_ns_owner(user, &e);
	tn_fine(fd, e);
	tn_fine(contain_ns_inode(fd, &a, &e), e);
	ck_assert_uint_eq(a, tn_own(CONTAIN_NS_USER));
	tn_failed(contain_ns_owner(fd, &e), e, EPERM, "namespace-owner", "ns_fd", "outside");
	tn_failed(contain_ns_parent(fd, &e), e, EPERM, "namespace-parent", "ns_fd", "outside");
	close(fd);
	fd = contain_ns_parent(user, &e);
	tn_fine(fd, e);
	tn_fine(contain_ns_inode(fd, &a, &e), e);
	ck_assert_uint_eq(a, tn_own(CONTAIN_NS_USER));
	close(fd);
	fd = contain_ns_parent(pid, &e);
	tn_fine(fd, e);
	tn_fine(contain_ns_inode(fd, &a, &e), e);
	ck_assert_uint_eq(a, tn_own(CONTAIN_NS_PID));
	close(fd);
	tn_failed(contain_ns_parent(net, &e), e, EINVAL, "namespace-parent", "ns_fd",
		  "a net namespace has no parent");
	tn_fine(contain_ns_owner_uid(user, &uid, &e), e);
	ck_assert_uint_eq(uid, geteuid());
	tn_failed(contain_ns_owner_uid(net, &uid, &e), e, EINVAL, "namespace-owner-uid", "ns_fd",
		  "is a net namespace, not a user");
	close(net);
	close(user);
	close(pid);
	tn_end(c);
}

TEST(what_is_asked_of_no_namespace)
{
	contain_error *e = NULL;
	uint64_t value = 42;
	uint32_t uid = 42;
	int memfd = ts_memfd(), uts = tn_open_own("uts");

	for (int i = 0; i < 2; i++) {
		int fd = i ? memfd : 1 << 20, err = i ? EINVAL : EBADF;
		const char *hint = i ? "no namespace" : "not open";

		tn_failed(contain_ns_type(fd, &value, &e), e, err, "namespace-type", "ns_fd", hint);
		tn_failed(contain_ns_inode(fd, &value, &e), e, err, "namespace-inode", "ns_fd",
			  hint);
		tn_failed(contain_ns_owner(fd, &e), e, err, "namespace-owner", "ns_fd", hint);
		tn_failed(contain_ns_parent(fd, &e), e, err, "namespace-parent", "ns_fd", hint);
		tn_failed(contain_ns_owner_uid(fd, &uid, &e), e, err, "namespace-owner-uid",
			  "ns_fd", hint);
	}
	tn_failed(contain_ns_type(uts, NULL, &e), e, EINVAL, "namespace-type", "ret_type", "NULL");
	tn_failed(contain_ns_inode(uts, NULL, &e), e, EINVAL, "namespace-inode", "ret_inode",
		  "NULL");
	tn_failed(contain_ns_owner_uid(uts, NULL, &e), e, EINVAL, "namespace-owner-uid", "ret_uid",
		  "NULL");
	T_CHECK(value == 42 && uid == 42);
	close(memfd);
	close(uts);
	ck_assert_str_eq(contain_ns_type_name(CONTAIN_NS_CGROUP), "cgroup");
	ck_assert_str_eq(contain_ns_type_name(0), "");
	ck_assert_str_eq(contain_ns_type_name(1), "");
	ck_assert_str_eq(contain_ns_type_name(CONTAIN_NS_ALL), "");
}

/* ---- all of another process ---- */

static int was_root;

static int joins_all(void *arg, void *rec)
{
	int pidfd = *(int *)arg;
	unsigned long long want[TN_TYPES];
	contain_error *e = NULL;

	(void)rec;
	for (int i = 0; i < TN_TYPES; i++) {
		int fd = contain_ns_open(pidfd, tn_type[i], &e);

		tn_fine(fd, e);
		tn_fine(contain_ns_inode(fd, (uint64_t *)&want[i], &e), e);
		close(fd);
	}
	setns_order[0] = 0;
	tn_fine(contain_ns_join_process(pidfd, CONTAIN_NS_ALL, &e), e);
	/* the links of this thread, whatever pid namespace /proc is of */
	for (int i = 0; i < TN_TYPES; i++) {
		unsigned long long now =
			tn_type[i] == CONTAIN_NS_PID ? tn_next(tn_type[i]) : tn_own(tn_type[i]);

		T_CHECK(now == want[i], "%s: %llu, not %llu", contain_ns_type_name(tn_type[i]), now,
			want[i]);
	}
	/* one by one: the user namespace where it gives or takes the rights */
	ck_assert_int_eq(!*setns_order, !ct_seam);
	if (*setns_order)
		T_CHECK(!strncmp(setns_order, "user ", 5) == !was_root, "%s", setns_order);
	return 0;
}

TEST_BOTH(all_of_a_process)
{
	contain_ns_child *c = tn_holder(tn_with(CONTAIN_NS_ALL));
	int pidfd = contain_ns_child_pidfd(c);

	was_root = ts_is_root();
	ck_assert_int_eq(t_child(joins_all, &pidfd, NULL, 0), 0);
	tn_fake(without_setns);
	ck_assert_int_eq(t_child(joins_all, &pidfd, NULL, 0), 0);
	tn_fake(NULL);
	tn_end(c);
}

/* In the caller's own user namespace: that is left out, the others are joined. */
TEST(all_of_a_process_of_the_same_user_namespace)
{
	contain_ns_child *c;
	int pidfd;

	t_need_root();
	c = tn_holder(CONTAIN_NS_ALL & ~CONTAIN_NS_USER);
	pidfd = contain_ns_child_pidfd(c);
	was_root = 1;
	ck_assert_int_eq(t_child(joins_all, &pidfd, NULL, 0), 0);
	tn_fake(without_setns);
	ck_assert_int_eq(t_child(joins_all, &pidfd, NULL, 0), 0);
	tn_fake(NULL);
	tn_end(c);
}

/* One by one, the middle one refused: told, and what is joined stays. */
static int refuse_uts(enum ct_seam_who who, long nr, const long *args, long *ret)
{
	if (without_setns(who, nr, args, ret))
		return 1;
	*ret = -EPERM;
	return nr == __NR_setns && args[1] == CLONE_NEWUTS;
}

static int half_way(void *arg, void *rec)
{
	unsigned long long uts = tn_own(CONTAIN_NS_UTS);
	contain_error *e = NULL;

	(void)rec;
	tn_failed(contain_ns_join_process(*(int *)arg, CONTAIN_NS_MNT | CONTAIN_NS_UTS, &e), e,
		  EPERM, "join-process", "uts", "joined already");
	ck_assert_uint_eq(tn_own(CONTAIN_NS_UTS), uts);
	return 0;
}

TEST(half_of_a_process)
{
	contain_ns_child *c;
	int pidfd;

	t_need_root();
	c = tn_holder(CONTAIN_NS_MNT | CONTAIN_NS_UTS);
	pidfd = contain_ns_child_pidfd(c);
	tn_fake(refuse_uts);
	ck_assert_int_eq(t_child(half_way, &pidfd, NULL, 0), 0);
	tn_fake(NULL);
	tn_end(c);
}
