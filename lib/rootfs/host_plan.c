/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rootfs.h"
#include "rootfs_rows.h"
#include "feature/host_tree.h"
#include "plan/compile.h"
#include "plan/text.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define OP(row) CT_OP(CT_MODULE_ROOTFS, row)

static void emit_scratch(struct ct_compile *c, uint64_t bytes)
{
	char size[24] = "";
	uint32_t size_at;
	struct ct_step *s;

	if (bytes)
		snprintf(size, sizeof(size), "%llu", (unsigned long long)bytes);
	size_at = ct_emit_str(c, size);
	s = ct_emit(c, CT_STAGE_ROOT, OP(SCRATCH), "upper layers");
	s->str[0] = size_at;
	s->arg[2] = 1 + (bytes != 0); /* fsconfig calls */
}

static void emit_layer(struct ct_compile *c, const struct ct_host_entry *e, size_t i)
{
	int root = !e->path[1];
	struct ct_step *s =
		ct_emit(c, CT_STAGE_ROOT, root ? OP(HOST_ROOT) : OP(HOST_LAYER), e->path);

	s->slot = root ? CT_SLOT_ROOT : 0;
	s->arg[0] = (int64_t)i;
	s->arg[1] = e->attr;
	s->arg[2] = c->intent.user_xattr;
	s->arg[3] = 4 + c->intent.user_xattr; /* fsconfig calls */
}

static void emit_entry(struct ct_compile *c, const struct ct_host_entry *e, size_t i)
{
	uint32_t text;
	struct ct_step *s;

	if (e->kind == CT_HOST_LAYER) {
		emit_layer(c, e, i);
	} else if (e->kind == CT_HOST_FILE) {
		ct_emit(c, CT_STAGE_ROOT, OP(HOST_FILE), e->path)->arg[1] = e->attr;
	} else if (e->kind == CT_HOST_DIR) {
		s = ct_emit(c, CT_STAGE_ROOT, OP(HOST_DIR), e->path);
		s->arg[0] = e->mode;
		s->arg[1] = !e->path[1];
	} else {
		text = ct_emit_str(c, e->text);
		ct_emit(c, CT_STAGE_ROOT, OP(HOST_LINK), e->path)->str[0] = text;
	}
}

int ct_rootfs_plan_host(struct ct_compile *c, const struct ct_rootfs_part *p)
{
	struct ct_host_tree tree = { 0 };
	int r = c->facts->host_tree ? c->facts->host_tree(c->intent.user_xattr, &tree) : -ENOSYS;

	if (r == -E2BIG)
		ct_compile_fail(c, r, "root",
				"too much is mounted below directories of the "
				"caller's root for a view of it");
	else if (r < 0)
		ct_compile_fail(c, r, "root",
				r == -ENOENT ?
					"the caller's mounts could not be read: is /proc mounted?" :
					"the caller's mounts and directories could not be read");
	if (!r) {
		emit_scratch(c, p->size_bytes);
		for (size_t i = 0; i < tree.n; i++)
			emit_entry(c, &tree.entry[i], i);
		if (p->flags & CONTAIN_ROOT_READONLY)
			ct_emit(c, CT_STAGE_ROOT, OP(HOST_READONLY), "/");
	}
	ct_host_tree_free(&tree);
	return r;
}

void ct_rootfs_describe_host(struct ct_text *out, const struct ct_block *b, const struct ct_step *s)
{
	if (s->op == OP(HOST_LINK)) {
		ct_text_add(out, "to ");
		ct_text_quoted(out, ct_block_str(b, s->str[0]));
		return;
	}
	if (s->op == OP(HOST_DIR)) {
		ct_text_printf(out, "mode 0%03o", (unsigned)s->arg[0]);
		return;
	}
	ct_text_add(out, s->op == OP(HOST_FILE) ? "ro nodev" : "upper on the tmpfs, nodev");
	if (s->arg[1] & CONTAIN_MOUNT_NOSUID)
		ct_text_add(out, " nosuid");
	if (s->arg[1] & CONTAIN_MOUNT_NOEXEC)
		ct_text_add(out, " noexec");
	if (s->op == OP(HOST_LAYER))
		ct_text_add(out, "; ro where it cannot be a layer");
}

const char *ct_rootfs_hint_host(const struct ct_run *r, const struct ct_step *s, char *buf,
				size_t size)
{
	int err = -r->report->err;

	if (err == EPERM && s->arg[2] && s->op != OP(HOST_FILE))
		return "this kernel does not allow overlay in a user namespace (Linux 5.11 does)";
	if (err == EINVAL && s->op == OP(HOST_ROOT))
		return "the caller's root cannot be a layer: it is itself an overlay of the "
		       "deepest level, or its file system "
		       "has no support for it";
	if (err == ENOSPC)
		return "no room: is the size of the root large enough?";
	return NULL;
}
