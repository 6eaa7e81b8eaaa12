/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Mounts are attached, and moved, below roots that may be hostile. */
#include "t_mnt_fd.h"

static int new_fs(void)
{
	int fd = MF_FINE(contain_mount_new_tmpfs(0, 0, 0755, 0, e));

	close(openat(fd, "mine", O_CREAT | O_WRONLY | O_CLOEXEC, 0644));
	return fd;
}

static int new_file(const char *dir)
{
	t_write_file(t_fmt("%s/source", dir), "source");
	return MF_FINE(contain_mount_clone(AT_FDCWD, t_fmt("%s/source", dir), 0, 0, e));
}

static void is_mine(const char *path, int want)
{
	T_CHECK(mf_exists(t_fmt("%s/mine", path)) == want, "%s", path);
}

/* A root with links of every kind, and a place outside that they would like to reach. */
struct place {
	const char *root, *outside;
	int fd;
};

static struct place place_of(const char *dir)
{
	struct place p = { mf_tmpfs(dir, "root"), t_fmt("%s/outside", dir), -1 };

	T_SYS(mkdir(p.outside, 0755));
	T_SYS(mkdir(t_fmt("%s/a", p.root), 0755));
	T_SYS(mkdir(t_fmt("%s/a/b", p.root), 0755));
	T_SYS(symlink("/a/b", t_fmt("%s/absolute", p.root)));
	T_SYS(symlink("a/../a/b", t_fmt("%s/relative", p.root)));
	T_SYS(symlink("../../../../../../../../a/b", t_fmt("%s/up", p.root)));
	T_SYS(symlink(p.outside, t_fmt("%s/out", p.root)));
	T_SYS(symlink("/", t_fmt("%s/slash", p.root)));
	T_SYS(symlink("loop", t_fmt("%s/loop", p.root)));
	T_SYS(symlink("/proc/self/root", t_fmt("%s/magic", p.root)));
	T_SYS(symlink("/missing", t_fmt("%s/dangling", p.root)));
	T_SYS(mkdir(t_fmt("%s/proc", p.root), 0755));
	T_SYS(mount("/proc", t_fmt("%s/proc", p.root), NULL, MS_BIND | MS_REC, NULL));
	p.fd = open(p.root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	T_SYS(p.fd);
	return p;
}

static void end_place(struct place *p)
{
	is_mine(p->outside, 0);
	ck_assert_int_eq(mf_mounts_on(p->outside), 0);
	close(p->fd);
	mf_umount(p->root);
}

TEST_MOUNT(symlinks_stay_in_the_root)
{
	static const char *const paths[] = { "a/b", "/a/b",	  "absolute",  "relative",
					     "up",  "/absolute/", "../../a/b", "slash/slash/a/b" };
	struct place p = place_of(dir);
	const char *b = t_fmt("%s/a/b", p.root);

	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		int fd = new_fs();

		MF_FINE(contain_mount_attach(fd, p.fd, paths[i], i % 2 ? CONTAIN_ATTACH_CREATE : 0,
					     e));
		is_mine(b, 1);
		ck_assert_int_eq(mf_mounts_on(b), 1);
		close(fd);
		MF_FINE(contain_mount_detach(p.fd, paths[i], CONTAIN_DETACH_LAZY, e));
		is_mine(b, 0);
		ck_assert_int_eq(mf_mounts_on(b), 0);
	}
	end_place(&p);
}

TEST_MOUNT(places_that_are_refused)
{
	struct place p = place_of(dir);
	int fd = new_fs(), file = new_file(dir), below = openat(p.fd, "a", O_PATH | O_CLOEXEC);
	const char *long_name = t_fmt("%0300d", 1);

#define REFUSED(err, mnt, path, hint) \
	MF_FAILS(err, "attach", path, hint, contain_mount_attach(mnt, p.fd, path, 0, e))
	REFUSED(ENOENT, fd, "missing", "CONTAIN_ATTACH_CREATE");
	REFUSED(ENOENT, fd, "out", "CONTAIN_ATTACH_CREATE"); /* there is no such name in the root */
	REFUSED(ENOENT, fd, "dangling", "CONTAIN_ATTACH_CREATE");
	REFUSED(ENOENT, fd, "a/missing/x", "CONTAIN_ATTACH_CREATE");
	REFUSED(ELOOP, fd, "slash", "the root itself");
	REFUSED(ELOOP, fd, "loop", "symlinks");
	REFUSED(ELOOP, fd, "proc/self/root", "magic links");
	REFUSED(ELOOP, fd, "magic", "magic links");
	REFUSED(ENOTDIR, fd, "file/x", "");
	REFUSED(EINVAL, fd, "file", "both directories or both not");
	REFUSED(EINVAL, file, "a", "both directories or both not");
	REFUSED(ENAMETOOLONG, fd, long_name, "");
#undef REFUSED
	MF_FAILS(EINVAL, "attach", "path", "NULL", contain_mount_attach(fd, p.fd, NULL, 0, e));
	MF_FAILS(EINVAL, "attach", "flags", "unknown", contain_mount_attach(fd, p.fd, "a", 4, e));
	MF_FAILS(EBADF, "attach", "mount_fd", "open fd",
		 contain_mount_attach(12345, p.fd, "a", 0, e));
	MF_FAILS(EINVAL, "attach", "mount_fd", "not the root of a mount",
		 contain_mount_attach(below, p.fd, "a/b", 0, e));
	close(below);
	MF_FAILS(ENAMETOOLONG, "attach", long_name, "",
		 contain_mount_attach(fd, p.fd, long_name, CONTAIN_ATTACH_CREATE, e));
	ck_assert_int_eq(mf_mounts_on(t_fmt("%s/a", p.root)), 0);
	T_CHECK(!mf_exists(t_fmt("%s/missing", p.root)));
	close(fd);
	close(file);
	end_place(&p);
}

TEST_MOUNT(missing_mount_points_are_made)
{
	struct place p = place_of(dir);
	int fd = new_fs(), file = new_file(dir);
	struct stat st;

	MF_FINE(contain_mount_attach(fd, p.fd, "new/one/two", CONTAIN_ATTACH_CREATE, e));
	is_mine(t_fmt("%s/new/one/two", p.root), 1);
	T_SYS(stat(t_fmt("%s/new/one", p.root), &st));
	ck_assert_uint_eq(st.st_mode, S_IFDIR | 0755);
	MF_FINE(contain_mount_attach(file, p.fd, "/new/file", CONTAIN_ATTACH_CREATE, e));
	mf_is(AT_FDCWD, t_fmt("%s/new/file", p.root), "source");
	close(fd);
	close(file);
	/* what the links name is made inside, or not at all */
	fd = new_fs();
	MF_FAILS(ENOTDIR, "attach", "dangling/x", "leads to nothing",
		 contain_mount_attach(fd, p.fd, "dangling/x", CONTAIN_ATTACH_CREATE, e));
	MF_FAILS(ENOTDIR, "attach", "out/x", "leads to nothing",
		 contain_mount_attach(fd, p.fd, "out/x", CONTAIN_ATTACH_CREATE, e));
	MF_FAILS(EINVAL, "attach", "out", "both directories or both not",
		 contain_mount_attach(fd, p.fd, "out", CONTAIN_ATTACH_CREATE, e));
	T_CHECK(!mf_exists(t_fmt("%s/x", p.outside)));
	T_SYS(mount(NULL, p.root, NULL, MS_REMOUNT | MS_BIND | MS_RDONLY, NULL));
	MF_FAILS(EROFS, "attach", "new/other", "read-only",
		 contain_mount_attach(fd, p.fd, "new/other", CONTAIN_ATTACH_CREATE, e));
	MF_FINE(contain_mount_attach(fd, p.fd, "up", CONTAIN_ATTACH_CREATE, e));
	is_mine(t_fmt("%s/a/b", p.root), 1);
	close(fd);
	end_place(&p);
}

/* By the caller's own names, and by an fd alone. */
TEST_MOUNT(roots_of_the_caller)
{
	const char *at = t_fmt("%s/at", dir);
	int fd = new_fs(), at_fd, cwd = open(".", O_PATH | O_CLOEXEC);

	MF_FINE(contain_mount_attach(fd, AT_FDCWD, at, CONTAIN_ATTACH_CREATE, e));
	is_mine(at, 1);
	close(fd);
	MF_FINE(contain_mount_detach(AT_FDCWD, at, 0, e));
	fd = new_fs();
	at_fd = open(at, O_PATH | O_CLOEXEC);
	MF_FINE(contain_mount_attach(fd, at_fd, "", 0, e));
	is_mine(at, 1);
	close(at_fd);
	MF_FAILS(EBUSY, "detach", "root_fd", "CONTAIN_DETACH_LAZY only",
		 contain_mount_detach(fd, "", 0, e));
	MF_FINE(contain_mount_detach(fd, "", CONTAIN_DETACH_LAZY, e));
	is_mine(at, 0);
	close(fd);
	fd = new_fs();
	T_SYS(chdir(dir));
	MF_FINE(contain_mount_attach(fd, AT_FDCWD, "at", 0, e));
	close(fd);
	is_mine(at, 1);
	MF_FINE(contain_mount_detach(AT_FDCWD, "at", 0, e));
	is_mine(at, 0);
	T_SYS(fchdir(cwd));
	close(cwd);
}

/* ---- moves ---- */

TEST_MOUNT(moves)
{
	struct place p = place_of(dir);
	const char *from = mf_tmpfs(dir, "from"), *sub = mf_tmpfs(from, "sub");
	int fd;

	MF_FINE(contain_mount_move(AT_FDCWD, from, p.fd, "absolute", 0, e));
	ck_assert_int_eq(mf_mounts_on(from) + mf_mounts_on(sub), 0);
	mf_is(AT_FDCWD, t_fmt("%s/a/b/sub/file", p.root), "sub");
	fd = openat(p.fd, "a/b", O_PATH | O_CLOEXEC);
	MF_FINE(contain_mount_move(fd, "", p.fd, "new/place", CONTAIN_ATTACH_CREATE, e));
	close(fd);
	mf_is(AT_FDCWD, t_fmt("%s/new/place/sub/file", p.root), "sub");
	MF_FAILS(ELOOP, "move", "new/place/sub", "in the mount itself",
		 contain_mount_move(AT_FDCWD, t_fmt("%s/new/place", p.root), p.fd, "new/place/sub",
				    0, e));
	MF_FAILS(EINVAL, "move", "mount_fd", "not the root of a mount",
		 contain_mount_move(AT_FDCWD, t_fmt("%s/a", p.root), p.fd, "new", 0, e));
	MF_FAILS(ENOENT, "move", t_fmt("%s/no", dir), "",
		 contain_mount_move(AT_FDCWD, t_fmt("%s/no", dir), p.fd, "new", 0, e));
	MF_FAILS(EINVAL, "move", "flags", "unknown",
		 contain_mount_move(AT_FDCWD, from, p.fd, "new", 8, e));
	MF_FAILS(EINVAL, "move", "path", "NULL",
		 contain_mount_move(AT_FDCWD, NULL, p.fd, "new", 0, e));
	MF_FAILS(EINVAL, "move", "target", "NULL",
		 contain_mount_move(AT_FDCWD, from, p.fd, NULL, 0, e));
	/* what lies on a shared mount does not move */
	T_SYS(mount(NULL, p.root, NULL, MS_SHARED, NULL));
	MF_FAILS(EINVAL, "move", "a", t_fmt("lies on %s, which is shared", p.root),
		 contain_mount_move(AT_FDCWD, t_fmt("%s/new/place", p.root), p.fd, "a", 0, e));
	fd = new_fs();
	MF_FINE(contain_mount_attach(fd, p.fd, "a", 0, e));
	close(fd);
	/* nor does an unbindable one go there, which the peers would have to bind */
	mf_tmpfs(dir, "from");
	T_SYS(mount(NULL, from, NULL, MS_UNBINDABLE, NULL));
	MF_FAILS(EINVAL, "move", "new", "unbindable mount does not go where mounts are shared",
		 contain_mount_move(AT_FDCWD, from, p.fd, "new", 0, e));
	T_SYS(mount(NULL, from, NULL, MS_PRIVATE, NULL));
	mf_tmpfs(from, "sub");
	T_SYS(mount(NULL, sub, NULL, MS_UNBINDABLE, NULL));
	MF_FAILS(EINVAL, "move", "/new", t_fmt("unbindable one is below it and %s", p.root),
		 contain_mount_move(AT_FDCWD, from, p.fd, "/new", 0, e));
	mf_umount(from);
	end_place(&p);
}

/* What was opened before its name went is no place any more. */
TEST_MOUNT(a_place_that_was_removed)
{
	int fd = new_fs(), at;

	T_SYS(mkdir(t_fmt("%s/gone", dir), 0755));
	at = open(t_fmt("%s/gone", dir), O_PATH | O_CLOEXEC);
	T_SYS(rmdir(t_fmt("%s/gone", dir)));
	MF_FAILS(ENOENT, "attach", "root_fd", "removed", contain_mount_attach(fd, at, "", 0, e));
	MF_FAILS(ENOENT, "attach", "below", "removed",
		 contain_mount_attach(fd, at, "below", CONTAIN_ATTACH_CREATE, e));
	close(at);
	close(fd);
}

/* Nobody sees the place uncovered while the mount there is exchanged. */
TEST_MOUNT(beneath)
{
	struct place p = place_of(dir);
	const char *b = t_fmt("%s/a/b", p.root);
	contain_error *error = NULL;
	int fd = new_fs(), other = new_fs(), r;

	close(openat(other, "other", O_CREAT | O_WRONLY | O_CLOEXEC, 0644));
	MF_FINE(contain_mount_attach(fd, p.fd, "a/b", 0, e));
	r = contain_mount_attach(other, p.fd, "a/b", CONTAIN_ATTACH_BENEATH, &error);
	if (r == -EOPNOTSUPP) {
		T_CHECK(strstr(contain_error_hint(error), "unsupported: attaching beneath"), "%s",
			contain_error_message(error));
		t_note("%s", contain_error_message(error));
		contain_error_free(error);
	} else {
		ck_assert_int_eq(r, 0);
		ck_assert_int_eq(mf_mounts_on(b), 2);
		T_CHECK(!mf_exists(t_fmt("%s/other", b)));
		MF_FINE(contain_mount_detach(p.fd, "a/b", CONTAIN_DETACH_LAZY, e));
		T_CHECK(mf_exists(t_fmt("%s/other", b)));
		close(fd);
		fd = new_fs();
		MF_FAILS(EINVAL, "attach", "a", "nothing is mounted there",
			 contain_mount_attach(fd, p.fd, "a", CONTAIN_ATTACH_BENEATH, e));
		MF_FAILS(EINVAL, "attach", "/", "the root",
			 contain_mount_attach(fd, AT_FDCWD, "/", CONTAIN_ATTACH_BENEATH, e));
	}
	close(fd);
	close(other);
	end_place(&p);
}

/* ---- other namespaces ---- */

static int elsewhere(void *arg, void *rec)
{
	struct place *p = arg;
	int fd = open(t_fmt("%s/a", p->root), O_PATH | O_CLOEXEC), mnt;

	(void)rec;
	T_SYS(unshare(CLONE_NEWNS));
	mnt = new_fs();
	MF_FAILS(EINVAL, "attach", "root_fd", "another mount namespace",
		 contain_mount_attach(mnt, fd, "", 0, e));
	MF_FAILS(EINVAL, "detach", "root_fd", "another mount namespace",
		 contain_mount_detach(p->fd, "", CONTAIN_DETACH_LAZY, e));
	MF_FAILS(EINVAL, "set-attributes", "", "another mount namespace",
		 contain_mount_set_attributes(p->fd, "", CONTAIN_MOUNT_READONLY, 0, 0, e));
	MF_FAILS(EINVAL, "set-propagation", "", "another mount namespace",
		 contain_mount_set_propagation(p->fd, "", CONTAIN_PROPAGATION_SHARED, 0, e));
	/* an attached mount of the other one does not come over */
	MF_FAILS(EINVAL, "attach", "/", "another mount namespace",
		 contain_mount_attach(p->fd, AT_FDCWD, "/", 0, e));
	return 0;
}

TEST_MOUNT(of_another_mount_namespace)
{
	struct place p = place_of(dir);

	ck_assert_int_eq(t_child(elsewhere, &p, NULL, 0), 0);
	end_place(&p);
}

static int full(void *arg)
{
	const char *at = arg;
	int fd, r = 0, n;

	T_SYS(mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL));
	fd = new_fs();
	for (n = 0; n < 40; n++) { /* each shared bind doubles what the next one makes */
		contain_error *error = NULL;

		if (n == 0) {
			MF_FINE(contain_mount_attach(fd, AT_FDCWD, at, 0, e));
			MF_FINE(contain_mount_set_propagation(AT_FDCWD, at,
							      CONTAIN_PROPAGATION_SHARED, 0, e));
			continue;
		}
		T_SYS(mkdir(t_fmt("%s/%d", at, n), 0755));
		r = contain_mount_bind(AT_FDCWD, at, AT_FDCWD, t_fmt("%s/%d", at, n), 0, &error);
		if (r == -ENOSPC)
			T_CHECK(strstr(contain_error_hint(error), "fs.mount-max"), "%s",
				contain_error_message(error));
		contain_error_free(error);
		if (r < 0)
			break;
	}
	ck_assert_int_eq(r, -ENOSPC);
	close(fd);
	return 7;
}

TEST_LIMIT(a_full_mount_namespace, 120)
{
	int value = 0;

	t_need_root();
	if (t_guest())
		t_skip("100,000 mounts take too long here");
	MF_FINE(contain_ns_run(CONTAIN_NS_MNT, NULL, 0, NULL, NULL, full, (void *)t_tmpdir(),
			       &value, e));
	ck_assert_int_eq(value, 7);
}
