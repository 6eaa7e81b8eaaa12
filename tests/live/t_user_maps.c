/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Id maps: one line, many lines, by root and through newuidmap(1); and what they refuse. */
#include "t_spawn.h"

#include <sched.h>
#include <sys/mount.h>

/*
 * The lines of a map inside, blanks made single: "0 0 1\n1 100000 1000\n". Those of the kernel are
 * padded, the ids that the payload tells are not: the key has two spaces.
 */
static const char *map_of(struct ts *t, const char *key)
{
	char *map = t_fmt("%s", "");

	for (char *at = t->text; at && *at; at = strchr(at, '\n'), at += at != NULL) {
		unsigned int a, b, c;

		if (strncmp(at, key, strlen(key)) == 0 &&
		    sscanf(at + strlen(key), "%u %u %u\n", &a, &b, &c) == 3)
			map = t_fmt("%s%u %u %u\n", map, a, b, c);
	}
	return map;
}

TEST(one_line_by_root)
{
	struct ts t;

	t_need_root();
	/* written from outside, so that setgroups(2) stays allowed */
	ts_dir(&t, 0);
	container_spec_add_uid_range(t.spec, 0, 0, 1);
	container_spec_add_gid_range(t.spec, 0, 0, 1);
	ts_words(&t, "maps -- session");
	ts_run(&t);
	ck_assert_str_eq(map_of(&t, "uid  "), "0 0 1\n");
	ck_assert_str_eq(map_of(&t, "gid  "), "0 0 1\n");
	ts_has(&t, "setgroups allow\n");
	ts_has(&t, "pid 1\n");
}

TEST_BOTH(ones_own_id_as_another)
{
	struct ts t;

	/* not user 0 inside: what it keeps is lost at exec */
	ts_dir(&t, 0);
	container_spec_add_uid_range(t.spec, 1000, geteuid(), 1);
	container_spec_add_gid_range(t.spec, 100, getegid(), 1);
	ts_words(&t, "ids -- caps -- write /job/made x -- stat /job/made");
	ts_run(&t);
	ts_has(&t, "uid 1000 1000 1000\n");
	ts_has(&t, "gid 100 100 100\n");
	ts_has(&t, "effective 0000000000000000\npermitted 0000000000000000\n");
	ts_has(&t, "mode 100644 uid 1000 gid 100 ");
}

TEST_BOTH(only_one_of_two_maps)
{
	struct ts t;

	ts_dir(&t, 0);
	container_spec_add_gid_range(t.spec, 7, getegid(), 1);
	ts_words(&t, "ids");
	ts_run(&t);
	ts_has(&t, "uid 0 0 0\n");
	ts_has(&t, "gid 7 7 7\n");
}

static void add_ranges(struct ts *t, uint32_t own)
{
	container_spec_add_uid_range(t->spec, 0, own, 1);
	container_spec_add_uid_range(t->spec, 1, 100000, 900);
	container_spec_add_uid_range(t->spec, 5000, 100900, 100);
	container_spec_add_gid_range(t->spec, 0, own, 1);
	container_spec_add_gid_range(t->spec, 10, 100010, 500);
}

static void run_with_ranges(void)
{
	struct stat st;
	struct ts t;

	t_write_file(t_fmt("%s/etc/passwd", ts_root()), "web:x:33:11::/:/bin/sh\n");
	ts_dir(&t, 0);
	add_ranges(&t, geteuid());
	ts_sh(&t, "payload maps -- ids; touch /job/f; chown 5003:12 /job/f && stat -c '%u %g' "
		  "/job/f; chown 4999 /job/f; chown 0:9 /job/f; "
		  "busybox start-stop-daemon -S -c web:11 -x /bin/payload -- ids");
	ts_run(&t);
	ck_assert_str_eq(map_of(&t, "uid  "),
			 t_fmt("0 %u 1\n1 100000 900\n5000 100900 100\n", geteuid()));
	ck_assert_str_eq(map_of(&t, "gid  "), t_fmt("0 %u 1\n10 100010 500\n", geteuid()));
	ts_has(&t, "setgroups allow\n");
	ts_has(&t, "5003 12\n");
	/* ids that are not mapped are no ids */
	ts_has(&t, "/job/f: Invalid argument\n");
	ts_has(&t, "uid 33 33 33\n");
	ts_has(&t, "gid 11 11 11\n");
	T_SYS(stat(t_fmt("%s/job/f", ts_root()), &st));
	T_CHECK(st.st_uid == 100903 && st.st_gid == 100012, "%u %u", st.st_uid, st.st_gid);
}

TEST(many_lines_by_root)
{
	t_need_root();
	run_with_ranges();
}

static int many_lines(void *arg, void *rec)
{
	(void)arg;
	(void)rec;
	run_with_ranges();
	return 0;
}

TEST(many_lines_through_newuidmap)
{
	t_need_root();
	t_need_userns();
	t_need_program("/usr/bin/newuidmap");
	t_fake_passwd("t-user", T_UID, 100000, 1000);
	t_as_user(many_lines, NULL);
}

/* All 340 of them, and a text that is longer than the kernel reads at once. */
TEST(many_lines_at_the_limit)
{
	struct ts t;

	t_need_root();
	ts_dir(&t, 0);
	for (uint32_t i = 0; i < 340; i++) {
		container_spec_add_uid_range(t.spec, i * 2, i * 2, 1);
		container_spec_add_gid_range(t.spec, i * 2, i * 2, 1);
	}
	ts_words(&t, "maps");
	ts_run(&t);
	T_CHECK(strstr(map_of(&t, "uid  "), "\n678 678 1\n"), "%s", t.text);
	T_CHECK(strstr(map_of(&t, "gid  "), "\n2 2 1\n"), "%s", t.text);

	/* 6 and 18 bytes a line: 227 of the longer ones are 4092, one more is over 4095 */
	ts_dir(&t, 0);
	container_spec_add_uid_range(t.spec, 0, 0, 1);
	for (uint32_t i = 0; i < 227; i++)
		ck_assert_int_eq(container_spec_add_uid_range(t.spec, 1000000 + i * 2,
							      2000000 + i * 2, 1), 0);
	ts_words(&t, "maps");
	ts_run(&t);
	T_CHECK(strstr(map_of(&t, "uid  "), "\n1000452 2000452 1\n"), "%s", t.text);

	ts_dir(&t, 0);
	container_spec_add_uid_range(t.spec, 0, 0, 1);
	for (uint32_t i = 0; i < 300; i++)
		container_spec_add_uid_range(t.spec, 1000000 + i * 2, 2000000 + i * 2, 1);
	container_spec_add_gid_range(t.spec, 0, 0, 1);
	ts_words(&t, "maps");
	ts_fails(&t, EINVAL, CONTAIN_PHASE_SPEC, "spec", "uid_map",
		 "with range 228 the text of the map is longer than a page");
}

static int ask_for_ranges(void *arg, void *rec)
{
	const char **expected = arg; /* errno, hint, root */
	struct ts t;

	(void)rec;
	ts_new(&t);
	container_spec_set_root_dir(t.spec, AT_FDCWD, expected[2], 0);
	add_ranges(&t, geteuid());
	ts_words(&t, "exit");
	ts_fails(&t, atoi(expected[0]), CONTAIN_PHASE_PARENT, "newuidmap", "newuidmap",
		 expected[1]);
	/* one's own id alone needs nobody's help */
	ts_new(&t);
	container_spec_set_root_dir(t.spec, AT_FDCWD, expected[2], 0);
	container_spec_add_uid_range(t.spec, 0, geteuid(), 1);
	ts_words(&t, "exit");
	ts_run(&t);
	return 0;
}

TEST(newuidmap_is_missing)
{
	const char *expected[] = { "2", "install them (package uidmap)", ts_root() };

	t_need_root();
	t_need_userns();
	T_SYS(mount("empty", "/usr/bin", "tmpfs", 0, "mode=755"));
	if (access("/bin/newuidmap", F_OK) == 0 || access("/usr/local/bin/newuidmap", F_OK) == 0)
		t_skip("newuidmap is somewhere else too");
	t_as_user(ask_for_ranges, expected);
	T_SYS(umount2("/usr/bin", MNT_DETACH));
}

TEST(no_subordinate_range)
{
	const char *expected[] = { "1", "its ranges in /etc/subuid", ts_root() };

	t_need_root();
	t_need_userns();
	t_need_program("/usr/bin/newuidmap");
	t_fake_passwd("t-user", T_UID, 0, 0);
	t_as_user(ask_for_ranges, expected);
}

static int refusal(void *arg, void *rec)
{
	contain_error *e = NULL;
	container *c = NULL;
	struct ts t;

	(void)arg;
	(void)rec;
	ts_dir(&t, 0);
	container_spec_add_uid_range(t.spec, 0, geteuid(), 1);
	container_spec_add_uid_range(t.spec, 1, 300000, 10);
	ts_words(&t, "exit");
	ck_assert_int_eq(container_spawn(t.spec, &c, &e), -EPERM);
	T_CHECK(strstr(contain_error_log(e), "newuidmap:"), "%s", contain_error_message(e));
	t_note("%s", contain_error_message(e));
	contain_error_free(e);
	ts_free(&t);
	return 0;
}

/* What newuidmap itself says is in the error. */
TEST(range_of_somebody_else)
{
	t_need_root();
	t_need_userns();
	t_need_program("/usr/bin/newuidmap");
	t_fake_passwd("t-user", T_UID, 100000, 1000);
	t_as_user(refusal, NULL);
}
