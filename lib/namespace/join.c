/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The namespaces of others that a spec joins: held by fd, checked when they are given. */
#include "namespace.h"
#include "types.h"
#include "plan/spec.h"
#include "sys/sys.h"

#include <contain/namespace.h>
#include <errno.h>
#include <linux/magic.h>
#include <linux/nsfs.h>
#include <sys/vfs.h>

#define FIELD "join_namespace"

static int is_same(int a, int b)
{
	struct stat sa, sb;

	return !ct_sys_newfstatat(a, "", &sa, AT_EMPTY_PATH) &&
	       !ct_sys_newfstatat(b, "", &sb, AT_EMPTY_PATH) && sa.st_dev == sb.st_dev &&
	       sa.st_ino == sb.st_ino;
}

/* Whether the user namespace user_fd, or one nested in it, owns the namespace fd. */
static int is_owned_by(int fd, int user_fd)
{
	int at = ct_sys_ioctl(fd, NS_GET_USERNS, NULL), found = 0;

	while (at >= 0 && !found) {
		int above;

		found = is_same(at, user_fd);
		above = found ? -EPERM : ct_sys_ioctl(at, NS_GET_PARENT, NULL);
		ct_sys_close(at);
		at = above; /* -EPERM: beyond what the caller may see */
	}
	return found;
}

/* Which of them the joined user namespace gives the rights to join. */
static void relate(struct ct_namespace_part *p)
{
	int user = p->join_fd[CT_NS_USER];

	p->after_user = 0;
	for (int i = 0; i < CT_NS_TYPES; i++)
		if (p->joined & CONTAIN_NS_USER && i != CT_NS_USER &&
		    p->joined & ct_ns_types[i].type && is_owned_by(p->join_fd[i], user))
			p->after_user |= ct_ns_types[i].type;
}

void ct_namespace_free_joins(struct ct_namespace_part *p)
{
	for (int i = 0; i < CT_NS_TYPES; i++)
		if (p->joined & ct_ns_types[i].type)
			ct_sys_close(p->join_fd[i]);
	p->joined = 0;
}

/* The index of the type that the fd is, or a kept failure. */
static int look(container_spec *spec, uint64_t type, int ns_fd)
{
	struct statfs fs;
	int i, r = ct_sys_fstatfs(ns_fd, &fs);

	if (r < 0)
		return ct_spec_fail(spec, r, FIELD, r == -EBADF ? "the fd is not open" :
								  "the fd cannot be looked at");
	r = fs.f_type == NSFS_MAGIC ? ct_sys_ioctl(ns_fd, NS_GET_NSTYPE, NULL) : -ENOTTY;
	i = r > 0 ? ct_ns_index((uint64_t)r) : -1;
	if (i < 0)
		return ct_spec_fail(spec, -EINVAL, FIELD,
				    "the fd is no namespace: open one of /proc/PID/ns");
	if (type && ct_ns_types[i].type != type)
		return ct_spec_fail(spec, -EINVAL, FIELD, "the fd is a %s namespace, not %s",
				    ct_ns_types[i].name, ct_ns_types[ct_ns_index(type)].name);
	return i;
}

int container_spec_join_namespace(container_spec *spec, uint64_t type, int ns_fd)
{
	struct ct_namespace_part *p;
	int i, fd, r = ct_spec_part(spec, CT_MODULE_NAMESPACE, FIELD, &p);

	if (r < 0)
		return r;
	if (type && ct_ns_index(type) < 0)
		return ct_spec_fail(spec, -EINVAL, FIELD, "0x%llx is not one known type",
				    (unsigned long long)type);
	i = look(spec, type, ns_fd);
	if (i < 0)
		return i;
	r = ct_spec_dup_fd(spec, FIELD, ns_fd, &fd);
	if (r < 0)
		return r;
	if (p->joined & ct_ns_types[i].type)
		ct_sys_close(p->join_fd[i]);
	p->join_fd[i] = fd;
	p->joined |= ct_ns_types[i].type;
	p->shared &= ~ct_ns_types[i].type;
	relate(p);
	return 0;
}

void ct_namespace_share(struct ct_namespace_part *p, uint64_t type)
{
	int i = ct_ns_index(type);

	if (p->joined & type)
		ct_sys_close(p->join_fd[i]);
	p->joined &= ~type;
	p->shared |= type;
	relate(p);
}

void ct_namespace_bind(const void *part, struct ct_run *r)
{
	const struct ct_namespace_part *p = part;

	for (uint32_t i = 0; p->joined && i < r->plan->steps; i++) {
		const struct ct_step *s = ct_block_step(r->plan, i);

		if (ct_ns_is_join(s))
			r->fd[s->slot] = p->join_fd[ct_ns_index((uint64_t)s->arg[0])];
	}
}
