/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What was read: the getters. */
#include "stats.h"
#include "group_files.h"

#include <string.h>

/* Where a value is: in v2, else in v1, there in units of which one is div. */
static const struct value {
	uint8_t stat, row, row_v1;
	uint16_t div;
	const char *key, *key_v1; /* NULL: the number alone */
} stats[] = {
	{ CONTAIN_STAT_CPU_USAGE_USEC, CT_STATS_CPU, CT_STATS_V1_USAGE, 1000, "usage_usec" },
	{ CONTAIN_STAT_CPU_USER_USEC, CT_STATS_CPU, CT_STATS_V1_USER, 1000, "user_usec" },
	{ CONTAIN_STAT_CPU_SYSTEM_USEC, CT_STATS_CPU, CT_STATS_V1_SYSTEM, 1000, "system_usec" },
	{ CONTAIN_STAT_CPU_NICE_USEC, CT_STATS_CPU, 0, 1, "nice_usec" },
	{ CONTAIN_STAT_CPU_PERIODS, CT_STATS_CPU, CT_STATS_V1_CPU, 1, "nr_periods", "nr_periods" },
	{ CONTAIN_STAT_CPU_THROTTLED, CT_STATS_CPU, CT_STATS_V1_CPU, 1, "nr_throttled",
	  "nr_throttled" },
	{ CONTAIN_STAT_CPU_THROTTLED_USEC, CT_STATS_CPU, CT_STATS_V1_CPU, 1000, "throttled_usec",
	  "throttled_time" },
	{ CONTAIN_STAT_CPU_BURSTS, CT_STATS_CPU, CT_STATS_V1_CPU, 1, "nr_bursts", "nr_bursts" },
	{ CONTAIN_STAT_CPU_BURST_USEC, CT_STATS_CPU, CT_STATS_V1_CPU, 1000, "burst_usec",
	  "burst_time" },
	{ CONTAIN_STAT_CPU_LOCAL_THROTTLED_USEC, CT_STATS_CPU_LOCAL, 0, 1, "throttled_usec" },

	{ CONTAIN_STAT_MEMORY_CURRENT, CT_STATS_MEMORY_CURRENT, CT_STATS_V1_MEMORY_CURRENT, 1 },
	{ CONTAIN_STAT_MEMORY_PEAK, CT_STATS_MEMORY_PEAK, CT_STATS_V1_MEMORY_PEAK, 1 },
	{ CONTAIN_STAT_SWAP_CURRENT, CT_STATS_SWAP_CURRENT, CT_STATS_V1_MEMORY, 1, NULL,
	  "total_swap" },
	{ CONTAIN_STAT_SWAP_PEAK, CT_STATS_SWAP_PEAK, 0, 1 },
	{ CONTAIN_STAT_ZSWAP_CURRENT, CT_STATS_ZSWAP_CURRENT, 0, 1 },
	{ CONTAIN_STAT_MEMORY_LOW, CT_STATS_MEMORY_EVENTS, 0, 1, "low" },
	{ CONTAIN_STAT_MEMORY_HIGH, CT_STATS_MEMORY_EVENTS, 0, 1, "high" },
	{ CONTAIN_STAT_MEMORY_MAX, CT_STATS_MEMORY_EVENTS, CT_STATS_V1_FAILCNT, 1, "max" },
	{ CONTAIN_STAT_MEMORY_OOM, CT_STATS_MEMORY_EVENTS, 0, 1, "oom" },
	{ CONTAIN_STAT_OOM_KILL, CT_STATS_MEMORY_EVENTS, CT_STATS_V1_OOM, 1, "oom_kill",
	  "oom_kill" },
	{ CONTAIN_STAT_OOM_GROUP_KILL, CT_STATS_MEMORY_EVENTS, 0, 1, "oom_group_kill" },
	{ CONTAIN_STAT_SWAP_HIGH, CT_STATS_SWAP_EVENTS, 0, 1, "high" },
	{ CONTAIN_STAT_SWAP_MAX, CT_STATS_SWAP_EVENTS, 0, 1, "max" },
	{ CONTAIN_STAT_SWAP_FAIL, CT_STATS_SWAP_EVENTS, 0, 1, "fail" },

	{ CONTAIN_STAT_PIDS_CURRENT, CT_STATS_PIDS_CURRENT, CT_STATS_V1_PIDS_CURRENT, 1 },
	{ CONTAIN_STAT_PIDS_PEAK, CT_STATS_PIDS_PEAK, CT_STATS_V1_PIDS_PEAK, 1 },
	{ CONTAIN_STAT_PIDS_MAX, CT_STATS_PIDS_EVENTS, CT_STATS_V1_PIDS_EVENTS, 1, "max", "max" },

	{ CONTAIN_STAT_GROUP_POPULATED, CT_STATS_EVENTS, 0, 1, "populated" },
	{ CONTAIN_STAT_GROUP_FROZEN, CT_STATS_EVENTS, 0, 1, "frozen" },
	{ CONTAIN_STAT_GROUP_DESCENDANTS, CT_STATS_GROUP, 0, 1, "nr_descendants" },
	{ CONTAIN_STAT_GROUP_DYING, CT_STATS_GROUP, 0, 1, "nr_dying_descendants" },
};

/* Of one device; kinds of v1 are words of two files. */
static const struct io {
	uint8_t stat, row_v1;
	const char *key, *kind;
} ios[] = {
	{ CONTAIN_STAT_IO_READ_BYTES, CT_STATS_V1_IO_BYTES, "rbytes", "Read" },
	{ CONTAIN_STAT_IO_WRITE_BYTES, CT_STATS_V1_IO_BYTES, "wbytes", "Write" },
	{ CONTAIN_STAT_IO_DISCARD_BYTES, CT_STATS_V1_IO_BYTES, "dbytes", "Discard" },
	{ CONTAIN_STAT_IO_READS, CT_STATS_V1_IO, "rios", "Read" },
	{ CONTAIN_STAT_IO_WRITES, CT_STATS_V1_IO, "wios", "Write" },
	{ CONTAIN_STAT_IO_DISCARDS, CT_STATS_V1_IO, "dios", "Discard" },
};

static int read_value(const contain_stats *s, int row, const char *key, uint64_t *ret)
{
	size_t n;
	const char *text = ct_stats_text(s, row, &n);

	if (!text)
		return 0;
	if (row == CT_STATS_V1_MEMORY)
		return ct_stats_split_find(text, n, key, ret);
	return key ? ct_group_key(text, key, ret) : ct_group_number(text, ret);
}

static const struct io *find_io(int stat)
{
	for (size_t i = 0; i < sizeof(ios) / sizeof(ios[0]); i++)
		if (ios[i].stat == stat)
			return &ios[i];
	return NULL;
}

static int sum_io(const contain_stats *s, const struct io *io, uint64_t *ret)
{
	int n = contain_stats_io_count(s), any = 0;
	uint64_t v, sum = 0;

	for (int i = 0; i < n; i++)
		if (contain_stats_io_get(s, i, io->stat, &v) == 0) {
			any = 1;
			if (__builtin_add_overflow(sum, v, &sum))
				return -ENODATA;
		}
	/* no device was used yet: that is told, and is 0 */
	if (!any &&
	    (n || (!ct_stats_text(s, CT_STATS_IO, NULL) && !ct_stats_text(s, io->row_v1, NULL))))
		return -ENODATA;
	*ret = sum;
	return 0;
}

int contain_stats_get(const contain_stats *s, int stat, uint64_t *ret_value)
{
	const struct io *io = find_io(stat);
	uint64_t v;

	if (!s || !ret_value)
		return -EINVAL;
	if (io)
		return sum_io(s, io, ret_value);
	for (size_t i = 0; i < sizeof(stats) / sizeof(stats[0]); i++) {
		const struct value *t = &stats[i];

		if (t->stat != stat)
			continue;
		if (read_value(s, t->row, t->key, ret_value))
			return 0;
		if (!t->row_v1 || !read_value(s, t->row_v1, t->key_v1, &v))
			return -ENODATA;
		*ret_value = v / t->div;
		return 0;
	}
	return -EINVAL;
}

uint64_t contain_stats_time_nsec(const contain_stats *s)
{
	return s ? s->time_nsec : 0;
}

/* ---- memory.stat ---- */

static const char *memory_text(const contain_stats *s, size_t *ret_n)
{
	const char *text = s ? ct_stats_text(s, CT_STATS_MEMORY, ret_n) : NULL;

	return s && !text ? ct_stats_text(s, CT_STATS_V1_MEMORY, ret_n) : text;
}

int contain_stats_memory_count(const contain_stats *s)
{
	size_t n;
	const char *text = memory_text(s, &n);

	return text ? ct_stats_split_count(text, n) : 0;
}

const char *contain_stats_memory_name(const contain_stats *s, int i)
{
	size_t n;
	const char *text = memory_text(s, &n);

	return text ? ct_stats_split_at(text, n, i) : NULL;
}

int contain_stats_memory(const contain_stats *s, const char *name, uint64_t *ret_value)
{
	static const char *const same[][2] = {
		{ "anon", "total_rss" },
		{ "file", "total_cache" },
		{ "shmem", "total_shmem" },
		{ "file_mapped", "total_mapped_file" },
		{ "file_dirty", "total_dirty" },
		{ "file_writeback", "total_writeback" },
		{ "pgfault", "total_pgfault" },
		{ "pgmajfault", "total_pgmajfault" },
		{ "inactive_anon", "total_inactive_anon" },
		{ "active_anon", "total_active_anon" },
		{ "inactive_file", "total_inactive_file" },
		{ "active_file", "total_active_file" },
		{ "unevictable", "total_unevictable" },
	};
	const char *text;
	size_t n;

	if (!s || !name || !ret_value)
		return -EINVAL;
	text = memory_text(s, &n);
	if (!text)
		return -ENODATA;
	if (!ct_stats_text(s, CT_STATS_MEMORY, NULL))
		for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++)
			if (!strcmp(name, same[i][0]))
				name = same[i][1];
	return ct_stats_split_find(text, n, name, ret_value) ? 0 : -ENODATA;
}

/* ---- io.stat ---- */

int contain_stats_io_count(const contain_stats *s)
{
	uint32_t major, minor;
	const char *text, *v1;
	int n = 0;

	if (!s)
		return 0;
	text = ct_stats_text(s, CT_STATS_IO, NULL);
	v1 = ct_stats_text(s, CT_STATS_V1_IO_BYTES, NULL);
	while (text ? ct_stats_device(text, n, &major, &minor) != NULL :
	       v1   ? ct_stats_v1_device(v1, n, &major, &minor) :
		      0)
		n++;
	return n;
}

int contain_stats_io_device(const contain_stats *s, int i, uint32_t *ret_major, uint32_t *ret_minor)
{
	const char *text;

	if (!s || !ret_major || !ret_minor)
		return -EINVAL;
	text = ct_stats_text(s, CT_STATS_IO, NULL);
	if (text)
		return ct_stats_device(text, i, ret_major, ret_minor) ? 0 : -ENODATA;
	text = ct_stats_text(s, CT_STATS_V1_IO_BYTES, NULL);
	return text && ct_stats_v1_device(text, i, ret_major, ret_minor) ? 0 : -ENODATA;
}

int contain_stats_io_key(const contain_stats *s, int i, const char *key, uint64_t *ret_value)
{
	uint32_t major, minor;
	const char *text;

	if (!s || !key || !ret_value)
		return -EINVAL;
	text = ct_stats_text(s, CT_STATS_IO, NULL);
	text = text ? ct_stats_device(text, i, &major, &minor) : NULL;
	return text && ct_stats_word(text, key, ret_value) ? 0 : -ENODATA;
}

int contain_stats_io_get(const contain_stats *s, int i, int stat, uint64_t *ret_value)
{
	const struct io *io = find_io(stat);
	uint32_t major, minor;
	const char *text;

	if (!s || !ret_value || !io)
		return -EINVAL;
	if (ct_stats_text(s, CT_STATS_IO, NULL))
		return contain_stats_io_key(s, i, io->key, ret_value);
	text = ct_stats_text(s, io->row_v1, NULL);
	if (!text || contain_stats_io_device(s, i, &major, &minor) < 0)
		return -ENODATA;
	return ct_stats_v1_word(text, major, minor, io->kind, ret_value) ? 0 : -ENODATA;
}

/* ---- hugetlb, pressure ---- */

int contain_stats_hugetlb_count(const contain_stats *s)
{
	return s ? s->sizes : 0;
}

const char *contain_stats_hugetlb_size(const contain_stats *s, int i)
{
	return s && i >= 0 && i < s->sizes ? s->size[i] : NULL;
}

int contain_stats_hugetlb_get(const contain_stats *s, int i, int stat, uint64_t *ret_value)
{
	int k = stat - CONTAIN_STAT_HUGETLB_CURRENT;

	if (!s || !ret_value || k < 0 || k > 2)
		return -EINVAL;
	if (i < 0 || i >= s->sizes)
		return -ENODATA;
	return read_value(s, CT_STATS_HUGETLB + 3 * i + k,
			  stat == CONTAIN_STAT_HUGETLB_MAX && !s->dir[s->size_dir[i]].v1 ? "max" :
											   NULL,
			  ret_value) ?
		       0 :
		       -ENODATA;
}

int contain_stats_pressure(const contain_stats *s, int resource, int who, uint32_t *ret_avg10,
			   uint32_t *ret_avg60, uint32_t *ret_avg300, uint64_t *ret_total_usec)
{
	struct ct_stats_pressure p;
	const char *text;

	if (!s || resource < CONTAIN_PRESSURE_CPU || resource > CONTAIN_PRESSURE_IRQ ||
	    (who != CONTAIN_PRESSURE_SOME && who != CONTAIN_PRESSURE_FULL))
		return -EINVAL;
	text = ct_stats_text(s, CT_STATS_PRESSURE + resource - 1, NULL);
	if (!text ||
	    !ct_stats_pressure_parse(text, who == CONTAIN_PRESSURE_SOME ? "some" : "full", &p))
		return -ENODATA;
	if (ret_avg10)
		*ret_avg10 = p.avg[0];
	if (ret_avg60)
		*ret_avg60 = p.avg[1];
	if (ret_avg300)
		*ret_avg300 = p.avg[2];
	if (ret_total_usec)
		*ret_total_usec = p.total;
	return 0;
}
