/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From the attach of the root on, no name is resolved nakedly: seen in traces of real starts. */
#include "traced.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Strings in quotes of the plan's own text: sources that the caller named. */
static size_t sources(const struct fx_place *place, const char **list)
{
	size_t n = 0;

	list[n++] = place->root;
	list[n++] = place->upper_layer;
	list[n] = NULL;
	return n;
}

/* The number of the step that attaches the root, or enters that of others. */
static int root_step(const struct fx_explain *ex)
{
	int step = 0;

	for (int i = 1; i <= fx_explain_steps(ex); i++)
		if (!strcmp(fx_explain_op(ex, i), "root-dir") ||
		    !strcmp(fx_explain_op(ex, i), "root-tmpfs") ||
		    (!step && !strcmp(fx_explain_op(ex, i), "layer-host")) ||
		    (!step && !strcmp(fx_explain_op(ex, i), "make-host-dir")) ||
		    !strcmp(fx_explain_op(ex, i), "join") ||
		    !strcmp(fx_explain_op(ex, i), "mount-overlay"))
			step = i;
	return step;
}

/* A path of the caller's own root, which is nobody else's: what a view of it is made of. */
static int is_host_source(const char *op, const struct trace_call *c)
{
	if (strcmp(op, "layer-host") != 0 && strcmp(op, "bind-host") != 0)
		return 0;
	return (!strcmp(c->name, "newfstatat") || !strcmp(c->name, "open_tree")) &&
	       !strncmp(c->args, "AT_FDCWD, \"/", 12);
}

static void look(const struct fx_plan *plan, const struct fx_place *place)
{
	const char *trusted[4];
	struct fx_traced r;
	int step[4096], root, seen = 0;

	fx_trace(plan, place, "warm", &r);
	sources(place, trusted);
	root = root_step(r.explain);
	T_CHECK(root > 0 && r.n[CT_SEAM_CHILD] < 4096);
	T_CHECK(fx_match(r.explain, CT_SEAM_CHILD, r.name[CT_SEAM_CHILD], r.n[CT_SEAM_CHILD],
			 step) == 0, "%s: explain does not fit the trace", plan->name);
	for (size_t i = 0; i < r.n[CT_SEAM_CHILD]; i++) {
		const struct trace_call *c = r.call[CT_SEAM_CHILD][i];
		const char *why;

		if (step[i] <= root)
			continue;
		seen++;
		if (is_host_source(fx_explain_op(r.explain, step[i]), c))
			continue;
		why = fx_naked(c->name, c->args, trusted);
		T_EXPECT(!why, "%s, step %d %s: %s: %s(%s)", plan->name, step[i],
			 fx_explain_op(r.explain, step[i]), why, c->name, c->args);
	}
	t_note("%s: %d calls after the root was attached", plan->name, seen);
	T_CHECK(seen > 100, "too few calls were looked at");
	fx_traced_free(&r);
}

TEST_LIMIT(no_name_is_naked, 60)
{
	struct fx_place place;

	fx_place_make(&place);
	for (const struct fx_plan *const *p = fx_plans(); *p; p++)
		if (!t_guest() || !strcmp((*p)->name, "mounts") || !strcmp((*p)->name, "userns"))
			look(*p, &place);
	for (const struct fx_plan *const *p = fx_own_plans(); *p; p++)
		if (!t_guest() || !strcmp((*p)->name, "own-init"))
			look(*p, &place);
}

/* What a careless library does is seen as such. */
TEST(a_naked_name_is_told)
{
	static const char *const trusted[] = { "/srv/root", NULL };
	static const struct {
		const char *name, *args;
		int naked;
	} cases[] = {
		{ "openat", "AT_FDCWD, \"/mnt/etc/passwd\", O_RDONLY", 1 },
		{ "openat", "5, \"etc/passwd\", O_RDONLY|O_NOFOLLOW", 1 },
		{ "openat", "5, \"passwd\", O_RDONLY", 1 },
		{ "openat", "5, \"passwd\", O_RDONLY|O_NOFOLLOW", 0 },
		{ "openat", "5, \"..\", O_RDONLY|O_NOFOLLOW", 1 },
		{ "openat2", "5, \"a/b\", {flags=O_PATH, resolve=0}, 24", 1 },
		{ "openat2", "5, \"a/b\", {flags=O_PATH, resolve=RESOLVE_IN_ROOT}, 24", 1 },
		{ "openat2", "5, \"a/b\", {flags=O_PATH, resolve=RESOLVE_NO_MAGICLINKS}, 24", 1 },
		{ "openat2", "5, \"a/b\", {flags=O_PATH, "
			     "resolve=RESOLVE_NO_MAGICLINKS|RESOLVE_IN_ROOT}, 24", 0 },
		{ "mount", "\"/srv\", \"/mnt/proc\", NULL, MS_BIND, NULL", 1 },
		{ "mkdirat", "5, \"a\", 0755", 0 },
		{ "mkdirat", "5, \"a/b\", 0755", 1 },
		{ "mkdir", "\"/mnt/dev\", 0755", 1 },
		{ "chdir", "\"/mnt\"", 1 },
		{ "chroot", "\".\"", 0 },
		{ "chroot", "\"/mnt\"", 1 },
		{ "move_mount", "4, \"\", 6, \"\", "
				"MOVE_MOUNT_F_EMPTY_PATH|MOVE_MOUNT_T_EMPTY_PATH", 0 },
		{ "move_mount", "4, \"\", AT_FDCWD, \"/proc\", MOVE_MOUNT_F_EMPTY_PATH", 1 },
		{ "move_mount",
		  "4, \"\", 6, \"a\", MOVE_MOUNT_F_EMPTY_PATH|MOVE_MOUNT_T_SYMLINKS", 1 },
		{ "move_mount", "4, \"\", 6, \"a\", MOVE_MOUNT_F_EMPTY_PATH", 0 },
		{ "open_tree", "AT_FDCWD, \"/srv/root\", OPEN_TREE_CLONE", 0 },
		{ "open_tree", "AT_FDCWD, \"/srv/other\", OPEN_TREE_CLONE", 1 },
		{ "open_tree", "7, \"\", OPEN_TREE_CLONE|AT_EMPTY_PATH", 0 },
		{ "newfstatat", "7, \"x\", {st_mode=0}, 0", 1 },
		{ "newfstatat", "7, \"\", {st_mode=0}, AT_EMPTY_PATH", 0 },
		{ "fsconfig", "3, FSCONFIG_SET_STRING, \"lowerdir+\", \"/srv/other\", 0", 1 },
		{ "fsconfig", "3, FSCONFIG_SET_STRING, \"lowerdir\", \"lower\", 0", 1 },
		{ "fsconfig", "3, FSCONFIG_SET_STRING, \"upperdir\", \"u7/x\", 0", 1 },
		{ "fsconfig", "3, FSCONFIG_SET_STRING, \"lowerdir\", \"l7\", 0", 0 },
		{ "fsconfig", "3, FSCONFIG_SET_FLAG, \"userxattr\", NULL, 0", 0 },
		{ "fchmodat", "5, \"a/b\", 0755", 1 },
		{ "fchownat", "5, \"u7\", 1, 1, 0", 1 },
		{ "fsconfig", "3, FSCONFIG_SET_STRING, \"mode\", \"755\", 0", 0 },
		{ "umount2", "\"/mnt/old\", MNT_DETACH", 1 },
		{ "umount2", "\".\", MNT_DETACH", 0 },
		{ "close", "3", 0 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *why = fx_naked(cases[i].name, cases[i].args, trusted);

		T_CHECK(!why == !cases[i].naked, "%s(%s): %s", cases[i].name, cases[i].args,
			why ? why : "not told");
	}
}
