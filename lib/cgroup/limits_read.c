/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The limits that groups have: of one, and what holds with those of the groups above. */
#include "act.h"
#include "group_files.h"
#include "limits_parse.h"
#include "sys/path.h"

#include <stdlib.h>
#include <string.h>

#define TEXT_MOST (1u << 20)
#define NAMES 2048 /* of one getdents64(2) */

static ssize_t read_whole(int fd, char **ret)
{
	size_t size = 4096, at = 0;
	char *buf = malloc(size);
	ssize_t n = buf ? 1 : -ENOMEM;

	while (n > 0 || n == -EINTR) {
		if (at + 1 == size) {
			char *more = size < TEXT_MOST ? realloc(buf, 2 * size) : NULL;

			if (!more) {
				n = -ENOMEM;
				break;
			}
			buf = more;
			size *= 2;
		}
		n = ct_sys_read(fd, buf + at, size - at - 1);
		if (n > 0)
			at += (size_t)n;
	}
	if (n < 0) {
		free(buf);
		return n;
	}
	buf[at] = 0;
	*ret = buf;
	return (ssize_t)at;
}

ssize_t ct_limits_text(int group_fd, const char *file, char **ret_text)
{
	int fd = ct_fd_up(ct_sys_openat(group_fd, file, O_RDONLY | O_CLOEXEC | O_NOFOLLOW, 0));
	ssize_t n;

	if (fd < 0)
		return fd;
	n = read_whole(fd, ret_text);
	ct_sys_close(fd);
	return n;
}

static int read_file(int group_fd, const char *file, contain_limits *l)
{
	const char *why;
	char *text;
	ssize_t n = ct_limits_text(group_fd, file, &text);
	int r;

	if (n < 0) /* not of this kernel, not of this group; in a threaded group some refuse */
		return n == -ENOENT || n == -EOPNOTSUPP ? 0 : (int)n;
	r = ct_limits_parse(l, file, text, 1, &why);
	free(text);
	return r;
}

/* Which sizes of huge pages there are only the names of the files tell. */
static int read_hugetlb(int group_fd, contain_limits *l)
{
	_Alignas(struct ct_dirent) char buf[NAMES];
	int fd = ct_group_open(group_fd, ".");
	ssize_t n = fd;
	int r = 0;

	while (fd >= 0 && !r && (n = ct_sys_getdents64(fd, buf, sizeof(buf))) > 0) {
		const struct ct_dirent *d;

		for (ssize_t at = 0; at < n && !r; at += d->reclen) {
			d = (const struct ct_dirent *)(buf + at);
			if (ct_limits_page_bytes(d->name) &&
			    ct_limits_row_of(d->name) != CT_LIMIT_RAW)
				r = read_file(group_fd, d->name, l);
		}
	}
	if (fd >= 0)
		ct_sys_close(fd);
	/* of a group that was removed no name leads anywhere, not even this */
	n = n == -ENOENT ? -ENODEV : n;
	return r < 0 ? r : n < 0 ? (int)n : 0;
}

int ct_limits_read_group(int group_fd, contain_limits *l, const char **ret_file)
{
	int r;

	for (int i = 0; i < CT_LIMIT_RAW; i++) {
		const struct ct_limit_row *row = &ct_limit_rows[i];

		if (i == CT_LIMIT_HUGETLB_RSVD_MAX || i == CT_LIMIT_IO_DEVICE_WEIGHT)
			continue; /* read with the row before */
		*ret_file = row->file;
		r = i == CT_LIMIT_HUGETLB_MAX ? read_hugetlb(group_fd, l) :
						read_file(group_fd, row->file, l);
		if (r < 0)
			return r;
	}
	return 0;
}

static int start(const char *op, int group_fd, contain_limits **ret_limits, contain_error **reterr,
		 contain_limits **ret_new)
{
	int r;

	if (!ret_limits)
		return ct_group_fail(reterr, -EINVAL, op, "ret_limits", "is NULL");
	r = ct_group_check_arg(reterr, op, "group_fd", group_fd);
	if (r < 0)
		return r;
	r = contain_limits_new(ret_new);
	return r < 0 ? ct_group_fail(reterr, r, op, "", NULL) : 0;
}

int contain_limits_read(int group_fd, contain_limits **ret_limits, contain_error **reterr)
{
	const char *op = "read-limits", *file;
	contain_limits *l;
	int r = start(op, group_fd, ret_limits, reterr, &l);

	if (r < 0)
		return r;
	r = ct_limits_read_group(group_fd, l, &file);
	if (r < 0) {
		contain_limits_free(l);
		return ct_group_fail(reterr, r, op, file, ct_group_hint(r));
	}
	*ret_limits = l;
	return 0;
}

/* Whether what a group above has holds for those below it, and the lowest of all. */
static int is_cap(enum ct_limit_id id)
{
	switch (id) {
	case CT_LIMIT_CPU_MAX:
	case CT_LIMIT_CPU_UCLAMP_MIN:
	case CT_LIMIT_CPU_UCLAMP_MAX:
	case CT_LIMIT_MEMORY_MIN:
	case CT_LIMIT_MEMORY_LOW:
	case CT_LIMIT_MEMORY_HIGH:
	case CT_LIMIT_MEMORY_MAX:
	case CT_LIMIT_MEMORY_SWAP_HIGH:
	case CT_LIMIT_MEMORY_SWAP_MAX:
	case CT_LIMIT_MEMORY_ZSWAP_MAX:
	case CT_LIMIT_IO_MAX:
	case CT_LIMIT_PIDS_MAX:
	case CT_LIMIT_HUGETLB_MAX:
	case CT_LIMIT_HUGETLB_RSVD_MAX:
	case CT_LIMIT_RDMA_MAX:
	case CT_LIMIT_MISC_MAX:
		return 1;
	default:
		return 0;
	}
}

static int is_lower(const struct ct_limit *a, const struct ct_limit *b)
{
	if (a->row->id != CT_LIMIT_CPU_MAX)
		return a->num[0] < b->num[0];
	if (a->num[0] == CONTAIN_LIMIT_MAX || b->num[0] == CONTAIN_LIMIT_MAX)
		return a->num[0] < b->num[0];
	return (unsigned __int128)a->num[0] * b->num[1] < (unsigned __int128)b->num[0] * a->num[1];
}

static int cap(contain_limits *l, const contain_limits *above)
{
	int r = 0;

	for (size_t i = 0; i < above->n && !r; i++) {
		const struct ct_limit *a = &above->v[i];
		const struct ct_limit *own = ct_limits_find(l, a->file, a->sub);

		if (!is_cap(a->row->id) || (own && !is_lower(a, own)))
			continue;
		r = ct_limits_put(l, &(struct ct_limit_new){ .id = a->row->id,
							     .what = a->what,
							     .file = a->file,
							     .sub = a->sub,
							     .value = a->value,
							     .num = { a->num[0], a->num[1] } });
	}
	return r;
}

/* The kernel itself works out what is left of the lists; a group without them has its parent's. */
static int effective_list(int fd, contain_limits *l, enum ct_limit_id id, int *found)
{
	const char *why, *file = id == CT_LIMIT_CPUSET_CPUS ? "cpuset.cpus.effective" :
							      "cpuset.mems.effective";
	char *text;
	ssize_t n = *found ? -ENOENT : ct_limits_text(fd, file, &text);
	int r;

	if (n < 0)
		return n == -ENOENT ? 0 : (int)n;
	text[strcspn(text, "\n")] = 0;
	r = ct_limits_put_cpuset(l, id, text, &why);
	free(text);
	*found = 1;
	return r == -EINVAL ? 0 : r; /* told in a way that is not known here */
}

/* A partition that is not valid is none. */
static int effective_partition(int fd, contain_limits *l)
{
	char text[200];
	ssize_t n = ct_group_read(fd, "cpuset.cpus.partition", text, sizeof(text));
	const char *why;

	if (n < 0)
		return n == -ENOENT ? 0 : (int)n;
	if (!strstr(text, "invalid"))
		return 0;
	return ct_limits_put_cpuset_partition(l, CONTAIN_PARTITION_MEMBER, &why);
}

struct lists {
	int cpus, mems;
};

static int effective_lists(int fd, contain_limits *l, struct lists *found)
{
	int r = effective_list(fd, l, CT_LIMIT_CPUSET_CPUS, &found->cpus);

	return r < 0 ? r : effective_list(fd, l, CT_LIMIT_CPUSET_MEMS, &found->mems);
}

/* The group above, as far as it is shown: the mount may begin below the root group. */
static int open_above(int fd)
{
	const struct open_how how = {
		.flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC,
		.resolve = RESOLVE_NO_XDEV | RESOLVE_NO_SYMLINKS,
	};
	struct stat here, there;
	int r, up = ct_fd_up(ct_sys_openat2(fd, "..", &how, sizeof(how)));

	if (up < 0)
		return up;
	r = ct_sys_newfstatat(fd, "", &here, AT_EMPTY_PATH);
	if (!r)
		r = ct_sys_newfstatat(up, "", &there, AT_EMPTY_PATH);
	if (!r && here.st_dev == there.st_dev && here.st_ino != there.st_ino)
		return up;
	ct_sys_close(up);
	return r < 0 ? r : -EXDEV;
}

static int add_above(int group_fd, contain_limits *l, struct lists *found, const char **ret_file)
{
	contain_limits above;
	int r, up, fd = group_fd;

	for (;;) {
		up = open_above(fd);
		if (fd != group_fd)
			ct_sys_close(fd);
		*ret_file = "..";
		if (up < 0)
			return up == -EXDEV ? 0 : up;
		fd = up;
		above = (contain_limits){ 0 };
		r = ct_limits_read_group(fd, &above, ret_file);
		if (!r)
			r = cap(l, &above);
		ct_limits_clear(&above);
		*ret_file = "cpuset";
		if (!r)
			r = effective_lists(fd, l, found);
		if (r < 0) {
			ct_sys_close(fd);
			return r;
		}
	}
}

int contain_limits_effective(int group_fd, contain_limits **ret_limits, contain_error **reterr)
{
	const char *op = "read-effective-limits", *file;
	struct lists found = { 0 };
	contain_limits *l;
	int r = start(op, group_fd, ret_limits, reterr, &l);

	if (r < 0)
		return r;
	r = ct_limits_read_group(group_fd, l, &file);
	if (!r) {
		file = "cpuset";
		r = effective_lists(group_fd, l, &found);
	}
	if (!r)
		r = effective_partition(group_fd, l);
	if (!r)
		r = add_above(group_fd, l, &found, &file);
	if (r < 0) {
		contain_limits_free(l);
		return ct_group_fail(reterr, r, op, file, ct_group_hint(r));
	}
	*ret_limits = l;
	return 0;
}
