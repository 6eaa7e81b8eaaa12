/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cgroup.h"
#include "cgroup_rows.h"
#include "cgroup_plan.h"
#include "config.h"
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
	free(((struct ct_cgroup_part *)part)->parent.path);
}

struct limit {
	const char *field, *key;
	int controller;
	char value[48];
};

#define LIMITS 3

/* The limits that were asked for, as v2 writes them. */
static size_t limits_of(const struct ct_cgroup_part *p, struct limit *l)
{
	size_t n = 0;

	if (p->memory_max) {
		l[n] = (struct limit){ "memory_max", "memory.max", CT_CONTROLLER_MEMORY, "" };
		snprintf(l[n++].value, sizeof(l->value), "%llu", (unsigned long long)p->memory_max);
	}
	if (p->pids_max) {
		l[n] = (struct limit){ "pids_max", "pids.max", CT_CONTROLLER_PIDS, "" };
		snprintf(l[n++].value, sizeof(l->value), "%llu", (unsigned long long)p->pids_max);
	}
	if (p->cpu_quota) {
		l[n] = (struct limit){ "cpu_max", "cpu.max", CT_CONTROLLER_CPU, "" };
		snprintf(l[n++].value, sizeof(l->value), "%llu %llu",
			 (unsigned long long)p->cpu_quota, (unsigned long long)p->cpu_period);
	}
	return n;
}

static int has_place(const struct ct_cgroup_part *p, const struct ct_facts *f)
{
	return *f->v2_mount && (p->parent.path || *f->delegated);
}

static const char hint_no_place_root[] =
	"no group may be made here: the cgroup file system is read-only, or all groups above the "
	"caller hold processes; name a parent group";
static const char hint_no_place[] = "the caller has no cgroup that it may divide: " CT_HINT_SCOPE;
static const char hint_delegate[] = ": its owner has to delegate it (systemd: Delegate=cpu memory "
				    "pids for user@.service), or " CT_HINT_SCOPE;

static int check_v2(const struct limit *l, const struct ct_cgroup_part *p, struct ct_compile *c)
{
	const struct ct_facts *f = c->facts;
	char hint[400];

	if (!has_place(p, f))
		return ct_compile_fail(c, -EACCES, l->field,
				       f->is_privileged ? hint_no_place_root : hint_no_place);
	if (p->parent.path || f->delegated_controllers & 1u << l->controller)
		return 0;
	snprintf(hint, sizeof(hint),
		 "the group %.120s, which the caller may divide, was not given the controller %s%s",
		 f->delegated, ct_controller_name((unsigned)l->controller),
		 f->is_privileged ? "" : hint_delegate);
	return ct_compile_fail(c, -EOPNOTSUPP, l->field, hint);
}

static int check_v1(const struct limit *l, struct ct_compile *c)
{
	const char *name = ct_controller_name((unsigned)l->controller);
	const char *mount = c->facts->v1_mount[l->controller];
	char hint[400];

	if (!c->facts->is_privileged) {
		snprintf(hint, sizeof(hint),
			 "the controller %s is bound to cgroup v1 at %.200s, where only root makes "
			 "groups; boot with cgroup_no_v1=%s to have it in v2",
			 name, mount, name);
		return ct_compile_fail(c, -EACCES, l->field, hint);
	}
	if (!CT_HAVE_LIBCGROUP) {
		snprintf(hint, sizeof(hint),
			 "the controller %s is bound to cgroup v1 at %.200s, and this library was "
			 "built without libcgroup (meson -Dlibcgroup=enabled)",
			 name, mount);
		return ct_compile_fail(c, -EOPNOTSUPP, l->field, hint);
	}
	return 0;
}

static int check_limit(const struct limit *l, const struct ct_cgroup_part *p, struct ct_compile *c)
{
	char hint[200];

	switch (c->facts->held[l->controller]) {
	case CT_HELD_V2:
		return check_v2(l, p, c);
	case CT_HELD_V1:
		return check_v1(l, c);
	}
	snprintf(hint, sizeof(hint),
		 "no cgroup hierarchy that is mounted here has the controller %s (cgroups(7), "
		 "cgroup_disable= on the kernel's command line)",
		 ct_controller_name((unsigned)l->controller));
	return ct_compile_fail(c, -EOPNOTSUPP, l->field, hint);
}

/* Hierarchies may hold several controllers (cpu,cpuacct): the child enters each once. */
static uint32_t v1_of(struct ct_intent *i, const struct ct_facts *f, int controller)
{
	for (uint32_t k = 0; k < i->v1; k++)
		if (!strcmp(i->v1_mounts[k], f->v1_mount[controller]))
			return k;
	i->v1_mounts[i->v1] = f->v1_mount[controller];
	i->v1_names[i->v1] = ct_controller_name((unsigned)controller);
	return i->v1++;
}

static int intend(const void *part, struct ct_compile *c)
{
	const struct ct_cgroup_part *p = part;
	struct ct_intent *i = &c->intent;
	struct limit l[LIMITS];
	size_t n = limits_of(p, l);

	if (*c->facts->v2_mount)
		i->v2_mount = c->facts->v2_mount;
	else if (p->parent.path)
		return ct_compile_fail(c, -EOPNOTSUPP, "cgroup_parent",
				       "no cgroup2 file system is mounted here");
	i->group = has_place(p, c->facts);
	for (size_t k = 0; k < n; k++) {
		int r = check_limit(&l[k], p, c);

		if (r < 0)
			return r;
		if (c->facts->held[l[k].controller] == CT_HELD_V1)
			v1_of(i, c->facts, l[k].controller);
	}
	return 0;
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

static void emit_limits(const struct limit *l, size_t n, int levels, int flags,
			struct ct_compile *c)
{
	for (size_t k = 0; k < n; k++) {
		uint32_t value, controller;
		struct ct_step *s;

		if (c->facts->held[l[k].controller] != CT_HELD_V2)
			continue;
		value = ct_emit_str(c, l[k].value);
		controller = ct_emit_str(c, ct_controller_name((unsigned)l[k].controller));
		s = ct_emit(c, CT_STAGE_GROUP, OP(LIMIT), l[k].key);
		s->slot = CT_SLOT_GROUP;
		s->str[0] = value;
		s->str[1] = controller;
		s->arg[0] = levels;
		s->arg[1] = flags;
	}
}

static int plan_v2(const struct ct_cgroup_part *p, const struct limit *l, size_t n,
		   struct ct_compile *c)
{
	const struct ct_facts *f = c->facts;
	char parent[PATH_MAX];
	struct ct_step *s;
	uint32_t name;
	int levels, flags = 0;

	if (parent_of(p, f, parent, sizeof(parent), &levels) < 0)
		return ct_compile_fail(c, -ENAMETOOLONG, "cgroup_parent", NULL);
	if (f->is_privileged)
		flags |= CT_CREATE_PRIVILEGED;
	if (f->is_privileged && !p->parent.path)
		flags |= CT_CREATE_HOME;
	if (f->held[CT_CONTROLLER_MEMORY] == CT_HELD_V2)
		flags |= CT_CREATE_MEMORY;
	name = ct_emit_str(c, c->name);
	s = ct_emit(c, CT_STAGE_GROUP, OP(CREATE), parent);
	s->slot = CT_SLOT_GROUP;
	s->str[0] = name;
	s->arg[CT_CREATE_ABOVE] = c->intent.own_memory ? 0 : foreign_levels(parent, f);
	s->arg[CT_CREATE_FLAGS] = flags;
	s->arg[CT_CREATE_DEV] = (int64_t)p->parent.dev;
	s->arg[CT_CREATE_INO] = (int64_t)p->parent.ino;
	emit_limits(l, n, levels, flags, c);
	return 0;
}

static void set_v1_value(struct ct_step *s, int controller, const struct ct_cgroup_part *p)
{
	if (controller == CT_CONTROLLER_MEMORY)
		s->arg[CT_V1_MEMORY] = (int64_t)p->memory_max;
	if (controller == CT_CONTROLLER_PIDS)
		s->arg[CT_V1_PIDS] = (int64_t)p->pids_max;
	if (controller == CT_CONTROLLER_CPU) {
		s->arg[CT_V1_QUOTA] = (int64_t)p->cpu_quota;
		s->arg[CT_V1_PERIOD] = (int64_t)p->cpu_period;
	}
}

static void plan_v1(const struct ct_cgroup_part *p, const struct limit *l, size_t n,
		    struct ct_compile *c)
{
	struct ct_intent *i = &c->intent;
	uint32_t hierarchies = i->v1;
	struct ct_step *s;

	for (uint32_t k = 0; k < hierarchies; k++) {
		uint32_t mount = ct_emit_str(c, i->v1_mounts[k]), name = ct_emit_str(c, c->name);

		s = ct_emit(c, CT_STAGE_GROUP, OP(V1_CREATE), i->v1_names[k]);
		s->slot = (uint8_t)(CT_SLOT_V1 + k);
		s->str[0] = mount;
		s->str[1] = name;
		for (size_t m = 0; m < n; m++)
			if (c->facts->held[l[m].controller] == CT_HELD_V1 &&
			    v1_of(i, c->facts, l[m].controller) == k)
				set_v1_value(s, l[m].controller, p);
	}
	if (hierarchies) {
		s = ct_emit(c, CT_STAGE_ATTACH, OP(ATTACH), NULL);
		s->slot = CT_SLOT_V1;
		s->arg[0] = hierarchies;
	}
}

static int plan(const void *part, struct ct_compile *c)
{
	const struct ct_cgroup_part *p = part;
	struct limit l[LIMITS];
	size_t n = limits_of(p, l);
	int r = 0;

	if (c->intent.group)
		r = plan_v2(p, l, n, c);
	else if (!c->intent.v1)
		ct_emit(c, CT_STAGE_GROUP, OP(NONE),
			*c->facts->v2_mount ? "the caller has no group that it may divide" :
					      "no cgroup2 file system is mounted");
	if (!r)
		plan_v1(p, l, n, c);
	return r;
}

static const struct ct_op ops[] = {
	[CREATE] = { .name = "group-create",
		     .run = ct_cgroup_op_create,
		     .undo = ct_cgroup_undo_create,
		     .describe = ct_cgroup_describe_create,
		     .hint = ct_cgroup_hint_create,
		     .calls = "getpid mkdirat ( mkdirat mkdirat )?{a1&1} openat flock openat "
			      "pread64 newfstatat{a3&-1} ( openat ( read close )? ){a0}",
		     .undo_says = "remove the group" },
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
	.intend = intend,
	.plan = plan,
	.amend = ct_cgroup_amend,
	.ops = ops,
	.nops = sizeof(ops) / sizeof(ops[0]),
};
