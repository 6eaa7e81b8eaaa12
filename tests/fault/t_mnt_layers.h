/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Jobs on unions and layers, for tests of faults: each is the same every time. */
#ifndef T_MNT_LAYERS_H
#define T_MNT_LAYERS_H

#include "../live/t_mnt_overlay.h"

#include "plan/error.h"

#include <contain/layer.h>

static const char *tf_dir;
static int tf_gone; /* the fault says that something does not exist: it was removed meanwhile */

/* Without an allocation: those are counted. */
static inline const char *tf_path(const char *name)
{
	static char path[16][512];
	static unsigned next;

	snprintf(path[next % 16], sizeof(path[0]), "%s/%s", tf_dir, name);
	return path[next++ % 16];
}

#define P(name) tf_path(name)

static inline void tf_world(void)
{
	tf_dir = t_tmpdir();
	tm_layer(tf_dir, "a", "top");
	tm_layer(tf_dir, "b", "low");
	tm_mkdir(tf_dir, "a/dir");
	tm_mkdir(tf_dir, "b/dir");
	t_write_file(P("b/dir/file"), "low");
}

/* Upper and work directory, as a union has left them. */
static inline void tf_upper(void)
{
	T_SYS(system(t_fmt("cd '%s' && rm -rf up work layer layer.new layer.new.links && "
			   "mkdir -p up/dir up/new/deep work/work && echo changed >up/dir/file && "
			   "echo x >up/new/deep/x && ln up/new/deep/x up/new/hard && "
			   "ln -s x up/link && mkfifo up/fifo && mknod up/who c 0 0", tf_dir)));
	T_SYS(setxattr(P("up/new"), "trusted.overlay.opaque", "y", 1, 0));
}

/* ---- jobs: 0 or -errno, with the error ---- */

static inline int tf_mount(contain_error **e, int kind)
{
	contain_overlay *o = NULL;
	int mnt, r;

	r = contain_overlay_new(&o);
	if (r < 0)
		return ct_error_simple(e, r, CONTAIN_PHASE_PARENT, "new", "", NULL);
	contain_overlay_add_lower(o, AT_FDCWD, P("a"));
	contain_overlay_add_lower(o, AT_FDCWD, P("b"));
	if (kind == 1)
		contain_overlay_set_upper(o, AT_FDCWD, P("up"), P("work"));
	if (kind == 2)
		contain_overlay_set_ephemeral(o, TM_EPHEMERAL, 100);
	contain_overlay_set_option(o, CONTAIN_OVERLAY_INDEX, CONTAIN_OVERLAY_OFF);
	mnt = contain_overlay_mount(o, CONTAIN_MOUNT_NOSUID, e);
	contain_overlay_free(o);
	if (mnt < 0)
		return mnt;
	/* what has worked in spite of a fault is what was asked for */
	T_EXPECT(faccessat(mnt, "of-top", F_OK, 0) == 0 && faccessat(mnt, "of-low", F_OK, 0) == 0 &&
		 (kind == 1) == (faccessat(mnt, "new", F_OK, 0) == 0));
	{
		struct statfs fs;

		T_EXPECT(fstatfs(mnt, &fs) == 0 && fs.f_flags & 2 /* ST_NOSUID */);
	}
	close(mnt);
	return 0;
}

static inline int tf_check(contain_error **e)
{
	contain_overlay *o = NULL;
	int r;

	r = contain_overlay_new(&o);
	if (r < 0)
		return ct_error_simple(e, r, CONTAIN_PHASE_PARENT, "new", "", NULL);
	contain_overlay_add_lower(o, AT_FDCWD, P("a"));
	contain_overlay_add_lower(o, AT_FDCWD, P("b"));
	contain_overlay_set_upper(o, AT_FDCWD, P("up"), P("work"));
	r = contain_overlay_check(o, e);
	contain_overlay_free(o);
	return r;
}

static inline int tf_diff(contain_error **e)
{
	contain_layer_diff *d = NULL;
	int up = open(P("up"), O_RDONLY | O_CLOEXEC), low[2], r, first = 0, n = 0;

	low[0] = open(P("a"), O_RDONLY | O_CLOEXEC);
	low[1] = open(P("b"), O_RDONLY | O_CLOEXEC);
	r = contain_layer_diff_open(up, low, 2, CONTAIN_LAYER_WH_NAMES, &d, e);
	T_EXPECT((r == 0) == (d != NULL));
	for (int i = 0; r >= 0 && i < 1000; i++) {
		int next = contain_layer_diff_next(d);

		if (next == 0)
			break;
		if (next < 0 && !first)
			first = ct_error_simple(e, next, CONTAIN_PHASE_PARENT, "diff-layer",
						contain_layer_diff_path(d), NULL);
		n += next > 0;
		T_EXPECT(i < 999, "no end");
	}
	T_EXPECT(r < 0 || first || n == 8 || tf_gone, "%d changes", n);
	contain_layer_diff_free(d);
	close(up);
	close(low[0]);
	close(low[1]);
	return r < 0 ? r : first;
}

static inline int tf_exists(const char *path)
{
	return tm_exists(P(path));
}

/* The new layer is there whole, or not at all; upper is there as long as that is not. */
static inline int tf_commit(contain_error **e, uint32_t flags)
{
	int r = contain_layer_commit(AT_FDCWD, P("up"), P("work"), AT_FDCWD, P("layer"), flags, e);
	int whole = tf_exists("layer/dir/file") && tf_exists("layer/new/deep/x") &&
		    tf_exists("layer/who") && tf_exists("layer/link") && tf_exists("layer/fifo") &&
		    tf_exists("layer/new/hard");

	T_EXPECT(whole == tf_exists("layer"), "half a layer");
	T_EXPECT(r < 0 || whole);
	T_EXPECT(whole || (tf_exists("up/dir/file") && tf_exists("up/new/hard") &&
			   tf_exists("work")), "the upper directory is gone");
	T_EXPECT(r < 0 || (!tf_exists("layer.new") && !tf_exists("layer.new.links")));
	T_EXPECT(r < 0 || tf_exists("up") == !!(flags & CONTAIN_LAYER_KEEP));
	return r;
}

static inline int tf_discard(contain_error **e)
{
	int r = contain_layer_discard(AT_FDCWD, P("up"), P("work"), e);

	T_EXPECT(r < 0 || (!tf_exists("up") && !tf_exists("work")));
	return r;
}

#endif
