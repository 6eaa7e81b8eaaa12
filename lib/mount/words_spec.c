/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Mounts of a spec in the words of mount(8). */
#include "mount.h"
#include "options.h"

#include <contain/spec_mount.h>
#include <contain/mount.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define VALUE_MAX 255 /* fsconfig(2) */

static int is_set(const char *s)
{
	return s && *s && strcmp(s, "none") != 0;
}

static void change_of(const struct ct_mount_options *o, struct ct_mount_change *change)
{
	*change = (struct ct_mount_change){ .rset = o->rset,
					    .rclear = o->rclear,
					    .set = o->set,
					    .clear = o->clear,
					    .propagation = o->propagation,
					    .recursive = (uint32_t)o->propagation_recursive };
}

/*
 * Events that a bind takes from its source, or sends to it: what is mounted below it is not asked,
 * so one word for the top alone would leave the others as they are on the host.
 */
static int check_bind(container_spec *spec, const struct ct_mount_options *o, const char *source,
		      int recursive)
{
	uint32_t peer = CONTAIN_PROPAGATION_SLAVE | CONTAIN_PROPAGATION_SHARED;

	if (!source || !*source)
		return ct_spec_fail(spec, -EINVAL, "mount.source", "a bind mount needs one");
	if (o->ndata)
		return ct_spec_fail(spec, -EINVAL, "mount.options",
				    "\"%.100s\" is no option of a bind mount", o->data[0]);
	if (o->copyup)
		return ct_spec_fail(spec, -EINVAL, "mount.options",
				    "copyup is for a tmpfs, not for a bind mount");
	if (recursive && o->propagation & peer && !o->propagation_recursive)
		return ct_spec_fail(spec, -EINVAL, "mount.options",
				    "slave and shared of a recursive bind are rslave and rshared");
	return 0;
}

static int fill_bind(container_spec *spec, int dirfd, const char *source, int recursive,
		     const struct ct_mount_options *o, struct ct_mount_entry *e)
{
	int r = check_bind(spec, o, source, recursive);

	if (r < 0)
		return r;
	e->kind = CT_MOUNT_BIND;
	e->flags = (recursive ? 0 : CT_BIND_ONE) | (o->optional ? CT_BIND_OPTIONAL : 0) |
		   (o->idmap == 2 ? CT_BIND_IDMAP_ALL : 0);
	if (o->propagation & (CONTAIN_PROPAGATION_SLAVE | CONTAIN_PROPAGATION_SHARED))
		e->flags |= CT_BIND_PEER;
	if (o->idmap) {
		e->idmap = strdup(o->idmap_text ? o->idmap_text : "");
		if (!e->idmap)
			return ct_spec_fail(spec, -ENOMEM, "mount.options", "out of memory");
	}
	return ct_spec_host_path(spec, "mount.source", dirfd, source, &e->source);
}

static char *append(char *at, const char *s, size_t n)
{
	memcpy(at, s, n);
	at[n] = 0;
	return at + n + 1;
}

/* "type" "=key" "value" "!key" ..., each with its terminator. */
static int pack_options(container_spec *spec, const char *type, const char *source,
			const struct ct_mount_options *o, struct ct_mount_entry *e)
{
	size_t size = strlen(type) + 1 + (source ? strlen(source) + 9 : 0);
	char *at;

	for (size_t i = 0; i < o->ndata; i++) {
		const char *value = strchr(o->data[i], '=');

		if (strlen(value ? value + 1 : o->data[i]) > VALUE_MAX ||
		    (value && value - o->data[i] > VALUE_MAX))
			return ct_spec_fail(spec, -ENAMETOOLONG, "mount.options",
					    "\"%.60s...\": the kernel takes %d bytes at most",
					    o->data[i], VALUE_MAX);
		size += strlen(o->data[i]) + 2;
	}
	e->fs = at = malloc(size);
	if (!at)
		return ct_spec_fail(spec, -ENOMEM, "mount.options", "out of memory");
	at = append(at, type, strlen(type));
	if (source) {
		at = append(append(at, "=source", 7), source, strlen(source));
		e->fs_options++;
	}
	for (size_t i = 0; i < o->ndata; i++) {
		const char *key = o->data[i], *value = strchr(key, '=');

		*at++ = value ? '=' : '!';
		at = append(at, key, value ? (size_t)(value - key) : strlen(key));
		if (value)
			at = append(at, value + 1, strlen(value + 1));
		e->fs_options++;
	}
	e->fs_size = (size_t)(at - e->fs);
	return 0;
}

static int has_mode(const struct ct_mount_options *o)
{
	for (size_t i = 0; i < o->ndata; i++)
		if (!strncmp(o->data[i], "mode=", 5))
			return 1;
	return 0;
}

/* nosuid and nodev, unless a word says other. What is new has nothing below it. */
static void make_safe(struct ct_mount_change *c)
{
	const uint32_t safe = CONTAIN_MOUNT_NOSUID | CONTAIN_MOUNT_NODEV;

	c->set |= (c->rset & ~c->clear) | (safe & ~(c->clear | c->rclear));
	c->rset = c->rclear = c->clear = 0;
}

static int check_fs(container_spec *spec, const char *type, const struct ct_mount_options *o)
{
	if (o->idmap || o->optional)
		return ct_spec_fail(spec, -EINVAL, "mount.options", "%s is for bind mounts",
				    o->idmap ? "idmap" : "optional");
	if (o->copyup && strcmp(type, "tmpfs") != 0)
		return ct_spec_fail(spec, -EINVAL, "mount.options", "copyup is for a tmpfs");
	return 0;
}

static int fill_union(container_spec *spec, const struct ct_mount_options *o,
		      struct ct_mount_entry *e)
{
	int r = check_fs(spec, "overlay", o);

	if (r < 0)
		return r;
	make_safe(&e->change);
	return ct_mount_union_words(spec, o->data, o->ndata, e);
}

static int fill_fs(container_spec *spec, const char *source, const char *type,
		   const struct ct_mount_options *o, struct ct_mount_entry *e)
{
	int r = check_fs(spec, type, o);

	if (r < 0)
		return r;
	e->kind = CT_MOUNT_FS;
	e->flags = o->copyup ? CT_FS_COPY_UP | (has_mode(o) ? CT_FS_KEEP_MODE : 0) : 0;
	make_safe(&e->change);
	return pack_options(spec, type, is_set(source) ? source : NULL, o, e);
}

static int fill(container_spec *spec, int dirfd, const char *source, const char *type,
		const struct ct_mount_options *o, struct ct_mount_entry *e)
{
	int is_bind = o->bind || (type && (!strcmp(type, "bind") || !strcmp(type, "rbind")));

	if (is_bind && is_set(type) && strcmp(type, "bind") != 0 && strcmp(type, "rbind") != 0)
		return ct_spec_fail(spec, -EINVAL, "mount.type",
				    "a bind mount has no type: \"%.60s\"", type);
	if (is_bind)
		return fill_bind(spec, dirfd, source,
				 o->bind == 2 || (type && !strcmp(type, "rbind")), o, e);
	if (!is_set(type))
		return ct_spec_fail(spec, -EINVAL, "mount.type",
				    "neither a type nor one of bind and rbind");
	if (!strcmp(type, "overlay"))
		return fill_union(spec, o, e);
	return fill_fs(spec, source, type, o, e);
}

int container_spec_add_mount(container_spec *spec, int dirfd, const char *source,
			     const char *target, const char *type, const char *options)
{
	struct ct_mount_entry e = { 0 };
	struct ct_mount_options o;
	struct ct_mount_part *p;
	char why[160] = "";
	int r = ct_mount_part_of(spec, "mount", &p);

	if (r < 0)
		return r;
	r = ct_mount_options_parse(options ? options : "", &o, why, sizeof(why));
	if (r < 0)
		return ct_spec_fail(spec, r, "mount.options", "%s",
				    r == -ENOMEM ? "out of memory" : why);
	change_of(&o, &e.change);
	r = ct_mount_check_target(spec, "mount.target", target);
	if (!r)
		r = ct_spec_inner_path(spec, "mount.target", target, &e.target);
	if (!r)
		r = fill(spec, dirfd, source, type, &o, &e);
	ct_mount_options_release(&o);
	if (!r)
		r = ct_mount_add_entry(spec, p, &e);
	if (r < 0)
		ct_mount_entry_release(&e);
	return r;
}
