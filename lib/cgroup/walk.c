/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * All groups below a group. How deep they are is the container's choice: names lie on the heap, and
 * one directory is open at a time. The way back is "..", since groups do not move.
 */
#include "group_files.h"
#include "tree.h"

#include <stdlib.h>
#include <string.h>

#define NAMES_ROOM 4096 /* of one getdents64(2) */

/* The groups in one directory that are still to be visited: names with their null bytes. */
struct level {
	char *names;
	size_t n, room, at;
};

struct walk {
	struct level *level;
	size_t n, room;
	int fd; /* the group that is looked at */
};

static int add_name(struct level *l, const char *name)
{
	size_t n = strlen(name) + 1;

	if (l->n + n > l->room) {
		size_t room = l->room ? 2 * l->room : 1024;
		char *names = realloc(l->names, room); /* a name has 255 bytes at most */

		if (!names)
			return -ENOMEM;
		l->names = names;
		l->room = room;
	}
	memcpy(l->names + l->n, name, n);
	l->n += n;
	return 0;
}

static int read_names(int fd, struct level *l)
{
	_Alignas(struct ct_dirent) char buf[NAMES_ROOM];
	ssize_t n;
	int r = 0;

	while (r == 0 && (n = ct_sys_getdents64(fd, buf, sizeof(buf))) != 0) {
		if (n == -ENOENT) /* the directory was removed */
			return 0;
		if (n < 0)
			return (int)n;
		for (ssize_t at = 0; at < n && r == 0;) {
			const struct ct_dirent *d = (const struct ct_dirent *)(buf + at);

			if (d->type == CT_DT_DIR && strcmp(d->name, ".") && strcmp(d->name, ".."))
				r = add_name(l, d->name);
			at += d->reclen;
		}
	}
	return r;
}

/* Goes down into the group that is open as fd, which it takes over. */
static int enter(struct walk *w, int fd)
{
	if (w->fd >= 0)
		ct_sys_close(w->fd);
	w->fd = fd;
	if (w->n == w->room) {
		size_t room = w->room ? 2 * w->room : 16;
		struct level *level = realloc(w->level, room * sizeof(*level));

		if (!level)
			return -ENOMEM;
		w->level = level;
		w->room = room;
	}
	memset(&w->level[w->n], 0, sizeof(*w->level));
	return read_names(fd, &w->level[w->n++]);
}

/* Back to the group above. 0: that was the first one. */
static int leave(struct walk *w)
{
	int fd;

	free(w->level[--w->n].names);
	if (!w->n)
		return 0;
	fd = ct_group_open(w->fd, "..");
	if (fd < 0)
		return fd;
	ct_sys_close(w->fd);
	w->fd = fd;
	return 1;
}

static int step(struct walk *w, ct_group_visit *visit, void *arg)
{
	struct level *l = &w->level[w->n - 1];
	const char *name = l->names + l->at;
	int fd, r;

	if (l->at == l->n)
		return leave(w);
	l->at += strlen(name) + 1;
	fd = ct_group_open(w->fd, name);
	if (fd == -ENOENT || fd == -ENODEV) /* removed meanwhile */
		return 1;
	if (fd < 0)
		return fd;
	r = visit(arg, fd, w->n);
	if (r < 0) {
		ct_sys_close(fd);
		return r;
	}
	r = enter(w, fd);
	return r < 0 ? r : 1;
}

int ct_group_walk(int fd, ct_group_visit *visit, void *arg)
{
	struct walk w = { .fd = -1 };
	int r = ct_group_open(fd, ".");

	if (r < 0)
		return r;
	w.fd = r;
	r = visit(arg, w.fd, 0);
	if (r >= 0) {
		int first = w.fd;

		w.fd = -1;
		r = enter(&w, first);
	}
	if (r >= 0)
		do {
			r = step(&w, visit, arg);
		} while (r > 0);
	while (w.n)
		free(w.level[--w.n].names);
	free(w.level);
	if (w.fd >= 0)
		ct_sys_close(w.fd);
	return r;
}
