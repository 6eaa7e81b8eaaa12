/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Mounts of a container that runs: added, changed and taken away, seen from inside. */
#include "t_mnt_running.h"

#include <sys/statvfs.h>

/* ---- each of them ---- */

TEST_BOTH(new_file_system)
{
	const char *options[] = { "size=64k", "mode=0751", NULL };
	contain_error *err = NULL;
	struct statvfs v;
	struct stat st;
	struct ts t;

	target(&t);
	tn_fine(container_mount_new(t.c, "tmpfs", options, "/mnt/a/b",
				    CONTAIN_MOUNT_NODEV | CONTAIN_MOUNT_NOEXEC, &err),
		err);
	T_CHECK(line_of(&t, "/mnt/a/b") && strstr(line_of(&t, "/mnt/a/b"), "rw,nodev,noexec"), "%s",
		line_of(&t, "/mnt/a/b"));
	T_CHECK(!statvfs(in(&t, "/mnt/a/b"), &v) && v.f_blocks * v.f_frsize == 65536);
	T_CHECK(!stat(in(&t, "/mnt/a/b"), &st) && (st.st_mode & 07777) == 0751);
	/* it is the container's: its root owns it, and the directories that were made */
	T_CHECK(!stat(in(&t, "/"), &st));
	uid_t root = st.st_uid;
	T_CHECK(!stat(in(&t, "/mnt/a/b"), &st) && st.st_uid == root, "%u", st.st_uid);
	T_CHECK(!stat(in(&t, "/mnt/a"), &st) && (st.st_mode & 07777) == 0755);
	/* and again, on top */
	tn_fine(container_mount_new(t.c, "tmpfs", NULL, "/mnt/a/b", 0, &err), err);
	tn_failed(container_mount_new(t.c, "no-such-fs", NULL, "/mnt/a", 0, &err), err, ENODEV,
		  "mount-new", "no-such-fs", "");
	contain_error_free(err);
	target_end(&t);
}

/* Ids that the caller has not: what is made belongs to the container's user 0. */
TEST(owned_by_root_of_the_container)
{
	contain_error *err = NULL;
	struct stat st;
	struct ts t;

	t_need_root();
	ts_overlay(&t);
	container_spec_set_namespaces(t.spec, TS_NS_ALL);
	container_spec_add_uid_range(t.spec, 0, 200000, 65536);
	container_spec_add_gid_range(t.spec, 0, 300000, 65536);
	ts_sh(&t, "mkdir /tmp/own; exec /bin/payload sleep");
	ts_start(&t);
	ts_wait_for(&t, "sleeping\n");
	tn_fine(container_mount_new(t.c, "tmpfs", NULL, "/tmp/own/a/b", 0, &err), err);
	for (int i = 0; i < 2; i++) {
		T_SYS(stat(in(&t, i ? "/tmp/own/a" : "/tmp/own/a/b"), &st));
		ck_assert_uint_eq(st.st_uid, 200000);
		ck_assert_uint_eq(st.st_gid, 300000);
	}
	target_end(&t);
}

TEST_BOTH(bind_of_a_tree)
{
	const char *dir = t_fmt("%s/volume", t_tmpdir());
	contain_error *err = NULL;
	struct ts t;

	T_SYS(mkdir(dir, 0755));
	t_write_file(t_fmt("%s/file", dir), "of the host\n");
	target(&t);
	tn_fine(container_mount_bind(t.c, AT_FDCWD, dir, "/mnt/volume", 0, &err), err);
	ck_assert_str_eq(read_in(&t, "/mnt/volume/file"), "of the host\n");
	T_CHECK(!strstr(line_of(&t, "/mnt/volume"), "shared:"), "%s", line_of(&t, "/mnt/volume"));
	tn_fine(container_mount_bind(t.c, AT_FDCWD, t_fmt("%s/file", dir), "/mnt/one",
				     CONTAIN_MOUNT_READONLY | CONTAIN_MOUNT_NOSUID, &err),
		err);
	ck_assert_str_eq(read_in(&t, "/mnt/one"), "of the host\n");
	ck_assert_int_eq(open(in(&t, "/mnt/one"), O_WRONLY), -1);
	ck_assert_int_eq(errno, EROFS);
	T_CHECK(strstr(line_of(&t, "/mnt/one"), "ro,nosuid"), "%s", line_of(&t, "/mnt/one"));
	target_end(&t);
}

/* By an fd, and with what is mounted below. */
TEST(bind_by_fd_with_mounts_below)
{
	const char *dir = t_fmt("%s/volume", t_tmpdir());
	contain_error *err = NULL;
	struct ts t;
	int fd;

	t_need_root();
	T_SYS(mkdir(dir, 0755));
	T_SYS(mkdir(t_fmt("%s/below", dir), 0755));
	tn_fine(contain_mount_tmpfs(AT_FDCWD, t_fmt("%s/below", dir), 0, 0755, 0, &err), err);
	/* what is shared on the host is private in there */
	tn_fine(contain_mount_set_propagation(AT_FDCWD, t_fmt("%s/below", dir),
					      CONTAIN_PROPAGATION_SHARED, 0, &err),
		err);
	t_write_file(t_fmt("%s/below/file", dir), "below\n");
	fd = open(dir, O_PATH | O_CLOEXEC);
	T_SYS(fd);
	target(&t);
	tn_fine(container_mount_bind(t.c, fd, "", "/mnt/v", CONTAIN_MOUNT_READONLY, &err), err);
	ck_assert_str_eq(read_in(&t, "/mnt/v/below/file"), "below\n");
	T_CHECK(!strstr(line_of(&t, "/mnt/v/below"), "shared:") &&
			!strstr(line_of(&t, "/mnt/v/below"), "master:"),
		"%s", line_of(&t, "/mnt/v/below"));
	ck_assert_int_eq(open(in(&t, "/mnt/v/below/file"), O_WRONLY), -1);
	ck_assert_int_eq(errno, EROFS);
	target_end(&t);
	close(fd);
}

/* What a user binds is as it is on the host: no flag goes, and what is covered stays covered. */
static int bind_locked(void *arg, void *rec)
{
	contain_error *err = NULL;
	struct ts t;

	(void)rec;
	target(&t);
	tn_fine(container_mount_bind(t.c, AT_FDCWD, arg, "/mnt/v", 0, &err), err);
	T_CHECK(strstr(line_of(&t, "/mnt/v"), "ro,nosuid,nodev,noexec"), "%s",
		line_of(&t, "/mnt/v"));
	for (int i = 0; i < 4; i++)
		FAILS(EPERM, "/mnt/v",
		      container_mount_set_attributes(t.c, "/mnt/v", 0, 1u << i, 0, e));
	tn_fine(container_mount_set_attributes(t.c, "/mnt/v", CONTAIN_MOUNT_NOSYMFOLLOW, 0, 0,
					       &err),
		err);
	FAILS(EINVAL, "/mnt/v/below",
	      container_mount_detach(t.c, "/mnt/v/below", CONTAIN_DETACH_LAZY, e));
	ck_assert_str_eq(read_in(&t, "/mnt/v/below/covered"), "ENOENT");
	tn_fine(container_mount_detach(t.c, "/mnt/v", CONTAIN_DETACH_LAZY, &err), err);
	target_end(&t);
	return 0;
}

TEST(locked_for_a_user)
{
	const char *dir = t_fmt("%s/volume", t_tmpdir());
	contain_error *err = NULL;

	t_need_root();
	t_need_userns();
	T_SYS(mkdir(dir, 0755));
	tn_fine(contain_mount_tmpfs(AT_FDCWD, dir, 0, 0755, 0, &err), err);
	T_SYS(mkdir(t_fmt("%s/below", dir), 0755));
	t_write_file(t_fmt("%s/below/covered", dir), "x");
	tn_fine(contain_mount_tmpfs(AT_FDCWD, t_fmt("%s/below", dir), 0, 0755, 0, &err), err);
	tn_fine(contain_mount_set_attributes(AT_FDCWD, dir,
					     CONTAIN_MOUNT_READONLY | CONTAIN_MOUNT_NOSUID |
						     CONTAIN_MOUNT_NODEV | CONTAIN_MOUNT_NOEXEC,
					     0, 0, &err),
		err);
	t_as_user(bind_locked, (void *)(uintptr_t)dir);
}

TEST(attach_what_was_made_before)
{
	contain_error *err = NULL;
	struct ts t;
	int fd;

	t_need_root();
	target(&t);
	fd = contain_mount_new_tmpfs(1 << 20, 0, 0700, CONTAIN_MOUNT_NOEXEC, &err);
	tn_fine(fd, err);
	t_write_file(t_fmt("/proc/self/fd/%d/inside", fd), "made before\n");
	tn_failed(container_mount_attach(t.c, fd, "/mnt/x/y", 0, &err), err, ENOENT, "attach",
		  "/mnt/x/y", "CONTAIN_ATTACH_CREATE");
	tn_fine(container_mount_attach(t.c, fd, "/mnt/x/y", CONTAIN_ATTACH_CREATE, &err), err);
	ck_assert_str_eq(read_in(&t, "/mnt/x/y/inside"), "made before\n");
	close(fd);
	target_end(&t);
}

/* What is mounted inside of a clone of a shared mount does not come out. */
TEST(attached_is_a_slave)
{
	const char *dir = t_fmt("%s/shared", t_tmpdir());
	contain_error *err = NULL;
	struct ts t;
	int fd;

	t_need_root();
	T_SYS(mkdir(dir, 0755));
	tn_fine(contain_mount_tmpfs(AT_FDCWD, dir, 0, 0755, 0, &err), err);
	tn_fine(contain_mount_set_propagation(AT_FDCWD, dir, CONTAIN_PROPAGATION_SHARED, 0, &err),
		err);
	T_SYS(mkdir(t_fmt("%s/disc", dir), 0755));
	target(&t);
	fd = contain_mount_clone(AT_FDCWD, dir, 1, 0, &err);
	tn_fine(fd, err);
	tn_fine(container_mount_attach(t.c, fd, "/mnt", 0, &err), err);
	close(fd);
	T_CHECK(strstr(line_of(&t, "/mnt"), "master:") && !strstr(line_of(&t, "/mnt"), "shared:"),
		"%s", line_of(&t, "/mnt"));
	/* in: yes */
	tn_fine(contain_mount_tmpfs(AT_FDCWD, t_fmt("%s/disc", dir), 0, 0755, 0, &err), err);
	T_CHECK(line_of(&t, "/mnt/disc"));
	/* out: no */
	T_SYS(mkdir(t_fmt("%s/other", dir), 0755));
	tn_fine(container_mount_new(t.c, "tmpfs", NULL, "/mnt/other", 0, &err), err);
	T_CHECK(line_of(&t, "/mnt/other"));
	t_write_file(in(&t, "/mnt/other/mark"), "x");
	ck_assert_int_eq(access(t_fmt("%s/other/mark", dir), F_OK), -1);
	tn_fine(contain_mount_detach(AT_FDCWD, t_fmt("%s/disc", dir), CONTAIN_DETACH_LAZY, &err),
		err);
	target_end(&t);
}

TEST_BOTH(attributes_of_a_mount)
{
	contain_error *err = NULL;
	struct ts t;

	target(&t);
	tn_fine(container_mount_new(t.c, "tmpfs", NULL, "/mnt/a", 0, &err), err);
	tn_fine(container_mount_new(t.c, "tmpfs", NULL, "/mnt/a/b", 0, &err), err);
	tn_fine(container_mount_set_attributes(t.c, "/mnt/a", CONTAIN_MOUNT_READONLY, 0, 1, &err),
		err);
	T_CHECK(strstr(line_of(&t, "/mnt/a"), "ro,"), "%s", line_of(&t, "/mnt/a"));
	T_CHECK(strstr(line_of(&t, "/mnt/a/b"), "ro,"), "%s", line_of(&t, "/mnt/a/b"));
	tn_fine(container_mount_set_attributes(t.c, "/mnt/a", CONTAIN_MOUNT_NOEXEC,
					       CONTAIN_MOUNT_READONLY, 0, &err),
		err);
	T_CHECK(strstr(line_of(&t, "/mnt/a"), "rw,noexec"), "%s", line_of(&t, "/mnt/a"));
	T_CHECK(strstr(line_of(&t, "/mnt/a/b"), "ro,"), "%s", line_of(&t, "/mnt/a/b"));
	tn_failed(container_mount_set_attributes(t.c, "/bin", CONTAIN_MOUNT_READONLY, 0, 0, &err),
		  err, EINVAL, "set-attributes", "/bin", "");
	tn_failed(container_mount_set_attributes(t.c, "/none", CONTAIN_MOUNT_READONLY, 0, 0, &err),
		  err, ENOENT, "set-attributes", "/none", "");
	/* the root itself */
	tn_fine(container_mount_set_attributes(t.c, "/", CONTAIN_MOUNT_READONLY, 0, 0, &err), err);
	T_CHECK(strstr(line_of(&t, "/"), "ro,"), "%s", line_of(&t, "/"));
	target_end(&t);
}

TEST_BOTH(detached_again)
{
	contain_error *err = NULL;
	struct ts t;
	int fd;

	target(&t);
	tn_fine(container_mount_new(t.c, "tmpfs", NULL, "/mnt/a", 0, &err), err);
	t_write_file(in(&t, "/mnt/a/file"), "x");
	fd = open(in(&t, "/mnt/a/file"), O_RDONLY | O_CLOEXEC);
	T_SYS(fd);
	FAILS(EBUSY, "/mnt/a", container_mount_detach(t.c, "/mnt/a", 0, e));
	T_CHECK(line_of(&t, "/mnt/a"));
	close(fd);
	tn_fine(container_mount_detach(t.c, "/mnt/a", 0, &err), err);
	T_CHECK(!line_of(&t, "/mnt/a"));
	FAILS(EINVAL, "/mnt/a", container_mount_detach(t.c, "/mnt/a", 0, e));
	/* lazily, whoever uses it */
	tn_fine(container_mount_new(t.c, "tmpfs", NULL, "/mnt/a", 0, &err), err);
	t_write_file(in(&t, "/mnt/a/file"), "y");
	fd = open(in(&t, "/mnt/a/file"), O_RDONLY | O_CLOEXEC);
	T_SYS(fd);
	tn_fine(container_mount_detach(t.c, "/mnt/a", CONTAIN_DETACH_LAZY, &err), err);
	T_CHECK(!line_of(&t, "/mnt/a"));
	close(fd);
	target_end(&t);
}

/* proc, sysfs and mqueue show what is the container's. */
TEST_BOTH(file_systems_of_its_namespaces)
{
	contain_error *err = NULL;
	char text[4096];
	struct ts t;

	(void)!system("true"); /* which leaves the actions of signals in another form */
	target(&t);
	tn_fine(container_mount_new(t.c, "proc", NULL, "/mnt/proc", 0, &err), err);
	T_CHECK(t_read_file(in(&t, "/mnt/proc/1/cmdline"), text, sizeof(text)) > 0);
	ck_assert_str_eq(text, "/bin/payload");
	ck_assert_int_eq(access(in(&t, "/mnt/proc/2"), F_OK), -1);
	tn_fine(container_mount_new(t.c, "sysfs", NULL, "/mnt/sys", CONTAIN_MOUNT_READONLY, &err),
		err);
	ck_assert_int_eq(access(in(&t, "/mnt/sys/class/net/lo"), F_OK), 0);
	T_CHECK(!system(t_fmt("test \"$(ls %s)\" = lo", in(&t, "/mnt/sys/class/net"))));
	tn_fine(container_mount_new(t.c, "mqueue", NULL, "/mnt/mq", 0, &err), err);
	target_end(&t);
}

/* ---- paths ---- */

/* As inside: symlinks of the image lead where they lead in there. */
TEST_BOTH(symlinks_are_those_of_the_container)
{
	contain_error *err = NULL;
	struct ts t;

	ts_dir(&t, 0);
	ts_sh(&t, "mkdir -p /mnt/real; ln -s /mnt/real /mnt/absolute; ln -s real /mnt/relative;"
		  "ln -s ../../../../mnt/real /mnt/up; ln -s /proc/self/cwd/x /mnt/magic;"
		  "ln -s /gone /mnt/dangling; exec /bin/payload sleep");
	ts_start(&t);
	ts_wait_for(&t, "sleeping\n");
	for (int i = 0; i < 3; i++) {
		static const char *const links[] = { "/mnt/absolute", "/mnt/relative", "/mnt/up" };

		tn_fine(container_mount_new(t.c, "tmpfs", NULL, links[i], 0, &err), err);
		T_CHECK(line_of(&t, "/mnt/real") && !line_of(&t, links[i]), "%s", links[i]);
		tn_fine(container_mount_detach(t.c, links[i], CONTAIN_DETACH_LAZY, &err), err);
		T_CHECK(!line_of(&t, "/mnt/real"));
	}
	FAILS(ELOOP, "magic", container_mount_new(t.c, "tmpfs", NULL, "/mnt/magic", 0, e));
	FAILS(ENOENT, "", container_mount_detach(t.c, "/mnt/dangling", 0, e));
	target_end(&t);
}

/* ---- what is refused ---- */

TEST_BOTH(bad_arguments)
{
	contain_error *err = NULL;
	struct ts t;

	target(&t);
	tn_failed(container_mount_new(NULL, "tmpfs", NULL, "/mnt", 0, &err), err, EINVAL,
		  "mount-new", "container", "is NULL");
	tn_failed(container_mount_new(t.c, NULL, NULL, "/mnt", 0, &err), err, EINVAL, "mount-new",
		  "type", "is NULL");
	tn_failed(container_mount_new(t.c, "", NULL, "/mnt", 0, &err), err, EINVAL, "mount-new",
		  "type", "is empty");
	tn_failed(container_mount_new(t.c, "tmpfs", NULL, NULL, 0, &err), err, EINVAL, "mount-new",
		  "target", "is NULL");
	tn_failed(container_mount_new(t.c, "tmpfs", NULL, "", 0, &err), err, EINVAL, "mount-new",
		  "target", "is empty");
	FAILS(EINVAL, "attribute", container_mount_new(t.c, "tmpfs", NULL, "/mnt", 0x4000000u, e));
	tn_failed(container_mount_bind(NULL, AT_FDCWD, "/", "/mnt", 0, &err), err, EINVAL,
		  "mount-bind", "container", "is NULL");
	tn_failed(container_mount_bind(t.c, AT_FDCWD, NULL, "/mnt", 0, &err), err, EINVAL,
		  "mount-bind", "source", "is NULL");
	tn_failed(container_mount_bind(t.c, AT_FDCWD, "/", NULL, 0, &err), err, EINVAL,
		  "mount-bind", "target", "is NULL");
	FAILS(ENOENT, "/no/such", container_mount_bind(t.c, AT_FDCWD, "/no/such", "/mnt", 0, e));
	FAILS(EBADF, "", container_mount_bind(t.c, 999, "", "/mnt", 0, e));
	FAILS(EINVAL, "attribute", container_mount_bind(t.c, AT_FDCWD, "/", "/mnt", 0x4000000u, e));
	tn_failed(container_mount_attach(t.c, -1, "/mnt", 0, &err), err, EBADF, "mount-attach",
		  "mount_fd", "");
	tn_failed(container_mount_attach(t.c, 0, "/mnt", 0x100, &err), err, EINVAL, "mount-attach",
		  "flags", "unknown");
	tn_failed(container_mount_attach(NULL, 0, "/mnt", 0, &err), err, EINVAL, "mount-attach",
		  "container", "is NULL");
	tn_failed(container_mount_attach(t.c, 0, NULL, 0, &err), err, EINVAL, "mount-attach",
		  "target", "is NULL");
	FAILS(EINVAL, "container", container_mount_set_attributes(NULL, "/", 1, 0, 0, e));
	FAILS(EINVAL, "target", container_mount_set_attributes(t.c, NULL, 1, 0, 0, e));
	FAILS(EINVAL, "", container_mount_set_attributes(t.c, "/", 0, 0, 0, e));
	FAILS(EINVAL, "", container_mount_set_attributes(t.c, "/", 1, 1, 0, e));
	FAILS(EINVAL, "", container_mount_set_attributes(t.c, "/", 1, 0, 2, e));
	FAILS(EINVAL, "container", container_mount_detach(NULL, "/", 0, e));
	FAILS(EINVAL, "target", container_mount_detach(t.c, NULL, 0, e));
	FAILS(EINVAL, "flags", container_mount_detach(t.c, "/mnt", 1, e));
	/* not the root itself */
	FAILS(EINVAL, "root itself", container_mount_new(t.c, "tmpfs", NULL, "/", 0, e));
	FAILS(EINVAL, "root itself", container_mount_bind(t.c, AT_FDCWD, "/", "/mnt/..", 0, e));
	FAILS(EINVAL, "root itself", container_mount_attach(t.c, 0, "//./", 0, e));
	target_end(&t);
}

TEST_BOTH(one_that_has_ended)
{
	contain_error *err = NULL;
	struct ts t;

	ts_dir(&t, 0);
	container_spec_set_name(t.spec, "short");
	ts_words(&t, "exit 0");
	ts_start(&t);
	ck_assert_int_eq(container_wait(t.c, 20000, NULL, NULL), 0);
	tn_failed(container_mount_new(t.c, "tmpfs", NULL, "/mnt", 0, &err), err, ESRCH, "mount-new",
		  "short", "has ended");
	tn_failed(container_mount_detach(t.c, "/mnt", 0, &err), err, ESRCH, "mount-detach", "short",
		  "has ended");
	ts_end(&t);
}

TEST(one_that_is_paused)
{
	contain_error *err = NULL;
	struct ts t;

	t_need_root();
	ts_dir(&t, 0);
	container_spec_set_name(t.spec, "asleep");
	ts_words(&t, "sleep");
	ts_start(&t);
	ts_wait_for(&t, "sleeping\n");
	tn_fine(container_pause(t.c, 10000, &err), err);
	tn_failed(container_mount_new(t.c, "tmpfs", NULL, "/mnt", 0, &err), err, EBUSY, "mount-new",
		  "asleep", "is paused");
	tn_fine(container_resume(t.c, 10000, &err), err);
	tn_fine(container_mount_new(t.c, "tmpfs", NULL, "/mnt", 0, &err), err);
	target_end(&t);
}

/* A file descriptor of another user's container gives no rights over it. */
static int not_its_own(void *arg, void *rec)
{
	container *c = arg;

	(void)rec;
	FAILS(EACCES, "", container_mount_new(c, "tmpfs", NULL, "/mnt", 0, e));
	return 0;
}

TEST(rights)
{
	struct ts t;

	t_need_root();
	target(&t);
	t_as_user(not_its_own, t.c);
	target_end(&t);
}
