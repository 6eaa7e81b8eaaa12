/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "mount.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#define FILE_MAX (16u << 20)
#define FILES_MAX (256u << 20) /* all files of a spec: its plan is one block */

/* The path's last component has to be a name: it is made, replaced or covered. */
static int inner_name(container_spec *spec, const char *field, const char *path, char **ret)
{
	const char *name;
	int r = ct_mount_check_target(spec, field, path);

	if (!r)
		r = ct_spec_inner_path(spec, field, path, ret);
	if (r < 0)
		return r;
	name = strrchr(*ret, '/') + 1;
	if (!*name || !strcmp(name, ".") || !strcmp(name, ".."))
		return ct_spec_fail(spec, -EINVAL, field, "\"%.100s\" does not end with a name",
				    path);
	if (strlen(name) > NAME_MAX)
		return ct_spec_fail(spec, -ENAMETOOLONG, field,
				    "its last component is longer than "
				    "%d bytes",
				    NAME_MAX);
	return 0;
}

static int check_mode(container_spec *spec, const char *field, uint32_t mode)
{
	return mode > 07777 ? ct_spec_fail(spec, -EINVAL, field, "0%o is more than 07777", mode) :
			      0;
}

static int add(container_spec *spec, struct ct_mount_part *p, struct ct_mount_entry *e, int r)
{
	if (!r)
		r = ct_mount_add_entry(spec, p, e);
	if (r < 0)
		ct_mount_entry_release(e);
	return r;
}

int container_spec_add_dir(container_spec *spec, const char *target, uint32_t mode)
{
	struct ct_mount_entry e = { .kind = CT_MOUNT_DIR, .mode = mode };
	struct ct_mount_part *p;
	size_t n = target ? strlen(target) : 0;
	char *trimmed = NULL;
	int r = ct_mount_part_of(spec, "dir", &p);

	if (!r)
		r = check_mode(spec, "dir.mode", mode);
	if (r < 0)
		return r;
	while (n > 1 && target[n - 1] == '/')
		n--;
	if (n) {
		trimmed = strndup(target, n);
		if (!trimmed)
			return ct_spec_fail(spec, -ENOMEM, "dir.target", "out of memory");
	}
	r = inner_name(spec, "dir.target", trimmed ? trimmed : target, &e.target);
	free(trimmed);
	return add(spec, p, &e, r);
}

static int check_content(container_spec *spec, const struct ct_mount_part *p, const void *content,
			 size_t size_bytes)
{
	uint64_t all = size_bytes;

	if (!content && size_bytes)
		return ct_spec_fail(spec, -EINVAL, "file.content", "is NULL");
	if (size_bytes > FILE_MAX)
		return ct_spec_fail(spec, -E2BIG, "file.size_bytes",
				    "%zu is more than %u: bind a file of the host", size_bytes,
				    FILE_MAX);
	for (size_t i = 0; i < p->nentries; i++)
		if (p->entry[i].kind == CT_MOUNT_FILE)
			all += p->entry[i].size_bytes;
	if (all > FILES_MAX)
		return ct_spec_fail(spec, -E2BIG, "file.size_bytes",
				    "the files of this spec are more than %u bytes", FILES_MAX);
	return 0;
}

int container_spec_add_file(container_spec *spec, const char *target, const void *content,
			    size_t size_bytes, uint32_t mode)
{
	struct ct_mount_entry e = { .kind = CT_MOUNT_FILE, .mode = mode, .size_bytes = size_bytes };
	struct ct_mount_part *p;
	int r = ct_mount_part_of(spec, "file", &p);

	if (!r)
		r = check_mode(spec, "file.mode", mode);
	if (!r)
		r = check_content(spec, p, content, size_bytes);
	if (!r)
		r = inner_name(spec, "file.target", target, &e.target);
	if (!r && size_bytes) {
		e.content = malloc(size_bytes);
		if (e.content)
			memcpy(e.content, content, size_bytes);
		else
			r = ct_spec_fail(spec, -ENOMEM, "file.content", "out of memory");
	}
	return add(spec, p, &e, r);
}

int container_spec_add_symlink(container_spec *spec, const char *link_target, const char *path)
{
	struct ct_mount_entry e = { .kind = CT_MOUNT_SYMLINK };
	struct ct_mount_part *p;
	char *text = NULL;
	int r = ct_mount_part_of(spec, "symlink", &p);

	if (!r)
		r = ct_spec_string(spec, "symlink.link_target", link_target, PATH_MAX - 1, &text);
	e.content = text;
	if (!r)
		r = inner_name(spec, "symlink.path", path, &e.target);
	return add(spec, p, &e, r);
}
