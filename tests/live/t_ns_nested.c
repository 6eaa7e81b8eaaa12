/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A payload that is another user than the one id of its container: in a user namespace of its own,
 * made when set-up is over. And containers whose one id is not 0.
 */
#include "t_spawn.h"

#include <linux/capability.h>

/* A container that has the caller's own id alone, as @uid and @gid. */
static void one_id(struct ts *t, uint32_t uid, uint32_t gid)
{
	ts_dir(t, 0);
	ck_assert_int_eq(container_spec_add_uid_range(t->spec, uid, geteuid(), 1), 0);
	ck_assert_int_eq(container_spec_add_gid_range(t->spec, gid, getegid(), 1), 0);
}

TEST_BOTH(another_user_than_the_one_id)
{
	struct stat st;
	struct ts t;
	char *plan;

	for (int init = 0; init < 2; init++) {
		one_id(&t, 0, 0);
		ck_assert_int_eq(container_spec_set_user(t.spec, 1000, 100), 0);
		container_spec_set_init(t.spec, init);
		ts_sh(&t, "payload ids -- caps -- maps; touch /job/made; stat -c '%u %g' /job/made "
			  "/etc/passwd; stat -c '%u' /proc/1; ls /dev/pts/ptmx; echo x >/dev/null");
		plan = ts_explained(&t);
		T_CHECK(strstr(plan, " nested-user \"1000:100\" in a user namespace of the "
				     "payload's own: 0:0 of the container's"), "%s", plan);
		T_CHECK(init || strstr(plan, "kind of child: shares the caller's memory"), "%s",
			plan);
		ts_run(&t);
		ts_has(&t, "uid 1000 1000 1000\nfsuid 1000\n");
		ts_has(&t, "gid 100 100 100\n");
		/* seen from the namespace itself: outside is the container's */
		ts_has(&t, "uid %10u %10u %10u\n", 1000, 0, 1);
		ts_has(&t, "gid %10u %10u %10u\n", 100, 0, 1);
		ts_has(&t, "setgroups deny\n");
		ck_assert_str_eq(ts_value(&t, "effective"), "0000000000000000");
		ck_assert_str_eq(ts_value(&t, "permitted"), "0000000000000000");
		ck_assert_str_eq(ts_value(&t, "bounding"),
				 t_fmt("%016llx", (unsigned long long)TS_CAPS_DEFAULT));
		/* its files are its own, those of the root too, and those of the init as well */
		ts_has(&t, "1000 100\n1000 100\n");
		ts_has(&t, "/dev/pts/ptmx\n");
		T_SYS(stat(t_fmt("%s/job/made", ts_root()), &st));
		T_CHECK(st.st_uid == geteuid() && st.st_gid == getegid(), "%u %u", st.st_uid,
			st.st_gid);
		unlink(t_fmt("%s/job/made", ts_root()));
	}
}

/* An ordinary user asks for a user, and says nothing of ids. */
static int by_default(void *arg, void *rec)
{
	struct ts t;

	(void)arg;
	(void)rec;
	for (uint32_t uid = 33; uid; uid = uid == 33 ? 4294967294u : 0) {
		ts_overlay(&t);
		container_spec_set_user(t.spec, uid, uid);
		for (int fd = 1; fd < 3; fd++)
			container_spec_set_stdio(t.spec, fd, t.out);
		ts_words(&t, "ids");
		ts_run(&t);
		ts_has(&t, "uid %u %u %u\n", uid, uid, uid);
	}
	/* one of the two alone is another */
	ts_dir(&t, 0);
	container_spec_set_user(t.spec, 0, 7);
	ts_words(&t, "ids -- caps");
	ts_run(&t);
	ts_has(&t, "uid 0 0 0\n");
	ts_has(&t, "gid 7 7 7\n");
	/* and with the ids that it has anyway there is nothing to do */
	ts_dir(&t, 0);
	container_spec_set_user(t.spec, 0, 0);
	ts_words(&t, "exit");
	T_CHECK(!strstr(ts_explained(&t), "nested-user"));
	ts_run(&t);
	return 0;
}

TEST(default_of_an_ordinary_user)
{
	t_need_userns();
	t_as_user(by_default, NULL);
}

/* The pipes of the start can be opened by name, as /dev/stdout. */
TEST_BOTH(pipes_of_the_nested_user)
{
	char text[64] = "";
	struct ts t;
	int fd;

	one_id(&t, 0, 0);
	container_spec_set_user(t.spec, 1000, 1000);
	container_spec_set_stdio(t.spec, 1, CONTAIN_STDIO_PIPE);
	ts_sh(&t, "echo hello >/dev/stdout");
	ts_start(&t);
	fd = container_stdio_fd(t.c, 1);
	T_CHECK(read(fd, text, sizeof(text) - 1) == 6);
	ck_assert_str_eq(text, "hello\n");
	ts_end(&t);
	ck_assert_int_eq(t.code, 0);
}

/* ---- there is no way back up ---- */

static const char *const attempts =
	"for c in 'umount /proc' 'umount -l /tmp' 'mount -t tmpfs t /tmp' "
	"'mount -o remount,rw /sys' 'mount -o bind,remount,rw /proc/sys' 'hostname evil' "
	"'mknod /job/n b 7 0' 'nsenter -t 1 -U true' 'ip link set lo down'; do "
	"$c >/dev/null 2>&1 && echo \"did: $c\"; done; payload ids -- caps; ";

TEST_BOTH(set_up_is_out_of_reach)
{
	struct ts t;

	for (int init = 0; init < 2; init++) {
		one_id(&t, 0, 0);
		container_spec_set_user(t.spec, 1000, 1000);
		container_spec_set_init(t.spec, init);
		container_spec_set_no_new_privs(t.spec, 0);
		ts_sh(&t, attempts);
		ts_run(&t);
		ts_hasnt(&t, "did: ");
		ts_has(&t, "uid 1000 1000 1000\n");
	}
	/* the control: the container's own root, with the capability, does some of it */
	one_id(&t, 0, 0);
	container_spec_set_capabilities(t.spec, ts_caps());
	ts_sh(&t, attempts);
	ts_run(&t);
	ts_has(&t, "did: umount -l /tmp\n");
	ts_has(&t, "did: hostname evil\n");
}

/* As root of its own namespace too, with all capabilities that there are: they hold in it alone. */
TEST_BOTH(root_of_the_nested_namespace)
{
	struct ts t;

	one_id(&t, 1000, 1000);
	container_spec_set_user(t.spec, 0, 0);
	container_spec_set_capabilities(t.spec, ts_caps());
	ts_sh(&t, attempts);
	ts_run(&t);
	ts_hasnt(&t, "did: ");
	ts_has(&t, "uid 0 0 0\n");
	ck_assert_str_eq(ts_value(&t, "effective"),
			 t_fmt("%016llx", (unsigned long long)ts_caps()));
	/* nor in a copy of the mounts, which are locked together */
	one_id(&t, 1000, 1000);
	container_spec_set_user(t.spec, 0, 0);
	container_spec_set_capabilities(t.spec, ts_caps());
	ts_sh(&t, "unshare -m sh -c 'for c in \"umount /proc/kcore\" \"umount /proc/sys\" "
		  "\"mount -o bind,remount,rw /proc/sys\" \"umount /dev\"; do $c 2>/dev/null && "
		  "echo \"did: $c\"; done; mount -t tmpfs t /mnt && echo own mount'");
	ts_run(&t);
	ts_has(&t, "own mount\n");
	ts_hasnt(&t, "did: ");
}

/* ---- what is refused ---- */

static int limit_of_namespaces(void *arg, void *rec)
{
	unsigned int uid = geteuid(), gid = getegid();
	contain_error *e = NULL;
	struct ts t;

	(void)rec;
	ck_assert_int_eq(contain_ns_unshare(CONTAIN_NS_USER | CONTAIN_NS_MNT, &e), 0);
	ck_assert_int_eq(contain_ns_map_self(0, 0, uid, gid, NULL), 0);
	t_write_file("/proc/sys/user/max_user_namespaces", "1"); /* the container's own */
	ts_new(&t);
	container_spec_set_root_dir(t.spec, AT_FDCWD, arg, 0);
	container_spec_set_namespaces(t.spec, TS_NS_ALL);
	container_spec_set_user(t.spec, 5, 5);
	ts_words(&t, "exit");
	ts_fails(&t, ENOSPC, CONTAIN_PHASE_CHILD, "nested-user", "5:5", "user.max_user_namespaces");
	return 0;
}

TEST_BOTH(limit_of_user_namespaces)
{
	ck_assert_int_eq(t_child(limit_of_namespaces, (void *)ts_root(), NULL, 0), 0);
}

TEST(more_than_one_id)
{
	struct ts t;

	t_need_root();
	/* who has more ids is to name one of them */
	ts_dir(&t, 0);
	container_spec_add_uid_range(t.spec, 0, 0, 2);
	container_spec_add_gid_range(t.spec, 0, 0, 1);
	container_spec_set_user(t.spec, 1000, 0);
	ts_words(&t, "exit");
	ts_fails(&t, EINVAL, CONTAIN_PHASE_PLAN, "compile", "user.uid",
		 "no range of the container maps 1000");
	/* groups are of the container's ids, and set before the nested namespace denies it */
	one_id(&t, 0, 0);
	container_spec_set_user(t.spec, 1000, 1000);
	container_spec_set_groups(t.spec, (const uint32_t[]){ 0 }, 1);
	ts_words(&t, "ids");
	ts_run(&t);
	ts_has(&t, "groups 1000\n");
	one_id(&t, 0, 0);
	container_spec_set_user(t.spec, 1000, 1000);
	ts_words(&t, "ids");
	ts_run(&t);
	ts_has(&t, "groups\n");
	/* the one id may be another one of the host */
	ts_dir(&t, 0);
	container_spec_add_uid_range(t.spec, 0, 100000, 1);
	container_spec_add_gid_range(t.spec, 0, 100000, 1);
	container_spec_set_user(t.spec, 1000, 1000);
	container_spec_set_monitor(t.spec, 1);
	ts_words(&t, "ids -- maps");
	ts_run(&t);
	ts_has(&t, "uid 1000 1000 1000\n");
	ts_has(&t, "uid %10u %10u %10u\n", 1000, 0, 1);
}

/* ---- one id that is not 0 ---- */

/* keep-id: /dev with its devpts, files, an init, another time: set-up needs no id 0. */
TEST_BOTH(one_id_that_is_kept)
{
	contain_id_map *u = NULL, *g = NULL;
	uint32_t own = geteuid();
	struct ts t;

	ck_assert_int_eq(contain_id_map_keep(CONTAIN_ID_USER, 1, &u, NULL), 0);
	ck_assert_int_eq(contain_id_map_keep(CONTAIN_ID_GROUP, 1, &g, NULL), 0);
	for (int how = 0; how < 4; how++) {
		if (how == 3)
			ts_overlay(&t);
		else
			ts_dir(&t, 0);
		ck_assert_int_eq(container_spec_set_id_maps(t.spec, u, g), 0);
		container_spec_set_init(t.spec, how == 1);
		if (how == 2)
			container_spec_set_namespaces(t.spec, TS_NS_ALL | CONTAIN_NS_TIME);
		container_spec_add_tmpfs(t.spec, "/job/t", 0, 0755);
		ts_sh(&t, "payload ids -- maps; ls /dev/pts/ptmx && echo x >/dev/null && "
			  "stat -c '%u' /dev/pts/ptmx /dev/shm /tmp /job/t /proc/1");
		ts_run(&t);
		ts_has(&t, "uid %u %u %u\n", own, own, own);
		ts_has(&t, "uid %10u %10u %10u\n", own, own, 1);
		ts_has(&t, "/dev/pts/ptmx\n%u\n%u\n%u\n%u\n", own, own, own, own);
	}
	contain_id_map_free(u);
	contain_id_map_free(g);
}
