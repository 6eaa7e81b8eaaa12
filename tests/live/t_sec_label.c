/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Labels of security modules: verified, refused where there is none. A09: what lies over procfs. */
#include "t_sec.h"

#include <contain/namespace.h>
#include <sys/mount.h>

static int has_apparmor(void)
{
	char text[8];

	return t_read_file("/sys/module/apparmor/parameters/enabled", text, sizeof(text)) > 0 &&
	       text[0] == 'Y';
}

static int has_selinux(void)
{
	return access("/sys/fs/selinux/enforce", F_OK) == 0;
}

TEST_BOTH(refused_where_there_is_none)
{
	struct ts t;

	if (!has_apparmor()) {
		ts_dir(&t, 0);
		ck_assert_int_eq(container_spec_set_apparmor_profile(t.spec, "any"), 0);
		ts_words(&t, "exit");
		ts_fails(&t, EOPNOTSUPP, CONTAIN_PHASE_PARENT, "check-label", "any", "AppArmor");
	}
	if (!has_selinux()) {
		ts_dir(&t, 0);
		ck_assert_int_eq(container_spec_set_selinux_label(t.spec, "a:b:c:s0"), 0);
		ts_words(&t, "exit");
		ts_fails(&t, EOPNOTSUPP, CONTAIN_PHASE_PARENT, "check-label", "a:b:c:s0",
			 "SELinux");
	}
}

TEST_BOTH(bad_labels)
{
	struct ts t;

	ts_dir(&t, 0);
	ck_assert_int_eq(container_spec_set_apparmor_profile(t.spec, "a\nb"), -EINVAL);
	ts_words(&t, "exit");
	ts_fails(&t, EINVAL, CONTAIN_PHASE_SPEC, "spec", "apparmor_profile", "control character");
	ts_dir(&t, 0);
	ck_assert_int_eq(container_spec_set_selinux_label(t.spec, ""), -EINVAL);
	ts_words(&t, "exit");
	ts_fails(&t, EINVAL, CONTAIN_PHASE_SPEC, "spec", "selinux_label", "empty");
	ts_dir(&t, 0);
	ck_assert_int_eq(container_spec_set_selinux_label(t.spec, NULL), -EINVAL);
	ts_words(&t, "exit");
	ts_fails(&t, EINVAL, CONTAIN_PHASE_SPEC, "spec", "selinux_label", "NULL");
	ts_dir(&t, 0);
	ck_assert_int_eq(container_spec_set_apparmor_profile(t.spec, "any"), 0);
	container_spec_set_default_mounts(t.spec, CONTAIN_DEFAULT_DEV);
	ts_words(&t, "exit");
	ts_fails(&t, EINVAL, CONTAIN_PHASE_PLAN, "compile", "apparmor_profile", "/proc");
	ck_assert_int_eq(container_spec_set_apparmor_profile(NULL, "any"), -EINVAL);
	ck_assert_int_eq(container_spec_set_selinux_label(NULL, "any"), -EINVAL);
}

/* The profile that the kernel always has; a change to it, and one that is not there. */
TEST(an_apparmor_profile)
{
	struct ts t;

	t_need_root();
	if (!has_apparmor())
		t_skip("AppArmor is not switched on here");
	for (int init = 0; init < 2; init++) {
		ts_dir(&t, 0);
		ck_assert_int_eq(container_spec_set_apparmor_profile(t.spec, "unconfined"), 0);
		container_spec_set_init(t.spec, init);
		ts_sh(&t, "cat /proc/self/attr/apparmor/current");
		ts_run(&t);
		ts_has(&t, "unconfined");
	}
	ts_dir(&t, 0);
	ck_assert_int_eq(container_spec_set_apparmor_profile(t.spec, "no-such-profile"), 0);
	ts_words(&t, "exit");
	ts_fails(&t, ENOENT, CONTAIN_PHASE_CHILD, "set-label", "no-such-profile", "is loaded");
}

/* ---- A09: another file of procfs lies over the one that is written ---- */

static void cover(const char *over, const char *by)
{
	T_SYS(mount(by, over, NULL, MS_BIND, NULL));
}

/* The naive write: it succeeds, on procfs, and nothing has happened. */
static void naive(const char *path, const char *value)
{
	char text[64];
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	T_SYS(fd);
	T_CHECK(write(fd, value, strlen(value)) > 0, "%s: %m", path);
	close(fd);
	T_CHECK(t_read_file("/proc/self/oom_score_adj", text, sizeof(text)) > 0);
}

TEST(over_oom_score_adj)
{
	struct ts t;

	t_need_root();
	cover("/proc/self/oom_score_adj", "/proc/self/sched");
	naive("/proc/self/oom_score_adj", "500");
	ts_dir(&t, 0);
	container_spec_set_oom_score_adj(t.spec, 500);
	ts_sh(&t, "cat /proc/self/oom_score_adj");
	ts_run(&t);
	/* the child's own file it was, not the caller's that is covered */
	ts_is(&t, "500\n");
}

/* All of /proc, by another procfs whose files say what they like: the host's sysctls. */
TEST(over_all_of_proc)
{
	struct ts t;
	int r;

	t_need_root();
	ts_dir(&t, 0);
	container_spec_set_oom_score_adj(t.spec, 500);
	ts_words(&t, "exit");
	cover("/proc", "/tmp");
	r = ts_spawn(&t);
	T_SYS(umount2("/proc", MNT_DETACH));
	T_CHECK(r == -EXDEV || r == -ENOENT, "%d: %s", r, contain_error_message(t.error));
	ck_assert_str_eq(contain_error_op(t.error), "set-oom-score");
	ts_free(&t);
}

/* Over the files of a process's map, which another process writes. */
static int over_maps(void *arg, void *rec)
{
	struct ts t;

	(void)arg;
	(void)rec;
	ts_dir(&t, 0);
	container_spec_set_namespaces(t.spec, TS_NS_ALL);
	container_spec_add_uid_range(t.spec, 0, 100000, 1000);
	container_spec_add_gid_range(t.spec, 0, 100000, 1000);
	/* a new procfs is denied while the caller's is covered in part */
	container_spec_set_default_mounts(t.spec, CONTAIN_DEFAULT_DEV);
	ts_words(&t, "ids");
	ts_run(&t);
	ts_has(&t, "uid 0 0 0\n");
	ts_has(&t, "gid 0 0 0\n");
	return 0;
}

TEST(over_uid_map_and_setgroups)
{
	t_need_root();
	cover("/proc/self/uid_map", "/proc/self/sched");
	cover("/proc/self/gid_map", "/proc/self/sched");
	cover("/proc/self/setgroups", "/proc/self/sched");
	ck_assert_int_eq(t_child(over_maps, NULL, NULL, 0), 0);
}

/* Over the label of a volume's /proc: the container's own is written, or the start fails. */
TEST(over_attr_exec)
{
	struct ts t;

	t_need_root();
	if (!has_apparmor())
		t_skip("AppArmor is not switched on here");
	ts_dir(&t, 0);
	ck_assert_int_eq(container_spec_set_apparmor_profile(t.spec, "unconfined"), 0);
	container_spec_add_bind(t.spec, AT_FDCWD, "/proc/self/sched",
				"/proc/1/attr/apparmor/exec", 0);
	ts_words(&t, "exit");
	ts_fails(&t, EXDEV, CONTAIN_PHASE_CHILD, "set-label", "unconfined", "mounted over");
}
