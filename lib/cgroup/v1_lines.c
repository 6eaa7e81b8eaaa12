/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "v1_lines.h"
#include "group_files.h"
#include "sys/path.h"
#include "sys/str.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TEXT_MAX 65536 /* of a file: a table of devices */
#define MEMORY "memory.limit_in_bytes"
#define MEMSW "memory.memsw.limit_in_bytes"
#define NO_LIMIT 0x7fffffffffff0000 /* the kernel's "unlimited" is this, or a page less or more */

int ct_v1_next_line(const char **at, struct ct_v1_line *l)
{
	const char *s = *at, *end = strchr(s, '\n'), *blank = strchr(s, ' ');
	size_t n, controller = strcspn(s, ".");

	l->at = s;
	if (!*s)
		return 0;
	if (!end || !blank || blank > end)
		return -EINVAL;
	n = (size_t)(blank - s);
	if (controller >= n || controller >= sizeof(l->controller) || n >= sizeof(l->file) ||
	    (size_t)(end - blank) > sizeof(l->value))
		return -EINVAL;
	memcpy(l->controller, s, controller);
	l->controller[controller] = 0;
	memcpy(l->file, s, n);
	l->file[n] = 0;
	n = (size_t)(end - blank) - 1;
	memcpy(l->value, blank + 1, n);
	l->value[n] = 0;
	*at = end + 1;
	return 1;
}

int ct_v1_path(char *buf, size_t size, const char *mount, const char *name, const char *file)
{
	size_t at = ct_append(buf, size, 0, mount);

	at = ct_append(buf, size, at, "/");
	at = ct_append(buf, size, at, name);
	at = ct_append(buf, size, at, "/");
	at = ct_append(buf, size, at, file);
	return at + 1 < size ? 0 : -ENAMETOOLONG;
}

static int grow(char **text, size_t more)
{
	size_t n = *text ? strlen(*text) : 0;
	char *t = realloc(*text, n + more + 1);

	if (!t)
		return -ENOMEM;
	t[n] = 0;
	*text = t;
	return 0;
}

int ct_v1_add_line(char **text, const char *file, const char *value)
{
	size_t n = strlen(file) + strlen(value) + 2;
	int r = grow(text, n);

	if (!r) {
		char *end = *text + strlen(*text);

		snprintf(end, n + 1, "%s %s\n", file, value);
	}
	return r;
}

/* What is brought back last was changed first: a block goes before those that are there. */
static int put_before(char **text, char *block)
{
	size_t n = *text ? strlen(*text) : 0;
	int r = 0;

	if (block) {
		r = grow(&block, n);
		if (r < 0) {
			free(block);
			return r;
		}
		if (n)
			strcat(block, *text);
		free(*text);
		*text = block;
	}
	return r;
}

/* The line of a table whose first word is that of value, "" when there is none. */
static int line_of(const char *text, const char *value, char *ret, size_t size)
{
	size_t word = strcspn(value, " "), n;

	for (const char *s = text; *s; s += n + (s[n] == '\n')) {
		n = strcspn(s, "\n");
		if (n > word && !strncmp(s, value, word) && s[word] == ' ' && n < size) {
			memcpy(ret, s, n);
			ret[n] = 0;
			return 1;
		}
	}
	return 0;
}

static ssize_t read_file(const char *mount, const char *name, const char *file, char *buf,
			 size_t size)
{
	char path[PATH_MAX];
	int r = ct_v1_path(path, sizeof(path), mount, name, file);

	return r < 0 ? r : ct_read_at(AT_FDCWD, path, buf, size);
}

/* An idle group has no weight, and gets the usual one when it is idle no more. */
static int old_idle(const char *mount, const char *name, const char *text, char **old)
{
	struct ct_v1_line shares = { .controller = "cpu", .file = "cpu.shares" };
	char weight[64];

	if (*text != '0' || read_file(mount, name, "cpu.shares", weight, sizeof(weight)) < 0)
		return 0;
	return ct_v1_old_of(&shares, weight, old);
}

static int old_device_rules(const char *text, char **block)
{
	size_t n;
	int r = 0;

	if (!strncmp(text, "a ", 2))
		return ct_v1_add_line(block, "devices.allow", "a");
	r = ct_v1_add_line(block, "devices.deny", "a");
	for (const char *s = text; *s && !r; s += n + (s[n] == '\n')) {
		char line[64];

		n = strcspn(s, "\n");
		if (!n || n >= sizeof(line))
			continue;
		memcpy(line, s, n);
		line[n] = 0;
		r = ct_v1_add_line(block, "devices.allow", line);
	}
	return r;
}

/* Whether the file is a table, with a line for each device or resource. */
static int is_table(const struct ct_v1_line *l)
{
	return !strncmp(l->file, "blkio.throttle.", 15) || strstr(l->file, "_device") ||
	       !strcmp(l->controller, "rdma") || !strcmp(l->controller, "misc");
}

int ct_v1_old_of(const struct ct_v1_line *l, const char *text, char **old)
{
	char value[CT_V1_VALUE_MAX], *block = NULL;
	size_t n = strcspn(text, "\n");
	int r = 0;

	if (!strcmp(l->controller, "devices")) {
		if (*old && strstr(*old, "devices."))
			return 0; /* all of them, at the first one */
		r = old_device_rules(text, &block);
	} else if (is_table(l)) {
		if (!line_of(text, l->value, value, sizeof(value)))
			snprintf(value, sizeof(value), "%.*s 0", (int)strcspn(l->value, " "),
				 l->value);
		r = ct_v1_add_line(&block, l->file, value);
	} else if (n && n < sizeof(value)) {
		memcpy(value, text, n);
		value[n] = 0;
		r = ct_v1_add_line(&block, l->file, value);
	}
	if (r < 0) {
		free(block);
		return r;
	}
	return put_before(old, block);
}

int ct_v1_old(const char *mount, const char *name, const char *settings, char **ret_old)
{
	char *old = calloc(1, 1), *text = malloc(TEXT_MAX);
	const char *at = settings;
	struct ct_v1_line l;
	int r = old && text ? 0 : -ENOMEM;

	while (!r && (r = ct_v1_next_line(&at, &l)) > 0) {
		const char *file = strcmp(l.controller, "devices") ? l.file : "devices.list";
		ssize_t n = read_file(mount, name, file, text, TEXT_MAX);

		r = n == -ENOENT ? 0 : n < 0 ? (int)n : 0;
		if (!r && n > 0 && !strcmp(l.file, "cpu.idle"))
			r = old_idle(mount, name, text, &old);
		if (!r && n >= 0)
			r = ct_v1_old_of(&l, text, &old);
	}
	free(text);
	if (r < 0)
		free(old);
	else
		*ret_old = old;
	return r;
}

static int has_file(const char *settings, const char *file, struct ct_v1_line *l)
{
	while (ct_v1_next_line(&settings, l) > 0)
		if (!strcmp(l->file, file))
			return 1;
	return 0;
}

/* 1, 0: no such file or no number; -errno. */
static int number_of(const char *mount, const char *name, const char *file, uint64_t *ret)
{
	char text[64];
	ssize_t n = read_file(mount, name, file, text, sizeof(text));

	if (n < 0)
		return n == -ENOENT ? 0 : (int)n;
	return ct_group_number(text, ret);
}

/* 1 with the sum that goes with the wanted memory; 0: swap has no limit; -errno. */
static int swap_of(const char *mount, const char *name, const char *wanted, char *sum_text,
		   size_t size)
{
	uint64_t memory, sum, v;
	int r = number_of(mount, name, MEMSW, &sum);

	if (r > 0)
		r = number_of(mount, name, MEMORY, &memory);
	if (r <= 0 || sum >= NO_LIMIT || sum < memory)
		return r < 0 ? r : 0;
	if (ct_group_number(wanted, &v) && v < NO_LIMIT - (sum - memory))
		snprintf(sum_text, size, "%" PRIu64, v + (sum - memory));
	return 1;
}

int ct_v1_with_swap(const char *mount, const char *name, const char *settings, char **ret_all)
{
	char *all = strdup(settings), text[32] = "-1";
	struct ct_v1_line l;
	int r = all ? 0 : -ENOMEM;

	if (!r && !has_file(settings, MEMSW, &l) && has_file(settings, MEMORY, &l)) {
		r = swap_of(mount, name, l.value, text, sizeof(text));
		if (r > 0)
			r = ct_v1_add_line(&all, MEMSW, text);
	}
	if (r < 0)
		free(all);
	else
		*ret_all = all;
	return r < 0 ? r : 0;
}
