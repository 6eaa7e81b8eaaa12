/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What mount(2) can do where newer calls answer ENOSYS. It changes what is attached, one mount at a
 * time; each keeps the attributes that it has, or locked ones would be refused, and others lost.
 */
#include "act.h"
#include "apart.h"
#include "mount.h"
#include "sys/fd.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MS_NOSUID_ 2
#define MS_NODEV_ 4
#define MS_NOEXEC_ 8
#define MS_REMOUNT_ 32
#define MS_NOSYMFOLLOW_ 256
#define MS_NOATIME_ 1024
#define MS_NODIRATIME_ 2048
#define MS_BIND_ 4096
#define MS_RELATIME_ (1UL << 21)
#define MS_STRICTATIME_ (1UL << 24)

unsigned long ct_mount_classic_flags(uint32_t attributes)
{
	static const struct {
		uint32_t attribute;
		unsigned long flag;
	} map[] = {
		{ CONTAIN_MOUNT_READONLY, MS_RDONLY },
		{ CONTAIN_MOUNT_NOSUID, MS_NOSUID_ },
		{ CONTAIN_MOUNT_NODEV, MS_NODEV_ },
		{ CONTAIN_MOUNT_NOEXEC, MS_NOEXEC_ },
		{ CONTAIN_MOUNT_NOATIME, MS_NOATIME_ },
		{ CONTAIN_MOUNT_STRICTATIME, MS_STRICTATIME_ },
		{ CONTAIN_MOUNT_NODIRATIME, MS_NODIRATIME_ },
		{ CONTAIN_MOUNT_NOSYMFOLLOW, MS_NOSYMFOLLOW_ },
	};
	unsigned long flags = attributes & CT_MOUNT_ATIME ? 0 : MS_RELATIME_;

	for (size_t i = 0; i < sizeof(map) / sizeof(map[0]); i++)
		if (attributes & map[i].attribute)
			flags |= map[i].flag;
	return flags;
}

static void why_no_name(struct ct_mount_why *why, const char *call)
{
	if (why->err == -EOPNOTSUPP)
		ct_mount_say(
			why,
			"unsupported: %s, and no proc file system can be had by which mount(2) "
			"would do",
			call);
}

/* ---- attributes ---- */

static int change_one(int fd, uint32_t set, uint32_t clear)
{
	uint32_t has = 0;
	int r = ct_mount_attributes_of(fd, &has);

	if (r < 0)
		return r;
	if ((set | clear) & CT_MOUNT_ATIME)
		clear |= CT_MOUNT_ATIME;
	has = (has & ~clear) | set;
	return ct_mount_classic(-1, NULL, fd, NULL,
				MS_REMOUNT_ | MS_BIND_ | ct_mount_classic_flags(has), NULL);
}

/* The mounts of a tree, found before the first of them is changed. */
struct tree {
	struct tree_mount {
		uint64_t id;
		char *point;
	} * mounts;
	size_t n, size;
	int err;
};

static int collect(const struct ct_mount_line *m, void *arg)
{
	struct tree *t = arg;
	int in = m->id == t->mounts[0].id;

	/* parents come first, and are the later ones mostly */
	for (size_t i = t->n; i > 0 && !in; i--)
		in = m->parent == t->mounts[i - 1].id;
	if (!in || m->id == t->mounts[0].id)
		return 0;
	if (t->n == t->size) {
		size_t size = t->size * 2;
		struct tree_mount *more = realloc(t->mounts, size * sizeof(*more));

		if (!more)
			return t->err = -ENOMEM, 1;
		t->mounts = more;
		t->size = size;
	}
	t->mounts[t->n].id = m->id;
	t->mounts[t->n].point = strdup(m->point);
	if (!t->mounts[t->n].point)
		return t->err = -ENOMEM, 1;
	t->n++;
	return 0;
}

static int change_below(const struct tree_mount *m, uint32_t set, uint32_t clear)
{
	struct ct_mount_look l;
	int r, fd = ct_fd_up(ct_sys_openat(AT_FDCWD, m->point, O_PATH | O_NOFOLLOW | O_CLOEXEC, 0));

	if (fd < 0)
		return fd;
	r = ct_mount_look(fd, &l);
	if (r == 0) /* covered by another, or renamed: not to be reached, and not to be left out */
		r = l.id == m->id ? change_one(fd, set, clear) : -ESTALE;
	ct_sys_close(fd);
	return r;
}

static int change_tree(uint64_t id, uint32_t set, uint32_t clear, struct ct_mount_why *why)
{
	struct tree t = { .size = 16, .n = 1 };
	int r;

	t.mounts = calloc(t.size, sizeof(*t.mounts));
	if (!t.mounts)
		return -ENOMEM;
	t.mounts[0].id = id;
	r = ct_mount_each_line(collect, &t);
	if (r >= 0)
		r = t.err;
	for (size_t i = 1; i < t.n && r == 0; i++) {
		r = change_below(&t.mounts[i], set, clear);
		if (r < 0)
			ct_mount_say(why,
				     "without mount_setattr(2) every mount is changed by "
				     "itself, and that on %s could not be%s",
				     t.mounts[i].point,
				     r == -ESTALE ? ": something covers it" : "");
	}
	for (size_t i = 1; i < t.n; i++)
		free(t.mounts[i].point);
	free(t.mounts);
	return r == -ESTALE ? -EOPNOTSUPP : r;
}

int ct_mount_classic_change(int fd, uint32_t set, uint32_t clear, int recursive,
			    struct ct_mount_why *why)
{
	struct ct_mount_look l;
	int r = ct_mount_look(fd, &l);

	if (r == 0)
		r = l.is_root ? change_one(fd, set, clear) : -EINVAL;
	if (r == 0 && recursive)
		r = change_tree(l.id, set, clear, why);
	why->err = r;
	if (!*why->hint)
		why_no_name(why, "mount_setattr");
	return r;
}

/* ---- binds ---- */

struct newest {
	uint64_t id, parent;
	const char *point;
};

static int is_newest(const struct ct_mount_line *m, void *arg)
{
	struct newest *n = arg;

	if (m->parent == n->parent && !strcmp(m->point, n->point))
		n->id = m->id;
	return 0;
}

/* The fd of what was mounted on target just now: by the name that the mount table has for it. */
static int open_bound(int target_fd, const struct ct_mount_look *target)
{
	char self[48], point[PATH_MAX];
	struct newest n = { .parent = target->id, .point = point };
	struct ct_mount_look l;
	ssize_t len;
	int r, fd;

	snprintf(self, sizeof(self), "/proc/thread-self/fd/%d", target_fd);
	len = ct_sys_readlinkat(AT_FDCWD, self, point, sizeof(point) - 1);
	if (len < 0)
		return (int)len;
	point[len] = 0;
	r = ct_mount_each_line(is_newest, &n);
	if (r < 0)
		return r;
	fd = ct_fd_up(ct_sys_openat(AT_FDCWD, point, O_PATH | O_NOFOLLOW | O_CLOEXEC, 0));
	if (fd < 0)
		return fd;
	r = ct_mount_look(fd, &l);
	if (r == 0 && l.id == n.id && l.is_root)
		return fd;
	ct_sys_close(fd);
	return r < 0 ? r : -ESTALE;
}

int ct_mount_classic_bind(int source_fd, int target_fd, uint32_t attributes,
			  struct ct_mount_why *why)
{
	struct ct_mount_look target;
	int fd, r = ct_mount_look(target_fd, &target);

	if (r == 0)
		r = ct_mount_classic(source_fd, NULL, target_fd, NULL, MS_BIND_ | MS_REC, NULL);
	why->err = r;
	why_no_name(why, "open_tree, move_mount or mount_setattr");
	if (r < 0 || !attributes)
		return r;
	fd = open_bound(target_fd, &target);
	r = fd < 0 ? fd : ct_mount_classic_change(fd, attributes, 0, 1, why);
	why->err = r;
	ct_mount_close_path(fd, -1);
	if (r < 0) /* what lies on target, which is not covered for an fd of it: what was bound */
		ct_mount_umount(target_fd, MNT_DETACH);
	return r;
}
