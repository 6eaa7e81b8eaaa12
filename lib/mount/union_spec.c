/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Unions that a spec adds. */
#include "mount.h"

#include <contain/spec_mount.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#define LAYERS_MAX 500 /* the kernel's OVL_MAX_STACK */

static int check_layers(container_spec *spec, const struct ct_mount_entry *e)
{
	int readonly = !!(e->change.set & CONTAIN_MOUNT_READONLY);

	if (!e->nlayers)
		return ct_spec_fail(spec, -EINVAL, "overlay.lowerdirs", "names no layer");
	if (e->nlayers > LAYERS_MAX)
		return ct_spec_fail(spec, -E2BIG, "overlay.lowerdirs",
				    "more than the kernel's %d layers", LAYERS_MAX);
	if (!e->upper.path && readonly && e->nlayers < 2)
		return ct_spec_fail(spec, -EINVAL, "overlay.lowerdirs",
				    "a read-only union needs two layers: bind one");
	return 0;
}

static int check(container_spec *spec, const char *upperdir, const char *workdir,
		 uint64_t size_bytes, uint32_t flags)
{
	if (flags & ~CT_MOUNT_ATTRS)
		return ct_spec_fail(spec, -EINVAL, "overlay", "unknown flag 0x%x",
				    flags & ~CT_MOUNT_ATTRS);
	if ((flags & CT_MOUNT_ATIME) == CT_MOUNT_ATIME)
		return ct_spec_fail(spec, -EINVAL, "overlay",
				    "CONTAIN_MOUNT_NOATIME and CONTAIN_MOUNT_STRICTATIME exclude "
				    "one another");
	if (!upperdir != !workdir)
		return ct_spec_fail(spec, -EINVAL,
				    upperdir ? "overlay.workdir" : "overlay.upperdir",
				    "upperdir and workdir are given both or neither");
	if (size_bytes > INT64_MAX)
		return ct_spec_fail(spec, -EINVAL, "overlay.size_bytes",
				    "is larger than any file system");
	if (size_bytes && (upperdir || flags & CONTAIN_MOUNT_READONLY))
		return ct_spec_fail(spec, -EINVAL, "overlay.size_bytes",
				    "bounds an upper layer in memory only");
	if (upperdir && flags & CONTAIN_MOUNT_READONLY)
		return ct_spec_fail(spec, -EINVAL, "overlay.upperdir",
				    "is of no use in a union that is read-only");
	return 0;
}

static int fill_layers(container_spec *spec, int dirfd, const char *const *lowerdirs,
		       struct ct_mount_entry *e)
{
	size_t n = 0;
	int r = 0;

	while (lowerdirs && lowerdirs[n] && n <= LAYERS_MAX)
		n++;
	e->nlayers = n;
	r = check_layers(spec, e);
	if (r < 0) {
		e->nlayers = 0;
		return r;
	}
	e->layer = calloc(n, sizeof(*e->layer));
	if (!e->layer) {
		e->nlayers = 0;
		return ct_spec_fail(spec, -ENOMEM, "overlay.lowerdirs", "out of memory");
	}
	for (size_t i = 0; i < n && !r; i++)
		r = ct_spec_host_path(spec, "overlay.lowerdirs", dirfd, lowerdirs[i],
				      &e->layer[i]);
	return r;
}

static int fill(container_spec *spec, int dirfd, const char *const *lowerdirs,
		const char *upperdir, const char *workdir, struct ct_mount_entry *e)
{
	int r = 0;

	e->kind = CT_MOUNT_UNION;
	if (upperdir)
		r = ct_spec_host_path(spec, "overlay.upperdir", dirfd, upperdir, &e->upper);
	else if (!(e->change.set & CONTAIN_MOUNT_READONLY))
		e->flags |= CT_UNION_OWN;
	if (!r && workdir)
		r = ct_spec_host_path(spec, "overlay.workdir", dirfd, workdir, &e->work);
	return r < 0 ? r : fill_layers(spec, dirfd, lowerdirs, e);
}

int container_spec_add_overlay(container_spec *spec, int dirfd, const char *const *lowerdirs,
			       const char *upperdir, const char *workdir, uint64_t size_bytes,
			       const char *target, uint32_t flags)
{
	struct ct_mount_entry e = { .size_bytes = size_bytes, .change = { .set = flags } };
	struct ct_mount_part *p;
	int r = ct_mount_part_of(spec, "overlay", &p);

	if (!r)
		r = check(spec, upperdir, workdir, size_bytes, flags);
	if (r < 0)
		return r;
	r = ct_mount_check_target(spec, "overlay.target", target);
	if (!r)
		r = ct_spec_inner_path(spec, "overlay.target", target, &e.target);
	if (!r)
		r = fill(spec, dirfd, lowerdirs, upperdir, workdir, &e);
	if (!r)
		r = ct_mount_add_entry(spec, p, &e);
	if (r < 0)
		ct_mount_entry_release(&e);
	return r;
}

/* ---- the words of mount(8) ---- */

/* Cuts "a:b\:c" at each colon, in place; a backslash takes the meaning from what follows. */
static const char **split(char *text)
{
	size_t n = 1;
	const char **dir;
	char *to = text;

	for (const char *p = text; *p; p++)
		n += *p == ':';
	dir = calloc(n + 1, sizeof(*dir));
	if (!dir)
		return NULL;
	n = 0;
	dir[n++] = to;
	for (const char *p = text; *p; p++) {
		if (*p == '\\' && p[1]) {
			*to++ = *++p;
		} else if (*p == ':') {
			*to++ = 0;
			dir[n++] = to;
		} else {
			*to++ = *p;
		}
	}
	*to = 0;
	return dir;
}

/* In upperdir= and workdir= a colon means nothing. */
static char *unescaped(const char *value)
{
	char *text = strdup(value), *p = text;

	for (const char *q = value; text && *q; q++)
		*p++ = *q == '\\' && q[1] ? *++q : *q;
	if (text)
		*p = 0;
	return text;
}

struct words {
	char *lower, *upper, *work;
};

static int take(container_spec *spec, struct words *w, const char *word)
{
	char **to = !strncmp(word, "lowerdir=", 9) ? &w->lower :
		    !strncmp(word, "upperdir=", 9) ? &w->upper :
		    !strncmp(word, "workdir=", 8)  ? &w->work :
						     NULL;
	const char *value = strchr(word, '=');

	if (!to)
		return ct_spec_fail(spec, -EINVAL, "mount.options",
				    "\"%.100s\" is no option of a union here", word);
	free(*to);
	*to = to == &w->lower ? strdup(value + 1) : unescaped(value + 1);
	return *to ? 0 : ct_spec_fail(spec, -ENOMEM, "mount.options", "out of memory");
}

int ct_mount_union_words(container_spec *spec, char *const *data, size_t n,
			 struct ct_mount_entry *e)
{
	struct words w = { 0 };
	const char **dirs = NULL;
	int r = 0;

	for (size_t i = 0; i < n && !r; i++)
		r = take(spec, &w, data[i]);
	if (!r)
		r = check(spec, w.upper, w.work, 0, e->change.set);
	if (!r && !w.lower)
		r = ct_spec_fail(spec, -EINVAL, "mount.options", "a union needs lowerdir=");
	if (!r) {
		dirs = split(w.lower);
		r = dirs ? fill(spec, AT_FDCWD, dirs, w.upper, w.work, e) :
			   ct_spec_fail(spec, -ENOMEM, "mount.options", "out of memory");
	}
	free(dirs);
	free(w.lower);
	free(w.upper);
	free(w.work);
	return r;
}
