/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whose group is dead, the primitives, and what a start costs and leaves when a call fails. */
#include "harness.h"
#include "t_cgroup.h"

/* ---- gc ------------------------------ */

static int gc_in(const char *parent)
{
	int r, fd = open(parent, O_RDONLY | O_DIRECTORY);

	r = ct_group_gc(NULL, fd);
	close(fd);
	return r;
}

/* The owner goes without a word: its fds are closed, its group stays. */
static void forget(struct start *s)
{
	ct_group_free(s->run.group);
	s->run.group = NULL;
	end(s);
}

TEST(gc_takes_the_dead_only)
{
	const char *parent = t_cgroup_make("cgroup2");
	struct start *live = spec_in(parent), *dead = spec_in(parent), *orphan = spec_in(parent);
	pid_t pid;

	make_group(t_fmt("%s/foreign", parent));
	make_group(t_fmt("%s/web.1.0123456789abcde", parent));
	ck_assert_int_eq(begin(live), 0);
	ck_assert_int_eq(begin(dead), 0);
	ck_assert_int_eq(begin(orphan), 0);
	make_group(t_fmt("%s/%s/inner", parent, dead->run.group->name));
	pid = enter(orphan, fn_sleep);
	ck_assert_int_eq(gc_in(parent), 0);
	forget(dead);
	forget(orphan);
	ck_assert_int_eq(gc_in(parent), 1);
	ck_assert_int_eq(below(parent), 4);
	T_SYS(kill(pid, SIGKILL));
	status_of(pid);
	ck_assert_int_eq(gc_in(parent), 1);
	ck_assert_int_eq(gc_in(parent), 0);
	ck_assert_int_eq(access(t_fmt("%s/%s", parent, live->run.group->name), F_OK), 0);
	ck_assert_int_eq(ct_group_remove(live->run.group, 0), 0);
	end(live);
	ck_assert_int_eq(below(parent), 2);
}

TEST(gc_leaves_what_another_process_owns)
{
	const char *parent = t_cgroup_make("cgroup2");
	int ready[2];
	char byte;
	pid_t pid;

	T_SYS(pipe(ready));
	pid = fork();
	if (!pid) {
		ck_assert_int_eq(begin(spec_in(parent)), 0);
		T_SYS(write(ready[1], "x", 1));
		fn_sleep();
	}
	T_SYS(read(ready[0], &byte, 1));
	ck_assert_int_eq(gc_in(parent), 0);
	ck_assert_int_eq(below(parent), 1);
	T_SYS(kill(pid, SIGKILL));
	status_of(pid);
	ck_assert_int_eq(gc_in(parent), 1);
	ck_assert_int_eq(below(parent), 0);
}

struct race {
	const char *parent;
	int stop, collected, failed, started;
};

static void *race_gc(void *arg)
{
	struct race *r = arg;

	while (!__atomic_load_n(&r->stop, __ATOMIC_RELAXED))
		r->collected += gc_in(r->parent);
	return NULL;
}

static void *race_start(void *arg)
{
	struct race *r = arg;
	int n = (int)t_sample(3000, 150);

	for (int i = 0; i < n; i++) {
		struct start *s = spec_in(r->parent);

		if (begin(s) < 0 ||
		    access(t_fmt("%s/%s", r->parent, s->run.group->name), F_OK) < 0 ||
		    ct_group_remove(s->run.group, 0) < 0)
			__atomic_add_fetch(&r->failed, 1, __ATOMIC_RELAXED);
		__atomic_add_fetch(&r->started, 1, __ATOMIC_RELAXED);
		end(s);
	}
	return NULL;
}

/* gc in a loop beside starts: a group that was just made and is not locked yet may be taken. */
TEST_LIMIT(gc_beside_starts, 60)
{
	struct race r = { .parent = t_cgroup_make("cgroup2") };
	pthread_t gc, start[3];

	pthread_create(&gc, NULL, race_gc, &r);
	for (int i = 0; i < 3; i++)
		pthread_create(&start[i], NULL, race_start, &r);
	for (int i = 0; i < 3; i++)
		pthread_join(start[i], NULL);
	r.stop = 1;
	pthread_join(gc, NULL);
	t_note("%d starts, %d groups taken between mkdir and lock", r.started, r.collected);
	ck_assert_int_eq(r.failed, 0);
	ck_assert_int_eq(below(r.parent), 0);
}

TEST(gc_v1)
{
	struct start *live, *dead;
	const char *mount = t_cgroup_mount("memory");
	char *name;

	t_need_root();
	if (!mount || !CT_HAVE_LIBCGROUP)
		t_skip("memory is not in v1 here, or built without libcgroup");
	live = spec_in(t_cgroup_make("cgroup2"));
	dead = spec_in(t_cgroup_make("cgroup2"));
	container_spec_set_memory_max(&live->spec, 1 << 20);
	container_spec_set_memory_max(&dead->spec, 1 << 20);
	ck_assert_int_eq(begin(live), 0);
	ck_assert_int_eq(begin(dead), 0);
	name = t_fmt("%s/contain/%s", mount, dead->run.group->name);
	forget(dead);
	T_CHECK(ct_group_gc(&live->facts, -1) >= 1);
	ck_assert_int_eq(access(name, F_OK), -1);
	name = t_fmt("%s/contain/%s", mount, live->run.group->name);
	ck_assert_int_eq(access(name, F_OK), 0);
	undo_all(live);
	ck_assert_int_eq(access(name, F_OK), -1);
	end(live);
}

/* ---- primitives ------------------------------ */

TEST(primitives)
{
	const char *path = t_cgroup_make("cgroup2");
	int parent = open(path, O_RDONLY | O_DIRECTORY), fd = -1;
	contain_error *e = NULL;
	char text[100];
	pid_t pid;

	ck_assert_int_eq(contain_cgroup_create(parent, "one", &fd, &e), 0);
	ck_assert_int_eq(fcntl(fd, F_GETFD), FD_CLOEXEC);
	ck_assert_int_eq(contain_cgroup_create(parent, "one", &fd, NULL), -EEXIST);
	pid = fork();
	if (!pid)
		fn_sleep();
	ck_assert_int_eq(contain_cgroup_write(fd, "cgroup.procs", t_fmt("%d", pid), &e), 0);
	T_CHECK(contain_cgroup_read(fd, "cgroup.procs", text, sizeof(text), &e) > 1);
	ck_assert_int_eq(atoi(text), pid);
	ck_assert_int_eq(contain_cgroup_read(fd, "cgroup.procs", text, 2, NULL), -ERANGE);
	ck_assert_int_eq(contain_cgroup_remove(parent, "one", 0, &e), -EBUSY);
	T_CHECK(strstr(contain_error_hint(e), t_fmt("%d", pid)), "%s", contain_error_message(e));
	contain_error_free(e);
	ck_assert_int_eq(contain_cgroup_remove(parent, "one", 30, NULL), -EBUSY);
	ck_assert_int_eq(contain_cgroup_kill(fd, NULL), 0);
	ck_assert_int_eq(contain_cgroup_remove(parent, "one", 5000 * t_slow(), NULL), 0);
	ck_assert_int_eq(contain_cgroup_remove(parent, "one", 0, NULL), -ENOENT);
	ck_assert_int_eq(contain_cgroup_kill(fd, NULL), -ENODEV);
	status_of(pid);
	ck_assert_int_eq(below(path), 0);
	close(fd);
	/* the root group of the mount has no cgroup.kill */
	fd = open(t_cgroup_mount("cgroup2"), O_RDONLY | O_DIRECTORY);
	ck_assert_int_eq(contain_cgroup_kill(fd, NULL), -EOPNOTSUPP);
	close(fd);
	close(parent);
}

TEST(primitives_and_controllers)
{
	int parent, fd = -1, busy = -1;
	contain_error *e = NULL;
	pid_t pid;

	parent = open(t_cgroup_make("cgroup2"), O_RDONLY | O_DIRECTORY);
	ck_assert_int_eq(contain_cgroup_create(parent, "one", &fd, NULL), 0);
	ck_assert_int_eq(contain_cgroup_write(fd, "memory.max", "max", &e), -ENOENT);
	if (!is_v2(CT_CONTROLLER_MEMORY)) {
		const char *want = t_fmt("bound to cgroup v1 at %s", t_cgroup_mount("memory"));

		T_CHECK(strstr(contain_error_hint(e), want), "%s", contain_error_message(e));
		contain_error_free(e);
		e = NULL;
		ck_assert_int_eq(contain_cgroup_enable(parent, "memory", &e), -ENOENT);
		T_CHECK(strstr(contain_error_hint(e), want), "%s", contain_error_message(e));
	} else {
		T_CHECK(strstr(contain_error_hint(e), "hand down the controller memory"), "%s",
			contain_error_message(e));
		ck_assert_int_eq(contain_cgroup_enable(parent, "memory", NULL), 0);
		ck_assert_int_eq(contain_cgroup_enable(parent, "memory", NULL), 0);
		ck_assert_int_eq(contain_cgroup_write(fd, "memory.max", "1048576", NULL), 0);
		ck_assert_int_eq(contain_cgroup_write(fd, "memory.max", "x", NULL), -EINVAL);
		ck_assert_int_eq(contain_cgroup_enable(fd, "pids", NULL), -ENOENT);
		contain_error_free(e);
		e = NULL;
		ck_assert_int_eq(contain_cgroup_create(parent, "busy", &busy, NULL), 0);
		pid = fork();
		if (!pid)
			fn_sleep();
		ck_assert_int_eq(contain_cgroup_write(busy, "cgroup.procs", t_fmt("%d", pid), NULL),
				 0);
		ck_assert_int_eq(contain_cgroup_enable(busy, "memory", &e), -EBUSY);
		T_CHECK(strstr(contain_error_hint(e), t_fmt("(pid %d)", pid)), "%s",
			contain_error_message(e));
		kill(pid, SIGKILL);
		status_of(pid);
	}
	contain_error_free(e);
	ck_assert_int_eq(contain_cgroup_enable(fd, "nonsense", NULL), -EINVAL);
}

static int stranger_primitives(void *arg, void *rec)
{
	int fd = -1, parent = open(arg, O_RDONLY | O_DIRECTORY);
	contain_error *e = NULL;

	ck_assert_int_eq(contain_cgroup_create(parent, "x", &fd, &e), -EACCES);
	T_CHECK(strstr(contain_error_hint(e), "systemd-run"), "%s", contain_error_message(e));
	contain_error_free(e);
	e = NULL;
	ck_assert_int_eq(contain_cgroup_kill(parent, NULL), -EACCES);
	ck_assert_int_eq(contain_cgroup_open_default_parent(&fd, &e), -EACCES);
	T_CHECK(strstr(contain_error_hint(e), "systemd-run"), "%s", contain_error_message(e));
	contain_error_free(e);
	ck_assert_int_eq(fd, -1);
	return 0;
}

TEST(primitives_of_a_stranger)
{
	t_as_user(stranger_primitives, (void *)t_cgroup_make("cgroup2"));
}

TEST(default_parent)
{
	struct ct_facts *f = calloc(1, sizeof(*f));
	char path[4200];
	ssize_t n;
	int fd = -1;

	t_need_root();
	ck_assert_int_eq(ct_facts_get(f), 0);
	if (!*f->delegated)
		t_skip("no place for groups here");
	ck_assert_int_eq(contain_cgroup_open_default_parent(&fd, NULL), 0);
	n = readlink(t_fmt("/proc/self/fd/%d", fd), path, sizeof(path) - 1);
	T_CHECK(n > 8);
	path[n] = 0;
	ck_assert_str_eq(path + n - 8, "/contain");
	close(fd);
	T_CHECK(ct_group_gc(f, -1) >= 0);
	free(f);
}

/* ---- system calls ------------------------------ */

static struct ct_seam seam;

static void with_all_that_v2_has(struct start *s)
{
	if (is_v2(CT_CONTROLLER_MEMORY)) {
		container_spec_set_memory_max(&s->spec, 32 << 20);
		container_spec_set_pids_max(&s->spec, 9);
		container_spec_set_cpu_max(&s->spec, 20000, 50000);
	}
}

TEST(calls_of_a_hot_start)
{
	static const int16_t want[] = {
		__NR_getpid,  __NR_mkdirat, __NR_openat, __NR_flock,  __NR_openat,
		__NR_pread64, __NR_openat,  __NR_read,	 __NR_close, /* oom.group above */
		__NR_openat,  __NR_write,   __NR_close,	 __NR_openat, __NR_write,
		__NR_close,   __NR_openat,  __NR_write,	 __NR_close,
	};
	const char *parent = t_cgroup_make("cgroup2");
	int v2 = is_v2(CT_CONTROLLER_MEMORY);
	struct start *s;

	for (int warm = 1; warm >= 0; warm--) {
		s = spec_in(parent);
		with_all_that_v2_has(s);
		memset(&seam, 0, sizeof(seam));
		ct_seam = &seam;
		seam.on = !warm;
		ck_assert_int_eq(begin(s), 0);
		seam.on = 0;
		if (warm) {
			ck_assert_int_eq(ct_group_remove(s->run.group, 0), 0);
			end(s);
		}
	}
	ck_assert_uint_eq(seam.logged, v2 ? 18 : 6);
	for (uint32_t i = 0; i < seam.logged; i++)
		T_CHECK(seam.log[i].nr == want[i], "call %u is %d", i, seam.log[i].nr);
	t_note("a hot start makes %u calls", seam.logged);
	memset(&seam, 0, sizeof(seam));
	seam.on = 1;
	ck_assert_int_eq(ct_group_remove(s->run.group, soon()), 0);
	ct_group_free(s->run.group);
	s->run.group = NULL;
	t_note("and its end %u", seam.logged);
	ck_assert_uint_eq(seam.logged, 3); /* unlinkat, and two fds */
	ct_seam = NULL;
	end(s);
}

/* The call that was hit, -1: none was. */
static int injected(void)
{
	for (uint32_t i = 0; i < seam.logged && i < CT_SEAM_LOG; i++)
		if (seam.log[i].injected)
			return seam.log[i].nr;
	return -1;
}

/* The k-th call of the first start in a fresh parent fails. 1: there is no such call. */
static int fail_at(const char *parent, uint32_t at, int err)
{
	struct t_state *before = t_state_take(T_FDS);
	struct start *s;
	int r;

	make_group(parent);
	s = spec_in(parent);
	with_all_that_v2_has(s);
	memset(&seam, 0, sizeof(seam));
	seam.action = CT_SEAM_FAIL;
	seam.nr = -1;
	seam.at = at;
	seam.err = err;
	ct_seam = &seam;
	seam.on = 1;
	r = begin(s);
	seam.on = 0;
	ct_seam = NULL;
	if (r == 0)
		undo_all(s);
	T_CHECK(below(parent) == 0, "call %u (%d) fails with %d: a group is left", at, injected(),
		err);
	T_SYS(rmdir(parent));
	end(s);
	if (injected() == __NR_close) /* that was not made, and leaves its fd */
		t_state_free(before);
	else
		t_state_check(before);
	return seam.hits ? r : 1;
}

TEST_LIMIT(every_call_fails_once, 60)
{
	static const int errs[] = { -EIO, -ENOMEM, -EACCES, -ENOENT, -EBUSY, -EMFILE };
	const char *top = t_cgroup_make("cgroup2");
	int calls = 0, passed = 0;

	if (is_v2(CT_CONTROLLER_MEMORY))
		t_write_file(t_fmt("%s/cgroup.subtree_control", top), "+memory +pids +cpu");
	for (size_t i = 0; i < sizeof(errs) / sizeof(errs[0]); i++) {
		uint32_t at = 1;
		int r;

		while ((r = fail_at(t_fmt("%s/%zu.%u", top, i, at), at, errs[i])) != 1) {
			passed += r == 0;
			calls++;
			at++;
		}
	}
	t_note("%d failures, %d of them without harm", calls, passed);
	T_CHECK(calls >= 30);
}
