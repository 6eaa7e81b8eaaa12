/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The calling thread moves: into every type of namespace, and what refuses it. */
#include "t_ns.h"

#include <sched.h>

/* In a process of its own: what moves does not come back. */
#define APART(name_)                                                      \
	static int tn_apart_##name_(void *arg, void *rec);                \
	TEST_BOTH(name_)                                                  \
	{                                                                 \
		int status = t_child(tn_apart_##name_, NULL, NULL, 0);    \
		T_CHECK(status == 0, "wait status %x", (unsigned)status); \
	}                                                                 \
	static int tn_apart_##name_(void *arg, void *rec)

struct move {
	uint64_t types;
	int done;
};

static int unshares(void *arg, void *rec)
{
	const struct move *m = arg;
	unsigned long long before[TN_TYPES], now[TN_TYPES];
	contain_error *e = NULL;

	(void)rec;
	for (int i = 0; i < TN_TYPES; i++)
		before[i] = tn_own(tn_type[i]);
	tn_fine(contain_ns_unshare(m->types, &e), e);
	for (int i = 0; i < TN_TYPES; i++) {
		int later = tn_type[i] == CONTAIN_NS_PID || tn_type[i] == CONTAIN_NS_TIME;
		int is_new = !!(m->types & tn_type[i]);
		const char *name = contain_ns_type_name(tn_type[i]);

		/* nothing is in a new pid namespace yet: its link leads nowhere */
		now[i] = tn_next(tn_type[i]);
		T_CHECK((now[i] != before[i]) == is_new, "%s: %llu, %llu before", name, now[i],
			before[i]);
		if (later)
			ck_assert_uint_eq(tn_own(tn_type[i]), before[i]);
	}
	return 0;
}

TEST_BOTH(every_type_is_unshared)
{
	for (int i = 0; i < TN_TYPES; i++) {
		struct move m = { tn_with(tn_type[i]), 0 };

		ck_assert_int_eq(t_child(unshares, &m, NULL, 0), 0);
	}
}

TEST_BOTH(all_types_are_unshared_at_once)
{
	struct move m = { tn_with(CONTAIN_NS_ALL), 0 };

	ck_assert_int_eq(t_child(unshares, &m, NULL, 0), 0);
	m.types = tn_with(CONTAIN_NS_ALL & ~CONTAIN_NS_USER);
	ck_assert_int_eq(t_child(unshares, &m, NULL, 0), 0);
}

TEST(types_that_are_none)
{
	contain_error *e = NULL;

	tn_failed(contain_ns_unshare(0, &e), e, EINVAL, "unshare", "types", "no type");
	tn_failed(contain_ns_unshare(1, &e), e, EINVAL, "unshare", "types", "unknown");
	tn_failed(contain_ns_unshare(CONTAIN_NS_NET | 1ULL << 40, &e), e, EINVAL, "unshare",
		  "types", "unknown");
	tn_failed(contain_ns_join(0, 3, &e), e, EINVAL, "join-namespace", "type", "one known");
	tn_failed(contain_ns_join(0, CONTAIN_NS_NET | CONTAIN_NS_UTS, &e), e, EINVAL,
		  "join-namespace", "type", "one known");
	tn_failed(contain_ns_join_process(0, 0, &e), e, EINVAL, "join-process", "types", "no type");
	tn_failed(contain_ns_join_process(0, 1, &e), e, EINVAL, "join-process", "types", "unknown");
	tn_failed(contain_ns_join_path(AT_FDCWD, NULL, 0, &e), e, EINVAL, "open-namespace", "path",
		  "no path");
	/* an error that nobody wants */
	ck_assert_int_eq(contain_ns_unshare(0, NULL), -EINVAL);
	ck_assert_int_eq(contain_ns_join(-1, 0, NULL), -EBADF);
}

/* ---- unshare, refused ---- */

APART(threads_have_no_user_namespace_of_their_own)
{
	unsigned long long before = tn_own(CONTAIN_NS_USER);
	struct tn_thread t;
	contain_error *e = NULL;

	tn_thread_start(&t);
	tn_failed(contain_ns_unshare(CONTAIN_NS_USER | CONTAIN_NS_UTS, &e), e, EINVAL, "unshare",
		  "user", "this one has 2");
	ck_assert_uint_eq(tn_own(CONTAIN_NS_USER), before);
	tn_thread_end(&t);
	tn_fine(contain_ns_unshare(CONTAIN_NS_USER, &e), e);
	return 0;
}

APART(ids_without_mapping)
{
	contain_error *e = NULL;

	tn_fine(contain_ns_unshare(CONTAIN_NS_USER, &e), e);
	tn_failed(contain_ns_unshare(CONTAIN_NS_USER, &e), e, EPERM, "unshare", "user",
		  "no mapping");
	return 0;
}

APART(a_second_pid_namespace)
{
	contain_error *e = NULL;
	pid_t pid;
	int status;

	tn_fine(contain_ns_unshare(tn_with(CONTAIN_NS_PID), &e), e);
	tn_failed(contain_ns_unshare(CONTAIN_NS_PID, &e), e, EINVAL, "unshare", "pid",
		  "another pid namespace already");
	pid = fork(); /* and now it has its process 1 */
	T_SYS(pid);
	if (!pid)
		pause();
	tn_failed(contain_ns_unshare(CONTAIN_NS_PID, &e), e, EINVAL, "unshare", "pid",
		  "another pid namespace already");
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	return 0;
}

static int without_rights(void *arg, void *rec)
{
	contain_error *e = NULL;

	(void)arg;
	(void)rec;
	for (int i = 0; i < TN_TYPES; i++)
		if (tn_type[i] != CONTAIN_NS_USER)
			tn_failed(contain_ns_unshare(tn_type[i], &e), e, EPERM, "unshare", "types",
				  "CAP_SYS_ADMIN");
	return 0;
}

TEST(users_have_no_right)
{
	t_as_user(without_rights, NULL);
}

static int in_a_chroot(void *arg, void *rec)
{
	contain_error *e = NULL;

	(void)rec;
	T_SYS(chroot(arg));
	T_SYS(chdir("/"));
	tn_failed(contain_ns_unshare(CONTAIN_NS_USER, &e), e, EPERM, "unshare", "user", "chroot");
	return 0;
}

TEST(a_chroot_has_no_user_namespaces)
{
	t_need_root();
	ck_assert_int_eq(t_child(in_a_chroot, (void *)t_tmpdir(), NULL, 0), 0);
}

APART(limits_are_named)
{
	unsigned uid = geteuid(), gid = getegid();
	contain_error *e = NULL;

	tn_fine(contain_ns_unshare(CONTAIN_NS_USER, &e), e);
	tn_fine(contain_ns_map_self(0, 0, uid, gid, &e), e);
	t_write_file("/proc/sys/user/max_uts_namespaces", "0");
	tn_failed(contain_ns_unshare(CONTAIN_NS_UTS, &e), e, ENOSPC, "unshare", "types",
		  "max_uts_namespaces");
	tn_fine(contain_ns_unshare(CONTAIN_NS_IPC, &e), e); /* the twin */
	return 0;
}

static int no_time(enum ct_seam_who who, long nr, const long *args, long *ret)
{
	(void)who;
	if (nr == __NR_unshare && args[0] & CONTAIN_NS_TIME)
		*ret = -EINVAL;
	else if (nr == __NR_setns && args[1] & CONTAIN_NS_TIME)
		*ret = -EINVAL;
	else if (nr == __NR_faccessat2 && strstr((const char *)args[1], "ns/time"))
		*ret = -ENOENT;
	else
		return 0;
	return 1;
}

static int users(enum ct_seam_who who, long nr, const long *args, long *ret)
{
	(void)who;
	(void)args;
	*ret = -EUSERS;
	return nr == __NR_unshare;
}

APART(kernels_without_a_type)
{
	contain_error *e = NULL;
	int self = tn_pidfd(getpid());

	tn_fake(no_time);
	tn_failed(contain_ns_unshare(CONTAIN_NS_TIME | CONTAIN_NS_UTS, &e), e, EOPNOTSUPP,
		  "unshare", "time", "this kernel has no");
	tn_failed(contain_ns_join_process(self, CONTAIN_NS_TIME | CONTAIN_NS_UTS, &e), e,
		  EOPNOTSUPP, "join-process", "time", "this kernel has no");
	tn_fake(users);
	tn_failed(contain_ns_unshare(CONTAIN_NS_USER, &e), e, EUSERS, "unshare", "types", "max_");
	tn_fake(NULL);
	return 0;
}

/* ---- join ---- */

/* A new one, back, and into the new one again. */
APART(every_type_back_and_forth)
{
	contain_error *e = NULL;
	int is_user = !ts_is_root();

	if (is_user) {
		unsigned uid = geteuid(), gid = getegid();

		tn_fine(contain_ns_unshare(CONTAIN_NS_USER | CONTAIN_NS_CGROUP, &e), e);
		tn_fine(contain_ns_map_self(0, 0, uid, gid, &e), e);
		/* to what the user owns, it can come back */
		tn_fine(contain_ns_unshare(CONTAIN_NS_ALL & ~(CONTAIN_NS_USER | CONTAIN_NS_PID),
					   &e),
			e);
	}
	for (int i = 0; i < TN_TYPES; i++) {
		const char *name = contain_ns_type_name(tn_type[i]);
		int is_time = tn_type[i] == CONTAIN_NS_TIME;
		unsigned long long old = tn_own(tn_type[i]), new;
		int old_fd, new_fd;

		if (tn_type[i] == CONTAIN_NS_USER || tn_type[i] == CONTAIN_NS_PID)
			continue;
		if (is_time && is_user) /* the caller's own is the host's */
			continue;
		old_fd = tn_open_own(name);
		tn_fine(contain_ns_unshare(tn_type[i], &e), e);
		new = tn_next(tn_type[i]);
		new_fd = tn_open_own(is_time ? "time_for_children" : name);
		tn_fine(contain_ns_join(old_fd, tn_type[i], &e), e);
		ck_assert_uint_eq(tn_own(tn_type[i]), old);
		tn_fine(contain_ns_join(new_fd, 0, &e), e); /* of any type */
		ck_assert_uint_eq(tn_own(tn_type[i]), new);
		ck_assert_uint_eq(tn_next(tn_type[i]), new);
		tn_fine(contain_ns_join_path(AT_FDCWD, t_fmt("/proc/self/fd/%d", old_fd),
					     tn_type[i], &e),
			e);
		ck_assert_uint_eq(tn_own(tn_type[i]), old);
		close(old_fd);
		close(new_fd);
	}
	return 0;
}

static int tell_pid(void *arg)
{
	*(unsigned long long *)arg = tn_own(CONTAIN_NS_PID);
	return (int)getpid();
}

APART(a_pid_namespace_is_entered_by_the_next_child)
{
	contain_ns_child *c = tn_holder(tn_with(CONTAIN_NS_PID));
	contain_error *e = NULL;
	int fd = contain_ns_open(contain_ns_child_pidfd(c), CONTAIN_NS_PID, &e), user, status;
	unsigned long long inode, before = tn_own(CONTAIN_NS_PID);
	pid_t pid;

	tn_fine(fd, e);
	user = contain_ns_owner(fd, &e);
	tn_fine(user, e);
	if (!ts_is_root())
		tn_fine(contain_ns_join(user, CONTAIN_NS_USER, &e), e);
	tn_fine(contain_ns_join(fd, CONTAIN_NS_PID, &e), e);
	ck_assert_uint_eq(tn_own(CONTAIN_NS_PID), before);
	inode = tn_next(CONTAIN_NS_PID);
	T_CHECK(inode && inode != before);
	pid = fork();
	T_SYS(pid);
	if (!pid) {
		unsigned long long seen = 0;

		_exit(tell_pid(&seen) != 2 || seen != inode);
	}
	T_SYS(waitpid(pid, &status, 0));
	ck_assert_int_eq(status, 0);
	close(fd);
	close(user);
	tn_end(c);
	return 0;
}

/* ---- join, refused ---- */

TEST_BOTH(an_fd_that_is_no_namespace)
{
	contain_error *e = NULL;
	int memfd = ts_memfd(), self = tn_pidfd(getpid()), closed = dup(memfd);
	int uts = tn_open_own("uts"), path = open("/proc/self/ns/uts", O_PATH | O_CLOEXEC);

	close(closed);
	tn_failed(contain_ns_join(closed, 0, &e), e, EBADF, "join-namespace", "ns_fd", "not open");
	tn_failed(contain_ns_join(-1, CONTAIN_NS_UTS, &e), e, EBADF, "join-namespace", "ns_fd", "");
	tn_failed(contain_ns_join(path, 0, &e), e, EBADF, "join-namespace", "ns_fd", "O_PATH");
	tn_failed(contain_ns_join(memfd, 0, &e), e, EINVAL, "join-namespace", "ns_fd",
		  "no namespace");
	/* which setns(2) would take */
	tn_failed(contain_ns_join(self, CONTAIN_NS_UTS, &e), e, EINVAL, "join-namespace", "ns_fd",
		  "no namespace");
	tn_failed(contain_ns_join(uts, CONTAIN_NS_NET, &e), e, EINVAL, "join-namespace", "ns_fd",
		  "is a uts namespace, not a net");
	tn_failed(contain_ns_join_process(uts, CONTAIN_NS_UTS, &e), e, EINVAL, "join-process",
		  "pidfd", "is a namespace");
	tn_failed(contain_ns_join_process(memfd, CONTAIN_NS_UTS, &e), e, EINVAL, "join-process",
		  "pidfd", "no pidfd");
	tn_failed(contain_ns_join_process(closed, CONTAIN_NS_UTS, &e), e, EBADF, "join-process",
		  "pidfd", "");
	close(memfd);
	close(self);
	close(uts);
	close(path);
}

static void *join_mnt(void *arg)
{
	contain_error *e = NULL;
	int fd = tn_open_own("mnt");

	tn_failed(contain_ns_join(fd, CONTAIN_NS_MNT, &e), e, EINVAL, "join-namespace", "mnt",
		  "shares its root and working directory with other threads");
	T_SYS(unshare(CLONE_FS)); /* the hint's own advice */
	tn_fine(contain_ns_join(fd, CONTAIN_NS_MNT, &e), e);
	close(fd);
	return arg;
}

static int threads_join(void *arg, void *rec)
{
	contain_ns_child *c = tn_holder(CONTAIN_NS_USER);
	contain_error *e = NULL;
	struct tn_thread t;
	pthread_t thread;
	int user = contain_ns_open(contain_ns_child_pidfd(c), CONTAIN_NS_USER, &e), time;

	(void)arg;
	(void)rec;
	tn_thread_start(&t);
	tn_failed(contain_ns_join(user, CONTAIN_NS_USER, &e), e, EINVAL, "join-namespace", "user",
		  "this one has 2");
	tn_failed(contain_ns_join_process(contain_ns_child_pidfd(c), CONTAIN_NS_USER, &e), e,
		  EINVAL, "join-process", "user", "this one has 2");
	ck_assert_int_eq(pthread_create(&thread, NULL, join_mnt, NULL), 0);
	ck_assert_int_eq(pthread_join(thread, NULL), 0);
	tn_fine(contain_ns_unshare(CONTAIN_NS_TIME, &e), e);
	time = tn_open_own("time_for_children");
	tn_failed(contain_ns_join(time, CONTAIN_NS_TIME, &e), e, EUSERS, "join-namespace", "time",
		  "one thread");
	tn_thread_end(&t);
	close(time);
	tn_fine(contain_ns_join(user, CONTAIN_NS_USER, &e), e); /* the twin */
	close(user);
	tn_end(c);
	return 0;
}

TEST(threads_join_little)
{
	t_need_root();
	ck_assert_int_eq(t_child(threads_join, NULL, NULL, 0), 0);
}

APART(ones_own_user_namespace)
{
	contain_error *e = NULL;
	int fd = tn_open_own("user"), self = tn_pidfd(getpid());

	tn_failed(contain_ns_join(fd, CONTAIN_NS_USER, &e), e, EINVAL, "join-namespace", "user",
		  "already");
	tn_failed(contain_ns_join_process(self, CONTAIN_NS_USER, &e), e, EINVAL, "join-process",
		  "user", "already");
	return 0;
}

static int joins_up(void *arg)
{
	contain_error *e = NULL;
	const int *fds = arg;

	tn_failed(contain_ns_join(fds[0], CONTAIN_NS_PID, &e), e, EINVAL, "join-namespace", "pid",
		  "below");
	tn_failed(contain_ns_join_process(fds[1], CONTAIN_NS_PID, &e), e, EINVAL, "join-process",
		  "pid", "below");
	return 7;
}

TEST(a_pid_namespace_above)
{
	contain_error *e = NULL;
	int fds[2], value = 0;

	t_need_root();
	fds[0] = tn_open_own("pid");
	fds[1] = tn_pidfd(getpid());
	tn_fine(contain_ns_run(CONTAIN_NS_PID, NULL, 0, NULL, NULL, joins_up, fds, &value, &e), e);
	ck_assert_int_eq(value, 7);
	close(fds[0]);
	close(fds[1]);
}

static void drop_cap(int cap)
{
	struct __user_cap_header_struct h = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct d[2];

	T_SYS(syscall(SYS_capget, &h, d));
	d[cap / 32].effective &= ~(1u << (cap & 31));
	T_SYS(syscall(SYS_capset, &h, d));
}

static int without_chroot(void *arg, void *rec)
{
	contain_error *e = NULL;
	int fd = tn_open_own("mnt");

	(void)arg;
	(void)rec;
	drop_cap(CAP_SYS_CHROOT);
	tn_failed(contain_ns_join(fd, CONTAIN_NS_MNT, &e), e, EPERM, "join-namespace", "mnt",
		  "CAP_SYS_CHROOT");
	drop_cap(CAP_SYS_ADMIN);
	tn_failed(contain_ns_join(fd, CONTAIN_NS_MNT, &e), e, EPERM, "join-namespace", "mnt",
		  "no CAP_SYS_ADMIN in its own");
	close(fd);
	return 0;
}

TEST(rights_by_name)
{
	t_need_root();
	ck_assert_int_eq(t_child(without_chroot, NULL, NULL, 0), 0);
}

static int no_rights_to_join(void *arg, void *rec)
{
	contain_error *e = NULL;
	int uts = tn_open_own("uts"), host = *(int *)arg;
	unsigned uid = geteuid(), gid = getegid();

	(void)rec;
	tn_failed(contain_ns_join(uts, CONTAIN_NS_UTS, &e), e, EPERM, "join-namespace", "uts",
		  "join the user namespace that owns");
	/* privileged at home, which does not reach the owner */
	tn_fine(contain_ns_unshare(CONTAIN_NS_USER | CONTAIN_NS_UTS, &e), e);
	tn_fine(contain_ns_map_self(0, 0, uid, gid, &e), e);
	tn_failed(contain_ns_join(uts, CONTAIN_NS_UTS, &e), e, EPERM, "join-namespace", "uts",
		  "in the user namespace that owns it");
	tn_failed(contain_ns_join(host, CONTAIN_NS_USER, &e), e, EPERM, "join-namespace", "user",
		  "neither its maker nor privileged");
	close(uts);
	return 0;
}

TEST(users_join_nothing_of_the_host)
{
	int host;

	t_need_userns();
	host = tn_open_own("user");
	t_as_user(no_rights_to_join, &host);
	close(host);
}
