/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "text.h"
#include "sys/sys.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char *reserve(struct ct_text *t, size_t n)
{
	size_t room = t->room ? t->room : 256;
	char *p;

	if (t->oom)
		return NULL;
	while (room < t->len + n + 1)
		room *= 2;
	if (room != t->room) {
		p = realloc(t->buf, room);
		if (!p) {
			t->oom = 1;
			return NULL;
		}
		t->buf = p;
		t->room = room;
	}
	return t->buf + t->len;
}

static void add(struct ct_text *t, const char *s, size_t n)
{
	char *at = reserve(t, n);

	if (!at)
		return;
	memcpy(at, s, n);
	at[n] = 0;
	t->len += n;
}

void ct_text_add(struct ct_text *t, const char *s)
{
	add(t, s, strlen(s));
}

void ct_text_u64(struct ct_text *t, uint64_t v)
{
	ct_text_printf(t, "%llu", (unsigned long long)v);
}

void ct_text_printf(struct ct_text *t, const char *fmt, ...)
{
	va_list ap, again;
	char *at;
	int n;

	va_start(ap, fmt);
	va_copy(again, ap);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	at = n < 0 ? NULL : reserve(t, (size_t)n);
	if (at) {
		vsnprintf(at, (size_t)n + 1, fmt, again);
		t->len += (size_t)n;
	}
	va_end(again);
}

void ct_text_quoted(struct ct_text *t, const char *s)
{
	add(t, "\"", 1);
	for (; *s; s++) {
		unsigned char ch = (unsigned char)*s;

		if (ch == '"' || ch == '\\')
			ct_text_printf(t, "\\%c", ch);
		else if (ch < 0x20 || ch == 0x7f)
			ct_text_printf(t, "\\%03o", ch);
		else
			add(t, s, 1);
	}
	add(t, "\"", 1);
}

void ct_text_pad(struct ct_text *t, size_t column)
{
	size_t start = t->len;

	while (start && t->buf[start - 1] != '\n')
		start--;
	do {
		add(t, " ", 1);
	} while (!t->oom && t->len - start < column);
}

int ct_text_write(const struct ct_text *t, int fd)
{
	size_t at = 0;

	if (t->oom)
		return -ENOMEM;
	while (at < t->len) {
		ssize_t n = ct_sys_write(fd, t->buf + at, t->len - at);

		if (n == -EINTR)
			continue;
		if (n < 0)
			return (int)n;
		at += (size_t)n;
	}
	return 0;
}

void ct_text_free(struct ct_text *t)
{
	free(t->buf);
}
