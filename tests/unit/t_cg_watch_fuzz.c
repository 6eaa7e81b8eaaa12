/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Texts of the kernel with something wrong in them: cut, mixed, with other bytes, with huge
 * numbers. Nothing is read beyond them, the getters agree with one another, and what is told is a
 * number that stands in the text. Fixed seed; LONG=1: more rounds.
 */
#include "t_cg_watch.h"

static uint64_t state = 0x9e3779b97f4a7c15u;

static uint64_t roll(uint64_t n)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state % n;
}

/* What the kernel writes, or might. */
static const char *const seeds[] = {
	"usage_usec 123456789012\nuser_usec 100\nsystem_usec 23\nnr_periods 10\n",
	"anon 344064\nfile 2007040\nkernel 503808\nfile_mapped 413696\npgfault 2135\n",
	"low 1\nhigh 2\nmax 3\noom 4\noom_kill 5\noom_group_kill 6\n",
	"8:0 rbytes=1024 wbytes=2048 rios=1 wios=2 dbytes=3 dios=4\n254:16 \n"
	"8:16 rbytes=10 wbytes=20 rios=30 wios=40 dbytes=50 dios=60 cost.vrate=100.00\n",
	"some avg10=1.23 avg60=0.40 avg300=100.00 total=1844674407370955161\n"
	"full avg10=0.00 avg60=0.00 avg300=0.07 total=5\n",
	"populated 1\nfrozen 0\n",
	"8:0 Read 100\n8:0 Write 200\n8:0 Sync 300\n8:0 Discard 5\n8:0 Total 305\n"
	"253:1 Read 1000\n253:1 Write 2000\n253:1 Total 3000\nTotal 3305\n",
	"18446744073709551615\n",
	"hugetlb.2MB.current",
};
#define SEEDS (sizeof(seeds) / sizeof(seeds[0]))
#define ROOM 1024

static const char *const words[] = {
	"18446744073709551615",
	"18446744073709551616",
	"-1",
	"max",
	" ",
	"\n",
	"\n\n",
	"=",
	":",
	"total=",
	"some ",
	"full ",
	"avg10=",
	"8:0",
	"4294967296:0",
	" Read ",
	"rbytes=",
	".",
	"1.5",
	"99999999999999999999999999999999999999999999",
};

static size_t mutate_this(char *text)
{
	size_t n = strlen(text);

	for (uint64_t k = roll(6); k > 0; k--) {
		size_t at = roll(n + 1);
		const char *word = words[roll(sizeof(words) / sizeof(words[0]))];
		size_t len = strlen(word);

		switch (roll(6)) {
		case 0: /* other byte, also 0 */
			if (at < n)
				text[at] = (char)roll(256);
			break;
		case 1: /* cut */
			n = at;
			break;
		case 2: /* a word in between */
			if (n + len >= ROOM)
				break;
			memmove(text + at + len, text + at, n - at);
			memcpy(text + at, word, len);
			n += len;
			break;
		case 3: /* a part missing */
			len = roll(n - at + 1);
			memmove(text + at, text + at + len, n - at - len);
			n -= len;
			break;
		case 4: /* another text behind */
			word = seeds[roll(SEEDS)];
			len = strlen(word);
			if (n + len >= ROOM)
				break;
			memcpy(text + n, word, len);
			n += len;
			break;
		case 5: /* a digit */
			if (at < n)
				text[at] = (char)('0' + roll(10));
			break;
		}
	}
	text[n] = 0;
	return n;
}

static size_t mutate(char *text)
{
	strcpy(text, seeds[roll(SEEDS)]);
	return mutate_this(text);
}

/* The number stands in the text, maybe behind zeros. */
static int stands_in(const char *text, size_t n, uint64_t v)
{
	char digits[32];
	size_t len = (size_t)sprintf(digits, "%llu", (unsigned long long)v);

	for (size_t i = 0; i + len <= n; i++)
		if (!memcmp(text + i, digits, len) &&
		    (i + len == n || text[i + len] < '0' || text[i + len] > '9'))
			return 1;
	return 0;
}

static long told, rounds;

/* In memory of its exact size, so that a sanitizer sees one byte too many. */
static void parse(const char *text, size_t n)
{
	char *t = malloc(n + 1), buf[16];
	uint32_t major = 1, minor = 2;
	struct ct_stats_pressure p;
	uint64_t v;
	int i;

	memcpy(t, text, n + 1);
	for (i = 0; ct_stats_device(t, i, &major, &minor); i++) {
		T_CHECK(stands_in(text, n, major) && stands_in(text, n, minor));
		if (ct_stats_word(ct_stats_device(t, i, &major, &minor), "rbytes", &v))
			told++, T_CHECK(stands_in(text, n, v));
	}
	major = 77, minor = 78;
	T_CHECK(!ct_stats_device(t, i, &major, &minor) && !ct_stats_device(t, -1, &major, &minor));
	T_CHECK(major == 77 && minor == 78);
	for (i = 0; ct_stats_v1_device(t, i, &major, &minor); i++)
		if (ct_stats_v1_word(t, major, minor, "Read", &v))
			told++, T_CHECK(stands_in(text, n, v));
	if (ct_stats_pressure_parse(t, "some", &p)) {
		told++;
		T_CHECK(stands_in(text, n, p.total) && p.avg[0] <= 100099 && p.avg[2] <= 100099);
	}
	ct_stats_size_of(t, (int)roll(2), buf, sizeof(buf));
	ct_stats_split(t, n);
	for (i = 0; ct_stats_split_at(t, n, i); i++) {
		const char *name = ct_stats_split_at(t, n, i);

		T_CHECK(*name && name >= t && name + strlen(name) <= t + n);
		T_CHECK(!strchr(name, '\n') || !memchr(name, '\n', strlen(name)));
		if (ct_stats_split_find(t, n, name, &v))
			told++, T_CHECK(stands_in(text, n, v));
	}
	ck_assert_int_eq(ct_stats_split_count(t, n), i);
	free(t);
}

TEST_LIMIT(parsers, 120)
{
	static char text[2 * ROOM];

	for (rounds = t_sample(2000000, 60000); rounds > 0; rounds--)
		parse(text, mutate(text));
	t_note("%ld values were told", told);
	T_CHECK(told > 10000);
}

/* ---- whole groups ---- */

static const char *const names[] = {
	"cpu.stat",	      "cpu.stat.local",	     "memory.current",
	"memory.peak",	      "memory.swap.current", "memory.events",
	"memory.swap.events", "memory.stat",	     "io.stat",
	"pids.current",	      "pids.events",	     "hugetlb.2MB.current",
	"hugetlb.2MB.events", "cpu.pressure",	     "io.pressure",
	"cgroup.events",      "cgroup.stat",
};
#define NAMES (sizeof(names) / sizeof(names[0]))

static void look_at_all(const contain_stats *s)
{
	uint32_t major, minor, avg;
	uint64_t v, sum;
	int n;

	for (int stat = 0; stat < 200; stat++) {
		v = 4242;
		T_CHECK(contain_stats_get(s, stat, &v) == 0 || v == 4242, "%d", stat);
	}
	n = contain_stats_io_count(s);
	sum = 0;
	for (int i = 0; i < n; i++) {
		ck_assert_int_eq(contain_stats_io_device(s, i, &major, &minor), 0);
		if (contain_stats_io_get(s, i, CONTAIN_STAT_IO_READ_BYTES, &v) == 0 &&
		    sum != UINT64_MAX)
			sum = __builtin_add_overflow(sum, v, &sum) ? UINT64_MAX : sum;
	}
	if (contain_stats_get(s, CONTAIN_STAT_IO_READ_BYTES, &v) == 0)
		T_CHECK(v == sum);
	ck_assert_int_eq(contain_stats_io_device(s, n, &major, &minor), -ENODATA);
	n = contain_stats_memory_count(s);
	for (int i = 0; i < n; i++)
		if (contain_stats_memory(s, contain_stats_memory_name(s, i), &v) == 0)
			told++;
	T_CHECK(!contain_stats_memory_name(s, n));
	avg = 4242;
	T_CHECK(contain_stats_pressure(s, CONTAIN_PRESSURE_CPU, CONTAIN_PRESSURE_SOME, &avg, NULL,
				       NULL, NULL) == 0 ||
		avg == 4242);
}

TEST_LIMIT(snapshots, 120)
{
	static char text[2 * ROOM];
	const char *dir;
	contain_stats *s;

	tw_open();
	dir = tw_group(tw_v2);
	s = tw_stats(dir, CONTAIN_STATS_ALL);
	for (rounds = t_sample(8000, 1500); rounds > 0; rounds--) {
		for (int k = 0; k < 4; k++)
			tw_file(dir, names[roll(NAMES)], text, mutate(text));
		ct_seam->logged = 0;
		ck_assert_int_eq(contain_stats_update(s, NULL), 0);
		look_at_all(s);
	}
	contain_stats_free(s);
	T_CHECK(told > 1000);
}

/* ---- events ---- */

static const char *const watched[] = { "cgroup.events", "memory.events", "memory.swap.events",
				       "pids.events" };

/*
 * With an epoll that says that everything is ready, always: of what the texts say, sums of counts
 * are what they grew by, states change in turn, and every look comes to an end.
 */
TEST_LIMIT(events, 120)
{
	static const char *const begin[] = {
		"cgroup.events",
		"populated 0\nfrozen 0\n",
		"memory.events",
		"low 0\nhigh 0\nmax 0\noom 0\noom_kill 0\noom_group_kill 0\n",
		"memory.swap.events",
		"high 0\nmax 0\nfail 0\n",
		"pids.events",
		"max 0\n",
		NULL,
	};
	static char text[2 * ROOM];
	contain_events *e = NULL;
	int fd, populated = -1;
	const char *dir;
	long seen = 0, rounds_all = t_sample(8000, 2000);

	tw_open();
	tw_epoll = 1;
	dir = tw_group(begin);
	fd = tw_dir(dir);
	ck_assert_int_eq(
		contain_events_new(fd, CONTAIN_EVENT_ALL & ~CONTAIN_EVENT_REMOVED, &e, NULL), 0);
	for (rounds = rounds_all; rounds > 0; rounds--) {
		uint32_t type = 0;
		uint64_t count = 0;
		int n = 0, trigger = 0;

		sprintf(text, "populated %d\nfrozen %d\nlow %d\nmax %d\noom_kill %d\nfail %d\n",
			(int)roll(2), (int)roll(2), (int)roll(100), (int)roll(100), (int)roll(100),
			(int)roll(100));
		tw_file(dir, watched[roll(4)], text, mutate_this(text));
		ct_seam->logged = 0;
		while (contain_events_next(e, &type, &count, &trigger) == 1) {
			T_CHECK(contain_event_name(type) && count > 0 && trigger == -1);
			T_CHECK(++n < 30);
			if (type & (CONTAIN_EVENT_POPULATED | CONTAIN_EVENT_EMPTY)) {
				T_CHECK(populated != (type == CONTAIN_EVENT_POPULATED));
				populated = type == CONTAIN_EVENT_POPULATED;
			}
			seen++;
		}
	}
	contain_events_free(e);
	close(fd);
	t_note("%ld events", seen);
	T_CHECK(seen > rounds_all / 2);
}
