/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What /proc and /sys of a container are like. */
#include "t_spawn.h"

#include <contain/contain.h>
#include <errno.h>

static const char *const run_words[] = { "off", "noaccess", "invisible", "", "ptraceable" };

/* Two processes: user 0, and user 1000, who looks for the other one. */
TEST(processes_of_others)
{
	t_need_root();
	for (uint32_t hidepid = 0; hidepid <= 4; hidepid++) {
		struct ts t;

		if (hidepid == 3)
			continue;
		ts_dir(&t, 0);
		ck_assert_int_eq(container_spec_set_proc(t.spec, hidepid, 0), 0);
		T_CHECK(hidepid == 0 ||
			strstr(ts_explained(&t), t_fmt("mount-proc \"/proc\" hidepid=%s ",
						       run_words[hidepid])));
		/* explained is compiled: another spec is started */
		container_spec_free(t.spec);
		t.spec = NULL;
		ts_free(&t);
		ts_dir(&t, 0);
		ck_assert_int_eq(container_spec_set_proc(t.spec, hidepid, 0), 0);
		ts_sh(&t, "payload drop 1000 -- run /bin/sh -c 'test -e /proc/1 && echo seen; "
			  "cat /proc/1/status >/dev/null 2>&1 && echo read; "
			  "test -e /proc/self/status && echo self'; true");
		ts_start(&t);
		ts_end(&t);
		if (hidepid == 0)
			ts_has(&t, "seen\nread\nself\n");
		else if (hidepid == 1)
			ts_has(&t, "seen\nself\n");
		else
			ts_has(&t, "self\n");
		if (hidepid)
			ts_hasnt(&t, "read\n");
		if (hidepid > 1)
			ts_hasnt(&t, "seen\n");
	}
}

/* Nothing but processes: also below an init, with sysctls, in a user namespace. */
TEST_BOTH(processes_alone)
{
	for (int init = 0; init < 2; init++) {
		struct ts t;

		ts_dir(&t, 0);
		container_spec_set_init(t.spec, init);
		ck_assert_int_eq(container_spec_set_proc(t.spec, CONTAIN_PROC_HIDEPID_INVISIBLE, 1),
				 0);
		ck_assert_int_eq(container_spec_add_sysctl(t.spec, "net.ipv4.ip_default_ttl", "77"),
				 0);
		container_spec_set_oom_score_adj(t.spec, 700);
		container_spec_set_capabilities(t.spec, TS_CAPS_DEFAULT | 1ULL << 13 /* net_raw */);
		ts_sh(&t, "echo /proc/*; cat /proc/self/oom_score_adj; "
			  "test -e /dev/fd/1 && echo fds; ping -c 1 127.0.0.1 | grep -o ttl=77; "
			  "grep -c ' /proc/' /proc/self/mountinfo");
		ts_start(&t);
		ts_end(&t);
		/* of a user, the init that cannot be traced is not seen */
		ts_has(&t, "/proc/%d /proc/self /proc/thread-self\n700\nfds\n", 1 + init);
		ts_has(&t, "ttl=77\n");
		ts_has(&t, "\n0\n");
	}
}

/* Masks that the spec adds are looked for in it, and sysfs keeps the default ones. */
TEST_BOTH(processes_alone_and_masks)
{
	struct ts t;

	ts_dir(&t, 0);
	ck_assert_int_eq(container_spec_set_proc(t.spec, 0, 1), 0);
	container_spec_add_masked_path(t.spec, "/proc/self");
	container_spec_add_masked_path(t.spec, "/proc/keys");
	container_spec_add_readonly_path(t.spec, "/proc/sys");
	ts_sh(&t, "ls /sys/firmware | wc -l; echo /proc/*");
	ts_run(&t);
	ts_has(&t, "0\n/proc/1 /proc/self /proc/thread-self\n");
}

/* ---- /sys ---- */

TEST_BOTH(no_sys)
{
	struct ts t;

	for (int both = 0; both < 2; both++) {
		ts_dir(&t, 0);
		ck_assert_int_eq(container_spec_set_sysfs(t.spec, CONTAIN_SYSFS_NONE), 0);
		if (both) /* the order of setters has no say */
			container_spec_set_default_mounts(t.spec, CONTAIN_DEFAULT_ALL);
		ts_sh(&t, "ls -A /sys; grep -c sysfs /proc/self/mountinfo; "
			  "payload stat /proc/keys");
		ts_run(&t);
		ts_has(&t, "0\n");
		ts_has(&t, " rdev 1:3 ");
	}
}

/* It shows a network namespace, and belongs to who has the rights over that. */
TEST_BOTH(sysfs_goes_by_the_network)
{
	const uint64_t shared = TS_NS_ALL & ~CONTAIN_NS_NET & ~(ts_is_root() ? CONTAIN_NS_USER : 0);
	struct ts t;
	int sys;

	for (int mode = CONTAIN_SYSFS_AUTO; mode <= CONTAIN_SYSFS_OWN; mode++) {
		ts_dir(&t, 0);
		ck_assert_int_eq(container_spec_set_sysfs(t.spec, mode), 0);
		ts_sh(&t, "echo /sys/class/net/*; echo x >/sys/kernel/profiling");
		ts_run_to(&t, 1);
		ts_has(&t, "/sys/class/net/lo\n");
		ts_has(&t, "Read-only file system");
	}
	/* with the caller's network: root may, a user namespace may not */
	ts_dir(&t, 0);
	container_spec_set_namespaces(t.spec, shared);
	ts_words(&t, "list /sys/class/net -- stat /sys");
	ck_assert_int_eq(container_spec_set_sysfs(t.spec, CONTAIN_SYSFS_OWN), 0);
	if (ts_is_root()) {
		ts_run(&t);
		ts_has(&t, " fs 62656572 flags 102f\n");
	} else {
		ts_fails(&t, EINVAL, CONTAIN_PHASE_PLAN, "", "sysfs", "CONTAIN_NS_NET");
	}
	ts_dir(&t, 0);
	container_spec_set_namespaces(t.spec, shared);
	ts_words(&t, "list /sys/class/net -- stat /sys");
	sys = strstr(ts_explained(&t), "bind-sys \"/sys\"") != NULL;
	ck_assert_int_eq(sys, !ts_is_root());
	ts_free(&t);
}

/* ---- bad input ---- */

static void refused(int r, container_spec *s, const char *field, const char *why)
{
	container_plan *plan = NULL;
	contain_error *e = NULL;

	ck_assert_int_eq(r, -EINVAL);
	ck_assert_int_eq(container_plan_compile(s, &plan, &e), -EINVAL);
	T_CHECK(!strcmp(contain_error_object(e), field) && strstr(contain_error_message(e), why),
		"%s", contain_error_message(e));
	contain_error_free(e);
	container_spec_free(s);
}

static container_spec *fresh(void)
{
	container_spec *s = NULL;

	ck_assert_int_eq(container_spec_new(&s), 0);
	return s;
}

TEST(bad_values_are_refused)
{
	container_spec *s = fresh();

	refused(container_spec_set_proc(s, 3, 0), s, "proc.hidepid", "3 is none");
	s = fresh();
	refused(container_spec_set_proc(s, 5, 0), s, "proc.hidepid", "5 is none");
	s = fresh();
	refused(container_spec_set_proc(s, 0, 2), s, "proc.subset_pid", "is 2");
	s = fresh();
	refused(container_spec_set_proc(s, 0, -1), s, "proc.subset_pid", "is -1");
	s = fresh();
	refused(container_spec_set_sysfs(s, 3), s, "sysfs", "3 is none");
	s = fresh();
	refused(container_spec_set_sysfs(s, -1), s, "sysfs", "-1 is none");
	ck_assert_int_eq(container_spec_set_proc(NULL, 0, 0), -EINVAL);
	ck_assert_int_eq(container_spec_set_sysfs(NULL, 0), -EINVAL);
}

/* Where the mount namespace is another's, nothing of it is mounted. */
TEST(not_in_a_joined_mount_namespace)
{
	static const char *const fields[] = { "device", "hosts, resolv_conf, hostname_file" };

	t_need_root();
	for (int i = 0; i < 2; i++) {
		struct ts t;
		int fd;

		T_SYS(fd = open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC));
		ts_new(&t);
		container_spec_join_namespace(t.spec, CONTAIN_NS_MNT, fd);
		if (i)
			container_spec_set_hosts(t.spec, "x", 1);
		else
			container_spec_add_device(t.spec, AT_FDCWD, "/dev/zero", "/dev/x", 0);
		ts_words(&t, "exit");
		ts_fails(&t, EINVAL, CONTAIN_PHASE_PLAN, "", fields[i], "joined");
		close(fd);
	}
}
