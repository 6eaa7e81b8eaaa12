/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Statistics of real groups against their files, read by other means. */
#include "t_cg_watch.h"

#include <pthread.h>
#include <sys/resource.h>
#include <sys/sysmacros.h>

/* ---- the oracle: files read line by line, by stdio ---- */

static int file_value(const char *path, const char *file, const char *key, uint64_t *ret)
{
	FILE *f = fopen(t_fmt("%s/%s", path, file), "re");
	char line[512], name[200];
	unsigned long long v;
	int found = 0;

	while (f && !found && fgets(line, sizeof(line), f))
		found = key ? sscanf(line, "%199s %llu", name, &v) == 2 && !strcmp(name, key) :
			      sscanf(line, "%llu", &v) == 1;
	if (f)
		fclose(f);
	if (found)
		*ret = v;
	return found;
}

static const struct {
	int stat;
	const char *file, *key;
} all[] = {
	{ CONTAIN_STAT_CPU_USAGE_USEC, "cpu.stat", "usage_usec" },
	{ CONTAIN_STAT_CPU_USER_USEC, "cpu.stat", "user_usec" },
	{ CONTAIN_STAT_CPU_SYSTEM_USEC, "cpu.stat", "system_usec" },
	{ CONTAIN_STAT_CPU_NICE_USEC, "cpu.stat", "nice_usec" },
	{ CONTAIN_STAT_CPU_PERIODS, "cpu.stat", "nr_periods" },
	{ CONTAIN_STAT_CPU_THROTTLED, "cpu.stat", "nr_throttled" },
	{ CONTAIN_STAT_CPU_THROTTLED_USEC, "cpu.stat", "throttled_usec" },
	{ CONTAIN_STAT_CPU_BURSTS, "cpu.stat", "nr_bursts" },
	{ CONTAIN_STAT_CPU_BURST_USEC, "cpu.stat", "burst_usec" },
	{ CONTAIN_STAT_CPU_LOCAL_THROTTLED_USEC, "cpu.stat.local", "throttled_usec" },
	{ CONTAIN_STAT_MEMORY_CURRENT, "memory.current", NULL },
	{ CONTAIN_STAT_MEMORY_PEAK, "memory.peak", NULL },
	{ CONTAIN_STAT_SWAP_CURRENT, "memory.swap.current", NULL },
	{ CONTAIN_STAT_SWAP_PEAK, "memory.swap.peak", NULL },
	{ CONTAIN_STAT_ZSWAP_CURRENT, "memory.zswap.current", NULL },
	{ CONTAIN_STAT_MEMORY_LOW, "memory.events", "low" },
	{ CONTAIN_STAT_MEMORY_HIGH, "memory.events", "high" },
	{ CONTAIN_STAT_MEMORY_MAX, "memory.events", "max" },
	{ CONTAIN_STAT_MEMORY_OOM, "memory.events", "oom" },
	{ CONTAIN_STAT_OOM_KILL, "memory.events", "oom_kill" },
	{ CONTAIN_STAT_OOM_GROUP_KILL, "memory.events", "oom_group_kill" },
	{ CONTAIN_STAT_SWAP_HIGH, "memory.swap.events", "high" },
	{ CONTAIN_STAT_SWAP_MAX, "memory.swap.events", "max" },
	{ CONTAIN_STAT_SWAP_FAIL, "memory.swap.events", "fail" },
	{ CONTAIN_STAT_PIDS_CURRENT, "pids.current", NULL },
	{ CONTAIN_STAT_PIDS_PEAK, "pids.peak", NULL },
	{ CONTAIN_STAT_PIDS_MAX, "pids.events", "max" },
	{ CONTAIN_STAT_GROUP_POPULATED, "cgroup.events", "populated" },
	{ CONTAIN_STAT_GROUP_FROZEN, "cgroup.events", "frozen" },
	{ CONTAIN_STAT_GROUP_DESCENDANTS, "cgroup.stat", "nr_descendants" },
	{ CONTAIN_STAT_GROUP_DYING, "cgroup.stat", "nr_dying_descendants" },
};
#define ALL (sizeof(all) / sizeof(all[0]))

/* Nothing runs in it meanwhile: all is as it was read. Returns how many values there are. */
static int same_as_the_files(const char *path, const contain_stats *s)
{
	int told = 0;

	for (size_t i = 0; i < ALL; i++) {
		uint64_t want = 0, v = 0;
		int has = file_value(path, all[i].file, all[i].key, &want);
		int r = contain_stats_get(s, all[i].stat, &v);

		T_EXPECT(r == (has ? 0 : -ENODATA), "%s %s: %d", all[i].file,
			 all[i].key ? all[i].key : "", r);
		/* what others hold of it is freed later */
		if (has && strcmp(all[i].file, "memory.current") &&
		    strcmp(all[i].file, "cgroup.stat"))
			T_EXPECT(v == want, "%s %s: %llu, %llu", all[i].file,
				 all[i].key ? all[i].key : "", (unsigned long long)v,
				 (unsigned long long)want);
		told += has;
	}
	return told;
}

TEST(as_the_files_say)
{
	const char *path = tw_group_full("files");
	struct t_state *before;
	contain_stats *s;
	pid_t pid;
	int told;

	before = t_state_take(T_FDS | T_CHILDREN | T_THREADS);
	s = tw_stats(path, CONTAIN_STATS_ALL);
	same_as_the_files(path, s);
	tw_status(tw_run(path, NULL, tw_burn, 50));
	tw_status(tw_run(path, NULL, tw_eat, -4));
	for (int i = 0; i < 3; i++)
		tw_status(tw_run(path, NULL, tw_nothing, 0));
	pid = tw_run(path, NULL, tw_sleep, 0);
	t_write_file(t_fmt("%s/cgroup.freeze", path), "1");
	usleep(20000 * (unsigned)t_slow());
	ck_assert_int_eq(contain_stats_update(s, NULL), 0);
	told = same_as_the_files(path, s);
	t_note("%d of %zu values", told, ALL);
	T_CHECK(told >= 6);
	ck_assert_uint_eq(tw_value(s, CONTAIN_STAT_GROUP_FROZEN), 1);
	T_CHECK(tw_value(s, CONTAIN_STAT_CPU_USAGE_USEC) >= 40000);
	t_write_file(t_fmt("%s/cgroup.freeze", path), "0");
	tw_end(pid);
	contain_stats_free(s);
	t_state_check(before);
}

TEST(lines_of_memory_stat)
{
	const char *path = tw_group_with("memory", "lines");
	contain_stats *s = tw_stats(path, CONTAIN_STATS_MEMORY);
	FILE *f = fopen(t_fmt("%s/memory.stat", path), "re");
	char name[100];
	unsigned long long want;
	int n = 0;

	while (fscanf(f, "%99s %llu", name, &want) == 2) {
		uint64_t v;

		ck_assert_str_eq(contain_stats_memory_name(s, n++), name);
		ck_assert_int_eq(contain_stats_memory(s, name, &v), 0);
		ck_assert_uint_eq(v, want);
	}
	fclose(f);
	ck_assert_int_eq(contain_stats_memory_count(s), n);
	T_CHECK(n > 40);
	contain_stats_free(s);
}

TEST(eaten_memory_is_seen)
{
	const char *path = tw_group_with("memory", "eat");
	contain_stats *s = tw_stats(path, CONTAIN_STATS_MEMORY);
	pid_t pid = tw_run(path, NULL, tw_eat, 32);
	uint64_t anon = 0;

	for (int i = 0; i < 1000 && anon < 32 << 20; i++) {
		usleep(10000);
		ck_assert_int_eq(contain_stats_update(s, NULL), 0);
		ck_assert_int_eq(contain_stats_memory(s, "anon", &anon), 0);
	}
	T_CHECK(anon >= 32 << 20 && anon < 40 << 20, "%llu", (unsigned long long)anon);
	T_CHECK(tw_value(s, CONTAIN_STAT_MEMORY_CURRENT) >= 32 << 20);
	T_CHECK(tw_value(s, CONTAIN_STAT_MEMORY_PEAK) >= 32 << 20);
	tw_end(pid);
	for (int i = 0; i < 1000 && anon > 1 << 20; i++) {
		usleep(10000);
		ck_assert_int_eq(contain_stats_update(s, NULL), 0);
		ck_assert_int_eq(contain_stats_memory(s, "anon", &anon), 0);
	}
	T_CHECK(anon < 1 << 20);
	T_CHECK(tw_value(s, CONTAIN_STAT_MEMORY_PEAK) >= 32 << 20);
	contain_stats_free(s);
}

TEST(throttling_is_seen)
{
	const char *path = tw_group_with("cpu", "throttle");
	contain_stats *s;

	t_write_file(t_fmt("%s/cpu.max", path), "10000 50000");
	s = tw_stats(path, CONTAIN_STATS_CPU);
	ck_assert_uint_eq(tw_value(s, CONTAIN_STAT_CPU_THROTTLED), 0);
	tw_status(tw_run(path, NULL, tw_burn, 200));
	ck_assert_int_eq(contain_stats_update(s, NULL), 0);
	T_CHECK(tw_value(s, CONTAIN_STAT_CPU_THROTTLED) >= 3);
	T_CHECK(tw_value(s, CONTAIN_STAT_CPU_PERIODS) >= tw_value(s, CONTAIN_STAT_CPU_THROTTLED));
	T_CHECK(tw_value(s, CONTAIN_STAT_CPU_THROTTLED_USEC) >= 100000);
	/* the 200 ms that it burnt, as somebody else's clock counts them */
	T_CHECK(tw_value(s, CONTAIN_STAT_CPU_USAGE_USEC) >= 100000);
	contain_stats_free(s);
}

static const char *disk;

static int write_disk(long n)
{
	void *p = mmap(NULL, 65536, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int fd = open(disk, O_RDWR | O_DIRECT | O_CLOEXEC);

	T_CHECK(fd >= 0, "%s: %m", disk);
	for (long i = 0; i < n; i++)
		T_CHECK(pread(fd, p, 65536, (1 << 20) + i * 65536) == 65536);
	for (long i = 0; i < n; i++)
		T_CHECK(pwrite(fd, p, 65536, (1 << 20) + i * 65536) == 65536);
	return 0;
}

TEST(io_by_device)
{
	const char *path = tw_group_with("io", "io");
	contain_stats *s;
	struct stat st;
	int found = -1;
	uint64_t v, sum;

	disk = "/dev/vda";
	if (!t_guest() || stat(disk, &st) < 0)
		t_skip("no disk of its own outside of a virtual machine");
	s = tw_stats(path, CONTAIN_STATS_IO);
	ck_assert_uint_eq(tw_value(s, CONTAIN_STAT_IO_WRITE_BYTES), 0);
	/* read and written back: the file system on it stays */
	ck_assert_int_eq(tw_status(tw_run(path, NULL, write_disk, 16)), 0);
	ck_assert_int_eq(contain_stats_update(s, NULL), 0);
	for (int i = 0; i < contain_stats_io_count(s); i++) {
		uint32_t major, minor;

		ck_assert_int_eq(contain_stats_io_device(s, i, &major, &minor), 0);
		if (makedev(major, minor) == st.st_rdev)
			found = i;
	}
	T_CHECK(found >= 0);
	ck_assert_int_eq(contain_stats_io_get(s, found, CONTAIN_STAT_IO_WRITE_BYTES, &v), 0);
	ck_assert_uint_eq(v, 16 * 65536);
	ck_assert_int_eq(contain_stats_io_get(s, found, CONTAIN_STAT_IO_READ_BYTES, &v), 0);
	ck_assert_uint_eq(v, 16 * 65536);
	ck_assert_int_eq(contain_stats_io_get(s, found, CONTAIN_STAT_IO_WRITES, &v), 0);
	T_CHECK(v >= 1);
	ck_assert_int_eq(contain_stats_io_key(s, found, "wios", &sum), 0);
	ck_assert_uint_eq(v, sum);
	T_CHECK(tw_value(s, CONTAIN_STAT_IO_WRITE_BYTES) >= 16 * 65536);
	contain_stats_free(s);
}

static int eat_huge(long n)
{
	char *p = mmap(NULL, (size_t)n << 21, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB | 21 << 26, -1, 0);

	T_CHECK(p != MAP_FAILED, "%m");
	for (long i = 0; i < n; i++)
		p[i << 21] = 1;
	return tw_sleep(0);
}

TEST(huge_pages)
{
	const char *pages = "/sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages", *path;
	contain_stats *s;
	uint64_t v = 0;
	pid_t pid;
	int i = 0;

	path = tw_group_with("hugetlb", "huge");
	s = tw_stats(path, CONTAIN_STATS_HUGETLB);
	T_CHECK(contain_stats_hugetlb_count(s) >= 1);
	while (strcmp(contain_stats_hugetlb_size(s, i), "2MB"))
		i++;
	ck_assert_int_eq(contain_stats_hugetlb_get(s, i, CONTAIN_STAT_HUGETLB_CURRENT, &v), 0);
	ck_assert_uint_eq(v, 0);
	ck_assert_int_eq(contain_stats_hugetlb_get(s, i, CONTAIN_STAT_HUGETLB_MAX, &v), 0);
	ck_assert_int_eq(contain_stats_hugetlb_get(s, i, CONTAIN_STAT_HUGETLB_RSVD_CURRENT, &v), 0);
	if (!t_guest()) {
		contain_stats_free(s);
		t_skip("huge pages are not reserved outside of a virtual machine");
	}
	t_write_file(pages, "4");
	pid = tw_run(path, NULL, eat_huge, 2);
	for (int k = 0; k < 500 && v < 4 << 20; k++) {
		usleep(10000);
		ck_assert_int_eq(contain_stats_update(s, NULL), 0);
		ck_assert_int_eq(contain_stats_hugetlb_get(s, i, CONTAIN_STAT_HUGETLB_CURRENT, &v),
				 0);
	}
	ck_assert_uint_eq(v, 4 << 20);
	ck_assert_int_eq(contain_stats_hugetlb_get(s, i, CONTAIN_STAT_HUGETLB_RSVD_CURRENT, &v), 0);
	ck_assert_uint_eq(v, 4 << 20);
	tw_end(pid);
	t_write_file(pages, "0");
	contain_stats_free(s);
}

TEST(pressure_grows)
{
	const char *path = tw_group("pressure");
	contain_stats *s = tw_stats(path, CONTAIN_STATS_PRESSURE);
	uint32_t avg10 = 0;
	uint64_t first = 0, total = 0;
	pid_t pid[8];

	if (contain_stats_pressure(s, CONTAIN_PRESSURE_CPU, CONTAIN_PRESSURE_SOME, NULL, NULL, NULL,
				   &first) < 0)
		t_skip("this kernel tells no pressure");
	for (int i = 0; i < 8; i++)
		pid[i] = tw_run(path, NULL, tw_burn, 0);
	for (int i = 0; i < 100 && (!avg10 || total < first + 100000); i++) {
		usleep(100000);
		ck_assert_int_eq(contain_stats_update(s, NULL), 0);
		ck_assert_int_eq(contain_stats_pressure(s, CONTAIN_PRESSURE_CPU,
							CONTAIN_PRESSURE_SOME, &avg10, NULL, NULL,
							&total),
				 0);
	}
	for (int i = 0; i < 8; i++)
		tw_end(pid[i]);
	T_CHECK(avg10 > 0 && avg10 <= 10000 && total >= first + 100000, "%u %llu", avg10,
		(unsigned long long)total);
	contain_stats_free(s);
}

/* ---- groups that go ---- */

TEST(a_removed_group_has_its_last_values)
{
	const char *path = tw_group("gone");
	contain_stats *s = tw_stats(path, CONTAIN_STATS_ALL), *none = (void *)1;
	contain_error *e = NULL;
	uint64_t usage, then;
	int fd = tw_dir(path);

	tw_status(tw_run(path, NULL, tw_burn, 20));
	ck_assert_int_eq(contain_stats_update(s, NULL), 0);
	usage = tw_value(s, CONTAIN_STAT_CPU_USAGE_USEC);
	then = contain_stats_time_nsec(s);
	T_CHECK(usage >= 10000);
	tw_rmdir(path);
	ck_assert_int_eq(contain_stats_update(s, &e), -ENODEV);
	T_CHECK(strstr(contain_error_hint(e), "removed"), "%s", contain_error_message(e));
	contain_error_free(e);
	e = NULL;
	ck_assert_uint_eq(tw_value(s, CONTAIN_STAT_CPU_USAGE_USEC), usage);
	ck_assert_uint_eq(contain_stats_time_nsec(s), then);
	ck_assert_int_eq(contain_stats_new(fd, CONTAIN_STATS_ALL, &none, &e), -ENODEV);
	T_CHECK(none == (void *)1 && strstr(contain_error_hint(e), "removed"));
	contain_error_free(e);
	contain_stats_free(s);
	close(fd);
}

/* Of none of its files, since the group has none of those. */
TEST(a_removed_group_without_such_files)
{
	const char *path = tw_group("bare");
	contain_stats *s = tw_stats(path, CONTAIN_STATS_IO);

	ck_assert_int_eq(contain_stats_update(s, NULL), 0);
	tw_rmdir(path);
	ck_assert_int_eq(contain_stats_update(s, NULL), -ENODEV);
	contain_stats_free(s);
}

/* Removed and made anew by the same name: another group. */
TEST(another_group_of_the_same_name)
{
	const char *path = tw_group("name");
	contain_stats *s = tw_stats(path, CONTAIN_STATS_ALL);

	tw_rmdir(path);
	T_SYS(mkdir(path, 0755));
	ck_assert_int_eq(contain_stats_update(s, NULL), -ENODEV);
	contain_stats_free(s);
}

/* ---- limits of the process ---- */

static int few_fds(void *arg, void *rec)
{
	struct rlimit r = { 12, 12 };
	contain_stats *s = (void *)1;
	contain_error *e = NULL;
	int fd = tw_dir(arg), n = 0;

	(void)rec;
	closefrom(fd + 1);
	T_SYS(setrlimit(RLIMIT_NOFILE, &r));
	ck_assert_int_eq(contain_stats_new(fd, CONTAIN_STATS_ALL, &s, &e), -EMFILE);
	T_CHECK(s == (void *)1 && strstr(contain_error_hint(e), "RLIMIT_NOFILE"), "%s",
		contain_error_message(e));
	contain_error_free(e);
	/* all of them are free again */
	while (dup(fd) >= 0)
		n++;
	ck_assert_int_eq(n, 12 - fd - 1);
	return 0;
}

TEST(out_of_fds)
{
	ck_assert_int_eq(t_child(few_fds, (void *)tw_group("few"), NULL, 0), 0);
}

static int as_user(void *arg, void *rec)
{
	contain_stats *s = tw_stats(arg, CONTAIN_STATS_ALL);

	(void)rec;
	ck_assert_int_eq(contain_stats_update(s, NULL), 0);
	tw_value(s, CONTAIN_STAT_CPU_USAGE_USEC);
	contain_stats_free(s);
	return 0;
}

TEST(ordinary_user)
{
	t_need_root();
	t_as_user(as_user, (void *)tw_group("user"));
}

static const char *shared;

static void *updates(void *arg)
{
	contain_stats *s = tw_stats(shared, CONTAIN_STATS_ALL);

	for (int i = 0; i < 200; i++)
		T_CHECK(contain_stats_update(s, NULL) == 0);
	contain_stats_free(s);
	return arg;
}

TEST(threads)
{
	pthread_t t[4];

	shared = tw_group("threads");
	for (int i = 0; i < 4; i++)
		ck_assert_int_eq(pthread_create(&t[i], NULL, updates, NULL), 0);
	for (int i = 0; i < 4; i++)
		pthread_join(t[i], NULL);
}

TEST(the_root_group)
{
	const char *mount = t_cgroup_mount("cgroup2");
	contain_stats *s;

	if (!mount)
		t_skip("no cgroup2 is mounted");
	s = tw_stats(mount, CONTAIN_STATS_ALL);
	T_CHECK(tw_value(s, CONTAIN_STAT_CPU_USAGE_USEC) > 0);
	ck_assert_int_eq(contain_stats_update(s, NULL), 0);
	contain_stats_free(s);
}

/* ---- v1 ---- */

TEST(v1_groups)
{
	static const char *const controllers[] = { "memory", "cpu", "cpuacct", "pids", "blkio" };
	struct ct_group *g = ct_group_new();
	const char *path[5];
	contain_stats *s = NULL;
	uint64_t v, want;
	pid_t pid;

	for (int i = 0; i < 5; i++)
		if (!t_cgroup_mount(controllers[i]))
			t_skip("no hierarchy of v1 has the controller %s", controllers[i]);
	if (t_cgroup_mount("cgroup2"))
		g->fd = tw_dir(tw_group("stats"));
	for (int i = 0; i < 5; i++) {
		path[i] = tw_sub(t_cgroup_make(controllers[i]), "stats");
		g->v1_dir[g->v1++].fd = tw_dir(path[i]);
	}
	pid = tw_run(path[0], path[3], tw_eat, 16);
	ck_assert_int_eq(ct_stats_new_of(g, CONTAIN_STATS_ALL, &s, NULL), 0);
	for (int i = 0; i < 500; i++) {
		if (contain_stats_memory(s, "anon", &v) == 0 && v >= 16 << 20)
			break;
		usleep(10000);
		ck_assert_int_eq(contain_stats_update(s, NULL), 0);
	}
	T_CHECK(v >= 16 << 20 && v < 20 << 20);
	T_CHECK(tw_value(s, CONTAIN_STAT_MEMORY_CURRENT) >= 16 << 20);
	T_CHECK(tw_value(s, CONTAIN_STAT_MEMORY_PEAK) >= 16 << 20);
	ck_assert_uint_eq(tw_value(s, CONTAIN_STAT_OOM_KILL), 0);
	ck_assert_uint_eq(tw_value(s, CONTAIN_STAT_MEMORY_MAX), 0);
	ck_assert_uint_eq(tw_value(s, CONTAIN_STAT_PIDS_CURRENT), 1);
	ck_assert_uint_eq(tw_value(s, CONTAIN_STAT_PIDS_MAX), 0);
	ck_assert_uint_eq(tw_value(s, CONTAIN_STAT_CPU_THROTTLED), 0);
	ck_assert_uint_eq(tw_value(s, CONTAIN_STAT_IO_READ_BYTES), 0);
	T_CHECK(file_value(path[0], "memory.max_usage_in_bytes", NULL, &want));
	ck_assert_uint_eq(tw_value(s, CONTAIN_STAT_MEMORY_PEAK), want);
	tw_end(pid);
	contain_stats_free(s);
	ct_group_free(g);
}

/* One directory of v1, by the public function. */
TEST(v1_directory)
{
	const char *path;
	contain_stats *s;
	uint64_t v, want;

	if (!t_cgroup_mount("cpuacct"))
		t_skip("no hierarchy of v1 has the controller cpuacct");
	path = tw_sub(t_cgroup_make("cpuacct"), "stats");
	tw_status(tw_run(path, NULL, tw_burn, 30));
	s = tw_stats(path, CONTAIN_STATS_ALL);
	T_CHECK(file_value(path, "cpuacct.usage", NULL, &want));
	ck_assert_uint_eq(tw_value(s, CONTAIN_STAT_CPU_USAGE_USEC), want / 1000);
	T_CHECK(want > 20000000);
	ck_assert_int_eq(contain_stats_get(s, CONTAIN_STAT_MEMORY_CURRENT, &v), -ENODATA);
	tw_rmdir(path);
	ck_assert_int_eq(contain_stats_update(s, NULL), -ENODEV);
	contain_stats_free(s);
}
