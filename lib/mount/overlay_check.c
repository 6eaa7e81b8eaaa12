/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The kernel has one word, EINVAL, for most of what can be wrong with a union. */
#include "feature/feature.h"
#include "feature/kernel.h"
#include "feature/mounts.h"
#include "overlay.h"
#include "plan/error.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* linux/magic.h */
#define OVERLAYFS_MAGIC 0x794c7630
#define NFS_MAGIC 0x6969
#define FUSE_MAGIC 0x65735546
#define MSDOS_MAGIC 0x4d44
#define PROC_MAGIC 0x9fa0
#define SYSFS_MAGIC 0x62656572
#define CGROUP2_MAGIC 0x63677270
#define SQUASHFS_MAGIC 0x73717368
#define EROFS_MAGIC 0xE0F5E1E2
#define ISOFS_MAGIC 0x9660
#define RDONLY 1 /* ST_RDONLY of statfs(2) */

int ct_overlay_fail(struct ct_overlay_why *why, int err, const char *object, const char *hint)
{
	if (object != why->object)
		snprintf(why->object, sizeof(why->object), "%s", object);
	why->hint = hint;
	return err;
}

/* ---- what stands in the object alone ---- */

static int on(const int8_t *used, int option)
{
	return used[option] == CONTAIN_OVERLAY_ON;
}

static int check_options(const contain_overlay *o, struct ct_overlay_why *why)
{
	int8_t used[CT_OVERLAY_OPTIONS];
	int redirect;

	ct_overlay_options_used(o, used);
	redirect = used[CONTAIN_OVERLAY_REDIRECT_DIR];
	if (on(used, CONTAIN_OVERLAY_USERXATTR) &&
	    (redirect == CONTAIN_OVERLAY_ON || redirect == CONTAIN_OVERLAY_FOLLOW))
		return ct_overlay_fail(why, -EINVAL, "redirect_dir",
				       "excludes userxattr, the default in a user namespace: a "
				       "user could write the attribute");
	if (on(used, CONTAIN_OVERLAY_USERXATTR) && o->option[CONTAIN_OVERLAY_METACOPY] > 0)
		return ct_overlay_fail(why, -EINVAL, "metacopy",
				       "excludes userxattr, the default in a user namespace: a "
				       "user could write the attribute");
	if (on(used, CONTAIN_OVERLAY_METACOPY) && o->kind != CT_UPPER_NONE && redirect >= 0 &&
	    redirect != CONTAIN_OVERLAY_ON)
		return ct_overlay_fail(why, -EINVAL, "metacopy",
				       "with an upper directory it needs redirect_dir=on");
	if (on(used, CONTAIN_OVERLAY_NFS_EXPORT) && on(used, CONTAIN_OVERLAY_METACOPY))
		return ct_overlay_fail(why, -EINVAL, "nfs_export", "excludes metacopy");
	if (on(used, CONTAIN_OVERLAY_NFS_EXPORT) && o->kind != CT_UPPER_NONE &&
	    used[CONTAIN_OVERLAY_INDEX] == CONTAIN_OVERLAY_OFF)
		return ct_overlay_fail(why, -EINVAL, "nfs_export", "needs index=on");
	/* not refused by the kernel, which goes on without: links would break in silence */
	if (on(used, CONTAIN_OVERLAY_INDEX) && ct_in_user_ns())
		return ct_overlay_fail(why, -EINVAL, "index",
				       "needs file handles, which a user namespace does not have");
	if (on(used, CONTAIN_OVERLAY_NFS_EXPORT) && ct_in_user_ns())
		return ct_overlay_fail(why, -EINVAL, "nfs_export",
				       "needs file handles, which a user namespace does not have");
	if (on(used, CONTAIN_OVERLAY_VOLATILE) && o->kind == CT_UPPER_NONE)
		return ct_overlay_fail(why, -EINVAL, "volatile",
				       "is about the upper layer, and there is none");
	return 0;
}

int ct_overlay_check_structure(const contain_overlay *o, struct ct_overlay_why *why)
{
	int layers = o->layers - o->data_only;

	if (o->err)
		return ct_overlay_fail(why, o->err, o->field, o->why);
	if (!layers)
		return ct_overlay_fail(why, -EINVAL, "lowerdir", "there is no layer");
	if (o->layers == 1 && o->kind == CT_UPPER_NONE)
		return ct_overlay_fail(why, -EINVAL, "lowerdir",
				       "without an upper directory two layers are needed");
	return check_options(o, why);
}

/* ---- where the directories are ---- */

/* Without a name: an inode of a file system, whatever mount it is seen through. */
struct dir_id {
	uint64_t dev, ino;
	int index;
};

static int identify(int fd, struct dir_id *id)
{
	struct stat st;
	int err = ct_sys_newfstatat(fd, "", &st, AT_EMPTY_PATH);

	id->dev = st.st_dev;
	id->ino = st.st_ino;
	return err;
}

static int by_id(const void *a, const void *b)
{
	const struct dir_id *x = a, *y = b;

	if (x->dev != y->dev)
		return x->dev < y->dev ? -1 : 1;
	return x->ino < y->ino ? -1 : x->ino > y->ino;
}

/*
 * 1: dir lies in one of these, or, with itself, is one. Sorted by_id(). Depth is bounded only by
 * that of the file system.
 */
static int is_in(int dir, const struct dir_id *set, int n, int itself)
{
	struct dir_id id, last;
	int fd = dir, up, r = identify(dir, &id);

	if (r == 0 && itself)
		r = bsearch(&id, set, (size_t)n, sizeof(*set), by_id) != NULL;
	while (r == 0) {
		up = ct_sys_openat(fd, "..", O_PATH | O_DIRECTORY | O_CLOEXEC, 0);
		if (fd != dir)
			ct_sys_close(fd);
		fd = dir;
		if (up < 0) {
			r = up == -EACCES ? 0 : up; /* no further than the caller may see */
			break;
		}
		fd = up;
		last = id;
		r = identify(fd, &id);
		if (r < 0 || !by_id(&last, &id)) /* the root is its own parent */
			break;
		r = bsearch(&id, set, (size_t)n, sizeof(*set), by_id) != NULL;
	}
	if (fd != dir)
		ct_sys_close(fd);
	return r;
}

static int overlap(int a, int b)
{
	struct dir_id ia, ib;
	int r = identify(a, &ia);

	if (r == 0)
		r = identify(b, &ib);
	if (r == 0)
		r = is_in(a, &ib, 1, 1);
	return r ? r : is_in(b, &ia, 1, 1);
}

int ct_overlay_one_mount(int a, int b)
{
	struct statx sa, sb;
	int err = ct_sys_statx(a, "", AT_EMPTY_PATH, STATX_MNT_ID, &sa);

	if (!err)
		err = ct_sys_statx(b, "", AT_EMPTY_PATH, STATX_MNT_ID, &sb);
	return err ? err : sa.stx_mnt_id == sb.stx_mnt_id;
}

static const char *unsuitable(uint64_t type)
{
	switch (type) {
	case OVERLAYFS_MAGIC:
		return "an overlay cannot be the upper layer of another one";
	case NFS_MAGIC:
		return "its file system is NFS, which has no trusted.* attributes";
	case FUSE_MAGIC:
		return "its file system is FUSE, which makes no whiteouts";
	case MSDOS_MAGIC:
		return "its file system is FAT, which has no extended attributes";
	case PROC_MAGIC:
	case SYSFS_MAGIC:
	case CGROUP2_MAGIC:
		return "its file system is one of the kernel's own";
	case SQUASHFS_MAGIC:
	case EROFS_MAGIC:
	case ISOFS_MAGIC:
		return "its file system can only be read";
	default:
		return NULL;
	}
}

static int check_upper(int fd, const char *field, struct ct_overlay_why *why)
{
	struct statfs fs;
	const char *hint;
	int err = ct_sys_fstatfs(fd, &fs);

	if (err)
		return ct_overlay_fail(why, err, field, NULL);
	hint = unsuitable((uint64_t)fs.f_type);
	if (hint)
		return ct_overlay_fail(why, -EINVAL, field, hint);
	if (fs.f_flags & RDONLY)
		return ct_overlay_fail(why, -EROFS, field, "it is on a read-only mount");
	err = ct_sys_faccessat2(fd, "", 2 | 1 /* W_OK X_OK */, AT_EMPTY_PATH | AT_EACCESS);
	return err ? ct_overlay_fail(why, err, field, "it may not be written") : 0;
}

/* work/incompat/volatile is made by the mount, and removed by whoever has thrown the layer away. */
int ct_overlay_check_volatile(const contain_overlay *o, struct ct_overlay_why *why)
{
	static const char *const parts[] = { "work", "incompat", "volatile" };
	int fd = o->work;

	for (int i = 0; i < 3 && fd >= 0; i++) {
		int next = ct_sys_openat(fd, parts[i],
					 O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0);

		if (fd != o->work)
			ct_sys_close(fd);
		fd = next;
	}
	if (fd < 0)
		return 0;
	ct_sys_close(fd);
	return ct_overlay_fail(why, -ESTALE, "workdir",
			       "a volatile mount has left it: what was written may not be on disk; "
			       "discard both directories");
}

static int check_pair(const contain_overlay *o, struct ct_overlay_why *why)
{
	int r = overlap(o->upper, o->work);

	if (r > 0)
		return ct_overlay_fail(why, -EINVAL, "workdir",
				       "upperdir and workdir are one, or one lies in the other");
	if (r < 0)
		return ct_overlay_fail(why, r, "workdir", NULL);
	r = check_upper(o->upper, "upperdir", why);
	if (r == 0)
		r = check_upper(o->work, "workdir", why);
	if (r < 0)
		return r;
	r = ct_overlay_one_mount(o->upper, o->work);
	if (r == 0)
		return ct_overlay_fail(why, -EXDEV, "workdir",
				       "it has to be on the mount of upperdir, not only in the "
				       "same file system");
	if (r < 0)
		return ct_overlay_fail(why, r, "workdir", NULL);
	return ct_overlay_check_volatile(o, why);
}

static int layer_failed(const contain_overlay *o, int i, int err, const char *hint,
			struct ct_overlay_why *why)
{
	int layers = o->layers - o->data_only;

	snprintf(why->object, sizeof(why->object), i < layers ? "lowerdir %d" : "datadir %d",
		 i < layers ? i : i - layers);
	return ct_overlay_fail(why, err, why->object, hint);
}

/* No union needs a layer twice, and the kernel refuses it. */
static int check_layers(const contain_overlay *o, struct ct_overlay_why *why)
{
	struct dir_id *id = calloc((size_t)o->layers, sizeof(*id));
	int r = 0;

	if (!id)
		return ct_overlay_fail(why, -ENOMEM, "lowerdir", NULL);
	for (int i = 0; i < o->layers && r == 0; i++) {
		r = identify(o->layer[i], &id[i]);
		id[i].index = i;
		if (r < 0)
			layer_failed(o, i, r, NULL, why);
	}
	if (r == 0)
		qsort(id, (size_t)o->layers, sizeof(*id), by_id);
	for (int i = 1; i < o->layers && r == 0; i++)
		if (!by_id(&id[i], &id[i - 1]))
			r = layer_failed(o, id[i].index > id[i - 1].index ? id[i].index :
									    id[i - 1].index,
					 -ELOOP, "the same directory twice", why);
	for (int i = 0; i < o->layers && r == 0; i++) {
		r = is_in(o->layer[i], id, o->layers, 0);
		if (r > 0)
			r = layer_failed(o, i, -ELOOP, "it lies in another layer", why);
		else if (r < 0)
			layer_failed(o, i, r, NULL, why);
	}
	free(id);
	return r;
}

/* ---- mounts below a layer ---- */

/* Mounts in a directory that came into this namespace from outside cover what must stay covered. */
static int has_mounts_below(int fd, int *ret)
{
	struct ct_lines lines = { .fd = -1 };
	struct statx sx;
	char link[40], path[4096], *line;
	size_t len;
	ssize_t n;
	int r = ct_sys_statx(fd, "", AT_EMPTY_PATH, STATX_MNT_ID, &sx);

	*ret = 0;
	if (r < 0)
		return r;
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = ct_sys_readlinkat(AT_FDCWD, link, path, sizeof(path) - 1);
	if (n <= 0)
		return 0;
	len = n == 1 ? 0 : (size_t)n;
	path[len] = 0;
	lines.fd = ct_sys_openat(AT_FDCWD, "/proc/thread-self/mountinfo", O_RDONLY | O_CLOEXEC, 0);
	if (lines.fd < 0)
		return 0;
	while (!*ret && (r = ct_lines_next(&lines, &line)) > 0) {
		struct ct_mount m;

		if (ct_mount_parse(line, &m) == 0 && m.parent == sx.stx_mnt_id &&
		    !strncmp(m.point, path, len) && m.point[len] == '/')
			*ret = 1;
	}
	ct_sys_close(lines.fd);
	free(lines.buf);
	return r < 0 ? r : 0;
}

static int check_submounts(const contain_overlay *o, struct ct_overlay_why *why)
{
	int has, r;

	if (!ct_in_user_ns())
		return 0;
	for (int i = 0; i < o->layers; i++) {
		r = has_mounts_below(o->layer[i], &has);
		if (r < 0)
			return layer_failed(o, i, r, NULL, why);
		if (has)
			return layer_failed(o, i, -EINVAL,
					    "mounts lie below it, which this user namespace may "
					    "not uncover: give a directory without any",
					    why);
	}
	return 0;
}

/* An upper directory below a layer is fine: a view of "/", with what is written in /var. */
static int check_against_upper(const contain_overlay *o, struct ct_overlay_why *why)
{
	struct dir_id id[2];
	int r = identify(o->upper, &id[0]);

	if (r == 0)
		r = identify(o->work, &id[1]);
	if (r < 0)
		return ct_overlay_fail(why, r, "upperdir", NULL);
	qsort(id, 2, sizeof(*id), by_id);
	for (int i = 0; i < o->layers && r == 0; i++) {
		r = is_in(o->layer[i], id, 2, 1);
		if (r > 0)
			r = layer_failed(o, i, -ELOOP, "it is, or lies in, upperdir or workdir",
					 why);
		else if (r < 0)
			layer_failed(o, i, r, NULL, why);
	}
	return r;
}

int ct_overlay_check_places(const contain_overlay *o, struct ct_overlay_why *why)
{
	int r = o->kind == CT_UPPER_GIVEN ? check_pair(o, why) : 0;

	if (r == 0 && o->kind == CT_UPPER_GIVEN)
		r = check_against_upper(o, why);
	if (r == 0)
		r = check_layers(o, why);
	return r < 0 ? r : check_submounts(o, why);
}

int ct_overlay_check_use(const contain_overlay *o, struct ct_overlay_why *why)
{
	static const char in_use[] = "another overlay that is mounted has it: an upper directory "
				     "and its work directory belong to one mount at a time";
	int r = ct_overlay_in_use(o->upper);

	if (r < 0)
		return ct_overlay_fail(why, r, "upperdir", r == -EBUSY ? in_use : NULL);
	r = ct_overlay_in_use(o->work);
	return r < 0 ? ct_overlay_fail(why, r, "workdir", r == -EBUSY ? in_use : NULL) : 0;
}

int contain_overlay_check(const contain_overlay *o, contain_error **reterr)
{
	struct ct_overlay_why why = { .object = "" };
	int r;

	if (!o)
		r = ct_overlay_fail(&why, -EINVAL, "overlay", "is NULL");
	else
		r = ct_overlay_check_structure(o, &why);
	if (r == 0)
		r = ct_overlay_check_places(o, &why);
	if (r == 0 && !ct_has_capability(CAP_SYS_ADMIN))
		r = ct_overlay_fail(&why, -EPERM, "mount namespace",
				    "needs CAP_SYS_ADMIN in the owner of this mount namespace");
	if (r == 0 && o->kind == CT_UPPER_GIVEN)
		r = ct_overlay_check_use(o, &why);
	if (r == 0)
		return 0;
	if (r == -ENOSYS)
		r = ct_overlay_fail(&why, -EOPNOTSUPP, why.object, CT_OVERLAY_UNSUPPORTED);
	return ct_error_simple(reterr, r, CONTAIN_PHASE_PARENT, "check-overlay", why.object,
			       why.hint);
}

/* ---- after the kernel has refused ---- */

static int has_overlay_below(const contain_overlay *o)
{
	struct statfs fs;

	for (int i = 0; i < o->layers; i++)
		if (ct_sys_fstatfs(o->layer[i], &fs) == 0 && fs.f_type == OVERLAYFS_MAGIC)
			return i;
	return -1;
}

int ct_overlay_explain(const contain_overlay *o, int err, struct ct_overlay_why *why)
{
	struct ct_overlay_why found = { .object = "" };
	int r, layer;

	if (err == -EPERM) {
		ct_overlay_fail(why, err, *why->object ? why->object : "mount namespace",
				"needs CAP_SYS_ADMIN in the owner of this mount namespace");
		return err;
	}
	if (err == -ESTALE) {
		ct_overlay_fail(why, err, *why->object ? why->object : "upperdir",
				"it was mounted with other layers before, or was moved");
		return err;
	}
	if (err != -EINVAL && err != -ELOOP && err != -EXDEV && err != -EROFS && err != -EBUSY &&
	    err != -EACCES)
		return err;
	r = ct_overlay_check_places(o, &found);
	if (r < 0 && found.hint) {
		ct_overlay_fail(why, r, found.object, found.hint);
		return r;
	}
	layer = has_overlay_below(o);
	if (layer >= 0 && !*why->object)
		return layer_failed(o, layer, err,
				    "it is on an overlay: the kernel stacks two, and no more", why);
	return err;
}
