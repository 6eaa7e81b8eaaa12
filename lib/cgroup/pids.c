/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Lists of processes and threads. */
#include "act.h"
#include "group_files.h"
#include "sys/str.h"
#include "tree.h"

#include <contain/cgroup.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

static int add(struct contain_pids *out, uint64_t pid)
{
	if (!pid) {
		out->outside++;
		return 0;
	}
	if (pid > INT32_MAX)
		return -EINVAL;
	if (out->n == out->room) {
		size_t room = out->room ? 2 * out->room : 64;
		int32_t *v = realloc(out->v, room * sizeof(*v));

		if (!v)
			return -ENOMEM;
		out->v = v;
		out->room = room;
	}
	out->v[out->n++] = (int32_t)pid;
	return 0;
}

int ct_pids_parse(const char *text, size_t n, uint64_t *ret_rest, struct contain_pids *out)
{
	uint64_t pid = *ret_rest;
	int r;

	for (size_t i = 0; i < n; i++) {
		if (text[i] >= '0' && text[i] <= '9') {
			pid = pid == CT_PIDS_NO_REST ? 0 : pid;
			pid = pid * 10 + (uint64_t)(text[i] - '0');
			if (pid > INT32_MAX)
				return -EINVAL;
		} else if (text[i] != '\n') {
			return -EINVAL;
		} else if (pid != CT_PIDS_NO_REST) {
			r = add(out, pid);
			if (r < 0)
				return r;
			pid = CT_PIDS_NO_REST;
		}
	}
	*ret_rest = pid;
	return 0;
}

int ct_pids_read(int dirfd, const char *file, struct contain_pids *out)
{
	uint64_t rest = CT_PIDS_NO_REST;
	char text[4096];
	ssize_t n = 1;
	int r = 0, fd;

	fd = ct_fd_up(ct_sys_openat(dirfd, file, O_RDONLY | O_CLOEXEC | O_NOFOLLOW, 0));
	if (fd < 0)
		return fd;
	while (n && r == 0) {
		n = ct_sys_read(fd, text, sizeof(text));
		if (n == -EINTR)
			continue;
		r = n < 0 ? (int)n : ct_pids_parse(text, (size_t)n, &rest, out);
	}
	ct_sys_close(fd);
	if (r == 0 && rest != CT_PIDS_NO_REST)
		r = add(out, rest);
	return r;
}

struct below {
	const char *file;
	struct contain_pids *out;
};

static int read_one(void *arg, int fd, size_t depth)
{
	struct below *b = arg;
	int r = ct_pids_read(fd, b->file, b->out);

	if (!depth)
		return r;
	/* removed meanwhile; threaded, and so told by the root of its subtree */
	return r == -ENOENT || r == -ENODEV || r == -EOPNOTSUPP ? 0 : r;
}

int ct_pids_read_below(int fd, const char *file, struct contain_pids *out)
{
	struct below b = { file, out };

	return ct_group_walk(fd, read_one, &b);
}

static int by_number(const void *a, const void *b)
{
	int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;

	return (x > y) - (x < y);
}

void ct_pids_sort(struct contain_pids *pids)
{
	size_t n = 0;

	if (!pids->n)
		return;
	qsort(pids->v, pids->n, sizeof(*pids->v), by_number);
	for (size_t i = 1; i < pids->n; i++)
		if (pids->v[i] != pids->v[n])
			pids->v[++n] = pids->v[i];
	pids->n = n + 1;
}

int ct_pids_has(const struct contain_pids *sorted, int32_t pid)
{
	return sorted->n &&
	       bsearch(&pid, sorted->v, sorted->n, sizeof(*sorted->v), by_number) != NULL;
}

void ct_pids_drop(struct contain_pids *pids)
{
	free(pids->v);
	memset(pids, 0, sizeof(*pids));
}

void ct_pids_text(const struct contain_pids *pids, char *buf, size_t size)
{
	size_t at = ct_append(buf, size, 0, "");

	for (size_t i = 0; i < pids->n; i++) {
		at = ct_append(buf, size, at, i ? ", " : "");
		if (i == 8) {
			ct_append(buf, size, at, "...");
			return;
		}
		at = ct_append_u64(buf, size, at, (uint64_t)pids->v[i]);
	}
	if (!pids->outside)
		return;
	at = ct_append(buf, size, at, pids->n ? " and " : "");
	at = ct_append_u64(buf, size, at, pids->outside);
	ct_append(buf, size, at, " outside this pid namespace");
}

static int list(int group_fd, uint32_t flags, const char *op, const char *file,
		contain_pids **ret_pids, contain_error **reterr)
{
	struct contain_pids *pids;
	int r;

	if (flags & ~CONTAIN_CGROUP_RECURSIVE)
		return ct_group_fail(reterr, -EINVAL, op, "flags", "has an unknown flag");
	if (!ret_pids)
		return ct_group_fail(reterr, -EINVAL, op, "ret_pids", "is NULL");
	r = ct_group_check_arg(reterr, op, "group_fd", group_fd);
	if (r < 0)
		return r;
	pids = calloc(1, sizeof(*pids));
	if (!pids)
		return ct_group_fail(reterr, -ENOMEM, op, file, NULL);
	if (flags & CONTAIN_CGROUP_RECURSIVE)
		r = ct_pids_read_below(group_fd, file, pids);
	else
		r = ct_pids_read(group_fd, file, pids);
	if (r == 0 && pids->n > INT_MAX)
		r = -ENOMEM;
	if (r < 0) {
		contain_pids_free(pids);
		r = r == -ENOENT ? -ENODEV : r;
		return ct_group_fail(reterr, r, op, file,
				     r == -EOPNOTSUPP ?
					     "the group is threaded: it has threads, and the root "
					     "of its threaded subtree has their processes" :
					     ct_group_hint(r));
	}
	ct_pids_sort(pids);
	*ret_pids = pids;
	return 0;
}

int contain_cgroup_list_processes(int group_fd, uint32_t flags, contain_pids **ret_pids,
				  contain_error **reterr)
{
	return list(group_fd, flags, "list-processes", "cgroup.procs", ret_pids, reterr);
}

int contain_cgroup_list_threads(int group_fd, uint32_t flags, contain_pids **ret_pids,
				contain_error **reterr)
{
	return list(group_fd, flags, "list-threads", "cgroup.threads", ret_pids, reterr);
}

int contain_pids_count(const contain_pids *pids)
{
	return pids ? (int)pids->n : 0;
}

int contain_pids_at(const contain_pids *pids, int i)
{
	return pids && i >= 0 && (size_t)i < pids->n ? pids->v[i] : -EINVAL;
}

int contain_pids_outside(const contain_pids *pids)
{
	if (!pids)
		return 0;
	return pids->outside > INT_MAX ? INT_MAX : (int)pids->outside;
}

void contain_pids_free(contain_pids *pids)
{
	if (!pids)
		return;
	free(pids->v);
	free(pids);
}
