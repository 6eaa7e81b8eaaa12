/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "mount.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define BIND_FLAGS (CT_MOUNT_ATTRS | CONTAIN_MOUNT_OPTIONAL)

int ct_mount_part_of(container_spec *spec, const char *field, struct ct_mount_part **p)
{
	return ct_spec_part(spec, CT_MODULE_MOUNT, field, p);
}

int container_spec_set_default_mounts(container_spec *spec, uint32_t mounts)
{
	struct ct_mount_part *p;
	int r = ct_mount_part_of(spec, "default_mounts", &p);

	if (r < 0)
		return r;
	if (mounts & ~CONTAIN_DEFAULT_ALL)
		return ct_spec_fail(spec, -EINVAL, "default_mounts", "unknown flag 0x%x",
				    mounts & ~CONTAIN_DEFAULT_ALL);
	p->defaults = mounts;
	return 0;
}

void ct_mount_entry_release(struct ct_mount_entry *e)
{
	for (size_t i = 0; i < e->nlayers; i++)
		free(e->layer[i].path);
	free(e->layer);
	free(e->target);
	free(e->source.path);
	free(e->upper.path);
	free(e->work.path);
	free(e->idmap);
	free(e->fs);
	free(e->content);
}

int ct_mount_add_entry(container_spec *spec, struct ct_mount_part *p,
		       const struct ct_mount_entry *e)
{
	struct ct_mount_entry *q = reallocarray(p->entry, p->nentries + 1, sizeof(*q));

	if (!q)
		return ct_spec_fail(spec, -ENOMEM, "mount", "out of memory");
	p->entry = q;
	q[p->nentries++] = *e;
	return 0;
}

/*
 * The root itself is set by container_spec_set_root_*(). What is mounted over it is not seen: the
 * payload's root is the mount below. So "/", "/." and "/a/.." are told here.
 */
int ct_mount_check_target(container_spec *spec, const char *field, const char *target)
{
	int depth = 0;

	if (!target || *target != '/')
		return 0;
	for (const char *p = target; *p;) {
		size_t n = strcspn(p, "/");

		if (n == 2 && !strncmp(p, "..", 2))
			depth -= depth > 0;
		else if (n && !(n == 1 && *p == '.'))
			depth++;
		p += n;
		p += strspn(p, "/");
	}
	return depth ? 0 : ct_spec_fail(spec, -EINVAL, field, "is the root itself");
}

int container_spec_add_bind(container_spec *spec, int dirfd, const char *source, const char *target,
			    uint32_t flags)
{
	struct ct_mount_entry e = {
		.kind = CT_MOUNT_BIND,
		.flags = flags & CONTAIN_MOUNT_OPTIONAL ? CT_BIND_OPTIONAL : 0,
		.change = { .rset = flags & CT_MOUNT_ATTRS },
	};
	struct ct_mount_part *p;
	int r = ct_mount_part_of(spec, "bind", &p);

	if (r < 0)
		return r;
	if (flags & ~BIND_FLAGS)
		return ct_spec_fail(spec, -EINVAL, "bind", "unknown flag 0x%x",
				    flags & ~BIND_FLAGS);
	if ((flags & CT_MOUNT_ATIME) == CT_MOUNT_ATIME)
		return ct_spec_fail(spec, -EINVAL, "bind",
				    "CONTAIN_MOUNT_NOATIME and CONTAIN_MOUNT_STRICTATIME exclude "
				    "one another");
	r = ct_mount_check_target(spec, "bind.target", target);
	if (!r)
		r = ct_spec_inner_path(spec, "bind.target", target, &e.target);
	if (!r)
		r = ct_spec_host_path(spec, "bind.source", dirfd, source, &e.source);
	if (!r)
		r = ct_mount_add_entry(spec, p, &e);
	if (r < 0)
		ct_mount_entry_release(&e);
	return r;
}

int container_spec_add_tmpfs(container_spec *spec, const char *target, uint64_t size_bytes,
			     uint32_t mode)
{
	struct ct_mount_entry e = { .kind = CT_MOUNT_TMPFS,
				    .size_bytes = size_bytes,
				    .mode = mode };
	struct ct_mount_part *p;
	int r = ct_mount_part_of(spec, "tmpfs", &p);

	if (r < 0)
		return r;
	if (mode > 07777)
		return ct_spec_fail(spec, -EINVAL, "tmpfs.mode", "0%o is more than 07777", mode);
	if (size_bytes > INT64_MAX)
		return ct_spec_fail(spec, -EINVAL, "tmpfs.size_bytes",
				    "is larger than any file system");
	r = ct_mount_check_target(spec, "tmpfs.target", target);
	if (!r)
		r = ct_spec_inner_path(spec, "tmpfs.target", target, &e.target);
	if (!r)
		r = ct_mount_add_entry(spec, p, &e);
	if (r < 0)
		ct_mount_entry_release(&e);
	return r;
}

static int add_path(container_spec *spec, const char *field, const char *path, int readonly)
{
	struct ct_mount_path *q, new = { .readonly = readonly };
	struct ct_mount_part *p;
	int r = ct_mount_part_of(spec, field, &p);

	if (r < 0)
		return r;
	r = ct_mount_check_target(spec, field, path);
	if (!r)
		r = ct_spec_inner_path(spec, field, path, &new.path);
	if (r < 0)
		return r;
	q = reallocarray(p->path, p->npaths + 1, sizeof(*q));
	if (!q) {
		free(new.path);
		return ct_spec_fail(spec, -ENOMEM, field, "out of memory");
	}
	p->path = q;
	q[p->npaths++] = new;
	return 0;
}

int container_spec_add_masked_path(container_spec *spec, const char *path)
{
	return add_path(spec, "masked_path", path, 0);
}

int container_spec_add_readonly_path(container_spec *spec, const char *path)
{
	return add_path(spec, "readonly_path", path, 1);
}

int container_spec_clear_paths(container_spec *spec)
{
	struct ct_mount_part *p;
	int r = ct_mount_part_of(spec, "paths", &p);

	if (r < 0)
		return r;
	for (size_t i = 0; i < p->npaths; i++)
		free(p->path[i].path);
	p->npaths = 0;
	p->keep_default_paths = 0;
	return 0;
}
