/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The rest of what overlayfs.rst says of a union: files that were open before they were copied up,
 * inode numbers, directories merged, special files, options; and the same through a container.
 */
#include "t_mnt_union.h"

#include <sys/socket.h>
#include <sys/un.h>

/* ---- open before copy-up ---- */

/*
 * "If a file residing on a lower layer is opened for read-only and then memory mapped with
 * MAP_SHARED, then subsequent changes to the file are not reflected in the memory mapping." An fd
 * reads what is there now.
 */
UNION(open_before_copy_up)
{
	char buf[64] = "", *at;
	int fd, wr;

	mu_need_marks();
	mu_write("lower/file", "below");
	mu_mount(0, 0);
	T_SYS(fd = open(mw_path("m/file"), O_RDONLY | O_CLOEXEC));
	at = mmap(NULL, 5, PROT_READ, MAP_SHARED, fd, 0);
	T_CHECK(at != MAP_FAILED && !memcmp(at, "below", 5));
	T_SYS(wr = open(mw_path("m/file"), O_WRONLY | O_CLOEXEC));
	T_CHECK(pwrite(wr, "above", 5, 0) == 5);
	T_CHECK(pread(fd, buf, sizeof(buf), 0) == 5 && !memcmp(buf, "above", 5), "%s", buf);
	T_CHECK(!memcmp(at, "below", 5), "%.5s", at);
	close(wr);
	close(fd);
	/* a removed file can be read to its end, changed or not */
	mu_umount_lazily();
}

/* ---- inode numbers ---- */

/* Layers on two file systems, so that one inode number may be there twice. */
static void two_file_systems(void)
{
	mw_fs("lower");
	mw_mkdir("lower2");
	mu_write("lower/one", "1");
	mu_write("lower2/two", "2");
	mw_mkdir("lower/dir");
	mw_mkdir("lower2/dir");
	mu_write("lower/dir/a", "a");
	mu_write("lower2/dir/b", "b");
}

static ino_t listed_ino(const char *name, const char *entry)
{
	DIR *dir = opendir(mw_path(name));
	struct dirent *e;
	ino_t ino = 0;

	T_CHECK(dir, "%s: %m", name);
	while ((e = readdir(dir)))
		if (!strcmp(e->d_name, entry))
			ino = e->d_ino;
	closedir(dir);
	return ino;
}

UNION(inodes_by_xino)
{
	static const char *const files[] = { "one", "two", "dir/a", "dir/b" };
	struct stat top, before[4];

	mu_need_marks();
	two_file_systems();
	mu_mount(CONTAIN_OVERLAY_XINO, CONTAIN_OVERLAY_ON);
	top = mu_stat("m");
	for (int i = 0; i < 4; i++) {
		before[i] = mu_stat(t_fmt("m/%s", files[i]));
		ck_assert_uint_eq(before[i].st_dev, top.st_dev);
		for (int k = 0; k < i; k++)
			T_CHECK(before[i].st_ino != before[k].st_ino, "%s and %s", files[i],
				files[k]);
	}
	for (int i = 0; i < 4; i++) {
		struct stat st;

		T_SYS(chmod(mw_path(t_fmt("m/%s", files[i])), 0600));
		st = mu_stat(t_fmt("m/%s", files[i]));
		T_CHECK(st.st_ino == before[i].st_ino && st.st_dev == top.st_dev, "%s", files[i]);
	}
	ck_assert_uint_eq(listed_ino("m", "one"), before[0].st_ino);
	ck_assert_uint_eq(listed_ino("m/dir", "b"), before[3].st_ino);
}

UNION(inodes_without_xino)
{
	struct stat top, one, two;

	mu_need_marks();
	two_file_systems();
	mu_mount(CONTAIN_OVERLAY_XINO, CONTAIN_OVERLAY_OFF);
	top = mu_stat("m");
	one = mu_stat("m/one");
	two = mu_stat("m/two");
	T_CHECK(one.st_dev != two.st_dev || one.st_ino != two.st_ino);
	T_CHECK(one.st_dev != top.st_dev && two.st_dev != top.st_dev);
	ck_assert_uint_eq(mu_stat("m/dir").st_dev, top.st_dev);
	/* the number stays all the same */
	T_SYS(chmod(mw_path("m/one"), 0600));
	ck_assert_uint_eq(mu_stat("m/one").st_ino, one.st_ino);
}

/* ---- directories ---- */

UNION(merged_directories)
{
	const char *names = "";

	mu_need_marks();
	for (int i = 0; i < MU_LAYERS; i++) {
		mw_mkdir(mu_layer[i]);
		mw_mkdir(t_fmt("%s/dir", mu_layer[i]));
		mu_write(t_fmt("%s/dir/of%d", mu_layer[i], i), "x");
		mu_write(t_fmt("%s/dir/all", mu_layer[i]), t_fmt("%d", i));
	}
	mw_mkdir("lower3/low");
	mu_write("lower2/low", "a file hides the directory below it");
	for (int i = 0; i < 100; i++) {
		mu_write(t_fmt("%s/dir/many%02d", mu_layer[i % 3], i), "x");
		names = t_fmt("%s many%02d", names, i);
	}
	mu_mount(0, 0);
	mu_write("m/dir/new", "x");
	T_SYS(unlink(mw_path("m/dir/of2")));
	T_SYS(unlink(mw_path("m/dir/many50")));
	ck_assert_str_eq(mu_read("m/dir/all"), "0");
	ck_assert_str_eq(mu_list("m"), " dir low");
	T_CHECK(S_ISREG(mu_stat("m/low").st_mode));
	names = t_fmt(" all%.*s%s new of0 of1", 50 * 7, names, names + 51 * 7);
	ck_assert_str_eq(mu_list("m/dir"), names);
}

/* An open directory: what is new is seen after rewinddir(3), a place is found again. */
UNION(open_directories)
{
	struct dirent *e;
	long at = 0;
	char third[256] = "";
	DIR *dir;
	int n = 0;

	mu_need_marks();
	for (int i = 0; i < 20; i++)
		mu_write(t_fmt("lower/f%02d", i), "x");
	mu_mount(0, 0);
	mu_write("m/upper", "x");
	T_CHECK((dir = opendir(mw_path("m"))));
	while ((e = readdir(dir))) {
		if (n == 2)
			snprintf(third, sizeof(third), "%s", e->d_name);
		if (++n == 2)
			at = telldir(dir);
	}
	ck_assert_int_eq(n, 23);
	seekdir(dir, at);
	T_CHECK((e = readdir(dir)) && !strcmp(e->d_name, third), "%s", third);
	mu_write("m/later", "x");
	T_SYS(unlink(mw_path("m/f00")));
	T_SYS(unlink(mw_path("m/f01")));
	rewinddir(dir);
	for (n = 0; (e = readdir(dir)); n++)
		T_CHECK(strcmp(e->d_name, "f00") && strcmp(e->d_name, "f01"), "%s", e->d_name);
	ck_assert_int_eq(n, 22);
	closedir(dir);
}

/* ---- permissions ---- */

static int as_another(void *arg, void *rec)
{
	(void)arg;
	(void)rec;
	T_SYS(setresgid(1001, 1001, 1001));
	T_SYS(setresuid(1001, 1001, 1001));
	T_CHECK(unlink(mw_path("m/tmp/others")) < 0 && errno == EPERM);
	T_CHECK(rename(mw_path("m/tmp/others"), mw_path("m/tmp/x")) < 0 && errno == EPERM);
	T_SYS(unlink(mw_path("m/tmp/own")));
	T_CHECK(open(mw_path("m/secret"), O_RDONLY | O_CLOEXEC) < 0 && errno == EACCES);
	T_CHECK(chmod(mw_path("m/tmp/others"), 0777) < 0 && errno == EPERM);
	/* a copy is made with the mounter's rights, and belongs to who the file belongs to */
	T_SYS(truncate(mw_path("m/tmp/shared"), 1));
	return 0;
}

TEST(permissions_of_lower_files)
{
	t_need_root();
	mu_enter();
	mw_mkdir("lower/tmp");
	T_SYS(chmod(mw_path("lower/tmp"), 01777));
	mu_write("lower/tmp/others", "x");
	mu_write("lower/tmp/own", "x");
	mu_write("lower/tmp/shared", "xyz");
	mu_write("lower/secret", "x");
	T_SYS(chmod(mw_path("lower/secret"), 0600));
	T_SYS(chown(mw_path("lower/tmp/own"), 1001, 1001));
	T_SYS(chmod(mw_path("lower/tmp/shared"), 0666));
	mu_mount(0, 0);
	ck_assert_int_eq(t_child(as_another, NULL, NULL, 0), 0);
	ck_assert_uint_eq(mu_stat("upper/tmp/shared").st_uid, 0);
	ck_assert_uint_eq(mu_stat("upper/tmp/shared").st_mode & 07777, 0666);
	ck_assert_uint_eq(mu_stat("upper/tmp").st_mode & 07777, 01777);
	mu_check_lower();
}

/* ---- special files ---- */

static int socket_at(const char *name, int (*way)(int, const struct sockaddr *, socklen_t))
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	T_SYS(fd);
	snprintf(a.sun_path, sizeof(a.sun_path), "%s", mw_path(name));
	return way(fd, (struct sockaddr *)&a, sizeof(a)) ? -errno : fd;
}

UNION(special_files)
{
	char c = 0;
	int fd, end, s;

	mu_need_marks();
	T_SYS(mkfifo(mw_path("lower/fifo"), 0600));
	if (!mu_is_user()) {
		T_SYS(mknod(mw_path("lower/null"), S_IFCHR | 0600, makedev(1, 3)));
		T_SYS(mknod(mw_path("lower/disk"), S_IFBLK | 0600, makedev(7, 99)));
	}
	T_SYS(symlink("fifo", mw_path("lower/link")));
	T_CHECK(socket_at("lower/dead", bind) >= 0);
	mu_mount(0, 0);
	/* a fifo of a lower layer works, without a copy, and is one for both sides */
	T_SYS(fd = open(mw_path("m/link"), O_RDWR | O_NONBLOCK | O_CLOEXEC));
	T_SYS(end = open(mw_path("m/fifo"), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
	T_CHECK(write(fd, "x", 1) == 1 && read(end, &c, 1) == 1 && c == 'x');
	ck_assert_str_eq(mu_list("upper"), "");
	/* copied up it is what it was */
	T_SYS(chmod(mw_path("m/fifo"), 0640));
	T_CHECK(S_ISFIFO(mu_stat("upper/fifo").st_mode));
	if (!mu_is_user()) {
		T_SYS(chmod(mw_path("m/null"), 0640));
		T_SYS(chmod(mw_path("m/disk"), 0640));
		ck_assert_uint_eq(mu_stat("upper/null").st_rdev, makedev(1, 3));
		ck_assert_uint_eq(mu_stat("upper/disk").st_rdev, makedev(7, 99));
		T_CHECK(S_ISBLK(mu_stat("m/disk").st_mode) && !mu_is_whiteout("m/null"));
	}
	T_SYS(lchown(mw_path("m/link"), 0, 0));
	T_CHECK(S_ISLNK(mu_stat("upper/link").st_mode));
	/* nobody listens behind a name of a lower layer; one that was made in the union works */
	ck_assert_int_eq(socket_at("m/dead", connect), -ECONNREFUSED);
	T_CHECK((s = socket_at("m/sock", bind)) >= 0);
	T_SYS(listen(s, 1));
	T_CHECK(socket_at("m/sock", connect) >= 0);
	T_CHECK(S_ISSOCK(mu_stat("upper/sock").st_mode));
}

/* ---- options ---- */

UNION(read_only_without_upper)
{
	contain_error *e = NULL;

	mw_mkdir("lower2");
	mu_write("lower2/file", "x");
	tn_fine(mu_try(mu_describe(NULL), &e), e);
	ck_assert_str_eq(mu_read("m/file"), "x");
	T_CHECK(open(mw_path("m/file"), O_WRONLY | O_CLOEXEC) < 0 && errno == EROFS);
	T_CHECK(unlink(mw_path("m/file")) < 0 && errno == EROFS);
	T_CHECK(mkdir(mw_path("m/new"), 0700) < 0 && errno == EROFS);
	T_CHECK(chmod(mw_path("m"), 0700) < 0 && errno == EROFS);
}

TEST(metacopy)
{
	struct stat st;

	t_need_root();
	mu_enter();
	mu_write("lower/file", "the data stays below");
	mu_mount(CONTAIN_OVERLAY_METACOPY, CONTAIN_OVERLAY_ON);
	T_SYS(chmod(mw_path("m/file"), 0600));
	T_SYS(chown(mw_path("m/file"), 1, 2));
	st = mu_stat("upper/file");
	T_CHECK(mu_mark("upper/file", "metacopy"));
	ck_assert_uint_eq(st.st_blocks, 0);
	ck_assert_uint_eq(st.st_size, 20);
	T_CHECK(st.st_uid == 1 && st.st_gid == 2 && (st.st_mode & 07777) == 0600);
	ck_assert_str_eq(mu_read("m/file"), "the data stays below");
	/* the data follows when it is written */
	T_SYS(truncate(mw_path("m/file"), 8));
	ck_assert_str_eq(mu_read("m/file"), "the data");
	ck_assert_str_eq(mu_read("upper/file"), "the data");
	T_CHECK(!mu_mark("upper/file", "metacopy"));
	mu_check_lower();
}

/* A volatile upper layer is good for one mount; the next says what to do. */
UNION(volatile_union)
{
	contain_error *e = NULL;
	int fd;

	mu_need_marks();
	mu_write("lower/file", "x");
	mu_mount(CONTAIN_OVERLAY_VOLATILE, CONTAIN_OVERLAY_ON);
	mu_write("m/file", "changed");
	T_SYS(fd = open(mw_path("m"), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	T_SYS(fsync(fd));
	close(fd);
	mu_umount();
	ck_assert_str_eq(mu_read("upper/file"), "changed");
	ck_assert_int_eq(mu_try(mu_describe("upper"), &e), -ESTALE);
	ck_assert_str_eq(contain_error_object(e), "workdir");
	T_CHECK(strstr(contain_error_message(e), "volatile"), "%s", contain_error_message(e));
	contain_error_free(e);
}

/* What is written ends with the mount, and there is no more room than was said. */
UNION(ephemeral_union)
{
	contain_overlay *o = NULL;
	contain_error *e = NULL;
	char block[4096] = "";
	int n = 0, fd;

	mu_need_marks();
	mu_write("lower/file", "below");
	T_SYS(chmod(mw_path("lower"), 01751));
	o = mu_describe(NULL);
	ck_assert_int_eq(contain_overlay_set_ephemeral(o, 1 << 20, 100), 0);
	tn_fine(mu_try(o, &e), e);
	ck_assert_uint_eq(mu_stat("m").st_mode & 07777, 01751);
	mu_write("m/file", "above");
	T_SYS(fd = open(mw_path("m/big"), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
	while (write(fd, block, sizeof(block)) == (ssize_t)sizeof(block))
		n++;
	T_CHECK(errno == ENOSPC && n > 100 && n <= 256, "%d blocks, %m", n);
	close(fd);
	T_SYS(unlink(mw_path("m/big")));
	for (n = 0; n < 200; n++) {
		fd = open(mw_path(t_fmt("m/f%d", n)), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
		if (fd < 0)
			break;
		close(fd);
	}
	T_CHECK(errno == ENOSPC && n > 50 && n <= 100, "%d files, %m", n);
	mu_umount();
	ck_assert_str_eq(mu_read("lower/file"), "below");
}

/* What is detached is gone when the call is back: its upper directory is free. */
UNION(detached_and_mounted_again)
{
	mu_need_marks();
	mu_write("lower/file", "x");
	for (int i = 0; i < (t_guest() ? 20 : 300); i++) {
		mu_mount(0, 0);
		mu_umount();
	}
}
