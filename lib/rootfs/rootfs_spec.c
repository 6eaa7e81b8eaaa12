/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rootfs.h"

#include <contain/rootfs.h>
#include <contain/spec_mount.h>
#include <contain/mount.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

static int begin(container_spec *spec, uint32_t flags, struct ct_rootfs_part **p)
{
	int r = ct_spec_part(spec, CT_MODULE_ROOTFS, "root", p);

	if (r < 0)
		return r;
	if ((*p)->kind != CT_ROOT_NONE)
		return ct_spec_fail(spec, -EINVAL, "root",
				    "was set before: exactly one root is "
				    "needed");
	if (flags & ~CT_ROOT_FLAGS)
		return ct_spec_fail(spec, -EINVAL, "root", "unknown flag 0x%x",
				    flags & ~CT_ROOT_FLAGS);
	return 0;
}

static void drop(struct ct_host_path *dir, size_t n)
{
	for (size_t i = 0; i < n; i++)
		free(dir[i].path);
	free(dir);
}

int container_spec_set_root_dir(container_spec *spec, int dirfd, const char *path, uint32_t flags)
{
	struct ct_rootfs_part *p;
	struct ct_host_path *dir;
	int r = begin(spec, flags, &p);

	if (r < 0)
		return r;
	dir = calloc(1, sizeof(*dir));
	if (!dir)
		return ct_spec_fail(spec, -ENOMEM, "root", "out of memory");
	r = ct_spec_host_path(spec, "root", dirfd, path, dir);
	if (r < 0) {
		drop(dir, 1);
		return r;
	}
	p->kind = CT_ROOT_DIR;
	p->dir = dir;
	p->ndirs = 1;
	p->flags = flags;
	return 0;
}

int container_spec_set_root_tmpfs(container_spec *spec, uint64_t size_bytes)
{
	struct ct_rootfs_part *p;
	int r = begin(spec, 0, &p);

	if (r < 0)
		return r;
	if (size_bytes > INT64_MAX)
		return ct_spec_fail(spec, -EINVAL, "root.size_bytes",
				    "is larger than any file system");
	p->kind = CT_ROOT_TMPFS;
	p->size_bytes = size_bytes;
	return 0;
}

int container_spec_set_root_host(container_spec *spec, uint64_t size_bytes, uint32_t flags)
{
	struct ct_rootfs_part *p;
	int r = begin(spec, flags, &p);

	if (r < 0)
		return r;
	if (size_bytes > INT64_MAX)
		return ct_spec_fail(spec, -EINVAL, "root.size_bytes",
				    "is larger than any file system");
	if (flags & CONTAIN_ROOT_READONLY && size_bytes)
		return ct_spec_fail(spec, -EINVAL, "root.size_bytes",
				    "a read-only view has no room to limit");
	p->kind = CT_ROOT_HOST;
	p->size_bytes = size_bytes;
	p->flags = flags;
	return 0;
}

static int check_layers(container_spec *spec, const char *const *lowerdirs, uint64_t size_bytes,
			uint32_t flags, size_t *ret_n)
{
	size_t n = 0;

	if (!lowerdirs || !lowerdirs[0])
		return ct_spec_fail(spec, -EINVAL, "root.lowerdirs", "names no layer");
	while (lowerdirs[n])
		if (++n > CT_LAYERS_MAX)
			return ct_spec_fail(spec, -E2BIG, "root.lowerdirs",
					    "more than the kernel's %d layers", CT_LAYERS_MAX);
	if (size_bytes > INT64_MAX)
		return ct_spec_fail(spec, -EINVAL, "root.size_bytes",
				    "is larger than any file system");
	if (flags & CONTAIN_ROOT_READONLY && n < 2)
		return ct_spec_fail(spec, -EINVAL, "root.lowerdirs",
				    "a read-only union needs two layers; take "
				    "container_spec_set_root_dir() for one");
	if (flags & CONTAIN_ROOT_READONLY && size_bytes)
		return ct_spec_fail(spec, -EINVAL, "root.size_bytes",
				    "a read-only union has no room to limit");
	*ret_n = n;
	return 0;
}

int container_spec_set_root_overlay(container_spec *spec, int dirfd, const char *const *lowerdirs,
				    uint64_t size_bytes, uint32_t flags)
{
	struct ct_rootfs_part *p;
	struct ct_host_path *dir;
	size_t n = 0;
	int r = begin(spec, flags, &p);

	if (!r)
		r = check_layers(spec, lowerdirs, size_bytes, flags, &n);
	if (r < 0)
		return r;
	dir = calloc(n, sizeof(*dir));
	if (!dir)
		return ct_spec_fail(spec, -ENOMEM, "root.lowerdirs", "out of memory");
	for (size_t i = 0; i < n && !r; i++)
		r = ct_spec_host_path(spec, "root.lowerdirs", dirfd, lowerdirs[i], &dir[i]);
	if (r < 0) {
		drop(dir, n);
		return r;
	}
	p->kind = CT_ROOT_OVERLAY;
	p->dir = dir;
	p->ndirs = n;
	p->size_bytes = size_bytes;
	p->flags = flags;
	return 0;
}

static int check_upper(container_spec *spec, const struct ct_rootfs_part *p, const char *upperdir,
		       const char *workdir)
{
	if (p->kind != CT_ROOT_OVERLAY)
		return ct_spec_fail(spec, -EINVAL, "root.upperdir",
				    "is that of a union: call container_spec_set_root_overlay() "
				    "before");
	if (p->upper.path)
		return ct_spec_fail(spec, -EINVAL, "root.upperdir", "was set before");
	if (p->flags & CONTAIN_ROOT_READONLY)
		return ct_spec_fail(spec, -EINVAL, "root.upperdir",
				    "is of no use in a union that is read-only");
	if (p->size_bytes)
		return ct_spec_fail(spec, -EINVAL, "root.size_bytes",
				    "bounds an upper layer in memory only");
	if (upperdir && workdir && !strcmp(upperdir, workdir))
		return ct_spec_fail(spec, -EINVAL, "root.workdir",
				    "is upperdir: two directories are needed");
	return 0;
}

int container_spec_set_root_upperdir(container_spec *spec, int dirfd, const char *upperdir,
				     const char *workdir)
{
	struct ct_host_path upper = { NULL, 0, 0 }, work = { NULL, 0, 0 };
	struct ct_rootfs_part *p;
	int r = ct_spec_part(spec, CT_MODULE_ROOTFS, "root.upperdir", &p);

	if (!r)
		r = check_upper(spec, p, upperdir, workdir);
	if (!r)
		r = ct_spec_host_path(spec, "root.upperdir", dirfd, upperdir, &upper);
	if (!r)
		r = ct_spec_host_path(spec, "root.workdir", dirfd, workdir, &work);
	if (r < 0) {
		free(upper.path);
		free(work.path);
		return r;
	}
	p->upper = upper;
	p->work = work;
	return 0;
}

int container_spec_set_root_propagation(container_spec *spec, uint32_t propagation)
{
	const uint32_t both = CONTAIN_PROPAGATION_SLAVE | CONTAIN_PROPAGATION_SHARED;
	struct ct_rootfs_part *p;
	int r = ct_spec_part(spec, CT_MODULE_ROOTFS, "root_propagation", &p);

	if (r < 0)
		return r;
	if (propagation != CONTAIN_PROPAGATION_PRIVATE && (!propagation || propagation & ~both))
		return ct_spec_fail(spec, -EINVAL, "root_propagation",
				    "0x%x is none of private, slave, shared and slave with shared",
				    propagation);
	p->propagation = propagation;
	return 0;
}
