/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rootfs.h"
#include "rootfs_rows.h"
#include "plan/compile.h"
#include "plan/text.h"
#include "sys/sys.h"

#include <contain/mount.h>
#include <contain/rootfs.h>
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define OP(row) CT_OP(CT_MODULE_ROOTFS, row)

static void part_free(void *part)
{
	struct ct_rootfs_part *p = part;

	for (size_t i = 0; i < p->ndirs; i++)
		free(p->dir[i].path);
	free(p->dir);
	free(p->upper.path);
	free(p->work.path);
}

static int intend(const void *part, struct ct_compile *c)
{
	const struct ct_rootfs_part *p = part;

	if (c->intent.joined & CLONE_NEWNS)
		return p->kind == CT_ROOT_NONE ?
			       0 :
			       ct_compile_fail(c, -EINVAL, "root",
					       "the root is that of the mount namespace that is "
					       "joined");
	if (p->kind == CT_ROOT_NONE)
		return ct_compile_fail(c, -EINVAL, "root",
				       "no root file system: call one "
				       "container_spec_set_root_*()");
	if ((p->kind == CT_ROOT_OVERLAY || p->kind == CT_ROOT_HOST) && !c->facts->overlay)
		return ct_compile_fail(c, -EOPNOTSUPP, "root",
				       "this kernel has no overlay file "
				       "system");
	if (!c->facts->mount_api || !c->facts->openat2 || !c->facts->clone3)
		return ct_compile_fail(c, -EOPNOTSUPP, "root",
				       "unsupported: a container needs clone3, openat2 and the "
				       "mount API of Linux 5.15; "
				       "a seccomp filter may refuse them");
	c->intent.root_events = !!(p->propagation & CONTAIN_PROPAGATION_SLAVE);
	if ((p->kind == CT_ROOT_DIR && !(p->flags & CONTAIN_ROOT_READONLY)) || p->upper.path)
		c->intent.image_changes =
			"the root can be written by others while the container starts";
	else if (p->kind == CT_ROOT_TMPFS || p->kind == CT_ROOT_HOST)
		c->intent.image_changes =
			"the program may lie where others can write while the container starts";
	c->intent.root_readonly = !!(p->flags & CONTAIN_ROOT_READONLY);
	c->intent.root_ephemeral =
		p->kind != CT_ROOT_DIR && !p->upper.path && !c->intent.root_readonly;
	return 0;
}

/* What would give the way back to the host's tree to the payload, which has not got it else. */
static int check_way_back(const struct ct_rootfs_part *p, struct ct_compile *c)
{
	const uint64_t leaves = 1ULL << CAP_SYS_CHROOT, unmounts = 1ULL << CAP_SYS_ADMIN;

	if (p->flags & CONTAIN_ROOT_CHROOT && c->intent.capabilities & (leaves | unmounts))
		return ct_compile_fail(c, -EINVAL, "root",
				       "CONTAIN_ROOT_CHROOT is undone by CAP_SYS_CHROOT, which a "
				       "payload has by default, and by CAP_SYS_ADMIN: leave them "
				       "out with container_spec_set_capabilities()");
	if (c->facts->initial_root && c->intent.capabilities & unmounts)
		return ct_compile_fail(c, -EINVAL, "root",
				       "the caller's root is the initial ramfs, which is covered "
				       "but never detached: with CAP_SYS_ADMIN the payload could "
				       "unmount its own root and see it; leave it out with "
				       "container_spec_set_capabilities()");
	return 0;
}

static void emit_check_dir(struct ct_compile *c, const struct ct_host_path *dir)
{
	struct ct_step *s = ct_emit(c, CT_STAGE_SOURCE, OP(CHECK_DIR), dir->path);

	s->arg[1] = (int64_t)dir->dev;
	s->arg[2] = (int64_t)dir->ino;
}

/* Strings in a row, each with its terminator; the first one's offset. */
static uint32_t emit_layers(struct ct_compile *c, const struct ct_rootfs_part *p)
{
	uint32_t first = 0;

	for (size_t i = 0; i < p->ndirs; i++) {
		uint32_t at = ct_emit_str(c, p->dir[i].path);

		if (!i)
			first = at;
	}
	return first;
}

static uint32_t emit_size(struct ct_compile *c, uint64_t bytes)
{
	char size[24] = "";

	if (bytes)
		snprintf(size, sizeof(size), "%llu", (unsigned long long)bytes);
	return ct_emit_str(c, size);
}

/* Both directories are looked at before, and named after, the scratch is there. */
static void plan_upper(struct ct_compile *c, const struct ct_rootfs_part *p, uint32_t layers)
{
	uint32_t upper = ct_emit_str(c, p->upper.path), work = ct_emit_str(c, p->work.path);
	struct ct_step *s;

	emit_check_dir(c, &p->upper);
	emit_check_dir(c, &p->work);
	s = ct_emit(c, CT_STAGE_SOURCE, OP(CHECK_UPPER), p->upper.path);
	s->str[0] = upper;
	s->str[1] = work;
	s->arg[0] = (int64_t)p->ndirs;
	s->arg[1] = layers;
	s = ct_emit(c, CT_STAGE_ROOT, OP(UPPER), p->upper.path);
	s->str[0] = upper;
	s->str[1] = work;
	s->arg[0] = (int64_t)p->upper.dev;
	s->arg[1] = (int64_t)p->upper.ino;
	s->arg[2] = (int64_t)p->work.dev;
	s->arg[3] = (int64_t)p->work.ino;
}

/*
 * An image may hold the node of a disk, and who runs it as root of the host could open that without
 * any capability. A spec without our own /dev has those of the image for a purpose.
 */
static int nodev(const struct ct_compile *c)
{
	return c->intent.own_dev ? CONTAIN_MOUNT_NODEV : 0;
}

/* A value of fsconfig(2) has 255 bytes at most; symlinks carry longer paths. */
static int can_add_layers(const struct ct_compile *c, const struct ct_rootfs_part *p)
{
	for (size_t i = 0; i < p->ndirs; i++)
		if (strlen(p->dir[i].path) > 255)
			return 0;
	return c->facts->lowerdir_add;
}

static void plan_overlay(struct ct_compile *c, const struct ct_rootfs_part *p)
{
	int writable = !(p->flags & CONTAIN_ROOT_READONLY), modern = can_add_layers(c, p);
	uint32_t size = emit_size(c, p->size_bytes);
	uint32_t layers = emit_layers(c, p);
	uint32_t options = modern ? 0 : ct_union_emit_options(c, p->ndirs, writable);
	struct ct_step *s;

	if (writable || !modern) {
		s = ct_emit(c, CT_STAGE_ROOT, OP(SCRATCH), p->upper.path ? "names" : "upper layer");
		s->str[0] = size;
		s->arg[0] = writable && !p->upper.path;
		s->arg[1] = s->arg[0] ? 2 : 0; /* directories made */
		s->arg[2] = 1 + (size != 0);   /* fsconfig calls */
	}
	if (p->upper.path)
		plan_upper(c, p, layers);
	s = ct_emit(c, CT_STAGE_ROOT, modern ? OP(OVERLAY) : OP(OVERLAY_STRING), "/");
	s->slot = p->upper.path ? CT_SLOT_SCRATCH : 0;
	s->str[0] = layers;
	s->str[1] = options;
	s->arg[0] = (int64_t)p->ndirs;
	s->arg[1] = writable;
	s->arg[2] = c->intent.user_xattr | (nodev(c) ? 2 : 0);
	/* fsconfig calls */
	s->arg[3] = (int64_t)p->ndirs + 2 * writable + c->intent.user_xattr + 1;
}

static int plan(const void *part, struct ct_compile *c)
{
	const struct ct_rootfs_part *p = part;
	struct ct_step *s;
	int err = 0;

	if (p->kind == CT_ROOT_NONE)
		return 0;
	err = check_way_back(p, c);
	if (err < 0)
		return err;
	for (size_t i = 0; i < p->ndirs; i++)
		emit_check_dir(c, &p->dir[i]);
	ct_emit(c, CT_STAGE_PRIVATE, OP(PRIVATE), "/")->arg[0] =
		c->intent.root_events ? CONTAIN_PROPAGATION_SLAVE : CONTAIN_PROPAGATION_PRIVATE;
	if (c->facts->initial_root)
		ct_emit(c, CT_STAGE_PRIVATE, OP(INITIAL), "/");
	if (p->kind == CT_ROOT_DIR) {
		uint32_t source = ct_emit_str(c, p->dir[0].path);

		s = ct_emit(c, CT_STAGE_ROOT, OP(ROOT_DIR), "/");
		s->str[0] = source;
		s->arg[0] = (p->flags & CONTAIN_ROOT_READONLY) | nodev(c);
		s->arg[1] = (int64_t)p->dir[0].dev;
		s->arg[2] = (int64_t)p->dir[0].ino;
		s->arg[3] = !!p->dir[0].ino;
	} else if (p->kind == CT_ROOT_TMPFS) {
		uint32_t size = emit_size(c, p->size_bytes);

		s = ct_emit(c, CT_STAGE_ROOT, OP(ROOT_TMPFS), "/");
		s->str[0] = size;
		s->arg[2] = 2 + (size != 0); /* fsconfig calls */
	} else if (p->kind == CT_ROOT_HOST) {
		err = ct_rootfs_plan_host(c, p);
	} else {
		plan_overlay(c, p);
	}
	ct_emit(c, CT_STAGE_PIVOT, p->flags & CONTAIN_ROOT_CHROOT ? OP(CHROOT) : OP(PIVOT), "/");
	if (p->propagation & CONTAIN_PROPAGATION_SHARED)
		ct_emit(c, CT_STAGE_PIVOT, OP(SHARE), "/");
	return err;
}

int ct_rootfs_op_check_dirs(struct ct_run *r, const struct ct_step *s)
{
	struct stat st;
	int err = ct_sys_newfstatat(AT_FDCWD, ct_block_str(r->plan, s->object), &st, 0);

	if (err < 0)
		return err;
	if (!S_ISDIR(st.st_mode))
		return -ENOTDIR;
	if (s->arg[2] && (st.st_dev != (uint64_t)s->arg[1] || st.st_ino != (uint64_t)s->arg[2]))
		return -ESTALE;
	return 0;
}

static void describe_private(struct ct_text *out, const struct ct_block *b,
			     const struct ct_step *s)
{
	if (s->arg[0] == CONTAIN_PROPAGATION_SLAVE)
		ct_text_add(out, "rslave: mounts of the host arrive");
}

static void describe_dir(struct ct_text *out, const struct ct_block *b, const struct ct_step *s)
{
	ct_text_add(out, "from ");
	ct_text_quoted(out, ct_block_str(b, s->str[0]));
	ct_text_add(out, s->arg[0] & CONTAIN_ROOT_READONLY ? " recursive read-only" : " recursive");
	if (s->arg[0] & CONTAIN_MOUNT_NODEV)
		ct_text_add(out, " nodev");
}

static void describe_scratch(struct ct_text *out, const struct ct_block *b, const struct ct_step *s)
{
	const char *size = ct_block_str(b, s->str[0]);

	ct_text_printf(out, "tmpfs of this start, size %s", *size ? size : "half of the memory");
}

static void describe_upper(struct ct_text *out, const struct ct_block *b, const struct ct_step *s)
{
	ct_text_add(out, "work ");
	ct_text_quoted(out, ct_block_str(b, s->str[1]));
}

static void describe_overlay(struct ct_text *out, const struct ct_block *b, const struct ct_step *s)
{
	ct_union_describe_layers(out, ct_block_str(b, s->str[0]), s->arg[0]);
	ct_text_add(out, s->slot   ? ", upper of the caller" :
			 s->arg[1] ? ", upper on the tmpfs" :
				     ", read-only");
	if (s->arg[2] & 2)
		ct_text_add(out, ", nodev");
	if (s->str[1])
		ct_text_printf(out, ", options %s", ct_block_str(b, s->str[1]));
}

int ct_rootfs_op_check_upper(struct ct_run *r, const struct ct_step *s)
{
	return ct_union_check_upper(r, ct_block_str(r->plan, s->str[0]),
				    ct_block_str(r->plan, s->str[1]),
				    ct_block_str(r->plan, (uint32_t)s->arg[1]), s->arg[0]);
}

static const char *hint_upper(const struct ct_run *r, const struct ct_step *s, char *buf,
			      size_t size)
{
	return ct_union_hint_upper(r, buf, size);
}

static const char *hint_source(const struct ct_run *r, const struct ct_step *s, char *buf,
			       size_t size)
{
	switch (-r->report->err) {
	case ENOENT:
		return "no such directory on the host";
	case ENOTDIR:
		return "the root file system, or a layer of it, has to be a directory";
	case EACCES:
		return "the caller may not search a directory on the way";
	case ESTALE:
		return "another directory has taken the place of the one that was given";
	default:
		return NULL;
	}
}

static const char *hint_dir(const struct ct_run *r, const struct ct_step *s, char *buf, size_t size)
{
	if (r->report->err == -EACCES)
		return "the child may not search a directory on the way: in a user namespace it "
		       "has the caller's rights only";
	return hint_source(r, s, buf, size);
}

static const char *hint_overlay(const struct ct_run *r, const struct ct_step *s, char *buf,
				size_t size)
{
	if (r->report->err == -EPERM && s->arg[2] & 1)
		return "this kernel does not allow overlay in a user namespace (Linux 5.11 does)";
	if (r->report->detail) {
		snprintf(buf, size, "layer %d of the union could not be opened as a layer",
			 (int)r->report->detail);
		return buf;
	}
	if (r->report->err == -EINVAL && s->arg[2] & 1)
		return "a layer cannot be one: it has mounts below it, which a user namespace "
		       "locks (for / there is container_spec_set_root_host()), it is itself an "
		       "overlay of the deepest level, or its file system has no support for it";
	if (r->report->err == -EINVAL)
		return "a layer cannot be one: it is itself an overlay of the deepest level, or "
		       "its file system has no support for it";
	return NULL;
}

static void describe_initial(struct ct_text *out, const struct ct_block *b,
			     const struct ct_step *s)
{
	ct_text_add(out, "a second mount of the initial ramfs, as the first cannot be pivoted");
}

static void describe_chroot(struct ct_text *out, const struct ct_block *b, const struct ct_step *s)
{
	ct_text_add(out, "weaker: the mounts of the host stay in the namespace, covered");
}

static const char *hint_chroot(const struct ct_run *r, const struct ct_step *s, char *buf,
			       size_t size)
{
	return r->report->err == -EPERM ? "a filter or a security module refuses chroot(2), or the "
					  "caller's bounding set lacks CAP_SYS_CHROOT" :
					  NULL;
}

static const char *hint_pivot(const struct ct_run *r, const struct ct_step *s, char *buf,
			      size_t size)
{
	if (r->report->err == -EINVAL)
		return "the caller's own root is no mount point: it runs in a chroot";
	if (r->report->err == -EPERM && s->op == OP(PIVOT))
		return "a filter or a security module refuses pivot_root(2); "
		       "CONTAIN_ROOT_CHROOT is the weaker way without it";
	return NULL;
}

static const struct ct_op ops[] = {
	[CHECK_DIR] = { .name = "check-dir",
			.run = ct_rootfs_op_check_dirs,
			.hint = hint_source,
			.calls = "newfstatat" },
	[SHARE] = { .name = "make-shared", .calls = "mount" },
	[PRIVATE] = { .name = "make-private",
		      .describe = describe_private,
		      .hint = hint_pivot,
		      .calls = "mount" },
	[ROOT_DIR] = { .name = "root-dir",
		       .describe = describe_dir,
		       .hint = hint_dir,
		       .calls = "open_tree newfstatat{a3} mount_setattr{a0&-1} move_mount" },
	[SCRATCH] = { .name = "mount-scratch",
		      .describe = describe_scratch,
		      .calls = "fsopen fsconfig{a2} fsmount move_mount mkdirat{a1} fchdir" },
	[OVERLAY] = { .name = "mount-overlay",
		      .describe = describe_overlay,
		      .hint = hint_overlay,
		      .calls = "fsopen fsconfig{a3} fsmount move_mount" },
	[OVERLAY_STRING] = { .name = "mount-overlay",
			     .describe = describe_overlay,
			     .hint = hint_overlay,
			     .calls = "symlinkat{a0} mkdirat mount openat" },
	[ROOT_TMPFS] = { .name = "root-tmpfs",
			 .describe = describe_scratch,
			 .calls = "fsopen fsconfig{a2} fsmount move_mount" },
	[CHECK_UPPER] = { .name = "check-upper",
			  .run = ct_rootfs_op_check_upper,
			  .describe = describe_upper,
			  .hint = hint_upper,
			  .calls = "( openat readlinkat ){2} statx{2} faccessat2{2} ( openat "
				   "readlinkat close ){a0} close{2}" },
	[UPPER] = { .name = "name-upper",
		    .describe = describe_upper,
		    .hint = hint_upper,
		    .calls = "symlinkat{2} newfstatat{a1&-1} newfstatat{a3&-1} openat flock "
			     "mkdirat fsopen fsconfig{5}" },
	[HOST_ROOT] = { .name = "layer-host",
			.describe = ct_rootfs_describe_host,
			.hint = ct_rootfs_hint_host,
			.calls = "newfstatat symlinkat mkdirat{2} fchownat? fchmodat fsopen "
				 "fsconfig{a3} fsmount close move_mount" },
	[HOST_LAYER] = { .name = "layer-host",
			 .describe = ct_rootfs_describe_host,
			 .hint = ct_rootfs_hint_host,
			 .calls = "newfstatat ( symlinkat mkdirat{2} fchownat? fchmodat fsopen "
				  "fsconfig* fsmount? close "
				  "( open_tree mount_setattr? )? "
				  "( openat2 ( openat2* ( mkdirat openat close )* )? move_mount "
				  "close )? close? )?" },
	[HOST_FILE] = { .name = "bind-host",
			.describe = ct_rootfs_describe_host,
			.hint = ct_rootfs_hint_host,
			.calls = "open_tree ( mount_setattr openat2 ( openat2* ( mkdirat openat "
				 "close )* ( mknodat openat "
				 "close )? )? move_mount close close )?" },
	[HOST_DIR] = { .name = "make-host-dir",
		       .describe = ct_rootfs_describe_host,
		       .hint = ct_rootfs_hint_host,
		       .calls = "( mkdirat fchmodat open_tree move_mount ){a1} ( openat2 mkdirat "
				"fchmodat close ){!a1}" },
	[HOST_LINK] = { .name = "make-host-link",
			.describe = ct_rootfs_describe_host,
			.hint = ct_rootfs_hint_host,
			.calls = "openat2 symlinkat close" },
	[HOST_READONLY] = { .name = "make-root-readonly", .calls = "mount_setattr" },
	[PIVOT] = { .name = "pivot-root",
		    .hint = hint_pivot,
		    .calls = "fchdir pivot_root umount2" },
	[INITIAL] = { .name = "mount-initial-root",
		      .describe = describe_initial,
		      .hint = hint_chroot,
		      .calls = "open_tree move_mount fchdir chroot close" },
	[CHROOT] = { .name = "change-root",
		     .describe = describe_chroot,
		     .hint = hint_chroot,
		     .calls = "fchdir chroot" },
};

const struct ct_module ct_rootfs_module = {
	.name = "rootfs",
	.part_size = sizeof(struct ct_rootfs_part),
	.part_free = part_free,
	.intend = intend,
	.plan = plan,
	.ops = ops,
	.nops = sizeof(ops) / sizeof(ops[0]),
};
