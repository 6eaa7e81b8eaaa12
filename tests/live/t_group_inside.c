/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a container may do with its group, and with devices. */
#include "t_group.h"

#include <errno.h>
#include <signal.h>

static void need_v2(void)
{
	t_need_root();
	if (!t_cgroup_mount("cgroup2"))
		t_skip("no cgroup2 file system is mounted");
}

/* ---- delegation ---- */

static void other_ids(container_spec *s)
{
	container_spec_add_uid_range(s, 0, 100000, 65536);
	container_spec_add_gid_range(s, 0, 100000, 65536);
}

static const char divide[] =
	"cd /sys/fs/cgroup || exit 2; "
	"busybox mkdir sub || exit 3; "
	"echo 0 >sub/cgroup.procs || exit 4; "
	"cat /proc/self/cgroup; "
	"echo 3 >sub/cgroup.max.depth && echo own; "
	"echo 3 >cgroup.max.depth || echo 'not its limits'; "
	"echo 1 >cgroup.freeze || echo 'not the top'";

TEST(a_container_divides_its_group)
{
	struct ts t;

	need_v2();
	ts_dir(&t, CONTAIN_ROOT_READONLY);
	other_ids(t.spec);
	container_spec_set_cgroup_delegate(t.spec, 1);
	ts_sh(&t, divide);
	ts_run(&t);
	ts_has(&t, "0::/sub\n");
	ts_has(&t, "own\n");
	ts_has(&t, "not its limits\n");
	ts_has(&t, "not the top\n");
}

TEST(a_container_that_may_not)
{
	struct ts t;

	need_v2();
	ts_dir(&t, CONTAIN_ROOT_READONLY);
	other_ids(t.spec);
	ts_sh(&t, divide);
	ts_run_to(&t, 3);
	ts_has(&t, "Read-only");
}

/* Root inside is root outside: only a border at the cgroup namespace keeps it from its limits. */
TEST(delegation_to_the_hosts_root)
{
	struct ct_facts *f = malloc(sizeof(*f));
	struct ts t;

	need_v2();
	ck_assert_int_eq(ct_facts_get(f), 0);
	ts_dir(&t, CONTAIN_ROOT_READONLY);
	container_spec_set_cgroup_delegate(t.spec, 1);
	ts_sh(&t, divide);
	if (f->v2_nsdelegate) {
		ts_run(&t);
		ts_has(&t, "own\n");
		ts_has(&t, "not its limits\n");
	} else {
		ts_fails(&t, EOPNOTSUPP, CONTAIN_PHASE_PLAN, "compile", "cgroup_delegate",
			 "nsdelegate");
	}
	free(f);
}

/* ---- devices ---- */

static contain_devices *no_devices(void)
{
	contain_devices *d = NULL;

	ck_assert_int_eq(contain_devices_new(&d), 0);
	return d;
}

static void give(container_spec *s, contain_devices *d)
{
	ck_assert_int_eq(container_spec_set_devices(s, d), 0);
	contain_devices_free(d);
}

static const char use[] = "for d in null zero full; do "
			  "if busybox dd if=/dev/$d of=/dev/null bs=1 count=1 2>/dev/null; "
			  "then echo $d yes; else echo $d no; fi; done";

TEST(devices_by_rules)
{
	contain_devices *d;
	struct ts t;

	need_v2();
	/* the positive twin: without rules all are there */
	ts_dir(&t, CONTAIN_ROOT_READONLY);
	ts_sh(&t, use);
	ts_run(&t);
	ts_is(&t, "null yes\nzero yes\nfull yes\n");
	ts_dir(&t, CONTAIN_ROOT_READONLY);
	d = no_devices();
	ck_assert_int_eq(contain_devices_allow(d, 'c', 1, 5, CONTAIN_DEVICE_READ, NULL), 0);
	give(t.spec, d);
	ts_sh(&t, use);
	ts_run(&t);
	ts_is(&t, "null yes\nzero yes\nfull no\n");
	/* what every container needs */
	ts_dir(&t, CONTAIN_ROOT_READONLY);
	ck_assert_int_eq(contain_devices_new_default(&d), 0);
	give(t.spec, d);
	ts_sh(&t, use);
	ts_run(&t);
	ts_is(&t, "null yes\nzero yes\nfull yes\n");
}

TEST(a_node_of_ones_own)
{
	static const char make[] = "busybox mknod /x c 1 11 || exit 3; echo made; "
				   "busybox dd if=/x of=/dev/null bs=1 count=0 || exit 4; "
				   "echo used";
	contain_devices *d;
	struct ts t;

	need_v2();
	for (int rules = 0; rules < 2; rules++) {
		ts_dir(&t, 0);
		container_spec_set_capabilities(t.spec, ts_caps());
		if (rules) {
			ck_assert_int_eq(contain_devices_new_default(&d), 0);
			give(t.spec, d);
		}
		ts_sh(&t, make);
		ts_start(&t);
		ts_end(&t);
		T_CHECK(!!strstr(t.text, "made\n") == !rules, "%s", t.text);
		unlink(t_fmt("%s/x", ts_root()));
	}
}

TEST(other_rules_while_it_runs)
{
	contain_devices *d = no_devices();
	struct ts t;

	need_v2();
	ts_dir(&t, CONTAIN_ROOT_READONLY);
	ck_assert_int_eq(contain_devices_allow(d, 'c', 1, 5, CONTAIN_DEVICE_READ, NULL), 0);
	give(t.spec, d);
	container_spec_set_stdio(t.spec, 0, CONTAIN_STDIO_PIPE);
	ts_sh(&t, t_fmt("%s; echo asked; read x; %s", use, use));
	ts_start(&t);
	ts_wait_for(&t, "asked\n");
	d = no_devices();
	ck_assert_int_eq(contain_devices_allow(d, 'c', 1, 3, CONTAIN_DEVICE_WRITE, NULL), 0);
	ck_assert_int_eq(contain_devices_allow(d, 'c', 1, 7, CONTAIN_DEVICE_READ, NULL), 0);
	ck_assert_int_eq(container_update_devices(t.c, d, NULL), 0);
	contain_devices_free(d);
	ck_assert_int_eq(write(container_stdio_fd(t.c, 0), "\n", 1), 1);
	ts_end(&t);
	ts_is(&t, "null yes\nzero yes\nfull no\nasked\nnull no\nzero no\nfull yes\n");
}
