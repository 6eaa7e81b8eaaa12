/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Bad input to every setter and call: an errno and the name of the field, told by the setter and,
 * when nobody looked at that, by the start; and no process, file or group is made.
 */
#include "t_spawn.h"

#include <sys/stat.h>

static struct t_state *state;

static container_spec *fresh(void)
{
	container_spec *s = NULL;

	ck_assert_int_eq(container_spec_new(&s), 0);
	return s;
}

/* After the bad call all the rest is right: the start still says what was wrong first. */
static void check(container_spec *s, int err, const char *field, int line)
{
	const char *argv[] = { "/bin/payload", "exit", NULL };
	contain_error *e = NULL;
	container *c = NULL;
	int r;

	container_spec_set_root_dir(s, AT_FDCWD, ts_root(), 0);
	container_spec_set_argv(s, argv);
	/* a later mistake does not take the place of the first one */
	container_spec_set_cwd(s, "relative");
	r = container_spawn(s, &c, &e);
	T_CHECK(r == -err && !c, "line %d: %d, not %d", line, r, -err);
	T_CHECK(contain_error_code(e) == -err && contain_error_phase(e) == CONTAIN_PHASE_SPEC &&
			contain_error_step(e) == 0,
		"line %d", line);
	T_CHECK(strcmp(contain_error_object(e), field) == 0, "line %d: field '%s', not '%s'", line,
		contain_error_object(e), field);
	T_CHECK(strstr(contain_error_message(e), field) && *contain_error_hint(e), "line %d: %s",
		line, contain_error_message(e));
	contain_error_free(e);
	container_spec_free(s);
}

/* @call is given the spec `s` and has to return -@err, with @field named. */
#define BAD(err, field, call)                                                                      \
	do {                                                                                       \
		container_spec *s = fresh();                                                       \
		int r_ = (call);                                                                   \
		T_CHECK(r_ == -(err), "%s: %d, not %d", #call, r_, -(err));                        \
		check(s, err, field, __LINE__);                                                    \
	} while (0)

static void begin(void)
{
	ts_root();
	ts_remove_homes();
	state = t_state_take(T_ALL);
}

static void end(void)
{
	ts_remove_homes();
	t_state_check(state);
}

static const char *long_string(size_t n)
{
	char *s = t_fmt("%*s", (int)n, "");

	memset(s, 'a', n);
	s[0] = '/';
	return s;
}

TEST_BOTH(names)
{
	static const char *const names[] = { ".hidden", "-option", "two words", "a/b", "..", ".",
					     "new\nline", "\303\244", "a:b", "a,b", "a\\b", "%n" };

	begin();
	BAD(EINVAL, "name", container_spec_set_name(s, NULL));
	BAD(EINVAL, "name", container_spec_set_name(s, ""));
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		BAD(EINVAL, "name", container_spec_set_name(s, names[i]));
	BAD(ENAMETOOLONG, "name", container_spec_set_name(s, long_string(65)));
	BAD(EINVAL, "hostname", container_spec_set_hostname(s, NULL));
	BAD(EINVAL, "hostname", container_spec_set_hostname(s, ""));
	BAD(ENAMETOOLONG, "hostname", container_spec_set_hostname(s, long_string(65)));
	end();
}

TEST_BOTH(roots)
{
	const char *none[] = { NULL }, *one[] = { "/", NULL }, *empty[] = { "", NULL };
	const char **many = calloc(502, sizeof(*many));

	T_CHECK(many);
	for (int i = 0; i < 501; i++)
		many[i] = "/";
	begin();
	BAD(EINVAL, "root", container_spec_set_root_dir(s, AT_FDCWD, NULL, 0));
	BAD(EINVAL, "root", container_spec_set_root_dir(s, AT_FDCWD, "", 0));
	BAD(EINVAL, "root", container_spec_set_root_dir(s, AT_FDCWD, "/", 2));
	BAD(EINVAL, "root", container_spec_set_root_dir(s, AT_FDCWD, "/", 0x80000001));
	BAD(EBADF, "root", container_spec_set_root_dir(s, 4711, "", 0));
	BAD(EBADF, "root", container_spec_set_root_dir(s, 4711, "root", 0));
	BAD(ENOENT, "root", container_spec_set_root_dir(s, AT_FDCWD, "not/there", 0));
	BAD(ENAMETOOLONG, "root",
	    container_spec_set_root_dir(s, AT_FDCWD, long_string(4096), 0));
	BAD(EINVAL, "root.lowerdirs", container_spec_set_root_overlay(s, AT_FDCWD, NULL, 0, 0));
	BAD(EINVAL, "root.lowerdirs", container_spec_set_root_overlay(s, AT_FDCWD, none, 0, 0));
	BAD(EINVAL, "root.lowerdirs", container_spec_set_root_overlay(s, AT_FDCWD, empty, 0, 0));
	BAD(E2BIG, "root.lowerdirs", container_spec_set_root_overlay(s, AT_FDCWD, many, 0, 0));
	BAD(EINVAL, "root.lowerdirs",
	    container_spec_set_root_overlay(s, AT_FDCWD, one, 0, CONTAIN_ROOT_READONLY));
	BAD(EINVAL, "root.size_bytes",
	    container_spec_set_root_overlay(s, AT_FDCWD, one, UINT64_MAX, 0));
	BAD(EINVAL, "root", container_spec_set_root_overlay(s, AT_FDCWD, one, 0, 4));
	BAD(EINVAL, "root.size_bytes", container_spec_set_root_tmpfs(s, UINT64_MAX));
	BAD(EINVAL, "root",
	    (container_spec_set_root_dir(s, AT_FDCWD, "/", 0),
	     container_spec_set_root_tmpfs(s, 0)));
	BAD(EINVAL, "root",
	    (container_spec_set_root_tmpfs(s, 0), container_spec_set_root_tmpfs(s, 0)));
	BAD(EINVAL, "root",
	    (container_spec_set_root_dir(s, AT_FDCWD, "/", 0),
	     container_spec_set_root_overlay(s, AT_FDCWD, one, 0, 0)));
	end();
	free(many);
}

TEST_BOTH(upper_directories)
{
	const char *one[] = { "/", NULL };

	begin();
	for (int i = 0; i < 6; i++) {
		const char *two[] = { "/", "/etc", NULL };
		uint32_t flags = i == 1 ? CONTAIN_ROOT_READONLY : 0;
		const char *up = i == 3 ? "/b" : i == 4 ? NULL : i == 5 ? "" : "/a";

		BAD(EINVAL,
		    i == 2 ? "root.size_bytes" :
		    i == 3 ? "root.workdir" :
			     "root.upperdir",
		    (i == 0 ? container_spec_set_root_dir(s, AT_FDCWD, "/", 0) :
			      container_spec_set_root_overlay(s, AT_FDCWD, two, i == 2 ? 4096 : 0,
							      flags),
		     container_spec_set_root_upperdir(s, AT_FDCWD, up, "/b")));
	}
	BAD(EINVAL, "root.upperdir", container_spec_set_root_upperdir(s, AT_FDCWD, "/a", "/b"));
	BAD(EINVAL, "root.workdir",
	    (container_spec_set_root_overlay(s, AT_FDCWD, one, 0, 0),
	     container_spec_set_root_upperdir(s, AT_FDCWD, "/a", NULL)));
	BAD(EINVAL, "root.upperdir",
	    (container_spec_set_root_overlay(s, AT_FDCWD, one, 0, 0),
	     container_spec_set_root_upperdir(s, AT_FDCWD, "/a", "/b"),
	     container_spec_set_root_upperdir(s, AT_FDCWD, "/c", "/d")));
	BAD(EBADF, "root.upperdir",
	    (container_spec_set_root_overlay(s, AT_FDCWD, one, 0, 0),
	     container_spec_set_root_upperdir(s, 4711, "a", "b")));
	BAD(ENOENT, "root.workdir",
	    (container_spec_set_root_overlay(s, AT_FDCWD, one, 0, 0),
	     container_spec_set_root_upperdir(s, AT_FDCWD, "/a", "not/there")));
	BAD(ENAMETOOLONG, "root.upperdir",
	    (container_spec_set_root_overlay(s, AT_FDCWD, one, 0, 0),
	     container_spec_set_root_upperdir(s, AT_FDCWD, long_string(4096), "/b")));
	BAD(EINVAL, "root.size_bytes", container_spec_set_root_host(s, UINT64_MAX, 0));
	BAD(EINVAL, "root.size_bytes",
	    container_spec_set_root_host(s, 4096, CONTAIN_ROOT_READONLY));
	BAD(EINVAL, "root", container_spec_set_root_host(s, 0, 2));
	BAD(EINVAL, "root",
	    (container_spec_set_root_tmpfs(s, 0), container_spec_set_root_host(s, 0, 0)));
	BAD(EINVAL, "root.upperdir",
	    (container_spec_set_root_host(s, 0, 0),
	     container_spec_set_root_upperdir(s, AT_FDCWD, "/a", "/b")));
	end();
}

TEST_BOTH(mounts)
{
	static const char *const roots[] = { "/", "//", "/.", "/./", "/a/..", "/..", "/../." };

	begin();
	for (size_t i = 0; i < sizeof(roots) / sizeof(roots[0]); i++) {
		BAD(EINVAL, "bind.target", container_spec_add_bind(s, AT_FDCWD, "/", roots[i], 0));
		BAD(EINVAL, "tmpfs.target", container_spec_add_tmpfs(s, roots[i], 0, 0));
		BAD(EINVAL, "masked_path", container_spec_add_masked_path(s, roots[i]));
		BAD(EINVAL, "readonly_path", container_spec_add_readonly_path(s, roots[i]));
	}
	BAD(EINVAL, "bind.source", container_spec_add_bind(s, AT_FDCWD, NULL, "/a", 0));
	BAD(EINVAL, "bind.source", container_spec_add_bind(s, AT_FDCWD, "", "/a", 0));
	BAD(EBADF, "bind.source", container_spec_add_bind(s, 4711, "", "/a", 0));
	BAD(EBADF, "bind.source", container_spec_add_bind(s, -1, "a", "/a", 0));
	BAD(ENOENT, "bind.source", container_spec_add_bind(s, AT_FDCWD, "not-there", "/a", 0));
	BAD(EINVAL, "bind.target", container_spec_add_bind(s, AT_FDCWD, "/", NULL, 0));
	BAD(EINVAL, "bind.target", container_spec_add_bind(s, AT_FDCWD, "/", "", 0));
	BAD(EINVAL, "bind.target", container_spec_add_bind(s, AT_FDCWD, "/", "relative", 0));
	BAD(ENAMETOOLONG, "bind.target",
	    container_spec_add_bind(s, AT_FDCWD, "/", long_string(4096), 0));
	BAD(ENAMETOOLONG, "bind.source",
	    container_spec_add_bind(s, AT_FDCWD, long_string(4096), "/a", 0));
	BAD(EINVAL, "bind", container_spec_add_bind(s, AT_FDCWD, "/", "/a", 0x100));
	BAD(EINVAL, "bind", container_spec_add_bind(s, AT_FDCWD, "/", "/a", 0x40000000));
	BAD(EINVAL, "tmpfs.target", container_spec_add_tmpfs(s, NULL, 0, 0));
	BAD(EINVAL, "tmpfs.target", container_spec_add_tmpfs(s, "relative", 0, 0));
	BAD(EINVAL, "tmpfs.size_bytes", container_spec_add_tmpfs(s, "/a", UINT64_MAX, 0));
	BAD(EINVAL, "tmpfs.mode", container_spec_add_tmpfs(s, "/a", 0, 010000));
	BAD(EINVAL, "masked_path", container_spec_add_masked_path(s, NULL));
	BAD(EINVAL, "masked_path", container_spec_add_masked_path(s, "relative"));
	BAD(EINVAL, "readonly_path", container_spec_add_readonly_path(s, ""));
	BAD(EINVAL, "readonly_path", container_spec_add_readonly_path(s, "relative"));
	BAD(EINVAL, "default_mounts", container_spec_set_default_mounts(s, 0x10));
	end();
}

TEST_BOTH(files)
{
	static const char *const nameless[] = { "/",	 "//",	     "/.",	"/a/.",
						"/a/..", "/a/../..", "/a/b/./." };
	static char content[(16 << 20) + 1];

	begin();
	for (size_t i = 0; i < sizeof(nameless) / sizeof(nameless[0]); i++) {
		BAD(EINVAL, "dir.target", container_spec_add_dir(s, nameless[i], 0755));
		BAD(EINVAL, "file.target", container_spec_add_file(s, nameless[i], "x", 1, 0644));
		BAD(EINVAL, "symlink.path", container_spec_add_symlink(s, "x", nameless[i]));
	}
	BAD(EINVAL, "file.target", container_spec_add_file(s, "/a/", "x", 1, 0644));
	BAD(EINVAL, "symlink.path", container_spec_add_symlink(s, "x", "/a/"));
	BAD(EINVAL, "dir.target", container_spec_add_dir(s, NULL, 0755));
	BAD(EINVAL, "dir.target", container_spec_add_dir(s, "", 0755));
	BAD(EINVAL, "dir.target", container_spec_add_dir(s, "relative", 0755));
	BAD(ENAMETOOLONG, "dir.target", container_spec_add_dir(s, long_string(4096), 0755));
	BAD(ENAMETOOLONG, "dir.target", container_spec_add_dir(s, long_string(257), 0755));
	BAD(EINVAL, "dir.mode", container_spec_add_dir(s, "/a", 010000));
	BAD(EINVAL, "file.target", container_spec_add_file(s, NULL, "x", 1, 0644));
	BAD(EINVAL, "file.target", container_spec_add_file(s, "", "x", 1, 0644));
	BAD(EINVAL, "file.target", container_spec_add_file(s, "relative", "x", 1, 0644));
	BAD(ENAMETOOLONG, "file.target", container_spec_add_file(s, long_string(4096), "x", 1, 0));
	BAD(ENAMETOOLONG, "file.target", container_spec_add_file(s, long_string(257), "x", 1, 0));
	BAD(EINVAL, "file.mode", container_spec_add_file(s, "/a", "x", 1, 0100644));
	BAD(EINVAL, "file.content", container_spec_add_file(s, "/a", NULL, 1, 0644));
	BAD(E2BIG, "file.size_bytes",
	    container_spec_add_file(s, "/a", content, sizeof(content), 0644));
	BAD(E2BIG, "file.size_bytes", container_spec_add_file(s, "/a", content, SIZE_MAX, 0644));
	BAD(EINVAL, "symlink.link_target", container_spec_add_symlink(s, NULL, "/a"));
	BAD(EINVAL, "symlink.link_target", container_spec_add_symlink(s, "", "/a"));
	BAD(ENAMETOOLONG, "symlink.link_target",
	    container_spec_add_symlink(s, long_string(4096), "/a"));
	BAD(EINVAL, "symlink.path", container_spec_add_symlink(s, "x", NULL));
	BAD(EINVAL, "symlink.path", container_spec_add_symlink(s, "x", ""));
	BAD(EINVAL, "symlink.path", container_spec_add_symlink(s, "x", "relative"));
	BAD(ENAMETOOLONG, "symlink.path", container_spec_add_symlink(s, "x", long_string(4096)));
	end();
}

/* Each may be large, all of them together not. */
TEST(files_over_the_limit)
{
	static char content[16 << 20];
	container_spec *s;

	begin();
	s = fresh();
	for (int i = 0; i < 16; i++)
		ck_assert_int_eq(container_spec_add_file(s, "/a", content, sizeof(content), 0), 0);
	ck_assert_int_eq(container_spec_add_file(s, "/a", "x", 1, 0), -E2BIG);
	check(s, E2BIG, "file.size_bytes", __LINE__);
	end();
}

TEST_BOTH(namespaces_and_ids)
{
	begin();
	BAD(EINVAL, "namespaces", container_spec_set_namespaces(s, 0));
	BAD(EINVAL, "namespaces", container_spec_set_namespaces(s, CONTAIN_NS_PID));
	BAD(EINVAL, "namespaces", container_spec_set_namespaces(s, CONTAIN_NS_MNT | 1));
	BAD(EINVAL, "namespaces", container_spec_set_namespaces(s, CONTAIN_NS_MNT | 1ULL << 40));
	BAD(EINVAL, "uid_map", container_spec_add_uid_range(s, 0, 0, 0));
	BAD(EINVAL, "gid_map", container_spec_add_gid_range(s, 0, 0, 0));
	BAD(EINVAL, "uid_map", container_spec_add_uid_range(s, UINT32_MAX, 0, 1));
	BAD(EINVAL, "uid_map", container_spec_add_uid_range(s, 0, UINT32_MAX, 1));
	BAD(EINVAL, "gid_map", container_spec_add_gid_range(s, 0, UINT32_MAX - 5, 7));
	BAD(EINVAL, "gid_map", container_spec_add_gid_range(s, 2, 0, UINT32_MAX));
	BAD(EINVAL, "uid_map",
	    (container_spec_add_uid_range(s, 0, 0, 10), container_spec_add_uid_range(s, 9, 99, 5)));
	BAD(EINVAL, "uid_map",
	    (container_spec_add_uid_range(s, 0, 0, 10), container_spec_add_uid_range(s, 50, 5, 1)));
	BAD(EINVAL, "gid_map",
	    (container_spec_add_gid_range(s, 5, 0, 10), container_spec_add_gid_range(s, 0, 90, 6)));
	end();
}

/* The index of the range that is wrong is told. */
TEST(ids_over_the_kernels_limit)
{
	contain_error *e = NULL;
	container_plan *plan = NULL;
	container_spec *s;

	begin();
	s = fresh();
	for (uint32_t i = 0; i < 340; i++)
		ck_assert_int_eq(container_spec_add_uid_range(s, i * 2, i * 2, 1), 0);
	ck_assert_int_eq(container_spec_add_uid_range(s, 5000, 5000, 1), -EINVAL);
	ck_assert_int_eq(container_plan_compile(s, &plan, &e), -EINVAL);
	T_CHECK(strstr(contain_error_hint(e), "range 340 is more than"), "%s",
		contain_error_message(e));
	contain_error_free(e);
	container_spec_free(s);
	e = NULL;
	s = fresh();
	for (uint32_t i = 0; i < 7; i++)
		container_spec_add_gid_range(s, i, i + 100, i == 6 ? UINT32_MAX : 1);
	ck_assert_int_eq(container_plan_compile(s, &plan, &e), -EINVAL);
	T_CHECK(strstr(contain_error_hint(e), "range 6 wraps"), "%s", contain_error_message(e));
	contain_error_free(e);
	container_spec_free(s);
	ck_assert_ptr_null(plan);
	end();
}

TEST_BOTH(limits)
{
	int fd;

	begin();
	fd = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	BAD(EINVAL, "memory_max", container_spec_set_memory_max(s, 0));
	BAD(EINVAL, "memory_max", container_spec_set_memory_max(s, UINT64_MAX));
	BAD(EINVAL, "pids_max", container_spec_set_pids_max(s, 0));
	BAD(EINVAL, "pids_max", container_spec_set_pids_max(s, UINT64_MAX));
	BAD(EINVAL, "cpu_max", container_spec_set_cpu_max(s, 0, 100000));
	BAD(EINVAL, "cpu_max", container_spec_set_cpu_max(s, 999, 100000));
	BAD(EINVAL, "cpu_max", container_spec_set_cpu_max(s, 1000, 0));
	BAD(EINVAL, "cpu_max", container_spec_set_cpu_max(s, 1000, 999));
	BAD(EINVAL, "cpu_max", container_spec_set_cpu_max(s, 1000, 1000001));
	BAD(EINVAL, "cpu_max", container_spec_set_cpu_max(s, UINT64_MAX, 100000));
	BAD(EINVAL, "cgroup_parent", container_spec_set_cgroup_parent(s, AT_FDCWD, NULL));
	BAD(EINVAL, "cgroup_parent", container_spec_set_cgroup_parent(s, AT_FDCWD, ""));
	BAD(EINVAL, "cgroup_parent", container_spec_set_cgroup_parent(s, AT_FDCWD, "/a/../b"));
	BAD(EINVAL, "cgroup_parent", container_spec_set_cgroup_parent(s, AT_FDCWD, "/a\nb"));
	BAD(EBADF, "cgroup_parent", container_spec_set_cgroup_parent(s, 4711, ""));
	BAD(EINVAL, "cgroup_parent", container_spec_set_cgroup_parent(s, fd, ""));
	BAD(EINVAL, "cgroup_parent", container_spec_set_cgroup_parent(s, fd, "/absolute"));
	BAD(EINVAL, "cgroup_parent", container_spec_set_cgroup_parent(s, fd, "not-there"));
	close(fd);
	BAD(EINVAL, "setup_timeout_msec", container_spec_set_setup_timeout(s, -1));
	BAD(EINVAL, "setup_timeout_msec", container_spec_set_setup_timeout(s, INT64_MAX));
	end();
}

TEST_BOTH(programs)
{
	const char *none[] = { NULL }, *empty[] = { "", NULL };
	const char *bad[] = { "A=1", "B", NULL }, *nameless[] = { "=x", NULL };

	begin();
	BAD(EINVAL, "argv", container_spec_set_argv(s, NULL));
	BAD(EINVAL, "argv", container_spec_set_argv(s, none));
	BAD(EINVAL, "argv", container_spec_set_argv(s, empty));
	BAD(EINVAL, "env", container_spec_set_env(s, NULL));
	BAD(EINVAL, "env", container_spec_set_env(s, bad));
	BAD(EINVAL, "env", container_spec_set_env(s, nameless));
	BAD(EINVAL, "cwd", container_spec_set_cwd(s, NULL));
	BAD(EINVAL, "cwd", container_spec_set_cwd(s, ""));
	BAD(EINVAL, "cwd", container_spec_set_cwd(s, "relative"));
	BAD(ENAMETOOLONG, "cwd", container_spec_set_cwd(s, long_string(5000)));
	BAD(EINVAL, "stdio", container_spec_set_stdio(s, 3, CONTAIN_STDIO_NULL));
	BAD(EINVAL, "stdio", container_spec_set_stdio(s, -1, CONTAIN_STDIO_NULL));
	BAD(EINVAL, "stdio", container_spec_set_stdio(s, 1, -5));
	BAD(EBADF, "fd", container_spec_set_stdio(s, 1, 4711));
	BAD(EBADF, "fd", container_spec_add_fd(s, 4711, 5));
	BAD(EBADF, "fd", container_spec_add_fd(s, -1, 5));
	BAD(EINVAL, "fd", container_spec_add_fd(s, 1, -1));
	BAD(EINVAL, "fd", container_spec_add_fd(s, 1, 65536));
	BAD(EINVAL, "no_new_privs", container_spec_set_no_new_privs(s, 2));
	BAD(EINVAL, "new_session", container_spec_set_new_session(s, -1));
	end();
}

TEST_BOTH(identity_and_limits)
{
	const uint32_t bad[] = { 0, 5, UINT32_MAX, 7 };
	uint32_t *many = calloc(65537, sizeof(*many));

	T_CHECK(many);
	begin();
	BAD(EINVAL, "user.uid", container_spec_set_user(s, UINT32_MAX, 0));
	BAD(EINVAL, "user.gid", container_spec_set_user(s, 0, UINT32_MAX));
	BAD(EINVAL, "user.uid", container_spec_set_user(s, UINT32_MAX, UINT32_MAX));
	BAD(EINVAL, "groups", container_spec_set_groups(s, NULL, 1));
	BAD(EINVAL, "groups", container_spec_set_groups(s, bad, 4));
	BAD(EINVAL, "groups", container_spec_set_groups(s, many, 65537));
	BAD(EINVAL, "groups", container_spec_set_groups(s, many, SIZE_MAX));
	BAD(EINVAL, "rlimit", container_spec_set_rlimit(s, -1, 0, 0));
	BAD(EINVAL, "rlimit", container_spec_set_rlimit(s, 16, 0, 0));
	BAD(EINVAL, "rlimit", container_spec_set_rlimit(s, 1 << 30, 0, 0));
	BAD(EINVAL, "rlimit", container_spec_set_rlimit(s, 7, 2, 1));
	BAD(EINVAL, "rlimit", container_spec_set_rlimit(s, 7, UINT64_MAX, UINT64_MAX - 1));
	BAD(EINVAL, "umask", container_spec_set_umask(s, 01000));
	BAD(EINVAL, "umask", container_spec_set_umask(s, UINT32_MAX));
	BAD(EINVAL, "oom_score_adj", container_spec_set_oom_score_adj(s, -1001));
	BAD(EINVAL, "oom_score_adj", container_spec_set_oom_score_adj(s, 1001));
	end();
	free(many);
}

#define NULL_SPEC(call) ck_assert_int_eq((call), -EINVAL)

TEST(null_spec)
{
	const char *words[] = { "a", NULL };

	begin();
	NULL_SPEC(container_spec_new(NULL));
	container_spec_free(NULL);
	NULL_SPEC(container_spec_set_name(NULL, "a"));
	NULL_SPEC(container_spec_set_root_dir(NULL, AT_FDCWD, "/", 0));
	NULL_SPEC(container_spec_set_root_overlay(NULL, AT_FDCWD, words, 0, 0));
	NULL_SPEC(container_spec_set_default_mounts(NULL, 0));
	NULL_SPEC(container_spec_add_bind(NULL, AT_FDCWD, "/", "/a", 0));
	NULL_SPEC(container_spec_add_tmpfs(NULL, "/a", 0, 0));
	NULL_SPEC(container_spec_set_root_tmpfs(NULL, 0));
	NULL_SPEC(container_spec_set_root_host(NULL, 0, 0));
	NULL_SPEC(container_spec_set_root_upperdir(NULL, AT_FDCWD, "/a", "/b"));
	NULL_SPEC(container_spec_add_dir(NULL, "/a", 0));
	NULL_SPEC(container_spec_add_file(NULL, "/a", "x", 1, 0));
	NULL_SPEC(container_spec_add_symlink(NULL, "x", "/a"));
	NULL_SPEC(container_spec_add_masked_path(NULL, "/a"));
	NULL_SPEC(container_spec_add_readonly_path(NULL, "/a"));
	NULL_SPEC(container_spec_clear_paths(NULL));
	NULL_SPEC(container_spec_set_namespaces(NULL, CONTAIN_NS_MNT));
	NULL_SPEC(container_spec_set_hostname(NULL, "a"));
	NULL_SPEC(container_spec_add_uid_range(NULL, 0, 0, 1));
	NULL_SPEC(container_spec_add_gid_range(NULL, 0, 0, 1));
	NULL_SPEC(container_spec_set_cgroup_parent(NULL, AT_FDCWD, "/"));
	NULL_SPEC(container_spec_set_memory_max(NULL, 1));
	NULL_SPEC(container_spec_set_pids_max(NULL, 1));
	NULL_SPEC(container_spec_set_cpu_max(NULL, 1000, 1000));
	NULL_SPEC(container_spec_set_argv(NULL, words));
	NULL_SPEC(container_spec_set_env(NULL, words));
	NULL_SPEC(container_spec_set_cwd(NULL, "/"));
	NULL_SPEC(container_spec_set_stdio(NULL, 0, 0));
	NULL_SPEC(container_spec_add_fd(NULL, 0, 0));
	NULL_SPEC(container_spec_set_no_new_privs(NULL, 1));
	NULL_SPEC(container_spec_set_user(NULL, 0, 0));
	NULL_SPEC(container_spec_set_groups(NULL, NULL, 0));
	NULL_SPEC(container_spec_set_rlimit(NULL, 7, 1, 1));
	NULL_SPEC(container_spec_set_umask(NULL, 022));
	NULL_SPEC(container_spec_set_oom_score_adj(NULL, 0));
	NULL_SPEC(container_spec_set_capabilities(NULL, 0));
	NULL_SPEC(container_spec_set_new_session(NULL, 1));
	NULL_SPEC(container_spec_set_setup_timeout(NULL, 1));
	end();
}

/* Each setter after compile: -EBUSY, and what was compiled is unchanged. */
TEST_BOTH(setters_after_compile)
{
	const char *words[] = { "a=b", NULL };
	container_plan *plan = NULL, *again = NULL;
	contain_error *e = NULL;
	container_spec *s;
	struct ts t;

	ts_dir(&t, 0);
	ts_words(&t, "argv unchanged");
	s = t.spec;
	ck_assert_int_eq(container_plan_compile(s, &plan, NULL), 0);
	ck_assert_int_eq(container_plan_compile(s, &again, NULL), 0);
	container_plan_free(again);
	ck_assert_int_eq(container_spec_set_name(s, "a"), -EBUSY);
	ck_assert_int_eq(container_spec_set_root_dir(s, AT_FDCWD, "/", 0), -EBUSY);
	ck_assert_int_eq(container_spec_set_default_mounts(s, 0), -EBUSY);
	ck_assert_int_eq(container_spec_set_root_tmpfs(s, 0), -EBUSY);
	ck_assert_int_eq(container_spec_set_root_host(s, 0, 0), -EBUSY);
	ck_assert_int_eq(container_spec_set_root_upperdir(s, AT_FDCWD, "/a", "/b"), -EBUSY);
	ck_assert_int_eq(container_spec_add_dir(s, "/a", 0), -EBUSY);
	ck_assert_int_eq(container_spec_add_file(s, "/a", "x", 1, 0), -EBUSY);
	ck_assert_int_eq(container_spec_add_symlink(s, "x", "/a"), -EBUSY);
	ck_assert_int_eq(container_spec_add_bind(s, AT_FDCWD, "/", "/a", 0), -EBUSY);
	ck_assert_int_eq(container_spec_clear_paths(s), -EBUSY);
	ck_assert_int_eq(container_spec_set_namespaces(s, CONTAIN_NS_MNT), -EBUSY);
	ck_assert_int_eq(container_spec_add_uid_range(s, 0, 0, 1), -EBUSY);
	ck_assert_int_eq(container_spec_set_memory_max(s, 1), -EBUSY);
	ck_assert_int_eq(container_spec_set_cgroup_parent(s, AT_FDCWD, "/"), -EBUSY);
	ck_assert_int_eq(container_spec_set_argv(s, words), -EBUSY);
	ck_assert_int_eq(container_spec_set_env(s, words), -EBUSY);
	ck_assert_int_eq(container_spec_add_fd(s, 1, 7), -EBUSY);
	ck_assert_int_eq(container_spec_set_stdio(s, 1, CONTAIN_STDIO_PIPE), -EBUSY);
	ck_assert_int_eq(container_spec_set_user(s, 0, 0), -EBUSY);
	ck_assert_int_eq(container_spec_set_groups(s, NULL, 0), -EBUSY);
	ck_assert_int_eq(container_spec_set_rlimit(s, 7, 1, 1), -EBUSY);
	ck_assert_int_eq(container_spec_set_umask(s, 0), -EBUSY);
	ck_assert_int_eq(container_spec_set_oom_score_adj(s, 0), -EBUSY);
	ck_assert_int_eq(container_spec_set_stdio(s, 0, 1), -EBUSY);
	ck_assert_int_eq(container_spec_set_no_new_privs(s, 0), -EBUSY);
	ck_assert_int_eq(container_spec_set_setup_timeout(s, 1), -EBUSY);
	ck_assert_int_eq(container_spawn(s, &t.c, &e), -EBUSY);
	ck_assert_str_eq(contain_error_object(e), "name");
	contain_error_free(e);
	ck_assert_int_eq(container_plan_spawn(plan, NULL, &t.c, NULL), 0);
	container_plan_free(plan);
	ts_end(&t);
	ts_is(&t, "unchanged\n");
}

/* What contradicts is told by compile, which makes nothing. */
TEST_BOTH(contradictions)
{
	struct ts t;

	ts_new(&t);
	ts_words(&t, "exit");
	ts_fails(&t, EINVAL, CONTAIN_PHASE_PLAN, "compile", "root", "no root file system");

	ts_dir(&t, 0);
	ts_fails(&t, EINVAL, CONTAIN_PHASE_PLAN, "spawn", "argv", "no program");

	ts_dir(&t, 0);
	container_spec_set_hostname(t.spec, "name");
	container_spec_set_namespaces(t.spec, CONTAIN_NS_MNT | CONTAIN_NS_USER);
	ts_words(&t, "exit");
	ts_fails(&t, EINVAL, CONTAIN_PHASE_PLAN, "compile", "hostname", "CONTAIN_NS_UTS");

	ts_dir(&t, 0);
	container_spec_set_namespaces(t.spec, CONTAIN_NS_MNT);
	container_spec_add_gid_range(t.spec, 0, getegid(), 1);
	ts_words(&t, "exit");
	ts_fails(&t, EINVAL, CONTAIN_PHASE_PLAN, "compile", "gid_map", "CONTAIN_NS_USER");

	if (!ts_is_root()) {
		ts_dir(&t, 0);
		container_spec_set_namespaces(t.spec, TS_NS_ALL & ~CONTAIN_NS_USER);
		ts_words(&t, "exit");
		ts_fails(&t, EPERM, CONTAIN_PHASE_PLAN, "compile", "namespaces",
			 "CONTAIN_NS_USER");
	}
}

TEST(bad_overrides)
{
	const char *none[] = { NULL }, *bad[] = { "B", NULL }, *argv[] = { "a", NULL };
	container_overrides *o = NULL;

	begin();
	ck_assert_int_eq(container_overrides_new(NULL), -EINVAL);
	container_overrides_free(NULL);
	ck_assert_int_eq(container_overrides_set_argv(NULL, argv), -EINVAL);
	ck_assert_int_eq(container_overrides_new(&o), 0);
	ck_assert_int_eq(container_overrides_set_argv(o, NULL), -EINVAL);
	ck_assert_int_eq(container_overrides_set_argv(o, none), -EINVAL);
	ck_assert_int_eq(container_overrides_set_env(o, NULL), -EINVAL);
	ck_assert_int_eq(container_overrides_set_env(o, bad), -EINVAL);
	ck_assert_int_eq(container_overrides_set_cwd(o, "relative"), -EINVAL);
	ck_assert_int_eq(container_overrides_set_cwd(o, long_string(5000)), -ENAMETOOLONG);
	ck_assert_int_eq(container_overrides_add_fd(o, 4711, 1), -EBADF);
	ck_assert_int_eq(container_overrides_add_fd(o, 1, -1), -EINVAL);
	ck_assert_int_eq(container_overrides_add_fd(o, 1, 65536), -EINVAL);
	container_overrides_free(o);
	ck_assert_int_eq(container_plan_compile(NULL, NULL, NULL), -EINVAL);
	ck_assert_int_eq(container_plan_spawn(NULL, NULL, NULL, NULL), -EINVAL);
	ck_assert_int_eq(container_plan_explain(NULL, 1), -EINVAL);
	container_plan_free(NULL);
	end();
}
