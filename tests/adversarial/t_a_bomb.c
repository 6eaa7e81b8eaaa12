/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A39: thousands of processes, all of them orphans, and processes that fork and end for ever, while
 * their group is killed and removed. Nobody is left, and soon.
 */
#include "../live/t_cg_bite.h"

#include <contain/cgroup.h>
#include <dirent.h>
#include <signal.h>

/* Zombies among the children of this process. */
static int zombies(void)
{
	char path[64], list[8192], stat[256], *paren;
	int n = 0;

	snprintf(path, sizeof(path), "/proc/self/task/%d/children", getpid());
	if (t_read_file(path, list, sizeof(list)) <= 0)
		return 0;
	for (char *at = list, *end; strtol(at, &end, 10) > 0; at = end) {
		snprintf(path, sizeof(path), "/proc/%ld/stat", strtol(at, NULL, 10));
		paren = t_read_file(path, stat, sizeof(stat)) > 0 ? strrchr(stat, ')') : NULL;
		n += paren && paren[1] && paren[2] == 'Z';
	}
	return n;
}

static int many(void)
{
	return ts_rounds(5000, 5000, 500);
}

/* How it is held: by a pid namespace or by its group alone, with an init or without. */
enum { NAMESPACE = 1, INIT = 2 };

static void ended(int how)
{
	uint64_t begin, took;
	struct ts t;

	ts_dir(&t, 0);
	if (!(how & NAMESPACE)) {
		container_spec_set_namespaces(t.spec, CONTAIN_NS_MNT | CONTAIN_NS_CGROUP);
		container_spec_set_default_mounts(t.spec, CONTAIN_DEFAULT_DEV);
	}
	container_spec_set_init(t.spec, !!(how & INIT));
	ts_words(&t, t_fmt("bomb %d", many()));
	ts_start(&t);
	ts_wait_for(&t, "bombed");
	ts_has(&t, "bombed %d\n", many());
	begin = tb_usec();
	T_CHECK(container_delete(t.c, 10000 * t_slow(), &t.error) == 0, "%s",
		contain_error_message(t.error));
	took = tb_usec() - begin;
	t_note("%d orphans%s%s: all gone after %.0f ms", many(),
	       how & NAMESPACE ? "" : ", no pid namespace", how & INIT ? ", with an init" : "",
	       (double)took / 1000);
	ck_assert_int_eq(zombies(), 0);
	T_CHECK(took < 1000000ULL * (uint64_t)t_slow() * (T_SANITIZED ? 5 : 1), "%llu us",
		(unsigned long long)took);
	ts_free(&t);
}

TEST_LIMIT(a39_orphans, 60)
{
	t_need_root();
	ended(NAMESPACE);
	ended(NAMESPACE | INIT);
}

TEST_LIMIT(a39_orphans_of_a_group_alone, 60)
{
	t_need_root();
	if (!t_cgroup_mount("cgroup2"))
		t_skip("no cgroup2 is mounted");
	ended(0);
	ended(INIT);
}

/* They fork and end all the time, and their group is taken away below them. */
TEST_LIMIT(a39_delete_while_they_fork, 60)
{
	contain_limits *l = tb_limits();
	uint64_t most = 0;
	struct ts t;

	tb_need_one_of_both("pids");
	contain_limits_set_pids_max(l, 60);
	for (int i = 0; i < ts_rounds(200, 30, 6); i++) {
		uint64_t begin;

		tb_dir(&t, l);
		if (i % 2) {
			container_spec_set_namespaces(t.spec, CONTAIN_NS_MNT | CONTAIN_NS_CGROUP);
			container_spec_set_default_mounts(t.spec, CONTAIN_DEFAULT_DEV);
		}
		ts_words(&t, "bomb");
		ts_start(&t);
		ts_wait_for(&t, "multiplying\n");
		usleep((unsigned int)(i % 7) * 1000);
		begin = tb_usec();
		T_CHECK(container_delete(t.c, 10000 * t_slow(), &t.error) == 0, "%s",
			contain_error_message(t.error));
		if (tb_usec() - begin > most)
			most = tb_usec() - begin;
		ck_assert_int_eq(zombies(), 0);
		ts_free(&t);
	}
	t_note("gone after %.1f ms at most", (double)most / 1000);
	T_CHECK(most < 1000000ULL * (uint64_t)t_slow() * (T_SANITIZED ? 5 : 1), "%llu us",
		(unsigned long long)most);
	contain_limits_free(l);
}

/* ---- the same by primitives, against killing by list ---- */

/* A tree of processes that multiply; at most so many at a time, by their parent alone. */
static void multiply(const char *group, int depth)
{
	t_write_file(t_fmt("%s/cgroup.procs", group), "0");
	for (int i = 0; i < 12 && depth == 0; i++)
		if (fork() == 0)
			for (;;) {
				pid_t pid = fork();

				if (pid > 0)
					_exit(0); /* who was listed is gone, and has a successor */
				usleep(20);
			}
	for (;;)
		pause();
}

static pid_t start_multiplying(const char *group)
{
	pid_t pid = fork();

	if (pid == 0) {
		signal(SIGCHLD, SIG_IGN);
		multiply(group, 0);
	}
	T_SYS(pid);
	usleep(30000 * (unsigned int)t_slow());
	return pid;
}

static int processes_in(const char *group)
{
	char text[8192] = "";
	int n = 0;

	t_read_file(t_fmt("%s/cgroup.procs", group), text, sizeof(text));
	for (char *at = text; (at = strchr(at, '\n')); at++)
		n++;
	return n;
}

/* Reads the list once and kills what is in it, on a machine that lets it wait in between. */
static int naive_kill(const char *group)
{
	char text[8192] = "";

	t_read_file(t_fmt("%s/cgroup.procs", group), text, sizeof(text));
	usleep(500 * (unsigned int)t_slow());
	for (char *at = text, *end; strtol(at, &end, 10) > 0; at = end)
		kill((pid_t)strtol(at, NULL, 10), SIGKILL);
	usleep(20000 * (unsigned int)t_slow());
	return processes_in(group);
}

TEST_LIMIT(a39_trees_removed_while_they_fork, 60)
{
	const char *top = t_cgroup_make("cgroup2"), *group;
	int fd = open(top, O_RDONLY | O_DIRECTORY | O_CLOEXEC), fell = 0;
	contain_error *e = NULL;
	pid_t pid;

	T_SYS(fd);
	for (int i = 0; i < ts_rounds(100, 20, 4); i++) {
		group = t_fmt("%s/tree", top);
		T_SYS(mkdir(group, 0755));
		T_SYS(mkdir(t_fmt("%s/below", group), 0755));
		pid = start_multiplying(i % 2 ? t_fmt("%s/below", group) : group);
		T_CHECK(contain_cgroup_remove_tree(fd, "tree", CONTAIN_CGROUP_KILL,
						   5000 * t_slow(), &e) == 0,
			"%s", contain_error_message(e));
		T_CHECK(access(group, F_OK) < 0);
		waitpid(pid, NULL, 0);
	}
	/* the control: by the list, and by removing what is not empty */
	for (int i = 0; i < 8 && !fell; i++) {
		group = t_fmt("%s/naive-%d", top, i);
		T_SYS(mkdir(group, 0755));
		pid = start_multiplying(group);
		fell = naive_kill(group) > 0 && rmdir(group) < 0;
		waitpid(pid, NULL, 0);
		T_CHECK(contain_cgroup_remove_tree(fd, t_fmt("naive-%d", i), CONTAIN_CGROUP_KILL,
						   5000 * t_slow(), &e) == 0,
			"%s", contain_error_message(e));
	}
	T_CHECK(fell, "the control survives, this proves nothing");
	close(fd);
}

/* ---- in bulk ---- */

TEST_LIMIT(many_groups, 60)
{
	const char *top = t_cgroup_make("cgroup2");
	int n = ts_rounds(5000, 1000, 200), fd = open(top, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	char name[CONTAIN_CGROUP_NAME_SIZE];
	uint64_t begin = tb_usec(), made;
	contain_error *e = NULL;

	T_SYS(fd);
	for (int i = 0; i < n; i++) {
		int group;

		T_CHECK((i % 2 ? contain_cgroup_create_unique(fd, "bulk", &group, name,
							      sizeof(name), &e) :
				 contain_cgroup_create_path(fd, t_fmt("deep/%d/%d", i % 50, i),
							    &group, &e)) >= 0,
			"%d: %s", i, contain_error_message(e));
		close(group);
	}
	made = tb_usec() - begin;
	begin = tb_usec();
	/* nobody holds them any more */
	ck_assert_int_eq(contain_cgroup_gc(fd, "bulk", &e), n / 2);
	ck_assert_int_eq(contain_cgroup_remove_tree(fd, "deep", 0, 10000, &e), 0);
	t_note("%d groups: made in %.0f ms, removed in %.0f ms", n, (double)made / 1000,
	       (double)(tb_usec() - begin) / 1000);
	T_SYS(rmdir(top)); /* nothing is left in it */
	T_SYS(mkdir(top, 0755));
	close(fd);
}
