/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* File systems of any type that a spec mounts, and unions. */
#include "mount.h"
#include "mount_rows.h"
#include "plan/compile.h"
#include "plan/text.h"
#include "plan/union.h"

#include <contain/mount.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define OP(row) CT_OP(CT_MODULE_MOUNT, row)

/* What is no attribute: those are given when the mount is made. */
static uint32_t emit_change(struct ct_compile *c, const struct ct_mount_entry *e, int *ret_calls)
{
	const struct ct_mount_change change = { .propagation = e->change.propagation,
						.recursive = e->change.recursive };

	*ret_calls = ct_mount_change_calls(&change);
	return ct_emit_words(c, (const uint32_t *)&change, CT_MOUNT_CHANGE_WORDS);
}

void ct_mount_plan_any(struct ct_compile *c, const struct ct_mount_entry *e, uint8_t slot)
{
	uint32_t fs = ct_emit_bytes(c, e->fs, e->fs_size);
	int calls;
	uint32_t change = emit_change(c, e, &calls);
	struct ct_step *s = ct_emit(c, CT_STAGE_MOUNT, OP(ANY), e->target);

	s->str[0] = fs;
	s->str[1] = change;
	s->slot = slot;
	s->arg[0] = e->fs_options;
	s->arg[1] = e->change.set;
	s->arg[2] = calls;
	s->arg[3] = (e->flags & CT_FS_COPY_UP ? 1 : 0) | (e->flags & CT_FS_KEEP_MODE ? 2 : 0);
}

void ct_mount_describe_any(struct ct_text *out, const struct ct_block *b, const struct ct_step *s)
{
	const struct ct_mount_change set = { .set = (uint32_t)s->arg[1] };
	const char *at = ct_block_str(b, s->str[0]);

	ct_text_add(out, "type ");
	ct_text_quoted(out, at);
	for (int64_t i = 0; i < s->arg[0]; i++) {
		at += strlen(at) + 1;
		ct_text_add(out, i ? "," : ", ");
		ct_text_quoted(out, at + 1);
		if (*at != '=')
			continue;
		at += strlen(at) + 1;
		ct_text_add(out, "=");
		ct_text_quoted(out, at);
	}
	ct_text_add(out, ",");
	ct_mount_describe_change(out, &set);
	ct_mount_describe_change(out, (const void *)ct_block_str(b, s->str[1]));
	if (s->arg[3])
		ct_text_add(out, s->arg[3] & 2 ? " copyup but for the mode" : " copyup");
}

static const char *option_at(const struct ct_run *r, const struct ct_step *s, int n)
{
	const char *at = ct_block_str(r->plan, s->str[0]);

	for (int i = 0; i <= n; i++) {
		at += strlen(at) + 1;
		if (i < n && *at == '=')
			at += strlen(at) + 1;
	}
	return at + 1;
}

const char *ct_mount_hint_any(const struct ct_run *r, const struct ct_step *s, char *buf,
			      size_t size)
{
	const char *type = ct_block_str(r->plan, s->str[0]);
	int err = -r->report->err, detail = r->report->detail;

	if (detail >= CT_FS_OPTION) {
		snprintf(buf, size, "%.60s does not take the option \"%.100s\", or its value", type,
			 option_at(r, s, detail - CT_FS_OPTION));
		return buf;
	}
	if (detail == CT_COPY_UP)
		return err == EFBIG  ? "what lies there is more than 256 MiB" :
		       err == ELOOP  ? "what lies there is deeper than 128 directories" :
		       err == ENOSPC ? "what lies there does not fit: is the tmpfs large enough?" :
		       err == EACCES ? "the child may not read what lies there" :
				       NULL;
	if (detail)
		return ct_mount_hint_attach(r, s, buf, size);
	if (err == ENODEV)
		snprintf(buf, size, "this kernel has no file system \"%.60s\"", type);
	else if (err == EPERM)
		snprintf(buf, size,
			 "%.60s may not be mounted here: in a user namespace few types may, and "
			 "only with the namespace that they show",
			 type);
	else
		return NULL;
	return buf;
}

/* ---- unions ---- */

static uint32_t emit_layers(struct ct_compile *c, const struct ct_mount_entry *e)
{
	uint32_t first = 0;

	for (size_t i = 0; i < e->nlayers; i++) {
		uint32_t at = ct_emit_str(c, e->layer[i].path);

		if (!i)
			first = at;
	}
	return first;
}

static void emit_check(struct ct_compile *c, const struct ct_host_path *p)
{
	struct ct_step *s = ct_emit(c, CT_STAGE_SOURCE, OP(CHECK_SOURCE), p->path);

	s->arg[1] = (int64_t)p->dev;
	s->arg[2] = (int64_t)p->ino;
}

/* A value of fsconfig(2) has 255 bytes at most; symlinks carry longer paths. */
static int is_modern(const struct ct_compile *c, const struct ct_mount_entry *e)
{
	for (size_t i = 0; i < e->nlayers; i++)
		if (strlen(e->layer[i].path) > 255)
			return 0;
	return c->facts->lowerdir_add;
}

static void pin(uint32_t *words, const struct ct_host_path *p)
{
	words[0] = (uint32_t)p->dev;
	words[1] = (uint32_t)(p->dev >> 32);
	words[2] = (uint32_t)p->ino;
	words[3] = (uint32_t)(p->ino >> 32);
}

static uint32_t emit_union(struct ct_compile *c, const struct ct_mount_entry *e, int writable)
{
	char size[24] = "";
	struct ct_mount_union m = { .change = { .propagation = e->change.propagation,
						.recursive = e->change.recursive } };

	if (e->size_bytes)
		snprintf(size, sizeof(size), "%llu", (unsigned long long)e->size_bytes);
	pin(m.pin, &e->upper);
	pin(m.pin + 4, &e->work);
	m.upper = ct_emit_str(c, e->upper.path);
	m.work = ct_emit_str(c, e->work.path);
	m.size = ct_emit_str(c, size);
	m.options = ct_union_emit_options(c, e->nlayers, writable);
	return ct_emit_words(c, (const uint32_t *)&m, sizeof(m) / sizeof(uint32_t));
}

static void set_union(struct ct_step *s, const struct ct_mount_entry *e, uint32_t layers,
		      uint32_t more, int flags, int slot)
{
	s->slot = (uint8_t)slot;
	s->str[0] = layers;
	s->str[1] = more;
	s->arg[0] = (int64_t)e->nlayers;
	s->arg[1] = flags;
	s->arg[2] = e->change.set;
	s->arg[3] = ct_mount_change_calls(&e->change) - !!e->change.set;
}

int ct_mount_plan_union(struct ct_compile *c, const struct ct_mount_entry *e)
{
	int modern = is_modern(c, e), writable = e->upper.path || e->flags & CT_UNION_OWN;
	int flags = (e->flags & CT_UNION_OWN) | (e->upper.path ? CT_UNION_GIVEN : 0) |
		    (modern ? CT_UNION_MODERN : CT_UNION_STRING) |
		    (writable || !modern ? CT_UNION_SCRATCH : 0) |
		    (c->intent.user_xattr ? CT_UNION_XATTR : 0);
	uint32_t layers, more;
	int slot = 0;

	if (!c->facts->overlay)
		return ct_compile_fail(c, -EOPNOTSUPP, "overlay",
				       "this kernel has no overlay file system");
	if (flags & CT_UNION_SCRATCH)
		slot = ct_emit_slot(c);
	if (slot < 0)
		return slot;
	for (size_t i = 0; i < e->nlayers; i++)
		emit_check(c, &e->layer[i]);
	layers = emit_layers(c, e);
	more = emit_union(c, e, writable);
	if (e->upper.path) {
		emit_check(c, &e->upper);
		emit_check(c, &e->work);
		set_union(ct_emit(c, CT_STAGE_SOURCE, OP(CHECK_UNION), e->target), e, layers, more,
			  flags, 0);
	}
	if (slot)
		set_union(ct_emit(c, CT_STAGE_SCRATCH, OP(UNION_SCRATCH), e->target), e, layers,
			  more, flags, slot);
	set_union(ct_emit(c, CT_STAGE_MOUNT, OP(UNION), e->target), e, layers, more, flags, slot);
	return 0;
}

int ct_mount_op_check_union(struct ct_run *r, const struct ct_step *s)
{
	const struct ct_mount_union *m = (const void *)ct_block_str(r->plan, s->str[1]);

	return ct_union_check_upper(r, ct_block_str(r->plan, m->upper),
				    ct_block_str(r->plan, m->work),
				    ct_block_str(r->plan, s->str[0]), s->arg[0]);
}

void ct_mount_describe_union(struct ct_text *out, const struct ct_block *b,
			     const struct ct_step *s)
{
	const struct ct_mount_union *m = (const void *)ct_block_str(b, s->str[1]);
	const struct ct_mount_change set = { .set = (uint32_t)s->arg[2] };
	const char *size = ct_block_str(b, m->size);

	ct_union_describe_layers(out, ct_block_str(b, s->str[0]), s->arg[0]);
	if (s->arg[1] & CT_UNION_GIVEN) {
		ct_text_add(out, ", upper ");
		ct_text_quoted(out, ct_block_str(b, m->upper));
		ct_text_add(out, " work ");
		ct_text_quoted(out, ct_block_str(b, m->work));
	} else if (s->arg[1] & CT_UNION_OWN) {
		ct_text_printf(out, ", upper on a tmpfs, size %s",
			       *size ? size : "half of the memory");
	}
	ct_text_add(out, ",");
	ct_mount_describe_change(out, &set);
	ct_mount_describe_change(out, &m->change);
	if (s->arg[1] & CT_UNION_STRING)
		ct_text_printf(out, ", options %s", ct_block_str(b, m->options));
}

const char *ct_mount_hint_union(const struct ct_run *r, const struct ct_step *s, char *buf,
				size_t size)
{
	int err = -r->report->err;

	if (s->stage == CT_STAGE_SOURCE)
		return ct_union_hint_upper(r, buf, size);
	if (err == EINVAL && r->report->detail == CT_ATTACH_MOVE)
		return ct_mount_hint_attach(r, s, buf, size);
	if (r->report->detail && err != EINVAL && err != EBUSY)
		return ct_mount_hint_attach(r, s, buf, size);
	if (err == EBUSY)
		return ct_union_hint_upper(r, buf, size);
	if (err == EINVAL)
		return "a layer cannot be one: it is itself an overlay of the deepest level, its "
		       "file system has no support for it, or a user namespace locks mounts "
		       "below it";
	return NULL;
}
