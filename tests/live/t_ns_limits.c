/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* contain_ns_limit*: /proc/sys/user, what is in use, and how a limit that is reached is told. */
#include "t_ns_look.h"

#include <dirent.h>
#include <sys/fanotify.h>
#include <sys/inotify.h>
#include <sys/syscall.h>

#define NO_LIMIT 2147483647

static int64_t get(const char *name)
{
	contain_error *e = NULL;
	int64_t value = -1;

	tn_fine(contain_ns_limit_get(name, &value, &e), e);
	return value;
}

static void set(const char *name, int64_t value)
{
	contain_error *e = NULL;

	tn_fine(contain_ns_limit_set(name, value, &e), e);
}

static contain_ns_limits *take(void)
{
	contain_ns_limits *l = NULL;
	contain_error *e = NULL;

	tn_fine(contain_ns_limits_take(&l, &e), e);
	T_CHECK(l);
	return l;
}

static int number(const contain_ns_limits *l, const char *name)
{
	for (int i = 0; i < contain_ns_limits_count(l); i++)
		if (!strcmp(contain_ns_limits_name(l, i), name))
			return i;
	T_FAIL("no %s", name);
	return -1;
}

static int64_t used(const char *name)
{
	contain_ns_limits *l = take();
	int64_t n = contain_ns_limits_used(l, number(l, name));

	contain_ns_limits_free(l);
	return n;
}

static int64_t used_by(const char *name, unsigned uid)
{
	contain_ns_limits *l = take();
	int64_t n = contain_ns_limits_used_by(l, number(l, name), uid);

	contain_ns_limits_free(l);
	return n;
}

TEST_BOTH(all_are_read)
{
	struct t_state *state = t_state_take(T_ALL);
	contain_ns_limits *l = take();
	struct dirent *d;
	DIR *dir = opendir("/proc/sys/user");
	int n = 0;

	T_CHECK(dir);
	while ((d = readdir(dir))) {
		char text[32];
		int i;

		if (*d->d_name == '.')
			continue;
		n++;
		i = number(l, d->d_name);
		T_CHECK(t_read_file(t_fmt("/proc/sys/user/%s", d->d_name), text,
				    sizeof(text)) > 0);
		ck_assert_int_eq(contain_ns_limits_value(l, i), atoll(text));
		ck_assert_int_eq(get(d->d_name), atoll(text));
		T_CHECK(contain_ns_limits_used(l, i) >= 0, "%s", d->d_name);
		T_CHECK(!i || strcmp(contain_ns_limits_name(l, i - 1), d->d_name) < 0);
	}
	closedir(dir);
	ck_assert_int_eq(contain_ns_limits_count(l), n);
	T_CHECK(n >= 10);
	for (int k = 0; k < TN_TYPES; k++)
		number(l, t_fmt("max_%s_namespaces", contain_ns_type_name(tn_type[k])));
	for (int bad = -1; bad <= n; bad += n + 1) {
		ck_assert_ptr_null(contain_ns_limits_name(l, bad));
		ck_assert_int_eq(contain_ns_limits_value(l, bad), -ENOENT);
		ck_assert_int_eq(contain_ns_limits_used(l, bad), -ENOENT);
		ck_assert_int_eq(contain_ns_limits_used_by(l, bad, 0), -ENOENT);
	}
	contain_ns_limits_free(l);
	contain_ns_limits_free(NULL);
	ck_assert_int_eq(contain_ns_limits_count(NULL), 0);
	t_state_check(state);
}

/* ---- set ---- */

static void set_world(void)
{
	char text[32];

	tl_user_namespace(0);
	ck_assert_int_eq(get("max_uts_namespaces"), NO_LIMIT);
	for (int k = 0; k < TN_TYPES; k++) {
		const char *name = t_fmt("max_%s_namespaces", contain_ns_type_name(tn_type[k]));

		set(name, 1000 + k);
		ck_assert_int_eq(get(name), 1000 + k);
		T_CHECK(t_read_file(t_fmt("/proc/sys/user/%s", name), text, sizeof(text)) > 0);
		ck_assert_int_eq(atoi(text), 1000 + k);
	}
	set("max_inotify_watches", 0);
	ck_assert_int_eq(get("max_inotify_watches"), 0);
	set("max_inotify_watches", NO_LIMIT);
	ck_assert_int_eq(get("max_inotify_watches"), NO_LIMIT);
}

TEST_BOTH(set_and_read_back)
{
	tl_world(set_world);
}

static void refuse(int64_t value, const char *name, int err, const char *object, const char *hint)
{
	contain_error *e = NULL;
	int64_t before = 42;

	tn_failed(contain_ns_limit_set(name, value, &e), e, err, "set-limit", object, hint);
	if (value || err == EACCES) /* it is the value, or who asks */
		return;
	tn_failed(contain_ns_limit_get(name, &before, &e), e, err, "get-limit", object, hint);
	ck_assert_int_eq(before, 42);
}

TEST(bad_arguments)
{
	static const char *const bad[] = { "../x", "max_../x", "uts", "max_", "max_UTS", "max_ uts",
					   "user.max_uts_namespaces", "/proc/sys/user/max_uts" };
	contain_error *e = NULL;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		refuse(0, bad[i], EINVAL, bad[i], "is no limit");
	refuse(0, NULL, EINVAL, "name", "is no limit");
	refuse(0, "", EINVAL, "name", "is no limit");
	refuse(0, t_fmt("max_%0100d", 0), EINVAL, t_fmt("max_%0100d", 0), "is no limit");
	refuse(0, "max_nonsense", ENOENT, "max_nonsense", "no such limit");
	refuse(-1, "max_uts_namespaces", EINVAL, "value", "0 to 2147483647");
	refuse(1LL << 31, "max_uts_namespaces", EINVAL, "value", "0 to 2147483647");
	tn_failed(contain_ns_limit_get("max_uts_namespaces", NULL, &e), e, EINVAL, "get-limit",
		  "ret_value", "NULL");
	tn_failed(contain_ns_limits_take(NULL, &e), e, EINVAL, "take-limits", "ret_limits", "NULL");
}

static int set_as_user(void *arg, void *rec)
{
	(void)arg;
	(void)rec;
	refuse(get("max_uts_namespaces"), "max_uts_namespaces", EACCES, "max_uts_namespaces",
	       "CAP_SYS_RESOURCE");
	return 0;
}

TEST(not_the_callers)
{
	t_as_user(set_as_user, NULL);
}

/* ---- a file that lies over the limit (procfs too: "is it procfs" says yes) ---- */

static void over_world(void)
{
	contain_error *e = NULL;
	int64_t value = 0;

	if (ts_is_root()) /* who may mount a procfs of its own has one over which nothing lies */
		tl_user_namespace(0);
	else
		T_SYS(unshare(CLONE_NEWNS));
	if (ts_is_root())
		T_SYS(unshare(CLONE_NEWNS));
	T_SYS(mount("/proc/sys/kernel/ns_last_pid", "/proc/sys/user/max_uts_namespaces", NULL,
		    MS_BIND, NULL));
	if (contain_ns_limit_set("max_uts_namespaces", 77, &e) == 0) {
		ck_assert_int_eq(get("max_uts_namespaces"), 77);
		T_SYS(umount("/proc/sys/user/max_uts_namespaces"));
		ck_assert_int_eq(get("max_uts_namespaces"), 77);
		return;
	}
	T_CHECK(strstr(contain_error_hint(e), "mounted over"), "%s", contain_error_message(e));
	ck_assert_int_eq(contain_error_code(e), -EXDEV);
	contain_error_free(e);
	e = NULL;
	tn_failed(contain_ns_limit_get("max_uts_namespaces", &value, &e), e, EXDEV, "get-limit",
		  "max_uts_namespaces", "mounted over");
	T_SYS(umount("/proc/sys/user/max_uts_namespaces"));
	set("max_uts_namespaces", 77);
	ck_assert_int_eq(get("max_uts_namespaces"), 77);
}

TEST_BOTH(mounted_over)
{
	tl_world(over_world);
}

/* ---- a limit that is reached ---- */

static void zero_world(void)
{
	contain_error *e = NULL;

	tl_user_namespace(0);
	for (int k = 0; k < TN_TYPES; k++) {
		const char *type = contain_ns_type_name(tn_type[k]);

		set(t_fmt("max_%s_namespaces", type), 0);
		tn_failed(contain_ns_unshare(tn_type[k], &e), e, ENOSPC, "unshare", "types",
			  t_fmt("user.max_%s_namespaces is 0 in this user namespace", type));
		set(t_fmt("max_%s_namespaces", type), NO_LIMIT);
	}
	for (int k = 0; k < TN_TYPES; k++) /* the control: there was no other cause */
		tn_fine(contain_ns_unshare(tn_type[k], &e), e);
}

TEST_BOTH(zero)
{
	tl_world(zero_world);
}

static void three_world(void)
{
	contain_error *e = NULL;

	tl_user_namespace(0);
	ck_assert_int_eq(used("max_uts_namespaces"), 0);
	for (int n = 0; n < 3; n++)
		tl_put(n, CLONE_NEWUTS);
	ck_assert_int_eq(used("max_uts_namespaces"), 3);
	ck_assert_int_eq(used_by("max_uts_namespaces", 0), 3);
	ck_assert_int_eq(used_by("max_uts_namespaces", 1), 0);
	ck_assert_int_eq(used("max_net_namespaces"), 0);
	set("max_uts_namespaces", 3);
	tn_failed(contain_ns_unshare(CONTAIN_NS_UTS, &e), e, ENOSPC, "unshare", "types",
		  "user.max_uts_namespaces is 3 in this user namespace, and reached");
	set("max_uts_namespaces", 4);
	tn_fine(contain_ns_unshare(CONTAIN_NS_UTS, &e), e);
	ck_assert_int_eq(used("max_uts_namespaces"), 4);
	/* the fifth is refused in a user namespace further in, where no limit is set */
	if (!fork()) {
		tl_user_namespace(0);
		tn_failed(contain_ns_unshare(CONTAIN_NS_UTS, &e), e, ENOSPC, "unshare", "types",
			  "of an outer user namespace is reached");
		_exit(0);
	}
	wait(NULL);
}

TEST_BOTH(three)
{
	tl_world(three_world);
}

/* What is made further in counts for who made the user namespace. */
static void inner_world(void)
{
	pid_t pid;

	tl_user_namespace(0);
	pid = fork();
	T_SYS(pid);
	if (!pid) {
		tl_user_namespace(7); /* 7 is nobody outside */
		T_SYS(unshare(CLONE_NEWUTS | CLONE_NEWNET));
		tl_user_namespace(9);
		T_SYS(unshare(CLONE_NEWUTS));
		tl_stay(0);
	}
	tl_await(0);
	ck_assert_int_eq(used("max_user_namespaces"), 2);
	ck_assert_int_eq(used_by("max_user_namespaces", 0), 2);
	/* of the two uts namespaces one is left; the other had no process any more */
	ck_assert_int_eq(used_by("max_uts_namespaces", 0), 1);
	ck_assert_int_eq(used_by("max_net_namespaces", 0), 1);
	ck_assert_int_eq(used_by("max_net_namespaces", 7), 0);
	ck_assert_int_eq(used("max_mnt_namespaces"), 0);
}

TEST_BOTH(inner)
{
	tl_world(inner_world);
}

/* The kernel counts for 1000, who made the user namespace, what 2000 has made inside of it. */
static void other_uid_world(void)
{
	pid_t pid = fork();

	T_SYS(pid);
	if (!pid) {
		T_SYS(syscall(SYS_setresuid, 1000, 1000, 1000));
		T_SYS(unshare(CLONE_NEWUSER));
		tl->ready[1] = 1;
		tl_await(2);
		T_SYS(syscall(SYS_setresuid, 0, 0, 0));
		T_SYS(unshare(CLONE_NEWUTS));
		T_SYS(syscall(SYS_setresuid, 5, 5, 5));
		tl_stay(0);
	}
	tl_await(1);
	t_write_file(t_fmt("/proc/%d/uid_map", pid), "0 1000 1\n5 2000 1\n");
	tl->ready[2] = 1;
	tl_await(0);
	ck_assert_int_eq(used_by("max_user_namespaces", 1000), 1);
	ck_assert_int_eq(used_by("max_uts_namespaces", 1000), 1);
	ck_assert_int_eq(used_by("max_uts_namespaces", 2000), 0);
	ck_assert_int_eq(used("max_uts_namespaces"), 1);
}

TEST(made_by_another)
{
	t_need_root();
	tl_world(other_uid_world);
}

/* ---- inotify and fanotify ---- */

static void notify_world(void)
{
	int fd, fan;
	pid_t pid;

	tl_user_namespace(0);
	ck_assert_int_eq(used("max_inotify_instances"), 0);
	fd = inotify_init1(IN_CLOEXEC);
	T_SYS(fd);
	T_SYS(inotify_add_watch(fd, "/", IN_CREATE));
	T_SYS(inotify_add_watch(fd, "/proc", IN_CREATE));
	T_SYS(dup(fd));
	pid = fork(); /* has the same two fds, and one instance of its own */
	if (!pid) {
		T_SYS(inotify_init1(IN_CLOEXEC));
		tl_stay(0);
	}
	tl_await(0);
	ck_assert_int_eq(used("max_inotify_instances"), 2);
	ck_assert_int_eq(used_by("max_inotify_instances", 0), 2);
	ck_assert_int_eq(used("max_inotify_watches"), 2);
	set("max_inotify_instances", 2);
	T_CHECK(inotify_init1(IN_CLOEXEC) == -1 && errno == EMFILE);
	set("max_inotify_instances", 3);
	T_SYS(inotify_init1(IN_CLOEXEC));
	ck_assert_int_eq(used("max_inotify_instances"), 3);
	fan = fanotify_init(FAN_CLASS_NOTIF | FAN_REPORT_FID | FAN_CLOEXEC, O_RDONLY);
	if (fan < 0) {
		t_note("no fanotify here: %m");
		return;
	}
	T_SYS(fanotify_mark(fan, FAN_MARK_ADD, FAN_CREATE | FAN_ONDIR, AT_FDCWD, t_tmpdir()));
	ck_assert_int_eq(used("max_fanotify_groups"), 1);
	ck_assert_int_eq(used("max_fanotify_marks"), 1);
}

TEST_BOTH(notify)
{
	tl_world(notify_world);
}

static int no_kcmp(enum ct_seam_who who, long nr, const long *args, long *ret)
{
	(void)who;
	(void)args;
	*ret = -ENOSYS;
	return nr == SYS_kcmp;
}

TEST(no_kcmp)
{
	int a = inotify_init1(IN_CLOEXEC), b = inotify_init1(IN_CLOEXEC);

	T_SYS(a);
	T_SYS(b);
	tn_fake(no_kcmp);
	ck_assert_int_eq(used("max_inotify_instances"), -ENOENT);
	ck_assert_int_eq(used_by("max_inotify_instances", 0), -ENOENT);
	T_CHECK(used("max_uts_namespaces") >= 0);
	tn_fake(NULL);
	T_CHECK(used("max_inotify_instances") >= 2);
	close(a);
	close(b);
}

/* The first namespaces of the system count nowhere. */
TEST(first_namespaces)
{
	static const char *const none[] = { "uts", "ipc", "user", "time" };

	t_need_root();
	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++)
		ck_assert_int_eq(used(t_fmt("max_%s_namespaces", none[i])), 0);
	/* the runner's own */
	ck_assert_int_eq(used("max_pid_namespaces"), 1);
}
