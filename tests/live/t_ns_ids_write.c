/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Maps written to a process that waits: by root, by an ordinary user, through newuidmap(1). */
#include "t_ns_ids.h"
#include "t_spawn.h"

#define STATE (T_FDS | T_CHILDREN | T_CREDS | T_NS | T_SIGNALS | T_SELF)

static char *ranges(int n)
{
	char *text = t_fmt("%s", "0 0 1");

	for (int i = 1; i < n; i++)
		text = t_fmt("%s, %d %d 1", text, i * 2, 1000 + i * 3);
	return text;
}

/* A26, R21: as many ranges as the kernel takes; more than 5 lie elsewhere in it, and sorted. */
TEST(one_to_340_ranges)
{
	static const int counts[] = { 1, 5, 6, 340 };

	t_need_root();
	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
		struct ids_child c = ids_start(CLONE_NEWUSER);
		struct t_state *s = t_state_take(STATE);
		contain_error *e = NULL;
		struct ids_said said;
		int r = ids_write(&c, ranges(counts[i]), ranges(counts[i]), &e);

		T_CHECK(r == 0, "%d ranges: %s", counts[i], contain_error_message(e));
		t_state_check(s);
		ck_assert_str_eq(ids_read(c.pidfd, CONTAIN_ID_USER), ranges(counts[i]));
		ck_assert_str_eq(ids_read(c.pidfd, CONTAIN_ID_GROUP), ranges(counts[i]));
		ck_assert_int_eq(ids_allowed(c.pidfd), 1); /* root keeps it */
		said = ids_end(&c);
		T_CHECK(said.uid == 0 && said.gid == 0 && said.setgroups == 0, "%u %u %d", said.uid,
			said.gid, said.setgroups);
		ck_assert_int_eq(said.setuid_1, EINVAL); /* 1 is in none */
	}
}

/* In an order that is not the kernel's, and one of the two alone. */
TEST(one_map_alone)
{
	struct ids_child c;
	struct ids_said said;

	t_need_root();
	c = ids_start(CLONE_NEWUSER);
	ck_assert_int_eq(ids_write(&c, "90 90 1, 80 80 1, 70 70 1, 60 60 1, 50 50 1, 0 0 2", "",
				   NULL), 0);
	ck_assert_str_eq(ids_read(c.pidfd, CONTAIN_ID_GROUP), "");
	ck_assert_int_eq(ids_write(&c, "", "3 0 1", NULL), 0);
	said = ids_end(&c);
	T_CHECK(said.uid == 0 && said.gid == 3 && said.setuid_1 == 0, "%u %u %d", said.uid,
		said.gid, said.setuid_1);
}

static void refused(unsigned int namespaces, const char *uids, const char *gids, int err,
		    const char *object, const char *hint)
{
	struct ids_child c = ids_start(namespaces);
	struct t_state *s = t_state_take(STATE);
	contain_error *e = NULL;
	int r = ids_write(&c, uids, gids, &e);

	t_note("%s", contain_error_message(e));
	ids_failed(r, e, err, "write-id-map", object, hint);
	t_state_check(s);
	if (namespaces)
		ck_assert_str_eq(ids_read(c.pidfd, CONTAIN_ID_USER), "");
	ids_kill(&c);
}

TEST(what_is_refused_to_root)
{
	struct ids_child c;
	contain_id_map *empty = ids_map();
	contain_error *e = NULL;
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC);

	t_need_root();
	refused(0, "0 0 1", "", EPERM, "uid_map", "has this map already");
	c = ids_start(CLONE_NEWUSER);
	ck_assert_int_eq(ids_write(&c, "0 0 1", "0 0 1", NULL), 0);
	ids_failed(ids_write(&c, "0 0 1", "0 0 1", &e), e, EPERM, "write-id-map", "uid_map",
		   "written once");
	e = NULL;
	ids_failed(contain_id_map_write(c.pidfd, NULL, NULL, &e), e, EINVAL, "write-id-map",
		   "uid_map", "both maps are NULL");
	e = NULL;
	ids_failed(contain_id_map_write(c.pidfd, empty, NULL, &e), e, EINVAL, "write-id-map",
		   "uid_map", "no range");
	e = NULL;
	ids_failed(contain_id_map_write(c.pidfd, NULL, empty, &e), e, EINVAL, "write-id-map",
		   "gid_map", "no range");
	ids_kill(&c);
	ck_assert_int_eq(contain_id_map_add(empty, 0, 0, 1, NULL), 0);
	e = NULL;
	ids_failed(contain_id_map_write(-1, empty, NULL, &e), e, EBADF, "write-id-map", "pidfd",
		   "contain_ns_map_self()");
	e = NULL;
	ids_failed(contain_id_map_write(null, empty, NULL, &e), e, EINVAL, "write-id-map", "pidfd",
		   "no pidfd");
	e = NULL;
	ids_failed(contain_id_map_write(987654, empty, NULL, &e), e, EBADF, "write-id-map",
		   "pidfd", "");
	c = ids_start(CLONE_NEWUSER);
	kill(c.pid, SIGKILL);
	waitid(P_PID, (id_t)c.pid, &(siginfo_t){ 0 }, WEXITED | WNOWAIT);
	for (int i = 0; i < 2; i++) {
		e = NULL;
		ids_failed(ids_write(&c, "0 0 1", "", &e), e, ESRCH, "write-id-map", "process",
			   "has ended");
		waitpid(c.pid, NULL, 0);
	}
	contain_id_map_free(empty);
	close(null);
}

/* ---- an ordinary user ---- */

static int own_id_alone(void *arg, void *rec)
{
	struct ids_child c = ids_start(CLONE_NEWUSER);
	struct t_state *s = t_state_take(STATE);
	char *map = t_fmt("5 %u 1", geteuid());
	contain_error *e = NULL;
	struct ids_said said;
	int r = ids_write(&c, map, t_fmt("6 %u 1", getegid()), &e);

	(void)arg;
	(void)rec;
	T_CHECK(r == 0, "%s", contain_error_message(e));
	t_state_check(s);
	ck_assert_str_eq(ids_read(c.pidfd, CONTAIN_ID_USER), map);
	ck_assert_int_eq(ids_allowed(c.pidfd), 0);
	said = ids_end(&c);
	T_CHECK(said.uid == 5 && said.gid == 6 && said.setgroups == EPERM &&
		said.setuid_1 == EINVAL, "%u %u %d %d", said.uid, said.gid, said.setgroups,
		said.setuid_1);
	return 0;
}

TEST(ones_own_id_alone)
{
	t_need_userns();
	t_as_user(own_id_alone, NULL);
}

static int all_ids(void *arg, void *rec)
{
	contain_id_map *u = NULL, *g = NULL;
	struct ids_child c = ids_start(CLONE_NEWUSER);
	struct t_state *s = t_state_take(STATE);
	contain_error *e = NULL;
	struct ids_said said;
	int r;

	(void)arg;
	(void)rec;
	ck_assert_int_eq(contain_id_map_root(CONTAIN_ID_USER, 0, &u, NULL), 0);
	ck_assert_int_eq(contain_id_map_root(CONTAIN_ID_GROUP, 10, &g, NULL), 0);
	r = contain_id_map_write(c.pidfd, u, g, &e);
	T_CHECK(r == 0, "%s", contain_error_message(e));
	t_state_check(s);
	ck_assert_str_eq(ids_read(c.pidfd, CONTAIN_ID_USER), "0 12345 1, 1 100000 1000");
	ck_assert_str_eq(ids_read(c.pidfd, CONTAIN_ID_GROUP), "0 12345 1, 1 100000 9");
	ck_assert_int_eq(ids_allowed(c.pidfd), 1); /* a range of /etc/subgid */
	said = ids_end(&c);
	T_CHECK(said.uid == 0 && said.gid == 0 && !said.setgroups && !said.setuid_1, "%u %u %d %d",
		said.uid, said.gid, said.setgroups, said.setuid_1);
	/* many user ids, and the own group id alone: that is nobody's help, and denies setgroups */
	c = ids_start(CLONE_NEWUSER);
	ck_assert_int_eq(ids_write(&c, ids_text(u), t_fmt("0 %u 1", getegid()), NULL), 0);
	ck_assert_int_eq(ids_allowed(c.pidfd), 0);
	said = ids_end(&c);
	T_CHECK(said.setgroups == EPERM && !said.setuid_1, "%d %d", said.setgroups, said.setuid_1);
	contain_id_map_free(u);
	contain_id_map_free(g);
	return 0;
}

static void as_user_with_ids(t_fn fn, void *arg)
{
	t_need_root();
	t_need_userns();
	t_need_program("/usr/bin/newuidmap");
	t_fake_passwd("t-user", T_UID, 100000, 1000);
	t_as_user(fn, arg);
}

TEST(all_ids_of_a_user)
{
	as_user_with_ids(all_ids, NULL);
}

static int ranges_of_others(void *arg, void *rec)
{
	struct ids_child c = ids_start(CLONE_NEWUSER);
	contain_error *e = NULL;

	(void)arg;
	(void)rec;
	ck_assert_int_eq(ids_write(&c, "0 12345 1, 1 300000 10", "", &e), -EPERM);
	T_CHECK(strstr(contain_error_log(e), "newuidmap: uid range [1-11) -> [300000-300010) not "
					     "allowed"), "%s", contain_error_message(e));
	contain_error_free(e);
	e = NULL;
	ck_assert_int_eq(ids_write(&c, "", "0 0 1", &e), -EPERM);
	T_CHECK(strstr(contain_error_log(e), "newgidmap: gid range [0-1) -> [0-1) not allowed"),
		"%s", contain_error_message(e));
	contain_error_free(e);
	/* nothing of it was written, and the process can have other maps */
	ck_assert_int_eq(ids_write(&c, "0 12345 1, 1 100000 10", "0 12345 1", NULL), 0);
	ids_kill(&c);
	refused(CLONE_NEWUSER, "0 12345 1, 1 100000 1001", "", EPERM, "newuidmap",
		"ranges in /etc/subuid");
	refused(CLONE_NEWUSER, "", "0 12345 1, 1 99999 2", EPERM, "newgidmap",
		"ranges in /etc/subgid");
	refused(0, "0 12345 1, 1 100000 1", "", EPERM, "newuidmap", "has this map already");
	return 0;
}

/* The user's own file says what it may: half a range more is refused by newuidmap(1), by name. */
TEST(ranges_of_somebody_else)
{
	as_user_with_ids(ranges_of_others, NULL);
}

static int no_subids(void *arg, void *rec)
{
	(void)arg;
	(void)rec;
	refused(CLONE_NEWUSER, "0 12345 1, 1 100000 1", "", EPERM, "newuidmap",
		"ranges in /etc/subuid");
	return 0;
}

TEST(no_subordinate_ids)
{
	t_need_root();
	t_need_userns();
	t_need_program("/usr/bin/newuidmap");
	t_fake_passwd("t-user", T_UID, 0, 0);
	t_as_user(no_subids, NULL);
}

static int without_program(void *arg, void *rec)
{
	(void)arg;
	(void)rec;
	refused(CLONE_NEWUSER, "0 12345 1, 1 100000 1", "", ENOENT, "newuidmap",
		"install them (package uidmap)");
	refused(CLONE_NEWUSER, "", "0 100000 1", ENOENT, "newgidmap", "(package uidmap)");
	return own_id_alone(NULL, NULL); /* needs nobody's help */
}

TEST(newuidmap_is_missing)
{
	t_need_root();
	t_need_userns();
	t_fake_passwd("t-user", T_UID, 100000, 1000);
	T_SYS(mount("empty", "/usr/bin", "tmpfs", 0, "mode=755"));
	if (access("/bin/newuidmap", F_OK) == 0 || access("/usr/local/bin/newuidmap", F_OK) == 0)
		t_skip("newuidmap is somewhere else too");
	t_as_user(without_program, NULL);
	T_SYS(umount2("/usr/bin", MNT_DETACH));
}

static int stand_in(void *arg, void *rec)
{
	(void)rec;
	switch (*(int *)arg) {
	case 0: /* says that it did, and did not */
		refused(CLONE_NEWUSER, "0 12345 1, 1 100000 1", "", EPROTO, "uid_map",
			"read back, the map is not the one that was written");
		break;
	case 1: { /* the process is gone when it ends */
		struct ids_child c = ids_start(CLONE_NEWUSER);
		contain_error *e = NULL;

		ids_failed(ids_write(&c, "0 12345 1, 1 100000 1", "", &e), e, ESRCH,
			   "write-id-map", "process", "has ended meanwhile");
		ids_kill(&c);
		break;
	}
	case 2: /* what it says before it fails is told, and cut */
		refused(CLONE_NEWUSER, "0 12345 1, 1 100000 1", "", EPERM, "newuidmap",
			"newuidmap refused");
		break;
	}
	return 0;
}

/* newuidmap(1) that lies, that is late, that talks: nothing of it is believed. */
TEST(newuidmap_is_another_program)
{
	static const char *const scripts[] = { "#!/bin/sh\nexit 0\n", "#!/bin/sh\nkill -9 $1\n"
					       "until grep -q '^State:.Z' /proc/$1/status\n"
					       "do :; done\n",
					       "#!/bin/sh\nseq -s, 100000\nexit 3\n" };
	char *script = t_fmt("%s/newuidmap", t_tmpdir());

	t_need_root();
	t_need_userns();
	t_need_program("/usr/bin/newuidmap");
	for (int i = 0; i < 3; i++) {
		t_write_file(script, scripts[i]);
		T_SYS(chmod(script, 0755));
		T_SYS(mount(script, "/usr/bin/newuidmap", NULL, MS_BIND, NULL));
		t_as_user(stand_in, &i);
		T_SYS(umount("/usr/bin/newuidmap"));
	}
}

static int ignored_children(void *arg, void *rec)
{
	struct ids_child c = ids_start(CLONE_NEWUSER);

	(void)arg;
	(void)rec;
	signal(SIGCHLD, SIG_IGN); /* nobody knows how the program ended: the map does */
	ck_assert_int_eq(ids_write(&c, "0 12345 1, 1 100000 10", "", NULL), 0);
	ck_assert_int_eq(ids_write(&c, "", "0 12345 1, 1 300000 10", NULL), -EPROTO);
	signal(SIGCHLD, SIG_DFL);
	ids_kill(&c);
	return 0;
}

TEST(status_that_is_lost)
{
	as_user_with_ids(ignored_children, NULL);
}

static int not_dumpable(void *arg, void *rec)
{
	(void)arg;
	(void)rec;
	T_SYS(prctl(PR_SET_DUMPABLE, 0)); /* and so is what it forks */
	refused(CLONE_NEWUSER, "0 12345 1", "", EACCES, "uid_map", "not dumpable");
	T_SYS(prctl(PR_SET_DUMPABLE, 1));
	return 0;
}

TEST(process_that_is_not_dumpable)
{
	t_need_root();
	t_need_userns();
	t_as_user(not_dumpable, NULL);
}

/* ---- the same maps in a container ---- */

static int in_a_container(void *arg, void *rec)
{
	contain_id_map *u = NULL, *g = NULL;
	struct ts t;

	(void)arg;
	(void)rec;
	ck_assert_int_eq(contain_id_map_root(CONTAIN_ID_USER, 0, &u, NULL), 0);
	ck_assert_int_eq(contain_id_map_root(CONTAIN_ID_GROUP, 100, &g, NULL), 0);
	ts_dir(&t, 0);
	container_spec_add_uid_range(t.spec, 5, 5, 5); /* replaced */
	ck_assert_int_eq(container_spec_set_id_maps(t.spec, u, g), 0);
	contain_id_map_free(u);
	contain_id_map_free(g);
	ts_words(&t, "ids -- maps");
	ts_run(&t);
	ts_has(&t, "uid 0 0 0\n");
	ts_has(&t, "uid %10u %10u %10u\nuid %10u %10u %10u\n", 0, T_UID, 1, 1, 100000, 1000);
	ts_has(&t, "gid %10u %10u %10u\ngid %10u %10u %10u\n", 0, T_GID, 1, 1, 100000, 99);
	return 0;
}

TEST(maps_in_a_container)
{
	as_user_with_ids(in_a_container, NULL);
}
