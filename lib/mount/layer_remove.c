/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Trees that are removed, with all that a container may have made of them. */
#include "layer.h"
#include "overlay.h"
#include "plan/error.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PASSES 64 /* over a directory whose entries move while they are removed */

/* ---- places ---- */

static int parent_of(int dirfd, const char *path, const char *name)
{
	const int flags = O_PATH | O_DIRECTORY | O_CLOEXEC;
	size_t n = (size_t)(name - path);
	char *dir;
	int fd;

	if (!n)
		return ct_sys_openat(dirfd, ".", flags, 0);
	dir = strndup(path, n); /* with the slash, which is the root itself in "/name" */
	if (!dir)
		return -ENOMEM;
	fd = ct_sys_openat(dirfd, dir, flags, 0);
	free(dir);
	return fd;
}

int ct_layer_place(int dirfd, const char *path, int need_dir, struct ct_layer_place *ret)
{
	const char *slash = strrchr(path, '/');

	ret->parent = ret->dir = -1;
	ret->name = slash ? slash + 1 : path;
	if (!*ret->name || !strcmp(ret->name, ".") || !strcmp(ret->name, ".."))
		return -EINVAL;
	ret->parent = parent_of(dirfd, path, ret->name);
	if (ret->parent < 0 || !need_dir)
		return ret->parent < 0 ? ret->parent : 0;
	ret->dir = ct_sys_openat(ret->parent, ret->name,
				 O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0);
	if (ret->dir >= 0)
		return 0;
	ct_sys_close(ret->parent);
	ret->parent = -1;
	return ret->dir;
}

void ct_layer_place_end(struct ct_layer_place *p)
{
	if (p->parent >= 0)
		ct_sys_close(p->parent);
	if (p->dir >= 0)
		ct_sys_close(p->dir);
	p->parent = p->dir = -1;
}

int ct_layer_check_use(int dir_fd)
{
	return ct_overlay_in_use(dir_fd) == -EBUSY ? -EBUSY : 0;
}

/* ---- removing ---- */

struct removal {
	struct ct_walk w;
	int err; /* the first */
	int removed;
	char **ret_path;
};

static void failed(struct removal *m, int err)
{
	if (m->err || err == -ENOTEMPTY) /* that of an earlier failure, or another pass helps */
		return;
	m->err = err;
	if (m->ret_path && !*m->ret_path)
		*m->ret_path = strdup(m->w.path);
}

/* A directory that its own modes close to its owner, as overlay makes one: "work" has mode 0. */
static int open_closed(int pin)
{
	char link[40];
	int err;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", pin);
	err = ct_sys_fchmodat(AT_FDCWD, link, 0700);
	return err ? -EACCES : ct_sys_openat(pin, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
}

static int open_dir(int pin)
{
	int fd = ct_sys_openat(pin, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);

	return fd == -EACCES ? open_closed(pin) : fd;
}

/* 1: it is a directory, and entered. */
static int enter_dir(struct removal *m)
{
	int fd, pin = ct_walk_pin(m->w.dir_fd, m->w.name, O_PATH | O_DIRECTORY);

	if (pin < 0)
		return pin;
	fd = open_dir(pin);
	ct_sys_close(pin);
	if (fd >= 0)
		fd = ct_walk_enter(&m->w, fd);
	return fd < 0 ? fd : 1;
}

static void remove_one(struct removal *m)
{
	int r = -EISDIR;

	if (m->w.leaving)
		r = ct_sys_unlinkat(m->w.dir_fd, m->w.name, AT_REMOVEDIR);
	else if (m->w.type != 4) /* DT_DIR */
		r = ct_sys_unlinkat(m->w.dir_fd, m->w.name, 0);
	if (!m->w.leaving && (r == -EISDIR || (r == -EPERM && !m->w.type))) {
		r = enter_dir(m);
		if (r == 1)
			return;
	}
	if (r == 0)
		m->removed++;
	else if (r != -ENOENT)
		failed(m, r);
}

/* Returns an error that ends it; what could not be removed is in m. */
static int pass(struct removal *m, int dir)
{
	int r, fd = open_dir(dir);

	m->removed = 0;
	if (fd < 0)
		return fd;
	r = ct_walk_begin(&m->w, fd);
	ct_sys_close(fd);
	while (r >= 0 && (r = ct_walk_next(&m->w)) != 0) {
		if (r > 0)
			remove_one(m);
		else
			failed(m, r);
		r = 0;
	}
	ct_walk_end(&m->w);
	return r;
}

static int remove_itself(const struct ct_layer_place *p)
{
	struct stat a, b;
	int r = ct_sys_newfstatat(p->dir, "", &a, AT_EMPTY_PATH);

	if (r == 0)
		r = ct_sys_newfstatat(p->parent, p->name, &b, AT_SYMLINK_NOFOLLOW);
	if (r == 0 && (a.st_dev != b.st_dev || a.st_ino != b.st_ino))
		r = -ESTALE;
	return r < 0 ? r : ct_sys_unlinkat(p->parent, p->name, AT_REMOVEDIR);
}

/* A tmpfs before Linux 6.6 passes over entries when a directory is read on after a removal. */
int ct_layer_remove(const struct ct_layer_place *p, char **ret_path)
{
	struct removal m = { .ret_path = ret_path };
	int r = -ENOTEMPTY;

	for (int i = 0; i < PASSES && r == -ENOTEMPTY; i++) {
		r = pass(&m, p->dir);
		if (r < 0 || m.err)
			return r < 0 ? r : m.err;
		r = remove_itself(p);
		if (!m.removed)
			break;
	}
	return r;
}

/* ---- the primitive ---- */

static int fail(contain_error **reterr, int err, const char *path, const char *in,
		const char *hint)
{
	char *full = NULL;
	size_t n = (in ? strlen(in) : 0) + (path ? strlen(path) : 0) + 2;
	int r;

	if (in && *in)
		full = malloc(n);
	if (full)
		snprintf(full, n, "%s/%s", path, in);
	r = ct_error_simple(reterr, err, CONTAIN_PHASE_PARENT, "discard-layer", full ? full : path,
			    hint);
	free(full);
	return r;
}

static const char *hint_of(int err)
{
	switch (err) {
	case -EBUSY:
		return "a mount has it, or lies on it: unmount that first";
	case -EXDEV:
		return "a mount lies on it: unmount that first";
	case -EINVAL:
		return "the path has to end in the directory's name";
	case -EPERM:
		return "it belongs to another id, or is immutable: chattr(1)";
	default:
		return NULL;
	}
}

/* -ENOENT: there is none. */
static int open_checked(int dirfd, const char *path, struct ct_layer_place *p,
			contain_error **reterr)
{
	int r = ct_layer_place(dirfd, path, 1, p);

	if (r == 0)
		r = ct_layer_check_use(p->dir);
	return r == 0 || r == -ENOENT ? r : fail(reterr, r, path, NULL, hint_of(r));
}

static int remove_path(const struct ct_layer_place *p, const char *path, contain_error **reterr)
{
	char *in = NULL;
	int r = p->dir < 0 ? 0 : ct_layer_remove(p, &in);

	if (r < 0)
		fail(reterr, r, path, in, hint_of(r));
	free(in);
	return r;
}

int contain_layer_discard(int dirfd, const char *upper, const char *work, contain_error **reterr)
{
	struct ct_layer_place u = { -1, -1, NULL }, w = { -1, -1, NULL };
	int r = 0;

	if (!upper && !work)
		return fail(reterr, -EINVAL, "upper", NULL, "and work are NULL");
	if (upper)
		r = open_checked(dirfd, upper, &u, reterr);
	if ((r == 0 || r == -ENOENT) && work)
		r = open_checked(dirfd, work, &w, reterr);
	r = r == -ENOENT ? 0 : r;
	if (r == 0)
		r = remove_path(&u, upper, reterr);
	if (r == 0)
		r = remove_path(&w, work, reterr);
	ct_layer_place_end(&u);
	ct_layer_place_end(&w);
	return r;
}
