/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "mount.h"
#include "mount_rows.h"
#include "plan/compile.h"
#include "plan/text.h"

#include <contain/spec.h>
#include <errno.h>
#include <string.h>

#define OP(row) CT_OP(CT_MODULE_MOUNT, row)

int ct_mount_has_files(const struct ct_mount_part *p)
{
	for (size_t i = 0; i < p->nentries; i++)
		if (p->entry[i].kind == CT_MOUNT_FILE)
			return 1;
	for (int i = 0; i < CT_MOUNT_ETC; i++)
		if (p->etc[i].target)
			return 1;
	return 0;
}

static int is_below(const char *path, const char *dir)
{
	size_t n = strlen(dir);

	return !strncmp(path, dir, n) && path[n] == '/';
}

int ct_mount_holds_file(const struct ct_mount_part *p, long i, const char *path)
{
	for (size_t k = (size_t)(i + 1); k < p->nentries; k++)
		if (p->entry[k].kind == CT_MOUNT_FILE && is_below(p->entry[k].target, path))
			return 1;
	for (int k = 0; k < CT_MOUNT_ETC; k++)
		if (p->etc[k].target && is_below(p->etc[k].target, path))
			return 1;
	return 0;
}

/*
 * The fd of the file system of this start in which a path is expected to lie, going by its name,
 * when n entries are mounted; 0: in one that belongs to somebody. The child makes sure.
 */
static uint8_t expect(const struct ct_compile *c, const struct ct_mount_part *p, const char *path,
		      size_t n, const uint8_t *slots, uint8_t tmp)
{
	uint32_t defaults = ct_mount_defaults(p);
	uint8_t slot = c->intent.root_ephemeral ? CT_SLOT_ROOT : 0;

	if ((defaults & CONTAIN_DEFAULT_PROC && is_below(path, "/proc")) ||
	    (defaults & CONTAIN_DEFAULT_SYS && is_below(path, "/sys")))
		slot = 0;
	if (defaults & CONTAIN_DEFAULT_DEV && is_below(path, "/dev"))
		slot = CT_SLOT_DEV;
	if (defaults & CONTAIN_DEFAULT_TMP && is_below(path, "/tmp"))
		slot = tmp;
	for (size_t k = 0; k < n; k++) /* the last one lies on top */
		if (p->entry[k].kind <= CT_MOUNT_UNION && is_below(path, p->entry[k].target))
			slot = slots[k];
	return slot;
}

static void plan_file(struct ct_compile *c, const struct ct_mount_entry *e, uint8_t slot, int how)
{
	uint32_t content = ct_emit_bytes(c, e->content, (size_t)e->size_bytes);
	struct ct_step *s = ct_emit(c, CT_STAGE_MOUNT, OP(ADD_FILE), e->target);

	s->slot = slot;
	s->str[0] = content;
	s->arg[0] = e->mode;
	s->arg[1] = (int64_t)e->size_bytes;
	s->arg[2] = c->intent.files_slot << 1 | (slot != 0);
	s->arg[3] = (e->size_bytes ? CT_FILE_CONTENT : 0) |
		    (c->intent.root_readonly ? CT_FILE_READONLY : 0) | how;
}

void ct_mount_plan_etc(struct ct_compile *c, const struct ct_mount_part *p, const uint8_t *slots,
		       uint8_t tmp)
{
	for (int i = 0; i < CT_MOUNT_ETC; i++) {
		const struct ct_mount_entry *e = &p->etc[i];

		if (e->target)
			plan_file(c, e, expect(c, p, e->target, p->nentries, slots, tmp),
				  CT_FILE_READONLY | CT_FILE_NAME);
	}
}

void ct_mount_plan_make(struct ct_compile *c, const struct ct_mount_part *p, size_t i,
			const uint8_t *slots, uint8_t tmp)
{
	const struct ct_mount_entry *e = &p->entry[i];
	uint32_t text;

	if (e->kind == CT_MOUNT_FILE) {
		plan_file(c, e, expect(c, p, e->target, i, slots, tmp), 0);
	} else if (e->kind == CT_MOUNT_DIR) {
		ct_emit(c, CT_STAGE_MOUNT, OP(ADD_DIR), e->target)->arg[0] = e->mode;
	} else {
		text = ct_emit_str(c, e->content);
		ct_emit(c, CT_STAGE_MOUNT, OP(ADD_SYMLINK), e->target)->str[0] = text;
	}
}

void ct_mount_describe_make(struct ct_text *out, const struct ct_block *b, const struct ct_step *s)
{
	if (s->op == OP(ADD_SYMLINK)) {
		ct_text_add(out, "to ");
		ct_text_quoted(out, ct_block_str(b, s->str[0]));
		return;
	}
	ct_text_printf(out, "mode 0%03o", (unsigned)s->arg[0]);
	if (s->op == OP(ADD_FILE))
		ct_text_printf(out, ", %lld bytes, %s%s", (long long)s->arg[1],
			       s->slot ? "in place" : "bound",
			       s->arg[3] & CT_FILE_READONLY && !s->slot ? " read-only" : "");
}

const char *ct_mount_hint_make(const struct ct_run *r, const struct ct_step *s, char *buf,
			       size_t size)
{
	switch (-r->report->err) {
	case EROFS:
		return "it is missing and the root is read-only: make it in the root, or take an "
		       "overlay";
	case EACCES:
		return "it is missing and the caller may not make it in this root";
	case EEXIST:
		return s->op == OP(ADD_SYMLINK) ? "something else than this symlink has this name" :
						  "a symlink that leads nowhere inside the root "
						  "has this name";
	case EISDIR:
		return "a directory has this name";
	case ENOTDIR:
		return "something that is no directory has this name, or is on the way to it";
	case ENOSPC:
		return "no room: is the size of the root, or of the tmpfs, large enough?";
	case ELOOP:
	case EXDEV:
		return "a symlink on the way leads nowhere inside the root, or to the root itself";
	default:
		return NULL;
	}
}
