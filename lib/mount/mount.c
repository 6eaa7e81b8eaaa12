/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Mounts that are made and attached in one step, by paths of the trusted caller. */
#include "act.h"
#include "apart.h"
#include "mount.h"
#include "feature/feature.h"
#include "sys/fd.h"

#include <contain/overlay.h>
#include <stdio.h>

static int open_target(const char *op, int dirfd, const char *target, contain_error **reterr)
{
	int fd = ct_mount_open_path(dirfd, target);

	return fd < 0 ? ct_mount_fail(reterr, fd, op, *target ? target : "target_dirfd", NULL) : fd;
}

/* ---- bind ---- */

/* A detached clone with its attributes, or -errno; -ENOSYS where a call is missing. */
static int clone_with(int source_fd, uint32_t attributes)
{
	int r, mnt = ct_fd_up(ct_mount_clone(source_fd, "", 0, 0));

	r = mnt >= 0 && attributes ? ct_mount_set_attr(mnt, attributes, 1) : 0;
	if (r < 0) {
		ct_sys_close(mnt);
		mnt = r;
	}
	return mnt;
}

static void why_no_clone(struct ct_mount_why *why)
{
	if (why->err == -EINVAL)
		ct_mount_say(why, "the source is a mount of another mount namespace, detached, or "
				  "unbindable");
	if (why->err == -EPERM)
		ct_mount_say(why, "%s, and how access times are kept may be locked",
			     ct_mount_no_rights);
}

static int bind_fds(int source_fd, int target_fd, uint32_t attributes, struct ct_mount_why *why,
		    int *ret_is_source)
{
	int mnt = clone_with(source_fd, attributes);

	*ret_is_source = mnt < 0;
	why->err = mnt;
	if (mnt >= 0) {
		ct_mount_move_to(mnt, target_fd, 0, why);
		ct_sys_close(mnt);
	}
	if (why->err == -ENOSYS) {
		*why->hint = 0;
		ct_mount_classic_bind(source_fd, target_fd, attributes, why);
		*ret_is_source = 0;
	} else if (mnt < 0) {
		why_no_clone(why);
	}
	if ((why->err == -EINVAL || why->err == -ENOTDIR) && !*why->hint)
		ct_mount_say(why, "source and target have to be both directories or both not");
	return why->err < 0 ? why->err : 0;
}

int contain_mount_bind(int source_dirfd, const char *source, int target_dirfd, const char *target,
		       uint32_t attributes, contain_error **reterr)
{
	struct ct_mount_why why = { 0 };
	int r, from, to, is_source = 0;

	if (!source || !target || ct_mount_bad_attributes(attributes))
		return ct_mount_fail(reterr, -EINVAL, "mount-bind", "arguments",
				     source && target ? ct_mount_bad_attributes(attributes) :
							"a path is NULL");
	from = ct_mount_open_path(source_dirfd, source);
	if (from < 0)
		return ct_mount_fail(reterr, from, "mount-bind", *source ? source : "source_dirfd",
				     NULL);
	to = open_target("mount-bind", target_dirfd, target, reterr);
	if (to < 0) {
		ct_mount_close_path(from, source_dirfd);
		return to;
	}
	r = bind_fds(from, to, attributes, &why, &is_source);
	ct_mount_close_path(from, source_dirfd);
	ct_mount_close_path(to, target_dirfd);
	return r < 0 ? ct_mount_failed(reterr, "mount-bind", is_source ? source : target, &why) : 0;
}

/* ---- file systems ---- */

/* A detached mount goes to a path of the trusted caller, and is closed. */
static int attach(const char *op, int mnt, int dirfd, const char *target, contain_error **reterr)
{
	struct ct_mount_why why = { 0 };
	int fd = open_target(op, dirfd, target, reterr);

	if (fd < 0) {
		ct_sys_close(mnt);
		return fd;
	}
	ct_mount_move_to(mnt, fd, 0, &why);
	ct_mount_close_path(fd, dirfd);
	ct_sys_close(mnt);
	if (why.err == -ENOSYS)
		return -ENOSYS;
	return why.err < 0 ? ct_mount_failed(reterr, op, target, &why) : 0;
}

static int has_new_api(void)
{
	struct ct_facts facts;

	return ct_facts_get(&facts) < 0 || facts.mount_api;
}

/* In one call, so that the mount is never without its attributes. */
static int classic_tmpfs(int dirfd, const char *target, uint64_t size_bytes, uint32_t mode,
			 uint32_t attributes, contain_error **reterr)
{
	struct ct_mount_why why = { 0 };
	char data[64];
	int fd = open_target("mount-tmpfs", dirfd, target, reterr);

	if (fd < 0)
		return fd;
	snprintf(data, sizeof(data), "mode=%o", mode);
	if (size_bytes)
		snprintf(data, sizeof(data), "mode=%o,size=%llu", mode,
			 (unsigned long long)size_bytes);
	why.err = ct_mount_classic(-1, "tmpfs", fd, "tmpfs", ct_mount_classic_flags(attributes),
				   data);
	ct_mount_close_path(fd, dirfd);
	if (why.err == -EOPNOTSUPP)
		ct_mount_say(&why, "unsupported: fsopen, and no proc file system can be had by "
				   "which mount(2) would do");
	if (why.err == -ENOTDIR)
		ct_mount_say(&why, "the target is no directory");
	return why.err < 0 ? ct_mount_failed(reterr, "mount-tmpfs", target, &why) : 0;
}

int contain_mount_tmpfs(int dirfd, const char *target, uint64_t size_bytes, uint32_t mode,
			uint32_t attributes, contain_error **reterr)
{
	contain_error *error = NULL;
	int r;

	if (!target || mode > 07777 || ct_mount_bad_attributes(attributes))
		return ct_mount_fail(reterr, -EINVAL, "mount-tmpfs", "arguments",
				     !target	  ? "the target is NULL" :
				     mode > 07777 ? "the mode is more than 07777" :
						    ct_mount_bad_attributes(attributes));
	r = contain_mount_new_tmpfs(size_bytes, 0, mode, attributes, &error);
	if (r >= 0)
		r = attach("mount-tmpfs", r, dirfd, target, &error);
	if (r == -ENOSYS || (r == -EOPNOTSUPP && !has_new_api())) {
		contain_error_free(error);
		return classic_tmpfs(dirfd, target, size_bytes, mode, attributes, reterr);
	}
	if (reterr && r < 0)
		*reterr = error;
	else
		contain_error_free(error);
	return r;
}

/* ---- overlay ---- */

static int describe(contain_overlay *o, const char *const *lowerdirs, const char *upperdir,
		    const char *workdir)
{
	int r = 0;

	for (; *lowerdirs && r == 0; lowerdirs++)
		r = contain_overlay_add_lower(o, AT_FDCWD, *lowerdirs);
	if (r == 0 && upperdir)
		r = contain_overlay_set_upper(o, AT_FDCWD, upperdir, workdir);
	return r; /* kept in the object, with the field: the mount says it */
}

int contain_mount_overlay(int dirfd, const char *target, const char *const *lowerdirs,
			  const char *upperdir, const char *workdir, uint32_t attributes,
			  contain_error **reterr)
{
	contain_overlay *o = NULL;
	size_t n = 0;
	int r;

	while (lowerdirs && lowerdirs[n] && n <= CONTAIN_OVERLAY_LAYERS_MAX)
		n++;
	if (!target || ct_mount_bad_attributes(attributes) || !n || !upperdir != !workdir ||
	    (n < 2 && !upperdir))
		return ct_mount_fail(
			reterr, -EINVAL, "mount-overlay", "arguments",
			"needs a layer, upperdir with workdir or two layers, and known "
			"attributes");
	if (n > CONTAIN_OVERLAY_LAYERS_MAX)
		return ct_mount_fail(reterr, -E2BIG, "mount-overlay", "lowerdirs",
				     "more than the kernel's 500 layers");
	r = contain_overlay_new(&o);
	if (r < 0)
		return ct_mount_fail(reterr, r, "mount-overlay", target, NULL);
	describe(o, lowerdirs, upperdir, workdir);
	r = contain_overlay_mount(o, attributes, reterr);
	contain_overlay_free(o);
	if (r < 0)
		return r;
	r = attach("mount-overlay", r, dirfd, target, reterr);
	return r == -ENOSYS ? ct_mount_unsupported(reterr, "mount-overlay", target, "move_mount") :
			      r;
}
