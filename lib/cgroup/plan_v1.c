/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Limits whose controllers are bound to cgroup v1: a group in each of those hierarchies. */
#include "cgroup.h"
#include "cgroup_plan.h"
#include "cgroup_rows.h"
#include "devices.h"
#include "plan/compile.h"
#include "plan/text.h"
#include "v1.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define OP(row) CT_OP(CT_MODULE_CGROUP, row)

int ct_cgroup_is_v1(const struct ct_limit *l, const struct ct_facts *f)
{
	return l->controller < CT_CONTROLLERS && f->held[l->controller] == CT_HELD_V1;
}

/* Hierarchies may hold several controllers (cpu,cpuacct): the child enters each once. */
uint32_t ct_cgroup_v1_of(struct ct_intent *i, const struct ct_facts *f, unsigned controller)
{
	for (uint32_t k = 0; k < i->v1; k++)
		if (!strcmp(i->v1_mounts[k], f->v1_mount[controller]))
			return k;
	i->v1_mounts[i->v1] = f->v1_mount[controller];
	i->v1_names[i->v1] = ct_controller_name(
		controller == CT_CONTROLLER_IO ? CT_CONTROLLER_BLKIO : controller);
	return i->v1++;
}

int ct_cgroup_v1_check(const contain_limits *limits, unsigned controller, struct ct_compile *c)
{
	const struct ct_limit *bad = NULL;
	const char *why = NULL;
	char *lines, hint[300];
	int r = ct_limits_v1(limits, controller, &lines, &bad, &why);

	if (r < 0) {
		snprintf(hint, sizeof(hint), "%.160s (the controller %s is bound to cgroup v1)",
			 why ? why : "out of memory", ct_controller_name(controller));
		return ct_compile_fail(c, r, bad ? bad->row->field : "limits", hint);
	}
	free(lines);
	return 0;
}

static void add_lines(struct ct_text *out, char *lines)
{
	ct_text_add(out, lines);
	free(lines);
}

static int add_rules(const struct ct_cgroup_part *p, struct ct_compile *c, struct ct_text *out)
{
	contain_devices *rules;
	const char *why = NULL;
	char *lines;
	int r = ct_cgroup_rules(p, &c->intent, &rules);

	if (!r) {
		r = ct_devices_v1(rules, &lines, &why);
		contain_devices_free(rules);
	}
	if (r < 0)
		return ct_compile_fail(c, r, "devices", why);
	add_lines(out, lines);
	return 0;
}

/* The lines of all controllers in the k-th hierarchy. */
static int settings_of(const struct ct_cgroup_part *p, uint32_t k, struct ct_compile *c,
		       struct ct_text *out)
{
	const struct ct_facts *f = c->facts;
	const struct ct_limit *bad;
	const char *why = NULL;
	char *lines;
	int r;

	for (unsigned i = 0; i < CT_CONTROLLERS; i++) {
		if (i == CT_CONTROLLER_BLKIO) /* io is its name here */
			continue;
		if (f->held[i] != CT_HELD_V1 || strcmp(f->v1_mount[i], c->intent.v1_mounts[k]))
			continue;
		r = ct_limits_v1(&p->limits, i, &lines, &bad, &why);
		if (r < 0)
			return ct_compile_fail(c, r, "limits", why);
		add_lines(out, lines);
		if (i != CT_CONTROLLER_DEVICES || !p->devices || c->intent.group)
			continue;
		r = add_rules(p, c, out);
		if (r < 0)
			return r;
	}
	return out->oom ? ct_compile_fail(c, -ENOMEM, "limits", NULL) : 0;
}

static int plan_hierarchy(const struct ct_cgroup_part *p, uint32_t k, struct ct_compile *c)
{
	const struct ct_intent *i = &c->intent;
	uint32_t mount = ct_emit_str(c, i->v1_mounts[k]), name = ct_emit_str(c, c->name), text;
	struct ct_text settings = { 0 };
	struct ct_step *s;
	int r = settings_of(p, k, c, &settings);

	text = ct_emit_str(c, settings.buf);
	ct_text_free(&settings);
	if (r < 0)
		return r;
	s = ct_emit(c, CT_STAGE_GROUP, OP(V1_CREATE), i->v1_names[k]);
	s->slot = (uint8_t)(CT_SLOT_V1 + k);
	s->str[0] = mount;
	s->str[1] = name;
	s->arg[0] = text;
	return 0;
}

int ct_cgroup_plan_v1(const struct ct_cgroup_part *p, struct ct_compile *c)
{
	uint32_t hierarchies = c->intent.v1;
	struct ct_step *s;

	for (uint32_t k = 0; k < hierarchies; k++) {
		int r = plan_hierarchy(p, k, c);

		if (r < 0)
			return r;
	}
	if (hierarchies) {
		s = ct_emit(c, CT_STAGE_ATTACH, OP(ATTACH), NULL);
		s->slot = CT_SLOT_V1;
		s->arg[0] = hierarchies;
	}
	return 0;
}
