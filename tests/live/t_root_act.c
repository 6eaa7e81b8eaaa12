/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The primitives of roots: in place from any directory, what refuses, and what is left then. */
#include "t_ns.h"

#include "feature/root.h"

#include <sys/mount.h>

/* In a process of its own: a root that was entered does not come back. */
#define APART(name_)                                                      \
	static int tr_apart_##name_(void *arg, void *rec);                \
	TEST_BOTH(name_)                                                  \
	{                                                                 \
		int status = t_child(tr_apart_##name_, NULL, NULL, 0);    \
		T_CHECK(status == 0, "wait status %x", (unsigned)status); \
	}                                                                 \
	static int tr_apart_##name_(void *arg __attribute__((unused)),    \
				    void *rec __attribute__((unused)))

/* A name that only the host has, as a path below its root. */
static const char *marker(void)
{
	const char *path = t_fmt("%s/marker", t_tmpdir());

	t_write_file(path, "x");
	return path + 1;
}

/* Namespaces of our own, in which user 0 is the caller. */
static void apart(void)
{
	uint32_t uid = geteuid(), gid = getegid();
	contain_error *e = NULL;

	tn_fine(contain_ns_unshare(tn_with(CONTAIN_NS_MNT), &e), e);
	if (uid)
		tn_fine(contain_ns_map_self(0, 0, uid, gid, &e), e);
}

static int open_dir(const char *path)
{
	int fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);

	T_SYS(fd);
	return fd;
}

/* What the payload says that is executed in the root where we are. */
static const char *payload(const char *word, const char *arg)
{
	static char text[65536];
	int fds[2], status;
	size_t n = 0;
	ssize_t got;
	pid_t pid;

	T_SYS(pipe(fds));
	pid = fork();
	T_SYS(pid);
	if (!pid) {
		dup2(fds[1], 1);
		close(fds[0]);
		close(fds[1]);
		execl("/bin/payload", "payload", word, arg, NULL);
		_exit(126);
	}
	close(fds[1]);
	while ((got = read(fds[0], text + n, sizeof(text) - 1 - n)) > 0)
		n += (size_t)got;
	text[n] = 0;
	close(fds[0]);
	T_SYS(waitpid(pid, &status, 0));
	T_CHECK(status == 0, "wait status %x: %s", (unsigned)status, text);
	return text;
}

static int exists(const char *path)
{
	return access(path, F_OK) == 0;
}

/* ---- a world of our own: what was there before, and what is there now ---- */

struct world {
	const char *root, *name;
	int self; /* /proc/thread-self, also where there is no /proc any more */
	int fd;	  /* of root */
};

static int was_first; /* the root is the initial ramfs */

static struct world begin(void)
{
	struct world w = { ts_root(), marker(), -1, -1 };

	was_first = ct_root_is_initial();
	apart();
	w.self = open_dir("/proc/thread-self");
	w.fd = open_dir(w.root);
	return w;
}

static const char *mounts(const struct world *w)
{
	static char text[65536];
	size_t n = 0;
	ssize_t got;
	int fd = openat(w->self, "mountinfo", O_RDONLY | O_CLOEXEC);

	T_SYS(fd);
	while ((got = read(fd, text + n, sizeof(text) - 1 - n)) > 0)
		n += (size_t)got;
	text[n] = 0;
	close(fd);
	return text;
}

static int lines(const char *text)
{
	int n = 0;

	for (; *text; text++)
		n += *text == '\n';
	return n;
}

static void enter(int fd)
{
	contain_error *e = NULL;

	tn_fine(contain_rootfs_pivot_root(fd, &e), e);
}

/* "/" is the small root file system with nothing but what is mounted in it. */
static void is_inside(const struct world *w, int mounted)
{
	char cwd[256];

	close(w->fd);
	T_CHECK(exists("/bin/payload") && exists("/job") && !exists("/usr/bin/env"));
	T_CHECK(getcwd(cwd, sizeof(cwd)) && !strcmp(cwd, "/") && exists("bin/payload"), "%s", cwd);
	T_CHECK(lines(mounts(w)) == mounted, "%s", mounts(w));
	T_CHECK(!strstr(mounts(w), " shared:"), "%s", mounts(w));
	ck_assert_str_eq(payload("escape", w->name), "held\n");
}

/* ---- what may be entered ---- */

APART(a_plain_directory)
{
	struct world w = begin();

	enter(w.fd);
	is_inside(&w, 1);
	return 0;
}

APART(a_mount_with_mounts_below)
{
	struct world w = begin();
	int fd;

	T_SYS(mount(w.root, w.root, NULL, MS_BIND, NULL));
	T_SYS(mount("below", t_fmt("%s/mnt", w.root), "tmpfs", 0, NULL));
	T_SYS(mkdir(t_fmt("%s/mnt/deep", w.root), 0755));
	T_SYS(mount("deep", t_fmt("%s/mnt/deep", w.root), "tmpfs", 0, NULL));
	fd = open_dir(w.root);
	enter(fd);
	close(fd);
	T_CHECK(exists("/mnt/deep"));
	is_inside(&w, 3);
	return 0;
}

/* Neither the parent of the new root nor that of the old one has to be private before. */
APART(all_is_shared)
{
	struct world w = begin();
	int fd;

	T_SYS(mount(NULL, "/", NULL, MS_REC | MS_SHARED, NULL));
	T_SYS(mount(w.root, w.root, NULL, MS_BIND, NULL));
	fd = open_dir(w.root);
	enter(fd);
	close(fd);
	is_inside(&w, 1);
	return 0;
}

/* The control: pivot_root(2) itself takes neither. */
APART(naive_pivot_is_refused)
{
	struct world w = begin();

	T_SYS(fchdir(w.fd));
	T_CHECK(syscall(SYS_pivot_root, ".", ".") < 0 && (errno == EBUSY || errno == EINVAL),
		"%m");
	T_SYS(mount(NULL, "/", NULL, MS_REC | MS_SHARED, NULL));
	T_SYS(mount(w.root, w.root, NULL, MS_BIND, NULL));
	T_SYS(chdir(w.root));
	T_CHECK(syscall(SYS_pivot_root, ".", ".") < 0 && errno == EINVAL, "%m");
	return 0;
}

/* A clone that is attached nowhere; before Linux 6.15 it cannot be cloned once more. */
APART(a_detached_mount)
{
	struct world w = begin();
	contain_error *e = NULL;
	int fd = contain_mount_clone(AT_FDCWD, w.root, 1, CONTAIN_MOUNT_NODEV, &e);

	tn_fine(fd, e);
	enter(fd);
	close(fd);
	T_CHECK(strstr(mounts(&w), "nodev"), "%s", mounts(&w));
	is_inside(&w, 1);
	return 0;
}

/* Root in root: nothing piles up below. */
APART(again_and_again)
{
	struct world w = begin();

	enter(w.fd);
	for (int i = 0; i < 20; i++) {
		int fd;

		T_SYS(mount("next", "/mnt", "tmpfs", 0, NULL));
		T_SYS(mkdir("/mnt/root", 0755));
		T_SYS(mkdir("/mnt/root/mnt", 0755));
		fd = open_dir("/mnt/root");
		enter(fd);
		close(fd);
		T_CHECK(lines(mounts(&w)) == 1 && exists("/mnt"), "%s", mounts(&w));
	}
	return 0;
}

/* An fd that was left open leads to the old root, as the manual says; its submounts are gone. */
APART(an_open_fd_is_the_callers)
{
	struct stat before, kept, now;
	struct world w = begin();
	int top = open_dir("/");

	T_SYS(fstatat(top, "etc", &before, 0));
	enter(w.fd);
	T_SYS(fstat(top, &kept));
	T_SYS(stat("/", &now));
	T_CHECK(kept.st_ino != now.st_ino || kept.st_dev != now.st_dev);
	if (!was_first) { /* there /etc is a mount of its own */
		T_SYS(fstatat(top, "etc", &now, 0));
		T_CHECK(now.st_ino == before.st_ino && now.st_dev == before.st_dev);
	}
	close(top);
	is_inside(&w, 1);
	return 0;
}

/* ---- what refuses, and what is left then: all ---- */

/* Mounts are private, as they are after the first call. */
static struct t_state *still(void)
{
	T_SYS(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL));
	T_SYS(chdir("/usr"));
	return t_state_take(T_FDS | T_MOUNTS | T_SELF | T_CREDS | T_NS);
}

#define REFUSED(err, object, hint, fd)                                                          \
	do {                                                                                    \
		struct t_state *b_ = still();                                                     \
		contain_error *e_ = NULL;                                                       \
		int r_;                                                                         \
		T_ERRNO_KEPT(r_ = contain_rootfs_pivot_root((fd), &e_));                        \
		tn_failed(r_, e_, err, "pivot-root", object, hint);                             \
		t_state_check(b_);                                                        \
	} while (0)

APART(what_is_no_directory)
{
	struct world w = begin();
	int file = open(t_fmt("%s/bin/payload", w.root), O_PATH | O_CLOEXEC), top = open_dir("/");

	REFUSED(EBADF, "root_fd", "", -1);
	REFUSED(EBADF, "root_fd", "", 1000);
	REFUSED(ENOTDIR, "root_fd", "", file);
	REFUSED(EBUSY, "root_fd", "already", top);
	close(file);
	T_SYS(mkdir(t_fmt("%s/gone", w.root), 0755));
	file = open_dir(t_fmt("%s/gone", w.root));
	T_SYS(rmdir(t_fmt("%s/gone", w.root)));
	REFUSED(ENOENT, "root_fd", "", file);
	/* an error that nobody wants */
	ck_assert_int_eq(contain_rootfs_pivot_root(-1, NULL), -EBADF);
	return 0;
}

/* From a chroot the new root could be left, to what the chroot was to hide. */
APART(a_chroot_is_told)
{
	struct world w = begin();
	int fd = open_dir(t_fmt("%s/job", w.root));
	contain_error *e = NULL;

	T_SYS(chroot(w.root));
	T_SYS(chdir("/"));
	tn_failed(contain_rootfs_pivot_root(fd, &e), e, EINVAL, "pivot-root", "/",
		  "runs in a chroot");
	T_CHECK(exists("/bin/payload"));
	return 0;
}

/* A directory by an fd that another mount namespace gave. */
APART(another_namespace)
{
	struct world w = begin();
	int fds[2], fd;
	pid_t pid;
	char c;

	T_SYS(pipe(fds));
	pid = fork();
	T_SYS(pid);
	if (!pid) {
		T_SYS(unshare(CLONE_NEWNS));
		T_SYS(write(fds[1], "", 1));
		for (;;)
			pause();
	}
	ck_assert_int_eq(read(fds[0], &c, 1), 1);
	fd = open_dir(t_fmt("/proc/%d/root%s", pid, w.root));
	REFUSED(EINVAL, "root_fd", "another mount namespace", fd);
	close(fd);
	T_SYS(kill(pid, SIGKILL));
	T_SYS(waitpid(pid, NULL, 0));
	return 0;
}

static int without_rights(void *arg, void *rec)
{
	contain_error *e = NULL;
	int fd = open_dir(t_tmpdir());

	(void)arg;
	(void)rec;
	tn_failed(contain_rootfs_pivot_root(fd, &e), e, EPERM, "pivot-root", "/", "CAP_SYS_ADMIN");
	tn_failed(contain_rootfs_chroot(fd, &e), e, EPERM, "chroot", "root_fd", "CAP_SYS_CHROOT");
	close(fd);
	return 0;
}

TEST(an_ordinary_user_may_not)
{
	t_as_user(without_rights, NULL);
}

/* A kernel without statmount(2). */
static int no_statmount(enum ct_seam_who who, long nr, const long *args, long *ret)
{
	(void)who;
	(void)args;
	if (nr != 457) /* statmount */
		return 0;
	*ret = -ENOSYS;
	return 1;
}

/* The answer is the same by the table as by statmount(2). */
APART(the_root_is_mounted_on_something)
{
	struct world w = begin();

	tn_fake(no_statmount);
	enter(w.fd);
	ct_seam = NULL;
	is_inside(&w, 1);
	return 0;
}

/*
 * Why a container on the initial ramfs may not have CAP_SYS_ADMIN: only that root can be seen again
 * by who unmounts the one on it. Elsewhere the lowest mount is the empty one of the boot.
 */
APART(what_lies_below_the_initial_root)
{
	struct world w = begin();
	int ns = tn_open_own("mnt");

	enter(w.fd);
	T_CHECK(!exists(t_fmt("/%s", w.name)));
	if (umount2("/", MNT_DETACH) == 0)
		T_SYS(setns(ns, CLONE_NEWNS));
	if (was_first)
		T_CHECK(exists("/usr/bin/env"));
	else
		T_CHECK(!exists("/usr/bin/env"));
	return 0;
}

/* ---- chroot ---- */

/* It works, and leaves what it says: every mount, and the way by an fd. */
APART(chroot_is_weaker)
{
	struct world w = begin();
	int before = lines(mounts(&w)), top = open_dir("/");
	contain_error *e = NULL;

	T_SYS(mount(w.root, w.root, NULL, MS_BIND, NULL));
	close(w.fd);
	w.fd = open_dir(w.root);
	tn_fine(contain_rootfs_chroot(w.fd, &e), e);
	T_CHECK(exists("/bin/payload") && exists("bin/payload") && !exists("/usr/bin/env"));
	/* the table shows what the root reaches; all of it is there again from outside */
	ck_assert_int_eq(lines(mounts(&w)), 1);
	T_SYS(fchdir(top));
	T_SYS(chroot("."));
	ck_assert_int_eq(lines(mounts(&w)), before + 1);
	T_CHECK(exists(t_fmt("/%s", w.name)));
	return 0;
}

APART(chroot_that_fails)
{
	struct world w = begin();
	int file = open(t_fmt("%s/bin/payload", w.root), O_PATH | O_CLOEXEC);
	struct t_state *b = still();
	contain_error *e = NULL;

	tn_failed(contain_rootfs_chroot(-1, &e), e, EBADF, "chroot", "root_fd", "");
	tn_failed(contain_rootfs_chroot(file, &e), e, ENOTDIR, "chroot", "root_fd", "");
	t_state_check(b);
	return 0;
}
