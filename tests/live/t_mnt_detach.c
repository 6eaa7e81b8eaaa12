/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Mounts go by the fd under which they were found; who uses one is told. */
#include "t_mnt_fd.h"

#include <limits.h>
#include <sys/resource.h>

TEST_MOUNT(detached)
{
	const char *a = mf_tmpfs(dir, "a"), *sub = mf_tmpfs(a, "sub"),
		   *over = t_fmt("%s/over", dir);
	int root = open(dir, O_PATH | O_CLOEXEC);

	MF_FAILS(EBUSY, "detach", "a", t_fmt("another mount lies below it: %s", sub),
		 contain_mount_detach(root, "a", 0, e));
	MF_FINE(contain_mount_detach(root, "/a/sub", 0, e));
	ck_assert_int_eq(mf_mounts_on(sub), 0);
	MF_FINE(contain_mount_detach(root, "a/", 0, e));
	ck_assert_int_eq(mf_mounts_on(a), 0);
	/* the topmost of two, then the other; lazily with what lies below */
	mf_tmpfs(dir, "a");
	mf_tmpfs(dir, "a");
	mf_tmpfs(a, "sub");
	MF_FINE(contain_mount_detach(root, "a", CONTAIN_DETACH_LAZY, e));
	ck_assert_int_eq(mf_mounts_on(a), 1);
	ck_assert_int_eq(mf_mounts_on(sub), 0);
	MF_FINE(contain_mount_detach(root, "a", 0, e));
	/* a file */
	for (uint32_t flags = 0; flags <= CONTAIN_DETACH_LAZY; flags += CONTAIN_DETACH_LAZY) {
		t_write_file(over, "below");
		T_SYS(mount("/proc/self/comm", over, NULL, MS_BIND, NULL));
		MF_FINE(contain_mount_detach(root, "over", flags, e));
		mf_is(root, "over", "below");
	}
	close(root);
}

TEST_MOUNT(not_detached)
{
	const char *a = mf_tmpfs(dir, "a");
	int root = open(dir, O_PATH | O_CLOEXEC);

	T_SYS(symlink("a", t_fmt("%s/link", dir)));
	T_SYS(symlink("/", t_fmt("%s/a/slash", dir)));
	MF_FAILS(EINVAL, "detach", "a/sub", "nothing is mounted there",
		 contain_mount_detach(root, "a/sub", 0, e));
	MF_FAILS(EINVAL, "detach", "a/slash/a/file", "nothing is mounted there",
		 contain_mount_detach(root, "a/slash/a/file", CONTAIN_DETACH_LAZY, e));
	MF_FAILS(ENOENT, "detach", "nosuch", "", contain_mount_detach(root, "nosuch", 0, e));
	MF_FAILS(EINVAL, "detach", "flags", "unknown", contain_mount_detach(root, "a", 1, e));
	MF_FAILS(EINVAL, "detach", "path", "NULL", contain_mount_detach(root, NULL, 0, e));
	MF_FAILS(EBADF, "detach", "a", "open fd", contain_mount_detach(12345, "a", 0, e));
	MF_FAILS(ELOOP, "detach", "link", "is a symlink", contain_mount_detach(root, "link", 0, e));
	ck_assert_int_eq(mf_mounts_on(a), 1);
	MF_FINE(contain_mount_detach(root, "link", CONTAIN_DETACH_LAZY, e));
	ck_assert_int_eq(mf_mounts_on(a), 0);
	MF_FAILS(EINVAL, "detach", "/", "root of the calling process",
		 contain_mount_detach(AT_FDCWD, "/", CONTAIN_DETACH_LAZY, e));
	MF_FAILS(EINVAL, "detach", "sub", "nothing is mounted there",
		 (mkdir(t_fmt("%s/sub", dir), 0755), contain_mount_detach(root, "sub", 0, e)));
	close(root);
}

/* ---- who uses it ---- */

struct user {
	const char *path;
	int how;
	int ready[2];
};

static int uses(void *arg)
{
	struct user *u = arg;
	char c = 0;

	if (u->how == 0)
		T_SYS(chdir(u->path));
	else if (u->how == 1)
		T_CHECK(open(t_fmt("%s/file", u->path), O_RDONLY) > 2);
	else if (u->how == 2)
		T_CHECK(open(u->path, O_PATH) > 2);
	else
		T_SYS(chroot(u->path));
	T_CHECK(write(u->ready[1], &c, 1) == 1);
	for (;;)
		pause();
	return 0;
}

TEST_MOUNT(who_uses_it)
{
	static const char *const how[] = { "its working directory", "fd ", "fd ",
					   "its root directory" };
	const char *a = mf_tmpfs(dir, "a");

	for (int i = 0; i < 4; i++) {
		struct user u = { a, i, { -1, -1 } };
		contain_ns_child *c = NULL;
		contain_error *error = NULL;
		char byte;

		T_SYS(pipe2(u.ready, O_CLOEXEC));
		MF_FINE(contain_ns_child_start(0, NULL, 0, NULL, NULL, uses, &u, &c, e));
		T_CHECK(read(u.ready[0], &byte, 1) == 1);
		ck_assert_int_eq(contain_mount_detach(AT_FDCWD, a, 0, &error), -EBUSY);
		T_CHECK(strstr(contain_error_hint(error), how[i]) &&
				strstr(contain_error_hint(error), "in use by process "),
			"%s", contain_error_message(error));
		contain_error_free(error);
		ck_assert_int_eq(mf_mounts_on(a), 1);
		tn_end(c);
		close(u.ready[0]);
		close(u.ready[1]);
	}
	MF_FINE(contain_mount_detach(AT_FDCWD, a, 0, e));
	/* lazily it goes from under its user */
	mf_tmpfs(dir, "a");
	int fd = open(t_fmt("%s/file", a), O_RDONLY | O_CLOEXEC);
	char text[2] = "";

	MF_FINE(contain_mount_detach(AT_FDCWD, a, CONTAIN_DETACH_LAZY, e));
	ck_assert_int_eq(mf_mounts_on(a), 0);
	T_CHECK(read(fd, text, 1) == 1 && *text == 'a');
	close(fd);
}

/* One with a mapped file is in use by nobody who is seen. */
TEST_MOUNT(nobody_who_is_seen)
{
	const char *a = mf_tmpfs(dir, "a");
	int fd = open(t_fmt("%s/file", a), O_RDONLY | O_CLOEXEC);
	void *p = mmap(NULL, 1, PROT_READ, MAP_PRIVATE, fd, 0);

	T_CHECK(p != MAP_FAILED);
	close(fd);
	MF_FAILS(EBUSY, "detach", a, "by whom the caller cannot see",
		 contain_mount_detach(AT_FDCWD, a, 0, e));
	munmap(p, 1);
	MF_FINE(contain_mount_detach(AT_FDCWD, a, 0, e));
}

/* Peers of the mount below it lose it too, as by umount(2). */
TEST_MOUNT(detaching_is_propagated)
{
	const char *a = mf_tmpfs(dir, "a"), *b = t_fmt("%s/b", dir);

	T_SYS(mkdir(b, 0755));
	T_SYS(mount(NULL, a, NULL, MS_SHARED, NULL));
	T_SYS(mount(a, b, NULL, MS_BIND, NULL));
	for (uint32_t flags = 0; flags <= CONTAIN_DETACH_LAZY; flags += CONTAIN_DETACH_LAZY) {
		mf_tmpfs(a, "sub");
		ck_assert_int_eq(mf_mounts_on(t_fmt("%s/sub", b)), 1);
		MF_FINE(contain_mount_detach(AT_FDCWD, t_fmt("%s/sub", b), flags, e));
		ck_assert_int_eq(mf_mounts_on(t_fmt("%s/sub", a)), 0);
	}
	mf_umount(b);
	mf_umount(a);
}

/* A caller whose next child is process 1 of a new pid namespace keeps it. */
static int unshared(void *arg)
{
	const char *dir = arg, *a, *over = t_fmt("%s/over", dir);
	pid_t pid;

	T_SYS(mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL));
	a = mf_tmpfs(dir, "a");
	t_write_file(over, "");
	T_SYS(mount("/proc/self/comm", over, NULL, MS_BIND, NULL));
	T_SYS(unshare(CLONE_NEWPID));
	MF_FINE(contain_mount_detach(AT_FDCWD, a, 0, e));
	mf_tmpfs(dir, "a");
	MF_FINE(contain_mount_detach(AT_FDCWD, a, CONTAIN_DETACH_LAZY, e));
	MF_FINE(contain_mount_detach(AT_FDCWD, over, 0, e));
	pid = fork();
	T_SYS(pid);
	if (!pid)
		_exit(getpid() == 1 ? 0 : 1);
	int status;

	T_SYS(waitpid(pid, &status, 0));
	ck_assert_int_eq(status, 0);
	return 7;
}

static int is_unshared(void *arg, void *rec)
{
	int value = 0;

	(void)arg;
	(void)rec;
	MF_FINE(contain_ns_run(tn_with(CONTAIN_NS_MNT), NULL, 0, NULL, NULL, unshared,
			       (void *)t_tmpdir(), &value, e));
	ck_assert_int_eq(value, 7);
	return 0;
}

TEST(before_the_first_process_of_a_pid_namespace)
{
	t_need_root();
	is_unshared(NULL, NULL);
	t_need_userns();
	t_as_user(is_unshared, NULL);
}

/* No thread is to be had: RLIMIT_NPROC counts for a user, also in a namespace of his own. */
TEST_MOUNT(at_the_limit_of_processes)
{
	const char *a = mf_tmpfs(dir, "a");
	struct rlimit limit, one;
	pid_t pid;

	T_SYS(getrlimit(RLIMIT_NPROC, &limit));
	one = limit;
	one.rlim_cur = 1;
	T_SYS(setrlimit(RLIMIT_NPROC, &one));
	pid = fork();
	if (!pid)
		_exit(0);
	T_CHECK(mf_is_root_ns() == (pid > 0));
	if (pid > 0)
		waitpid(pid, NULL, 0);
	MF_FAILS(EBUSY, "detach", a, "another mount",
		 (mf_tmpfs(a, "sub"), contain_mount_detach(AT_FDCWD, a, 0, e)));
	MF_FINE(contain_mount_detach(AT_FDCWD, t_fmt("%s/sub", a), 0, e));
	MF_FINE(contain_mount_detach(AT_FDCWD, a, CONTAIN_DETACH_LAZY, e));
	T_SYS(setrlimit(RLIMIT_NPROC, &limit));
	ck_assert_int_eq(mf_mounts_on(a), 0);
}

/* ---- beside others ---- */

struct stress {
	const char *dir;
	int rounds, bad;
};

static void *mounts(void *arg)
{
	struct stress *s = arg;

	for (int i = 0; i < s->rounds; i++) {
		int fd = contain_mount_new_tmpfs(4096, 0, 0755, 0, NULL);

		s->bad += fd < 0 || contain_mount_attach(fd, AT_FDCWD, s->dir, 0, NULL) < 0;
		close(fd);
		/* another thread's fork may hold an fd on it for a moment, so lazily every time */
		s->bad += contain_mount_detach(AT_FDCWD, s->dir, CONTAIN_DETACH_LAZY, NULL) < 0;
	}
	return NULL;
}

/* The working directory of the process is nobody's to change. */
static int many_threads(void *arg, void *rec)
{
	const char *dir = arg;
	struct stress s[8];
	pthread_t t[8];
	char before[PATH_MAX], now[PATH_MAX];

	(void)rec;
	T_CHECK(getcwd(before, sizeof(before)));
	for (int i = 0; i < 8; i++) {
		s[i] = (struct stress){ t_fmt("%s/%d", dir, i), ts_rounds(500, 100, 10), 0 };
		T_SYS(mkdir(s[i].dir, 0755));
		ck_assert_int_eq(pthread_create(&t[i], NULL, mounts, &s[i]), 0);
	}
	for (int i = 0; i < 1000; i++) {
		T_CHECK(getcwd(now, sizeof(now)));
		ck_assert_str_eq(now, before);
	}
	for (int i = 0; i < 8; i++) {
		ck_assert_int_eq(pthread_join(t[i], NULL), 0);
		ck_assert_int_eq(s[i].bad, 0);
		ck_assert_int_eq(mf_mounts_on(s[i].dir), 0);
	}
	return 0;
}

/* In a process of its own: the C library keeps a signal for itself with the first thread. */
TEST_MOUNT(in_many_threads)
{
	ck_assert_int_eq(t_child(many_threads, (void *)dir, NULL, 0), 0);
}
