/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Unions of many layers and of layers with difficult names, in both ways that the library has: a
 * call per layer (Linux 6.8), and one option string over short symlinks.
 */
#include "t_spawn.h"

#include <sys/mount.h>
#include <sys/utsname.h>

static struct ct_facts facts;

/* Compiled for a kernel without lowerdir+; where it is missing anyway, that is all there is. */
static void with_links(struct ts *t)
{
	ck_assert_int_eq(ct_facts_get(&facts), 0);
	facts.lowerdir_add = 0;
	t->facts = &facts;
}

static int has_lowerdir_add(void)
{
	struct utsname name;
	int major, minor;

	T_SYS(uname(&name));
	ck_assert_int_eq(sscanf(name.release, "%d.%d", &major, &minor), 2);
	ck_assert_int_eq(ct_facts_get(&facts), 0);
	T_CHECK(facts.lowerdir_add == (major > 6 || (major == 6 && minor >= 8)), "Linux %s",
		name.release);
	return facts.lowerdir_add;
}

static void need_lowerdir_add(void)
{
	if (!has_lowerdir_add())
		t_skip("this kernel takes layers in one option string only");
}

/* A directory with files "who" (the name of the layer), one of its own, and one in work/. */
static const char *layer(const char *dir, const char *name, const char *own)
{
	const char *path = t_fmt("%s/%s", dir, name);

	T_CHECK(mkdir(path, 0755) == 0, "%s: %m", path);
	T_SYS(mkdir(t_fmt("%s/job", path), 0755));
	t_write_file(t_fmt("%s/who", path), own);
	t_write_file(t_fmt("%s/job/%s", path, own), own);
	return path;
}

static void union_of(struct ts *t, const char *const *layers, int links, uint32_t flags)
{
	ts_new(t);
	ck_assert_int_eq(container_spec_set_root_overlay(t->spec, AT_FDCWD, layers, 0, flags), 0);
	if (links)
		with_links(t);
}

static void two_and_three(int links)
{
	const char *dir = t_tmpdir();
	const char *layers[] = { layer(dir, "a", "a"), layer(dir, "b", "b"), ts_root(), NULL };
	const char *swapped[] = { layers[1], layers[0], ts_root(), NULL };
	struct ts t;

	union_of(&t, layers + 1, links, 0);
	ts_sh(&t, "cat /who; ls /job /etc/image; echo x >/who");
	ts_run(&t);
	ts_is(&t, "b/etc/image\n\n/job:\nb\n");
	union_of(&t, layers, links, 0);
	ts_sh(&t, "cat /who; ls /job; echo x >/who; cat /who");
	ts_run(&t);
	ts_is(&t, "aa\nb\nx\n");
	union_of(&t, swapped, links, 0);
	ts_sh(&t, "cat /who; ls /job");
	ts_run(&t);
	ts_is(&t, "ba\nb\n");
}

TEST_BOTH(two_and_three_layers)
{
	need_lowerdir_add();
	two_and_three(0);
}

TEST_BOTH(two_and_three_layers_by_links)
{
	two_and_three(1);
}

static void readonly_union(int links)
{
	const char *layers[] = { layer(t_tmpdir(), "a", "a"), ts_root(), NULL };
	struct ts t;

	union_of(&t, layers, links, CONTAIN_ROOT_READONLY);
	ts_sh(&t, "cat /who; echo x >/tmp/x && cat /tmp/x; echo x >/job/x");
	ts_run_to(&t, 1);
	ts_has(&t, "ax\n");
	ts_has(&t, "Read-only file system");
	union_of(&t, layers, links, CONTAIN_ROOT_READONLY);
	ts_sh(&t, "mount -o remount,rw / || echo held");
	ts_run(&t);
	ts_has(&t, "held\n");
	union_of(&t, layers, links, CONTAIN_ROOT_READONLY);
	container_spec_add_tmpfs(t.spec, "/not/there", 0, 0755);
	ts_words(&t, "exit");
	ts_fails(&t, EROFS, CONTAIN_PHASE_CHILD, "mount-tmpfs", "/not/there",
		 "missing and the root is read-only");
}

TEST_BOTH(readonly_overlay)
{
	need_lowerdir_add();
	readonly_union(0);
}

TEST_BOTH(readonly_overlay_by_links)
{
	readonly_union(1);
}

/* What the options of mount(8) take apart; a name in which another option hides. */
static void difficult_names(int links)
{
	static const char *const names[] = {
		"a:b", "c,upperdir=x", "d\\:e", "tail\\", "sp ace", "new\nline", "\303\244\377",
		"f::g", "h=i", "upper", "work", "\"q'", "0", "j%s",
	};
	const char *layers[16], *dir = t_tmpdir();
	size_t n = sizeof(names) / sizeof(names[0]);
	struct ts t;

	for (size_t i = 0; i < n; i++)
		layers[i] = layer(dir, names[i], t_fmt("own%02zu", i));
	layers[n] = ts_root();
	layers[n + 1] = NULL;
	union_of(&t, layers, links, 0);
	ts_sh(&t, "cat /who; echo; for f in /job/*; do cat $f; echo; done; echo x >/job/x");
	ts_run(&t);
	for (size_t i = 0; i < n; i++)
		ts_has(&t, "\nown%02zu\n", i);
	ts_has(&t, "own00\n");
	ck_assert_int_eq(strlen(t.text), (n + 1) * 6);
	T_CHECK(access(t_fmt("%s/a:b/job/x", dir), F_OK) < 0);
}

TEST_BOTH(names_that_look_like_options)
{
	need_lowerdir_add();
	difficult_names(0);
}

TEST_BOTH(names_that_look_like_options_by_links)
{
	difficult_names(1);
}

/* Over a page of names, at 500 eight of them. */
static void many(int links, int n)
{
	const char **layers = calloc((size_t)n + 2, sizeof(*layers)), *dir = t_tmpdir();
	struct ts t;

	T_CHECK(layers);
	for (int i = 0; i < n - 1; i++)
		layers[i] = layer(dir, t_fmt("a-layer-with-a-longer-name-%d", i),
				  t_fmt("own%03d", i));
	layers[n - 1] = ts_root();
	union_of(&t, layers, links, 0);
	ts_sh(&t, "cat /who; echo; cat /job/*; echo x >/job/x");
	ts_run(&t);
	ts_has(&t, "own000\n");
	for (int i = 0; i < n - 1; i++)
		ts_has(&t, "own%03d", i);
	ck_assert_int_eq(strlen(t.text), n * 6 + 1);
	free(layers);
}

TEST_BOTH(hundred_layers)
{
	need_lowerdir_add();
	many(0, ts_rounds(500, 100, ts_is_root() ? 100 : 20));
}

TEST_BOTH(hundred_layers_by_links)
{
	/* in guests where there is no other way, by root */
	many(1, ts_rounds(500, 100, ts_is_root() && !has_lowerdir_add() ? 100 : 20));
}

static void upper_size(int links)
{
	const char *lower[] = { ts_root(), NULL };
	struct ts t;

	ts_new(&t);
	container_spec_set_root_overlay(t.spec, AT_FDCWD, lower, 1 << 20, 0);
	if (links)
		with_links(&t);
	ts_sh(&t, "dd if=/dev/zero of=/job/half bs=1024 count=512 && echo half fits; "
		  "dd if=/dev/zero of=/job/more bs=1024 count=1024; ls /job");
	ts_run(&t);
	ts_has(&t, "half fits\n");
	ts_has(&t, "No space left on device");
	/* without a limit as much fits */
	ts_overlay(&t);
	if (links)
		with_links(&t);
	ts_sh(&t, "dd if=/dev/zero of=/job/more bs=1024 count=2048 && echo all fits");
	ts_run(&t);
	ts_has(&t, "all fits\n");
}

TEST_BOTH(upper_layer_is_limited)
{
	need_lowerdir_add();
	upper_size(0);
}

TEST_BOTH(upper_layer_is_limited_by_links)
{
	upper_size(1);
}

/* A layer that cannot be one is named. */
TEST_BOTH(bad_layers)
{
	const char *dir = t_tmpdir(), *file = t_fmt("%s/file", dir), *none = t_fmt("%s/none", dir);
	const char *with_file[] = { ts_root(), file, NULL }, *without[] = { none, ts_root(), NULL };
	struct ts t;

	t_write_file(file, "x");
	union_of(&t, with_file, 0, 0);
	ts_words(&t, "exit");
	ts_fails(&t, ENOTDIR, CONTAIN_PHASE_PARENT, "check-dir", file, "has to be a directory");
	union_of(&t, without, 0, 0);
	ts_words(&t, "exit");
	ts_fails(&t, ENOENT, CONTAIN_PHASE_PARENT, "check-dir", none, "no such directory");
}

/* The deepest stack that Linux has is two unions: what the kernel says, and which layer it was. */
TEST(union_of_unions)
{
	const char *dir = t_tmpdir(), *mounts[3];
	const char *below = ts_root();
	struct ts t;

	t_need_root();
	T_SYS(mount("t", dir, "tmpfs", 0, NULL));
	for (int i = 0; i < 2; i++) {
		mounts[i] = t_fmt("%s/m%d", dir, i);
		T_SYS(mkdir(mounts[i], 0755));
		T_SYS(mkdir(t_fmt("%s/e%d", dir, i), 0755));
		T_SYS(mount("o", mounts[i], "overlay", MS_RDONLY,
			    t_fmt("lowerdir=%s/e%d:%s", dir, i, below)));
		below = mounts[i];
	}
	ts_new(&t);
	mounts[2] = NULL;
	container_spec_set_root_overlay(t.spec, AT_FDCWD, mounts, 0, 0);
	ts_words(&t, "exit");
	ts_fails(&t, EINVAL, CONTAIN_PHASE_CHILD, "mount-overlay", "/",
		 has_lowerdir_add() ? "layer" : "a layer cannot be one");
	T_SYS(umount2(dir, MNT_DETACH));
}

/* Longer than a value of fsconfig(2) may be, by one byte and by many. */
TEST_BOTH(layers_with_long_paths)
{
	for (size_t want = 254; want < 1000; want += want < 257 ? 1 : 300) {
		char *at = t_fmt("%s", t_tmpdir());
		const char *layers[] = { NULL, ts_root(), NULL };
		struct ts t;

		while (strlen(at) + 1 < want) {
			size_t left = want - strlen(at) - 1;

			/* no component of one byte at the end, where the slash would be the last */
			if (left > 100)
				left = left > 102 ? 100 : 50;
			at = t_fmt("%s/%0*d", at, (int)left, 0);
			T_SYS(mkdir(at, 0755));
		}
		ck_assert_uint_eq(strlen(at), want);
		t_write_file(t_fmt("%s/who", at), "long\n");
		layers[0] = at;
		union_of(&t, layers, 0, 0);
		ts_sh(&t, "cat /who; echo x >/who; cat /who");
		ts_run(&t);
		ts_is(&t, "long\nx\n");
	}
}
