/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A user by the names of the image's passwd and group, and what a bad image does. */
#include "t_spawn.h"

#include <sys/socket.h>
#include <sys/un.h>

static const char passwd[] = "root:x:0:0:root:/root:/bin/sh\nalice:x:1000:100::/job:/bin/sh\n"
			     "bad:x:-1:0::/:/bin/sh\nhomeless:x:1001:100::rel:/bin/sh\n";
static const char group[] = "root:x:0:\nusers:x:100:\nwheel:x:10:bob,alice\nmore:x:11:alice\n";

/* A root of this test's own, whose files are written here. */
static void image(struct ts *t)
{
	ts_dir(t, 0);
	t_write_file(t_fmt("%s/etc/passwd", ts_root()), passwd);
	t_write_file(t_fmt("%s/etc/group", ts_root()), group);
}

static void user(struct ts *t, const char *name, uint32_t flags)
{
	ck_assert_int_eq(container_spec_set_user_name(t->spec, name, flags), 0);
	ts_words(t, "ids -- env -- caps");
}

TEST(names_of_the_image)
{
	static const struct {
		const char *name, *uid, *gid;
	} cases[] = {
		{ "alice", "1000", "100" }, { "alice:wheel", "1000", "10" },
		{ "1000", "1000", "100" }, { "1000:more", "1000", "11" },
		{ "alice:77", "1000", "77" }, { "55:66", "55", "66" }, { "root", "0", "0" },
	};
	struct ts t;

	t_need_root();
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *u = cases[i].uid, *g = cases[i].gid;

		image(&t);
		user(&t, cases[i].name, 0);
		ts_run(&t);
		ts_has(&t, "uid %s %s %s\nfsuid %s\ngid %s %s %s\n", u, u, u, u, g, g, g);
		ts_has(&t, "groups\n");
		ts_hasnt(&t, "HOME=");
		ck_assert_str_eq(ts_value(&t, "effective"),
				 *u == '0' ? t_fmt("%016llx", TS_CAPS_DEFAULT) :
					     "0000000000000000");
	}
}

TEST(groups_and_home)
{
	static const char *const env[] = { "A=1", "HOME=/caller", "B=2", NULL };
	struct ts t;

	t_need_root();
	image(&t);
	container_spec_set_env(t.spec, env);
	user(&t, "alice", CONTAIN_USER_GROUPS | CONTAIN_USER_HOME);
	ts_run(&t);
	ts_has(&t, "groups 10 11\n");
	ts_has(&t, "HOME=/job\n");
	ts_has(&t, "A=1\n");
	ts_has(&t, "B=2\n");
	ts_hasnt(&t, "/caller");
	image(&t);
	user(&t, "7:8", CONTAIN_USER_GROUPS | CONTAIN_USER_HOME);
	ts_run(&t);
	ts_has(&t, "groups\n");
	ts_has(&t, "HOME=/\n");
}

/* With an init, a monitor, a user namespace with a range, pipes that become the user's. */
TEST(kinds_of_containers)
{
	struct ts t;

	t_need_root();
	for (int i = 0; i < 3; i++) {
		if (i == 2)
			T_CHECK(system(t_fmt("chown -R 100000:100000 %s", ts_root())) == 0);
		image(&t);
		user(&t, "alice:wheel", CONTAIN_USER_GROUPS);
		if (i == 0)
			container_spec_set_init(t.spec, 1);
		if (i == 1)
			container_spec_set_monitor(t.spec, 1);
		if (i == 2) {
			container_spec_add_uid_range(t.spec, 0, 100000, 65536);
			container_spec_add_gid_range(t.spec, 0, 100000, 65536);
		}
		ts_run(&t);
		ts_has(&t, "uid 1000 1000 1000\n");
		ts_has(&t, "groups 10 11\n");
	}
}

/* A container of one id has that alone; root is its name. */
TEST_BOTH(one_id)
{
	struct ts t;

	if (ts_is_root())
		return;
	image(&t);
	user(&t, "root", CONTAIN_USER_HOME);
	ts_run(&t);
	ts_has(&t, "uid 0 0 0\n");
	ts_has(&t, "HOME=/root\n");
	image(&t);
	user(&t, "alice", 0);
	ts_fails(&t, EINVAL, CONTAIN_PHASE_CHILD, "set-user", "alice", "does not map");
	image(&t);
	user(&t, "root", CONTAIN_USER_GROUPS);
	ts_fails(&t, EPERM, CONTAIN_PHASE_PLAN, "", "groups", "");
}

TEST(each_plan_starts_anew)
{
	container_plan *plan = NULL;
	struct ts t;

	t_need_root();
	image(&t);
	user(&t, "alice", 0);
	ck_assert_int_eq(container_plan_compile(t.spec, &plan, NULL), 0);
	for (int i = 0; i < 2; i++) {
		container *c = NULL;

		ck_assert_int_eq(container_plan_spawn(plan, NULL, &c, NULL), 0);
		ck_assert_int_eq(container_wait(c, 10000 * t_slow(), NULL, NULL), 0);
		container_delete(c, 1000, NULL);
		container_free(c);
		t_write_file(t_fmt("%s/etc/passwd", ts_root()), "alice:x:2000:200::/:\n");
	}
	container_plan_free(plan);
	ts_free(&t);
	ts_has(&t, "uid 1000 1000 1000\n");
	ts_has(&t, "uid 2000 2000 2000\n");
}

/* Numbers of one start take the place of the name of the plan. */
TEST(overridden)
{
	container_overrides *o = NULL;
	container_plan *plan = NULL;
	container *c = NULL;
	struct ts t;

	t_need_root();
	image(&t);
	user(&t, "nobody-there", CONTAIN_USER_GROUPS);
	ck_assert_int_eq(container_plan_compile(t.spec, &plan, NULL), 0);
	ck_assert_int_eq(container_overrides_new(&o), 0);
	ck_assert_int_eq(container_overrides_set_user(o, 12, 13), 0);
	ck_assert_int_eq(container_plan_spawn(plan, o, &c, NULL), 0);
	ck_assert_int_eq(container_wait(c, 10000 * t_slow(), NULL, NULL), 0);
	container_delete(c, 1000, NULL);
	container_free(c);
	container_overrides_free(o);
	container_plan_free(plan);
	ts_free(&t);
	ts_has(&t, "uid 12 12 12\n");
	ts_has(&t, "gid 13 13 13\n");
}

static void fails(const char *name, int err, const char *hint)
{
	struct ts t;

	ts_dir(&t, 0);
	user(&t, name, CONTAIN_USER_HOME);
	ts_fails(&t, err, CONTAIN_PHASE_CHILD, "find-user", name, hint);
}

static const char *file(const char *name)
{
	const char *path = t_fmt("%s/etc/%s", ts_root(), name);

	unlink(path);
	return path;
}

TEST(each_cause_is_told)
{
	struct ts t;
	int fd;

	t_need_root();
	image(&t);
	ts_free(&t);
	fails("nobody", ENOENT, "no such entry in /etc/passwd");
	fails("12", ENOENT, "UID:GID");
	fails("alice:nogroup", ENOENT, "no such entry in /etc/group");
	fails("bad", EINVAL, "malformed");
	fails("homeless", EINVAL, "absolute path");
	file("group");
	fails("alice:users", ENOENT, "the image has no /etc/group");
	T_SYS(mkfifo(file("passwd"), 0644));
	fails("alice", EINVAL, "/etc/passwd of the image is no regular file");
	T_SYS(symlink("passwd", file("passwd")));
	fails("alice", ELOOP, "a symlink that leads to itself");
	fd = open(file("passwd"), O_WRONLY | O_CREAT, 0644);
	T_SYS(ftruncate(fd, 1LL << 40));
	close(fd);
	fails("alice", EFBIG, "larger than 16 MiB");
	file("passwd");
	fails("alice", ENOENT, "the image has no /etc/passwd");
}

/* A symlink of the image stays in it. */
TEST(symlinks_of_the_image)
{
	struct ts t;

	t_need_root();
	image(&t);
	T_SYS(rename(t_fmt("%s/etc/passwd", ts_root()), t_fmt("%s/job/users", ts_root())));
	T_SYS(symlink("/../../../job/users", t_fmt("%s/etc/passwd", ts_root())));
	user(&t, "alice", 0);
	ts_run(&t);
	ts_has(&t, "uid 1000 1000 1000\n");
}

TEST(refused_by_compile)
{
	static const uint32_t gids[] = { 5 };
	struct ts t;

	t_need_root();
	image(&t);
	user(&t, "alice", CONTAIN_USER_GROUPS);
	container_spec_set_groups(t.spec, gids, 1);
	ts_fails(&t, EINVAL, CONTAIN_PHASE_PLAN, "", "groups", "CONTAIN_USER_GROUPS");
}
