/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Whose owner died: the lock on a group's directory goes with the last fd of its owner, and a
 * group that still runs something says so itself. The lock is held while a group is removed, so
 * that a start that has just made one finds out (ct_cgroup_op_create()).
 */
#include "cgroup.h"
#include "feature/feature.h"
#include "group_files.h"
#include "sys/helper.h"
#include "sys/str.h"
#include "tree.h"

#include <limits.h>
#include <string.h>

#define PRUNE_NSEC 1000000000ULL

static int is_populated(int fd)
{
	char text[256];
	uint64_t v;
	ssize_t n = ct_group_read(fd, "cgroup.events", text, sizeof(text));

	if (n > 0)
		return !ct_group_key(text, "populated", &v) || v;
	if (n != -ENOENT)
		return 1;
	return ct_group_read(fd, "cgroup.procs", text, sizeof(text)) != 0; /* v1 */
}

/* 1: removed. The directory may be gone, owned, or full: then it is left alone. */
static int collect(int dirfd, const char *name)
{
	int removed = 0, fd = ct_group_open(dirfd, name);

	if (fd < 0)
		return 0;
	if (ct_sys_flock(fd, LOCK_EX | LOCK_NB) == 0 && !is_populated(fd)) {
		removed = ct_sys_unlinkat(dirfd, name, AT_REMOVEDIR) == 0;
		if (!removed) {
			ct_group_prune(fd, ct_now_nsec() + PRUNE_NSEC);
			removed = ct_sys_unlinkat(dirfd, name, AT_REMOVEDIR) == 0;
		}
	}
	ct_sys_close(fd);
	return removed;
}

/* All in one directory. */
static int collect_below(int dirfd, const char *prefix)
{
	_Alignas(uint64_t) char buf[4096];
	int removed = 0;
	ssize_t n;

	while ((n = ct_sys_getdents64(dirfd, buf, sizeof(buf))) > 0) {
		const struct ct_dirent *d;

		for (ssize_t at = 0; at < n; at += d->reclen) {
			d = (const struct ct_dirent *)(buf + at);
			if (d->type == CT_DT_DIR && ct_group_name_has(d->name, prefix))
				removed += collect(dirfd, d->name);
		}
	}
	return n < 0 ? (int)n : removed;
}

static int collect_at(const char *path)
{
	int r, fd = ct_group_open(AT_FDCWD, path);

	if (fd < 0)
		return fd == -ENOENT ? 0 : fd;
	r = collect_below(fd, NULL);
	ct_sys_close(fd);
	return r;
}

/* "contain" in one hierarchy, and itself when it is empty: who starts next makes it anew. */
static int collect_home(const char *mount, const char *base)
{
	char path[PATH_MAX];
	size_t at = ct_append(path, sizeof(path), 0, mount);
	int r;

	at = ct_append(path, sizeof(path), at, base);
	at = ct_append(path, sizeof(path), at, "/" CT_GROUP_HOME);
	if (at + 1 >= sizeof(path))
		return -ENAMETOOLONG;
	r = collect_at(path);
	if (r >= 0)
		ct_sys_unlinkat(AT_FDCWD, path, AT_REMOVEDIR);
	return r;
}

static int collect_default(const struct ct_facts *f)
{
	const char *base = strcmp(f->delegated, "/") ? f->delegated : "";
	char path[PATH_MAX];
	size_t at;

	if (!*f->v2_mount || !*f->delegated)
		return 0;
	if (f->is_privileged)
		return collect_home(f->v2_mount, base);
	at = ct_append(path, sizeof(path), 0, f->v2_mount);
	at = ct_append(path, sizeof(path), at, base);
	return at + 1 < sizeof(path) ? collect_at(path) : -ENAMETOOLONG;
}

static int seen_before(const struct ct_facts *f, int controller)
{
	for (int i = 0; i < controller; i++)
		if (!strcmp(f->v1_mount[i], f->v1_mount[controller]))
			return 1;
	return 0;
}

int ct_group_gc_below(int parent_fd, const char *prefix)
{
	int r, fd = ct_group_open(parent_fd, "."); /* its offset is the caller's */

	if (fd < 0)
		return fd;
	r = collect_below(fd, prefix);
	ct_sys_close(fd);
	return r;
}

int ct_group_gc(const struct ct_facts *f, int parent_fd)
{
	int total, r;

	if (parent_fd >= 0)
		return ct_group_gc_below(parent_fd, NULL);
	total = collect_default(f);
	for (int i = 0; i < CT_CONTROLLERS && total >= 0 && f->is_privileged; i++) {
		if (!*f->v1_mount[i] || seen_before(f, i))
			continue;
		r = collect_home(f->v1_mount[i], "");
		total = r < 0 ? r : total + r;
	}
	return total;
}
