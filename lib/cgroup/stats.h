/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Snapshots of statistics. Each file of a group is kept open and read into one of two buffers;
 * after an update that succeeded they change places, so that one that failed changes nothing.
 * Values are looked for in the texts when they are asked for.
 */
#ifndef CT_CGROUP_STATS_H
#define CT_CGROUP_STATS_H

#include <contain/cgroup_stats.h>
#include <stddef.h>
#include <stdint.h>

struct ct_group;

/* The files, those of v1 behind those of v2. */
enum ct_stats_row {
	CT_STATS_CPU,
	CT_STATS_CPU_LOCAL,
	CT_STATS_MEMORY_CURRENT,
	CT_STATS_MEMORY_PEAK,
	CT_STATS_SWAP_CURRENT,
	CT_STATS_SWAP_PEAK,
	CT_STATS_ZSWAP_CURRENT,
	CT_STATS_MEMORY_EVENTS,
	CT_STATS_SWAP_EVENTS,
	CT_STATS_MEMORY,
	CT_STATS_IO,
	CT_STATS_PIDS_CURRENT,
	CT_STATS_PIDS_PEAK,
	CT_STATS_PIDS_EVENTS,
	CT_STATS_PRESSURE, /* and three more, in the order of CONTAIN_PRESSURE_* */
	CT_STATS_EVENTS = CT_STATS_PRESSURE + 4,
	CT_STATS_GROUP,
	CT_STATS_V1,
	CT_STATS_V1_CPU = CT_STATS_V1,
	CT_STATS_V1_USAGE,
	CT_STATS_V1_USER,
	CT_STATS_V1_SYSTEM,
	CT_STATS_V1_MEMORY_CURRENT,
	CT_STATS_V1_MEMORY_PEAK,
	CT_STATS_V1_FAILCNT,
	CT_STATS_V1_OOM,
	CT_STATS_V1_MEMORY,
	CT_STATS_V1_IO_BYTES,
	CT_STATS_V1_IO,
	CT_STATS_V1_PIDS_CURRENT,
	CT_STATS_V1_PIDS_PEAK,
	CT_STATS_V1_PIDS_EVENTS,
	CT_STATS_HUGETLB, /* three for each size: current, rsvd.current, events */
};

#define CT_STATS_SIZES 8 /* of huge pages; the kernel has three at most */
#define CT_STATS_FILES (CT_STATS_HUGETLB + 3 * CT_STATS_SIZES)
#define CT_STATS_DIRS 10 /* of v2, and of v1 hierarchies */

/* Of two buffers, by their index. */
struct ct_stats_file {
	int fd;
	uint8_t row;	 /* which file it is */
	uint8_t dir;	 /* index of dir */
	uint8_t told[2]; /* there is a text, maybe an empty one */
	uint32_t at[2];	 /* where it begins; a terminator is behind it */
	uint32_t len[2];
};

struct ct_stats_buf {
	char *text;
	size_t used, room;
};

/* What an update needs comes first, close together: it is made of a thousand groups in turn. */
struct contain_stats {
	struct ct_stats_buf buf[2];
	int now;   /* the buffer of the last update; the other one is of the next */
	int opens; /* how many files there are */
	uint64_t time_nsec;
	struct ct_stats_file file[CT_STATS_FILES];
	uint8_t open[CT_STATS_FILES]; /* by row: 1 + the index of file, 0: none */
	uint32_t what;
	int dirs;
	struct {
		int fd, v1;
	} dir[CT_STATS_DIRS];
	int sizes;
	char size[CT_STATS_SIZES][16]; /* "2MB" */
	uint8_t size_dir[CT_STATS_SIZES];
};

/*
 * The snapshot of a container's groups: v2, and those of v1 hierarchies. As contain_stats_new(),
 * but that -EINVAL is no group at all.
 */
int ct_stats_new_of(const struct ct_group *g, uint32_t what, contain_stats **ret,
		    contain_error **reterr);

/* The name of the file in buf. */
const char *ct_stats_file_name(const contain_stats *stats, int row, char *buf, size_t size);

/* The text of a file, NULL: none. */
const char *ct_stats_text(const contain_stats *stats, int row, size_t *ret_len);

/* ---- parsers: of any text with a terminator ---- */

/* Puts a terminator behind the name of each "name value\n", in place. */
void ct_stats_split(char *text, size_t n);

/* The i-th name in what was split, NULL: none. */
const char *ct_stats_split_at(const char *text, size_t n, int i);
int ct_stats_split_find(const char *text, size_t n, const char *name, uint64_t *ret);
int ct_stats_split_count(const char *text, size_t n);

/* io.stat: the rest of the i-th line that begins with a device. NULL: none. */
const char *ct_stats_device(const char *text, int i, uint32_t *ret_major, uint32_t *ret_minor);

/* "key=12" among the words up to the end of the line. 1 and *ret, or 0. */
int ct_stats_word(const char *line, const char *key, uint64_t *ret);

/* blkio.throttle.io_*: the i-th device, and "MAJOR:MINOR KIND 12" of one. */
int ct_stats_v1_device(const char *text, int i, uint32_t *ret_major, uint32_t *ret_minor);
int ct_stats_v1_word(const char *text, uint32_t major, uint32_t minor, const char *kind,
		     uint64_t *ret);

/* A line of a pressure file: averages in hundredths, total. 1, or 0: not there, or not so. */
struct ct_stats_pressure {
	uint32_t avg[3];
	uint64_t total;
};
int ct_stats_pressure_parse(const char *text, const char *who, struct ct_stats_pressure *ret);

/* The size in "hugetlb.SIZE.current" (v1: "hugetlb.SIZE.usage_in_bytes"). 1, or 0: another file. */
int ct_stats_size_of(const char *name, int v1, char *buf, size_t size);

#endif
