/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The hints of errors, each provoked by its real cause: namespaces, mounts, the caller's limits. */
#include "t_spawn.h"

#include <sched.h>
#include <sys/mount.h>
#include <sys/resource.h>

/* In a user namespace of its own, with root's ids: like a tool that unshare(1) has started. */
static void become_nested_root(void)
{
	unsigned int uid = geteuid(), gid = getegid();

	T_SYS(unshare(CLONE_NEWUSER | CLONE_NEWNS));
	t_write_file("/proc/self/setgroups", "deny");
	t_write_file("/proc/self/uid_map", t_fmt("0 %u 1", uid));
	t_write_file("/proc/self/gid_map", t_fmt("0 %u 1", gid));
}

/* One of the limits on namespaces is 0 in the caller's user namespace. */
static int with_limit(void *arg, void *rec)
{
	const char **c = arg; /* type, root */
	const char *path = t_fmt("/proc/sys/user/max_%s_namespaces", c[0]);
	struct ts t;

	(void)rec;
	become_nested_root();
	t_write_file(path, "0");
	ts_new(&t);
	container_spec_set_root_dir(t.spec, AT_FDCWD, c[1], 0);
	container_spec_set_namespaces(t.spec, TS_NS_ALL);
	ts_words(&t, "exit");
	/* by the clone, or, after the v1 groups were entered, by the child */
	ts_fails(&t, ENOSPC, strcmp(c[0], "cgroup") == 0 ? 0 : CONTAIN_PHASE_PARENT, "", "",
		 t_fmt("user.max_%s_namespaces is 0", c[0]));
	if (t_guest() && strcmp(c[0], "net") != 0)
		return 0;
	/* the control: it is that limit, and no other */
	t_write_file(path, "1000");
	ts_new(&t);
	container_spec_set_root_dir(t.spec, AT_FDCWD, c[1], 0);
	container_spec_set_namespaces(t.spec, TS_NS_ALL);
	ts_words(&t, "exit");
	ts_run(&t);
	return 0;
}

TEST_BOTH(namespace_limits)
{
	static const char *const types[] = { "mnt", "uts", "ipc", "pid", "net", "user",
					     "cgroup" };

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		const char *c[] = { types[i], ts_root() };

		ck_assert_int_eq(t_child(with_limit, c, NULL, 0), 0);
	}
}

/* Root of a user namespace is not root of the host: F25, one level down. */
static int nested(void *arg, void *rec)
{
	struct ts t;

	(void)rec;
	become_nested_root();
	ts_new(&t);
	container_spec_set_root_dir(t.spec, AT_FDCWD, arg, 0);
	ts_words(&t, "ids -- stat /dev/null -- pty -- ifaces");
	ts_run(&t);
	ts_has(&t, "uid 0 0 0\n");
	ts_has(&t, "rdev 1:3 ");
	ts_has(&t, "lo 49 ");
	return 0;
}

TEST_BOTH(root_of_a_user_namespace)
{
	ck_assert_int_eq(t_child(nested, (void *)ts_root(), NULL, 0), 0);
}

/* ---- what forbids user namespaces ---- */

static int forbidden(void *arg, void *rec)
{
	struct ts t;

	(void)rec;
	ts_new(&t);
	container_spec_set_root_dir(t.spec, AT_FDCWD, arg, 0);
	ts_words(&t, "exit");
	ts_fails(&t, EPERM, CONTAIN_PHASE_PARENT, "clone", "container",
		 "kernel.unprivileged_userns_clone");
	return 0;
}

TEST(user_namespaces_are_forbidden)
{
	const char *knob = "/proc/sys/kernel/unprivileged_userns_clone";

	t_need_root();
	t_need_userns();
	if (!t_guest())
		t_skip("changes a sysctl of the whole machine: in guests only");
	if (access(knob, F_OK))
		t_skip("this kernel has no kernel.unprivileged_userns_clone");
	t_write_file(knob, "0");
	t_as_user(forbidden, (void *)ts_root());
	t_write_file(knob, "1");
}

static int in_chroot(void *arg, void *rec)
{
	struct ts t;

	(void)rec;
	T_SYS(chroot(arg));
	T_SYS(chdir("/"));
	ts_new(&t);
	container_spec_set_root_dir(t.spec, AT_FDCWD, "/usr", 0);
	ts_words(&t, "exit");
	ts_fails(&t, EINVAL, CONTAIN_PHASE_CHILD, "make-private", "/", "it runs in a chroot");
	ts_new(&t);
	container_spec_set_root_dir(t.spec, AT_FDCWD, "/usr", 0);
	container_spec_set_namespaces(t.spec, TS_NS_ALL);
	ts_words(&t, "exit");
	ts_fails(&t, EPERM, CONTAIN_PHASE_PARENT, "clone", "container", "runs in a chroot");
	return 0;
}

TEST(caller_in_a_chroot)
{
	const char *root = ts_root();

	t_need_root();
	T_SYS(mount("/proc", t_fmt("%s/proc", root), NULL, MS_BIND | MS_REC, NULL));
	T_SYS(mount("/dev", t_fmt("%s/dev", root), NULL, MS_BIND | MS_REC, NULL));
	ck_assert_int_eq(t_child(in_chroot, (void *)root, NULL, 0), 0);
}

/* ---- /proc ---- */

static int with_masked_proc(void *arg, void *rec)
{
	struct ts t;

	(void)rec;
	ts_new(&t);
	container_spec_set_root_dir(t.spec, AT_FDCWD, arg, 0);
	ts_words(&t, "exit");
	ts_fails(&t, EPERM, CONTAIN_PHASE_CHILD, "mount-proc", "/proc",
		 "something is mounted over a file or directory below /proc");
	/* without a proc of its own it goes */
	ts_new(&t);
	container_spec_set_root_dir(t.spec, AT_FDCWD, arg, 0);
	container_spec_set_default_mounts(t.spec, CONTAIN_DEFAULT_DEV | CONTAIN_DEFAULT_TMP);
	container_spec_add_bind(t.spec, AT_FDCWD, "/proc", "/proc", 0);
	ts_words(&t, "argv started");
	ts_run(&t);
	return 0;
}

/* F23: as in a container whose runtime has masked something. */
TEST(masked_proc_of_the_caller)
{
	t_need_root();
	t_need_userns();
	T_SYS(mount("/dev/null", "/proc/timer_list", NULL, MS_BIND, NULL));
	t_as_user(with_masked_proc, (void *)ts_root());
	T_SYS(umount("/proc/timer_list"));
}

TEST_BOTH(proc_without_a_pid_namespace)
{
	struct ts t;

	ts_dir(&t, 0);
	container_spec_set_namespaces(t.spec, TS_NS_ALL & ~CONTAIN_NS_PID);
	ts_words(&t, "exit");
	ts_fails(&t, EPERM, CONTAIN_PHASE_CHILD, "mount-proc", "/proc", "add CONTAIN_NS_PID");
}

/* ---- the caller's own limits ---- */

static int few_files(void *arg, void *rec)
{
	struct rlimit limit, low;
	int highest = open("/", O_PATH | O_CLOEXEC), seen = 0;
	contain_error *e = NULL;
	container *c = NULL;

	(void)rec;
	close(highest);
	T_SYS(getrlimit(RLIMIT_NOFILE, &limit));
	/* fewer and fewer: it fails here and there, and always says why */
	for (int more = 30; more >= 3; more -= ts_rounds(1, 1, 4)) {
		struct ts t;
		int r;

		ts_new(&t);
		container_spec_set_root_dir(t.spec, AT_FDCWD, arg, 0);
		ts_words(&t, "exit");
		low = limit;
		low.rlim_cur = (rlim_t)(highest + more);
		T_SYS(setrlimit(RLIMIT_NOFILE, &low));
		r = container_spawn(t.spec, &c, &e);
		T_SYS(setrlimit(RLIMIT_NOFILE, &limit));
		if (r == 0) {
			ck_assert_int_eq(container_wait(c, -1, NULL, NULL), 0);
		} else if (r == -EMFILE) {
			seen++;
			T_CHECK(strstr(contain_error_hint(e), "RLIMIT_NOFILE"), "%s",
				contain_error_message(e));
		} else {
			/* without the files of /proc and of the groups the answer is another one */
			T_CHECK(contain_error_phase(e) == CONTAIN_PHASE_PLAN &&
					*contain_error_hint(e),
				"%s", contain_error_message(e));
		}
		container_free(c);
		c = NULL;
		contain_error_free(e);
		e = NULL;
		ts_free(&t);
	}
	T_CHECK(seen > 1, "%d", seen);
	return 0;
}

TEST_BOTH(no_file_descriptor_left)
{
	ck_assert_int_eq(t_child(few_files, (void *)ts_root(), NULL, 0), 0);
}

static int no_process_left(void *arg, void *rec)
{
	struct rlimit limit;
	struct ts t;

	(void)rec;
	T_SYS(getrlimit(RLIMIT_NPROC, &limit));
	limit.rlim_cur = 1;
	T_SYS(setrlimit(RLIMIT_NPROC, &limit));
	ts_new(&t);
	container_spec_set_root_dir(t.spec, AT_FDCWD, arg, 0);
	ts_words(&t, "exit");
	ts_fails(&t, EAGAIN, CONTAIN_PHASE_PARENT, "clone", "container", "RLIMIT_NPROC");
	return 0;
}

/* F8 */
TEST(no_process_left_to_the_user)
{
	t_need_root();
	t_need_userns();
	t_as_user(no_process_left, (void *)ts_root());
}

static int in_full_group(void *arg, void *rec)
{
	const char **c = arg; /* group, root */
	struct ts t;

	(void)rec;
	t_write_file(t_fmt("%s/cgroup.procs", c[0]), "0");
	ts_new(&t);
	container_spec_set_root_dir(t.spec, AT_FDCWD, c[1], 0);
	ts_words(&t, "exit");
	ts_fails(&t, EAGAIN, CONTAIN_PHASE_PARENT, "clone", "container",
		 "pids.max of the caller's group");
	return 0;
}

/* The caller's own group is full; where v2 holds the controller, one above the container's too. */
TEST(no_process_left_to_the_group)
{
	const char *which = t_cgroup_mount("pids") ? "pids" : "cgroup2";
	const char *group = t_cgroup_make(which), *leaf = group;
	const char *c[2] = { NULL, ts_root() };
	container_spec *s = NULL;

	if (strcmp(which, "cgroup2") == 0)
		t_skip("with v2 the container is in another group: see t_hints_cgroup");
	t_write_file(t_fmt("%s/pids.max", group), "1");
	c[0] = leaf;
	container_spec_free(s);
	ck_assert_int_eq(t_child(in_full_group, c, NULL, 0), 0);
}

/* fs.mount-max is the machine's; a mount namespace of its own bounds only itself. */
TEST(no_room_for_mounts)
{
	char was[32];
	struct ts t;

	t_need_root();
	if (!t_guest())
		t_skip("changes a sysctl of the whole machine: in guests only");
	T_CHECK(t_read_file("/proc/sys/fs/mount-max", was, sizeof(was)) > 0);
	ts_dir(&t, 0);
	for (int i = 0; i < 100; i++)
		container_spec_add_tmpfs(t.spec, t_fmt("/job/%d", i), 0, 0755);
	ts_words(&t, "exit");
	t_write_file("/proc/sys/fs/mount-max", "100");
	ts_fails(&t, ENOSPC, CONTAIN_PHASE_CHILD, "", "", "fs.mount-max");
	t_write_file("/proc/sys/fs/mount-max", was);
}
