/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Unions. Three ways to hand the layers to the kernel, none of which takes a name that somebody
 * else could change:
 *
 * - by fd: FSCONFIG_SET_FD, Linux 6.13; since 6.15 an upper directory on a detached tmpfs too;
 * - by working directory: a child that shares the fd table, but not the working directory, goes
 *   into each layer and says ".", Linux 6.8;
 * - in a mount namespace of the child's own, where clones of the layers are attached at short
 *   names on a tmpfs: one option string of a page holds 500 of them. The mount comes back through
 *   the shared fd table.
 */
#ifndef CT_MOUNT_OVERLAY_H
#define CT_MOUNT_OVERLAY_H

#include "sys/sys.h"

#include <contain/overlay.h>

#define CT_OVERLAY_OPTIONS 8
#define CT_OVERLAY_LOG 1024

enum ct_overlay_upper { CT_UPPER_NONE, CT_UPPER_GIVEN, CT_UPPER_EPHEMERAL };

struct contain_overlay {
	int *layer; /* fds, topmost first; data-only ones last */
	int layers, data_only, room;
	enum ct_overlay_upper kind;
	int upper, work; /* fds or -1 */
	uint64_t size_bytes, inodes;
	int8_t option[CT_OVERLAY_OPTIONS]; /* by CONTAIN_OVERLAY_*: a value, -1: not set */
	/* the first refusal of a setter */
	int err;
	char field[24];
	const char *why;
};

/* What went wrong, for the error. */
struct ct_overlay_why {
	char object[32];
	const char *hint;
	char log[CT_OVERLAY_LOG]; /* the kernel's, "" for none */
};

/* -ENOSYS of any call. */
#define CT_OVERLAY_UNSUPPORTED                                                                     \
	"unsupported: one of fsopen(2), fsconfig(2), fsmount(2), open_tree(2), clone3(2) is not "  \
	"in this kernel, or refused by a filter"

int ct_overlay_fail(struct ct_overlay_why *why, int err, const char *object, const char *hint);

/* Options as keys and values for fsconfig(2), NULL at the end; room for 2 * CT_OVERLAY_OPTIONS. */
void ct_overlay_keys(const contain_overlay *o, const char **keys);
const char *ct_overlay_option_name(int option);
/* The options with the defaults that are ours: CT_OVERLAY_OPTIONS values. */
void ct_overlay_options_used(const contain_overlay *o, int8_t *ret);

/* What can be said without the kernel's overlay: overlay_check.c. structure: no call at all. */
int ct_overlay_check_structure(const contain_overlay *o, struct ct_overlay_why *why);
int ct_overlay_check_places(const contain_overlay *o, struct ct_overlay_why *why);
/* The kernel wants upper and work directory on one: 1, 0, -errno. */
int ct_overlay_one_mount(int a, int b);
/* -ESTALE: o->work is left from a volatile mount. */
int ct_overlay_check_volatile(const contain_overlay *o, struct ct_overlay_why *why);
int ct_overlay_check_use(const contain_overlay *o, struct ct_overlay_why *why);
/* After the kernel's refusal: its reason, and the error that says so, or err. */
int ct_overlay_explain(const contain_overlay *o, int err, struct ct_overlay_why *why);

/* Whether some overlay has this directory as upper or work directory: 0, -EBUSY, -errno. */
int ct_overlay_in_use(int dir_fd);

/* ---- the child: overlay_ops.c ---- */

enum ct_overlay_job {
	CT_OVERLAY_CWD,	  /* layers into a context that the caller has opened */
	CT_OVERLAY_NS,	  /* the whole mount, in a mount namespace of the child's own */
	CT_OVERLAY_PROBE, /* whether upper is in use */
};

/* In memory that caller and child share. */
struct ct_overlay_child {
	enum ct_overlay_job job;
	int fs;		       /* CWD: the context; NS: the one that failed, for its log, or -1 */
	const int *layer;      /* CWD: fds of the caller's; NS: clones of them */
	int layers, data_only; /* data_only of layers */
	int upper, work;       /* CWD, PROBE: fds; -1: none */
	const char *const *keys;
	/* NS */
	int lowerdir_add;   /* one "lowerdir+" per layer; else one string in options */
	char *options;	    /* a page */
	size_t options_len; /* of what is in it so far: the options, without layers */
	int base;	    /* a clone of a directory with upper and work below it, or -1 */
	const char *upper_path, *work_path; /* from there */
	uint64_t upper_id[2], work_id[2];   /* device and inode that are there */
	int ephemeral;
	const char *size, *inodes; /* of the tmpfs, "" for the default */
	uint32_t mode, uid, gid;   /* of its upper directory */
	uint32_t attributes;
	/* out */
	int err, detail; /* detail: 1 + layer, or CT_OVERLAY_AT_* */
	int mnt;
};

/* detail */
#define CT_OVERLAY_AT_UPPER (-1)
#define CT_OVERLAY_AT_WORK (-2)
#define CT_OVERLAY_AT_NS (-3)	   /* unshare(2) */
#define CT_OVERLAY_AT_TMPFS (-4)   /* the tmpfs of names or of the upper directory */
#define CT_OVERLAY_AT_OPTION (-64) /* minus the index of the key in keys */

int ct_overlay_child_main(void *arg); /* struct ct_overlay_child */
/* A detached tmpfs with directories upper and work: its fd. */
int ct_overlay_tmpfs(const struct ct_overlay_child *c);
int ct_overlay_apply_options(int fs, const char *const *keys, int *ret_detail);

/* Runs the child to its end: overlay_run.c. -errno: there was none; else c->err. */
int ct_overlay_run(struct ct_overlay_child *c);

/* All that the kernel has to say, lines joined by "; ". */
void ct_overlay_log(int fs_fd, char *log, size_t size);

#endif
