/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef CT_MOUNT_MOUNT_H
#define CT_MOUNT_MOUNT_H

#include "plan/spec.h"

extern const struct ct_module ct_mount_module;

/* Up to UNION they are mounts. */
enum ct_mount_kind {
	CT_MOUNT_BIND,
	CT_MOUNT_TMPFS,
	CT_MOUNT_FS,
	CT_MOUNT_UNION,
	CT_MOUNT_DIR,
	CT_MOUNT_FILE,
	CT_MOUNT_SYMLINK
};

/* What is changed on a mount that was made, in this order; six words of a plan's block. */
struct ct_mount_change {
	uint32_t rset, rclear;		 /* MOUNT_ATTR_* of the mount and all below it */
	uint32_t set, clear;		 /* of the mount itself */
	uint32_t propagation, recursive; /* MS_*; slave and shared: one after the other */
};
#define CT_MOUNT_CHANGE_WORDS 6

/* flags of an entry */
#define CT_BIND_ONE 1u	     /* without what is mounted below it */
#define CT_BIND_OPTIONAL 2u  /* nothing is mounted when the source is missing */
#define CT_BIND_PEER 4u	     /* its source is opened before mount events are cut off */
#define CT_BIND_IDMAP_ALL 8u /* what is mounted below it too */
#define CT_FS_COPY_UP 16u    /* what lay under the tmpfs is copied into it */
#define CT_FS_KEEP_MODE 32u  /* but for the mode of its root */
#define CT_UNION_OWN 64u     /* the upper layer is in memory */
#define CT_BIND_SLOT_AT 8    /* in arg[3] of idmap-source: the slot of the user namespace */
/* arg[1] of a union's step, beside UNION_OWN */
#define CT_UNION_GIVEN 1u   /* upper and work directory are the caller's */
#define CT_UNION_XATTR 2u   /* userxattr */
#define CT_UNION_STRING 4u  /* by mount(2) */
#define CT_UNION_MODERN 8u
#define CT_UNION_SCRATCH 16u

/* What a union's step has beside its layers, in the plan's block. */
struct ct_mount_union {
	uint32_t pin[8]; /* device and inode of upper and work directory, low half first */
	uint32_t upper, work, size, options; /* strings */
	struct ct_mount_change change;
};

struct ct_mount_entry {
	enum ct_mount_kind kind;
	char *target;
	uint32_t flags;
	struct ct_mount_change change;
	/* bind */
	struct ct_host_path source;
	char *idmap; /* "": the container's own ids; else ranges; NULL: as they are */
	/* fs: type, then options as "=key" with a value behind, or "!key"; each terminated */
	char *fs;
	size_t fs_size;
	uint32_t fs_options, fs_values;
	/* union: topmost first; upper.path NULL: none, or in memory */
	struct ct_host_path *layer;
	size_t nlayers;
	struct ct_host_path upper, work;
	/* tmpfs; file */
	uint64_t size_bytes;
	uint32_t mode; /* of a directory, too */
	/* file; symlink: what it points to */
	void *content;
};

struct ct_mount_path {
	char *path;
	int readonly; /* else masked */
};

struct ct_mount_device;
struct ct_device;
#define CT_MOUNT_ETC 3 /* hosts, resolv.conf, hostname */

struct ct_mount_part {
	uint32_t defaults;
	uint32_t hidepid;
	int subset_pid, sysfs;
	int keep_default_paths;
	struct ct_mount_entry *entry;
	size_t nentries;
	struct ct_mount_path *path;
	size_t npaths;
	struct ct_mount_device *device; /* device.h */
	struct ct_device *number;	/* of each of them */
	size_t ndevices;
	struct ct_mount_entry etc[CT_MOUNT_ETC]; /* files; target NULL: none */
};

/* CONTAIN_DEFAULT_* that are mounted. */
uint32_t ct_mount_defaults(const struct ct_mount_part *p);

/* What setters share. */
int ct_mount_part_of(container_spec *spec, const char *field, struct ct_mount_part **p);
int ct_mount_add_entry(container_spec *spec, struct ct_mount_part *p,
		       const struct ct_mount_entry *e);
/* The root itself is no target: -EINVAL. */
int ct_mount_check_target(container_spec *spec, const char *field, const char *target);
void ct_mount_entry_release(struct ct_mount_entry *e);
/* lowerdir=, upperdir= and workdir= of mount(8), "key=value" each, as a union of e. */
int ct_mount_union_words(container_spec *spec, char *const *data, size_t n,
			 struct ct_mount_entry *e);

/* CONTAIN_MOUNT_*: those of the kernel */
#define CT_MOUNT_ATIME (CONTAIN_MOUNT_NOATIME | CONTAIN_MOUNT_STRICTATIME)
#define CT_MOUNT_ATTRS                                                                             \
	(CONTAIN_MOUNT_READONLY | CONTAIN_MOUNT_NOSUID | CONTAIN_MOUNT_NODEV |                     \
	 CONTAIN_MOUNT_NOEXEC | CT_MOUNT_ATIME | CONTAIN_MOUNT_NODIRATIME |                        \
	 CONTAIN_MOUNT_NOSYMFOLLOW)

/* ---- sequences that the primitives and the steps share; all return a detached mount's fd ---- */

/* options: "key=value" strings, NULL-terminated; a key alone is a flag. log: where the kernel's
 * message goes when a call on the context fails, NULL: nowhere. */
struct ct_mount_fs {
	const char *type;
	const char *const *keys;   /* pairs key, value; value NULL: a flag; ends with key NULL */
	uint32_t attr;		   /* MOUNT_ATTR_* */
	int leave;		   /* the context stays open, see below */
};
int ct_mount_fs(struct ct_report *log, const struct ct_mount_fs *fs);

/* A recursive clone of what path names; identity checked when ino is not 0 (-ESTALE). */
int ct_mount_clone(int dirfd, const char *path, uint64_t dev, uint64_t ino);
/* The same of this mount alone. */
int ct_mount_clone_one(int dirfd, const char *path, uint64_t dev, uint64_t ino);

/* Sets MOUNT_ATTR_* on a mount and all below it. Adds only: clearing what is locked is refused. */
int ct_mount_set_attr(int fd, uint32_t attr, int recursive);
/*
 * Sets and clears. How access times are kept is one value for the kernel: whoever names a bit of
 * it in either changes it.
 */
int ct_mount_change_attr(int fd, uint32_t set, uint32_t clear, int recursive);
int ct_mount_set_propagation(int fd, uint64_t propagation, int recursive);
int ct_mount_change(int fd, const struct ct_mount_change *c);
/* How many system calls that makes. */
int ct_mount_change_calls(const struct ct_mount_change *c);

/*
 * Attaches a detached mount to path below root_fd, which is made when missing.
 *
 * leave: the fd of the mount point stays open. In the child all fds are closed together when those
 * of the payload are in place; one by one would be a tenth of all its system calls. What a spec can
 * have any number of is closed at once all the same, or RLIMIT_NOFILE would bound it.
 */
int ct_mount_attach(struct ct_run *r, int mount_fd, int root_fd, const char *path, int leave);

int ct_mount_amend(void *part, const void *over, struct ct_compile *c);

/* Binds: bind_plan.c. */
int ct_mount_plan_bind(struct ct_compile *c, const struct ct_mount_entry *e);
void ct_mount_plan_sys_bind(struct ct_compile *c);
/* File systems of any type, and unions: fs_plan.c. */
void ct_mount_plan_any(struct ct_compile *c, const struct ct_mount_entry *e, uint8_t slot);
int ct_mount_plan_union(struct ct_compile *c, const struct ct_mount_entry *e);
int ct_mount_op_check_union(struct ct_run *r, const struct ct_step *s);
void ct_mount_describe_bind(struct ct_text *out, const struct ct_block *b,
			    const struct ct_step *s);
void ct_mount_describe_any(struct ct_text *out, const struct ct_block *b,
			   const struct ct_step *s);
void ct_mount_describe_union(struct ct_text *out, const struct ct_block *b,
			     const struct ct_step *s);
void ct_mount_describe_change(struct ct_text *out, const struct ct_mount_change *c);
const char *ct_mount_hint_attach(const struct ct_run *r, const struct ct_step *s, char *buf,
				 size_t size);
const char *ct_mount_hint_idmap(const struct ct_run *r, const struct ct_step *s, char *buf,
				size_t size);
const char *ct_mount_hint_any(const struct ct_run *r, const struct ct_step *s, char *buf,
			      size_t size);
const char *ct_mount_hint_union(const struct ct_run *r, const struct ct_step *s, char *buf,
				size_t size);

/* Directories, files and symlinks of the spec: make_plan.c. */
int ct_mount_has_files(const struct ct_mount_part *p);
/*
 * Whether a file of the spec may be made in the tmpfs that entry i, or a default (-1), mounts on
 * path.
 */
int ct_mount_holds_file(const struct ct_mount_part *p, long i, const char *path);
/* slots: of each entry's tmpfs, tmp: of the default one on /tmp; 0: none. */
void ct_mount_plan_make(struct ct_compile *c, const struct ct_mount_part *p, size_t i,
			const uint8_t *slots, uint8_t tmp);
/* What comes after all entries. */
void ct_mount_plan_etc(struct ct_compile *c, const struct ct_mount_part *p, const uint8_t *slots,
		       uint8_t tmp);
void ct_mount_describe_make(struct ct_text *out, const struct ct_block *b, const struct ct_step *s);
const char *ct_mount_hint_make(const struct ct_run *r, const struct ct_step *s, char *buf,
			       size_t size);
#define CT_CALLS_PARENT "openat2 ( openat2* ( mkdirat openat close )* )?"
/* a place that symlinks lead to, or a name as it is */
#define CT_CALLS_BOUND                                                                             \
	"openat write{a3&1} fchmod close open_tree mount_setattr{a3&2} ( openat2 "                 \
	"( openat2* ( mkdirat openat close )* ( mknodat openat close )? )? ){!a3&4} "              \
	"( " CT_CALLS_PARENT " openat ( mknodat openat )? close ){a3&4} move_mount close close"
/* bits of arg[3] of make-file */
#define CT_FILE_CONTENT 1
#define CT_FILE_READONLY 2
#define CT_FILE_NAME 4 /* what has this name is covered, a symlink too */

/* ---- ops of the child ---- */
int ct_mount_op_files(struct ct_run *r, const struct ct_step *s);
int ct_mount_op_make_dir(struct ct_run *r, const struct ct_step *s);
int ct_mount_op_make_file(struct ct_run *r, const struct ct_step *s);
int ct_mount_op_make_symlink(struct ct_run *r, const struct ct_step *s);
int ct_mount_op_fs(struct ct_run *r, const struct ct_step *s);
int ct_mount_op_tmpfs(struct ct_run *r, const struct ct_step *s);
int ct_mount_op_dev(struct ct_run *r, const struct ct_step *s);
int ct_mount_op_dev_nodes(struct ct_run *r, const struct ct_step *s);
int ct_mount_op_dev_binds(struct ct_run *r, const struct ct_step *s);
int ct_mount_op_dev_fs(struct ct_run *r, const struct ct_step *s);
int ct_mount_op_union_scratch(struct ct_run *r, const struct ct_step *s);
int ct_mount_op_union(struct ct_run *r, const struct ct_step *s);
int ct_mount_op_any(struct ct_run *r, const struct ct_step *s);
int ct_mount_op_bind_source(struct ct_run *r, const struct ct_step *s);
int ct_mount_op_bind(struct ct_run *r, const struct ct_step *s);
int ct_mount_op_empty_dir(struct ct_run *r, const struct ct_step *s);
int ct_mount_op_mask(struct ct_run *r, const struct ct_step *s);
int ct_mount_op_readonly(struct ct_run *r, const struct ct_step *s);
/* parent */
int ct_mount_op_idmap_source(struct ct_run *r, const struct ct_step *s);
void ct_mount_release_source(struct ct_run *r, const struct ct_step *s);
int ct_mount_op_check_source(struct ct_run *r, const struct ct_step *s);

/* steps' arg[0] of ct_mount_op_fs and ct_mount_op_dev_fs */
enum ct_mount_fs_id {
	CT_FS_PROC,
	CT_FS_SYSFS,
	CT_FS_CGROUP2,
	CT_FS_CGROUP2_WRITABLE,
	CT_FS_CGROUP,
	CT_FS_CGROUP_TMPFS,
	CT_FS_DEVPTS,
	CT_FS_SHM,
	CT_FS_MQUEUE,
};

/* detail of a failed attach; of a failed option, plus its number */
enum {
	CT_ATTACH_TARGET = 1,
	CT_ATTACH_SOURCE = 2,
	CT_ATTACH_MOVE = 3,
	CT_COPY_UP = 4,
	CT_IDMAP = 5,
	CT_FS_OPTION = 16,
};

/* Copies what lies at path below the root into a file system that is not attached yet. */
int ct_mount_copy_up(struct ct_run *r, const char *path, int mount_fd, int keep_mode);

#endif
