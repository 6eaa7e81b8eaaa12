/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Parsers: unknown keys are passed over, and a value that is none is one that is not there. */
#include "stats.h"
#include "group_files.h"

#include <string.h>

static int is_end(char c)
{
	return !c || c == ' ' || c == '\n';
}

static const char *next_line(const char *line)
{
	const char *end = strchr(line, '\n');

	return end ? end + 1 : "";
}

/* ---- memory.stat ---- */

void ct_stats_split(char *text, size_t n)
{
	char *line = text, *end = text + n;

	while (line < end) {
		char *eol = memchr(line, '\n', (size_t)(end - line));
		char *blank = memchr(line, ' ', (size_t)((eol ? eol : end) - line));

		if (blank)
			*blank = 0;
		line = eol ? eol + 1 : end;
	}
}

/* The name at *at or behind it, and its value; a line without both is passed over. */
static const char *split_next(const char **at, const char *end, const char **ret_value)
{
	while (*at < end) {
		const char *line = *at;
		const char *eol = memchr(line, '\n', (size_t)(end - line));
		const char *stop = eol ? eol : end;
		const char *zero = memchr(line, 0, (size_t)(stop - line));

		*at = eol ? eol + 1 : end;
		if (zero && zero > line) {
			*ret_value = zero + 1;
			return line;
		}
	}
	return NULL;
}

const char *ct_stats_split_at(const char *text, size_t n, int i)
{
	const char *at = text, *value, *name;

	if (i < 0)
		return NULL;
	do {
		name = split_next(&at, text + n, &value);
	} while (name && i--);
	return name;
}

int ct_stats_split_count(const char *text, size_t n)
{
	const char *at = text, *value;
	int count = 0;

	while (split_next(&at, text + n, &value))
		count++;
	return count;
}

int ct_stats_split_find(const char *text, size_t n, const char *name, uint64_t *ret)
{
	const char *at = text, *value, *found;
	uint64_t v;

	while ((found = split_next(&at, text + n, &value))) {
		if (strcmp(found, name))
			continue;
		value = ct_group_digits(value, &v);
		if (!value || !is_end(*value))
			return 0;
		*ret = v;
		return 1;
	}
	return 0;
}

/* ---- devices ---- */

/* "8:16" at s; what follows it, or NULL. */
static const char *device(const char *s, uint32_t *ret_major, uint32_t *ret_minor)
{
	uint64_t major, minor;

	s = ct_group_digits(s, &major);
	if (!s || *s != ':')
		return NULL;
	s = ct_group_digits(s + 1, &minor);
	if (!s || !is_end(*s) || major > UINT32_MAX || minor > UINT32_MAX)
		return NULL;
	*ret_major = (uint32_t)major;
	*ret_minor = (uint32_t)minor;
	return s;
}

const char *ct_stats_device(const char *text, int i, uint32_t *ret_major, uint32_t *ret_minor)
{
	uint32_t major, minor;

	for (; i >= 0 && *text; text = next_line(text)) {
		const char *rest = device(text, &major, &minor);

		if (!rest || i-- > 0)
			continue;
		*ret_major = major;
		*ret_minor = minor;
		return rest;
	}
	return NULL;
}

int ct_stats_word(const char *line, const char *key, uint64_t *ret)
{
	size_t n = strlen(key);
	uint64_t v;

	for (;;) {
		while (*line == ' ')
			line++;
		if (!*line || *line == '\n')
			return 0;
		if (n && !strncmp(line, key, n) && line[n] == '=') {
			line = ct_group_digits(line + n + 1, &v);
			if (!line || !is_end(*line))
				return 0;
			*ret = v;
			return 1;
		}
		while (!is_end(*line))
			line++;
	}
}

/* The kernel writes all kinds of one device one after the other. */
int ct_stats_v1_device(const char *text, int i, uint32_t *ret_major, uint32_t *ret_minor)
{
	uint32_t major = 0, minor = 0, last_major = 0, last_minor = 0;
	int any = 0;

	for (; i >= 0 && *text; text = next_line(text)) {
		if (!device(text, &major, &minor))
			continue;
		if (any && major == last_major && minor == last_minor)
			continue;
		any = 1;
		last_major = major;
		last_minor = minor;
		if (i-- > 0)
			continue;
		*ret_major = major;
		*ret_minor = minor;
		return 1;
	}
	return 0;
}

int ct_stats_v1_word(const char *text, uint32_t major, uint32_t minor, const char *kind,
		     uint64_t *ret)
{
	size_t n = strlen(kind);

	for (; *text; text = next_line(text)) {
		uint32_t a, b;
		uint64_t v;
		const char *rest = device(text, &a, &b);

		if (!rest || a != major || b != minor || *rest != ' ' ||
		    strncmp(rest + 1, kind, n) || rest[n + 1] != ' ')
			continue;
		rest = ct_group_digits(rest + n + 2, &v);
		if (!rest || !is_end(*rest))
			return 0;
		*ret = v;
		return 1;
	}
	return 0;
}

/* ---- pressure ---- */

/* "12.34" is 1234. */
static const char *percent(const char *s, uint32_t *ret)
{
	uint64_t whole, part = 0;
	int n = 0;

	s = ct_group_digits(s, &whole);
	if (!s || whole > 1000)
		return NULL;
	if (*s == '.')
		for (s++; *s >= '0' && *s <= '9'; s++, n++)
			if (n < 2)
				part = part * 10 + (uint64_t)(*s - '0');
	for (; n < 2; n++)
		part *= 10;
	*ret = (uint32_t)(whole * 100 + part);
	return s;
}

int ct_stats_pressure_parse(const char *text, const char *who, struct ct_stats_pressure *ret)
{
	static const char *const keys[3] = { " avg10=", " avg60=", " avg300=" };
	struct ct_stats_pressure p;
	size_t n = strlen(who);

	while (*text && (strncmp(text, who, n) || text[n] != ' '))
		text = next_line(text);
	if (!*text)
		return 0;
	text += n;
	for (int i = 0; i < 3; i++) {
		n = strlen(keys[i]);
		if (strncmp(text, keys[i], n))
			return 0;
		text = percent(text + n, &p.avg[i]);
		if (!text)
			return 0;
	}
	if (strncmp(text, " total=", 7))
		return 0;
	text = ct_group_digits(text + 7, &p.total);
	if (!text || !is_end(*text))
		return 0;
	*ret = p;
	return 1;
}

/* ---- names of files ---- */

int ct_stats_size_of(const char *name, int v1, char *buf, size_t size)
{
	const char *end = v1 ? ".usage_in_bytes" : ".current", *dot;
	size_t n;

	if (strncmp(name, "hugetlb.", 8))
		return 0;
	name += 8;
	dot = strchr(name, '.');
	if (!dot || strcmp(dot, end))
		return 0;
	n = (size_t)(dot - name);
	if (!n || n >= size)
		return 0;
	memcpy(buf, name, n);
	buf[n] = 0;
	return 1;
}
