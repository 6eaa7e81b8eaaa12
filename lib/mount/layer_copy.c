/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A layer's tree with all that means something in it. Nobody else can reach what is written until
 * it is complete, so that its names are safe there; those of the source are the walk's.
 */
#include "layer.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- attributes ---- */

/* What overlay keeps there about other files, by handle or number: it means nothing in a copy. */
static int is_stale(const char *name)
{
	static const char *const stale[] = { "origin", "impure", "nlink", "upper", "uuid",
					     "protattr" };

	for (size_t i = 0; i < sizeof(stale) / sizeof(stale[0]); i++)
		if (!strcmp(name, stale[i]))
			return 1;
	return 0;
}

/* The name that an attribute has in the copy, in buf or as it is; NULL: none. */
static const char *name_there(const struct ct_layer_copy *c, const char *name, char *buf,
			      size_t size, int *err)
{
	const char *prefix = !strncmp(name, "trusted.overlay.", 16) ? "trusted.overlay." :
			     !strncmp(name, "user.overlay.", 13)    ? "user.overlay." :
								      NULL;
	const char *what = prefix ? name + strlen(prefix) : name;

	if (!prefix)
		return name;
	if (is_stale(what))
		return NULL;
	if (!c->to)
		return name;
	if (!strcmp(prefix, c->to)) /* a user's own, which would become the overlay's */
		return NULL;
	if (*c->to == 'u' && (!strcmp(what, "redirect") || !strcmp(what, "metacopy"))) {
		*err = -EOPNOTSUPP; /* the kernel does not follow them there */
		return NULL;
	}
	snprintf(buf, size, "%s%s", c->to, what);
	return buf;
}

static int copy_xattrs(const struct ct_layer_copy *c, int from, int to)
{
	char *list = c->buf, *value = c->buf + CT_XATTR_MAX;
	ssize_t n = ct_sys_flistxattr(from, list, CT_XATTR_MAX);
	int err = 0;

	if (n == -EOPNOTSUPP)
		return 0;
	if (n < 0)
		return (int)n;
	for (const char *s = list; s < list + n && !err; s += strlen(s) + 1) {
		char other[300];
		const char *name = name_there(c, s, other, sizeof(other), &err);
		ssize_t len;

		if (!name)
			continue;
		len = ct_sys_fgetxattr(from, s, value, CT_XATTR_MAX);
		err = len < 0 ? (int)len : ct_sys_fsetxattr(to, name, value, (size_t)len, 0);
	}
	return err;
}

static int set_times(int dir_fd, const char *name, const struct stat *st)
{
	struct timespec times[2] = { st->st_atim, st->st_mtim };

	return ct_sys_utimensat(dir_fd, name, times, AT_SYMLINK_NOFOLLOW);
}

/* Owner first: it takes set-id bits and file capabilities away. */
static int copy_meta(const struct ct_layer_copy *c, int from, int to, const struct stat *st)
{
	int err = ct_sys_fchown(to, st->st_uid, st->st_gid);

	if (!err)
		err = copy_xattrs(c, from, to);
	return err ? err : ct_sys_fchmod(to, st->st_mode & 07777);
}

/* ---- data ---- */

static int write_all(int fd, const char *buf, size_t n)
{
	while (n) {
		ssize_t done = ct_sys_write(fd, buf, n);

		if (done == -EINTR)
			continue;
		if (done <= 0)
			return done < 0 ? (int)done : -EIO;
		buf += done;
		n -= (size_t)done;
	}
	return 0;
}

/* Both at the beginning of the range. */
static int copy_range(const struct ct_layer_copy *c, int from, int to, int64_t n)
{
	int by_kernel = 1;

	while (n > 0) {
		size_t want = n > (1 << 30) ? 1 << 30 : (size_t)n;
		ssize_t done = -EXDEV;

		if (by_kernel) {
			done = ct_sys_copy_file_range(from, to, want);
			by_kernel = done > 0;
		}
		if (done < 0 || !by_kernel) {
			want = want > CT_XATTR_MAX ? CT_XATTR_MAX : want;
			done = ct_sys_read(from, c->buf, want);
			if (done == -EINTR)
				continue;
			if (done > 0) {
				int err = write_all(to, c->buf, (size_t)done);

				if (err)
					return err;
			}
		}
		if (done < 0)
			return (int)done;
		if (!done) /* it became shorter */
			break;
		n -= done;
	}
	return 0;
}

static int copy_data(const struct ct_layer_copy *c, int from, int to, int64_t size)
{
	int64_t at = 0, hole;
	int err = ct_sys_ftruncate(to, size);

	while (!err && at < size) {
		at = ct_sys_lseek(from, at, SEEK_DATA);
		if (at == -ENXIO) /* nothing but a hole */
			break;
		hole = at < 0 ? at : ct_sys_lseek(from, at, SEEK_HOLE);
		if (hole < 0)
			return (int)hole;
		if (hole > size)
			hole = size;
		if (ct_sys_lseek(from, at, SEEK_SET) < 0 || ct_sys_lseek(to, at, SEEK_SET) < 0)
			return -EIO;
		err = copy_range(c, from, to, hole - at);
		at = hole;
	}
	return err;
}

/* ---- entries ---- */

struct copying {
	struct ct_layer_copy *c;
	struct ct_walk w;
	int to; /* the directory that is written */
};

/*
 * Names of one file: the first is kept in the directory of links too, by its number, so that the
 * others are links to that, however deep they are.
 */
static int find_link(struct copying *k, const struct stat *st, char *name, size_t size)
{
	snprintf(name, size, "%llx-%llx", (unsigned long long)st->st_dev,
		 (unsigned long long)st->st_ino);
	return ct_sys_linkat(k->c->links, name, k->to, k->w.name, 0);
}

static int copy_regular(struct copying *k, const struct stat *st)
{
	char link[40];
	int in, out, err;

	if (st->st_nlink > 1) {
		err = find_link(k, st, link, sizeof(link));
		if (err != -ENOENT)
			return err;
	}
	in = ct_layer_open_file(k->w.dir_fd, k->w.name, st);
	if (in < 0)
		return in;
	out = ct_sys_openat(k->to, k->w.name,
			    O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	err = out < 0 ? out : copy_data(k->c, in, out, st->st_size);
	if (!err)
		err = copy_meta(k->c, in, out, st);
	if (out >= 0)
		ct_sys_close(out);
	ct_sys_close(in);
	if (!err && st->st_nlink > 1)
		err = ct_sys_linkat(k->to, k->w.name, k->c->links, link, 0);
	return err ? err : set_times(k->to, k->w.name, st);
}

static int copy_symlink(struct copying *k, int pin, const struct stat *st)
{
	char *text = k->c->buf;
	ssize_t n = ct_sys_readlinkat(pin, "", text, PATH_MAX);
	int err;

	if (n < 0)
		return (int)n;
	text[n] = 0;
	err = ct_sys_symlinkat(text, k->to, k->w.name);
	if (!err)
		err = ct_sys_fchownat(k->to, k->w.name, st->st_uid, st->st_gid,
				      AT_SYMLINK_NOFOLLOW);
	return err ? err : set_times(k->to, k->w.name, st);
}

static int copy_special(struct copying *k, const struct stat *st)
{
	int err;

	err = ct_sys_mknodat(k->to, k->w.name, st->st_mode & (S_IFMT | 07777), st->st_rdev);
	if (!err)
		err = ct_sys_fchownat(k->to, k->w.name, st->st_uid, st->st_gid,
				      AT_SYMLINK_NOFOLLOW);
	if (!err)
		err = ct_sys_fchmodat(k->to, k->w.name, st->st_mode & 07777);
	return err ? err : set_times(k->to, k->w.name, st);
}

/* Modes last: until then it is the copier's alone. */
static int copy_dir(struct copying *k, int pin)
{
	int in, next, err = ct_sys_mkdirat(k->to, k->w.name, 0700);

	if (err)
		return err;
	next = ct_sys_openat(k->to, k->w.name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0);
	if (next < 0)
		return next;
	ct_sys_close(k->to);
	k->to = next;
	in = ct_sys_openat(pin, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
	return in < 0 ? in : ct_walk_enter(&k->w, in);
}

static int leave_dir(struct copying *k)
{
	struct stat st;
	int up, err, in = ct_walk_pin(k->w.dir_fd, k->w.name, O_RDONLY | O_DIRECTORY);

	if (in < 0)
		return in;
	err = ct_sys_newfstatat(in, "", &st, AT_EMPTY_PATH);
	up = ct_sys_openat(k->to, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
	if (up < 0)
		err = up;
	if (!err)
		err = copy_meta(k->c, in, k->to, &st);
	ct_sys_close(in);
	if (up >= 0) {
		ct_sys_close(k->to);
		k->to = up;
	}
	return err ? err : set_times(k->to, k->w.name, &st);
}

static int copy_entry(struct copying *k)
{
	struct stat st;
	int err, pin;

	if (k->w.leaving)
		return leave_dir(k);
	pin = ct_walk_pin(k->w.dir_fd, k->w.name, O_PATH);
	if (pin < 0)
		return pin;
	err = ct_sys_newfstatat(pin, "", &st, AT_EMPTY_PATH);
	if (!err)
		err = S_ISDIR(st.st_mode) ? copy_dir(k, pin) :
		      S_ISREG(st.st_mode) ? copy_regular(k, &st) :
		      S_ISLNK(st.st_mode) ? copy_symlink(k, pin, &st) :
					    copy_special(k, &st);
	ct_sys_close(pin);
	return err;
}

/* The top itself: what an overlay has for its root. */
static int copy_top(struct copying *k, int from_fd)
{
	struct timespec times[2];
	struct stat st;
	int err, in = ct_sys_openat(from_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);

	if (in < 0)
		return in;
	err = ct_sys_newfstatat(in, "", &st, AT_EMPTY_PATH);
	if (!err)
		err = copy_meta(k->c, in, k->to, &st);
	ct_sys_close(in);
	if (err)
		return err;
	times[0] = st.st_atim;
	times[1] = st.st_mtim;
	return ct_sys_utimensat(k->to, NULL, times, 0);
}

int ct_layer_copy(struct ct_layer_copy *c, int from_fd, int to_fd, char **ret_path)
{
	struct copying k = { .c = c };
	int r;

	c->buf = malloc(2 * (size_t)CT_XATTR_MAX);
	if (!c->buf)
		return -ENOMEM;
	k.to = ct_sys_openat(to_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
	r = k.to < 0 ? k.to : ct_walk_begin(&k.w, from_fd);
	while (r >= 0 && (r = ct_walk_next(&k.w)) > 0)
		r = copy_entry(&k);
	if (r == 0)
		r = copy_top(&k, from_fd);
	else if (ret_path && k.w.path)
		*ret_path = strdup(k.w.path);
	ct_walk_end(&k.w);
	if (k.to >= 0)
		ct_sys_close(k.to);
	free(c->buf);
	return r;
}
