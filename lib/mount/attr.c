/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Clones of mounts, and what can be changed of a mount: attributes and propagation. */
#include "act.h"
#include "apart.h"
#include "mount.h"
#include "feature/kernel.h"
#include "sys/fd.h"

#include <stdio.h>
#include <string.h>

#define PROPAGATIONS                                                    \
	(CONTAIN_PROPAGATION_UNBINDABLE | CONTAIN_PROPAGATION_PRIVATE | \
	 CONTAIN_PROPAGATION_SLAVE | CONTAIN_PROPAGATION_SHARED)

static const char not_here[] = "the mount is of another mount namespace, or detached already";

/* ---- clone ---- */

static void why_no_clone(int fd, int recursive, struct ct_mount_why *why)
{
	struct ct_mount_found m;
	struct ct_mount_look l;

	if (why->err != -EINVAL || ct_mount_look(fd, &l) < 0)
		return;
	switch (ct_mount_find(l.id, &m)) {
	case 0:
		ct_mount_say(why, "the path leads to a mount of another mount namespace, or to a "
				  "detached one, which cannot be cloned before Linux 6.15");
		break;
	case 1:
		if (m.unbindable)
			ct_mount_say(why, "the mount on %s is unbindable", m.point);
		else if (!recursive)
			ct_mount_say(why,
				     "mounts below the path are locked, as a more privileged mount "
				     "namespace made them: what they cover is not for this caller; "
				     "clone recursively");
		break;
	}
}

int contain_mount_clone(int dirfd, const char *path, int recursive, uint32_t attributes,
			contain_error **reterr)
{
	const char *bad = ct_mount_bad_attributes(attributes);
	struct ct_mount_why why = { 0 };
	int r, fd, mnt;

	if (!path)
		return ct_mount_fail(reterr, -EINVAL, "mount-clone", "path", "is NULL");
	if (bad)
		return ct_mount_fail(reterr, -EINVAL, "mount-clone", "attributes", bad);
	if (recursive & ~1)
		return ct_mount_fail(reterr, -EINVAL, "mount-clone", "recursive",
				     "is neither 0 nor 1");
	fd = ct_mount_open_path(dirfd, path);
	if (fd < 0)
		return ct_mount_fail(reterr, fd, "mount-clone", *path ? path : "dirfd", NULL);
	mnt = ct_fd_up(ct_sys_open_tree(fd, "",
					OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH |
						(recursive ? AT_RECURSIVE : 0)));
	why.err = mnt;
	if (mnt < 0)
		why_no_clone(fd, recursive, &why);
	ct_mount_close_path(fd, dirfd);
	if (mnt == -ENOSYS)
		return ct_mount_unsupported(reterr, "mount-clone", path, "open_tree");
	if (mnt < 0)
		return ct_mount_failed(reterr, "mount-clone", path, &why);
	r = attributes ? ct_mount_set_attr(mnt, attributes, recursive) : 0;
	if (r == 0)
		return mnt;
	ct_sys_close(mnt);
	if (r == -ENOSYS)
		return ct_mount_unsupported(reterr, "mount-clone", path, "mount_setattr");
	return ct_mount_fail(reterr, r, "mount-clone", path,
			     r == -EPERM ? "an attribute is locked: how access times are kept is "
					   "what a more privileged mount namespace has set" :
					   NULL);
}

/* ---- attributes ---- */

struct locked {
	uint64_t id; /* the mount at the top */
	uint32_t clear;
	struct ct_mount_why *why;
	uint64_t below[64]; /* ids of mounts in its tree, as far as they fit */
	size_t n;
};

static uint32_t of_options(const char *options)
{
	static const struct {
		const char *name;
		uint32_t bit;
	} names[] = {
		{ "ro", CONTAIN_MOUNT_READONLY },
		{ "nosuid", CONTAIN_MOUNT_NOSUID },
		{ "nodev", CONTAIN_MOUNT_NODEV },
		{ "noexec", CONTAIN_MOUNT_NOEXEC },
		{ "noatime", CONTAIN_MOUNT_NOATIME },
		{ "nodiratime", CONTAIN_MOUNT_NODIRATIME },
		{ "nosymfollow", CONTAIN_MOUNT_NOSYMFOLLOW },
	};
	uint32_t bits = 0;

	while (*options) {
		size_t n = strcspn(options, ",");

		for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
			if (strlen(names[i].name) == n && !strncmp(names[i].name, options, n))
				bits |= names[i].bit;
		options += n + (options[n] == ',');
	}
	return bits;
}

/* The first mount of the tree that has one of the attributes that were to be cleared. */
static int find_locked(const struct ct_mount_line *m, void *arg)
{
	struct locked *l = arg;
	char names[128];
	uint32_t has;
	int in = m->id == l->id;

	for (size_t i = 0; i < l->n && !in; i++)
		in = m->parent == l->below[i];
	if (!in)
		return 0;
	if (l->n < sizeof(l->below) / sizeof(l->below[0]))
		l->below[l->n++] = m->id;
	has = of_options(m->options) & l->clear;
	if (!has)
		return 0;
	ct_mount_attribute_names(has, names, sizeof(names));
	ct_mount_say(l->why,
		     "%s of the mount on %s may be locked: what a more privileged mount namespace "
		     "has set cannot be cleared",
		     names, m->point);
	return 1;
}

static void why_no_change(int fd, uint32_t set, uint32_t clear, struct ct_mount_why *why)
{
	struct locked locked = { .clear = clear, .why = why };
	struct ct_mount_found m;
	struct ct_mount_look l;

	if (ct_mount_look(fd, &l) < 0)
		return;
	if (why->err == -EINVAL)
		ct_mount_say(why, "%s",
			     l.is_root ? not_here : "the path is not the root of a mount");
	if (why->err == -EBUSY && set & CONTAIN_MOUNT_READONLY)
		ct_mount_why_busy(&l, why);
	if (why->err == -EBUSY && !*why->hint)
		ct_mount_say(why, "files are open for writing");
	if (why->err != -EPERM || !ct_has_capability(CAP_SYS_ADMIN))
		return;
	if (ct_mount_find(l.id, &m) == 0) {
		ct_mount_say(why, "%s", not_here);
		return;
	}
	locked.id = l.id;
	if (ct_mount_each_line(find_locked, &locked) == 0 && (set | clear) & CT_MOUNT_ATIME)
		ct_mount_say(why, "how access times are kept is locked: a more privileged mount "
				  "namespace has set it");
}

static const char *bad_change(uint32_t set, uint32_t clear, int recursive, const char **ret_field)
{
	const char *bad = ct_mount_bad_attributes(set);

	*ret_field = "set";
	if (bad)
		return bad;
	if (!set && !clear)
		return "neither set nor clear names an attribute";
	*ret_field = "clear";
	if (clear & ~CT_MOUNT_ATTRS)
		return "an unknown attribute";
	if (set & clear)
		return "an attribute of set as well";
	*ret_field = "recursive";
	return recursive & ~1 ? "is neither 0 nor 1" : NULL;
}

int contain_mount_set_attributes(int dirfd, const char *path, uint32_t set, uint32_t clear,
				 int recursive, contain_error **reterr)
{
	const char *field = "path",
		   *bad = path ? bad_change(set, clear, recursive, &field) : "is NULL";
	struct ct_mount_why why = { 0 };
	int fd;

	if (bad)
		return ct_mount_fail(reterr, -EINVAL, "set-attributes", field, bad);
	fd = ct_mount_open_path(dirfd, path);
	if (fd < 0)
		return ct_mount_fail(reterr, fd, "set-attributes", *path ? path : "dirfd", NULL);
	why.err = ct_mount_change_attr(fd, set, clear, recursive);
	if (why.err == -ENOSYS)
		why.err = ct_mount_classic_change(fd, set, clear, recursive, &why);
	if (why.err < 0 && !*why.hint)
		why_no_change(fd, set, clear, &why);
	ct_mount_close_path(fd, dirfd);
	return why.err < 0 ? ct_mount_failed(reterr, "set-attributes", path, &why) : 0;
}

/* ---- propagation ---- */

static int propagate(int fd, uint32_t propagation, int recursive)
{
	unsigned long flags = propagation | (recursive ? MS_REC : 0);
	int r = ct_mount_set_propagation(fd, propagation, recursive);

	return r == -ENOSYS ? ct_mount_classic(-1, NULL, fd, NULL, flags, NULL) : r;
}

static int is_propagation(uint32_t p)
{
	if (p == (CONTAIN_PROPAGATION_SHARED | CONTAIN_PROPAGATION_SLAVE))
		return 1;
	return p && !(p & ~PROPAGATIONS) && !(p & (p - 1));
}

int contain_mount_set_propagation(int dirfd, const char *path, uint32_t propagation, int recursive,
				  contain_error **reterr)
{
	const uint32_t both = CONTAIN_PROPAGATION_SHARED | CONTAIN_PROPAGATION_SLAVE;
	struct ct_mount_why why = { 0 };
	struct ct_mount_look l;
	int fd;

	if (!path || !is_propagation(propagation) || recursive & ~1)
		return ct_mount_fail(reterr, -EINVAL, "set-propagation", "arguments",
				     "needs a path, one propagation type or SHARED | SLAVE, and "
				     "recursive 0 or 1");
	fd = ct_mount_open_path(dirfd, path);
	if (fd < 0)
		return ct_mount_fail(reterr, fd, "set-propagation", *path ? path : "dirfd", NULL);
	if (propagation ==
	    both) { /* in this order: a shared mount leaves its group, with a master */
		why.err = propagate(fd, CONTAIN_PROPAGATION_SLAVE, recursive);
		propagation = CONTAIN_PROPAGATION_SHARED;
	}
	if (why.err == 0)
		why.err = propagate(fd, propagation, recursive);
	if (why.err == -EOPNOTSUPP)
		ct_mount_say(&why, "unsupported: mount_setattr, and no proc file system to be had "
				   "by which mount(2) would do");
	if (why.err == -EINVAL && ct_mount_look(fd, &l) == 0)
		ct_mount_say(&why, "%s",
			     l.is_root ? not_here : "the path is not the root of a mount");
	ct_mount_close_path(fd, dirfd);
	return why.err < 0 ? ct_mount_failed(reterr, "set-propagation", path, &why) : 0;
}
