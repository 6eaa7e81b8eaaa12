/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cgroup.h"
#include "cgroup_rows.h"
#include "cgroup_plan.h"
#include "devices.h"
#include "plan/compile.h"
#include "plan/text.h"
#include "v1.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define OP(row) CT_OP(CT_MODULE_CGROUP, row)

static void part_free(void *part)
{
	struct ct_cgroup_part *p = part;

	free(p->parent.path);
	free(p->place.path);
	ct_limits_clear(&p->limits);
	contain_devices_free(p->devices);
}

static int components(const char *path)
{
	int n = 0;

	for (; *path; path++)
		n += *path == '/' && path[1] && path[1] != '/';
	return n;
}

/* How many leading components two absolute paths share. */
static int shared(const char *a, const char *b)
{
	int n = 0;

	while (*a == '/' && *b == '/') {
		size_t k, m;

		a += strspn(a, "/");
		b += strspn(b, "/");
		k = strcspn(a, "/");
		m = strcspn(b, "/");
		if (!k || k != m || memcmp(a, b, k))
			break;
		n++;
		a += k;
		b += m;
	}
	return n;
}

/*
 * How many groups, from the parent up, do not hold the caller. memory.oom.group in one that does
 * kills the caller with or without a container.
 */
static int foreign_levels(const char *parent, const struct ct_facts *f)
{
	size_t n = strlen(f->v2_mount);
	int all;

	if (f->held[CT_CONTROLLER_MEMORY] != CT_HELD_V2)
		return 0;
	if (strncmp(parent, f->v2_mount, n) || (parent[n] && parent[n] != '/' && n > 1))
		return components(parent); /* another mount of it: all, and misses are cheap */
	if (n == 1)
		n = 0; /* mounted at "/" */
	all = components(parent + n);
	return all - shared(parent + n, f->own_group);
}

/* Where the group is made, and how many groups above may be told to hand controllers down. */
static int parent_of(const struct ct_cgroup_part *p, const struct ct_facts *f, char *buf,
		     size_t size, int *ret_levels)
{
	int n;

	*ret_levels = 1;
	if (p->parent.path) {
		n = snprintf(buf, size, "%s", p->parent.path);
	} else {
		n = snprintf(buf, size, "%s%s%s", f->v2_mount,
			     strcmp(f->delegated, "/") ? f->delegated : "",
			     f->is_privileged ? "/" CT_GROUP_HOME : "");
		*ret_levels += f->is_privileged;
	}
	return n < 0 || (size_t)n >= size ? -ENAMETOOLONG : 0;
}

static void emit_limits(const struct ct_cgroup_part *p, int levels, int flags,
			struct ct_compile *c)
{
	for (size_t k = 0; k < p->limits.n; k++) {
		const struct ct_limit *l = &p->limits.v[k];
		uint32_t value, controller;
		struct ct_step *s;

		if (ct_cgroup_is_v1(l, c->facts))
			continue;
		value = ct_emit_str(c, l->value);
		controller = ct_emit_str(c, ct_controller_name(l->controller));
		s = ct_emit(c, CT_STAGE_GROUP, OP(LIMIT), l->file);
		s->slot = CT_SLOT_GROUP;
		s->str[0] = value;
		s->str[1] = controller;
		s->arg[0] = levels;
		s->arg[1] = flags;
	}
}

static int emit_devices(const struct ct_cgroup_part *p, struct ct_compile *c)
{
	contain_devices *rules;
	struct ct_step *s;
	uint32_t program;
	void *insns;
	size_t bytes;
	int r, n = 0;

	if (!p->devices)
		return 0;
	r = ct_cgroup_rules(p, &c->intent, &rules);
	if (!r) {
		n = contain_devices_count(rules);
		r = ct_devices_program(rules, &insns, &bytes);
		contain_devices_free(rules);
	}
	if (r < 0)
		return ct_compile_fail(c, r, "devices", NULL);
	program = ct_emit_bytes(c, insns, bytes);
	free(insns);
	s = ct_emit(c, CT_STAGE_GROUP, OP(DEVICES), "devices");
	s->slot = CT_SLOT_GROUP;
	s->str[0] = program;
	s->arg[0] = (int64_t)bytes;
	s->arg[1] = n;
	return 0;
}

/* The host's id of who is root inside, or, where nobody is, of the payload; -1: it has none. */
static int64_t root_outside(const struct ct_id_map *map, uint32_t payload)
{
	int64_t id = map->n ? ct_id_outside(map, 0) : -1;

	if (!map->n)
		return payload;
	return id >= 0 ? id : ct_id_outside(map, payload);
}

static int emit_delegate(const struct ct_cgroup_part *p, struct ct_compile *c)
{
	const struct ct_intent *i = &c->intent;
	int64_t uid = root_outside(&i->uid_map, i->payload_uid);
	int64_t gid = root_outside(&i->gid_map, i->payload_gid);
	const char *field = "cgroup_delegate";
	struct ct_step *s;

	if (!p->delegate)
		return 0;
	/* with the owner among its ids, root inside has its rights by a capability */
	if ((!i->uid_map.n || ct_id_inside(&i->uid_map, c->facts->euid) >= 0) &&
	    !c->facts->v2_nsdelegate)
		return ct_compile_fail(c, -EOPNOTSUPP, field,
				       "the owner of the limits is one of the ids inside, and only "
				       "a cgroup2 file system mounted with nsdelegate keeps root "
				       "inside from them; or map other ids of the host alone");
	if (uid == c->facts->euid)
		return 0; /* it made the group */
	if (uid < 0 || gid < 0)
		return ct_compile_fail(c, -EINVAL, field, "nobody inside could own the group");
	if (!c->facts->is_privileged)
		return ct_compile_fail(c, -EOPNOTSUPP, field,
				       "root inside is another user of the host than the caller, "
				       "who may not give groups away");
	s = ct_emit(c, CT_STAGE_GROUP, OP(DELEGATE), "");
	s->slot = CT_SLOT_GROUP;
	s->arg[0] = uid;
	s->arg[1] = gid;
	return 0;
}

static int flags_of(const struct ct_cgroup_part *p, const struct ct_facts *f)
{
	int flags = 0;

	if (f->is_privileged)
		flags |= CT_CREATE_PRIVILEGED;
	if (f->is_privileged && !p->parent.path)
		flags |= CT_CREATE_HOME;
	if (f->held[CT_CONTROLLER_MEMORY] == CT_HELD_V2)
		flags |= CT_CREATE_MEMORY;
	return flags;
}

static void set_identity(struct ct_step *s, const struct ct_host_path *path, int flags)
{
	s->slot = CT_SLOT_GROUP;
	s->arg[CT_CREATE_FLAGS] = flags;
	s->arg[CT_CREATE_DEV] = (int64_t)path->dev;
	s->arg[CT_CREATE_INO] = (int64_t)path->ino;
}

static int plan_place(const struct ct_cgroup_part *p, struct ct_compile *c)
{
	struct ct_step *s = ct_emit(c, CT_STAGE_GROUP, OP(PLACE), p->place.path);

	set_identity(s, &p->place, flags_of(p, c->facts));
	if (!c->intent.own_memory)
		s->arg[CT_CREATE_ABOVE] = foreign_levels(p->place.path, c->facts);
	return 0;
}

static int plan_v2(const struct ct_cgroup_part *p, struct ct_compile *c)
{
	const struct ct_facts *f = c->facts;
	char parent[PATH_MAX];
	struct ct_step *s;
	uint32_t name;
	int levels, r;

	if (parent_of(p, f, parent, sizeof(parent), &levels) < 0)
		return ct_compile_fail(c, -ENAMETOOLONG, "cgroup_parent", NULL);
	name = ct_emit_str(c, c->name);
	s = ct_emit(c, CT_STAGE_GROUP, OP(CREATE), parent);
	set_identity(s, &p->parent, flags_of(p, f));
	s->str[0] = name;
	if (!c->intent.own_memory)
		s->arg[CT_CREATE_ABOVE] = foreign_levels(parent, f);
	emit_limits(p, levels, flags_of(p, f), c);
	r = emit_devices(p, c);
	return r ? r : emit_delegate(p, c);
}

static int plan(const void *part, struct ct_compile *c)
{
	const struct ct_cgroup_part *p = part;
	int r = 0;

	if (p->place.path)
		return plan_place(p, c);
	if (c->intent.group)
		r = plan_v2(p, c);
	else if (!c->intent.v1)
		ct_emit(c, CT_STAGE_GROUP, OP(NONE),
			*c->facts->v2_mount ? "the caller has no group that it may divide" :
					      "no cgroup2 file system is mounted");
	return r ? r : ct_cgroup_plan_v1(p, c);
}

static const struct ct_op ops[] = {
	[CREATE] = { .name = "group-create",
		     .run = ct_cgroup_op_create,
		     .undo = ct_cgroup_undo_create,
		     .describe = ct_cgroup_describe_create,
		     .hint = ct_cgroup_hint_create,
		     .calls = "getpid mkdirat ( mkdirat mkdirat )?{a1&1} openat flock openat "
			      "pread64 newfstatat{a3&-1} ( openat write close )* "
			      "( openat ( read close )? ){a0}",
		     .undo_says = "remove the group" },
	[PLACE] = { .name = "group-place",
		    .run = ct_cgroup_op_place,
		    .undo = ct_cgroup_undo_place,
		    .describe = ct_cgroup_describe_place,
		    .hint = ct_cgroup_hint_create,
		    .calls = "openat newfstatat{a3&-1} fstatfs openat pread64? "
			     "openat fgetxattr faccessat2 close "
			     "( openat ( read close )? ){a0} ( openat ( read close )? )?{a1&2}",
		    .undo_says = "close it" },
	[DEVICES] = { .name = "group-devices",
		      .run = ct_cgroup_op_devices,
		      .describe = ct_cgroup_describe_devices,
		      .hint = ct_cgroup_hint_devices,
		      .calls = CT_DEVICES_CALLS_NEW },
	[DELEGATE] = { .name = "group-delegate",
		       .run = ct_cgroup_op_delegate,
		       .describe = ct_cgroup_describe_delegate,
		       .hint = ct_cgroup_hint_delegate,
		       .calls = "fstatfs faccessat2 ( openat read close )? "
				"( newfstatat fchownat? )*" },
	[LIMIT] = { .name = "group-limit",
		    .run = ct_cgroup_op_limit,
		    .describe = ct_cgroup_describe_limit,
		    .hint = ct_cgroup_hint_limit,
		    .calls = "( openat ( openat read close faccessat2? openat write close ){a0} )? "
			     "openat write close" },
	[V1_CREATE] = { .name = "group-v1-create",
			.run = ct_cgroup_op_v1_create,
			.undo = ct_cgroup_undo_v1_create,
			.describe = ct_cgroup_describe_v1,
			.hint = ct_cgroup_hint_v1,
			.calls = CT_V1_CALLS " openat flock openat",
			.undo_says = "remove the group" },
	[ATTACH] = { .name = "group-attach",
		     .describe = ct_cgroup_describe_attach,
		     .hint = ct_cgroup_hint_attach,
		     .calls = "write{a0}" },
	[NONE] = { .name = "group-none",
		   .run = ct_cgroup_op_nothing,
		   .describe = ct_cgroup_describe_none,
		   .calls = "" },
};

const struct ct_module ct_cgroup_module = {
	.name = "cgroup",
	.part_size = sizeof(struct ct_cgroup_part),
	.part_free = part_free,
	.intend = ct_cgroup_intend,
	.plan = plan,
	.amend = ct_cgroup_amend,
	.ops = ops,
	.nops = sizeof(ops) / sizeof(ops[0]),
};
