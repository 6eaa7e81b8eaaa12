/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Mounts of a spec in the words of mount(8): attributes, file systems, copy-up, id maps. */
#include "t_spawn.h"

#include <contain/mount.h>
#include <contain/namespace.h>
#include <sys/mount.h>

static void add(struct ts *t, const char *source, const char *target, const char *type,
		const char *options)
{
	int r = container_spec_add_mount(t->spec, AT_FDCWD, source, target, type, options);

	T_CHECK(r == 0, "%s at %s, %s: %d", source, target, options, r);
}

/* The options of the mount at a point, as the container's mountinfo has them: "rw,nosuid". */
static const char *options_at(struct ts *t, const char *point)
{
	const char *found = NULL;

	for (char *line = t->text; line && *line; line = strchr(line, '\n')) {
		char at[512], options[256];

		line += *line == '\n';
		if (sscanf(line, "%*d %*d %*s %*s %511s %255s", at, options) == 2 &&
		    !strcmp(at, point))
			found = t_fmt("%s", options); /* the last one is on top */
	}
	return found ? found : "(no mount)";
}

#define AT(t, point, want)                                                                         \
	T_CHECK(!strcmp(options_at((t), (point)), (want)), "%s is %s in:\n%.2500s", (point),       \
		options_at((t), (point)), (t)->text)

static void run_mountinfo(struct ts *t)
{
	ts_words(t, "read /proc/self/mountinfo");
	ts_run(t);
}

TEST_BOTH(attributes)
{
	const char *dir = t_tmpdir();
	int root = ts_is_root();
	struct ts t;

	ts_overlay(&t);
	/* how access times are kept is locked in a user namespace */
	add(&t, dir, "/a", NULL,
	    t_fmt("bind,ro,nosuid,nodev,noexec,nosymfollow%s", root ? ",noatime,nodiratime" : ""));
	add(&t, dir, "/b", "none", "rbind,rnosuid,nodev");
	add(&t, dir, "/c", "bind", "");
	add(&t, dir, "/d", "bind",
	    t_fmt("ro,rw,nosuid,nodev%s", root ? ",strictatime" : ""));
	add(&t, t_fmt("%s/none", dir), "/e", NULL, "bind,optional");
	run_mountinfo(&t);
	if (root)
		AT(&t, "/a", "ro,nosuid,nodev,noexec,noatime,nodiratime,nosymfollow");
	T_CHECK(strstr(options_at(&t, "/a"), "ro,nosuid,nodev,noexec"));
	T_CHECK(strstr(options_at(&t, "/a"), "nosymfollow"));
	T_CHECK(strstr(options_at(&t, "/b"), "rw,nosuid,nodev"));
	T_CHECK(strstr(options_at(&t, "/c"), "rw"));
	T_CHECK(strstr(options_at(&t, "/d"), "rw,nosuid,nodev"));
	T_CHECK((strstr(options_at(&t, "/d"), "relatime") == NULL) == root);
	AT(&t, "/e", "(no mount)");
}

/* A word without "r" is for the mount itself; one with it comes first and is for all. */
TEST(recursion)
{
	const char *dir = t_tmpdir();
	struct ts t;

	t_need_root();
	T_SYS(mkdir(t_fmt("%s/sub", dir), 0755));
	T_SYS(mount("tmpfs", t_fmt("%s/sub", dir), "tmpfs", MS_NOEXEC, NULL));
	ts_overlay(&t);
	add(&t, dir, "/top", NULL, "rbind,ro");
	add(&t, dir, "/all", NULL, "rbind,rro");
	add(&t, dir, "/but", NULL, "rbind,rro,rw,rexec");
	add(&t, dir, "/one", NULL, "bind,ro");
	run_mountinfo(&t);
	AT(&t, "/top", "ro,relatime");
	AT(&t, "/top/sub", "rw,noexec,relatime");
	AT(&t, "/all", "ro,relatime");
	AT(&t, "/all/sub", "ro,noexec,relatime");
	AT(&t, "/but", "rw,relatime");
	AT(&t, "/but/sub", "ro,relatime");
	AT(&t, "/one", "ro,relatime");
	AT(&t, "/one/sub", "(no mount)");
	T_SYS(umount(t_fmt("%s/sub", dir)));
}

TEST_BOTH(file_systems)
{
	struct ts t;

	ts_overlay(&t);
	add(&t, NULL, "/a", "tmpfs", "size=1m,nr_inodes=10,mode=0711,noexec");
	add(&t, "label", "/b", "tmpfs", NULL);
	add(&t, NULL, "/c", "tmpfs", "ro,suid,dev,exec");
	add(&t, "proc", "/d", "proc", "hidepid=invisible");
	container_spec_add_file(t.spec, "/b/deep/file", "one", 3, 0600);
	ts_words(&t, "stat /a -- read /b/deep/file -- read /proc/self/mountinfo");
	ts_run(&t);
	ts_has(&t, "mode 40711 uid 0");
	ts_has(&t, "one");
	AT(&t, "/a", "rw,nosuid,nodev,noexec,relatime");
	AT(&t, "/b", "rw,nosuid,nodev,relatime");
	AT(&t, "/c", "ro,relatime");
	AT(&t, "/d", "rw,nosuid,nodev,relatime");
	ts_has(&t, " - tmpfs label ");
	ts_has(&t, "size=1024k,nr_inodes=10");
	ts_has(&t, "hidepid=");
}

TEST_BOTH(what_the_kernel_refuses)
{
	struct ts t;

	ts_overlay(&t);
	add(&t, NULL, "/a", "tmpfs", "mode=755,size=much");
	ts_words(&t, "exit 0");
	ts_fails(&t, EINVAL, CONTAIN_PHASE_CHILD, "mount-fs", "/a", "the option \"size\"");
	ts_overlay(&t);
	add(&t, NULL, "/a", "tmpfs", "mode=755,flavour=sweet");
	ts_words(&t, "exit 0");
	ts_fails(&t, EINVAL, CONTAIN_PHASE_CHILD, "mount-fs", "/a", "the option \"flavour\"");
	ts_overlay(&t);
	add(&t, NULL, "/a", "nosuchfs", NULL);
	ts_words(&t, "exit 0");
	ts_fails(&t, ENODEV, CONTAIN_PHASE_CHILD, "mount-fs", "/a", "\"nosuchfs\"");
}

TEST(clearing_what_is_locked)
{
	const char *dir = t_tmpdir();
	struct ts t;

	t_need_root();
	T_SYS(mount("tmpfs", dir, "tmpfs", MS_NOEXEC | MS_NOSUID, NULL));
	ts_overlay(&t);
	container_spec_set_namespaces(t.spec, TS_NS_ALL);
	add(&t, dir, "/a", NULL, "bind,exec");
	ts_words(&t, "exit 0");
	ts_fails(&t, EPERM, CONTAIN_PHASE_CHILD, "open-bind-source", dir, "locked");
	ts_overlay(&t);
	container_spec_set_namespaces(t.spec, TS_NS_ALL);
	add(&t, dir, "/a", NULL, "bind,ro"); /* adds, and keeps the others */
	run_mountinfo(&t);
	AT(&t, "/a", "ro,nosuid,noexec,relatime");
	T_SYS(umount(dir));
}

/* ---- copy-up ---- */

static const char *image(void)
{
	const char *dir = t_tmpdir();
	struct timespec old[2] = { { 1000, 1 }, { 2000, 2 } };

	t_rootfs_make(dir);
	T_SYS(mkdir(t_fmt("%s/data", dir), 0700));
	T_SYS(mkdir(t_fmt("%s/data/sub", dir), 0750));
	T_SYS(chmod(t_fmt("%s/data/sub", dir), 01750));
	t_write_file(t_fmt("%s/data/sub/file", dir), "of the image");
	T_SYS(chmod(t_fmt("%s/data/sub/file", dir), 0640));
	T_SYS(utimensat(AT_FDCWD, t_fmt("%s/data/sub/file", dir), old, 0));
	T_SYS(symlink("/etc/passwd", t_fmt("%s/data/link", dir)));
	T_SYS(mkfifo(t_fmt("%s/data/fifo", dir), 0622));
	T_SYS(chmod(t_fmt("%s/data/fifo", dir), 0622));
	for (int i = 0; i < 200; i++) /* more than one read of the directory */
		t_write_file(t_fmt("%s/data/%0100d", dir, i), "");
	return dir;
}

TEST_BOTH(copy_up)
{
	const char *dir = image();
	char text[64];
	struct ts t;

	ts_new(&t);
	container_spec_set_root_dir(t.spec, AT_FDCWD, dir, 0);
	add(&t, NULL, "/data", "tmpfs", "copyup,size=2m");
	ts_sh(&t, "cd /data; stat -c '%a %n' . sub sub/file fifo; stat -c %Y sub/file;"
		  "readlink link; cat sub/file; echo; ls | wc -l; echo changed >sub/file;"
		  "rm fifo; echo x >new");
	ts_run(&t);
	ts_is(&t, "700 .\n1750 sub\n640 sub/file\n622 fifo\n2000\n/etc/passwd\nof the image\n"
		  "203\n");
	T_CHECK(t_read_file(t_fmt("%s/data/sub/file", dir), text, sizeof(text)) == 12);
	T_CHECK(access(t_fmt("%s/data/new", dir), F_OK) < 0);
	T_CHECK(access(t_fmt("%s/data/fifo", dir), F_OK) == 0);
}

TEST_BOTH(copy_up_of_nothing_and_with_a_mode)
{
	const char *dir = image();
	struct ts t;

	ts_new(&t);
	container_spec_set_root_dir(t.spec, AT_FDCWD, dir, 0);
	add(&t, NULL, "/data", "tmpfs", "copyup,mode=1777");
	add(&t, NULL, "/missing", "tmpfs", "copyup");
	container_spec_add_file(t.spec, "/data/added", "one", 3, 0644);
	ts_sh(&t, "stat -c '%a %n' /data /data/sub /missing; cat /data/added; ls /missing");
	ts_run(&t);
	ts_is(&t, "1777 /data\n1750 /data/sub\n1777 /missing\none");
}

TEST(copy_up_owners_and_mounts)
{
	const char *dir = image();
	struct ts t;

	t_need_root();
	T_SYS(chown(t_fmt("%s/data/sub/file", dir), 7, 8));
	T_SYS(chown(t_fmt("%s/data", dir), 9, 10));
	ts_new(&t);
	container_spec_set_root_dir(t.spec, AT_FDCWD, dir, 0);
	add(&t, t_fmt("%s/data/sub", dir), "/data/bound", NULL, "bind");
	add(&t, t_fmt("%s/data/sub/file", dir), "/data/link2", NULL, "bind");
	add(&t, NULL, "/data", "tmpfs", "copyup");
	ts_sh(&t, "stat -c '%u %g %n' /data /data/sub/file; ls /data/bound; ls /data/link2");
	ts_run_to(&t, 1); /* a file with a mount on it is not copied */
	ts_has(&t, "9 10 /data\n7 8 /data/sub/file\n");
	ts_has(&t, "ls: /data/link2: No such file");
	ts_hasnt(&t, "ls: /data/bound");
}

TEST_BOTH(copy_up_that_fails)
{
	const char *dir = image();
	struct ts t;
	int fd;

	ts_new(&t);
	container_spec_set_root_dir(t.spec, AT_FDCWD, dir, 0);
	add(&t, NULL, "/data", "tmpfs", "copyup,nr_inodes=20");
	ts_words(&t, "exit 0");
	ts_fails(&t, ENOSPC, CONTAIN_PHASE_CHILD, "mount-fs", "/data", "does not fit");
	fd = open(t_fmt("%s/data/huge", dir), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	T_SYS(ftruncate(fd, 1LL << 40)); /* sparse */
	close(fd);
	ts_new(&t);
	container_spec_set_root_dir(t.spec, AT_FDCWD, dir, 0);
	add(&t, NULL, "/data", "tmpfs", "copyup");
	ts_words(&t, "exit 0");
	ts_fails(&t, EFBIG, CONTAIN_PHASE_CHILD, "mount-fs", "/data", "256 MiB");
	T_SYS(unlink(t_fmt("%s/data/huge", dir)));
	fd = open(t_fmt("%s/data", dir), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	for (int i = 0; i < 200; i++) {
		int next;

		T_SYS(mkdirat(fd, "deep", 0700));
		next = openat(fd, "deep", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		T_SYS(next);
		close(fd);
		fd = next;
	}
	close(fd);
	ts_new(&t);
	container_spec_set_root_dir(t.spec, AT_FDCWD, dir, 0);
	add(&t, NULL, "/data", "tmpfs", "copyup");
	ts_words(&t, "exit 0");
	ts_fails(&t, ELOOP, CONTAIN_PHASE_CHILD, "mount-fs", "/data", "128 directories");
}

/* ---- words that do not fit ---- */

#define BAD(err, field, source, target, type, options)                                             \
	do {                                                                                       \
		container_plan *p_ = NULL;                                                         \
		contain_error *e_ = NULL;                                                          \
		container_spec *s_ = NULL;                                                         \
		int r_;                                                                            \
		ck_assert_int_eq(container_spec_new(&s_), 0);                                      \
		r_ = container_spec_add_mount(s_, AT_FDCWD, source, target, type, options);        \
		T_CHECK(r_ == -(err), "%d, not %d", r_, -(err));                                   \
		ck_assert_int_eq(container_plan_compile(s_, &p_, &e_), -(err));                    \
		T_CHECK(!strcmp(contain_error_object(e_), field), "%s",                            \
			contain_error_message(e_));                                                \
		contain_error_free(e_);                                                            \
		container_spec_free(s_);                                                           \
	} while (0)

TEST(bad_words)
{
	char value[400];

	memset(value, 'x', sizeof(value) - 1);
	value[sizeof(value) - 1] = 0;
	ck_assert_int_eq(container_spec_add_mount(NULL, AT_FDCWD, "/", "/a", NULL, "bind"),
			 -EINVAL);
	BAD(EINVAL, "mount.source", NULL, "/a", NULL, "bind");
	BAD(EINVAL, "mount.source", "", "/a", NULL, "bind");
	BAD(ENOENT, "mount.source", "no-such", "/a", NULL, "bind");
	BAD(EINVAL, "mount.target", "/", NULL, NULL, "bind");
	BAD(EINVAL, "mount.target", "/", "a", NULL, "bind");
	BAD(EINVAL, "mount.target", "/", "/", NULL, "bind");
	BAD(EINVAL, "mount.target", "/", "/a/..", "tmpfs", NULL);
	BAD(EINVAL, "mount.type", "/", "/a", NULL, NULL);
	BAD(EINVAL, "mount.type", "/", "/a", "none", "ro");
	BAD(EINVAL, "mount.type", "/", "/a", "tmpfs", "bind");
	BAD(EINVAL, "mount.options", "/", "/a", NULL, "bind,size=1m");
	BAD(EINVAL, "mount.options", "/", "/a", NULL, "bind,copyup");
	BAD(EINVAL, "mount.options", "/", "/a", NULL, "rbind,slave");
	BAD(EINVAL, "mount.options", "/", "/a", NULL, "rbind,shared");
	BAD(EINVAL, "mount.options", "/", "/a", NULL, "bind,loop");
	BAD(EINVAL, "mount.options", NULL, "/a", "tmpfs", "remount");
	BAD(EINVAL, "mount.options", NULL, "/a", "tmpfs", "idmap");
	BAD(EINVAL, "mount.options", NULL, "/a", "tmpfs", "optional");
	BAD(EINVAL, "mount.options", NULL, "/a", "proc", "copyup");
	BAD(EINVAL, "mount.options", NULL, "/a", "tmpfs", "size=\"1m");
	BAD(ENAMETOOLONG, "mount.options", NULL, "/a", "tmpfs", t_fmt("size=%s", value));
	BAD(ENAMETOOLONG, "mount.options", NULL, "/a", "tmpfs", value);
	BAD(EINVAL, "mount.options", NULL, "/a", "overlay", "ro");
	BAD(EINVAL, "mount.options", NULL, "/a", "overlay", "lowerdir=/,index=on");
	BAD(EINVAL, "overlay.workdir", NULL, "/a", "overlay", "lowerdir=/,upperdir=/u");
	BAD(EINVAL, "overlay.lowerdirs", NULL, "/a", "overlay", "lowerdir=/,ro");
}

TEST(explained)
{
	const char *text;
	struct ts t;

	t_need_root();
	ts_overlay(&t);
	add(&t, "/", "/a", NULL, "rbind,rslave,rro,rw,nosuid,exec");
	add(&t, NULL, "/b", "tmpfs", "size=1m,copyup,suid,noswap");
	ts_words(&t, "exit 0");
	text = ts_explained(&t);
	T_CHECK(strstr(text, "from \"/\" rro nosuid rw exec rslave"), "%s", text);
	T_CHECK(strstr(text, "type \"tmpfs\", \"size\"=\"1m\",\"noswap\", nodev copyup"), "%s",
		text);
	T_CHECK(strstr(text, "open-bind-source") < strstr(text, "make-private"));
	ts_free(&t);
}
