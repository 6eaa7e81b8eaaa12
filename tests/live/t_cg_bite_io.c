/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Limits that bite, on a guest's own disk: the rate of writes, past the page cache and through it;
 * the cache itself; swap; huge pages. Measured inside, and outside by the kernel's statistics.
 */
#include "t_cg_bite.h"

#include <sys/swap.h>
#include <sys/sysmacros.h>

/* A container on the disk, which is /job inside. */
static void disk_dir(struct ts *t, const contain_limits *l, const char *disk)
{
	tb_dir(t, l);
	ck_assert_int_eq(container_spec_add_bind(t->spec, AT_FDCWD, disk, "/job", 0), 0);
}

/* KiB per second. */
static double inside_rate(struct ts *t)
{
	double kib, usec;

	T_CHECK(sscanf(ts_value(t, "disk"), "%lf in %lf", &kib, &usec) == 2, "%s", t->text);
	return kib * 1e6 / usec;
}

/* What io.stat has of the disk. */
static uint64_t outside_written(struct ts *t, uint32_t major, uint32_t minor)
{
	contain_stats *stats = NULL;
	uint64_t bytes = 0;
	uint32_t a, b;

	T_CHECK(container_read_stats(t->c, CONTAIN_STATS_IO, &stats, &t->error) == 0, "%s",
		contain_error_message(t->error));
	for (int i = 0; contain_stats_io_device(stats, i, &a, &b) == 0; i++)
		if (a == major && b == minor)
			contain_stats_io_get(stats, i, CONTAIN_STAT_IO_WRITE_BYTES, &bytes);
	contain_stats_free(stats);
	return bytes;
}

/* @how: " direct" past the page cache, or "" through it. rate: KiB per second, 0: no limit. */
static void write_disk(const char *disk, const char *how, uint64_t rate, long kib)
{
	/* its own file: what the page cache has of one stays the first writer's to write back */
	contain_limits *l = tb_limits();
	uint64_t begin, took, written;
	uint32_t major, minor;
	int too_slow;
	struct ts t;

	ck_assert_int_eq(contain_block_device(AT_FDCWD, disk, &major, &minor, NULL), 0);
	ck_assert_int_eq(contain_limits_set_io_max(l, major, minor, CONTAIN_IO_WBPS,
						   rate ? rate << 10 : CONTAIN_LIMIT_MAX),
			 0);
	disk_dir(&t, l, disk);
	ts_sh(&t, t_fmt("read go; payload disk /job/file-%llu %ld%s; exec payload sleep",
			(unsigned long long)rate, kib, how));
	container_spec_set_stdio(t.spec, 0, CONTAIN_STDIO_PIPE);
	ts_start(&t);
	written = outside_written(&t, major, minor);
	begin = tb_usec();
	T_SYS(write(container_stdio_fd(t.c, 0), "go\n", 3));
	ts_wait_for(&t, "disk ");
	took = tb_usec() - begin;
	ts_wait_for(&t, "sleeping\n");
	ts_hasnt(&t, "error");
	written = outside_written(&t, major, minor) - written;
	t_note("%llu KiB/s asked, %ld KiB%s: inside %.0f KiB/s, outside %llu KiB in %.2f s",
	       (unsigned long long)rate, kib, how, inside_rate(&t),
	       (unsigned long long)written >> 10, (double)took / 1e6);
	T_CHECK(written >= (uint64_t)kib << 10, "%llu bytes", (unsigned long long)written);
	if (rate) {
		T_CHECK(inside_rate(&t) < 1.25 * (double)rate, "%.0f", inside_rate(&t));
		T_CHECK((double)took / 1e6 > 0.75 * (double)kib / (double)rate);
	}
	too_slow = !rate && inside_rate(&t) < 3000;
	ts_kill(&t);
	contain_limits_free(l);
	if (too_slow)
		t_skip("this machine's disk is too slow now to tell a limit from none");
}

TEST_LIMIT(rate_of_a_disk, 60)
{
	const char *disk;

	tb_need_v2("io");
	disk = tb_disk();
	write_disk(disk, " direct", 1024, 2048);
	write_disk(disk, " direct", 0, 4096);
}

/* What is written back later is the container's too. */
TEST_LIMIT(rate_of_a_disk_through_the_cache, 60)
{
	const char *disk;

	tb_need_v2("io");
	disk = tb_disk();
	write_disk(disk, "", 1024, 2048);
	write_disk(disk, "", 0, 4096);
}

/* The disk below a file system, its mount point, a file in it, and its node: one device. */
TEST(disk_by_path)
{
	uint32_t major = 0, minor = 0;
	const char *disk;
	struct stat st;

	tb_need_v2("io");
	disk = tb_disk();
	T_SYS(stat("/dev/vda", &st));
	t_write_file(t_fmt("%s/some-file", disk), "x");
	for (int i = 0; i < 3; i++) {
		const char *path = i == 0 ? disk :
				   i == 1 ? t_fmt("%s/some-file", disk) :
					    "/dev/vda";

		ck_assert_int_eq(contain_block_device(AT_FDCWD, path, &major, &minor, NULL), 0);
		ck_assert_uint_eq(major, major(st.st_rdev));
		ck_assert_uint_eq(minor, minor(st.st_rdev));
	}
	ck_assert_int_lt(contain_block_device(AT_FDCWD, "/proc", &major, &minor, NULL), 0);
}

/* ---- memory that can be taken back ---- */

/* A file larger than memory.high goes through the cache, and the payload is none the worse. */
TEST_LIMIT(cache_above_memory_high, 60)
{
	contain_limits *l = tb_limits();
	const char *disk;
	struct ts t;

	tb_need_v2("memory");
	disk = tb_disk();
	contain_limits_set_memory_high(l, 8 * MIB);
	disk_dir(&t, l, disk);
	ts_sh(&t, "payload disk /job/large 32768; cat /job/large | wc -c; exec payload sleep");
	ts_start(&t);
	ts_wait_for(&t, "sleeping\n");
	ts_has(&t, "\n33554432\n");
	T_CHECK(tb_stat(&t, CONTAIN_STATS_MEMORY, CONTAIN_STAT_MEMORY_HIGH) > 0);
	ck_assert_uint_eq(tb_stat(&t, CONTAIN_STATS_MEMORY, CONTAIN_STAT_OOM_KILL), 0);
	T_CHECK(tb_stat(&t, CONTAIN_STATS_MEMORY, CONTAIN_STAT_MEMORY_CURRENT) < 12 * MIB, "%llu",
		(unsigned long long)tb_stat(&t, CONTAIN_STATS_MEMORY, CONTAIN_STAT_MEMORY_CURRENT));
	ts_kill(&t);
	contain_limits_free(l);
}

/* memory 24 MiB and so much swap: 48 MiB fit or not. */
static void eat_with_swap(uint64_t swap, int fits)
{
	contain_limits *l = tb_limits();
	struct ts t;

	contain_limits_set_memory_max(l, 24 * MIB);
	contain_limits_set_memory_swap_max(l, swap);
	tb_dir(&t, l);
	ts_sh(&t, "payload mem 48; echo ended $?; exec payload sleep");
	ts_start(&t);
	ts_wait_for(&t, "sleeping\n");
	ts_has(&t, "ended %d\n", fits ? 0 : 128 + SIGKILL);
	ck_assert_uint_eq(tb_stat(&t, CONTAIN_STATS_MEMORY, CONTAIN_STAT_OOM_KILL), !fits);
	T_CHECK(!fits || tb_stat(&t, CONTAIN_STATS_MEMORY, CONTAIN_STAT_MEMORY_MAX) > 0);
	ts_kill(&t);
	contain_limits_free(l);
}

TEST_LIMIT(swap, 60)
{
	const char *file;

	tb_need_v2("memory");
	if (access("/sbin/mkswap", X_OK) < 0)
		t_skip("no mkswap");
	file = t_fmt("%s/swap", tb_disk());
	T_CHECK(system(t_fmt("dd if=/dev/zero of=%s bs=1048576 count=80 2>/dev/null && "
			     "chmod 600 %s && /sbin/mkswap %s >/dev/null",
			     file, file, file)) == 0);
	if (swapon(file, 0) < 0)
		t_skip("swapon: %s", strerror(errno));
	eat_with_swap(0, 0);
	eat_with_swap(64 * MIB, 1);
	T_SYS(swapoff(file));
}

/* ---- huge pages ---- */

TEST(huge_pages)
{
	contain_limits *l = tb_limits();
	char before[32];
	struct ts t;

	tb_need_v2("hugetlb");
	if (!t_guest())
		t_skip("needs huge pages of its own: in guests");
	T_CHECK(t_read_file("/proc/sys/vm/nr_hugepages", before, sizeof(before)) > 0);
	t_write_file("/proc/sys/vm/nr_hugepages", "8");
	ck_assert_int_eq(contain_limits_set_hugetlb_max(l, 2 * MIB, 6 * MIB), 0);
	tb_dir(&t, l);
	ts_sh(&t, "payload huge 6; echo ended $?; exec payload sleep");
	ts_start(&t);
	ts_wait_for(&t, "sleeping\n");
	ts_has(&t, "huge 3\n");
	ts_hasnt(&t, "huge 4\n");
	ts_has(&t, "ended %d\n", 128 + SIGBUS);
	T_CHECK(tb_key(&t, "hugetlb.2MB.events", "max") >= 1, "%s",
		tb_file(&t, "hugetlb.2MB.events"));
	ts_kill(&t);
	t_write_file("/proc/sys/vm/nr_hugepages", before);
	contain_limits_free(l);
}
