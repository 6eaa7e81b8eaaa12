/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "layer_walk.h"

#include <stdlib.h>
#include <string.h>

#define BUF 16384

/* linux_dirent64, by its offsets */
#define D_OFF 8
#define D_RECLEN 16
#define D_TYPE 18
#define D_NAME 19

int ct_walk_pin(int dir_fd, const char *name, int flags)
{
	struct open_how how = { .flags = (uint64_t)(flags | O_NOFOLLOW | O_CLOEXEC),
				.resolve = RESOLVE_BENEATH | RESOLVE_NO_XDEV |
					   RESOLVE_NO_MAGICLINKS };
	int fd;

	do {
		fd = ct_sys_openat2(dir_fd, name, &how, sizeof(how));
	} while (fd == -EINTR);
	return fd == -ENOSYS ? -EOPNOTSUPP : fd; /* openat() would follow a mount */
}

static void close_level(struct ct_walk_level *l)
{
	if (l->fd >= 0)
		ct_sys_close(l->fd);
	free(l->buf);
	l->fd = -1;
	l->buf = NULL;
	l->at = l->end = 0;
}

static int push(struct ct_walk *w, int fd, size_t path_len)
{
	struct ct_walk_level *l;
	struct stat st;
	int err = ct_sys_newfstatat(fd, "", &st, AT_EMPTY_PATH);

	if (!err && w->depth == w->room) {
		int room = w->room ? 2 * w->room : 16;

		l = reallocarray(w->level, (size_t)room, sizeof(*l));
		if (l) {
			w->level = l;
			w->room = room;
		} else {
			err = -ENOMEM;
		}
	}
	if (err) {
		ct_sys_close(fd);
		return err;
	}
	if (w->depth >= CT_WALK_OPEN)
		close_level(&w->level[w->depth - CT_WALK_OPEN]);
	l = &w->level[w->depth++];
	memset(l, 0, sizeof(*l));
	l->fd = fd;
	l->dev = st.st_dev;
	l->ino = st.st_ino;
	l->path_len = path_len;
	return 0;
}

int ct_walk_begin(struct ct_walk *w, int fd)
{
	int dir;

	memset(w, 0, sizeof(*w));
	w->path_room = 512;
	w->path = calloc(1, w->path_room);
	if (!w->path)
		return -ENOMEM;
	w->name = w->path;
	dir = ct_sys_openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
	return dir < 0 ? dir : push(w, dir, 0);
}

void ct_walk_end(struct ct_walk *w)
{
	for (int i = 0; i < w->depth; i++)
		close_level(&w->level[i]);
	free(w->level);
	free(w->path);
	memset(w, 0, sizeof(*w));
}

int ct_walk_enter(struct ct_walk *w, int fd)
{
	return push(w, fd, strlen(w->path));
}

/* The directory above, by "..": it has to be the one in which the walk was. */
static int reopen(struct ct_walk_level *l, int child)
{
	struct stat st;
	int err, fd = ct_sys_openat(child, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);

	if (fd < 0)
		return fd;
	err = ct_sys_newfstatat(fd, "", &st, AT_EMPTY_PATH);
	if (!err && (st.st_dev != l->dev || st.st_ino != l->ino))
		err = -ESTALE;
	if (!err && ct_sys_lseek(fd, l->next, SEEK_SET) != l->next)
		err = -EIO;
	if (err) {
		ct_sys_close(fd);
		return err;
	}
	l->fd = fd;
	return 0;
}

/* Leaves the innermost directory, which becomes the current entry: 1, 0 at the top. */
static int leave(struct ct_walk *w)
{
	struct ct_walk_level *l = &w->level[w->depth - 1], *up = l - 1;
	size_t at;
	int err = 0;

	if (w->depth == 1) {
		close_level(l);
		w->depth = 0;
		w->path[0] = 0;
		w->name = w->path;
		return 0;
	}
	if (up->fd < 0)
		err = reopen(up, l->fd);
	w->path[l->path_len] = 0;
	close_level(l);
	w->depth--;
	if (err) { /* the way back is lost, and with it all that is above */
		while (w->depth)
			close_level(&w->level[--w->depth]);
		return err;
	}
	at = up->path_len + (up->path_len ? 1 : 0);
	w->name = w->path + at;
	w->dir_fd = up->fd;
	w->leaving = 1;
	w->type = 4; /* DT_DIR */
	return 1;
}

static int set_name(struct ct_walk *w, const struct ct_walk_level *l, const char *name)
{
	size_t n = strlen(name), at = l->path_len + (l->path_len ? 1 : 0);

	if (at + n + 1 > w->path_room) {
		size_t room = 2 * (at + n + 1);
		char *path = realloc(w->path, room);

		if (!path)
			return -ENOMEM;
		w->path = path;
		w->path_room = room;
	}
	if (l->path_len)
		w->path[l->path_len] = '/';
	memcpy(w->path + at, name, n + 1);
	w->name = w->path + at;
	return 0;
}

/* 1: the next record of the directory; 0: none. */
static int next_record(struct ct_walk_level *l, char **ret)
{
	uint16_t len;

	if (l->at >= l->end) {
		ssize_t n;

		if (l->eof)
			return 0;
		if (!l->buf && !(l->buf = malloc(BUF)))
			return -ENOMEM;
		n = ct_sys_getdents64(l->fd, l->buf, BUF);
		l->at = 0;
		l->end = n > 0 ? (int)n : 0;
		l->eof = n <= 0;
		if (n <= 0)
			return (int)n;
	}
	*ret = l->buf + l->at;
	memcpy(&len, *ret + D_RECLEN, sizeof(len));
	memcpy(&l->next, *ret + D_OFF, sizeof(l->next));
	l->at += len;
	return 1;
}

int ct_walk_next(struct ct_walk *w)
{
	struct ct_walk_level *l;
	char *record = NULL;
	int r;

	w->leaving = 0;
	for (;;) {
		if (!w->depth)
			return 0;
		l = &w->level[w->depth - 1];
		r = next_record(l, &record);
		if (r == 0)
			return leave(w);
		if (r < 0) {
			l->eof = 1; /* no more of it, another time */
			l->at = l->end = 0;
			w->path[l->path_len] = 0;
			return r;
		}
		if (!strcmp(record + D_NAME, ".") || !strcmp(record + D_NAME, ".."))
			continue;
		r = set_name(w, l, record + D_NAME);
		if (r < 0)
			return r;
		w->dir_fd = l->fd;
		w->type = (uint8_t)record[D_TYPE];
		return 1;
	}
}
