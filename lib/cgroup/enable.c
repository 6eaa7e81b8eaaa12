/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Controllers along a path, and what stands in their way: Documentation/admin-guide/cgroup-v2.rst,
 * "Enabling and Disabling", "No Internal Process Constraint", "Threads".
 */
#include "act.h"
#include "feature/mounts.h"
#include "group_files.h"
#include "sys/helper.h"
#include "sys/path.h"
#include "sys/str.h"
#include "tree.h"

#include <contain/cgroup.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MOVE_NSEC 2000000000ULL /* for as long what keeps forking is moved */
#define TRIES 16		/* at least */
#define NAMES 16		/* of controllers */
#define BATCH 64		/* of processes that are pinned at a time */
#define LIST_ROOM 512		/* of cgroup.controllers */

struct enable {
	const char *path, *leaf;
	int move;
	uint64_t until_nsec;
	size_t n;
	char name[NAMES][33];
	/* the group that is worked on, for errors: its path from the first one */
	char at[300];
	/* why it failed */
	const char *object;
	char hint[400];
};

/* ---- what was asked for ------------------------------ */

/* 1: the next word of a list was taken in; 0: none is left; -EINVAL: no name, or too many. */
static int next_word(const char **at, struct enable *e)
{
	size_t n;

	*at += strspn(*at, " ");
	n = strcspn(*at, " ");
	if (!n)
		return 0;
	if (e->n == NAMES || n > 32 || strspn(*at, "abcdefghijklmnopqrstuvwxyz_") < n)
		return -EINVAL;
	memcpy(e->name[e->n], *at, n);
	e->name[e->n++][n] = 0;
	*at += n;
	return 1;
}

static int parse_controllers(const char *list, struct enable *e)
{
	int r = 1;

	while (r > 0)
		r = next_word(&list, e);
	return r < 0 || !e->n ? -EINVAL : 0;
}

static int leaf_is_on(const char *path, const char *leaf)
{
	size_t n;

	while ((path = ct_group_next_name(path, &n)) != NULL) {
		if (n == strlen(leaf) && !memcmp(path, leaf, n))
			return 1;
		path += n;
	}
	return 0;
}

static int check_args(const char *path, const char *controllers, uint32_t flags, const char *leaf,
		      struct enable *e, contain_error **reterr)
{
	const char *op = "enable-controllers";

	if (!path || !ct_group_path_ok(path))
		return ct_group_fail(reterr, -EINVAL, op, "path",
				     path ? "is names of groups with '/' between them" : "is NULL");
	if (!controllers || parse_controllers(controllers, e) < 0)
		return ct_group_fail(reterr, -EINVAL, op, "controllers",
				     controllers ? "is names with spaces between them, 16 at most" :
						   "is NULL");
	if (flags & ~CONTAIN_CGROUP_MOVE_PROCESSES)
		return ct_group_fail(reterr, -EINVAL, op, "flags", "has an unknown flag");
	if (!flags != !leaf)
		return ct_group_fail(reterr, -EINVAL, op, "leaf",
				     leaf ? "is of use with CONTAIN_CGROUP_MOVE_PROCESSES only" :
					    "CONTAIN_CGROUP_MOVE_PROCESSES needs one");
	if (leaf && (!ct_group_name_ok(leaf) || leaf_is_on(path, leaf)))
		return ct_group_fail(reterr, -EINVAL, op, "leaf",
				     ct_group_name_ok(leaf) ? "is a name on the path" :
							      ct_group_bad_name);
	e->path = path;
	e->leaf = leaf;
	e->move = flags & CONTAIN_CGROUP_MOVE_PROCESSES;
	return 0;
}

/* ---- processes in the way ------------------------------ */

/* 1: not a group that has to be without processes: the host's root group. */
static int is_root(int fd)
{
	return ct_sys_faccessat2(fd, "cgroup.type", F_OK, 0) == -ENOENT &&
	       ct_sys_faccessat2(fd, "cgroup.procs", F_OK, 0) == 0;
}

static int is_threaded(int fd, const char *name)
{
	char path[300], text[32];
	size_t at = ct_append(path, sizeof(path), 0, name);

	ct_append(path, sizeof(path), at, "/cgroup.type");
	return ct_group_read(fd, path, text, sizeof(text)) > 0 && !strcmp(text, "threaded\n");
}

/* Those that are in `from` still when they are pinned. */
static int move_some(int from, int to, const int32_t *pid, size_t n)
{
	struct contain_pids now = { 0 };
	int pidfd[BATCH], r;

	for (size_t i = 0; i < n; i++)
		pidfd[i] = ct_sys_pidfd_open(pid[i], 0);
	r = ct_pids_read(from, "cgroup.procs", &now);
	if (r == 0)
		ct_pids_sort(&now);
	for (size_t i = 0; i < n; i++) {
		int err = pidfd[i];

		if (r == 0 && pidfd[i] >= 0 && ct_pids_has(&now, pid[i]))
			err = ct_group_move(to, pid[i], pidfd[i]);
		if (r == 0 && err < 0 && err != -ESRCH)
			r = err;
		if (pidfd[i] >= 0)
			ct_sys_close(pidfd[i]);
	}
	ct_pids_drop(&now);
	return r;
}

static int move_each(int from, int to, const struct contain_pids *pids)
{
	int r = 0;

	for (size_t i = 0; i < pids->n && r == 0; i += BATCH)
		r = move_some(from, to, pids->v + i, pids->n - i < BATCH ? pids->n - i : BATCH);
	return r;
}

/*
 * Until nobody is in `from`. -EBUSY: some cannot be moved, or new ones come faster. It cannot be
 * frozen for it: the caller may be in it, and what lies below would be frozen too.
 */
static int move_all(int from, int to, uint64_t until_nsec)
{
	struct contain_pids pids = { 0 };
	int r = 0;

	for (int i = 0; r >= 0 && (i < TRIES || ct_now_nsec() < until_nsec); i++) {
		ct_pids_drop(&pids);
		r = ct_pids_read(from, "cgroup.procs", &pids);
		if (r == 0 && !pids.n && !pids.outside)
			return 0;
		if (r == 0 && !pids.n)
			break;
		ct_pids_sort(&pids);
		r = r < 0 ? r : move_each(from, to, &pids);
	}
	ct_pids_drop(&pids);
	return r < 0 ? r : -EBUSY;
}

static void tell_busy(struct enable *e, int fd)
{
	struct contain_pids pids = { 0 };
	char text[120];

	ct_pids_read(fd, "cgroup.procs", &pids);
	ct_pids_sort(&pids);
	ct_pids_text(&pids, text, sizeof(text));
	ct_pids_drop(&pids);
	e->object = *e->at ? e->at : ".";
	snprintf(e->hint, sizeof(e->hint),
		 "no-internal-process rule: a group with processes of its own (pid %s) cannot hand "
		 "controllers down; %s",
		 text,
		 e->move ? "not all of them could be moved" :
			   "move them to a group below it, or ask for "
			   "CONTAIN_CGROUP_MOVE_PROCESSES");
}

/* *ret_leaf: the open leaf, -1 when no process was in the way. *ret_made: it is new. */
static int make_room(struct enable *e, int fd, const char *next, int *ret_leaf, int *ret_made)
{
	char byte[2];
	ssize_t n = ct_group_read(fd, "cgroup.procs", byte, sizeof(byte));
	int leaf;

	/* a threaded group keeps its threads: what it can hand down it can hand down beside them */
	if (n == 0 || n == -EOPNOTSUPP || is_root(fd) || (n > 0 && is_threaded(fd, next)))
		return 0;
	if (n < 0)
		return (int)n;
	if (!e->move)
		return -EBUSY;
	if (*ret_leaf < 0) {
		leaf = ct_group_make(fd, e->leaf);
		*ret_made = leaf >= 0;
		if (leaf == -EEXIST)
			leaf = ct_group_open_below(fd, e->leaf);
		if (leaf < 0)
			return leaf;
		*ret_leaf = leaf;
	}
	return move_all(fd, *ret_leaf, e->until_nsec);
}

/* Only what this call has made is taken back: of another leaf nobody knows who came from where. */
static void unmake_room(const struct enable *e, int fd, int leaf, int made)
{
	if (made) {
		move_all(leaf, fd, 0);
		ct_sys_unlinkat(fd, e->leaf, AT_REMOVEDIR);
	}
	if (leaf >= 0)
		ct_sys_close(leaf);
}

/* ---- one group of the path ------------------------------ */

/* "+a +b" of those that are missing; its length, 0 for none; -ENOENT: the group has not got it. */
static int missing(struct enable *e, int fd, char *word, size_t size)
{
	char have[LIST_ROOM], can[LIST_ROOM];
	size_t at = 0;
	ssize_t n = ct_group_read(fd, "cgroup.subtree_control", have, sizeof(have));

	if (n >= 0)
		n = ct_group_read(fd, "cgroup.controllers", can, sizeof(can));
	if (n < 0)
		return n == -ENOENT ? -ENODEV : (int)n;
	for (size_t i = 0; i < e->n; i++) {
		const char *name = e->name[i];

		if (ct_has_item(have, ' ', name))
			continue;
		if (!ct_has_item(can, ' ', name)) {
			e->object = name;
			if (!ct_group_hint_controller(name, strlen(name), e->hint, sizeof(e->hint)))
				snprintf(e->hint, sizeof(e->hint),
					 "this kernel has no controller of that name");
			return -ENOENT;
		}
		at = ct_append(word, size, at, at ? " +" : "+");
		at = ct_append(word, size, at, name);
	}
	return (int)at;
}

/* next: the name of the group below it on the path, which gets the controllers. */
static int enable_here(struct enable *e, int fd, const char *next)
{
	char word[NAMES * 36];
	int made = 0, leaf = -1, n, r = missing(e, fd, word, sizeof(word));

	if (r <= 0)
		return r;
	n = r;
	/* before anything is moved */
	r = ct_sys_faccessat2(fd, "cgroup.subtree_control", W_OK, AT_EACCESS);
	e->until_nsec = e->move ? ct_now_nsec() + MOVE_NSEC : 0;
	while (r == 0) {
		r = make_room(e, fd, next, &leaf, &made);
		if (r < 0)
			break;
		r = ct_write_at(fd, "cgroup.subtree_control", word, (size_t)n);
		if (r != -EBUSY || !e->move || ct_now_nsec() >= e->until_nsec)
			break;
		r = 0; /* somebody was born or came meanwhile */
	}
	if (r == -EBUSY)
		tell_busy(e, fd);
	unmake_room(e, fd, leaf, made && r < 0);
	return r;
}

static int enable_path(struct enable *e, int group_fd)
{
	const char *at = e->path;
	int r = 0, down, fd = ct_group_open(group_fd, ".");
	size_t n, len = 0;
	char name[256];

	while (fd >= 0 && r >= 0 && (at = ct_group_next_name(at, &n)) != NULL) {
		memcpy(name, at, n);
		name[n] = 0;
		at += n;
		r = enable_here(e, fd, name);
		if (r < 0)
			break;
		/* the last one is opened too: that it is there is part of the answer */
		len = ct_append(e->at, sizeof(e->at), len, len ? "/" : "");
		len = ct_append(e->at, sizeof(e->at), len, name);
		down = ct_group_open_below(fd, name);
		ct_sys_close(fd);
		fd = down;
	}
	if (fd >= 0)
		ct_sys_close(fd);
	return r < 0 ? r : fd < 0 ? fd : 0;
}

int contain_cgroup_enable_below(int group_fd, const char *path, const char *controllers,
				uint32_t flags, const char *leaf, contain_error **reterr)
{
	const char *op = "enable-controllers", *hint;
	struct enable e = { 0 };
	int r = check_args(path, controllers, flags, leaf, &e, reterr);

	if (r < 0)
		return r;
	r = ct_group_check_arg(reterr, op, "group_fd", group_fd);
	if (r < 0)
		return r;
	r = enable_path(&e, group_fd);
	if (r >= 0)
		return 0;
	hint = *e.hint ? e.hint : ct_group_hint(r);
	if (!*e.hint && r == -ENOENT)
		hint = "there is no such group";
	else if (!*e.hint && r == -EXDEV)
		hint = "something is mounted on it";
	return ct_group_fail(reterr, r, op, e.object ? e.object : *e.at ? e.at : ".", hint);
}
