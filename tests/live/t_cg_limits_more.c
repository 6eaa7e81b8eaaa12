/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Limits: reclaim, io.cost, what a hybrid host has, and a delegated group of an ordinary user. */
#include "t_cg_limits.h"

/* ---- memory.reclaim ---------------------------------------------- */

TEST_LIMIT(reclaimed, 60)
{
	const char *parent = t_cgroup_make("cgroup2"), *g = group_with(parent);
	const char *file = t_fmt("%s/data", t_tmpdir());
	contain_error *err = NULL;
	int fd = open_dir(g), r;
	long before, after;
	uint32_t major, minor;
	pid_t pid;

	disk(&major, &minor);
	if (!has(g, "memory.reclaim"))
		t_skip("memory.reclaim is there since Linux 5.19");
	T_SYS(mkdir(file, 0755));
	if (system(t_fmt("mount -t ext4 /dev/vda %s", file)) != 0)
		T_FAIL("the disk of the guest");
	pid = fork();
	if (!pid) {
		t_write_file(t_fmt("%s/cgroup.procs", g), "0");
		if (system(t_fmt("dd if=/dev/zero of=%s/x bs=1M count=24 conv=fsync 2>/dev/null",
				 file)) != 0)
			_exit(1);
		for (;;)
			pause();
	}
	for (int i = 0; i < 600 && atol(line(g, "memory.current")) < 20 << 20; i++)
		usleep(50000);
	usleep(500000);
	before = atol(line(g, "memory.current"));
	ck_assert_int_gt(before, 20 << 20);
	r = contain_cgroup_reclaim(fd, 12 << 20, &err);
	after = atol(line(g, "memory.current"));
	t_note("%d: from %ld to %ld bytes", r, before, after);
	ok(r, &err);
	ck_assert_int_lt(after, before - (10 << 20));
	/* all there is and more */
	told(contain_cgroup_reclaim(fd, 1ULL << 40, &err), -EAGAIN, &err, "memory.reclaim",
	     "less than this");
	stop(pid);
	if (system(t_fmt("umount %s", file)) != 0)
		T_FAIL("umount");
	close(fd);
}

/* ---- a hybrid host ----------------------------------------------- */

/* hugetlb is there; the others are bound to v1, and the hint says where. */
TEST(controllers_bound_to_v1)
{
	const char *parent = t_cgroup_make("cgroup2");
	const char *v1 = t_cgroup_mount("memory");
	contain_limits *l = fresh();
	contain_error *err = NULL;
	int fd = -1, dir = open_dir(parent);

	if (!v1)
		t_skip("memory is not bound to v1");
	contain_limits_set_memory_max(l, 1 << 20);
	told(contain_cgroup_create_limited(dir, "a", l, &fd, &err), -ENOENT, &err, "memory.max",
	     t_fmt("bound to cgroup v1 at %s", v1));
	ck_assert_int_eq(has(parent, "a"), 0);
	told(contain_limits_apply(l, dir, &err), -ENOENT, &err, "memory.max",
	     t_fmt("bound to cgroup v1 at %s", v1));
	told(contain_cgroup_reclaim(dir, 1, &err), -ENOENT, &err, "memory.reclaim", "v1");
	contain_limits_free(l);
	l = fresh();
	contain_limits_set_hugetlb_max(l, 2 << 20, 0);
	if (has(parent, "hugetlb.2MB.max")) {
		ok(contain_cgroup_create_limited(dir, "h", l, &fd, &err), &err);
		ck_assert_str_eq(line(t_fmt("%s/h", parent), "hugetlb.2MB.max"), "0");
		close(fd);
	}
	contain_limits_free(l);
	close(dir);
}

/* ---- without privilege ------------------------------------------- */

static int in_delegated(void *arg, void *rec)
{
	const char *dir = arg;
	contain_limits *l = fresh();
	contain_error *err = NULL;
	int fd, top = open_dir(dir);

	contain_limits_set_raw(l, "cgroup.max.depth", "5");
	if (has(dir, "memory.max"))
		contain_limits_set_memory_max(l, 1 << 20);
	ok(contain_cgroup_create_limited(top, "mine", l, &fd, &err), &err);
	ok(contain_limits_apply(l, fd, &err), &err);
	/* the limits of the group itself are not its own */
	told(contain_limits_apply(l, top, &err), -EACCES, &err, contain_limits_key(l, 0),
	     "delegated");
	contain_limits_free(l);
	ok(contain_limits_effective(fd, &l, &err), &err);
	contain_limits_free(l);
	T_SYS(rmdir(t_fmt("%s/mine", dir)));
	return 0;
}

TEST(ordinary_user_in_a_delegated_group)
{
	const char *parent = t_cgroup_make("cgroup2");

	t_need_root();
	T_SYS(chown(parent, T_UID, T_GID));
	T_SYS(chown(t_fmt("%s/cgroup.procs", parent), T_UID, T_GID));
	T_SYS(chown(t_fmt("%s/cgroup.subtree_control", parent), T_UID, T_GID));
	t_as_user(in_delegated, (void *)parent);
}

/* ---- io.cost ----------------------------------------------------- */

TEST(io_cost_of_the_root_group)
{
	static const char *const on[] = { "enable=1", "ctrl=user", "rpct=90.00", "min=50", NULL };
	static const char *const bad[] = { "min=200", "max=50", NULL };
	static const char *const off[] = { "enable=0", "ctrl=auto", NULL };
	static const char *const model[] = { "ctrl=user",    "model=linear",  "rbps=1000000",
					     "rseqiops=100", "rrandiops=100", "wbps=1000000",
					     "wseqiops=100", "wrandiops=100", NULL };
	const char *top = t_cgroup_mount("cgroup2");
	const char *parent = t_cgroup_make("cgroup2"), *g = group_with(parent);
	contain_limits *l = fresh();
	contain_error *err = NULL;
	int fd = open_dir(top), group = open_dir(g);
	uint32_t major, minor;

	disk(&major, &minor);
	told(contain_cgroup_set_io_cost_qos(group, major, minor, on, &err), -ENOENT, &err,
	     "io.cost.qos", has(top, "io.cost.qos") ? "root group" : "");
	if (!has(top, "io.cost.qos"))
		t_skip("this kernel has no io.cost");
	ok(contain_cgroup_set_io_cost_qos(fd, major, minor, on, &err), &err);
	T_CHECK(strstr(line(top, "io.cost.qos"), "enable=1 ctrl=user rpct=90.00"), "%s",
		line(top, "io.cost.qos"));
	ok(contain_cgroup_set_io_cost_model(fd, major, minor, model, &err), &err);
	T_CHECK(strstr(line(top, "io.cost.model"), "ctrl=user model=linear rbps=1000000"), "%s",
		line(top, "io.cost.model"));
	told(contain_cgroup_set_io_cost_qos(fd, major, minor, bad, &err), -EINVAL, &err,
	     "io.cost.qos", "min over max");
	told(contain_cgroup_set_io_cost_qos(fd, 99, 9, on, &err), -ENODEV, &err, "io.cost.qos",
	     "no disk");
	contain_limits_set_io_weight(l, 70);
	contain_limits_set_io_device_weight(l, major, minor, 50);
	ok(contain_limits_apply(l, group, &err), &err);
	ck_assert_str_eq(line(g, "io.weight"), "default 70");
	contain_limits_set_io_device_weight(l, major, minor, 0);
	ok(contain_limits_apply(l, group, &err), &err);
	ok(contain_cgroup_set_io_cost_qos(fd, major, minor, off, &err), &err);
	contain_limits_free(l);
	close(fd), close(group);
}
