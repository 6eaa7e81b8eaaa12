/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef CT_ROOTFS_ROOTFS_H
#define CT_ROOTFS_ROOTFS_H

#include "plan/spec.h"
#include "plan/union.h"

struct ct_compile;

extern const struct ct_module ct_rootfs_module;

#define CT_LAYERS_MAX 500 /* the kernel's OVL_MAX_STACK */

enum ct_root_kind {
	CT_ROOT_NONE,
	CT_ROOT_DIR,
	CT_ROOT_OVERLAY,
	CT_ROOT_TMPFS,
	CT_ROOT_HOST
};

struct ct_rootfs_part {
	enum ct_root_kind kind;
	struct ct_host_path *dir; /* the root, or the layers, topmost first */
	size_t ndirs;
	struct ct_host_path upper, work; /* of the caller, path NULL: the start's own */
	uint64_t size_bytes;
	uint32_t flags;
	uint32_t propagation; /* 0: private */
};

/* The steps of a view of the caller's root: host_plan.c. */
int ct_rootfs_plan_host(struct ct_compile *c, const struct ct_rootfs_part *p);
void ct_rootfs_describe_host(struct ct_text *out, const struct ct_block *b,
			     const struct ct_step *s);
const char *ct_rootfs_hint_host(const struct ct_run *r, const struct ct_step *s, char *buf,
				size_t size);

/* ---- sequences that the primitives and the steps share: enter_ops.c ---- */

/* On top of "/". */
int ct_rootfs_attach(int fd);
/* The working directory is the new root after it. */
int ct_rootfs_pivot(int root_fd);
int ct_rootfs_chroot(int root_fd);
/* Returns an fd of the mount that was laid on the initial ramfs, to be the root. */
int ct_rootfs_lay_again(void);

/* Flags of the setters of roots: contain/spec.h, contain/rootfs.h. */
#define CT_ROOT_FLAGS (CONTAIN_ROOT_READONLY | CONTAIN_ROOT_CHROOT)

/* ops of the child */
int ct_rootfs_op_host_dir(struct ct_run *r, const struct ct_step *s);
int ct_rootfs_op_host_root(struct ct_run *r, const struct ct_step *s);
int ct_rootfs_op_host_layer(struct ct_run *r, const struct ct_step *s);
int ct_rootfs_op_host_file(struct ct_run *r, const struct ct_step *s);
int ct_rootfs_op_host_link(struct ct_run *r, const struct ct_step *s);
int ct_rootfs_op_host_readonly(struct ct_run *r, const struct ct_step *s);
int ct_rootfs_op_share(struct ct_run *r, const struct ct_step *s);
int ct_rootfs_op_private(struct ct_run *r, const struct ct_step *s);
int ct_rootfs_op_dir(struct ct_run *r, const struct ct_step *s);
int ct_rootfs_op_tmpfs(struct ct_run *r, const struct ct_step *s);
int ct_rootfs_op_scratch(struct ct_run *r, const struct ct_step *s);
int ct_rootfs_op_overlay(struct ct_run *r, const struct ct_step *s);
int ct_rootfs_op_overlay_string(struct ct_run *r, const struct ct_step *s);
int ct_rootfs_op_pivot(struct ct_run *r, const struct ct_step *s);
int ct_rootfs_op_chroot(struct ct_run *r, const struct ct_step *s);
int ct_rootfs_op_initial(struct ct_run *r, const struct ct_step *s);
int ct_rootfs_op_upper(struct ct_run *r, const struct ct_step *s);
/* parent */
int ct_rootfs_op_check_dirs(struct ct_run *r, const struct ct_step *s);
int ct_rootfs_op_check_upper(struct ct_run *r, const struct ct_step *s);

#endif
