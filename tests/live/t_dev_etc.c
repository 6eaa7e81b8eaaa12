/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* /etc/hosts, /etc/resolv.conf and /etc/hostname of given content, over anything in the image. */
#include "t_spawn.h"

#include <contain/contain.h>

static void give(struct ts *t)
{
	ck_assert_int_eq(container_spec_set_hosts(t->spec, "127.0.0.1 one\n", 14), 0);
	ck_assert_int_eq(container_spec_set_resolv_conf(t->spec, "nameserver 9\n", 13), 0);
	ck_assert_int_eq(container_spec_set_hostname_file(t->spec, "web\n", 4), 0);
}

#define READ "read /etc/hosts -- read /etc/resolv.conf -- read /etc/hostname"
#define CONTENT "127.0.0.1 one\nnameserver 9\nweb\n"

/* A directory as root: mounted over it, read-only; the image stays as it is. */
TEST_BOTH(over_an_image)
{
	const char *etc = t_fmt("%s/etc", ts_root());
	char text[64];
	struct stat st;
	struct ts t;

	t_write_file(t_fmt("%s/hosts", etc), "of the image\n");
	T_SYS(symlink("../run/systemd/resolve/stub-resolv.conf", t_fmt("%s/resolv.conf", etc)));
	for (int init = 0; init < 2; init++) {
		ts_dir(&t, 0);
		container_spec_set_init(t.spec, init);
		give(&t);
		ts_sh(&t, "payload " READ "; echo x >/etc/hosts; echo x >/etc/resolv.conf; "
			  "stat -c %a /etc/hosts; umount /etc/hosts || echo stays");
		ts_run(&t);
		ts_has(&t, CONTENT);
		ts_has(&t, "/etc/hosts: Read-only file system");
		ts_has(&t, "/etc/resolv.conf: Read-only file system");
		ts_has(&t, "\n644\n");
		ts_has(&t, "stays\n");
	}
	T_CHECK(t_read_file(t_fmt("%s/hosts", etc), text, sizeof(text)) > 0);
	ck_assert_str_eq(text, "of the image\n");
	T_CHECK(lstat(t_fmt("%s/resolv.conf", etc), &st) == 0 && S_ISLNK(st.st_mode));
	T_CHECK(access(t_fmt("%s/run/systemd", ts_root()), F_OK) < 0);
}

/* Where the root ends with the start the file is the container's to change. */
TEST_BOTH(in_a_root_that_ends)
{
	struct stat st;
	struct ts t;

	T_SYS(symlink("/no/such/file", t_fmt("%s/etc/resolv.conf", ts_root())));
	ts_overlay(&t);
	give(&t);
	ts_sh(&t, "payload " READ "; echo more >>/etc/hosts; rm /etc/hostname; cat /etc/hosts; "
		  "stat -c %F /etc/resolv.conf; ls /no /etc/hostname");
	ts_run_to(&t, 1);
	ts_has(&t, CONTENT "127.0.0.1 one\nmore\nregular file\n");
	ts_has(&t, "/no: No such file");
	ts_has(&t, "/etc/hostname: No such file");
	T_CHECK(lstat(t_fmt("%s/etc/resolv.conf", ts_root()), &st) == 0 && S_ISLNK(st.st_mode));

	/* nothing is there at all */
	ts_new(&t);
	container_spec_set_root_tmpfs(t.spec, 0);
	container_spec_add_bind(t.spec, AT_FDCWD, t_fmt("%s/bin", ts_root()), "/bin", 0);
	give(&t);
	ts_words(&t, READ " -- stat /etc");
	ts_run(&t);
	ts_has(&t, CONTENT);
	ts_has(&t, "mode 40755 ");
}

/* Symlinks of all kinds, in the place of the file, and of its directory. */
TEST_BOTH(symlinks_of_an_image)
{
	static const char *const links[] = { "/job/there", "../job/there", "../../../../etc/passwd",
					     "/no/such", "resolv.conf", "/proc/self/environ",
					     "/dev/null", "/", "" };
	const char *name = t_fmt("%s/etc/resolv.conf", ts_root());
	char text[64];
	struct ts t;

	t_write_file(t_fmt("%s/job/there", ts_root()), "of the image\n");
	for (size_t i = 0; links[i][0]; i++) {
		T_SYS(symlink(links[i], name));
		for (int overlay = 0; overlay < 2; overlay++) {
			if (overlay)
				ts_overlay(&t);
			else
				ts_dir(&t, 0);
			give(&t);
			ts_words(&t, READ " -- read /job/there");
			ts_run(&t);
			ts_is(&t, CONTENT "of the image\n");
		}
		T_SYS(unlink(name));
	}
	T_CHECK(t_read_file(t_fmt("%s/job/there", ts_root()), text, sizeof(text)) > 0);
	ck_assert_str_eq(text, "of the image\n");

	/* /etc leads to a directory inside: that is where they are */
	T_SYS(rename(t_fmt("%s/etc", ts_root()), t_fmt("%s/real-etc", ts_root())));
	T_SYS(symlink("/real-etc", t_fmt("%s/etc", ts_root())));
	ts_dir(&t, 0);
	give(&t);
	ts_words(&t, READ " -- read /real-etc/hosts");
	ts_run(&t);
	ts_is(&t, CONTENT "127.0.0.1 one\n");
}

/* An image that the caller reads and cannot change: each file is covered, in a union too. */
static int of_another(void *arg, void *rec)
{
	const char *const lower[] = { arg, NULL };
	struct ts t;

	(void)rec;
	ts_new(&t);
	container_spec_set_root_overlay(t.spec, AT_FDCWD, lower, 0, 0);
	give(&t);
	ts_sh(&t, "payload " READ "; echo x >/etc/hosts");
	ts_run_to(&t, 1);
	ts_has(&t, CONTENT);
	ts_has(&t, "/etc/hosts: Read-only file system");
	return 0;
}

TEST(an_image_of_another_user)
{
	const char *root;

	t_need_root();
	t_need_userns();
	root = ts_root();
	t_write_file(t_fmt("%s/etc/hosts", root), "of the image\n");
	t_write_file(t_fmt("%s/etc/hostname", root), "of the image\n");
	T_SYS(symlink("/nowhere", t_fmt("%s/etc/resolv.conf", root)));
	T_SYS(chmod(t_tmpdir(), 0755));
	t_as_user(of_another, (void *)root);
}

/* After all mounts: none of them hides it. */
TEST_BOTH(over_what_is_mounted)
{
	struct ts t;

	for (int overlay = 0; overlay < 2; overlay++) {
		if (overlay)
			ts_overlay(&t);
		else
			ts_dir(&t, 0);
		give(&t);
		container_spec_add_tmpfs(t.spec, "/etc", 0, 0755);
		container_spec_add_bind(t.spec, AT_FDCWD, t_fmt("%s/etc/passwd", ts_root()),
					"/etc/hosts", 0);
		ts_words(&t, READ " -- list /etc");
		ts_run(&t);
		ts_has(&t, CONTENT);
		ts_hasnt(&t, "passwd");
	}
}

TEST_BOTH(of_any_size)
{
	char *large = malloc(1 << 20);
	struct ts t;

	memset(large, 'x', 1 << 20);
	ts_overlay(&t);
	ck_assert_int_eq(container_spec_set_hosts(t.spec, large, 1 << 20), 0);
	ck_assert_int_eq(container_spec_set_resolv_conf(t.spec, "", 0), 0);
	/* bytes of any value */
	ck_assert_int_eq(container_spec_set_hostname_file(t.spec, "a\0b", 3), 0);
	ts_sh(&t, "wc -c </etc/hosts; wc -c </etc/resolv.conf; od -c /etc/hostname");
	ts_run(&t);
	ts_has(&t, "1048576\n0\n0000000   a  \\0   b\n");
	free(large);
}

/* Set again, and taken back. */
TEST_BOTH(the_last_call_counts)
{
	struct ts t;

	t_write_file(t_fmt("%s/etc/hosts", ts_root()), "of the image\n");
	ts_dir(&t, 0);
	give(&t);
	ck_assert_int_eq(container_spec_set_hosts(t.spec, NULL, 0), 0);
	ck_assert_int_eq(container_spec_set_resolv_conf(t.spec, "other\n", 6), 0);
	ts_words(&t, READ);
	ts_run(&t);
	ts_is(&t, "of the image\nother\nweb\n");
}

TEST_BOTH(what_stops_a_start)
{
	const char *etc = t_fmt("%s/etc", ts_root());
	struct ts t;

	ts_dir(&t, CONTAIN_ROOT_READONLY);
	ts_words(&t, "exit");
	ck_assert_int_eq(container_spec_set_hosts(t.spec, "x", 1), 0);
	ts_fails(&t, EROFS, CONTAIN_PHASE_CHILD, "make-file", "/etc/hosts", "read-only");
	t_write_file(t_fmt("%s/hosts", etc), "");
	ts_dir(&t, CONTAIN_ROOT_READONLY);
	ck_assert_int_eq(container_spec_set_hosts(t.spec, "there", 5), 0);
	ts_words(&t, "read /etc/hosts");
	ts_run(&t);
	ts_is(&t, "there");
	for (int overlay = 0; overlay < 2; overlay++) {
		if (!overlay)
			T_SYS(mkdir(t_fmt("%s/resolv.conf", etc), 0755));
		if (overlay)
			ts_overlay(&t);
		else
			ts_dir(&t, 0);
		ts_words(&t, "exit");
		ck_assert_int_eq(container_spec_set_resolv_conf(t.spec, "x", 1), 0);
		ts_fails(&t, EISDIR, CONTAIN_PHASE_CHILD, "make-file", "/etc/resolv.conf",
			 "directory");
	}
}

typedef int setter(container_spec *spec, const void *content, size_t size_bytes);

TEST(bad_content_is_refused)
{
	static const struct {
		const char *field;
		setter *set;
	} all[] = {
		{ "hosts", container_spec_set_hosts },
		{ "resolv_conf", container_spec_set_resolv_conf },
		{ "hostname_file", container_spec_set_hostname_file },
	};
	char *large = calloc(1, (1 << 20) + 1);

	for (size_t i = 0; i < 3; i++) {
		container_plan *plan = NULL;
		contain_error *e = NULL;
		container_spec *s = NULL;

		ck_assert_int_eq(all[i].set(NULL, "x", 1), -EINVAL);
		ck_assert_int_eq(container_spec_new(&s), 0);
		ck_assert_int_eq(all[i].set(s, large, (1 << 20) + 1), -E2BIG);
		ck_assert_int_eq(all[i].set(s, NULL, 1), -EINVAL);
		ck_assert_int_eq(container_plan_compile(s, &plan, &e), -E2BIG);
		ck_assert_str_eq(contain_error_object(e), all[i].field);
		contain_error_free(e);
		container_spec_free(s);
	}
	free(large);
}

TEST(explained)
{
	struct ts t;
	char *text;

	t_need_root();
	ts_dir(&t, 0);
	give(&t);
	text = ts_explained(&t);
	T_CHECK(strstr(text, "make-file \"/etc/hosts\" mode 0644, 14 bytes, bound read-only"), "%s",
		text);
	ts_free(&t);
	ts_overlay(&t);
	give(&t);
	text = ts_explained(&t);
	T_CHECK(strstr(text, "make-file \"/etc/hostname\" mode 0644, 4 bytes, in place "), "%s",
		text);
	ts_free(&t);
}
