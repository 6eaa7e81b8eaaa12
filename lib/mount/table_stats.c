/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * mountstats: "device SOURCE mounted on TARGET with fstype TYPE" for each mount, in the order of
 * mountinfo, and what the file system adds: lines that begin with a tab.
 */
#include "table.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const char on[] = " mounted on ", with[] = " with fstype ";

/* The end of what belongs to a mount: the line where the next one begins, or the terminator. */
static const char *end_of(const char *text)
{
	for (;;) {
		text = strchr(text, '\n');
		if (!text)
			return NULL;
		text++;
		if (!*text || !strncmp(text, "device ", 7) || !strncmp(text, "no device ", 10))
			return text;
	}
}

static int is_of(const contain_mount_table *t, size_t i, const char *target, const char *type,
		 size_t type_len)
{
	const char *is = ct_table_string(t, (int)i, CT_TABLE_TYPE);

	return !strcmp(ct_table_string(t, (int)i, CT_TABLE_TARGET), target) &&
	       strlen(is) == type_len && !memcmp(is, type, type_len);
}

/* The first mount from *at on that this is; only where something is told does it matter. */
static int keep(contain_mount_table *t, size_t *at, char *line)
{
	char *target = strstr(line, on), *type = target ? strstr(target, with) : NULL, *more;

	if (!type)
		return 0;
	*type = 0;
	type += sizeof(with) - 1;
	target += sizeof(on) - 1;
	ct_table_unescape(target);
	more = type + strcspn(type, " \n");
	for (size_t i = *at; i < t->count; i++) {
		size_t n;

		if (!is_of(t, i, target, type, (size_t)(more - type)))
			continue;
		*at = i + 1;
		more += *more == ' ';
		n = strlen(more);
		while (n && more[n - 1] == '\n')
			n--;
		return n ? ct_table_text(t, i, CT_TABLE_STATS, more, n) : 0;
	}
	return 0;
}

int ct_table_read_stats(contain_mount_table *t, const char *text)
{
	size_t at = 0;
	int r = 0;

	while (text && *text && r == 0) {
		const char *end = end_of(text);
		size_t n = end ? (size_t)(end - text) : strlen(text);
		char *line = strndup(text, n);

		r = line ? keep(t, &at, line) : -ENOMEM;
		free(line);
		text = end;
	}
	return r;
}
