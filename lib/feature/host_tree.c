/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "host_tree.h"
#include "../sys/sys.h"
#include "mounts.h"

#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- the mount table ---- */

static int is_kernel_type(const char *type)
{
	static const char *const types[] = {
		"proc",	   "sysfs",	 "devtmpfs",   "devpts",   "cgroup",	 "cgroup2",
		"mqueue",  "hugetlbfs",	 "debugfs",    "tracefs",  "securityfs", "selinuxfs",
		"smackfs", "configfs",	 "bpf",	       "pstore",   "efivarfs",	 "binfmt_misc",
		"fusectl", "rpc_pipefs", "nfsd",       "nsfs",	   "autofs",	 "resctrl",
		"xenfs",   "binder",	 "functionfs", "gadgetfs",
	};

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (!strcmp(types[i], type))
			return 1;
	return 0;
}

int ct_host_mounts_add(struct ct_host_mounts *mounts, char *line)
{
	struct ct_host_mount *h;
	struct ct_mount m;

	if (ct_mount_parse(line, &m) < 0)
		return 0;
	if (mounts->n == mounts->room) {
		size_t room = mounts->room ? 2 * mounts->room : 64;

		h = reallocarray(mounts->mount, room, sizeof(*h));
		if (!h)
			return -ENOMEM;
		mounts->mount = h;
		mounts->room = room;
	}
	h = &mounts->mount[mounts->n];
	memset(h, 0, sizeof(*h));
	h->id = m.id;
	h->parent = m.parent;
	h->kernel = is_kernel_type(m.type);
	h->attr = (ct_has_item(m.options, ',', "nosuid") ? MOUNT_ATTR_NOSUID : 0) |
		  (ct_has_item(m.options, ',', "noexec") ? MOUNT_ATTR_NOEXEC : 0);
	h->point = strdup(m.point);
	if (!h->point)
		return -ENOMEM;
	mounts->n++;
	return 0;
}

void ct_host_mounts_free(struct ct_host_mounts *mounts)
{
	for (size_t i = 0; i < mounts->n; i++)
		free(mounts->mount[i].point);
	free(mounts->mount);
	memset(mounts, 0, sizeof(*mounts));
}

static int by_point(const void *a, const void *b)
{
	return strcmp(((const struct ct_host_mount *)a)->point,
		      ((const struct ct_host_mount *)b)->point);
}

/* The first mount with this path, or n. */
static size_t first_at(const struct ct_host_mounts *mounts, const char *path, size_t len)
{
	size_t low = 0, high = mounts->n;

	while (low < high) {
		size_t mid = (low + high) / 2;
		const char *point = mounts->mount[mid].point;
		int c = strncmp(point, path, len);

		if (c < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low < mounts->n && !strncmp(mounts->mount[low].point, path, len) &&
			       !mounts->mount[low].point[len] ?
		       low :
		       mounts->n;
}

/* The mount that a lookup of path, len bytes of it, gets to when it comes from mount `from`. */
static uint64_t step_into(const struct ct_host_mounts *mounts, uint64_t from, const char *path,
			  size_t len)
{
	size_t i = first_at(mounts, path, len), k;

	for (k = i; k < mounts->n && !strncmp(mounts->mount[k].point, path, len) &&
		    !mounts->mount[k].point[len];
	     k++)
		if (mounts->mount[k].parent == from && mounts->mount[k].id != from) {
			from = mounts->mount[k].id;
			k = i - 1; /* mounts may be stacked in any order of lines */
		}
	return from;
}

/* As a lookup would find it, without asking a file system that may not answer. */
void ct_host_mounts_look(struct ct_host_mounts *mounts, uint64_t root_id)
{
	if (mounts->n)
		qsort(mounts->mount, mounts->n, sizeof(*mounts->mount), by_point);
	for (size_t i = 0; i < mounts->n; i++) {
		const char *point = mounts->mount[i].point;
		uint64_t at = root_id;

		if (strcmp(point, "/") != 0)
			for (size_t len = 1; point[len - 1]; len++)
				if (point[len] == '/' || !point[len])
					at = step_into(mounts, at, point, len);
		mounts->mount[i].visible = at == mounts->mount[i].id;
	}
}

static int read_mounts(struct ct_host_mounts *mounts)
{
	struct ct_lines lines = { 0 };
	char *line;
	int r;

	lines.fd = ct_sys_openat(AT_FDCWD, "/proc/thread-self/mountinfo", O_RDONLY | O_CLOEXEC, 0);
	if (lines.fd < 0)
		return lines.fd;
	while ((r = ct_lines_next(&lines, &line)) > 0) {
		r = ct_host_mounts_add(mounts, line);
		if (r < 0)
			break;
	}
	ct_sys_close(lines.fd);
	free(lines.buf);
	if (!r)
		ct_host_mounts_look(mounts, ct_mount_id("/"));
	return r;
}

/* ---- the tree ---- */

struct finder {
	struct ct_host_mounts mounts;
	struct ct_host_tree *tree;
};

void ct_host_tree_free(struct ct_host_tree *tree)
{
	for (size_t i = 0; i < tree->n; i++) {
		free(tree->entry[i].path);
		free(tree->entry[i].text);
	}
	free(tree->entry);
	memset(tree, 0, sizeof(*tree));
}

static int is_at_or_below(const char *path, const char *dir)
{
	size_t n = strlen(dir);

	return !strncmp(path, dir, n) && (!path[n] || path[n] == '/');
}

static int is_kernel_path(const char *path)
{
	return is_at_or_below(path, "/proc") || is_at_or_below(path, "/sys") ||
	       is_at_or_below(path, "/dev");
}

/* Takes text over, freed too when it fails. */
static int add(struct ct_host_tree *tree, enum ct_host_kind kind, const char *path, uint32_t attr,
	       uint32_t mode, char *text)
{
	struct ct_host_entry *e = tree->entry;
	char *copy = strdup(path);
	int r = tree->n >= CT_HOST_MAX ? -E2BIG : copy ? 0 : -ENOMEM;

	if (!r && tree->n == tree->room) {
		size_t room = tree->room ? 2 * tree->room : 32;

		e = reallocarray(tree->entry, room, sizeof(*e));
		if (e) {
			tree->entry = e;
			tree->room = room;
		} else {
			r = -ENOMEM;
		}
	}
	if (r < 0) {
		free(copy);
		free(text);
		return r;
	}
	tree->entry[tree->n++] = (struct ct_host_entry){ kind, attr, mode, copy, text };
	return 0;
}

static const struct ct_host_mount *mount_at(const struct finder *f, const char *path)
{
	for (size_t i = first_at(&f->mounts, path, strlen(path)); i < f->mounts.n; i++) {
		if (strcmp(f->mounts.mount[i].point, path) != 0)
			break;
		if (f->mounts.mount[i].visible)
			return &f->mounts.mount[i];
	}
	return NULL;
}

/* All of them, also those that something covers: they are locked as well. */
static int has_mounts_below(const struct finder *f, const char *path)
{
	size_t n = strlen(path);

	for (size_t i = 0; i < f->mounts.n; i++) {
		const char *point = f->mounts.mount[i].point;

		if (!strncmp(point, path, n) && (point[n] == '/' || n == 1) && point[n])
			return 1;
	}
	return 0;
}

/* Of a dead server's file system, too, without waiting for it. 0: nothing that is shown. */
static uint32_t type_of(const char *path, uint32_t *mode)
{
	struct statx st;

	memset(&st, 0, sizeof(st));
	if (ct_sys_statx(AT_FDCWD, path, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT | AT_STATX_DONT_SYNC,
			 STATX_TYPE | STATX_MODE, &st) < 0)
		return 0;
	*mode = st.stx_mode & 07777;
	return st.stx_mode & S_IFMT;
}

static int find_open(struct finder *f)
{
	int r = 0;

	for (size_t i = 0; i < f->mounts.n && !r; i++) {
		const struct ct_host_mount *m = &f->mounts.mount[i];
		uint32_t mode, type;

		if (!m->visible || m->kernel || is_kernel_path(m->point) || !strcmp(m->point, "/"))
			continue;
		type = type_of(m->point, &mode);
		if (type == S_IFDIR || type == S_IFREG)
			r = add(f->tree, type == S_IFDIR ? CT_HOST_LAYER : CT_HOST_FILE, m->point,
				m->attr, 0, NULL);
	}
	return r;
}

static int find_locked(struct finder *f, const char *path, uint32_t attr);

static int find_link(struct finder *f, const char *path)
{
	char *text = malloc(PATH_MAX);
	ssize_t n;

	if (!text)
		return -ENOMEM;
	n = ct_sys_readlinkat(AT_FDCWD, path, text, PATH_MAX - 1);
	if (n < 0) {
		free(text);
		return 0;
	}
	text[n] = 0;
	return add(f->tree, CT_HOST_LINK, path, 0, 0, text);
}

static int find_name(struct finder *f, const char *dir, const char *name, uint32_t attr)
{
	const struct ct_host_mount *m;
	char path[PATH_MAX];
	uint32_t mode = 0, type;

	if (!strcmp(name, ".") || !strcmp(name, ".."))
		return 0;
	if (snprintf(path, sizeof(path), "%s/%s", dir[1] ? dir : "", name) >= (int)sizeof(path))
		return 0;
	m = mount_at(f, path);
	type = type_of(path, &mode);
	if (is_kernel_path(path) || (m && m->kernel))
		return type == S_IFDIR ? add(f->tree, CT_HOST_DIR, path, 0, mode, NULL) : 0;
	if (m)
		attr = m->attr;
	if (type == S_IFDIR)
		return find_locked(f, path, attr);
	if (type == S_IFREG)
		return add(f->tree, CT_HOST_FILE, path, attr, 0, NULL);
	return type == S_IFLNK ? find_link(f, path) : 0;
}

struct dirent64_head {
	uint64_t ino;
	int64_t off;
	uint16_t len;
	uint8_t type;
	char name[];
};

static int find_names(struct finder *f, int fd, const char *path, uint32_t attr)
{
	const size_t size = 32768;
	char *buf = malloc(size);
	ssize_t n = buf ? 1 : -ENOMEM;
	int r = 0;

	while (!r && n > 0) {
		n = ct_sys_getdents64(fd, buf, size);
		for (ssize_t at = 0; at < n && !r;) {
			const struct dirent64_head *d = (const void *)(buf + at);

			r = find_name(f, path, d->name, attr);
			at += d->len;
		}
	}
	free(buf);
	return n < 0 ? (int)n : r;
}

static int find_locked(struct finder *f, const char *path, uint32_t attr)
{
	uint32_t mode = 0755;
	int r, fd;

	if (path[1] && !has_mounts_below(f, path))
		return add(f->tree, CT_HOST_LAYER, path, attr, 0, NULL);
	type_of(path, &mode);
	r = add(f->tree, CT_HOST_DIR, path, 0, mode, NULL);
	if (r < 0)
		return r;
	fd = ct_sys_openat(AT_FDCWD, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0);
	if (fd < 0) /* it would not be read inside either */
		return fd == -EACCES || fd == -EPERM ? 0 : fd;
	r = find_names(f, fd, path, attr);
	ct_sys_close(fd);
	return r;
}

static int by_path(const void *a, const void *b)
{
	return strcmp(((const struct ct_host_entry *)a)->path,
		      ((const struct ct_host_entry *)b)->path);
}

int ct_host_tree_find(int locked, struct ct_host_tree *ret)
{
	struct finder f = { .tree = ret };
	const struct ct_host_mount *root;
	uint32_t attr;
	int r;

	memset(ret, 0, sizeof(*ret));
	r = read_mounts(&f.mounts);
	root = r < 0 ? NULL : mount_at(&f, "/");
	attr = root ? root->attr : 0; /* in a chroot it is no mount */
	if (!r && locked)
		r = find_locked(&f, "/", attr);
	if (!r && !locked)
		r = add(ret, CT_HOST_LAYER, "/", attr, 0, NULL);
	if (!r && !locked)
		r = find_open(&f);
	if (!r)
		qsort(ret->entry, ret->n, sizeof(*ret->entry), by_path);
	ct_host_mounts_free(&f.mounts);
	return r;
}
