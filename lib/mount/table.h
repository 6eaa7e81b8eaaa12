/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A table while it is made: entries and their strings are added, in any of the ways, and
 * ct_table_finish() lays the index over them. From then on it never changes.
 */
#ifndef CT_MOUNT_TABLE_H
#define CT_MOUNT_TABLE_H

#include <contain/mount_table.h>
#include <stddef.h>
#include <stdint.h>

/* The strings of an entry: offsets into the table's text, 0: none. */
enum ct_table_text {
	CT_TABLE_ROOT,
	CT_TABLE_TARGET,
	CT_TABLE_TYPE,
	CT_TABLE_SOURCE,
	CT_TABLE_OPTIONS,
	CT_TABLE_SUPER,
	CT_TABLE_STATS,
	CT_TABLE_TEXTS,
};

struct ct_table_mount {
	uint64_t unique_id;
	uint32_t id, parent_id;
	int parent; /* index, or -ENOENT; from here to `children` when all is read */
	int first; /* where its children begin in contain_mount_table.child */
	int children;
	uint32_t major, minor;
	uint32_t attributes, propagation;
	uint32_t peer_group, master, propagate_from;
	size_t text[CT_TABLE_TEXTS];
};

struct contain_mount_table {
	int references;
	struct ct_table_mount *mount;
	size_t count, room;
	char *text;
	size_t text_size, text_room;
	/* the index */
	uint32_t *by_id, *by_unique, *by_place; /* hashes of index + 1; 0: free */
	size_t slots; /* of each, a power of 2 */
	int *child; /* all children, those of one mount together */
	int *walk, *depth; /* by place in the tree */
	int top; /* what lies at the bottom of "/", or -ENOENT */
	uint64_t seed; /* of the hashes: names are chosen by whoever mounts */
};

/* A zeroed table with one reference, or NULL. */
struct contain_mount_table *ct_table_new(void);
struct contain_mount_table *ct_table_ref(struct contain_mount_table *t);

/* A zeroed entry at the end, or NULL: no memory. Moves those that are there. */
struct ct_table_mount *ct_table_add(struct contain_mount_table *t);
/* Copies n bytes of a string that belongs to an entry. -ENOMEM. */
int ct_table_text(struct contain_mount_table *t, size_t i, enum ct_table_text which, const char *s,
		  size_t n);
/* NULL for none. */
const char *ct_table_string(const struct contain_mount_table *t, int i, enum ct_table_text which);

/* 0; -ENOMEM; -EEXIST: an id twice; -ELOOP: parents in a circle. The index of one is in *ret_at. */
int ct_table_finish(struct contain_mount_table *t, int *ret_at);

/* "//a/b/" -> "/a/b", which free() frees; the root is "". NULL: no memory. */
char *ct_table_tidy(const char *path);

/* Undoes "\040" and the like, as the kernel writes and libmount reads them. The new length. */
size_t ct_table_unescape(char *s);

/*
 * Text of mountinfo, which is changed meanwhile, into entries. 0; -ENOMEM; -EINVAL: the line with
 * the number in *ret_line, from 1, is none of mountinfo's.
 */
int ct_table_read_mountinfo(struct contain_mount_table *t, char *text, int *ret_line);

/*
 * Text of mountstats, in the order of mountinfo: what it has for a mount is kept with its entry.
 * Before the end of the table. 0 or -ENOMEM.
 */
int ct_table_read_stats(struct contain_mount_table *t, const char *text);

/* The words of mountinfo for attributes, and back. */
uint32_t ct_table_attributes_of(const char *options);
/* At most 128 bytes. */
void ct_table_options_of(uint32_t attributes, char *buf, size_t size);

/* ---- where it is read from ---- */

/* What is looked at: a process, a mount namespace, or the calling thread. */
struct ct_table_where {
	int fd; /* the caller's; -1: the calling thread */
	int pid; /* 0: no pidfd */
	int no_ids; /* statmount(2) cannot be asked for this namespace */
	uint64_t ns_id; /* for statmount(2); 0: the thread's own */
	const char *object, *hint; /* of what failed */
	char text[64]; /* where the hint is made */
};

/* 0 or -errno, with object and hint. */
int ct_table_where(int fd, struct ct_table_where *w);
/* Opens mountinfo or mountstats of it. An fd above 2, or -errno. */
int ct_table_open(struct ct_table_where *w, const char *file);
/* All that fd has from its beginning on, with a terminator, which free() frees. 0 or -errno. */
int ct_table_slurp(int fd, char **ret_text, size_t *ret_size);
/* 1: the mounts changed since this was asked of fd last, a file mountinfo; 0, -errno. */
int ct_table_changed(int fd);

/*
 * One state of the mounts, from fd, the file mountinfo of w, which nobody else polls; stats: the
 * file mountstats, or -1. -EAGAIN: they changed all the time.
 */
int ct_table_take(struct ct_table_where *w, uint32_t flags, int fd, int stats,
		  struct contain_mount_table **ret);

/* ---- statmount(2) ---- */

/*
 * All mounts of the namespace, by the kernel's two calls alone. -EOPNOTSUPP: the kernel has not all
 * of it. -ESTALE: one went meanwhile. -EPERM and the like: what the kernel said.
 */
int ct_table_statmount(struct contain_mount_table *t, uint64_t ns_id);
/* The entry of one mount of the calling thread's namespace. -ENOENT: it is not there. */
int ct_table_statmount_one(struct contain_mount_table *t, uint64_t unique_id);
/* Unique ids of the entries that are there, where the kernel tells them. 0 or -ENOMEM. */
int ct_table_unique_ids(struct contain_mount_table *t, uint64_t ns_id);

/* ---- the child that enters a mount namespace ---- */

struct ct_table_child {
	int ns_fd, proc_fd;
	const char *file; /* "mountinfo" */
	int ret; /* the opened fd, in the table that both share, or -errno */
	int entered;
};

int ct_table_child_run(void *arg);

#endif
