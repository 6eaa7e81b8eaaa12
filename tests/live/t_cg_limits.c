/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Limits on real groups: made with them, applied, read. Most of it in a guest only. */
#include "t_cg_limits.h"

/* ---- making ------------------------------------------------------ */

TEST(created_with_all_limits)
{
	const char *parent = t_cgroup_make("cgroup2"), *g = t_fmt("%s/a", parent);
	struct t_state *before;
	contain_limits *l = fresh();
	contain_error *err = NULL;
	uint32_t major, minor;
	int fd, dir = open_dir(parent);

	need_controllers(parent);
	disk(&major, &minor);
	contain_limits_set_cpu_weight(l, 70);
	contain_limits_set_cpu_max(l, 50000, 100000);
	contain_limits_set_cpu_max_burst(l, 10000);
	contain_limits_set_cpuset_cpus(l, "0");
	contain_limits_set_cpuset_mems(l, "0");
	contain_limits_set_memory_min(l, 4096);
	contain_limits_set_memory_low(l, 8192);
	contain_limits_set_memory_high(l, 32 << 20);
	contain_limits_set_memory_max(l, (64 << 20) + 1);
	contain_limits_set_memory_oom_group(l, 1);
	contain_limits_set_io_max(l, major, minor, CONTAIN_IO_RBPS, 1 << 20);
	contain_limits_set_io_max(l, major, minor, CONTAIN_IO_WIOPS, 100);
	contain_limits_set_pids_max(l, 20);
	contain_limits_set_hugetlb_max(l, 2 << 20, 4 << 20);
	contain_limits_set_hugetlb_rsvd_max(l, 2 << 20, 2 << 20);
	contain_limits_set_raw(l, "cgroup.max.depth", "3");
	before = t_state_take(T_FDS);
	ok(contain_cgroup_create_limited(dir, "a", l, &fd, &err), &err);
	ck_assert_str_eq(line(g, "cpu.weight"), "70");
	ck_assert_str_eq(line(g, "cpu.max"), "50000 100000");
	ck_assert_str_eq(line(g, "cpu.max.burst"), "10000");
	ck_assert_str_eq(line(g, "cpuset.cpus"), "0");
	ck_assert_str_eq(line(g, "cpuset.mems"), "0");
	ck_assert_str_eq(line(g, "memory.min"), "4096");
	ck_assert_str_eq(line(g, "memory.low"), "8192");
	ck_assert_str_eq(line(g, "memory.high"), "33554432");
	ck_assert_str_eq(line(g, "memory.max"), "67108864");
	ck_assert_str_eq(line(g, "memory.oom.group"), "1");
	ck_assert_str_eq(line(g, "io.max"),
			 t_fmt("%u:%u rbps=1048576 wbps=max riops=max wiops=100", major, minor));
	ck_assert_str_eq(line(g, "pids.max"), "20");
	ck_assert_str_eq(line(g, "hugetlb.2MB.max"), "4194304");
	ck_assert_str_eq(line(g, "hugetlb.2MB.rsvd.max"), "2097152");
	ck_assert_str_eq(line(g, "cgroup.max.depth"), "3");
	close(fd);
	t_state_check(before);
	contain_limits_free(l);
	close(dir);
}

/* Only what is missed is handed down. */
TEST(enabled_only_where_missing)
{
	const char *parent = t_cgroup_make("cgroup2");
	contain_limits *l = fresh();
	contain_error *err = NULL;
	int fd, dir = open_dir(parent);

	need_controllers(parent);
	ck_assert_str_eq(line(parent, "cgroup.subtree_control"), "");
	ok(contain_cgroup_create_limited(dir, "none", l, &fd, &err), &err);
	close(fd);
	ck_assert_str_eq(line(parent, "cgroup.subtree_control"), "");
	contain_limits_set_memory_max(l, 1 << 20);
	contain_limits_set_memory_high(l, 1 << 20);
	contain_limits_set_pids_max(l, 5);
	ok(contain_cgroup_create_limited(dir, "b", l, &fd, &err), &err);
	close(fd);
	ck_assert_str_eq(line(parent, "cgroup.subtree_control"), "memory pids");
	contain_limits_free(l);
	close(dir);
}

/* A failure in the middle leaves no group. */
TEST(no_group_when_one_limit_fails)
{
	const char *parent = t_cgroup_make("cgroup2");
	struct t_state *before;
	contain_limits *l = fresh();
	contain_error *err = NULL;
	int fd = -7, dir = open_dir(parent);

	need_controllers(parent);
	contain_limits_set_memory_max(l, 1 << 20);
	contain_limits_set_io_max(l, 99, 9, CONTAIN_IO_RBPS, 100);
	before = t_state_take(T_FDS | T_CGROUPS);
	told(contain_cgroup_create_limited(dir, "a", l, &fd, &err), -ENODEV, &err, "io.max",
	     "contain_block_device()");
	ck_assert_int_eq(fd, -7);
	ck_assert_int_eq(has(parent, "a"), 0);
	t_state_check(before);
	contain_limits_free(l);
	close(dir);
}

TEST(parent_with_processes)
{
	const char *parent = t_cgroup_make("cgroup2");
	contain_limits *l = fresh();
	contain_error *err = NULL;
	int fd, dir = open_dir(parent);
	pid_t pid;

	need_controllers(parent);
	pid = sleeper(parent);
	contain_limits_set_memory_max(l, 1 << 20);
	told(contain_cgroup_create_limited(dir, "a", l, &fd, &err), -EBUSY, &err, "memory.max",
	     t_fmt("pid %d", pid));
	ck_assert_int_eq(has(parent, "a"), 0);
	/* of threads: this would make a threaded domain of it */
	contain_limits_free(l);
	l = fresh();
	contain_limits_set_pids_max(l, 5);
	told(contain_cgroup_create_limited(dir, "a", l, &fd, &err), -EBUSY, &err, "pids.max",
	     t_fmt("pid %d", pid));
	ck_assert_int_eq(has(parent, "a"), 0);
	stop(pid);
	contain_limits_free(l);
	close(dir);
}

TEST(bad_arguments)
{
	const char *parent = t_cgroup_make("cgroup2");
	static const char *const names[] = { "", ".", "..", "a/b", "/a", "a\nb", "cgroup.x" };
	contain_limits *l = fresh(), *bad = fresh(), *out = (void *)1;
	contain_error *err = NULL;
	int fd = -7, dir = open_dir(parent), tmp = open_dir(t_tmpdir());

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		told(contain_cgroup_create_limited(dir, names[i], l, &fd, &err), -EINVAL, &err,
		     "name", "one name");
	told(contain_cgroup_create_limited(dir, NULL, l, &fd, &err), -EINVAL, &err, "name", "NULL");
	told(contain_cgroup_create_limited(dir, "a", NULL, &fd, &err), -EINVAL, &err, "limits",
	     "NULL");
	told(contain_cgroup_create_limited(dir, "a", l, NULL, &err), -EINVAL, &err, "ret_fd",
	     "NULL");
	told(contain_cgroup_create_limited(tmp, "a", l, &fd, &err), -EOPNOTSUPP, &err, "parent_fd",
	     "cgroup2");
	told(contain_cgroup_create_limited(-1, "a", l, &fd, &err), -EBADF, &err, "parent_fd", "");
	contain_limits_set_pids_max(bad, MAX - 1);
	told(contain_cgroup_create_limited(dir, "a", bad, &fd, &err), -EINVAL, &err, "pids_max",
	     "over the kernel's");
	ck_assert_int_eq(has(parent, "a"), 0);
	told(contain_limits_apply(NULL, dir, &err), -EINVAL, &err, "limits", "NULL");
	told(contain_limits_apply(bad, dir, &err), -EINVAL, &err, "pids_max", "over the kernel's");
	told(contain_limits_apply(l, tmp, &err), -EOPNOTSUPP, &err, "group_fd", "cgroup2");
	told(contain_limits_read(tmp, &out, &err), -EOPNOTSUPP, &err, "group_fd", "cgroup2");
	told(contain_limits_read(dir, NULL, &err), -EINVAL, &err, "ret_limits", "NULL");
	told(contain_limits_effective(tmp, &out, &err), -EOPNOTSUPP, &err, "group_fd", "cgroup2");
	told(contain_limits_effective(-1, &out, &err), -EBADF, &err, "group_fd", "");
	told(contain_cgroup_reclaim(tmp, 1, &err), -EOPNOTSUPP, &err, "group_fd", "cgroup2");
	told(contain_cgroup_reclaim(dir, 0, &err), -EINVAL, &err, "bytes", "0");
	T_CHECK(out == (void *)1 && fd == -7);
	ok(contain_cgroup_create_limited(dir, "a", l, &fd, &err), &err);
	told(contain_cgroup_create_limited(dir, "a", l, &tmp, &err), -EEXIST, &err, "a", "");
	ck_assert_int_eq(has(parent, "a"), 1);
	contain_limits_free(l);
	contain_limits_free(bad);
}

/* ---- running groups ---------------------------------------------- */

TEST(all_or_none)
{
	const char *parent = t_cgroup_make("cgroup2"), *g = group_with(parent);
	contain_limits *l = fresh(), *was, *is;
	contain_error *err = NULL;
	uint32_t major, minor;
	int fd = open_dir(g);
	pid_t pid = sleeper(g);

	disk(&major, &minor);
	t_write_file(t_fmt("%s/memory.max", g), "67108864");
	t_write_file(t_fmt("%s/io.max", g), t_fmt("%u:%u rbps=5000 wiops=7", major, minor));
	t_write_file(t_fmt("%s/cpu.max", g), "60000 100000");
	t_write_file(t_fmt("%s/cpu.max.burst", g), "50000");
	t_write_file(t_fmt("%s/cpu.weight", g), "33");
	t_write_file(t_fmt("%s/cpuset.cpus", g), "1");
	ok(contain_limits_read(fd, &was, &err), &err);
	contain_limits_set_cpu_idle(l, 1);
	contain_limits_set_cpu_max(l, 20000, 50000);
	contain_limits_set_cpu_max_burst(l, 10000);
	contain_limits_set_cpuset_cpus(l, "0");
	contain_limits_set_memory_max(l, 32 << 20);
	contain_limits_set_memory_oom_group(l, 1);
	contain_limits_set_io_max(l, major, minor, CONTAIN_IO_RBPS, 9000);
	contain_limits_set_io_max(l, major, minor, CONTAIN_IO_WBPS, 9000);
	contain_limits_set_pids_max(l, 9);
	contain_limits_set_raw(l, "cgroup.max.depth", "x");
	told(contain_limits_apply(l, fd, &err), -EINVAL, &err, "cgroup.max.depth",
	     "does not take this value");
	ok(contain_limits_read(fd, &is, &err), &err);
	ck_assert_int_eq(contain_limits_count(is), contain_limits_count(was));
	for (int i = 0; i < contain_limits_count(is); i++) {
		ck_assert_str_eq(contain_limits_key(is, i), contain_limits_key(was, i));
		ck_assert_str_eq(contain_limits_value(is, i), contain_limits_value(was, i));
	}
	/* and with a value that is one, all of it */
	contain_limits_set_raw(l, "cgroup.max.depth", "5");
	ok(contain_limits_apply(l, fd, &err), &err);
	ck_assert_str_eq(line(g, "cpu.idle"), "1");
	ck_assert_str_eq(line(g, "cpu.max"), "20000 50000");
	ck_assert_str_eq(line(g, "cpu.max.burst"), "10000");
	ck_assert_str_eq(line(g, "memory.max"), "33554432");
	ck_assert_str_eq(line(g, "io.max"),
			 t_fmt("%u:%u rbps=9000 wbps=9000 riops=max wiops=7", major, minor));
	ck_assert_str_eq(line(g, "cgroup.max.depth"), "5");
	stop(pid);
	contain_limits_free(l);
	contain_limits_free(was);
	contain_limits_free(is);
	close(fd);
}

/* The kernel gives a group with processes no empty list back: it gets the list that held. */
TEST(empty_list_of_a_group_with_processes)
{
	const char *parent = t_cgroup_make("cgroup2"), *g = group_with(parent);
	contain_limits *l = fresh();
	contain_error *err = NULL;
	int fd = open_dir(g);
	pid_t pid = sleeper(g);

	ck_assert_str_eq(line(g, "cpuset.cpus"), "");
	contain_limits_set_cpuset_cpus(l, "0");
	contain_limits_set_raw(l, "cgroup.max.depth", "x");
	told(contain_limits_apply(l, fd, &err), -EINVAL, &err, "cgroup.max.depth",
	     "1 of the limits could not be set back, cpuset.cpus");
	ck_assert_str_eq(line(g, "cpuset.cpus.effective"), "0-1");
	stop(pid);
	told(contain_limits_apply(l, fd, &err), -EINVAL, &err, "cgroup.max.depth", "take");
	ck_assert_str_eq(line(g, "cpuset.cpus"), "0-1");
	contain_limits_free(l);
	close(fd);
}

/* What was read is what can be applied: from one group to another. */
TEST(read_and_applied_elsewhere)
{
	const char *parent = t_cgroup_make("cgroup2"), *g = group_with(parent);
	contain_limits *l, *again;
	contain_error *err = NULL;
	int fd = open_dir(g), other, dir = open_dir(parent);

	t_write_file(t_fmt("%s/memory.high", g), "1048576");
	t_write_file(t_fmt("%s/cpu.max", g), "5000 20000");
	t_write_file(t_fmt("%s/cpuset.cpus", g), "1");
	ok(contain_limits_read(fd, &l, &err), &err);
	ok(contain_cgroup_create_limited(dir, "h", l, &other, &err), &err);
	ok(contain_limits_read(other, &again, &err), &err);
	ck_assert_int_eq(contain_limits_count(l), contain_limits_count(again));
	ck_assert_int_ge(contain_limits_count(l), 15);
	for (int i = 0; i < contain_limits_count(l); i++)
		ck_assert_str_eq(contain_limits_value(l, i), contain_limits_value(again, i));
	contain_limits_free(l);
	contain_limits_free(again);
	close(fd), close(other), close(dir);
}

TEST(refusals_of_the_kernel)
{
	const char *parent = t_cgroup_make("cgroup2"), *g = group_with(parent);
	static const struct {
		const char *file, *value, *hint;
		int code;
	} rows[] = {
		{ "cpuset.cpus", "7", "processors", -ERANGE },
		{ "cpuset.mems", "7", "memory nodes", -EINVAL },
		{ "cpu.max.burst", "200000", "over the quota", -EINVAL },
		{ "cpu.max", "10000 100000", "cpu.max.burst", -EINVAL },
		{ "cpu.weight", "5", "idle group", -EINVAL },
		{ "io.max", "99:9 rbps=5", "no disk", -ENODEV },
		{ "rdma.max", "mlx5_0 hca_handle=5", "hand down the controller rdma", -ENOENT },
		{ "hugetlb.2MB.max", "0", "hand down the controller hugetlb", -ENOENT },
		{ "memory.new", "0", "not this file", -ENOENT },
	};
	int fd = open_dir(g);

	t_write_file(t_fmt("%s/cpu.max", g), "50000 100000");
	t_write_file(t_fmt("%s/cpu.max.burst", g), "40000");
	t_write_file(t_fmt("%s/cpu.idle", g), "1");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		contain_limits *l = fresh();
		contain_error *err = NULL;

		ck_assert_int_eq(contain_limits_set_raw(l, rows[i].file, rows[i].value), 0);
		told(contain_limits_apply(l, fd, &err), rows[i].code, &err, rows[i].file,
		     rows[i].hint);
		contain_limits_free(l);
	}
	close(fd);
}

TEST(threaded)
{
	const char *parent = t_cgroup_make("cgroup2"), *g = t_fmt("%s/g", parent);
	contain_limits *l = fresh();
	contain_error *err = NULL;
	int fd;

	need_controllers(parent);
	T_SYS(mkdir(g, 0755));
	t_write_file(t_fmt("%s/cgroup.type", g), "threaded");
	t_write_file(t_fmt("%s/cgroup.subtree_control", parent), "+pids");
	fd = open_dir(g);
	contain_limits_set_pids_max(l, 5);
	ok(contain_limits_apply(l, fd, &err), &err);
	ck_assert_str_eq(line(g, "pids.max"), "5");
	contain_limits_set_memory_max(l, 1 << 20);
	told(contain_limits_apply(l, fd, &err), -ENOENT, &err, "memory.max", "threaded group");
	contain_limits_free(l);
	close(fd);
}

/* Its parent is no partition: the kernel takes the word and does not make it. */
TEST(partition_that_cannot_be)
{
	const char *parent = t_cgroup_make("cgroup2"), *g = group_with(parent);
	contain_limits *l = fresh();
	contain_error *err = NULL;
	int fd = open_dir(g), top = open_dir(parent);

	T_SYS(mkdir(t_fmt("%s/beside", parent), 0755));
	t_write_file(t_fmt("%s/cpuset.cpus", parent), "0-1");
	/* no list of its own: nothing to be had */
	contain_limits_set_cpuset_partition(l, CONTAIN_PARTITION_ROOT);
	told(contain_limits_apply(l, fd, &err), -EINVAL, &err, "cpuset.cpus.partition",
	     "cannot make this partition: root invalid (");
	ck_assert_str_eq(line(g, "cpuset.cpus.partition"), "member");
	/* its parent can, and is one then */
	contain_limits_set_cpuset_cpus(l, "1");
	ok(contain_limits_apply(l, top, &err), &err);
	ck_assert_str_eq(line(parent, "cpuset.cpus.partition"), "root");
	contain_limits_set_cpuset_partition(l, CONTAIN_PARTITION_MEMBER);
	ok(contain_limits_apply(l, top, &err), &err);
	ck_assert_str_eq(line(parent, "cpuset.cpus.partition"), "member");
	contain_limits_free(l);
	close(fd), close(top);
}

TEST(effective_counts_the_groups_above)
{
	const char *parent = t_cgroup_make("cgroup2"), *g = group_with(parent);
	contain_limits *l;
	contain_error *err = NULL;
	int fd;

	T_SYS(mkdir(t_fmt("%s/bare", g), 0755));
	t_write_file(t_fmt("%s/memory.max", parent), "67108864");
	t_write_file(t_fmt("%s/memory.max", g), "134217728");
	t_write_file(t_fmt("%s/cpu.max", parent), "10000 100000");
	t_write_file(t_fmt("%s/cpu.max", g), "20000 50000");
	t_write_file(t_fmt("%s/cpuset.cpus", parent), "1");
	t_write_file(t_fmt("%s/pids.max", g), "7");
	fd = open_dir(g);
	ok(contain_limits_effective(fd, &l, &err), &err);
	ck_assert_str_eq(value(l, "memory.max", ""), "67108864");
	ck_assert_str_eq(value(l, "cpu.max", ""), "10000 100000");
	ck_assert_str_eq(value(l, "cpuset.cpus", ""), "1");
	ck_assert_str_eq(value(l, "pids.max", ""), "7");
	ck_assert_str_eq(value(l, "memory.high", ""), "max");
	contain_limits_free(l);
	close(fd);
	/* without any controller of its own */
	fd = open_dir(t_fmt("%s/bare", g));
	ok(contain_limits_read(fd, &l, &err), &err);
	ck_assert_int_eq(contain_limits_count(l), 0);
	contain_limits_free(l);
	ok(contain_limits_effective(fd, &l, &err), &err);
	ck_assert_str_eq(value(l, "memory.max", ""), "67108864");
	ck_assert_str_eq(value(l, "cpuset.cpus", ""), "1");
	ck_assert_str_eq(value(l, "pids.max", ""), "7");
	ck_assert_str_eq(value(l, "cpu.weight", ""), "none");
	contain_limits_free(l);
	close(fd);
}

TEST(removed_meanwhile)
{
	const char *parent = t_cgroup_make("cgroup2"), *g = t_fmt("%s/g", parent);
	contain_limits *l = fresh(), *out;
	contain_error *err = NULL;
	int fd, other;

	T_SYS(mkdir(g, 0755));
	fd = open_dir(g);
	T_SYS(rmdir(g));
	contain_limits_set_memory_max(l, 1 << 20);
	told(contain_limits_apply(l, fd, &err), -ENODEV, &err, "memory.max", "removed");
	told(contain_cgroup_reclaim(fd, 1, &err), -ENODEV, &err, "memory.reclaim", "removed");
	T_CHECK(contain_cgroup_create_limited(fd, "a", l, &other, &err) < 0);
	contain_error_free(err);
	err = NULL;
	told(contain_limits_read(fd, &out, &err), -ENODEV, &err, "hugetlb.*.max", "removed");
	told(contain_limits_effective(fd, &out, &err), -ENODEV, &err, "hugetlb.*.max", "removed");
	contain_limits_free(l);
	close(fd);
}

TEST(root_group)
{
	int fd = open_dir(t_cgroup_mount("cgroup2"));
	contain_limits *l = fresh();
	contain_error *err = NULL;

	contain_limits_set_memory_max(l, 1 << 30);
	told(contain_limits_apply(l, fd, &err), -ENOENT, &err, "memory.max", "root group");
	contain_limits_free(l);
	ok(contain_limits_effective(fd, &l, &err), &err);
	contain_limits_free(l);
	close(fd);
}
