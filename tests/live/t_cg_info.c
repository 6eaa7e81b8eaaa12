/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is mounted here and what the caller may divide, in set-ups that people have. */
#include "t_cg_tree.h"

#include <sys/mount.h>

static contain_cgroup_info *discover(void)
{
	contain_cgroup_info *info = NULL;
	contain_error *e = NULL;

	cg_ok(contain_cgroup_discover(&info, &e), e);
	return info;
}

/* By the other sources: the harness reads the mount table its own way. */
TEST(as_it_is_here)
{
	static const char *const names[] = { "cpu",	"cpuset", "io",	     "memory",
					     "hugetlb", "pids",	  "freezer", "devices" };
	contain_cgroup_info *info = discover();
	const char *v2 = t_cgroup_mount("cgroup2"), *mount = contain_cgroup_info_mount(info);
	int v1 = 0;

	ck_assert_str_eq(mount, v2 ? v2 : "");
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const char *v1_mount = t_cgroup_mount(!strcmp(names[i], "io") ? "blkio" : names[i]);
		const char *have = v2 ? cg_text(cg_open(v2), "cgroup.controllers") : "";
		int in_v2 = strstr(t_fmt(" %s ", have), t_fmt(" %s ", names[i])) != NULL;

		v1 |= v1_mount != NULL;
		ck_assert_int_eq(contain_cgroup_info_held(info, names[i]), in_v2    ? 2 :
									   v1_mount ? 1 :
										      0);
		ck_assert_str_eq(contain_cgroup_info_controller_mount(info, names[i]),
				 in_v2	  ? v2 :
				 v1_mount ? v1_mount :
					    "");
	}
	ck_assert_int_eq(contain_cgroup_info_mode(info),
			 v2 ? v1 ? CONTAIN_CGROUP_MODE_HYBRID : CONTAIN_CGROUP_MODE_UNIFIED :
			 v1 ? CONTAIN_CGROUP_MODE_LEGACY :
			      CONTAIN_CGROUP_MODE_NONE);
	ck_assert_int_eq(contain_cgroup_info_held(info, "nosuch"), -EINVAL);
	ck_assert_int_eq(contain_cgroup_info_held(info, NULL), -EINVAL);
	ck_assert_str_eq(contain_cgroup_info_controller_mount(info, "nosuch"), "");
	T_CHECK(contain_cgroup_info_in_namespace(info) == 0 || t_guest() == NULL);
	t_note("mount %s, own %s, delegated %s with \"%s\", nsdelegate %d, namespace %d root %d",
	       mount, contain_cgroup_info_own_group(info),
	       contain_cgroup_info_delegated_group(info),
	       contain_cgroup_info_delegated_controllers(info),
	       contain_cgroup_info_nsdelegate(info), contain_cgroup_info_in_namespace(info),
	       contain_cgroup_info_is_namespace_root(info));
	contain_cgroup_info_free(info);
}

TEST(nothing_and_bad)
{
	contain_error *e = NULL;

	cg_failed(contain_cgroup_discover(NULL, &e), e, EINVAL, "ret_info", "NULL");
	ck_assert_int_eq(contain_cgroup_info_mode(NULL), CONTAIN_CGROUP_MODE_NONE);
	ck_assert_str_eq(contain_cgroup_info_mount(NULL), "");
	ck_assert_str_eq(contain_cgroup_info_own_group(NULL), "");
	ck_assert_int_eq(contain_cgroup_info_held(NULL, "memory"), -EINVAL);
	ck_assert_str_eq(contain_cgroup_info_controller_mount(NULL, "memory"), "");
	ck_assert_str_eq(contain_cgroup_info_delegated_group(NULL), "");
	ck_assert_str_eq(contain_cgroup_info_delegated_controllers(NULL), "");
	ck_assert_str_eq(contain_cgroup_info_why(NULL), "");
	ck_assert_int_eq(contain_cgroup_info_nsdelegate(NULL), 0);
	ck_assert_int_eq(contain_cgroup_info_in_namespace(NULL), 0);
	ck_assert_int_eq(contain_cgroup_info_is_namespace_root(NULL), 0);
	contain_cgroup_info_free(NULL);
}

/* The test's own mount namespace: the machine's mounts stay as they are. */
static void without_cgroups(void)
{
	T_SYS(mount("none", "/sys/fs/cgroup", "tmpfs", 0, NULL));
}

TEST(no_cgroups_at_all)
{
	contain_cgroup_info *info;
	contain_error *e = NULL;
	int fd = -7;

	t_need_root();
	without_cgroups();
	info = discover();
	ck_assert_int_eq(contain_cgroup_info_mode(info), CONTAIN_CGROUP_MODE_NONE);
	ck_assert_str_eq(contain_cgroup_info_mount(info), "");
	ck_assert_str_eq(contain_cgroup_info_delegated_group(info), "");
	T_CHECK(strstr(contain_cgroup_info_why(info), "no cgroup2 file system is mounted"));
	ck_assert_int_eq(contain_cgroup_info_held(info, "memory"), 0);
	cg_failed(contain_cgroup_open_own(&fd, &e), e, EOPNOTSUPP, "", "no cgroup2");
	ck_assert_int_eq(fd, -7);
	contain_cgroup_info_free(info);
}

/* The name of the directory says nothing: the type of the file system does. */
TEST(unified_at_an_odd_place)
{
	const char *dir = t_tmpdir();
	contain_cgroup_info *info;
	contain_error *e = NULL;
	int fd = -1;

	t_need_root();
	without_cgroups();
	T_SYS(mkdir("/sys/fs/cgroup/memory", 0755)); /* and it is none */
	if (mount("cgroup2", dir, "cgroup2", 0, NULL))
		t_skip("cgroup2 cannot be mounted: %m");
	info = discover();
	ck_assert_int_eq(contain_cgroup_info_mode(info), CONTAIN_CGROUP_MODE_UNIFIED);
	ck_assert_str_eq(contain_cgroup_info_mount(info), dir);
	ck_assert_str_eq(contain_cgroup_info_delegated_group(info), "/");
	ck_assert_str_eq(contain_cgroup_info_why(info), "");
	ck_assert_str_eq(contain_cgroup_info_delegated_controllers(info),
			 t_fmt("%s", contain_cgroup_info_delegated_controllers(info)));
	cg_ok(contain_cgroup_open_own(&fd, &e), e);
	contain_cgroup_info_free(info);
	T_SYS(umount2(dir, MNT_DETACH));
}

TEST(legacy_and_read_only)
{
	const char *v2 = t_cgroup_mount("cgroup2"), *top;
	contain_cgroup_info *info;
	contain_error *e = NULL;
	int fd, new = -7;

	t_need_root();
	if (!v2)
		t_skip("no cgroup2 here");
	top = t_cgroup_make("cgroup2");
	T_SYS(mount(NULL, v2, NULL, MS_REMOUNT | MS_BIND | MS_RDONLY, NULL));
	info = discover();
	ck_assert_str_eq(contain_cgroup_info_delegated_group(info), "");
	T_CHECK(strstr(contain_cgroup_info_why(info), "mounted read-only"), "%s",
		contain_cgroup_info_why(info));
	contain_cgroup_info_free(info);
	fd = cg_open(v2);
	cg_failed(contain_cgroup_check_delegated(fd, &e), e, EROFS, ".", "read-only");
	cg_failed(contain_cgroup_create_path(fd, "t/u", &new, &e), e, EROFS, "t", "read-only");
	cg_failed(contain_cgroup_delegate(cg_open(t_fmt("%s/%s", v2, basename(top))), 1, 1, &e), e,
		  EROFS, "cgroup.procs", "read-only");
	if (!t_cgroup_mount("memory"))
		t_skip("no v1 here");
	close(fd);
	T_SYS(umount2(v2, MNT_DETACH));
	info = discover();
	ck_assert_int_eq(contain_cgroup_info_mode(info), CONTAIN_CGROUP_MODE_LEGACY);
	ck_assert_int_eq(contain_cgroup_info_held(info, "memory"), 1);
	ck_assert_str_eq(contain_cgroup_info_mount(info), "");
	contain_cgroup_info_free(info);
}

/* ---- as others see it ------------------------------ */

static int in_a_namespace(void *arg, void *rec)
{
	contain_cgroup_info *info;
	contain_error *e = NULL;
	int inner = openat(*(int *)arg, "inner", O_RDONLY | O_DIRECTORY);

	cg_ok(contain_cgroup_enter(*(int *)arg, &e), e);
	info = discover();
	ck_assert_int_eq(contain_cgroup_info_is_namespace_root(info), 0);
	T_CHECK(strstr(contain_cgroup_info_own_group(info), "/a"));
	contain_cgroup_info_free(info);
	T_SYS(unshare(CLONE_NEWCGROUP));
	info = discover();
	ck_assert_int_eq(contain_cgroup_info_in_namespace(info), 1);
	ck_assert_int_eq(contain_cgroup_info_is_namespace_root(info), 1);
	contain_cgroup_info_free(info);
	/* its own mount shows the namespace's tree, and the group as its root */
	without_cgroups();
	T_SYS(mkdir("/sys/fs/cgroup/x", 0755));
	T_SYS(mount("cgroup2", "/sys/fs/cgroup/x", "cgroup2", 0, NULL));
	info = discover();
	ck_assert_str_eq(contain_cgroup_info_own_group(info), "/");
	/* the process is in it: it cannot be divided */
	ck_assert_str_eq(contain_cgroup_info_delegated_group(info), "");
	T_CHECK(strstr(contain_cgroup_info_why(info), t_fmt("(pid %d)", getpid())), "%s",
		contain_cgroup_info_why(info));
	contain_cgroup_info_free(info);
	cg_ok(contain_cgroup_enter(inner, &e), e);
	info = discover();
	ck_assert_str_eq(contain_cgroup_info_own_group(info), "/inner");
	ck_assert_int_eq(contain_cgroup_info_is_namespace_root(info), 0);
	ck_assert_str_eq(contain_cgroup_info_delegated_group(info), "/");
	contain_cgroup_info_free(info);
	return 0;
}

TEST(in_a_cgroup_namespace)
{
	int a = cg_make(cg_top(), "a");

	close(cg_make(a, "inner"));
	ck_assert_int_eq(t_child(in_a_namespace, &a, NULL, 0), 0);
}

static int user_looks(void *arg, void *rec)
{
	const char *want = arg;
	contain_cgroup_info *info = discover();

	if (!strcmp(want, "delegated")) {
		T_CHECK(cg_is_in(getpid(), "leaf"));
		T_CHECK(strstr(contain_cgroup_info_delegated_group(info), "/a"), "%s",
			contain_cgroup_info_why(info));
		ck_assert_str_eq(contain_cgroup_info_why(info), "");
	} else {
		ck_assert_str_eq(contain_cgroup_info_delegated_group(info), "");
		T_CHECK(strstr(contain_cgroup_info_why(info), want), "%s",
			contain_cgroup_info_why(info));
	}
	contain_cgroup_info_free(info);
	return 0;
}

struct look {
	int fd;
	const char *want;
};

static int user_in(void *arg, void *rec)
{
	struct look *l = arg;
	contain_error *e = NULL;

	cg_ok(contain_cgroup_enter(l->fd, &e), e);
	t_as_user(user_looks, (void *)l->want);
	return 0;
}

TEST(an_ordinary_user)
{
	int top = cg_top(), a = cg_make(top, "a"), leaf = cg_make(a, "leaf");
	struct look look[] = { { leaf, "which belongs to user 0" },
			       { leaf, "delegated" },
			       { a, "but it has processes" } };
	contain_error *e = NULL;

	ck_assert_int_eq(t_child(user_in, &look[0], NULL, 0), 0);
	cg_ok(contain_cgroup_delegate(a, T_UID, T_GID, &e), e);
	cg_ok(contain_cgroup_delegate(leaf, T_UID, T_GID, &e), e);
	ck_assert_int_eq(t_child(user_in, &look[1], NULL, 0), 0);
	ck_assert_int_eq(t_child(user_in, &look[2], NULL, 0), 0);
}
