/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Maps of what a caller may map, maps read, and setgroups; as root and as an ordinary user. */
#include "t_ns_ids.h"

#include <limits.h>

#define STATE (T_FDS | T_CHILDREN | T_CREDS | T_NS)

/* ---- the caller's own ---- */

static int map_myself(void *arg, void *rec)
{
	uint32_t uid = geteuid(), gid = getegid(), id = 0;
	contain_id_map *m = NULL;
	contain_error *e = NULL;
	struct t_state *s;

	(void)arg;
	(void)rec;
	T_SYS(unshare(CLONE_NEWUSER));
	s = t_state_take(STATE & ~T_CREDS);
	ck_assert_str_eq(ids_read(-1, CONTAIN_ID_USER), "");
	ck_assert_str_eq(ids_read(-1, CONTAIN_ID_GROUP), "");
	ck_assert_int_eq(ids_allowed(-1), 1);
	ck_assert_int_eq(contain_ns_map_self(7, 8, uid, gid, NULL), 0);
	ck_assert_str_eq(ids_read(-1, CONTAIN_ID_USER), t_fmt("7 %u 1", uid));
	ck_assert_str_eq(ids_read(-1, CONTAIN_ID_GROUP), t_fmt("8 %u 1", gid));
	ck_assert_int_eq(ids_allowed(-1), 0);
	ck_assert_uint_eq(getuid(), 7);
	ck_assert_uint_eq(getgid(), 8);
	/* what is read is a map like every other */
	ck_assert_int_eq(contain_id_map_read(-1, CONTAIN_ID_USER, &m, NULL), 0);
	ck_assert_int_eq(contain_id_map_inside(m, uid, &id, NULL), 0);
	ck_assert_uint_eq(id, 7);
	ck_assert_int_eq(contain_id_map_outside(m, 7, &id, NULL), 0);
	ck_assert_uint_eq(id, uid);
	contain_id_map_free(m);
	ids_failed(contain_id_map_deny_setgroups(-1, &e), e, EPERM, "deny-setgroups", "setgroups",
		   "group map was written before");
	/* once more is once too often */
	ids_failed(contain_ns_map_self(7, 8, uid, gid, &e), e, EPERM, "map-self", "setgroups", "");
	t_state_check(s);
	return 0;
}

static int deny_first(void *arg, void *rec)
{
	uint32_t uid = geteuid(), gid = getegid();

	(void)arg;
	(void)rec;
	T_SYS(unshare(CLONE_NEWUSER));
	ck_assert_int_eq(contain_id_map_deny_setgroups(-1, NULL), 0);
	ck_assert_int_eq(ids_allowed(-1), 0);
	ck_assert_int_eq(contain_id_map_deny_setgroups(-1, NULL), 0);
	ck_assert_int_eq(contain_ns_map_self(0, 0, uid, gid, NULL), 0);
	/* below a namespace that denies it, it is denied too */
	T_SYS(unshare(CLONE_NEWUSER));
	ck_assert_int_eq(ids_allowed(-1), 0);
	return 0;
}

TEST(ones_own_maps_root)
{
	t_need_root();
	ck_assert_int_eq(t_child(map_myself, NULL, NULL, 0), 0);
	ck_assert_int_eq(t_child(deny_first, NULL, NULL, 0), 0);
	/* the initial namespace, or the one that this machine runs in */
	T_CHECK(strlen(ids_read(-1, CONTAIN_ID_USER)) > 0);
	ck_assert_int_eq(ids_allowed(-1), 1);
}

TEST(ones_own_maps_user)
{
	t_need_userns();
	t_as_user(map_myself, NULL);
	t_as_user(deny_first, NULL);
}

/* ---- what may be mapped ---- */

struct own_case {
	int kind, keep;
	uint32_t n_ids;
	const char *map; /* NULL: the error */
	int err;
	const char *hint;
};

static int own_maps(void *arg, void *rec)
{
	(void)rec;
	for (const struct own_case *c = arg; c->kind; c++) {
		struct t_state *s = t_state_take(STATE);
		contain_id_map *m = NULL;
		contain_error *e = NULL;
		int r = (c->keep ? contain_id_map_keep : contain_id_map_root)(c->kind, c->n_ids, &m,
									      &e);

		if (c->map) {
			T_CHECK(r == 0, "%s: %d: %s", c->map, r, contain_error_message(e));
			ck_assert_str_eq(ids_text(m), c->map);
		} else {
			ck_assert_ptr_null(m);
			T_CHECK(r == -c->err && strstr(contain_error_hint(e), c->hint),
				"%u: %d, not %d: %s", c->n_ids, r, -c->err,
				contain_error_message(e));
			contain_error_free(e);
			/* without an error object too */
			e = NULL;
			ck_assert_int_eq((c->keep ? contain_id_map_keep : contain_id_map_root)(
						 c->kind, c->n_ids, &m, NULL), -c->err);
		}
		contain_id_map_free(m);
		t_state_check(s);
	}
	return 0;
}

/* The ordinary user is 12345 of T_UID: what is above and below it is seen. */
TEST(maps_of_an_ordinary_user)
{
	static const struct own_case one_line[] = {
		{ CONTAIN_ID_USER, 0, 1, "0 12345 1", 0, NULL },
		{ CONTAIN_ID_USER, 0, 2, "0 12345 1, 1 100000 1", 0, NULL },
		{ CONTAIN_ID_USER, 0, 1001, "0 12345 1, 1 100000 1000", 0, NULL },
		{ CONTAIN_ID_GROUP, 0, 0, "0 12345 1, 1 100000 1000", 0, NULL },
		{ CONTAIN_ID_USER, 0, 1002, NULL, ERANGE,
		  "1001 ids are wanted besides the caller's own, and its lines give 1000" },
		{ CONTAIN_ID_USER, 0, UINT32_MAX, NULL, ERANGE, "4294967294 ids are wanted" },
		{ CONTAIN_ID_USER, 1, 1, "12345 12345 1", 0, NULL },
		{ CONTAIN_ID_USER, 1, 0, "0 100000 1000, 12345 12345 1", 0, NULL },
		{ 0 },
	};
	static const struct own_case many_lines[] = {
		/* in pieces, in the order of the file, joined where they can be */
		{ CONTAIN_ID_USER, 0, 0,
		  "0 12345 1, 1 200000 12000, 12001 100000 1000, 13001 7 3", 0, NULL },
		{ CONTAIN_ID_USER, 0, 12003, "0 12345 1, 1 200000 12000, 12001 100000 2", 0, NULL },
		{ CONTAIN_ID_GROUP, 1, 0,
		  "0 200000 12000, 12000 100000 345, 12345 12345 1, 12346 100345 655, 13001 7 3", 0,
		  NULL },
		{ CONTAIN_ID_USER, 1, 12346,
		  "0 200000 12000, 12000 100000 345, 12345 12345 1", 0, NULL },
		{ CONTAIN_ID_USER, 1, 12345,
		  "0 200000 12000, 12000 100000 344, 12345 12345 1", 0, NULL },
		{ CONTAIN_ID_USER, 1, 12347,
		  "0 200000 12000, 12000 100000 345, 12345 12345 1, 12346 100345 1", 0, NULL },
		{ 0 },
	};
	static const struct own_case own_among[] = { /* the own id is mapped once, as itself */
		{ CONTAIN_ID_USER, 0, 0, "0 12345 1, 1 12340 5, 6 12346 4", 0, NULL },
		{ CONTAIN_ID_USER, 0, 11, NULL, ERANGE, "its lines give 9" },
		{ 0 },
	};
	static const struct own_case nothing[] = {
		{ CONTAIN_ID_USER, 0, 1, "0 12345 1", 0, NULL },
		{ CONTAIN_ID_USER, 0, 0, "0 12345 1", 0, NULL },
		{ CONTAIN_ID_GROUP, 1, 0, "12345 12345 1", 0, NULL },
		{ CONTAIN_ID_USER, 0, 2, NULL, ENOENT,
		  "no line for user 12345 (t-user); line 2 is no range and was skipped" },
		{ 0 },
	};

	t_need_root();
	t_fake_passwd("t-user", T_UID, 100000, 1000);
	t_as_user(own_maps, (void *)one_line);
	ids_subids("t-user:200000:6000\nroot:1:1\n12345:206000:6000\nt-user:100000:1000\n"
		   "t-user:100000:10\nother:5:5\nt-user:7:3\n");
	t_as_user(own_maps, (void *)many_lines);
	ids_subids("t-user:12340:10\n");
	t_as_user(own_maps, (void *)own_among);
	ids_subids("root:1:1\nt-user:100000:x\n");
	t_as_user(own_maps, (void *)nothing);
}

TEST(maps_of_root)
{
	static const struct own_case cases[] = {
		{ CONTAIN_ID_USER, 0, 1, "0 0 1", 0, NULL },
		{ CONTAIN_ID_USER, 0, 0, "0 0 1, 1 500000 10, 11 1 5", 0, NULL },
		{ CONTAIN_ID_GROUP, 1, 0, "0 0 1, 1 500000 10, 11 1 5", 0, NULL },
		{ CONTAIN_ID_USER, 1, 17, NULL, ERANGE, "16 ids are wanted" },
		{ 0 },
	};

	t_need_root();
	t_fake_passwd("t-user", T_UID, 100000, 1000);
	ids_subids("t-user:1:1\nroot:500000:10\n0:0:6\n");
	ck_assert_int_eq(t_child(own_maps, (void *)cases, NULL, 0), 0);
}

static int by_all_names(void *arg, void *rec)
{
	contain_subids *s = NULL;
	contain_error *e = NULL;
	uint32_t first, n;

	(void)arg;
	(void)rec;
	for (int kind = CONTAIN_ID_USER; kind <= CONTAIN_ID_GROUP; kind++) {
		s = NULL;
		ck_assert_int_eq(contain_subids_read(kind, 4711, &s, NULL), 0);
		ck_assert_int_eq(contain_subids_count(s), 3);
		ck_assert_int_eq(contain_subids_range(s, 2, &first, &n), 0);
		T_CHECK(first == 300 && n == 3, "%u %u", first, n);
		ck_assert_int_eq(contain_subids_range(s, 3, &first, &n), -EINVAL);
		contain_subids_free(s);
	}
	s = NULL;
	ids_failed(contain_subids_read(CONTAIN_ID_GROUP, 99, &s, &e), e, ENOENT, "subids",
		   "/etc/subgid", "no line for user 99 (without a name in /etc/passwd)");
	ck_assert_ptr_null(s);
	return 0;
}

/* Whatever name of the user a line has, as for newuidmap(1); names that only look alike do not. */
TEST(every_name_of_a_user)
{
	char *passwd = t_fmt("%s/names", t_tmpdir());

	t_need_root();
	t_fake_passwd("t-user", T_UID, 0, 0);
	t_write_file(passwd, "root:x:0:0::/:\none:x:4711:1::/:\ntwo:x:4711:1::/:\n"
			     "bad:x:04711:1::/:\nbad:x:4711x:1::/:\n:x:4711:::\nbad:4711\n"
			     "bad\n#bad:x:4711:::\nother:x:4712:4711::/:\n");
	T_SYS(mount(passwd, "/etc/passwd", NULL, MS_BIND, NULL));
	ids_subids("one:100:1\nbad:1:1\n04711:1:1\nother:2:2\ntwo:200:2\n4711:300:3\nthree:4:4\n");
	ck_assert_int_eq(t_child(by_all_names, NULL, NULL, 0), 0);
	/* without the file of names a user has its number */
	T_SYS(umount("/etc/passwd"));
	T_SYS(mount("/dev/null", "/etc/passwd", NULL, MS_BIND, NULL));
	contain_subids *s = NULL;
	ck_assert_int_eq(contain_subids_read(CONTAIN_ID_USER, 4711, &s, NULL), -EINVAL);
	ck_assert_ptr_null(s);
}

/* ---- another process ---- */

TEST(what_is_no_process)
{
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC), allowed = 7;
	struct ids_child c = ids_start(0);
	contain_id_map *m = NULL;
	contain_error *e = NULL;
	struct t_state *s = t_state_take(STATE);

	ids_failed(contain_id_map_read(null, CONTAIN_ID_USER, &m, &e), e, EINVAL, "read-id-map",
		   "pidfd", "the fd is no pidfd");
	e = NULL;
	ids_failed(contain_id_map_read(987654, CONTAIN_ID_USER, &m, &e), e, EBADF, "read-id-map",
		   "pidfd", "");
	e = NULL;
	ids_failed(contain_id_map_setgroups(null, &allowed, &e), e, EINVAL, "setgroups", "pidfd",
		   "no pidfd");
	e = NULL;
	ids_failed(contain_id_map_deny_setgroups(null, &e), e, EINVAL, "deny-setgroups", "pidfd",
		   "no pidfd");
	T_CHECK(allowed == 7 && !m);
	t_state_check(s);
	/* one that has ended: first not yet waited for, then gone */
	kill(c.pid, SIGKILL);
	waitid(P_PID, (id_t)c.pid, &(siginfo_t){ 0 }, WEXITED | WNOWAIT);
	for (int i = 0; i < 2; i++) {
		e = NULL;
		ids_failed(contain_id_map_read(c.pidfd, CONTAIN_ID_GROUP, &m, &e), e, ESRCH,
			   "read-id-map", "process", "has ended");
		e = NULL;
		ids_failed(contain_id_map_setgroups(c.pidfd, &allowed, &e), e, ESRCH, "setgroups",
			   "process", "has ended");
		e = NULL;
		ids_failed(contain_id_map_deny_setgroups(c.pidfd, &e), e, ESRCH, "deny-setgroups",
			   "process", "has ended");
		waitpid(c.pid, NULL, 0);
	}
	close(null);
}

static int seen_from_aside(void *arg, void *rec)
{
	contain_id_map *m = NULL;
	contain_error *e = NULL;
	unsigned int uid = geteuid(), gid = getegid();

	(void)rec;
	T_SYS(unshare(CLONE_NEWUSER));
	ck_assert_int_eq(contain_ns_map_self(0, 0, uid, gid, NULL), 0);
	/* the group map has one id that this namespace has, the user map none */
	ck_assert_str_eq(ids_read(*(int *)arg, CONTAIN_ID_GROUP), "5 0 1");
	ids_failed(contain_id_map_read(*(int *)arg, CONTAIN_ID_USER, &m, &e), e, EOVERFLOW,
		   "read-id-map", "uid_map", "ids that the caller's own user namespace does not");
	return 0;
}

TEST(map_of_another_process)
{
	struct ids_child c;

	t_need_root();
	c = ids_start(CLONE_NEWUSER);
	ck_assert_str_eq(ids_read(c.pidfd, CONTAIN_ID_USER), "");
	ck_assert_int_eq(ids_allowed(c.pidfd), 1);
	t_write_file(t_fmt("/proc/%d/uid_map", c.pid), "0 100000 10\n20 200000 5");
	t_write_file(t_fmt("/proc/%d/gid_map", c.pid), "5 0 1");
	ck_assert_str_eq(ids_read(c.pidfd, CONTAIN_ID_USER), "0 100000 10, 20 200000 5");
	ck_assert_str_eq(ids_read(c.pidfd, CONTAIN_ID_GROUP), "5 0 1");
	ck_assert_int_eq(t_child(seen_from_aside, &c.pidfd, NULL, 0), 0);
	ids_kill(&c);
	c = ids_start(CLONE_NEWUSER);
	ck_assert_int_eq(contain_id_map_deny_setgroups(c.pidfd, NULL), 0);
	ck_assert_int_eq(ids_allowed(c.pidfd), 0);
	ids_kill(&c);
}
