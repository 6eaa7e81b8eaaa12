/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * An image in which mount points, and what lies on the way to them, are symlinks to the host: what
 * is mounted stays inside, or the start fails; a directory of the host's stays as it is. Cases A01,
 * A02, A04 and A08; and the lawful symlinks that images are full of.
 */
#include "t_spawn.h"

#include <dirent.h>
#include <sys/mount.h>

struct canary {
	const char *dir;
	char was[8192];
};

static void note(char *buf, size_t size, const char *path)
{
	size_t len = strlen(buf);
	struct stat st;

	T_CHECK(lstat(path, &st) == 0, "%s: %m", path);
	snprintf(buf + len, size - len,
		 "%s ino %lu mode %o uid %u links %lu size %ld ctime %ld.%09ld\n", path,
		 st.st_ino, st.st_mode, st.st_uid, (unsigned long)st.st_nlink,
		 (long)st.st_size, (long)st.st_ctim.tv_sec, st.st_ctim.tv_nsec);
}

/* Names, inodes, modes, owners and times of all that is in it. */
static void look(const char *dir, char *buf, size_t size)
{
	DIR *d = opendir(dir);
	struct dirent *entry;

	T_CHECK(d, "%s: %m", dir);
	note(buf, size, dir);
	while ((entry = readdir(d))) {
		const char *path = t_fmt("%s/%s", dir, entry->d_name);

		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		if (entry->d_type == DT_DIR)
			look(path, buf, size);
		else
			note(buf, size, path);
	}
	closedir(d);
}

static void canary_make(struct canary *c)
{
	memset(c, 0, sizeof(*c));
	c->dir = t_tmpdir();
	T_SYS(mkdir(t_fmt("%s/deep", c->dir), 0755));
	t_write_file(t_fmt("%s/file", c->dir), "secret");
	t_write_file(t_fmt("%s/deep/file", c->dir), "secret");
	look(c->dir, c->was, sizeof(c->was));
}

static void canary_check(struct canary *c)
{
	char now[sizeof(c->was)] = "";

	look(c->dir, now, sizeof(now));
	T_CHECK(strcmp(c->was, now) == 0, "the canary was\n%sand is\n%s", c->was, now);
}

/*
 * Whether it starts is the library's choice, where it may be either. What the payload could see of
 * the canary would be a file named "file" that says "secret".
 */
static int run_or_fail(struct ts *t, struct canary *c, const char *file, int line)
{
	int r = ts_spawn(t);

	if (r == 0) {
		ts_end(t);
		if (strstr(t->text, "secret"))
			t_failed(file, line, 1, "the host is visible", "\n%s", t->text);
	} else {
		if (!*contain_error_hint(t->error))
			t_failed(file, line, 1, "no hint", " %s", contain_error_message(t->error));
		ts_free(t);
	}
	canary_check(c);
	return r;
}
#define RUN(t, c) run_or_fail(t, c, __FILE__, __LINE__)

/* A symlink in the root at @name, in each of the ways that lead to the canary from the host. */
static void plant(const char *name, const char *target, int way)
{
	const char *root = ts_root();
	char *up = t_fmt("../../../../../../../../../../..%s", target);

	if (way == 0) {
		T_SYS(symlink(target, t_fmt("%s/%s", root, name)));
	} else if (way == 1) {
		T_SYS(symlink(up, t_fmt("%s/%s", root, name)));
	} else {
		for (int i = 0; i < 9; i++)
			T_SYS(symlink(t_fmt("chain%d", i + 1), t_fmt("%s/chain%d", root, i)));
		T_SYS(symlink(up, t_fmt("%s/chain9", root)));
		T_SYS(symlink("chain0", t_fmt("%s/%s", root, name)));
	}
}
#define WAYS 3
#define NEXT_WAY ts_rounds(1, 1, 2)

static void unplant(const char *name)
{
	T_SYS(unlink(t_fmt("%s/%s", ts_root(), name)));
	for (int i = 0; i < 10; i++)
		unlink(t_fmt("%s/chain%d", ts_root(), i));
}

enum { BIND_DIR, BIND_FILE, TMPFS, KINDS };

static void mount_at(struct ts *t, int kind, const char *target)
{
	const char *root = ts_root();
	int r;

	if (kind == TMPFS)
		r = container_spec_add_tmpfs(t->spec, target, 0, 0777);
	else
		r = container_spec_add_bind(t->spec, AT_FDCWD, kind == BIND_DIR ?
					    t_fmt("%s/etc", root) : t_fmt("%s/etc/image", root),
					    target, 0);
	ck_assert_int_eq(r, 0);
}

/* A01: the target itself is the symlink; A02: it lies on the way, and what follows is missing. */
TEST_BOTH(targets_that_lead_outside)
{
	struct canary c;
	struct ts t;

	canary_make(&c);
	for (int way = 0; way < WAYS; way += NEXT_WAY) {
		for (int kind = 0; kind < KINDS; kind++) {
			plant("trap", kind == BIND_FILE ? t_fmt("%s/file", c.dir) : c.dir, way);
			ts_dir(&t, 0);
			mount_at(&t, kind, "/trap");
			ts_sh(&t, "cat /trap /trap/file; ls /trap; echo x >/trap/made");
			RUN(&t, &c);
			ts_overlay(&t);
			mount_at(&t, kind, "/trap");
			ts_sh(&t, "cat /trap /trap/file; ls /trap; echo x >/trap/made");
			RUN(&t, &c);
			unplant("trap");

			plant("trap", c.dir, way);
			ts_dir(&t, 0);
			mount_at(&t, kind, "/trap/missing/more");
			ts_sh(&t, "cat /trap/file /trap/missing/more/file");
			RUN(&t, &c);
			unplant("trap");
		}
	}
}

/* Where the path of the symlink exists inside too, the mount is there, and works. */
TEST_BOTH(links_are_resolved_inside)
{
	struct canary c;
	const char *root = ts_root();
	struct ts t;

	canary_make(&c);
	/* the canary's own path, made inside */
	for (const char *p = strchr(c.dir + 1, '/'); p; p = strchr(p + 1, '/'))
		T_CHECK(mkdir(t_fmt("%s%.*s", root, (int)(p - c.dir), c.dir), 0755) == 0 ||
				errno == EEXIST, "%m");
	T_SYS(mkdir(t_fmt("%s%s", root, c.dir), 0755));
	for (int way = 0; way < WAYS; way += NEXT_WAY) {
		plant("trap", c.dir, way);
		ts_dir(&t, 0);
		container_spec_set_default_mounts(t.spec,
						  CONTAIN_DEFAULT_ALL & ~CONTAIN_DEFAULT_TMP);
		mount_at(&t, BIND_DIR, "/trap");
		ts_words(&t, t_fmt("read /trap/image -- read %s/image -- write /trap/made x",
				   c.dir));
		ck_assert_int_eq(RUN(&t, &c), 0);
		ts_is(&t, "made by the tests\nmade by the tests\n");
		T_SYS(unlink(t_fmt("%s/etc/made", root)));
		unplant("trap");
	}
}

/* What images really have: /var/run for /run, relative links, a parent of mode 0711. */
TEST_BOTH(lawful_links)
{
	const char *root = ts_root();
	struct ts t;

	T_SYS(symlink("/run", t_fmt("%s/var/run", root)));
	T_SYS(symlink("../run", t_fmt("%s/var/lock", root)));
	T_SYS(symlink("usr/lib", t_fmt("%s/lib", root)));
	T_SYS(mkdir(t_fmt("%s/closed", root), 0711));
	ts_dir(&t, 0);
	mount_at(&t, BIND_FILE, "/var/run/one");
	mount_at(&t, BIND_FILE, "/var/lock/two/three");
	mount_at(&t, BIND_DIR, "/lib/modules");
	mount_at(&t, TMPFS, "/closed/in");
	container_spec_set_cwd(t.spec, "/var/run");
	ts_words(&t, "cwd -- read /run/one -- read two/three -- read /usr/lib/modules/image -- "
		     "write /closed/in/x y -- list /closed/in");
	ts_run(&t);
	ts_is(&t, "/run\nmade by the tests\nmade by the tests\nmade by the tests\nx\n");
}

static void replace(const char *name, const char *with, const char *target)
{
	const char *path = t_fmt("%s/%s", ts_root(), name);

	if (rmdir(path))
		T_CHECK(unlink(path) == 0 || errno == ENOENT, "%s: %m", path);
	if (strcmp(with, "symlink") == 0)
		T_SYS(symlink(target, path));
	else if (strcmp(with, "file") == 0)
		t_write_file(path, "x");
	else if (strcmp(with, "fifo") == 0)
		T_SYS(mkfifo(path, 0666));
	else if (strcmp(with, "nothing") != 0)
		T_SYS(mkdir(path, 0755));
}

/* A04 and A08: /dev, /proc, /sys and /tmp of the image are something else. */
TEST_BOTH(default_mount_points_that_are_traps)
{
	static const char *const names[] = { "dev", "proc", "sys", "tmp" };
	static const char *const kinds[] = { "symlink", "file", "fifo", "nothing", "directory" };
	struct canary c;
	struct ts t;
	int r;

	canary_make(&c);
	for (size_t i = 0; i < (size_t)ts_rounds(4, 4, 2); i++) {
		for (size_t k = 0; k < 5; k++) {
			replace(names[i], kinds[k], c.dir);
			ts_dir(&t, 0);
			ts_sh(&t, "cat /dev/file /proc/file /sys/file /tmp/file; ls /dev/null "
				  "/proc/self/comm /sys/class");
			r = RUN(&t, &c);
			if (k >= 3) {
				ck_assert_int_eq(r, 0);
				ts_has(&t, "/dev/null\n");
				ts_has(&t, "/proc/self/comm\n");
			}
			T_CHECK(k != 1 || r == -EINVAL || r == -ENOTDIR, "%s %s: %d", names[i],
				kinds[k], r);
		}
	}
}

/* Symlinks that stay inside, dangling ones too, and the devices there. */
TEST_BOTH(dev_by_a_link_inside)
{
	struct ts t;

	replace("dev", "symlink", "/run/devices");
	T_SYS(mkdir(t_fmt("%s/run/devices", ts_root()), 0755));
	ts_dir(&t, 0);
	ts_words(&t, "stat /dev/null -- stat /run/devices/null -- pty");
	ts_run(&t);
	ck_assert_int_eq(strncmp(t.text, "mode 20666 ", 11), 0);
}

/* A05 and A07: what the image has at /dev/null is no source of masks and of stdio. */
TEST_BOTH(null_device_of_the_image)
{
	struct canary c;
	struct ts t;

	canary_make(&c);
	for (int way = 0; way < 3; way++) {
		replace("dev/null", way == 0 ? "symlink" : way == 1 ? "file" : "fifo",
			t_fmt("%s/file", c.dir));
		ts_new(&t);
		container_spec_set_root_dir(t.spec, AT_FDCWD, ts_root(), 0);
		container_spec_set_default_mounts(t.spec, CONTAIN_DEFAULT_PROC);
		container_spec_add_masked_path(t.spec, "/etc/image");
		ts_words(&t, "fds -- read /etc/image -- stat /etc/image");
		ck_assert_int_eq(RUN(&t, &c), 0);
		ts_has(&t, "rdev 1:3 ");
		ts_has(&t, "0 20000 ");
		ts_hasnt(&t, "made by the tests");
	}
}

/* A masked or read-only path that is a symlink to the outside means what it means inside. */
TEST_BOTH(masks_by_links)
{
	struct canary c;
	struct ts t;

	canary_make(&c);
	for (int way = 0; way < WAYS; way += NEXT_WAY) {
		plant("trap", c.dir, way);
		ts_dir(&t, 0);
		container_spec_add_masked_path(t.spec, "/trap");
		container_spec_add_readonly_path(t.spec, "/trap/deep");
		container_spec_add_masked_path(t.spec, "/trap/file");
		ts_words(&t, "read /etc/image");
		RUN(&t, &c);
		unplant("trap");
	}
}

/*
 * What is mounted on the root itself nobody sees: the payload's root is the mount below. An image
 * whose symlinks lead there would have its way with a mask or a read-only path, without a word.
 */
TEST_BOTH(links_to_the_root_itself)
{
	static const char *const links[] = { "/", ".", "/.", "bin/..", "../../..", "/bin/../." };
	static const char hint[] = "or to the root itself";
	struct ts t;

	for (size_t i = 0; i < sizeof(links) / sizeof(links[0]); i += (size_t)ts_rounds(1, 1, 2)) {
		replace("trap", "symlink", links[i]);
		ts_dir(&t, 0);
		container_spec_add_readonly_path(t.spec, "/trap");
		ts_words(&t, "write /made x");
		ts_fails(&t, ELOOP, CONTAIN_PHASE_CHILD, "make-readonly", "/trap", hint);
		ts_dir(&t, 0);
		container_spec_add_masked_path(t.spec, "/trap");
		ts_words(&t, "exit");
		ts_fails(&t, ELOOP, CONTAIN_PHASE_CHILD, "mask", "/trap", hint);
		ts_dir(&t, 0);
		mount_at(&t, BIND_DIR, "/trap");
		ts_words(&t, "exit");
		ts_fails(&t, ELOOP, CONTAIN_PHASE_CHILD, "bind", "/trap", hint);
		ts_dir(&t, 0);
		mount_at(&t, TMPFS, "/trap");
		ts_words(&t, "exit");
		ts_fails(&t, ELOOP, CONTAIN_PHASE_CHILD, "mount-tmpfs", "/trap", hint);
		/* on the way it is as good as any other */
		ts_dir(&t, 0);
		container_spec_add_readonly_path(t.spec, "/trap/job");
		mount_at(&t, BIND_FILE, "/trap/mnt/f");
		ts_words(&t, "read /mnt/f -- write /job/x y");
		ts_run_to(&t, 125);
		T_CHECK(strstr(t.text, "/job/x: Read-only"), "%s: %s", links[i], t.text);
		replace("proc", "symlink", links[i]);
		ts_dir(&t, 0);
		ts_words(&t, "exit");
		ts_fails(&t, ELOOP, CONTAIN_PHASE_CHILD, "mount-proc", "/proc", hint);
		replace("proc", "directory", "");
	}
}
