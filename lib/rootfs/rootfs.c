/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The primitives: each is taken back when a part of it fails. */
#include "rootfs.h"
#include "feature/root.h"
#include "plan/error.h"
#include "sys/fd.h"

#include <contain/rootfs.h>
#include <errno.h>
#include <stdio.h>

#define CT_STATX_MNT_ID 0x1000u /* Linux 5.8 */
#define CT_STATX_ATTR_MOUNT_ROOT 0x2000u

struct entry {
	const char *op;
	contain_error **reterr;
	int root_fd;
	int cwd, old; /* working directory, and root where it was changed; -1: as it was */
	int initial;  /* the mount that was laid on the initial ramfs, or -1 */
	int top;      /* what was laid on "/" to be the new root, or -1 */
	int pivoted;
	const char *calls; /* that are made now */
	const char *object, *hint;
};

static struct entry begin(const char *op, int root_fd, contain_error **reterr)
{
	return (struct entry){ .op = op,
			       .reterr = reterr,
			       .root_fd = root_fd,
			       .cwd = -1,
			       .old = -1,
			       .initial = -1,
			       .top = -1,
			       .calls = "chroot",
			       .object = "root_fd" };
}

static int failed(struct entry *e, int err)
{
	char missing[64];

	if (err == -ENOSYS) {
		snprintf(missing, sizeof(missing), "unsupported: %s", e->calls);
		e->hint = missing;
		err = -EOPNOTSUPP;
	}
	return ct_error_simple(e->reterr, err, CONTAIN_PHASE_PARENT, e->op, e->object, e->hint);
}

static int fail(struct entry *e, int err, const char *object, const char *hint)
{
	e->object = object;
	e->hint = hint;
	return err;
}

/* 1 where both are one directory of one mount. */
static int is_same(const struct statx *a, const struct statx *b)
{
	return a->stx_mask & b->stx_mask & CT_STATX_MNT_ID && a->stx_mnt_id == b->stx_mnt_id &&
	       a->stx_ino == b->stx_ino && a->stx_dev_major == b->stx_dev_major &&
	       a->stx_dev_minor == b->stx_dev_minor;
}

/* Nothing is changed yet. *ret_is_mount: root_fd is the root of a mount. */
static int look(struct entry *e, int *ret_is_mount)
{
	struct statx st = { 0 }, root = { 0 };
	int r;

	e->calls = "statx";
	r = ct_sys_statx(e->root_fd, "", AT_EMPTY_PATH, STATX_TYPE | STATX_INO | CT_STATX_MNT_ID,
			 &st);

	if (r == 0 && !S_ISDIR(st.stx_mode))
		r = -ENOTDIR;
	if (r < 0)
		return fail(e, r, "root_fd", NULL);
	r = ct_sys_statx(AT_FDCWD, "/", 0, STATX_INO | CT_STATX_MNT_ID, &root);
	if (r < 0)
		return fail(e, r, "/", NULL);
	if (is_same(&st, &root))
		return fail(e, -EBUSY, "root_fd", "is the caller's root already");
	*ret_is_mount = !!(st.stx_attributes & CT_STATX_ATTR_MOUNT_ROOT);
	r = ct_fd_up(ct_sys_openat(AT_FDCWD, ".", O_PATH | O_DIRECTORY | O_CLOEXEC, 0));
	if (r < 0)
		return fail(e, r, "the working directory", NULL);
	e->cwd = r;
	return 0;
}

static const char no_rights[] = "needs CAP_SYS_ADMIN in the owner of the mount namespace: call it "
				"after contain_ns_unshare(CONTAIN_NS_MNT)";

static int make_private(struct entry *e)
{
	int r;

	e->calls = "mount";
	r = ct_sys_mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL);

	return r < 0 ? fail(e, r, "/", r == -EPERM ? no_rights : NULL) : 0;
}

static int lay_on_initial(struct entry *e)
{
	int r = ct_fd_up(ct_sys_openat(AT_FDCWD, "/", O_PATH | O_DIRECTORY | O_CLOEXEC, 0));

	if (r < 0)
		return fail(e, r, "/", NULL);
	e->old = r;
	e->calls = "open_tree and move_mount";
	r = ct_fd_up(ct_rootfs_lay_again());
	if (r < 0)
		return fail(e, r, "/", NULL);
	e->initial = r;
	e->calls = "chroot";
	r = ct_rootfs_chroot(r);
	return r < 0 ? fail(e, r, "/",
			    r == -EPERM ? "on the initial ramfs it needs CAP_SYS_CHROOT, too" :
					  NULL) :
		       0;
}

static const char other_namespace[] =
	"lies in another mount namespace, as what was opened before contain_ns_unshare() does; or "
	"in a mount that is attached nowhere and is not its root";

/* Binds the directory on top of "/"; what is attached nowhere cannot be cloned before 6.15. */
static int lay_root(struct entry *e, int is_mount)
{
	int r, fd;

	e->calls = "open_tree and move_mount";
	fd = ct_fd_up(ct_sys_open_tree(e->root_fd, "",
				       OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH |
					       AT_RECURSIVE));
	if (fd == -EINVAL && is_mount)
		fd = ct_fd_up(ct_sys_fcntl(e->root_fd, F_DUPFD_CLOEXEC, 3));
	if (fd < 0)
		return fail(e, fd, "root_fd",
			    fd == -EINVAL ? other_namespace : NULL);
	r = ct_rootfs_attach(fd);
	if (r < 0) {
		ct_sys_close(fd);
		return fail(e, r, "root_fd",
			    r == -EINVAL ? other_namespace : NULL);
	}
	e->top = fd;
	return 0;
}

static int pivot(struct entry *e)
{
	int r = ct_sys_fchdir(e->top);

	e->calls = "pivot_root";
	if (r == 0)
		r = ct_sys_pivot_root(".", ".");
	if (r < 0)
		return fail(e, r, "root_fd",
			    r == -EINVAL ? "what the caller's root is mounted on is shared" :
			    r == -EPERM	 ? "a filter or a security module refuses pivot_root(2)" :
					   NULL);
	e->pivoted = 1;
	r = ct_sys_umount2(".", MNT_DETACH);
	if (r < 0) /* what is left would be the worst of both: worth a second try */
		r = ct_sys_umount2(".", MNT_DETACH);
	return r < 0 ? fail(e, r, "old root", "it lies over the new root: exit") : 0;
}

static void unmount(int fd)
{
	if (ct_sys_fchdir(fd) == 0)
		ct_sys_umount2(".", MNT_DETACH);
}

/* The order matters: what lies on top goes first, and the root before what it was is unmounted. */
static void take_back(struct entry *e)
{
	if (e->top >= 0)
		unmount(e->top);
	if (e->initial >= 0) {
		ct_rootfs_chroot(e->old);
		unmount(e->initial);
	}
	ct_sys_fchdir(e->cwd);
}

static void release(const struct entry *e)
{
	const int fds[] = { e->top, e->initial, e->old, e->cwd };

	for (int i = 0; i < 4; i++)
		if (fds[i] >= 0)
			ct_sys_close(fds[i]);
}

static int enter(struct entry *e, enum ct_root_place place, int is_mount)
{
	int r = make_private(e);

	if (r == 0 && place == CT_ROOT_FIRST)
		r = lay_on_initial(e);
	if (r == 0)
		r = lay_root(e, is_mount);
	return r < 0 ? r : pivot(e);
}

int contain_rootfs_pivot_root(int root_fd, contain_error **reterr)
{
	struct entry e = begin("pivot-root", root_fd, reterr);
	enum ct_root_place place;
	int is_mount = 0, r = look(&e, &is_mount);

	if (r < 0)
		return failed(&e, r);
	place = ct_root_place();
	if (place == CT_ROOT_CHROOT)
		r = fail(&e, -EINVAL, "/",
			 "the caller's root is no mount point: it runs in a chroot, from which a "
			 "pivoted root could be left");
	else
		r = enter(&e, place, is_mount);
	if (!e.pivoted)
		take_back(&e);
	release(&e);
	return r < 0 ? failed(&e, r) : 0;
}

int contain_rootfs_chroot(int root_fd, contain_error **reterr)
{
	struct entry e = begin("chroot", root_fd, reterr);
	int r, cwd;

	cwd = ct_fd_up(ct_sys_openat(AT_FDCWD, ".", O_PATH | O_DIRECTORY | O_CLOEXEC, 0));
	if (cwd < 0) {
		e.object = "the working directory";
		return failed(&e, cwd);
	}
	r = ct_rootfs_chroot(root_fd);
	if (r == -EPERM)
		e.hint = "needs CAP_SYS_CHROOT in the caller's user namespace; or a filter or a "
			 "security module refuses";
	if (r < 0)
		ct_sys_fchdir(cwd);
	ct_sys_close(cwd);
	return r < 0 ? failed(&e, r) : 0;
}
