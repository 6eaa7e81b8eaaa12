/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* First pass: what of the spec cannot be had here, and why. */
#include "cgroup.h"
#include "cgroup_plan.h"
#include "config.h"
#include "devices.h"
#include "plan/compile.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

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

static int check_place(const char *field, const struct ct_cgroup_part *p, struct ct_compile *c)
{
	if (has_place(p, c->facts))
		return 0;
	return ct_compile_fail(c, -EACCES, field,
			       c->facts->is_privileged ? hint_no_place_root : hint_no_place);
}

static int check_v2(const struct ct_limit *l, const struct ct_cgroup_part *p, struct ct_compile *c)
{
	const struct ct_facts *f = c->facts;
	int r = check_place(l->row->field, p, c);
	char hint[400];

	if (r < 0 || p->parent.path || f->delegated_controllers & 1u << l->controller)
		return r;
	snprintf(hint, sizeof(hint),
		 "the group %.120s, which the caller may divide, was not given the controller %s%s",
		 f->delegated, ct_controller_name(l->controller),
		 f->is_privileged ? "" : hint_delegate);
	return ct_compile_fail(c, -EOPNOTSUPP, l->row->field, hint);
}

/* Whether groups can be made where cgroup v1 holds the controller. */
static int check_v1(const char *field, unsigned controller, struct ct_compile *c)
{
	const char *name = ct_controller_name(controller), *mount = c->facts->v1_mount[controller];
	char hint[400];

	if (!c->facts->is_privileged) {
		snprintf(hint, sizeof(hint),
			 "the controller %s is bound to cgroup v1 at %.200s, where only root makes "
			 "groups; boot with cgroup_no_v1=%s to have it in v2",
			 name, mount, name);
		return ct_compile_fail(c, -EACCES, field, hint);
	}
	if (!CT_HAVE_LIBCGROUP) {
		snprintf(hint, sizeof(hint),
			 "the controller %s is bound to cgroup v1 at %.200s, and this library was "
			 "built without libcgroup (meson -Dlibcgroup=enabled)",
			 name, mount);
		return ct_compile_fail(c, -EOPNOTSUPP, field, hint);
	}
	return 0;
}

static int check_limit(const struct ct_limit *l, const struct ct_cgroup_part *p,
		       struct ct_compile *c)
{
	char hint[200];
	int r;

	if (l->controller >= CT_CONTROLLERS) /* of every group: cgroup.max.descendants */
		return check_place(l->row->field, p, c);
	switch (c->facts->held[l->controller]) {
	case CT_HELD_V2:
		return check_v2(l, p, c);
	case CT_HELD_V1:
		r = check_v1(l->row->field, l->controller, c);
		return r ? r : ct_cgroup_v1_check(&p->limits, l->controller, c);
	}
	snprintf(hint, sizeof(hint),
		 "no cgroup hierarchy that is mounted here has the controller %s (cgroups(7), "
		 "cgroup_disable= on the kernel's command line)",
		 ct_controller_name(l->controller));
	return ct_compile_fail(c, -EOPNOTSUPP, l->row->field, hint);
}

static int intend_limits(const struct ct_cgroup_part *p, struct ct_compile *c)
{
	for (size_t k = 0; k < p->limits.n; k++) {
		const struct ct_limit *l = &p->limits.v[k];
		int r = check_limit(l, p, c);

		if (r < 0)
			return r;
		if (ct_cgroup_is_v1(l, c->facts))
			ct_cgroup_v1_of(&c->intent, c->facts, l->controller);
		/* the kernel kills all that share memory with the one that it takes */
		if (l->row->id == CT_LIMIT_MEMORY_OOM_GROUP && l->num[0])
			c->intent.own_memory = "its group has memory.oom.group";
	}
	return 0;
}

/* Devices that the spec gives; those that set-up makes have to be made, too. */
static int add_given(contain_devices *rules, const struct ct_intent *i)
{
	struct ct_device_rule rule = { .allow = 1 };
	int r = 0;

	for (size_t k = 0; k < i->devices && !r; k++) {
		rule.major = (int32_t)i->device[k].major;
		rule.minor = (int32_t)i->device[k].minor;
		rule.type = i->device[k].block ? CT_DEVICE_BLOCK : CT_DEVICE_CHAR;
		rule.access = i->device[k].access | (i->device_nodes ? CONTAIN_DEVICE_MKNOD : 0);
		r = ct_devices_add(rules, rule);
	}
	return r;
}

/*
 * The rules hold for the set-up as well, which opens the null device for stdio and makes the nodes
 * of a /dev of the container's own. Making a node opens nothing.
 */
int ct_cgroup_rules(const struct ct_cgroup_part *p, const struct ct_intent *i,
		    contain_devices **ret)
{
	static const uint8_t nodes[][2] = { { 1, 5 }, { 1, 7 }, { 1, 8 }, { 1, 9 }, { 5, 0 } };
	struct ct_device_rule rule = {
		.major = 1,
		.minor = 3,
		.allow = 1,
		.type = CT_DEVICE_CHAR,
		.access = CONTAIN_DEVICE_READ | CONTAIN_DEVICE_WRITE | CONTAIN_DEVICE_MKNOD,
	};
	contain_devices *rules;
	int r = contain_devices_copy(p->devices, &rules);

	if (r < 0)
		return r;
	r = ct_devices_add(rules, rule);
	rule.access = CONTAIN_DEVICE_MKNOD;
	for (size_t k = 0; k < sizeof(nodes) / sizeof(nodes[0]) && i->device_nodes && !r; k++) {
		rule.major = nodes[k][0];
		rule.minor = nodes[k][1];
		r = ct_devices_add(rules, rule);
	}
	if (!r)
		r = add_given(rules, i);
	if (r < 0)
		contain_devices_free(rules);
	else
		*ret = rules;
	return r;
}

static int intend_devices(const struct ct_cgroup_part *p, struct ct_compile *c)
{
	int r;

	if (!p->devices || c->intent.group)
		return 0;
	if (c->facts->held[CT_CONTROLLER_DEVICES] != CT_HELD_V1)
		return check_place("devices", p, c);
	r = check_v1("devices", CT_CONTROLLER_DEVICES, c);
	if (!r)
		ct_cgroup_v1_of(&c->intent, c->facts, CT_CONTROLLER_DEVICES);
	return r;
}

static int intend_place(const struct ct_cgroup_part *p, struct ct_compile *c)
{
	const char *field = "cgroup";

	if (!p->place.path)
		return 0;
	if (!*c->facts->v2_mount)
		return ct_compile_fail(c, -EOPNOTSUPP, field,
				       "no cgroup2 file system is mounted here");
	if (p->parent.path || p->limits.n || p->devices || p->delegate)
		return ct_compile_fail(c, -EINVAL, field,
				       "a group that exists stays as it is: without cgroup_parent, "
				       "limits, devices and cgroup_delegate");
	if (!(c->intent.namespaces & CONTAIN_NS_PID))
		return ct_compile_fail(c, -EINVAL, field,
				       "goes only with a new pid namespace: nothing else could end "
				       "all processes of the container");
	c->intent.group = 1;
	return 0;
}

/*
 * Who is root inside may write what it owns. The limits are not its own when another user made
 * the group, and otherwise kept from it by the kernel at the root of a cgroup namespace.
 */
static int intend_delegate(const struct ct_cgroup_part *p, struct ct_compile *c)
{
	const char *field = "cgroup_delegate";

	if (!p->delegate)
		return 0;
	if (!c->intent.group)
		return check_place(field, p, c);
	if (!(c->intent.namespaces & CONTAIN_NS_CGROUP))
		return ct_compile_fail(c, -EINVAL, field,
				       "needs a new cgroup namespace: in another one all groups of "
				       "the host would be seen");
	c->intent.group_writable = 1;
	return 0;
}

int ct_cgroup_intend(const void *part, struct ct_compile *c)
{
	const struct ct_cgroup_part *p = part;
	struct ct_intent *i = &c->intent;
	int r;

	if (*c->facts->v2_mount)
		i->v2_mount = c->facts->v2_mount;
	else if (p->parent.path)
		return ct_compile_fail(c, -EOPNOTSUPP, "cgroup_parent",
				       "no cgroup2 file system is mounted here");
	r = intend_place(p, c);
	if (r < 0 || p->place.path)
		return r;
	i->group = has_place(p, c->facts);
	r = intend_limits(p, c);
	if (!r)
		r = intend_devices(p, c);
	/* without v2 it is what pauses a container */
	if (!*c->facts->v2_mount && c->facts->is_privileged && CT_HAVE_LIBCGROUP &&
	    c->facts->held[CT_CONTROLLER_FREEZER] == CT_HELD_V1)
		ct_cgroup_v1_of(i, c->facts, CT_CONTROLLER_FREEZER);
	return r ? r : intend_delegate(p, c);
}
