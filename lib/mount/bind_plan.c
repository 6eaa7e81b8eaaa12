/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Binds of a spec: from which names they are opened, when, and what is changed on them. */
#include "mount.h"
#include "mount_rows.h"
#include "plan/compile.h"
#include "plan/text.h"
#include "sys/fd.h"
#include "sys/sys.h"

#include <contain/mount.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define OP(row) CT_OP(CT_MODULE_MOUNT, row)

int ct_mount_change_calls(const struct ct_mount_change *c)
{
	return !!(c->rset | c->rclear) + !!(c->set | c->clear) + !!c->propagation +
	       (c->propagation == (CONTAIN_PROPAGATION_SLAVE | CONTAIN_PROPAGATION_SHARED));
}

static void set_bind(struct ct_step *s, const struct ct_mount_entry *e, uint32_t source,
		     uint32_t change, int calls, uint8_t slot)
{
	s->str[0] = source;
	s->str[1] = change;
	s->slot = slot;
	s->arg[0] = calls;
	s->arg[1] = (int64_t)e->source.dev;
	s->arg[2] = (int64_t)e->source.ino;
	s->arg[3] = e->flags;
}

/* Where the root hears of mounts of the host, a bind that was asked for without that does not. */
static struct ct_mount_change change_of(const struct ct_compile *c, const struct ct_mount_entry *e)
{
	struct ct_mount_change change = e->change;

	if (c->intent.root_events && !(e->flags & CT_BIND_PEER)) {
		change.propagation = CONTAIN_PROPAGATION_PRIVATE;
		change.recursive = 1;
	}
	return change;
}

/*
 * An id-mapped bind is made by the parent, which has the rights over the file system: the child
 * attaches it. Made in the caller's mount namespace, it is private from the start.
 */
static int emit_idmap(struct ct_compile *c, const struct ct_mount_entry *e, uint8_t slot)
{
	struct ct_mount_change change = e->change;
	uint32_t source, words, i = 0;
	struct ct_step *s;
	int calls;

	if (!slot || e->flags & CT_BIND_PEER)
		return ct_compile_fail(c, slot ? -EOPNOTSUPP : -E2BIG, "mount.idmap",
				       slot ? "an id-mapped bind is private: neither slave nor "
					      "shared" :
					      "too many mounts: no slot is left");
	if (!change.propagation) {
		change.propagation = CONTAIN_PROPAGATION_PRIVATE;
		change.recursive = 1;
	}
	while (strcmp(c->intent.idmap[i].text, e->idmap) != 0)
		i++;
	source = ct_emit_str(c, e->source.path);
	words = ct_emit_words(c, (const uint32_t *)&change, CT_MOUNT_CHANGE_WORDS);
	calls = ct_mount_change_calls(&change);
	s = ct_emit(c, CT_STAGE_SOURCE, OP(IDMAP_SOURCE), e->source.path);
	set_bind(s, e, source, words, calls, slot);
	s->arg[3] |= (int64_t)c->intent.idmap[i].slot << CT_BIND_SLOT_AT;
	set_bind(ct_emit(c, CT_STAGE_MOUNT, OP(BIND), e->target), e, source, words, calls, slot);
	return 0;
}

/* What events reach is cut off by the stage PRIVATE: a bind that keeps its own is opened before. */
static void emit_bind(struct ct_compile *c, const struct ct_mount_entry *e, uint8_t slot)
{
	struct ct_mount_change change = change_of(c, e);
	uint32_t source = ct_emit_str(c, e->source.path);
	uint32_t words = ct_emit_words(c, (const uint32_t *)&change, CT_MOUNT_CHANGE_WORDS);
	int calls = ct_mount_change_calls(&change), peer = !!(e->flags & CT_BIND_PEER);

	if (slot)
		set_bind(ct_emit(c, peer ? CT_STAGE_BIND_PEER : CT_STAGE_BIND_SOURCE,
				 peer ? OP(BIND_PEER) : OP(BIND_SOURCE), e->source.path),
			 e, source, words, calls, slot);
	set_bind(ct_emit(c, CT_STAGE_MOUNT, slot ? OP(BIND) : OP(BIND_LATE), e->target), e, source,
		 words, calls, slot);
}

/* The first binds are opened before the root is attached; what a plan has no slot for, later. */
int ct_mount_plan_bind(struct ct_compile *c, const struct ct_mount_entry *e)
{
	uint8_t slot = 0;

	if (!(e->flags & CT_BIND_OPTIONAL))
		set_bind(ct_emit(c, CT_STAGE_SOURCE, OP(CHECK_SOURCE), e->source.path), e,
			 ct_emit_str(c, e->source.path), 0, 0, 0);
	if (c->next_slot < CT_SLOTS)
		slot = (uint8_t)c->next_slot++;
	if (e->idmap)
		return emit_idmap(c, e, slot);
	if (!slot && e->flags & CT_BIND_PEER)
		return ct_compile_fail(c, -E2BIG, "mount",
				       "too many mounts: one more that is slave or shared has no "
				       "slot");
	emit_bind(c, e, slot);
	return 0;
}

void ct_mount_plan_sys_bind(struct ct_compile *c)
{
	const struct ct_mount_change change = { .rset = CONTAIN_MOUNT_READONLY |
							CONTAIN_MOUNT_NOSUID |
							CONTAIN_MOUNT_NODEV |
							CONTAIN_MOUNT_NOEXEC };
	uint32_t source = ct_emit_str(c, "/sys");
	uint32_t words = ct_emit_words(c, (const uint32_t *)&change, CT_MOUNT_CHANGE_WORDS);
	struct ct_step *s = ct_emit(c, CT_STAGE_MOUNT_DEFAULT, OP(SYS_BIND), "/sys");

	s->str[0] = source;
	s->str[1] = words;
	s->arg[0] = ct_mount_change_calls(&change);
}

int ct_mount_op_check_source(struct ct_run *r, const struct ct_step *s)
{
	struct stat st;
	int err = ct_sys_newfstatat(AT_FDCWD, ct_block_str(r->plan, s->object), &st, 0);

	r->report->detail = CT_ATTACH_SOURCE;
	if (!err && s->arg[2] &&
	    (st.st_dev != (uint64_t)s->arg[1] || st.st_ino != (uint64_t)s->arg[2]))
		err = -ESTALE;
	return err;
}

/* arg: as of bind; arg[3] has the slot of the user namespace, too */
int ct_mount_op_idmap_source(struct ct_run *r, const struct ct_step *s)
{
	const char *source = ct_block_str(r->plan, s->str[0]);
	uint64_t dev = (uint64_t)s->arg[1], ino = (uint64_t)s->arg[2];
	struct mount_attr a = { .attr_set = MOUNT_ATTR_IDMAP };
	int err, fd = s->arg[3] & CT_BIND_ONE ? ct_mount_clone_one(AT_FDCWD, source, dev, ino) :
						ct_mount_clone(AT_FDCWD, source, dev, ino);
	uint32_t all;

	r->fd[s->slot] = fd = ct_fd_up(fd);
	r->report->detail = CT_ATTACH_SOURCE;
	if (fd < 0)
		return s->arg[3] & CT_BIND_OPTIONAL && (fd == -ENOENT || fd == -ENOTDIR) ? 0 : fd;
	err = ct_mount_change(fd, (const void *)ct_block_str(r->plan, s->str[1]));
	if (err)
		return err;
	r->report->detail = CT_IDMAP;
	a.userns_fd = (uint64_t)r->fd[s->arg[3] >> CT_BIND_SLOT_AT];
	all = s->arg[3] & CT_BIND_IDMAP_ALL ? AT_RECURSIVE : 0;
	err = ct_sys_mount_setattr(fd, "", AT_EMPTY_PATH | all, &a, sizeof(a));
	if (!err)
		r->report->detail = 0;
	return err;
}

void ct_mount_release_source(struct ct_run *r, const struct ct_step *s)
{
	if (r->fd[s->slot] >= 0)
		ct_sys_close(r->fd[s->slot]);
	r->fd[s->slot] = -1;
}

const char *ct_mount_hint_idmap(const struct ct_run *r, const struct ct_step *s, char *buf,
				size_t size)
{
	if (r->report->detail != CT_IDMAP)
		return ct_mount_hint_attach(r, s, buf, size);
	if (r->report->err == -EINVAL)
		return "this file system, or one that is mounted below it, cannot be id-mapped by "
		       "this kernel (tmpfs: Linux 6.3; no overlay)";
	if (r->report->err == -EPERM)
		return "the mount is id-mapped already, or the caller has no CAP_SYS_ADMIN in the "
		       "user namespace in which the file system was mounted";
	return NULL;
}

/* Words of mount(8): prefix "r" where they hold for what is mounted below, too. */
static void describe_attr(struct ct_text *out, const char *prefix, uint32_t attr, int cleared)
{
	static const struct {
		uint32_t attr;
		const char *set, *clear;
	} words[] = {
		{ CONTAIN_MOUNT_READONLY, "ro", "rw" },
		{ CONTAIN_MOUNT_NOSUID, "nosuid", "suid" },
		{ CONTAIN_MOUNT_NODEV, "nodev", "dev" },
		{ CONTAIN_MOUNT_NOEXEC, "noexec", "exec" },
		{ CONTAIN_MOUNT_NOATIME, "noatime", NULL },
		{ CONTAIN_MOUNT_STRICTATIME, "strictatime", NULL },
		{ CONTAIN_MOUNT_NODIRATIME, "nodiratime", "diratime" },
		{ CONTAIN_MOUNT_NOSYMFOLLOW, "nosymfollow", "symfollow" },
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		const char *word = cleared ? words[i].clear : words[i].set;

		if (attr & words[i].attr && word)
			ct_text_printf(out, " %s%s", prefix, word);
	}
	if (cleared && (attr & CT_MOUNT_ATIME) == CT_MOUNT_ATIME)
		ct_text_printf(out, " %srelatime", prefix);
}

void ct_mount_describe_change(struct ct_text *out, const struct ct_mount_change *c)
{
	static const struct {
		uint32_t bit;
		const char *name;
	} kinds[] = {
		{ CONTAIN_PROPAGATION_PRIVATE, "private" },
		{ CONTAIN_PROPAGATION_UNBINDABLE, "unbindable" },
		{ CONTAIN_PROPAGATION_SLAVE, "slave" },
		{ CONTAIN_PROPAGATION_SHARED, "shared" },
	};

	describe_attr(out, "r", c->rset, 0);
	describe_attr(out, "r", c->rclear, 1);
	describe_attr(out, "", c->set, 0);
	describe_attr(out, "", c->clear, 1);
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (c->propagation & kinds[i].bit)
			ct_text_printf(out, " %s%s", c->recursive ? "r" : "", kinds[i].name);
}

void ct_mount_describe_bind(struct ct_text *out, const struct ct_block *b, const struct ct_step *s)
{
	ct_text_add(out, "from ");
	ct_text_quoted(out, ct_block_str(b, s->str[0]));
	if (s->arg[3] & CT_BIND_ONE)
		ct_text_add(out, " alone");
	if (s->arg[0])
		ct_mount_describe_change(out, (const void *)ct_block_str(b, s->str[1]));
	if (s->arg[3] & CT_BIND_OPTIONAL)
		ct_text_add(out, " optional");
}

const char *ct_mount_hint_attach(const struct ct_run *r, const struct ct_step *s, char *buf,
				 size_t size)
{
	int err = -r->report->err;

	if (r->report->detail == CT_ATTACH_SOURCE) {
		if (err == ENOENT)
			return "no such file or directory on the host; CONTAIN_MOUNT_OPTIONAL "
			       "skips it";
		if (err == ESTALE)
			return "another file has taken the place of the one that was given";
		if (err == EINVAL || err == EPERM)
			return "the kernel refuses to clone this mount, or to change its flags: "
			       "flags that a user namespace "
			       "inherited are locked";
		return NULL;
	}
	if (r->report->detail == CT_ATTACH_TARGET && err == EROFS)
		return "the mount point is missing and the root is read-only: make it in the root, "
		       "or take an overlay";
	if (r->report->detail == CT_ATTACH_TARGET && err == EACCES)
		return "the mount point is missing and the caller may not make it in this root";
	if (r->report->detail == CT_ATTACH_TARGET && (err == ELOOP || err == EXDEV))
		return "a symlink on the way to the mount point leads nowhere inside the root, or "
		       "to the root itself";
	if (err == ENOTDIR || (r->report->detail == CT_ATTACH_MOVE && err == EINVAL))
		return "what is mounted and its mount point have to be both directories or both "
		       "not; a symlink that "
		       "leads nowhere inside the root is neither";
	return NULL;
}

