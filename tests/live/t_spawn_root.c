/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A directory or a union as the root: what is written where, and which directory it is. */
#include "t_spawn.h"

#include <contain/feature.h>
#include <sys/mount.h>

static int exists(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0;
}

TEST_BOTH(directory_is_written)
{
	const char *made = t_fmt("%s/job/made", ts_root());
	struct stat st;
	struct ts t;

	ts_dir(&t, 0);
	ts_words(&t, "write /job/made text -- read /etc/image");
	ts_run(&t);
	ts_is(&t, "made by the tests\n");
	T_SYS(stat(made, &st));
	ck_assert_int_eq(st.st_uid, geteuid());
	ck_assert_int_eq(st.st_size, 4);
	ck_assert_int_eq(st.st_mode & 0777, 0644);
}

TEST_BOTH(readonly_directory)
{
	struct ts t;

	ts_dir(&t, CONTAIN_ROOT_READONLY);
	ts_words(&t, "write /tmp/a b -- read /tmp/a -- write /job/made text");
	ts_run_to(&t, 125);
	ts_has(&t, "bpayload: /job/made: Read-only file system");
	T_CHECK(!exists(t_fmt("%s/job/made", ts_root())));
	/* not just without permission: remounting is what it would need */
	ts_dir(&t, CONTAIN_ROOT_READONLY);
	ts_sh(&t, "mount -o remount,rw / || echo held");
	ts_run(&t);
	ts_has(&t, "held\n");
}

static int submount(void *arg, void *rec)
{
	struct ts t;

	(void)arg;
	(void)rec;
	ts_new(&t);
	container_spec_set_root_dir(t.spec, AT_FDCWD, ts_root(), CONTAIN_ROOT_READONLY);
	ts_words(&t, "read /mnt/there -- write /mnt/made text");
	ts_run_to(&t, 125);
	ts_has(&t, "submountpayload: /mnt/made: Read-only file system");

	ts_dir(&t, 0);
	ts_words(&t, "read /mnt/there -- write /mnt/made text -- read /mnt/made");
	ts_run(&t);
	ts_has(&t, "submounttext");
	return 0;
}

/* Mounts below the root directory come along, and read-only means them too. */
TEST(mounts_below_the_root)
{
	const char *mnt = t_fmt("%s/mnt", ts_root());

	t_need_root();
	T_SYS(mount("sub", mnt, "tmpfs", 0, "mode=1777"));
	t_write_file(t_fmt("%s/there", mnt), "submount");
	submount(NULL, NULL);
}

static int submount_of_user(void *arg, void *rec)
{
	struct ts t;

	(void)rec;
	ts_new(&t);
	container_spec_set_root_dir(t.spec, AT_FDCWD, arg, CONTAIN_ROOT_READONLY);
	ts_words(&t, "read /mnt/there -- write /mnt/made text");
	ts_run_to(&t, 125);
	ts_has(&t, "submountpayload: /mnt/made: Read-only file system");
	return 0;
}

TEST(mounts_below_the_root_of_a_user)
{
	const char *mnt = t_fmt("%s/mnt", ts_root());

	t_need_root();
	t_need_userns();
	T_SYS(mount("sub", mnt, "tmpfs", 0, "mode=1777"));
	t_write_file(t_fmt("%s/there", mnt), "submount");
	t_as_user(submount_of_user, (void *)ts_root());
}

TEST_BOTH(overlay_copies_on_write)
{
	struct ts t;

	for (int i = 0; i < 2; i++) {
		/* the second start sees nothing of the first one */
		ts_overlay(&t);
		ts_sh(&t, "ls /job; cat /etc/image; echo new >/job/made; echo more >>/etc/image; "
			  "rm /etc/hostname; mv /etc/group /etc/groups; cat /job/made; "
			  "tail -n 1 /etc/image; ls /etc");
		ts_run(&t);
		ts_is(&t, "made by the tests\nnew\nmore\ngroups\nimage\npasswd\n");
	}
	T_CHECK(!exists(t_fmt("%s/job/made", ts_root())));
	T_CHECK(exists(t_fmt("%s/etc/hostname", ts_root())));
	T_CHECK(exists(t_fmt("%s/etc/group", ts_root())));
	T_CHECK(t_read_file(t_fmt("%s/etc/image", ts_root()), t.text, sizeof(t.text)) == 18);
}

/* Below 6.6 the upper layer of an ordinary user cannot mark a directory opaque. */
TEST_BOTH(overlay_removes_directories)
{
	contain_feature_report *report = NULL;
	int works;
	struct ts t;

	ck_assert_int_eq(contain_feature_report_new(&report), 0);
	works = ts_is_root() || contain_feature_available(report, CONTAIN_FEATURE_TMPFS_USER_XATTR);
	contain_feature_report_free(report);
	ts_overlay(&t);
	ts_sh(&t, "rm -r /var && mkdir /var && ls -A /var && mv /usr /usr2 && ls /usr2");
	ts_run_to(&t, works ? 0 : 1);
	if (works)
		ts_is(&t, "bin\nlib\nsbin\n");
	T_CHECK(exists(t_fmt("%s/var/tmp", ts_root())));
	if (!works)
		t_skip("this kernel's tmpfs has no user.* attributes: %s", t.text);
}

/* Two at once, of one plan: each has an upper layer of its own. */
TEST_BOTH(overlays_of_one_plan)
{
	const char *list[] = { "/bin/payload", "list", "/job", NULL };
	container_overrides *o = NULL;
	container_plan *plan = NULL;
	container *second = NULL;
	struct ts t;

	ts_overlay(&t);
	ts_words(&t, "write /job/made text -- sleep");
	ck_assert_int_eq(container_plan_compile(t.spec, &plan, NULL), 0);
	ck_assert_int_eq(container_plan_spawn(plan, NULL, &t.c, NULL), 0);
	ts_wait_for(&t, "sleeping\n");
	ck_assert_int_eq(container_overrides_new(&o), 0);
	ck_assert_int_eq(container_overrides_set_argv(o, list), 0);
	ck_assert_int_eq(container_plan_spawn(plan, o, &second, NULL), 0);
	ck_assert_int_eq(container_wait(second, -1, NULL, NULL), 0);
	container_free(second);
	container_overrides_free(o);
	container_plan_free(plan);
	ts_kill(&t);
	ts_is(&t, "sleeping\n");
}

/* Root by a pinned directory, by a relative path below one, and by a symlink. */
TEST_BOTH(root_by_descriptor)
{
	const char *root = ts_root();
	char *parent = t_fmt("%.*s", (int)(strrchr(root, '/') - root), root);
	const char *layers[] = { "root", NULL };

	T_SYS(symlink("root", t_fmt("%s/link", parent)));
	for (int i = 0; i < 5; i++) {
		struct ts t;
		int fd;

		ts_new(&t);
		fd = open(i == 0 ? root : parent, O_PATH | O_DIRECTORY | O_CLOEXEC);
		if (i == 0)
			ck_assert_int_eq(container_spec_set_root_dir(t.spec, fd, "", 0), 0);
		else if (i == 1)
			ck_assert_int_eq(container_spec_set_root_dir(t.spec, fd, "root", 0), 0);
		else if (i == 2)
			ck_assert_int_eq(container_spec_set_root_dir(t.spec, fd, "link", 0), 0);
		else if (i == 3)
			ck_assert_int_eq(container_spec_set_root_overlay(t.spec, fd, layers, 0, 0),
					 0);
		else
			ck_assert_int_eq(container_spec_set_root_dir(
						 t.spec, AT_FDCWD, t_fmt("%s/link", parent), 0), 0);
		/* the caller's fd is the caller's: it may be closed before the start */
		close(fd);
		ts_words(&t, "read /etc/image");
		ts_run(&t);
		ts_is(&t, "made by the tests\n");
	}
}

/* The directory that was given, whatever has its name now. */
TEST_BOTH(replaced_root_is_refused)
{
	const char *root = ts_root(), *old = t_fmt("%s.old", root);
	const char *layers[] = { ".", NULL };

	for (int i = 0; i < 2; i++) {
		struct ts t;
		int fd;

		ts_new(&t);
		fd = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);
		if (i == 0)
			ck_assert_int_eq(container_spec_set_root_dir(t.spec, fd, "", 0), 0);
		else
			ck_assert_int_eq(container_spec_set_root_overlay(t.spec, fd, layers, 0, 0),
					 0);
		close(fd);
		ts_words(&t, "exit");
		T_SYS(rename(root, old));
		T_SYS(mkdir(root, 0755));
		ts_fails(&t, ESTALE, CONTAIN_PHASE_PARENT, "check-dir", root,
			 "another directory has taken the place");
		T_SYS(rmdir(root));
		T_SYS(rename(old, root));
	}
}

/* By its name it is looked up at every start. */
TEST_BOTH(root_by_name_is_looked_up)
{
	const char *root = ts_root(), *old = t_fmt("%s.old", root);
	struct ts t;

	ts_dir(&t, 0);
	ts_words(&t, "read /etc/image");
	T_SYS(rename(root, old));
	T_SYS(symlink(old, root));
	ts_run(&t);
	T_SYS(unlink(root));
	T_SYS(rename(old, root));
}

static void remove_mount_points(void)
{
	static const char *const names[] = { "proc", "sys", "dev", "tmp" };

	for (size_t i = 0; i < 4; i++)
		T_SYS(rmdir(t_fmt("%s/%s", ts_root(), names[i])));
}

TEST_BOTH(missing_mount_points_are_made)
{
	struct ts t;

	ts_root();
	remove_mount_points();
	ts_overlay(&t);
	ts_words(&t, "read /proc/self/comm -- stat /dev/null -- list /sys -- write /tmp/a b");
	ts_run(&t);
	ts_has(&t, "payload\nmode 20666 ");
	T_CHECK(!exists(t_fmt("%s/proc", ts_root())));

	ts_dir(&t, 0);
	container_spec_add_tmpfs(t.spec, "/a/b/c", 0, 0700);
	container_spec_add_bind(t.spec, AT_FDCWD, t_fmt("%s/etc/image", ts_root()), "/a/b/f", 0);
	ts_words(&t, "read /proc/self/comm -- stat /dev/null -- list /sys -- write /a/b/c/x y -- "
		     "stat /a/b/c -- read /a/b/f");
	ts_run(&t);
	ts_has(&t, "payload\nmode 20666 ");
	ts_has(&t, "mode 40700 ");
	ts_has(&t, "made by the tests\n");
	T_CHECK(exists(t_fmt("%s/proc", ts_root())));
	T_CHECK(exists(t_fmt("%s/a/b/c", ts_root())));
	T_CHECK(!exists(t_fmt("%s/a/b/c/x", ts_root())));
}

TEST_BOTH(missing_mount_points_of_a_readonly_root)
{
	static const char hint[] = "the mount point is missing and the root is read-only";
	struct ts t;

	ts_dir(&t, CONTAIN_ROOT_READONLY);
	container_spec_add_tmpfs(t.spec, "/a/b", 0, 0700);
	ts_words(&t, "exit");
	ts_fails(&t, EROFS, CONTAIN_PHASE_CHILD, "mount-tmpfs", "/a/b", hint);

	ts_dir(&t, CONTAIN_ROOT_READONLY);
	container_spec_add_bind(t.spec, AT_FDCWD, "/", "/nowhere", 0);
	ts_words(&t, "exit");
	ts_fails(&t, EROFS, CONTAIN_PHASE_CHILD, "bind", "/nowhere", hint);

	remove_mount_points();
	ts_dir(&t, CONTAIN_ROOT_READONLY);
	ts_words(&t, "exit");
	ts_fails(&t, EROFS, CONTAIN_PHASE_CHILD, "mount-proc", "/proc", hint);
	T_CHECK(!exists(t_fmt("%s/proc", ts_root())));
}
