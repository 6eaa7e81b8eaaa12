/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Attributes, propagation and id maps of mounts that are there. */
#include "t_mnt_fd.h"

#include <sys/utsname.h>
#include <sys/vfs.h>

static void set(const char *path, uint32_t bits, uint32_t clear, int recursive, const char *want)
{
	MF_FINE(contain_mount_set_attributes(AT_FDCWD, path, bits, clear, recursive, e));
	T_CHECK(strstr(mf_line(path), want), "%s: %s", want, mf_line(path));
}

TEST_MOUNT(attributes_are_set_and_cleared)
{
	const char *a = mf_tmpfs(dir, "a"), *sub = mf_tmpfs(a, "sub");
	int fd = open(a, O_PATH | O_CLOEXEC);

	set(a, CONTAIN_MOUNT_READONLY | CONTAIN_MOUNT_NOSUID, 0, 0, " ro,nosuid,relatime ");
	T_CHECK(strstr(mf_line(sub), " rw,relatime "), "%s", mf_line(sub));
	set(a, CONTAIN_MOUNT_NODEV, CONTAIN_MOUNT_READONLY, 0, " rw,nosuid,nodev,relatime ");
	set(a, CONTAIN_MOUNT_NOATIME, 0, 0, " rw,nosuid,nodev,noatime ");
	set(a, CONTAIN_MOUNT_STRICTATIME, CONTAIN_MOUNT_NOATIME, 0, " rw,nosuid,nodev ");
	set(a, CONTAIN_MOUNT_NOATIME, 0, 0, " rw,nosuid,nodev,noatime ");
	set(a, 0, CONTAIN_MOUNT_NOATIME, 0, " rw,nosuid,nodev,relatime ");
	set(a, CONTAIN_MOUNT_NODIRATIME | CONTAIN_MOUNT_NOSYMFOLLOW, CONTAIN_MOUNT_NODEV, 1,
	    " rw,nosuid,nodiratime,relatime,nosymfollow ");
	T_CHECK(strstr(mf_line(sub), " rw,nodiratime,relatime,nosymfollow "), "%s", mf_line(sub));
	/* the rest of the tree keeps what it has */
	set(sub, CONTAIN_MOUNT_NOEXEC, 0, 0, " rw,noexec,");
	set(a, CONTAIN_MOUNT_READONLY, CONTAIN_MOUNT_NOSYMFOLLOW, 1, " ro,nosuid,nodiratime,");
	T_CHECK(strstr(mf_line(sub), " ro,noexec,nodiratime,relatime "), "%s", mf_line(sub));
	T_CHECK(open(t_fmt("%s/file", sub), O_WRONLY) < 0 && errno == EROFS);
	/* by an fd, also of what is not attached */
	MF_FINE(contain_mount_set_attributes(fd, "", 0, CONTAIN_MOUNT_READONLY, 0, e));
	MF_FINE(contain_mount_set_attributes(fd, "sub", 0, CONTAIN_MOUNT_READONLY, 0, e));
	t_write_file(t_fmt("%s/file", sub), "x");
	close(fd);
	fd = MF_FINE(contain_mount_new("tmpfs", NULL, 0, e));
	MF_FINE(contain_mount_set_attributes(fd, "", CONTAIN_MOUNT_READONLY, 0, 1, e));
	T_CHECK(mf_flags(fd, ".") & ST_RDONLY);
	close(fd);
	mf_umount(a);
}

TEST_MOUNT(attributes_that_are_refused)
{
	const char *a = mf_tmpfs(dir, "a"), *sub = t_fmt("%s/sub", a), *file = t_fmt("%s/file", a);
	const char *before = t_fmt("%s", mf_line(a));
	int fd = open(file, O_WRONLY | O_CLOEXEC);

	MF_FAILS(EBUSY, "set-attributes", a, t_fmt("process %d", (int)getpid()),
		 contain_mount_set_attributes(AT_FDCWD, a, CONTAIN_MOUNT_READONLY, 0, 0, e));
	close(fd);
	MF_FAILS(EINVAL, "set-attributes", sub, "not the root of a mount",
		 contain_mount_set_attributes(AT_FDCWD, sub, CONTAIN_MOUNT_READONLY, 0, 0, e));
	MF_FAILS(EINVAL, "set-attributes", "set", "unknown",
		 contain_mount_set_attributes(AT_FDCWD, a, 0x40, 0, 0, e));
	MF_FAILS(EINVAL, "set-attributes", "set", "together",
		 contain_mount_set_attributes(
			 AT_FDCWD, a, CONTAIN_MOUNT_NOATIME | CONTAIN_MOUNT_STRICTATIME, 0, 0, e));
	MF_FAILS(EINVAL, "set-attributes", "set", "neither",
		 contain_mount_set_attributes(AT_FDCWD, a, 0, 0, 0, e));
	MF_FAILS(EINVAL, "set-attributes", "clear", "unknown",
		 contain_mount_set_attributes(AT_FDCWD, a, 1, CONTAIN_MOUNT_OPTIONAL, 0, e));
	MF_FAILS(EINVAL, "set-attributes", "clear", "as well",
		 contain_mount_set_attributes(AT_FDCWD, a, 1, 3, 0, e));
	MF_FAILS(EINVAL, "set-attributes", "recursive", "0 nor 1",
		 contain_mount_set_attributes(AT_FDCWD, a, 1, 0, -1, e));
	MF_FAILS(EINVAL, "set-attributes", "path", "NULL",
		 contain_mount_set_attributes(AT_FDCWD, NULL, 1, 0, 0, e));
	MF_FAILS(ENOENT, "set-attributes", t_fmt("%s/no", a), "",
		 contain_mount_set_attributes(AT_FDCWD, t_fmt("%s/no", a), 1, 0, 0, e));
	ck_assert_str_eq(mf_line(a), before);
	mf_umount(a);
}

/* What root has set on its mounts is locked in a user namespace. A24. */
static int locks(void *arg)
{
	const char *a = arg, *sub = t_fmt("%s/sub", a);

	T_SYS(mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL));
	MF_FAILS(EPERM, "set-attributes", a, "nosuid, nodev of the mount on",
		 contain_mount_set_attributes(
			 AT_FDCWD, a, 0,
			 CONTAIN_MOUNT_NOSUID | CONTAIN_MOUNT_NODEV | CONTAIN_MOUNT_NOEXEC, 0, e));
	MF_FAILS(EPERM, "set-attributes", a, t_fmt("readonly of the mount on %s may be", sub),
		 contain_mount_set_attributes(AT_FDCWD, a, 0, CONTAIN_MOUNT_READONLY, 1, e));
	MF_FAILS(EPERM, "set-attributes", a, "how access times are kept is locked",
		 contain_mount_set_attributes(AT_FDCWD, a, CONTAIN_MOUNT_NOATIME, 0, 0, e));
	T_CHECK(strstr(mf_line(a), " rw,nosuid,nodev,relatime "), "%s", mf_line(a));
	/* to add is allowed, and the rest stays */
	set(a, CONTAIN_MOUNT_READONLY, 0, 1, " ro,nosuid,nodev,relatime ");
	T_CHECK(strstr(mf_line(sub), " ro,noexec,relatime "), "%s", mf_line(sub));
	set(a, 0, CONTAIN_MOUNT_READONLY, 0, " rw,nosuid,nodev,relatime ");
	/* a clone of it has the same locks */
	MF_FAILS(EPERM, "mount-clone", a, "locked",
		 contain_mount_clone(AT_FDCWD, a, 1, CONTAIN_MOUNT_NOATIME, e));
	int fd = MF_FINE(contain_mount_clone(AT_FDCWD, a, 1, CONTAIN_MOUNT_READONLY, e));

	MF_FAILS(EPERM, "set-attributes", "", "",
		 contain_mount_set_attributes(fd, "", 0, CONTAIN_MOUNT_NOSUID, 0, e));
	T_CHECK(mf_flags(fd, ".") & ST_NOSUID);
	close(fd);
	/* nor does it go */
	for (uint32_t flags = 0; flags <= CONTAIN_DETACH_LAZY; flags += CONTAIN_DETACH_LAZY)
		MF_FAILS(EINVAL, "detach", sub, "locked",
			 contain_mount_detach(AT_FDCWD, sub, flags, e));
	MF_FAILS(EINVAL, "move", "/tmp", "locked",
		 contain_mount_move(AT_FDCWD, sub, AT_FDCWD, "/tmp", 0, e));
	return 7;
}

static int user_locks(void *arg, void *rec)
{
	int value = 0;

	(void)rec;
	MF_FINE(contain_ns_run(CONTAIN_NS_USER | CONTAIN_NS_MNT, NULL, 0, NULL, NULL, locks, arg,
			       &value, e));
	ck_assert_int_eq(value, 7);
	return 0;
}

TEST(locked_attributes_are_told)
{
	const char *a, *sub;

	t_need_root();
	t_need_userns();
	a = mf_tmpfs(t_tmpdir(), "a");
	sub = mf_tmpfs(a, "sub");
	T_SYS(mount(NULL, sub, NULL, MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOEXEC, NULL));
	T_SYS(mount(NULL, a, NULL, MS_REMOUNT | MS_BIND | MS_NOSUID | MS_NODEV, NULL));
	t_as_user(user_locks, (void *)a);
	mf_umount(a);
}

/* ---- propagation ---- */

static void has(const char *path, const char *want)
{
	const char *line = mf_line(path), *begin, *end;

	T_CHECK(line, "%s", path);
	end = strstr(line, " - ");
	begin = strstr(line, " rw,relatime ");
	T_CHECK(begin && end && begin < end, "%s", line);
	begin += strlen(" rw,relatime");
	char fields[64] = "";

	/* numbers of groups are the kernel's */
	for (const char *at = begin; at < end; at++)
		if ((*at < '0' || *at > '9') && strlen(fields) + 1 < sizeof(fields))
			strncat(fields, at, 1);
	ck_assert_str_eq(fields, want);
}

TEST_MOUNT(propagation_of_all_kinds)
{
	const char *a = mf_tmpfs(dir, "a"), *sub = mf_tmpfs(a, "sub"), *b = t_fmt("%s/b", dir);
	const uint32_t both = CONTAIN_PROPAGATION_SHARED | CONTAIN_PROPAGATION_SLAVE;

#define PROPAGATE(path, what, recursive) \
	MF_FINE(contain_mount_set_propagation(AT_FDCWD, path, what, recursive, e))
	T_SYS(mkdir(b, 0755));
	PROPAGATE(a, CONTAIN_PROPAGATION_SHARED, 0);
	has(a, " shared:");
	has(sub, "");
	PROPAGATE(a, CONTAIN_PROPAGATION_SHARED, 1);
	has(sub, " shared:");
	MF_FINE(contain_mount_bind(AT_FDCWD, a, AT_FDCWD, b, 0, e));
	has(b, " shared:");
	PROPAGATE(b, both, 1);
	has(b, " shared: master:");
	has(t_fmt("%s/sub", b), " shared: master:");
	PROPAGATE(b, CONTAIN_PROPAGATION_SLAVE, 0);
	has(b, " master:");
	PROPAGATE(b, CONTAIN_PROPAGATION_UNBINDABLE, 0);
	has(b, " unbindable");
	PROPAGATE(b, CONTAIN_PROPAGATION_PRIVATE, 1);
	has(b, "");
	has(t_fmt("%s/sub", b), "");
	PROPAGATE(b, both, 0); /* no master, so that it is shared alone */
	has(b, " shared:");
#undef PROPAGATE
	MF_FAILS(EINVAL, "set-propagation", t_fmt("%s/sub", dir), "not the root",
		 contain_mount_set_propagation(
			 AT_FDCWD, (mkdir(t_fmt("%s/sub", dir), 0755), t_fmt("%s/sub", dir)),
			 CONTAIN_PROPAGATION_SHARED, 0, e));
	for (uint32_t bad = 0; bad < 0x400000; bad += bad ? bad : 1)
		if (bad < CONTAIN_PROPAGATION_UNBINDABLE || bad > CONTAIN_PROPAGATION_SHARED)
			MF_FAILS(EINVAL, "set-propagation", "arguments", "one propagation type",
				 contain_mount_set_propagation(AT_FDCWD, a, bad, 0, e));
	MF_FAILS(EINVAL, "set-propagation", "arguments", "one propagation type",
		 contain_mount_set_propagation(
			 AT_FDCWD, a, CONTAIN_PROPAGATION_PRIVATE | CONTAIN_PROPAGATION_SLAVE, 0,
			 e));
	MF_FAILS(EINVAL, "set-propagation", "arguments", "recursive",
		 contain_mount_set_propagation(AT_FDCWD, a, CONTAIN_PROPAGATION_PRIVATE, 2, e));
	mf_umount(b);
	mf_umount(a);
}

/* ---- id maps ---- */

static int waits(void *arg)
{
	(void)arg;
	for (;;)
		pause();
	return 0;
}

/* A user namespace in which 0 is 100000 outside. */
static int user_ns(void)
{
	contain_id_map *map = NULL;
	contain_ns_child *c = NULL;
	int fd;

	ck_assert_int_eq(contain_id_map_new(&map), 0);
	MF_FINE(contain_id_map_add(map, 0, 100000, 65536, e));
	MF_FINE(contain_ns_child_start(CONTAIN_NS_USER, NULL, 0, map, map, waits, NULL, &c, e));
	fd = MF_FINE(contain_ns_open(contain_ns_child_pidfd(c), CONTAIN_NS_USER, e));
	tn_end(c);
	contain_id_map_free(map);
	return fd;
}

static int has_no_rights(void *arg, void *rec)
{
	const int *fds = arg;

	(void)rec;
	MF_FAILS(EPERM, "set-idmap", "mount_fd", "needs CAP_SYS_ADMIN in the user namespace",
		 contain_mount_set_idmap(fds[0], fds[1], 0, e));
	return 0;
}

/* tmpfs since Linux 6.3 */
static int mf_maps(int mnt)
{
	struct statfs fs;
	struct utsname name;
	int major = 0, minor = 0;

	T_SYS(fstatfs(mnt, &fs));
	T_SYS(uname(&name));
	sscanf(name.release, "%d.%d", &major, &minor);
	return fs.f_type != 0x01021994 || major > 6 || (major == 6 && minor >= 3);
}

static int can_idmap(int mnt, int ns)
{
	contain_error *error = NULL;
	int r = contain_mount_set_idmap(mnt, ns, 0, &error);

	if (r == 0)
		return 1;
	T_CHECK(r == -EINVAL && strstr(contain_error_hint(error), "of type"), "%s",
		contain_error_message(error));
	t_note("%s", contain_error_message(error));
	contain_error_free(error);
	return 0;
}

TEST_MOUNT_ROOT(files_belong_to_whom_the_map_says)
{
	const char *at = t_fmt("%s/at", dir);
	int ns = user_ns(), mnt = MF_FINE(contain_mount_clone(AT_FDCWD, dir, 0, 0, e));
	struct stat st;

	T_SYS(mkdir(at, 0755));
	t_write_file(t_fmt("%s/roots", dir), "");
	T_SYS(chown(t_fmt("%s/roots", dir), 5, 6));
	if (mf_maps(mnt)) {
		int fds[] = { mnt, ns };

		t_as_user(has_no_rights, fds);
	}
	if (can_idmap(mnt, ns)) {
		T_SYS(fstatat(mnt, "roots", &st, 0));
		ck_assert_uint_eq(st.st_uid, 100005);
		ck_assert_uint_eq(st.st_gid, 100006);
		MF_FAILS(EPERM, "set-idmap", "mount_fd", "id-mapped already",
			 contain_mount_set_idmap(mnt, ns, 0, e));
		MF_FINE(contain_mount_attach(mnt, AT_FDCWD, at, 0, e));
		T_SYS(stat(t_fmt("%s/roots", at), &st));
		ck_assert_uint_eq(st.st_uid, 100005);
		mf_umount(at);
	}
	close(mnt);
	close(ns);
}

TEST_MOUNT_ROOT(id_maps_that_are_refused)
{
	int ns = user_ns(), own = open("/proc/self/ns/user", O_RDONLY | O_CLOEXEC);
	int net = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC), mnt, proc;
	const char *a = mf_tmpfs(dir, "a");

	mnt = MF_FINE(contain_mount_clone(AT_FDCWD, dir, 0, 0, e));
	MF_FAILS(EPERM, "set-idmap", "userns_fd", "initial user namespace",
		 contain_mount_set_idmap(mnt, own, 0, e));
	MF_FAILS(EINVAL, "set-idmap", "userns_fd", "no user namespace",
		 contain_mount_set_idmap(mnt, net, 0, e));
	MF_FAILS(EINVAL, "set-idmap", "userns_fd", "no user namespace",
		 contain_mount_set_idmap(mnt, mnt, 0, e));
	MF_FAILS(EBADF, "set-idmap", "userns_fd", "open fd",
		 contain_mount_set_idmap(mnt, 12345, 0, e));
	MF_FAILS(EBADF, "set-idmap", "mount_fd", "open fd", contain_mount_set_idmap(-1, ns, 0, e));
	MF_FAILS(EINVAL, "set-idmap", "recursive", "0 nor 1",
		 contain_mount_set_idmap(mnt, ns, 3, e));
	close(mnt);
	mnt = open(dir, O_PATH | O_CLOEXEC);
	MF_FAILS(EINVAL, "set-idmap", "mount_fd", "not the root",
		 contain_mount_set_idmap(mnt, ns, 0, e));
	close(mnt);
	mnt = open(a, O_PATH | O_CLOEXEC);
	MF_FAILS(EINVAL, "set-idmap", "mount_fd", t_fmt("attached on %s", a),
		 contain_mount_set_idmap(mnt, ns, 0, e));
	close(mnt);
	proc = MF_FINE(contain_mount_new("proc", NULL, 0, e));
	MF_FAILS(EINVAL, "set-idmap", "mount_fd", "of type proc",
		 contain_mount_set_idmap(proc, ns, 0, e));
	close(proc);
	mf_umount(a);
	close(ns);
	close(own);
	close(net);
}

/* A user may not map what root has mounted. */
static int maps_roots(void *arg)
{
	int ns, mnt;

	T_SYS(mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL));
	ns = open("/proc/self/ns/user", O_RDONLY | O_CLOEXEC);
	mnt = MF_FINE(contain_mount_clone(AT_FDCWD, arg, 1, 0, e));
	if (mf_maps(mnt)) {
		MF_FAILS(EPERM, "set-idmap", "mount_fd", "in which the file system was mounted",
			 contain_mount_set_idmap(mnt, ns, 0, e));
	} else {
		MF_FAILS(EINVAL, "set-idmap", "mount_fd", "of type",
			 contain_mount_set_idmap(mnt, ns, 0, e));
	}
	close(mnt);
	close(ns);
	return 7;
}

static int user_maps(void *arg, void *rec)
{
	int value = 0;

	(void)rec;
	MF_FINE(contain_ns_run(CONTAIN_NS_USER | CONTAIN_NS_MNT, NULL, 0, NULL, NULL, maps_roots,
			       arg, &value, e));
	ck_assert_int_eq(value, 7);
	return 0;
}

TEST(users_map_no_file_system_of_the_host)
{
	t_need_root();
	t_need_userns();
	t_as_user(user_maps, (void *)t_tmpdir());
}
