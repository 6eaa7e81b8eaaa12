/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The upper and work directory that a caller gave, looked at before anything is made: the kernel
 * has one word, EINVAL, for most of what can be wrong with them.
 */
#include "union.h"
#include "sys/fd.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct real {
	char upper[PATH_MAX], work[PATH_MAX], layer[PATH_MAX];
};

/* The path without symlinks and "..", with an fd that stays open where ret_fd is given. */
static int real_path(const char *path, char *real, int *ret_fd)
{
	char link[40];
	ssize_t n;
	int fd = ct_fd_up(ct_sys_openat(AT_FDCWD, path, O_PATH | O_DIRECTORY | O_CLOEXEC, 0));

	if (fd < 0)
		return fd;
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = ct_sys_readlinkat(AT_FDCWD, link, real, PATH_MAX - 1);
	if (n >= 0)
		real[n] = 0;
	if (n >= 0 && ret_fd)
		*ret_fd = fd;
	else
		ct_sys_close(fd);
	return n < 0 ? (int)n : 0;
}

/* a is dir, or below it. */
static int is_in(const char *a, const char *dir)
{
	size_t n = strlen(dir);

	return !strncmp(a, dir, n) && (!a[n] || a[n] == '/' || (n && dir[n - 1] == '/'));
}

/* Equal, or one in the other. */
static int overlap(const char *a, const char *b)
{
	return is_in(a, b) || is_in(b, a);
}

static int is_writable(int fd)
{
	return ct_sys_faccessat2(fd, "", 2 | 1 /* W_OK X_OK */, AT_EMPTY_PATH | AT_EACCESS);
}

/* The kernel wants both on one mount, not only in one file system. */
static int same_mount(int a, int b)
{
	struct statx sa, sb;
	int err = ct_sys_statx(a, "", AT_EMPTY_PATH, STATX_MNT_ID, &sa);

	if (!err)
		err = ct_sys_statx(b, "", AT_EMPTY_PATH, STATX_MNT_ID, &sb);
	return err ? err : sa.stx_mnt_id == sb.stx_mnt_id ? 0 : -EXDEV;
}

static int check_pair(struct ct_run *r, const struct real *p, int upper, int work)
{
	int err;

	r->report->detail = CT_UPPER_PAIR;
	if (overlap(p->upper, p->work))
		return -EINVAL;
	err = same_mount(upper, work);
	if (err)
		return err;
	r->report->detail = CT_UPPER_UPPER;
	err = is_writable(upper);
	if (err)
		return err;
	r->report->detail = CT_UPPER_WORK;
	return is_writable(work);
}

static int check_layers(struct ct_run *r, const char *layer, int64_t n, struct real *p)
{
	int err;

	for (int64_t i = 0; i < n; i++) {
		r->report->detail = CT_UPPER_LAYER + (int32_t)i;
		err = real_path(layer, p->layer, NULL);
		/* an upper directory below a layer is lawful: a view of "/" has one */
		if (!err && (is_in(p->layer, p->upper) || is_in(p->layer, p->work)))
			err = -EINVAL;
		if (err)
			return err;
		layer += strlen(layer) + 1;
	}
	return 0;
}

int ct_union_check_upper(struct ct_run *r, const char *upper, const char *work, const char *layer,
			 int64_t layers)
{
	struct real *p = malloc(sizeof(*p)); /* the caller's stack may be a small thread's */
	int err, upper_fd = -1, work_fd = -1;

	if (!p)
		return -ENOMEM;
	r->report->detail = CT_UPPER_UPPER;
	err = real_path(upper, p->upper, &upper_fd);
	if (!err) {
		r->report->detail = CT_UPPER_WORK;
		err = real_path(work, p->work, &work_fd);
	}
	if (!err)
		err = check_pair(r, p, upper_fd, work_fd);
	if (!err)
		err = check_layers(r, layer, layers, p);
	if (upper_fd >= 0)
		ct_sys_close(upper_fd);
	if (work_fd >= 0)
		ct_sys_close(work_fd);
	free(p);
	return err;
}

const char *ct_union_hint_upper(const struct ct_run *r, char *buf, size_t size)
{
	int err = -r->report->err, detail = r->report->detail;
	const char *what = detail == CT_UPPER_WORK ? "workdir" : "upperdir";

	if (detail >= CT_UPPER_LAYER) {
		snprintf(buf, size,
			 err == EINVAL ? "lower directory %d is upperdir or workdir, or lies in "
					 "one of them" :
					 "lower directory %d could not be opened",
			 detail - CT_UPPER_LAYER + 1);
		return buf;
	}
	if (err == EXDEV)
		return "upperdir and workdir have to be on one mount of one file system";
	if (err == EINVAL)
		return "upperdir and workdir are one, or one lies in the other: take two "
		       "directories side by side";
	if (err == EBUSY || err == EAGAIN)
		return "another container, or a mount, uses this upperdir or workdir now";
	if (err == EROFS)
		snprintf(buf, size, "the file system of %s is read-only", what);
	else if (err == EACCES)
		snprintf(buf, size, "the caller may not write %s", what);
	else if (err == ENOENT || err == ENOTDIR)
		snprintf(buf, size, "%s has to be a directory on the host", what);
	else if (err == ESTALE)
		snprintf(buf, size, "another directory has taken the place of %s", what);
	else
		return NULL;
	return buf;
}
