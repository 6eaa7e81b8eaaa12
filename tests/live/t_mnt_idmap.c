/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* User namespaces without a process, and mounts that take their ids from them. */
#include "t_ns.h"

#include "namespace/new_user.h"
#include "sys/uapi.h"

#include <contain/contain.h>
#include <contain/mount_idmap.h>
#include <contain/overlay.h>
#include <dirent.h>
#include <sys/sysmacros.h>

static contain_id_map *map_of(const char *text)
{
	contain_id_map *uid = NULL, *gid = NULL;

	ck_assert_int_eq(contain_id_map_parse(text, &uid, &gid, NULL), 0);
	contain_id_map_free(gid);
	return uid;
}

/* A namespace of these ids, both kinds. */
static int user_ns(const char *text)
{
	contain_id_map *m = map_of(text);
	contain_error *e = NULL;
	int fd = contain_ns_new_user(m, NULL, &e);

	T_CHECK(fd >= 0, "%s: %s", text, contain_error_message(e));
	contain_id_map_free(m);
	return fd;
}

/* What a process that joins the namespace sees as its maps. */
static int tell_maps(void *rec)
{
	ssize_t n = t_read_file("/proc/self/uid_map", rec, 100);

	if (n > 0)
		n = t_read_file("/proc/self/gid_map", (char *)rec + 100, 100);
	return n > 0 ? 0 : 1;
}

static void check_maps(int fd, const char *uid, const char *gid)
{
	char *rec = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	unsigned a, b, n;
	contain_error *e = NULL;
	int value = -1;

	T_CHECK(rec != MAP_FAILED);
	tn_fine(contain_ns_run(0, &fd, 1, NULL, NULL, tell_maps, rec, &value, &e), e);
	ck_assert_int_eq(value, 0);
	T_CHECK(sscanf(rec, "%u %u %u", &a, &b, &n) == 3, "%s", rec);
	ck_assert_str_eq(t_fmt("%u:%u:%u", a, b, n), uid);
	T_CHECK(sscanf(rec + 100, "%u %u %u", &a, &b, &n) == 3, "%s", rec + 100);
	ck_assert_str_eq(t_fmt("%u:%u:%u", a, b, n), gid);
	munmap(rec, 4096);
}

TEST(a_namespace_without_a_process)
{
	contain_id_map *uid = map_of("0:100000:65536"), *gid = map_of("0:200000:1000");
	contain_error *e = NULL;
	struct t_state *state;
	uint64_t type = 0;
	int fd;

	t_need_root();
	state = t_state_take(T_ALL | T_MAPS);
	fd = contain_ns_new_user(uid, gid, &e);
	tn_fine(fd, e);
	T_CHECK(fd > 2 && fcntl(fd, F_GETFD) == FD_CLOEXEC);
	ck_assert_int_eq(contain_ns_type(fd, &type, NULL), 0);
	ck_assert_uint_eq(type, CONTAIN_NS_USER);
	ck_assert_int_eq(waitpid(-1, NULL, __WALL | WNOHANG), -1);
	ck_assert_int_eq(errno, ECHILD);
	check_maps(fd, "0:100000:65536", "0:200000:1000");
	close(fd);
	t_state_check(state);
	contain_id_map_free(uid);
	contain_id_map_free(gid);
}

/* One's own id, which everybody may map. */
TEST_BOTH(the_own_id)
{
	contain_id_map *uid = map_of(t_fmt("5:%u:1", geteuid()));
	contain_id_map *gid = map_of(t_fmt("6:%u:1", getegid()));
	contain_error *e = NULL;
	struct t_state *state = t_state_take(T_ALL);
	int fd = contain_ns_new_user(uid, gid, &e);

	tn_fine(fd, e);
	check_maps(fd, t_fmt("5:%u:1", geteuid()), t_fmt("6:%u:1", getegid()));
	close(fd);
	t_state_check(state);
	contain_id_map_free(uid);
	contain_id_map_free(gid);
}

static int with_subids(void *arg, void *rec)
{
	contain_id_map *m = map_of("0:400000:1000");
	contain_error *e = NULL;
	int fd = contain_ns_new_user(m, NULL, &e);

	(void)arg;
	(void)rec;
	tn_fine(fd, e);
	close(fd);
	contain_id_map_free(m);
	m = map_of("0:500000:1000");
	fd = contain_ns_new_user(m, NULL, &e);
	T_CHECK(fd == -EPERM && strstr(contain_error_hint(e), "newuidmap refused"), "%d: %s", fd,
		contain_error_message(e));
	contain_error_free(e);
	contain_id_map_free(m);
	return 0;
}

TEST(subordinate_ids)
{
	t_need_root();
	t_need_userns();
	t_need_program("/usr/bin/newuidmap");
	t_fake_passwd("joe", T_UID, 400000, 1000);
	t_as_user(with_subids, NULL);
}

TEST_BOTH(refused)
{
	contain_id_map *empty = NULL, *m = map_of("0:1:1");
	contain_error *e = NULL;

	ck_assert_int_eq(contain_id_map_new(&empty), 0);
	tn_failed(contain_ns_new_user(NULL, m, &e), e, EINVAL, "new-user-namespace", "uid_map",
		  "is NULL");
	tn_failed(contain_ns_new_user(empty, m, &e), e, EINVAL, "new-user-namespace", "uid_map",
		  "has no range");
	tn_failed(contain_ns_new_user(m, empty, &e), e, EINVAL, "new-user-namespace", "gid_map",
		  "has no range");
	contain_id_map_free(empty);
	contain_id_map_free(m);
}

/* ---- without clone3(2); limits ---- */

static int no_clone3(enum ct_seam_who who, long nr, const long *args, long *ret)
{
	(void)who;
	(void)args;
	*ret = -ENOSYS;
	return nr == SYS_clone3;
}

TEST_BOTH(without_clone3)
{
	struct t_state *state = t_state_take(T_ALL);
	contain_id_map *uid = map_of(t_fmt("5:%u:1", geteuid()));
	contain_id_map *gid = map_of(t_fmt("6:%u:1", getegid()));
	contain_error *e = NULL;
	int fd;

	tn_fake(no_clone3);
	fd = contain_ns_new_user(uid, gid, &e);
	tn_fake(NULL);
	tn_fine(fd, e);
	check_maps(fd, t_fmt("5:%u:1", geteuid()), t_fmt("6:%u:1", getegid()));
	close(fd);
	t_state_check(state);
	contain_id_map_free(uid);
	contain_id_map_free(gid);
}

static int no_more_namespaces(void *arg)
{
	contain_id_map *m = map_of("0:0:1");
	contain_error *e = NULL;
	int fd;

	(void)arg;
	t_write_file("/proc/sys/user/max_user_namespaces", "0");
	fd = contain_ns_new_user(m, NULL, &e);
	T_CHECK(fd == -ENOSPC && strstr(contain_error_message(e), "max_user_namespaces"), "%d: %s",
		fd, contain_error_message(e));
	contain_error_free(e);
	contain_id_map_free(m);
	return 0;
}

TEST_BOTH(a_limit_of_namespaces)
{
	contain_error *e = NULL;
	int value = -1;

	t_need_userns();
	tn_fine(contain_ns_run(CONTAIN_NS_USER, NULL, 0, NULL, NULL, no_more_namespaces, NULL,
			       &value, &e),
		e);
	ck_assert_int_eq(value, 0);
}

/* The child ends with the program, whatever thread made it: shown by a caller that is killed. */
static int killed_inside(enum ct_seam_who who, long nr, const long *args, long *ret)
{
	(void)args;
	(void)ret;
	if (who == CT_SEAM_PARENT && nr == SYS_openat) {
		int fd = -1;

		/* the pipe's end closes when the last of us has gone */
		(void)fd;
		kill(getpid(), SIGKILL);
		for (;;)
			pause();
	}
	return 0;
}

static int dies_half_way(void *arg, void *rec)
{
	contain_id_map *m = map_of(t_fmt("0:%u:1", geteuid()));

	(void)arg;
	(void)rec;
	tn_fake(killed_inside);
	contain_ns_new_user(m, m, NULL);
	return 1;
}

TEST(nobody_stays_when_the_caller_is_killed)
{
	int fds[2], status;
	struct pollfd p;

	t_need_root();
	T_SYS(pipe(fds));
	status = t_child(dies_half_way, NULL, NULL, 0);
	T_CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL, "%d", status);
	close(fds[1]);
	/* the child had its own copies of the fds */
	p = (struct pollfd){ .fd = fds[0], .events = POLLIN };
	ck_assert_int_eq(poll(&p, 1, 5000 * t_slow()), 1);
	T_CHECK(p.revents & POLLHUP);
	close(fds[0]);
}

/* ---- mounts ---- */

/* The same without the library, as the control. */
static int idmap_raw(int mnt, int user)
{
	struct mount_attr a = { .attr_set = MOUNT_ATTR_IDMAP, .userns_fd = (uint64_t)user };

	return syscall(SYS_mount_setattr, mnt, "", AT_EMPTY_PATH, &a, sizeof(a)) ? -errno : 0;
}

/* A directory on a file system that takes id maps, with files of some ids in it. */
static const char *layer(void)
{
	const char *top = t_tmpdir(), *dir = t_fmt("%s/layer", top);
	const char *disk[] = { "source=/dev/vda", NULL };
	contain_error *e = NULL;
	int fd;

	if (contain_mount_check_idmap(AT_FDCWD, top, 0, &e) < 0) {
		/* tmpfs before Linux 6.3: the disk of the guest, which nobody else has mounted */
		if (!t_guest())
			t_skip("%s", contain_error_message(e));
		contain_error_free(e);
		e = NULL;
		fd = contain_mount_new("ext4", disk, 0, &e);
		tn_fine(fd, e);
		tn_fine(contain_mount_attach(fd, AT_FDCWD, top, 0, &e), e);
		dir = t_fmt("%s/%d", top, getpid());
	}
	T_SYS(mkdir(dir, 0755));
	t_write_file(t_fmt("%s/root", dir), "0");
	t_write_file(t_fmt("%s/user", dir), "1000");
	t_write_file(t_fmt("%s/none", dir), "70000");
	T_SYS(chown(t_fmt("%s/user", dir), 1000, 1000));
	T_SYS(chown(t_fmt("%s/none", dir), 70000, 70000));
	return dir;
}

static int clone_of(const char *dir)
{
	int fd = (int)syscall(SYS_open_tree, AT_FDCWD, dir, OPEN_TREE_CLONE | O_CLOEXEC);

	T_SYS(fd);
	return fd;
}

static uint32_t owner_at(int fd, const char *name)
{
	struct stat st;

	T_CHECK(!fstatat(fd, name, &st, 0), "%s: %m", name);
	ck_assert_uint_eq(st.st_uid, st.st_gid);
	return st.st_uid;
}

/* One layer, many maps, no chown: each mount shows the ids of its own map. */
TEST(one_layer_and_many_maps)
{
	const char *dir;
	int n = 20;

	t_need_root();
	dir = layer();
	for (int i = 1; i <= n; i++) {
		uint32_t base = (uint32_t)i * 100000;
		int user = user_ns(t_fmt("0:%u:65536", base)), mnt = clone_of(dir);

		ck_assert_int_eq(idmap_raw(mnt, user), 0);
		close(user); /* the mount keeps it */
		ck_assert_uint_eq(owner_at(mnt, "root"), base);
		ck_assert_uint_eq(owner_at(mnt, "user"), base + 1000);
		ck_assert_uint_eq(owner_at(mnt, "none"), 65534);
		close(mnt);
	}
	ck_assert_uint_eq(owner_at(AT_FDCWD, t_fmt("%s/root", dir)), 0);
	ck_assert_uint_eq(owner_at(AT_FDCWD, t_fmt("%s/user", dir)), 1000);
}

static int make_file(void *arg)
{
	int fd = openat(*(int *)arg, "made", O_CREAT | O_WRONLY | O_EXCL | O_CLOEXEC, 0644);

	return fd < 0 ? errno : 0;
}

/* What somebody of the namespace writes belongs to its id on disk, and is another's outside. */
TEST(written_through_the_map)
{
	contain_error *e = NULL;
	const char *dir;
	int user, mnt, value = -1;

	t_need_root();
	dir = layer();
	user = user_ns("0:100000:65536");
	mnt = clone_of(dir);
	ck_assert_int_eq(idmap_raw(mnt, user), 0);
	tn_fine(contain_ns_run(0, &user, 1, NULL, NULL, make_file, &mnt, &value, &e), e);
	ck_assert_int_eq(value, 0);
	ck_assert_uint_eq(owner_at(AT_FDCWD, t_fmt("%s/made", dir)), 0);
	ck_assert_uint_eq(owner_at(mnt, "made"), 100000);
	close(mnt);
	/* the control: without the map the layer is not its own */
	T_SYS(unlink(t_fmt("%s/made", dir)));
	mnt = clone_of(dir);
	tn_fine(contain_ns_run(0, &user, 1, NULL, NULL, make_file, &mnt, &value, &e), e);
	ck_assert_int_eq(value, EACCES);
	close(mnt);
	close(user);
}

/* ---- from ranges ---- */

TEST(by_ranges)
{
	contain_id_map *m = map_of("0:300000:1000"), *g = map_of("0:400000:2000");
	contain_error *e = NULL;
	struct t_state *state;
	const char *dir;
	struct stat st;
	int mnt;

	t_need_root();
	dir = layer();
	state = t_state_take(T_FDS | T_CHILDREN | T_MOUNTS);
	mnt = contain_mount_clone(AT_FDCWD, dir, 0, 0, &e);
	tn_fine(mnt, e);
	tn_fine(contain_mount_set_id_maps(mnt, m, g, 0, &e), e);
	T_SYS(fstatat(mnt, "root", &st, 0));
	ck_assert_uint_eq(st.st_uid, 300000);
	ck_assert_uint_eq(st.st_gid, 400000);
	T_SYS(fstatat(mnt, "user", &st, 0)); /* 1000 is beyond the users, not beyond the groups */
	ck_assert_uint_eq(st.st_uid, 65534);
	ck_assert_uint_eq(st.st_gid, 401000);
	tn_failed(contain_mount_set_id_maps(mnt, m, g, 0, &e), e, EPERM, "set-idmap", "mount_fd",
		  "id-mapped already");
	tn_failed(contain_mount_set_id_maps(mnt, NULL, g, 0, &e), e, EINVAL, "new-user-namespace",
		  "uid_map", "is NULL");
	tn_failed(contain_mount_set_id_maps(mnt, m, g, 2, &e), e, EINVAL, "set-idmap", "recursive",
		  "neither");
	close(mnt);
	t_state_check(state);
	contain_id_map_free(m);
	contain_id_map_free(g);
}

static int user_cannot(void *arg, void *rec)
{
	contain_error *e = NULL;

	(void)rec;
	T_CHECK(contain_mount_check_idmap(AT_FDCWD, arg, 0, &e) == -EPERM, "%s",
		contain_error_message(e));
	contain_error_free(e);
	return 0;
}

/* proc takes none, and says so by its name. */
TEST(where_it_works)
{
	struct t_state *state;
	contain_error *e = NULL;
	const char *dir;

	t_need_root();
	dir = layer();
	state = t_state_take(T_FDS | T_CHILDREN | T_MOUNTS);
	tn_fine(contain_mount_check_idmap(AT_FDCWD, dir, 0, &e), e);
	tn_failed(contain_mount_check_idmap(AT_FDCWD, "/proc", 0, &e), e, EINVAL, "set-idmap",
		  "mount_fd", "type proc");
	tn_failed(contain_mount_check_idmap(AT_FDCWD, "/no/such", 0, &e), e, ENOENT, "mount-clone",
		  "/no/such", "");
	t_as_user(user_cannot, (void *)(uintptr_t) "/");
	t_state_check(state);
}

/* ---- unions, and containers ---- */

/* Layers are mapped, the union over them is not: it shows what they show. */
TEST(a_union_of_mapped_layers)
{
	const char *dir, *upper[2], *mapped = t_fmt("%s/mapped", t_tmpdir());
	contain_overlay *o = NULL;
	contain_error *e = NULL;
	int lower, mnt, fd, user = user_ns("0:500000:65536");

	t_need_root();
	dir = layer();
	upper[0] = t_fmt("%s/u", t_tmpdir());
	upper[1] = t_fmt("%s/w", t_tmpdir());
	T_SYS(mkdir(upper[0], 0755));
	T_SYS(mkdir(upper[1], 0755));
	lower = clone_of(dir);
	ck_assert_int_eq(idmap_raw(lower, user), 0);
	/* what is detached is a layer since Linux 6.15 only */
	tn_fine(contain_mount_attach(lower, AT_FDCWD, mapped, CONTAIN_ATTACH_CREATE, &e), e);
	ck_assert_int_eq(contain_overlay_new(&o), 0);
	ck_assert_int_eq(contain_overlay_add_lower(o, AT_FDCWD, mapped), 0);
	ck_assert_int_eq(contain_overlay_set_upper(o, AT_FDCWD, upper[0], upper[1]), 0);
	mnt = contain_overlay_mount(o, 0, &e);
	tn_fine(mnt, e);
	ck_assert_uint_eq(owner_at(mnt, "root"), 500000);
	ck_assert_uint_eq(owner_at(mnt, "user"), 501000);
	/* copied up as it is seen */
	fd = openat(mnt, "user", O_WRONLY | O_APPEND | O_CLOEXEC);
	T_SYS(fd);
	close(fd);
	ck_assert_uint_eq(owner_at(AT_FDCWD, t_fmt("%s/user", upper[0])), 501000);
	ck_assert_uint_eq(owner_at(AT_FDCWD, t_fmt("%s/user", dir)), 1000);
	contain_overlay_free(o);
	close(mnt);
	close(lower);
	close(user);
}

/* Three at the same time, with three maps: for each the volume is its own, and on disk root's. */
TEST(containers_with_different_maps_share_a_volume)
{
	struct ts t[3];
	const char *dir;

	t_need_root();
	dir = layer();
	for (unsigned i = 0; i < 3; i++) {
		ts_overlay(&t[i]);
		t_state_free(t[i].state); /* the others are about */
		t[i].state = NULL;
		container_spec_set_namespaces(t[i].spec, TS_NS_ALL);
		container_spec_add_uid_range(t[i].spec, 0, 100000 * (i + 1), 65536);
		container_spec_add_gid_range(t[i].spec, 0, 100000 * (i + 1), 65536);
		ck_assert_int_eq(container_spec_add_mount(t[i].spec, AT_FDCWD, dir, "/job", NULL,
							  "rbind,idmap"),
				 0);
		ts_sh(&t[i],
		      t_fmt("cd /job; stat -c '%%n %%u %%g' root user none; echo new >made%u;"
			    "stat -c '%%n %%u %%g' made%u; exec /bin/payload sleep",
			    i, i));
	}
	for (unsigned i = 0; i < 3; i++)
		ts_start(&t[i]);
	for (unsigned i = 0; i < 3; i++) {
		ts_wait_for(&t[i], "sleeping\n");
		ts_has(&t[i], "root 0 0\nuser 1000 1000\nnone 65534 65534\nmade%u 0 0\n", i);
		ck_assert_uint_eq(owner_at(AT_FDCWD, t_fmt("%s/made%u", dir, i)), 0);
	}
	for (unsigned i = 0; i < 3; i++)
		ts_kill(&t[i]);
}

/* Into one that runs, with another map than its own. */
TEST(added_to_a_running_container)
{
	contain_id_map *m = map_of("0:7000:10");
	contain_error *e = NULL;
	const char *dir;
	struct ts t;
	int mnt;

	t_need_root();
	dir = layer();
	ts_dir(&t, 0);
	ts_words(&t, "sleep");
	ts_start(&t);
	ts_wait_for(&t, "sleeping\n");
	mnt = contain_mount_clone(AT_FDCWD, dir, 0, 0, &e);
	tn_fine(mnt, e);
	tn_fine(contain_mount_set_id_maps(mnt, m, NULL, 0, &e), e);
	tn_fine(container_mount_attach(t.c, mnt, "/job/volume", CONTAIN_ATTACH_CREATE, &e), e);
	close(mnt);
	ck_assert_uint_eq(owner_at(AT_FDCWD,
				   t_fmt("/proc/%d/root/job/volume/root", container_pid(t.c))),
			  7000);
	contain_id_map_free(m);
	ts_kill(&t);
}
