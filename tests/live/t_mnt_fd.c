/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Mounts that are attached nowhere: new file systems, clones, and id maps. */
#include "t_mnt_fd.h"

#include <sys/ioctl.h>

/* linux/fs.h, which may not stand beside <sys/mount.h> */
#ifndef BLKROSET
#define BLKROSET _IO(0x12, 93)
#endif

#define FINDMNT "/usr/bin/findmnt"

/* ---- new file systems ---- */

TEST_MOUNT(a_tmpfs_with_limits)
{
	const char *at = t_fmt("%s/at", dir);
	const char *const options[] = { "mode=0700", "size=1m", "nr_inodes=5", NULL };
	struct statvfs v;
	struct stat st;
	int fd;

	T_SYS(mkdir(at, 0755));
	for (int i = 0; i < 2; i++) {
		fd = MF_FINE(i ? contain_mount_new_tmpfs(1 << 20, 5, 0700, CONTAIN_MOUNT_NODEV, e) :
				 contain_mount_new("tmpfs", options, CONTAIN_MOUNT_NODEV, e));
		T_CHECK(fd > 2 && fcntl(fd, F_GETFD) == FD_CLOEXEC);
		ck_assert_int_eq(mf_mounts_on(at), 0);
		T_SYS(fstat(fd, &st));
		ck_assert_uint_eq(st.st_mode & 07777, 0700);
		T_SYS(fstatvfs(fd, &v));
		ck_assert_uint_eq(v.f_blocks * v.f_frsize, 1 << 20);
		ck_assert_uint_eq(v.f_files, 5);
		T_CHECK(v.f_flag & 4 && !(v.f_flag & (ST_NOSUID | ST_RDONLY)));
		/* files made before it is seen anywhere */
		close(openat(fd, "early", O_CREAT | O_WRONLY | O_CLOEXEC, 0644));
		MF_FINE(contain_mount_attach(fd, AT_FDCWD, at, 0, e));
		T_CHECK(mf_exists(t_fmt("%s/early", at)));
		close(fd);
		mf_umount(at);
	}
}

/* Each attribute, told by mountinfo and statvfs(3). */
TEST_MOUNT(attributes_of_a_new_mount)
{
	static const struct {
		uint32_t attributes;
		const char *option;
	} rows[] = {
		{ 0, " rw,relatime " },
		{ CONTAIN_MOUNT_READONLY, " ro,relatime " },
		{ CONTAIN_MOUNT_NOSUID, " rw,nosuid,relatime " },
		{ CONTAIN_MOUNT_NODEV, " rw,nodev,relatime " },
		{ CONTAIN_MOUNT_NOEXEC, " rw,noexec,relatime " },
		{ CONTAIN_MOUNT_NOATIME, " rw,noatime " },
		{ CONTAIN_MOUNT_STRICTATIME, " rw " },
		{ CONTAIN_MOUNT_NODIRATIME, " rw,nodiratime,relatime " },
		{ CONTAIN_MOUNT_NOSYMFOLLOW, " rw,relatime,nosymfollow " },
		{ 0x20008f & ~CONTAIN_MOUNT_NODEV,
		  " ro,nosuid,noexec,nodiratime,relatime,nosymfollow " },
	};
	const char *at = t_fmt("%s/at", dir);

	T_SYS(mkdir(at, 0755));
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int fd = MF_FINE(contain_mount_new("tmpfs", NULL, rows[i].attributes, e));

		MF_FINE(contain_mount_attach(fd, AT_FDCWD, at, 0, e));
		T_CHECK(strstr(mf_line(at), rows[i].option), "%s: %s", rows[i].option, mf_line(at));
		close(fd);
		mf_umount(at);
	}
}

TEST_MOUNT(other_types)
{
	/* no cgroup2: outside of a cgroup namespace its options are those of all its mounts */
	static const char *const types[] = { "proc", "sysfs", "mqueue", "devpts" };
	const char *at = t_fmt("%s/at", dir);
	contain_error *error = NULL;

	T_SYS(mkdir(at, 0755));
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		int fd = contain_mount_new(types[i], NULL, CONTAIN_MOUNT_NOSUID, &error);

		if (fd < 0) { /* of a namespace that is not this user namespace's */
			T_CHECK(!mf_is_root_ns() && fd == -EPERM &&
					strstr(contain_error_hint(error), "user namespace"),
				"%s", contain_error_message(error));
			contain_error_free(error);
			error = NULL;
			continue;
		}
		MF_FINE(contain_mount_attach(fd, AT_FDCWD, at, 0, e));
		T_CHECK(strstr(mf_line(at), t_fmt(" - %s ", types[i])), "%s", mf_line(at));
		close(fd);
		mf_umount(at);
	}
}

/* In a pid namespace of its own, where it counts who is seen. */
static int in_pid_ns(void *arg)
{
	const char *at = arg;
	struct stat st;
	int fd;

	T_SYS(mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL));
	fd = MF_FINE(
		contain_mount_new_proc(CONTAIN_PROC_HIDEPID_INVISIBLE, 1, CONTAIN_MOUNT_NOEXEC, e));
	MF_FINE(contain_mount_attach(fd, AT_FDCWD, at, 0, e));
	T_CHECK(strstr(mf_line(at), "hidepid=invisible,subset=pid"), "%s", mf_line(at));
	T_SYS(stat(t_fmt("%s/1/status", at), &st));
	T_CHECK(stat(t_fmt("%s/sys", at), &st) < 0 && errno == ENOENT);
	close(fd);
	fd = MF_FINE(contain_mount_new_proc(CONTAIN_PROC_HIDEPID_PTRACEABLE, 0, 0, e));
	MF_FINE(contain_mount_attach(fd, AT_FDCWD, at, 0, e));
	T_CHECK(strstr(mf_line(at), "hidepid=ptraceable"), "%s", mf_line(at));
	T_SYS(stat(t_fmt("%s/sys/kernel", at), &st));
	close(fd);
	fd = MF_FINE(contain_mount_new_proc(CONTAIN_PROC_HIDEPID_NOACCESS, 0, 0, e));
	MF_FINE(contain_mount_attach(fd, AT_FDCWD, at, 0, e));
	T_CHECK(strstr(mf_line(at), "hidepid=noaccess"), "%s", mf_line(at));
	close(fd);
	fd = MF_FINE(contain_mount_new_proc(CONTAIN_PROC_HIDEPID_OFF, 0, 0, e));
	MF_FINE(contain_mount_attach(fd, AT_FDCWD, at, 0, e));
	T_CHECK(!strstr(mf_line(at), "hidepid"), "%s", mf_line(at));
	close(fd);
	return 7;
}

static int proc_of_pids(void *arg, void *rec)
{
	const char *at = t_tmpdir();
	int value = 0;

	(void)arg;
	(void)rec;
	MF_FINE(contain_ns_run(tn_with(CONTAIN_NS_MNT | CONTAIN_NS_PID), NULL, 0, NULL, NULL,
			       in_pid_ns, (void *)at, &value, e));
	ck_assert_int_eq(value, 7);
	return 0;
}

TEST(proc_of_a_pid_namespace)
{
	t_need_root();
	proc_of_pids(NULL, NULL);
	t_need_userns();
	t_as_user(proc_of_pids, NULL);
}

/* What the kernel refuses, and its own words. */
TEST_MOUNT(options_that_are_refused)
{
	const char *const unknown[] = { "mode=0755", "nonsense=1", NULL };
	const char *const flag[] = { "nonsense", NULL };
	const char *const value[] = { "size=abc", NULL };
	const char *const bad_mode[] = { "size=4k", "mode=9", NULL };
	const char *const empty[] = { "", NULL };
	const char *const nameless[] = { "=x", NULL };
	const char *const longer[] = { t_fmt("mode=%0256d", 0), NULL };
	const char *const longest[] = { t_fmt("nr_inodes=%0255d", 1), NULL };
	contain_error *error = NULL;
	int fd;

	(void)dir;
	MF_FAILS(EINVAL, "mount-new", "nonsense=1", "does not know",
		 contain_mount_new("tmpfs", unknown, 0, e));
	ck_assert_int_eq(contain_mount_new("tmpfs", unknown, 0, &error), -EINVAL);
	ck_assert_str_eq(contain_error_log(error), "tmpfs: Unknown parameter 'nonsense'");
	contain_error_free(error);
	error = NULL;
	ck_assert_int_eq(contain_mount_new("tmpfs", value, 0, &error), -EINVAL);
	ck_assert_str_eq(contain_error_object(error), "size=abc");
	T_CHECK(strstr(contain_error_log(error), "Bad value for 'size'"), "%s",
		contain_error_log(error));
	T_CHECK(strstr(contain_error_message(error), "Bad value") &&
		!strchr(contain_error_message(error), '\n'));
	contain_error_free(error);
	MF_FAILS(EINVAL, "mount-new", "nonsense", "does not know",
		 contain_mount_new("tmpfs", flag, 0, e));
	MF_FAILS(EINVAL, "mount-new", "mode=9", "", contain_mount_new("tmpfs", bad_mode, 0, e));
	MF_FAILS(EINVAL, "mount-new", "options", "no name",
		 contain_mount_new("tmpfs", empty, 0, e));
	MF_FAILS(EINVAL, "mount-new", "=x", "no name", contain_mount_new("tmpfs", nameless, 0, e));
	MF_FAILS(ENAMETOOLONG, "mount-new", longer[0], "255",
		 contain_mount_new("tmpfs", longer, 0, e));
	fd = MF_FINE(contain_mount_new("tmpfs", longest, 0, e));
	close(fd);
	MF_FAILS(ENODEV, "mount-new", "nonsense", "/proc/filesystems",
		 contain_mount_new("nonsense", NULL, 0, e));
	MF_FAILS(EINVAL, "mount-new", "type", "empty", contain_mount_new("", NULL, 0, e));
	MF_FAILS(EINVAL, "mount-new", "type", "NULL", contain_mount_new(NULL, NULL, 0, e));
	MF_FAILS(EINVAL, "mount-new", "attributes", "unknown",
		 contain_mount_new("tmpfs", NULL, CONTAIN_MOUNT_OPTIONAL, e));
	MF_FAILS(EINVAL, "mount-new", "attributes", "together",
		 contain_mount_new("tmpfs", NULL, CONTAIN_MOUNT_NOATIME | CONTAIN_MOUNT_STRICTATIME,
				   e));
	MF_FAILS(EINVAL, "mount-new", "mode", "07777", contain_mount_new_tmpfs(0, 0, 010000, 0, e));
	MF_FAILS(EINVAL, "mount-new", "hidepid", "none of", contain_mount_new_proc(3, 0, 0, e));
	MF_FAILS(EINVAL, "mount-new", "hidepid", "none of", contain_mount_new_proc(5, 0, 0, e));
	MF_FAILS(EINVAL, "mount-new", "subset_pid", "0 nor 1", contain_mount_new_proc(0, 2, 0, e));
}

TEST_MOUNT(sources_that_are_refused)
{
	const char *const missing[] = { t_fmt("source=%s/nosuch", dir), NULL };
	const char *const file[] = { t_fmt("source=%s/file", dir), NULL };
	const char *const none[] = { NULL };

	t_write_file(t_fmt("%s/file", dir), "");
	if (!mf_is_root_ns()) {
		MF_FAILS(EPERM, "mount-new", "ext4", "user namespace may not mount this type",
			 contain_mount_new("ext4", none, 0, e));
		return;
	}
	MF_FAILS(ENOENT, "mount-new", "ext4", "a path in the options",
		 contain_mount_new("ext4", missing, 0, e));
	MF_FAILS(ENOTBLK, "mount-new", "ext4", "block device",
		 contain_mount_new("ext4", file, 0, e));
	MF_FAILS(EINVAL, "mount-new", "ext4", "source", contain_mount_new("ext4", none, 0, e));
}

/* A real disk, which a guest has. */
static void disks(const char *dir)
{
	const char *const disk[] = { "source=/dev/vda", NULL };
	const char *const readonly[] = { "source=/dev/vda", "ro", NULL };
	const int off = 0, on = 1;
	int fd, device;

	(void)dir;
	device = open("/dev/vda", O_RDWR | O_CLOEXEC | O_EXCL);
	T_SYS(device);
	MF_FAILS(EBUSY, "mount-new", "ext4", "in use", contain_mount_new("ext4", disk, 0, e));
	close(device);
	fd = MF_FINE(contain_mount_new("ext4", disk, CONTAIN_MOUNT_NODEV, e));
	T_SYS(mkdirat(fd, "made", 0755));
	T_SYS(unlinkat(fd, "made", AT_REMOVEDIR));
	close(fd);
	device = open("/dev/vda", O_RDONLY | O_CLOEXEC);
	T_SYS(ioctl(device, BLKROSET, &on));
	MF_FAILS(EACCES, "mount-new", "ext4", "read-only", contain_mount_new("ext4", disk, 0, e));
	fd = MF_FINE(contain_mount_new("ext4", readonly, 0, e));
	T_CHECK(mkdirat(fd, "made", 0755) < 0 && errno == EROFS);
	close(fd);
	T_SYS(ioctl(device, BLKROSET, &off));
	close(device);
}

TEST(block_devices)
{
	struct mf m = { disks, NULL };

	t_need_root();
	if (!t_guest())
		t_skip("only a guest has a disk to spare");
	mf_run(&m, NULL);
}

/* Part of the visible /proc is covered: the kernel gives no other to a user namespace. */
static int covered(void *arg)
{
	(void)arg;
	T_SYS(mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL));
	MF_FAILS(EPERM, "mount-new", "proc", "subset=pid", contain_mount_new_proc(0, 0, 0, e));
	return 7;
}

static int user_covered(void *arg, void *rec)
{
	int value = 0;

	(void)arg;
	(void)rec;
	MF_FINE(contain_ns_run(CONTAIN_NS_USER | CONTAIN_NS_MNT | CONTAIN_NS_PID, NULL, 0, NULL,
			       NULL, covered, NULL, &value, e));
	ck_assert_int_eq(value, 7);
	return 0;
}

TEST(a_proc_while_the_visible_one_is_covered)
{
	t_need_root();
	t_need_userns();
	T_SYS(mount("tmpfs", "/proc/tty", "tmpfs", MS_RDONLY, NULL));
	t_as_user(user_covered, NULL);
	T_SYS(umount2("/proc/tty", MNT_DETACH));
}

/* ---- clones ---- */

TEST_MOUNT(clones_of_trees)
{
	const char *a = mf_tmpfs(dir, "a"), *b = mf_tmpfs(a, "sub"), *at = t_fmt("%s/at", dir);
	int fd;

	T_SYS(mkdir(at, 0755));
	fd = MF_FINE(contain_mount_clone(AT_FDCWD, a, 1, CONTAIN_MOUNT_NOEXEC, e));
	T_CHECK(fd > 2 && fcntl(fd, F_GETFD) == FD_CLOEXEC);
	mf_is(fd, "file", "a");
	mf_is(fd, "sub/file", "sub");
	MF_FINE(contain_mount_attach(fd, AT_FDCWD, at, 0, e));
	close(fd);
	T_CHECK(mf_flags(AT_FDCWD, at) & ST_NOEXEC && mf_flags(AT_FDCWD, t_fmt("%s/sub", at)) & 8);
	T_CHECK(!(mf_flags(AT_FDCWD, a) & ST_NOEXEC) && !(mf_flags(AT_FDCWD, b) & ST_NOEXEC));
	mf_umount(at);

	fd = MF_FINE(contain_mount_clone(AT_FDCWD, a, 0, CONTAIN_MOUNT_READONLY, e));
	mf_is(fd, "file", "a");
	mf_is(fd, "sub/file", "ENOENT"); /* what lies below is not in it */
	T_CHECK(openat(fd, "new", O_CREAT | O_WRONLY, 0644) < 0 && errno == EROFS);
	close(fd);
	/* of a directory in it, by an fd, and of a file */
	fd = open(b, O_PATH | O_CLOEXEC);
	ck_assert_int_gt(fd, 2);
	int part = MF_FINE(contain_mount_clone(fd, "", 0, 0, e));
	int file = MF_FINE(contain_mount_clone(fd, "file", 0, 0, e));

	mf_is(part, "file", "sub");
	t_write_file(t_fmt("%s/over", dir), "");
	MF_FINE(contain_mount_attach(file, AT_FDCWD, t_fmt("%s/over", dir), 0, e));
	mf_is(AT_FDCWD, t_fmt("%s/over", dir), "sub");
	mf_umount(t_fmt("%s/over", dir));
	close(part);
	close(file);
	close(fd);
	mf_umount(a);
}

static int elsewhere(void *arg, void *rec)
{
	int old = open(arg, O_PATH | O_CLOEXEC);

	(void)rec;
	T_SYS(unshare(CLONE_NEWNS));
	MF_FAILS(EINVAL, "mount-clone", "", "another mount namespace",
		 contain_mount_clone(old, "", 0, 0, e));
	return 0;
}

TEST_MOUNT(clones_that_are_refused)
{
	const char *a = mf_tmpfs(dir, "a");
	T_SYS(mount(NULL, a, NULL, MS_UNBINDABLE, NULL));
	MF_FAILS(EINVAL, "mount-clone", a, "unbindable", contain_mount_clone(AT_FDCWD, a, 1, 0, e));
	MF_FAILS(ENOENT, "mount-clone", t_fmt("%s/nosuch", dir), "",
		 contain_mount_clone(AT_FDCWD, t_fmt("%s/nosuch", dir), 1, 0, e));
	MF_FAILS(ENOTDIR, "mount-clone", t_fmt("%s/file/x", a), "",
		 contain_mount_clone(AT_FDCWD, t_fmt("%s/file/x", a), 1, 0, e));
	MF_FAILS(EINVAL, "mount-clone", "path", "NULL",
		 contain_mount_clone(AT_FDCWD, NULL, 1, 0, e));
	MF_FAILS(EINVAL, "mount-clone", "recursive", "0 nor 1",
		 contain_mount_clone(AT_FDCWD, a, 2, 0, e));
	MF_FAILS(EINVAL, "mount-clone", "attributes", "unknown",
		 contain_mount_clone(AT_FDCWD, a, 0, 0x40, e));
	MF_FAILS(EBADF, "mount-clone", "dirfd", "open fd",
		 contain_mount_clone(AT_FDCWD, "", 0, 0, e));
	MF_FAILS(EBADF, "mount-clone", "", "open fd", contain_mount_clone(12345, "", 0, 0, e));
	ck_assert_int_eq(t_child(elsewhere, (void *)a, NULL, 0), 0);
	mf_umount(a);
}

/* A user namespace may not see what a mount of the host covers. */
static int uncovers(void *arg)
{
	int fd;

	T_SYS(mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL));
	MF_FAILS(EINVAL, "mount-clone", arg, "clone recursively",
		 contain_mount_clone(AT_FDCWD, arg, 0, 0, e));
	fd = MF_FINE(contain_mount_clone(AT_FDCWD, arg, 1, 0, e));
	close(fd);
	return 7;
}

static int user_uncovers(void *arg, void *rec)
{
	int value = 0;

	(void)rec;
	MF_FINE(contain_ns_run(CONTAIN_NS_USER | CONTAIN_NS_MNT, NULL, 0, NULL, NULL, uncovers, arg,
			       &value, e));
	ck_assert_int_eq(value, 7);
	return 0;
}

TEST(a_clone_does_not_uncover)
{
	const char *a;

	t_need_root();
	t_need_userns();
	a = mf_tmpfs(t_tmpdir(), "a");
	mf_tmpfs(a, "sub");
	t_as_user(user_uncovers, (void *)a);
	mf_umount(a);
}

static int without_rights(void *arg, void *rec)
{
	(void)rec;
	MF_FAILS(EPERM, "mount-new", "tmpfs", "needs CAP_SYS_ADMIN",
		 contain_mount_new("tmpfs", NULL, 0, e));
	MF_FAILS(EPERM, "mount-clone", arg, "needs CAP_SYS_ADMIN",
		 contain_mount_clone(AT_FDCWD, arg, 1, 0, e));
	MF_FAILS(EPERM, "mount-bind", arg, "needs CAP_SYS_ADMIN",
		 contain_mount_bind(AT_FDCWD, arg, AT_FDCWD, arg, 0, e));
	MF_FAILS(EPERM, "set-propagation", "/", "needs CAP_SYS_ADMIN",
		 contain_mount_set_propagation(AT_FDCWD, "/", CONTAIN_PROPAGATION_PRIVATE, 1, e));
	MF_FAILS(EPERM, "set-attributes", "/", "needs CAP_SYS_ADMIN",
		 contain_mount_set_attributes(AT_FDCWD, "/", CONTAIN_MOUNT_READONLY, 0, 0, e));
	MF_FAILS(EPERM, "move", "/tmp", "needs CAP_SYS_ADMIN",
		 contain_mount_move(AT_FDCWD, arg, AT_FDCWD, "/tmp", 0, e));
	for (uint32_t flags = 0; flags <= CONTAIN_DETACH_LAZY; flags += CONTAIN_DETACH_LAZY)
		MF_FAILS(EPERM, "detach", arg, "needs CAP_SYS_ADMIN",
			 contain_mount_detach(AT_FDCWD, arg, flags, e));
	return 0;
}

TEST(users_without_a_namespace_are_told_what_they_need)
{
	const char *a;

	t_need_root();
	a = mf_tmpfs(t_tmpdir(), "a");
	t_as_user(without_rights, (void *)a);
	ck_assert_int_eq(mf_mounts_on(a), 1);
	mf_umount(a);
}

/* findmnt(8) sees the same. */
TEST_MOUNT_ROOT(findmnt_agrees)
{
	const char *at = t_fmt("%s/at", dir), *out = t_fmt("%s/out", dir);
	const char *const options[] = { "size=64k", "source=a name", NULL };
	char text[512];
	int fd;

	t_need_program(FINDMNT);
	T_SYS(mkdir(at, 0755));
	fd = MF_FINE(contain_mount_new("tmpfs", options,
				       CONTAIN_MOUNT_READONLY | CONTAIN_MOUNT_NOSUID, e));
	MF_FINE(contain_mount_attach(fd, AT_FDCWD, at, 0, e));
	close(fd);
	mf_system(t_fmt(FINDMNT " -rno SOURCE,FSTYPE,VFS-OPTIONS %s >%s", at, out));
	T_CHECK(t_read_file(out, text, sizeof(text)) > 0);
	ck_assert_str_eq(text, "a\\x20name tmpfs ro,nosuid,relatime\n");
	mf_umount(at);
}
