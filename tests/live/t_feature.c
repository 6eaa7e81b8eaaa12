/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The feature report against an independent truth: the same thing done for real, or by libc. */
#include "harness.h"
#include "t_feature.h"

#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x80
#endif

static int at_least(int major, int minor)
{
	struct utsname u;
	int a = 0, b = 0;

	uname(&u);
	sscanf(u.release, "%d.%d", &a, &b);
	return a > major || (a == major && b >= minor);
}

/* ---- the interface ---- */

static void check_form(const report_t *r)
{
	for (uint32_t i = 0; i < contain_feature_count(); i++) {
		const char *name = contain_feature_name(i), *why = contain_feature_reason(r, i);

		T_CHECK(name && *name, "feature %u", i);
		T_CHECK(strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-") == strlen(name), "%s",
			name);
		for (uint32_t j = 0; j < i; j++)
			T_CHECK(strcmp(name, contain_feature_name(j)) != 0, "%s twice", name);
		T_CHECK(yes(r, i) == 0 || yes(r, i) == 1, "%s", name);
		T_CHECK(yes(r, i) == 1 || (why && *why), "%s is missing without a reason", name);
		T_CHECK(!why || (!strchr(why, '\n') && strlen(why) > 8), "%s: '%s'", name, why);
	}
}

static int form_as_user(void *arg, void *rec)
{
	report_t *r = report_get();

	(void)arg, (void)rec;
	check_form(r);
	contain_feature_report_free(r);
	return 0;
}

TEST(form)
{
	form_as_user(NULL, NULL);
	t_as_user(form_as_user, NULL);
}

TEST(bad_input)
{
	report_t *r = report_get();
	uint32_t none = contain_feature_count();
	int64_t v = 17;

	ck_assert_int_eq(contain_feature_report_new(NULL), -EINVAL);
	ck_assert_int_eq(contain_feature_available(NULL, 0), -EINVAL);
	ck_assert_int_eq(contain_feature_available(r, none), -EINVAL);
	ck_assert_int_eq(contain_feature_available(r, UINT32_MAX), -EINVAL);
	ck_assert_int_eq(contain_feature_value(NULL, CONTAIN_FEATURE_CAP_LAST_CAP, &v), -EINVAL);
	ck_assert_int_eq(contain_feature_value(r, none, &v), -EINVAL);
	ck_assert_int_eq(contain_feature_value(r, CONTAIN_FEATURE_CAP_LAST_CAP, NULL), -EINVAL);
	ck_assert_int_eq(contain_feature_value(r, CONTAIN_FEATURE_OPENAT2, &v), -ENODATA);
	ck_assert_int_eq(v, 17);
	ck_assert_ptr_null(contain_feature_name(none));
	ck_assert_ptr_null(contain_feature_reason(NULL, 0));
	ck_assert_ptr_null(contain_feature_reason(r, none));
	ck_assert_ptr_null(contain_feature_text(NULL, 0));
	ck_assert_ptr_null(contain_feature_text(r, none));
	ck_assert_int_eq(contain_feature_report_write_text(NULL, 1), -EINVAL);
	ck_assert_int_eq(contain_feature_report_write_json(NULL, 1), -EINVAL);
	ck_assert_int_eq(contain_feature_report_write_json(r, -1), -EBADF);
	contain_feature_report_free(NULL);
	contain_feature_report_free(r);
}

static volatile sig_atomic_t signals;

static void on_signal(int sig)
{
	(void)sig;
	signals++;
}

static int twice_without_a_trace(void *arg, void *rec)
{
	struct sigaction act = { .sa_handler = on_signal };
	struct t_state *state;
	struct timespec a, b;
	double best = 1e9;

	(void)arg, (void)rec;
	T_SYS(sigaction(SIGCHLD, &act, NULL));
	contain_feature_report_free(report_get());
	state = t_state_take(T_ALL | T_MAPS);
	for (int i = 0; i < 5; i++) {
		clock_gettime(CLOCK_MONOTONIC, &a);
		T_ERRNO_KEPT(contain_feature_report_free(report_get()));
		clock_gettime(CLOCK_MONOTONIC, &b);
		if ((double)(b.tv_sec - a.tv_sec) * 1e3 + (double)(b.tv_nsec - a.tv_nsec) / 1e6 <
		    best)
			best = (double)(b.tv_sec - a.tv_sec) * 1e3 +
			       (double)(b.tv_nsec - a.tv_nsec) / 1e6;
	}
	t_state_check(state);
	/* nobody is told of the children */
	ck_assert_int_eq(signals, 0);
	T_CHECK(waitpid(-1, NULL, WNOHANG) == -1 && errno == ECHILD);
	t_note("%s: a report in %.1f ms", geteuid() ? "user" : "root", best);
	return 0;
}

TEST_LIMIT(leaves_nothing_as_root, 60)
{
	t_need_root();
	t_child(twice_without_a_trace, NULL, NULL, 0);
}

TEST_LIMIT(leaves_nothing_as_user, 60)
{
	t_as_user(twice_without_a_trace, NULL);
}

static void *report_in_thread(void *arg)
{
	const report_t *first = arg;
	report_t *r;

	for (int i = 0; i < 5; i++) {
		if (contain_feature_report_new(&r) != 0)
			return arg;
		for (uint32_t f = 0; f < contain_feature_count(); f++)
			T_EXPECT(yes(r, f) == yes(first, f), "%s: %s", contain_feature_name(f),
				 reason(r, f));
		contain_feature_report_free(r);
	}
	return NULL;
}

TEST_LIMIT(several_threads_at_once, 60)
{
	report_t *r = report_get();
	pthread_t threads[6];
	void *bad;

	for (int i = 0; i < 6; i++)
		T_CHECK(pthread_create(&threads[i], NULL, report_in_thread, r) == 0);
	for (int i = 0; i < 6; i++) {
		pthread_join(threads[i], &bad);
		ck_assert_ptr_null(bad);
	}
	contain_feature_report_free(r);
}

/* ---- the kernel ---- */

TEST(releases)
{
	static const struct {
		uint32_t feature;
		int major, minor;
	} since[] = {
		{ CONTAIN_FEATURE_CLONE3, 5, 3 },
		{ CONTAIN_FEATURE_CLONE_INTO_CGROUP, 5, 7 },
		{ CONTAIN_FEATURE_CLONE_CLEAR_SIGHAND, 5, 5 },
		{ CONTAIN_FEATURE_CLONE_PIDFD, 5, 2 },
		{ CONTAIN_FEATURE_OPENAT2, 5, 6 },
		{ CONTAIN_FEATURE_FSOPEN, 5, 2 },
		{ CONTAIN_FEATURE_FSCONFIG, 5, 2 },
		{ CONTAIN_FEATURE_FSMOUNT, 5, 2 },
		{ CONTAIN_FEATURE_OPEN_TREE, 5, 2 },
		{ CONTAIN_FEATURE_MOVE_MOUNT, 5, 2 },
		{ CONTAIN_FEATURE_MOUNT_SETATTR, 5, 12 },
		{ CONTAIN_FEATURE_OPEN_TREE_ATTR, 6, 15 },
		{ CONTAIN_FEATURE_MOVE_MOUNT_BENEATH, 6, 5 },
		{ CONTAIN_FEATURE_MOUNT_IDMAP, 5, 12 },
		{ CONTAIN_FEATURE_MOUNT_IDMAP_TMPFS, 6, 3 },
		{ CONTAIN_FEATURE_STATMOUNT, 6, 8 },
		{ CONTAIN_FEATURE_LISTMOUNT, 6, 8 },
		{ CONTAIN_FEATURE_PIDFD_OPEN, 5, 3 },
		{ CONTAIN_FEATURE_PIDFD_NAMESPACE, 6, 11 },
		{ CONTAIN_FEATURE_PIDFD_INFO, 6, 13 },
		{ CONTAIN_FEATURE_PIDFD_INFO_EXIT, 6, 15 },
		{ CONTAIN_FEATURE_OVERLAY_LOWERDIR_ADD, 6, 8 },
		{ CONTAIN_FEATURE_OVERLAY_USERNS, 5, 11 },
		{ CONTAIN_FEATURE_TMPFS_USER_XATTR, 6, 6 },
		{ CONTAIN_FEATURE_CLOSE_RANGE, 5, 11 },
		{ CONTAIN_FEATURE_CGROUP_KILL, 5, 14 },
		{ CONTAIN_FEATURE_NAMESPACE_TIME_EXEC, 6, 3 },
	};
	report_t *r;

	t_need_root();
	r = report_get();
	for (size_t i = 0; i < sizeof(since) / sizeof(since[0]); i++)
		T_EXPECT(yes(r, since[i].feature) == at_least(since[i].major, since[i].minor),
			 "%s: %s", contain_feature_name(since[i].feature),
			 reason(r, since[i].feature));
	contain_feature_report_free(r);
}

static const int flags[8] = {
	CLONE_NEWNS,  CLONE_NEWUTS,  CLONE_NEWIPC,    CLONE_NEWPID,
	CLONE_NEWNET, CLONE_NEWUSER, CLONE_NEWCGROUP, CLONE_NEWTIME,
};

/* With a user namespace first, where the caller may not do it alone. */
static int unshare_one(void *arg, void *rec)
{
	int flag = *(int *)arg, r;

	if (geteuid() != 0 && flag != CLONE_NEWUSER && unshare(CLONE_NEWUSER) != 0)
		*(int *)rec = -errno;
	else if ((r = unshare(flag)) != 0)
		*(int *)rec = r ? -errno : 0;
	return 0;
}

static int namespaces_for_real(void *arg, void *rec)
{
	report_t *r = report_get();

	(void)arg, (void)rec;
	for (int i = 0; i < 8; i++) {
		int flag = flags[i], err = 0;

		t_child(unshare_one, &flag, &err, sizeof(err));
		T_EXPECT(yes(r, CONTAIN_FEATURE_NAMESPACE_MNT + (uint32_t)i) == (err == 0),
			 "type %d: %s; for real %d", i,
			 reason(r, CONTAIN_FEATURE_NAMESPACE_MNT + (uint32_t)i), err);
		T_EXPECT(!err == !strstr(reason(r, CONTAIN_FEATURE_NAMESPACE_MNT + (uint32_t)i),
					 "refused"));
	}
	if (geteuid() != 0 && yes(r, CONTAIN_FEATURE_NAMESPACE_USER))
		T_CHECK(strstr(reason(r, CONTAIN_FEATURE_NAMESPACE_NET), "user namespace"));
	contain_feature_report_free(r);
	return 0;
}

TEST(namespaces_as_root)
{
	t_need_root();
	namespaces_for_real(NULL, NULL);
}

TEST(namespaces_as_user)
{
	t_as_user(namespaces_for_real, NULL);
}

TEST(limits_and_numbers)
{
	static const char *const types[8] = { "mnt", "uts",  "ipc",    "pid",
					      "net", "user", "cgroup", "time" };
	report_t *r = report_get();
	char text[64];

	for (uint32_t i = 0; i < 8; i++) {
		t_read_file(t_fmt("/proc/sys/user/max_%s_namespaces", types[i]), text,
			    sizeof(text));
		ck_assert_int_eq(value(r, CONTAIN_FEATURE_MAX_MNT_NAMESPACES + i), atoll(text));
	}
	t_read_file("/proc/sys/kernel/cap_last_cap", text, sizeof(text));
	ck_assert_int_eq(value(r, CONTAIN_FEATURE_CAP_LAST_CAP), atoll(text));
	if (yes(r, CONTAIN_FEATURE_LANDLOCK))
		ck_assert_int_eq(value(r, CONTAIN_FEATURE_LANDLOCK), syscall(444, NULL, 0, 1));
	else
		T_CHECK(syscall(444, NULL, 0, 1) == -1);
	ck_assert_int_eq(yes(r, CONTAIN_FEATURE_SECCOMP_FILTER), 1);
	contain_feature_report_free(r);
}

/* ---- what forbids things, provoked ---- */

/* In a user namespace of its own the caller may lower its limits. */
static int lower_limits(void *arg, void *rec)
{
	uid_t uid = geteuid();
	gid_t gid = getegid();
	report_t *r;

	(void)arg, (void)rec;
	T_SYS(unshare(CLONE_NEWUSER));
	t_write_file("/proc/self/setgroups", "deny");
	t_write_file("/proc/self/uid_map", t_fmt("0 %u 1", uid));
	t_write_file("/proc/self/gid_map", t_fmt("0 %u 1", gid));
	t_write_file("/proc/sys/user/max_net_namespaces", "0");
	t_write_file("/proc/sys/user/max_user_namespaces", "0");
	r = report_get();
	T_MISSING(r, CONTAIN_FEATURE_NAMESPACE_USER, "user.max_user_namespaces is 0");
	T_MISSING(r, CONTAIN_FEATURE_NAMESPACE_USER_UNPRIVILEGED, "user.max_user_namespaces is 0");
	T_MISSING(r, CONTAIN_FEATURE_NAMESPACE_NET, "user.max_net_namespaces is 0");
	T_MISSING(r, CONTAIN_FEATURE_MAX_NET_NAMESPACES, "0");
	T_MISSING(r, CONTAIN_FEATURE_OVERLAY_USERNS, "user.max_user_namespaces is 0");
	ck_assert_int_eq(value(r, CONTAIN_FEATURE_MAX_USER_NAMESPACES), 0);
	T_HAS(r, CONTAIN_FEATURE_NAMESPACE_UTS);
	contain_feature_report_free(r);
	return 0;
}

TEST(limits_of_zero)
{
	t_need_userns();
	t_as_user(lower_limits, NULL);
}

static int with_sysctl(void *arg, void *rec)
{
	report_t *r = report_get();

	(void)rec;
	T_MISSING(r, CONTAIN_FEATURE_NAMESPACE_USER, (const char *)arg);
	T_MISSING(r, CONTAIN_FEATURE_NAMESPACE_USER_UNPRIVILEGED, (const char *)arg);
	T_MISSING(r, CONTAIN_FEATURE_NAMESPACE_MNT, (const char *)arg);
	T_MISSING(r, CONTAIN_FEATURE_OVERLAY, (const char *)arg);
	contain_feature_report_free(r);
	return 0;
}

/* The machine's own switch: thrown in a guest only. Root sees it by trying without capabilities. */
TEST(unprivileged_userns_clone_off)
{
	const char *path = "/proc/sys/kernel/unprivileged_userns_clone";
	report_t *r;

	if (!t_guest())
		t_skip("changes a sysctl of the whole machine: in a guest only");
	if (access(path, W_OK))
		t_skip("%s is not here", path);
	t_write_file(path, "0");
	r = report_get();
	T_HAS(r, CONTAIN_FEATURE_NAMESPACE_USER);
	T_MISSING(r, CONTAIN_FEATURE_NAMESPACE_USER_UNPRIVILEGED,
		  "kernel.unprivileged_userns_clone is 0");
	contain_feature_report_free(r);
	t_as_user(with_sysctl, t_fmt("kernel.unprivileged_userns_clone is 0"));
	t_write_file(path, "1");
}

struct rule {
	uint32_t nr;
	uint32_t answer;
};

static void filter(const struct rule *rule)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, rule->nr, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | rule->answer),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { 4, code };

	T_SYS(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	T_SYS(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program));
}

static int with_filter(void *arg, void *rec)
{
	const struct rule *rule = arg;
	report_t *r;

	(void)rec;
	filter(rule);
	r = report_get();
	check_form(r);
	switch (rule->nr) {
	case SYS_clone3:
		T_MISSING(r, CONTAIN_FEATURE_CLONE3, rule->answer == EPERM ? "seccomp" : "ENOSYS");
		T_MISSING(r, CONTAIN_FEATURE_CLONE_INTO_CGROUP, "");
		T_MISSING(r, CONTAIN_FEATURE_NAMESPACE_MNT, "");
		T_MISSING(r, CONTAIN_FEATURE_NAMESPACE_USER, "");
		break;
	case SYS_openat2:
		T_MISSING(r, CONTAIN_FEATURE_OPENAT2, rule->answer == EPERM ? "seccomp" : "ENOSYS");
		break;
	case SYS_unshare:
		T_MISSING(r, CONTAIN_FEATURE_NAMESPACE_NET, "seccomp");
		T_MISSING(r, CONTAIN_FEATURE_NAMESPACE_MNT, "seccomp");
		break;
	case SYS_fsopen:
		T_MISSING(r, CONTAIN_FEATURE_FSOPEN, "ENOSYS");
		T_MISSING(r, CONTAIN_FEATURE_OVERLAY, "ENOSYS");
		T_HAS(r, CONTAIN_FEATURE_FSCONFIG);
		break;
	}
	contain_feature_report_free(r);
	return 0;
}

TEST(seccomp_filters)
{
	static struct rule rules[] = {
		{ SYS_clone3, ENOSYS }, { SYS_clone3, EPERM },	{ SYS_openat2, ENOSYS },
		{ SYS_openat2, EPERM }, { SYS_unshare, EPERM }, { SYS_fsopen, ENOSYS },
	};

	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		t_child(with_filter, &rules[i], NULL, 0);
		t_as_user(with_filter, &rules[i]);
	}
}

static int no_exec_of_memfds(void *arg, void *rec)
{
	report_t *r;

	(void)arg, (void)rec;
	t_write_file("/proc/sys/vm/memfd_noexec", "2");
	r = report_get();
	T_MISSING(r, CONTAIN_FEATURE_MEMFD_EXEC, "vm.memfd_noexec is 2");
	ck_assert_int_eq(value(r, CONTAIN_FEATURE_MEMFD_EXEC), 2);
	T_MISSING(r, CONTAIN_FEATURE_NAMESPACE_TIME_EXEC, "memfd");
	T_HAS(r, CONTAIN_FEATURE_NAMESPACE_TIME);
	contain_feature_report_free(r);
	return 0;
}

static int in_pid_namespace(void *arg, void *rec)
{
	(void)arg, (void)rec;
	T_SYS(unshare(CLONE_NEWPID | CLONE_NEWNS)); /* the sysctl is one of the pid namespace */
	return t_child(no_exec_of_memfds, NULL, NULL, 0);
}

TEST(memfd_noexec)
{
	t_need_root();
	if (access("/proc/sys/vm/memfd_noexec", F_OK))
		t_skip("no vm.memfd_noexec before Linux 6.3");
	ck_assert_int_eq(t_child(in_pid_namespace, NULL, NULL, 0), 0);
}

static int few_descriptors(void *arg, void *rec)
{
	report_t *r = NULL;
	struct rlimit limit;
	int first = dup(2), err;

	(void)arg, (void)rec;
	T_SYS(getrlimit(RLIMIT_NOFILE, &limit));
	for (int more = 0; more < 12; more++) {
		limit.rlim_cur = (rlim_t)(first + more);
		T_SYS(setrlimit(RLIMIT_NOFILE, &limit));
		err = contain_feature_report_new(&r);
		T_CHECK(err == 0, "%d more: %d", more, err);
		check_form(r);
		contain_feature_report_free(r);
	}
	return 0;
}

TEST(out_of_descriptors)
{
	t_child(few_descriptors, NULL, NULL, 0);
	t_as_user(few_descriptors, NULL);
}

/* No /proc, no cgroups, the root no mount point: many "no", no harm. */
static int in_chroot(void *arg, void *rec)
{
	struct t_state *state;
	report_t *r;

	(void)rec;
	T_SYS(chdir(arg));
	state = t_state_take(T_MOUNTS | T_FDS | T_CHILDREN);
	T_SYS(chroot("."));
	r = report_get();
	check_form(r);
	T_MISSING(r, CONTAIN_FEATURE_CGROUP_V2, "cgroup2");
	T_MISSING(r, CONTAIN_FEATURE_NAMESPACE_USER, "chroot");
	T_HAS(r, CONTAIN_FEATURE_NAMESPACE_MNT);
	ck_assert_int_eq(value(r, CONTAIN_FEATURE_CGROUP_MODE), CONTAIN_CGROUP_MODE_NONE);
	contain_feature_report_free(r);
	T_SYS(fchdir(open("/", O_PATH | O_DIRECTORY)));
	t_state_free(state); /* /proc is out of sight; the mounts are looked at by the parent */
	return 0;
}

TEST(chroot_without_proc)
{
	struct t_state *state;
	char *dir = t_fmt("%s/root", t_tmpdir());

	t_need_root();
	T_SYS(mkdir(dir, 0755));
	T_SYS(mkdir(t_fmt("%s/tmp", dir), 0755));
	state = t_state_take(T_MOUNTS | T_FDS | T_CHILDREN | T_PROCS);
	ck_assert_int_eq(t_child(in_chroot, dir, NULL, 0), 0);
	t_state_check(state);
}

/* ---- helpers ---- */

static int helper_without_privilege(void *arg, void *rec)
{
	report_t *r = report_get();

	(void)arg, (void)rec;
	T_MISSING(r, CONTAIN_FEATURE_NEWUIDMAP, "set-user-ID");
	contain_feature_report_free(r);
	return 0;
}

static int helper_with_no_new_privs(void *arg, void *rec)
{
	report_t *r;

	(void)arg, (void)rec;
	T_SYS(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	r = report_get();
	T_MISSING(r, CONTAIN_FEATURE_NEWGIDMAP, "no_new_privs");
	contain_feature_report_free(r);
	return 0;
}

TEST(newuidmap)
{
	char *plain = t_fmt("%s/newuidmap", t_tmpdir());
	report_t *r;

	t_need_root();
	t_need_program("/usr/bin/newuidmap");
	r = report_get();
	T_HAS(r, CONTAIN_FEATURE_NEWUIDMAP);
	ck_assert_str_eq(contain_feature_text(r, CONTAIN_FEATURE_NEWUIDMAP), "/usr/bin/newuidmap");
	contain_feature_report_free(r);
	t_as_user(helper_with_no_new_privs, NULL);
	/* without its set-user-ID bit, in this mount namespace */
	t_write_file(plain, "");
	T_SYS(chmod(plain, 0755));
	T_SYS(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL));
	T_SYS(mount(plain, "/usr/bin/newuidmap", NULL, MS_BIND, NULL));
	t_as_user(helper_without_privilege, NULL);
}
