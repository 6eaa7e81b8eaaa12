/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What lies under a tmpfs is copied into it while nothing else can reach it. The tree that is read
 * may be anything and may change meanwhile: each name is one component of a pinned directory, a
 * symlink is never followed, no other mount is entered, and what is not a regular file is never
 * opened. Depth and bytes are bounded.
 */
#include "mount.h"
#include "sys/path.h"
#include "sys/str.h"
#include "sys/sys.h"

#include <limits.h>

#define DEPTH_MAX 128	     /* two fds each */
#define BYTES_MAX (256 << 20) /* as for the files of a spec */

struct level {
	int from, to;
	int64_t at; /* where the directory is read on */
	struct stat st;
};

struct copy {
	int64_t bytes;
	int depth;
	struct level level[DEPTH_MAX];
};

struct entry { /* struct linux_dirent64 */
	uint64_t ino;
	int64_t next;
	uint16_t size;
	uint8_t type;
	char name[];
};

/* An owner that is not mapped in a user namespace cannot be given: it stays user 0. */
static int not_mapped(int err)
{
	return err == -EINVAL || err == -EPERM ? 0 : err;
}

/* Owner, then mode, which a change of the owner would cut; then the times. */
static int dress(int fd, const struct stat *st)
{
	const struct timespec times[2] = { st->st_atim, st->st_mtim };
	int err = not_mapped(ct_sys_fchown(fd, st->st_uid, st->st_gid));

	if (!err)
		err = ct_sys_fchmod(fd, st->st_mode & 07777);
	return err ? err : ct_sys_utimensat(fd, NULL, times, 0);
}

/* -EXDEV: something is mounted there. */
static int open_one(int dir_fd, const char *name, uint64_t flags)
{
	struct open_how how;
	int fd = -EAGAIN;

	how.flags = flags | O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
	how.mode = 0;
	how.resolve = RESOLVE_BENEATH | RESOLVE_NO_XDEV | RESOLVE_NO_SYMLINKS |
		      RESOLVE_NO_MAGICLINKS;
	for (int i = 0; i < CT_RESOLVE_TRIES && (fd == -EAGAIN || fd == -EINTR); i++)
		fd = ct_sys_openat2(dir_fd, name, &how, sizeof(how));
	return fd;
}

static int copy_bytes(struct copy *c, int from, int to)
{
	ssize_t n;

	do {
		n = ct_sys_sendfile(to, from, 1 << 20);
		if (n > 0)
			c->bytes += n;
		if (c->bytes > BYTES_MAX)
			return -EFBIG;
	} while (n > 0 || n == -EINTR);
	return (int)n;
}

static int copy_file(struct copy *c, const struct level *l, const char *name)
{
	struct stat st;
	int err, to, from = open_one(l->from, name, 0);

	if (from < 0)
		return from == -EXDEV ? 0 : from;
	err = ct_sys_newfstatat(from, "", &st, AT_EMPTY_PATH);
	if (!err && !S_ISREG(st.st_mode))
		err = -ESTALE; /* exchanged since it was looked at */
	if (!err && st.st_size > BYTES_MAX - c->bytes)
		err = -EFBIG;
	to = err ? err :
		   ct_sys_openat(l->to, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
				 0600);
	if (to >= 0) {
		err = copy_bytes(c, from, to);
		if (!err)
			err = dress(to, &st);
		ct_sys_close(to);
	}
	ct_sys_close(from);
	return to < 0 ? to : err;
}

static int copy_symlink(const struct level *l, const char *name, const struct stat *st)
{
	char text[PATH_MAX];
	ssize_t n = ct_sys_readlinkat(l->from, name, text, sizeof(text) - 1);
	int err;

	if (n < 0)
		return (int)n;
	text[n] = 0;
	err = ct_sys_symlinkat(text, l->to, name);
	return err ? err :
		     not_mapped(ct_sys_fchownat(l->to, name, st->st_uid, st->st_gid,
						AT_SYMLINK_NOFOLLOW));
}

/* A fifo, socket or device; a device that the child may not make is left out, as one cannot be
 * used on a tmpfs that is nodev. */
static int copy_node(const struct level *l, const char *name, const struct stat *st)
{
	int err = ct_sys_mknodat(l->to, name, (st->st_mode & S_IFMT) | 0600, st->st_rdev);

	if (err == -EPERM)
		return 0;
	if (!err)
		err = not_mapped(ct_sys_fchownat(l->to, name, st->st_uid, st->st_gid,
						 AT_SYMLINK_NOFOLLOW));
	return err ? err : ct_sys_fchmodat(l->to, name, st->st_mode & 07777);
}

/* One level down. Where something is mounted an empty directory is left. */
static int enter(struct copy *c, const char *name, const struct stat *st)
{
	struct level *l = &c->level[c->depth - 1], *next = l + 1;
	int err = ct_sys_mkdirat(l->to, name, 0700);

	if (err)
		return err;
	if (c->depth == DEPTH_MAX)
		return -ELOOP;
	next->from = open_one(l->from, name, O_DIRECTORY);
	if (next->from == -EXDEV)
		return ct_sys_fchmodat(l->to, name, st->st_mode & 07777);
	if (next->from < 0)
		return next->from;
	next->to = ct_sys_openat(l->to, name,
				 O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0);
	if (next->to < 0) {
		ct_sys_close(next->from);
		return next->to;
	}
	next->at = 0;
	next->st = *st;
	c->depth++;
	return 0;
}

static int copy_one(struct copy *c, const char *name)
{
	const struct level *l = &c->level[c->depth - 1];
	struct stat st;
	int err = ct_sys_newfstatat(l->from, name, &st, AT_SYMLINK_NOFOLLOW);

	if (err)
		return err == -ENOENT ? 0 : err; /* gone meanwhile */
	if (S_ISDIR(st.st_mode))
		return enter(c, name, &st);
	if (S_ISREG(st.st_mode))
		return copy_file(c, l, name);
	if (S_ISLNK(st.st_mode))
		return copy_symlink(l, name, &st);
	return copy_node(l, name, &st);
}

static int is_dots(const char *name)
{
	return name[0] == '.' && (!name[1] || (name[1] == '.' && !name[2]));
}

/* Reads on in the deepest directory, until it is over or one level more is there. 0: it is over. */
static int work(struct copy *c)
{
	char buf[2048] __attribute__((aligned(8)));
	int err = 0, depth = c->depth;
	struct level *l = &c->level[depth - 1];
	ssize_t n;

	if (l->at && ct_sys_lseek(l->from, l->at, 0 /* SEEK_SET */) < 0)
		return -EIO;
	while ((n = ct_sys_getdents64(l->from, buf, sizeof(buf))) > 0) {
		for (ssize_t at = 0; at < n && !err && c->depth == depth;) {
			const struct entry *e = (const void *)(buf + at);

			at += e->size;
			l->at = e->next;
			if (!is_dots(e->name))
				err = copy_one(c, e->name);
		}
		if (err || c->depth != depth)
			return err ? err : 1;
	}
	return (int)n;
}

static void leave(struct copy *c)
{
	struct level *l = &c->level[--c->depth];

	ct_sys_close(l->from);
	ct_sys_close(l->to);
}

/* The root directory of the tmpfs is dressed too, but for a mode that the spec gives. */
static int copy_tree(struct copy *c, int keep_mode)
{
	int err;

	do {
		err = work(c);
		if (err)
			continue;
		if (c->depth > 1 || !keep_mode)
			err = dress(c->level[c->depth - 1].to, &c->level[c->depth - 1].st);
		if (!err)
			leave(c);
	} while (err >= 0 && c->depth);
	while (c->depth)
		leave(c);
	return err;
}

int ct_mount_copy_up(struct ct_run *r, const char *path, int mount_fd, int keep_mode)
{
	struct copy c;
	struct level *l = &c.level[0];
	int err;

	c.bytes = 0;
	c.depth = 1;
	l->at = 0;
	l->from = ct_open_in_root(r->fd[CT_SLOT_ROOT], path, O_RDONLY | O_DIRECTORY, 0);
	if (l->from == -ENOENT)
		return 0;
	r->report->detail = CT_COPY_UP;
	if (l->from < 0)
		return l->from;
	err = ct_sys_newfstatat(l->from, "", &l->st, AT_EMPTY_PATH);
	l->to = err ? err : open_one(mount_fd, ".", O_DIRECTORY);
	if (l->to < 0) {
		ct_sys_close(l->from);
		return l->to;
	}
	err = copy_tree(&c, keep_mode);
	if (!err)
		r->report->detail = 0;
	return err;
}
