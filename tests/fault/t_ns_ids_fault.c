/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Every system call of reading subordinate ids, and of writing and reading maps, fails once: an
 * error that says so, or a success for a reason given here; no fd, no process and no memory stays.
 */
#include "fixture.h"
#include "t_ns_ids.h"

#include "sys/sys.h"

#define STATE (T_FDS | T_CHILDREN | T_CREDS | T_NS | T_SIGNALS | T_SELF | T_THREADS)

struct job {
	const char *name;
	int child; /* works on a process that waits in a user namespace of its own */
	int (*run)(const struct ids_child *c, contain_error **e);
};

static int subids(const struct ids_child *c, contain_error **e)
{
	contain_subids *s = NULL;
	int r = contain_subids_read(CONTAIN_ID_USER, 12345, &s, e);

	(void)c;
	T_CHECK((r == 0) == (s != NULL));
	contain_subids_free(s);
	return r;
}

static int root_map(const struct ids_child *c, contain_error **e)
{
	contain_id_map *m = NULL;
	int r = contain_id_map_root(CONTAIN_ID_GROUP, 10, &m, e);

	(void)c;
	T_CHECK((r == 0) == (m != NULL));
	contain_id_map_free(m);
	return r;
}

static int keep_map(const struct ids_child *c, contain_error **e)
{
	contain_id_map *m = NULL;
	int r = contain_id_map_keep(CONTAIN_ID_USER, 0, &m, e);

	(void)c;
	T_CHECK((r == 0) == (m != NULL));
	contain_id_map_free(m);
	return r;
}

static int write_many(const struct ids_child *c, contain_error **e)
{
	return ids_write(c, t_fmt("0 %u 1, 1 100000 10", geteuid()),
			 t_fmt("0 %u 1, 1 100000 10", getegid()), e);
}

static int write_own(const struct ids_child *c, contain_error **e)
{
	return ids_write(c, t_fmt("5 %u 1", geteuid()), t_fmt("6 %u 1", getegid()), e);
}

static int read_map(const struct ids_child *c, contain_error **e)
{
	contain_id_map *m = NULL;
	int r = contain_id_map_read(c->pidfd, CONTAIN_ID_USER, &m, e);

	T_CHECK((r == 0) == (m != NULL));
	contain_id_map_free(m);
	return r;
}

static int setgroups_of(const struct ids_child *c, contain_error **e)
{
	int allowed = 7, r = contain_id_map_setgroups(c->pidfd, &allowed, e);

	T_CHECK((r == 0) == (allowed != 7));
	return r;
}

static int deny(const struct ids_child *c, contain_error **e)
{
	return contain_id_map_deny_setgroups(c->pidfd, e);
}

static const struct job jobs[] = {
	{ "subids", 0, subids },	 { "root map", 0, root_map }, { "keep map", 0, keep_map },
	{ "write many", 1, write_many }, { "write own", 1, write_own }, { "read", 1, read_map },
	{ "setgroups", 1, setgroups_of }, { "deny", 1, deny },
};

/* Calls whose failure need not fail the job, or cannot be injected, and why. */
static const struct {
	const char *call;
	int action, err; /* 0: any */
	int skip; /* 1: cannot be injected; 2: of a user only */
	const char *why;
} exempts[] = {
	{ "close", CT_SEAM_FAIL, 0, 1, "closes whatever it answers" },
	{ "munmap", CT_SEAM_FAIL, 0, 1, "what the kernel does not take back stays" },
	{ "waitid", CT_SEAM_FAIL, 0, 1, "a child that cannot be waited for stays" },
	{ "openat", CT_SEAM_DONE_FAIL, 0, 1, "the answer is the only handle" },
	{ "fcntl", CT_SEAM_DONE_FAIL, 0, 1, "the same" },
	{ "pipe2", CT_SEAM_DONE_FAIL, 0, 1, "the same" },
	{ "mmap", CT_SEAM_DONE_FAIL, 0, 1, "the same" },
	{ "clone3", CT_SEAM_DONE_FAIL, 0, 1, "the answer says whether a child exists" },
	{ "exit", 0, 0, 1, "has no error, and nobody comes after it" },
	{ "execve", CT_SEAM_DONE_FAIL, 0, 1, "does not come back" },
	{ "execve", 0, 0, 0, "the next place is tried" },
	{ "close", 0, 0, 0, "it is closed, and never tried again" },
	{ "munmap", 0, 0, 0, "freeing tells no error" },
	{ "geteuid", 0, 0, 0, "has no error in the kernel" },
	{ "getegid", 0, 0, 0, "has no error in the kernel" },
	{ "capget", 0, 0, 0, "counts as no capability: newuidmap(1) is asked" },
	{ "read", 0, 0, 0, "what the program wrote is for people" },
	{ "waitid", 0, 0, 0, "the map tells" },
	{ "ppoll", 0, 0, 2, "of newuidmap(1), by a user: its end is then awaited without a limit" },
	{ NULL, 0, -EINTR, 0, "EINTR is tried again where the kernel can say so" },
};

static int exempt(const char *call, int action, int err)
{
	for (size_t i = 0; i < sizeof(exempts) / sizeof(exempts[0]); i++)
		if ((exempts[i].skip < 2 || geteuid()) &&
		    (!exempts[i].call || !strcmp(exempts[i].call, call)) &&
		    (!exempts[i].action || exempts[i].action == action) &&
		    (!exempts[i].err || exempts[i].err == err))
			return exempts[i].skip == 1 ? 2 : 1;
	return 0;
}

static int one(const struct job *j, uint32_t at, int action, int err, long *ret_nr)
{
	struct ids_child c = { .pidfd = -1 };
	contain_error *e = NULL;
	struct t_state *s;
	int r, hits, how;

	if (j->child)
		c = ids_start(CLONE_NEWUSER);
	s = t_state_take(STATE);
	fx_seam_reset();
	ct_seam->who = CT_SEAM_PARENT;
	ct_seam->at = at;
	ct_seam->err = err;
	ct_seam->action = (uint8_t)action;
	ct_seam->on = 1;
	r = j->run(&c, &e);
	ct_seam->on = 0;
	hits = (int)ct_seam->hits;
	*ret_nr = at && at <= ct_seam->logged ? ct_seam->log[at - 1].nr : -1;
	how = hits ? exempt(fx_call_name(*ret_nr), action, err) : 1;
	T_CHECK(r < 0 || how || !action, "%s: call %u, %s: %d is not told", j->name, at,
		fx_call_name(*ret_nr), err);
	T_CHECK((r < 0) == (e != NULL) && contain_error_code(e) == (r < 0 ? r : 0),
		"%s: call %u: %d, %s", j->name, at, r, contain_error_message(e));
	if (r < 0)
		T_CHECK(*contain_error_op(e) && *contain_error_object(e), "%s",
			contain_error_message(e));
	contain_error_free(e);
	t_state_check(s);
	if (j->child)
		ids_kill(&c);
	return hits;
}

static int every_call(void *arg, void *rec)
{
	static const int errs[] = { -EPERM, -ENOMEM, -EINTR, -EIO };
	static const int actions[] = { CT_SEAM_FAIL, CT_SEAM_DONE_FAIL };
	static int16_t calls[CT_SEAM_LOG];
	int cases = 0;
	long nr;

	(void)arg;
	(void)rec;
	fx_seam_open();
	for (size_t i = 0; i < sizeof(jobs) / sizeof(jobs[0]); i++) {
		uint32_t n;

		one(&jobs[i], 0, 0, 0, &nr);
		n = ct_seam->count[CT_SEAM_PARENT];
		for (uint32_t at = 0; at < n; at++)
			calls[at] = ct_seam->log[at].nr;
		for (uint32_t at = 1; at <= n; at++)
			for (size_t k = 0; k < 8; k++) {
				int action = actions[k / 4], err = errs[k % 4];

				if (exempt(fx_call_name(calls[at - 1]), action, err) == 2)
					continue;
				cases += one(&jobs[i], at, action, err, &nr);
			}
	}
	t_note("%d faults", cases);
	T_CHECK(cases > 300, "%d", cases);
	return 0;
}

TEST_LIMIT(every_call_as_a_user, 120)
{
	t_need_root();
	t_need_userns();
	t_need_program("/usr/bin/newuidmap");
	t_fake_passwd("t-user", T_UID, 100000, 1000);
	t_as_user(every_call, NULL);
}

TEST_LIMIT(every_call_as_root, 120)
{
	t_need_root();
	t_fake_passwd("t-user", T_UID, 100000, 1000);
	ids_subids("root:100000:1000\n12345:1:1\n");
	ck_assert_int_eq(t_child(every_call, NULL, NULL, 0), 0);
}
