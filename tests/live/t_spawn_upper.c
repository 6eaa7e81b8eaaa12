/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A union whose upper layer is a directory of the caller: what stays, and what is refused. */
#include "t_spawn.h"

#include <contain/feature.h>
#include <sys/mount.h>

struct upper {
	const char *upper, *work;
};

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

/* In a directory of its own; on this machine's disk, or on a tmpfs where that is an overlay. */
static struct upper upper_make(void)
{
	const char *dir = t_tmpdir();
	struct upper u = { t_fmt("%s/upper", dir), t_fmt("%s/work", dir) };

	T_SYS(mkdir(u.upper, 0755));
	T_SYS(mkdir(u.work, 0755));
	return u;
}

static void union_with(struct ts *t, const struct upper *u)
{
	ts_overlay(t);
	ck_assert_int_eq(container_spec_set_root_upperdir(t->spec, AT_FDCWD, u->upper, u->work), 0);
}

/* Where an ordinary user's upper layer lies on a file system without user.* attributes. */
static void need_upper(void)
{
	contain_feature_report *report = NULL;
	int works;

	ck_assert_int_eq(contain_feature_report_new(&report), 0);
	works = ts_is_root() || contain_feature_available(report, CONTAIN_FEATURE_TMPFS_USER_XATTR);
	contain_feature_report_free(report);
	if (!works && t_guest())
		t_skip("this kernel's tmpfs has no user.* attributes");
}

TEST_BOTH(what_was_written_stays)
{
	struct upper u = upper_make();
	struct ts t;

	need_upper();
	union_with(&t, &u);
	ts_sh(&t, "echo one >/job/made; rm /etc/hostname; echo more >>/etc/image; rm -r /var; "
		  "mkdir /var");
	ts_run(&t);
	ck_assert_str_eq(content(t_fmt("%s/job/made", u.upper)), "one\n");
	T_CHECK(exists(t_fmt("%s/etc/hostname", ts_root())) &&
		exists(t_fmt("%s/var/tmp", ts_root())));
	ck_assert_str_eq(content(t_fmt("%s/etc/image", ts_root())), "made by the tests\n");
	union_with(&t, &u);
	ts_sh(&t, "cat /job/made /etc/image; ls -A /var; test -e /etc/hostname || echo gone");
	ts_run(&t);
	ts_is(&t, "one\nmade by the tests\nmore\ngone\n");
}

TEST_BOTH(upper_by_descriptor)
{
	struct upper u = upper_make();
	const char *dir = t_fmt("%.*s", (int)(strlen(u.upper) - 6), u.upper);
	struct ts t;
	int fd;

	ts_overlay(&t);
	T_SYS(fd = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC));
	ck_assert_int_eq(container_spec_set_root_upperdir(t.spec, fd, "upper", "work"), 0);
	close(fd);
	ts_words(&t, "write /job/made one");
	ts_run(&t);
	ck_assert_str_eq(content(t_fmt("%s/job/made", u.upper)), "one");
	/* what has taken its place is not it */
	ts_overlay(&t);
	T_SYS(fd = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC));
	ck_assert_int_eq(container_spec_set_root_upperdir(t.spec, fd, "upper", "work"), 0);
	close(fd);
	ts_words(&t, "exit");
	T_SYS(rename(u.upper, t_fmt("%s.old", u.upper)));
	T_SYS(mkdir(u.upper, 0755));
	ts_fails(&t, ESTALE, CONTAIN_PHASE_PARENT, "check-dir", u.upper, "taken the place");
}

/* The spec's files do not get into what stays; mount points, directories and symlinks do. */
TEST_BOTH(files_of_the_spec_do_not_stay)
{
	struct upper u = upper_make();
	struct ts t;

	need_upper();
	for (int i = 0; i < 2; i++) {
		union_with(&t, &u);
		container_spec_add_file(t.spec, "/etc/passwd", "covers", 6, 0644);
		container_spec_add_file(t.spec, "/etc/new", "covers too", 10, 0600);
		container_spec_add_dir(t.spec, "/made", 01777);
		container_spec_add_symlink(t.spec, "made", "/link");
		ts_words(&t, "read /etc/passwd -- read /etc/new -- stat /link/.");
		ts_run(&t);
		ts_has(&t, "coverscovers toomode 41777 ");
		T_CHECK(!exists(t_fmt("%s/etc/passwd", u.upper)));
		ck_assert_str_eq(content(t_fmt("%s/etc/new", u.upper)), "");
		T_CHECK(exists(t_fmt("%s/made", u.upper)) && exists(t_fmt("%s/link", u.upper)));
	}
}

/* One container at a time, whatever became of the handle of the first one. */
TEST_BOTH(an_upper_layer_in_use_is_refused)
{
	static const char hint[] = "another container, or a mount, uses this upperdir";
	struct upper u = upper_make(), v = upper_make(), mixed = { u.upper, t_fmt("%s.d", u.work) };
	container_plan *plan = NULL;
	contain_error *e = NULL;
	container *second = NULL;
	struct ts t, o;

	T_SYS(mkdir(mixed.work, 0755));
	union_with(&t, &u);
	ts_words(&t, "write /job/made one -- sleep");
	ck_assert_int_eq(container_plan_compile(t.spec, &plan, NULL), 0);
	ts_start(&t);
	ts_wait_for(&t, "sleeping\n");
	ck_assert_int_eq(container_plan_spawn(plan, NULL, &second, &e), -EBUSY);
	T_CHECK(!second && strstr(contain_error_hint(e), hint), "%s", contain_error_message(e));
	contain_error_free(e);
	container_plan_free(plan);
	/*
	 * the same upper layer with another work directory is no better; both of its own are good
	 */
	union_with(&o, &mixed);
	ts_words(&o, "exit");
	ts_fails(&o, EBUSY, CONTAIN_PHASE_CHILD, "name-upper", u.upper, hint);
	union_with(&o, &v);
	ts_words(&o, "list /job");
	ts_run(&o);
	ck_assert_str_eq(o.text, "");
	ts_kill(&t);
	/* and it is free again */
	union_with(&t, &u);
	ts_words(&t, "read /job/made");
	ts_run(&t);
	ts_is(&t, "one");
}

TEST(an_upper_layer_of_another_program_is_refused)
{
	struct upper u = upper_make();
	struct ts t;

	t_need_root();
	T_SYS(mkdir("/mnt", 0755) == 0 || errno == EEXIST ? 0 : -1);
	T_CHECK(mount("overlay", "/mnt", "overlay", 0,
		      t_fmt("lowerdir=%s,upperdir=%s,workdir=%s", ts_root(), u.upper, u.work)) == 0,
		"%m");
	union_with(&t, &u);
	ts_words(&t, "exit");
	ts_fails(&t, EBUSY, CONTAIN_PHASE_CHILD, "name-upper", u.upper,
		 "another container, or a mount");
	T_SYS(umount("/mnt"));
	union_with(&t, &u);
	ts_words(&t, "exit");
	ts_run(&t);
}

/* Eight at once of one plan: one starts. */
TEST(one_of_many_starts)
{
	struct upper u = upper_make();
	container_plan *plan = NULL;
	struct ts t;
	int pids[8], won = 0, busy = 0;

	union_with(&t, &u);
	ts_words(&t, "sleep 2");
	ck_assert_int_eq(container_plan_compile(t.spec, &plan, NULL), 0);
	for (int i = 0; i < 8; i++) {
		T_SYS(pids[i] = fork());
		if (!pids[i]) {
			container *c = NULL;
			int r = container_plan_spawn(plan, NULL, &c, NULL);

			if (!r) {
				container_wait(c, -1, NULL, NULL);
				container_delete(c, -1, NULL);
			}
			_exit(r == 0 ? 0 : r == -EBUSY ? 1 : 2);
		}
	}
	for (int i = 0; i < 8; i++) {
		int status;

		T_SYS(waitpid(pids[i], &status, 0));
		won += WIFEXITED(status) && WEXITSTATUS(status) == 0;
		busy += WIFEXITED(status) && WEXITSTATUS(status) == 1;
	}
	container_plan_free(plan);
	ts_free(&t);
	T_CHECK(won == 1 && busy == 7, "%d started, %d were told EBUSY", won, busy);
}

#define REFUSED(lower_, upper_, work_, err, op, object, hint)                                      \
	do {                                                                                       \
		const char *lowers[] = { lower_, ts_root(), NULL };                                \
		struct ts t;                                                                       \
                                                                                                   \
		ts_new(&t);                                                                        \
		container_spec_set_root_overlay(t.spec, AT_FDCWD, lowers, 0, 0);                   \
		ck_assert_int_eq(container_spec_set_root_upperdir(t.spec, AT_FDCWD, upper_,        \
								  work_), 0);              \
		ts_words(&t, "exit");                                                              \
		ts_fails(&t, err, CONTAIN_PHASE_PARENT, op, object, hint);                         \
	} while (0)

TEST_BOTH(what_the_kernel_calls_invalid_is_told)
{
	struct upper u = upper_make();
	const char *dir = t_tmpdir(), *other = "/dev/shm", *low = t_fmt("%s/low", dir),
		   *in = t_fmt("%s/in", u.upper);

	T_SYS(mkdir(low, 0755));
	T_SYS(mkdir(in, 0755));
	T_SYS(symlink(u.upper, t_fmt("%s/alias", dir)));
	REFUSED(low, u.upper, t_fmt("%s/alias", dir), EINVAL, "check-upper", u.upper,
		"take two directories side by side");
	REFUSED(low, u.upper, t_fmt("%s/../upper/", u.work), EINVAL, "check-upper", u.upper,
		"side by side");
	REFUSED(low, u.upper, in, EINVAL, "check-upper", u.upper, "side by side");
	REFUSED(low, in, u.upper, EINVAL, "check-upper", in, "side by side");
	REFUSED(low, u.upper, other, EXDEV, "check-upper", u.upper, "on one mount");
	REFUSED(u.upper, u.upper, u.work, EINVAL, "check-upper", u.upper,
		"lower directory 1 is upperdir");
	REFUSED(in, u.upper, u.work, EINVAL, "check-upper", u.upper,
		"lower directory 1 is upperdir");
	REFUSED(u.work, u.upper, u.work, EINVAL, "check-upper", u.upper,
		"lower directory 1 is upperdir");
	REFUSED(low, "/no/such", u.work, ENOENT, "check-dir", "/no/such", "no such directory");
	REFUSED(low, u.upper, "/etc/passwd", ENOTDIR, "check-dir", "/etc/passwd",
		"has to be a directory");
	/* twins: names that only begin alike */
	{
		const char *lowers[] = { ts_root(), NULL };
		struct ts t;

		T_SYS(mkdir(t_fmt("%s.d", u.upper), 0755));
		ts_new(&t);
		container_spec_set_root_overlay(t.spec, AT_FDCWD, lowers, 0, 0);
		container_spec_set_root_upperdir(t.spec, AT_FDCWD, u.upper, t_fmt("%s.d", u.upper));
		ts_words(&t, "exit");
		ts_run(&t);
	}
	/* and an upper directory that lies in a layer, as one below "/" does */
	{
		const char *lowers[] = { ts_root(), u.upper, NULL };
		struct ts t;

		ts_new(&t);
		container_spec_set_root_overlay(t.spec, AT_FDCWD, lowers, 0, 0);
		container_spec_set_root_upperdir(t.spec, AT_FDCWD, in, u.work);
		ts_words(&t, "write /made text -- read /made");
		ts_run(&t);
	}
}

static int not_writable(void *arg, void *rec)
{
	const char *low = t_tmpdir();

	(void)rec;
	REFUSED(low, t_fmt("%s/upper", (char *)arg), t_fmt("%s/work", (char *)arg), EACCES,
		"check-upper", t_fmt("%s/upper", (char *)arg), "may not write upperdir");
	return 0;
}

TEST(what_cannot_be_written_is_told)
{
	const char *dir = t_tmpdir();

	t_need_root();
	t_need_userns();
	T_SYS(mkdir(t_fmt("%s/upper", dir), 0755));
	T_SYS(mkdir(t_fmt("%s/work", dir), 0755));
	t_as_user(not_writable, (void *)dir);
	T_SYS(mount("ro", dir, "tmpfs", 0, NULL));
	T_SYS(mkdir(t_fmt("%s/upper", dir), 0755));
	T_SYS(mkdir(t_fmt("%s/work", dir), 0755));
	T_SYS(mount(NULL, dir, NULL, MS_REMOUNT | MS_RDONLY, NULL));
	REFUSED(t_tmpdir(), t_fmt("%s/upper", dir), t_fmt("%s/work", dir), EROFS, "check-upper",
		t_fmt("%s/upper", dir), "of upperdir is read-only");
}

/* Longer than an option of fsconfig(2) may be. */
TEST_BOTH(long_names)
{
	char *at = t_fmt("%s", t_tmpdir());
	struct upper u;
	struct ts t;

	for (int i = 0; i < 8; i++) {
		at = t_fmt("%s/%0100d", at, i);
		T_SYS(mkdir(at, 0755));
	}
	u.upper = t_fmt("%s/upper", at);
	u.work = t_fmt("%s/work", at);
	T_SYS(mkdir(u.upper, 0755));
	T_SYS(mkdir(u.work, 0755));
	union_with(&t, &u);
	ts_words(&t, "write /job/made one");
	ts_run(&t);
	ck_assert_str_eq(content(t_fmt("%s/job/made", u.upper)), "one");
}
