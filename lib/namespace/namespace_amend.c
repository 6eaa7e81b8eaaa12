/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "namespace.h"
#include "plan/compile.h"

#include <errno.h>

/* Ranges move a container to other ids; whether ids are mapped at all is for the spec to say. */
static int amend_map(struct ct_id_map *map, const struct ct_id_map *over, const char *field,
		     const char *hint, struct ct_compile *c)
{
	if (!over->n)
		return 0;
	if (!map->n)
		return ct_compile_fail(c, -EINVAL, field, hint);
	*map = *over;
	return 0;
}

int ct_namespace_amend(void *part, const void *over, struct ct_compile *c)
{
	struct ct_namespace_part *p = part;
	const struct ct_namespace_part *o = over;
	int r;

	if (o->hostname)
		p->hostname = o->hostname;
	r = amend_map(&p->uid, &o->uid, "uid_map",
		      "the plan maps no ranges of user ids: call container_spec_add_uid_range() "
		      "before it "
		      "is compiled", c);
	if (!r)
		r = amend_map(&p->gid, &o->gid, "gid_map",
			      "the plan maps no ranges of group ids: call "
			      "container_spec_add_gid_range() "
			      "before it is compiled", c);
	return r;
}
