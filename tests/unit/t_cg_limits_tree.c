/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Limits on a tree of plain files that the seam makes look like cgroup2: what is written, in which
 * order, and what is set back. Here are tested, too, the files that no kernel of the tests has.
 */
#include "harness.h"

#include "cgroup/limits.h"
#include "sys/sys.h"

#include <contain/cgroup_io.h>
#include <contain/cgroup_limits.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define MAX CONTAIN_LIMIT_MAX

static char written[4096]; /* "file=text;..." */
static const char *fail_file;
static long fail_err;

static const char *name_of(long fd)
{
	static char path[512];
	char *slash;
	ssize_t n = readlink(t_fmt("/proc/self/fd/%ld", fd), path, sizeof(path) - 1);

	ck_assert_int_gt(n, 0);
	path[n] = 0;
	slash = strrchr(path, '/');
	return slash ? slash + 1 : path;
}

/* A write replaces what a file holds, as the kernel's files have it. */
static int kernel(enum ct_seam_who who, long nr, const long *args, long *ret)
{
	if (nr == __NR_fstatfs) {
		((struct statfs *)args[1])->f_type = CGROUP2_SUPER_MAGIC;
		*ret = 0;
		return 1;
	}
	if (nr == __NR_write) {
		const char *file = name_of(args[0]);
		size_t at = strlen(written);

		if (fail_file && !strcmp(file, fail_file)) {
			*ret = fail_err;
			return 1;
		}
		snprintf(written + at, sizeof(written) - at, "%s=%.*s;", file, (int)args[2],
			 (const char *)args[1]);
		syscall(SYS_ftruncate, (int)args[0], 0);
	}
	return 0;
}

static void seam_on(void)
{
	if (!ct_seam) {
		ct_seam = mmap(NULL, sizeof(*ct_seam), PROT_READ | PROT_WRITE,
			       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
		ck_assert_ptr_ne(ct_seam, MAP_FAILED);
	}
	ct_seam->fake = kernel;
	ct_seam->on = 1;
	written[0] = 0;
}

/* A group with these files: name, content, ..., NULL. */
static int tree(const char *dir, const char *const *files)
{
	int fd;

	t_write_file(t_fmt("%s/cgroup.procs", dir), "");
	t_write_file(t_fmt("%s/cgroup.type", dir), "domain\n");
	t_write_file(t_fmt("%s/cgroup.controllers", dir), "cpu cpuset io memory hugetlb\n");
	for (; files && *files; files += 2)
		t_write_file(t_fmt("%s/%s", dir, files[0]), files[1]);
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	T_CHECK(fd >= 0, "%m");
	return fd;
}

static contain_limits *fresh(void)
{
	contain_limits *l;

	ck_assert_int_eq(contain_limits_new(&l), 0);
	return l;
}

/* Applied to a group with these files it writes this. */
static void applied(contain_limits *l, const char *const *files, const char *expected)
{
	int fd = tree(t_tmpdir(), files);
	contain_error *err = NULL;

	seam_on();
	T_CHECK(contain_limits_apply(l, fd, &err) == 0, "%s", contain_error_message(err));
	ct_seam->on = 0;
	ck_assert_str_eq(written, expected);
	contain_limits_free(l);
	close(fd);
}

/* The same, but a file refuses; the error's object is that file. */
static void failed(contain_limits *l, const char *const *files, const char *file, int code,
		   const char *hint, const char *expected)
{
	int fd = tree(t_tmpdir(), files);
	contain_error *err = NULL;
	struct t_state *before = t_state_take(T_FDS);

	fail_file = file;
	fail_err = code;
	seam_on();
	ck_assert_int_eq(contain_limits_apply(l, fd, &err), code);
	ct_seam->on = 0;
	fail_file = NULL;
	ck_assert_str_eq(contain_error_object(err), file);
	T_CHECK(strstr(contain_error_hint(err), hint), "%s", contain_error_message(err));
	ck_assert_str_eq(written, expected);
	contain_error_free(err);
	t_state_check(before);
	contain_limits_free(l);
	close(fd);
}

#define FILES(...) ((const char *const[]){ __VA_ARGS__, NULL })

TEST(only_what_differs_is_written)
{
	contain_limits *l = fresh();

	contain_limits_set_memory_max(l, 8192);
	contain_limits_set_memory_high(l, 4096);
	contain_limits_set_cpu_max(l, MAX, 100000);
	contain_limits_set_cpuset_cpus(l, "");
	applied(l,
		FILES("memory.max", "max\n", "memory.high", "4096\n", "cpu.max", "max 100000\n",
		      "cpuset.cpus", "\n"),
		"memory.max=8192;");
}

TEST(the_files_that_few_kernels_have)
{
	contain_limits *l = fresh();

	contain_limits_set_cpu_uclamp_min(l, 1250);
	contain_limits_set_cpu_uclamp_max(l, MAX);
	contain_limits_set_io_latency(l, 8, 0, 75000);
	contain_limits_set_rdma_max(l, "mlx5_0", "hca_handle", 2);
	contain_limits_set_misc_max(l, "sev", 3);
	contain_limits_set_hugetlb_rsvd_max(l, 1 << 30, 0);
	contain_limits_set_memory_zswap_max(l, 0);
	contain_limits_set_io_weight(l, 50);
	contain_limits_set_io_device_weight(l, 8, 0, 70);
	applied(l,
		FILES("cpu.uclamp.min", "0.00\n", "cpu.uclamp.max", "50.00\n", "io.latency", "",
		      "rdma.max", "mlx5_0 hca_handle=max hca_object=max\n", "misc.max",
		      "sev max\nsev_es max\n", "hugetlb.1GB.rsvd.max", "max\n", "memory.zswap.max",
		      "max\n", "io.weight", "default 100\n"),
		"cpu.uclamp.min=12.50;cpu.uclamp.max=max;memory.zswap.max=0;io.weight=default 50;"
		"io.weight=8:0 70;io.latency=8:0 target=75000;hugetlb.1GB.rsvd.max=0;"
		"rdma.max=mlx5_0 hca_handle=2;misc.max=sev 3;");
}

static contain_limits *some(void)
{
	contain_limits *l = fresh();

	contain_limits_set_cpu_weight(l, 5);
	contain_limits_set_memory_high(l, 4096);
	contain_limits_set_io_max(l, 8, 0, CONTAIN_IO_RBPS, 100);
	contain_limits_set_io_max(l, 8, 16, CONTAIN_IO_RBPS, 100);
	contain_limits_set_io_latency(l, 8, 0, 5);
	contain_limits_set_io_device_weight(l, 8, 0, 5);
	contain_limits_set_rdma_max(l, "a", "hca_handle", 5);
	contain_limits_set_pids_max(l, 5);
	contain_limits_set_misc_max(l, "sev", 5);
	contain_limits_set_raw(l, "memory.new", "5");
	contain_limits_set_raw(l, "memory.lines", "8:0 5");
	contain_limits_set_raw(l, "zz.last", "5");
	return l;
}

#define SOME_FILES                                                                              \
	"cpu.weight", "100\n", "memory.high", "max\n", "io.max",                                \
		"8:16 rbps=7 wbps=max riops=max wiops=max\n", "io.latency", "", "io.weight",    \
		"default 100\n", "rdma.max", "b hca_handle=5\n", "pids.max", "5\n", "misc.max", \
		"sev max\n", "memory.new", "old\n", "memory.lines", "8:16 7\n8:0 6 more\n",     \
		"zz.last", "1\n"

TEST(what_was_changed_is_set_back_in_reverse)
{
	failed(some(), FILES(SOME_FILES), "zz.last", -EINVAL, "does not take this value",
	       "cpu.weight=5;memory.high=4096;io.weight=8:0 5;io.max=8:0 rbps=100;"
	       "io.max=8:16 rbps=100;io.latency=8:0 target=5;rdma.max=a hca_handle=5;"
	       "misc.max=sev 5;memory.new=5;memory.lines=8:0 5;"
	       /* and back; pids.max was the same */
	       "memory.lines=8:0 6 more;memory.new=old;misc.max=sev max;rdma.max=a hca_handle=max;"
	       "io.latency=8:0 target=max;io.max=8:16 rbps=7;io.max=8:0 rbps=max;"
	       "io.weight=8:0 default;memory.high=max;cpu.weight=100;");
}

TEST(the_first_one_fails)
{
	failed(some(), FILES(SOME_FILES), "cpu.weight", -EINVAL, "idle group", "");
}

/* Before anything is written. */
TEST(a_file_is_missing)
{
	int fd = tree(t_tmpdir(), FILES("cpu.weight", "100\n"));
	contain_limits *l = fresh();
	contain_error *err = NULL;

	contain_limits_set_cpu_weight(l, 5);
	contain_limits_set_cpu_uclamp_min(l, 5);
	seam_on();
	ck_assert_int_eq(contain_limits_apply(l, fd, &err), -ENOENT);
	ct_seam->on = 0;
	ck_assert_str_eq(contain_error_object(err), "cpu.uclamp.min");
	T_CHECK(strstr(contain_error_hint(err), "CONFIG_UCLAMP_TASK_GROUP"), "%s",
		contain_error_message(err));
	ck_assert_str_eq(written, "");
	contain_error_free(err);
	contain_limits_free(l);
	close(fd);
}

/* Each of these needs something else than the controller, and says what. */
TEST(hints_of_missing_files)
{
	static const struct {
		const char *file, *value, *needs;
	} rows[] = {
		{ "cpu.idle", "1", "Linux 5.15" },
		{ "cpu.max", "max", "CONFIG_CFS_BANDWIDTH" },
		{ "cpu.max.burst", "1", "Linux 5.15" },
		{ "cpu.uclamp.max", "max", "CONFIG_UCLAMP" },
		{ "memory.swap.max", "0", "CONFIG_SWAP" },
		{ "memory.swap.high", "0", "CONFIG_SWAP" },
		{ "memory.zswap.max", "0", "CONFIG_ZSWAP" },
		{ "io.weight", "5", "IOCOST" },
		{ "io.max", "8:0 rbps=5", "THROTTLING" },
		{ "io.latency", "8:0 target=5", "IOLATENCY" },
		{ "hugetlb.2MB.max", "0", "huge pages" },
		{ "memory.new", "0", "not this file" },
		{ "zz.new", "0", "no such file" },
	};
	int fd = tree(t_tmpdir(), NULL);

	seam_on();
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		contain_limits *l = fresh();
		contain_error *err = NULL;

		ck_assert_int_eq(contain_limits_set_raw(l, rows[i].file, rows[i].value), 0);
		ck_assert_int_eq(contain_limits_apply(l, fd, &err), -ENOENT);
		ck_assert_str_eq(contain_error_object(err), rows[i].file);
		T_CHECK(strstr(contain_error_hint(err), rows[i].needs), "%s",
			contain_error_message(err));
		contain_error_free(err);
		contain_limits_free(l);
	}
	ct_seam->on = 0;
	close(fd);
}

TEST(hints_of_refusals)
{
	static const struct {
		const char *file, *old, *value;
		int err;
		const char *hint;
	} rows[] = {
		{ "cpu.weight", "100\n", "5", -EINVAL, "idle group" },
		{ "cpu.max", "max 100000\n", "1000", -EINVAL, "cpu.max.burst" },
		{ "cpu.max.burst", "0\n", "1000", -EINVAL, "over the quota" },
		{ "cpuset.cpus", "\n", "7", -EINVAL, "processors" },
		{ "cpuset.cpus", "\n", "7", -ENOSPC, "no processor" },
		{ "cpuset.cpus", "\n", "7", -EBUSY, "in use" },
		{ "cpuset.mems", "\n", "7", -EINVAL, "memory nodes" },
		{ "io.max", "", "8:1 rbps=5", -ENODEV, "contain_block_device()" },
		{ "io.max", "", "8:1 rbps=5", -EINVAL, "least" },
		{ "io.latency", "", "8:1 target=5", -ENODEV, "contain_block_device()" },
		{ "io.weight", "default 100\n", "8:1 5", -EOPNOTSUPP, "disk does not support" },
		{ "rdma.max", "", "a hca_handle=1", -ENODEV, "RDMA device" },
		{ "misc.max", "", "sev 1", -EINVAL, "misc.capacity" },
		{ "hugetlb.2MB.max", "max\n", "0", -EBUSY, "more is in use" },
		{ "memory.max", "max\n", "5", -EACCES, "delegated" },
		{ "memory.max", "max\n", "5", -EROFS, "read-only" },
		{ "memory.max", "max\n", "5", -EINVAL, "does not take" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		contain_limits *l = fresh();

		ck_assert_int_eq(contain_limits_set_raw(l, rows[i].file, rows[i].value), 0);
		failed(l, FILES(rows[i].file, rows[i].old), rows[i].file, rows[i].err, rows[i].hint,
		       "");
	}
}

static contain_limits *bandwidth(uint64_t quota, uint64_t burst)
{
	contain_limits *l = fresh();

	contain_limits_set_cpu_max(l, quota, 100000);
	contain_limits_set_cpu_max_burst(l, burst);
	return l;
}

/* The kernel refuses a burst over the quota: which goes first depends on what is there. */
TEST(burst_and_quota)
{
	applied(bandwidth(50000, 40000), FILES("cpu.max", "max 100000\n", "cpu.max.burst", "0\n"),
		"cpu.max=50000 100000;cpu.max.burst=40000;");
	applied(bandwidth(30000, 20000),
		FILES("cpu.max", "50000 100000\n", "cpu.max.burst", "40000\n"),
		"cpu.max.burst=20000;cpu.max=30000 100000;");
	failed(bandwidth(30000, 20000),
	       FILES("cpu.max", "50000 100000\n", "cpu.max.burst", "40000\n"), "cpu.max", -EINVAL,
	       "burst", "cpu.max.burst=20000;cpu.max.burst=40000;");
}

/* Going back from idle, the kernel has forgotten the weight. */
TEST(weight_of_an_idle_group_comes_back)
{
	contain_limits *l = fresh();

	contain_limits_set_cpu_idle(l, 1);
	contain_limits_set_pids_max(l, 5);
	failed(l, FILES("cpu.idle", "0\n", "cpu.weight", "70\n", "pids.max", "max\n"), "pids.max",
	       -EINVAL, "", "cpu.idle=1;cpu.idle=0;cpu.weight=70\n;");
}

/* The kernel takes the word and does not make the partition. */
static int invalid(enum ct_seam_who who, long nr, const long *args, long *ret)
{
	int r = kernel(who, nr, args, ret);

	if (nr == __NR_write && !r && !strcmp(name_of(args[0]), "cpuset.cpus.partition") &&
	    strncmp((const char *)args[1], "member", 6)) {
		static const char text[] = "root invalid (Parent unable to distribute cpu "
					   "downstream)\n";

		*ret = args[2];
		if (write((int)args[0], text, strlen(text)) < 0)
			*ret = -EIO;
		return 1;
	}
	return r;
}

TEST(invalid_partition)
{
	int fd = tree(t_tmpdir(), FILES("cpuset.cpus", "\n", "cpuset.cpus.partition", "member\n"));
	contain_limits *l = fresh();
	contain_error *err = NULL;

	contain_limits_set_cpuset_cpus(l, "1");
	contain_limits_set_cpuset_partition(l, CONTAIN_PARTITION_ROOT);
	seam_on();
	ct_seam->fake = invalid;
	ck_assert_int_eq(contain_limits_apply(l, fd, &err), -EINVAL);
	ct_seam->on = 0;
	ck_assert_str_eq(contain_error_object(err), "cpuset.cpus.partition");
	T_CHECK(strstr(contain_error_hint(err), "Parent unable to distribute"), "%s",
		contain_error_message(err));
	ck_assert_str_eq(written, "cpuset.cpus=1;cpuset.cpus.partition=root;"
				  "cpuset.cpus.partition=member;cpuset.cpus=\n;");
	contain_error_free(err);
	contain_limits_free(l);
	close(fd);
}

/* What cannot be set back is told: of a file that refuses the old value, and of one unread. */
static int stubborn(enum ct_seam_who who, long nr, const long *args, long *ret)
{
	if (nr == __NR_write && !strcmp(name_of(args[0]), "memory.high") &&
	    !strncmp((const char *)args[1], "max", 3)) {
		*ret = -EIO;
		return 1;
	}
	return kernel(who, nr, args, ret);
}

TEST(set_back_fails_too)
{
	int fd = tree(t_tmpdir(), FILES("memory.high", "max\n", "pids.max", "max\n"));
	contain_limits *l = fresh();
	contain_error *err = NULL;

	contain_limits_set_memory_high(l, 4096);
	contain_limits_set_pids_max(l, 5);
	fail_file = "pids.max";
	fail_err = -EINVAL;
	seam_on();
	ct_seam->fake = stubborn;
	ck_assert_int_eq(contain_limits_apply(l, fd, &err), -EINVAL);
	ct_seam->on = 0;
	fail_file = NULL;
	T_CHECK(strstr(contain_error_hint(err),
		       "1 of the limits could not be set back, memory.high"),
		"%s", contain_error_message(err));
	contain_error_free(err);
	contain_limits_free(l);
	close(fd);
}

static const char *at(const contain_limits *l, const char *file, const char *sub)
{
	const struct ct_limit *f = ct_limits_find(l, file, sub);

	return f ? f->value : "none";
}

TEST(read_all_that_is_there)
{
	int fd = tree(t_tmpdir(), FILES(SOME_FILES, "hugetlb.2MB.max", "0\n", "hugetlb.2MB.current",
					"0\n", "hugetlb.1GB.rsvd.max", "max\n"));
	contain_limits *l = NULL;

	seam_on();
	ck_assert_int_eq(contain_limits_read(fd, &l, NULL), 0);
	ct_seam->on = 0;
	ck_assert_str_eq(at(l, "cpu.weight", ""), "100");
	ck_assert_str_eq(at(l, "memory.high", ""), "max");
	ck_assert_str_eq(at(l, "io.max", "8:16 rbps"), "8:16 rbps=7");
	ck_assert_str_eq(at(l, "io.weight", "default"), "default 100");
	ck_assert_str_eq(at(l, "hugetlb.2MB.max", ""), "0");
	ck_assert_str_eq(at(l, "hugetlb.1GB.rsvd.max", ""), "max");
	ck_assert_str_eq(at(l, "misc.max", "sev"), "sev max");
	ck_assert_str_eq(at(l, "memory.max", ""), "none");
	ck_assert_int_eq(contain_limits_count(l), 12);
	contain_limits_free(l);
	close(fd);
}

/* The lowest of what is above, also of what the group itself has no file for. */
TEST(effective)
{
	const char *top = t_tmpdir(), *mid = t_fmt("%s/mid", top), *low = t_fmt("%s/mid/low", top);
	contain_limits *l = NULL;
	int fd;

	T_SYS(mkdir(mid, 0755));
	T_SYS(mkdir(low, 0755));
	close(tree(top, FILES("memory.max", "5000\n", "cpu.max", "50000 100000\n", "pids.max",
			      "9\n", "memory.min", "100\n", "cpuset.cpus.effective", "0-7\n",
			      "cpuset.mems.effective", "0\n", "io.max", "8:0 rbps=100 wbps=50\n",
			      "cpu.weight", "7\n")));
	close(tree(mid, FILES("memory.max", "7000\n", "cpu.max", "2000 10000\n", "memory.min",
			      "500\n", "cpuset.cpus.effective", "0-3\n", "io.max",
			      "8:0 rbps=200 wbps=20\n", "cpu.weight", "8\n")));
	fd = tree(low, FILES("memory.max", "max\n", "cpu.max", "40000 100000\n", "memory.min",
			     "300\n", "cpuset.cpus.partition", "root invalid (x)\n", "io.max",
			     "8:16 rbps=7\n", "cpu.weight", "9\n"));
	seam_on();
	ck_assert_int_eq(contain_limits_effective(fd, &l, NULL), 0);
	ct_seam->on = 0;
	ck_assert_str_eq(at(l, "memory.max", ""), "5000");
	ck_assert_str_eq(at(l, "memory.min", ""), "100");
	ck_assert_str_eq(at(l, "cpu.max", ""), "2000 10000");
	ck_assert_str_eq(at(l, "pids.max", ""), "9");
	ck_assert_str_eq(at(l, "cpu.weight", ""), "9");
	ck_assert_str_eq(at(l, "cpuset.cpus", ""), "0-3");
	ck_assert_str_eq(at(l, "cpuset.mems", ""), "0");
	ck_assert_str_eq(at(l, "cpuset.cpus.partition", ""), "member");
	ck_assert_str_eq(at(l, "io.max", "8:0 rbps"), "8:0 rbps=100");
	ck_assert_str_eq(at(l, "io.max", "8:0 wbps"), "8:0 wbps=20");
	ck_assert_str_eq(at(l, "io.max", "8:16 rbps"), "8:16 rbps=7");
	contain_limits_free(l);
	close(fd);
}

TEST(io_cost)
{
	static const char *const good[] = { "enable=1", "ctrl=user", "rpct=95.00", "rlat=5000",
					    "min=50.5", "max=150",   NULL };
	static const char *const model[] = { "ctrl=user", "model=linear", "rbps=1000000",
					     "rseqiops=5", NULL };
	static const char *const bad[][2] = {
		{ "enable=2" }, { "rpct=100.01" }, { "rpct=5.555" },  { "min=0.5" },
		{ "rlat" },	{ "foo=1" },	   { "ctrl=auto x" }, { "ctrl=" },
		{ "rlat=-1" },	{ "rlat=1\n2" },   { "max=10001" },   { "" }
	};
	contain_error *err = NULL;
	int fd = tree(t_tmpdir(), FILES("io.cost.qos", "", "io.cost.model", ""));

	seam_on();
	ck_assert_int_eq(contain_cgroup_set_io_cost_qos(fd, 8, 0, good, &err), 0);
	ck_assert_int_eq(contain_cgroup_set_io_cost_model(fd, 8, 16, model, &err), 0);
	ck_assert_str_eq(written, "io.cost.qos=8:0 enable=1 ctrl=user rpct=95.00 rlat=5000 "
				  "min=50.5 max=150;io.cost.model=8:16 ctrl=user model=linear "
				  "rbps=1000000 rseqiops=5;");
	written[0] = 0;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		T_CHECK(contain_cgroup_set_io_cost_qos(fd, 8, 0, bad[i], &err) == -EINVAL, "%s",
			bad[i][0]);
		ck_assert_str_eq(contain_error_object(err), "settings");
		contain_error_free(err);
		err = NULL;
	}
	ck_assert_int_eq(contain_cgroup_set_io_cost_qos(fd, 8, 0, NULL, NULL), -EINVAL);
	ck_assert_int_eq(contain_cgroup_set_io_cost_qos(fd, 8, 0, bad[0] + 1, NULL), -EINVAL);
	ck_assert_int_eq(contain_cgroup_set_io_cost_qos(fd, 0, 0, good, NULL), -EINVAL);
	ck_assert_int_eq(contain_cgroup_set_io_cost_model(fd, 8, 0, good, NULL), -EINVAL);
	ck_assert_str_eq(written, "");
	T_SYS(unlinkat(fd, "io.cost.qos", 0));
	ck_assert_int_eq(contain_cgroup_set_io_cost_qos(fd, 8, 0, good, &err), -ENOENT);
	T_CHECK(strstr(contain_error_hint(err), "root group"), "%s", contain_error_hint(err));
	ct_seam->on = 0;
	contain_error_free(err);
	close(fd);
}

TEST(reclaim)
{
	int fd = tree(t_tmpdir(), FILES("memory.reclaim", ""));
	contain_error *err = NULL;

	seam_on();
	ck_assert_int_eq(contain_cgroup_reclaim(fd, 1 << 20, &err), 0);
	ck_assert_str_eq(written, "memory.reclaim=1048576;");
	ck_assert_int_eq(contain_cgroup_reclaim(fd, 0, NULL), -EINVAL);
	ck_assert_int_eq(contain_cgroup_reclaim(fd, 1ULL << 63, NULL), -EINVAL);
	fail_file = "memory.reclaim";
	fail_err = -EAGAIN;
	ck_assert_int_eq(contain_cgroup_reclaim(fd, 1, &err), -EAGAIN);
	T_CHECK(strstr(contain_error_hint(err), "less than this"), "%s", contain_error_hint(err));
	contain_error_free(err);
	/* not begun again: the kernel would reclaim once more */
	fail_err = -EINTR;
	ck_assert_int_eq(contain_cgroup_reclaim(fd, 1, NULL), -EINTR);
	fail_file = NULL;
	ct_seam->on = 0;
	close(fd);
}
