/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "mount.h"
#include "feature/feature.h"
#include "plan/error.h"
#include "sys/sys.h"

#include <contain/mount.h>
#include <stdio.h>
#include <string.h>

static int fail(contain_error **reterr, int err, const char *op, const char *object,
		const char *log, const char *hint)
{
	const struct ct_error_parts p = { .code = err,
					  .phase = CONTAIN_PHASE_PARENT,
					  .op = op,
					  .object = object,
					  .log = log,
					  .hint = hint };

	return ct_error_set(reterr, &p);
}

static int bad_target(const char *target, uint32_t attributes)
{
	return !target || attributes & ~CT_MOUNT_ATTRS;
}

/* Attaches a detached mount by a path of the trusted caller, and closes it. */
static int attach(int mnt, int dirfd, const char *target)
{
	uint32_t flags = MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_SYMLINKS |
			 (*target ? 0 : MOVE_MOUNT_T_EMPTY_PATH);
	int r;

	if (mnt < 0)
		return mnt;
	r = ct_sys_move_mount(mnt, "", dirfd, target, flags);
	ct_sys_close(mnt);
	return r;
}

static const char *path_hint(int err)
{
	if (err == -EPERM)
		return "needs CAP_SYS_ADMIN in the owner of this mount namespace";
	if (err == -ENOTDIR)
		return "source and target have to be both directories or both not";
	return NULL;
}

int contain_mount_bind(int source_dirfd, const char *source, int target_dirfd, const char *target,
		       uint32_t attributes, contain_error **reterr)
{
	int r, mnt;

	if (!source || bad_target(target, attributes))
		return fail(reterr, -EINVAL, "mount-bind", "arguments", NULL,
			    "a path is NULL, or an attribute is unknown");
	mnt = ct_mount_clone(source_dirfd, source, 0, 0);
	if (mnt < 0)
		return fail(reterr, mnt, "mount-bind", source, NULL, path_hint(mnt));
	r = attributes ? ct_mount_set_attr(mnt, attributes, 1) : 0;
	if (r < 0) {
		ct_sys_close(mnt);
		return fail(reterr, r, "mount-bind", target, NULL, path_hint(r));
	}
	r = attach(mnt, target_dirfd, target);
	return r ? fail(reterr, r, "mount-bind", target, NULL, path_hint(r)) : 0;
}

/* The mount's kernel message is taken from the record that the child's steps use. */
static int mount_fs(const char *op, const struct ct_mount_fs *fs, int dirfd, const char *target,
		    contain_error **reterr)
{
	struct ct_report log = { 0 };
	int r = attach(ct_mount_fs(&log, fs), dirfd, target);

	return r ? fail(reterr, r, op, target, log.log, path_hint(r)) : 0;
}

int contain_mount_tmpfs(int dirfd, const char *target, uint64_t size_bytes, uint32_t mode,
			uint32_t attributes, contain_error **reterr)
{
	char size[24], octal[8];
	const char *keys[] = { "mode", octal, size_bytes ? "size" : NULL, size, NULL };
	const struct ct_mount_fs fs = { "tmpfs", keys, attributes };

	if (bad_target(target, attributes) || mode > 07777)
		return fail(reterr, -EINVAL, "mount-tmpfs", "arguments", NULL,
			    "the target is NULL, an attribute is unknown, or the mode is more than "
			    "07777");
	snprintf(size, sizeof(size), "%llu", (unsigned long long)size_bytes);
	snprintf(octal, sizeof(octal), "%o", mode);
	return mount_fs("mount-tmpfs", &fs, dirfd, target, reterr);
}

/* A value of fsconfig(2) has 255 bytes at most. */
static int has_long_path(const char *const *lowerdirs, const char *upperdir, const char *workdir)
{
	for (; *lowerdirs; lowerdirs++)
		if (strlen(*lowerdirs) > 255)
			return 1;
	return upperdir && (strlen(upperdir) > 255 || strlen(workdir) > 255);
}

int contain_mount_overlay(int dirfd, const char *target, const char *const *lowerdirs,
			  const char *upperdir, const char *workdir, uint32_t attributes,
			  contain_error **reterr)
{
	const char *keys[2 * (512 + 5)];
	struct ct_mount_fs fs = { "overlay", keys, attributes };
	struct ct_facts facts;
	size_t n = 0, k = 0;
	int r;

	while (lowerdirs && lowerdirs[n] && n < 512)
		n++;
	if (bad_target(target, attributes) || !n || !upperdir != !workdir || (n < 2 && !upperdir))
		return fail(reterr, -EINVAL, "mount-overlay", "arguments", NULL,
			    "needs a layer, upperdir with workdir or two layers, and known "
			    "attributes");
	if (n > 500)
		return fail(reterr, -E2BIG, "mount-overlay", "lowerdirs", NULL,
			    "more than the kernel's 500 layers");
	if (has_long_path(lowerdirs, upperdir, workdir))
		return fail(reterr, -ENAMETOOLONG, "mount-overlay", "lowerdirs", NULL,
			    "the kernel takes paths of 255 bytes at most here: go nearer, or "
			    "give it symlinks");
	r = ct_facts_get(&facts);
	if (r < 0)
		return fail(reterr, r, "mount-overlay", target, NULL, NULL);
	if (!facts.lowerdir_add)
		return fail(reterr, -EOPNOTSUPP, "mount-overlay", target, NULL,
			    "unsupported: overlay takes one layer per call since Linux 6.8");
	for (size_t i = 0; i < n; i++) {
		keys[k++] = "lowerdir+";
		keys[k++] = lowerdirs[i];
	}
	if (upperdir) {
		keys[k++] = "upperdir";
		keys[k++] = upperdir;
		keys[k++] = "workdir";
		keys[k++] = workdir;
	}
	if (ct_in_user_ns()) { /* trusted.* attributes are the initial user namespace's alone */
		keys[k++] = "userxattr";
		keys[k++] = NULL;
	}
	keys[k] = NULL;
	return mount_fs("mount-overlay", &fs, dirfd, target, reterr);
}

int contain_mount_set_propagation(int dirfd, const char *path, uint32_t propagation, int recursive,
				  contain_error **reterr)
{
	const uint32_t known = CONTAIN_PROPAGATION_UNBINDABLE | CONTAIN_PROPAGATION_PRIVATE |
			       CONTAIN_PROPAGATION_SLAVE | CONTAIN_PROPAGATION_SHARED;
	struct mount_attr a = { .propagation = propagation };
	uint32_t flags;
	int r;

	if (!path || propagation & ~known || !propagation || propagation & (propagation - 1) ||
	    recursive & ~1)
		return fail(reterr, -EINVAL, "set-propagation", "arguments", NULL,
			    "needs a path, one propagation type, and recursive 0 or 1");
	flags = (*path ? 0 : AT_EMPTY_PATH) | (recursive ? AT_RECURSIVE : 0);
	r = ct_sys_mount_setattr(dirfd, path, flags, &a, sizeof(a));
	if (r == 0)
		return 0;
	return fail(reterr, r, "set-propagation", path, NULL,
		    r == -EINVAL ? "the path is not the root of a mount" : path_hint(r));
}
