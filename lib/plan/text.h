/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A growing text; a failed allocation is kept and told at the end. */
#ifndef CT_PLAN_TEXT_H
#define CT_PLAN_TEXT_H

#include <stddef.h>
#include <stdint.h>

struct ct_text {
	char *buf;
	size_t len, room;
	int oom;
};

void ct_text_add(struct ct_text *t, const char *s);
void ct_text_u64(struct ct_text *t, uint64_t v);
void ct_text_printf(struct ct_text *t, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* The string in double quotes, with control characters, quotes and backslashes escaped. */
void ct_text_quoted(struct ct_text *t, const char *s);
/* Spaces up to a column of the current line. */
void ct_text_pad(struct ct_text *t, size_t column);
/* Writes all of it to fd; -errno. */
int ct_text_write(const struct ct_text *t, int fd);
void ct_text_free(struct ct_text *t);

#endif
