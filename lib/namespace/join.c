/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The namespaces of others that a spec joins: held by fd, checked when they are given. */
#include "act.h"
#include "namespace.h"
#include "plan/spec.h"
#include "sys/sys.h"

#include <contain/namespace.h>
#include <errno.h>
#include <linux/nsfs.h>

/* Whether the user namespace user_fd, or one nested in it, owns the namespace fd. */
static int is_owned_by(int fd, int user_fd)
{
	int at = ct_sys_ioctl(fd, NS_GET_USERNS, NULL), found = 0;

	while (at >= 0 && !found) {
		int above;

		found = ct_ns_same(at, user_fd);
		above = found ? -EPERM : ct_ns_parent_of(at);
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

/* A kept failure, in the words of the primitives. */
static int refuse(container_spec *spec, const char *field, const struct ct_ns_why *why)
{
	return ct_spec_fail(spec, why->err, field, "%s%s%s", why->object, *why->hint ? ": " : "",
			    why->hint);
}

/* Takes the fd over. */
static void put(struct ct_namespace_part *p, uint64_t type, int fd)
{
	int i = ct_ns_index(type);

	if (p->joined & type)
		ct_sys_close(p->join_fd[i]);
	p->join_fd[i] = fd;
	p->joined |= type;
	p->shared &= ~type;
	relate(p);
}

int container_spec_join_namespace(container_spec *spec, uint64_t type, int ns_fd)
{
	static const char field[] = "join_namespace";
	struct ct_namespace_part *p;
	struct ct_ns_why why;
	int fd, r = ct_spec_part(spec, CT_MODULE_NAMESPACE, field, &p);

	if (r < 0)
		return r;
	if (!ct_ns_is_type(type))
		return ct_spec_fail(spec, -EINVAL, field, "0x%llx is not one known type",
				    (unsigned long long)type);
	if (ct_ns_check(ns_fd, type, &type, &why) < 0)
		return refuse(spec, field, &why);
	r = ct_spec_dup_fd(spec, field, ns_fd, &fd);
	if (r < 0)
		return r;
	put(p, type, fd);
	return 0;
}

static void share(struct ct_namespace_part *p, uint64_t type)
{
	int i = ct_ns_index(type);

	if (p->joined & type)
		ct_sys_close(p->join_fd[i]);
	p->joined &= ~type;
	p->shared |= type;
	relate(p);
}

/* What the process has, or -1 where it is the caller's own; -errno. */
static int other_of(int pidfd, uint64_t type, int *ret_fd, struct ct_ns_why *why)
{
	int own, same, fd = ct_ns_open_of(pidfd, type, why);

	if (fd < 0)
		return why->err;
	own = ct_ns_open_own(ct_ns_name(type));
	same = own >= 0 && ct_ns_same(own, fd);
	if (own >= 0)
		ct_sys_close(own);
	if (same)
		ct_sys_close(fd);
	*ret_fd = same ? -1 : fd;
	return 0;
}

int ct_namespace_join_process(container_spec *spec, const char *field, int pidfd, uint64_t types)
{
	const uint64_t all = types ? types : CONTAIN_NS_ALL & ~ct_ns_missing(CONTAIN_NS_ALL);
	struct ct_namespace_part *p;
	int fd[CT_NS_TYPES], i, r = ct_spec_part(spec, CT_MODULE_NAMESPACE, field, &p);
	struct ct_ns_why why;

	if (r < 0)
		return r;
	if (types & ~(uint64_t)CONTAIN_NS_ALL)
		return ct_spec_fail(spec, -EINVAL, field, "unknown type 0x%llx",
				    (unsigned long long)(types & ~(uint64_t)CONTAIN_NS_ALL));
	/* all of them are held before the spec takes the first */
	for (i = 0; i < CT_NS_TYPES && r >= 0; i++) {
		fd[i] = -1;
		if (all & ct_ns_types[i].type)
			r = other_of(pidfd, ct_ns_types[i].type, &fd[i], &why);
	}
	while (r < 0 && i--)
		if (fd[i] >= 0)
			ct_sys_close(fd[i]);
	if (r < 0)
		return refuse(spec, field, &why);
	for (i = 0; i < CT_NS_TYPES; i++)
		if (fd[i] >= 0)
			put(p, ct_ns_types[i].type, fd[i]);
		else if (all & ct_ns_types[i].type)
			share(p, ct_ns_types[i].type);
	return 0;
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
