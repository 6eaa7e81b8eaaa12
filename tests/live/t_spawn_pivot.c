/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Nothing of the host's tree is left inside, and nothing of the container's shows outside. */
#include "t_spawn.h"

#include <sys/mount.h>

/* A name that only the host has, as a path below its root. */
static const char *marker(void)
{
	const char *path = t_fmt("%s/marker", t_tmpdir());

	t_write_file(path, "x");
	return path + 1;
}

static int below(const char *path, const char *dir)
{
	size_t n = strlen(dir);

	return strncmp(path, dir, n) == 0 && (path[n] == 0 || path[n] == '/');
}

/* The table inside is what was asked for, line by line: one "/", and the file systems below it. */
static void check_table(struct ts *t)
{
	int roots = 0, lines = 0;

	for (char *line = strtok(t->text, "\n"); line; line = strtok(NULL, "\n"), lines++) {
		char point[512], fs[64], *dash = strstr(line, " - ");

		T_CHECK(dash && sscanf(line, "%*s %*s %*s %*s %511s", point) == 1, "%s", line);
		T_CHECK(sscanf(dash, " - %63s", fs) == 1, "%s", line);
		roots += strcmp(point, "/") == 0;
		T_CHECK(strcmp(point, "/") == 0 || below(point, "/proc") || below(point, "/sys") ||
				below(point, "/dev") || strcmp(point, "/tmp") == 0,
			"%s", line);
		/* private: no event of the host's comes in, none goes out */
		T_CHECK(!strstr(line, " shared:") && !strstr(line, " master:"), "%s", line);
	}
	ck_assert_int_eq(roots, 1);
	T_CHECK(lines > 6, "%d lines", lines);
}

TEST_BOTH(table_of_a_directory)
{
	struct ts t;

	ts_dir(&t, 0);
	ts_words(&t, "mounts");
	ts_run(&t);
	check_table(&t);
}

TEST_BOTH(table_of_an_overlay)
{
	struct ts t;

	ts_overlay(&t);
	ts_words(&t, "mounts");
	ts_run(&t);
	check_table(&t);
}

TEST_BOTH(table_of_an_overlay_with_links)
{
	struct ct_facts facts;
	struct ts t;

	ts_overlay(&t);
	ck_assert_int_eq(ct_facts_get(&facts), 0);
	facts.lowerdir_add = 0;
	t.facts = &facts;
	ts_words(&t, "mounts");
	ts_run(&t);
	check_table(&t);
}

/* With every capability that it can have. */
TEST_BOTH(old_root_is_out_of_reach)
{
	const char *name = marker();
	struct ts t;

	ts_dir(&t, 0);
	container_spec_set_capabilities(t.spec, ts_caps());
	ts_words(&t, t_fmt("escape %s", name));
	ts_run(&t);
	ts_is(&t, "held\n");

	ts_overlay(&t);
	container_spec_set_capabilities(t.spec, ts_caps());
	ts_words(&t, t_fmt("escape %s", name));
	ts_run(&t);
	ts_is(&t, "held\n");
}

/* The control: a chroot with a directory left open falls, on every way that is tried. */
TEST(naive_chroot_is_left)
{
	const char *name = marker(), *root = ts_root();
	char out[4096];
	FILE *pipe;
	size_t n;

	t_need_root();
	T_SYS(mount("/proc", t_fmt("%s/proc", root), NULL, MS_BIND, NULL));
	pipe = popen(t_fmt("chroot %s /bin/payload escape %s 9</", root, name), "r");
	T_CHECK(pipe, "%m");
	n = fread(out, 1, sizeof(out) - 1, pipe);
	out[n] = 0;
	ck_assert_int_eq(pclose(pipe), 0);
	T_CHECK(strstr(out, "found fd\n"), "%s", out);
	T_CHECK(strstr(out, "found /proc/1/root\n"), "%s", out);
	T_CHECK(strstr(out, "found double chroot\n"), "%s", out);
	T_CHECK(strstr(out, "found double chroot, new root\n"), "%s", out);
}

/*
 * The host's table has not changed while the container runs and has mounted something, nor
 * afterwards; a mount that the host makes below the root meanwhile does not come in.
 */
static void mount_on_both_sides(void)
{
	char difference[4096];
	struct t_state *before;
	struct ts t;

	if (ct_root_is_initial())
		t_skip("on the initial ramfs no container may mount");
	ts_dir(&t, 0);
	before = t_state_take(T_MOUNTS);
	container_spec_set_capabilities(t.spec, ts_caps());
	ts_sh(&t, "mount -t tmpfs inside /mnt && echo mounted; "
		  "while test ! -e /job/go; do busybox usleep 2000; done; "
		  "test -e /home/from-host && echo seen; payload mounts");
	ts_start(&t);
	ts_wait_for(&t, "mounted\n");
	T_CHECK(t_state_diff(before, difference, sizeof(difference)) == 0, "%s", difference);
	t_state_free(before);
	if (ts_is_root()) {
		T_SYS(mount("from-host", t_fmt("%s/home", ts_root()), "tmpfs", 0, NULL));
		t_write_file(t_fmt("%s/home/from-host", ts_root()), "x");
	}
	t_write_file(t_fmt("%s/job/go", ts_root()), "x");
	/* the mount that was made here is no leak */
	ts_wait_for(&t, " /mnt ");
	if (ts_is_root())
		T_SYS(umount(t_fmt("%s/home", ts_root())));
	ts_end(&t);
	ck_assert_int_eq(t.code, 0);
	ts_hasnt(&t, "seen\n");
	ts_hasnt(&t, " from-host ");
	ts_has(&t, " /mnt ");
}

TEST_BOTH(mounts_stay_on_their_side)
{
	mount_on_both_sides();
}

static int as_user(void *arg, void *rec)
{
	(void)arg;
	(void)rec;
	mount_on_both_sides();
	return 0;
}

/* The usual state of a host under systemd. */
TEST(mounts_stay_with_a_shared_root)
{
	t_need_root();
	T_SYS(mount(NULL, "/", NULL, MS_REC | MS_SHARED, NULL));
	mount_on_both_sides();
	t_need_userns();
	t_as_user(as_user, NULL);
}

/* Many starts, among them failed ones, with "/" and the root's own file system shared. */
TEST_LIMIT(nothing_piles_up, 60)
{
	struct t_state *before;
	struct ts t;

	t_need_root();
	T_SYS(mount(NULL, "/", NULL, MS_REC | MS_SHARED, NULL));
	T_SYS(mount("volume", t_fmt("%s/mnt", ts_root()), "tmpfs", 0, NULL));
	before = t_state_take(T_ALL);
	for (long i = ts_rounds(1000, 20, 6); i > 0; i--) {
		ts_dir(&t, 0);
		container_spec_add_bind(t.spec, AT_FDCWD, t_fmt("%s/mnt", ts_root()), "/job", 0);
		if (i % 4 == 0) {
			container_spec_set_cwd(t.spec, "/not/there");
			ts_words(&t, "exit");
			ts_fails(&t, ENOENT, CONTAIN_PHASE_CHILD, "chdir", "/not/there", "");
		} else {
			ts_words(&t, "exit");
			ts_run(&t);
		}
	}
	t_state_check(before);
}
