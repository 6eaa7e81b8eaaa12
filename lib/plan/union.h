/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Union mounts as steps make them: the root is one, and a spec may add others. Names that are given
 * to overlay are short and relative to a scratch, a private tmpfs that is the working directory, so
 * that paths of the host may be of any length and hold any byte.
 */
#ifndef CT_PLAN_UNION_H
#define CT_PLAN_UNION_H

#include "run.h"

struct ct_compile;
struct ct_text;

/* detail of a failed upper or work directory; of a layer: LAYER plus its index */
enum {
	CT_UPPER_UPPER = 1,
	CT_UPPER_WORK,
	CT_UPPER_PAIR,
	CT_UPPER_LAYER
};

int ct_union_option(int fs_fd, const char *key, const char *value);

/* A tmpfs that is not attached; size "": the kernel's default; mode NULL: 1777. */
int ct_union_tmpfs(struct ct_run *r, const char *size, const char *mode, uint32_t attr);

/*
 * Makes the scratch: on /proc, where the pivot does not meet it, and the working directory. dirs:
 * with an upper and a work directory. Its fd stays open.
 */
int ct_union_scratch(struct ct_run *r, const char *size, int dirs);

/* The caller's upper and work directory, by these names. pin: device and inode of both, or 0. */
int ct_union_upper(struct ct_run *r, int scratch, const char *upper, const char *work,
		   const int64_t *pin);

/*
 * The same looked at by the parent, before anything is made: the kernel has one word, EINVAL, for
 * most of what can be wrong with them. The detail of the report is what the hint goes by.
 */
int ct_union_check_upper(struct ct_run *r, const char *upper, const char *work, const char *layer,
			 int64_t layers);
const char *ct_union_hint_upper(const struct ct_run *r, char *buf, size_t size);

/* "lowerdir=0:1:2,upperdir=upper,workdir=work,userxattr": for ct_union_mount_string(). */
uint32_t ct_union_emit_options(struct ct_compile *c, size_t layers, int writable);
void ct_union_describe_layers(struct ct_text *out, const char *layer, int64_t layers);

struct ct_union {
	const char *layer; /* strings in a row, the topmost first */
	int64_t layers;
	int writable, userxattr;
	uint32_t attr; /* MOUNT_ATTR_* */
	const char *options; /* of ct_union_mount_string() */
};

/* A detached mount; Linux 6.8, and paths of 255 bytes at most. */
int ct_union_mount(struct ct_run *r, const struct ct_union *u);
/* On every kernel, on the directory "root" of the scratch. 0 or -errno. */
int ct_union_mount_string(struct ct_run *r, int scratch, const struct ct_union *u);

#endif
