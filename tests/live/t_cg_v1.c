/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Groups of cgroup v1, made, set, brought back and removed; cgcreate(1), cgset(1) and cgget(1) of
 * libcgroup say whether it is what they would have done, in both directions.
 */
#include "t_cg_v1.h"

#include <pthread.h>
#include <sys/wait.h>

/* ---- groups ---- */

TEST(groups_of_every_controller)
{
	const char *name = v1_name(), *deep = t_fmt("%s/b/c", name);
	struct t_state *before = t_state_take(T_ALL & ~T_MAPS);
	char text[64];
	int made = 0;

	for (int i = 0; v1_controllers[i]; i++) {
		const char *c = v1_controllers[i];
		contain_error *e = NULL;
		int fd = v1_create(c, deep), again = -1;
		struct stat a, b;

		T_SYS(fstat(fd, &a));
		T_SYS(stat(v1_path(c, deep, ""), &b));
		T_CHECK(a.st_ino == b.st_ino && a.st_dev == b.st_dev);
		ck_assert_int_eq(contain_cgroup_v1_create(c, deep, &again, &e), -EEXIST);
		ck_assert_str_eq(contain_error_object(e), deep);
		contain_error_free(e);
		ck_assert_int_eq(again, -1);
		close(fd);
		made++;
	}
	/* a cpuset that nobody can enter is no group */
	for (const char *p = deep; p; p = p == deep ? t_fmt("%s/b", name) : NULL)
		for (int mems = 0; mems < 2; mems++)
			T_CHECK(t_read_file(v1_path("cpuset", p, mems ? "cpuset.mems" :
								       "cpuset.cpus"),
					    text, sizeof(text)) > 1);
	for (int i = 0; v1_controllers[i]; i++) {
		v1_remove(v1_controllers[i], deep);
		v1_remove(v1_controllers[i], name); /* with b, which is empty */
		ck_assert_int_eq(contain_cgroup_v1_remove(v1_controllers[i], name, 0, NULL),
				 -ENOENT);
	}
	ck_assert_int_eq(made, 7);
	t_state_check(before);
}

/* ---- limits ---- */

/* A disk, or what the kernel takes for one: io.max wants a whole block device. */
static int a_disk(unsigned *ret_major, unsigned *ret_minor)
{
	char line[256];
	FILE *f = fopen("/proc/partitions", "re");
	int found = 0;

	while (f && !found && fgets(line, sizeof(line), f)) {
		char name[64];

		if (sscanf(line, "%u %u %*u %63s", ret_major, ret_minor, name) == 3)
			found = access(t_fmt("/sys/block/%s", name), F_OK) == 0;
	}
	if (f)
		fclose(f);
	return found;
}

static void create_all(const char *name)
{
	for (int i = 0; v1_controllers[i]; i++)
		close(v1_create(v1_controllers[i], name));
}

static void remove_all(const char *name)
{
	for (int i = 0; v1_controllers[i]; i++)
		v1_remove(v1_controllers[i], name);
}

TEST(limits_over_all_hierarchies)
{
	const char *name = v1_name();
	contain_limits *l = limits_new();
	unsigned disk_major, disk_minor;
	int has_disk = a_disk(&disk_major, &disk_minor);

	create_all(name);
	SET(l, memory_max, 64 * MIB);
	SET(l, memory_swap_max, 16 * MIB);
	SET(l, pids_max, 33);
	SET(l, cpu_max, 25000, 50000);
	SET(l, cpu_max_burst, 1000);
	SET(l, cpu_weight, 200);
	SET(l, cpuset_cpus, "0");
	if (has_disk)
		SET(l, io_max, disk_major, disk_minor, CONTAIN_IO_WBPS, 1000000);
	v1_apply(l, name);
	ck_assert_str_eq(v1_text("memory", name, "memory.limit_in_bytes"), "67108864");
	ck_assert_str_eq(v1_text("memory", name, "memory.memsw.limit_in_bytes"), "83886080");
	ck_assert_str_eq(v1_text("pids", name, "pids.max"), "33");
	ck_assert_str_eq(v1_text("cpu", name, "cpu.cfs_period_us"), "50000");
	ck_assert_str_eq(v1_text("cpu", name, "cpu.cfs_quota_us"), "25000");
	ck_assert_str_eq(v1_text("cpu", name, "cpu.cfs_burst_us"), "1000");
	ck_assert_str_eq(v1_text("cpu", name, "cpu.shares"), "2048");
	ck_assert_str_eq(v1_text("cpuset", name, "cpuset.cpus"), "0");
	if (has_disk)
		ck_assert_str_eq(v1_text("io", name, "blkio.throttle.write_bps_device"),
				 t_fmt("%u:%u 1000000", disk_major, disk_minor));
	else
		t_note("no disk here: io.max is not tried");
	contain_limits_free(l);
	remove_all(name);
}

/* All files that can be read and written, of all hierarchies. */
static const char *everything(const char *name)
{
	char *all = t_fmt("%s", "");

	for (int i = 0; v1_controllers[i]; i++) {
		DIR *d = opendir(v1_path(v1_controllers[i], name, ""));
		struct dirent *e;

		T_CHECK(d != NULL);
		while ((e = readdir(d))) {
			const char *path = v1_path(v1_controllers[i], name, e->d_name);
			struct stat st;
			char text[4096];

			if (e->d_type != DT_REG || stat(path, &st) || (st.st_mode & 0600) != 0600 ||
			    strstr(path, "usage") || strstr(path, "failcnt"))
				continue;
			if (t_read_file(path, text, sizeof(text)) >= 0)
				all = t_fmt("%s%s: %s", all, e->d_name, text);
		}
		closedir(d);
	}
	return all;
}

TEST(one_refusal_brings_all_back)
{
	const char *name = v1_name(), *before;
	contain_limits *l = limits_new(), *bad;
	struct t_state *state;
	contain_error *e = NULL;

	create_all(name);
	SET(l, memory_max, 32 * MIB);
	SET(l, memory_swap_max, MIB);
	SET(l, cpu_max, 10000, 20000);
	SET(l, pids_max, 7);
	SET(l, cpu_weight, 300);
	v1_apply(l, name);
	contain_limits_free(l);
	before = everything(name);
	T_CHECK(strstr(before, "pids.max: 7\n") && strstr(before, "limit_in_bytes: 33554432\n"));
	state = t_state_take(T_FDS | T_CGROUPS);
	for (int i = 0; i < 4; i++) {
		static const char *const objects[] = { "cpuset.cpus", "memory.high", "pids.nothing",
						       "memory.nothing" };
		static const int errs[] = { -ERANGE, -EOPNOTSUPP, -ENOENT, -ENOENT };
		int r;

		bad = limits_new();
		SET(bad, memory_max, 8 * MIB);
		SET(bad, cpu_max, 5000, 10000);
		SET(bad, cpu_idle, 1); /* loses the weight */
		SET(bad, pids_max, 5);
		if (i == 0)
			SET(bad, cpuset_cpus, "4000"); /* no such processor */
		else if (i == 1)
			SET(bad, memory_high, MIB);
		else
			SET(bad, raw, objects[i], "1");
		r = contain_cgroup_v1_apply(bad, name, &e);
		T_CHECK(r == errs[i] && strcmp(contain_error_object(e), objects[i]) == 0 &&
				*contain_error_hint(e),
			"%d: %d: %s", i, r, contain_error_message(e));
		contain_error_free(e);
		e = NULL;
		ck_assert_str_eq(everything(name), before);
		contain_limits_free(bad);
	}
	t_state_check(state);
	remove_all(name);
}

static uint64_t number(const char *controller, const char *name, const char *file)
{
	return strtoull(v1_text(controller, name, file), NULL, 10);
}

/* Whatever the old pair was, the new one is set: which file goes first depends on both. */
TEST_LIMIT(pairs_in_any_order, 60)
{
	static const uint64_t sizes[] = { MIB, 5 * MIB, 16 * MIB, 64 * MIB, CONTAIN_LIMIT_MAX };
	const char *name = v1_name(), *child = t_fmt("%s/child", name);
	unsigned state = 3;
	contain_limits *l = limits_new();

	create_all(name);
	close(v1_create("cpu", child));
	SET(l, cpu_max, 500000, 1000000); /* the child's share may not be more */
	v1_apply(l, name);
	contain_limits_free(l);
	for (int i = 0; i < t_sample(2000, 200); i++) {
		uint64_t memory, swap, period, quota, burst;

		state = state * 1664525 + 1013904223;
		memory = sizes[(state >> 8) % 5];
		swap = sizes[(state >> 12) % 5];
		period = 1000 << ((state >> 16) % 10);
		quota = period / 2 - ((state >> 20) % 2) * period / 4;
		burst = (state >> 24) % 3 ? quota / 2 : 0;
		if (quota < 1000)
			quota = 1000, period = 2000, burst = 0;
		l = limits_new();
		SET(l, memory_max, memory);
		if (memory != CONTAIN_LIMIT_MAX || swap == CONTAIN_LIMIT_MAX)
			SET(l, memory_swap_max, swap);
		else
			SET(l, memory_swap_max, CONTAIN_LIMIT_MAX);
		v1_apply(l, name);
		if (memory != CONTAIN_LIMIT_MAX) {
			ck_assert_uint_eq(number("memory", name, "memory.limit_in_bytes"), memory);
			if (swap != CONTAIN_LIMIT_MAX)
				ck_assert_uint_eq(number("memory", name,
							 "memory.memsw.limit_in_bytes"),
						  memory + swap);
		}
		contain_limits_free(l);
		l = limits_new();
		SET(l, cpu_max, quota, period);
		SET(l, cpu_max_burst, burst);
		v1_apply(l, child);
		ck_assert_uint_eq(number("cpu", child, "cpu.cfs_quota_us"), quota);
		ck_assert_uint_eq(number("cpu", child, "cpu.cfs_period_us"), period);
		ck_assert_uint_eq(number("cpu", child, "cpu.cfs_burst_us"), burst);
		contain_limits_free(l);
	}
	v1_remove("cpu", child);
	remove_all(name);
}

TEST(memory_alone_leaves_swap_as_it_is)
{
	static const uint64_t sizes[] = { 64 * MIB, 4 * MIB, 32 * MIB };
	const char *name = v1_name();
	contain_limits *l = limits_new();

	create_all(name);
	SET(l, memory_max, 16 * MIB);
	SET(l, memory_swap_max, 2 * MIB);
	v1_apply(l, name);
	contain_limits_free(l);
	for (size_t i = 0; i < 3; i++) {
		l = limits_new();
		SET(l, memory_max, sizes[i]);
		v1_apply(l, name);
		ck_assert_uint_eq(number("memory", name, "memory.limit_in_bytes"), sizes[i]);
		ck_assert_uint_eq(number("memory", name, "memory.memsw.limit_in_bytes"),
				  sizes[i] + 2 * MIB);
		contain_limits_free(l);
	}
	remove_all(name);
}

/* ---- the programs of libcgroup ---- */

/* What a command prints; it has to succeed. */
static const char *output(const char *command)
{
	FILE *f = popen(command, "re");
	char text[4096];
	size_t n;

	T_CHECK(f != NULL);
	n = fread(text, 1, sizeof(text) - 1, f);
	text[n] = 0;
	T_CHECK(pclose(f) == 0, "%s: %s", command, text);
	return t_fmt("%s", text);
}

static const char *cgget(const char *name, const char *file)
{
	const char *text = output(t_fmt("cgget -n -v -r %s %s", file, name));

	return t_fmt("%.*s", (int)strcspn(text, "\n"), text);
}

TEST(what_cgget_reads)
{
	const char *name = v1_name();
	contain_limits *l = limits_new();

	t_need_program("/usr/bin/cgget");
	create_all(name);
	SET(l, memory_max, 48 * MIB);
	SET(l, pids_max, 21);
	SET(l, cpu_max, 30000, 100000);
	SET(l, cpuset_cpus, "0");
	v1_apply(l, name);
	contain_limits_free(l);
	ck_assert_str_eq(cgget(name, "memory.limit_in_bytes"), "50331648");
	ck_assert_str_eq(cgget(name, "pids.max"), "21");
	ck_assert_str_eq(cgget(name, "cpu.cfs_quota_us"), "30000");
	ck_assert_str_eq(cgget(name, "cpu.cfs_period_us"), "100000");
	ck_assert_str_eq(cgget(name, "cpuset.cpus"), "0");
	remove_all(name);
}

TEST(what_cgcreate_makes_and_cgset_sets)
{
	const char *name = v1_name();
	contain_limits *l = NULL, *again = NULL;
	struct t_state *before;
	int fd = -1;
	struct stat a, b;

	t_need_program("/usr/bin/cgcreate");
	output(t_fmt("cgcreate -g memory,cpu,cpuset,pids:%s", name));
	output(t_fmt("cgset -r memory.limit_in_bytes=41943040 -r pids.max=9 "
		     "-r cpu.cfs_quota_us=40000 -r cpu.shares=512 -r cpuset.cpus=0-1 %s 2>&1 || "
		     "cgset -r cpuset.cpus=0 %s", name, name));
	before = t_state_take(T_FDS | T_CGROUPS);
	ck_assert_int_eq(contain_cgroup_v1_import("memory", name, &fd, &l, NULL), 0);
	T_SYS(fstat(fd, &a));
	T_SYS(stat(v1_path("memory", name, ""), &b));
	T_CHECK(a.st_ino == b.st_ino);
	close(fd);
	ck_assert_str_eq(limits_text(l, "memory.max"), "memory.max 41943040\n");
	ck_assert_str_eq(limits_text(l, "memory.swap.max"), "memory.swap.max max\n");
	ck_assert_str_eq(limits_text(l, "pids.max"), ""); /* of another hierarchy */
	contain_limits_free(l);
	ck_assert_int_eq(contain_cgroup_v1_import("pids", name, NULL, &l, NULL), 0);
	ck_assert_str_eq(limits_text(l, NULL), "pids.max 9\n");
	contain_limits_free(l);
	ck_assert_int_eq(contain_cgroup_v1_import("cpuset", name, NULL, &l, NULL), 0);
	T_CHECK(!strncmp(limits_text(l, NULL), "cpuset.cpus 0", 13), "%s", limits_text(l, NULL));
	contain_limits_free(l);
	ck_assert_int_eq(contain_cgroup_v1_import("cpu", name, NULL, &l, NULL), 0);
	ck_assert_str_eq(limits_text(l, "cpu.max"), "cpu.max 40000 100000\n");
	ck_assert_str_eq(limits_text(l, "cpu.weight"), "cpu.weight 50\n");
	/* what was read can be set, and is the same then */
	v1_apply(l, name);
	ck_assert_int_eq(contain_cgroup_v1_import("cpu", name, NULL, &again, NULL), 0);
	ck_assert_str_eq(limits_text(again, NULL), limits_text(l, NULL));
	ck_assert_str_eq(cgget(name, "cpu.shares"), "512");
	contain_limits_free(l);
	contain_limits_free(again);
	ck_assert_int_eq(contain_cgroup_v1_import("cpu", name, NULL, NULL, NULL), 0);
	t_state_check(before);
	for (int i = 0; i < 4; i++)
		v1_remove(v1_controllers[i], name);
}

TEST(a_config_file)
{
	const char *name = v1_name(), *path = t_fmt("%s/cgconfig", t_tmpdir());
	contain_error *e = NULL;
	int r;

	t_write_file(path, t_fmt("group %s {\n\tmemory {\n\t\tmemory.limit_in_bytes = 20971520;\n"
				 "\t}\n\tpids {\n\t\tpids.max = 11;\n\t}\n}\n", name));
	r = contain_cgroup_v1_load_config(path, &e);
	T_CHECK(r == 0, "%s", contain_error_message(e));
	ck_assert_str_eq(v1_text("memory", name, "memory.limit_in_bytes"), "20971520");
	ck_assert_str_eq(v1_text("pids", name, "pids.max"), "11");
	v1_remove("memory", name);
	v1_remove("pids", name);
	/* and the table of mounts is the same for what comes after it */
	close(v1_create("memory", name));
	v1_remove("memory", name);
	t_write_file(path, "\ngroup { no } such\n");
	r = contain_cgroup_v1_load_config(path, &e);
	T_CHECK(r == -EINVAL && strstr(contain_error_log(e), "line") &&
			strcmp(contain_error_object(e), path) == 0,
		"%d: %s", r, contain_error_message(e));
	contain_error_free(e);
	e = NULL;
	t_write_file(path, t_fmt("group %s {\n\tpids {\n\t\tpids.nothing = 1;\n\t}\n}\n", name));
	r = contain_cgroup_v1_load_config(path, &e);
	T_CHECK(r < 0 && *contain_error_log(e), "%d: %s", r, contain_error_message(e));
	t_note("%s", contain_error_message(e));
	contain_error_free(e);
	e = NULL;
	ck_assert_int_eq(contain_cgroup_v1_load_config(t_fmt("%s/missing", t_tmpdir()), &e),
			 -ENOENT);
	contain_error_free(e);
	ck_assert_int_eq(contain_cgroup_v1_load_config("", NULL), -EINVAL);
	ck_assert_int_eq(contain_cgroup_v1_load_config(NULL, NULL), -EINVAL);
	v1_sweep();
}

/* ---- silence, and threads ---- */

static int fn_noisy(void *arg, void *rec)
{
	const char *name = arg, *path = t_fmt("%s/noise", t_tmpdir());
	int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	contain_limits *l = limits_new();
	struct stat st;

	T_SYS(dup2(fd, 1));
	T_SYS(dup2(fd, 2));
	setenv("CGROUP_LOGLEVEL", "DEBUG", 1);
	SET(l, raw, "memory.nothing", "1");
	T_CHECK(contain_cgroup_v1_apply(l, name, NULL) < 0);
	T_CHECK(contain_cgroup_v1_load_config(path, NULL) == 0); /* empty */
	T_CHECK(contain_cgroup_v1_load_config("/proc/cmdline", NULL) < 0);
	close(v1_create("pids", t_fmt("%s/quiet", name)));
	v1_remove("pids", t_fmt("%s/quiet", name));
	contain_limits_free(l);
	T_SYS(fstat(fd, &st));
	return st.st_size ? 1 : 0;
}

TEST(nothing_is_printed)
{
	const char *name = v1_name();

	create_all(name);
	ck_assert_int_eq(t_child(fn_noisy, (void *)name, NULL, 0), 0);
	remove_all(name);
}

static void *fn_thread(void *arg)
{
	for (int i = 0; i < 30; i++) {
		const char *name = t_fmt("%s-%d", (char *)arg, i);
		contain_limits *l = NULL;
		int fd = -1;

		T_CHECK(contain_cgroup_v1_create("pids", name, &fd, NULL) == 0);
		T_CHECK(contain_limits_new(&l) == 0 && contain_limits_set_pids_max(l, 5) == 0);
		T_CHECK(contain_cgroup_v1_apply(l, name, NULL) == 0);
		T_CHECK(contain_cgroup_v1_remove("pids", name, 1000, NULL) == 0);
		contain_limits_free(l);
		close(fd);
	}
	return NULL;
}

TEST_LIMIT(threads, 60)
{
	const char *name = v1_name();
	pthread_t t[4];

	for (int i = 0; i < 4; i++)
		ck_assert_int_eq(pthread_create(&t[i], NULL, fn_thread, t_fmt("%s-%d", name, i)),
				 0);
	for (int i = 0; i < 4; i++)
		pthread_join(t[i], NULL);
}

/* ---- bad input ---- */

#define refused(r, err, object, hint) refused_at((r), (err), &e, (object), (hint), __LINE__)
static void refused_at(int r, int err, contain_error **e, const char *object, const char *hint,
		       int line)
{
	T_CHECK(r == -err && strcmp(contain_error_object(*e), object) == 0 &&
			strstr(contain_error_hint(*e), hint),
		"line %d: %d: %s", line, r, contain_error_message(*e));
	contain_error_free(*e);
	*e = NULL;
}

TEST(bad_input)
{
	static const char *const names[] = { "",	"/",	 "/a",	"a/",	      "a//b", ".",
					     "..",	"a/..",	 "../a", "cgroup.procs", "a\nb",
					     "a/cgroup.x" };
	const char *name = v1_name();
	struct t_state *before = t_state_take(T_FDS | T_CGROUPS);
	contain_limits *l = limits_new();
	contain_devices *d = NULL;
	contain_error *e = NULL;
	int fd = 42;

	ck_assert_int_eq(contain_devices_new(&d), 0);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		refused(contain_cgroup_v1_create("pids", names[i], &fd, &e), EINVAL, "name", "");
		refused(contain_cgroup_v1_import("pids", names[i], &fd, NULL, &e), EINVAL, "name",
			"");
		refused(contain_cgroup_v1_remove("pids", names[i], 0, &e), EINVAL, "name", "");
		refused(contain_cgroup_v1_apply(l, names[i], &e), EINVAL, "name", "");
		refused(contain_cgroup_v1_apply_devices(d, names[i], &e), EINVAL, "name", "");
	}
	refused(contain_cgroup_v1_create("pids", NULL, &fd, &e), EINVAL, "name", "NULL");
	refused(contain_cgroup_v1_create(NULL, name, &fd, &e), EINVAL, "controller", "NULL");
	refused(contain_cgroup_v1_create("nothing", name, &fd, &e), EINVAL, "controller", "");
	refused(contain_cgroup_v1_create("pids", name, NULL, &e), EINVAL, "ret_fd", "NULL");
	refused(contain_cgroup_v1_apply(NULL, name, &e), EINVAL, "limits", "NULL");
	refused(contain_cgroup_v1_apply_devices(NULL, name, &e), EINVAL, "devices", "NULL");
	refused(contain_cgroup_v1_remove("pids", name, -1, &e), EINVAL, "timeout_msec", "");
	refused(contain_cgroup_v1_remove("pids", name, 0, &e), ENOENT, name, "no such group");
	refused(contain_cgroup_v1_import("pids", name, &fd, NULL, &e), ENOENT, name, "cgcreate");
	if (!t_cgroup_mount("hugetlb"))
		refused(contain_cgroup_v1_create("hugetlb", name, &fd, &e), EOPNOTSUPP, "hugetlb",
			"hugetlb");
	SET(l, pids_max, 5);
	refused(contain_cgroup_v1_apply(l, name, &e), ENOENT, name, "no such group");
	T_CHECK(contain_limits_set_cpu_weight(l, 0) < 0);
	refused(contain_cgroup_v1_apply(l, name, &e), EINVAL, "cpu_weight", "");
	ck_assert_int_eq(fd, 42);
	contain_limits_free(l);
	contain_devices_free(d);
	t_state_check(before);
}

static int fn_user(void *arg, void *rec)
{
	contain_error *e = NULL;
	int fd = -1;

	refused(contain_cgroup_v1_create("pids", t_fmt("%s-user", (char *)arg), &fd, &e), EACCES,
		t_fmt("%s-user", (char *)arg), "root");
	return 0;
}

TEST(as_an_ordinary_user)
{
	t_as_user(fn_user, (void *)v1_name());
}

/* What needs no libcgroup works, and the rest says what is missing. */
TEST(built_without_libcgroup)
{
	const char *name, *file = t_fmt("%s/cgconfig", t_tmpdir());
	contain_limits *l = limits_new(), *read = NULL;
	contain_devices *d = NULL;
	contain_error *e = NULL;
	int fd = -1;

	if (CT_HAVE_LIBCGROUP)
		t_skip("built with libcgroup");
	name = v1_free_name();
	t_write_file(file, "");
	SET(l, pids_max, 5);
	ck_assert_int_eq(contain_devices_new(&d), 0);
	refused(contain_cgroup_v1_create("pids", name, &fd, &e), EOPNOTSUPP, name,
		"without libcgroup");
	refused(contain_cgroup_v1_load_config(file, &e), EOPNOTSUPP, file, "without libcgroup");
	T_SYS(mkdir(v1_path("pids", name, ""), 0755));
	T_SYS(mkdir(v1_path("devices", name, ""), 0755));
	refused(contain_cgroup_v1_apply(l, name, &e), EOPNOTSUPP, "pids.max", "without libcgroup");
	refused(contain_cgroup_v1_apply_devices(d, name, &e), EOPNOTSUPP, "devices.deny",
		"without libcgroup");
	ck_assert_int_eq(contain_cgroup_v1_import("pids", name, &fd, &read, NULL), 0);
	ck_assert_str_eq(limits_text(read, NULL), "pids.max max\n");
	ck_assert_int_eq(contain_cgroup_v1_kill(fd, NULL), 0);
	contain_limits_free(read);
	contain_limits_free(l);
	contain_devices_free(d);
	close(fd);
	v1_remove("pids", name);
	v1_remove("devices", name);
}
