/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Statistics of groups made of ordinary files: values, what is missing, bad input. */
#include "t_cg_watch.h"

static const struct {
	int stat;
	uint64_t value;
} known[] = {
	{ CONTAIN_STAT_CPU_USAGE_USEC, 123456789012 },
	{ CONTAIN_STAT_CPU_USER_USEC, 100 },
	{ CONTAIN_STAT_CPU_SYSTEM_USEC, 23 },
	{ CONTAIN_STAT_CPU_PERIODS, 10 },
	{ CONTAIN_STAT_CPU_THROTTLED, 4 },
	{ CONTAIN_STAT_CPU_THROTTLED_USEC, 5000 },
	{ CONTAIN_STAT_CPU_BURSTS, 2 },
	{ CONTAIN_STAT_CPU_BURST_USEC, 33 },
	{ CONTAIN_STAT_CPU_LOCAL_THROTTLED_USEC, 77 },
	{ CONTAIN_STAT_MEMORY_CURRENT, 4096 },
	{ CONTAIN_STAT_MEMORY_PEAK, 8192 },
	{ CONTAIN_STAT_SWAP_CURRENT, 0 },
	{ CONTAIN_STAT_SWAP_PEAK, 12288 },
	{ CONTAIN_STAT_MEMORY_LOW, 1 },
	{ CONTAIN_STAT_MEMORY_HIGH, 2 },
	{ CONTAIN_STAT_MEMORY_MAX, 3 },
	{ CONTAIN_STAT_MEMORY_OOM, 4 },
	{ CONTAIN_STAT_OOM_KILL, 5 },
	{ CONTAIN_STAT_OOM_GROUP_KILL, 6 },
	{ CONTAIN_STAT_SWAP_HIGH, 7 },
	{ CONTAIN_STAT_SWAP_MAX, 8 },
	{ CONTAIN_STAT_SWAP_FAIL, 9 },
	{ CONTAIN_STAT_IO_READ_BYTES, 1034 },
	{ CONTAIN_STAT_IO_WRITE_BYTES, 2068 },
	{ CONTAIN_STAT_IO_READS, 31 },
	{ CONTAIN_STAT_IO_WRITES, 42 },
	{ CONTAIN_STAT_IO_DISCARD_BYTES, 53 },
	{ CONTAIN_STAT_IO_DISCARDS, 64 },
	{ CONTAIN_STAT_PIDS_CURRENT, 12 },
	{ CONTAIN_STAT_PIDS_PEAK, 40 },
	{ CONTAIN_STAT_PIDS_MAX, 6 },
	{ CONTAIN_STAT_GROUP_POPULATED, 1 },
	{ CONTAIN_STAT_GROUP_FROZEN, 0 },
	{ CONTAIN_STAT_GROUP_DESCENDANTS, 3 },
	{ CONTAIN_STAT_GROUP_DYING, 2 },
};
#define KNOWN (sizeof(known) / sizeof(known[0]))

TEST(every_value)
{
	struct t_state *before;
	contain_stats *s;
	const char *dir;

	tw_open();
	dir = tw_group(tw_v2);
	before = t_state_take(T_FDS);
	s = tw_stats(dir, CONTAIN_STATS_ALL);
	for (size_t i = 0; i < KNOWN; i++)
		T_EXPECT(value(s, known[i].stat) == known[i].value, "%d: %llu", known[i].stat,
			 (unsigned long long)value(s, known[i].stat));
	no_value(s, CONTAIN_STAT_CPU_NICE_USEC, -ENODATA);
	no_value(s, CONTAIN_STAT_ZSWAP_CURRENT, -ENODATA);
	T_CHECK(contain_stats_time_nsec(s) > 0);
	contain_stats_free(s);
	t_state_check(before);
}

/* A number is one constant, and the library knows all of them: those that no file tells, too. */
TEST(constants_are_known_and_others_are_not)
{
	static const char *const none[] = { NULL };
	contain_stats *s;
	int known_ones = 0;

	tw_open();
	s = tw_stats(tw_group(none), CONTAIN_STATS_ALL);
	for (int i = -300; i < 600; i++) {
		uint64_t v = 4242;
		int r = contain_stats_get(s, i, &v);

		T_CHECK(v == 4242);
		T_CHECK(r == -ENODATA || r == -EINVAL, "%d: %d", i, r);
		known_ones += r == -ENODATA;
	}
	/* and nice_usec, zswap */
	ck_assert_int_eq(known_ones, KNOWN + 2);
	ck_assert_int_eq(contain_stats_io_count(s), 0);
	ck_assert_int_eq(contain_stats_memory_count(s), 0);
	ck_assert_int_eq(contain_stats_hugetlb_count(s), 0);
	contain_stats_free(s);
}

TEST(the_mask_says_what_is_read)
{
	static const uint32_t bit_of[] = { CONTAIN_STATS_CPU,	  CONTAIN_STATS_MEMORY,
					   CONTAIN_STATS_IO,	  CONTAIN_STATS_PIDS,
					   CONTAIN_STATS_HUGETLB, CONTAIN_STATS_GROUP };
	const char *dir;

	tw_open();
	dir = tw_group(tw_v2);
	for (int bit = 0; bit < 7; bit++) {
		contain_stats *s = tw_stats(dir, 1U << bit);

		for (size_t i = 0; i < KNOWN; i++) {
			uint64_t v;
			int r = contain_stats_get(s, known[i].stat, &v);
			int in = bit_of[known[i].stat / 32] == 1U << bit;

			T_CHECK(r == (in ? 0 : -ENODATA), "bit %d stat %d: %d", bit, known[i].stat,
				r);
		}
		ck_assert_int_eq(contain_stats_hugetlb_count(s),
				 1U << bit == CONTAIN_STATS_HUGETLB ? 2 : 0);
		ck_assert_int_eq(contain_stats_pressure(s, CONTAIN_PRESSURE_CPU,
							CONTAIN_PRESSURE_SOME, NULL, NULL, NULL,
							NULL),
				 1U << bit == CONTAIN_STATS_PRESSURE ? 0 : -ENODATA);
		ck_assert_int_eq(contain_stats_memory_count(s),
				 1U << bit == CONTAIN_STATS_MEMORY ? 5 : 0);
		contain_stats_free(s);
	}
}

TEST(memory_stat_by_name)
{
	static const char *const names[] = { "anon", "file", "kernel", "file_mapped", "pgfault" };
	contain_stats *s;
	uint64_t v = 0;

	tw_open();
	s = tw_stats(tw_group(tw_v2), CONTAIN_STATS_ALL);
	ck_assert_int_eq(contain_stats_memory_count(s), 5);
	for (int i = 0; i < 5; i++)
		ck_assert_str_eq(contain_stats_memory_name(s, i), names[i]);
	T_CHECK(!contain_stats_memory_name(s, 5) && !contain_stats_memory_name(s, -1));
	ck_assert_int_eq(contain_stats_memory(s, "file", &v), 0);
	ck_assert_uint_eq(v, 2007040);
	ck_assert_int_eq(contain_stats_memory(s, "pgfault", &v), 0);
	ck_assert_uint_eq(v, 2135);
	v = 4242;
	ck_assert_int_eq(contain_stats_memory(s, "fil", &v), -ENODATA);
	ck_assert_int_eq(contain_stats_memory(s, "", &v), -ENODATA);
	ck_assert_int_eq(contain_stats_memory(s, "total_rss", &v), -ENODATA);
	ck_assert_uint_eq(v, 4242);
	contain_stats_free(s);
}

TEST(devices_of_io_stat)
{
	contain_stats *s;
	uint32_t major = 1, minor = 2;
	uint64_t v = 4242;

	tw_open();
	s = tw_stats(tw_group(tw_v2), CONTAIN_STATS_IO);
	ck_assert_int_eq(contain_stats_io_count(s), 3);
	ck_assert_int_eq(contain_stats_io_device(s, 3, &major, &minor), -ENODATA);
	ck_assert_int_eq(contain_stats_io_device(s, -1, &major, &minor), -ENODATA);
	T_CHECK(major == 1 && minor == 2);
	ck_assert_int_eq(contain_stats_io_device(s, 2, &major, &minor), 0);
	T_CHECK(major == 8 && minor == 16);
	/* a device without a word behind it, as Linux 5.x wrote */
	ck_assert_int_eq(contain_stats_io_get(s, 0, CONTAIN_STAT_IO_READ_BYTES, &v), -ENODATA);
	ck_assert_int_eq(contain_stats_io_key(s, 2, "cost.vrate", &v), -ENODATA);
	ck_assert_int_eq(contain_stats_io_key(s, 2, "bytes", &v), -ENODATA);
	ck_assert_int_eq(contain_stats_io_key(s, 2, "", &v), -ENODATA);
	ck_assert_int_eq(contain_stats_io_get(s, 3, CONTAIN_STAT_IO_READ_BYTES, &v), -ENODATA);
	ck_assert_int_eq(contain_stats_io_get(s, 1, CONTAIN_STAT_CPU_USAGE_USEC, &v), -EINVAL);
	ck_assert_uint_eq(v, 4242);
	ck_assert_int_eq(contain_stats_io_key(s, 2, "cost.usage", &v), 0);
	ck_assert_uint_eq(v, 99);
	ck_assert_int_eq(contain_stats_io_get(s, 1, CONTAIN_STAT_IO_DISCARDS, &v), 0);
	ck_assert_uint_eq(v, 4);
	contain_stats_free(s);
}

TEST(io_of_a_group_that_did_none_is_0)
{
	static const char *const files[] = { "io.stat", "", NULL };
	contain_stats *s;

	tw_open();
	s = tw_stats(tw_group(files), CONTAIN_STATS_IO);
	ck_assert_uint_eq(value(s, CONTAIN_STAT_IO_READ_BYTES), 0);
	ck_assert_int_eq(contain_stats_io_count(s), 0);
	contain_stats_free(s);
}

TEST(huge_pages_by_size)
{
	contain_stats *s;
	uint64_t v = 4242;
	int mb;

	tw_open();
	s = tw_stats(tw_group(tw_v2), CONTAIN_STATS_ALL);
	ck_assert_int_eq(contain_stats_hugetlb_count(s), 2);
	mb = strcmp(contain_stats_hugetlb_size(s, 0), "2MB") != 0;
	ck_assert_str_eq(contain_stats_hugetlb_size(s, mb), "2MB");
	ck_assert_str_eq(contain_stats_hugetlb_size(s, !mb), "1GB");
	T_CHECK(!contain_stats_hugetlb_size(s, 2) && !contain_stats_hugetlb_size(s, -1));
	ck_assert_int_eq(contain_stats_hugetlb_get(s, !mb, CONTAIN_STAT_HUGETLB_MAX, &v), -ENODATA);
	ck_assert_int_eq(contain_stats_hugetlb_get(s, 2, CONTAIN_STAT_HUGETLB_MAX, &v), -ENODATA);
	ck_assert_int_eq(contain_stats_hugetlb_get(s, -1, CONTAIN_STAT_HUGETLB_MAX, &v), -ENODATA);
	ck_assert_int_eq(contain_stats_hugetlb_get(s, 0, CONTAIN_STAT_PIDS_MAX, &v), -EINVAL);
	ck_assert_uint_eq(v, 4242);
	ck_assert_int_eq(contain_stats_hugetlb_get(s, mb, CONTAIN_STAT_HUGETLB_MAX, &v), 0);
	ck_assert_uint_eq(v, 11);
	ck_assert_int_eq(contain_stats_hugetlb_get(s, mb, CONTAIN_STAT_HUGETLB_CURRENT, &v), 0);
	ck_assert_uint_eq(v, 2097152);
	ck_assert_int_eq(contain_stats_hugetlb_get(s, mb, CONTAIN_STAT_HUGETLB_RSVD_CURRENT, &v),
			 0);
	ck_assert_uint_eq(v, 4194304);
	contain_stats_free(s);
}

TEST(pressure)
{
	uint32_t a = 7, b = 7, c = 7;
	uint64_t total = 7;
	contain_stats *s;

	tw_open();
	s = tw_stats(tw_group(tw_v2), CONTAIN_STATS_PRESSURE);
	ck_assert_int_eq(contain_stats_pressure(s, CONTAIN_PRESSURE_IRQ, CONTAIN_PRESSURE_SOME, &a,
						&b, &c, &total),
			 -ENODATA);
	ck_assert_int_eq(contain_stats_pressure(s, CONTAIN_PRESSURE_IO, CONTAIN_PRESSURE_SOME, &a,
						&b, &c, &total),
			 -ENODATA);
	for (int bad = -1; bad < 8; bad++) {
		if (bad < 1 || bad > 4)
			ck_assert_int_eq(contain_stats_pressure(s, bad, 1, &a, &b, &c, &total),
					 -EINVAL);
		if (bad < 1 || bad > 2)
			ck_assert_int_eq(contain_stats_pressure(s, 1, bad, &a, &b, &c, &total),
					 -EINVAL);
	}
	T_CHECK(a == 7 && b == 7 && c == 7 && total == 7);
	ck_assert_int_eq(contain_stats_pressure(s, CONTAIN_PRESSURE_CPU, CONTAIN_PRESSURE_SOME, &a,
						&b, &c, &total),
			 0);
	T_CHECK(a == 123 && b == 40 && c == 10000 && total == UINT64_MAX, "%u %u %u", a, b, c);
	ck_assert_int_eq(contain_stats_pressure(s, CONTAIN_PRESSURE_CPU, CONTAIN_PRESSURE_FULL,
						NULL, NULL, &c, NULL),
			 0);
	ck_assert_uint_eq(c, 7);
	ck_assert_int_eq(contain_stats_pressure(s, CONTAIN_PRESSURE_IRQ, CONTAIN_PRESSURE_FULL,
						NULL, NULL, NULL, &total),
			 0);
	ck_assert_uint_eq(total, 9);
	contain_stats_free(s);
}

/* ---- a later update ---- */

TEST(an_update_reads_anew)
{
	const char *dir;
	uint64_t then;
	contain_stats *s;

	tw_open();
	dir = tw_group(tw_v2);
	s = tw_stats(dir, CONTAIN_STATS_ALL);
	then = contain_stats_time_nsec(s);
	tw_file(dir, "memory.current", "18446744073709551615\n", 21);
	tw_file(dir, "io.stat", "", 0);
	tw_file(dir, "memory.stat", "new 1\n", 6);
	ck_assert_uint_eq(value(s, CONTAIN_STAT_MEMORY_CURRENT), 4096);
	ck_assert_int_eq(contain_stats_update(s, NULL), 0);
	ck_assert_uint_eq(value(s, CONTAIN_STAT_MEMORY_CURRENT), UINT64_MAX);
	ck_assert_int_eq(contain_stats_io_count(s), 0);
	ck_assert_int_eq(contain_stats_memory_count(s), 1);
	ck_assert_str_eq(contain_stats_memory_name(s, 0), "new");
	T_CHECK(contain_stats_time_nsec(s) > then);
	contain_stats_free(s);
}

static int fail_nr, fail_err;
static long fail_after; /* that many are made, then one fails */

static int failing(enum ct_seam_who who, long nr, const long *args, long *ret)
{
	if (nr == fail_nr && fail_after-- == 0) {
		*ret = fail_err;
		return 1;
	}
	return tw_fake(who, nr, args, ret);
}

/* Whichever file fails: all values are those of before. */
TEST(an_update_that_fails_changes_nothing)
{
	static const int errs[] = { -EIO, -ENOMEM };
	const char *dir;
	contain_stats *s;
	uint64_t then;

	tw_open();
	dir = tw_group(tw_v2);
	s = tw_stats(dir, CONTAIN_STATS_ALL);
	then = contain_stats_time_nsec(s);
	for (const char *const *f = tw_v2; *f; f += 2)
		tw_file(dir, *f, "1\n", 2);
	ct_seam->fake = failing;
	fail_nr = SYS_pread64;
	for (int k = 0; k < 24 * 2; k++) {
		contain_error *e = NULL;
		int r;

		fail_after = k / 2;
		fail_err = errs[k % 2];
		r = contain_stats_update(s, &e);
		if (fail_after >= 0)
			break; /* there was no such call */
		T_CHECK(r == fail_err && contain_error_code(e) == r, "%d", r);
		T_CHECK(*contain_error_object(e));
		contain_error_free(e);
		for (size_t i = 0; i < KNOWN; i++)
			T_CHECK(value(s, known[i].stat) == known[i].value, "%d", known[i].stat);
		ck_assert_str_eq(contain_stats_memory_name(s, 3), "file_mapped");
		ck_assert_uint_eq(contain_stats_time_nsec(s), then);
	}
	ct_seam->fake = tw_fake;
	ck_assert_int_eq(contain_stats_update(s, NULL), 0);
	ck_assert_uint_eq(value(s, CONTAIN_STAT_PIDS_CURRENT), 1);
	contain_stats_free(s);
}

TEST(interrupted_reads_are_made_again)
{
	contain_stats *s;

	tw_open();
	s = tw_stats(tw_group(tw_v2), CONTAIN_STATS_ALL);
	ct_seam->fake = failing;
	fail_nr = SYS_pread64;
	fail_err = -EINTR;
	fail_after = 3;
	ck_assert_int_eq(contain_stats_update(s, NULL), 0);
	T_CHECK(fail_after < 0);
	for (size_t i = 0; i < KNOWN; i++)
		T_CHECK(value(s, known[i].stat) == known[i].value);
	contain_stats_free(s);
}

/* A text that does not fit is read anew as a whole. */
TEST(long_texts)
{
	const char *dir;
	contain_stats *s;
	char *text = malloc(400000);
	size_t n = 0;
	uint64_t v;

	tw_open();
	dir = tw_group(tw_v2);
	s = tw_stats(dir, CONTAIN_STATS_ALL);
	for (int i = 0; i < 20000; i++)
		n += (size_t)sprintf(text + n, "key%d %d\n", i, i * 3);
	tw_file(dir, "memory.stat", text, n);
	ck_assert_int_eq(contain_stats_update(s, NULL), 0);
	ck_assert_int_eq(contain_stats_memory_count(s), 20000);
	ck_assert_int_eq(contain_stats_memory(s, "key19999", &v), 0);
	ck_assert_uint_eq(v, 59997);
	/* files behind it in the buffer */
	ck_assert_uint_eq(value(s, CONTAIN_STAT_IO_READ_BYTES), 1034);
	ck_assert_uint_eq(value(s, CONTAIN_STAT_GROUP_DYING), 2);
	contain_stats_free(s);
	free(text);
}

TEST(an_endless_text_is_refused)
{
	const char *dir;
	contain_error *e = NULL;
	contain_stats *s;

	tw_open();
	dir = tw_group(tw_v2);
	s = tw_stats(dir, CONTAIN_STATS_ALL);
	T_SYS(truncate(t_fmt("%s/memory.stat", dir), 64 << 20));
	ck_assert_int_eq(contain_stats_update(s, &e), -EIO);
	ck_assert_str_eq(contain_error_object(e), "memory.stat");
	ck_assert_uint_eq(value(s, CONTAIN_STAT_MEMORY_CURRENT), 4096);
	contain_error_free(e);
	contain_stats_free(s);
}

/* ---- texts that are not so ---- */

TEST(what_is_no_number_is_not_told)
{
	static const struct {
		const char *text;
		int r;
		uint64_t value;
	} cases[] = {
		{ "usage_usec 18446744073709551615\n", 0, UINT64_MAX },
		{ "usage_usec 18446744073709551616\n", -ENODATA, 0 },
		{ "usage_usec 99999999999999999999999999999\n", -ENODATA, 0 },
		{ "usage_usec 00000000000000000000000000007\n", 0, 7 },
		{ "usage_usec -1\n", -ENODATA, 0 },
		{ "usage_usec max\n", -ENODATA, 0 },
		{ "usage_usec 1.5\n", -ENODATA, 0 },
		{ "usage_usec 0x10\n", -ENODATA, 0 },
		{ "usage_usec\n", -ENODATA, 0 },
		{ "usage_usec \n", -ENODATA, 0 },
		{ "usage_usec", -ENODATA, 0 },
		{ "usage_usec  5\n", -ENODATA, 0 },
		{ "usage_usecs 5\n", -ENODATA, 0 },
		{ "xusage_usec 5\n", -ENODATA, 0 },
		{ "\n\nfuture 1 2 3\nusage_usec 5\n", 0, 5 },
		{ "usage_usec 5", 0, 5 },
		{ "usage_usec 5\nusage_usec 6\n", 0, 5 },
		{ "", -ENODATA, 0 },
	};
	const char *dir;
	contain_stats *s;

	tw_open();
	dir = tw_group(tw_v2);
	s = tw_stats(dir, CONTAIN_STATS_CPU);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint64_t v = 4242;
		int r;

		tw_file(dir, "cpu.stat", cases[i].text, strlen(cases[i].text));
		ck_assert_int_eq(contain_stats_update(s, NULL), 0);
		r = contain_stats_get(s, CONTAIN_STAT_CPU_USAGE_USEC, &v);
		T_EXPECT(r == cases[i].r && v == (r ? 4242 : cases[i].value), "'%s': %d %llu",
			 cases[i].text, r, (unsigned long long)v);
	}
	contain_stats_free(s);
}

TEST(lines_of_pressure_that_are_not_so)
{
	static const char *const bad[] = {
		"",
		"some",
		"some \n",
		"some avg10=\n",
		"some avg10=0.00 avg60=0.00 avg300=0.00\n",
		"some avg10=0.00 avg60=0.00 avg300=0.00 total=\n",
		"some avg10=0.00 avg60=0.00 avg300=0.00 total=18446744073709551616\n",
		"some avg10=0.00 avg60=0.00 avg300=0.00 total=5x\n",
		"some avg10=1001.00 avg60=0.00 avg300=0.00 total=5\n",
		"some avg10=-1.00 avg60=0.00 avg300=0.00 total=5\n",
		"some avg60=0.00 avg10=0.00 avg300=0.00 total=5\n",
		"someone avg10=0.00 avg60=0.00 avg300=0.00 total=5\n",
		"full avg10=0.00 avg60=0.00 avg300=0.00 total=5\n",
	};
	struct ct_stats_pressure p = { .total = 4242 };

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		T_EXPECT(!ct_stats_pressure_parse(bad[i], "some", &p) && p.total == 4242, "'%s'",
			 bad[i]);
	ck_assert_int_eq(ct_stats_pressure_parse("x\nsome avg10=5 avg60=0.1 avg300=99.999 total=1 "
						 "more=2",
						 "some", &p),
			 1);
	T_CHECK(p.avg[0] == 500 && p.avg[1] == 10 && p.avg[2] == 9999 && p.total == 1);
}

TEST(names_of_sizes)
{
	char buf[8] = "as was";

	ck_assert_int_eq(ct_stats_size_of("hugetlb.2MB.current", 0, buf, 8), 1);
	ck_assert_str_eq(buf, "2MB");
	strcpy(buf, "as was");
	for (int v1 = 0; v1 < 2; v1++) {
		ck_assert_int_eq(ct_stats_size_of("hugetlb.2MB.rsvd.current", v1, buf, 8), 0);
		ck_assert_int_eq(ct_stats_size_of("hugetlb.2MB.max", v1, buf, 8), 0);
		ck_assert_int_eq(ct_stats_size_of("hugetlb..current", v1, buf, 8), 0);
		ck_assert_int_eq(ct_stats_size_of("hugetlb.", v1, buf, 8), 0);
		ck_assert_int_eq(ct_stats_size_of("hugetlb.current", v1, buf, 8), 0);
		ck_assert_int_eq(ct_stats_size_of("hugetlb.12345678.current", v1, buf, 8), 0);
		ck_assert_int_eq(ct_stats_size_of("memory.current", v1, buf, 8), 0);
	}
	ck_assert_int_eq(ct_stats_size_of("hugetlb.2MB.current", 1, buf, 8), 0);
	ck_assert_str_eq(buf, "as was");
	ck_assert_int_eq(ct_stats_size_of("hugetlb.64KB.usage_in_bytes", 1, buf, 8), 1);
	ck_assert_str_eq(buf, "64KB");
}

/* ---- bad input ---- */

static void refused(int fd, uint32_t what, int err, const char *object)
{
	contain_stats *s = (void *)1;
	contain_error *e = NULL;

	T_CHECK(contain_stats_new(fd, what, &s, &e) == err, "%s: %d, %s", object,
		contain_error_code(e), contain_error_message(e));
	ck_assert_str_eq(contain_error_object(e), object);
	ck_assert_int_eq(contain_error_code(e), err);
	T_CHECK(s == (void *)1);
	contain_error_free(e);
	ck_assert_int_eq(contain_stats_new(fd, what, &s, NULL), err);
}

TEST(bad_input)
{
	int fd = tw_dir("/"), file = open("/dev/null", O_RDONLY | O_CLOEXEC);
	contain_error *e = NULL;
	uint64_t v = 4242;
	uint32_t n = 42;

	refused(fd, 0, -EINVAL, "what");
	refused(fd, 0x80, -EINVAL, "what");
	refused(fd, UINT32_MAX, -EINVAL, "what");
	refused(-1, CONTAIN_STATS_CPU, -EBADF, "group_fd");
	refused(file, CONTAIN_STATS_CPU, -ENOTDIR, "group_fd");
	refused(fd, CONTAIN_STATS_CPU, -EOPNOTSUPP, "group_fd");
	ck_assert_int_eq(contain_stats_new(fd, CONTAIN_STATS_CPU, NULL, &e), -EINVAL);
	ck_assert_str_eq(contain_error_object(e), "ret_stats");
	contain_error_free(e);
	e = NULL;
	ck_assert_int_eq(contain_stats_update(NULL, &e), -EINVAL);
	ck_assert_str_eq(contain_error_object(e), "stats");
	contain_error_free(e);
	contain_stats_free(NULL);
	ck_assert_int_eq(contain_stats_get(NULL, 1, &v), -EINVAL);
	ck_assert_uint_eq(contain_stats_time_nsec(NULL), 0);
	ck_assert_int_eq(contain_stats_memory_count(NULL), 0);
	T_CHECK(!contain_stats_memory_name(NULL, 0));
	ck_assert_int_eq(contain_stats_memory(NULL, "anon", &v), -EINVAL);
	ck_assert_int_eq(contain_stats_io_count(NULL), 0);
	ck_assert_int_eq(contain_stats_io_device(NULL, 0, &n, &n), -EINVAL);
	ck_assert_int_eq(contain_stats_io_get(NULL, 0, CONTAIN_STAT_IO_READS, &v), -EINVAL);
	ck_assert_int_eq(contain_stats_io_key(NULL, 0, "rbytes", &v), -EINVAL);
	ck_assert_int_eq(contain_stats_hugetlb_count(NULL), 0);
	T_CHECK(!contain_stats_hugetlb_size(NULL, 0));
	ck_assert_int_eq(contain_stats_hugetlb_get(NULL, 0, CONTAIN_STAT_HUGETLB_MAX, &v), -EINVAL);
	ck_assert_int_eq(contain_stats_pressure(NULL, 1, 1, &n, &n, &n, &v), -EINVAL);
	T_CHECK(v == 4242 && n == 42);
	close(fd);
	close(file);
}

TEST(null_outputs)
{
	contain_stats *s;
	uint32_t n;
	uint64_t v;

	tw_open();
	s = tw_stats(tw_group(tw_v2), CONTAIN_STATS_ALL);
	ck_assert_int_eq(contain_stats_get(s, CONTAIN_STAT_PIDS_CURRENT, NULL), -EINVAL);
	ck_assert_int_eq(contain_stats_get(s, CONTAIN_STAT_IO_READS, NULL), -EINVAL);
	ck_assert_int_eq(contain_stats_memory(s, "anon", NULL), -EINVAL);
	ck_assert_int_eq(contain_stats_memory(s, NULL, &v), -EINVAL);
	ck_assert_int_eq(contain_stats_io_device(s, 0, NULL, &n), -EINVAL);
	ck_assert_int_eq(contain_stats_io_device(s, 0, &n, NULL), -EINVAL);
	ck_assert_int_eq(contain_stats_io_get(s, 1, CONTAIN_STAT_IO_READS, NULL), -EINVAL);
	ck_assert_int_eq(contain_stats_io_key(s, 1, "rbytes", NULL), -EINVAL);
	ck_assert_int_eq(contain_stats_io_key(s, 1, NULL, &v), -EINVAL);
	ck_assert_int_eq(contain_stats_hugetlb_get(s, 0, CONTAIN_STAT_HUGETLB_CURRENT, NULL),
			 -EINVAL);
	contain_stats_free(s);
}
