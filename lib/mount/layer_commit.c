/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* An upper directory that becomes a lower layer. */
#include "layer.h"
#include "overlay.h"
#include "plan/error.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifndef RENAME_NOREPLACE
#define RENAME_NOREPLACE 1
#endif

#define CONVERT (CONTAIN_LAYER_TO_USERXATTR | CONTAIN_LAYER_TO_TRUSTED)

struct commit {
	struct ct_layer_place upper, work, to;
	uint32_t flags;
	const char *upper_path, *work_path, *to_path;
	/* the failure */
	const char *object, *hint;
	char *in; /* below object */
};

static int failed(struct commit *m, int err, const char *object, const char *hint)
{
	m->object = object;
	m->hint = hint;
	return err;
}

static int report(contain_error **reterr, int err, const struct commit *m)
{
	size_t n = strlen(m->object) + (m->in ? strlen(m->in) : 0) + 2;
	char *full = m->in && *m->in ? malloc(n) : NULL;

	if (full)
		snprintf(full, n, "%s/%s", m->object, m->in);
	ct_error_simple(reterr, err, CONTAIN_PHASE_PARENT, "commit-layer", full ? full : m->object,
			m->hint);
	free(full);
	return err;
}

/* ---- what is asked for ---- */

static int check_arguments(struct commit *m, const char *upper, const char *to)
{
	if (!upper || !to)
		return failed(m, -EINVAL, upper ? "to" : "upper", "is NULL");
	if (m->flags & ~(CONTAIN_LAYER_KEEP | CONVERT))
		return failed(m, -EINVAL, "flags", "an unknown flag");
	if ((m->flags & CONVERT) == CONVERT)
		return failed(m, -EINVAL, "flags", "both conversions exclude each other");
	return 0;
}

static int open_place(struct commit *m, int dirfd, const char *path, int need_dir,
		      struct ct_layer_place *p)
{
	int r = ct_layer_place(dirfd, path, need_dir, p);

	if (r == -EINVAL)
		return failed(m, r, path, "the path has to end in the directory's name");
	return r < 0 ? failed(m, r, path, NULL) : 0;
}

static int check_use(struct commit *m)
{
	const contain_overlay volatile_mark = { .work = m->work.dir };
	struct ct_overlay_why why;
	int r = ct_layer_check_use(m->upper.dir);

	if (r == 0 && m->work.dir >= 0)
		r = ct_layer_check_use(m->work.dir);
	if (r < 0)
		return failed(m, r, m->upper_path, "it is the upper directory of a mount: unmount "
						   "that first");
	if (m->work.dir < 0)
		return 0;
	r = ct_overlay_check_volatile(&volatile_mark, &why);
	return r < 0 ? failed(m, r, m->work_path, why.hint) : 0;
}

/* ---- by copy ---- */

/* NAME.new, and a directory for links in it that ends with it. */
static int make_new(struct commit *m, char *name, size_t size, struct ct_layer_place *p,
		    const char *suffix)
{
	int r;

	if ((size_t)snprintf(name, size, "%s%s", m->to.name, suffix) >= size)
		return failed(m, -ENAMETOOLONG, m->to_path, NULL);
	r = ct_sys_mkdirat(m->to.parent, name, 0700);
	if (r == -EEXIST)
		return failed(m, r, m->to_path,
			      "a directory of its name with \".new\" or \".new.links\" behind it "
			      "is left from a commit that was interrupted: discard it");
	if (r < 0)
		return failed(m, r, m->to_path, NULL);
	p->parent = m->to.parent;
	p->name = name;
	p->dir = ct_sys_openat(p->parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0);
	if (p->dir >= 0)
		return 0;
	ct_sys_unlinkat(p->parent, name, AT_REMOVEDIR);
	return failed(m, p->dir, m->to_path, NULL);
}

static const char *hint_of_copy(int err)
{
	if (err == -EOPNOTSUPP)
		return "a redirect or metacopy attribute means nothing in user.overlay.*, or the "
		       "file system of the new layer has no such attributes";
	if (err == -EXDEV)
		return "a mount lies on it: unmount that first";
	if (err == -EPERM || err == -EINVAL)
		return "an owner or attribute of it may not be given by this caller";
	return NULL;
}

static int copy_into(struct commit *m, struct ct_layer_place *new, struct ct_layer_place *links)
{
	struct ct_layer_copy c = { .links = links->dir, .flags = m->flags };
	int r;

	if (m->flags & CONTAIN_LAYER_TO_USERXATTR)
		c.to = "user.overlay.";
	else if (m->flags & CONTAIN_LAYER_TO_TRUSTED)
		c.to = "trusted.overlay.";
	r = ct_layer_copy(&c, m->upper.dir, new->dir, &m->in);
	if (r < 0)
		return failed(m, r, m->upper_path, hint_of_copy(r));
	r = ct_layer_remove(links, NULL);
	if (r == 0) {
		ct_sys_close(links->dir);
		links->dir = -1;
		r = ct_sys_syncfs(new->dir);
	}
	if (r == 0)
		r = ct_sys_renameat2(new->parent, new->name, m->to.parent, m->to.name,
				     RENAME_NOREPLACE);
	return r < 0 ? failed(m, r, m->to_path, NULL) : 0;
}

static int by_copy(struct commit *m)
{
	struct ct_layer_place new = { -1, -1, NULL }, links = { -1, -1, NULL };
	char name[256], links_name[256];
	int r = make_new(m, name, sizeof(name), &new, ".new");

	if (r == 0)
		r = make_new(m, links_name, sizeof(links_name), &links, ".new.links");
	if (r == 0)
		r = copy_into(m, &new, &links);
	if (r < 0 && links.dir >= 0)
		ct_layer_remove(&links, NULL);
	if (r < 0 && new.dir >= 0)
		ct_layer_remove(&new, NULL);
	if (links.dir >= 0)
		ct_sys_close(links.dir);
	if (new.dir >= 0)
		ct_sys_close(new.dir);
	return r;
}

/* ---- the primitive ---- */

static int is_there(struct commit *m)
{
	struct stat st;
	int r = ct_sys_newfstatat(m->to.parent, m->to.name, &st, AT_SYMLINK_NOFOLLOW);

	if (r == 0)
		return failed(m, -EEXIST, m->to_path, NULL);
	return r == -ENOENT ? 0 : failed(m, r, m->to_path, NULL);
}

static int commit(struct commit *m)
{
	int r = check_use(m);

	if (r == 0)
		r = is_there(m);
	if (r < 0)
		return r;
	if (!m->flags) {
		r = ct_sys_renameat2(m->upper.parent, m->upper.name, m->to.parent, m->to.name,
				     RENAME_NOREPLACE);
		if (r == 0) {
			m->upper_path = NULL;
			return 0;
		}
		if (r != -EXDEV && r != -EINVAL)
			return failed(m, r, m->to_path, NULL);
	}
	return by_copy(m);
}

int contain_layer_commit(int dirfd, const char *upper, const char *work, int to_dirfd,
			 const char *to, uint32_t flags, contain_error **reterr)
{
	struct commit m = { .upper = { -1, -1, NULL },
			    .work = { -1, -1, NULL },
			    .to = { -1, -1, NULL },
			    .flags = flags,
			    .upper_path = upper,
			    .work_path = work,
			    .to_path = to };
	int r = check_arguments(&m, upper, to);

	if (r == 0)
		r = open_place(&m, dirfd, upper, 1, &m.upper);
	if (r == 0 && work)
		r = open_place(&m, dirfd, work, 1, &m.work);
	if (r == 0)
		r = open_place(&m, to_dirfd, to, 0, &m.to);
	if (r == 0)
		r = commit(&m);
	if (r == -ENOSYS)
		r = failed(&m, -EOPNOTSUPP, m.object, "unsupported: renameat2(2) or syncfs(2)");
	ct_layer_place_end(&m.upper);
	ct_layer_place_end(&m.work);
	ct_layer_place_end(&m.to);
	if (r < 0)
		report(reterr, r, &m);
	free(m.in);
	if (r < 0 || flags & CONTAIN_LAYER_KEEP || (!m.upper_path && !work))
		return r;
	return contain_layer_discard(dirfd, m.upper_path, work, reterr);
}
