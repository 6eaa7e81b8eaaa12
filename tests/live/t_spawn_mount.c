/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Binds and tmpfs mounts: attributes that bite, order, what may be missing, many. */
#include "t_spawn.h"

#include <sys/mount.h>
#include <sys/sysmacros.h>

/* A directory of the host's with a file and a directory in it. */
static const char *source_dir(const char *text)
{
	const char *dir = t_tmpdir();

	t_write_file(t_fmt("%s/file", dir), text);
	T_SYS(mkdir(t_fmt("%s/sub", dir), 0777));
	return dir;
}

static void bind(struct ts *t, const char *source, const char *target, uint32_t flags)
{
	ck_assert_int_eq(container_spec_add_bind(t->spec, AT_FDCWD, source, target, flags), 0);
}

TEST_BOTH(bind_is_written)
{
	const char *dir = source_dir("there");
	char text[64];
	struct ts t;

	ts_dir(&t, CONTAIN_ROOT_READONLY);
	bind(&t, dir, "/mnt", 0);
	ts_words(&t, "read /mnt/file -- write /mnt/made text");
	ts_run(&t);
	ts_is(&t, "there");
	T_CHECK(t_read_file(t_fmt("%s/made", dir), text, sizeof(text)) == 4);
}

TEST_BOTH(bind_readonly)
{
	const char *dir = source_dir("there");
	struct ts t;

	ts_dir(&t, 0);
	bind(&t, dir, "/mnt", CONTAIN_MOUNT_READONLY);
	ts_sh(&t, "cat /mnt/file; echo x >/mnt/made; echo x >/mnt/file; rm /mnt/file; "
		  "mount -o remount,bind,rw /mnt; umount /mnt; cat /mnt/file");
	ts_run(&t);
	ts_has(&t, "/mnt/made: Read-only file system");
	ts_has(&t, "/mnt/file: Read-only file system");
	ts_has(&t, "'/mnt/file': Read-only file system");
	ck_assert_str_eq(t.text + strlen(t.text) - 5, "there");
	T_CHECK(access(t_fmt("%s/made", dir), F_OK) < 0);
}

TEST_BOTH(bind_noexec)
{
	struct ts t;

	ts_dir(&t, 0);
	bind(&t, t_fmt("%s/bin", ts_root()), "/mnt", 0);
	ts_sh(&t, "/mnt/payload argv ran");
	ts_run(&t);
	ts_is(&t, "ran\n");
	ts_dir(&t, 0);
	bind(&t, t_fmt("%s/bin", ts_root()), "/mnt", CONTAIN_MOUNT_NOEXEC);
	ts_sh(&t, "/mnt/payload argv ran");
	ts_run_to(&t, 126);
	ts_has(&t, "Permission denied");
}

TEST_BOTH(bind_nodev)
{
	struct ts t;

	ts_dir(&t, 0);
	bind(&t, "/dev/zero", "/mnt/zero", 0);
	ts_sh(&t, "head -c 3 /mnt/zero | wc -c");
	ts_run(&t);
	ts_is(&t, "3\n");
	ts_dir(&t, 0);
	bind(&t, "/dev/zero", "/mnt/zero", CONTAIN_MOUNT_NODEV);
	ts_sh(&t, "head -c 3 /mnt/zero | wc -c");
	ts_run(&t);
	ts_has(&t, "/mnt/zero: Permission denied\n0\n");
}

/* A program with the set-user-id bit, run by another user: what its effective id is. */
TEST(bind_nosuid)
{
	static const char run[] =
		"busybox start-stop-daemon -S -c 65534:65534 -x /mnt/payload -- ids";
	struct ts t;

	t_need_root();
	T_SYS(chmod(t_fmt("%s/bin/payload", ts_root()), 04755));
	for (int i = 0; i < 2; i++) {
		ts_dir(&t, 0);
		container_spec_set_no_new_privs(t.spec, 0);
		bind(&t, t_fmt("%s/bin", ts_root()), "/mnt", i ? CONTAIN_MOUNT_NOSUID : 0);
		ts_sh(&t, run);
		ts_run(&t);
		ts_has(&t, i ? "uid 65534 65534 65534\n" : "uid 65534 0 0\n");
	}
}

static unsigned int flags_of(struct ts *t)
{
	char *at = strstr(t->text, " flags ");

	T_CHECK(at, "%s", t->text);
	return (unsigned int)strtoul(at + 7, NULL, 16) & 0xf;
}

/* Each combination, told by statfs(2), whose bits are these. */
TEST_BOTH(bind_attributes)
{
	const char *dir = source_dir("there");
	struct ts t;

	for (uint32_t flags = 0; flags < 16; flags += (uint32_t)ts_rounds(1, 5, 15)) {
		ts_dir(&t, 0);
		bind(&t, dir, "/mnt", flags);
		ts_words(&t, "stat /mnt");
		ts_run(&t);
		ck_assert_uint_eq(flags_of(&t), flags);
	}
}

static const char *dir_with_submounts(void)
{
	const char *dir = source_dir("there"), *sub = t_fmt("%s/sub", dir);

	T_SYS(mount("one", sub, "tmpfs", 0, "mode=1777"));
	T_SYS(mkdir(t_fmt("%s/deep", sub), 0755));
	T_SYS(mount("two", t_fmt("%s/deep", sub), "tmpfs", MS_NOSUID | MS_NODEV, "mode=1777"));
	t_write_file(t_fmt("%s/deep/file", sub), "deep");
	return dir;
}

static int recursive(void *arg, void *rec)
{
	const char *dir = arg;
	struct ts t;

	(void)rec;
	ts_dir(&t, 0);
	bind(&t, dir, "/mnt", 0);
	ts_words(&t, "read /mnt/sub/deep/file -- write /mnt/sub/deep/x y -- stat /mnt/sub/deep");
	ts_run(&t);
	ts_has(&t, "deep");
	ck_assert_uint_eq(flags_of(&t), CONTAIN_MOUNT_NOSUID | CONTAIN_MOUNT_NODEV);

	/* flags that the host's mount has stay, also where they are locked: those asked for join */
	ts_dir(&t, 0);
	bind(&t, dir, "/mnt", CONTAIN_MOUNT_READONLY | CONTAIN_MOUNT_NOEXEC);
	ts_words(&t, "read /mnt/sub/deep/file -- stat /mnt/sub/deep -- write /mnt/sub/deep/z y");
	ts_run_to(&t, 125);
	ts_has(&t, "/mnt/sub/deep/z: Read-only file system");
	ck_assert_uint_eq(flags_of(&t), 0xf);
	return 0;
}

TEST(bind_with_mounts_below)
{
	t_need_root();
	recursive((void *)dir_with_submounts(), NULL);
}

TEST(bind_with_mounts_below_by_a_user)
{
	const char *dir;

	t_need_root();
	t_need_userns();
	dir = dir_with_submounts();
	T_SYS(chmod(t_fmt("%s/sub/deep", dir), 01777));
	t_as_user(recursive, (void *)dir);
}

TEST_BOTH(bind_of_files)
{
	const char *dir = source_dir("there");
	struct ts t;

	ts_dir(&t, 0);
	bind(&t, t_fmt("%s/file", dir), "/etc/image", 0);	/* over a file */
	bind(&t, t_fmt("%s/file", dir), "/new/one", 0);		/* made, with its directory */
	ts_words(&t, "read /etc/image -- read /new/one -- write /new/one changed -- read "
		     "/etc/image");
	ts_run(&t);
	ts_is(&t, "theretherechanged");

	ts_dir(&t, 0);
	bind(&t, t_fmt("%s/file", dir), "/mnt", 0);
	ts_words(&t, "exit");
	ts_fails(&t, EINVAL, CONTAIN_PHASE_CHILD, "bind", "/mnt", "both directories or both not");
	ts_dir(&t, 0);
	bind(&t, dir, "/etc/image", 0);
	ts_words(&t, "exit");
	ts_fails(&t, EINVAL, CONTAIN_PHASE_CHILD, "bind", "/etc/image",
		 "both directories or both not");
}

/* In the order in which they were added, after the defaults. */
TEST_BOTH(mounts_in_order)
{
	const char *a = source_dir("a"), *b = source_dir("b"), *root = ts_root();
	struct ts t;

	ts_dir(&t, 0);
	bind(&t, a, "/mnt", 0);
	bind(&t, b, "/mnt/sub", 0);
	ck_assert_int_eq(container_spec_add_tmpfs(t.spec, "/mnt/sub/sub", 0, 0755), 0);
	bind(&t, a, "/job", 0);
	bind(&t, b, "/job", 0);
	bind(&t, a, "/tmp/in-the-default", 0);
	bind(&t, t_fmt("%s/etc", root), "/sys", 0);
	ts_words(&t, "read /mnt/file -- read /mnt/sub/file -- list /mnt/sub/sub -- read /job/file "
		     "-- read /tmp/in-the-default/file -- read /sys/image");
	ts_run(&t);
	ts_is(&t, "abbamade by the tests\n");
}

TEST_BOTH(optional_binds)
{
	const char *dir = source_dir("there");
	struct ts t;

	ts_dir(&t, CONTAIN_ROOT_READONLY);
	bind(&t, t_fmt("%s/none", dir), "/mnt/a", CONTAIN_MOUNT_OPTIONAL);
	bind(&t, t_fmt("%s/file/below", dir), "/mnt/b", CONTAIN_MOUNT_OPTIONAL);
	bind(&t, dir, "/mnt", CONTAIN_MOUNT_OPTIONAL | CONTAIN_MOUNT_READONLY);
	ts_words(&t, "read /mnt/file -- write /mnt/file x");
	ts_run_to(&t, 125);
	ts_has(&t, "therepayload: /mnt/file: Read-only file system");

	ts_dir(&t, 0);
	bind(&t, t_fmt("%s/none", dir), "/mnt/a", 0);
	ts_words(&t, "exit");
	ts_fails(&t, ENOENT, CONTAIN_PHASE_PARENT, "check-source", t_fmt("%s/none", dir),
		 "CONTAIN_MOUNT_OPTIONAL");
	T_CHECK(access(t_fmt("%s/mnt/a", ts_root()), F_OK) < 0);
}

TEST_BOTH(tmpfs)
{
	struct ts t;

	ts_dir(&t, CONTAIN_ROOT_READONLY);
	ck_assert_int_eq(container_spec_add_tmpfs(t.spec, "/mnt", 1 << 20, 0750), 0);
	ck_assert_int_eq(container_spec_add_tmpfs(t.spec, "/job", 0, 07777), 0);
	ts_sh(&t, "payload stat /mnt -- stat /job -- list /mnt; "
		  "dd if=/dev/zero of=/job/x bs=1024 count=2048 && echo fits; "
		  "dd if=/dev/zero of=/mnt/x bs=1024 count=2048; ls /mnt");
	ts_run(&t);
	ts_has(&t, "mode 40750 uid 0 gid 0 ");
	ts_has(&t, "mode 47777 uid 0 gid 0 ");
	ts_has(&t, " fs 1021994 ");
	ck_assert_uint_eq(flags_of(&t), CONTAIN_MOUNT_NOSUID | CONTAIN_MOUNT_NODEV);
	ts_has(&t, "fits\n");
	ts_has(&t, "No space left on device");
}

/* All of the host, without the container's own root in it, which would go on for ever. */
TEST_BOTH(bind_of_the_host_root)
{
	const char *dir = source_dir("there");
	struct ts t;

	ts_dir(&t, 0);
	bind(&t, "/", "/mnt", CONTAIN_MOUNT_READONLY);
	ts_sh(&t, t_fmt("cat /mnt%s/file; echo; echo x >/mnt%s/made; ls /mnt/proc/self/comm; "
			"grep -c ' /mnt ' /proc/self/mountinfo; "
			"test -e /mnt/mnt/mnt/bin/payload && echo turns", dir, dir));
	ts_run_to(&t, 1);
	ts_has(&t, "there\n");
	ts_has(&t, "Read-only file system");
	ts_has(&t, "/mnt/proc/self/comm\n1\n");
	ts_hasnt(&t, "turns");
}

/* More than a plan has slots for opened sources. */
TEST_BOTH(many_binds)
{
	const char *dir = t_tmpdir();
	int n = ts_rounds(500, 70, 60), fd;
	struct ts t;

	for (int i = 0; i < n; i++)
		t_write_file(t_fmt("%s/%03d", dir, i), t_fmt("(%03d)", i));
	ts_dir(&t, 0);
	fd = open(dir, O_PATH | O_CLOEXEC);
	for (int i = 0; i < n; i++)
		if (i % 2)
			bind(&t, t_fmt("%s/%03d", dir, i), t_fmt("/mnt/%03d", i), 0);
		else	/* pinned */
			ck_assert_int_eq(container_spec_add_bind(t.spec, fd, t_fmt("%03d", i),
								 t_fmt("/mnt/%03d", i),
								 CONTAIN_MOUNT_READONLY),
					 0);
	close(fd);
	ts_sh(&t, "cat /mnt/*; echo x 2>/dev/null >/mnt/001; echo x 2>/dev/null >/mnt/000; "
		  "cat /mnt/000 /mnt/001; "
		  "grep -c ' /mnt/' /proc/self/mountinfo");
	ts_run(&t);
	for (int i = 0; i < n; i++)
		ts_has(&t, "(%03d)", i);
	ck_assert_int_eq(strstr(t.text, "(000)x") != NULL, 1);
	ts_has(&t, "%d\n", n);
}

TEST_BOTH(pinned_source)
{
	const char *dir = source_dir("there"), *file = t_fmt("%s/file", dir);
	struct ts t;

	for (int i = 0; i < 3; i++) {
		int fd;

		ts_dir(&t, 0);
		fd = open(i == 2 ? dir : file, O_PATH | O_CLOEXEC);
		ck_assert_int_eq(container_spec_add_bind(t.spec, fd, i == 2 ? "file" : "", "/mnt/f",
							 0),
				 0);
		close(fd);
		ts_words(&t, "read /mnt/f");
		if (i == 0) {
			ts_run(&t);
			ts_is(&t, "there");
			continue;
		}
		/* another file with this name: it is not the one that was given */
		T_SYS(rename(file, t_fmt("%s/old", dir)));
		t_write_file(file, "another");
		ts_fails(&t, ESTALE, CONTAIN_PHASE_PARENT, "check-source", file,
			 "another file has taken the place");
		T_SYS(rename(t_fmt("%s/old", dir), file));
	}
}

/* Every choice of /proc, /sys, /dev and /tmp; what is not mounted shows the root's directory. */
TEST_BOTH(default_mounts_are_chosen)
{
	static const char *const paths[] = { "/proc/self", "/sys/class", "/dev/null" };
	struct ts t;

	for (uint32_t set = 0; set <= CONTAIN_DEFAULT_ALL;
	     set += (uint32_t)ts_rounds(1, 1, 5)) {
		ts_dir(&t, 0);
		ck_assert_int_eq(container_spec_set_default_mounts(t.spec, set), 0);
		ts_sh(&t, "ls -d /proc/self; ls -d /sys/class; ls -d /dev/null; "
			  "stat -c 'root %d' /; "
			  "stat -c 'tmp %d' /tmp");
		ts_run(&t);
		for (size_t i = 0; i < 3; i++) {
			if (set >> i & 1)
				ts_has(&t, "%s\n", paths[i]);
			else
				ts_has(&t, "ls: %s: No such file", paths[i]);
		}
		T_CHECK(!strcmp(ts_value(&t, "root"), ts_value(&t, "tmp")) ==
				!(set & CONTAIN_DEFAULT_TMP),
			"%x %s", set, t.text);
	}
}
