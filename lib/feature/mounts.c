/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "mounts.h"

#include "../sys/path.h"
#include "../sys/sys.h"

#include <stdlib.h>
#include <string.h>

/* The mount table is the kernel's, but a line of it has no limit: options may fill pages. */
#define CHUNK 16384
#define LINE_LIMIT (16u << 20)

static int fill(struct ct_lines *lines)
{
	ssize_t n;

	if (lines->at) {
		memmove(lines->buf, lines->buf + lines->at, lines->end - lines->at);
		lines->end -= lines->at;
		lines->at = 0;
	}
	if (lines->end + 1 >= lines->size) {
		size_t size = lines->size ? lines->size * 2 : CHUNK;
		char *buf = size > LINE_LIMIT ? NULL : realloc(lines->buf, size);

		if (!buf)
			return -ENOMEM;
		lines->buf = buf;
		lines->size = size;
	}
	do {
		n = ct_sys_read(lines->fd, lines->buf + lines->end, lines->size - lines->end - 1);
	} while (n == -EINTR);
	if (n < 0)
		return (int)n;
	lines->eof = n == 0;
	lines->end += (size_t)n;
	return 0;
}

int ct_lines_next(struct ct_lines *lines, char **ret_line)
{
	size_t seen = 0;
	char *nl;
	int r;

	for (;;) {
		char *line = lines->buf + lines->at;
		size_t left = lines->end - lines->at;

		nl = left > seen ? memchr(line + seen, '\n', left - seen) : NULL;
		if (nl || (lines->eof && left)) {
			if (!nl)
				nl = line + left; /* the buffer keeps a byte for this */
			*nl = 0;
			lines->at = (size_t)(nl - lines->buf) + 1;
			if (lines->at > lines->end)
				lines->at = lines->end;
			*ret_line = line;
			return 1;
		}
		if (lines->eof)
			return 0;
		seen = left;
		r = fill(lines);
		if (r < 0)
			return r;
	}
}

/* Cuts off the next word of *at. NULL at the end of the line. */
static char *word(char **at)
{
	char *start = *at, *end;

	if (!start || !*start)
		return NULL;
	end = strchr(start, ' ');
	if (end)
		*end++ = 0;
	*at = end;
	return start;
}

static int is_octal(char c)
{
	return c >= '0' && c <= '7';
}

/* mountinfo writes space, tab, newline, backslash and '#' as three octal digits, proc(5). */
static void unescape(char *s)
{
	char *to = s;

	while (*s) {
		if (s[0] == '\\' && s[1] >= '0' && s[1] <= '3' && is_octal(s[2]) &&
		    is_octal(s[3])) {
			*to++ = (char)((s[1] - '0') << 6 | (s[2] - '0') << 3 | (s[3] - '0'));
			s += 4;
		} else {
			*to++ = *s++;
		}
	}
	*to = 0;
}

static int number(const char *s, uint64_t *ret)
{
	uint64_t v = 0;

	if (!s || !*s)
		return -EINVAL;
	for (; *s; s++) {
		if (*s < '0' || *s > '9' || v > UINT64_MAX / 10 - 1)
			return -EINVAL;
		v = v * 10 + (uint64_t)(*s - '0');
	}
	*ret = v;
	return 0;
}

int ct_mount_parse(char *line, struct ct_mount *m)
{
	char *at = line, *w;
	struct ct_mount found;

	if (number(word(&at), &found.id) < 0 || number(word(&at), &found.parent) < 0 || !word(&at))
		return -EINVAL;
	found.root = word(&at);
	found.point = word(&at);
	found.options = word(&at);
	if (!found.root || !found.point || !found.options)
		return -EINVAL;
	do { /* optional fields, none or many, end with a lone "-" */
		w = word(&at);
	} while (w && strcmp(w, "-") != 0);
	found.type = w ? word(&at) : NULL;
	/* the source may be an empty string: two spaces */
	if (!found.type || !at)
		return -EINVAL;
	w = strchr(at, ' ');
	found.super = w ? w + 1 : at + strlen(at);
	unescape(found.root);
	unescape(found.point);
	*m = found;
	return 0;
}

int ct_has_item(const char *list, char separator, const char *item)
{
	size_t n = strlen(item);

	while (*list) {
		if (!strncmp(list, item, n) &&
		    (!list[n] || list[n] == separator || list[n] == '\n'))
			return 1;
		while (*list && *list != separator && *list != '\n')
			list++;
		if (*list)
			list++;
	}
	return 0;
}

uint32_t ct_controllers_parse(const char *list, char separator)
{
	uint32_t bits = 0;

	for (unsigned i = 0; i < CT_CONTROLLERS; i++)
		if (ct_has_item(list, separator, ct_controller_name(i)))
			bits |= 1u << i;
	return bits;
}

static int store(char *to, size_t size, const char *from)
{
	size_t n = strlen(from);

	if (n >= size)
		return -ENAMETOOLONG;
	memcpy(to, from, n + 1);
	return 0;
}

static void add_v2(struct ct_cgroup_mounts *mounts, const struct ct_mount *m)
{
	/* A bind mount of some group is second choice: the whole tree is where ancestors are. */
	if (mounts->v2_id && (!strcmp(mounts->v2_root, "/") || strcmp(m->root, "/") != 0))
		return;
	if (strlen(m->point) >= sizeof(mounts->v2_mount) ||
	    strlen(m->root) >= sizeof(mounts->v2_root))
		return;
	store(mounts->v2_mount, sizeof(mounts->v2_mount), m->point);
	store(mounts->v2_root, sizeof(mounts->v2_root), m->root);
	mounts->v2_id = m->id;
	mounts->v2_nsdelegate = ct_has_item(m->super, ',', "nsdelegate");
}

static void add_v1(struct ct_cgroup_mounts *mounts, const struct ct_mount *m)
{
	uint32_t bits = ct_controllers_parse(m->super, ',');

	mounts->v1 = 1;
	if (bits & 1u << CT_CONTROLLER_BLKIO)
		bits |= 1u << CT_CONTROLLER_IO;
	for (unsigned i = 0; i < CT_CONTROLLERS; i++)
		if (bits & 1u << i && !*mounts->v1_mount[i])
			store(mounts->v1_mount[i], sizeof(mounts->v1_mount[i]), m->point);
}

void ct_cgroup_mounts_add(struct ct_cgroup_mounts *mounts, const struct ct_mount *m,
			  int (*visible)(const struct ct_mount *m))
{
	int seen, v2 = !strcmp(m->type, "cgroup2");

	if (!v2 && strcmp(m->type, "cgroup") != 0)
		return;
	seen = visible(m);
	mounts->unsure |= seen < 0;
	if (seen <= 0)
		return;
	if (v2)
		add_v2(mounts, m);
	else
		add_v1(mounts, m);
}

uint64_t ct_mount_id(const char *path)
{
	struct statx st;

	memset(&st, 0, sizeof(st));
	if (ct_sys_statx(AT_FDCWD, path, AT_NO_AUTOMOUNT, STATX_MNT_ID, &st) < 0 ||
	    !(st.stx_mask & STATX_MNT_ID))
		return 0;
	return st.stx_mnt_id;
}

static int visible_now(const struct ct_mount *m)
{
	uint64_t id = ct_mount_id(m->point);

	return id ? id == m->id : -1;
}

int ct_cgroup_mounts_read(struct ct_cgroup_mounts *mounts)
{
	struct ct_lines lines = { 0 };
	struct ct_mount m;
	char *line;
	int r;

	memset(mounts, 0, sizeof(*mounts));
	/* The thread's own: threads may have unshared their mount namespace. */
	lines.fd = ct_sys_openat(AT_FDCWD, "/proc/thread-self/mountinfo", O_RDONLY | O_CLOEXEC, 0);
	if (lines.fd < 0)
		return lines.fd;
	while ((r = ct_lines_next(&lines, &line)) > 0)
		if (ct_mount_parse(line, &m) == 0)
			ct_cgroup_mounts_add(mounts, &m, visible_now);
	ct_sys_close(lines.fd);
	free(lines.buf);
	return r;
}

static int is_above(const char *group)
{
	return !strncmp(group, "/..", 3) && (!group[3] || group[3] == '/' || group[3] == '\n');
}

int ct_own_group_parse(const char *text, const char *mount_root, char *ret_group, size_t size)
{
	const char *end, *group;
	size_t n, skip = strlen(mount_root);

	while (strncmp(text, "0::", 3) != 0) {
		text = strchr(text, '\n');
		if (!text)
			return -ENOENT;
		text++;
	}
	group = text + 3;
	end = strchr(group, '\n');
	n = end ? (size_t)(end - group) : strlen(group);
	/* "/.." is a group, or a mount, above the cgroup namespace: no path leads there */
	if (is_above(group) || is_above(mount_root))
		return -ENOENT;
	if (skip == 1)
		skip = 0;
	if (n < skip || strncmp(group, mount_root, skip) != 0 || (n > skip && group[skip] != '/'))
		return -ENOENT;
	group += skip;
	n -= skip;
	if (!n) {
		group = "/";
		n = 1;
	}
	if (n >= size)
		return -ENAMETOOLONG;
	memcpy(ret_group, group, n);
	ret_group[n] = 0;
	return 0;
}
