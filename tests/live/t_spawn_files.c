/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A root in memory, and directories, files and symlinks of the spec: what is made, with which mode,
 * what of an image and of a host's directory stays as it was.
 */
#include "t_spawn.h"

#include <dirent.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/sysmacros.h>
#include <sys/un.h>

static const char binary[] = "a\0b\n\0\377end\n";
#define BINARY_SIZE (sizeof(binary) - 1)

static int exists(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0;
}

static const char *content(const char *path)
{
	char buf[4096];
	ssize_t n = t_read_file(path, buf, sizeof(buf));

	return n < 0 ? "(none)" : t_fmt("%s", buf);
}

/* A root in memory with the image's programs in it. */
static void tmpfs_root(struct ts *t, uint64_t size_bytes)
{
	const char *programs = t_fmt("%s/bin", ts_root());

	ts_new(t);
	ck_assert_int_eq(container_spec_set_root_tmpfs(t->spec, size_bytes), 0);
	ck_assert_int_eq(container_spec_add_bind(t->spec, AT_FDCWD, programs, "/usr/bin",
						 CONTAIN_MOUNT_READONLY),
			 0);
	ck_assert_int_eq(container_spec_add_symlink(t->spec, "usr/bin", "/bin"), 0);
}

/* What a judge of programs asks for. */
TEST_BOTH(root_in_memory)
{
	struct ts t;

	tmpfs_root(&t, 1 << 20);
	container_spec_add_bind(t.spec, AT_FDCWD, "/no/such/toolchain", "/opt/toolchain",
				CONTAIN_MOUNT_READONLY | CONTAIN_MOUNT_OPTIONAL);
	container_spec_add_symlink(t.spec, "usr/lib", "/lib");
	container_spec_add_file(t.spec, "/etc/passwd", "u:x:1000:1000::/:\n", 18, 0644);
	container_spec_add_tmpfs(t.spec, "/job", 64 << 10, 01777);
	ts_words(&t, "read /etc/passwd -- stat / -- stat /etc -- stat /etc/passwd -- stat /lib -- "
		     "list / -- "
		     "write /made x -- write /etc/passwd y -- read /etc/passwd -- write /job/x z "
		     "-- list /job");
	ts_run(&t);
	ts_has(&t, "u:x:1000:1000::/:\nmode 40755 uid 0 gid 0 ");
	ts_has(&t, " fs 1021994 flags "); /* tmpfs */
	ts_has(&t, "mode 100644 uid 0 gid 0 size 18 ");
	ts_has(&t, "mode 120777 uid 0 gid 0 size 7 ");
	ts_has(&t, "\nyx\n");
	ts_hasnt(&t, "opt");
	T_CHECK(!exists(t_fmt("%s/bin/made", ts_root())));
}

/* One start leaves nothing to the next one, and the size holds. */
TEST_BOTH(root_in_memory_is_bounded_and_ends)
{
	struct ts t;

	for (int i = 0; i < 2; i++) {
		tmpfs_root(&t, 64 << 10);
		ts_sh(&t, "ls /; echo x >/before; dd if=/dev/zero of=/big bs=4096 count=64; stat "
			  "-c %s /big");
		ts_run(&t);
		ts_hasnt(&t, "before");
		ts_has(&t, "No space left on device");
	}
	tmpfs_root(&t, 0);
	ts_sh(&t, "dd if=/dev/zero of=/big bs=4096 count=64 && stat -c %s /big");
	ts_run(&t);
	ts_has(&t, "262144\n");
}

TEST_BOTH(root_in_memory_has_no_devices)
{
	struct ts t;

	tmpfs_root(&t, 0);
	ck_assert_int_eq(container_spec_set_capabilities(t.spec, ts_caps()), 0);
	ts_sh(&t, "mknod /null c 1 3; cat /null && echo opened || echo held");
	ts_run(&t);
	ts_has(&t, "held\n");
}

static void all_kinds(container_spec *s)
{
	ck_assert_int_eq(container_spec_add_dir(s, "/made/by/spec/", 03751), 0);
	ck_assert_int_eq(container_spec_add_file(s, "/made/file", binary, BINARY_SIZE, 04640), 0);
	ck_assert_int_eq(container_spec_add_file(s, "/made/empty", NULL, 0, 0), 0);
	ck_assert_int_eq(container_spec_add_file(s, "/made/by/spec/all", "x", 1, 0777), 0);
	ck_assert_int_eq(container_spec_add_symlink(s, "../no/../where//", "/made/link"), 0);
	ck_assert_int_eq(container_spec_add_symlink(s, "/etc", "/made/absolute"), 0);
}

static void check_all_kinds(struct ts *t)
{
	ts_words(t, "stat /made -- stat /made/by -- stat /made/by/spec -- stat /made/file -- stat "
		    "/made/empty -- "
		    "stat /made/by/spec/all -- stat /made/link -- list /made/absolute -- read "
		    "/made/file");
	ts_run(t);
	ts_has(t, "mode 40755 uid 0 gid 0 ");
	ts_has(t, "mode 43751 uid 0 gid 0 ");
	ts_has(t, "mode 104640 uid 0 gid 0 size %zu ", BINARY_SIZE);
	ts_has(t, "mode 100000 uid 0 gid 0 size 0 ");
	ts_has(t, "mode 100777 uid 0 gid 0 size 1 ");
	ts_has(t, "mode 120777 uid 0 gid 0 size 16 ");
	ts_has(t, "\npasswd\n");
	T_CHECK(memmem(t->text, sizeof(t->text), binary, BINARY_SIZE), "the content is not exact");
}

static void umask_is(mode_t mask)
{
	umask(mask);
}

/* Exact modes and bytes, whatever the caller's umask, in each kind of root. */
TEST_BOTH(modes_and_bytes_are_exact)
{
	static const mode_t masks[] = { 0, 022, 0777 };

	ts_root();
	for (size_t i = 0; i < 3; i++) {
		struct ts t;

		umask_is(masks[i]);
		tmpfs_root(&t, 0);
		container_spec_add_file(t.spec, "/etc/passwd", "x", 1, 0644);
		all_kinds(t.spec);
		check_all_kinds(&t);
		ts_overlay(&t);
		all_kinds(t.spec);
		check_all_kinds(&t);
		T_CHECK(!exists(t_fmt("%s/made", ts_root())));
	}
	for (size_t i = 0; i < 3; i++) {
		struct ts t;

		umask_is(masks[i]);
		ts_dir(&t, 0);
		all_kinds(t.spec);
		check_all_kinds(&t);
		umask_is(022);
		/* places are made, and contents are not in them */
		ck_assert_str_eq(content(t_fmt("%s/made/file", ts_root())), "");
		ck_assert_str_eq(content(t_fmt("%s/made/by/spec/all", ts_root())), "");
		T_CHECK(exists(t_fmt("%s/made/link", ts_root())));
		if (i == 1)
			T_SYS(system(t_fmt("rm -r %s/made", ts_root())));
	}
}

/* A directory with a default ACL or set-group-ID gives its habits to what is made in it. */
TEST_BOTH(modes_are_exact_below_a_setgid_directory)
{
	struct stat st;
	struct ts t;

	T_SYS(chmod(t_fmt("%s/var", ts_root()), 02755));
	ts_dir(&t, 0);
	container_spec_add_dir(t.spec, "/var/spec", 0711);
	ts_words(&t, "stat /var/spec");
	ts_run(&t);
	ts_has(&t, "mode 40711 ");
	T_SYS(stat(t_fmt("%s/var/spec", ts_root()), &st));
	ck_assert_int_eq(st.st_mode, S_IFDIR | 0711);
}

/* In a union each kind of what may be there is replaced; in the image it stays. */
TEST_BOTH(places_of_a_union_are_replaced)
{
	static const char *const names[] = { "/etc/passwd", "/etc/link",   "/etc/dangling",
					     "/etc/fifo",   "/etc/socket", "/etc/linkdir/passwd" };
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	const char *root = ts_root();
	struct ts t;
	int fd;

	T_SYS(symlink("/etc/image", t_fmt("%s/etc/link", root)));
	T_SYS(symlink("/no/where", t_fmt("%s/etc/dangling", root)));
	T_SYS(mkfifo(t_fmt("%s/etc/fifo", root), 0666));
	T_SYS(symlink("/var", t_fmt("%s/etc/linkdir", root)));
	T_SYS(chdir(root));
	snprintf(addr.sun_path, sizeof(addr.sun_path), "etc/socket");
	T_SYS(fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
	T_SYS(bind(fd, (struct sockaddr *)&addr, sizeof(addr)));
	close(fd);
	T_SYS(chdir("/"));
	ts_overlay(&t);
	for (size_t i = 0; i < 6; i++)
		container_spec_add_file(t.spec, names[i], names[i], strlen(names[i]), 0600);
	ts_words(&t, "stat /etc/link -- stat /etc/dangling -- stat /etc/fifo -- stat /etc/socket "
		     "-- read /etc/link -- "
		     "read /etc/dangling -- read /etc/fifo -- read /etc/socket -- read /etc/passwd "
		     "-- read /var/passwd -- "
		     "read /etc/image");
	ts_run(&t);
	ts_hasnt(&t, "mode 12");
	ts_has(&t, "/etc/link/etc/dangling/etc/fifo/etc/socket/etc/passwd/etc/linkdir/passwdmade "
		   "by the tests\n");
	T_CHECK(exists(t_fmt("%s/etc/fifo", root)) && !exists(t_fmt("%s/var/passwd", root)));
	ck_assert_str_eq(content(t_fmt("%s/etc/image", root)), "made by the tests\n");
	T_CHECK(strstr(content(t_fmt("%s/etc/passwd", root)), "nobody"));
}

/* In a directory of the caller nothing that is there is written: it is covered. */
TEST_BOTH(places_of_a_directory_are_covered)
{
	const char *root = ts_root(), *image;
	struct stat st, was;
	struct ts t;

	T_SYS(symlink("/etc/image", t_fmt("%s/etc/link", root)));
	T_SYS(symlink("/var/not-yet", t_fmt("%s/etc/dangling", root)));
	T_SYS(mkfifo(t_fmt("%s/etc/fifo", root), 0666));
	image = t_fmt("%s/etc/image", root);
	T_SYS(stat(image, &was));
	for (uint32_t flags = 0; flags <= CONTAIN_ROOT_READONLY; flags++) {
		ts_dir(&t, flags);
		container_spec_add_file(t.spec, "/etc/link", "one", 3, 0600);
		container_spec_add_file(t.spec, "/etc/fifo", "two", 3, 0640);
		container_spec_add_file(t.spec, "/etc/dangling", "four", 4, 0644);
		container_spec_add_file(t.spec, "/etc/passwd", "three", 5, 0644);
		ts_sh(&t, "cat /etc/dangling; cat /etc/image /etc/fifo /etc/passwd; stat -c %a "
			  "/etc/fifo; echo more >>/etc/passwd && "
			  "cat /etc/passwd; readlink /etc/link");
		ts_run(&t);
		ts_has(&t, "fouronetwothree640\n");
		ts_has(&t, "/etc/image\n");
		if (flags)
			ts_has(&t, "/etc/passwd: Read-only file system");
		else
			ts_has(&t, "threemore\n");
		T_SYS(stat(image, &st));
		T_CHECK(st.st_ino == was.st_ino && st.st_mtim.tv_nsec == was.st_mtim.tv_nsec &&
			st.st_size == was.st_size);
		T_CHECK(strstr(content(t_fmt("%s/etc/passwd", root)), "nobody"));
	}
	/* what is missing is made as an empty file, once */
	ts_dir(&t, 0);
	container_spec_add_file(t.spec, "/opt/deep/new", "text", 4, 0600);
	ts_words(&t, "read /opt/deep/new");
	ts_run(&t);
	ts_is(&t, "text");
	T_SYS(stat(t_fmt("%s/opt/deep/new", root), &st));
	ck_assert_int_eq(st.st_size, 0);
}

/* A bind's source is somebody's, also in a root that ends with the start. */
TEST_BOTH(a_bind_is_not_written)
{
	const char *dir = t_tmpdir();
	struct stat st;
	struct ts t;

	t_write_file(t_fmt("%s/config", dir), "host's own");
	tmpfs_root(&t, 0);
	container_spec_add_bind(t.spec, AT_FDCWD, dir, "/data", 0);
	container_spec_add_file(t.spec, "/data/config", "spec's", 6, 0600);
	container_spec_add_symlink(t.spec, "/data", "/alias");
	container_spec_add_file(t.spec, "/alias/other", "other", 5, 0600);
	ts_words(&t, "read /data/config -- read /data/other -- write /data/config changed -- read "
		     "/data/config");
	ts_run(&t);
	ts_is(&t, "spec'sotherchanged");
	ck_assert_str_eq(content(t_fmt("%s/config", dir)), "host's own");
	T_SYS(stat(t_fmt("%s/other", dir), &st));
	ck_assert_int_eq(st.st_size, 0);
}

/*
 * In a tmpfs of the spec and in the default ones a file is a file, and can be renamed and removed.
 */
TEST_BOTH(files_in_a_tmpfs)
{
	struct ts t;

	ts_dir(&t, 0);
	container_spec_add_tmpfs(t.spec, "/job", 1 << 20, 0755);
	container_spec_add_file(t.spec, "/job/a/b", "one", 3, 0600);
	container_spec_add_file(t.spec, "/tmp/c", "two", 3, 0600);
	container_spec_add_file(t.spec, "/dev/d", "three", 5, 0600);
	ts_sh(&t, "mv /job/a/b /job/e && cat /job/e && mv /tmp/c /tmp/f && cat /tmp/f && rm /tmp/f "
		  "&& cat /dev/d && "
		  "rm /dev/d && ls -A /tmp /job/a; cut -d ' ' -f 5 /proc/self/mountinfo | grep -c "
		  "-e /job/ -e /tmp/ -e /dev/d");
	ts_run_to(&t, 1);
	ts_has(&t, "onetwothree/job/a:\n\n/tmp:\n0\n");
	T_CHECK(!exists(t_fmt("%s/job/a", ts_root())));
}

/* Over a kernel file, and over what the spec has bound before: the later one is seen. */
TEST_BOTH(files_over_mounts)
{
	struct ts t;

	for (int i = 0; i < 2; i++) {
		if (i)
			ts_overlay(&t);
		else
			ts_dir(&t, 0);
		container_spec_add_file(t.spec, "/proc/cpuinfo", "one cpu\n", 8, 0444);
		container_spec_add_bind(t.spec, AT_FDCWD, t_fmt("%s/etc/image", ts_root()),
					"/etc/hostname", 0);
		container_spec_add_file(t.spec, "/etc/hostname", "later\n", 6, 0444);
		container_spec_add_file(t.spec, "/etc/group", "first", 5, 0444);
		container_spec_add_file(t.spec, "/etc/group", "second\n", 7, 0444);
		ts_words(&t, "read /proc/cpuinfo -- read /etc/hostname -- read /etc/group -- read "
			     "/etc/image");
		ts_run(&t);
		ts_is(&t, "one cpu\nlater\nsecond\nmade by the tests\n");
	}
}

TEST_BOTH(what_is_there_is_good)
{
	struct stat st;
	struct ts t;

	T_SYS(symlink("bin", t_fmt("%s/binaries", ts_root())));
	for (int i = 0; i < 3; i++) {
		if (i)
			ts_dir(&t, i == 2 ? CONTAIN_ROOT_READONLY : 0);
		else
			ts_overlay(&t);
		container_spec_add_dir(t.spec, "/etc", 0700);
		container_spec_add_dir(t.spec, "/binaries", 0700);
		container_spec_add_symlink(t.spec, "bin", "/binaries");
		ts_words(&t, "stat /etc -- stat /bin -- stat /binaries");
		ts_run(&t);
		ts_has(&t, "mode 40755 ");
		ts_hasnt(&t, "mode 40700 ");
	}
	T_SYS(stat(t_fmt("%s/etc", ts_root()), &st));
	ck_assert_int_eq(st.st_mode, S_IFDIR | 0755);
}

#define FAILS(root_call, add_call, err, op, object, hint)                                          \
	do {                                                                                       \
		struct ts t;                                                                       \
                                                                                                   \
		root_call;                                                                         \
		ck_assert_int_eq(add_call, 0);                                                     \
		ts_words(&t, "exit");                                                              \
		ts_fails(&t, err, CONTAIN_PHASE_CHILD, op, object, hint);                          \
	} while (0)

TEST_BOTH(what_is_in_the_way_is_told)
{
	const char *root = ts_root();

	T_SYS(symlink("/no/where", t_fmt("%s/dangling", root)));
	FAILS(ts_overlay(&t), container_spec_add_dir(t.spec, "/etc/passwd", 0755), ENOTDIR,
	      "make-dir", "/etc/passwd", "no directory has this name");
	FAILS(ts_overlay(&t), container_spec_add_dir(t.spec, "/etc/passwd/a", 0755), ENOTDIR,
	      "make-dir", "/etc/passwd/a", "on the way to it");
	FAILS(ts_overlay(&t), container_spec_add_dir(t.spec, "/dangling", 0755), EEXIST, "make-dir",
	      "/dangling", "a symlink that leads nowhere");
	FAILS(ts_overlay(&t), container_spec_add_file(t.spec, "/etc", "x", 1, 0644), EISDIR,
	      "make-file", "/etc", "a directory has this name");
	FAILS(ts_overlay(&t), container_spec_add_file(t.spec, "/etc/passwd/x", "x", 1, 0644),
	      ENOTDIR, "make-file", "/etc/passwd/x", "no directory");
	FAILS(ts_overlay(&t), container_spec_add_symlink(t.spec, "x", "/etc"), EEXIST,
	      "make-symlink", "/etc", "something else than this symlink");
	FAILS(ts_overlay(&t), container_spec_add_symlink(t.spec, "/no/wher", "/dangling"), EEXIST,
	      "make-symlink", "/dangling", "something else");
	FAILS(ts_overlay(&t), container_spec_add_symlink(t.spec, "/no/where/", "/dangling"), EEXIST,
	      "make-symlink", "/dangling", "something else");
	FAILS(ts_dir(&t, 0), container_spec_add_file(t.spec, "/etc", "x", 1, 0644), EISDIR,
	      "make-file", "/etc", "a directory has this name");
	FAILS(tmpfs_root(&t, 16 << 10),
	      container_spec_add_file(t.spec, "/big", t_fmt("%30000s", "x"), 30000, 0644), ENOSPC,
	      "make-file", "/big", "no room");
}

TEST_BOTH(what_is_missing_in_a_readonly_root_is_told)
{
	static const char hint[] = "the root is read-only";
	const char *root = ts_root();

	FAILS(ts_dir(&t, CONTAIN_ROOT_READONLY), container_spec_add_dir(t.spec, "/a", 0755), EROFS,
	      "make-dir", "/a", hint);
	FAILS(ts_dir(&t, CONTAIN_ROOT_READONLY),
	      container_spec_add_file(t.spec, "/a", "x", 1, 0755), EROFS, "make-file", "/a", hint);
	FAILS(ts_dir(&t, CONTAIN_ROOT_READONLY), container_spec_add_symlink(t.spec, "x", "/a"),
	      EROFS, "make-symlink", "/a", hint);
	T_CHECK(!exists(t_fmt("%s/a", root)));
}

TEST_BOTH(a_large_file)
{
	size_t size = (16u << 20) - 3;
	char *big = malloc(size);
	struct ts t;

	T_CHECK(big);
	for (size_t i = 0; i < size; i++)
		big[i] = (char)(i * 2654435761u >> 13);
	T_CHECK(t_tmpdir());
	for (int i = 0; i < 2; i++) {
		const char *twin = t_fmt("%s/twin", t_tmpdir());
		FILE *f = fopen(twin, "we");

		T_CHECK(f && fwrite(big, 1, size, f) == size && !fclose(f));
		if (i)
			ts_dir(&t, 0);
		else
			ts_overlay(&t);
		ck_assert_int_eq(container_spec_add_file(t.spec, "/big", big, size, 0644), 0);
		container_spec_add_bind(t.spec, AT_FDCWD, twin, "/twin", 0);
		ts_sh(&t, "busybox cmp /big /twin && echo same");
		ts_run(&t);
		ts_is(&t, "same\n");
	}
	free(big);
}

/* With more binds than a plan has slots. */
TEST_BOTH(files_besides_many_binds)
{
	struct ts t;

	tmpfs_root(&t, 0);
	for (int i = 0; i < 70; i++)
		container_spec_add_bind(t.spec, AT_FDCWD, t_fmt("%s/etc", ts_root()),
					t_fmt("/b/%d", i), 0);
	container_spec_add_tmpfs(t.spec, "/job", 0, 0755);
	container_spec_add_file(t.spec, "/job/x", "one", 3, 0644);
	container_spec_add_file(t.spec, "/b/69/image", "two", 3, 0644);
	container_spec_add_file(t.spec, "/three", "three", 5, 0644);
	ts_words(&t, "read /job/x -- read /b/69/image -- read /three");
	ts_run(&t);
	ts_is(&t, "onetwothree");
	ck_assert_str_eq(content(t_fmt("%s/etc/image", ts_root())), "made by the tests\n");
}
