/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A start whose volumes are id-mapped makes user namespaces and mounts of the parent's own: every
 * system call of that fails once, and no namespace, mount, process or fd stays.
 */
#include "t_each.h"

#include <contain/contain.h>
#include <fcntl.h>

static struct fx_place place;
static container_plan *plan;

static container_spec *fill(void)
{
	const char *const layers[] = { place.root, NULL };
	static const char *const argv[] = { "/bin/true", NULL };
	container_spec *s = NULL;

	ck_assert_int_eq(container_spec_new(&s), 0);
	container_spec_set_name(s, place.name);
	container_spec_set_argv(s, argv);
	container_spec_set_root_overlay(s, AT_FDCWD, layers, 1 << 20, 0);
	container_spec_set_namespaces(s, CONTAIN_NS_USER | CONTAIN_NS_MNT | CONTAIN_NS_PID);
	container_spec_add_mount(s, AT_FDCWD, place.root, "/mnt", NULL, "rbind,idmap,rro");
	container_spec_add_mount(s, AT_FDCWD, place.root, "/srv", NULL, "bind,idmap=0:0:1000");
	container_spec_add_mount(s, AT_FDCWD, "/no/such/source", "/var", NULL,
				 "bind,idmap,optional");
	return s;
}

static int run_start(const char *what)
{
	container *c = NULL;
	int r = container_plan_spawn(plan, NULL, &c, &error);

	ct_seam->on = 0;
	T_CHECK(!r == !!c, "%s", what);
	if (!c)
		return r;
	T_EXPECT(container_delete(c, 10000 * t_slow(), NULL) == 0, "%s", what);
	container_free(c);
	return r;
}

TEST_LIMIT(every_call_of_the_parent, 120)
{
	const struct each_path path = { "idmapped volumes", run_start };
	container_spec *s;

	t_need_root();
	fx_place_make(&place);
	s = fill();
	ck_assert_int_eq(container_plan_compile(s, &plan, NULL), 0);
	container_spec_free(s);
	fx_seam_open();
	if (run_start("as it is") < 0) {
		contain_error_free(error);
		t_skip("the file system of the tests cannot be id-mapped on this kernel");
	}
	each_call(&path, NULL);
	container_plan_free(plan);
}
