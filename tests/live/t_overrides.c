/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What differs in one start of a plan: each override, beside starts of the same plan that do not
 * have it. The limits and the group are in t_overrides_group.c.
 */
#include "t_overrides.h"

#include <pthread.h>
#include <sys/prctl.h>
#include <sys/stat.h>

/* A directory of the host, which says its name; the same one in every call of a test. */
static const char *job_dir(const char *name)
{
	static const char *base;
	static pid_t owner;
	const char *dir;

	if (owner != getpid()) {
		base = t_tmpdir();
		owner = getpid();
	}
	dir = t_fmt("%s/%s", base, name);

	if (mkdir(dir, 0755) == 0)
		t_write_file(t_fmt("%s/name", dir), t_fmt("%s\n", name));
	return dir;
}

TEST_BOTH(binds_of_two_starts)
{
	container_overrides *a, *b;
	struct stat st;
	struct tp p;
	int fd;

	job_dir("one");
	job_dir("two");
	tp_dir(&p, "read /job/name -- write /job/out x");
	fd = open(job_dir("two"), O_PATH | O_CLOEXEC);
	a = tp_overrides(&p);
	ck_assert_int_eq(container_overrides_add_bind(a, AT_FDCWD, job_dir("one"), "/job", 0), 0);
	b = tp_overrides(&p);
	ck_assert_int_eq(container_overrides_add_bind(b, fd, "", "/job", CONTAIN_MOUNT_READONLY),
			 0);
	close(fd);
	/* in turn and again: neither the plan nor the overrides have changed */
	for (int i = 0; i < 2; i++) {
		tp_run(&p, a, 0);
		tp_has(&p, "one\n");
		tp_run(&p, b, 125);
		tp_has(&p, "two\n");
		tp_has(&p, "Read-only file system");
		tp_run(&p, NULL, 125);
		tp_has(&p, "No such file");
	}
	T_SYS(stat(t_fmt("%s/out", job_dir("one")), &st));
	T_CHECK(access(t_fmt("%s/out", job_dir("two")), F_OK) < 0);
	T_CHECK(access(t_fmt("%s/job/out", ts_root()), F_OK) < 0);
	tp_free(&p);
}

/* Over what the plan mounts on the same place, below what it masks; in the order added. */
TEST_BOTH(binds_lie_over_those_of_the_plan)
{
	container_overrides *o;
	struct tp p;

	job_dir("plan");
	job_dir("start");
	tp_new(&p);
	container_spec_set_root_dir(p.t.spec, AT_FDCWD, ts_root(), 0);
	container_spec_add_bind(p.t.spec, AT_FDCWD, job_dir("plan"), "/job", 0);
	container_spec_add_masked_path(p.t.spec, "/mnt/name");
	ts_words(&p.t, "read /job/name -- read /mnt/name -- list /mnt/deep -- read /proc/keys");
	tp_compile(&p);
	o = tp_overrides(&p);
	container_overrides_add_bind(o, AT_FDCWD, job_dir("start"), "/job", 0);
	container_overrides_add_bind(o, AT_FDCWD, job_dir("start"), "/mnt", 0);
	container_overrides_add_bind(o, AT_FDCWD, job_dir("plan"), "/mnt/deep", 0);
	container_overrides_add_bind(o, AT_FDCWD, "/no/such", "/srv", CONTAIN_MOUNT_OPTIONAL);
	tp_run(&p, o, 0);
	/* masked: the null device says nothing; so does /proc/keys, which is masked by default */
	tp_is(&p, "start\nname\n");
	T_CHECK(access(t_fmt("%s/deep", job_dir("start")), F_OK) == 0, "the target is not made");
	tp_free(&p);
}

/* A bind over /proc: masks are no names in our own file system any more, and resolve in it. */
TEST_BOTH(a_bind_over_proc_is_masked)
{
	container_overrides *o;
	struct tp p;

	t_write_file(t_fmt("%s/keys", job_dir("proc")), "secret\n");
	t_write_file(t_fmt("%s/mine", job_dir("proc")), "mine\n");
	tp_dir(&p, "read /proc/mine -- read /proc/keys");
	o = tp_overrides(&p);
	container_overrides_add_bind(o, AT_FDCWD, job_dir("proc"), "/proc", 0);
	tp_run(&p, o, 0);
	tp_is(&p, "mine\n");
	tp_free(&p);
}

/* More than a plan has slots for. */
TEST_BOTH(many_binds)
{
	container_overrides *o;
	struct tp p;

	tp_overlay(&p, "read /many/69/name");
	o = tp_overrides(&p);
	for (int i = 0; i < 70; i++)
		ck_assert_int_eq(container_overrides_add_bind(o, AT_FDCWD, job_dir("many"),
							      t_fmt("/many/%d", i), 0), 0);
	tp_run(&p, o, 0);
	tp_is(&p, "many\n");
	tp_free(&p);
}

TEST_BOTH(host_names)
{
	container_overrides *a, *b;
	struct tp p;

	tp_new(&p);
	container_spec_set_root_dir(p.t.spec, AT_FDCWD, ts_root(), CONTAIN_ROOT_READONLY);
	container_spec_set_hostname(p.t.spec, "of-the-plan");
	ts_words(&p.t, "hostname");
	tp_compile(&p);
	a = tp_overrides(&p);
	container_overrides_set_hostname(a, "not-this");
	container_overrides_set_hostname(a, "one");
	b = tp_overrides(&p);
	container_overrides_set_hostname(b, "two");
	tp_run(&p, a, 0);
	tp_has(&p, "hostname one\n");
	tp_run(&p, b, 0);
	tp_has(&p, "hostname two\n");
	tp_run(&p, NULL, 0);
	tp_has(&p, "hostname of-the-plan\n");
	tp_free(&p);
}

/* With steps, values are of the plan and of the overrides, as they are without. */
TEST_BOTH(values_beside_steps)
{
	static const char *const env[] = { "A=2", NULL };
	container_overrides *o;
	int fd;

	for (int steps = 0; steps < 2; steps++) {
		struct tp p;

		tp_new(&p);
		container_spec_set_root_dir(p.t.spec, AT_FDCWD, ts_root(), 0);
		container_spec_set_cwd(p.t.spec, "/etc");
		container_spec_set_env(p.t.spec, (const char *const[]){ "A=1", "B=1", NULL });
		fd = open("/dev/zero", O_RDONLY | O_CLOEXEC);
		container_spec_add_fd(p.t.spec, fd, 5);
		container_spec_add_fd(p.t.spec, fd, 6);
		close(fd);
		ts_sh(&p.t, "pwd; env; for i in 0 5 6; do stat -L -c \"$i %t:%T\" "
			    "/proc/self/fd/$i; "
			    "done; ls /proc/self/fd");
		tp_compile(&p);
		o = tp_overrides(&p);
		container_overrides_set_env(o, env);
		fd = open("/dev/full", O_RDONLY | O_CLOEXEC);
		container_overrides_add_fd(o, fd, 6);
		container_overrides_add_fd(o, fd, 0);
		close(fd);
		if (steps)
			container_overrides_set_hostname(o, "with-steps");
		tp_run(&p, o, 0);
		tp_has(&p, "/etc\n");
		tp_has(&p, "A=2\n");
		tp_hasnt(&p, "B=1");
		/* /dev/zero is 1:5, /dev/full 1:7; 3 is the directory that ls reads */
		tp_has(&p, "0 1:7\n5 1:5\n6 1:7\n0\n1\n2\n3\n5\n6\n");
		container_overrides_set_cwd(o, "/tmp");
		container_overrides_set_argv(o,
					     (const char *const[]){ "/bin/payload", "cwd", NULL });
		tp_run(&p, o, 0);
		tp_is(&p, "/tmp\n");
		tp_free(&p);
	}
}

/* The plan keeps what it needs of the spec, which is free to go. */
TEST_BOTH(the_spec_is_gone)
{
	container_overrides *o;
	struct tp p;

	tp_dir(&p, "read /job/name -- hostname");
	container_spec_free(p.t.spec);
	p.t.spec = NULL;
	o = tp_overrides(&p);
	container_overrides_add_bind(o, AT_FDCWD, job_dir("late"), "/job", 0);
	tp_run(&p, o, 0);
	tp_has(&p, "late\nhostname container\n");
	tp_free(&p);
}

/* Overrides belong to no plan, and outlive each. */
TEST_BOTH(overrides_of_two_plans)
{
	container_overrides *o;
	struct tp first, second;

	tp_dir(&first, "hostname");
	o = tp_overrides(&first);
	container_overrides_set_hostname(o, "both");
	tp_run(&first, o, 0);
	tp_has(&first, "hostname both\n");
	container_plan_free(first.plan);
	first.plan = NULL;
	tp_overlay(&second, "hostname -- argv second");
	tp_run(&second, o, 0);
	tp_has(&second, "hostname both\n");
	tp_has(&second, "second\n");
	tp_free(&second);
	tp_free(&first);
}

/* ---- ids ---- */

static void add_ranges(container_spec *s)
{
	container_spec_add_uid_range(s, 0, geteuid(), 1);
	container_spec_add_uid_range(s, 1, 100000, 100);
	container_spec_add_gid_range(s, 0, getegid(), 1);
	container_spec_add_gid_range(s, 1, 100000, 100);
}

static void override_ranges(container_overrides *o, uint32_t first)
{
	ck_assert_int_eq(container_overrides_add_uid_range(o, 0, geteuid(), 1), 0);
	ck_assert_int_eq(container_overrides_add_uid_range(o, 1, first, 50), 0);
	ck_assert_int_eq(container_overrides_add_gid_range(o, 0, getegid(), 1), 0);
	ck_assert_int_eq(container_overrides_add_gid_range(o, 1, first, 50), 0);
}

static uint32_t owner(const char *name)
{
	struct stat st;

	T_SYS(stat(t_fmt("%s/job/%s", ts_root(), name), &st));
	T_CHECK(st.st_uid == st.st_gid);
	return st.st_uid;
}

static void ranges_of_starts(void)
{
	container_overrides *a, *b, *c;
	struct tp p;

	tp_new(&p);
	container_spec_set_root_dir(p.t.spec, AT_FDCWD, ts_root(), 0);
	add_ranges(p.t.spec);
	ts_sh(&p.t, "touch /job/$JOB; chown 7:7 /job/$JOB; chown 60 /job/$JOB || echo unmapped");
	tp_compile(&p);
	a = tp_overrides(&p);
	override_ranges(a, 100100);
	container_overrides_set_env(a, (const char *const[]){ "PATH=/bin", "JOB=a", NULL });
	b = tp_overrides(&p);
	override_ranges(b, 100200);
	container_overrides_set_env(b, (const char *const[]){ "PATH=/bin", "JOB=b", NULL });
	/* one map only: the other stays the plan's */
	c = tp_overrides(&p);
	container_overrides_add_uid_range(c, 0, geteuid(), 1);
	container_overrides_add_uid_range(c, 7, 100007, 1);
	container_overrides_set_env(c, (const char *const[]){ "PATH=/bin", "JOB=c", NULL });
	tp_run(&p, a, 0);
	tp_has(&p, "unmapped\n");
	tp_run(&p, b, 0);
	tp_has(&p, "unmapped\n");
	tp_run(&p, c, 0);
	tp_has(&p, "unmapped\n");
	ck_assert_uint_eq(owner("a"), 100106);
	ck_assert_uint_eq(owner("b"), 100206);
	T_SYS(chmod(t_fmt("%s/job", ts_root()), 0755));
	tp_free(&p);
}

TEST(ranges_of_two_starts_by_root)
{
	t_need_root();
	ranges_of_starts();
}

static int as_user(void *arg, void *rec)
{
	(void)arg;
	(void)rec;
	ranges_of_starts();
	return 0;
}

TEST(ranges_of_two_starts_through_newuidmap)
{
	t_need_root();
	t_need_userns();
	t_need_program("/usr/bin/newuidmap");
	t_fake_passwd("t-user", T_UID, 100000, 1000);
	t_as_user(as_user, NULL);
}

/* As other users of the host: not in memory that the child shares with the caller. */
TEST(users_of_two_starts)
{
	container_overrides *a, *b;
	struct tp p;

	t_need_root();
	tp_new(&p);
	container_spec_set_root_dir(p.t.spec, AT_FDCWD, ts_root(), 0);
	container_spec_set_user(p.t.spec, 0, 0);
	ts_words(&p.t, "ids");
	tp_compile(&p);
	a = tp_overrides(&p);
	ck_assert_int_eq(container_overrides_set_user(a, 4711, 4712), 0);
	b = tp_overrides(&p);
	ck_assert_int_eq(container_overrides_set_user(b, 4713, 4714), 0);
	for (int i = 0; i < 2; i++) {
		tp_run(&p, a, 0);
		tp_has(&p, "uid 4711 4711 4711\n");
		tp_has(&p, "gid 4712 4712 4712\n");
		tp_run(&p, b, 0);
		tp_has(&p, "uid 4713 4713 4713\n");
		tp_run(&p, NULL, 0);
		tp_has(&p, "uid 0 0 0\n");
	}
	ck_assert_int_eq(prctl(PR_GET_DUMPABLE), 1);
	tp_free(&p);
}

/* In ranges of its own, one container after another has the same user inside. */
TEST(a_user_in_ranges_of_the_start)
{
	container_overrides *o;
	struct tp p;

	t_need_root();
	tp_new(&p);
	container_spec_set_root_dir(p.t.spec, AT_FDCWD, ts_root(), 0);
	container_spec_add_uid_range(p.t.spec, 0, 100000, 1000);
	container_spec_add_gid_range(p.t.spec, 0, 100000, 1000);
	container_spec_set_user(p.t.spec, 5, 5);
	ts_words(&p.t, "write /job/mine x -- ids");
	tp_compile(&p);
	T_SYS(chmod(t_fmt("%s/job", ts_root()), 0777));
	o = tp_overrides(&p);
	container_overrides_add_uid_range(o, 0, 200000, 10);
	container_overrides_add_gid_range(o, 0, 200000, 10);
	tp_run(&p, o, 0);
	tp_has(&p, "uid 5 5 5\n");
	ck_assert_uint_eq(owner("mine"), 200005);
	T_SYS(unlink(t_fmt("%s/job/mine", ts_root())));
	tp_run(&p, NULL, 0);
	ck_assert_uint_eq(owner("mine"), 100005);
	container_overrides_set_user(o, 10, 5);
	tp_fails(&p, o, EINVAL, CONTAIN_PHASE_PLAN, "overrides", "user.uid", "no range");
	tp_free(&p);
}

/*
 * A start that needs a thread of its own, and one that does not, in turn: memory is as each needs
 * it.
 */
TEST_BOTH(with_and_without_a_starter)
{
	container_overrides *own, *wide;
	struct tp p;

	if (!ts_is_root() && access("/usr/bin/newuidmap", X_OK) < 0)
		t_skip("no newuidmap");
	tp_new(&p);
	container_spec_set_root_dir(p.t.spec, AT_FDCWD, ts_root(), 0);
	/* an ordinary user's own id is mapped by the child itself */
	container_spec_add_uid_range(p.t.spec, 5, geteuid(), 1);
	container_spec_add_gid_range(p.t.spec, 5, getegid(), 1);
	ts_words(&p.t, "ids");
	tp_compile(&p);
	ck_assert_int_eq(p.plan->block->starter, ts_is_root());
	own = tp_overrides(&p);
	container_overrides_add_uid_range(own, 8, geteuid(), 1);
	wide = tp_overrides(&p);
	container_overrides_add_uid_range(wide, 9, geteuid(), 1);
	container_overrides_add_uid_range(wide, 1000, 100000, 10);
	for (int i = 0; i < 2; i++) {
		tp_run(&p, own, 0);
		tp_has(&p, "uid 8 8 8\n");
		if (ts_is_root()) {
			tp_run(&p, wide, 0);
			tp_has(&p, "uid 9 9 9\n");
		} else { /* this user has no ranges: newuidmap says so, and a thread has waited */
			tp_fails(&p, wide, EPERM, CONTAIN_PHASE_PARENT, "newuidmap", "newuidmap",
				 "/etc/subuid");
		}
		tp_run(&p, NULL, 0);
		tp_has(&p, "uid 5 5 5\n");
	}
	tp_free(&p);
}

/* ---- threads ---- */

struct job {
	container_plan *plan;
	container_overrides *shared;
	int number, rounds, wrong;
	char dir[300];
	pthread_t thread;
};

static int once(struct job *j, int fd, int round)
{
	const char *words[] = { "/bin/payload", "hostname", "--", "read", "/job/name", NULL };
	char want[100], got[200] = "", name[40];
	container_overrides *o = NULL;
	container *c = NULL;
	contain_error *e = NULL;

	snprintf(name, sizeof(name), "host-%d-%d", j->number, round);
	snprintf(want, sizeof(want), "hostname %s\ndomainname (none)\njob%d\n", name, j->number);
	if (ftruncate(fd, 0) || lseek(fd, 0, SEEK_SET))
		return 1;
	container_overrides_new(&o);
	container_overrides_set_argv(o, words);
	container_overrides_set_hostname(o, name);
	container_overrides_add_bind(o, AT_FDCWD, j->dir, "/job", CONTAIN_MOUNT_READONLY);
	container_overrides_add_fd(o, fd, 1);
	if (container_plan_spawn(j->plan, o, &c, &e) < 0)
		snprintf(got, sizeof(got), "%s", contain_error_message(e));
	container_overrides_free(o);
	container_wait(c, -1, NULL, NULL);
	container_delete(c, -1, NULL);
	container_free(c);
	contain_error_free(e);
	if (c && pread(fd, got, sizeof(got) - 1, 0) < 0)
		return 1;
	return strcmp(got, want) != 0;
}

static void *many(void *arg)
{
	struct job *j = arg;
	int fd = ts_memfd();

	for (int i = 0; i < j->rounds; i++) {
		container *c = NULL;

		j->wrong += once(j, fd, i);
		/* the same overrides in all threads */
		if (container_plan_spawn(j->plan, j->shared, &c, NULL) < 0)
			j->wrong++;
		container_wait(c, -1, NULL, NULL);
		container_delete(c, -1, NULL);
		container_free(c);
	}
	close(fd);
	return NULL;
}

TEST_LIMIT(many_threads_override_one_plan, 60)
{
	struct job job[6] = { { 0 } };
	container_overrides *shared;
	struct tp p;
	int wrong = 0;

	t_need_root();
	/* the first thread of a process makes glibc install a handler */
	T_CHECK(pthread_create(&job[0].thread, NULL, many, &job[0]) == 0);
	pthread_join(job[0].thread, NULL);
	tp_overlay(&p, "exit 0");
	shared = tp_overrides(&p);
	container_overrides_set_hostname(shared, "shared");
	container_overrides_add_bind(shared, AT_FDCWD, job_dir("all"), "/job", 0);
	for (int i = 0; i < 6; i++) {
		job[i] = (struct job){ p.plan, shared, i, ts_rounds(500, 20, 3), 0, "", 0 };
		snprintf(job[i].dir, sizeof(job[i].dir), "%s", job_dir(t_fmt("job%d", i)));
		T_CHECK(pthread_create(&job[i].thread, NULL, many, &job[i]) == 0);
	}
	for (int i = 0; i < 6; i++) {
		pthread_join(job[i].thread, NULL);
		wrong += job[i].wrong;
	}
	T_CHECK(wrong == 0, "%d of %d starts", wrong, 6 * 2 * job[0].rounds);
	tp_free(&p);
}
