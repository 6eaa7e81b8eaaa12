/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * User namespaces that id-mapped mounts take their maps from: made by the parent, which alone has
 * the rights over the file systems, and in use for as long as a start takes.
 */
#include "namespace.h"
#include "namespace_rows.h"
#include "new_user.h"
#include "plan/compile.h"
#include "plan/text.h"
#include "sys/sys.h"

#include <errno.h>
#include <stdlib.h>

#define OP(row) CT_OP(CT_MODULE_NAMESPACE, row)

/* Two counts, then the ranges of both maps as they are in memory. */
static uint32_t emit_ranges(struct ct_compile *c, const struct ct_id_map *uid,
			    const struct ct_id_map *gid)
{
	uint32_t at, n = 2 + 3 * (uint32_t)(uid->n + gid->n), k = 2;
	uint32_t *words = calloc(n, sizeof(*words));

	if (!words) {
		c->oom = 1;
		return 0;
	}
	words[0] = (uint32_t)uid->n;
	words[1] = (uint32_t)gid->n;
	for (size_t i = 0; i < uid->n + gid->n; i++) {
		const struct ct_id_range *r =
			i < uid->n ? &uid->range[i] : &gid->range[i - uid->n];

		words[k++] = r->inside;
		words[k++] = r->outside;
		words[k++] = r->count;
	}
	at = ct_emit_words(c, words, n);
	free(words);
	return at;
}

static int emit_one(struct ct_compile *c, const struct ct_idmap *m)
{
	struct ct_id_map uid = c->intent.uid_map, gid = c->intent.gid_map;
	char why[160] = "";
	struct ct_step *s;
	uint32_t at;
	int r;

	if (*m->text) {
		r = ct_id_maps_parse(m->text, &uid, &gid, why, sizeof(why));
		if (r < 0)
			return ct_compile_fail(c, r, "mount.idmap", why);
	} else if (!c->intent.user) {
		return ct_compile_fail(c, -EINVAL, "mount.idmap",
				       "the container has no user namespace of its own whose ids "
				       "could be taken: give ranges, as in idmap=0:100000:65536");
	}
	at = emit_ranges(c, &uid, &gid);
	s = ct_emit(c, CT_STAGE_SOURCE, OP(IDMAP), *m->text ? m->text : "ids of the container");
	s->slot = m->slot;
	s->str[0] = at;
	if (*m->text) {
		free(uid.range);
		free(gid.range);
	}
	return 0;
}

int ct_namespace_plan_idmaps(struct ct_compile *c)
{
	int r = 0;

	if (c->intent.idmaps && !c->facts->is_privileged)
		return ct_compile_fail(c, -EPERM, "mount.idmap",
				       "an id-mapped mount needs CAP_SYS_ADMIN over the file "
				       "system: the caller has none");
	for (uint32_t i = 0; i < c->intent.idmaps && !r; i++)
		r = emit_one(c, &c->intent.idmap[i]);
	return r;
}

static void ranges_of(const struct ct_block *b, const struct ct_step *s, struct ct_id_map *uid,
		      struct ct_id_map *gid)
{
	const uint32_t *words = (const void *)ct_block_str(b, s->str[0]);

	_Static_assert(sizeof(struct ct_id_range) == 3 * sizeof(uint32_t), "ranges are words");
	uid->n = words[0];
	gid->n = words[1];
	uid->range = (void *)(words + 2); /* not written */
	gid->range = uid->range + uid->n;
}

void ct_namespace_describe_idmap(struct ct_text *out, const struct ct_block *b,
				 const struct ct_step *s)
{
	struct ct_id_map map[2];

	ranges_of(b, s, &map[0], &map[1]);
	for (int k = 0; k < 2; k++) {
		ct_text_add(out, k ? "; gid" : "uid");
		for (size_t i = 0; i < map[k].n; i++)
			ct_text_printf(out, " %u:%u:%u", map[k].range[i].inside,
				       map[k].range[i].outside, map[k].range[i].count);
	}
}

const char *ct_namespace_hint_idmap(const struct ct_run *r, const struct ct_step *s, char *buf,
				    size_t size)
{
	if (r->report->err == -EPERM)
		return "the caller may not write these maps: the ids outside have to be mapped in "
		       "its own user namespace, and it needs CAP_SETUID and CAP_SETGID";
	if (r->report->err == -ENOSPC || r->report->err == -EUSERS)
		return "no further user namespace may be made: user.max_user_namespaces, or 32 "
		       "levels of them";
	return NULL;
}

int ct_namespace_op_idmap(struct ct_run *r, const struct ct_step *s)
{
	struct ct_id_map uid, gid;
	int fd;

	ranges_of(r->plan, s, &uid, &gid);
	fd = ct_ns_new_user(&uid, &gid, NULL);
	r->fd[s->slot] = fd;
	return fd < 0 ? fd : 0;
}

void ct_namespace_release_idmap(struct ct_run *r, const struct ct_step *s)
{
	if (r->fd[s->slot] >= 0)
		ct_sys_close(r->fd[s->slot]);
	r->fd[s->slot] = -1;
}
