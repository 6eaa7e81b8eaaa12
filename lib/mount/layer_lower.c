/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Lookups in lower layers, as overlay makes them: whiteouts, opaque directories, redirects. */
#include "layer.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

void ct_lower_set_end(struct ct_lower_set *set)
{
	for (int i = 0; i < set->n; i++)
		ct_sys_close(set->dir[i].fd);
	free(set->dir);
	set->dir = NULL;
	set->n = 0;
}

void ct_lower_found_end(struct ct_lower_found *f)
{
	if (f->fd >= 0)
		ct_sys_close(f->fd);
	f->fd = -1;
	ct_lower_set_end(&f->set);
}

static int add(struct ct_lower_set *set, int fd, int layer)
{
	struct ct_lower_dir *dir = reallocarray(set->dir, (size_t)set->n + 1, sizeof(*dir));

	if (!dir) {
		ct_sys_close(fd);
		return -ENOMEM;
	}
	set->dir = dir;
	dir[set->n].fd = fd;
	dir[set->n++].layer = layer;
	return 0;
}

int ct_lower_top(const struct ct_lower *l, struct ct_lower_set *ret)
{
	int err = 0;

	memset(ret, 0, sizeof(*ret));
	for (int i = 0; i < l->layers && !err; i++) {
		int fd = ct_sys_openat(l->root[i], ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);

		err = fd < 0 ? fd : add(ret, fd, i);
	}
	if (err)
		ct_lower_set_end(ret);
	return err;
}

/* One lookup, over layers and the components of a redirect. */
struct look {
	const struct ct_lower *l;
	struct ct_lower_found *f;
	int stop;	 /* lower layers are hidden */
	char *redirect;	 /* what layers below call it; NULL: the same */
};

/* 'y', 'x' (it may hold whiteouts that are files) or 0. */
static int opaque(int fd, const char *prefix)
{
	char value[4];
	int n = ct_layer_xattr(fd, prefix, "opaque", value, sizeof(value));

	return n < 0 ? n : n == 1 ? value[0] : 0;
}

/* The name in one directory: 1 found, *ret_fd with O_PATH; 0 not; -errno. */
static int find_one(struct look *k, int dir_fd, const char *name, int *ret_fd, struct stat *st)
{
	int marked, r, fd = ct_walk_pin(dir_fd, name, O_PATH);

	if (fd == -ENOENT || fd == -ENAMETOOLONG)
		return 0;
	if (fd < 0)
		return fd;
	r = ct_sys_newfstatat(fd, "", st, AT_EMPTY_PATH);
	if (!r && S_ISREG(st->st_mode) && !st->st_size) {
		marked = opaque(dir_fd, k->l->prefix);
		r = marked < 0 ? marked :
				 ct_layer_is_whiteout(dir_fd, name, st, k->l->prefix,
						      marked == 'x');
	} else if (!r) {
		r = ct_layer_is_whiteout(dir_fd, name, st, k->l->prefix, 0);
	}
	if (r) {
		ct_sys_close(fd);
		k->stop = 1;
		return r < 0 ? r : 0;
	}
	*ret_fd = fd;
	if (S_ISREG(st->st_mode)) {
		r = ct_layer_open_file(dir_fd, name, st);
		if (r >= 0) {
			ct_sys_close(fd);
			*ret_fd = r;
		}
	}
	return 1;
}

/* A directory that is merged in: what it says about the layers below. */
static int take_dir(struct look *k, int fd, int layer)
{
	char value[PATH_MAX];
	int n, dir = ct_sys_openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);

	ct_sys_close(fd);
	if (dir < 0)
		return dir;
	n = opaque(dir, k->l->prefix);
	if (n == 'y')
		k->stop = 1;
	if (n >= 0)
		n = ct_layer_xattr(dir, k->l->prefix, "redirect", value, sizeof(value));
	if (n > 0 && ct_layer_redirect_ok(value)) {
		free(k->redirect);
		k->redirect = strdup(value);
		n = k->redirect ? 0 : -ENOMEM;
	} else if (n > 0) {
		k->stop = 1; /* the kernel refuses to go further */
	}
	if (n < 0) {
		ct_sys_close(dir);
		return n;
	}
	return add(&k->f->set, dir, layer);
}

static int take(struct look *k, int fd, const struct stat *st, int layer)
{
	struct ct_lower_found *f = k->f;

	if (!f->is_there)
		f->st = *st;
	if (S_ISDIR(st->st_mode)) {
		f->is_there = 1;
		return take_dir(k, fd, layer);
	}
	k->stop = 1; /* what is no directory hides all below it */
	if (f->is_there) {
		ct_sys_close(fd);
		return 0;
	}
	f->is_there = 1;
	f->fd = fd;
	return 0;
}

/* An absolute redirect in one layer, component by component. */
static int find_path(struct look *k, int layer, const char *path)
{
	int r = 1, fd = ct_sys_openat(k->l->root[layer], ".",
				      O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
	struct stat st;
	char name[256];

	while (fd >= 0 && *path == '/') {
		size_t n = strcspn(++path, "/");
		int pin = -1, next = -1;

		memcpy(name, path, n);
		name[n] = 0;
		path += n;
		r = find_one(k, fd, name, &pin, &st);
		if (r == 1 && !*path) {
			ct_sys_close(fd);
			return take(k, pin, &st, layer);
		}
		if (r == 1 && S_ISDIR(st.st_mode)) {
			next = ct_sys_openat(pin, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
			if (next >= 0 && opaque(next, k->l->prefix) == 'y')
				k->stop = 1;
			r = next < 0 ? next : 1;
		} else if (r == 1) {
			k->stop = 1;
			r = 0;
		}
		if (pin >= 0)
			ct_sys_close(pin);
		ct_sys_close(fd);
		if (r <= 0)
			return r;
		fd = next;
	}
	return fd < 0 ? fd : 0;
}

static int look(struct look *k, const struct ct_lower_set *in, const char *name)
{
	int at = 0, err = 0;

	for (int layer = 0; layer < k->l->layers && !err && !k->stop; layer++) {
		const char *now = k->redirect ? k->redirect : name;
		struct stat st;
		int fd = -1, dir = -1, r;

		while (at < in->n && in->dir[at].layer < layer)
			at++;
		if (at < in->n && in->dir[at].layer == layer)
			dir = in->dir[at].fd;
		if (*now == '/') {
			err = find_path(k, layer, now);
		} else if (dir >= 0) {
			r = find_one(k, dir, now, &fd, &st);
			err = r == 1 ? take(k, fd, &st, layer) : r;
		}
	}
	return err;
}

int ct_lower_find(const struct ct_lower *l, const struct ct_lower_set *in, const char *name,
		  struct ct_lower_found *ret)
{
	struct look k = { .l = l, .f = ret };
	int err;

	memset(ret, 0, sizeof(*ret));
	ret->fd = -1;
	err = look(&k, in, name);
	free(k.redirect);
	if (err)
		ct_lower_found_end(ret);
	return err;
}
