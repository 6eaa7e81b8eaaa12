/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Unions as detached mounts, in each way that a kernel has, by root and in a user namespace. */
#include "t_mnt_overlay.h"


static const char *const way_name[TM_WAYS] = { "own", "not_detached", "cwd", "string" };

/* ---- what is seen, and where writes go ---- */

static void read_only(enum tm_way way)
{
	const char *dir = t_tmpdir(), *at;
	contain_overlay *o = tm_overlay();
	struct t_state *state;

	ck_assert_int_eq(contain_overlay_add_lower(o, AT_FDCWD, tm_layer(dir, "a", "top")), 0);
	ck_assert_int_eq(contain_overlay_add_lower(o, AT_FDCWD, tm_layer(dir, "b", "mid")), 0);
	ck_assert_int_eq(contain_overlay_add_lower(o, AT_FDCWD, tm_layer(dir, "c", "low")), 0);
	state = t_state_take(T_FDS | T_CHILDREN | T_SIGNALS | T_SELF);
	tm_way(way);
	close(tm_mount(o, 0)); /* nothing is left of what is never attached */
	tm_way(TM_OWN);
	t_state_check(state);
	tm_way(way);
	at = tm_show(tm_mount(o, CONTAIN_MOUNT_NOEXEC), dir, "at");
	tm_way(TM_OWN);
	contain_overlay_free(o);
	ck_assert_str_eq(tm_text(t_fmt("%s/who", at)), "top");
	ck_assert_str_eq(tm_text(t_fmt("%s/of-mid", at)), "mid");
	ck_assert_str_eq(tm_text(t_fmt("%s/of-low", at)), "low");
	T_CHECK(mkdir(t_fmt("%s/x", at), 0755) < 0 && errno == EROFS);
	{
		struct statfs fs;

		T_SYS(statfs(at, &fs));
		T_CHECK(fs.f_flags & 8 /* ST_NOEXEC */);
	}
}

static void given(enum tm_way way)
{
	const char *dir = t_tmpdir(), *at, *in;
	contain_overlay *o = tm_overlay();

	T_SYS(mkdir(t_fmt("%s/deep", dir), 0755));
	T_SYS(mkdir(t_fmt("%s/deep/er", dir), 0755));
	ck_assert_int_eq(contain_overlay_add_lower(o, AT_FDCWD, tm_layer(dir, "a", "top")), 0);
	ck_assert_int_eq(contain_overlay_add_lower(o, AT_FDCWD, tm_layer(dir, "b", "low")), 0);
	tm_mkdir(dir, "w,o:r\\k\n=");
	tm_mkdir(dir, "deep/er/up");
	ck_assert_int_eq(contain_overlay_set_upper(o, AT_FDCWD, t_fmt("%s/deep/er/up", dir),
						   t_fmt("%s/w,o:r\\k\n=", dir)), 0);
	{
		contain_error *e = NULL;
		int r = contain_overlay_check(o, &e);

		T_CHECK(r == 0, "%s", contain_error_message(e));
	}
	tm_way(way);
	at = tm_show(tm_mount(o, 0), dir, "at");
	T_CHECK(way != TM_STRING || tm_called(__NR_mount), "the way was not gone");
	T_CHECK(way != TM_CWD || tm_called(__NR_fchdir), "the way was not gone");
	tm_way(TM_OWN);
	/* a second one is refused as long as this is there */
	FAILS(EBUSY, "upperdir", contain_overlay_mount(o, 0, e));
	FAILS(EBUSY, "another overlay that is mounted has it", contain_overlay_check(o, e));
	t_write_file(t_fmt("%s/who", at), "changed");
	T_SYS(unlink(t_fmt("%s/of-low", at)));
	in = t_fmt("%s/deep/er/up", dir);
	ck_assert_str_eq(tm_text(t_fmt("%s/who", in)), "changed");
	ck_assert_str_eq(tm_text(t_fmt("%s/a/who", dir)), "top");
	T_CHECK(tm_exists(t_fmt("%s/of-low", in)) && !tm_exists(t_fmt("%s/of-low", at)));
	T_SYS(umount2(at, 0));
	tm_way(way);
	at = tm_show(tm_mount(o, 0), dir, "again");
	tm_way(TM_OWN);
	ck_assert_str_eq(tm_text(t_fmt("%s/who", at)), "changed");
	T_SYS(umount2(at, 0));
	contain_overlay_free(o);
}

static void ephemeral(enum tm_way way)
{
	const char *dir = t_tmpdir(), *one, *two;
	contain_overlay *o = tm_overlay();
	struct stat st;
	int n = 0;

	ck_assert_int_eq(contain_overlay_add_lower(o, AT_FDCWD, tm_layer(dir, "a", "top")), 0);
	T_SYS(chmod(t_fmt("%s/a", dir), 0751));
	ck_assert_int_eq(contain_overlay_set_ephemeral(o, TM_EPHEMERAL, 20), 0);
	tm_way(way);
	one = tm_show(tm_mount(o, CONTAIN_MOUNT_NOSUID), dir, "one");
	two = tm_show(tm_mount(o, 0), dir, "two");
	T_CHECK(way < TM_NOT_DETACHED || tm_called(__NR_unshare), "the way was not gone");
	tm_way(TM_OWN);
	t_write_file(t_fmt("%s/who", one), "changed");
	ck_assert_str_eq(tm_text(t_fmt("%s/who", one)), "changed");
	ck_assert_str_eq(tm_text(t_fmt("%s/who", two)), "top");
	T_SYS(stat(one, &st));
	ck_assert_uint_eq(st.st_mode & 07777, 0751);
	ck_assert_uint_eq(st.st_uid, geteuid());
	while (n < 100 && mkdir(t_fmt("%s/%d", one, n), 0755) == 0)
		n++;
	T_CHECK(n > 5 && n < 20 && errno == ENOSPC, "%d directories: %m", n);
	{ /* the size holds, too */
		static char block[8 * TM_EPHEMERAL];
		int fd = open(t_fmt("%s/big", two), O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
		ssize_t done;

		T_SYS(fd);
		done = write(fd, block, sizeof(block));
		T_CHECK(done < (ssize_t)sizeof(block), "%zd", done);
		close(fd);
	}
	contain_overlay_free(o);
	T_SYS(umount2(one, 0));
	T_SYS(umount2(two, 0));
}

TM_BOTH(read_only)
{
	read_only(TM_OWN);
}

TM_BOTH(read_only_cwd)
{
	read_only(TM_CWD);
}

TM_BOTH(read_only_string)
{
	read_only(TM_STRING);
}

TM_BOTH(given)
{
	given(TM_OWN);
}

TM_BOTH(given_cwd)
{
	given(TM_CWD);
}

TM_BOTH(given_string)
{
	given(TM_STRING);
}

TM_BOTH(ephemeral)
{
	for (int way = 0; way < TM_WAYS; way++) {
		t_note("%s", way_name[way]);
		ephemeral(way);
	}
}

/* ---- names and numbers ---- */

static const char *const evil_names[] = { "a:b", "a,upperdir=x", "a\\:b", "end\\", "new\nline",
					  "\001\377", " ", "=", "a\\,b", "::", "lowerdir+" };
#define EVIL (sizeof(evil_names) / sizeof(evil_names[0]))

static void any_name(enum tm_way way)
{
	const char *dir = t_tmpdir(), *at;
	contain_overlay *o = tm_overlay();

	for (size_t i = 0; i < EVIL; i++)
		ck_assert_int_eq(contain_overlay_add_lower(
			o, AT_FDCWD, tm_layer(dir, evil_names[i], t_fmt("%zu", i))), 0);
	tm_way(way);
	at = tm_mounted(o, dir, "at");
	tm_way(TM_OWN);
	ck_assert_str_eq(tm_text(t_fmt("%s/who", at)), "0");
	for (size_t i = 0; i < EVIL; i++)
		ck_assert_str_eq(tm_text(t_fmt("%s/of-%zu", at, i)), t_fmt("%zu", i));
}

TM_BOTH(any_name)
{
	for (int way = 0; way < TM_WAYS; way++)
		if (way != TM_NOT_DETACHED)
			any_name(way);
}

/* A path that is longer than any that a system call takes. */
static int far_away(const char *dir)
{
	char name[201];
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	memset(name, 'n', 200);
	name[200] = 0;
	for (int i = 0; i < 30; i++) {
		int next;

		T_SYS(mkdirat(fd, name, 0755));
		next = openat(fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		T_SYS(next);
		close(fd);
		fd = next;
	}
	return fd;
}

static void put_at(int dirfd, const char *name, const char *text)
{
	int fd = openat(dirfd, name, O_CREAT | O_WRONLY | O_CLOEXEC, 0644);

	T_SYS(fd);
	T_CHECK(write(fd, text, strlen(text)) == (ssize_t)strlen(text));
	close(fd);
}

static void any_length(enum tm_way way)
{
	const char *dir = t_tmpdir(), *at;
	contain_overlay *o = tm_overlay();
	int fd = far_away(tm_mkdir(dir, "far"));

	put_at(fd, "who", "far");
	ck_assert_int_eq(contain_overlay_add_lower(o, fd, ""), 0);
	ck_assert_int_eq(contain_overlay_add_lower(o, AT_FDCWD, tm_layer(dir, "a", "near")), 0);
	close(fd);
	tm_way(way);
	at = tm_mounted(o, dir, "at");
	tm_way(TM_OWN);
	ck_assert_str_eq(tm_text(t_fmt("%s/who", at)), "far");
	ck_assert_str_eq(tm_text(t_fmt("%s/of-near", at)), "near");
}

TM_BOTH(any_length)
{
	for (int way = 0; way < TM_WAYS; way++)
		if (way != TM_NOT_DETACHED)
			any_length(way);
}

/* Upper and work directory too, where they are given without a name. */
TM_BOTH(upper_far_away)
{
	for (int way = TM_OWN; way <= TM_CWD; way += TM_CWD) {
		const char *dir = t_tmpdir(), *at;
		contain_overlay *o = tm_overlay();
		struct utsname name;
		int fd = far_away(tm_mkdir(dir, "far")), major = 0, minor = 0;

		T_SYS(uname(&name));
		sscanf(name.release, "%d.%d", &major, &minor);
		if (major < 6 || (major == 6 && minor < 8))
			t_skip("upper directories with a long path: Linux 6.8");
		T_SYS(mkdirat(fd, "up", 0755));
		T_SYS(mkdirat(fd, "work", 0755));
		ck_assert_int_eq(contain_overlay_add_lower(o, AT_FDCWD, tm_layer(dir, "a", "near")),
				 0);
		ck_assert_int_eq(contain_overlay_set_upper(o, fd, "up", "work"), 0);
		tm_way(way);
		at = tm_mounted(o, dir, "at");
		tm_way(TM_OWN);
		t_write_file(t_fmt("%s/x", at), "here");
		T_SYS(faccessat(fd, "up/x", F_OK, 0));
		T_SYS(umount2(at, 0));
		close(fd);
	}
}

static void many(enum tm_way way, int n)
{
	const char *dir = t_tmpdir(), *at;
	contain_overlay *o = tm_overlay();

	for (int i = 0; i < n; i++)
		ck_assert_int_eq(contain_overlay_add_lower(
			o, AT_FDCWD, tm_layer(dir, t_fmt("l:%d,", i), t_fmt("%d", i))), 0);
	if (n == 1)
		ck_assert_int_eq(contain_overlay_set_ephemeral(o, TM_EPHEMERAL, 0), 0);
	tm_way(way);
	at = tm_mounted(o, dir, "at");
	tm_way(TM_OWN);
	ck_assert_str_eq(tm_text(t_fmt("%s/who", at)), "0");
	for (int i = 0; i < n; i++)
		ck_assert_str_eq(tm_text(t_fmt("%s/of-%d", at, i)), t_fmt("%d", i));
}

TM_BOTH(one_two_a_hundred_layers)
{
	for (int way = 0; way < TM_WAYS; way++) {
		many(way, 1);
		many(way, 2);
		many(way, 100);
	}
}

TM_BOTH(five_hundred_layers)
{
	many(TM_OWN, 500);
	many(TM_CWD, 500);
	many(TM_STRING, 500);
}

/* ---- a name that is exchanged after it was given ---- */

TM_BOTH(pinned)
{
	for (int way = 0; way < TM_WAYS; way++) {
		const char *dir = t_tmpdir(), *at;
		contain_overlay *o;

		if (way == TM_NOT_DETACHED)
			continue;
		o = tm_overlay();
		tm_layer(dir, "a", "good");
		tm_layer(dir, "b", "other");
		tm_layer(dir, "evil", "evil");
		T_SYS(symlink("a", t_fmt("%s/link", dir)));
		ck_assert_int_eq(contain_overlay_add_lower(o, AT_FDCWD, t_fmt("%s/link", dir)), 0);
		ck_assert_int_eq(contain_overlay_add_lower(o, AT_FDCWD, t_fmt("%s/b", dir)), 0);
		T_SYS(unlink(t_fmt("%s/link", dir)));
		T_SYS(symlink("evil", t_fmt("%s/link", dir)));
		T_SYS(rename(t_fmt("%s/a", dir), t_fmt("%s/moved", dir)));
		T_SYS(rename(t_fmt("%s/evil", dir), t_fmt("%s/a", dir)));
		tm_way(way);
		at = tm_mounted(o, dir, "at");
		tm_way(TM_OWN);
		ck_assert_str_eq(tm_text(t_fmt("%s/who", at)), "good");
		T_CHECK(!tm_exists(t_fmt("%s/of-evil", at)));
	}
}

/* An upper directory whose name is another's by then is not mounted by its name. */
TM_BOTH(upper_exchanged)
{
	const char *dir = t_tmpdir(), *at;
	contain_overlay *o = tm_overlay();
	contain_error *e = NULL;
	int r;

	tm_layer(dir, "a", "low");
	tm_mkdir(dir, "up");
	tm_mkdir(dir, "work");
	tm_mkdir(dir, "evil");
	ck_assert_int_eq(contain_overlay_add_lower(o, AT_FDCWD, t_fmt("%s/a", dir)), 0);
	ck_assert_int_eq(contain_overlay_set_upper(o, AT_FDCWD, t_fmt("%s/up", dir),
						   t_fmt("%s/work", dir)), 0);
	T_SYS(rename(t_fmt("%s/up", dir), t_fmt("%s/moved", dir)));
	T_SYS(rename(t_fmt("%s/evil", dir), t_fmt("%s/up", dir)));
	tm_way(TM_STRING);
	r = contain_overlay_mount(o, 0, &e);
	tm_way(TM_OWN);
	T_CHECK(r >= 0, "%s", contain_error_message(e)); /* found by its new name */
	at = tm_show(r, dir, "at");
	t_write_file(t_fmt("%s/x", at), "x");
	T_CHECK(tm_exists(t_fmt("%s/moved/x", dir)) && !tm_exists(t_fmt("%s/up/x", dir)));
	T_SYS(umount2(at, 0));
	/* removed meanwhile */
	T_SYS(system(t_fmt("rm -rf %s/moved", dir)));
	tm_way(TM_STRING);
	r = contain_overlay_mount(o, 0, &e);
	tm_way(TM_OWN);
	T_CHECK(r < 0, "%d", r);
	contain_error_free(e);
	contain_overlay_free(o);
}
