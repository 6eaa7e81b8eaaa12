/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "device.h"
#include "mount.h"
#include "mount_rows.h"
#include "plan/compile.h"
#include "plan/text.h"
#include "sys/sys.h"

#include <contain/namespace.h>
#include <contain/spec_root.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define OP(row) CT_OP(CT_MODULE_MOUNT, row)

/*
 * What the kernel tells about the whole machine; the sets that OCI runtimes agree on, without
 * timer_stats, which went with Linux 4.11, and what is on the sysfs of a host alone
 * (/sys/fs/selinux). The counts of interrupts tell when keys are hit. The last directory and the
 * last file are there in every kernel: no spare clone is left (hide()).
 */
static const struct {
	const char *path;
	int dir;
} masked[] = {
	{ "/proc/acpi", 1 },	      { "/proc/asound", 1 },	 { "/proc/scsi", 1 },
	{ "/sys/devices/virtual/powercap", 1 },
	{ "/sys/firmware", 1 },	      { "/proc/interrupts", 0 }, { "/proc/kcore", 0 },
	{ "/proc/keys", 0 },	      { "/proc/latency_stats", 0 },
	{ "/proc/sched_debug", 0 }, { "/proc/timer_list", 0 },
};
static const char *const readonly[] = { "/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys",
					"/proc/sysrq-trigger" };

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* Of ct_make_in_root() of a directory, and of what a bind's source is. */
#define MAKE_DIR "openat2 ( openat2* ( mkdirat openat close )* )?"
#define MAKE_ANY "openat2 openat2* ( mkdirat openat close )* ( mknodat openat close )?"
#define BIND_CALLS "openat2 ( newfstatat " MAKE_ANY " )? move_mount close close"
#define OPEN_CALLS "newfstatat{a2&-1} mount_setattr{a0}"
/* x, or nothing where the source may be missing and is */
#define UNLESS_MISSING(x) "( " x " )?{a3&2} ( " x " ){!a3&2}"

static void part_init(void *part)
{
	struct ct_mount_part *p = part;

	p->defaults = CONTAIN_DEFAULT_ALL;
	p->keep_default_paths = 1;
}

uint32_t ct_mount_defaults(const struct ct_mount_part *p)
{
	return p->defaults & ~(p->sysfs == CONTAIN_SYSFS_NONE ? CONTAIN_DEFAULT_SYS : 0);
}

static void part_free(void *part)
{
	struct ct_mount_part *p = part;

	for (size_t i = 0; i < p->nentries; i++)
		ct_mount_entry_release(&p->entry[i]);
	for (size_t i = 0; i < p->npaths; i++)
		free(p->path[i].path);
	for (int i = 0; i < CT_MOUNT_ETC; i++)
		ct_mount_entry_release(&p->etc[i]);
	ct_mount_device_free(p);
	free(p->entry);
	free(p->path);
}

static int has_masks(const struct ct_mount_part *p)
{
	if (p->keep_default_paths &&
	    ct_mount_defaults(p) & (CONTAIN_DEFAULT_PROC | CONTAIN_DEFAULT_SYS))
		return 1;
	for (size_t i = 0; i < p->npaths; i++)
		if (!p->path[i].readonly)
			return 1;
	return 0;
}

/* One namespace for all mounts with the same map. */
static int intend_idmap(struct ct_compile *c, const char *text)
{
	int slot;

	for (uint32_t i = 0; i < c->intent.idmaps; i++)
		if (!strcmp(c->intent.idmap[i].text, text))
			return 0;
	if (c->intent.idmaps == CT_IDMAPS_MAX)
		return ct_compile_fail(c, -E2BIG, "mount.idmap", "more than 8 different maps");
	slot = ct_emit_slot(c);
	if (slot < 0)
		return slot;
	c->intent.idmap[c->intent.idmaps++] = (struct ct_idmap){ text, (uint8_t)slot };
	return 0;
}

/* What cannot be had where nothing is mounted. */
static const char *in_joined(const struct ct_mount_part *p)
{
	if (p->nentries)
		return "mounts";
	return p->npaths ? "paths" : p->ndevices ? "device" : "hosts, resolv_conf, hostname_file";
}

static int intend(const void *part, struct ct_compile *c)
{
	const struct ct_mount_part *p = part;

	if (c->intent.joined & CONTAIN_NS_MNT)
		return p->nentries || p->npaths || p->ndevices || ct_mount_has_files(p) ?
			       ct_compile_fail(c, -EINVAL, in_joined(p),
					       "nothing is mounted in a mount namespace that is "
					       "joined") :
			       0;
	c->intent.null_device |= has_masks(p);
	c->intent.own_proc |= !!(ct_mount_defaults(p) & CONTAIN_DEFAULT_PROC);
	c->intent.proc_subset = p->subset_pid;
	c->intent.own_dev |= !!(ct_mount_defaults(p) & CONTAIN_DEFAULT_DEV);
	for (size_t i = 0; i < p->nentries; i++)
		if (p->entry[i].idmap && intend_idmap(c, p->entry[i].idmap) < 0)
			return -E2BIG;
	if (ct_mount_has_files(p))
		c->intent.files_slot = (int)c->next_slot++; /* before binds take all of them */
	c->intent.device_nodes |= c->intent.privileged &&
				  ct_mount_defaults(p) & CONTAIN_DEFAULT_DEV;
	return ct_mount_intend_devices(p, c);
}

static struct ct_step *emit_fs(struct ct_compile *c, int row, const char *target,
			       enum ct_mount_fs_id id, int configs)
{
	struct ct_step *s = ct_emit(c, CT_STAGE_MOUNT_DEFAULT, OP(row), target);

	s->arg[0] = id;
	s->arg[1] = configs; /* calls of fsconfig(2) */
	return s;
}

/* The file system that shows groups, on the directory that sysfs has for it. */
static void emit_on_sys(struct ct_compile *c, int row, enum ct_mount_fs_id id, int configs)
{
	uint32_t name = ct_emit_str(c, "fs/cgroup");
	struct ct_step *s = emit_fs(c, row, "/sys/fs/cgroup", id, configs);

	s->str[1] = name;
	s->arg[3] = 1;
}

/* In a namespace of its own the container may see its own groups; it writes them when asked for. */
static void plan_cgroup_fs(struct ct_compile *c)
{
	enum ct_mount_fs_id id;
	char target[64];

	if (!(c->intent.owned & CONTAIN_NS_CGROUP))
		return;
	id = c->intent.group_writable ? CT_FS_CGROUP2_WRITABLE : CT_FS_CGROUP2;
	if (!c->intent.v1) {
		if (c->intent.group)
			emit_on_sys(c, CGROUP2, id, 1);
		return;
	}
	emit_on_sys(c, CGROUP, CT_FS_CGROUP_TMPFS, 2);
	for (uint32_t i = 0; i < c->intent.v1; i++) {
		uint32_t name = ct_emit_str(c, c->intent.v1_names[i]);

		snprintf(target, sizeof(target), "/sys/fs/cgroup/%s", c->intent.v1_names[i]);
		emit_fs(c, CGROUP, target, CT_FS_CGROUP, 2)->str[0] = name;
	}
	if (c->intent.group)
		emit_fs(c, CGROUP2, "/sys/fs/cgroup/unified", id, 1);
}

/* sysfs shows the network namespace: a user namespace that does not own it may not mount one */
static int has_own_sys(const struct ct_compile *c)
{
	return c->intent.privileged || c->intent.owned & CONTAIN_NS_NET;
}

static int plan_sys(struct ct_compile *c, const struct ct_mount_part *p)
{
	if (has_own_sys(c)) {
		emit_fs(c, SYSFS, "/sys", CT_FS_SYSFS, 1)->slot = CT_SLOT_SYS;
		plan_cgroup_fs(c);
		return 0;
	}
	if (p->sysfs == CONTAIN_SYSFS_OWN)
		return ct_compile_fail(c, -EINVAL, "sysfs",
				       "a user namespace may mount a sysfs only of a network "
				       "namespace that it owns: add CONTAIN_NS_NET, or "
				       "CONTAIN_SYSFS_AUTO binds the caller's /sys");
	ct_mount_plan_sys_bind(c);
	return 0;
}

static void plan_proc(struct ct_compile *c, const struct ct_mount_part *p)
{
	static const char *const words[] = { NULL, "noaccess", "invisible", NULL, "ptraceable" };
	uint32_t hidepid = ct_emit_str(c, words[p->hidepid]);
	uint32_t subset = ct_emit_str(c, p->subset_pid ? "pid" : NULL);
	struct ct_step *s = emit_fs(c, PROC, "/proc", CT_FS_PROC,
				    1 + !!words[p->hidepid] + p->subset_pid);

	s->slot = CT_SLOT_PROC;
	s->str[0] = hidepid;
	s->str[1] = subset;
}

static void plan_dev(struct ct_compile *c, const struct ct_mount_part *p, int masks)
{
	struct ct_step *s;

	ct_emit(c, CT_STAGE_MOUNT_DEFAULT, OP(DEV), "/dev");
	ct_mount_plan_own_devices(c, p, 1);
	s = ct_emit(c, CT_STAGE_MOUNT_DEFAULT,
		    c->intent.device_nodes ? OP(DEV_NODES) : OP(DEV_BINDS), "/dev");
	s->arg[0] = masks;
	ct_mount_plan_own_devices(c, p, 0);
	s = ct_emit(c, CT_STAGE_MOUNT_DEFAULT, OP(DEV_FS), "/dev/pts");
	s->arg[0] = CT_FS_DEVPTS;
	s->arg[1] = c->intent.privileged; /* gid 5, tty, may not be mapped in a user namespace */
	s->arg[2] = 3 + c->intent.privileged;
	s->slot = c->intent.terminal ? CT_SLOT_PTS : CT_SLOT_NONE;
	s = ct_emit(c, CT_STAGE_MOUNT_DEFAULT, OP(DEV_FS), "/dev/shm");
	s->arg[0] = CT_FS_SHM;
	s->arg[2] = 2;
	if (c->intent.owned & CONTAIN_NS_IPC) { /* mqueue shows the ipc namespace */
		s = ct_emit(c, CT_STAGE_MOUNT_DEFAULT, OP(DEV_FS), "/dev/mqueue");
		s->arg[0] = CT_FS_MQUEUE;
		s->arg[2] = 1;
	}
}

static void plan_tmpfs(struct ct_compile *c, enum ct_stage stage, const char *target,
		       uint64_t bytes, uint32_t mode, uint8_t slot)
{
	char size[24] = "", octal[8] = ""; /* a new tmpfs has mode 1777 */
	uint32_t size_at, mode_at;
	struct ct_step *s;

	if (bytes)
		snprintf(size, sizeof(size), "%llu", (unsigned long long)bytes);
	if (mode != 01777)
		snprintf(octal, sizeof(octal), "%o", mode);
	size_at = ct_emit_str(c, size);
	mode_at = ct_emit_str(c, octal);
	s = ct_emit(c, stage, OP(TMPFS), target);
	s->str[0] = size_at;
	s->str[1] = mode_at;
	s->arg[1] = 1 + !!bytes + !!*octal; /* calls of fsconfig(2) */
	s->slot = slot;
	s->arg[2] = stage == CT_STAGE_MOUNT && !slot; /* there may be many: fds are closed */
}

/*
 * A default path. What the spec mounts may lie over /proc and /sys, and then it is resolved there;
 * else a name in our own file system is good without that.
 */
static void plan_default_path(struct ct_compile *c, const struct ct_mount_part *p, uint16_t op,
			      const char *path, int dir)
{
	int proc = path[1] == 'p';
	const char *name = path + (proc ? 6 : 5); /* "/proc/", "/sys/" */
	uint32_t name_at = 0;
	struct ct_step *s;
	uint8_t slot = 0;

	if (!(ct_mount_defaults(p) & (proc ? CONTAIN_DEFAULT_PROC : CONTAIN_DEFAULT_SYS)))
		return;
	if (proc && p->subset_pid) /* there are processes alone */
		return;
	if (!p->nentries && !strchr(name, '/') && (proc || has_own_sys(c))) {
		slot = proc ? CT_SLOT_PROC : CT_SLOT_SYS;
		name_at = ct_emit_str(c, name);
	}
	s = ct_emit(c, CT_STAGE_MASK, op, path);
	s->slot = slot;
	s->str[0] = name_at;
	s->arg[1] = dir;
	s->arg[2] = slot != 0;
}

static void plan_paths(struct ct_compile *c, const struct ct_mount_part *p)
{
	if (has_masks(p) && !(ct_mount_defaults(p) & CONTAIN_DEFAULT_DEV))
		ct_emit(c, CT_STAGE_SCRATCH, OP(EMPTY_DIR), "masks");
	for (size_t i = 0; p->keep_default_paths && i < COUNT(masked); i++)
		plan_default_path(c, p, OP(MASK), masked[i].path, masked[i].dir);
	for (size_t i = 0; p->keep_default_paths && i < COUNT(readonly); i++)
		plan_default_path(c, p, OP(READONLY), readonly[i], 0);
	for (size_t i = 0; i < p->npaths; i++)
		ct_emit(c, CT_STAGE_MASK, p->path[i].readonly ? OP(READONLY) : OP(MASK),
			p->path[i].path)
			->arg[0] = 1;
}

/* The fd of a tmpfs stays open for files that are made in it. */
static uint8_t slot_for_files(struct ct_compile *c, const struct ct_mount_part *p, long i,
			      const char *path)
{
	return c->next_slot < CT_SLOTS && ct_mount_holds_file(p, i, path) ?
		       (uint8_t)c->next_slot++ :
		       0;
}

/* One that files can be made in, before it is read-only. */
static int is_tmpfs(const struct ct_mount_entry *e)
{
	return !strcmp(e->fs, "tmpfs") && !(e->change.set & CONTAIN_MOUNT_READONLY);
}

static int plan_entries(struct ct_compile *c, const struct ct_mount_part *p, uint8_t tmp)
{
	uint8_t *slots = calloc(p->nentries + 1, sizeof(*slots));
	int r = 0;

	c->oom |= !slots;
	for (size_t i = 0; i < p->nentries && slots && !r; i++) {
		const struct ct_mount_entry *e = &p->entry[i];

		if (e->kind == CT_MOUNT_BIND) {
			r = ct_mount_plan_bind(c, e);
		} else if (e->kind == CT_MOUNT_UNION) {
			r = ct_mount_plan_union(c, e);
		} else if (e->kind == CT_MOUNT_FS) {
			if (is_tmpfs(e))
				slots[i] = slot_for_files(c, p, (long)i, e->target);
			ct_mount_plan_any(c, e, slots[i]);
		} else if (e->kind == CT_MOUNT_TMPFS) {
			slots[i] = slot_for_files(c, p, (long)i, e->target);
			plan_tmpfs(c, CT_STAGE_MOUNT, e->target, e->size_bytes, e->mode, slots[i]);
		} else {
			ct_mount_plan_make(c, p, i, slots, tmp);
		}
	}
	if (slots && !r)
		ct_mount_plan_etc(c, p, slots, tmp);
	free(slots);
	return r;
}

static int plan(const void *part, struct ct_compile *c)
{
	const struct ct_mount_part *p = part;
	uint8_t tmp = 0;
	int r = 0;

	if (c->intent.joined & CONTAIN_NS_MNT)
		return 0;
	if (ct_mount_defaults(p) & CONTAIN_DEFAULT_PROC)
		plan_proc(c, p);
	if (ct_mount_defaults(p) & CONTAIN_DEFAULT_SYS)
		r = plan_sys(c, p);
	if (r < 0)
		return r;
	if (ct_mount_defaults(p) & CONTAIN_DEFAULT_DEV)
		plan_dev(c, p, has_masks(p));
	if (ct_mount_defaults(p) & CONTAIN_DEFAULT_TMP) {
		tmp = slot_for_files(c, p, -1, "/tmp");
		plan_tmpfs(c, CT_STAGE_MOUNT_DEFAULT, "/tmp", 0, 01777, tmp);
	}
	if (ct_mount_has_files(p))
		ct_emit(c, CT_STAGE_SCRATCH, OP(FILES), "files")->slot =
			(uint8_t)c->intent.files_slot;
	r = plan_entries(c, p, tmp);
	ct_mount_plan_devices(c, p);
	plan_paths(c, p);
	return r;
}

static void describe_tmpfs(struct ct_text *out, const struct ct_block *b, const struct ct_step *s)
{
	const char *size = ct_block_str(b, s->str[0]), *mode = ct_block_str(b, s->str[1]);

	ct_text_printf(out, "mode 0%s, size %s, nosuid nodev", *mode ? mode : "1777",
		       *size ? size : "half of the memory");
}

static const char *hint_proc(const struct ct_run *r, const struct ct_step *s, char *buf,
			     size_t size)
{
	if (r->report->err == -EPERM && s->arg[0] == CT_FS_PROC &&
	    !(r->plan->clone_flags & CONTAIN_NS_PID))
		return "a user namespace gets a new proc only together with a new pid namespace: "
		       "add CONTAIN_NS_PID, "
		       "or leave out CONTAIN_DEFAULT_PROC and bind the caller's /proc";
	if (r->report->err == -EPERM)
		return "in a user namespace the kernel gives a new proc or sysfs only where the "
		       "caller's own is not hidden "
		       "in part: something is mounted over a file or directory below /proc or /sys "
		       "here, as in another "
		       "container";
	return ct_mount_hint_attach(r, s, buf, size);
}

static void describe_proc(struct ct_text *out, const struct ct_block *b, const struct ct_step *s)
{
	const char *hidepid = ct_block_str(b, s->str[0]), *subset = ct_block_str(b, s->str[1]);

	if (*hidepid)
		ct_text_printf(out, "hidepid=%s%s", hidepid, *subset ? " " : "");
	if (*subset)
		ct_text_printf(out, "subset=%s", subset);
}

static void describe_cgroup2(struct ct_text *out, const struct ct_block *b,
			     const struct ct_step *s)
{
	if (s->arg[0] == CT_FS_CGROUP2_WRITABLE)
		ct_text_add(out, "writable");
}

/* what any number may be of is closed at once */
#define FS_CALLS "fsopen fsconfig{a1} fsmount close{a2} openat2{!a3} " \
		 "( openat2* ( mkdirat openat close )* )?{!a3} move_mount ( close close ){a2}"
#define ATTACH_CALLS "openat2 ( openat2* ( mkdirat openat close )* )? move_mount"
/* what lies there may be anything: in any order, and any number of them */
#define COPY_CALLS                                                                                 \
	"( openat2 ( newfstatat openat2 ( lseek? getdents64? newfstatat? mkdirat? "                \
	"openat2? newfstatat? openat? mknodat? readlinkat? symlinkat? sendfile? fchownat? "        \
	"fchown? fchmodat? fchmod? utimensat? close? )* )? ){a3&1}"
#define DEV_CALLS MAKE_DIR " move_mount ( open_tree mount_setattr ){a0}"

static const struct ct_op ops[] = {
	[CHECK_SOURCE] = { .name = "check-source",
			   .run = ct_mount_op_check_source,
			   .hint = ct_mount_hint_attach,
			   .calls = "newfstatat" },
	[PROC] = { .name = "mount-proc",
		   .describe = describe_proc,
		   .hint = hint_proc,
		   .calls = FS_CALLS },
	[SYSFS] = { .name = "mount-sysfs", .hint = hint_proc, .calls = FS_CALLS },
	[SYS_BIND] = { .name = "bind-sys",
		       .describe = ct_mount_describe_bind,
		       .hint = ct_mount_hint_attach,
		       .calls = "open_tree " OPEN_CALLS " " BIND_CALLS },
	[CGROUP2] = { .name = "mount-cgroup2",
		      .describe = describe_cgroup2,
		      .hint = ct_mount_hint_attach, .calls = FS_CALLS },
	[CGROUP] = { .name = "mount-cgroup", .hint = ct_mount_hint_attach, .calls = FS_CALLS },
	[TMPFS] = { .name = "mount-tmpfs",
		    .describe = describe_tmpfs,
		    .hint = ct_mount_hint_attach,
		    .calls = FS_CALLS },
	[ANY] = { .name = "mount-fs",
		  .describe = ct_mount_describe_any,
		  .hint = ct_mount_hint_any,
		  .calls = "fsopen fsconfig{a0} fsconfig fsmount close " COPY_CALLS
			   " mount_setattr{a2} " ATTACH_CALLS " close close?" },
	[UNION] = { .name = "mount-union",
		    .describe = ct_mount_describe_union,
		    .hint = ct_mount_hint_union,
		    .calls = "fchdir{a1&16} ( symlinkat{a0} mkdirat mount openat ){a1&4} "
			     "( fsopen fsconfig* fsmount ){a1&8} mount_setattr{a3} " ATTACH_CALLS
			     " close" },
	[UNION_SCRATCH] = { .name = "mount-scratch",
			    .describe = ct_mount_describe_union,
			    .hint = ct_mount_hint_union,
			    .calls = "fsopen fsconfig* fsmount move_mount mkdirat* fchdir "
				     "( symlinkat{2} newfstatat* openat flock mkdirat fsopen "
				     "fsconfig{5} ){a1&1}" },
	[CHECK_UNION] = { .name = "check-upper",
			  .run = ct_mount_op_check_union,
			  .describe = ct_mount_describe_union,
			  .hint = ct_mount_hint_union,
			  .calls = "( openat readlinkat ){2} statx{2} faccessat2{2} ( openat "
				   "readlinkat close ){a0} close{2}" },
	[DEV] = { .name = "make-dev",
		  .calls = "fsopen fsconfig{3} fsmount symlinkat{5} mkdirat{3}" },
	[DEV_NODES] = { .name = "make-dev-nodes",
			.hint = ct_mount_hint_attach,
			.calls = "mknodat{6} " DEV_CALLS },
	[DEV_BINDS] = { .name = "bind-dev-nodes",
			.hint = ct_mount_hint_attach,
			.calls = DEV_CALLS " ( mknodat open_tree newfstatat move_mount ){6}" },
	[DEV_FS] = { .name = "mount-dev-fs", .calls = "fsopen fsconfig{a2} fsmount move_mount" },
	[BIND_SOURCE] = { .name = "open-bind-source",
			  .describe = ct_mount_describe_bind,
			  .hint = ct_mount_hint_attach,
			  .calls = "open_tree " UNLESS_MISSING(OPEN_CALLS) },
	[BIND_PEER] = { .name = "open-bind-source",
			  .describe = ct_mount_describe_bind,
			  .hint = ct_mount_hint_attach,
			  .calls = "open_tree " UNLESS_MISSING(OPEN_CALLS) },
	[IDMAP_SOURCE] = { .name = "idmap-source",
			   .run = ct_mount_op_idmap_source,
			   .release = ct_mount_release_source,
			   .describe = ct_mount_describe_bind,
			   .hint = ct_mount_hint_idmap,
			   .calls = "open_tree ( newfstatat{a2&-1} mount_setattr{a0} "
				    "mount_setattr )?" },
	[BIND] = { .name = "bind",
		   .describe = ct_mount_describe_bind,
		   .hint = ct_mount_hint_attach,
		   .calls = UNLESS_MISSING(BIND_CALLS) },
	[BIND_LATE] = { .name = "bind",
			.describe = ct_mount_describe_bind,
			.hint = ct_mount_hint_attach,
			.calls = "open_tree " UNLESS_MISSING(OPEN_CALLS " " BIND_CALLS) },
	[FILES] = { .name = "mount-files",
		    .hint = ct_mount_hint_attach,
		    .calls = "fsopen fsconfig{2} fsmount move_mount" },
	[ADD_DIR] = { .name = "make-dir",
		      .describe = ct_mount_describe_make,
		      .hint = ct_mount_hint_make,
		      .calls = "openat2 ( close )? ( " CT_CALLS_PARENT
			       " mkdirat openat close fchmod close )?" },
	[ADD_FILE] = { .name = "make-file",
		       .describe = ct_mount_describe_make,
		       .hint = ct_mount_hint_make,
		       .calls = "( " CT_CALLS_PARENT " newfstatat{2} ( openat ( unlinkat openat )? "
				"( write{a3&1} fchmod close )? )? "
				"close ){a2&1} ( " CT_CALLS_BOUND " )?{a2&1} ( " CT_CALLS_BOUND
				" ){!a2&1}" },
	[ADD_SYMLINK] = { .name = "make-symlink",
			  .describe = ct_mount_describe_make,
			  .hint = ct_mount_hint_make,
			  .calls = CT_CALLS_PARENT " symlinkat readlinkat? close" },
	[CHECK_DEVICE] = { .name = "check-device",
			   .run = ct_mount_op_check_device,
			   .describe = ct_mount_describe_device,
			   .hint = ct_mount_hint_device,
			   .calls = "newfstatat" },
	[MAKE_DEVICE] = { .name = "make-device",
			  .describe = ct_mount_describe_device,
			  .hint = ct_mount_hint_device,
			  .calls = CT_CALLS_MAKE_DEVICE },
	[BIND_DEVICE] = { .name = "bind-device",
			  .describe = ct_mount_describe_device,
			  .hint = ct_mount_hint_device,
			  .calls = CT_CALLS_BIND_DEVICE },
	[EMPTY_DIR] = { .name = "mount-empty-dir",
			.calls = "fsopen fsconfig{2} fsmount move_mount" },
	[MASK] = { .name = "mask",
		   .hint = ct_mount_hint_attach,
		   .calls = "( open_tree? move_mount ){a2} "
			    "( openat2 ( newfstatat{a0} open_tree? move_mount ( close? close ){a0} "
			    ")? ){!a2}" },
	[READONLY] = { .name = "make-readonly",
		       .hint = ct_mount_hint_attach,
		       .calls = "( open_tree ( mount_setattr move_mount )? ){a2} "
				"( openat2 ( open_tree mount_setattr move_mount ( close close "
				"){a0} )? ){!a2}" },
};

const struct ct_module ct_mount_module = {
	.name = "mount",
	.part_size = sizeof(struct ct_mount_part),
	.part_init = part_init,
	.part_free = part_free,
	.intend = intend,
	.plan = plan,
	.amend = ct_mount_amend,
	.ops = ops,
	.nops = COUNT(ops),
};
