/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Every system call of the functions for limits fails once, also after it was done. A group that
 * could not be limited is not there, a set of limits that could not be applied is applied not at
 * all, and what is read is so. LONG=1: every error at each position.
 */
#include "t_each.h"

#include "cgroup/limits.h"
#include "sys/sys.h"

#include <contain/cgroup.h>
#include <contain/cgroup_io.h>
#include <contain/cgroup_limits.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *parent, *group;
static int parent_fd, group_fd;
static contain_limits *set, *was, *effective;

static int same(const contain_limits *a, const contain_limits *b)
{
	if (a->n != b->n)
		return 0;
	for (size_t i = 0; i < a->n; i++)
		if (strcmp(a->v[i].file, b->v[i].file) || strcmp(a->v[i].value, b->v[i].value))
			return 0;
	return 1;
}

/* All of a is in b. */
static int within(const contain_limits *a, const contain_limits *b)
{
	for (size_t i = 0; i < a->n; i++) {
		const struct ct_limit *l = ct_limits_find(b, a->v[i].file, a->v[i].sub);

		if (!l || strcmp(l->value, a->v[i].value))
			return 0;
	}
	return 1;
}

/* What the kernel shows of the set; the raw files are in no set that is read. */
static int holds(const char *dir, int fd)
{
	contain_limits *now;
	char text[64];
	int ok = 1;

	ck_assert_int_eq(contain_limits_read(fd, &now, NULL), 0);
	for (size_t i = 0; i < set->n && ok; i++) {
		const struct ct_limit *l = &set->v[i], *seen;

		if (l->row->id == CT_LIMIT_RAW) {
			ok = t_read_file(t_fmt("%s/%s", dir, l->file), text, sizeof(text)) > 0 &&
			     !strncmp(text, l->value, strlen(l->value));
			continue;
		}
		seen = ct_limits_find(now, l->file, l->sub);
		ok = seen && !strcmp(seen->value, l->value);
	}
	contain_limits_free(now);
	return ok;
}

static void reset_group(void)
{
	contain_error *err = NULL;

	T_CHECK(contain_limits_apply(was, group_fd, &err) == 0, "%s", contain_error_message(err));
	t_write_file(t_fmt("%s/cgroup.max.depth", group), "max");
	t_write_file(t_fmt("%s/cgroup.max.descendants", group), "max");
}

static int run_create(const char *what)
{
	int fd = -7, r = contain_cgroup_create_limited(parent_fd, "new", set, &fd, &error);

	ct_seam->on = 0;
	if (r < 0) {
		T_EXPECT(fd == -7, "%s", what);
		T_EXPECT(access(t_fmt("%s/new", parent), F_OK) < 0, "%s: a group is left", what);
		rmdir(t_fmt("%s/new", parent));
		return r;
	}
	T_EXPECT(holds(t_fmt("%s/new", parent), fd), "%s: a limit is missing", what);
	close(fd);
	T_SYS(rmdir(t_fmt("%s/new", parent)));
	return r;
}

static int run_apply(const char *what)
{
	int r = contain_limits_apply(set, group_fd, &error);
	contain_limits *now;
	char depth[32];

	ct_seam->on = 0;
	if (r == 0) {
		T_EXPECT(holds(group, group_fd), "%s: a limit is missing", what);
		reset_group();
		return r;
	}
	ck_assert_int_eq(contain_limits_read(group_fd, &now, NULL), 0);
	T_EXPECT(same(now, was), "%s: not as it was", what);
	t_read_file(t_fmt("%s/cgroup.max.depth", group), depth, sizeof(depth));
	T_EXPECT(!strcmp(depth, "max\n"), "%s: depth %s", what, depth);
	contain_limits_free(now);
	reset_group();
	return r;
}

static int run_read(const char *what)
{
	contain_limits *l = (void *)1;
	int r = contain_limits_read(group_fd, &l, &error);

	ct_seam->on = 0;
	T_CHECK(r == 0 || l == (void *)1);
	if (r == 0) {
		T_EXPECT(within(l, was), "%s", what);
		T_EXPECT(injected == -ENOENT || injected == -EOPNOTSUPP || same(l, was),
			 "%s: something is missing", what);
		contain_limits_free(l);
	}
	return r;
}

static int run_effective(const char *what)
{
	contain_limits *l = (void *)1;
	int r = contain_limits_effective(group_fd, &l, &error);

	ct_seam->on = 0;
	T_CHECK(r == 0 || l == (void *)1);
	if (r == 0) {
		T_EXPECT(injected == -ENOENT || injected == -EOPNOTSUPP || same(l, effective), "%s",
			 what);
		contain_limits_free(l);
	}
	return r;
}

static int run_reclaim(const char *what)
{
	int r = contain_cgroup_reclaim(group_fd, 4096, &error);

	ct_seam->on = 0;
	/* nothing is there to be taken */
	if (!injected && r == -EAGAIN) {
		contain_error_free(error);
		error = NULL;
		return 0;
	}
	return r;
}

static int run_device(const char *what)
{
	uint32_t major = 77, minor = 78;
	int r = contain_block_device(AT_FDCWD, t_guest() ? "/dev/vda" : "/", &major, &minor,
				     &error);

	ct_seam->on = 0;
	T_EXPECT(r == 0 ? major != 77 : major == 77 && minor == 78, "%s: %u:%u", what, major,
		 minor);
	return r;
}

static const struct each_path paths[] = {
	{ "create", run_create },	{ "apply", run_apply },	    { "read", run_read },
	{ "effective", run_effective }, { "reclaim", run_reclaim }, { "device", run_device },
};
#define PATHS (sizeof(paths) / sizeof(paths[0]))

static void grave_is_told(const char *what, int r)
{
	int grave = injected == -ENOMEM || injected == -EMFILE || injected == -ENFILE;

	T_EXPECT(!grave || r == injected, "%s: %d", what, r);
}

/* All that this machine has in cgroup v2: on a hybrid host little more than hugetlb. */
static void make_set(void)
{
	ck_assert_int_eq(contain_limits_new(&set), 0);
	if (!access(t_fmt("%s/memory.max", parent), F_OK)) {
		contain_limits_set_cpuset_mems(set, "0");
		contain_limits_set_cpu_idle(set, 1);
		contain_limits_set_cpu_max(set, 20000, 50000);
		contain_limits_set_cpu_max_burst(set, 1000);
		contain_limits_set_memory_oom_group(set, 1);
		contain_limits_set_memory_high(set, 8 << 20);
		contain_limits_set_memory_max(set, 16 << 20);
		contain_limits_set_pids_max(set, 7);
	}
	if (!access(t_fmt("%s/hugetlb.2MB.max", parent), F_OK)) {
		contain_limits_set_hugetlb_max(set, 2 << 20, 4 << 20);
		contain_limits_set_hugetlb_rsvd_max(set, 2 << 20, 4 << 20);
	}
	contain_limits_set_raw(set, "cgroup.max.depth", "3");
	contain_limits_set_raw(set, "cgroup.max.descendants", "4");
	ck_assert_int_eq(contain_limits_check(set, NULL), 0);
}

TEST_LIMIT(every_call_fails_once, 200)
{
	contain_error *err = NULL;
	int fd;

	t_need_root();
	parent = t_cgroup_make("cgroup2");
	parent_fd = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	make_set();
	/* so that the parent hands down what it has to, for the group below too */
	T_CHECK(contain_cgroup_create_limited(parent_fd, "g", set, &fd, &err) == 0, "%s",
		contain_error_message(err));
	close(fd);
	T_SYS(unlinkat(parent_fd, "g", AT_REMOVEDIR));
	T_SYS(mkdirat(parent_fd, "g", 0755));
	group = t_fmt("%s/g", parent);
	group_fd = open(group, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	ck_assert_int_eq(contain_limits_read(group_fd, &was, NULL), 0);
	ck_assert_int_eq(contain_limits_effective(group_fd, &effective, NULL), 0);
	fx_seam_open();
	for (size_t i = 0; i < PATHS; i++) {
		struct stat st;

		if (paths[i].run == run_device && !t_guest() &&
		    (stat("/", &st) < 0 || st.st_dev < 256))
			continue;
		if (paths[i].run == run_reclaim &&
		    access(t_fmt("%s/memory.reclaim", group), F_OK))
			continue;
		each_call(&paths[i], grave_is_told);
	}
}

/* A parent that has yet to hand down its controllers. */
static int run_enable(const char *what)
{
	int r = run_create(what);
	char text[200], word[40];

	ck_assert_int_ge(
		t_read_file(t_fmt("%s/cgroup.subtree_control", parent), text, sizeof(text)), 0);
	for (char *at = text, *next; *at && *at != '\n'; at = next) {
		next = at + strcspn(at, " \n");
		snprintf(word, sizeof(word), "-%.*s", (int)(next - at), at);
		next += *next == ' ';
		t_write_file(t_fmt("%s/cgroup.subtree_control", parent), word);
	}
	return r;
}

TEST_LIMIT(every_call_of_handing_down, 200)
{
	static const struct each_path path = { "create and enable", run_enable };

	t_need_root();
	parent = t_cgroup_make("cgroup2");
	parent_fd = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	ck_assert_int_eq(contain_limits_new(&set), 0);
	if (!access(t_fmt("%s/hugetlb.2MB.max", parent), F_OK))
		contain_limits_set_hugetlb_max(set, 2 << 20, 4 << 20);
	if (!access(t_fmt("%s/memory.max", parent), F_OK))
		contain_limits_set_memory_max(set, 4 << 20);
	if (!contain_limits_count(set))
		t_skip("no controller is in cgroup v2");
	fx_seam_open();
	each_call(&path, grave_is_told);
}
