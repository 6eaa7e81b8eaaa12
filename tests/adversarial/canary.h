/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Oracle H: a piece of the host that nobody in a container has business with.
 *
 *	struct h_canary *c = h_new();		a file system with a canary and room for images
 *	...					an attack
 *	h_check(c);				fails the test if the canary was touched
 *	h_free(c);
 *
 * The canary is a tree with known inode, ctime, mode, owner, size and content. From h_new() on,
 * fanotify tells of every open (for reading too), change, new and removed name in it, through
 * whatever mount. Besides it: values of kernel settings, and a marker file of a random name.
 * What the test itself does with the tree it takes back with h_forget().
 */
#ifndef H_CANARY_H
#define H_CANARY_H

#include "harness.h"

struct h_canary;

/* Root, in the test's own mount namespace, where the file system is mounted. */
struct h_canary *h_new(void);
void h_free(struct h_canary *c);

/* The file system's root. Images lie beside the canary, so that one handle or ".." leads over. */
const char *h_host(const struct h_canary *c);
/* The tree: file, secret (0600), node (1:3), link, dir/file, dir/sub, etc/passwd, MARKER... */
const char *h_tree(const struct h_canary *c);
const char *h_marker(const struct h_canary *c);	/* the path of the marker */
/*
 * "hunt ..." for the payload: it tries every known route to the marker, says "found ROUTE" for
 * each that is open, opens the marker there for writing, and says "hunted" at the end.
 */
const char *h_hunt(const struct h_canary *c);

/* Fails the test if anything is not as it was. */
#define h_check(c) h_check_at((c), __FILE__, __LINE__)
void h_check_at(struct h_canary *c, const char *file, int line);
/* The same without failing: the number of findings, told in @buf. */
int h_diff(struct h_canary *c, char *buf, size_t size);
/* Drops the events so far: those of the test's own doing. Works in every child, too. */
void h_forget(struct h_canary *c);

/*
 * Whether a file of this name was opened, made or changed anywhere in the file system, images
 * included, since h_new() or h_forget(). FAN_* of fanotify(7); 0: any.
 */
int h_saw(struct h_canary *c, const char *name, uint64_t mask);
/* The names of all files, without directories, that were opened outside of the canary: "a b c". */
const char *h_opened(struct h_canary *c);

#endif
