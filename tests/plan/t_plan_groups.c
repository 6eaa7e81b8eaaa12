/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Plans of groups: every limit, in v1 where it is bound to that; devices, delegation, a place. */
#include "machines.h"

#include "config.h"

#include <contain/namespace.h>
#include <contain/resources.h>
#include <fcntl.h>

static void dir(container_spec *s)
{
	container_spec_set_root_dir(s, AT_FDCWD, "/srv/root", CONTAIN_ROOT_READONLY);
}

static contain_limits *limits_new(void)
{
	contain_limits *l = NULL;

	T_CHECK(contain_limits_new(&l) == 0);
	return l;
}

static void give(container_spec *s, contain_limits *l)
{
	container_spec_set_limits(s, l);
	contain_limits_free(l);
}

/* What v1 knows too. */
static void common_limits(container_spec *s)
{
	contain_limits *l = limits_new();

	dir(s);
	contain_limits_set_cpu_weight(l, 200);
	contain_limits_set_cpu_max(l, 50000, 100000);
	contain_limits_set_cpuset_cpus(l, "0-1");
	contain_limits_set_memory_max(l, 64 << 20);
	contain_limits_set_memory_swap_max(l, 0);
	contain_limits_set_pids_max(l, 32);
	contain_limits_set_io_max(l, 8, 0, CONTAIN_IO_RBPS, 1 << 20);
	contain_limits_set_io_max(l, 8, 0, CONTAIN_IO_WIOPS, 100);
	give(s, l);
}

static void v2_limits(container_spec *s)
{
	contain_limits *l = limits_new();

	common_limits(s);
	contain_limits_set_memory_high(l, 32 << 20);
	contain_limits_set_memory_swap_high(l, 8 << 20);
	contain_limits_set_memory_oom_group(l, 1);
	contain_limits_set_raw(l, "cgroup.max.descendants", "5");
	contain_limits_set_memory_max(l, 128 << 20); /* in the place of the one before */
	give(s, l);
}

static void memory_high(container_spec *s)
{
	contain_limits *l = limits_new();

	dir(s);
	contain_limits_set_memory_high(l, 32 << 20);
	give(s, l);
}

static void refused_setter(container_spec *s)
{
	contain_limits *l = limits_new();

	dir(s);
	contain_limits_set_cpu_weight(l, 0);
	give(s, l);
}

static void devices(container_spec *s)
{
	contain_devices *d = NULL;

	dir(s);
	T_CHECK(contain_devices_new_default(&d) == 0);
	container_spec_set_devices(s, d);
	contain_devices_free(d);
}

static void place(container_spec *s)
{
	dir(s);
	container_spec_set_cgroup(s, AT_FDCWD, "/sys/fs/cgroup/batch.slice/queue");
}

static void place_and_limit(container_spec *s)
{
	place(s);
	container_spec_set_pids_max(s, 5);
}

static void place_without_pids(container_spec *s)
{
	place(s);
	container_spec_set_namespaces(s, CONTAIN_NS_MNT | CONTAIN_NS_IPC);
}

static void delegate(container_spec *s)
{
	dir(s);
	container_spec_set_cgroup_delegate(s, 1);
}

static void delegate_ids(container_spec *s)
{
	delegate(s);
	container_spec_add_uid_range(s, 0, 100000, 65536);
	container_spec_add_gid_range(s, 0, 200000, 65536);
}

/* Root inside is another one, and has a capability over the files of the host's root. */
static void delegate_with_owner(container_spec *s)
{
	delegate_ids(s);
	container_spec_add_uid_range(s, 65536, 0, 1);
	container_spec_add_gid_range(s, 65536, 0, 1);
}

static void delegate_in_host(container_spec *s)
{
	delegate(s);
	container_spec_set_namespaces(s, CONTAIN_NS_MNT | CONTAIN_NS_PID);
}

/* ---- machines ---- */

static void every_controller(struct ct_facts *f, enum ct_held where)
{
	for (int i = 0; i <= CT_CONTROLLER_MISC; i++) {
		f->held[i] = (uint8_t)where;
		if (where == CT_HELD_V2)
			f->delegated_controllers |= 1u << i;
		else
			sprintf(f->v1_mount[i], "/sys/fs/cgroup/%s",
				i == CT_CONTROLLER_IO ? "blkio" : ct_controller_name((unsigned)i));
	}
}

static void full_root(struct ct_facts *f)
{
	modern_root(f);
	every_controller(f, CT_HELD_V2);
}

static void full_hybrid(struct ct_facts *f)
{
	hybrid_root(f);
	every_controller(f, CT_HELD_V1);
	f->held[CT_CONTROLLER_DEVICES] = CT_HELD_V1;
	strcpy(f->v1_mount[CT_CONTROLLER_DEVICES], "/sys/fs/cgroup/devices");
}

static void legacy_root(struct ct_facts *f)
{
	full_hybrid(f);
	f->cgroup_mode = CT_CGROUP_LEGACY;
	f->v2_mount[0] = f->delegated[0] = f->own_group[0] = 0;
}

static void no_border(struct ct_facts *f)
{
	modern_root(f);
	f->v2_nsdelegate = 0;
}

/* ---- golden files ---- */

static const struct scene plans[] = {
	{ "root-all-limits", full_root, v2_limits },
	{ "root-devices", modern_root, devices },
	{ "root-place", modern_root, place },
	{ "root-delegate", modern_root, delegate },
	{ "root-delegate-ids", no_border, delegate_ids },
	{ "delegated-delegate", delegated_user, delegate },
	{ "hybrid-devices", full_hybrid, devices },
}, plans_v1[] = {
	{ "hybrid-all-limits", full_hybrid, common_limits },
	{ "legacy-devices", legacy_root, devices },
}, refused[] = {
	{ "no-group-place", bare_root, place },
	{ "place-and-limit", modern_root, place_and_limit },
	{ "place-without-pids", modern_root, place_without_pids },
	{ "delegate-to-the-host's-root", no_border, delegate },
	{ "delegate-with-the-owner", no_border, delegate_with_owner },
	{ "delegate-in-the-host's-view", modern_root, delegate_in_host },
	{ "delegate-without-group", plain_user, delegate },
	{ "delegate-ids-of-others", delegated_user, delegate_ids },
	{ "devices-without-group", plain_user, devices },
	{ "limit-without-controller", modern_root, v2_limits },
	{ "limit-without-hierarchy", bare_root, memory_high },
}, refused_v1[] = {
	{ "limit-of-v2-alone", full_hybrid, memory_high },
};
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

TEST(explain_is_what_it_was)
{
	hold_plans(plans, COUNT(plans));
	if (CT_HAVE_LIBCGROUP)
		hold_plans(plans_v1, COUNT(plans_v1));
}

TEST(refusals_are_what_they_were)
{
	hold_refusals("groups-refused", refused, COUNT(refused));
	if (CT_HAVE_LIBCGROUP)
		hold_refusals("groups-v1-refused", refused_v1, COUNT(refused_v1));
}

/* The set is refused as a whole, with the name of the limit, and the spec stays as it was. */
TEST(a_limit_that_cannot_be_is_named)
{
	container_plan *p = NULL;
	contain_error *e = NULL;
	const struct scene scene = { "", full_root, refused_setter };

	T_CHECK(compile(&scene, &p, &e) == -EINVAL && !p);
	T_CHECK(contain_error_phase(e) == CONTAIN_PHASE_SPEC);
	ck_assert_str_eq(contain_error_object(e), "cpu_weight");
	contain_error_free(e);
}
