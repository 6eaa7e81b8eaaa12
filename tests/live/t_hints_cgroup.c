/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The hints about groups and limits, each provoked by its real cause; and what a limit of cgroup v2
 * does to a set-up, and to the caller, which shares its memory. Controllers of v2 are in guests.
 */
#include "t_spawn.h"

#include <signal.h>
#include <sys/mount.h>
#include <time.h>

/* A group of v2 with controllers for groups below it, or skips. */
static const char *v2_group(void)
{
	const char *v2 = t_cgroup_mount("cgroup2");
	char text[256] = "";

	t_need_root();
	if (v2)
		t_read_file(t_fmt("%s/cgroup.controllers", v2), text, sizeof(text));
	if (!strstr(text, "memory") || !strstr(text, "pids"))
		t_skip("needs the controllers memory, pids and cpu in cgroup v2: in guests");
	return t_cgroup_make("cgroup2");
}

static void hand_down(const char *group)
{
	t_write_file(t_fmt("%s/cgroup.subtree_control", group), "+memory +pids +cpu");
}

static void below(struct ts *t, const char *parent)
{
	ts_dir(t, 0);
	ck_assert_int_eq(container_spec_set_cgroup_parent(t->spec, AT_FDCWD, parent), 0);
	ts_words(t, "exit");
}

/* ---- an ordinary user ---- */

static int asks_for_a_limit(void *arg, void *rec)
{
	const char **c = arg; /* errno, hint, root */
	struct ts t;

	(void)rec;
	ts_new(&t);
	container_spec_set_root_dir(t.spec, AT_FDCWD, c[2], 0);
	container_spec_set_pids_max(t.spec, 20);
	ts_words(&t, "fork 30");
	if (atoi(c[0])) {
		ts_fails(&t, atoi(c[0]), CONTAIN_PHASE_PLAN, "compile", "pids_max", c[1]);
	} else {
		ts_run(&t);
		ts_is(&t, "forked 19\nerror EAGAIN\n");
	}
	/* without limits it is not needed */
	ts_new(&t);
	container_spec_set_root_dir(t.spec, AT_FDCWD, c[2], 0);
	ts_words(&t, "cgroup");
	ts_run(&t);
	return 0;
}

static int from_group(void *arg, void *rec)
{
	const char **c = arg; /* as above, and the group that is entered */

	(void)rec;
	if (c[3])
		t_write_file(t_fmt("%s/cgroup.procs", c[3]), "0");
	t_as_user(asks_for_a_limit, c);
	return 0;
}

TEST(user_without_delegation)
{
	const char *v1 = t_cgroup_mount("pids");
	const char *c[] = { "13",
			    v1 ? "is bound to cgroup v1 at" :
				 "the caller has no cgroup that it may divide",
			    ts_root(), NULL };

	t_need_root();
	t_need_userns();
	if (!v1 && !t_cgroup_mount("cgroup2"))
		t_skip("no cgroups here");
	ck_assert_int_eq(t_child(from_group, c, NULL, 0), 0);
}

/* The same user in a group that was given to it, as systemd does for a scope. */
TEST(user_with_delegation)
{
	const char *top = v2_group(), *mid = t_fmt("%s/mid", top), *leaf = t_fmt("%s/leaf", mid);
	const char *c[] = { "95", "was not given the controller pids", ts_root(), leaf };

	t_need_userns();
	t_write_file(t_fmt("%s/cgroup.subtree_control", top), "+memory");
	T_SYS(mkdir(mid, 0755));
	T_SYS(mkdir(leaf, 0755));
	T_SYS(chown(mid, T_UID, T_GID));
	T_SYS(chown(t_fmt("%s/cgroup.procs", mid), T_UID, T_GID));
	T_SYS(chown(t_fmt("%s/cgroup.subtree_control", mid), T_UID, T_GID));
	ck_assert_int_eq(t_child(from_group, c, NULL, 0), 0);
	hand_down(top);
	c[0] = "0";
	ck_assert_int_eq(t_child(from_group, c, NULL, 0), 0);
}

/* ---- where a controller is ---- */

TEST(controller_that_is_nowhere)
{
	struct ct_facts facts;
	struct ts t;

	ck_assert_int_eq(ct_facts_get(&facts), 0);
	facts.held[CT_CONTROLLER_MEMORY] = CT_HELD_NONE;
	ts_dir(&t, 0);
	t.facts = &facts;
	container_spec_set_memory_max(t.spec, 1 << 30);
	ts_words(&t, "exit");
	ts_fails(&t, EOPNOTSUPP, CONTAIN_PHASE_PLAN, "compile", "memory_max",
		 "no cgroup hierarchy that is mounted here has the controller memory");
}

TEST(controller_that_is_bound_to_v1)
{
	struct ct_facts facts;
	struct ts t;

	t_need_root();
	ck_assert_int_eq(ct_facts_get(&facts), 0);
	facts.held[CT_CONTROLLER_MEMORY] = CT_HELD_V1;
	strcpy(facts.v1_mount[CT_CONTROLLER_MEMORY], "/v1/memory");
	facts.is_privileged = CT_HAVE_LIBCGROUP ? 0 : facts.is_privileged;
	ts_dir(&t, 0);
	t.facts = &facts;
	container_spec_set_memory_max(t.spec, 1 << 30);
	container_spec_set_namespaces(t.spec, TS_NS_ALL);
	ts_words(&t, "exit");
	if (CT_HAVE_LIBCGROUP)
		ts_fails(&t, EACCES, CONTAIN_PHASE_PLAN, "compile", "memory_max",
			 "cgroup v1 at /v1/memory, where only root makes groups");
	else
		ts_fails(&t, EOPNOTSUPP, CONTAIN_PHASE_PLAN, "compile", "memory_max",
			 "built without libcgroup");
}

TEST(no_cgroups_at_all)
{
	const char *v2;
	struct ts t;

	t_need_root();
	while ((v2 = t_cgroup_mount("cgroup2")))
		T_SYS(umount2(v2, MNT_DETACH));
	ts_dir(&t, 0);
	ts_words(&t, "argv started");
	ts_run(&t);
	ts_dir(&t, 0);
	container_spec_set_memory_max(t.spec, 1 << 30);
	ts_words(&t, "argv started");
	if (t_cgroup_mount("memory") && ts_can_limit())
		ts_run(&t);
	else if (t_cgroup_mount("memory"))
		ts_fails(&t, EOPNOTSUPP, CONTAIN_PHASE_PLAN, "compile", "memory_max", "libcgroup");
	else
		ts_fails(&t, EOPNOTSUPP, CONTAIN_PHASE_PLAN, "compile", "memory_max",
			 "no cgroup hierarchy that is mounted here");
}

/* As containers have it. */
TEST(readonly_cgroup_file_system)
{
	const char *v2 = t_cgroup_mount("cgroup2"), *parent;
	struct ts t;

	t_need_root();
	if (!v2)
		t_skip("no cgroup2 is mounted");
	parent = t_cgroup_make("cgroup2");
	T_SYS(mount(v2, v2, NULL, MS_BIND, NULL));
	T_SYS(mount(NULL, v2, NULL, MS_BIND | MS_REMOUNT | MS_RDONLY, NULL));
	below(&t, parent);
	ts_fails(&t, EROFS, CONTAIN_PHASE_PARENT, "group-create", parent, "mounted read-only");
	T_SYS(umount2(v2, MNT_DETACH));
}

TEST(parent_that_is_gone)
{
	const char *top = t_cgroup_make("cgroup2"), *parent = t_fmt("%s/p", top);
	struct ts t;

	T_SYS(mkdir(parent, 0755));
	below(&t, parent);
	T_SYS(rmdir(parent));
	ts_fails(&t, ENOENT, CONTAIN_PHASE_PARENT, "group-create", parent, "does not exist");
	/* pinned by an fd, and another group in its place */
	for (int i = 0; i < 2; i++) {
		int fd;

		T_SYS(mkdir(parent, 0755));
		ts_dir(&t, 0);
		fd = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		ck_assert_int_eq(container_spec_set_cgroup_parent(t.spec, fd, ""), 0);
		close(fd);
		ts_words(&t, "exit");
		if (i == 0) {
			ts_run(&t);
			T_SYS(rmdir(parent));
			continue;
		}
		T_SYS(rmdir(parent));
		T_SYS(mkdir(parent, 0755));
		ts_fails(&t, ESTALE, CONTAIN_PHASE_PARENT, "group-create", parent,
			 "another group has taken the place");
		T_SYS(rmdir(parent));
	}
}

TEST(too_many_groups)
{
	const char *top = t_cgroup_make("cgroup2");
	struct ts t;

	t_write_file(t_fmt("%s/cgroup.max.descendants", top), "0");
	below(&t, top);
	ts_fails(&t, EAGAIN, CONTAIN_PHASE_PARENT, "group-create", top, "cgroup.max.descendants");
}

/* A start into it would sleep for as long as it is frozen. */
TEST(frozen_parent)
{
	const char *top = t_cgroup_make("cgroup2"), *mid = t_fmt("%s/mid", top);
	struct ts t;

	T_SYS(mkdir(mid, 0755));
	t_write_file(t_fmt("%s/cgroup.freeze", top), "1");
	below(&t, mid);
	ts_fails(&t, EBUSY, CONTAIN_PHASE_PARENT, "group-create", mid, "is frozen");
	t_write_file(t_fmt("%s/cgroup.freeze", top), "0");
	below(&t, mid);
	ts_run(&t);
	T_SYS(rmdir(mid));
}

/* ---- with controllers ---- */

static int busy_parent(void *arg, void *rec)
{
	const char *group = arg;
	struct ts t;

	(void)rec;
	t_write_file(t_fmt("%s/cgroup.procs", group), "0");
	below(&t, group);
	container_spec_set_memory_max(t.spec, 1 << 30);
	ts_fails(&t, EBUSY, CONTAIN_PHASE_PARENT, "group-limit", "memory.max",
		 t_fmt("no-internal-process rule: the parent group cannot hand down memory while "
		       "it has processes of its own (pid %d)",
		       getpid()));
	return 0;
}

TEST(parent_with_processes)
{
	ck_assert_int_eq(t_child(busy_parent, (void *)v2_group(), NULL, 0), 0);
}

TEST(parent_without_the_controller)
{
	const char *top = v2_group(), *mid = t_fmt("%s/mid", top);
	struct ts t;

	T_SYS(mkdir(mid, 0755));
	below(&t, mid);
	container_spec_set_pids_max(t.spec, 20);
	ts_fails(&t, EOPNOTSUPP, CONTAIN_PHASE_PARENT, "group-limit", "pids.max",
		 "was not given the controller pids");
	hand_down(top);
	below(&t, mid);
	container_spec_set_pids_max(t.spec, 20);
	ts_run(&t);
	T_SYS(rmdir(mid));
}

TEST(no_process_left_in_a_group_above)
{
	const char *top = v2_group();
	struct ts t;

	hand_down(top);
	t_write_file(t_fmt("%s/pids.max", top), "0");
	below(&t, top);
	ts_fails(&t, EAGAIN, CONTAIN_PHASE_PARENT, "clone", "container", "pids.max");
}

/* ---- little memory: the caller, 200 MiB large, shares its own with the child ---- */

static void one_limit(uint64_t bytes, const char *parent, int *failed, int *ran)
{
	contain_error *e = NULL;
	container_exit *x = NULL;
	struct ts t;
	int r;

	ts_dir(&t, 0);
	ts_words(&t, "exit");
	if (parent)
		container_spec_set_cgroup_parent(t.spec, AT_FDCWD, parent);
	container_spec_set_memory_max(t.spec, bytes);
	for (int i = 0; i < 30; i++)
		container_spec_add_tmpfs(t.spec, t_fmt("/job/%d", i), 0, 0755);
	r = container_spawn(t.spec, &t.c, &e);
	if (r < 0) {
		/* socket(2) says ENFILE, tmpfs may say ENOSPC */
		T_CHECK(r == -ENOMEM || r == -ENFILE || r == -ENOSPC, "%s",
			contain_error_message(e));
		T_CHECK(strstr(contain_error_hint(e), "memory_max_bytes"), "%s",
			contain_error_message(e));
		T_CHECK(contain_error_step(e) > 0);
		if (!*failed)
			t_note("%llu KiB: %s", (unsigned long long)bytes >> 10,
			       contain_error_message(e));
		(*failed)++;
		contain_error_free(e);
		ts_free(&t);
		return;
	}
	/* it got to exec; there it may have died, but not alone of an error that nobody told */
	ck_assert_int_eq(container_wait(t.c, -1, &x, NULL), 0);
	if (container_exit_signal(x))
		ck_assert_int_eq(container_exit_oom_killed(x), 1);
	else
		(*ran)++;
	container_exit_free(x);
	ts_end(&t);
}

TEST_LIMIT(little_memory, 60)
{
	static const uint64_t limits[] = { 4096,    65536,   262144,  524288,
					   1 << 20, 2 << 20, 4 << 20, 64 << 20 };
	const char *parent = NULL;
	int failed = 0, ran = 0;
	size_t size = 200 << 20;
	char *memory;

	ts_need_limits();
	if (!t_cgroup_mount("memory"))
		hand_down(parent = v2_group());
	memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	T_CHECK(memory != MAP_FAILED);
	memset(memory, 'x', size);
	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++)
		one_limit(limits[i], parent, &failed, &ran);
	/* we live; so does all that we had */
	for (size_t i = 0; i < size; i += 4096)
		T_CHECK(memory[i] == 'x');
	T_CHECK(failed > 0, "no limit was too small: the test shows nothing");
	T_CHECK(ran > 0, "no limit was large enough");
	t_note("%d failed, %d ran", failed, ran);
	munmap(memory, size);
}
