/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Resolution below an untrusted root, and the small strings of the child. */
#include "harness.h"

#include "sys/fd.h"
#include "sys/path.h"
#include "sys/seam.h"
#include "sys/str.h"

#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* base/root is the root, base/canary lies outside of it */
static int make_root(char **ret_base)
{
	char *base = t_fmt("%s", t_tmpdir());
	int fd;

	ck_assert_int_eq(mkdir(t_fmt("%s/root", base), 0755), 0);
	ck_assert_int_eq(mkdir(t_fmt("%s/root/dir", base), 0755), 0);
	ck_assert_int_eq(mkdir(t_fmt("%s/canary", base), 0755), 0);
	fd = open(t_fmt("%s/root", base), O_PATH | O_DIRECTORY | O_CLOEXEC);
	ck_assert_int_ge(fd, 0);
	*ret_base = base;
	return fd;
}

static int is_inside(int fd, const char *base)
{
	char path[PATH_MAX];
	ssize_t n = readlink(t_fmt("/proc/self/fd/%d", fd), path, sizeof(path) - 1);

	ck_assert_int_gt(n, 0);
	path[n] = 0;
	return !strncmp(path, t_fmt("%s/root", base), strlen(base) + 5);
}

static int empty(const char *dir)
{
	return !rmdir(dir) && !mkdir(dir, 0755);
}

TEST(symlinks_stay_inside)
{
	static const char *const links[] = { "/canary", "../../../canary", "../canary",
					     "/../canary" };
	struct t_state *before = t_state_take(T_FDS);
	char *base;
	int root = make_root(&base);

	for (size_t i = 0; i < 4; i++) {
		const char *name = t_fmt("link%zu", i);
		int fd;

		ck_assert_int_eq(symlinkat(links[i], root, name), 0);
		ck_assert_int_eq(ct_open_in_root(root, name, O_PATH, 0), -ENOENT);
		fd = ct_make_in_root(root, t_fmt("%s/new/deeper", name), 1);
		if (fd >= 0) {
			ck_assert(is_inside(fd, base));
			close(fd);
		}
	}
	ck_assert_msg(empty(t_fmt("%s/canary", base)), "something was made outside of the root");
	close(root);
	t_state_check(before);
}

/* The control: what a joined path does on the same tree. It has to fall, or nothing is proved. */
TEST(naive_control_escapes)
{
	char *base;
	int root = make_root(&base);

	ck_assert_int_eq(symlinkat("../canary", root, "link"), 0);
	ck_assert_int_eq(mkdir(t_fmt("%s/root/link/made", base), 0755), 0);
	ck_assert(!empty(t_fmt("%s/canary", base)));
	close(root);
}

TEST(lawful_symlinks_work)
{
	char *base;
	int fd, root = make_root(&base);

	ck_assert_int_eq(symlinkat("dir", root, "relative"), 0);
	ck_assert_int_eq(symlinkat("/dir", root, "absolute"), 0);
	for (int i = 0; i < 2; i++) {
		fd = ct_make_in_root(root, i ? "/absolute/a/b" : "relative/a/b", 1);
		ck_assert_int_ge(fd, 0);
		ck_assert(is_inside(fd, base));
		close(fd);
	}
	ck_assert_int_eq(access(t_fmt("%s/root/dir/a/b", base), F_OK), 0);
	close(root);
}

TEST(makes_parents_and_files)
{
	char *base;
	struct stat st;
	int fd, root = make_root(&base);

	fd = ct_make_in_root(root, "/x/y//z/file", 0);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(fstat(fd, &st), 0);
	ck_assert(S_ISREG(st.st_mode));
	close(fd);
	fd = ct_make_in_root(root, "/", 1);
	ck_assert_int_ge(fd, 0);
	close(fd);
	ck_assert_int_eq(ct_make_in_root(root, "/x/y/z/file/below", 1), -ENOTDIR);
	close(root);
}

TEST(long_names)
{
	char name[300], *base, deep[PATH_MAX + 10];
	int fd, root = make_root(&base);

	memset(name, 'n', sizeof(name));
	name[255] = 0;
	fd = ct_make_in_root(root, name, 1);
	ck_assert_int_ge(fd, 0);
	close(fd);
	name[255] = 'n';
	name[256] = 0;
	ck_assert_int_eq(ct_make_in_root(root, name, 1), -ENAMETOOLONG);
	memset(deep, 'd', sizeof(deep));
	for (size_t i = 100; i < sizeof(deep); i += 100)
		deep[i] = '/';
	deep[sizeof(deep) - 1] = 0;
	ck_assert_int_eq(ct_make_in_root(root, deep, 1), -ENAMETOOLONG);
	close(root);
}

TEST(magic_links_are_refused)
{
	int fd, root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);

	fd = ct_open_in_root(root, "/proc/self/cwd", O_PATH, 0);
	ck_assert_int_eq(fd, -ELOOP);
	close(root);
}

struct racer {
	int root;
	int stop;
	long rounds;
};

/* Exchanges a directory and a symlink to the outside as fast as it can. */
static void *exchange(void *arg)
{
	struct racer *r = arg;

	while (!__atomic_load_n(&r->stop, __ATOMIC_RELAXED)) {
		renameat2(r->root, "swap", r->root, "evil", RENAME_EXCHANGE);
		r->rounds++;
	}
	return NULL;
}

TEST_LIMIT(renaming_attacker, 120)
{
	long n = t_sample(300000, 20000), again = 0, made = 0, naive = 0;
	struct racer r = { 0 };
	pthread_t thread;
	char *base;

	r.root = make_root(&base);
	ck_assert_int_eq(mkdirat(r.root, "swap", 0755), 0);
	ck_assert_int_eq(mkdirat(r.root, "swap/sub", 0755), 0);
	ck_assert_int_eq(mkdir(t_fmt("%s/canary/sub", base), 0755), 0);
	ck_assert_int_eq(symlinkat("../canary", r.root, "evil"), 0);
	ck_assert_int_eq(pthread_create(&thread, NULL, exchange, &r), 0);
	for (long i = 0; i < n; i++) {
		int fd = ct_open_in_root(r.root, "swap/sub", O_PATH, 0);

		if (fd >= 0) {
			if (i % 16 == 0)
				ck_assert_msg(is_inside(fd, base), "escaped at open %ld", i);
			close(fd);
			made++;
		} else if (fd == -EAGAIN) {
			again++;
		}
		fd = openat(r.root, "swap/sub", O_PATH | O_NOFOLLOW | O_CLOEXEC);
		if (fd >= 0) {
			if (i % 16 == 0)
				naive += !is_inside(fd, base);
			close(fd);
		}
	}
	__atomic_store_n(&r.stop, 1, __ATOMIC_RELAXED);
	pthread_join(thread, NULL);
	t_note("%ld opens against %ld exchanges: %ld inside, %ld EAGAIN after all tries; "
	       "the naive control escaped in %ld of %ld looks",
	       n, r.rounds, made, again, naive, n / 16);
	ck_assert_int_gt(made, 0);
	ck_assert_msg(naive > 0, "the attack does not work, so it proves nothing");
	close(r.root);
}

TEST(files_are_read_and_written_whole)
{
	char *base, buf[8];
	int root = make_root(&base);

	t_write_file(t_fmt("%s/root/file", base), "0123456789");
	ck_assert_int_eq(ct_read_at(root, "file", buf, sizeof(buf)), 7);
	ck_assert_str_eq(buf, "0123456");
	ck_assert_int_eq(ct_write_at(root, "file", "ab", 2), 0);
	ck_assert_int_eq(ct_read_at(root, "none", buf, sizeof(buf)), -ENOENT);
	ck_assert_int_eq(ct_write_at(root, "none", "x", 1), -ENOENT);
	close(root);
}

TEST(low_fds_are_left_alone)
{
	int save = dup(0), fd;

	close(0);
	fd = ct_fd_up(ct_sys_openat(AT_FDCWD, "/", O_PATH | O_CLOEXEC, 0));
	ck_assert_int_gt(fd, 2);
	ck_assert_int_eq(fcntl(0, F_GETFD), -1);
	ck_assert_int_eq(fcntl(fd, F_GETFD), FD_CLOEXEC);
	close(fd);
	dup2(save, 0);
	close(save);
}

TEST(small_strings)
{
	char buf[8];

	ck_assert_uint_eq(ct_append(buf, sizeof(buf), 0, "abc"), 3);
	ck_assert_uint_eq(ct_append(buf, sizeof(buf), 3, "defghi"), 7);
	ck_assert_str_eq(buf, "abcdefg");
	ck_assert_uint_eq(ct_append_u64(buf, sizeof(buf), 0, 0), 1);
	ck_assert_str_eq(buf, "0");
	ct_append_u64(buf, sizeof(buf), 0, 1234567);
	ck_assert_str_eq(buf, "1234567");
	ck_assert(ct_has_slash("a/b"));
	ck_assert(!ct_has_slash("ab"));
}
