/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "report.h"

#include "../sys/str.h"

#include <stdlib.h>
#include <string.h>

/* A text that grows; after running out of memory it takes no more and says so at the end. */
struct text {
	char *buf;
	size_t size, at;
	int no_memory;
};

static void add_bytes(struct text *t, const char *s, size_t n)
{
	if (t->no_memory)
		return;
	if (n >= t->size - t->at) {
		size_t size = (t->at + n + 1) * 2;
		char *buf = realloc(t->buf, size);

		if (!buf) {
			t->no_memory = 1;
			return;
		}
		t->buf = buf;
		t->size = size;
	}
	memcpy(t->buf + t->at, s, n);
	t->at += n;
}

static void add(struct text *t, const char *s)
{
	add_bytes(t, s, strlen(s));
}

static void add_number(struct text *t, int64_t v)
{
	char buf[24];

	if (v < 0)
		add(t, "-");
	ct_append_u64(buf, sizeof(buf), 0, v < 0 ? 0 - (uint64_t)v : (uint64_t)v);
	add(t, buf);
}

static void add_padded(struct text *t, const char *s, size_t width)
{
	size_t n = strlen(s);

	add(t, s);
	for (; n < width; n++)
		add(t, " ");
}

/* Length of the UTF-8 sequence at s (RFC 3629: no surrogates, nothing overlong), 0: none. */
static size_t utf8(const unsigned char *s)
{
	size_t n;

	if (s[0] < 0x80)
		return 1;
	if (s[0] >= 0xc2 && s[0] <= 0xdf)
		n = 2;
	else if (s[0] >= 0xe0 && s[0] <= 0xef)
		n = 3;
	else if (s[0] >= 0xf0 && s[0] <= 0xf4)
		n = 4;
	else
		return 0;
	for (size_t i = 1; i < n; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	if ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] > 0x9f) ||
	    (s[0] == 0xf0 && s[1] < 0x90) || (s[0] == 0xf4 && s[1] > 0x8f))
		return 0;
	return n;
}

static void add_json_string(struct text *t, const char *s)
{
	static const char hex[] = "0123456789abcdef";
	size_t n;

	add(t, "\"");
	for (; *s; s += n) {
		unsigned char c = (unsigned char)*s;
		char escape[] = "\\u0000";

		n = utf8((const unsigned char *)s);
		if (n == 0) {
			add(t, "\\ufffd");
			n = 1;
		} else if (c == '"' || c == '\\') {
			add(t, "\\");
			add_bytes(t, s, 1);
		} else if (c < 0x20 || c == 0x7f) {
			escape[4] = hex[c >> 4];
			escape[5] = hex[c & 15];
			add(t, escape);
		} else {
			add_bytes(t, s, n);
		}
	}
	add(t, "\"");
}

static void add_member(struct text *t, const char *name, const char *value)
{
	if (!value)
		return;
	add(t, ", \"");
	add(t, name);
	add(t, "\": ");
	add_json_string(t, value);
}

static void make_json(struct text *t, const struct contain_feature_report *report)
{
	for (uint32_t i = 0; i < CT_FEATURES; i++) {
		const struct ct_answer *a = &report->answers[i];

		add(t, i ? ",\n  " : "{\n  ");
		add_json_string(t, contain_feature_name(i));
		add(t, a->available ? ": {\"available\": true" : ": {\"available\": false");
		if (a->has_value) {
			add(t, ", \"value\": ");
			add_number(t, a->value);
		}
		add_member(t, "text", a->text);
		add_member(t, "reason", a->reason);
		add(t, "}");
	}
	add(t, "\n}\n");
}

/* A path with a newline must not look like another feature, or speak to a terminal. */
static void add_plain(struct text *t, const char *s)
{
	for (; *s; s++)
		add_bytes(t, (unsigned char)*s < 0x20 || *s == 0x7f ? "?" : s, 1);
}

static void make_text(struct text *t, const struct contain_feature_report *report)
{
	for (uint32_t i = 0; i < CT_FEATURES; i++) {
		const struct ct_answer *a = &report->answers[i];
		const char *word = !a->available ? "no" : a->reason ? "restricted" : "yes";
		int more = a->has_value || a->text || a->reason;

		add_padded(t, contain_feature_name(i), 30);
		add_padded(t, word, more ? 10 : 0);
		if (a->has_value) {
			add(t, " ");
			add_number(t, a->value);
		}
		if (a->text) {
			add(t, " ");
			add_plain(t, a->text);
		}
		if (a->reason) {
			add(t, " (");
			add_plain(t, a->reason);
			add(t, ")");
		}
		add(t, "\n");
	}
}

static int write_all(const struct text *t, int fd)
{
	size_t at = 0;
	ssize_t n;

	while (at < t->at) {
		n = ct_sys_write(fd, t->buf + at, t->at - at);
		if (n == -EINTR && at)
			continue;
		if (n < 0)
			return (int)n;
		at += (size_t)n;
	}
	return 0;
}

static int write_made(const struct contain_feature_report *report, int fd,
		      void (*make)(struct text *, const struct contain_feature_report *))
{
	struct text t = { 0 };
	int r;

	if (!report)
		return -EINVAL;
	make(&t, report);
	r = t.no_memory ? -ENOMEM : write_all(&t, fd);
	free(t.buf);
	return r;
}

int contain_feature_report_write_text(const contain_feature_report *report, int fd)
{
	return write_made(report, fd, make_text);
}

int contain_feature_report_write_json(const contain_feature_report *report, int fd)
{
	return write_made(report, fd, make_json);
}
