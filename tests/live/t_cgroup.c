/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Groups of real starts: a child enters, limits bite, and nothing stays. */
#include "harness.h"
#include "t_cgroup.h"

/* ---- a start, from beginning to end ------------------------------ */

TEST(group_of_its_own)
{
	const char *parent = t_cgroup_make("cgroup2");
	struct ct_group_usage u;
	struct start *s;
	struct t_state *before;
	char text[200];
	pid_t pid;

	before = t_state_take(T_FDS | T_CGROUPS);
	s = spec_in(parent);
	ck_assert_int_eq(begin(s), 0);
	ck_assert_int_eq(below(parent), 1);
	ck_assert_int_eq(ct_group_name_ours(s->run.group->name), 1);
	pid = enter(s, fn_sleep);
	T_CHECK(pid > 0, "%m");
	t_read_file(t_fmt("%s/%s/cgroup.procs", parent, s->run.group->name), text, sizeof(text));
	ck_assert_int_eq(atoi(text), pid);
	/* somebody is in it: it stays, and nobody is moved */
	ck_assert_int_eq(ct_group_remove(s->run.group, 0), -EBUSY);
	ck_assert_int_eq(ct_group_remove(s->run.group, ct_now_nsec() + 20000000), -EBUSY);
	ck_assert_int_eq(ct_group_kill(s->run.group), 0);
	ck_assert_int_eq(WTERMSIG(status_of(pid)), SIGKILL);
	ck_assert_int_eq(ct_group_usage(s->run.group, &u), 0);
	ck_assert_int_eq(u.has_cpu, 1);
	ck_assert_int_eq(ct_group_remove(s->run.group, soon()), 0);
	ck_assert_int_eq(ct_group_remove(s->run.group, 0), 0);
	ck_assert_int_eq(ct_group_kill(s->run.group), 0);
	ck_assert_int_eq(below(parent), 0);
	end(s);
	t_state_check(before);
}

/* Killed and removed at once, as delete does it: the first rmdir meets dying processes. */
TEST_LIMIT(kill_and_remove_many_times, 60)
{
	const char *parent = t_cgroup_make("cgroup2");
	int n = (int)t_sample(2000, 100), busy = 0;

	for (int i = 0; i < n; i++) {
		struct start *s = spec_in(parent);
		pid_t pid;

		ck_assert_int_eq(begin(s), 0);
		pid = enter(s, fn_sleep);
		ck_assert_int_eq(ct_group_kill(s->run.group), 0);
		busy += ct_group_remove(s->run.group, 0) < 0;
		ck_assert_int_eq(ct_group_remove(s->run.group, soon()), 0);
		status_of(pid);
		end(s);
	}
	ck_assert_int_eq(below(parent), 0);
	t_note("rmdir right after kill was EBUSY %d times of %d", busy, n);
}

TEST(frozen_dies)
{
	const char *parent = t_cgroup_make("cgroup2");
	struct start *s = spec_in(parent);
	pid_t pid;

	ck_assert_int_eq(begin(s), 0);
	pid = enter(s, fn_sleep);
	t_write_file(t_fmt("%s/%s/cgroup.freeze", parent, s->run.group->name), "1");
	usleep(10000);
	ck_assert_int_eq(ct_group_kill(s->run.group), 0);
	ck_assert_int_eq(ct_group_remove(s->run.group, soon()), 0);
	ck_assert_int_eq(WTERMSIG(status_of(pid)), SIGKILL);
	end(s);
}

/* What a container with a writable cgroup file system leaves: a tree without processes. */
TEST(groups_of_the_container_go_too)
{
	const char *parent = t_cgroup_make("cgroup2");
	struct start *s = spec_in(parent);
	char *path;

	ck_assert_int_eq(begin(s), 0);
	path = t_fmt("%s/%s", parent, s->run.group->name);
	for (int i = 0; i < 5; i++) {
		make_group(t_fmt("%s/b%d", path, i));
		path = t_fmt("%s/a", path);
		make_group(path);
	}
	ck_assert_int_eq(ct_group_remove(s->run.group, 0), 0);
	ck_assert_int_eq(below(parent), 0);
	end(s);
}

/* fds 0 to 2 are what the payload inherits: a group's fd there would be handed to it. */
static int without_stdio(void *arg, void *rec)
{
	struct start *s;

	close(0), close(1), close(2);
	s = spec_in(arg);
	ck_assert_int_eq(begin(s), 0);
	T_CHECK(s->run.group->fd > 2 && s->run.group->events > 2);
	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(fcntl(i, F_GETFD), -1);
	ck_assert_int_eq(ct_group_remove(s->run.group, 0), 0);
	end(s);
	return 0;
}

TEST(closed_stdio)
{
	ck_assert_int_eq(t_child(without_stdio, (void *)t_cgroup_make("cgroup2"), NULL, 0), 0);
}

static int without_fds(void *arg, void *rec)
{
	struct start *s = spec_in(arg);
	pid_t pid;
	int fd = 0;

	ck_assert_int_eq(begin(s), 0);
	pid = enter(s, fn_sleep);
	while (fd >= 0)
		fd = dup(0);
	ck_assert_int_eq(errno, EMFILE);
	ck_assert_int_eq(ct_group_kill(s->run.group), 0);
	ck_assert_int_eq(WTERMSIG(status_of(pid)), SIGKILL);
	ck_assert_int_eq(ct_group_remove(s->run.group, soon()), 0);
	return 0;
}

TEST(killed_and_removed_without_a_free_fd)
{
	const char *parent = t_cgroup_make("cgroup2");

	ck_assert_int_eq(t_child(without_fds, (void *)parent, NULL, 0), 0);
	ck_assert_int_eq(below(parent), 0);
}

/* ---- limits ------------------------------ */

static void ask_all(struct start *s)
{
	ck_assert_int_eq(container_spec_set_memory_max(&s->spec, 32 << 20), 0);
	ck_assert_int_eq(container_spec_set_pids_max(&s->spec, 9), 0);
	ck_assert_int_eq(container_spec_set_cpu_max(&s->spec, 20000, 50000), 0);
}

/* Limits in force, seen by what they do. Their files are below dir_of(controller)/name. */
static void limits_bite(const char *parent)
{
	struct ct_group_usage u;
	struct start *s = spec_in(parent);
	int status;

	ask_all(s);
	T_CHECK(begin(s) == 0, "%s; %s", s->hint, contain_error_message(s->err));
	status = status_of(enter(s, fn_eat));
	T_CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL, "status 0x%x", status);
	ck_assert_int_eq(ct_group_usage(s->run.group, &u), 0);
	ck_assert_int_eq(u.has_oom_killed, 1);
	ck_assert_uint_eq(u.oom_killed, 1);
	if (u.has_memory_peak) /* memory.peak is there since 5.19 */
		T_CHECK(u.memory_peak_bytes > 16 << 20 && u.memory_peak_bytes <= 32 << 20);
	t_note("oom_killed %ju, memory_peak %ju (%d), cpu_usec %ju (%d)", (uintmax_t)u.oom_killed,
	       (uintmax_t)u.memory_peak_bytes, u.has_memory_peak, (uintmax_t)u.cpu_usec, u.has_cpu);
	status = status_of(enter(s, fn_forks));
	T_CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 8, "status 0x%x", status);
	ct_group_kill(s->run.group);
	ck_assert_int_eq(ct_group_remove(s->run.group, soon()), 0);
	end(s);
}

TEST(limits_v2)
{
	const char *parent = t_cgroup_make("cgroup2");
	char text[100];
	struct start *s;

	if (!is_v2(CT_CONTROLLER_MEMORY))
		t_skip("the controllers are not in v2 here");
	limits_bite(parent);
	/* what the kernel has is what was asked for */
	s = spec_in(parent);
	ask_all(s);
	ck_assert_int_eq(begin(s), 0);
	t_read_file(t_fmt("%s/%s/cpu.max", parent, s->run.group->name), text, sizeof(text));
	ck_assert_str_eq(text, "20000 50000\n");
	t_read_file(t_fmt("%s/%s/memory.max", parent, s->run.group->name), text, sizeof(text));
	ck_assert_str_eq(text, "33554432\n");
	undo_all(s);
	ck_assert_int_eq(below(parent), 0);
	end(s);
}

/* The default place: made with all that is needed for the first container, gone after gc. */
TEST(default_place)
{
	struct start *s;
	char *home;

	t_need_root();
	s = spec_in(NULL);
	if (!*s->facts.delegated)
		t_skip("no place for groups here");
	home = t_fmt("%s%s/contain", s->facts.v2_mount,
		     strcmp(s->facts.delegated, "/") ? s->facts.delegated : "");
	if (is_v2(CT_CONTROLLER_MEMORY))
		ask_all(s);
	T_CHECK(begin(s) == 0, "%s", s->hint);
	ck_assert_int_eq(access(t_fmt("%s/%s", home, s->run.group->name), F_OK), 0);
	ck_assert_int_eq(WEXITSTATUS(status_of(enter(s, fn_nothing))), 7);
	ck_assert_int_eq(ct_group_remove(s->run.group, soon()), 0);
	T_CHECK(ct_group_gc(&s->facts, -1) >= 0);
	end(s);
	if (below(t_cgroup_mount("cgroup2")) && access(home, F_OK) == 0)
		t_note("%s is in use by others", home);
}

TEST(limits_v1)
{
	struct start *s;
	char text[100], *dir;
	int saved, out[2];

	t_need_root();
	s = spec_in(NULL);
	if (!t_cgroup_mount("memory") || !t_cgroup_mount("pids") || !t_cgroup_mount("cpu"))
		t_skip("no controllers in v1 here");
	if (!CT_HAVE_LIBCGROUP)
		t_skip("built without libcgroup");
	/* libcgroup may not say a word on stdout */
	T_SYS(pipe(out));
	saved = dup(1);
	dup2(out[1], 1);
	limits_bite(NULL);
	ask_all(s);
	ck_assert_int_eq(begin(s), 0);
	fflush(stdout);
	dup2(saved, 1);
	ck_assert_int_eq(poll(&(struct pollfd){ .fd = out[0], .events = POLLIN }, 1, 0), 0);
	dir = t_fmt("contain/%s", s->run.group->name);
	t_read_file(t_fmt("%s/%s/cpu.cfs_quota_us", t_cgroup_mount("cpu"), dir), text,
		    sizeof(text));
	ck_assert_str_eq(text, "20000\n");
	t_read_file(t_fmt("%s/%s/cpu.cfs_period_us", t_cgroup_mount("cpu"), dir), text,
		    sizeof(text));
	ck_assert_str_eq(text, "50000\n");
	undo_all(s);
	ck_assert_int_eq(access(t_fmt("%s/%s", t_cgroup_mount("pids"), dir), F_OK), -1);
	ck_assert_int_eq(access(t_fmt("%s/%s", t_cgroup_mount("memory"), dir), F_OK), -1);
	T_CHECK(ct_group_gc(&s->facts, -1) >= 0);
	end(s);
}

/* ---- what is refused, by its real cause ------------------------------ */

static void refused(struct start *s, int want, const char *hint)
{
	int r = begin(s);

	T_CHECK(r == want, "%d; %s", r, s->hint);
	T_CHECK(strstr(s->hint, hint), "%s", s->hint);
	ck_assert_int_eq(s->run.group->fd, -1);
	ck_assert_int_eq(s->run.fd[CT_SLOT_GROUP], -1);
	end(s);
}

TEST(frozen_parent)
{
	const char *top = t_cgroup_make("cgroup2"), *parent = t_fmt("%s/mid", top);

	make_group(parent);
	t_write_file(t_fmt("%s/cgroup.freeze", top), "1");
	usleep(10000);
	refused(spec_in(parent), -EBUSY, "frozen");
	t_write_file(t_fmt("%s/cgroup.freeze", top), "0");
	ck_assert_int_eq(below(parent), 0);
}

TEST(oom_group_above)
{
	const char *top = t_cgroup_make("cgroup2"), *parent = t_fmt("%s/mid", top);
	struct start *s;

	if (!is_v2(CT_CONTROLLER_MEMORY))
		t_skip("memory is not in v2 here");
	make_group(parent);
	t_write_file(t_fmt("%s/memory.oom.group", top), "1");
	s = spec_in(parent);
	ck_assert_int_eq(begin(s), 0);
	ck_assert_ptr_nonnull(s->run.own_memory);
	undo_all(s);
	ck_assert_int_eq(below(parent), 0);
	t_write_file(t_fmt("%s/memory.oom.group", top), "0");
	s = spec_in(parent);
	ck_assert_int_eq(begin(s), 0);
	ck_assert_ptr_null(s->run.own_memory);
	undo_all(s);
}

TEST(parents_at_fault)
{
	const char *top = t_cgroup_make("cgroup2"), *tmp = t_tmpdir();
	struct start *s;
	int fd;

	refused(spec_in(t_fmt("%s/none", top)), -ENOENT, "does not exist");
	refused(spec_in(t_fmt("%s/cgroup.procs", top)), -ENOTDIR, "not a directory");
	refused(spec_in(tmp), -EOPNOTSUPP, "not on a cgroup2 file system");
	ck_assert_int_eq(below(tmp), 0);
	/* by fd: another directory of the same name is not the one that was given */
	make_group(t_fmt("%s/a", top));
	fd = open(t_fmt("%s/a", top), O_RDONLY | O_DIRECTORY);
	s = spec_in(NULL);
	ck_assert_int_eq(container_spec_set_cgroup_parent(&s->spec, fd, ""), 0);
	ck_assert_int_eq(begin(s), 0);
	undo_all(s);
	end(s);
	s = spec_in(NULL);
	ck_assert_int_eq(container_spec_set_cgroup_parent(&s->spec, fd, ""), 0);
	T_SYS(rmdir(t_fmt("%s/a", top)));
	make_group(t_fmt("%s/a", top));
	refused(s, -ESTALE, "another group");
	ck_assert_int_eq(below(t_fmt("%s/a", top)), 0);
	t_write_file(t_fmt("%s/cgroup.max.descendants", top), "1");
	refused(spec_in(top), -EAGAIN, "cgroup.max.descendants");
	close(fd);
}

TEST(processes_in_the_way)
{
	const char *parent = t_cgroup_make("cgroup2");
	struct start *s = spec_in(parent);
	pid_t pid;

	if (!is_v2(CT_CONTROLLER_PIDS))
		t_skip("pids is not in v2 here");
	pid = fork();
	if (!pid)
		fn_sleep();
	t_write_file(t_fmt("%s/cgroup.procs", parent), t_fmt("%d", pid));
	container_spec_set_pids_max(&s->spec, 3);
	refused(s, -EBUSY,
		t_fmt("no-internal-process rule: the parent group cannot hand down pids "
		      "while it has processes of its own (pid %d)",
		      pid));
	ck_assert_int_eq(below(parent), 0);
	kill(pid, SIGKILL);
	status_of(pid);
}

static int as_stranger(void *arg, void *rec)
{
	refused(spec_in(arg), -EACCES, "systemd-run --user --scope -p Delegate=yes");
	return 0;
}

TEST(not_delegated)
{
	const char *parent = t_cgroup_make("cgroup2");

	t_as_user(as_stranger, (void *)parent);
	ck_assert_int_eq(below(parent), 0);
}

static int as_owner(void *arg, void *rec)
{
	struct start *s = spec_in(NULL);

	ck_assert_str_eq(s->facts.delegated, arg);
	limits_bite(NULL);
	ck_assert_int_eq(container_spec_set_pids_max(&s->spec, 3), 0);
	ck_assert_int_eq(begin(s), 0);
	ck_assert_int_eq(ct_group_gc(&s->facts, -1), 0);
	ct_group_free(s->run.group); /* and forgets it */
	s->run.group = NULL;
	ck_assert_int_eq(ct_group_gc(&s->facts, -1), 1);
	return 0;
}

/* The rootless case: a subtree of the user's own, the caller in a leaf of it. */
TEST(delegated)
{
	static const char *const files[] = {
		"",	 "/cgroup.procs",      "/cgroup.subtree_control",     "/cgroup.threads",
		"/leaf", "/leaf/cgroup.procs", "/leaf/cgroup.subtree_control"
	};
	const char *top = t_cgroup_make("cgroup2"), *mount = t_cgroup_mount("cgroup2");

	if (!is_v2(CT_CONTROLLER_MEMORY))
		t_skip("the controllers are not in v2 here");
	make_group(t_fmt("%s/leaf", top));
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		T_SYS(chown(t_fmt("%s%s", top, files[i]), T_UID, T_GID));
	t_write_file(t_fmt("%s/leaf/cgroup.procs", top), "0");
	t_as_user(as_owner, (void *)(top + strlen(mount)));
	ck_assert_int_eq(below(top), 1);
	t_write_file(t_fmt("%s/cgroup.procs", mount), "0");
}
