/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Devices of the host that a container is given: container_spec_add_device(). */
#include "t_spawn.h"

#include <contain/contain.h>
#include <sys/mount.h>
#include <sys/sysmacros.h>

/* A node of the host, of a device that everybody may use; root alone makes others. */
#define ZERO "/dev/zero"

static void give(struct ts *t, const char *path, const char *target, uint32_t flags)
{
	T_CHECK(container_spec_add_device(t->spec, AT_FDCWD, path, target, flags) == 0, "%s", path);
}

/* In a directory of the test, on a file system where nodes can be opened. */
static const char *node(const char *name, mode_t mode, unsigned int major_, unsigned int minor_)
{
	static const char *dir;
	static pid_t owner;
	const char *path;

	if (owner != getpid()) {
		dir = t_fmt("%s/nodes", t_tmpdir());
		T_SYS(mkdir(dir, 0755));
		T_SYS(mount("nodes", dir, "tmpfs", MS_NOSUID, "mode=755"));
		owner = getpid();
	}
	path = t_fmt("%s/%s", dir, name);
	T_SYS(mknod(path, mode, makedev(major_, minor_)));
	T_SYS(chmod(path, mode & 07777));
	return path;
}

/* Below /dev, in a directory of it, elsewhere; by its own name; behind a symlink. */
TEST_BOTH(they_are_there_and_work)
{
	const char *link = t_fmt("%s/link", t_tmpdir());

	T_SYS(symlink(ZERO, link));
	for (int init = 0; init < 2; init++) {
		struct ts t;

		ts_dir(&t, 0);
		container_spec_set_init(t.spec, init);
		give(&t, ZERO, "/dev/given", 0);
		give(&t, ZERO, "/dev/net/deep//given", CONTAIN_DEVICE_READ);
		give(&t, link, "/job/given", 0);
		give(&t, "/no/such/node", NULL, CONTAIN_MOUNT_OPTIONAL);
		ts_sh(&t, "for d in /dev/given /dev/net/deep/given /job/given; do "
			  "head -c 1000 $d | wc -c; done; echo x >/dev/given && echo written; "
			  "payload stat /dev/given -- stat /job/given; ls /dev/net /no 2>&1");
		ts_run_to(&t, 1);
		ts_has(&t, "1000\n1000\n1000\nwritten\nmode 20666 ");
		ts_has(&t, " rdev 1:5 ");
		ts_has(&t, "/dev/net:\ndeep\n");
		ts_has(&t, "/no: No such file");
	}
	/* nothing but the mount point is left in the root */
	T_CHECK(access(t_fmt("%s/dev/given", ts_root()), F_OK) < 0);
}

/* Made with mknod(2) for root: type, number, mode and owner are the host's, and the node is not. */
TEST(a_node_of_its_own_for_root)
{
	struct stat st;
	const char *path;
	struct ts t;

	t_need_root();
	path = node("one", S_IFCHR | 0640, 1, 5);
	T_SYS(chown(path, 12, 34));
	ts_dir(&t, 0);
	give(&t, path, "/dev/one", 0);
	give(&t, node("disk", S_IFBLK | 0600, 7, 99), "/dev/disk/by-label/data", 0);
	ts_sh(&t, "payload stat /dev/one -- stat /dev/disk/by-label/data; chmod 0666 /dev/one; "
		  "grep -c /dev/one /proc/self/mountinfo; stat -c %a /dev/disk");
	ts_run(&t);
	ts_has(&t, "mode 20640 uid 12 gid 34 ");
	ts_has(&t, " rdev 1:5 ");
	ts_has(&t, "mode 60600 uid 0 gid 0 ");
	ts_has(&t, " rdev 7:99 ");
	ts_has(&t, "\n0\n755\n");
	T_SYS(stat(path, &st));
	ck_assert_uint_eq(st.st_mode & 07777, 0640);
}

/* A user namespace gets the host's own: nobody there owns it. */
TEST(a_bind_in_a_user_namespace)
{
	struct ts t;

	t_need_root();
	ts_dir(&t, 0);
	container_spec_add_uid_range(t.spec, 0, 100000, 65536);
	container_spec_add_gid_range(t.spec, 0, 100000, 65536);
	give(&t, ZERO, "/dev/given", 0);
	ts_sh(&t, "payload stat /dev/given; chmod 0600 /dev/given; head -c 10 /dev/given | wc -c; "
		  "mknod /dev/other c 1 5");
	ts_run_to(&t, 1);
	ts_has(&t, "mode 20666 uid 65534 gid 65534 ");
	ts_has(&t, "chmod: /dev/given: Operation not permitted\n10\n");
	ts_has(&t, "mknod: /dev/other: Operation not permitted");
}

TEST(explained)
{
	const char *disk;
	struct ts t;
	char *text;

	t_need_root();
	disk = node("disk", S_IFBLK | 0600, 7, 99);
	ts_dir(&t, 0);
	give(&t, disk, "/dev/disk", 0);
	give(&t, ZERO, "/job/zero", 0);
	text = ts_explained(&t);
	T_CHECK(strstr(text, "make-device \"/dev/disk\" b 7:99, mode 0600 "), "%s", text);
	T_CHECK(strstr(text, "bind-device \"/job/zero\" c 1:5, from \"/dev/zero\" "), "%s", text);
	T_CHECK(strstr(text, "check-device \"/dev/zero\" c 1:5 "), "%s", text);
	ts_free(&t);
}

/* ---- refused by the setter ---- */

static void refused(const char *path, const char *target, uint32_t flags, int err,
		    const char *field, const char *why)
{
	contain_error *e = NULL;
	container_plan *plan = NULL;
	container_spec *s = NULL;
	int r;

	ck_assert_int_eq(container_spec_new(&s), 0);
	ck_assert_int_eq(container_spec_add_device(s, AT_FDCWD, ZERO, "/dev/first", 0), 0);
	r = container_spec_add_device(s, AT_FDCWD, path, target, flags);
	T_CHECK(r == -err, "%s at %s: %d", path, target, r);
	ck_assert_int_eq(container_plan_compile(s, &plan, &e), -err);
	T_CHECK(!strcmp(contain_error_object(e), field) && strstr(contain_error_message(e), why),
		"%s", contain_error_message(e));
	contain_error_free(e);
	container_spec_free(s);
}

TEST(bad_devices_are_refused)
{
	container_spec *s = NULL;

	refused(NULL, "/dev/x", 0, EINVAL, "device.path", "is NULL");
	refused("/etc/passwd", "/dev/x", 0, ENODEV, "device.path", "is no device node");
	refused("/dev", "/dev/x", 0, ENODEV, "device.path", "is no device node");
	refused("/dev/no-such", "/dev/x", 0, ENOENT, "device.path", "/dev/no-such");
	refused("/etc/passwd/x", NULL, 0, ENOTDIR, "device.path", "/etc/passwd/x");
	refused(ZERO, "dev/x", 0, EINVAL, "device.target", "not an absolute path");
	refused(ZERO, "", 0, EINVAL, "device.target", "empty");
	refused(ZERO, "/", 0, EINVAL, "device.target", "the root itself");
	refused(ZERO, "/dev/../etc/x", 0, EINVAL, "device.target", "\"..\"");
	refused(ZERO, "/dev/x/..", 0, EINVAL, "device.target", "\"..\"");
	refused(ZERO, "/dev/first", 0, EINVAL, "device.target", "of another device");
	refused(ZERO, "/dev/x", 8, EINVAL, "device.flags", "0x8");
	refused(ZERO, "/dev/x", CONTAIN_MOUNT_NOEXEC, EINVAL, "device.flags", "0x8");
	ck_assert_int_eq(container_spec_add_device(NULL, AT_FDCWD, ZERO, NULL, 0), -EINVAL);
	ck_assert_int_eq(container_spec_new(&s), 0);
	ck_assert_int_eq(container_spec_add_device(s, 987, "zero", "/dev/x", 0), -EBADF);
	container_spec_free(s);
}

/* Names of the default /dev are told before anything is made; "..." is a name like another. */
TEST_BOTH(names_of_the_default_dev)
{
	static const char *const taken[] = { "/dev/null", "/dev/ptmx", "/dev/shm", "/dev//fd" };
	struct ts t;

	for (size_t i = 0; i < 4; i++) {
		ts_dir(&t, 0);
		ts_words(&t, "exit");
		give(&t, ZERO, taken[i], 0);
		ts_fails(&t, EEXIST, CONTAIN_PHASE_PLAN, "", "device.target", "of this name");
	}
	ts_dir(&t, 0);
	give(&t, ZERO, "/dev/...", 0);
	ts_words(&t, "stat /dev/...");
	ts_run(&t);
	ts_has(&t, " rdev 1:5 ");
	/* without it they are names like others */
	ts_dir(&t, 0);
	container_spec_set_default_mounts(t.spec, CONTAIN_DEFAULT_PROC);
	give(&t, ZERO, "/dev/null", 0);
	give(&t, ZERO, NULL, 0);
	ts_words(&t, "stat /dev/null -- stat /dev/zero");
	ts_run(&t);
	ts_has(&t, " rdev 1:5 ");
}

/* ---- refused by a start ---- */

/* Two names of one place are found out by the child. */
TEST(told_twice)
{
	struct ts t;

	t_need_root();
	ts_dir(&t, 0);
	ts_words(&t, "exit");
	give(&t, ZERO, "/dev/one", 0);
	give(&t, ZERO, "/dev/./one", 0);
	ts_fails(&t, EEXIST, CONTAIN_PHASE_CHILD, "make-device", "/dev/./one", "has this name");
}

TEST(another_device_at_the_start)
{
	const char *path;
	struct ts t;

	t_need_root();
	path = node("swapped", S_IFCHR | 0666, 1, 5);
	ts_dir(&t, 0);
	ts_words(&t, "exit");
	give(&t, path, "/dev/given", 0);
	T_SYS(unlink(path));
	node("swapped", S_IFCHR | 0666, 1, 7);
	ts_fails(&t, ESTALE, CONTAIN_PHASE_PARENT, "check-device", path, "another device");
	ts_dir(&t, 0);
	ts_words(&t, "exit");
	give(&t, path, "/dev/given", 0);
	T_SYS(unlink(path));
	ts_fails(&t, ENOENT, CONTAIN_PHASE_PARENT, "check-device", path, "no longer there");
	/* of the other type */
	node("swapped", S_IFCHR | 0666, 1, 7);
	ts_dir(&t, 0);
	ts_words(&t, "exit");
	give(&t, path, "/dev/given", 0);
	T_SYS(unlink(path));
	node("swapped", S_IFBLK | 0666, 1, 7);
	ts_fails(&t, ESTALE, CONTAIN_PHASE_PARENT, "check-device", path, "another device");
}

/* It could be bound, and nothing could open it. */
TEST(a_node_that_cannot_be_opened)
{
	const char *dir = t_fmt("%s/nodev", t_tmpdir()), *path = t_fmt("%s/zero", dir);
	struct ts t;

	t_need_root();
	T_SYS(mkdir(dir, 0755));
	T_SYS(mount("nodes", dir, "tmpfs", MS_NODEV, "mode=755"));
	T_SYS(mknod(path, S_IFCHR | 0666, makedev(1, 5)));
	ts_dir(&t, 0);
	ts_words(&t, "exit");
	give(&t, path, "/job/given", 0);
	ts_fails(&t, EACCES, CONTAIN_PHASE_CHILD, "bind-device", "/job/given", "nodev");
	/* a node of its own can */
	ts_dir(&t, 0);
	ts_sh(&t, "head -c 10 /dev/given | wc -c");
	give(&t, path, "/dev/given", 0);
	ts_run(&t);
	ts_is(&t, "10\n");
}

static int closed_to_a_user(void *arg, void *rec)
{
	const char *path = arg;
	struct ts t;

	(void)rec;
	ts_dir(&t, 0);
	ts_words(&t, "exit");
	give(&t, path, "/dev/given", 0);
	ts_fails(&t, EACCES, CONTAIN_PHASE_CHILD, "bind-device", "/dev/given", "permissions");
	/* what it may do, it is given */
	ts_dir(&t, 0);
	ts_sh(&t, "head -c 10 /dev/given | wc -c; echo x >/dev/given || echo closed");
	give(&t, path, "/dev/given", CONTAIN_DEVICE_READ);
	ts_run(&t);
	ts_has(&t, "10\n");
	ts_has(&t, "closed\n");
	return 0;
}

TEST(a_node_that_is_closed_to_the_caller)
{
	const char *path;

	t_need_root();
	t_need_userns();
	path = node("closed", S_IFCHR | 0644, 1, 5);
	T_SYS(chmod(t_tmpdir(), 0755));
	t_as_user(closed_to_a_user, (void *)path);
}

/* ---- with rules of the group ---- */

static contain_devices *rules(int with_null)
{
	contain_devices *d = NULL;

	ck_assert_int_eq(contain_devices_new(&d), 0);
	if (with_null)
		ck_assert_int_eq(contain_devices_allow(d, 'c', 1, 3, CONTAIN_DEVICE_READ, NULL), 0);
	/* a rule that speaks of it, too: that of the device is behind it */
	ck_assert_int_eq(contain_devices_deny(d, 'c', 1, 5, CONTAIN_DEVICE_READ, NULL), 0);
	return d;
}

/* Allowed by itself, for what flags say, and nothing else is. */
TEST(rules_allow_it)
{
	contain_devices *d;
	struct ts t;

	t_need_root();
	d = rules(1);
	for (int userns = 0; userns < 2; userns++) {
		ts_dir(&t, 0);
		if (userns) {
			container_spec_add_uid_range(t.spec, 0, 0, 65536);
			container_spec_add_gid_range(t.spec, 0, 0, 65536);
		}
		container_spec_set_devices(t.spec, d);
		give(&t, ZERO, "/dev/given", CONTAIN_DEVICE_READ);
		ts_sh(&t, "head -c 10 /dev/given | wc -c; echo x >/dev/given; head -c 10 /dev/zero "
			  "| wc -c; head -c 1 /dev/full");
		ts_run_to(&t, 1);
		ts_has(&t, "10\n");
		ts_has(&t, "/dev/given: Operation not permitted");
		ts_has(&t, "/dev/full: Operation not permitted");
	}
	contain_devices_free(d);
}

/* Rules above the container's own are the host's: what they deny is told, and never found out. */
TEST(rules_above_deny_it)
{
	contain_devices *d;
	const char *parent;
	contain_error *e = NULL;
	struct ts t;
	int fd;

	t_need_root();
	if (!t_cgroup_mount("cgroup2"))
		t_skip("no cgroup2 file system");
	ts_remove_homes();
	parent = t_cgroup_make("cgroup2");
	T_SYS(fd = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	ck_assert_int_eq(contain_devices_new_default(&d), 0);
	ck_assert_int_eq(contain_devices_deny(d, 'c', 1, 7, CONTAIN_DEVICE_WRITE, NULL), 0);
	ck_assert_int_eq(contain_devices_allow(d, 'c', 1, 7, CONTAIN_DEVICE_READ, NULL), 0);
	if (contain_devices_attach(d, fd, &e) == -EOPNOTSUPP)
		t_skip("%s", contain_error_message(e));
	T_CHECK(!e, "%s", contain_error_message(e));
	for (int bound = 0; bound < 2; bound++) {
		const char *target = bound ? "/job/given" : "/dev/given";

		for (int set = 0; set < 2; set++) {
			ts_dir(&t, 0);
			container_spec_set_cgroup_parent(t.spec, AT_FDCWD, parent);
			if (set)
				container_spec_set_devices(t.spec, d);
			ts_words(&t, "exit");
			give(&t, "/dev/full", target, 0);
			ts_fails(&t, EPERM, CONTAIN_PHASE_CHILD,
				 bound ? "bind-device" : "make-device", target, "device rules");
		}
		ts_dir(&t, 0);
		container_spec_set_cgroup_parent(t.spec, AT_FDCWD, parent);
		ts_sh(&t, t_fmt("head -c 10 %s | wc -c", target));
		give(&t, "/dev/full", target, CONTAIN_DEVICE_READ);
		ts_run(&t);
		ts_is(&t, "10\n");
	}
	contain_devices_free(d);
	close(fd);
}

/* ---- order, overrides ---- */

/* In /dev before what the spec mounts, elsewhere after it: a mount on the way does not hide it. */
TEST_BOTH(order)
{
	struct ts t;

	ts_dir(&t, 0);
	give(&t, ZERO, "/job/deep/given", 0);
	container_spec_add_tmpfs(t.spec, "/job", 0, 0755);
	ts_words(&t, "stat /job/deep/given");
	ts_run(&t);
	ts_has(&t, " rdev 1:5 ");
	T_CHECK(access(t_fmt("%s/job/deep", ts_root()), F_OK) < 0);
}

TEST_BOTH(a_plan_with_overrides)
{
	static const char *const argv[] = { "/bin/payload", "stat", "/dev/given", "--", "stat",
					    "/mnt", NULL };
	container_overrides *o = NULL;
	container_plan *plan = NULL;
	struct ts t;

	for (int i = 0; i < 2; i++) {
		ts_dir(&t, 0);
		ts_words(&t, "exit");
		give(&t, ZERO, "/dev/given", 0);
		container_spec_set_hosts(t.spec, "one", 3);
		ck_assert_int_eq(container_plan_compile(t.spec, &plan, &t.error), 0);
		ck_assert_int_eq(container_overrides_new(&o), 0);
		container_overrides_set_argv(o, argv);
		container_overrides_add_bind(o, AT_FDCWD, "/dev/full", "/mnt/full", 0);
		T_CHECK(container_plan_spawn(plan, o, &t.c, &t.error) == 0, "%s",
			contain_error_message(t.error));
		container_overrides_free(o);
		container_plan_free(plan);
		ts_end(&t);
		ts_has(&t, " rdev 1:5 ");
	}
}
