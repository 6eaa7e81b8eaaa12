/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Mount tables of this kernel. What they say is compared with what libmount, findmnt(8), statx(2)
 * and statmount(2) say of the same mounts.
 */
#include "t_mnt_look.h"

#include <libmount.h>
#include <sys/statvfs.h>

#define FINDMNT "/usr/bin/findmnt"

/* Some of everything. */
static void make_world(void)
{
	static const char *const names[] = { "new\nline", "sp ace", "ta\tb", "back\\slash", "ha#sh",
					     "re\rturn",  "\\040",  "com,ma", "quo\"te", "\xff\xfe",
					     "x (deleted)", "-" };
	char *gone;
	int fd;

	ml_tmpfs("plain", 0, "size=1m,mode=700");
	ml_tmpfs("flags", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL);
	ml_tmpfs("noatime", MS_NOATIME | MS_NODIRATIME, NULL);
	ml_tmpfs("strict", MS_STRICTATIME, NULL);
	ml_tmpfs("ro", MS_RDONLY, NULL);
	ml_tmpfs("sync", MS_SYNCHRONOUS | MS_DIRSYNC, NULL);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		char *path = ml_dir(names[i]);

		ml_mount(names[i], path, "tmpfs", 0, NULL);
		T_SYS(mkdir(t_fmt("%s/%s", path, names[i]), 0755));
		ml_mount(t_fmt("%s/%s", path, names[i]), ml_dir(t_fmt("bound%zu", i)), NULL,
			 MS_BIND, NULL);
	}
	ml_tmpfs("over", 0, NULL);
	ml_tmpfs("over", 0, NULL);
	ml_set(ml_tmpfs("shared", 0, NULL), MS_SHARED);
	ml_bind(ml("shared"), "peer");
	ml_set(ml_bind(ml("shared"), "slave"), MS_SLAVE);
	ml_set(ml_bind(ml("shared"), "both"), MS_SLAVE);
	ml_set(ml("both"), MS_SHARED);
	ml_set(ml_bind(ml("both"), "last"), MS_SLAVE);
	ml_set(ml_tmpfs("unbindable", 0, NULL), MS_UNBINDABLE);
	gone = ml_dir("gone");
	fd = open(t_fmt("%s/file", gone), O_CREAT | O_RDWR | O_CLOEXEC, 0644);
	T_SYS(fd);
	close(fd);
	t_write_file(ml("place"), "");
	ml_mount(t_fmt("%s/file", gone), ml("place"), NULL, MS_BIND, NULL);
	T_SYS(unlink(t_fmt("%s/file", gone)));
	t_write_file(ml("ns"), "");
	ml_mount("/proc/self/ns/uts", ml("ns"), NULL, MS_BIND, NULL);
	ml_mount("", ml_dir("nosource"), "tmpfs", 0, NULL);
}

TEST_BOTH(ways_agree)
{
	contain_mount_table *all, *info, *stat;

	ml_enter();
	make_world();
	all = ml_take(-1, 0);
	info = ml_take(-1, CONTAIN_MOUNT_TABLE_MOUNTINFO);
	stat = ml_statmount(-1);
	ml_same(all, info, "best way and mountinfo");
	T_CHECK(contain_mount_table_count(all) > 40);
	for (int i = 0; i < contain_mount_table_count(info); i++)
		ck_assert_uint_eq(contain_mount_table_unique_id(info, i), 0);
	t_note("statmount: %s, unique ids: %s", stat ? "yes" : "no",
	       contain_mount_table_unique_id(all, 0) ? "yes" : "no");
	if (stat) {
		ml_same(info, stat, "mountinfo and statmount");
		for (int i = 0; i < contain_mount_table_count(stat); i++)
			T_CHECK(contain_mount_table_unique_id(stat, i) &&
				contain_mount_table_find_unique_id(
					all, contain_mount_table_unique_id(stat, i)) == i);
	}
	contain_mount_table_free(all);
	contain_mount_table_free(info);
	contain_mount_table_free(stat);
}

/* Below another root directory: other paths, fewer mounts. */
TEST(in_a_chroot)
{
	contain_mount_table *info, *stat;
	int i;

	t_need_root();
	ml_enter();
	make_world();
	ml_set(ml_bind(ml("shared"), "jail"), MS_SLAVE);
	ml_set(ml("jail"), MS_SHARED);
	T_SYS(mkdir(ml("jail/proc"), 0755));
	T_SYS(mkdir(ml("jail/in"), 0755));
	ml_mount("/proc", ml("jail/proc"), NULL, MS_BIND | MS_REC, NULL);
	ml_mount("in", ml("jail/in"), "tmpfs", 0, NULL);
	T_SYS(chroot(ml("jail")));
	T_SYS(chdir("/"));
	info = ml_take(-1, CONTAIN_MOUNT_TABLE_MOUNTINFO);
	T_CHECK(contain_mount_table_count(info) >= 3 && contain_mount_table_count(info) < 20);
	i = contain_mount_table_find_target(info, "/in");
	T_CHECK(i >= 0 && !strcmp(contain_mount_table_source(info, i), "in"));
	ck_assert_int_eq(contain_mount_table_parent(info, contain_mount_table_find_path(info, "/")),
			 -ENOENT);
	stat = ml_statmount(-1);
	if (stat)
		ml_same(info, stat, "in a chroot");
	contain_mount_table_free(info);
	contain_mount_table_free(stat);
}

/* propagate_from is told where the master has no member below the root, but its master has one. */
TEST(propagate_from)
{
	contain_mount_table *t, *stat;
	int i;

	t_need_root();
	ml_enter();
	ml_tmpfs("jail", 0, NULL);
	T_SYS(mkdir(ml("jail/a"), 0755) + mkdir(ml("jail/c"), 0755) + mkdir(ml("jail/proc"), 0755));
	ml_mount("a", ml("jail/a"), "tmpfs", 0, NULL);
	ml_set(ml("jail/a"), MS_SHARED);
	ml_set(ml_bind(ml("jail/a"), "b"), MS_SLAVE);
	ml_set(ml("b"), MS_SHARED);
	ml_mount(ml("b"), ml("jail/c"), NULL, MS_BIND, NULL);
	ml_set(ml("jail/c"), MS_SLAVE);
	ml_mount("/proc", ml("jail/proc"), NULL, MS_BIND | MS_REC, NULL);
	T_SYS(chroot(ml("jail")));
	T_SYS(chdir("/"));
	t = ml_take(-1, CONTAIN_MOUNT_TABLE_MOUNTINFO);
	i = ml_at(t, "/c");
	T_CHECK(contain_mount_table_propagate_from(t, i) &&
		contain_mount_table_propagate_from(t, i) ==
			contain_mount_table_peer_group(t, ml_at(t, "/a")) &&
		contain_mount_table_master(t, i) != contain_mount_table_propagate_from(t, i));
	stat = ml_statmount(-1);
	if (stat)
		ml_same(t, stat, "propagate_from");
	contain_mount_table_free(t);
	contain_mount_table_free(stat);
}

/* ---- libmount and findmnt(8) ---- */

static void against_libmount(const contain_mount_table *t)
{
	struct libmnt_table *tb = mnt_new_table_from_file("/proc/thread-self/mountinfo");
	struct libmnt_iter *it = mnt_new_iter(MNT_ITER_FORWARD);
	struct libmnt_fs *fs;
	int i = 0;

	T_CHECK(tb && it);
	ck_assert_int_eq(mnt_table_get_nents(tb), contain_mount_table_count(t));
	for (; mnt_table_next_fs(tb, it, &fs) == 0; i++) {
		unsigned long flags = 0;
		uint32_t major, minor;

		ck_assert_int_eq(mnt_fs_get_id(fs), contain_mount_table_id(t, i));
		ck_assert_int_eq(mnt_fs_get_parent_id(fs), contain_mount_table_parent_id(t, i));
		ck_assert_str_eq(mnt_fs_get_root(fs), contain_mount_table_root(t, i));
		ck_assert_str_eq(mnt_fs_get_target(fs), contain_mount_table_target(t, i));
		ck_assert_str_eq(mnt_fs_get_fstype(fs), contain_mount_table_type(t, i));
		ck_assert_str_eq(mnt_fs_get_source(fs), contain_mount_table_source(t, i));
		ck_assert_str_eq(mnt_fs_get_vfs_options(fs), contain_mount_table_options(t, i));
		ck_assert_str_eq(mnt_fs_get_fs_options(fs),
				 contain_mount_table_super_options(t, i));
		contain_mount_table_device(t, i, &major, &minor);
		T_CHECK(mnt_fs_get_devno(fs) == makedev(major, minor));
		mnt_fs_get_propagation(fs, &flags);
		ck_assert_uint_eq(flags & (MS_SHARED | MS_SLAVE | MS_UNBINDABLE),
				  contain_mount_table_propagation(t, i) &
					  (MS_SHARED | MS_SLAVE | MS_UNBINDABLE));
	}
	mnt_free_iter(it);
	mnt_unref_table(tb);
}

/* Attributes, by what statvfs(3) says of the topmost mounts. */
static void against_statvfs(const contain_mount_table *t)
{
	static const struct {
		unsigned long flag;
		uint32_t attribute;
	} same[] = {
		{ ST_RDONLY, CONTAIN_MOUNT_READONLY },	{ ST_NOSUID, CONTAIN_MOUNT_NOSUID },
		{ ST_NODEV, CONTAIN_MOUNT_NODEV },	{ ST_NOEXEC, CONTAIN_MOUNT_NOEXEC },
		{ ST_NOATIME, CONTAIN_MOUNT_NOATIME },	{ ST_NODIRATIME, CONTAIN_MOUNT_NODIRATIME },
		{ 0x2000, CONTAIN_MOUNT_NOSYMFOLLOW },
	};
	struct statvfs st;

	for (int i = 0; i < contain_mount_table_count(t); i++) {
		uint32_t attributes = contain_mount_table_attributes(t, i);
		const char *target = contain_mount_table_target(t, i);

		if (contain_mount_table_find_target(t, target) != i ||
		    strncmp(target, ml_base, strlen(ml_base)) != 0)
			continue;
		T_SYS(statvfs(target, &st));
		for (size_t k = 0; k < sizeof(same) / sizeof(same[0]); k++)
			if (k > 0 || !strstr(contain_mount_table_super_options(t, i), "ro"))
				T_CHECK(!(st.f_flag & same[k].flag) ==
						!(attributes & same[k].attribute),
					"%s: %lx %x", target, st.f_flag, attributes);
		T_CHECK(!!(st.f_flag & ST_RELATIME) ==
				!(attributes & (CONTAIN_MOUNT_NOATIME | CONTAIN_MOUNT_STRICTATIME)),
			"%s: %lx %x", target, st.f_flag, attributes);
	}
}

TEST_BOTH(libmount_agrees)
{
	contain_mount_table *t;

	ml_enter();
	make_world();
	t = ml_take(-1, 0);
	against_libmount(t);
	against_statvfs(t);
	contain_mount_table_free(t);
}

/* "\x20" and the like, as findmnt(8) writes what is not plain. */
static char *encode(const char *s)
{
	char *out = t_fmt("%*s", (int)strlen(s) * 4 + 1, ""), *to = out;

	for (; *s; s++) {
		int plain = *s > ' ' && *s < 127 && *s != '\\' && *s != '"';

		to += plain ? sprintf(to, "%c", *s) : sprintf(to, "\\x%02x", (unsigned char)*s);
	}
	*to = 0;
	return out;
}

TEST(findmnt_agrees)
{
	contain_mount_table *t;
	char line[ML_LINE];
	FILE *f;
	int i = 0;

	t_need_root();
	t_need_program(FINDMNT);
	ml_enter();
	ml_tmpfs("a", MS_NOSUID, "size=1m");
	ml_set(ml_tmpfs("b c", 0, NULL), MS_SHARED);
	ml_bind(ml("b c"), "d");
	ml_tmpfs("a", MS_RDONLY, NULL);
	t = ml_take(-1, 0);
	f = popen(FINDMNT " -rn -o ID,PARENT,MAJ:MIN,FSTYPE,VFS-OPTIONS,FSROOT,TARGET", "r");
	T_CHECK(f);
	for (; fgets(line, sizeof(line), f); i++) {
		uint32_t major = 0, minor = 0;

		contain_mount_table_device(t, i, &major, &minor);
		line[strcspn(line, "\n")] = 0;
		ck_assert_str_eq(line,
				 t_fmt("%d %d %u:%u %s %s %s %s", contain_mount_table_id(t, i),
				       contain_mount_table_parent_id(t, i), major, minor,
				       contain_mount_table_type(t, i),
				       contain_mount_table_options(t, i),
				       encode(contain_mount_table_root(t, i)),
				       encode(contain_mount_table_target(t, i))));
	}
	pclose(f);
	ck_assert_int_eq(i, contain_mount_table_count(t));
	contain_mount_table_free(t);
}

/* ---- which mount a path is on: the kernel knows ---- */

static uint64_t mount_id_of(const char *path)
{
	struct statx st;

	T_CHECK(statx(AT_FDCWD, path, AT_NO_AUTOMOUNT, STATX_MNT_ID, &st) == 0, "%s: %m", path);
	return st.stx_mnt_id;
}

TEST_BOTH(paths)
{
	static const char *const dirs[] = { "",	  "/a",	  "/a/b", "/a/b/a",
					    "/b", "/b/a", "/a/a", "/b/b" };
	unsigned int seed = 7;
	int covered = 0;

	ml_enter();
	for (int round = 0; round < (int)t_sample(300, 40); round++) {
		contain_mount_table *t;
		char *root = ml_tmpfs(t_fmt("r%d", round), 0, NULL);

		for (int k = 0; k < 7; k++) {
			char *at = t_fmt("%s%s", root, dirs[(unsigned)rand_r(&seed) % 8]);

			mkdir(t_fmt("%s/a", at), 0755);
			mkdir(t_fmt("%s/b", at), 0755);
			if (access(at, F_OK) == 0)
				ml_mount("k", at, "tmpfs", 0, NULL);
			mkdir(t_fmt("%s/a", at), 0755);
			mkdir(t_fmt("%s/b", at), 0755);
			mkdir(t_fmt("%s/a/b", at), 0755);
		}
		t = ml_take(-1, CONTAIN_MOUNT_TABLE_MOUNTINFO);
		for (int k = 0; k < 8; k++) {
			char *at = t_fmt("%s%s", root, dirs[k]);
			int i;

			if (access(at, F_OK) != 0)
				continue;
			i = contain_mount_table_find_path(t, at);
			ck_assert_uint_eq((uint64_t)contain_mount_table_id(t, i), mount_id_of(at));
		}
		for (int i = 0; i < contain_mount_table_count(t); i++)
			covered += contain_mount_table_find_target(
					   t, contain_mount_table_target(t, i)) != i;
		contain_mount_table_free(t);
	}
	T_CHECK(covered > 10, "%d mounts were hidden", covered);
}

/* ---- one mount ---- */

TEST_BOTH(get)
{
	contain_mount_table *t, *one = NULL;
	contain_error *e = NULL;
	static char x[ML_LINE], y[ML_LINE];
	int fd;

	ml_enter();
	make_world();
	t = ml_take(-1, 0);
	for (int i = 0; i < contain_mount_table_count(t); i++) {
		const char *target = contain_mount_table_target(t, i);
		uint32_t major = 0, minor = 0;

		if (contain_mount_table_find_target(t, target) != i ||
		    strncmp(target, ml_base, strlen(ml_base)) != 0)
			continue;
		tn_fine(contain_mount_get(AT_FDCWD, target, &one, &e), e);
		ck_assert_int_eq(contain_mount_table_count(one), 1);
		ck_assert_int_eq(contain_mount_table_id(one, 0), contain_mount_table_id(t, i));
		ck_assert_int_eq(contain_mount_table_parent(one, 0), -ENOENT);
		contain_mount_table_device(one, 0, &major, &minor);
		ml_line(one, 0, x);
		ml_line(t, i, y);
		T_CHECK(!strcmp(strchr(x, '['), strchr(y, '[')), "\n%s\n%s", x, y);
		contain_mount_table_free(one);
		one = NULL;
	}
	fd = open(ml("plain"), O_PATH | O_CLOEXEC);
	T_SYS(fd);
	tn_fine(contain_mount_get(fd, "", &one, &e), e);
	ck_assert_str_eq(contain_mount_table_target(one, 0), ml("plain"));
	contain_mount_table_free(one);
	one = NULL;
	close(fd);
	fd = open(ml("flags"), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	T_SYS(umount2(ml("flags"), MNT_DETACH));
	tn_failed(contain_mount_get(fd, "", &one, &e), e, ENOENT, "take-mount-table", "",
		  "detached");
	close(fd);
	tn_failed(contain_mount_get(AT_FDCWD, "/no/such", &one, &e), e, ENOENT, "take-mount-table",
		  "/no/such", "");
	tn_failed(contain_mount_get(99999, "", &one, &e), e, EBADF, "take-mount-table", "", "");
	tn_failed(contain_mount_get(AT_FDCWD, NULL, &one, &e), e, EINVAL, "take-mount-table",
		  "path", "NULL");
	tn_failed(contain_mount_get(AT_FDCWD, "/", NULL, &e), e, EINVAL, "take-mount-table",
		  "ret_table", "NULL");
	T_CHECK(!one);
	contain_mount_table_free(t);
}
