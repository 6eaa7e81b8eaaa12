/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A copy-on-write view of the caller's own root: what is seen, and that nothing gets back. */
#include "t_spawn.h"

#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/sysmacros.h>
#include <sys/un.h>

#define NO_TMP \
	(CONTAIN_DEFAULT_ALL & ~CONTAIN_DEFAULT_TMP) /* tests have their directories in /tmp */
#define NO_DEV (CONTAIN_DEFAULT_ALL & ~CONTAIN_DEFAULT_DEV)
#define INSIDE "/contain-test-bin"		     /* programs that do not need the host's */

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

static void host(struct ts *t, uint64_t size_bytes, uint32_t flags)
{
	const char *programs = t_fmt("%s/bin", ts_root());

	ts_new(t);
	ck_assert_int_eq(container_spec_set_root_host(t->spec, size_bytes, flags), 0);
	ck_assert_int_eq(container_spec_set_default_mounts(t->spec, NO_TMP), 0);
	if (!flags)
		container_spec_add_bind(t->spec, AT_FDCWD, programs, INSIDE,
					CONTAIN_MOUNT_READONLY);
}

static void host_sh(struct ts *t, const char *script)
{
	const char *argv[] = { "/bin/busybox", "sh", "-c", script, NULL };

	ck_assert_int_eq(container_spec_set_argv(t->spec, argv), 0);
}

static const char *names_of(const char *dir, char *buf, size_t size)
{
	FILE *f = popen(t_fmt("LC_ALL=C ls -A '%s'", dir), "re");
	size_t n;

	T_CHECK(f, "%m");
	n = fread(buf, 1, size - 1, f);
	buf[n] = 0;
	pclose(f);
	return buf;
}

TEST_BOTH(the_host_is_seen)
{
	char names[16384];
	struct stat st;
	struct ts t;

	T_SYS(stat("/", &st));
	host(&t, 0, 0);
	host_sh(&t, "ls -A / /usr /etc /var; stat -c 'root %a' /; cat /etc/passwd; echo pid $$");
	ts_run(&t);
	ts_has(&t, "root %o\n", st.st_mode & 07777);
	ts_has(&t, "%s", content("/etc/passwd"));
	ts_has(&t, "/usr:\n%s", names_of("/usr", names, sizeof(names)));
	ts_has(&t, "/var:\n%s", names_of("/var", names, sizeof(names)));
	ts_has(&t, "pid 1\n");
}

/* All names of "/" and of "/etc", under which there may be mounts. */
TEST_BOTH(no_name_is_missing)
{
	static const char *const dirs[] = { "/", "/etc" };
	char names[16384];

	for (int i = 0; i < 2; i++) {
		struct stat st;
		struct ts t;
		int n = 0;

		names_of(dirs[i], names, sizeof(names));
		host(&t, 0, 0);
		host_sh(&t, t_fmt("ls -A1 %s | sed 's/.*/<&>/'", dirs[i]));
		ts_run(&t);
		for (char *save = NULL, *name = strtok_r(names, "\n", &save); name;
		     name = strtok_r(NULL, "\n", &save))
			if (lstat(t_fmt("%s/%s", dirs[i], name), &st) == 0 &&
			    (S_ISDIR(st.st_mode) || S_ISREG(st.st_mode) || S_ISLNK(st.st_mode))) {
				ts_has(&t, "<%s>\n", name);
				n++;
			}
		T_CHECK(n > 10, "%d names", n);
	}
}

/* Written, removed, renamed, made: inside, and not outside. */
TEST(nothing_gets_back)
{
	static const char *const paths[] = { "/contain-was-here", "/etc/contain-was-here",
					     "/usr/contain-was-here", "/var/tmp/contain-was-here",
					     "/root/contain-was-here" };
	char was[4096];
	struct stat st, now;
	struct ts t;

	t_need_root();
	T_CHECK(t_read_file("/etc/passwd", was, sizeof(was)) > 0);
	T_SYS(stat("/etc", &st));
	host(&t, 0, 0);
	host_sh(&t, "for f in / /etc /usr /var/tmp /root; do echo x >$f/contain-was-here || exit "
		    "1; done; "
		    "echo more >>/etc/passwd && tail -n 1 /etc/passwd && rm -f /etc/hostname && rm "
		    "-rf /srv && mkdir /srv && ls /srv && mv /srv /renamed && chmod 700 /var && "
		    "stat -c %a /var && "
		    "test ! -e /etc/hostname && echo all");
	ts_run(&t);
	ts_is(&t, "more\n700\nall\n");
	for (size_t i = 0; i < 5; i++)
		T_CHECK(!exists(paths[i]), "%s", paths[i]);
	ck_assert_str_eq(content("/etc/passwd"), was);
	T_CHECK(exists("/srv") && !exists("/renamed"));
	T_SYS(stat("/etc", &now));
	T_CHECK(now.st_mtim.tv_sec == st.st_mtim.tv_sec &&
		now.st_mtim.tv_nsec == st.st_mtim.tv_nsec);
	/* and the next start begins anew */
	host(&t, 0, 0);
	host_sh(&t, "ls / /etc /usr");
	ts_run(&t);
	ts_hasnt(&t, "contain-was-here");
	ts_hasnt(&t, "renamed");
}

/* A directory of the caller's that lies in nobody else's but a layer's own; removed by the test. */
static const char *own_dir(void)
{
	char *dir = t_fmt("/tmp/contain-own.XXXXXX");

	T_CHECK(mkdtemp(dir), "%s: %m", dir);
	return dir;
}

/* What belongs to the caller can be written by it inside, and stays as it is outside. */
TEST_BOTH(ones_own_files)
{
	const char *dir = own_dir();
	struct ts t;

	t_write_file(t_fmt("%s/own", dir), "host's\n");
	T_SYS(mkdir(t_fmt("%s/sub", dir), 0700));
	host(&t, 0, 0);
	host_sh(&t, t_fmt("cd %s && cat own && echo more >>own && cat own && rm own && echo new "
			  ">sub/new && cat sub/new; "
			  "stat -c 'mode %%a %%u' sub",
			  dir));
	ts_run(&t);
	ts_is(&t, "host's\nhost's\nmore\nnew\nmode 700 0\n");
	ck_assert_str_eq(content(t_fmt("%s/own", dir)), "host's\n");
	T_CHECK(!exists(t_fmt("%s/sub/new", dir)));
	T_SYS(system(t_fmt("rm -r %s", dir)));
}

/* In a user namespace newer kernels do not copy up a directory whose owner is not mapped. */
TEST_BOTH(ones_own_files_below_others)
{
	const char *dir = t_tmpdir();
	struct ts t;

	host(&t, 0, 0);
	host_sh(&t, t_fmt("echo new >%s/new && echo written", dir));
	ts_start(&t);
	ts_end(&t);
	if (t.code || ts_is_root()) /* Linux 6.12 does it */
		ts_has(&t, ts_is_root() ? "written\n" : "Value too large");
	T_CHECK(!exists(t_fmt("%s/new", dir)));
}

TEST_BOTH(readonly_view)
{
	const char *dir = t_tmpdir();
	struct ts t;

	host(&t, 0, CONTAIN_ROOT_READONLY);
	host_sh(&t, t_fmt("cat /etc/passwd; echo x >%s/made; echo x >/made; mount -o remount,rw / "
			  "|| echo held",
			  dir));
	ts_run(&t);
	ts_has(&t, "%s", content("/etc/passwd"));
	ts_has(&t, "/made: Read-only file system");
	ts_has(&t, "held\n");
	T_CHECK(!exists(t_fmt("%s/made", dir)));
}

TEST_BOTH(the_size_holds)
{
	const char *dir = own_dir();
	struct ts t;

	host(&t, 1 << 20, 0);
	host_sh(&t, t_fmt("dd if=/dev/zero of=%s/big bs=65536 count=32", dir));
	ts_run_to(&t, 1);
	ts_has(&t, "No space left on device");
	T_SYS(rmdir(dir));
}

/* ---- what is mounted below ---- */

struct mounts {
	const char *dir;
	int as_user;
};

/* Directories on tmpfs, one in another, one over another, a file on a file; flags; a /proc. */
static void make_mounts(struct mounts *m)
{
	static const char *const subs[] = { "one",  "one/two", "one/two/three",
					    "over", "flags",   "proc" };
	const char *dir;

	m->dir = dir = t_tmpdir();
	T_SYS(chmod(dir, 0755));
	T_SYS(mkdir(t_fmt("%s/one", dir), 0755));
	t_write_file(t_fmt("%s/one/hidden", dir), "below");
	t_write_file(t_fmt("%s/file", dir), "below");
	t_write_file(t_fmt("%s/source", dir), "mounted file");
	for (size_t i = 0; i < 6; i++) {
		const char *path = t_fmt("%s/%s", dir, subs[i]);

		T_CHECK(mkdir(path, 0755) == 0 || errno == EEXIST, "%m");
		if (i == 5)
			T_SYS(mount("proc", path, "proc", 0, NULL));
		else
			T_SYS(mount("sub", path, i == 4 ? "ramfs" : "tmpfs",
				    i == 4 ? MS_NOSUID | MS_NOEXEC : 0,
				    i == 4 ? NULL : "mode=1777"));
		if (i < 5)
			t_write_file(t_fmt("%s/name", path), subs[i]);
	}
	T_SYS(mount("upper", t_fmt("%s/over", dir), "tmpfs", 0, "mode=0711,uid=12345,gid=54321"));
	t_write_file(t_fmt("%s/over/name", dir), "on top");
	T_SYS(mount(t_fmt("%s/source", dir), t_fmt("%s/file", dir), NULL, MS_BIND, NULL));
	T_SYS(system(t_fmt("cp /bin/busybox %s/flags/busybox", dir)));
}

static int see_mounts(void *arg, void *rec)
{
	const struct mounts *m = arg;
	struct ts t;

	(void)rec;
	host(&t, 0, 0);
	host_sh(&t, t_fmt("cd %s && cat one/name && echo && cat one/two/name && echo && cat "
			  "one/two/three/name && echo && "
			  "cat file && echo && ls one proc; cat over/name; stat -c ' over %%a %%u "
			  "%%g' over; "
			  "flags/busybox true || echo noexec; "
			  "echo x >file || echo file is read-only; "
			  "for d in one one/two one/two/three; do echo made >$d/made && cat "
			  "$d/made; done",
			  m->dir));
	ts_run(&t);
	ts_has(&t, "one\none/two\none/two/three\nmounted file\none:\n");
	ts_hasnt(&t, "hidden");
	ts_has(&t, "proc:\non top over 711 ");
	if (!m->as_user)
		ts_has(&t, "over 711 12345 54321\n");
	ts_has(&t, "noexec\n");
	ts_has(&t, "file is read-only\nmade\nmade\nmade\n");
	T_CHECK(!exists(t_fmt("%s/one/made", m->dir)) &&
		!exists(t_fmt("%s/one/two/made", m->dir)) &&
		!exists(t_fmt("%s/one/two/three/made", m->dir)));
	ck_assert_str_eq(content(t_fmt("%s/source", m->dir)), "mounted file");

	host(&t, 0, CONTAIN_ROOT_READONLY);
	host_sh(&t, t_fmt("cd %s && cat one/two/three/name file && for d in . one one/two "
			  "one/two/three; do "
			  "echo x >$d/made || echo held; done",
			  m->dir));
	ts_run(&t);
	ts_has(&t, "one/two/threemounted file");
	T_CHECK(strstr(strstr(strstr(strstr(t.text, "held") + 4, "held") + 4, "held") + 4, "held"),
		"%s", t.text);
	return 0;
}

TEST(mounts_of_the_host)
{
	struct mounts m = { NULL, 0 };

	t_need_root();
	make_mounts(&m);
	see_mounts(&m, NULL);
}

TEST(mounts_of_the_host_for_a_user)
{
	struct mounts m = { NULL, 1 };

	t_need_root();
	t_need_userns();
	make_mounts(&m);
	t_as_user(see_mounts, &m);
}

/* Root with a user namespace: the same locks, and more ids. */
TEST(mounts_of_the_host_in_a_user_namespace)
{
	struct mounts m = { NULL, 0 };
	struct ts t;

	t_need_root();
	make_mounts(&m);
	host(&t, 0, 0);
	container_spec_add_uid_range(t.spec, 0, 0, 65536);
	container_spec_add_gid_range(t.spec, 0, 0, 65536);
	host_sh(&t, t_fmt("cd %s && cat one/two/three/name && stat -c ' over %%a %%u %%g' over && "
			  "echo x >one/made && "
			  "echo x >/etc/contain-was-here && ls /etc/contain-was-here",
			  m.dir));
	ts_run(&t);
	ts_is(&t, "one/two/three over 711 12345 54321\n/etc/contain-was-here\n");
	T_CHECK(!exists("/etc/contain-was-here") && !exists(t_fmt("%s/one/made", m.dir)));
}

/* An overlay of the deepest level cannot be a layer once more: it is shown read-only. */
static int see_deep(void *arg, void *rec)
{
	struct ts t;

	(void)rec;
	host(&t, 0, 0);
	host_sh(&t, t_fmt("cd %s && cat name && echo x >name || echo held", (char *)arg));
	ts_run(&t);
	ts_has(&t, "deep");
	ts_has(&t, "Read-only file system\nheld\n");
	return 0;
}

static char *make_deep(void)
{
	const char *dir = t_tmpdir();
	char *at;

	T_SYS(mkdir(t_fmt("%s/0", dir), 0755));
	T_SYS(mkdir(t_fmt("%s/empty", dir), 0755));
	t_write_file(t_fmt("%s/0/name", dir), "deep");
	T_SYS(chmod(t_fmt("%s/0/name", dir), 0666));
	at = t_fmt("%s/0", dir);
	for (int i = 1; i < 3; i++) {
		char *next = t_fmt("%s/%d", dir, i);

		T_SYS(mkdir(next, 0755));
		if (mount("overlay", next, "overlay", 0, t_fmt("lowerdir=%s:%s/empty", at, dir)) <
			    0 &&
		    i > 1)
			break;
		at = next;
	}
	return at;
}

TEST(what_cannot_be_a_layer_is_readonly)
{
	t_need_root();
	see_deep(make_deep(), NULL);
}

TEST(what_cannot_be_a_layer_is_readonly_for_a_user)
{
	t_need_root();
	t_need_userns();
	t_as_user(see_deep, make_deep());
}

/* Sockets and fifos lead nowhere, device nodes do not open. */
static int see_special(void *arg, void *rec)
{
	const char *dir = arg;
	struct ts t;

	(void)rec;
	host(&t, 0, 0);
	host_sh(&t, t_fmt("cd %s && %s/payload connect socket; cat zero && echo opened || echo no "
			  "device; "
			  "(echo from inside >fifo) & sleep 1; kill %%1; ls fifo",
			  dir, INSIDE));
	ts_run(&t);
	ts_has(&t, "connect E");
	ts_hasnt(&t, "connected");
	ts_has(&t, "no device\n");
	ts_has(&t, "fifo\n");
	return 0;
}

static void special(int as_user)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	const char *dir = t_tmpdir();
	int server, client, fifo;
	char buf[64];

	snprintf(addr.sun_path, sizeof(addr.sun_path), "%s/socket", dir);
	T_SYS(chmod(dir, 0777));
	umask(0);
	T_SYS(server = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
	T_SYS(bind(server, (struct sockaddr *)&addr, sizeof(addr)));
	T_SYS(listen(server, 5));
	T_SYS(mkfifo(t_fmt("%s/fifo", dir), 0666));
	T_SYS(fifo = open(t_fmt("%s/fifo", dir), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
	T_SYS(mknod(t_fmt("%s/zero", dir), S_IFCHR | 0666, makedev(1, 5)));
	umask(022);
	/* the twin: from outside both work */
	T_SYS(client = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
	T_SYS(connect(client, (struct sockaddr *)&addr, sizeof(addr)));
	close(client);
	close(accept(server, NULL, NULL));
	if (as_user)
		t_as_user(see_special, (void *)dir);
	else
		see_special((void *)dir, NULL);
	T_CHECK(accept(server, NULL, NULL) < 0 && errno == EAGAIN, "a payload has connected");
	T_CHECK(read(fifo, buf, sizeof(buf)) <= 0, "a payload has written to the host's fifo");
	close(server);
	close(fifo);
}

TEST(sockets_fifos_and_devices)
{
	t_need_root();
	special(0);
}

TEST(sockets_fifos_and_devices_of_a_user)
{
	t_need_root();
	t_need_userns();
	special(1);
}

/* Files of the spec are made in the view, mounts of the spec lie in it. */
TEST_BOTH(files_and_mounts_in_the_view)
{
	const char *was = content("/etc/passwd");
	struct ts t;

	host(&t, 0, 0);
	container_spec_add_file(t.spec, "/etc/passwd", "u:x:0:0::/:\n", 12, 0644);
	container_spec_add_tmpfs(t.spec, "/job", 0, 0755);
	container_spec_add_file(t.spec, "/job/input", "1 2\n", 4, 0644);
	container_spec_add_symlink(t.spec, "/job/input", "/contain-test-link");
	container_spec_add_masked_path(t.spec, "/usr/share");
	host_sh(&t, "cat /etc/passwd /contain-test-link; ls /usr/share");
	ts_run(&t);
	ts_is(&t, "u:x:0:0::/:\n1 2\n");
	ck_assert_str_eq(content("/etc/passwd"), was);
	T_CHECK(!exists("/contain-test-link") && !exists("/job"));
}

/* A mount that is gone at the start is a directory then, one that is new is not seen. */
TEST(mounts_come_and_go)
{
	const char *dir = t_tmpdir();
	container_plan *plan = NULL;
	struct ts t;

	t_need_root();
	T_SYS(mkdir(t_fmt("%s/gone", dir), 0755));
	T_SYS(mkdir(t_fmt("%s/later", dir), 0755));
	T_SYS(mkdir(t_fmt("%s/lost", dir), 0755));
	T_SYS(mount("gone", t_fmt("%s/gone", dir), "tmpfs", 0, NULL));
	T_SYS(mount("lost", t_fmt("%s/lost", dir), "tmpfs", 0, NULL));
	t_write_file(t_fmt("%s/gone/file", dir), "x");
	host(&t, 0, 0);
	t_state_free(t.state);
	t.state = NULL;
	host_sh(&t, t_fmt("cd %s; ls gone later; ls lost || echo lost", dir));
	ck_assert_int_eq(container_plan_compile(t.spec, &plan, NULL), 0);
	T_SYS(umount(t_fmt("%s/gone", dir)));
	T_SYS(umount(t_fmt("%s/lost", dir)));
	T_SYS(rmdir(t_fmt("%s/lost", dir)));
	T_SYS(mount("later", t_fmt("%s/later", dir), "tmpfs", 0, NULL));
	t_write_file(t_fmt("%s/later/file", dir), "x");
	ck_assert_int_eq(container_plan_spawn(plan, NULL, &t.c, &t.error), 0);
	container_plan_free(plan);
	ts_end(&t);
	ts_has(&t, "gone:\n\nlater:\n");
	ts_hasnt(&t, "later:\nfile");
	ts_has(&t, "\nlost\n");
}

/* ---- device nodes of an image ---- */

static void devices(struct ts *t, int kind)
{
	static struct ct_facts facts;
	const char *layers[] = { t_tmpdir(), ts_root(), NULL };
	const char *dir = t_tmpdir();

	if (kind < 2) {
		ts_dir(t, kind ? CONTAIN_ROOT_READONLY : 0);
	} else {
		ts_new(t);
		container_spec_set_root_overlay(t->spec, AT_FDCWD, layers, 0,
						kind == 3 ? CONTAIN_ROOT_READONLY : 0);
	}
	if (kind == 4) {
		T_SYS(mkdir(t_fmt("%s/upper", dir), 0755));
		T_SYS(mkdir(t_fmt("%s/work", dir), 0755));
		container_spec_set_root_upperdir(t->spec, AT_FDCWD, t_fmt("%s/upper", dir),
						 t_fmt("%s/work", dir));
	}
	if (kind == 5) { /* as before Linux 6.8 */
		ck_assert_int_eq(ct_facts_get(&facts), 0);
		facts.lowerdir_add = 0;
		t->facts = &facts;
	}
	ts_sh(t, "head -c 100 /zero | wc -c");
}

TEST(devices_of_an_image)
{
	struct ts t;

	t_need_root();
	T_SYS(mknod(t_fmt("%s/zero", ts_root()), S_IFCHR | 0666, makedev(1, 5)));
	for (int kind = 0; kind < 6; kind++) {
		devices(&t, kind);
		ts_run(&t);
		ts_is(&t, "head: /zero: Permission denied\n0\n");
		/* whoever does without our /dev has the image's own */
		devices(&t, kind);
		container_spec_set_default_mounts(t.spec, NO_DEV);
		ts_run(&t);
		ts_is(&t, "100\n");
	}
}
