/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Each newer call answers ENOSYS, as by a seccomp filter, then all of them: what attaches or
 * changes in one step works all the same, as safe as before, and the rest names the call. A40 for
 * mounts.
 */
#include "t_mnt_fd.h"

#include "feature/feature.h"
#include "sys/uapi.h"

static const struct {
	long nr;
	const char *name;
} calls[] = {
	{ __NR_fsopen, "fsopen" },	   { __NR_fsconfig, "fsconfig" },
	{ __NR_fsmount, "fsmount" },	   { __NR_open_tree, "open_tree" },
	{ __NR_move_mount, "move_mount" }, { __NR_mount_setattr, "mount_setattr" },
	{ __NR_openat2, "openat2" },	   { __NR_clone3, "clone3" },
	{ __NR_statx, "statx" },
};
#define CALLS ((int)(sizeof(calls) / sizeof(calls[0])))
#define NEW_API 6 /* the first of them: mounts */

static int missing; /* one of them; CALLS: the new API; CALLS + 1: that and openat2, clone3 */

static int answers(enum ct_seam_who who, long nr, const long *args, long *ret)
{
	(void)who;
	(void)args;
	for (int i = 0; i < CALLS - 1; i++)
		if (nr == calls[i].nr &&
		    (i == missing || (missing == CALLS && i < NEW_API) || missing > CALLS)) {
			*ret = -ENOSYS;
			return 1;
		}
	return 0;
}

static void without(int which)
{
	missing = which;
	tn_fake(answers);
	ct_facts_drop();
}

static void with_all(void)
{
	tn_fake(NULL);
	ct_facts_drop();
}

static int lacks(int which)
{
	return missing == which || (missing >= CALLS && which < NEW_API) || missing > CALLS;
}

enum {
	FSOPEN,
	FSCONFIG,
	FSMOUNT,
	OPEN_TREE,
	MOVE_MOUNT,
	SETATTR,
	OPENAT2,
	CLONE3
};

static int lacks_fs(void)
{
	return lacks(FSOPEN) || lacks(FSCONFIG) || lacks(FSMOUNT);
}

/* Every attribute that a mount has stays, and those asked for join. */
static void bound(const char *dir)
{
	const char *a = mf_tmpfs(dir, "a"), *sub = mf_tmpfs(a, "sub"), *b = t_fmt("%s/b", dir);
	const char *file = t_fmt("%s/over", dir), *subb = t_fmt("%s/sub", b);
	int fd;

	T_SYS(mkdir(b, 0755));
	t_write_file(file, "");
	T_SYS(mount(NULL, sub, NULL, MS_REMOUNT | MS_BIND | MS_NOSUID | MS_NODIRATIME, NULL));
	MF_FINE(contain_mount_bind(AT_FDCWD, a, AT_FDCWD, b, 0, e));
	T_CHECK(strstr(mf_line(b), " rw,relatime"), "%s", mf_line(b));
	mf_umount(b);
	MF_FINE(contain_mount_bind(AT_FDCWD, a, AT_FDCWD, b,
				   CONTAIN_MOUNT_READONLY | CONTAIN_MOUNT_NOEXEC, e));
	T_CHECK(strstr(mf_line(b), " ro,noexec,relatime"), "%s", mf_line(b));
	T_CHECK(strstr(mf_line(subb), " ro,nosuid,noexec,nodiratime,relatime"), "%s",
		mf_line(subb));
	T_CHECK(strstr(mf_line(sub), " rw,nosuid,nodiratime,relatime"), "%s", mf_line(sub));
	mf_umount(b);
	fd = open(b, O_PATH | O_CLOEXEC);
	MF_FINE(contain_mount_bind(AT_FDCWD, t_fmt("%s/file", a), AT_FDCWD, file,
				   CONTAIN_MOUNT_READONLY, e));
	mf_is(AT_FDCWD, file, "a");
	T_CHECK(open(file, O_WRONLY) < 0 && errno == EROFS);
	MF_FINE(contain_mount_bind(fd, "", fd, "", CONTAIN_MOUNT_NOSYMFOLLOW, e));
	T_CHECK(strstr(mf_line(b), ",nosymfollow"), "%s", mf_line(b));
	close(fd);
	mf_umount(file);
	mf_umount(b);
	T_SYS(mount(NULL, a, NULL, MS_UNBINDABLE, NULL));
	MF_FAILS(EINVAL, "mount-bind", lacks(OPEN_TREE) ? b : a, "",
		 contain_mount_bind(AT_FDCWD, a, AT_FDCWD, b, 0, e));
	ck_assert_int_eq(mf_mounts_on(b), 0);
	mf_umount(a);
}

static void changed(const char *dir)
{
	const char *a = mf_tmpfs(dir, "a"), *sub = mf_tmpfs(a, "sub");
	int fd = open(t_fmt("%s/file", sub), O_WRONLY | O_CLOEXEC);

	MF_FINE(contain_mount_set_attributes(AT_FDCWD, a, CONTAIN_MOUNT_NOSUID, 0, 0, e));
	MF_FINE(contain_mount_set_attributes(AT_FDCWD, a, CONTAIN_MOUNT_NOATIME,
					     CONTAIN_MOUNT_NOEXEC, 1, e));
	T_CHECK(strstr(mf_line(a), " rw,nosuid,noatime "), "%s", mf_line(a));
	T_CHECK(strstr(mf_line(sub), " rw,noatime "), "%s", mf_line(sub));
	MF_FINE(contain_mount_set_attributes(AT_FDCWD, a, CONTAIN_MOUNT_NODEV,
					     CONTAIN_MOUNT_NOATIME, 1, e));
	T_CHECK(strstr(mf_line(a), " rw,nosuid,nodev,relatime "), "%s", mf_line(a));
	T_CHECK(strstr(mf_line(sub), " rw,nodev,relatime "), "%s", mf_line(sub));
	/* a file below is open for writing: nothing says that all is read-only */
	if (lacks(SETATTR))
		MF_FAILS(EBUSY, "set-attributes", a, t_fmt("that on %s could not be", sub),
			 contain_mount_set_attributes(AT_FDCWD, a, CONTAIN_MOUNT_READONLY, 0, 1,
						      e));
	else
		MF_FAILS(EBUSY, "set-attributes", a, "",
			 contain_mount_set_attributes(AT_FDCWD, a, CONTAIN_MOUNT_READONLY, 0, 1,
						      e));
	close(fd);
	/* what cannot be reached is not left out in silence */
	mf_tmpfs(a, "sub");
	if (lacks(SETATTR))
		MF_FAILS(EOPNOTSUPP, "set-attributes", a, "something covers it",
			 contain_mount_set_attributes(AT_FDCWD, a, CONTAIN_MOUNT_NODEV, 0, 1, e));
	MF_FAILS(EINVAL, "set-attributes", dir, "not the root of a mount",
		 contain_mount_set_attributes(AT_FDCWD, dir, CONTAIN_MOUNT_NODEV, 0, 0, e));
	mf_umount(a);
}

static void propagated(const char *dir)
{
	const char *a = mf_tmpfs(dir, "a"), *sub = mf_tmpfs(a, "sub");

	MF_FINE(contain_mount_set_propagation(AT_FDCWD, a, CONTAIN_PROPAGATION_SHARED, 1, e));
	T_CHECK(strstr(mf_line(a), " shared:") && strstr(mf_line(sub), " shared:"));
	MF_FINE(contain_mount_set_propagation(AT_FDCWD, a, CONTAIN_PROPAGATION_PRIVATE, 0, e));
	T_CHECK(!strstr(mf_line(a), " shared:") && strstr(mf_line(sub), " shared:"));
	MF_FINE(contain_mount_set_propagation(AT_FDCWD, sub, CONTAIN_PROPAGATION_UNBINDABLE, 0, e));
	T_CHECK(strstr(mf_line(sub), " unbindable"), "%s", mf_line(sub));
	mf_umount(a);
}

static void in_memory(const char *dir)
{
	const char *at = t_fmt("%s/at", dir);
	struct statvfs v;
	struct stat st;

	T_SYS(mkdir(at, 0755));
	MF_FINE(contain_mount_tmpfs(AT_FDCWD, at, 1 << 20, 01770,
				    CONTAIN_MOUNT_NOSUID | CONTAIN_MOUNT_NOATIME, e));
	T_CHECK(strstr(mf_line(at), " rw,nosuid,noatime"), "%s", mf_line(at));
	T_SYS(stat(at, &st));
	ck_assert_uint_eq(st.st_mode & 07777, 01770);
	T_SYS(statvfs(at, &v));
	ck_assert_uint_eq(v.f_blocks * v.f_frsize, 1 << 20);
	mf_umount(at);
	t_write_file(t_fmt("%s/file", dir), "");
	MF_FAILS(lacks_fs() || lacks(MOVE_MOUNT) ? ENOTDIR : EINVAL, "mount-tmpfs",
		 t_fmt("%s/file", dir), "director",
		 contain_mount_tmpfs(AT_FDCWD, t_fmt("%s/file", dir), 0, 0755, 0, e));
}

/* A root that may be hostile needs openat2(2); there is nothing weaker. */
static void moved(const char *dir)
{
	const char *a = mf_tmpfs(dir, "a"), *b = t_fmt("%s/b", dir);
	int root = open(dir, O_PATH | O_CLOEXEC);

	T_SYS(mkdir(b, 0755));
	if (lacks(OPENAT2)) {
		MF_FAILS(EOPNOTSUPP, "move", "b", "unsupported: openat2",
			 contain_mount_move(AT_FDCWD, a, root, "b", 0, e));
		MF_FAILS(EOPNOTSUPP, "detach", "a", "unsupported: openat2",
			 contain_mount_detach(root, "a", 0, e));
		MF_FAILS(EOPNOTSUPP, "detach", "a", "unsupported: openat2",
			 contain_mount_detach(root, "a", CONTAIN_DETACH_LAZY, e));
		mf_umount(a);
	} else {
		MF_FINE(contain_mount_move(AT_FDCWD, a, root, "b", 0, e));
		ck_assert_int_eq(mf_mounts_on(b), 1);
		MF_FINE(contain_mount_detach(root, "b", 0, e));
		mf_tmpfs(dir, "a");
		MF_FINE(contain_mount_detach(root, "a", CONTAIN_DETACH_LAZY, e));
		t_write_file(t_fmt("%s/over", dir), "");
		T_SYS(mount("/proc/self/comm", t_fmt("%s/over", dir), NULL, MS_BIND, NULL));
		MF_FINE(contain_mount_detach(root, "over", 0, e));
		T_SYS(mount("/proc/self/comm", t_fmt("%s/over", dir), NULL, MS_BIND, NULL));
		MF_FINE(contain_mount_detach(root, "over", CONTAIN_DETACH_LAZY, e));
	}
	ck_assert_int_eq(mf_mounts_on(a) + mf_mounts_on(b) + mf_mounts_on(t_fmt("%s/over", dir)),
			 0);
	close(root);
}

static void as_fds(const char *dir)
{
	int fd, root = open(dir, O_PATH | O_CLOEXEC);
	const char *call = lacks(FSOPEN)   ? "unsupported: fsopen" :
			   lacks(FSCONFIG) ? "unsupported: fsconfig" :
					     "unsupported: fsmount";

	T_SYS(mkdir(t_fmt("%s/at", dir), 0755));
	if (lacks_fs()) {
		MF_FAILS(EOPNOTSUPP, "mount-new", "tmpfs", call,
			 contain_mount_new_tmpfs(0, 0, 0755, 0, e));
	} else {
		fd = MF_FINE(contain_mount_new_tmpfs(0, 0, 0755, 0, e));
		if (lacks(OPENAT2) || lacks(MOVE_MOUNT))
			MF_FAILS(EOPNOTSUPP, "attach", "at",
				 lacks(OPENAT2) ? "unsupported: openat2" :
						  "unsupported: move_mount",
				 contain_mount_attach(fd, root, "at", 0, e));
		else
			MF_FINE(contain_mount_attach(fd, root, "at", 0, e));
		if (lacks(SETATTR)) {
			int ns = tn_open_own("user");

			MF_FAILS(EOPNOTSUPP, "set-idmap", "mount_fd", "unsupported: mount_setattr",
				 contain_mount_set_idmap(fd, ns, 0, e));
			close(ns);
		}
		close(fd);
		if (mf_mounts_on(t_fmt("%s/at", dir)))
			mf_umount(t_fmt("%s/at", dir));
	}
	if (lacks(OPEN_TREE))
		MF_FAILS(EOPNOTSUPP, "mount-clone", dir, "unsupported: open_tree",
			 contain_mount_clone(AT_FDCWD, dir, 0, 0, e));
	else if (lacks(SETATTR))
		MF_FAILS(EOPNOTSUPP, "mount-clone", dir, "unsupported: mount_setattr",
			 contain_mount_clone(AT_FDCWD, dir, 0, CONTAIN_MOUNT_READONLY, e));
	close(root);
}

static void all_of(void (*what)(const char *dir), const char *dir)
{
	for (int i = 0; i < CALLS + 2; i++) {
		const char *own = t_fmt("%s/%d", dir, i);

		if (i == CALLS - 1)
			continue;
		T_SYS(mkdir(own, 0755));
		without(i);
		what(own);
		with_all();
	}
}

TEST_MOUNT(binds)
{
	all_of(bound, dir);
}

TEST_MOUNT(attributes)
{
	all_of(changed, dir);
}

TEST_MOUNT(propagation)
{
	all_of(propagated, dir);
}

TEST_MOUNT(tmpfs)
{
	all_of(in_memory, dir);
}

TEST_MOUNT(moves_and_detaches)
{
	all_of(moved, dir);
}

TEST_MOUNT(mounts_as_fds)
{
	all_of(as_fds, dir);
}

/* A24: what is locked in a user namespace is kept by each way, and "ro" is effective or refused. */
static int locked(void *arg)
{
	const char *a = arg;

	T_SYS(mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL));
	for (int i = 0; i < CALLS + 2; i++) {
		if (i == CALLS - 1)
			continue;
		without(i);
		T_SYS(mount("tmpfs", "/mnt", "tmpfs", 0, NULL));
		T_SYS(mkdir("/mnt/b", 0755));
		MF_FINE(contain_mount_bind(AT_FDCWD, a, AT_FDCWD, "/mnt/b", CONTAIN_MOUNT_READONLY,
					   e));
		T_CHECK(strstr(mf_line("/mnt/b"), " ro,nosuid,nodev,noexec,noatime "), "%s: %s",
			i < CALLS ? calls[i].name : "all", mf_line("/mnt/b"));
		T_CHECK(strstr(mf_line("/mnt/b/sub"), " ro,nosuid,relatime "), "%s",
			mf_line("/mnt/b/sub"));
		T_CHECK(open("/mnt/b/sub/file", O_WRONLY) < 0 && errno == EROFS);
		MF_FAILS(EPERM, "set-attributes", "/mnt/b", "",
			 contain_mount_set_attributes(AT_FDCWD, "/mnt/b", 0, CONTAIN_MOUNT_NODEV, 0,
						      e));
		/* refused means that nothing is mounted */
		T_SYS(mkdir("/mnt/c", 0755));
		MF_FAILS(EPERM, "mount-bind", lacks(SETATTR) || lacks(OPEN_TREE) ? "/mnt/c" : a, "",
			 contain_mount_bind(AT_FDCWD, a, AT_FDCWD, "/mnt/c",
					    CONTAIN_MOUNT_STRICTATIME, e));
		ck_assert_int_eq(mf_mounts_on("/mnt/c"), 0);
		mf_umount("/mnt");
		with_all();
	}
	return 7;
}

static int user_locked(void *arg, void *rec)
{
	int value = 0;

	(void)rec;
	MF_FINE(contain_ns_run(CONTAIN_NS_USER | CONTAIN_NS_MNT, NULL, 0, NULL, NULL, locked, arg,
			       &value, e));
	ck_assert_int_eq(value, 7);
	return 0;
}

TEST_LIMIT(locked_attributes_are_kept, 60)
{
	const char *a, *sub;

	t_need_root();
	t_need_userns();
	a = mf_tmpfs(t_tmpdir(), "a");
	sub = mf_tmpfs(a, "sub");
	T_SYS(chmod(t_fmt("%s/file", sub), 0666));
	T_SYS(mount(NULL, sub, NULL, MS_REMOUNT | MS_BIND | MS_NOSUID | MS_RELATIME, NULL));
	T_SYS(mount(NULL, a, NULL,
		    MS_REMOUNT | MS_BIND | MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_NOATIME, NULL));
	t_as_user(user_locked, (void *)a);
	mf_umount(a);
}

/* ---- without a proc file system ---- */

static int refuses_proc(enum ct_seam_who who, long nr, const long *args, long *ret)
{
	(void)who;
	(void)args;
	*ret = nr == __NR_fsopen ? -EPERM : -ENOSYS;
	return nr == __NR_fsopen || nr == __NR_open_tree || nr == __NR_mount_setattr;
}

/* Fds have no names then; a directory needs none to be detached. */
TEST_MOUNT_ROOT(what_needs_proc_says_so)
{
	const char *a = mf_tmpfs(dir, "a"), *over = t_fmt("%s/over", dir), *b = t_fmt("%s/b", dir);

	T_SYS(mkdir(b, 0755));
	t_write_file(over, "");
	T_SYS(mount(a, b, NULL, MS_BIND, NULL));
	T_SYS(mount(t_fmt("%s/file", a), over, NULL, MS_BIND, NULL));
	T_SYS(mount("tmpfs", "/proc", "tmpfs", 0, NULL));
	tn_fake(refuses_proc);
	MF_FAILS(EOPNOTSUPP, "detach", over, "no proc file system",
		 contain_mount_detach(AT_FDCWD, over, CONTAIN_DETACH_LAZY, e));
	MF_FAILS(EOPNOTSUPP, "mount-bind", a, "no proc file system",
		 contain_mount_bind(AT_FDCWD, a, AT_FDCWD, a, 0, e));
	MF_FAILS(EOPNOTSUPP, "set-attributes", a, "no proc file system",
		 contain_mount_set_attributes(AT_FDCWD, a, CONTAIN_MOUNT_NODEV, 0, 0, e));
	MF_FAILS(EOPNOTSUPP, "set-propagation", a, "no proc file system",
		 contain_mount_set_propagation(AT_FDCWD, a, CONTAIN_PROPAGATION_SHARED, 0, e));
	MF_FINE(contain_mount_detach(AT_FDCWD, b, CONTAIN_DETACH_LAZY, e));
	tn_fake(NULL);
	mf_umount("/proc");
	ck_assert_int_eq(mf_mounts_on(over), 1);
	ck_assert_int_eq(mf_mounts_on(a), 1);
	ck_assert_int_eq(mf_mounts_on(b), 0);
	mf_umount(over);
	mf_umount(a);
}
