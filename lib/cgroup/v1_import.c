/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the files of a group of v1 say, as limits: the other direction of v1_map.c. */
#include "v1_act.h"
#include "group_files.h"
#include "limits_parse.h"
#include "sys/path.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TEXT_MAX 65536		    /* of a file: a table of devices */
#define NO_LIMIT 0x7fffffff00000000 /* what the kernel writes for no limit is at least this */
#define NAMES_ROOM 4096

static uint64_t bytes_of(uint64_t v)
{
	return v >= NO_LIMIT ? CONTAIN_LIMIT_MAX : v;
}

/* "8:0 1000", a line each; calls put for each line that is one. */
typedef int put_line(contain_limits *l, uint32_t major, uint32_t minor, uint64_t v, int what);

static int each_line(contain_limits *l, const char *text, put_line *put, int what)
{
	int r = 0;

	for (const char *s = text; *s && r != -ENOMEM; s += strcspn(s, "\n") + !!strchr(s, '\n')) {
		uint32_t major, minor;
		uint64_t v;
		int end = 0;

		if (sscanf(s, "%" SCNu32 ":%" SCNu32 " %" SCNu64 "%n", &major, &minor, &v, &end) ==
			    3 && (s[end] == '\n' || !s[end]))
			r = put(l, major, minor, v, what);
	}
	return r == -ENOMEM ? r : 0;
}

static int put_throttle(contain_limits *l, uint32_t major, uint32_t minor, uint64_t v, int what)
{
	const char *why;

	return ct_limits_put_io_max(l, major, minor, what, v, &why);
}

static int put_weight(contain_limits *l, uint32_t major, uint32_t minor, uint64_t v, int what)
{
	const char *why;

	return ct_limits_put_io_device_weight(l, major, minor, v, &why);
}

static int read_shares(contain_limits *l, uint64_t shares)
{
	uint64_t weight = shares > 102400 ? 10000 : (shares * 100 + 512) / 1024;
	const char *why;

	return ct_limits_put_cpu_weight(l, weight ? weight : 1, &why);
}

static int read_hugetlb(contain_limits *l, const char *file, uint64_t v)
{
	char as_v2[64];
	const char *why, *end = strstr(file, ".limit_in_bytes");
	int rsvd = strstr(file, ".rsvd.") != NULL;
	uint64_t page;

	snprintf(as_v2, sizeof(as_v2), "%.*s.max", (int)(end - file) - (rsvd ? 5 : 0), file);
	page = ct_limits_page_bytes(as_v2);
	if (!page || strcmp(end, ".limit_in_bytes"))
		return 0;
	return ct_limits_put_hugetlb(l, rsvd ? CT_LIMIT_HUGETLB_RSVD_MAX : CT_LIMIT_HUGETLB_MAX,
				     page, bytes_of(v), &why);
}

/* Files that are the same in v2. */
static int is_same(const char *file)
{
	static const char *const files[] = { "cpu.idle",    "cpu.uclamp.min", "cpu.uclamp.max",
					     "cpuset.cpus", "cpuset.mems",    "pids.max",
					     "rdma.max",    "misc.max",	      NULL };
	size_t i = 0;

	while (files[i] && strcmp(files[i], file))
		i++;
	return files[i] != NULL;
}

static int throttle_of(const char *file)
{
	static const char *const files[] = {
		[CONTAIN_IO_RBPS] = "blkio.throttle.read_bps_device",
		[CONTAIN_IO_WBPS] = "blkio.throttle.write_bps_device",
		[CONTAIN_IO_RIOPS] = "blkio.throttle.read_iops_device",
		[CONTAIN_IO_WIOPS] = "blkio.throttle.write_iops_device",
	};

	for (int i = CONTAIN_IO_RBPS; i <= CONTAIN_IO_WIOPS; i++)
		if (!strcmp(files[i], file))
			return i;
	return 0;
}

int ct_v1_read_file(contain_limits *l, const char *file, char *text)
{
	const char *why;
	uint64_t v;
	int r = 0;

	if (is_same(file))
		r = *text == '\n' ? 0 : ct_limits_parse(l, file, text, 1, &why);
	else if (throttle_of(file))
		r = each_line(l, text, put_throttle, throttle_of(file));
	else if (!strcmp(file, "blkio.bfq.weight_device"))
		r = each_line(l, text, put_weight, 0);
	else if (!ct_group_number(text, &v))
		return 0;
	else if (!strcmp(file, "memory.limit_in_bytes"))
		r = ct_limits_put_memory_max(l, bytes_of(v), &why);
	else if (!strcmp(file, "cpu.shares"))
		r = read_shares(l, v);
	else if (!strcmp(file, "blkio.bfq.weight"))
		r = ct_limits_put_io_weight(l, v, &why);
	else if (!strncmp(file, "hugetlb.", 8) && strstr(file, ".limit_in_bytes"))
		r = read_hugetlb(l, file, v);
	return r == -ENOMEM ? r : 0; /* what no setter takes is no limit of ours */
}

static int number_of(int fd, const char *file, uint64_t *ret)
{
	char text[64];
	ssize_t n = ct_group_read(fd, file, text, sizeof(text));

	return n > 0 && ct_group_number(text, ret);
}

/* The limits that v1 keeps in two files. */
static int read_pairs(int fd, contain_limits *l)
{
	uint64_t memory, sum, quota, period, burst;
	const char *why;
	int r = 0;

	if (number_of(fd, "memory.limit_in_bytes", &memory) &&
	    number_of(fd, "memory.memsw.limit_in_bytes", &sum) && sum >= memory)
		r = ct_limits_put_memory(l, CT_LIMIT_MEMORY_SWAP_MAX,
					 sum >= NO_LIMIT ? CONTAIN_LIMIT_MAX : sum - memory, &why);
	if (r != -ENOMEM && number_of(fd, "cpu.cfs_period_us", &period)) {
		if (!number_of(fd, "cpu.cfs_quota_us", &quota)) /* -1 */
			quota = CONTAIN_LIMIT_MAX;
		r = ct_limits_put_cpu_max(l, quota, period, &why);
		if (!r && quota != CONTAIN_LIMIT_MAX && number_of(fd, "cpu.cfs_burst_us", &burst))
			r = ct_limits_put_cpu_max_burst(l, burst, &why);
	}
	return r == -ENOMEM ? r : 0;
}

static int read_one(int fd, const char *file, char *text, contain_limits *l)
{
	ssize_t n;

	if (!strncmp(file, "cgroup.", 7) || !strncmp(file, "devices.", 8))
		return 0;
	n = ct_read_at(fd, file, text, TEXT_MAX);
	if (n < 0) /* written to only, or of another kind */
		return n == -ENOMEM || n == -EMFILE || n == -ENFILE || n == -ENODEV ? (int)n : 0;
	return ct_v1_read_file(l, file, text);
}

static int is_limit(const char *file)
{
	return is_same(file) || throttle_of(file) || !strncmp(file, "blkio.bfq.weight", 16) ||
	       !strcmp(file, "memory.limit_in_bytes") || !strcmp(file, "cpu.shares") ||
	       !strncmp(file, "hugetlb.", 8);
}

int ct_v1_read_limits(int fd, contain_limits *limits)
{
	_Alignas(struct ct_dirent) char names[NAMES_ROOM];
	char *text = malloc(TEXT_MAX);
	int dir = ct_group_open(fd, "."), r = text ? 0 : -ENOMEM;
	ssize_t n = 0;

	if (dir < 0 && !r)
		r = dir;
	while (!r && (n = ct_sys_getdents64(dir, names, sizeof(names))) > 0) {
		const struct ct_dirent *d;

		for (ssize_t at = 0; at < n && !r; at += d->reclen) {
			d = (const struct ct_dirent *)(names + at);
			if (d->type != CT_DT_DIR && is_limit(d->name))
				r = read_one(fd, d->name, text, limits);
		}
	}
	if (!r && n < 0)
		r = (int)n;
	if (!r)
		r = read_pairs(fd, limits);
	if (dir >= 0)
		ct_sys_close(dir);
	free(text);
	return r;
}
