/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What an upper directory changes, one entry after the other. */
#include "layer.h"
#include "plan/error.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SETS_OPEN 64 /* fds of lower directories that stay open */

/* One directory of the upper tree, beside the walk's own. */
struct level {
	struct ct_lower_set set; /* what it is merged with */
	int closed;		 /* set has to be found again */
	int is_new;		 /* nothing of the lower layers is seen in it */
	int marked;		 /* files may be whiteouts: opaque "x" */
	char *via;		 /* the redirect by which set was found; NULL: the name */
};

struct contain_layer_diff {
	struct ct_walk w;
	struct ct_lower lower;
	int *roots;
	uint32_t flags;
	struct level *level;
	int levels, room;
	int fds; /* in sets */
	/* the change */
	int change;
	uint32_t type;
	char *from;
};

static const char *const change_names[] = { NULL,     "added",	  "modified", "deleted",
					    "opaque", "metadata", "moved" };

const char *contain_layer_change_name(int change)
{
	return change > 0 && change <= CONTAIN_LAYER_MOVED ? change_names[change] : NULL;
}

/* ---- levels ---- */

static void close_set(contain_layer_diff *d, struct level *l)
{
	d->fds -= l->set.n;
	ct_lower_set_end(&l->set);
}

static void pop(contain_layer_diff *d)
{
	struct level *l = &d->level[--d->levels];

	close_set(d, l);
	free(l->via);
}

/* Takes set and via over. */
static int push(contain_layer_diff *d, const struct level *l)
{
	if (d->levels == d->room) {
		int room = d->room ? 2 * d->room : 16;
		struct level *level = reallocarray(d->level, (size_t)room, sizeof(*level));

		if (!level)
			return -ENOMEM;
		d->level = level;
		d->room = room;
	}
	d->level[d->levels++] = *l;
	d->fds += l->set.n;
	for (int i = 0; i < d->levels - 2 && d->fds > SETS_OPEN; i++) {
		d->level[i].closed |= d->level[i].set.n > 0;
		close_set(d, &d->level[i]);
	}
	return 0;
}

/* The name of level i in that above it. */
static void name_of(const contain_layer_diff *d, int i, char *name)
{
	size_t from = d->w.level[i - 1].path_len, to = d->w.level[i].path_len;

	from += from > 0;
	memcpy(name, d->w.path + from, to - from);
	name[to - from] = 0;
}

/* What the innermost directory is merged with; after many levels it is found anew, from the top. */
static int lower_set(contain_layer_diff *d, const struct ct_lower_set **ret)
{
	struct level *l = &d->level[d->levels - 1];
	struct ct_lower_found f;
	struct ct_lower_set set;
	char name[256];
	int err;

	*ret = &l->set;
	if (!l->closed)
		return 0;
	err = ct_lower_top(&d->lower, &set);
	for (int i = 1; i < d->levels && !err; i++) {
		name_of(d, i, name);
		err = ct_lower_find(&d->lower, &set, d->level[i].via ? d->level[i].via : name, &f);
		ct_lower_set_end(&set);
		if (err)
			break;
		set = f.set;
		f.set.dir = NULL;
		f.set.n = 0;
		ct_lower_found_end(&f);
	}
	if (err)
		return err;
	l->set = set;
	l->closed = 0;
	d->fds += set.n;
	return 0;
}

static int find(contain_layer_diff *d, const char *name, struct ct_lower_found *f)
{
	const struct ct_lower_set *set;
	int err = lower_set(d, &set);

	memset(f, 0, sizeof(*f));
	f->fd = -1;
	return err ? err : ct_lower_find(&d->lower, set, name, f);
}

/* ---- changes ---- */

static int tell(contain_layer_diff *d, int change, const struct stat *st)
{
	d->change = change;
	d->type = st ? st->st_mode & S_IFMT : 0;
	return 1;
}

/* From where: an absolute redirect, or a name in the same directory. */
static int tell_moved(contain_layer_diff *d, const char *redirect, const struct stat *st)
{
	size_t parent = (size_t)(d->w.name - d->w.path);

	if (*redirect == '/') {
		d->from = strdup(redirect + 1);
	} else {
		d->from = malloc(parent + strlen(redirect) + 1);
		if (d->from) {
			memcpy(d->from, d->w.path, parent);
			strcpy(d->from + parent, redirect);
		}
	}
	if (!d->from)
		return -ENOMEM;
	if (!strcmp(d->from, d->w.path)) {
		free(d->from);
		d->from = NULL;
		return 0;
	}
	return tell(d, CONTAIN_LAYER_MOVED, st);
}

static int deleted(contain_layer_diff *d)
{
	const struct level *in = &d->level[d->levels - 1];
	struct ct_lower_found f;
	int err;

	if (in->is_new)
		return 0;
	if (!d->lower.layers)
		return tell(d, CONTAIN_LAYER_DELETED, NULL);
	err = find(d, d->w.name, &f);
	if (!err && f.is_there)
		err = tell(d, CONTAIN_LAYER_DELETED, &f.st);
	ct_lower_found_end(&f);
	return err;
}

static int same_owner(const struct stat *a, const struct stat *b)
{
	return a->st_mode == b->st_mode && a->st_uid == b->st_uid && a->st_gid == b->st_gid;
}

/* ---- directories ---- */

struct dir {
	int fd; /* open for reading */
	const struct stat *st;
	int opaque; /* 'y', 'x' or 0 */
	char redirect[PATH_MAX];
	struct level in;
};

static int read_dir_marks(contain_layer_diff *d, struct dir *dir)
{
	char value[4];
	int n = ct_layer_xattr(dir->fd, d->lower.prefix, "opaque", value, sizeof(value));

	if (n < 0)
		return n;
	dir->opaque = n == 1 ? value[0] : 0;
	if (d->flags & CONTAIN_LAYER_WH_NAMES &&
	    ct_sys_faccessat2(dir->fd, ".wh..wh..opq", F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		dir->opaque = 'y';
	dir->in.marked = dir->opaque == 'x';
	n = ct_layer_xattr(dir->fd, d->lower.prefix, "redirect", dir->redirect,
			   sizeof(dir->redirect));
	if (n > 0 && !ct_layer_redirect_ok(dir->redirect))
		return -EINVAL;
	return n < 0 ? n : 0;
}

static int dir_without_lower(contain_layer_diff *d, struct dir *dir)
{
	int r;

	if (dir->opaque == 'y') {
		dir->in.is_new = 1;
		return tell(d, CONTAIN_LAYER_OPAQUE, dir->st);
	}
	if (*dir->redirect)
		return tell_moved(d, dir->redirect, dir->st);
	r = ct_layer_has(dir->fd, d->lower.prefix, "origin");
	if (r)
		return r < 0 ? r : 0;
	dir->in.is_new = 1;
	return tell(d, CONTAIN_LAYER_ADDED, dir->st);
}

static int merged_dir(contain_layer_diff *d, struct dir *dir, struct ct_lower_found *f)
{
	int r = 0;

	if (*dir->redirect) {
		r = tell_moved(d, dir->redirect, dir->st);
		dir->in.via = r < 0 ? NULL : strdup(dir->redirect);
		if (r >= 0 && !dir->in.via)
			r = -ENOMEM;
	}
	if (r == 0) {
		r = same_owner(dir->st, &f->st) ?
			    ct_layer_same_xattrs(dir->fd, f->set.dir[0].fd) : 0;
		r = r < 0 ? r : r ? 0 : tell(d, CONTAIN_LAYER_METADATA, dir->st);
	}
	dir->in.set = f->set;
	f->set.dir = NULL;
	f->set.n = 0;
	return r;
}

static int dir_with_lower(contain_layer_diff *d, struct dir *dir)
{
	struct ct_lower_found f;
	int r = find(d, *dir->redirect ? dir->redirect : d->w.name, &f);

	if (r == 0 && f.is_there && S_ISDIR(f.st.st_mode) && dir->opaque != 'y') {
		r = merged_dir(d, dir, &f);
	} else if (r == 0) {
		dir->in.is_new = 1;
		r = tell(d, !f.is_there || *dir->redirect ? CONTAIN_LAYER_ADDED :
			    S_ISDIR(f.st.st_mode)	  ? CONTAIN_LAYER_OPAQUE :
							    CONTAIN_LAYER_MODIFIED,
			 dir->st);
	}
	ct_lower_found_end(&f);
	return r;
}

static int enter(contain_layer_diff *d, struct dir *dir)
{
	int err = push(d, &dir->in);

	if (err) {
		ct_lower_set_end(&dir->in.set);
		free(dir->in.via);
		ct_sys_close(dir->fd);
		return err;
	}
	return ct_walk_enter(&d->w, dir->fd);
}

static int look_at_dir(contain_layer_diff *d, int fd, const struct stat *st)
{
	struct dir *dir = calloc(1, sizeof(*dir));
	int r, err;

	if (!dir)
		return -ENOMEM;
	dir->st = st;
	dir->fd = ct_sys_openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
	r = dir->fd < 0 ? dir->fd : read_dir_marks(d, dir);
	if (r == 0 && d->level[d->levels - 1].is_new) {
		dir->in.is_new = 1;
		r = tell(d, CONTAIN_LAYER_ADDED, st);
	} else if (r == 0) {
		r = d->lower.layers ? dir_with_lower(d, dir) : dir_without_lower(d, dir);
	}
	if (r >= 0) {
		err = enter(d, dir);
		r = err ? err : r;
	} else {
		ct_lower_set_end(&dir->in.set);
		free(dir->in.via);
		if (dir->fd >= 0)
			ct_sys_close(dir->fd);
	}
	free(dir);
	return r;
}

/* ---- files ---- */

/* Compares a file with what was below; fd is open for reading. */
static int compare_files(contain_layer_diff *d, int fd, const struct stat *st,
			 const struct ct_lower_found *f)
{
	int timed = st->st_mtim.tv_sec == f->st.st_mtim.tv_sec &&
		    st->st_mtim.tv_nsec == f->st.st_mtim.tv_nsec;
	int r;

	if (st->st_size != f->st.st_size)
		return tell(d, CONTAIN_LAYER_MODIFIED, st);
	if (!(timed && d->flags & CONTAIN_LAYER_TRUST_TIMES)) {
		/* a file below without data of its own: whose that is would be another search */
		r = ct_layer_has(f->fd, d->lower.prefix, "metacopy");
		if (r == 0)
			r = ct_layer_same_data(fd, f->fd) == 1 ? 0 : 1;
		if (r)
			return r < 0 ? r : tell(d, CONTAIN_LAYER_MODIFIED, st);
	}
	r = timed && same_owner(st, &f->st) ? ct_layer_same_xattrs(fd, f->fd) : 0;
	return r < 0 ? r : r ? 0 : tell(d, CONTAIN_LAYER_METADATA, st);
}

static int look_at_regular(contain_layer_diff *d, const struct stat *st, char *redirect)
{
	struct ct_lower_found f = { .fd = -1 };
	int meta, r = 0, fd = ct_layer_open_file(d->w.dir_fd, d->w.name, st);

	if (fd < 0)
		return fd;
	meta = ct_layer_has(fd, d->lower.prefix, "metacopy");
	*redirect = 0;
	if (meta > 0)
		r = ct_layer_xattr(fd, d->lower.prefix, "redirect", redirect, PATH_MAX);
	if (r > 0)
		r = ct_layer_redirect_ok(redirect) ? 0 : -EINVAL;
	r = meta < 0 ? meta : r;
	if (r == 0 && !d->lower.layers && !meta) {
		r = ct_layer_has(fd, d->lower.prefix, "origin");
		if (r >= 0)
			r = tell(d, r ? CONTAIN_LAYER_MODIFIED : CONTAIN_LAYER_ADDED, st);
	} else if (r == 0) {
		if (d->lower.layers)
			r = find(d, *redirect ? redirect : d->w.name, &f);
		if (r == 0 && d->lower.layers && !f.is_there)
			r = tell(d, CONTAIN_LAYER_ADDED, st);
		else if (r == 0 && d->lower.layers && !S_ISREG(f.st.st_mode))
			r = tell(d, CONTAIN_LAYER_MODIFIED, st);
		else if (r == 0 && !meta)
			r = compare_files(d, fd, st, &f);
		else if (r == 0 && (!*redirect || !(r = tell_moved(d, redirect, st))))
			r = tell(d, CONTAIN_LAYER_METADATA, st);
	}
	ct_lower_found_end(&f);
	ct_sys_close(fd);
	return r;
}

static int same_link(int a, int b)
{
	char one[PATH_MAX], two[PATH_MAX];
	ssize_t na = ct_sys_readlinkat(a, "", one, sizeof(one)), nb;

	if (na < 0)
		return (int)na;
	nb = ct_sys_readlinkat(b, "", two, sizeof(two));
	if (nb < 0)
		return (int)nb;
	return na == nb && !memcmp(one, two, (size_t)na);
}

/* A symlink, device, pipe or socket. */
static int look_at_special(contain_layer_diff *d, int fd, const struct stat *st)
{
	struct ct_lower_found f;
	int r;

	if (!d->lower.layers)
		return tell(d, CONTAIN_LAYER_ADDED, st);
	r = find(d, d->w.name, &f);
	if (r == 0 && !f.is_there) {
		r = tell(d, CONTAIN_LAYER_ADDED, st);
	} else if (r == 0) {
		int same = (f.st.st_mode & S_IFMT) == (st->st_mode & S_IFMT);

		if (same && S_ISLNK(st->st_mode))
			same = same_link(fd, f.fd);
		else if (same && (S_ISCHR(st->st_mode) || S_ISBLK(st->st_mode)))
			same = st->st_rdev == f.st.st_rdev;
		r = same < 0		      ? same :
		    !same		      ? tell(d, CONTAIN_LAYER_MODIFIED, st) :
		    !same_owner(st, &f.st)    ? tell(d, CONTAIN_LAYER_METADATA, st) :
						0;
	}
	ct_lower_found_end(&f);
	return r;
}

static int look_at_file(contain_layer_diff *d, int fd, const struct stat *st)
{
	char *redirect;
	int r;

	if (d->level[d->levels - 1].is_new)
		return tell(d, CONTAIN_LAYER_ADDED, st);
	if (!S_ISREG(st->st_mode))
		return look_at_special(d, fd, st);
	redirect = malloc(PATH_MAX);
	if (!redirect)
		return -ENOMEM;
	r = look_at_regular(d, st, redirect);
	free(redirect);
	return r;
}

/* ---- the walk ---- */

/* ".wh.NAME" is NAME that is gone; ".wh..wh.*" is about the directory, or nobody's. */
static int wh_name(contain_layer_diff *d)
{
	char *name = d->w.path + (d->w.name - d->w.path);

	if (!strncmp(name + 4, ".wh.", 4) || !name[4])
		return 0;
	memmove(name, name + 4, strlen(name + 4) + 1);
	return deleted(d);
}

static int look(contain_layer_diff *d)
{
	const struct level *in = &d->level[d->levels - 1];
	struct stat st;
	int r, fd;

	if (d->flags & CONTAIN_LAYER_WH_NAMES && !strncmp(d->w.name, ".wh.", 4))
		return wh_name(d);
	fd = ct_walk_pin(d->w.dir_fd, d->w.name, O_PATH);
	if (fd == -ENOENT) /* removed meanwhile */
		return 0;
	if (fd < 0)
		return fd;
	r = ct_sys_newfstatat(fd, "", &st, AT_EMPTY_PATH);
	if (r == 0)
		r = ct_layer_is_whiteout(d->w.dir_fd, d->w.name, &st, d->lower.prefix, in->marked);
	if (r > 0)
		r = deleted(d);
	else if (r == 0)
		r = S_ISDIR(st.st_mode) ? look_at_dir(d, fd, &st) : look_at_file(d, fd, &st);
	ct_sys_close(fd);
	return r;
}

int contain_layer_diff_next(contain_layer_diff *d)
{
	int r;

	if (!d)
		return -EINVAL;
	do {
		free(d->from);
		d->from = NULL;
		d->change = 0;
		d->type = 0;
		r = ct_walk_next(&d->w);
		while (d->levels > d->w.depth)
			pop(d);
		if (r <= 0)
			return r;
		r = d->w.leaving ? 0 : look(d);
	} while (r == 0);
	if (r < 0)
		d->change = 0;
	return r;
}

const char *contain_layer_diff_path(const contain_layer_diff *d)
{
	return d && d->w.path ? d->w.path : "";
}

int contain_layer_diff_change(const contain_layer_diff *d)
{
	return d ? d->change : 0;
}

uint32_t contain_layer_diff_type(const contain_layer_diff *d)
{
	return d && d->change ? d->type : 0;
}

const char *contain_layer_diff_from(const contain_layer_diff *d)
{
	return d && d->change && d->from ? d->from : "";
}

/* ---- beginning and end ---- */

void contain_layer_diff_free(contain_layer_diff *d)
{
	if (!d)
		return;
	while (d->levels)
		pop(d);
	free(d->level);
	free(d->roots);
	free(d->from);
	ct_walk_end(&d->w);
	free(d);
}

static int fail(contain_error **reterr, int err, const char *object, const char *hint)
{
	return ct_error_simple(reterr, err, CONTAIN_PHASE_PARENT, "diff-layer", object, hint);
}

static int check(const int *lower_fds, size_t n, uint32_t flags, contain_layer_diff **ret,
		 contain_error **reterr)
{
	const uint32_t both = CONTAIN_LAYER_USERXATTR | CONTAIN_LAYER_TRUSTED;

	if (!ret)
		return fail(reterr, -EINVAL, "ret_diff", "is NULL");
	if (flags & ~(both | CONTAIN_LAYER_WH_NAMES | CONTAIN_LAYER_TRUST_TIMES))
		return fail(reterr, -EINVAL, "flags", "an unknown flag");
	if ((flags & both) == both)
		return fail(reterr, -EINVAL, "flags", "USERXATTR and TRUSTED exclude each other");
	if (n && !lower_fds)
		return fail(reterr, -EINVAL, "lower_fds", "is NULL");
	if (n > 500)
		return fail(reterr, -EINVAL, "lower_count", "the kernel takes 500 layers at most");
	return 0;
}

static int begin(contain_layer_diff *d, int upper_fd, const int *lower_fds, size_t n,
		 contain_error **reterr)
{
	struct level top = { .is_new = 0 };
	char value[4];
	int r;

	d->roots = calloc(n + 1, sizeof(*d->roots));
	if (!d->roots)
		return fail(reterr, -ENOMEM, "memory", NULL);
	if (n)
		memcpy(d->roots, lower_fds, n * sizeof(*d->roots));
	d->lower.root = d->roots;
	d->lower.layers = (int)n;
	d->lower.prefix = ct_layer_prefix(d->flags);
	r = ct_walk_begin(&d->w, upper_fd);
	if (r < 0)
		return fail(reterr, r, "upper_fd", "is no directory that can be read");
	r = ct_layer_xattr(d->w.level[0].fd, d->lower.prefix, "opaque", value, sizeof(value));
	if (r < 0)
		return fail(reterr, r, "upper_fd", NULL);
	top.marked = r == 1 && value[0] == 'x';
	r = ct_lower_top(&d->lower, &top.set);
	if (r < 0)
		return fail(reterr, r, "lower_fds", "one is no directory that can be read");
	r = push(d, &top);
	if (r < 0) {
		ct_lower_set_end(&top.set);
		return fail(reterr, r, "memory", NULL);
	}
	return 0;
}

int contain_layer_diff_open(int upper_fd, const int *lower_fds, size_t lower_count, uint32_t flags,
			    contain_layer_diff **ret_diff, contain_error **reterr)
{
	contain_layer_diff *d;
	int r = check(lower_fds, lower_count, flags, ret_diff, reterr);

	if (r < 0)
		return r;
	d = calloc(1, sizeof(*d));
	if (!d)
		return fail(reterr, -ENOMEM, "memory", NULL);
	d->flags = flags;
	r = begin(d, upper_fd, lower_fds, lower_count, reterr);
	if (r < 0)
		contain_layer_diff_free(d);
	else
		*ret_diff = d;
	return r;
}
