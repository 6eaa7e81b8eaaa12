/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Opening, reading, closing. */
#include "stats.h"
#include "act.h"
#include "group.h"
#include "group_files.h"
#include "sys/helper.h"
#include "sys/str.h"

#include <stdlib.h>
#include <string.h>

#define TEXT_FIRST 1024
#define TEXT_MOST (16U << 20) /* a kernel that writes more is not believed */
#define TEXT_LEAST 256	      /* room to read one file into */

static const struct {
	const char *name;
	uint32_t what;
} rows[CT_STATS_HUGETLB] = {
	[CT_STATS_CPU] = { "cpu.stat", CONTAIN_STATS_CPU },
	[CT_STATS_CPU_LOCAL] = { "cpu.stat.local", CONTAIN_STATS_CPU },
	[CT_STATS_MEMORY_CURRENT] = { "memory.current", CONTAIN_STATS_MEMORY },
	[CT_STATS_MEMORY_PEAK] = { "memory.peak", CONTAIN_STATS_MEMORY },
	[CT_STATS_SWAP_CURRENT] = { "memory.swap.current", CONTAIN_STATS_MEMORY },
	[CT_STATS_SWAP_PEAK] = { "memory.swap.peak", CONTAIN_STATS_MEMORY },
	[CT_STATS_ZSWAP_CURRENT] = { "memory.zswap.current", CONTAIN_STATS_MEMORY },
	[CT_STATS_MEMORY_EVENTS] = { "memory.events", CONTAIN_STATS_MEMORY },
	[CT_STATS_SWAP_EVENTS] = { "memory.swap.events", CONTAIN_STATS_MEMORY },
	[CT_STATS_MEMORY] = { "memory.stat", CONTAIN_STATS_MEMORY },
	[CT_STATS_IO] = { "io.stat", CONTAIN_STATS_IO },
	[CT_STATS_PIDS_CURRENT] = { "pids.current", CONTAIN_STATS_PIDS },
	[CT_STATS_PIDS_PEAK] = { "pids.peak", CONTAIN_STATS_PIDS },
	[CT_STATS_PIDS_EVENTS] = { "pids.events", CONTAIN_STATS_PIDS },
	[CT_STATS_PRESSURE] = { "cpu.pressure", CONTAIN_STATS_PRESSURE },
	[CT_STATS_PRESSURE + 1] = { "memory.pressure", CONTAIN_STATS_PRESSURE },
	[CT_STATS_PRESSURE + 2] = { "io.pressure", CONTAIN_STATS_PRESSURE },
	[CT_STATS_PRESSURE + 3] = { "irq.pressure", CONTAIN_STATS_PRESSURE },
	[CT_STATS_EVENTS] = { "cgroup.events", CONTAIN_STATS_GROUP },
	[CT_STATS_GROUP] = { "cgroup.stat", CONTAIN_STATS_GROUP },
	[CT_STATS_V1_CPU] = { "cpu.stat", CONTAIN_STATS_CPU },
	[CT_STATS_V1_USAGE] = { "cpuacct.usage", CONTAIN_STATS_CPU },
	[CT_STATS_V1_USER] = { "cpuacct.usage_user", CONTAIN_STATS_CPU },
	[CT_STATS_V1_SYSTEM] = { "cpuacct.usage_sys", CONTAIN_STATS_CPU },
	[CT_STATS_V1_MEMORY_CURRENT] = { "memory.usage_in_bytes", CONTAIN_STATS_MEMORY },
	[CT_STATS_V1_MEMORY_PEAK] = { "memory.max_usage_in_bytes", CONTAIN_STATS_MEMORY },
	[CT_STATS_V1_FAILCNT] = { "memory.failcnt", CONTAIN_STATS_MEMORY },
	[CT_STATS_V1_OOM] = { "memory.oom_control", CONTAIN_STATS_MEMORY },
	[CT_STATS_V1_MEMORY] = { "memory.stat", CONTAIN_STATS_MEMORY },
	[CT_STATS_V1_IO_BYTES] = { "blkio.throttle.io_service_bytes_recursive", CONTAIN_STATS_IO },
	[CT_STATS_V1_IO] = { "blkio.throttle.io_serviced_recursive", CONTAIN_STATS_IO },
	[CT_STATS_V1_PIDS_CURRENT] = { "pids.current", CONTAIN_STATS_PIDS },
	[CT_STATS_V1_PIDS_PEAK] = { "pids.peak", CONTAIN_STATS_PIDS },
	[CT_STATS_V1_PIDS_EVENTS] = { "pids.events", CONTAIN_STATS_PIDS },
};

const char *ct_stats_file_name(const contain_stats *s, int row, char *buf, size_t size)
{
	static const char *const v2[3] = { ".current", ".rsvd.current", ".events" };
	static const char *const v1[3] = { ".usage_in_bytes", ".rsvd.usage_in_bytes", ".failcnt" };
	int i = (row - CT_STATS_HUGETLB) / 3, k = (row - CT_STATS_HUGETLB) % 3;
	size_t n;

	if (row < CT_STATS_HUGETLB)
		return rows[row].name;
	n = ct_append(buf, size, 0, "hugetlb.");
	n = ct_append(buf, size, n, s->size[i]);
	ct_append(buf, size, n, s->dir[s->size_dir[i]].v1 ? v1[k] : v2[k]);
	return buf;
}

const char *ct_stats_text(const contain_stats *s, int row, size_t *ret_len)
{
	const struct ct_stats_file *f = s->open[row] ? &s->file[s->open[row] - 1] : NULL;

	if (!f || !f->told[s->now])
		return NULL;
	if (ret_len)
		*ret_len = f->len[s->now];
	return s->buf[s->now].text + f->at[s->now];
}

/* ---- reading ---- */

static int grow(struct ct_stats_buf *b)
{
	size_t room = b->room ? b->room * 2 : TEXT_FIRST;
	char *text = room > TEXT_MOST ? NULL : realloc(b->text, room);

	if (!text)
		return room > TEXT_MOST ? -EIO : -ENOMEM;
	b->text = text;
	b->room = room;
	return 0;
}

/* The whole file in one read(2): two would be of two moments. */
static int read_text(contain_stats *s, struct ct_stats_file *f)
{
	const int next = !s->now;
	struct ct_stats_buf *b = &s->buf[next];
	const size_t last = f->len[s->now];
	ssize_t n;
	int r;

	for (;;) {
		size_t room = b->room - b->used;

		if (room < TEXT_LEAST || room < last + last / 4) {
			r = grow(b);
			if (r < 0)
				return r;
			continue;
		}
		n = ct_sys_pread64(f->fd, b->text + b->used, room - 1, 0);
		if (n == -EINTR)
			continue;
		if (n < 0)
			return (int)n;
		if ((size_t)n < room - 1)
			break;
		r = grow(b);
		if (r < 0)
			return r;
	}
	b->text[b->used + (size_t)n] = 0;
	f->at[next] = (uint32_t)b->used;
	f->len[next] = (uint32_t)n;
	f->told[next] = 1;
	b->used += (size_t)n + 1;
	return 0;
}

static int open_file(contain_stats *s, int dir, const char *name)
{
	return ct_fd_up(ct_sys_openat(s->dir[dir].fd, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC, 0));
}

/* Only these two say that it is gone: not that memory is short, and the like. */
static int is_there(const contain_stats *s, int dir)
{
	int r = ct_sys_faccessat2(s->dir[dir].fd, "cgroup.procs", F_OK, 0);

	return r != -ENOENT && r != -ENODEV;
}

/*
 * The file is gone: with the group, or with its controller, or hidden for a while
 * (cgroup.pressure). One of the same name may be there again.
 */
static int open_again(contain_stats *s, struct ct_stats_file *f)
{
	char buf[64];
	int fd;

	if (!is_there(s, f->dir))
		return -ENODEV;
	fd = open_file(s, f->dir, ct_stats_file_name(s, f->row, buf, sizeof(buf)));
	if (fd < 0)
		return fd == -ENOENT || fd == -ENODEV || fd == -EOPNOTSUPP ? 0 : fd;
	ct_sys_close(f->fd);
	f->fd = fd;
	fd = read_text(s, f);
	return fd == -ENODEV || fd == -EOPNOTSUPP ? 0 : fd;
}

static int read_file(contain_stats *s, struct ct_stats_file *f)
{
	const int next = !s->now;
	int r;

	f->told[next] = 0;
	r = read_text(s, f);
	if (r == -ENODEV)
		r = open_again(s, f);
	if (r == -EOPNOTSUPP) /* nothing is counted: pressure of a kernel booted with psi=0 */
		r = 0;
	if (r == 0 && f->told[next] && (f->row == CT_STATS_MEMORY || f->row == CT_STATS_V1_MEMORY))
		ct_stats_split(s->buf[next].text + f->at[next], f->len[next]);
	return r;
}

static int fail(contain_error **reterr, int err, const char *object)
{
	const char *hint = NULL;

	switch (-err) {
	case ENODEV:
		hint = "the group was removed";
		break;
	case EMFILE:
		hint = "a snapshot takes an fd for each file: ask for less, or raise "
		       "RLIMIT_NOFILE";
		break;
	case EACCES:
		hint = "the file may not be read by the caller";
		break;
	}
	return ct_group_fail(reterr, err, "read-stats", object, hint);
}

int contain_stats_update(contain_stats *s, contain_error **reterr)
{
	char buf[64];
	int r, told = 0;

	if (!s)
		return ct_group_fail(reterr, -EINVAL, "read-stats", "stats", "is NULL");
	s->buf[!s->now].used = 0;
	for (int i = 0; i < s->opens; i++) {
		struct ct_stats_file *f = &s->file[i];

		r = read_file(s, f);
		if (r < 0)
			return fail(reterr, r, ct_stats_file_name(s, f->row, buf, sizeof(buf)));
		told |= f->told[!s->now];
	}
	if (!told && !is_there(s, 0)) /* no file could say so */
		return fail(reterr, -ENODEV, "");
	s->now = !s->now;
	s->time_nsec = ct_now_nsec();
	return 0;
}

/* ---- opening ---- */

/* Which sizes of huge pages a directory has files of. */
static int find_sizes(contain_stats *s, int dir)
{
	_Alignas(struct ct_dirent) char buf[4096];
	char size[16];
	ssize_t n;
	int fd = ct_group_open(s->dir[dir].fd, ".");

	if (fd < 0)
		return fd;
	while ((n = ct_sys_getdents64(fd, buf, sizeof(buf))) > 0) {
		const struct ct_dirent *d;

		for (ssize_t at = 0; at < n; at += d->reclen) {
			d = (const struct ct_dirent *)(buf + at);
			if (s->sizes == CT_STATS_SIZES ||
			    !ct_stats_size_of(d->name, s->dir[dir].v1, size, sizeof(size)))
				continue;
			memcpy(s->size[s->sizes], size, sizeof(size));
			s->size_dir[s->sizes++] = (uint8_t)dir;
		}
	}
	ct_sys_close(fd);
	return n == -ENOENT ? -ENODEV : (int)n;
}

static int open_one(contain_stats *s, int row, int dir)
{
	char buf[64];
	int fd = open_file(s, dir, ct_stats_file_name(s, row, buf, sizeof(buf)));

	if (fd >= 0) {
		s->file[s->opens] = (struct ct_stats_file){
			.fd = fd,
			.row = (uint8_t)row,
			.dir = (uint8_t)dir,
		};
		s->open[row] = (uint8_t)++s->opens;
		return 0;
	}
	if (fd != -ENOENT && fd != -ENODEV && fd != -EOPNOTSUPP)
		return fd;
	return fd == -ENODEV && !is_there(s, dir) ? fd : 0;
}

static int open_files(contain_stats *s, const char **ret_name)
{
	int r = 0;

	for (int i = 0; i < CT_STATS_HUGETLB && r == 0; i++) {
		if (!(rows[i].what & s->what))
			continue;
		*ret_name = rows[i].name;
		for (int d = 0; d < s->dirs && r == 0 && !s->open[i]; d++)
			if (s->dir[d].v1 == (i >= CT_STATS_V1))
				r = open_one(s, i, d);
	}
	for (int d = 0; d < s->dirs && r == 0 && s->what & CONTAIN_STATS_HUGETLB; d++) {
		*ret_name = "hugetlb";
		r = find_sizes(s, d);
	}
	for (int i = CT_STATS_HUGETLB; i < CT_STATS_HUGETLB + 3 * s->sizes && r == 0; i++)
		r = open_one(s, i, s->size_dir[(i - CT_STATS_HUGETLB) / 3]);
	return r;
}

/* A directory of its own: that of the caller has a position that others read at. */
static int add_dir(contain_stats *s, int group_fd)
{
	struct statfs fs;
	int r, fd = ct_group_open(group_fd, ".");

	if (fd < 0)
		return fd == -ENOENT ? -ENODEV : fd;
	s->dir[s->dirs].fd = fd;
	r = ct_sys_fstatfs(fd, &fs);
	if (r == 0)
		s->dir[s->dirs].v1 = fs.f_type != CGROUP2_SUPER_MAGIC;
	s->dirs++;
	if (r == 0 && fs.f_type != CGROUP2_SUPER_MAGIC && fs.f_type != CGROUP_SUPER_MAGIC)
		r = -EOPNOTSUPP;
	if (r == 0 && !is_there(s, s->dirs - 1))
		r = -ENODEV;
	return r;
}

static contain_stats *new_stats(uint32_t what)
{
	contain_stats *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->what = what;
	return s;
}

static int check(uint32_t what, contain_stats **ret, contain_error **reterr)
{
	if (!ret)
		return ct_group_fail(reterr, -EINVAL, "read-stats", "ret_stats", "is NULL");
	if (!what || what & ~CONTAIN_STATS_ALL)
		return ct_group_fail(reterr, -EINVAL, "read-stats", "what",
				     "is CONTAIN_STATS_* joined by |");
	return 0;
}

/* Takes s, which has its directories. */
static int finish(contain_stats *s, int r, contain_stats **ret, contain_error **reterr)
{
	const char *name = "group_fd";

	if (r == 0)
		r = open_files(s, &name);
	if (r < 0)
		r = r == -EOPNOTSUPP ?
			    ct_group_fail(reterr, r, "read-stats", name,
					  "the directory is not on a cgroup file system") :
			    fail(reterr, r, name);
	else
		r = contain_stats_update(s, reterr);
	if (r < 0)
		contain_stats_free(s);
	else
		*ret = s;
	return r;
}

int contain_stats_new(int group_fd, uint32_t what, contain_stats **ret, contain_error **reterr)
{
	contain_stats *s;
	int r = check(what, ret, reterr);

	if (r < 0)
		return r;
	s = new_stats(what);
	if (!s)
		return fail(reterr, -ENOMEM, "");
	return finish(s, add_dir(s, group_fd), ret, reterr);
}

int ct_stats_new_of(const struct ct_group *g, uint32_t what, contain_stats **ret,
		    contain_error **reterr)
{
	contain_stats *s;
	int r = check(what, ret, reterr);

	if (r < 0)
		return r;
	s = new_stats(what);
	if (!s)
		return fail(reterr, -ENOMEM, "");
	if (g->fd >= 0)
		r = add_dir(s, g->fd);
	for (uint32_t i = 0; i < g->v1 && r == 0; i++)
		if (g->v1_dir[i].fd >= 0)
			r = add_dir(s, g->v1_dir[i].fd);
	if (r == 0 && !s->dirs)
		r = -EINVAL;
	return finish(s, r, ret, reterr);
}

void contain_stats_free(contain_stats *s)
{
	if (!s)
		return;
	for (int i = 0; i < s->opens; i++)
		ct_sys_close(s->file[i].fd);
	for (int i = 0; i < s->dirs; i++)
		ct_sys_close(s->dir[i].fd);
	free(s->buf[0].text);
	free(s->buf[1].text);
	free(s);
}
