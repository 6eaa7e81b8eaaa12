/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Groups with those below them, and the processes in them: what the primitives share. */
#ifndef CT_CGROUP_TREE_H
#define CT_CGROUP_TREE_H

#include <stddef.h>
#include <stdint.h>

/*
 * Calls visit for the group at fd (depth 0) and for every group below it, parents first; each with
 * a directory fd that is closed afterwards. What appears or vanishes meanwhile is seen or not. The
 * first negative answer ends it and is returned.
 */
typedef int ct_group_visit(void *arg, int fd, size_t depth);
int ct_group_walk(int fd, ct_group_visit *visit, void *arg);

/* Numbers of processes or threads. */
struct contain_pids {
	int32_t *v;
	size_t n, room;
	size_t outside; /* those of other pid namespaces, which have no number here */
};

/* Adds what a file (cgroup.procs, cgroup.threads, tasks) of the group lists. */
int ct_pids_read(int dirfd, const char *file, struct contain_pids *out);

/* Adds the numbers in text, of which the first may be the rest of one (*ret_rest). */
int ct_pids_parse(const char *text, size_t n, uint64_t *ret_rest, struct contain_pids *out);
#define CT_PIDS_NO_REST UINT64_MAX

/* Of the group at fd and of all below it. Those of a threaded subtree are in its root's. */
int ct_pids_read_below(int fd, const char *file, struct contain_pids *out);

/* Sorts, and leaves one of each. */
void ct_pids_sort(struct contain_pids *pids);
int ct_pids_has(const struct contain_pids *sorted, int32_t pid);
void ct_pids_drop(struct contain_pids *pids);

/* "12, 15, ..." of up to eight. */
void ct_pids_text(const struct contain_pids *pids, char *buf, size_t size);

/*
 * Kills one process after the other, where cgroup.kill is missing: in v1, and before Linux 5.14.
 * -EBUSY: some have no number here, or new ones come faster.
 */
int ct_group_kill_each(int fd);

/*
 * The extended attribute that says that a group was killed: of it and of all below it, as far as it
 * can be set. 0, -EEXIST, or why the group itself has not got it.
 */
int ct_group_mark_killed(int fd);
/* 1, 0, -errno. */
int ct_group_is_killed(int fd);

/* Kills the group with all below it, and marks it. As contain_cgroup_kill(). */
int ct_group_kill_tree(int fd);

/* Opens a path of plain names below fd; nothing that is mounted on the way is entered. */
int ct_group_open_below(int fd, const char *path);

/* The length of the first name of a path, and the rest: NULL, 0 at its end. */
const char *ct_group_next_name(const char *path, size_t *ret_n);
/* Each name can be a group's, and there is one at least. */
int ct_group_path_ok(const char *path);

/* ct_group_gc() in one directory, for one prefix (NULL: any). */
int ct_group_gc_below(int parent_fd, const char *prefix);

/* Moves a process: a pid and the pidfd that pins it. */
int ct_group_move(int group_fd, int pid, int pidfd);
const char *ct_group_move_hint(int err);

#endif
