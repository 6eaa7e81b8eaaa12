/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Overrides that cannot be: bad input of each setter, told by it and by the start; what the plan
 * contradicts; steps that fail; and what a start with overrides costs in system calls.
 */
#include "fixture.h"
#include "t_overrides.h"

/* ---- bad input ---- */

/* After the bad call all the rest is right: the start still says what was wrong first. */
static void check(struct tp *p, container_overrides *o, int err, const char *field, int line)
{
	contain_error *e = NULL;
	container *c = NULL;
	int r;

	container_overrides_set_hostname(o, "good");
	/* a later mistake does not take the place of the first one */
	container_overrides_set_cwd(o, "relative");
	r = container_plan_spawn(p->plan, o, &c, &e);
	T_CHECK(r == -err && !c, "line %d: %d, not %d", line, r, -err);
	T_CHECK(contain_error_code(e) == -err && contain_error_phase(e) == CONTAIN_PHASE_SPEC &&
			contain_error_step(e) == 0,
		"line %d", line);
	T_CHECK(strcmp(contain_error_op(e), "overrides") == 0, "%s", contain_error_op(e));
	T_CHECK(strcmp(contain_error_object(e), field) == 0, "line %d: field '%s', not '%s'", line,
		contain_error_object(e), field);
	T_CHECK(strstr(contain_error_message(e), field) && *contain_error_hint(e), "line %d: %s",
		line, contain_error_message(e));
	contain_error_free(e);
	container_overrides_free(o);
}

/* @call is given overrides `o` and has to return -@err, with @field named. */
#define BAD(err, field, call)                                                                      \
	do {                                                                                       \
		container_overrides *o = NULL;                                                     \
		int r_ = container_overrides_new(&o);                                              \
		T_CHECK(r_ == 0);                                                                  \
		r_ = (call);                                                                       \
		T_CHECK(r_ == -(err), "%s: %d, not %d", #call, r_, -(err));                        \
		check(&p, o, err, field, __LINE__);                                                \
	} while (0)

static const char *long_string(size_t n)
{
	char *s = t_fmt("%*s", (int)n, "");

	memset(s, 'a', n);
	s[0] = '/';
	return s;
}

static void bad_values(struct tp *plan)
{
	const char *none[] = { NULL }, *empty[] = { "", NULL };
	const char *bad[] = { "A=1", "B", NULL }, *nameless[] = { "=x", NULL };
	struct tp p = *plan;

	BAD(EINVAL, "argv", container_overrides_set_argv(o, NULL));
	BAD(EINVAL, "argv", container_overrides_set_argv(o, none));
	BAD(EINVAL, "argv", container_overrides_set_argv(o, empty));
	BAD(EINVAL, "env", container_overrides_set_env(o, NULL));
	BAD(EINVAL, "env", container_overrides_set_env(o, bad));
	BAD(EINVAL, "env", container_overrides_set_env(o, nameless));
	BAD(EINVAL, "cwd", container_overrides_set_cwd(o, NULL));
	BAD(EINVAL, "cwd", container_overrides_set_cwd(o, ""));
	BAD(EINVAL, "cwd", container_overrides_set_cwd(o, "relative"));
	BAD(ENAMETOOLONG, "cwd", container_overrides_set_cwd(o, long_string(5000)));
	BAD(EBADF, "fd", container_overrides_add_fd(o, 4711, 5));
	BAD(EBADF, "fd", container_overrides_add_fd(o, -1, 5));
	BAD(EINVAL, "fd", container_overrides_add_fd(o, 1, -1));
	BAD(EINVAL, "fd", container_overrides_add_fd(o, 1, 65536));
}

static void bad_mounts_and_ids(struct tp *plan)
{
	static const char *const roots[] = { "/", "//", "/.", "/a/..", "/..", "/../." };
	struct tp p = *plan;

	for (size_t i = 0; i < sizeof(roots) / sizeof(roots[0]); i++)
		BAD(EINVAL, "bind.target",
		    container_overrides_add_bind(o, AT_FDCWD, "/", roots[i], 0));
	BAD(EINVAL, "bind.source", container_overrides_add_bind(o, AT_FDCWD, NULL, "/a", 0));
	BAD(EINVAL, "bind.source", container_overrides_add_bind(o, AT_FDCWD, "", "/a", 0));
	BAD(EBADF, "bind.source", container_overrides_add_bind(o, 4711, "", "/a", 0));
	BAD(ENOENT, "bind.source", container_overrides_add_bind(o, AT_FDCWD, "not-there", "/a", 0));
	BAD(EINVAL, "bind.target", container_overrides_add_bind(o, AT_FDCWD, "/", NULL, 0));
	BAD(EINVAL, "bind.target", container_overrides_add_bind(o, AT_FDCWD, "/", "relative", 0));
	BAD(ENAMETOOLONG, "bind.source",
	    container_overrides_add_bind(o, AT_FDCWD, long_string(4096), "/a", 0));
	BAD(EINVAL, "bind", container_overrides_add_bind(o, AT_FDCWD, "/", "/a", 0x100));
	BAD(EINVAL, "hostname", container_overrides_set_hostname(o, NULL));
	BAD(EINVAL, "hostname", container_overrides_set_hostname(o, ""));
	BAD(ENAMETOOLONG, "hostname", container_overrides_set_hostname(o, long_string(65)));
	BAD(EINVAL, "user.uid", container_overrides_set_user(o, UINT32_MAX, 0));
	BAD(EINVAL, "user.gid", container_overrides_set_user(o, 0, UINT32_MAX));
	BAD(EINVAL, "uid_map", container_overrides_add_uid_range(o, 0, 0, 0));
	BAD(EINVAL, "gid_map", container_overrides_add_gid_range(o, 0, 0, 0));
	BAD(EINVAL, "uid_map", container_overrides_add_uid_range(o, UINT32_MAX, 0, 1));
	BAD(EINVAL, "gid_map", container_overrides_add_gid_range(o, 0, UINT32_MAX - 5, 7));
	BAD(EINVAL, "uid_map", (container_overrides_add_uid_range(o, 0, 0, 10),
				container_overrides_add_uid_range(o, 9, 99, 5)));
	BAD(EINVAL, "gid_map", (container_overrides_add_gid_range(o, 5, 0, 10),
				container_overrides_add_gid_range(o, 0, 5, 2)));
}

static void bad_limits(struct tp *plan)
{
	int fd = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct tp p = *plan;

	BAD(EINVAL, "memory_max", container_overrides_set_memory_max(o, 0));
	BAD(EINVAL, "memory_max", container_overrides_set_memory_max(o, UINT64_MAX));
	BAD(EINVAL, "pids_max", container_overrides_set_pids_max(o, 0));
	BAD(EINVAL, "pids_max", container_overrides_set_pids_max(o, UINT64_MAX));
	BAD(EINVAL, "cpu_max", container_overrides_set_cpu_max(o, 999, 100000));
	BAD(EINVAL, "cpu_max", container_overrides_set_cpu_max(o, 1000, 999));
	BAD(EINVAL, "cpu_max", container_overrides_set_cpu_max(o, 1000, 1000001));
	BAD(EINVAL, "cpu_max", container_overrides_set_cpu_max(o, UINT64_MAX, 100000));
	BAD(EINVAL, "cgroup_parent", container_overrides_set_cgroup_parent(o, AT_FDCWD, NULL));
	BAD(EINVAL, "cgroup_parent", container_overrides_set_cgroup_parent(o, AT_FDCWD, ""));
	BAD(EINVAL, "cgroup_parent", container_overrides_set_cgroup_parent(o, AT_FDCWD, "/a/../b"));
	BAD(EBADF, "cgroup_parent", container_overrides_set_cgroup_parent(o, 4711, ""));
	BAD(EINVAL, "cgroup_parent", container_overrides_set_cgroup_parent(o, fd, ""));
	BAD(EINVAL, "cgroup_parent", container_overrides_set_cgroup_parent(o, fd, "/absolute"));
	close(fd);
}

TEST_BOTH(bad_input)
{
	struct tp p;

	tp_dir(&p, "exit 0");
	bad_values(&p);
	bad_mounts_and_ids(&p);
	bad_limits(&p);
	/* the plan is none the worse for it */
	tp_run(&p, NULL, 0);
	tp_free(&p);
}

#define NULL_OVERRIDES(call) ck_assert_int_eq((call), -EINVAL)

TEST(null_overrides)
{
	const char *words[] = { "a=b", NULL };

	NULL_OVERRIDES(container_overrides_new(NULL));
	container_overrides_free(NULL);
	NULL_OVERRIDES(container_overrides_set_argv(NULL, words));
	NULL_OVERRIDES(container_overrides_set_env(NULL, words));
	NULL_OVERRIDES(container_overrides_set_cwd(NULL, "/"));
	NULL_OVERRIDES(container_overrides_add_fd(NULL, 0, 0));
	NULL_OVERRIDES(container_overrides_add_bind(NULL, AT_FDCWD, "/", "/a", 0));
	NULL_OVERRIDES(container_overrides_set_hostname(NULL, "a"));
	NULL_OVERRIDES(container_overrides_set_memory_max(NULL, 1));
	NULL_OVERRIDES(container_overrides_set_pids_max(NULL, 1));
	NULL_OVERRIDES(container_overrides_set_cpu_max(NULL, 1000, 1000));
	NULL_OVERRIDES(container_overrides_set_cgroup_parent(NULL, AT_FDCWD, "/"));
	NULL_OVERRIDES(container_overrides_set_user(NULL, 0, 0));
	NULL_OVERRIDES(container_overrides_add_uid_range(NULL, 0, 0, 1));
	NULL_OVERRIDES(container_overrides_add_gid_range(NULL, 0, 0, 1));
}

/* ---- what the plan contradicts ---- */

TEST_BOTH(what_the_plan_contradicts)
{
	container_overrides *host, *uid, *gid;
	struct tp p;

	tp_new(&p);
	container_spec_set_root_dir(p.t.spec, AT_FDCWD, ts_root(), 0);
	container_spec_set_namespaces(p.t.spec, CONTAIN_NS_MNT | CONTAIN_NS_PID | CONTAIN_NS_USER |
							CONTAIN_NS_NET);
	container_spec_add_gid_range(p.t.spec, 0, getegid(), 1);
	ts_words(&p.t, "exit 0");
	tp_compile(&p);
	host = tp_overrides(&p);
	container_overrides_set_hostname(host, "mine");
	tp_fails(&p, host, EINVAL, CONTAIN_PHASE_PLAN, "overrides", "hostname", "CONTAIN_NS_UTS");
	uid = tp_overrides(&p);
	container_overrides_add_uid_range(uid, 0, geteuid(), 1);
	tp_fails(&p, uid, EINVAL, CONTAIN_PHASE_PLAN, "overrides", "uid_map",
		 "container_spec_add_uid_range");
	gid = tp_overrides(&p);
	container_overrides_add_gid_range(gid, 7, getegid(), 1);
	tp_run(&p, gid, 0);
	tp_free(&p);

	/* no map at all, and for root no user namespace */
	tp_dir(&p, "exit 0");
	gid = tp_overrides(&p);
	container_overrides_add_gid_range(gid, 0, getegid(), 1);
	tp_fails(&p, gid, EINVAL, CONTAIN_PHASE_PLAN, "overrides", "gid_map",
		 "container_spec_add_gid_range");
	uid = tp_overrides(&p);
	container_overrides_set_user(uid, 0, 0);
	tp_fails(&p, uid, EINVAL, CONTAIN_PHASE_PLAN, "overrides", "user",
		 "container_spec_set_user");
	tp_run(&p, NULL, 0);
	tp_free(&p);
}

/* ---- steps that fail are those of this start ---- */

static int step_of(struct tp *p, const container_overrides *o, const char *op)
{
	char *text = fx_explain_overridden(p->plan, o);
	struct fx_explain *ex = fx_explain_parse(text);
	int step = 0;

	for (int i = 1; i <= fx_explain_steps(ex); i++)
		if (!strcmp(fx_explain_op(ex, i), op))
			step = i; /* the last */
	fx_explain_free(ex);
	free(text);
	return step;
}

TEST_BOTH(numbers_are_of_this_start)
{
	container_overrides *source, *target;
	struct tp p;
	int step;

	tp_dir(&p, "exit 0");
	source = tp_overrides(&p);
	container_overrides_add_bind(source, AT_FDCWD, "/", "/mnt", 0);
	container_overrides_add_bind(source, AT_FDCWD, "/no/such", "/srv", 0);
	step = tp_fails(&p, source, ENOENT, CONTAIN_PHASE_PARENT, "check-source", "/no/such",
			"CONTAIN_MOUNT_OPTIONAL");
	ck_assert_int_eq(step, step_of(&p, source, "check-source"));
	target = tp_overrides(&p);
	container_overrides_add_bind(target, AT_FDCWD, "/etc", "/mnt", 0);
	container_overrides_add_bind(target, AT_FDCWD, "/etc", "/etc/passwd", 0);
	step = tp_fails(&p, target, EINVAL, CONTAIN_PHASE_CHILD, "bind", "/etc/passwd",
			"both directories or both not");
	ck_assert_int_eq(step, step_of(&p, target, "bind"));
	T_CHECK(step_of(&p, NULL, "bind") == 0 && step > 5);
	tp_run(&p, NULL, 0);
	tp_free(&p);
}

/* A source that was given by fd and is gone. */
TEST_BOTH(a_pinned_source_is_gone)
{
	container_overrides *o;
	const char *dir;
	struct tp p;
	int fd;

	tp_dir(&p, "exit 0");
	dir = t_fmt("%s/pinned", t_tmpdir());
	T_SYS(mkdir(dir, 0755));
	fd = open(dir, O_PATH | O_CLOEXEC);
	o = tp_overrides(&p);
	container_overrides_add_bind(o, fd, "", "/mnt", 0);
	close(fd);
	T_SYS(rename(dir, t_fmt("%s/moved", t_tmpdir())));
	tp_fails(&p, o, ENOENT, CONTAIN_PHASE_PARENT, "check-source", dir, "");
	T_SYS(mkdir(dir, 0755));
	tp_fails(&p, o, ESTALE, CONTAIN_PHASE_PARENT, "check-source", dir, "taken the place");
	tp_free(&p);
}

/* ---- system calls ---- */

static uint32_t calls_of(struct tp *p, const container_overrides *o, uint32_t *ret_child)
{
	uint32_t n;

	fx_seam_reset();
	ct_seam->on = 1;
	T_SYS(ftruncate(p->t.out, 0));
	T_CHECK(container_plan_spawn(p->plan, o, &p->t.c, NULL) == 0);
	ct_seam->on = 0;
	n = ct_seam->count[CT_SEAM_PARENT];
	*ret_child = ct_seam->count[CT_SEAM_CHILD];
	tp_end(p, 0);
	return n;
}

TEST_BOTH(values_are_free_and_steps_cost_themselves)
{
	container_overrides *values, *bind, *host;
	uint32_t plain, child, n, m;
	struct tp p;

	fx_seam_open();
	tp_dir(&p, "exit 0");
	values = tp_overrides(&p);
	container_overrides_set_argv(values,
				     (const char *const[]){ "/bin/payload", "exit", "0", NULL });
	container_overrides_set_env(values, (const char *const[]){ "A=1", NULL });
	container_overrides_set_cwd(values, "/");
	host = tp_overrides(&p);
	container_overrides_set_hostname(host, "other");
	bind = tp_overrides(&p);
	container_overrides_add_bind(bind, AT_FDCWD, "/etc", "/mnt", 0);
	calls_of(&p, NULL, &child); /* the first start maps its memory */
	plain = calls_of(&p, NULL, &child);
	n = calls_of(&p, values, &m);
	T_CHECK(n == plain, "%u calls of the caller, %u without overrides", n, plain);
	n = calls_of(&p, host, &m);
	T_CHECK(n == plain && m == child, "%u and %u, %u and %u without", n, m, plain, child);
	n = calls_of(&p, bind, &m);
	/*
	 * The caller looks at the source. The child clones it, attaches it and closes two fds; and
	 * resolves the default paths in the root, where the bind could lie over them.
	 */
	T_CHECK(n == plain + 1, "%u, %u without", n, plain);
	T_CHECK(m > child + 4 && m < child + 30, "%u, %u without", m, child);
	t_note("caller %u, child %u calls; with a bind %u, %u", plain, child, n, m);
	tp_free(&p);
	T_SYS(munmap(ct_seam, sizeof(*ct_seam)));
	ct_seam = NULL;
}
